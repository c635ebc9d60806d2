"""Whom to trust: a grade for each customer, from what a year of its usual buying is expected to lose and to be late.

    expected_days_late  = p_late x days late of what is late
    expected_loss_share = p_default x loss given default,  p_default = p_late x share of what is late that defaults

Default is 90 days past due, as banks define it (Basel II, 452), or written off before, but for a small rest. Each of
the three is the mean of the customer's invoices that fell due in two years, by amount, last year's counting half, and
drawn to the mean of all as far as its invoices are few (credibility, Buehlmann 1967):

    mean = (n x own + strength x all) / (n + strength),  n = (sum of weights)^2 / sum of weights^2

Days late are averaged by their logarithm, so that one bill lost in the mail does not make a bad payer, and brought back
to days by what that loses on all (smearing, Duan 1983). What is open and overdue counts with the days, and the chance
to default, of what was open at its age before (Kaplan and Meier 1958). The mean of all is that of their segments.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from arforecast.actions.accounts import names
from arforecast.forecast.calendar import DAY, Bools, Days, Floats, Ints
from arforecast.forecast.exposure import Lives, days, settled_on
from arforecast.kpis import known
from arforecast.kpis.balances import companies
from arforecast.ledger.groups import grouped
from arforecast.schedules.sheet import YEAR_DAYS
from arforecast.settings import Rating
from arforecast.snapshot import Facts, at_issue, fetched, opening, read

COLUMNS = [
    "customer_id", "name", "grade", "expected_loss_share", "expected_loss_amount", "expected_days_late", "p_late",
    "p_default", "buying_amount", "invoices", "late_share", "grade_before", "moved", "group_id", "group_grade",
]  # fmt: skip
GRADES, NEW = ("A", "B", "C", "D", "E"), "new"
DEFAULT_DAYS, LONGEST_DAYS = 90, 180
WINDOW_DAYS = 730
# Less of an invoice, given up, is a small difference, and says nothing of who owed it.
REST_SHARE = 0.05
# How many invoices the usual is worth: of the chance to be late, of what becomes of those that are; to a segment.
FREQUENCY, SEVERITY, SEGMENT = 1, 15, 10
MEANINGS = {
    "grade": "A to E, or new: the worse of two, by expected_loss_share and by expected_days_late, with the cut-offs of "
    "the settings; new where fewer invoices fell due than the settings ask for.",
    "expected_loss_share": "p_default x the share of what defaulted, and is settled since, that was written off. Not "
    "known where a ledger tells of no write-offs, nor before the first default is settled; then the days alone make "
    "the grade.",
    "expected_loss_amount": "buying_amount x expected_loss_share: the loss of one more year of the same buying.",
    "expected_days_late": "p_late x the days late of what is late, 180 at most; what is written off counts as 180.",
    "p_late": "The chance that an amount is paid after it is due.",
    "p_default": "The chance that an amount is open 90 days past due, or written off; up to a twentieth of an invoice, "
    "given up, is a small difference.",
    "buying_amount": "What was billed in the last 365 days.",
    "invoices": "The invoices that fell due in the last 730 days, but for those that were credited whole.",
    "late_share": "The share of these, by number, that was late: the simplest rule.",
    "grade_before": "The grade at the close of the month before.",
    "moved": "What changed since, in numbers.",
    "group_id": "The top parent of the customer's group of companies; who stands alone is a group of its own.",
    "group_grade": "The grade of the whole group, its invoices rated as those of one customer.",
}


@dataclass(frozen=True, eq=False)
class Conduct:
    """What payers did with their invoices.

    known: the lives of the invoices. payer: whose each is, a place in `payers`. segment: of each, as a number. losses:
    what was written off: invoice (a place in the lives), entered_on, amount (at the rate of the invoice, as its own
    is); credits: what was credited of them; both None where the ledger tells of no write-offs.
    """

    known: Lives
    payers: pd.Index
    payer: Ints
    segment: Ints
    losses: pd.DataFrame | None
    credits: pd.DataFrame | None


@dataclass(frozen=True)
class Due:
    """The invoices of the window that fell due before a day, as known at its close.

    weight: what each counts, see above. days: those past due until it was settled, or so far; open: whether it is open
    still. written: the part written off, where that is more than a small rest.
    """

    payer: Ints
    segment: Ints
    due_on: Days
    amount: Floats
    weight: Floats
    days: Ints
    open: Bools
    written: Floats

    @property
    def late(self) -> Bools:
        return self.days > 0

    @property
    def defaulted(self) -> Bools:
        return (self.days >= DEFAULT_DAYS) | (self.written > 0)


def conduct(facts: Facts, past: Lives) -> Conduct:
    """What customers did with their invoices, whenever it became known."""
    losses, credits = (_given(facts, past, kind) for kind in ("write_off", "credit_note"))
    return Conduct(past, past.customers, past.customer, _segments(facts, past), losses, credits)


def _segments(facts: Facts, past: Lives) -> Ints:
    rows = grouped(facts.books, ("segment",)).select("invoice_id", "group").to_pandas().set_index("invoice_id")
    return pd.factorize(rows.group.reindex(past.invoice_id), sort=True)[0].astype(np.int64)


def _given(facts: Facts, past: Lives, kind: str) -> pd.DataFrame | None:
    if known.not_in_ledger(facts.books, needs="applications"):
        return None
    rows = fetched(at_issue(facts).filter(_.kind == kind).select("invoice_id", "entered_on", "amount"))
    return rows.assign(invoice=past.invoice_id.get_indexer(pd.Index(rows.invoice_id)))


def of_groups(own: Conduct, facts: Facts) -> Conduct:
    """The same, each group of companies as one payer."""
    parents = fetched(companies(facts)).set_index("customer_id").company
    group = parents.reindex(own.payers)
    codes, groups = pd.factorize(group.fillna(group.index.to_series()), sort=True)
    return replace(own, payers=pd.Index(groups), payer=codes.astype(np.int64)[own.payer])


def ratings(facts: Facts, own: Conduct, as_of: date) -> pd.DataFrame:
    """One row a customer billed in the last 730 days, the worst grade first, those that are new last; see MEANINGS.

    Money is in major units, shares and chances are 0-1.
    """
    choices = facts.books.settings.rating
    now, before = (rated(own, day, choices) for day in (as_of, opening(as_of)))
    group = of_groups(own, facts)
    grades = rated(group, as_of, choices).grade
    joined = now.assign(
        customer_id=own.payers,
        name=names(facts.books, own.payers),
        grade_before=before.grade,
        moved=moved(own, now, before, as_of),
        group_id=group.payers[_groups(own, group)],
        group_grade=grades.to_numpy()[_groups(own, group)],
    )
    bought = joined[billed(own, as_of, WINDOW_DAYS) > 0]
    order = bought.grade.map({grade: nth for nth, grade in enumerate((*reversed(GRADES), NEW))})
    rows = bought.assign(order=order).sort_values(
        ["order", "buying_amount", "customer_id"], ascending=[True, False, True]
    )
    return read(rows.reset_index(drop=True), facts)[COLUMNS]


def summed(place: Ints, value: Floats, size: int) -> Floats:
    """The values added up by the place of their payer."""
    return np.bincount(place, value, size).astype(float)


def _groups(own: Conduct, group: Conduct) -> Ints:
    """The group of each customer, by its place."""
    found = np.zeros(len(own.payers), dtype=np.int64)
    found[own.payer] = group.payer
    return found


def glossary() -> pd.DataFrame:
    """What the columns of `ratings` mean: kpi, meaning."""
    return pd.DataFrame(MEANINGS.items(), columns=["kpi", "meaning"])


# One day


def rated(of: Conduct, day: date, choices: Rating) -> pd.DataFrame:
    """What each payer is expected to do, by what was known at the close of `day`, and its grade; amounts in minor
    units."""
    past, size = fallen_due(of, day), len(of.payers)
    invoices = np.bincount(past.payer, minlength=size)
    loss = _loss_given_default(past) if of.losses is not None else np.nan
    rows = pd.DataFrame({"invoices": invoices, "buying_amount": billed(of, day, YEAR_DAYS), **_expected(past, size)})
    rows = rows.assign(
        defaulted=np.bincount(past.payer[past.defaulted], minlength=size),
        late_share=summed(past.payer, past.late.astype(float), size) / np.where(invoices, invoices, np.nan),
        expected_loss_share=rows.p_default * loss,
        expected_loss_amount=rows.buying_amount * rows.p_default * loss,
    )
    return rows.assign(grade=np.where(invoices < choices.fewest_invoices, NEW, _grades(rows, choices)))


def billed(of: Conduct, day: date, within_days: int) -> Floats:
    """What each payer was billed in so many days up to `day`, in minor units."""
    issued, now = of.known.issued_on, np.datetime64(day)
    lately = (of.known.entered_on <= now) & (issued <= now) & (issued > now - within_days * DAY)
    return summed(of.payer[lately], of.known.amount[lately], len(of.payers))


def fallen_due(of: Conduct, day: date) -> Due:
    """The invoices that rate a payer on a day: not those that were credited whole, which nobody was to pay."""
    now, due_on = np.datetime64(day), of.known.due_on
    lately = (of.known.entered_on <= now) & (due_on < now) & (due_on > now - WINDOW_DAYS * DAY)
    place = np.flatnonzero(lately & (_so_far(of, of.credits, day) < of.known.amount))
    settled, amount = settled_on(of.known, day)[place], of.known.amount[place]
    given_up = _so_far(of, of.losses, day)[place]
    written = np.where(given_up > REST_SHARE * amount, given_up, 0)
    gone = np.isnat(settled)
    late = (np.where(gone, now, settled) - due_on[place]).astype(np.int64)
    return Due(
        of.payer[place],
        of.segment[place],
        due_on[place],
        amount,
        amount * 0.5 ** ((now - due_on[place]).astype(float) / YEAR_DAYS),
        np.where(written > 0, LONGEST_DAYS, late.clip(0, LONGEST_DAYS)),
        gone & (written <= 0),
        written,
    )


def _so_far(of: Conduct, given: pd.DataFrame | None, day: date) -> Floats:
    """What was known to be written off, or credited, of each invoice."""
    if given is None:
        return np.zeros(len(of.payer))
    told = given[days(given.entered_on) <= np.datetime64(day)]
    return summed(told.invoice.to_numpy(), told.amount.to_numpy(float), len(of.payer))


def _expected(past: Due, size: int) -> dict[str, Floats]:
    """p_late, p_default and expected_days_late of each payer; not known where no invoice fell due at all."""
    if not len(past.payer):
        return dict.fromkeys(("p_late", "p_default", "expected_days_late"), np.full(size, np.nan))
    whole, defaults = _to_come(past)
    late, weight = past.late.astype(float), past.weight * past.late
    often = _credible(late, past, past.weight, size, FREQUENCY)
    defaulting = _credible(defaults, past, weight, size, SEVERITY)
    typical = np.expm1(_credible(np.log1p(whole), past, weight, size, SEVERITY))
    smearing = (weight * whole).sum() / max((weight * typical[past.payer]).sum(), 1e-9)
    lost = np.minimum(often * typical * smearing, LONGEST_DAYS)
    return {"p_late": often, "p_default": often * defaulting, "expected_days_late": lost}


def _credible(value: Floats, past: Due, weight: Floats, size: int, strength: float) -> Floats:
    """The mean of each payer, drawn to what is usual in its segments as far as its invoices are few."""
    sums, squares = summed(past.payer, weight, size), summed(past.payer, weight**2, size)
    count = sums**2 / np.where(squares > 0, squares, 1)
    own = summed(past.payer, weight * value, size) / np.where(sums > 0, sums, 1)
    # A large payer's amounts would drown those of all others: each counts as many as its invoices.
    usual = _usual(value, weight * (count / np.where(sums > 0, sums, 1))[past.payer], past.segment)
    segment = summed(past.payer, past.weight * usual[past.segment], size)
    known_by = summed(past.payer, past.weight, size)
    prior = np.where(known_by > 0, segment / np.where(known_by > 0, known_by, 1), usual[-1])
    return np.asarray((count * own + strength * prior) / (count + strength))


def _usual(value: Floats, weight: Floats, segment: Ints) -> Floats:
    """The mean of each segment, drawn to that of all, which stands last."""
    overall = (weight * value).sum() / max(weight.sum(), 1e-9)
    size = segment.max(initial=-1) + 1
    sums, counts = summed(segment, weight * value, size), summed(segment, weight, size)
    return np.append((sums + SEGMENT * overall) / (counts + SEGMENT), overall)


def _to_come(past: Due) -> tuple[Floats, Floats]:
    """The days late each invoice comes to, and whether it defaults: of what is open what is to be expected."""
    surviving = _surviving(past)
    beyond = surviving[::-1].cumsum()[::-1] - surviving[-1]
    left = np.where(surviving > 0, surviving, 1)
    whole = np.minimum(np.arange(LONGEST_DAYS + 1) + beyond / left, LONGEST_DAYS)
    defaults = np.where(np.arange(LONGEST_DAYS + 1) < DEFAULT_DAYS, surviving[DEFAULT_DAYS - 1] / left, 1)
    come = np.where(past.open, whole[past.days], past.days)
    return come, np.where(past.open, defaults[past.days], past.defaulted)


def _surviving(past: Due) -> Floats:
    """The share of invoices that is still open so many days past due, 0 to LONGEST_DAYS, by Kaplan and Meier."""
    at_risk = np.bincount(past.days, minlength=LONGEST_DAYS + 1)[::-1].cumsum()[::-1]
    settled = np.bincount(past.days[~past.open & (past.written <= 0)], minlength=LONGEST_DAYS + 1)
    return np.asarray(np.cumprod(1 - settled / np.maximum(at_risk, 1)))


def _loss_given_default(past: Due) -> float:
    """Of what defaulted and is settled since, the share that was written off; not known where nothing did."""
    done = past.defaulted & ~past.open
    return float(past.written[done].sum() / past.amount[done].sum()) if past.amount[done].any() else float("nan")


def _grades(rows: pd.DataFrame, choices: Rating) -> NDArray[np.str_]:
    """The worse of the two grades; what is not known makes none."""
    by_loss = np.searchsorted(choices.loss_share, rows.expected_loss_share.fillna(0), side="left")
    by_days = np.searchsorted(choices.days_late, rows.expected_days_late.fillna(0), side="left")
    return np.array(GRADES)[np.maximum(by_loss, by_days)]


# What moved it


def moved(of: Conduct, now: pd.DataFrame, before: pd.DataFrame, day: date) -> list[str]:
    """What changed since the close of the month before, in words with numbers."""
    past, size = fallen_due(of, day), len(of.payers)
    fresh = past.due_on >= np.datetime64(opening(day))
    counts = pd.DataFrame(
        {
            "fell_due": np.bincount(past.payer[fresh], minlength=size),
            "late": np.bincount(past.payer[fresh & past.late], minlength=size),
            "defaulted": (now.defaulted - before.defaulted).clip(lower=0),
        }
    )
    rows = zip(*(frame.to_dict("records") for frame in (now, before, counts)), strict=True)
    return [_moved(*of_payer) for of_payer in rows]


def _moved(now: dict[Hashable, Any], before: dict[Hashable, Any], counts: dict[Hashable, Any]) -> str:
    """Of one payer; of one who was new there is nothing to compare with."""
    if pd.isna(now["expected_days_late"]):
        return "no invoice has fallen due yet"
    was = "" if before["grade"] == NEW else f"{before['expected_days_late']:.1f} to "
    days_late = f"expected days late {was}{now['expected_days_late']:.1f}"
    loss = "" if pd.isna(now["expected_loss_share"]) else f", expected loss {_losing(before)}{_percent(now)}"
    fell_due, late, defaulted = counts["fell_due"], counts["late"], counts["defaulted"]
    came = f"; {fell_due} fell due, {late} of them late" if fell_due else "; nothing fell due"
    return f"{days_late}{loss}{came}{f', {defaulted} defaulted' if defaulted else ''}"


def _losing(before: dict[Hashable, Any]) -> str:
    return "" if before["grade"] == NEW or pd.isna(before["expected_loss_share"]) else f"{_percent(before)} to "


def _percent(rated: dict[Hashable, Any]) -> str:
    return f"{100 * rated['expected_loss_share']:.2f} %"
