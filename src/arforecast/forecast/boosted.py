"""The boosted correction of the closed form: what six features tell beyond it of the days near at hand.

Gradient-boosted trees learn on origins that are over: of an invoice open on one, with what chance was it settled on
each open day of the 45 after it, given that it was still open? Each origin has the closed form and the features that it
could have then. Trees are grown every 20 days, on days that stand in the calendar, so that what was said on a past day
is what would be said of it today; until they are grown again they correct the closed form of each day. Where past trees
gave what came less of a chance than the closed form did, the closed form stands.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from arforecast.forecast import hazard
from arforecast.forecast.calendar import DAY, Bools, Days, Floats, Ints
from arforecast.forecast.exposure import Lives, days, drawn, lot, lots, open_at, settled_on
from arforecast.forecast.features import NAMES, Habits, habits
from arforecast.forecast.hazard import HIGHEST, Hazard

NEAR_DAYS = 45
# Invoices so many days past due change little from day to day: the closed form tells of them.
PAST_DUE_DAYS = 90
# Trees are grown and origins stand so many days apart, which gives each weekday its turn. Closer ones would show the
# same invoices on the same days again and again.
EVERY_DAYS = 20
# Of so many origins trees learn; none is earlier than so many days after the first invoice.
ORIGINS, FIRST_DAYS = 9, 84
# So many past origins say whether trees speak.
JUDGES = 3
# Below so many examples the closed form stands; above so many invoices of an origin some stand for all.
FEWEST, MOST = 50_000, 2_000
# For each example that was settled, so many are learnt of that were not.
OTHERS = 8
TREES = {
    "max_iter": 60,
    "learning_rate": 0.16,
    "max_leaf_nodes": 20,
    "min_samples_leaf": 300,
    "l2_regularization": 5,
    "early_stopping": False,
    "random_state": 1,
    "monotonic_cst": [int(name == "closed_form") for name in NAMES],
}


@dataclass(frozen=True)
class Examples:
    """The invoices open on an origin on each open day of the 45 after it.

    invoice: their places in the lives. on: the days. features: invoices x days x features. possible: invoices x days,
    whether the closed form gives the day a chance.
    """

    invoice: Ints
    on: Days
    features: Floats
    possible: Bools

    @property
    def closed(self) -> Floats:
        """The chances that the closed form gives: invoices x days."""
        return np.where(self.possible, 1 / (1 + np.exp(-self.features[..., 0])), 0)


@dataclass(frozen=True)
class Trees:
    """Trees grown of all examples that were settled and of every `step`-th other one."""

    grown: Any
    step: int

    def of(self, features: Floats) -> Floats:
        """The chances of examples with such features. Each that was not settled stood for `step` of them, so the odds
        are a `step`-th of what the trees saw."""
        with _alone():
            seen = self.grown.predict_proba(features)[:, 1]
        return np.asarray(seen / (seen + (1 - seen) * self.step))


@dataclass(frozen=True)
class Boosted:
    """The closed form of a day, and the trees that correct it near that day."""

    name = "boosted hazard"
    closed: Hazard
    habits: Habits
    trees: Trees
    day: date

    def hazards(self, invoices: pd.DataFrame, first: date, days: int) -> Floats:
        """The probability that an invoice still open is settled on each of `days` days from `first`: invoices x
        days."""
        chance = self.closed.hazards(invoices, first, days)
        on = np.datetime64(first) + np.arange(days)
        near = _near(invoices, self.day, on) & (chance > 0)
        if near.any():
            rows, columns = (np.flatnonzero(near.any(axis=axis)) for axis in (1, 0))
            cells = np.ix_(rows, columns)
            features = self.habits.of(invoices.iloc[rows], on[columns], chance[cells])
            chance[cells] = corrected(self.trees, features, near[cells], chance[cells])
        return chance


def _near(invoices: pd.DataFrame, day: date, on: Days) -> Bools:
    """Whether a day lies within 45 of `day`, or of the issue of an invoice issued later, and the invoice is young."""
    since: Days = np.maximum(days(invoices.issued_on), np.datetime64(day))
    return np.asarray((on <= since[:, None] + NEAR_DAYS * DAY) & _young(invoices, day)[:, None])


def _young(invoices: pd.DataFrame, day: date) -> Bools:
    """Whether an invoice is no more than 90 days past due on a day."""
    return np.asarray(days(invoices.due_on) + PAST_DUE_DAYS * DAY >= np.datetime64(day))


def fit(known: Lives, day: date, closed: Hazard) -> Boosted | Hazard:
    """The closed form of what was known at the close of `day`, corrected by the last trees where these speak."""
    grown = chosen(drawn(known, day), season(day))
    return closed if grown is None else Boosted(closed, habits(known, day), grown, day)


@lru_cache(maxsize=32)
def chosen(known: Lives, day: date) -> Trees | None:
    """The trees grown on `day`; None where there is too little to learn from, or where the chances of being paid in
    time that past trees gave were worse than the closed form's by their Brier score."""
    grown = trees(known, day)
    if grown is None:
        return None
    won = [_advantage(known, origin, day) for origin in origins(known, day, JUDGES)]
    return grown if sum(won) >= 0 else None


def _advantage(known: Lives, origin: date, day: date) -> float:
    """By how much the squared errors of an origin's trees were less than its closed form's, as known on `day`."""
    boosted, closed = (in_time(known, origin, day, grown) for grown in (True, False))
    return float(((closed[0] - closed[1]) ** 2 - (boosted[0] - boosted[1]) ** 2).sum())


def in_time(known: Lives, origin: date, day: date, grown: bool) -> tuple[Floats, Bools]:
    """What was said on an origin of examples not yet due that are by `day`: the chance of being settled by the due day,
    and whether that came true."""
    seen = examples(known, origin)
    due_on = known.due_on[seen.invoice]
    judged = (due_on > np.datetime64(origin)) & (due_on <= np.minimum(np.datetime64(day), seen.on[-1]))
    by_due = seen.on <= due_on[judged, None]
    chance = hazards(known, origin, grown)[judged]
    came = outcome(known, seen, day)[1][judged]
    return 1 - np.prod(np.where(by_due, 1 - chance, 1), axis=1), (came & by_due).any(axis=1)


@lru_cache(maxsize=32)
def hazards(known: Lives, origin: date, grown: bool) -> Floats:
    """What was said on an origin of its examples: by the trees of that day, if these are wanted and there were any."""
    seen = examples(known, origin)
    then = trees(known, origin) if grown else None
    return seen.closed if then is None else corrected(then, seen.features, seen.possible, seen.closed)


def season(day: date) -> date:
    """The last day up to `day` on which trees are grown."""
    return date.fromordinal(day.toordinal() // EVERY_DAYS * EVERY_DAYS)


def origins(known: Lives, day: date, count: int = ORIGINS) -> list[date]:
    """The last origins before `day` that had a history, oldest first."""
    entered = known.issued_on[known.entered_on <= np.datetime64(day)]
    last = date.fromordinal((day.toordinal() - 1) // EVERY_DAYS * EVERY_DAYS)
    before = [last - timedelta(days=EVERY_DAYS * nth) for nth in reversed(range(count))]
    return [origin for origin in before if len(entered) and entered.min() + FIRST_DAYS * DAY <= np.datetime64(origin)]


@lru_cache(maxsize=32)
def examples(known: Lives, origin: date) -> Examples:
    """What trees can learn from an origin: its young invoices, of very many a part, drawn by their identifiers."""
    closed, first = hazard.fit(known, origin), origin + timedelta(days=1)
    place, invoices = open_at(known, origin)
    young = _young(invoices, origin)
    place, invoices = place[young], invoices[young]
    part = lot(invoices.invoice_id, MOST / max(len(invoices), 1))
    place, invoices = place[part], invoices[part]
    on = np.datetime64(first) + np.arange(NEAR_DAYS)
    is_open = closed.exposed.calendar.are(on)
    chance = closed.hazards(invoices, first, NEAR_DAYS)[:, is_open]
    features = habits(known, origin).of(invoices, on[is_open], chance)
    return Examples(place, on[is_open], features, chance > 0)


def outcome(known: Lives, seen: Examples, day: date) -> tuple[Bools, Bools]:
    """What had come of examples by the close of `day`: invoices x days, whether the invoice was still to be settled at
    the beginning of the day, and whether it was on it. What was settled on a closed day was on the next open one."""
    settled = settled_on(known, day)[seen.invoice]
    places, now = np.arange(len(seen.on)), np.datetime64(day)
    done = np.searchsorted(seen.on, np.where(np.isnat(settled), now + NEAR_DAYS * DAY, settled))
    at_risk = (places <= done[:, None]) & (seen.on <= now) & seen.possible
    return at_risk, at_risk & (places == done[:, None]) & ~np.isnat(settled)[:, None]


@lru_cache(maxsize=16)
def trees(known: Lives, day: date) -> Trees | None:
    """The trees grown on `day`, of what was known at its close; None where there is too little to learn from."""
    seen = [examples(known, origin) for origin in origins(known, day)]
    fates = [outcome(known, each, day) for each in seen]
    count, settled = (sum(int(part.sum()) for part in parts) for parts in zip(*fates, strict=True)) if fates else (0, 0)
    if count < FEWEST:
        return None
    step = max((count - settled) // (OTHERS * max(settled, 1)), 1)
    learnt = [_learnt(known, each, fate, step) for each, fate in zip(seen, fates, strict=True)]
    features, came = (np.concatenate(part) for part in zip(*learnt, strict=True))
    from sklearn.ensemble import HistGradientBoostingClassifier  # it takes a second to import

    with _alone():
        return Trees(HistGradientBoostingClassifier(**TREES).fit(features, came), step)


def _learnt(known: Lives, seen: Examples, fate: tuple[Bools, Bools], step: int) -> tuple[Floats, Bools]:
    """The features of what was settled, and of every `step`-th other day of an invoice, from a day on that its
    identifier draws; whether it was settled."""
    at_risk, came = fate
    turn = (lots(known.invoice_id[seen.invoice]) % np.uint64(step)).astype(np.int64)
    kept = at_risk & (came | ((turn[:, None] + np.arange(len(seen.on))) % step == 0))
    return seen.features[kept], came[kept]


def _alone() -> AbstractContextManager[Any]:
    """Trees in one thread: such as wait for each other cost more than they bring where other work shares the
    processors."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, "openmp")


def corrected(grown: Trees, features: Floats, where: Bools, chance: Floats) -> Floats:
    """The chances, corrected by the trees where asked."""
    better = chance.copy()
    if where.any():
        better[where] = np.minimum(grown.of(features[where]), HIGHEST)
    return better
