"""What collecting costs and brings, and what early payment is paid for."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import pandas as pd
from ibis import _

from arforecast.kpis.catalogue import Parts, kpi
from arforecast.ledger import valued
from arforecast.snapshot import WHOLE, Facts, cohort, total


def spent(facts: Facts) -> ibis.Table:
    """The cost of the month, by as_of and group: cost_month. Costs know their entity; they have no other group."""
    costs = facts.books.tables["costs"].mutate(group=_.entity if facts.by == "entity" else ibis.literal(WHOLE))
    days = facts.calendar.select("as_of", "opening_on")
    month = days.join(costs, (costs.month > days.opening_on) & (costs.month <= days.as_of))
    return month.group_by("as_of", "group").aggregate(cost_month=total(month.amount))


def issued(facts: Facts) -> ibis.Table:
    """Invoices issued in the month, by as_of and group: issued_count."""
    month = cohort(facts, "issued_on", "opening_on", "as_of", "group")
    return month.group_by("as_of", "group").aggregate(issued_count=_.count())


def offered(facts: Facts) -> ibis.Table:
    """Early-payment discounts that ran out in the last 90 days, by as_of and group: offered_amount, taken_amount."""
    offers = _offers(facts, "group", "invoice_id", "discount_amount", "entered_on").rename(billed_on="entered_on")
    discounts = facts.entries.filter(_.kind == "discount").select("invoice_id", "entered_on", taken=-_.change)
    joined = offers.left_join(
        discounts, (offers.invoice_id == discounts.invoice_id) & (discounts.entered_on <= offers.as_of)
    )
    known = valued(facts.books, joined.drop("invoice_id_right"), "billed_on", "taken")
    invoices = known.group_by("as_of", "group", "invoice_id", "discount_amount").aggregate(taken=total(known.taken))
    return invoices.group_by("as_of", "group").aggregate(
        offered_amount=total(invoices.discount_amount), taken_amount=total(invoices.taken)
    )


def terms(facts: Facts) -> ibis.Table:
    """The offers that have a price, by as_of and group: priced_amount, offer_cost (each offer times its yearly cost).

    An offer of the whole invoice, or one that runs out no sooner than the invoice is due, has none.
    """
    offers = _offers(facts, "group", "due_on", "discount_until", "amount", "discount_amount")
    sooner = offers.due_on.delta(offers.discount_until, unit="day")
    priced = offers.mutate(days=sooner, rest=_.amount - _.discount_amount).filter((_.days > 0) & (_.rest > 0))
    discount = priced.discount_amount.cast("float64")
    yearly = discount / priced.rest.cast("float64") * 365 / priced.days
    # Decimals add up to the same in any order, floats would not.
    weighed = (discount * yearly).cast("decimal(38,9)")
    return priced.group_by("as_of", "group").aggregate(
        priced_amount=total(priced.discount_amount), offer_cost=weighed.sum().cast("float64")
    )


def _offers(facts: Facts, *columns: str) -> ibis.Table:
    return cohort(facts, "discount_until", "before_90_on", "as_of", *columns).filter(_.discount_amount > 0)


@kpi("ratio", better="lower", needs="costs")
def cost_to_collect(m: pd.DataFrame) -> Parts:
    """What it costs to collect one unit of money: cost of the month / cash of the month. Costs are booked for a whole
    month: before its end they stand against the cash so far. For the whole ledger, and by entity."""
    return m.cost_month, m.cash_month, 1


@kpi("money per invoice", better="lower", needs="costs", each=True)
def cost_per_invoice(m: pd.DataFrame) -> Parts:
    """What billing and collecting cost an invoice: cost of the month / invoices issued in the month. For the whole
    ledger, and by entity."""
    return m.cost_month, m.issued_count, 1


@kpi("ratio", better="higher", needs="costs")
def collections_roi(m: pd.DataFrame) -> Parts:
    """What collecting brings for its cost, gross, because some of the money would have come unasked: (cash of the
    month applied after the invoice's due_on - cost of the month) / cost of the month. For the whole ledger, and by
    entity."""
    return m.late_cash_month - m.cost_month, m.cost_month, 1


@kpi("share")
def discount_uptake(m: pd.DataFrame) -> Parts:
    """How much of the discount offered for early payment is taken: on invoices whose discount date fell in the last 90
    days, discounts taken / discounts offered."""
    return m.taken_amount, m.offered_amount, 1


@kpi("share")
def discount_cost(m: pd.DataFrame) -> Parts:
    """What early payment costs a year, like a rate of interest: d / (1 - d) x 365 / (N - D) for a discount of the share
    d within D days on terms of N days, weighed by the discounts offered, on invoices whose discount date fell in the
    last 90 days. Terms of 2/10 net 30 cost 37 %."""
    return m.offer_cost, m.priced_amount, 1


MEASURES: tuple[Callable[[Facts], ibis.Table], ...] = (spent, issued, offered, terms)
