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
from arforecast.forecast.calibration import Calibrated, Line
from arforecast.forecast.exposure import Lives, drawn
from arforecast.forecast.payment_time import Distribution, Model

SHARE = 0.80
# Ranges learn from the latest origins that are so many days old, and from no fewer invoices than FEWEST. A customer's
# threshold leans on what is learnt of all with a weight of so many invoices.
OLD_DAYS, ORIGINS, FEWEST, LEANING = 28, 3, 200, 20


def learnt(model: Model, known: Lives, day: date) -> pd.Series:
    """The mass at which the ranges of each customer hold SHARE of what comes, by its identifier."""
    line = model.line if isinstance(model, Calibrated) else Line()
    speaks = model.model if isinstance(model, Calibrated) else model
    least, usual = thresholds(drawn(known, day), day, isinstance(speaks, Boosted), line)
    return least.reindex(known.customers, fill_value=usual)


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
def thresholds(known: Lives, day: date, grown: bool, line: Line) -> tuple[pd.Series, float]:
    """The mass at which the ranges of each customer with a past hold SHARE of what came, by its identifier, and that of
    all others; SHARE itself where there is too little to learn from."""
    before = boosted.origins(known, day, ORIGINS + -(-OLD_DAYS // boosted.EVERY_DAYS))
    old = [origin for origin in before if origin <= day - timedelta(days=OLD_DAYS)][-ORIGINS:]
    past = [_scored(known, origin, day, grown, line) for origin in old]
    if sum(map(len, past)) < FEWEST:
        return pd.Series(dtype=float), SHARE
    least, usual = least_masses(pd.concat(past, ignore_index=True))
    return least.set_axis(known.customers[least.index]), usual


def least_masses(past: pd.DataFrame) -> tuple[pd.Series, float]:
    """For each customer the least g with

        (its past scores <= g) + LEANING x (share of all past scores <= g) >= SHARE x (its past scores + LEANING)

    and that of one without a past, the least g up to which lie SHARE of all scores.
    """
    ordered = past.sort_values(["customer", "score"], kind="stable")
    of, pooled = ordered.groupby("customer").score, np.sort(past.score.to_numpy(float))

    def least(share: Floats) -> Floats:
        """The least g up to which lies a share of all scores: 0 where none is asked, 1 where more than there are."""
        nth = np.ceil(np.round(share * len(pooled), 9)).astype(np.int64)
        return np.where(nth <= 0, 0.0, np.where(nth > len(pooled), 1.0, pooled[np.clip(nth, 1, len(pooled)) - 1]))

    size = of.transform("size")
    wanted = (SHARE * (size + LEANING)).to_numpy(float)
    # A g is enough with so many own scores up to it where so great a share of all lies up to it, and even with none.
    up_to = np.maximum(ordered.score, least((wanted - of.cumcount() - 1) / LEANING))
    enough = ordered.assign(g=np.minimum(up_to, least(wanted / LEANING)))
    return enough.groupby("customer").g.min(), float(least(np.array(SHARE)))


def _scored(known: Lives, origin: date, day: date, grown: bool, line: Line) -> pd.DataFrame:
    """Of invoices not due on an origin and settled since, the customer and the score of what was said of them."""
    seen = boosted.examples(known, origin)
    came = boosted.outcome(known, seen, day)[1]
    p_day = p_settled(calibration.hazards(boosted.hazards(known, origin, grown), line))
    # Where the median lies beyond the days looked at, there is no range to judge.
    judged = came.any(axis=1) & (known.due_on[seen.invoice] > np.datetime64(origin)) & (p_day.sum(axis=1) >= 0.5)
    owner = known.customer[seen.invoice[judged]]
    return pd.DataFrame({"customer": owner, "score": scores(p_day[judged], came[judged].argmax(axis=1))})


def p_settled(chance: Floats) -> Floats:
    """The probabilities of being settled on each day, from the hazards."""
    surviving = np.cumprod(1 - chance, axis=1)
    return np.concatenate([np.ones((len(chance), 1)), surviving[:, :-1]], axis=1) * chance
