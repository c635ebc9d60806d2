"""A cell becomes a value: strict, exact, and null where it is not what its column asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import ibis

from arforecast import currencies
from arforecast.errors import SourceError

if TYPE_CHECKING:
    from arforecast.ledger.tables import Column, Table

# Years before 1000 and after 2999 are slips of the pen; a typed date can be endless.
DATE = r"[12]\d{3}-\d{2}-\d{2}"
FIRST, LAST = date(1000, 1, 1), date(2999, 12, 31)
# As many digits of minor units as an amount may have and still be multiplied by a rate: then it is exact.
DIGITS = 17
# Up to how many minor units a double tells one from the next: it has 52 bits for them.
UNITS_OF_A_FLOAT = 2**52
DOUBLE_BYTES = 8
# A column that no export has: the currency of the invoice that a row is about, where it has other decimals.
BILLED_IN = "the currency of its invoice"
WHOLE = 15
NUMBER = rf"[+-]?\d{{1,{WHOLE}}}(\.\d+)?"
# Digits in one run, whatever signs part or surround them.
SOME_AMOUNT = r"^[^0-9]*\d[\d.,'\s]*[^0-9]*$"
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


def values(raw: ibis.Table, table: Table, reporting: str) -> dict[str, ibis.Value]:
    """Every contract column of `table` as a value, in the table's order.

    A column that the file lacks is there as null, so nothing behind the door asks what a ledger has. Money comes
    out in minor units (int64) of its currency, the `reporting` one where the row names none: exact on every engine.
    """
    there = set(raw.columns)
    return {
        column.name: _worth(raw, table, column, reporting) if column.name in there else _null(column)
        for column in table.columns
    }


def _worth(raw: ibis.Table, table: Table, column: Column, reporting: str) -> ibis.Value:
    if column.type != "money":
        return value(raw[column.name], column, currencies.USUAL)
    return by_currency(currency(raw, table), reporting, partial(_money, raw[column.name]))


def by_currency(code: ibis.Value | None, reporting: str, of: Callable[[int], ibis.Value]) -> ibis.Value:
    """What `of` makes of the decimals of the currency of each row, the `reporting` one where it names none."""
    if code is None:
        return of(currencies.decimals(reporting))
    own = code.fill_null(reporting)
    unusual = ((own.isin(codes), of(decimals)) for decimals, codes in currencies.UNUSUAL.items())
    return ibis.cases(*unusual, else_=of(currencies.USUAL))


def currency(raw: ibis.Table, table: Table) -> ibis.Value | None:
    """The currency that each row names, if any does."""
    named = "currency" if table.column("currency") else BILLED_IN
    return text(raw[named]) if named in raw.columns else None


def refuse_zones(raw: ibis.Table, table: Table) -> None:
    """Raises SourceError for a date with a time zone: which day it is depends on where one asks."""
    there = raw.schema()
    for column in table.columns:
        given = there.get(column.name)
        if column.type == "date" and given is not None and given.is_timestamp() and given.timezone:
            raise SourceError(
                f"{table.name}: {column.name} holds time stamps with a time zone, so its day depends on the place. "
                "Write dates without a time."
            )


def refuse_narrow(raw: ibis.Table, table: Table) -> None:
    """Raises SourceError for money, or its rate, in floats of less than double precision: they round its cents away."""
    there = raw.schema()
    for column in table.columns:
        given = there.get(column.name)
        exact = column.type == "money" or column.name == "rate"
        if exact and given is not None and given.is_floating() and given.nbytes < DOUBLE_BYTES:
            raise SourceError(
                f"{table.name}: {column.name} holds floats of less than 64 bits, which do not tell one cent from the "
                "next. Write decimals, or floats of 64 bits."
            )


def beside(raw: ibis.Table, table: Table) -> dict[str, ibis.Value]:
    """The columns beside the contract, as text."""
    known = {"row", BILLED_IN, *(column.name for column in table.columns)}
    return {name: text(raw[name]) for name in raw.columns if name not in known}


def filled(rows: ibis.Table, table: Table, values: dict[str, ibis.Value]) -> ibis.Table:
    """The values in the table's order of columns, null where there is none."""
    nulls = {column.name: _null(column) for column in table.columns}
    return rows.select(**(nulls | values))


def types(table: Table) -> dict[str, str]:
    """The columns that are made of a table, each with the type of its values."""
    entered = {"entered_on": "date"} if table.dated_by and table.column("known_on") else {}
    return {column.name: _DTYPE[column.type] for column in table.columns} | {"row": "int64"} | entered


def blank(raw: ibis.Column) -> ibis.BooleanValue:
    """Whether the cell holds nothing."""
    return raw.isnull() | ~raw.re_search(r"\S") if raw.type().is_string() else raw.isnull()


def value(raw: ibis.Column, column: Column, decimals: int) -> ibis.Value:
    """The cell as a value of the column's type; null where it is none."""
    if column.type == "money":
        return _money(raw, decimals)
    return {"date": _date, "number": _number, "flag": _flag}.get(column.type, text)(raw)


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


def text(raw: ibis.Column) -> ibis.Value:
    """The cell as text; a whole number without a fraction, whatever its type: an identifier beside empty cells is often
    kept as 71.0."""
    written = raw.cast("string")
    fraction = raw.type().is_floating() or raw.type().is_decimal()
    return _trimmed(written.re_replace(r"\.0+$", "") if fraction else written).nullif("")


def _trimmed(text: ibis.StringValue) -> ibis.StringValue:
    """Without white space at its ends; Ibis' strip on Spark would take the letters v and f for it too."""
    return text.re_replace(r"^\s+|\s+$", "")


def _written(raw: ibis.StringColumn, pattern: str) -> ibis.StringValue:
    """The cell without white space at its ends, null where it is not written as `pattern` asks."""
    return raw.re_extract(rf"^\s*({pattern})\s*$", 1).nullif("")


def _date(raw: ibis.Column) -> ibis.Value:
    """The day; null for a time stamp that is of another time of day than midnight."""
    if raw.type().is_date():
        return ((raw >= ibis.literal(FIRST)) & (raw <= ibis.literal(LAST))).ifelse(raw, None)
    if raw.type().is_timestamp():
        return _date((raw == raw.truncate("D")).ifelse(raw.cast("date"), None))
    if not raw.type().is_string():
        return ibis.null("date")
    return _written(raw, DATE).try_cast("date")


def _number(raw: ibis.Column) -> ibis.Value:
    if raw.type().is_numeric():
        number = raw.cast("float64")
        return (number.abs() < 10**WHOLE).ifelse(number, None)
    return _written(raw, NUMBER).try_cast("float64") if raw.type().is_string() else ibis.null("float64")


def _money(raw: ibis.Column, decimals: int) -> ibis.Value:
    """Minor units; null for what is no number, has more decimals than the currency, or cannot be held.

    Nearly all amounts lie beneath a trillion, and a processor counts those in one step.
    """
    if raw.type().is_floating():
        # A float is never exact, so its nearest minor unit is what was meant.
        sane = raw.abs() * 10**decimals < UNITS_OF_A_FLOAT
        return sane.ifelse((raw * 10**decimals).round(), None).cast("int64")
    if not raw.type().is_string() and not raw.type().is_numeric():
        return ibis.literal(0, "int64").nullif(0)
    return _exact(raw, 12, decimals, width=18).coalesce(_exact(raw, DIGITS - decimals, decimals, width=38))


def _exact(raw: ibis.Column, digits: int, decimals: int, *, width: int) -> ibis.Value:
    """Minor units of what has no more than `digits` before the point, counted in decimals of `width`."""
    major = f"decimal({width},{decimals})"
    if raw.type().is_string():
        fraction = rf"(\.\d{{1,{decimals}}}0*)?" if decimals else r"(\.0*)?"
        return _minor(_written(raw, rf"[+-]?\d{{1,{digits}}}{fraction}"), major, decimals)
    sane = _within(raw, digits).ifelse(raw, None)
    return (sane == sane.cast(major).cast(raw.type())).ifelse(_minor(sane, major, decimals), None)


def _within(raw: ibis.Column, digits: int) -> ibis.BooleanValue:
    """Whether a whole number or a decimal has no more than `digits` before the point. Its least value has no absolute
    one, and a decimal of few digits before the point cannot be held against one of many."""
    kind = raw.type()
    if kind.is_decimal() and kind.precision and kind.precision - (kind.scale or 0) <= digits:
        return raw.notnull()
    return (raw < 10**digits) & (raw > -(10**digits))


def _minor(exact: ibis.Value, major: str, decimals: int) -> ibis.Value:
    return (exact.cast(major) * 10**decimals).cast("int64")


def too_large(raw: ibis.Column, column: Column, decimals: int) -> ibis.BooleanValue:
    """Whether the cell is a number with more digits before the point than can be held."""
    most = {"money": DIGITS - decimals, "number": WHOLE}.get(column.type)
    if most and raw.type().is_string():
        return raw.re_search(rf"^\s*[+-]?\d{{{most + 1},}}(\.\d*)?\s*$")
    if not most or not raw.type().is_numeric():
        return ibis.literal(False)
    if not raw.type().is_floating():
        return ~_within(raw, most)
    large = raw.abs() * 10**decimals >= UNITS_OF_A_FLOAT if column.type == "money" else raw.abs() >= 10**most
    # An engine takes what is no number for more than any.
    return large & ~raw.isnan()


def at_stake(raw: ibis.Column, column: Column, decimals: int) -> ibis.Value:
    """The money of a cell in minor units; of one that cannot be read as such what its digits say, taking it for more
    where they may say two things; null where they say nothing."""
    exact = value(raw, column, decimals)
    if not raw.type().is_string():
        return exact
    said = raw.re_search(SOME_AMOUNT).ifelse(raw.re_replace(r"[^0-9.,]", ""), None)
    # Behind its only sign four digits and more are a fraction; three may be thousands.
    fraction = rf"^(\d*[.,]\d{{{decimals}}})\d{{{max(4 - decimals, 1)},}}$"
    digits = said.re_extract(fraction, 1).nullif("").coalesce(said)
    whole = digits.re_replace(rf"[.,]\d{{0,{decimals}}}$" if decimals else "[.,]$", "").re_replace(r"[.,]", "")
    part = digits.re_extract(rf"[.,](\d{{1,{decimals}}})$", 1) if decimals else ibis.literal("")
    units = (whole + part.rpad(decimals, "0")).re_extract(rf"^\d{{1,{DIGITS}}}", 0).nullif("")
    return exact.coalesce(units.try_cast("int64"))


def _flag(raw: ibis.Column) -> ibis.Value:
    if raw.type().is_boolean():
        return raw
    word = text(raw).lower()
    return ibis.cases((word.isin(TRUE), True), (word.isin(FALSE), False))
