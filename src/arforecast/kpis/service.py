"""How customers are dealt with: disputes, promises, contacts, and how soon an invoice follows the delivery."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import pandas as pd
from ibis import _

from arforecast.kpis.catalogue import Parts, kpi
from arforecast.kpis.speed import median_age
from arforecast.ledger import valued
from arforecast.ledger.median import medians
from arforecast.snapshot import Facts, cohort, of_customers, positions, total

GRACE_DAYS = 3


def contested(facts: Facts) -> ibis.Table:
    """Invoices issued in the last 90 days, by as_of and group: issued_90, contested_90 (the disputed part of each, the
    whole where the dispute names no amount, and never more than the invoice)."""
    columns = ("group", "invoice_id", "amount", "entered_on")
    issued = cohort(facts, "issued_on", "before_90_on", "as_of", *columns).rename(billed_on="entered_on")
    disputes = facts.books.tables["disputes"].select("invoice_id", "entered_on", part="amount")
    joined = issued.left_join(
        disputes, (issued.invoice_id == disputes.invoice_id) & (disputes.entered_on <= issued.as_of)
    )
    known = valued(facts.books, joined.drop("invoice_id_right"), "billed_on", "part")
    part = known.entered_on.notnull().ifelse(known.part.fill_null(known.amount), 0)
    invoices = known.group_by("as_of", "group", "invoice_id", "amount").aggregate(part=total(part))
    return invoices.group_by("as_of", "group").aggregate(
        issued_90=total(invoices.amount), contested_90=total(ibis.least(invoices.part, invoices.amount))
    )


def days_in_dispute(facts: Facts) -> ibis.Table:
    """The Kaplan-Meier median of the days from opened to closed, of disputes opened in the last 90 days, by as_of and
    group: dispute_median_days. A dispute not closed by as_of is censored there."""
    invoices = facts.invoices.select("invoice_id", "group", billed_on="entered_on")
    disputes = facts.books.tables["disputes"].select("invoice_id", "opened_on", "closed_on", "entered_on")
    known = disputes.join(invoices, "invoice_id")
    days = facts.calendar.select("as_of", "before_90_on")
    window = days.join(
        known,
        (known.opened_on > days.before_90_on) & (known.entered_on <= days.as_of) & (known.billed_on <= days.as_of),
    )
    closed = (window.closed_on <= window.as_of).fill_null(False)
    end = closed.ifelse(window.closed_on, window.as_of)
    age = ibis.greatest(end.delta(window.opened_on, unit="day"), 0)
    lives = window.select("as_of", "group", age=age, settled=closed.ifelse(1, 0))
    return median_age(lives).rename(dispute_median_days="median_days")


def promised(facts: Facts) -> ibis.Table:
    """Promises due in the last 90 days, their days of grace over, by as_of and group: promised_amount, kept_amount,
    promised_count, kept_count."""
    promises = answered(facts, "before_90_on").filter(_.over)
    return promises.group_by("as_of", "group").aggregate(
        promised_amount=total(promises.amount),
        kept_amount=total(promises.amount, promises.kept),
        promised_count=_.count(),
        kept_count=promises.kept.ifelse(1, 0).sum().cast("int64"),
    )


def answered(facts: Facts, after: str) -> ibis.Table:
    """Promises for a day later than the calendar's `after`, known by as_of, and what became of each.

    as_of, group, row, customer_id, about (the invoice, where the promise names one), made_on, promised_on, amount, over
    (its days of grace have passed), kept (the cash it was about came in time). Cash counts at the rate of the promise:
    one that is kept in the currency of the invoice is kept, whatever became of the rate.
    """
    given = _promises(facts, after)
    cash = facts.entries.filter(_.kind == "cash").select(
        "customer_id", "entered_on", "happened_on", "invoice_id", paid=-_.change
    )
    late = cash.happened_on.delta(given.promised_on, unit="day")
    in_time = (cash.happened_on >= given.made_on) & (late <= GRACE_DAYS) & (cash.entered_on <= given.as_of)
    meant = (given.customer_id == cash.customer_id) & (given.about.isnull() | (given.about == cash.invoice_id))
    paid = valued(facts.books, given.left_join(cash, meant & in_time), "given_on", "paid")
    promises = paid.group_by(*given.columns).aggregate(paid=total(paid.paid))
    over = promises.as_of.delta(promises.promised_on, unit="day") >= GRACE_DAYS
    return promises.mutate(over=over, kept=promises.paid >= promises.amount)


def _promises(facts: Facts, after: str) -> ibis.Table:
    """Promises for a day later than the calendar's `after` beside each as_of that knows them."""
    promises = of_customers(facts.books, "promises", facts.by).select(
        "row", "group", "customer_id", "invoice_id", "made_on", "promised_on", "amount", given_on="entered_on"
    )
    days = facts.calendar.select("as_of", after=after)
    known = days.join(promises, (promises.promised_on > days.after) & (promises.given_on <= days.as_of))
    return valued(facts.books, known.drop("after"), "given_on", "amount").rename(about="invoice_id")


def overdue_contacted(facts: Facts) -> ibis.Table:
    """Customers with an overdue invoice, by as_of and group: overdue_customers, contacted_customers (in the month)."""
    owed = positions(facts, facts.calendar.select(on="as_of")).filter((_.balance > 0) & (_.days_past_due > 0))
    overdue = owed.select("group", "customer_id", as_of="on").distinct()
    contacted = _of_the_month(facts).select("as_of", "customer_id", contacted=ibis.literal(1)).distinct()
    both = overdue.left_join(contacted, ["as_of", "customer_id"])
    return both.group_by("as_of", "group").aggregate(
        overdue_customers=_.count(), contacted_customers=_.contacted.sum().fill_null(0).cast("int64")
    )


def right_party(facts: Facts) -> ibis.Table:
    """Contacts of the month of which it is recorded whom they reached, by as_of and group: reached_known,
    right_party_count."""
    recorded = _of_the_month(facts).filter(_.right_party.notnull())
    return recorded.group_by("as_of", "group").aggregate(
        reached_known=_.count(), right_party_count=_.right_party.ifelse(1, 0).sum().cast("int64")
    )


def _of_the_month(facts: Facts) -> ibis.Table:
    contacts = of_customers(facts.books, "contacts", facts.by).select(
        "group", "customer_id", "right_party", "contacted_on", "entered_on"
    )
    days = facts.calendar.select("as_of", "opening_on")
    return days.join(contacts, (contacts.contacted_on > days.opening_on) & (contacts.entered_on <= days.as_of))


def first_contacts(facts: Facts) -> ibis.Table:
    """Invoices that were first contacted about in the last 90 days, by as_of and group: reminder_median_days."""
    contacts = facts.books.tables["contacts"].select("invoice_id", "contacted_on", "entered_on")
    days = facts.calendar.select("as_of", "before_90_on")
    known = days.join(contacts, contacts.entered_on <= days.as_of)
    first = known.group_by("as_of", "before_90_on", "invoice_id").aggregate(contacted_on=_.contacted_on.min())
    invoices = facts.invoices.select("invoice_id", "group", "due_on", "entered_on")
    lately = first.filter(_.contacted_on > _.before_90_on).join(invoices, "invoice_id")
    lead = lately.filter(_.entered_on <= _.as_of).mutate(days=_.contacted_on.delta(_.due_on, unit="day"))
    return medians(lead, ["as_of", "group"], "days").rename(reminder_median_days="median")


def delivered(facts: Facts) -> ibis.Table:
    """Invoices issued in the last 90 days of which the delivery is dated, by as_of and group: delivered_count,
    invoicing_days."""
    issued = cohort(facts, "issued_on", "before_90_on", "as_of", "group", "issued_on", "delivered_on")
    dated = issued.filter(_.delivered_on.notnull())
    return dated.group_by("as_of", "group").aggregate(
        delivered_count=_.count(), invoicing_days=_.issued_on.delta(_.delivered_on, unit="day").sum().cast("int64")
    )


@kpi("share", better="lower", after="before_90_on", needs="disputes")
def dispute_rate(m: pd.DataFrame) -> Parts:
    """The share of billing that customers contest: of invoices issued in the last 90 days, disputed amounts / amounts
    issued. A dispute without an amount is about the whole invoice; closed disputes count."""
    return m.contested_90, m.issued_90, 1


@kpi("days", better="lower", counted=True, needs="disputes")
def dispute_days(m: pd.DataFrame) -> Parts:
    """The age by which half of the disputes are closed: the Kaplan-Meier median of opened to closed, for disputes
    opened in the last 90 days, open ones censored at as_of. Source: Kaplan and Meier (1958)."""
    return m.dispute_median_days, 1, 1


@kpi("share", better="higher", needs="promises")
def promise_kept_share(m: pd.DataFrame) -> Parts:
    """The share of promised money that comes: of promises due in the last 90 days, amounts of those kept
    / amounts. Kept: the customer's cash from the day of the promise to 3 days after the day promised (on the invoice,
    where the promise names one) reaches the amount. Promises whose 3 days are not over are left out."""
    return m.kept_amount, m.promised_amount, 1


@kpi("share", better="higher", counted=True, needs="promises")
def promise_kept_count_share(m: pd.DataFrame) -> Parts:
    """As promise_kept_share, by number: promises kept / promises due."""
    return m.kept_count, m.promised_count, 1


@kpi("share", better="higher", counted=True, needs="contacts")
def contact_rate(m: pd.DataFrame) -> Parts:
    """How many of those who are late were spoken to: customers with an overdue invoice at as_of who were contacted in
    the month / customers with an overdue invoice."""
    return m.contacted_customers, m.overdue_customers, 1


@kpi("share", better="higher", counted=True, needs="contacts")
def right_party_share(m: pd.DataFrame) -> Parts:
    """How often a contact reaches the person who decides: right-party contacts / contacts, of the month's contacts of
    which it is recorded."""
    return m.right_party_count, m.reached_known, 1


@kpi("days", counted=True, needs="contacts")
def reminder_lead(m: pd.DataFrame) -> Parts:
    """When a customer first hears about an invoice: the median of days from due_on to the first contact about it, for
    first contacts of the last 90 days. Negative: before it was due."""
    return m.reminder_median_days, 1, 1


@kpi("days", better="lower", counted=True)
def invoicing_lag(m: pd.DataFrame) -> Parts:
    """How long billing takes: the mean of issued_on - delivered_on, over invoices issued in the last 90 days of which
    the delivery is dated."""
    return m.invoicing_days, m.delivered_count, 1


MEASURES: dict[Callable[[Facts], ibis.Table], str] = (
    dict.fromkeys((contested, days_in_dispute), "disputes")
    | {promised: "promises", delivered: ""}
    | dict.fromkeys((overdue_contacted, right_party, first_contacts), "contacts")
)
