"""The worklist: what a step is worth by hand, which step fits, the limits, the reserve; and nothing looks ahead."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import frames
import ledgers
from arforecast import open_ledger
from arforecast.actions import dunning, reserve, value, worklist
from arforecast.actions.dunning import RESERVED, WAIT, WORDS
from arforecast.actions.worklist import COLUMNS, Limits
from arforecast.desk import Snapshot
from arforecast.errors import UnknownError, UsageError
from arforecast.forecast import cash, contacts
from arforecast.report.exhibits import worklist as shown
from arforecast.report.tables import write_csv
from arforecast.settings import Action, Actions, Settings
from forecasts import AS_OF, opened, sample, sample_facts, sample_today

CONTRACT = [
    "rank", "customer_id", "open_balance", "overdue_balance", "oldest_days_past_due", "p_paid_14", "expected_cash_30",
    "action", "value_of_action", "reason",
]  # fmt: skip


@pytest.fixture(scope="module")
def today() -> Snapshot:
    return sample().as_of(AS_OF)


@pytest.fixture(scope="module")
def listed(today: Snapshot) -> pd.DataFrame:
    return today.worklist()


# What a step is worth


def more_by(before: list[float], unpaid: list[float], factor: float, action_days: int) -> list[float]:
    """How much likelier an invoice is to be paid by the close of each day."""
    opened, alone = np.array([before]), np.array([unpaid])
    moved = value.fewer(alone, np.array([factor]), action_days)
    days = np.arange(len(before))
    return [float((moved * value.counted(opened, alone, days <= day)).sum()) for day in days]


def test_an_action_makes_the_odds_of_having_been_paid_several_times_as_high() -> None:
    """Paid by the close of three days with 0.5, 0.75 and 0.8, odds of 1, 3 and 4. Twice as high on the first two days,
    and as much more on the third: 2, 6 and 7, that is 2/3, 6/7 and 7/8."""
    before, unpaid = [1, 0.5, 0.25], [0.5, 0.25, 0.2]
    assert more_by(before, unpaid, 2, 2) == pytest.approx([2 / 3 - 0.5, 6 / 7 - 0.75, 7 / 8 - 0.8])
    assert more_by(before, unpaid, 1, 2) == [0, 0, 0]
    assert more_by([0, 0], [1, 1], 1.5, 14) == [0, 0]


def test_an_action_moves_what_is_paid_and_not_what_is_written_off() -> None:
    """Half of what is settled is written off: of 1 and 0.5 that are open, 0.25 and 0.125 are paid, a chance of 0.25 a
    day. The odds of 1/3 are twice as high after the first day, so that 0.4 are paid on it; 0.5 x 0.6 / 0.75 = 0.4 are
    open after it. By the odds of 7/9 and 1/3 more, a chance of 9/19 is not to be paid by the second: of 0.4 that are
    open, 1 - 9/19 / 0.6 = 4/19 are paid on it."""
    more = more_by([1, 0.5], [0.75, 0.5625], 2, 1)
    assert more == pytest.approx([0.4 - 0.25, 0.4 - 0.25 + 0.4 * 4 / 19 - 0.125])


def test_the_effect_is_that_of_the_age() -> None:
    action = Action(minutes=1, effects=((1, 1.2, 2.0), (31, 1.0, 1.5)))
    low, high = contacts.of_ages(action, np.array([-3, 0, 1, 30, 31, 400]))
    assert low.tolist() == [1, 1, 1.2, 1.2, 1, 1]
    assert high.tolist() == [1, 1, 2, 2, 1.5, 1.5]


def test_what_it_is_worth_is_cash_sooner_and_loss_avoided_less_its_cost(listed: pd.DataFrame) -> None:
    """Each figure again from the distribution, an invoice at a time."""
    facts, then = sample_facts(), sample_today()
    choices, horizon = facts.books.settings.actions, facts.books.settings.forecast.horizon_days
    row = listed[listed.action.eq("call") | listed.action.eq(WORDS["reminder"])].iloc[0]
    action = getattr(choices, {words: name for name, words in WORDS.items()}[row.action])
    owed = then.invoices[then.invoices.customer_id == row.customer_id].reset_index(drop=True)
    ages = [(AS_OF - pd.Timestamp(due).date()).days for due in owed.due_on]
    asked = [age > 0 if max(ages) > 0 else age >= -choices.soon_days for age in ages]
    worth = [0.0, 0.0]
    shares = cash.cash_shares(cash.reductions(facts), AS_OF)
    told = value.readings(
        then.model, owed, AS_OF, horizon, lambda of: np.stack([of.p_settled, cash.p_cash(of, shares)], axis=2)
    )
    for settled, balance, age, is_asked in zip(told, owed.balance / 100, ages, asked, strict=True):
        for end, factors in enumerate(contacts.of_ages(action, np.array([age]))):
            days, still, unpaid, left, more, worked = 0.0, 1.0, 1.0, 1.0, 0.0, 0.0
            for day, (p, p_cash) in enumerate(settled):
                eve, eve_left = unpaid, left
                unpaid *= 1 - p_cash / still
                odds = 1 / unpaid - 1
                worked = odds if day < action.days else worked
                left = 1 / (1 + odds + (factors[0] - 1) * worked)
                more += still * eve_left / eve * (1 - left / eve_left) - p_cash
                days += more * (day < horizon - 1)
                still -= p
            worth[end] += is_asked * balance * (days * 0.08 / 365 + more * choices.lost_share[end])
    cost = action.minutes * choices.minute_cost_amount + action.cost_amount
    assert (row.value_low_amount, row.value_high_amount) == pytest.approx((worth[0] - cost, worth[1] - cost))
    assert row.value_of_action == pytest.approx(sum(worth) / 2 - cost)
    assert row.cost_amount == pytest.approx(cost)


def test_the_number_to_ask_on_is_that_of_the_customer_and_inert(listed: pd.DataFrame, today: Snapshot) -> None:
    told = today.books.tables["customers"].select("customer_id", "phone").to_pandas().set_index("customer_id").phone
    assert listed.phone.tolist() == told[listed.customer_id].tolist()
    saved = io.StringIO()
    write_csv(listed[["phone"]].head(1), saved)
    assert saved.getvalue().splitlines()[1].startswith("'+1 ")
    stamp, first = frames.stamp() | {"unknown": {}, "missing_tables": []}, listed.head(2).assign(customer="Ann")
    assert "&lt;b&gt;555" in shown.listed(first.assign(phone="<b>555"), stamp).html()
    assert "Phone" not in shown.listed(first.assign(phone=None), stamp).html()


def test_the_page_says_a_reason_as_it_says_days_and_shares() -> None:
    rows = pd.DataFrame({"customer_id": ["a"], "customer": "Ann", "action": [WAIT], "overdue_balance": 9.0})
    rows = rows.assign(oldest_days_past_due=3, reason="promised for 2026-07-01; 4 % of it is expected")
    each = shown.left_alone(rows, frames.stamp())
    assert "<td>promised for 1\u00a0Jul\u00a02026; 4\u00a0% of it is expected</td>" in each.html()
    assert each.numbers.reason.to_list() == ["promised for 2026-07-01; 4 % of it is expected"]


# Which step fits


FRESH = {
    "oldest_days_past_due": 10, "disputed_balance": 0.0, "open_balance": 100.0, "credit_balance": 0.0,
    "promised_amount": np.nan, "asked_balance": 100.0, "contacted_on": None, "broken_on": None, "last_paid_on": None,
    "asked_on": "2026-07-01", "p_late": 1.0, "p_paid_30": 0.6,
}  # fmt: skip
CASES = [
    ({}, "call"),
    ({"disputed_balance": 1.0, "contacted_on": "2026-06-30", "promised_amount": 100.0}, "dispute"),
    ({"credit_balance": -100.0}, WAIT),
    ({"credit_balance": -99.0}, "call"),
    ({"promised_amount": 50.0}, WAIT),
    ({"promised_amount": 49.0}, "call"),
    ({"contacted_on": "2026-06-25"}, WAIT),
    ({"contacted_on": "2026-06-24"}, "call"),
    ({"broken_on": "2026-06-20"}, "promise"),
    ({"broken_on": "2026-06-20", "contacted_on": "2026-06-22"}, "call"),
    ({"broken_on": "2026-06-01"}, "promise"),
    ({"broken_on": "2026-05-31"}, "call"),
    ({"oldest_days_past_due": 0, "p_late": 0.5}, "reminder"),
    ({"oldest_days_past_due": 0, "asked_on": "2026-06-30"}, WAIT),
    ({"oldest_days_past_due": 0, "p_late": 0.49}, WAIT),
    ({"oldest_days_past_due": 0, "p_late": 0.9, "p_paid_30": 0.4}, WAIT),
    ({"oldest_days_past_due": 30}, "call"),
    ({"oldest_days_past_due": 31}, "letter"),
    ({"oldest_days_past_due": 31, "last_paid_on": "2026-05-01"}, "plan"),
    ({"oldest_days_past_due": 31, "last_paid_on": "2026-03-01"}, "letter"),
    ({"oldest_days_past_due": 61, "last_paid_on": "2026-05-01"}, "hold"),
    ({"oldest_days_past_due": 91}, "agency"),
    ({"oldest_days_past_due": 181}, "write_off"),
]


def test_the_first_step_that_fits() -> None:
    rows = pd.DataFrame([FRESH | case for case, _ in CASES])
    days = {name: pd.to_datetime(rows[name]) for name in rows if name.endswith("_on")}
    rows = rows.assign(**days, contact_on=pd.Timestamp("2026-07-01"))
    fits = dunning.fitting(rows, Actions())
    assert fits.columns.tolist() == list(WORDS)
    assert fits.idxmax(axis=1).where(fits.any(axis=1), WAIT).tolist() == [step for _, step in CASES]
    assert fits.loc[len(CASES) - 1, fits.iloc[-1]].index.tolist() == ["write_off", "agency", "hold", "letter", "call"]


def test_a_promise_that_was_kept_in_part_is_not_said_to_have_brought_nothing(tmp_path: Path) -> None:
    """300 of the 500 promised came.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    0          a           2025-10-01 2025-10-31 10.00
    A          a           2026-01-01 2026-01-31 5000.00

    applications
    invoice_id applied_on amount kind
    0          2025-10-31 10.00  cash
    A          2026-02-10 300.00 cash

    promises
    promise_id customer_id made_on    promised_on amount
    P          a           2026-02-05 2026-02-12  500.00
    """
    text = test_a_promise_that_was_kept_in_part_is_not_said_to_have_brought_nothing.__doc__ or ""
    (row,) = opened(ledgers.told(text), tmp_path).as_of("2026-02-18").worklist().itertuples()
    assert row.action == WORDS["promise"]
    assert row.reason.endswith("; the promise of 500.00 for 2026-02-12 was not kept")


def test_a_step_that_costs_more_than_it_brings_gives_way_to_the_next() -> None:
    fits = pd.DataFrame({"agency": [True, True, True, False], "call": [True, True, False, False]})
    worth = {"agency": [5.0, -1, -1, 9], "call": [7.0, 2, 9, 9]}
    weighed = {name: pd.DataFrame({"value_of_action": values, "minutes": 6.0}) for name, values in worth.items()}
    taken = worklist._taken(fits, weighed)
    assert taken.step.fillna(WAIT).tolist() == ["agency", "call", "agency", WAIT]
    assert taken.pays.tolist() == [True, True, False, False]
    assert taken.value_of_action.tolist() == [5, 2, 0, 0]
    assert taken.minutes.tolist() == [6, 6, 0, 0]


# The list


def test_it_has_the_columns_of_the_contract_and_one_row_an_account(listed: pd.DataFrame) -> None:
    assert listed.columns.tolist() == COLUMNS
    assert listed.columns[:10].tolist() == CONTRACT
    assert listed.customer_id.is_unique
    assert listed["rank"].tolist() == list(range(1, len(listed) + 1))
    assert listed.reason.str.len().gt(20).all()
    assert not listed.reason.str.contains("nan|NaT|None").any()
    acts = listed.action.ne(WAIT)
    assert acts.sum() > 3
    assert listed[acts].value_of_action.is_monotonic_decreasing
    assert listed.action[acts.sum() :].eq(WAIT).all()
    assert listed[["value_of_action", "minutes", "cost_amount"]][~acts].eq(0).all(axis=None)
    between = listed.value_of_action.between(listed.value_low_amount, listed.value_high_amount)
    assert between.all()
    assert set(listed.columns) - set(worklist.glossary().kpi) <= {
        "customer_id", "name", "reason", "oldest_days_past_due", "minutes", "collector", "channel", "outcome",
        "value_high_amount", "promised_amount",
    }  # fmt: skip


def test_it_agrees_with_the_pages_on_accounts_and_on_late_payers(today: Snapshot, listed: pd.DataFrame) -> None:
    accounts, late = (frame.set_index("customer_id") for frame in (today.accounts(), today.late_payers()))
    rows = listed.set_index("customer_id")
    for column in ("open_balance", "overdue_balance", "oldest_days_past_due", "collector"):
        pd.testing.assert_series_equal(rows[column], accounts[column][rows.index])
    expected = late.expected_cash_30.groupby(level=0).sum()
    assert rows.expected_cash_30.to_numpy() == pytest.approx(expected[rows.index].to_numpy())
    overdue = late[late.due_on < pd.Timestamp(AS_OF)]
    money = overdue.worth_amount.groupby(level=0).sum()
    came = overdue.expected_cash_14.groupby(level=0).sum() / money
    owing = rows[rows.overdue_balance > 0]
    assert set(owing.index) == set(money.index)
    asked = owing.overdue_balance.where(owing.action != WORDS["dispute"], 0)
    assert owing.asked_balance.tolist() == asked.tolist()
    assert owing.p_paid_14.to_numpy() == pytest.approx(came[owing.index].to_numpy())


def test_nobody_is_contacted_on_a_holiday_too_soon_or_under_dispute(today: Snapshot, listed: pd.DataFrame) -> None:
    friday = replace(sample_today(), origin=date(2026, 5, 22))  # Memorial Day is the Monday
    assert worklist.working_day(friday) == date(2026, 5, 26)
    contacted = listed[~listed.action.isin([WAIT, WORDS["dispute"], WORDS["write_off"]])]
    assert (contacted.contact_on - contacted.contacted_on).dt.days.dropna().ge(7).all()
    assert today.accounts().set_index("customer_id").disputed_balance[contacted.customer_id].eq(0).all()


def test_no_limit_is_exceeded_and_the_most_valuable_comes_first(today: Snapshot, listed: pd.DataFrame) -> None:
    acts = listed[listed.action != WAIT]
    for capacity in (1, 4, 1000):
        some = worklist.within(listed, Limits(capacity=capacity))
        assert some.customer_id.tolist() == acts.customer_id.head(capacity).tolist()
    for minutes in (0.1, 7, 30):
        some = worklist.within(listed, Limits(minutes=minutes))
        assert some.minutes.sum() <= minutes < acts.minutes.head(len(some) + 1).sum()
        assert some.customer_id.tolist() == acts.customer_id.head(len(some)).tolist()
    one = acts.collector.iloc[0]
    assert today.worklist(capacity=3, minutes=13, collector=one).collector.unique().tolist() == [one]
    with pytest.raises(UsageError, match=r"No account to look at is Kim's\. They are those of "):
        today.worklist(collector="Kim")
    for wrong in ({"capacity": 0}, {"minutes": -1}):
        with pytest.raises(UsageError, match="Ask for more than 0"):
            today.worklist(**wrong)


def test_several_invoices_are_one_call_and_a_hostile_name_is_inert(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount    paid_on
    A0          =anna        2026-03-01  2026-03-31  9000.00   2026-05-30
    A1          =anna        2026-05-01  2026-06-15  9000.00   -
    A2          =anna        2026-05-02  2026-06-20  3000.00   -
    A3          =anna        2026-06-01  2026-08-20  3000.00   -
    B1          bert         2026-06-01  2026-08-20  3000.00   -
    """
    tables = ledgers.told(test_several_invoices_are_one_call_and_a_hostile_name_is_inert.__doc__ or "")
    tables["customers"] = [{"customer_id": "=anna", "name": f"={frames.HOSTILE}"}]
    rows = open_ledger(ledgers.write(tables, tmp_path / "ledger"), Settings()).as_of("2026-06-30").worklist()
    assert rows.customer_id.tolist() == ["=anna"]
    row = rows.iloc[0]
    assert (row.action, row.open_balance, row.overdue_balance, row.asked_balance) == ("call", 15000, 12000, 12000)
    assert row.cost_amount == 6 * 0.75
    assert row.reason.startswith("12,000.00 overdue, the oldest by 15 days; ")
    written = io.StringIO()
    write_csv(rows, written)
    assert ",'=anna," in written.getvalue()
    assert ",\"'=<img src=x" in written.getvalue()


def test_without_history_there_is_no_list(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-05-01  2026-06-15  100.00
    """
    tables = ledgers.told(test_without_history_there_is_no_list.__doc__ or "")
    folder = ledgers.write(tables, tmp_path / "ledger")
    (folder / "ledger.toml").write_text("snapshot_on = 2026-06-30\n", "utf-8")
    today = open_ledger(folder, Settings()).as_of("2026-06-30")
    with pytest.raises(UnknownError, match="The worklist needs history"):
        today.worklist()
    assert today.unknown()["worklist"]


# The reserve


def test_the_lot_is_fair_and_falls_the_same_all_week() -> None:
    customers = pd.Series([f"C{number}" for number in range(4000)])
    monday = date(2026, 6, 29)
    choices = Actions(holdout_share=0.1, holdout_since=monday)
    drawn = reserve.reserved(customers, monday, choices)
    assert drawn.mean() == pytest.approx(0.1, abs=0.015)
    for later in range(1, 7):
        assert reserve.reserved(customers, monday + timedelta(days=later), choices).tolist() == drawn.tolist()
    other = reserve.reserved(customers, monday + timedelta(days=7), choices)
    assert (drawn & other).mean() == pytest.approx(0.01, abs=0.006)
    assert reserve.reserved(customers, monday, Actions(holdout_share=0.2, holdout_since=monday))[drawn].all()
    assert not reserve.reserved(customers, monday - timedelta(days=1), choices).any()
    assert not reserve.reserved(customers, monday, Actions()).any()


def test_the_reserve_is_left_alone_and_said_and_nobody_takes_its_place(listed: pd.DataFrame) -> None:
    facts = sample_facts()
    books = replace(facts.books, settings=Settings(actions={"holdout_share": 0.4, "holdout_since": date(2026, 5, 4)}))
    rows, acts = worklist.listed(replace(facts, books=books), sample_today()), listed[listed.action != WAIT]
    left = rows[rows.action == RESERVED]
    assert 0 < len(left) < len(acts)
    assert left.reason.str.contains("left alone this week by lot, to measure what contacts bring; otherwise: ").all()
    assert rows.customer_id.tolist() == listed.customer_id.tolist()
    kept = {WORDS["dispute"], WORDS["write_off"]}
    assert not kept & set(acts.set_index("customer_id").action[left.customer_id])
    few = worklist.within(rows, Limits(capacity=2))
    assert (few.action != RESERVED).sum() == 2
    assert few.customer_id.tolist() == acts.customer_id.head(len(few)).tolist()
