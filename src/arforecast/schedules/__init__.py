"""The schedules: what an accountant asks for beside the KPIs, each a small table for one day.

A schedule is a function of the facts and the day whose docstring is its definition. Money is in major units, a share
is 0-1, and what is not defined is null. Where a ledger lacks the table that a schedule is made of, it has no row;
nor has one that needs history where the ledger holds the open items of one day, or that looks back to days before the
ledger begins. One of months or quarters has those that begin with the ledger or later.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd

from arforecast.errors import UsageError
from arforecast.kpis import known
from arforecast.ledger import Books
from arforecast.schedules.collecting import (
    agency,
    contacts_by_channel,
    costs_by_category,
    disputes_by_reason,
    method_mix,
)
from arforecast.schedules.risk import (
    credit_limit_use,
    credit_limit_use_by_group,
    expected_credit_loss,
    roll_rates,
    vintage,
)
from arforecast.schedules.sheet import YEAR_DAYS
from arforecast.schedules.terms import late_fees, payment_plans, terms
from arforecast.snapshot import Facts, month_ends

Schedule = Callable[[Facts, date], pd.DataFrame]

SCHEDULES: dict[str, Schedule] = {
    schedule.__name__: schedule
    for schedule in (
        roll_rates,
        vintage,
        expected_credit_loss,
        credit_limit_use,
        credit_limit_use_by_group,
        terms,
        method_mix,
        late_fees,
        payment_plans,
        disputes_by_reason,
        contacts_by_channel,
        agency,
        costs_by_category,
    )
}


# What open items of one day tell.
OF_ONE_DAY = ("credit_limit_use", "credit_limit_use_by_group")
# What looks back on one span of days, and what has a row a month or quarter that begins on the day of a column.
OF_A_YEAR = ("terms", "method_mix", "disputes_by_reason", "contacts_by_channel")
OF_TWELVE_MONTHS = ("roll_rates", "costs_by_category")
BEGINS = {"vintage": "issue_month_on", "late_fees": "month_on", "payment_plans": "month_on", "agency": "quarter_on"}


def schedule(facts: Facts, as_of: date, name: str) -> pd.DataFrame:
    """The schedule `name` at the close of `as_of`, the day that the facts stand on; its columns are its definition's.

    Raises UsageError for a name that is none.
    """
    if name not in SCHEDULES:
        raise UsageError(f"There is no schedule {name}. Ask for one of {', '.join(SCHEDULES)}.")
    table, begins = SCHEDULES[name](facts, as_of), facts.books.notes.complete_from
    if unknown(name, facts.books, as_of):
        return table.iloc[:0]
    if begins and name in BEGINS:
        return table[table[BEGINS[name]] >= pd.Timestamp(begins)].reset_index(drop=True)
    return table


def unknown(name: str, books: Books, as_of: date) -> str:
    """Why the ledger does not know the schedule `name` at `as_of`; empty where it does, rows or no rows."""
    needs = "applications" if name == "expected_credit_loss" else ""  # what was written off
    if absent := known.not_in_ledger(books, name, needs, looks_back=name not in OF_ONE_DAY):
        return absent
    since, opened_on = _looks_back_to(name, as_of), books.notes.opened_on
    if opened_on is None or since >= opened_on:
        return ""
    defined_on = opened_on + timedelta(days=YEAR_DAYS) if name in OF_A_YEAR else None
    return known.before(defined_on, since + timedelta(days=1), known.begins_on(opened_on + timedelta(days=1)))


def _looks_back_to(name: str, as_of: date) -> date:
    """The day at whose close the span of a schedule begins; `as_of` where it has no single one."""
    if name in OF_A_YEAR:
        return as_of - timedelta(days=YEAR_DAYS)
    return month_ends(as_of, 13)[0] if name in OF_TWELVE_MONTHS else as_of


def glossary() -> pd.DataFrame:
    """The definitions: schedule, meaning."""
    rows = [(name, " ".join((schedule.__doc__ or "").split())) for name, schedule in SCHEDULES.items()]
    return pd.DataFrame(rows, columns=["schedule", "meaning"])
