"""The register of sending: a line before each attempt and one after it, so that nobody is mailed twice.

What has been opened and not closed may have been sent: the line went down, or the process was killed, in between.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from arforecast.errors import ArforecastError, shown

OPENED, SENT, FAILED = "opened", "sent", "failed"
WAITS_SECONDS = 30
TABLE = """CREATE TABLE IF NOT EXISTS sending (
    line INTEGER PRIMARY KEY AUTOINCREMENT, said_at TEXT NOT NULL, pack TEXT NOT NULL, kind TEXT NOT NULL,
    role TEXT NOT NULL, recipient TEXT NOT NULL, event TEXT NOT NULL, message TEXT NOT NULL)"""


class Letter(NamedTuple):
    """One mail to one person: of which pack, what it is (the brief, or a refusal for a reason), to whom and as what."""

    pack: str
    kind: str
    role: str
    recipient: str


class Line(NamedTuple):
    """What the register last says of a letter, and when."""

    event: str
    said_at: str


def place(folder: Path) -> Path:
    """The register of all runs that lie beside `folder`: a new run of the day does not take it away."""
    return folder.resolve().parent / ".sent" / "register.sqlite"


def known(file: Path, letter: Letter) -> Line | None:
    """What the register says of a letter; nothing where it was never tried, or is known not to have been sent."""
    if not file.exists():
        return None
    with _opened(file) as register:
        return _last(register, letter)


def open_letter(file: Path, letter: Letter, *, again: bool) -> int | None:
    """Note that a letter is about to be sent, and say how often it was before; none where it is not to be sent.

    Of two who ask at once one gets a number. When this has returned, the line is on the disk.
    """
    with _opened(file) as register, register:
        register.execute("BEGIN IMMEDIATE")
        if _last(register, letter) and not again:
            return None
        _write(register, letter, OPENED, "")
        earlier = "SELECT count(*) FROM sending WHERE (pack, kind, role, recipient, event) = (?, ?, ?, ?, ?)"
        return int(register.execute(earlier, (*letter, SENT)).fetchone()[0])


def close_letter(file: Path, letter: Letter, event: str, message: str) -> None:
    """Note what became of a letter that was opened."""
    with _opened(file) as register, register:
        _write(register, letter, event, message)


def _last(register: sqlite3.Connection, letter: Letter) -> Line | None:
    rows = register.execute(
        "SELECT event, said_at FROM sending WHERE (pack, kind, role, recipient) = (?, ?, ?, ?) ORDER BY line", letter
    ).fetchall()
    return Line(*rows[-1]) if rows and rows[-1][0] != FAILED else None


def _write(register: sqlite3.Connection, letter: Letter, event: str, message: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    columns = "(said_at, pack, kind, role, recipient, event, message)"
    register.execute(f"INSERT INTO sending {columns} VALUES (?, ?, ?, ?, ?, ?, ?)", (now, *letter, event, message))  # noqa: S608 - two literals


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """The register; what is written is on the disk when a transaction ends. Raises ArforecastError where it is not."""
    try:
        file.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(file, timeout=WAITS_SECONDS)) as register:
            register.execute("PRAGMA synchronous = EXTRA")
            register.execute(TABLE)
            yield register
    except (sqlite3.Error, OSError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise ArforecastError(
            f"{file} cannot be written: {shown(str(why))}. Make room, or make it writable."
        ) from fault
