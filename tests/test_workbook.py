"""A workbook as a ledger: a sheet a table, and what its cells hold is what a folder of CSV files would."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import xlsxwriter

from arforecast import open_ledger
from arforecast.errors import SourceError
from arforecast.ledger import formulas
from arforecast.ledger import workbook as workbooks

INVOICES = [
    ["invoice_id", "customer_id", "issued_on", "due_on", "amount", "region"],
    ["0071", "C1", date(2026, 1, 5), date(2026, 2, 4), 1000.1, "West"],
    [72, "C2", "2026-02-05", "2026-03-07", 250, "East"],
    [],
    ["0073", "C2", date(2026, 2, 28), "2026-03-30", "12.345", "East"],
]
APPLICATIONS = [
    ["invoice_id", "applied_on", "amount", "kind"],
    ["0071", date(2026, 2, 3), 1000.1, "cash"],
]


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if isinstance(cell, tuple):  # a formula, and what it came to
                        sheet.write_formula(row, column, cell[0], None, cell[1])
                    else:
                        sheet.write(row, column, cell, *([day] if isinstance(cell, date) else []))
    return path


def folder(path: Path, **tables: str) -> Path:
    path.mkdir()
    for name, text in tables.items():
        (path / f"{name}.csv").write_text(text, "utf-8")
    return path


def test_it_answers_as_a_folder_of_csv_files_does(tmp_path: Path) -> None:
    """A number that is text keeps its zeros, a blank row is none, and 12.345 dollars are no amount."""
    book = open_ledger(workbook(tmp_path / "ledger.xlsx", invoices=INVOICES, applications=APPLICATIONS, notes=[["?"]]))
    plain = open_ledger(
        folder(
            tmp_path / "ledger",
            invoices="invoice_id,customer_id,issued_on,due_on,amount,region\n0071,C1,2026-01-05,2026-02-04,1000.1,West\n"
            "72,C2,2026-02-05,2026-03-07,250,East\n\n0073,C2,2026-02-28,2026-03-30,12.345,East\n",
            applications="invoice_id,applied_on,amount,kind\n0071,2026-02-03,1000.1,cash\n",
        )
    )
    one, other = (ledger.as_of("2026-03-31").kpis(by="region") for ledger in (book, plain))
    assert one.to_csv() == other.to_csv()
    assert (
        book.books.problems.message.str.replace("ledger.xlsx sheet invoices", "invoices.csv").tolist()[-1:]
        == (plain.books.problems.message.tolist()[-1:])
    )
    assert book.books.rows.to_dict() == plain.books.rows.to_dict()
    assert any("notes" in message for message in book.books.problems.message)


@pytest.mark.parametrize("name", ["ledger.xlsm", "LEDGER.XLSX"])
def test_a_workbook_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    workbook(tmp_path / "ledger.xlsx", invoices=INVOICES[:3]).rename(tmp_path / name)
    assert open_ledger(tmp_path / name).books.rows.used.tolist() == [2]


def test_a_cell_that_came_to_nothing_is_not_an_empty_one(tmp_path: Path) -> None:
    """An invoice whose day of payment is an error, or was never worked out, is not open."""
    header, *rows = INVOICES[:3]
    told = [("=1/0", "#DIV/0!"), ("=DATE(2026,2,3)", "")]
    sheet = [[*header, "paid_on"], *([*row, cell] for row, cell in zip(rows, told, strict=True))]
    sheet.append([("='Other'!A4", "")] * 6)
    books = open_ledger(workbook(tmp_path / "ledger.xlsx", invoices=sheet)).books
    assert books.rows[["read", "used"]].to_numpy().tolist() == [[3, 0]]
    assert [value for column, value in zip(books.problems.column, books.problems.value, strict=True)
            if column == "paid_on"] == ["#DIV/0!", "=DATE(2026,2,3)"]  # fmt: skip


def test_a_formula_may_come_to_an_empty_text(tmp_path: Path) -> None:
    """And names may have a prefix, paths begin at the root, and cells not say where they stand."""
    sheet = (
        '<x:worksheet xmlns:x="m"><x:sheetData><x:row r="2"><x:c r="A2" t="str"><x:f>IF(1,"",2)</x:f><x:v></x:v></x:c>'
        '<x:c r="AB2" t="e"><x:v>#REF!</x:v></x:c></x:row>'
        '<x:row r="3"><x:c/><x:c t="e"/></x:row></x:sheetData></x:worksheet>'
    )
    with ZipFile(tmp_path / "ledger.xlsx", "w") as book:
        book.writestr("xl/workbook.xml", '<w xmlns="m" xmlns:r="r"><sheets><sheet name="one" r:id="a"/></sheets></w>')
        book.writestr("xl/_rels/workbook.xml.rels", '<R xmlns="p"><Relationship Id="a" Target="/xl/s.xml"/></R>')
        book.writestr("xl/s.xml", sheet)
    assert formulas.failed(tmp_path / "ledger.xlsx") == {"one": {(1, 27): "#REF!", (2, 1): "#N/A"}}


def test_a_number_is_what_a_spreadsheet_shows_of_it() -> None:
    """It counts to 15 digits, and what a sum holds behind them is noise."""
    assert [workbooks.written(cell) for cell in (0.1 + 0.2, 1.1 * 1.1, 68.187, 1e15, 1e-7, -3.0)] == [
        "0.3", "1.21", "68.187", "1000000000000000", "0.0000001", "-3",
    ]  # fmt: skip


def test_a_sheet_that_looks_like_a_table_is_named(tmp_path: Path) -> None:
    """Without it every invoice would quietly be open."""
    sheets = {"invoices": INVOICES, "Applications": APPLICATIONS, "Sheet1": [["?"]]}
    problems = open_ledger(workbook(tmp_path / "ledger.xlsx", **sheets)).books.problems
    assert problems.rule.tolist()[:2] == ["misnamed_file", "unknown_file"]
    assert problems.message.tolist()[:2] == [
        "not read: Applications. If it is the table applications, name it applications, as it is written.",
        "not read: Sheet1",
    ]


@pytest.mark.parametrize(
    ("sheets", "message"),
    [
        ({"Invoices": INVOICES}, "has no sheet invoices; it has Invoices"),
        ({"invoices": [["invoice_id", "", "amount"]]}, "a column of its first row has no name"),
        ({"invoices": [["invoice_id", "Invoice_ID"]]}, "invoice_id stands there twice"),
        ({"invoices": [["invoice_id", "amount"], ["1", 2]]}, "has no column customer_id"),
        ({"invoices": []}, "a column of its first row has no name"),
    ],
)
def test_what_is_no_ledger_says_what_to_do(tmp_path: Path, sheets: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_ledger(workbook(tmp_path / "ledger.xlsx", **sheets))


def test_what_is_no_workbook_says_so(tmp_path: Path) -> None:
    (tmp_path / "ledger.xlsx").write_text("invoice_id,amount\n", "utf-8")
    with pytest.raises(SourceError, match=r"cannot be read as a workbook: .*Save it anew as \.xlsx"):
        open_ledger(tmp_path / "ledger.xlsx")
