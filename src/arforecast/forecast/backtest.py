"""How right we were: forecasts as they could be made on past days, beside what then came.

An origin is a past day on which the ledger is asked as it was known then; what came is read as it is known at as_of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import ibis
import numpy as np
import pandas as pd
from ibis import _

from arforecast.forecast import hazard, overrides, payment_time, ranges
from arforecast.forecast.baselines import late_on, p_late_by_customer, settled_counts
from arforecast.forecast.calendar import Floats
from arforecast.forecast.exposure import Lives, days, open_invoices, settled_on
from arforecast.forecast.hazard import Hazard
from arforecast.forecast.payment_time import Model, readings
from arforecast.snapshot import Facts, fetched, total

ORIGINS = 26
FIRST_WEEKS = 8
RANGES = {0.50: ("p25", "p75"), 0.80: ("p10", "p90"), 0.95: ("p2_5", "p97_5")}


@dataclass(frozen=True)
class Past:
    """What could be said on one origin: the lives of invoices, those open then, and the model fitted then."""

    origin: date
    known: Lives
    invoices: pd.DataFrame

    @cached_property
    def closed(self) -> Hazard:
        """The closed form."""
        return hazard.fit(self.known, self.origin)

    @cached_property
    def usual(self) -> Model:
        """What speaks where nobody expects anything else."""
        return payment_time.fit(self.known, self.origin, self.closed)

    @cached_property
    def model(self) -> Model:
        """What speaks, and what people expect."""
        return overrides.overruled(self.usual, self.known, self.origin, self.closed.exposed.calendar)

    @cached_property
    def thresholds(self) -> Floats:
        """The mass that the range of dates of each open invoice is to hold."""
        learnt = ranges.learnt(self.usual, self.known, self.origin)
        return self.invoices.customer_id.map(learnt).fillna(ranges.SHARE).to_numpy(float)


def weekly_origins(facts: Facts, as_of: date, count: int = ORIGINS) -> list[date]:
    """The days 1, 2, ... weeks before `as_of`, oldest first, from eight weeks after the first invoice on."""
    first = first_origin(facts, as_of)
    days = [as_of - timedelta(weeks=nth) for nth in range(count, 0, -1)]
    return [day for day in days if first and day >= first]


def first_origin(facts: Facts, as_of: date) -> date | None:
    """The first day on which there was enough to learn from: eight weeks after the first invoice known by `as_of`."""
    first = facts.invoices.filter(_.entered_on <= as_of).issued_on.min().execute()
    return None if pd.isna(first) else pd.Timestamp(first).date() + timedelta(weeks=FIRST_WEEKS)


def origins(since: date, until: date, every_days: int) -> list[date]:
    """`since`, and every so many days after it, before `until`."""
    return [since + timedelta(days=nth) for nth in range(0, (until - since).days, every_days)]


def past(facts: Facts, known: Lives, origins: Sequence[date]) -> Iterator[Past]:
    """The origins one after another, none kept: each holds what was known then of all invoices. Those open then are
    asked for together, half a year of weeks at a time."""
    for start in range(0, len(origins), ORIGINS):
        together = origins[start : start + ORIGINS]
        owed = open_invoices(facts, together)
        yield from (Past(origin, known, owed[origin]) for origin in together)


def late_record(facts: Facts, forecasts: Iterable[Past], as_of: date) -> pd.DataFrame:
    """What was said of invoices not yet due, beside what became of them: one row an origin and invoice.

    origin, invoice_id, customer_id, amount, p_late, p_late_baseline (the customer's shrunk late rate), late (1 or 0),
    settled_on (empty: still open). Invoices not due by `as_of` are left out: nobody knows yet.
    """
    columns = ["origin", "invoice_id", "customer_id", "amount", "p_late", "p_late_baseline", "late", "settled_on"]
    rows = [_said(then, as_of) for then in forecasts]
    if not rows:
        return none(columns, "origin", "settled_on")
    record = pd.concat(rows, ignore_index=True)
    return record.assign(amount=record.amount / 10**facts.books.settings.ledger.decimals)[columns]


def _said(then: Past, as_of: date) -> pd.DataFrame:
    due_on = days(then.invoices.due_on)
    judged = (due_on > np.datetime64(then.origin)) & (due_on <= np.datetime64(as_of))
    invoices = then.invoices[judged].reset_index(drop=True)
    place = then.known.invoice_id.get_indexer(pd.Index(invoices.invoice_id))
    return invoices.assign(
        origin=pd.Timestamp(then.origin),
        p_late=readings(then.model, invoices, then.origin, 1, lambda settled: settled.p_late),
        p_late_baseline=p_late_by_customer(then.known, then.origin, invoices),
        late=late_on(then.known, as_of)[place].astype(np.int64),
        settled_on=settled_on(then.known, as_of)[place].astype("datetime64[s]"),
    )


def depth(known: Lives, record: pd.DataFrame) -> pd.DataFrame:
    """The record with settled_before: how many invoices of the customer were known to be settled on the origin."""
    days = {pd.Timestamp(on).date(): rows for on, rows in record.groupby(pd.to_datetime(record.origin))}
    parts = [rows.customer_id.map(settled_counts(known, on)) for on, rows in days.items()]
    counts = pd.concat(parts).reindex(record.index) if parts else 0
    return record.assign(settled_before=counts).astype({"settled_before": "int64"})


def none(columns: Iterable[str], *days: str) -> pd.DataFrame:
    """No rows of these columns, of which some hold days."""
    return pd.DataFrame({name: [] for name in columns}).astype(dict.fromkeys(days, "datetime64[s]"))


def cash_came(facts: Facts, calendar: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The cash that came in each span after an origin that is over, as known at `as_of`, in minor units.

    origin, horizon_week, open_book (on invoices known at the origin), unbilled (on later ones), total. calendar: see
    `arforecast.forecast.spans.calendar`.
    """
    whole = calendar[calendar.until_on <= pd.Timestamp(as_of)]
    columns = ["origin", "horizon_week", "open_book", "unbilled", "total"]
    if whole.empty:
        return none(columns)
    names = {"origin": "date", "horizon_week": str(whole.horizon_week.dtype), "from_on": "date", "until_on": "date"}
    dates = {name: whole[name].dt.date for name in ("origin", "from_on", "until_on")}
    span = ibis.memtable(whole.assign(**dates)[list(names)], schema=names)
    billed = facts.invoices.select("invoice_id", billed_on="entered_on")
    cash = facts.entries.filter((_.kind == "cash") & (_.entered_on <= as_of)).join(billed, "invoice_id")
    came = span.left_join(cash, (cash.entered_on >= span.from_on) & (cash.entered_on <= span.until_on))
    before = came.billed_on <= came.origin
    sums = came.group_by("origin", "horizon_week").aggregate(
        open_book=total(came.amount, before),
        unbilled=total(came.amount, ~before),
        total=total(came.amount),
    )
    return fetched(sums.order_by("origin", "horizon_week"))[columns]


def daily_cash(facts: Facts) -> pd.DataFrame:
    """The cash that entered the books on each day: entered_on, amount in minor units."""
    cash = facts.entries.filter(_.kind == "cash")
    return fetched(cash.group_by("entered_on").aggregate(amount=total(cash.amount)).order_by("entered_on"))


def cash_history(cash: pd.DataFrame, day: date) -> Floats:
    """The cash of each whole week up to `day`, oldest first, from the first payment on, in minor units."""
    daily = cash[days(cash.entered_on) <= np.datetime64(day)]
    if daily.empty:
        return np.zeros(1)
    back = (np.datetime64(day) - days(daily.entered_on)).astype(np.int64) // 7
    weekly = np.bincount(back, weights=daily.amount, minlength=1)[::-1].astype(float)
    # The oldest week holds the first payment: how much of it the ledger has seen is not known.
    return weekly[1:] if len(weekly) > 1 else weekly
