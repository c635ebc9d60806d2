"""Importing a foreign export: nothing guessed, nothing lost, nothing half written."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st

from arforecast.errors import SourceError, UsageError
from arforecast.ledger import open_books
from arforecast.ledger.imports.presets import ImportReport, import_export

DATA = Path(__file__).parents[1].parent / "shared" / "data"
COLUMNS = """
[columns]
invoice_id = "No"
customer_id = "Who"
issued_on = "Issued"
due_on = "Due"
amount = "Amount"
"""
HEADER = "No,Who,Issued,Due,Amount"
GOOD = "A1,C1,2026-01-05,2026-02-04,100.00"


def good(nth: int) -> str:
    """An invoice like the others, with a number of its own."""
    return GOOD.replace("A1", f"A{nth}")


Rows = list[dict[str, str]]
Import = Callable[..., tuple[ImportReport, Rows]]


def rows_of(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def importing(tmp_path: Path) -> Import:
    """Imports an export given as text, by a mapping given as text; gives the report and the invoices written."""

    def run_import(export: str, mapping: str = COLUMNS, encoding: str = "utf-8") -> tuple[ImportReport, Rows]:
        (tmp_path / "mapping.toml").write_text(mapping, "utf-8")
        (tmp_path / "export.csv").write_bytes(export.encode(encoding))
        report = import_export(tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger")
        return report, rows_of(tmp_path / "ledger" / "invoices.csv")

    return run_import


def day_in(cell: str, form: str) -> date:
    return date(*time.strptime(cell, form)[:3])


def real(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"The real export {name} is not beside the project.")
    return path


# How an export is written


def test_a_european_export_is_read_as_declared(importing: Import, tmp_path: Path) -> None:
    export = (
        "Beleg;Kunde;Datum;Fällig;Betrag;Bezahlt\r\n"
        "0007;Müller & Söhne;05/01/2026;04/02/2026;1.234.567,89 €;\r\n"
        "0008;Café;31/12/2025;30/01/2026;12,50 €;15/01/2026\r\n"
    )
    mapping = """
    [format]
    encoding = "cp1252"
    separator = ";"
    decimal = ","
    thousands = "."
    currency_sign = "€"
    dates = "%d/%m/%Y"
    [columns]
    invoice_id = "Beleg"
    customer_id = "Kunde"
    issued_on = "Datum"
    due_on = "Fällig"
    amount = "Betrag"
    paid_on = "Bezahlt"
    [constants]
    currency = "EUR"
    """
    report, rows = importing(export, mapping, "cp1252")
    assert (report.read, report.imported, report.quarantined) == (2, 2, 0)
    assert [tuple(row.values()) for row in rows] == [
        ("0007", "Müller & Söhne", "2026-01-05", "2026-02-04", "1234567.89", "EUR", ""),
        ("0008", "Café", "2025-12-31", "2026-01-30", "12.50", "EUR", "2026-01-15"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_a_declared_encoding_is_used(importing: Import, encoding: str) -> None:
    declared = "" if encoding.startswith("utf-8") else f'[format]\nencoding = "{encoding}"\n'
    _, rows = importing(f"{HEADER}\n{GOOD.replace('C1', 'Café')}\n", declared + COLUMNS, encoding)
    assert rows[0]["customer_id"] == "Café"


def test_another_encoding_is_refused(importing: Import) -> None:
    with pytest.raises(SourceError, match=r"export\.csv is not utf-8: .*0xe9.* Declare its encoding"):
        importing(f"{HEADER}\n{GOOD.replace('C1', 'Café')}\n", encoding="latin-1")


@pytest.mark.parametrize(
    ("declared", "cell", "day"),
    [
        ("%Y-%m-%d", "2026-02-28", "2026-02-28"),
        ("%Y-%m-%d", "2026-02-30", None),
        ("%Y-%m-%d", "28/02/2026", None),
        ("%Y-%m-%d", "2026-02-28 10:00", None),
        ("%Y-%m-%d", "today", None),
        ("%Y-%m-%d", "now", None),
        ("%Y-%m-%d", "NaT", None),
        ("%Y-%m-%d", "0026-02-28", None),
        ("%Y-%m-%d", "  2026-02-28 ", "2026-02-28"),
        ("%m/%d/%Y", "1/6/2012", "2012-01-06"),
        ("%m/%d/%Y", "13/1/2012", None),
        ("%m/%d/%Y", "1/6/12", None),
        ("%d-%b-%y", "26-Apr-11", "2011-04-26"),
        ("%d-%b-%y", "31-Apr-11", None),
        ("%Y%m%d", "20260105", "2026-01-05"),
        ("%Y%m%d", "2026105", None),
        ("%d%m%Y", "1112026", None),
        ("%Y-%m-%d %H:%M", "2026-01-05 23:59", "2026-01-05"),
    ],
)
def test_dates_are_strict(importing: Import, declared: str, cell: str, day: str | None) -> None:
    mapping = f'[format]\ndates = "{declared}"\n{COLUMNS}'
    fine = date(2026, 1, 5).strftime(declared)
    report, rows = importing(f"{HEADER}\nA1,C1,{fine},{cell},5\n", mapping)
    assert [row["due_on"] for row in rows] == [day] * report.imported
    assert report.problems["rule"].tolist() == ([] if day else ["not_a_date"])


@pytest.mark.parametrize(
    ("decimal", "thousands", "sign", "cell", "amount"),
    [
        (".", ",", "$", "$1,234,567.80", "1234567.80"),
        (".", ",", "$", "1234567.80", "1234567.80"),
        (".", ",", "$", "1,23", None),
        (".", ",", "$", "1234,567", None),
        (".", ",", "$", "12.345,67", None),
        (".", ",", "$", "£5", None),
        (",", ".", "", "1.234,5", "1234.5"),
        (",", ".", "", "1.23", None),
        (",", "", "", "12.50", None),
        (",", "\u00a0", "EUR", "1\u00a0234,50 EUR", "1234.50"),
        (".", "'", "CHF", "CHF 9'999.05", "9999.05"),
        (".", "", "", "0.1", "0.1"),
        (".", "", "", "123456789012345678901.23", "123456789012345678901.23"),
        (".", "", "", "1e3", None),
        (".", "", "", "NaN", None),
        (".", "", "", "Infinity", None),
        (".", "", "", "١٢", None),
        (".", "", "", "12 34", None),
    ],
)
def test_amounts_are_strict_and_exact(
    importing: Import, decimal: str, thousands: str, sign: str, cell: str, amount: str | None
) -> None:
    form = f'separator = "|"\ndecimal = "{decimal}"\nthousands = "{thousands}"\ncurrency_sign = "{sign}"'
    export = f"{HEADER}\nA1,C1,2026-01-05,2026-02-04,".replace(",", "|") + cell
    report, rows = importing(export, f"[format]\n{form}\n{COLUMNS}")
    assert [row["amount"] for row in rows] == [amount] * report.imported
    assert report.problems["rule"].tolist() == ([] if amount else ["not_money"])


@pytest.mark.parametrize("cell", ["-0.01", "-5.00", "-10"])
def test_an_amount_below_zero_is_quarantined(importing: Import, cell: str) -> None:
    report, rows = importing(f"{HEADER}\nA1,C1,2026-01-05,2026-02-04,{cell}\n")
    assert (rows, report.problems["rule"].tolist()) == ([], ["credit_as_invoice"])


@pytest.mark.parametrize("cell", ["0", "0.00", "-0.0"])
def test_an_invoice_over_nothing_is_imported(importing: Import, cell: str) -> None:
    report, rows = importing(f"{HEADER}\nA1,C1,2026-01-05,2026-02-04,{cell}\n")
    assert (len(rows), report.problems["rule"].tolist()) == (1, [])


def test_identifiers_are_text(importing: Import) -> None:
    _, rows = importing(f"{HEADER}\n007,000,2026-01-05,2026-02-04,5\n1e5,NA,2026-01-05,2026-02-04,5\n")
    assert [(row["invoice_id"], row["customer_id"]) for row in rows] == [("007", "000"), ("1e5", "NA")]


def test_quoted_cells_survive(importing: Import) -> None:
    names = ["Smith, Jones", 'the "Best"', "two\nlines", "two\r\nlines", "re\rturn", "<b>;|"]
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    lines = [f"A{nth},{name},2026-01-05,2026-02-04,5" for nth, name in enumerate(quoted)]
    _, rows = importing("\n".join([HEADER, *lines]))
    assert [row["customer_id"] for row in rows] == names


# Which column, which rows


def test_declared_blanks_are_empty(importing: Import) -> None:
    mapping = '[format]\nblanks = ["NULL", "00.00.0000"]\n' + COLUMNS + 'paid_on = "Paid"\n'
    export = f"{HEADER},Paid\n{good(1)},NULL\n{good(2)},00.00.0000\n{good(3)},n/a\nNULL{GOOD[2:]},\n"
    report, rows = importing(export, mapping)
    assert [row["paid_on"] for row in rows] == ["", ""]
    assert report.problems[["row", "rule"]].values.tolist() == [[4, "not_a_date"], [5, "empty"]]


def test_days_after_a_date(importing: Import) -> None:
    mapping = COLUMNS.replace('"Due"', '{ date = "Issued", plus_days = 30 }')
    mapping += 'paid_on = { date = "Issued", plus_days = "Days" }\n'
    days = ["0", "41", "-3", "", "soon", "1.5"]
    report, rows = importing(
        f"{HEADER},Days\n" + "".join(f"{good(nth)},{cell}\n" for nth, cell in enumerate(days)), mapping
    )
    assert {row["due_on"] for row in rows} == {"2026-02-04"}
    assert [row["paid_on"] for row in rows] == ["2026-01-05", "2026-02-15", "2026-01-02", ""]
    assert report.problems["value"].tolist() == ["2026-01-05 + soon", "2026-01-05 + 1.5"]
    assert report.problems["column"].unique().tolist() == ["Issued + Days"]


def test_columns_joined_into_an_identifier(importing: Import) -> None:
    mapping = COLUMNS.replace('"No"', '{ join = ["Company", "No"] }')
    report, rows = importing(f"Company,{HEADER}\n010,{GOOD}\n,{GOOD}\n", mapping)
    assert [row["invoice_id"] for row in rows] == ["010-A1"]
    assert report.problems[["row", "column", "rule"]].values.tolist() == [[3, "Company + No", "empty"]]


def test_optional_columns_constants_and_columns_beside_the_contract(importing: Import) -> None:
    mapping = (
        COLUMNS + 'region = "Region"\n[optional]\nkind = "Kind"\nproduct = "Product"\n[constants]\ncurrency = "CAD"\n'
    )
    report, rows = importing(f"Region,{HEADER},Kind,Mood\nWest,{GOOD},fee,good\n", mapping)
    assert rows == [
        {
            "invoice_id": "A1",
            "customer_id": "C1",
            "issued_on": "2026-01-05",
            "due_on": "2026-02-04",
            "amount": "100.00",
            "currency": "CAD",
            "kind": "fee",
            "region": "West",
        }
    ]
    assert report.left_out == ("Mood",)


def test_rows_are_kept_dropped_and_expected_by_stated_rules(importing: Import) -> None:
    mapping = COLUMNS + '[keep]\nType = ["SALE"]\n[drop]\nState = ["void", "draft"]\n[expect]\nState = ["paid", "open"]'
    states = ["SALE,paid", "SALE,open", "BILL,void", "BILL,paid", "SALE,void", "SALE,draft", "SALE,lost", "SALE,"]
    report, rows = importing(
        f"{HEADER},Type,State\n" + "".join(f"{good(nth)},{state}\n" for nth, state in enumerate(states)), mapping
    )
    assert len(rows) == 2
    assert report.skipped == {"Type is not SALE": 2, "State is void": 1, "State is draft": 1}
    assert report.problems[["row", "column", "value", "rule"]].values.tolist() == [
        [8, "State", "lost", "unexpected"],
        [9, "State", "", "unexpected"],
    ]


def test_a_skipped_row_is_not_judged(importing: Import) -> None:
    report, _ = importing(f"{HEADER},State\n,,,,,void\n", COLUMNS + '[drop]\nState = ["void"]')
    assert (report.skipped, report.quarantined) == ({"State is void": 1}, 0)


def test_part_payments(importing: Import, tmp_path: Path) -> None:
    mapping = COLUMNS + 'paid_amount = "Paid"\npaid_on = "On"\n'
    cells = ["60.00,2026-02-01", "0.00,", ",", "60.00,", "oops,"]
    report, rows = importing(
        f"{HEADER},Paid,On\n" + "".join(f"{good(nth)},{cell}\n" for nth, cell in enumerate(cells)), mapping
    )
    assert [(row["paid_amount"], row["paid_on"]) for row in rows] == [("60.00", "2026-02-01"), ("", ""), ("", "")]
    assert report.problems[["row", "rule"]].values.tolist() == [[5, "no_paid_day"], [6, "not_money"]]


# What cannot be read


def test_every_problem_of_every_row_is_told_in_one_pass(importing: Import, tmp_path: Path) -> None:
    export = (
        f"{HEADER}\n"
        f"{GOOD}\n"
        "\n"
        ",C2,2025-02-30,2026-02-04,\n"  # a spreadsheet shows this as row 4
        ' , ,"",,\n'
        '"A3","two\nlines",2026-01-05,2026-02-04,5\n'
        "A4,C4,2026-01-05,2026-02-04\n"
        'A5,"C,5",2026-01-05,2026-02-04,1,234.00\n'
        "A6,C6,2026-01-05,=1+1,5\n"
    )
    report, rows = importing(export)
    assert [row["invoice_id"] for row in rows] == ["A1", "A3"]
    assert (report.read, report.imported, report.quarantined) == (6, 2, 4)
    assert report.problems["message"].tolist() == [
        "export.csv row 4: No is empty. Fill it in.",
        "export.csv row 4: Issued 2025-02-30 is not a date like 2026-12-31. Correct it or the mapping.",
        "export.csv row 4: Amount is empty. Fill it in.",
        "export.csv row 7: the row has 4 cells, not as many as the header. Quote cells that hold a separator.",
        "export.csv row 8: the row has 6 cells, not as many as the header. Quote cells that hold a separator.",
        "export.csv row 9: Due =1+1 is not a date like 2026-12-31. Correct it or the mapping.",
    ]
    written = rows_of(tmp_path / "ledger" / "quarantine.csv")
    assert list(written[0]) == ["file", "row", "column", "value", "rule", "message", "line"]
    assert [row["message"] for row in written] == report.problems["message"].tolist()
    assert written[4]["line"] == 'A5,"C,5",2026-01-05,2026-02-04,1,234.00'


def test_a_quarantined_cell_is_no_formula_to_a_spreadsheet(importing: Import, tmp_path: Path) -> None:
    report, _ = importing(f"{HEADER}\n=1+1,C1,@SUM(A1),2026-02-04,-5\n")
    written = rows_of(tmp_path / "ledger" / "quarantine.csv")
    assert report.problems["value"].tolist() == ["@SUM(A1)", "-5"]
    assert [row["value"] for row in written] == ["'@SUM(A1)", "'-5"]
    assert {row["line"] for row in written} == {"'=1+1,C1,@SUM(A1),2026-02-04,-5"}


def test_a_message_is_one_line(importing: Import) -> None:
    report, _ = importing(f'{HEADER}\nA1,C1,"5\nJan",2026-02-04,5\n')
    assert report.problems["message"].tolist() == [
        "export.csv row 2: Issued 5 Jan is not a date like 2026-12-31. Correct it or the mapping."
    ]


def test_an_export_without_rows_is_an_empty_ledger(importing: Import) -> None:
    mapping = COLUMNS + 'paid_on = { date = "Issued", plus_days = "Days" }\n[keep]\nWho = ["C1"]\n[expect]\nNo = ["A1"]'
    report, rows = importing(f"{HEADER},Days\n\n", mapping)
    assert (report.read, report.imported, report.skipped, rows) == (0, 0, {}, [])


@pytest.mark.parametrize(
    ("export", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("No,Who,Issued,Amount\n", r"has no column Due; it has No, Who, Issued, Amount\."),
        (f"{HEADER},Who\n", "the column Who stands there twice"),
        (f'{HEADER}\nA1,"C1,2026-01-05,2026-02-04,5\n{GOOD}\n', r"line 3: unexpected end of data"),
        (f'{HEADER}\nA1,"C1,5\nA2,"C2",6\n', r"line 3: ',' expected after"),
    ],
)
def test_an_export_that_cannot_be_read_at_all(importing: Import, tmp_path: Path, export: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        importing(export)
    assert not (tmp_path / "ledger").exists()


def test_no_export(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.csv cannot be opened: No such file"):
        import_export("flat", tmp_path / "nowhere.csv", tmp_path / "ledger")


# The mapping

PAYMENTS = '[applications.columns]\ninvoice_id = "No"\napplied_on = "Paid"\namount = "Amount"\nkind = "State"\n'


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("[columns\n", "is not valid TOML"),
        ("", "columns: it is missing"),
        (COLUMNS.replace('amount = "Amount"', ""), "does not say where amount comes from"),
        (COLUMNS + '[constants]\namount = "5"', "stands in two of"),
        (COLUMNS + '[format]\nencoding = "klingon"', "format: encoding: .*klingon is not an encoding"),
        (COLUMNS + '[format]\nencoding = "hex"', "hex is not an encoding"),
        (COLUMNS + '[format]\ndates = "%d/%m"', "'%d/%m' does not tell year, month and day"),
        (COLUMNS + '[format]\ndates = "%Q"', "'%Q' does not tell year, month and day"),
        (COLUMNS + '[format]\nseparator = ""', "format: separator"),
        (COLUMNS + "[format]\nseparator = '\"'", "format: separator"),
        (COLUMNS + '[format]\nthousands = "0"', "format: thousands"),
        (COLUMNS + '[format]\nthousands = "."', "same sign"),
        (COLUMNS + '[format]\nseperator = ";"', "seperator: a mapping has no such key"),
        (COLUMNS + '[kept]\nState = ["paid"]', "kept: a mapping has no such key"),
        (COLUMNS + "[keep]\nState = []", "keep: State"),
        (COLUMNS + "[keep]\nState = [1]", "keep: State: 0: Input should be a valid string"),
        (COLUMNS + 'plan_id = { date = "Issued", plus_days = 3 }', "plan_id is an identifier, so plus_days"),
        (COLUMNS + 'paid_on = { join = ["Issued", "Due"] }', "paid_on is a date, so join"),
        (COLUMNS + 'paid_amount = "Paid"', ": paid_amount needs paid_on"),
        (COLUMNS + f'paid_on = "Paid"\n[applications]\n{PAYMENTS}', "both tell payments"),
        (COLUMNS + '[format]\nmonths_in = "klingon"', "klingon is not a language"),
        (COLUMNS + '[format]\ntimes_in = "Mars/Olympus"', "Mars/Olympus is not a time zone"),
        (COLUMNS + '[format]\ntimes_in = "UTC"', "times_in and days_in belong together"),
        (COLUMNS + '[format]\ndates = "%Y-%m-%dT%H%z"', "%z needs times_in"),
        (COLUMNS + "[keep]\nState = {}", "name one of begins, matches"),
        (COLUMNS + '[keep]\nState = { begins = ["a"], sign = "plus" }', "name one of begins, matches"),
        (COLUMNS + '[keep]\nState = { matches = "(" }', "is not a regular expression"),
    ],
)
def test_a_mapping_that_makes_no_sense(importing: Import, mapping: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as fault:
        importing(f"{HEADER}\n{GOOD}\n", mapping)
    assert "mapping.toml" in str(fault.value)
    assert "Value error" not in str(fault.value)


def test_an_unknown_preset(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"oracle is not a preset\. Choose one of datev_open_items, .*, flat, "):
        import_export("oracle", tmp_path / "export.csv", tmp_path / "ledger")
    with pytest.raises(UsageError, match=r"my\.toml cannot be opened"):
        import_export(tmp_path / "my.toml", tmp_path / "export.csv", tmp_path / "ledger")


# The folder


def test_an_earlier_import_is_replaced_and_nothing_else_left_behind(importing: Import, tmp_path: Path) -> None:
    importing(f"{HEADER}\n{GOOD}\n")
    _, rows = importing(f"{HEADER}\n{GOOD.replace('A1', 'A2')}\n")
    assert [row["invoice_id"] for row in rows] == ["A2"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["export.csv", "ledger", "mapping.toml"]
    assert sorted(p.name for p in (tmp_path / "ledger").iterdir()) == ["import.json", "invoices.csv", "quarantine.csv"]


def test_a_failed_import_leaves_the_earlier_one(importing: Import, tmp_path: Path) -> None:
    importing(f"{HEADER}\n{GOOD}\n")
    with pytest.raises(SourceError):
        importing("No,Who\n")
    assert [row["invoice_id"] for row in rows_of(tmp_path / "ledger" / "invoices.csv")] == ["A1"]


@pytest.mark.parametrize("written", ["notes.txt", "invoices.csv", ".hidden"])
def test_a_folder_that_no_import_wrote_is_left_alone(importing: Import, tmp_path: Path, written: str) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / written).write_text("mine", "utf-8")
    with pytest.raises(UsageError, match=f"holds {re.escape(written)}: no import wrote that"):
        importing(f"{HEADER}\n{GOOD}\n")
    assert [p.name for p in (tmp_path / "ledger").iterdir()] == [written]


def test_a_file_added_to_an_earlier_import_is_not_removed(importing: Import, tmp_path: Path) -> None:
    importing(f"{HEADER}\n{GOOD}\n")
    (tmp_path / "ledger" / "rates.csv").write_text("rate_on,currency,rate\n", "utf-8")
    with pytest.raises(UsageError, match=r"holds rates\.csv: no import wrote that"):
        importing(f"{HEADER}\n{GOOD}\n")


def test_a_ledger_is_not_imported_onto_itself(importing: Import, tmp_path: Path) -> None:
    importing(f"{HEADER}\n{GOOD}\n")
    invoices = tmp_path / "ledger" / "invoices.csv"
    with pytest.raises(UsageError, match="which would be replaced"):
        import_export("flat", invoices, tmp_path / "ledger")
    assert invoices.exists()


def test_a_folder_that_cannot_be_written(importing: Import, tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file", "utf-8")
    with pytest.raises(UsageError, match="is a file"):
        importing(f"{HEADER}\n{GOOD}\n")
    with pytest.raises(UsageError, match="cannot be written"):
        import_export(tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger" / "deeper")


def test_a_fault_while_writing_leaves_the_earlier_import(importing: Import, tmp_path: Path) -> None:
    importing(f"{HEADER}\n{GOOD}\n")
    (tmp_path / ".ledger.part").write_text("in the way", "utf-8")
    with pytest.raises(UsageError, match="cannot be written: File exists"):
        importing(f"{HEADER}\n{GOOD.replace('A1', 'A2')}\n")
    assert [row["invoice_id"] for row in rows_of(tmp_path / "ledger" / "invoices.csv")] == ["A1"]


def test_what_an_interrupted_import_left_is_cleared(importing: Import, tmp_path: Path) -> None:
    for leftover in (".ledger.part", ".ledger.before"):
        (tmp_path / leftover).mkdir()
        (tmp_path / leftover / "invoices.csv").write_text("half", "utf-8")
    _, rows = importing(f"{HEADER}\n{GOOD}\n")
    assert len(rows) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["export.csv", "ledger", "mapping.toml"]


def test_the_record_says_what_was_imported(importing: Import, tmp_path: Path) -> None:
    importing(f"{HEADER},State\n{GOOD},open\n{GOOD},void\nA3{GOOD[2:-6]}x,open\n", COLUMNS + '[drop]\nState = ["void"]')
    record = json.loads((tmp_path / "ledger" / "import.json").read_text("utf-8"))
    assert len(record.pop("sha256")) == 64
    assert record == {
        "preset": "mapping.toml",
        "source": "export.csv",
        "read": 3,
        "imported": 1,
        "quarantined": 1,
        "skipped": {"State is void": 1},
        "tables": {"invoices": 1},
        "money": {"State is void": {"": "100.00"}, "imported": {"": "100.00"}},
        "total": "",
        "left_out": [],
    }


def test_a_report_that_does_not_add_up_is_refused(importing: Import) -> None:
    report, _ = importing(f"{HEADER}\n{GOOD}\n")
    with pytest.raises(SourceError, match="3 rows were read but 1 accounted for"):
        ImportReport(read=3, imported=1, skipped={}, problems=report.problems, left_out=())


# Whatever the export


@st.composite
def formats(draw: st.DrawFn) -> dict[str, str]:
    decimal = draw(st.sampled_from(".,"))
    return {
        "encoding": draw(st.sampled_from(["utf-8", "utf-16", "latin-1", "cp1252"])),
        "separator": draw(st.sampled_from(",;|\t")),
        "decimal": decimal,
        "thousands": draw(st.sampled_from([sign for sign in ["", ".", ",", " ", "'"] if sign != decimal])),
        "currency_sign": draw(st.sampled_from(["", "$", "kr", "US$"])),
        "dates": draw(st.sampled_from(["%Y-%m-%d", "%m/%d/%Y", "%d-%b-%y", "%d.%m.%Y", "%Y%m%d"])),
    }


TEXTS = st.text(
    st.characters(codec="latin-1", exclude_categories=["Cc"]) | st.sampled_from('\n,;|"'), min_size=1, max_size=12
).filter(lambda text: text.strip() == text != "")
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
INVOICE = st.tuples(
    TEXTS, TEXTS, DAYS, DAYS, st.decimals("0.01", "9999999999.99", places=2), st.none() | DAYS, st.just("") | TEXTS
)
LEDGER_COLUMNS = ("invoice_id", "customer_id", "issued_on", "due_on", "amount", "paid_on", "product")


def foreign(value: str | date | Decimal | None, form: dict[str, str]) -> str:
    """The value as an export of this format writes it."""
    match value:
        case date():
            return value.strftime(form["dates"])
        case Decimal():
            swap = str.maketrans({",": form["thousands"], ".": form["decimal"]})
            return form["currency_sign"] + f"{value:,}".translate(swap)
        case _:
            return value or ""


@run(max_examples=60, deadline=None)
@given(form=formats(), invoices=st.lists(INVOICE, min_size=1, max_size=8, unique_by=lambda row: row[0]))
def test_a_ledger_written_in_any_declared_format_comes_back(form: dict[str, str], invoices: list[tuple]) -> None:
    with TemporaryDirectory() as name:
        here = Path(name)
        sections = {"format": form, "columns": {name: f"The {name}" for name in LEDGER_COLUMNS}}
        lines = [f"[{s}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in d.items()) for s, d in sections.items()]
        (here / "mapping.toml").write_text("".join(lines), "utf-8")
        with (here / "export.csv").open("w", encoding=form["encoding"], newline="") as stream:
            writer = csv.writer(stream, delimiter=form["separator"])
            writer.writerow(sections["columns"].values())
            writer.writerows([foreign(value, form) for value in invoice] for invoice in invoices)
        report = import_export(here / "mapping.toml", here / "export.csv", here / "ledger")
        rows = rows_of(here / "ledger" / "invoices.csv")
    assert report.quarantined == 0
    plain = [["" if value is None else str(value) for value in invoice] for invoice in invoices]
    assert [[row[name] for name in LEDGER_COLUMNS] for row in rows] == plain


def is_day(cell: str) -> bool:
    try:
        return cell == day_in(cell, "%Y-%m-%d").isoformat() and cell >= "1900"
    except ValueError:
        return False


def is_amount(cell: str) -> bool:
    """An invoice may be over nothing."""
    return cell.replace(".", "", 1).isdecimal() and cell[0] != "." != cell[-1]


def fate(cells: list[str]) -> str:
    """The slow twin: what becomes of one row."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled:
        return "blank"
    if len(filled) == 1 and not any(cell.strip() for cell in cells[6:]) and (not re.search("[0-9]", filled[0])):
        return "skipped"  # words alone
    if len(cells) < 6 or any(cell.strip() for cell in cells[6:]):
        return "quarantined"
    number, customer, issued, due, amount, state = (cell.strip() for cell in cells[:6])
    if state == "void":
        return "skipped"
    sound = number and customer and is_day(issued) and is_day(due) and is_amount(amount)
    return "imported" if sound else "quarantined"


def fates_of(lines: list[list[str]]) -> list[str]:
    """A number that stands in two rows that are not skipped is that of neither."""
    alone = [fate(cells) for cells in lines]
    even = [len(cells) > 5 and not any(cell.strip() for cell in cells[6:]) for cells in lines]
    told = [
        cells[0].strip() for cells, word, whole in zip(lines, alone, even, strict=True) if whole and word != "skipped"
    ]
    return [
        "quarantined" if word == "imported" and told.count(cells[0].strip()) > 1 else word
        for cells, word in zip(lines, alone, strict=True)
    ]


CELL = st.sampled_from(
    [
        "",
        " ",
        "A",
        "07",
        "2026-01-05",
        "2026-02-30",
        "1899-12-31",
        "today",
        "5",
        "0",
        "-1",
        "1.5",
        "1.",
        "1,5",
        "x\ny",
        '"',
    ]
)
DAY = st.sampled_from(["2026-01-05", "2024-02-29"]) | CELL
MESSY = st.tuples(CELL, CELL, DAY, DAY, st.just("5.25") | CELL, st.sampled_from(["", "void"])).map(list)


@run(max_examples=80, deadline=None)
@given(st.lists(MESSY | st.lists(CELL, max_size=8), max_size=12))
def test_no_row_is_lost_and_each_meets_its_fate(lines: list[list[str]]) -> None:
    with TemporaryDirectory() as name:
        here = Path(name)
        (here / "mapping.toml").write_text(COLUMNS + '[drop]\nState = ["void"]', "utf-8")
        with (here / "export.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([f"{HEADER},State".split(","), *lines])
        report = import_export(here / "mapping.toml", here / "export.csv", here / "ledger")
        written = rows_of(here / "ledger" / "invoices.csv")
    fates = fates_of(lines)
    counts = {word: fates.count(word) for word in ("imported", "skipped", "quarantined")}
    assert {
        "imported": report.imported,
        "skipped": sum(report.skipped.values()),
        "quarantined": report.quarantined,
    } == counts
    assert report.read == sum(counts.values())
    assert set(report.problems["row"]) == {row for row, word in enumerate(fates, 2) if word == "quarantined"}
    kept = [cells for cells, word in zip(lines, fates, strict=True) if word == "imported"]
    assert [row["invoice_id"] for row in written] == [cells[0].strip() for cells in kept]
    assert sum(Decimal(row["amount"]) for row in written) == sum(Decimal(cells[4].strip()) for cells in kept)


# Real exports


@pytest.mark.parametrize(("name", "read"), [("accounts_receivable.csv", 2466), ("variant_with_missing.csv", 2586)])
def test_the_ibm_export(tmp_path: Path, name: str, read: int) -> None:
    source = real(f"ibm_receivables/{name}")
    report = import_export("ibm", source, tmp_path / "ledger")
    assert (report.read, report.imported, report.quarantined) == (read, read, 0)
    assert {"Disputed", "DaysToSettle", "DaysLate", "PaperlessDate"} == set(report.left_out)
    foreign_names = ["invoiceNumber", "customerID", "InvoiceDate", "DueDate", "InvoiceAmount", "SettledDate"]
    twin = [
        [str(day_in(row[name], "%m/%d/%Y")) if "Date" in name else row[name] for name in foreign_names]
        for row in rows_of(source)
    ]
    assert [list(row.values())[:6] for row in rows_of(tmp_path / "ledger" / "invoices.csv")] == twin


def test_the_sap_export(tmp_path: Path) -> None:
    source = real("payment_dates/raw_open_items_export.csv")
    report = import_export("sap_open_items", source, tmp_path / "ledger")
    rows = rows_of(tmp_path / "ledger" / "invoices.csv")
    assert (report.read, report.imported) == (1500, 1500)
    assert (rows[0]["customer_id"], rows[0]["invoice_id"]) == ("0200706844", "1930571429")
    assert {row["currency"] for row in rows} == {"USD", "CAD"}
    assert "paid_on" not in rows[0]
    total = sum(Decimal(row["total_open_amount"]) for row in rows_of(source))
    assert sum(Decimal(row["amount"]) for row in rows) == total


def test_the_xero_export_gives_receivables_only(tmp_path: Path) -> None:
    source = real("xero/xero_invoice_data.csv")
    report = import_export("xero", source, tmp_path / "ledger")
    rows = rows_of(tmp_path / "ledger" / "invoices.csv")
    assert report.skipped == {"type is not ACCREC": 484, "status is DELETED": 1}
    assert (report.read, report.imported, report.quarantined) == (601, 116, 0)
    receivables = {
        row["invoice_id"]: row
        for row in rows_of(source)
        if row["type"] == "ACCREC" and row["status"] in ("PAID", "AUTHORISED")
    }
    assert {row["invoice_id"] for row in rows} == set(receivables)
    for row in rows:
        was = receivables[row["invoice_id"]]
        assert (row["amount"], row["currency"]) == (was["total"], was["currency_code"])
        assert (row["paid_on"] == "") == (was["status"] == "AUTHORISED") == (row["paid_amount"] == "")


def test_the_flat_export_and_the_ledger_made_of_it(tmp_path: Path) -> None:
    source = real("payment_dates/invoices.csv")
    report = import_export("flat", source, tmp_path / "ledger")
    assert (report.read, report.imported, report.left_out) == (30213, 30213, ())
    names = ("invoice_id", "customer_id", "issued_on", "due_on", "amount", "currency", "paid_on")
    kept = [[row[name] for name in names] for row in rows_of(tmp_path / "ledger" / "invoices.csv")]
    assert kept == [[row[name] for name in names] for row in rows_of(source)]


def test_a_mapping_of_ones_own_for_part_payments(tmp_path: Path) -> None:
    source = real("cassandra/invoices_export.csv")
    (tmp_path / "cassandra.toml").write_text(
        """
        [format]
        dates = "%d-%b-%y"
        [columns]
        invoice_id = { join = ["Vendor_Name", "Created", "Amount"] }
        customer_id = "Vendor_Name"
        issued_on = "Invoice_Date"
        due_on = "Due_Date"
        amount = "Amount"
        paid_amount = "Settled"
        paid_on = { date = "Invoice_Date", plus_days = "Number_of_Days_until_Payment" }
        """,
        "utf-8",
    )
    report = import_export(tmp_path / "cassandra.toml", source, tmp_path / "ledger")
    # 77 rows say the same as another: which of them counts nobody can tell.
    assert (report.read, report.imported, report.quarantined) == (8753, 8676, 77)
    there = [was for row, was in enumerate(rows_of(source), start=2) if row not in set(report.problems.row)]
    for row, was in zip(rows_of(tmp_path / "ledger" / "invoices.csv"), there, strict=True):
        issued = day_in(was["Invoice_Date"], "%d-%b-%y")
        assert row["paid_on"] == str(issued + timedelta(days=int(was["Number_of_Days_until_Payment"])))
        assert Decimal(row["amount"]) - Decimal(row["paid_amount"]) == Decimal(was["Outstanding"])


# Into the books


def test_an_import_opens_as_a_ledger(importing: Import, tmp_path: Path) -> None:
    mapping = '[format]\ndecimal = ","\nseparator = ";"\ndates = "%d.%m.%Y"\n' + COLUMNS
    mapping += 'paid_amount = "Paid"\npaid_on = "On"\nregion = "Region"\n'
    export = (
        "No;Who;Issued;Due;Amount;Paid;On;Region\n"
        '001;"Smith; ""Jones""\nand Co";05.01.2026;04.02.2026;100,10;60,05;01.02.2026;West\n'
        "002;C2;05.01.2026;04.02.2026;0,20;;;East\n"
    )
    importing(export, mapping)
    books = open_books(tmp_path / "ledger")
    invoices = books.tables["invoices"].to_pandas().sort_values("invoice_id")
    assert books.rows[["read", "used", "quarantined"]].iloc[0].tolist() == [2, 2, 0]
    assert invoices["invoice_id"].tolist() == ["001", "002"]
    assert invoices["customer_id"].tolist() == ['Smith; "Jones"\nand Co', "C2"]
    assert invoices["amount"].tolist() == [10010, 20]
    assert invoices["region"].tolist() == ["West", "East"]
    assert books.tables["applications"].to_pandas()["amount"].tolist() == [6005]
