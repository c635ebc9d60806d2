"""What can be wrong with a ledger: every rule a function in a list, every problem a row of data.

A check takes tables and gives the rows that break its rule, as (table, row, column, value, rule, amount): amount is
the money at stake in minor units. What a row shows alone is tested where its cells become values; checks of substance
read the typed tables; checks of reference and warnings read what is left in use, each application beside its invoice.
A table without rows breaks no rule and is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Literal, NamedTuple

import ibis
import pandas as pd
from ibis import _

from arforecast.ledger import cells, database, rates
from arforecast.ledger.median import medians
from arforecast.ledger.tables import BY_NAME, INVOICES, Column, Table, Tables

if TYPE_CHECKING:
    from arforecast.settings import Settings

Check = Callable[[Tables, "Settings"], Iterator["ibis.Table"]]
Values = dict[str, "ibis.Value"]
COLUMNS = ["table", "row", "column", "value", "rule", "amount"]
AMOUNT = next(column for column in INVOICES.columns if column.name == "amount")


@dataclass(frozen=True)
class Rule:
    """How grave a broken rule is, and its wording: what is wrong and what to do."""

    severity: Literal["error", "warning"]
    wording: str


RULES = {
    "unreadable": Rule(
        "error",
        "the line {value} cannot be read. Give it as many cells as the header has, and quote cells that hold commas.",
    ),
    "empty": Rule("error", "{column} is empty. Fill it in."),
    "not_a_date": Rule("error", "{column} {value} is not a date. Write dates as YYYY-MM-DD."),
    "not_money": Rule(
        "error",
        "{column} {value} is not an amount. Write amounts as 1234.50, with no more decimals than the currency has.",
    ),
    "not_a_number": Rule("error", "{column} {value} is not a number. Write numbers as 1234.5."),
    "not_a_flag": Rule("error", "{column} {value} is neither true nor false. Write one of the two."),
    "unknown_kind": Rule("error", "{column} {value} is not known. Use one of {choices}."),
    "no_paid_day": Rule("error", "{column} is empty, yet paid_amount is {value}. Add the day or clear the amount."),
    "not_positive": Rule("error", "{column} {value} is not above zero. Record a credit note as an application."),
    "zero": Rule("error", "{column} is zero. Remove the row or correct the amount."),
    "due_before_issued": Rule(
        "error",
        "{column} {value} lies before the day of issue. Correct one of the two dates.",
    ),
    "missing_rate": Rule("error", "{column} {value} has no rate. Add it to rates, or correct the currency."),
    "duplicate_rate": Rule(
        "error", "{column} {value} has more than one rate on that day, so none can be trusted. Keep the right one."
    ),
    "duplicate_id": Rule(
        "error",
        "{column} {value} stands there more than once, so no row of it can be trusted. Keep the right one.",
    ),
    "unknown_invoice": Rule(
        "error",
        "{column} {value} is not among the invoices in use. Add the invoice or correct the identifier.",
    ),
    "before_invoice": Rule("error", "{column} {value} lies before the invoice was issued. Correct the date."),
    "prepayment": Rule("warning", "{column} {value} lies before the invoice was issued: taken as a prepayment."),
    "over_applied": Rule(
        "warning",
        "{column} {value} is over-applied: its reductions exceed its amount. Move the surplus to another invoice.",
    ),
    "unknown_customer": Rule(
        "warning",
        "{column} {value} is not among the customers. Add it to the customers table.",
    ),
    "long_terms": Rule("warning", "{column} {value} lies more than 365 days after the day of issue. Check the date."),
    "outlier": Rule(
        "warning",
        "{column} {value} is over 100 times what this customer's invoices usually are. Check the amount.",
    ),
    "booking_gap": Rule(
        "warning",
        "no booking at all in the week before {value}. Check that every export was loaded.",
    ),
    "duplicate_row": Rule(
        "warning",
        "{column} {value} repeats another row in all but its identifier. Check that it was not booked twice.",
    ),
}


def _found(rows: ibis.Table, table: str, rule: str, column: str, value: ibis.Value) -> ibis.Table:
    """The rows as problems; `row` and, where there is one, `amount` come from them (null: it cannot be read)."""
    amount = rows.amount.abs() if "amount" in rows.columns else ibis.literal(0)
    return rows.select(
        table=ibis.literal(table),
        row=rows.row.cast("int64"),
        column=ibis.literal(column),
        value=value.cast("string"),
        rule=ibis.literal(rule),
        amount=amount.cast("int64"),
    )


def _at_stake(rows: ibis.Table, *columns: str) -> ibis.Table:
    """No more of the rows than a check needs."""
    return rows.select("row", *columns, *({"amount"} & set(rows.columns)))


def _of(tables: Tables, *names: str) -> Iterator[tuple[str, ibis.Table]]:
    return ((name, tables[name]) for name in names if name in tables)


# Alone: what a row shows by itself, in its cells as they stand in the file and in the values made of them.


class Test(NamedTuple):
    """A rule that a row can break by itself: in which column, what is shown of it, and whether it is broken."""

    rule: str
    column: str
    shown: ibis.Value
    broken: ibis.BooleanValue


def sound(rows: ibis.Table, values: Values, table: Table, settings: Settings) -> ibis.BooleanValue:
    """Whether a row as it stands in the file breaks no rule by itself; `values` are those made of its cells."""
    there = [column for column in table.columns if column.name in rows.columns]
    wrong = [bad for column in there for bad in _wrong(rows[column.name], values[column.name], column)]
    return ~reduce(or_, (*wrong, *(test.broken for test in _value_tests(values, table, settings))))


def _wrong(cell: ibis.Column, value: ibis.Value, column: Column) -> Iterator[ibis.BooleanValue]:
    """What `_cell_tests` tells apart in fewer words, for the many rows in which nothing is wrong."""
    if column.required:
        yield value.isnull()
    elif column.type in _MALFORMED:
        yield value.isnull() & ~cells.blank(cell)
    if column.choices:
        yield value.notnull() & ~value.isin(column.choices)


def broken(rows: ibis.Table, table: Table, settings: Settings) -> ibis.Table:
    """The rows as they stand in the file that are not sound."""
    return rows.filter(~sound(rows, cells.values(rows, table, settings.ledger.decimals), table, settings))


def alone(raw: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """The problems that rows as they stand in the file have by themselves."""
    for name, rows in raw.items():
        values = cells.values(rows, BY_NAME[name], settings.ledger.decimals)
        for test in _tests(rows, values, BY_NAME[name], settings):
            shown = rows.select("row", amount=_money(rows, settings), shown=test.shown, broken=test.broken)
            hit = shown.filter(_.broken)
            yield _found(hit, name, test.rule, test.column, hit.shown)


def _money(rows: ibis.Table, settings: Settings) -> ibis.Value:
    """The money of a row, nothing where it has none or it cannot be read."""
    if "amount" not in rows.columns:
        return ibis.literal(0)
    return cells.value(rows.amount, AMOUNT, settings.ledger.decimals)


def _tests(rows: ibis.Table, values: Values, table: Table, settings: Settings) -> Iterator[Test]:
    there = set(rows.columns)
    for column in table.columns:
        if column.name in there:
            yield from _cell_tests(rows[column.name], values[column.name], column)
    yield from _value_tests(values, table, settings)


_MALFORMED = {"date": "not_a_date", "money": "not_money", "number": "not_a_number", "flag": "not_a_flag"}


def _cell_tests(cell: ibis.Column, value: ibis.Value, column: Column) -> Iterator[Test]:
    """A required cell is empty, a cell is not what its column asks for, or it is outside its column's closed list."""
    if column.required:
        yield Test("empty", column.name, cell, cells.blank(cell))
    if column.type in _MALFORMED:
        yield Test(_MALFORMED[column.type], column.name, cell, value.isnull() & ~cells.blank(cell))
    if column.choices:
        yield Test("unknown_kind", column.name, cell, value.notnull() & ~value.isin(column.choices))


def _invoice_tests(values: Values, settings: Settings) -> Iterator[Test]:
    """An amount not above zero; a paid amount without a paid day, which would be lost; and due before issued by more
    than the day that time zones explain."""
    amount, paid, due_on = values["amount"], values["paid_amount"], values["due_on"]
    yield Test("not_positive", "amount", _major(amount, settings), amount <= 0)
    yield Test("no_paid_day", "paid_on", _major(paid, settings), paid.notnull() & values["paid_on"].isnull())
    yield Test("due_before_issued", "due_on", due_on, due_on < values["issued_on"] - ibis.interval(days=1))


def _application_tests(values: Values, settings: Settings) -> Iterator[Test]:
    """An application of nothing."""
    yield Test("zero", "amount", _major(values["amount"], settings), values["amount"] == 0)


def _rate_tests(values: Values, settings: Settings) -> Iterator[Test]:
    """A rate not above zero."""
    yield Test("not_positive", "rate", values["rate"], values["rate"] <= 0)


_VALUE_TESTS = {"invoices": _invoice_tests, "applications": _application_tests, "rates": _rate_tests}


def _value_tests(values: Values, table: Table, settings: Settings) -> Iterator[Test]:
    yield from _VALUE_TESTS[table.name](values, settings) if table.name in _VALUE_TESTS else ()


def _major(money: ibis.Value, settings: Settings) -> ibis.Value:
    """Minor units as they are written."""
    decimals = settings.ledger.decimals
    return (money.cast("decimal(38,6)") / 10**decimals).cast(f"decimal(38,{decimals})")


# Substance: typed tables, one table at a time.


def missing_rates(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Foreign money without a rate on the day it enters the books is worth nothing that anybody knows."""
    for name, rows in _of(tables, "invoices", "receipts"):
        yield _unrated(rows, name, tables, settings)


def _unrated(rows: ibis.Table, name: str, tables: Tables, settings: Settings) -> ibis.Table:
    dated = _at_stake(rows, "currency", "entered_on")
    bare = rates.unrated(dated, "entered_on", rates.daily(tables["rates"], settings), settings)
    return _found(bare, name, "missing_rate", "currency", bare.currency + " on " + bare.entered_on.cast("string"))


def duplicate_rates(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Two rates of a currency on one day."""
    for name, rows in _of(tables, "rates"):
        broken = rows.mutate(times=ibis._.count().over(group_by=["currency", "rate_on"])).filter(_.times > 1)
        yield _found(broken, name, "duplicate_rate", "currency", broken.currency)


IDENTIFIERS = {
    "invoices": "invoice_id",
    "applications": "application_id",
    "receipts": "receipt_id",
    "customers": "customer_id",
}


def duplicate_identifiers(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An identifier that stands twice: both rows are out, neither can be trusted."""
    for name, rows in _of(tables, *IDENTIFIERS):
        key = IDENTIFIERS[name]
        known = _at_stake(rows, key).filter(_[key].notnull())
        broken = known.mutate(times=ibis._.count().over(group_by=key)).filter(_.times > 1)
        yield _found(broken, name, "duplicate_id", key, broken[key])


# Reference: between tables, after errors of form and substance went out.


def unknown_invoices(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An application or a dispute on an invoice that is not there, or was itself set aside."""
    strangers = {"applications": tables["applications"].filter(_.billed_on.isnull())}
    for name, rows in _of(tables, "disputes"):
        strangers[name] = rows.anti_join(tables["invoices"], "invoice_id")
    for name, rows in strangers.items():
        yield _found(rows, name, "unknown_invoice", "invoice_id", rows.invoice_id)


def applications_without_rate(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An application is in the currency of its invoice, and counts at the rate of the day it enters the books."""
    yield _unrated(tables["applications"].rename(currency="billed_in"), "applications", tables, settings)


def applications_before_issue(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Cash before the invoice is a prepayment; a credit note, discount or write-off before it is a mistake."""
    rows = tables["applications"].filter(_.applied_on < _.billed_on)
    for rule, early in (
        ("prepayment", rows.filter(_.kind == "cash")),
        ("before_invoice", rows.filter(_.kind != "cash")),
    ):
        yield _found(early, "applications", rule, "applied_on", early.applied_on)


# Warnings: rows that are used and reported.


def over_applied_invoices(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """More was applied to an invoice than it bills."""
    reduced = tables["applications"].group_by("invoice_id")
    applied = reduced.aggregate(applied=_.amount.sum().cast("int64"), billed=_.billed.max())
    over = applied.filter(_.applied > _.billed).select("invoice_id", amount=_.applied - _.billed)
    rows = tables["invoices"].select("row", "invoice_id").join(over, "invoice_id")
    yield _found(rows, "invoices", "over_applied", "invoice_id", rows.invoice_id)


def unknown_customers(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An invoice of a customer the customers table does not have."""
    for _name, customers in _of(tables, "customers"):
        strangers = tables["invoices"].anti_join(customers, "customer_id")
        rows = strangers.filter(customers.count().as_scalar() > 0)
        yield _found(rows, "invoices", "unknown_customer", "customer_id", rows.customer_id)


def long_terms(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Terms of more than a year are rarer than a wrong year in a date."""
    rows = tables["invoices"].filter(_.due_on > _.issued_on + ibis.interval(days=365))
    yield _found(rows, "invoices", "long_terms", "due_on", rows.due_on)


def outliers(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An amount beyond 100 times the customer's median: a misplaced decimal point looks like this."""
    invoices = _at_stake(tables["invoices"], "invoice_id", "customer_id")
    ranges = invoices.group_by("customer_id").aggregate(least=_.amount.min(), most=_.amount.max())
    # The median is no less than the least: few customers are worth the sorting.
    wide = invoices.semi_join(ranges.filter(_.most > 100 * _.least), "customer_id")
    rows = wide.join(medians(wide, ["customer_id"], "amount"), "customer_id").filter(_.amount > 100 * _.median)
    yield _found(rows, "invoices", "outlier", "invoice_id", rows.invoice_id)


def booking_gaps(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A ledger that books daily and then books nothing for a week: weekends explain two days, not seven."""
    days = tables["invoices"].select(day="issued_on").union(tables["applications"].select(day="applied_on"))
    booked = days.distinct()
    gaps = booked.mutate(gap=booked.day.delta(booked.day.lag().over(order_by=booked.day), unit="day"))
    long = (
        gaps.cross_join(medians(gaps, [], "gap"))
        .filter((_.median <= 1) & (_.gap > 7))
        .mutate(row=ibis.literal(None, "int64"))
    )
    yield _found(long, "invoices", "booking_gap", "issued_on", long.day)


ALIKE = ("customer_id", "issued_on", "due_on", "amount")


def duplicate_rows(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """The same invoice booked under two numbers: same customer, dates, amount and product."""
    invoices = tables["invoices"]
    twice = invoices.group_by(ALIKE).aggregate(times=_.count()).filter(_.times > 1)
    nth = ibis.row_number().over(group_by=[*ALIKE, "kind", "product", "plan_id", "paid_on"], order_by="row")
    rows = invoices.semi_join(twice, ALIKE).select("row", "invoice_id", "amount", nth=nth).filter(_.nth > 0)
    yield _found(rows, "invoices", "duplicate_row", "invoice_id", rows.invoice_id)


SUBSTANCE: tuple[Check, ...] = (missing_rates, duplicate_rates, duplicate_identifiers)
REFERENCE: tuple[Check, ...] = (unknown_invoices, applications_without_rate, applications_before_issue)
WARNINGS: tuple[Check, ...] = (
    over_applied_invoices,
    long_terms,
    outliers,
    booking_gaps,
    duplicate_rows,
    unknown_customers,
)
# No use to a ledger that has but one currency.
OF_FOREIGN_MONEY: tuple[Check, ...] = (missing_rates, applications_without_rate)


def run(checks: tuple[Check, ...], tables: Tables, settings: Settings) -> pd.DataFrame:
    """All problems the checks find: table, row, column, value, rule, amount (minor units)."""
    found = [problems for check in checks for problems in check(tables, settings)]
    if found and not database.ours(found[0]):
        found = _some(found)
    return ibis.union(*found).to_pandas() if found else pd.DataFrame(columns=COLUMNS)


def _some(found: list[ibis.Table]) -> list[ibis.Table]:
    """Those that hold a problem: another engine numbers rows by sorting them, and need not where none is named."""
    counts = ibis.union(*(each.aggregate(rows=_.count()).mutate(nth=nth) for nth, each in enumerate(found)))
    counted = counts.to_pandas().set_index("nth").rows
    return [each for nth, each in enumerate(found) if counted[nth]]
