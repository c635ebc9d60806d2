"""What cash comes in which week, and how sure that is.

open_book is what open invoices will bring; unbilled what invoices not issued yet will bring: those of the billing
schedule, and beside it what the last eight weeks began to bill, repeated. Means are sums of expectations; ranges come
from simulation, in which the invoices of one customer move together, and are stretched to what past ranges missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis import _
from scipy.special import ndtri

from arforecast.forecast import backtest
from arforecast.forecast.backtest import Past
from arforecast.forecast.baselines import WEEKLY
from arforecast.forecast.payment_time import AGE_EDGES, OLDEST, YOUNGEST, Distribution, Floats, Hazard, Ints, predict
from arforecast.snapshot import Facts, fetched, total

COMPONENTS = ("open_book", "unbilled", "total")
QUANTILES = {"p2_5": 0.025, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p97_5": 0.975}
TEMPLATE_WEEKS = 8
# The share of an invoice's fortune that is its customer's: payment runs take many invoices at once.
TOGETHER = 0.5
CHUNK = 50
NEIGHBOURS = 2


@dataclass(frozen=True)
class Expected:
    """Cash expected of some invoices: invoices x weeks of money and of probability, and whose invoices they are."""

    customers: pd.Series
    amount: Floats
    p_week: Floats


def cash_shares(facts: Facts, day: date) -> Floats:
    """Of what reduced invoices up to `day`, the share that was cash, by range of days from due.

    Old invoices are credited and written off more than young ones. A range with little experience leans on them all.
    """
    reduced = facts.entries.filter((_.kind != "billed") & (_.entered_on <= day) & (_.amount > 0))
    age = reduced.happened_on.delta(reduced.due_on, unit="day").clip(YOUNGEST, OLDEST)
    sums = reduced.group_by(age=age, kind="kind").aggregate(amount=total(reduced.amount), times=_.count())
    table = fetched(sums)
    ranges = np.searchsorted(AGE_EDGES, table.age, side="right")
    size = len(AGE_EDGES) + 1
    all_of_it = np.bincount(ranges, table.amount, size)
    cash = np.bincount(ranges, table.amount * (table.kind == "cash"), size)
    overall = cash.sum() / all_of_it.sum() if all_of_it.sum() else 1.0
    prior = max(20 * all_of_it.sum() / max(table.times.sum(), 1), 1)
    return np.asarray((cash + overall * prior) / (all_of_it + prior))


def expected(settled: Distribution, shares: Floats, weeks: int) -> Expected:
    """The cash that each invoice is expected to bring in each week: balance x probability x the share that is cash."""
    on = np.datetime64(settled.as_of) + 1 + np.arange(7 * weeks)
    age = (on[None, :] - settled.invoices.due_on.to_numpy("datetime64[D]")[:, None]).astype(np.int64)
    daily = settled.p_settled[:, : 7 * weeks] * shares[np.searchsorted(AGE_EDGES, age, side="right")]
    amount = settled.invoices.balance.to_numpy(float)[:, None] * _by_week(daily)
    return Expected(settled.invoices.customer_id, amount, _by_week(settled.p_settled[:, : 7 * weeks]))


def _by_week(daily: Floats) -> Floats:
    return np.asarray(daily.reshape(len(daily), daily.shape[1] // 7, 7).sum(axis=2))


def _agreed(facts: Facts, day: date) -> ibis.Table:
    """The billing schedule as known by `day`; a row without known_on was known from the start."""
    return facts.books.tables["billing_schedule"].filter(_.known_on.isnull() | (_.known_on <= day))


def scheduled(facts: Facts, day: date) -> pd.DataFrame:
    """The invoices of the billing schedule that were agreed by `day` and are to be issued after it."""
    agreed = _agreed(facts, day).filter(_.issue_on > day).mutate(issued_on=_.issue_on, balance=_.amount)
    rows = agreed.select("customer_id", "issued_on", "due_on", "amount", "balance")
    return rows.order_by("customer_id", "issued_on", "due_on", "amount").to_pandas()


def begun(facts: Facts, day: date) -> pd.DataFrame:
    """The billing that the last eight weeks began: what they billed off schedule, and what they agreed, whole.

    Columns of invoices and begun_on: the day of issue or, for all that was agreed, the day it was. The weeks to come
    are taken to begin as much. An invoice is on schedule when its plan is, or its customer's day of issue.
    """
    since, schedule = day - timedelta(weeks=TEMPLATE_WEEKS), _agreed(facts, day)
    recent = facts.invoices.filter((_.entered_on <= day) & (_.issued_on > since) & (_.issued_on <= day))
    days = schedule.select("customer_id", issued_on="issue_on").distinct()
    unplanned = recent.anti_join(schedule.select("plan_id").distinct(), "plan_id")
    outside = unplanned.anti_join(days, ["customer_id", "issued_on"]).mutate(begun_on=_.issued_on)
    agreed = schedule.filter(_.known_on > since).mutate(issued_on=_.issue_on, begun_on=_.known_on)
    columns = ["customer_id", "issued_on", "due_on", "amount", "begun_on"]
    money = _.amount.cast("float64")
    rows = outside.select(*columns).mutate(amount=money).union(agreed.select(*columns).mutate(amount=money))
    return rows.mutate(balance=_.amount).order_by(*columns).to_pandas()


def weekly_profile(hazard: Hazard, invoices: pd.DataFrame, shares: Floats, day: date, weeks: int) -> Floats:
    """What one week's beginnings bring in the 1st, 2nd, ... week from the one they begin in.

    An invoice is paid as its age and the weekday have it, so each is asked from its own issue on; counted from the
    week it began in, it is moved by whole weeks, and the eight weeks are averaged.
    """
    start = day - timedelta(weeks=TEMPLATE_WEEKS)
    settled = predict(hazard, invoices, start, 7 * (weeks + TEMPLATE_WEEKS))
    cash = expected(settled, shares, weeks + TEMPLATE_WEEKS).amount
    own = _weeks_since(invoices.begun_on, start)[:, None] + np.arange(weeks)[None, :]
    return np.take_along_axis(cash, own, axis=1).sum(axis=0) / TEMPLATE_WEEKS


def _weeks_since(days: pd.Series, start: date) -> Ints:
    """0 for the seven days after `start`, 1 for the next seven, ..."""
    return ((days.to_numpy("datetime64[D]") - np.datetime64(start)).astype(np.int64) - 1) // 7


def simulated(paid: Expected, random: np.random.Generator, runs: int) -> Floats:
    """Draws of the cash by week: runs x weeks.

    Each invoice is settled in the week its own draw falls into; the draws of a customer's invoices share half of
    their variance.
    """
    owner, customers = pd.factorize(paid.customers, sort=True)
    ends = ndtri(np.clip(np.cumsum(paid.p_week, axis=1), 0, 1))
    money = np.divide(paid.amount, paid.p_week, out=np.zeros_like(paid.amount), where=paid.p_week > 0)
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


def _weeks(draws: Floats, ends: Floats, money: Floats) -> Floats:
    """The money of the invoices whose draw lies between the ends of the week before and of the week."""
    before = np.zeros(draws.shape, dtype=bool)
    weeks = np.empty((len(draws), ends.shape[1]))
    for week in range(ends.shape[1]):
        by_now = draws <= ends[:, week]
        weeks[:, week] = (by_now & ~before) @ money[:, week]
        before = by_now
    return weeks


def raw_forecast(facts: Facts, then: Past, weeks: int) -> pd.DataFrame:
    """The forecast before its ranges are stretched, in minor units: origin, horizon_week, component, mean and
    quantiles."""
    settings = facts.books.settings.forecast
    random = np.random.default_rng([settings.seed, then.origin.toordinal()])
    shares = cash_shares(facts, then.origin)
    owed = expected(then.distribution, shares, weeks)
    agreed = expected(predict(then.hazard, scheduled(facts, then.origin), then.origin, 7 * weeks), shares, weeks)
    recent = begun(facts, then.origin)
    profile = weekly_profile(then.hazard, recent, shares, then.origin, weeks)
    means = {"open_book": owed.amount.sum(axis=0), "unbilled": agreed.amount.sum(axis=0) + np.cumsum(profile)}
    multiples = _billing_draws(recent, then.origin, random, settings.simulations, weeks)
    draws = {
        "open_book": simulated(owed, random, settings.simulations),
        "unbilled": simulated(agreed, random, settings.simulations) + multiples @ _spread(profile),
    }
    means["total"], draws["total"] = means["open_book"] + means["unbilled"], draws["open_book"] + draws["unbilled"]
    parts = [_quantiles(name, means[name], draws[name]) for name in COMPONENTS]
    return pd.concat(parts, ignore_index=True).assign(origin=pd.Timestamp(then.origin))


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


def record(facts: Facts, forecasts: Sequence[Past], weeks: int, as_of: date) -> pd.DataFrame:
    """Past forecasts beside what came: one row an origin, week and component that is over by `as_of`.

    origin, horizon_week, component, mean, quantiles (not stretched yet, see `published`) and actual, in minor units.
    """
    came = backtest.cash_by_week(facts, [then.origin for then in forecasts], weeks, as_of)
    if came.empty:
        return pd.DataFrame(
            {name: [] for name in ["origin", "horizon_week", "component", "mean", *QUANTILES, "actual"]}
        )
    said = pd.concat([raw_forecast(facts, then, weeks) for then in forecasts], ignore_index=True)
    actual = came.assign(origin=pd.to_datetime(came.origin)).melt(
        ["origin", "horizon_week"], list(COMPONENTS), "component", "actual"
    )
    return said.merge(actual, on=["origin", "horizon_week", "component"])


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
    start = forecast.origin + pd.to_timedelta(7 * (forecast.horizon_week - 1) + 1, unit="D")
    money = forecast[["mean", *QUANTILES]].round()
    # Rounded each by itself, the components would now and then miss their total by a minor unit.
    whole = money["mean"].where(forecast.component != "total", 0).groupby(forecast.horizon_week).transform("sum")
    money["mean"] = money["mean"].where(forecast.component != "total", whole)
    columns = {"week_start": start, "week_end": start + pd.Timedelta(days=6), "component": forecast.component}
    ordered = pd.DataFrame(columns).join(money / 10**decimals)
    rank = ordered.component.map(COMPONENTS.index)
    return ordered.iloc[np.lexsort((rank, start))].reset_index(drop=True)


def comparison(facts: Facts, forecasts: Sequence[Past], past: pd.DataFrame) -> pd.DataFrame:
    """The model beside its baselines, in major units: origin, horizon_week, component, method, forecast, p10, p90,
    actual."""
    columns = ["origin", "horizon_week", "component", "method", "forecast", "p10", "p90", "actual"]
    if past.empty:
        return pd.DataFrame({name: [] for name in columns})
    rows = [past.rename(columns={"mean": "forecast"}).assign(method="model")]
    for then in forecasts:
        here = past[past.origin == pd.Timestamp(then.origin)]
        rows += [_beside(here, *rule) for rule in _baselines(facts, then, int(past.horizon_week.max()))]
    table = pd.concat(rows, ignore_index=True)[columns]
    minor = 10**facts.books.settings.ledger.decimals
    return table.assign(**{name: table[name].astype(float).round() / minor for name in columns[4:]})


def _baselines(facts: Facts, then: Past, weeks: int) -> Iterator[tuple[str, str, Floats]]:
    """component, method and forecast by week of every rule."""
    history = backtest.cash_history(facts, then.origin)
    for method, rule in WEEKLY.items():
        yield "total", method, rule(history, weeks)
    all_cash = np.ones(len(AGE_EDGES) + 1)
    yield "open_book", "global roll-rate", expected(then.baseline, all_cash, weeks).amount.sum(axis=0)


def _beside(past: pd.DataFrame, component: str, method: str, forecast: Floats) -> pd.DataFrame:
    rows = past[past.component == component]
    kept = rows[["origin", "horizon_week", "component", "actual"]]
    return kept.assign(method=method, forecast=forecast[rows.horizon_week.to_numpy() - 1], p10=np.nan, p90=np.nan)
