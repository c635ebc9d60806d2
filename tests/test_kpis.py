"""KPIs calculated by hand: each ledger stands in its test's docstring, beside the calculation."""

from __future__ import annotations

import importlib
import math
import pkgutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import ledgers
from arforecast import Ledger, kpis, open_ledger, reconciliation
from arforecast.errors import UsageError
from arforecast.kpis.catalogue import Kpi
from arforecast.settings import Kpis, Settings
from ledgers import SHARED

UNITS = {"money", "money per invoice", "share", "ratio", "days", "percent", "index", "times a year"}


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """The ledger of the test's docstring."""
    return open_ledger(ledgers.write(ledgers.told(request.function.__doc__), tmp_path / "ledger"), Settings())


def figures(ledger: Ledger, day: str) -> dict[str, float]:
    table = ledger.as_of(day).kpis()
    return dict(zip(table.kpi, table.value, strict=True))


def trend(ledger: Ledger, *days: str) -> list[dict[str, float]]:
    """The figures of several days, asked for at once."""
    table = kpis.measured(ledger.books, map(date.fromisoformat, days)).set_index("kpi")
    return [table.value[table.as_of == day].to_dict() for day in days]


def groups(ledger: Ledger, day: str, by: str, kpi: str) -> pd.DataFrame:
    """One KPI by group: value, numerator, denominator; the whole ledger is the row without a name."""
    table = ledger.as_of(day).kpis(by=by).set_index("group")
    return table.loc[table.kpi == kpi, ["value", "numerator", "denominator"]]


# How fast


def test_dso(ledger: Ledger) -> None:
    """Sales of three months, 10,869 of it open: 10,869 x 90 / (5,538 + 4,566 + 7,570) = 55.35 days.
    Source: JD Edwards, Accounts Receivable guide.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-31 5538.00
    B          c           2026-02-10 2026-03-12 4566.00
    C          c           2026-03-10 2026-04-09 7570.00

    applications
    invoice_id applied_on amount  kind
    A          2026-02-20 5538.00 cash
    B          2026-03-20 1267.00 cash
    """
    assert figures(ledger, "2026-03-31")["dso"] == pytest.approx(55.35, abs=0.005)


def test_dso_countback(ledger: Ledger) -> None:
    """212,000 is owed: March's 100,000 (31 days), February's 80,000 (28 days), and 32,000 of January's 70,000:
    31 + 28 + 32 / 70 x 31 = 73.17 days on calendar months. The simple figure is 212 x 90 / 250 = 76.32.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-31 70000.00
    B          c           2026-02-10 2026-03-12 80000.00
    C          c           2026-03-10 2026-04-09 100000.00

    applications
    invoice_id applied_on amount   kind
    A          2026-02-20 38000.00 cash
    """
    today = figures(ledger, "2026-03-31")
    assert today["dso_countback"] == pytest.approx(73.17, abs=0.005)
    assert today["dso"] == pytest.approx(76.32)


def test_countback_counts_the_days_of_this_month_so_far_and_of_months_without_billing(ledger: Ledger) -> None:
    """On 10 April nothing is billed yet (10 days), nothing was in March (31 days); 30 of February's 40: 30 / 40 x 28.
    10 + 31 + 21 = 62 days.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-02-10 2026-03-12 40.00

    applications
    invoice_id applied_on amount kind
    A          2026-02-20 10.00  cash
    A          2026-04-20 30.00  cash
    """
    early, late = trend(ledger, "2026-04-10", "2026-04-20")
    assert early["dso_countback"] == 62
    assert late["dso_countback"] == 0


def test_countback_is_not_defined_when_the_history_runs_out(ledger: Ledger) -> None:
    """A chargeback of 15 on an invoice of 10: no history of billing explains 25 owed.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-10 2026-02-09 10.00

    applications
    invoice_id applied_on amount kind
    A          2026-02-20 -15.00 cash
    """
    today = figures(ledger, "2026-02-28")
    assert today["open_ar"] == 25
    assert math.isnan(today["dso_countback"])


def test_average_days_delinquent(ledger: Ledger) -> None:
    """Sales of 10,000 in 30 days, 15,000 owed and 4,000 of it current: 45 - 12 = 33 days. Source: CRF.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-31 10000.00
    B          c           2026-02-10 2026-03-12 10000.00
    C          c           2026-03-10 2026-04-09 10000.00

    applications
    invoice_id applied_on amount  kind
    A          2026-02-20 9000.00 cash
    C          2026-03-20 6000.00 cash
    """
    today = figures(ledger, "2026-03-31")
    assert (today["dso"], today["dso_best_possible"], today["add"]) == pytest.approx((45, 12, 33))


def test_days_beyond_terms_count_early_payment_negative(ledger: Ledger) -> None:
    """100 came 10 days early and 300 came 20 days late: (-1,000 + 6,000) / 400 = 12.5 days beyond terms of 30, so 42.5
    days to pay. The 500 of 1 April is 90 days old on 30 June: outside of the window. A credit note is not cash.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-03-01 2026-03-31 500.00
    B          c           2026-04-10 2026-05-10 100.00
    C          c           2026-04-20 2026-05-20 400.00

    applications
    invoice_id applied_on amount kind
    A          2026-04-01 500.00 cash
    B          2026-04-30 100.00 cash
    C          2026-06-09 300.00 cash
    C          2026-06-09 100.00 credit_note
    """
    today = figures(ledger, "2026-06-30")
    assert (today["days_beyond_terms"], today["days_to_pay"]) == (12.5, 42.5)


def test_paid_on_time(ledger: Ledger) -> None:
    """Due in the 90 days to 30 June: A paid on its due day; B half by then and half a day late; C not at all.
    (100 + 150) / 500 of the money, 1 / 3 of the invoices. Z fell due on 1 April: outside of the window.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    Z          c           2026-03-01 2026-04-01 900.00
    A          c           2026-04-10 2026-05-10 100.00
    B          c           2026-04-20 2026-05-20 300.00
    C          c           2026-05-31 2026-06-30 100.00

    applications
    invoice_id applied_on amount kind
    Z          2026-03-20 900.00 cash
    A          2026-05-10 100.00 cash
    B          2026-05-20 150.00 cash
    B          2026-05-21 150.00 cash
    """
    today = figures(ledger, "2026-06-30")
    assert today["paid_on_time_share"] == 0.5
    assert today["paid_on_time_count_share"] == pytest.approx(1 / 3)


def test_the_median_of_days_to_pay_censors_what_is_open(ledger: Ledger) -> None:
    """Settled after 10, 20 and 30 days, open after 20 and 40: surviving 4/5, then x 3/4 = 0.6, then x 1/2 = 0.3.
    The median is 30 days; of the settled ones alone it would be 20. Z was issued before the window.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    Z          c           2026-01-01 2026-01-31 10.00
    A          c           2026-04-10 2026-05-10 10.00
    B          c           2026-04-20 2026-05-20 10.00
    C          c           2026-04-30 2026-05-30 10.00
    D          c           2026-06-10 2026-07-10 10.00
    E          c           2026-05-21 2026-06-20 10.00

    applications
    invoice_id applied_on amount kind
    Z          2026-01-06 10.00  cash
    A          2026-04-20 10.00  cash
    B          2026-05-10 10.00  cash
    C          2026-05-30 10.00  cash
    """
    assert figures(ledger, "2026-06-30")["days_to_pay_median_km"] == 30


def test_a_bounced_payment_settles_nothing(ledger: Ledger) -> None:
    """A is settled on 11 May, open again from 15 May, and settled for good on 31 May, 30 days after its issue.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    Z          c           2026-01-01 2026-01-31 10.00
    A          c           2026-05-01 2026-05-31 100.00

    applications
    invoice_id applied_on amount  kind
    Z          2026-01-06 10.00   cash
    A          2026-05-11 100.00  cash
    A          2026-05-15 -100.00 cash
    A          2026-05-31 100.00  cash
    """
    settled, bounced, paid = trend(ledger, "2026-05-12", "2026-05-20", "2026-05-31")
    assert [then["open_ar"] for then in (settled, bounced, paid)] == [0, 100, 0]
    assert [then["cash"] for then in (settled, bounced, paid)] == [100, 0, 100]
    assert settled["days_to_pay_median_km"] == 10
    assert math.isnan(bounced["days_to_pay_median_km"])
    assert paid["days_to_pay_median_km"] == 30


# What is owed


def test_ageing_edges(ledger: Ledger) -> None:
    """On 30 June, days past due and amounts: 0 (1), 1 (2), 30 (4), 31 (8), 60 (16), 61 (32), 90 (64), 91 (128),
    120 (256), 121 (512). Due today is current.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-02-01 2026-06-30 1
    B          c           2026-02-01 2026-06-29 2
    C          c           2026-02-01 2026-05-31 4
    D          c           2026-02-01 2026-05-30 8
    E          c           2026-02-01 2026-05-01 16
    F          c           2026-02-01 2026-04-30 32
    G          c           2026-02-01 2026-04-01 64
    H          c           2026-02-01 2026-03-31 128
    I          c           2026-02-01 2026-03-02 256
    J          c           2026-02-01 2026-03-01 512
    """
    today = figures(ledger, "2026-06-30")
    aged = {name: value for name, value in today.items() if name.startswith("aging:")}
    assert aged == {
        "aging:current": 1,
        "aging:1-30": 2 + 4,
        "aging:31-60": 8 + 16,
        "aging:61-90": 32 + 64,
        "aging:91-120": 128 + 256,
        "aging:121+": 512,
    }
    assert (today["open_ar"], today["overdue_ar"]) == (1023, 1022)
    assert today["overdue_share"] == pytest.approx(1022 / 1023)
    assert today["over_90_share"] == pytest.approx((128 + 256 + 512) / 1023)


def test_ageing_edges_of_the_settings(tmp_path: Path) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-06-01 2026-06-15 1
    B          c           2026-06-01 2026-06-14 2
    """
    told = ledgers.told(str(test_ageing_edges_of_the_settings.__doc__))
    ledger = open_ledger(ledgers.write(told, tmp_path / "ledger"), Settings(kpis=Kpis(aging_edges=(0, 15))))
    today = figures(ledger, "2026-06-30")
    aged = {name: value for name, value in today.items() if name.startswith("aging:")}
    assert aged == {"aging:current": 0, "aging:1-15": 1, "aging:16+": 2}


def test_credit_balances_are_never_netted(ledger: Ledger) -> None:
    """a over-applied 30 of 130. b paid in 80 and 50 is applied: 30 held. c paid in 10 but 40 is applied: nothing held.
    credit_balance = -30 - 30 = -60 beside the 150 of b and the 60 of c.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          a           2026-06-01 2026-07-01 100.00
    B          b           2026-06-01 2026-07-01 200.00
    C          c           2026-06-01 2026-07-01 100.00

    applications
    invoice_id applied_on amount kind
    A          2026-06-10 130.00 cash
    B          2026-06-10 50.00  cash
    C          2026-06-10 40.00  cash

    receipts
    receipt_id customer_id received_on amount
    1          a           2026-06-10  130.00
    2          b           2026-06-10  80.00
    3          c           2026-06-10  10.00
    """
    today = figures(ledger, "2026-06-30")
    assert (today["open_ar"], today["credit_balance"], today["net_ar"]) == (210, -60, 150)
    assert today["aging:current"] == 210


def test_cash_comes_off_the_receipt_it_names_whoever_s_invoice_it_paid(ledger: Ledger) -> None:
    """m paid 650: 500 for the invoice of k, which has no receipts, 100 for its own and 50 not applied. The 20 of k
    named no receipt: they come off nothing.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    K          k           2026-06-01 2026-07-01 520.00
    M          m           2026-06-01 2026-07-01 200.00

    applications
    invoice_id applied_on amount kind receipt_id
    K          2026-06-10 500.00 cash 1
    K          2026-06-10 20.00  cash -
    M          2026-06-12 100.00 cash -

    receipts
    receipt_id customer_id received_on amount
    1          m           2026-06-10  650.00
    """
    held = groups(ledger, "2026-06-30", "customer_id", "credit_balance")
    assert held.value.to_dict() == {"": -50, "k": 0, "m": -50}


def test_what_is_paid_back_beyond_the_cash_on_account_is_paid_of_credits(ledger: Ledger) -> None:
    """a sent back what it had paid for: 100 are credited and paid back in March, 20 of the 50 credited to b. The 30
    that c overpaid were on account, and are what was paid back to it: its credit of 40 stays. d was credited on its
    invoice, and paid back there, which is said in April only: until then its credit of 60 seems paid back.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          a           2026-01-05 2026-02-04 100.00
    C          c           2026-01-05 2026-02-04 100.00
    D          d           2026-01-05 2026-02-04 100.00

    applications
    invoice_id applied_on amount known_on   kind        receipt_id
    A          2026-02-01 100.00 -          cash        1
    C          2026-02-01 100.00 -          cash        2
    D          2026-02-01 100.00 -          cash        3
    D          2026-03-25 60.00  2026-04-03 credit_note -
    D          2026-03-25 -60.00 2026-04-03 cash        7

    receipts
    receipt_id customer_id received_on amount
    1          a           2026-02-01  100.00
    2          c           2026-02-01  130.00
    3          d           2026-02-01  100.00
    4          a           2026-03-25  -100.00
    5          b           2026-03-25  -20.00
    6          c           2026-03-25  -30.00
    7          d           2026-03-25  -60.00

    credits
    credit_id customer_id issued_on  amount
    1         a           2026-03-20 100.00
    2         b           2026-03-20 50.00
    3         c           2026-03-20 40.00
    4         d           2026-03-20 60.00

    control_totals
    as_of      net_ar
    2026-03-24 -280.00
    2026-03-31 -70.00
    2026-04-30 -130.00
    """
    held = groups(ledger, "2026-03-31", "customer_id", "credit_balance").value
    assert held.to_dict() == {"": -70, "a": 0, "b": -30, "c": -40, "d": 0}
    assert groups(ledger, "2026-04-30", "customer_id", "credit_balance").value["d"] == -60
    assert {gate.gate: gate.passed for gate in reconciliation.gates(ledger.books, date(2026, 4, 30))}["control"]


def test_a_receipt_to_come_holds_no_cash_today(ledger: Ledger) -> None:
    """In February the books know a returned payment of 100, but not yet the payment, and not the receipt of March.
    Nothing was received, so nothing is held.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          a           2026-02-01 2026-03-03 100.00

    applications
    invoice_id applied_on amount  kind known_on
    A          2026-02-10 100.00  cash 2026-03-05
    A          2026-02-12 -100.00 cash -

    receipts
    receipt_id customer_id received_on amount
    1          a           2026-03-20  100.00
    """
    assert figures(ledger, "2026-02-28")["credit_balance"] == 0


def test_disputed_share(ledger: Ledger) -> None:
    """Open on 30 June: A (two disputes, counted once) and B (closed tomorrow), 100 of 1,000. Not: C (closed today), D
    (raised today, known tomorrow), E (settled), F (not contested).

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-06-01 2026-07-01 60.00
    B          c           2026-06-01 2026-07-01 40.00
    C          c           2026-06-01 2026-07-01 200.00
    D          c           2026-06-01 2026-07-01 300.00
    E          c           2026-06-01 2026-07-01 500.00
    F          c           2026-06-01 2026-07-01 400.00

    applications
    invoice_id applied_on amount kind
    E          2026-06-10 500.00 cash

    disputes
    dispute_id invoice_id opened_on  closed_on  known_on
    1          A          2026-06-05 -          -
    2          A          2026-06-07 -          -
    3          B          2026-06-05 2026-07-01 -
    4          C          2026-06-05 2026-06-30 -
    5          D          2026-06-30 -          2026-07-01
    6          E          2026-06-05 -          -
    """
    assert figures(ledger, "2026-06-30")["disputed_share"] == 0.1


def test_concentration(ledger: Ledger) -> None:
    """l owes 90 of 200, eleven others 10 each. The ten largest owe 90 + 9 x 10 = 180: a share of 0.9.
    0.45^2 + 11 x 0.05^2 = 0.23: an index of 2,300.

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
    L          l           2026-06-01 2026-07-01 40.00
    M          l           2026-06-02 2026-07-02 50.00
    """
    today = figures(ledger, "2026-06-30")
    assert (today["top10_share"], today["hhi"]) == pytest.approx((0.9, 2300))


# How much was collected


def test_collection_effectiveness(ledger: Ledger) -> None:
    """385,500 is open when the quarter begins and still when March begins; March bills 355,500 and collects 351,036.
    389,964 is left, 300,000 of it current.
    N = 1: (385,500 + 355,500 - 389,964) / (385,500 + 355,500 - 300,000) x 100 = 79.6
    N = 3: (385,500 + 355,500 / 3 - 389,964) / (385,500 + 355,500 / 3 - 300,000) x 100 = 55.9

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2025-12-20 2026-01-20 385500.00
    B          c           2026-03-05 2026-04-04 355500.00

    applications
    invoice_id applied_on amount    kind
    A          2026-03-10 295536.00 cash
    B          2026-03-10 55500.00  cash
    """
    today = figures(ledger, "2026-03-31")
    assert (today["cei"], today["cei_3m"]) == pytest.approx((79.6, 55.9))


def test_three_months_of_effectiveness_need_three_months(ledger: Ledger) -> None:
    """On 31 March the quarter begins before the ledger does; on 30 April it is February to April.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-02-01 2026-03-03 300.00

    applications
    invoice_id applied_on amount kind
    A          2026-03-05 200.00 cash
    """
    assert pd.isna(figures(ledger, "2026-03-31")["cei_3m"])
    assert figures(ledger, "2026-04-30")["cei_3m"] == pytest.approx((0 + 100 - 100) / (0 + 100 - 0) * 100)


def test_collection_rate(ledger: Ledger) -> None:
    """Issued in March, the latest month 90 days old on 30 June: 1,500. Cash within 90 days: 600 on the 90th day of A,
    a prepayment of 100 and 200 on the 90th day of B: 900 / 1,500 = 0.6. On 28 June March was not old enough.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-03-01 2026-03-31 1000.00
    B          c           2026-03-31 2026-04-30 500.00
    C          c           2026-04-01 2026-05-01 700.00

    applications
    invoice_id applied_on amount kind
    A          2026-05-30 600.00 cash
    A          2026-05-31 400.00 cash
    B          2026-03-20 100.00 cash
    B          2026-04-01 50.00  discount
    B          2026-06-29 200.00 cash
    B          2026-06-30 100.00 cash
    """
    before, today = trend(ledger, "2026-06-28", "2026-06-30")
    assert today["collection_rate"] == 0.6
    assert math.isnan(before["collection_rate"])


def test_recovery_of_what_was_overdue(ledger: Ledger) -> None:
    """On 30 June the latest months of due dates that are 30, 60 and 90 days old are May, April and March.
    30: of A 100 - 40 and of B 200 - 10 is left; 30 on the 30th day and 95 come in time: 125 / 250 = 0.5
    60: of C 60 on the 60th day, 40 on the 61st: 0.6. 90: of D 25 on the 90th day, 50 on the 91st: 0.25.
    In June: overdue at its opening A 60, B 95, C 100, D 100 = 355 (not F: due on the 1st; nor H: over-applied); of it
    50 + 100 + 75 came. With F's 500 and H's -5 the month brought 720, of 855 owed at the opening, 1,000 with G's 145.
    Late money of the year: 50 + 95 + 100 + 75 + 500 = 820 (H paid on time what it got back), owed at the close:
    10 + 95 + 25 + 145 = 275.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-02-10 2026-05-10 100.00
    B          c           2026-02-10 2026-05-20 200.00
    C          c           2026-02-10 2026-04-15 100.00
    D          c           2026-02-10 2026-03-31 100.00
    F          c           2026-02-10 2026-06-01 500.00
    G          c           2026-06-15 2026-07-15 145.00
    H          c           2026-02-10 2026-02-20 50.00

    applications
    invoice_id applied_on amount kind
    A          2026-05-10 40.00  cash
    A          2026-06-09 30.00  cash
    A          2026-06-10 20.00  cash
    B          2026-05-15 10.00  discount
    B          2026-05-21 95.00  cash
    C          2026-06-14 60.00  cash
    C          2026-06-15 40.00  cash
    D          2026-06-29 25.00  cash
    D          2026-06-30 50.00  cash
    F          2026-06-05 500.00 cash
    H          2026-02-20 60.00  cash
    H          2026-06-03 -5.00  cash
    """
    yesterday, today = trend(ledger, "2026-06-29", "2026-06-30")
    assert (today["recovered_30"], today["recovered_60"], today["recovered_90"]) == (0.5, 0.6, 0.25)
    assert today["recovery_rate"] == pytest.approx(225 / 355)
    assert today["collection_rate_outstanding"] == pytest.approx(720 / 855)
    assert today["collection_rate_period"] == 0.72
    assert today["recovered_to_outstanding"] == pytest.approx(820 / 275)
    assert yesterday["recovered_30"] == 0  # May is a day too young, and April's came after 30 days


def test_a_year_of_billing_and_its_losses(ledger: Ledger) -> None:
    """1,000 billed in the 365 days to 30 June, 50 of it written off, 250 open: dso_12m 250 / 1,000 x 365 = 91.25 days,
    4 turns a year, and 5 % lost. Of June: 400 billed, 350 cash, 20 credited, 30 discount; the write-off was in May.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    Z          c           2025-06-30 2025-07-30 70.00
    A          c           2025-07-01 2025-07-31 600.00
    B          c           2026-06-01 2026-07-01 400.00

    applications
    invoice_id applied_on amount kind
    Z          2025-07-10 70.00  cash
    A          2025-08-10 300.00 cash
    A          2026-05-31 50.00  write_off
    A          2026-06-01 250.00 cash
    B          2026-06-10 100.00 cash
    B          2026-06-11 20.00  credit_note
    B          2026-06-30 30.00  discount
    """
    may, today = trend(ledger, "2026-05-31", "2026-06-30")
    assert (today["dso_12m"], today["ar_turnover"], today["bad_debt_share"]) == (91.25, 4, 0.05)
    flows = {name: today[name] for name in ("billed", "cash", "credit_notes", "discounts", "write_offs")}
    assert flows == {"billed": 400, "cash": 350, "credit_notes": 20, "discounts": 30, "write_offs": 0}
    assert may["write_offs"] == 50


def test_what_is_settled_without_cash(ledger: Ledger) -> None:
    """A is set off on the day it was due, after 30 days; of B 200 come in cash on 20 June, 10 days
    early and after 10, and 50 are kept back as tax that day; the bank took 5 of it, and 1.50 are let go. C was paid
    0.30 too much, which is kept. Days to pay: (1,000 x 30 + 250 x 10 + 249.80 x 9) / 1,499.80; nothing is lost, nothing
    was credited, and what is open is B's 243.50.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    Z          c           2026-01-01 2026-01-31 10.00
    A          c           2026-05-15 2026-06-14 1000.00
    B          c           2026-06-10 2026-06-30 500.00
    C          c           2026-06-01 2026-06-10 249.50

    applications
    invoice_id applied_on amount  kind
    Z          2026-01-31 10.00   cash
    A          2026-06-14 1000.00 set_off
    B          2026-06-20 200.00  cash
    B          2026-06-20 50.00   tax_withheld
    B          2026-06-20 5.00    bank_charge
    B          2026-06-21 1.50    difference
    C          2026-06-10 249.80  cash
    C          2026-06-10 -0.30   difference
    """
    today = figures(ledger, "2026-06-30")
    assert (today["set_offs"], today["withheld_tax"], today["bank_charges"], today["differences"]) == (1000, 50, 5, 1.2)
    assert (today["cash"], today["credit_notes"], today["write_offs"]) == (449.80, 0, 0)
    assert (today["open_ar"], today["credit_balance"]) == (243.5, 0)
    assert today["days_to_pay"] == pytest.approx((1000 * 30 + 250 * 10 + 249.80 * 9) / 1499.80)
    assert today["days_beyond_terms"] == pytest.approx(-10 * 250 / 1499.80)


def test_days_to_resolve_overdue_invoices(ledger: Ledger) -> None:
    """Settled late in the 90 days to 30 June: A 10 days, B 20, C 90: a mean of 40, a median of 20. Not: D (in time),
    E (settled on 1 April), F (settled, but the cheque bounced), G (settled on 25 June, known in July).

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-05-01 100.00
    B          c           2026-01-01 2026-05-01 900.00
    C          c           2026-01-01 2026-03-01 100.00
    D          c           2026-01-01 2026-06-30 100.00
    E          c           2026-01-01 2026-03-01 100.00
    F          c           2026-01-01 2026-05-01 100.00
    G          c           2026-01-01 2026-05-01 100.00

    applications
    invoice_id applied_on amount  kind      known_on
    A          2026-05-11 100.00  cash      -
    B          2026-05-02 800.00  cash      -
    B          2026-05-21 100.00  write_off -
    C          2026-05-30 100.00  cash      -
    D          2026-06-30 100.00  cash      -
    E          2026-04-01 100.00  cash      -
    F          2026-05-11 100.00  cash      -
    F          2026-05-20 -100.00 cash      -
    G          2026-06-25 100.00  cash      2026-07-02
    """
    today = figures(ledger, "2026-06-30")
    assert (today["days_to_resolve_mean"], today["days_to_resolve_median"]) == (40, 20)


# How customers are dealt with


def test_disputes(ledger: Ledger) -> None:
    """Issued in the 90 days to 30 June: 1,000. Disputed: 40 of A, all 200 of B (70 + 150, never more than all of it),
    all 60 of C (no amount is named), nothing of D (not known yet): 300 / 1,000 = 0.3.
    Days: A closed after 10; B after 20 and open for 30 (closed in July); C closed after 40.
    Surviving 3/4, then x 2/3 = 1/2: the median is 20. Of Z, before the window, neither counts.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    Z          c           2026-01-01 2026-01-31 500.00
    A          c           2026-05-01 2026-05-31 400.00
    B          c           2026-05-01 2026-05-31 200.00
    C          c           2026-05-01 2026-05-31 60.00
    D          c           2026-05-01 2026-05-31 340.00

    disputes
    dispute_id invoice_id opened_on  closed_on  amount known_on
    0          Z          2026-04-01 2026-04-02 500.00 -
    1          A          2026-05-05 2026-05-15 40.00  -
    2          B          2026-05-05 2026-05-25 70.00  -
    3          B          2026-05-31 2026-07-01 150.00 -
    4          C          2026-05-05 2026-06-14 -      -
    5          D          2026-06-20 -          -      2026-07-01
    """
    today = figures(ledger, "2026-06-30")
    assert (today["dispute_rate"], today["dispute_days"]) == (0.3, 20)


def test_promises(ledger: Ledger) -> None:
    """Due in the 90 days to 30 June and over by then: 1 kept on its third day of grace, in two payments; 2 a day late;
    3 about B, while the money came for A; 4 half kept; 5 paid before it was made; 6 about the account, kept for B.
    100 + 40 kept of 100 + 60 + 50 + 80 + 70 + 40: 140 / 400 by amount, 2 / 6 by number.
    Not: 7, whose grace ends in July; 8, before the window; 9, not known yet.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          a           2026-01-01 2026-03-01 900.00
    B          b           2026-01-01 2026-03-01 900.00

    applications
    invoice_id applied_on amount kind
    A          2026-04-20 30.00  cash
    A          2026-05-04 70.00  cash
    A          2026-05-24 60.00  cash
    B          2026-06-10 40.00  cash
    B          2026-06-10 40.00  discount
    A          2026-06-28 200.00 cash

    promises
    promise_id customer_id invoice_id made_on    promised_on amount known_on
    1          a           A          2026-04-20 2026-05-01  100.00 -
    2          a           -          2026-05-05 2026-05-20  60.00  -
    3          b           B          2026-05-05 2026-05-21  50.00  -
    4          b           B          2026-06-05 2026-06-10  80.00  -
    5          b           -          2026-06-11 2026-06-20  70.00  -
    6          b           -          2026-06-05 2026-06-27  40.00  -
    7          a           A          2026-06-20 2026-06-28  100.00 -
    8          a           -          2026-03-01 2026-04-01  10.00  -
    9          a           -          2026-06-01 2026-06-20  10.00  2026-07-01
    """
    today = figures(ledger, "2026-06-30")
    assert today["promise_kept_share"] == 0.35
    assert today["promise_kept_count_share"] == pytest.approx(1 / 3)


def test_one_payment_keeps_one_of_two_instalments_that_were_promised(ledger: Ledger) -> None:
    """50 of the 100 promised in two halves came, on the day of the first; the second is broken. What was promised on
    another day, for the same bill, was for that half: it is kept by the same payment, as far as it is no more.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          a           2026-04-01 2026-05-01 100.00

    applications
    invoice_id applied_on amount kind
    A          2026-06-10 50.00  cash

    promises
    promise_id customer_id invoice_id made_on    promised_on amount
    2          a           A          2026-06-01 2026-06-20  50.00
    1          a           A          2026-06-01 2026-06-10  50.00
    3          a           A          2026-06-05 2026-06-12  50.00
    """
    today = ledger.as_of("2026-06-30")
    kept = today.kpis().set_index("kpi").loc["promise_kept_share"]
    assert (kept.numerator, kept.denominator) == (100, 150)
    assert today.account("a").promises.state.to_list() == ["broken", "kept", "kept"]


def test_contacts(ledger: Ledger) -> None:
    """Overdue on 30 June: a, b, c and d; spoken to in June: a (twice) and b, not c (in May) nor d (known in July).
    2 / 4. Of June's five contacts it is known of four whom they reached, once it was the right party: 1 / 4.
    First contacts about an invoice: A 5 days before it was due, B 29 days after, C 1 day after: the median is 1.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          a           2026-05-01 2026-05-31 100.00
    B          b           2026-05-01 2026-05-31 100.00
    C          c           2026-04-01 2026-05-01 100.00
    D          d           2026-05-01 2026-06-29 100.00
    E          e           2026-05-01 2026-06-30 100.00

    contacts
    contact_id customer_id invoice_id contacted_on channel right_party known_on
    1          a           A          2026-05-26   email   -           -
    2          a           A          2026-06-02   call    false       -
    3          a           -          2026-06-03   call    true        -
    4          b           B          2026-06-29   call    false       -
    5          c           C          2026-05-02   call    true        -
    6          d           D          2026-06-30   call    true        2026-07-01
    7          e           -          2026-06-30   call    false       -
    8          e           -          2026-06-30   email   -           -
    """
    today = figures(ledger, "2026-06-30")
    assert (today["contact_rate"], today["right_party_share"], today["reminder_lead"]) == (0.5, 0.25, 1)


def test_invoicing_lag(ledger: Ledger) -> None:
    """Issued 2 and 7 days after the delivery, and 3 before it: 6 / 3 = 2 days. C's delivery has no date.

    invoices
    invoice_id customer_id issued_on  due_on     amount delivered_on
    Z          c           2026-04-01 2026-05-01 100.00 2026-01-01
    A          c           2026-04-03 2026-05-03 100.00 2026-04-01
    B          c           2026-05-08 2026-06-07 100.00 2026-05-01
    C          c           2026-05-08 2026-06-07 100.00 -
    D          c           2026-06-27 2026-07-27 100.00 2026-06-30
    """
    assert figures(ledger, "2026-06-30")["invoicing_lag"] == 2


# What collecting costs and brings


def test_costs(ledger: Ledger) -> None:
    """June cost 30 + 20 = 50, brought 1,000 of cash, 200 of it late, and billed 4 invoices: 0.05 a unit, 12.50 an
    invoice, (200 - 50) / 50 = 3 times its cost. A segment has no costs, and of July nobody booked any.

    invoices
    invoice_id customer_id issued_on  due_on     amount segment
    A          c           2026-05-01 2026-05-31 200.00 north
    B          c           2026-06-01 2026-07-01 500.00 north
    C          c           2026-06-01 2026-07-01 300.00 north
    D          c           2026-06-30 2026-07-30 10.00  north
    E          c           2026-06-30 2026-07-30 10.00  north

    applications
    invoice_id applied_on amount kind
    A          2026-06-01 200.00 cash
    B          2026-06-10 500.00 cash
    C          2026-06-10 300.00 cash

    costs
    month      category amount
    2026-05-01 staff    77.00
    2026-06-01 staff    30.00
    2026-06-01 legal    20.00
    """
    names = ["cost_to_collect", "cost_per_invoice", "collections_roi"]
    june, july = trend(ledger, "2026-06-30", "2026-07-31")
    assert [june[name] for name in names] == [0.05, 12.5, 3]
    assert all(math.isnan(july[name]) for name in names)
    for name in names:
        assert groups(ledger, "2026-06-30", "segment", name).value.isna().to_dict() == {"": False, "north": True}


def test_the_net_return_leaves_out_what_would_have_come_unasked(ledger: Ledger) -> None:
    """In May nobody contacted U, who was 1-30 days late with 100 as the month opened: 20 came on the 10th, so 100 were
    owed for 10 days and 80 for 21, 2,680 in all. D was contacted on the 2nd: 500 for two days, 1,000; what it paid then
    teaches nothing. So 20 / 3,680 came a day unasked. In June B's 300 are 1-30 days late: 300 x (1 - e^(-30 x 20 /
    3,680)) would have come. B was contacted and paid 240; costs are 60. In July C's balance, booked late, is of an age
    that nothing has been before: not defined.

    invoices
    invoice_id customer_id issued_on  due_on     amount known_on
    U          u           2026-04-01 2026-04-20 100.00 -
    D          d           2026-04-01 2026-04-20 500.00 -
    B          b           2026-05-01 2026-05-20 300.00 -
    C          c           2026-01-01 2026-01-31 70.00  2026-06-10

    applications
    invoice_id applied_on amount kind
    U          2026-05-10 20.00  cash
    U          2026-05-31 80.00  credit_note
    D          2026-05-10 500.00 cash
    B          2026-06-20 240.00 cash
    B          2026-06-20 60.00  credit_note

    contacts
    contact_id customer_id contacted_on channel
    K1         d           2026-05-02   call
    K2         b           2026-06-01   call

    costs
    month      category amount
    2026-06-01 staff    60.00
    2026-07-01 staff    60.00
    """
    unasked = 300 * (1 - math.exp(-30 * 20 / 3680))
    june, july = trend(ledger, "2026-06-30", "2026-07-31")
    assert june["collections_roi_net"] == pytest.approx((240 - unasked - 60) / 60)
    assert math.isnan(july["collections_roi_net"])


def test_what_was_returned_did_not_come_unasked(ledger: Ledger) -> None:
    """Of May's 100 of V, 50 came on the 10th: 100 for 10 days and 50 for 21, 2,050. The 20 of U came that day too, 100
    for 10 days and 80 for 21 are 2,680, so 70 / 4,730 came a day, until they bounce on June 5: now U owed 100 for 31
    days, and 50 / 5,150 came a day. B's 300 were 1-30 days late as June opened and brought 240; costs are 60.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    U          u           2026-04-01 2026-04-20 100.00
    V          v           2026-04-01 2026-04-20 100.00
    B          b           2026-05-01 2026-05-20 300.00

    applications
    invoice_id applied_on amount kind
    U          2026-05-10 20.00  cash
    V          2026-05-10 50.00  cash
    U          2026-05-31 80.00  credit_note
    V          2026-05-31 50.00  credit_note
    U          2026-06-05 -20.00 cash
    B          2026-06-20 240.00 cash

    costs
    month      category amount
    2026-06-01 staff    60.00
    """
    before, after = trend(ledger, "2026-06-04", "2026-06-30")
    unasked = 300 * (1 - math.exp(-4 * 70 / 4730)), 300 * (1 - math.exp(-30 * 50 / 5150))
    assert before["collections_roi_net"] == pytest.approx((0 - unasked[0] - 60) / 60)
    assert after["collections_roi_net"] == pytest.approx((240 - unasked[1] - 60) / 60)


def test_early_payment_discounts(ledger: Ledger) -> None:
    """Offered on dates in the 90 days to 30 June: 20 + 20 + 10 + 5 = 55, taken 20 + 2 = 22: 0.4.
    2/10 net 30 costs 2 / 98 x 365 / 20 = 37.24 % a year, 1/10 net 60 1 / 99 x 365 / 50 = 7.37 %; weighed with what was
    offered (20 + 20) x 37.24 + 10 x 7.37 over 50 = 31.27 %. D's discount runs as long as its terms: it has no price.

    invoices
    invoice_id customer_id issued_on  due_on     amount  discount_until discount_amount
    Z          c           2026-03-22 2026-04-21 1000.00 2026-04-01     20.00
    A          c           2026-05-01 2026-05-31 1000.00 2026-05-11     20.00
    B          c           2026-05-01 2026-05-31 1000.00 2026-05-11     20.00
    C          c           2026-05-01 2026-06-30 1000.00 2026-05-11     10.00
    D          c           2026-05-01 2026-05-31 1000.00 2026-05-31     5.00
    E          c           2026-06-25 2026-07-25 1000.00 2026-07-05     20.00
    F          c           2026-06-25 2026-07-25 1000.00 -              -

    applications
    invoice_id applied_on amount kind     known_on
    A          2026-05-11 20.00  discount -
    C          2026-05-12 2.00   discount -
    B          2026-05-11 20.00  discount 2026-07-01
    E          2026-06-26 20.00  discount -
    F          2026-06-26 9.00   discount -
    """
    today = figures(ledger, "2026-06-30")
    assert today["discount_uptake"] == 0.4
    two_ten, one_ten = 2 / 98 * 365 / 20, 1 / 99 * 365 / 50
    assert two_ten == pytest.approx(0.3724, abs=5e-5)
    assert today["discount_cost"] == pytest.approx((40 * two_ten + 10 * one_ten) / 50)


# When a fact counts


def test_a_fact_counts_from_the_day_it_enters_the_books(ledger: Ledger) -> None:
    """A is booked on 5 April: until then neither it nor its payment is there. The payment of B was booked on 10 April.
    Money flows in April, days run by the dates of the events: A 10 days and 20 early, B 73 days and 43 late.
    days_to_pay (100 x 10 + 200 x 73) / 300 = 52, days_beyond_terms (-100 x 20 + 200 x 43) / 300 = 22.

    invoices
    invoice_id customer_id issued_on  due_on     amount known_on
    A          c           2026-03-10 2026-04-09 100.00 2026-04-05
    B          c           2026-01-01 2026-01-31 200.00 -

    applications
    invoice_id applied_on amount kind known_on
    A          2026-03-20 100.00 cash 2026-03-22
    B          2026-03-15 200.00 cash 2026-04-10
    """
    march, april = trend(ledger, "2026-03-31", "2026-04-30")
    assert (march["open_ar"], march["credit_balance"], march["billed"], march["cash"]) == (200, 0, 0, 0)
    assert (april["open_ar"], april["billed"], april["cash"]) == (0, 100, 300)
    assert (april["days_to_pay"], april["days_beyond_terms"]) == (52, 22)


def test_a_known_on_before_the_event_changes_nothing(ledger: Ledger) -> None:
    """Both were agreed in January; the invoice counts from its issue, the payment from its day.

    invoices
    invoice_id customer_id issued_on  due_on     amount known_on
    A          c           2026-03-10 2026-04-09 100.00 2026-01-05

    applications
    invoice_id applied_on amount kind known_on
    A          2026-03-20 60.00  cash 2026-01-05
    """
    days = ("2026-03-09", "2026-03-10", "2026-03-19", "2026-03-20")
    assert [figures["open_ar"] for figures in trend(ledger, *days)] == [0, 100, 100, 40]


def test_the_paid_on_shortcut(ledger: Ledger) -> None:
    """Paid in full on 20 June, 30 of 80 on 25 June, and open; until its day a payment is not there.

    invoices
    invoice_id customer_id issued_on  due_on     amount paid_on    paid_amount
    A          c           2026-06-01 2026-07-01 100.00 2026-06-20 -
    B          c           2026-06-01 2026-07-01 80.00  2026-06-25 30.00
    C          c           2026-06-01 2026-07-01 10.00  -          -
    """
    before, after = trend(ledger, "2026-06-19", "2026-06-30")
    assert (before["open_ar"], before["cash"]) == (190, 0)
    assert (after["open_ar"], after["cash"]) == (60, 130)


# What is not defined


def test_a_window_of_billing_that_begins_before_the_ledger_is_null(ledger: Ledger) -> None:
    """On 31 March the window of 90 days begins on 1 January, a day before the ledger does; on 1 April it fits.

    invoices
    invoice_id customer_id issued_on  due_on     amount paid_on
    A          c           2026-01-02 2026-02-01 900.00 -
    """
    names = ["dso", "dso_best_possible", "add", "days_to_pay_median_km"]
    early, later = trend(ledger, "2026-03-31", "2026-04-01")
    assert all(math.isnan(early[name]) for name in [*names, "dso_12m", "ar_turnover", "bad_debt_share"])
    assert (later["dso"], later["dso_best_possible"], later["add"]) == (90, 0, 90)
    assert math.isnan(later["dso_12m"])
    assert math.isnan(later["days_to_pay_median_km"])  # never half of it was settled


def test_a_cohort_that_begins_before_the_ledger_is_null(ledger: Ledger) -> None:
    """The ledger begins on 2 March: its March is not a whole month of billing, April is. March becomes 30 days old on
    30 April and 90 on 29 June; April 30 days on 30 May and 90 on 29 July.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-03-02 2026-03-09 900.00
    B          c           2026-04-10 2026-04-17 100.00

    applications
    invoice_id applied_on amount kind
    A          2026-03-20 450.00 cash
    B          2026-04-20 50.00  cash
    """
    cohorts = ["collection_rate", "recovered_30", "recovered_60", "recovered_90"]
    days = ["2026-04-30", "2026-05-30", "2026-06-29", "2026-07-29"]
    march, april_young, march_old, april = trend(ledger, *days)
    assert math.isnan(march["recovered_30"])
    assert april_young["recovered_30"] == 0.5
    assert all(math.isnan(march_old[name]) for name in ["collection_rate", "recovered_90"])
    assert [april[name] for name in cohorts[:1] + cohorts[3:]] == [0.5, 0.5]


def test_a_ratio_to_nothing_is_null(ledger: Ledger) -> None:
    """Everything is settled when June begins, and nothing happens in it.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-05 2026-01-15 100.00

    applications
    invoice_id applied_on amount kind
    A          2026-01-10 100.00 cash

    disputes
    dispute_id invoice_id opened_on
    """
    today = ledger.as_of("2026-06-30").kpis().set_index("kpi")
    parts = ["overdue_share", "over_90_share", "disputed_share", "top10_share", "hhi", "recovered_to_outstanding"]
    months = ["cei", "cei_3m", "collection_rate_period", "collection_rate_outstanding", "recovery_rate", "dso"]
    lengths = ["days_beyond_terms", "days_to_pay", "paid_on_time_share", "paid_on_time_count_share"]
    assert today.value[parts + months + lengths].isna().all()
    assert (today.denominator[parts + months + lengths] == 0).all()
    assert (today.value[today.unit == "money"] == 0).all()
    assert today.value["dso_countback"] == 0


def test_a_ratio_to_less_than_nothing_is_null(ledger: Ledger) -> None:
    """All that February brings is a payment that bounces: minus 100 of cash, and of minus 100 to collect.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2025-02-01 2026-03-31 100.00

    applications
    invoice_id applied_on amount  kind
    A          2025-02-20 100.00  cash
    A          2026-02-10 -100.00 cash

    costs
    month      category amount
    2026-02-01 staff    20.00
    """
    today = ledger.as_of("2026-02-28")
    ratios = today.kpis().set_index("kpi").loc[["cei", "cost_to_collect"]]
    assert ratios.denominator.to_list() == [-100, -100]
    assert ratios.value.isna().all()
    assert today.schedule("costs_by_category").cost_to_cash_share.isna().all()


def test_a_table_the_ledger_lacks_is_not_a_table_without_rows(tmp_path: Path) -> None:
    """Without disputes and contacts nobody knows; with the tables, and nothing in them, nothing was disputed and
    nobody was contacted.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    Z          c           2026-01-01 2026-01-31 10.00
    A          c           2026-05-01 2026-05-31 10.00
    """
    told = ledgers.told(str(test_a_table_the_ledger_lacks_is_not_a_table_without_rows.__doc__))
    empty = told | {"disputes": [], "contacts": []}
    lacking, there = (
        figures(open_ledger(ledgers.write(tables, tmp_path / name), Settings()), "2026-06-30")
        for name, tables in {"lacking": told, "there": empty}.items()
    )
    assert (there["dispute_rate"], there["contact_rate"]) == (0, 0)
    assert math.isnan(lacking["dispute_rate"])
    assert math.isnan(lacking["contact_rate"])


# Groups


def test_groups_add_up_through_their_parts(ledger: Ledger) -> None:
    """An invoice's own segment goes before its customer's; without either it is in the group (none).
    Overdue on 30 June: north 60 of 100, south 0 of 300 (B and C), (none) 40 of 100: 100 of 500.

    invoices
    invoice_id customer_id issued_on  due_on     amount segment
    A          a           2026-05-01 2026-05-31 60.00  -
    B          b           2026-06-01 2026-07-01 100.00 -
    C          a           2026-06-01 2026-07-01 200.00 south
    D          a           2026-06-01 2026-07-01 40.00  north
    E          x           2026-05-01 2026-05-31 40.00  -
    F          d           2026-06-01 2026-07-01 60.00  -

    customers
    customer_id segment
    a           north
    b           south
    d           -
    """
    share = groups(ledger, "2026-06-30", "segment", "overdue_share")
    assert share.value.to_dict() == {"": 0.2, "(none)": 0.4, "north": 0.6, "south": 0}
    assert share.numerator.to_dict() == {"": 100, "(none)": 40, "north": 60, "south": 0}
    assert share.denominator.to_dict() == {"": 500, "(none)": 100, "north": 100, "south": 300}


def test_cash_held_for_a_customer_who_was_never_billed_is_in_a_group(ledger: Ledger) -> None:
    """a holds 20 and z, who has no invoice, 50: the groups add up to the 70 of the whole.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          a           2026-06-01 2026-07-01 60.00

    receipts
    receipt_id customer_id received_on amount
    1          a           2026-06-10  20.00
    2          z           2026-06-10  50.00
    """
    held = groups(ledger, "2026-06-30", "customer_id", "credit_balance")
    assert held.value.to_dict() == {"": -70, "a": -20, "z": -50}


def test_cash_held_stands_under_no_group_of_a_column_of_invoices(ledger: Ledger) -> None:
    """A receipt has no product: what is held stands under (none), and the groups add up to the whole.

    invoices
    invoice_id customer_id issued_on  due_on     amount product
    A          a           2026-06-01 2026-07-01 60.00  course

    receipts
    receipt_id customer_id received_on amount
    1          a           2026-06-10  20.00
    """
    held = groups(ledger, "2026-06-30", "product", "credit_balance")
    assert held.value.to_dict() == {"": -20, "(none)": -20, "course": 0}


def test_a_column_beside_the_contract_is_a_group_and_an_unknown_one_is_refused(ledger: Ledger) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount region
    A          a           2026-06-01 2026-07-01 60.00  east
    B          a           2026-06-01 2026-07-01 40.00  -
    """
    assert groups(ledger, "2026-06-30", "region", "open_ar").value.to_dict() == {"": 100, "(none)": 40, "east": 60}
    with pytest.raises(UsageError, match=r"There is no column colour\. Group by one of .*region"):
        ledger.as_of("2026-06-30").kpis(by="colour")


# The catalogue


def test_no_kpi_is_forgotten_in_the_catalogue() -> None:
    modules = [
        importlib.import_module(f"{kpis.__name__}.{module.name}") for module in pkgutil.iter_modules(kpis.__path__)
    ]
    defined = [value for module in modules for value in vars(module).values() if isinstance(value, Kpi)]
    listed = kpis.catalogue(Settings())
    assert len(defined) > 30
    assert [kpi.name for kpi in defined if kpi not in listed] == []
    assert len({kpi.name for kpi in listed}) == len(listed)


def test_a_kpi_is_measured_without_what_others_are_made_of() -> None:
    """Each is there of a table that has the balances and no sums but those of the measures asked for it alone."""
    settings = Settings()
    standing = kpis.balances.standing_sums(settings)
    asked = {kpi: kpis.taken([kpi], settings) for kpi in kpis.catalogue(settings)}
    for kpi, measures in asked.items():
        names = [*standing, *(name for measure in measures for name in kpis.MEASURES[measure].names)]
        above, below, _scale = kpi.parts(pd.DataFrame(1.0, index=[0], columns=names))
        assert (above + below).notna().all()
    few = {kpi.name: {measure.__name__ for measure in measures} for kpi, measures in asked.items()}
    assert (few["open_ar"], few["cost_per_invoice"]) == (set(), {"spent", "issued"})
    assert set().union(*asked.values()) == kpis.MEASURES.keys()


def test_every_kpi_has_a_meaning_a_unit_and_a_direction() -> None:
    for kpi in kpis.catalogue(Settings()):
        assert len(kpi.meaning) > 20, kpi.name
        assert kpi.meaning.endswith("."), kpi.name
        assert kpi.unit in UNITS, kpi.name
        assert kpi.better in {"", "lower", "higher"}, kpi.name


# The answers count the 61.73 of INV-0119 that came 28 days after it was due and went back 36 days after. Without
# both, 14,098.47 came in the window, (28 - 36) x 61.73 unit days are gone from (353,707.17; 746,760.57).
ANSWERED_SINCE = {"2025-07-15": {"days_beyond_terms": 354201.01 / 14098.47, "days_to_pay": 747254.41 / 14098.47}}


@pytest.mark.parametrize("day", ["2025-03-31", "2025-07-15", "2025-09-30"])
def test_a_ledger_with_its_answers(day: str) -> None:
    folder = SHARED / "golden"
    if not folder.exists():
        pytest.skip("There is no folder ../shared/golden with a ledger and its answers beside the project.")
    expected = pd.read_csv(folder / f"expected_{day}.csv").set_index("kpi").value
    expected.update(ANSWERED_SINCE.get(day, {}))
    today = open_ledger(folder / "ledger", Settings()).as_of(day).kpis().set_index("kpi").value
    pd.testing.assert_series_equal(today[expected.index], expected, atol=1e-6, rtol=0)
