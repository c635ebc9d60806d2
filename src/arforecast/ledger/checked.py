"""A checked copy of the books: what one process has read and checked, others open without doing it again."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
from ibis.util import gen_name

from arforecast.errors import SourceError, shown
from arforecast.ledger import source
from arforecast.ledger.books import Books
from arforecast.ledger.notes import Notes, told
from arforecast.ledger.tables import BY_NAME
from arforecast.settings import Settings

VARIABLE = "ARFORECAST_CHECKED"
TABLES, ABOUT = "books.duckdb", "about.json"
FRAMES = ("problems", "rows", "quarantine")


def write(books: Books, url: str, folder: Path) -> None:
    """Keep the books of the ledger at `url` in the new folder `folder`; nothing where they live in another engine,
    since its rows stay there."""
    con = books.tables["invoices"].get_backend()
    if con.name != "duckdb":
        return
    folder.mkdir()
    con.attach(_quoted(folder / TABLES), name=TABLES)
    for name, table in books.tables.items():
        con.create_table(name, table, database=(TABLES, "main"))
    con.detach(TABLES)
    for name in FRAMES:
        getattr(books, name).to_parquet(folder / f"{name}.parquet")
    about = _key(url, books.settings) | {
        "present": sorted(books.present),
        "foreign": sorted(books.foreign),
        "fingerprint": books.fingerprint,
        "notes": books.notes.model_dump_json(),
        "tells_paid": books.tells_paid,
    }
    (folder / ABOUT).write_text(json.dumps(about), "utf-8")


def find(url: object, settings: Settings) -> Books | None:
    """The books of the ledger at `url` where the environment names a copy of just these, see `opened`."""
    return opened(Path(os.environ.get(VARIABLE, os.devnull)), url, settings)


def opened(folder: Path, url: object, settings: Settings, con: ibis.BaseBackend | None = None) -> Books | None:
    """The books in `folder`, if that is a copy of the ledger at `url`, read with these settings.

    `con` is the DuckDB that reads them; one of its own unless given.
    Raises SourceError where the copy is damaged: the ledger itself may say something else by now.
    """
    import duckdb

    if not (folder / ABOUT).is_file():
        return None
    try:
        about = json.loads((folder / ABOUT).read_text("utf-8"))
        own = told(settings, Notes.model_validate_json(about["notes"]))
        if not about.items() >= _key(url, own).items():
            return None
        return _open(folder, about, own, con or source.connect(settings.engine))
    except (OSError, ValueError, KeyError, duckdb.Error) as fault:
        where = shown(str(folder))
        raise SourceError(f"The copy of the books in {where} is damaged. Make the report again.") from fault


def _open(folder: Path, about: dict[str, Any], settings: Settings, con: ibis.BaseBackend) -> Books:
    place = gen_name(TABLES)  # a group reads several
    con.attach(_quoted(folder / TABLES), name=place, read_only=True)
    frames: dict[str, Any] = {name: pd.read_parquet(folder / f"{name}.parquet") for name in FRAMES}
    return Books(
        tables={name: con.table(name, database=(place, "main")) for name in BY_NAME},
        present=frozenset(about["present"]),
        **frames,
        fingerprint=str(about["fingerprint"]),
        settings=settings,
        foreign=frozenset(about["foreign"]),
        notes=Notes.model_validate_json(str(about["notes"])),
        tells_paid=bool(about["tells_paid"]),
        copy=folder,
    )


def _quoted(path: Path) -> str:
    """The path as it stands between the quotes of a statement."""
    return str(path).replace("'", "''")


def _key(url: object, settings: Settings) -> dict[str, str]:
    """What a copy is of: the ledger, and the settings it was read with, which can hold the passwords of others."""
    return {"url": str(url), "settings": sha256(settings.model_dump_json().encode()).hexdigest()}
