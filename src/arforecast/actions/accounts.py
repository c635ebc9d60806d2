"""Accounts to look at: which customers are a problem and why, and of each the sheet that says where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import ibis
import numpy as np
import pandas as pd
from ibis import _

from arforecast.errors import UsageError
from arforecast.kpis import known
from arforecast.kpis.balances import bucket_names, companies, on_account, under_dispute
from arforecast.kpis.service import answered
from arforecast.ledger import Books, valued
from arforecast.ledger.database import among
from arforecast.snapshot import Facts, fetched, opening, positions, read, total

LATEST = 10
LARGEST = 10
COLUMNS = [
    "customer_id", "name", "open_balance", "credit_balance", "open_share", "overdue_balance", "overdue_share",
    "overdue_change_amount", "oldest_days_past_due", "over_90_balance", "credit_limit_amount", "over_limit_amount",
    "broken_promises", "disputed_balance", "last_paid_on", "last_paid_amount", "next_due_on", "next_due_amount",
    "promised_on", "promised_amount", "usual_method", "products", "collector", "group_id", "group_open_balance",
    "group_overdue_balance", "problems", "reasons",
]  # fmt: skip
REASONS = {
    "over 90 days past due": "Some of what is open is more than 90 days past due.",
    "among the ten largest overdue": "The overdue balance is one of the ten largest.",
    "overdue grew": "The overdue balance grew since the close of the month before, by more than 10 % of what it was, "
    "and by more than 1 % of all that is overdue.",
    "over its credit limit": "The open balance is greater than the customer's credit limit.",
    "broken promises": "A promise due in the last 365 days was not kept.",
    "over 10 % of receivables": "The open balance is more than 10 % of all open balances.",
    "disputed": "Some of what is open is under an open dispute.",
}
MEANINGS = {
    "open_balance": "The open balances above zero of the customer's invoices at as_of.",
    "credit_balance": "What is owed to the customer, with a minus sign: balances below zero, unapplied cash, unapplied "
    "credits. An account in credit, credit_balance making up for all that is open, is not put up to be asked to pay.",
    "overdue_balance": "The part of open_balance that is past due: days past due > 0. Due today is not overdue.",
    "overdue_change_amount": "overdue_balance less that at the close of the month before; not known where the ledger "
    "begins later.",
    "broken_promises": "Promises due in the last 365 days that were not kept, their 3 days of grace over; see "
    "promise_kept_share.",
    "last_paid_on": "The day of the last cash that has not been returned since.",
    "next_due_on": "The earliest due date after as_of of what is open.",
    "promised_on": "The earliest day promised that is still pending: not kept yet, and its days of grace not over.",
    "usual_method": "How most of the money received in the last 365 days was paid.",
    "group_id": "The top parent of the customer's group of companies: the parent and all below it; who stands alone is "
    "a group of its own.",
    "group_open_balance": "The open_balance of all accounts of the group, this one included.",
    "group_overdue_balance": "The overdue_balance of all accounts of the group, this one included.",
}
SUMS = ("broken_promises", "promised_amount", "credit_limit_amount", "credit_balance")
# What is not known, rather than none, in a ledger that does not tell what was paid; and in one without the table.
OF_HISTORY = ("overdue_change_amount", "broken_promises")
FED_BY = {"broken_promises": "promises", "disputed_balance": "disputes"}


class Sheet(NamedTuple):
    """What belongs on one page about a customer.

    open_items: invoice_id, due_on, past_due_days (negative before due_on), open_balance, amount (as billed), issued_on,
    product, disputed (the reasons of its open disputes, else empty), promised_on (the earliest day promised for this
    invoice and still pending); the oldest first. ageing: days_past_due (the bucket), open_balance.
    payments: paid_on, amount, method: cash by day, the last ten days of it; what bounced is below zero.
    promises: made_on, promised_on, amount, state (pending, kept, broken), invoice_id, for days of the last 365 and to
    come. contacts: contacted_on, channel, outcome, collector, the last ten. The latest first in all three.
    """

    open_items: pd.DataFrame
    ageing: pd.DataFrame
    payments: pd.DataFrame
    promises: pd.DataFrame
    contacts: pd.DataFrame

    def __repr__(self) -> str:
        return f"Sheet of {', '.join(f'{len(rows)} {kind}' for kind, rows in self._asdict().items())}"

    def _repr_html_(self) -> str:
        tables = (f"<h4>{kind}</h4>{rows.to_html(index=False, border=0)}" for kind, rows in self._asdict().items())
        return "".join(tables)


def owing(facts: Facts, as_of: date) -> pd.DataFrame:
    """One row a customer with an open balance at as_of, those most worth a look first; see COLUMNS.

    Money is in major units. open_share is of all open balances, overdue_share of the customer's own.
    oldest_days_past_due is 0 where nothing is overdue; over_limit_amount is null without a credit limit. products are
    all that were billed so far, collector is the latest invoice's. problems counts the reasons, which stand there in
    words; what each of them means, and the other columns, see `glossary`. The accounts with a reason stand first, then
    the most overdue_balance, then customer_id.
    """
    rows = _standing(facts, as_of).filter(_.open_balance > 0)
    for part in PARTS:
        rows = rows.left_join(part(facts, as_of), "customer_id").drop("customer_id_right")
    accounts = _measured(fetched(rows), facts)
    why = _reasons(accounts)
    said = np.add.reduce([np.where(why[reason], f"; {reason}", "").astype(object) for reason in why])
    judged = accounts.assign(problems=why.sum(axis=1), reasons=pd.Series(said, accounts.index, "str").str[2:])
    listed = judged.assign(calm=judged.problems.eq(0)).sort_values(
        ["calm", "overdue_balance", "customer_id"], ascending=[True, False, True], ignore_index=True
    )
    return read(listed, facts)[COLUMNS]


def names(books: Books, customer_ids: Iterable[str]) -> list[str]:
    """The name of each customer, its identifier where it has none."""
    told = books.tables["customers"].filter(_.name.notnull()).select("customer_id", "name").to_pandas()
    known_as = dict(zip(told.customer_id, told.name, strict=True))
    return [known_as.get(customer, customer) for customer in customer_ids]


def glossary() -> pd.DataFrame:
    """What the reasons and the columns of `owing` mean: kpi, meaning."""
    return pd.DataFrame((REASONS | MEANINGS).items(), columns=["kpi", "meaning"])


def _measured(rows: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """The rows in the order of their identifiers, with what is read from one row or from all of them."""
    # A left join leaves whole numbers beside nulls as objects.
    rows = rows.sort_values("customer_id", ignore_index=True).astype(dict.fromkeys(SUMS, "float64"))
    group = rows.company.fillna(rows.customer_id)
    unknown = dict.fromkeys(_unknown(facts), np.nan)
    measured = rows.assign(
        name=rows["name"].fillna(rows.customer_id),
        open_share=rows.open_balance / rows.open_balance.sum(),
        overdue_share=rows.overdue_balance / rows.open_balance,
        overdue_change_amount=rows.overdue_balance - rows.overdue_before,
        over_limit_amount=(rows.open_balance - rows.credit_limit_amount).clip(lower=0),
        broken_promises=rows.broken_promises.fillna(0),
        credit_balance=rows.credit_balance.fillna(0),
        next_due_amount=rows.next_due_amount.where(rows.next_due_on.notna()),
        promised_amount=rows.promised_amount.where(rows.promised_on.notna()),
        group_id=group,
        group_open_balance=rows.open_balance.groupby(group).transform("sum"),
        group_overdue_balance=rows.overdue_balance.groupby(group).transform("sum"),
    )
    return measured.assign(**unknown).astype({"broken_promises": "Int64"})


def _unknown(facts: Facts) -> list[str]:
    """What the ledger cannot tell of accounts: for want of a table or of payments, or as it begins within the month."""
    names = [name for name, table in FED_BY.items() if table not in facts.books.present - facts.books.beyond]
    unpaid = OF_HISTORY if known.not_in_ledger(facts.books) else ()
    young = facts.books.notes.lacks(opening(facts.days[0]))
    return [*names, *unpaid, *(["overdue_change_amount"] if young else [])]


def _reasons(accounts: pd.DataFrame) -> pd.DataFrame:
    """Which of the reasons hold of each account; whole minor units compare exactly."""
    open_, overdue, grown = accounts.open_balance, accounts.overdue_balance, accounts.overdue_change_amount
    holds = [
        accounts.over_90_balance > 0,
        (overdue > 0) & (overdue.rank(method="first", ascending=False) <= LARGEST),
        (10 * grown > overdue - grown) & (100 * grown > overdue.sum()),
        accounts.over_limit_amount > 0,
        (accounts.broken_promises > 0).fillna(False).astype(bool),
        10 * open_ > open_.sum(),
        accounts.disputed_balance > 0,
    ]
    asked = open_ + accounts.credit_balance > 0
    return pd.DataFrame({reason: held & asked for reason, held in zip(REASONS, holds, strict=True)})


# ------------------------------------------------------------------ the parts of an account, one row a customer each


def _standing(facts: Facts, as_of: date) -> ibis.Table:
    """What is open at as_of, what was overdue at the close of the month before, and what falls due next."""
    days = facts.calendar.select(on="as_of").union(facts.calendar.select(on="opening_on"))
    owed = positions(facts, days).filter(_.balance > 0)
    contested = under_dispute(facts, days).mutate(contested=ibis.literal(True))
    seen = owed.left_join(contested, ["on", "invoice_id"])
    now = seen.on == as_of
    rows = seen.mutate(now=now, next_on=_earliest(seen.due_on, now & (seen.days_past_due < 0)))
    late = rows.days_past_due
    return rows.group_by("customer_id").aggregate(
        open_balance=total(rows.balance, rows.now),
        overdue_balance=total(rows.balance, rows.now & (late > 0)),
        over_90_balance=total(rows.balance, rows.now & (late > 90)),
        disputed_balance=total(rows.balance, rows.now & rows.contested.notnull()),
        overdue_before=total(rows.balance, ~rows.now & (late > 0)),
        oldest_days_past_due=ibis.greatest(late.max(where=rows.now), 0).cast("int64"),
        next_due_on=rows.next_on.min(),
        next_due_amount=total(rows.balance, rows.now & (rows.due_on == rows.next_on)),
    )


def _earliest(day: ibis.Column, where: ibis.BooleanValue) -> ibis.Value:
    """The customer's earliest day of those that count, beside each row."""
    return where.ifelse(day, None).min().over(group_by="customer_id")


def _promised(facts: Facts, as_of: date) -> ibis.Table:
    """What is promised next, and how often a promise was broken."""
    promises = answered(facts, "before_365_on").filter(~_.kept)
    rows = promises.mutate(next_on=_earliest(promises.promised_on, ~promises.over))
    return rows.group_by("customer_id").aggregate(
        broken_promises=rows.over.ifelse(1, 0).sum().cast("int64"),
        promised_on=rows.next_on.min(),
        promised_amount=total(rows.amount, rows.promised_on == rows.next_on),
    )


def _paid_last(facts: Facts, as_of: date) -> ibis.Table:
    """What was returned left nothing on the day of its payment."""
    cash = facts.entries.filter((_.kind == "cash") & (_.entered_on <= as_of))
    days = cash.group_by("customer_id", "invoice_id", last_paid_on="happened_on").aggregate(
        amount=total(cash.amount), own=total(-cash.change)
    )
    stayed = days.filter(_.own > 0)
    paid = stayed.group_by("customer_id", "last_paid_on").aggregate(last_paid_amount=total(stayed.amount))
    return first(paid, ibis.desc("last_paid_on")).drop("nth")


def _paid_by(facts: Facts, as_of: date) -> ibis.Table:
    days = facts.calendar.select("before_365_on", "as_of")
    receipts = valued(facts.books, facts.receipts, "entered_on", "amount").filter(_.method.notnull())
    lately = days.join(receipts, (receipts.entered_on > days.before_365_on) & (receipts.entered_on <= days.as_of))
    methods = lately.group_by("customer_id", usual_method="method").aggregate(received=total(lately.amount))
    return first(methods, ibis.desc("received"), "usual_method").select("customer_id", "usual_method")


def _bought(facts: Facts, as_of: date) -> ibis.Table:
    billed = facts.invoices.filter(_.entered_on <= as_of)
    return billed.group_by("customer_id").aggregate(products=_listed(billed.product))


def _followed_by(facts: Facts, as_of: date) -> ibis.Table:
    followed = facts.invoices.filter((_.entered_on <= as_of) & _.collector.notnull())
    latest = first(followed, ibis.desc("issued_on"), ibis.desc("invoice_id"))
    return latest.select("customer_id", "collector")


def _in_credit(facts: Facts, as_of: date) -> ibis.Table:
    """What is owed to each customer, with a minus sign."""
    over = positions(facts, facts.calendar.select(on="as_of")).filter(_.balance < 0)
    credits = [over.select("customer_id", credit=over.balance)]
    for name in {"receipts", "credits"} & facts.books.present:
        own = on_account(facts, name)
        credits.append(own.select("customer_id", credit=-own.held))
    rows = ibis.union(*credits) if len(credits) > 1 else credits[0]
    return rows.group_by("customer_id").aggregate(credit_balance=total(rows.credit))


def _grouped(facts: Facts, as_of: date) -> ibis.Table:
    return companies(facts)


def _named(facts: Facts, as_of: date) -> ibis.Table:
    return facts.books.tables["customers"].select("customer_id", "name", credit_limit_amount="credit_limit")


PARTS: tuple[Callable[[Facts, date], ibis.Table], ...] = (
    _named,
    _grouped,
    _in_credit,
    _promised,
    _paid_last,
    _paid_by,
    _bought,
    _followed_by,
)


def first(rows: ibis.Table, *order: Any, count: int = 1) -> ibis.Table:
    """The first rows of each customer in that order, numbered by `nth`."""
    nth = ibis.row_number().over(group_by="customer_id", order_by=order).cast("int64")
    return rows.mutate(nth=nth).filter(_.nth < count)


def _listed(words: ibis.Column) -> ibis.Value:
    """The distinct words in one text."""
    return words.collect(distinct=True).sort().join(", ")


# ------------------------------------------------------------------ the sheet


def sheet(facts: Facts, as_of: date, customer_id: str) -> Sheet:
    """Where the customer stands at as_of; see Sheet. Raises UsageError for a customer who is not in the books."""
    return Sheet(*(part.drop(columns="customer_id") for part in sheets(facts, as_of, [customer_id])))


def sheets(facts: Facts, as_of: date, customer_ids: Sequence[str]) -> Sheet:
    """The sheets of several customers in one, customer_id before the other columns; asked for together."""
    ids = list(customer_ids)
    _refuse_unknown(facts, as_of, ids)
    items = _ordered(_items(facts, as_of, ids), "due_on", "invoice_id")
    latest = [
        _ordered(part(facts, as_of, ids), "nth").drop(columns="nth") for part in (_payments, _promises, _contacts)
    ]
    return Sheet(*(read(part, facts) for part in (items, _ageing(items, facts), *latest)))


def _ordered(rows: ibis.Table, *by: str) -> pd.DataFrame:
    return fetched(rows).sort_values(["customer_id", *by], ignore_index=True)


def _refuse_unknown(facts: Facts, as_of: date, ids: list[str]) -> None:
    billed = facts.invoices.filter(_.entered_on <= as_of).select("customer_id")
    named = billed.union(facts.books.tables["customers"].select("customer_id"))
    unknown = sorted(set(ids) - set(_of(named, ids).distinct().to_pandas().customer_id))
    if unknown:
        who = ", ".join(unknown)
        raise UsageError(f"There is no customer {who} in the books on {as_of}. Choose from those who owe: accounts().")


def _of(rows: ibis.Table, ids: list[str]) -> ibis.Table:
    return rows.filter(among(rows.customer_id, ids))


def _known(facts: Facts, name: str, as_of: date) -> ibis.Table:
    return facts.books.tables[name].filter(_.entered_on <= as_of)


def _items(facts: Facts, as_of: date, ids: list[str]) -> ibis.Table:
    invoices = facts.books.tables["invoices"].select("invoice_id", "product", "amount")
    owed = _of(positions(facts, facts.calendar.select(on="as_of")), ids).filter(_.balance > 0)
    items = valued(facts.books, owed.join(invoices, "invoice_id"), "on", "amount")
    for part in (_complaints(facts, as_of), _agreed(facts)):
        items = items.left_join(part, "invoice_id").drop("invoice_id_right")
    return items.select(
        "customer_id",
        "invoice_id",
        "due_on",
        past_due_days="days_past_due",
        open_balance="balance",
        amount="amount",
        issued_on="issued_on",
        product="product",
        disputed=items.disputed.fill_null(""),
        promised_on="promised_on",
    )


def _complaints(facts: Facts, as_of: date) -> ibis.Table:
    """Why each invoice under an open dispute is disputed: invoice_id, disputed."""
    open_ = _known(facts, "disputes", as_of).filter(_.closed_on.isnull() | (_.closed_on > as_of))
    return open_.group_by("invoice_id").aggregate(disputed=_listed(open_.reason.fill_null("no reason given")))


def _agreed(facts: Facts) -> ibis.Table:
    """The earliest day for which each invoice is promised and still pending: invoice_id, promised_on."""
    promises = answered(facts, "before_365_on").filter(~_.over & ~_.kept & _.about.notnull())
    return promises.group_by(invoice_id="about").aggregate(promised_on=_.promised_on.min())


def _ageing(items: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Every bucket of each customer who owes."""
    edges = facts.books.settings.kpis.aging_edges
    buckets = pd.cut(items.past_due_days, [-np.inf, *edges, np.inf], labels=bucket_names(edges))
    sums = items.groupby(["customer_id", buckets.rename("days_past_due")], observed=False).open_balance.sum()
    return sums.reset_index().astype({"days_past_due": "str"})


def _payments(facts: Facts, as_of: date, ids: list[str]) -> ibis.Table:
    bills = _of(facts.invoices, ids).select("invoice_id", "customer_id")
    cash = _known(facts, "applications", as_of).filter(_.kind == "cash").join(bills, "invoice_id")
    worth = valued(facts.books, cash, "entered_on", "amount")
    daily = worth.group_by("customer_id", paid_on="applied_on").aggregate(amount=total(worth.amount))
    latest = first(daily, ibis.desc("paid_on"), count=LATEST)
    return latest.left_join(_methods(facts, as_of), ["customer_id", "paid_on"]).select(
        "customer_id", "paid_on", "amount", "method", "nth"
    )


def _methods(facts: Facts, as_of: date) -> ibis.Table:
    """The methods of the receipts that were applied on a day: customer_id, paid_on, method."""
    applied, received = (_known(facts, name, as_of) for name in ("applications", "receipts"))
    cash = applied.filter(_.kind == "cash").select("invoice_id", "receipt_id", paid_on="applied_on")
    by = cash.join(received.select("receipt_id", "method"), "receipt_id")
    of = by.join(facts.invoices.select("invoice_id", "customer_id"), "invoice_id")
    return of.group_by("customer_id", "paid_on").aggregate(method=_listed(of.method))


def _promises(facts: Facts, as_of: date, ids: list[str]) -> ibis.Table:
    promises = _of(answered(facts, "before_365_on"), ids)
    state = ibis.cases((promises.kept, "kept"), (promises.over, "broken"), else_="pending")
    # Of one day's promises any order will do, if it is the same whatever the order of the rows.
    order = [ibis.desc("promised_on"), ibis.desc("made_on"), promises.about.fill_null(""), "amount"]
    nth = ibis.row_number().over(group_by="customer_id", order_by=order).cast("int64")
    return promises.select("customer_id", "made_on", "promised_on", "amount", state=state, invoice_id="about", nth=nth)


def _contacts(facts: Facts, as_of: date, ids: list[str]) -> ibis.Table:
    contacts = _of(_known(facts, "contacts", as_of), ids)
    latest = first(contacts, ibis.desc("contacted_on"), ibis.desc("contact_id"), count=LATEST)
    return latest.select("customer_id", "contacted_on", "channel", "outcome", "collector", "nth")
