"""The battery of bad ledgers: each kind of trouble by name, what is said of it, and what survives it.

What is wrong with one cell stands beside all the others in one ledger, each kind a row of its own; what is wrong with
a file is a ledger of its own. Whatever is wrong: read = used + quarantined, and what is left adds up to the cent.
"""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

import ledgers
from arforecast.errors import SourceError
from arforecast.ledger import Books, open_books
from arforecast.ledger.rules import RULES
from arforecast.ledger.tables import BY_NAME
from doors import HEADER, SOUND, counted, write
from ledgers import Row, Tables

# A sound row of each table; what identifies it, and its amount, are filled in by its number.
SOUND_ROWS: dict[str, Row] = {
    "invoices": {"invoice_id": "I", "customer_id": "C0", "issued_on": "2026-01-05", "due_on": "2026-02-04",
        "amount": "", "currency": "", "kind": "", "delivered_on": "", "discount_until": "", "discount_amount": "",
        "product": "tea", "known_on": ""},
    "applications": {"application_id": "P", "invoice_id": "I0", "applied_on": "2026-02-01", "amount": "",
        "kind": "cash", "receipt_id": "", "credit_id": "", "undoes": "", "known_on": ""},
    "receipts": {"receipt_id": "R", "customer_id": "C0", "received_on": "2026-02-01", "amount": "", "currency": "",
        "method": "card", "known_on": ""},
    "credits": {"credit_id": "G", "customer_id": "C0", "issued_on": "2026-02-01", "amount": "", "currency": "",
        "reason": "", "known_on": ""},
    "customers": {"customer_id": "C", "name": "", "country": "US", "parent_id": "", "merged_into": "",
        "credit_limit": "", "terms_days": "30", "since_on": ""},
    "disputes": {"dispute_id": "D", "invoice_id": "I0", "opened_on": "2026-02-01", "closed_on": "", "reason": "",
        "amount": "", "outcome": "", "known_on": ""},
    "promises": {"promise_id": "M", "customer_id": "C0", "made_on": "2026-02-10", "promised_on": "2026-02-20",
        "amount": "", "invoice_id": "", "known_on": ""},
    "contacts": {"contact_id": "T", "customer_id": "C0", "contacted_on": "2026-02-10", "channel": "call",
        "invoice_id": "", "outcome": "", "right_party": "", "collector": "", "minutes": "", "known_on": ""},
    "costs": {"month": "2026-01-01", "category": "staff", "amount": "", "entity": ""},
    "billing_schedule": {"customer_id": "C0", "issue_on": "2026-07-01", "due_on": "2026-07-31", "amount": "",
        "product": "", "plan_id": "", "known_on": ""},
    "outflows": {"due_on": "2026-07-15", "amount": "", "category": "rent", "known_on": ""},
    "overrides": {"expected_on": "2026-07-15", "invoice_id": "I0", "customer_id": "", "confidence": "", "note": "",
        "known_on": "2026-06-01"},
    "control_totals": {"as_of": "-", "open_ar": "1.00", "net_ar": "", "currency": ""},
    "rates": {"rate_on": "-", "currency": "EUR", "rate": "1.1"},
}  # fmt: skip


class Kind(NamedTuple):
    """What is wrong, or odd, with a row: its cells that are not sound, the rules it breaks, and whether it stays in
    use; whether it stands there twice."""

    table: str
    cells: Row
    rules: str
    kept: bool
    twice: bool = False

    def __str__(self) -> str:
        told = ", ".join(f"{column}={cell[:20]!r}" for column, cell in self.cells.items())
        return f"{self.table}: {'twice ' if self.twice else ''}{told}"


def bad(tables: str, rules: str, *cells: str, **named: str) -> list[Kind]:
    return _kinds(tables, rules, cells, named, kept=False)


def odd(tables: str, rules: str, *cells: str, **named: str) -> list[Kind]:
    return _kinds(tables, rules, cells, named, kept=True)


def _kinds(tables: str, rules: str, cells: tuple[str, ...], named: Row, *, kept: bool) -> list[Kind]:
    """A kind for each of the cells of the column that comes first, in each of the tables."""
    column, *others = cells
    return [Kind(table, {column: cell} | named, rules, kept) for table in tables.split() for cell in others]


WITH_MONEY = "invoices applications receipts credits promises costs billing_schedule outflows"
OF_CUSTOMERS = "invoices receipts credits promises contacts billing_schedule"
KINDS: list[Kind] = [
    # Dates
    *bad("invoices", "not_a_date", "due_on", "2026-02-30", "30.06.2026", "2026-6-1", "0000-00-00", "46203", "soon"),
    *bad(
        "invoices", "not_a_date", "due_on", "2026-02-04T10:00:00+02:00", "3026-02-04", "２０２６-02-04", "2026-02-04x"
    ),
    *bad("invoices", "empty", "issued_on", "", "  "),
    *bad("invoices", "not_a_date", "delivered_on", "2025-02-29"),
    *bad("applications", "not_a_date", "applied_on", "2026-13-01"),
    *bad("receipts", "not_a_date", "received_on", "2026-02-29"),
    *bad("credits", "not_a_date", "issued_on", "1 Feb"),
    *bad("customers", "not_a_date", "since_on", "long ago"),
    *bad("disputes", "not_a_date", "closed_on", "open"),
    *bad("promises", "not_a_date", "promised_on", "Friday"),
    *bad("contacts", "not_a_date", "contacted_on", "2026/02/10"),
    *bad("costs", "not_a_date", "month", "2026-01"),
    *bad("costs", "not_first_of_month", "month", "2026-01-15"),
    *bad("billing_schedule", "not_a_date", "issue_on", "1 July"),
    *bad("outflows", "not_a_date", "due_on", "15.07.2026"),
    *bad("outflows", "not_a_date", "known_on", "never"),
    *bad("overrides", "not_a_date", "expected_on", "next week"),
    *bad("overrides", "never_known not_a_date", "known_on", "2026-02-30"),
    *bad("control_totals", "not_a_date", "as_of", "June"),
    *bad("rates", "not_a_date", "rate_on", "2026"),
    *bad("applications", "empty", "applied_on", ""),
    *bad("outflows", "empty", "due_on", ""),
    *bad("overrides", "empty", "expected_on", ""),
    *bad("invoices", "long_ago", "known_on", "1899-12-30"),
    *bad("outflows", "long_ago", "due_on", "1900-07-15"),
    *bad("overrides", "long_ago", "expected_on", "1900-07-15"),
    *odd("receipts", "far_ahead", "received_on", "2206-02-01"),
    *odd("outflows", "far_ahead", "due_on", "2126-07-15"),
    *odd("overrides", "far_ahead", "expected_on", "2126-07-15"),
    *odd("invoices", "long_terms", "due_on", "2027-02-04"),
    *bad("invoices", "due_before_issued", "due_on", "2026-01-03"),
    *bad("disputes", "out_of_order", "closed_on", "2026-01-31"),
    *bad("promises", "out_of_order", "promised_on", "2026-02-09"),
    *bad("billing_schedule", "out_of_order", "due_on", "2026-06-30"),
    *odd("invoices", "discount_out_of_time", "discount_until", "2026-01-04", "2026-02-05"),
    *bad("applications", "before_invoice", "applied_on", "2026-01-01", kind="discount"),
    *odd("applications", "prepayment", "applied_on", "2026-01-01"),
    # Money
    *bad("invoices", "not_money", "amount", "1,000.00", "1.005", "1e5", "NaN", "inf", "ten", "$5.00", "--5", "5-"),
    *bad("invoices", "not_money", "amount", "=2+3", "0x10", "1_000.00", "٣.00", "5.", ".", "1 000.00", "(5.00)"),
    *bad(WITH_MONEY, "empty", "amount", "", " \t"),
    *bad(WITH_MONEY, "not_money", "amount", "n/a"),
    *bad(WITH_MONEY, "too_large", "amount", "9999999999999999.00"),
    *bad("invoices", "absurd", "amount", "999999999999.00"),
    *odd("invoices", "outlier", "amount", "90000.00"),
    *bad("invoices", "credit_as_invoice", "amount", "-5.00"),
    *odd("invoices", "nothing_billed", "amount", "0.00"),
    *bad("invoices", "below_zero", "discount_amount", "-1.00"),
    *odd("invoices", "discount_above_invoice", "discount_amount", "900.00"),
    *bad("applications", "zero", "amount", "0", "0.00"),
    *odd("applications", "undoes_nothing", "amount", "-1.00", kind="difference"),
    *bad("credits promises billing_schedule outflows", "not_positive", "amount", "0", "-5.00"),
    *bad("customers", "below_zero", "credit_limit", "-1"),
    *bad("customers", "not_money", "credit_limit", "unlimited"),
    *bad("disputes", "below_zero", "amount", "-1.00"),
    *bad("control_totals", "no_balance not_money", "open_ar", "balanced"),
    *bad("control_totals", "no_balance", "open_ar", ""),
    # Numbers, flags, closed lists
    *bad("customers", "not_a_number", "terms_days", "thirty", "1e3", "30 days"),
    *bad("customers", "below_zero", "terms_days", "-30"),
    *bad("contacts", "not_a_number", "minutes", "0:05"),
    *bad("contacts", "below_zero", "minutes", "-5"),
    *bad("rates", "not_a_number", "rate", "1,1"),
    *bad("rates", "not_positive", "rate", "0", "-1.1"),
    *bad("rates", "empty", "rate", ""),
    *bad("rates", "too_large", "rate", "100000000", "1000000000000000"),
    *bad("rates", "too_small", "rate", "0.0000000000009"),
    *bad("rates", "own_rate", "rate", "1.1", currency="USD"),
    *odd("rates", "", "rate", "1.0", currency="USD"),
    *bad("overrides", "not_a_number", "confidence", "sure", "80%"),
    *bad("overrides", "no_chance", "confidence", "0", "-0.5", "1.5", "80"),
    *bad("contacts", "not_a_flag", "right_party", "perhaps", "2"),
    *bad("invoices", "unknown_kind", "kind", "Invoice", "refund"),
    *bad("applications", "unknown_kind", "kind", "CASH", "barter"),
    *bad("applications", "empty", "kind", ""),
    *bad("costs", "unknown_kind", "category", "coffee"),
    *bad("costs", "empty", "category", ""),
    # Identifiers
    *bad("invoices", "empty", "invoice_id", "", " "),
    *bad("receipts", "empty", "receipt_id", ""),
    *bad("credits", "empty", "credit_id", ""),
    *bad("customers", "empty", "customer_id", ""),
    *bad("disputes", "empty", "dispute_id", ""),
    *bad("promises", "empty", "promise_id", ""),
    *bad("contacts", "empty", "contact_id", ""),
    *bad("contacts", "empty", "channel", ""),
    *bad(OF_CUSTOMERS, "empty", "customer_id", ""),
    *bad("applications disputes", "empty", "invoice_id", ""),
    *bad("overrides", "nobody_named", "invoice_id", "", " "),
    *odd("overrides", "never_known", "known_on", ""),
    *bad("applications disputes promises contacts overrides", "unknown_invoice", "invoice_id", "nowhere"),
    *odd(OF_CUSTOMERS, "unknown_customer", "customer_id", "nobody"),
    *odd("overrides", "unknown_customer", "customer_id", "nobody", invoice_id=""),
    *odd("customers", "unknown_customer", "parent_id", "nobody"),
    *odd("customers", "unknown_customer", "merged_into", "nobody"),
    *odd("applications", "unknown_receipt", "receipt_id", "nowhere"),
    *odd("applications", "unknown_credit", "credit_id", "nowhere", kind="credit_note"),
    *odd("applications", "unknown_application", "undoes", "nowhere", amount="-1.00"),
    *odd("invoices", "control_sign", "invoice_id", "A\x001", "A\x1b[31m", "A\nB"),
    *odd("invoices", "control_sign", "invoice_id", "A\u200b2", "A\xa02", "A\u202e2", "\ufeffA2"),
    *(kind._replace(twice=True) for kind in bad("invoices", "duplicate_id", "invoice_id", "twice")),
    *(kind._replace(twice=True) for kind in bad("applications", "duplicate_id", "application_id", "twice")),
    *(kind._replace(twice=True) for kind in bad("receipts", "duplicate_id", "receipt_id", "twice")),
    *(kind._replace(twice=True) for kind in bad("credits", "duplicate_id", "credit_id", "twice")),
    *(kind._replace(twice=True) for kind in bad("customers", "duplicate_id", "customer_id", "twice")),
    *(kind._replace(twice=True) for kind in bad("disputes", "duplicate_id", "dispute_id", "twice")),
    *(kind._replace(twice=True) for kind in bad("promises", "duplicate_id", "promise_id", "twice")),
    *(kind._replace(twice=True) for kind in bad("contacts", "duplicate_id", "contact_id", "twice")),
    *(kind._replace(twice=True) for kind in bad("control_totals", "duplicate_total", "as_of", "2024-01-31")),
    *(kind._replace(twice=True) for kind in bad("rates", "duplicate_rate", "rate_on", "2024-01-31")),
]
DAY = date(2025, 1, 1)


def numbered(table: str, nth: int) -> Row:
    """The sound row of a table as the one of that number: nothing else of the table is like it."""
    row, identifier = SOUND_ROWS[table], BY_NAME[table].identifier[:1]
    own = {name: f"{row[name]}{nth}" for name in identifier if name.endswith("_id")}
    own |= {name: str(DAY + timedelta(nth)) for name in ("as_of", "rate_on") if name in row}
    own |= {"amount": f"{nth + 1}.00"} if "amount" in row else {}
    return row | own


def ledger() -> tuple[Tables, dict[tuple[str, int], Kind]]:
    """Of each table what is sound, and then each kind; and of which kind the lines of the files are."""
    tables: Tables = {name: [numbered(name, 0)] for name in SOUND_ROWS}
    tables["invoices"][0]["amount"], tables["rates"][0]["rate_on"] = "9000.00", "2026-01-05"
    lines: dict[tuple[str, int], Kind] = {}
    for nth, kind in enumerate(KINDS, start=1):
        for _again in range(2 if kind.twice else 1):
            tables[kind.table].append(numbered(kind.table, nth) | kind.cells)
            lines[kind.table, len(tables[kind.table]) + 1] = kind
    return tables, lines


class Battery(NamedTuple):
    """The ledger of all kinds, as it was written and as it was read."""

    tables: Tables
    lines: dict[tuple[str, int], Kind]
    books: Books


@pytest.fixture(scope="module")
def battery(tmp_path_factory: pytest.TempPathFactory) -> Battery:
    tables, lines = ledger()
    return Battery(tables, lines, open_books(ledgers.write(tables, tmp_path_factory.mktemp("battery") / "ledger")))


HEAD, ROW = HEADER.encode(), SOUND.encode()
SHEET = b"%s\n%s\n" % (HEAD, ROW)
# What a folder holds, and what is said of it: nothing of such a ledger is read.
FILES: dict[str, tuple[dict[str, str | bytes], str]] = {
    "no file": ({}, "Only invoices.csv"),
    "no invoices": ({"receipts.csv": "receipt_id,customer_id,received_on,amount\n"}, "Only invoices.csv"),
    "a file of nothing": ({"invoices.csv": b""}, "invoices.csv is empty. Write its header"),
    "a header of nothing": ({"invoices.csv": b"\n"}, "is empty. Write its header"),
    "a blank line before the header": ({"invoices.csv": b"\n" + SHEET}, "its first line is blank. Begin it with"),
    "a byte that is no UTF-8": ({"invoices.csv": SHEET + b"\xff\n"}, "invoices.csv is not UTF-8"),
    "UTF-16": ({"invoices.csv": SHEET.decode().encode("utf-16")}, "is not UTF-8"),
    "a semicolon between": ({"invoices.csv": SHEET.replace(b",", b";")}, "is not separated by commas"),
    "a tab between": ({"invoices.csv": SHEET.replace(b",", b"\t")}, "is not separated by commas"),
    "a column missing": ({"invoices.csv": SHEET.replace(b"amount", b"total")}, "has no column amount; its columns are"),
    "a column twice": ({"invoices.csv": SHEET.replace(b"due_on", b"issued_on")}, "issued_on stands there twice"),
    "a column twice but for capitals": (
        {"invoices.csv": SHEET.replace(b"due_on", b"Issued_on")},
        "issued_on stands there twice",
    ),
    "a column in capitals": ({"invoices.csv": SHEET.replace(b"amount", b"amount,Kind")}, "Write its name in small"),
    "a column without a name": (
        {"invoices.csv": SHEET.replace(b"amount", b"amount,")},
        "column 6 of the header has no",
    ),
    "a column of ours": ({"invoices.csv": SHEET.replace(b"amount", b"amount,row")}, "has a column row, a name kept"),
    "no gzip": ({"invoices.csv.gz": SHEET}, "A .gz file must be gzip"),
    "half a gzip": ({"invoices.csv.gz": gzip.compress(SHEET)[:-9]}, "A .gz file must be gzip"),
    "no Parquet": ({"invoices.parquet": SHEET}, "invoices.parquet"),
    "a table twice": (
        {"invoices.csv": SHEET, "invoices.csv.gz": gzip.compress(SHEET)},
        "the table invoices stands there",
    ),
    "outflows without an amount": (
        {"invoices.csv": SHEET, "outflows.csv": "due_on\n"},
        "outflows has no column amount",
    ),
    "overrides without a day": (
        {"invoices.csv": SHEET, "overrides.csv": "invoice_id\n"},
        "overrides has no column expected_on",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_what_cannot_be_read_is_refused_in_a_line(kind: str, tmp_path: Path) -> None:
    files, said = FILES[kind]
    with pytest.raises(SourceError) as told:
        open_books(write(tmp_path, files))
    assert said in str(told.value)
    assert "\n" not in str(told.value)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        name: content if isinstance(content, bytes) else content.encode() for name, content in files.items()
    }


def test_there_are_150_kinds_and_each_has_a_name_of_its_own() -> None:
    """They are printed: what is wrong, the rules it breaks or what is said of the file, and what becomes of it."""
    rows = [(str(kind), kind.rules, "used" if kind.kept else "set aside") for kind in KINDS]
    rows += [(kind, said, "refused") for kind, (_files, said) in FILES.items()]
    print("", *(" | ".join(row) for row in rows), sep="\n")
    assert len(KINDS) + len(FILES) >= 150
    assert len({*map(str, KINDS), *FILES}) == len(KINDS) + len(FILES)


def test_of_each_kind_it_is_said_what_is_wrong_and_nothing_else(battery: Battery) -> None:
    found: dict[tuple[str, int], list[str]] = {line: [] for line in battery.lines}
    for problem in battery.books.problems.itertuples():
        assert "Traceback" not in problem.message
        found.setdefault((problem.table, int(problem.row)), []).append(problem.rule)
    wrong = {
        f"{battery.lines.get(line, 'a sound row')} (row {line})": rules
        for line, rules in found.items()
        if line not in battery.lines or sorted(rules) != sorted(battery.lines[line].rules.split())
    }
    assert wrong == {}


def test_what_is_bad_is_set_aside_and_what_is_odd_is_used(battery: Battery) -> None:
    held = battery.books.quarantine
    aside = {(row.table, int(row.row)) for row in held.itertuples()}
    assert aside == {line for line, kind in battery.lines.items() if not kind.kept}
    for name, rows in battery.tables.items():
        lost = sum(table == name for table, _row in aside)
        assert counted(battery.books)[name] == (len(rows), len(rows) - lost, lost)


def test_what_is_left_adds_up_to_the_cent(battery: Battery) -> None:
    for name, rows in battery.tables.items():
        if "amount" not in rows[0]:
            continue
        kinds = [battery.lines.get((name, nth)) for nth in range(2, len(rows) + 2)]
        sound = [row["amount"] for row, kind in zip(rows, kinds, strict=True) if kind is None or kind.kept]
        used = battery.books.tables[name].amount.sum().execute()
        assert Decimal(int(used)) / 100 == sum(map(Decimal, sound)), name


def test_every_rule_about_a_row_is_in_the_battery() -> None:
    """Those of whole files, of several rows and of foreign money have tests of their own."""
    told = {rule for kind in KINDS for rule in kind.rules.split()}
    elsewhere = {
        "unreadable", "misnamed_file", "misnamed_column", "unknown_file", "booking_gap", "over_applied",
        "applied_beyond", "applied_elsewhere", "applied_too_early", "circle", "paid_on_unused", "no_paid_day",
        "before_the_beginning", "duplicate_row", "repeated_row", "unknown_currency", "missing_rate", "undoes_too_much",
    }  # fmt: skip
    assert set(RULES) - told == elsewhere
