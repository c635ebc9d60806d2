"""The spans that cash is told by: days, weeks, and months as far as they lie ahead.

Cash is drawn in steps: one by one the days that somebody plans by, and after them weeks. Every span is made of steps,
so that days, weeks and months of one draw agree. A week that the end of a month cuts is shared as its mean is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from arforecast.forecast.calendar import Floats, Ints

DAY, WEEK, MONTH = SPANS = ("day", "week", "month")
# So many days are told one by one.
DAYS = 21


def ends(span: str, day: date, weeks: int) -> Ints:
    """How many days after `day` each span ends that is over within so many weeks; the first begins on the day after,
    the others follow each other."""
    last = 7 * weeks
    if span == MONTH:
        months = pd.date_range(day + timedelta(days=1), day + timedelta(days=last), freq="ME")
        return np.asarray((months - pd.Timestamp(day)).days, dtype=np.int64)
    return np.arange(1, min(DAYS, last) + 1) if span == DAY else np.arange(7, last + 1, 7)


def calendar(span: str, origins: Sequence[date], weeks: int) -> pd.DataFrame:
    """The spans after each origin: origin, horizon_week, how many weeks ahead it ends, from_on and until_on, its first
    and its last day."""
    parts = [_calendar(span, pd.Timestamp(origin), weeks) for origin in origins]
    return pd.concat(parts, ignore_index=True) if parts else _calendar(span, pd.Timestamp(0), 0)


def _calendar(span: str, origin: pd.Timestamp, weeks: int) -> pd.DataFrame:
    until = ends(span, origin.date(), weeks)
    first = np.r_[0, until][: len(until)] + 1
    dates = {
        "from_on": origin + pd.to_timedelta(first, unit="D"),
        "until_on": origin + pd.to_timedelta(until, unit="D"),
    }
    return pd.DataFrame({"origin": origin, "horizon_week": until // 7 if span == WEEK else until / 7} | dates)


def _starts(weeks: int) -> Ints:
    """How many days lie before each step."""
    return np.r_[np.arange(min(DAYS, 7 * weeks)), np.arange(DAYS, 7 * weeks, 7)]


def in_steps(daily: Floats) -> Floats:
    """The sums of each step, from those of whole weeks of days: ... x steps."""
    return np.asarray(np.add.reduceat(daily, _starts(daily.shape[-1] // 7), axis=-1))


def weeks_of(weeks: int) -> Ints:
    """The week in which each step lies, from 0 on."""
    return np.asarray(_starts(weeks) // 7)


def in_weeks(steps: Floats, weeks: int) -> Floats:
    """The sums of each week, from those of steps: ... x weeks."""
    return np.asarray(np.add.reduceat(steps, np.flatnonzero(_starts(weeks) % 7 == 0), axis=-1))


def sums(daily: Floats, ends: Ints) -> Floats:
    """The sum of each span."""
    return np.diff(np.r_[0.0, np.cumsum(daily)[ends - 1]])


def shares(daily: Floats, ends: Ints) -> Floats:
    """Of each step the share that lies in each span, by the means of its days, or where these are nothing by their
    number: steps x spans."""
    starts, on = _starts(len(daily) // 7), np.arange(len(daily))
    within = (np.searchsorted(ends, on, side="right")[:, None] == np.arange(len(ends))).astype(float)
    of_days, of_mean = (np.add.reduceat(part, starts) for part in (within, daily[:, None] * within))
    length, mean = np.diff(np.r_[starts, len(daily)])[:, None], np.add.reduceat(daily, starts)[:, None]
    return np.divide(of_mean, mean, out=of_days / length, where=mean > 0)
