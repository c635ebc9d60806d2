"""The page on credit: who moved and who meets a rule, first the worst; what is not known is not said; no win is claimed
that chance could explain."""

from __future__ import annotations

import numpy as np
import pandas as pd

import frames
from arforecast.report.exhibits import credit

CALL = "today.ratings()"
STAMP = frames.stamp() | {"of_the_whole": [], "missing_tables": [], "unknown": {}}
CUSTOMERS = pd.DataFrame({"customer_id": list("abcde"), "name": ["Ann", "Bo", "Bo", "Di", "<b>Eve</b>"]})
RATINGS = pd.DataFrame(
    {
        "customer_id": list("abcde"),
        "grade": ["A", "E", "C", "D", "new"],
        "grade_before": ["B", "D", "new", "D", "new"],
        "buying_amount": [100.0, 50.0, 30.0, 20.0, 0.0],
        "expected_loss_amount": [1.0, 5.0, 2.0, 2.0, 0.0],
        "moved": ["", "expected loss 8.91 % to 11.29 %", "", "", ""],
    }
)
POLICY = pd.DataFrame(
    {
        "customer_id": list("bdae"),
        "grade": ["E", "D", "A", "new"],
        "proposal": ["hold orders", "limit", "keep", "keep"],
        "rules": ["61 days past due, held beyond 60", "40.00 open, limit of grade D 10.00", "", ""],
        "open_balance": [60.0, 40.0, 5.0, 0.0],
        "credit_limit_amount": [np.nan, 50.0, np.nan, np.nan],
        "proposed_limit_amount": [0.0, 10.0, 600.0, np.nan],
        "over_limit_amount": [60.0, 30.0, 0.0, np.nan],
        "terms_days": [30.0, 15.0, 30.0, np.nan],
        "proposed_terms_days": [0.0, 15.0, 30.0, np.nan],
    }
)


def test_what_stands_counts_grades_that_moved_and_what_the_policy_asks() -> None:
    stands = credit.standing(RATINGS, POLICY, STAMP)
    row = stands.numbers.iloc[0]
    assert stands.sentence == (
        "Of 5 customers the policy would hold the orders of 1 and ask 0 to prepay; 1 grade became worse in the month, "
        "1 better."
    )
    assert (row["expected_loss_amount"], row["held_balance"], row["over_limit_amount"]) == (10, 60, 90)
    unknown = credit.standing(RATINGS.assign(expected_loss_amount=np.nan), POLICY, STAMP)
    assert credit._cards(unknown.numbers)[2] == ("Expected loss of a year", "–", "write-offs are not known", "", CALL)


def test_who_became_worse_stands_first_and_a_first_grade_is_no_move() -> None:
    rows = credit.moves(RATINGS, CUSTOMERS, STAMP).numbers
    assert rows[["customer", "way"]].to_numpy().tolist() == [
        ["Bo (b)", "worse"], ["Bo (c)", "first grade"], ["Ann", "better"],
    ]  # fmt: skip
    assert rows["what_moved"][0] == "expected loss 8.91\u00a0% to 11.29\u00a0%"


def test_grades_say_whose_loss_it_is_where_losses_are_known() -> None:
    assert credit.grades(RATINGS, STAMP).sentence == (
        "2 customers of grade D or E bought 70, 35\u00a0% of all, and 70\u00a0% of the expected loss is theirs"
    )
    assert "loss" not in credit.grades(RATINGS.assign(expected_loss_amount=np.nan), STAMP).sentence
    assert credit.grades(RATINGS, STAMP).numbers["grade"].tolist() == ["A", "C", "D", "E", "new"]


def test_the_policy_lists_who_meets_a_rule_alone() -> None:
    listed = credit.proposals(POLICY, CUSTOMERS, STAMP)
    assert listed.numbers["customer"].tolist() == ["Bo (b)", "Di"]
    assert listed.sentence == "2 customers meet a rule: 1 hold orders, 1 limit. First Bo (b): hold orders"
    inert = credit.proposals(POLICY.assign(proposal="limit"), CUSTOMERS, STAMP).html()
    assert "&lt;b&gt;Eve&lt;/b&gt;" in inert


def test_what_the_policy_would_have_done_is_a_range_and_unknown_losses_are_not_said() -> None:
    months = pd.DataFrame(
        {
            "month_on": pd.to_datetime(["2026-05-01", "2026-06-01"]),
            "sales_amount": [100.0, 300.0], "refused_amount": [20.0, 300.0], "kept_amount": [80.0, 0.0],
            "cash_forgone_low_amount": [10.0, 20.0], "cash_forgone_amount": [15.0, 25.0],
            "loss_avoided_amount": [2.0, 3.0], "loss_avoided_high_amount": [4.0, 16.0],
            "days_late": [8.0, 4.0], "kept_days_late": [2.0, np.nan],
        }
    )  # fmt: skip
    assert credit.past_policy(months, STAMP).sentence == (
        "In 2 months the policy would have refused 320 of the 400 sold, and with it 30 to 40 that was paid. It would "
        "have avoided losses of 5 to 20; what it keeps was paid, or is open, 2 days late, all of it 5."
    )
    unknown = months.assign(loss_avoided_amount=np.nan, loss_avoided_high_amount=np.nan)
    assert "What losses it would have avoided is not known" in credit.past_policy(unknown, STAMP).sentence


def test_a_win_is_claimed_only_where_chance_cannot_explain_it() -> None:
    def said(low: float, high: float) -> str:
        row = {"what": "came_days_late", "ratings": 9, "rating": 0.5, "rule": 0.4, "better": 0.1}
        return credit.skill(pd.DataFrame([row | {"better_low": low, "better_high": high}]), STAMP).sentence

    assert said(0.05, 0.2).startswith("By days late the rating orders customers better")
    assert "cannot be told apart" in said(-0.05, 0.2)
    assert "the simple rule is better" in said(-0.2, -0.05)
    assert "too few" in said(np.nan, np.nan)


def test_past_grades_stand_with_their_ranges() -> None:
    ends = {f"{name}{end}": [value] for name in ("late_share", "days_late", "written_off_share")
            for end, value in (("", 0.5), ("_low", 0.4), ("_high", 0.6))}  # fmt: skip
    results = pd.DataFrame({"grade": ["E"], "ratings": [3], "customers": [2], **ends})
    shown = credit.results(results.assign(written_off_share=np.nan), STAMP)
    assert shown.numbers["late_range"].tolist() == ["50\u00a0% (40\u00a0% to 60\u00a0%)"]
    assert shown.numbers["days_late_range"].tolist() == ["0.5 (0.4 to 0.6)"]
    assert shown.numbers["written_off_range"].isna().all()
    assert shown.sentence == "Of what fell due in the six months after, 50\u00a0% was late at grade E"


def test_plans_stand_in_their_currency_and_past_ones_beside_what_was_said() -> None:
    plan = {"customer_id": "e", "currency": "EUR", "debt_balance": 650.05, "instalments": 7, "instalment_amount": 93.0}
    words = {"plan": "7 monthly instalments of 93.00 EUR, from 2026-07-15 to 2027-01-15", "p_kept": 0.4}
    shown = credit.plans(pd.DataFrame([plan | words]), CUSTOMERS, STAMP)
    assert "from 15\u00a0Jul\u00a02026" in shown.numbers["plan"][0]
    assert shown.sentence == (
        "1 plan can be offered. First <b>Eve</b>: 650.05 EUR in 7 instalments, kept with a chance of 40\u00a0%"
    )
    assert "<b>Eve" not in shown.html()
    past = pd.DataFrame(
        {"fit": ["as the rule allows", "larger than it allows"], "plans": [3, 1], "customers": [2, 1],
         "p_kept": [0.8, 0.4], "kept_share": [1.0, 0.0],
         "kept_share_low": [0.9, np.nan], "kept_share_high": [1.0, np.nan]}
    )  # fmt: skip
    assert credit.plan_results(past, STAMP).sentence == "75\u00a0% of 4 past plans were kept; 70\u00a0% was said"
    unsaid = credit.plan_results(past.assign(p_kept=np.nan), STAMP).sentence
    assert unsaid == "75\u00a0% of 4 past plans were kept"


def test_terms_are_listed_where_they_change_or_a_discount_tells() -> None:
    priced = pd.DataFrame(
        {
            "customer_id": list("abc"), "verdict": ["costs more than it brings", "", ""],
            "uptake_share": [0.5, np.nan, np.nan], "discount_share": [0.02, np.nan, np.nan],
            "break_even_share": [0.001, 0.001, 0.001], "net_gain_amount": [-9.0, 0.0, 0.0],
            "terms_days": [30.0, 30.0, 30.0], "proposed_terms_days": [30.0, 15.0, 30.0],
            "proposed_terms": ["net 30", "net 15", "net 30"],
        }
    )  # fmt: skip
    shown = credit.terms(priced, CUSTOMERS, STAMP)
    assert shown.numbers["customer"].tolist() == ["Ann", "Bo (b)"]
    assert shown.sentence == (
        "The discount offered to 1 customer costs more than it brings, to 0 it pays; "
        "to 0 half a percent could be offered"
    )
