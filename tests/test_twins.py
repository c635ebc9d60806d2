"""Every KPI a second time, in slow plain Python: loops over rows, whole cents and fractions, and no engine.

The twins are written from the definitions, not from the code. Both sides are asked of the same ledgers on the same
days, whole and by segment: money has to agree to the cent, everything else to a billionth.
"""

from __future__ import annotations

import calendar
import itertools
import math
import random
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import ledgers
from arforecast.kpis import catalogue, measured
from arforecast.ledger import open_books
from arforecast.sample import write_sample
from arforecast.settings import Settings
from ledgers import SHARED, Row, Tables

Number = Fraction | int
PAYMENTS = ("cash", "set_off", "tax_withheld")
Parts = tuple[Number | None, Number | None, int]
"""Numerator, denominator (in cents where they are money) and scale; None is what is not defined."""


# What is known, and what follows from it.


@dataclass(frozen=True)
class Invoice:
    name: str
    customer: str
    group: str
    issued_on: date
    due_on: date
    amount: int
    entered_on: date
    company: str
    delivered_on: date | None = None
    discount_until: date | None = None
    discount: int | None = None


@dataclass(frozen=True)
class Application:
    """What reduced an invoice; one that takes another back has the days of that one, but for the day it entered."""

    invoice: Invoice
    applied_on: date
    amount: int
    kind: str
    entered_on: date
    counted_on: date


@dataclass(frozen=True)
class Receipt:
    customer: str
    group: str
    amount: int
    entered_on: date


@dataclass(frozen=True)
class Dispute:
    invoice: str
    opened_on: date
    closed_on: date | None
    amount: int | None
    entered_on: date


@dataclass(frozen=True)
class Promise:
    customer: str
    invoice: str
    group: str
    made_on: date
    promised_on: date
    amount: int
    entered_on: date


@dataclass(frozen=True)
class Contact:
    customer: str
    invoice: str
    group: str
    contacted_on: date
    right_party: bool | None
    entered_on: date


@dataclass(frozen=True)
class Cost:
    month: date
    amount: int


@dataclass(frozen=True)
class Known:
    """What had entered the books by the close of `day`.

    unapplied: by group, the money of customers who have paid in more than was applied, and of those who were credited
    more than was applied; an application of a credit stands among credits, below zero. first_on: the first day of
    issue, of the whole ledger also where this is one group of it. present: the tables the ledger has. group: None for
    the whole ledger.
    """

    day: date
    invoices: list[Invoice]
    applications: list[Application]
    receipts: list[Receipt]
    credits: list[Receipt]
    disputes: list[Dispute]
    all_applications: list[Application]
    promises: list[Promise]
    contacts: list[Contact]
    costs: list[Cost]
    present: set[str]
    group: str | None = None
    unapplied: dict[str, int] = field(default_factory=dict)
    first_on: date | None = None

    def of(self, group: str) -> Known:
        return replace(
            self,
            invoices=[invoice for invoice in self.invoices if invoice.group == group],
            applications=[entry for entry in self.applications if entry.invoice.group == group],
            unapplied={group: self.unapplied.get(group, 0)},
            promises=[promise for promise in self.promises if promise.group == group],
            group=group,
        )

    @property
    def groups(self) -> set[str]:
        grouped = (self.invoices, self.receipts, self.promises, self.contacts, self.credits)
        return {row.group for rows in grouped for row in rows}


def known(ledger: Known, day: date) -> Known:
    """The ledger as it was known at the close of `day`."""
    then = Known(
        day,
        [row for row in ledger.invoices if row.entered_on <= day],
        [row for row in ledger.applications if row.entered_on <= day],
        [row for row in ledger.receipts if row.entered_on <= day],
        [row for row in ledger.credits if row.entered_on <= day],
        [row for row in ledger.disputes if row.entered_on <= day],
        [row for row in ledger.applications if row.entered_on <= day],
        [row for row in ledger.promises if row.entered_on <= day],
        [row for row in ledger.contacts if row.entered_on <= day],
        [row for row in ledger.costs if row.month <= day],
        ledger.present,
    )
    first_on = min((invoice.issued_on for invoice in then.invoices), default=None)
    return replace(then, first_on=first_on, unapplied=unapplied(then))


def unapplied(then: Known) -> dict[str, int]:
    """Receipts less cash applications of each customer who has paid, where more was paid; by the customer's group."""
    held = Counter({receipt.customer: 0 for receipt in then.receipts})
    for receipt in then.receipts:
        held[receipt.customer] += receipt.amount
    for entry in then.applications:
        if entry.kind == "cash" and entry.invoice.customer in held:
            held[entry.invoice.customer] -= entry.amount
    credited: Counter[str] = Counter()
    for credit in then.credits:
        credited[credit.customer] += credit.amount
    returned: Counter[str] = Counter()
    for receipt in then.receipts:
        returned[receipt.customer] -= min(receipt.amount, 0)
    credited -= returned & -held
    group = {receipt.customer: receipt.group for receipt in then.receipts + then.credits}
    by_group: Counter[str] = Counter()
    for customer, money in [*(+held).items(), *(+credited).items()]:
        by_group[group[customer]] += money
    return by_group


def balances(then: Known, day: date) -> dict[Invoice, int]:
    owed = {invoice: invoice.amount for invoice in then.invoices if invoice.entered_on <= day}
    for entry in then.applications:
        if entry.entered_on <= day:
            owed[entry.invoice] -= entry.amount
    return owed


def owed_on(then: Known, day: date) -> dict[Invoice, int]:
    return {invoice: balance for invoice, balance in balances(then, day).items() if balance > 0}


def past_due(then: Known, day: date, more_than: int, at_most: float = math.inf) -> int:
    """The open balance of invoices that on `day` are within a range of days past due."""
    owed = owed_on(then, day)
    return sum(money for invoice, money in owed.items() if more_than < (day - invoice.due_on).days <= at_most)


def open_ar(then: Known, day: date | None = None) -> int:
    return sum(owed_on(then, day or then.day).values())


def current(then: Known) -> int:
    return open_ar(then) - past_due(then, then.day, 0)


def opening(day: date) -> date:
    return day.replace(day=1) - timedelta(days=1)


def quarter_opening(day: date) -> date:
    return opening(opening(opening(day)))


def window(then: Known, days: int) -> date:
    return then.day - timedelta(days=days)


def billed(then: Known, after: date, until: date | None = None) -> int:
    return sum(row.amount for row in then.invoices if after < row.entered_on <= (until or then.day))


def flow(then: Known, kind: str, after: date) -> int:
    return sum(row.amount for row in then.applications if row.kind == kind and row.entered_on > after)


def reaches_back(then: Known, first: date) -> bool:
    """Whether what begins on `first` begins before the ledger does."""
    return then.first_on is not None and first < then.first_on


def over_billing(then: Known, above: Number | None, days: int, below: Number | None = None, scale: int = 1) -> Parts:
    """A part of a window of billing: not defined where the ledger is younger than the window."""
    first = window(then, days) + timedelta(days=1)
    by = billed(then, window(then, days)) if below is None else below
    return above, None if reaches_back(then, first) else by, scale


def applied(then: Known, invoice: Invoice) -> list[Application]:
    return [entry for entry in then.applications if entry.invoice == invoice]


def settled_on(then: Known, invoice: Invoice) -> date | None:
    """The first day from which nothing was owed any more; a payment that bounced settles nothing."""
    changes: Counter[date] = Counter()
    for entry in applied(then, invoice):
        changes[entry.applied_on] += entry.amount
    rest, day = invoice.amount, None
    for happened_on in sorted(changes):
        rest -= changes[happened_on]
        day = None if rest > 0 else day or happened_on
    return day


def cohort(then: Known, age: int) -> tuple[date, date]:
    """The first and last day of the latest calendar month of which the last day is `age` days old."""
    last = opening(then.day)
    while last + timedelta(days=age) > then.day:
        last = opening(last)
    return last.replace(day=1), last


# The KPIs, in the order of the definitions.


def of_open_ar(above: Callable[[Known], int]) -> Callable[[Known], Parts]:
    """A part of open_ar."""
    return lambda then: (above(then), open_ar(then), 1)


def money(amount: Callable[[Known], int]) -> Callable[[Known], Parts]:
    return lambda then: (amount(then), 100, 1)


def credit_balance(then: Known) -> int:
    over_applied = sum(balance for balance in balances(then, then.day).values() if balance < 0)
    return over_applied - sum(then.unapplied.values())


def disputed(then: Known) -> int:
    contested = {row.invoice for row in then.disputes if row.closed_on is None or row.closed_on > then.day}
    return sum(money for invoice, money in owed_on(then, then.day).items() if invoice.name in contested)


def owed_by(payer: Callable[[Invoice], str]) -> Callable[[Known], Counter[str]]:
    def by_payer(then: Known) -> Counter[str]:
        owed: Counter[str] = Counter()
        for invoice, balance in owed_on(then, then.day).items():
            owed[payer(invoice)] += balance
        return owed

    return by_payer


by_customer, by_company = owed_by(lambda invoice: invoice.customer), owed_by(lambda invoice: invoice.company)


def top10(owed: Callable[[Known], Counter[str]]) -> Callable[[Known], Parts]:
    return of_open_ar(lambda then: sum(sorted(owed(then).values())[-10:]))


def hhi(owed: Callable[[Known], Counter[str]]) -> Callable[[Known], Parts]:
    return lambda then: (sum(balance**2 for balance in owed(then).values()), open_ar(then) ** 2, 10_000)


def dso_countback(then: Known) -> Parts:
    rest, days, last = Fraction(open_ar(then)), Fraction(0), then.day
    begins = min((invoice.entered_on for invoice in then.invoices), default=then.day)
    while rest > 0:
        if last < begins:
            return None, 1, 1
        first = last.replace(day=1)
        month = billed(then, first - timedelta(days=1), last)
        share = Fraction(1) if month <= rest else rest / month
        days += share * last.day
        rest -= month
        last = first - timedelta(days=1)
    return days, 1, 1


def weighed(since: Callable[[Invoice], date]) -> Callable[[Known], Parts]:
    """Days from a date of the invoice to each payment of the last 90 days, weighed with its money."""

    def parts(then: Known) -> Parts:
        paid = [row for row in then.applications if row.kind in PAYMENTS and row.counted_on > window(then, 90)]
        days = sum(row.amount * (row.applied_on - since(row.invoice)).days for row in paid)
        return days, sum(row.amount for row in paid), 1

    return parts


def days_to_pay_median_km(then: Known) -> Parts:
    lives = []
    for invoice in then.invoices:
        if window(then, 90) < invoice.issued_on <= then.day:
            end = settled_on(then, invoice)
            lives.append((max(((end or then.day) - invoice.issued_on).days, 0), end is not None))
    return over_billing(then, median_age(lives), 90, below=1)


def median_age(lives: list[tuple[int, bool]]) -> int | None:
    """The Kaplan-Meier median of ages, each with whether it ended there."""
    surviving = Fraction(1)
    for age in sorted({age for age, _ in lives}):
        at_risk = sum(1 for life, _ in lives if life >= age)
        surviving *= 1 - Fraction(sum(1 for life, ended in lives if ended and life == age), at_risk)
        if surviving <= Fraction(1, 2):
            return age
    return None


def median(lengths: list[int]) -> Fraction | None:
    return Fraction(statistics.median(map(Fraction, lengths))) if lengths else None


def days_overdue_when_settled(then: Known) -> list[int]:
    late = []
    for invoice, balance in balances(then, then.day).items():
        day = settled_on(then, invoice) if balance <= 0 else None
        if day and day > window(then, 90) and day > invoice.due_on:
            late.append((day - invoice.due_on).days)
    return late


def days_to_resolve_mean(then: Known) -> Parts:
    return sum(days_overdue_when_settled(then)), len(days_overdue_when_settled(then)), 1


def due_lately(then: Known) -> list[tuple[int, int]]:
    """Of every invoice that fell due in the last 90 days: its amount, and what was applied by then."""
    due = [invoice for invoice in then.invoices if window(then, 90) < invoice.due_on <= then.day]
    return [
        (invoice.amount, sum(row.amount for row in applied(then, invoice) if row.applied_on <= invoice.due_on))
        for invoice in due
    ]


def paid_on_time_share(then: Known) -> Parts:
    return sum(paid for _, paid in due_lately(then)), sum(amount for amount, _ in due_lately(then)), 1


def paid_on_time_count_share(then: Known) -> Parts:
    return sum(paid >= amount for amount, paid in due_lately(then)), len(due_lately(then)), 1


def cei(then: Known) -> Parts:
    due = open_ar(then, opening(then.day)) + billed(then, opening(then.day))
    return due - open_ar(then), due - current(then), 100


def cei_3m(then: Known) -> Parts:
    begins = quarter_opening(then.day)
    due = open_ar(then, begins) + Fraction(billed(then, begins), 3)
    short = reaches_back(then, begins + timedelta(days=1))
    return due - open_ar(then), None if short else due - current(then), 100


def collection_rate(then: Known) -> Parts:
    first, last = cohort(then, 90)
    issued = [invoice for invoice in then.invoices if first <= invoice.issued_on <= last]
    cash = sum(
        row.amount
        for invoice in issued
        for row in applied(then, invoice)
        if row.kind in PAYMENTS and (row.applied_on - invoice.issued_on).days <= 90
    )
    return cash, None if reaches_back(then, first) else sum(invoice.amount for invoice in issued), 1


def month_cash(then: Known) -> int:
    return flow(then, "cash", opening(then.day))


def collection_rate_period(then: Known) -> Parts:
    begins = opening(then.day)
    return month_cash(then), open_ar(then, begins) + billed(then, begins), 1


def collection_rate_outstanding(then: Known) -> Parts:
    return month_cash(then), open_ar(then, opening(then.day)), 1


def recovery_rate(then: Known) -> Parts:
    begins = opening(then.day)
    overdue = {invoice: money for invoice, money in owed_on(then, begins).items() if invoice.due_on < begins}
    cash = sum(
        row.amount
        for row in then.applications
        if row.kind == "cash" and row.entered_on > begins and row.invoice in overdue
    )
    return cash, sum(overdue.values()), 1


def recovered(days: int) -> Callable[[Known], Parts]:
    def parts(then: Known) -> Parts:
        first, last = cohort(then, days)
        left = cash = 0
        for invoice in then.invoices:
            if first <= invoice.due_on <= last:
                rows = applied(then, invoice)
                late = {row: (row.applied_on - invoice.due_on).days for row in rows}
                left += invoice.amount - sum(row.amount for row in rows if late[row] <= 0)
                cash += sum(row.amount for row in rows if row.kind in PAYMENTS and 0 < late[row] <= days)
        return cash, None if reaches_back(then, first) else left, 1

    return parts


def late_cash(then: Known) -> int:
    return sum(
        row.amount
        for row in then.applications
        if row.kind == "cash" and row.entered_on > window(then, 365) and row.applied_on > row.invoice.due_on
    )


# How customers are dealt with, and what that costs.


def where_present(then: Known, table: str, below: Number | None) -> Number | None:
    """A denominator, where the ledger has the table."""
    return below if table in then.present else None


def issued(then: Known, after: date) -> list[Invoice]:
    return [invoice for invoice in then.invoices if invoice.issued_on > after]


def contested(then: Known, invoice: Invoice) -> int:
    """The disputed part of an invoice, all of it at most."""
    parts = [row.amount for row in then.disputes if row.invoice == invoice.name]
    return min(invoice.amount, sum(invoice.amount if part is None else part for part in parts))


def dispute_rate(then: Known) -> Parts:
    bills = issued(then, window(then, 90))
    above, below, scale = over_billing(
        then, sum(contested(then, invoice) for invoice in bills), 90, below=sum(invoice.amount for invoice in bills)
    )
    return above, where_present(then, "disputes", below), scale


def dispute_days(then: Known) -> Parts:
    names = {invoice.name for invoice in then.invoices}
    lives = []
    for row in then.disputes:
        if row.opened_on > window(then, 90) and row.invoice in names:
            closed = row.closed_on is not None and row.closed_on <= then.day
            lives.append((((row.closed_on if closed else then.day) - row.opened_on).days, closed))
    return median_age(lives), where_present(then, "disputes", 1), 1


def kept(then: Known, promise: Promise) -> bool:
    paid = 0
    for row in then.all_applications:
        meant = row.invoice.customer == promise.customer and promise.invoice in ("", row.invoice.name)
        in_time = promise.made_on <= row.applied_on <= promise.promised_on + timedelta(days=3)
        paid += row.amount if row.kind in PAYMENTS and meant and in_time else 0
    earlier = [row for row in then.promises if together(row, promise) and row.promised_on < promise.promised_on]
    return paid >= promise.amount + sum(row.amount for row in earlier)


def together(one: Promise, other: Promise) -> bool:
    """Whether two promises were given at once about the same."""
    return all(getattr(one, name) == getattr(other, name) for name in ("customer", "invoice", "made_on", "entered_on"))


def promises_due(then: Known) -> list[Promise]:
    over = then.day - timedelta(days=3)
    return [row for row in then.promises if window(then, 90) < row.promised_on <= over]


def promise_kept_share(then: Known) -> Parts:
    due = promises_due(then)
    held = sum(row.amount for row in due if kept(then, row))
    return held, where_present(then, "promises", sum(row.amount for row in due)), 1


def promise_kept_count_share(then: Known) -> Parts:
    due = promises_due(then)
    return sum(kept(then, row) for row in due), where_present(then, "promises", len(due)), 1


def contacts_of_month(then: Known) -> list[Contact]:
    return [row for row in then.contacts if row.contacted_on > opening(then.day)]


def contact_rate(then: Known) -> Parts:
    overdue = {invoice.customer for invoice in owed_on(then, then.day) if invoice.due_on < then.day}
    contacted = {row.customer for row in contacts_of_month(then)}
    return len(overdue & contacted), where_present(then, "contacts", len(overdue)), 1


def right_party_share(then: Known) -> Parts:
    mine = [row for row in contacts_of_month(then) if then.group in (None, row.group)]
    reached = [row.right_party for row in mine if row.right_party is not None]
    return sum(reached), where_present(then, "contacts", len(reached)), 1


def reminder_lead(then: Known) -> Parts:
    leads = []
    for invoice in then.invoices:
        first = min((row.contacted_on for row in then.contacts if row.invoice == invoice.name), default=None)
        if first and first > window(then, 90):
            leads.append((first - invoice.due_on).days)
    return median(leads), where_present(then, "contacts", 1), 1


def invoicing_lag(then: Known) -> Parts:
    lags = [(row.issued_on - row.delivered_on).days for row in issued(then, window(then, 90)) if row.delivered_on]
    return sum(lags), len(lags), 1


def cost(then: Known) -> int | None:
    """What was booked for the month; nothing was booked for a group."""
    booked = [row.amount for row in then.costs if row.month > opening(then.day)]
    return sum(booked) if booked and then.group is None else None


def cost_to_collect(then: Known) -> Parts:
    return cost(then), where_present(then, "costs", month_cash(then)), 1


def cost_per_invoice(then: Known) -> Parts:
    return cost(then), where_present(then, "costs", len(issued(then, opening(then.day)))), 1


def collections_roi(then: Known) -> Parts:
    month = [row for row in then.applications if row.kind == "cash" and row.entered_on > opening(then.day)]
    late = sum(row.amount for row in month if row.applied_on > row.invoice.due_on)
    spent = cost(then)
    return None if spent is None else late - spent, spent, 1


def collections_roi_net(then: Known) -> Parts:
    came, _, _ = recovery_rate(then)
    spent, expected = cost(then), unasked(then)
    return None if spent is None or expected is None else came - expected - spent, spent, 1


def unasked(then: Known) -> Fraction | None:
    """What the month's overdue invoices would have brought, by what came a day of those not yet contacted before."""
    closes = [then.day]
    while len(closes) < 14:
        closes.append(opening(closes[-1]))
    came, owed_days = Counter(), Counter()
    for until, begins in itertools.pairwise(closes[1:]):
        for invoice, money in overdue_at(then, begins).items():
            paid, days = left_alone(then, invoice, begins, until)
            came[age_band(invoice, begins)] += sum(paid.values())
            owed_days[age_band(invoice, begins)] += money * days - sum(cash * (days - on) for on, cash in paid.items())
    expected, days = 0.0, (then.day - closes[1]).days
    for invoice, money in overdue_at(then, closes[1]).items():
        band = age_band(invoice, closes[1])
        if owed_days[band] <= 0:
            return None
        expected += money * (1 - math.exp(-max(came[band] / owed_days[band], 0) * days))
    return Fraction(expected) if overdue_at(then, closes[1]) else None


def left_alone(then: Known, invoice: Invoice, begins: date, until: date) -> tuple[Counter[int], int]:
    """The cash of each day until a customer was contacted or the month ended, and how many days these were."""
    met = [row.contacted_on for row in then.contacts if row.customer == invoice.customer and row.entered_on <= until]
    asked_on = min((day for day in met if day > begins), default=None)
    paid: Counter[int] = Counter()
    for row in then.applications:
        unasked_for = asked_on is None or row.counted_on < asked_on
        if unasked_for and row.kind == "cash" and row.invoice == invoice and begins < row.counted_on <= until:
            paid[(row.counted_on - begins).days] += row.amount
    return paid, ((asked_on or until) - begins).days


def overdue_at(then: Known, day: date) -> dict[Invoice, int]:
    return {invoice: money for invoice, money in owed_on(then, day).items() if invoice.due_on < day}


def age_band(invoice: Invoice, day: date) -> int:
    return sum((day - invoice.due_on).days > edge for edge in (30, 60, 90, 120))


def offers(then: Known) -> dict[Invoice, int]:
    return {
        invoice: invoice.discount
        for invoice in then.invoices
        if invoice.discount_until and invoice.discount and window(then, 90) < invoice.discount_until <= then.day
    }


def discount_uptake(then: Known) -> Parts:
    taken = sum(row.amount for row in then.applications if row.kind == "discount" and row.invoice in offers(then))
    return taken, sum(offers(then).values()), 1


def discount_cost(then: Known) -> Parts:
    weighed, weights = Fraction(0), 0
    for invoice, offer in offers(then).items():
        sooner = (invoice.due_on - invoice.discount_until).days
        d = Fraction(offer, invoice.amount)
        if sooner > 0 and d < 1:
            weighed += offer * d / (1 - d) * 365 / sooner
            weights += offer
    return weighed, weights, 1


MONEY: dict[str, Callable[[Known], int]] = {
    "open_ar": open_ar,
    "credit_balance": credit_balance,
    "net_ar": lambda then: open_ar(then) + credit_balance(then),
    "overdue_ar": lambda then: past_due(then, then.day, 0),
    "aging:current": current,
    "aging:1-30": lambda then: past_due(then, then.day, 0, 30),
    "aging:31-60": lambda then: past_due(then, then.day, 30, 60),
    "aging:61-90": lambda then: past_due(then, then.day, 60, 90),
    "aging:91-120": lambda then: past_due(then, then.day, 90, 120),
    "aging:121+": lambda then: past_due(then, then.day, 120),
    "billed": lambda then: billed(then, opening(then.day)),
    "cash": month_cash,
    "credit_notes": lambda then: flow(then, "credit_note", opening(then.day)),
    "discounts": lambda then: flow(then, "discount", opening(then.day)),
    "write_offs": lambda then: flow(then, "write_off", opening(then.day)),
    "set_offs": lambda then: flow(then, "set_off", opening(then.day)),
    "withheld_tax": lambda then: flow(then, "tax_withheld", opening(then.day)),
    "bank_charges": lambda then: flow(then, "bank_charge", opening(then.day)),
    "differences": lambda then: flow(then, "difference", opening(then.day)),
}
TWINS: dict[str, Callable[[Known], Parts]] = {
    **{name: money(amount) for name, amount in MONEY.items()},
    "overdue_share": of_open_ar(lambda then: past_due(then, then.day, 0)),
    "over_90_share": of_open_ar(lambda then: past_due(then, then.day, 90)),
    "disputed_share": lambda then: (disputed(then), where_present(then, "disputes", open_ar(then)), 1),
    "top10_share": top10(by_customer),
    "hhi": hhi(by_customer),
    "top10_group_share": top10(by_company),
    "hhi_group": hhi(by_company),
    "dso": lambda then: over_billing(then, open_ar(then), 90, scale=90),
    "dso_12m": lambda then: over_billing(then, open_ar(then), 365, scale=365),
    "dso_countback": dso_countback,
    "dso_best_possible": lambda then: over_billing(then, current(then), 90, scale=90),
    "add": lambda then: over_billing(then, past_due(then, then.day, 0), 90, scale=90),
    "ar_turnover": lambda then: over_billing(then, billed(then, window(then, 365)), 365, below=open_ar(then)),
    "days_beyond_terms": weighed(lambda invoice: invoice.due_on),
    "days_to_pay": weighed(lambda invoice: invoice.issued_on),
    "days_to_pay_median_km": days_to_pay_median_km,
    "paid_on_time_share": paid_on_time_share,
    "paid_on_time_count_share": paid_on_time_count_share,
    "days_to_resolve_mean": days_to_resolve_mean,
    "days_to_resolve_median": lambda then: (median(days_overdue_when_settled(then)), 1, 1),
    "cei": cei,
    "cei_3m": cei_3m,
    "collection_rate": collection_rate,
    "collection_rate_period": collection_rate_period,
    "collection_rate_outstanding": collection_rate_outstanding,
    "recovery_rate": recovery_rate,
    "recovered_30": recovered(30),
    "recovered_60": recovered(60),
    "recovered_90": recovered(90),
    "recovered_to_outstanding": of_open_ar(late_cash),
    "bad_debt_share": lambda then: over_billing(then, flow(then, "write_off", window(then, 365)), 365),
    "dispute_rate": dispute_rate,
    "dispute_days": dispute_days,
    "promise_kept_share": promise_kept_share,
    "promise_kept_count_share": promise_kept_count_share,
    "contact_rate": contact_rate,
    "right_party_share": right_party_share,
    "reminder_lead": reminder_lead,
    "invoicing_lag": invoicing_lag,
    "cost_to_collect": cost_to_collect,
    "cost_per_invoice": cost_per_invoice,
    "collections_roi": collections_roi,
    "collections_roi_net": collections_roi_net,
    "discount_uptake": discount_uptake,
    "discount_cost": discount_cost,
}
# Their parts are numbers of things or days; the parts of all others are money.
COUNTED = {
    "hhi",
    "hhi_group",
    "dso_countback",
    "days_to_pay_median_km",
    "paid_on_time_count_share",
    "days_to_resolve_mean",
    "days_to_resolve_median",
    "dispute_days",
    "promise_kept_count_share",
    "contact_rate",
    "right_party_share",
    "reminder_lead",
    "invoicing_lag",
}
# Money for each thing of a number of them.
EACH = {"cost_per_invoice"}


# Rows of text become facts.


def facts(tables: Tables) -> Known:
    """The whole ledger, its end included; `known` cuts it off on a day."""
    tables = ledgers.merged(tables)
    segments = {row["customer_id"]: row.get("segment", "") for row in tables.get("customers", [])}
    companies = ledgers.companies(tables)
    invoices = {row["invoice_id"]: _invoice(row, segments, companies) for row in tables["invoices"]}
    paid = [
        {"invoice_id": row["invoice_id"], "applied_on": row["paid_on"], "kind": "cash", "amount": row["amount"]}
        for row in tables["invoices"]
        if row.get("paid_on")
    ]
    rows = tables.get("applications", paid)
    backs = ledgers.taken_back(tables["invoices"], rows)
    applications = [_application(row, back, invoices[row["invoice_id"]]) for row, back in zip(rows, backs, strict=True)]
    return Known(
        date.max,
        list(invoices.values()),
        applications,
        [_receipt(row, segments) for row in tables.get("receipts", [])],
        _credits(tables, segments, invoices),
        [
            Dispute(
                row["invoice_id"],
                date.fromisoformat(row["opened_on"]),
                _day(row.get("closed_on")),
                _cents(row["amount"]) if row.get("amount") else None,
                _entered(row, "opened_on"),
            )
            for row in tables.get("disputes", [])
        ],
        applications,
        [_promise(row, segments) for row in tables.get("promises", [])],
        [_contact(row, segments) for row in tables.get("contacts", [])],
        [Cost(date.fromisoformat(row["month"]), _cents(row["amount"])) for row in tables.get("costs", [])],
        set(tables),
    )


def _invoice(row: Row, segments: dict[str, str], companies: dict[str, str]) -> Invoice:
    return Invoice(
        row["invoice_id"],
        row["customer_id"],
        row.get("segment") or segments.get(row["customer_id"]) or "(none)",
        date.fromisoformat(row["issued_on"]),
        date.fromisoformat(row["due_on"]),
        _cents(row["amount"]),
        _entered(row, "issued_on"),
        companies.get(row["customer_id"], row["customer_id"]),
        _day(row.get("delivered_on")),
        _day(row.get("discount_until")),
        _cents(row["discount_amount"]) if row.get("discount_amount") else None,
    )


def _application(row: Row, back: Row | None, invoice: Invoice) -> Application:
    """A negative one stands on the days of what it takes back."""
    entered_on, counted_on = (max(_entered(each, "applied_on"), invoice.entered_on) for each in (row, back or row))
    applied_on = date.fromisoformat((back or row)["applied_on"])
    return Application(invoice, applied_on, _cents(row["amount"]), row["kind"], entered_on, counted_on)


def _credits(tables: Tables, segments: dict[str, str], invoices: dict[str, Invoice]) -> list[Receipt]:
    """The credits, and what was applied of them."""
    credits = {row["credit_id"]: row for row in tables.get("credits", [])}
    rows = [_receipt(row | {"received_on": row["issued_on"]}, segments) for row in credits.values()]
    for row in tables.get("applications", []):
        credit = credits.get(row.get("credit_id", ""))
        if credit:
            customer, used = credit["customer_id"], _application(row, None, invoices[row["invoice_id"]])
            rows.append(Receipt(customer, segments.get(customer) or "(none)", -used.amount, used.entered_on))
    return rows


def _receipt(row: Row, segments: dict[str, str]) -> Receipt:
    group = segments.get(row["customer_id"]) or "(none)"
    return Receipt(row["customer_id"], group, _cents(row["amount"]), _entered(row, "received_on"))


def _promise(row: Row, segments: dict[str, str]) -> Promise:
    return Promise(
        row["customer_id"],
        row.get("invoice_id", ""),
        segments.get(row["customer_id"]) or "(none)",
        date.fromisoformat(row["made_on"]),
        date.fromisoformat(row["promised_on"]),
        _cents(row["amount"]),
        _entered(row, "made_on"),
    )


def _contact(row: Row, segments: dict[str, str]) -> Contact:
    return Contact(
        row["customer_id"],
        row.get("invoice_id", ""),
        segments.get(row["customer_id"]) or "(none)",
        date.fromisoformat(row["contacted_on"]),
        {"true": True, "false": False}.get(row.get("right_party", "")),
        _entered(row, "contacted_on"),
    )


def _entered(row: Row, event: str) -> date:
    happened_on = date.fromisoformat(row[event])
    return max(happened_on, _day(row.get("known_on")) or happened_on)


def _day(cell: str | None) -> date | None:
    return date.fromisoformat(cell) if cell else None


def _cents(cell: str) -> int:
    return int(Fraction(cell) * 100)


# Both sides, face to face.


Key = tuple[date, str | None, str]
"""Day, group (None for the whole ledger), KPI."""


def disagreements(tables: Tables, folder: Path, days: Iterable[date]) -> list[str]:
    """Every figure on which engine and twins do not agree, on each day, whole and by segment."""
    books = open_books(ledgers.write(tables, folder), Settings())
    assert books.quarantine.empty, books.quarantine.message.to_list()
    rows = measured(books, days, by="segment").to_dict("records")
    engine = {(row["as_of"].date(), row["group"] if row["by"] else None, row["kpi"]): row for row in rows}
    twin = _twins(facts(tables), days)
    missing = [f"{key}: one side has no such figure" for key in engine.keys() ^ twin.keys()]
    untold = _untold(tables)
    both = [key for key in twin if key in engine and key[2] not in untold and not _agree(engine[key], twin[key])]
    missing += [
        f"{key}: nothing tells it" for key, row in engine.items() if key[2] in untold and row["value"] == row["value"]
    ]
    return sorted(missing) + [f"{key}: engine {_shown(engine[key])}, twin {twin[key]}" for key in both]


def _untold(tables: Tables) -> set[str]:
    """The figures that only applications tell, where there are none."""
    return (
        set()
        if "applications" in tables
        else {kpi.name for kpi in catalogue(Settings()) if kpi.needs == "applications"}
    )


def _twins(ledger: Known, days: Iterable[date]) -> dict[Key, Parts]:
    figures: dict[Key, Parts] = {}
    for day in days:
        then = known(ledger, day)
        views = {None: then} | {group: then.of(group) for group in then.groups}
        figures |= {(day, group, name): twin(view) for group, view in views.items() for name, twin in TWINS.items()}
    return figures


def _agree(row: dict[Any, Any], parts: Parts) -> bool:
    above, below, scale = parts
    above_unit, below_unit = 1 if row["kpi"] in COUNTED else 100, 1 if row["kpi"] in COUNTED | EACH else 100
    above = None if above is None else Fraction(above, above_unit)
    below = None if below is None else Fraction(below, below_unit)
    value = None if above is None or below is None or below <= 0 else above / below * scale
    if row["unit"] == "money":
        return value is not None and row["value"] == row["numerator"] == float(value) and row["denominator"] == 1
    return all(map(_close, (row["value"], row["numerator"], row["denominator"]), (value, above, below)))


def _close(engine: float, twin: Number | None) -> bool:
    return math.isnan(engine) if twin is None else math.isclose(engine, twin, rel_tol=1e-9, abs_tol=1e-9)


def _shown(row: dict[Any, Any]) -> str:
    return f"{row['value']} = {row['numerator']} / {row['denominator']}"


def test_every_kpi_has_a_twin() -> None:
    assert sorted(TWINS) == sorted(kpi.name for kpi in catalogue(Settings()))


@st.composite
def served(draw: st.DrawFn) -> Tables:
    """A drawn ledger with groups of companies, deliveries, offers of discount, promises, contacts and costs."""
    tables, deck = draw(ledgers.groups()), draw(st.randoms(use_true_random=False))
    bills = tables["invoices"]
    extra = {
        "invoices": [row | _terms(row, deck) for row in bills],
        "disputes": [row | {"amount": deck.choice(["", "0.01", "700.00"])} for row in tables.get("disputes", [])],
        "promises": [row for nth, bill in enumerate(bills) for row in _promises(nth, bill, deck)],
        "contacts": [_contacted(nth, deck.choice(bills), deck) for nth in range(len(bills))],
        "costs": [
            {"month": f"{year}-{month:02}-01", "category": deck.choice(["staff", "legal"]), "amount": "1234.56"}
            for year in (2024, 2025)
            for month in range(1, 13)
            for _ in range(deck.randrange(3))
        ],
    }
    return tables | {name: rows for name, rows in extra.items() if name in tables or deck.randrange(4)}


def _terms(bill: Row, deck: random.Random) -> Row:
    cents = _cents(bill["amount"])
    offer = deck.choice([0, max(cents // 50, 1), max(cents // 10, 1), cents])
    return {
        "delivered_on": _later(bill["issued_on"], deck, [None, -9, -1, 0, 2]),
        "discount_until": _later(bill["issued_on"], deck, [0, 10, 30]) if offer else "",
        "discount_amount": f"{offer / 100:.2f}" if offer else "",
    }


def _promises(nth: int, bill: Row, deck: random.Random) -> list[Row]:
    made_on = _later(bill["due_on"], deck, [-30, -4, 0, 1, 5, 30])
    row = {
        "promise_id": f"P{nth}",
        "customer_id": bill["customer_id"],
        "made_on": made_on,
        "promised_on": _later(made_on, deck, [0, 2, 7, 30]),
        "amount": deck.choice([bill["amount"], "0.01", "5000.00"]),
        "invoice_id": deck.choice(["", bill["invoice_id"]]),
        "known_on": _later(made_on, deck, [None, None, 0, 20]),
    }
    return [row] * deck.randrange(2)


def _contacted(nth: int, bill: Row, deck: random.Random) -> Row:
    contacted_on = _later(bill["due_on"], deck, [-10, -1, 0, 3, 20, 60])
    return {
        "contact_id": f"K{nth}",
        "customer_id": bill["customer_id"],
        "contacted_on": contacted_on,
        "channel": "call",
        "invoice_id": deck.choice(["", bill["invoice_id"]]),
        "right_party": deck.choice(["", "true", "false"]),
        "known_on": _later(contacted_on, deck, [None, None, 0, 20]),
    }


def _later(day: str, deck: random.Random, choices: list[int | None]) -> str:
    by = deck.choice(choices)
    return "" if by is None else str(date.fromisoformat(day) + timedelta(days=by))


# Not shrunk: a smaller ledger costs minutes of opening ledgers, and the message names day, group and figure.
@settings(
    derandomize=True,
    deadline=None,
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(served(), st.lists(ledgers.days, min_size=3, max_size=4, unique=True))
@example({"invoices": [], "applications": []}, [date(2024, 6, 30)])
def test_engine_and_twins_agree_on_drawn_ledgers(tables: Tables, days: list[date]) -> None:
    with TemporaryDirectory() as folder:
        found = disagreements(tables, Path(folder) / "ledger", sorted({*days, *map(_month_end, days)}))
    assert not found, "\n".join(found[:20])


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def test_engine_and_twins_agree_on_the_sample_company(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample", customers=25, months=18)
    tables = ledgers.read(tmp_path / "sample")
    assert disagreements(tables, tmp_path / "ledger", [date(2025, 12, 31), date(2026, 6, 15)]) == []


def test_engine_and_twins_agree_on_a_ledger_with_its_answers(tmp_path: Path) -> None:
    folder = SHARED / "golden" / "ledger"
    if not folder.exists():
        pytest.skip("There is no ledger ../shared/golden/ledger beside the project.")
    days = [date(2024, 2, 29), date(2024, 12, 30), date(2025, 7, 15)]
    assert disagreements(ledgers.read(folder), tmp_path / "ledger", days) == []


def test_engine_and_twins_agree_on_real_invoices_with_paid_on(tmp_path: Path) -> None:
    folder = SHARED / "data" / "payment_dates"
    if not folder.exists():
        pytest.skip("There is no ledger ../shared/data/payment_dates beside the project.")
    rows = [row for row in ledgers.read(folder)["invoices"] if row["customer_id"].startswith("2000")][:600]
    assert disagreements({"invoices": rows}, tmp_path / "ledger", [date(2019, 5, 31), date(2019, 9, 12)]) == []
