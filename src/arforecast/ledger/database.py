"""A ledger's tables where a user's database holds them: they stay there, and only what answers a question leaves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

import ibis
import pandas as pd
from ibis.util import gen_name

from arforecast.errors import SourceError, address, shown
from arforecast.ledger.tables import BY_NAME

# The engines that are opened by a URL, and what installs the driver of each.
DRIVERS = {
    "postgres": "arforecast[postgres]",
    "postgresql": "arforecast[postgres]",
    "pyspark": "arforecast[spark]",
    "databricks": "ibis-framework[databricks]",
    "snowflake": "ibis-framework[snowflake]",
    "bigquery": "ibis-framework[bigquery]",
}
ENGINES = f"Name a folder, a .duckdb file, or a URL that begins with one of {', '.join(DRIVERS)}, then ://."


def ours(table: ibis.Table | ibis.Value) -> bool:
    """Whether DuckDB holds it: there a table may be kept, and rows have an order."""
    return table.get_backend().name == "duckdb"


def kept(table: ibis.Table) -> ibis.Table:
    """The table, computed once; elsewhere asked anew each time, for who may read there may not write."""
    return table.cache() if ours(table) else table


def computed_once(table: ibis.Table) -> ibis.Table:
    """The table in a temporary one, wherever it is. Spark is asked for it once before: only so does Ibis take along the
    rows that a question brings."""
    if table.get_backend().name == "pyspark":
        table.limit(0).to_pandas()
    return table.cache()


def placed(rows: ibis.Table, beside: ibis.Table) -> ibis.Table:
    """Rows that a question brings along, kept where a table is: they then stand in no question."""
    return beside.get_backend().create_table(gen_name("placed"), rows, temp=True) if ours(beside) else rows


def empty(types: dict[str, str], beside: ibis.Table) -> ibis.Table:
    """A table without a row, on the engine of another."""
    if ours(beside):
        return beside.get_backend().create_table(gen_name("empty"), schema=types, temp=True)
    return beside.filter(ibis.literal(False)).select(**{name: ibis.null(dtype) for name, dtype in types.items()})


def among(value: ibis.Value, wanted: Iterable[str]) -> ibis.BooleanValue:
    """Whether a value is one of some words of a ledger, which stand beside the question: they can hold a NUL, which
    none can; elsewhere in the question itself, for who may read there may not write."""
    words = list(wanted)
    return value.isin(ibis.memtable({"word": words}, schema={"word": "string"}).word if ours(value) else words)


def picked(table: ibis.Table, rows: pd.Series) -> ibis.BooleanValue:
    """Whether a row of the table is one of `rows`; elsewhere their numbers stand in the question itself."""
    numbers = rows.dropna().astype("int64").drop_duplicates()
    return table.row.isin(ibis.memtable({"row": numbers}).row if ours(table) else numbers.tolist())


def connect(source: Any) -> ibis.BaseBackend:
    """The engine behind a URL, opened for reading where it knows that; a Spark session, or a connection that Ibis holds
    already, which is the user's to guard."""
    if isinstance(source, ibis.BaseBackend):
        return source
    if not isinstance(source, str):
        return ibis.pyspark.connect(source)
    driver = DRIVERS.get(source.partition("://")[0].lower())
    if not driver:
        raise SourceError(f"{address(source)} is no address of a database. {ENGINES}")
    try:
        return _only_read(ibis.connect(source))
    except ImportError:
        raise SourceError(f"{address(source)} needs a driver: pip install '{driver}'.") from None
    except SourceError:
        raise
    except Exception as fault:  # every driver has errors of its own
        raise SourceError(f"{address(source)} cannot be opened: {_said(fault, source)}") from None


def _only_read(con: ibis.BaseBackend) -> ibis.BaseBackend:
    if con.name != "postgres":
        return con
    from arforecast.ledger import postgres

    return postgres.only_read(con)


def _said(fault: Exception, url: str) -> str:
    """What the driver says, in a line; not where it repeats what the address hides."""
    said = next((line.strip() for line in str(fault).splitlines() if line.strip()), type(fault).__name__)
    user = re.match(r"\w+://([^:@/]*).*@", url)
    hidden = _words(url) - _words(address(url)) - {user[1] if user else ""}
    return "the address is not written as its driver wants it." if hidden & _words(said) else shown(said)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", f"{text} {unquote(text)}"))


def read(con: ibis.BaseBackend) -> tuple[dict[str, ibis.Table], list[str]]:
    """The ledger's tables in the connection's schema, and the names of all there."""
    there = sorted(con.list_tables())
    return {name: con.table(name) for name in BY_NAME if name in there}, there


def numbered(table: ibis.Table, name: str) -> ibis.Table:
    """The table with `row`, the place of a row in it.

    Only DuckDB keeps an order of rows. Elsewhere they are sorted by what the contract knows of them, so that a row has
    the same number whenever it is asked for, and those alike in all of it are one as good as the other.
    """
    known = [] if ours(table) else [column.name for column in BY_NAME[name].columns if column.name in table.columns]
    return table.mutate(row=ibis.row_number().over(order_by=known).cast("int64") + 1)


def fingerprint(tables: dict[str, ibis.Table]) -> str:
    """SHA-256 over the size of each table and, column by column, how many cells are filled and which is the largest."""
    digest = hashlib.sha256()
    for name, table in tables.items():
        columns = [table[column] for column in table.columns]
        filled = {f"{column.get_name()}_filled": column.count() for column in columns}
        largest = {f"{column.get_name()}_largest": column.cast("string").max() for column in columns}
        facts = table.aggregate(rows=table.count(), **filled, **largest).to_pandas()
        digest.update(f"{name}{facts.iloc[0].to_dict()}".encode())
    return digest.hexdigest()
