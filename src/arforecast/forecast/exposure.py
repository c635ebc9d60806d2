"""The lives of invoices, and the ages through which they could be settled: what every forecast learns from.

Lives are read from the engine once; every day to stand on is cut from them by what was known at its close.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from arforecast.ledger import valued_at_close
from arforecast.snapshot import Facts, fetched

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Days = NDArray[np.datetime64]

BANDS = 5


@dataclass(frozen=True)
class Lives:
    """Every invoice of a ledger and each of its settlements, a customer's invoices one after another.

    customers: their identifiers, sorted. Of each invoice: invoice_id, customer (its place among them), issued_on,
    due_on, entered_on, amount. settlements: invoice (its place here), since, until, settled_on, see
    `arforecast.snapshot.settlements`.
    """

    customers: pd.Index
    invoice_id: pd.Index
    customer: Ints
    issued_on: Days
    due_on: Days
    entered_on: Days
    amount: Floats
    settlements: pd.DataFrame


@dataclass(frozen=True)
class Exposure:
    """What a hazard is estimated from, one row an invoice that was ever at risk, a customer's one after another.

    runs: customer (its place in `customers`), band (of its amount), due_weekday (Monday 0), youngest and oldest: the
    first and the last age at which it was at risk, in days from due; settled: whether it was on the last.
    edges: the amounts that part the bands.
    """

    runs: pd.DataFrame
    customers: pd.Index
    edges: Floats


def lives(facts: Facts) -> Lives:
    """The lives of all invoices, whenever they became known."""
    columns = ["invoice_id", "customer_id", "issued_on", "due_on", "entered_on", "amount"]
    rows = fetched(facts.invoices.select(*columns).order_by("invoice_id"))
    codes, customers = pd.factorize(rows.customer_id, sort=True)
    order = np.argsort(codes, kind="stable")
    rows = rows.iloc[order]
    identifiers = pd.Index(rows.invoice_id)
    settled = fetched(facts.settlements)
    return Lives(
        pd.Index(customers),
        identifiers,
        codes[order].astype(np.int64),
        days(rows.issued_on),
        days(rows.due_on),
        days(rows.entered_on),
        rows.amount.to_numpy(float),
        settled.assign(invoice=identifiers.get_indexer(pd.Index(settled.invoice_id))).drop(columns="invoice_id"),
    )


def days(dates: pd.Series) -> Days:
    return dates.to_numpy("datetime64[D]")


def weekday(on: Days) -> Ints:
    """Monday 0."""
    return (on.astype("datetime64[D]").astype(np.int64) + 3) % 7


def settled_on(known: Lives, day: date) -> Days:
    """The day on which each invoice was settled, as known at the close of `day`; not a time where it was open."""
    now, settlements = np.datetime64(day), known.settlements
    held = settlements[(days(settlements.since) <= now) & (days(settlements.until) > now)]
    settled = np.full(len(known.invoice_id), np.datetime64("NaT", "D"))
    settled[held.invoice] = days(held.settled_on)
    return settled


def band_edges(amounts: Floats) -> Floats:
    """The amounts that part `amounts` into fifths."""
    return np.quantile(amounts, np.arange(1, BANDS) / BANDS) if len(amounts) else np.zeros(BANDS - 1)


def bands(edges: Floats, amounts: Floats) -> Ints:
    return np.searchsorted(edges, amounts, side="left").astype(np.int64)


def exposure(known: Lives, day: date) -> Exposure:
    """The ages at which invoices were at risk of being settled up to `day`, by what was known at its close.

    An invoice is at risk from its issue to its settlement or, open, to `day`; one paid before its issue never was.
    """
    settled = settled_on(known, day)
    last_on = np.where(np.isnat(settled), np.datetime64(day), settled)
    entered = known.entered_on <= np.datetime64(day)
    edges = band_edges(known.amount[entered])
    risk = entered & (known.issued_on <= last_on)
    due_on = known.due_on[risk]
    runs = {
        "customer": known.customer[risk],
        "band": bands(edges, known.amount[risk]),
        "due_weekday": weekday(due_on),
        "youngest": (known.issued_on[risk] - due_on).astype(np.int64),
        "oldest": (last_on[risk] - due_on).astype(np.int64),
        "settled": ~np.isnat(settled[risk]),
    }
    return Exposure(pd.DataFrame(runs), known.customers, edges)


def open_invoices(facts: Facts, day: date) -> pd.DataFrame:
    """The invoices with an open balance at the close of `day`, in the order of their identifiers: balance at the rate
    of that day, own_balance in their currency."""
    held = facts.spells.filter((_.since <= day) & (_.until > day) & (_.balance > 0))
    balances = held.select("invoice_id", "balance", on=ibis.literal(day), own_balance="balance")
    worth = valued_at_close(facts.books, balances, "on", "balance").drop("on")
    columns = ["invoice_id", "customer_id", "issued_on", "due_on", "amount", "balance", "currency", "own_balance"]
    owed = facts.invoices.join(worth, "invoice_id").select(*columns)
    return fetched(owed.order_by("invoice_id"))
