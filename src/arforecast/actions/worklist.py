"""The worklist: whom to contact on the next working day, how, why, and what it is worth.

One row an account, however many invoices: one call asks for all of them. What is done is a step of
`arforecast.actions.dunning`; what that is worth is read from the distribution of payment days and the effects declared
in the settings, see `arforecast.actions.value`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import ibis
import numpy as np
import pandas as pd
from ibis import _

from arforecast.actions import accounts, dunning, reserve, value
from arforecast.actions.dunning import NO_CONTACT, RESERVED, WAIT, WORDS
from arforecast.actions.value import Outlook
from arforecast.errors import UsageError
from arforecast.forecast import cash
from arforecast.forecast.backtest import Past
from arforecast.forecast.calendar import working_days
from arforecast.kpis.service import answered
from arforecast.settings import Actions
from arforecast.snapshot import Facts, read, total

COLUMNS = [
    "rank", "customer_id", "open_balance", "overdue_balance", "oldest_days_past_due", "p_paid_14", "expected_cash_30",
    "action", "value_of_action", "reason", "name", "asked_balance", "value_low_amount", "value_high_amount",
    "cost_amount", "minutes", "contact_on", "collector", "contacted_on", "channel", "outcome", "promised_on",
    "promised_amount", "phone",
]  # fmt: skip


EXPECTED = ["expected_cash_14", "expected_cash_30"]
MEANINGS = {
    "rank": "The place in the list: by value_of_action, who is left alone last.",
    **{name: accounts.MEANINGS[name] for name in ("open_balance", "overdue_balance")},
    "asked_balance": "What the customer is asked for: what is overdue or, where nothing is, what falls due within "
    "`soon_days` (7) days; nothing while a dispute is open, or while the lot leaves the account alone.",
    "p_paid_14": "The share of what is overdue or, where nothing is, falls due soon, that is expected within 14 "
    "days when nobody acts.",
    "expected_cash_30": "What is expected of open_balance within 30 days when nobody acts.",
    "action": "The first step that fits, in the order below, and is expected to bring more than it costs. `wait` where "
    "none does; where the account is in credit, has promised the better part of it, or was contacted within `gap_days` "
    "(7); `not contacted: reserve` where the lot leaves it alone this week.",
    "value_of_action": "What the action is worth: the cash it brings sooner, at the cost of capital, and the loss it "
    "avoids, less its cost. The middle of value_low_amount and value_high_amount. It rests on the effects that the "
    "settings declare, not on a measurement.",
    "value_low_amount": "The same where the action does the least that is declared, and the least is lost of what "
    "stays open; value_high_amount: the most.",
    "cost_amount": "What the action costs: its minutes, and what is paid beside them.",
    "contact_on": "The first day after as_of that is neither of a weekend nor a public holiday.",
    "contacted_on": "The day of the last contact; channel and outcome are that one's.",
    "promised_on": accounts.MEANINGS["promised_on"],
    "phone": "The number to ask for the money on, as the customers table has it.",
}
DONE = {
    "dispute": "An invoice is under an open dispute; nothing is asked for before that is settled.",
    "promise": "A promise of the last 30 days was not kept, its 3 days of grace are over, and nobody asked since.",
    "reminder": "Nothing is overdue; what falls due soon, not all of it before contact_on, is late with a chance of "
    "at least 50 %, and paid within 30 days with one of at least 50 %.",
    "write_off": "The oldest invoice is past due by more than 180 days.",
    "agency": "The oldest invoice is past due by more than 90 days.",
    "hold": "The oldest invoice is past due by more than 60 days.",
    "plan": "The oldest invoice is past due by more than 30 days, and the customer paid within 90 days.",
    "letter": "The oldest invoice is past due by more than 30 days.",
    "call": "Something is overdue.",
}


class Limits(NamedTuple):
    """What there is time for: the most actions, the most minutes of them; and whose accounts, all unless named."""

    capacity: int | None = None
    minutes: float | None = None
    collector: str | None = None


def worklist(facts: Facts, then: Past, limits: Limits) -> pd.DataFrame:
    """Whom to contact on the next working day, the most valuable first; see COLUMNS and `glossary`.

    Where there is a limit, what has no place is left out, and so is who waits. Raises UsageError for a collector who
    has no account here.
    """
    rows = within(_of_collector(listed(facts, then), limits.collector), limits)
    return rows.assign(rank=np.arange(1, len(rows) + 1))[COLUMNS]


def glossary() -> pd.DataFrame:
    """What the columns of the list mean, and its actions in the order in which they are tried, at the settings'
    defaults: kpi, meaning."""
    steps = {WORDS[name]: meaning for name, meaning in DONE.items()}
    return pd.DataFrame((MEANINGS | steps).items(), columns=["kpi", "meaning"])


def _of_collector(rows: pd.DataFrame, collector: str | None) -> pd.DataFrame:
    if collector is None:
        return rows
    if not rows.collector.eq(collector).any():
        there = ", ".join(sorted(rows.collector.dropna().unique())) or "nobody"
        raise UsageError(f"No account to look at is {collector}'s. They are those of {there}.")
    return rows[rows.collector.eq(collector)]


def within(rows: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """The first rows that there is time for, and the reserve among them, in whose place nobody else is contacted."""
    if limits.capacity is None and limits.minutes is None:
        return rows
    acts = ~rows.action.isin([WAIT, RESERVED])
    number, taken = acts.cumsum(), rows.minutes.where(acts, 0).cumsum()
    most, longest = (np.inf if limit is None else limit for limit in limits[:2])
    return rows[number.le(most) & taken.le(longest) & rows.action.ne(WAIT)]


def listed(facts: Facts, then: Past) -> pd.DataFrame:
    """Every account with something overdue or due soon, in the order of the list, with all that is known of it."""
    choices, contact_on = facts.books.settings.actions, working_day(then)
    shares = cash.cash_shares(cash.reductions(facts), then.origin)
    of, code = value.outlook(then, shares, facts.books.settings), facts.books.settings.ledger.currency
    rows = _standing(facts, then, of.invoices).assign(contact_on=pd.Timestamp(contact_on))
    rows = rows.join(_taken(dunning.fitting(rows, choices), _weighed(rows.customer_id, of, then, choices)))
    drawn = reserve.reserved(rows.customer_id, contact_on, choices)
    rows = rows.assign(reserved=drawn & rows.pays & ~rows.step.isin(NO_CONTACT))
    action = rows.step.map(WORDS).where(rows.pays, WAIT).mask(rows.reserved, RESERVED)
    asked = rows.asked_balance.mask(rows.step.eq("dispute") | rows.reserved, 0.0)
    said = rows.assign(action=action, reason=dunning.reasons(rows, choices, code), asked_balance=asked)
    order = ["pays", "value_of_action", "overdue_balance", "customer_id"]
    return said.sort_values(order, ascending=[False, False, False, True], ignore_index=True)


def working_day(then: Past) -> date:
    """The first day after the origin that is neither of a weekend nor a public holiday."""
    return working_days(then.known.holidays).since(np.array([then.origin + timedelta(days=1)]))[0].item()


def _standing(facts: Facts, then: Past, invoices: pd.DataFrame) -> pd.DataFrame:
    """The accounts with something overdue or due soon, beside what is asked of each and expected of it."""
    sums = _sums(invoices, facts.books.settings.ledger.decimals)
    rows = accounts.owing(facts, then.origin).merge(sums, on="customer_id")
    for part in (_contacted, _broken, _phones):
        rows = rows.merge(read(part(facts, then.origin), facts), on="customer_id", how="left")
    return rows


def _sums(invoices: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """Of each customer who is asked: asked_balance; p_late, p_paid_14, p_paid_30 (the shares of it expected to be late,
    and to come within so many days); asked_on (the last day on which it is due); expected_cash_14 and expected_cash_30
    (of all that is open)."""
    asked, chances = invoices.balance.where(invoices.asked, 0), ["p_late", "p_paid_14", "p_paid_30"]
    money = invoices[chances].mul(asked, axis=0)
    money["asked_balance"] = asked
    money[EXPECTED] = invoices[["p_paid_14", "p_paid_30"]].mul(invoices.balance, axis=0)
    sums = money.groupby(invoices.customer_id).sum()
    sums[chances] = sums[chances].div(sums.asked_balance, axis=0)
    sums[["asked_balance", *EXPECTED]] /= 10**decimals
    asked_on = pd.to_datetime(invoices.due_on).where(invoices.asked).groupby(invoices.customer_id).max()
    return sums.assign(asked_on=asked_on)[sums.asked_balance > 0].reset_index()


def _contacted(facts: Facts, as_of: date) -> ibis.Table:
    """The last contact with each customer."""
    made = facts.books.tables["contacts"].filter(_.entered_on <= as_of)
    latest = accounts.first(made, ibis.desc("contacted_on"), ibis.desc("contact_id"))
    return latest.select("customer_id", "contacted_on", "channel", "outcome")


def _broken(facts: Facts, as_of: date) -> ibis.Table:
    """The last day for which each customer broke a promise, and what was promised for it."""
    promises = answered(facts, "before_365_on").filter(_.over & ~_.kept)
    daily = promises.group_by("customer_id", broken_on="promised_on").aggregate(broken_amount=total(promises.amount))
    return accounts.first(daily, ibis.desc("broken_on")).drop("nth")


def _phones(facts: Facts, as_of: date) -> ibis.Table:
    """The number of each customer that has one."""
    return facts.books.tables["customers"].filter(_.phone.notnull()).select("customer_id", "phone")


def _weighed(customer_ids: pd.Series, of: Outlook, then: Past, choices: Actions) -> dict[str, pd.DataFrame]:
    """What each step would be worth at each customer, and what it takes; it is about what the customer is asked for,
    and where it is to settle a dispute, about what is disputed."""
    pending, whose = then.closed.pending, of.invoices.customer_id
    disputed = of.invoices.invoice_id.isin(pending.disputed if pending else ())
    weighed = {}
    for name, step in value.steps(choices).items():
        about = disputed if name == "dispute" else of.invoices.asked
        sums = (
            of.brought[name].where(about, 0.0).groupby(whose).sum().reindex(customer_ids).set_axis(customer_ids.index)
        )
        cost = value.cost(step, choices)
        low, high = sums.low - cost, sums.high - cost
        weighed[name] = sums[["more_14", "more_30"]].assign(
            value_of_action=(low + high) / 2,
            value_low_amount=low,
            value_high_amount=high,
            cost_amount=cost,
            minutes=step.minutes,
        )
    return weighed


def _taken(fits: pd.DataFrame, weighed: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The first step that fits and is worth more than nothing, with what it is worth and takes; pays: whether there is
    one. Where none is, step is the first that fits, null without any; it is not taken, and so is worth and takes
    nothing."""
    worth = pd.DataFrame({name: figures.value_of_action for name, figures in weighed.items()})[list(fits)]
    good = fits & (worth.gt(0) | worth.columns.isin(NO_CONTACT))
    pays = good.any(axis=1)
    step = _first(good).where(pays, _first(fits))
    figures = pd.concat([weighed[name][pays & step.eq(name)] for name in weighed])
    return figures.reindex(fits.index).fillna(0.0).assign(step=step.astype("str"), pays=pays)


def _first(which: pd.DataFrame) -> pd.Series:
    """The name of the first column that holds in each row, null where none does."""
    names = np.asarray(which.columns, dtype=object)[which.to_numpy(bool).argmax(axis=1)]
    return pd.Series(names, which.index).where(which.any(axis=1))
