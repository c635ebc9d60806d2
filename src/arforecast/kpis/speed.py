"""How fast billing becomes cash: DSO in its forms, days beyond terms, days to pay."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import pandas as pd
from ibis import _

from arforecast.kpis.catalogue import Parts, Sums, kpi
from arforecast.ledger.median import medians
from arforecast.snapshot import Facts, added, cohort, counted, histories, positions, total

ROUNDING = 1e-9


def countback(facts: Facts) -> ibis.Table:
    """The days it takes to exhaust open_ar by billing, month by month backwards: by as_of and group, countback_days.

    Where the rest of open_ar ends inside a month's billing, the days after that month count whole (months without
    billing among them) and its own days by rest / billing. No row where the history runs out first.
    """
    rest = _billed_backwards(facts).join(_open(facts), ["as_of", "group"])
    last = rest.mutate(rest=rest.open - rest.later).filter((_.rest > 0) & (_.rest <= _.billed))
    whole = last.as_of.delta(last.last_on, unit="day")
    days = last.last_on.delta(last.first_on, unit="day") + 1
    part = last.rest.cast("float64") / last.billed.cast("float64")
    return last.select("as_of", "group", countback_days=whole + part * days)


def _open(facts: Facts) -> ibis.Table:
    owed = positions(facts, facts.calendar.select(on="as_of")).filter(_.balance > 0)
    return owed.group_by("group", as_of="on").aggregate(open=total(owed.balance))


def _billed_backwards(facts: Facts) -> ibis.Table:
    """Each month's billing as known by as_of, and the billing of the months later than it."""
    billed = _sold(facts)
    daily = billed.group_by("group", "entered_on").aggregate(amount=total(billed.amount))
    days = facts.calendar.select("as_of")
    known = days.join(daily, daily.entered_on <= days.as_of)
    first_on = known.entered_on.truncate("M")
    last_on = ibis.least(first_on + ibis.interval(months=1) - ibis.interval(days=1), known.as_of)
    dated = known.mutate(first_on=first_on.cast("date"), last_on=last_on.cast("date"))
    monthly = dated.group_by("as_of", "group", "first_on", "last_on").aggregate(billed=total(dated.amount))
    backwards = ibis.cumulative_window(group_by=["as_of", "group"], order_by=ibis.desc("first_on"))
    so_far = monthly.billed.sum().over(backwards).cast(monthly.billed.type())
    return monthly.mutate(later=so_far - monthly.billed)


def _sold(facts: Facts) -> ibis.Table:
    """What was billed in whole months, without the balance that the ledger opened with: that is no sale."""
    billed, begins = facts.entries.filter(_.kind == "billed"), facts.books.notes.complete_from
    return billed if begins is None else billed.filter(_.entered_on.truncate("M").cast("date") >= begins)


def days_to_settle(facts: Facts) -> ibis.Table:
    """The Kaplan-Meier median of the days from issue to settlement, by as_of and group: km_median_days.

    Invoices issued in the last 90 days; those still open at as_of are censored there. No row where fewer than half
    are known to be settled by any age.
    """
    return median_age(_ages(facts)).rename(km_median_days="median_days")


def median_age(lives: ibis.Table) -> ibis.Table:
    """The Kaplan-Meier median of lives (as_of, group, age in days, settled: 1, or 0 where still open at that age), by
    as_of and group: median_days. No row where fewer than half are known to end by any age."""
    reached = _survival(lives).filter(_.surviving <= 0.5 + ROUNDING)
    return reached.group_by("as_of", "group").aggregate(median_days=_.age.min())


def _survival(lives: ibis.Table) -> ibis.Table:
    """The share still open after each age: the product of 1 - settled / at risk over the ages up to it."""
    by = ["as_of", "group"]
    ages = lives.group_by(*by, "age").aggregate(settled=_.settled.sum(), left=_.count())
    at_risk = ages.left.sum().over(ibis.window(group_by=by, order_by="age", preceding=0, following=None))
    lasting = ages.mutate(share=1 - ages.settled / at_risk)
    # The logarithm of nothing left is kept finite: far below a half, whatever stands before it.
    log = (lasting.share > 0).ifelse(lasting.share, ROUNDING).ln()
    return lasting.mutate(surviving=log.sum().over(ibis.cumulative_window(group_by=by, order_by="age")).exp())


def _ages(facts: Facts) -> ibis.Table:
    """The invoices of the window, with their age in days at settlement or, where open, at as_of."""
    window = cohort(facts, "issued_on", "before_90_on", "as_of", "invoice_id", "group", "issued_on")
    known = facts.settlements
    joined = window.left_join(
        known,
        (window.invoice_id == known.invoice_id) & (known.since <= window.as_of) & (known.until > window.as_of),
    )
    end = joined.settled_on.fill_null(joined.as_of)
    age = ibis.greatest(end.delta(joined.issued_on, unit="day"), 0)
    return joined.select("as_of", "group", age=age, settled=joined.settled_on.notnull().ifelse(1, 0))


def resolved(facts: Facts) -> ibis.Table:
    """Invoices settled in the last 90 days and after their due date, by as_of and group: resolved_count,
    resolved_days, resolved_median_days."""
    late = resolved_rows(facts)
    middle = medians(late, ["as_of", "group"], "resolved_days").rename(resolved_median_days="median")
    return added(late, "resolved_count", "resolved_days").join(middle, ["as_of", "group"])


def resolved_rows(facts: Facts) -> ibis.Table:
    """The invoices settled in the last 90 days and after their due date, each with its days."""
    days = facts.calendar.select("as_of", "before_90_on")
    known = facts.settlements
    settled = days.join(
        known, (known.settled_on > days.before_90_on) & (known.since <= days.as_of) & (known.until > days.as_of)
    )
    joined = settled.join(facts.invoices.select("invoice_id", "group", "due_on"), "invoice_id")
    late = joined.mutate(resolved_days=joined.settled_on.delta(joined.due_on, unit="day")).filter(_.resolved_days > 0)
    return late.mutate(resolved_count=ibis.literal(1, "int64"))


def on_time(facts: Facts) -> ibis.Table:
    """Invoices that fell due in the last 90 days, by as_of and group: due_amount, on_time_amount, due_count,
    on_time_count."""
    return added(on_time_rows(facts), "due_amount", "on_time_amount", "due_count", "on_time_count")


def on_time_rows(facts: Facts) -> ibis.Table:
    """The invoices that fell due in the last 90 days, each with what it adds to the sums of `on_time`. Of what was
    issued before the ledger is complete only the unpaid are there: they are left out."""
    known = histories(facts, "due_on", "before_90_on", "as_of")
    if begins := facts.books.notes.complete_from:
        known = known.filter(_.issued_on >= begins)
    invoices = known.group_by("as_of", "group", "invoice_id", "customer_id", "due_on").aggregate(
        due_amount=total(known.amount, known.kind == "billed"), on_time_amount=total(known.amount, punctual(known))
    )
    return invoices.mutate(
        due_count=ibis.literal(1, "int64"), on_time_count=counted(invoices.on_time_amount >= invoices.due_amount)
    )


def punctual(booked: ibis.Table) -> ibis.BooleanValue:
    """Whether an entry reduces its invoice, and did so by its due date."""
    return (booked.kind != "billed") & (booked.happened_on <= booked.due_on)


@kpi("days", better="lower", after="before_90_on")
def dso(m: pd.DataFrame) -> Parts:
    """Days sales outstanding: the days of billing that what is owed stands for. open_ar / billed in the last 90 days
    x 90. Source: CRF."""
    return m.open, m.billed_90, 90


@kpi("days", better="lower", after="before_365_on")
def dso_12m(m: pd.DataFrame) -> Parts:
    """DSO over a year, which seasons do not move: open_ar / billed in the last 365 days x 365."""
    return m.open, m.billed_365, 365


@kpi("days", better="lower", counted=True, back="as_of")
def dso_countback(m: pd.DataFrame) -> Parts:
    """DSO by count-back: exhaust open_ar month by month backwards, starting with the days of this month so far; whole
    months give their days, the last one rest / billing x its days. Not defined when the history runs out first."""
    return m.countback_days.mask(m.open == 0, 0.0), 1, 1


@kpi("days", better="lower", after="before_90_on")
def dso_best_possible(m: pd.DataFrame) -> Parts:
    """DSO if nothing were overdue: current open balance / billed in the last 90 days x 90. Source: CRF best possible
    DSO."""
    return m.current, m.billed_90, 90


@kpi("days", better="lower", after="before_90_on")
def add(m: pd.DataFrame) -> Parts:
    """Average days delinquent: dso - dso_best_possible, so overdue balances in days of billing; not a mean of days
    late. Source: CRF."""
    return m.open - m.current, m.billed_90, 90


@kpi("times a year", better="higher", after="before_365_on")
def ar_turnover(m: pd.DataFrame) -> Parts:
    """How often a year what is owed turns over: billed in the last 365 days / open_ar."""
    return m.billed_365, m.open, 1


@kpi("days", better="lower", back="before_90_on")
def days_beyond_terms(m: pd.DataFrame) -> Parts:
    """How late money comes: sum of payments x (applied_on - due_on) / sum of payments, over those of the last 90 days:
    cash, set-offs, withheld tax. Early payment counts negative; what was returned is no payment."""
    return m.paid_days_late_90, m.paid_90, 1


@kpi("days", better="lower", back="before_90_on")
def days_to_pay(m: pd.DataFrame) -> Parts:
    """How long money takes: sum of payments x (applied_on - issued_on) / sum of payments, over those of the last 90
    days: cash, set-offs, withheld tax. What was returned is no payment."""
    return m.paid_days_to_pay_90, m.paid_90, 1


@kpi("days", better="lower", after="before_90_on", counted=True)
def days_to_pay_median_km(m: pd.DataFrame) -> Parts:
    """The age by which half of the invoices are settled: the Kaplan-Meier median of issue to settlement, for invoices
    issued in the last 90 days, open ones censored at as_of. Source: Kaplan and Meier (1958)."""
    return m.km_median_days, 1, 1


@kpi("share", better="higher", back="before_90_on")
def paid_on_time_share(m: pd.DataFrame) -> Parts:
    """The share of money that is in by its due date: of invoices due in the last 90 days, applications dated by
    due_on / amounts."""
    return m.on_time_amount, m.due_amount, 1


@kpi("share", better="higher", counted=True, back="before_90_on")
def paid_on_time_count_share(m: pd.DataFrame) -> Parts:
    """The share of invoices that are settled by their due date: of invoices due in the last 90 days, those fully
    settled by due_on / their number."""
    return m.on_time_count, m.due_count, 1


@kpi("days", better="lower", counted=True, back="before_90_on")
def days_to_resolve_mean(m: pd.DataFrame) -> Parts:
    """How long overdue invoices stay so: the mean of settled_on - due_on, over invoices settled in the last 90 days
    that were overdue then."""
    return m.resolved_days, m.resolved_count, 1


@kpi("days", better="lower", counted=True, back="before_90_on")
def days_to_resolve_median(m: pd.DataFrame) -> Parts:
    """As days_to_resolve_mean, the median: half of the invoices took no longer."""
    return m.resolved_median_days, 1, 1


MEASURES: dict[Callable[[Facts], ibis.Table], Sums] = {
    countback: Sums(("countback_days",)),
    days_to_settle: Sums(("km_median_days",)),
    on_time: Sums(("due_amount", "on_time_amount", "due_count", "on_time_count")),
    resolved: Sums(("resolved_count", "resolved_days", "resolved_median_days")),
}
