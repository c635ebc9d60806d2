"""An export that no preset knows, as it lies there: its text, sheet, separator and header."""

from __future__ import annotations

import csv
import io
import re
from contextlib import suppress
from pathlib import Path

import pandas as pd

from arforecast.errors import SourceError
from arforecast.ledger import workbook
from arforecast.ledger.imports import export, sieve
from arforecast.ledger.imports.evidence import Line
from arforecast.ledger.imports.mapping import Format
from arforecast.ledger.imports.sieve import Seen
from arforecast.ledger.imports.vocabulary import SPOKEN, WORDS, plain

SEPARATORS = (",", ";", "\t", "|")
# What is no UTF-8 comes from Windows, of the West or of the middle of Europe, or from DOS. Read by the wrong one of
# them, words have signs within them that no word has.
PAGES = ("cp1252", "cp1250", "cp850")
WITHIN = r"(?<=[^\W\d_])(?:[¹²³ªº]|[^\w\s\x00-\x7f’‘´‐–·])(?=[^\W\d_])"
MOST_ROWS, ENOUGH = 5000, 100_000  # rows; letters that tell how a file is written


def read(source: Path) -> tuple[Seen, list[Line]]:
    """The rows by what they are, and what the file is read with."""
    if workbook.is_workbook(source):
        return _of_sheets(source)
    content, encoding = _text(source)
    separator = _separator(content)
    foreign = re.search(r"\w*[^\W\d_a-zA-Z]\w*", content)
    lines = []
    if encoding in PAGES:
        lines += [Line("format", "encoding", encoding, True, f"words such as {foreign[0] if foreign else encoding}")]
    if separator != SEPARATORS[0]:
        lines += [Line("format", "separator", separator, True, "what it is read with")]
    return _under_header(_lines(content, separator), source), lines


def _text(source: Path) -> tuple[str, str]:
    """The text and its encoding: what says so itself or is UTF-8, else the page with which most columns have a name
    that is known and the fewest signs stand within words."""
    content, encoding = export.decoded(source, Format(encoding=("utf-8", *PAGES)))
    if encoding not in PAGES:
        return content, encoding
    read = {}
    for page in PAGES:
        with suppress(SourceError):
            read[page], _ = export.decoded(source, Format(encoding=page))
    encoding = max(read, key=lambda page: _sense(read[page]))
    return read[encoding], encoding


def _sense(content: str) -> tuple[int, int]:
    begin = content[:ENOUGH]
    return max(_hits(_lines(begin, _separator(begin))), default=0), -len(re.findall(WITHIN, begin))


def _separator(content: str) -> str:
    return max(SEPARATORS, key=lambda sign: _evenness(content, sign))


def _of_sheets(source: Path) -> tuple[Seen, list[Line]]:
    """The rows of the sheet that names the most columns, and which it is where there are several."""
    cells = workbook.sheets(source)
    there = {name: [[workbook.written(cell) for cell in row] for row in rows] for name, rows in cells.items()}
    hits = {name: max(_hits(rows), default=0) for name, rows in there.items()}
    name = max(hits, key=lambda each: hits[each])
    rivals = ", ".join(other for other in hits if other != name and hits[other] >= sieve.FEWEST)
    why = f"{rivals} may be it as well: what is there is not read" if rivals else "the sheet that names the columns"
    line = Line("format", "sheet", name, not rivals, why)
    return _under_header(there[name], source), [line] if len(there) > 1 else []


def _lines(content: str, separator: str) -> list[list[str]]:
    """The cells of each line, however it ends."""
    return list(csv.reader(io.StringIO(content, newline=""), delimiter=separator))


def _evenness(content: str, separator: str) -> int:
    """How many lines have as many cells as most have, and how many that is."""
    widths = pd.Series([len(row) for row in _lines(content[:ENOUGH], separator)])
    common = widths[widths >= sieve.FEWEST].mode()
    return int((widths == common.iloc[0]).sum() * common.iloc[0]) if len(common) else 0


def _hits(rows: list[list[str]]) -> list[int]:
    """How many columns of a ledger each of the first lines names."""
    known = {words for role in WORDS.values() for words in role}
    return [sum(plain(cell) in known for cell in row) for row in rows[:50]]


def _under_header(rows: list[list[str]], source: Path) -> Seen:
    """The header is the row that names the most columns of a ledger."""
    hits = _hits(rows)
    if max(hits, default=0) < 2:
        *languages, last = (language.name for language in SPOKEN.values())
        raise SourceError(
            f"{source}: no line names columns of invoices in {', '.join(languages)} or {last}. Export a list with a "
            "row an invoice, or write a mapping: import --show flat prints one to begin with."
        )
    top = hits.index(max(hits))
    header = [cell.strip() for cell in rows[top]]
    under = [[cell.strip() for cell in row] for row in rows[top + 1 : top + MOST_ROWS]]
    titles = [" ".join(filter(None, row)) for row in rows[:top]]
    return sieve.sorted_out([row for row in under if len(row) == len(header) and row != header], header, titles)
