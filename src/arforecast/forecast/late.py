"""Who will pay late: every open invoice with its payment distribution, and why."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from arforecast.forecast import ranges
from arforecast.forecast.backtest import Past
from arforecast.forecast.calendar import Floats
from arforecast.forecast.cash import cash_by_day, cash_shares, reductions
from arforecast.forecast.exposure import days
from arforecast.forecast.payment_time import Distribution, readings
from arforecast.forecast.reasons import MOVED, REASONS, reasons
from arforecast.snapshot import Facts, in_own_currency

COLUMNS = [
    "invoice_id", "customer_id", "due_on", "currency", "open_balance", "p_late", "p_paid_7", "p_paid_14", "p_paid_30",
    "paid_on_p10", "paid_on_p50", "paid_on_p90", "paid_from_80", "paid_until_80",
    "expected_days_late", "reason_1", "reason_2", "reason_3", "model",
    "worth_amount", "expected_cash_14", "expected_cash_30", *MOVED,
]  # fmt: skip
EXPECTED = {"expected_cash_14": 14, "expected_cash_30": 30}
PAID = {"p_paid_7": 7, "p_paid_14": 14, "p_paid_30": 30}
QUANTILES = {"paid_on_p10": 0.10, "paid_on_p50": 0.50, "paid_on_p90": 0.90}
RANGE = ("paid_from_80", "paid_until_80")


def late_payers(facts: Facts, then: Past) -> pd.DataFrame:
    """One row an open invoice, the most money at risk of being late first; see COLUMNS.

    open_balance is in the currency of the invoice, worth_amount what it is worth in the reporting currency that day.
    p_paid_7, _14, _30 are the chances to be settled, by whatever settles it; expected_cash_14 and expected_cash_30 the
    cash that comes by then, in the reporting currency: what is long overdue is rather written off.
    p_late is 1 where the invoice is overdue already. paid_on_p10, _p50, _p90 are the days by which it is settled with
    that probability, empty where that lies beyond the horizon. From paid_from_80 to paid_until_80 it is settled with a
    chance of 80 %, see `arforecast.forecast.ranges`. expected_days_late counts the days after due_on on which it is
    expected to be open, within the horizon. reason_1, _2, _3 and moved_by_customer, ... say why, see
    `arforecast.forecast.reasons`.
    """
    choices, invoices = facts.books.settings, then.invoices.assign(threshold=then.thresholds)
    shares, minor = cash_shares(reductions(facts), then.origin), 10**choices.ledger.decimals

    def read(settled: Distribution) -> Floats:
        return np.concatenate([chances(settled), expected_cash(settled, shares) / minor], axis=1)

    found = readings(then.model, invoices, then.origin, choices.forecast.horizon_days, read)
    said = pd.DataFrame(found, columns=["p_late", *PAID, *QUANTILES, *RANGE, "expected_days_late", *EXPECTED])
    rows = pd.DataFrame(
        {
            "invoice_id": invoices.invoice_id,
            "customer_id": invoices.customer_id,
            "due_on": pd.to_datetime(invoices.due_on),
            "currency": invoices.currency,
            "open_balance": in_own_currency(invoices.own_balance, invoices.currency),
            "worth_amount": invoices.balance / minor,
            **said.drop(columns=[*QUANTILES, *RANGE]),
            **{name: dated(said[name], then.origin) for name in (*QUANTILES, *RANGE)},
            "model": then.model.name,
        }
    ).join(reasons(then, said, choices.ledger.decimals))
    risk = (rows.p_late * rows.worth_amount).to_numpy()
    return rows.iloc[np.argsort(-risk, kind="stable")].reset_index(drop=True)[COLUMNS]


def untold(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The open invoices where nothing was ever paid, so that nothing tells when anything will be: known is only that
    what was due by `as_of` is late."""
    said = ["p_late", *PAID, *QUANTILES, *RANGE, "expected_days_late", "model", *EXPECTED, *REASONS, *MOVED]
    blank = rows.drop(columns=said).reindex(columns=rows.columns).astype(rows.dtypes)
    return blank.assign(p_late=np.where(rows.due_on <= pd.Timestamp(as_of), 1, np.nan))


def chances(settled: Distribution) -> Floats:
    """What is read from the distribution of each invoice: p_late, p_paid_7, _14, _30, the days until it is settled
    with each probability of QUANTILES, those until its RANGE begins and ends, expected_days_late."""
    paid = [settled.p_settled[:, :within].sum(axis=1) for within in PAID.values()]
    reached = [days_until(settled, share) for share in QUANTILES.values()]
    around = ranges.days_around(settled, settled.invoices.threshold.to_numpy())
    return np.stack([settled.p_late, *paid, *reached, *around, days_late(settled)], axis=1)


def expected_cash(settled: Distribution, shares: Floats) -> Floats:
    """EXPECTED of each invoice, in minor units."""
    cash = cash_by_day(settled, shares)
    return np.stack([cash[:, :within].sum(axis=1) for within in EXPECTED.values()], axis=1)


def days_until(settled: Distribution, share: float) -> Floats:
    """In how many days each invoice is settled with probability `share`; not a number beyond the horizon."""
    reached = np.cumsum(settled.p_settled, axis=1) >= share
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.nan)


def dated(ahead: pd.Series, as_of: date) -> pd.Series:
    """The days that lie so many days ahead."""
    return pd.Timestamp(as_of) + pd.to_timedelta(ahead, unit="D")


def days_late(settled: Distribution) -> Floats:
    """The expected number of days after due_on on which the invoice is open: those gone by and those to come."""
    on = np.datetime64(settled.as_of) + np.arange(settled.p_settled.shape[1])
    due = days(settled.invoices.due_on)
    gone = np.maximum((np.datetime64(settled.as_of) - due).astype(np.int64), 0)
    # Still open at the close of each day from as_of on: one more day late begins if that day is the due day or later.
    surviving = np.concatenate([np.ones((len(due), 1)), 1 - np.cumsum(settled.p_settled, axis=1)[:, :-1]], axis=1)
    return np.asarray(gone + (surviving * (on[None, :] >= due[:, None])).sum(axis=1))
