"""On which days invoices are settled: weekends and holidays, corrected by the ledger's own bookings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from arforecast.desk import open_ledger
from arforecast.forecast import exposure
from arforecast.forecast.calendar import OpenDays, holidays, open_days
from arforecast.settings import Forecast, LedgerRules, Settings
from forecasts import facts
from ledgers import told, write

NONE = pd.Series(dtype=object, index=pd.DatetimeIndex([]))
OF_US = holidays("US", range(2020, 2028))


def booked(*days: str | pd.DatetimeIndex) -> np.ndarray:
    return np.concatenate(
        [np.array([], "datetime64[D]"), *(np.atleast_1d(np.array(each, "datetime64[D]")) for each in days)]
    )


def opens(calendar: OpenDays, *days: str) -> list[bool]:
    return calendar.are(np.array(days, dtype="datetime64[D]")).tolist()


WEEK = [f"2026-06-{nth:02}" for nth in range(1, 8)]
WEEKDAYS = pd.bdate_range("2024-01-01", "2026-06-30")


def test_an_unknown_ledger_rests_at_weekends_and_on_the_holidays_of_its_country() -> None:
    calendar = open_days(booked(), OF_US)
    assert opens(calendar, *WEEK) == [True] * 5 + [False] * 2
    assert opens(calendar, "2026-05-25", "2026-07-03", "2026-11-26", "2026-11-27") == [False, False, False, True]


@pytest.mark.parametrize("spoken", ["", "de", "ja"])
def test_holidays_have_one_name_whatever_the_machine_speaks(monkeypatch: pytest.MonkeyPatch, spoken: str) -> None:
    monkeypatch.setenv("LANGUAGE", spoken)
    assert [holidays(country, [2026]).iloc[0] for country in ("DE", "JP")] == ["New Year's Day"] * 2


def test_a_ledger_that_books_on_sundays_keeps_them() -> None:
    """One in fifty is the least: 30 Sundays of 651 + 30 days and the 10 believed are 4 %, 10 are 1.5 %."""
    sundays = pd.date_range("2025-12-07", periods=30, freq="7D")
    assert opens(open_days(booked(WEEKDAYS, sundays), NONE), *WEEK) == [True] * 5 + [False, True]
    assert opens(open_days(booked(WEEKDAYS, sundays[:10]), NONE), *WEEK) == [True] * 5 + [False, False]


def test_a_weekday_without_bookings_is_closed_once_there_are_many() -> None:
    """Of 90 bookings and 10 believed a Monday is believed to hold 2: just enough."""
    rest = WEEKDAYS[WEEKDAYS.day_of_week > 0]
    assert opens(open_days(booked(rest[:90]), NONE), WEEK[0]) == [True]
    assert opens(open_days(booked(rest[:91]), NONE), WEEK[0]) == [False]


def test_a_holiday_on_which_the_ledger_books_is_open_every_year() -> None:
    """Columbus Day 2024 and 2025 were worked like any Monday, Thanksgiving was not; of Labor Day's three a third."""
    columbus = ["2024-10-14", "2025-10-13"]
    usual = booked(WEEKDAYS, WEEKDAYS, WEEKDAYS)
    rest = usual[~np.isin(usual, OF_US.index.to_numpy("datetime64[D]"))]
    calendar = open_days(booked(rest, *columbus, *columbus, "2024-09-02", "2025-09-01"), OF_US)
    assert opens(calendar, "2026-10-12", "2026-11-26", "2026-09-07") == [True, False, False]


def test_the_last_open_day_and_what_is_moved_over_closed_ones_by_hand() -> None:
    """Monday 25 May 2026 is a holiday: of Saturday's 1/2, Sunday's 1/2 and Monday's none, Tuesday's own is 1/4."""
    calendar = open_days(booked(), OF_US)
    on = np.arange("2026-05-22", "2026-05-31", dtype="datetime64[D]")
    assert calendar.until(on)[:5].tolist() == [date(2026, 5, 22)] * 4 + [date(2026, 5, 26)]
    chance = np.array([[0.1, 0.5, 0.5, 0.0, 0.25, 0.0, 0.0, 0.2, 0.9]])
    moved = calendar.booked(chance, on)
    assert moved[0] == pytest.approx([0.1, 0, 0, 0, 1 - 0.5 * 0.5 * 0.75, 0, 0, 0.2, 0])


LEDGER = """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  currency
    A1          anna         2026-01-05  2026-01-19  100.00  GBP
"""
CUSTOMERS = """
    customers
    customer_id  name  country
    anna         Anna  CA
    bert         Bert  CA
    cora         Cora  DE
"""


@pytest.mark.parametrize(
    ("customers", "country", "rests", "works"),
    [
        ("", None, "2026-05-25", "2026-07-01"),  # the spring bank holiday of the pound's country
        (CUSTOMERS, None, "2026-07-01", "2026-05-25"),  # Canada Day
        (CUSTOMERS, "DE", "2026-10-03", "2026-07-01"),  # German Unity Day
        (CUSTOMERS.replace("CA", "Canada"), None, "2026-10-03", "2026-07-01"),  # its name is no code
        (CUSTOMERS.replace("CA", "Canada").replace("DE", "-"), None, "2026-05-25", "2026-07-01"),
    ],
)
def test_the_country_is_that_of_the_settings_the_customers_or_the_money(
    tmp_path: Path, customers: str, country: str | None, rests: str, works: str
) -> None:
    settings = Settings(ledger=LedgerRules(currency="GBP"), forecast=Forecast(country=country))
    ledger = open_ledger(write(told(LEDGER + customers), tmp_path / "ledger"), settings)
    lives = exposure.lives(facts(ledger, date(2026, 6, 30)))
    assert pd.Timestamp(rests) in lives.holidays.index
    assert pd.Timestamp(works) not in lives.holidays.index
