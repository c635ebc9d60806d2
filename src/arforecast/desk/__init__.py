"""What an analyst types: open a ledger, stand on a day, ask.

What a snapshot answers is made in layers, each asking those before it: a day to stand on, what is measured on it, what
is forecast from it, what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

import arforecast.ledger as ledgers
from arforecast import kernel
from arforecast.desk.acting import Acting
from arforecast.desk.days import dated
from arforecast.errors import UsageError
from arforecast.ledger import Books, part
from arforecast.ledger.part import Wanted
from arforecast.settings import Settings, load


@dataclass(frozen=True)
class Ledger:
    """A ledger whose rows are checked and ready to be asked."""

    books: Books

    def __repr__(self) -> str:
        return f"Ledger of {self.books!r}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.books.rows.to_html(index=False, border=0)}"

    @property
    def problems(self) -> pd.DataFrame:
        """What is wrong with single rows: table, file, row, column, value, rule, severity, amount, message."""
        return self.books.problems.copy()

    @property
    def quarantine(self) -> pd.DataFrame:
        """The rows that were set aside, as they stand in their file, and why; `quarantine.csv` holds them."""
        return self.books.quarantine.copy()

    def where(self, text: str = "", /, **columns: Wanted) -> Ledger:
        """The same ledger with fewer rows: the invoices and customers that meet every condition, and what is theirs.

        By column of invoices or customers: where(country="CA"), several values where(country=["CA", "US"]), a span of
        days where(issued_on=("2026-01-01", "2026-03-31")), both included and None where it is open. `text` says the
        same as a page's parameter does: "country=CA, country=US, issued_on=2026-01-01..2026-03-31". Rows without a
        value have "(none)". Costs belong to no customer and are not known of a part, unless it is one by entity;
        control totals are not checked. Raises UsageError for an unknown column, or a value that no row has.
        """
        return Ledger(part.part(self.books, part.conditions(text, columns)))

    def as_of(self, day: str | date) -> Snapshot:
        """The ledger as it was known at the close of `day`. Raises UsageError for what is not a date, and for a day of
        which the ledger knows nothing: before its first fact, or any other than that of its open items."""
        return Snapshot(self.books, self._known(dated(day)))

    def _known(self, day: date) -> date:
        notes = self.books.notes
        if notes.snapshot_on and day != notes.snapshot_on:
            raise UsageError(
                f"This ledger holds the open items of {notes.snapshot_on}, without history: nothing is known of {day}. "
                f"Stand on {notes.snapshot_on}."
            )
        first, last = self._entries
        if notes.snapshot and last and day < last:
            raise UsageError(f"The open items of this ledger go up to {last}: they are not those of {day}.")
        begins = max(filter(None, (first, notes.complete_from)), default=day)
        if day < begins:
            raise UsageError(f"The ledger begins on {begins}: nothing is known of {day}. Stand on a later day.")
        return day

    @cached_property
    def _entries(self) -> tuple[date | None, date | None]:
        """The days on which the first and the last fact entered the books."""
        tables = self.books.entire.tables
        facts = [tables[name].select("entered_on") for name in ("invoices", "applications", "receipts")]
        ends = ibis.union(*facts).aggregate(first=ibis._.entered_on.min(), last=ibis._.entered_on.max()).execute()
        return _day(ends["first"].iloc[0]), _day(ends["last"].iloc[0])


class Snapshot(Acting):
    """A ledger as it was known at the close of one day."""

    def __repr__(self) -> str:
        return f"Snapshot of {self.day}: {self.books!r}"

    def _repr_html_(self) -> str:
        asks = ", ".join(f"<code>{name}()</code>" for name in ("kpis", "accounts", "late_payers", "cash_forecast"))
        return f"<p>{escape(repr(self))}</p><p>Ask it for {asks}.</p>"


def open_ledger(url: Any, settings: Settings | None = None) -> Ledger:
    """Open the ledger at `url` and check every row.

    `url` is a folder of CSV or Parquet files, a .duckdb file, a database URL (`postgres://...`), or a Spark session; or
    the name of an entity of the settings, or `group` for all of them together.

    Settings come from `arforecast.toml` in the ledger's folder, or else in the working folder, unless given.
    Raises SourceError when there is no ledger or one of its files cannot be read.
    """
    return Ledger(books_of(url, settings))


@kernel.telling("Reading and checking the ledger")
def books_of(url: Any, settings: Settings | None = None, copies: Mapping[str, Path] | None = None) -> Books:
    """The books of the ledger that `open_ledger` opens; those of the group from checked `copies` of its entities, where
    there are any."""
    ledgers.source.refuse_what_is_none(url)
    settings, url = settings or load(*ledgers.source.places(url)), ledgers.source.whole(url)
    return ledgers.checked.find(url, settings) or _read(url, settings, copies)


def _read(url: Any, settings: Settings, copies: Mapping[str, Path] | None) -> Books:
    if url == ledgers.GROUP and settings.entities:
        return ledgers.open_group(settings, copies)
    return ledgers.open_books(settings.entities.get(url, url) if isinstance(url, str) else url, settings)


def _day(entered: Any) -> date | None:
    return None if pd.isna(entered) else pd.Timestamp(entered).date()
