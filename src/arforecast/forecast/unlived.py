"""Weeks to come that are like none the ledger has lived through: a year-end, or holidays of two working days and more.

No past week says what such a week does, so it is named, and what it brings is widened by a rule that is stated: its
billing may be three tenths higher or lower (one standard deviation), and up to three tenths of its cash may come a week
earlier or later, every share as likely as another. A single holiday is a closed day like others: on real weeks ranges
widened for it were a third too wide.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from arforecast.forecast.calendar import Floats, Ints
from arforecast.forecast.exposure import Lives

BILLING, MOVED = 0.3, 0.3
# So long a ledger must have been there before a week for its weeks to say what is usual.
USUAL = timedelta(weeks=4)
YEAR_END = "year-end"
SATURDAY, FEWEST = 5, 2


def names(known: Lives, day: date, weeks: int) -> list[str]:
    """What each of the weeks after `day` holds that no week up to it held, in words; nothing for a usual week."""
    first = _first_lived(known, day)
    told = _named(known, min(first, day), day + timedelta(weeks=weeks))
    on = pd.DatetimeIndex(told.index)
    lived = told[(on >= np.datetime64(first)) & (on <= np.datetime64(day))]
    new = told[(on > np.datetime64(day)) & ~told.isin(lived)]
    week = ((pd.DatetimeIndex(new.index) - pd.Timestamp(day)).days - 1) // 7
    return [_said(new[week == nth]) for nth in range(weeks)]


def _said(held: pd.Series) -> str:
    if held.empty:
        return ""
    on = pd.DatetimeIndex(held.index)
    working = on[on.day_of_week < SATURDAY].unique()
    return " and ".join(dict.fromkeys(held)) if (held == YEAR_END).any() or len(working) >= FEWEST else ""


def _first_lived(known: Lives, day: date) -> date:
    """The day from which on the ledger says what weeks are like."""
    issued_on = known.issued_on[known.entered_on <= np.datetime64(day)]
    return USUAL + (issued_on.min().item() if len(issued_on) else day)


def _named(known: Lives, first: date, last: date) -> pd.Series:
    """The holidays of some days, and the year-end."""
    days = pd.date_range(first, last)
    ends = days[((days.month == 12) & (days.day >= 24)) | ((days.month == 1) & (days.day == 1))]
    kept = known.holidays[(known.holidays.index >= days[0]) & (known.holidays.index <= days[-1])]
    year_end = pd.Series([YEAR_END] * len(ends), ends, dtype=object)
    # What falls on a Sunday is also observed on another day: it is the same holiday.
    return pd.concat([year_end, kept.str.replace(r" \(.*\)", "", regex=True)])


def moved(drawn: Floats, unlived: list[str], weeks: Ints, random: np.random.Generator) -> Floats:
    """The draws, runs x steps, part of the cash of each such week moved from or into the next one, where it is spread
    as usual; weeks: the one in which each step lies."""
    drawn = drawn.copy()
    for week in np.flatnonzero(np.array(unlived[:-1], dtype=bool)):
        here, after = weeks == week, weeks == week + 1
        part = random.uniform(-MOVED, MOVED, (len(drawn), 1)) * drawn[:, here]
        usual = drawn[:, after].mean(axis=0)
        drawn[:, here] -= part
        drawn[:, after] += part.sum(axis=1, keepdims=True) * (usual / usual.sum() if usual.sum() else 1 / len(usual))
    return drawn
