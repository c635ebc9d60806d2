"""What a ledger says of itself, and what its figures make of it."""

from __future__ import annotations

import html
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

import exhibited
import ledgers
from arforecast import Ledger, open_ledger
from arforecast.errors import SourceError, UnknownError, UsageError
from arforecast.reconciliation import roll_forward
from arforecast.settings import Settings

BOOKS = """
    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2025-11-20 2025-12-20 900.00
    B          c           2026-02-10 2026-03-12 300.00
    C          c           2026-05-05 2026-06-04 90.00

    applications
    invoice_id applied_on amount kind
    A          2026-02-20 500.00 cash
    B          2026-03-01 300.00 cash
"""

COSTS = [{"month": f"2027-0{month}-01", "category": "staff", "amount": "10.00"} for month in (1, 2)]


def opened(folder: Path, notes: str) -> Ledger:
    ledgers.write(ledgers.told(BOOKS), folder / "ledger")
    (folder / "ledger" / "ledger.toml").write_text(notes, "utf-8")
    return open_ledger(folder / "ledger", Settings())


def figures(ledger: Ledger, day: str) -> pd.Series:
    return ledger.as_of(day).kpis().set_index("kpi").value


def test_an_opening_balance_is_no_sale(tmp_path: Path) -> None:
    """Complete from February: A is owed, and was billed in no window; what looks back to January is not defined."""
    ledger = opened(tmp_path, "complete_from = 2026-02-01\nsource = 'the old system'\n")
    february, may = (figures(ledger, day) for day in ("2026-02-28", "2026-05-31"))
    assert (february.open_ar, february.billed, february.cash) == (700, 300, 500)
    assert february[["dso", "days_to_pay", "cei_3m", "dso_countback"]].isna().all()
    assert may.dso == (400 + 90) / 90 * 90
    assert pd.isna(may.dso_12m)
    with pytest.raises(UsageError, match="begins on 2026-02-01"):
        ledger.as_of("2026-01-31")


def test_those_who_paid_before_the_ledger_begins_are_not_left_out_alone(tmp_path: Path) -> None:
    """Complete from February. Of the invoices of January only the open O is here, and was late; N was paid in time.

    invoices
    invoice_id customer_id issued_on  due_on     amount
    O          c           2026-01-15 2026-05-10 100.00
    N          c           2026-04-01 2026-05-10 50.00

    applications
    invoice_id applied_on amount kind
    O          2026-05-20 100.00 cash
    N          2026-05-10 50.00  cash
    """
    told = test_those_who_paid_before_the_ledger_begins_are_not_left_out_alone.__doc__ or ""
    folder = ledgers.write(ledgers.told(told), tmp_path / "ledger")
    (folder / "ledger.toml").write_text("complete_from = 2026-02-01\n", "utf-8")
    punctual = figures(open_ledger(folder, Settings()), "2026-05-31")
    assert punctual[["paid_on_time_share", "paid_on_time_count_share"]].to_list() == [1, 1]


OLD = """
    invoices
    invoice_id customer_id issued_on  due_on     amount
    A          c           2026-01-10 2026-02-09 100.00

    applications
    invoice_id applied_on amount kind        receipt_id credit_id
    X          2026-01-20 70.00  cash        R          -
    Y          2026-01-21 5.00   credit_note -          C
    A          2026-02-03 40.00  cash        R          -

    receipts
    receipt_id customer_id received_on amount
    R          c           2026-01-20  120.00

    credits
    credit_id customer_id issued_on  amount
    C         d           2026-01-21 8.00
"""


def test_what_was_applied_before_the_beginning_uses_up_its_receipt_and_touches_nothing_else(tmp_path: Path) -> None:
    """Of the receipt of 120, 70 went to an invoice of before: 10 are on account, and 3 of the credit of 8."""
    ledgers.write(ledgers.told(OLD), tmp_path / "ledger")
    (tmp_path / "ledger" / "ledger.toml").write_text("complete_from = 2026-02-01\n", "utf-8")
    ledger = open_ledger(tmp_path / "ledger", Settings())
    assert ledger.quarantine.empty
    today = ledger.as_of("2026-02-28")
    values = figures(ledger, "2026-02-28")
    assert values[["open_ar", "credit_balance", "cash", "credit_notes"]].to_list() == [60, -13, 40, 0]
    assert today.accounts()[["customer_id", "open_balance", "credit_balance"]].to_numpy().tolist() == [["c", 60, -10]]
    assert today.account("c").payments.amount.to_list() == [40]


def test_days_before_the_ledger_begins_have_no_figure(tmp_path: Path) -> None:
    """At the close of January the ledger opens with A's 900; of December nothing is known."""
    ledger = opened(tmp_path, "complete_from = 2026-02-01\n")
    table = ledger.as_of("2026-03-31").kpis(months=4).set_index(["as_of", "kpi"]).value.unstack("kpi")
    assert table.loc["2025-12-31"].isna().all()
    assert table.open_ar.to_list()[1:] == [900, 700, 400]
    assert table.cash.to_list()[2:] == [500, 300]
    assert table.cash.isna().to_list() == [True, True, False, False]


def test_the_bridge_and_the_roll_forward_begin_with_the_ledger(tmp_path: Path) -> None:
    """It opens on February 9 with A's 900; B is billed on the 10th, and A pays 500."""
    ledger = opened(tmp_path, "complete_from = 2026-02-10\n")
    today = ledger.as_of("2026-02-28")
    with pytest.raises(UsageError, match=r"begins on 2026-02-10: .* 2026-02-08\. Look back to 2026-02-09 or a later"):
        today.bridge("2026-02-08")
    parts = today.bridge()
    assert (parts.since == pd.Timestamp("2026-02-09")).all()
    moved = parts.set_index("part").amount
    assert moved[moved != 0].dropna().to_dict() == {"billed": 300, "cash": -500}
    assert parts.days.isna().all()
    days = [pd.Timestamp(day).date() for day in ("2026-01-31", "2026-02-28", "2026-03-31")]
    rolled = roll_forward(ledger.books, days)
    assert rolled[["opening", "billed", "cash", "closing"]].to_numpy().tolist() == [[700_00, 0, 300_00, 400_00]]
    assert today.accounts().overdue_change_amount.isna().all()
    assert ledger.as_of("2026-03-31").accounts().overdue_change_amount.to_list() == [0]


def test_a_month_that_the_ledger_does_not_hold_whole_is_counted_back_in_no_days(tmp_path: Path) -> None:
    """490 are owed: 90 of May, and 300 of February, of which the ledger holds but the days from the 10th."""
    ledger = opened(tmp_path, "complete_from = 2026-02-10\n")
    assert pd.isna(figures(ledger, "2026-05-31").dso_countback)
    assert pd.isna(figures(ledger, "2026-02-28").dso_countback)


def test_schedules_begin_with_the_ledger(tmp_path: Path) -> None:
    """Complete from February: vintages begin with it, and a year that reaches before it is none; a year later it is."""
    ledger = opened(tmp_path, "complete_from = 2026-02-01\n")
    may, year_on = ledger.as_of("2026-05-31"), ledger.as_of("2027-01-31")
    vintage = may.schedule("vintage")
    assert vintage.issue_month_on.drop_duplicates().dt.strftime("%Y-%m").to_list() == ["2026-02", "2026-05"]
    assert [name for name in ("terms", "roll_rates") if not may.schedule(name).empty] == []
    assert year_on.schedule("terms").billed_amount.to_list() == [390]
    assert year_on.schedule("roll_rates").moved_amount.sum() > 0
    rates = ledger.as_of("2027-01-30").schedule("expected_credit_loss").loss_rate_share
    assert rates.isna().all()
    assert ledger.as_of("2027-01-31").schedule("expected_credit_loss").loss_rate_share.notna().any()


def test_the_cost_of_contacts_learns_from_whole_years_alone(tmp_path: Path) -> None:
    """In January 2027 the twelve months before are those from January 2026, which the ledger does not hold whole."""
    folder = ledgers.write(ledgers.told(BOOKS) | {"costs": COSTS}, tmp_path / "ledger")
    (folder / "ledger.toml").write_text("complete_from = 2026-02-01\n", "utf-8")
    ledger = open_ledger(folder, Settings())
    names = ["collections_roi", "collections_roi_net"]
    january, february = (figures(ledger, day)[names] for day in ("2027-01-31", "2027-02-28"))
    assert january.isna().to_list() == [False, True]
    assert february.isna().to_list() == [False, False]


def test_open_items_of_a_day_have_no_history(tmp_path: Path) -> None:
    ledger = opened(tmp_path, "snapshot_on = 2026-05-31\n")
    with pytest.raises(UsageError, match="open items of 2026-05-31"):
        ledger.as_of("2026-04-30")
    today = ledger.as_of("2026-05-31")
    table = today.kpis(months=13)
    assert table.as_of.nunique() == 1
    values = table.set_index("kpi").value
    assert (values.open_ar, values.overdue_ar) == (490, 400)
    assert values[["dso", "dso_countback", "cei", "paid_on_time_share", "cash", "billed", "recovered_60"]].isna().all()
    assert today.schedule("vintage").empty
    for ask in (today.late_payers, today.cash_forecast, today.bridge):
        with pytest.raises(UsageError, match="needs history"):
            ask()


def test_the_ledgers_currency_holds_unless_the_settings_name_one(tmp_path: Path) -> None:
    ledger = opened(tmp_path, 'currency = "EUR"\n')
    assert ledger.books.settings.ledger.currency == "EUR"
    assert ledger.books.foreign == frozenset()


@pytest.mark.parametrize(
    "notes",
    [
        "complete_form = 2026-01-01",
        "currency = 'euro'",
        "currency = 'XXQ'",
        "snapshot_on = soon",
        "complete_from = 0001-01-01",
        f"snapshot = {'9' * 5000}",
    ],
)
def test_a_word_that_is_wrong_is_named(tmp_path: Path, notes: str) -> None:
    with pytest.raises(SourceError, match=r"ledger\.toml"):
        opened(tmp_path, notes)


def test_before_its_first_fact_a_ledger_has_no_figures(tmp_path: Path) -> None:
    ledger = opened(tmp_path, "")
    assert figures(ledger, "2025-11-20").open_ar == 900
    with pytest.raises(UsageError, match="begins on 2025-11-20"):
        ledger.as_of("2025-11-19")


def test_the_notes_of_a_ledger_at_home_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ledgers.write(ledgers.told(BOOKS), tmp_path / "ledger")
    (folder / "ledger.toml").write_text('currency = "KWD"\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_ledger("~/ledger", Settings()).books.settings.ledger.currency == "KWD"


OPEN_ITEMS = "not in this ledger: it holds the open items of one day, and has no history"
UNPAID = "not in this ledger: nothing says what was paid; add applications, or paid_on to the invoices"
NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
TAGS = re.compile(r"<style.*?</style>|<svg.*?</svg>|<[^>]+>", re.DOTALL)


def pages(ledger: Path, *names: str) -> dict[str, str]:
    """What some notebooks say, or all of them: the text of their exhibits, and what they print."""
    notebooks = [file for file in NOTEBOOKS if not names or file.stem in names]
    said: dict[str, str] = {}
    today = exhibited.Once(ledger, "2026-05-31")
    for notebook in notebooks:
        with redirect_stdout(StringIO()) as printed:
            found = exhibited.found_in([notebook], today, ledger / "data")
        shown = (f"{asked} {html.unescape(TAGS.sub(' ', bundle['text/html']))}" for _, asked, _, bundle in found)
        said[notebook.stem] = " ".join([printed.getvalue(), *shown])
    return {page: " ".join(text.split()) for page, text in said.items()}


def test_pages_of_open_items_say_what_they_cannot_know(tmp_path: Path) -> None:
    """What is owed is there; every question that needs history is answered by why, and by no figure."""
    opened(tmp_path, "snapshot_on = 2026-05-31\n")
    (tmp_path / "ledger" / "applications.csv").unlink()
    said = pages(tmp_path / "ledger")
    assert "1.29 k is owed on 31 May 2026" in said["kpis"]
    for name in ("Days sales outstanding", "Collection effectiveness", "Cash", "Bad debt share"):
        assert f"{name} – {OPEN_ITEMS}" in said["kpis"]
        assert f"{name} – {OPEN_ITEMS}" in said["brief"]
    questions = ["How many days of sales are still to be paid?", "How well is collected what can be?"]
    assert all(f"{question} {OPEN_ITEMS.capitalize()}." in said["kpis"] for question in questions)
    assert f"How much of what is open will be lost? {OPEN_ITEMS.capitalize()}." in said["collections"]
    assert f"Where did overdue money grow in the month? {OPEN_ITEMS.capitalize()}." in said["accounts"]
    assert all(OPEN_ITEMS in said[name] and "expected to be" not in said[name] for name in ("late_payers", "brief"))
    assert "is expected by" not in said["cash_forecast"]
    assert not [text for text in said.values() if re.search(r"On \d+ past|too short|no cost|None is", text)]


def test_where_only_the_day_of_payment_is_told_nobody_knows_what_was_given_up(tmp_path: Path) -> None:
    """An invoice of `paid_on` is paid or open: whether a customer failed, or was credited, stands in no row."""
    rows = [row | {"paid_on": "2026-05-20"} for row in ledgers.told(BOOKS)["invoices"][:2]]
    ledger = open_ledger(ledgers.write({"invoices": rows}, tmp_path / "ledger"), Settings())
    today = ledger.as_of("2026-05-31")
    given_up = ["bad_debt_share", "write_offs", "credit_notes", "discounts", "expected_credit_loss"]
    assert {today.unknown()[name] for name in given_up} == {"not in this ledger: add applications"}
    assert today.kpis().set_index("kpi").value[given_up[:4]].isna().all()
    assert today.schedule("expected_credit_loss").empty
    assert not today.unknown()["cash"]


def test_where_nothing_says_what_was_paid_no_figure_pretends_to(tmp_path: Path) -> None:
    """Balances stand as they are listed; whether anything was paid, and how fast, nobody can tell."""
    tables = ledgers.told(BOOKS)
    ledger = open_ledger(ledgers.write({"invoices": tables["invoices"]}, tmp_path / "ledger"), Settings())
    today = ledger.as_of("2026-05-31")
    values = today.kpis().set_index("kpi").value
    assert (values.open_ar, values.billed) == (1290, 90)
    assert values[["cei", "cash", "paid_on_time_share", "days_to_pay", "recovered_60", "bad_debt_share"]].isna().all()
    assert today.schedule("expected_credit_loss").empty
    assert {today.unknown()[name] for name in ("cei", "vintage", "history")} == {UNPAID}
    assert values.dso == 1290 / 90 * 90
    assert not (today.unknown()["billed"] or today.unknown()["dso"])
    with pytest.raises(UnknownError, match="nothing says what was paid"):
        today.cash_forecast()
    assert f"Collection effectiveness – {UNPAID}" in pages(tmp_path / "ledger", "kpis")["kpis"]


def test_paid_on_says_what_was_paid(tmp_path: Path) -> None:
    rows = [row | {"paid_on": ""} for row in ledgers.told(BOOKS)["invoices"]]
    ledger = open_ledger(ledgers.write({"invoices": rows}, tmp_path / "ledger"), Settings())
    assert figures(ledger, "2026-05-31").cei == 0


def test_what_looks_back_beyond_the_beginning_says_from_when_it_is_defined(tmp_path: Path) -> None:
    """Complete from 15 April: the window of 90 days is whole on 13 July, the month on 1 May."""
    ledger = opened(tmp_path, "complete_from = 2026-04-15\n")
    april, may = (ledger.as_of(day).unknown() for day in ("2026-04-30", "2026-05-31"))
    begins = "and this ledger begins on 2026-04-15"
    assert april["cei"] == f"not defined before 2026-05-01: it looks back to 2026-04-01, {begins}"
    assert may["dso"] == f"not defined before 2026-07-13: it looks back to 2026-03-03, {begins}"
    assert may["terms"] == f"not defined before 2027-04-14: it looks back to 2025-06-01, {begins}"
    assert not (may["cei"] or may["open_ar"] or may["history"])
    for day in ("2026-07-12", "2026-07-13"):
        assert bool(ledger.as_of(day).unknown()["dso"]) == pd.isna(figures(ledger, day).dso) == (day == "2026-07-12")
    assert ledger.as_of("2026-05-31").schedule("terms").empty
    assert set(ledger.as_of("2026-05-31").schedule("vintage").issue_month_on.astype(str)) == {"2026-05-01"}
    assert (ledger.as_of("2026-04-30").bridge().since == pd.Timestamp("2026-04-14")).all()
    spoken = "not defined before 13 Jul 2026: it looks back to 3 Mar 2026, and this ledger begins on 15 Apr 2026"
    assert spoken in pages(tmp_path / "ledger", "kpis")["kpis"]


def test_what_looks_back_to_before_the_first_invoice_says_so_where_the_ledger_begins_earlier(tmp_path: Path) -> None:
    """Complete from January and billed from 20 November on: the ledger does not begin with its first invoice."""
    spoken = opened(tmp_path, "complete_from = 2025-01-01\n").as_of("2026-01-31").unknown()["dso"]
    assert spoken == (
        "not defined before 2026-02-17: it looks back to 2025-11-03, and nothing was billed before 2025-11-20"
    )


def test_pages_of_an_empty_ledger_forecast_nothing(tmp_path: Path) -> None:
    folder = ledgers.write({"invoices": []}, tmp_path / "ledger")
    said = pages(folder, "kpis", "late_payers", "cash_forecast")
    assert "Nothing is owed on 31 May 2026." in said["kpis"]
    assert all("no invoice is booked yet" in said[name] for name in ("late_payers", "cash_forecast"))
