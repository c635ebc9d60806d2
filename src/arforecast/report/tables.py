"""Tables: frames as accessible HTML, and the one way a frame is written to CSV.

A column says by its name how it is written (`_on` a date, `_balance` money, `p_` a probability ...), so no table
declares formats. Every cell is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple

import pandas as pd
from markupsafe import escape
from pandas.api.types import is_datetime64_any_dtype, is_integer_dtype, is_numeric_dtype

from arforecast.report import Fragment, templates
from arforecast.report.formats import DIFFERENCES, FORMATS, NULL, count, name

UNITS = (
    (r"^((issue|due)_)?month_on$", "month"),
    (r"^quarter_on$", "quarter"),
    (r"(_on|_on_p\d+|^as_of|^origin|^week_(start|end))$", "date"),
    (r"(_amount|_balance|_ar)$", "money"),
    (r"_share$|^p_|^(to|age):|^recovered_\d+$|^collection_rate", "share"),
    (r"_days|^dso|^days_(beyond|to)", "days"),
    (r"^cei", "percent"),
    (r"^(ratio|low|high|forward_factor|cost_to_collect|collections_roi(_net)?)$", "ratio"),
    (r"^minutes$", "count"),
    (r"^(days_past_due|(from_)?bucket|terms)$", "bucket"),
    (r"^(kpi|part|baseline|method|channel|timing|category|to_state)$", "name"),
)
UNBROKEN = ("date", "month", "quarter", "name")
FORMULA = re.compile(r"[=+\-@\t\r]")  # a spreadsheet would run a cell that starts so instead of showing it


class Heading(NamedTuple):
    """A column's head: what it says, and the style of its cells."""

    label: str
    style: str


def write_csv(frame: pd.DataFrame, target: Path | IO[str]) -> None:
    """Write `frame` as CSV that reads back to the same values: full precision, ISO dates, an empty cell for null.

    Text that a spreadsheet would take for a formula gets a leading apostrophe; line breaks in text become line feeds.
    """
    safe = pd.DataFrame({_defuse(column): _defused(frame[column]) for column in frame}, index=frame.index)
    safe.to_csv(target, index=False, date_format="%Y-%m-%d", lineterminator="\n", encoding="utf-8")


def _defused(column: pd.Series) -> pd.Series:
    if is_numeric_dtype(column) or is_datetime64_any_dtype(column):
        return column
    return column.map(_defuse)


def _defuse(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    unbroken = cell.replace("\r\n", "\n").replace(
        "\r", "\n"
    )  # the csv writer quotes a line feed, not a carriage return
    return f"'{unbroken}" if FORMULA.match(cell) else unbroken


def save(frame: pd.DataFrame, folder: str, called: str) -> str:
    """Write `frame` to `folder`/`called`.csv and return where that is, seen from beside `folder`; "" writes nothing."""
    if not folder:
        return ""
    Path(folder).mkdir(parents=True, exist_ok=True)
    path = Path(folder) / f"{called}.csv"
    write_csv(frame, path)
    return f"{path.parent.name}/{path.name}"


def show(
    frame: pd.DataFrame, caption: str, *, file: str = "", limit: int = 20, totals: Sequence[str] = (), missing: str = ""
) -> Fragment:
    """An HTML table of the first `limit` rows of `frame`.

    `totals` names the columns whose sum over all rows stands at the foot. `file` is the CSV that holds every row.
    `missing` says why a cell may be empty; it is told when one is. A column `unit` is the unit of its row's numbers.
    """
    if frame.empty:
        return Fragment(
            f'<p class="empty">{escape(caption)}: {escape(missing or "there is nothing to show here.")}</p>'
        )
    texts = _texts(frame.head(limit))
    table = templates().get_template("table.html")
    markup = table.render(
        caption=caption,
        headings=[Heading(name(str(column)), _style(frame, column)) for column in frame],
        rows=texts.to_numpy().tolist(),
        totals=_foot(frame, totals),
        null=NULL,
        missing=missing,
        notes=_notes(texts, len(frame), file, missing),
    )
    return Fragment(markup)


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({column: _column(frame, column) for column in frame}, dtype=object)


def _column(frame: pd.DataFrame, column: Hashable) -> list[str]:
    if "unit" in frame and is_numeric_dtype(frame[column]):
        formats = DIFFERENCES if column in ("distance", "trend") else FORMATS
        return [formats[unit](value) for unit, value in zip(frame["unit"], frame[column], strict=True)]
    return [FORMATS[_unit(frame, column)](value) for value in frame[column]]


def _unit(frame: pd.DataFrame, column: Hashable) -> str:
    """The unit a column's name declares, or else the one its type suggests."""
    declared = (unit for pattern, unit in UNITS if re.search(pattern, str(column)))
    by_type = ((is_datetime64_any_dtype, "date"), (is_integer_dtype, "count"), (is_numeric_dtype, "money"))
    suggested = (unit for is_type, unit in by_type if is_type(frame[column]))
    return next(chain(declared, suggested), "text")


def _style(frame: pd.DataFrame, column: Hashable) -> str:
    """Numbers stand on the right; dates, names and identifiers are not broken."""
    if is_numeric_dtype(frame[column]):
        return "number"
    return "whole" if _unit(frame, column) in UNBROKEN or str(column).endswith("_id") else ""


def _foot(frame: pd.DataFrame, totals: Sequence[str]) -> list[str]:
    if not totals:
        return []
    sums = [_sum(frame, column) if column in totals else "" for column in frame]
    return ["Total of all rows", *sums[1:]]


def _sum(frame: pd.DataFrame, column: Hashable) -> str:
    return FORMATS[_unit(frame, column)](frame[column].sum(min_count=1))


def _notes(texts: pd.DataFrame, rows: int, file: str, missing: str) -> list[str]:
    where = f"; all of them are in {file}" if file else ""
    cut = [f"The first {count(len(texts))} of {count(rows)} rows{where}."] if len(texts) < rows else []
    return cut + ([f"{NULL} {missing}"] if missing and (texts == NULL).any(axis=None) else [])
