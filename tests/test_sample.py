"""The sample company: the same bytes for a seed, books that tie, and lives that follow the law they were drawn from."""

from __future__ import annotations

import csv
import io
import math
import os
import subprocess
import sys
import time
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from arforecast import Ledger, open_ledger
from arforecast.errors import UsageError, WriteError
from arforecast.ledger import open_books
from arforecast.ledger.tables import BY_NAME, TABLES
from arforecast.reconciliation import control, roll_forward
from arforecast.sample import calendar, company, postings, sheets, write_sample
from arforecast.sample.truth import CLEARED, SETTLED, State, chances, oracle, records
from arforecast.snapshot import month_ends, positions, stand

Row = dict[str, str]
LAST_ON = date(2026, 6, 30)
GO_LIVE = date(2026, 1, 1)
DEDUCTIONS = ("set_off", "tax_withheld", "bank_charge", "difference")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "ledger"
    write_sample(path)
    return path


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same company with new books from the first day of 2026."""
    path = tmp_path_factory.mktemp("go_live") / "ledger"
    write_sample(path, go_live=GO_LIVE)
    return path


@pytest.fixture(scope="module")
def company_then(folder: Path) -> Ledger:
    return open_ledger(folder)


@pytest.fixture(scope="module")
def company_now(begun: Path) -> Ledger:
    return open_ledger(begun)


@pytest.fixture(scope="module")
def ledger(folder: Path) -> dict[str, list[Row]]:
    return tables(folder)


@pytest.fixture(scope="module")
def truth(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "truth.parquet")


def tables(folder: Path) -> dict[str, list[Row]]:
    """Every table as the file has it: rows of text."""
    files = {table.name: (folder / f"{table.name}.csv").read_text("utf-8") for table in TABLES}
    return {name: list(csv.DictReader(io.StringIO(text))) for name, text in files.items()}


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def day(text: str) -> date:
    return date.fromisoformat(text)


def by(rows: list[Row], key: str) -> dict[str, list[Row]]:
    groups = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def entered(row: Row, event: str) -> date:
    return max(day(row[event]), day(row.get("known_on") or row[event]))


def persons(ledger: dict[str, list[Row]]) -> dict[str, str]:
    """Who stands behind each number of a customer."""
    return {row["customer_id"]: row["merged_into"] or row["customer_id"] for row in ledger["customers"]}


def total(rows: list[Row]) -> Decimal:
    return sum((Decimal(row["amount"]) for row in rows), Decimal(0))


# The files


def test_the_same_arguments_give_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    write_sample(tmp_path / "here", 40, 12, 5)
    order = "import sys, pathlib, arforecast.sample as s; s.write_sample(pathlib.Path(sys.argv[1]), 40, 12, 5)"
    surroundings = {"PYTHONHASHSEED": "99", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", order, str(tmp_path / "there")], check=True, env=surroundings)
    assert content(tmp_path / "here") == content(tmp_path / "there")


def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    write_sample(tmp_path / "one", 40, 12, 5)
    write_sample(tmp_path / "two", 40, 12, 6)
    one, two = content(tmp_path / "one"), content(tmp_path / "two")
    assert all(
        one[name] != two[name] for name in ("customers.csv", "invoices.csv", "applications.csv", "truth.parquet")
    )


def test_it_is_quick_and_small_enough_to_keep(tmp_path: Path) -> None:
    start = time.perf_counter()
    write_sample(tmp_path / "ledger")
    assert time.perf_counter() - start < 10
    assert sum(len(data) for data in content(tmp_path / "ledger").values()) < 3_000_000


@pytest.mark.parametrize(("customers", "months"), [(1, 1), (9, 120)])
def test_the_smallest_and_the_longest_are_whole_ledgers(tmp_path: Path, customers: int, months: int) -> None:
    write_sample(tmp_path / "ledger", customers, months, 3)
    books = open_books(tmp_path / "ledger")
    assert books.quarantine.empty
    read = books.rows.set_index("table")["read"]
    assert customers <= read["customers"] < 2 * customers
    assert read["control_totals"] == months


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        write_sample(tmp_path, 5, 2, 1)
    assert content(tmp_path) == {"mine.txt": b"mine"}


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    write_sample(tmp_path / "ledger", 5, 2, 1)
    assert {f"{table.name}.csv" for table in TABLES} | {"ledger.toml", "truth.parquet"} == set(
        content(tmp_path / "ledger")
    )


@pytest.mark.parametrize(("customers", "months", "seed"), [(0, 36, 1), (5, 0, 1), (5, 121, 1), (5, 5, -1)])
def test_numbers_out_of_range_are_refused(tmp_path: Path, customers: int, months: int, seed: int) -> None:
    with pytest.raises(UsageError, match=f"customers={customers}, months={months}, seed={seed}"):
        write_sample(tmp_path / "ledger", customers, months, seed)


def test_a_failure_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(sheets, "truth_rows", fail)
    with pytest.raises(WriteError, match="cannot be written: disk full"):
        write_sample(tmp_path / "ledger", 5, 2, 1)
    assert list(tmp_path.iterdir()) == []


# The contract


@pytest.mark.parametrize("name", BY_NAME)
def test_every_table_has_rows_and_the_columns_of_the_dictionary(ledger: dict[str, list[Row]], name: str) -> None:
    columns = list(ledger[name][0])
    known = [column.name for column in BY_NAME[name].columns]
    assert {column.name for column in BY_NAME[name].required} <= set(columns)
    assert columns == [column for column in known if column in columns]


def test_no_row_is_quarantined(company_then: Ledger) -> None:
    books = company_then.books
    assert set(books.problems["rule"]) <= {"over_applied", "duplicate_row"}
    assert books.rows["read"].tolist() == books.rows["used"].tolist()


def test_no_fact_lies_after_the_last_day(ledger: dict[str, list[Row]]) -> None:
    ahead = {"due_on", "discount_until", "promised_on", "issue_on"}
    for table in TABLES:
        dated = [column.name for column in table.columns if column.type == "date" and column.name not in ahead]
        for row in ledger[table.name]:
            assert all(day(row[name]) <= LAST_ON for name in dated if row.get(name)), row


def test_facts_are_booked_late_sometimes_and_never_early(ledger: dict[str, list[Row]]) -> None:
    for name in ("invoices", "applications", "receipts"):
        event = BY_NAME[name].dated_by
        assert event
        late = [row for row in ledger[name] if row["known_on"]]
        assert all(day(row["known_on"]) > day(row[event]) for row in late)
        assert 0.001 < len(late) / len(ledger[name]) < 0.05


def test_names_survive_whatever_they_contain(ledger: dict[str, list[Row]]) -> None:
    assert set(company.AWKWARD_NAMES) <= {row["name"] for row in ledger["customers"]}


def test_parents_are_customers_without_parents(ledger: dict[str, list[Row]]) -> None:
    parent = {row["customer_id"]: row["parent_id"] for row in ledger["customers"]}
    parents = {name for name in parent.values() if name}
    assert len(parents) >= 3
    assert all(parent[name] == "" for name in parents)


def test_invoices_carry_the_segment_of_their_customer(ledger: dict[str, list[Row]]) -> None:
    segment = {row["customer_id"]: row["segment"] for row in ledger["customers"]}
    assert all(row["segment"] == segment[row["customer_id"]] for row in ledger["invoices"])


# The money


def entries(ledger: dict[str, list[Row]]) -> dict[str, date]:
    return {row["invoice_id"]: entered(row, "issued_on") for row in ledger["invoices"]}


def closing_balances(ledger: dict[str, list[Row]]) -> dict[str, Decimal]:
    """A slow twin of the rule of entry: the later of event and booking, and no application before its invoice."""
    billed = entries(ledger)
    moves: dict[date, Decimal] = defaultdict(Decimal)
    for row in ledger["invoices"]:
        moves[billed[row["invoice_id"]]] += Decimal(row["amount"])
    for row in ledger["applications"]:
        moves[max(entered(row, "applied_on"), billed[row["invoice_id"]])] -= Decimal(row["amount"])
    ends = [row["as_of"] for row in ledger["control_totals"]]
    return {end: sum((m for on, m in moves.items() if on <= day(end)), Decimal(0)) for end in ends}


def net_balances(ledger: dict[str, list[Row]]) -> dict[str, Decimal]:
    """A slow twin of the balances less what customers have on account: what was billed less what came, was credited,
    or was settled in another way."""
    billed, moves = entries(ledger), [(entered(row, "issued_on"), Decimal(row["amount"])) for row in ledger["invoices"]]
    moves += [(entered(row, "received_on"), -Decimal(row["amount"])) for row in ledger["receipts"]]
    moves += [(entered(row, "issued_on"), -Decimal(row["amount"])) for row in ledger["credits"]]
    for row in ledger["applications"]:
        if not row["receipt_id"] and not row["credit_id"]:
            moves.append((max(entered(row, "applied_on"), billed[row["invoice_id"]]), -Decimal(row["amount"])))
    ends = [row["as_of"] for row in ledger["control_totals"]]
    return {end: sum((m for on, m in moves if on <= day(end)), Decimal(0)) for end in ends}


def booked_totals(ledger: dict[str, list[Row]]) -> dict[str, Decimal]:
    return {row["as_of"]: Decimal(row["open_ar"]) for row in ledger["control_totals"]}


def test_control_totals_tie_to_the_cent(ledger: dict[str, list[Row]]) -> None:
    assert booked_totals(ledger) == closing_balances(ledger)
    assert [*booked_totals(ledger)][::35] == ["2023-07-31", "2026-06-30"]
    assert {row["as_of"]: Decimal(row["net_ar"]) for row in ledger["control_totals"]} == net_balances(ledger)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32), customers=st.integers(1, 25), months=st.integers(1, 14))
def test_control_totals_tie_for_any_company(seed: int, customers: int, months: int) -> None:
    with TemporaryDirectory() as scratch:
        write_sample(Path(scratch) / "ledger", customers, months, seed)
        ledger = tables(Path(scratch) / "ledger")
    assert booked_totals(ledger) == closing_balances(ledger)


def test_an_application_enters_with_its_invoice() -> None:
    """100.00 issued on 28 January and paid on the 30th, but booked on 3 February: neither is in January's books."""
    invoices = pd.DataFrame({"issued_on": ["2026-01-28"], "known_on": ["2026-02-03"], "amount": [10_000]})
    paid = pd.DataFrame({"row": [0], "since_on": ["2026-01-30"], "known_on": ["2026-01-30"], "amount": [4_000]})
    dated = invoices.astype({"issued_on": "datetime64[s]", "known_on": "datetime64[s]"})
    moved = paid.astype({"since_on": "datetime64[s]", "known_on": "datetime64[s]"})
    ends = np.array(["2026-01-31", "2026-02-28"], "datetime64[D]")
    assert postings.closing_balances(dated, moved, ends).tolist() == [0, 6_000]


def test_some_cash_is_applied_before_its_invoice_is_booked(ledger: dict[str, list[Row]]) -> None:
    billed = entries(ledger)
    assert any(entered(row, "applied_on") < billed[row["invoice_id"]] for row in ledger["applications"])


def test_late_bookings_matter_to_the_control_totals(ledger: dict[str, list[Row]]) -> None:
    ends = [day(row["as_of"]) for row in ledger["control_totals"]]
    astride = [
        row
        for row in ledger["applications"]
        if any(day(row["applied_on"]) <= end < entered(row, "applied_on") for end in ends)
    ]
    assert astride


def test_no_invoice_is_reduced_below_zero_but_by_an_overpayment(ledger: dict[str, list[Row]]) -> None:
    amount = {row["invoice_id"]: Decimal(row["amount"]) for row in ledger["invoices"]}
    over = 0
    for invoice, rows in by(ledger["applications"], "invoice_id").items():
        balance = amount[invoice]
        for row in rows:
            balance -= Decimal(row["amount"])
            assert balance >= -20
        over += balance < 0
    assert 5 <= over <= 60


def test_a_receipt_covers_its_applications_and_a_few_leave_cash_unapplied(ledger: dict[str, list[Row]]) -> None:
    person = persons(ledger)
    payer = {row["invoice_id"]: person[row["customer_id"]] for row in ledger["invoices"]}
    applied = by([row for row in ledger["applications"] if row["kind"] == "cash"], "receipt_id")
    receipts = {row["receipt_id"]: row for row in ledger["receipts"]}
    assert applied.keys() == receipts.keys()
    for name, rows in applied.items():
        assert {(payer[row["invoice_id"]], row["applied_on"]) for row in rows} == {
            (receipts[name]["customer_id"], receipts[name]["received_on"])
        }
    spare = [Decimal(receipts[name]["amount"]) - total(rows) for name, rows in applied.items()]
    assert min(spare) == 0
    assert 20 < sum(one > 0 for one in spare) < 200
    assert max(len(rows) for rows in applied.values()) > 2


def test_every_bounced_payment_is_undone_a_few_days_later(ledger: dict[str, list[Row]]) -> None:
    applications = by(ledger["applications"], "invoice_id")
    received = {row["receipt_id"]: row for row in ledger["receipts"]}
    returned = [row for row in ledger["applications"] if Decimal(row["amount"]) < 0]
    assert len(returned) > 30
    for row in returned:
        history = applications[row["invoice_id"]]
        before = history[history.index(row) - 1]
        assert before["kind"] == row["kind"] == "cash"
        assert before["application_id"] == row["undoes"]
        assert Decimal(before["amount"]) == -Decimal(row["amount"])
        assert timedelta(1) <= day(row["applied_on"]) - day(before["applied_on"]) < timedelta(45)
        assert Decimal(received[row["receipt_id"]]["amount"]) < 0
    ends = [applications[row["invoice_id"]][-1] for row in returned]
    paid_again = [end["kind"] == "cash" and Decimal(end["amount"]) > 0 for end in ends]
    assert any(paid_again)
    assert not all(paid_again)


def test_some_payments_come_short_and_are_made_up_on_the_same_day(ledger: dict[str, list[Row]]) -> None:
    """Tax is withheld by companies abroad, a tenth of what they settle; what is set off comes without any money."""
    customer = {row["customer_id"]: row for row in ledger["customers"]}
    billed_to = {row["invoice_id"]: customer[row["customer_id"]] for row in ledger["invoices"]}
    applied = by(ledger["applications"], "invoice_id")
    made_up = {kind: [row for row in ledger["applications"] if row["kind"] == kind] for kind in DEDUCTIONS}
    assert all(5 < len(rows) < 0.02 * len(ledger["applications"]) for rows in made_up.values())
    for kind, rows in made_up.items():
        for row in rows:
            same_day = [one for one in applied[row["invoice_id"]] if one["applied_on"] == row["applied_on"]]
            cash = total([one for one in same_day if one["kind"] == "cash"])
            assert row["receipt_id"] == row["credit_id"] == ""
            assert (cash == 0) == (kind == "set_off")
            if kind == "tax_withheld":
                assert billed_to[row["invoice_id"]]["country"] in ("MX", "DE")
                whole = cash + Decimal(row["amount"])
                assert Decimal(row["amount"]) == (whole / 10).quantize(Decimal("0.01"), ROUND_DOWN)


def test_credit_notes_are_applied_whole_and_some_credits_stand_alone(ledger: dict[str, list[Row]]) -> None:
    applied = {row["credit_id"]: row["amount"] for row in ledger["applications"] if row["credit_id"]}
    credited = {row["credit_id"]: row["amount"] for row in ledger["credits"]}
    alone = [row for row in ledger["credits"] if row["credit_id"] not in applied]
    assert applied.items() <= credited.items()
    assert len(applied) > 50
    assert 3 < len(alone) < 20
    assert {row["reason"] for row in alone} == {"referral"}


def test_some_customers_have_a_second_number_that_was_merged(ledger: dict[str, list[Row]]) -> None:
    """One plan of each, and nothing else, is billed under it; the money comes from the person."""
    person = persons(ledger)
    second = {name for name, first in person.items() if name != first}
    assert 3 <= len(second) < 10
    assert {person[name] for name in second}.isdisjoint(second)
    billed = by([row for row in ledger["invoices"] if row["customer_id"] in second], "customer_id")
    agreed = by([row for row in ledger["billing_schedule"] if row["customer_id"] in second], "customer_id")
    assert billed.keys() <= agreed.keys() == second
    for name in second:
        (plan,) = {row["plan_id"] for row in [*billed[name], *agreed[name]]}
        assert plan
    assert second.isdisjoint(row["customer_id"] for row in ledger["receipts"])


def test_the_books_tie_and_the_roll_forward_closes(company_then: Ledger) -> None:
    books = company_then.books
    figures = company_then.as_of(LAST_ON).kpis().set_index("kpi").value
    assert round(figures.open_ar + figures.credit_balance, 2) == round(figures.net_ar, 2)
    assert all(figures[["withheld_tax", "bank_charges", "credit_balance"]] != 0)
    assert (roll_forward(books, month_ends(LAST_ON, 36)).difference == 0).all()
    ties = control(stand(books, [LAST_ON]), LAST_ON)
    assert ties.groupby("total").size().to_dict() == {"net_ar": 36, "open_ar": 36}
    assert (ties.difference == 0).all()
    assert ties.query("total == 'net_ar'").booked.iloc[-1] == round(100 * figures.net_ar)


# New books


def test_new_books_hold_nothing_of_before_but_what_was_open(begun: Path, ledger: dict[str, list[Row]]) -> None:
    """Of an item that is older what is left; of an older booking only a payment that comes back later."""
    then, now = ledger, tables(begun)
    assert (begun / "ledger.toml").read_text("utf-8").splitlines()[-1] == "complete_from = 2026-01-01"
    billed = entries(now)
    older = [row for row in now["applications"] if max(entered(row, "applied_on"), billed[row["invoice_id"]]) < GO_LIVE]
    undone = {row["undoes"] for row in now["applications"] if row["undoes"]}
    assert {row["application_id"] for row in older} <= undone
    amounts = {row["invoice_id"]: Decimal(row["amount"]) for row in then["invoices"]}
    left = {row["invoice_id"]: Decimal(row["amount"]) for row in now["invoices"]}
    assert all(0 < left[name] <= amounts[name] for name in left)
    assert all(
        left[row["invoice_id"]] == amounts[row["invoice_id"]]
        for row in now["invoices"]
        if day(row["issued_on"]) >= GO_LIVE
    )
    assert 100 < sum(on < GO_LIVE for on in billed.values()) < 1_000
    assert any(left[name] < amounts[name] for name in left)
    assert any(row["credit_id"].startswith("CO-") for row in now["credits"])
    assert min(day(row["month"]) for row in now["costs"]) == GO_LIVE
    assert now["control_totals"][0]["as_of"] == "2025-12-31"


def test_new_books_open_without_errors_and_tie(company_now: Ledger) -> None:
    books = company_now.books
    assert books.quarantine.empty
    assert set(books.problems.rule) <= {"over_applied", "duplicate_row", "booking_gap"}
    ties = control(stand(books, [LAST_ON]), LAST_ON)
    assert len(ties) == 14
    assert (ties.difference == 0).all()
    assert (roll_forward(books, month_ends(LAST_ON, 6)).difference == 0).all()


def test_new_books_say_what_the_old_ones_say_or_nothing(company_then: Ledger, company_now: Ledger) -> None:
    """Balances on any day, flows and short windows as before; what looks back before the first day is not defined."""
    keys = ["as_of", "kpi"]
    figures = [company.as_of(LAST_ON).kpis(months=2) for company in (company_then, company_now)]
    old, new = (one.set_index(keys).value for one in figures)
    known = new.dropna()
    pd.testing.assert_series_equal(known, old[known.index], rtol=1e-12)
    unknown = {kpi for as_of, kpi in new.index[new.isna() & old.notna()] if as_of == pd.Timestamp(LAST_ON)}
    assert unknown == {
        "dso_12m", "ar_turnover", "bad_debt_share", "recovered_to_outstanding", "collections_roi_net",
    }  # fmt: skip
    with pytest.raises(UsageError, match="begins on 2026-01-01"):
        company_now.as_of("2025-12-31")


def test_new_books_have_the_old_balances_from_their_first_day(company_then: Ledger, company_now: Ledger) -> None:
    days = [GO_LIVE, date(2026, 1, 15), date(2026, 3, 31)]
    then, now = (
        positions(facts, facts.calendar.select(on="as_of")).filter(lambda owed: owed.balance > 0).to_pandas()
        for facts in (stand(company.books, days) for company in (company_then, company_now))
    )
    order = ["on", "invoice_id"]
    old, new = (one.sort_values(order, ignore_index=True) for one in (then, now))
    assert len(new) > 300
    pd.testing.assert_frame_equal(old, new)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32), customers=st.integers(1, 25), back=st.integers(0, 200))
@example(seed=7651, customers=1, back=0)  # who has paid nothing yet
def test_new_books_of_any_company_tie(seed: int, customers: int, back: int) -> None:
    """Begun on any day, they have the net balances of the old ones at each month's end, and their own open ones."""
    with TemporaryDirectory() as scratch:
        go_live = LAST_ON - timedelta(days=back)
        write_sample(Path(scratch) / "old", customers, 8, seed)
        write_sample(Path(scratch) / "new", customers, 8, seed, go_live)
        old, new = tables(Path(scratch) / "old"), tables(Path(scratch) / "new")
    assert booked_totals(new) == closing_balances(new)
    before = net_balances(old)
    assert net_balances(new) == {row["as_of"]: before[row["as_of"]] for row in new["control_totals"]}


@pytest.mark.parametrize("go_live", [date(2023, 7, 1), date(2026, 7, 1)])
def test_books_begin_within_the_months(tmp_path: Path, go_live: date) -> None:
    with pytest.raises(UsageError, match=f"No books to change on {go_live}: choose a day after 2023-07-01"):
        write_sample(tmp_path / "ledger", go_live=go_live)


def test_the_truth_of_new_books_is_that_of_their_invoices(begun: Path, truth: pd.DataFrame) -> None:
    own, there = pd.read_parquet(begun / "truth.parquet"), {row["invoice_id"] for row in tables(begun)["invoices"]}
    pd.testing.assert_frame_equal(own, truth[truth["invoice_id"].isin(there)].reset_index(drop=True))
    as_of = date(2026, 3, 17)
    pd.testing.assert_frame_equal(oracle(own, as_of), oracle(truth, as_of))


def test_discounts_are_taken_in_time_and_in_full(ledger: dict[str, list[Row]]) -> None:
    invoices = {row["invoice_id"]: row for row in ledger["invoices"]}
    taken = [row for row in ledger["applications"] if row["kind"] == "discount"]
    assert len(taken) > 20
    for row in taken:
        invoice = invoices[row["invoice_id"]]
        assert row["amount"] == invoice["discount_amount"]
        assert day(row["applied_on"]) <= day(invoice["discount_until"])
        assert Decimal(row["amount"]) == round(Decimal(invoice["amount"]) * Decimal("0.02"), 2)


def test_the_schedule_foretells_every_instalment(ledger: dict[str, list[Row]]) -> None:
    agreed = by(ledger["billing_schedule"], "plan_id")
    prices = {f"{price / 100:.2f}" for price in (240_000, 420_000, 690_000)}
    for rows in agreed.values():
        assert 6 <= len(rows) <= 12
        assert str(total(rows)) in prices
        assert all(day(row["known_on"]) < day(row["issue_on"]) for row in rows)
    foretold = {
        (plan, row["issue_on"], row["due_on"], row["amount"], row["customer_id"])
        for plan, rows in agreed.items()
        for row in rows
        if day(row["issue_on"]) <= LAST_ON
    }
    issued = {
        (row["plan_id"], row["issued_on"], row["due_on"], row["amount"], row["customer_id"])
        for row in ledger["invoices"]
        if row["plan_id"]
    }
    assert issued == foretold
    assert len(ledger["billing_schedule"]) > len(issued)


def test_a_fee_follows_an_invoice_a_month_overdue(ledger: dict[str, list[Row]]) -> None:
    person = persons(ledger)
    due = by([row | {"customer_id": person[row["customer_id"]]} for row in ledger["invoices"]], "customer_id")
    fees = [row for row in ledger["invoices"] if row["kind"] == "fee"]
    assert len(fees) > 30
    for fee in fees:
        waited = [day(fee["issued_on"]) - day(row["due_on"]) for row in due[fee["customer_id"]]]
        assert any(timedelta(31) <= wait <= timedelta(35) for wait in waited)


# Collecting


def test_reminders_come_before_and_calls_after_the_due_date(ledger: dict[str, list[Row]]) -> None:
    due = {row["invoice_id"]: day(row["due_on"]) for row in ledger["invoices"]}
    late = defaultdict(list)
    for row in ledger["contacts"]:
        late[row["channel"]].append((day(row["contacted_on"]) - due[row["invoice_id"]]).days)
    assert max(late["reminder"]) <= 1
    assert min(late["call"]) >= 6
    assert min(late["agency"]) >= 100
    assert {row["right_party"] for row in ledger["contacts"] if row["channel"] == "call"} == {"true", "false"}


def test_every_promise_was_made_in_a_call_for_a_payday_ahead(ledger: dict[str, list[Row]]) -> None:
    calls = {(row["invoice_id"], row["contacted_on"]) for row in ledger["contacts"] if row["outcome"] == "promise"}
    assert {(row["invoice_id"], row["made_on"]) for row in ledger["promises"]} == calls
    assert all(3 <= (day(row["promised_on"]) - day(row["made_on"])).days <= 18 for row in ledger["promises"])


def test_promises_are_kept_and_broken(ledger: dict[str, list[Row]]) -> None:
    paid = by([row for row in ledger["applications"] if row["kind"] == "cash"], "invoice_id")
    kept = [
        total([p for p in paid[row["invoice_id"]] if row["made_on"] < p["applied_on"] <= row["promised_on"]])
        >= Decimal(row["amount"])
        for row in ledger["promises"]
        if day(row["promised_on"]) <= LAST_ON
    ]
    assert 0.4 < sum(kept) / len(kept) < 0.75


def test_a_disputed_invoice_waits_for_its_outcome(ledger: dict[str, list[Row]]) -> None:
    applications = by(ledger["applications"], "invoice_id")
    outcomes = {row["outcome"] for row in ledger["disputes"]}
    assert outcomes == {"", "upheld", "partly upheld", "rejected", "withdrawn"}
    for row in ledger["disputes"]:
        assert (row["closed_on"] == "") == (row["outcome"] == "")
        closed = row["closed_on"] or "2026-07-01"
        meanwhile = [a for a in applications[row["invoice_id"]] if row["opened_on"] < a["applied_on"] < closed]
        assert meanwhile == []
        ending = [a["kind"] for a in applications[row["invoice_id"]] if a["applied_on"] == closed]
        assert ("credit_note" in ending) == (row["outcome"] in ("upheld", "partly upheld"))


def test_every_month_has_a_cost_in_every_category(ledger: dict[str, list[Row]]) -> None:
    categories = next(c.choices for c in BY_NAME["costs"].columns if c.name == "category")
    assert {len(rows) for rows in by(ledger["costs"], "month").values()} == {len(categories)}
    cash = total([row for row in ledger["applications"] if row["kind"] == "cash"])
    assert Decimal("0.01") < total(ledger["costs"]) / cash < Decimal("0.08")


# What the company looks like


def test_the_levels_are_those_of_a_trade(ledger: dict[str, list[Row]]) -> None:
    reduced = {name: total(rows) for name, rows in by(ledger["applications"], "invoice_id").items()}
    balance = {
        row["invoice_id"]: Decimal(row["amount"]) - reduced.get(row["invoice_id"], Decimal(0))
        for row in ledger["invoices"]
    }
    open_ar = sum(owed for owed in balance.values() if owed > 0)
    overdue = sum(
        owed for row in ledger["invoices"] if (owed := balance[row["invoice_id"]]) > 0 and day(row["due_on"]) < LAST_ON
    )
    written_off = total([row for row in ledger["applications"] if row["kind"] == "write_off"])
    assert 0.25 < overdue / open_ar < 0.45
    assert Decimal("0.01") < written_off / total(ledger["invoices"]) < Decimal("0.03")


def test_most_invoices_are_settled_on_time(truth: pd.DataFrame) -> None:
    ended = truth.drop_duplicates("invoice_id", keep="last")
    due = ended[ended["due_on"] < "2026-06-01"]
    on_time = (due["state"] == "paid") & (due["since_on"] <= due["due_on"])
    assert 0.6 < on_time.mean() < 0.75
    by_habit = on_time.groupby(due["habit"]).mean()
    assert by_habit["punctual"] > 0.7
    assert 0.45 > max(by_habit["slow"], by_habit["erratic"]) > by_habit["lapsing"]


def test_habits_come_in_their_shares(truth: pd.DataFrame) -> None:
    habit = truth.drop_duplicates("customer_id").groupby("habit").size() / truth["customer_id"].nunique()
    assert habit.to_dict() == pytest.approx(company.HABITS["share"].to_dict(), abs=0.005)


def test_habits_drift_with_the_years() -> None:
    months = np.array(["2023-07-01"], "datetime64[D]")
    payers = company.customers(3, months, np.random.default_rng(1))
    due = pd.DataFrame({"customer": [2, 2], "due_on": pd.to_datetime(["2023-07-01", "2025-06-30"])})
    told = company.with_habits(due.assign(discount_until=pd.NaT), payers, months[0])
    assert told["typical_days"].tolist() == pytest.approx(
        [payers["typical_days"][2], payers["typical_days"][2] + 2 * payers["drift_days"][2]]
    )


def test_money_moves_on_bank_days_and_by_the_habits_of_its_method(
    ledger: dict[str, list[Row]], truth: pd.DataFrame
) -> None:
    days = np.array([row["received_on"] for row in ledger["receipts"]], "datetime64[D]")
    assert calendar.is_bank_day(days).all()
    paid = truth[truth["state"] == "paid"]
    transfers = paid[paid["method"] == "bank_transfer"]
    assert (transfers["since_on"].dt.day_of_week == transfers["run_weekday"]).mean() > 0.75
    debits = paid[paid["method"] == "direct_debit"]
    pulled = calendar.on_or_after(debits["due_on"].to_numpy("datetime64[D]"))
    assert (debits["since_on"].to_numpy("datetime64[D]") == pulled).mean() > 0.5


# The law


@pytest.fixture(scope="module")
def habits(truth: pd.DataFrame) -> np.ndarray:
    return records(truth.drop_duplicates("invoice_id").iloc[::37])


@given(st.dates(date(2023, 7, 1), date(2027, 6, 30)))
def test_chances_are_probabilities_and_the_end_is_the_end(habits: np.ndarray, on: date) -> None:
    law = chances(habits, np.datetime64(on))
    assert law.min() >= -1e-12
    assert law.sum(axis=2) == pytest.approx(1)
    assert all((law[:, end, end] == 1).all() for end in SETTLED)
    if on.weekday() >= 5:
        assert (law == np.eye(len(State))).all()


def invoice(**habits: object) -> np.ndarray:
    """A check for which the usual day is the due date, Wednesday 10 June 2026, unless told otherwise."""
    usual = {
        "method": "check",
        "issued_on": pd.Timestamp("2026-05-27"),
        "due_on": pd.Timestamp("2026-06-10"),
        "typical_days": 0.0,
        "spread_days": 2.0,
        "pace": 0.5,
        "fade_days": 100.0,
        "pull": 3.0,
        "run_weekday": 3,
        "discount_until": pd.NaT,
        "discount_pull": 0.0,
        "p_bounce": 0.1,
    }
    return records(pd.DataFrame([usual | habits]))


def settles(habits: np.ndarray, on: str, state: State = State.OPEN) -> float:
    """P(a payment arrives): that it stays, bounces, or is a part."""
    law = chances(habits, np.datetime64(on))[0, state]
    return float(law[State.PAID] + law[State.BOUNCING] + law[State.PARTLY] * (state == State.OPEN))


def test_payment_worked_by_hand() -> None:
    assert settles(invoice(), "2026-06-10") == pytest.approx(1 - math.exp(-0.5 * 0.5))
    late = 0.5 / (1 + math.exp(-7 / 2)) * math.exp(-7 / 100)
    assert settles(invoice(), "2026-06-17") == pytest.approx(1 - math.exp(-late))
    month_end = 1.35 * 0.5 / (1 + math.exp(-20 / 2)) * math.exp(-20 / 100)
    assert settles(invoice(), "2026-06-30") == pytest.approx(1 - math.exp(-month_end))


def test_a_transfer_waits_for_its_run() -> None:
    transfer = invoice(method="bank_transfer", p_bounce=0.0)
    assert settles(transfer, "2026-06-10") == pytest.approx(1 - math.exp(-0.12 * 0.25))
    thursday = 4.2 * 0.5 / (1 + math.exp(-0.5)) * math.exp(-0.01)
    assert settles(transfer, "2026-06-11") == pytest.approx(1 - math.exp(-thursday))


@pytest.mark.parametrize(("method", "pulled_on"), [("card", "2026-06-05"), ("direct_debit", "2026-06-08")])
def test_a_pull_due_on_a_sunday(method: str, pulled_on: str) -> None:
    """A card is charged on the Friday before, an account debited on the Monday after."""
    due = invoice(method=method, due_on=pd.Timestamp("2026-06-07"), typical_days=99.0)
    days = [f"2026-06-{number:02}" for number in (4, 5, 8, 9)]
    assert {on: settles(due, on) > 0.9 for on in days} == {on: on == pulled_on for on in days}


def test_the_discount_draws_payment_until_its_last_day() -> None:
    offered = invoice(discount_until=pd.Timestamp("2026-06-03"), discount_pull=0.6, typical_days=99.0)
    assert settles(offered, "2026-06-03") == pytest.approx(1 - math.exp(-0.6))
    assert settles(offered, "2026-06-04") < 0.001


def test_a_promise_draws_payment_on_its_payday_and_lapses_after_it() -> None:
    law = chances(invoice(typical_days=99.0), np.datetime64("2026-06-15"))[0, State.PROMISED]
    assert law[State.PAID] == pytest.approx(1 - math.exp(-0.5))
    assert law[State.OPEN] == pytest.approx(math.exp(-0.5))
    assert chances(invoice(), np.datetime64("2026-06-12"))[0, State.PROMISED, State.OPEN] == 0


def test_what_is_long_overdue_is_written_off_at_a_month_end() -> None:
    old = invoice(due_on=pd.Timestamp("2025-12-31"), fade_days=1.0)
    assert chances(old, np.datetime64("2026-06-30"))[0, State.OPEN, State.WRITTEN_OFF] == pytest.approx(0.5)
    assert chances(old, np.datetime64("2026-06-29"))[0, State.OPEN, State.WRITTEN_OFF] == 0


def test_paydays() -> None:
    """15 August 2026 is a Saturday and 31 May 2026 a Sunday: both paydays fall on the Friday before."""
    asked = np.array(["2026-05-16", "2026-05-30", "2026-08-14", "2026-08-15", "2026-12-31"], "datetime64[D]")
    paid = ["2026-05-29", "2026-06-15", "2026-08-14", "2026-08-31", "2026-12-31"]
    assert calendar.payday(asked).astype(str).tolist() == paid


# The truth and the oracle


def test_the_books_settle_on_the_day_the_truth_says(ledger: dict[str, list[Row]], truth: pd.DataFrame) -> None:
    """An invoice's balance reaches zero for good with the kind and on the day of its last state."""
    amount = {row["invoice_id"]: Decimal(row["amount"]) for row in ledger["invoices"]}
    kinds = dict.fromkeys(["cash", "discount", *DEDUCTIONS], "paid")
    kinds |= {"credit_note": "credited", "write_off": "written_off"}
    booked = {}
    for name, rows in by(ledger["applications"], "invoice_id").items():
        if total(rows) >= amount[name]:
            booked[name] = (kinds[rows[-1]["kind"]], rows[-1]["applied_on"])
    ended = truth.drop_duplicates("invoice_id", keep="last")
    ended = ended[ended["state"].isin(["paid", "credited", "written_off", "bouncing"])]
    told = {
        name: (state.replace("bouncing", "paid"), f"{on:%Y-%m-%d}")
        for name, state, on in ended[["invoice_id", "state", "since_on"]].itertuples(index=False)
    }
    assert booked == told


def test_the_oracle_agrees_with_a_slow_twin(truth: pd.DataFrame) -> None:
    """Carry the mass of each state forward one invoice, one day and one state at a time."""
    as_of = date(2026, 3, 17)
    expected = oracle(truth, as_of, 21)
    now = truth[truth["since_on"] <= pd.Timestamp(as_of)].drop_duplicates("invoice_id", keep="last")
    now = now.set_index("invoice_id").loc[expected.index].reset_index()
    assert {"open", "promised", "disputed"} <= set(now["state"])
    for at in [*range(0, len(now), 25), now.index[now["state"] == "disputed"][0]]:
        one = records(now.iloc[[at]])
        mass = {state: float(state.name.lower() == now["state"][at]) for state in State}
        for h in range(1, 22):
            law = chances(one, np.datetime64(as_of + timedelta(h)))[0]
            after = {to: sum(mass[start] * law[start, to] for start in State) for to in State}
            assert expected.loc[now["invoice_id"][at], h] == pytest.approx(after[State.PAID] - mass[State.PAID])
            mass = after


def test_the_oracle_does_not_look_past_its_day(truth: pd.DataFrame) -> None:
    as_of = date(2025, 11, 4)
    until = truth[truth["since_on"] <= pd.Timestamp(as_of)]
    pd.testing.assert_frame_equal(oracle(truth, as_of), oracle(until, as_of))


def test_the_oracle_counts_the_ends_it_is_asked_for(truth: pd.DataFrame) -> None:
    as_of = date(2026, 1, 5)
    paid, settled = oracle(truth, as_of), oracle(truth, as_of, ends=SETTLED)
    apart = oracle(truth, as_of, ends=[State.CREDITED, State.WRITTEN_OFF])
    assert settled.to_numpy() == pytest.approx((paid + apart).to_numpy())
    assert (settled.sum(axis=1) <= 1 + 1e-9).all()
    assert (apart.sum(axis=1) > 0.3).any()
    sooner = oracle(truth, as_of, ends=CLEARED).cumsum(axis=1) - settled.cumsum(axis=1)
    assert sooner.to_numpy().min() > -1e-9
    assert sooner.to_numpy().max() > 0.005


def test_a_contact_quickens_those_who_forget_for_two_weeks_and_nobody_else(truth: pd.DataFrame) -> None:
    as_of = date(2026, 1, 5)
    alone, reached = (1 - oracle(truth, as_of, 40, contacted=met).cumsum(axis=1) for met in (False, True))
    habit = truth.drop_duplicates("invoice_id").set_index("invoice_id")["habit"][alone.index]
    listens = habit.isin(["slow", "erratic"]).to_numpy()
    assert (~listens).sum() > listens.sum() > 10
    assert (reached[~listens] == alone[~listens]).all(axis=None)
    left = (reached / alone)[listens]
    assert (left <= 1 + 1e-12).all(axis=None)
    assert (left[14] < 0.999).mean() > 0.7
    # Weeks later the effect shrinks: who was not quickened pays by himself.
    assert (alone - reached)[listens][40].mean() < (alone - reached)[listens][14].mean()


def test_the_oracle_has_nothing_to_say_before_the_first_invoice(truth: pd.DataFrame) -> None:
    assert oracle(truth, date(2023, 6, 30)).shape == (0, 91)


def test_lives_follow_the_law(truth: pd.DataFrame) -> None:
    """Over disjoint fortnights, realised less expected payments are noise, of the size their customers explain."""
    paid_on = truth[truth["state"] == "paid"].set_index("invoice_id")["since_on"]
    customer = truth.drop_duplicates("invoice_id").set_index("invoice_id")["customer_id"]
    fortnights = []
    for as_of in pd.date_range("2024-01-02", "2026-06-16", freq="14D"):
        p = oracle(truth, as_of.date(), 14).sum(axis=1)
        paid = (paid_on.reindex(p.index) - as_of).dt.days <= 14
        fortnights.append(pd.DataFrame({"p": p, "paid": paid, "customer": customer[p.index], "as_of": as_of}))
    drawn = pd.concat(fortnights)
    surplus = (drawn["paid"] - drawn["p"]).groupby([drawn["customer"], drawn["as_of"]]).sum()
    assert len(drawn) > 8_000
    assert abs(surplus.sum()) < 3 * math.sqrt((surplus**2).sum())
    bins = drawn.groupby(pd.cut(drawn["p"], [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.01]), observed=True)
    assert bins["paid"].mean().to_numpy() == pytest.approx(bins["p"].mean().to_numpy(), abs=0.04)
