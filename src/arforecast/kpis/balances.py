"""What is owed, how old it is, and by whom; and what flowed in and out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import ibis
import pandas as pd
from ibis import _

from arforecast.kpis.catalogue import Kpi, Parts, Sums, kpi
from arforecast.ledger import Books, devalued, valued, valued_at_close
from arforecast.ledger.groups import of_customers
from arforecast.settings import Settings
from arforecast.snapshot import NEVER, Facts, added, counted, pays, positions, running, total

# Whose, and in which currency, what is on account is.
OWNED = ("customer_id", "currency")
# The days on which the balances of KPIs stand, by how the names of their sums end.
DAYS = {"": "as_of", "_opening": "opening_on", "_quarter_opening": "quarter_opening_on"}


def standing(facts: Facts) -> ibis.Table:
    """Balances by on and group, at every as_of and at every opening it looks back to.

    net, open, credit, current, overdue, over_90, and aged_0, aged_1, ... by the edges of the settings.
    """
    return added(standing_rows(facts), *_standing(facts.books.settings), day="on")


def standing_sums(settings: Settings) -> list[str]:
    """The sums of `standing` as KPIs take them: of each of the days."""
    return [f"{name}{suffix}" for name in _standing(settings) for suffix in DAYS]


def _standing(settings: Settings) -> list[str]:
    aged = (f"aged_{nth}" for nth in range(len(settings.kpis.aging_edges) + 1))
    return ["net", "open", "credit", "current", "overdue", "over_90", *aged]


def standing_rows(facts: Facts) -> ibis.Table:
    """The invoices with a balance at every as_of and opening, and what each adds to the sums of `standing`."""
    days = ibis.union(*(facts.calendar.select(on=day) for day in DAYS.values()), distinct=True)
    owed = positions(facts, days)
    late, above = owed.days_past_due, owed.balance > 0
    edges = facts.books.settings.kpis.aging_edges
    buckets = {f"aged_{nth}": above & bucket for nth, bucket in enumerate(_buckets(late, edges))}
    kinds = {"current": above & (late <= 0), "overdue": above & (late > 0), "over_90": above & (late > 90)} | buckets
    which = {"open": above, "credit": owed.balance < 0} | kinds
    return owed.mutate(net=owed.balance, **{name: of.ifelse(owed.balance, None) for name, of in which.items()})


def contacts(facts: Facts) -> ibis.Table:
    """The contacts of the month of each as_of: as_of, group, contact_id, customer_id, contacted_on, channel,
    right_party."""
    made = of_customers(facts.books, "contacts", facts.by)
    return _of_month(facts, made).select(
        "as_of", "group", "contact_id", "customer_id", "contacted_on", "channel", "right_party"
    )


def _of_month(facts: Facts, contacts: ibis.Table) -> ibis.Table:
    days = facts.calendar.select("as_of", "opening_on")
    met = (contacts.contacted_on > days.opening_on) & (contacts.entered_on <= days.as_of)
    return days.join(contacts, met)


def _buckets(late: ibis.Value, edges: tuple[int, ...]) -> list[ibis.BooleanValue]:
    """Half-open ranges of days past due: up to the first edge, between edges, beyond the last."""
    between = [(late > low) & (late <= high) for low, high in pairwise(edges)]
    return [late <= edges[0], *between, late > edges[-1]]


def aged(facts: Facts, days_past_due: ibis.Value) -> ibis.Value:
    """The name of the ageing bucket that a number of days past due lies in."""
    edges = facts.books.settings.kpis.aging_edges
    return banded(days_past_due, edges, bucket_names(edges))


def banded(days: ibis.Value, edges: tuple[int, ...], names: Sequence[str]) -> ibis.Value:
    """The name of the band that a number of days lies in: up to and with the first edge, the next ..., beyond the
    last."""
    return ibis.cases(*zip(_buckets(days, edges), names, strict=True))


def bucket_names(edges: tuple[int, ...]) -> list[str]:
    """The names of the ageing buckets: current, 1-30, ..., 121+."""
    between = [f"{low + 1}-{high}" for low, high in pairwise(edges)]
    return ["current", *between, f"{edges[-1] + 1}+"]


def customers(facts: Facts) -> ibis.Table:
    """How open_ar spreads over customers and over groups of companies, by as_of and group: top10 and squares (of minor
    units, a float) of customers, top10_companies and squares_companies; overdue_customers, and those of them who were
    contacted in the month: contacted_customers."""
    each, companies = largest_customers(facts), largest_companies(facts)
    late = added(late_customers(facts), "overdue_customers", "contacted_customers")
    spread, of_companies = _spread(each, "top10"), _spread(companies, "top10_companies")
    both = of_companies.rename(squares_companies="squares")
    return late.join(spread, ["as_of", "group"]).join(both, ["as_of", "group"])


def _owing(facts: Facts) -> ibis.Table:
    """What each customer owes at each as_of: as_of, group, customer_id, open, overdue."""
    owed = positions(facts, facts.calendar.select(on="as_of")).filter(_.balance > 0)
    return owed.group_by("group", "customer_id", as_of="on").aggregate(
        open=total(owed.balance), overdue=total(owed.balance, owed.days_past_due > 0)
    )


def largest_customers(facts: Facts) -> ibis.Table:
    """What each customer owes, and again as top10 where it is one of the ten largest."""
    return _ranked(_owing(facts), "top10")


def largest_companies(facts: Facts) -> ibis.Table:
    """As `largest_customers`, of groups of companies: top10_companies."""
    known = _owing(facts).left_join(companies(facts), "customer_id")
    together = known.group_by("as_of", "group", company=known.company.fill_null(known.customer_id))
    return _ranked(together.aggregate(open=total(known.open)), "top10_companies")


def companies(facts: Facts) -> ibis.Table:
    """The group of companies that each customer belongs to, named by its top parent; who stands alone is one of its
    own: customer_id, company."""
    known = facts.books.tables["customers"]
    return known.select("customer_id", company=known.parent_id.fill_null(known.customer_id))


def late_customers(facts: Facts) -> ibis.Table:
    """The customers with an overdue invoice: overdue_customers, 1 each, and contacted_customers, 1 for those who were
    contacted in the month."""
    contacts = _of_month(facts, facts.books.entire.tables["contacts"])
    met = contacts.select("as_of", "customer_id", met=ibis.literal(1)).distinct()
    owing = _owing(facts)
    both = owing.left_join(met, ["as_of", "customer_id"]).select(*owing.columns, "met")
    late = both.overdue > 0
    return both.mutate(overdue_customers=counted(late), contacted_customers=counted(late & both.met.notnull()))


def _ranked(each: ibis.Table, name: str) -> ibis.Table:
    largest = ibis.row_number().over(group_by=["as_of", "group"], order_by=ibis.desc("open"))
    ranked = each.mutate(nth=largest)
    return ranked.mutate(**{name: (ranked.nth < 10).ifelse(ranked.open, None)})


def _spread(each: ibis.Table, name: str) -> ibis.Table:
    """The ten largest of what each payer owes, and the sum of all of it squared: as_of, group, `name`, squares."""
    # Squares of cents outgrow 64 bits; decimals add up to the same in any order, floats would not.
    exact = each.open.cast("decimal(38,0)")
    ranked = each.mutate(square=exact * exact)
    return ranked.group_by("as_of", "group").aggregate(
        **{name: total(ranked[name])}, squares=ranked.square.sum().cast("float64")
    )


def disputed(facts: Facts) -> ibis.Table:
    """The open balance under an open dispute, by as_of and group: disputed."""
    return added(disputed_rows(facts), "disputed")


def disputed_rows(facts: Facts) -> ibis.Table:
    owed = positions(facts, under_dispute(facts, facts.calendar.select(on="as_of"))).filter(_.balance > 0)
    return owed.rename(as_of="on").mutate(disputed=_.balance)


def under_dispute(facts: Facts, days: ibis.Table) -> ibis.Table:
    """The invoices that are under an open dispute at the close of each day of `days`: on, invoice_id, each once."""
    disputes = facts.books.tables["disputes"]
    known = disputes.select("invoice_id", "entered_on", closed_on=disputes.closed_on.fill_null(NEVER))
    open_ = days.join(known, (known.entered_on <= days.on) & (known.closed_on > days.on))
    return open_.select("on", "invoice_id").distinct()


def unapplied(facts: Facts) -> ibis.Table:
    """Cash received and not yet applied, by as_of and group: unapplied, added up over customers that have some.

    A receipt belongs to a customer, not to an invoice: grouped by a column of invoices it stands under no group.
    """
    return added(unapplied_rows(facts), "unapplied")


def unapplied_rows(facts: Facts) -> ibis.Table:
    """The customers that have cash on account."""
    return _in_group(on_account(facts, "receipts"), facts.receipts).rename(unapplied="held")


def unapplied_credits(facts: Facts) -> ibis.Table:
    """Credits that are not applied to an invoice yet, by as_of and group: unapplied_credits; see `unapplied`."""
    return added(unapplied_credits_rows(facts), "unapplied_credits")


def unapplied_credits_rows(facts: Facts) -> ibis.Table:
    """The customers that have credits on account."""
    owners = of_customers(facts.books, "credits", facts.by)
    return _in_group(on_account(facts, "credits"), owners).rename(unapplied_credits="held")


def on_account(facts: Facts, name: str) -> ibis.Table:
    """What customers have on account of their receipts or credits, at each as_of: as_of, customer_id, held; those that
    have some."""
    own = valued_at_close(facts.books, held(facts, name, facts.calendar.select("as_of")), "as_of", "balance")
    holders = own.semi_join(facts.books.tables[name], "customer_id") if facts.books.whole else own
    return holders.group_by("as_of", "customer_id").aggregate(held=total(holders.balance)).filter(_.held > 0)


def held(facts: Facts, name: str, days: ibis.Table) -> ibis.Table:
    """Receipts less cash, or credits less what was applied of them and what was paid back, at each as_of of `days`:
    as_of, customer_id, currency, balance."""
    came = facts.books.entire.tables[name].select(*OWNED, "entered_on", change="amount")
    if name == "receipts":
        return _left(came.union(_cash(facts).select(*came.columns)), days)
    credits = _left(came.union(_credited(facts).select(*came.columns)), days).filter(_.balance > 0)
    both = credits.union(_paid_back(facts, days)).group_by("as_of", *OWNED)
    return both.aggregate(balance=_.balance.sum().cast("int64")).filter(_.balance > 0)


def _left(moved: ibis.Table, days: ibis.Table) -> ibis.Table:
    """What is left of what moved, at each as_of of `days`: as_of, customer_id, currency, balance."""
    # What is used up is worth nothing at any rate, and asks for none.
    left = running(moved, *OWNED).filter(_.balance != 0)
    return days.join(left, (left.since <= days.as_of) & (left.until > days.as_of)).select("as_of", *OWNED, "balance")


def _paid_back(facts: Facts, days: ibis.Table) -> ibis.Table:
    """Receipts below zero that were taken off no invoice, beyond the cash on account: they paid credits back. As
    `held`, below zero."""
    tables = facts.books.entire.tables
    returned, cash = tables["receipts"].filter(_.amount < 0), tables["applications"].filter(_.kind == "cash")
    used = _taken(cash, "receipt_id", returned, tables["invoices"]).filter(_.customer_id.notnull())
    came = returned.select(*OWNED, "entered_on", change="amount")
    back = _left(came.union(_in_its_own(facts.books, used).select(*came.columns)), days).filter(_.balance < 0)
    short = held(facts, "receipts", days).filter(_.balance < 0)
    both = short.join(back.rename(back="balance"), ["as_of", *OWNED])
    return both.select("as_of", *OWNED, balance=ibis.greatest(both.balance, both.back))


def _cash(facts: Facts) -> ibis.Table:
    """What was taken of the receipts: cash off the receipt it names, whoever's invoice it paid; other cash off those of
    its customer."""
    tables = facts.books.entire.tables
    cash = tables["applications"].filter(_.kind == "cash")
    used = _taken(cash, "receipt_id", tables["receipts"], tables["invoices"])
    payer = used.mutate(customer_id=ibis.coalesce(used.customer_id, used.billed_to))
    return _in_its_own(facts.books, payer.semi_join(tables["receipts"], "customer_id"))


def _credited(facts: Facts) -> ibis.Table:
    """What was applied of credits: credit by credit, whoever's invoice it was."""
    tables = facts.books.entire.tables
    used = _taken(tables["applications"], "credit_id", tables["credits"], tables["invoices"])
    return _in_its_own(facts.books, used.filter(_.customer_id.notnull()))


def _taken(applied: ibis.Table, named: str, came: ibis.Table, bills: ibis.Table) -> ibis.Table:
    """Applications beside what they were taken from: customer_id, own and came_on, its customer, currency and day;
    billed_to and currency, those of the invoice; change; entered_on, when both were known."""
    used = applied.select("invoice_id", named, used_on="entered_on", change=-_.amount)
    owners = came.select(named, "customer_id", own="currency", came_on="entered_on")
    billed = bills.select("invoice_id", "currency", billed_to="customer_id")
    both = used.left_join(owners, named).left_join(billed, "invoice_id")
    # An invoice of before the ledger begins is not there; what paid it was in its currency.
    currency, came_on = both.currency.fill_null(both.own), both.came_on.fill_null(both.used_on)
    own, entered_on = both.own.fill_null(both.currency), ibis.greatest(both.used_on, came_on)
    return both.mutate(currency=currency, own=own, came_on=came_on, entered_on=entered_on)


def _in_its_own(books: Books, used: ibis.Table) -> ibis.Table:
    """What was taken, in the currency of what it was taken from: where that of the invoice is another, what it paid is
    worth as much as what it was taken from was on the day that came."""
    if books.foreign:
        worth = valued(books, used.mutate(worth=used.change), "used_on", "worth")
        back = devalued(books, worth, "came_on", "own", "worth")
        used = back.mutate(change=(back.own == back.currency).ifelse(back.change, back.worth))
    return used.select("customer_id", "entered_on", "change", currency="own")


def _in_group(customers: ibis.Table, booked: ibis.Table) -> ibis.Table:
    """What customers have, each with its group: as_of, group, customer_id, held."""
    # A customer holds one balance, so it stands in one group, also where its receipts stand in several.
    owners = booked.group_by("customer_id").aggregate(group=_.group.min(), since=_.entered_on.min())
    holders = customers.join(owners, "customer_id").filter(_.since <= _.as_of)
    return holders.select("as_of", "group", "customer_id", "held")


def revalued(facts: Facts, days: ibis.Table) -> ibis.Table:
    """What rates did to the signed balances since a day, `days` being as_of and opened_on: as_of, group, revalued.

    Each entry is taken at the rate of as_of less that of its own day, or of the opening where it was there by then. So
    opening AR + flows + revalued = closing AR; nothing in a ledger of one currency.
    """
    booked = facts.entries
    daily = booked.group_by("group", "currency", "entered_on").aggregate(change=total(booked.change))
    known = days.join(daily, daily.entered_on <= days.as_of)
    dated = known.mutate(then=ibis.greatest(known.opened_on, known.entered_on))
    held = dated.group_by("as_of", "group", "currency", "then").aggregate(change=total(dated.change))
    before = valued_at_close(facts.books, held.filter(_.change != 0).mutate(now=_.change), "then", "change")
    both = valued_at_close(facts.books, before, "as_of", "now")
    return both.group_by("as_of", "group").aggregate(revalued=total(both.now - both.change))


FLOWS = {
    "billed": "billed",
    "cash": "cash",
    "credit_notes": "credit_note",
    "discounts": "discount",
    "write_offs": "write_off",
    "set_offs": "set_off",
    "withheld_tax": "tax_withheld",
    "bank_charges": "bank_charge",
    "differences": "difference",
}
# The sums of `flows`: those of the month, those of longer windows, and days that are weighed with money.
FLOW_SUMS = (
    *(f"{name}_month" for name in FLOWS),
    *("billed_quarter", "billed_90", "billed_365", "write_offs_365", "paid_90", "late_cash_month", "late_cash_365"),
    *("paid_days_late_90", "paid_days_to_pay_90"),
)


def flows(facts: Facts) -> ibis.Table:
    """What entered the books, by as_of and group: each flow of the month, and the longer windows that KPIs ask for. A
    window of lengths of time leaves out what was undone.

    paid_days_late_90 and paid_days_to_pay_90 weigh the days of each payment with its money (minor unit days).
    """
    return added(_flowed(_windowed(facts, _daily(_weighed(facts)))), *FLOW_SUMS)


def flow_rows(facts: Facts) -> ibis.Table:
    """The entries, each with what it adds to the sums of `flows`."""
    return _flowed(_windowed(facts, _weighed(facts).mutate(on=_.entered_on)))


def _flowed(windowed: ibis.Table) -> ibis.Table:
    month, quarter = windowed.on > windowed.opening_on, windowed.on > windowed.quarter_opening_on
    days_90, lately = windowed.on > windowed.before_90_on, windowed.counted_on > windowed.before_90_on
    kind = {name: windowed.kind == kind for name, kind in FLOWS.items()}
    money = {f"{name}_month": of & month for name, of in kind.items()} | {
        "billed_quarter": kind["billed"] & quarter,
        "billed_90": kind["billed"] & days_90,
        "billed_365": kind["billed"] & windowed.in_365,
        "write_offs_365": kind["write_offs"] & windowed.in_365,
        "paid_90": pays(windowed) & lately,
    }
    return windowed.mutate(
        **{name: of.ifelse(windowed.amount, None) for name, of in money.items()},
        late_cash_month=month.ifelse(windowed.late_cash, None),
        late_cash_365=windowed.in_365.ifelse(windowed.late_cash, None),
        paid_days_late_90=lately.ifelse(windowed.paid_days_late, None),
        paid_days_to_pay_90=lately.ifelse(windowed.paid_days_to_pay, None),
    )


def _windowed(facts: Facts, daily: ibis.Table) -> ibis.Table:
    """The day's sums of entries beside each day of the calendar that looks back on them."""
    days = facts.calendar
    seen = (daily.on <= days.as_of) & (daily.on > ibis.least(days.before_365_on, days.quarter_opening_on))
    joined = days.join(daily, seen)
    return joined.mutate(in_365=joined.on > joined.before_365_on)


def _weighed(facts: Facts) -> ibis.Table:
    """The entries with late_cash, paid_days_late and paid_days_to_pay."""
    entries = facts.entries
    cash, paid = (of.ifelse(entries.amount, 0) for of in (entries.kind == "cash", pays(entries)))
    late = entries.happened_on.delta(entries.due_on, unit="day")
    to_pay = entries.happened_on.delta(entries.issued_on, unit="day")
    return entries.mutate(
        late_cash=(late > 0).ifelse(cash, 0), paid_days_late=paid * late, paid_days_to_pay=paid * to_pay
    )


def _daily(weighed: ibis.Table) -> ibis.Table:
    """Entries added up by the days of entry and of counting, group and kind: small whatever the ledger's size."""
    sums = {name: total(weighed[name]) for name in ("amount", "late_cash", "paid_days_late", "paid_days_to_pay")}
    return weighed.group_by("group", "kind", "counted_on", on="entered_on").aggregate(**sums)


@kpi("money")
def open_ar(m: pd.DataFrame) -> Parts:
    """What customers owe: the sum of open balances above zero."""
    return m.open, 1, 1


@kpi("money")
def credit_balance(m: pd.DataFrame) -> Parts:
    """What is owed to customers: the sum of open balances below zero (over-applied invoices), and unapplied cash and
    unapplied credits, less what was paid back of them, with a minus sign. Never netted into an ageing bucket."""
    return m.credit - m.unapplied - m.unapplied_credits, 1, 1


@kpi("money")
def net_ar(m: pd.DataFrame) -> Parts:
    """open_ar + credit_balance."""
    return m.open + m.credit - m.unapplied - m.unapplied_credits, 1, 1


@kpi("money", better="lower")
def overdue_ar(m: pd.DataFrame) -> Parts:
    """The open balance that is past due: days past due > 0. Due today is current."""
    return m.overdue, 1, 1


@kpi("share", better="lower")
def overdue_share(m: pd.DataFrame) -> Parts:
    """The past-due share of what is owed: overdue_ar / open_ar."""
    return m.overdue, m.open, 1


@kpi("share", better="lower")
def over_90_share(m: pd.DataFrame) -> Parts:
    """The share of what is owed that is more than 90 days past due: open balance over 90 days / open_ar. Source:
    Credit Research Foundation (CRF)."""
    return m.over_90, m.open, 1


@kpi("share", better="lower", needs="disputes")
def disputed_share(m: pd.DataFrame) -> Parts:
    """The share of what is owed that customers contest: open balance of invoices under an open dispute / open_ar."""
    return m.disputed, m.open, 1


@kpi("share", better="lower")
def top10_share(m: pd.DataFrame) -> Parts:
    """The ten largest customers' share of what is owed: their open balance / open_ar."""
    return m.top10, m.open, 1


@kpi("index", better="lower", counted=True)
def hhi(m: pd.DataFrame) -> Parts:
    """How concentrated what is owed is (Herfindahl-Hirschman index): the sum of squared customer shares of open_ar
    x 10,000. One customer alone is 10,000."""
    return m.squares, m.open.astype("float64") ** 2, 10_000


@kpi("share", better="lower")
def top10_group_share(m: pd.DataFrame) -> Parts:
    """The ten largest groups of companies' share of what is owed: their open balance / open_ar. A group is the top
    parent and all below it, the parent included; who stands alone is a group of its own."""
    return m.top10_companies, m.open, 1


@kpi("index", better="lower", counted=True)
def hhi_group(m: pd.DataFrame) -> Parts:
    """As hhi, over groups of companies: the sum of their squared shares of open_ar x 10,000. A group is the top parent
    and all below it, the parent included; who stands alone is a group of its own."""
    return m.squares_companies, m.open.astype("float64") ** 2, 10_000


@kpi("money", back="opening_on")
def billed(m: pd.DataFrame) -> Parts:
    """Invoices and fees of the month, tax included: opening AR + billed - cash - credit notes - discounts -
    write-offs - set-offs - withheld tax - bank charges - differences = closing AR, to the cent."""
    return m.billed_month, 1, 1


@kpi("money", better="higher", back="opening_on")
def cash(m: pd.DataFrame) -> Parts:
    """Cash applied to invoices in the month, bounced payments taken off."""
    return m.cash_month, 1, 1


@kpi("money", better="lower", back="opening_on", needs="applications")
def credit_notes(m: pd.DataFrame) -> Parts:
    """Credit notes applied to invoices in the month."""
    return m.credit_notes_month, 1, 1


@kpi("money", better="lower", back="opening_on", needs="applications")
def discounts(m: pd.DataFrame) -> Parts:
    """Early-payment discounts taken in the month."""
    return m.discounts_month, 1, 1


@kpi("money", better="lower", back="opening_on", needs="applications")
def write_offs(m: pd.DataFrame) -> Parts:
    """Balances given up in the month."""
    return m.write_offs_month, 1, 1


@kpi("money", back="opening_on")
def set_offs(m: pd.DataFrame) -> Parts:
    """What was set off in the month against what is owed to the customer: settled without cash."""
    return m.set_offs_month, 1, 1


@kpi("money", back="opening_on")
def withheld_tax(m: pd.DataFrame) -> Parts:
    """Tax that customers kept back in the month and pay to the state: it settles the invoice, and is no cash."""
    return m.withheld_tax_month, 1, 1


@kpi("money", better="lower", back="opening_on")
def bank_charges(m: pd.DataFrame) -> Parts:
    """What banks took off payments in the month."""
    return m.bank_charges_month, 1, 1


@kpi("money", back="opening_on")
def differences(m: pd.DataFrame) -> Parts:
    """Small differences let go in the month, of rounding and of rates; below zero what was paid too much and kept."""
    return m.differences_month, 1, 1


def aging(edges: tuple[int, ...]) -> tuple[Kpi, ...]:
    """One KPI a bucket of days past due; the buckets add up to open_ar to the cent."""
    return tuple(_bucket(nth, name) for nth, name in enumerate(bucket_names(edges)))


def _bucket(nth: int, name: str) -> Kpi:
    days = "not past due" if nth == 0 else f"{name} days past due"
    meaning = f"The open balance {days}; the ageing buckets add up to open_ar."
    return Kpi(f"aging:{name}", meaning, "money", "", "", lambda m: (m[f"aged_{nth}"], 1, 1))


MEASURES: dict[Callable[[Facts], ibis.Table], Sums] = {
    customers: Sums(
        ("overdue_customers", "contacted_customers", "top10", "squares", "top10_companies", "squares_companies")
    ),
    flows: Sums(FLOW_SUMS),
    disputed: Sums(("disputed",), "disputes"),
    unapplied: Sums(("unapplied",), "receipts"),
    unapplied_credits: Sums(("unapplied_credits",), "credits"),
}
