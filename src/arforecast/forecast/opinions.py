"""What people expect of invoices, beside the model that they overrule: what it changes, and who was right."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from arforecast.forecast import overrides
from arforecast.forecast.backtest import Past
from arforecast.forecast.calendar import Floats
from arforecast.forecast.exposure import Lives, days, settled_on
from arforecast.forecast.late import dated, days_until
from arforecast.forecast.payment_time import Distribution, readings

# Who was right is told of what was said on so many of the last days on which something was.
DAYS = 13
WITHIN_DAYS = 30
CHANGES = [
    "invoice_id", "customer_id", "worth_amount", "expected_on", "confidence", "note", "known_on", "paid_on_p50",
    "model_paid_on_p50", "expected_30_amount", "model_expected_30_amount",
]  # fmt: skip
RECORD = [
    "known_on", "invoice_id", "customer_id", "expected_on", "confidence", "model_on", "came_on", "miss_days",
    "model_miss_days",
]  # fmt: skip


def changes(then: Past, horizon_days: int, decimals: int) -> pd.DataFrame:
    """What people expect of open invoices, and what that changes, the most money first: CHANGES.

    worth_amount is what is owed, in the reporting currency. paid_on_p50 is the day by which it is settled with even
    odds, expected_30_amount what is settled within 30 days of expectation; model_... as the model alone has them.
    """
    told = overrides.pending(then.known, then.origin)
    rows = then.invoices[then.invoices.invoice_id.isin(told.index)].reset_index(drop=True)
    worth = rows.balance.astype(float) / 10**decimals
    table = rows[["invoice_id", "customer_id"]].assign(worth_amount=worth).join(told, "invoice_id")
    for name, model in (("", then.model), ("model_", then.usual)):
        read = readings(model, rows, then.origin, horizon_days, _read)
        table[f"{name}paid_on_p50"] = dated(pd.Series(read[:, 0]), then.origin)
        table[f"{name}expected_30_amount"] = (read[:, 1] * worth).round(decimals)
    return table.sort_values("worth_amount", ascending=False, kind="stable", ignore_index=True)[CHANGES]


def _read(settled: Distribution) -> Floats:
    return np.stack([days_until(settled, 0.5), settled.p_settled[:, :WITHIN_DAYS].sum(axis=1)], axis=1)


def origins(known: Lives, day: date) -> list[date]:
    """The last days up to `day` on which something was said of an invoice that is settled, or overdue of that."""
    said = known.overrides[days(known.overrides.since) <= np.datetime64(day)]
    settled = settled_on(known, day)[said.invoice]
    over = said[~np.isnat(settled) | (days(said.until) <= np.datetime64(day))]
    return sorted({pd.Timestamp(on).date() for on in over.since})[-DAYS:]


def record(forecasts: Iterable[Past], horizon_days: int, day: date) -> pd.DataFrame:
    """What was said of open invoices and the model overruled by it, on the day it was said, and what came: RECORD.

    model_on: the day by which the model alone had it settled with even odds, or the last it looked ahead to. came_on:
    the day it was settled as known at the close of `day`; empty where it is open still, past the day expected.
    miss_days, model_miss_days: how far off each was.
    """
    rows = [_said(then, horizon_days, day) for then in forecasts]
    if not rows:
        return pd.DataFrame({name: [] for name in RECORD})
    told = pd.concat(rows, ignore_index=True)
    return told[told.came_on.notna() | (told.expected_on <= pd.Timestamp(day))].reset_index(drop=True)


def _said(then: Past, horizon_days: int, day: date) -> pd.DataFrame:
    told = overrides.pending(then.known, then.origin)
    today = told[told.known_on == pd.Timestamp(then.origin)]
    invoices = then.invoices[then.invoices.invoice_id.isin(today.index)].reset_index(drop=True)
    median = readings(then.usual, invoices, then.origin, horizon_days, lambda settled: days_until(settled, 0.5))
    place = then.known.invoice_id.get_indexer(pd.Index(invoices.invoice_id))
    rows = (
        invoices[["invoice_id", "customer_id"]]
        .join(today, "invoice_id")
        .assign(
            model_on=dated(pd.Series(median).fillna(horizon_days), then.origin),
            came_on=pd.to_datetime(settled_on(then.known, day)[place]),
        )
    )
    miss = {
        f"{name}miss_days": (rows.came_on - rows[on]).dt.days.abs()
        for name, on in (("", "expected_on"), ("model_", "model_on"))
    }
    return rows.assign(**miss)[RECORD]
