"""How much of what was owed was collected."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import pandas as pd
from ibis import _

from arforecast.kpis.catalogue import Parts, Sums, kpi
from arforecast.snapshot import COHORT_AGES, Facts, added, histories, pays, positions

RECOVERED = tuple(f"{name}_{days}" for days in COHORT_AGES for name in ("left", "recovered"))


def collected(facts: Facts) -> ibis.Table:
    """The latest month of issue that is 90 days old, by as_of and group: issued_amount, collected_amount."""
    return added(collected_rows(facts), "issued_amount", "collected_amount")


def collected_rows(facts: Facts) -> ibis.Table:
    """The entries of that month's invoices, each with what it adds to the sums of `collected`."""
    known = histories(facts, "issued_on", "cohort_90_after", "cohort_90_until")
    in_time = pays(known) & (known.happened_on.delta(known.issued_on, unit="day") <= 90)
    which = {"issued_amount": known.kind == "billed", "collected_amount": in_time}
    return known.mutate(**{name: of.ifelse(known.amount, None) for name, of in which.items()})


def recovered(facts: Facts) -> ibis.Table:
    """The latest months of due dates that are 30, 60 and 90 days old, by as_of and group: left_N (the balance at the
    close of due_on) and recovered_N (cash within N days after)."""
    return added(recovered_rows(facts), *RECOVERED)


def recovered_rows(facts: Facts) -> ibis.Table:
    """The entries of those months' invoices, each with what it adds to the sums of `recovered`."""
    known = histories(facts, "due_on", "cohort_90_after", "cohort_30_until")
    late = known.happened_on.delta(known.due_on, unit="day")
    paid, billed = pays(known), known.kind == "billed"
    left = billed.ifelse(known.amount, (late <= 0).ifelse(-known.amount, 0))
    sums = {}
    for days in COHORT_AGES:
        of_month = (known.due_on > known[f"cohort_{days}_after"]) & (known.due_on <= known[f"cohort_{days}_until"])
        sums[f"left_{days}"] = of_month.ifelse(left, None)
        sums[f"recovered_{days}"] = (of_month & paid & (late > 0) & (late <= days)).ifelse(known.amount, None)
    return known.mutate(**sums)


def recovery(facts: Facts) -> ibis.Table:
    """Cash of the month on invoices that were overdue at its opening, by as_of and group: recovered_month."""
    return added(recovery_rows(facts), "recovered_month")


def recovery_rows(facts: Facts) -> ibis.Table:
    """The cash of `recovery`, one row an entry."""
    cash = facts.entries.filter(_.kind == "cash").select("invoice_id", "amount", "entered_on")
    days = facts.calendar.select("as_of", on="opening_on")
    paid = days.join(cash, (cash.entered_on > days.on) & (cash.entered_on <= days.as_of)).drop("entered_on")
    overdue = positions(facts, paid).filter((_.balance > 0) & (_.days_past_due > 0))
    return overdue.mutate(recovered_month=overdue.amount)


@kpi("percent", better="higher", back="opening_on")
def cei(m: pd.DataFrame) -> Parts:
    """Collection effectiveness index of the month: of all that could be collected, the percentage that was.
    (opening AR + billed - closing AR) / (opening AR + billed - closing current AR) x 100. Source: CRF."""
    due = m.open_opening + m.billed_month
    return due - m.open, due - m.current, 100


@kpi("percent", better="higher", after="quarter_opening_on")
def cei_3m(m: pd.DataFrame) -> Parts:
    """CEI over the three calendar months ending with this one, billing averaged: (opening + billed/3 - closing) /
    (opening + billed/3 - closing current) x 100. Source: CRF with N = 3. Not defined where the ledger begins within
    them: a third of less than three months' billing is too little."""
    due = m.open_quarter_opening + m.billed_quarter / 3
    return due - m.open, due - m.current, 100


@kpi("share", better="higher", after="cohort_90_after")
def collection_rate(m: pd.DataFrame) -> Parts:
    """What a month's billing brings in 90 days: of the latest month of issue that is 90 days old, payments within 90
    days of each invoice's issue (cash, set-offs, withheld tax) / amount issued."""
    return m.collected_amount, m.issued_amount, 1


@kpi("share", better="higher", back="opening_on")
def collection_rate_period(m: pd.DataFrame) -> Parts:
    """What the month brought of all that was there to collect: cash of the month / (opening AR + billed of the
    month)."""
    return m.cash_month, m.open_opening + m.billed_month, 1


@kpi("share", better="higher", back="opening_on")
def collection_rate_outstanding(m: pd.DataFrame) -> Parts:
    """What the month brought of what was owed at its start: cash of the month / opening AR. The form the billing trade
    quotes; it can exceed 1."""
    return m.cash_month, m.open_opening, 1


@kpi("share", better="higher", back="opening_on")
def recovery_rate(m: pd.DataFrame) -> Parts:
    """What the month brought of what was overdue at its start: cash of the month on invoices that were overdue at its
    opening / their open balance then."""
    return m.recovered_month, m.overdue_opening, 1


def _recovered(days: int, m: pd.DataFrame) -> Parts:
    return m[f"recovered_{days}"], m[f"left_{days}"], 1


@kpi("share", better="higher", after="cohort_30_after")
def recovered_30(m: pd.DataFrame) -> Parts:
    """How much of what was not paid by its due date came within 30 days after: of the latest month of due dates that
    is 30 days old, payments (cash, set-offs, withheld tax) with due_on < applied_on <= due_on + 30 / the open balance
    left at the close of due_on."""
    return _recovered(30, m)


@kpi("share", better="higher", after="cohort_60_after")
def recovered_60(m: pd.DataFrame) -> Parts:
    """As recovered_30, within 60 days, of the latest month of due dates that is 60 days old."""
    return _recovered(60, m)


@kpi("share", better="higher", after="cohort_90_after")
def recovered_90(m: pd.DataFrame) -> Parts:
    """As recovered_30, within 90 days, of the latest month of due dates that is 90 days old."""
    return _recovered(90, m)


@kpi("share", back="before_365_on")
def recovered_to_outstanding(m: pd.DataFrame) -> Parts:
    """Late money that came, against what is owed: cash of the last 365 days applied after the invoice's due_on /
    open_ar."""
    return m.late_cash_365, m.open, 1


MEASURES: dict[Callable[[Facts], ibis.Table], Sums] = {
    collected: Sums(("issued_amount", "collected_amount")),
    recovered: Sums(RECOVERED),
    recovery: Sums(("recovered_month",)),
}
