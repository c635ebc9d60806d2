"""The brief: what leadership reads in a minute. Each answer is cut out of frames that another page takes apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from arforecast.report import numbers
from arforecast.report.formats import FORMATS, brief, exact, money, name, percent
from arforecast.report.words import OF_THE_MONTH, expected, outcome, receivables_moved, verdict

SPANS = (1, 4, 13)
CALLS = 5
CHANGES = 3
# Months that say how much a measure usually moves; with fewer nobody can say what is much.
USUAL_MONTHS = 6
CALM = "Nothing moved more than it usually does in a month."


def cash(within: pd.DataFrame, came: pd.DataFrame) -> pd.DataFrame:
    """What came in the last weeks, see `lately`, and what is expected of the next 1, 4 and 13: span, until_on, mean,
    p10, p90, held_share (how many of the past ranges of so many weeks held what came), origins (how many there were).
    """
    weeks = sorted({min(span, len(within)) for span in SPANS})
    ahead = within[within["weeks"].isin(weeks)].assign(span=lambda rows: ["next " + _weeks(n) for n in rows["weeks"]])
    columns = ["span", "until_on", "mean", "p10", "p90", "held_share", "origins"]
    return pd.concat([came, ahead], ignore_index=True).reindex(columns=columns).astype({"origins": "Int64"})


def lately(record: pd.DataFrame) -> pd.DataFrame:
    """The cash of the last four weeks, fewer where the record is shorter: span, until_on, mean; no row without one."""
    past = numbers.cash_past(record, 1).tail(4)
    until, total = past["week_start"].max() + pd.Timedelta(days=6), past["actual"].sum()
    rows = [{"span": f"last {_weeks(len(past))}", "until_on": until, "mean": total}] if len(past) else []
    return pd.DataFrame(rows, columns=["span", "until_on", "mean"])


def _weeks(number: float) -> str:
    return "week" if number == 1 else f"{number} weeks"


def cash_said(within: pd.DataFrame, came: pd.DataFrame) -> str:
    """What is expected within four weeks, beside what came in the last four."""
    ahead = expected(within.head(4).iloc[-1])
    return f"{ahead}; {money(came['mean'].iloc[0])} came in the {came['span'].iloc[0]}" if len(came) else ahead


def changes(kpis: pd.DataFrame, glossary: pd.DataFrame, families: pd.DataFrame) -> pd.DataFrame:
    """The measures that moved most since the month before against their usual size, one of each family: kpi, before,
    now, unit, times (the move in multiples of the median move of the months before), verdict.

    On a day within a month what flows in a month is left out: it is not over.
    """
    wide = numbers.whole(kpis).pivot(index="as_of", columns="kpi", values="value")
    moves = wide.diff()
    earlier = moves.iloc[:-1].abs()
    usual = earlier.median().where(earlier.count().ge(USUAL_MONTHS) & earlier.median().gt(0))
    about = glossary.drop_duplicates("kpi").set_index("kpi").reindex(wide.columns).fillna("")
    rows = pd.DataFrame(
        {
            "before": wide.iloc[-2] if len(wide) > 1 else np.nan,
            "now": wide.iloc[-1],
            "unit": about["unit"],
            "times": moves.iloc[-1].abs() / usual,
            "verdict": [verdict(*pair) for pair in zip(moves.iloc[-1], about["better"], strict=True)],
        }
    ).rename_axis("kpi")
    judged = rows[rows["verdict"].ne("") & rows["times"].gt(1) & rows.index.isin(_comparable(wide))].reset_index()
    question = judged["kpi"].map(families.drop_duplicates("kpi").set_index("kpi")["question"]).fillna(judged["kpi"])
    largest = judged.assign(question=question).sort_values(["times", "kpi"], ascending=[False, True])
    return largest.drop_duplicates("question").head(CHANGES).drop(columns="question").reset_index(drop=True)


def _comparable(wide: pd.DataFrame) -> Iterable[str]:
    over = pd.Timestamp(wide.index[-1]).is_month_end
    return [kpi for kpi in wide.columns if over or kpi not in OF_THE_MONTH]


def moved_said(moved: pd.DataFrame, why: str) -> str:
    """How far what is owed moved, with its largest parts, or why that is not known."""
    known = not moved.empty
    return unknown_or(receivables_moved(moved) if known else "What was owed a month before is not known", why)


def changes_said(shown: pd.DataFrame) -> str:
    """The largest change, with its size against a usual month."""
    first = shown.iloc[0]
    return (
        f"{name(first['kpi'])} moved most, from {first['before']} to {first['now']}: {first['verdict']}, and "
        f"{first['times']} times a usual move"
    )


def changes_shown(rows: pd.DataFrame) -> pd.DataFrame:
    """As `changes`, as people read it: what moved, from, to, and whether that is better."""
    written = [FORMATS[unit] for unit in rows["unit"]]
    said = {
        column: [write(value) for write, value in zip(written, rows[column], strict=True)]
        for column in ("before", "now")
    }
    return pd.DataFrame({"kpi": rows["kpi"], **said, "verdict": rows["verdict"], "times": rows["times"].map(brief)})


def calls(accounts: pd.DataFrame, overdue: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """The accounts to call first: customer, overdue_balance, oldest_days_past_due, p_paid_14 (the share of it that is
    expected within 14 days), broken_promises, reasons.

    In the order of what is overdue and not expected to come by itself, once more for each broken promise. Who is in
    credit, or paid that day, is not asked.
    """
    came = overdue.assign(expected=overdue["open_balance"] * overdue["p_paid_14"]).groupby("customer_id")
    known = came.agg(late_amount=("open_balance", "sum"), expected=("expected", "sum")).reset_index()
    named = accounts.assign(customer=numbers.told_apart(accounts))
    rows = named.merge(known, on="customer_id")
    asked = rows["open_balance"].add(rows["credit_balance"]).gt(0) & rows["last_paid_on"].ne(pd.Timestamp(as_of))
    broken = rows["broken_promises"].fillna(0).astype("float64")
    value = (rows["late_amount"] - rows["expected"]) * (1 + broken)
    order = rows.assign(value=value, p_paid_14=rows["expected"] / rows["late_amount"])[asked]
    first = order.sort_values(["value", "customer_id"], ascending=[False, True], ignore_index=True).head(CALLS)
    return first[["customer", "overdue_balance", "oldest_days_past_due", "p_paid_14", "broken_promises", "reasons"]]


def calls_said(rows: pd.DataFrame) -> str:
    """Who comes first, and how much of that would come by itself."""
    first = rows.iloc[0]
    return (
        f"Call {first['customer']} first: {exact(first['overdue_balance'])} overdue, "
        f"{percent(first['p_paid_14'])} of it expected within 14 days"
    )


def ties(stamp: Mapping[str, Any]) -> str:
    """Whether the ledger ties, each gate in a sentence; what was not checked has not passed."""
    return " ".join(f"{name(gate['gate'])}: {outcome(gate)}. {gate['message']}" for gate in stamp["gates"])


def unknown_or(said: str, why: str) -> str:
    """What is said, or why it cannot be."""
    return f"{why[:1].upper()}{why[1:]}." if why else f"{said}."
