"""The book of forecasts: what was said of cash on each day, kept as it was said.

A folder of Parquet files, one a forecast, named by its day and by the hash of what it says. Nothing in it is ever
written again: a forecast is added as a file of its own, whole or not at all, so that two who add at once lose nothing,
as they would in one file of a database; and whatever reads Parquet reads the book. A file that no longer says what its
name stands for is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from arforecast import folders
from arforecast.errors import SourceError, UsageError
from arforecast.forecast.cash import COMPONENTS, QUANTILES, SO_FAR

# Of which ledger, and by what, a forecast was made; `where` is empty for a whole ledger.
HEAD = ("as_of", "fingerprint", "version", "where", "currency", "decimals", "settings")
MONEY = ("mean", *QUANTILES)
WRITTEN, ENTRY = "written_at", "entry"
NAMES = "????-??-??-*.parquet"


def entry(head: Mapping[str, Any], cash: pd.DataFrame, within: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """A forecast as it stands in the book, one row a week and component: HEAD, week (1, 2, ...), until_on, component,
    MONEY and what its errors are explained by, see `arforecast.forecast.variance.expectations`.

    component: as on the page, and so_far, the total of all weeks up to this one. Money is whole minor units. cash and
    within: see `arforecast.forecast.cash.by_week` and `within`.
    """
    week = cash.groupby("week_start").ngroup() + 1
    weekly = cash.assign(week=week, until_on=cash.week_end)
    so_far = within.rename(columns={"weeks": "week"}).assign(component=SO_FAR)
    columns = ["week", "until_on", "component", *MONEY]
    rows = pd.concat([weekly[columns], so_far[columns]], ignore_index=True)
    whole = (rows[list(MONEY)] * 10 ** head["decimals"]).round().astype("Int64")
    told = rows.assign(**whole).merge(expected, "left", on=["week", "component"])
    dated = {"as_of": pd.to_datetime(head["as_of"]), "until_on": pd.to_datetime(told.until_on)}
    return _ordered(told.assign(**head).assign(**dated))


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    rank = rows.component.map([*COMPONENTS, SO_FAR].index)
    others = [str(name) for name in rows if name not in HEAD]
    return rows.assign(rank=rank).sort_values(["week", "rank"], ignore_index=True)[[*HEAD, *others]]


def add(book: Path, said: pd.DataFrame) -> Path:
    """Keep a forecast in the folder `book`, and say where: in a file of its own, or in that of the same one if it is
    there already. Raises UsageError, WriteError or BusyError where the folder cannot be written."""
    file = book / f"{said.as_of.iloc[0]:%Y-%m-%d}-{_hash(said)}.parquet"
    try:
        book.mkdir(parents=True, exist_ok=True)
        with folders.locked(book):
            if not file.exists():
                _write(said, file)
    except OSError as fault:
        raise folders.told(book, fault) from fault
    return file


def _write(said: pd.DataFrame, file: Path) -> None:
    with folders.whole(file) as draft:
        said.assign(**{WRITTEN: _now(file)}).to_parquet(draft, index=False)
        draft.chmod(0o444)


def _now(file: Path) -> datetime:
    """The time, and later than all that was written of the same day: a clock that was set back does not make what was
    said first the later word."""
    same = file.parent.glob(f"{file.name[:10]}-*.parquet")
    written = [_read(other)[WRITTEN].iloc[0].to_pydatetime() for other in same]
    return max([datetime.now(UTC), *(before + timedelta(microseconds=1) for before in written)])


def _hash(said: pd.DataFrame) -> str:
    """What a forecast says in sixteen signs, whenever and by whichever library it is written."""
    return sha256(said.to_csv(index=False).encode()).hexdigest()[:16]


def read(book: Path) -> pd.DataFrame:
    """All forecasts of the book, those of one day as they were written: the columns of `entry`, written_at, and entry,
    the name of the file.

    Raises UsageError where there is no book, SourceError for a file that was changed.
    """
    parts = [_read(file) for file in book.glob(NAMES)]
    if not parts:
        raise UsageError(f"{book} is no book of forecasts: none is in it. Begin one by arforecast cash --book.")
    rows = pd.concat(parts, ignore_index=True)
    return rows.sort_values(["as_of", WRITTEN, ENTRY], kind="stable", ignore_index=True)


def _read(file: Path) -> pd.DataFrame:
    try:
        rows = pd.read_parquet(file)
        same = file.stem.endswith(f"-{_hash(rows.drop(columns=WRITTEN))}")
    except (OSError, ValueError, KeyError) as fault:
        raise SourceError(f"{file} cannot be read: {fault}. Put it back from a copy, or move it away.") from fault
    if not same:
        raise SourceError(f"{file} no longer says what was forecast. Put it back from a copy, or move it away.")
    return rows.assign(**{ENTRY: file.stem})


def counted(book: pd.DataFrame, head: Mapping[str, Any]) -> pd.DataFrame:
    """Of the forecasts of the same part and currency made before the day of `head`, the first that was written of each
    day: what was said of it later was said by who may have known better."""
    same = [book[name] == head[name] for name in ("where", "currency", "decimals")]
    before = book[same[0] & same[1] & same[2] & (book.as_of < pd.Timestamp(head["as_of"]))]
    return before[before[ENTRY] == before.groupby("as_of")[ENTRY].transform("first")]
