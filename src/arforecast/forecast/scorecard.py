"""The scorecard: how right past forecasts were, beside the best simple rule, with what chance alone could do.

One row a question and score. A ratio below 1 speaks for the model; `better` names it only where the 90 % range of the
ratio, drawn over blocks of four origins, lies below 1 as a whole, and the rule where all of it lies above.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from arforecast.forecast import backtest, scores
from arforecast.forecast.calendar import Floats

COLUMNS = [
    "what", "customers", "weeks", "score", "forecasts", "model", "low", "high",
    "baseline", "baseline_score", "ratio", "ratio_low", "ratio_high", "better",
]  # fmt: skip
# Weeks ahead that are judged together: the first is planned by, those up to the fourth are steered by.
WEEKS = {"1": (1, 1), "2-4": (2, 4), "5-13": (5, 13)}
# A customer is new until so many of its invoices were settled.
NEW = 3


@dataclass(frozen=True)
class Backtest:
    """Forecasts as they could be made on past days, beside what came of them.

    scores: see `scored`. cash: see `arforecast.forecast.cash.comparison`. late: see
    `arforecast.forecast.backtest.late_record`; dates: see `arforecast.forecast.dates.record`; both with
    settled_before, how many invoices of the customer were known to be settled on the origin.
    """

    scores: pd.DataFrame
    cash: pd.DataFrame
    late: pd.DataFrame
    dates: pd.DataFrame

    def _repr_html_(self) -> str:
        return str(self.scores.to_html(index=False, border=0))


def scored(late: pd.DataFrame, dates: pd.DataFrame, cash: pd.DataFrame, ranges: pd.DataFrame) -> pd.DataFrame:
    """One row a score of chances to be late, of payment dates and of cash by weeks ahead: COLUMNS.

    wape, bias and interval_share_80 are shares of the cash that came, coverages shares of the ranges, mae_days days.

    what: p_late, dates, or the component of cash. customers: all, or new, those of whom at most three invoices were
    settled on the origin. forecasts: how many. model with low and high, its 90 % range. baseline: the simple rule, the
    best of them for cash; beside calibration_error its floor, what a perfect forecast of this size would show, where a
    customer's payment run decides many invoices at once. better: model, the rule, or neither where chance can explain
    the difference. ranges: see `cash.published`.
    """
    rows = [
        *(row for name in ("all", "new") for row in _late(name, _of(late, name))),
        *(row for name in ("all", "new") for row in _dates(name, _of(dates, name))),
        *(row for component in ("total", "open_book") for row in _cash(component, cash, ranges)),
    ]
    return pd.DataFrame(rows, columns=COLUMNS).fillna({"baseline": "", "better": ""})


def _of(record: pd.DataFrame, customers: str) -> pd.DataFrame:
    return record[record.settled_before <= NEW] if customers == "new" else record


def _late(customers: str, rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    if rows.empty:
        return
    row = {"what": "p_late", "customers": customers, "weeks": "", "forecasts": len(rows)}
    misses = [(rows[said] - rows.late) ** 2 for said in ("p_late", "p_late_baseline")]
    yield (
        row | {"score": "brier"} | _beside(rows.origin, misses[0], {"customer late rate": misses[1]}, rows.late * 0 + 1)
    )
    together = scores.runs(rows.customer_id, rows.settled_on, rows.invoice_id)
    error, floor = scores.calibration_error(rows.p_late, rows.late), scores.calibration_floor(rows.p_late, together)
    named = {"model": error, "baseline": "floor", "baseline_score": floor, "ratio": error / floor if floor else np.nan}
    yield row | {"score": "calibration_error"} | named
    aucs = {"model": scores.auc(rows.p_late, rows.late), "baseline": "customer late rate"}
    yield row | {"score": "auc"} | aucs | {"baseline_score": scores.auc(rows.p_late_baseline, rows.late)}


def _dates(customers: str, rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    if rows.empty:
        return
    row = {"what": "dates", "customers": customers, "weeks": "", "forecasts": len(rows)}
    one = rows.came_days * 0 + 1
    miss = {name: (rows[name] - rows.came_days).abs() for name in ("median_days", "due_days", "rule_days")}
    rules = {"due date": miss["due_days"], "customer's median delay": miss["rule_days"]}
    yield row | {"score": "mae_days"} | _beside(rows.origin, miss["median_days"], rules, one)
    held = scores.held(rows.from_days, rows.until_days, rows.came_days)
    yield row | {"score": "coverage_80"} | _alone(rows.origin, one * held, one)


def _cash(component: str, cash: pd.DataFrame, ranges: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for weeks, (first, last) in WEEKS.items():
        rows, wide = (
            part[(part.component == component) & part.horizon_week.between(first, last)].reset_index(drop=True)
            for part in (cash, ranges)
        )
        if rows.empty:
            continue
        misses = rows.assign(miss=(rows.forecast - rows.actual).abs())
        by = misses.pivot(index=["origin", "horizon_week"], columns="method", values="miss").reset_index()
        actual = rows[rows.method == "model"].set_index(["origin", "horizon_week"]).actual
        came = actual.loc[pd.MultiIndex.from_frame(by[["origin", "horizon_week"]])].reset_index(drop=True)
        rules = {name: by[name] for name in by.columns.difference(["origin", "horizon_week", "model"])}
        row = {"what": component, "customers": "all", "weeks": weeks, "forecasts": len(by)}
        yield row | {"score": "wape"} | _beside(by.origin, by["model"], rules, came)
        model = rows[rows.method == "model"]
        yield row | {"score": "bias"} | _alone(model.origin, model.forecast - model.actual, model.actual)
        for share, (low, high) in backtest.RANGES.items():
            held = wide.actual.between(wide[low], wide[high]).astype(float)
            yield row | {"score": f"coverage_{share:.0%}".rstrip("%")} | _alone(wide.origin, held, held * 0 + 1)
        loss = pd.Series(scores.interval_losses(wide.p10, wide.p90, wide.actual))
        yield row | {"score": "interval_share_80"} | _alone(wide.origin, loss, wide.actual)


def _beside(origin: pd.Series, loss: pd.Series, rules: dict[str, pd.Series], per: pd.Series) -> dict[str, Any]:
    """The model's losses, those of the best rule, and which is better."""
    best = min(rules, key=lambda name: float(rules[name].sum()))
    ratio, low, high = scores.ratio(*_by_origin(origin, loss, rules[best]))
    better = "" if np.isnan(low) else "model" if high < 1 else best if low > 1 else "neither"
    told = {"baseline": best, "baseline_score": scores.ratio(*_by_origin(origin, rules[best], per))[0]}
    return _alone(origin, loss, per) | told | {"ratio": ratio, "ratio_low": low, "ratio_high": high, "better": better}


def _alone(origin: pd.Series, loss: pd.Series, per: pd.Series) -> dict[str, Any]:
    return dict(zip(("model", "low", "high"), scores.ratio(*_by_origin(origin, loss, per)), strict=True))


def _by_origin(origin: pd.Series, *parts: pd.Series) -> tuple[Floats, ...]:
    return tuple(np.asarray(part.astype(float).groupby(origin).sum()) for part in parts)
