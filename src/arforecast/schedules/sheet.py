"""What every schedule is made with: the entries known by the day, the spans it looks back on, and money as it is read.

A span begins after a day and ends with `as_of`: the last 365 days, or the last twelve calendar months where a schedule
stands on whole months.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import ibis
import pandas as pd
from ibis import _

from arforecast.kpis.balances import aged
from arforecast.snapshot import Facts, at_issue, month_ends, positions

YEAR_DAYS = 365
NONE = "(none)"


def known(facts: Facts, as_of: date) -> ibis.Table:
    """The entries in the books at the close of `as_of`."""
    return facts.entries.filter(_.entered_on <= as_of)


def known_at_issue(facts: Facts, as_of: date) -> ibis.Table:
    """The same, amounts at the rate of their invoice; see `arforecast.snapshot.at_issue`."""
    return at_issue(facts).filter(_.entered_on <= as_of)


def year(day: ibis.Value, as_of: date) -> ibis.BooleanValue:
    """Whether a day lies in the 365 days up to `as_of`."""
    return (day > as_of - timedelta(days=YEAR_DAYS)) & (day <= as_of)


def twelve_months(day: ibis.Value, as_of: date) -> ibis.BooleanValue:
    """Whether a day lies in the twelve calendar months that end with `as_of`."""
    return (day > month_ends(as_of, 13)[0]) & (day <= as_of)


def first_day(day: ibis.Value, period: str) -> ibis.Value:
    """The first day of the month (M) or quarter (Q) that a day lies in."""
    return day.truncate(period).cast("date")


def days(rows: Iterable[dict[str, date]], *columns: str) -> ibis.Table:
    """Days to stand on, as plain dates: one row each, with the other days that belong to it."""
    return ibis.memtable(list(rows), schema=dict.fromkeys(columns, "date"))


def owed(facts: Facts, on: ibis.Table) -> ibis.Table:
    """The open balances above zero at the close of each day of `on`, with their ageing bucket."""
    balances = positions(facts, on).filter(_.balance > 0)
    return balances.mutate(bucket=aged(facts, balances.days_past_due))


def share(part: pd.Series, whole: pd.Series | float) -> pd.Series:
    """part / whole; not defined where there is no whole, or one below zero."""
    wholes = pd.Series(whole, part.index, dtype="float64")
    return (part / wholes.where(wholes > 0)).astype("float64")


def ordered(frame: pd.DataFrame, by: str, then: str) -> pd.DataFrame:
    """The greatest `by` first; equals in the order of `then`, so that no order of rows shows through."""
    return frame.sort_values([by, then], ascending=[False, True], ignore_index=True)
