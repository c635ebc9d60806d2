"""Where a ledger lives: a folder, a workbook, a `.duckdb` file, a database by its URL, or a Spark session."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import EACCES
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from arforecast import kernel
from arforecast.errors import SourceError, UsageError, address, shown
from arforecast.ledger import database, duckdb_file, files, workbook
from arforecast.ledger.tables import BY_NAME, INVOICES, Make, Table, Tables

if TYPE_CHECKING:
    from arforecast.settings import Engine

FILE = "duckdb://"
# What a run tells its notebooks beside the address.
VARIABLE = "ARFORECAST_URL"
# What a sheet or a table of a database is called, which has no suffix.
AS_IT_IS = "{table}"
RESERVED = {"row", "entered_on", "group"}
_FOLDER = "Name the folder it lies in, and give it the name of its table: invoices.csv, applications.csv, ..."
# What is handed over for a ledger and is none, by the end of its name.
OTHERS = dict.fromkeys((".csv", ".csv.gz", ".parquet"), _FOLDER)
OTHERS |= dict.fromkeys((".zip", ".tar", ".tgz", ".tar.gz", ".7z"), "Unpack it, and name the folder.")
OTHERS |= dict.fromkeys((".sqlite", ".sqlite3", ".db"), "Write its tables to a .duckdb file, or as CSV to a folder.")


@dataclass(frozen=True)
class Raw:
    """A ledger as it stands in its source.

    tables: by name, each with `row`, its line in the file (the header is row 1); read again where they are asked.
    typed: what was made of them, read once. unreadable: the lines of CSV files that broke their form (too few cells, an
    open quote) and are in no table: table, row, value. names: under which name a table's problems are reported.
    fingerprint: changes with the ledger, and only with it. misnamed: files or sheets that were not read, and the table
    each is likely meant to be; `called` is what its name would be. foreign: those that resemble none.
    """

    tables: Tables
    typed: Tables
    unreadable: pd.DataFrame
    names: dict[str, str]
    fingerprint: str
    misnamed: dict[str, str] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()
    called: str = files.CALLED


def whole(url: Any) -> Any:
    """The URL that a run was asked for, where only its address is named: what a run leaves holds no password."""
    named = os.environ.get(VARIABLE, "")
    return named if isinstance(url, str) and "://" in url and address(named) == url else url


def refuse_what_is_none(url: object) -> None:
    """Raises UsageError for what is no kind of ledger; of nothing at all Ibis would start a Spark of its own."""
    if not isinstance(url, str | Path | ibis.BaseBackend) and not type(url).__module__.startswith("pyspark."):
        raise UsageError(
            f"{type(url).__name__} is no ledger. Name a folder, a .duckdb file or the URL of a database, or give a "
            "Spark session; frames are written to a folder, by invoices.to_csv('my-ledger/invoices.csv', index=False)."
        )


def path(url: str | Path) -> Path:
    """Where the folder or the file of a ledger is said to lie: seen from the working folder, or else from that of the
    notebook which asks."""
    said = Path(os.path.expanduser(str(url).removeprefix(FILE)))  # noqa: PTH111 - who has no home here is no fault
    beside = [] if said.is_absolute() or _there(said) else [folder / said for folder in kernel.folders()]
    return next((place for place in beside if _there(place)), said)


def _there(place: Path) -> bool:
    """Whether there is such a file or folder; of a name that none can have there is none."""
    return os.path.exists(place)  # noqa: PTH110


def places(url: Any) -> list[Path]:
    """Where the settings of the ledger at `url` are looked for: where it lies, and then the working folder."""
    there = isinstance(url, str | Path) and _there(path(url))
    return [path(url), Path()] if there else [Path()]


@contextmanager
def held(url: Any) -> Iterator[None]:
    """While the ledger at `url` is read and checked. Raises SourceError where a file of it was written or removed
    meanwhile, whatever came of that: what was read is of no one moment."""
    place = path(url) if isinstance(url, str | Path) else Path(os.devnull)
    before = _marks(place)
    try:
        yield
    except Exception as fault:
        _refuse_changed(place, before, fault)
        raise
    _refuse_changed(place, before, None)


def _marks(place: Path) -> dict[str, tuple[int, ...]]:
    try:
        return files.marks(place)
    except OSError:  # who reads it tells
        return {}


def _refuse_changed(place: Path, before: dict[str, tuple[int, ...]], fault: Exception | None) -> None:
    now = _marks(place)
    changed = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    if changed:
        names = shown(", ".join(changed))
        raise SourceError(
            f"{shown(str(place))}: {names} changed while it was read. Ask again when it stays."
        ) from fault


def read(url: Any, con: ibis.BaseBackend, make: Make) -> Raw:
    """The ledger at `url`; `con` reads what is a file, and `make` gives the typed tables.

    Raises UsageError when it has no name; SourceError when there is none, a table stands there twice, lacks a required
    column or uses a reserved name, or a file cannot be read.
    """

    def made(rows: ibis.Table, table: Table) -> ibis.Table:
        _refuse_columns(f"{address(url)}: {table.name}", [c for c in rows.columns if c != "row"], table.name)
        return make(rows, table)

    if url == "":  # of which a path would make the working folder
        raise UsageError(
            "The ledger has no name. Name its folder, its file or the URL of its database; . is this folder."
        )
    try:
        raw = _read(url, con, made)
    except OSError as fault:
        raise SourceError(f"{shown(str(fault.filename or address(url)))} cannot be read: {fault.strerror}.") from fault
    if INVOICES.name not in raw.tables:
        near = [name for name, table in raw.misnamed.items() if table == INVOICES.name]
        but = f", but {shown(', '.join(near))}" if near else ""
        raise SourceError(
            f"{address(url)}: there is no invoices table{but}. Only invoices.csv (or .parquet) is required of a ledger."
        )
    return raw


def _read(url: Any, con: ibis.BaseBackend, make: Make) -> Raw:
    if not isinstance(url, str | Path) or "://" in str(url).removeprefix(FILE):
        return _of_database(url, make)
    place = path(url)
    if place.is_dir():
        return _of_folder(place, con, make)
    if place.is_file() and place.suffix.lower() in workbook.SUFFIXES:
        return _of_workbook(place, con, make)
    if place.is_file() and (place.suffix == ".duckdb" or _is_duckdb(place)):
        return _of_duckdb(place, con, make)
    raise SourceError(f"{address(url)}{_no_ledger(place)}")


def _of_database(url: Any, make: Make) -> Raw:
    there, all_names = database.read(database.connect(url))
    tables = {name: database.numbered(table, name) for name, table in there.items()}
    marks = database.fingerprint(there)
    return Raw(tables, _made(tables, make), files.no_lines(), {}, marks, _meant(all_names, tables), called=AS_IT_IS)


def _of_folder(place: Path, con: ibis.BaseBackend, make: Make) -> Raw:
    found = files.find(place)
    names = {name: file.name for name, file in found.items()}
    return Raw(*files.read(found, con, make), names, files.fingerprint(found), *files.beside(place))


def _of_workbook(place: Path, con: ibis.BaseBackend, make: Make) -> Raw:
    tables, others = workbook.read(place, con)
    names = {name: f"{place.name} sheet {name}" for name in tables}
    marks = files.fingerprint({place.stem: place})
    beside = files.told_apart(others)
    return Raw(tables, _made(tables, make), files.no_lines(), names, marks, *beside, called=AS_IT_IS)


def _of_duckdb(place: Path, con: ibis.BaseBackend, make: Make) -> Raw:
    tables, all_names = duckdb_file.read(place, con)
    written = {place.stem: place, "wal": place.with_name(f"{place.name}.wal")}
    marks = files.fingerprint({name: file for name, file in written.items() if file.exists()})
    return Raw(tables, _made(tables, make), files.no_lines(), {}, marks, _meant(all_names, tables), called=AS_IT_IS)


def _meant(names: list[str], tables: Tables) -> dict[str, str]:
    """Those of a database that are likely meant to be a table which it lacks: it holds much else, for others."""
    return {name: table for name, table in files.resembling(names).items() if table not in tables}


def _is_duckdb(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(12)[8:] == b"DUCK"


def _no_ledger(place: Path) -> str:
    """Why there is no ledger, and what to do."""
    if place.is_file():
        kind = next((kind for kind in OTHERS if place.name.lower().endswith(kind)), "")
        return f" is a file. {OTHERS.get(kind, 'Name a folder of CSV or Parquet files, or a .duckdb file.')}"
    try:
        place.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as fault:
        return f" cannot be read: {fault.strerror}."
    except ValueError:
        return " is no path."
    return ": no ledger here. Name a folder of CSV or Parquet files, a .duckdb file, or a database URL."


def _made(tables: Tables, make: Make) -> Tables:
    return {name: database.kept(make(table, BY_NAME[name])) for name, table in tables.items()}


def connect(engine: Engine) -> ibis.BaseBackend:
    """A DuckDB inside this process that keeps to the memory, threads and spill directory of the settings.

    It spills beside other temporary files unless told otherwise: the working folder is not ours to write to.
    """
    spill = _writable(engine.spill_directory) or Path(gettempdir()) / f"arforecast-{os.getpid()}"
    limits = {"memory_limit": engine.memory_limit, "threads": engine.threads, "temp_directory": str(spill)}
    return ibis.duckdb.connect(**{name: value for name, value in limits.items() if value is not None})


def _writable(folder: Path | None) -> Path | None:
    """The folder, made where it is not there. Raises UsageError before hours are spent on what cannot be kept in it."""
    try:
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(EACCES, os.strerror(EACCES))
    except (OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or fault
        raise UsageError(f"engine.spill_directory {shown(str(folder))} cannot be written to: {why}.") from fault
    return folder


def _refuse_columns(where: str, columns: list[str], table: str) -> None:
    missing = [column.name for column in BY_NAME[table].required if column.name not in columns]
    if missing and len(columns) == 1 and re.search(r"[;|\t]", columns[0]):
        raise SourceError(
            f"{where} is not separated by commas: its header is {shown(columns[0])}. Save it with commas, "
            "or import the file with a preset that declares its separator."
        )
    if missing:
        raise SourceError(
            f"{where} has no column {', '.join(missing)}; its columns are {shown(', '.join(columns))}. "
            "Rename them, or import the file with a preset."
        )
    reserved = [column for column in columns if column.lower() in RESERVED]
    if reserved:
        raise SourceError(f"{where} has a column {', '.join(sorted(reserved))}, a name kept by arforecast. Rename it.")
    known = {column.name for column in BY_NAME[table].columns}
    capital = [column for column in columns if column.lower() in known and column not in known]
    if capital:
        raise SourceError(f"{where} has a column {', '.join(capital)}. Write its name in small letters.")
