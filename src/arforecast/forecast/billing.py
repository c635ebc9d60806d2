"""What is billed after a day: the billing schedule, what of late began to bill beside it, and at what level.

Invoices not issued yet are taken to begin as those of the last eight weeks did, at the level of the last sixteen: what
a week bills scatters so much that eight say less of the level than sixteen, where that level has not changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis import _

from arforecast.forecast.calendar import Floats, Ints
from arforecast.forecast.exposure import days
from arforecast.ledger.database import computed_once
from arforecast.snapshot import BEGINNING, Facts

# So many weeks are repeated, and so many tell the level.
TEMPLATE_WEEKS, LEVEL_WEEKS = 8, 16
# The level has changed where the last eight weeks differ from those before by so many standard errors: by chance in one
# of eighty days. Fewer than so many weeks before say nothing.
BROKEN, FEWEST_BEFORE = 2.5, 3


@dataclass(frozen=True)
class Level:
    """What the weeks to come are taken to begin, against the last eight.

    multiple: of their mean. error_share: the standard error of that level, as a share of it. change_share: how far the
    last eight weeks lie above the eight before where the level has changed, else 0.
    """

    multiple: float
    error_share: float
    change_share: float


def _agreed(facts: Facts, stand: Sequence[date]) -> ibis.Table:
    """The billing schedule as known on each day `on`; a row without known_on was known from the start."""
    schedule = facts.books.tables["billing_schedule"]
    calendar = _calendar(stand)
    return calendar.join(schedule, schedule.known_on.fill_null(BEGINNING) <= calendar.on)


def _calendar(stand: Sequence[date]) -> ibis.Table:
    """Each day `on`, and `since`, the day before its last sixteen weeks."""
    rows = [{"on": day, "since": day - timedelta(weeks=LEVEL_WEEKS)} for day in stand]
    return ibis.memtable(rows, schema={"on": "date", "since": "date"})


def scheduled(facts: Facts, stand: Sequence[date]) -> pd.DataFrame:
    """The invoices of the billing schedule that were agreed by each day `on` and are to be issued after it."""
    agreed = _agreed(facts, stand).filter(_.issue_on > _.on).mutate(issued_on=_.issue_on, balance=_.amount)
    rows = agreed.select("on", "customer_id", "issued_on", "due_on", "amount", "balance")
    return rows.order_by("on", "customer_id", "issued_on", "due_on", "amount").to_pandas()


def begun(rows: ibis.Table) -> pd.DataFrame:
    """The rows of `recent` of the last eight weeks; the weeks to come are taken to begin as much."""
    late = rows.begun_on > rows.on - ibis.interval(weeks=TEMPLATE_WEEKS)
    return rows.filter(late).mutate(balance=_.amount).order_by(*rows.columns).to_pandas()


def levels(facts: Facts, rows: ibis.Table, stand: Sequence[date]) -> dict[date, Level]:
    """The level of billing on each of the days `stand`, by the rows of `recent`; see `level`."""
    weeks_ago = rows.on.delta(rows.begun_on, unit="day") // 7
    billed = rows.group_by("on", weeks_ago=weeks_ago).aggregate(amount=rows.amount.sum()).to_pandas()
    weeks = {day: np.zeros(LEVEL_WEEKS) for day in stand}
    for on, ago, amount in billed.itertuples(index=False):
        weeks[pd.Timestamp(on).date()][LEVEL_WEEKS - 1 - ago] = amount
    lived = {
        pd.Timestamp(on).date(): (on - first).days // 7 for on, first in _first(facts, stand).itertuples(index=False)
    }
    return {day: level(billed, lived.get(day, 0)) for day, billed in weeks.items()}


def _first(facts: Facts, stand: Sequence[date]) -> pd.DataFrame:
    """The first day that issued an invoice known on each day `on`; none where there is none."""
    entered = facts.invoices.group_by("entered_on").aggregate(issued_on=facts.invoices.issued_on.min())
    calendar = _calendar(stand)
    known = calendar.join(entered, entered.entered_on <= calendar.on)
    return known.group_by("on").aggregate(issued_on=known.issued_on.min()).to_pandas()


def recent(facts: Facts, stand: Sequence[date]) -> ibis.Table:
    """The billing that the sixteen weeks up to each day `on` began, computed once: what they billed off schedule, and
    what they agreed, whole.

    Columns of invoices and begun_on: the day of issue or, for all that was agreed, the day it was. An invoice is on
    schedule when its plan is, or its customer's day of issue.
    """
    schedule, calendar, invoices = _agreed(facts, stand), _calendar(stand), facts.invoices
    issued = (invoices.issued_on > calendar.since) & (invoices.issued_on <= calendar.on)
    lately = calendar.join(invoices, issued & (invoices.entered_on <= calendar.on))
    plans = schedule.select("on", "customer_id", "plan_id").distinct()
    dates = schedule.select("on", "customer_id", issued_on="issue_on").distinct()
    unplanned = lately.anti_join(plans, ["on", "customer_id", "plan_id"])
    outside = unplanned.anti_join(dates, ["on", "customer_id", "issued_on"])
    agreed = schedule.filter(_.known_on > _.since).mutate(issued_on=_.issue_on, begun_on=_.known_on)
    columns = ["on", "customer_id", "issued_on", "due_on", "amount", "begun_on"]
    billed = outside.mutate(begun_on=_.issued_on)
    money = _.amount.cast("float64")
    parts = (rows.select(*columns).mutate(amount=money) for rows in (billed, agreed))
    return computed_once(ibis.union(*parts))


def level(billed: Floats, lived: int) -> Level:
    """The level that the billing of sixteen weeks, the oldest first, speaks for: the mean of all the weeks that the
    ledger has lived through, or of the last eight where these differ from those before by more than chance, or where a
    week took back more than it billed: the eight are repeated as they were."""
    weeks = billed[max(len(billed) - lived, 0) :]
    before, late = weeks[:-TEMPLATE_WEEKS], weeks[-TEMPLATE_WEEKS:]
    repeated = billed[-TEMPLATE_WEEKS:].mean()
    if repeated <= 0 or not len(late):
        return Level(1.0, 0.0, 0.0)
    broken = len(before) >= FEWEST_BEFORE and _differ(before, late)
    told = late if broken or len(before) < FEWEST_BEFORE or weeks.min() < 0 else weeks
    change = late.mean() / before.mean() - 1 if broken and before.mean() > 0 else 0.0
    # Of weeks that bill nothing or more it is 1 at most.
    error = min(_error(told) / max(float(told.mean()), 1.0), 1.0)
    return Level(float(told.mean() / repeated), error, float(change))


def _differ(before: Floats, late: Floats) -> bool:
    """Whether their means differ by more than chance, each half scattering as it does."""
    return bool(abs(late.mean() - before.mean()) > BROKEN * np.hypot(_error(before), _error(late)))


def _error(weeks: Floats) -> float:
    """The standard error of their mean; nothing of one week."""
    return float(weeks.std(ddof=1) / np.sqrt(len(weeks))) if len(weeks) > 1 else 0.0


def of_day(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    """The rows of one of the days `on`."""
    return rows[days(rows.on) == np.datetime64(day)].reset_index(drop=True)


def weeks_since(begun_on: pd.Series, start: date) -> Ints:
    """0 for the seven days after `start`, 1 for the next seven, ..."""
    return ((days(begun_on) - np.datetime64(start)).astype(np.int64) - 1) // 7
