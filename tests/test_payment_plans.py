"""Payment plans: what a record carries, on which days, adding up to the debt."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from arforecast.actions import plan_record, plans
from arforecast.desk import Snapshot
from arforecast.forecast.calendar import holidays, working_days
from forecasts import opened
from ledgers import Tables, told

# Anna paid 100, 200, 300, 400 in turn on the 15th of eight months, and owes 650.05 and, disputed, 999; Bert paid in
# two months alone; Cora owes what one payment covers; Dora would take 20 instalments; Emil owes yen.
PAID = {
    "anna": [100, 200, 300, 400, 100, 200, 300, 400],
    "bert": [100, 100],
    "cora": [900] * 8,
    "dora": [50] * 8,
    "emil": [10000] * 8,
}
OWED = {"anna": "650.05", "bert": "650.00", "cora": "650.00", "dora": "1000.00", "emil": "25000"}


def books() -> Tables:
    invoices, applications = [], []
    for customer, amounts in PAID.items():
        currency = "JPY" if customer == "emil" else "USD"
        for month, amount in enumerate(amounts, start=1):
            name, day = f"{customer}{month}", f"2025-{month:02}-15"
            row = {"invoice_id": name, "customer_id": customer, "issued_on": f"2025-{month:02}-01", "due_on": day}
            invoices.append(row | {"amount": str(amount), "currency": currency})
            applications.append({"invoice_id": name, "applied_on": day, "amount": str(amount), "kind": "cash"})
        late = {"invoice_id": f"{customer}-late", "customer_id": customer, "issued_on": "2025-09-01"}
        invoices.append(late | {"due_on": "2025-09-15", "amount": OWED[customer], "currency": currency})
    contested = {"invoice_id": "anna-disputed", "amount": "999.00"}
    invoices.append(invoices[8] | contested)
    rest = """
        disputes
        dispute_id  invoice_id     opened_on
        D1          anna-disputed  2025-09-20

        promises
        promise_id  customer_id  made_on     promised_on  amount
        P1          anna         2025-05-01  2025-05-15   100.00
        P2          anna         2025-10-01  2025-10-15   100.00
        P3          bert         2025-10-01  2025-10-15   100.00

        rates
        rate_on     currency  rate
        2025-12-01  JPY       0.01
    """
    rates = [{"rate_on": f"2025-{month:02}-01", "currency": "JPY", "rate": "0.01"} for month in range(1, 13)]
    return {"invoices": invoices, "applications": applications, **told(rest), "rates": rates}


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return opened(books(), tmp_path_factory.mktemp("plans")).as_of("2025-12-10")


def test_no_instalment_of_the_longest_plan_falls_on_a_holiday(tmp_path: Path) -> None:
    """Sixty from 2027-02-01 on: the last falls on 2 January 2032, the first being a holiday."""
    paid = {f"anna{month}": f"2026-{month:02}-01" for month in range(1, 13)}
    dates = {"customer_id": "anna", "issued_on": "2025-12-01"}
    invoices = [dates | {"invoice_id": name, "due_on": day, "amount": "10.00"} for name, day in paid.items()]
    invoices.append(dates | {"invoice_id": "late", "due_on": "2026-01-01", "amount": "600.00"})
    cash = [{"invoice_id": name, "applied_on": day, "amount": "10.00", "kind": "cash"} for name, day in paid.items()]
    (tmp_path / "arforecast.toml").write_text("[plans]\nlongest_months = 60\n", "utf-8")
    ledger = opened({"invoices": invoices, "applications": cash}, tmp_path)
    on = ledger.as_of("2026-12-28").plan_instalments().due_on.dt.date
    closed = holidays("US", range(2027, 2033)).index.to_numpy().astype("datetime64[D]").tolist()
    assert (len(on), str(on.iloc[-1])) == (60, "2032-01-02")
    assert not {*on} & {*closed}


def test_a_plan_is_what_three_of_four_paying_months_brought(today: Snapshot) -> None:
    """Of two each of 100, 200, 300 and 400 a quarter lies at 100: seven parts of 650.05, each 93, the rest last."""
    rows = today.plans().set_index("customer_id")
    assert set(rows.index) == {"anna", "emil"}
    assert rows.loc["anna", ["debt_balance", "instalments", "instalment_amount"]].tolist() == [650.05, 7, 93]
    assert rows.paying_months.to_dict() == {"anna": 8, "emil": 8}
    assert rows.plan["anna"] == ("7 monthly instalments of 93.00 USD, the last of 92.05, from 2026-01-15 to 2026-07-15")
    assert rows.loc["emil", ["currency", "debt_balance", "instalments", "instalment_amount"]].tolist() == [
        "JPY", 25000, 3, 8334,
    ]  # fmt: skip


def test_debts_in_several_currencies_are_compared_by_what_they_are_worth(today: Snapshot) -> None:
    """25,000 yen are 250 dollars, and less than 650.05."""
    assert today.plans().customer_id.tolist() == ["anna", "emil"]


def test_a_plan_is_kept_as_agreements_were(today: Snapshot) -> None:
    """Anna kept one of two promises, Bert none of one: a third of all, worth three of her own."""
    rows = today.plans().set_index("customer_id")
    assert rows.loc["anna", ["agreements", "agreements_kept"]].tolist() == [2, 1]
    assert rows.p_kept["anna"] == pytest.approx((1 + 3 / 3) / (2 + 3))
    assert rows.p_kept["emil"] == pytest.approx(1 / 3)


def test_instalments_add_up_to_the_debt_on_working_days(today: Snapshot) -> None:
    parts, rows = today.plan_instalments(), today.plans().set_index("customer_id")
    assert parts.groupby("customer_id").amount.sum().round(2).to_dict() == rows.debt_balance.to_dict()
    assert parts.due_on.dt.strftime("%m-%d").head(7).tolist() == [
        "01-15",
        "02-17",
        "03-16",
        "04-15",
        "05-15",
        "06-15",
        "07-15",
    ]  # fmt: skip - 15 February is a Sunday and the 16th Presidents' Day, 15 March a Sunday
    assert parts.instalment.tolist() == [*range(1, 8), *range(1, 4)]


def test_a_first_instalment_has_a_weeks_notice_and_a_short_month_its_last_day() -> None:
    free = working_days(holidays(None, ()))
    nth = np.arange(3)
    on = plans._paying_dates(date(2026, 1, 20), np.full(3, 31), nth, free)
    assert on.astype(str).tolist() == ["2026-02-02", "2026-03-02", "2026-03-31"]
    assert plans._paying_dates(date(2026, 1, 5), np.full(1, 12), nth[:1], free).astype(str).tolist() == ["2026-01-12"]


# Anna and Dora paid in the six months before December, 150 and 50 each; Bert paid nothing before his plan, and then 121
# days late; Cora's plan is not over. Of September's promises Anna kept hers and Bert broke his; what Anna broke in
# January nobody knew when she agreed.
PAST = """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  plan_id
    A7          anna         2025-12-01  2025-12-15  100.00  PA
    A8          anna         2025-12-01  2026-01-15  110.00  PA
    B1          bert         2025-11-03  2025-12-01  100.00  PB
    C1          cora         2025-12-01  2025-12-15  100.00  PC
    C2          cora         2026-04-01  2026-05-01  100.00  PC
    D7          dora         2025-12-01  2025-12-15   80.00  PD

    applications
    invoice_id  applied_on  amount  kind
    A7          2025-12-15  100.00  cash
    A8          2026-01-15  110.00  cash
    B1          2026-04-01  100.00  cash
    C1          2025-12-15  100.00  cash
    D7          2026-02-15   80.00  cash

    promises
    promise_id  customer_id  made_on     promised_on  amount
    P1          anna         2025-09-01  2025-09-15   150.00
    P2          bert         2025-09-01  2025-09-15   100.00
    P3          anna         2025-12-20  2026-01-02   999.00
"""


def agreed() -> Tables:
    tables = told(PAST)
    for customer, amount in (("anna", "150.00"), ("dora", "50.00")):
        for month in range(6, 12):
            name, day = f"{customer}{month}", f"2025-{month:02}-15"
            row = {"invoice_id": name, "customer_id": customer, "issued_on": f"2025-{month:02}-01", "due_on": day}
            tables["invoices"].append(row | {"amount": amount, "plan_id": ""})
            tables["applications"].append({"invoice_id": name, "applied_on": day, "amount": amount, "kind": "cash"})
    return tables


def test_past_plans_stand_beside_what_was_said_of_them_and_what_the_rule_allows(tmp_path: Path) -> None:
    """One of two promises was kept: Anna is said to keep (1 + 3 / 2) of 4, Bert 3 / 2 of 4, Dora half."""
    rows = opened(agreed(), tmp_path).as_of("2026-06-15").plan_record()
    told = rows.set_index("customer_id")
    assert told.fit.to_dict() == {
        "anna": plan_record.ALLOWED, "bert": plan_record.YOUNG, "dora": plan_record.LARGER,
    }  # fmt: skip
    assert told.kept.to_dict() == {"anna": 1, "bert": 0, "dora": 1}
    assert told.p_kept.to_dict() == {"anna": 0.625, "bert": 0.375, "dora": 0.5}
    assert told.loc["anna", ["instalments", "largest_amount", "carries_amount"]].tolist() == [2, 110, 150]
    sums = plan_record.by_fit(rows).set_index("fit")
    assert sums.kept_share.tolist() == [1, 1, 0]
    assert sums.p_kept.tolist() == [0.625, 0.5, 0.375]
    assert sums.plans.sum() == 3


def test_a_ledger_without_agreements_knows_no_chance(tmp_path: Path) -> None:
    tables = {name: rows for name, rows in books().items() if name != "promises"}
    rows = opened(tables, tmp_path).as_of("2025-12-10").plans()
    assert len(rows) == 2
    assert rows.p_kept.isna().all()
