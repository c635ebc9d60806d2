"""Money is written with the decimals of its currency: yen have none, dollars two, Kuwaiti dinars three."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import ledgers
from arforecast import open_ledger
from arforecast.delivery import gates
from arforecast.desk import Snapshot
from arforecast.report import page, tables
from arforecast.report.exhibits import accounts, receivables
from arforecast.runs.runner import pass_gates
from arforecast.settings import Policy, Settings

BOOKS = """
invoices
invoice_id  customer_id  issued_on   due_on      amount
A1          anna         2026-05-01  2026-06-01  {amount}

applications
application_id  invoice_id  applied_on  amount  kind
P1              A1          2026-06-20  1       cash

costs
month       category  amount
2026-05-01  staff     {amount}

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


def test_a_page_writes_money_with_the_decimals_of_the_ledger(today: Snapshot, currency: str) -> None:
    """1,235 yen, 1,235.50 dollars, 1,235.567 dinars less the 1 that was paid."""
    owed, stamp = OWED[currency][1], pass_gates(today.stamp(), ("control",))
    order = accounts.ranked(today.accounts(), today.customers(), pd.DataFrame(), "2026-06-30")
    calls = accounts.calls(order, pd.DataFrame(), stamp)
    assert f", {owed} overdue" in calls.sentence
    assert f">{owed}</td>" in calls.html()
    assert owed in {cell for row in calls.told()["table"]["rows"] for cell in row}
    listed = accounts.overdue(order, pd.DataFrame(), stamp)
    assert listed.html().count(f">{owed}<") == 2, "of the account, and in all"
    sheet = page.account_sheets(order, today.account_sheets(["anna"]), stamp)
    assert f"{owed} overdue, the oldest by" in sheet
    assert f"+{owed} in the month" in sheet
    assert sheet.count(f">{owed}<") > 3
    aside = pd.DataFrame(stamp["rows"]).assign(quarantined=1, quarantined_amount=order["open_balance"][0] / 4)
    assert page._used(aside, currency).endswith(f"worth {owed}")


def test_a_measure_has_the_decimals_of_the_ledger_in_tables_and_on_cards(today: Snapshot, currency: str) -> None:
    kpis, stamp = today.kpis(months=13), today.stamp()
    measures = receivables.measured(kpis, today.glossary(), {"cost_per_invoice": 1.5}, stamp)
    rows = dict(receivables.every_measure(measures, stamp).told()["table"]["rows"][nth][:2] for nth in range(10))
    assert rows["Open receivables"] == OWED[currency][1]
    measures = measures.assign(now=1.5)
    measures.attrs = {"currency": currency}
    (card,) = receivables.kpi_cards(measures, ["cost_per_invoice"])
    assert card.value == {"JPY": "2", "USD": "1.50", "KWD": "1.500"}[currency]
    assert f"target ({card.value})" in card.note


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


def test_a_row_in_another_currency_has_its_own_decimals() -> None:
    plans = pd.DataFrame({"customer_id": ["A", "B"], "debt_balance": [1200.5, 1200.0], "currency": ["KWD", "JPY"]})
    shown = tables.show(plans, "Plans", units={"debt_balance": "own money"}, currency="USD")
    assert ">1,200.500<" in shown
    assert ">1,200<" in shown
