"""Days in words, for what a timer runs. Each of them is over, and which day it is depends on where one asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from arforecast.errors import UsageError, shown

WORDS: dict[str, Callable[[date], date]] = {
    "yesterday": lambda today: today - timedelta(days=1),
    "last-friday": lambda today: today - timedelta(days=(today.weekday() - 5) % 7 + 1),  # on a Friday that before
    "last-month-end": lambda today: today.replace(day=1) - timedelta(days=1),
}


class Day(NamedTuple):
    """A day, YYYY-MM-DD, and what it was asked for by; nothing where it was asked for as it is."""

    as_of: str
    said: str = ""


def meant(as_of: str, time_zone: str | None, now: datetime) -> Day:
    """The day that `as_of` means at the moment `now` in `time_zone`; what is no word means itself, anywhere.

    Raises UsageError for a word without a time zone, for anything else with one, and for a zone that there is not.
    """
    if as_of not in WORDS:
        if time_zone:
            raise UsageError(f"--time-zone {shown(time_zone)} goes with {', '.join(WORDS)} alone. Leave it out.")
        return Day(as_of)
    if not time_zone:
        raise UsageError(f"{as_of} is another day elsewhere: say where with --time-zone, such as Europe/Zurich or UTC.")
    there = now.astimezone(_zone(time_zone))
    return Day(WORDS[as_of](there.date()).isoformat(), f"{as_of}, at {there.isoformat('T', 'seconds')} in {time_zone}")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as fault:  # it is no name of one, a path, or that of a folder of them
        raise UsageError(
            f"{shown(name)} is no time zone. They are like Europe/Zurich, America/New_York or UTC."
        ) from fault
