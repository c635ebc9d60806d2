"""What collecting costs and brings, and what early payment is paid for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise

import ibis
import pandas as pd
from ibis import _

from arforecast.kpis.balances import aged
from arforecast.kpis.catalogue import Parts, Sums, kpi
from arforecast.ledger.groups import WHOLE
from arforecast.snapshot import Facts, added, at_issue, cohort, month_ends, positions, total

EARLIER_MONTHS = 12
ENTITY = ("entity",)
SPAN = ["opened_on", "until"]
MOVED = ("group", "days_past_due", "customer_id", "on")


def spent(facts: Facts) -> ibis.Table:
    """The cost of the month, by as_of and group: cost_month. Costs know their entity; they have no other group."""
    return added(cost_rows(facts), "cost_month")


def cost_rows(facts: Facts) -> ibis.Table:
    """The costs of the month."""
    costs = facts.books.tables["costs"].mutate(group=_.entity if facts.by == ENTITY else ibis.literal(WHOLE))
    days = facts.calendar.select("as_of", "opening_on")
    month = days.join(costs, (costs.month > days.opening_on) & (costs.month <= days.as_of))
    return month.mutate(cost_month=month.amount)


def unasked(facts: Facts) -> ibis.Table:
    """What was overdue as the month opened would have brought by as_of had nobody been contacted, by as_of and group:
    unasked_month.

    Balance x (1 - e^(-rate x days)), bucket by bucket of ageing; rate: the cash a day of each unit overdue and not yet
    asked for, over the twelve months before. No row where a bucket has nothing to learn from.
    """
    brought = _brought(facts, _months(facts))
    now = brought.ago == 0
    sums = brought.group_by("as_of", "group", "bucket", "days").aggregate(
        balance=total(brought.balance, now), left=total(brought.balance_days, ~now), came=total(brought.cash, ~now)
    )
    owed = sums.filter(sums.balance > 0)
    left = (owed.left > 0).ifelse(owed.left, None).cast("float64")
    rate = ibis.greatest(owed.came.cast("float64") / left, 0.0)
    expected = owed.balance.cast("float64") * (1 - (-rate * owed.days).exp())
    groups = owed.group_by("as_of", "group").aggregate(
        # Decimals add up to the same in any order, floats would not.
        unasked_month=expected.cast("decimal(38,6)").sum().cast("float64"),
        unknown=left.isnull().ifelse(1, 0).sum(),
    )
    return groups.filter(_.unknown == 0).drop("unknown")


def _months(facts: Facts) -> ibis.Table:
    """The month of each as_of so far, and the twelve before it: as_of, days (of the month so far), opened_on, until,
    ago; none where these begin before the ledger does. Costs have no group but their entity, so no other group is asked
    for."""
    rows = [
        {"as_of": as_of, "days": as_of.day, "opened_on": opened_on, "until": until, "ago": ago}
        for as_of in (facts.days if facts.by in ((), ENTITY) else ())
        for ago, (until, opened_on) in enumerate(pairwise(_closes(as_of)[::-1]))
        if not facts.books.notes.lacks(_closes(as_of)[0])
    ]
    dates, numbers = dict.fromkeys(("as_of", "opened_on", "until"), "date"), dict.fromkeys(("days", "ago"), "int64")
    return ibis.memtable(rows, schema=dates | numbers)


def _closes(as_of: date) -> list[date]:
    """`as_of`, and the month-ends at which its month and the twelve before it open; the oldest first."""
    return month_ends(as_of, EARLIER_MONTHS + 2)


def _brought(facts: Facts, months: ibis.Table) -> ibis.Table:
    """`months` with what was overdue as each opened, and what it brought until its customer was contacted or the month
    ended, less what is known to be undone by as_of: group, bucket, balance, cash, balance_days (what was owed, day by
    day, added up)."""
    spans = months.select(*SPAN).distinct()
    met = _first_contacts(facts, spans)
    booked = _until_asked(facts, _owed(facts, spans).union(_paid(facts, spans)), met)
    undone = _until_asked(facts, _undone(facts, months.select("as_of", *SPAN)), met)
    at_once, later = months.join(booked, SPAN), months.join(undone, ["as_of", *SPAN])
    columns = (*months.columns, "group", "bucket", "balance", "cash", "balance_days")
    return at_once.select(*columns).union(later.select(*columns))


def _until_asked(facts: Facts, moved: ibis.Table, met: ibis.Table) -> ibis.Table:
    """The sums of what moved before its customer was contacted, by span, group and bucket: balance, cash,
    balance_days."""
    by = [name for name in ("as_of", *SPAN, "group") if name in moved.columns]
    asked = moved.left_join(met, [*SPAN, "customer_id"])
    alone = asked.filter(asked.contacted_on.isnull() | (asked.on < asked.contacted_on))
    days = alone.contacted_on.fill_null(alone.until).delta(alone.on, unit="day")
    return alone.group_by(*by, bucket=aged(facts, alone.days_past_due)).aggregate(
        balance=total(alone.balance), cash=total(alone.cash), balance_days=total((alone.balance - alone.cash) * days)
    )


def _owed(facts: Facts, spans: ibis.Table) -> ibis.Table:
    """What was overdue as each span opened."""
    owed = _overdue(facts, spans.mutate(on="opened_on"))
    return owed.select(*spans.columns, *MOVED, "balance", cash=ibis.literal(0).cast(owed.balance.type()))


def _paid(facts: Facts, spans: ibis.Table) -> ibis.Table:
    """The cash of each span, as it was known at its end, on what was overdue as it opened; each on its day."""
    cash = _cash(facts)
    of_span = (cash.paid_on > spans.opened_on) & (cash.paid_on <= spans.until)
    return _of_overdue(facts, spans, spans.join(cash, of_span & (cash.entered_on <= spans.until)))


def _undone(facts: Facts, spans: ibis.Table) -> ibis.Table:
    """What was taken back after the end of each span, by as_of, of the cash of `_paid`; on the day of that cash."""
    back = _cash(facts).filter(_.entered_on > _.paid_on)
    of_span = (back.paid_on > spans.opened_on) & (back.paid_on <= spans.until)
    known = (back.entered_on > spans.until) & (back.entered_on <= spans.as_of)
    return _of_overdue(facts, spans, spans.join(back, of_span & known))


def _cash(facts: Facts) -> ibis.Table:
    """Cash by the day on which it counts: what takes a payment back, on that of the payment."""
    cash = facts.entries.filter(_.kind == "cash")
    return cash.select("invoice_id", "amount", "entered_on", paid_on="counted_on")


def _of_overdue(facts: Facts, spans: ibis.Table, cash: ibis.Table) -> ibis.Table:
    """Of the cash of spans that on what was overdue as they opened."""
    paid = _overdue(facts, cash.drop("entered_on").mutate(on="opened_on")).mutate(on="paid_on")
    return paid.select(*spans.columns, *MOVED, balance=ibis.literal(0).cast(paid.balance.type()), cash="amount")


def _overdue(facts: Facts, days: ibis.Table) -> ibis.Table:
    return positions(facts, days).filter((_.balance > 0) & (_.days_past_due > 0))


def _first_contacts(facts: Facts, spans: ibis.Table) -> ibis.Table:
    contacts = facts.books.tables["contacts"].select("customer_id", "contacted_on", "entered_on")
    met = spans.join(contacts, (contacts.contacted_on > spans.opened_on) & (contacts.entered_on <= spans.until))
    return met.group_by(*SPAN, "customer_id").aggregate(contacted_on=_.contacted_on.min())


def offered(facts: Facts) -> ibis.Table:
    """Early-payment discounts that ran out in the last 90 days, by as_of and group: offered_amount, taken_amount, and
    of the offers that have a price priced_amount and offer_cost (see `yearly_cost`)."""
    offers = offer_rows(facts)
    sums = offers.group_by("as_of", "group").aggregate(
        offered_amount=total(offers.discount_amount),
        priced_amount=total(offers.discount_amount, offers.offer_cost.notnull()),
        offer_cost=offers.offer_cost.sum().cast("float64").fill_null(0),
    )
    both = sums.left_join(_taken(facts), ["as_of", "group"])
    return both.select(*sums.columns, taken_amount=both.taken_amount.fill_null(0))


def offer_rows(facts: Facts) -> ibis.Table:
    """The invoices of `offered`, each with its cost."""
    columns = ("group", "invoice_id", "customer_id", "due_on", "discount_until", "amount", "discount_amount")
    offers = cohort(facts, "discount_until", "before_90_on", "as_of", *columns).filter(_.discount_amount > 0)
    return offers.mutate(offer_cost=yearly_cost(offers))


def _taken(facts: Facts) -> ibis.Table:
    """The discounts taken of those that ran out in the last 90 days, by as_of and group: taken_amount."""
    return added(taken_rows(facts), "taken_amount")


def taken_rows(facts: Facts) -> ibis.Table:
    """The discounts of `_taken`, one row an entry."""
    offers = facts.invoices.filter(_.discount_amount > 0).select("invoice_id", "discount_until")
    booked = at_issue(facts).filter(_.kind == "discount").join(offers, "invoice_id")
    days = facts.calendar
    out = (booked.discount_until > days.before_90_on) & (booked.discount_until <= days.as_of)
    taken = days.join(booked, out & (booked.entered_on <= days.as_of))
    return taken.mutate(taken_amount=taken.amount)


def yearly_cost(offers: ibis.Table) -> ibis.Value:
    """Each discount offered times what it costs a year, d / (1 - d) x 365 / (N - D) for the share d within D days on
    terms of N days. Null where an offer has no price: one of the whole invoice, or one that runs out no sooner than the
    invoice is due."""
    sooner, rest = offers.due_on.delta(offers.discount_until, unit="day"), offers.amount - offers.discount_amount
    discount = offers.discount_amount.cast("float64")
    yearly = discount / rest.nullif(0).cast("float64") * 365 / sooner.nullif(0)
    # Decimals add up to the same in any order, floats would not.
    return ((sooner > 0) & (rest > 0)).ifelse(discount * yearly, None).cast("decimal(38,9)")


@kpi("ratio", better="lower", needs="costs", back="opening_on")
def cost_to_collect(m: pd.DataFrame) -> Parts:
    """What it costs to collect one unit of money: cost of the month / cash of the month. Costs are booked for a whole
    month: before its end they stand against the cash so far. For the whole ledger, and by entity."""
    return m.cost_month, m.cash_month, 1


@kpi("money per invoice", better="lower", needs="costs", back="opening_on")
def cost_per_invoice(m: pd.DataFrame) -> Parts:
    """What billing and collecting cost an invoice: cost of the month / invoices issued in the month. For the whole
    ledger, and by entity."""
    return m.cost_month, m.issued_count, 1


@kpi("ratio", better="higher", needs="costs", back="opening_on")
def collections_roi(m: pd.DataFrame) -> Parts:
    """What collecting brings for its cost, gross, because some of the money would have come unasked: (cash of the
    month applied after the invoice's due_on - cost of the month) / cost of the month. For the whole ledger, and by
    entity."""
    return m.late_cash_month - m.cost_month, m.cost_month, 1


@kpi("ratio", better="higher", needs="costs", back="before_365_on")
def collections_roi_net(m: pd.DataFrame) -> Parts:
    """What contacting brings for its cost, net of what would have come unasked: (cash of the month on invoices that
    were overdue at its opening - what the no-contact payment curve expects of them - cost of the month) / cost of the
    month. The curve: balance x (1 - e^(-rate x days)) by ageing bucket, where rate is the cash a day of each unit that
    was overdue and whose customer had not been contacted yet in the month, over the twelve months before; what was
    returned is no cash. An estimate and not causal: who is contacted is not chosen by lot, and earlier contacts still
    work. For the whole ledger, and by entity."""
    return m.recovered_month - m.unasked_month - m.cost_month, m.cost_month, 1


@kpi("share", back="before_90_on")
def discount_uptake(m: pd.DataFrame) -> Parts:
    """How much of the discount offered for early payment is taken: on invoices whose discount date fell in the last 90
    days, discounts taken / discounts offered."""
    return m.taken_amount, m.offered_amount, 1


@kpi("share", back="before_90_on")
def discount_cost(m: pd.DataFrame) -> Parts:
    """What early payment costs a year, like a rate of interest: d / (1 - d) x 365 / (N - D) for a discount of the share
    d within D days on terms of N days, weighed by the discounts offered, on invoices whose discount date fell in the
    last 90 days. Terms of 2/10 net 30 cost 37 %."""
    return m.offer_cost, m.priced_amount, 1


MEASURES: dict[Callable[[Facts], ibis.Table], Sums] = {
    spent: Sums(("cost_month",), "costs"),
    unasked: Sums(("unasked_month",), "costs"),
    offered: Sums(("offered_amount", "priced_amount", "offer_cost", "taken_amount")),
}
