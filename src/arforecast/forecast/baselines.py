"""The rules a model must beat, each stronger than it looks."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from arforecast.forecast.calendar import Floats
from arforecast.forecast.exposure import Exposure, Lives, days, exposure, settled_on
from arforecast.forecast.hazard import HIGHEST, ages, everybody

# A customer's late rate counts for as much as the ledger's after this many invoices.
SHRINKAGE = 5
# A customer's rule is the median delay of so many last invoices.
LAST = 15


@dataclass(frozen=True)
class RollRates:
    """The share of open invoices settled at each number of days from due, for all alike."""

    name = "global roll-rate"
    share: Floats

    def hazards(self, invoices: pd.DataFrame, first: date, days: int) -> Floats:
        """The share of each invoice's age on each of `days` days from `first`: invoices x days."""
        return np.minimum(self.share[ages(invoices, np.datetime64(first) + np.arange(days))], HIGHEST)


def late_counts(known: Lives, day: date) -> pd.DataFrame:
    """Each customer's invoices that were due by `day`, and how many of them were late: by customer_id due, late.

    Their fate is known. Younger ones are left out whole: of those only the early payers are known.
    """
    today, size = np.datetime64(day), len(known.customers)
    due = (known.entered_on <= today) & (known.due_on <= today)
    late = due & late_on(known, day)
    counts = {"due": np.bincount(known.customer[due], minlength=size)}
    counts["late"] = np.bincount(known.customer[late], minlength=size)
    table = pd.DataFrame(counts, index=known.customers.rename("customer_id"))
    return table[table.due > 0]


def late_on(known: Lives, day: date) -> NDArray[np.bool_]:
    """Whether each invoice was not known to be settled by its due day at the close of `day`."""
    return ~(settled_on(known, day) <= known.due_on)


def late_rates(known: Lives, day: date) -> tuple[pd.Series, float]:
    """Each customer's share of late invoices, shrunk to the ledger's, and the ledger's own.

    late share = (late + 5 x the ledger's share) / (due + 5), see `late_counts`.
    """
    counts = late_counts(known, day)
    overall = float(counts.late.sum() / max(counts.due.sum(), 1))
    return (counts.late + SHRINKAGE * overall) / (counts.due + SHRINKAGE), overall


def p_late_by_customer(known: Lives, day: date, invoices: pd.DataFrame) -> Floats:
    """The shrunk late rate of each invoice's customer; 1 where the invoice is due by `day`, as it is late already."""
    rates, overall = late_rates(known, day)
    rate = invoices.customer_id.map(rates).fillna(overall).to_numpy(float)
    return np.where(days(invoices.due_on) <= np.datetime64(day), 1.0, rate)


def median_delays(known: Lives, day: date) -> Floats:
    """The median delay in days of each customer's last 15 settled invoices, as known at the close of `day`; for one
    without any that of all, and no delay where nothing is settled."""
    settled = settled_on(known, day)
    paid = np.flatnonzero(~np.isnat(settled))
    delay = (settled[paid] - known.due_on[paid]).astype(float)
    past = pd.DataFrame({"customer": known.customer[paid], "delay": delay, "on": settled[paid]})
    medians = past.sort_values("on", kind="stable").groupby("customer").tail(LAST).groupby("customer").delay.median()
    overall = past.delay.median() if len(past) else 0.0
    return medians.reindex(range(len(known.customers)), fill_value=overall).to_numpy(float)


def settled_counts(known: Lives, day: date) -> pd.Series:
    """How many invoices of each customer were known to be settled at the close of `day`, by customer_id."""
    paid = ~np.isnat(settled_on(known, day))
    counts = np.bincount(known.customer[paid], minlength=len(known.customers))
    return pd.Series(counts, known.customers.rename("customer_id"), name="settled_before")


def roll_rate_curve(known: Lives, day: date) -> RollRates:
    """The global roll-rate curve, of what was known at the close of `day`."""
    return roll_rates(exposure(known, day))


def roll_rates(exposed: Exposure) -> RollRates:
    # A prior worth a ten-thousandth of a settlement only keeps an age that nobody reached from dividing by zero.
    mean, alike = everybody(exposed.runs, factors=((("age",), 1e-4),))
    return RollRates(mean * alike[:, 0])


def last_week(weekly: Floats, weeks: int) -> Floats:
    """Every week to come is like the last one."""
    return np.repeat(weekly[-1:], weeks)


def eight_week_mean(weekly: Floats, weeks: int) -> Floats:
    """Every week to come is the mean of the last eight."""
    return np.repeat(weekly[-8:].mean(), weeks)


def additive_ets(weekly: Floats, weeks: int) -> Floats:
    """Exponential smoothing with an additive, damped trend (statsmodels); the mean where the history is too short."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing
    from threadpoolctl import threadpool_limits

    if len(weekly) < 10:
        return eight_week_mean(weekly, weeks)
    # Steps over five parameters: threads that wait for each other take longer than the steps.
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        warnings.simplefilter("ignore")  # that it stopped early, or fits without an error, is no news for a baseline
        fitted = ExponentialSmoothing(weekly, trend="add", damped_trend=True).fit()
        return np.asarray(fitted.forecast(weeks), dtype=float)


WEEKLY = {"last week": last_week, "8-week mean": eight_week_mean, "additive ETS": additive_ets}
