"""A cell becomes a value: strict, exact, and null where it is not what its column asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    from arforecast.ledger.tables import Column, Table

# Years before 1000 and after 2999 are slips of the pen.
DATE = r"[12]\d{3}-\d{2}-\d{2}"
LARGEST = 10**12
NUMBER = r"[+-]?\d{1,15}(\.\d+)?"
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


def values(raw: ibis.Table, table: Table, decimals: int) -> dict[str, ibis.Value]:
    """Every contract column of `table` as a value, in the table's order.

    A column that the file lacks is there as null, so nothing behind the door asks what a ledger has. Money comes
    out in minor units (int64): exact on every engine.
    """
    there = set(raw.columns)
    return {
        column.name: value(raw[column.name], column, decimals) if column.name in there else _null(column)
        for column in table.columns
    }


def beside(raw: ibis.Table, table: Table) -> dict[str, ibis.Value]:
    """The columns beside the contract, as text."""
    known = {"row", *(column.name for column in table.columns)}
    return {name: _text(raw[name]) for name in raw.columns if name not in known}


def filled(rows: ibis.Table, table: Table, values: dict[str, ibis.Value]) -> ibis.Table:
    """The values in the table's order of columns, null where there is none."""
    nulls = {column.name: _null(column) for column in table.columns}
    return rows.select(**(nulls | values))


def empty(rows: ibis.Table, table: Table) -> ibis.Table:
    """`table` without a row, on the engine that holds `rows`."""
    none = rows.filter(ibis.literal(False))
    return filled(none, table, {"row": none.row})


def blank(raw: ibis.Column) -> ibis.BooleanValue:
    """Whether the cell holds nothing."""
    return raw.isnull() | ~raw.re_search(r"\S") if raw.type().is_string() else raw.isnull()


def value(raw: ibis.Column, column: Column, decimals: int) -> ibis.Value:
    """The cell as a value of the column's type; null where it is none."""
    if column.type == "money":
        return _money(raw, decimals)
    return {"date": _date, "number": _number, "flag": _flag}.get(column.type, _text)(raw)


_DTYPE = {
    "id": "string",
    "text": "string",
    "date": "date",
    "money": "int64",
    "number": "float64",
    "flag": "boolean",
}


def _null(column: Column) -> ibis.Value:
    return ibis.null(_DTYPE[column.type])


def _text(raw: ibis.Column) -> ibis.Value:
    return _trimmed(raw.cast("string")).nullif("")


def _trimmed(text: ibis.StringValue) -> ibis.StringValue:
    """Without white space at its ends; Ibis' strip on Spark would take the letters v and f for it too."""
    return text.re_replace(r"^\s+|\s+$", "")


def _written(raw: ibis.StringColumn, pattern: str) -> ibis.StringValue:
    """The cell without white space at its ends, null where it is not written as `pattern` asks."""
    return raw.re_extract(rf"^\s*({pattern})\s*$", 1).nullif("")


def _date(raw: ibis.Column) -> ibis.Value:
    if raw.type().is_date() or raw.type().is_timestamp():
        return raw.cast("date")
    if not raw.type().is_string():
        return ibis.null("date")
    return _written(raw, DATE).try_cast("date")


def _number(raw: ibis.Column) -> ibis.Value:
    if not raw.type().is_string():
        return raw.cast("float64")
    return _written(raw, NUMBER).try_cast("float64")


def _money(raw: ibis.Column, decimals: int) -> ibis.Value:
    """Minor units; null for what is no number, has more decimals than the currency, or is beyond a trillion."""
    if raw.type().is_string():
        fraction = rf"(\.\d{{1,{decimals}}}0*)?" if decimals else r"(\.0*)?"
        return _minor(_written(raw, rf"[+-]?\d{{1,12}}{fraction}"), decimals)
    sane = raw.abs() < LARGEST
    if raw.type().is_floating():
        # A float is never exact, so its nearest minor unit is what was meant.
        return sane.ifelse((raw * 10**decimals).round(), None).cast("int64")
    exact = sane.ifelse(raw, None)
    return (exact == exact.cast(_major(decimals))).ifelse(_minor(exact, decimals), None)


def _minor(exact: ibis.Value, decimals: int) -> ibis.Value:
    return (exact.cast(_major(decimals)) * 10**decimals).cast("int64")


def _major(decimals: int) -> str:
    """Money beneath a trillion as a decimal that a processor counts in one step."""
    return f"decimal(18,{decimals})"


def _flag(raw: ibis.Column) -> ibis.Value:
    if raw.type().is_boolean():
        return raw
    text = _trimmed(raw.cast("string")).lower()
    return ibis.cases((text.isin(TRUE), True), (text.isin(FALSE), False))
