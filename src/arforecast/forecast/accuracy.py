"""Accuracy, taken apart: the measures of a forecast of cash that people quote, beside the rules that cost nothing.

Net accuracy, which is often called accuracy alone, is 1 - |sum of errors| / sum of actuals: weeks that were too high
and weeks that were too low cancel in it, so that it flatters every forecast whose level is right, a repeated last week
among them. WAPE lets nothing cancel.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from arforecast.forecast import backtest, scores
from arforecast.forecast.baselines import WEEKLY
from arforecast.forecast.scorecard import WEEKS
from arforecast.snapshot import Facts

MODEL, NAIVE = "model", "last week"
MEASURES = ("net_accuracy", "wape", "bias", "mase", "interval_share_80", "coverage_80")


def decoded(record: pd.DataFrame) -> pd.DataFrame:
    """How right the forecasts of total cash were, by weeks ahead (1, 2-4, 5-13) and method: weeks, method, forecasts
    and MEASURES.

    net_accuracy: 1 - |sum of errors| / sum of actuals. wape: sum of |errors| / sum of actuals. bias: sum of errors /
    sum of actuals, above 0 where too much was forecast. mase: the mean |error| in units of that of the last week,
    repeated, one week ahead (Hyndman and Koehler 2006, on the weeks that are judged). interval_share_80: the interval
    score of the 80 % ranges / the mean of actuals; coverage_80: the share of actuals they held; both null for a rule,
    which gives no range. record: see `arforecast.forecast.cash.comparison`.
    """
    total = record[record.component == "total"].dropna(subset="actual") if len(record) else record
    rows = list(_decoded(total)) if len(total) else []
    return pd.DataFrame(rows, columns=["weeks", "method", "forecasts", *MEASURES])


def by_month(record: pd.DataFrame) -> pd.DataFrame:
    """As `decoded`, of the forecasts of each month, in its first column: month_on, the first day of it."""
    months = pd.to_datetime(record.origin).dt.to_period("M").dt.start_time
    parts = [decoded(rows).assign(month_on=month) for month, rows in record.groupby(months)]
    columns = ["month_on", *decoded(record.iloc[:0])]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _decoded(total: pd.DataFrame) -> Iterator[dict[str, Any]]:
    naive = total[(total.method == NAIVE) & (total.horizon_week == 1)]
    unit = float((naive.forecast - naive.actual).abs().mean())
    for weeks, (first, last) in WEEKS.items():
        ahead = total[total.horizon_week.between(first, last)]
        for method, rows in ahead.groupby("method", sort=False):
            yield {"weeks": weeks, "method": method, "forecasts": len(rows), **_measures(rows, unit)}


def _measures(rows: pd.DataFrame, unit: float) -> dict[str, float]:
    off = scores.bias(rows.forecast, rows.actual)
    told = {"net_accuracy": 1 - abs(off), "wape": scores.wape(rows.forecast, rows.actual), "bias": off}
    miss = float((rows.forecast - rows.actual).abs().mean())
    told["mase"] = miss / unit if unit > 0 else float("nan")
    ranged, mean = rows.dropna(subset=["p10", "p90"]), float(rows.actual.mean())
    if len(ranged) and mean > 0:
        told["interval_share_80"] = scores.interval_score(ranged.p10, ranged.p90, ranged.actual) / mean
        told["coverage_80"] = scores.coverage(ranged.p10, ranged.p90, ranged.actual)
    return told


def beside_rules(facts: Facts, errors: pd.DataFrame) -> pd.DataFrame:
    """The forecasts of the book beside the rules of `arforecast.forecast.baselines.WEEKLY`, as they would have spoken
    on the same days: the columns of `arforecast.forecast.cash.comparison`.

    errors: see `arforecast.forecast.variance.explained`.
    """
    columns = ["origin", "horizon_week", "component", "method", "forecast", "p10", "p90", "actual"]
    daily, minor = backtest.daily_cash(facts), 10**facts.books.settings.ledger.decimals
    rows = [errors.assign(method=MODEL)]
    for _, said in errors.groupby("origin"):
        history, nth = backtest.cash_history(daily, said.origin.iloc[0].date()), said.horizon_week.to_numpy(int)
        for method, rule in WEEKLY.items():
            told = np.asarray(rule(history, nth.max()))[nth - 1] / minor
            rows.append(said.assign(method=method, forecast=told, p10=np.nan, p90=np.nan))
    return pd.concat(rows, ignore_index=True).assign(component="total")[columns]
