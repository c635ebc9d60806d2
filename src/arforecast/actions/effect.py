"""What contacting brings: those contacted and those left alone by lot, compared as a randomised trial."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from arforecast.actions.value import WITHIN
from arforecast.forecast.calendar import Floats, Ints

COLUMNS = [
    "within_days", "weeks", "contacted_accounts", "reserved_accounts", "contacted_share", "reserved_contacted_share",
    "contacted_cash_amount", "reserved_cash_amount", "difference_amount", "low_amount", "high_amount",
    "declared_amount", "weeks_needed", "verdict",
]  # fmt: skip
MEANINGS = {
    "within_days": "The span of days after the eve of a week in which cash is counted.",
    "weeks": "The weeks of which that span is over.",
    "contacted_accounts": "Accounts that the list of a week named for a contact, each once a week, and that the lot "
    "did not reserve; reserved_accounts: those it did.",
    "contacted_share": "How many of contacted_accounts were contacted in the week.",
    "reserved_contacted_share": "How many of reserved_accounts were, all the same.",
    "contacted_cash_amount": "The mean cash of contacted_accounts on what was billed by the eve.",
    "reserved_cash_amount": "That of reserved_accounts.",
    "difference_amount": "What a week's contact brings an account, against a week without: the difference of mean "
    "cash, adjusted for what was expected of each before; from low_amount to high_amount with 90 %.",
    "declared_amount": "What the effects in the settings claim it brings, in the middle of their ranges.",
    "weeks_needed": "How many more weeks like these find an effect of the declared size with a chance of 80 %.",
    "verdict": "What the interval says; or why it says nothing: too few yet (fewer than 20 customers in a part), or "
    "the reserve was not left alone (contacted more than half as often as the others).",
}
LEVEL = 0.90
POWER = 0.80
# With fewer customers in a part its mean is that of a few accounts, and no interval holds what it promises.
FEWEST = 20
# Contacted more than half as often as the others, the reserve was not left alone.
LEFT_ALONE = 0.5


def effect(rows: pd.DataFrame) -> pd.DataFrame:
    """What a week's contact brings an account, against a week without: one row a span of days; see COLUMNS.

    rows: those of `arforecast.actions.trial`. Who is contacted and who is reserved is what the lot says, whoever was
    contacted in fact (intention to treat); contacted_share and reserved_contacted_share say who was. difference_amount
    is the difference of mean cash, adjusted for what was expected of each account before, from low_amount to
    high_amount with 90 %. declared_amount is what the settings claim, in the middle of their ranges; weeks_needed, how
    many more weeks like these find an effect of that size with a chance of 80 %. What is not known is null, and verdict
    says why. Sources: Lin (2013) for the adjustment, the jackknife of clusters for the interval.
    """
    return pd.DataFrame([_of_span(rows, within) for within in WITHIN], columns=COLUMNS)


def glossary() -> pd.DataFrame:
    """What the columns mean: kpi, meaning."""
    return pd.DataFrame(MEANINGS.items(), columns=["kpi", "meaning"])


def _of_span(rows: pd.DataFrame, within: int) -> dict[str, Any]:
    over = rows[rows[f"cash_{within}"].notna()]
    alone, others = over[over.reserved], over[~over.reserved]
    told = {
        "within_days": within,
        "weeks": over.origin.nunique(),
        "contacted_accounts": len(others),
        "reserved_accounts": len(alone),
    }
    if min(alone.customer_id.nunique(), others.customer_id.nunique()) < FEWEST:
        return told | {"verdict": "too few yet"}
    shares = [part.contacted.mean() if part.contacted.notna().all() else math.nan for part in (others, alone)]
    difference, error, critical = adjusted(over, within)
    low, high = difference - critical * error, difference + critical * error
    declared = float(others[f"more_{within}"].mean())
    return told | {
        "contacted_share": shares[0],
        "reserved_contacted_share": shares[1],
        "contacted_cash_amount": others[f"cash_{within}"].mean(),
        "reserved_cash_amount": alone[f"cash_{within}"].mean(),
        "difference_amount": difference,
        "low_amount": low,
        "high_amount": high,
        "declared_amount": declared,
        "weeks_needed": weeks_needed(told["weeks"], error, declared),
        "verdict": _verdict(low, high, *shares),
    }


def adjusted(rows: pd.DataFrame, within: int) -> tuple[float, float, float]:
    """The difference of mean cash between those contacted and the reserve, adjusted for what was expected of each; its
    standard error, by leaving out one customer after another; and how many of these reach the ends of the interval."""
    from scipy import stats

    treated = rows.reserved.eq(False).to_numpy(float)
    before = (rows[f"expected_cash_{within}"] - rows[f"expected_cash_{within}"].mean()).to_numpy(float)
    known = np.column_stack([np.ones(len(rows)), treated, before, treated * before])
    customer, customers = pd.factorize(rows.customer_id)
    own = _by_customer(known[:, :, None] * known[:, None, :], customer)
    came = _by_customer(known * rows[f"cash_{within}"].to_numpy(float)[:, None], customer)
    whole = (np.linalg.pinv(own.sum(axis=0)) @ came.sum(axis=0))[1]
    without = (np.linalg.pinv(own.sum(axis=0) - own) @ (came.sum(axis=0) - came)[:, :, None])[:, 1, 0]
    count = len(customers)
    error = math.sqrt((count - 1) / count * ((without - whole) ** 2).sum())
    return float(whole), error, float(stats.t.ppf((1 + LEVEL) / 2, count - 1))


def _by_customer(parts: Floats, customer: Ints) -> Floats:
    sums = np.zeros((customer.max() + 1, *parts.shape[1:]))
    np.add.at(sums, customer, parts)
    return sums


def weeks_needed(weeks: int, error: float, declared: float) -> float:
    """How many more weeks like those seen find an effect of the declared size with the chance POWER; null where none is
    declared."""
    if declared <= 0:
        return math.nan
    from scipy import stats

    errors = stats.norm.ppf((1 + LEVEL) / 2) + stats.norm.ppf(POWER)
    return max(0, math.ceil(weeks * (errors * error / declared) ** 2) - weeks)


def _verdict(low: float, high: float, contacted: float, reserved: float) -> str:
    if reserved > LEFT_ALONE * contacted:
        return "the reserve was not left alone"
    if low > 0:
        return "contacts bring more cash"
    return "contacts bring less cash" if high < 0 else "no difference found"
