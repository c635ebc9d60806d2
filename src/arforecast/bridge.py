"""Why receivables and DSO moved from one day to another, in parts that add up to the movement."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import ibis
import pandas as pd
from ibis import _

from arforecast import kpis
from arforecast.errors import UsageError
from arforecast.kpis.balances import FLOWS, under_dispute
from arforecast.ledger import Books
from arforecast.snapshot import Facts, positions, spells, stand

OWED = ["delinquency", "current", "disputes"]
PARTS = [*FLOWS, "over_applied", "volume", *OWED]


def table(books: Books, since: date, as_of: date) -> pd.DataFrame:
    """Why open_ar and DSO moved from the close of `since` to the close of `as_of`: part, amount, days.

    amount (major units) adds up to open_ar(as_of) - open_ar(since), days (of DSO) to dso(as_of) - dso(since); a part
    that belongs to one of the two only is null in the other. See `receivables` and `days_of_sales` for the formulas.
    All days are null when DSO is not defined on either day. Raises UsageError unless `since` lies before `as_of`.
    """
    if since >= as_of:
        raise UsageError(f"{since} does not lie before {as_of}. Choose an earlier day to look back to.")
    facts = stand(books, [since, as_of]).cached()
    amounts = receivables(facts, since, as_of) / 10**books.settings.ledger.decimals
    days = days_of_sales(facts, since, as_of)
    parts = pd.DataFrame({"amount": amounts, "days": days}, index=pd.Index(PARTS, name="part"))
    return parts.reset_index()


def receivables(facts: Facts, since: date, as_of: date) -> pd.Series:
    """The parts of open_ar(as_of) - open_ar(since) in minor units, exact.

    billed, less cash, credit_notes, discounts and write_offs, each as it entered the books with since < d <= as_of, is
    the movement of the signed balances. open_ar leaves out balances below zero, so their growth is added: over_applied.
    """
    span = facts.entries.filter((_.entered_on > since) & (_.entered_on <= as_of))
    changes = span.group_by("kind").aggregate(change=_.change.sum().cast("int64")).to_pandas()
    by_kind = changes.set_index("kind").change.reindex(list(FLOWS.values()), fill_value=0)
    opening, closing = _standing(facts, since, as_of).over_applied
    return pd.Series([*by_kind, closing - opening], index=[*FLOWS, "over_applied"])


def days_of_sales(facts: Facts, since: date, as_of: date) -> pd.Series:
    """The parts of dso(as_of) - dso(since), one thing changed after the other; null when either is not defined.

    volume: billing changes first, open_ar(since) x 90 x (1 / billed_90(as_of) - 1 / billed_90(since)).
    delinquency, current, disputes: then the balances, (balance(as_of) - balance(since)) x 90 / billed_90(as_of), of
    what is overdue and not disputed, of what is not yet due, and of what is overdue and disputed. The balances at
    as_of are those had nothing been written off since; write_offs: last, (open_ar - open_ar without write-offs since)
    x 90 / billed_90, at as_of. So a balance that was given up does not pass for one that was collected.
    """
    given_up = (_.kind == "write_off") & (_.entered_on > since) & (_.entered_on <= as_of)
    kept = _standing(replace(facts, spells=spells(facts.entries.filter(~given_up))), since, as_of)
    opening, closing = kept[OWED].to_numpy()
    open_ar = _standing(facts, since, as_of)[OWED].to_numpy()[1].sum()
    before, now = _days_per_unit(facts.books, since, as_of)
    volume, written_off = opening.sum() * (now - before), (open_ar - closing.sum()) * now
    return pd.Series([volume, *(closing - opening) * now, written_off], index=["volume", *OWED, "write_offs"])


def _days_per_unit(books: Books, since: date, as_of: date) -> tuple[float, float]:
    """The days of DSO that one minor unit owed stands for on both days; null on both where one has no DSO."""
    figures = kpis.table(books, [since, as_of])
    dso = figures[figures.kpi == "dso"]
    if dso.value.isna().any():
        return math.nan, math.nan
    before, now = 90 / dso.denominator / 10**books.settings.ledger.decimals
    return before, now


def _standing(facts: Facts, since: date, as_of: date) -> pd.DataFrame:
    """The balances at the close of both days, in minor units: over_applied and the parts of open_ar."""
    placed = _placed(positions(facts, facts.calendar.select(on="as_of")), facts.books)
    sums = placed.group_by("on", "part").aggregate(balance=_.balance.abs().sum().cast("int64")).to_pandas()
    wide = sums.assign(on=pd.to_datetime(sums.on).dt.date).pivot(index="on", columns="part", values="balance")
    return wide.reindex(index=[since, as_of], columns=["over_applied", *OWED]).fillna(0).astype("int64")


def _placed(owed: ibis.Table, books: Books) -> ibis.Table:
    """Each balance with the part it belongs to; a dispute of what is not yet due does not delay anything."""
    contested = under_dispute(owed, books).mutate(contested=ibis.literal(True))
    joined = owed.left_join(contested, ["on", "invoice_id"])
    return joined.mutate(
        part=ibis.cases(
            (joined.balance < 0, "over_applied"),
            (joined.days_past_due <= 0, "current"),
            (joined.contested.notnull(), "disputes"),
            else_="delinquency",
        )
    )
