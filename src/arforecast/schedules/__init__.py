"""The schedules: what an accountant asks for beside the KPIs, each a small table for one day.

A schedule is a function of the facts and the day whose docstring is its definition. Money is in major units, a share
is 0-1, and what is not defined is null. Where a ledger lacks the table that a schedule is made of, it has no row;
nor has one that needs history where the ledger holds the open items of one day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

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
from arforecast.schedules.terms import late_fees, payment_plans, terms
from arforecast.snapshot import Facts

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


def schedule(facts: Facts, as_of: date, name: str) -> pd.DataFrame:
    """The schedule `name` at the close of `as_of`, the day that the facts stand on; its columns are its definition's.

    Raises UsageError for a name that is none.
    """
    if name not in SCHEDULES:
        raise UsageError(f"There is no schedule {name}. Ask for one of {', '.join(SCHEDULES)}.")
    table = SCHEDULES[name](facts, as_of)
    return table.iloc[:0] if facts.books.notes.snapshot_on and name not in OF_ONE_DAY else table


def glossary() -> pd.DataFrame:
    """The definitions: schedule, meaning."""
    rows = [(name, " ".join((schedule.__doc__ or "").split())) for name, schedule in SCHEDULES.items()]
    return pd.DataFrame(rows, columns=["schedule", "meaning"])
