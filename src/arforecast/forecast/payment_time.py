"""The one distribution: for each open invoice the probability of being settled on each day to come.

A discrete-time hazard in closed form: of the invoices still open on a day, the share that is settled on it. It starts
from the ledger's mean and is multiplied by one factor after another, from what all invoices share to what one
customer does on one weekday. Each factor is the ratio of settlements seen to settlements expected so far, shrunk to 1:

    factor = (settled + strength) / (expected + strength)

so a customer without history is treated like everybody, and one with a long history like itself. Open invoices are
censored at the day of the fit, and every prediction is conditional on the age the invoice has reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import prod

import ibis
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from arforecast.ledger import valued_at_close
from arforecast.snapshot import Facts, fetched

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MODEL = "customer-shrunk hazard"
YOUNGEST, OLDEST = -60, 240
HIGHEST = 0.97
BLOCK = 4000
FARTHEST_DAYS = 1100

# Days from the due date behave alike within these ranges: fine around it, coarse far from it.
AGE_EDGES = np.array([-30, -20, -12, -8, -5, -3, -1, 0, 1, 2, 3, 5, 8, 12, 20, 40, 80, 160])
PHASE_EDGES = np.array([-3, 4])
BANDS = 5

SIZES = {
    "age_range": len(AGE_EDGES) + 1,
    "phase": len(PHASE_EDGES) + 1,
    "age": OLDEST - YOUNGEST + 1,
    "weekday": 7,
    "band": BANDS,
}

# What a factor looks at, the customer first, and its strength: how many settlements its prior is worth.
Factor = tuple[tuple[str, ...], float]
FACTORS: tuple[Factor, ...] = (
    (("age_range",), 1),
    (("age",), 5),
    (("phase", "weekday"), 5),
    (("age", "weekday"), 10),
    (("customer",), 1),
    (("customer", "age_range"), 1.5),
    (("band", "age_range"), 10),
    (("customer", "weekday"), 1.5),
    (("customer", "age"), 2),
    (("customer", "age", "weekday"), 3),
)


@dataclass(frozen=True)
class Exposure:
    """What a hazard is estimated from: counts (see `exposure`), and the amounts that part the bands of size."""

    counts: pd.DataFrame
    edges: Floats


@dataclass(frozen=True)
class Hazard:
    """A fitted hazard.

    mean: settlements per invoice day. factors: what each looks at, the keys it was seen for (sorted), their ratios.
    customers: their identifiers in the order of their codes. edges: the amounts that part the bands of size.
    """

    mean: float
    factors: tuple[tuple[tuple[str, ...], Ints, Floats], ...]
    customers: pd.Index
    edges: Floats


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


def known_invoices(facts: Facts, day: date) -> ibis.Table:
    """Every invoice known at the close of `day`, with its balance and settled_on (null: open)."""
    now = [_.since <= day, _.until > day]
    held = facts.spells.filter(*now).select("invoice_id", "balance", on=ibis.literal(day))
    balances = valued_at_close(facts.books, held, "on", "balance").drop("on")
    settled = facts.settlements.filter(*now).select("invoice_id", "settled_on")
    known = facts.invoices.filter(_.entered_on <= day).join(balances, "invoice_id")
    columns = ["invoice_id", "customer_id", "issued_on", "due_on", "amount", "balance", "settled_on"]
    return known.left_join(settled, "invoice_id").select(*columns)


def open_invoices(facts: Facts, day: date) -> pd.DataFrame:
    """The invoices with an open balance at the close of `day`, in the order of their identifiers."""
    owed = known_invoices(facts, day).filter(_.balance > 0).drop("settled_on")
    return fetched(owed.order_by("invoice_id"))


def band_edges(facts: Facts, day: date) -> Floats:
    """The amounts that part the invoices known by `day` into fifths."""
    amount = facts.invoices.filter(_.entered_on <= day).amount.cast("float64")
    edges = amount.quantile([nth / BANDS for nth in range(1, BANDS)]).execute()
    return np.zeros(BANDS - 1) if edges is None else np.array(edges, dtype=float)


def exposure(facts: Facts, day: date) -> Exposure:
    """The days on which invoices were open up to `day`, and what became of them.

    customer_id, band, age (days from due, clipped), weekday (Monday 0), days (invoice days at risk), settled. An
    invoice is at risk from its issue to its settlement or, open, to `day`; one paid before its issue never was.
    """
    known, edges = known_invoices(facts, day), band_edges(facts, day)
    days = _every_day(facts, day)
    risk = days.join(known, (days.on >= known.issued_on) & (days.on <= known.settled_on.fill_null(day)))
    traits = risk.mutate(
        band=sum(((risk.amount.cast("float64") > edge).ifelse(1, 0) for edge in edges), ibis.literal(0)),
        age=risk.on.delta(risk.due_on, unit="day").clip(YOUNGEST, OLDEST),
        weekday=risk.on.day_of_week.index(),
        settled=(risk.on == risk.settled_on).fill_null(False).ifelse(1, 0),
    )
    by = ["customer_id", "band", "age", "weekday"]
    counts = traits.group_by(by).aggregate(days=_.count(), settled=_.settled.sum())
    return Exposure(counts.to_pandas(), edges)


def _every_day(facts: Facts, last: date) -> ibis.Table:
    """The days from the first invoice to `last`, column `on`."""
    start = min(facts.first_issued_on or last, last)
    return ibis.memtable({"on": pd.date_range(start, last).date}, schema={"on": "date"})


def estimate(exposed: Exposure, factors: tuple[Factor, ...] = FACTORS) -> Hazard:
    """The hazard from what was seen: the mean, then factor after factor."""
    counts = exposed.counts
    codes, customers = pd.factorize(counts.customer_id, sort=True)
    age, weekday, band = (counts[name].to_numpy(np.int64) for name in ("age", "weekday", "band"))
    # The engine gives rows in any order; sums of floats are the same only in one.
    order = np.lexsort((band, weekday, age, codes))
    traits = _traits(*(trait[order] for trait in (codes, band, age, weekday)))
    settled, days = counts.settled.to_numpy(float)[order], counts.days.to_numpy(float)[order]
    mean = settled.sum() / max(days.sum(), 1)
    expected = days * mean
    fitted = []
    for names, strength in factors:
        keys, place = np.unique(_keys(traits, names), return_inverse=True)
        ratios = (np.bincount(place, settled) + strength) / (np.bincount(place, expected) + strength)
        expected = expected * ratios[place]
        fitted.append((names, keys, ratios))
    return Hazard(mean, tuple(fitted), pd.Index(customers), exposed.edges)


def predict(hazard: Hazard, invoices: pd.DataFrame, as_of: date, days: int) -> Distribution:
    """When `invoices`, open at the close of `as_of` or issued later, will be settled within `days` days."""
    blocks = [invoices.iloc[start : start + BLOCK] for start in range(0, len(invoices), BLOCK)]
    parts = [_settled_and_late(hazard, block, as_of, days) for block in blocks]
    settled = np.concatenate([np.empty((0, days)), *(settled for settled, _late in parts)])
    late = np.concatenate([np.empty(0), *(late for _settled, late in parts)])
    return Distribution(as_of, invoices.reset_index(drop=True), settled, late)


def _settled_and_late(hazard: Hazard, invoices: pd.DataFrame, as_of: date, days: int) -> tuple[Floats, Floats]:
    to_due = (_days(invoices.due_on) - np.datetime64(as_of)).astype(np.int64)
    reach = max(days, min(to_due.max(initial=0), FARTHEST_DAYS))
    hazards = daily_hazards(hazard, invoices, as_of + timedelta(days=1), reach)
    surviving = np.cumprod(1 - hazards, axis=1)
    before = np.concatenate([np.ones((len(invoices), 1)), surviving], axis=1)
    late = before[np.arange(len(invoices)), np.clip(to_due, 0, reach)]
    return (before[:, :-1] - before[:, 1:])[:, :days], late


def daily_hazards(hazard: Hazard, invoices: pd.DataFrame, first: date, days: int) -> Floats:
    """The probability that an invoice still open is settled on each of `days` days from `first`: invoices x days."""
    on = np.datetime64(first) + np.arange(days)
    chance = np.full((len(invoices), days), hazard.mean)
    for _names, ratios in _ratios(hazard, invoices, on):
        chance *= ratios
    issued = on[None, :] >= _days(invoices.issued_on)[:, None]
    return np.where(issued, np.minimum(chance, HIGHEST), 0.0)


def effects(hazard: Hazard, invoices: pd.DataFrame, as_of: date, days: int = 14) -> pd.DataFrame:
    """How many times as fast as usual invoices settle in the coming days for their customer, their age, their size.

    Geometric means of the factors over the days; 1 is usual. Columns customer, age, size, in the order of `invoices`.
    """
    on = np.datetime64(as_of) + 1 + np.arange(days)
    logs = {"customer": 0.0, "age": 0.0, "size": 0.0}
    for names, ratios in _ratios(hazard, invoices, on):
        group = "customer" if "customer" in names else "size" if "band" in names else "age"
        logs[group] = logs[group] + np.log(ratios).mean(axis=1)
    return pd.DataFrame({group: np.exp(log) for group, log in logs.items()}, index=range(len(invoices)))


def _ratios(
    hazard: Hazard, invoices: pd.DataFrame, on: NDArray[np.datetime64]
) -> Iterator[tuple[tuple[str, ...], Floats]]:
    """Each factor's names and its ratios for invoices x days."""
    codes = np.asarray(hazard.customers.get_indexer(pd.Index(invoices.customer_id)), dtype=np.int64)
    here, local = np.unique(codes, return_inverse=True)
    age = np.clip((on[None, :] - _days(invoices.due_on)[:, None]).astype(np.int64), YOUNGEST, OLDEST)
    weekday = (on.astype("datetime64[D]").astype(np.int64) + 3) % 7
    band = np.searchsorted(hazard.edges, invoices.amount.to_numpy(float), side="left")
    traits = _traits(local[:, None], band[:, None], age, weekday[None, :])
    for names, keys, ratios in hazard.factors:
        yield names, _table(names, keys, ratios, here)[_keys(traits, names)]


def _table(names: tuple[str, ...], keys: Ints, ratios: Floats, customers: Ints) -> Floats:
    """A factor's ratios in a dense row, for some customers only where it looks at customers; 1 where it saw nothing."""
    width = prod(SIZES[name] for name in names if name != "customer")
    if not len(customers):
        return np.ones(width)
    if "customer" not in names:
        table = np.ones(width)
        table[keys] = ratios
        return table
    owner, cell = np.divmod(keys, width)
    row = np.searchsorted(customers, owner).clip(max=len(customers) - 1)
    mine = customers[row] == owner
    table = np.ones(len(customers) * width)
    table[row[mine] * width + cell[mine]] = ratios[mine]
    return table


def _traits(customer: Ints, band: Ints, age: Ints, weekday: Ints) -> dict[str, Ints]:
    return {
        "customer": customer,
        "band": band,
        "age": age - YOUNGEST,
        "age_range": np.searchsorted(AGE_EDGES, age, side="right"),
        "phase": np.searchsorted(PHASE_EDGES, age, side="right"),
        "weekday": weekday,
    }


def _keys(traits: dict[str, Ints], names: tuple[str, ...]) -> Ints:
    """One number for the traits together; the first one needs no size."""
    first, *others = names
    key = traits[first]
    for name in others:
        key = key * SIZES[name] + traits[name]
    return key


def _days(dates: pd.Series) -> NDArray[np.datetime64]:
    return dates.to_numpy("datetime64[D]")
