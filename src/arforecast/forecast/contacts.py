"""What more or fewer contacts would do to payments, by the effects that the settings declare of a call.

A contact makes payment on each of so many days about f times as likely: its chance h becomes 1 - (1 - h) ** f, f by the
age of the invoice on that day. Where so many more accounts are contacted a week, a share of those overdue is under one
contact more at any time,

    share = contacts a week x days on which one works / 7 / accounts overdue        (1 at most)
    h'    = (1 - share) x h + share x (1 - (1 - h) ** f)

and where fewer are, that share goes without one that it has today: 1 / f in place of f.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from arforecast.forecast.calendar import Floats, Ints
from arforecast.forecast.exposure import days
from arforecast.settings import Action


@dataclass(frozen=True)
class Capacity:
    """A change of how many are contacted. share: of overdue accounts, below zero where fewer are. end: whether a
    contact does the least that is declared of it (0), or the most (1)."""

    call: Action
    share: float = 0.0
    end: int = 0

    def hazards(self, chance: Floats, ages: Ints) -> Floats:
        """The chances of invoices on days at which they have these ages, in days past due: invoices x days."""
        factor = of_ages(self.call, ages)[self.end]
        once_more = 1 - (1 - chance) ** (factor if self.share > 0 else 1 / factor)
        return np.asarray(chance + abs(self.share) * (once_more - chance))


def share_of(invoices: pd.DataFrame, day: date, contacts_a_week: float, call: Action) -> float:
    """Of the accounts overdue at the close of `day`, the share under one contact more, or less, at any time."""
    overdue = invoices.customer_id[days(invoices.due_on) < np.datetime64(day)].nunique()
    return float(np.clip(contacts_a_week * call.days / 7 / overdue, -1, 1)) if overdue else 0.0


def of_ages(action: Action, ages: Ints) -> tuple[Floats, Floats]:
    """The least and the most that an action is assumed to do at each age, in days past due; 1 is nothing."""
    place = np.searchsorted([effect.from_days for effect in action.effects], ages, side="right")
    low = np.array([1.0, *(effect.low for effect in action.effects)])
    high = np.array([1.0, *(effect.high for effect in action.effects)])
    return low[place], high[place]
