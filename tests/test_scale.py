"""Ranges as wide as past ones ought to have been: the scale by hand, and what must hold whatever came."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from arforecast.forecast.backtest import RANGES
from arforecast.forecast.scale import DEGREES, FARTHEST, NORMAL_90, PRIOR, stretched

DAY = pd.Timestamp("2026-06-28")
ENDS = {"p50": 100.0, "p25": 90.0, "p75": 110.0, "p10": 80.0, "p90": 120.0, "p2_5": 60.0, "p97_5": 140.0}


def said(week: int = 1, day: pd.Timestamp = DAY, component: str = "total", **ends: float) -> pd.DataFrame:
    """A forecast of 100 with ranges 90-110, 80-120 and 60-140."""
    row = {"origin": day, "horizon_week": week, "component": component, "mean": 100.0}
    row["until_on"] = day + pd.Timedelta(weeks=week)
    return pd.DataFrame([row | ENDS | ends])


def past(*distances: float, week: int = 1, weeks_ago: int = 1, component: str = "total") -> pd.DataFrame:
    """Such forecasts whose weeks were over so many weeks ago, off by the distances."""
    day = DAY - pd.Timedelta(weeks=week + weeks_ago)
    rows = [said(week, day, component).assign(actual=100 + distance) for distance in distances]
    return pd.concat(rows, ignore_index=True) if rows else said().assign(actual=0.0).iloc[:0]


def reach(forecast: pd.DataFrame) -> float:
    return float(forecast.p90.iloc[0] - 100)


def test_the_scale_by_hand() -> None:
    """Two forecasts over since today and one over for eight weeks, which counts half. The half of an 80 % range is 20,
    a standard deviation 20 / 1.2816: off by 10, -20 and 20 they missed by .6408, 1.2816 and 1.2816 of them."""
    rows = pd.concat([past(10, -20, weeks_ago=0), past(20, weeks_ago=8)], ignore_index=True)
    squares = (0.5**2 + 1**2 + 0.5 * 1**2) * NORMAL_90**2
    scale = np.sqrt((PRIOR + squares) / (PRIOR + 2.5))
    degrees = 2.5**2 / 2.25 / 3 + DEGREES
    expected = 20 * scale * stats.t.ppf(0.9, degrees) / stats.norm.ppf(0.9)
    assert reach(stretched(said(), rows)) == pytest.approx(expected)


def test_without_a_past_three_degrees_are_left() -> None:
    wide = stretched(said(), past())
    for share, (low, high) in RANGES.items():
        factor = stats.t.ppf((1 + share) / 2, DEGREES) / stats.norm.ppf((1 + share) / 2)
        assert wide[high].item() - 100 == pytest.approx(factor * (ENDS[high] - 100))
        assert wide[low].item() == pytest.approx(max(100 - factor * (100 - ENDS[low]), 0))


def test_each_side_is_measured_by_its_own_half() -> None:
    """40 above a half of 40 is one, 40 below a half of 20 two."""
    above, below = (past(off).assign(p90=140.0) for off in (40, -40))
    assert reach(stretched(said(), above)) < reach(stretched(said(), below))


def test_a_day_on_which_nothing_could_come_ends_where_such_days_ended() -> None:
    """Two brought nothing, one, which counts half, 40: of 2.5 there are 2, or 80 %, up to nothing. Another weekday, and
    a day on which something could come, learn nothing of it."""
    none = dict.fromkeys(ENDS, 0.0)
    rows = pd.concat([past(-100, -100, weeks_ago=0), past(-60, weeks_ago=8)], ignore_index=True).assign(**none)
    wide = stretched(said(**none), rows)
    assert wide[sorted(ENDS)].iloc[0].to_dict() == none | {"p97_5": 40.0}
    monday = rows.assign(until_on=rows.until_on - pd.Timedelta(days=6))
    assert stretched(said(**none), monday).p97_5.item() == 0
    both = pd.concat([past(5), rows], ignore_index=True)
    assert reach(stretched(said(), both)) == reach(stretched(said(), past(5)))


def test_a_miss_counts_no_more_than_the_farthest() -> None:
    at = FARTHEST * 20 / NORMAL_90
    assert reach(stretched(said(), past(at))) == pytest.approx(reach(stretched(said(), past(100 * at))))


def test_a_component_learns_from_its_own_weeks_near_by() -> None:
    wide = reach(stretched(said(3), past(*[60] * 9, week=3)))
    assert reach(stretched(said(3), past(*[60] * 9, week=4))) == pytest.approx(wide)
    for other in (past(*[60] * 9, week=5), past(*[60] * 9, week=3, component="unbilled")):
        alone = pd.concat([other, past(week=3)], ignore_index=True)
        assert reach(stretched(said(3), alone)) < wide / 1.5


def test_weeks_farther_than_any_of_the_past_learn_from_its_farthest() -> None:
    rows = past(*[60] * 9, week=13)
    assert reach(stretched(said(30), rows)) == pytest.approx(reach(stretched(said(13), rows)))


def test_ranges_that_missed_by_what_they_say_stay_about_as_wide() -> None:
    """Four hundred misses of a normal of their own spread: scale and degrees leave them within a tenth."""
    off = np.random.default_rng(4).normal(0, 20 / NORMAL_90, 400)
    assert reach(stretched(said(), past(*off, weeks_ago=0))) == pytest.approx(20, rel=0.1)


def test_no_range_begins_below_nothing_unless_its_median_does() -> None:
    far = past(*[-500] * 50)
    assert stretched(said(), far).p2_5.item() == 0
    less = {name: end - 150 for name, end in ENDS.items()}
    assert stretched(said(**less), far).p2_5.item() == -50


def test_the_rows_keep_their_order_and_the_median_stays() -> None:
    rows = pd.concat([said(2), said(1), said(1, component="unbilled")], ignore_index=True)
    wide = stretched(rows, past(5))
    assert wide[["horizon_week", "component", "p50"]].equals(rows[["horizon_week", "component", "p50"]])
    assert wide.index.equals(rows.index)


money = st.floats(-1e9, 1e9)
halves = st.lists(st.floats(0, 1e9), min_size=6, max_size=6).map(sorted)


@settings(derandomize=True, deadline=None)
@given(median=money, halves=halves, off=st.lists(money, max_size=4))
def test_a_wider_range_never_ends_inside_a_narrower_one(median: float, halves: list[float], off: list[float]) -> None:
    names = ["p25", "p75", "p10", "p90", "p2_5", "p97_5"]
    ends = {name: median + half * (-1) ** (nth + 1) for nth, (name, half) in enumerate(zip(names, halves, strict=True))}
    wide = stretched(said(**{"p50": median} | ends), past(*off)).iloc[0]
    ordered = wide[["p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5"]].tolist()
    assert ordered == sorted(ordered)
    assert wide.p2_5 >= min(median, 0)
    assert wide.p50 == median
