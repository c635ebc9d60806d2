"""Money is written with the decimals of its currency: yen have none, dollars two, Kuwaiti dinars three."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import ledgers
from arforecast import open_ledger
from arforecast.delivery import gates
from arforecast.desk import Snapshot
from arforecast.settings import Policy, Settings

BOOKS = """
invoices
invoice_id  customer_id  issued_on   due_on      amount
A1          anna         2026-05-01  2026-06-01  {amount}

applications
application_id  invoice_id  applied_on  amount  kind
P1              A1          2026-06-20  1       cash

control_totals
as_of       open_ar
2026-06-30  {amount}
"""
OWED = {"JPY": ("1235", "1,234"), "USD": ("1235.5", "1,234.50"), "KWD": ("1235.567", "1,234.567")}


@pytest.fixture(params=OWED)
def currency(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def today(currency: str, tmp_path: Path) -> Snapshot:
    folder = ledgers.write(ledgers.told(BOOKS.format(amount=OWED[currency][0])), tmp_path / "ledger")
    (folder / "ledger.toml").write_text(f'currency = "{currency}"\n', "utf-8")
    return open_ledger(folder, Settings(policy=Policy(limit_months=(0.1,) * 5))).as_of("2026-06-30")


def test_what_is_said_of_an_account_has_the_decimals_of_the_ledger(today: Snapshot, currency: str) -> None:
    owed = OWED[currency][1]
    assert today.worklist()["reason"].iloc[0].startswith(f"{owed} overdue")
    assert f"{owed} open, limit of grade" in today.policy()["rules"].iloc[0]


def test_a_gate_names_money_with_the_decimals_of_its_currency(today: Snapshot, currency: str) -> None:
    owed, gone = OWED[currency], gates._judged("open_ar", pd.Series([float(OWED[currency][0]) - 1, None]), currency)
    assert gone == f"Open receivables is not known any more; it was {owed[1]}."
    assert f"of the {owed[1]} owed" in today.stamp()["gates"][0]["message"]
    one = {"JPY": "-1", "USD": "-1.00", "KWD": "-1.000"}[currency]
    assert f"open_ar differs by {one}." in today.stamp()["gates"][1]["message"]
