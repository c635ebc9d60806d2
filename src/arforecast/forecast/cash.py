"""What cash comes in which week, and how sure that is.

open_book is what open invoices will bring; unbilled what invoices not issued yet will bring: those of the billing
schedule, and beside it what the last eight weeks began to bill, repeated at the level of the last sixteen. Means are
sums of expectations; ranges come from simulation, in which the invoices of one customer move together, and are
stretched to what past ranges missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from ibis import _

from arforecast import settings
from arforecast.forecast import backtest, scale, unlived
from arforecast.forecast.backtest import Past
from arforecast.forecast.baselines import WEEKLY, roll_rate_curve
from arforecast.forecast.billing import TEMPLATE_WEEKS, Level, begun, levels, of_day, recent, scheduled, weeks_since
from arforecast.forecast.calendar import Floats
from arforecast.forecast.draws import MANY, Expected, simulated
from arforecast.forecast.exposure import days
from arforecast.forecast.hazard import OLDEST, RANGES, YOUNGEST, age_range
from arforecast.forecast.payment_time import Distribution, Model, readings
from arforecast.snapshot import Facts, fetched, total

COMPONENTS = ("open_book", "unbilled", "total")
# The total added up from the first week on: its ranges are no sum of those of the weeks.
SO_FAR = "so_far"
QUANTILES = {"p2_5": 0.025, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p97_5": 0.975}
# By how much the level of billing moves from one week to the next.
LEVEL_STEP = 0.015


@dataclass(frozen=True)
class Flows:
    """What cash is forecast from beside open invoices, read once for all the days to stand on.

    reductions: see `reductions`. scheduled, begun: rows of invoices, each of a day `on`, and levels, of each of these
    days: see `arforecast.forecast.billing`. given: what the settings say that weeks to come bill, in minor units; of
    weeks that are over they said nothing in time.
    """

    choices: settings.Forecast
    given: Mapping[date, float]
    reductions: pd.DataFrame
    scheduled: pd.DataFrame
    begun: pd.DataFrame
    levels: Mapping[date, Level]


def flows(facts: Facts, stand: Sequence[date]) -> Flows:
    """What can be known on each of the days `stand`."""
    rules = facts.books.settings
    given, rows = rules.forecast.billing_by_week, recent(facts, stand)
    return Flows(
        rules.forecast,
        {on: amount * 10**rules.ledger.decimals for on, amount in given.items() if on > facts.days[-1]},
        reductions(facts),
        scheduled(facts, stand),
        begun(rows),
        levels(facts, rows, stand),
    )


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
    return Expected(invoices.customer_id, invoices.due_on, both[:, :weeks], both[:, weeks:])


def cash_by_week(settled: Distribution, shares: Floats) -> Floats:
    """The cash that each invoice is expected to bring in each week of the distribution: invoices x weeks."""
    on = np.datetime64(settled.as_of) + 1 + np.arange(settled.p_settled.shape[1])
    age = (on[None, :] - days(settled.invoices.due_on)[:, None]).astype(np.int64)
    return settled.invoices.balance.to_numpy(float)[:, None] * _by_week(settled.p_settled * shares[age_range(age)])


def _by_week(daily: Floats) -> Floats:
    return np.asarray(daily.reshape(len(daily), daily.shape[1] // 7, 7).sum(axis=2))


def repeated(model: Model, begun: pd.DataFrame, shares: Floats, day: date, weeks: int) -> list[Expected]:
    """What the beginnings of each of the last eight weeks bring in the 1st, 2nd, ... week from the one they begin in.

    An invoice is paid as its age and the weekday have it, so each is asked from its own issue on; counted from the
    week it began in, it is moved by whole weeks.
    """
    start = day - timedelta(weeks=TEMPLATE_WEEKS)

    def read(settled: Distribution) -> Floats:
        own = weeks_since(settled.invoices.begun_on, start)[:, None] + np.arange(weeks)[None, :]
        both = cash_by_week(settled, shares), _by_week(settled.p_settled)
        return np.concatenate([np.take_along_axis(weekly, own, axis=1) for weekly in both], axis=1)

    both = readings(model, begun, start, 7 * (weeks + TEMPLATE_WEEKS), read)
    paid = Expected(begun.customer_id, begun.due_on, both[:, :weeks], both[:, weeks:])
    week = weeks_since(begun.begun_on, start)
    return [paid.of(week == nth) for nth in range(TEMPLATE_WEEKS)]


@dataclass(frozen=True)
class Ahead:
    """The weeks to come: by component the mean of each, and draws of them, runs x weeks, in minor units."""

    means: dict[str, Floats]
    draws: dict[str, Floats]


def raw_forecast(known: Flows, then: Past, weeks: int) -> pd.DataFrame:
    """The forecast before its ranges are stretched, in minor units: origin, horizon_week, component, mean and
    quantiles."""
    parts = ahead(known, then, then.model, weeks)
    table = pd.concat([_quantiles(name, parts.means[name], parts.draws[name]) for name in parts.means])
    return table.reset_index(drop=True).assign(origin=pd.Timestamp(then.origin))


def ahead(known: Flows, then: Past, model: Model, weeks: int) -> Ahead:
    """What comes as `model` has it; the same draws for every model."""
    day, runs = then.origin, known.choices.simulations
    random = np.random.default_rng([known.choices.seed, day.toordinal()])
    shares, strange = cash_shares(known.reductions, day), unlived.names(then.known, day, weeks)
    owed = expected(model, then.invoices, day, shares, weeks)
    agreed = expected(model, of_day(known.scheduled, day), day, shares, weeks)
    begun = repeated(model, of_day(known.begun, day), shares, day, weeks)
    multiples = billing_multiples(known, day, weeks)
    levels = multiples * _levels(known.levels[day], strange, random, runs)
    means = {
        "open_book": owed.amount.sum(axis=0),
        "unbilled": agreed.amount.sum(axis=0) + multiples @ spread(profile(begun)),
    }
    draws = {
        "open_book": simulated(owed, random, runs),
        "unbilled": simulated(agreed, random, runs) + _unbilled(begun, levels, random),
    }
    return _added_up(means, {name: unlived.moved(drawn, strange, random) for name, drawn in draws.items()})


def _added_up(means: dict[str, Floats], draws: dict[str, Floats]) -> Ahead:
    """With the total, and the total so far."""
    for of in (means, draws):
        of["total"] = of["open_book"] + of["unbilled"]
        of[SO_FAR] = np.cumsum(of["total"], axis=-1)
    return Ahead(means, draws)


def billing_multiples(known: Flows, day: date, weeks: int) -> Floats:
    """What each week to come is taken to begin, as a multiple of the mean of the last eight: at the level of billing,
    or as the settings have it."""
    multiples = np.full(weeks, known.levels[day].multiple)
    usual = _begun_a_week(known, day)
    for on, amount in known.given.items():
        nth = _weeks_ahead(on, day)
        if 0 <= nth < weeks and usual > 0:
            multiples[nth] = amount / usual
    return multiples


def _begun_a_week(known: Flows, day: date) -> float:
    """What the last eight weeks began to bill, the mean of one, in minor units."""
    return float(of_day(known.begun, day).amount.sum() / TEMPLATE_WEEKS)


def _weeks_ahead(on: date, day: date) -> int:
    """0 for the seven days after `day`, 1 for the next seven, ..."""
    return ((on - day).days - 1) // 7


def assumptions(known: Flows, then: Past, weeks: int, decimals: int) -> pd.DataFrame:
    """What a forecast takes for granted, one row a week to come, in major units.

    week_start; billing_amount, what the week is taken to begin to bill beside the billing schedule; source, whose word
    that is: level, that of the past weeks, or settings; without_precedent, what the week holds that no week of the
    ledger held; and on every row level_change_share, how far the billing of the last eight weeks lies above that of
    the eight before, null where no more than by chance.
    """
    day = then.origin
    starts = pd.date_range(day + timedelta(days=1), periods=weeks, freq="7D")
    said = {_weeks_ahead(on, day) for on in known.given}
    change = known.levels[day].change_share
    columns = {
        "week_start": starts,
        "billing_amount": (billing_multiples(known, day, weeks) * _begun_a_week(known, day)).round() / 10**decimals,
        "source": ["settings" if nth in said else "level" for nth in range(weeks)],
        "without_precedent": unlived.names(then.known, day, weeks),
        "level_change_share": change or np.nan,
    }
    return pd.DataFrame(columns)


def _levels(level: Level, strange: list[str], random: np.random.Generator, runs: int) -> Floats:
    """By how much the level of billing is off in each week, and moves on: runs x weeks."""
    steps = LEVEL_STEP * random.standard_normal((runs, len(strange)))
    steps[:, 0] += level.error_share * random.standard_normal(runs)
    of_week = unlived.BILLING * np.array(strange, dtype=bool) * random.standard_normal(steps.shape)
    return np.asarray(np.exp(np.cumsum(steps, axis=1) + of_week - of_week.var(axis=0) / 2))


def _unbilled(begun: list[Expected], levels: Floats, random: np.random.Generator) -> Floats:
    """Draws of what the weeks to come begin to bring: runs x weeks. Each begins as one of the last eight did, paid as
    its invoices may be, times the level of the week."""
    runs, weeks = levels.shape
    some = max(runs // len(begun), 100)
    paid = np.stack([simulated(part, random, some, MANY // len(begun)) for part in begun])
    drawn = np.zeros((runs, weeks))
    for week in range(weeks):
        one, run = random.integers(0, len(begun), runs), random.integers(0, some, runs)
        drawn[:, week:] += levels[:, week, None] * paid[one, run, : weeks - week]
    return drawn


def profile(begun: list[Expected]) -> Floats:
    """What a week's beginnings bring in the 1st, 2nd, ... week from the one they begin in: the mean of the last
    eight."""
    return np.asarray(sum(part.amount.sum(axis=0) for part in begun)) / TEMPLATE_WEEKS


def spread(weekly: Floats) -> Floats:
    """weeks begun x weeks to come: what follows a week in the 1st, 2nd, ... one, begun in each."""
    weeks = len(weekly)
    lag = np.arange(weeks)[None, :] - np.arange(weeks)[:, None]
    return np.where(lag >= 0, weekly[np.maximum(lag, 0)], 0.0)


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
        return pd.DataFrame({name: [] for name in columns}).astype({"origin": "datetime64[s]"})
    origins = [part.origin.iloc[0].date() for part in said]
    came = backtest.cash_by_week(facts, origins, weeks, facts.days[-1])
    added = came.assign(origin=pd.to_datetime(came.origin), **{SO_FAR: came.groupby("origin").total.cumsum()})
    actual = added.melt(["origin", "horizon_week"], [*COMPONENTS, SO_FAR], "component", "actual")
    return pd.concat(said, ignore_index=True).merge(actual, on=["origin", "horizon_week", "component"])


def published(past: pd.DataFrame) -> pd.DataFrame:
    """The record as it would have been published: ranges stretched by the weeks that were over on their origin."""
    if past.empty:
        return past
    over = past.origin + pd.to_timedelta(7 * past.horizon_week, unit="D")
    parts = [scale.stretched(part, past[over <= origin]) for origin, part in past.groupby("origin")]
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
