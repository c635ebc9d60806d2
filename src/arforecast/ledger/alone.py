"""What a row shows alone: whether its cells are what their columns ask for, and make sense beside each other.

What the dictionary declares is tested of every table. What is no error but worth a look is tested in the same pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial, reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

import ibis

from arforecast.ledger import cells, rates
from arforecast.ledger.rules import RULES
from arforecast.ledger.tables import INVOICES, Column, Order, Table

if TYPE_CHECKING:
    from arforecast.settings import Settings

Values = dict[str, "ibis.Value"]
Written = Callable[["ibis.Value"], "ibis.Value"]
AMOUNT = next(column for column in INVOICES.columns if column.name == "amount")
# Spreadsheets count their days from here: an empty cell comes out as one of its first.
EARLIEST = date(1901, 1, 1)
# What steers a screen, what turns the words around it, and spaces of no width or of another one.
CONTROL_SIGNS = r"[\x00-\x1f\x7f-" + "\xa0\xad\u200b\u200e\u200f\u2028-\u202f\u2060-\u206f\ufeff]"


class Test(NamedTuple):
    """A rule, the column and the value to show when it is broken, and whether it is."""

    rule: str
    column: str
    shown: ibis.Value
    broken: ibis.BooleanValue


def sound(rows: ibis.Table, values: Values, table: Table, settings: Settings) -> ibis.BooleanValue:
    """Whether a row as it stands in the file breaks no rule by itself; `values` are those made of its cells."""
    wrong = [bad for column in _there(rows, table) for bad in _wrong(rows[column.name], values[column.name], column)]
    return ~_any((*wrong, *_broken(rows, values, table, settings, "error")))


def odd(rows: ibis.Table, values: Values, table: Table, settings: Settings) -> ibis.BooleanValue:
    """Whether a row as it stands in the file is worth a look by itself."""
    return _any(_broken(rows, values, table, settings, "warning"))


def _there(rows: ibis.Table, table: Table) -> list[Column]:
    return [column for column in table.columns if column.name in rows.columns]


def _any(broken: Iterable[ibis.BooleanValue]) -> ibis.BooleanValue:
    return reduce(or_, broken, ibis.literal(False)).fill_null(False)


def _broken(
    rows: ibis.Table, values: Values, table: Table, settings: Settings, severity: str
) -> Iterator[ibis.BooleanValue]:
    tests = _value_tests(rows, values, table, settings)
    return (test.broken for test in tests if RULES[test.rule].severity == severity)


def _wrong(cell: ibis.Column, value: ibis.Value, column: Column) -> Iterator[ibis.BooleanValue]:
    """What `_cell_tests` tells apart in fewer words, for the many rows in which nothing is wrong."""
    if column.required:
        yield value.isnull()
    elif column.type in _MALFORMED:
        yield value.isnull() & ~cells.blank(cell)
    if column.choices:
        yield value.notnull() & ~value.isin(column.choices)


def tests(rows: ibis.Table, values: Values, table: Table, settings: Settings) -> Iterator[Test]:
    """What can be wrong with a row by itself, each with the words for it; `rows` as they stand in the file."""
    code, reporting = cells.currency(rows, table), settings.ledger.currency
    for column in _there(rows, table):
        cell, value = rows[column.name], values[column.name]
        yield from _cell_tests(cell, value, column)
        if column.type in _MALFORMED:
            large = cells.by_currency(code, reporting, partial(cells.too_large, cell, column))
            yield from _malformed(cell, value, column, large)
    yield from _value_tests(rows, values, table, settings)


_MALFORMED = {"date": "not_a_date", "money": "not_money", "number": "not_a_number", "flag": "not_a_flag"}


def _cell_tests(cell: ibis.Column, value: ibis.Value, column: Column) -> Iterator[Test]:
    """A required cell is empty, or a cell is outside its column's closed list."""
    if column.required:
        yield Test("empty", column.name, cell, cells.blank(cell))
    if column.choices:
        yield Test("unknown_kind", column.name, cell, value.notnull() & ~value.isin(column.choices))


def _malformed(cell: ibis.Column, value: ibis.Value, column: Column, large: ibis.BooleanValue) -> Iterator[Test]:
    """A cell that is not written as its column asks, and a number too large to be held."""
    broken = value.isnull() & ~cells.blank(cell)
    yield Test(_MALFORMED[column.type], column.name, cell, broken & ~large)
    yield Test("too_large", column.name, cell, broken & large)


def _value_tests(rows: ibis.Table, values: Values, table: Table, settings: Settings) -> Iterator[Test]:
    """What the dictionary declares of values, and what one table alone asks."""
    written: Written = partial(major, code=cells.currency(rows, table), settings=settings)
    there = _there(rows, table)
    for column in there:
        yield from _declared(column, values[column.name], table, written)
    names = {column.name for column in there}
    for order in table.order:
        if names.issuperset((order.first, order.second)):
            yield _in_order(order, values)
    if table.name in _OF_TABLE:
        yield from _OF_TABLE[table.name](values, written)


def _declared(column: Column, value: ibis.Value, table: Table, written: Written) -> Iterator[Test]:
    """An identifier that cannot be seen whole, a date that nobody booked, or a number of the wrong sign."""
    if column.type == "id":
        yield Test("control_sign", column.name, value, value.re_search(CONTROL_SIGNS))
    if column.type == "date":
        yield Test("long_ago", column.name, value, value < ibis.literal(EARLIEST))
    if column.monthly:
        yield Test("not_first_of_month", column.name, value, value.day() != 1)
    if column.sign:
        shown = written(value) if column.type == "money" else value
        rule, broken = _SIGNS[column.sign]
        yield Test(_credit(rule, column, table), column.name, shown, broken(value))


_SIGNS: dict[str, tuple[str, Callable[[ibis.Value], ibis.BooleanValue]]] = {
    "above zero": ("not_positive", lambda value: value <= 0),
    "zero or more": ("below_zero", lambda value: value < 0),
    "not zero": ("zero", lambda value: value == 0),
}


def _credit(rule: str, column: Column, table: Table) -> str:
    """An invoice below zero is a credit note in the wrong table."""
    return "credit_as_invoice" if table is INVOICES and column is AMOUNT else rule


def _in_order(order: Order, values: Values) -> Test:
    second = values[order.second]
    earliest = values[order.first] - ibis.interval(days=order.slack_days) if order.slack_days else values[order.first]
    return Test(order.rule, order.second, second, second < earliest)


def _invoice_tests(values: Values, written: Written) -> Iterator[Test]:
    """A paid amount without a paid day, which would be lost; an invoice over nothing; a discount of more than all."""
    amount, paid, discount = values["amount"], values["paid_amount"], values["discount_amount"]
    yield Test("no_paid_day", "paid_on", written(paid), paid.notnull() & values["paid_on"].isnull())
    yield Test("nothing_billed", "amount", written(amount), amount == 0)
    yield Test("discount_above_invoice", "discount_amount", written(discount), discount > amount)


def _total_tests(values: Values, written: Written) -> Iterator[Test]:
    """A control total of no balance."""
    open_ar, net_ar = values["open_ar"], values["net_ar"]
    yield Test("no_balance", "open_ar", written(open_ar), _neither(open_ar, net_ar))


def _override_tests(values: Values, written: Written) -> Iterator[Test]:
    """An override of nothing, one that is surer than sure, and one of which nobody can tell since when it counts."""
    confidence, known_on = values["confidence"], values["known_on"]
    yield Test(
        "nobody_named", "invoice_id", values["invoice_id"], _neither(values["invoice_id"], values["customer_id"])
    )
    yield Test("no_chance", "confidence", confidence, (confidence <= 0) | (confidence > 1))
    yield Test("never_known", "known_on", known_on, known_on.isnull())


def _rate_tests(values: Values, written: Written) -> Iterator[Test]:
    """A rate that is more than can be held, or so little that it would be held as nothing."""
    rate = values["rate"]
    yield Test("too_large", "rate", rate, rate >= rates.TOO_LARGE)
    yield Test("too_small", "rate", rate, (rate > 0) & (rate < rates.LEAST))


def _neither(one: ibis.Value, other: ibis.Value) -> ibis.BooleanValue:
    return one.isnull() & other.isnull()


_OF_TABLE = {
    "invoices": _invoice_tests,
    "control_totals": _total_tests,
    "overrides": _override_tests,
    "rates": _rate_tests,
}


def money(rows: ibis.Table, table: Table, settings: Settings) -> ibis.Value:
    """The money at stake in a row as it stands in the file, in minor units of its currency: nothing where it has none,
    null where nobody can tell."""
    if "amount" not in rows.columns:
        return ibis.literal(0)
    at_stake = partial(cells.at_stake, rows.amount, AMOUNT)
    return cells.by_currency(cells.currency(rows, table), settings.ledger.currency, at_stake)


def major(minor: ibis.Value, code: ibis.Value | None, settings: Settings) -> ibis.Value:
    """Minor units as they are written in the currency `code` of their row, the reporting one where it names none."""
    return cells.by_currency(code, settings.ledger.currency, partial(_in_digits, minor))


def _in_digits(minor: ibis.Value, decimals: int) -> ibis.Value:
    return (minor.cast("decimal(38,6)") / 10**decimals).cast(f"decimal(38,{decimals})").cast("string")
