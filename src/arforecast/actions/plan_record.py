"""What past payment plans came to, beside the chance that was said of them, and the size that the rule allows.

A plan is over when its last instalment fell due 90 days ago; only then is it known whether it was kept, of those kept
and those broken alike. What is said of it is what was known at the close before the month of its first instalment.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from arforecast.actions import plans
from arforecast.actions.plans import agreements, answers, carried, carried_since, paid, past_plans, planned
from arforecast.actions.rating import DEFAULT_DAYS
from arforecast.forecast import scores
from arforecast.forecast.exposure import Lives
from arforecast.settings import Plans
from arforecast.snapshot import Facts, asked_of, in_own_currency, month_ends

MONTHS = 24
ALLOWED, LARGER, YOUNG = "as the rule allows", "larger than it allows", "too few paying months"
COLUMNS = [
    "customer_id", "plan_id", "agreed_on", "currency", "instalments", "largest_amount", "carries_amount", "fit",
    "p_kept", "kept",
]  # fmt: skip
MEANINGS = {
    "agreed_on": "The day on which the first instalment of a past plan was issued.",
    "largest_amount": "Its largest instalment, in the currency of the plan.",
    "carries_amount": "The most that the rule would have asked a month, by what was known at the close of the month "
    "before.",
    "fit": "Whether the rule would have allowed the plan: as the rule allows; larger than it allows; or too few paying "
    "months to tell.",
    "kept": "1 where no instalment was 90 days past due, else 0.",
    "kept_share": "The share of the plans that was kept.",
}


def record(facts: Facts, known: Lives, as_of: date) -> pd.DataFrame:
    """One row a plan that was agreed in the 24 months before that of as_of and is over: customer_id, plan_id,
    agreed_on, currency, instalments (how many), largest_amount, carries_amount, fit, p_kept (as said then), kept; see
    MEANINGS. Money is in major units of the currency."""
    closes = month_ends(as_of, MONTHS + 1)[:-1]
    parts = planned(facts, as_of)
    over = _over(parts, known, as_of)
    promises, cash = answers(asked_of(facts, closes)), paid(facts, carried_since(closes[0]), as_of)
    told = [
        _said(
            over[over.close == pd.Timestamp(close)],
            promises[promises.as_of == pd.Timestamp(close)],
            past_plans(parts, known, close),
            carried(cash, close),
        )
        for close in closes
    ]
    rows = pd.concat(told, ignore_index=True)
    money = {f"{name}_amount": in_own_currency(rows[name], rows.currency) for name in ("largest", "carries")}
    return rows.assign(**money, fit=_fits(rows, facts.books.settings.plans))[COLUMNS]


def _over(parts: pd.DataFrame, known: Lives, as_of: date) -> pd.DataFrame:
    """The plans that are over, with what became of them, and the close before the month in which they were agreed."""
    each = parts.groupby(["customer_id", "plan_id"], as_index=False).agg(
        currency=("currency", "first"),
        agreed_on=("issued_on", "min"),
        last_on=("due_on", "max"),
        instalments=("invoice_id", "size"),
        largest=("amount", "max"),
    )
    over = each[each.last_on <= pd.Timestamp(as_of - timedelta(days=DEFAULT_DAYS))]
    close = over.agreed_on.dt.to_period("M").dt.to_timestamp() - pd.Timedelta(days=1)
    return over.assign(close=close).merge(past_plans(parts, known, as_of), on=["customer_id", "plan_id"])


def _said(over: pd.DataFrame, promises: pd.DataFrame, before: pd.DataFrame, carries: pd.DataFrame) -> pd.DataFrame:
    """The plans of a month beside what was known before it."""
    chance = agreements(promises, before, over.customer_id).p_kept
    return over.assign(p_kept=chance).merge(carries, "left", ["customer_id", "currency"])


def _fits(rows: pd.DataFrame, rules: Plans) -> np.ndarray[Any, np.dtype[np.str_]]:
    young = rows.paying_months.fillna(0) < rules.paying_months
    return np.select([young, rows.largest > rows.carries], [YOUNG, LARGER], ALLOWED)


def by_fit(record: pd.DataFrame) -> pd.DataFrame:
    """What past plans came to, by whether the rule would have allowed them: fit, plans, customers, p_kept (the mean of
    what was said), kept_share, with its 90 % range (_low, _high)."""
    parts = {fit: record[record.fit == fit] for fit in (ALLOWED, LARGER, YOUNG)}
    rows = [{"fit": fit, **_came_to(part)} for fit, part in parts.items() if len(part)]
    ends = [f"kept_share{end}" for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["fit", "plans", "customers", "p_kept", *ends])


def _came_to(part: pd.DataFrame) -> dict[str, float]:
    each = part.groupby("customer_id").kept.agg(["sum", "size"])
    share, low, high = scores.drawn_share(each["sum"], each["size"])
    sums = {"plans": len(part), "customers": len(each), "p_kept": part.p_kept.mean()}
    return sums | {"kept_share": share, "kept_share_low": low, "kept_share_high": high}


def glossary() -> pd.DataFrame:
    """What the columns of plans, proposed and past, mean: kpi, meaning."""
    return pd.DataFrame((plans.MEANINGS | MEANINGS).items(), columns=["kpi", "meaning"])
