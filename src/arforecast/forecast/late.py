"""Who will pay late: every open invoice with its payment distribution, and why."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from arforecast.currencies import decimals
from arforecast.forecast import ranges
from arforecast.forecast.backtest import Past
from arforecast.forecast.baselines import late_counts, late_rates
from arforecast.forecast.calendar import Floats
from arforecast.forecast.exposure import days
from arforecast.forecast.payment_time import Distribution, readings
from arforecast.snapshot import Facts

COLUMNS = [
    "invoice_id", "customer_id", "due_on", "currency", "open_balance", "p_late", "p_paid_7", "p_paid_14", "p_paid_30",
    "paid_on_p10", "paid_on_p50", "paid_on_p90", "paid_from_80", "paid_until_80",
    "expected_days_late", "reason_1", "reason_2", "reason_3", "model",
    "worth_amount",
]  # fmt: skip
PAID = {"p_paid_7": 7, "p_paid_14": 14, "p_paid_30": 30}
QUANTILES = {"paid_on_p10": 0.10, "paid_on_p50": 0.50, "paid_on_p90": 0.90}
RANGE = ("paid_from_80", "paid_until_80")


def late_payers(facts: Facts, then: Past) -> pd.DataFrame:
    """One row an open invoice, the most money at risk of being late first; see COLUMNS.

    open_balance is in the currency of the invoice, worth_amount what it is worth in the reporting currency that day.
    p_late is 1 where the invoice is overdue already. paid_on_p10, _p50, _p90 are the days by which it is settled with
    that probability, empty where that lies beyond the horizon. From paid_from_80 to paid_until_80 it is settled with a
    chance of 80 %, see `arforecast.forecast.ranges`. expected_days_late counts the days after due_on on which it is
    expected to be open, within the horizon.
    """
    choices, invoices = facts.books.settings, then.invoices.assign(threshold=then.thresholds)
    read = readings(then.model, invoices, then.origin, choices.forecast.horizon_days, chances)
    said = pd.DataFrame(read, columns=["p_late", *PAID, *QUANTILES, *RANGE, "expected_days_late"])
    rows = pd.DataFrame(
        {
            "invoice_id": invoices.invoice_id,
            "customer_id": invoices.customer_id,
            "due_on": pd.to_datetime(invoices.due_on),
            "currency": invoices.currency,
            "open_balance": invoices.own_balance / 10.0 ** invoices.currency.map(decimals).astype("float64"),
            "worth_amount": invoices.balance / 10**choices.ledger.decimals,
            **said.drop(columns=[*QUANTILES, *RANGE]),
            **{name: dated(said[name], then.origin) for name in (*QUANTILES, *RANGE)},
            "model": then.model.name,
        }
    ).join(reasons(then, said))
    risk = (rows.p_late * rows.worth_amount).to_numpy()
    return rows.iloc[np.argsort(-risk, kind="stable")].reset_index(drop=True)[COLUMNS]


def chances(settled: Distribution) -> Floats:
    """What is read from the distribution of each invoice: p_late, p_paid_7, _14, _30, the days until it is settled
    with each probability of QUANTILES, those until its RANGE begins and ends, expected_days_late."""
    paid = [settled.p_settled[:, :within].sum(axis=1) for within in PAID.values()]
    reached = [days_until(settled, share) for share in QUANTILES.values()]
    around = ranges.days_around(settled, settled.invoices.threshold.to_numpy())
    return np.stack([settled.p_late, *paid, *reached, *around, days_late(settled)], axis=1)


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


def reasons(then: Past, rows: pd.DataFrame) -> pd.DataFrame:
    """Why the chance of each invoice differs from the book's average, the strongest first: the customer's record, the
    days past due, the size: reason_1, reason_2, reason_3.

    rows: p_late and p_paid_30 of the open invoices. The chance is that of being late, or, once it is late, of being
    open in 30 days, and its average that of all invoices alike in this. Strength is how far a trait moves the speed of
    the next two weeks from the book's usual one in the direction in which the chance lies from its average: what pulls
    the other way comes after what explains it. That a bill is not due yet explains nothing, so its days stand last.
    """
    invoices = then.invoices
    speed = then.closed.effects(invoices, then.origin + timedelta(days=1))
    past_due = (pd.Timestamp(then.origin) - pd.to_datetime(invoices.due_on)).dt.days
    counts = _counts(then)
    strength = _pull(speed) * _side(rows, past_due >= 0)[:, None]
    # A record that says the opposite of what the model makes of it explains nothing to who reads it.
    against = _side_of_record(counts, then) * _side(rows, past_due >= 0) < 0
    strength[against & (past_due < 0).to_numpy(), 0] = -np.inf
    strength[past_due <= 0, 1] = -np.inf
    said = [_customer(counts), _age(past_due), _size(speed["size"])]
    order = np.argsort(-strength, axis=1, kind="stable")
    ordered = np.take_along_axis(np.stack(said, axis=1), order, axis=1)
    return pd.DataFrame(ordered, columns=["reason_1", "reason_2", "reason_3"])


def _pull(speed: pd.DataFrame) -> Floats:
    """How far each trait slows an invoice down, against the book's usual."""
    logs = np.log(speed.to_numpy())
    return np.asarray(logs.mean(axis=0, keepdims=True) - logs) if len(logs) else logs


def _side(rows: pd.DataFrame, late: pd.Series) -> Floats:
    """1 where the chance of staying open lies above the average of invoices as late, or not yet, as this one, else
    -1."""
    staying = rows.p_late.where(~late, 1 - rows.p_paid_30)
    return np.where(staying >= staying.groupby(late).transform("mean"), 1.0, -1.0)


def _side_of_record(counts: pd.DataFrame, then: Past) -> Floats:
    """1 where the customer was late more often than the ledger, -1 where less often, 0 where nothing was due."""
    _rates, overall = late_rates(then.known, then.origin)
    return np.sign((counts.late - overall * counts.due).to_numpy(float))


def _counts(then: Past) -> pd.DataFrame:
    """What is known of the customer of each invoice: due, late."""
    due_today = pd.to_datetime(then.invoices.due_on) == pd.Timestamp(then.origin)
    # What is due today and open is not late yet: it is no example of itself.
    undecided = then.invoices.customer_id[due_today].value_counts()
    known = late_counts(then.known, then.origin)
    counts = known.sub(undecided.reindex(known.index, fill_value=0), axis=0)
    return counts.reindex(then.invoices.customer_id).fillna(0).astype(int)


def _customer(counts: pd.DataFrame) -> NDArray[np.object_]:
    record = counts.late.astype(str) + " of " + counts.due.astype(str) + " invoices of this customer were late"
    return record.mask(counts.due == 0, "no invoice of this customer was due before").to_numpy(dtype=object)


def _age(past_due: pd.Series) -> NDArray[np.object_]:
    days = (past_due.abs().astype(str) + " days").mask(past_due.abs() == 1, "1 day")
    said = ("due in " + days).mask(past_due > 0, days + " past due").mask(past_due == 0, "due today")
    return said.to_numpy(dtype=object)


def _size(speed: pd.Series) -> NDArray[np.object_]:
    # Few speeds are many invoices': words are found once for each.
    place, different = pd.factorize(speed)
    return np.array([_paid(times) for times in different], dtype=object)[place]


def _paid(times: float) -> str:
    if 0.9 <= times <= 1.1:
        return "amounts of this size are paid like others"
    compared = "slower" if times < 1 else "faster"
    return f"amounts of this size are paid {compared} than others ({times:.2g} times as fast)"
