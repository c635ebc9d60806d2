"""The brief: what leadership reads in a minute. Most of it other pages take apart; this is what stands here alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from arforecast.report.exhibit import Card, Exhibit, Stamp
from arforecast.report.exhibits.receivables import OF_THE_MONTH, verdict, whole
from arforecast.report.formats import FORMATS, brief, currency_of, in_currency, name, spoken

CHANGES = 3
GATE, GATES = ["gate", "outcome", "message"], 'today.stamp()["gates"]'
# Months that say how much a measure usually moves; with fewer nobody can say what is much.
USUAL_MONTHS = 6


def changes(kpis: pd.DataFrame, glossary: pd.DataFrame, families: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The measures that moved most since the month before against their usual size, one of each family."""
    return Exhibit(
        question="What moved more than usual?",
        numbers=largest(kpis, glossary, families),
        says=_changes_said,
        file="changes",
        currency=stamp["currency"],
        call="today.kpis(months=13)",
        nothing=_nothing_moved(whole(kpis)),
        table={"columns": ["kpi", "before", "now", "verdict", "times"]},
    )


def largest(kpis: pd.DataFrame, glossary: pd.DataFrame, families: pd.DataFrame) -> pd.DataFrame:
    """kpi, before, now, unit, times (the move in multiples of the median move of the months before), verdict.

    On a day within a month what flows in a month is left out: it is not over.
    """
    wide = _by_month(whole(kpis))
    moves, usual = wide.diff(), _usual(wide)
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
    order = judged.assign(question=question).sort_values(["times", "kpi"], ascending=[False, True])
    return order.drop_duplicates("question").head(CHANGES).drop(columns="question").reset_index(drop=True)


def _by_month(kpis: pd.DataFrame) -> pd.DataFrame:
    """The measures month by month, since there are any."""
    wide = kpis.pivot(index="as_of", columns="kpi", values="value")
    since = begun(wide)
    return wide if since.empty else since


def begun(months: pd.DataFrame) -> pd.DataFrame:
    """The months since the first fact of a ledger: before it there is no money, and no month that could be usual."""
    return months[months.fillna(0).ne(0).any(axis=1).cummax()]


def _usual(wide: pd.DataFrame) -> pd.Series:
    """By how much each measure usually moves in a month; null where nobody can say."""
    earlier = wide.diff().iloc[:-1].abs()
    return earlier.median().where(earlier.count().ge(USUAL_MONTHS) & earlier.median().gt(0))


def _nothing_moved(kpis: pd.DataFrame) -> str:
    if _usual(_by_month(kpis)).isna().all():
        return "What is usual cannot be said: no measure has moved in enough months."
    return "Nothing moved more than it usually does in a month."


def _comparable(wide: pd.DataFrame) -> Iterable[str]:
    over = pd.Timestamp(wide.index[-1]).is_month_end
    return [kpi for kpi in wide.columns if over or kpi not in OF_THE_MONTH]


def _changes_said(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    how = in_currency(FORMATS[first["unit"]], currency_of(rows))
    before, now = (how(first[column]) for column in ("before", "now"))
    moved = f"{name(first['kpi'])} moved most, from {before} to {now}"
    return f"{moved}: {first['verdict']}, and {brief(first['times'])} times a usual move"


def ties(stamp: Stamp) -> Exhibit:
    """Whether the ledger ties, each gate in a sentence; what was not checked has not passed."""
    return Exhibit(
        question="Does the ledger tie?",
        numbers=pd.DataFrame([gate | {"outcome": outcome(gate)} for gate in stamp["gates"]])[GATE],
        says=_ties_said,
        cards=_ties_cards,
        file="ties",
        call=GATES,
    )


def _ties_said(gates: pd.DataFrame) -> str:
    told = (f"{name(gate['gate'])}: {gate['outcome']}. {gate['message']}" for gate in gates.to_dict("records"))
    return spoken(" ".join(told))


def _ties_cards(gates: pd.DataFrame) -> list[Card]:
    tones = {"passed": "good", "not passed": "bad"}
    return [
        Card(name(gate), came.capitalize(), spoken(message), tones.get(came, ""), GATES)
        for gate, came, message in gates[GATE].itertuples(index=False)
    ]


def outcome(gate: Mapping[Any, Any]) -> str:
    """What became of a gate; one without anything to check has not passed."""
    if not gate["checked"]:
        return "not checked"
    return "passed" if gate["passed"] else "not passed"
