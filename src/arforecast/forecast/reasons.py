"""Why the chance of an invoice differs from the book's average: the facts that move it most, with the numbers behind.

Of an invoice not yet due the chance is that of being late, of one that is late that of being open in 30 days, and its
average that of all open invoices alike in this. The model is asked again as if one fact of the invoice were the book's
usual: a customer that nobody knows, nothing disputed, promised or expected by a person, as many days from due as the
others are on average, the weekday on which most is due, the median amount, the median terms. A fact is a reason where
this moves the chance towards the average, and where past invoices say the same; the stronger it moves the logit of the
chance, the earlier it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from arforecast.forecast import overrides
from arforecast.forecast.backtest import Past
from arforecast.forecast.calendar import DAY, Bools, Floats, Ints, weekday
from arforecast.forecast.exposure import days
from arforecast.forecast.payment_time import readings
from arforecast.forecast.precedents import LATER_DAYS, Precedents, precedents, share, traits

# The facts, in the order in which equally strong ones stand.
FACTS = ("customer", "pending", "age", "weekday", "size", "terms")
REASONS = ["reason_1", "reason_2", "reason_3"]
MOVED = [f"moved_by_{fact}" for fact in FACTS]
# What moves the logit of a chance by less explains nothing.
LEAST = 0.1
# Invoices due within so many days are asked together.
REACH_DAYS = (10, 25)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Words = NDArray[np.object_]


@dataclass(frozen=True)
class Alike:
    """The open invoices of a day that are late, or those that are not, and the chance of each to be late, or to be open
    in 30 days."""

    then: Past
    late: bool
    invoices: pd.DataFrame
    chance: Floats
    decimals: int

    @cached_property
    def age(self) -> Ints:
        """The days past due."""
        return (np.datetime64(self.then.origin) - days(self.invoices.due_on)).astype(np.int64)

    @property
    def usual_age(self) -> int:
        return round(float(self.age.mean()))

    @property
    def side(self) -> Floats:
        """1 where the chance lies above the average, -1 where below."""
        return np.sign(self.chance - self.chance.mean())

    @cached_property
    def traits(self) -> dict[str, Ints]:
        """Their facts, see `arforecast.forecast.precedents.traits`."""
        invoices, customers = self.invoices, self.then.known.customers
        owner = customers.get_indexer(pd.Index(invoices.customer_id)).astype(np.int64)
        on = days(invoices.issued_on), days(invoices.due_on)
        return traits(owner, invoices.amount.to_numpy(float), *on, self.past.edges)

    @cached_property
    def past(self) -> Precedents:
        return precedents(self.then.known, self.then.origin, self.late)


@dataclass(frozen=True)
class Record:
    """What came of past invoices that share a fact with each open one: to how many it happened, how many they are, and
    the share of others. aged: whether they are those that were open at the invoice's age."""

    happened: Ints
    count: Ints
    others: Floats
    aged: bool

    def says(self, side: Floats) -> Bools:
        """Whether the share, as it is printed, lies on that side of the others'."""
        return np.asarray((np.rint(100 * share(self.happened, self.count)) - np.rint(100 * self.others)) * side > 0)


def reasons(then: Past, said: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """REASONS of each open invoice in words, null where no further fact is one, and MOVED, by how much each fact moves
    its chance: the chance less what it would be if the fact were the book's usual.

    said: p_late and p_paid_30 of the invoices. decimals: of the reporting currency.
    """
    late = days(then.invoices.due_on) <= np.datetime64(then.origin)
    chance = np.where(late, 1 - said.p_paid_30, said.p_late)
    told, names = then.closed.pending, then.invoices.invoice_id
    pending = names.isin(overrides.pending(then.known, then.origin).index) | (told.on(then.invoices) if told else False)
    # An invoice has a name for what is pending on it alone: what is equal without one is asked once.
    invoices = then.invoices.assign(invoice_id=names.where(pending, ""))
    parts = [Alike(then, of, invoices[late == of], chance[late == of], decimals) for of in (False, True)]
    return pd.concat([explained(part) for part in parts if len(part.invoices)] or [_nothing()]).sort_index()


def explained(book: Alike) -> pd.DataFrame:
    """REASONS and MOVED of invoices alike."""
    usual = _asked(book)
    words, rank = {}, {}
    for fact in FACTS:
        pull = (_logit(book.chance) - _logit(usual[fact])) * book.side
        words[fact] = _said(book, fact, pull >= LEAST)
        # Told apart by doublings, strengths keep their order while the facts stay.
        rank[fact] = np.where(words[fact] != "", np.rint(np.log2(np.maximum(pull, LEAST))), -np.inf)
    order = np.argsort(-np.stack([*rank.values()], axis=1), axis=1, kind="stable")[:, : len(REASONS)]
    first = np.take_along_axis(np.stack([*words.values()], axis=1), order, axis=1)
    told = pd.DataFrame(first, book.invoices.index, REASONS)
    average = percent(float(book.chance.mean()))
    what = "being open in 30 days" if book.late else "being late"
    told.loc[told.reason_1 == "", "reason_1"] = f"no one fact parts it from the average of {average} for {what}"
    told = told.mask(told == "").astype("str")
    return told.assign(**{f"moved_by_{fact}": book.chance - usual[fact] for fact in FACTS})


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(dict.fromkeys(REASONS, pd.Series(dtype="str")) | dict.fromkeys(MOVED, pd.Series(dtype=float)))


def _logit(chance: Floats) -> Floats:
    clipped = np.clip(chance, 1e-6, 1 - 1e-6)
    return np.log(clipped) - np.log1p(-clipped)


# The book's usual


def as_usual(book: Alike) -> dict[str, pd.DataFrame]:
    """The invoices with each fact in turn as the book's usual, the others as they are.

    One whose due day moves keeps its terms and its side of today: a new age keeps the weekday, a new weekday the week.
    """
    known, today = book.then.known, np.datetime64(book.then.origin)
    entered = known.entered_on <= today
    invoices, due_on = book.invoices, days(book.invoices.due_on)
    terms = int(np.median((known.due_on - known.issued_on)[entered].astype(np.int64)))
    most_due = np.bincount(weekday(known.due_on[entered]), minlength=7).argmax()
    weeks = np.rint((book.age - book.usual_age) / 7).astype(np.int64)
    return {
        "pending": invoices.assign(invoice_id=""),
        "customer": invoices.assign(customer_id=pd.Series(None, invoices.index, invoices.customer_id.dtype)),
        "age": _postponed(book, 7 * weeks),
        "weekday": _postponed(book, (most_due - weekday(due_on) + 3) % 7 - 3) if not book.late else invoices,
        "size": invoices.assign(amount=float(np.median(known.amount[entered]))),
        "terms": invoices.assign(issued_on=np.minimum(due_on - terms * DAY, today)),
    }


def _postponed(book: Alike, by: Ints) -> pd.DataFrame:
    """The invoices due so many days later, issued no later than today; a week is added or taken to stay on its side."""
    today, late = np.datetime64(book.then.origin), book.age - by >= 0
    by = by + 7 * (late.astype(np.int64) - int(book.late))
    due_on, issued_on = days(book.invoices.due_on), days(book.invoices.issued_on)
    return book.invoices.assign(due_on=due_on + by, issued_on=np.minimum(issued_on + by, today))


def _asked(book: Alike) -> dict[str, Floats]:
    """The chances of the invoices with each fact in turn as the book's usual. All are asked at once, since invoices of
    one customer share the work, and the same ones once; of those that stay as they are the chance is known."""
    columns = ["invoice_id", "customer_id", "amount", "issued_on", "due_on"]
    changed = {fact: invoices[columns] for fact, invoices in as_usual(book).items()}
    differs = {fact: (rows != book.invoices[columns]).any(axis=1).to_numpy() for fact, rows in changed.items()}
    rows = pd.concat([changed[fact][differs[fact]] for fact in FACTS], ignore_index=True)
    same = rows.groupby(columns, sort=False, dropna=False).ngroup()
    answers = _chances(book, rows[~same.duplicated()])[same]
    usual = np.repeat(book.chance[None, :], len(FACTS), axis=0)
    usual[np.stack([differs[fact] for fact in FACTS])] = answers
    return dict(zip(FACTS, usual, strict=True))


def _chances(book: Alike, invoices: pd.DataFrame) -> Floats:
    """The chance of being late, or of late ones that of being open in 30 days."""
    model, today = book.then.model, book.then.origin
    if book.late:
        return 1 - readings(model, invoices, today, LATER_DAYS, lambda told: told.p_settled.sum(axis=1))
    chance = np.empty(len(invoices))
    # A model is asked of all days up to the last due day: invoices due soon are not asked with later ones.
    reach = np.searchsorted(REACH_DAYS, (days(invoices.due_on) - np.datetime64(today)).astype(np.int64))
    for nth in np.unique(reach):
        chance[reach == nth] = readings(model, invoices[reach == nth], today, 1, lambda told: told.p_late)
    return chance


# The numbers behind


def _said(book: Alike, fact: str, pulls: Bools) -> Words:
    """The words of a fact for invoices whose chance it pulls, where past invoices say the same: all that share it, or
    else those of them that were as old; empty for others."""
    if fact == "pending":
        return _said_pending(book, pulls)
    words = np.full(len(pulls), "", dtype=object)
    for aged in (True,) if fact == "age" else (False, True):
        record = _record(book, fact, aged)
        rows = np.flatnonzero(pulls & (words == "") & record.says(book.side))
        words[rows] = _each(book, fact, record, rows)
    return words


def _said_pending(book: Alike, pulls: Bools) -> Words:
    """The same of a dispute or a promise, by what came of past ones; before it what a person expects."""
    told, names = book.then.closed.pending, book.invoices.invoice_id
    words = np.where(pulls, _expected(book), "").astype(object)
    if told is None:
        return words
    promised = days(told.promised.reindex(names))
    week, in_time = told.dispute.until(1), told.promise.until(2)
    grounds = (
        (names.isin(told.disputed).to_numpy(), "under dispute", week, "within a week"),
        (~np.isnat(promised), "promised for " + promised.astype(str).astype(object), in_time, "by then"),
    )
    for rows, what, (settled, expected), when in grounds:
        said = what + f": {settled:,} such were settled {when}, {expected:,} were expected"
        told_of = rows & pulls & (words == "") & ((expected - settled) * book.side > 0)
        words = np.where(told_of, said, words)
    return words


def _expected(book: Alike) -> Words:
    """What a person expects of each invoice, empty where nobody does."""
    told = overrides.pending(book.then.known, book.then.origin)
    said = {
        name: f"a person expects payment on {on:%Y-%m-%d}, with a chance of {percent(chance)}"
        for name, on, chance in zip(told.index, told.expected_on, told.confidence, strict=True)
    }
    return np.array([said.get(name, "") for name in book.invoices.invoice_id], dtype=object)


def _record(book: Alike, fact: str, aged: bool) -> Record:
    past, age = book.past, book.age
    if fact == "age":
        return Record(*past.counts_at(age), share(*past.counts_at(np.full_like(age, book.usual_age))), aged)
    values = book.traits[fact]
    if aged:
        return Record(*past.counts_at(age, fact, values), share(*past.counts_at(age)), aged)
    return Record(*past.counts(fact, values), np.full(len(age), past.share), aged)


def _each(book: Alike, fact: str, record: Record, rows: Ints) -> Words:
    """The words of rows, found once for all that say the same."""
    # Customers are many, and differ in few numbers.
    value = book.age * 0 if fact in ("customer", "age") else book.traits[fact]
    told = pd.DataFrame({"of": record.happened, "all": record.count, "value": value, "age": book.age * record.aged})
    alike = told.iloc[rows].groupby(list(told), sort=False).ngroup().to_numpy()
    _numbers, first = np.unique(alike, return_index=True)
    return np.array([_sentence(book, fact, record, row) for row in rows[first]], dtype=object)[alike]


def _sentence(book: Alike, fact: str, record: Record, row: int) -> str:
    happened, count, age = record.happened[row], record.count[row], book.age[row]
    number = f"{happened:,} of {count:,}" if fact == "customer" else f"{percent(happened / count)} of"
    noun = "late invoices" if book.late and not record.aged else "invoices"
    own = noun + _which(book, fact, row) + (_when(age) if record.aged else "")
    since = "later" if record.aged else "past due"
    came = f"were open {LATER_DAYS} days {since}" if book.late else "were late"
    others = f"of those{_when(book.usual_age)}" if fact == "age" else "of all"
    return f"{number} {own} {came}; {percent(record.others[row])} {others}"


def _which(book: Alike, fact: str, row: int) -> str:
    value = book.traits[fact][row] if fact != "age" else 0
    return {
        "customer": " of this customer",
        "age": "",
        "weekday": f" due on a {WEEKDAYS[value % 7]}",
        "terms": f" on terms of {_days(value)}",
        "size": _between(book, value),
    }[fact]


def _when(age: int) -> str:
    if age == 0:
        return " open on the due day"
    return f" open {_days(-age)} before due" if age < 0 else f" {_days(age)} past due"


def _between(book: Alike, band: int) -> str:
    """The amounts of a band, in the reporting currency."""
    edges = [f"{edge / 10**book.decimals:,.{book.decimals}f}" for edge in book.past.edges]
    above, below = edges[:band][-1:], edges[band : band + 1]
    return "".join([*(f" over {edge}" for edge in above), *(f" up to {edge}" for edge in below)])


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def percent(share: float) -> str:
    """As whole percent; what is not quite nothing, or not quite all, is not written as that."""
    text = f"{100 * share:.0f}"
    if text in ("0", "100") and share not in (0, 1):
        text = "< 1" if share < 0.5 else "> 99"
    return f"{text} %"
