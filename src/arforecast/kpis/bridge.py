"""Why receivables and DSO moved from one day to another, in parts that add up to the movement."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import ibis
import pandas as pd
from ibis import _

from arforecast.errors import UsageError
from arforecast.kpis import value
from arforecast.kpis.balances import FLOWS, revalued, under_dispute
from arforecast.kpis.speed import dso
from arforecast.ledger import Books, valued_at_close
from arforecast.ledger.groups import WHOLE
from arforecast.snapshot import Facts, computed, fetched, first_issued, own_positions, spells, total

OWED = ["current", "delinquency", "disputes"]
PARTS = [
    *("billed", "cash", "credit_notes", "discounts", "set_offs", "withheld_tax", "bank_charges", "differences"),
    *("volume", "terms_mix", "billing_timing", "delinquency", "disputes", "write_offs", "currency", "over_applied"),
]
LONGEST_TERMS_DAYS = 90


def parts(books: Books, since: date, as_of: date) -> pd.DataFrame:
    """Why open_ar and DSO moved from the close of `since` to the close of `as_of`: since, as_of, part, amount, days.

    amount (major units) adds up to open_ar(as_of) - open_ar(since), days (of DSO) to dso(as_of) - dso(since); a part
    that belongs to one of the two only is null in the other. See `receivables` and `days_of_sales` for the formulas.
    All days are null when DSO is not defined on either day. Raises UsageError unless `since` lies before `as_of` and
    not before the ledger does.
    """
    if since >= as_of:
        raise UsageError(f"{since} does not lie before {as_of}. Choose an earlier day to look back to.")
    if books.notes.lacks(since):
        raise UsageError(
            f"The ledger begins on {books.notes.complete_from}: nothing is known of {since}. Look back to "
            f"{books.notes.opened_on} or a later day."
        )
    facts = computed(books, [since, as_of])
    amounts = receivables(facts, since, as_of) / 10**books.settings.ledger.decimals
    days = days_of_sales(facts, since, as_of)
    parts = pd.DataFrame({"amount": amounts, "days": days}, index=pd.Index(PARTS, name="part")).reset_index()
    return pd.DataFrame({"since": pd.Timestamp(since), "as_of": pd.Timestamp(as_of)}, parts.index).join(parts)


def receivables(facts: Facts, since: date, as_of: date) -> pd.Series:
    """The parts of open_ar(as_of) - open_ar(since) in minor units, exact.

    billed, less what reduced it (cash, credit_notes, discounts, write_offs, set_offs, withheld_tax, bank_charges,
    differences), each as it entered the books with since < d <= as_of, and currency, what rates did to them and to the
    balances, is the movement of the signed balances. open_ar leaves out balances below zero, so their growth is added:
    over_applied.
    """
    span = facts.entries.filter((_.entered_on > since) & (_.entered_on <= as_of))
    booked = fetched(span.group_by("kind").aggregate(amount=total(span.amount)))
    by_kind = booked.set_index("kind").amount.reindex(list(FLOWS.values()), fill_value=0)
    changes = by_kind.where(by_kind.index == "billed", -by_kind)
    span = ibis.memtable({"as_of": [as_of], "opened_on": [since]}, schema={"as_of": "date", "opened_on": "date"})
    currency = fetched(revalued(facts, span)).revalued.sum()
    opening, closing = _standing(facts, since, as_of).over_applied
    return pd.Series([*changes, currency, closing - opening], index=[*FLOWS, "currency", "over_applied"])


def days_of_sales(facts: Facts, since: date, as_of: date) -> pd.Series:
    """The parts of dso(as_of) - dso(since), one thing changed after the other; null when either is not defined.

    volume: billing changes first, open_ar(since) x 90 x (1 / billed_90(as_of) - 1 / billed_90(since)).

    terms_mix, billing_timing, delinquency, disputes: then the balances, (balance(as_of) - balance(since)) x 90 /
    billed_90(as_of). delinquency is what is overdue and not disputed, disputes what is overdue and disputed. What is
    not yet due has two parts. terms_mix is the growth of the agreed terms: the mean of due_on - issued_on, between 0
    and 90 days, over the billing of the 90 days up to each day, weighed by amounts. Billing that is the same every day
    and never paid early is not yet due for just its terms, and so that many days of DSO. billing_timing is the rest:
    when in those 90 days was billed, and how much of what is not yet due was paid early.

    write_offs: last, (open_ar - open_ar without write-offs since) x 90 / billed_90, at as_of; the balances at as_of
    above are those had nothing been written off since. So what was given up does not pass for what was collected.

    currency: all of these at the rates of `since`, or of the day the invoice was booked where that is later; then (
    open_ar - open_ar at those rates) x 90 / billed_90, at as_of.
    """
    given_up = (_.kind == "write_off") & (_.entered_on > since) & (_.entered_on <= as_of)
    as_if_kept = replace(facts, spells=spells(facts.entries.filter(~given_up), facts.invoices))
    kept, held = (_standing(each, since, as_of, "rated_on")[OWED] for each in (as_if_kept, facts))
    owed, open_ar = held.sum(axis=1), _standing(facts, since, as_of)[OWED].sum(axis=1)
    sales = _sales(facts)
    before, now = sales.days_per_unit
    grown, terms_mix = kept.diff().loc[as_of] * now, sales.terms_days.diff()[as_of]
    return pd.Series(
        {
            "volume": owed[since] * (now - before),
            "terms_mix": terms_mix,
            "billing_timing": grown.current - terms_mix,
            "delinquency": grown.delinquency,
            "disputes": grown.disputes,
            "write_offs": (owed[as_of] - kept.loc[as_of].sum()) * now,
            "currency": (open_ar[as_of] - owed[as_of]) * now,
        }
    )


def _sales(facts: Facts) -> pd.DataFrame:
    """What billing says on each day: the days of DSO that one minor unit owed stands for, and the agreed terms.

    Columns days_per_unit, terms_days; null on both days where DSO is not defined on one of them.
    """
    known = _billing(facts)
    billed = value(dso, known, facts.books).denominator * 10**facts.books.settings.ledger.decimals
    _, _, days = dso.parts(known)
    sales = pd.DataFrame({"days_per_unit": days / billed, "terms_days": known.weighed / known.billed_90})
    defined = len(billed) == 2 and billed.ne(0).all() and billed.notna().all()
    return (sales if defined else sales * math.nan).set_axis(known.as_of)


def _billing(facts: Facts) -> pd.DataFrame:
    """The measures of billing that DSO asks for, and weighed: billed_90 times the agreed terms."""
    billed = facts.entries.filter(_.kind == "billed")
    agreed = ibis.least(ibis.greatest(billed.due_on.delta(billed.issued_on, unit="day"), 0), LONGEST_TERMS_DAYS)
    days = facts.calendar.select("as_of", dso.after)
    known = days.join(billed.mutate(agreed_days=agreed), billed.entered_on <= days.as_of)
    in_window = known.entered_on > known[dso.after]
    by_terms = fetched(
        known.group_by("as_of", dso.after, "agreed_days").aggregate(billed_90=total(known.amount, in_window))
    )
    dated = by_terms.assign(
        as_of=pd.to_datetime(by_terms.as_of).dt.date, weighed=by_terms.billed_90 * by_terms.agreed_days
    )
    sums = {dso.after: "first", "billed_90": "sum", "weighed": "sum"}
    known = dated.groupby("as_of").agg(sums)
    days = pd.Index(pd.to_datetime(facts.calendar.to_pandas().as_of).dt.date, name="as_of")
    first = first_issued(facts.books, facts.calendar).to_pandas()
    begun = first.assign(as_of=pd.to_datetime(first.as_of).dt.date).set_index("as_of")
    return known.reindex(days).join(begun).reset_index().assign(group=WHOLE, open=0)


def _standing(facts: Facts, since: date, as_of: date, rated_on: str = "on") -> pd.DataFrame:
    """The balances at the close of both days, in minor units: over_applied and the parts of open_ar.

    rated_on: the column of the day whose rates they are at, `on` (that of the balance) or `rated_on` (that of the
    booking, `since` where it was there by then).
    """
    owed = own_positions(facts, facts.calendar.select(on="as_of"))
    dated = owed.mutate(rated_on=ibis.greatest(ibis.literal(since), owed.entered_on))
    placed = _placed(valued_at_close(facts.books, dated, rated_on, "balance"), facts)
    sums = fetched(placed.group_by("on", "part").aggregate(balance=total(placed.balance.abs())))
    found = sums.assign(on=pd.to_datetime(sums.on).dt.date).set_index(["on", "part"]).balance
    every = pd.MultiIndex.from_product([[since, as_of], ["over_applied", *OWED]])
    return found.reindex(every, fill_value=0).unstack()


def _placed(owed: ibis.Table, facts: Facts) -> ibis.Table:
    """Each balance with the part it belongs to; a dispute of what is not yet due does not delay anything."""
    contested = under_dispute(facts, facts.calendar.select(on="as_of")).mutate(contested=ibis.literal(True))
    joined = owed.left_join(contested, ["on", "invoice_id"])
    return joined.mutate(
        part=ibis.cases(
            (joined.balance < 0, "over_applied"),
            (joined.days_past_due <= 0, "current"),
            (joined.contested.notnull(), "disputes"),
            else_="delinquency",
        )
    )
