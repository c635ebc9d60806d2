"""What is pending on an invoice and moves the day of its payment: a dispute that is open, a promise to pay.

Each multiplies the chance of a day as past ones did:

    factor = (settled + STRENGTH) / (expected + STRENGTH)

But where promises brought more than was expected, whoever hardly ever pays may keep its word too. So what they brought
is a chance of its own, and no factor:

    kept = (settled - expected) / (days - expected + KEPT_STRENGTH)
    chance = 1 - (1 - chance) x (1 - kept)

Of a dispute it depends on how far ahead the day lies, since nobody knows when the dispute will be closed: past ones are
looked at from every seventh day on which they were open. Of a promise it depends on the days from the one promised, to
the end of its days of grace. What a promise says of no invoice, and what is promised anew, is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from arforecast.forecast.calendar import DAY, Bools, Days, Floats, Ints
from arforecast.forecast.exposure import Lives, days, settled_on, unrolled

# How many settlements the belief in no effect is worth.
STRENGTH = 5
# How many days on which nothing was paid the belief that nobody keeps a promise is worth.
KEPT_STRENGTH = 5
# The days ahead from which on a dispute acts otherwise; from the last on it does nothing.
AHEAD_EDGES = np.array([8, 15, 31, 61])
# The days from the promised one from which on a promise acts otherwise; before the first it acts already.
PROMISED_EDGES = np.array([0, 1, 4])
GRACE_DAYS, EVERY_DAYS = 3, 7
# Of more than so many disputes, and promises, some say what all do; a dispute is seen many times.
DISPUTES, PROMISES = 200, 1_000

Expected = Callable[[Ints, Days], Floats]


@dataclass(frozen=True)
class Effect:
    """What disputes or promises did: by part, see AHEAD_EDGES and PROMISED_EDGES, the settlements that came, those that
    were expected, and on how many days of an invoice."""

    settled: Ints
    expected: Floats
    days: Ints

    @property
    def factors(self) -> Floats:
        return np.asarray((self.settled + STRENGTH) / (self.expected + STRENGTH))

    @property
    def kept(self) -> Floats:
        """The chance of a day that a promise is kept on it, by what came beyond what was expected."""
        return np.asarray(np.maximum(self.settled - self.expected, 0) / (self.days - self.expected + KEPT_STRENGTH))

    def until(self, part: int) -> tuple[int, int]:
        """The settlements that came before a part, and those that were expected."""
        return int(self.settled[:part].sum()), round(float(self.expected[:part].sum()))


@dataclass(frozen=True)
class Pending:
    """What is pending on a day: the invoices under dispute, the day promised for each invoice that is, and what
    disputes and promises did."""

    day: date
    disputed: pd.Index
    promised: pd.Series
    dispute: Effect
    promise: Effect

    def on(self, invoices: pd.DataFrame) -> Bools:
        """Whether something is pending on each invoice."""
        return self._disputed(invoices) | (self.promised.index.get_indexer(pd.Index(invoices.invoice_id)) >= 0)

    def _disputed(self, invoices: pd.DataFrame) -> Bools:
        """Whether each invoice is under dispute: looked up, since many are asked about part by part."""
        return np.asarray(self.disputed.get_indexer(pd.Index(invoices.invoice_id)) >= 0)

    def moved(self, chance: Floats, invoices: pd.DataFrame, on: Days) -> Floats:
        """The chances of invoices on days, with what is pending on them, on those after `day`: invoices x days."""
        ahead = (on - np.datetime64(self.day)).astype(np.int64)
        if "invoice_id" not in invoices:
            return chance
        moved = chance.copy()
        moved[self._disputed(invoices)] *= self.dispute.factors[AHEAD_EDGES.searchsorted(ahead, "right")]
        promised = days(self.promised.reindex(invoices.invoice_id))
        rows = np.flatnonzero(~np.isnat(promised))
        part = PROMISED_EDGES.searchsorted((on - promised[rows, None]).astype(np.int64), "right")
        own = np.minimum(moved[rows] * np.minimum(self.promise.factors, 1)[part], 1)
        moved[rows] = 1 - (1 - own) * (1 - self.promise.kept[part])
        return np.where(ahead > 0, moved, chance)


def pending(known: Lives, day: date, expected: Expected) -> Pending | None:
    """What is pending at the close of `day`, and what such things did to what was `expected` of invoices (their places)
    on days; None where nothing was ever disputed or promised."""
    now = np.datetime64(day)
    disputes, promises = (told[days(told.since) <= now] for told in (known.disputes, known.promises))
    if disputes.empty and promises.empty:
        return None
    disputed = disputes.invoice[~(days(disputes.until) <= now)]
    promised = promises.drop_duplicates("invoice", keep="last")
    promised = promised[days(promised.until) + GRACE_DAYS * DAY >= now]
    return Pending(
        day,
        known.invoice_id[disputed.unique()],
        promised.until.set_axis(known.invoice_id[promised.invoice]),
        _effect(known, day, _under_dispute(known, day, _drawn(disputes, DISPUTES)), AHEAD_EDGES, expected),
        _effect(known, day, _drawn(_under_promise(promises), PROMISES), PROMISED_EDGES, expected),
    )


def _drawn(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Some of many rows, evenly over their time."""
    return rows.iloc[np.arange(min(len(rows), most)) * len(rows) // max(min(len(rows), most), 1)]


def _under_dispute(known: Lives, day: date, disputes: pd.DataFrame) -> pd.DataFrame:
    """Disputes from every seventh day on which they were open, and the invoices too: invoice, since, from_on and
    until, the last of the days looked at."""
    since, last = days(disputes.since), np.datetime64(day) - DAY
    ends = np.fmin(last, np.fmin(days(disputes.until), settled_on(known, day)[disputes.invoice]) - DAY)
    weeks = (ends - since).astype(np.int64) // EVERY_DAYS + 1
    row, nth = unrolled(np.zeros(len(since), dtype=np.int64), np.maximum(weeks, 0))
    seen = since[row] + EVERY_DAYS * nth
    invoice, until = disputes.invoice.to_numpy()[row], seen + (AHEAD_EDGES[-1] - 1) * DAY
    return pd.DataFrame({"invoice": invoice, "since": seen, "from_on": seen, "until": until})


def _under_promise(promises: pd.DataFrame) -> pd.DataFrame:
    """Promises until their days of grace are over, or the next one: invoice, since, from_on, the day promised, and
    until."""
    anew = promises.groupby("invoice").since.shift(-1)
    until = np.fmin(days(promises.until) + GRACE_DAYS * DAY, days(anew))
    return promises.rename(columns={"until": "from_on"}).assign(until=until)


def _effect(known: Lives, day: date, seen: pd.DataFrame, edges: Ints, expected: Expected) -> Effect:
    """By the part in which a day lies, counted from `from_on`: the settlements after `since` up to `until`, and those
    expected while the invoice was open."""
    invoice, since = seen.invoice.to_numpy(), days(seen.since)
    settled = settled_on(known, day)[invoice]
    until = np.fmin(np.minimum(days(seen.until), np.datetime64(day)), settled)
    row, nth = unrolled(np.ones(len(seen), dtype=np.int64), np.maximum((until - since).astype(np.int64), 0))
    on = since[row] + nth
    part = edges.searchsorted((on - days(seen.from_on)[row]).astype(np.int64), "right")
    came = np.bincount(part[on == settled[row]], minlength=len(edges) + 1)
    hoped = np.bincount(part, expected(invoice[row], on), len(edges) + 1)
    return Effect(came.astype(np.int64), hoped.astype(float), np.bincount(part, minlength=len(edges) + 1))
