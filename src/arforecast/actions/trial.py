"""The trial: whom the lists of past weeks named, who of them was left alone by lot, and what came.

On the eve of each week the list is made again, of what was known then. Whom it names for a contact is in the trial of
the week, and the lot, a hash of customer and week, says again who was to be left alone. Nobody is in the trial, or in
one part of it, for what came later or for having been contacted: the two parts differ by chance and by the contacts.
Whom the list names later in the week is in no trial.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import ibis
import pandas as pd
from ibis import _

from arforecast.actions import reserve, worklist
from arforecast.actions.dunning import NO_CONTACT, RESERVED, WAIT, WORDS
from arforecast.actions.value import WITHIN
from arforecast.forecast.backtest import Past
from arforecast.snapshot import Facts, asked_of, fetched, total

FORESEEN = [*worklist.EXPECTED, *(f"more_{within}" for within in WITHIN)]


def eves(as_of: date, weeks: int, since: date) -> list[date]:
    """The Sundays before the last `weeks` weeks of the trial that are over for the shortest span, the oldest first."""
    last = reserve.week(as_of - timedelta(days=WITHIN[0] - 1)) - timedelta(days=1)
    sundays = [last - timedelta(weeks=nth) for nth in range(weeks)]
    return [sunday for sunday in sundays[::-1] if sunday >= since - timedelta(days=1)]


def trials(facts: Facts, past: Iterable[Past], as_of: date, capacity: int | None = None) -> pd.DataFrame:
    """Whom the lists of past eves named for a contact, as far as there was time for, and what came of each.

    origin, customer_id, reserved, contacted (within the week; null where no contacts are known), and for 14 and 30 days
    expected_cash (when nobody acts), more (that the action is declared to bring) and cash, null where the days are not
    over by as_of.
    """
    rows = pd.concat([_nobody(), *(_named(facts, then, capacity) for then in past)], ignore_index=True)
    came = rows.merge(_cash(facts, rows, as_of), on=["origin", "customer_id"], how="left")
    for within in WITHIN:
        over = came.origin + pd.Timedelta(days=within) <= pd.Timestamp(as_of)
        came[f"cash_{within}"] = came[f"cash_{within}"].fillna(0.0).where(over)
    return came.assign(contacted=_contacted(facts, rows, as_of))


def _nobody() -> pd.DataFrame:
    """The trial of no week."""
    kinds = {"customer_id": "str", "origin": "datetime64[s]", "reserved": "bool"} | dict.fromkeys(FORESEEN, "float64")
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def _named(facts: Facts, then: Past, capacity: int | None) -> pd.DataFrame:
    """Those whom the list of an eve names for a contact."""
    stood = asked_of(facts, [then.origin])
    rows = worklist.within(worklist.listed(stood, then), worklist.Limits(capacity))
    asked = rows[~rows.action.isin([WAIT, *(WORDS[name] for name in NO_CONTACT)])]
    return asked[["customer_id", *FORESEEN]].assign(
        origin=pd.Timestamp(then.origin), reserved=asked.action.eq(RESERVED)
    )


def _cash(facts: Facts, rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The cash that came on what was billed by each eve: origin, customer_id, cash_14, cash_30."""
    cash = facts.entries.filter((_.kind == "cash") & (_.entered_on <= as_of))
    weeks = _weeks(rows)
    on = (cash.counted_on > weeks.origin) & (cash.counted_on <= weeks.until_30) & (cash.billed_on <= weeks.origin)
    came = weeks.join(cash.select("customer_id", "amount", "counted_on", "billed_on"), on)
    sums = came.group_by("origin", "customer_id").aggregate(
        cash_14=total(came.amount, came.counted_on <= came.until_14), cash_30=total(came.amount)
    )
    money = fetched(sums).astype({"cash_14": "float64", "cash_30": "float64"})
    minor = 10**facts.books.settings.ledger.decimals
    return money.assign(
        origin=pd.to_datetime(money.origin), cash_14=money.cash_14 / minor, cash_30=money.cash_30 / minor
    )


def _contacted(facts: Facts, rows: pd.DataFrame, as_of: date) -> pd.Series:
    """Whether each was contacted in its week; null where no contacts are known."""
    if "contacts" not in facts.books.present - facts.books.beyond:
        return pd.Series(pd.NA, rows.index, "boolean")
    made = facts.books.tables["contacts"].filter(_.entered_on <= as_of).select("customer_id", "contacted_on")
    weeks = _weeks(rows)
    met = fetched(weeks.join(made, (made.contacted_on > weeks.origin) & (made.contacted_on <= weeks.until_7)))
    there = pd.MultiIndex.from_arrays([pd.to_datetime(met.origin), met.customer_id])
    return pd.Series(pd.MultiIndex.from_frame(rows[["origin", "customer_id"]]).isin(there), rows.index, "boolean")


def _weeks(rows: pd.DataFrame) -> ibis.Table:
    """The eves: origin, and until_7, until_14, until_30."""
    spans = {"origin": 0} | {f"until_{days}": days for days in (7, *WITHIN)}
    weeks = [
        {name: (eve + pd.Timedelta(days=days)).date() for name, days in spans.items()} for eve in rows.origin.unique()
    ]
    return ibis.memtable(weeks, schema=dict.fromkeys(spans, "date"))
