"""How wide ranges of cash must be: those that were drawn, times what past ones missed.

    scale^2 = (16 + sum w z^2) / (16 + sum w)

over past forecasts of the component whose weeks are over, made for as many weeks ahead or one more or less; z is how
far what came lay from the median, in standard deviations of the side it lay on, at most 3; w = 2^(-age / 8 weeks). The
ends are those drawn, times the scale, times what Student's t has beyond the normal with n / 3 + 3 degrees, n the number
of past forecasts that the weights are worth. Without a past the ranges rest on three degrees.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from arforecast.forecast.backtest import RANGES
from arforecast.forecast.calendar import Floats, Ints

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
    farthest = past.horizon_week.max() if len(past) else 0
    ahead = np.minimum(forecast.horizon_week.to_numpy(), farthest)
    near = np.abs(ahead[:, None] - past.horizon_week.to_numpy()[None, :]) <= NEIGHBOURS
    weights = near * tells(past) * 0.5 ** (_ages(forecast, past) / HALF_LIFE_DAYS)
    scale = np.sqrt((PRIOR + weights @ _misses(past) ** 2) / (PRIOR + weights.sum(axis=1)))
    squares = (weights**2).sum(axis=1)
    worth = np.divide(weights.sum(axis=1) ** 2, squares, out=np.zeros_like(squares), where=squares > 0)
    return _widened(forecast, scale, worth / FORECASTS_A_DEGREE + DEGREES)


def _ages(forecast: pd.DataFrame, past: pd.DataFrame) -> Ints:
    """For how many days the weeks of the past had been over on each origin: forecasts x past."""
    return np.asarray(
        (forecast.origin.to_numpy()[:, None] - past.until_on.to_numpy()[None, :]) // np.timedelta64(1, "D")
    )


def tells(past: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each says how wide ranges must be: where nothing could come and nothing came, as on a Sunday, it does
    not."""
    return np.asarray((past.p97_5 > past.p2_5) | (past.actual != past.p50))


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
