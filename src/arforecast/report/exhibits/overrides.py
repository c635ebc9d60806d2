"""What people expect of payments: what it changes, and who was right, they or the model."""

from __future__ import annotations

import pandas as pd

from arforecast.report.exhibit import Exhibit, Stamp, why
from arforecast.report.formats import count, days, many, money, percent


def changes(overrides: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The open invoices of which a person expects something, beside what the model alone expects. The chance of being
    settled by a day is confidence x (1 from the day expected on) + (1 - confidence) x the model's."""
    return Exhibit(
        question="What do people expect, and what does that change?",
        numbers=overrides,
        says=_changes_said,
        file="overrides",
        call="today.overrides()",
        why=why(stamp, "late_payers", "overrides"),
        nothing="Of no open invoice a person expects a day that is still to come.",
        currency=stamp["currency"],
        table={
            "columns": ["invoice_id", "customer_id", "worth_amount", "expected_on", "confidence", "note",
                        "model_paid_on_p50", "expected_30_amount", "model_expected_30_amount"],
            "limit": 20,
            "missing": "it lies beyond the days looked at, or nobody said why",
        },
    )  # fmt: skip


def _changes_said(overrides: pd.DataFrame) -> str:
    ours, models = (overrides[name].sum() for name in ("expected_30_amount", "model_expected_30_amount"))
    told = f"People expect a day for {many(len(overrides), 'open invoice')} of {money(overrides['worth_amount'].sum())}"
    by = f"{money(abs(ours - models))} {'more' if ours > models else 'less'} than the model alone expects"
    return f"{told}: {money(ours)} comes within 30 days, {by}"


def record(overrides: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What people expected before of invoices since settled, or overdue of that, beside the model that they overruled;
    both are judged on the day on which it was said."""
    return Exhibit(
        question="Who was right before, people or the model?",
        numbers=overrides,
        says=_record_said,
        file="overrides_record",
        call="today.overrides_record()",
        why=why(stamp, "late_payers", "overrides"),
        nothing="Nothing that people expected can be judged yet.",
        table={"limit": 20, "missing": "it is open still"},
    )


def _record_said(overrides: pd.DataFrame) -> str:
    settled = overrides.dropna(subset="came_on")
    kept, chance = (settled["came_on"] <= settled["expected_on"]).sum() / len(overrides), overrides["confidence"].mean()
    sure = f"{percent(kept)} were settled by the day expected, which was given a chance of {percent(chance)}"
    if settled.empty:
        return f"Of {many(len(overrides), 'override')} that are over none is settled; {sure}"
    person, model = settled["miss_days"], settled["model_miss_days"]
    missed = f"people missed by {days(person.mean())} in the mean and the model by {days(model.mean())}"
    nearer = f"people were nearer in {count((person < model).sum())}, the model in {count((person > model).sum())}"
    return f"Of {many(len(settled), 'override')} since settled {missed}; {nearer}; {sure}"
