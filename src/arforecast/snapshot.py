"""What was known at the close of a day: the only way from the books to a KPI, a feature or a forecast.

A snapshot stands on one day or on many; then `as_of` is one more column to group by, so that today's figure, a
trend, training rows and a backtest are the same code. A fact counts on a day iff it has entered the books by then;
everything here is an Ibis expression over the books, and nothing is computed until a figure is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis
import pandas as pd
from ibis import _

from arforecast import currencies
from arforecast.ledger import Books, valued, valued_at_close
from arforecast.ledger.database import placed
from arforecast.ledger.groups import By, columns, grouped, of_customers
from arforecast.ledger.rates import CONVERTED
from arforecast.ledger.tables import PAYMENTS

OF_INVOICE = ("invoice_id", "customer_id", "group", "currency", "issued_on", "due_on")
COHORT_AGES = (30, 60, 90)
BEGINNING, NEVER = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True)
class Facts:
    """What is known on each day of a calendar, for the whole ledger or by group.

    days: those to stand on. calendar: them and what belongs to each, see `calendar`.
    invoices: one row an invoice, the columns of the contract with group and entered_on; amount and discount_amount at
    the rate of that day.
    entries: one row a change of an invoice's balance: kind (billed, or that of the application), amount (as booked, at
    the rate of the day), change (of the open balance), happened_on, entered_on, counted_on (the day by which windows of
    lengths take it), billed_on (the day the invoice entered), and the invoice's columns. What takes another back
    happened, and is counted, on the day of that one: the two leave nothing in lengths and cohorts.
    spells: since, until, balance, entered_on and the invoice's columns: the open balance on each day d with
    since <= d < until.
    Change and balance are in the invoice's own currency; amounts of money are in the reporting currency. The invoice's
    columns are invoice_id, customer_id, group, currency, issued_on, due_on.
    settlements: when each invoice was settled, as it was known, see `settlements`.
    receipts: one row a receipt, with the group of its customer.
    """

    books: Books
    by: tuple[str, ...]
    days: tuple[date, ...]
    calendar: ibis.Table
    invoices: ibis.Table
    entries: ibis.Table
    spells: ibis.Table
    settlements: ibis.Table
    receipts: ibis.Table


def stand(books: Books, days: Iterable[date], by: By = None) -> Facts:
    """The facts as known at the close of each of `days`, in groups of the column `by`, or of each combination of
    several; see `arforecast.ledger.groups`.

    Raises UsageError when neither invoices nor customers have such a column.
    """
    days, of = tuple(sorted(set(days))), columns(by)
    invoices = grouped(books, of)
    booked = entries(books, invoices)
    held = spells(booked, invoices)
    return Facts(
        books,
        of,
        days,
        calendar(days),
        valued(books, invoices, "entered_on", "amount", "discount_amount"),
        valued(books, booked, "entered_on", "amount"),
        held,
        settlements(booked, held),
        of_customers(books, "receipts", of),
    )


def computed(books: Books, days: Iterable[date]) -> Facts:
    """The same of the whole ledger, computed once by the engine where many figures are to be read from it."""
    facts = stand(books.at_hand, days)
    invoices, booked = facts.invoices.cache(), facts.entries.cache()
    held = spells(booked, invoices).cache()
    return replace(
        facts,
        calendar=placed(facts.calendar, invoices),
        invoices=invoices,
        entries=booked,
        spells=held,
        settlements=settlements(booked, held).cache(),
    )


def asked_of(facts: Facts, days: Iterable[date]) -> Facts:
    """The same facts, computed once, as known at the close of other days."""
    days = tuple(sorted(set(days)))
    return replace(facts, days=days, calendar=placed(calendar(days), facts.invoices))


def regrouped(facts: Facts, by: By) -> Facts:
    """The same facts in groups of `by`, computed once: no amount, no balance and no settlement changes.

    Raises UsageError when neither invoices nor customers have such a column.
    """
    of = columns(by)
    groups = grouped(facts.books, of).select("invoice_id", "group").cache()
    again = {
        name: rows.drop("group").join(groups, "invoice_id").cache()
        for name, rows in (("invoices", facts.invoices), ("entries", facts.entries), ("spells", facts.spells))
    }
    return replace(facts, by=of, receipts=of_customers(facts.books, "receipts", of), **again)


def total(money: ibis.Column, where: ibis.BooleanValue | None = None) -> ibis.Value:
    """The exact sum of money, nothing where there is none: the one way to add it up, at every step but the last.

    Whole minor units stay whole; converted ones are decimals, which no step rounds.
    """
    summed = money.sum(where=where)
    return summed.cast("int64" if money.type().is_integer() else CONVERTED).fill_null(0)


def added(rows: ibis.Table, *names: str, day: str = "as_of") -> ibis.Table:
    """The sums of some columns of rows by day and group: each row holds what it adds, or null."""
    return rows.group_by(day, "group").aggregate(**{name: total(rows[name]) for name in names})


def counted(where: ibis.BooleanValue) -> ibis.Value:
    """1 where it holds, else null."""
    return where.ifelse(ibis.literal(1, "int64"), None)


def fetched(rows: ibis.Table) -> pd.DataFrame:
    """The few rows that a figure is made of, decimals as floats: nothing is added up exactly from here on."""
    decimals = [name for name, dtype in rows.schema().items() if dtype.is_decimal()]
    frame = rows.to_pandas()
    return frame.astype(dict.fromkeys(decimals, "float64"))


def in_own_currency(minor: pd.Series, currency: pd.Series) -> pd.Series:
    """Amounts in minor units as people read them: in major units, each of its own currency."""
    return minor / 10.0 ** currency.map(currencies.decimals).astype("float64")


def read(rows: ibis.Table | pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """The few rows of a table as people read them: columns of money in major units, days as dates of pandas."""
    frame = rows if isinstance(rows, pd.DataFrame) else fetched(rows)
    minor = 10**facts.books.settings.ledger.decimals
    names = [str(name) for name in frame]
    money = {name: frame[name].astype("float64") / minor for name in names if name.endswith(("amount", "_balance"))}
    dated = {name: pd.to_datetime(frame[name]) for name in names if name.endswith("_on")}
    return frame.assign(**money, **dated)


def first_issued(books: Books, days: ibis.Table) -> ibis.Table:
    """The day of the first invoice known by each as_of of a calendar, of the whole ledger: history begins with it, and
    not with a part or a group: as_of, first_issued_on."""
    booked = books.entire.tables["invoices"].group_by("entered_on").aggregate(first_issued_on=_.issued_on.min())
    days = days.select("as_of")
    known = days.join(booked, booked.entered_on <= days.as_of)
    return known.group_by("as_of").aggregate(first_issued_on=_.first_issued_on.min())


def month_ends(as_of: date, months: int) -> list[date]:
    """`as_of` and the month-ends before it, `months` days in all, oldest first."""
    days = [as_of]
    while len(days) < months:
        days.append(opening(days[-1]))
    return days[::-1]


def opening(day: date) -> date:
    """The day at whose close the month of `day` opens: the last day of the month before."""
    return day.replace(day=1) - timedelta(days=1)


def calendar(days: Iterable[date]) -> ibis.Table:
    """One row a day to stand on, with every other day the definitions speak of.

    opening_on and quarter_opening_on close the month before and the month three before; before_N_on opens the window of
    N days (exclusive); cohort_N_after (exclusive) and cohort_N_until bound the latest calendar month that is N days
    old. Plain dates, so that no engine has to know how to count months.
    """
    rows = [_day(day) for day in days]
    return ibis.memtable(rows, schema=dict.fromkeys(rows[0], "date"))


def _day(as_of: date) -> dict[str, date]:
    day = {
        "as_of": as_of,
        "opening_on": opening(as_of),
        "quarter_opening_on": opening(opening(opening(as_of))),
        "before_90_on": as_of - timedelta(days=90),
        "before_365_on": as_of - timedelta(days=365),
    }
    for age in COHORT_AGES:
        # A month is old enough when the day after its last day, less one, lies `age` days back.
        until = opening(as_of - timedelta(days=age - 1))
        day |= {f"cohort_{age}_after": opening(until), f"cohort_{age}_until": until}
    return day


def entries(books: Books, invoices: ibis.Table) -> ibis.Table:
    """Every change of an invoice's open balance: the day it happened, the day it entered the books, and the day by
    which it counts in lengths of time."""
    billed = invoices.select(
        *OF_INVOICE,
        "amount",
        "entered_on",
        counted_on="entered_on",
        billed_on="entered_on",
        happened_on="issued_on",
        change="amount",
        kind=ibis.literal("billed"),
    )
    applications = books.tables["applications"].select(
        "invoice_id", "amount", "entered_on", "counted_on", "happened_on", "kind", change=-_.amount
    )
    reduced = invoices.select(*OF_INVOICE, billed_on="entered_on").join(applications, "invoice_id")
    return billed.union(reduced.select(*billed.columns))


def booked_at_all(facts: Facts) -> ibis.Table:
    """The entries of the whole ledger where the facts are those of a part: what a customer pays may have settled any
    invoice of its."""
    whole = facts.books.whole
    return facts.entries if whole is None else entries(whole, grouped(whole, ()))


def spells(booked: ibis.Table, invoices: ibis.Table) -> ibis.Table:
    """The running balance of each invoice as intervals of days, with the invoice's columns and its entered_on."""
    return running(booked, "invoice_id").join(invoices.select(*OF_INVOICE, "entered_on"), "invoice_id")


def running(moved: ibis.Table, *of: str) -> ibis.Table:
    """What has moved (`change`) so far of each `of`, as intervals of days, `since` inclusive and `until` exclusive: of,
    since, until, balance."""
    daily = moved.group_by(*of, since="entered_on").aggregate(change=_.change.sum().cast("int64"))
    so_far = ibis.cumulative_window(group_by=of, order_by="since")
    balance = daily.change.sum().over(so_far).cast("int64")
    return daily.select(*of, "since", until=ending(daily, *of), balance=balance)


def ending(intervals: ibis.Table, *of: str) -> ibis.Value:
    """The day on which the next interval of the same `of` begins."""
    return intervals.since.lead().over(ibis.window(group_by=of, order_by="since")).fill_null(NEVER)


def settlements(booked: ibis.Table, held: ibis.Table) -> ibis.Table:
    """When each invoice was settled, as it was known: invoice_id, since, until, settled_on.

    On each day d with since <= d < until the invoice was known to owe nothing; settled_on is the day it happened:
    the first day from which, by the facts entered by then, the balance stayed at zero or below. A payment that
    bounced settles nothing.
    """
    settled = held.filter(_.balance <= 0).select("invoice_id", "since", "until")
    # The bill comes first, whenever the money came: a prepayment settles the invoice on the day of the payment.
    first = (booked.kind == "billed").ifelse(ibis.literal(BEGINNING), booked.happened_on)
    happened = booked.select("invoice_id", "entered_on", "change", happened_on=first)
    known = settled.join(happened, "invoice_id").filter(_.entered_on <= _.since)
    spell = ["invoice_id", "since", "until"]
    daily = known.group_by(*spell, "happened_on").aggregate(change=_.change.sum())
    so_far = daily.mutate(balance=_.change.sum().over(ibis.cumulative_window(group_by=spell, order_by="happened_on")))
    onwards = ibis.window(group_by=spell, order_by="happened_on", preceding=0, following=None)
    for_good = so_far.mutate(highest=so_far.balance.max().over(onwards)).filter(_.highest <= 0)
    return for_good.group_by(spell).aggregate(settled_on=_.happened_on.min())


def positions(facts: Facts, days: ibis.Table) -> ibis.Table:
    """The invoices with an open or over-applied balance at the close of each day of the table `days` (column `on`);
    only those of its invoice_id or of its customer_id, where it has such a column.

    Columns: those of `days`, the invoice's, entered_on, balance (at the rate of the day), days_past_due. Raises
    RateError where a currency has no rate then.
    """
    return valued_at_close(facts.books, own_positions(facts, days), "on", "balance")


def own_positions(facts: Facts, days: ibis.Table) -> ibis.Table:
    """As `positions`, with each balance in the currency of its invoice."""
    alive = facts.spells.filter(_.balance != 0)
    same = [days[name] == alive[name] for name in ("invoice_id", "customer_id") if name in days.columns]
    owed = days.join(alive, [*same, alive.since <= days.on, alive.until > days.on])
    columns = dict.fromkeys([*days.columns, *OF_INVOICE, "entered_on", "balance"])
    return owed.select(*columns, days_past_due=owed.on.delta(owed.due_on, unit="day"))


def cohort(facts: Facts, dated: str, after: str, until: str, *columns: str) -> ibis.Table:
    """Invoices whose date `dated` lies in (after, until] of each day of the calendar and that had entered the books by
    as_of: as_of and `columns` of the invoice or of the calendar."""
    days, invoices = facts.calendar, facts.invoices
    day = invoices[dated]
    members = days.join(invoices, (day > days[after]) & (day <= days[until]) & (invoices.entered_on <= days.as_of))
    return members.select("as_of", *columns)


def histories(facts: Facts, dated: str, after: str, until: str) -> ibis.Table:
    """The entries known by each day of the calendar of the invoices whose date `dated` lies in (after, until] of it:
    the columns of the calendar and of the entry, amounts as of `at_issue`."""
    days, booked = facts.calendar, at_issue(facts)
    day = booked[dated]
    return days.join(booked, (day > days[after]) & (day <= days[until]) & (booked.entered_on <= days.as_of))


def pays(booked: ibis.Table) -> ibis.BooleanValue:
    """Whether an entry settles its invoice as a payment does: cash, a set-off, tax withheld."""
    return booked.kind.isin(PAYMENTS)


def at_issue(facts: Facts) -> ibis.Table:
    """The entries, amounts at the rate of their invoice: one that is paid in full is collected in full, whatever became
    of the rate."""
    booked = facts.entries
    own = booked.mutate(amount=(booked.kind == "billed").ifelse(booked.change, -booked.change))
    return valued(facts.books, own, "billed_on", "amount")
