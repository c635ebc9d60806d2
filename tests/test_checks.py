"""Every rule, each on a ledger that stands in the test's docstring; and that no row is ever lost."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st

from arforecast.desk import Ledger
from arforecast.ledger import Books, checks, open_books
from arforecast.ledger.rules import RULES
from doors import Problem, counted, problems, write, write_docstring


@pytest.fixture
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Books:
    """The ledger in the docstring of the test."""
    return open_books(write_docstring(request.function, tmp_path))


@pytest.fixture
def found(books: Books) -> list[Problem]:
    return problems(books)


@pytest.fixture
def said(books: Books) -> list[str]:
    return books.problems.message.to_list()


def rows(books: Books, table: str) -> list[int]:
    """The rows in use."""
    return sorted(books.tables[table].row.to_pandas())


# One test a rule: rule_<its name>


def test_rule_unreadable(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,1,000.00
    """
    assert found == [Problem("unreadable", "error", "invoices", 2, "", "A1,C1,2026-01-05,2026-02-04,1,000.00", None)]
    assert said == [
        "invoices.csv row 2: the line A1,C1,2026-01-05,2026-02-04,1,000.00 cannot be read. "
        "Give it as many cells as the header has, and quote cells that hold commas."
    ]


def test_rule_empty(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,product
    A1,,2026-01-05,2026-02-04,100.00,
    A2,C1,2026-01-05,2026-02-04,  ,tea

    receipts.csv
    receipt_id,customer_id,received_on,amount
    R1,C1,,7.00
    """
    assert found == [
        Problem("empty", "error", "invoices", 2, "customer_id", "", 100.0),
        Problem("empty", "error", "invoices", 3, "amount", "  ", None),
        Problem("empty", "error", "receipts", 2, "received_on", "", 7.0),
    ]
    assert said == [
        "invoices.csv row 2: customer_id is empty. Fill it in.",
        "invoices.csv row 3: amount is empty. Fill it in.",
        "receipts.csv row 2: received_on is empty. Fill it in.",
    ]


def test_rule_not_a_date(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,delivered_on
    A1,C1,2026-01-05,2026-02-30,100.00,
    A2,C1,2026-01-05,2026-02-04,12.50,31/12/2025
    """
    assert found == [
        Problem("not_a_date", "error", "invoices", 2, "due_on", "2026-02-30", 100.0),
        Problem("not_a_date", "error", "invoices", 3, "delivered_on", "31/12/2025", 12.5),
    ]
    assert said == [
        "invoices.csv row 2: due_on 2026-02-30 is not a date. Write dates as YYYY-MM-DD.",
        "invoices.csv row 3: delivered_on 31/12/2025 is not a date. Write dates as YYYY-MM-DD.",
    ]


def test_rule_not_money(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,discount_amount
    A1,C1,2026-01-05,2026-02-04,NaN,
    A2,C1,2026-01-05,2026-02-04,80.00,1.005
    """
    advice = "is not an amount. Write amounts as 1234.50, with no more decimals than the currency has."
    assert found == [
        Problem("not_money", "error", "invoices", 2, "amount", "NaN", None),
        Problem("not_money", "error", "invoices", 3, "discount_amount", "1.005", 80.0),
    ]
    assert said == [
        f"invoices.csv row 2: amount NaN {advice}",
        f"invoices.csv row 3: discount_amount 1.005 {advice}",
    ]


def test_rule_not_a_number(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    customers.csv
    customer_id,terms_days
    C1,thirty
    """
    message = "customers.csv row 2: terms_days thirty is not a number. Write numbers as 1234.5."
    assert [problem for problem in found if problem.severity == "error"] == [
        Problem("not_a_number", "error", "customers", 2, "terms_days", "thirty", 0.0)
    ]
    assert [problem for problem in said if "terms_days" in problem] == [message]


def test_rule_not_a_flag(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    contacts.csv
    contact_id,customer_id,contacted_on,channel,right_party
    K1,C1,2026-02-10,call,perhaps
    """
    message = "contacts.csv row 2: right_party perhaps is neither true nor false. Write one of the two."
    assert found == [Problem("not_a_flag", "error", "contacts", 2, "right_party", "perhaps", 0.0)]
    assert said == [message]


def test_rule_unknown_kind(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,kind
    A1,C1,2026-01-05,2026-02-04,100.00,
    A2,C1,2026-01-05,2026-02-04,30.00,Invoice

    applications.csv
    invoice_id,applied_on,amount,kind
    A1,2026-02-01,10.00,barter
    """
    assert found == [
        Problem("unknown_kind", "error", "invoices", 3, "kind", "Invoice", 30.0),
        Problem("unknown_kind", "error", "applications", 2, "kind", "barter", 10.0),
    ]
    assert said == [
        "invoices.csv row 3: kind Invoice is not known. Use one of invoice, fee.",
        "applications.csv row 2: kind barter is not known. Use one of cash, set_off, tax_withheld, "
        "credit_note, discount, write_off, bank_charge, difference.",
    ]


def test_rule_not_positive(found: list[Problem], said: list[str]) -> None:
    """What is agreed, credited or promised is more than nothing.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,1.00

    promises.csv
    promise_id,customer_id,made_on,promised_on,amount
    M1,C1,2026-01-05,2026-02-04,0

    credits.csv
    credit_id,customer_id,issued_on,amount
    G1,C1,2026-01-05,-3.00

    billing_schedule.csv
    customer_id,issue_on,due_on,amount
    C1,2026-07-01,2026-07-31,-5
    """
    advice = "is not above zero. Correct it or remove the row."
    assert found == [
        Problem("not_positive", "error", "credits", 2, "amount", "-3.00", 3.0),
        Problem("not_positive", "error", "promises", 2, "amount", "0.00", 0.0),
        Problem("not_positive", "error", "billing_schedule", 2, "amount", "-5.00", 5.0),
    ]
    assert said[0] == f"credits.csv row 2: amount -3.00 {advice}"


def test_rule_credit_as_invoice(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A2,C1,2026-01-05,2026-02-04,-80.5
    """
    assert found == [Problem("credit_as_invoice", "error", "invoices", 2, "amount", "-80.50", 80.5)]
    assert said == [
        "invoices.csv row 2: amount -80.50 is below zero. "
        "A credit note belongs to credits or, once applied, to applications."
    ]


def test_rule_nothing_billed(books: Books, found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,0.00
    """
    assert found == [Problem("nothing_billed", "warning", "invoices", 2, "amount", "0.00", 0.0)]
    assert said == ["invoices.csv row 2: amount is zero: nothing is owed on it. Check that it is complete."]
    assert rows(books, "invoices") == [2]


def test_rule_below_zero(books: Books, found: list[Problem], said: list[str]) -> None:
    """A paid amount below zero would raise what is owed.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,discount_amount,paid_on,paid_amount
    A1,C1,2026-01-05,2026-02-04,100.00,,2026-02-01,-50.00
    A2,C1,2026-01-05,2026-02-04,70.00,-1,,
    A3,C1,2026-01-05,2026-02-04,60.00,0,2026-02-01,0

    customers.csv
    customer_id,credit_limit,terms_days
    C1,0,0
    C2,-1,-30

    contacts.csv
    contact_id,customer_id,contacted_on,channel,minutes
    K1,C1,2026-02-10,call,-5
    """
    assert found == [
        Problem("below_zero", "error", "invoices", 2, "paid_amount", "-50.00", 100.0),
        Problem("below_zero", "error", "invoices", 3, "discount_amount", "-1.00", 70.0),
        Problem("below_zero", "error", "customers", 3, "credit_limit", "-1.00", 0.0),
        Problem("below_zero", "error", "customers", 3, "terms_days", "-30.0", 0.0),
        Problem("below_zero", "error", "contacts", 2, "minutes", "-5.0", 0.0),
    ]
    assert said[0] == "invoices.csv row 2: paid_amount -50.00 is below zero. Correct its sign."
    assert counted(books) == {"invoices": (3, 1, 2), "customers": (2, 1, 1), "contacts": (1, 0, 1)}


def test_rule_too_large(books: Books, found: list[Problem], said: list[str]) -> None:
    """A trillion is an amount; what does not fit is said to be too large, and counts as much as can be counted.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,1000000000000.00
    A2,C2,2026-01-05,2026-02-04,999999999999999.99
    A3,C3,2026-01-05,2026-02-04,1000000000000000.00
    A4,C4,2026-01-05,2026-02-04,10000000000000.005

    customers.csv
    customer_id,terms_days
    C1,
    C2,
    C9,12345678901234567890
    C3,
    C4,
    """
    held = books.tables["invoices"].order_by("row").to_pandas().amount.tolist()
    assert held == [10**14, 99_999_999_999_999_999]
    assert [(problem.rule, problem.table, problem.row) for problem in found] == [
        ("too_large", "invoices", 4),
        ("not_money", "invoices", 5),
        ("too_large", "customers", 4),
    ]
    assert said[0] == "invoices.csv row 4: amount 1000000000000000.00 is too large to be held. Correct it."


def test_rule_control_sign(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A\x001,C1,2026-01-05,2026-02-04,100.00
    A2,C\x1b1,2026-01-05,2026-02-04,90.00
    A3,C1,2026-01-05,2026-02-04,80.00
    """
    assert [(problem.rule, problem.row, problem.column) for problem in found] == [
        ("control_sign", 2, "invoice_id"),
        ("control_sign", 3, "customer_id"),
    ]
    assert said == [
        r"invoices.csv row 2: invoice_id A\x001 holds a sign that cannot be seen, such as a line break. "
        "Remove the sign.",
        r"invoices.csv row 3: customer_id C\x1b1 holds a sign that cannot be seen, such as a line break. "
        "Remove the sign.",
    ]


def test_rule_long_ago(books: Books, found: list[Problem], said: list[str]) -> None:
    """Where spreadsheets begin to count is no day of a booking.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,known_on
    A1,C1,1900-01-05,2026-02-04,100.00,
    A2,C1,1901-01-01,2026-02-04,90.00,
    A3,C1,2026-01-05,2026-02-04,80.00,1899-12-30
    """
    assert [problem for problem in found if problem.severity == "error"] == [
        Problem("long_ago", "error", "invoices", 2, "issued_on", "1900-01-05", 100.0),
        Problem("long_ago", "error", "invoices", 4, "known_on", "1899-12-30", 80.0),
    ]
    assert said[0] == "invoices.csv row 2: issued_on 1900-01-05 is too long ago to be true. Correct the year."
    assert rows(books, "invoices") == [3]


def test_rule_far_ahead(books: Books, found: list[Problem], said: list[str]) -> None:
    """The books end in 2026, whatever a slip of the pen says: ten years later nothing is booked.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2025-01-05,2025-02-04,100.00
    A2,C1,2026-01-05,2026-02-04,90.00
    A3,C1,2206-01-05,2206-02-04,80.00

    applications.csv
    invoice_id,applied_on,amount,kind
    A1,2036-12-31,10.00,cash
    A2,2999-02-04,10.00,cash
    """
    assert found == [
        Problem("far_ahead", "warning", "invoices", 4, "due_on", "2206-02-04", 80.0),
        Problem("far_ahead", "warning", "invoices", 4, "issued_on", "2206-01-05", 80.0),
        Problem("far_ahead", "warning", "applications", 3, "applied_on", "2999-02-04", 10.0),
    ]
    assert said[2] == (
        "applications.csv row 3: applied_on 2999-02-04 lies more than ten years after all other bookings. "
        "Check the year."
    )
    assert rows(books, "applications") == [2, 3]


def test_rule_not_first_of_month(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    costs.csv
    month,category,amount
    2026-01-01,staff,5.00
    2026-01-15,staff,6.00
    """
    assert found == [Problem("not_first_of_month", "error", "costs", 3, "month", "2026-01-15", 6.0)]
    assert said == ["costs.csv row 3: month 2026-01-15 is not the first day of a month. Write that day."]


def test_rule_out_of_order(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    disputes.csv
    dispute_id,invoice_id,opened_on,closed_on
    D1,A1,2026-01-05,2026-01-04
    D2,A1,2026-01-05,2026-01-05
    D3,A1,2026-01-05,

    promises.csv
    promise_id,customer_id,made_on,promised_on,amount
    M1,C1,2026-01-05,2026-01-04,4.00

    billing_schedule.csv
    customer_id,issue_on,due_on,amount
    C1,2026-07-01,2026-06-30,5.00
    """
    advice = "Correct one of the two dates."
    assert said == [
        f"disputes.csv row 2: closed_on 2026-01-04 lies before opened_on. {advice}",
        f"promises.csv row 2: promised_on 2026-01-04 lies before made_on. {advice}",
        f"billing_schedule.csv row 2: due_on 2026-06-30 lies before issue_on. {advice}",
    ]
    assert {(problem.rule, problem.severity) for problem in found} == {("out_of_order", "error")}


def test_rule_discount_out_of_time(books: Books, found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,discount_until,discount_amount
    A1,C1,2026-01-05,2026-02-04,100.00,2026-01-04,1.00
    A2,C1,2026-01-05,2026-02-04,90.00,2026-02-05,1.00
    A3,C1,2026-01-05,2026-02-04,80.00,2026-02-04,1.00
    """
    assert {(problem.rule, problem.severity) for problem in found} == {("discount_out_of_time", "warning")}
    assert said == [
        "invoices.csv row 2: discount_until 2026-01-04 lies before issued_on. Correct one of the two dates.",
        "invoices.csv row 3: due_on 2026-02-04 lies before discount_until. Correct one of the two dates.",
    ]
    assert rows(books, "invoices") == [2, 3, 4]


def test_rule_discount_above_invoice(books: Books, found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,discount_until,discount_amount
    A1,C1,2026-01-05,2026-02-04,100.00,2026-01-10,100.01
    A2,C1,2026-01-05,2026-02-04,90.00,2026-01-10,90.00
    """
    assert found == [Problem("discount_above_invoice", "warning", "invoices", 2, "discount_amount", "100.01", 100.0)]
    assert said == [
        "invoices.csv row 2: discount_amount 100.01 is more than the invoice is over. Correct one of the two amounts."
    ]
    assert rows(books, "invoices") == [2, 3]


def test_rule_no_balance(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    control_totals.csv
    as_of,open_ar,net_ar
    2026-01-31,100.00,
    2026-02-28,,100.00
    2026-03-31,100.00,100.00
    2026-04-30,,
    """
    assert [(problem.rule, problem.severity, problem.row) for problem in found] == [
        ("no_balance", "error", 5),
    ]
    assert said == [
        "control_totals.csv row 5: neither open_ar nor net_ar is filled in. Fill in one of the two.",
    ]


def test_rule_nobody_named(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    overrides.csv
    expected_on,invoice_id,customer_id,known_on
    2026-02-10,A1,,2026-02-05
    2026-02-10,,C1,2026-02-05
    2026-02-10,,,2026-02-05
    """
    assert [(problem.rule, problem.severity, problem.row) for problem in found] == [("nobody_named", "error", 4)]
    assert said == ["overrides.csv row 4: neither invoice_id nor customer_id is filled in. Fill in one of the two."]


def test_rule_no_chance(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    overrides.csv
    expected_on,invoice_id,confidence,known_on
    2026-02-10,A1,1,2026-02-05
    2026-02-10,A1,80,2026-02-05
    2026-02-10,A1,0,2026-02-05
    """
    assert [(problem.rule, problem.severity, problem.row) for problem in found] == [
        ("no_chance", "error", 3),
        ("no_chance", "error", 4),
    ]
    assert said[0] == "overrides.csv row 3: confidence 80.0 is no chance. Write one above 0 and up to 1."


def test_rule_never_known(books: Books, found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    overrides.csv
    expected_on,invoice_id
    2026-02-10,A1
    """
    assert [(problem.rule, problem.severity, problem.row) for problem in found] == [("never_known", "warning", 2)]
    assert said == [
        "overrides.csv row 2: known_on is empty, so that it moves no forecast. Write the day on which it was said."
    ]
    assert rows(books, "overrides") == [2]


def test_rule_duplicate_total(books: Books, found: list[Problem], said: list[str]) -> None:
    """Two totals of one day are not one of their sum.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    control_totals.csv
    as_of,open_ar,currency
    2026-01-31,100.00,
    2026-01-31,100.00,
    2026-02-28,100.00,
    2026-02-28,100.00,USD
    """
    assert found == [
        Problem("duplicate_total", "error", "control_totals", 2, "as_of", "2026-01-31", 0.0),
        Problem("duplicate_total", "error", "control_totals", 3, "as_of", "2026-01-31", 0.0),
    ]
    assert said[0] == (
        "control_totals.csv row 2: there is more than one control total for as_of 2026-01-31 in one currency, "
        "so none can be trusted. Keep the right one."
    )
    assert rows(books, "control_totals") == [4, 5]


def test_rule_absurd(books: Books, found: list[Problem], said: list[str]) -> None:
    """A trillion among hundreds is a slip; among its like it is an invoice.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,80.00
    A2,C1,2026-01-06,2026-02-04,90.00
    A3,C1,2026-01-07,2026-02-04,1000000000000.00
    A4,C2,2026-01-08,2026-02-04,1000000000000.00
    A5,C2,2026-01-09,2026-02-04,900000.00
    """
    assert found == [Problem("absurd", "error", "invoices", 4, "invoice_id", "A3", 1e12)]
    assert said == [
        "invoices.csv row 4: invoice_id A3 is too large to be true: over a million times what this customer's "
        "invoices usually are. Correct the amount."
    ]
    assert rows(books, "invoices") == [2, 3, 5, 6]


def test_rule_unknown_receipt(books: Books, found: list[Problem], said: list[str]) -> None:
    """Where there is a table of receipts, what was taken from one names one of it.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-29,2026-02-28,100.00

    applications.csv
    invoice_id,applied_on,amount,kind,receipt_id,credit_id
    A1,2026-02-01,10.00,cash,R1,
    A1,2026-02-02,11.00,cash,R9,
    A1,2026-02-03,12.00,cash,,G9

    receipts.csv
    receipt_id,customer_id,received_on,amount
    R1,C1,2026-02-01,10.00
    """
    assert found == [Problem("unknown_receipt", "warning", "applications", 3, "receipt_id", "R9", 11.0)]
    assert said == [
        "applications.csv row 3: receipt_id R9 is not among the receipts in use: its row is missing or was "
        "left out. Add or mend that row, or correct the identifier."
    ]
    assert rows(books, "applications") == [2, 3, 4]


def test_rule_unknown_credit(found: list[Problem]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    applications.csv
    invoice_id,applied_on,amount,kind,credit_id
    A1,2026-02-01,10.00,credit_note,G1
    A1,2026-02-02,11.00,credit_note,G9

    credits.csv
    credit_id,customer_id,issued_on,amount
    G1,C1,2026-02-01,10.00
    """
    assert found == [Problem("unknown_credit", "warning", "applications", 3, "credit_id", "G9", 11.0)]


def test_rule_unknown_application(found: list[Problem]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-29,2026-02-28,100.00

    applications.csv
    application_id,invoice_id,applied_on,amount,kind,undoes
    P1,A1,2026-02-01,10.00,cash,
    P2,A1,2026-02-02,-10.00,cash,P1
    P3,A1,2026-02-03,10.00,cash,
    P4,A1,2026-02-04,-10.00,cash,P9
    """
    assert found == [Problem("unknown_application", "warning", "applications", 5, "undoes", "P9", 10.0)]


def test_rule_circle(books: Books, found: list[Problem], said: list[str]) -> None:
    """C5 hangs below a circle and is on none; C6 is above itself; C8 was merged into the one below it.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    customers.csv
    customer_id,parent_id,merged_into
    C1,C2,
    C2,C3,
    C3,C1,
    C4,,
    C5,C1,
    C6,C6,
    C7,C8,
    C8,,C7
    C9,C10,
    C10,C11,
    C11,,
    """
    assert [(problem.row, problem.column, problem.value) for problem in found] == [
        (2, "parent_id", "C2"),
        (3, "parent_id", "C3"),
        (4, "parent_id", "C1"),
        (7, "parent_id", "C6"),
        (8, "parent_id", "C8"),
        (9, "merged_into", "C7"),
    ]
    assert {(problem.rule, problem.severity) for problem in found} == {("circle", "warning")}
    assert said[0] == (
        "customers.csv row 2: parent_id C2 leads back to the customer itself, so none is at the top. "
        "Clear one of the links."
    )
    assert counted(books)["customers"] == (11, 11, 0)


def test_rule_applied_beyond(found: list[Problem], said: list[str]) -> None:
    """What bounced is there again to be applied; a discount is not taken from the receipt it came with.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-29,2026-02-28,100.00
    A2,C1,2026-01-30,2026-02-28,100.00
    A3,C1,2026-01-31,2026-02-28,200.00

    applications.csv
    invoice_id,applied_on,amount,kind,receipt_id,credit_id
    A1,2026-02-01,100.00,cash,R1,
    A2,2026-02-01,100.00,cash,R1,
    A3,2026-02-02,50.00,cash,R2,
    A3,2026-02-03,-50.00,cash,R2,
    A3,2026-02-04,50.00,cash,R2,
    A3,2026-02-04,5.00,discount,R2,
    A3,2026-02-04,30.00,credit_note,,G1

    receipts.csv
    receipt_id,customer_id,received_on,amount
    R1,C1,2026-02-01,100.00
    R2,C1,2026-02-02,50.00

    credits.csv
    credit_id,customer_id,issued_on,amount
    G1,C1,2026-02-01,29.99
    """
    assert found == [
        Problem("applied_beyond", "warning", "receipts", 2, "receipt_id", "R1", 100.0),
        Problem("applied_beyond", "warning", "credits", 2, "credit_id", "G1", 0.01),
    ]
    assert said[0] == (
        "receipts.csv row 2: receipt_id R1: more of it is applied than its amount. "
        "Correct the applications or its amount."
    )


def test_rule_applied_elsewhere(found: list[Problem], said: list[str]) -> None:
    """C1 may pay for C2 below it, for C4 below that and for C5 that is merged into C4; not for C3.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-29,2026-02-28,100.00
    A2,C2,2026-01-30,2026-02-28,100.00
    A3,C3,2026-01-31,2026-02-28,200.00
    A4,C4,2026-01-31,2026-02-27,100.00
    A5,C5,2026-01-30,2026-02-26,100.00

    customers.csv
    customer_id,parent_id,merged_into
    C1,,
    C2,C1,
    C3,,
    C4,C2,
    C5,,C4

    applications.csv
    invoice_id,applied_on,amount,kind,receipt_id
    A1,2026-02-01,10.00,cash,R1
    A2,2026-02-01,20.00,cash,R1
    A3,2026-02-02,30.00,cash,R1
    A4,2026-02-01,5.00,cash,R1
    A5,2026-02-01,6.00,cash,R1

    receipts.csv
    receipt_id,customer_id,received_on,amount
    R1,C1,2026-02-01,100.00
    """
    assert found == [Problem("applied_elsewhere", "warning", "applications", 4, "receipt_id", "R1", 30.0)]
    assert said == [
        "applications.csv row 4: receipt_id R1 is of another customer than the invoice. "
        "Check which of the two is meant."
    ]


def test_rule_applied_too_early(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    applications.csv
    invoice_id,applied_on,amount,kind,receipt_id,credit_id
    A1,2026-02-01,10.00,cash,R1,
    A1,2026-02-02,20.00,cash,R1,
    A1,2026-02-01,5.00,credit_note,,G1

    receipts.csv
    receipt_id,customer_id,received_on,amount
    R1,C1,2026-02-02,30.00

    credits.csv
    credit_id,customer_id,issued_on,amount
    G1,C1,2026-02-03,5.00
    """
    assert found == [
        Problem("applied_too_early", "warning", "applications", 2, "applied_on", "2026-02-01", 10.0),
        Problem("applied_too_early", "warning", "applications", 4, "applied_on", "2026-02-01", 5.0),
    ]
    assert said[0] == (
        "applications.csv row 2: applied_on 2026-02-01 lies before the day of what was applied. "
        "Correct one of the two dates."
    )


def test_rule_undoes_nothing(books: Books, found: list[Problem], said: list[str]) -> None:
    """Of 40 paid, 30 may bounce, and 30 more may not; what one row took too much is no fault of the next.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-29,2026-02-28,100.00

    applications.csv
    invoice_id,applied_on,amount,kind
    A1,2026-02-01,10.00,cash
    A1,2026-02-02,-10.00,cash
    A1,2026-02-03,-5.00,credit_note
    A1,2026-02-04,5.00,credit_note
    A1,2026-02-05,-5.00,credit_note
    A1,2026-02-06,40.00,cash
    A1,2026-02-07,-30.00,cash
    A1,2026-02-08,-30.00,cash
    """
    assert found == [
        Problem("undoes_nothing", "warning", "applications", 4, "amount", "-5.00", 5.0),
        Problem("undoes_nothing", "warning", "applications", 9, "amount", "-30.00", 30.0),
    ]
    assert said[0] == (
        "applications.csv row 4: amount -5.00 takes back what was never applied to its invoice. "
        "Check its sign and its invoice."
    )
    assert rows(books, "applications") == [2, 3, 4, 5, 6, 7, 8, 9]


def test_rule_undoes_too_much(found: list[Problem]) -> None:
    """A payment of 100 bounces in two parts and no third time, and not on another invoice.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-29,2026-02-28,100.00
    A2,C1,2026-01-29,2026-02-28,70.00

    applications.csv
    application_id,invoice_id,applied_on,amount,kind,undoes
    P1,A1,2026-02-01,100.00,cash,
    P2,A1,2026-02-03,-60.00,cash,P1
    P3,A1,2026-02-04,-40.00,cash,P1
    P4,A1,2026-02-05,-40.00,cash,P1
    P5,A2,2026-02-05,70.00,cash,
    P6,A1,2026-02-06,-70.00,cash,P5
    """
    assert found == [
        Problem("undoes_too_much", "warning", "applications", 5, "undoes", "P1", 40.0),
        Problem("undoes_too_much", "warning", "applications", 7, "undoes", "P5", 70.0),
    ]


def test_what_names_the_payment_that_it_undoes_is_held_to_that_alone(found: list[Problem]) -> None:
    """The 50 are taken back before they came in, as two systems date it; the 20 without a name after.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-29,2026-02-28,100.00

    applications.csv
    application_id,invoice_id,applied_on,amount,kind,undoes
    P1,A1,2026-02-05,-50.00,cash,P2
    P2,A1,2026-02-10,50.00,cash,
    P3,A1,2026-02-11,20.00,cash,
    P4,A1,2026-02-12,-20.00,cash,
    """
    assert found == []


def test_rule_repeated_row(books: Books, found: list[Problem], said: list[str]) -> None:
    """Without an identifier nothing tells two payments that are the same from one booked twice.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    applications.csv
    application_id,invoice_id,applied_on,amount,kind,known_on
    ,A1,2026-02-01,10.00,cash,
    ,A1,2026-02-01,10.00,cash,
    ,A1,2026-02-01,10.00,cash,2026-02-05
    P1,A1,2026-02-01,10.00,cash,
    P2,A1,2026-02-01,10.00,cash,

    billing_schedule.csv
    customer_id,issue_on,due_on,amount
    C1,2026-07-01,2026-07-31,5.00
    C1,2026-07-01,2026-07-31,5.00
    """
    assert found == [
        Problem("repeated_row", "warning", "applications", 3, "invoice_id", "A1", 10.0),
        Problem("repeated_row", "warning", "billing_schedule", 3, "customer_id", "C1", 5.0),
    ]
    assert said[0] == (
        "applications.csv row 3: the same row of invoice_id A1 stands there before. Check that it was not booked twice."
    )
    assert rows(books, "applications") == [2, 3, 4, 5, 6]


def test_rule_zero(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    applications.csv
    invoice_id,applied_on,amount,kind
    A1,2026-02-01,-0.00,cash
    """
    message = "applications.csv row 2: amount is zero. Remove the row or correct the amount."
    assert found == [Problem("zero", "error", "applications", 2, "amount", "0.00", 0.0)]
    assert said == [message]


def test_rule_due_before_issued(found: list[Problem], said: list[str]) -> None:
    """Due on the day before the issue is what time zones do; two days before is a mistake.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-01-04,100.00
    A2,C1,2026-01-05,2026-01-03,70.00
    """
    message = "invoices.csv row 3: due_on 2026-01-03 lies before the day of issue. Correct one of the two dates."
    assert found == [Problem("due_before_issued", "error", "invoices", 3, "due_on", "2026-01-03", 70.0)]
    assert said == [message]


def test_rule_unknown_currency(found: list[Problem], said: list[str]) -> None:
    """Blanks are the reporting currency; a code that is known and has no rate is another matter.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,currency,amount
    A1,C1,2026-01-05,2026-02-04,  ,100.00
    A2,C1,2026-01-05,2026-02-04,usd,60.00
    A3,C1,2026-01-05,2026-02-04,XXQ,50.00
    A4,C1,2026-01-05,2026-02-04, EUR,40.00

    rates.csv
    rate_on,currency,rate
    2026-01-01,EUR,1.1
    2026-01-01,XXQ,1.1
    """
    assert found == [
        Problem("unknown_currency", "error", "invoices", 3, "currency", "usd", 60.0),
        Problem("unknown_currency", "error", "invoices", 4, "currency", "XXQ", 50.0),
        Problem("unknown_currency", "error", "rates", 3, "currency", "XXQ", 0.0),
    ]
    assert said[0] == (
        "invoices.csv row 3: currency usd is no currency. Write its code of ISO 4217 in capitals: USD, EUR, JPY."
    )


def test_rule_missing_rate(found: list[Problem], said: list[str]) -> None:
    """A rate holds from its day for 31 days at most; an application counts in the currency of its invoice.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,currency
    A1,C1,2026-01-05,2026-02-04,100.00,
    A2,C1,2026-01-05,2026-02-04,60.00,USD
    A3,C1,2026-01-05,2026-02-04,50.00,EUR
    A4,C1,2026-02-02,2026-02-04,70.00,EUR
    A5,C1,2026-02-01,2026-02-04,80.00,EUR

    applications.csv
    invoice_id,applied_on,amount,kind
    A5,2026-02-01,30.00,cash
    A5,2026-02-02,50.00,cash

    receipts.csv
    receipt_id,customer_id,received_on,amount,currency
    R1,C1,2026-01-01,30.00,EUR
    R2,C1,2026-02-02,50.00,GBP

    rates.csv
    rate_on,currency,rate
    2026-01-01,EUR,1.1
    """
    assert found == [
        Problem("missing_rate", "error", "invoices", 5, "currency", "EUR on 2026-02-02", 70.0),
        Problem("missing_rate", "error", "applications", 3, "currency", "EUR on 2026-02-02", 50.0),
        Problem("missing_rate", "error", "receipts", 3, "currency", "GBP on 2026-02-02", 50.0),
    ]
    assert said[0] == (
        "invoices.csv row 5: currency EUR on 2026-02-02 has no rate. Add it to rates, or correct the currency."
    )


def test_rule_duplicate_rate(found: list[Problem]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    rates.csv
    rate_on,currency,rate
    2026-01-01,EUR,1.1
    2026-01-01,EUR,1.2
    2026-01-01,GBP,0
    """
    assert found == [
        Problem("duplicate_rate", "error", "rates", 2, "currency", "EUR", 0.0),
        Problem("duplicate_rate", "error", "rates", 3, "currency", "EUR", 0.0),
        Problem("not_positive", "error", "rates", 4, "rate", "0.0", 0.0),
    ]


def test_money_whose_rate_is_set_aside_has_none(found: list[Problem]) -> None:
    """Euros of 5 January have two rates, pounds one of 0, and francs one of the day before.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,currency
    A1,C1,2026-01-05,2026-02-04,100.00,EUR
    A2,C1,2026-01-05,2026-02-04,60.00,GBP
    A3,C1,2026-01-05,2026-02-04,50.00,CHF

    rates.csv
    rate_on,currency,rate
    2026-01-05,EUR,1.1
    2026-01-05,EUR,1.2
    2026-01-05,GBP,0
    2026-01-04,CHF,1.1
    2026-01-05,CHF,one
    """
    lacking = [(problem.row, problem.value) for problem in found if problem.rule == "missing_rate"]
    assert lacking == [(2, "EUR on 2026-01-05"), (3, "GBP on 2026-01-05")]


def test_rule_too_small(found: list[Problem]) -> None:
    """A rate of which the twelve decimals that are held show nothing would make nothing of the money.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    rates.csv
    rate_on,currency,rate
    2026-01-01,EUR,0.000000000001
    2026-01-02,EUR,0.0000000000009
    """
    assert found == [Problem("too_small", "error", "rates", 3, "rate", "9e-13", 0.0)]


def test_rule_own_rate(books: Books, found: list[Problem]) -> None:
    """Else the dollars of this ledger, which reports in dollars, would be worth twice as much.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,currency
    A1,C1,2026-01-05,2026-02-04,100.00,USD
    A2,C1,2026-01-05,2026-02-04,100.00,EUR

    rates.csv
    rate_on,currency,rate
    2026-01-05,EUR,1.1
    2026-01-05,USD,2
    2026-01-06,USD,1
    """
    assert found == [Problem("own_rate", "error", "rates", 3, "currency", "USD", 0.0)]
    owed = Ledger(books).as_of("2026-01-05").kpis().set_index("kpi").value["open_ar"]
    assert owed == pytest.approx(210)


def test_rule_duplicate_id(books: Books, found: list[Problem], said: list[str]) -> None:
    """Neither row can be trusted, so both go; an empty identifier is no identifier.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00
    A2,C1,2026-01-05,2026-02-04,50.00
    A1,C2,2026-01-06,2026-02-05,99.00

    applications.csv
    application_id,invoice_id,applied_on,amount,kind
    ,A2,2026-02-01,10.00,cash
    ,A2,2026-02-02,10.00,cash
    P1,A2,2026-02-03,5.00,cash
     P1 ,A2,2026-02-04,6.00,cash
    """
    advice = (
        "stands there more than once, so no row of it can be trusted. Keep the right one, "
        "or give each a number of its own."
    )
    invoice = f"invoices.csv row {{}}: invoice_id A1 {advice}"
    application = f"applications.csv row {{}}: application_id P1 {advice}"
    assert found == [
        Problem("duplicate_id", "error", "invoices", 2, "invoice_id", "A1", 100.0),
        Problem("duplicate_id", "error", "invoices", 4, "invoice_id", "A1", 99.0),
        Problem("duplicate_id", "error", "applications", 4, "application_id", "P1", 5.0),
        Problem("duplicate_id", "error", "applications", 5, "application_id", "P1", 6.0),
    ]
    assert said == [
        invoice.format(2),
        invoice.format(4),
        application.format(4),
        application.format(5),
    ]
    assert (rows(books, "invoices"), rows(books, "applications")) == ([3], [2, 3])
    assert books.rows.quarantined_amount.tolist() == [199.0, 11.0]


def test_rule_unknown_invoice(books: Books, found: list[Problem], said: list[str]) -> None:
    """What hangs on a quarantined invoice goes with it.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00
    A2,C1,2026-01-05,never,50.00

    applications.csv
    invoice_id,applied_on,amount,kind
    A1,2026-02-01,10.00,cash
    A2,2026-02-01,20.00,cash
    A9,2026-02-01,30.00,write_off

    disputes.csv
    dispute_id,invoice_id,opened_on,amount
    D1,A1,2026-02-01,
    D2,A2,2026-02-01,5.00
    """
    advice = (
        "is not among the invoices in use: its row is missing or was left out. Add or mend that row, "
        "or correct the identifier."
    )
    assert found[0].rule == "not_a_date"
    assert found[1:] == [
        Problem("unknown_invoice", "error", "applications", 3, "invoice_id", "A2", 20.0),
        Problem("unknown_invoice", "error", "applications", 4, "invoice_id", "A9", 30.0),
        Problem("unknown_invoice", "error", "disputes", 3, "invoice_id", "A2", 5.0),
    ]
    assert said[1:] == [
        f"applications.csv row 3: invoice_id A2 {advice}",
        f"applications.csv row 4: invoice_id A9 {advice}",
        f"disputes.csv row 3: invoice_id A2 {advice}",
    ]
    assert counted(books) == {"invoices": (2, 1, 1), "applications": (3, 1, 2), "disputes": (2, 1, 1)}


def test_rule_before_the_beginning(books: Books, found: list[Problem], said: list[str]) -> None:
    """Complete from February. X0 was settled in January; A9 was set aside, and its payment with it; in February every
    invoice has to be there.

    ledger.toml
    complete_from = 2026-02-01

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00
    A9,C1,2026-01-05,soon,100.00

    applications.csv
    invoice_id,applied_on,amount,kind
    X0,2026-01-31,10.00,cash
    A1,2026-01-31,20.00,cash
    A9,2026-01-31,30.00,cash
    X0,2026-02-01,40.00,cash
    """
    assert found == [
        Problem("not_a_date", "error", "invoices", 3, "due_on", "soon", 100.0),
        Problem("before_the_beginning", "warning", "applications", 2, "invoice_id", "X0", 10.0),
        Problem("unknown_invoice", "error", "applications", 4, "invoice_id", "A9", 30.0),
        Problem("unknown_invoice", "error", "applications", 5, "invoice_id", "X0", 40.0),
    ]
    assert said[1] == (
        "applications.csv row 2: invoice_id X0 was settled before the ledger begins: the row uses up its receipt or "
        "credit, and no balance or flow counts it. Add the invoice if it should."
    )
    assert rows(books, "applications") == [2, 3]
    assert counted(books)["applications"] == (4, 2, 2)


def test_rule_before_invoice(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    applications.csv
    invoice_id,applied_on,amount,kind
    A1,2026-01-05,10.00,credit_note
    A1,2026-01-04,20.00,credit_note
    """
    message = "applications.csv row 3: applied_on 2026-01-04 lies before the invoice was issued. Correct the date."
    assert found == [Problem("before_invoice", "error", "applications", 3, "applied_on", "2026-01-04", 20.0)]
    assert said == [message]


def test_rule_prepayment(books: Books, found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00

    applications.csv
    invoice_id,applied_on,amount,kind
    A1,2026-01-05,10.00,cash
    A1,2026-01-04,20.00,cash
    """
    message = "applications.csv row 3: applied_on 2026-01-04 lies before the invoice was issued: taken as a prepayment."
    assert found == [Problem("prepayment", "warning", "applications", 3, "applied_on", "2026-01-04", 20.0)]
    assert said == [message]
    assert rows(books, "applications") == [2, 3]


def test_rule_over_applied(books: Books, found: list[Problem], said: list[str]) -> None:
    """The money at stake is the surplus.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00
    A2,C1,2026-01-18,2026-02-17,100.00

    applications.csv
    invoice_id,applied_on,amount,kind
    A1,2026-02-01,100.00,cash
    A2,2026-02-01,100.00,cash
    A2,2026-02-14,0.01,discount
    """
    message = (
        "invoices.csv row 3: invoice_id A2 is over-applied: its reductions exceed its amount. "
        "Move the surplus to another invoice, or leave it on its receipt or credit."
    )
    assert found == [Problem("over_applied", "warning", "invoices", 3, "invoice_id", "A2", 0.01)]
    assert said == [message]
    assert rows(books, "invoices") == [2, 3]


def test_rule_unknown_customer(books: Books, found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00
    A2,C2,2026-01-05,2026-02-04,40.00

    customers.csv
    customer_id
    C1
    """
    message = (
        "invoices.csv row 3: customer_id C2 is not among the customers in use: its row is missing or "
        "was left out. Add or mend that row, or correct the identifier."
    )
    assert found == [Problem("unknown_customer", "warning", "invoices", 3, "customer_id", "C2", 40.0)]
    assert said == [message]
    assert rows(books, "invoices") == [2, 3]


def test_rule_long_terms(books: Books, found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2027-01-05,100.00
    A2,C1,2026-01-05,2027-01-06,40.00
    """
    message = "invoices.csv row 3: due_on 2027-01-06 lies more than 365 days after the day of issue. Check the date."
    assert found == [Problem("long_terms", "warning", "invoices", 3, "due_on", "2027-01-06", 40.0)]
    assert said == [message]
    assert rows(books, "invoices") == [2, 3]


def test_rule_outlier(books: Books, found: list[Problem], said: list[str]) -> None:
    """A hundred times the median is still usual; a customer with one invoice has nothing to compare it with.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,1.00
    A2,C1,2026-01-06,2026-02-04,1.00
    A3,C1,2026-01-07,2026-02-04,1.00
    A4,C1,2026-01-08,2026-02-04,100.00
    A5,C1,2026-01-09,2026-02-04,100.01
    A6,C2,2026-01-09,2026-02-04,9999.00
    """
    message = (
        "invoices.csv row 6: invoice_id A5 is over 100 times what this customer's invoices usually are. "
        "Check the amount."
    )
    assert found == [Problem("outlier", "warning", "invoices", 6, "invoice_id", "A5", 100.01)]
    assert said == [message]
    assert rows(books, "invoices") == [2, 3, 4, 5, 6, 7]


def test_rule_booking_gap(books: Books, found: list[Problem], said: list[str]) -> None:
    """The ledger books daily, then nothing from the 9th to the 15th: the export of a week was not loaded.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,10.00
    A2,C1,2026-01-06,2026-02-05,20.00
    A3,C1,2026-01-07,2026-02-06,30.00
    A4,C1,2026-01-16,2026-02-15,40.00

    applications.csv
    invoice_id,applied_on,amount,kind
    A1,2026-01-08,10.00,cash
    """
    message = "invoices.csv: no booking at all in the week before 2026-01-16. Check that every export was loaded."
    assert found == [Problem("booking_gap", "warning", "invoices", None, "issued_on", "2026-01-16", 0.0)]
    assert said == [message]
    assert counted(books)["invoices"] == (4, 4, 0)


def test_rule_duplicate_row(books: Books, found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,product
    A1,C1,2026-01-05,2026-02-04,100.00,
    A2,C1,2026-01-05,2026-02-04,100.00,
    A3,C1,2026-01-05,2026-02-04,100.00,tea
    A4,C1,2026-01-05,2026-02-04,100.00,
    A5,C2,2026-01-05,2026-02-04,100.00,
    """
    message = (
        "invoices.csv row {}: invoice_id {} repeats another row in all but its identifier. "
        "Check that it was not booked twice."
    )
    assert found == [
        Problem("duplicate_row", "warning", "invoices", 3, "invoice_id", "A2", 100.0),
        Problem("duplicate_row", "warning", "invoices", 5, "invoice_id", "A4", 100.0),
    ]
    assert said == [
        message.format(3, "A2"),
        message.format(5, "A4"),
    ]
    assert rows(books, "invoices") == [2, 3, 4, 5, 6]


def test_every_rule_has_its_test() -> None:
    """What lies in a folder and is not read is tested where files are."""
    tested = {name.removeprefix("test_rule_") for name in globals() if name.startswith("test_rule_")}
    assert tested == set(RULES) - {"misnamed_file", "unknown_file"}


# What the rules do together


def test_a_sound_ledger_has_no_problem(books: Books, found: list[Problem]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2026-02-04,100.00
    """
    assert found == []
    assert books.quarantine.empty
    assert counted(books) == {"invoices": (1, 1, 0)}


def test_a_row_with_two_faults_is_one_row_and_two_problems(books: Books, found: list[Problem]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,,2026-01-05,soon,100.00
    """
    assert [(problem.rule, problem.row) for problem in found] == [("empty", 2), ("not_a_date", 2)]
    assert counted(books) == {"invoices": (1, 0, 1)}
    assert books.rows.quarantined_amount.tolist() == [100.0]


def test_problems_stand_in_the_order_of_tables_and_rows(found: list[Problem]) -> None:
    """
    disputes.csv
    dispute_id,invoice_id,opened_on
    D1,A9,2026-02-01

    applications.csv
    invoice_id,applied_on,amount,kind
    A9,2026-02-01,10.00,cash

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount
    A1,C1,2026-01-05,2028-02-04,1.00
    A2,C1,2026-01-05,2026-02-04,0
    A3,C1,2026-01-05,2026-02-04
    A4,C1,2026-01-05,2026-02-04,x
    """
    order = [(problem.table, problem.row) for problem in found]
    assert order == [("invoices", n) for n in (2, 3, 4, 5)] + [("applications", 2), ("disputes", 2)]


def test_the_shortcut_makes_an_application_of_every_paid_invoice(books: Books, found: list[Problem]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,paid_on,paid_amount
    A1,C1,2026-01-05,2026-02-04,100.00,2026-02-01,
    A2,C2,2026-01-05,2026-02-04,50.00,2026-02-02,20.50
    A3,C3,2026-01-05,2026-02-04,30.00,,
    A4,C4,2026-01-05,2026-02-04,10.00,soon,
    """
    made = books.tables["applications"].order_by("invoice_id").to_pandas()
    assert made[["invoice_id", "amount", "kind"]].to_numpy().tolist() == [["A1", 100_00, "cash"], ["A2", 20_50, "cash"]]
    assert (
        made.applied_on.astype("str").tolist() == made.entered_on.astype("str").tolist() == ["2026-02-01", "2026-02-02"]
    )
    assert [(problem.rule, problem.row) for problem in found] == [("not_a_date", 5)]
    assert counted(books) == {"invoices": (4, 3, 1)}


def test_rule_paid_on_unused(books: Books, found: list[Problem], said: list[str]) -> None:
    """With an applications table, even an empty one, the shortcut is not read, and that is said.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,paid_on,paid_amount
    A1,C1,2026-01-05,2026-02-04,100.00,2026-02-01,

    applications.csv
    invoice_id,applied_on,amount,kind
    """
    assert found == [Problem("paid_on_unused", "warning", "invoices", None, "paid_on", "", 0.0)]
    assert said == [
        "invoices.csv: paid_on is not used, since there is an applications table. "
        "Remove that table, or put the payments there."
    ]
    assert books.tables["applications"].amount.to_pandas().tolist() == []


def test_rule_misnamed_column(books: Books, found: list[Problem], said: list[str]) -> None:
    """Foreign money whose currency is not read counts as the reporting one. A column beside the one that it resembles
    is no slip, nor is one that resembles none.

    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,curency,segment,segments,region
    A1,C1,2026-01-05,2026-02-04,100.00,EUR,retail,a,west

    receipts.csv
    receipt_id,customer_id,received_on,amount,kown_on
    R1,C1,2026-02-01,1.00,2026-03-01
    """
    assert found == [
        Problem("misnamed_column", "warning", "invoices", None, "currency", "curency", 0.0),
        Problem("misnamed_column", "warning", "receipts", None, "known_on", "kown_on", 0.0),
    ]
    assert said[0] == (
        "invoices.csv: the column curency is kept as one of your own. If it is currency, name it so: that one is empty."
    )
    assert counted(books)["invoices"] == (1, 1, 0)


@pytest.mark.parametrize("name", ["Paid On", "paid-on", "paidOn", "payd_on", "paid_on\u200b", "_paid_on"])
def test_a_column_nearly_called_as_one_is_said_and_kept(tmp_path: Path, name: str) -> None:
    """It may be one of the user's own."""
    text = f"invoice_id,customer_id,issued_on,due_on,amount,{name}\nA1,C1,2026-01-05,2026-02-04,100.00,2026-02-01\n"
    books = open_books(write(tmp_path, {"invoices.csv": text}))
    assert [(problem.rule, problem.column, problem.value) for problem in problems(books)] == [
        ("misnamed_column", "paid_on", name)
    ]
    assert name in books.tables["invoices"].columns


def test_rule_no_paid_day(found: list[Problem], said: list[str]) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,paid_on,paid_amount
    A1,C1,2026-01-05,2026-02-04,100.00,,40.00
    """
    assert found == [Problem("no_paid_day", "error", "invoices", 2, "paid_on", "40.00", 100.0)]
    assert said == ["invoices.csv row 2: paid_on is empty, yet paid_amount is 40.00. Add the day or clear the amount."]


def test_a_fact_enters_the_books_when_it_is_known_and_never_before_its_invoice(books: Books) -> None:
    """
    invoices.csv
    invoice_id,customer_id,issued_on,due_on,amount,known_on
    A1,C1,2026-01-05,2026-02-04,100.00,2026-01-10
    A2,C1,2026-01-06,2026-02-04,90.00,2026-01-02
    A3,C1,2026-01-07,2026-02-04,80.00,

    applications.csv
    invoice_id,applied_on,amount,kind,known_on
    A1,2026-01-08,10.00,cash,
    A2,2026-01-08,11.00,cash,2026-03-01
    A3,2026-01-03,12.00,cash,2026-01-04
    """
    entered = {
        name: books.tables[name].order_by("invoice_id").entered_on.to_pandas().astype("str").tolist()
        for name in ("invoices", "applications")
    }
    assert entered == {
        "invoices": ["2026-01-10", "2026-01-06", "2026-01-07"],
        "applications": ["2026-01-10", "2026-03-01", "2026-01-07"],
    }


# Nothing is lost, whatever stands in the cells

SOUND_LEDGER = {
    "invoices": """\
invoice_id,customer_id,issued_on,due_on,amount,kind,known_on,region
A1,C1,2026-01-05,2026-02-04,100.00,invoice,,north
A2,C1,2026-01-06,2026-02-05,250.25,,2026-01-09,south
A3,C2,2026-01-07,2026-02-06,0.07,fee,,north
A4,C2,2026-01-08,2026-02-07,1999.99,,,""",
    "applications": """\
invoice_id,applied_on,amount,kind,application_id
A1,2026-02-01,60.00,cash,P1
A1,2026-02-02,40.00,discount,P2
A2,2026-02-03,250.25,cash,P3
A2,2026-02-09,-250.25,cash,P4
A3,2026-02-10,0.07,write_off,""",
    "contacts": """\
contact_id,customer_id,contacted_on,channel,right_party,minutes
K1,C1,2026-02-10,call,true,2.5
K2,C2,2026-02-11,email,,""",
}
CELLS = [
    (name, row, cell)
    for name, text in SOUND_LEDGER.items()
    for row, line in enumerate(text.splitlines()[1:], start=1)
    for cell in range(len(line.split(",")))
]
WRONG = """|0|-1|1e5|NaN|inf|1.005|1,234.50|9999999999999|2026-02-30|2026-02-04|1999-12-31|9999-12-31|0001-01-01| |a
b|A1|A9|C1|cash|=1+1|"|""|a,b|\\|null"""
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8)
GARBAGE = st.sampled_from(WRONG.split("|")) | TEXT
Sheets = dict[str, list[list[str]]]


@st.composite
def mangled(draw: st.DrawFn) -> Sheets:
    """A sound ledger in which up to a dozen cells were replaced: header and rows of each table."""
    sheets = {name: [line.split(",") for line in text.splitlines()] for name, text in SOUND_LEDGER.items()}
    for name, row, cell in draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=12)):
        sheets[name][row][cell] = draw(GARBAGE)
    return sheets


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def cells_of(sheets: Sheets) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Table, row number, and the cells by column."""
    for name, (header, *body) in sheets.items():
        for row, cells in enumerate(body, start=2):
            yield name, row, dict(zip(header, cells, strict=True))


@run(max_examples=7, deadline=None)
@given(mangled())
def test_no_row_is_lost(sheets: Sheets) -> None:
    with TemporaryDirectory() as folder:
        books = open_books(write(Path(folder), {f"{name}.csv": as_csv(rows) for name, rows in sheets.items()}))
    used = {name: set(books.tables[name].row.to_pandas()) for name in sheets}
    errors = books.problems[books.problems.severity == "error"]
    out = {name: set(errors.row[errors.table == name]) for name in sheets}
    lines = {(line.table, line.row): line.line for line in books.quarantine.itertuples()}
    assert counted(books) == {name: (len(rows) - 1, len(used[name]), len(out[name])) for name, rows in sheets.items()}
    for name, row, cells in cells_of(sheets):
        assert (row in used[name]) != (row in out[name])
        if row in out[name]:
            assert all(f"{column}={cell}" in lines[name, row] for column, cell in cells.items() if cell)
    money = dict.fromkeys(("invoices", "applications"), 0)
    for name, row, cells in cells_of(sheets):
        if name in money and row in used[name]:
            money[name] += exact(cells["amount"])
    assert {name: int(books.tables[name].amount.sum().fill_null(0).execute()) for name in money} == money


def exact(amount: str) -> int:
    """Minor units of the amount of a row in use: there it is always a number of at most two decimals."""
    units = Decimal(amount).scaleb(2)
    assert units == int(units)
    return int(units)


def test_a_check_is_left_out_only_where_it_can_find_nothing() -> None:
    """At the edge of each nothing is found yet, and a cent, a day or a row beyond it something may be."""
    edge = {"foreign": 0, "negative": 0, "latest": "2034-12-31", "first": "2024-01-01", "least": 5, "most": 500}
    beyond = {
        checks.unknown_currencies: {"foreign": 1},
        checks.undone_nothing: {"negative": 1},
        checks.dates_far_ahead: {"latest": "2035-01-01"},
        checks.outliers: {"most": 501},
        checks.absurd_amounts: {"least": 10**8, "most": 10**9},
    }

    def idle(**sizes: object) -> set[checks.Check]:
        row = edge | sizes
        return checks.needless(pd.DataFrame([row, row], ["invoices", "applications"])) - {*checks.OF_FOREIGN_MONEY[1:]}

    assert idle() == {*beyond}
    assert {check: idle(**sizes) for check, sizes in beyond.items()} == {each: {*beyond} - {each} for each in beyond}
    assert checks.outliers not in idle(least=0, most=0)
    assert checks.dates_far_ahead not in idle(first=None)
