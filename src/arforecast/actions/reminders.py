"""Whom to remind of what: the stage each account has come to, what it is asked to pay and by when.

The furthest of its stages counts: an offer of a plan, a promise that was broken, then what is past due the longest.
What is under an open dispute is not asked for, and who is in credit is not reminded. Amounts are whole minor units of
the currency of the invoice.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import ibis
import numpy as np
import pandas as pd
from ibis import _

from arforecast.actions import accounts, plans
from arforecast.forecast.calendar import DAY, working_days
from arforecast.forecast.exposure import Lives
from arforecast.kpis.balances import bucket_names, held, under_dispute
from arforecast.kpis.service import answered
from arforecast.ledger.database import among
from arforecast.ledger.part import ON_ACCOUNT
from arforecast.snapshot import Facts, fetched, own_positions, total

# From how many days past due on a stage is reached; before the first it is not due yet.
STAGES = {"due": 0, "overdue_7": 7, "overdue_30": 30, "overdue_60": 60}
BEFORE, BROKEN, PLAN = "before_due", "broken_promise", "plan"
CHANNELS = {BEFORE: "mail", "due": "mail", "overdue_7": "mail", BROKEN: "call"}
LETTER = "letter"
# A promise that was broken longer ago is not spoken of any more.
BROKEN_DAYS, LATEST = 30, 10


class Reminders(NamedTuple):
    """Who is reminded on a day, and of what.

    accounts: customer_id, name, language, country, stage, channel (mail, letter, call), collector, first_due_on (the
    earliest of what is asked for), pay_by_on (a working day), promised_on, promised_amount, promised_currency of the
    promise that was broken last.
    items: customer_id, invoice_id, issued_on, due_on, days_past_due, bucket, currency, amount (as billed),
    open_balance, disputed, asked (whether it is asked for): all that is open. payments: customer_id, paid_on, currency,
    amount: the last ten days on which each paid. credits: customer_id, currency, amount: what is owed to each.
    instalments: of the plans that are offered, as in `arforecast.actions.plans.instalments`.
    """

    accounts: pd.DataFrame
    items: pd.DataFrame
    payments: pd.DataFrame
    credits: pd.DataFrame
    instalments: pd.DataFrame


def reminders(facts: Facts, past: Lives, as_of: date) -> Reminders:
    """Who is to be reminded at the close of `as_of`; accounts in the order of their identifiers."""
    offered = plans.instalments(facts, past, as_of)
    items = _items(facts, as_of)
    reached = _stages(items, offered, _broken(facts, as_of), facts.books.settings.reminders.before_due_days)
    known = accounts.owing(facts, as_of).set_index("customer_id")
    inside = known.open_balance.add(known.credit_balance)
    rows = reached[inside.reindex(reached.customer_id).to_numpy() > 0]
    asked = _asked(items.merge(rows[["customer_id", "stage"]], on="customer_id"), offered, facts)
    first = asked[asked.asked].groupby("customer_id").due_on.min()
    told = rows.merge(_customers(facts), "left", "customer_id").assign(
        name=accounts.names(facts.books, rows.customer_id),
        channel=rows.stage.map(CHANNELS).fillna(LETTER).to_numpy(),
        collector=known.collector.reindex(rows.customer_id).to_numpy(),
        first_due_on=first.reindex(rows.customer_id).to_numpy(),
        pay_by_on=pd.Timestamp(_pay_by(facts, past, as_of)),
    )
    ids = told.customer_id.tolist()
    credited = known.index[known.credit_balance < 0].intersection(ids).tolist()
    return Reminders(
        told.reset_index(drop=True),
        asked.drop(columns="stage").reset_index(drop=True),
        _payments(facts, as_of, ids),
        _credits(facts, credited),
        offered[offered.customer_id.isin(told.customer_id[told.stage == PLAN])].reset_index(drop=True),
    )


def _items(facts: Facts, as_of: date) -> pd.DataFrame:
    day = facts.calendar.select(on="as_of")
    contested = under_dispute(facts, day).select("invoice_id", disputed=ibis.literal(True))
    owed = own_positions(facts, day).filter(_.balance > 0).left_join(contested, "invoice_id").drop("invoice_id_right")
    billed = facts.books.tables["invoices"].select("invoice_id", "amount")
    of = ("customer_id", "invoice_id", "issued_on", "due_on", "days_past_due", "currency", "amount")
    table = owed.join(billed, "invoice_id").select(*of, "disputed", open_balance="balance")
    rows = fetched(table).sort_values(["customer_id", "due_on", "invoice_id"], ignore_index=True)
    edges = facts.books.settings.kpis.aging_edges
    bucket = pd.cut(rows.days_past_due, [-np.inf, *edges, np.inf], labels=bucket_names(edges)).astype("str")
    rows = rows.assign(bucket=bucket, disputed=rows.disputed.notna())
    return rows.assign(issued_on=pd.to_datetime(rows.issued_on), due_on=pd.to_datetime(rows.due_on))


def _stages(items: pd.DataFrame, offered: pd.DataFrame, broken: pd.DataFrame, before_days: int) -> pd.DataFrame:
    """Who has come to which stage: customer_id, stage, and the promise that was broken."""
    worst = items[~items.disputed].groupby("customer_id").days_past_due.max()
    ages = [-before_days, *STAGES.values()]
    place = np.searchsorted(ages, worst, side="right")
    stage = pd.Series(np.array(["", BEFORE, *STAGES], dtype=object)[place], worst.index)
    rows = stage.rename("stage").reset_index().merge(broken, "left", "customer_id")
    overdue = worst.reindex(rows.customer_id).to_numpy() > 0
    spoken = np.where(overdue & rows.promised_on.notna().to_numpy(), BROKEN, rows.stage)
    said = np.where(rows.customer_id.isin(offered.customer_id), PLAN, spoken)
    return rows.assign(stage=said)[said != ""].reset_index(drop=True)


def _asked(items: pd.DataFrame, offered: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """What each account is asked for: what falls due soon, what is due, or what is past due; beside a plan no more than
    what its instalments settle, which are of one currency and add up to it."""
    days, soon = items.days_past_due, facts.books.settings.reminders.before_due_days
    # Of no stages the map makes text.
    least = items.stage.map({BEFORE: -soon, "due": 0}).fillna(1).astype("int64")
    of = ["customer_id", "currency"]
    settled = pd.MultiIndex.from_frame(items[of]).isin(pd.MultiIndex.from_frame(offered[of]))
    return items.assign(asked=(days >= least) & ~items.disputed & (settled | items.stage.ne(PLAN)))


def _broken(facts: Facts, as_of: date) -> pd.DataFrame:
    """The latest promise of each customer that was broken lately: customer_id, promised_on, promised_amount,
    promised_currency."""
    since = as_of - timedelta(days=BROKEN_DAYS)
    promises = answered(facts, "before_365_on").filter(_.over & ~_.kept & (_.promised_on > since))
    own = facts.books.tables["promises"].select("row", promised_amount="amount")
    code = facts.invoices.select(about="invoice_id", promised_currency="currency")
    rows = promises.select("row", "customer_id", "about", "promised_on").join(own, "row").left_join(code, "about")
    told = fetched(rows.select("customer_id", "promised_on", "promised_amount", "promised_currency"))
    last = told.sort_values(["customer_id", "promised_on", "promised_amount"]).drop_duplicates(
        "customer_id", keep="last"
    )
    code_of = last.promised_currency.fillna(facts.books.settings.ledger.currency)
    return last.assign(promised_on=pd.to_datetime(last.promised_on), promised_currency=code_of)


def _customers(facts: Facts) -> pd.DataFrame:
    return fetched(facts.books.tables["customers"].select("customer_id", "language", "country"))


def _pay_by(facts: Facts, past: Lives, as_of: date) -> np.datetime64:
    """A working day so many days ahead, or the next one."""
    ahead = np.datetime64(as_of) + facts.books.settings.reminders.pay_within_days * DAY
    return working_days(past.holidays).since(np.array([ahead]))[0]


def _payments(facts: Facts, as_of: date, ids: list[str]) -> pd.DataFrame:
    theirs = among(facts.entries.customer_id, ids)
    cash = facts.entries.filter((_.kind == "cash") & (_.entered_on <= as_of) & theirs)
    daily = cash.group_by("customer_id", "currency", paid_on="happened_on").aggregate(amount=total(-cash.change))
    rows = fetched(daily.filter(_.amount != 0)).sort_values(
        ["customer_id", "paid_on", "currency"], ascending=[True, False, True]
    )
    return rows.assign(paid_on=pd.to_datetime(rows.paid_on)).groupby("customer_id").head(LATEST).reset_index(drop=True)


def _credits(facts: Facts, ids: list[str]) -> pd.DataFrame:
    """What is owed to each: paid over, or on account of receipts and credits."""
    day, of = facts.calendar.select("as_of"), ("customer_id", "currency")
    over = own_positions(facts, day.rename(on="as_of")).filter(_.balance < 0)
    parts = [over.select(*of, amount=-over.balance)]
    present = [name for name in ON_ACCOUNT if name in facts.books.present]
    parts += [held(facts, name, day).select(*of, amount="balance") for name in present]
    rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
    theirs = rows.filter(among(rows.customer_id, ids) & (rows.amount > 0))
    return fetched(theirs.group_by(*of).aggregate(amount=total(theirs.amount)).order_by(*of))
