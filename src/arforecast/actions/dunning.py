"""Dunning: the steps that fit an account, in the order in which they are tried, and why the one is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from arforecast.currencies import written
from arforecast.forecast.reasons import percent
from arforecast.settings import Actions

# In the order in which they are tried: the section of the settings that a step has, and what is to be done.
WORDS = {
    "dispute": "settle the dispute",
    "promise": "follow up the broken promise",
    "reminder": "remind before the due date",
    "write_off": "propose a write-off",
    "agency": "hand to an agency",
    "hold": "hold new orders and call",
    "plan": "offer a payment plan",
    "letter": "send a letter",
    "call": "call",
}
WAIT, RESERVED = "wait", "not contacted: reserve"
# What is done about an account without asking it for money is no contact.
NO_CONTACT = ("dispute", "write_off")
# A promise that was broken longer ago, and a payment longer ago, say little about today.
BROKEN_WITHIN_DAYS, PAYING_WITHIN_DAYS = 30, 90
# Who is reminded before the due date: likely to be late, and likely to pay once it is.
P_LATE, P_LISTENS = 0.5, 0.5

# What a reason is made of.
TOLD = [
    *("overdue_balance", "oldest_days_past_due", "asked_balance", "asked_on", "p_late", "p_paid_14", "p_paid_30"),
    *("reserved", "pays", "disputed_balance", "broken_amount", "broken_on", "last_paid_amount", "last_paid_on"),
    *("promised_amount", "promised_on", "contacted_on"),
]


def fitting(rows: pd.DataFrame, choices: Actions) -> pd.DataFrame:
    """Which of WORDS fit each account.

    An open dispute is settled before anything is asked for. Who is in credit, has promised the better part of what is
    asked, or was contacted within `gap_days` is left alone. Then comes a promise that was broken and not spoken of
    since; the reminder, where nothing is overdue yet and not all of it will be by the contact; and what the age of the
    oldest invoice allows, the sternest first.
    """
    age, late = rows.oldest_days_past_due, rows.oldest_days_past_due.gt(0)
    ahead = rows.asked_on.ge(rows.contact_on)  # else all of it is overdue by then
    fits = {
        "dispute": rows.disputed_balance.gt(0),
        "promise": late & _since(rows, "broken_on").le(BROKEN_WITHIN_DAYS) & ~rows.contacted_on.gt(rows.broken_on),
        "reminder": ~late & ahead & rows.p_late.ge(P_LATE) & rows.p_paid_30.ge(P_LISTENS),
        "write_off": age.ge(choices.write_off_from_days),
        "agency": age.ge(choices.agency_from_days),
        "hold": age.ge(choices.hold_from_days),
        "plan": age.ge(choices.letter_from_days) & _since(rows, "last_paid_on").le(PAYING_WITHIN_DAYS),
        "letter": age.ge(choices.letter_from_days),
        "call": late,
    }
    blocked = rows.disputed_balance.gt(0) | _in_credit(rows) | _promised(rows) | _lately(rows, choices)
    return pd.DataFrame({name: fit & (~blocked | (name == "dispute")) for name, fit in fits.items()})[list(WORDS)]


def _in_credit(rows: pd.DataFrame) -> pd.Series:
    return rows.open_balance.add(rows.credit_balance).le(0)


def _promised(rows: pd.DataFrame) -> pd.Series:
    return (2 * rows.promised_amount).ge(rows.asked_balance)


def _lately(rows: pd.DataFrame, choices: Actions) -> pd.Series:
    return _since(rows, "contacted_on").lt(choices.gap_days)


def _since(rows: pd.DataFrame, day: str) -> pd.Series:
    """The days from a day of each account to that of the contact."""
    return (rows.contact_on - rows[day]).dt.days


def reasons(rows: pd.DataFrame, choices: Actions, currency: str) -> pd.Series:
    """Why each account's step is the one, or why it waits, with the numbers behind it.

    pays: whether the step is expected to bring more than it costs. reserved: whether the lot leaves the account alone.
    currency: of the money.
    """
    told = rows[TOLD].assign(
        currency=currency,
        in_credit=_in_credit(rows),
        promised=_promised(rows),
        lately=_lately(rows, choices),
        step=rows.step.fillna(WAIT),
    )
    return pd.Series([f"{_stands(row)}; {_why(row)}" for row in told.itertuples()], rows.index, "str")


def _stands(row: Any) -> str:
    """What is asked for."""
    if row.overdue_balance > 0:
        days = "1 day" if row.oldest_days_past_due == 1 else f"{row.oldest_days_past_due} days"
        return f"{written(row.overdue_balance, row.currency)} overdue, the oldest by {days}"
    return f"{written(row.asked_balance, row.currency)} due by {row.asked_on.date()}"


def _why(row: Any) -> str:
    if row.reserved:
        return f"left alone this week by lot, to measure what contacts bring; otherwise: {WORDS[row.step]}"
    if row.step == WAIT:
        return _rests(row)
    if not row.pays:
        return f"{_soon(row)}, and no step that fits brings more than it costs"
    return _WHY.get(row.step, _soon)(row)


def _soon(row: Any) -> str:
    return f"{percent(row.p_paid_14)} of it is expected within 14 days by itself"


# Only what is said is put into words: a list can name a hundred thousand accounts.
_WHY: dict[str, Callable[[Any], str]] = {
    "dispute": lambda row: (
        f"{written(row.disputed_balance, row.currency)} is under dispute: nothing is asked for before that is settled"
    ),
    "promise": lambda row: (
        f"the promise of {written(row.broken_amount, row.currency)} for {_day(row.broken_on)} was not kept"
    ),
    "reminder": lambda row: (
        f"late with a chance of {percent(row.p_late)}, paid within 30 days with {percent(row.p_paid_30)}"
    ),
    "plan": lambda row: f"{_soon(row)}; paid {written(row.last_paid_amount, row.currency)} on {_day(row.last_paid_on)}",
}


def _rests(row: Any) -> str:
    if row.in_credit:
        return "what it has in credit makes up for all that is open"
    if row.promised:
        return f"{written(row.promised_amount, row.currency)} is promised for {_day(row.promised_on)}"
    if row.lately:
        return f"contacted on {_day(row.contacted_on)}"
    return f"late with a chance of {percent(row.p_late)}, {percent(row.p_paid_30)} of it is expected within 30 days"


def _day(on: Any) -> str:
    return "" if pd.isna(on) else str(on.date())
