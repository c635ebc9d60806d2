"""Which accounts to look at and why, and the sheet of each: by hand, in slow plain Python, and on the page."""

from __future__ import annotations

import html
import random
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import forecasts
import frames
import ledgers
from arforecast import Ledger, open_ledger
from arforecast.actions.accounts import COLUMNS, REASONS, Sheet
from arforecast.errors import UsageError
from arforecast.kpis.balances import bucket_names
from arforecast.report import page
from arforecast.report.exhibit import Card, Exhibit
from arforecast.report.exhibits import accounts as shown
from arforecast.report.formats import NBSP
from arforecast.sample import write_sample
from arforecast.settings import Settings
from forecasts import day, minor
from ledgers import Row, Tables

JUNE = date(2026, 6, 30)
DAYS = ["2025-03-31", "2025-12-15", "2026-06-30"]
HOSTILE = frames.HOSTILE


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """The ledger of the test's docstring."""
    return opened(ledgers.told(request.function.__doc__), tmp_path / "ledger")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("accounts") / "sample"
    write_sample(folder, customers=60, months=18)
    return ledgers.read(folder)


@pytest.fixture(scope="module")
def company(made: Tables, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return opened(made, tmp_path_factory.mktemp("company") / "ledger")


def opened(tables: Tables, folder: Path) -> Ledger:
    return open_ledger(ledgers.write(tables, folder), Settings())


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def known(row: pd.Series) -> dict[str, Any]:
    """What a row says, days as text, without what it does not know."""
    said = row.dropna().to_dict()
    return {name: str(value.date()) if isinstance(value, pd.Timestamp) else value for name, value in said.items()}


# By hand


def test_an_account_says_what_is_open_paid_due_and_promised(ledger: Ledger) -> None:
    """Anna owes 100 since 91 days, 30 of 50 since 90, 200 to come; Bert 1,000, due today. On 31 May Anna's 100 and 50
    were overdue. Her card payment of June 2 bounced; cash of May 20 stayed. She broke the promise for May 10 (paid too
    late), and has two for July. Of what she paid in 120 is not applied.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount   product   collector
    A1          anna         2026-03-01  2026-03-31   100.00  Workshop  Kim
    A2          anna         2026-04-01  2026-04-01    50.00  Course    Lee
    A3          anna         2026-06-10  2026-07-10   150.00  Course    -
    A4          anna         2026-06-01  2026-07-10    50.00  -         -
    A5          anna         2026-05-01  2026-07-31    40.00  Audit     -
    B1          bert         2026-06-01  2026-06-30  1000.00  -         -
    C1          cora         2026-06-01  2026-06-30    10.00  -         -

    applications
    invoice_id  applied_on  amount   kind         receipt_id
    A2          2026-05-20    20.00  cash         R1
    A1          2026-06-02   100.00  cash         R2
    A1          2026-06-05  -100.00  cash         R3
    C1          2026-06-08    10.00  cash         -

    receipts
    receipt_id  customer_id  received_on  amount   method
    R0          anna         2025-06-30   120.00   check
    R1          anna         2026-05-20    20.00   bank_transfer
    R2          anna         2026-06-02   100.00   card
    R3          anna         2026-06-05  -100.00   card

    customers
    customer_id  name  credit_limit
    anna         Anna  300.00
    bert         -     -

    promises
    promise_id  customer_id  made_on     promised_on  amount  invoice_id
    P1          anna         2026-05-02  2026-05-10   20.00   A2
    P2          anna         2026-06-20  2026-07-05   30.00   A2
    P3          anna         2026-06-20  2026-07-05   60.00   A1
    P4          anna         2026-06-20  2026-07-20   10.00   -
    P5          bert         2026-06-20  2026-06-28   10.00   -

    disputes
    dispute_id  invoice_id  opened_on   closed_on
    D1          A3          2026-06-12  -
    D2          A2          2026-05-12  2026-06-30
    """
    anna, bert = (known(row) for _, row in ledger.as_of(JUNE).accounts().iterrows())
    share = 370 / 1370
    assert {name: anna[name] for name in ("open_share", "overdue_share")} == {
        "open_share": pytest.approx(share),
        "overdue_share": pytest.approx(130 / 370),
    }
    del anna["open_share"], anna["overdue_share"]
    assert anna == {
        "customer_id": "anna",
        "name": "Anna",
        "open_balance": 370,
        "credit_balance": -120,
        "overdue_balance": 130,
        "overdue_change_amount": 0,
        "oldest_days_past_due": 91,
        "over_90_balance": 100,
        "credit_limit_amount": 300,
        "over_limit_amount": 70,
        "broken_promises": 1,
        "disputed_balance": 150,
        "last_paid_on": "2026-05-20",
        "last_paid_amount": 20,
        "next_due_on": "2026-07-10",
        "next_due_amount": 200,
        "promised_on": "2026-07-05",
        "promised_amount": 90,
        "usual_method": "bank_transfer",
        "products": "Audit, Course, Workshop",
        "collector": "Lee",
        "group_id": "anna",
        "group_open_balance": 370,
        "group_overdue_balance": 130,
        "problems": 6,
        "reasons": "over 90 days past due; among the ten largest overdue; over its credit limit; broken promises; "
        "over 10 % of receivables; disputed",
    }
    assert bert == {
        "customer_id": "bert",
        "name": "bert",
        "open_balance": 1000,
        "credit_balance": 0,
        "open_share": 1 - share,
        "overdue_balance": 0,
        "overdue_share": 0,
        "overdue_change_amount": 0,
        "oldest_days_past_due": 0,
        "over_90_balance": 0,
        "broken_promises": 0,
        "disputed_balance": 0,
        "promised_on": "2026-06-28",  # its days of grace are not over
        "promised_amount": 10,
        "group_id": "bert",
        "group_open_balance": 1000,
        "group_overdue_balance": 0,
        "problems": 1,
        "reasons": "over 10 % of receivables",
    }


def test_overdue_money_grew_only_by_more_than_a_tenth_and_a_hundredth_of_all(ledger: Ledger) -> None:
    """On 31 May a, b, d and e owed 1,000, 1,000, 0 and 100 overdue. In June a grows by 100, a tenth; b by 101; d from
    nothing by 200; e by 13, less than a hundredth of the 2,414 overdue; f was overdue and paid.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    a1          a            2026-04-01  2026-05-01  1000.00
    a2          a            2026-05-01  2026-06-10   100.00
    b1          b            2026-04-01  2026-05-01  1000.00
    b2          b            2026-05-01  2026-06-10   101.00
    d1          d            2026-05-01  2026-05-31   200.00
    e1          e            2026-04-01  2026-05-30   100.00
    e2          e            2026-05-01  2026-06-10    13.00
    f1          f            2026-04-01  2026-05-30   100.00
    f2          f            2026-06-01  2026-06-30     1.00

    applications
    invoice_id  applied_on  amount  kind
    f1          2026-06-02  100.00  cash
    """
    accounts = ledger.as_of(JUNE).accounts().set_index("customer_id")
    assert accounts.overdue_change_amount.to_dict() == {"a": 100, "b": 101, "d": 200, "e": 13, "f": -100}
    grew = accounts.reasons.str.contains("overdue grew")
    assert grew[grew].index.tolist() == ["b", "d"]


def test_the_eleventh_overdue_balance_is_not_among_the_ten_largest(tmp_path: Path) -> None:
    """Of two that owe the same the first by identifier counts."""
    invoices = [
        {
            "invoice_id": f"I{nth:02}",
            "customer_id": f"C{nth:02}",
            "issued_on": "2026-05-01",
            "due_on": "2026-05-31",
            "amount": str(amount),
        }
        for nth, amount in enumerate([50, 50, 90, 91, 92, 93, 94, 95, 96, 97, 98])
    ]
    accounts = opened({"invoices": invoices}, tmp_path / "ledger").as_of(JUNE).accounts()
    assert accounts.overdue_balance.tolist() == [98, 97, 96, 95, 94, 93, 92, 91, 90, 50, 50]
    assert accounts.customer_id.tolist()[-2:] == ["C00", "C01"]
    largest = accounts.reasons.str.contains("among the ten largest")
    assert accounts.customer_id[~largest].tolist() == ["C01"]


def test_accounts_with_a_reason_come_first_then_the_most_overdue(ledger: Ledger) -> None:
    """Every month-end sees the same overdue balances, so none grew. Of ten larger ones old has two reasons, and the
    others one; calm, with less than those, has none; small is over 90 days past due.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    i01         a            2026-04-01  2026-05-01  300.00
    i02         b            2026-04-01  2026-05-01  300.00
    i03         c            2026-04-01  2026-05-01  300.00
    i04         d            2026-04-01  2026-05-01  300.00
    i05         e            2026-04-01  2026-05-01  300.00
    i06         f            2026-04-01  2026-05-01  300.00
    i07         g            2026-04-01  2026-05-01  300.00
    i08         h            2026-04-01  2026-05-01  300.00
    i09         z            2026-04-01  2026-05-01  310.00
    i10         old          2026-02-01  2026-03-01  290.00
    i11         calm         2026-04-01  2026-05-01  280.00
    i12         small        2026-02-01  2026-03-01    1.00
    """
    accounts = ledger.as_of(JUNE).accounts()
    assert accounts.customer_id.tolist() == ["z", *"abcdefgh", "old", "small", "calm"]
    assert accounts.problems.tolist() == [1] * 9 + [2, 1, 0]


def test_nobody_in_credit_is_put_up_to_be_asked_to_pay(ledger: Ledger) -> None:
    """Ann owes 100 and has 60 on account and a credit of 40; Ben owes 100 and has a credit of 70, 30 of it applied to
    another invoice; Cay owes 100 and paid another invoice 100 twice.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A1         ann         2026-01-01 2026-01-31 100.00
    B1         ben         2026-01-01 2026-01-31 100.00
    B2         ben         2026-01-01 2026-01-31 30.00
    C1         cay         2026-01-01 2026-01-31 100.00
    C2         cay         2026-01-01 2026-01-31 100.00

    applications
    invoice_id applied_on amount kind        credit_id
    B2         2026-02-10 30.00  credit_note N2
    C2         2026-02-10 200.00 cash        -

    receipts
    receipt_id customer_id received_on amount
    R1         ann         2026-02-01  60.00

    credits
    credit_id customer_id issued_on  amount
    N1        ann         2026-02-01 40.00
    N2        ben         2026-02-01 70.00
    N3        dan         2026-02-01 5.00
    """
    today = ledger.as_of("2026-06-30")
    rows = today.accounts().set_index("customer_id")
    assert rows.credit_balance.to_dict() == {"ann": -100, "ben": -40, "cay": -100}
    assert rows.problems.gt(0).to_dict() == {"ann": False, "ben": True, "cay": False}
    values = today.kpis().set_index("kpi").value
    assert (values.open_ar, values.credit_balance, values.net_ar) == (300, -245, 55)
    assert values.filter(like="aging:").sum() == values.open_ar


def test_a_sheet_says_what_is_open_paid_promised_and_said(ledger: Ledger) -> None:
    """On 30 June, of what anna owes. One payment settles two invoices; what is booked in July is not known.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount  product
    A1          anna         2026-03-01  2026-03-31  100.00  Workshop
    A2          anna         2026-04-01  2026-05-01   50.00  Course
    A3          anna         2026-06-10  2026-07-10  150.00  -
    A4          anna         2026-01-10  2026-02-10   70.00  -
    B1          bert         2026-06-10  2026-07-10  150.00  -

    applications
    invoice_id  applied_on  amount   kind         receipt_id  known_on
    A4          2026-02-11    70.00  cash         R1          -
    A2          2026-02-11     5.00  cash         R2          -
    A1          2026-06-02   100.00  cash         R3          -
    A1          2026-06-05  -100.00  cash         -           -
    A1          2026-06-06    10.00  discount     -           -
    A1          2026-06-29    50.00  cash         R4          2026-07-01

    receipts
    receipt_id  customer_id  received_on  amount   method         known_on
    R1          anna         2026-02-11    70.00   card           -
    R2          anna         2026-02-11     5.00   bank_transfer  -
    R3          anna         2026-06-02   100.00   check          2026-07-01
    R4          anna         2026-06-29    50.00   check          -

    promises
    promise_id  customer_id  made_on     promised_on  amount  invoice_id
    P0          anna         2025-06-01  2025-06-30   20.00   -
    P1          anna         2026-05-02  2026-05-10   20.00   A2
    P2          anna         2026-06-20  2026-07-05   30.00   A2
    P3          anna         2026-06-01  2026-06-02   60.00   A1
    P4          anna         2026-02-01  2026-02-11   70.00   -

    disputes
    dispute_id  invoice_id  opened_on   closed_on   reason
    D1          A1          2026-06-12  -           service
    D2          A1          2026-06-13  -           amount
    D3          A1          2026-05-13  2026-06-30  duplicate
    D4          A3          2026-06-13  2026-07-01  -

    contacts
    contact_id  customer_id  contacted_on  channel  outcome  collector
    K1          anna         2026-06-01    email    -        -
    K2          anna         2026-06-02    call     refused  Lee
    K3          anna         2026-07-02    call     -        Lee
    K4          bert         2026-06-02    call     -        Lee
    """
    sheet = ledger.as_of(JUNE).account("anna")
    assert rows(sheet.open_items) == [
        ["A1", "2026-03-31", 91, 90, 100, "2026-03-01", "Workshop", "amount, service", None],
        ["A2", "2026-05-01", 60, 45, 50, "2026-04-01", "Course", "", "2026-07-05"],
        ["A3", "2026-07-10", -10, 150, 150, "2026-06-10", None, "no reason given", None],
    ]
    assert dict(zip(sheet.ageing.days_past_due, sheet.ageing.open_balance, strict=True)) == dict.fromkeys(
        bucket_names((0, 30, 60, 90, 120)), 0
    ) | {"current": 150, "31-60": 45, "91-120": 90}
    assert rows(sheet.payments) == [
        ["2026-06-05", -100, None],
        ["2026-06-02", 100, None],
        ["2026-02-11", 75, "bank_transfer, card"],
    ]
    assert rows(sheet.promises) == [
        ["2026-06-20", "2026-07-05", 30, "pending", "A2"],
        ["2026-06-01", "2026-06-02", 60, "broken", "A1"],  # what came on the day went back three days later
        ["2026-05-02", "2026-05-10", 20, "broken", "A2"],
        ["2026-02-01", "2026-02-11", 70, "kept", None],
    ]
    assert rows(sheet.contacts) == [
        ["2026-06-02", "call", "refused", "Lee"],
        ["2026-06-01", "email", None, None],
    ]


def rows(frame: pd.DataFrame) -> list[list[Any]]:
    """The cells row by row, days as text and nulls as None."""
    days = {name: frame[name].dt.strftime("%Y-%m-%d") for name in frame if str(name).endswith("_on")}
    cells = frame.assign(**days).astype(object)
    return cells.where(cells.notna(), None).to_numpy().tolist()


def test_only_the_last_ten_payments_and_contacts_stand_on_a_sheet(tmp_path: Path) -> None:
    bill = {"customer_id": "anna", "issued_on": "2026-01-01", "due_on": "2026-01-31", "amount": "100"}
    dates = [f"2026-02-{nth:02}" for nth in range(1, 13)]
    tables = {
        "invoices": [bill | {"invoice_id": "A1"}],
        "applications": [{"invoice_id": "A1", "applied_on": on, "amount": "1", "kind": "cash"} for on in dates],
        "contacts": [
            {"contact_id": f"K{on}", "customer_id": "anna", "contacted_on": on, "channel": "call"} for on in dates
        ],
    }
    sheet = opened(tables, tmp_path / "ledger").as_of(JUNE).account("anna")
    lately = list(reversed(dates))[:10]
    assert sheet.payments.paid_on.dt.strftime("%Y-%m-%d").tolist() == lately
    assert sheet.contacts.contacted_on.dt.strftime("%Y-%m-%d").tolist() == lately


@pytest.mark.parametrize("who", ["nobody", "zoe", "x' or 1=1"])
def test_a_customer_who_is_not_in_the_books_is_refused(ledger: Ledger, who: str) -> None:
    """Zoe is billed in July.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-03-01  2026-03-31  100.00
    Z1          zoe          2026-07-01  2026-07-31  100.00
    """
    with pytest.raises(UsageError) as refused:
        ledger.as_of(JUNE).account(who)
    assert f"no customer {who} in the books on 2026-06-30. Choose from those who owe: accounts()" in str(refused.value)


def test_one_who_owes_nothing_has_a_sheet_without_open_items(ledger: Ledger) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  paid_on
    A1          anna         2026-03-01  2026-03-31  100.00  2026-03-20
    B1          bert         2026-03-01  2026-03-31  100.00  -

    customers
    customer_id  name
    anna         Anna
    zoe          Zoe
    """
    then = ledger.as_of(JUNE)
    assert then.accounts().customer_id.tolist() == ["bert"]
    anna = then.account("anna")
    assert anna.open_items.empty
    assert anna.ageing.empty
    assert rows(anna.payments) == [["2026-03-20", 100, None]]
    assert all(part.empty for part in then.account("zoe"))


def test_an_empty_ledger_has_no_accounts(tmp_path: Path) -> None:
    then = opened({"invoices": []}, tmp_path / "ledger").as_of(JUNE)
    accounts = then.accounts()
    assert accounts.empty
    assert accounts.columns.tolist() == COLUMNS
    assert stands(accounts).sentence == "No customer owes anything."
    assert [card.value for card in figures(accounts)] == ["0", "0", "0", "0", "–", "0"]
    assert "no account to look at" in page.account_sheets(accounts, then.account_sheets([]), then.stamp())


def test_what_a_ledger_has_no_table_for_is_not_known_rather_than_none(ledger: Ledger) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-03-01  2026-03-31  100.00
    """
    then = ledger.as_of(JUNE)
    (row,) = (known(row) for _, row in then.accounts().iterrows())
    unknown = {"credit_limit_amount", "over_limit_amount", "broken_promises", "disputed_balance", "usual_method"}
    assert unknown.isdisjoint(row)
    assert row["name"] == "anna"
    notes = {card.label: (card.value, card.note) for card in figures(then.accounts())}
    assert notes["Broken promises"] == ("–", "no promises table in this ledger")
    assert notes["Disputed"] == ("–", "no disputes table in this ledger")
    assert notes["Over the credit limit"] == ("–", "no credit limits in this ledger")
    sheets = page.account_sheets(ranked(then.accounts()), then.account_sheets(["anna"]), then.stamp())
    assert "<code>today.account(&#34;anna&#34;)</code>" in sheets
    assert "No promises table in this ledger: add promises.csv" in sheets
    assert "No contacts table in this ledger: add contacts.csv" in sheets


# In slow plain Python


class Twin:
    """The accounts of a ledger's text on a day, one row at a time."""

    def __init__(self, booked: Tables, as_of: date) -> None:
        tables = ledgers.merged(booked)
        self.tables, self.as_of = tables, as_of
        self.bills = [bill for bill in forecasts.invoices(tables) if bill.entered_on <= as_of]
        self.of = {bill.invoice_id: bill for bill in self.bills}
        self.text = {row["invoice_id"]: row for row in tables["invoices"]}

    def known(self, table: str, event: str) -> list[Row]:
        return [row for row in self.tables[table] if self.entered(row, event) <= self.as_of]

    def entered(self, row: Row, event: str) -> date:
        return max(day(row[event]), day(row.get("known_on") or row[event]))

    def overdue(self, customer: str, on: date) -> int:
        owed = (forecasts.balance(bill, on) for bill in self.bills if self.is_late(bill, customer, on))
        return sum(max(balance, 0) for balance in owed)

    def is_late(self, bill: forecasts.Invoice, customer: str, on: date) -> bool:
        return bill.customer_id == customer and bill.entered_on <= on and bill.due_on < on

    def open(self, customer: str) -> list[tuple[forecasts.Invoice, int]]:
        owed = ((bill, forecasts.balance(bill, self.as_of)) for bill in self.bills if bill.customer_id == customer)
        return [(bill, balance) for bill, balance in owed if balance > 0]

    def cash(self, customer: str) -> list[tuple[forecasts.Invoice, forecasts.Change]]:
        return [
            (bill, change)
            for bill in self.bills
            for change in bill.changes
            if bill.customer_id == customer and change.kind == "cash" and change.entered_on <= self.as_of
        ]

    def last_paid(self, customer: str) -> tuple[date | None, int]:
        days: defaultdict[date, int] = defaultdict(int)
        for bill in {bill.invoice_id: bill for bill, _ in self.cash(customer)}.values():
            by_day: defaultdict[date, int] = defaultdict(int)
            for of, change in self.cash(customer):
                by_day[change.happened_on] += change.amount * (of == bill)
            left = 0
            for on in sorted(by_day, reverse=True):
                left += by_day[on]
                if by_day[on] > 0 and left > 0:
                    days[on] += by_day[on]
        return (max(days), days[max(days)]) if days else (None, 0)

    def credit(self, customer: str) -> int:
        """Balances below zero, and what is on account of receipts and of credits, each where it is above zero."""
        owed = (forecasts.balance(bill, self.as_of) for bill in self.bills if bill.customer_id == customer)
        received = [
            minor(row["amount"]) for row in self.known("receipts", "received_on") if row["customer_id"] == customer
        ]
        used = sum(change.amount for _, change in self.cash(customer)) if received else 0
        credits = {r["credit_id"]: r for r in self.known("credits", "issued_on") if r["customer_id"] == customer}
        noted = sum(minor(row["amount"]) for row in credits.values()) - sum(
            minor(row["amount"])
            for row in self.known("applications", "applied_on")
            if row["credit_id"] in credits and row["invoice_id"] in self.of
        )
        return sum(min(balance, 0) for balance in owed) - max(sum(received) - used, 0) - max(noted, 0)

    def state(self, promise: Row) -> str:
        grace = day(promise["promised_on"]) + timedelta(days=3)
        paid = sum(
            change.amount
            for bill, change in self.cash(promise["customer_id"])
            if promise["invoice_id"] in ("", bill.invoice_id) and day(promise["made_on"]) <= change.happened_on <= grace
        )
        if paid >= minor(promise["amount"]):
            return "kept"
        return "broken" if grace <= self.as_of else "pending"

    def promises(self, customer: str, state: str) -> list[Row]:
        year = self.as_of - timedelta(days=365)
        known = [row for row in self.known("promises", "made_on") if row["customer_id"] == customer]
        return [row for row in known if day(row["promised_on"]) > year and self.state(row) == state]

    def disputed(self, bill: forecasts.Invoice) -> bool:
        return any(
            row["invoice_id"] == bill.invoice_id and (row["closed_on"] or "9999") > str(self.as_of)
            for row in self.known("disputes", "opened_on")
        )

    def usual_method(self, customer: str) -> str | None:
        sums: defaultdict[str, int] = defaultdict(int)
        for row in self.known("receipts", "received_on"):
            if row["customer_id"] == customer and self.entered(row, "received_on") > self.as_of - timedelta(days=365):
                sums[row["method"]] += minor(row["amount"])
        return min(sums, key=lambda method: (-sums[method], method)) if sums else None

    def account(self, customer: str) -> dict[str, Any]:
        owed, before = self.open(customer), self.as_of.replace(day=1) - timedelta(days=1)
        bills = [bill for bill in self.bills if bill.customer_id == customer]
        ahead = [(bill.due_on, balance) for bill, balance in owed if bill.due_on > self.as_of]
        promised = [(row["promised_on"], minor(row["amount"])) for row in self.promises(customer, "pending")]
        paid_on, paid = self.last_paid(customer)
        who = next(row for row in self.tables["customers"] if row["customer_id"] == customer)
        late = [(bill, balance) for bill, balance in owed if bill.due_on < self.as_of]
        total = sum(balance for _, balance in owed)
        return {
            "customer_id": customer,
            "name": who["name"],
            "open_balance": total,
            "credit_balance": self.credit(customer),
            "overdue_balance": self.overdue(customer, self.as_of),
            "overdue_change_amount": self.overdue(customer, self.as_of) - self.overdue(customer, before),
            "oldest_days_past_due": max(((self.as_of - bill.due_on).days for bill, _ in late), default=0),
            "over_90_balance": sum(b for bill, b in late if (self.as_of - bill.due_on).days > 90),
            "credit_limit_amount": minor(who["credit_limit"]),
            "over_limit_amount": max(total - minor(who["credit_limit"]), 0),
            "broken_promises": len(self.promises(customer, "broken")),
            "disputed_balance": sum(balance for bill, balance in owed if self.disputed(bill)),
            "last_paid_on": paid_on and str(paid_on),
            "last_paid_amount": paid,
            "next_due_on": str(min(ahead)[0]) if ahead else None,
            "next_due_amount": sum(balance for on, balance in ahead if on == min(ahead)[0]),
            "promised_on": min(promised)[0] if promised else None,
            "promised_amount": sum(amount for on, amount in promised if on == min(promised)[0]),
            "usual_method": self.usual_method(customer),
            "products": ", ".join(sorted({self.text[bill.invoice_id]["product"] for bill in bills})),
            "collector": self.text[max(bills, key=lambda b: (b.issued_on, b.invoice_id)).invoice_id]["collector"],
        }

    def group(self, customer: str, accounts: list[dict[str, Any]]) -> dict[str, Any]:
        companies = ledgers.companies(self.tables)
        group = companies.get(customer, customer)
        members = [row for row in accounts if companies.get(row["customer_id"], row["customer_id"]) == group]
        sums = {f"group_{name}": sum(row[name] for row in members) for name in ("open_balance", "overdue_balance")}
        return {"group_id": group} | sums

    def accounts(self) -> list[dict[str, Any]]:
        customers = sorted({bill.customer_id for bill in self.bills})
        accounts = [account for account in map(self.account, customers) if account["open_balance"]]
        largest = sorted(accounts, key=lambda account: -account["overdue_balance"])[:10]
        open_ar, overdue = (sum(row[name] for row in accounts) for name in ("open_balance", "overdue_balance"))
        for row in accounts:
            grown = row["overdue_change_amount"]
            holds = [
                row["over_90_balance"] > 0,
                row["overdue_balance"] > 0 and row in largest,
                grown > 0.1 * (row["overdue_balance"] - grown) and grown > 0.01 * overdue,
                row["over_limit_amount"] > 0,
                row["broken_promises"] > 0,
                row["open_balance"] > 0.1 * open_ar,
                row["disputed_balance"] > 0,
            ]
            asked = row["open_balance"] + row["credit_balance"] > 0
            said = [reason for reason, held in zip(REASONS, holds, strict=True) if held and asked]
            row |= {"problems": len(said), "reasons": "; ".join(said)}
            row |= {"open_share": row["open_balance"] / open_ar}
            row.update(self.group(row["customer_id"], accounts))
            row |= {"overdue_share": row["overdue_balance"] / row["open_balance"]}
        return sorted(accounts, key=lambda row: (not row["problems"], -row["overdue_balance"], row["customer_id"]))


def minor_units(accounts: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as the twin says them: money in cents and 0 for none, days as text."""
    money = [name for name in accounts if str(name).endswith(("_amount", "_balance"))]
    cents = {name: (accounts[name].fillna(0) * 100).round().astype("int64") for name in money}
    return [dict(zip(accounts, row, strict=True)) for row in rows(accounts.assign(**cents))]


@pytest.mark.parametrize("on", DAYS)
def test_the_accounts_are_those_of_the_slow_twin(made: Tables, company: Ledger, on: str) -> None:
    accounts = company.as_of(on).accounts()
    twin = Twin(made, date.fromisoformat(on)).accounts()
    assert minor_units(accounts) == [{name: pytest.approx(row[name]) for name in COLUMNS} for row in twin]


def test_the_reasons_of_the_sample_are_many(company: Ledger) -> None:
    """Else the twin would prove little."""
    said = pd.concat([company.as_of(on).accounts().reasons for on in DAYS]).str.split("; ").explode()
    assert set(said) >= set(REASONS) - {"over its credit limit", "over 10 % of receivables"}


@pytest.mark.parametrize("on", ["2025-12-15", "2026-06-30"])
def test_promises_on_the_sheets_have_the_state_of_the_slow_twin(made: Tables, company: Ledger, on: str) -> None:
    then, twin = company.as_of(on), Twin(made, date.fromisoformat(on))
    customers = then.accounts().customer_id.tolist()
    found = then.account_sheets(customers).promises
    for state in ("kept", "broken", "pending"):
        expected = sorted(
            (row["customer_id"], row["promised_on"], minor(row["amount"]))
            for customer in customers
            for row in twin.promises(customer, state)
        )
        cents = found[found.state == state].assign(amount=lambda part: (part.amount * 100).round().astype(int))
        columns = cents.assign(on=cents.promised_on.dt.strftime("%Y-%m-%d"))[["customer_id", "on", "amount"]]
        assert sorted(columns.itertuples(index=False, name=None)) == expected


# What always holds


def test_the_accounts_add_up_to_the_kpis(company: Ledger) -> None:
    then = company.as_of(JUNE)
    accounts, kpis = then.accounts(), then.kpis().set_index("kpi")
    for column, kpi in {"open_balance": "open_ar", "overdue_balance": "overdue_ar"}.items():
        assert round(accounts[column].sum(), 2) == kpis.value[kpi]
    assert round(accounts.disputed_balance.sum(), 2) == kpis.numerator["disputed_share"]
    assert round(accounts.over_90_balance.sum(), 2) == kpis.numerator["over_90_share"]


def test_the_sheets_add_up_to_the_accounts(company: Ledger) -> None:
    then = company.as_of(JUNE)
    accounts = then.accounts().set_index("customer_id").sort_index()
    sheets = then.account_sheets(accounts.index)
    items = sheets.open_items.set_index("customer_id")
    for rows_of in (items, sheets.ageing.set_index("customer_id"), items[items.past_due_days > 0]):
        sums = rows_of.open_balance.groupby(level=0).sum().reindex(accounts.index, fill_value=0).round(2)
        column = "overdue_balance" if rows_of.shape[0] < items.shape[0] else "open_balance"
        pd.testing.assert_series_equal(sums, accounts[column], check_names=False)
    disputed = items[items.disputed != ""].open_balance.groupby(level=0).sum()
    assert disputed.round(2).to_dict() == accounts.disputed_balance[accounts.disputed_balance > 0].to_dict()


def test_sheets_asked_together_are_the_sheets_asked_alone(company: Ledger) -> None:
    then = company.as_of(JUNE)
    customers = then.accounts().customer_id.head(4).tolist()
    together = then.account_sheets(customers)
    for customer in customers:
        for part, alone in zip(together, then.account(customer), strict=True):
            own = part[part.customer_id == customer].drop(columns="customer_id").reset_index(drop=True)
            pd.testing.assert_frame_equal(own, alone)


def same(one: Ledger, other: Ledger, on: date) -> None:
    ours, theirs = one.as_of(on), other.as_of(on)
    accounts = ours.accounts()
    pd.testing.assert_frame_equal(accounts, theirs.accounts())
    customers = accounts.customer_id.head(20)
    for part, same_part in zip(ours.account_sheets(customers), theirs.account_sheets(customers), strict=True):
        pd.testing.assert_frame_equal(part, same_part)


def test_nothing_that_became_known_later_changes_an_account(made: Tables, company: Ledger, tmp_path: Path) -> None:
    on = date(2025, 12, 15)
    same(company, opened(ledgers.until(made, on), tmp_path / "then"), on)


def test_the_order_of_rows_changes_no_account(made: Tables, company: Ledger, tmp_path: Path) -> None:
    deck = random.Random(1)
    shuffled = {name: deck.sample(rows, len(rows)) for name, rows in made.items()}
    same(company, opened(shuffled, tmp_path / "shuffled"), JUNE)


def test_foreign_money_is_told_in_the_reporting_currency(ledger: Ledger) -> None:
    """100 EUR are open, and 100 were paid and bounced while the euro fell from 1.20 to 1.10: at 1.25 now.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount  currency
    A1          anna         2026-06-01  2026-06-10  100.00  EUR
    A2          anna         2026-06-01  2026-07-10  100.00  USD

    applications
    invoice_id  applied_on  amount   kind
    A2          2026-06-02    10.00  cash
    A1          2026-06-03   100.00  cash
    A1          2026-06-12  -100.00  cash

    rates
    rate_on     currency  rate
    2026-06-01  EUR       1.20
    2026-06-10  EUR       1.10
    2026-06-30  EUR       1.25
    """
    then = ledger.as_of(JUNE)
    (row,) = (known(row) for _, row in then.accounts().iterrows())
    assert (row["open_balance"], row["overdue_balance"]) == (215, 125)
    assert (row["last_paid_on"], row["last_paid_amount"]) == ("2026-06-02", 10)
    sheet = then.account("anna")
    assert sheet.open_items[["invoice_id", "open_balance", "amount"]].to_numpy().tolist() == [
        ["A1", 125, 125],
        ["A2", 90, 100],
    ]
    assert sheet.payments.amount.tolist() == [-110, 120, 10]


# On the page


def test_the_headline_says_how_many_hold_how_much_and_who_comes_first() -> None:
    assert plain(stands(frames.accounts()).sentence) == (
        "2 of 3 accounts that owe need a look; they hold 90 % of the 1.00 k overdue. First comes "
        f"{HOSTILE} (C1) with 600 overdue: over 90 days past due, over its credit limit, broken promises."
    )
    calm = frames.accounts().assign(problems=0, reasons="")
    assert plain(stands(calm).sentence) == (
        "3 accounts owe 1.60 k, 1.00 k of it overdue; none has a reason to be looked at."
    )
    early = frames.accounts().assign(overdue_balance=0.0)
    assert "2 of 3 accounts that owe need a look; nothing is overdue." in plain(stands(early).sentence)


def test_of_no_account_what_the_ledger_has_no_table_of_is_not_known() -> None:
    """Of promises it has none; of disputes it has a table, and none of an account that owes."""
    shown = {card[0]: card[1] for card in figures(frames.accounts().head(0))}
    assert (shown["Broken promises"], shown["Disputed"], shown["Over 90 days past due"]) == ("–", "0", "0")


def test_the_cards_add_up_the_accounts() -> None:
    assert [tuple(map(plain, card[:3])) for card in figures(frames.accounts())] == [
        ("Accounts to look at", "2", "of 3 that owe"),
        ("Their overdue money", "900", "90 % of all that is overdue"),
        ("Over 90 days past due", "200", "at 1 account"),
        ("Over the credit limit", "100", "at 1 account"),
        ("Broken promises", "3", "at 2 accounts"),
        ("Disputed", "0", "at 0 accounts"),
    ]


def test_an_account_is_told_in_one_line_and_a_few_facts() -> None:
    first, second, third = (row for _, row in frames.accounts().iterrows())
    assert plain(shown.said(first, "EUR")) == (
        "600.00 overdue, the oldest by 120 days. Over 90 days past due; over its credit limit; broken promises."
    )
    assert plain(shown.said(third, "EUR")) == "100.00 overdue, the oldest by 1 day."
    assert plain(shown.said(third.replace(100.0, 0.0), "EUR")).startswith("0.00 open, nothing overdue.")
    assert [tuple(map(plain, fact[:3])) for fact in shown.facts(first, "EUR")] == [
        ("Open", "1,000.00", "62 % of receivables"),
        ("Overdue", "600.00", "+100.00 in the month"),
        ("Last payment", "25.00", "on 2 Jun 2026"),
        ("Next due", "40.00", "on 5 Jul 2026"),
        ("Agreed", "30.00", "for 1 Jul 2026"),
        ("Credit limit", "900.00", "100.00 over"),
        ("Usual method", "Bank transfer", ""),
        ("Products", "A, B, C and 2 more", ""),
        ("Collector", "Kim", ""),
    ]
    assert [tuple(map(plain, fact[:3])) for fact in shown.facts(second, "EUR")][2:] == [
        ("Last payment", "–", "none in the books"),
        ("Next due", "–", "nothing falls due later"),
        ("Agreed", "–", "no promise is pending"),
        ("Credit limit", "–", ""),
        ("Usual method", "–", ""),
        ("Products", "A, B", ""),
        ("Collector", "–", ""),
    ]


def ranked(accounts: pd.DataFrame) -> pd.DataFrame:
    held = accounts if "credit_balance" in accounts else accounts.assign(credit_balance=0.0)
    return shown.ranked(held, held, pd.DataFrame(), "2026-06-30")


def stands(accounts: pd.DataFrame) -> Exhibit:
    return shown.standing(ranked(accounts), frames.stamp())


def figures(accounts: pd.DataFrame) -> list[Card]:
    return list(shown._cards(stands(accounts).numbers, unpaid=""))


def test_reasons_are_counted_the_most_frequent_first() -> None:
    assert shown.reasons(ranked(frames.accounts()), frames.stamp()).numbers.to_numpy().tolist() == [
        ["broken promises", 2, 900],
        ["over 90 days past due", 1, 600],
        ["over its credit limit", 1, 600],
    ]
    assert shown.reasons(ranked(frames.accounts().assign(problems=0)), frames.stamp()).state == "nothing"


def test_figures_name_the_largest_and_their_share() -> None:
    largest = shown.largest(ranked(frames.accounts()), frames.stamp()).numbers.head(2)
    assert largest.to_numpy().tolist() == [[f"{HOSTILE} (C1)", 600, 0.6], [f"{HOSTILE} (C2)", 300, 0.3]]
    assert plain(shown._largest_said(largest)) == (
        "The largest account holds 60 % of all overdue money, the 2 largest 90 %"
    )
    assert shown._largest_said(largest.head(1).assign(of_overdue_share=1.0)) == "One account holds all overdue money"
    growth = shown.growth(ranked(frames.accounts()), frames.stamp()).numbers
    assert growth.to_numpy().tolist() == [[f"{HOSTILE} (C1)", 100, 1]]
    assert plain(shown._growth_said(growth)) == (
        "At 1 account overdue money grew by 100 in the month, 100 % of all growth"
    )


def test_names_on_the_sheets_stay_text_and_each_account_keeps_its_own_rows() -> None:
    sheets = sheets_of(["C1", "C2"])
    markup = page.account_sheets(ranked(frames.accounts()).head(2), sheets, frames.stamp())
    assert "<img" not in markup
    assert markup.count("&lt;img src=x") == 2 + 2  # two headings, two disputes
    first, second = markup.split('<details class="account"')[1:]
    assert "C1-invoice" in first
    assert "C1-invoice" not in second
    assert "C2-invoice" in second
    assert "The last contacts: there is nothing to show here." in first


@pytest.mark.parametrize("customer", ["C1", 'O"Brien', "O'Brien", "a\\b", "\N{GRINNING FACE} é"])
def test_the_call_under_a_sheet_can_be_pasted_whatever_the_identifier(customer: str) -> None:
    accounts = ranked(frames.accounts()).head(1).assign(customer_id=customer)
    markup = page.account_sheets(accounts, sheets_of([customer]), frames.stamp())
    call = html.unescape(markup.rpartition("<code>")[2].partition("</code>")[0])
    assert eval(call, {"today": SimpleNamespace(account=str)}) == customer


def sheets_of(customers: list[str]) -> Sheet:
    items = pd.DataFrame(
        {
            "customer_id": customers,
            "invoice_id": [f"{name}-invoice" for name in customers],
            "due_on": pd.Timestamp("2026-06-01"),
            "past_due_days": 29,
            "open_balance": 10.0,
            "amount": 10.0,
            "issued_on": pd.Timestamp("2026-05-01"),
            "product": None,
            "disputed": HOSTILE,
            "promised_on": pd.NaT,
        }
    )
    nothing = pd.DataFrame({"customer_id": pd.Series(dtype="str")})
    return Sheet(items, nothing, nothing, nothing, nothing)
