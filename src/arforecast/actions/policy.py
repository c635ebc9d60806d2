"""The credit policy of the settings: who meets which rule today and what it proposes, and what it would have done.

Orders are held of who is past due for too long, or breaks promises; who has too bad a grade pays before delivery; who
stays has a limit and terms by its grade. What is under an open dispute is not past due here.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from arforecast.actions.accounts import names
from arforecast.actions.rating import GRADES, NEW, WINDOW_DAYS, Conduct, billed, rated
from arforecast.currencies import written
from arforecast.forecast.calendar import DAY, Floats
from arforecast.kpis.balances import under_dispute
from arforecast.kpis.service import answered
from arforecast.schedules.sheet import YEAR_DAYS
from arforecast.settings import Policy
from arforecast.snapshot import Facts, asked_of, fetched, positions, read, total

COLUMNS = [
    "customer_id", "name", "grade", "proposal", "rules", "open_balance", "oldest_days_past_due", "broken_promises",
    "monthly_amount", "credit_limit_amount", "proposed_limit_amount", "over_limit_amount", "terms_days",
    "proposed_terms_days",
]  # fmt: skip
MONTH_DAYS = YEAR_DAYS / 12
MEANINGS = {
    "proposal": "What the rules come to: hold orders, prepayment, limit and terms, limit, terms, or keep.",
    "rules": "The rules that the customer meets, with its numbers.",
    "oldest_days_past_due": "The days past due of its oldest open invoice that is not disputed; 0 where none is.",
    "broken_promises": "Promises of the last 365 days that were not kept, their days of grace over. Not known where a "
    "ledger holds no promises.",
    "monthly_amount": "Its usual buying in a month: what was billed in the last 365 days, or since its first invoice "
    "where that is later, by months of 365 / 12 days, one at least.",
    "credit_limit_amount": "The limit it has.",
    "proposed_limit_amount": "The limit the policy gives: monthly_amount x the months of its grade, rounded up to two "
    "digits; 0 where it pays before delivery, and not known of who bought nothing in the year.",
    "over_limit_amount": "The open balance beyond that limit.",
    "terms_days": "Its usual terms: the median of issue to due of the last 365 days.",
    "proposed_terms_days": "The same, but no longer than those of its grade.",
}


def policy(facts: Facts, own: Conduct, as_of: date) -> pd.DataFrame:
    """One row a customer billed in the last 730 days or owing, those that meet a rule first, then by what is open; see
    MEANINGS. Money is in major units."""
    rules, currency = facts.books.settings.policy, facts.books.settings.ledger.currency
    judged = judge(facts, own, [as_of]).drop(columns="as_of")
    limits = facts.books.tables["customers"].select("customer_id", credit_limit_amount="credit_limit")
    rows = judged.merge(fetched(limits), "left", "customer_id").assign(name=names(facts.books, judged.customer_id))
    shown = read(rows[(rows.open_balance > 0) | (billed(own, as_of, WINDOW_DAYS) > 0)], facts)
    told = shown.assign(
        rules=["; ".join(_rules(row, rules, currency)) for row in shown.to_dict("records")],
        proposal=_proposals(shown),
        order=(shown.hold.astype(int) * 2 + shown.prepay).where(shown.hold | shown.prepay, 0),
    )
    by = ["order", "over_limit_amount", "open_balance", "customer_id"]
    return told.sort_values(by, ascending=[False, False, False, True], ignore_index=True)[COLUMNS]


def judge(facts: Facts, own: Conduct, on: Sequence[date]) -> pd.DataFrame:
    """What the policy says of each customer at the close of each day, money in minor units: as_of, customer_id, grade,
    hold, prepay, and the figures of MEANINGS."""
    then = asked_of(facts, on)
    rows = pd.concat([_judged(own, facts, day).assign(as_of=day) for day in on], ignore_index=True)
    for part in (_owing(then), _broken(then)):
        known_on = part.assign(as_of=pd.to_datetime(part.as_of).dt.date)
        rows = rows.merge(known_on, "left", ["as_of", "customer_id"])
    rules, known = facts.books.settings.policy, "promises" in facts.books.present
    broken = rows.broken_promises.fillna(0) if known else rows.broken_promises.astype(float)
    rows = rows.fillna({"open_balance": 0, "oldest_days_past_due": 0}).assign(broken_promises=broken)
    hold = (rows.oldest_days_past_due > rules.hold_past_due_days) | (rows.broken_promises >= rules.hold_broken_promises)
    over = (rows.open_balance - rows.proposed_limit_amount).clip(lower=0)
    return rows.assign(hold=hold, over_limit_amount=over).astype({"broken_promises": "Int64"})


def _judged(own: Conduct, facts: Facts, day: date) -> pd.DataFrame:
    """What follows from grades and buying alone."""
    rules, choices = facts.books.settings.policy, facts.books.settings.rating
    grade = rated(own, day, choices).grade
    held_as = grade.where(grade != NEW, rules.new_as).map(GRADES.index)
    monthly, terms = _monthly(own, day), _usual_terms(own, day)
    prepay = held_as > GRADES.index(rules.prepay_below)
    limit = _round(monthly * np.array(rules.limit_months)[held_as], 10**facts.books.settings.ledger.decimals)
    longest = np.array(rules.terms_days)[held_as]
    return pd.DataFrame(
        {
            "customer_id": own.payers,
            "grade": grade,
            "prepay": prepay,
            "monthly_amount": monthly,
            "proposed_limit_amount": np.where(prepay, 0, np.where(monthly > 0, limit, np.nan)),
            "terms_days": terms,
            "proposed_terms_days": np.where(prepay, 0, np.fmin(terms, longest)),
        }
    )


def _monthly(own: Conduct, day: date) -> Floats:
    known = own.known.entered_on <= np.datetime64(day)
    first = np.full(len(own.payers), np.datetime64(day))
    np.minimum.at(first, own.payer[known], own.known.issued_on[known])
    months = ((np.datetime64(day) - first).astype(float) + 1).clip(max=YEAR_DAYS) / MONTH_DAYS
    return billed(own, day, YEAR_DAYS) / np.maximum(months, 1)


def _usual_terms(own: Conduct, day: date) -> Floats:
    now, issued = np.datetime64(day), own.known.issued_on
    lately = (own.known.entered_on <= now) & (issued <= now) & (issued > now - YEAR_DAYS * DAY)
    terms = (own.known.due_on - issued).astype(float)[lately]
    return pd.Series(terms).groupby(own.payer[lately]).median().reindex(range(len(own.payers))).to_numpy()


def _round(amount: Floats, minor: int) -> Floats:
    """Up to two digits, and to whole units: 4,137 is 4,200."""
    step = 10.0 ** (np.floor(np.log10(np.maximum(amount / minor, 1))) - 1).clip(min=0)
    return np.asarray(np.ceil(amount / minor / step) * step * minor)


def _owing(then: Facts) -> pd.DataFrame:
    """What each customer owes on each day: as_of, customer_id, open_balance, oldest_days_past_due."""
    days = then.calendar.select(on="as_of")
    contested = under_dispute(then, days).mutate(contested=ibis.literal(True))
    seen = positions(then, days).filter(_.balance > 0).left_join(contested, ["on", "invoice_id"])
    late = seen.mutate(late=seen.contested.isnull().ifelse(seen.days_past_due, 0))
    owing = late.group_by("customer_id", as_of="on").aggregate(
        open_balance=total(late.balance), oldest_days_past_due=ibis.greatest(late.late.max(), 0).cast("int64")
    )
    return fetched(owing)


def _broken(then: Facts) -> pd.DataFrame:
    """How many promises each customer has broken by each day: as_of, customer_id, broken_promises."""
    broken = answered(then, "before_365_on").filter(_.over & ~_.kept).group_by("as_of", "customer_id")
    return fetched(broken.aggregate(broken_promises=_.count().cast("int64")))


def _rules(of: dict[Hashable, Any], rules: Policy, currency: str) -> list[str]:
    """The rules that a customer meets, in words with its numbers."""
    owed, limit = (written(of[name], currency) for name in ("open_balance", "proposed_limit_amount"))
    graded = of["grade"] if of["grade"] != NEW else f"{rules.new_as} (new)"
    broken = 0 if pd.isna(of["broken_promises"]) else of["broken_promises"]
    met = {
        f"{_many(of['oldest_days_past_due'], 'day')} past due, held beyond {rules.hold_past_due_days}": (
            of["oldest_days_past_due"] > rules.hold_past_due_days
        ),
        f"{_many(broken, 'promise')} broken, held from {rules.hold_broken_promises} on": (
            broken >= rules.hold_broken_promises
        ),
        f"grade {graded}: below {rules.prepay_below} pays before delivery": of["prepay"],
        f"{owed} open, limit of grade {graded} {limit}": not of["prepay"] and of["over_limit_amount"] > 0,
        f"terms of {_many(of['terms_days'], 'day')}, grade {graded} has {of['proposed_terms_days']:.0f}": (
            not of["prepay"] and of["terms_days"] > of["proposed_terms_days"]
        ),
    }
    return [words for words, holds in met.items() if holds]


def _many(number: float, noun: str) -> str:
    """A number of things: 1 day, 2 days."""
    return f"{number:.0f} {noun}{'' if number == 1 else 's'}"


def _proposals(rows: pd.DataFrame) -> NDArray[np.str_]:
    """The hardest that follows, in a word."""
    limit, terms = rows.over_limit_amount > 0, rows.terms_days > rows.proposed_terms_days
    order = {"hold orders": rows.hold, "prepayment": rows.prepay, "limit and terms": limit & terms}
    order |= {"limit": limit, "terms": terms}
    return np.select([*order.values()], [*order], "keep")
