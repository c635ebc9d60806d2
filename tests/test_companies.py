"""One customer under two numbers, and groups of companies."""

from __future__ import annotations

from pathlib import Path

import pytest

import ledgers
from arforecast import Ledger, open_ledger
from arforecast.settings import Settings


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """The ledger of the test's docstring."""
    return open_ledger(ledgers.write(ledgers.told(request.function.__doc__), tmp_path / "ledger"), Settings())


def test_a_customer_under_two_numbers_is_one(ledger: Ledger) -> None:
    """Old was merged into mid, and mid into new: 100 + 200 of one customer, 50 of its receipt not applied.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          old         2026-01-01 2026-01-31 100.00
    B          new         2026-01-01 2026-01-31 200.00

    receipts
    receipt_id customer_id received_on amount
    R          mid         2026-02-01  50.00

    customers
    customer_id name merged_into
    old         Old  mid
    mid         Mid  new
    new         New  -
    """
    assert ledger.quarantine.empty
    accounts = ledger.as_of("2026-06-30").accounts()
    assert accounts[["customer_id", "name", "open_balance", "credit_balance"]].to_numpy().tolist() == [
        ["new", "New", 300, -50]
    ]
    assert ledger.as_of("2026-06-30").kpis().set_index("kpi").value.hhi == 10_000


def test_a_group_is_its_top_parent_and_all_below_it(ledger: Ledger) -> None:
    """Top has mid, mid has low, which was merged into bot; lone stands alone; one and two name each other.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          top         2026-01-01 2026-01-31 1.00
    B          mid         2026-01-01 2026-01-31 2.00
    C          bot         2026-01-01 2026-01-31 4.00
    D          low         2026-01-01 2026-01-31 8.00
    E          lone        2026-01-01 2026-01-31 16.00
    F          one         2026-01-01 2026-01-31 32.00
    G          two         2026-01-01 2026-01-31 64.00

    customers
    customer_id parent_id merged_into
    top         -         -
    mid         top       -
    low         -         bot
    bot         mid       -
    lone        -         -
    one         two       -
    two         one       -
    """
    table = ledger.as_of("2026-06-30").kpis(by="parent_id")
    owed = table[(table.kpi == "open_ar") & (table.by == "parent_id")].set_index("group").value
    assert owed.to_dict() == {"top": 15, "(none)": 16, "one": 96}


def test_concentration_limits_and_accounts_know_groups(ledger: Ledger) -> None:
    """Top and its two owe 80 + 10 + 5 of 200, lone 100, one whom no row names owes 5. Squares of customers: 0.4^2 +
    0.05^2 + 0.025^2 + 0.5^2 + 0.025^2 = 0.41375; of groups: 0.475^2 + 0.5^2 + 0.025^2 = 0.47625. Top has the limit of
    50 for all of its own; new has none, so the limits of its two count together, 30 + 0.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          top         2026-01-01 2026-01-31 80.00
    B          mid         2026-01-01 2026-06-30 10.00
    C          bot         2026-01-01 2026-06-29 5.00
    D          lone        2026-01-01 2026-01-31 100.00
    E          odd         2026-01-01 2026-01-31 5.00

    customers
    customer_id parent_id name credit_limit
    top         -         Top  50.00
    mid         top       Mid  40.00
    bot         mid       -    -
    lone        -         Lone 200.00
    new         -         New  -
    new1        new       -    30.00
    new2        new       -    -
    none        -         None -
    """
    today = ledger.as_of("2026-06-30")
    values = today.kpis().set_index("kpi").value
    assert values[["hhi", "hhi_group"]].to_list() == pytest.approx([4137.5, 4762.5])
    assert values[["top10_share", "top10_group_share"]].to_list() == [1, 1]
    used = today.schedule("credit_limit_use_by_group")
    assert used.to_numpy().tolist() == [
        ["top", "Top", 95, 50, 1.9, 45],
        ["lone", "Lone", 100, 200, 0.5, 0],
        ["new", "New", 0, 30, 0, 0],
    ]
    columns = ["group_id", "group_open_balance", "group_overdue_balance"]
    accounts = today.accounts().set_index("customer_id")[columns]
    assert {name: accounts.loc[name].to_list() for name in accounts.index} == {
        "top": ["top", 95, 85],
        "mid": ["top", 95, 85],
        "bot": ["top", 95, 85],
        "lone": ["lone", 100, 100],
        "odd": ["odd", 5, 5],
    }


def test_the_ten_largest_groups_of_companies(ledger: Ledger) -> None:
    """Twelve owe 10 each, and two of them are one group: 20 + 9 x 10 of 120.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          a           2026-06-01 2026-07-01 10.00
    B          b           2026-06-01 2026-07-01 10.00
    C          c           2026-06-01 2026-07-01 10.00
    D          d           2026-06-01 2026-07-01 10.00
    E          e           2026-06-01 2026-07-01 10.00
    F          f           2026-06-01 2026-07-01 10.00
    G          g           2026-06-01 2026-07-01 10.00
    H          h           2026-06-01 2026-07-01 10.00
    I          i           2026-06-01 2026-07-01 10.00
    J          j           2026-06-01 2026-07-01 10.00
    K          k           2026-06-01 2026-07-01 10.00
    L          l           2026-06-01 2026-07-01 10.00

    customers
    customer_id parent_id
    l           k
    k           -
    """
    values = ledger.as_of("2026-06-30").kpis().set_index("kpi").value
    assert values[["top10_share", "top10_group_share"]].to_list() == pytest.approx([100 / 120, 110 / 120])
