"""Whether the ledger ties: to itself, to the general ledger, and well enough to report on.

A1's payment of 28 January bounces on 3 February, and it is written off on 31 March. A2's credit note of 20 January is
booked on 5 February, and its last payment, which arrived on 26 February, on 2 March.

invoices.csv
invoice_id,customer_id,issued_on,due_on,amount
A1,C1,2026-01-05,2026-02-04,100.00
A2,C2,2026-01-12,2026-02-11,250.50
A3,C2,2026-02-16,2026-03-18,80.00

applications.csv
invoice_id,applied_on,amount,kind,known_on
A1,2026-01-28,100.00,cash,
A1,2026-02-03,-100.00,cash,
A2,2026-01-20,50.50,credit_note,2026-02-05
A2,2026-02-10,5.00,discount,
A2,2026-02-26,195.00,cash,2026-03-02
A1,2026-03-31,100.00,write_off,

control_totals.csv
as_of,open_ar
2026-01-31,250.50
2026-02-28,375.01
2026-03-31,80.00
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from arforecast import settings
from arforecast.ledger import Books, open_books
from arforecast.reconciliation import MEND_NOTHING, Gate, control, gates, roll_forward
from arforecast.snapshot import stand
from doors import write_docstring

JANUARY, FEBRUARY, MARCH = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The ledger at the head of this file."""
    return open_books(write_docstring(sys.modules[__name__], tmp_path_factory.mktemp("year")))


@pytest.fixture
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Books:
    """The ledger in the docstring of the test."""
    return open_books(write_docstring(request.function, tmp_path))


def allowing(books: Books, **limits: Any) -> Books:
    return replace(books, settings=settings.Settings(ledger=settings.LedgerRules(**limits)))


def gate(books: Books, name: str, day: date) -> Gate:
    (one,) = (gate for gate in gates(books, day) if gate.gate == name)
    return one


# Within itself


def test_the_roll_forward_closes_every_month_to_the_cent(year: Books) -> None:
    """By the day of entry, in cents: January's credit note and February's payment fall into the month after."""
    table = roll_forward(year, [JANUARY, FEBRUARY, MARCH])
    seldom = ["set_offs", "withheld_tax", "bank_charges", "differences"]
    assert (table[seldom] == 0).all(axis=None)
    flows = ["opening", "billed", "cash", "credit_notes", "discounts", "write_offs", "closing", "difference"]
    assert table[flows].to_numpy().tolist() == [
        [0, 350_50, 100_00, 0, 0, 0, 250_50, 0],
        [250_50, 80_00, -100_00, 50_50, 5_00, 0, 375_00, 0],
        [375_00, 0, 195_00, 0, 0, 100_00, 80_00, 0],
    ]


def test_the_roll_forward_of_a_day_within_a_month_begins_with_the_month(year: Books) -> None:
    (row,) = roll_forward(year, [date(2026, 2, 4)]).itertuples()
    assert (row.opening, row.billed, row.cash, row.credit_notes, row.closing, row.difference) == (
        250_50, 0, -100_00, 0, 350_50, 0,
    )  # fmt: skip


# To the general ledger


def test_control_totals_stand_beside_our_balance(year: Books) -> None:
    ties = control(stand(year, [MARCH]), MARCH)
    assert ties.as_of.astype("str").tolist() == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert ties[["booked", "ours", "difference"]].to_numpy().tolist() == [
        [250_50, 250_50, 0],
        [375_01, 375_00, -1],
        [80_00, 80_00, 0],
    ]


def test_the_ledger_ties_to_the_total_that_is_given(books: Books) -> None:
    """100 are open, 30 of a receipt of 50 and a credit of 7 are on account: 100 - 30 - 7.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,120.00

    applications.csv
    invoice_id,applied_on,amount,kind
    A1,2026-01-10,20.00,cash

    receipts.csv
    receipt_id,customer_id,received_on,amount
    R1,C1,2026-01-10,50.00

    credits.csv
    credit_id,customer_id,issued_on,amount
    N1,C2,2026-01-20,7.00

    control_totals.csv
    as_of,open_ar,net_ar,currency
    2026-01-31,100.00,63.00,
    2026-02-28,,63.00,USD
    2026-03-31,,63.01,
    """
    ties = control(stand(books, [MARCH]), MARCH)
    assert ties[["total", "booked", "ours", "difference"]].to_numpy().tolist() == [
        ["open_ar", 100_00, 100_00, 0],
        ["net_ar", 63_00, 63_00, 0],
        ["net_ar", 63_00, 63_00, 0],
        ["net_ar", 63_01, 63_00, -1],
    ]
    assert not gate(books, "control", MARCH).passed


def test_a_row_that_gives_both_totals_ties_in_both_or_says_in_which_it_does_not(books: Books) -> None:
    """100 are open and 30 on account: February's net_ar is right and its open_ar not, March has neither.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    receipts.csv
    receipt_id,customer_id,received_on,amount
    R1,C1,2026-01-10,30.00

    control_totals.csv
    as_of,open_ar,net_ar
    2026-01-31,100.00,70.00
    2026-02-28,70.00,70.00
    2026-03-31,90.00,75.00
    """
    assert gate(books, "control", JANUARY) == Gate("control", True, "The ledger ties to 2 control totals.")
    assert "1 of 4 control totals do not tie; on 2026-02-28 open_ar differs by 30.00. " in message(books, FEBRUARY)
    assert (
        "3 of 6 control totals do not tie; on 2026-02-28 open_ar differs by 30.00, "
        "on 2026-03-31 net_ar differs by -5.00. " in message(books, MARCH)
    )


def message(books: Books, day: date) -> str:
    refused = gate(books, "control", day)
    assert not refused.passed
    return refused.message


def test_control_totals_of_before_the_ledger_begins_are_not_looked_at(books: Books) -> None:
    """Of December's total of 900 the ledger, complete from February, holds the 100 that were still open.

    ledger.toml
    complete_from = 2026-02-01

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2025-12-05,2026-02-04,100.00

    control_totals.csv
    as_of,open_ar
    2025-12-31,900.00
    2026-01-31,100.00
    """
    assert gate(books, "control", FEBRUARY) == Gate("control", True, "The ledger ties to 1 control total.")


def test_control_totals_of_later_days_are_not_looked_at(year: Books) -> None:
    assert control(stand(year, [JANUARY]), JANUARY).booked.tolist() == [250_50]
    assert gate(year, "control", JANUARY) == Gate("control", True, "The ledger ties to 1 control total.")


def test_a_cent_off_is_refused_unless_the_settings_tolerate_it(year: Books) -> None:
    refused = gate(year, "control", MARCH)
    assert not refused.passed
    assert refused.message == (
        "1 of 3 control totals do not tie; on 2026-02-28 open_ar differs by -0.01. "
        "Find the missing rows, or correct control_totals."
    )
    assert gate(allowing(year, control_tolerance_amount=Decimal("0.01")), "control", MARCH).passed


def test_money_that_cannot_be_read_is_not_taken_to_be_little(books: Books) -> None:
    """A million at stake is read from its digits.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00
    A2,C1,2026-01-05,2026-02-04,"1,000,000.00"
    """
    refused = gate(books, "quarantine", MARCH)
    assert not refused.passed
    assert refused.message.startswith("1 row with 1,000,000.00 is quarantined, the limit")


def test_money_that_nobody_can_tell_refuses(books: Books) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00
    A2,C1,2026-01-05,2026-02-04,some
    """
    refused = gate(books, "quarantine", MARCH)
    assert not refused.passed
    assert "(1 of them with money that cannot be read)" in refused.message


def test_control_totals_before_the_first_invoice_tie_to_nothing(books: Books) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    control_totals.csv
    as_of,open_ar
    2025-12-31,0.00
    2026-01-31,100.00
    """
    assert control(stand(books, [MARCH]), MARCH).difference.tolist() == [0, 0]
    assert gate(books, "control", MARCH).passed


def test_without_control_totals_there_is_nothing_to_tie_to(books: Books) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00
    """
    passed = gate(books, "control", JANUARY)
    assert passed == Gate("control", True, "The ledger has no control totals: nothing to tie to.", checked=False)


# Well enough to report on


def test_the_gates_are_the_three_that_can_be_waived(year: Books) -> None:
    assert [gate.gate for gate in gates(year, JANUARY)] == ["quarantine", "control", "staleness"]
    assert all(gate.passed for gate in gates(year, JANUARY))


def test_quarantined_money_up_to_its_share_of_what_is_owed_passes(books: Books) -> None:
    """200.00 is owed, credit balances apart; 2.00 of invoices and applications is quarantined: exactly one percent.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,200.00
    A2,C1,2026-01-05,2026-02-04,50.00
    A3,C1,2026-01-05,soon,1.50

    applications.csv
    invoice_id,applied_on,amount,kind
    A2,2026-01-20,80.00,cash
    A9,2026-01-20,-0.50,cash

    receipts.csv
    receipt_id,customer_id,received_on,amount
    R1,C1,soon,9000.00
    """
    passed = gate(books, "quarantine", JANUARY)
    assert passed.passed
    assert passed.message.startswith("3 rows with 2.00 are quarantined, the limit is 1 % of the 200.00 owed.")
    assert not gate(allowing(books, quarantine_limit_share=0.0099), "quarantine", JANUARY).passed


def test_rows_whose_money_cannot_be_read_do_not_pass_for_nothing(books: Books) -> None:
    """Nobody knows how much the second and third row hold, so nobody can say that it is little.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,10.00
    A2,C1,2026-01-05,2026-02-04,999,50
    A3,C1,2026-01-05,2026-02-04,1.000.000
    """
    assert not gate(books, "quarantine", JANUARY).passed


def test_the_newest_fact_known_by_the_day_may_be_a_month_old(year: Books) -> None:
    """The last entry is of 31 March; on 1 March the newest is the invoice of 16 February, the payment is not known."""
    assert gate(year, "staleness", MARCH + timedelta(days=31)).passed
    refused = gate(year, "staleness", MARCH + timedelta(days=32))
    assert not refused.passed
    assert refused.message.startswith("The newest fact is 32 days older than 2026-05-02, the limit is 31 days")
    assert " is 1 day older than 2026-04-01, " in gate(year, "staleness", MARCH + timedelta(days=1)).message
    strict = allowing(year, staleness_limit_days=12)
    assert not gate(strict, "staleness", date(2026, 3, 1)).passed
    assert gate(strict, "staleness", date(2026, 3, 2)).passed


def test_a_ledger_without_a_fact_is_refused(year: Books) -> None:
    refused = gate(year, "staleness", date(2026, 1, 4))
    assert not refused.passed
    assert refused.message == f"Nothing is booked up to 2026-01-04. {MEND_NOTHING}"


def test_an_empty_ledger_is_refused_by_its_staleness(books: Books) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    """
    assert [gate.gate for gate in gates(books, JANUARY) if not gate.passed] == ["staleness"]
    (row,) = roll_forward(books, [JANUARY]).drop(columns="as_of").to_numpy().tolist()
    assert row == [0] * 13
