"""How wide ranges of cash must be: those that were drawn, times what past ones missed.

    scale^2 = (16 + sum w z^2) / (16 + sum w)

over past forecasts of the component whose weeks are over, made for as many weeks ahead or one more or less; z is how
far what came lay from the median, in standard deviations of the side it lay on, at most 3; w = 2^(-age / 8 weeks). The
ends are those drawn, times the scale, times what Student's t has beyond the normal with n / 3 + 3 degrees, n the number
of past forecasts that the weights are worth. Without a past the ranges rest on three degrees.

Where nothing could come, as on a weekday that hardly sees a payment, there is nothing to stretch, and what came
nevertheless says nothing of other days. Such a range ends where its share of what came on the same weekday lies, by the
same weights.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from arforecast.forecast.backtest import RANGES
from arforecast.forecast.calendar import DAY, Floats, Ints

# What the ranges drawn weigh against past forecasts, the days after which one counts half, and the farthest miss.
PRIOR, HALF_LIFE_DAYS, FARTHEST = 16, 56, 3.0
NEIGHBOURS, DEGREES, FORECASTS_A_DEGREE = 1, 3, 3
NORMAL_90 = 1.2815515594457831


def stretched(forecast: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    """The forecast with its ranges as wide as those of `past` ought to have been.

    forecast: origin, horizon_week, until_on, component, quantiles, of spans of one kind. past: likewise, and actual;
    only spans over by the origin may be in it. Those farther ahead than any of the past learn from its farthest.
    """
    rows = [_of_component(part, past[past.component == name]) for name, part in forecast.groupby("component")]
    return pd.concat(rows).loc[forecast.index] if rows else forecast


def _of_component(forecast: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    none, before = closed(forecast), closed(past)
    return pd.concat([_scaled(forecast[~none], past[~before]), _surprised(forecast[none], past[before])])


def closed(rows: pd.DataFrame) -> pd.Series:
    """Whether nothing could come, by ranges that are not stretched yet."""
    return (rows.p2_5 == 0) & (rows.p97_5 == 0)


def _scaled(forecast: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    weights = _weights(forecast, past)
    scale = np.sqrt((PRIOR + weights @ _misses(past) ** 2) / (PRIOR + weights.sum(axis=1)))
    squares = (weights**2).sum(axis=1)
    worth = np.divide(weights.sum(axis=1) ** 2, squares, out=np.zeros_like(squares), where=squares > 0)
    return _widened(forecast, scale, worth / FORECASTS_A_DEGREE + DEGREES)


def _surprised(forecast: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    """With what came though nothing could; without a past nothing does."""
    past = past.sort_values("actual", kind="stable")
    weekdays, before = (rows.until_on.dt.day_of_week.to_numpy() for rows in (forecast, past))
    weights = _weights(forecast, past) * (weekdays[:, None] == before[None, :])
    came = np.r_[0.0, past.actual.clip(lower=0)]
    up_to = np.cumsum(np.c_[np.zeros(len(forecast)), weights], axis=1)
    ends = {high: came[(up_to >= share * up_to[:, -1:]).argmax(axis=1)] for share, (_low, high) in RANGES.items()}
    return forecast.assign(**ends)


def _weights(forecast: pd.DataFrame, past: pd.DataFrame) -> Floats:
    """What each past forecast says of each: forecasts x past."""
    farthest = past.horizon_week.max() if len(past) else 0
    ahead = np.minimum(forecast.horizon_week.to_numpy(), farthest)
    near = np.abs(ahead[:, None] - past.horizon_week.to_numpy()[None, :]) <= NEIGHBOURS
    return np.asarray(near * 0.5 ** (_ages(forecast, past) / HALF_LIFE_DAYS))


def _ages(forecast: pd.DataFrame, past: pd.DataFrame) -> Ints:
    """For how many days the weeks of the past had been over on each origin: forecasts x past."""
    return np.asarray((forecast.origin.to_numpy()[:, None] - past.until_on.to_numpy()[None, :]) // DAY)


def _misses(past: pd.DataFrame) -> Floats:
    below, above = _halves(past, 0.80)
    off = (past.actual - past.p50).to_numpy(float)
    # What cannot be told by money is told by its least unit.
    return np.clip(NORMAL_90 * off / np.maximum(np.where(off > 0, above, below), 1), -FARTHEST, FARTHEST)


def _widened(forecast: pd.DataFrame, scale: Floats, degrees: Floats) -> pd.DataFrame:
    """The ranges stretched about the median; a wider one never ends inside a narrower one."""
    from scipy.special import ndtri, stdtrit  # it takes a tenth of a second to import

    median = forecast.p50.to_numpy(float)
    reach_below = reach_above = np.zeros(len(forecast))
    wide = {}
    for share, (low, high) in sorted(RANGES.items()):
        factor = scale * stdtrit(degrees, (1 + share) / 2) / ndtri((1 + share) / 2)
        below, above = _halves(forecast, share)
        reach_below = np.maximum(reach_below, below * factor)
        reach_above = np.maximum(reach_above, above * factor)
        # Cash is what arrives: no range begins below nothing unless the median does.
        wide[low] = np.maximum(median - reach_below, np.minimum(median, 0))
        wide[high] = median + reach_above
    return forecast.assign(**wide)


def _halves(forecast: pd.DataFrame, share: float) -> tuple[Floats, Floats]:
    """How far a range reaches below and above its median.

    A range without width says that nothing else can happen: a hundredth of the median is the least that is believed.
    """
    low, median, high = (forecast[name].to_numpy(float) for name in (RANGES[share][0], "p50", RANGES[share][1]))
    least = np.abs(median) / 100
    return np.maximum(median - low, least), np.maximum(high - median, least)
