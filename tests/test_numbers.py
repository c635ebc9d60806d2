"""The small frames behind figures, tables and sentences, each against plain Python or a hand calculation."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import frames
import ledgers
from arforecast import open_ledger
from arforecast.forecast import dates
from arforecast.report.exhibits import accounts, cash, collections, late, receivables
from arforecast.settings import Settings


def test_ageing_is_the_last_day_of_the_whole_ledger_youngest_first() -> None:
    shuffled = frames.kpis().sample(frac=1, random_state=1)
    ageing = receivables.ageing(shuffled, frames.stamp()).numbers
    assert list(ageing["days_past_due"]) == list(frames.BUCKETS)
    assert list(ageing["open_balance"]) == list(frames.BUCKETS.values())
    assert ageing["open_share"].sum() == pytest.approx(1)


def test_a_trend_holds_the_months_in_order_and_starts_with_the_first_that_has_a_value() -> None:
    kpis = frames.kpis()
    early = kpis["as_of"] < pd.Timestamp("2025-09-30")
    kpis.loc[early & kpis["kpi"].eq("dso"), "value"] = np.nan
    trend = receivables.trend(kpis.sample(frac=1, random_state=1), "dso", "bad_debt_share")
    assert list(trend.columns) == ["as_of", "dso", "bad_debt_share"]
    assert list(trend["as_of"]) == list(pd.date_range("2025-09-30", "2026-06-30", freq="ME"))
    assert list(trend["dso"]) == [52.0 + step for step in range(9, -1, -1)]


def test_compare_stands_on_the_last_day_the_month_before_and_a_year_before() -> None:
    row = receivables.measured(frames.kpis(), frames.glossary(), {}, frames.stamp()).set_index("kpi").loc["dso"]
    assert (row["now"], row["month_before"], row["year_before"]) == (52.0, 53.0, 64.0)
    assert (row["unit"], row["better"], row["before_on"]) == ("days", "lower", pd.Timestamp("2026-05-31"))


def test_compare_of_a_single_day_has_nothing_to_compare_with() -> None:
    compared = receivables.measured(frames.kpis(months=1), frames.glossary(), {}, frames.stamp())
    assert compared["now"].notna().any()
    assert compared[["month_before", "year_before"]].isna().all(axis=None)
    assert compared["before_on"].isna().all()


DAY = "2026-06-30"


def test_every_open_invoice_is_either_overdue_or_not_yet_due_and_due_today_is_not_overdue() -> None:
    rows = frames.late()
    rows.loc[0, ["due_on", "p_late"]] = [frames.AS_OF, 1.0]
    assert len(late.overdue(rows, DAY)) + len(late.not_due(rows, DAY)) == len(rows)
    assert (late.overdue(rows, DAY)["due_on"] < frames.AS_OF).all()
    assert rows["invoice_id"][0] in set(late.not_due(rows, DAY)["invoice_id"])


def test_reliability_bins_hold_equally_many_invoices_and_lose_none() -> None:
    record = frames.late_record(weeks=10, each=21)
    bins = late.bins(record, number=10)
    for _, rows in bins.groupby("method"):
        assert rows["invoices"].sum() == len(record)
        assert rows["invoices"].max() - rows["invoices"].min() <= 1
    model = bins[bins["method"].eq("model")]
    assert (model["late_share"] * model["invoices"]).sum() == pytest.approx(record["late"].sum())
    assert (model["p_late"] * model["invoices"]).sum() == pytest.approx(record["p_late"].sum())


def test_reliability_of_no_record_is_empty() -> None:
    assert late.bins(frames.late_record().head(0)).empty


def test_what_luck_alone_would_do_stands_beside_what_was_said() -> None:
    """The model says what happens: it is as far off as luck, by the mean of its bins; five at a time, by more."""
    record = frames.late_record(skill=1)
    model = late.bins(record).query("method == 'model'")
    off = (model["p_late"] - model["late_share"]).abs().mean()
    alone = late.bins(record.assign(settled_on=pd.NaT)).query("method == 'model'")["by_chance_share"].mean()
    assert off == pytest.approx(alone, rel=0.4)
    assert model["by_chance_share"].mean() > 1.15 * alone


def test_ranges_of_days_by_hand() -> None:
    """32 of 40 hold, of each customer; of one with 20 nobody asks whether these are about 80 %."""
    record = frames.date_record()
    row = late._ranges(pd.concat([record, frames.date_record(1, 20).assign(customer_id="few")])).iloc[0]
    assert row[["forecasts", "customers", "within_customers"]].tolist() == [260, 6, 6]
    assert row["held_share"] == pytest.approx(0.8)
    # Ten runs a customer: 7, 8 or 9 of them hold with 0.20 + 0.30 + 0.27.
    assert row["by_chance_customers"] == pytest.approx(6 * 0.772, abs=0.2)
    assert late._ranges(record.head(0)).empty
    assert late._ranges(dates.record([], 365, frames.AS_OF.date())).empty, "of a ledger that is younger than any origin"


def test_the_brier_scores_are_mean_squared_errors() -> None:
    record = frames.late_record()
    skill = late._skill(record).iloc[0]
    assert skill["brier"] == pytest.approx(sum((r.p_late - r.late) ** 2 for r in record.itertuples()) / len(record))
    assert skill["brier_baseline"] == pytest.approx(((0.4 - record["late"]) ** 2).mean())
    assert skill["ratio"] == pytest.approx(skill["brier"] / skill["brier_baseline"])
    assert skill["low"] < skill["ratio"] < skill["high"] < 1
    assert skill["origins"] == 26


def test_a_model_that_knows_nothing_is_not_told_apart_and_one_that_errs_is_worse() -> None:
    record = frames.late_record()
    same = late._skill(record.assign(p_late=record["p_late_baseline"])).iloc[0]
    assert same["low"] == same["high"] == pytest.approx(1)
    wrong = late._skill(record.assign(p_late=1 - record["p_late"])).iloc[0]
    assert wrong["low"] > 1


def test_skill_without_a_record_is_empty() -> None:
    assert late._skill(frames.late_record().head(0)).empty
    assert cash.horizons(frames.cash_record().head(0)).empty


@pytest.mark.parametrize(("horizon_week", "first_day"), [(1, "2025-10-06"), (4, "2025-10-27")])
def test_past_forecasts_stand_at_the_week_they_were_for(horizon_week: int, first_day: str) -> None:
    past = cash.past(frames.cash_record(), horizon_week)
    assert past["week_start"].iloc[0] == pd.Timestamp(first_day)
    assert len(past) == 26


def test_a_week_that_is_not_over_is_not_judged() -> None:
    record = frames.cash_record()
    record.loc[record["origin"].eq(record["origin"].max()), "actual"] = np.nan
    assert len(cash.past(record, 1)) == 25
    assert set(cash.horizons(record)["weeks"]) == {25}


def test_cash_skill_is_the_error_beside_the_best_rule() -> None:
    record = frames.cash_record()
    skill = cash.horizons(record).set_index("horizon_week").loc[1]
    errors = {}
    for method in ("model", "last_week", "mean_8"):
        rows = [row for row in record.itertuples() if row.method == method and row.horizon_week == 1]
        errors[method] = sum(abs(r.forecast - r.actual) for r in rows) / sum(r.actual for r in rows)
    inside = [
        r for r in record.itertuples() if r.method == "model" and r.horizon_week == 1 and r.p10 <= r.actual <= r.p90
    ]
    assert skill["error_share"] == pytest.approx(errors["model"])
    assert skill["baseline"] == min(("last_week", "mean_8"), key=errors.__getitem__)
    assert skill["baseline_error_share"] == pytest.approx(errors[skill["baseline"]])
    assert skill["inside_80_share"] == len(inside) / 26
    assert skill["high"] < 1


def test_a_rule_better_than_the_model_is_found_better() -> None:
    skill = cash.horizons(frames.cash_record(noise=0.5, baseline_noise=0.05))
    assert (skill["low"] > 1).all()


def test_recovery_stands_at_the_month_in_which_the_money_fell_due() -> None:
    """At the end of June the latest month whose last day is 30, 60 and 90 days old is May, April and March; none is at
    the end of a month of which January would be, so January is passed over."""
    recovery = collections.by_due_month(frames.collecting(months=6)).set_index("due_month_on")
    known = {column: [f"{day:%Y-%m}" for day in recovery[column].dropna().index] for column in recovery}
    assert known == {
        "recovered_30": ["2025-12", "2026-02", "2026-03", "2026-04", "2026-05"],
        "recovered_60": ["2025-11", "2025-12", "2026-02", "2026-03", "2026-04"],
        "recovered_90": ["2025-10", "2025-11", "2025-12", "2026-02", "2026-03"],
    }
    assert recovery["recovered_60"].dropna().unique().tolist() == [0.8]


def test_the_month_recovered_is_the_latest_that_is_old_enough_by_plain_dates() -> None:
    kpis = frames.collecting(months=24)
    for age in (30, 60, 90):
        expected = set()
        for day in kpis["as_of"].unique():
            first = pd.Timestamp(day).replace(day=1)
            while first + pd.offsets.MonthEnd(1) + pd.Timedelta(days=age) > pd.Timestamp(day):
                first -= pd.offsets.MonthBegin(1)
            expected.add(first)
        found = collections.by_due_month(kpis).set_index("due_month_on")[f"recovered_{age}"].dropna()
        assert list(found.index) == sorted(expected)


def test_of_two_days_that_judge_the_same_month_the_later_counts() -> None:
    """31 January and 28 February both judge December."""
    kpis = frames.collecting().loc[lambda rows: rows["kpi"].eq("recovered_30")]
    rising = kpis.assign(value=np.arange(len(kpis)) / 100)
    recovery = collections.by_due_month(rising).set_index("due_month_on")["recovered_30"]
    assert recovery[pd.Timestamp("2025-12-01")] == 0.08
    assert collections.by_due_month(kpis.assign(value=np.nan)).empty


def test_a_vintage_is_a_triangle_of_months_and_ages() -> None:
    vintage = collections._triangle(frames.vintage())
    assert list(vintage) == ["issue_month_on", "issued_amount", *(f"age:{age}" for age in range(13))]
    assert list(vintage.filter(like="age:").notna().sum(axis=1)) == [13] * 12 + list(range(12, 0, -1))
    assert vintage["age:3"].dropna().tolist() == [0.92] * 21


def test_roll_rates_are_a_matrix_without_what_was_never_left_or_reached() -> None:
    matrix = collections.matrix(frames.roll_rates())
    assert list(matrix["from_bucket"]) == ["current", "1-30", "31-60"]
    assert [column.removeprefix("to:") for column in matrix.columns[1:]] == [
        *("1-30", "31-60", "61+", "paid", "credited", "written_off"),
    ]
    assert matrix.drop(columns="from_bucket").sum(axis=1).to_numpy() == pytest.approx(1)
    assert collections.matrix(frames.roll_rates().assign(moved_share=np.nan)).empty


def test_a_share_of_sums_leaves_out_the_rows_where_a_part_is_not_known() -> None:
    frame = pd.DataFrame({"part": [1.0, np.nan, 2.0], "whole": [4.0, 100.0, 2.0]})
    assert collections.known_share(frame, "part", "whole") == 0.5
    assert np.isnan(collections.known_share(frame.head(0), "part", "whole"))


def test_the_frames_here_have_the_columns_of_the_schedules(tmp_path: Path) -> None:
    """invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-05-01  2026-06-10  100.00
    """
    told = ledgers.told(test_the_frames_here_have_the_columns_of_the_schedules.__doc__ or "")
    today = open_ledger(ledgers.write(told, tmp_path / "ledger"), Settings()).as_of("2026-06-30")
    for frame in frames.SCHEDULES:
        assert list(frame()) == list(today.schedule(frame.__name__)), frame.__name__
    assert [frame.__name__ for frame in frames.SCHEDULES] == list(today.schedule_glossary()["kpi"])


def test_two_customers_of_one_name_carry_their_identifiers() -> None:
    customers = pd.DataFrame({"customer_id": ["C1", "C2", "C3", "C4", "C1"], "name": ["Ann", "Bo", "Ann", None, "Ann"]})
    assert accounts.called(customers["customer_id"], customers).to_list() == [
        "Ann (C1)",
        "Bo",
        "Ann (C3)",
        "C4",
        "Ann (C1)",
    ]


@pytest.mark.parametrize("by", ["segment", 'a "b"', "a\\b"])
def test_the_call_of_a_grouping_can_be_pasted_whatever_its_columns_are_called(by: str) -> None:
    call = receivables.groups(frames.kpis(), by, frames.stamp()).call
    assert eval(call, {"today": SimpleNamespace(kpis=lambda by: by)}) == by
