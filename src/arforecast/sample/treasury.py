"""What the company has to pay: wages, rent, suppliers and taxes, as shares of what it billed some months before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from arforecast.sample import calendar, dunning
from arforecast.sample.calendar import DAY, dates

# Of a month's billing in thousandths, the day of the month (0: the last bank day) and every how many months.
DUE = {"payroll": (400, 0, 1), "rent": (50, 1, 1), "suppliers": (300, 20, 1), "taxes": (200, 15, 3)}
AHEAD = 3


def outflows(invoices: pd.DataFrame, months: calendar.Days) -> pd.DataFrame:
    """Every obligation over `months` (their first days) and the three after, known three months ahead: due_on, amount,
    category, known_on. Its size is the mean billing of the three months before it was known."""
    billed = pd.Series(dunning.monthly(invoices["amount"], invoices["issued_on"], months))
    due = calendar.first_of_month(months[0], np.arange(len(months) + AHEAD))
    before = np.clip(np.arange(len(due)) - AHEAD - 1, 0, len(billed) - 1)
    usual = billed.rolling(3, min_periods=1).mean().to_numpy()[before]
    parts = [_of(category, due, usual) for category in DUE]
    return pd.concat(parts).sort_values(["known_on", "due_on"], kind="stable", ignore_index=True)


def _of(category: str, due: calendar.Days, usual: npt.NDArray[np.float64]) -> pd.DataFrame:
    thousandths, day, every = DUE[category]
    on = calendar.on_or_after(due + (day - 1) * DAY) if day else calendar.on_or_before(calendar.month_end(due))
    falls = due.astype("datetime64[M]").astype(np.int64) % every == 0
    amount = (usual * thousandths / 1000).astype(np.int64)
    known = calendar.first_of_month(due, -AHEAD)
    rows = {"due_on": dates(on), "amount": amount, "category": category, "known_on": dates(known)}
    return pd.DataFrame(rows)[falls & (amount > 0)]
