"""Whether the ledger ties: month by month within itself, to the general ledger, and well enough to report on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd
from ibis import _

from arforecast.currencies import decimals, written
from arforecast.kpis import measures
from arforecast.kpis.balances import FLOWS, flows, held, revalued
from arforecast.ledger import Books, valued_at_close
from arforecast.snapshot import BEGINNING, Facts, computed, fetched, opening, positions, stand, total

MEND_ROWS = " Correct the rows that `arforecast check` names."
MEND_NOTHING = "Check that the export holds what it should, or choose a later day."
MEND_AGE = " Load the newest bookings."


@dataclass(frozen=True)
class Gate:
    """A condition on which a report rests: its name, whether nothing is against it, what to do where something is, and
    whether there was something to check."""

    gate: str
    passed: bool
    message: str
    checked: bool = True


OF_THE_WHOLE = Gate("control", True, "Control totals are those of the whole ledger, and this is a part of it.", False)


def roll_forward(books: Books, days: Iterable[date]) -> pd.DataFrame:
    """The month of each day: opening + billed - cash - credit notes - discounts - write-offs - set-offs - withheld tax
    - bank charges - differences + revalued - closing = difference.

    as_of, opening, the flows, revalued (see `arforecast.kpis.balances.revalued`), closing, difference; balances are
    signed sums over invoices. All in minor units, whole and exact where the ledger has one currency. A month that
    begins before the ledger does has no row: what it opened with is not known.
    """
    facts = computed(books, days)
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
    rolled = table.assign(difference=(table.opening + moved - table.closing).round(3))
    whole = [not books.notes.lacks(opening(pd.Timestamp(day).date())) for day in rolled.as_of]
    return rolled[whole].reset_index(drop=True)


def control(facts: Facts, day: date) -> pd.DataFrame:
    """The general ledger's totals up to `day` beside ours: as_of, total (open_ar or net_ar; a row that gives both has
    two lines), currency, booked, ours, difference.

    In minor units. A total that names a currency is that of what is in it, one that names none is that of all, at the
    rates of its day. Of days before the ledger begins there is nothing to tie.
    """
    first = facts.books.notes.snapshot_on or facts.books.notes.opened_on or BEGINNING
    totals = facts.books.tables["control_totals"].filter((_.as_of >= first) & (_.as_of <= day))
    ties = pd.concat([_tied(facts, totals.filter(_[name].notnull()), name) for name in ("open_ar", "net_ar")])
    return ties.sort_values("as_of", kind="stable", ignore_index=True)


def _tied(facts: Facts, totals: ibis.Table, name: str) -> pd.DataFrame:
    booked = totals.group_by("as_of", stated="currency").aggregate(booked=total(totals[name]))
    known = _held(facts, pd.to_datetime(totals.as_of.to_pandas()).dt.date, name)
    ours = booked.filter(_.stated.isnull()).left_join(known, "as_of")
    whole = valued_at_close(facts.books, ours.drop("as_of_right"), "as_of", "ours")
    own = booked.filter(_.stated.notnull()).left_join(known, ["as_of", ("stated", "currency")]).drop("as_of_right")
    tied = pd.concat([fetched(whole), fetched(own)]).drop(columns="currency").fillna({"ours": 0})
    sums = tied.rename(columns={"stated": "currency"}).groupby(["as_of", "currency", "booked"], dropna=False).sum()
    rounded = sums.round().astype("int64").reset_index()
    return rounded.assign(total=name, difference=rounded.ours - rounded.booked)


def _held(facts: Facts, days: Iterable[date], name: str) -> ibis.Table:
    """The signed balances of each currency at the close of each day, of net_ar less what customers have on account:
    as_of, currency, ours."""
    booked = facts.entries
    changes = booked.group_by("currency", "entered_on").aggregate(change=total(booked.change))
    on = ibis.memtable([{"as_of": day} for day in set(days)], schema={"as_of": "date"})
    known = on.join(changes, changes.entered_on <= on.as_of).select("as_of", "currency", "change")
    for table in ("receipts", "credits") if name == "net_ar" else ():
        own = held(facts, table, on).filter(_.balance > 0)
        known = known.union(own.select("as_of", "currency", change=-own.balance))
    return known.group_by("as_of", "currency").aggregate(ours=total(known.change)).filter(_.ours != 0)


def gates(books: Books, day: date) -> list[Gate]:
    """What must hold before a report on `day` is made, of a part of the books too: they are those of the whole."""
    facts = stand(books.entire, [day])
    return [_quarantine(facts, day), OF_THE_WHOLE if books.whole else _control(facts, day), _staleness(facts, day)]


def _quarantine(facts: Facts, day: date) -> Gate:
    """Money that cannot be read is not known to be little."""
    settings = facts.books.settings.ledger
    errors = facts.books.quarantine.drop_duplicates(["table", "file", "row"])
    rows = errors[errors.table.isin(["invoices", "applications"])]
    unread = int(rows.amount.isna().sum())
    owed = positions(facts, facts.calendar.select(on="as_of")).filter(_.balance > 0).balance
    open_ar, money = _major(owed.sum(), settings.decimals), float(rows.amount.sum())
    passed = not unread and money <= settings.quarantine_limit_share * open_ar
    out, owing = (written(amount, settings.currency) for amount in (money, open_ar))
    aside = "row" if len(errors) == 1 else "rows", "is" if len(errors) == 1 else "are"
    what = f"{len(errors):,} {aside[0]} with {out} {aside[1]} quarantined"
    blind = f" ({unread:,} of them with money that cannot be read)" if unread else ""
    bound = f"the limit is {100 * settings.quarantine_limit_share:.4g} % of the {owing} owed"
    return Gate("quarantine", passed, f"{what}{blind}, {bound}.{'' if passed else MEND_ROWS}")


def _major(minor: ibis.Scalar, places: int) -> float:
    value = minor.execute()
    return 0.0 if pd.isna(value) else float(value) / 10**places


def _control(facts: Facts, day: date) -> Gate:
    settings = facts.books.settings.ledger
    if "control_totals" not in facts.books.present or (ties := control(facts, day)).empty:
        return Gate("control", True, "The ledger has no control totals: nothing to tie to.", checked=False)
    ties["code"] = ties.currency.fillna(settings.currency)
    ties["minor"] = 10 ** ties.code.map(decimals)
    off = ties[ties.difference.abs() > [int(settings.control_tolerance_amount * minor) for minor in ties.minor]]
    if off.empty:
        return Gate("control", True, f"The ledger ties to {len(ties)} control total{'' if len(ties) == 1 else 's'}.")
    what = f"{len(off)} of {len(ties)} control totals do not tie; {_worst(off)}"
    return Gate("control", False, f"{what}. Find the missing rows, or correct control_totals.")


def _worst(off: pd.DataFrame) -> str:
    """Where each of the two totals is furthest off, in words."""
    sized = off.assign(by=off.difference / off.minor).sort_values("by", key=abs, ascending=False, kind="stable")
    first = sized.drop_duplicates("total")
    lines = zip(pd.to_datetime(first.as_of).dt.date, first.total, first.by, first.code, strict=True)
    return ", ".join(f"on {day} {total} differs by {written(by, code)}" for day, total, by, code in lines)


def _staleness(facts: Facts, day: date) -> Gate:
    limit = facts.books.settings.ledger.staleness_limit_days
    newest = facts.entries.filter(_.entered_on <= day).entered_on.max().execute()
    if pd.isna(newest):
        return Gate(
            "staleness",
            False,
            f"Nothing is booked up to {day}. {MEND_NOTHING}",
        )
    age = (pd.Timestamp(day) - pd.Timestamp(newest)).days
    old, bound = (f"{days} day{'' if days == 1 else 's'}" for days in (age, limit))
    what = f"The newest fact is {old} older than {day}, the limit is {bound}"
    return Gate("staleness", age <= limit, f"{what}.{'' if age <= limit else MEND_AGE}")
