"""Where a ledger lives: a folder, a `.duckdb` file, a database by its URL, or a Spark session."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from arforecast.errors import SourceError
from arforecast.ledger import database, files
from arforecast.ledger.tables import BY_NAME, INVOICES, Make, Table, Tables

if TYPE_CHECKING:
    from arforecast.settings import Engine

RESERVED = {"row", "entered_on", "group"}


@dataclass(frozen=True)
class Raw:
    """A ledger as it stands in its source.

    tables: by name, each with `row`, its line in the file (the header is row 1); read again where they are asked.
    typed: what was made of them, read once. unreadable: the lines of CSV files that broke their form (too few cells, an
    open quote) and are in no table: table, row, value. names: under which name a table's problems are reported.
    fingerprint: changes with the ledger, and only with it.
    """

    tables: Tables
    typed: Tables
    unreadable: pd.DataFrame
    names: dict[str, str]
    fingerprint: str


def read(url: Any, con: ibis.BaseBackend, make: Make) -> Raw:
    """The ledger at `url`; `con` reads what is a file, and `make` gives the typed tables.

    Raises SourceError when there is none, a table stands there twice, lacks a required column or uses a reserved name,
    or a file cannot be read.
    """

    def made(rows: ibis.Table, table: Table) -> ibis.Table:
        _refuse_columns(f"{url}: {table.name}", [column for column in rows.columns if column != "row"], table.name)
        return make(rows, table)

    raw = _read(url, con, made)
    if INVOICES.name not in raw.tables:
        raise SourceError(
            f"{url}: there is no invoices table. Only invoices.csv (or .parquet) is required of a ledger."
        )
    return raw


def _read(url: Any, con: ibis.BaseBackend, make: Make) -> Raw:
    if not isinstance(url, str | Path) or "://" in str(url):
        there = database.read(database.connect(url))
        tables = {name: database.numbered(table, name) for name, table in there.items()}
        return Raw(tables, _made(tables, make), files.no_lines(), {}, database.fingerprint(there))
    path = Path(url)
    if path.is_dir():
        found = dict(files.find(path))
        names = {name: file.name for name, file in found.items()}
        return Raw(*files.read(found, con, make), names, files.fingerprint(found))
    if path.suffix == ".duckdb" and path.exists():
        tables = database.attach(path, con)
        return Raw(tables, _made(tables, make), files.no_lines(), {}, files.fingerprint({path.stem: path}))
    raise SourceError(
        f"{url}: no ledger here. Name a folder of CSV or Parquet files, a .duckdb file, or a database URL."
    )


def _made(tables: Tables, make: Make) -> Tables:
    return {name: database.kept(make(table, BY_NAME[name])) for name, table in tables.items()}


def connect(engine: Engine) -> ibis.BaseBackend:
    """A DuckDB inside this process that keeps to the memory, threads and spill directory of the settings.

    It spills beside other temporary files unless told otherwise: the working folder is not ours to write to.
    """
    spill = engine.spill_directory or Path(gettempdir()) / f"arforecast-{os.getpid()}"
    limits = {"memory_limit": engine.memory_limit, "threads": engine.threads, "temp_directory": str(spill)}
    return ibis.duckdb.connect(**{name: value for name, value in limits.items() if value is not None})


def _refuse_columns(where: str, columns: list[str], table: str) -> None:
    missing = [column.name for column in BY_NAME[table].required if column.name not in columns]
    if missing:
        raise SourceError(
            f"{where} has no column {', '.join(missing)}; its columns are {', '.join(columns)}. "
            "Rename them, or import the file with a preset."
        )
    reserved = RESERVED.intersection(columns)
    if reserved:
        raise SourceError(f"{where} has a column {', '.join(sorted(reserved))}, a name kept for the suite. Rename it.")
