"""The books: a ledger's tables, typed and checked, with every row that was set aside and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from arforecast.errors import shown
from arforecast.ledger.database import ours
from arforecast.ledger.notes import Notes
from arforecast.ledger.tables import Tables
from arforecast.settings import Settings


@dataclass(frozen=True)
class Books:
    """A ledger ready to be asked.

    tables: every table of the contract (empty where the ledger lacks it), money in minor units, defaults filled in,
    and on every dated table `entered_on`: the day the fact enters the books; on applications the days they count on,
    see `arforecast.ledger.undoing`; of rates a row for every day one holds; customers as
    `arforecast.ledger.companies` joins them.
    present: the tables the ledger has.
    problems: table, file, row, column, value, rule, severity, amount (major units), message.
    rows: table, read, used, quarantined, quarantined_amount; read = used + quarantined in every line.
    quarantine: the problems of severity error, with the row as it stands in the file. foreign: the currencies in use
    beside the reporting one. notes: what the ledger says of itself. tells_paid: whether anything in it says what was
    paid: a table of applications, or paid_on of the invoices.
    whole: the books that these are a part of, where they are one; where: the conditions that made it; beyond: the
    tables of which it knows nothing, since they say nothing of the columns of these conditions. copy: the folder of the
    checked copy that they were opened from, see `arforecast.ledger.checked`.
    """

    tables: Tables
    present: frozenset[str]
    problems: pd.DataFrame
    rows: pd.DataFrame
    quarantine: pd.DataFrame
    fingerprint: str
    settings: Settings
    foreign: frozenset[str] = frozenset()
    notes: Notes = field(default_factory=Notes)
    tells_paid: bool = True
    whole: Books | None = None
    where: tuple[str, ...] = ()
    beyond: frozenset[str] = frozenset()
    copy: Path | None = None

    @property
    def entire(self) -> Books:
        """The books of the whole ledger."""
        return self.whole or self

    @cached_property
    def at_hand(self) -> Books:
        """The same books where many questions are to be asked: an engine of others would check every row anew for each
        of them, and knows not how many there will be. It has to allow temporary tables."""
        if ours(self.tables["invoices"]):
            return self
        tables = {name: table.cache() for name, table in self.tables.items()}
        return replace(self, tables=tables, whole=self.whole and self.whole.at_hand)

    def __repr__(self) -> str:
        used = self.rows.set_index("table").used
        told = ", ".join(f"{used[name]:,} {name}" for name in ("invoices", "applications") if name in used)
        more = f" and {len(used) - 2} tables more" if len(used) > 2 else ""
        out = f"{self.rows.quarantined.sum():,} rows set aside"
        part = f"; of these the part {shown(', '.join(self.where))}" if self.where else ""
        return f"{told}{more} in {self.settings.ledger.currency}; {out}; fingerprint {self.fingerprint[:8]}{part}"
