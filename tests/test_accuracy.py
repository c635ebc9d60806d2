"""Accuracy taken apart: every measure by hand, and why the one that is quoted most flatters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from arforecast.forecast import accuracy
from arforecast.forecast.accuracy import MEASURES


def record() -> pd.DataFrame:
    """Two forecasts for the next week and one for the week after: the model is 20 high, 20 low and 30 high, the rule
    10, 30 and 10 high."""
    lines = [
        ("2026-03-29", 1, "model", 120, 90, 130, 100),
        ("2026-04-05", 1, "model", 80, 60, 90, 100),
        ("2026-03-29", 2, "model", 130, 100, 150, 100),
        ("2026-03-29", 1, "last week", 110, np.nan, np.nan, 100),
        ("2026-04-05", 1, "last week", 130, np.nan, np.nan, 100),
        ("2026-03-29", 2, "last week", 110, np.nan, np.nan, 100),
    ]
    columns = ["origin", "horizon_week", "method", "forecast", "p10", "p90", "actual"]
    return pd.DataFrame(lines, columns=columns).assign(
        component="total", origin=lambda rows: pd.to_datetime(rows.origin)
    )


def test_measures_by_hand() -> None:
    """One week ahead 20 high and 20 low make a net accuracy of 100 % of a WAPE of 20 %; the last week misses by 20 in
    the mean, the unit of MASE. Ranges of 40 and 30 wide, one missed by 10: (40 + 30 + 10 x 10) / 2 of 100."""
    table = accuracy.decoded(record()).set_index(["weeks", "method"])
    assert table.index.tolist() == [(weeks, name) for weeks in ("1", "2-4") for name in ("model", "last week")]
    assert table.forecasts.tolist() == [2, 2, 1, 1]
    model, rule = table.loc[("1", "model")], table.loc[("1", "last week")]
    assert model[list(MEASURES)].tolist() == pytest.approx([1, 0.2, 0, 1, 0.85, 0.5])
    assert rule[list(MEASURES)].tolist() == pytest.approx([0.8, 0.2, 0.2, 1, np.nan, np.nan], nan_ok=True)
    assert table.loc[("2-4", "model")][list(MEASURES)].tolist() == pytest.approx([0.7, 0.3, 0.3, 1.5, 0.5, 1])


def test_a_measure_is_the_same_in_whatever_money() -> None:
    money = ["forecast", "p10", "p90", "actual"]
    small = record().astype(dict.fromkeys(money, float))
    small[money] /= 1000
    pd.testing.assert_frame_equal(accuracy.decoded(small), accuracy.decoded(record()))


def test_over_time_the_forecasts_of_each_month() -> None:
    table = accuracy.by_month(record())
    assert table[["month_on", "weeks", "method"]].drop_duplicates().shape == (6, 3)
    april = table[table.month_on == "2026-04-01"].set_index("method")
    assert april.net_accuracy.to_dict() == pytest.approx({"model": 0.8, "last week": 0.7})
    assert april.mase.to_dict() == pytest.approx({"model": 20 / 30, "last week": 1})


def test_nothing_judged_and_nothing_paid_are_no_accuracy() -> None:
    for empty in (record().iloc[:0], pd.DataFrame({name: [] for name in record()})):
        assert accuracy.decoded(empty).empty
        assert accuracy.by_month(empty).columns.tolist() == ["month_on", "weeks", "method", "forecasts", *MEASURES]
    none = accuracy.decoded(record().assign(actual=0.0))
    assert none[["net_accuracy", "wape", "bias", "interval_share_80"]].isna().all(axis=None)
