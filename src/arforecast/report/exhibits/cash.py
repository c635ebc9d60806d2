"""What cash will come: week by week and all together, with ranges, and how right such forecasts were."""

from __future__ import annotations

import math
from functools import partial

import pandas as pd

from arforecast.forecast.scores import ratio
from arforecast.report import charts
from arforecast.report.exhibit import Card, Exhibit, Stamp, cut, named, why
from arforecast.report.exhibits.late import ODDS, judged
from arforecast.report.formats import NBSP, came_in, count, date, does, many, money, money_range, percent

QUANTILES = ("p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5")
SPANS = (1, 4, 13)
UNJUDGED = "No past forecast can be judged yet, so nothing is known about how right this one is."
NOTHING_CAME = "nothing came in the weeks that can be judged"
EXPECTED = {"mean": "money"}


def standing(cash: pd.DataFrame, within: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What is expected within four weeks and in the first, how sure that is, and what such ranges were worth."""
    return Exhibit(
        question="What cash will come?",
        numbers=cut(within, _with_unbilled, cash),
        units=EXPECTED,
        says=_standing_said,
        cards=_cards,
        file="cash_within",
        currency=stamp["currency"],
        call="today.cash_within()",
        why=named("What cash will come", why(stamp, "cash_forecast")),
    )


def _with_unbilled(within: pd.DataFrame, cash: pd.DataFrame) -> pd.DataFrame:
    """The cash of the first week, the first two ..., and how much of it is not billed yet."""
    unbilled = cash.loc[cash["component"].eq("unbilled"), "mean"].cumsum().to_numpy()
    return within.assign(until_on=pd.to_datetime(within["until_on"]), unbilled=unbilled)


def _standing_said(within: pd.DataFrame) -> str:
    first, four = within.iloc[0], within.head(4).iloc[-1]
    if first["weeks"] == four["weeks"]:
        told = f"{money(first['mean'])} ({_range(first)}) is expected by {date(first['until_on'])}."
    else:
        week = f"{money(first['mean'])} of it in the week to {date(first['until_on'])} ({_range(first)})"
        told = f"{expected(four)}, {week}."
    return f"{told} {_worth(within[within['weeks'].isin([first['weeks'], four['weeks']])])}"


def expected(row: pd.Series) -> str:
    """The cash of so many weeks, with its range."""
    return f"{money(row['mean'])} is expected by {date(row['until_on'])} ({_range(row)})"


def _range(row: pd.Series) -> str:
    return f"80{NBSP}%: {money_range(row['p10'], row['p90'])}"


def _worth(rows: pd.DataFrame) -> str:
    """What ranges of so many weeks held in the past, and whether the forecasts lay high or low."""
    judged = [_worth_of(row) for _, row in rows[rows["origins"].gt(0)].iterrows()]
    if not judged:
        return UNJUDGED
    return f"Such a range held {' and '.join(reversed(judged))}."


def _worth_of(row: pd.Series) -> str:
    off = row["bias_share"]
    lay = f"{percent(abs(off))} {'high' if off > 0 else 'low'}" if off else "neither high nor low"
    beside = "nothing came in them" if pd.isna(off) else f"they were {lay}"
    held = f"{percent(row['held_share'])} of {many(row['origins'], 'past forecast')}"
    return f"{held} of {many(row['weeks'], 'week')} ({beside})"


def _cards(within: pd.DataFrame) -> list[Card]:
    spans = within.iloc[sorted({0, min(3, len(within) - 1), len(within) - 1})]
    last, call = within.iloc[-1], "today.cash_within()"
    return [
        *(Card(_next(row["weeks"]), money(row["mean"]), _range(row), "", call) for _, row in spans.iterrows()),
        Card("Not billed yet", percent(last["unbilled"] / last["mean"] if last["mean"] else math.nan),
             f"of the {len(within)} weeks’ cash", "", "today.cash_forecast()"),
    ]  # fmt: skip


def _next(weeks: int) -> str:
    return "Next week" if weeks == 1 else f"Next {count(weeks)} weeks"


def weeks(cash: pd.DataFrame, record: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What came in the last four weeks, and what is expected in each to come: from invoices issued and not yet."""
    stack = ["came", "open_book", "unbilled"]
    key = "Without a stick: what came; filled: from invoices issued; hollow: from invoices to come. "
    key += "Of ten weeks, eight should end within the sticks."
    return Exhibit(
        question="How much, week by week, and how sure is it?",
        numbers=cut(cash, by_week, record),
        units=EXPECTED,
        says=_weeks_said,
        chart=partial(charts.columns, over="week_start", stack=stack, sticks=("p10", "mean", "p90"), key=key),
        file="cash_weeks",
        call="today.cash_forecast()",
        why=why(stamp, "cash_forecast"),
        currency=stamp["currency"],
        table={
            "columns": ["week_start", *stack, "mean", "p10", "p90"],
            "missing": "of the weeks that are over, or to come",
        },
    )


def by_week(cash: pd.DataFrame, record: pd.DataFrame) -> pd.DataFrame:
    """week_start, came, and of the weeks to come open_book, unbilled, mean and the quantiles of both together."""
    parts = cash.pivot(index="week_start", columns="component", values="mean")[["open_book", "unbilled"]]
    total = cash[cash["component"].eq("total")].set_index("week_start")[["mean", *QUANTILES]]
    ahead = parts.join(total).rename_axis(columns=None).reset_index()
    came = past(record, 1).tail(4)[["week_start", "actual"]].rename(columns={"actual": "came"})
    rows = pd.concat([came, ahead.assign(week_start=pd.to_datetime(ahead["week_start"]))], ignore_index=True)
    return rows.reindex(columns=["week_start", "came", "open_book", "unbilled", "mean", *QUANTILES])


def _weeks_said(weeks: pd.DataFrame) -> str:
    ahead = weeks.dropna(subset="mean")
    least, most = ahead["mean"].min(), ahead.iloc[ahead["mean"].argmax()]
    came = weeks["came"].dropna()
    was = f"; the last {many(len(came), 'week')} brought {money(came.mean())} each" if len(came) else ""
    if not ahead["mean"].any():
        return f"Nothing is expected in any of {many(len(ahead), 'week')}{was}"
    best = f"the most in the week from {date(most['week_start'])}"
    return f"Weeks bring {money(least)} to {money(most['mean'])}, {best}{was}"


def together(within: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The cash of the first weeks together, with its range."""
    return Exhibit(
        question="How much until when?",
        numbers=cut(within, _together),
        units=EXPECTED,
        says=lambda rows: f"{expected(rows.iloc[-1])}, in {many(len(rows), 'week')}",
        chart=partial(charts.lines, over="until_on", named={"mean": "expected"}, band=("p10", "p90"),
                      label="Cash until then", key="The band holds eight of ten outcomes."),
        file="cash_together",
        call="today.cash_within()",
        why=why(stamp, "cash_forecast"),
        currency=stamp["currency"],
    )  # fmt: skip


def _together(within: pd.DataFrame) -> pd.DataFrame:
    return within[["until_on", "mean", *QUANTILES]].assign(until_on=pd.to_datetime(within["until_on"]))


def days(days: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What is expected on each of the next days, with its own range, and what such ranges were worth."""
    return Exhibit(
        question="On which days?",
        numbers=cut(days, _by_day),
        units=EXPECTED,
        says=_days_said,
        chart=partial(charts.columns, over="on", stack=["open_book", "unbilled"], sticks=("p10", "mean", "p90"),
                      fills=charts.FILLS[1:], label="Cash of the day",
                      key="Filled: from invoices issued; hollow: from invoices to come. Of ten days, eight should end "
                          "within the sticks."),
        file="cash_days",
        call="today.cash_days()",
        why=why(stamp, "cash_forecast"),
        currency=stamp["currency"],
        table={"columns": ["on", "open_book", "unbilled", "mean", "p10", "p90"]},
    )  # fmt: skip


def _by_day(days: pd.DataFrame) -> pd.DataFrame:
    told = _with_parts(days).rename(columns={"until_on": "on"})
    return told[["on", "open_book", "unbilled", "mean", *QUANTILES, "origins", "held_share"]]


def _with_parts(spans: pd.DataFrame) -> pd.DataFrame:
    """The rows of the total, with what of their mean comes from invoices issued and from those to come."""
    parts = spans.pivot(index="until_on", columns="component", values="mean")
    parts = parts.reindex(columns=["open_book", "unbilled"])
    return spans[spans["component"].eq("total")].join(parts, on="until_on").reset_index(drop=True)


def _days_said(days: pd.DataFrame) -> str:
    most, some = days.iloc[days["mean"].argmax()], days["mean"].gt(0).sum()
    if not some:
        return f"Nothing is expected on any of {many(len(days), 'day')}"
    told = f"The most, {money(most['mean'])} ({_range(most)}), is expected on {date(most['on'])}"
    of_all = f"{count(some)} of {many(len(days), 'day')} {does(some, 'bring')} something"
    return f"{told}; {of_all}. {_so_held(days.iloc[0])}"


def _so_held(row: pd.Series) -> str:
    """What ranges of spans that ended as far ahead held."""
    if not row["origins"]:
        return UNJUDGED
    return f"Such a range held {percent(row['held_share'])} of the time on {many(row['origins'], 'past forecast')}."


def months(months: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What is expected in each month that ends within the weeks ahead, the first from the day after, with its own range
    and what such ranges were worth."""
    return Exhibit(
        question="How much, month by month?",
        numbers=cut(months, _by_month),
        units=EXPECTED,
        says=_months_said,
        file="cash_months",
        call="today.cash_months()",
        why=why(stamp, "cash_forecast"),
        nothing="No month ends within the weeks ahead.",
        currency=stamp["currency"],
        table={
            "columns": ["until_on", "mean", "p10", "p90", "held_share"],
            "missing": "nothing can be judged yet",
        },
    )


def _by_month(months: pd.DataFrame) -> pd.DataFrame:
    columns = ["from_on", "until_on", "open_book", "unbilled", "mean", *QUANTILES, "origins", "held_share"]
    return _with_parts(months)[columns]


def _months_said(months: pd.DataFrame) -> str:
    told = ", and ".join(_month_said(row) for _, row in months.iterrows())
    return told if months["origins"].any() else f"{told}. {UNJUDGED}"


def _month_said(row: pd.Series) -> str:
    held = f"; such a range held {percent(row['held_share'])} of the time" if row["origins"] else ""
    span = f"from {date(row['from_on'])} to {date(row['until_on'])}"
    return f"{money(row['mean'])} is expected {span} ({_range(row)}{held})"


def position(position: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What is left when obligations are paid. Position = opening cash + receipts - outflows since the day; obligations
    are taken as certain, so its range is that of the receipts."""
    return Exhibit(
        question="What is left when all that is due is paid?",
        numbers=position,
        units=EXPECTED,
        says=_position_said,
        chart=partial(charts.lines, over="until_on", named={"mean": "expected", "floor_amount": "floor"},
                      band=("p10", "p90"), label="Cash position", key="The band holds eight of ten outcomes."),
        file="cash_position",
        call="today.cash_position()",
        why=why(stamp, "cash_forecast", "outflows"),
        currency=stamp["currency"],
        table={
            "columns": ["until_on", "receipts_amount", "outflows_amount", "mean", "p10", "p90", "p_below_floor"],
            "missing": "the settings hold no opening cash of this day, or no floor",
        },
    )  # fmt: skip


def _position_said(position: pd.DataFrame) -> str:
    last, lowest = position.iloc[-1], position.iloc[position["mean"].argmin()]
    paid = f"{money(position['outflows_amount'].sum())} is to be paid by {date(last['until_on'])}"
    if pd.isna(last["opening_balance"]):
        net = f"{money(abs(last['mean']))} {'less' if last['mean'] < 0 else 'more'} than that comes in ({_range(last)})"
        return f"{paid}, and {net}; opening cash of this day in the settings would say what is left"
    least = f"the position is lowest on {date(lowest['until_on'])}: {money(lowest['mean'])} ({_range(lowest)})"
    return "; ".join([f"{paid}, and {least}", *_floor_said(position)])


def _floor_said(position: pd.DataFrame) -> list[str]:
    """Where the position is expected to fall below the floor first, or else where the chance is highest."""
    if position["floor_amount"].isna().all():
        return []
    floor, short = (
        f"the floor of {money(position['floor_amount'].iloc[0])}",
        position["mean"] < position["floor_amount"],
    )
    if short.any():
        first = position[short].iloc[0]
        return [
            f"it falls below {floor} by {date(first['until_on'])}, with a chance of {percent(first['p_below_floor'])}"
        ]
    worst = position.iloc[position["p_below_floor"].argmax()]
    chance = f"{percent(worst['p_below_floor'])} on {date(worst['until_on'])}"
    return [f"it stays above {floor}; the chance of lying below it is highest, {chance}"]


def assumed(assumptions: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What the weeks to come are taken to bill, and which of them are like none that the ledger has lived through."""
    return Exhibit(
        question="What is taken for granted?",
        numbers=assumptions,
        says=_assumed_said,
        file="cash_assumptions",
        currency=stamp["currency"],
        call="today.cash_assumptions()",
        why=named("What the forecast rests on", why(stamp, "cash_assumptions")),
        cards=_assumed_cards,
    )


def _assumed_cards(weeks: pd.DataFrame) -> list[Card]:
    change, strange = weeks["level_change_share"].iloc[0], weeks["without_precedent"].ne("").sum()
    level = "no change of level" if pd.isna(change) else f"{percent(change)} against the eight weeks before"
    call = "today.cash_assumptions()"
    return [
        Card("Billed a week, beside what is agreed", money(weeks["billing_amount"].mean()), level, "", call),
        Card("Weeks without a precedent", count(strange), f"of {count(len(weeks))}", "", call),
    ]


def _assumed_said(weeks: pd.DataFrame) -> str:
    bills, told = weeks["billing_amount"], weeks.loc[weeks["source"].eq("level"), "billing_amount"]
    if not bills.any():
        level = "Nothing is taken to be billed beside what the billing schedule says."
    else:
        each = told.iloc[0] if len(told) else bills.mean()
        level = f"Beside what is agreed, each week is taken to bill {money(each)}."
    return " ".join([level, *_changed(weeks), *_said_by_settings(weeks), *_strange(weeks)])


def _changed(weeks: pd.DataFrame) -> list[str]:
    change = weeks["level_change_share"].iloc[0]
    if pd.isna(change):
        return []
    lay = f"Billing of the last eight weeks lay {percent(abs(change))} {'above' if change > 0 else 'below'}"
    return [f"{lay} that of the eight before: the forecast follows the last eight."]


def _said_by_settings(weeks: pd.DataFrame) -> list[str]:
    said = weeks[weeks["source"].ne("level")]
    if said.empty:
        return []
    weeks_said = f"The settings say what {many(len(said), 'week')} will bill, the first from "
    unused = "; it is left out, for the last eight weeks billed nothing that says when it would be paid"
    left = unused if said["source"].iloc[0] != "settings" else ""
    return [f"{weeks_said}{date(said['week_start'].iloc[0])}{left}."]


def _strange(weeks: pd.DataFrame) -> list[str]:
    strange = weeks[weeks["without_precedent"].ne("")]
    if strange.empty:
        return []
    named = [f"from {date(row['week_start'])} ({row['without_precedent']})" for _, row in strange.iterrows()]
    lived = f"The ledger has lived through no such week as that {' and that '.join(named)}"
    return [f"{lived}: its range is wider by rule, not by experience."]


def supposed(scenarios: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """By how much each scenario of the settings moves the cash up to the end of some weeks."""
    return Exhibit(
        question="What if?",
        numbers=cut(scenarios, _supposed),
        says=_supposed_said,
        file="cash_scenarios",
        call="today.scenarios()",
        why=named("What scenarios bring", why(stamp, "scenarios")),
        nothing="The settings have no scenario: a section [scenario.NAME] adds one.",
        currency=stamp["currency"],
    )


def _supposed(scenarios: pd.DataFrame) -> pd.DataFrame:
    """Each scenario after the spans, all the weeks together last."""
    shown = scenarios[scenarios["week"].isin([*SPANS, scenarios["week"].max()])]
    return shown[["scenario", "week", "until_on", "so_far", "so_far_p10", "so_far_p90"]].reset_index(drop=True)


def _supposed_said(scenarios: pd.DataFrame) -> str:
    last = scenarios[scenarios["week"].eq(scenarios["week"].max())]
    told = [_moves(row) for _, row in last.iterrows()]
    return f"By {date(last['until_on'].iloc[0])}, {', '.join(told)}, each as the settings declare it"


def _moves(row: pd.Series) -> str:
    """What a scenario brings, or costs, with its range."""
    if row["so_far"] >= 0:
        verb, low, high = "brings", row["so_far_p10"], row["so_far_p90"]
    else:
        verb, low, high = "costs", -row["so_far_p90"], -row["so_far_p10"]
    return f"{row['scenario']} {verb} {money(abs(row['so_far']))} (80{NBSP}%: {money_range(low, high)})"


# ------------------------------------------------------------------ how right it was


def judged_weeks(record: pd.DataFrame, horizon_week: int, stamp: Stamp) -> Exhibit:
    """What was forecast so many weeks ahead, with its range, and what came."""
    return Exhibit(
        question="How right was it before?",
        numbers=cut(record, past, horizon_week),
        says=_judged_said,
        chart=partial(charts.columns, over="week_start", stack=["actual"], sticks=("p10", "forecast", "p90"),
                      fills=charts.FILLS[1:],
                      key="Bars: what came; sticks: the ranges that had been given."),
        file=f"cash_past_{horizon_week}",
        call="today.cash_record()",
        why=why(stamp, "cash_record"),
        nothing="No past week can be judged yet, so nothing is known about how right this forecast is.",
        currency=stamp["currency"],
    )  # fmt: skip


def past(record: pd.DataFrame, horizon_week: int) -> pd.DataFrame:
    """What was forecast so many weeks ahead, and what came: horizon_week, week_start, forecast, p10, p90, actual."""
    columns = ["horizon_week", "week_start", "forecast", "p10", "p90", "actual"]
    if record.empty:
        return pd.DataFrame(columns=columns)
    is_row = record["component"].eq("total") & record["method"].eq("model") & record["horizon_week"].eq(horizon_week)
    rows = record[is_row].dropna(subset="actual")
    week_start = pd.to_datetime(rows["origin"]) + pd.Timedelta(days=7 * horizon_week - 6)
    return rows.assign(week_start=week_start).sort_values("week_start", ignore_index=True)[columns]


def _judged_said(past: pd.DataFrame) -> str:
    inside = past["actual"].between(past["p10"], past["p90"]).sum()
    bias = past["forecast"].sum() / past["actual"].sum() - 1 if past["actual"].sum() else 0.0
    lay = f"; the forecasts were {percent(abs(bias))} {'high' if bias > 0 else 'low'} in all" if bias else ""
    held = f"receipts fell inside the 80{NBSP}% range in {count(inside)} of {many(len(past), 'week')}"
    return f"Forecast {_ahead(past['horizon_week'].iloc[0])}, {held}{lay}"


def _ahead(week: float) -> str:
    return f"{many(week, 'week')} ahead"


def skill(record: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The model's error on past weeks beside that of the best simple rule, one row a horizon, and how often what came
    lay between p10 and p90. Error = sum of |forecast - actual| / sum of actuals (WAPE)."""
    return Exhibit(
        question="Is it better than a simple rule?",
        numbers=cut(record, horizons),
        units=ODDS,
        says=_skill_said,
        file="cash_skill",
        call="today.cash_record()",
        why=why(stamp, "cash_record"),
        nothing="No past week can be judged yet, so nothing is known about how right this forecast is.",
    )


def horizons(record: pd.DataFrame) -> pd.DataFrame:
    """One row a horizon: the error of the model and of the best simple rule, and what their ratio may be."""
    rows = record[record["component"].eq("total")].dropna(subset="actual")
    rows = rows.assign(miss=(rows["forecast"] - rows["actual"]).abs())
    return pd.DataFrame([_horizon(week, of_week) for week, of_week in rows.groupby("horizon_week")])


def _horizon(week: object, rows: pd.DataFrame) -> dict[str, object]:
    misses = rows.pivot(index="origin", columns="method", values="miss").dropna(axis=1, how="all").dropna()
    actual = rows[rows["method"].eq("model")].set_index("origin")["actual"].reindex(misses.index)
    errors = misses.sum() / (actual.sum() or math.nan)
    baseline = str(misses.sum().drop("model").idxmin())
    share, low, high = ratio(misses["model"], misses[baseline])
    model = rows[rows["method"].eq("model")]
    return {
        "horizon_week": week,
        "weeks": len(misses),
        "error_share": errors["model"],
        "baseline": baseline,
        "baseline_error_share": errors[baseline],
        "ratio": share,
        "low": low,
        "high": high,
        "inside_80_share": model["actual"].between(model["p10"], model["p90"]).mean(),
    }


def _skill_said(skill: pd.DataFrame) -> str:
    near = skill[skill["horizon_week"].isin([1, 4])]
    return " ".join([*(_skilled(row) for _, row in near.iterrows()), *_lost(skill), _held(skill)])


def _skilled(row: pd.Series) -> str:
    missed = (
        f"it missed by {percent(row['error_share'])} of what came, the best simple rule ({row['baseline']}) by "
        f"{percent(row['baseline_error_share'])}"
    )
    # A share of nothing is none; which of the two was nearer is known all the same.
    nothing = f"{NOTHING_CAME}; the best simple rule was the {row['baseline']}"
    off = nothing if pd.isna(row["error_share"]) else missed
    return f"{_ahead(row['horizon_week'])} {off}. {judged(row, 'that rule')}"


def _lost(skill: pd.DataFrame) -> list[str]:
    lost = skill.loc[skill["low"].gt(1), "horizon_week"]
    weeks = ", ".join(count(week) for week in lost)
    return [f"A simple rule was better {weeks} {'week' if weeks == '1' else 'weeks'} ahead."] if weeks else []


def _held(skill: pd.DataFrame) -> str:
    near, far = skill.iloc[0], skill.iloc[-1]
    return (
        f"The 80{NBSP}% range held {percent(near['inside_80_share'])} of the time {_ahead(near['horizon_week'])} "
        f"and {percent(far['inside_80_share'])} of the time {_ahead(far['horizon_week'])}."
    )


def decoded(accuracy: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What is called accuracy, by every measure, beside simple rules. Net accuracy = 1 - |sum of errors| / sum of
    actuals; WAPE = sum of |errors| / sum of actuals; bias = sum of errors / sum of actuals; MASE = mean |error| / that
    of the last week, repeated, one week ahead."""
    return Exhibit(
        question="How accurate is that, and by which measure?",
        numbers=accuracy.rename(columns={"weeks": "weeks_ahead"}),
        says=_decoded_said,
        file="cash_accuracy",
        call="today.accuracy()",
        why=why(stamp, "cash_record"),
        nothing="No past week can be judged yet, so nothing is known about how right this forecast is.",
        table={"missing": "a simple rule gives no range, or nothing came in those weeks"},
    )


def _decoded_said(accuracy: pd.DataFrame) -> str:
    ahead = accuracy[accuracy["weeks_ahead"].eq("1")].set_index("method")
    rules = ahead.drop("model").sort_values("net_accuracy", ascending=False, kind="stable")
    model, rule, name = ahead.loc["model"], rules.iloc[0], rules.index[0]
    if ahead["wape"].isna()["model"]:
        return f"One week ahead {NOTHING_CAME}: what divides by it is not defined"
    return (
        f"One week ahead net accuracy is {percent(model['net_accuracy'])} and that of the {name} "
        f"{percent(rule['net_accuracy'])}, but week for week they missed by {percent(model['wape'])} and "
        f"{percent(rule['wape'])}: net accuracy flatters, since weeks too high and weeks too low cancel in it"
    )


# ------------------------------------------------------------------ what was said before


PARTS = ("billing_level", "billing_timing", "payment_timing", "amount", "new_customers", "rest")
# What it means that less came, and that more came, for a reason.
REASONS = {
    "billing_level": ("known customers were billed less", "known customers were billed more"),
    "billing_timing": ("billing came later", "billing came earlier"),
    "payment_timing": ("customers paid later", "customers paid earlier"),
    "amount": ("less of what was settled came as cash", "more of what was settled came as cash"),
    "new_customers": ("new customers brought less", "new customers brought more"),
    "rest": ("balances were restated since, to less", "balances were restated since, to more"),
}
UNSAID = "No earlier report has said anything of a week that is over: reports in one folder keep their forecasts there."


def kept(errors: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What an earlier report said of the weeks since, what came, and why that differs; the parts add up to the error,
    which is forecast - actual."""
    return Exhibit(
        question="What did an earlier report say, and why did it come otherwise?",
        numbers=cut(errors, _latest),
        says=_kept_said,
        chart=partial(charts.columns, over="week_start", stack=["actual"], sticks=("p10", "forecast", "p90"),
                      fills=charts.FILLS[1:], key="Bars: what came; sticks: the ranges that the report had given."),
        file="cash_kept",
        call='today.book("reports/book").errors',
        why=why(stamp, "cash_forecast"),
        nothing=UNSAID,
        currency=stamp["currency"],
    )  # fmt: skip


def _latest(errors: pd.DataFrame) -> pd.DataFrame:
    """The weeks of the latest forecast of which four are over, or as many as there are."""
    over = errors.groupby("origin")["horizon_week"].transform("count").clip(upper=4)
    rows = errors[over.eq(over.max())]
    rows = rows[rows["origin"].eq(rows["origin"].max())]
    week_start = pd.to_datetime(rows["week_end"]) - pd.Timedelta(days=6)
    columns = ["origin", "week_start", "forecast", "p10", "p90", "actual", "error", *PARTS]
    return rows.assign(week_start=week_start)[columns].reset_index(drop=True)


def _kept_said(weeks: pd.DataFrame) -> str:
    said, came, error = (weeks[name].sum() for name in ("forecast", "actual", "error"))
    until = weeks["week_start"].max() + pd.Timedelta(days=6)
    told = (
        f"On {date(weeks['origin'].iloc[0])} {money(said)} was said for the {many(len(weeks), 'week')} to {date(until)}"
    )
    if money(abs(error)) == money(0.0):
        return f"{told}, and that came"
    parts = weeks[list(PARTS)].sum()
    most = str((parts * (1 if error > 0 else -1)).idxmax())
    off = f"{money(abs(error))} {'less' if error > 0 else 'more'}"
    return f"{told}; {money(came)} came, {off}: {REASONS[most][int(error < 0)]} ({money(abs(parts[most]))})"


def forecasts(errors: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """Every forecast that earlier reports kept, over its weeks that are over."""
    return Exhibit(
        question="What did all earlier reports say?",
        numbers=cut(errors, by_forecast),
        says=_forecasts_said,
        file="cash_forecasts",
        call='today.book("reports/book").errors',
        why=why(stamp, "cash_forecast"),
        nothing=UNSAID,
        currency=stamp["currency"],
        table={"limit": 13, "columns": ["origin", "kept_on", "weeks", "forecast", "error", *_told(errors)]},
    )


def _told(errors: pd.DataFrame) -> list[str]:
    """The parts that a table shows: nothing is restated in most ledgers."""
    return [part for part in PARTS if part != "rest" or ("rest" in errors and errors["rest"].any())]


def by_forecast(errors: pd.DataFrame) -> pd.DataFrame:
    """The sums of each forecast over its weeks that are over, the latest first: origin, kept_on, weeks, forecast,
    actual, error, its parts, and wape, the sum of |errors| by week / the sum of actuals."""
    money_of = ["forecast", "actual", "error", *PARTS]
    by = errors.assign(miss=errors["error"].abs()).groupby("origin")
    sums = by[[*money_of, "miss"]].sum().assign(weeks=by.size(), kept_on=by["kept_on"].first())
    wape = sums["miss"] / sums["actual"].where(sums["actual"].gt(0))
    rows = sums.assign(wape=wape).reset_index().sort_values("origin", ascending=False, ignore_index=True)
    return rows[["origin", "kept_on", "weeks", *money_of, "wape"]]


def _forecasts_said(rows: pd.DataFrame) -> str:
    error, came = rows["error"].sum(), rows["actual"].sum()
    lay = (
        f"{percent(abs(error) / came)} {'high' if error > 0 else 'low'}"
        if came > 0 and error
        else "neither high nor low"
    )
    return f"{many(len(rows), 'forecast')} since {date(rows['origin'].min())} can be judged; in all they were {lay}"


# ------------------------------------------------------------------ in short


def spans(within: pd.DataFrame, record: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What came in the last four weeks, and what is expected of the next 1, 4 and 13."""
    return Exhibit(
        question="What cash will come?",
        numbers=cut(within, _spans, record),
        says=_spans_said,
        file="brief_cash",
        currency=stamp["currency"],
        call="today.cash_within()",
        why=why(stamp, "cash_forecast"),
        table={
            "columns": ["span", "amount", "p10", "p90", "held_share"],
            "missing": "it came, or nothing can be judged yet",
        },
    )


def _spans(within: pd.DataFrame, record: pd.DataFrame) -> pd.DataFrame:
    weeks = sorted({min(span, len(within)) for span in SPANS})
    ahead = within[within["weeks"].isin(weeks)]
    ahead = ahead.assign(span=[f"next {_weeks(number)}" for number in ahead["weeks"]])
    came = past(record, 1).tail(4)
    until, total = came["week_start"].max() + pd.Timedelta(days=6), came["actual"].sum()
    # What came is not expected: both are an amount.
    lately = [{"span": f"last {_weeks(len(came))}", "until_on": until, "amount": total}] if len(came) else []
    columns = ["span", "amount", "p10", "p90", "held_share", "origins", "until_on"]
    both = [pd.DataFrame(lately), ahead.rename(columns={"mean": "amount"})]
    rows = pd.concat(both, ignore_index=True).reindex(columns=columns)
    return rows.assign(until_on=pd.to_datetime(rows["until_on"]), origins=rows["origins"].astype("Int64"))


def _weeks(number: float) -> str:
    return "week" if number == 1 else f"{number} weeks"


def _spans_said(rows: pd.DataFrame) -> str:
    ahead, came = rows[rows["span"].str.startswith("next")], rows[rows["span"].str.startswith("last")]
    said = expected(ahead.iloc[min(1, len(ahead) - 1)].rename({"amount": "mean"}))
    return f"{said}; {came_in(came['amount'].iloc[0])} the {came['span'].iloc[0]}" if len(came) else said
