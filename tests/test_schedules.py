"""Schedules calculated by hand, each ledger in its test's docstring; and what must hold for every one of them."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import ledgers
from arforecast import Ledger, Snapshot, open_ledger, schedules
from arforecast.cli import main
from arforecast.errors import UsageError
from arforecast.kpis.balances import bucket_names
from arforecast.ledger.tables import BY_NAME
from arforecast.report import tables as shown
from arforecast.sample import write_sample
from arforecast.schedules import SCHEDULES
from arforecast.schedules.risk import provision
from arforecast.settings import Kpis, Settings, load
from ledgers import Tables

AS_OF = date(2026, 3, 31)
DAYS = [date(2026, 4, 30), date(2026, 5, 20)]
# The table without which a schedule has no row.
MADE_OF = {
    "credit_limit_use": "customers",
    "credit_limit_use_by_group": "customers",
    "method_mix": "receipts",
    "disputes_by_reason": "disputes",
    "contacts_by_channel": "contacts",
    "agency": "contacts",
    "costs_by_category": "costs",
}
MONEY = ("_amount", "_balance")
Stood = Callable[[date], Snapshot]
Made = Callable[[str, date], pd.DataFrame]


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """The ledger of the test's docstring."""
    return open_ledger(ledgers.write(ledgers.told(request.function.__doc__), tmp_path / "ledger"), Settings())


def lines(frame: pd.DataFrame, *index: str) -> dict[object, list[object]]:
    """The rows by their first columns; None where a cell is not defined, floats to a billionth."""
    plain = frame.set_index(list(index)).astype(object)
    plain = plain.where(plain.notna(), None)
    return {name: [_cell(value) for value in row] for name, row in zip(plain.index, plain.to_numpy(), strict=True)}


def _cell(value: object) -> object:
    return round(value, 9) if isinstance(value, float) else value


# By hand


def test_roll_rates(ledger: Ledger) -> None:
    """On 31 January A (100), C (50) and D (40: a payment of 60 came and bounces in February) are 1-30 days late and B
    (200) is not due. In February A brings 30 and is credited 10, C ends with a discount of 50, D owes 100 again. In
    March A is written off, B (1-30 days late by then) brings 250, 50 more than it owed, and D is paid.

    current: 200 -> 1-30. 1-30: 100 + 50 + 40 + 200 = 390 -> A 60 and D 100 in 31-60, paid 30 - 60 + 200 = 170,
    credited 10 + 50. 31-60: 60 + 100 = 160 -> written off 60, paid 100.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-15 100.00
    B          c           2026-01-20 2026-02-15 200.00
    C          d           2026-01-05 2026-01-20 50.00
    D          d           2026-01-05 2026-01-20 100.00

    applications
    invoice_id applied_on amount kind
    A          2026-02-10 30.00  cash
    A          2026-02-12 10.00  credit_note
    A          2026-03-20 60.00  write_off
    B          2026-03-10 250.00 cash
    C          2026-02-05 50.00  discount
    D          2026-01-25 60.00  cash
    D          2026-02-10 -60.00 cash
    D          2026-03-05 100.00 cash
    """
    moved = ledger.as_of(AS_OF).schedule("roll_rates")
    assert len(moved) == 6 * 9
    assert lines(moved[moved.moved_amount != 0], "from_bucket", "to_state") == {
        ("current", "1-30"): [200, 1],
        ("1-30", "31-60"): [160, round(160 / 390, 9)],
        ("1-30", "paid"): [170, round(170 / 390, 9)],
        ("1-30", "credited"): [60, round(60 / 390, 9)],
        ("31-60", "paid"): [100, 0.625],
        ("31-60", "written_off"): [60, 0.375],
    }
    undefined = moved.moved_share.isna()
    assert set(moved.from_bucket[undefined]) == {"61-90", "91-120", "121+"}
    assert moved.moved_share[~undefined].groupby(moved.from_bucket).sum().to_list() == pytest.approx([1, 1, 1])


def test_the_last_step_of_roll_rates_ends_with_the_day(ledger: Ledger) -> None:
    """From 28 February to 20 March: A is paid on the 20th, B on the 21st, when it is 30 days late.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-02-01 2026-02-18 10.00
    B          c           2026-02-01 2026-02-18 30.00

    applications
    invoice_id applied_on amount kind
    A          2026-03-20 10.00  cash
    B          2026-03-21 30.00  cash
    """
    moved = ledger.as_of("2026-03-20").schedule("roll_rates")
    assert lines(moved[moved.moved_amount != 0], "from_bucket", "to_state") == {
        ("1-30", "1-30"): [30, 0.75],
        ("1-30", "paid"): [10, 0.25],
    }


def test_vintage(ledger: Ledger) -> None:
    """January billed 100: 20 were paid before and 30 in January, 40 in February; these bounce on 3 March, and are known
    never to have come from then on. February billed 50, paid on the 28th but booked on 20 March.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-10 2026-02-09 100.00
    B          c           2026-02-10 2026-03-12 50.00

    applications
    invoice_id applied_on amount kind known_on
    A          2025-12-20 20.00  cash -
    A          2026-01-20 30.00  cash -
    A          2026-02-05 40.00  cash -
    A          2026-03-03 -40.00 cash -
    B          2026-02-28 50.00  cash 2026-03-20
    """
    triangle = ledger.as_of("2026-03-15").schedule("vintage")
    assert len(triangle) == 2 * 13
    january, february = pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01")
    cells = lines(triangle, "issue_month_on", "age_months")
    assert [cells[january, age] for age in (0, 1, 2)] == [[100, 50, 0.5], [100, 50, 0.5], [100, None, None]]
    assert [cells[february, age] for age in (0, 1)] == [[50, 0, 0], [50, None, None]]
    assert triangle.collected_share.notna().sum() == 3

    before = lines(ledger.as_of("2026-03-02").schedule("vintage"), "issue_month_on", "age_months")
    assert before[january, 1] == [100, 90, 0.9]
    later = lines(ledger.as_of("2026-03-31").schedule("vintage"), "issue_month_on", "age_months")
    assert [later[january, 2], later[february, 0]] == [[100, 50, 0.5], [50, 50, 1]]


def test_vintage_looks_back_24_months(ledger: Ledger) -> None:
    """On 31 March 2026 the oldest month is April 2024; its age of 12 ended in April 2025.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2024-03-31 2024-04-30 10.00
    B          c           2024-04-01 2024-05-01 20.00

    applications
    invoice_id applied_on amount kind
    A          2024-04-30 10.00  cash
    B          2025-04-30 5.00   cash
    B          2025-05-01 15.00  cash
    """
    triangle = ledger.as_of(AS_OF).schedule("vintage")
    assert set(triangle.issue_month_on) == {pd.Timestamp("2024-04-01")}
    assert triangle.cash_amount.to_list() == [0] * 12 + [5]


LOSSES = """On 31 May 2025 A (100) and B (300) are 1-30 days late. Of A 25 is written off, and 5 of that taken back on
    the 365th day; a day later 1 more, which no longer counts: 20 / 400 = 5 %. On 30 June 2026 D (200) is in that
    bucket: 10 are expected to be lost, 8 and 12 with 0.8 and 1.2 of the factor. C is current and what is left of A (6)
    very late, of which nothing is known.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2025-05-01 2025-05-20 100.00
    B          c           2025-05-02 2025-05-25 300.00
    C          c           2026-06-01 2026-07-01 80.00
    D          c           2026-06-01 2026-06-20 200.00

    applications
    invoice_id applied_on amount kind
    A          2025-06-10 25.00  write_off
    A          2025-06-15 75.00  cash
    A          2026-05-31 -5.00  write_off
    A          2026-06-01 -1.00  write_off
    B          2025-06-05 300.00 cash
    """


def test_expected_credit_loss(tmp_path: Path) -> None:
    folder = ledgers.write(ledgers.told(LOSSES), tmp_path / "ledger")
    matrix = lines(open_ledger(folder, Settings()).as_of("2026-06-30").schedule("expected_credit_loss"), "bucket")
    assert list(matrix) == bucket_names((0, 30, 60, 90, 120))
    assert matrix["1-30"] == [200, 0.05, 1, 10, 8, 12]
    assert matrix["current"] == [80, None, 1, None, None, None]
    assert matrix["31-60"] == [0, None, 1, None, None, None]
    assert matrix["121+"] == [6, None, 1, None, None, None]

    # On 30 May 2026 the 365 days after 31 May 2025 are not over, and no month-end before has a balance.
    early = open_ledger(folder, Settings()).as_of("2026-05-30").schedule("expected_credit_loss")
    assert early.loss_rate_share.isna().all()


def test_the_forward_factor_is_a_setting(tmp_path: Path) -> None:
    folder = ledgers.write(ledgers.told(LOSSES), tmp_path / "ledger")
    worse = open_ledger(folder, Settings(kpis=Kpis(forward_factor=1.5))).as_of("2026-06-30")
    assert lines(worse.schedule("expected_credit_loss"), "bucket")["1-30"] == [200, 0.05, 1.5, 15, 12, 18]


def test_provision() -> None:
    """15,000 / 7,500 / 4,000 / 2,500 at 0.5 / 2.2 / 2.7 / 4.5 % are 75 / 165 / 108 / 112.50."""
    balances, rates = pd.Series([15_000.0, 7_500, 4_000, 2_500]), pd.Series([0.005, 0.022, 0.027, 0.045])
    assert provision(balances, rates, 1).to_list() == pytest.approx([75, 165, 108, 112.5])
    assert provision(balances, rates, 2).to_list() == pytest.approx([150, 330, 216, 225])


def test_a_provision_is_never_more_than_the_balance_and_never_made_up() -> None:
    losses = provision(pd.Series([100.0, 100.0]), pd.Series([0.9, math.nan]), 1.2)
    assert losses[0] == 100
    assert math.isnan(losses[1])


def test_credit_limit_use(ledger: Ledger) -> None:
    """c owes 150 of 100; d has no limit; e may owe nothing and owes 10; f owes nothing: 20 too much is not owed.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-03-01 2026-03-31 90.00
    B          c           2026-01-01 2026-01-31 60.00
    C          d           2026-03-01 2026-03-31 70.00
    D          e           2026-03-01 2026-03-31 10.00
    E          f           2026-03-01 2026-03-31 50.00

    applications
    invoice_id applied_on amount kind
    E          2026-03-05 70.00  cash

    customers
    customer_id name credit_limit
    c           Cee  100.00
    d           Dee  -
    e           -    0.00
    f           Eff  40.00
    """
    used = ledger.as_of(AS_OF).schedule("credit_limit_use")
    assert used.customer_id.to_list() == ["e", "c", "f"]
    assert lines(used, "customer_id") == {
        "e": ["e", 10, 0, None, 10],
        "c": ["Cee", 150, 100, 1.5, 50],
        "f": ["Eff", 0, 40, 0, 0],
    }


def test_credit_limit_use_by_group(ledger: Ledger) -> None:
    """p and its two owe 30 + 0 + 60; p's own limit of 100 is the group's, whatever its members have. q's members have
    limits of 20 and 25 and owe 90 together; r has a limit of nothing, s none at all.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          p           2026-03-01 2026-03-31 30.00
    B          p2          2026-03-01 2026-03-31 60.00
    C          q1          2026-03-01 2026-03-31 50.00
    D          q           2026-03-01 2026-03-31 40.00
    E          r           2026-03-01 2026-03-31 1.00
    F          s           2026-03-01 2026-03-31 7.00

    customers
    customer_id name parent_id credit_limit
    p           Pee  -         100.00
    p1          -    p         10.00
    p2          -    p1        -
    q           Kew  -         -
    q1          -    q         20.00
    q2          -    q         25.00
    r           -    -         0.00
    s           Ess  -         -
    """
    used = ledger.as_of(AS_OF).schedule("credit_limit_use_by_group")
    assert used.group_id.to_list() == ["r", "q", "p"]
    assert lines(used, "group_id") == {
        "r": ["r", 1, 0, None, 1],
        "q": ["Kew", 90, 45, 2, 45],
        "p": ["Pee", 90, 100, 0.9, 0],
    }


def test_terms(ledger: Ledger) -> None:
    """A is due at once and paid 4 days late; B is paid 21 days early for a discount of 2 in 10 days, net 30, which
    costs 2 / 98 x 365 / 20 = 37.24 % a year; D offers the same and nobody takes it; C is 365 days old; E was due before
    it was issued.

    invoices
    invoice_id customer_id issued_on  due_on     amount  discount_until discount_amount
    A          c           2026-03-01 2026-03-01 90.00   -              -
    B          c           2026-02-01 2026-03-03 1000.00 2026-02-11     20.00
    C          c           2025-03-31 2025-04-30 1.00    -              -
    D          c           2026-02-02 2026-03-04 900.00  2026-02-12     18.00
    E          c           2026-03-10 2026-03-09 10.00   -              -

    applications
    invoice_id applied_on amount kind
    A          2026-03-05 90.00  cash
    B          2026-02-10 980.00 cash
    B          2026-02-10 20.00  discount
    """
    yearly = round(2 / 98 * 365 / 20, 9)
    assert lines(ledger.as_of(AS_OF).schedule("terms"), "terms") == {
        "0": [2, 100, 0.05, 4, 0, 0, None],
        "16-30": [2, 1900, 0.95, -21, 38, 20, yearly],
    }


def test_method_mix(ledger: Ledger) -> None:
    """300 of cash. By card 60 two days late and 10 on the day; by check 40 ten days late and 10 on the day; B's 100 of
    that day have no receipt, and that of D's 80, a day late, is booked in April. C is paid twice alike, from two
    receipts.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-02-01 2026-03-01 100.00
    B          c           2026-02-01 2026-03-01 100.00
    C          c           2026-02-01 2026-03-01 20.00
    D          c           2026-02-01 2026-03-01 80.00
    E          c           2025-02-01 2025-03-31 80.00

    applications
    invoice_id applied_on amount kind receipt_id
    A          2026-03-03 60.00  cash 1
    A          2026-03-11 40.00  cash 2
    B          2026-03-01 100.00 cash -
    C          2026-03-01 10.00  cash 4
    C          2026-03-01 10.00  cash 5
    D          2026-03-02 80.00  cash 6
    E          2025-03-31 80.00  cash -

    receipts
    receipt_id customer_id received_on amount method known_on
    1          c           2026-03-03  60.00  card   -
    2          c           2026-03-11  40.00  check  -
    4          c           2026-03-01  10.00  card   -
    5          c           2026-03-01  10.00  check  -
    6          c           2026-03-02  80.00  card   2026-04-02
    """
    mix = ledger.as_of(AS_OF).schedule("method_mix")
    assert mix.method.to_list() == ["(none)", "card", "check"]
    assert lines(mix, "method") == {
        "(none)": [180, 0.6, round(80 / 180, 9), 2],
        "card": [70, round(70 / 300, 9), round(120 / 70, 9), 2],
        "check": [50, round(50 / 300, 9), 8, 2],
    }


def test_late_fees(ledger: Ledger) -> None:
    """February: 15 are paid, of 15 more 10 are credited. March: 20 are written off. F is a month too old, N no fee.

    invoices
    invoice_id customer_id issued_on  due_on     amount kind
    A          c           2026-02-10 2026-02-25 15.00  fee
    B          c           2026-02-20 2026-03-07 15.00  fee
    C          c           2026-03-02 2026-03-17 20.00  fee
    F          c           2025-03-31 2025-04-15 9.00   fee
    N          c           2026-03-02 2026-03-17 99.00  invoice

    applications
    invoice_id applied_on amount kind
    A          2026-03-01 15.00  cash
    B          2026-03-02 10.00  credit_note
    C          2026-03-20 20.00  write_off
    F          2026-03-20 9.00   cash
    """
    assert lines(ledger.as_of(AS_OF).schedule("late_fees"), "month_on") == {
        pd.Timestamp("2026-02-01"): [2, 30, 15, 10, 5],
        pd.Timestamp("2026-03-01"): [1, 20, 0, 20, 0],
    }


def test_payment_plans(ledger: Ledger) -> None:
    """P is broken: of its second instalment 60 and all of the third are overdue. Q pays its first late; its second is
    due today, and so is not missed. N belongs to no plan.

    invoices
    invoice_id customer_id issued_on  due_on     amount plan_id
    A          c           2026-01-01 2026-01-15 100.00 P
    B          c           2026-02-01 2026-02-15 100.00 P
    C          c           2026-03-01 2026-03-15 100.00 P
    D          d           2026-02-01 2026-02-20 50.00  Q
    E          d           2026-03-01 2026-03-31 50.00  Q
    N          d           2026-03-01 2026-03-15 70.00  -

    applications
    invoice_id applied_on amount kind
    A          2026-01-15 100.00 cash
    B          2026-02-10 40.00  cash
    D          2026-02-25 50.00  cash
    """
    assert lines(ledger.as_of(AS_OF).schedule("payment_plans"), "month_on") == {
        pd.Timestamp("2026-01-01"): [1, 1, 100, 1, 100, 0, 0, 1],
        pd.Timestamp("2026-02-01"): [2, 2, 150, round(40 / 150, 9), 90, 60, 0.4, 1],
        pd.Timestamp("2026-03-01"): [2, 2, 150, 0, 0, 100, round(100 / 150, 9), 1],
    }
    # A month earlier one instalment is overdue, and nobody has broken a plan.
    assert (ledger.as_of("2026-02-28").schedule("payment_plans").broken_plans == 0).all()


def test_plans_of_two_customers_may_have_one_number(ledger: Ledger) -> None:
    """Each of the two has missed one instalment, and neither has broken its plan.

    invoices
    invoice_id customer_id issued_on  due_on     amount plan_id
    A          c           2026-02-01 2026-02-15 100.00 1
    B          d           2026-02-01 2026-02-15 100.00 1

    applications
    invoice_id applied_on amount kind
    A          2026-02-15 40.00  cash
    """
    plans = ledger.as_of(AS_OF).schedule("payment_plans")
    assert plans[["plans", "instalments", "broken_plans"]].to_numpy().tolist() == [[2, 2, 0]]


def test_disputes_by_reason(ledger: Ledger) -> None:
    """price: 30 of A, closed after 10 days, and all 200 of B; 20 and 5 were credited on A since it was disputed.
    service: all of A though 500 are claimed, still open on 31 March; 5 were credited since. Z's is 365 days old.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-02-01 2026-03-03 100.00
    B          c           2026-02-01 2026-03-03 200.00
    Z          c           2025-02-01 2025-03-03 70.00

    applications
    invoice_id applied_on amount kind
    A          2026-02-20 10.00  credit_note
    A          2026-03-11 20.00  credit_note
    A          2026-03-25 5.00   credit_note
    B          2026-03-12 50.00  cash

    disputes
    dispute_id invoice_id opened_on  closed_on  reason  amount
    1          A          2026-03-01 2026-03-11 price   30.00
    2          B          2026-03-05 -          price   -
    3          A          2026-03-20 2026-04-10 service 500.00
    4          Z          2025-03-31 2025-04-10 price   70.00
    """
    assert lines(ledger.as_of(AS_OF).schedule("disputes_by_reason"), "reason") == {
        "price": [2, 230, 1, 10, 25],
        "service": [1, 100, 1, None, 5],
    }


def test_contacts_by_channel(ledger: Ledger) -> None:
    """Two calls about A after it was due, 100 open each time: in the 14 days after the first 60 came, after the second
    60 and, on the 14th day, 40: 160 / 200. The mail before it was due brought nothing. The account was called twice:
    on 2 March it owed A and B, 150, of which 110 came; the second call is not 14 days old.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-02-01 2026-03-01 100.00
    B          c           2026-02-01 2026-03-20 50.00
    C          d           2026-02-01 2026-03-20 70.00

    applications
    invoice_id applied_on amount kind
    A          2026-03-12 60.00  cash
    A          2026-03-24 40.00  cash
    B          2026-03-03 50.00  cash
    C          2026-03-03 70.00  cash

    contacts
    contact_id customer_id contacted_on channel invoice_id right_party minutes
    1          c           2026-03-05   call    A          true        5
    2          c           2026-03-10   call    A          false       3
    3          c           2026-02-20   email   A          -           -
    4          c           2026-03-21   call    -          true        9
    5          c           2026-03-02   call    -          -           -
    6          c           2025-03-31   call    A          true        9
    """
    assert lines(ledger.as_of(AS_OF).schedule("contacts_by_channel"), "channel", "timing") == {
        ("call", "account"): [2, 1, 9, round(110 / 150, 9)],
        ("call", "after due"): [2, 0.5, 8, 0.8],
        ("email", "before due"): [1, None, None, 0],
    }


def test_agency(ledger: Ledger) -> None:
    """A was handed over on 10 November, 100 open: 30 and, on the 90th day, 20 came, for 10 of the quarter's costs; its
    second letter is no second handover. B's quarter is not 90 days old. C owed nothing when it was handed over.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2025-06-01 2025-07-01 100.00
    B          c           2025-09-01 2025-10-01 80.00
    C          c           2025-06-01 2025-07-01 60.00

    applications
    invoice_id applied_on amount kind
    A          2025-12-01 30.00  cash
    A          2026-02-08 20.00  cash
    A          2026-02-09 10.00  cash
    B          2026-02-01 80.00  cash
    C          2025-07-01 60.00  cash

    contacts
    contact_id customer_id contacted_on channel invoice_id
    1          c           2025-11-10   agency  A
    2          c           2026-01-05   agency  A
    3          c           2026-01-20   agency  B
    4          c           2025-11-10   agency  C
    5          c           2025-08-10   letter  A

    costs
    month      category   amount
    2025-10-01 agency     4.00
    2025-12-01 agency     6.00
    2026-01-01 agency     7.00
    2026-01-01 technology 3.00
    """
    assert lines(ledger.as_of(AS_OF).schedule("agency"), "quarter_on") == {
        pd.Timestamp("2025-10-01"): [1, 100, 50, 0.5, 10, 0.2],
        pd.Timestamp("2026-01-01"): [1, 80, None, None, 7, None],
    }
    the_day_before = lines(ledger.as_of("2026-03-30").schedule("agency"), "quarter_on")
    assert the_day_before[pd.Timestamp("2025-10-01")] == [1, 100, None, None, 10, None]


def test_costs_by_category(ledger: Ledger) -> None:
    """April 2025 to March 2026: 100 for staff and 50 for technology, for 1,000 of cash.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2025-03-01 2025-03-31 2000.00

    applications
    invoice_id applied_on amount  kind
    A          2025-03-31 500.00  cash
    A          2025-04-01 1000.00 cash

    costs
    month      category   amount
    2025-03-01 staff      77.00
    2025-04-01 staff      60.00
    2026-03-01 staff      40.00
    2026-03-01 technology 50.00
    2026-04-01 technology 77.00
    """
    assert lines(ledger.as_of(AS_OF).schedule("costs_by_category"), "category") == {
        "staff": [100, round(2 / 3, 9), 0.1],
        "technology": [50, round(1 / 3, 9), 0.05],
    }


# Every schedule

each = pytest.mark.parametrize("name", SCHEDULES)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The sample company, old enough for two years of agencies and of losses."""
    folder = tmp_path_factory.mktemp("company") / "sample"
    write_sample(folder, customers=60, months=26)
    return ledgers.read(folder)


@pytest.fixture(scope="module")
def whole(company: Tables, tmp_path_factory: pytest.TempPathFactory) -> Stood:
    """The company on a day; a day is stood on once."""
    return cache(opened(company, tmp_path_factory.mktemp("whole") / "ledger").as_of)


@pytest.fixture(scope="module")
def made(whole: Stood) -> Made:
    """A schedule of the company on a day, made once."""
    return cache(lambda name, day: whole(day).schedule(name))


def opened(tables: Tables, folder: Path) -> Ledger:
    return open_ledger(ledgers.write(tables, folder), Settings())


def exactly(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """The same to the last digit; a mean of days may be added up in another order."""
    pd.testing.assert_frame_equal(one, other, rtol=1e-12, atol=0)
    money = [name for name in one if name.endswith(MONEY) and not name.startswith("expected_loss")]
    assert one[money].equals(other[money])


@each
def test_a_schedule_has_a_worked_example_and_a_definition(name: str) -> None:
    assert f"test_{name}" in globals()
    meaning = schedules.glossary().set_index("schedule").meaning[name]
    assert meaning == " ".join(meaning.split())
    assert len(meaning) > 60
    assert meaning.endswith(".")


@each
def test_a_schedule_of_the_sample_company_has_rows(name: str, made: Made) -> None:
    rows = made(name, DAYS[1])
    assert len(rows) > 1
    assert not rows.isna().all().any()


@pytest.fixture(scope="module", params=DAYS, ids=str)
def evening(
    request: pytest.FixtureRequest, company: Tables, tmp_path_factory: pytest.TempPathFactory
) -> tuple[date, Snapshot]:
    """A day, and the ledger as its files stood that evening."""
    files = ledgers.until(company, request.param)
    return request.param, opened(files, tmp_path_factory.mktemp("evening") / "ledger").as_of(request.param)


@each
def test_the_future_changes_nothing(name: str, made: Made, evening: tuple[date, Snapshot]) -> None:
    day, then = evening
    exactly(made(name, day), then.schedule(name))


def test_the_order_of_rows_changes_nothing(company: Tables, made: Made, tmp_path: Path) -> None:
    deck = random.Random(1)
    shuffled = opened({table: deck.sample(rows, len(rows)) for table, rows in company.items()}, tmp_path / "ledger")
    today = shuffled.as_of(DAYS[1])
    for name in SCHEDULES:
        exactly(made(name, DAYS[1]), today.schedule(name))


def test_three_times_the_money_is_three_times_the_money_and_the_same_days_and_shares(
    company: Tables, made: Made, tmp_path: Path
) -> None:
    thrice = opened(_times(company, 3), tmp_path / "ledger").as_of(DAYS[1])
    for name in SCHEDULES:
        once = made(name, DAYS[1])
        money = {column: 3 * once[column] for column in once if column.endswith(MONEY)}
        pd.testing.assert_frame_equal(thrice.schedule(name), once.assign(**money), rtol=1e-9)


def _times(tables: Tables, factor: int) -> Tables:
    money = {table: [c.name for c in BY_NAME[table].columns if c.type == "money"] for table in tables}
    return {
        table: [
            row | {cell: str(Decimal(row[cell]) * factor) for cell in money[table] if row.get(cell)} for row in rows
        ]
        for table, rows in tables.items()
    }


def test_another_currency_at_a_steady_rate_is_the_same_money_at_that_rate(
    company: Tables, made: Made, tmp_path: Path
) -> None:
    """Everything is billed and paid in EUR, which are 2 USD each; limits and costs are in the reporting currency."""
    reporting = {name: _times({name: company[name]}, 2)[name] for name in ("customers", "costs")}
    abroad = {name: [row | {"currency": "EUR"} for row in company[name]] for name in ("invoices", "receipts")}
    days = pd.date_range("2024-01-01", "2026-06-30", freq="14D").strftime("%Y-%m-%d")
    rates = {"rates": [{"rate_on": day, "currency": "EUR", "rate": "2"} for day in days]}
    rest = {name: rows for name, rows in company.items() if name != "control_totals"}
    today = opened(rest | reporting | abroad | rates, tmp_path / "ledger").as_of(DAYS[1])
    for name in SCHEDULES:
        once = made(name, DAYS[1])
        money = {column: 2 * once[column] for column in once if column.endswith(MONEY)}
        pd.testing.assert_frame_equal(today.schedule(name), once.assign(**money), rtol=1e-9)


def test_a_rate_that_moves_moves_no_share(ledger: Ledger) -> None:
    """100 EUR are billed at 1, owed on 31 January at 2, and paid at 3: what is paid in full is collected in full, and
    the balance of a month-end is worth what it was then.

    invoices
    invoice_id customer_id issued_on  due_on     amount currency plan_id
    A          c           2026-01-10 2026-02-09 100.00 EUR      P

    applications
    invoice_id applied_on amount kind
    A          2026-02-05 100.00 cash

    receipts
    receipt_id customer_id received_on amount currency
    R          c           2026-02-05  100.00 EUR

    contacts
    contact_id customer_id contacted_on channel invoice_id
    1          c           2026-01-31   call    A

    rates
    rate_on    currency rate
    2026-01-10 EUR      1
    2026-01-31 EUR      2
    2026-02-05 EUR      3
    2026-02-28 EUR      3
    2026-03-31 EUR      3
    """
    today = ledger.as_of(AS_OF)
    moved = today.schedule("roll_rates")
    assert lines(moved[moved.moved_amount != 0], "from_bucket", "to_state") == {("current", "paid"): [200, 1]}
    cells = lines(today.schedule("vintage"), "issue_month_on", "age_months")
    assert cells[pd.Timestamp("2026-01-01"), 1] == [100, 100, 1]
    assert today.schedule("contacts_by_channel").paid_14_share.to_list() == [1]
    assert today.schedule("payment_plans")[["due_amount", "collected_amount"]].to_numpy().tolist() == [[100, 100]]
    assert today.schedule("method_mix").cash_amount.to_list() == [300]


@pytest.mark.parametrize("tables", [{"invoices": []}, {table: [] for table in BY_NAME}], ids=["alone", "every table"])
def test_an_empty_ledger_has_empty_schedules(tables: Tables, made: Made, tmp_path: Path) -> None:
    today = opened(tables, tmp_path / "ledger").as_of(AS_OF)
    for name in SCHEDULES:
        rows = today.schedule(name)
        assert list(rows.columns) == list(made(name, DAYS[1]).columns)
        assert (rows.filter(regex="_amount$|_balance$").fillna(0) == 0).all(axis=None), name
        assert rows.filter(like="_share").isna().all(axis=None), name


def test_without_its_table_a_schedule_has_no_row(company: Tables, made: Made, tmp_path: Path) -> None:
    without = {table: rows for table, rows in company.items() if table not in MADE_OF.values()}
    bare = opened(without, tmp_path / "ledger").as_of(DAYS[1])
    for name in MADE_OF:
        rows = bare.schedule(name)
        assert rows.empty, name
        assert list(rows.columns) == list(made(name, DAYS[1]).columns)


def test_without_costs_the_agency_is_seen_all_the_same(company: Tables, made: Made, tmp_path: Path) -> None:
    without = {table: rows for table, rows in company.items() if table != "costs"}
    rows = opened(without, tmp_path / "ledger").as_of(DAYS[1]).schedule("agency")
    unpriced = rows.columns.str.contains("cost")
    assert rows.loc[:, unpriced].isna().all(axis=None)
    assert rows.loc[:, ~unpriced].equals(made("agency", DAYS[1]).loc[:, ~unpriced])


@each
def test_a_schedule_is_shown_with_words_and_units(name: str, made: Made) -> None:
    """No column is money by default alone, and none shows its own name."""
    rows = made(name, DAYS[1])
    for column, unit in shown._units(rows, {}).items():
        assert unit != "money" or str(column).endswith(MONEY), column
    assert "_" not in "".join(part for part in str(shown.show(rows, name)).split("<") if part.startswith("th"))


def test_what_is_no_schedule_is_refused(whole: Stood) -> None:
    with pytest.raises(UsageError, match=r"no schedule rates\. Ask for one of roll_rates, vintage, "):
        whole(AS_OF).schedule("rates")


def test_the_command_line_prints_a_schedule_and_names_them_all(company: Tables, made: Made, tmp_path: Path) -> None:
    folder = ledgers.write(company, tmp_path / "ledger")
    asked = ["schedule", str(folder), "terms", "--as-of", str(DAYS[0]), "--format", "csv"]
    printed = CliRunner().invoke(main, asked)
    assert printed.exit_code == 0
    rows = pd.read_csv(io.StringIO(printed.stdout), dtype={"terms": "str"})
    pd.testing.assert_frame_equal(rows, made("terms", DAYS[0]), check_dtype=False)

    refused = CliRunner().invoke(main, ["schedule", str(folder), "rates", "--as-of", str(DAYS[0])])
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert all(name in refused.stderr for name in SCHEDULES)


@pytest.mark.parametrize("factor", ["0", "-1", "inf", "'much'"])
def test_a_forward_factor_is_above_zero(factor: str, tmp_path: Path) -> None:
    (tmp_path / "arforecast.toml").write_text(f"[kpis]\nforward_factor = {factor}\n", "utf-8")
    with pytest.raises(UsageError, match=r"kpis\.forward_factor"):
        load(tmp_path)


def test_schedules_add_up_to_the_kpis(whole: Stood) -> None:
    """The same money, asked of the catalogue."""
    today = whole(DAYS[0])
    figures = today.kpis().set_index("kpi").value
    matrix = today.schedule("expected_credit_loss").set_index("bucket").open_balance
    assert matrix.to_dict() == {bucket: figures[f"aging:{bucket}"] for bucket in matrix.index}
    moved = today.schedule("roll_rates")
    assert moved.moved_share.groupby(moved.from_bucket).sum().to_list() == pytest.approx([1] * 6)
    for name, share in (("method_mix", "cash_share"), ("terms", "billed_share"), ("costs_by_category", "cost_share")):
        assert today.schedule(name)[share].sum() == pytest.approx(1)
