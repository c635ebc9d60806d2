"""Who will pay late: every open invoice with its payment distribution, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from arforecast.backtest import Past
from arforecast.payment_time import MODEL, Distribution, Floats, effects

COLUMNS = [
    "invoice_id", "customer_id", "due_on", "open_balance", "p_late", "p_paid_7", "p_paid_14", "p_paid_30",
    "paid_on_p10", "paid_on_p50", "paid_on_p90", "expected_days_late", "reason_1", "reason_2", "reason_3", "model",
]  # fmt: skip
QUANTILES = {"paid_on_p10": 0.10, "paid_on_p50": 0.50, "paid_on_p90": 0.90}


def table(then: Past, decimals: int) -> pd.DataFrame:
    """One row an open invoice, the most money at risk of being late first; see COLUMNS.

    p_late is 1 where the invoice is overdue already. paid_on_p10, _p50, _p90 are the days by which it is settled with
    that probability, empty where that lies beyond the horizon. expected_days_late counts the days after due_on on
    which it is expected to be open, within the horizon.
    """
    settled, invoices = then.distribution, then.distribution.invoices
    due_on = pd.to_datetime(invoices.due_on)
    rows = pd.DataFrame(
        {
            "invoice_id": invoices.invoice_id,
            "customer_id": invoices.customer_id,
            "due_on": due_on,
            "open_balance": invoices.balance / 10**decimals,
            "p_late": settled.p_late,
            **{f"p_paid_{days}": settled.p_settled[:, :days].sum(axis=1) for days in (7, 14, 30)},
            **{name: settled_on(settled, share) for name, share in QUANTILES.items()},
            "expected_days_late": days_late(settled),
            "model": MODEL,
        }
    ).join(reasons(then, due_on))
    risk = (rows.p_late * rows.open_balance).to_numpy()
    return rows.iloc[np.argsort(-risk, kind="stable")].reset_index(drop=True)[COLUMNS]


def settled_on(settled: Distribution, share: float) -> pd.Series:
    """The first day by which each invoice is settled with probability `share`; empty beyond the horizon."""
    reached = np.cumsum(settled.p_settled, axis=1) >= share
    days = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.nan)
    return pd.Series(pd.Timestamp(settled.as_of) + pd.to_timedelta(days, unit="D"))


def days_late(settled: Distribution) -> Floats:
    """The expected number of days after due_on on which the invoice is open: those gone by and those to come."""
    days = settled.p_settled.shape[1]
    on = np.datetime64(settled.as_of) + np.arange(days)
    due = settled.invoices.due_on.to_numpy("datetime64[D]")
    gone = np.maximum((np.datetime64(settled.as_of) - due).astype(np.int64), 0)
    # Still open at the close of each day from as_of on: one more day late begins if that day is the due day or later.
    surviving = np.concatenate([np.ones((len(due), 1)), 1 - np.cumsum(settled.p_settled, axis=1)[:, :-1]], axis=1)
    return np.asarray(gone + (surviving * (on[None, :] >= due[:, None])).sum(axis=1))


def reasons(then: Past, due_on: pd.Series) -> pd.DataFrame:
    """What makes each invoice settle faster or slower than usual, the strongest first: reason_1, reason_2, reason_3."""
    speed = effects(then.hazard, then.distribution.invoices, then.origin)
    past_due = (pd.Timestamp(then.origin) - due_on).dt.days
    what = {"customer": "this customer settles", "age": _age(past_due), "size": "amounts of this size settle"}
    said = pd.DataFrame({name: what[name] + " " + _times(speed[name]) for name in what}).to_numpy(dtype=object)
    order = np.argsort(-np.abs(np.log(speed[list(what)].to_numpy())), axis=1, kind="stable")
    return pd.DataFrame(np.take_along_axis(said, order, axis=1), columns=["reason_1", "reason_2", "reason_3"])


def _times(ratio: pd.Series) -> pd.Series:
    return ratio.map("{:.2g} times as fast as usual".format)


def _age(past_due: pd.Series) -> pd.Series:
    """How old an invoice is, in the words of a credit controller."""
    days = past_due.abs().astype(str)
    due = "due in " + days + " days: such invoices settle"
    overdue = days + " days past due: such invoices settle"
    return due.mask(past_due > 0, overdue).mask(past_due == 0, "due today: such invoices settle")
