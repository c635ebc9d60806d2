"""What early payment is worth: by hand, at the cost of capital, and unknown where the ledger does not tell."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from arforecast.actions import pricing
from forecasts import opened
from ledgers import told

# Anna takes 2 % and pays in 10 days, else in 40; Bert takes none and pays in 120; Cora is offered none and pays in 60;
# Dora has not paid for 60, and has fees. A discount that may still be taken is none offered yet.
BOOKS = """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount   kind  discount_until  discount_amount
    A1          anna         2026-01-01  2026-01-31  1000.00  -     2026-01-11      20.00
    A2          anna         2026-02-01  2026-03-03  1000.00  -     2026-02-11      20.00
    A3          anna         2026-06-25  2026-07-25  1000.00  -     2026-07-05      20.00
    B1          bert         2026-01-01  2026-01-31  2000.00  -     2026-01-11      40.00
    C1          cora         2026-03-01  2026-03-31  300.00   -     -               -
    D1          dora         2026-05-01  2026-05-31  100.00   -     -               -
    D2          dora         2026-06-02  2026-06-10  10.00    fee   -               -
    D3          dora         2026-06-03  2026-06-10  30.00    fee   -               -

    applications
    invoice_id  applied_on  amount   kind
    A1          2026-01-11   980.00  cash
    A1          2026-01-11    20.00  discount
    A2          2026-03-13  1000.00  cash
    B1          2026-05-01  2000.00  cash
    C1          2026-04-30   300.00  cash
    D2          2026-06-20    10.00  cash
"""


AS_OF = pd.Timestamp("2026-06-30")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    ledger = opened(told(BOOKS), tmp_path_factory.mktemp("pricing"))
    return ledger.as_of("2026-06-30").pricing().set_index("customer_id")


def test_a_discount_pays_up_to_what_the_days_gained_earn(rows: pd.DataFrame) -> None:
    """At 8 % a year Anna's 30 days earn 0.66 %, less than her 2 %; Bert's 110 days 2.35 %; Cora's 50 days 1.08 %."""
    assert rows.usual_days[["anna", "bert", "cora"]].tolist() == [40, 120, 60]
    assert rows.gained_days[["anna", "bert", "cora"]].tolist() == [30, 110, 50]
    earned = {name: 0.08 * days / 365 for name, days in {"anna": 30, "bert": 110, "cora": 50}.items()}
    assert {name: rows.break_even_share[name] for name in earned} == pytest.approx(
        {name: gain / (1 + gain) for name, gain in earned.items()}
    )
    assert rows.verdict.to_dict() == {
        "anna": "costs more than it brings", "bert": "pays", "cora": "could be offered", "dora": "could be offered",
    }  # fmt: skip
    assert rows.net_gain_amount["anna"] == pytest.approx(980 * earned["anna"] - 20)
    assert rows.index[0] == "anna"


def test_what_is_left_of_an_invoice_does_not_make_all_of_it_unpaid(tmp_path: Path) -> None:
    """
    Of 1,000 a discount of 20 is taken too late, and charged again: 980 took 19 days, 20 are open after 180. Half of
    what Bert owes came before it was billed.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-01-01  2026-01-31  1000.00
    B1          bert         2026-01-01  2026-01-31   100.00

    applications
    invoice_id  applied_on  amount  kind      known_on
    A1          2026-01-20  980.00  cash      -
    A1          2026-01-20   20.00  discount  -
    A1          2026-02-10  -20.00  discount  -
    B1          2025-12-20   50.00  cash      -
    B1          2026-01-11   50.00  cash      -
    """
    ledger = opened(told(test_what_is_left_of_an_invoice_does_not_make_all_of_it_unpaid.__doc__ or ""), tmp_path)
    rows = ledger.as_of("2026-06-30").pricing().set_index("customer_id")
    assert rows.usual_days.to_dict() == {"anna": (980 * 19 + 20 * 180) / 1000, "bert": 5}


def test_terms_follow_from_the_grade_and_from_what_pays(rows: pd.DataFrame) -> None:
    """All but Anna have too few invoices, and are treated as grade C, with 30 days at most; nobody is offered 2 % that
    costs more than it brings. Bert's 2 % pays, and half a percent pays with the others."""
    columns = ["terms_days", "proposed_terms_days", "proposed_discount_share", "proposed_terms"]
    assert rows.loc["bert", columns].tolist() == [30, 30, 0.02, "2/10 net 30"]
    assert rows.loc["anna", columns].tolist() == [30, 30, 0.005, "0.5/10 net 30"]
    assert rows.loc["cora", columns].tolist() == [30, 30, 0.005, "0.5/10 net 30"]
    assert pricing._terms(0.0, 0.0, 10) == "due on receipt"
    short = rows.reset_index().assign(proposed_terms_days=10.0, prepay=False)
    assert set(pricing._with_terms(short, 10).proposed_terms) == {"net 10"}


def test_who_is_billed_on_delivery_is_asked_to_prepay_by_the_policy_alone(tmp_path: Path) -> None:
    """Anna pays her bills on the day, Bert his months late: neither has terms, and only one has a bad grade."""
    issued = pd.date_range("2025-01-06", "2026-06-15", freq="28D")
    late = {"anna": 0, "bert": 170}
    books = {
        "invoices": [
            {"invoice_id": f"{name}{nth}", "customer_id": name, "issued_on": f"{on:%Y-%m-%d}",
             "due_on": f"{on:%Y-%m-%d}", "amount": "100.00",
             "paid_on": f"{paid_on:%Y-%m-%d}" if (paid_on := on + pd.Timedelta(days=days)) <= AS_OF else ""}
            for nth, on in enumerate(issued) for name, days in late.items()
        ]
    }  # fmt: skip
    today = opened(books, tmp_path).as_of("2026-06-30")
    assert today.pricing().set_index("customer_id").proposed_terms.to_dict() == {
        "anna": "due on receipt", "bert": "prepayment",
    }  # fmt: skip
    limits = today.policy().set_index("customer_id").proposed_limit_amount
    assert limits[["anna", "bert"]].gt(0).tolist() == [True, False]


def test_what_is_offered_is_over_and_what_is_taken_is_of_it(rows: pd.DataFrame) -> None:
    columns = ["billed_amount", "offered_amount", "taken_amount", "uptake_share", "discount_share"]
    assert rows.loc["anna", columns].tolist() == [3000, 40, 20, 0.5, 0.02]
    assert rows.loc["bert", columns].tolist() == [2000, 40, 0, 0, 0.02]
    assert rows.loc["dora", ["fees_amount", "fees_collected_amount", "fees_collected_share"]].tolist() == [40, 10, 0.25]
    assert rows.billed_amount["dora"] == 100


def test_paid_on_alone_tells_of_no_discounts_taken(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  discount_until  discount_amount  paid_on
    A1          anna         2026-01-01  2026-01-31  100.00  2026-01-11      2.00             2026-02-10
    """
    ledger = opened(told(test_paid_on_alone_tells_of_no_discounts_taken.__doc__ or ""), tmp_path)
    rows = ledger.as_of("2026-06-30").pricing()
    assert rows[["taken_amount", "uptake_share", "net_gain_amount"]].isna().all(axis=None)
    assert rows.verdict.tolist() == ["costs more than it brings"]
    assert set(pricing.MEANINGS) < set(rows.columns)
