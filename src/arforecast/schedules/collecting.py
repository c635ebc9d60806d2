"""How money comes and what is done to bring it: methods, disputes, contacts, the agency, and what it all costs."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
from ibis import _

from arforecast.ledger import valued, valued_at_close
from arforecast.schedules.sheet import (
    NONE,
    first_day,
    known,
    known_at_issue,
    ordered,
    owed,
    share,
    twelve_months,
    year,
)
from arforecast.snapshot import Facts, fetched, own_positions, pays, read, running, total

CONTACT_DAYS, AGENCY_DAYS = 14, 90
QUARTERS = 8
# What a payment and its return have in common.
SAME = ("invoice_id", "happened_on", "counted_on")


def method_mix(facts: Facts, as_of: date) -> pd.DataFrame:
    """How customers pay: cash that entered the books in the last 365 days by the method of its receipt, its share of
    all cash, how late it came (sum of cash x (applied_on - due_on) / sum of cash), and the number of payments (cash
    applied to an invoice). What was returned is no payment. Cash whose receipt or method is not known is (none)."""
    paid = _by_method(facts, as_of)
    late = paid.happened_on.delta(paid.due_on, unit="day")
    of_day = paid.group_by("method", *SAME).aggregate(
        cash_amount=total(paid.amount), cash_days=total(paid.amount * late), payments=_.count(where=_.change < 0)
    )
    left = of_day.mutate(payments=(_.cash_amount > 0).ifelse(_.payments, 0))
    sums = left.group_by("method").aggregate(
        cash_amount=total(left.cash_amount),
        cash_days=total(left.cash_days),
        payments=_.payments.sum().cast("int64"),
    )
    methods = fetched(sums.filter((_.payments > 0) | (_.cash_amount != 0))).sort_values("method")
    cash = methods.cash_amount
    mix = methods.assign(cash_share=share(cash, cash.sum()), days_beyond_terms=share(methods.cash_days, cash))
    columns = ["method", "cash_amount", "cash_share", "days_beyond_terms", "payments"]
    return ordered(read(mix[columns], facts), "cash_amount", "method")


def _by_method(facts: Facts, as_of: date) -> ibis.Table:
    """The cash of the year with its method, one row an application; nothing where the ledger has no receipts. What was
    returned has the method of the payment."""
    tables, name = facts.books.tables, [*SAME, "entered_on", "change"]
    cash = known(facts, as_of).filter((_.kind == "cash") & year(_.counted_on, as_of))
    # An entry does not say which receipt it came from. Its invoice, days and amount do: those alike are worth the same.
    worth = cash.select(*name, "due_on", "amount").distinct()
    applied = tables["applications"].filter(_.kind == "cash")
    named = applied.select(*SAME, "receipt_id", "entered_on", change=-_.amount)
    receipts = tables["receipts"].filter(_.entered_on <= as_of).select("receipt_id", "method")
    both = named.join(worth, name).left_join(receipts, "receipt_id").drop("receipt_id_right")
    paid = both.mutate(method=_.method.fill_null(NONE)).filter(ibis.literal("receipts" in facts.books.present))
    first = paid.filter(_.change < 0).group_by(SAME).aggregate(paid_by=_.method.min())
    known_by = paid.left_join(first, SAME)
    method = (known_by.change < 0).ifelse(known_by.method, known_by.paid_by.fill_null(known_by.method))
    return known_by.mutate(method=method)


def disputes_by_reason(facts: Facts, as_of: date) -> pd.DataFrame:
    """What customers contest: disputes opened in the last 365 days by reason, the amounts disputed (the whole invoice
    where a dispute names none, and never more), how many are open, the mean of closed_on - opened_on of the others,
    and the credit notes on the disputed invoices since. An invoice that is disputed for two reasons counts under
    both."""
    opened = _disputed(facts, as_of)
    part = ibis.least(opened.part.fill_null(opened.amount), opened.amount)
    is_open = (opened.closed_on.isnull() | (opened.closed_on > as_of)).ifelse(1, 0)
    lasted = opened.closed_on.delta(opened.opened_on, unit="day")
    sums = opened.group_by("reason").aggregate(
        disputes=_.count(),
        disputed_amount=total(part),
        open_count=is_open.sum().cast("int64"),
        resolved_days=lasted.mean(where=is_open == 0),
    )
    rows = fetched(sums).merge(fetched(_credited(facts, as_of, opened)), on="reason", how="left")
    return ordered(read(rows.fillna({"credited_amount": 0}), facts), "disputed_amount", "reason")


def _disputed(facts: Facts, as_of: date) -> ibis.Table:
    """The disputes of the year: reason, invoice_id, opened_on, closed_on, part, and the amount of the invoice."""
    disputes = facts.books.tables["disputes"].filter((_.entered_on <= as_of) & year(_.opened_on, as_of))
    about = disputes.select("invoice_id", "opened_on", "closed_on", part="amount", reason=_.reason.fill_null(NONE))
    billed = facts.invoices.filter(_.entered_on <= as_of).select("invoice_id", "amount", billed_on="entered_on")
    return valued(facts.books, about.join(billed, "invoice_id"), "billed_on", "part")


def _credited(facts: Facts, as_of: date, disputed: ibis.Table) -> ibis.Table:
    """Credit notes since an invoice was first disputed for a reason: reason, credited_amount."""
    first = disputed.group_by("reason", "invoice_id").aggregate(opened_on=_.opened_on.min())
    notes = known_at_issue(facts, as_of).filter(_.kind == "credit_note").select("invoice_id", "entered_on", "amount")
    since = first.join(notes, "invoice_id").filter(_.entered_on >= _.opened_on)
    return since.group_by("reason").aggregate(credited_amount=total(since.amount))


def contacts_by_channel(facts: Facts, as_of: date) -> pd.DataFrame:
    """How customers are contacted: contacts of the last 365 days by channel, before or after the due date of their
    invoice (account: they name none), the share that reached the person who decides, of those of which it is recorded,
    and their minutes. paid_14_share: of the open balance contacted about (of the invoice, or of the account), the
    share that was paid within the 14 days after, for contacts that are 14 days old. This is no effect of the
    contact: those who are contacted differ from those who are not."""
    made = _contacts(facts, as_of)
    by = ["channel", "timing"]
    counts = made.group_by(by).aggregate(
        contacts=_.count(),
        recorded=_.right_party.notnull().ifelse(1, 0).sum(),
        reached=_.right_party.ifelse(1, 0).sum(),
        minutes=_.minutes.sum(),
    )
    alike = made.group_by(*by, "customer_id", "invoice_id", on="contacted_on").aggregate(times=_.count())
    old = alike.filter(_.on <= as_of - timedelta(days=CONTACT_DAYS))
    owing, paid = _owing(facts, old), _paid(facts, as_of, old)
    balances = owing.group_by(by).aggregate(balance=total(owing.balance * owing.times))
    came = paid.group_by(by).aggregate(paid=total(paid.paid * paid.times))
    parts = (fetched(sums).set_index(by) for sums in (counts, balances, came))
    rows = pd.concat(parts, axis=1).sort_index().reset_index()
    paid_share = share(rows.paid.fillna(0), rows.balance)
    shares = {"right_party_share": share(rows.reached, rows.recorded), "paid_14_share": paid_share}
    columns = [*by, "contacts", "right_party_share", "minutes", "paid_14_share"]
    return rows.assign(**shares, minutes=rows.minutes.astype("float64"))[columns]


def _contacts(facts: Facts, as_of: date) -> ibis.Table:
    """The contacts of the year, with the invoice they are about where it is known, else about the account."""
    contacts = facts.books.tables["contacts"].filter((_.entered_on <= as_of) & year(_.contacted_on, as_of))
    made = contacts.select(
        "row", "customer_id", "contacted_on", "channel", "right_party", "minutes", about="invoice_id"
    )
    invoices = facts.invoices.filter(_.entered_on <= as_of).select("invoice_id", "due_on", billed_to="customer_id")
    joined = made.left_join(invoices, made.about == invoices.invoice_id)
    early = joined.contacted_on <= joined.due_on
    timing = ibis.cases((joined.due_on.isnull(), "account"), (early, "before due"), else_="after due")
    payer = joined.billed_to.fill_null(joined.customer_id)
    return joined.mutate(customer_id=payer, timing=timing).drop("about", "due_on", "billed_to")


def _owing(facts: Facts, contacts: ibis.Table) -> ibis.Table:
    """The open balances that contacts were about, of the invoice or of the account: their columns, balance."""
    named = owed(facts, contacts.filter(_.invoice_id.notnull()))
    accounts = contacts.filter(_.invoice_id.isnull())
    theirs = running(_owed_by(facts, accounts), "customer_id", "currency")
    on_day = [accounts.customer_id == theirs.customer_id, theirs.since <= accounts.on, theirs.until > accounts.on]
    whole = accounts.join(theirs, on_day).select(*contacts.columns, "currency", "balance")
    columns = (*contacts.columns, "balance")
    return named.select(columns).union(valued_at_close(facts.books, whole, "on", "balance").select(columns))


def _owed_by(facts: Facts, accounts: ibis.Table) -> ibis.Table:
    """What the open balances of customers rose and fell by: customer_id, currency, entered_on, change. An account can
    have millions of invoices, and each of them is looked at twice, not once a day."""
    open_spells = facts.spells.filter(_.balance > 0).semi_join(accounts, "customer_id")
    risen = open_spells.select("customer_id", "currency", entered_on="since", change="balance")
    fallen = open_spells.select("customer_id", "currency", entered_on="until", change=-_.balance)
    return risen.union(fallen)


def _paid(facts: Facts, as_of: date, contacts: ibis.Table) -> ibis.Table:
    """What was paid within the days after contacts, of the invoice or of the account: their columns, paid."""
    named = _paid_within(facts, as_of, CONTACT_DAYS, contacts.filter(_.invoice_id.notnull()), "invoice_id")
    accounts = contacts.filter(_.invoice_id.isnull())
    return named.union(_paid_within(facts, as_of, CONTACT_DAYS, accounts, "customer_id"))


def _paid_within(facts: Facts, as_of: date, within_days: int, rows: ibis.Table, of: str) -> ibis.Table:
    """What came in the days after `on` for the balances that were open at its close, of the invoice or of the customer
    (`of`) of `rows`: their columns, paid; at the rates of `on`, of no invoice below zero or above its balance. What is
    paid is looked at first, for of most invoices nothing comes."""
    stood = rows.select(of, "on").distinct()
    waited = stood.mutate(until_on=(stood.on + ibis.interval(days=within_days)).cast("date"))
    cash = known(facts, as_of).filter(pays).select("customer_id", "invoice_id", "counted_on", paid=-_.change)
    within = [waited[of] == cash[of], cash.counted_on > waited.on, cash.counted_on <= waited.until_on]
    came = waited.join(cash, within).group_by("on", "customer_id", "invoice_id").aggregate(paid=_.paid.sum())
    held = own_positions(facts, came).filter(_.balance > 0)
    paid = held.mutate(paid=ibis.greatest(ibis.least(held.paid, held.balance), 0))
    worth = valued(facts.books, paid, "on", "paid")
    sums = worth.group_by(of, "on").aggregate(paid=total(worth.paid))
    return rows.join(sums, [of, "on"]).select(*rows.columns, "paid")


def agency(facts: Facts, as_of: date) -> pd.DataFrame:
    """What the agency brings and costs: invoices handed to it (the first contact of the channel agency), by quarter of
    handover, over the last eight calendar quarters: their number, their open balance at the close of that day, the
    payments of the 90 days after and their share of the balance, the quarter's costs of the category agency, and these
    for each unit of those payments. What is recovered is not defined until the whole quarter is 90 days old."""
    handed = _handed_over(facts, as_of)
    paid = _paid_within(facts, as_of, AGENCY_DAYS, handed, "invoice_id")
    balances = handed.group_by(quarter_on=first_day(handed.on, "Q")).aggregate(
        handed_invoices=_.count(), handed_balance=total(handed.balance)
    )
    came = paid.group_by(quarter_on=first_day(paid.on, "Q")).aggregate(recovered_90_amount=total(paid.paid))
    sums = balances.left_join(came, "quarter_on").drop("quarter_on_right").fill_null({"recovered_90_amount": 0})
    quarters = read(fetched(sums).merge(fetched(_agency_costs(facts, as_of)), on="quarter_on", how="left"), facts)
    old = quarters.quarter_on + pd.offsets.QuarterEnd() + pd.Timedelta(days=AGENCY_DAYS) <= pd.Timestamp(as_of)
    recovered, cost = quarters.recovered_90_amount.where(old), quarters.pop("agency_cost_amount").astype("float64")
    return quarters.assign(
        recovered_90_amount=recovered,
        recovered_90_share=share(recovered, quarters.handed_balance),
        agency_cost_amount=cost,
        cost_to_recovered_share=share(cost, recovered),
    ).sort_values("quarter_on", ignore_index=True)


def _first_quarter(as_of: date) -> date:
    return (pd.Period(as_of, "Q") - (QUARTERS - 1)).start_time.date()


def _handed_over(facts: Facts, as_of: date) -> ibis.Table:
    """The invoices handed to the agency, with their open balance at the close of that day: on, invoice_id, balance."""
    contacts = facts.books.tables["contacts"].filter(_.channel == "agency", _.entered_on <= as_of)
    named = contacts.filter(_.invoice_id.notnull()).group_by("invoice_id").aggregate(on=_.contacted_on.min())
    handed = named.filter(_.on >= _first_quarter(as_of))
    return owed(facts, handed).select("on", "invoice_id", "balance")


def _agency_costs(facts: Facts, as_of: date) -> ibis.Table:
    costs = facts.books.tables["costs"].filter(_.category == "agency", _.month <= as_of)
    return costs.group_by(quarter_on=first_day(costs.month, "Q")).aggregate(agency_cost_amount=total(costs.amount))


def costs_by_category(facts: Facts, as_of: date) -> pd.DataFrame:
    """What billing and collecting cost: the costs of the twelve calendar months that end with as_of's by category,
    their share of all costs, and for each unit of the cash of the same months. Costs are booked for a whole month:
    before its end they stand against the cash so far."""
    costs = facts.books.tables["costs"].filter(twelve_months(_.month, as_of))
    sums = fetched(costs.group_by("category").aggregate(cost_amount=total(costs.amount)))
    paid = facts.entries.filter((_.kind == "cash") & twelve_months(_.entered_on, as_of))
    cash = float(fetched(paid.aggregate(cash=total(paid.amount))).cash.iloc[0])
    cost = sums.cost_amount
    shares = {"cost_share": share(cost, cost.sum()), "cost_to_cash_share": share(cost, cash)}
    return ordered(read(sums.assign(**shares), facts), "cost_amount", "category")
