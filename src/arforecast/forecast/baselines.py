"""The rules a model must beat, each stronger than it looks."""

from __future__ import annotations

import warnings
from datetime import date

import numpy as np
import pandas as pd
from ibis import _

from arforecast.forecast.payment_time import Exposure, Floats, Hazard, estimate, known_invoices
from arforecast.snapshot import Facts

# A customer's late rate counts for as much as the ledger's after this many invoices.
SHRINKAGE = 5


def late_counts(facts: Facts, day: date) -> pd.DataFrame:
    """Each customer's invoices that were due by `day`, and how many of them were late: by customer_id due, late.

    Their fate is known. Younger ones are left out whole: of those only the early payers are known.
    """
    due = known_invoices(facts, day).filter(_.due_on <= day)
    fate = due.mutate(late=(due.settled_on <= due.due_on).fill_null(False).ifelse(0, 1))
    counts = fate.group_by("customer_id").aggregate(due=_.count(), late=_.late.sum())
    return counts.order_by("customer_id").to_pandas().set_index("customer_id")


def late_rates(facts: Facts, day: date) -> tuple[pd.Series, float]:
    """Each customer's share of late invoices, shrunk to the ledger's, and the ledger's own.

    late share = (late + 5 x the ledger's share) / (due + 5), see `late_counts`.
    """
    counts = late_counts(facts, day)
    overall = float(counts.late.sum() / max(counts.due.sum(), 1))
    return (counts.late + SHRINKAGE * overall) / (counts.due + SHRINKAGE), overall


def p_late_by_customer(facts: Facts, day: date, invoices: pd.DataFrame) -> Floats:
    """The shrunk late rate of each invoice's customer; 1 where the invoice is due by `day`, as it is late already."""
    rates, overall = late_rates(facts, day)
    rate = invoices.customer_id.map(rates).fillna(overall).to_numpy(float)
    return np.where(pd.to_datetime(invoices.due_on) <= pd.Timestamp(day), 1.0, rate)


def roll_rate_curve(exposed: Exposure) -> Hazard:
    """The global roll-rate curve: the share of open invoices settled at each number of days from due, for all alike."""
    # A prior worth a ten-thousandth of a settlement only keeps an age that nobody reached from dividing by zero.
    return estimate(exposed, factors=((("age",), 1e-4),))


def last_week(weekly: Floats, weeks: int) -> Floats:
    """Every week to come is like the last one."""
    return np.repeat(weekly[-1:], weeks)


def eight_week_mean(weekly: Floats, weeks: int) -> Floats:
    """Every week to come is the mean of the last eight."""
    return np.repeat(weekly[-8:].mean(), weeks)


def additive_ets(weekly: Floats, weeks: int) -> Floats:
    """Exponential smoothing with an additive, damped trend (statsmodels); the mean where the history is too short."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    if len(weekly) < 10:
        return eight_week_mean(weekly, weeks)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the optimiser stopped early is no news for a baseline
        fitted = ExponentialSmoothing(weekly, trend="add", damped_trend=True).fit()
    return np.asarray(fitted.forecast(weeks), dtype=float)


WEEKLY = {"last week": last_week, "8-week mean": eight_week_mean, "additive ETS": additive_ets}
