"""Invoices not issued yet: what is agreed, what the last weeks began, and the level these are repeated at."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels import datasets

from arforecast.forecast import billing, cash
from arforecast.forecast.spans import WEEK
from arforecast.snapshot import Facts
from forecasts import AS_OF, facts, opened, then
from ledgers import told

WEEKS = 13
DAY = timedelta(days=1)

SCHEDULED = """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  plan_id  known_on
    O1          anna         2026-03-01  2026-03-15  100.00  old      -
    O2          anna         2026-05-01  2026-05-15  100.00  old      -
    N1          bert         2026-05-10  2026-05-24   60.00  new      -
    S1          cora         2026-04-05  2026-04-20   10.00  -        -
    S2          cora         2026-04-06  2026-04-20   20.00  -        -
    S3          cora         2026-05-31  2026-06-14   30.00  -        -
    S4          cora         2026-06-01  2026-06-15   40.00  -        -
    S5          cora         2026-05-20  2026-06-03   50.00  -        2026-06-02

    billing_schedule
    customer_id  issue_on    due_on      amount  plan_id  known_on
    anna         2026-05-01  2026-05-15  100.00  old      -
    anna         2026-05-31  2026-06-14  100.00  old      -
    anna         2026-06-01  2026-06-15  100.00  old      -
    anna         2026-07-01  2026-07-15  110.00  old      2026-01-01
    bert         2026-05-10  2026-05-24   60.00  new      2026-05-05
    bert         2026-06-10  2026-06-24   60.00  new      2026-05-05
    bert         2026-07-10  2026-07-24   60.00  late     2026-06-01
"""
"""Anna's plan was agreed before the eight weeks that end on 31 May, Bert's within them, one more on the day after."""


@pytest.fixture(scope="module")
def scheduled(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return facts(opened(told(SCHEDULED), tmp_path_factory.mktemp("scheduled")), AS_OF)


def test_the_schedule_counts_as_known_and_as_far_as_it_is_to_come(scheduled: Facts) -> None:
    """What was to be issued by 31 May has been, and is in the open book; what was agreed in June is not known."""
    rows = billing.scheduled(scheduled, [AS_OF])
    due = [(row.customer_id, str(row.issued_on)[:10], row.balance) for row in rows.itertuples()]
    assert due == [("anna", "2026-06-01", 10_000), ("anna", "2026-07-01", 11_000), ("bert", "2026-06-10", 6_000)]
    assert rows.amount.equals(rows.balance)


def test_what_the_last_eight_weeks_began(scheduled: Facts) -> None:
    """From 6 April to 31 May: S2 and S3, known and outside plans, on their day; Bert's plan whole, on the day it was
    agreed. Anna's instalments were agreed before."""
    rows = billing.begun(billing.recent(scheduled, [AS_OF]))
    begun = {
        (row.customer_id, str(row.issued_on)[:10], row.amount, str(row.begun_on)[:10]) for row in rows.itertuples()
    }
    assert begun == {
        ("cora", "2026-04-06", 2_000, "2026-04-06"),
        ("cora", "2026-05-31", 3_000, "2026-05-31"),
        ("bert", "2026-05-10", 6_000, "2026-05-05"),
        ("bert", "2026-06-10", 6_000, "2026-05-05"),
    }
    assert len(rows) == len(begun)
    assert rows.balance.equals(rows.amount)


def test_a_plan_of_another_customer_with_the_same_number_is_another(scheduled: Facts, tmp_path: Path) -> None:
    """Cora's bills are of a plan that was never scheduled, and has the number of Anna's: they count as before."""
    tables = told(SCHEDULED)
    for row in tables["invoices"]:
        row["plan_id"] = "old" if row["customer_id"] == "cora" else row["plan_id"]
    numbered, plain = (
        billing.begun(billing.recent(known, [AS_OF])) for known in (facts(opened(tables, tmp_path), AS_OF), scheduled)
    )
    assert numbered.equals(plain)


def test_a_plan_agreed_tomorrow_changes_nothing_today(scheduled: Facts, tmp_path: Path) -> None:
    tables = told(SCHEDULED)
    tables["billing_schedule"] = [row for row in tables["billing_schedule"] if row["plan_id"] != "late"]
    less = facts(opened(tables, tmp_path), AS_OF)
    with_it, without = (drawn(known, AS_OF, WEEKS) for known in (scheduled, less))
    pd.testing.assert_frame_equal(with_it, without, check_exact=True)


def drawn(known: Facts, day: date, weeks: int) -> pd.DataFrame:
    return cash.of_span(cash.raw_forecast(cash.flows(known, [day]), then(known, day), weeks), WEEK)


# The level


def weeks(before: float, late: float, scatter: float = 10.0) -> np.ndarray:
    """Eight weeks about `before` and eight about `late`, each a step above or below in turn."""
    return np.repeat([before, late], 8) + scatter * np.tile([1.0, -1.0], 8)


def test_sixteen_weeks_tell_the_level_where_it_has_not_changed() -> None:
    """Means of 96 and 100, each with a standard error of 10.69 / sqrt(8) = 3.78: they differ by .75 of 5.35."""
    level = billing.level(weeks(96, 100), 52)
    assert level.multiple == pytest.approx(98 / 100)
    assert level.error_share == pytest.approx(weeks(96, 100).std(ddof=1) / 4 / 98)
    assert level.change_share == 0


def test_a_fall_of_a_third_is_followed() -> None:
    level = billing.level(weeks(150, 100), 52)
    assert (level.multiple, level.change_share) == (1.0, pytest.approx(-1 / 3))
    assert level.error_share == pytest.approx(weeks(150, 100)[8:].std(ddof=1) / np.sqrt(8) / 100)


def test_weeks_before_the_ledger_began_do_not_count() -> None:
    """Four whole weeks of 100 and a part of one before: the eight repeated bill 56 a week, the level is 100."""
    billed = np.array([0.0] * 11 + [50.0] + [100.0] * 4)
    assert billing.level(billed, 4).multiple == pytest.approx(100 / (450 / 8))
    assert billing.level(billed, 0) == billing.Level(1.0, 0.0, 0.0)


def test_of_nothing_billed_comes_nothing() -> None:
    assert billing.level(np.zeros(16), 52) == billing.Level(1.0, 0.0, 0.0)


def test_weeks_without_billing_are_weeks_of_a_ledger_that_lives() -> None:
    """One bill in sixteen weeks, three weeks ago: half as much a week as the last eight say."""
    billed = np.zeros(16)
    billed[-3] = 800.0
    assert billing.level(billed, 52).multiple == pytest.approx(0.5)


def test_by_chance_one_level_in_eighty_is_said_to_have_changed() -> None:
    random = np.random.default_rng(7)
    changed = [billing.level(random.normal(100, 8, 16), 52).change_share != 0 for _nth in range(4_000)]
    assert np.mean(changed) < 0.03


def public(name: str) -> np.ndarray:
    """A series of statsmodels' own, what is missing taken as nothing billed."""
    loaded = getattr(datasets, name).load_pandas().data
    values = loaded.drop(columns="YEAR", errors="ignore").to_numpy(float).ravel()
    return 1_000 * np.nan_to_num(values)[-400:]


SERIES = {
    "monthly, sea temperatures": lambda: public("elnino"),
    "weekly, carbon dioxide with gaps": lambda: public("co2"),
    "daily, a working week": lambda: np.tile([5.0, 3.0, 4.0, 6.0, 9.0, 0.0, 0.0], 12) * 1_000,
    "short": lambda: np.array([700.0, 900.0]),
    "mostly nothing": lambda: np.where(np.arange(120) % 17 == 5, 50_000.0, 0.0),
    "refunds": lambda: np.random.default_rng(3).normal(500, 1_500, 300).round(),
    "a great refund": lambda: np.where(np.arange(60) == 20, -90_000.0, 1_000.0),
    "constant": lambda: np.full(60, 700.0),
}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.filterwarnings("error")
def test_any_series_has_a_level_within_what_was_billed(name: str) -> None:
    """Asked after each of its weeks: a level between the least and the most that a week of the sixteen billed, never
    below nothing, and draws about it that stay within what a hundred times the level is."""
    series, random = SERIES[name](), np.random.default_rng(1)
    for lived in range(1, len(series) + 1):
        billed = np.r_[np.zeros(16), series[:lived]][-16:]
        level, seen = billing.level(billed, lived), billed[max(16 - lived, 0) :]
        drawn = cash._levels(level, [""] * 4, random, 100)
        assert np.isfinite(drawn).all()
        assert drawn.max() < 100
        told = level.multiple * billed[-8:].mean()
        assert min(seen.min(), 0) - 1e-6 <= told <= max(seen.max(), 0) + 1e-6
        assert level.multiple >= 0
    if name == "constant":
        assert level == billing.Level(pytest.approx(1.0), pytest.approx(0.0), 0.0)


LIVED = """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  known_on
    A1          anna         2026-05-04  2026-06-03  100.00  -
    A2          anna         2026-05-11  2026-06-10  100.00  -
    A3          anna         2026-05-18  2026-06-17  100.00  -
    A4          anna         2026-05-25  2026-06-24  200.00  -
    B1          bert         2025-01-06  2025-02-05  900.00  2026-06-01
"""


def test_the_level_of_a_day_knows_what_was_known(tmp_path: Path) -> None:
    """On Sunday 31 May the ledger lives for three whole weeks since its first bill, on 4 May: 100, 100 and 200 of
    500 in eight; Bert's, which would make it a year old, is not known before Monday."""
    known = facts(opened(told(LIVED), tmp_path), date(2026, 6, 1))
    stand = [date(2026, 5, 31), date(2026, 6, 1)]
    levels = billing.levels(known, billing.recent(known, stand), stand)
    assert levels[date(2026, 5, 31)].multiple == pytest.approx((400 / 3) / (500 / 8))
    assert levels[date(2026, 6, 1)].multiple == pytest.approx((500 / 16) / (500 / 8))
