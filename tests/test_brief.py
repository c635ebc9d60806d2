"""The brief: what it picks of the frames of other pages, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import frames
from arforecast.report.exhibits import accounts, brief, cash
from arforecast.report.formats import NBSP

GLOSSARY = pd.DataFrame({"kpi": ["dso", "dso_12m", "cei", "hhi"], "unit": ["days", "days", "percent", "index"],
                         "better": ["lower", "lower", "higher", ""]})  # fmt: skip
FAMILIES = pd.DataFrame({"kpi": ["dso", "dso_12m"], "question": ["How long?", "How long?"], "why": ["", ""]})


def trend(**values: list[float]) -> pd.DataFrame:
    days = pd.date_range("2025-10-31", periods=9, freq="ME")
    wide = pd.DataFrame(values, index=days.rename("as_of"))
    return wide.melt(ignore_index=False, var_name="kpi", value_name="value").reset_index().assign(by="", group="")


def test_the_changes_are_the_largest_against_their_usual_size() -> None:
    """DSO moves by 1 a month and now by 6; its yearly form by 1 and now by 3, and is of the same family; effectiveness
    moves by 2 and now by 5, down; concentration has no direction, and is no news."""
    told = brief.largest(
        trend(
            dso=[50, 51, 50, 51, 50, 51, 50, 51, 45],
            dso_12m=[60, 61, 60, 61, 60, 61, 60, 61, 58],
            cei=[80, 82, 80, 82, 80, 82, 80, 82, 77],
            hhi=[100, 101, 100, 101, 100, 101, 100, 101, 900],
        ),
        GLOSSARY,
        FAMILIES,
    )
    assert told[["kpi", "before", "now", "times", "verdict"]].to_numpy().tolist() == [
        ["dso", 51, 45, 6, "better"],
        ["cei", 82, 77, 2.5, "worse"],
    ]
    said = brief._changes_said(told)
    assert said == "Days sales outstanding moved most, from 51 to 45: better, and 6 times a usual move"


def test_with_few_months_nobody_knows_what_is_usual_and_a_month_that_lasts_is_not_compared() -> None:
    rows = trend(dso=[50, 51, 50, 51, 50, 51, 50, 51, 45], cei=[80, 82, 80, 82, 80, 82, 80, 82, 20])
    assert brief.largest(rows[rows.as_of >= "2026-01-01"], GLOSSARY, FAMILIES).empty
    young = brief.changes(rows[rows.as_of >= "2026-01-01"], GLOSSARY, FAMILIES, frames.stamp())
    assert young.sentence == "What is usual cannot be said: no measure has moved in enough months."
    begun = rows.assign(value=rows.value.where(rows.as_of >= "2026-01-01", 0.0))
    assert brief.largest(begun, GLOSSARY, FAMILIES).empty, "the months before are none that could be usual"
    until = rows.as_of.where(rows.as_of < "2026-06-30", pd.Timestamp("2026-06-15"))
    assert brief.largest(rows.assign(as_of=until), GLOSSARY, FAMILIES).kpi.to_list() == ["dso"]


def test_cash_that_is_expected_stands_beside_what_came() -> None:
    record = frames.cash_record()
    weeks = record[(record.horizon_week == 1) & (record.method == "model")].sort_values("origin").tail(4)
    each = cash.spans(frames.within(), record, frames.stamp())
    rows = each.numbers
    assert rows.span.to_list() == ["last 4 weeks", "next week", "next 4 weeks", "next 13 weeks"]
    assert rows.until_on[0] == weeks.origin.max() + pd.Timedelta(days=7)
    expected = frames.within().set_index("weeks")["mean"][[1, 4, 13]]
    assert rows.amount.to_list() == pytest.approx([weeks.actual.sum(), *expected])
    assert rows.p10.isna().to_list() == [True, False, False, False]
    said = each.sentence.replace(NBSP, " ")
    assert said.startswith("345 k is expected by 28 Jul 2026 (80 %: 276–414 k); ")
    assert said.endswith("came in the last 4 weeks")


def test_cash_of_a_young_ledger_has_nothing_to_stand_beside() -> None:
    each = cash.spans(frames.within(2), pd.DataFrame(), frames.stamp())
    assert each.numbers.span.to_list() == ["next week", "next 2 weeks"]
    assert "came in" not in each.sentence


def late_accounts() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three accounts owe 100 that is overdue, of which 60, 60 and 90 are expected; a fourth paid today, a fifth is in
    credit. The second broke two promises."""
    ids = ["A", "B", "C", "D", "E"]
    owing = pd.DataFrame(
        {
            "customer_id": ids,
            "name": ["Ann", "Bo", "Ann", "Di", "Ed"],
            "open_balance": 100.0,
            "credit_balance": [0.0, 0.0, 0.0, 0.0, -100.0],
            "overdue_balance": 100.0,
            "oldest_days_past_due": 9,
            "last_paid_on": pd.to_datetime([None, "2026-06-01", None, "2026-06-30", None]),
            "broken_promises": pd.array([0, 2, 0, 9, 9], "Int64"),
            "reasons": "",
        }
    )
    late = pd.DataFrame({"customer_id": ids, "worth_amount": 100.0, "expected_cash_14": [60.0, 60.0, 90.0, 0.0, 0.0]})
    late = late.assign(expected_cash_30=100.0, due_on=pd.Timestamp("2026-06-01"))
    return owing, late


def called(owing: pd.DataFrame, late: pd.DataFrame, worklist: pd.DataFrame | None = None) -> pd.DataFrame:
    listed = pd.DataFrame() if worklist is None else worklist
    return accounts.calls(accounts.ranked(owing, owing, late, "2026-06-30"), listed, frames.stamp()).numbers


def test_calls_go_by_what_will_not_come_by_itself_and_by_broken_promises() -> None:
    told = called(*late_accounts())
    assert told.customer.to_list() == ["Bo", "Ann (A)", "Ann (C)"]
    assert told.p_paid_14.to_list() == pytest.approx([0.6, 0.6, 0.9])
    assert (
        accounts._calls_said(told).replace(NBSP, " ")
        == "First Bo: call, 100.00 overdue, 60 % of it expected within 14 days"
    )


def test_calls_are_those_of_the_worklist_in_its_order() -> None:
    """Nobody is called whom the list leaves alone, and who is not overdue yet is a matter for the list."""
    owing, late = late_accounts()
    listed = pd.DataFrame({"customer_id": ["F", "C", "D", "B", "A"]})
    listed = listed.assign(action=["remind", "send a letter", "call", "not contacted: reserve", "wait"])
    told = called(owing, late, listed)
    assert told[["customer", "action"]].to_numpy().tolist() == [["Ann (C)", "send a letter"], ["Di", "call"]]
    assert called(owing, late, listed.head(0)).empty


def test_without_a_promises_table_calls_go_by_money_alone() -> None:
    owing, late = late_accounts()
    told = called(owing.assign(broken_promises=np.nan), late)
    assert told.customer.to_list() == ["Ann (A)", "Bo", "Ann (C)"]


def test_what_was_not_checked_has_not_passed() -> None:
    gates = [
        {"gate": "control", "passed": True, "checked": False, "message": "Nothing to tie to."},
        {"gate": "staleness", "passed": False, "checked": True, "message": "Too old on 2026-06-30."},
    ]
    ties = brief.ties({"gates": gates})
    told = "Control totals: not checked. Nothing to tie to. Newest fact: not passed. Too old on 30 Jun 2026."
    assert ties.sentence.replace(NBSP, " ") == told
    assert brief._ties_cards(ties.numbers)[-1].note.replace(NBSP, " ") == "Too old on 30 Jun 2026."
    assert ties.numbers.message[1] == "Too old on 2026-06-30."
