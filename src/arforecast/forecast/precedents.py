"""What became of past invoices that were alike in one fact: the numbers behind a reason.

Of invoices that fell due it is asked whether they were late; of those that were, whether they were open 30 days past
due. Of one that was open at an age it is asked whether it was late, or, past due, whether it was open 30 days later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from arforecast.forecast.calendar import Bools, Days, Floats, Ints, weekday
from arforecast.forecast.exposure import Lives, band_edges, bands, settled_on

LATER_DAYS = 30
# The age at which what is open still is settled: higher than any.
NEVER = 10**6
# More than all ages: what counts a value and an age as one number.
SPAN = 2**22


@dataclass(frozen=True)
class Precedents:
    """Past invoices whose fate was known on a day.

    traits: of each the customer (its place among the customers), size (the band of the amount), terms (days from issue
    to due) and weekday (of the due day, Monday 0), by name. happened: whether what is asked did. edges: the amounts
    that part the bands. since, until: the first age at which the invoice was open, and the first at which it no longer
    was or what comes of it is not known yet; after: the same of its ages after which it happened.
    """

    traits: dict[str, Ints]
    happened: Bools
    edges: Floats
    since: Ints
    until: Ints
    after: Ints

    @property
    def share(self) -> float:
        """The share of all to which it happened; NaN without any."""
        return float(self.happened.mean()) if len(self.happened) else float("nan")

    def counts(self, fact: str, values: Ints) -> tuple[Ints, Ints]:
        """To how many past invoices with each value of a fact it happened, and how many there were."""
        past = pd.Series(self.happened).groupby(self.traits[fact]).agg(["sum", "size"])
        found = past.reindex(values, fill_value=0).to_numpy(np.int64)
        return found[:, 0], found[:, 1]

    def counts_at(self, ages: Ints, fact: str = "", values: Ints | int = 0) -> tuple[Ints, Ints]:
        """The same of those that were open at an age, of each value of a fact or of all."""
        of = self.traits[fact] * SPAN if fact else 0
        asked = ages + np.asarray(values) * SPAN
        begun = np.sort(of + self.since)
        ends = (np.sort(of + np.maximum(self.since, until)) for until in (self.after, self.until))
        happened, count = (begun.searchsorted(asked, "right") - end.searchsorted(asked, "right") for end in ends)
        return happened, count


def precedents(known: Lives, day: date, late: bool) -> Precedents:
    """What was known on `day` of invoices that fell due before it; or of the late ones, 30 days later."""
    ago, delay = _days(np.datetime64(day), known.due_on), _days(settled_on(known, day), known.due_on)
    entered = known.entered_on <= np.datetime64(day)
    edges = band_edges(known.amount[entered])
    of_all = traits(known.customer, known.amount, known.issued_on, known.due_on, edges)
    kept = entered & (delay > 0) & (ago > LATER_DAYS) if late else entered & (ago > 0)
    ago, delay, of = ago[kept], delay[kept], {fact: values[kept] for fact, values in of_all.items()}
    if late:
        known_until = ago - LATER_DAYS
        ends = np.minimum(delay, known_until), np.minimum(delay - LATER_DAYS, known_until)
        return Precedents(of, delay > LATER_DAYS, edges, np.zeros_like(delay), *ends)
    return Precedents(of, delay > 0, edges, -of["terms"], delay, np.where(delay > 0, delay, -of["terms"]))


def traits(customer: Ints, amount: Floats, issued_on: Days, due_on: Days, edges: Floats) -> dict[str, Ints]:
    """Facts of invoices that past ones may share, see `Precedents`."""
    return {
        "customer": customer,
        "size": bands(edges, amount),
        "terms": _days(due_on, issued_on),
        "weekday": weekday(due_on),
    }


def _days(until: Days | np.datetime64, since: Days) -> Ints:
    """The days between; NEVER where there is no end."""
    return np.where(np.isnat(until), NEVER, (until - since).astype(np.int64))


def share(happened: Ints, count: Ints) -> Floats:
    """NaN of nothing."""
    return np.where(count > 0, happened / np.maximum(count, 1), np.nan)
