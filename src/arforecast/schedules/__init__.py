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


# What open items alone can tell; a snapshot has no history for the others.
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
    table, notes = SCHEDULES[name](facts, as_of), facts.books.notes
    if (notes.snapshot_on and name not in OF_ONE_DAY) or notes.lacks(_looks_back_to(name, as_of)):
        return table.iloc[:0]
    if notes.complete_from and name in BEGINS:
        return table[table[BEGINS[name]] >= pd.Timestamp(notes.complete_from)].reset_index(drop=True)
    return table


def _looks_back_to(name: str, as_of: date) -> date:
    """The day at whose close the span of a schedule begins; `as_of` where it has no single one."""
    if name in OF_A_YEAR:
        return as_of - timedelta(days=YEAR_DAYS)
    return month_ends(as_of, 13)[0] if name in OF_TWELVE_MONTHS else as_of


def glossary() -> pd.DataFrame:
    """The definitions: schedule, meaning."""
    rows = [(name, " ".join((schedule.__doc__ or "").split())) for name, schedule in SCHEDULES.items()]
    return pd.DataFrame(rows, columns=["schedule", "meaning"])
