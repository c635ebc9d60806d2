"""A ledger in a `.duckdb` file, which holds rows and is no program: its views reach nothing but the file itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import ibis
from ibis.util import gen_name

from arforecast.errors import SourceError, lacking, shown
from arforecast.ledger.database import numbered
from arforecast.ledger.tables import BY_NAME

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Neither extensions, which DuckDB would fetch from the net, nor the variables of the program that opens the file.
_CLOSED = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}
_LIMITS = ("memory_limit", "threads", "temp_directory")
# What DuckDB says at length, by what it says in it.
_WORDS = {
    "disabled": "it reads what lies outside the file. Write its rows into the file as a table.",
    "Conflicting lock": "another program writes to it. Close it there, or name a copy.",
    "different configuration": "this program has it open. Close that connection.",
    "version number": "another version of DuckDB wrote it. Export it with that one, and write it anew.",
    "not a valid DuckDB": "it is no database of DuckDB. Write it anew, or name a folder of CSV or Parquet files.",
    "Corrupt": "it is damaged. Take it from a backup, or write it anew.",
    "enough bytes": "it is damaged. Take it from a backup, or write it anew.",
}
_TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_catalog = current_database() AND table_schema = 'main' ORDER BY table_name
"""


def read(path: Path, con: ibis.BaseBackend) -> tuple[dict[str, ibis.Table], list[str]]:
    """The ledger's tables in the file, copied into `con`, each with `row`; and the names of all there.

    Raises SourceError where the file cannot be opened, and with the name of the table where a table or a view of it
    cannot be read.
    """
    guest = _opened(path, con)
    try:
        there = [name for (name,) in guest.execute(_TABLES).fetchall()]
        return {name: numbered(_copied(path, name, guest, con), name) for name in BY_NAME if name in there}, there
    finally:
        guest.close()


def _opened(path: Path, con: ibis.BaseBackend) -> DuckDBPyConnection:
    """The file in an engine of its own, for reading, within the limits of `con`, and shut off from all else."""
    import duckdb

    limits = dict(zip(_LIMITS, con.raw_sql(f"SELECT {', '.join(map(_setting, _LIMITS))}").fetchone(), strict=True))
    limits["temp_directory"] = f"{limits['temp_directory']}-{gen_name('guest')}"
    try:
        guest = duckdb.connect(str(path.resolve()), read_only=True, config=_CLOSED | limits)
        guest.execute("SET enable_external_access = false")
    except duckdb.Error as fault:
        raise SourceError(f"{shown(str(path))} cannot be opened by DuckDB: {_why(fault)}") from fault
    return guest


def _setting(name: str) -> str:
    return f"current_setting('{name}')"


def _copied(path: Path, name: str, guest: DuckDBPyConnection, con: ibis.BaseBackend) -> ibis.Table:
    """The table in `con`, handed over in parts, so that none has to fit into memory."""
    import duckdb

    copy = gen_name(name)
    try:
        con.con.register(f"{copy}_rows", guest.execute(f"FROM main.{name}").to_arrow_reader())
        con.con.table(f"{copy}_rows").create(copy)
        con.con.unregister(f"{copy}_rows")
    except duckdb.Error as fault:
        said = f"{shown(str(path))}: the table {name} cannot be read: {_why(fault)}"
        raise SourceError(lacking(fault) or said) from fault
    return con.table(copy)


def _why(fault: Exception) -> str:
    """What is wrong, in a line."""
    said = next(iter(str(fault).splitlines()), "")
    return next((words for sign, words in _WORDS.items() if sign in said), f"{shown(said).rstrip('.!')}.")
