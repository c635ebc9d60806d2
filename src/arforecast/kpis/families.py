"""Families of KPIs: forms of one question whose answers differ, and why they do."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd


class Family(NamedTuple):
    """Measures that are quoted under one name: the question they answer, their ids, and why their answers differ."""

    question: str
    kpis: tuple[str, ...]
    why: str


FAMILIES = (
    Family(
        "How many days of sales are owed?",
        ("dso", "dso_12m", "dso_countback", "dso_best_possible"),
        "They divide by other billing, of 90 days, of a year, or of the latest months first, so a season or a growing "
        "business moves them apart; the best possible leaves out what is overdue.",
    ),
    Family(
        "How much is collected?",
        (
            "collection_rate",
            "collection_rate_period",
            "collection_rate_outstanding",
            "recovery_rate",
            "cei",
        ),
        "They divide by other money: what one month issued, all that a month had to collect, what was owed at its "
        "start, or only what was overdue then; effectiveness leaves out what is not yet due, and what was credited or "
        "written off counts in it as collected.",
    ),
)


def members() -> pd.DataFrame:
    """One row a measure of a family: question, kpi, why."""
    rows = [(family.question, kpi, family.why) for family in FAMILIES for kpi in family.kpis]
    return pd.DataFrame(rows, columns=["question", "kpi", "why"])
