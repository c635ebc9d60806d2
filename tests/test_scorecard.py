"""The scorecard by hand, and what a backtest says of a small ledger."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from arforecast.errors import UsageError
from arforecast.forecast.scorecard import COLUMNS, WEEKS, scored
from forecasts import eventful

ORIGINS = pd.date_range("2026-01-05", periods=8, freq="7D")


def late(p_late: float = 0.9, before: int = 9) -> pd.DataFrame:
    """An invoice an origin that was late; the rule said 0.6."""
    row = {"p_late": p_late, "p_late_baseline": 0.6, "late": 1, "settled_before": before}
    named = {"customer_id": "anna", "settled_on": pd.Timestamp("2026-03-20")}
    return pd.DataFrame([{"origin": on, "invoice_id": f"{on:%m%d}"} | named | row for on in ORIGINS])


def dates() -> pd.DataFrame:
    """An invoice an origin that was settled after 10 days: 12 were said, 6 by the due day, 9 by the customer's rule."""
    row = {"median_days": 12.0, "due_days": 6.0, "rule_days": 9.0, "from_days": 11.0, "until_days": np.nan}
    return pd.DataFrame([{"origin": on} | row | {"came_days": 10.0, "settled_before": 9} for on in ORIGINS])


def cash() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of 100 in each first week 90 were forecast, 80 by the mean and 60 by the last week."""
    said = {"model": 90.0, "8-week mean": 80.0, "last week": 60.0}
    key = {"horizon_week": 1, "component": "total", "actual": 100.0}
    rows = [{"origin": on, "method": name, "forecast": money} | key for on in ORIGINS for name, money in said.items()]
    ends = {"p2_5": 50.0, "p10": 70.0, "p25": 80.0, "p75": 95.0, "p90": 110.0, "p97_5": 150.0}
    return pd.DataFrame(rows), pd.DataFrame([{"origin": on} | key | ends for on in ORIGINS])


def card() -> pd.DataFrame:
    return scored(late(), dates(), *cash()).set_index(["what", "customers", "score"])


def test_chances_by_hand() -> None:
    """0.1 off: 0.01; the rule 0.4 off: 0.16. All alike, so any draw of origins has the ratio 1 / 16."""
    brier = card().loc["p_late", "all", "brier"]
    assert [brier.model, brier.baseline_score, brier.ratio] == pytest.approx([0.01, 0.16, 1 / 16])
    assert [brier.low, brier.high, brier.ratio_low, brier.ratio_high] == pytest.approx([0.01, 0.01, 1 / 16, 1 / 16])
    assert (brier.baseline, brier.better, brier.forecasts) == ("customer late rate", "model", 8)
    error = card().loc["p_late", "all", "calibration_error"]
    assert error.model == pytest.approx(0.1)
    # All were settled on one day: all late with 0.9, or none.
    assert error.baseline_score == pytest.approx(2 * 0.9 * 0.1, abs=0.03)


def test_dates_by_hand_and_where_a_rule_wins_it_is_named() -> None:
    """2 days off, the due day 4, the customer's rule 1: that is the best, and better; no range from day 11 held."""
    days = card().loc["dates", "all", "mae_days"]
    assert (days.model, days.baseline_score, days.ratio) == (2, 1, 2)
    assert days.baseline == days.better == "customer's median delay"
    assert card().loc[("dates", "all", "coverage_80"), "model"] == 0


def test_cash_by_hand() -> None:
    """10 off of 100, the mean 20; inside 70-110 and 50-150, outside 80-95; a range 40 wide of 100."""
    week = card().sort_index().loc["total", "all"]
    assert week.weeks.unique().tolist() == ["1"]
    assert week.model.to_dict() == pytest.approx(
        {"wape": 0.1, "bias": -0.1, "coverage_50": 0, "coverage_80": 1, "coverage_95": 1, "interval_share_80": 0.4}
    )
    assert (week.baseline["wape"], week.ratio["wape"], week.better["wape"]) == ("8-week mean", 0.5, "model")


def test_each_week_ahead_is_judged_with_others_once() -> None:
    weeks = [week for first, last in WEEKS.values() for week in range(first, last + 1)]
    assert weeks == list(range(1, 14))


def test_new_customers_stand_apart() -> None:
    both = pd.concat([late(), late(0.2, before=3)], ignore_index=True)
    brier = scored(both, dates(), *cash()).query("score == 'brier'").set_index("customers")
    assert brier.forecasts.to_dict() == {"all": 16, "new": 8}
    assert brier.model.to_dict() == pytest.approx({"all": (0.01 + 0.64) / 2, "new": 0.64})
    assert brier.better["new"] == "customer late rate"


def test_too_few_origins_name_nobody() -> None:
    few = scored(late()[:7], dates()[:7], *(part[part.origin < ORIGINS[7]] for part in cash()))
    assert set(few.better) == {""}
    assert few.ratio_low.isna().all()


def test_a_backtest_forecasts_on_each_of_its_days_and_reads_what_came() -> None:
    """From 3 March every week, as known on the 24th: the first week of the 17th is over on that day."""
    tested = eventful().as_of("2026-03-24").backtest("2026-03-03")
    assert list(tested.cash.columns) == [
        *("origin", "horizon_week", "component", "method", "forecast", "p10", "p90", "actual")
    ]
    weeks = tested.cash.query("method == 'model' and component == 'total'").groupby("origin").horizon_week.max()
    assert weeks.to_list() == [3, 2, 1]
    assert list(tested.scores.columns) == COLUMNS
    assert tested.late.empty  # nothing falls due after D1, on the day before the first origin
    assert set(tested.cash.method) == {"model", "last week", "8-week mean", "additive ETS", "global roll-rate"}


@pytest.mark.parametrize(("since", "every"), [("2026-03-01", "1w"), ("2026-03-24", "1w"), ("2026-03-03", "week")])
def test_days_without_a_past_and_spans_that_are_none_are_refused(since: str, every: str) -> None:
    with pytest.raises(UsageError, match=r"2026-03-02|Write it as 1w"):
        eventful().as_of("2026-03-24").backtest(since, every)
