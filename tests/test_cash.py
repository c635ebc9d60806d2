"""What cash comes in which week: sums by hand and from the distribution, draws that move together, honest ranges."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import forecasts
from arforecast.forecast import backtest, cash, draws, scale, spans
from arforecast.forecast.backtest import RANGES, Past
from arforecast.forecast.baselines import roll_rate_curve
from arforecast.forecast.cash import COMPONENTS, QUANTILES
from arforecast.forecast.draws import Expected
from arforecast.forecast.hazard import AGE_EDGES
from arforecast.forecast.payment_time import predict
from arforecast.report.exhibits import cash as exhibits
from arforecast.settings import Forecast
from arforecast.snapshot import Facts
from forecasts import (
    AS_OF,
    eventful,
    facts,
    opened,
    sample_distribution,
    sample_facts,
    sample_flows,
    sample_today,
    then,
)
from ledgers import Row, Tables, told

WEEKS = 13
DAY = timedelta(days=1)


@cache
def raw() -> pd.DataFrame:
    return of_weeks(cash.raw_forecast(sample_flows(), sample_today(), WEEKS))


@cache
def past() -> list[Past]:
    """Every third origin: enough to stretch ranges by."""
    return forecasts.past(sample_facts(), backtest.weekly_origins(sample_facts(), AS_OF)[::3])


@cache
def spans_past() -> pd.DataFrame:
    return cash.record(sample_facts(), sample_flows(), past(), WEEKS)


def of_weeks(table: pd.DataFrame) -> pd.DataFrame:
    return cash.of_span(table, spans.WEEK)


@cache
def record() -> pd.DataFrame:
    return of_weeks(spans_past())


@cache
def owed(weeks: int) -> Expected:
    shares = cash.cash_shares(sample_flows().reductions, AS_OF)
    return cash.expected(sample_today().model, sample_today().invoices, AS_OF, shares, weeks)


def drawn(known: Facts, day: date, weeks: int) -> pd.DataFrame:
    """The forecast of a day, its ranges as they were drawn."""
    return of_weeks(cash.raw_forecast(cash.flows(known, [day]), then(known, day), weeks))


def forecast() -> pd.DataFrame:
    return cash.by_week(scale.stretched(raw(), record()), 2)


def component(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[table.component == name].reset_index(drop=True)


# Shares that are cash


def test_cash_shares_by_hand(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  known_on
    A1          anna         2026-01-01  2026-01-31  100.00  -
    A2          anna         2026-01-01  2026-01-31  500.00  -
    A3          anna         2026-01-01  2026-03-31  100.00  -

    applications
    invoice_id  applied_on  amount   kind         known_on
    A1          2026-01-31   100.00  cash         -
    A1          2026-02-01  -100.00  cash         -
    A1          2026-01-31    60.00  cash         -
    A2          2026-01-31    40.00  discount     -
    A2          2026-02-20   200.00  credit_note  -
    A2          2026-02-20   260.00  write_off    2026-03-02
    """
    # Up to 1 March: on the due day 160 of 200 were cash, 20 days late 0 of 200; a payment that came back took nothing
    # off. 160 of 400 in all, 100 each time; every range leans on 20 such times, 2,000 x 0.4.
    ledger = opened(told(test_cash_shares_by_hand.__doc__ or ""), tmp_path)
    shares = cash.cash_shares(cash.reductions(facts(ledger, date(2026, 3, 1))), date(2026, 3, 1))
    due_day, twenty_late = (np.searchsorted(AGE_EDGES, age, side="right") for age in (0, 20))
    untried = np.delete(shares, [due_day, twenty_late])
    assert shares[due_day] == pytest.approx((160 + 800) / (200 + 2_000))
    assert shares[twenty_late] == pytest.approx((0 + 800) / (200 + 2_000))
    assert untried == pytest.approx(np.full(len(AGE_EDGES) - 1, 0.4))


def test_shares_are_shares() -> None:
    shares = cash.cash_shares(sample_flows().reductions, AS_OF)
    assert ((shares > 0) & (shares <= 1)).all()


# Means


def test_open_book_is_the_sum_of_what_each_invoice_is_expected_to_bring() -> None:
    """Balance x P(settled on the day) x the share that is cash at that age: a day and an invoice at a time."""
    shares, settled = cash.cash_shares(sample_flows().reductions, AS_OF), sample_distribution()
    sums = np.zeros(WEEKS)
    for invoice, chances in zip(settled.invoices.itertuples(), settled.p_settled, strict=True):
        past_due = (AS_OF - pd.Timestamp(invoice.due_on).date()).days
        for ahead in range(7 * WEEKS):
            share = shares[bisect_right(AGE_EDGES.tolist(), past_due + ahead + 1)]
            sums[ahead // 7] += invoice.balance * chances[ahead] * share
    assert component(raw(), "open_book")["mean"].tolist() == sums.round().tolist()
    assert component(forecast(), "open_book")["mean"].tolist() == [round(sum) / 100 for sum in sums]


def test_weeks_follow_the_day_of_the_forecast() -> None:
    table = forecast()
    assert list(table.columns) == ["week_start", "week_end", "component", "mean", *QUANTILES]
    assert table.component.tolist() == [*COMPONENTS] * WEEKS
    assert table.week_start.iloc[0] == pd.Timestamp(AS_OF + DAY)
    assert ((table.week_end - table.week_start).dt.days == 6).all()
    assert (component(table, "total").week_start.diff().dropna().dt.days == 7).all()


def test_total_is_the_components_to_the_cent() -> None:
    means = forecast().pivot(index="week_start", columns="component", values="mean")
    cents = (means * 100).round().astype("int64")
    assert ((means * 100 - cents).abs() < 1e-6).all(axis=None)
    assert (cents.total == cents.open_book + cents.unbilled).all()
    assert (cents.unbilled > 0).all()


def test_a_currency_without_decimals_has_no_fractions() -> None:
    money = cash.by_week(raw(), 0)[["mean", *QUANTILES]]
    assert (money == money.round()).all(axis=None)
    assert money["mean"].tolist() == (cash.by_week(raw(), 2)["mean"] * 100).round().tolist()


# Ranges


def test_quantiles_are_ordered_and_not_below_nothing() -> None:
    for table in (raw(), forecast(), cash.published(record())):
        levels = table[list(QUANTILES)].to_numpy()
        assert (np.diff(levels, axis=1) >= 0).all()
        assert (levels >= 0).all()


def test_the_same_seed_draws_the_same_forecast() -> None:
    again = of_weeks(cash.raw_forecast(sample_flows(), sample_today(), WEEKS))
    pd.testing.assert_frame_equal(again, raw(), check_exact=True)


def test_another_seed_moves_ranges_and_no_mean() -> None:
    other = replace(sample_flows(), choices=Forecast(seed=1))
    again = of_weeks(cash.raw_forecast(other, sample_today(), WEEKS))
    assert again["mean"].equals(raw()["mean"])
    assert not again.p90.equals(raw().p90)


def test_draws_scatter_about_the_mean() -> None:
    drawn = draws.simulated(owed(4), np.random.default_rng(1), 4_000)
    noise = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - owed(4).amount.sum(axis=0)) <= 4 * noise).all()


# Invoices not issued yet


MONDAYS = [date(2025, 1, 6) + nth * 7 * DAY for nth in range(77)]


def every_week(paid_after_days: int) -> list[Row]:
    """700 billed every Monday of a year and a half, paid after exactly so many days."""
    last_on = date(2026, 6, 28)
    return [
        {
            "invoice_id": f"I{nth:02}",
            "customer_id": "anna",
            "issued_on": str(on),
            "due_on": str(on + 14 * DAY),
            "amount": "700.00",
            "paid_on": str(on + paid_after_days * DAY) if on + paid_after_days * DAY <= last_on else "",
        }
        for nth, on in enumerate(MONDAYS)
    ]


def forecast_of(tables: Tables, folder: Path, day: date) -> pd.DataFrame:
    """Eight weeks of a ledger, their ranges as they were drawn."""
    known = facts(opened(tables, folder), day)
    return cash.by_week(drawn(known, day, 8), 2)


@pytest.mark.parametrize("paid_after_days", [3, 17])
def test_constant_billing_gives_the_constant_back(paid_after_days: int, tmp_path: Path) -> None:
    """No hazard is above 0.97, so a week may miss what stays open a little longer: measured within 1.8 %."""
    forecast = forecast_of({"invoices": every_week(paid_after_days)}, tmp_path, date(2026, 6, 28))
    total, billed = (component(forecast, name)["mean"] for name in ("total", "unbilled"))
    unpaid_weeks = paid_after_days // 7
    assert total.to_numpy() == pytest.approx(np.full(8, 700), rel=0.03)
    assert (billed[:unpaid_weeks] < 20).all()
    assert (billed[unpaid_weeks:] > 600).all()


def test_ranges_stay_finite_where_past_ones_had_no_width(tmp_path: Path) -> None:
    """For a year and a half one week was like another, and was forecast without a range; then one small bill more."""
    extra = every_week(10)[-1] | {"invoice_id": "X", "amount": "50.00", "issued_on": "2026-06-23"}
    day = date(2026, 6, 28)
    known = facts(opened({"invoices": [*every_week(10), extra]}, tmp_path), day)
    origins = backtest.weekly_origins(known, day, count=8)
    before = of_weeks(cash.record(known, cash.flows(known, origins), forecasts.past(known, origins), 8))
    wide = cash.by_week(scale.stretched(drawn(known, day, 8), before), 2)
    assert wide[list(QUANTILES)].max(axis=None) < 10 * 700


def test_plans_agreed_every_week_give_the_constant_back(tmp_path: Path) -> None:
    """Every Monday somebody agrees to four weekly instalments of 100, each paid three days after issue: 400 a week."""
    day = date(2026, 6, 28)
    plans = [(f"{nth:02}", on + step * 7 * DAY, on) for nth, on in enumerate(MONDAYS) for step in range(4)]
    agreed = [
        {
            "customer_id": name,
            "issue_on": str(issue_on),
            "due_on": str(issue_on + 14 * DAY),
            "amount": "100.00",
            "plan_id": name,
            "known_on": str(known_on),
        }
        for name, issue_on, known_on in plans
    ]
    invoices = [
        {
            "invoice_id": f"I{nth}",
            "customer_id": row["customer_id"],
            "issued_on": row["issue_on"],
            "due_on": row["due_on"],
            "amount": row["amount"],
            "plan_id": row["plan_id"],
            "paid_on": str(issue_on + 3 * DAY),
        }
        for nth, (row, (_name, issue_on, _known_on)) in enumerate(zip(agreed, plans, strict=True))
        if issue_on <= day
    ]
    total = component(forecast_of({"invoices": invoices, "billing_schedule": agreed}, tmp_path, day), "total")["mean"]
    assert total.to_numpy() == pytest.approx(np.full(8, 400), rel=0.05)


@pytest.mark.parametrize("plan_id", ["monday", ""], ids=["of a plan", "of no plan"])
def test_what_is_billed_as_scheduled_is_not_repeated_beside_the_schedule(plan_id: str, tmp_path: Path) -> None:
    """700 every Monday, agreed from the start for a year ahead: what was issued as agreed begins nothing new."""
    day = date(2026, 6, 28)
    agreed = [
        {
            "customer_id": "anna",
            "issue_on": str(on),
            "due_on": str(on + 14 * DAY),
            "amount": "700.00",
            "plan_id": plan_id,
        }
        for on in (MONDAYS[0] + nth * 7 * DAY for nth in range(len(MONDAYS) + 52))
    ]
    invoices = [row | {"plan_id": plan_id} for row in every_week(3)]
    total = component(forecast_of({"invoices": invoices, "billing_schedule": agreed}, tmp_path, day), "total")["mean"]
    assert total.to_numpy() == pytest.approx(np.full(8, 700), rel=0.03)


# The past


def test_the_record_is_what_was_forecast_beside_what_came() -> None:
    origins = [each.origin for each in past()]
    came = backtest.cash_came(sample_facts(), spans.calendar(spans.WEEK, origins, WEEKS), AS_OF)
    assert len(record()) == 4 * len(came)
    first = past()[3]
    here = record()[record().origin == pd.Timestamp(first.origin)]
    said = of_weeks(cash.raw_forecast(sample_flows(), first, WEEKS))
    for name in COMPONENTS:
        over = component(here, name)
        assert over.actual.tolist() == came[pd.to_datetime(came.origin) == pd.Timestamp(first.origin)][name].tolist()
        assert over["mean"].tolist() == component(said, name)["mean"].tolist()[: len(over)]


def test_a_published_range_rests_on_weeks_that_were_over() -> None:
    """Cash a hundred times as high from 1 April on moves no range of an origin up to then, and those of later ones."""
    until = pd.Timestamp("2026-04-01")
    over = record().origin + pd.to_timedelta(7 * record().horizon_week, unit="D")
    changed = record().assign(actual=record().actual.where(over <= until, 100 * record().actual + 1_000_000))
    before, after = (cash.published(table).sort_index() for table in (record(), changed))
    early = before.origin <= until
    assert len(record().origin[early].unique()) >= 3
    assert before[early][list(QUANTILES)].equals(after[early][list(QUANTILES)])
    assert (after[~early].p97_5 > before[~early].p97_5).any()


def test_published_keeps_every_forecast_and_its_median() -> None:
    table = cash.published(record()).sort_index()
    assert table.index.equals(record().index)
    assert table[["mean", "p50", "actual"]].equals(record()[["mean", "p50", "actual"]])
    assert not table.p90.equals(record().p90)


def test_comparison_has_the_model_and_its_baselines_beside_each_other() -> None:
    table = cash.comparison(sample_facts(), past(), cash.published(record()))
    assert list(table.columns) == [
        "origin",
        "horizon_week",
        "component",
        "method",
        "forecast",
        "p10",
        "p90",
        "actual",
    ]
    methods = table.groupby("component").method.unique().map(set).to_dict()
    assert methods == {
        "open_book": {"model", "global roll-rate"},
        "unbilled": {"model"},
        "total": {"model", "last week", "8-week mean", "additive ETS"},
    }
    keys = ["origin", "horizon_week", "component"]
    assert (table.groupby(keys).actual.nunique() == 1).all()
    assert not table.duplicated([*keys, "method"]).any()
    assert table[table.method == "model"][["p10", "p90"]].notna().all(axis=None)
    assert table[table.method != "model"][["p10", "p90"]].isna().all(axis=None)


def test_baselines_forecast_from_what_was_known_on_their_origin() -> None:
    table = cash.comparison(sample_facts(), past(), cash.published(record()))
    for each in past()[2:4]:
        here = table[table.origin == pd.Timestamp(each.origin)]
        weekly = backtest.cash_history(backtest.daily_cash(sample_facts()), each.origin) / 100
        assert (here[here.method == "last week"].forecast == weekly[-1]).all()
        assert here[here.method == "8-week mean"].forecast.to_numpy() == pytest.approx(weekly[-8:].mean(), abs=0.01)
        balances = each.invoices.balance.to_numpy(float) / 100
        settled = predict(roll_rate_curve(each.known, each.origin), each.invoices, each.origin, 7)
        first_week = (balances * settled.p_settled.sum(axis=1)).sum()
        roll_rate = here[(here.method == "global roll-rate") & (here.horizon_week == 1)].forecast
        assert roll_rate.item() == pytest.approx(first_week, abs=0.01)


def plain_within(weeks: int) -> tuple[int, float, float]:
    """Past origins whose weeks are over, how many an 80 % range held, and the bias: one origin at a time."""
    held, said, came = [], 0.0, 0.0
    table = cash.published(record())
    for origin, rows in table[table.component == "total"].groupby("origin"):
        first = rows[rows.horizon_week <= weeks]
        if len(first) == weeks:
            name = "so_far" if weeks > 1 else "total"
            mine = table[(table.origin == origin) & (table.component == name) & (table.horizon_week == weeks)]
            held.append(bool(mine.p10.item() <= first.actual.sum() <= mine.p90.item()))
            said, came = said + first["mean"].sum(), came + first.actual.sum()
    return len(held), sum(held) / len(held), said / came - 1


def test_cash_up_to_a_week_is_the_weeks_added_up_with_what_such_ranges_held() -> None:
    table = cash.within(scale.stretched(raw(), record()), cash.published(record()), 2)
    weekly = component(forecast(), "total")
    assert table["mean"].tolist() == pytest.approx(weekly["mean"].cumsum().tolist(), abs=1e-6)
    assert table.until_on.tolist() == weekly.week_end.tolist()
    assert table.loc[0, list(QUANTILES)].tolist() == weekly.loc[0, list(QUANTILES)].tolist()
    # Weeks make up for each other: the sum is surer than each of them by itself.
    assert ((table.p90 - table.p10) < (weekly.p90 - weekly.p10).cumsum()).iloc[1:].all()
    for weeks in (1, 4, 13):
        row = table.set_index("weeks").loc[weeks]
        assert (row.origins, row.held_share, row.bias_share) == pytest.approx(plain_within(weeks))


def test_cash_of_a_young_ledger_has_no_record() -> None:
    table = eventful().as_of("2026-02-28").cash_within(weeks=4)
    assert table.origins.tolist() == [0, 0, 0, 0]
    assert table[["held_share", "bias_share"]].isna().all(axis=None)


def test_ranges_are_named_for_what_they_promise() -> None:
    for share, (low, high) in RANGES.items():
        assert QUANTILES[high] - QUANTILES[low] == pytest.approx(share)


# Days and months


@cache
def by_span(span: str) -> pd.DataFrame:
    forecast = cash.raw_forecast(sample_flows(), sample_today(), WEEKS)
    before = cash.of_span(spans_past(), span)
    return cash.by_span(scale.stretched(cash.of_span(forecast, span), before), cash.published(before), 2)


def test_days_add_up_to_weeks_and_months_to_days() -> None:
    """From 31 May on 21 days are three weeks. June and July are 61 days, of which 56 are eight weeks."""
    weekly, daily, monthly = (
        (table.pivot(columns="component", values="mean", index=index)[[*COMPONENTS]] * 100).round().astype("int64")
        for table, index in ((forecast(), "week_start"), (by_span("day"), "from_on"), (by_span("month"), "from_on"))
    )
    assert (daily.to_numpy().reshape(3, 7, 3).sum(axis=1) == weekly[:3].to_numpy()).all()
    for table in (daily, monthly):
        assert (table.total == table.open_book + table.unbilled).all()
    assert monthly.index.tolist() == [pd.Timestamp("2026-06-01"), pd.Timestamp("2026-07-01")]
    left = monthly.sum() - weekly[:8].sum()
    assert ((left >= 0) & (left <= weekly.iloc[8])).all()
    drawn = cash.ahead(sample_flows(), sample_today(), sample_today().model, WEEKS)
    assert monthly.unbilled.tolist() == [drawn.means["unbilled"][:30].sum(), drawn.means["unbilled"][30:61].sum()]


def test_days_and_months_have_ranges_of_their_own() -> None:
    """Wider than a seventh of the week's: days make up for each other. On Sundays nothing is booked."""
    daily, monthly, weekly = (component(table, "total") for table in (by_span("day"), by_span("month"), forecast()))
    for table in (daily, monthly):
        levels = table[list(QUANTILES)].to_numpy()
        assert (np.diff(levels, axis=1) >= 0).all()
        assert (levels >= 0).all()
    assert ((daily.p90 - daily.p10)[:7].sum()) > weekly.p90[0] - weekly.p10[0]
    assert (monthly.p90 - monthly.p10)[0] < (weekly.p90 - weekly.p10)[:4].sum()
    sundays = daily[daily.from_on.dt.day_of_week == 6]
    assert not sundays[["mean", "p97_5"]].any(axis=None)


def test_what_ranges_of_days_held_counts_days_on_which_something_could_come() -> None:
    past_days = component(cash.published(cash.of_span(spans_past(), "day")), "total")
    row = component(by_span("day"), "total").iloc[9]
    held, origins = [], set()
    for said in past_days.itertuples():
        ahead = (said.until_on - said.origin).days
        if 3 <= ahead <= 17 and (said.p97_5 > said.p2_5 or said.actual != said.p50):
            held.append(said.p10 <= said.actual <= said.p90)
            origins.add(said.origin)
    assert (row.origins, row.held_share) == (len(origins), pytest.approx(np.mean(held)))


# The edges of what can be asked


def test_a_ledger_too_young_for_origins_has_an_empty_record() -> None:
    """The first invoice is of 5 January; eight weeks and one later there is the first origin."""
    young = eventful().as_of("2026-02-28")
    assert young.cash_record().empty
    assert "forecast" in young.cash_record().columns
    assert len(young.cash_forecast()) == 3 * 13


@pytest.mark.parametrize("weeks", [1, 26, 52])
def test_any_number_of_weeks_can_be_asked(weeks: int) -> None:
    """After 28 February 21 days are shown at most, and months that end by 7 March, 29 August or 27 February."""
    today = eventful().as_of("2026-02-28")
    assert len(today.cash_forecast(weeks=weeks)) == 3 * weeks
    days, months = today.cash_days(weeks=weeks), today.cash_months(weeks=weeks)
    assert len(days) == 3 * min(7 * weeks, 21)
    assert len(months) == 3 * {1: 0, 26: 5, 52: 11}[weeks]
    assert days.held_share.isna().all()
    assert exhibits.months(months, today.stamp()).sentence
    assert exhibits.days(days, today.stamp()).sentence
