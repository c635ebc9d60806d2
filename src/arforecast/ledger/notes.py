"""What a ledger says of itself: `ledger.toml` in its folder, beside the tables."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

from pydantic import Field, ValidationError

from arforecast.errors import SourceError, shown
from arforecast.settings import Code, Country, Section, Settings, reason, toml

FILE = "ledger.toml"
FIRST = date(1900, 1, 1)  # a day before it is a slip of the pen


class Notes(Section):
    """The words of the file; all of them optional.

    currency: of its amounts that name none. country, time_zone, source: where it comes from. complete_from: bookings
    before that day are not here, what was billed before is an opening balance. snapshot_on: it holds the open items of
    that one day, without history; snapshot: the same of a day that nobody has told.
    """

    currency: Code | None = None
    country: Country | None = None
    time_zone: str | None = None
    source: str | None = None
    complete_from: date | None = Field(default=None, ge=FIRST)
    snapshot_on: date | None = Field(default=None, ge=FIRST)
    snapshot: bool = False

    @property
    def without_history(self) -> bool:
        """Whether the ledger holds nothing but the open items of one day."""
        return self.snapshot or self.snapshot_on is not None

    @property
    def opened_on(self) -> date | None:
        """The day at whose close the ledger opens: of none before it the balances are known."""
        return self.complete_from and self.complete_from - timedelta(days=1)

    def lacks(self, day: date) -> bool:
        """Whether what looks back to the close of `day` looks back to bookings that are not here."""
        return self.opened_on is not None and day < self.opened_on


def read(folder: Path) -> Notes:
    """The notes of the ledger in `folder`, none where it has no such file or is no folder. Raises SourceError with the
    word that is wrong."""
    path = folder / FILE
    if not os.path.isfile(path):  # noqa: PTH113 - what is wrong with the folder is told by those who read it
        return Notes()
    try:
        return Notes(**toml(path.read_text("utf-8-sig")))
    except ValidationError as fault:
        first = fault.errors()[0]
        place = shown(".".join(map(str, first["loc"])))
        raise SourceError(f"{path}: {place}: {reason(first)}. Correct or remove it.") from fault
    except (OSError, ValueError) as fault:
        raise SourceError(f"{path} cannot be read: {fault}. Write it as TOML, in UTF-8.") from fault


def told(settings: Settings, notes: Notes) -> Settings:
    """The settings with what the ledger says of its currency, unless they name one themselves."""
    rules = settings.ledger
    if notes.currency is None or "currency" in rules.model_fields_set:
        return settings
    return settings.model_copy(update={"ledger": rules.model_copy(update={"currency": notes.currency})})


def together(notes: list[Notes]) -> Notes:
    """What can be said of several ledgers in one: complete from the day on which all of them are."""
    days = {name: [day for each in notes if (day := getattr(each, name))] for name in ("complete_from", "snapshot_on")}
    known = {name: max(each) for name, each in days.items() if each}
    return Notes(**known, snapshot=any(each.snapshot for each in notes))
