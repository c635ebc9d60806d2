"""Whom to trust: grades by hand, by a slow twin, never by what came later; and what past ones came to."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from arforecast import sample as maker
from arforecast.actions import rating, rating_record
from arforecast.actions.rating import GRADES
from arforecast.desk import Ledger, Snapshot, open_ledger
from arforecast.errors import UnknownError
from arforecast.forecast import scores
from arforecast.settings import Rating, Settings
from forecasts import opened
from ledgers import Tables, read, told, until, write

AS_OF = "2026-05-31"
# What was late, whom it tells of, and what is unknown: a year of three customers, the second the child of the first.
BOOKS = """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2025-06-16  2025-06-30  100.00
    A2          anna         2025-09-16  2025-09-30  200.00
    A3          anna         2025-12-17  2025-12-31  100.00
    B1          bert         2025-06-16  2025-06-30  400.00
    B2          bert         2025-09-16  2025-09-30  100.00
    B3          bert         2026-05-06  2026-05-20  300.00
    C1          cora         2025-06-16  2025-06-30  100.00
    C2          cora         2025-09-16  2025-09-30  100.00
    C3          cora         2025-12-17  2025-12-31  500.00
    D1          dora         2026-05-18  2026-06-01   50.00
    E1          edna         2026-05-18  2026-06-01   50.00

    applications
    invoice_id  applied_on  amount   kind
    A1          2025-06-30   100.00  cash
    A2          2025-09-25   200.00  cash
    A3          2025-12-31   100.00  cash
    B1          2025-07-01   400.00  cash
    B2          2025-10-30   100.00  cash
    C1          2025-07-30   100.00  cash
    C2          2026-01-31   100.00  cash
    C3          2026-02-28   500.00  write_off

    customers
    customer_id  name  parent_id
    anna         Anna  -
    bert         Bert  anna
    cora         -     -
"""


def test_all_of_a_foreign_invoice_written_off_is_a_loss_of_all(tmp_path: Path) -> None:
    """Of 10,000 yen, 65 dollars when they were billed, all is lost.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount  currency
    J           june         2025-06-16  2025-06-30  10000   JPY

    applications
    invoice_id  applied_on  amount  kind
    J           2025-12-31  10000   write_off

    rates
    rate_on     currency  rate
    2025-06-16  JPY       0.0065
    2025-12-20  JPY       0.0060
    """
    tables = told(test_all_of_a_foreign_invoice_written_off_is_a_loss_of_all.__doc__ or "")
    (row,) = opened(tables, tmp_path).as_of("2026-01-10").ratings().itertuples()
    assert (row.p_default, row.expected_loss_share) == (1, 1)


def test_what_was_credited_whole_rates_nobody_once_that_is_known(tmp_path: Path) -> None:
    """A bill that should not have been is taken back 200 days after it was due: until then it is open.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A           anna         2025-06-01  2025-07-01  100.00
    V           anna         2025-05-05  2025-06-04  500.00

    applications
    invoice_id  applied_on  amount  kind
    A           2025-07-01  100.00  cash
    V           2025-12-21  500.00  credit_note
    """
    ledger = opened(told(test_what_was_credited_whole_rates_nobody_once_that_is_known.__doc__ or ""), tmp_path)
    before, after = (ledger.as_of(day).ratings().iloc[0] for day in ("2025-12-20", "2025-12-21"))
    assert (before.invoices, after.invoices) == (2, 1)
    assert (before.late_share, after.late_share, after.p_default) == (0.5, 0, 0)


def test_a_small_rest_that_is_written_off_is_no_default(tmp_path: Path) -> None:
    """Both pay on the day; of one each invoice leaves a twentieth, of the other a cent more than that."""
    on = [f"2025-{month:02}-01" for month in range(1, 13)]
    parts = {"small": ("95.00", "5.00"), "more": ("94.99", "5.01")}
    tables = {
        "invoices": [
            {"invoice_id": f"{name} {day}", "customer_id": name, "issued_on": day, "due_on": day, "amount": "100.00"}
            for name in parts
            for day in on
        ],
        "applications": [
            {"invoice_id": f"{name} {day}", "applied_on": day, "amount": amount, "kind": kind}
            for name, amounts in parts.items()
            for day in on
            for amount, kind in zip(amounts, ("cash", "write_off"), strict=True)
        ],
    }
    rated = opened(tables, tmp_path).as_of("2026-01-31").ratings().set_index("customer_id")
    assert rated.late_share.to_dict() == {"small": 0, "more": 1}
    assert rated.grade["more"] == "E" > rated.grade["small"]


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return opened(told(BOOKS), tmp_path_factory.mktemp("rating")).as_of(AS_OF)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("company") / "ledger"
    maker.write_sample(folder, customers=25, months=12)
    return read(folder)


@pytest.fixture(scope="module")
def kept(company: Tables, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return open_ledger(write(company, tmp_path_factory.mktemp("kept") / "ledger"))


@pytest.fixture(scope="module")
def rows(today: Snapshot) -> pd.DataFrame:
    return today.ratings().set_index("customer_id")


def test_a_grade_is_the_credible_mean_of_what_was_done(rows: pd.DataFrame) -> None:
    """By hand, one invoice at a time: Cora's three are weighed by amount and age, and drawn to the mean of all."""
    days_late = {"A1": 0, "A2": 0, "A3": 0, "B1": 1, "B2": 30, "C1": 30, "C2": 123, "C3": 180, "B3": None}
    due = {
        row["invoice_id"]: (date.fromisoformat(row["due_on"]), float(row["amount"])) for row in told(BOOKS)["invoices"]
    }
    weight = {name: due[name][1] * 0.5 ** ((date(2026, 5, 31) - due[name][0]).days / 365) for name in days_late}
    of = {customer: [name for name in weight if name[0] == customer] for customer in "ABC"}
    late = {name: float(days_late[name] != 0) for name in weight}
    count = {c: sum(weight[n] for n in names) ** 2 / sum(weight[n] ** 2 for n in names) for c, names in of.items()}
    own = {c: sum(weight[n] * late[n] for n in names) / sum(weight[n] for n in names) for c, names in of.items()}
    usual = sum(count[c] * own[c] for c in of) / sum(count.values())
    for customer, name in zip("ABC", ("anna", "bert", "cora"), strict=True):
        expected = (count[customer] * own[customer] + usual) / (count[customer] + 1)
        assert rows.p_late[name] == pytest.approx(expected)
    assert rows.late_share[["anna", "bert", "cora"]].tolist() == [0, 1, 1]
    # Of the 600 that defaulted 500 were written off.
    assert (rows.expected_loss_share / rows.p_default).tolist() == pytest.approx([500 / 600] * 5)
    assert rows.buying_amount.to_dict() == {"anna": 400, "bert": 800, "cora": 700, "dora": 50, "edna": 50}
    assert rows.expected_loss_amount.tolist() == pytest.approx((rows.buying_amount * rows.expected_loss_share).tolist())


def test_the_worse_payer_has_the_worse_grade_and_a_stranger_none(rows: pd.DataFrame) -> None:
    assert rows.grade["dora"] == "new"
    grades = [GRADES.index(rows.grade[name]) for name in ("anna", "bert", "cora")]
    assert grades == sorted(grades)
    assert grades[0] < grades[2]
    assert rows.index[-2:].tolist() == ["dora", "edna"]  # of one grade and as much, by their names
    assert rows.name[["anna", "cora"]].tolist() == ["Anna", "cora"]
    assert rows.group_id.to_dict() == {"anna": "anna", "bert": "anna", "cora": "cora", "dora": "dora", "edna": "edna"}
    assert rows.group_grade["anna"] == rows.group_grade["bert"]
    assert rows.group_grade["cora"] == rows.grade["cora"]


def test_what_moved_a_rating_is_said_with_its_numbers(today: Snapshot, rows: pd.DataFrame) -> None:
    moved, now = rows.moved, rows
    before = opened_again(today, date(2026, 4, 30)).set_index("customer_id")
    was, loss = before.expected_days_late["bert"], 100 * before.expected_loss_share["bert"]
    assert before.grade["bert"] == "new"
    assert "1 fell due, 1 of them late" in moved["bert"]
    assert was > 0 < loss
    assert moved["cora"] == (
        f"expected days late {before.expected_days_late['cora']:.1f} to {now.expected_days_late['cora']:.1f}, "
        f"expected loss {100 * before.expected_loss_share['cora']:.2f} % to "
        f"{100 * now.expected_loss_share['cora']:.2f} %; nothing fell due"
    )


def opened_again(today: Snapshot, day: date) -> pd.DataFrame:
    return Snapshot(today.books, day).ratings()


def test_the_grade_is_the_worse_of_two_and_unknown_makes_none() -> None:
    rows = pd.DataFrame({"expected_loss_share": [0, 0.03, np.nan, 0.5], "expected_days_late": [2.0, 2, 9, 0]})
    assert rating._grades(rows, Rating()).tolist() == ["A", "C", "C", "E"]
    assert rating._grades(rows, Rating(days_late=(1, 2, 3, 4))).tolist() == ["B", "C", "E", "E"]


def test_paid_on_alone_knows_no_losses(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  paid_on
    A1          anna         2026-01-01  2026-01-15  100.00  2026-01-15
    A2          anna         2026-02-01  2026-02-15  100.00  2026-02-15
    A3          anna         2026-03-01  2026-03-15  100.00  2026-03-15
    B1          bert         2026-01-01  2026-01-15  100.00  2026-03-15
    B2          bert         2026-02-01  2026-02-15  100.00  -
    B3          bert         2026-03-01  2026-03-15  100.00  -
    """
    books = opened(told(test_paid_on_alone_knows_no_losses.__doc__ or ""), tmp_path)
    rows = books.as_of("2026-05-01").ratings().set_index("customer_id")
    assert rows[["expected_loss_share", "expected_loss_amount"]].isna().all(axis=None)
    assert rows.expected_days_late["anna"] < rows.expected_days_late["bert"]
    assert not rows.moved.str.contains("loss").any()
    record = books.as_of("2026-10-31").rating_record()
    assert record.came_written_off_amount.isna().all()
    assert rating_record.by_grade(record).written_off_share.isna().all()
    assert set(rating_record.skill(record).what) <= {"came_days_late"}


def test_open_items_of_a_day_rate_nobody(tmp_path: Path) -> None:
    (write(told("invoices\ninvoice_id customer_id issued_on due_on amount\nA1 anna 2026-01-01 2026-01-15 100.00"),
           tmp_path / "ledger") / "ledger.toml").write_text('snapshot_on = "2026-05-31"\n', "utf-8")  # fmt: skip
    with pytest.raises(UnknownError, match="The rating of customers needs history"):
        open_ledger(tmp_path / "ledger").as_of(AS_OF).ratings()


def test_a_book_in_which_nothing_happened_yet_says_so(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-06-29  2026-07-15  100.00

    applications
    invoice_id  applied_on  amount  kind
    """
    empty = opened({"invoices": []}, tmp_path).as_of(AS_OF)
    for ask in (empty.ratings, empty.policy, empty.plans, empty.plan_instalments):
        assert ask().empty
    assert empty.reminders().accounts.empty
    young = opened(told(test_a_book_in_which_nothing_happened_yet_says_so.__doc__ or ""), tmp_path / "young")
    rows, today = young.as_of("2026-06-30").ratings(), young.as_of("2026-06-30")
    assert rows[["grade", "moved"]].to_numpy().tolist() == [["new", "no invoice has fallen due yet"]]
    assert rows[["expected_loss_share", "expected_days_late", "p_late", "late_share"]].isna().all(axis=None)
    assert today.policy().proposal.tolist() == ["keep"]
    assert today.policy_months().kept_amount.tolist() == [100]
    assert today.rating_skill().empty
    assert today.rating_results().empty


def test_no_rating_and_no_word_looks_past_the_day(company: Tables, kept: Ledger, tmp_path: Path) -> None:
    """With a future in which nobody pays and everybody buys again, the ratings are the same to the bit."""
    day = date(2026, 3, 31)
    again = [
        row | {"invoice_id": f"{row['invoice_id']}-again", "issued_on": "2026-04-01", "due_on": "2026-04-15"}
        for row in company["invoices"][:50]
    ]
    blank = dict.fromkeys(("known_on", "delivered_on", "discount_until", "discount_amount"), "")
    now = until(company, day)
    mutated = now | {"invoices": now["invoices"] + [row | blank for row in again], "promises": company["promises"]}
    ratings, other = kept.as_of(day).ratings(), opened(mutated, tmp_path).as_of(day).ratings()
    assert len(ratings) > 15
    pd.testing.assert_frame_equal(ratings, other, check_exact=True)


def test_the_record_holds_what_was_said_and_all_that_came(company: Tables, kept: Ledger) -> None:
    record = kept.as_of("2026-06-30").rating_record()
    origin, end = pd.Timestamp("2025-12-31"), pd.Timestamp("2026-06-30")
    assert record.origin.max() == origin
    then = kept.as_of(origin.date()).ratings().set_index("customer_id")
    said = record[record.origin == origin].set_index("customer_id")
    assert then.grade[said.index].tolist() == said.grade.tolist()
    assert then.expected_days_late[said.index].tolist() == pytest.approx(said.expected_days_late.tolist())
    due = pd.DataFrame(company["invoices"]).assign(due_on=lambda rows: pd.to_datetime(rows.due_on))
    fell = due[(due.due_on > origin) & (due.due_on < end) & due.customer_id.isin(said.index) & (due.currency == "USD")]
    assert said.due_amount[fell.customer_id.unique()].sum() >= fell.amount.astype(float).sum() > 0
    results = rating_record.by_grade(record)
    assert results.ratings.sum() == len(record)
    assert (results.late_share_low <= results.late_share).all()
    assert (results.late_share <= results.late_share_high).all()
    whole = (record.came_late_amount.sum() / record.due_amount.sum()).round(9)
    parts = record.groupby("grade")[["came_late_amount", "due_amount"]].sum()
    assert (parts.came_late_amount / parts.due_amount)[results.grade].tolist() == pytest.approx(
        results.late_share.tolist()
    )
    assert results.late_share.min() <= whole <= results.late_share.max()


def test_who_is_new_is_no_part_of_the_skill() -> None:
    """Of 30 customers each was late as was said; of as many new ones each the other way round."""
    days = np.arange(30.0)
    old = pd.DataFrame({"expected_days_late": days, "came_days_late": days, "late_share": days[::-1], "grade": "A"})
    new = old.assign(came_days_late=days[::-1], grade=rating.NEW)
    record = pd.concat([old, new], ignore_index=True).assign(
        origin=pd.Timestamp("2026-01-31"), customer_id=lambda rows: rows.index.astype(str), expected_loss_share=np.nan,
        came_written_off_amount=np.nan,
    )  # fmt: skip
    (skill,) = rating_record.skill(record).to_dict("records")
    assert (skill["what"], skill["ratings"]) == ("came_days_late", 30)
    assert (skill["rating"], skill["rule"]) == (pytest.approx(1), pytest.approx(-1))


def test_skill_is_one_for_the_right_order_and_knows_its_noise() -> None:
    random = np.random.default_rng(3)
    came, of = random.permutation(200.0 * np.arange(300)), np.repeat(np.arange(100), 3)
    ranks = pd.Series(came).rank()
    perfect = scores.rank_skill(ranks, random.permutation(ranks), ranks, of)
    assert perfect["rating"] == pytest.approx(1)
    assert abs(perfect["rule"]) < 0.2 < perfect["better_low"] < perfect["better"] < perfect["better_high"]
    same = scores.rank_skill(ranks, ranks, ranks, of)
    assert same["better_low"] == same["better_high"] == 0
    noise = scores.rank_skill(random.permutation(ranks), random.permutation(ranks), ranks, of)
    assert noise["better_low"] < 0 < noise["better_high"]


@pytest.mark.filterwarnings("error")
def test_where_the_same_came_of_all_nobody_is_warned_that_no_skill_is_known() -> None:
    alike = scores.rank_skill([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [2.0, 2.0, 2.0], ["a", "b", "c"])
    assert all(map(math.isnan, alike.values()))


def test_a_share_drawn_of_customers_lies_in_its_range() -> None:
    share, low, high = scores.drawn_share([1, 0, 3], [2, 4, 4])
    assert (share, low < share < high) == (0.4, True)
    assert all(map(math.isnan, scores.drawn_share([0.0], [0.0])))


@pytest.mark.parametrize("cuts", [(0.1, 0.1, 0.2, 0.3), (0, 1, 2, 3), (3, 2, 1, 0.5), (1, 2, 3, math.inf)])
def test_cut_offs_rise_from_above_zero(cuts: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError, match="rise"):
        Settings(rating={"days_late": cuts})
