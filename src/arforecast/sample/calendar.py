"""The days on which a bank moves money: business days, month ends and paydays."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.tseries.holiday import USFederalHolidayCalendar

Days = npt.NDArray[np.datetime64]
Day = np.datetime64

# Dates count in days, and their months in months: a number alone has no unit.
DAY, MONTH = np.timedelta64(1, "D"), np.timedelta64(1, "M")
FIRST_ON, LAST_ON = "2015-01-01", "2028-12-31"


def days(column: pd.Series) -> Days:
    """A column of dates as whole days, the form in which days are added and compared."""
    return column.to_numpy("datetime64[D]")


def dates(values: Days) -> Days:
    """Whole days in the form a frame holds."""
    return np.asarray(values, "datetime64[s]")


@cache
def bank_days() -> np.busdaycalendar:
    """Weekdays that are no federal holiday, for every day the sample and its forecasts can touch."""
    holidays = USFederalHolidayCalendar().holidays(FIRST_ON, LAST_ON)
    return np.busdaycalendar(holidays=holidays.to_numpy().astype("datetime64[D]"))


def is_bank_day(days: Days | Day) -> npt.NDArray[np.bool_]:
    """Whether money moves on each of `days`."""
    return np.asarray(np.is_busday(days, busdaycal=bank_days()))


def on_or_after(days: Days | Day) -> Days:
    """The first bank day on or after each of `days`."""
    return np.asarray(np.busday_offset(days, 0, roll="forward", busdaycal=bank_days()))


def on_or_before(days: Days | Day) -> Days:
    """The last bank day on or before each of `days`."""
    return np.asarray(np.busday_offset(days, 0, roll="backward", busdaycal=bank_days()))


def first_of_month(days: Days | Day, months: int | npt.NDArray[np.integer] = 0) -> Days:
    """The first day of the month of each of `days`, or of the month so many `months` later."""
    return np.asarray((days.astype("datetime64[M]") + months * MONTH).astype("datetime64[D]"))


def month_end(days: Days | Day) -> Days:
    """The last calendar day of the month of each of `days`."""
    return first_of_month(days, 1) - DAY


def payday(days: Days | Day) -> Days:
    """The next payday, today included: the 15th or the month's last day, or the bank day before it."""
    middle = on_or_before(first_of_month(days) + 14 * DAY)
    last = on_or_before(month_end(days))
    following = on_or_before(first_of_month(days, 1) + 14 * DAY)
    return np.where(days <= middle, middle, np.where(days <= last, last, following))
