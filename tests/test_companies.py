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
