"""What an action is worth: cash that comes sooner and losses avoided, from the one distribution and a declared effect.

An action makes payment likelier on each of the days on which it works. An invoice is open at the close of day d with
the chance S(d) when nobody acts, and with S(d) ** f when an action of factor f does; after the last day w on which it
works, with S(w) ** (f - 1) x S(d). So

    days sooner    = the sum over the horizon of S(d) less that
    more settled   = the same difference at the end of the horizon
    worth          = balance x (days sooner x cost of capital / 365 + more settled x share lost of what stays open)

What f is stands in the settings, as a range: it is not learnt from who was called.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from arforecast.forecast.backtest import Past
from arforecast.forecast.calendar import Floats
from arforecast.forecast.contacts import of_ages
from arforecast.forecast.exposure import days
from arforecast.forecast.payment_time import Distribution, readings
from arforecast.schedules.sheet import YEAR_DAYS
from arforecast.settings import Action, Actions, Settings

WITHIN = (14, 30)
CHANCES = ["p_late", *(f"p_paid_{within}" for within in WITHIN)]
BROUGHT = ["low", "high", *(f"more_{within}" for within in WITHIN)]


class Outlook(NamedTuple):
    """The open invoices of a day, and what each action would bring.

    invoices: one row each, with past_due_days, p_late, p_paid_14, p_paid_30, and asked: whether its customer is asked
    for it. brought: of each action a frame beside them, all in major units of money: low, high, what it is worth, and
    more_14, more_30, how much more cash it brings within so many days, in the middle of its range.
    """

    invoices: pd.DataFrame
    brought: dict[str, pd.DataFrame]


def outlook(then: Past, choices: Settings) -> Outlook:
    """How the invoices open on an origin are paid, by the distribution that all forecasts are read from."""
    names, horizon_days = list(steps(choices.actions)), choices.forecast.horizon_days

    def read(settled: Distribution) -> Floats:
        return np.concatenate([*_chances(settled), *_brought(settled, choices.actions)], axis=1)

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


def _chances(settled: Distribution) -> Iterator[Floats]:
    """CHANCES of each invoice."""
    yield settled.p_late[:, None]
    yield from (settled.p_settled[:, :within].sum(axis=1, keepdims=True) for within in WITHIN)


def _brought(settled: Distribution, choices: Actions) -> Iterator[Floats]:
    """BROUGHT by each action, as shares of the balance."""
    still = np.clip(1 - np.cumsum(settled.p_settled, axis=1), 0, 1)
    ages = settled.invoices.past_due_days.to_numpy()
    for action in steps(choices).values():
        factors = of_ages(action, ages)
        for factor, lost_share in zip(factors, choices.lost_share, strict=True):
            gained = still - acted(still, factor, action.days)
            sooner = gained[:, :-1].sum(axis=1) * choices.cost_of_capital_share / YEAR_DAYS
            yield (sooner + gained[:, -1] * lost_share)[:, None]
        middle = acted(still[:, : max(WITHIN)], np.mean(factors, axis=0), action.days)
        yield from (still[:, within - 1, None] - middle[:, within - 1, None] for within in WITHIN)


def acted(still: Floats, factor: Floats, action_days: int) -> Floats:
    """The chances to be open, `still`, if an action of a factor works on the first days: invoices x days."""
    worked = still[:, :action_days] ** (factor[:, None] - 1)
    rest = np.repeat(worked[:, -1:], still.shape[1] - worked.shape[1], axis=1)
    return still * np.concatenate([worked, rest], axis=1)
