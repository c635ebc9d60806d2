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
from arforecast.forecast import backtest, scale, spans, unlived
from arforecast.forecast.backtest import Past
from arforecast.forecast.baselines import WEEKLY, roll_rate_curve
from arforecast.forecast.billing import TEMPLATE_WEEKS, Level, begun, levels, of_day, recent, scheduled, weeks_since
from arforecast.forecast.calendar import Floats, Ints
from arforecast.forecast.draws import MANY, Expected, simulated
from arforecast.forecast.exposure import days
from arforecast.forecast.hazard import OLDEST, RANGES, YOUNGEST, age_range
from arforecast.forecast.payment_time import Distribution, Model, readings
from arforecast.snapshot import Facts, fetched, total

COMPONENTS = ("open_book", "unbilled", "total")
# The total added up from the first week on: its ranges are no sum of those of the weeks.
SO_FAR = "so_far"
QUANTILES = {"p2_5": 0.025, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p97_5": 0.975}
DATES = ("origin", "from_on", "until_on")
# By how much the level of billing moves from one week to the next.
LEVEL_STEP = 0.015
LEFT_OUT = "settings, left out"


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
    """The cash that each invoice is expected to bring: balance x probability x the share that is cash."""

    def read(settled: Distribution) -> Floats:
        return np.concatenate([cash_by_day(settled, shares), spans.in_steps(settled.p_settled)], axis=1)

    both = readings(model, invoices, day, 7 * weeks, read)
    return _expected(invoices, both[:, : 7 * weeks], both[:, 7 * weeks :])


def _expected(invoices: pd.DataFrame, daily: Floats, p_step: Floats) -> Expected:
    return Expected(invoices.customer_id, invoices.due_on, spans.in_steps(daily), p_step, daily.sum(axis=0))


def cash_by_day(settled: Distribution, shares: Floats) -> Floats:
    """The cash that each invoice is expected to bring on each day of the distribution: invoices x days."""
    return settled.invoices.balance.to_numpy(float)[:, None] * p_cash(settled, shares)


def p_cash(settled: Distribution, shares: Floats) -> Floats:
    """The part of the chance to be settled on each day that is cash: invoices x days."""
    on = np.datetime64(settled.as_of) + np.arange(1, settled.p_settled.shape[1] + 1)
    age = (on[None, :] - days(settled.invoices.due_on)[:, None]).astype(np.int64)
    return np.asarray(settled.p_settled * shares[age_range(age)])


def repeated(model: Model, begun: pd.DataFrame, shares: Floats, day: date, weeks: int) -> list[Expected]:
    """What the beginnings of each of the last eight weeks bring in the weeks from the one they begin in.

    An invoice is paid as its age and the weekday have it, so each is asked from its own issue on; counted from the
    week it began in, it is moved by whole weeks.
    """
    start = day - timedelta(weeks=TEMPLATE_WEEKS)

    def read(settled: Distribution) -> Floats:
        own = 7 * weeks_since(settled.invoices.begun_on, start)[:, None] + np.arange(7 * weeks)[None, :]
        paid, chance = (np.take_along_axis(d, own, axis=1) for d in (cash_by_day(settled, shares), settled.p_settled))
        return np.concatenate([paid, spans.in_steps(chance)], axis=1)

    both = readings(model, begun, start, 7 * (weeks + TEMPLATE_WEEKS), read)
    week = weeks_since(begun.begun_on, start)
    parts = [(begun[week == nth], both[week == nth]) for nth in range(TEMPLATE_WEEKS)]
    return [_expected(rows, paid[:, : 7 * weeks], paid[:, 7 * weeks :]) for rows, paid in parts]


@dataclass(frozen=True)
class Ahead:
    """The time to come: by component the mean of each day, in whole minor units, and draws, runs x steps (see
    `arforecast.forecast.spans`)."""

    means: dict[str, Floats]
    draws: dict[str, Floats]

    def of(self, component: str, ends: Ints) -> tuple[Floats, Floats]:
        """The mean of each span, and draws of them: runs x spans. SO_FAR adds them up."""
        if component == SO_FAR:
            mean, drawn = self.of("total", ends)
            return np.cumsum(mean), np.cumsum(drawn, axis=1)
        daily, drawn = self.means[component], self.draws[component]
        return spans.sums(daily, ends), drawn @ spans.shares(daily, ends)


def raw_forecast(known: Flows, then: Past, weeks: int) -> pd.DataFrame:
    """The forecast before its ranges are stretched, in minor units: span, origin, horizon_week (how many weeks ahead
    the span ends), from_on, until_on, component, mean and quantiles."""
    parts = ahead(known, then, then.model, weeks)
    rows = [_told(parts, span, then.origin, weeks) for span in spans.SPANS]
    return pd.concat(rows, ignore_index=True)


def _told(parts: Ahead, span: str, day: date, weeks: int) -> pd.DataFrame:
    calendar, ends = spans.calendar(span, [day], weeks), spans.ends(span, day, weeks)
    names = (*COMPONENTS, SO_FAR) if span == spans.WEEK else COMPONENTS
    return pd.concat([_quantiles(name, *parts.of(name, ends)).join(calendar) for name in names]).assign(span=span)


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
    means = {"open_book": owed.daily, "unbilled": agreed.daily + followed(multiples, profile(begun))}
    draws = {
        "open_book": simulated(owed, random, runs),
        "unbilled": simulated(agreed, random, runs) + _unbilled(begun, levels, random),
    }
    weeks_of = spans.weeks_of(weeks)
    return _added_up(means, {name: unlived.moved(drawn, strange, weeks_of, random) for name, drawn in draws.items()})


def _added_up(means: dict[str, Floats], draws: dict[str, Floats]) -> Ahead:
    """With the total; means in whole minor units."""
    whole = {name: _whole(daily) for name, daily in means.items()}
    for of in (whole, draws):
        of["total"] = of["open_book"] + of["unbilled"]
    return Ahead(whole, draws)


def _whole(daily: Floats) -> Floats:
    """Whole minor units by day, which add up to the rounded sum of each week: the steps of rounded sums."""
    so_far = np.cumsum(daily.reshape(-1, 7), axis=1).round()
    return np.diff(so_far, axis=1, prepend=0).ravel()


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
    that is: level, that of the past weeks, or settings, which are left out where the last eight weeks billed nothing
    that would say when it is paid; without_precedent, what the week holds that no week of the
    ledger held; and on every row level_change_share, how far the billing of the last eight weeks lies above that of
    the eight before, null where no more than by chance.
    """
    day = then.origin
    starts = pd.date_range(day + timedelta(days=1), periods=weeks, freq="7D")
    said = {_weeks_ahead(on, day) for on in known.given}
    theirs = "settings" if _begun_a_week(known, day) > 0 else LEFT_OUT
    change = known.levels[day].change_share
    columns = {
        "week_start": starts,
        "billing_amount": (billing_multiples(known, day, weeks) * _begun_a_week(known, day)).round() / 10**decimals,
        "source": [theirs if nth in said else "level" for nth in range(weeks)],
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
    weekly, near = spans.in_weeks(paid, weeks), min(spans.DAYS, 7 * weeks)
    daily, drawn = np.zeros((runs, near)), np.zeros((runs, weeks))
    for week in range(weeks):
        one, run = random.integers(0, len(begun), runs), random.integers(0, some, runs)
        drawn[:, week:] += levels[:, week, None] * weekly[one, run, : weeks - week]
        daily[:, 7 * week :] += levels[:, week, None] * paid[one, run, : max(near - 7 * week, 0)]
    return np.concatenate([daily, drawn[:, near // 7 :]], axis=1)


def profile(begun: list[Expected]) -> Floats:
    """What a week's beginnings bring on the days from the first of that week on: the mean of the last eight."""
    return np.asarray(sum(part.daily for part in begun)) / TEMPLATE_WEEKS


def followed(multiples: Floats, daily: Floats) -> Floats:
    """What comes on each day to come where each week begins so many times what brings `daily`."""
    return np.column_stack([multiples @ spread(on_weekday) for on_weekday in daily.reshape(-1, 7).T]).ravel()


def spread(weekly: Floats) -> Floats:
    """weeks begun x weeks to come: what follows a week in the 1st, 2nd, ... one, begun in each."""
    weeks = len(weekly)
    lag = np.arange(weeks)[None, :] - np.arange(weeks)[:, None]
    return np.where(lag >= 0, weekly[np.maximum(lag, 0)], 0.0)


def _quantiles(component: str, mean: Floats, draws: Floats) -> pd.DataFrame:
    levels = np.quantile(draws, list(QUANTILES.values()), axis=0)
    return pd.DataFrame({"component": component, "mean": mean} | dict(zip(QUANTILES, levels, strict=True)))


def record(facts: Facts, known: Flows, forecasts: Iterable[Past], weeks: int) -> pd.DataFrame:
    """Past forecasts beside what came: one row a span, origin and component that is over by the last day of `facts`.

    The columns of `raw_forecast` (not stretched yet, see `published`) and actual, in minor units.
    """
    said = [raw_forecast(known, then, weeks) for then in forecasts]
    if not said:
        columns = ["span", *spans.calendar(spans.DAY, [], weeks), "component", "mean", *QUANTILES, "actual"]
        return backtest.none(columns, *DATES)
    origins = [part.origin.iloc[0].date() for part in said]
    actual = pd.concat([_came(facts, span, origins, weeks) for span in spans.SPANS], ignore_index=True)
    return pd.concat(said, ignore_index=True).merge(actual, on=["span", "origin", "horizon_week", "component"])


def _came(facts: Facts, span: str, origins: Sequence[date], weeks: int) -> pd.DataFrame:
    """What came in each span that is over: span, origin, horizon_week, component, actual."""
    came = backtest.cash_came(facts, spans.calendar(span, origins, weeks), facts.days[-1])
    added = came.assign(origin=pd.to_datetime(came.origin), **{SO_FAR: came.groupby("origin").total.cumsum()})
    return added.melt(["origin", "horizon_week"], [*COMPONENTS, SO_FAR], "component", "actual").assign(span=span)


def of_span(table: pd.DataFrame, span: str) -> pd.DataFrame:
    """The rows of days, of weeks, or of months alone."""
    rows = table[table["span"] == span].drop(columns="span")
    whole = {"horizon_week": rows.horizon_week.astype("int64")} if span == spans.WEEK else {}
    return rows.assign(**whole).reset_index(drop=True)


def published(past: pd.DataFrame) -> pd.DataFrame:
    """The record of spans of one kind as it would have been published: ranges stretched by those that were over on
    their origin."""
    if past.empty:
        return past
    parts = [scale.stretched(part, past[past.until_on <= origin]) for origin, part in past.groupby("origin")]
    return pd.concat(parts)


def by_week(forecast: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """The forecast by week and component in major units, exact to the minor one; week 1 starts the day after as_of."""
    weeks = _money(_ordered(forecast[forecast.component != SO_FAR]), decimals)
    return weeks.rename(columns={"from_on": "week_start", "until_on": "week_end"})


def by_span(forecast: pd.DataFrame, past: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """The forecast of days or of months by component in major units, with what such ranges were worth: from_on,
    until_on, component, mean, quantiles, origins (on how many past days spans were forecast that ended as far ahead,
    give or take a week, and are over) and held_share (how many of these an 80 % range held; null without any). Days on
    which nothing could come and nothing came do not count.

    forecast and past: see `stretched` and `published`.
    """
    rows = _ordered(forecast)
    held = [_held(past, *of) for of in zip(rows.component, rows.horizon_week, strict=True)]
    return _money(rows, decimals).join(pd.DataFrame(held, columns=["origins", "held_share"]))


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """By day, the components in their order."""
    rank = rows.component.map(COMPONENTS.index)
    return rows.iloc[np.lexsort((rank, rows.until_on))].reset_index(drop=True)


def _money(rows: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """from_on, until_on, component, mean and quantiles in major units, exact to the minor one."""
    return rows[["from_on", "until_on", "component"]].join(rows[["mean", *QUANTILES]].round() / 10**decimals)


def _held(past: pd.DataFrame, component: str, ahead: float) -> dict[str, float]:
    near = past[(past.component == component) & ((past.horizon_week - ahead).abs() <= scale.NEIGHBOURS)]
    near = near[(near.p97_5 > near.p2_5) | (near.actual != near.p50)]
    return {"origins": near.origin.nunique(), "held_share": near.actual.between(near.p10, near.p90).mean()}


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
    columns = {"weeks": rows.horizon_week, "until_on": rows.until_on}
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
        return backtest.none(columns)
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
    book = readings(curve, then.invoices, then.origin, 7 * weeks, lambda settled: cash_by_day(settled, all_cash))
    yield "open_book", "global roll-rate", book.sum(axis=0).reshape(-1, 7).sum(axis=1)


def _beside(past: pd.DataFrame, component: str, method: str, forecast: Floats) -> pd.DataFrame:
    rows = past[past.component == component]
    kept = rows[["origin", "horizon_week", "component", "actual"]]
    return kept.assign(method=method, forecast=forecast[rows.horizon_week.to_numpy() - 1], p10=np.nan, p90=np.nan)
