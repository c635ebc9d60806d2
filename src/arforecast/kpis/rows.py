"""The rows that a figure is made of: invoices, entries, promises and the like, and what each adds to its numerator.

They are the rows that the measures add up, so that a figure and its rows cannot disagree. Which sums a numerator takes,
and with which sign, it is asked itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ibis
import numpy as np
import pandas as pd
from ibis import _

from arforecast.errors import UsageError, shown
from arforecast.kpis import (
    KEYS,
    MEASURES,
    UNKNOWN,
    balances,
    catalogue,
    collections,
    cost,
    known,
    known_groups,
    service,
    speed,
)
from arforecast.kpis.balances import DAYS
from arforecast.kpis.catalogue import Kpi
from arforecast.ledger.database import among
from arforecast.ledger.groups import WHOLE
from arforecast.snapshot import Facts, fetched, read

Build = Callable[[Facts], ibis.Table]
# What builds the rows that a measure adds up, where they are those of all of its sums.
OF_MEASURES: dict[Build, Build] = {
    balances.flow_rows: balances.flows,
    balances.disputed_rows: balances.disputed,
    balances.unapplied_rows: balances.unapplied,
    balances.unapplied_credits_rows: balances.unapplied_credits,
    speed.on_time_rows: speed.on_time,
    collections.collected_rows: collections.collected,
    collections.recovered_rows: collections.recovered,
    collections.recovery_rows: collections.recovery,
    service.issued_rows: service.issued,
    service.contested_rows: service.contested,
    service.promise_rows: service.promised,
    service.contact_rows: service.right_party,
    cost.cost_rows: cost.spent,
}
ROWS: dict[Build, tuple[str, ...]] = {build: MEASURES[measure].names for build, measure in OF_MEASURES.items()} | {
    balances.largest_customers: ("top10",),
    balances.largest_companies: ("top10_companies",),
    balances.late_customers: ("overdue_customers", "contacted_customers"),
    speed.resolved_rows: ("resolved_count", "resolved_days"),
    cost.offer_rows: ("offered_amount", "priced_amount", "offer_cost"),
    cost.taken_rows: ("taken_amount",),
}
_MEDIAN = "a median is the row in the middle, and no sum"
_SQUARES = "it adds up the squares of what each payer owes"
NO_SUMS = {
    "countback_days": "it counts days back through whole months of billing",
    "km_median_days": _MEDIAN,
    "resolved_median_days": _MEDIAN,
    "dispute_median_days": _MEDIAN,
    "reminder_median_days": _MEDIAN,
    "squares": _SQUARES,
    "squares_companies": _SQUARES,
    "unasked_month": "it takes off what a curve expects, of which there are no rows",
}
SHOWN = (
    *("invoice_id", "customer_id", "company", "contact_id", "category", "month", "about", "kind", "channel"),
    *("issued_on", "delivered_on", "due_on", "discount_until", "happened_on", "entered_on", "settled_on"),
    *("made_on", "promised_on", "contacted_on", "days_past_due"),
)


def rows(facts: Facts, day: date, name: str, group: str = WHOLE) -> pd.DataFrame:
    """The rows of the KPI `name` on `day`, of the whole ledger or of one group of the facts.

    sum: the sum of the numerator that the row is part of; then what tells the row (invoice_id, customer_id, kind,
    dates ...); numerator: what it adds, in major units, or a number of things or days: together the numerator of
    `arforecast.kpis.measured`. The largest first in each sum. Raises UsageError for a KPI that is no sum of rows or not
    known of that day or group, and for a group that is not there.
    """
    kpi = next((each for each in catalogue(facts.books.settings) if each.name == name), None)
    if kpi is None:
        there = ", ".join(each.name for each in catalogue(facts.books.settings))
        raise UsageError(f"There is no KPI {shown(name)}. Ask for one of {there}.")
    shares = _shares(kpi, facts)
    _refuse_unknown(kpi, facts, group)
    unit = 1 if kpi.counted else 10**facts.books.settings.ledger.decimals
    found = [_rows(facts, day, sum_, group).assign(factor=factor / unit) for sum_, factor in shares.items()]
    unbooked = [sum_ for sum_, part in zip(shares, found, strict=True) if sum_ in UNKNOWN and part.empty]
    if unbooked:
        raise UsageError(f"{name} is not known here: there is no {', '.join(unbooked)}.")
    table = pd.concat(found, ignore_index=True)
    told = [column for column in SHOWN if column in table and table[column].notna().any()]
    made = table.assign(numerator=table.numerator.astype("float64") * table.factor)
    return read(made[["sum", *told, "numerator"]], facts)


def _shares(kpi: Kpi, facts: Facts) -> dict[str, float]:
    """The sums that the numerator of a KPI adds up, each with its factor: what it makes of one of each alone."""
    names = [*_columns(facts), *NO_SUMS]
    alone = pd.DataFrame(np.eye(len(names)), columns=names)
    above, _below, _scale = kpi.parts(alone)
    shares = {name: float(share) for name, share in zip(names, above, strict=True) if share}
    why = next((NO_SUMS[name] for name in shares if name in NO_SUMS), "" if shares else NO_SUMS["countback_days"])
    if why:
        raise UsageError(f"{kpi.name} is not made of rows that add up: {why}.")
    return shares


def _columns(facts: Facts) -> dict[str, Build]:
    """Every sum, with the rows that it adds up."""
    return dict.fromkeys(balances.standing_sums(facts.books.settings), balances.standing_rows) | {
        name: build for build, names in ROWS.items() for name in names
    }


def _rows(facts: Facts, day: date, name: str, group: str) -> pd.DataFrame:
    """The rows that add something to a sum on a day."""
    build = _columns(facts)[name]
    rows, column = build(facts), name
    if build is balances.standing_rows:
        column, on = next(
            (name.removesuffix(suffix), of) for suffix, of in reversed(DAYS.items()) if name.endswith(suffix)
        )
        days = facts.calendar.select("as_of", on=on)
        rows = rows.join(days, "on")
    mine = rows.filter(among(rows.group, [group]) & (rows.as_of == day) & rows[column].notnull() & (rows[column] != 0))
    told = [each for each in SHOWN if each in rows.columns]
    table = fetched(mine.select(*told, numerator=mine[column])).assign(sum=name)
    largest = table.assign(size=table.numerator.astype("float64").abs())
    return largest.sort_values(["size", *told], ascending=[False, *(True for _ in told)]).drop(columns="size")


def _refuse_unknown(kpi: Kpi, facts: Facts, group: str) -> None:
    """What the ledger does not know has no rows, and a group that is not there is a slip of the pen."""
    if why := known.unseen(kpi, facts):
        raise UsageError(f"{kpi.name} is {why}.")
    if facts.by:
        there = known_groups(facts).filter(_.group != WHOLE).select(*KEYS[1:]).distinct().to_pandas().group
        if group not in set(there):
            raise UsageError(f"There is no group {shown(group)}. There is {', '.join(sorted(there))}.")
