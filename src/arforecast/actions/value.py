"""What an action is worth: cash that comes sooner and losses avoided, from the one distribution and a declared effect.

An action makes payment likelier on each of the days on which it works; what is written off or credited it leaves as it
is. An invoice still open is settled on day d with the chance h(d), of which the share c(d), by its age, is cash. It is
not paid by the close of d with the chance U(d), the product up to d of (1 - h c); the odds of having been paid are
V(d) = 1 / U(d) - 1. An action of factor f makes of these

    V'(d)          = V(d) + (f - 1) x V(w); w is d or, if that is earlier, the last day on which the action works

so that it pays f times as likely at first. The odds and not the chance of each day, for invoices that look alike are
owed by customers who are not: those still open after weeks are rather theirs on whom a contact is lost. Of an invoice
that is open at the close of day d with the chance S(d), the chances to be paid on it are

    alone          = S(d - 1) x (1 - U(d) / U(d - 1))
    with an action = S(d - 1) x U'(d - 1) / U(d - 1) x (1 - U'(d) / U'(d - 1))

and what the action is worth is

    more paid      = the sum up to a day of the second less the first
    days sooner    = the sum of that over the days of the horizon
    worth          = balance x (days sooner x cost of capital / 365 + more paid at its end x share lost of the open)

What f is stands in the settings, as a range: it is not learnt from who was called.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from arforecast.forecast.backtest import Past
from arforecast.forecast.calendar import Floats
from arforecast.forecast.cash import p_cash
from arforecast.forecast.contacts import of_ages
from arforecast.forecast.exposure import days
from arforecast.forecast.payment_time import Distribution, readings
from arforecast.schedules.sheet import YEAR_DAYS
from arforecast.settings import Action, Actions, Settings

WITHIN = (14, 30)
CHANCES = ["p_late", *(f"p_paid_{within}" for within in WITHIN)]
NEXT_TO_NOTHING = 1e-9  # some of what is open is never paid, or the odds of having been would have no bound
BROUGHT = ["low", "high", *(f"more_{within}" for within in WITHIN)]


class Outlook(NamedTuple):
    """The open invoices of a day, and what each action would bring.

    invoices: one row each, with past_due_days, p_late, p_paid_14, p_paid_30, and asked: whether its customer is asked
    for it. brought: of each action a frame beside them, all in major units of money: low, high, what it is worth, and
    more_14, more_30, how much more cash it brings within so many days, in the middle of its range.
    """

    invoices: pd.DataFrame
    brought: dict[str, pd.DataFrame]


def outlook(then: Past, shares: Floats, choices: Settings) -> Outlook:
    """How the invoices open on an origin are paid, by the distribution that all forecasts are read from, and the shares
    of `arforecast.forecast.cash.cash_shares`."""
    names, horizon_days = list(steps(choices.actions)), choices.forecast.horizon_days

    def read(settled: Distribution) -> Floats:
        paid = p_cash(settled, shares)
        return np.concatenate([*_chances(settled, paid), *_brought(settled, paid, choices.actions)], axis=1)

    invoices = then.invoices.assign(
        past_due_days=(np.datetime64(then.origin) - days(then.invoices.due_on)).astype(np.int64)
    )
    found = readings(then.model, invoices, then.origin, horizon_days, read)
    chances, *parts = np.split(found, np.arange(len(CHANCES), found.shape[1], len(BROUGHT)), axis=1)
    balances = invoices.balance / 10**choices.ledger.decimals
    money = [pd.DataFrame(part, invoices.index, BROUGHT).mul(balances, axis=0) for part in parts]
    told = invoices.join(pd.DataFrame(chances, invoices.index, CHANCES))
    asked = _asked(invoices, choices.actions.soon_days)
    return Outlook(told.assign(asked=asked), dict(zip(names, money, strict=True)))


def steps(choices: Actions) -> dict[str, Action]:
    """The actions of the settings by name."""
    return {name: action for name, action in choices if isinstance(action, Action)}


def cost(action: Action, choices: Actions) -> float:
    """What an action costs, in major units."""
    return action.cost_amount + action.minutes * choices.minute_cost_amount


def _asked(invoices: pd.DataFrame, soon_days: int) -> pd.Series:
    """Whether its customer is asked for each invoice: it is overdue or, where nothing is, falls due soon."""
    late = invoices.past_due_days.gt(0)
    calm = ~late.groupby(invoices.customer_id).transform("any")
    return late | (calm & invoices.past_due_days.ge(-soon_days))


def _chances(settled: Distribution, paid: Floats) -> Iterator[Floats]:
    """CHANCES of each invoice."""
    yield settled.p_late[:, None]
    yield from (paid[:, :within].sum(axis=1, keepdims=True) for within in WITHIN)


def _brought(settled: Distribution, paid: Floats, choices: Actions) -> Iterator[Floats]:
    """BROUGHT by each action, as shares of the balance."""
    before = np.clip(1 - np.cumsum(settled.p_settled, axis=1) + settled.p_settled, 0, 1)
    unpaid, ages = _unpaid(before, paid), settled.invoices.past_due_days.to_numpy()
    day = np.arange(paid.shape[1], dtype="float64")
    weights = [day[::-1], np.ones_like(day), *((day < days).astype("float64") for days in WITHIN)]
    sooner, more, *soon = (counted(before, unpaid, weight) for weight in weights)
    worth = [sooner * (choices.cost_of_capital_share / YEAR_DAYS) + more * share for share in choices.lost_share]
    for action in steps(choices).values():
        factors = of_ages(action, ages)
        for factor, of_worth in zip(factors, worth, strict=True):
            yield _sums(fewer(unpaid, factor, action.days), of_worth)
        middle = fewer(unpaid[:, : max(WITHIN)], np.mean(factors, axis=0), action.days)
        yield from (_sums(middle, weighted[:, : max(WITHIN)]) for weighted in soon)


def _unpaid(before: Floats, paid: Floats) -> Floats:
    """U of each day, of the chances to be open at its beginning and to be paid on it."""
    chance = np.divide(paid, before, out=np.zeros_like(paid), where=before > 0)
    return np.maximum(np.cumprod(1 - chance, axis=1), NEXT_TO_NOTHING)


def fewer(unpaid: Floats, factor: Floats, action_days: int) -> Floats:
    """How much less than U is U', as a share of it, on each day, if an action of a factor works on the first days:
    invoices x days."""
    worked = (1 / unpaid[:, :action_days] - 1) * (factor[:, None] - 1)
    rest = np.repeat(worked[:, -1:], max(unpaid.shape[1] - action_days, 0), axis=1)
    moved = np.concatenate([worked, rest], axis=1) * unpaid
    return np.asarray(moved / (1 + moved))


def counted(before: Floats, unpaid: Floats, weight: Floats) -> Floats:
    """How much each day's `fewer` counts in the weighted sum of what is more likely paid on each day: invoices x days.

    What is more likely paid on day d is S(d - 1) x (fewer(d) x U(d) / U(d - 1) - fewer(d - 1)), so that a day counts in
    its own and, against it, in the next.
    """
    own = before * unpaid / np.concatenate([np.ones((len(unpaid), 1)), unpaid[:, :-1]], axis=1) * weight
    own[:, :-1] -= before[:, 1:] * weight[1:]
    return np.asarray(own)


def _sums(moved: Floats, weighted: Floats) -> Floats:
    """What is more likely paid of each invoice, as `counted` has it."""
    return np.einsum("id,id->i", moved, weighted)[:, None]
