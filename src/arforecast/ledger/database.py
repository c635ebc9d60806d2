"""A ledger's tables where a user's database holds them: they stay there, and only small results leave."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
from ibis.util import gen_name

from arforecast.errors import SourceError
from arforecast.ledger.tables import BY_NAME


def ours(table: ibis.Table) -> bool:
    """Whether DuckDB holds it: there a table may be kept, and rows have an order."""
    return table.get_backend().name == "duckdb"


def kept(table: ibis.Table) -> ibis.Table:
    """The table, computed once; elsewhere asked anew each time, for who may read there may not write."""
    return table.cache() if ours(table) else table


def picked(table: ibis.Table, rows: pd.Series) -> ibis.BooleanValue:
    """Whether a row of the table is one of `rows`; elsewhere their numbers stand in the question itself."""
    numbers = rows.dropna().astype("int64").drop_duplicates()
    return table.row.isin(ibis.memtable({"row": numbers}).row if ours(table) else numbers.tolist())


def attach(path: Path, con: ibis.BaseBackend) -> dict[str, ibis.Table]:
    """The tables of a `.duckdb` file, opened for reading, each with `row`."""
    import duckdb

    attached = gen_name("ledger_file")  # several files can stand in one engine
    try:
        con.attach(path, name=attached, read_only=True)
    except duckdb.Error as fault:
        raise SourceError(f"{path.name} cannot be opened by DuckDB: {str(fault).splitlines()[0]}") from fault
    there = con.list_tables(database=f"{attached}.main")
    return {name: numbered(con.table(name, database=f"{attached}.main"), name) for name in BY_NAME if name in there}


def connect(source: Any) -> ibis.BaseBackend:
    """The engine behind a URL, a Spark session, or a connection that Ibis holds already."""
    if isinstance(source, ibis.BaseBackend):
        return source
    if not isinstance(source, str | Path):
        return ibis.pyspark.connect(source)
    try:
        return ibis.connect(str(source))
    except ImportError as fault:
        raise SourceError(
            f"{_safe(source)} needs a driver: install arforecast[postgres] or arforecast[spark]."
        ) from fault
    except Exception as fault:  # every driver has errors of its own
        raise SourceError(f"{_safe(source)} cannot be opened: {str(fault).splitlines()[0]}") from fault


def read(con: ibis.BaseBackend) -> dict[str, ibis.Table]:
    """The ledger's tables in the connection's schema."""
    there = con.list_tables()
    return {name: con.table(name) for name in BY_NAME if name in there}


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


def _safe(source: Any) -> str:
    """The address without the password."""
    scheme, _, rest = str(source).partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
