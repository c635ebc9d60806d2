"""Foreign money: balances at the rate of the day, flows at that of theirs, and nothing rounded before it is added."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

import ledgers
from arforecast import Ledger, kpis, open_ledger
from arforecast.errors import RateError
from arforecast.ledger import Books, open_books
from arforecast.ledger.rates import CENTURY
from arforecast.reconciliation import control, roll_forward
from arforecast.sample import write_sample
from arforecast.settings import LedgerRules, Settings
from arforecast.snapshot import month_ends, stand
from ledgers import Row, Tables

JUNE = date(2026, 6, 30)
# A quarter of a year after the sample's first invoice.
EARLY = date(2025, 4, 6)
MONEY = {
    "invoices": ("amount", "discount_amount"),
    "applications": ("amount",),
    "receipts": ("amount",),
    "disputes": ("amount",),
    "promises": ("amount",),
    "control_totals": ("open_ar",),
}


@pytest.fixture
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Books:
    """The ledger in the docstring of the test."""
    tables = ledgers.told(request.function.__doc__)
    return open_books(ledgers.write(tables, tmp_path / "ledger"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("currencies") / "sample"
    write_sample(folder, customers=60, months=18)
    return ledgers.read(folder)


@pytest.fixture(scope="module")
def abroad(made: Tables) -> Tables:
    """A third of the customers are billed in Canadian dollars, whose rate moves every week."""
    rates = [
        {"rate_on": str(day), "currency": "CAD", "rate": f"{0.7 + 0.001 * (7 * week % 53):.4f}"}
        for week in range(110)
        if (day := date(2024, 12, 1) + timedelta(weeks=week))
    ]
    own = {
        name: [row | {"currency": _currency(row["customer_id"])} for row in made[name]]
        for name in ("invoices", "receipts")
    }
    return made | own | {"rates": rates, "control_totals": []}


@pytest.fixture(scope="module")
def ledger(abroad: Tables, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return opened(abroad, tmp_path_factory.mktemp("abroad") / "ledger")


def _currency(customer: str) -> str:
    return "CAD" if int(customer.removeprefix("C")) % 3 == 0 else "USD"


def opened(tables: Tables, folder: Path) -> Ledger:
    return open_ledger(ledgers.write(tables, folder), Settings())


def values(books: Books, day: date, by: str | None = None) -> pd.Series:
    table = kpis.measured(books, [day], by)
    return table.set_index([*(["group"] if by else []), "kpi"]).value


def test_balances_are_at_the_rate_of_the_day_and_flows_at_that_of_theirs(books: Books) -> None:
    """
    100 EUR are billed at 1.10 and 40 of them paid at 1.20; at the end of June a euro is worth 1.25.

    invoices
    invoice_id customer_id issued_on  due_on     amount currency
    A1         C1          2026-06-01 2026-06-15 100.00 EUR
    A2         C1          2026-06-01 2026-07-15 50.00  -

    applications
    invoice_id applied_on amount kind
    A1         2026-06-20 40.00  cash

    rates
    rate_on    currency rate
    2026-06-01 EUR      1.10
    2026-06-20 EUR      1.20
    2026-06-29 EUR      1.25
    """
    june = values(books, JUNE)
    assert june["billed"] == 160
    assert june["cash"] == 48
    assert june["open_ar"] == 60 * 1.25 + 50
    assert june["overdue_ar"] == 75
    assert june["days_to_pay"] == 19
    (row,) = roll_forward(books, [JUNE]).to_dict("records")
    # 100 EUR rose from 1.10 to 1.25, and 40 of them were worth 1.20 when they went.
    assert row["revalued"] == 100 * 15 - 40 * 5
    assert (row["opening"], row["closing"], row["difference"]) == (0, 12_500, 0)


def test_sums_are_made_before_anything_is_rounded(books: Books) -> None:
    """
    Three times 0.01 EUR at 0.5 are 0.015, not three times nothing or three times a cent.

    invoices
    invoice_id customer_id issued_on  due_on     amount currency
    A1         C1          2026-06-01 2026-06-15 0.01   EUR
    A2         C2          2026-06-01 2026-06-15 0.01   EUR
    A3         C3          2026-06-01 2026-06-15 0.01   EUR

    rates
    rate_on    currency rate
    2026-06-01 EUR      0.5
    """
    assert values(books, JUNE)["open_ar"] == 0.015


def test_an_invoice_paid_in_full_is_collected_in_full_whatever_the_rate_did(books: Books) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount currency discount_until discount_amount
    A1         C1          2026-03-01 2026-03-31 100.00 EUR      2026-03-12     2.00
    A2         C2          2026-06-01 2026-06-20 100.00 EUR      2026-06-10     2.00

    applications
    invoice_id applied_on amount kind
    A1         2026-03-20 100.00 cash
    A2         2026-06-05 98.00  cash
    A2         2026-06-05 2.00   discount

    promises
    promise_id customer_id made_on    promised_on amount invoice_id
    P1         C2          2026-06-01 2026-06-05  98.00  A2

    rates
    rate_on    currency rate
    2026-03-01 EUR      1.00
    2026-03-20 EUR      2.00
    2026-06-01 EUR      1.00
    2026-06-05 EUR      0.90
    2026-06-28 EUR      1.00
    """
    june = values(books, JUNE)
    kept = ["collection_rate", "paid_on_time_share", "promise_kept_share", "discount_uptake"]
    assert june[kept].to_dict() == dict.fromkeys(kept, 1.0)


def test_a_missing_rate_names_the_currency_and_the_day(books: Books) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount currency
    A1         C1          2026-05-02 2026-06-15 100.00 EUR

    rates
    rate_on    currency rate
    2026-05-02 EUR      1.10
    """
    assert values(books, date(2026, 6, 2))["open_ar"] == 110
    with pytest.raises(RateError, match=r"There is no rate of EUR on 2026-06-03\. Add it to rates: .* 31 days old"):
        values(books, date(2026, 6, 3))


def test_a_rate_may_hold_for_ages_and_takes_no_more_than_its_days(tmp_path: Path) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount currency
    A1         C1          2026-05-02 2026-06-15 100.00 EUR

    rates
    rate_on    currency rate
    2016-05-02 EUR      1.10
    2016-05-09 EUR      1.20
    """
    doc = test_a_rate_may_hold_for_ages_and_takes_no_more_than_its_days.__doc__
    folder = ledgers.write(ledgers.told(doc or ""), tmp_path / "ledger")
    books = open_books(folder, Settings(ledger=LedgerRules(rate_age_limit_days=1_000_000)))
    held = books.tables["rates"].to_pandas()
    assert len(held) == 7 + CENTURY + 1
    assert values(books, date(2066, 6, 3))["open_ar"] == 120


def test_a_currency_in_which_nothing_is_open_needs_no_rate(books: Books) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount currency
    A1         C1          2025-05-02 2025-06-15 100.00 EUR
    A2         C1          2026-06-02 2026-06-15 100.00 USD

    applications
    invoice_id applied_on amount kind
    A1         2025-05-20 100.00 cash

    rates
    rate_on    currency rate
    2025-05-02 EUR      1.10
    """
    assert values(books, JUNE)["open_ar"] == 100
    assert roll_forward(books, [JUNE]).difference.tolist() == [0]


def test_control_totals_tie_in_their_own_currency_or_over_all(books: Books) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount currency
    A1         C1          2026-06-01 2026-06-15 100.00 EUR
    A2         C1          2026-06-02 2026-06-15 50.00  USD

    control_totals
    as_of      open_ar currency
    2026-06-30 160.00  -
    2026-06-30 100.00  EUR
    2026-06-30 50.00   USD

    rates
    rate_on    currency rate
    2026-06-01 EUR      1.10
    """
    ties = control(stand(books, [JUNE]), JUNE)
    assert ties.booked.sum() == 31_000
    assert ties.difference.tolist() == [0, 0, 0]


def test_unapplied_cash_in_a_foreign_currency_is_worth_what_it_is_today(books: Books) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount currency
    A1         C1          2026-06-01 2026-06-15 100.00 EUR

    applications
    invoice_id applied_on amount kind
    A1         2026-06-05 100.00 cash

    receipts
    receipt_id customer_id received_on amount currency
    R1         C1          2026-06-05  120.00 EUR

    rates
    rate_on    currency rate
    2026-06-01 EUR      1.10
    2026-06-30 EUR      1.50
    """
    assert values(books, JUNE)["credit_balance"] == -30


def test_what_is_taken_of_another_currency_is_worth_what_that_was_on_the_day_it_came(books: Books) -> None:
    """100 EUR came for an invoice of 108 USD, 108 USD for one of 100 EUR: nothing is left of either, whatever a euro is
    worth later. Of a credit of 30 EUR, 36 USD then, 21.60 USD are used: 12 EUR, 15.60 USD today, are left.

    invoices
    invoice_id customer_id issued_on  due_on     amount currency
    A1         C1          2026-05-01 2026-05-15 108.00 USD
    A2         C2          2026-05-01 2026-05-15 100.00 EUR
    A3         C3          2026-05-01 2026-05-15 50.00  USD

    applications
    invoice_id applied_on amount kind        receipt_id credit_id
    A1         2026-05-10 108.00 cash        R1         -
    A2         2026-05-10 100.00 cash        R2         -
    A3         2026-06-12 21.60  credit_note -          K1

    receipts
    receipt_id customer_id received_on amount currency
    R1         C1          2026-05-10  100.00 EUR
    R2         C2          2026-05-10  108.00 USD

    credits
    credit_id customer_id issued_on  amount currency
    K1        C3          2026-06-10 30.00  EUR

    control_totals
    as_of      open_ar net_ar
    2026-06-30 28.40   12.80

    rates
    rate_on    currency rate
    2026-05-01 EUR      1.08
    2026-06-01 EUR      1.20
    2026-06-30 EUR      1.30
    """
    assert values(books, JUNE)["credit_balance"] == -15.6
    assert control(stand(books, [JUNE]), JUNE).difference.tolist() == [0, 0]


def test_a_currency_of_which_nothing_is_left_needs_no_rate(books: Books) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount currency
    A1         C1          2025-01-10 2025-01-20 100.00 EUR
    A2         C1          2026-06-10 2026-06-20 50.00  -

    applications
    invoice_id applied_on amount kind
    A1         2025-01-15 100.00 cash

    receipts
    receipt_id customer_id received_on amount currency
    R1         C1          2025-01-15  100.00 EUR

    control_totals
    as_of      open_ar net_ar
    2026-06-30 50.00   50.00

    rates
    rate_on    currency rate
    2025-01-01 EUR      1.08
    """
    assert values(books, JUNE)["net_ar"] == 50
    assert control(stand(books, [JUNE]), JUNE).difference.tolist() == [0, 0]


def test_each_currency_has_its_own_decimals(books: Books) -> None:
    """
    A dinar has a thousand fils, a yen nothing smaller, a unidad de fomento ten thousand parts; the dollar has cents.

    invoices
    invoice_id customer_id issued_on  due_on     amount    currency discount_until discount_amount
    K1         C1          2026-06-01 2026-06-15 12.345    KWD      2026-06-10     0.005
    K2         C1          2026-06-01 2026-06-15 12.3456   KWD      -              -
    J1         C1          2026-06-01 2026-06-15 150000    JPY      -              -
    J2         C1          2026-06-01 2026-06-15 150000.50 JPY      -              -
    F1         C1          2026-06-01 2026-06-15 2.0001    CLF      -              -
    U1         C1          2026-06-01 2026-06-15 10.00     USD      -              -
    U2         C1          2026-06-01 2026-06-15 10.001    -        -              -
    N1         C1          2026-06-01 2026-06-15 -1.234    KWD      -              -

    applications
    invoice_id applied_on amount  kind
    K1         2026-06-05 2.345   cash
    K1         2026-06-05 0.0001  cash
    J1         2026-06-05 50000   cash
    J1         2026-06-05 0.50    cash
    F1         2026-06-05 1.0001  cash
    U1         2026-06-05 1.01    cash
    U1         2026-06-05 1.001   cash

    receipts
    receipt_id customer_id received_on amount currency
    R1         C1          2026-06-05  2.346  KWD
    R2         C1          2026-06-05  50000  JPY
    R3         C1          2026-06-05  2.11   -
    R4         C1          2026-06-05  1.0001 CLF

    disputes
    dispute_id invoice_id opened_on  amount
    D1         K1         2026-06-08 1.005
    D2         J1         2026-06-08 1.5

    control_totals
    as_of      open_ar currency
    2026-06-30 10.000  KWD
    2026-06-30 100000  JPY
    2026-06-30 743.24  -

    rates
    rate_on    currency rate
    2026-06-01 KWD      3.25
    2026-06-01 JPY      0.0066
    2026-06-01 CLF      41.75
    """
    told = books.problems[books.problems.severity == "error"]
    assert told.rule.tolist() == ["not_money"] * 3 + ["credit_as_invoice"] + ["not_money"] * 4
    assert [row.value for row in told.itertuples()] == [
        *("12.3456", "150000.50", "10.001", "-1.234", "0.0001", "0.50", "1.001", "1.5")
    ]
    # What cannot be read is at stake with all that its digits may say; four behind the only sign are no thousands.
    assert told.amount.tolist() == [12.345, 15_000_050, 10_001, 1.234, 0, 50, 1001, 15]
    june = values(books, JUNE)
    assert june["billed"] == pytest.approx(12.345 * 3.25 + 150_000 * 0.0066 + 2.0001 * 41.75 + 10, abs=1e-9)
    assert june["open_ar"] == pytest.approx(10 * 3.25 + 100_000 * 0.0066 + 41.75 + 8.99, abs=1e-9)
    assert june["credit_balance"] == pytest.approx(-(0.001 * 3.25 + 1.10), abs=1e-9)
    assert roll_forward(books, [JUNE]).difference.tolist() == [0]
    ties = control(stand(books, [JUNE]), JUNE)
    assert ties.difference.tolist() == [0, 0, 0]


@pytest.mark.parametrize(("reporting", "unit"), [("JPY", 1), ("KWD", 1000), ("CLF", 10_000)])
def test_what_is_worth_is_exact_whatever_the_reporting_currency(tmp_path: Path, reporting: str, unit: int) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount          currency
    A1         C1          2026-06-01 2026-06-15 0.01            USD
    A2         C2          2026-06-01 2026-06-15 999999999999.99 USD
    A3         C3          2026-06-01 2026-06-15 0.001           BHD
    A4         C4          2026-06-01 2026-06-15 999999999999    KRW
    A5         C5          2026-06-01 2026-06-15 0.0003          UYW

    rates
    rate_on    currency rate
    2026-06-01 USD      1.234567
    2026-06-01 BHD      3.3
    2026-06-01 KRW      0.000123
    2026-06-01 UYW      7.1
    """
    told = ledgers.told(test_what_is_worth_is_exact_whatever_the_reporting_currency.__doc__ or "")
    books = open_books(ledgers.write(told, tmp_path / "ledger"), Settings(ledger=LedgerRules(currency=reporting)))
    worth = stand(books, [JUNE]).invoices.select("invoice_id", "amount").to_pandas().set_index("invoice_id").amount
    rates = {row["currency"]: Fraction(row["rate"]) for row in told["rates"]}
    for row in told["invoices"]:
        exact = Fraction(row["amount"]) * rates[row["currency"]] * unit
        assert Fraction(str(worth[row["invoice_id"]])) == exact


@pytest.mark.parametrize("code", ["XXQ", "usd", "US$", "EURO"])
def test_a_code_that_no_currency_has_is_told(tmp_path: Path, code: str) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount currency
    A1         C1          2026-06-01 2026-06-15 100.00 CODE
    A2         C1          2026-06-01 2026-06-15 50.00  -
    A3         C1          2026-06-01 2026-06-15 70.00  EUR

    receipts
    receipt_id customer_id received_on amount currency
    R1         C1          2026-06-05  2.34   CODE

    credits
    credit_id customer_id issued_on  amount currency
    C1        C1          2026-06-05 2.34   CODE

    control_totals
    as_of      open_ar currency
    2026-06-30 10.00   CODE

    rates
    rate_on    currency rate
    2026-06-01 CODE     3.25
    2026-06-01 EUR      1.10
    """
    doc = (test_a_code_that_no_currency_has_is_told.__doc__ or "").replace("CODE", code)
    books = open_books(ledgers.write(ledgers.told(doc), tmp_path / "ledger"))
    errors = books.problems[books.problems.severity == "error"]
    assert errors.rule.tolist() == ["unknown_currency"] * 5
    assert errors.message.iloc[0] == (
        f"invoices.csv row 2: currency {code} is no currency. Write its code of ISO 4217 in capitals: USD, EUR, JPY."
    )
    assert books.foreign == {"EUR"}


def test_a_currency_of_two_is_a_ledger_of_twice_the_money(made: Tables, tmp_path: Path) -> None:
    """Every KPI, whole and by segment: at a constant rate only the unit of money differs."""
    foreign = {name: [row | {"currency": "EUR"} for row in made[name]] for name in ("invoices", "receipts")}
    rates = [{"rate_on": str(day), "currency": "EUR", "rate": "2"} for day in month_ends(JUNE, 30)]
    doubled = {
        name: [row | {money: str(2 * float(row[money])) for money in columns if row.get(money)} for row in made[name]]
        for name, columns in MONEY.items()
    }
    theirs = opened(made | foreign | {"rates": rates, "control_totals": []}, tmp_path / "foreign").as_of(JUNE)
    ours = opened(made | doubled | {"rates": []}, tmp_path / "doubled").as_of(JUNE)
    assert theirs.books.foreign == {"EUR"}
    pd.testing.assert_frame_equal(theirs.kpis("segment", 2), ours.kpis("segment", 2))
    early = [Ledger(today.books).as_of(EARLY) for today in (theirs, ours)]  # four past forecasts say as much as 26
    record = [today.cash_forecast(4).drop(columns="component") for today in early]
    pd.testing.assert_frame_equal(*record)
    late = [today.late_payers().set_index("invoice_id").sort_index() for today in (theirs, ours)]
    late = [lines.drop(columns=["model", "currency", "open_balance"]) for lines in late]
    pd.testing.assert_frame_equal(late[0], late[1])


def test_balances_and_flows_agree_with_plain_python(abroad: Tables, ledger: Ledger) -> None:
    days = month_ends(JUNE, 8)
    found = kpis.measured(ledger.books, days).set_index(["as_of", "kpi"]).value
    for day in days:
        then = {name: found[pd.Timestamp(day), name] for name in ("open_ar", "overdue_ar", "billed", "cash")}
        assert then == pytest.approx(plain(abroad, day), abs=1e-6)


def plain(tables: Tables, day: date) -> dict[str, float]:
    """What is owed at the rate of `day`, and what the month billed and collected at the rate of each day."""
    invoices = {row["invoice_id"]: row for row in tables["invoices"]}
    owed = {
        row["invoice_id"]: Fraction(row["amount"]) for row in tables["invoices"] if entered(row, "issued_on") <= day
    }
    flows = {"billed": Fraction(0), "cash": Fraction(0)}
    for row in tables["invoices"]:
        if day.replace(day=1) <= (on := entered(row, "issued_on")) <= day:
            flows["billed"] += Fraction(row["amount"]) * rate(tables, row, on)
    for row in tables["applications"]:
        invoice = invoices[row["invoice_id"]]
        if (on := max(entered(row, "applied_on"), entered(invoice, "issued_on"))) <= day:
            owed[row["invoice_id"]] -= Fraction(row["amount"])
            if row["kind"] == "cash" and on >= day.replace(day=1):
                flows["cash"] += Fraction(row["amount"]) * rate(tables, invoice, on)
    worth = {name: max(left, 0) * rate(tables, invoices[name], day) for name, left in owed.items()}
    overdue = sum(money for name, money in worth.items() if date.fromisoformat(invoices[name]["due_on"]) < day)
    return {"open_ar": float(sum(worth.values())), "overdue_ar": float(overdue)} | {
        k: float(v) for k, v in flows.items()
    }


def entered(row: Row, day: str) -> date:
    return date.fromisoformat(max(row[day], row.get("known_on") or row[day]))


def rate(tables: Tables, invoice: Row, day: date) -> Fraction:
    if invoice["currency"] == "USD":
        return Fraction(1)
    return Fraction(next(row["rate"] for row in reversed(tables["rates"]) if row["rate_on"] <= str(day)))


def test_the_roll_forward_closes_whatever_the_rates_did(ledger: Ledger) -> None:
    table = roll_forward(ledger.books, month_ends(JUNE, 12))
    assert table.difference.tolist() == [0] * 12
    assert (table.revalued.abs() > 100).sum() > 6


def test_currencies_add_up_to_the_whole(ledger: Ledger) -> None:
    table = ledger.as_of(JUNE).kpis("currency")
    sums = table[table.kpi.isin(["open_ar", "billed", "cash", "overdue_ar", "dso"])].pivot_table(
        index="kpi", columns="group", values="numerator", dropna=False
    )
    assert set(sums.columns) >= {"", "CAD", "USD"}
    assert (sums.CAD > 0).all()
    assert sums[""].to_numpy() == pytest.approx((sums.CAD + sums.USD).to_numpy(), abs=1e-6)


def test_rates_of_later_days_change_nothing(abroad: Tables, ledger: Ledger, tmp_path: Path) -> None:
    day = date(2026, 3, 31)
    known = {"rates": [row for row in abroad["rates"] if row["rate_on"] <= str(day)]}
    then = opened(abroad | known, tmp_path / "then")
    pd.testing.assert_frame_equal(ledger.as_of(day).kpis(), then.as_of(day).kpis())
