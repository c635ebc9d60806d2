"""Whether the ledger ties: month by month within itself, to the general ledger, and well enough to report on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd
from ibis import _

from arforecast.kpis import measures
from arforecast.kpis.balances import FLOWS, flows, revalued
from arforecast.ledger import Books, valued_at_close
from arforecast.snapshot import Facts, fetched, positions, stand, total

MEND_ROWS = " Correct the rows that `arforecast check` names."
MEND_AGE = " Load the newest bookings."


@dataclass(frozen=True)
class Gate:
    """A condition on which a report rests: its name, whether it holds, and what to do where it does not."""

    gate: str
    passed: bool
    message: str


def roll_forward(books: Books, days: Iterable[date]) -> pd.DataFrame:
    """The month of each day: opening + billed - cash - credit notes - discounts - write-offs + revalued - closing =
    difference.

    as_of, opening, the flows, revalued (see `arforecast.kpis.balances.revalued`), closing, difference; balances are
    signed sums over invoices. All in minor units, whole and exact where the ledger has one currency.
    """
    facts = stand(books, days).cached()
    sums = measures(facts, [flows])
    months = {name: sums[f"{name}_month"] for name in FLOWS}
    table = pd.DataFrame({"as_of": sums.as_of, "opening": sums.net_opening, **months, "closing": sums.net})
    by_rates = fetched(revalued(facts, facts.calendar.select("as_of", opened_on="opening_on")))
    table.insert(
        len(table.columns) - 1,
        "revalued",
        table.as_of.map(by_rates.set_index("as_of").revalued).fillna(0).astype(table.closing.dtype),
    )
    moved = table.billed - sum(table[name] for name in FLOWS if name != "billed") + table.revalued
    # What is left of exact decimals once they are floats is no difference.
    return table.assign(difference=(table.opening + moved - table.closing).round(3))


def control(facts: Facts, day: date) -> pd.DataFrame:
    """The general ledger's totals up to `day` beside ours: as_of, currency, booked, open_ar, difference.

    In minor units. A total that names a currency is that of the invoices in it, one that names none is that of all, at
    the rates of its day.
    """
    totals = facts.books.tables["control_totals"].filter(_.as_of <= day)
    booked = totals.group_by("as_of", stated="currency").aggregate(booked=total(totals.open_ar))
    held = _held(facts, pd.to_datetime(totals.as_of.to_pandas()).dt.date)
    ours = booked.filter(_.stated.isnull()).left_join(held, "as_of")
    whole = valued_at_close(facts.books, ours.drop("as_of_right"), "as_of", "open_ar")
    own = booked.filter(_.stated.notnull()).left_join(held, ["as_of", ("stated", "currency")]).drop("as_of_right")
    tied = pd.concat([fetched(whole), fetched(own)]).drop(columns="currency").fillna({"open_ar": 0})
    sums = tied.rename(columns={"stated": "currency"}).groupby(["as_of", "currency", "booked"], dropna=False).sum()
    rounded = sums.round().astype("int64").reset_index()
    return rounded.assign(difference=rounded.open_ar - rounded.booked).sort_values("as_of", ignore_index=True)


def _held(facts: Facts, days: Iterable[date]) -> ibis.Table:
    """The signed balances of each currency at the close of each day: as_of, currency, open_ar."""
    booked = facts.entries
    changes = booked.group_by("currency", "entered_on").aggregate(change=total(booked.change))
    on = ibis.memtable([{"as_of": day} for day in set(days)], schema={"as_of": "date"})
    known = on.join(changes, changes.entered_on <= on.as_of)
    return known.group_by("as_of", "currency").aggregate(open_ar=total(known.change))


def gates(books: Books, day: date) -> list[Gate]:
    """What must hold before a report on `day` is made."""
    facts = stand(books, [day])
    return [_quarantine(facts, day), _control(facts, day), _staleness(facts, day)]


def _quarantine(facts: Facts, day: date) -> Gate:
    """Money that cannot be read is taken to be what the other rows hold on average: nobody knows that it is little."""
    settings = facts.books.settings.ledger
    errors = facts.books.quarantine.drop_duplicates(["table", "file", "row"])
    rows = errors[errors.table.isin(["invoices", "applications"])]
    unread = int(rows.amount.isna().sum())
    owed = positions(facts, facts.calendar.select(on="as_of")).filter(_.balance > 0).balance
    open_ar, mean = (_major(sum_, settings.decimals) for sum_ in (owed.sum(), facts.invoices.amount.mean()))
    money = float(rows.amount.sum()) + unread * mean
    passed = money <= settings.quarantine_limit_share * open_ar
    what = f"{len(errors):,} rows with {money:,.2f} are quarantined"
    guess = f" ({unread:,} of them unreadable, counted at {mean:,.2f} each)" if unread else ""
    bound = f"the limit is {settings.quarantine_limit_share:.2%} of the {open_ar:,.2f} owed"
    return Gate("quarantine", passed, f"{what}{guess}, {bound}.{'' if passed else MEND_ROWS}")


def _major(minor: ibis.Scalar, decimals: int) -> float:
    value = minor.execute()
    return 0.0 if pd.isna(value) else float(value) / 10**decimals


def _control(facts: Facts, day: date) -> Gate:
    ties, settings = control(facts, day), facts.books.settings.ledger
    if ties.empty:
        return Gate("control", True, "The ledger has no control totals: nothing to tie to.")
    off = ties[ties.difference.abs() > settings.control_tolerance_amount * 10**settings.decimals]
    if off.empty:
        return Gate("control", True, f"The ledger ties to {len(ties)} control totals.")
    worst = off.loc[off.difference.abs().idxmax()]
    what = (
        f"{len(off)} of {len(ties)} control totals do not tie; on {pd.Timestamp(worst.as_of).date()} the difference is"
    )
    amount = f"{worst.difference / 10**settings.decimals:,.2f}"
    return Gate("control", False, f"{what} {amount}. Find the missing rows, or correct control_totals.")


def _staleness(facts: Facts, day: date) -> Gate:
    limit = facts.books.settings.ledger.staleness_limit_days
    newest = facts.entries.filter(_.entered_on <= day).entered_on.max().execute()
    if pd.isna(newest):
        return Gate("staleness", False, f"The ledger has no fact up to {day}. Choose a later day.")
    age = (pd.Timestamp(day) - pd.Timestamp(newest)).days
    what = f"The newest fact is {age} days older than {day}, the limit is {limit} days"
    return Gate("staleness", age <= limit, f"{what}.{'' if age <= limit else MEND_AGE}")
