"""Ranges of dates that hold their share: grown from the median day, as wide as each customer's past asks for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from arforecast.forecast import boosted, calibration
from arforecast.forecast.boosted import Boosted
from arforecast.forecast.calendar import Floats, Ints
from arforecast.forecast.calibration import ORIGINS, Calibrated, Line
from arforecast.forecast.exposure import Lives
from arforecast.forecast.payment_time import Distribution, Model

SHARE = 0.80
# Ranges learn from origins that are so many days old; a customer's threshold leans on SHARE with a weight of so many
# invoices.
OLD_DAYS, LEANING = 28, 30


def learnt(model: Model, known: Lives, day: date) -> pd.Series:
    """The mass at which the ranges of each customer with a past hold SHARE of what comes, by its identifier."""
    line = model.line if isinstance(model, Calibrated) else Line()
    speaks = model.model if isinstance(model, Calibrated) else model
    return thresholds(known, day, isinstance(speaks, Boosted), line)


def days_around(settled: Distribution, tau: Floats) -> tuple[Floats, Floats]:
    """In how many days the range of each invoice begins and ends; not a number where its median, or its end, lies
    beyond the last day of the distribution."""
    places = np.flatnonzero(settled.p_settled.any(axis=0))
    p_day = settled.p_settled[:, places]
    if not len(places):
        return (np.full(len(tau), np.nan),) * 2
    low, high = grown(p_day, tau)
    within = p_day.sum(axis=1)
    return (
        np.where(within >= 0.5, places[low] + 1.0, np.nan),
        np.where(within >= np.maximum(tau, 0.5), places[high] + 1.0, np.nan),
    )


def grown(p_day: Floats, tau: Floats) -> tuple[Ints, Ints]:
    """The places of the first and the last day of a range around the median that holds about `tau`: from the median day
    on the heavier neighbour is added, and of all steps the first whose mass is nearest to tau is taken.

    p_day: invoices x open days; a median beyond the last day makes it the last.
    """
    best_low = best_high = _median(p_day)
    nearest = np.full(len(p_day), np.inf)
    for low, high, mass in _growing(p_day):
        better = np.abs(mass - tau) < nearest
        nearest = np.where(better, np.abs(mass - tau), nearest)
        best_low, best_high = np.where(better, low, best_low), np.where(better, high, best_high)
        if (mass >= tau).all():
            break
    return best_low, best_high


def _median(p_day: Floats) -> Ints:
    reached = np.cumsum(p_day, axis=1) >= 0.5
    return np.where(reached.any(axis=1), reached.argmax(axis=1), p_day.shape[1] - 1)


def _growing(p_day: Floats) -> Iterator[tuple[Ints, Ints, Floats]]:
    """The ranges, from the median on one day larger after the other, and their mass."""
    rows, last, low = np.arange(len(p_day)), p_day.shape[1] - 1, _median(p_day)
    high, mass = low, p_day[rows, low]
    for _step in range(last):
        yield low, high, mass
        before = np.where(low > 0, p_day[rows, low - 1], -1)
        after = np.where(high < last, p_day[rows, np.minimum(high + 1, last)], -1)
        down = before > after
        low, high = low - down, np.minimum(high + ~down, last)
        mass = mass + np.maximum(np.maximum(before, after), 0)
    yield low, high, mass


def scores(p_day: Floats, came: Ints) -> Floats:
    """The least `tau` whose range holds the place of the day that came, see `grown`: invoices; 1 where none does."""
    score, held = np.ones(len(p_day)), np.zeros(len(p_day), dtype=bool)
    # A range holds its median day whatever is asked of it.
    before = -p_day[np.arange(len(p_day)), _median(p_day)]
    for low, high, mass in _growing(p_day):
        now = ~held & (low <= came) & (came <= high)
        score, held = np.where(now, (before + mass) / 2, score), held | now
        before = mass
        if held.all():
            break
    return score


@lru_cache(maxsize=64)
def thresholds(known: Lives, day: date, grown: bool, line: Line) -> pd.Series:
    """For each customer with a past, by its identifier, the mass at which its ranges hold SHARE of what came."""
    old = [origin for origin in boosted.origins(known, day, ORIGINS) if origin <= day - timedelta(days=OLD_DAYS)]
    if not old:
        return pd.Series(dtype=float)
    past = pd.concat([_scored(known, origin, day, grown, line) for origin in old], ignore_index=True)
    least = least_masses(past)
    return least.set_axis(known.customers[least.index])


def least_masses(past: pd.DataFrame) -> pd.Series:
    """For each customer the least g with

        (its past scores <= g) + LEANING x g >= SHARE x (its past scores + LEANING)

    so that one without a past has g = SHARE.
    """
    ordered = past.sort_values(["customer", "score"], kind="stable")
    of = ordered.groupby("customer").score
    wanted = SHARE * (of.transform("size") + LEANING)
    # A g is enough with so many scores up to it, and even with none where it leans far enough.
    enough = ordered.assign(g=np.maximum(ordered.score, (wanted - of.cumcount() - 1) / LEANING))
    own, alone = enough.groupby("customer").g.min(), SHARE * (of.size() + LEANING) / LEANING
    return own.where(own < alone, alone).clip(upper=1)


def _scored(known: Lives, origin: date, day: date, grown: bool, line: Line) -> pd.DataFrame:
    seen = boosted.examples(known, origin)
    came = boosted.outcome(known, seen, day)[1]
    place = np.where(came.any(axis=1), came.argmax(axis=1), came.shape[1])
    p_day = p_settled(calibration.hazards(boosted.hazards(known, origin, grown), line))
    # Where the median lies beyond the days looked at, there is no range to judge.
    judged = p_day.sum(axis=1) >= 0.5
    owner = known.customer[seen.invoice[judged]]
    return pd.DataFrame({"customer": owner, "score": scores(p_day[judged], place[judged])})


def p_settled(chance: Floats) -> Floats:
    """The probabilities of being settled on each day, from the hazards."""
    surviving = np.cumprod(1 - chance, axis=1)
    return np.concatenate([np.ones((len(chance), 1)), surviving[:, :-1]], axis=1) * chance
