"""What was agreed and what came of it: terms of payment, early-payment discounts, late fees, payment plans."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
from ibis import _

from arforecast.kpis.balances import banded
from arforecast.kpis.cost import yearly_cost
from arforecast.kpis.speed import punctual
from arforecast.schedules.sheet import (
    days,
    first_day,
    known_at_issue,
    owed,
    share,
    twelve_months,
    year,
)
from arforecast.snapshot import Facts, fetched, pays, read, total

EDGES, TERMS = (0, 15, 30, 60), ("0", "1-15", "16-30", "31-60", "61+")
BROKEN_INSTALMENTS = 2
# Plans can be numbered customer by customer.
PLAN = ["customer_id", "plan_id"]


def terms(facts: Facts, as_of: date) -> pd.DataFrame:
    """What the terms of payment are and how they are kept: invoices issued in the last 365 days by due_on - issued_on
    in days, their number, what was billed and its share, and how late they were paid (sum of payments x (applied_on -
    due_on) / sum of payments: cash, set-offs, withheld tax); the early-payment discounts offered and taken on them, and
    what those cost a year, d / (1 - d) x 365 / (N - D) for a discount of the share d within D days on terms of N days,
    weighed by the discounts offered."""
    sums = fetched(_by_terms(facts, as_of)).set_index("terms")
    offers = fetched(_offers(facts, as_of)).set_index("terms")
    rows = sums.join(offers).reindex([name for name in TERMS if name in sums.index])
    table = pd.DataFrame(
        {
            "invoices": rows.invoices,
            "billed_amount": rows.billed,
            "billed_share": share(rows.billed, rows.billed.sum()),
            "days_beyond_terms": share(rows.paid_days, rows.paid),
            "discount_offered_amount": rows.offered.fillna(0),
            "discount_taken_amount": rows.taken,
            "discount_yearly_cost_share": share(rows.cost, rows.priced),
        }
    )
    return read(table.reset_index(names="terms"), facts)


def _by_terms(facts: Facts, as_of: date) -> ibis.Table:
    """What happened to the invoices of the year: terms, invoices, billed, paid, paid_days, taken (of discounts)."""
    entries = known_at_issue(facts, as_of).filter(year(_.issued_on, as_of))
    billed, paid = entries.kind == "billed", pays(entries)
    late = entries.happened_on.delta(entries.due_on, unit="day")
    return entries.group_by(terms=_band(entries)).aggregate(
        invoices=billed.ifelse(1, 0).sum().cast("int64"),
        billed=total(entries.amount, billed),
        paid=total(entries.amount, paid),
        paid_days=total(entries.amount * late, paid),
        taken=total(entries.amount, entries.kind == "discount"),
    )


def _offers(facts: Facts, as_of: date) -> ibis.Table:
    """The discounts offered: terms, offered, and of the offers that have a price, priced and cost (each times its
    yearly cost)."""
    issued = facts.invoices.filter((_.entered_on <= as_of) & year(_.issued_on, as_of) & (_.discount_amount > 0))
    offers = issued.mutate(cost=yearly_cost(issued))
    return offers.group_by(terms=_band(offers)).aggregate(
        offered=total(offers.discount_amount),
        priced=total(offers.discount_amount, offers.cost.notnull()),
        cost=offers.cost.sum().cast("float64"),
    )


def _band(rows: ibis.Table) -> ibis.Value:
    return banded(rows.due_on.delta(rows.issued_on, unit="day"), EDGES, TERMS)


def late_fees(facts: Facts, as_of: date) -> pd.DataFrame:
    """What late fees bring: fees issued in the twelve calendar months that end with as_of's by month, their number,
    what was billed, collected (cash, set-offs, withheld tax) and waived (all else) of it so far, and what is open:
    billed - collected - waived."""
    fees = facts.invoices.filter(_.kind == "fee").select("invoice_id")
    entries = known_at_issue(facts, as_of).filter(twelve_months(_.issued_on, as_of)).semi_join(fees, "invoice_id")
    sums = entries.group_by(month_on=first_day(entries.issued_on, "M")).aggregate(
        fees=(entries.kind == "billed").ifelse(1, 0).sum().cast("int64"),
        billed_amount=total(entries.amount, entries.kind == "billed"),
        collected_amount=total(entries.amount, pays(entries)),
        waived_amount=total(entries.amount, ~pays(entries) & (entries.kind != "billed")),
        open_balance=total((entries.kind == "billed").ifelse(entries.amount, -entries.amount)),
    )
    return read(fetched(sums).sort_values("month_on", ignore_index=True), facts)


def payment_plans(facts: Facts, as_of: date) -> pd.DataFrame:
    """How payment plans are kept: instalments due in the twelve calendar months that end with as_of's by month of due
    date, their number and that of their plans, what was due, the share settled by its due date (as paid_on_time_share),
    what was paid so far, what is overdue at as_of and its share of what was due, and how many of the plans are
    broken: two or more instalments are overdue at as_of, of whatever month."""
    plans = _plans(facts, as_of)
    sums = plans.group_by("month_on").aggregate(
        plans=_.count(),
        instalments=_.instalments.sum().cast("int64"),
        due_amount=total(plans.due),
        on_time=total(plans.on_time),
        collected_amount=total(plans.collected),
        overdue_balance=total(plans.overdue),
        broken_plans=_.count(where=_.missed >= BROKEN_INSTALMENTS),
    )
    months = fetched(sums).sort_values("month_on", ignore_index=True)
    shares = {
        "paid_on_time_share": share(months.on_time, months.due_amount),
        "missed_share": share(months.overdue_balance, months.due_amount),
    }
    columns = ["month_on", "plans", "instalments", "due_amount", "paid_on_time_share", "collected_amount"]
    return read(months.assign(**shares)[[*columns, "overdue_balance", "missed_share", "broken_plans"]], facts)


def _plans(facts: Facts, as_of: date) -> ibis.Table:
    """The plans of which an instalment was due in a month of the twelve: PLAN, month_on, instalments, due, on_time,
    collected, overdue, and how many instalments of the plan are overdue in all (missed)."""
    rows = _instalments(facts, as_of)
    money = {name: total(rows[name]) for name in ("due", "on_time", "collected", "overdue")}
    return rows.group_by(*PLAN, "month_on").aggregate(instalments=_.count(), missed=_.missed.max(), **money)


def _instalments(facts: Facts, as_of: date) -> ibis.Table:
    """The instalments due in the twelve months: PLAN, month_on, due, on_time, collected, overdue, and how many
    instalments of the plan are overdue (missed)."""
    planned = facts.invoices.filter(_.plan_id.notnull()).select("invoice_id", "plan_id")
    entries = known_at_issue(facts, as_of).join(planned, "invoice_id")
    instalments = entries.group_by("invoice_id", *PLAN, "due_on").aggregate(
        due=total(entries.amount, entries.kind == "billed"),
        on_time=total(entries.amount, punctual(entries)),
        collected=total(entries.amount, pays(entries)),
    )
    standing = owed(facts, days([{"on": as_of}], "on")).filter(_.days_past_due > 0)
    rows = instalments.left_join(standing.select("invoice_id", overdue="balance"), "invoice_id")
    missed = rows.overdue.count().over(ibis.window(group_by=PLAN))
    return rows.mutate(missed=missed, month_on=first_day(rows.due_on, "M")).filter(twelve_months(_.due_on, as_of))
