"""An export as text: where its header stands, what the lines above, between and below its rows are."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from arforecast.errors import SourceError
from arforecast.ledger import workbook
from arforecast.ledger.imports.mapping import Format, Mapping
from arforecast.ledger.imports.origins import Words
from arforecast.ledger.imports.values import in_english

if TYPE_CHECKING:
    from _csv import Reader

# Files that begin with one of these say themselves how they are encoded.
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Without a mark two bytes a letter are told by the one of the first letter that is empty.
PAIRS = {0: "utf-16-be", 1: "utf-16-le"}
# What many systems save as .xls: a table as browsers, or spreadsheets of long ago, show it.
PAGE = re.compile(rb"(?i)\s*<(?:\?xml|!doctype|html|head|body|meta|style|table)\b")
Records = dict[int, list[str]]
# No report has more lines above its header: what has none among these is refused before the rest is read.
TOP_ROWS = 100
# What nobody writes to mean another day.
ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True)
class Export:
    """The export as text: its header, and the cells of every row under it that is not blank, by row number.

    titles: the lines above the header. again: the lines under it that repeat it, as each page or each of several files
    behind one another does. words: the rows that hold words in a single cell and nothing else, such as who printed it,
    or a line of dashes. headings: by row number the heading it stands under, where there are any. separator: what
    stands between its cells.
    """

    file: Path
    header: list[str]
    titles: Records
    again: Records
    records: Records
    headings: dict[int, str]
    words: frozenset[int]
    separator: str

    @property
    def read(self) -> int:
        """The lines read, those above the header, the repeated ones and the headings among them."""
        return sum(map(len, (self.titles, self.again, self.records, self.heading_rows)))

    @property
    def heading_rows(self) -> list[int]:
        return [row for row in self.headings if row not in self.records]


def read(source: Path, mapping: Mapping) -> Export:
    """Raises SourceError for an export that cannot be read at all: no file, another encoding, no sheet of that name,
    a missing column, a quote that does not end."""
    form = _way(source, mapping)
    rows = _cells(source, form)
    first = dict(islice(rows, TOP_ROWS))
    if not first:
        raise SourceError(f"{source} is empty: not even a header stands there.")
    top, header = find_header(first, mapping)
    last = top + form.header_rows - 1
    _refuse_missing(source, header, mapping)
    records = first | dict(rows)
    titles = {row: cells for row, cells in records.items() if row < top}
    names = [cells for row, cells in records.items() if top <= row <= last]
    again = {row: cells for row, cells in records.items() if row > last and cells in names}
    below = {row: _fitted(cells, len(header)) for row, cells in records.items() if row > last and row not in again}
    separator = str(form.separator)
    if not form.headings:
        words = frozenset(row for row, cells in below.items() if _is_words(cells))
        return Export(source, header, titles, again, below, {}, words, separator)
    headings = _headings(below, form.closings)
    filled = {row: [*cells, headings[row]] for row, cells in below.items() if not _is_heading(cells)}
    return Export(source, [*header, form.headings], titles, again, filled, headings, frozenset(), separator)


def _way(source: Path, mapping: Mapping) -> Format:
    """How it is written: the sheet that has the columns that are needed, or the first of the declared separators with
    which it has them."""
    if workbook.is_workbook(source):
        return _sheet(source, mapping)
    first, *others = mapping.format.ways
    for form in (first, *others) if others else ():
        with suppress(SourceError):
            if _has_columns(source, form, mapping):
                return form
    return first


def _sheet(source: Path, mapping: Mapping) -> Format:
    """Raises SourceError where no sheet is declared and several have the columns: what the others say would be lost."""
    form, names = mapping.format, [] if mapping.format.sheet else workbook.names(source)
    ways = [form.model_copy(update={"sheet": name}) for name in names] if len(names) > 1 else []
    fits = [way for way in ways if _has_columns(source, way, mapping)]
    if len(fits) > 1:
        there = ", ".join(way.sheet for way in fits)
        raise SourceError(
            f"{source} has these columns in several sheets: {there}. Say which one is meant: sheet under [format]."
        )
    return fits[0] if fits else form


def _has_columns(source: Path, form: Format, mapping: Mapping) -> bool:
    return mapping.needed_columns.issubset(find_header(head(source, form) or {1: []}, mapping)[1])


def head(source: Path, form: Format) -> Records:
    """The rows among which a header stands."""
    return dict(islice(_cells(source, form), TOP_ROWS))


def _cells(source: Path, form: Format) -> Iterator[tuple[int, list[str]]]:
    """Row number as a spreadsheet shows it, and cells; a row without a filled cell is blank and left out."""
    rows = _of_workbook(source, form) if workbook.is_workbook(source) else _of_text(source, form)
    return ((row, cells) for row, cells in enumerate(rows, start=1) if any(map(str.strip, cells)))


def _of_text(source: Path, form: Format) -> Iterator[list[str]]:
    content, _ = decoded(source, form)
    # Strict: otherwise a quote that does not end swallows the rows behind it without a word.
    return _all(csv.reader(io.StringIO(content, newline=""), delimiter=str(form.separator), strict=True), source)


def decoded(source: Path, form: Format) -> tuple[str, str]:
    """The text, and the encoding that it is in: of whose mark it begins with, else the first of the declared ones."""
    content = source.read_bytes()
    if PAGE.match(content.removeprefix(codecs.BOM_UTF8)):
        raise SourceError(f"{source} is a web page, whatever it is called. Open it in a spreadsheet, save it as .xlsx.")
    marked = [name for mark, name in MARKS.items() if content.startswith(mark)]
    paired = [name for place, name in PAIRS.items() if content[place : place + 1] == b"\0"]
    *others, last = marked or paired or form.encodings
    for name in others:
        with suppress(UnicodeError):
            return content.decode(name), name
    try:
        return content.decode(last), last
    except UnicodeError as fault:
        raise SourceError(f"{source} is not {last}: {fault}. Declare its encoding in a mapping.") from fault


def _all(reader: Reader, source: Path) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as fault:
        raise SourceError(f"{source} line {reader.line_num}: {fault}. Correct the quotes there.") from fault


def _of_workbook(source: Path, form: Format) -> list[list[str]]:
    """The cells of a sheet, written as the mapping declares a text to be."""
    there = workbook.sheets(source)
    name = form.sheet or next(iter(there))
    if name not in there:
        raise SourceError(f"{source} has no sheet {name}; it has {', '.join(there)}.")
    days = "%Y-%m-%d %H:%M:%S" if form.times_in else "%Y-%m-%d"
    return [[workbook.written(cell, days, form.decimal) for cell in row] for row in there[name]]


def find_header(records: Records, mapping: Mapping) -> tuple[int, list[str]]:
    """The first row with every column that the mapping needs, whatever its capitals, else the first one: that is told
    what it lacks."""
    needed, ours = mapping.needed_columns, mapping.foreign_columns
    for row in records:
        header = _spelt(_names(records, row, mapping.format.header_rows), ours, mapping.called)
        if needed.issubset(header):
            return row, header
    return min(records), [name.strip() for name in records[min(records)]]


def _names(records: Records, row: int, rows: int) -> list[str]:
    """The names of the columns in these lines, each on one."""
    lines = [records[each] for each in range(row, row + rows) if each in records]
    return [" ".join(" ".join(cells).split()) for cells in zip_longest(*lines, fillvalue="")]


def _spelt(names: list[str], ours: set[str], called: dict[str, Words]) -> list[str]:
    """The names of a header as the mapping spells them; another name counts where its own is not there."""
    known = {name.casefold(): name for name in ours}
    spelt = [name if name in ours else known.get(name.casefold(), name) for name in names]
    others = {other.casefold(): name for name, told in called.items() if name not in spelt for other in told}
    return [name if name in ours else others.get(name.casefold(), name) for name in spelt]


def _refuse_missing(source: Path, header: list[str], mapping: Mapping) -> None:
    missing = ", ".join(sorted(mapping.needed_columns.difference(header)))
    if missing:
        raise SourceError(
            f"{source} has no column {missing}; it has {', '.join(header)}. Correct the export or the mapping, or see "
            "what import --guess says of it."
        )
    spoken = {*mapping.foreign_columns, mapping.format.headings} - {""}
    names = [*header, *([mapping.format.headings] if mapping.format.headings else [])]
    twice = ", ".join(sorted(name for name in spoken if names.count(name) > 1))
    if twice:
        raise SourceError(f"{source}: the column {twice} stands there twice. Keep one of them.")


def _fitted(cells: list[str], width: int) -> list[str]:
    """A row that is longer than the header by empty cells alone is as long as it, and so is one of words alone."""
    if any(map(str.strip, cells[width:])):
        return cells
    return [*cells, *[""] * width][:width] if _is_words(cells) else cells[:width]


def _is_heading(cells: list[str]) -> bool:
    return sum(bool(cell.strip()) for cell in cells) == 1


def _is_words(cells: list[str]) -> bool:
    """Whether a single cell is filled, with no amount and no day, but words or a line drawn with dashes."""
    words = "".join(cells)
    return _is_heading(cells) and (not re.search("[0-9]", words) or bool(re.search(r"[^\W\d_]{4}", words)))


def _headings(records: Records, closings: tuple[str, ...]) -> dict[int, str]:
    """What each row stands under: the last heading that no line such as `Total for` it has closed yet; empty where none
    is."""
    open_: list[str] = []
    under = {}
    for row, cells in records.items():
        words = next(cell.strip() for cell in cells if cell.strip())
        if _is_heading(cells):
            open_.append(words)
        under[row] = open_[-1] if open_ else ""
        closed = [words.removeprefix(closing) for closing in closings if words.startswith(closing)]
        if closed and closed[0] in open_:
            del open_[open_.index(closed[0]) :]
    return under


def table(export: Export, form: Format) -> pd.DataFrame:
    """The rows that are as long as the header, by row number; cells trimmed, declared blanks empty."""
    even = {row: cells for row, cells in export.records.items() if len(cells) == len(export.header)}
    index = pd.Index(list(even), dtype="int64")
    frame = pd.DataFrame(list(even.values()), index=index, columns=export.header, dtype="str")
    trimmed: pd.DataFrame = frame.apply(lambda cells: cells.str.strip())
    return trimmed.replace(list(form.blanks), "")


def days(export: Export, form: Format) -> tuple[str, ...]:
    """How days are written beside the declared form: year, month and day with dashes are one in any export, and in a
    workbook so is its number. Where times have a zone, nobody knows that of another form."""
    if workbook.is_workbook(export.file):
        return workbook.DAYS
    return () if form.times_in else ISO


def named_day(export: Export, forms: Words, months_in: str) -> date | None:
    """The day that a line above the header names in one of these forms, its month in this language; None where none
    does."""
    titles = pd.Series([cell for cells in export.titles.values() for cell in cells], dtype="str")
    days = (_day(cell, form) for form in forms if form for cell in in_english(titles, form, months_in))
    return next((day for day in days if day), None)


def _day(cell: str, form: str) -> date | None:
    try:
        return datetime.strptime(cell.strip(), form).date()  # noqa: DTZ007 - a day, whatever the zone
    except ValueError:
        return None


def line(cells: Iterable[str], separator: str) -> str:
    """A row as the export has it."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="").writerow(cells)
    return text.getvalue()
