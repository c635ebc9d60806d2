"""What the correction looks at: six traits of an open invoice on a day to come, of what was known on the origin.

closed_form: the logit of the chance that the closed form gives the day. month_end_days: the days from it to the end of
its month. terms_days: from issue to due. payday_share: of the days on which the customer settled something, the share
that fell on its weekday, (n + 0.4) / (N + 2.8). age_days: the days past due on it. size: the logarithm of the amount
less the customer's usual one, the mean of its logarithms, shrunk to the ledger's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from arforecast.forecast.calendar import DAY, MONTH, Days, Floats, weekday
from arforecast.forecast.exposure import Lives, days, settled_on

NAMES = ("closed_form", "month_end_days", "terms_days", "payday_share", "age_days", "size")
# A customer's mean counts for as much as the ledger's after this many invoices.
SHRINKAGE = 5


@dataclass(frozen=True)
class Habits:
    """What customers are known for on a day.

    customers: their identifiers. payday_share: customers x weekdays, and in the last row that of a stranger. size: the
    mean logarithm of each customer's amounts, and of a stranger's.
    """

    customers: pd.Index
    payday_share: Floats
    size: Floats

    def of(self, invoices: pd.DataFrame, on: Days, chance: Floats) -> Floats:
        """The features of each invoice on each day, where the closed form gives it `chance`: invoices x days x
        features."""
        owner = self.customers.get_indexer(pd.Index(invoices.customer_id))
        issued_on, due_on = days(invoices.issued_on), days(invoices.due_on)
        amount = np.log(np.maximum(invoices.amount.to_numpy(float), 1))
        of_invoice = {"terms_days": due_on - issued_on, "size": amount - self.size[owner]}
        rows = np.empty((*chance.shape, len(NAMES)), dtype=np.float32)
        with np.errstate(divide="ignore"):
            rows[..., 0] = np.log(chance) - np.log1p(-chance)
        rows[..., 1] = month_end_days(on)
        rows[..., 2] = of_invoice["terms_days"].astype(np.int64)[:, None]
        rows[..., 3] = self.payday_share[owner][:, weekday(on)]
        rows[..., 4] = (on - due_on[:, None]).astype(np.int64)
        rows[..., 5] = of_invoice["size"][:, None]
        return rows


def month_end_days(on: Days) -> Floats:
    """The days from each to the last of its month."""
    following: Days = (on.astype("datetime64[M]") + MONTH).astype("datetime64[D]")
    return np.asarray((following - DAY - on) / DAY)


def habits(known: Lives, day: date) -> Habits:
    """What was known of customers at the close of `day`."""
    size = len(known.customers)
    entered = known.entered_on <= np.datetime64(day)
    amount, owner = np.log(np.maximum(known.amount[entered], 1)), known.customer[entered]
    overall = amount.mean() if len(amount) else 0.0
    sums, times = np.bincount(owner, amount, size + 1), np.bincount(owner, minlength=size + 1)
    return Habits(known.customers, _payday_share(known, day), (sums + SHRINKAGE * overall) / (times + SHRINKAGE))


def _payday_share(known: Lives, day: date) -> Floats:
    settled = settled_on(known, day)
    paid = ~np.isnat(settled)
    size, on = len(known.customers) + 1, settled[paid].astype(np.int64)
    # Each day on which each customer settled something, as one number.
    paydays = pd.unique(known.customer[paid] + size * on)
    cell = paydays % size * 7 + weekday((paydays // size).astype("datetime64[D]"))
    counts = np.bincount(cell, minlength=size * 7).reshape(size, 7)
    return np.asarray((counts + 0.4) / (counts.sum(axis=1, keepdims=True) + 2.8))
