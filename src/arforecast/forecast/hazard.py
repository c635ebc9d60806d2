"""The closed form: of the invoices still open on a day, the share that is settled on it.

It starts from the ledger's mean and is multiplied by one factor after another, from what all invoices share to what
one customer does on one weekday at one age. Each factor is the ratio of settlements seen to settlements expected so
far, shrunk to 1:

    factor = (settled + strength) / (expected + strength)

so a customer without history is treated like everybody, and one with a long history like itself. Open invoices are
censored at the last open day.

Invoices are paid on every day, and booked on open ones (`arforecast.forecast.calendar`): what is booked after a weekend
happened on one of its days, with chances that are estimated with the factors, in turns (EM). So a customer who pays at
the end of each month does so on a Sunday too, and is booked on the Monday.

What is expected of an invoice through the ages of its run is a difference of two sums, so that no run is counted day by
day, but at the ages of one customer that somebody asks for; and those factors are made when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial
from itertools import pairwise, starmap

import numpy as np
import pandas as pd

from arforecast.forecast.calendar import DAY, Bools, Days, Floats, Ints, weekday
from arforecast.forecast.exposure import BANDS, Exposure, Lives, Runs, bands, calendar, days, exposure, unrolled
from arforecast.forecast.pending import Pending, pending

YOUNGEST, OLDEST = -60, 240
AGES = OLDEST - YOUNGEST + 1
HIGHEST = 0.97
# Cells of a customer's ages that are counted at a time, runs whose day is estimated at a time, and runs from which
# factors are.
CELLS = 4_000_000
TOGETHER = 20_000
PART = 200_000
# The factors of a customer with more runs are made once for all its ages, however often it is asked for.
MANY = 2_000
# How often the days of settlements after closed ones and the factors are estimated, each from the other.
ROUNDS = 4

# Days from the due date behave alike within these ranges: fine around it, coarse far from it.
AGE_EDGES = np.array([-30, -20, -12, -8, -5, -3, -1, 0, 1, 2, 3, 5, 8, 12, 20, 40, 80, 160])
PHASE_EDGES = np.array([-3, 4])
RANGES = len(AGE_EDGES) + 1

# What a factor looks at, and its strength: how many settlements its prior is worth. They follow each other in this
# order, first those that all invoices share, then those of one customer, with the size of the amount between them.
Factor = tuple[tuple[str, ...], float]
SHARED: tuple[Factor, ...] = (
    (("age_range",), 1),
    (("age",), 5),
    (("phase", "weekday"), 5),
    (("age", "weekday"), 10),
)
CUSTOMER, CUSTOMER_RANGE, SIZE, CUSTOMER_WEEKDAY, CUSTOMER_AGE, CUSTOMER_DAY = 1, 1.5, 10, 1.5, 2, 3

# Ages beyond the clipped ones repeat every week: an axis with one such week at each end stands for all.
LOW, HIGH = YOUNGEST - 7, OLDEST + 7
WIDTH = HIGH - LOW + 1


def age_range(age: Ints) -> Ints:
    return np.searchsorted(AGE_EDGES, age, side="right").astype(np.int64)


_AGE = np.arange(YOUNGEST, OLDEST + 1)
_RANGE = age_range(_AGE)
_WEEKDAY = (np.arange(7)[:, None] + _AGE) % 7
_TRAITS = {
    "age": np.repeat(np.arange(AGES), 7),
    "age_range": np.repeat(_RANGE, 7),
    "phase": np.repeat(np.searchsorted(PHASE_EDGES, _AGE, side="right"), 7),
    "weekday": np.tile(np.arange(7), AGES),
}


@dataclass(frozen=True)
class Hazard:
    """A fitted hazard, with what its customers' factors are made from.

    mean: settlements per invoice day. shared: ages x weekdays, the factors all invoices share, multiplied. lean:
    customers x ranges of ages, those of a customer and of its ranges. size: bands x ranges of ages. pending: what is
    disputed or promised, see `arforecast.forecast.pending`. whole: the factors of customers with many runs, see
    `at_all_ages`; the same with and without what is pending.
    """

    name = "customer-shrunk hazard"
    exposed: Exposure
    mean: float
    shared: Floats
    lean: Floats
    size: Floats
    pending: Pending | None = None
    whole: dict[int, Floats] = field(default_factory=dict, repr=False, compare=False)

    def hazards(self, invoices: pd.DataFrame, first: date, days: int) -> Floats:
        """The probability that an invoice still open is settled on each of `days` days from `first`: invoices x
        days.

        The closed days before `first` count with it: what happened on them is not booked yet.
        """
        booking, start = self.exposed.calendar, np.datetime64(first)
        closed = int((start - DAY - booking.until(start - DAY)) / DAY)
        on = start + np.arange(-closed, days)
        chance = self.latent(_asked(self, invoices, on))
        if self.pending:
            chance = np.minimum(self.pending.moved(chance, invoices, on), HIGHEST)
        chance *= _issued(invoices, on)
        return booking.booked(chance, on)[:, closed:]

    def of_days(self, known: Lives, place: Ints, on: Days) -> Floats:
        """The probability that each of some invoices, if still open, is paid on a day of its own, but for what is
        pending on it."""
        band, age = bands(self.exposed.edges, known.amount[place]), (on - known.due_on[place]).astype(np.int64)
        parts = [
            self.latent(_on_a_day(known.customer[place[part]], band[part], age[part], weekday(on[part])))[:, 0]
            for part in _sliced(np.arange(len(place)))
        ]
        return np.concatenate([np.empty(0), *parts])

    def latent(self, asked: _Asked) -> Floats:
        """The probability that an invoice still open is paid on a day, whenever that is booked."""
        usual = (self.size[:, _RANGE, None] * (self.mean * self.shared)).ravel()
        chance = usual.take((asked.band[:, None] * AGES + asked.age) * 7 + asked.weekday)
        chance *= _own(self, asked)
        return np.minimum(chance, HIGHEST, out=chance)

    @cached_property
    def starts(self) -> Ints:
        """Where the runs of each customer begin, and where the last one's end."""
        return np.searchsorted(self.exposed.runs.customer, np.arange(len(self.exposed.customers) + 1))

    @cached_property
    def counts(self) -> Ints:
        """How many runs each customer has; behind the last, that a stranger has none."""
        return np.append(np.diff(self.starts), 0)

    def at_all_ages(self, customer: int) -> Floats:
        """The factors of a customer, multiplied, at all ages on each weekday: made once, for there are many runs."""
        if customer not in self.whole:
            alone, first = np.array([customer]), np.zeros(1, dtype=np.int64)
            runs = _together(_runs_of(self, alone)[0])
            asked = _Customers(alone, first, first + AGES - 1)
            self.whole[customer] = _factors(self, asked, runs, np.zeros(len(runs), dtype=np.int64))
        return self.whole[customer]

    @cached_property
    def sums(self) -> Floats:
        """What all invoices share, summed along their ages, see `_sums`."""
        return _sums(self.mean * self.shared)


def fit(known: Lives, day: date) -> Hazard:
    """The hazard of what was known at the close of `day`."""
    found = estimate(exposure(known, day, calendar(known, day)))
    return replace(found, pending=pending(known, day, partial(found.of_days, known)))


def estimate(exposed: Exposure, shared: tuple[Factor, ...] = SHARED) -> Hazard:
    """The hazard from what was seen, and on which days what was booked after closed ones happened."""
    found = _estimate(exposed, shared)
    unsure = np.flatnonzero(exposed.runs.weight < 1)
    for _round in range(ROUNDS if len(unsure) else 0):
        found = _estimate(replace(exposed, runs=_dealt(found, unsure)), shared)
    return found


def _estimate(exposed: Exposure, shared: tuple[Factor, ...]) -> Hazard:
    """The mean, then factor after factor."""
    mean, alike = everybody(exposed.runs, shared)
    lean = np.ones((len(exposed.customers), RANGES))
    came, hoped = np.zeros((BANDS, RANGES)), np.zeros((BANDS, RANGES))
    for rows in _of_whole_customers(exposed.runs):
        runs = exposed.runs.at(rows)
        expected = _by_range(runs, mean * alike)
        present, customer = np.unique(runs.customer, return_inverse=True)
        lean[present] = _lean(runs, customer, expected)
        came += _came_by_range(runs, runs.band, BANDS)
        hoped += sums_by(expected * lean[runs.customer], runs.band, BANDS)
    return Hazard(exposed, mean, alike, lean, _ratio(came, hoped, SIZE))


def _of_whole_customers(runs: Runs) -> Iterator[slice]:
    """The runs in parts, those of a customer together."""
    begins = np.append(np.flatnonzero(np.diff(runs.customer, prepend=-1)), len(runs))
    ends = np.unique(begins[begins.searchsorted(np.arange(0, len(runs) + PART, PART)).clip(max=len(begins) - 1)])
    return starmap(slice, pairwise(ends))


def _dealt(hazard: Hazard, unsure: Ints) -> Runs:
    """The runs with the chances of the days on which what was booked after closed ones may have happened."""
    runs = hazard.exposed.runs
    parts = [
        hazard.latent(_on_a_day(part.customer, part.band, part.oldest, _last_weekday(part)))[:, 0]
        for part in map(runs.at, _sliced(unsure))
    ]
    chance = np.concatenate(parts)
    begins = np.diff(runs.block[unsure], prepend=-1) > 0
    start, of = np.flatnonzero(begins), np.cumsum(begins) - 1
    stayed = np.concatenate([[0.0], np.cumsum(np.log1p(-chance))[:-1]])
    happened = chance * np.exp(stayed - stayed[start][of])
    weight = runs.weight.copy()
    weight[unsure] = happened / np.bincount(of, happened)[of]
    return replace(runs, weight=weight)


def _sliced(rows: Ints) -> list[Ints]:
    return [rows[part] for part in _slices(len(rows), TOGETHER)]


def _slices(count: int, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, count, size)]


def everybody(runs: Runs, factors: tuple[Factor, ...]) -> tuple[float, Floats]:
    """The mean, and the factors that all invoices share, multiplied: ages x weekdays."""
    parts = [runs.at(part) for part in _slices(len(runs), PART)] or [runs]
    days, settled = (np.sum([of(part) for part in parts], axis=0).ravel() for of in (_days_at_risk, _settled))
    mean = settled.sum() / max(days.sum(), 1)
    expected = days * mean
    alike = np.ones(AGES * 7)
    for names, strength in factors:
        key = _key(names)
        ratios = _ratio(np.bincount(key, settled), np.bincount(key, expected), strength)[key]
        expected, alike = expected * ratios, alike * ratios
    return float(mean), alike.reshape(AGES, 7)


def _key(names: tuple[str, ...]) -> Ints:
    """One number for the traits of each age and weekday together."""
    key = np.zeros(AGES * 7, dtype=np.int64)
    for name in names:
        key = key * (_TRAITS[name].max() + 1) + _TRAITS[name]
    return key


def _ratio(settled: Ints | Floats, expected: Ints | Floats, strength: float) -> Floats:
    return np.asarray((settled + strength) / (expected + strength))


def _place(age: Ints) -> tuple[Ints, Ints]:
    """Where an age stands on the axis from LOW to HIGH, and how many whole weeks beyond it: below, less than 0."""
    weeks = np.minimum((age - LOW) // 7, 0) - np.minimum((HIGH - age) // 7, 0)
    return age - 7 * weeks - LOW, weeks


def _ends(runs: Runs) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
    """The places of each run's last age, and of the one before its first, on the axis of its weekday of due; the whole
    weeks of each beyond it."""
    axis = runs.due_weekday * WIDTH
    (last, late_weeks), (before, early_weeks) = (_place(age) for age in (runs.oldest, runs.youngest - 1))
    return (axis + last, late_weeks), (axis + before, early_weeks)


def _days_at_risk(runs: Runs) -> Floats:
    """The invoice days of each age and weekday."""
    (last, late_weeks), (before, early_weeks) = _ends(runs)
    weight = runs.weight
    ends = np.bincount(last, weight, 7 * WIDTH) - np.bincount(before, weight, 7 * WIDTH)
    open_at = ends.reshape(7, WIDTH)[:, ::-1].cumsum(axis=1)[:, ::-1]
    age, on = _diagonals()
    counted = _sum((age * 7 + on)[:, 1:].ravel(), open_at[:, 1:].ravel(), AGES * 7).reshape(AGES, 7)
    for at, beyond in ((0, np.minimum), (-1, np.maximum)):
        counted[at] += (weight * (beyond(late_weeks, 0) - beyond(early_weeks, 0))).sum()
    return counted


def _diagonals() -> tuple[Ints, Ints]:
    """The clipped age and the weekday at each place of the axis, by the weekday of the due day."""
    axis, due = np.arange(LOW, HIGH + 1), np.arange(7)[:, None]
    return np.broadcast_to(axis.clip(YOUNGEST, OLDEST) - YOUNGEST, (7, len(axis))), (due + axis) % 7


def _settled(runs: Runs) -> Floats:
    """The settlements at each age and on each weekday."""
    paid = runs.at(runs.settled)
    age = paid.oldest.clip(YOUNGEST, OLDEST) - YOUNGEST
    return _sum(age * 7 + _last_weekday(paid), paid.weight, AGES * 7).reshape(AGES, 7)


def _sum(cell: Ints, weight: Floats, cells: int) -> Floats:
    return np.bincount(cell, weight, cells).astype(float, copy=False)


def _came(runs: Runs) -> Floats:
    """How much of an invoice is settled at the end of each run."""
    return runs.settled * runs.weight


def _came_by_range(runs: Runs, of: Ints, size: int) -> Floats:
    """The settlements at the ends of runs by what each is of, a number below `size`, and by range of ages."""
    return _sum(of * RANGES + age_range(runs.oldest), _came(runs), size * RANGES).reshape(size, RANGES)


def _last_weekday(runs: Runs) -> Ints:
    return (runs.due_weekday + runs.oldest) % 7


def _sums(usual: Floats) -> Floats:
    """What is usual, added up along the axis of ages: range of ages x place of the axis, see `_ends`, x weekday."""
    age, on = _diagonals()
    apart = np.zeros((RANGES, *age.shape, 7))
    due, place = np.indices(age.shape)
    apart[_RANGE[age], due, place, on] = usual[age, on]
    apart[:, :, 0] = 0
    return apart.cumsum(axis=2).reshape(RANGES, -1, 7)


def _by_range(runs: Runs, usual: Floats) -> Floats:
    """The settlements usual through each run, by range of ages."""
    (last, late_weeks), (before, early_weeks) = _ends(runs)
    sums = np.ascontiguousarray(_sums(usual).sum(axis=2).T)
    expected = sums.take(last, axis=0)
    expected -= sums.take(before, axis=0)
    for at, beyond in ((0, np.minimum), (-1, np.maximum)):
        expected[:, at] += (beyond(late_weeks, 0) - beyond(early_weeks, 0)) * usual[at].sum()
    expected *= runs.weight[:, None]
    return expected


def _lean(runs: Runs, customer: Ints, expected: Floats) -> Floats:
    """The factors of each customer, numbered from 0, and of its ranges of ages, multiplied."""
    size = int(customer.max()) + 1
    hoped, came = sums_by(expected, customer, size), _came_by_range(runs, customer, size)
    speed = _ratio(came.sum(axis=1), hoped.sum(axis=1), CUSTOMER)[:, None]
    return speed * _ratio(came, hoped * speed, CUSTOMER_RANGE)


def sums_by(rows: Floats, to: Ints, size: int) -> Floats:
    """The rows added up by the number each belongs to."""
    from scipy.sparse import csr_array  # it takes a tenth of a second to import

    return np.asarray(csr_array((np.ones(len(to)), (to, np.arange(len(to)))), (size, len(to))) @ rows)


def ages(invoices: pd.DataFrame, on: Days) -> Ints:
    """How many days from due each invoice is on each day, clipped, counted from YOUNGEST: invoices x days."""
    return (on[None, :] - days(invoices.due_on)[:, None]).astype(np.int64).clip(YOUNGEST, OLDEST) - YOUNGEST


def _issued(invoices: pd.DataFrame, on: Days) -> Bools:
    return np.asarray(on >= days(invoices.issued_on)[:, None])


# The factors of the customers at hand


@dataclass(frozen=True)
class _Customers:
    """Customers by their places, -1 for a stranger, and the first and the last age at which each is asked for."""

    places: Ints
    first: Ints
    last: Ints

    @property
    def offset(self) -> Ints:
        """Where the ages of each customer begin when they stand one after another; the last one's end."""
        return np.concatenate([[0], np.cumsum(self.last - self.first + 1)])

    def at(self, chosen: Bools) -> _Customers:
        """Some of them."""
        return _Customers(self.places[chosen], self.first[chosen], self.last[chosen])


@dataclass(frozen=True)
class _Asked:
    """What is asked of a hazard: of invoices by days the clipped ages; the customers of these invoices.

    owner: the place of each invoice's among the customers. weekday: of the days, or of each invoice and day.
    """

    customers: _Customers
    owner: Ints
    band: Ints
    age: Ints
    weekday: Ints


def _asked(hazard: Hazard, invoices: pd.DataFrame, on: Days) -> _Asked:
    codes = hazard.exposed.customers.get_indexer(pd.Index(invoices.customer_id)).astype(np.int64)
    band = bands(hazard.exposed.edges, invoices.amount.to_numpy(float))
    return _grouped(codes, band, ages(invoices, on), weekday(on))


def _on_a_day(customer: Ints, band: Ints, age: Ints, on: Ints) -> _Asked:
    """Of invoices a day each: their ages on it, in days from due, and which weekday it is."""
    return _grouped(customer, band, age[:, None].clip(YOUNGEST, OLDEST) - YOUNGEST, on[:, None])


def _grouped(codes: Ints, band: Ints, age: Ints, on: Ints) -> _Asked:
    customers, owner = np.unique(codes, return_inverse=True)
    first, last = np.full(len(customers), AGES - 1), np.zeros(len(customers), dtype=np.int64)
    np.minimum.at(first, owner, age[:, 0])
    np.maximum.at(last, owner, age[:, -1])
    return _Asked(_Customers(customers, first, last), owner, band, age, on)


def _own(hazard: Hazard, asked: _Asked) -> Floats:
    """The factors of its customer, multiplied, for each invoice and day."""
    many = hazard.counts[asked.customers.places] > MANY
    first, last = asked.customers.first, asked.customers.last
    customers = replace(asked.customers, first=np.where(many, 0, first), last=np.where(many, AGES - 1, last))
    offset = customers.offset
    factors = np.empty((offset[-1], 7))
    few = customers.at(~many)
    factors[~np.repeat(many, np.diff(offset))] = _factors(hazard, few, *_runs_of(hazard, few.places))
    for nth in np.flatnonzero(many):
        factors[offset[nth] : offset[nth + 1]] = hazard.at_all_ages(int(customers.places[nth]))
    start = (offset[:-1] - customers.first)[asked.owner]
    return factors.ravel().take((start[:, None] + asked.age) * 7 + asked.weekday)


def _factors(hazard: Hazard, customers: _Customers, runs: Runs, owner: Ints) -> Floats:
    """The factors of customers, multiplied, at the ages asked of each, on each weekday, from their runs and whose each
    is."""
    known = customers.places >= 0
    lean = np.ones((len(known), RANGES))
    lean[known] = hazard.lean[customers.places[known]]
    weekdays = _weekdays(hazard, runs, owner, lean)
    place, age = _places(customers)
    factors = weekdays[place]
    factors *= lean[place, _RANGE[age], None]
    expected = _at_risk(hazard.size, runs, owner, customers)
    expected *= (hazard.mean * hazard.shared)[age]
    expected *= factors
    settled = _settled_at(runs, owner, customers)
    ages = _ratio(settled.sum(axis=1), expected.sum(axis=1), CUSTOMER_AGE)[:, None]
    expected *= ages
    factors *= ages
    factors *= _ratio(settled, expected, CUSTOMER_DAY)
    return factors


def _runs_of(hazard: Hazard, customers: Ints) -> tuple[Runs, Ints]:
    """The runs of some customers, and whose each is, by its place among them."""
    owner, rows = unrolled(np.where(customers < 0, 0, hazard.starts[customers]), hazard.counts[customers])
    return hazard.exposed.runs.at(rows), owner


def _together(runs: Runs) -> Runs:
    """The runs of one customer, one for all that are alike, with the weight of them all: an invoice a day on the same
    terms makes a few thousand of a million."""
    key = np.zeros(len(runs), dtype=np.int64)
    for trait in (runs.band, runs.due_weekday, runs.youngest, runs.oldest, runs.settled.astype(np.int64)):
        key = key * (np.ptp(trait) + 1) + trait - trait.min()
    _keys, first, of = np.unique(key, return_index=True, return_inverse=True)
    return replace(runs.at(first), weight=_sum(of, runs.weight, len(first)))


def _places(customers: _Customers) -> tuple[Ints, Ints]:
    """The customer and the age of each row in which the ages of all customers stand one after another."""
    return unrolled(customers.first, customers.last - customers.first + 1)


def _weekdays(hazard: Hazard, runs: Runs, owner: Ints, lean: Floats) -> Floats:
    """The factors of each customer's weekdays."""
    cells = len(lean) * 7
    expected = np.zeros(cells)
    for part in _slices(len(runs), PART):
        hoped = _by_weekday(hazard, runs.at(part), lean[owner[part]])
        expected += _sum((owner[part, None] * 7 + np.arange(7)).ravel(), hoped.ravel(), cells)
    settled = _sum(owner * 7 + _last_weekday(runs), _came(runs), cells)
    return _ratio(settled, expected, CUSTOMER_WEEKDAY).reshape(-1, 7)


def _by_weekday(hazard: Hazard, runs: Runs, lean: Floats) -> Floats:
    """The settlements expected through each run, by weekday, where its customer's factors so far are these."""
    (last, late_weeks), (before, early_weeks) = _ends(runs)
    weight, hoped = lean * hazard.size[runs.band], np.zeros((len(runs), 7))
    weight *= runs.weight[:, None]
    for nth, sums in enumerate(hazard.sums):
        within = sums.take(last, axis=0)
        within -= sums.take(before, axis=0)
        within *= weight[:, nth, None]
        hoped += within
    usual = hazard.mean * hazard.shared
    for at, beyond in ((0, np.minimum), (-1, np.maximum)):
        weeks = beyond(late_weeks, 0) - beyond(early_weeks, 0)
        hoped += (weeks * weight[:, at])[:, None] * usual[at]
    return hoped


def _at_risk(size: Floats, runs: Runs, owner: Ints, customers: _Customers) -> Floats:
    """The invoice days of each customer's ages and weekdays, each weighed by the factor of its size."""
    start, length = _within(runs, owner, customers)
    row = (customers.offset[:-1] - customers.first)[owner]
    found = np.zeros(customers.offset[-1] * 7)
    for part in _parts(length):
        found += _day_by_day(size, runs.at(part), row[part], start[part], length[part], len(found))
    youngest, oldest = runs.youngest, runs.oldest
    for at, on, until in (
        (YOUNGEST, youngest, np.minimum(oldest, YOUNGEST)),
        (OLDEST, np.maximum(youngest, OLDEST), oldest),
    ):
        place = at - YOUNGEST
        there = (customers.first[owner] <= place) & (place <= customers.last[owner]) & (on <= until)
        days = _week(runs.due_weekday[there] + on[there], (until - on + 1)[there])
        weighed = days * (runs.weight[there] * size[runs.band[there], _RANGE[place]])[:, None]
        cell = (row[there] + place)[:, None] * 7 + np.arange(7)
        found += np.bincount(cell.ravel(), weighed.ravel(), len(found))
    return found.reshape(-1, 7)


def _within(runs: Runs, owner: Ints, customers: _Customers) -> tuple[Ints, Ints]:
    """The first of each run's ages that are asked of its customer and not clipped, and how many they are."""
    first, last = (ages[owner] + YOUNGEST for ages in (customers.first, customers.last))
    start = np.maximum(np.maximum(runs.youngest, first), YOUNGEST + 1)
    return start, np.maximum(np.minimum(np.minimum(runs.oldest, last), OLDEST - 1) - start + 1, 0)


def _day_by_day(size: Floats, runs: Runs, row: Ints, start: Ints, length: Ints, cells: int) -> Floats:
    """The ages of runs from `start` on, each on its weekday and weighed by the factor of its size."""
    _run, age = unrolled(start - YOUNGEST, length)
    cell = (np.repeat(row, length) + age) * 7
    cell += _WEEKDAY.take(np.repeat(runs.due_weekday * AGES, length) + age)
    weight = size[:, _RANGE].ravel().take(np.repeat(runs.band * AGES, length) + age)
    weight *= np.repeat(runs.weight, length)
    return _sum(cell, weight, cells)


def _parts(length: Ints) -> list[slice]:
    """The rows cut so that no part unrolls to many more than CELLS."""
    cuts = np.unique([0, *np.searchsorted(np.cumsum(length), np.arange(0, length.sum(), CELLS))])
    return [slice(*ends) for ends in zip(cuts, [*cuts[1:], len(length)], strict=True)]


def _week(first: Ints, count: Ints) -> Ints:
    """How many of `count` days from weekday `first` on are a Monday, a Tuesday, ..."""
    since = (np.arange(7) - first[:, None]) % 7
    return count[:, None] // 7 + (since < count[:, None] % 7)


def _settled_at(runs: Runs, owner: Ints, customers: _Customers) -> Floats:
    """The settlements at each customer's ages and on its weekdays."""
    age = runs.oldest.clip(YOUNGEST, OLDEST) - YOUNGEST
    within = runs.settled & (customers.first[owner] <= age) & (age <= customers.last[owner])
    place = (customers.offset[:-1] - customers.first)[owner[within]] + age[within]
    cells = customers.offset[-1] * 7
    return _sum(place * 7 + _last_weekday(runs)[within], runs.weight[within], cells).reshape(-1, 7)
