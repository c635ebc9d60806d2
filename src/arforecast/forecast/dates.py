"""Payment dates on past days: what was said of them, beside the day that came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from arforecast.forecast import ranges
from arforecast.forecast.backtest import Past, none
from arforecast.forecast.baselines import median_delays
from arforecast.forecast.calendar import Floats
from arforecast.forecast.exposure import days, settled_on
from arforecast.forecast.late import days_until
from arforecast.forecast.payment_time import Distribution, readings

COLUMNS = [
    "origin", "invoice_id", "customer_id", "median_days", "from_days", "until_days", "due_days", "rule_days",
    "came_days",
]  # fmt: skip


def record(forecasts: Iterable[Past], horizon_days: int, as_of: date) -> pd.DataFrame:
    """What was said of invoices not due on an origin and settled by `as_of`: COLUMNS, all in days from the origin.

    median_days: until which it was settled with even odds, the horizon where that lay beyond it. from_days, until_days:
    the range of 80 %. due_days: its due day. rule_days: that and the customer's median delay, see `median_delays`.
    came_days: the day it was settled. What is open still has no day to be judged by.
    """
    rows = [_said(then, horizon_days, as_of) for then in forecasts]
    return pd.concat(rows, ignore_index=True) if rows else none(COLUMNS, "origin")


def _said(then: Past, horizon_days: int, as_of: date) -> pd.DataFrame:
    place = then.known.invoice_id.get_indexer(pd.Index(then.invoices.invoice_id))
    came, due = settled_on(then.known, as_of)[place], days(then.invoices.due_on)
    judged = (due > np.datetime64(then.origin)) & ~np.isnat(came)
    invoices = then.invoices.assign(threshold=then.thresholds)[judged].reset_index(drop=True)
    said = readings(then.model, invoices, then.origin, horizon_days, _read)
    delay = median_delays(then.known, then.origin)[then.known.customer[place[judged]]]
    ahead = {
        name: (on[judged] - np.datetime64(then.origin)).astype(float) for name, on in (("due", due), ("came", came))
    }
    rows = {
        "median_days": np.where(np.isnan(said[:, 0]), horizon_days, said[:, 0]),
        "from_days": said[:, 1],
        "until_days": said[:, 2],
        "due_days": ahead["due"],
        # Nothing is paid on or before its origin.
        "rule_days": np.maximum(ahead["due"] + delay, 1),
        "came_days": ahead["came"],
    }
    return invoices.assign(origin=pd.Timestamp(then.origin), **rows)[COLUMNS]


def _read(settled: Distribution) -> Floats:
    around = ranges.days_around(settled, settled.invoices.threshold.to_numpy())
    return np.stack([days_until(settled, 0.5), *around], axis=1)
