"""What past ratings came to: each customer's, at past month-ends, beside its next six months.

What comes is read as it is known when the six months are over. A customer's months are not independent: ranges are
those of a bootstrap that draws customers, with all their months.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd

from arforecast.actions.rating import GRADES, NEW, Conduct, fallen_due, rated, summed
from arforecast.forecast import scores
from arforecast.forecast.calendar import Floats
from arforecast.forecast.exposure import days, settled_on
from arforecast.settings import Rating
from arforecast.snapshot import Facts, month_ends, read

ORIGINS, MONTHS = 24, 6
COLUMNS = [
    "origin", "customer_id", "grade", "expected_loss_share", "expected_days_late", "late_share", "due_amount",
    "came_late_amount", "came_days_late", "stake_amount", "came_written_off_amount",
]  # fmt: skip
# What is a share of what, and what a rating that says the second is to order.
SHARES = {
    "late_share": ("came_late_amount", "due_amount"),
    "days_late": ("late_days_amount", "due_amount"),
    "written_off_share": ("came_written_off_amount", "stake_amount"),
}
ENDS = ("", "_low", "_high")
SKILLS = {"came_days_late": "expected_days_late", "came_written_off_amount": "expected_loss_share"}


def record(facts: Facts, own: Conduct, as_of: date) -> pd.DataFrame:
    """One row a past month-end and customer that had an invoice fall due in the two years before it.

    origin, customer_id, grade, expected_loss_share, expected_days_late, late_share (of invoices that had fallen due, by
    number). Of the six months after: due_amount, what fell due; came_late_amount, the part of it that was late;
    came_days_late, by amount, null where nothing fell due; stake_amount, what was open on the origin or fell due since;
    came_written_off_amount, null where the ledger tells of no write-offs.
    """
    choices = facts.books.settings.rating
    parts = [_of_origin(own, origin, until, choices) for origin, until in _spans(as_of)]
    return read(pd.concat(parts, ignore_index=True), facts)[COLUMNS]


def _spans(as_of: date) -> Iterator[tuple[date, date]]:
    """The last month-ends of which six whole months are known, each with the end of these."""
    ends = month_ends(as_of + timedelta(days=1), ORIGINS + MONTHS + 1)[:-1]
    return zip(ends, ends[MONTHS:], strict=False)


def _of_origin(own: Conduct, origin: date, until: date, choices: Rating) -> pd.DataFrame:
    rows = rated(own, origin, choices).assign(origin=pd.Timestamp(origin), customer_id=own.payers)
    return rows.assign(**_came(own, origin, until))[rows.invoices > 0]


def _came(own: Conduct, origin: date, until: date) -> dict[str, Floats]:
    """What each payer's next months were."""
    size, past = len(own.payers), fallen_due(own, until)
    fresh = past.due_on > np.datetime64(origin)
    payer, amount, late = past.payer[fresh], past.amount[fresh], past.days[fresh]
    due = summed(payer, amount, size)
    open_ = (own.known.entered_on <= np.datetime64(origin)) & np.isnat(settled_on(own.known, origin))
    before = open_ & (own.known.due_on <= np.datetime64(origin))
    return {
        "due_amount": due,
        "came_late_amount": summed(payer, amount * (late > 0), size),
        "came_days_late": summed(payer, amount * late, size) / np.where(due > 0, due, np.nan),
        "stake_amount": due + summed(own.payer[before], own.known.amount[before], size),
        "came_written_off_amount": _lost(own, origin, until),
    }


def _lost(own: Conduct, origin: date, until: date) -> Floats:
    if own.losses is None:
        return np.full(len(own.payers), np.nan)
    on = days(own.losses.entered_on)
    told = own.losses[(on > np.datetime64(origin)) & (on <= np.datetime64(until))]
    return summed(own.payer[told.invoice], told.amount.to_numpy(float), len(own.payers))


def by_grade(record: pd.DataFrame) -> pd.DataFrame:
    """What past grades came to: grade, ratings (customers at month-ends), customers, and with their 90 % ranges (_low,
    _high) late_share (of what fell due), days_late (by amount) and written_off_share (of what was at stake)."""
    weighed = record.assign(late_days_amount=(record.came_days_late * record.due_amount).fillna(0))
    parts = {grade: weighed[weighed.grade == grade] for grade in (*GRADES, NEW)}
    rows = [{"grade": grade, **_came_to(part)} for grade, part in parts.items() if len(part)]
    return pd.DataFrame(
        rows, columns=["grade", "ratings", "customers", *(f"{name}{end}" for name in SHARES for end in ENDS)]
    )


def _came_to(part: pd.DataFrame) -> dict[str, float]:
    sums = part.groupby("customer_id")[[*dict.fromkeys(name for of in SHARES.values() for name in of)]].sum(min_count=1)
    row: dict[str, float] = {"ratings": len(part), "customers": len(sums)}
    for name, (top, bottom) in SHARES.items():
        row |= zip((f"{name}{end}" for end in ENDS), scores.drawn_share(sums[top], sums[bottom]), strict=True)
    return row


def skill(record: pd.DataFrame) -> pd.DataFrame:
    """How well past ratings ordered what came, beside the simplest rule: what (came_days_late of what fell due,
    came_written_off_amount), ratings, rating and rule, and by how much the rating is better, with the 90 % range.

    rating: Spearman's rank correlation, within each month-end, of expected_days_late or expected_loss_share with what
    came; rule: that of late_share. New customers are left out; what the ledger does not tell has no row.
    """
    old = record[record.grade != NEW]
    told = {came: old[old[came].notna() & old[said].notna()] for came, said in SKILLS.items()}
    rows = [_ordered(came, part) for came, part in told.items() if len(part)]
    return pd.DataFrame(rows, columns=["what", "ratings", "rating", "rule", "better", "better_low", "better_high"])


def _ordered(came: str, part: pd.DataFrame) -> dict[str, object]:
    ranks = part.groupby("origin")[[SKILLS[came], "late_share", came]].rank()
    scored = scores.rank_skill(ranks[SKILLS[came]], ranks.late_share, ranks[came], part.customer_id)
    return {"what": came, "ratings": len(part), **scored}
