"""Why receivables and DSO moved: parts worked out by hand, in slow plain Python, and added up on drawn ledgers."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import ledgers
from arforecast import Ledger, kpis, open_ledger
from arforecast.errors import UsageError
from arforecast.kpis import bridge
from arforecast.ledger import Books, open_books
from arforecast.report.exhibits import receivables
from arforecast.report.formats import NBSP
from arforecast.settings import Settings
from ledgers import Row, Tables

SINCE, AS_OF = date(2026, 3, 31), date(2026, 4, 30)
FLOWS = {
    "cash": "cash",
    "credit_note": "credit_notes",
    "discount": "discounts",
    "write_off": "write_offs",
    "set_off": "set_offs",
    "tax_withheld": "withheld_tax",
    "bank_charge": "bank_charges",
    "difference": "differences",
}
UNUSED = dict.fromkeys(("set_offs", "withheld_tax", "bank_charges", "differences"), 0)


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """The ledger of the test's docstring."""
    return open_ledger(ledgers.write(ledgers.told(request.function.__doc__), tmp_path / "ledger"), Settings())


def april(ledger: Ledger) -> pd.DataFrame:
    return ledger.as_of(AS_OF).bridge(SINCE).set_index("part")


def moved(books: Books, since: date, as_of: date) -> pd.Series:
    """How far each KPI moved."""
    values = kpis.measured(books, [since, as_of]).pivot(index="kpi", columns="as_of", values="value")
    return values[pd.Timestamp(as_of)] - values[pd.Timestamp(since)]


# By hand


def test_the_parts_of_a_month(ledger: Ledger) -> None:
    """On 31 March A owes 100 and B 500, both overdue, C 400 not yet due: 1,000 of 1,800 billed in 90 days, DSO 50.
    On 30 April B owes 200, C 350 overdue and disputed twice, D 590 due that day: 1,140 of 1,500, DSO 68.4; E has paid
    30 twice. One unit owed is 0.05 days of sales, and 0.06 on 30 April.

    volume 1,000 x (0.06 - 0.05) = 10; delinquency (A 100 + B 200 - 600) x 0.06 = -18, A counted as if it stood;
    disputes 350 x 0.06 = 21; write-offs -100 x 0.06 = -6. What is not yet due grows by (590 - 400) x 0.06 = 11.4. All
    terms were 30 days, then those of D 20: (500 x 30 + 400 x 30 + 600 x 20) / 1,500 = 26, so terms_mix -4 and
    billing_timing 15.4. Together 18.4.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-31 800.00
    B          c           2026-02-10 2026-03-12 500.00
    C          d           2026-03-10 2026-04-09 400.00
    D          d           2026-04-10 2026-04-30 600.00
    E          e           2026-01-05 2026-02-04 100.00

    applications
    invoice_id applied_on amount kind
    A          2026-02-10 700.00 cash
    E          2026-02-01 100.00 cash
    B          2026-04-05 300.00 cash
    E          2026-04-12  30.00 cash
    C          2026-04-16  50.00 credit_note
    A          2026-04-20 100.00 write_off
    D          2026-04-25  10.00 discount

    disputes
    dispute_id invoice_id opened_on
    X          C          2026-04-15
    Y          C          2026-04-20
    """
    parts = april(ledger)
    assert (
        parts.amount.dropna().to_dict()
        == {
            "billed": 600,
            "cash": -330,
            "credit_notes": -50,
            "discounts": -10,
            "write_offs": -100,
            "currency": 0,
            "over_applied": 30,
        }
        | UNUSED
    )
    assert parts.days.dropna().to_dict() == pytest.approx(
        {
            "currency": 0,
            "write_offs": -6,
            "volume": 10,
            "terms_mix": -4,
            "billing_timing": 15.4,
            "delinquency": -18,
            "disputes": 21,
        }
    )
    assert (parts.since == pd.Timestamp(SINCE)).all()
    assert (parts.as_of == pd.Timestamp(AS_OF)).all()


def test_a_fact_moves_the_balance_when_it_is_booked(ledger: Ledger) -> None:
    """A's write-off of February is booked in April, B's payment of April in May. On 30 April the dispute about B ends
    and the one about C begins. One unit owed is 90 / 300 = 0.3 days of sales, then 90 / 200 = 0.45. Not yet due are 90
    days fewer, though the terms grew from (30 + 73 + 73) / 3 to 73 days.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-31 100.00
    B          c           2026-02-01 2026-04-15 100.00
    C          c           2026-02-01 2026-04-15 100.00

    applications
    invoice_id applied_on amount kind      known_on
    A          2026-02-20 100.00 write_off 2026-04-01
    B          2026-04-20 100.00 cash      2026-05-01

    disputes
    dispute_id invoice_id opened_on  closed_on
    X          B          2026-04-16 2026-04-30
    Y          C          2026-04-30 -
    """
    parts = april(ledger)
    assert parts.amount.dropna()[lambda amount: amount != 0].to_dict() == {"write_offs": -100}
    mix = 73 - 176 / 3
    expected = {"write_offs": -45, "volume": 45, "delinquency": 45, "disputes": 45, "currency": 0}
    expected |= {"terms_mix": mix, "billing_timing": -90 - mix}
    assert parts.days.dropna().to_dict() == pytest.approx(expected)


def test_what_was_written_off_and_then_paid_would_not_still_be_there(ledger: Ledger) -> None:
    """A is written off and paid all the same: collecting made DSO fall. B's write-off is taken back within the month.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-01 2026-01-31 100.00
    B          c           2026-02-15 2026-03-15 100.00

    applications
    invoice_id applied_on amount  kind
    A          2026-04-02 100.00  write_off
    A          2026-04-20 100.00  cash
    B          2026-04-03 100.00  write_off
    B          2026-04-21 -100.00 write_off
    """
    parts = april(ledger)
    assert parts.amount[["cash", "write_offs", "over_applied"]].tolist() == [-100, -100, 100]
    # 200 of 200 billed before, 100 of 100 now: 0.45 and 0.9 days a unit. The mean terms were 29 days, B's are 28.
    moved_by = {"volume": 90, "terms_mix": -1, "billing_timing": 1, "delinquency": -90}
    expected = moved_by | {"write_offs": 0, "disputes": 0, "currency": 0}
    assert parts.days.dropna().to_dict() == pytest.approx(expected)


def billed_daily(first: date, terms: dict[date, int], days: int) -> Tables:
    """1.00 billed every day, on the terms that hold from a day on, each paid on the day it is due."""
    issued = [first + timedelta(days=nth) for nth in range(days)]
    agreed = [terms[max(since for since in terms if since <= day)] for day in issued]
    due = [day + timedelta(days=length) for day, length in zip(issued, agreed, strict=True)]
    return {
        "invoices": [
            {
                "invoice_id": str(day),
                "customer_id": "c",
                "issued_on": str(day),
                "due_on": str(due_on),
                "amount": "1.00",
                "paid_on": str(due_on),
            }
            for day, due_on in zip(issued, due, strict=True)
        ]
    }


@pytest.mark.parametrize(("longer", "terms_mix", "timing"), [(40, 10, 0), (12, -18, 0), (120, 60, 30), (0, -30, 0)])
def test_terms_that_are_a_day_longer_are_a_day_of_sales(
    longer: int, terms_mix: int, timing: int, tmp_path: Path
) -> None:
    """Terms of 30 days before 1 April, and others from then on: on 30 September they are all that is owed. What lies
    beyond the 90 days that DSO looks back on is no matter of terms."""
    tables = billed_daily(date(2025, 12, 1), {date(2025, 12, 1): 30, date(2026, 4, 1): longer}, 304)
    books = open_books(ledgers.write(tables, tmp_path / "ledger"), Settings())
    days = bridge.parts(books, date(2026, 3, 31), date(2026, 9, 30)).set_index("part").days
    assert days[["terms_mix", "billing_timing"]].tolist() == pytest.approx([terms_mix, timing])
    assert days.drop(["terms_mix", "billing_timing"]).fillna(0).tolist() == pytest.approx([0] * (len(days) - 2))


def test_without_dso_the_days_are_null_and_the_money_stands(ledger: Ledger) -> None:
    """On 31 March the ledger is a month old.

    invoices
    invoice_id customer_id issued_on  due_on     amount paid_on
    A          c           2026-03-01 2026-03-31 100.00 -
    """
    parts = ledger.as_of("2026-06-30").bridge("2026-03-31")
    assert parts.days.isna().all()
    assert parts.amount.sum() == 0
    assert ledger.as_of(SINCE).bridge("2026-02-28").amount.sum() == 100


def test_a_page_says_why_days_are_not_shown_and_shows_the_money(ledger: Ledger) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount paid_on
    A          c           2026-04-10 2026-05-10 100.00 -
    """
    parts = ledger.as_of(AS_OF).bridge()
    then = ledger.as_of(AS_OF)
    days, money = (exhibit(parts, then.kpis(), then.stamp()) for exhibit in (receivables.days_moved, receivables.moved))
    assert days.state == "not defined"
    assert "<table" not in days.html()
    assert "Open receivables rose by 100 since 31 Mar 2026: 100 was billed, 0 came in" in money.sentence.replace(
        NBSP, " "
    )
    for part in ("Billed", "Cash", "Write-offs", "Overpayments"):  # the table has what is nothing too
        assert f'<th scope="row" class="whole">{part}</th>' in money.html()


@pytest.mark.parametrize("since", [AS_OF, AS_OF + timedelta(days=1)])
def test_a_bridge_looks_back(ledger: Ledger, since: date) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount paid_on
    A          c           2026-03-01 2026-03-31 100.00 -
    """
    with pytest.raises(UsageError, match=f"{since} does not lie before 2026-04-30"):
        ledger.as_of(AS_OF).bridge(since)


# In slow plain Python


def _entered_on(row: Row, dated: str) -> date:
    return max(date.fromisoformat(cell) for cell in (row[dated], row.get("known_on")) if cell)


def _cents(row: Row) -> int:
    return round(float(row["amount"]) * 100)


def _reductions(tables: Tables) -> list[tuple[str, str, date, int]]:
    """Invoice, kind, day of entry (not before its invoice's) and cents of each application."""
    billed_on = {row["invoice_id"]: _entered_on(row, "issued_on") for row in tables["invoices"]}
    return [
        (
            row["invoice_id"],
            row["kind"],
            max(_entered_on(row, "applied_on"), billed_on[row["invoice_id"]]),
            _cents(row),
        )
        for row in tables["applications"]
    ]


def _contested(tables: Tables, name: str, day: date) -> bool:
    return any(
        row["invoice_id"] == name and _entered_on(row, "opened_on") <= day and (row["closed_on"] or "9999") > str(day)
        for row in tables.get("disputes", [])
    )


def standing(tables: Tables, day: date, forgiving_since: date) -> Counter[str]:
    """The cents owed on a day by part, as if nothing had been written off since."""
    sums: Counter[str] = Counter()
    for invoice in tables["invoices"]:
        name, balance = invoice["invoice_id"], _cents(invoice)
        if _entered_on(invoice, "issued_on") > day:
            continue
        for of, kind, on, cents in _reductions(tables):
            if of == name and on <= day and not (kind == "write_off" and on > forgiving_since):
                balance -= cents
        if balance < 0:
            sums["over_applied"] -= balance
        elif invoice["due_on"] >= str(day):
            sums["current"] += balance
        else:
            sums["disputes" if _contested(tables, name, day) else "delinquency"] += balance
    return sums


def flows(tables: Tables, since: date, as_of: date) -> Counter[str]:
    """The cents that entered the books, signed as they move the balance."""
    sums: Counter[str] = Counter()
    for row in tables["invoices"]:
        sums["billed"] += _cents(row) * (since < _entered_on(row, "issued_on") <= as_of)
    for _name, kind, on, cents in _reductions(tables):
        sums[FLOWS[kind]] -= cents * (since < on <= as_of)
    return sums


def billed_90(tables: Tables, day: date) -> int:
    return flows(tables, day - timedelta(days=90), day)["billed"]


def open_ar(tables: Tables, day: date) -> int:
    return sum(cents for part, cents in standing(tables, day, day).items() if part != "over_applied")


def agreed_days(tables: Tables, day: date) -> Fraction:
    """The mean terms of what entered the books in the 90 days up to a day, weighed by amounts."""
    window = [row for row in tables["invoices"] if 0 <= (day - _entered_on(row, "issued_on")).days < 90]
    terms = [(date.fromisoformat(row["due_on"]) - date.fromisoformat(row["issued_on"])).days for row in window]
    weighed = sum(_cents(row) * min(max(days, 0), 90) for row, days in zip(window, terms, strict=True))
    return Fraction(weighed, billed_90(tables, day))


def slow_days(tables: Tables, since: date, as_of: date) -> dict[str, float]:
    before, now = (Fraction(90, billed_90(tables, day)) for day in (since, as_of))
    opening, closing = standing(tables, since, since), standing(tables, as_of, since)
    days = {part: (closing[part] - opening[part]) * now for part in ("delinquency", "current", "disputes")}
    forgiven = open_ar(tables, as_of) - sum(closing[part] for part in days)
    terms_mix = agreed_days(tables, as_of) - agreed_days(tables, since)
    days |= {"terms_mix": terms_mix, "billing_timing": days.pop("current") - terms_mix}
    days |= {"volume": open_ar(tables, since) * (now - before), "write_offs": forgiven * now, "currency": 0}
    return {part: float(value) for part, value in days.items()}


# On drawn ledgers

drawn = settings(
    derandomize=True,
    deadline=None,
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
two_days = st.lists(ledgers.days, min_size=2, max_size=2, unique=True)


@drawn
@given(ledgers.ledgers(), two_days)
@example({"invoices": [], "applications": []}, [SINCE, AS_OF])
def test_the_parts_are_those_of_the_slow_twin_and_add_up(tables: Tables, days: list[date]) -> None:
    since, as_of = sorted(days)
    with TemporaryDirectory() as folder:
        books = open_books(ledgers.write(tables, Path(folder) / "ledger"), Settings())
        parts = bridge.parts(books, since, as_of).set_index("part")
        owed, dso = moved(books, since, as_of)[["open_ar", "dso"]]
    cents = (parts.amount.dropna() * 100).round().astype(int)
    over = standing(tables, as_of, as_of)["over_applied"] - standing(tables, since, since)["over_applied"]
    assert cents.to_dict() == dict.fromkeys(cents.index, 0) | flows(tables, since, as_of) | {"over_applied": over}
    assert cents.sum() == round(owed * 100) == open_ar(tables, as_of) - open_ar(tables, since)
    assert parts.days.sum(min_count=1) == pytest.approx(dso, rel=1e-9, abs=1e-9, nan_ok=True)
    if not pd.isna(dso):
        assert parts.days.dropna().to_dict() == pytest.approx(slow_days(tables, since, as_of), rel=1e-9, abs=1e-9)


@drawn
@given(ledgers.ledgers(), two_days)
def test_nothing_that_became_known_later_changes_a_bridge(tables: Tables, days: list[date]) -> None:
    since, as_of = sorted(days)
    with TemporaryDirectory() as folder:
        whole, known = (
            bridge.parts(open_books(ledgers.write(part, Path(folder) / name), Settings()), since, as_of)
            for name, part in (("whole", tables), ("known", ledgers.until(tables, as_of)))
        )
    pd.testing.assert_frame_equal(whole, known)


# Currencies


def test_rates_are_a_part_of_their_own(ledger: Ledger) -> None:
    """A was booked at 1.00 and stood at 1.10 on 31 March, B was booked in April at 1.20, and April closes at 1.50: open
    AR rises from 100 x 1.10 + 190 to 100 x 1.50 + 50 x 1.50 + 190. Of that 60 are billed; rates did 100 x 0.40 to A
    and 50 x 0.30 to B, 55.

    invoices
    invoice_id customer_id issued_on  due_on     amount currency paid_on
    A          C1          2026-01-01 2026-02-10 100.00 EUR      -
    B          C2          2026-04-10 2026-05-10 50.00  EUR      -
    C          C3          2026-03-10 2026-05-10 190.00 USD      -

    rates
    rate_on    currency rate
    2026-01-01 EUR      1.00
    2026-02-01 EUR      1.05
    2026-03-01 EUR      1.05
    2026-03-31 EUR      1.10
    2026-04-10 EUR      1.20
    2026-04-30 EUR      1.50
    """
    parts, change = april(ledger), moved(ledger.books, SINCE, AS_OF)
    assert parts.amount.dropna()[lambda amount: amount != 0].to_dict() == {"billed": 60, "currency": 55}
    assert parts.amount.sum() == pytest.approx(change["open_ar"])
    per_unit = 90 / (190 + 60)
    assert parts.days["currency"] == pytest.approx(55 * per_unit)
    assert parts.days.sum() == pytest.approx(change["dso"])
