"""The layouts that other systems export: each becomes a ledger that ties to the export's own total."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import ledgers
from arforecast import Ledger, open_ledger
from arforecast.cli import main
from arforecast.errors import SourceError, UsageError
from arforecast.ledger.imports.mapping import Format, Part, Said, Total, about, names
from arforecast.ledger.imports.presets import ImportReport, Stated, import_export

EXPORTS = Path(__file__).parent / "exports"
AS_OF = "2026-03-31"

# What each layout comes to on its day, worked out by hand from the rows of the file: rows by table, KPIs, its total.
KNOWN: dict[str, tuple[dict[str, int], dict[str, float], str]] = {
    "datev_postings": (
        {"invoices": 3, "applications": 4, "receipts": 3, "credits": 1},
        {"open_ar": 640.0, "credit_balance": -169.0, "net_ar": 471.0, "cash": 200.0, "write_offs": 100.0},
        "",
    ),
    "erpnext_receivables": (
        {"invoices": 4, "credits": 0, "receipts": 1},
        {"open_ar": 1840.5, "credit_balance": -100.0, "net_ar": 1740.5, "aging:31-60": 1000.0, "aging:current": 310.5},
        "1,740.5",
    ),
    "freshbooks_invoices": (
        {"invoices": 3},
        {"open_ar": 970.4, "aging:1-30": 315.0, "aging:current": 655.4, "cash": 0.0},
        "",
    ),
    "odoo_invoices": (
        {"invoices": 2, "credits": 1},
        {"open_ar": 1250.0, "credit_balance": -120.0, "net_ar": 1130.0, "aging:31-60": 1000.0, "aging:1-30": 250.0},
        "",
    ),
    "quickbooks_ageing": (
        {"invoices": 3, "credits": 1, "receipts": 1},
        {"open_ar": 3380.0, "credit_balance": -240.0, "net_ar": 3140.0, "aging:121+": 1240.0, "aging:31-60": 140.0},
        "3,140.00",
    ),
    "quickbooks_balances": (
        {"invoices": 2, "credits": 1, "receipts": 0},
        {"open_ar": 1300.0, "credit_balance": -75.0, "net_ar": 1225.0},
        "1,225.00",
    ),
    "sap_line_items": (
        {"invoices": 3, "credits": 1, "receipts": 1},
        {"open_ar": 16730.75, "credit_balance": -1150.0, "net_ar": 15580.75, "aging:31-60": 12500.0},
        "15,580.75",
    ),
    "sap_open_items": (
        {"invoices": 4},
        {"open_ar": 2050.0, "overdue_ar": 1450.0, "aging:1-30": 400.0, "aging:121+": 1050.0},
        "",
    ),
    "stripe_invoices": (
        {"invoices": 6, "applications": 3},
        {"open_ar": 849.5, "cash": 1249.0, "write_offs": 50.0, "aging:1-30": 49.0, "aging:current": 800.5},
        "",
    ),
    "xero_ageing": (
        {"invoices": 3, "credits": 1},
        {"open_ar": 2110.0, "credit_balance": -60.0, "net_ar": 2050.0, "aging:1-30": 1150.0, "aging:current": 960.0},
        "2,050",
    ),
    "xero_sales_invoices": (
        {"invoices": 2, "credits": 1},
        {"open_ar": 1655.0, "credit_balance": -115.0, "net_ar": 1540.0, "aging:1-30": 1150.0, "aging:current": 505.0},
        "",
    ),
    "zoho_invoices": ({"invoices": 2}, {"open_ar": 1140.0, "aging:31-60": 240.0, "aging:1-30": 900.0}, ""),
    "netsuite_open_invoices": (
        {"invoices": 2, "credits": 1, "receipts": 1},
        {"open_ar": 5300.5, "credit_balance": -350.0, "net_ar": 4950.5, "aging:31-60": 4500.5},
        "",
    ),
    "fivetran_quickbooks": ({"invoices": 2}, {"open_ar": 205.0, "aging:1-30": 205.0}, ""),
    "flat": ({"invoices": 4}, {"open_ar": 686.1, "overdue_ar": 376.1, "aging:1-30": 376.1}, ""),
    "ibm": ({"invoices": 4}, {"open_ar": 127.1, "overdue_ar": 96.1, "aging:current": 31.0}, ""),
    "xero": ({"invoices": 3}, {"open_ar": 770.5, "overdue_ar": 460.5, "aging:current": 310.0}, ""),
}
# The same of those that tell payments too: rows by table, what is open, what is not applied to any invoice, its total.
TOLD: dict[str, tuple[dict[str, int], str, str, str]] = {
    "datev_open_items": (
        {"invoices": 2, "applications": 1, "receipts": 2, "credits": 1}, "2094.50", "199.00", "1,895.50",
    ),
    "datev_open_items_signed": ({"invoices": 2, "applications": 1, "receipts": 2}, "2094.50", "80.00", ""),
    "erpnext_payment_ledger": (
        {"invoices": 3, "applications": 4, "receipts": 2, "credits": 1}, "910.0", "150.0", "760.0",
    ),
    "erpnext_payment_ledger_entries": (
        {"invoices": 2, "applications": 1, "receipts": 1, "credits": 0}, "1010.5", "0.0", "",
    ),
    "fivetran_netsuite": ({"invoices": 1, "credits": 1, "receipts": 1}, "4500.50", "350.00", ""),
    "fivetran_stripe": ({"invoices": 3, "applications": 6, "receipts": 5, "disputes": 1}, "64.50", "0.00", ""),
    "fivetran_stripe_invoices": ({"invoices": 2, "applications": 1}, "800.50", "-1200.00", ""),
    "netsuite_applications": ({"invoices": 3, "applications": 3}, "5300.50", "-7640.00", ""),
    "odoo_journal_items": (
        {"invoices": 4, "applications": 4, "receipts": 3, "credits": 2}, "550.0", "105.5", "",
    ),
    "quickbooks_payments": ({"invoices": 4, "applications": 4, "receipts": 3, "credits": 0}, "1000.00", "80.00", ""),
    "quickbooks_transactions": (
        {"invoices": 3, "applications": 3, "receipts": 2, "credits": 1}, "1375.00", "80.00", "",
    ),
    "sap_cleared_items": (
        {"invoices": 4, "applications": 3, "receipts": 2, "credits": 1}, "4230.75", "400.00", "3,830.75",
    ),
    "stripe_dashboard_invoices": ({"invoices": 4, "applications": 2}, "849.50", "-1200.00", ""),
    "stripe_charges": ({"invoices": 5, "applications": 10, "receipts": 8, "disputes": 2}, "64.50", "0.00", ""),
}  # fmt: skip


def source(preset: str) -> Path:
    return next(EXPORTS.glob(f"{preset}.*"))


def kpis(ledger: Ledger) -> dict[str, Any]:
    frame = ledger.as_of(AS_OF).kpis()
    return dict(zip(frame.kpi, frame.value, strict=True))


def test_every_preset_has_a_layout_and_a_line_that_says_what_it_reads() -> None:
    assert {*KNOWN, *TOLD} == {*names()}
    assert all(len(about(name)) > 20 for name in names())


@pytest.mark.parametrize("preset", KNOWN)
def test_a_layout_comes_to_what_it_says_itself(preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # settings that name another currency hold before what the ledger says
    made, known, total = KNOWN[preset]
    report = import_export(preset, source(preset), tmp_path / "ledger")
    assert (report.made, report.quarantined) == (made, 0), report.problems.message.tolist()
    tied = f"own total of {_total_column(report)} is {total}, and so is" in report.total if total else False
    assert tied or (not total and "and so is" not in report.total)
    ledger = open_ledger(tmp_path / "ledger")
    found = kpis(ledger)
    assert {name: found[name] for name in known} == pytest.approx(known)
    used = ledger.books.rows.set_index("table")
    assert {name: used.used.get(name, 0) for name in made} == made


def balances(folder: Path) -> tuple[Decimal, Decimal]:
    """What is open of the invoices, and what of receipts and credits is applied to none, in plain Python."""
    tables = ledgers.read(folder)
    sums = {name: sum((Decimal(row["amount"]) for row in rows), Decimal()) for name, rows in tables.items()}
    applied = tables.get("applications", [])
    kinds = {"cash"} | ({"credit_note"} if "credits" in tables else set())
    taken = sum((Decimal(row["amount"]) for row in applied if row["kind"] in kinds), Decimal())
    left = sums.get("receipts", Decimal()) + sums.get("credits", Decimal()) - taken
    return sums["invoices"] - sums.get("applications", Decimal()), left


@pytest.mark.parametrize("preset", TOLD)
def test_a_layout_with_payments_leaves_open_what_it_says(preset: str, tmp_path: Path) -> None:
    """Its rows add up to what is open less what is not applied, to the cent."""
    made, open_, left, total = TOLD[preset]
    report = import_export(preset, source(preset), tmp_path / "ledger")
    assert (report.made, report.quarantined) == (made, 0), report.problems.message.tolist()
    assert balances(tmp_path / "ledger") == (Decimal(open_), Decimal(left))
    assert f"is {total}, and so is the sum" in report.total if total else "and so is" not in report.total


def _total_column(report: ImportReport) -> str:
    return report.total.split(" own total of ")[1].split(" is ")[0]


@pytest.mark.parametrize("preset", ["quickbooks_ageing", "xero_ageing"])
def test_a_report_of_a_day_knows_its_day_and_no_other(preset: str, tmp_path: Path) -> None:
    import_export(preset, source(preset), tmp_path / "ledger")
    with pytest.raises(UsageError, match="open items of 2026-03-31, without history"):
        open_ledger(tmp_path / "ledger").as_of("2026-02-28")
    with pytest.raises(UsageError, match="it is of 2026-03-31, not of 2026-03-30"):
        import_export(preset, source(preset), tmp_path / "other", Stated(as_of=date.fromisoformat("2026-03-30")))


def test_open_items_of_a_day_that_nobody_told_have_no_history_either(tmp_path: Path) -> None:
    """The newest item is of 10 March: they cannot be those of a day before, and no payment is known."""
    import_export("sap_open_items", source("sap_open_items"), tmp_path / "ledger")
    ledger = open_ledger(tmp_path / "ledger")
    found = kpis(ledger)
    assert all(found[name] != found[name] for name in ("dso", "cei", "paid_on_time_share", "ar_turnover"))
    with pytest.raises(UsageError, match="go up to 2026-03-10: they are not those of 2026-03-09"):
        ledger.as_of("2026-03-09")
    import_export(
        "sap_open_items", source("sap_open_items"), tmp_path / "told", Stated(as_of=date.fromisoformat(AS_OF))
    )
    assert (tmp_path / "told" / "ledger.toml").read_text("utf-8") == f'currency = "USD"\nsnapshot_on = {AS_OF}\n'


@pytest.mark.parametrize(
    ("months_in", "form", "title"),
    [("de", "Stand %d. %B %Y", "Stand 31. März 2026"), ("fr", "Au %d %b %Y", "Au 31 mars 2026")],
)
def test_the_day_above_the_header_is_read_in_the_language_of_its_months(
    months_in: str, form: str, title: str, tmp_path: Path
) -> None:
    like = f'like = "quickbooks_ageing"\n[format]\nmonths_in = "{months_in}"\n[ledger]\nas_of_line = "{form}"\n'
    (tmp_path / "my.toml").write_text(like, "utf-8")
    rows = source("quickbooks_ageing").read_text("utf-8").replace('"As of March 31, 2026"', title)
    (tmp_path / "export.csv").write_text(rows, "utf-8")
    import_export(tmp_path / "my.toml", tmp_path / "export.csv", tmp_path / "ledger")
    assert "snapshot_on = 2026-03-31" in _notes(tmp_path)


def test_a_day_belongs_to_open_items_alone(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this export has a history"):
        import_export(
            "freshbooks_invoices",
            source("freshbooks_invoices"),
            tmp_path / "l",
            Stated(as_of=date.fromisoformat(AS_OF)),
        )


def test_what_was_given_up_is_written_off_on_its_day_in_its_own_decimals(tmp_path: Path) -> None:
    yen = source("stripe_invoices").read_text("utf-8").replace("usd,5000", "jpy,5000")
    (tmp_path / "yen.csv").write_text(yen, "utf-8")
    import_export("stripe_invoices", tmp_path / "yen.csv", tmp_path / "ledger")
    rows = ledgers.read(tmp_path / "ledger")["applications"]
    assert ("in_08", "2026-03-20", "5000", "write_off") in [tuple(row.values()) for row in rows]
    amounts = ledgers.read(tmp_path / "ledger")["invoices"]
    assert {row["currency"]: row["amount"] for row in amounts[-1:]} == {"JPY": "5000"}


# The same reports in other layouts: what was found of each where people read them by programs of their own.

LAYOUTS = {
    # A first column without a name, in which the totals stand, the customer's full name, a short month.
    "quickbooks_ageing": (
        '"Harbor Tools, Inc",,,,,,,\nA/R Aging Detail Report,,,,,,,\n"As of Mar 31, 2026",,,,,,,\n\n'
        ",Date,Transaction type,Num,Customer full name,Due date,Amount,Open balance\nCURRENT,,,,,,,\n"
        ',03/20/2026,Invoice,SI-2,Sport & Co,04/19/2026,500.00,"1,500.00"\n'
        ',03/21/2026,Credit Memo,SC-1,Zumi,03/21/2026,-100.00,-100.00\nTotal for CURRENT,,,,,,$400.00,"$1,400.00"\n'
        'TOTAL,,,,,,$400.00,"$1,400.00"\n" Wednesday, April 1, 2026 04:19 PM GMT-06:00",,,,,,,\n',
        {"invoices": 1, "credits": 1, "receipts": 0}, "1,400.00", "1500.00",
    ),
    # ISO days, and no due day.
    "freshbooks_invoices": (
        "Client Name,Invoice #,Date Issued,Invoice Status,Date Paid,Item Name,Rate,Line Total,Currency\n"
        "Alpha,1,2026-01-01,paid,2026-01-10,Web,75.00,750.00,USD\nBeta,2,2026-02-03,sent,,Train,50.00,50.00,USD\n",
        {"invoices": 2}, "", "800.00",
    ),
    # Bars, dashes, short names of columns.
    "sap_line_items": (
        f"31.03.2026     Dynamic List Display    1\n{'-' * 40}\n"
        f"|Customer|DocumentNo|Type|Doc. Date |Net due dt|Amt.in loc.cur.|LCurr|Clrng doc.|\n{'-' * 40}\n"
        "|100045  |1800000112|RV  |05.01.2026|04.02.2026|      12.500,00|USD  |          |\n"
        f"|100045  |1600000031|DG  |12.03.2026|12.03.2026|        750,00-|USD  |          |\n{'-' * 40}\n"
        f"|100045  |          |    |          |          |      11.750,00|USD  |          |\n{'-' * 40}\n"
        f"|        |          |    |          |          |      11.750,00|USD  |          |\n{'-' * 40}\n",
        {"invoices": 1, "credits": 1, "receipts": 0}, "11,750.00", "12500.00",
    ),
    # Filters above the header, a party, ISO days.
    "erpnext_receivables": (
        "Company,HL\nAgeing Based On,Due Date\n\nPosting Date,Party Type,Party,Voucher Type,Voucher No,Due Date,"
        "Outstanding Amount,Currency\n2026-01-15,Customer,C-1,Sales Invoice,S-14,2026-02-14,1000.0,USD\n"
        "2026-03-28,Customer,C-2,Payment Entry,P-19,2026-03-28,-100.0,USD\nTotal,,,,,,900.0,\n",
        {"invoices": 1, "credits": 0, "receipts": 1}, "900.0", "1000.0",
    ),
    # A line of a group, which adds up the rows under it, and currencies by their names.
    "odoo_invoices": (
        "Number,Partner,Invoice Date,Due Date,Amount Due Signed,Company Currency,Status\nLumber (2),,,,880.0,,\n"
        "INV/1,Lumber,2026-01-10,2026-02-09,1000.0,US Dollar,Posted\n"
        "RINV/2,Lumber,2026-03-15,2026-03-15,-120.0,US dollar,Posted\n",
        {"invoices": 1, "credits": 1}, "", "1000.0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("preset", LAYOUTS)
def test_another_layout_of_the_same_report_is_read_as_well(preset: str, tmp_path: Path) -> None:
    export, made, total, billed = LAYOUTS[preset]
    (tmp_path / "export.csv").write_text(export, "utf-8")
    report = import_export(preset, tmp_path / "export.csv", tmp_path / "ledger")
    assert (report.made, report.problems.message.tolist()) == (made, [])
    assert f"is {total}, and so is the sum" in report.total if total else "and so is" not in report.total
    rows = ledgers.read(tmp_path / "ledger")["invoices"]
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal(billed)
    assert {row.get("currency") for row in rows} <= {"USD", None}
    known = (tmp_path / "ledger" / "ledger.toml").exists() and "snapshot_on = 2026-03-31" in _notes(tmp_path)
    assert known == (preset == "quickbooks_ageing")


def _notes(folder: Path) -> str:
    return (folder / "ledger" / "ledger.toml").read_text("utf-8")


@pytest.mark.parametrize("worked_out", [True, False])
def test_the_totals_of_a_workbook_may_be_formulas_that_nobody_worked_out(worked_out: bool, tmp_path: Path) -> None:
    """They stand in the first column, whatever it is called."""
    import xlsxwriter

    total = 805.0 if worked_out else 0
    rows = [
        ["As at 31 March 2026"], ["Account Number", "Invoice Date", "Due Date", "Invoice Number", "Older", "Total"],
        ["Ferrand Ltd"], ["", "2026-03-10", "2026-04-09", "INV-0103", 805, 805],
        ["Total Ferrand Ltd", "", "", "", total, total], ["Total", "", "", "", total, total],
        ["Percentage of total", "", "", "", 1, 1],
    ]  # fmt: skip
    with xlsxwriter.Workbook(tmp_path / "export.xlsx") as book:
        sheet = book.add_worksheet()
        for nth, row in enumerate(rows):
            sheet.write_row(nth, 0, row)
    report = import_export("xero_ageing", tmp_path / "export.xlsx", tmp_path / "ledger")
    assert (report.made["invoices"], report.quarantined) == (1, 0)
    assert ("is 805, and so is" if worked_out else "a formula that nobody has worked out") in report.total


def test_a_currency_that_there_is_not_is_found_at_the_import(tmp_path: Path) -> None:
    rows = source("zoho_invoices").read_text("utf-8").replace("Dune Cycles,,USD", "Dune Cycles,,Dollars")
    (tmp_path / "export.csv").write_text(rows, "utf-8")
    report = import_export("zoho_invoices", tmp_path / "export.csv", tmp_path / "ledger")
    assert report.problems[["column", "value", "rule"]].values.tolist() == [
        ["Currency Code", "Dollars", "unknown_currency"]
    ]


def test_what_an_export_says_below_its_rows_is_skipped_and_no_amount_is(tmp_path: Path) -> None:
    report, rows = imported(
        tmp_path, "sum", "A,C,2026-01-05,2026-02-04,1\n-----\nPrinted on 31 March 2026 by Ann\n,,,,7\n"
    )
    assert (rows, report.skipped, report.quarantined) == ([["A", "1"]], {"words alone": 2}, 1)


@pytest.mark.parametrize(
    ("preset", "reason"),
    [("datev_postings", "Kunde is not filled in"), ("odoo_journal_items", "Account is not like (?i).*(receivable|")],
)
def test_a_row_is_skipped_for_what_every_table_asks_of_it(preset: str, reason: str, tmp_path: Path) -> None:
    """A posting that touches no customer, and one on an account of sales, whose debit is zero as well."""
    report = import_export(preset, source(preset), tmp_path / "ledger")
    assert [words.startswith(reason) for words in report.skipped if words != "above the header"] == [True]


# A total that does not tie


def cut(preset: str, folder: Path, words: str) -> Path:
    """The export without the lines that hold these words."""
    lines = source(preset).read_text("utf-8").splitlines()
    (folder / "cut.csv").write_text("\n".join(line for line in lines if words not in line), "utf-8")
    return folder / "cut.csv"


def test_an_export_that_lacks_a_row_of_its_total_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"its total of Open balance is 3,140\.00, but .* add up to 3,290\.00"):
        import_export("quickbooks_ageing", cut("quickbooks_ageing", tmp_path, "Payment"), tmp_path / "ledger")
    assert not (tmp_path / "ledger").exists()


def test_an_export_whose_total_is_cut_off_says_that_nothing_proves_it(tmp_path: Path) -> None:
    report = import_export("quickbooks_ageing", cut("quickbooks_ageing", tmp_path, "TOTAL"), tmp_path / "ledger")
    assert report.total == "The export states no total: nothing proves that it is whole."


@pytest.mark.parametrize("preset", ["odoo_invoices", "odoo_journal_items"])
def test_what_odoo_shows_in_the_currency_of_the_company_is_not_in_that_of_the_document(
    preset: str, tmp_path: Path
) -> None:
    """The second invoice of each is in euros, its amount in dollars; without that column nothing names a currency."""
    import_export(preset, source(preset), tmp_path / "told")
    assert {row["currency"] for row in ledgers.read(tmp_path / "told")["invoices"]} == {"USD"}
    export = source(preset).read_text("utf-8").replace("Company Currency", "Other")
    (tmp_path / "export.csv").write_text(export, "utf-8")
    import_export(preset, tmp_path / "export.csv", tmp_path / "untold")
    assert "currency" not in ledgers.read(tmp_path / "untold")["invoices"][0]


@pytest.mark.parametrize("none", ["0", "0,0000", "0,00"])
def test_nothing_credited_is_nothing_however_it_is_written(none: str, tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text('like = "xero"\n[format]\nseparator = ";"\ndecimal = ","\n', "utf-8")
    rows = source("xero").read_text("utf-8").replace(",", ";").replace(";0.00;", f";{none};").replace(".", ",")
    (tmp_path / "export.csv").write_text(rows, "utf-8")
    report = import_export(tmp_path / "my.toml", tmp_path / "export.csv", tmp_path / "ledger")
    assert (report.made, report.quarantined) == ({"invoices": 3}, 0)


def test_a_total_told_by_hand_must_tie_as_well(tmp_path: Path) -> None:
    told = Stated(total=Decimal("1130.00"))
    report = import_export("odoo_invoices", source("odoo_invoices"), tmp_path / "l", told)
    assert report.total.startswith("The total that was told of Amount Due Signed is 1,130.00, and so")
    with pytest.raises(SourceError, match=r"is 1,131, but its rows that count add up to 1,130\.00"):
        import_export("odoo_invoices", source("odoo_invoices"), tmp_path / "l", Stated(total=Decimal(1131)))


def test_a_total_told_by_hand_counts_what_has_its_amount_in_another_column_for_nothing(tmp_path: Path) -> None:
    """The credit note and the payment have what is left of them elsewhere."""
    told = Stated(total=Decimal("4500.50"))
    report = import_export("fivetran_netsuite", source("fivetran_netsuite"), tmp_path / "l", told)
    assert "of foreignamountunpaid is 4,500.50, and so is the sum" in report.total


def test_an_amount_that_nobody_can_read_leaves_the_total_unchecked(tmp_path: Path) -> None:
    broken = source("sap_line_items").read_text("utf-8").replace("980,00\t", "98O,00\t")
    (tmp_path / "export.csv").write_text(broken, "utf-8")
    report = import_export("sap_line_items", tmp_path / "export.csv", tmp_path / "ledger")
    assert report.quarantined == 1
    assert "is not checked: the amount of 1 row that is quarantined" in report.total


@pytest.mark.parametrize(
    ("preset", "known", "strange"),
    [("sap_line_items", "\tDG\t", "\tZG\t"), ("netsuite_open_invoices", "(300.00),(300.00)", "300.00,300.00")],
)
def test_a_credit_that_no_table_knows_is_not_lost(preset: str, known: str, strange: str, tmp_path: Path) -> None:
    """A type of document of its own, and a credit memo above zero."""
    (tmp_path / "export.csv").write_text(source(preset).read_text("utf-8").replace(known, strange), "utf-8")
    report = import_export(preset, tmp_path / "export.csv", tmp_path / "ledger")
    assert report.problems.rule.tolist() == ["astray"]
    assert "is of no table: none takes an amount of this sign" in report.problems.message.iloc[0]


# Payments of which nothing says what they were for


def test_a_payment_settles_the_oldest_invoice_of_its_customer(tmp_path: Path) -> None:
    """Of 450 the 200 that are left of 2001, the rest of 2004."""
    import_export("quickbooks_payments", source("quickbooks_payments"), tmp_path / "ledger")
    rows = ledgers.read(tmp_path / "ledger")["applications"]
    taken = [(row["applied_on"], row["invoice_id"], row["amount"]) for row in rows]
    assert taken[1:3] == [("2026-03-09", "2001", "200.00"), ("2026-03-09", "2004", "250.00")]


def test_what_the_list_of_transactions_cannot_tell_is_set_aside(tmp_path: Path) -> None:
    """A journal entry on the receivable account. Payments may have either sign, a column of due days may be there."""
    entry = ",03/02/2026,Journal Entry,7,Yes,,,Debtors,45.00"
    export = (
        ",Date,Transaction type,Num,Posting (Y/N),Memo,Due date,Account,Amount\nAlder,,,,,,,,\n"
        f",03/01/2026,Invoice,1,Yes,,03/31/2026,Debtors,90.00\n{entry}\n,03/05/2026,Payment,,Yes,,,Bank,-90.00\n"
        "Total for Alder,,,,,,,,45.00\n"
    )
    (tmp_path / "export.csv").write_text(export, "utf-8")
    report = import_export("quickbooks_transactions", tmp_path / "export.csv", tmp_path / "ledger")
    assert report.problems.line.tolist() == [entry]
    assert report.money["no table takes it: Transaction type is empty"] == {"": Decimal("45.00")}
    assert [row["due_on"] for row in ledgers.read(tmp_path / "ledger")["invoices"]] == ["2026-03-31"]
    assert balances(tmp_path / "ledger") == (Decimal(0), Decimal(0))


# Lines of one invoice


LINES = """
[columns]
invoice_id = "No"
customer_id = "Who"
issued_on = "Issued"
due_on = "Due"
amount = "Amount"
[lines]
rows = "{rows}"
"""
HEADER = "No,Who,Issued,Due,Amount\n"


def imported(folder: Path, rows: str, export: str) -> tuple[ImportReport, list[list[str]]]:
    (folder / "mapping.toml").write_text(LINES.format(rows=rows), "utf-8")
    (folder / "export.csv").write_text(HEADER + export, "utf-8")
    report = import_export(folder / "mapping.toml", folder / "export.csv", folder / "ledger")
    return report, [[row["invoice_id"], row["amount"]] for row in ledgers.read(folder / "ledger")["invoices"]]


def test_the_money_of_repeated_lines_counts_once(tmp_path: Path) -> None:
    """Two lines of an invoice over 240, both with its whole balance, and one over 900."""
    report = import_export("zoho_invoices", source("zoho_invoices"), tmp_path / "ledger")
    assert report.money["imported"] == {"USD": Decimal("1140.00")}


def test_lines_are_added_up_to_the_cent(tmp_path: Path) -> None:
    lines = "A,C,2026-01-05,2026-02-04,0.10\nB,C,2026-01-05,2026-02-04,5\nA,C,2026-01-05,2026-02-04,0.20\n"
    lines += "A,C,2026-01-05,2026-02-04,-0.05\n"
    report, rows = imported(tmp_path, "sum", lines)
    assert rows == [["A", "0.25"], ["B", "5"]]
    assert (report.read, report.imported, report.made) == (4, 4, {"invoices": 2})


@pytest.mark.parametrize(
    ("rows", "second", "rules"),
    [
        ("sum", "A,D,2026-01-05,2026-02-04,2", ["lines_differ", "lines_differ"]),
        ("sum", "A,C,2026-01-05,2026-02-05,2", ["lines_differ", "lines_differ"]),
        ("sum", "A,C,2026-01-05,2026-02-04,x", ["line_of_broken", "not_money"]),
        ("sum", "A,C,2026-01-05,2026-02-04,-2", ["credit_as_invoice", "credit_as_invoice"]),
        ("same", "A,C,2026-01-05,2026-02-04,2", ["lines_differ", "lines_differ"]),
    ],
)
def test_an_invoice_whose_lines_disagree_is_quarantined_whole(
    tmp_path: Path, rows: str, second: str, rules: list[str]
) -> None:
    report, made = imported(tmp_path, rows, f"A,C,2026-01-05,2026-02-04,1\n{second}\nB,C,2026-01-05,2026-02-04,7\n")
    assert made == [["B", "7"]]
    assert sorted(report.problems.rule) == sorted(rules)
    assert report.quarantined == 2


def test_a_number_that_stands_twice_is_told_at_the_import(tmp_path: Path) -> None:
    twice = "A,C,2026-01-05,2026-02-04,1\nA,C,2026-01-05,2026-02-04,2\n"
    (tmp_path / "mapping.toml").write_text(LINES.split("[lines]", maxsplit=1)[0], "utf-8")
    (tmp_path / "export.csv").write_text(HEADER + twice, "utf-8")
    report = import_export(tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger")
    assert report.problems.message.iloc[0] == (
        "export.csv row 2: No A stands in several rows. Keep one, or say in the mapping what they are (lines), or "
        "what makes them unique (join)."
    )
    assert report.quarantined == 2


# How cells are written


@pytest.mark.parametrize(
    ("form", "cell", "amount"),
    [
        ('negatives = ["brackets"]', "(75.00)", "-75.00"),
        ('negatives = ["brackets"]\ncurrency_sign = "$"', "($75.00)", "-75.00"),
        ('negatives = ["brackets"]\ncurrency_sign = "$"', "$(75.00)", "-75.00"),
        ('negatives = ["minus_behind"]', "750.00-", "-750.00"),
        ('negatives = ["minus_behind"]', "-750.00-", None),
        ('negatives = ["brackets"]', "(-75.00)", None),
        ("", "(75.00)", None),
        ("", "750.00-", None),
        ('currency_sign = "$"', "$-5.00", "-5.00"),
        ("", "1150.0000", "1150.00"),
        ("", "1150.0050", "1150.0050"),
        ("minor_units = true", "4900", "49.00"),
        ("minor_units = true", "-5", "-0.05"),
        ("minor_units = true", "49.00", None),
    ],
)
def test_amounts_below_zero_and_in_minor_units_are_read_as_declared(
    tmp_path: Path, form: str, cell: str, amount: str | None
) -> None:
    """The amount of a receipt may have either sign."""
    mapping = f"[format]\n{form}\n{LINES.split('[lines]', maxsplit=1)[0]}" + (
        '[keep]\nWho = ["nobody"]\n[receipts.columns]\nreceipt_id = "No"\ncustomer_id = "Who"\n'
        'received_on = "Issued"\namount = "Amount"\n'
    )
    (tmp_path / "mapping.toml").write_text(mapping, "utf-8")
    (tmp_path / "export.csv").write_text(f"{HEADER}A,C,2026-01-05,2026-02-04,{cell}\n", "utf-8")
    report = import_export(tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger")
    rows = ledgers.read(tmp_path / "ledger")["receipts"]
    assert [row["amount"] for row in rows] == ([amount] if amount else [])
    assert report.problems.rule.tolist() == ([] if amount else ["not_money"])


def test_a_time_counts_on_the_day_of_the_books(tmp_path: Path) -> None:
    """23:30 in London is the next day in Berlin, and five hours earlier than it seems in New York."""
    form = '[format]\ndates = "%Y-%m-%d %H:%M"\ntimes_in = "UTC"\ndays_in = "{zone}"\n'
    export = f"{HEADER}A,C,2026-01-05 23:30,2026-02-04 02:00,1\n"
    days = {}
    for zone in ("Europe/Berlin", "America/New_York"):
        (tmp_path / "mapping.toml").write_text(form.format(zone=zone) + LINES.format(rows="sum"), "utf-8")
        (tmp_path / "export.csv").write_text(export, "utf-8")
        import_export(tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger")
        days[zone] = [(row["issued_on"], row["due_on"]) for row in ledgers.read(tmp_path / "ledger")["invoices"]]
    assert days["Europe/Berlin"] == [("2026-01-06", "2026-02-04")]
    assert days["America/New_York"] == [("2026-01-05", "2026-02-03")]


def test_a_due_day_is_told_by_terms_where_the_column_is_empty(tmp_path: Path) -> None:
    told = 'due_on = { first = ["Due", { date = "Issued", plus_days = 10, end_of_month = true }] }'
    (tmp_path / "mapping.toml").write_text(LINES.format(rows="sum").replace('due_on = "Due"', told), "utf-8")
    rows = "A,C,2026-01-05,,1\nB,C,2026-01-31,,1\nD,C,2026-01-05,2026-01-20,1\nE,C,2026-01-05,soon,1\n"
    (tmp_path / "export.csv").write_text(HEADER + rows, "utf-8")
    report = import_export(tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger")
    assert [row["due_on"] for row in ledgers.read(tmp_path / "ledger")["invoices"]] == [
        "2026-02-10",
        "2026-02-10",
        "2026-01-20",
    ]
    assert report.problems.rule.tolist() == ["not_a_date"]


# Files that a stranger has


PLAIN = LINES.split("[lines]", maxsplit=1)[0]
CREDITS = """[keep]
Amount = { sign = "plus" }
[credits.columns]
credit_id = "No"
customer_id = "Who"
issued_on = "Issued"
amount = { minus = "Amount" }
[credits.keep]
Amount = { sign = "minus" }
"""
ROW = "A;C;2026-01-05;2026-02-04;{}\n"


@pytest.mark.parametrize(
    ("form", "rows", "more", "encoding", "told"),
    [
        ("", ROW.format("10.00"), "", "utf-16", ["2026-01-05,2026-02-04,10.00"]),
        (
            'encoding = "cp1252"',
            ROW.format("10.00").replace("C", "Ö"),
            "",
            "utf-8-sig",
            ["2026-01-05,2026-02-04,10.00"],
        ),
        (
            'encoding = ["utf-8", "cp1252"]',
            ROW.format("1").replace("C", "Ö"),
            "",
            "cp1252",
            ["2026-01-05,2026-02-04,1"],
        ),
        ('thousands = " "', ROW.format("1\u202f234.50"), "", "utf-8", ["2026-01-05,2026-02-04,1234.50"]),
        ('thousands = " "', ROW.format("1\u00a0234.50"), "", "utf-8", ["2026-01-05,2026-02-04,1234.50"]),
        ('thousands = "\'"', ROW.format("1\u2019234.50"), "", "utf-8", ["2026-01-05,2026-02-04,1234.50"]),
        ("", ROW.format("\u22125.00"), CREDITS, "utf-8", []),
        (
            'dates = ["%d. %B %Y", "%d. %b %Y"]\nmonths_in = "de"',
            "A;C;5. März 2026;04. Apr. 2026;1\n",
            "",
            "utf-8",
            ["2026-03-05,2026-04-04,1"],
        ),
        ('dates = ["%Y-%m-%d", "%d.%m.%Y"]', "A;C;05.01.2026;2026-02-04;1\n", "", "utf-8", ["2026-01-05,2026-02-04,1"]),
        ('dates = ["%m/%d/%Y", "%d/%m/%Y"]', "A;C;01/13/2026;03/04/2026;1\n", "", "utf-8", []),
        ('dates = "serial"', "A;C;46027;46057.5;1\n", "", "utf-8", ["2026-01-05,2026-02-04,1"]),
        ("", ROW.format("10.00"), "", "utf-16-be", ["2026-01-05,2026-02-04,10.00"]),
        ("", ROW.format("10.00"), "", "utf-16-le", ["2026-01-05,2026-02-04,10.00"]),
        ('thousands = "\u2019"', ROW.format("1'234.50"), "", "utf-8", ["2026-01-05,2026-02-04,1234.50"]),
        ('thousands = ","', ROW.format("12,34,567.50"), "", "utf-8", ["2026-01-05,2026-02-04,1234567.50"]),
        ('thousands = ","', ROW.format("12,34,56.50"), "", "utf-8", []),
        (
            'dates = "%d %B %Y"\nmonths_in = "fr"',
            "A;C;5 d\u00e9c. 2025;1 ao\u00fbt 2026;1\n",
            "",
            "utf-8",
            ["2025-12-05,2026-08-01,1"],
        ),
        (
            'dates = "%Y-%m-%dT%H:%M:%S%z"\ntimes_in = "UTC"\ndays_in = "Asia/Tokyo"',
            "A;C;2026-01-05T15:30:00+00:00;2026-02-04T16:59:59+02:00;1\n",
            "",
            "utf-8",
            ["2026-01-06,2026-02-04,1"],
        ),
        ('dates = "%-d%m%Y"', "A;C;5012026;13022026;1\n", "", "utf-8", ["2026-01-05,2026-02-13,1"]),
        ('negatives = ["credit_behind"]', ROW.format("5.00 CR"), "", "utf-8", []),
        ('negatives = ["credit_behind"]', ROW.format("5.00 Dr."), "", "utf-8", ["2026-01-05,2026-02-04,5.00"]),
        ("", ROW.format("5.00"), '[[below_zero]]\nWho = ["C"]\n' + CREDITS, "utf-8", []),
        ("", ROW.format("5.00"), '[[below_zero]]\nWho = ["D"]\n' + CREDITS, "utf-8", ["2026-01-05,2026-02-04,5.00"]),
    ],
)
def test_a_file_is_read_as_it_is_declared_or_says_itself(
    tmp_path: Path, form: str, rows: str, more: str, encoding: str, told: list[str]
) -> None:
    """What may be two days is none, and what stands below zero is no invoice."""
    (tmp_path / "mapping.toml").write_text(f'[format]\nseparator = ";"\n{form}\n{PLAIN}{more}', "utf-8")
    (tmp_path / "export.csv").write_bytes((HEADER.replace(",", ";") + rows).encode(encoding))
    report = import_export(tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger")
    made = ledgers.read(tmp_path / "ledger")["invoices"]
    assert [",".join((row["issued_on"], row["due_on"], row["amount"])) for row in made] == told
    assert report.quarantined + report.imported == 1


def test_days_of_a_workbook_are_days_whatever_their_looks(tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "export.xlsx") as book:
        sheet, looks = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, HEADER.strip().split(","))
        sheet.write_row(1, 0, ["A", "C", 46027, 46057, 10.5], None)
        sheet.write_row(2, 0, ["B", "C", "05/01/2026", "", 5])
        sheet.write_number(2, 3, 46057, looks)
    (tmp_path / "mapping.toml").write_text(f'[format]\ndates = "%d/%m/%Y"\n{PLAIN}', "utf-8")
    import_export(tmp_path / "mapping.toml", tmp_path / "export.xlsx", tmp_path / "ledger")
    rows = ledgers.read(tmp_path / "ledger")["invoices"]
    assert {(row["issued_on"], row["due_on"]) for row in rows} == {("2026-01-05", "2026-02-04")}
    assert len(rows) == 2


def test_a_file_is_what_it_begins_with_whatever_it_is_called(tmp_path: Path) -> None:
    """A list with tabs that is called .xls, and a workbook that is called .csv."""
    for name, called in (("sap_line_items", "list.xls"), ("xero_ageing", "list.csv")):
        (tmp_path / called).write_bytes(source(name).read_bytes())
        assert import_export(name, tmp_path / called, tmp_path / name).made == KNOWN[name][0]


def test_a_mapping_is_like_a_preset_but_for_what_it_says(tmp_path: Path) -> None:
    """The list of SAP with semicolons, the commas and points of the other side, and another name of a column."""
    mine = 'separator = ";"\ndecimal = "."\nthousands = ","\ndates = "%d,%m,%Y"\n[called]\nText = ["Note"]\n'
    (tmp_path / "my.toml").write_text(f'like = "sap_line_items"\n[format]\n{mine}', "utf-8")
    swapped = source("sap_line_items").read_text("utf-8").translate(str.maketrans("\t,.", ";.,"))
    (tmp_path / "export.csv").write_text(swapped.replace("Text", "Note"), "utf-8")
    report = import_export(tmp_path / "my.toml", tmp_path / "export.csv", tmp_path / "ledger")
    assert "is 15,580.75, and so is" in report.total
    assert report.made == KNOWN["sap_line_items"][0]


def test_what_is_paid_goes_to_the_invoice_of_its_word_that_is_due_first(tmp_path: Path) -> None:
    """Of a payment of 12, 5 belong to B, due first, and 7 to A; of one of 9, the 3 that are left of A."""
    mapping = (
        'matched = "Who"\n[made]\nOwner = { title = [1, 6] }\n'
        + PLAIN.replace('"Amount"', '{ amount = "Debit", less = "Credit" }')
    ).replace('customer_id = "Who"', 'customer_id = "Owner"')
    mapping += '[keep]\nDebit = { empty = false }\n[applications.columns]\napplied_on = "Issued"\namount = "Credit"\n'
    mapping += '[applications.constants]\nkind = "cash"\n[applications.keep]\nCredit = { empty = false }\n'
    export = (
        ",,,,,Anna\nNo,Who,Issued,Due,Debit,Credit\nA,W,2026-01-05,2026-03-04,10,\nB,W,2026-01-05,2026-02-04,5,\n"
        ",W,2026-02-10,,,12\n,W,2026-02-20,,,9\n,,2026-02-21,,,4\n"
    )
    (tmp_path / "mapping.toml").write_text(mapping, "utf-8")
    (tmp_path / "export.csv").write_text(export, "utf-8")
    import_export(tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger")
    tables = ledgers.read(tmp_path / "ledger")
    assert [(row["customer_id"], row["amount"]) for row in tables["invoices"]] == [("Anna", "10"), ("Anna", "5")]
    applied = [(row["invoice_id"], row["applied_on"], row["amount"]) for row in tables["applications"]]
    assert applied == [("B", "2026-02-10", "5"), ("A", "2026-02-10", "7"), ("A", "2026-02-20", "3")]


def test_days_without_a_year_are_in_the_twelve_months_that_begin_on_a_day(tmp_path: Path) -> None:
    """Of a year from 1 July 2025: its first day is of 2025, the one before it is the last of the year, in 2026."""
    year = 'dates = "%d.%m", in_year_of = { column = "Year from", dates = "%Y-%m-%d" } }'
    mapping = PLAIN.replace('"Issued"', f'{{ column = "Issued", {year}').replace('"Due"', f'{{ column = "Due", {year}')
    (tmp_path / "mapping.toml").write_text(mapping, "utf-8")
    rows = f"{HEADER.strip()},Year from\nA,C,01.07,31.12,1,2025-07-01\nB,C,01.01,30.06,1,2025-07-01\n"
    (tmp_path / "export.csv").write_text(rows, "utf-8")
    import_export(tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger")
    told = [(row["issued_on"], row["due_on"]) for row in ledgers.read(tmp_path / "ledger")["invoices"]]
    assert told == [("2025-07-01", "2025-12-31"), ("2026-01-01", "2026-06-30")]


# Headings and headers


def test_a_header_that_stands_there_again_is_no_row(tmp_path: Path) -> None:
    """As at the head of each page, or of the second of two files behind one another."""
    (tmp_path / "mapping.toml").write_text(PLAIN, "utf-8")
    rows = [f"{name},C,2026-01-05,2026-02-04,1\n" for name in "AB"]
    (tmp_path / "export.csv").write_text("".join((HEADER, rows[0], HEADER, rows[1])), "utf-8")
    report = import_export(tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger")
    assert (report.read, report.imported, report.skipped) == (3, 2, {"the header again": 1})


def test_rows_belong_to_the_innermost_heading_that_is_open(tmp_path: Path) -> None:
    """A customer's own rows may follow those of the one below it."""
    export = (
        "Company,,,,\n,Date,No,Due,Amount\nAlder,,,,\nAlder Shop,,,,\n,2026-01-05,1,2026-02-04,10\n"
        "Total for Alder Shop,,,,10\n,2026-01-05,2,2026-02-04,20\nTotal for Alder,,,,30\n"
    )
    mapping = (
        '[format]\nheadings = "Customer"\n[columns]\ninvoice_id = "no"\ncustomer_id = "Customer"\n'
        'issued_on = "date"\ndue_on = "DUE"\namount = "Amount"\n[drop]\n"" = { begins = ["Total for "] }\n'
    )
    (tmp_path / "mapping.toml").write_text(mapping, "utf-8")
    (tmp_path / "export.csv").write_text(export, "utf-8")
    report = import_export(tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger")
    owners = {row["invoice_id"]: row["customer_id"] for row in ledgers.read(tmp_path / "ledger")["invoices"]}
    assert owners == {"1": "Alder Shop", "2": "Alder"}
    assert report.skipped == {
        "above the header": 1,
        "headings": 2,
        "the column without a name begins with Total for": 2,
    }
    assert report.read == 7


# In a shell


@pytest.mark.parametrize(("preset", "day"), [("quickbooks_ageing", "of 2026-03-31"), ("zoho_invoices", "not named")])
def test_open_items_of_a_day_say_of_which_and_nothing_of_payments(preset: str, day: str, tmp_path: Path) -> None:
    asked = (["import", preset, str(source(preset)), str(tmp_path / "ledger")], ["check", str(tmp_path / "ledger")])
    for words in asked:
        told = CliRunner().invoke(
            main, [*words, *(["--quarantine", str(tmp_path / "q.csv")] if "check" in words else [])]
        )
        assert ("These are the open items" in told.stdout, day in told.stdout) == (True, True), told.output
        assert "paid_on" not in told.stdout


@pytest.mark.parametrize(("preset", "of"), [("erpnext_payment_ledger", "3 of 3"), ("zoho_invoices", "1 of 2")])
def test_the_shell_says_how_many_invoices_have_no_due_day(preset: str, of: str, tmp_path: Path) -> None:
    """What is overdue, and whose orders are held, would be sure of a day that nobody agreed on."""
    told = CliRunner().invoke(main, ["import", preset, str(source(preset)), str(tmp_path / "ledger")])
    assert f"names no due day: {of}. What is overdue is counted from it." in told.stdout


def test_the_shell_says_what_became_of_rows_and_money(tmp_path: Path) -> None:
    asked = ["import", "quickbooks_ageing", str(source("quickbooks_ageing")), str(tmp_path / "ledger")]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "3 rows skipped: above the header",
        "4 rows skipped: headings",
        "3 rows skipped: First cell begins with Total for (3,140.00)",
        "1 row skipped: the export's own total (3,140.00)",
        "invoices: 3 rows",
        "receipts: 1 row",
        "credits: 1 row",
        "The export's own total of Open balance is 3,140.00, and so is the sum of its rows.",
        "amounts: imported (3,140.00), quarantined (none)",
        "16 rows read = 5 imported + 11 skipped + 0 quarantined",
        "These are the open items of 2026-03-31, without history.",
        str(tmp_path / "ledger"),
    ]
    refused = CliRunner().invoke(main, [*asked, "--total", "3140.01"])
    assert (refused.exit_code, "3,140.01" in refused.stderr) == (1, True)
    assert CliRunner().invoke(main, [*asked, "--total", "NaN"]).exit_code == 2


def test_the_shell_lists_the_presets() -> None:
    listed = CliRunner().invoke(main, ["import", "--list"]).output.splitlines()
    assert [line.split()[0] for line in listed] == names()
    assert all(len(line) > 30 for line in listed)


def test_a_preset_is_shown_to_begin_ones_own_with(tmp_path: Path) -> None:
    shown = CliRunner().invoke(main, ["import", "--show", "odoo_invoices"])
    (tmp_path / "my.toml").write_text(shown.stdout, "utf-8")
    asked = ["import", "--preset-file", str(tmp_path / "my.toml"), str(source("odoo_invoices")), str(tmp_path / "l")]
    assert CliRunner().invoke(main, asked).exit_code == 0
    unknown = CliRunner().invoke(main, ["import", "--show", "oracle"])
    assert (unknown.exit_code, "Choose one of" in unknown.stderr) == (2, True)


def test_the_docs_show_a_mapping_that_is_read_and_every_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each word of the mapping: the whole one of the docs has them all, and imports what is written so."""
    page = (Path(__file__).parents[1] / "docs" / "imports.md").read_text("utf-8")
    assert [name for name in names() if f"| `{name}` |" not in page] == []
    (tmp_path / "my.toml").write_text(page.split("```toml\n")[1].split("```")[0], "utf-8")
    export = (
        "Stand 31.03.2026;;;;;;;\n;;;;;;;\nJahr;Beleg;Datum;Fällig;Betrag;Währung;Art;Status\nMüller;;;;;;;\n"
        "2026;7;05.01.2026 ;;1.200,00 €;EUR;Rechnung;offen\n2026;7;05.01.2026;;34,50;EUR;Rechnung;offen\n"
        ";;10.01.2026;;(75,00);EUR;Gutschrift;offen\nNULL;8;;;5,00;EUR;Rechnung;Entwurf\n"
        ";;Gesamt;;1.159,50;;;\n"
    )
    (tmp_path / "export.csv").write_text(export, "cp1252")
    monkeypatch.chdir(tmp_path)  # settings that name another currency hold before what the ledger says
    report = import_export(tmp_path / "my.toml", tmp_path / "export.csv", tmp_path / "ledger")
    assert report.made == {"invoices": 1, "credits": 1}
    assert kpis(open_ledger(tmp_path / "ledger"))["net_ar"] == 1159.5
    words = [word for section in (Format, Part, Total, Said) for word in section.model_fields]
    assert [word for word in words if word not in page] == []


def test_a_table_is_printed_as_a_workbook_without_formulas(tmp_path: Path) -> None:
    """What a customer is called never becomes a formula of whoever opens the sheet."""
    from python_calamine import load_workbook

    rows = "invoice_id,customer_id,issued_on,due_on,amount\n1,=1+1,2026-01-05,2026-02-04,10.25\n"
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "invoices.csv").write_text(rows, "utf-8")
    asked = ["kpis", str(tmp_path / "ledger"), "--as-of", AS_OF, "--by", "customer_id", "--format"]
    done = CliRunner().invoke(main, [*asked, "xlsx"])
    assert done.exit_code == 0, done.stderr
    sheet = load_workbook(io.BytesIO(done.stdout_bytes)).get_sheet_by_index(0).to_python()
    told = list(csv.reader(io.StringIO(CliRunner().invoke(main, [*asked, "csv"]).stdout)))
    assert sheet[0] == told[0]
    assert len(sheet) == len(told)
    owed = next(row for row in sheet if row[2:4] == ["=1+1", "open_ar"])
    assert (owed[0], owed[4]) == (date(2026, 3, 31), 10.25)
    assert "<f>" not in _xml(done.stdout_bytes)


def _xml(workbook: bytes) -> str:
    from zipfile import ZipFile

    with ZipFile(io.BytesIO(workbook)) as packed:
        return packed.read("xl/worksheets/sheet1.xml").decode()
