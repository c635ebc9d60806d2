"""What figures are grouped by: a column, or each combination of several."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arforecast.errors import UsageError
from arforecast.ledger.groups import columns, parted, together
from forecasts import opened
from ledgers import Tables, told

CROSS = """
invoices
invoice_id  customer_id  issued_on   due_on      amount  segment
A1          anna         2026-04-20  2026-05-04  100.00  team
A2          anna         2026-05-25  2026-06-09   30.00  solo
B1          bert         2026-05-05  2026-05-19   20.00  -
C1          carl         2026-05-05  2026-05-19    7.00  team
D1          dora         2026-05-05  2026-05-19    3.00  solo

applications
invoice_id  applied_on  amount  kind
A1          2026-05-10   40.00  cash

customers
customer_id  segment  country
anna         solo     CA
bert         solo     CA
carl         team     U,S\\
dora         team     -

receipts
receipt_id  customer_id  received_on  amount
R1          anna         2026-05-10   45.00
"""


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    ledger = opened(told(CROSS), tmp_path_factory.mktemp("cross"))
    return ledger.as_of("2026-06-30").kpis(by=("segment", "country")).set_index(["by", "group", "kpi"]).value


def test_a_cross_has_a_group_for_each_combination(crossed: pd.DataFrame) -> None:
    """The invoice's segment counts before its customer's (A1 is team's, anna is solo), bert's comes from the customer;
    a sign that parts the two labels has a backslash before it."""
    owed = {r"solo, CA": 50, r"solo, (none)": 3, r"team, CA": 60, r"team, U\,S\\": 7}
    assert crossed.loc["segment,country", :, "open_ar"].to_dict() == owed
    assert crossed.loc["", "", "open_ar"] == sum(owed.values())


def test_what_belongs_to_a_customer_stands_in_the_group_of_the_customer(crossed: pd.DataFrame) -> None:
    assert crossed.loc["segment,country", "solo, CA", "credit_balance"] == -5
    assert crossed.loc["segment,country", "team, CA", "credit_balance"] == 0


def test_a_text_names_several_columns_as_a_list_does(tmp_path: Path) -> None:
    today = opened(told(CROSS), tmp_path).as_of("2026-06-30")
    pd.testing.assert_frame_equal(today.kpis("segment, country"), today.kpis(["segment", "country"]))
    assert set(today.kpis(by=("segment",)).by) == {"", "segment"}
    pd.testing.assert_frame_equal(today.kpis(by=()), today.kpis())
    with pytest.raises(UsageError, match=r"There is no column colour\. Group by one of customer_id"):
        today.kpis(by=("segment", "colour"))


def test_money_names_no_group(tmp_path: Path) -> None:
    """Its labels would be numbers of cents."""
    today = opened(told(CROSS), tmp_path).as_of("2026-06-30")
    for name in ("amount", "credit_limit"):
        with pytest.raises(UsageError, match=f"There is no column {name}"):
            today.kpis(by=name)


def test_a_column_twice_is_one() -> None:
    assert columns("segment,segment") == columns(["segment"]) == ("segment",)
    assert columns(None) == columns("") == ()


@given(st.lists(st.text(min_size=1).map(str.strip).filter(bool), min_size=1))
def test_what_is_put_together_comes_apart(parts: list[str]) -> None:
    assert parted(together(parts)) == parts


@given(st.lists(st.text(alphabet="a,\\ ", min_size=1).map(str.strip).filter(bool), min_size=1))
def test_commas_and_backslashes_come_apart_too(parts: list[str]) -> None:
    assert parted(together(parts)) == parts


def test_costs_belong_to_no_combination(tmp_path: Path) -> None:
    tables: Tables = told(CROSS) | {"costs": [{"month": "2026-06-01", "category": "staff", "amount": "5.00"}]}
    table = opened(tables, tmp_path).as_of("2026-06-30").kpis(by=("segment", "country")).set_index(["by", "kpi"])
    assert table.loc["segment,country"].loc["cost_per_invoice"].numerator.isna().all()
