"""Tables: frames as accessible HTML, and the one way a frame is written to CSV.

Exhibits declare the `units` of their columns. A frame of one's own says by the names of its columns how they are
written (`_on` a date, `_balance` money, `p_` a probability ...) as long as their types bear it out. Every cell is
escaped.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup, escape
from pandas.api.types import (
    is_datetime64_any_dtype,
    is_integer_dtype,
    is_numeric_dtype,
    is_object_dtype,
    is_string_dtype,
)

from arforecast.errors import UsageError
from arforecast.report import Fragment, templates
from arforecast.report.formats import FORMATS, NULL, OF_ITS_CURRENCY, OF_THE_ROW, count, exact, in_currency, name

UNITS = (
    (r"^((issue|due)_)?month_on$", "month"),
    (r"^quarter_on$", "quarter"),
    (r"(_on|_on_p\d+|^as_of|^origin|^week_(start|end))$", "date"),
    (r"(_amount|_balance|_ar)$", "money"),
    (r"_share$|^p_", "share"),
    (r"^days_beyond_terms$", "lateness"),
    (r"_factor$", "ratio"),
    (r"^minutes$", "count"),
    (r"_days", "days"),
    (r"^(days_past_due|(from_)?bucket|terms)$", "bucket"),
    (r"^(kpi|part|method|channel|timing|category|to_state)$", "name"),
)
TEXTS, DAYS = ("text", "said", "bucket", "name"), ("date", "month", "quarter")
UNBROKEN = ("date", "month", "quarter", "name")
# Characters that stand side by side on a phone, where what a row begins with may take up to so many of them.
PHONE, BEGINNING = 48, 14
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")  # a spreadsheet would run a cell that starts so instead of showing it


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
    if is_string_dtype(column):  # many rows, few words
        return column.map({cell: _defuse(cell) for cell in column.unique()})
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


def show(  # noqa: PLR0913 - what a table says beside its rows
    frame: pd.DataFrame,
    caption: str,
    *,
    file: str = "",
    limit: int = 20,
    totals: Sequence[str] = (),
    missing: str = "",
    units: Mapping[str, str] | None = None,
    columns: Sequence[str] = (),
    links: Mapping[str, str] | None = None,
    act: bool = False,
    currency: str = "",
) -> Fragment:
    """An HTML table of the first `limit` rows of `frame`.

    `totals` names the columns whose sum over all rows stands at the foot. `file` is the CSV that holds every row.
    `missing` says why a cell may be empty; it is told when one is. `units` says how columns are written whose name does
    not: money, share, percent, days, count, ratio, date, month, quarter, text, name, bucket; `unit`, or `change` for a
    difference, is the one that the row's column `unit` names, as of all numbers where there is such a column. Money has
    the decimals of `currency`, two unless named, and `own money` those of the one that the row names. `columns`
    are those shown, all unless named. `links` says where the cells of a column lead: a pattern of the row's columns,
    "accounts.html#account-{customer_id}". `act` marks a list that somebody works through: on a phone its rows are
    cards. Raises UsageError for a unit that is none, and for one of a column that is not there.

    >>> import pandas as pd
    >>> from arforecast.report import tables
    >>> rows = pd.DataFrame({"customer": ["anna", "bert"], "open_balance": [1234.5, None], "score": [0.25, 0.5]})
    >>> shown = tables.show(rows, "Who owes", totals=["open_balance"], units={"score": "share"})
    >>> "1,234.50" in shown, "25\N{NO-BREAK SPACE}%" in shown
    (True, True)
    """
    if frame.empty:
        return Fragment(
            f'<p class="empty">{escape(caption)}: {escape(missing or "there is nothing to show here.")}</p>'
        )
    unit = _units(frame, units or {})
    rows = frame.head(limit)
    shown = rows[list(columns)] if columns else rows
    texts = _texts(rows, unit, currency)[list(shown)]
    markup = (
        templates()
        .get_template("table.html")
        .render(
            caption=caption,
            headings=[Heading(name(str(column)), _style(frame[column], unit[column])) for column in shown],
            rows=_linked(texts, rows, links or {}).to_numpy().tolist(),
            totals=_foot(frame[list(shown)], totals, unit, currency),
            null=NULL,
            missing=missing,
            notes=_notes(texts, len(frame), missing),
            file=file,
            layout="act" if act else "broad" if _breadth(texts) > PHONE else "",
        )
    )
    return Fragment(markup)


def _breadth(texts: pd.DataFrame) -> int:
    """The characters of the longest text of each column; what a row begins with can be broken."""
    first, *others = (max(map(len, texts[column])) for column in texts)
    return min(first, BEGINNING) + sum(others)


def texts(
    frame: pd.DataFrame, units: Mapping[str, str], options: Mapping[str, Any], currency: str = ""
) -> dict[str, Any]:
    """What `show` shows of a frame, as plain texts: columns, rows."""
    rows = frame.head(options.get("limit", 20))
    shown = _texts(rows, _units(frame, units), currency)[list(options.get("columns") or frame)]
    return {"columns": [name(str(column)) for column in shown], "rows": shown.to_numpy().tolist()}


def _texts(frame: pd.DataFrame, units: Mapping[Hashable, str], currency: str) -> pd.DataFrame:
    return pd.DataFrame({column: _column(frame, column, units[column], currency) for column in frame}, dtype=object)


def _column(frame: pd.DataFrame, column: Hashable, unit: str, currency: str) -> list[str]:
    if unit == OF_ITS_CURRENCY:
        return [exact(value, code) for code, value in zip(frame["currency"], frame[column], strict=True)]
    if unit in OF_THE_ROW:
        told = zip(frame["unit"], frame[column], strict=True)
        return [in_currency(OF_THE_ROW[unit][of], currency)(value) for of, value in told]
    how = in_currency(FORMATS[unit], currency)
    return [how(value) for value in frame[column]]


def _linked(texts: pd.DataFrame, rows: pd.DataFrame, links: Mapping[str, str]) -> pd.DataFrame:
    """The texts, those of the columns of `links` as links to where the pattern leads."""
    told = [
        {str(column): quote(str(value), safe="") for column, value in row.items()} for row in rows.to_dict("records")
    ]
    linked = {
        column: pd.Series(
            [
                Markup('<a class="row" href="{}">{}</a>').format(pattern.format_map(row), text)
                for row, text in zip(told, texts[column], strict=True)
            ],
            texts.index,
            dtype=object,  # text of pandas would forget that it is markup
        )
        for column, pattern in links.items()
    }
    return texts.assign(**linked)


def _units(frame: pd.DataFrame, declared: Mapping[str, str]) -> dict[Hashable, str]:
    """The unit of each column: the declared one, or else what its name and its type suggest."""
    there = {*FORMATS, *(OF_THE_ROW if "unit" in frame else ()), *([OF_ITS_CURRENCY] if "currency" in frame else ())}
    unknown = [f"{column}: {unit}" for column, unit in declared.items() if unit not in there or column not in frame]
    if unknown:
        raise UsageError(f"units has {', '.join(unknown)}. Name columns of the table, and one of {', '.join(FORMATS)}.")
    of_row = {column: "unit" for column in frame if "unit" in frame and is_numeric_dtype(frame[column])}
    return {
        column: declared.get(str(column)) or of_row.get(column) or _suggested(frame[column], str(column))
        for column in frame
    }


def _suggested(values: pd.Series, name: str) -> str:
    """The unit that the name of a column says and its type bears out, or else the one that its type suggests."""
    said = (unit for pattern, unit in UNITS if re.search(pattern, name))
    kinds = ((is_datetime64_any_dtype, "date"), (is_integer_dtype, "count"), (is_numeric_dtype, "money"))
    by_type = next((unit for is_type, unit in kinds if is_type(values)), "text")
    return next((unit for unit in said if is_object_dtype(values) or _kind(unit) == _kind(by_type)), by_type)


def _kind(unit: str) -> str:
    """What a unit is written of: text, days or numbers."""
    return "text" if unit in TEXTS else "days" if unit in DAYS else "numbers"


def _style(values: pd.Series, unit: str) -> str:
    """Numbers stand on the right; dates, names and identifiers are not broken."""
    if is_numeric_dtype(values):
        return "number"
    return "whole" if unit in UNBROKEN or str(values.name).endswith("_id") else ""


def _foot(frame: pd.DataFrame, totals: Sequence[str], units: Mapping[Hashable, str], currency: str) -> list[str]:
    if not totals:
        return []
    how = {each: in_currency(FORMATS[units[each]], currency) for each in frame if each in totals}
    sums = [how[each](frame[each].sum(min_count=1)) if each in how else "" for each in frame]
    return ["Total of all rows", *sums[1:]]


def _notes(texts: pd.DataFrame, rows: int, missing: str) -> list[str]:
    cut = [f"The first {count(len(texts))} of {count(rows)} rows."] if len(texts) < rows else []
    return cut + ([f"{NULL} {missing.rstrip('.')}."] if missing and (texts == NULL).any(axis=None) else [])
