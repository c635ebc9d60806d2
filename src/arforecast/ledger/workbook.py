"""A ledger in a workbook: a sheet a table, named as the table, its first row the names of the columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import ibis
import pandas as pd
from ibis.util import gen_name

from arforecast.errors import SourceError, shown
from arforecast.ledger import formulas
from arforecast.ledger.tables import BY_NAME, INVOICES

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
# What the files of Excel and LibreOffice begin with, whatever they are called.
MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# How the days of a workbook are written here, and the number of a day that was never given the looks of one.
DAYS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "serial")
Cells = list[list[object]]


def sheets(path: Path) -> dict[str, Cells]:
    """The cells of each sheet. Raises SourceError for what is no workbook."""
    with _opened(path) as book:
        there = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
        failed = formulas.failed(path)
        return {name: _shown(cells, failed.get(name, {})) for name, cells in there.items()}


def _shown(cells: Cells, failed: dict[formulas.Place, str]) -> Cells:
    """The cells of a sheet with what stands in those that came to nothing."""
    width = max(map(len, cells), default=0)
    for (row, column), said in failed.items():
        cells.extend([] for _ in range(row + 1 - len(cells)))
        cells[row].extend([""] * (max(width, column + 1) - len(cells[row])))
        cells[row][column] = said
    return cells


def names(path: Path) -> list[str]:
    """The names of its sheets. Raises SourceError for what is no workbook."""
    with _opened(path) as book:
        return book.sheet_names


@contextmanager
def _opened(path: Path) -> Iterator[CalamineWorkbook]:
    from python_calamine import CalamineError, load_workbook

    try:
        with load_workbook(path) as book:
            yield book
    except (CalamineError, OSError, ParseError, BadZipFile) as fault:
        raise SourceError(
            f"{path} cannot be read as a workbook: {shown(str(fault))}. Save it anew as .xlsx, without a password."
        ) from fault


def is_workbook(path: Path) -> bool:
    """Whether a file is one by what it begins with: many systems call a text .xls, and some a workbook .csv."""
    try:
        with path.open("rb") as stream:
            return stream.read(4) in MARKS
    except OSError as fault:
        raise SourceError(f"{path} cannot be opened: {fault.strerror}.") from fault


def written(cell: object, dates: str = "%Y-%m-%d", decimal: str = ".") -> str:
    """A cell as text: a day, a number as a spreadsheet shows it, true or false; a formula is what it came to."""
    match cell:
        case datetime() | date():
            return cell.strftime(dates)
        case bool():
            return str(cell).lower()
        case float():
            return f"{Decimal(f'{cell:.15g}'):f}".replace(".", decimal)  # beyond 15 digits there is noise alone
        case _:
            return str(cell)


def read(path: Path, con: ibis.BaseBackend) -> tuple[dict[str, ibis.Table], tuple[str, ...]]:
    """The ledger's tables in the workbook, each with `row`, its row in the sheet; and the sheets that are none.

    Raises SourceError where the header of a table has no name, one twice, or no invoices are there.
    """
    there = sheets(path)
    if INVOICES.name not in there:
        found = shown(", ".join(there))
        raise SourceError(
            f"{path} has no sheet {INVOICES.name}; it has {found}. Name its sheets as the tables, or import it."
        )
    tables = {name: _table(path, name, there[name], con) for name in BY_NAME if name in there}
    return tables, tuple(name for name in there if name not in tables)


def _table(path: Path, name: str, cells: Cells, con: ibis.BaseBackend) -> ibis.Table:
    header = _header(path, name, cells)
    filled = {row: line for row, line in enumerate(cells[1:], start=2) if any(cell != "" for cell in line)}
    text = [[written(cell) for cell in line[: len(header)]] for line in filled.values()]
    frame = pd.DataFrame(text, columns=header, dtype="str").replace("", None)
    rows = frame.assign(row=list(filled))
    schema = {**dict.fromkeys(header, "string"), "row": "int64"}
    return con.create_table(gen_name("sheet"), ibis.memtable(rows, schema=schema), temp=True)


def _header(path: Path, name: str, cells: Cells) -> list[str]:
    header = [written(cell).strip() for cell in (cells[0] if cells else [])]
    while header and not header[-1]:
        header.pop()
    if "" in header or not header:
        raise SourceError(f"{path}: sheet {name}: a column of its first row has no name. Name it or remove it.")
    twice = [column for column, times in Counter(map(str.lower, header)).items() if times > 1]
    if twice:
        raise SourceError(f"{path}: sheet {name}: the column {shown(twice[0])} stands there twice. Keep one of them.")
    return header
