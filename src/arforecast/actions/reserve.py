"""The reserve: accounts that a lot leaves alone for a week, so that what contacting brings can be measured.

The lot is a hash of the customer and the week: the same in every run of the week, and known again years later.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import numpy as np
import pandas as pd

from arforecast.forecast.calendar import Bools
from arforecast.settings import Actions


def week(day: date) -> date:
    """The Monday of the week in which a day lies."""
    return day - timedelta(days=day.weekday())


def reserved(customer_ids: pd.Series, day: date, choices: Actions) -> Bools:
    """Whether each customer is left alone in the week of `day`: a random `holdout_share` of all, from the first week on
    that begins on `holdout_since` or later."""
    monday, since = week(day), choices.holdout_since
    if since is None or monday < since:
        return np.zeros(len(customer_ids), dtype=bool)
    share = choices.holdout_share
    return np.array([_lot(f"{customer_id} {monday}") < share for customer_id in customer_ids], dtype=bool)


def _lot(of: str) -> float:
    """A number of 0-1 that is as good as drawn."""
    return int.from_bytes(hashlib.sha256(of.encode()).digest()[:8]) / 2**64
