"""How customers are dealt with: disputes, promises, contacts, and how soon an invoice follows the delivery."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import pandas as pd
from ibis import _

from arforecast.kpis.balances import contacts
from arforecast.kpis.catalogue import Parts, Sums, kpi
from arforecast.kpis.speed import median_age
from arforecast.ledger import valued
from arforecast.ledger.groups import of_customers
from arforecast.ledger.median import medians
from arforecast.snapshot import Facts, added, booked_at_all, cohort, counted, ending, pays, total

GRACE_DAYS = 3


def issued(facts: Facts) -> ibis.Table:
    """Invoices issued in the last 90 days, by as_of and group: issued_90, delivered_count and invoicing_days (of which
    the delivery is dated), and issued_count, of those of the month."""
    return added(issued_rows(facts), "issued_90", "issued_count", "delivered_count", "invoicing_days")


def issued_rows(facts: Facts) -> ibis.Table:
    """The invoices issued in the last 90 days, each with what it adds to the sums of `issued`."""
    of = ("group", "invoice_id", "customer_id", "amount", "opening_on", "issued_on", "delivered_on")
    issued = cohort(facts, "issued_on", "before_90_on", "as_of", *of)
    lag = issued.issued_on.delta(issued.delivered_on, unit="day")
    return issued.mutate(
        issued_90=issued.amount,
        issued_count=counted(issued.issued_on > issued.opening_on),
        delivered_count=counted(lag.notnull()),
        invoicing_days=lag.cast("int64"),
    )


def contested(facts: Facts) -> ibis.Table:
    """Disputes on invoices issued in the last 90 days, by as_of and group: contested_90 (the disputed part of each
    invoice, the whole where the dispute names no amount, and never more than the invoice)."""
    return added(contested_rows(facts), "contested_90")


def contested_rows(facts: Facts) -> ibis.Table:
    """The disputed invoices of `contested`, each with its disputed part."""
    columns = ("group", "invoice_id", "amount", "entered_on")
    issued = cohort(facts, "issued_on", "before_90_on", "as_of", *columns).rename(billed_on="entered_on")
    disputes = facts.books.tables["disputes"].select("invoice_id", "entered_on", part="amount")
    known = valued(
        facts.books, issued.join(disputes, "invoice_id").filter(_.entered_on <= _.as_of), "billed_on", "part"
    )
    part = known.part.fill_null(known.amount)
    invoices = known.group_by("as_of", "group", "invoice_id", "amount").aggregate(part=total(part))
    return invoices.mutate(contested_90=ibis.least(invoices.part, invoices.amount))


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
    return added(promise_rows(facts), "promised_amount", "kept_amount", "promised_count", "kept_count")


def promise_rows(facts: Facts) -> ibis.Table:
    """The promises of `promised`, each with what it adds to its sums."""
    promises = answered(facts, "before_90_on").filter(_.over)
    return promises.mutate(
        promised_amount=promises.amount,
        kept_amount=promises.kept.ifelse(promises.amount, None),
        promised_count=ibis.literal(1, "int64"),
        kept_count=counted(promises.kept),
    )


def answered(facts: Facts, after: str) -> ibis.Table:
    """Promises for a day later than the calendar's `after`, known by as_of, and what became of each.

    as_of, group, row, customer_id, about (the invoice, where the promise names one), made_on, promised_on, amount,
    so_far (with what was promised beside it for earlier days), over (its days of grace have passed), kept (cash of
    so_far came in time). Cash counts at the rate of the promise: one that is kept in the currency of the invoice is
    kept, whatever became of the rate.
    """
    given = _promises(facts, after)
    by_day = ("customer_id", "currency", "entered_on", "happened_on")
    cash = booked_at_all(facts).filter(pays).select(*by_day, about="invoice_id", paid=-_.change)
    on_account = cash.group_by(*by_day, about=ibis.literal("")).aggregate(paid=total(cash.paid))
    came = _in_time(given, cash.union(on_account.select(*cash.columns)))
    worth = valued(facts.books, came, "given_on", "paid")
    paid = worth.group_by("as_of", "row").aggregate(paid=total(worth.paid))
    promises = given.left_join(paid, ["as_of", "row"])
    over = promises.as_of.delta(promises.promised_on, unit="day") >= GRACE_DAYS
    return promises.select(*given.columns, over=over, kept=promises.paid.fill_null(0) >= promises.so_far)


def _in_time(given: ibis.Table, cash: ibis.Table) -> ibis.Table:
    """The cash that came from the day of each promise to the end of its days of grace: as_of, row, given_on, currency,
    paid. Cash about nothing answers promises about nothing."""
    until_on = (given.promised_on + ibis.interval(days=GRACE_DAYS)).cast("date")
    waited = given.mutate(until_on=until_on, about=given.about.fill_null(""))
    in_time = (cash.happened_on >= waited.made_on) & (cash.happened_on <= waited.until_on)
    known = cash.entered_on <= waited.as_of
    came = waited.join(cash, ["customer_id", "about", in_time, known])
    return came.select("as_of", "row", "given_on", "currency", "paid")


def _promises(facts: Facts, after: str) -> ibis.Table:
    """Promises for a day later than the calendar's `after` beside each as_of that knows them."""
    promises = of_customers(facts.books, "promises", facts.by).select(
        "row", "group", "customer_id", "invoice_id", "made_on", "promised_on", "amount", given_on="entered_on"
    )
    days, told = facts.calendar.select("as_of", after=after), _with_so_far(promises)
    known = days.join(told, (told.promised_on > days.after) & (told.given_on <= days.as_of))
    return valued(facts.books, known.drop("after"), "given_on", "amount", "so_far").rename(about="invoice_id")


def _with_so_far(promises: ibis.Table) -> ibis.Table:
    """Promises with so_far: their amount, and what was promised with them, on one day about the same, for earlier days.
    What one instalment brought, the next does not bring again."""
    together = ["customer_id", "invoice_id", "made_on", "given_on"]
    by_then = ibis.range_window(group_by=together, order_by="promised_on", preceding=None, following=0)
    of_day = ibis.window(group_by=[*together, "promised_on"])
    amount = promises.amount
    return promises.mutate(so_far=(amount.sum().over(by_then) - amount.sum().over(of_day) + amount).cast("int64"))


def right_party(facts: Facts) -> ibis.Table:
    """Contacts of the month of which it is recorded whom they reached, by as_of and group: reached_known,
    right_party_count."""
    return added(contact_rows(facts), "reached_known", "right_party_count")


def contact_rows(facts: Facts) -> ibis.Table:
    """The contacts of `right_party`, each with what it adds to its sums."""
    recorded = contacts(facts).filter(_.right_party.notnull())
    return recorded.mutate(reached_known=ibis.literal(1, "int64"), right_party_count=counted(recorded.right_party))


def first_contacts(facts: Facts) -> ibis.Table:
    """Invoices that were first contacted about in the last 90 days, by as_of and group: reminder_median_days."""
    about = facts.books.entire.tables["contacts"].filter(_.invoice_id.notnull())
    daily = about.group_by("invoice_id", since="entered_on").aggregate(contacted_on=_.contacted_on.min())
    so_far = ibis.cumulative_window(group_by="invoice_id", order_by="since")
    first = daily.select(
        "invoice_id", "since", until=ending(daily, "invoice_id"), contacted_on=daily.contacted_on.min().over(so_far)
    )
    billed = facts.invoices.select("invoice_id", "group", "due_on", "entered_on")
    known, days = first.join(billed, "invoice_id"), facts.calendar
    lately = (known.contacted_on > days.before_90_on) & (known.since <= days.as_of) & (known.until > days.as_of)
    lead = days.join(known, lately & (known.entered_on <= days.as_of))
    lead = lead.select("as_of", "group", days=lead.contacted_on.delta(lead.due_on, unit="day"))
    return medians(lead, ["as_of", "group"], "days").rename(reminder_median_days="median")


@kpi("share", better="lower", after="before_90_on", needs="disputes")
def dispute_rate(m: pd.DataFrame) -> Parts:
    """The share of billing that customers contest: of invoices issued in the last 90 days, disputed amounts / amounts
    issued. A dispute without an amount is about the whole invoice; closed disputes count."""
    return m.contested_90, m.issued_90, 1


@kpi("days", better="lower", counted=True, needs="disputes", back="before_90_on")
def dispute_days(m: pd.DataFrame) -> Parts:
    """The age by which half of the disputes are closed: the Kaplan-Meier median of opened to closed, for disputes
    opened in the last 90 days, open ones censored at as_of. Source: Kaplan and Meier (1958)."""
    return m.dispute_median_days, 1, 1


@kpi("share", better="higher", needs="promises", back="before_90_on")
def promise_kept_share(m: pd.DataFrame) -> Parts:
    """The share of promised money that comes: of promises due in the last 90 days, amounts of those kept
    / amounts. Kept: what the customer paid (cash, set-offs, withheld tax) from the day of the promise to 3 days after
    the day promised (on the invoice, where the promise names one) reaches the amount, and those promised with it for
    earlier days: of two instalments one payment keeps one. Promises whose 3 days are not over are left out."""
    return m.kept_amount, m.promised_amount, 1


@kpi("share", better="higher", counted=True, needs="promises", back="before_90_on")
def promise_kept_count_share(m: pd.DataFrame) -> Parts:
    """As promise_kept_share, by number: promises kept / promises due."""
    return m.kept_count, m.promised_count, 1


@kpi("share", better="higher", counted=True, needs="contacts", back="opening_on")
def contact_rate(m: pd.DataFrame) -> Parts:
    """How many of those who are late were spoken to: customers with an overdue invoice at as_of who were contacted in
    the month / customers with an overdue invoice."""
    return m.contacted_customers, m.overdue_customers, 1


@kpi("share", better="higher", counted=True, needs="contacts", back="opening_on")
def right_party_share(m: pd.DataFrame) -> Parts:
    """How often a contact reaches the person who decides: right-party contacts / contacts, of the month's contacts of
    which it is recorded."""
    return m.right_party_count, m.reached_known, 1


@kpi("days", counted=True, needs="contacts", back="before_90_on")
def reminder_lead(m: pd.DataFrame) -> Parts:
    """When a customer first hears about an invoice: the median of days from due_on to the first contact about it, for
    first contacts of the last 90 days. Negative: before it was due."""
    return m.reminder_median_days, 1, 1


@kpi("days", better="lower", counted=True, back="before_90_on")
def invoicing_lag(m: pd.DataFrame) -> Parts:
    """How long billing takes: the mean of issued_on - delivered_on, over invoices issued in the last 90 days of which
    the delivery is dated."""
    return m.invoicing_days, m.delivered_count, 1


MEASURES: dict[Callable[[Facts], ibis.Table], Sums] = {
    issued: Sums(("issued_90", "issued_count", "delivered_count", "invoicing_days")),
    contested: Sums(("contested_90",), "disputes"),
    days_in_dispute: Sums(("dispute_median_days",), "disputes"),
    promised: Sums(("promised_amount", "kept_amount", "promised_count", "kept_count"), "promises"),
    right_party: Sums(("reached_known", "right_party_count"), "contacts"),
    first_contacts: Sums(("reminder_median_days",), "contacts"),
}
