"""Cells of a workbook that came to nothing: an error, or a formula that no program has worked out.

Who reads the workbook takes them for empty ones; an empty day of payment is an open invoice.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import reduce
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile, is_zipfile

Place = tuple[int, int]
# A sheet without these signs has none of them, and need not be taken apart.
_SIGNS = re.compile(rb"[<:]f[ />]|t=[\"']e[\"']")


def failed(path: Path) -> dict[str, dict[Place, str]]:
    """By sheet of an .xlsx, the row and column from 0 of such cells, and what to show: the error, or the formula."""
    if not is_zipfile(path):
        return {}
    with ZipFile(path) as book:
        there = {name: file for name, file in _sheets(book) if file in book.namelist()}
        return {name: dict(_failed(book.read(file))) for name, file in there.items()}


def _sheets(book: ZipFile) -> Iterator[tuple[str, str]]:
    """The sheets by name, and the file of each; none where it is no .xlsx."""
    if "xl/workbook.xml" not in book.namelist():
        return
    links = _tree(book.read("xl/_rels/workbook.xml.rels")).iterfind("{*}Relationship")
    files = {link.get("Id", ""): posixpath.join("xl", link.get("Target", "")).lstrip("/") for link in links}
    for sheet in _tree(book.read("xl/workbook.xml")).iterfind("{*}sheets/{*}sheet"):
        named = (value for name, value in sheet.items() if name.endswith("}id"))
        yield sheet.get("name", ""), files.get(next(named, ""), "")


def _failed(sheet: bytes) -> Iterator[tuple[Place, str]]:
    if not _SIGNS.search(sheet):
        return
    for nth, row in enumerate(_rows(sheet)):
        for column, cell in enumerate(row.iterfind("{*}c")):
            said = _came_to(cell)
            if said:  # a cell that does not say where it stands is the next one
                place = cell.get("r")
                yield _place(place) if place else (int(row.get("r", nth + 1)) - 1, column), said


def _rows(sheet: bytes) -> Iterator[ElementTree.Element]:
    """Its rows, each forgotten when the next one is asked for: a sheet can have a million."""
    for _event, element in ElementTree.iterparse(BytesIO(sheet)):  # noqa: S314 - as below
        if element.tag.rpartition("}")[2] == "row":
            yield element
            element.clear()


def _came_to(cell: ElementTree.Element) -> str:
    """The error or the formula of a cell that came to nothing."""
    value, formula = cell.findtext("{*}v"), cell.find("{*}f")
    if cell.get("t") == "e":
        return value or "#N/A"
    empty_text = cell.get("t") == "str"  # to which a formula may well come
    return f"={formula.text or ''}" if formula is not None and not value and not empty_text else ""


def _tree(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314 - expat bounds what its entities grow to


def _place(name: str) -> Place:
    """Row and column of a cell like AB12."""
    letters, digits = name.rstrip("0123456789"), name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    column = reduce(lambda before, letter: before * 26 + ord(letter) - ord("A") + 1, letters, 0)
    return int(digits) - 1, column - 1
