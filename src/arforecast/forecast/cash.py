"""What cash comes in which week, and how sure that is.

open_book is what open invoices will bring; unbilled what invoices not issued yet will bring: those of the billing
schedule, and beside it what the last eight weeks began to bill, repeated. Means are sums of expectations; ranges come
from simulation, in which the invoices of one customer move together, and are stretched to what past ranges missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from arforecast import settings
from arforecast.forecast import backtest
from arforecast.forecast.backtest import Past
from arforecast.forecast.baselines import WEEKLY, roll_rate_curve
from arforecast.forecast.calendar import Floats, Ints
from arforecast.forecast.exposure import days
from arforecast.forecast.hazard import OLDEST, RANGES, YOUNGEST, age_range
from arforecast.forecast.payment_time import Distribution, Model, readings
from arforecast.snapshot import BEGINNING, Facts, fetched, total

COMPONENTS = ("open_book", "unbilled", "total")
# The total added up from the first week on: its ranges are no sum of those of the weeks.
SO_FAR = "so_far"
QUANTILES = {"p2_5": 0.025, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p97_5": 0.975}
TEMPLATE_WEEKS = 8
# The share of an invoice's fortune that is its customer's: payment runs take many invoices at once.
TOGETHER = 0.5
CHUNK = 50
# So many invoices are drawn one by one, those of the customers who move the sum most; beyond, nothing stands out.
MANY = 10_000
NODES = 9
NEIGHBOURS = 2


@dataclass(frozen=True)
class Flows:
    """What cash is forecast from beside open invoices, read once for all the days to stand on.

    reductions: see `reductions`. scheduled, begun: rows of invoices, each of a day `on`, see `scheduled` and `begun`.
    """

    choices: settings.Forecast
    reductions: pd.DataFrame
    scheduled: pd.DataFrame
    begun: pd.DataFrame


@dataclass(frozen=True)
class Expected:
    """Cash expected of some invoices: invoices x weeks of money and of probability, and whose invoices they are."""

    customers: pd.Series
    amount: Floats
    p_week: Floats


def flows(facts: Facts, stand: Sequence[date]) -> Flows:
    """What can be known on each of the days `stand`."""
    choices = facts.books.settings.forecast
    return Flows(choices, reductions(facts), scheduled(facts, stand), begun(facts, stand))


def reductions(facts: Facts) -> pd.DataFrame:
    """What reduced invoices, by the day it was booked, days from due and kind: entered_on, age, kind, amount, times."""
    reduced = facts.entries.filter((_.kind != "billed") & (_.amount > 0))
    age = reduced.happened_on.delta(reduced.due_on, unit="day").clip(YOUNGEST, OLDEST)
    sums = reduced.group_by("entered_on", age=age, kind="kind").aggregate(amount=total(reduced.amount), times=_.count())
    return fetched(sums.order_by("entered_on", "age", "kind"))


def cash_shares(reduced: pd.DataFrame, day: date) -> Floats:
    """Of what reduced invoices up to `day`, the share that was cash, by range of days from due.

    Old invoices are credited and written off more than young ones. A range with little experience leans on them all.
    """
    known = reduced[days(reduced.entered_on) <= np.datetime64(day)]
    ranges = age_range(known.age.to_numpy())
    all_of_it = np.bincount(ranges, known.amount, RANGES)
    cash = np.bincount(ranges, known.amount * (known.kind == "cash"), RANGES)
    overall = cash.sum() / all_of_it.sum() if all_of_it.sum() else 1.0
    prior = max(20 * all_of_it.sum() / max(known.times.sum(), 1), 1)
    return np.asarray((cash + overall * prior) / (all_of_it + prior))


def expected(model: Model, invoices: pd.DataFrame, day: date, shares: Floats, weeks: int) -> Expected:
    """The cash that each invoice is expected to bring in each week: balance x probability x the share that is cash."""

    def read(settled: Distribution) -> Floats:
        return np.concatenate([cash_by_week(settled, shares), _by_week(settled.p_settled)], axis=1)

    both = readings(model, invoices, day, 7 * weeks, read)
    return Expected(invoices.customer_id, both[:, :weeks], both[:, weeks:])


def cash_by_week(settled: Distribution, shares: Floats) -> Floats:
    """The cash that each invoice is expected to bring in each week of the distribution: invoices x weeks."""
    on = np.datetime64(settled.as_of) + 1 + np.arange(settled.p_settled.shape[1])
    age = (on[None, :] - days(settled.invoices.due_on)[:, None]).astype(np.int64)
    return settled.invoices.balance.to_numpy(float)[:, None] * _by_week(settled.p_settled * shares[age_range(age)])


def _by_week(daily: Floats) -> Floats:
    return np.asarray(daily.reshape(len(daily), daily.shape[1] // 7, 7).sum(axis=2))


def _agreed(facts: Facts, stand: Sequence[date]) -> ibis.Table:
    """The billing schedule as known on each day `on`; a row without known_on was known from the start."""
    schedule = facts.books.tables["billing_schedule"]
    calendar = _calendar(stand)
    return calendar.join(schedule, schedule.known_on.fill_null(BEGINNING) <= calendar.on)


def _calendar(stand: Sequence[date]) -> ibis.Table:
    """Each day `on`, and `since`, the day before its last eight weeks."""
    rows = [{"on": day, "since": day - timedelta(weeks=TEMPLATE_WEEKS)} for day in stand]
    return ibis.memtable(rows, schema={"on": "date", "since": "date"})


def scheduled(facts: Facts, stand: Sequence[date]) -> pd.DataFrame:
    """The invoices of the billing schedule that were agreed by each day `on` and are to be issued after it."""
    agreed = _agreed(facts, stand).filter(_.issue_on > _.on).mutate(issued_on=_.issue_on, balance=_.amount)
    rows = agreed.select("on", "customer_id", "issued_on", "due_on", "amount", "balance")
    return rows.order_by("on", "customer_id", "issued_on", "due_on", "amount").to_pandas()


def begun(facts: Facts, stand: Sequence[date]) -> pd.DataFrame:
    """The billing that the eight weeks up to each day `on` began: what they billed off schedule, and what they agreed,
    whole.

    Columns of invoices and begun_on: the day of issue or, for all that was agreed, the day it was. The weeks to come
    are taken to begin as much. An invoice is on schedule when its plan is, or its customer's day of issue.
    """
    schedule, calendar, invoices = _agreed(facts, stand), _calendar(stand), facts.invoices
    issued = (invoices.issued_on > calendar.since) & (invoices.issued_on <= calendar.on)
    recent = calendar.join(invoices, issued & (invoices.entered_on <= calendar.on))
    plans = schedule.select("on", "plan_id").distinct()
    dates = schedule.select("on", "customer_id", issued_on="issue_on").distinct()
    outside = recent.anti_join(plans, ["on", "plan_id"]).anti_join(dates, ["on", "customer_id", "issued_on"])
    agreed = schedule.filter(_.known_on > _.since).mutate(issued_on=_.issue_on, begun_on=_.known_on)
    columns = ["on", "customer_id", "issued_on", "due_on", "amount", "begun_on"]
    billed = outside.mutate(begun_on=_.issued_on)
    money = _.amount.cast("float64")
    rows = billed.select(*columns).mutate(amount=money).union(agreed.select(*columns).mutate(amount=money))
    return rows.mutate(balance=_.amount).order_by(*columns).to_pandas()


def _of(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    return rows[days(rows.on) == np.datetime64(day)].reset_index(drop=True)


def weekly_profile(model: Model, invoices: pd.DataFrame, shares: Floats, day: date, weeks: int) -> Floats:
    """What one week's beginnings bring in the 1st, 2nd, ... week from the one they begin in.

    An invoice is paid as its age and the weekday have it, so each is asked from its own issue on; counted from the
    week it began in, it is moved by whole weeks, and the eight weeks are averaged.
    """
    start = day - timedelta(weeks=TEMPLATE_WEEKS)

    def read(settled: Distribution) -> Floats:
        own = _weeks_since(settled.invoices.begun_on, start)[:, None] + np.arange(weeks)[None, :]
        return np.take_along_axis(cash_by_week(settled, shares), own, axis=1)

    return readings(model, invoices, start, 7 * (weeks + TEMPLATE_WEEKS), read).sum(axis=0) / TEMPLATE_WEEKS


def _weeks_since(begun_on: pd.Series, start: date) -> Ints:
    """0 for the seven days after `start`, 1 for the next seven, ..."""
    return ((days(begun_on) - np.datetime64(start)).astype(np.int64) - 1) // 7


def simulated(paid: Expected, random: np.random.Generator, runs: int) -> Floats:
    """Draws of the cash by week: runs x weeks.

    Each invoice is settled in the week its own draw falls into; the draws of a customer's invoices share half of
    their variance. Of more than MANY invoices, only those of the customers who move the sum most are drawn one by one;
    the others' sum is drawn from its mean and covariance.
    """
    owner, _customers = pd.factorize(paid.customers, sort=True)
    ends = _ends(paid)
    money = np.divide(paid.amount, paid.p_week, out=np.zeros_like(paid.amount), where=paid.p_week > 0)
    alone = _heaviest(owner, paid.amount * money)
    drawn = _drawn(owner[alone], ends[alone], money[alone], random, runs)
    if alone.all():
        return drawn
    mean, covariance = paid.amount[~alone].sum(axis=0), _covariance(owner[~alone], ends[~alone], money[~alone])
    others = random.multivariate_normal(mean, covariance, runs, check_valid="ignore", method="eigh")
    return drawn + np.maximum(others, 0)


def _ends(paid: Expected) -> Floats:
    """Up to which standard normal draw each invoice is settled by the end of each week."""
    from scipy.special import ndtri  # it takes a tenth of a second to import

    return ndtri(np.clip(np.cumsum(paid.p_week, axis=1), 0, 1))


def _heaviest(owner: Ints, moved: Floats) -> NDArray[np.bool_]:
    """The invoices of the customers who move the sum most, at most MANY of them."""
    if len(owner) <= MANY:
        return np.ones(len(owner), dtype=bool)
    order = np.argsort(-np.bincount(owner, moved.sum(axis=1)), kind="stable")
    heavy = order[np.cumsum(np.bincount(owner)[order]) <= MANY]
    return np.isin(owner, heavy)


def _drawn(owner: Ints, ends: Floats, money: Floats, random: np.random.Generator, runs: int) -> Floats:
    """The sums of invoices that are drawn one by one: runs x weeks."""
    customers, owner = np.unique(owner, return_inverse=True)
    # A week after the other is asked of all invoices.
    ends, money = np.ascontiguousarray(ends.T), np.ascontiguousarray(money.T)
    drawn = [
        _weeks(
            np.sqrt(TOGETHER) * random.standard_normal((size, len(customers)))[:, owner]
            + np.sqrt(1 - TOGETHER) * random.standard_normal((size, len(owner))),
            ends,
            money,
        )
        for size in np.diff(np.append(np.arange(0, runs, CHUNK), runs))
    ]
    return np.concatenate(drawn)


def _covariance(owner: Ints, ends: Floats, money: Floats) -> Floats:
    """The covariance of the weekly sums of invoices: given what a customer's share, each is settled by itself."""
    from scipy.special import ndtr

    order = np.argsort(owner, kind="stable")
    ends, money = ends[order], money[order]
    _customers, start = np.unique(owner[order], return_index=True)
    shared, weights = np.polynomial.hermite_e.hermegauss(NODES)
    mean, chance = np.zeros((len(start), ends.shape[1])), np.zeros(ends.shape)
    covariance = np.zeros((ends.shape[1], ends.shape[1]))
    for z, weight in zip(shared, weights / weights.sum(), strict=True):
        settled = ndtr((ends - np.sqrt(TOGETHER) * z) / np.sqrt(1 - TOGETHER))
        settled[:, 1:] -= settled[:, :-1].copy()
        hoped = settled * money
        of_customer = np.add.reduceat(hoped, start, axis=0)
        mean += weight * of_customer
        chance += weight * settled
        covariance += weight * (of_customer.T @ of_customer - hoped.T @ hoped)
    return np.asarray(covariance - mean.T @ mean + np.diag((money**2 * chance).sum(axis=0)))


def _weeks(draws: Floats, ends: Floats, money: Floats) -> Floats:
    """The money of the invoices whose draw lies between the ends of the week before and of the week."""
    before = np.zeros(draws.shape, dtype=bool)
    weeks = np.empty((len(draws), len(ends)))
    for week, (end, worth) in enumerate(zip(ends, money, strict=True)):
        by_now = draws <= end
        weeks[:, week] = np.einsum("ri,i->r", by_now ^ before, worth)
        before = by_now
    return weeks


def raw_forecast(known: Flows, then: Past, weeks: int) -> pd.DataFrame:
    """The forecast before its ranges are stretched, in minor units: origin, horizon_week, component, mean and
    quantiles."""
    day, runs = then.origin, known.choices.simulations
    random = np.random.default_rng([known.choices.seed, day.toordinal()])
    shares, recent = cash_shares(known.reductions, day), _of(known.begun, day)
    owed = expected(then.model, then.invoices, day, shares, weeks)
    agreed = expected(then.model, _of(known.scheduled, day), day, shares, weeks)
    profile = weekly_profile(then.model, recent, shares, day, weeks)
    means = {"open_book": owed.amount.sum(axis=0), "unbilled": agreed.amount.sum(axis=0) + np.cumsum(profile)}
    multiples = _billing_draws(recent, day, random, runs, weeks)
    draws = {
        "open_book": simulated(owed, random, runs),
        "unbilled": simulated(agreed, random, runs) + multiples @ _spread(profile),
    }
    means["total"], draws["total"] = means["open_book"] + means["unbilled"], draws["open_book"] + draws["unbilled"]
    means[SO_FAR], draws[SO_FAR] = np.cumsum(means["total"]), np.cumsum(draws["total"], axis=1)
    parts = [_quantiles(name, means[name], draws[name]) for name in means]
    return pd.concat(parts, ignore_index=True).assign(origin=pd.Timestamp(day))


def _billing_draws(recent: pd.DataFrame, day: date, random: np.random.Generator, runs: int, weeks: int) -> Floats:
    """Each coming week's beginnings as a multiple of their mean: one of the last eight weeks', drawn again."""
    week = _weeks_since(recent.begun_on, day - timedelta(weeks=TEMPLATE_WEEKS))
    totals = np.bincount(week, recent.amount, TEMPLATE_WEEKS)
    return random.choice(totals / max(totals.mean(), 1), (runs, weeks))


def _spread(profile: Floats) -> Floats:
    """weeks billed x weeks paid: the profile, begun in each week."""
    weeks = len(profile)
    lag = np.arange(weeks)[None, :] - np.arange(weeks)[:, None]
    return np.where(lag >= 0, profile[np.maximum(lag, 0)], 0.0)


def _quantiles(component: str, mean: Floats, draws: Floats) -> pd.DataFrame:
    levels = np.quantile(draws, list(QUANTILES.values()), axis=0)
    weeks = range(1, len(mean) + 1)
    return pd.DataFrame(
        {"horizon_week": weeks, "component": component, "mean": mean} | dict(zip(QUANTILES, levels, strict=True))
    )


def record(facts: Facts, known: Flows, forecasts: Iterable[Past], weeks: int) -> pd.DataFrame:
    """Past forecasts beside what came: one row an origin, week and component that is over by the last day of `facts`.

    origin, horizon_week, component, mean, quantiles (not stretched yet, see `published`) and actual, in minor units.
    """
    said = [raw_forecast(known, then, weeks) for then in forecasts]
    if not said:
        columns = ["origin", "horizon_week", "component", "mean", *QUANTILES, "actual"]
        return pd.DataFrame({name: [] for name in columns})
    origins = [part.origin.iloc[0].date() for part in said]
    came = backtest.cash_by_week(facts, origins, weeks, facts.days[-1])
    added = came.assign(origin=pd.to_datetime(came.origin), **{SO_FAR: came.groupby("origin").total.cumsum()})
    actual = added.melt(["origin", "horizon_week"], [*COMPONENTS, SO_FAR], "component", "actual")
    return pd.concat(said, ignore_index=True).merge(actual, on=["origin", "horizon_week", "component"])


def stretched(forecast: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    """The forecast with its ranges stretched to what those of `past` missed, by component and weeks ahead.

    A week learns from the weeks up to two nearer and farther; where those are too few, from all of its component.
    """
    rows = list(zip(forecast.component, forecast.horizon_week, strict=True))
    learnt = {row: backtest.widening(_alike(past, *row)) for row in set(rows)}
    factors = {share: np.array([learnt[row][share] for row in rows]) for share in backtest.RANGES}
    return backtest.widened(forecast, factors)


def _alike(past: pd.DataFrame, component: str, week: int) -> pd.DataFrame:
    same = past[past.component == component]
    near = same[(same.horizon_week - week).abs() <= NEIGHBOURS]
    return near if len(near) >= backtest.FEWEST else same


def published(past: pd.DataFrame) -> pd.DataFrame:
    """The record as it would have been published: ranges stretched by the weeks that were over on their origin."""
    if past.empty:
        return past
    over = past.origin + pd.to_timedelta(7 * past.horizon_week, unit="D")
    parts = [stretched(part, past[over <= origin]) for origin, part in past.groupby("origin")]
    return pd.concat(parts)


def by_week(forecast: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """The forecast by week and component in major units, exact to the minor one; week 1 starts the day after as_of."""
    forecast = forecast[forecast.component != SO_FAR]
    start = forecast.origin + pd.to_timedelta(7 * (forecast.horizon_week - 1) + 1, unit="D")
    money = forecast[["mean", *QUANTILES]].round()
    # Rounded each by itself, the components would now and then miss their total by a minor unit.
    whole = money["mean"].where(forecast.component != "total", 0).groupby(forecast.horizon_week).transform("sum")
    money["mean"] = money["mean"].where(forecast.component != "total", whole)
    columns = {"week_start": start, "week_end": start + pd.Timedelta(days=6), "component": forecast.component}
    ordered = pd.DataFrame(columns).join(money / 10**decimals)
    rank = ordered.component.map(COMPONENTS.index)
    return ordered.iloc[np.lexsort((rank, start))].reset_index(drop=True)


def within(forecast: pd.DataFrame, past: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """The cash of all weeks up to each, in major units, with what such forecasts were worth: weeks, until_on, mean,
    quantiles, origins (past ones whose weeks are over), held_share (of them, how many an 80 % range held),
    bias_share (forecast less actual / actual, over all of them).

    forecast and past: see `stretched` and `published`. held_share and bias_share are null without a past origin.
    """
    told = _so_far(past)
    held = told.assign(held=told.actual.between(told.p10, told.p90)).groupby("horizon_week")
    record = held.agg(
        origins=("held", "size"), held_share=("held", "mean"), said=("mean", "sum"), came=("actual", "sum")
    )
    rows = _so_far(forecast).join(record, "horizon_week")
    until = rows.origin + pd.to_timedelta(7 * rows.horizon_week, unit="D")
    columns = {"weeks": rows.horizon_week, "until_on": until}
    weekly = by_week(forecast, decimals)
    mean = weekly[weekly.component == "total"]["mean"].cumsum().round(decimals).to_numpy()
    money = (rows[[*QUANTILES]].round() / 10**decimals).assign(mean=mean)[["mean", *QUANTILES]]
    known = {"origins": rows.origins.fillna(0).astype("int64"), "held_share": rows.held_share}
    bias = (rows.said / rows.came.where(rows.came != 0) - 1).astype("float64")
    return pd.DataFrame(columns).join(money).assign(**known, bias_share=bias).reset_index(drop=True)


def _so_far(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of weeks added up; the first week is itself, with its own range."""
    first, added = rows.component == "total", rows.component == SO_FAR
    return rows[np.where(rows.horizon_week == 1, first, added).astype(bool)].sort_values("horizon_week", kind="stable")


def comparison(facts: Facts, forecasts: Iterable[Past], past: pd.DataFrame) -> pd.DataFrame:
    """The model beside its baselines, in major units: origin, horizon_week, component, method, forecast, p10, p90,
    actual."""
    columns = ["origin", "horizon_week", "component", "method", "forecast", "p10", "p90", "actual"]
    past = past[past.component != SO_FAR]
    if past.empty:
        return pd.DataFrame({name: [] for name in columns})
    rows, cash = [past.rename(columns={"mean": "forecast"}).assign(method="model")], backtest.daily_cash(facts)
    for then in forecasts:
        here = past[past.origin == pd.Timestamp(then.origin)]
        rows += [_beside(here, *rule) for rule in _baselines(cash, then, int(past.horizon_week.max()))]
    table = pd.concat(rows, ignore_index=True)[columns]
    minor = 10**facts.books.settings.ledger.decimals
    return table.assign(**{name: table[name].astype(float).round() / minor for name in columns[4:]})


def _baselines(cash: pd.DataFrame, then: Past, weeks: int) -> Iterator[tuple[str, str, Floats]]:
    """component, method and forecast by week of every rule."""
    history = backtest.cash_history(cash, then.origin)
    for method, rule in WEEKLY.items():
        yield "total", method, rule(history, weeks)
    curve, all_cash = roll_rate_curve(then.known, then.origin), np.ones(RANGES)
    book = readings(curve, then.invoices, then.origin, 7 * weeks, lambda settled: cash_by_week(settled, all_cash))
    yield "open_book", "global roll-rate", book.sum(axis=0)


def _beside(past: pd.DataFrame, component: str, method: str, forecast: Floats) -> pd.DataFrame:
    rows = past[past.component == component]
    kept = rows[["origin", "horizon_week", "component", "actual"]]
    return kept.assign(method=method, forecast=forecast[rows.horizon_week.to_numpy() - 1], p10=np.nan, p90=np.nan)
