"""The SQL of the snapshot and of every measure, in the dialects it must outlive Ibis in.

`python tests/golden_sql.py` writes it anew; the difference then shows in the review what a change did to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import ibis
import pandas as pd

from arforecast import kpis, snapshot
from arforecast.kpis import balances
from arforecast.ledger import Books, cells
from arforecast.ledger.tables import APPLICATIONS, TABLES, Table
from arforecast.settings import Settings

FOLDER = Path(__file__).parent / "golden" / "sql"
DIALECTS = ("postgres", "databricks", "snowflake", "bigquery")


def unbound(table: Table) -> ibis.Table:
    """A table of the books that no engine holds."""
    counts = {"happened_on": "date", "counted_on": "date"} if table is APPLICATIONS else {}
    return ibis.table({"row": "int64"} | cells.types(table) | counts, name=table.name)


def books() -> Books:
    nothing = pd.DataFrame()
    tables = {table.name: unbound(table) for table in TABLES}
    return Books(tables, frozenset(), nothing, nothing, nothing, "", Settings())


def named(expr: ibis.Table, name: str) -> ibis.Table:
    """The expression's rows as a table of that name, so that what builds on it stays short."""
    return ibis.table(expr.schema(), name=name)


def facts() -> snapshot.Facts:
    """Facts of which each step is a table of its name."""
    whole = snapshot.stand(books(), [date(2026, 6, 30)], by="segment")
    steps = ("calendar", "invoices", "entries", "spells", "settlements", "receipts")
    return replace(whole, **{name: named(getattr(whole, name), name) for name in steps})


def expressions() -> Iterator[tuple[str, ibis.Table]]:
    of = facts()
    yield "snapshot_entries", snapshot.entries(of.books, of.invoices)
    yield "snapshot_spells", snapshot.spells(of.entries, of.invoices)
    yield "snapshot_settlements", snapshot.settlements(of.entries, of.spells)
    for measure in (balances.standing, *kpis.MEASURES):
        yield _name(measure), measure(of)


def _name(measure: object) -> str:
    if isinstance(measure, partial):
        return "_".join([measure.func.__name__, *map(str, measure.keywords.values())])
    return measure.__name__


def statements() -> Iterator[tuple[Path, str]]:
    """The file of each statement, and the statement."""
    for name, expr in expressions():
        for dialect in DIALECTS:
            yield FOLDER / dialect / f"{name}.sql", f"{_told(expr, dialect)}\n"


def _told(expr: ibis.Table, dialect: str) -> str:
    """The statement; days that are handed to it have a name that is drawn anew each time."""
    return re.sub(r"ibis_pandas_memtable_\w+", "days", str(ibis.to_sql(expr, dialect=dialect)))


if __name__ == "__main__":
    for path, sql in statements():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql, "utf-8")
