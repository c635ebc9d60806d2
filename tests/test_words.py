"""The sentences, read word by word: each has a frame whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import frames
from arforecast.report.exhibits import cash, collections, late, overrides, receivables
from arforecast.report.formats import NBSP


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def with_value(kpis: pd.DataFrame, kpi: str, value: float) -> pd.DataFrame:
    return kpis.assign(value=kpis["value"].mask(kpis["kpi"].eq(kpi), value))


def measured(kpis: pd.DataFrame, targets: dict[str, float] | None = None) -> pd.DataFrame:
    return receivables.measured(kpis, frames.glossary(), targets or {}, frames.stamp())


def headline(kpis: pd.DataFrame) -> str:
    return receivables.standing(kpis, frames.glossary(), {}, frames.stamp()).sentence


def test_the_headline_says_what_is_owed_overdue_and_how_many_days_that_is() -> None:
    assert plain(headline(frames.kpis())) == (
        "1.00 M is owed on 30 Jun 2026, 40 % of it overdue (41 % on 31 May 2026). "
        "That is 52 days of sales; 31 days if nothing were overdue."
    )


def test_the_headline_leaves_out_what_is_not_known() -> None:
    single = with_value(frames.kpis(months=1), "dso", np.nan)
    assert plain(headline(single)) == "1.00 M is owed on 30 Jun 2026, 40 % of it overdue."


def test_the_headline_of_a_ledger_where_all_is_paid() -> None:
    assert plain(headline(with_value(frames.kpis(), "open_ar", 0.0))) == "Nothing is owed on 30 Jun 2026."


def test_cards_say_in_words_what_changed_and_whether_the_target_is_met() -> None:
    measures = measured(frames.kpis(), {"dso": 45, "cei": 75})
    cards = receivables.kpi_cards(measures, ["open_ar", "overdue_share", "dso", "cei", "billed"])
    assert [tuple(map(plain, card[:4])) for card in cards] == [
        ("Open receivables", "1.00 M", "10.0 k below 31 May 2026", ""),
        ("Overdue share", "40 %", "1 point below 31 May 2026: better", ""),
        ("Days sales outstanding", "52 days", "1 day below 31 May 2026: better; off target (45 days)", "bad"),
        ("Collection effectiveness", "80 %", "1 point above May 2026: better; on target (75 %)", "good"),
        ("Billed", "500 k", "as before, May 2026", ""),
    ]


def test_a_card_has_the_colour_of_its_target_and_says_apart_where_it_is_heading() -> None:
    """20.3 days of 20 read 20 of 20; a loss that shrinks is still a loss."""
    kpis = frames.kpis()
    measures = measured(kpis[kpis["as_of"].lt(frames.AS_OF)], {"dso": 20}).assign(now=20.3, month_before=18.0)
    (card,) = receivables.kpi_cards(measures, ["dso"])
    assert card.tone == "good"
    assert plain(card.note).endswith(": worse; on target (20 days)")
    (card,) = receivables.kpi_cards(measures.assign(target=np.nan), ["dso"])
    assert card.tone == ""
    assert card.note.endswith(": worse")


def test_a_card_says_a_figure_as_the_sentence_does() -> None:
    """A return below nothing is no good news, however it moved; what rounds to 0.5 is 0.50 in both places."""
    kpis = frames.collecting().assign(unit="ratio")
    measures = receivables.measured(kpis, frames.glossary(), {}, frames.stamp())
    stands = collections.standing(kpis, frames.glossary(), {}, frames.stamp())
    cards = {card.label: card for card in receivables.kpi_cards(measures, ["collections_roi", "collections_roi_net"])}
    assert [card.value for card in cards.values()] == ["6.00", "−0.50"]
    assert all(f"was {card.value} times" in stands.sentence for card in cards.values())
    assert {card.tone for card in cards.values()} == {""}


def test_a_value_that_reads_as_its_target_is_on_target() -> None:
    numbers = {"value": [20.3, 70.0], "target": [20.0, 80.0], "distance": [-0.3, -10.0], "trend": 1.0}
    of = {"as_of": frames.AS_OF, "by": "", "group": "", "kpi": ["dso", "cei"], "verdict": "worse"}
    judged = pd.DataFrame(of | numbers)
    each = receivables.targets(judged, frames.glossary(), frames.stamp())
    assert dict(zip(each.numbers["kpi"], each.numbers["verdict"], strict=True)) == {"cei": "worse", "dso": "on target"}
    assert each.sentence.startswith("1 of 2 targets is missed, first of all Collection effectiveness")


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
    assert plain(receivables._ageing_said(frame)) == said


def test_the_answer_on_days_of_sales() -> None:
    trend = receivables.trend(frames.kpis(), "dso", "dso_best_possible")
    assert plain(receivables._sales_days_said(trend)) == (
        "Days sales outstanding fell to 52, from 64 in Jun 2025; it would be 31 if nothing were overdue"
    )
    steady = trend.assign(dso=52.0)
    assert plain(receivables._sales_days_said(steady)).startswith("Days sales outstanding is 52, as in Jun 2025;")
    assert (
        receivables._sales_days_said(trend.assign(dso=np.nan)) == "The ledger is too short for days sales outstanding"
    )


def test_the_answers_on_collection_and_on_flows() -> None:
    assert plain(receivables._effectiveness_said(receivables.trend(frames.kpis(), "cei"))) == (
        "In Jun 2026 80 % of what could be collected was settled: paid, credited or written off"
    )
    flows = receivables.trend(frames.kpis(), "billed", "cash")
    assert plain(receivables._flows_said(flows)) == "Since Jun 2025 6.50 M was billed and 5.85 M came in, 90 % of it"
    assert (
        plain(receivables._flows_said(flows.assign(billed=0.0)))
        == "Since Jun 2025 nothing was billed and 5.85 M came in"
    )
    assert plain(receivables._flows_said(flows.assign(cash=-100.0))) == (
        "Since Jun 2025 6.50 M was billed and 1.30 k more was returned than came in"
    )
    assert plain(receivables._effectiveness_said(flows.assign(cei=-100.0))) == (
        "In Jun 2026 more was taken back of what had been settled than was settled"
    )


def test_the_answer_on_why_it_moved_names_the_two_largest_parts() -> None:
    moved = receivables.movement(frames.bridge(), "days", 52.0)
    assert plain(receivables._days_moved_said(moved)) == (
        "Days sales outstanding rose by 3 since 31 May 2026: 5.2 more from late payment, 2.5 fewer from billing volume"
    )
    assert plain(receivables._days_moved_said(moved.assign(days=-moved["days"]))) == (
        "Days sales outstanding fell by 3 since 31 May 2026: 5.2 fewer from late payment, 2.5 more from billing volume"
    )
    assert (
        plain(receivables._days_moved_said(moved.assign(days=0.001)))
        == "Days sales outstanding did not move since 31 May 2026"
    )


def test_the_answer_on_what_moved_what_is_owed() -> None:
    moved = receivables.movement(frames.bridge(), "amount", 1e6)
    assert plain(receivables._moved_said(moved)) == (
        "Open receivables fell by 20.0 k since 31 May 2026: 500 k was billed, 510 k came in, "
        "10.5 k was credited, discounted or written off"
    )
    fallen = moved.assign(amount=moved["amount"].mask(moved["part"].eq("currency"), -700.0))
    assert receivables._moved_said(fallen).endswith("written off; exchange rates took off 700")
    back = moved.assign(amount=moved["amount"].mask(moved["part"].isin(["cash", "write_offs"]), 20_000.0))
    assert plain(receivables._moved_said(back)).endswith(
        "20.0 k more was returned than came in, 19.0 k of what was credited, discounted or written off was taken back"
    )


def test_the_answer_on_late_payers_says_nothing_of_what_is_not_there() -> None:
    due = [frames.AS_OF - pd.Timedelta(days=1), frames.AS_OF]
    rows = frames.late(2).assign(due_on=due, worth_amount=100.0, p_late=[1.0, 0.5])
    said = [plain(late.standing(part, frames.stamp()).sentence) for part in (rows, rows[:1], rows[1:], rows[:0])]
    assert said == [
        "100 is overdue. Of the 100 not yet due, 50 is expected to be paid late, half of it by 1 of 1 customer.",
        "100 is overdue. Nothing else is open.",
        "Nothing is overdue. Of the 100 not yet due, 50 is expected to be paid late, half of it by 1 of 1 customer.",
        "Nothing is open.",
    ]


def two_customers() -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is overdue and what is not yet due."""
    late = frames.late(4).assign(
        due_on=pd.to_datetime(["2026-06-30", "2026-07-01", "2026-07-02", "2026-06-29"]),
        customer_id=["A", "A", "B", "B"],
        worth_amount=[100_000.0, 300_000.0, 100_000.0, 50_000.0],
        p_late=[0.5, 0.25, 0.2, 1.0],
        expected_cash_30=[50_000.0, 150_000.0, 50_000.0, 10_000.0],
    )
    return late.overdue(late, "2026-06-30"), late.not_due(late, "2026-06-30")


def test_what_can_still_be_paid_on_time_says_how_much_falls_due_first() -> None:
    """What is due on the day itself is late for certain, and is not listed."""
    rows = frames.late(4).assign(
        due_on=pd.to_datetime(["2026-06-30", "2026-07-01", "2026-07-02", "2026-07-30"]),
        worth_amount=[100.0, 300.0, 200.0, 50.0],
        p_late=[1.0, 0.5, 0.5, 0.5],
    )
    each = late.at_risk(rows, frames.customers(), frames.stamp() | {"as_of": "2026-06-30"})
    assert len(each.numbers) == 3
    assert plain(each.sentence) == (
        "275 is at risk in 3 invoices; 150 of it falls due on 1 Jul 2026, 250 within a week of it"
    )


def test_the_answer_on_reliability_is_the_mean_gap() -> None:
    bins = pd.DataFrame(
        {
            "method": ["model", "model", "baseline"],
            "p_late": [0.2, 0.6, 0.5],
            "late_share": [0.3, 0.4, 0],
            "by_chance_share": [0.02, 0.1, 0],
            "invoices": [3, 1, 4],
        }
    )
    assert plain(late._reliability_said(bins)) == (
        "The chances we gave were 12 points off on average; right ones would be 4 points off by luck, since a customer "
        "settles many invoices at once"
    )


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
    told = plain(late._skill_said(pd.DataFrame([row])))
    assert told.startswith("On 1,040 past invoices over 26 weeks the squared error of our probabilities was 0.12;")
    assert said in told


def test_ranges_of_days_say_what_they_held_and_how_many_customers_could_be_about_right() -> None:
    row = {"forecasts": 260, "held_share": 0.8, "customers": 6, "within_customers": 5, "by_chance_customers": 4.63}
    held = "The 80 % ranges held in 80 % of 260 past forecasts"
    assert plain(late._ranges_said(pd.DataFrame([row]))) == (
        f"{held}. Of 6 customers with 30 or more, 5 saw 70–90 % of theirs hold; were every range right, 5 would, since "
        "a customer settles many invoices at once."
    )
    assert plain(late._ranges_said(pd.DataFrame([row | {"customers": 0}]))) == f"{held}."


def test_a_few_weeks_prove_nothing() -> None:
    told = late._skill_said(late._skill(frames.late_record(weeks=7)))
    assert told.endswith("That is too few weeks to say which of the two is better.")
    assert "beats" in late._skill_said(late._skill(frames.late_record(weeks=8)))


def test_the_headline_on_cash_has_a_range_and_what_such_ranges_held() -> None:
    assert plain(cash._standing_said(frames.within())) == (
        "345 k is expected by 28 Jul 2026 (80 %: 276–414 k), 90.0 k of it in the week to 7 Jul 2026 (80 %: 72–108 k). "
        "Such a range held 75 % of 20 past forecasts of 4 weeks (they were 5 % low) and "
        "75 % of 20 past forecasts of 1 week (they were 5 % low)."
    )
    assert plain(cash._standing_said(frames.within().head(1))) == (
        "90.0 k (80 %: 72–108 k) is expected by 7 Jul 2026. "
        "Such a range held 75 % of 20 past forecasts of 1 week (they were 5 % low)."
    )


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"origins": 0}, "No past forecast can be judged yet, so nothing is known about how right this one is."),
        ({"bias_share": 0.02}, "(they were 2 % high)."),
        ({"bias_share": 0.0}, "(they were neither high nor low)."),
        ({"bias_share": float("nan")}, "(nothing came in them)."),
    ],
)
def test_a_headline_says_what_is_known_of_past_forecasts(record: dict[str, float], said: str) -> None:
    assert plain(cash._standing_said(frames.within().assign(**record))).endswith(said)


def test_the_answer_on_past_forecasts_counts_the_hits() -> None:
    past = pd.DataFrame(
        {"horizon_week": 4, "forecast": [5.0, 5, 5], "actual": [1.0, 5, 9], "p10": [2, 2, 2], "p90": [8, 8, 9]}
    )
    assert (
        plain(cash._judged_said(past)) == "Forecast 4 weeks ahead, receipts fell inside the 80 % range in 2 of 3 weeks"
    )


def test_the_record_on_cash_says_when_the_simple_rule_is_better() -> None:
    good = plain(cash._skill_said(cash.horizons(frames.cash_record())))
    assert good.startswith("1 week ahead it missed by 7.")
    assert "4 weeks ahead" in good
    assert good.count("The model beats that rule") == 2
    bad = plain(cash._skill_said(cash.horizons(frames.cash_record(noise=0.5, baseline_noise=0.05))))
    assert bad.count("The simple rule is better: that rule beats the model") == 2
    assert "A simple rule was better 1, 2, 3, 4 weeks ahead." in bad


def test_where_nothing_came_the_record_on_cash_divides_by_nothing() -> None:
    said = plain(cash._skill_said(cash.horizons(frames.cash_record().assign(actual=0.0))))
    assert said.startswith("1 week ahead nothing came in the weeks that can be judged; the best simple rule was the ")
    assert "cannot be told apart" in said and "missed by" not in said
    rows = {"weeks_ahead": "1", "method": ["model", "last week"], "net_accuracy": np.nan, "wape": np.nan}
    assert cash._decoded_said(pd.DataFrame(rows)) == (
        "One week ahead nothing came in the weeks that can be judged: what divides by it is not defined"
    )


def test_the_record_on_cash_says_how_often_the_ranges_held_near_and_far() -> None:
    skill = cash.horizons(frames.cash_record()).assign(inside_80_share=[0.85, 0.8, 0.7, 0.07])
    said = plain(cash._skill_said(skill))
    assert said.endswith("The 80 % range held 85 % of the time 1 week ahead and 7 % of the time 4 weeks ahead.")
    assert "A simple rule was better" not in said


def test_without_a_record_nothing_is_claimed() -> None:
    for skill in (late.skill, cash.skill):
        assert "nothing is known about how right" in skill(pd.DataFrame(), frames.stamp()).sentence


def with_number(kpis: pd.DataFrame, kpi: str, **parts: float) -> pd.DataFrame:
    return kpis.assign(**{part: kpis[part].mask(kpis["kpi"].eq(kpi), number) for part, number in parts.items()})


def test_the_answers_on_recovery_and_vintages() -> None:
    recovery = collections.by_due_month(frames.collecting())
    assert plain(collections._recovery_said(recovery)) == (
        "Recovered of what falls overdue: 70 % within 30 days, 80 % within 60 days, 90 % within 90 days"
    )
    young = recovery.assign(recovered_60=np.nan, recovered_90=np.nan)
    assert plain(collections._recovery_said(young)) == "Recovered of what falls overdue: 70 % within 30 days"
    vintage = collections._triangle(frames.vintage())
    assert plain(collections._vintage_said(vintage)) == (
        "Of what was billed in Mar 2026 92 % had come in 3 months later (Jul 2024: 92 %)"
    )
    assert (
        plain(collections._vintage_said(vintage.tail(2)))
        == "Of what was billed in May 2026 90 % had come in 1 month later"
    )
    assert (
        plain(collections._vintage_said(vintage.tail(1)))
        == "Of what was billed in Jun 2026 60 % had come in by its end"
    )
    assert collections._vintage_said(vintage.tail(1).assign(**{"age:0": np.nan})) == "No month of billing is over yet"


def test_the_answer_on_roll_rates_is_of_the_first_bucket_past_due() -> None:
    matrix = collections.matrix(frames.roll_rates())
    assert plain(collections._roll_rates_said(matrix)) == (
        "Of 100 that are 1–30 days late, 50 are paid a month later and 40 are older"
    )
    assert plain(collections._roll_rates_said(matrix.tail(1))) == (
        "Of 100 that are 31–60 days late, 30 are paid a month later and 50 are older"
    )
    none = "Nothing was overdue at the beginning of a month of the last year"
    assert collections._roll_rates_said(matrix.head(1)) == none


def test_the_answers_on_overdue_invoices_and_promises_stand_on_the_last_month_known() -> None:
    kpis = frames.collecting()
    settled = receivables.trend(kpis, "days_to_resolve_mean", "days_to_resolve_median")
    assert plain(collections._resolved_said(settled)) == (
        "In the 90 days to 30 Jun 2026 half of the overdue invoices settled took up to 11 days past the due date; "
        "the mean is 30 days"
    )
    kept = receivables.trend(kpis, "promise_kept_share", "promise_kept_count_share")
    kept.loc[12, "promise_kept_share"] = np.nan
    assert plain(collections._promises_said(kept)) == (
        "60 % of the promises for the 90 days to 31 May 2026 were kept, 75 % of the money promised"
    )
    assert collections._promises_said(kept.tail(1)) == "No promise can be judged yet"
    assert collections._resolved_said(settled.head(0)) == "No overdue invoice was settled in these months"


def test_the_answer_on_disputes_names_a_reason_where_one_is_recorded() -> None:
    rows = frames.disputes_by_reason()
    assert plain(collections._disputes_said(rows)) == (
        f"{frames.HOSTILE} is the reason for 60 % of the 1.00 k disputed; disputes closed after 25 days on average"
    )
    assert plain(collections._disputes_said(rows.iloc[1:2])) == (
        "300 was disputed, for reasons not recorded; none is closed yet"
    )
    assert collections._disputes_said(rows.tail(1)).startswith("Missing reference is the reason for 100")


def test_the_answer_on_contacts_claims_no_effect() -> None:
    assert plain(collections._contacts_said(frames.contacts_by_channel())) == (
        "Of 100 contacts 60 % were by call, 40 % came before the due date; what was paid after a contact is not its "
        "effect, since those contacted differ from the others"
    )


def test_the_answer_on_methods_leaves_out_what_is_not_recorded() -> None:
    rows = frames.method_mix()
    assert plain(collections._methods_said(rows)) == (
        "Card brings 30 % of cash, 1 day early; check is the slowest, 5.8 days late"
    )
    assert plain(collections._methods_said(rows.iloc[1:2].assign(days_beyond_terms=0.04))) == (
        "Card brings 30 % of cash, on the due date"
    )
    assert collections._methods_said(rows.head(1)) == "How customers pay is not recorded"


def test_the_answer_on_terms_weighs_the_price_of_discounts_by_what_was_offered() -> None:
    rows = frames.terms()
    assert plain(collections._terms_said(rows)) == (
        "80 % of billing has terms of 16–30 days; 20 of 40 offered as discounts was taken, "
        "at the price of 35 % interest a year"
    )
    unpriced = plain(collections._terms_said(rows.assign(discount_yearly_cost_share=np.nan)))
    assert unpriced.endswith("; 20 of 40 offered as discounts was taken")
    assert collections._terms_said(rows.head(1)).endswith("; no discount was offered for early payment")


def test_the_answers_on_fees_plans_and_the_agency_add_up_their_rows() -> None:
    assert collections._late_fees_said(frames.late_fees()) == (
        "Of 60 billed as late fees in twelve months 35 was collected and 10 waived"
    )
    plans = frames.payment_plans()
    assert plain(collections._plans_said(plans)) == (
        "75 % of the money due in instalments was paid in time, 7 % is overdue; 2 of 6 plans due in Jun 2026 are broken"
    )
    assert plain(collections._plans_said(plans.head(2))).endswith("; 1 of 5 plans due in May 2026 is broken")
    rows = frames.agency()
    assert plain(collections._agency_said(rows)) == (
        "Of 4.00 k handed to an agency 15 % was recovered within 90 days; every 100 recovered cost 25"
    )
    assert plain(collections._agency_said(rows.assign(agency_cost_amount=np.nan))).endswith("recovered within 90 days")
    assert plain(collections._agency_said(rows.tail(1))) == (
        "4 invoices of 5.00 k went to an agency; no quarter of them is 90 days old yet"
    )


def test_the_answers_on_costs_and_returns() -> None:
    trend = receivables.trend(frames.collecting(), "cost_to_collect", "collections_roi", "collections_roi_net")
    assert (
        plain(collections._costs_said(frames.costs_by_category()))
        == "Staff is 75 % of the 40.0 k spent in twelve months"
    )
    assert plain(collections._cost_to_collect_said(trend.tail(1))) == "Collecting 100 cost 4 in Jun 2026"
    assert collections._cost_to_collect_said(trend.head(0)) == "Nothing was collected that a cost could be set against"
    assert plain(collections._returns_said(trend)) == (
        "In Jun 2026 the return was 6.00 times the cost, gross: some of that money would have come unasked. "
        "Net of what comes unasked it was −0.50 times, an estimate that proves no cause"
    )
    assert collections._returns_said(trend.assign(collections_roi=np.nan)) == "The return on collecting is not known"


def test_the_answer_on_losses_says_what_it_leaves_out() -> None:
    rows = frames.expected_credit_loss()
    assert plain(collections._credit_loss_said(rows)) == (
        "Of 1.25 k open 100 is expected to be lost; 80 to 120 with 0.8 to 1.2 of the forward factor"
    )
    young = rows.assign(expected_loss_amount=rows["expected_loss_amount"].where(rows["bucket"].ne("31+")))
    assert plain(collections._credit_loss_said(young)).startswith(
        "Of 1.20 k open in the buckets with a history 60 is expected to be lost; 48 to 72 with"
    )
    assert collections._credit_loss_said(rows.assign(expected_loss_amount=np.nan)) == (
        "Expected losses are not defined: no balance is a year old yet"
    )
    none = rows.assign(open_balance=rows["open_balance"].where(young["expected_loss_amount"].isna(), 0.0))
    assert plain(collections._credit_loss_said(none.assign(expected_loss_amount=young["expected_loss_amount"]))) == (
        "Expected losses are not defined: a year ago nothing was as late as the 50 that is open"
    )
    assert collections._credit_loss_said(rows.assign(open_balance=0.0)) == "Nothing is open"


def test_the_answer_on_credit_limits() -> None:
    rows = frames.credit_limit_use().rename(columns={"name": "customer"})
    assert plain(collections._credit_limits_said(rows)) == "2 of 3 customers are over the credit limit, by 60 in all"
    assert (
        plain(collections._credit_limits_said(rows.head(1))) == "1 of 1 customer is over the credit limit, by 10 in all"
    )
    assert (
        plain(collections._credit_limits_said(rows.tail(1)))
        == "Nobody is over the credit limit; the nearest, C, uses 10 % of it"
    )


def test_a_change_too_small_to_be_seen_is_neither_better_nor_worse() -> None:
    measures = measured(frames.kpis()).assign(now=52.004, month_before=52.0)
    assert plain(receivables.kpi_cards(measures, ["dso"])[0].note) == "as before, 31 May 2026"
    assert receivables.kpi_cards(measures, ["dso"])[0].tone == ""


def test_accuracy_is_told_beside_the_rule_that_it_flatters() -> None:
    assert plain(cash.decoded(frames.accuracy(), frames.stamp()).sentence) == (
        "One week ahead net accuracy is 97 % and that of the last week 99 %, but week for week they missed by 12 % and "
        "30 %: net accuracy flatters, since weeks too high and weeks too low cancel in it"
    )


def test_what_a_report_said_and_why_it_came_otherwise() -> None:
    """Of five forecasts the latest of which four weeks are over."""
    shown = cash.kept(frames.errors(), frames.stamp())
    origin = frames.errors().origin.sort_values().unique()[1]
    assert shown.numbers.origin.unique().tolist() == [origin]
    assert plain(shown.sentence).endswith("; 360 k came, 40.0 k less: customers paid later (48.0 k)")
    more = frames.errors().assign(error=-2e3, payment_timing=0.0)
    assert plain(cash.kept(more, frames.stamp()).sentence).endswith("8.00 k more: new customers brought more (8.00 k)")
    assert "and that came" in cash.kept(frames.errors().assign(error=0.0), frames.stamp()).sentence


def test_all_that_reports_said_the_latest_first() -> None:
    shown = cash.forecasts(frames.errors(), frames.stamp())
    assert shown.numbers.weeks.tolist() == [1, 2, 3, 4, 5]
    assert shown.numbers.wape.tolist() == pytest.approx([1 / 9] * 5)
    assert "rest" not in shown.table["columns"]
    assert "rest" in cash.forecasts(frames.errors().assign(rest=1.0), frames.stamp()).table["columns"]
    assert plain(shown.sentence).endswith("can be judged; in all they were 11 % high")


@pytest.mark.parametrize("errors", [frames.errors().iloc[:0], pd.DataFrame()], ids=["none over", "no book"])
def test_a_book_that_says_nothing_yet(errors: pd.DataFrame) -> None:
    for shows in (cash.kept, cash.forecasts):
        assert "No earlier report has said anything" in shows(errors, frames.stamp()).sentence


def test_what_is_left_when_all_is_paid_and_when_it_is_too_little() -> None:
    def said(**options: float) -> str:
        return plain(cash.position(frames.position(**options), frames.stamp()).sentence)

    lowest = "280 k is to be paid by 28 Jul 2026, and the position is lowest on 28 Jul 2026: 20.0 k (80 %: 10–30 k)"
    assert said() == f"{lowest}; it falls below the floor of 60.0 k by 21 Jul 2026, with a chance of 99 %"
    safe = "it stays above the floor of 10.0 k; the chance of lying below it is highest, 100 % on 28 Jul 2026"
    assert said(floor=10e3) == f"{lowest}; {safe}"
    assert said(floor=np.nan) == lowest
    assert said(opening=np.nan, floor=np.nan) == (
        "280 k is to be paid by 28 Jul 2026, and 80.0 k less than that comes in (80 %: −90–−70 k); opening cash of "
        "this day in the settings would say what is left"
    )


def test_what_people_expect_and_whether_they_were_right() -> None:
    assert plain(overrides.changes(frames.overrides(), frames.stamp()).sentence) == (
        "People expect a day for 2 open invoices of 300 k: 240 k comes within 30 days, 150 k more than the model "
        "alone expects"
    )
    assert plain(overrides.record(frames.overrides_record(), frames.stamp()).sentence) == (
        "Of 3 overrides since settled people missed by 3 days in the mean and the model by 5 days; people were nearer "
        "in 2, the model in 1; 50 % were settled by the day expected, which was given a chance of 80 %"
    )
    open_still = frames.overrides_record().iloc[3:]
    assert "that is over is settled" not in overrides.record(open_still, frames.stamp()).sentence
    assert "none is settled; 0 % were settled" in plain(overrides.record(open_still, frames.stamp()).sentence)
