"""What is owed: how much, how old, how it moved, how well it is collected, and how far that is from target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from arforecast.report import charts
from arforecast.report.exhibit import Card, Exhibit, Stamp, cut, why
from arforecast.report.formats import (
    NULL,
    brief,
    bucket,
    came_in,
    count,
    currency_of,
    date,
    days,
    many,
    money,
    month,
    name,
    percent,
    quoted,
    short,
    size,
    spoken,
)

SEEN_FIRST = ("open_ar", "overdue_share", "dso", "cei", "cash", "bad_debt_share")
NOT_DEFINED = "not defined: there is nothing to divide by, or too little history"
GROUPED = ("open_ar", "overdue_share", "dso", "cei", "paid_on_time_share")
# Parts of a movement that seldom stand there: neither cash nor given up.
WITHOUT_CASH = ["set_offs", "withheld_tax", "bank_charges", "differences"]
# Of what flowed or was done in a month: compared with a month, not with a day.
OF_THE_MONTH = frozenset(
    {
        *("billed", "cash", "credit_notes", "discounts", "write_offs", "set_offs", "withheld_tax", "bank_charges"),
        *("differences", "cei", "collection_rate_period", "collection_rate_outstanding", "recovery_rate"),
        *("contact_rate", "right_party_share", "cost_to_collect", "cost_per_invoice"),
        *("collections_roi", "collections_roi_net"),
    }
)
NO_ROWS = ("median", "countback", "hhi", "roi_net")  # of these a figure is no sum of rows


# ------------------------------------------------------------------ the measures, cut as they are needed


def whole(kpis: pd.DataFrame) -> pd.DataFrame:
    """The rows of the whole ledger, in the order of their days."""
    rows = kpis[kpis["by"].eq("")]
    return rows.assign(as_of=pd.to_datetime(rows["as_of"])).sort_values("as_of", kind="stable")


def latest(kpis: pd.DataFrame) -> pd.Series:
    """The value of each measure of the whole ledger on the last day, by id."""
    rows = whole(kpis)
    return rows[rows["as_of"].eq(rows["as_of"].max())].set_index("kpi")["value"]


def trend(kpis: pd.DataFrame, *ids: str) -> pd.DataFrame:
    """One row a month end: `as_of` and the value of each of the measures `ids`, from the first month that has one.

    Before its first fact a ledger has no money; a share of nothing is an answer.
    """
    wide = whole(kpis).pivot(index="as_of", columns="kpi", values="value").reindex(columns=list(ids))
    money = wide.columns.isin(kpis.loc[kpis["unit"].eq("money"), "kpi"])
    begun = wide.mask(wide.eq(0) & money).notna().any(axis=1).cummax()
    return wide[begun].rename_axis(columns=None).reset_index()


def in_time(question: str, kpis: pd.DataFrame, stamp: Stamp, *ids: str, **options: Any) -> Exhibit:
    """Measures month by month, each in the unit that it has, or why the first of them is not known."""
    units = dict(zip(kpis["kpi"], kpis["unit"], strict=True))
    return Exhibit(
        question=question,
        numbers=trend(kpis, *ids),
        units={"as_of": "month"} | {kpi: units.get(kpi, "count") for kpi in ids},
        currency=stamp["currency"],
        **{"call": "today.kpis(months=13)", "defines": ids, "why": why(stamp, ids[0])} | options,
    )


def measured(kpis: pd.DataFrame, glossary: pd.DataFrame, targets: Mapping[str, float], stamp: Stamp) -> pd.DataFrame:
    """Each measure of the whole ledger now, at the month end before and a year before: kpi, now, month_before,
    year_before, unit, better, before_on, as_of, target, numerator (now), why.

    A day the frame does not hold gives null; `why` says why the ledger does not know a measure now.
    """
    rows = whole(kpis)
    days = rows["as_of"].drop_duplicates().sort_values(ascending=False).reset_index(drop=True)
    wide = rows.pivot(index="kpi", columns="as_of", values="value").reindex(rows["kpi"].unique())
    back = {0: "now", 1: "month_before", 12: "year_before"}
    frame = pd.DataFrame(
        {column: wide.get(days.get(nth)) for nth, column in back.items()}, index=wide.index, dtype="float64"
    )
    last = rows[rows["as_of"].eq(days[0])].set_index("kpi")
    reasons = pd.Series({kpi: stamp["unknown"].get(kpi, "") for kpi in wide.index}, dtype="str")
    unknown = reasons.ne("")
    told = frame.assign(
        now=frame["now"].mask(unknown),
        unit=rows.drop_duplicates("kpi").set_index("kpi")["unit"],
        better=glossary.set_index("kpi")["better"].reindex(wide.index).fillna(""),
        before_on=days.get(1, pd.NaT),
        as_of=days[0],
        target=pd.Series(targets, dtype="float64").reindex(wide.index),
        numerator=last["numerator"].reindex(wide.index).mask(unknown),
        why=reasons,
    )
    return told.rename_axis("kpi").reset_index()


# ------------------------------------------------------------------ what stands


def standing(kpis: pd.DataFrame, glossary: pd.DataFrame, targets: Mapping[str, float], stamp: Stamp) -> Exhibit:
    """What is owed, how much of it is overdue, and how many days of sales that is; its figures as cards."""
    numbers = measured(kpis, glossary, targets, stamp)
    shown = numbers[numbers["kpi"].isin([*SEEN_FIRST, "dso_best_possible"])].reset_index(drop=True)
    return Exhibit(
        question="Where do receivables stand?",
        numbers=shown,
        says=_standing_said,
        cards=partial(kpi_cards, ids=SEEN_FIRST),
        file="standing",
        currency=stamp["currency"],
        call="today.kpis(months=13)",
        defines=SEEN_FIRST,
    )


def _standing_said(numbers: pd.DataFrame) -> str:
    rows = numbers.set_index("kpi")
    now, share = rows["now"], rows.loc["overdue_share"]
    day, before = date(share["as_of"]), share["month_before"]
    if not now["open_ar"] > 0:
        return f"Nothing is owed on {day}."
    was = f" ({percent(before)} on {date(share['before_on'])})" if pd.notna(before) else ""
    owed = f"{money(now['open_ar'])} is owed on {day}, {percent(now['overdue_share'])} of it overdue{was}."
    if pd.isna(now["dso"]):
        reason = spoken(rows["why"]["dso"])
        return f"{owed} How many days of sales that is, is {reason}." if reason else owed
    return f"{owed} That is {days(now['dso'])} of sales; {days(now['dso_best_possible'])} if nothing were overdue."


def kpi_cards(numbers: pd.DataFrame, ids: Sequence[str]) -> list[Card]:
    """The measures `ids`, each with its change since the month before and its target, or why it is not known."""
    rows = numbers.set_index("kpi").reindex(list(ids)).dropna(subset="unit")
    return [_kpi_card(str(kpi), row, currency_of(numbers)) for kpi, row in rows.iterrows()]


def _kpi_card(kpi: str, row: pd.Series, currency: str) -> Card:
    call = f'today.rows("{kpi}")' if not any(part in kpi for part in NO_ROWS) else "today.kpis(months=13)"
    if pd.isna(row["now"]):
        return Card(name(kpi), NULL, spoken(row["why"]) if isinstance(row["why"], str) and row["why"] else NOT_DEFINED)
    difference, better = row["now"] - row["month_before"], row["better"] if isinstance(row["better"], str) else ""
    moved = verdict(difference, better) if _is_seen(difference, row["unit"], currency) else ""
    before = month(row["before_on"]) if kpi in OF_THE_MONTH else date(row["before_on"])
    notes = [_change(difference, row["unit"], currency, before) + (moved and f": {moved}")]
    shown = short(row["now"], row["unit"], currency)
    tone = ""  # a colour says whether it is where it should be; where it is heading stands in words
    if pd.notna(row["target"]) and better:
        aim = short(row["target"], row["unit"], currency)
        met = shown == aim or verdict(row["now"] - row["target"], better) != "worse"
        notes.append(f"{'on' if met else 'off'} target ({aim})")
        tone = "good" if met else "bad"
    return Card(name(kpi), shown, "; ".join(filter(None, notes)), tone, call)


def verdict(difference: Any, better: str) -> str:
    """Whether a difference is better or worse; nothing where there is none, or no direction is good."""
    if pd.isna(difference) or not difference or not better:
        return ""
    return "better" if (difference < 0) == (better == "lower") else "worse"


def _change(difference: Any, unit: str, currency: str, when: str) -> str:
    """How a measure moved: "3 points above 31 May 2026"; nothing when there is nothing to compare."""
    if pd.isna(difference):
        return ""
    if not _is_seen(difference, unit, currency):
        return f"as before, {when}"
    return f"{size(abs(difference), unit, currency)} {'above' if difference > 0 else 'below'} {when}"


def _is_seen(difference: float, unit: str, currency: str) -> bool:
    """Whether a difference is more than nothing in the way it is written."""
    return size(abs(difference), unit, currency) != size(0, unit, currency)


def ageing(kpis: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """Open balance by days past due on the last day, youngest first."""
    values = latest(kpis)
    buckets = values[values.index.str.startswith("aging:")]
    labels = buckets.index.str.removeprefix("aging:")
    frame = pd.DataFrame({"days_past_due": labels, "open_balance": buckets.to_numpy()})
    first_day = frame["days_past_due"].str.extract(r"(\d+)", expand=False).astype(float).fillna(0)
    numbers = frame.iloc[first_day.argsort(kind="stable")].reset_index(drop=True)
    return Exhibit(
        question="How old is what is owed?",
        numbers=numbers.assign(open_share=numbers["open_balance"] / numbers["open_balance"].sum()),
        says=_ageing_said,
        chart=partial(
            charts.bars, over="days_past_due", stack=["open_balance"], note="open_share", colours=charts.AGES
        ),
        file="ageing",
        call=f'today.rows("aging:{_most_overdue(numbers)}")',
        currency=stamp["currency"],
    )


def _ageing_said(buckets: pd.DataFrame) -> str:
    late = buckets[buckets["days_past_due"].ne("current")].set_index("days_past_due")["open_balance"]
    if not late.sum() > 0:
        return "Nothing is overdue" if buckets["open_balance"].sum() > 0 else "Nothing is owed"
    share = late.max() / late.sum()
    who = "Most overdue money" if share > 0.5 else f"The largest part of overdue money, {percent(share)},"
    return f"{who} is {bucket(_most_overdue(buckets))} late"


def _most_overdue(buckets: pd.DataFrame) -> str:
    """The bucket past due that holds most, of which the sentence speaks."""
    late = buckets[buckets["days_past_due"].ne("current")].nlargest(1, "open_balance")
    return next(iter(late["days_past_due"]), "current")


# ------------------------------------------------------------------ how it moved


def sales_days(kpis: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """How days sales outstanding moved, and how far the best possible is."""
    named = {"dso": "as it is", "dso_best_possible": "if nothing\nwere overdue"}
    chart = partial(charts.lines, over="as_of", named=named, label="Days sales outstanding")
    question = "How many days of sales are still to be paid?"
    return in_time(question, kpis, stamp, *named, says=_sales_days_said, chart=chart, file="sales_days")


def _sales_days_said(trend: pd.DataFrame) -> str:
    known = trend.dropna(subset="dso")
    if known.empty:
        return "The ledger is too short for days sales outstanding"
    first, last = known["dso"].iloc[0], known["dso"].iloc[-1]
    moved = f"{'rose' if last > first else 'fell'} to {count(last)}, from {count(first)} in"
    how = f"is {count(last)}, as in" if count(first) == count(last) else moved
    best = f"it would be {count(known['dso_best_possible'].iloc[-1])} if nothing were overdue"
    return f"Days sales outstanding {how} {month(known['as_of'].iloc[0])}; {best}"


def days_moved(bridge: pd.DataFrame, kpis: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """How far days sales outstanding moved since the month end before, and what moved it."""
    return Exhibit(
        question="Why did days sales outstanding move?",
        numbers=cut(bridge, movement, "days", latest(kpis).get("dso")),
        units={"days": "ratio"},
        says=_days_moved_said,
        chart=partial(charts.waterfall, part="part", change="days", on="on", label="Days sales outstanding"),
        file="days_moved",
        call="today.bridge()",
        why=why(stamp, "bridge") or why(stamp, "dso"),
        nothing="Days sales outstanding is not defined on both days: the ledger is too short.",
    )


def moved(bridge: pd.DataFrame, kpis: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """How far what is owed moved since the month end before, and what moved it."""
    return Exhibit(
        question="Why did what is owed move?",
        numbers=cut(bridge, movement, "amount", latest(kpis).get("open_ar")),
        says=_moved_said,
        chart=partial(charts.waterfall, part="part", change="amount", on="on", label="Open receivables"),
        file="moved",
        call="today.bridge()",
        why=why(stamp, "bridge"),
        currency=stamp["currency"],
    )


def movement(bridge: pd.DataFrame, what: str, closing: float) -> pd.DataFrame:
    """What stood, the parts of a movement in `what`, days or amount, and what stands: part, `what`, and on, the day of
    what stood and stands.

    What is settled without cash has its parts where there is some. Empty where the movement is not defined.
    """
    known = bridge[["part", what]].dropna()
    parts = known[~known["part"].isin(WITHOUT_CASH) | known[what].ne(0)]
    if parts.empty or pd.isna(closing):
        return pd.DataFrame()
    since, as_of = pd.to_datetime(bridge[["since", "as_of"]].iloc[0])
    opened = pd.DataFrame({"part": ["opening"], what: [closing - parts[what].sum()], "on": [since]})
    parts = parts.assign(on=pd.Series(pd.NaT, parts.index, "datetime64[us]"))
    closed = pd.DataFrame({"part": ["closing"], what: [closing], "on": [as_of]})
    return pd.concat([opened, parts, closed], ignore_index=True)


def _parts(numbers: pd.DataFrame, what: str) -> tuple[pd.Series, float, str]:
    """The parts by name, how far they moved all together, and since when."""
    parts = numbers[numbers["on"].isna()].set_index("part")[what]
    return parts, parts.sum(), f"since {date(numbers['on'].iloc[0])}"


def _days_moved_said(numbers: pd.DataFrame) -> str:
    parts, all_of_them, since = _parts(numbers, "days")
    most = parts.sort_values(key=abs, ascending=False, kind="stable").head(2)
    said = [
        f"{brief(abs(days))} {'more' if days > 0 else 'fewer'} from {name(str(part)).lower()}"
        for part, days in most.items()
        if brief(days) != "0"
    ]
    how = f"Days sales outstanding {_by(all_of_them, brief)} {since}"
    return f"{how}: {', '.join(said)}" if said else how


def _moved_said(numbers: pd.DataFrame) -> str:
    parts, all_of_them, since = _parts(numbers, "amount")
    rest = _settled(-parts[["credit_notes", "discounts", "write_offs"]].sum(), "credited, discounted or written off")
    rest += _settled(-parts.reindex(WITHOUT_CASH, fill_value=0).sum(), "settled without cash")
    rates = "added" if parts["currency"] > 0 else "took off"
    worth = f"; exchange rates {rates} {money(abs(parts['currency']))}" if parts["currency"] else ""
    came = f"{money(parts['billed'])} was billed, {came_in(-parts['cash'])}{rest}{worth}"
    return f"Open receivables {_by(all_of_them, money)} {since}: {came}"


def _settled(amount: float, how: str) -> str:
    """What was settled in some way, or what of it was taken back; nothing where nothing was."""
    back = f", {money(-amount)} of what was {how} was taken back"
    return back if amount < 0 else f", {money(amount)} was {how}" if amount else ""


def _by(difference: float, written: Callable[[float], str]) -> str:
    far = written(abs(difference))
    return "did not move" if far == "0" else f"{'rose' if difference > 0 else 'fell'} by {far}"


# ------------------------------------------------------------------ how well it is collected


def effectiveness(kpis: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """Collection effectiveness, and the share of the month's receivables that came in as cash."""
    named = {"cei": "effectiveness\n(CEI)", "collection_rate_period": "cash of all\nreceivables"}
    chart = partial(charts.lines, over="as_of", named=named, label="Percent")
    question = "How well is collected what can be?"
    return in_time(question, kpis, stamp, *named, says=_effectiveness_said, chart=chart, file="effectiveness")


def _effectiveness_said(trend: pd.DataFrame) -> str:
    known = trend.dropna(subset="cei")
    if known.empty:
        return "The ledger is too short for collection effectiveness"
    last = known.iloc[-1]
    if last["cei"] < 0:
        return f"In {month(last['as_of'])} more was taken back of what had been settled than was settled"
    share = f"{percent(last['cei'] / 100)} of what could be collected"
    return f"In {month(last['as_of'])} {share} was settled: paid, credited or written off"


def flows(kpis: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What was billed and what came in as cash, month by month."""
    chart = partial(charts.lines, over="as_of", named={"cash": "cash", "billed": "billed"}, label="Month's total")
    options = {"chart": chart, "file": "flows"}
    return in_time("Does cash keep up with billing?", kpis, stamp, "cash", "billed", says=_flows_said, **options)


def _flows_said(trend: pd.DataFrame) -> str:
    billed, cash = trend["billed"].sum(), trend["cash"].sum()
    since = f"Since {month(trend['as_of'].iloc[0])}"
    if not billed > 0:
        return f"{since} nothing was billed and {came_in(cash)}"
    share = f", {percent(cash / billed)} of it" if cash >= 0 else ""
    return f"{since} {money(billed)} was billed and {came_in(cash)}{share}"


# ------------------------------------------------------------------ targets, groups and definitions


def targets(judged: pd.DataFrame, glossary: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """Every target on the last day: the whole ledger first, then groups; what misses its target most comes first."""
    rows = judged[judged["as_of"].eq(judged["as_of"].max())]
    group = (rows["by"] + ": " + rows["group"]).where(rows["by"].ne(""), "whole ledger")
    unit = rows["kpi"].map(glossary.set_index("kpi")["unit"])
    short, part = rows["distance"] / rows["target"].abs(), rows["by"].ne("")
    named = rows.assign(group=group, unit=unit, actual=rows["value"], part=part, short=short)
    alike = _reads_alike(named, stamp["currency"]) & named["actual"].notna()
    named["verdict"] = named["verdict"].mask(alike, "on target")
    order = named.sort_values(["part", "short"], kind="stable", ignore_index=True)
    numbers = order[["kpi", "group", "actual", "target", "distance", "verdict", "trend", "unit"]]
    return Exhibit(
        question="How far from target?",
        numbers=numbers,
        units={"actual": "unit"},
        says=_targets_said,
        file="targets",
        currency=stamp["currency"],
        call="today.targets()",
        nothing="No target is set in arforecast.toml",
        table={"columns": [*numbers.columns.drop("unit")], "limit": 40, "missing": whys(stamp, NOT_DEFINED)},
    )


def _reads_alike(rows: pd.DataFrame, currency: str) -> pd.Series:
    """Where a value is written as its target is: 20 days of 20 are on target."""
    told, written = partial(short, currency=currency), zip(rows["unit"], rows["actual"], rows["target"], strict=True)
    return pd.Series([told(actual, unit) == told(target, unit) for unit, actual, target in written], rows.index)


def whys(stamp: Stamp, otherwise: str) -> str:
    """All that the ledger does not know, each reason once, and `otherwise`: what an empty cell among many means."""
    return "; ".join(dict.fromkeys([*map(spoken, filter(None, stamp["unknown"].values())), otherwise]))


def _targets_said(rows: pd.DataFrame) -> str:
    judged, missed = rows[rows["verdict"].isin(["better", "worse", "on target"])], rows[rows["verdict"].eq("worse")]
    unknown = len(rows) - len(judged)
    why_not = f"; {many(unknown, 'target')} cannot be judged: not defined, or nothing known of the group"
    return (_missed(missed, len(judged)) if len(judged) else "No target can be judged") + (why_not if unknown else "")


def _missed(missed: pd.DataFrame, judged: int) -> str:
    if missed.empty:
        return f"Of {many(judged, 'target')} none is missed"
    first = missed.iloc[0]
    actual, target = (short(first[column], first["unit"], currency_of(missed)) for column in ("actual", "target"))
    of_all = f"{count(len(missed))} of {many(judged, 'target')} {'is' if len(missed) == 1 else 'are'} missed"
    return f"{of_all}, first of all {name(first['kpi'])} ({first['group']}): {actual} instead of {target}"


def groups(kpis: pd.DataFrame, by: str, stamp: Stamp) -> Exhibit:
    """One row a group on the last day, most open first."""
    rows = kpis[kpis["by"].ne("")]
    rows = rows[rows["as_of"].eq(rows["as_of"].max())]
    wide = rows.pivot(index="group", columns="kpi", values="value").reindex(columns=list(GROUPED))
    units = dict(zip(kpis["kpi"], kpis["unit"], strict=True))
    return Exhibit(
        question="Where does it stand, part by part?",
        numbers=wide.sort_values("open_ar", ascending=False).rename_axis(columns=None).reset_index(),
        units={kpi: units.get(kpi, "count") for kpi in GROUPED},
        says=_groups_said,
        file="groups",
        currency=stamp["currency"],
        call=f"today.kpis(by={quoted(by)})",
        nothing="No column to group by was named.",
        defines=GROUPED,
        table={"totals": ["open_ar"], "missing": whys(stamp, NOT_DEFINED)},
    )


def _groups_said(rows: pd.DataFrame) -> str:
    first, owed = rows.iloc[0], rows["open_ar"].sum()
    if not owed > 0:
        return "Nothing is owed in any group"
    most = f"{first['group']} holds {percent(first['open_ar'] / owed)} of what is owed"
    return f"{most}, the most of {many(len(rows), 'group')}" if len(rows) > 1 else f"{most}: there is no other group"


def forms(numbers: pd.DataFrame, families: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The measures that answer one question by other definitions, and why their answers differ."""
    rows = families.merge(numbers, on="kpi", suffixes=("", "_not"))
    return Exhibit(
        question="The same question, other definitions: why do they differ?",
        numbers=rows[["question", "kpi", "now", "month_before", "unit", "why"]],
        says=lambda rows: " ".join(dict.fromkeys(rows["question"] + " " + rows["why"])),
        file="forms",
        currency=stamp["currency"],
        call="today.families()",
        table={"columns": ["kpi", "now", "month_before", "question"], "missing": whys(stamp, NOT_DEFINED)},
    )


def every_measure(numbers: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """Every measure of the whole ledger, now and before."""
    return Exhibit(
        question="What does every measure say, now and before?",
        numbers=numbers,
        says=lambda rows: f"{count(rows['now'].notna().sum())} of {many(len(rows), 'measure')} are known",
        file="measures",
        currency=stamp["currency"],
        call="today.kpis(months=13)",
        table={"columns": ["kpi", "now", "month_before", "year_before"], "limit": 80,
               "missing": whys(stamp, NOT_DEFINED)},
    )  # fmt: skip
