"""The credit policy: each rule by hand, and what it would have done with past sales, to the cent."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from arforecast.actions import policy, policy_record
from arforecast.desk import Snapshot, open_ledger
from arforecast.settings import Policy, Rating, Settings
from forecasts import AS_OF, opened, sample
from ledgers import told, write

# Anna pays; Bert's first bill stays open, and his next are held; Cora has one bill and then buys too much; Dora broke
# three promises; Emil pays late, is bad enough to prepay, and his fee is no sale.
BOOKS = """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  kind
    A1          anna         2026-01-01  2026-01-31  300.00  -
    A2          anna         2026-02-01  2026-03-03  300.00  -
    A3          anna         2026-03-01  2026-03-31  300.00  -
    A4          anna         2026-05-01  2026-05-31  300.00  -
    A5          anna         2026-06-01  2026-07-01  300.00  -
    B1          bert         2026-01-05  2026-01-20  100.00  -
    B2          bert         2026-03-10  2026-03-25  100.00  -
    B3          bert         2026-04-10  2026-04-25   50.55  -
    C1          cora         2026-03-02  2026-04-01  100.00  -
    C2          cora         2026-05-04  2026-06-03  700.00  -
    D1          dora         2026-01-05  2026-01-20  100.00  -
    D2          dora         2026-05-05  2026-05-20  100.00  -
    E1          emil         2025-07-01  2025-07-15  100.00  -
    E2          emil         2025-08-01  2025-08-15  100.00  -
    E3          emil         2025-09-01  2025-09-15  100.00  -
    E4          emil         2026-05-06  2026-05-20   80.00  -
    E5          emil         2026-05-07  2026-05-21   10.00  fee

    applications
    invoice_id  applied_on  amount   kind
    A1          2026-01-31   300.00  cash
    A2          2026-03-02   300.00  cash
    A3          2026-03-31   300.00  cash
    A4          2026-05-31   300.00  cash
    B1          2026-05-20    60.00  write_off
    C1          2026-04-01   100.00  cash
    D1          2026-01-25   100.00  cash
    D2          2026-05-20   100.00  cash
    E1          2025-12-31   100.00  cash
    E2          2026-01-31   100.00  cash
    E3          2026-02-28   100.00  cash
    E4          2026-06-10    80.00  cash

    promises
    promise_id  customer_id  made_on     promised_on  amount
    P1          dora         2026-02-01  2026-02-10   999.00
    P2          dora         2026-03-01  2026-03-10   999.00
    P3          dora         2026-04-01  2026-04-10   999.00
"""
RULES = Policy(limit_months=(6, 4, 3, 2, 0), terms_days=(60, 45, 30, 15, 0))


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = write(told(BOOKS), tmp_path_factory.mktemp("policy") / "ledger")
    rating = Rating(loss_share=(0.5, 0.6, 0.7, 0.8), days_late=(20, 30, 40, 50))
    return open_ledger(folder, Settings(rating=rating, policy=RULES)).as_of("2026-06-15")


@pytest.fixture(scope="module")
def rows(today: Snapshot) -> pd.DataFrame:
    return today.policy().set_index("customer_id")


@pytest.fixture(scope="module")
def sales(today: Snapshot) -> pd.DataFrame:
    return today.policy_sales().set_index("invoice_id")


def test_each_rule_is_met_with_its_numbers(rows: pd.DataFrame) -> None:
    assert rows.proposal.to_dict() == {
        "bert": "hold orders", "dora": "hold orders", "emil": "prepayment", "cora": "limit", "anna": "keep",
    }  # fmt: skip
    assert rows.rules["bert"].startswith("146 days past due, held beyond 60; ")
    assert "3 promises broken, held from 3 on" in rows.rules["dora"]
    assert rows.rules["emil"] == "grade E: below D pays before delivery"
    assert rows.rules["cora"] == "700.00 open, limit of grade C (new) 690.00"
    assert rows.rules["anna"] == ""
    assert rows.index[0] in {"bert", "dora"}
    assert (rows.grade["anna"], rows.grade["cora"], rows.grade["emil"]) == ("A", "new", "E")


def test_one_day_and_one_promise_are_not_said_to_be_several() -> None:
    met = {"grade": "B", "oldest_days_past_due": 1, "broken_promises": 1, "terms_days": 1.0, "proposed_terms_days": 0.0,
           "prepay": False, "open_balance": 0, "proposed_limit_amount": 0, "over_limit_amount": 0}  # fmt: skip
    assert policy._rules(met, Policy(hold_past_due_days=0, hold_broken_promises=1), "USD") == [
        "1 day past due, held beyond 0", "1 promise broken, held from 1 on", "terms of 1 day, grade B has 0",
    ]  # fmt: skip


def test_limit_and_terms_follow_from_grade_and_buying(rows: pd.DataFrame) -> None:
    """Anna was billed 1,500 in 166 days: 274.85 a month of 365 / 12 days, times six, to two digits."""
    assert rows.monthly_amount["anna"] == pytest.approx(1500 / (166 / (365 / 12)))
    assert rows.proposed_limit_amount["anna"] == 1700
    assert rows.proposed_limit_amount["emil"] == rows.proposed_terms_days["emil"] == 0
    assert (rows.terms_days["anna"], rows.proposed_terms_days["anna"]) == (30, 30)
    assert rows.over_limit_amount["cora"] == 700 - rows.proposed_limit_amount["cora"] > 0
    assert rows.open_balance.to_dict() == {"bert": 190.55, "cora": 700, "anna": 300, "dora": 0, "emil": 10}


def test_what_the_rules_would_have_done_is_known_sale_by_sale(sales: pd.DataFrame) -> None:
    assert sales.decision[["A4", "B2", "B3", "C2", "D2", "E4"]].to_dict() == {
        "A4": "keep",  # pays on time
        "B2": "over limit",  # at the end of February 39 days past due, with a limit of 170
        "B3": "hold",  # 70 days at the end of March
        "C2": "over limit",  # new, with 3 months of 100
        "D2": "hold",  # the third promise broken in April
        "E4": "prepayment",
    }
    assert "E5" not in sales.index
    assert sales.cash_amount[["A4", "E4", "B3"]].tolist() == [300, 80, 0]
    assert sales.open_balance["B3"] == 50.55
    assert sales.days_late[["E4", "B3", "A3"]].tolist() == [21, 51, 0]


def test_refused_and_kept_are_all_sales_and_all_cash_to_the_cent(sales: pd.DataFrame) -> None:
    for told_by in (sales, sample().as_of(AS_OF).policy_sales()):
        months = policy_record.by_month(told_by)
        cents = (months.filter(like="_amount") * 100).round().astype("Int64")
        assert (cents.refused_amount + cents.kept_amount == cents.sales_amount).all()
        assert (cents.hold_amount + cents.prepayment_amount + cents.over_limit_amount == cents.refused_amount).all()
        assert (cents.cash_forgone_amount + cents.cash_kept_amount == cents.cash_amount).all()
        assert (cents.cash_forgone_low_amount <= cents.cash_forgone_amount).all()
        assert (cents.loss_avoided_amount <= cents.loss_avoided_high_amount).all()
        assert cents.sales_amount.sum() == round(told_by.sales_amount.sum() * 100)
    billed = [Decimal(row["amount"]) for row in told(BOOKS)["invoices"] if row["kind"] != "fee"]
    assert Decimal(str(round(sales.sales_amount.sum(), 2))) == sum(billed)
    assert set(sales.decision) == set(policy_record.DECISIONS)


def test_who_is_new_or_bought_nothing_has_no_limit_to_be_beyond(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  paid_on
    A1          anna         2026-05-04  2026-06-03  900.00  -
    B1          bert         2024-12-01  2024-12-15  900.00  -
    """
    books = opened(told(test_who_is_new_or_bought_nothing_has_no_limit_to_be_beyond.__doc__ or ""), tmp_path)
    day = books.as_of("2026-06-15")
    sold, rows = day.policy_sales(), day.policy().set_index("customer_id")
    assert sold.decision.tolist() == ["keep", "keep"]
    assert pd.isna(rows.proposed_limit_amount["bert"])
    assert rows.over_limit_amount.isna()["bert"]
    assert rows.broken_promises.isna().all()
    months = policy_record.by_month(sold)
    assert months[["written_off_amount", "loss_avoided_amount", "loss_avoided_high_amount"]].isna().all(axis=None)


def test_what_is_disputed_holds_no_order(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-01-05  2026-01-20  100.00

    applications
    invoice_id  applied_on  amount  kind

    disputes
    dispute_id  invoice_id  opened_on   closed_on
    D1          A1          2026-01-10  2026-05-01
    """
    books = opened(told(test_what_is_disputed_holds_no_order.__doc__ or ""), tmp_path)
    assert books.as_of("2026-04-30").policy().oldest_days_past_due.tolist() == [0]
    assert books.as_of("2026-05-01").policy().proposal.tolist() == ["hold orders"]


def test_limits_are_rounded_up_to_two_digits() -> None:
    assert policy._round(pd.Series([413700.0, 83620, 120, 0]).to_numpy(), 100).tolist() == [420000, 84000, 200, 0]


@pytest.mark.parametrize("wrong", [{"prepay_below": "F"}, {"limit_months": [1, 2]}, {"terms_days": [1, 2, 3, 4, -1]}])
def test_a_policy_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings(policy=wrong)
