"""Days and lengths of time as people say them; what is none is refused, with what to say in its place."""

from __future__ import annotations

import re
from datetime import date, datetime
from operator import index

import numpy as np
import pandas as pd

from arforecast.errors import UsageError

FIRST_YEAR, LAST_YEAR = 1900, 2999
MOST_MONTHS, MOST_WEEKS = 600, 156


def dated(day: str | date | np.datetime64) -> date:
    try:
        if isinstance(day, np.datetime64):
            return dated(pd.Timestamp(day))
        if isinstance(day, datetime):
            return _plausible(day.date())
        return _plausible(day if isinstance(day, date) else date.fromisoformat(day))
    except (ValueError, TypeError) as fault:
        raise UsageError(f"{day} is not a date. Write it as YYYY-MM-DD.") from fault


def _plausible(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise UsageError(f"{day} is a day of no books. Choose one from {FIRST_YEAR} to {LAST_YEAR}.")
    return day


def days_of(every: str) -> int:
    """The days of a span such as 1w or 10d."""
    if not (span := re.fullmatch(r"([1-9]\d{0,2})([dw])", str(every))):
        raise UsageError(f"{every} is no span between forecasts. Write it as 1w, 2w or 10d.")
    return int(span[1]) * {"d": 1, "w": 7}[span[2]]


def whole(name: str, number: int, most: int) -> int:
    """The number as one of Python's, where it is whole, which those of numpy are, and from 1 to `most`."""
    try:
        if 1 <= (plain := index(number)) <= most:
            return plain
    except TypeError:
        pass
    raise UsageError(f"{name} is {number}. Ask for 1 to {most}.")
