"""The lives of invoices, and the ages through which they could be settled: what every forecast learns from.

Lives are read from the engine once; every day to stand on is cut from them by what was known at its close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from arforecast import countries
from arforecast.forecast.calendar import (
    DAY,
    EVERY_DAY,
    Bools,
    Days,
    Floats,
    Ints,
    OpenDays,
    holidays,
    open_days,
    weekday,
)
from arforecast.ledger import valued_at_close
from arforecast.snapshot import Facts, fetched, own_positions

BANDS = 5
# So many invoices say of past days what all of more would.
MOST = 1_000_000
# The chance of a day that a person expects and gives none.
CONFIDENCE = 0.8


@dataclass(frozen=True, eq=False)
class Lives:
    """Every invoice of a ledger and each of its settlements, a customer's invoices one after another.

    customers: their identifiers, sorted. Of each invoice: invoice_id, customer (its place among them), issued_on,
    due_on, entered_on, amount. settlements: invoice (its place here), since, until, settled_on, see
    `arforecast.snapshot.settlements`. holidays: their names by day, see `arforecast.forecast.calendar`. disputes,
    promises: of an invoice (its place here), since, the day it entered the books, and until, the day it was closed, or
    the one promised; the earliest first. overrides: what a person expects of an invoice (its place here), as `since`
    and `until`, with confidence and note; the latest last, and on one day that of an invoice after that of a customer.
    """

    customers: pd.Index
    invoice_id: pd.Index
    customer: Ints
    issued_on: Days
    due_on: Days
    entered_on: Days
    amount: Floats
    settlements: pd.DataFrame
    holidays: pd.Series
    disputes: pd.DataFrame
    promises: pd.DataFrame
    overrides: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Runs:
    """The ages through which invoices were at risk, a run for each, a customer's one after another.

    customer: its place among those of the exposure. band: of its amount. due_weekday: Monday 0. youngest, oldest: the
    first and the last age at which it was at risk, in days from due. settled: whether it was on the last. An invoice
    settled on the first open day after closed ones has a run for each of the days on which it may have been; weight:
    the chance that it was this one; block: a number for all runs of an invoice.
    """

    customer: Ints
    band: Ints
    due_weekday: Ints
    youngest: Ints
    oldest: Ints
    settled: Bools
    weight: Floats
    block: Ints

    def __len__(self) -> int:
        return len(self.customer)

    def at(self, rows: Ints | Bools | slice) -> Runs:
        """Some of them."""
        return Runs(*(getattr(self, column.name)[rows] for column in fields(self)))


@dataclass(frozen=True)
class Exposure:
    """What a hazard is estimated from: the runs of all invoices that were ever at risk.

    edges: the amounts that part the bands. calendar: the days on which settlements are booked.
    """

    runs: Runs
    customers: pd.Index
    edges: Floats
    calendar: OpenDays


def lives(facts: Facts) -> Lives:
    """The lives of all invoices, whenever they became known."""
    columns = ["invoice_id", "customer_id", "issued_on", "due_on", "entered_on", "amount"]
    rows = fetched(facts.invoices.select(*columns).order_by("invoice_id"))
    codes, customers = pd.factorize(rows.customer_id, sort=True)
    order = np.argsort(codes, kind="stable")
    rows = rows.iloc[order]
    identifiers = pd.Index(rows.invoice_id)

    def placed(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(invoice=_indexed(identifiers, table.pop("invoice_id")))

    return Lives(
        pd.Index(customers),
        identifiers,
        codes[order].astype(np.int64),
        days(rows.issued_on),
        days(rows.due_on),
        days(rows.entered_on),
        rows.amount.to_numpy(float),
        placed(fetched(facts.settlements)),
        _holidays(facts, days(rows.issued_on)),
        placed(_about_invoices(facts, "disputes", "closed_on")),
        placed(_about_invoices(facts, "promises", "promised_on")),
        placed(_overrides(facts)),
    )


def _indexed(identifiers: pd.Index, names: pd.Series) -> Ints:
    """Where each name stands among the identifiers. pandas would make an object of each of them, and keep it."""
    from pyarrow import array, compute

    return np.asarray(compute.index_in(array(names, "str"), value_set=array(identifiers, "str"))).astype(np.int64)


def _about_invoices(facts: Facts, table: str, until: str) -> pd.DataFrame:
    """The disputes or promises that name an invoice: invoice_id, since, until."""
    told = facts.books.tables[table].join(facts.invoices.select("invoice_id"), "invoice_id")
    return fetched(told.select("invoice_id", since="entered_on", until=until).order_by("since", "until", "invoice_id"))


def _overrides(facts: Facts) -> pd.DataFrame:
    """What people expect of invoices: of a customer, each of its invoices known by then. What was said on a day that
    nobody knows counts on none."""
    said = facts.books.tables["overrides"].filter(_.known_on.notnull())
    rows = said.mutate(since=_.known_on, until=_.expected_on, confidence=_.confidence.fill_null(CONFIDENCE))
    columns = ["invoice_id", "since", "until", "confidence", "note", "alone", "row"]
    bills = facts.invoices.select("invoice_id", "customer_id", "entered_on")
    of_one = rows.filter(_.invoice_id.notnull()).drop("customer_id").join(bills, "invoice_id").mutate(alone=True)
    of_all = rows.filter(_.invoice_id.isnull()).drop("invoice_id").join(bills, "customer_id").mutate(alone=False)
    both = of_one.select(*columns).union(of_all.filter(_.entered_on <= _.since).select(*columns))
    return fetched(both.order_by("since", "alone", "row", "invoice_id")).drop(columns=["alone", "row"])


def _holidays(facts: Facts, issued_on: Days) -> pd.Series:
    """The public holidays of the ledger's country, from its first invoice to beyond all that is forecast or agreed: an
    instalment of the longest plan can fall into the sixth year after the day's."""
    years = pd.DatetimeIndex(issued_on).year
    return holidays(_country(facts), range(years.min(), facts.days[-1].year + 7) if len(years) else ())


def _country(facts: Facts) -> str:
    """That of the settings, else what the ledger says, else where most customers are, where that is a country and not
    its name, else where its money is from."""
    books = facts.books
    if named := books.settings.forecast.country or books.notes.country:
        return named
    homes = books.tables["customers"].filter(_.country.notnull()).group_by("country").aggregate(customers=_.count())
    most = homes.order_by(_.customers.desc(), _.country).country.to_list()
    # The code of a currency begins with that of its country: USD, GBP, JPY.
    return next(filter(countries.known, most), books.settings.ledger.currency[:2])


def lots(identifiers: pd.Series | pd.Index) -> NDArray[np.uint64]:
    """A number from 0 to 2^64 for each identifier, the same whatever else is among them."""
    return np.asarray(pd.util.hash_array(identifiers.to_numpy(dtype=object)))


def lot(identifiers: pd.Series | pd.Index, share: float) -> Bools:
    """Whether each is among the `share` that is drawn: who is among a smaller one is among every greater one."""
    return np.asarray(lots(identifiers) / 2.0**64 < share)


def drawn(known: Lives, day: date) -> Lives:
    """What is known of some customers, a half, a quarter, ... of them drawn by their identifiers, so that no more than
    about MOST invoices had entered the books by `day`: so many say what all do."""
    halved = np.ceil(np.log2(max(np.count_nonzero(known.entered_on <= np.datetime64(day)) / MOST, 1)))
    return _of_part(known, 0.5**halved) if halved else known


@lru_cache(maxsize=4)
def _of_part(known: Lives, share: float) -> Lives:
    chosen = lot(known.customers, share)
    rows = chosen[known.customer]
    number, place = np.cumsum(chosen) - 1, np.cumsum(rows) - 1

    def theirs(table: pd.DataFrame) -> pd.DataFrame:
        table = table[rows[table.invoice]]
        return table.assign(invoice=place[table.invoice]).reset_index(drop=True)

    cut: dict[str, Any] = {
        **{name: getattr(known, name)[rows] for name in ("invoice_id", "issued_on", "due_on", "entered_on", "amount")},
        **{name: theirs(getattr(known, name)) for name in ("settlements", "disputes", "promises", "overrides")},
    }
    return replace(known, customers=known.customers[chosen], customer=number[known.customer[rows]], **cut)


def days(dates: pd.Series) -> Days:
    return dates.to_numpy("datetime64[D]")


@lru_cache(maxsize=8)
def settled_on(known: Lives, day: date) -> Days:
    """The day on which each invoice was settled, as known at the close of `day`; not a time where it was open."""
    now, settlements = np.datetime64(day), known.settlements
    held = settlements[(days(settlements.since) <= now) & (days(settlements.until) > now)]
    settled = np.full(len(known.invoice_id), np.datetime64("NaT", "D"))
    settled[held.invoice] = days(held.settled_on)
    settled.flags.writeable = False
    return settled


def ended_on(known: Lives, invoice_ids: pd.Series, day: date) -> tuple[Ints, Days]:
    """The places of some invoices, and the day on which each was settled as known at the close of `day`; that day where
    it is open still."""
    place = known.invoice_id.get_indexer(pd.Index(invoice_ids))
    return place, np.fmin(settled_on(known, day)[place], np.datetime64(day))


def open_at(known: Lives, day: date) -> tuple[Ints, pd.DataFrame]:
    """The invoices known to be open at the close of `day`: their places, and as rows."""
    place = np.flatnonzero((known.entered_on <= np.datetime64(day)) & np.isnat(settled_on(known, day)))
    rows = {
        "invoice_id": known.invoice_id[place],
        "customer_id": known.customers[known.customer[place]],
        "issued_on": known.issued_on[place],
        "due_on": known.due_on[place],
        "amount": known.amount[place],
    }
    return place, pd.DataFrame(rows)


def band_edges(amounts: Floats) -> Floats:
    """The amounts that part `amounts` into fifths."""
    return np.quantile(amounts, np.arange(1, BANDS) / BANDS) if len(amounts) else np.zeros(BANDS - 1)


def bands(edges: Floats, amounts: Floats) -> Ints:
    return np.searchsorted(edges, amounts, side="left").astype(np.int64)


def calendar(known: Lives, day: date) -> OpenDays:
    """The days on which invoices are settled, by the settlements known at the close of `day`."""
    settled = settled_on(known, day)
    return open_days(settled[~np.isnat(settled)], known.holidays)


def exposure(known: Lives, day: date, booking: OpenDays = EVERY_DAY) -> Exposure:
    """The ages at which invoices were at risk of being settled up to `day`, by what was known at its close.

    An invoice is at risk from its issue to its settlement or, open, to the last day of `booking` up to `day`; one paid
    before its issue never was. What is booked after closed days may have happened on any of them.
    """
    settled = settled_on(known, day)
    is_open = np.isnat(settled)
    last_on: Days = np.where(is_open, booking.until(np.datetime64(day)), settled)
    entered = known.entered_on <= np.datetime64(day)
    edges = band_edges(known.amount[entered])
    risk = np.flatnonzero(entered & (known.issued_on <= last_on))
    first_on = np.maximum(booking.until(last_on[risk] - DAY) + DAY, known.issued_on[risk])
    closed = (last_on[risk] - first_on).astype(np.int64) * ~is_open[risk]
    block, since = unrolled(np.zeros(len(risk), dtype=np.int64), closed + 1)
    row = risk[block]
    due_on = known.due_on[row]
    runs = Runs(
        customer=known.customer[row],
        band=bands(edges, known.amount[row]),
        due_weekday=weekday(due_on),
        youngest=(known.issued_on[row] - due_on).astype(np.int64),
        oldest=(last_on[row] - due_on).astype(np.int64) - closed[block] + since,
        settled=~is_open[row],
        weight=1 / np.bincount(block)[block],
        block=block,
    )
    return Exposure(runs, known.customers, edges, booking)


def unrolled(start: Ints, length: Ints) -> tuple[Ints, Ints]:
    """start, start + 1, ... for each start, as many as its length; before it, which of the starts each comes from."""
    origin = np.repeat(np.arange(len(start)), length)
    before = np.cumsum(length) - length
    return origin, np.arange(len(origin)) + (start - before)[origin]


def open_invoices(facts: Facts, stand: Sequence[date]) -> dict[date, pd.DataFrame]:
    """The invoices with an open balance at the close of each of the days `stand`, in the order of their identifiers:
    balance at the rate of that day, own_balance in their currency."""
    calendar = ibis.memtable({"on": sorted(set(stand))}, schema={"on": "date"})
    owed = own_positions(facts, calendar).filter(_.balance > 0).mutate(own_balance=_.balance)
    worth = valued_at_close(facts.books, owed, "on", "balance")
    amounts = facts.invoices.select("invoice_id", "amount")
    columns = ["invoice_id", "customer_id", "issued_on", "due_on", "amount", "balance", "currency", "own_balance"]
    invoices = worth.join(amounts, "invoice_id").select("on", *columns)
    rows = fetched(invoices.order_by("on", "invoice_id"))
    on = days(rows.pop("on"))
    return {day: rows[on == np.datetime64(day)].reset_index(drop=True) for day in stand}
