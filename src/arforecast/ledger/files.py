"""A ledger's tables in a folder: text cells from CSV, typed cells from Parquet."""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
import sys
import zlib
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import IO, TYPE_CHECKING

import ibis
import pandas as pd

from arforecast.errors import SourceError, lacking, shown
from arforecast.ledger.database import kept
from arforecast.ledger.tables import BY_NAME, INVOICES, Make, Table, Tables

if TYPE_CHECKING:
    from pyarrow import Schema

SUFFIXES = (".csv", ".csv.gz", ".parquet")
CALLED = "{table}.csv, {table}.csv.gz or {table}.parquet"
# Columns that number the rows of a file.
NUMBERS = ("row", "file_row_number")
# What the package writes beside or into a ledger, and what is no part of one in any folder.
OURS = {"quarantine.csv", "import.json", "truth.parquet", "ledger.toml", "arforecast.toml", "run.json"}
_NO_WORRY = re.compile(r"(readme|licen[cs]e|makefile|changelog)(\..*)?|.*\.md", re.IGNORECASE)
ALIKE = 0.75
# DuckDB keeps the lines it could not read in two tables of these names.
REJECTS, SCANS = "unreadable_lines", "csv_scans"
csv.field_size_limit(sys.maxsize)  # a cell may hold a letter
_ADVICE = {
    False: "cannot be read as comma-separated text. Save it anew, with one kind of line end throughout.",
    True: "is not a Parquet file that can be read. Write it anew.",
}


def find(folder: Path) -> dict[str, Path]:
    """The ledger's tables in the folder: name and file.

    Raises SourceError for a table that stands there twice or is no file that can be read, and for invoices that stand
    there under another name.
    """
    entries = _entries(folder)
    found: dict[str, Path] = {}
    for name in BY_NAME:
        here = [f"{name}{suffix}" for suffix in SUFFIXES if f"{name}{suffix}" in entries]
        if len(here) > 1:
            raise SourceError(f"{folder}: the table {name} stands there twice: {' and '.join(here)}. Keep one of them.")
        found.update((name, entries[file]) for file in here)
    for file in found.values():
        _refuse_what_is_no_file(file)
    _refuse_misnamed_invoices(folder, found)
    return found


def _entries(folder: Path) -> dict[str, Path]:
    """What lies in the folder, by its exact name, also where the file system takes capitals for small letters."""
    try:
        return {entry.name: entry for entry in sorted(folder.absolute().iterdir())}
    except OSError as fault:
        raise SourceError(f"{folder} cannot be read: {fault.strerror}.") from fault


def _refuse_what_is_no_file(file: Path) -> None:
    """A link to nothing is no absent table, and whoever opens a pipe may wait for ever."""
    if not file.exists():
        raise SourceError(f"{file.name} is a link to nothing. Bring back what it led to, or remove it.")
    if not file.is_file():
        raise SourceError(f"{file.name} is {'a folder' if file.is_dir() else 'a pipe or a device'}, not a file.")


def _refuse_misnamed_invoices(folder: Path, found: dict[str, Path]) -> None:
    near = [name for name, table in resembling(_unread(folder)).items() if table == INVOICES.name]
    if near and INVOICES.name not in found:
        names = ", ".join(map(shown, near))
        raise SourceError(
            f"{folder}: there is no invoices table, but {names}. Its name has to be invoices.csv, invoices.csv.gz or "
            "invoices.parquet, and its form that of its name."
        )


def beside(folder: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The files and folders beside the tables: those that are likely meant to be one, each with the table it resembles,
    and those that resemble none, but for what is known to be no worry."""
    near, others = told_apart(_unread(folder))
    return near, tuple(name for name in others if not _NO_WORRY.fullmatch(name))


def told_apart(names: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The names that are likely meant to be a table, each with the table it resembles, and the others."""
    near = resembling(names)
    return near, tuple(name for name in names if name not in near)


def resembling(names: Iterable[str]) -> dict[str, str]:
    """Those of the names that are likely meant to be a table: name, and the table each resembles."""
    near = {name: _nearest(name) for name in names}
    return {name: table for name, table in near.items() if table}


def _unread(folder: Path) -> list[str]:
    read = {f"{name}{suffix}" for name in BY_NAME for suffix in SUFFIXES}
    return [name for name in _entries(folder) if name not in read and name not in OURS and not name.startswith(".")]


def _nearest(name: str) -> str | None:
    """The table that a name means but for capitals, a slip, a suffix, or words around it."""
    stem = name.lower().split(".")[0]
    within = [table for table in BY_NAME if table in stem]
    return next(iter(within or get_close_matches(stem, BY_NAME, 1, ALIKE)), None)


def fingerprint(files: dict[str, Path]) -> str:
    """SHA-256 over the files, names included: the same figures can be asked of the same ledger only."""
    digest = hashlib.sha256()
    for name, file in files.items():
        digest.update(name.encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def marks(folder: Path) -> dict[str, tuple[int, ...]]:
    """What tells whether a table of the folder, or the file `folder`, was written or replaced: by name its inode, size
    and time."""
    tables = [folder / f"{name}{suffix}" for name in BY_NAME for suffix in SUFFIXES]
    return {file.name: _mark(file) for file in (folder, *tables) if file.is_file()}


def _mark(file: Path) -> tuple[int, ...]:
    about = file.stat()
    return about.st_ino, about.st_size, about.st_mtime_ns


def read(files: dict[str, Path], con: ibis.BaseBackend, make: Make) -> tuple[Tables, Tables, pd.DataFrame]:
    """The tables, each with `row`, its line in the file; the typed ones that `make` makes of them, each file read once
    for it; and the lines that could not be read: table, row, value.

    Raises SourceError for a file that is not UTF-8, not Parquet, or has a header that names no columns.
    """
    blanks = {name: _blank_lines(file) for name, file in files.items() if file.suffix != ".parquet"}
    both = {name: _made(file, BY_NAME[name], con, make) for name, file in files.items()}
    unreadable = _unreadable({str(files[name]): name for name in blanks}, con) if blanks else no_lines()
    for name, blank in blanks.items():
        broken = {int(line) for line in unreadable.row[unreadable.table == name]}
        if _is_lone(both[name][0]):
            both[name] = _without(*_renumbered(*both[name], sorted(broken)), blank)
        else:
            both[name] = _renumbered(*both[name], sorted({*blank, *broken}))
    raw, typed = ({name: pair[nth] for name, pair in both.items()} for nth in (0, 1))
    return raw, typed, unreadable


def _made(file: Path, table: Table, con: ibis.BaseBackend, make: Make) -> tuple[ibis.Table, ibis.Table]:
    """The file as it stands, and what is made of it."""
    import duckdb

    try:
        raw = _read_parquet(file, con) if file.suffix == ".parquet" else _read_csv(file, con)
        return raw, kept(make(raw, table))
    except duckdb.Error as fault:
        raise SourceError(lacking(fault) or f"{file.name} {_ADVICE[file.suffix == '.parquet']}") from fault


def no_lines() -> pd.DataFrame:
    """No line that could not be read."""
    return pd.DataFrame({"table": [], "row": [], "value": []})


def _blank_lines(file: Path) -> list[int]:
    """The rows that hold nothing, which the engine passes over; read to its end, the file proves its encoding."""
    try:
        with _opened(file) as stream:
            blank = sum(line == "\n" for line in stream)
        return _blank_rows(file) if blank else []
    except UnicodeDecodeError as fault:
        raise SourceError(
            f"{file.name} is not UTF-8. Save it as UTF-8, or import it with a preset that declares its encoding."
        ) from fault
    except OSError as fault:
        why = fault.strerror or f"{fault}. A .gz file must be gzip"
        raise SourceError(f"{file.name} cannot be read: {why}.") from fault
    except (EOFError, zlib.error) as fault:
        raise SourceError(f"{file.name} cannot be read: {fault}. A .gz file must be gzip.") from fault


def _blank_rows(file: Path) -> list[int]:
    """The numbers of the rows without a cell; a line within quotes is no row."""
    with _opened(file) as stream:
        return [number for number, row in enumerate(csv.reader(stream), start=1) if not row]


def _opened(file: Path) -> IO[str]:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig")
    return file.open(encoding="utf-8-sig")


def _read_csv(file: Path, con: ibis.BaseBackend) -> ibis.Table:
    """Every cell as text; a separator, a quote or an encoding is never guessed, a broken line is set aside."""
    columns = dict.fromkeys(_header(file), "VARCHAR")
    form = {"header": True, "auto_detect": False, "sep": ",", "quote": '"', "escape": '"', "strict_mode": True}
    aside = {"store_rejects": True, "rejects_table": REJECTS, "rejects_scan": SCANS}
    cells = con.read_csv(_literal(file), columns=columns, hive_partitioning=False, **form, **aside)
    return cells.mutate(row=ibis.row_number().cast("int64") + 2)


def _read_parquet(file: Path, con: ibis.BaseBackend) -> ibis.Table:
    schema = _schema(file)
    _refuse_header(file, schema.names)
    _refuse_wide(file, schema)
    cells = con.read_parquet(_literal(file), file_row_number=True, hive_partitioning=False)
    own = [name for name in cells.columns if name not in NUMBERS]
    return cells.select(*own, row=cells.file_row_number.cast("int64") + 1)


def _schema(file: Path) -> Schema:
    """The columns as they stand in the file: who reads it tells two of one name apart."""
    from pyarrow import ArrowException
    from pyarrow.parquet import read_schema

    try:
        return read_schema(file)
    except (ArrowException, OSError) as fault:
        raise SourceError(f"{file.name} {_ADVICE[True]}") from fault


def _refuse_wide(file: Path, schema: Schema) -> None:
    """DuckDB holds 38 digits, and takes the bytes of a wider decimal for another number."""
    wide = [field.name for field in schema if str(field.type).startswith("decimal256")]
    if wide:
        raise SourceError(
            f"{file.name}: the column {shown(wide[0])} is a decimal of more digits than can be held. Write it with 38 "
            "at most."
        )


def _literal(file: Path) -> str:
    """The path as DuckDB takes it for itself, not for a pattern of paths."""
    path = str(file)
    if "\\" in path and _PATTERN.search(path):
        raise SourceError(f"{path}: a backslash beside *, ? or [ in its path cannot be read. Rename the folder.")
    return _PATTERN.sub(r"[\g<0>]", path)


_PATTERN = re.compile(r"[*?\[]")


def _header(file: Path) -> list[str]:
    with _opened(file) as stream:
        names = [name.strip() for name in next(csv.reader(stream), [])]
        more = bool(stream.readline())
    if not names and more:
        raise SourceError(f"{file.name}: its first line is blank. Begin it with the names of the columns.")
    if not names:
        raise SourceError(f"{file.name} is empty. Write its header line, or remove the file.")
    _refuse_header(file, names)
    return names


def _refuse_header(file: Path, names: list[str]) -> None:
    if "" in names:
        raise SourceError(f"{file.name}: column {names.index('') + 1} of the header has no name. Name it or remove it.")
    kept_names = [name for name in names if name.lower() in NUMBERS]
    if kept_names:
        raise SourceError(f"{file.name} has a column {kept_names[0]}, a name kept by arforecast. Rename it.")
    low = [name.lower() for name in names]
    twice = sorted({name for name in names if low.count(name.lower()) > 1})
    if twice:
        columns = shown(", ".join(twice))
        raise SourceError(f"{file.name}: the column {columns} stands there twice. Keep one of them.")


def _unreadable(names: dict[str, str], con: ibis.BaseBackend) -> pd.DataFrame:
    """The lines the engine set aside, one row each; `names` gives the table of each file."""
    rejects = con.table(REJECTS).join(con.table(SCANS), ["scan_id", "file_id"])
    lines = rejects.select("file_path", row="line", value="csv_line").distinct().to_pandas()
    lines = lines[lines.file_path.isin(list(names))]  # one engine may have read other ledgers
    lines = lines.assign(table=lines.file_path.map(names)).drop_duplicates(["table", "row"])
    return lines.sort_values(["table", "row"])[["table", "row", "value"]].astype({"row": "int64"})


def _renumbered(raw: ibis.Table, typed: ibis.Table, lines: list[int]) -> tuple[ibis.Table, ibis.Table]:
    """`lines` are missing from both: the rows behind them move to their own line."""
    return (_moved(raw, lines), kept(_moved(typed, lines))) if lines else (raw, typed)


def _is_lone(raw: ibis.Table) -> bool:
    """Whether there is one column beside `row`: a blank line is a row then to the engine, which passes over others."""
    return len([name for name in raw.columns if name != "row"]) == 1


def _without(raw: ibis.Table, typed: ibis.Table, lines: list[int]) -> tuple[ibis.Table, ibis.Table]:
    return (raw.filter(~raw.row.isin(lines)), kept(typed.filter(~typed.row.isin(lines)))) if lines else (raw, typed)


def _moved(numbered: ibis.Table, lines: list[int]) -> ibis.Table:
    starts = [line - nth for nth, line in enumerate(lines)]
    # Names that no column of a file has.
    first, end, shift = "the first row moved", "the row behind", "lines to move"
    shifts = ibis.memtable(
        {first: [0, *starts], end: [*starts, 1 << 62], shift: list(range(len(lines) + 1))},
        schema=dict.fromkeys((first, end, shift), "int64"),
    )
    joined = numbered.join(shifts, (numbered.row >= shifts[first]) & (numbered.row < shifts[end]))
    return joined.mutate(row=joined.row + joined[shift]).drop(first, end, shift)
