"""Who will pay late: what is at risk, which invoices could still be paid on time, how right such chances were."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from arforecast.forecast.scores import binned, gaps_by_chance, held, ratio, runs, within_by_chance
from arforecast.report import charts
from arforecast.report.exhibit import Card, Exhibit, Stamp, cut, named, why
from arforecast.report.exhibits.accounts import SHEET, with_names
from arforecast.report.formats import NBSP, count, date, decimal, many, money, percent, size

SAID = {"model": "p_late", "baseline": "p_late_baseline"}
FACTS = {
    "moved_by_customer": "the customer",
    "moved_by_pending": "a dispute, a promise or what a person expects",
    "moved_by_age": "the time to the due day",
    "moved_by_weekday": "the weekday of the due day",
    "moved_by_size": "the amount",
    "moved_by_terms": "the terms",
}
# What the error of one way of saying it is of another's, with the range.
ODDS = dict.fromkeys(("ratio", "low", "high"), "share")
# A customer's ranges are looked at from so many on; of 80 % of them, between these bounds hold.
ENOUGH, RANGE_SHARE, AROUND = 30, 0.80, (0.70, 0.90)
P_LATE_EDGES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


def overdue(late: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Open invoices past their due date at `as_of`, in the reporting currency."""
    return _worth(late[pd.to_datetime(late["due_on"]).lt(pd.Timestamp(as_of))])


def not_due(late: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Open invoices not past due at `as_of`, in the reporting currency, with `at_risk_amount`: open balance x
    probability of being late."""
    rows = _worth(late[pd.to_datetime(late["due_on"]).ge(pd.Timestamp(as_of))])
    return rows.assign(at_risk_amount=rows["open_balance"] * rows["p_late"])


def _worth(late: pd.DataFrame) -> pd.DataFrame:
    """Balances of several currencies add up in the reporting one alone."""
    return late.assign(open_balance=late["worth_amount"])


def standing(late: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What is overdue, what is likely to become so, and with how few customers to speak about half of it."""
    return Exhibit(
        question="How much is late, and how much will be?",
        numbers=cut(late, _sums, stamp["as_of"]),
        says=_standing_said,
        cards=_cards,
        file="late_standing",
        currency=stamp["currency"],
        call="today.late_payers()",
        why=named("Who will pay late", why(stamp, "late_payers")),
    )


def _sums(late: pd.DataFrame, as_of: str) -> pd.DataFrame:
    past, ahead = overdue(late, as_of), not_due(late, as_of)
    risks = ahead.groupby("customer_id")["at_risk_amount"].sum().sort_values(ascending=False)
    row = {
        "overdue_balance": past["open_balance"].sum(),
        "overdue_invoices": len(past),
        "not_due_balance": ahead["open_balance"].sum(),
        "not_due_invoices": len(ahead),
        "at_risk_amount": ahead["at_risk_amount"].sum(),
        "soon_amount": sum(rows["expected_cash_30"].sum() for rows in (past, ahead)),
        "half_customers": int((risks.cumsum() < risks.sum() / 2).sum()) + 1,
        "customers": len(risks),
    }
    return pd.DataFrame([row])


def _standing_said(numbers: pd.DataFrame) -> str:
    row = numbers.iloc[0]
    opening = f"{money(row['overdue_balance']) if row['overdue_invoices'] else 'Nothing'} is overdue."
    if not row["not_due_invoices"]:
        return f"{opening} Nothing else is open." if row["overdue_invoices"] else "Nothing is open."
    half = f"{count(row['half_customers'])} of {many(row['customers'], 'customer')}"
    risk = f"{money(row['at_risk_amount'])} is expected to be paid late, half of it by {half}"
    return f"{opening} Of the {money(row['not_due_balance'])} not yet due, {risk}."


def _cards(numbers: pd.DataFrame) -> list[Card]:
    row, call = numbers.iloc[0], "today.late_payers()"
    late, ahead = 'today.rows("overdue_ar")', 'today.rows("aging:current")'
    return [
        Card("Overdue", money(row["overdue_balance"]), many(row["overdue_invoices"], "invoice"), "", late),
        Card("Not yet due", money(row["not_due_balance"]), many(row["not_due_invoices"], "invoice"), "", ahead),
        Card("Expected to be paid late", money(row["at_risk_amount"]), "of what is not yet due", "", call),
        Card("Expected within 30 days", money(row["soon_amount"]), "of everything open", "", call),
    ]  # fmt: skip


def bands(late: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """Invoices not yet due by their probability of being late, and how much of each is expected to be."""
    stack = {"at_risk_amount": charts.OVERDUE, "rest_amount": charts.CALM}
    return Exhibit(
        question="How much of what is not yet due is at risk?",
        numbers=cut(late, _bands, stamp["as_of"]),
        says=_bands_said,
        chart=partial(charts.bars, over="chance", stack=list(stack), colours=list(stack.values()),
                      says="open_balance", note="late_share",
                      label="Not yet due (first part: expected late, its share)"),
        file="late_bands",
        call="today.late_payers()",
        why=why(stamp, "late_payers"),
        nothing="Nothing is waiting to fall due.",
        currency=stamp["currency"],
    )  # fmt: skip


def _bands(late: pd.DataFrame, as_of: str) -> pd.DataFrame:
    ahead = not_due(late, as_of)
    band = np.digitize(ahead["p_late"], P_LATE_EDGES[1:-1])  # certainty, an invoice due today, is in the last band
    sums = ahead.groupby(band).agg(
        invoices=("invoice_id", "size"),
        open_balance=("open_balance", "sum"),
        at_risk_amount=("at_risk_amount", "sum"),
    )
    edges = pd.DataFrame({"p_from": P_LATE_EDGES[:-1], "p_to": P_LATE_EDGES[1:]})
    edges.insert(0, "chance", [f"{100 * low:.0f}–{100 * high:.0f}{NBSP}%" for low, high in edges.to_numpy()])
    rows = edges.join(sums).fillna(0).astype({"invoices": int})
    risk = rows["at_risk_amount"]
    parts = rows.assign(rest_amount=rows["open_balance"] - risk, late_share=risk / rows["open_balance"])
    return parts if len(ahead) else pd.DataFrame()


def _bands_said(bands: pd.DataFrame) -> str:
    likely, total = bands.loc[bands["p_from"] >= 0.5, "open_balance"].sum(), bands["open_balance"].sum()
    weighed = f"weighed by its chance, {money(bands['at_risk_amount'].sum())} will be"
    return (
        f"{money(likely)} of the {money(total)} not yet due is in invoices more likely to be late than not; {weighed}"
    )


def at_risk(late: pd.DataFrame, customers: pd.DataFrame, stamp: Stamp, rows: int = 10) -> Exhibit:
    """Invoices that can still be paid on time, the most money at risk first. One due today is not paid when the day is
    over: it is late for certain."""
    columns = ["customer", "invoice_id", "due_on", "open_balance", "p_late", "at_risk_amount", "paid_on_p50", "reason"]
    return Exhibit(
        question="Which invoices could still be paid on time?",
        numbers=cut(late, _at_risk, customers, stamp["as_of"]),
        says=_at_risk_said,
        file="at_risk",
        currency=stamp["currency"],
        call="today.late_payers()",
        why=why(stamp, "late_payers"),
        nothing="No open invoice can still be paid on time.",
        table={"columns": columns, "limit": rows, "act": True, "totals": ["open_balance", "at_risk_amount"]}
        | {"missing": "beyond the horizon of the forecast", "links": SHEET},
    )


def _at_risk(late: pd.DataFrame, customers: pd.DataFrame, as_of: str) -> pd.DataFrame:
    ahead = not_due(late, as_of)
    rows = with_names(ahead, customers).assign(reason=ahead["reason_1"])
    order = rows[rows["p_late"].lt(1)].sort_values(
        ["at_risk_amount", "invoice_id"], ascending=[False, True], ignore_index=True
    )
    columns = ["customer_id", "customer", "invoice_id", "due_on", "open_balance", "p_late", "at_risk_amount"]
    return order[[*columns, "paid_on_p50", "reason"]].assign(due_on=pd.to_datetime(order["due_on"]))


def _at_risk_said(rows: pd.DataFrame) -> str:
    first, risk = rows["due_on"].min(), rows["at_risk_amount"]
    soon = [money(risk[rows["due_on"].le(first + pd.Timedelta(days=days))].sum()) for days in (0, 6)]
    when = f"{soon[0]} of it falls due on {date(first)}, {soon[1]} within a week of it"
    return f"{money(risk.sum())} is at risk in {many(len(rows), 'invoice')}; {when}"


def drivers(late: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """By how much each fact of an invoice not yet due moves its chance of being late, on average, and in how many
    invoices it is the fact that moves it most."""
    return Exhibit(
        question="What moves these chances most?",
        numbers=cut(late, _drivers, stamp["as_of"]),
        says=_drivers_said,
        chart=partial(charts.bars, over="fact", stack=["moved_share"],
                      label="Points of the chance of being late, percent"),
        file="late_drivers",
        call="today.late_payers()",
        why=why(stamp, "late_payers"),
        nothing="Nothing is waiting to fall due.",
    )  # fmt: skip


def _drivers(late: pd.DataFrame, as_of: str) -> pd.DataFrame:
    moved = not_due(late, as_of)[list(FACTS)].abs()
    most = moved[moved.gt(0).any(axis=1)].idxmax(axis=1).value_counts()
    rows = pd.DataFrame({"moved_share": moved.mean(), "most_invoices": most.reindex(list(FACTS), fill_value=0)})
    rows = rows.assign(fact=pd.Series(FACTS), invoices=len(moved)).sort_values("moved_share", ascending=False)
    return rows[["fact", "moved_share", "most_invoices", "invoices"]].reset_index(drop=True) if len(moved) else rows[:0]


def _drivers_said(rows: pd.DataFrame) -> str:
    first, second = rows.iloc[0], rows.iloc[1]
    return (
        f"What moves a chance most is {first['fact']}: by {size(first['moved_share'], 'share')} on average, and more "
        f"than any other fact in {count(first['most_invoices'])} of {many(first['invoices'], 'invoice')}; "
        f"{second['fact']} follows with {size(second['moved_share'], 'share')}"
    )


# ------------------------------------------------------------------ how right it was


def reliability(record: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What was said and what came, of past invoices, by the model and by each customer's own late rate."""
    return Exhibit(
        question="How right were these chances before?",
        numbers=cut(record, bins),
        units={"method": "text"},
        says=_reliability_said,
        chart=partial(charts.dots, said="p_late", came="late_share", by="method",
                      named={"model": "our model", "baseline": "customer's own\nlate rate"},
                      key="Each dot is a tenth of the past invoices; on the line what was said came."),
        file="late_reliability",
        call="today.late_record()",
        why=why(stamp, "late_record"),
        nothing="No past invoice can be judged yet.",
    )  # fmt: skip


def bins(record: pd.DataFrame, number: int = 10) -> pd.DataFrame:
    """What was said and what came, in so many bins of equally many past invoices; by_chance_share: how far apart the
    two would be if what was said were right, as a payment run decides many invoices at once."""
    together = runs(record["customer_id"], record["settled_on"], record["invoice_id"])
    parts = [_binned(record[said], record["late"], together, number) for said in SAID.values()]
    columns = ["method", "p_late", "late_share", "by_chance_share", "invoices"]
    return pd.concat(parts, keys=SAID, names=["method"]).reset_index("method").reset_index(drop=True)[columns]


def _binned(said: pd.Series, came: pd.Series, together: np.ndarray, bins: int) -> pd.DataFrame:
    parts = [{"p_late": said.iloc[part].mean(), "late_share": came.iloc[part].mean(), "invoices": len(part)}
             for part in binned(said, bins)]  # fmt: skip
    rows = pd.DataFrame(parts, columns=["p_late", "late_share", "invoices"])
    return rows.assign(by_chance_share=gaps_by_chance(said, together, bins))


def _reliability_said(bins: pd.DataFrame) -> str:
    model = bins[bins["method"].eq("model")]
    gaps = {"off": (model["p_late"] - model["late_share"]).abs(), "chance": model["by_chance_share"]}
    off, chance = (size(np.average(gap, weights=model["invoices"]), "share") for gap in gaps.values())
    return (
        f"The chances we gave were {off} off on average; right ones would be {chance} off by luck, since a customer "
        "settles many invoices at once"
    )


def ranges(record: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """How many past ranges of payment days held, and of how many customers about as many as were to, beside how many
    these would be if every range were right."""
    return Exhibit(
        question="Did payment come within the days that were said?",
        numbers=cut(record, _ranges),
        says=_ranges_said,
        file="late_ranges",
        call="today.date_record()",
        why=why(stamp, "date_record"),
        nothing="No past payment can be judged yet, so nothing is known of these ranges.",
    )


def _ranges(record: pd.DataFrame) -> pd.DataFrame:
    inside = pd.Series(held(record["from_days"], record["until_days"], record["came_days"]), record.index)
    settled_on = record["origin"] + pd.to_timedelta(record["came_days"], unit="D")
    together = runs(record["customer_id"], settled_on, record["invoice_id"])
    own = inside.groupby(record["customer_id"]).agg(["mean", "size"])
    own = own[own["size"].ge(ENOUGH)]
    told = record["customer_id"].isin(own.index)
    row = {
        "forecasts": len(record),
        "held_share": inside.mean(),
        "customers": len(own),
        "within_customers": int(own["mean"].between(*AROUND).sum()),
        "by_chance_customers": within_by_chance(record["customer_id"][told], together[told], RANGE_SHARE, AROUND),
    }
    return pd.DataFrame([row] if len(record) else [])


def _ranges_said(numbers: pd.DataFrame) -> str:
    row = numbers.iloc[0]
    so_far = f"The 80{NBSP}% ranges held in {percent(row['held_share'])} of {many(row['forecasts'], 'past forecast')}"
    if not row["customers"]:
        return f"{so_far}."
    customers = f"Of {many(row['customers'], 'customer')} with {ENOUGH} or more, {count(row['within_customers'])}"
    return (
        f"{so_far}. {customers} saw 70–90{NBSP}% of theirs hold; were every range right, "
        f"{count(row['by_chance_customers'])} would, since a customer settles many invoices at once."
    )


def skill(record: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The Brier score of the model and of the customer's own late rate on past invoices, and which is better.

    Brier = mean of (probability of being late - what came)^2; the range of their ratio is the 90 % block bootstrap's.
    """
    return Exhibit(
        question="Are these chances better than a simple rule?",
        numbers=cut(record, _skill),
        units=ODDS,
        says=_skill_said,
        file="late_skill",
        call="today.late_record()",
        why=why(stamp, "late_record"),
        nothing="No past invoice can be judged yet, so nothing is known about how right these probabilities are.",
    )


def _skill(record: pd.DataFrame) -> pd.DataFrame:
    misses = {method: record[said] - record["late"] for method, said in SAID.items()}
    losses = pd.DataFrame(misses, dtype=float) ** 2
    by_origin = losses.groupby(record["origin"]).sum()
    brier, brier_baseline = losses.mean()
    of_it = dict(zip(("ratio", "low", "high"), ratio(by_origin["model"], by_origin["baseline"]), strict=True))
    scores = {"brier": brier, "brier_baseline": brier_baseline} | of_it
    return pd.DataFrame([{"invoices": len(record), "origins": len(by_origin)} | scores] if len(record) else [])


def _skill_said(numbers: pd.DataFrame) -> str:
    row = numbers.iloc[0]
    told = f"On {many(row['invoices'], 'past invoice')} over {many(row['origins'], 'week')}"
    return (
        f"{told} the squared error of our probabilities was {decimal(row['brier'])}; that of each customer's own late "
        f"rate {decimal(row['brier_baseline'])}. {judged(row, 'the customer’s own late rate')}"
    )


def judged(row: pd.Series, baseline: str) -> str:
    """A win is claimed only where chance cannot explain it, and a loss is said as plainly."""
    if pd.isna(row["low"]):
        return "That is too few weeks to say which of the two is better."
    reach = f"error {percent(row['ratio'])} of its, 90{NBSP}% range {percent(row['low'])} to {percent(row['high'])}"
    if row["high"] < 1:
        return f"The model beats {baseline} ({reach})."
    if row["low"] > 1:
        return f"The simple rule is better: {baseline} beats the model ({reach})."
    return f"The model and {baseline} cannot be told apart ({reach})."
