"""Words: the sentences and cards of the pages, computed from the same small frames as the figures and tables."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from arforecast.report import numbers
from arforecast.report.formats import (
    NBSP,
    NULL,
    SHORT,
    brief,
    bucket,
    count,
    date,
    days,
    exact,
    money,
    money_range,
    month,
    name,
    percent,
    size,
    text,
)

# Why figures are not known, by name; nothing is said of one that is.
KNOWN: Mapping[str, str] = {}
NOT_DEFINED = "not defined: too little history, or nothing to divide by"


class Card(NamedTuple):
    """A figure to be seen first: what it is, how much, what to know beside it, and whether that is good or bad."""

    label: str
    value: str
    note: str = ""
    tone: str = ""  # good, bad or nothing


def _many(number: float, what: str) -> str:
    return f"{count(number)} {what}{'' if number == 1 else 's'}"


# ------------------------------------------------------------------ what is owed


def kpis_headline(kpis: pd.DataFrame, unknown: Mapping[str, str] = KNOWN) -> str:
    """What is owed, how much of it is overdue, and how many days of sales that is; or why that is not known."""
    day, owed = numbers.whole(kpis)["as_of"].max(), numbers.latest(kpis)
    if not owed["open_ar"] > 0:
        return f"Nothing is owed on {date(day)}."
    earlier = numbers.trend(kpis, "overdue_share").iloc[:-1].tail(1)
    was = "".join(f" ({percent(share)} on {date(on)})" for on, share in earlier.itertuples(index=False))
    opening = f"{money(owed['open_ar'])} is owed on {date(day)}, {percent(owed['overdue_share'])} of it overdue{was}."
    if pd.isna(owed["dso"]):
        why = unknown.get("dso")
        return f"{opening} How many days of sales that is, is {why}." if why else opening
    return f"{opening} That is {days(owed['dso'])} of sales; {days(owed['dso_best_possible'])} if nothing were overdue."


def kpi_cards(
    compare: pd.DataFrame, ids: list[str], targets: dict[str, float], unknown: Mapping[str, str] = KNOWN
) -> list[Card]:
    """The measures `ids`, each with its change since the month before and its target, or why it is not known."""
    rows = compare.set_index("kpi").reindex(ids).dropna(subset="unit")
    return [
        _kpi_card(str(kpi), row, targets.get(str(kpi)))
        if pd.notna(row["now"])
        else Card(name(str(kpi)), NULL, unknown.get(str(kpi)) or NOT_DEFINED)
        for kpi, row in rows.iterrows()
    ]


def _kpi_card(kpi: str, row: pd.Series, target: float | None) -> Card:
    difference = row["now"] - row["month_before"]
    trend = verdict(difference, row["better"]) if _is_seen(difference, row["unit"]) else ""
    before = month(row["before_on"]) if kpi in OF_THE_MONTH else date(row["before_on"])
    notes = [_change(row["now"], row["month_before"], row["unit"], before) + (trend and f": {trend}")]
    tone = {"better": "good", "worse": "bad"}.get(trend, "")
    if target is not None and row["better"]:
        aim, shown = SHORT[row["unit"]](target), SHORT[row["unit"]](row["now"])
        met = shown == aim or verdict(row["now"] - target, row["better"]) != "worse"
        notes.append(f"{'on' if met else 'off'} target ({aim})")
        # The colour says whether it is where it should be; where it is heading stands in words.
        tone = "good" if met else "bad"
    return Card(name(kpi), SHORT[row["unit"]](row["now"]), "; ".join(filter(None, notes)), tone)


# Of what flowed or was done in a month: compared with a month, not with a day.
OF_THE_MONTH = frozenset(
    {
        *("billed", "cash", "credit_notes", "discounts", "write_offs", "set_offs", "withheld_tax", "bank_charges"),
        *("differences", "cei", "collection_rate_period", "collection_rate_outstanding", "recovery_rate"),
        *("contact_rate", "right_party_share", "cost_to_collect", "cost_per_invoice"),
        *("collections_roi", "collections_roi_net"),
    }
)


def verdict(difference: Any, better: str) -> str:
    """Whether a difference is better or worse; nothing where there is none, or no direction is good."""
    if pd.isna(difference) or not difference or not better:
        return ""
    return "better" if (difference < 0) == (better == "lower") else "worse"


def _change(now: Any, before: Any, unit: str, when: str) -> str:
    """How a measure moved: "3 points above 31 May 2026"; nothing when there is nothing to compare."""
    difference = now - before
    if pd.isna(difference):
        return ""
    if not _is_seen(difference, unit):
        return f"as before, {when}"
    return f"{size(abs(difference), unit)} {'above' if difference > 0 else 'below'} {when}"


def _is_seen(difference: float, unit: str) -> bool:
    """Whether a difference is more than nothing in the way it is written."""
    return size(abs(difference), unit) != size(0, unit)


def ageing(buckets: pd.DataFrame) -> str:
    """Where the overdue money lies: "Most overdue money is 1–30 days late"."""
    late = buckets[buckets["days_past_due"].ne("current")].set_index("days_past_due")["open_balance"]
    if not late.sum() > 0:
        return "Nothing is overdue" if buckets["open_balance"].sum() > 0 else "Nothing is owed"
    share = late.max() / late.sum()
    who = "Most overdue money" if share > 0.5 else f"The largest part of overdue money, {percent(share)},"
    return f"{who} is {bucket(str(late.idxmax()))} late"


def sales_days(trend: pd.DataFrame) -> str:
    """How days sales outstanding moved, and how far the best possible is."""
    known = trend.dropna(subset="dso")
    if known.empty:
        return "The ledger is too short for days sales outstanding"
    return (
        f"Days sales outstanding {_moved(known['dso'])} {month(known['as_of'].iloc[0])}; "
        f"it would be {count(known['dso_best_possible'].iloc[-1])} if nothing were overdue"
    )


def _moved(days: pd.Series) -> str:
    first, last = days.iloc[0], days.iloc[-1]
    if count(first) == count(last):
        return f"is {count(last)}, as in"
    return f"{'rose' if last > first else 'fell'} to {count(last)}, from {count(first)} in"


def effectiveness(trend: pd.DataFrame) -> str:
    """How much of what could be collected in the last month was."""
    known = trend.dropna(subset="cei")
    if known.empty:
        return "The ledger is too short for collection effectiveness"
    last = known.iloc[-1]
    share = f"{percent(last['cei'] / 100)} of what could be collected"
    return f"In {month(last['as_of'])} {share} was settled: paid, credited or written off"


def flows(trend: pd.DataFrame) -> str:
    """How the cash that came compares with what was billed."""
    billed, cash = trend["billed"].sum(), trend["cash"].sum()
    since = f"Since {month(trend['as_of'].iloc[0])}"
    if not billed > 0:
        return f"{since} nothing was billed and {money(cash)} came in"
    return f"{since} {money(billed)} was billed and {money(cash)} came in, {percent(cash / billed)} of it"


def dso_moved(moved: pd.DataFrame) -> str:
    """How far days sales outstanding moved, and the two parts that moved it most."""
    parts = moved.set_index("part")["days"]
    most = parts.iloc[:-1].sort_values(key=abs, ascending=False, kind="stable").head(2)
    said = [
        f"{brief(abs(days))} {'more' if days > 0 else 'fewer'} from {name(str(part)).lower()}"
        for part, days in most.items()
        if brief(days) != "0"
    ]
    how = f"Days sales outstanding {_by(parts.iloc[-1], brief)} {parts.index[-1]}"
    return f"{how}: {', '.join(said)}" if said else how


def receivables_moved(moved: pd.DataFrame) -> str:
    """How far what is owed moved, what was billed and what came in; and what was given up and what rates did, where
    they did."""
    parts = moved.set_index("part")["amount"]
    given_up = -parts[["credit_notes", "discounts", "write_offs"]].sum()
    rest = f", {money(given_up)} was credited, discounted or written off" if given_up else ""
    otherwise = -parts.reindex(numbers.WITHOUT_CASH, fill_value=0).sum()
    rest += f", {money(otherwise)} was settled without cash" if otherwise else ""
    how = f"Open receivables {_by(parts.iloc[-1], money)} {parts.index[-1]}"
    rates = "added" if parts["currency"] > 0 else "took off"
    worth = f"; exchange rates {rates} {money(abs(parts['currency']))}" if parts["currency"] else ""
    return f"{how}: {money(parts['billed'])} was billed, {money(-parts['cash'])} came in{rest}{worth}"


def _by(difference: float, written: Callable[[float], str]) -> str:
    far = written(abs(difference))
    return "did not move" if far == "0" else f"{'rose' if difference > 0 else 'fell'} by {far}"


def targets(rows: pd.DataFrame) -> str:
    """How many targets are missed, the first of them, and how many cannot be judged."""
    if rows.empty:
        return "No target is set in arforecast.toml"
    judged, missed = rows[rows["verdict"].ne("")], rows[rows["verdict"].eq("worse")]
    unknown = len(rows) - len(judged)
    why = f"; {_many(unknown, 'target')} cannot be judged: not defined, or nothing known of the group"
    return (_missed(missed, len(judged)) if len(judged) else "No target can be judged") + (why if unknown else "")


def _missed(missed: pd.DataFrame, judged: int) -> str:
    if missed.empty:
        return f"Of {_many(judged, 'target')} none is missed"
    first = missed.iloc[0]
    actual, target = (SHORT[first["unit"]](first[column]) for column in ("actual", "target"))
    of_all = f"{count(len(missed))} of {_many(judged, 'target')} {'is' if len(missed) == 1 else 'are'} missed"
    return f"{of_all}, first of all {name(first['kpi'])} ({first['group']}): {actual} instead of {target}"


def outcome(gate: Mapping[str, Any]) -> str:
    """What became of a gate; one without anything to check has not passed."""
    if not gate["checked"]:
        return "not checked"
    return "passed" if gate["passed"] else "not passed"


def families(families: pd.DataFrame) -> str:
    """Why the answers to each question differ."""
    return " ".join(dict.fromkeys(families["question"] + " " + families["why"]))


# ------------------------------------------------------------------ who will pay late


def late_headline(overdue: pd.DataFrame, ahead: pd.DataFrame) -> str:
    """What is overdue, what is likely to become so, and with how few customers to speak about half of it."""
    opening = f"{money(overdue['open_balance'].sum())} is overdue."
    if ahead.empty:
        return f"{opening} Nothing else is open."
    return (
        f"{opening} Of the {money(ahead['open_balance'].sum())} not yet due, "
        f"{money(ahead['at_risk_amount'].sum())} is expected to be paid late, half of it by {_half_of(ahead)}."
    )


def _half_of(ahead: pd.DataFrame) -> str:
    """The fewest customers who hold half of the money at risk."""
    risks = ahead.groupby("customer_id")["at_risk_amount"].sum().sort_values(ascending=False)
    fewest = int((risks.cumsum() < risks.sum() / 2).sum()) + 1
    return f"{count(fewest)} of {_many(len(risks), 'customer')}"


def late_cards(overdue: pd.DataFrame, ahead: pd.DataFrame) -> list[Card]:
    """Overdue, not yet due, how much of that is at risk, and what is expected within 30 days."""
    soon = sum((rows["open_balance"] * rows["p_paid_30"]).sum() for rows in (overdue, ahead))
    return [
        Card("Overdue", money(overdue["open_balance"].sum()), _many(len(overdue), "invoice")),
        Card("Not yet due", money(ahead["open_balance"].sum()), _many(len(ahead), "invoice")),
        Card("Expected to be paid late", money(ahead["at_risk_amount"].sum()), "of what is not yet due"),
        Card("Expected within 30 days", money(soon), "of everything open"),
    ]


def late_bands(bands: pd.DataFrame) -> str:
    """How much of the money not yet due is more likely than not to be late."""
    likely = bands.loc[bands["p_from"] >= 0.5, "open_balance"].sum()
    total = bands["open_balance"].sum()
    if not total > 0:
        return "Nothing is waiting to fall due"
    return f"{money(likely)} of the {money(total)} not yet due is more likely to be late than not"


def reliability(bins: pd.DataFrame) -> str:
    """How far the probabilities were from what came, on average."""
    model = bins[bins["method"].eq("model")]
    off = ((model["p_late"] - model["late_share"]).abs() * model["invoices"]).sum() / model["invoices"].sum()
    return f"The chances we gave were {size(off, 'share')} off on average"


def late_record(skill: pd.DataFrame) -> str:
    """Whether the model was better than the customer's own late rate, or not."""
    if skill.empty:
        return "No past invoice can be judged yet, so nothing is known about how right these probabilities are."
    row = skill.iloc[0]
    told = f"On {_many(row['invoices'], 'past invoice')} over {_many(row['origins'], 'week')}"
    return (
        f"{told} the squared error of our probabilities was {row['brier']:.3f}; that of each customer's own late rate "
        f"{row['brier_baseline']:.3f}. {_judged(row, 'the customer’s own late rate')}"
    )


def _judged(row: pd.Series, baseline: str) -> str:
    """A win is claimed only where chance cannot explain it, and a loss is said as plainly."""
    if pd.isna(row["low"]):
        return "That is too few weeks to say which of the two is better."
    reach = f"error {percent(row['ratio'])} of its, 90{NBSP}% range {percent(row['low'])} to {percent(row['high'])}"
    if row["high"] < 1:
        return f"The model beats {baseline} ({reach})."
    if row["low"] > 1:
        return f"The simple rule is better: {baseline} beats the model ({reach})."
    return f"The model and {baseline} cannot be told apart ({reach})."


# ------------------------------------------------------------------ what cash will come


def cash_headline(within: pd.DataFrame) -> str:
    """What is expected within four weeks and in the first, how sure that is, and what such ranges were worth."""
    first, four = within.iloc[0], within.head(4).iloc[-1]
    if first["weeks"] == four["weeks"]:
        told = f"{money(first['mean'])} ({_range(first)}) is expected by {date(first['until_on'])}."
    else:
        week = f"{money(first['mean'])} of it in the week to {date(first['until_on'])} ({_range(first)})"
        told = f"{expected(four)}, {week}."
    return f"{told} {_worth(four)}"


def expected(row: pd.Series) -> str:
    """The cash of so many weeks, with its range."""
    return f"{money(row['mean'])} is expected by {date(row['until_on'])} ({_range(row)})"


def _range(row: pd.Series) -> str:
    return f"80{NBSP}%: {money_range(row['p10'], row['p90'])}"


def _worth(row: pd.Series) -> str:
    """What ranges of so many weeks held in the past, and whether the forecasts lay high or low."""
    if not row["origins"]:
        return "No past forecast can be judged yet, so nothing is known about how right this one is."
    off = percent(abs(row["bias_share"]))
    lay = f"the forecasts were {off} {'high' if row['bias_share'] > 0 else 'low'}"
    held = f"{percent(row['held_share'])} of {_many(row['origins'], 'past forecast')} {_ahead(row['weeks'])}"
    return f"Such a range held {held}; {lay if row['bias_share'] else 'the forecasts were neither high nor low'}."


def cash_cards(cash: pd.DataFrame, within: pd.DataFrame) -> list[Card]:
    """The first week, four weeks and all weeks, each with its range, and how much of it is not billed yet."""
    spans = within.iloc[sorted({0, min(3, len(within) - 1), len(within) - 1})]
    split = numbers.cash_split(cash)
    unbilled, total = split["unbilled"].sum(), within["mean"].iloc[-1]
    return [
        *(Card(_next(row["weeks"]), money(row["mean"]), _range(row)) for _, row in spans.iterrows()),
        Card("Not billed yet", percent(unbilled / total if total else math.nan), f"of the {len(within)} weeks’ cash"),
    ]


def _next(weeks: int) -> str:
    return "Next week" if weeks == 1 else f"Next {count(weeks)} weeks"


def cash_weeks(weeks: pd.DataFrame) -> str:
    """How much the weeks bring, and which brings the most."""
    least, most = weeks["mean"].min(), weeks.iloc[weeks["mean"].argmax()]
    return f"Weeks bring {money(least)} to {money(most['mean'])}, the most in the week from {date(most['week_start'])}"


def cash_split(split: pd.DataFrame) -> str:
    """From when on most cash comes from invoices that are not issued yet."""
    issued = split.index[split["open_book"] >= split["unbilled"]]
    if issued.empty:
        return "In every week most cash comes from invoices not issued yet"
    if issued[-1] == split.index[-1]:
        return f"In {count(len(issued))} of {_many(len(split), 'week')} most cash comes from invoices already issued"
    return f"From week {issued[-1] + 2} on, most cash comes from invoices not issued yet"


def cash_past(past: pd.DataFrame) -> str:
    """How often what came fell into the range that had been given."""
    inside = past["actual"].between(past["p10"], past["p90"]).sum()
    forecast = f"Forecast {_ahead(past['horizon_week'].iloc[0])}"
    return f"{forecast}, receipts fell inside the 80{NBSP}% range in {count(inside)} of {_many(len(past), 'week')}"


def _ahead(week: float) -> str:
    return f"{_many(week, 'week')} ahead"


def cash_record(skill: pd.DataFrame) -> str:
    """The model's error beside the best simple rule's, where that rule is better, and how often the ranges held."""
    if skill.empty:
        return "No past week can be judged yet, so nothing is known about how right this forecast is."
    near = skill[skill["horizon_week"].isin([1, 4])]
    return " ".join([*(_cash_judged(row) for _, row in near.iterrows()), *_lost(skill), _held(skill)])


def _cash_judged(row: pd.Series) -> str:
    return (
        f"{_ahead(row['horizon_week'])} it missed by {percent(row['error_share'])} of what came, the best simple rule "
        f"({row['baseline']}) by {percent(row['baseline_error_share'])}. {_judged(row, 'that rule')}"
    )


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


# ------------------------------------------------------------------ which accounts to look at


def accounts_headline(accounts: pd.DataFrame) -> str:
    """How many accounts hold how much of the overdue money, and which comes first and why."""
    look, overdue = numbers.to_look_at(accounts), accounts["overdue_balance"].sum()
    if accounts.empty:
        return "No customer owes anything."
    if look.empty:
        owe = f"{_many(len(accounts), 'account')} owe {money(accounts['open_balance'].sum())}"
        return f"{owe}, {money(overdue)} of it overdue; none has a reason to be looked at."
    first = look.iloc[0]
    why = first["reasons"].replace(";", ",")
    return (
        f"{count(len(look))} of {_many(len(accounts), 'account')} that owe need a look; {_held_by(look, overdue)}. "
        f"First comes {first['name']} with {money(first['overdue_balance'])} overdue: {why}."
    )


def _held_by(accounts: pd.DataFrame, overdue: float) -> str:
    if not overdue > 0:
        return "nothing is overdue"
    share = percent(accounts["overdue_balance"].sum() / overdue)
    return f"they hold {share} of the {money(overdue)} overdue"


def account_cards(accounts: pd.DataFrame, unpaid: str = "") -> list[Card]:
    """How many accounts to look at and what they hold; how much is old, over its limit, promised in vain, disputed."""
    look, overdue = numbers.to_look_at(accounts), accounts["overdue_balance"].sum()
    share = look["overdue_balance"].sum() / overdue if overdue else math.nan
    return [
        Card("Accounts to look at", count(len(look)), f"of {count(len(accounts))} that owe"),
        Card("Their overdue money", money(look["overdue_balance"].sum()), f"{percent(share)} of all that is overdue"),
        _affected("Over 90 days past due", accounts["over_90_balance"], money, ""),
        _affected("Over the credit limit", accounts["over_limit_amount"], money, "no credit limits in this ledger"),
        _affected("Broken promises", accounts["broken_promises"], count, unpaid or "no promises table in this ledger"),
        _affected("Disputed", accounts["disputed_balance"], money, "no disputes table in this ledger"),
    ]


def _affected(label: str, column: pd.Series, written: Callable[[Any], str], unknown: str) -> Card:
    """What a column of accounts adds up to, and in how many of them."""
    if len(column) and column.isna().all():
        return Card(label, NULL, unknown)
    return Card(label, written(column.sum()), f"at {_many(column.gt(0).sum(), 'account')}")


def largest_overdue(largest: pd.DataFrame) -> str:
    """How much of the overdue money few accounts hold."""
    shares = largest["of_overdue_share"]
    if len(shares) == 1:
        return "One account holds all overdue money"
    return (
        f"The largest account holds {percent(shares.iloc[0])} of all overdue money, "
        f"the {count(len(shares))} largest {percent(shares.sum())}"
    )


def overdue_growth(growth: pd.DataFrame) -> str:
    """Where overdue money grew in the month."""
    grown, share = growth["overdue_change_amount"].sum(), growth["of_growth_share"].sum()
    return (
        f"At {_many(len(growth), 'account')} overdue money grew by {money(grown)} in the month, "
        f"{percent(share)} of all growth"
    )


def account(row: pd.Series) -> str:
    """An account in one line: what is overdue, how old, and why to look at it."""
    if not row["overdue_balance"] > 0:
        return f"{exact(row['open_balance'])} open, nothing overdue. {_sentence(row['reasons'])}".rstrip()
    oldest = days(row["oldest_days_past_due"])
    return f"{exact(row['overdue_balance'])} overdue, the oldest by {oldest}. {_sentence(row['reasons'])}".rstrip()


def _sentence(reasons: str) -> str:
    return f"{reasons[:1].upper()}{reasons[1:]}." if reasons else ""


def account_facts(row: pd.Series, unpaid: str = "") -> list[Card]:
    """What to know of an account before its tables; `unpaid` says why it is not known what was paid."""
    over = f"{exact(row['over_limit_amount'])} over" if row["over_limit_amount"] > 0 else ""
    method = NULL if pd.isna(row["usual_method"]) else name(row["usual_method"])
    return [
        Card("Open", exact(row["open_balance"]), f"{percent(row['open_share'])} of receivables"),
        Card("Overdue", exact(row["overdue_balance"]), _in_the_month(row["overdue_change_amount"])),
        Card("Last payment", exact(row["last_paid_amount"]), _on(row["last_paid_on"], unpaid or "none in the books")),
        Card("Next due", exact(row["next_due_amount"]), _on(row["next_due_on"], "nothing falls due later")),
        Card("Agreed", exact(row["promised_amount"]), _on(row["promised_on"], "no promise is pending", "for")),
        Card("Credit limit", exact(row["credit_limit_amount"]), over),
        Card("Usual method", method),
        Card("Products", _some(row["products"])),
        Card("Collector", text(row["collector"])),
    ]


def _in_the_month(change: float) -> str:
    return "" if pd.isna(change) else f"{_signed(change)} in the month"


def _signed(amount: float) -> str:
    return f"{'+' if amount > 0 else ''}{exact(amount)}"


def _on(day: Any, never: str, on: str = "on") -> str:
    return never if pd.isna(day) else f"{on} {date(day)}"


def _some(products: Any) -> str:
    """The first three of a list, and how many more there are."""
    if pd.isna(products):
        return NULL
    listed = products.split(", ")
    more = f" and {count(len(listed) - 3)} more" if len(listed) > 3 else ""
    return ", ".join(listed[:3]) + more


# ------------------------------------------------------------------ what collecting achieves and costs

NOT_RECORDED = "(none)"


def collections_headline(kpis: pd.DataFrame, unknown: Mapping[str, str] = KNOWN) -> str:
    """What was recovered of what fell overdue, what came in late and what collecting cost in the month, and for what
    return; or why that is not known."""
    if unknown.get("history"):
        return f"What collecting achieves is {unknown['history']}."
    rows = numbers.whole(kpis)
    last = rows[rows["as_of"].eq(rows["as_of"].max())].set_index("kpi")
    recovered = _recovered(numbers.recovery(kpis), unknown.get("recovered_90", ""))
    return " ".join([recovered, _spent(last), *_returned(last["value"], "The return")])


def _recovered(recovery: pd.DataFrame, why: str) -> str:
    known = recovery.dropna(subset="recovered_90")
    if known.empty and why:
        return f"What of overdue money is recovered within 90 days is {why}."
    if known.empty:
        return "No month is old enough to say what of overdue money is recovered within 90 days."
    last = known.iloc[-1]
    share = percent(last["recovered_90"])
    return f"Of what fell overdue in {month(last['due_month_on'])} {share} was recovered within 90{NBSP}days."


def _spent(last: pd.DataFrame) -> str:
    """Cash on overdue invoices, the cost of the month, and that cost for 100 of all cash."""
    cost, day = last["numerator"].get("cost_to_collect", math.nan), last["as_of"].iloc[0]
    if pd.isna(cost):
        return f"What collecting cost in {month(day)} is not in the books."
    late_cash = last["numerator"]["collections_roi"] + cost
    opening = f"In {_so_far(day)} {money(late_cash)} came in after its due date and collecting cost {money(cost)}"
    rate = last["value"]["cost_to_collect"]
    return f"{opening}." if pd.isna(rate) else f"{opening}, {brief(100 * rate)} for every 100 of all cash."


def _so_far(day: pd.Timestamp) -> str:
    """The month of a day, which may not be over; its costs are those of the whole month."""
    return month(day) if day.is_month_end else f"{month(day)} so far"


def _returned(values: pd.Series, what: str) -> list[str]:
    """The return on collecting, gross and net, each with what it does not say."""
    gross, net = (values.get(kpi, math.nan) for kpi in ("collections_roi", "collections_roi_net"))
    if pd.isna(gross):
        return []
    said = f"{what} was {brief(gross)} times the cost, gross: some of that money would have come unasked"
    if pd.isna(net):
        return [f"{said}, how much cannot be estimated."]
    return [f"{said}.", f"Net of what comes unasked it was {brief(net)} times, an estimate that proves no cause."]


def recovery(recovery: pd.DataFrame) -> str:
    """How much of what falls overdue is recovered within how many days, each in the latest month old enough."""
    ages = {age: recovery[f"recovered_{age}"].dropna() for age in numbers.RECOVERED_DAYS}
    said = [f"{percent(known.iloc[-1])} within {days(age)}" for age, known in ages.items() if len(known)]
    return f"Recovered of what falls overdue: {', '.join(said)}"


def vintage(vintage: pd.DataFrame) -> str:
    """How much of the billing of the latest month old enough has come in after three months, and of the earliest."""
    ages = [column for column in vintage if str(column).startswith("age:") and vintage[column].notna().any()]
    if not ages:
        return "No month of billing is over yet"
    age = min(len(ages) - 1, 3)
    known = vintage.dropna(subset=f"age:{age}")
    last, first = known.iloc[-1], known.iloc[0]
    when = f"{_many(age, 'month')} later" if age else "by its end"
    was = f" ({month(first['issue_month_on'])}: {percent(first[f'age:{age}'])})" if len(known) > 1 else ""
    billed = f"Of what was billed in {month(last['issue_month_on'])}"
    return f"{billed} {percent(last[f'age:{age}'])} had come in {when}{was}"


def roll_rates(matrix: pd.DataFrame) -> str:
    """What becomes of 100 that are in the first bucket past due: how many are paid and how many older a month later."""
    late = matrix[matrix["from_bucket"].ne("current")]
    if late.empty:
        return "Nothing was overdue at a month end of the last year"
    first = late.iloc[0]
    since = _first_day(str(first["from_bucket"]))
    older = [state for state in matrix.columns.drop("from_bucket") if _first_day(state) > since]
    paid, grown = first.get("to:paid", 0.0), first[older].sum()
    who = f"Of 100 that are {bucket(str(first['from_bucket']))} late"
    return f"{who}, {count(100 * paid)} are paid a month later and {count(100 * grown)} are older"


def _first_day(state: str) -> int:
    """The days past due from which a bucket counts; 0 for what is not past due."""
    found = re.search(r"\d+", state)
    return int(found[0]) if found else 0


def resolved(trend: pd.DataFrame) -> str:
    """How long overdue invoices take until they are settled: half of them, and on average."""
    known = trend.dropna()
    if known.empty:
        return "No overdue invoice was settled"
    last = known.iloc[-1]
    half, mean = days(last["days_to_resolve_median"]), days(last["days_to_resolve_mean"])
    when = f"In the 90{NBSP}days to {date(last['as_of'])}"
    return f"{when} half of the overdue invoices settled took up to {half} past the due date; the mean is {mean}"


def promises(trend: pd.DataFrame) -> str:
    """How many promises are kept, and how much of what they promised."""
    known = trend.dropna()
    if known.empty:
        return "No promise can be judged yet"
    last = known.iloc[-1]
    kept = f"{percent(last['promise_kept_count_share'])} of the promises for the 90{NBSP}days to {date(last['as_of'])}"
    return f"{kept} were kept, {percent(last['promise_kept_share'])} of the money promised"


def disputes(rows: pd.DataFrame) -> str:
    """The reason for which most is disputed, and how long disputes last."""
    disputed, closed = rows["disputed_amount"].sum(), rows["disputes"] - rows["open_count"]
    lasted = days((rows["resolved_days"] * closed).sum() / closed.sum() if closed.sum() else math.nan)
    how_long = f"; disputes closed after {lasted} on average" if closed.sum() else "; none is closed yet"
    named = rows[rows["reason"].ne(NOT_RECORDED)]
    if named.empty:
        return f"{money(disputed)} was disputed, for reasons not recorded{how_long}"
    first = named.iloc[0]
    share = percent(first["disputed_amount"] / disputed if disputed else math.nan)
    return f"{name(str(first['reason']))} is the reason for {share} of the {money(disputed)} disputed{how_long}"


def contacts(rows: pd.DataFrame) -> str:
    """By which channel most contacts are made, and how many before the due date; with what the table does not prove."""
    made = rows["contacts"].sum()
    channels = rows.groupby("channel")["contacts"].sum()
    early = rows.loc[rows["timing"].eq("before due"), "contacts"].sum()
    most = f"{percent(channels.max() / made)} were by {name(str(channels.idxmax())).lower()}"
    said = f"Of {_many(made, 'contact')} {most}, {percent(early / made)} came before the due date"
    return f"{said}; what was paid after a contact is not its effect, since those contacted differ from the others"


def methods(rows: pd.DataFrame) -> str:
    """By which method most cash comes, and which is the slowest."""
    named = rows[rows["method"].ne(NOT_RECORDED)].dropna(subset="days_beyond_terms")
    if named.empty:
        return "How customers pay is not recorded"
    most, slowest = named.iloc[0], named.iloc[named["days_beyond_terms"].argmax()]
    said = f"{name(most['method'])} brings {percent(most['cash_share'])} of cash, {_against_terms(most)}"
    if len(named) == 1:
        return said
    return f"{said}; {name(slowest['method']).lower()} is the slowest, {_against_terms(slowest)}"


def _against_terms(row: pd.Series) -> str:
    """How late cash comes: 2.8 days late, 3 days early, on the due date."""
    late = row["days_beyond_terms"]
    far, how = brief(abs(late)), "late" if late > 0 else "early"
    return "on the due date" if far == "0" else f"{far}{NBSP}{'day' if far == '1' else 'days'} {how}"


def terms(rows: pd.DataFrame) -> str:
    """The terms of most billing, and what the discounts for early payment cost."""
    most = rows.iloc[rows["billed_amount"].argmax()]
    said = f"{percent(most['billed_share'])} of billing has terms of {bucket(str(most['terms']))}"
    priced = rows.dropna(subset="discount_yearly_cost_share")
    offered, taken = rows["discount_offered_amount"].sum(), rows["discount_taken_amount"].sum()
    if not offered > 0:
        return f"{said}; no discount was offered for early payment"
    yearly = priced.assign(cost=priced["discount_yearly_cost_share"] * priced["discount_offered_amount"])
    rate = percent(numbers.known_share(yearly, "cost", "discount_offered_amount"))
    price = f", at the price of {rate} interest a year" if rate != NULL else ""
    return f"{said}; {money(taken)} of {money(offered)} offered as discounts was taken{price}"


def late_fees(rows: pd.DataFrame) -> str:
    """What became of the late fees billed."""
    billed, collected, waived = (rows[f"{what}_amount"].sum() for what in ("billed", "collected", "waived"))
    fate = f"{money(collected)} was collected and {money(waived)} waived"
    return f"Of {money(billed)} billed as late fees in twelve months {fate}"


def plans(rows: pd.DataFrame) -> str:
    """How much of what instalments asked for came in time and is still overdue, and how many plans are broken."""
    in_time = numbers.known_share(
        rows.assign(part=rows["paid_on_time_share"] * rows["due_amount"]), "part", "due_amount"
    )
    overdue, last = rows["overdue_balance"].sum() / rows["due_amount"].sum(), rows.iloc[-1]
    said = f"{percent(in_time)} of the money due in instalments was paid in time, {percent(overdue)} is overdue"
    broken = f"{count(last['broken_plans'])} of {_many(last['plans'], 'plan')} due in {month(last['month_on'])}"
    return f"{said}; {broken} {'is' if last['broken_plans'] == 1 else 'are'} broken"


def agency(rows: pd.DataFrame) -> str:
    """What the agency recovers of what is handed to it, and at what cost."""
    old = rows.dropna(subset="recovered_90_amount")
    if old.empty:
        handed = f"{_many(rows['handed_invoices'].sum(), 'invoice')} of {money(rows['handed_balance'].sum())}"
        return f"{handed} went to an agency; no quarter of them is 90{NBSP}days old yet"
    share = numbers.known_share(old, "recovered_90_amount", "handed_balance")
    cost = numbers.known_share(old, "agency_cost_amount", "recovered_90_amount")
    price = "" if pd.isna(cost) else f"; every 100 recovered cost {count(100 * cost)}"
    handed = money(old["handed_balance"].sum())
    return f"Of {handed} handed to an agency {percent(share)} was recovered within 90{NBSP}days{price}"


def costs(rows: pd.DataFrame) -> str:
    """The largest cost of collecting and its share."""
    first, spent = rows.iloc[0], money(rows["cost_amount"].sum())
    return f"{name(first['category'])} is {percent(first['cost_share'])} of the {spent} spent in twelve months"


def cost_to_collect(trend: pd.DataFrame) -> str:
    """What collecting 100 cost in the last month, and in the first."""
    known = trend.dropna()
    if known.empty:
        return "Nothing was collected that a cost could be set against"
    first, last = known.iloc[0], known.iloc[-1]
    was = f", {brief(100 * first['cost_to_collect'])} in {month(first['as_of'])}" if len(known) > 1 else ""
    return f"Collecting 100 cost {brief(100 * last['cost_to_collect'])} in {_so_far(last['as_of'])}{was}"


def returns(trend: pd.DataFrame) -> str:
    """The return on collecting in the last month, gross and net, each with what it does not say."""
    known = trend.dropna(subset="collections_roi")
    if known.empty:
        return "The return on collecting is not known"
    last = known.iloc[-1]
    return " ".join(_returned(last, f"In {_so_far(last['as_of'])} the return")).removesuffix(".")


def credit_loss(rows: pd.DataFrame) -> str:
    """How much of the open balance is expected to be lost, and how that moves with the forward factor."""
    known = rows.dropna(subset="expected_loss_amount")
    if known.empty:
        return "Expected losses are not defined: no balance is a year old yet"
    where = "" if len(known) == len(rows) else " in the buckets with a history"
    lost, low, high = (known[f"expected_loss{what}_amount"].sum() for what in ("", "_low", "_high"))
    opening = f"Of {money(known['open_balance'].sum())} open{where} {money(lost)} is expected to be lost"
    return f"{opening}; {money(low)} to {money(high)} with 0.8 to 1.2 of the forward factor"


def credit_limits(rows: pd.DataFrame) -> str:
    """How many customers are over their credit limit and by how much; or else who is nearest to it."""
    over = rows[rows["over_limit_amount"].gt(0)]
    if len(over):
        who = f"{count(len(over))} of {_many(len(rows), 'customer')} {'is' if len(over) == 1 else 'are'}"
        return f"{who} over the credit limit, by {money(over['over_limit_amount'].sum())} in all"
    first = rows.iloc[0]
    nearest = f"the nearest, {first['customer']}, uses {percent(first['used_share'])} of it"
    return f"Nobody is over the credit limit; {nearest}"
