"""The sentences, read word by word: each has a frame whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import frames
from arforecast.report import numbers, words
from arforecast.report.formats import NBSP


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def with_value(kpis: pd.DataFrame, kpi: str, value: float) -> pd.DataFrame:
    return kpis.assign(value=kpis["value"].mask(kpis["kpi"].eq(kpi), value))


def test_the_headline_says_what_is_owed_overdue_and_how_many_days_that_is() -> None:
    assert plain(words.kpis_headline(frames.kpis())) == (
        "1.00 M is owed on 30 Jun 2026, 40 % of it overdue (41 % on 31 May 2026). "
        "That is 52 days of sales; 31 days if nothing were overdue."
    )


def test_the_headline_leaves_out_what_is_not_known() -> None:
    single = with_value(frames.kpis(months=1), "dso", np.nan)
    assert plain(words.kpis_headline(single)) == "1.00 M is owed on 30 Jun 2026, 40 % of it overdue."


def test_the_headline_of_a_ledger_where_all_is_paid() -> None:
    assert plain(words.kpis_headline(with_value(frames.kpis(), "open_ar", 0.0))) == "Nothing is owed on 30 Jun 2026."


def test_cards_say_in_words_what_changed_and_whether_the_target_is_met() -> None:
    measures = numbers.compare(frames.kpis(), frames.glossary())
    cards = words.kpi_cards(measures, ["open_ar", "overdue_share", "dso", "cei", "billed"], {"dso": 45, "cei": 75})
    assert [tuple(map(plain, card)) for card in cards] == [
        ("Open receivables", "1.00 M", "10.0 k below 31 May 2026", ""),
        ("Overdue share", "40 %", "1 point below 31 May 2026: better", "good"),
        ("Days sales outstanding", "52 days", "1 day below 31 May 2026: better; off target (45 days)", "good"),
        ("Collection effectiveness", "80 %", "1 point above 31 May 2026: better; on target (75 %)", "good"),
        ("Billed", "500 k", "as on 31 May 2026", ""),
    ]


def test_a_card_that_got_worse_says_so() -> None:
    kpis = frames.kpis()
    measures = numbers.compare(with_value(kpis[kpis["as_of"].lt(frames.AS_OF)], "none", 0), frames.glossary())
    worse = measures.assign(now=60.0)
    assert words.kpi_cards(worse, ["dso"], {})[0].tone == "bad"
    assert words.kpi_cards(worse, ["dso"], {})[0].note.endswith(": worse")


def test_a_measure_the_ledger_has_not_gets_no_card_and_an_undefined_one_a_dash() -> None:
    measures = numbers.compare(frames.kpis(), frames.glossary())
    cards = words.kpi_cards(measures, ["nonsense", "bad_debt_share"], {"bad_debt_share": 0.02})
    note = "not defined: too little history, or nothing to divide by"
    assert cards == [words.Card("Bad debt share", "–", note)]


@pytest.mark.parametrize(
    ("buckets", "said"),
    [
        ({"current": 50, "1-30": 30, "31-60": 20}, "Most overdue money is 1–30 days late"),
        (
            {"current": 50, "1-30": 3, "31-60": 4, "61-90": 3},
            "The largest part of overdue money, 40 %, is 31–60 days late",
        ),
        ({"current": 50, "1-30": 0}, "Nothing is overdue"),
        ({"current": 0, "1-30": 0}, "Nothing is owed"),
    ],
)
def test_the_answer_on_age(buckets: dict[str, float], said: str) -> None:
    frame = pd.DataFrame({"days_past_due": list(buckets), "open_balance": list(buckets.values())})
    assert plain(words.ageing(frame)) == said


def test_the_answer_on_days_of_sales() -> None:
    trend = numbers.trend(frames.kpis(), "dso", "dso_best_possible")
    assert plain(words.sales_days(trend)) == (
        "Days sales outstanding fell to 52, from 64 in Jun 2025; it would be 31 if nothing were overdue"
    )
    steady = trend.assign(dso=52.0)
    assert plain(words.sales_days(steady)).startswith("Days sales outstanding is 52, as in Jun 2025;")
    assert words.sales_days(trend.assign(dso=np.nan)) == "The ledger is too short for days sales outstanding"


def test_the_answers_on_collection_and_on_flows() -> None:
    assert plain(words.effectiveness(numbers.trend(frames.kpis(), "cei"))) == (
        "In Jun 2026 80 % of what could be collected was collected"
    )
    flows = numbers.trend(frames.kpis(), "billed", "cash")
    assert plain(words.flows(flows)) == "Since Jun 2025 6.50 M was billed and 5.85 M came in, 90 % of it"
    assert plain(words.flows(flows.assign(billed=0.0))) == "Since Jun 2025 nothing was billed and 5.85 M came in"


def test_the_answer_on_why_it_moved_names_the_two_largest_parts() -> None:
    moved = numbers.moved(frames.bridge(), "days")
    assert plain(words.dso_moved(moved)) == (
        "Days sales outstanding rose by 3 since 31 May 2026: 5.2 more from late payment, 2.5 fewer from billing volume"
    )
    assert plain(words.dso_moved(moved.assign(days=-moved["days"]))) == (
        "Days sales outstanding fell by 3 since 31 May 2026: 5.2 fewer from late payment, 2.5 more from billing volume"
    )
    assert plain(words.dso_moved(moved.assign(days=0.01))) == "Days sales outstanding did not move since 31 May 2026"


def test_the_answer_on_what_moved_what_is_owed() -> None:
    moved = numbers.moved(frames.bridge(), "amount")
    assert plain(words.receivables_moved(moved)) == (
        "Open receivables fell by 20.0 k since 31 May 2026: 500 k was billed, 510 k came in, "
        "10.5 k was credited, discounted or written off"
    )


def test_the_families_of_measures_say_once_why_they_differ() -> None:
    families = pd.DataFrame({"question": ["How?", "How?", "When?"], "kpi": list("abc"), "why": ["So.", "So.", "Then."]})
    assert words.families(families) == "How? So. When? Then."


def two_customers() -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is overdue and what is not yet due."""
    late = frames.late(4).assign(
        due_on=pd.to_datetime(["2026-06-30", "2026-07-01", "2026-07-02", "2026-06-29"]),
        customer_id=["A", "A", "B", "B"],
        open_balance=[100_000.0, 300_000.0, 100_000.0, 50_000.0],
        p_late=[0.5, 0.25, 0.2, 1.0],
        p_paid_30=[0.5, 0.5, 0.5, 0.2],
    )
    return numbers.overdue(late, "2026-06-30"), numbers.not_due(late, "2026-06-30")


def test_the_headline_on_late_payers_names_the_fewest_customers_to_speak_to() -> None:
    assert plain(words.late_headline(*two_customers())) == (
        "50.0 k is overdue. "
        "Of the 500 k not yet due, 145 k is expected to be paid late, half of it by 1 of 2 customers."
    )
    overdue, ahead = two_customers()
    assert plain(words.late_headline(overdue, ahead.head(0))) == "50.0 k is overdue. Nothing else is open."


def test_the_cards_on_late_payers_add_up() -> None:
    cards = [tuple(map(plain, card[:3])) for card in words.late_cards(*two_customers())]
    assert cards == [
        ("Overdue", "50.0 k", "1 invoice"),
        ("Not yet due", "500 k", "3 invoices"),
        ("Expected to be paid late", "145 k", "of what is not yet due"),
        ("Expected within 30 days", "260 k", "of everything open"),
    ]


def test_the_answer_on_bands_counts_what_is_more_likely_late_than_not() -> None:
    assert plain(words.late_bands(numbers.late_bands(two_customers()[1]))) == (
        "100 k of the 500 k not yet due is more likely to be late than not"
    )
    assert words.late_bands(numbers.late_bands(two_customers()[1].head(0))) == "Nothing is waiting to fall due"


def test_the_answer_on_reliability_is_the_mean_gap() -> None:
    bins = pd.DataFrame(
        {
            "method": ["model", "model", "baseline"],
            "p_late": [0.2, 0.6, 0.5],
            "late_share": [0.3, 0.4, 0],
            "invoices": [3, 1, 4],
        }
    )
    assert plain(words.reliability(bins)) == "The chances we gave were 12 points off on average"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.70, 0.90, "The model beats the customer’s own late rate (error 80 % of its, 90 % range 70 % to 90 %)."),
        (0.90, 1.10, "The model and the customer’s own late rate cannot be told apart"),
        (1.05, 1.20, "The simple rule is better: the customer’s own late rate beats the model"),
    ],
)
def test_a_win_is_claimed_only_where_chance_cannot_explain_it(low: float, high: float, said: str) -> None:
    row = {
        "invoices": 1040,
        "origins": 26,
        "brier": 0.12,
        "brier_baseline": 0.15,
        "ratio": 0.8,
        "low": low,
        "high": high,
    }
    told = plain(words.late_record(pd.DataFrame([row])))
    assert told.startswith("On 1,040 past invoices over 26 weeks the squared error of our probabilities was 0.120;")
    assert said in told


def test_a_few_weeks_prove_nothing() -> None:
    told = words.late_record(numbers.late_skill(frames.late_record(weeks=7)))
    assert told.endswith("That is too few weeks to say which of the two is better.")
    assert "beats" in words.late_record(numbers.late_skill(frames.late_record(weeks=8)))


def test_the_headline_on_cash() -> None:
    assert plain(words.cash_headline(frames.cash())) == (
        "345 k is expected by 28 Jul 2026, 90.0 k of it in the week to 7 Jul 2026 (80 %: 72–108 k)."
    )


def test_the_cards_on_cash_agree_with_the_forecast() -> None:
    cards = [tuple(map(plain, card[:3])) for card in words.cash_cards(frames.cash())]
    assert cards[0] == ("Next week", "90.0 k", "80 %: 72–108 k")
    assert cards[1] == ("Next four weeks", "345 k", "to 28 Jul 2026")
    assert cards[2] == ("All 13 weeks", "1.07 M", "to 29 Sep 2026")
    assert cards[3][0] == "Not billed yet"


def test_the_answers_on_weeks_and_where_cash_comes_from() -> None:
    assert plain(words.cash_weeks(numbers.cash_weeks(frames.cash()))) == (
        "Weeks bring 80.1 k to 90.0 k, the most in the week from 1 Jul 2026"
    )
    split = numbers.cash_split(frames.cash())
    assert words.cash_split(split) == "From week 4 on, most cash comes from invoices not issued yet"
    assert words.cash_split(split.assign(unbilled=0.0)) == (
        "In 13 of 13 weeks most cash comes from invoices already issued"
    )
    assert (
        words.cash_split(split.assign(open_book=0.0, unbilled=1.0))
        == "In every week most cash comes from invoices not issued yet"
    )
    back = split.assign(open_book=split["open_book"].where(split.index != 6, 1e9))  # a large invoice due in week 7
    assert words.cash_split(back) == "From week 8 on, most cash comes from invoices not issued yet"


def test_the_answer_on_past_forecasts_counts_the_hits() -> None:
    past = pd.DataFrame({"horizon_week": 4, "actual": [1.0, 5, 9], "p10": [2, 2, 2], "p90": [8, 8, 9]})
    assert plain(words.cash_past(past)) == "Forecast 4 weeks ahead, receipts fell inside the 80 % range in 2 of 3 weeks"


def test_the_record_on_cash_says_when_the_simple_rule_is_better() -> None:
    good = plain(words.cash_record(numbers.cash_skill(frames.cash_record())))
    assert good.startswith("1 week ahead it missed by 7.")
    assert "4 weeks ahead" in good
    assert good.count("The model beats that rule") == 2
    bad = plain(words.cash_record(numbers.cash_skill(frames.cash_record(noise=0.5, baseline_noise=0.05))))
    assert bad.count("The simple rule is better: that rule beats the model") == 2
    assert "A simple rule was better 1, 2, 3, 4 weeks ahead." in bad


def test_the_record_on_cash_says_how_often_the_ranges_held_near_and_far() -> None:
    skill = numbers.cash_skill(frames.cash_record()).assign(inside_80_share=[0.85, 0.8, 0.7, 0.07])
    said = plain(words.cash_record(skill))
    assert said.endswith("The 80 % range held 85 % of the time 1 week ahead and 7 % of the time 4 weeks ahead.")
    assert "A simple rule was better" not in said


def test_without_a_record_nothing_is_claimed() -> None:
    nothing = pd.DataFrame()
    assert "nothing is known about how right" in words.late_record(nothing)
    assert "nothing is known about how right" in words.cash_record(nothing)
