"""What takes back what: the days on which a return counts, worked out by hand beside each ledger."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import ledgers
from arforecast import Ledger, open_ledger
from arforecast.settings import Settings


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """The ledger of the test's docstring."""
    return open_ledger(ledgers.write(ledgers.told(request.function.__doc__), tmp_path / "ledger"), Settings())


def returned(ledger: Ledger) -> list[tuple[str, str]]:
    """The negative applications in the order of their rows: the day each counts on, and is counted."""
    rows = ledger.books.tables["applications"].to_pandas().sort_values("row")
    rows = rows[rows.amount < 0]
    return [
        (str(day)[5:10], str(counted)[5:10]) for day, counted in zip(rows.happened_on, rows.counted_on, strict=True)
    ]


def figures(ledger: Ledger, day: str) -> pd.Series:
    return ledger.as_of(day).kpis().set_index("kpi").value


def test_a_return_takes_back_the_latest_of_its_amount_that_is_open(ledger: Ledger) -> None:
    """100 of January 10 and 100 of February 10 come back one after the other, the later first; then 40 of March 1.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-31 300.00

    applications
    invoice_id applied_on amount  kind
    A          2026-01-10 100.00  cash
    A          2026-02-10 100.00  cash
    A          2026-02-20 -100.00 cash
    A          2026-03-01 40.00   cash
    A          2026-03-05 -100.00 cash
    A          2026-03-09 -40.00  cash
    """
    assert returned(ledger) == [("02-10", "02-10"), ("01-10", "01-10"), ("03-01", "03-01")]


def test_a_return_of_another_amount_takes_back_of_the_latest_of_its_kind(ledger: Ledger) -> None:
    """30 go back of the payment of February 10, not of the credit note nor of the payment that came back before.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-31 300.00

    applications
    invoice_id applied_on amount known_on   kind
    A          2026-02-10 100.00 2026-02-12 cash
    A          2026-02-15 60.00  -          cash
    A          2026-02-16 -60.00 -          cash
    A          2026-02-17 20.00  -          credit_note
    A          2026-03-05 -30.00 -          cash
    """
    assert returned(ledger) == [("02-15", "02-15"), ("02-10", "02-12")]


def test_a_return_that_names_what_it_takes_back_takes_that(ledger: Ledger) -> None:
    """The first of two alike is named; the other is left for the one that names none.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-31 300.00

    applications
    application_id invoice_id applied_on amount  kind undoes
    P1             A          2026-01-10 100.00  cash -
    P2             A          2026-02-10 100.00  cash -
    R1             A          2026-03-01 -100.00 cash P1
    R2             A          2026-03-02 -100.00 cash -
    """
    assert returned(ledger) == [("01-10", "01-10"), ("02-10", "02-10")]


def test_a_return_takes_back_nothing_that_became_known_later(ledger: Ledger) -> None:
    """The payment of January 5 was booked in April, also for the return that names it: the future changes nothing.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-31 300.00
    B          c           2026-01-01 2026-01-31 300.00

    applications
    application_id invoice_id applied_on amount  kind undoes known_on
    P1             A          2026-01-05 100.00  cash -      2026-04-01
    R1             A          2026-02-01 -100.00 cash P1     -
    P2             B          2026-01-10 100.00  cash -      -
    R2             B          2026-01-10 -100.00 cash -      -
    """
    assert returned(ledger) == [("02-01", "02-01"), ("01-10", "01-10")]


def test_a_return_with_nothing_before_it_stays_what_it_is(ledger: Ledger) -> None:
    """A write-off below zero keeps a difference; two returns of one payment: the second has nothing left.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-31 300.00
    B          c           2026-01-01 2026-01-31 300.00

    applications
    invoice_id applied_on amount  kind
    A          2026-01-10 300.10  cash
    A          2026-01-11 -0.10   write_off
    B          2026-01-12 100.00  cash
    B          2026-01-13 -100.00 cash
    B          2026-01-14 -100.00 cash
    """
    assert returned(ledger) == [("01-11", "01-11"), ("01-12", "01-12"), ("01-14", "01-14")]


def test_what_was_undone_counts_in_flows_and_in_no_length(ledger: Ledger) -> None:
    """100 were in on time until they bounced on April 2, and come again on April 20. On March 31 all of what was due is
    paid on time; on April 15 nothing; the cash of April is -100 and then 0. On April 30 the one payment left took 59
    days from issue and came 39 days late.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-02-20 2026-03-12 100.00

    applications
    invoice_id applied_on amount  kind
    A          2026-03-10 100.00  cash
    A          2026-04-02 -100.00 cash
    A          2026-04-20 100.00  cash
    """
    names = ["cash", "paid_on_time_share", "paid_on_time_count_share", "days_to_pay", "days_beyond_terms"]
    march, bounced, again = (figures(ledger, day)[names] for day in ("2026-03-31", "2026-04-15", "2026-04-30"))
    assert march.to_list() == [100, 1, 1, 18, -2]
    assert bounced[:3].to_list() == [-100, 0, 0]
    assert bounced[3:].isna().all()
    assert again.to_list() == [0, 0, 0, 59, 39]


def test_the_return_of_an_old_payment_is_no_negative_payment_of_today(ledger: Ledger) -> None:
    """1,000 of January 2025 bounce in March 2026: it is no payment in lengths of time. Of late
    cash of twelve months it takes off what it is: 10 of B less 1,000, of 1,000 owed.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2024-12-01 2024-12-31 1000.00
    B          c           2026-02-01 2026-03-03 10.00

    applications
    invoice_id applied_on amount   kind
    A          2025-01-15 1000.00  cash
    A          2026-03-16 -1000.00 cash
    B          2026-03-05 10.00    cash
    """
    names = ["cash", "recovered_to_outstanding", "days_beyond_terms"]
    assert figures(ledger, "2026-03-31")[names].to_list() == [-990, -0.99, 2]


def test_a_returned_payment_is_of_no_method_and_nobody_s_last(ledger: Ledger) -> None:
    """A card payment came back, by a return that names no receipt: only the transfer of May 2 is left of both.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-04-01 2026-05-01 100.00
    B          c           2026-04-01 2026-05-01 100.00

    applications
    invoice_id applied_on amount  kind receipt_id
    A          2026-05-02 60.00   cash R1
    B          2026-05-20 100.00  cash R2
    B          2026-05-25 -100.00 cash -

    receipts
    receipt_id customer_id received_on amount method
    R1         c           2026-05-02  60.00  transfer
    R2         c           2026-05-20  100.00 card
    """
    today = ledger.as_of("2026-05-31")
    mix = today.schedule("method_mix")
    assert mix[["method", "cash_amount", "cash_share", "payments"]].to_numpy().tolist() == [["transfer", 60, 1, 1]]
    account = today.accounts().iloc[0]
    assert (str(account.last_paid_on)[:10], account.last_paid_amount) == ("2026-05-02", 60)
    assert today.account("c").payments.amount.to_list() == [-100, 100, 60]
