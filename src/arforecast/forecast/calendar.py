"""The days on which a ledger settles invoices: weekends and holidays, corrected by its own bookings.

The hazard of an invoice lives on every day; what it brings about on a closed day is booked on the next open one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from arforecast import countries

Days = NDArray[np.datetime64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

# Dates count in days, and their months in months: a number alone has no unit.
DAY, MONTH = np.timedelta64(1, "D"), np.timedelta64(1, "M")
FIRST, PLACES = np.datetime64("1990-01-01"), 30_000
# What is believed of a week before any booking, and how many bookings that is worth.
USUAL_WEEK, PRIOR = np.array([0.2, 0.2, 0.2, 0.2, 0.2, 0, 0]), 10
# A weekday that holds less than this share of the bookings is closed.
HARDLY = 0.02
# A holiday on which at least this share of a usual day is booked is open.
WORKED = 0.5


@dataclass(frozen=True)
class OpenDays:
    """Which days are open: one place a day from FIRST on."""

    open: Bools

    @cached_property
    def _latest(self) -> Ints:
        return np.maximum.accumulate(np.where(self.open, np.arange(len(self.open)), 0))

    @cached_property
    def _next(self) -> Ints:
        return np.minimum.accumulate(np.where(self.open, np.arange(len(self.open)), len(self.open))[::-1])[::-1]

    def are(self, on: Days) -> Bools:
        """Whether each day is open."""
        return np.asarray(self.open[_places(on)])

    def until(self, on: Days | np.datetime64) -> Days:
        """The last open day that is no later than each day."""
        return np.asarray(FIRST + self._latest[_places(on)], dtype="datetime64[D]")

    def since(self, on: Days) -> Days:
        """The first open day that is no earlier than each day."""
        return np.asarray(FIRST + self._next[_places(on)], dtype="datetime64[D]")

    def booked(self, chance: Floats, on: Days) -> Floats:
        """The hazards of days in a row, those of closed days moved to the next open one: invoices x days, in place."""
        for nth in np.flatnonzero(~self.are(on)):
            if nth + 1 < len(on):
                chance[:, nth + 1] += chance[:, nth] * (1 - chance[:, nth + 1])
            chance[:, nth] = 0
        return chance


EVERY_DAY = OpenDays(np.ones(PLACES, dtype=bool))


def working_days(holidays: pd.Series) -> OpenDays:
    """Monday to Friday, but for holidays, given as `holidays` returns them."""
    is_open = weekday(FIRST + np.arange(PLACES)) < 5
    is_open[_places(holidays.index.to_numpy("datetime64[D]"))] = False
    return OpenDays(is_open)


def open_days(settled_on: Days, holidays: pd.Series) -> OpenDays:
    """The calendar of a ledger from the days on which it settled invoices.

    `holidays` holds the name of each, by day. A weekday is closed where it holds less than HARDLY of the settlements,
    a week of Monday to Friday counting as PRIOR of them. A holiday is closed unless, over the years, at least half as
    much was settled on it as on the busier of the same weekdays one and two weeks before.
    """
    booked = np.bincount(_places(settled_on), minlength=PLACES)
    week = (np.arange(len(booked)) + weekday(FIRST)) % 7
    share = (np.bincount(week, booked, 7) + PRIOR * USUAL_WEEK) / (booked.sum() + PRIOR)
    is_open = (share >= HARDLY)[week]
    is_open[_places(_kept(booked, holidays))] = False
    return OpenDays(is_open)


def _kept(booked: Ints, holidays: pd.Series) -> Days:
    """The holidays on which the ledger rests."""
    on = holidays.index.to_numpy("datetime64[D]")
    place = _places(on)
    seen = pd.DataFrame(
        {"booked": booked[place], "usual": np.maximum(booked[place - 7], booked[place - 14])}, index=holidays.to_numpy()
    )
    years = seen.groupby(level=0).sum()
    worked = years.index[(years.booked > 0) & (years.booked >= WORKED * years.usual)]
    return on[~holidays.isin(worked).to_numpy()]


def weekday(on: Days | np.datetime64) -> Ints:
    """Monday 0."""
    return (np.asarray(on).astype("datetime64[D]").astype(np.int64) + 3) % 7


def _places(on: Days | np.datetime64) -> Ints:
    return np.clip((np.asarray(on).astype("datetime64[D]") - FIRST).astype(np.int64), 14, PLACES - 1)


def holidays(country: str | None, years: Iterable[int]) -> pd.Series:
    """The names of the public holidays of a country (ISO 3166, like US) in some years, by day; none where none are
    known."""
    from holidays import country_holidays  # it takes a tenth of a second to import

    if country is None or not countries.known(country):
        return pd.Series([], pd.DatetimeIndex([]), dtype=object)
    known = country_holidays(country, years=years, language="en_US")  # or the machine's language would name them
    named = sorted(known.items())
    return pd.Series([name for _, name in named], pd.DatetimeIndex([day for day, _ in named]), dtype=object)
