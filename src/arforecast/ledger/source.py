"""Where a ledger lives, and its tables as they stand there: text cells from CSV, typed cells from anything else."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arforecast.errors import SourceError
from arforecast.ledger.tables import BY_NAME, INVOICES

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from arforecast.settings import Engine

SUFFIXES = (".csv", ".csv.gz", ".parquet")
# DuckDB keeps the lines it could not read in two tables of these names.
REJECTS, SCANS = "unreadable_lines", "csv_scans"


def connect(engine: Engine) -> ibis.BaseBackend:
    """A DuckDB inside this process that keeps to the memory, threads and spill directory of the settings."""
    import ibis

    limits = {
        "memory_limit": engine.memory_limit,
        "threads": engine.threads,
        "temp_directory": engine.spill_directory and str(engine.spill_directory),
    }
    return ibis.duckdb.connect(**{name: value for name, value in limits.items() if value is not None})


@dataclass(frozen=True)
class Raw:
    """A ledger as it stands in its source.

    tables: by name, each with `row`, its line in the file (the header is row 1). unreadable: the lines of CSV files
    that broke their form (too few cells, an open quote) and are in no table: table, row, value.
    """

    tables: dict[str, ibis.Table]
    unreadable: pd.DataFrame


def read(url: str | Path, con: ibis.BaseBackend) -> Raw:
    """The ledger at `url`.

    Raises SourceError when there is none, a table stands there twice or lacks a required column, or a file is not
    UTF-8.
    """
    path = Path(url)
    if path.is_dir():
        raw = _read_folder(path, con)
    elif path.suffix == ".duckdb" and path.exists():
        raw = Raw(_read_database(path, con), _no_lines())
    else:
        raise SourceError(f"{url}: no ledger here. Name a folder of CSV or Parquet files, or a .duckdb file.")
    _refuse_incomplete(url, raw.tables)
    return raw


def file_names(url: str | Path) -> dict[str, str]:
    """Table name -> the name under which its problems are reported."""
    path = Path(url)
    return {name: file.name for name, file in _files(path)} if path.is_dir() else {}


def fingerprint(url: str | Path) -> str:
    """SHA-256 over the ledger's files, names included: the same figures can be asked of the same ledger only."""
    path = Path(url)
    files = list(_files(path)) if path.is_dir() else [(path.stem, path)]
    digest = hashlib.sha256()
    for name, file in files:
        digest.update(name.encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for name in BY_NAME:
        found = [folder / f"{name}{suffix}" for suffix in SUFFIXES if (folder / f"{name}{suffix}").exists()]
        if len(found) > 1:
            both = " and ".join(file.name for file in found)
            raise SourceError(f"{folder}: the table {name} stands there twice: {both}. Keep one of them.")
        yield from ((name, file) for file in found)


def _read_folder(folder: Path, con: ibis.BaseBackend) -> Raw:
    files = dict(_files(folder))
    tables = {name: _read_file(file, con) for name, file in files.items()}
    lines = _unreadable(files, con)
    broken = {str(name): sorted(part) for name, part in lines.groupby("table").row}
    return Raw({name: _renumbered(table, broken.get(name, [])) for name, table in tables.items()}, lines)


def _read_file(file: Path, con: ibis.BaseBackend) -> ibis.Table:
    if file.suffix == ".parquet":
        return _numbered(con.read_parquet(file), first=1).cache()
    return _read_csv(file, con)


def _read_csv(file: Path, con: ibis.BaseBackend) -> ibis.Table:
    """Every cell as text; a separator, a quote or an encoding is never guessed, a broken line is set aside."""
    import duckdb

    try:
        text = con.read_csv(
            file,
            header=True,
            auto_detect=False,
            columns=dict.fromkeys(_header(file), "VARCHAR"),
            sep=",",
            quote='"',
            escape='"',
            strict_mode=True,
            store_rejects=True,
            rejects_table=REJECTS,
            rejects_scan=SCANS,
        )
        return _numbered(text, first=2).cache()
    except (duckdb.Error, UnicodeDecodeError) as fault:
        raise SourceError(_csv_fault(file, str(fault))) from fault


def _unreadable(files: dict[str, Path], con: ibis.BaseBackend) -> pd.DataFrame:
    """The lines the reader set aside, one row each."""
    names = {str(file): name for name, file in files.items() if file.suffix != ".parquet"}
    if not names:
        return _no_lines()
    rejects = con.table(REJECTS).join(con.table(SCANS), ["scan_id", "file_id"])
    lines = rejects.select("file_path", row="line", value="csv_line").distinct().to_pandas()
    lines = lines.assign(table=lines.file_path.map(names)).drop_duplicates(["table", "row"])
    return lines.sort_values(["table", "row"])[["table", "row", "value"]].astype({"row": "int64"})


def _no_lines() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"table": [], "row": [], "value": []})


def _header(file: Path) -> list[str]:
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8-sig") as stream:
        names = [name.strip() for name in next(csv.reader(stream), [])]
    if not names:
        raise SourceError(f"{file.name} is empty. Write its header line, or remove the file.")
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SourceError(f"{file.name}: the column {', '.join(sorted(twice))} stands there twice. Keep one of them.")
    return names


def _csv_fault(file: Path, fault: str) -> str:
    if "utf-8" in fault.lower() or "unicode" in fault.lower():
        return f"{file.name} is not UTF-8. Save it as UTF-8, or import it with a preset that declares its encoding."
    return f"{file.name} cannot be read as comma-separated text: {fault.splitlines()[0]}"


def _numbered(table: ibis.Table, first: int) -> ibis.Table:
    import ibis

    return table.mutate(row=ibis.row_number().cast("int64") + first)


def _renumbered(numbered: ibis.Table, lines: list[int]) -> ibis.Table:
    """Lines set aside are missing from `numbered`: the rows behind them move to their own line."""
    import ibis

    if not lines:
        return numbered
    starts = [line - nth for nth, line in enumerate(lines)]
    shifts = ibis.memtable(
        {"start": [0, *starts], "end": [*starts, 1 << 62], "shift": list(range(len(lines) + 1))},
        schema={"start": "int64", "end": "int64", "shift": "int64"},
    )
    joined = numbered.join(shifts, (numbered.row >= shifts.start) & (numbered.row < shifts.end))
    return joined.mutate(row=joined.row + joined["shift"]).drop("start", "end", "shift").cache()


def _read_database(path: Path, con: ibis.BaseBackend) -> dict[str, ibis.Table]:
    con.attach(path, name="ledger_file", read_only=True)
    here = con.list_tables(database="ledger_file.main")
    return {
        name: _numbered(con.table(name, database="ledger_file.main"), first=1).cache()
        for name in BY_NAME
        if name in here
    }


def _refuse_incomplete(url: str | Path, tables: dict[str, ibis.Table]) -> None:
    if INVOICES.name not in tables:
        raise SourceError(
            f"{url}: there is no invoices table. Only invoices.csv (or .parquet) is required of a ledger."
        )
    for name, table in tables.items():
        missing = [column.name for column in BY_NAME[name].required if column.name not in table.columns]
        if missing:
            found = ", ".join(column for column in table.columns if column != "row")
            raise SourceError(
                f"{url}: {name} has no column {', '.join(missing)}; its columns are {found}. "
                "Rename them, or import the file with a preset."
            )
