"""No query compares every row with every other: DuckDB's plan of each is read, for everything that looks back.

A join is found by equality. One on ranges, or with an `or` in it, meets every pair of rows; only a calendar of days,
a few rows however large the ledger, may stand on one side of such a join.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import pytest
from ibis.backends.duckdb import Backend

from arforecast import Ledger, Snapshot, open_ledger
from arforecast.reconciliation import roll_forward
from arforecast.sample import write_sample
from arforecast.schedules import SCHEDULES
from arforecast.settings import Settings
from arforecast.snapshot import computed, month_ends
from compiled import written
from ledgers import Row, Tables, write

AS_OF = date(2026, 5, 20)
EVERY_PAIR = {"NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN", "CROSS_PRODUCT", "IE_JOIN", "PIECEWISE_MERGE_JOIN"}
# Rows that were handed to the query, as days are, and not read from a table; or that were placed beside the tables.
GIVEN = {"ARROW_SCAN", "COLUMN_DATA_SCAN", "DUMMY_SCAN", "EMPTY_RESULT"}
TARGETS = {"dso": {"value": 30, "segment": {"team": 20}, "collector": {"A. Diallo": 20}}}

Node = dict[str, Any]
ASKED: dict[str, Callable[[Snapshot], object]] = {
    "kpis": lambda today: today.kpis(),
    "kpis by a column of invoices": lambda today: today.kpis(by="collector", months=13),
    "kpis by a column of customers": lambda today: today.kpis(by="country", months=2),
    "kpis by a cross": lambda today: today.kpis(by=("collector", "country"), months=2),
    "bridge": lambda today: today.bridge(),
    "targets": lambda today: today.targets(),
    **{name: lambda today, name=name: today.schedule(name) for name in SCHEDULES},
    "accounts": lambda today: today.accounts(),
    "sheets": lambda today: today.account_sheets(list(today.accounts().customer_id)),
    "gates": lambda today: today.stamp(),
    "roll-forward": lambda today: roll_forward(today.books, month_ends(AS_OF, 13)),
    "facts": lambda today: computed(today.books, [AS_OF]),
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("plans") / "sample"
    write_sample(folder, customers=60, months=18)
    return open_ledger(folder, Settings.model_validate({"targets": TARGETS}))


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Node]:
    """The plan of every query from here on, of those that make a table too."""
    written.clear()  # what is kept is not asked again while somebody knows it
    seen: list[Node] = []
    execute, keep = Backend.execute, Backend._create_cached_table

    def read(con: Backend, expr: ibis.Expr) -> None:
        con._run_pre_execute_hooks(expr)
        sql = con.compile(expr.as_table())
        (_, plan) = con.con.execute(f"EXPLAIN (FORMAT json) {sql}").fetchone()
        seen.extend(json.loads(plan))

    def executed(self: Backend, expr: ibis.Expr, **kwargs: Any) -> Any:
        read(self, expr)
        return execute(self, expr, **kwargs)

    def kept(self: Backend, name: str, rows: ibis.Table) -> ibis.Table:
        read(self, rows)
        return keep(self, name, rows)

    monkeypatch.setattr(Backend, "execute", executed)
    monkeypatch.setattr(Backend, "_create_cached_table", kept)
    return seen


@pytest.mark.parametrize("asked", ASKED)
def test_only_a_calendar_meets_every_row(asked: str, ledger: Ledger, plans: list[Node]) -> None:
    ASKED[asked](ledger.as_of(AS_OF))
    assert plans
    assert [_told(join) for plan in plans for join in _meeting_every_row(plan)] == []


def test_a_join_on_ranges_is_found(ledger: Ledger, plans: list[Node]) -> None:
    """The test itself sees what it looks for: two tables on a range, and not the calendar that meets one."""
    facts = computed(ledger.books, [AS_OF])
    plans.clear()
    facts.entries.join(facts.spells, facts.entries.entered_on < facts.spells.since).count().execute()
    assert [join for plan in plans for join in _meeting_every_row(plan)]
    plans.clear()
    days = facts.calendar
    days.join(facts.spells, facts.spells.since <= days.as_of).count().execute()
    assert not [join for plan in plans for join in _meeting_every_row(plan)]


@pytest.mark.parametrize("asked", ["kpis", "contacts_by_channel", "accounts"])
def test_no_invoice_of_an_account_is_met_on_each_day_of_it(asked: str, tmp_path: Path, handled: list[int]) -> None:
    """The largest customer can have half of the invoices, and be called and promise to pay every day: what is handled
    goes with the rows of the ledger, not with its invoices times these days, 40,000 here."""
    today = open_ledger(write(_one_account(200), tmp_path / "ledger")).as_of(AS_OF)
    handled.clear()
    ASKED[asked](today)
    assert 200 <= max(handled) <= 4_000


def _one_account(size: int) -> Tables:
    """A customer who is billed, contacted and promises to pay on each day, and pays every second invoice."""
    days = [AS_OF - timedelta(days=size + 40 - nth) for nth in range(size)]
    numbered = list(enumerate(days))
    return {
        "invoices": [_row(invoice_id=n, issued_on=on, due_on=on, amount=10) for n, on in numbered],
        "applications": [
            _row(invoice_id=n, applied_on=on + timedelta(days=30), amount=10, kind="cash") for n, on in numbered[::2]
        ],
        "contacts": [_row(contact_id=n, contacted_on=on, channel="call") for n, on in numbered],
        "promises": [_row(promise_id=n, made_on=on, promised_on=on, amount=10) for n, on in numbered],
    }


def _row(**cells: object) -> Row:
    of = {} if "applied_on" in cells else {"customer_id": "c"}
    return {name: str(cell) for name, cell in (of | cells).items()}


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The most rows that a step of each query gives, as DuckDB counts them."""
    seen: list[int] = []
    execute = Backend.execute

    def executed(self: Backend, expr: ibis.Expr, **kwargs: Any) -> Any:
        self._run_pre_execute_hooks(expr)
        analysed = self.con.execute(f"EXPLAIN (ANALYZE, FORMAT json) {self.compile(expr.as_table())}").fetchone()[1]
        seen.append(max(node.get("operator_cardinality", 0) for node in _below(json.loads(analysed))))
        return execute(self, expr, **kwargs)

    monkeypatch.setattr(Backend, "execute", executed)
    return seen


def _meeting_every_row(plan: Node) -> list[Node]:
    """The joins of a plan that meet every pair of rows, neither side a calendar."""
    nodes = list(_below(plan))
    named = {node["extra_info"]["Table Index"]: node["children"][0] for node in nodes if _name(node) == "CTE"}
    joins = [node for node in nodes if _name(node) in EVERY_PAIR]
    return [join for join in joins if not any(_is_given(side, named) for side in join["children"])]


def _is_given(node: Node, named: dict[str, Node]) -> bool:
    """Whether all rows below a node come from rows that were handed to the query."""
    if _name(node) == "CTE_SCAN":
        return _is_given(named[node["extra_info"]["CTE Index"]], named)
    if node["children"]:
        return all(_is_given(child, named) for child in node["children"])
    return _name(node) in GIVEN or ".placed_" in node["extra_info"].get("Table", "")


def _below(node: Node) -> Iterator[Node]:
    yield node
    for child in node["children"]:
        yield from _below(child)


def _name(node: Node) -> str:
    return node["name"].strip()


def _told(join: Node) -> str:
    return f"{_name(join)} {join['extra_info']}"
