"""The one distribution: for each open invoice the probability of being settled on each day to come.

Whatever model speaks, it was fitted to what was known on a day, and is asked through one door: of an
invoice still open, with what chance is it settled on each day? What must hold for all models is kept here. An invoice
is not settled before it is issued; one that is open at the close of its due day is late for certain. Every prediction
is conditional on the age the invoice has reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import pandas as pd

from arforecast.forecast import boosted
from arforecast.forecast.calendar import Floats, Ints
from arforecast.forecast.calibration import calibrated
from arforecast.forecast.exposure import Lives, days
from arforecast.forecast.hazard import Hazard

# Invoices whose days are held in memory at a time.
BLOCK = 4000
FARTHEST_DAYS = 1100


class Model(Protocol):
    """What a model has to answer."""

    @property
    def name(self) -> str:
        """What it is called."""

    def hazards(self, invoices: pd.DataFrame, first: date, days: int) -> Floats:
        """The probability that an invoice still open is settled on each of `days` days from `first`: invoices x
        days."""


def fit(known: Lives, day: date, closed: Hazard) -> Model:
    """What speaks of what was known at the close of `day`: the closed form of the day, corrected by trees and along a
    line where past origins say that this helps."""
    return calibrated(boosted.fit(known, day, closed), known, day)


@dataclass(frozen=True)
class Distribution:
    """When invoices will be settled.

    invoices: one row each. p_settled: invoices x days, the probability of being settled on as_of + 1, as_of + 2, ...;
    what a row lacks to 1 lies beyond the last day. p_late: the probability of being settled after due_on.
    """

    as_of: date
    invoices: pd.DataFrame
    p_settled: Floats
    p_late: Floats


def hazards(model: Model, invoices: pd.DataFrame, first: date, days_ahead: int) -> Floats:
    """What the model answers, and 0 before the issue of an invoice."""
    on = np.datetime64(first) + np.arange(days_ahead)
    return np.where(on >= days(invoices.issued_on)[:, None], model.hazards(invoices, first, days_ahead), 0.0)


def predict(model: Model, invoices: pd.DataFrame, as_of: date, days_ahead: int) -> Distribution:
    """When `invoices`, open at the close of `as_of` or issued later, will be settled within `days_ahead` days.

    Holds every day of every invoice; for many of them see `readings`.
    """
    to_due = (days(invoices.due_on) - np.datetime64(as_of)).astype(np.int64)
    reach = max(days_ahead, min(to_due.max(initial=0), FARTHEST_DAYS))
    surviving = np.ones((len(invoices), reach + 1))
    np.cumprod(1 - hazards(model, invoices, as_of + timedelta(days=1), reach), axis=1, out=surviving[:, 1:])
    late = surviving[np.arange(len(invoices)), to_due.clip(0, reach)]
    settled = surviving[:, :days_ahead] - surviving[:, 1 : days_ahead + 1]
    return Distribution(as_of, invoices, settled, late)


def readings(
    model: Model, invoices: pd.DataFrame, as_of: date, days_ahead: int, read: Callable[[Distribution], Floats]
) -> Floats:
    """What `read` finds in the distribution of the invoices, one row each, block by block.

    Blocks are independent of each other: `joblib.parallel_config` says what runs them side by side.
    """
    from joblib import Parallel, delayed

    def block(rows: Ints) -> Floats:
        return read(predict(model, invoices.iloc[rows], as_of, days_ahead))

    rows = list(_blocks(invoices))
    found = np.concatenate(Parallel()(delayed(block)(part) for part in rows))
    return found[np.argsort(np.concatenate(rows))]


def _blocks(invoices: pd.DataFrame) -> Iterator[Ints]:
    """The places of the invoices in parts, those of one customer beside each other."""
    codes, _customers = pd.factorize(invoices.customer_id)
    order = np.argsort(codes, kind="stable")
    for start in range(0, max(len(order), 1), BLOCK):
        yield order[start : start + BLOCK]
