"""How right a forecast was: proper scores and their floors. Arrays in, numbers out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BINS = 15
# Origins next to each other share their weather, so whole blocks of them are drawn, not single ones.
BLOCK, DRAWS = 4, 1000
# How often the luck of payment runs is drawn.
LUCKS = 200


def brier(p: ArrayLike, happened: ArrayLike) -> float:
    """The mean squared error of a probability: 0 is perfect, 0.25 is what a coin gets."""
    return float(np.mean((np.asarray(p, float) - np.asarray(happened, float)) ** 2))


def log_loss(p: ArrayLike, happened: ArrayLike) -> float:
    """The mean of minus the logarithm of the probability that was given to what happened."""
    chance = np.clip(np.asarray(p, float), 1e-6, 1 - 1e-6)
    return float(-np.mean(np.where(np.asarray(happened, bool), np.log(chance), np.log(1 - chance))))


def auc(p: ArrayLike, happened: ArrayLike) -> float:
    """The chance that a late invoice was given a higher probability than one on time; NaN if there is only one kind."""
    from sklearn.metrics import roc_auc_score

    outcome = np.asarray(happened, int)
    return float(roc_auc_score(outcome, np.asarray(p, float))) if 0 < outcome.mean() < 1 else float("nan")


def calibration_error(p: ArrayLike, happened: ArrayLike, bins: int = BINS) -> float:
    """The mean distance between the probability given and the share that happened, over bins of equal numbers."""
    chance, outcome = np.asarray(p, float), np.asarray(happened, float)
    gaps = [len(part) * abs(chance[part].mean() - outcome[part].mean()) for part in binned(chance, bins)]
    return float(sum(gaps) / max(len(chance), 1))


def binned(p: ArrayLike, bins: int = BINS) -> list[Ints]:
    """The places of the probabilities in bins of equal numbers, the least first."""
    order = np.argsort(np.asarray(p, float), kind="stable")
    return [part for part in np.array_split(order, bins) if len(part)]


def calibration_floor(p: ArrayLike, run: ArrayLike, bins: int = BINS) -> float:
    """The calibration error that a perfectly calibrated forecast with these probabilities would show by chance, where
    all of one payment run (a number for each) come late or in time together."""
    sizes = [len(part) for part in binned(p, bins)]
    return float(np.dot(sizes, gaps_by_chance(p, run, bins)) / max(sum(sizes), 1))


def gaps_by_chance(p: ArrayLike, run: ArrayLike, bins: int = BINS) -> Floats:
    """The same bin by bin: the mean distance between the probability given and the share that happened."""
    chance, runs, parts = np.asarray(p, float), np.asarray(run, int), binned(p, bins)
    if not parts:
        return np.empty(0)
    order, sizes = np.concatenate(parts), np.array([len(part) for part in parts])
    chance, runs, starts = chance[order], runs[order], np.cumsum(sizes) - sizes
    off = [np.abs(np.add.reduceat(chance - (luck[runs] < chance), starts)) for luck in _lucks(runs)]
    return np.asarray(np.mean(off, axis=0) / sizes)


def within_by_chance(of: ArrayLike, run: ArrayLike, share: float, within: tuple[float, float]) -> float:
    """Of how many customers (a number for each range) a share of ranges between two bounds would hold, if each range
    held with the chance `share`, and all of one payment run together."""
    _names, customer, sizes = np.unique(np.asarray(of), return_inverse=True, return_counts=True)
    held = (np.bincount(customer, luck[np.asarray(run, int)] < share) / sizes for luck in _lucks(run))
    low, high = within
    return float(np.mean([((low <= own) & (own <= high)).sum() for own in held]))


def _lucks(run: ArrayLike) -> Iterator[Floats]:
    """The luck of each payment run, from 0 to 1, drawn anew so many times."""
    random, count = np.random.default_rng(1), int(np.asarray(run, int).max(initial=-1)) + 1
    return (random.random(count) for _draw in range(LUCKS))


def runs(customer_id: pd.Series, settled_on: pd.Series, invoice_id: pd.Series) -> Ints:
    """A number for each payment run: what one customer settled on one day; what is still open is a run by invoice."""
    alone = invoice_id.where(settled_on.isna(), "")
    return np.asarray(customer_id.groupby([customer_id, settled_on, alone], dropna=False).ngroup(), np.int64)


def wape(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Weighted absolute percentage error: the sum of absolute errors / the sum of actuals."""
    came = np.asarray(actual, float)
    return float(np.abs(np.asarray(forecast, float) - came).sum() / came.sum()) if came.sum() else float("nan")


def bias(forecast: ArrayLike, actual: ArrayLike) -> float:
    """The sum of errors / the sum of actuals: above 0, too much was forecast."""
    came = np.asarray(actual, float)
    return float((np.asarray(forecast, float) - came).sum() / came.sum()) if came.sum() else float("nan")


def held(low: ArrayLike, high: ArrayLike, actual: ArrayLike) -> NDArray[np.bool_]:
    """Whether each actual lies inside its range; one without an end (NaN) holds all from its beginning on."""
    came, end = np.asarray(actual, float), np.asarray(high, float)
    return np.asarray((np.asarray(low, float) <= came) & ~(came > end))


def coverage(low: ArrayLike, high: ArrayLike, actual: ArrayLike) -> float:
    """The share of actuals inside their range."""
    return float(np.mean(held(low, high, actual)))


def interval_score(low: ArrayLike, high: ArrayLike, actual: ArrayLike, share: float = 0.80) -> float:
    """The mean width of a range that is to hold `share`, and for each actual outside of it the miss x 2 / (1 - share):
    lower is better, and neither too wide nor too narrow a range gets there."""
    return float(np.mean(interval_losses(low, high, actual, share)))


def interval_losses(low: ArrayLike, high: ArrayLike, actual: ArrayLike, share: float = 0.80) -> Floats:
    """The interval score of each range."""
    below, above, came = (np.asarray(part, float) for part in (low, high, actual))
    miss = np.maximum(below - came, 0) + np.maximum(came - above, 0)
    return np.asarray(above - below + 2 / (1 - share) * miss)


def ratio(over: ArrayLike, under: ArrayLike) -> tuple[float, float, float]:
    """The sum of `over` / the sum of `under`, one number an origin each, and its 90 % range by the block bootstrap.

    Losses of a model over those of a baseline, or losses over what they are a share of. The range is NaN below two
    blocks of four origins, and where it has no end; all of it is NaN where `under` adds up to nothing.
    """
    top, bottom = np.asarray(over, float), np.asarray(under, float)
    share = float(top.sum() / bottom.sum()) if bottom.sum() else float("nan")
    if len(top) < 2 * BLOCK or np.isnan(share):
        return share, float("nan"), float("nan")
    picked = _blocks(len(top))
    return share, *_range(top[picked].sum(axis=1), bottom[picked].sum(axis=1))


def _range(over: NDArray[np.float64], under: NDArray[np.float64]) -> tuple[float, float]:
    """Between what nine of ten of the shares lie; NaN where more than one of twenty has nothing under its line."""
    shares = np.divide(over, under, out=np.full_like(over, np.inf), where=under > 0)
    with np.errstate(invalid="ignore"):  # between two that have no end
        low, high = np.quantile(shares, [0.05, 0.95])
    return (float(low), float(high)) if np.isfinite(high) else (float("nan"), float("nan"))


def _blocks(origins: int) -> NDArray[np.int64]:
    """draws x origins: blocks of neighbours, after the last of which the first follows."""
    starts = np.random.default_rng(1).integers(0, origins, (DRAWS, -(-origins // BLOCK)))
    return ((starts[:, :, None] + np.arange(BLOCK)) % origins).reshape(DRAWS, -1)[:, :origins]


def drawn_share(over: ArrayLike, under: ArrayLike) -> tuple[float, float, float]:
    """The sum of `over` / the sum of `under`, one number a customer each, and its 90 % range by the bootstrap."""
    top, bottom = np.asarray(over, float), np.asarray(under, float)
    if not bottom.sum() or np.isnan(top).any():
        return float("nan"), float("nan"), float("nan")
    times = _drawn(len(top))
    return float(top.sum() / bottom.sum()), *_range(times @ top, times @ bottom)


def rank_skill(said: ArrayLike, rule: ArrayLike, came: ArrayLike, of: ArrayLike) -> dict[str, float]:
    """The correlation with what came of what was said, and of a rule, all given as ranks: rating, rule; and by how much
    the first is better, with the 90 % range of a bootstrap that draws whole customers (`of`): better, _low, _high. Not
    numbers where the same came of all."""
    _names, customer = np.unique(np.asarray(of), return_inverse=True)
    x, y, z = (np.asarray(ranks, float) for ranks in (said, rule, came))
    parts = (np.ones(len(x)), x, y, z, x * x, y * y, z * z, x * z, y * z)
    sums = np.stack([np.bincount(customer, part) for part in parts])
    ours, theirs = _correlations(sums.sum(axis=1)[:, None])
    drawn, of_rule = _correlations(sums @ _drawn(sums.shape[1]).T)
    low, high = pd.Series(drawn - of_rule).quantile([0.05, 0.95])
    better = float(ours[0] - theirs[0])
    return {
        "rating": float(ours[0]),
        "rule": float(theirs[0]),
        "better": better,
        "better_low": low,
        "better_high": high,
    }


def _correlations(sums: Floats) -> tuple[Floats, Floats]:
    """Of x with z and of y with z, from the sums of 1, x, y, z, xx, yy, zz, xz, yz; one column a draw."""
    n, x, y, z, xx, yy, zz, xz, yz = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = zz - z * z / n
        return (
            (xz - x * z / n) / np.sqrt((xx - x * x / n) * spread),
            (yz - y * z / n) / np.sqrt((yy - y * y / n) * spread),
        )


def _drawn(size: int) -> Floats:
    """How often each of so many is drawn: draws x size."""
    return np.random.default_rng(1).multinomial(size, np.full(size, 1 / size), DRAWS).astype(float)
