"""What can be wrong with a ledger: every rule a function in a list, every problem a row of data.

A check takes tables and gives the rows that break its rule, as (table, row, column, value, rule, amount): amount is
the money at stake in minor units. Checks of form read cells as they stand in the file; checks of substance read the
typed tables; checks of reference read what the first two left in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import ibis
from ibis import _

from arforecast.ledger import cells, rates
from arforecast.ledger.median import medians
from arforecast.ledger.tables import BY_NAME, INVOICES, Table, Tables

if TYPE_CHECKING:
    from arforecast.settings import Settings

Check = Callable[[Tables, "Settings"], Iterator["ibis.Table"]]
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


# Form: cells as they stand in the file.


_MALFORMED = {"date": "not_a_date", "money": "not_money", "number": "not_a_number", "flag": "not_a_flag"}


def broken_cells(raw: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A required cell is empty, a cell is not what its column asks for, or it is outside its column's closed list.

    Counted first, all cells of a table in one go: a sound ledger costs no more than that.
    """
    for name, rows in raw.items():
        tests = list(_tests(rows, BY_NAME[name], settings))
        counted = {str(nth): broken.ifelse(1, 0).sum() for nth, (_rule, _column, broken) in enumerate(tests)}
        counts = rows.aggregate(**counted).to_pandas().fillna(0).iloc[0]
        for nth, (rule, column, broken) in enumerate(tests):
            if counts[str(nth)]:
                cells_of = rows.mutate(cell=rows[column], amount=_money(rows, settings)).filter(broken)
                yield _found(cells_of, name, rule, column, cells_of.cell)


def _tests(rows: ibis.Table, table: Table, settings: Settings) -> Iterator[tuple[str, str, ibis.BooleanValue]]:
    """Rule, column, and the rows that break it."""
    for column in table.columns:
        if column.name not in rows.columns:
            continue
        cell = rows[column.name]
        value = cells.value(cell, column, settings.ledger.decimals)
        if column.required:
            yield "empty", column.name, cells.blank(cell)
        if column.type in _MALFORMED:
            yield _MALFORMED[column.type], column.name, ~cells.blank(cell) & value.isnull()
        if column.choices:
            yield "unknown_kind", column.name, value.notnull() & ~value.isin(column.choices)


def _money(rows: ibis.Table, settings: Settings) -> ibis.Value:
    """The money of a row, nothing where it has none or it cannot be read."""
    if "amount" not in rows.columns:
        return ibis.literal(0)
    return cells.value(rows.amount, AMOUNT, settings.ledger.decimals)


# Substance: typed tables, one row at a time or one table at a time.


def amounts_out_of_range(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An invoice and a rate must be above zero, an application must not be zero."""
    invoices, applications, worth = tables["invoices"], tables["applications"], tables["rates"].filter(_.rate <= 0)
    yield _money_problem(invoices.filter(_.amount <= 0), "invoices", "not_positive", settings)
    yield _money_problem(applications.filter(_.amount == 0), "applications", "zero", settings)
    yield _found(worth, "rates", "not_positive", "rate", worth.rate)


def _money_problem(rows: ibis.Table, table: str, rule: str, settings: Settings) -> ibis.Table:
    return _found(rows, table, rule, "amount", _major(rows.amount, settings))


def _major(money: ibis.Column, settings: Settings) -> ibis.Value:
    """Minor units as they are written."""
    decimals = settings.ledger.decimals
    return (money.cast("decimal(38,6)") / 10**decimals).cast(f"decimal(38,{decimals})")


def payments_without_day(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A paid amount without a paid day would be lost."""
    rows = tables["invoices"].filter(_.paid_amount.notnull() & _.paid_on.isnull())
    yield _found(rows, "invoices", "no_paid_day", "paid_on", _major(rows.paid_amount, settings))


def due_before_issued(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Due before issued by more than the day that time zones explain."""
    rows = tables["invoices"].filter(_.due_on < _.issued_on - ibis.interval(days=1))
    yield _found(rows, "invoices", "due_before_issued", "due_on", rows.due_on)


def missing_rates(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Foreign money without a rate on the day it enters the books is worth nothing that anybody knows."""
    for name, day in (("invoices", "issued_on"), ("receipts", "received_on")):
        yield _unrated(tables[name].mutate(entered_on=entered(tables[name], day)), name, tables, settings)


def entered(rows: ibis.Table, day: str) -> ibis.Value:
    """The day a fact enters the books: the later of its own day and the day it was known."""
    return ibis.greatest(rows[day], rows.known_on.fill_null(rows[day]))


def _unrated(rows: ibis.Table, name: str, tables: Tables, settings: Settings) -> ibis.Table:
    bare = rates.unrated(rows, "entered_on", rates.daily(tables["rates"], settings), settings)
    return _found(bare, name, "missing_rate", "currency", bare.currency + " on " + bare.entered_on.cast("string"))


def duplicate_rates(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Two rates of a currency on one day."""
    times = ibis._.count().over(group_by=["currency", "rate_on"])
    broken = tables["rates"].mutate(times=times).filter(_.times > 1)
    yield _found(broken, "rates", "duplicate_rate", "currency", broken.currency)


IDENTIFIERS = {
    "invoices": "invoice_id",
    "applications": "application_id",
    "receipts": "receipt_id",
    "customers": "customer_id",
}


def duplicate_identifiers(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An identifier that stands twice: both rows are out, neither can be trusted."""
    for name, key in IDENTIFIERS.items():
        rows = tables[name]
        counted = rows.filter(rows[key].notnull()).mutate(times=ibis._.count().over(group_by=key))
        broken = counted.filter(_.times > 1)
        yield _found(broken, name, "duplicate_id", key, broken[key])


# Reference: between tables, after errors of form and substance went out.


def unknown_invoices(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An application or a dispute on an invoice that is not there, or was itself set aside."""
    for name in ("applications", "disputes"):
        rows = tables[name].anti_join(tables["invoices"], "invoice_id")
        yield _found(rows, name, "unknown_invoice", "invoice_id", rows.invoice_id)


def applications_without_rate(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An application is in the currency of its invoice, and counts at the rate of the day it enters the books."""
    invoices = tables["invoices"].select("invoice_id", "currency", billed_on=entered(tables["invoices"], "issued_on"))
    rows = tables["applications"].join(invoices, "invoice_id")
    dated = rows.mutate(entered_on=ibis.greatest(entered(rows, "applied_on"), rows.billed_on))
    yield _unrated(dated, "applications", tables, settings)


def applications_before_issue(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Cash before the invoice is a prepayment; a credit note, discount or write-off before it is a mistake."""
    issued = tables["invoices"].select("invoice_id", "issued_on")
    rows = tables["applications"].join(issued, "invoice_id").filter(_.applied_on < _.issued_on)
    for rule, early in (
        ("prepayment", rows.filter(_.kind == "cash")),
        ("before_invoice", rows.filter(_.kind != "cash")),
    ):
        yield _found(early, "applications", rule, "applied_on", early.applied_on)


# Warnings: rows that are used and reported.


def over_applied_invoices(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """More was applied to an invoice than it bills."""
    applied = tables["applications"].group_by("invoice_id").aggregate(applied=_.amount.sum().cast("int64"))
    rows = tables["invoices"].join(applied, "invoice_id").filter(_.applied > _.amount)
    rows = rows.mutate(amount=rows.applied - rows.amount)
    yield _found(rows, "invoices", "over_applied", "invoice_id", rows.invoice_id)


def unknown_customers(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An invoice of a customer the customers table does not have."""
    customers = tables["customers"]
    strangers = tables["invoices"].anti_join(customers, "customer_id")
    rows = strangers.filter(customers.count().as_scalar() > 0)
    yield _found(rows, "invoices", "unknown_customer", "customer_id", rows.customer_id)


def long_terms(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Terms of more than a year are rarer than a wrong year in a date."""
    rows = tables["invoices"].filter(_.due_on > _.issued_on + ibis.interval(days=365))
    yield _found(rows, "invoices", "long_terms", "due_on", rows.due_on)


def outliers(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An amount beyond 100 times the customer's median: a misplaced decimal point looks like this."""
    invoices = tables["invoices"]
    rows = invoices.join(medians(invoices, ["customer_id"], "amount"), "customer_id").filter(_.amount > 100 * _.median)
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


def duplicate_rows(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """The same invoice booked under two numbers: same customer, dates, amount and product."""
    alike = ["customer_id", "issued_on", "due_on", "amount", "kind", "product", "plan_id", "paid_on"]
    nth = ibis.row_number().over(group_by=alike, order_by="row")
    rows = tables["invoices"].mutate(nth=nth).filter(_.nth > 0)
    yield _found(rows, "invoices", "duplicate_row", "invoice_id", rows.invoice_id)


FORM: tuple[Check, ...] = (broken_cells,)
SUBSTANCE: tuple[Check, ...] = (
    amounts_out_of_range,
    payments_without_day,
    due_before_issued,
    missing_rates,
    duplicate_rates,
    duplicate_identifiers,
)
REFERENCE: tuple[Check, ...] = (unknown_invoices, applications_without_rate, applications_before_issue)
WARNINGS: tuple[Check, ...] = (
    over_applied_invoices,
    long_terms,
    outliers,
    booking_gaps,
    duplicate_rows,
    unknown_customers,
)


def run(checks: tuple[Check, ...], tables: Tables, settings: Settings) -> ibis.Table | None:
    """All problems the checks find, kept by the engine: table, row, column, value, rule, amount (minor units).

    None where there was nothing to ask for.
    """
    found = [problems for check in checks for problems in check(tables, settings)]
    return ibis.union(*found).cache() if found else None
