"""Whether a ledger knows a figure: the one place to ask.

There are three answers: it is known; it is not in this ledger, and what would tell; it is not defined on that day, and
why. An answer in words is what a page says in the place of the figure, and no word means that it is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from arforecast.kpis.catalogue import Kpi
from arforecast.ledger import Books
from arforecast.snapshot import Facts, calendar

Bools = NDArray[np.bool_]
Dates = NDArray[np.datetime64]

NO_HISTORY = "not in this ledger: it holds the open items of one day, and has no history"
NO_PAYMENTS = "not in this ledger: nothing says what was paid; add applications, or paid_on to the invoices"
NO_INVOICES = "not in this ledger: no invoice is booked yet"
NOTHING_PAID = "not known yet: nothing was paid or credited so far, and so nothing tells when anything will be"
NO_RESERVE = (
    "not known: nobody is left alone by lot; holdout_share and holdout_since in [actions] do that, and those contacted "
    "can then be compared with the others"
)
# What looks back on billing, disputes or contacts alone, or sets what is open against billing: who does not know what
# was paid knows it all the same.
WITHOUT_PAYMENTS = frozenset(
    {
        *("dso", "dso_12m", "dso_countback", "dso_best_possible", "add", "ar_turnover"),
        *("billed", "invoicing_lag", "dispute_rate", "dispute_days", "right_party_share", "reminder_lead"),
        *("contact_rate", "cost_per_invoice", "disputes_by_reason", "costs_by_category"),
    }
)
# A year and its month: every window of a KPI reaches no further back.
LONGEST_DAYS = 400


def not_in_ledger(books: Books, name: str = "", needs: str = "", looks_back: bool = True) -> str:
    """Why the ledger does not know the figure `name`, and what would tell; empty where it does, defined or not.

    needs: the table that it is made of. looks_back: whether it asks for what happened before the day.
    """
    if looks_back and books.notes.without_history:
        return NO_HISTORY
    if looks_back and not books.tells_paid and name not in WITHOUT_PAYMENTS:
        return NO_PAYMENTS
    if needs in books.entire.present - books.present:
        return f"not known of a part of the ledger: {needs} are those of all of it"
    return f"not in this ledger: add {needs}" if needs and needs not in books.present else ""


def kpi_not_in_ledger(kpi: Kpi, books: Books) -> str:
    """As `not_in_ledger`, of a KPI."""
    return not_in_ledger(books, kpi.name, kpi.needs, bool(kpi.begins_after))


def unseen(kpi: Kpi, facts: Facts) -> str:
    """Why the facts do not know the rows that a KPI is made of on a day of theirs; empty where they do."""
    early = before_complete(kpi, facts.calendar.to_pandas(), facts.books).any()
    begins = facts.books.notes.complete_from
    return kpi_not_in_ledger(kpi, facts.books) or (
        f"not known: it looks back to before {begins}, when the ledger begins" if early else ""
    )


def too_early(kpi: Kpi, days: pd.DataFrame, books: Books) -> Bools:
    """Whether a KPI looks back beyond the beginning of the ledger on each of `days`, which have the columns of the
    calendar and first_issued_on: to days before the first invoice, where it asks for billing, or before those from
    which the ledger is complete."""
    first = _dates(days, "first_issued_on")  # none where there is no invoice: then nothing is too early
    return (_begins(days, kpi.after or "as_of") < first) | before_complete(kpi, days, books)


def before_complete(kpi: Kpi, days: pd.DataFrame, books: Books) -> Bools:
    """Whether a KPI looks back to days before those from which the ledger is complete, or stands on one."""
    opened_on = books.notes.opened_on
    if opened_on is None:
        return np.zeros(len(days), dtype=bool)
    return _dates(days, kpi.begins_after or "as_of") < np.datetime64(opened_on)


def _begins(days: pd.DataFrame, column: str) -> Dates:
    """The first day of a span that the column names the day before of."""
    return _dates(days, column) + np.timedelta64(1, "D")


def _dates(days: pd.DataFrame, column: str) -> Dates:
    return pd.to_datetime(days[column]).to_numpy().astype("datetime64[D]")


def unknown(kpis: Iterable[Kpi], books: Books, day: date, first_issued_on: date | None) -> dict[str, str]:
    """Of each KPI why the ledger does not know it on `day`; empty where it does. first_issued_on: the day of the first
    invoice known by then."""
    days = calendar(day + timedelta(days=nth) for nth in range(LONGEST_DAYS)).to_pandas().sort_values("as_of")
    ahead = days.reset_index(drop=True).assign(first_issued_on=first_issued_on)
    return {kpi.name: kpi_not_in_ledger(kpi, books) or _not_defined(kpi, ahead, books) for kpi in kpis}


def _not_defined(kpi: Kpi, ahead: pd.DataFrame, books: Books) -> str:
    early = too_early(kpi, ahead, books)
    if not early[0]:
        return ""
    complete, first = books.notes.complete_from, pd.Timestamp(ahead.first_issued_on.iloc[0]).date()
    unbilled = complete is not None and complete < first
    begins = f"nothing was billed before {first}" if unbilled else begins_on(complete or first)
    return before(_day(ahead.as_of[~early]), _begins(ahead, kpi.begins_after)[0].item(), begins)


def _day(days: pd.Series) -> date | None:
    return None if days.empty else pd.Timestamp(days.iloc[0]).date()


def begins_on(day: date) -> str:
    return f"this ledger begins on {day}"


def before(defined_on: date | None, looks_back_to: date, begins: str) -> str:
    """What is said of a figure that looks back beyond the beginning of the ledger, or of what was billed."""
    since = f" before {defined_on}" if defined_on else ""
    return f"not defined{since}: it looks back to {looks_back_to}, and {begins}"
