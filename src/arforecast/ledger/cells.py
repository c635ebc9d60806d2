"""A cell becomes a value: strict, exact, and null where it is not what its column asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    from arforecast.ledger.tables import Column, Table

# Years before 1000 and after 2999 are slips of the pen.
DATE = r"^[12]\d{3}-\d{2}-\d{2}$"
LARGEST = 10**12
NUMBER = r"^[+-]?\d{1,15}(\.\d+)?$"
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


def typed(raw: ibis.Table, table: Table, decimals: int) -> ibis.Table:
    """`raw` with every contract column of `table` as a value; columns beside the contract stay text.

    A column that the file lacks is there as null, so nothing behind the door asks what a ledger has. Money comes
    out in minor units (int64): exact on every engine.
    """
    known = [column for column in table.columns if column.name in raw.columns]
    values = {column.name: value(raw[column.name], column, decimals) for column in known}
    extra = {name: _text(raw[name]) for name in raw.columns if name not in values and name != "row"}
    return filled(raw, table, {"row": raw.row} | values | extra)


def filled(rows: ibis.Table, table: Table, values: dict[str, ibis.Value]) -> ibis.Table:
    """The values in the table's order of columns, null where there is none."""
    nulls = {column.name: ibis.null(_DTYPE[column.type]) for column in table.columns}
    return rows.select(**(nulls | values))


def empty(rows: ibis.Table, table: Table) -> ibis.Table:
    """`table` without a row, on the engine that holds `rows`."""
    none = rows.filter(ibis.literal(False))
    return filled(none, table, {"row": none.row})


def blank(raw: ibis.Column) -> ibis.BooleanValue:
    """Whether the cell holds nothing."""
    return _text(raw).isnull()


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


def _text(raw: ibis.Column) -> ibis.Value:
    return _trimmed(raw.cast("string")).nullif("")


def _trimmed(text: ibis.StringValue) -> ibis.StringValue:
    """Without white space at its ends; Ibis' strip on Spark would take the letters v and f for it too."""
    return text.re_replace(r"^\s+|\s+$", "")


def _date(raw: ibis.Column) -> ibis.Value:
    if raw.type().is_date() or raw.type().is_timestamp():
        return raw.cast("date")
    if not raw.type().is_string():
        return ibis.null("date")
    text = _trimmed(raw)
    return text.re_search(DATE).ifelse(text, None).try_cast("date")


def _number(raw: ibis.Column) -> ibis.Value:
    if not raw.type().is_string():
        return raw.cast("float64")
    text = _trimmed(raw)
    return text.re_search(NUMBER).ifelse(text, None).try_cast("float64")


def _money(raw: ibis.Column, decimals: int) -> ibis.Value:
    """Minor units; null for what is no number, has more decimals than the currency, or is beyond a trillion."""
    if raw.type().is_string():
        fraction = rf"(\.\d{{1,{decimals}}}0*)?" if decimals else r"(\.0*)?"
        text = _trimmed(raw)
        exact = text.re_search(rf"^[+-]?\d{{1,12}}{fraction}$").ifelse(text, None)
        return (exact.cast(f"decimal(18,{decimals})") * 10**decimals).cast("int64")
    sane = raw.abs() < LARGEST
    if raw.type().is_floating():
        # A float is never exact, so its nearest minor unit is what was meant.
        return sane.ifelse((raw * 10**decimals).round(), None).cast("int64")
    exact = sane.ifelse(raw, None)
    whole = (exact.cast("decimal(38,12)") * 10**decimals).cast("int64")
    return (exact == whole.cast("decimal(38,12)") / 10**decimals).ifelse(whole, None)


def _flag(raw: ibis.Column) -> ibis.Value:
    text = _trimmed(raw.cast("string")).lower()
    return ibis.cases((text.isin(TRUE), True), (text.isin(FALSE), False))
