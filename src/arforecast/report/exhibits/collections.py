"""What collecting achieves and costs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from arforecast.report import charts
from arforecast.report.exhibit import Card, Exhibit, Stamp, cut, named, why
from arforecast.report.exhibits.accounts import SHEET, with_names
from arforecast.report.exhibits.receivables import in_time, kpi_cards, measured, whole
from arforecast.report.formats import (
    NBSP,
    NULL,
    brief,
    bucket,
    count,
    date,
    days,
    decimal,
    lateness,
    many,
    money,
    month,
    name,
    percent,
    spoken,
)

NOT_RECORDED = "(none)"
RECOVERED_DAYS = (30, 60, 90)
SEEN_FIRST = (
    *("recovered_90", "days_to_resolve_median", "promise_kept_share", "cost_to_collect"),
    *("collections_roi", "collections_roi_net", "contact_rate"),
)

MEASURES = (*SEEN_FIRST, "recovered_30", "recovered_60", "days_to_resolve_mean", "promise_kept_count_share")


def standing(kpis: pd.DataFrame, glossary: pd.DataFrame, targets: Mapping[str, float], stamp: Stamp) -> Exhibit:
    """What was recovered of what fell overdue, what came in late and what collecting cost in the month, and for what
    return; or why that is not known."""
    numbers = measured(kpis, glossary, targets, stamp)
    return Exhibit(
        question="What does collecting achieve and cost?",
        numbers=numbers[numbers["kpi"].isin(SEEN_FIRST)].reset_index(drop=True),
        says=_standing_said,
        cards=_cards,
        file="collections_standing",
        currency=stamp["currency"],
        call="today.kpis(months=13)",
        why=named("What collecting achieves", why(stamp, "history")),
        defines=SEEN_FIRST,
    )


def _cards(numbers: pd.DataFrame) -> list[Card]:
    """The first six that are known."""
    return kpi_cards(numbers.dropna(subset="now"), SEEN_FIRST)[:6]


def _standing_said(numbers: pd.DataFrame) -> str:
    rows = numbers.set_index("kpi")
    return " ".join([_recovered(rows.T["recovered_90"]), _spent(rows), *_returned(rows["now"], "The return")])


def _recovered(row: pd.Series) -> str:
    if isinstance(row["why"], str) and row["why"]:
        return f"What of overdue money is recovered within 90 days is {spoken(row['why'])}."
    if pd.isna(row["now"]):
        return "Nothing fell overdue in the latest month that is old enough to say what is recovered within 90 days."
    fell = month(_fell_due(row["as_of"], 90))
    return f"Of what fell overdue in {fell} {percent(row['now'])} was recovered within 90{NBSP}days."


def _spent(rows: pd.DataFrame) -> str:
    """Cash on overdue invoices, the cost of the month, and that cost for 100 of all cash."""
    parts, day = rows["numerator"], pd.Timestamp(rows["as_of"].iloc[0])
    cost = parts["cost_to_collect"]
    if pd.isna(cost):
        return f"What collecting cost in {month(day)} is not in the books."
    late_cash = parts["collections_roi"] + cost
    opening = f"In {_so_far(day)} {money(late_cash)} came in after its due date and collecting cost {money(cost)}"
    rate = rows["now"]["cost_to_collect"]
    return f"{opening}." if pd.isna(rate) else f"{opening}, {brief(100 * rate)} for every 100 of all cash."


def _so_far(day: pd.Timestamp) -> str:
    """The month of a day, which may not be over; its costs are those of the whole month."""
    return month(day) if day.is_month_end else f"{month(day)} so far"


def _returned(values: pd.Series, what: str) -> list[str]:
    """The return on collecting, gross and net, each with what it does not say."""
    gross, net = (values.get(kpi, math.nan) for kpi in ("collections_roi", "collections_roi_net"))
    if pd.isna(gross):
        return []
    said = f"{what} was {decimal(gross)} times the cost, gross: some of that money would have come unasked"
    if pd.isna(net):
        return [f"{said}, how much cannot be estimated."]
    return [f"{said}.", f"Net of what comes unasked it was {decimal(net)} times, an estimate that proves no cause."]


# ------------------------------------------------------------------ how fast and how much


def recovery(kpis: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What was recovered of the money that fell due in a month and was late, within 30, 60 and 90 days."""
    said = {f"recovered_{age}": f"within {days(age)}" for age in reversed(RECOVERED_DAYS)}
    return Exhibit(
        question="How much of what falls overdue is recovered?",
        numbers=by_due_month(kpis),
        says=_recovery_said,
        chart=partial(charts.lines, over="due_month_on", named=said, label="Recovered, percent"),
        file="recovery",
        call='today.rows("recovered_90")',
        why=why(stamp, "recovered_30"),
        nothing="Nothing fell overdue in a month that is old enough.",
        defines=[*said],
    )


def by_due_month(kpis: pd.DataFrame) -> pd.DataFrame:
    """due_month_on, recovered_30, recovered_60, recovered_90.

    A measure of N days stands, at a month end, for the latest month whose last day is N days old; so a month can be
    passed over, and is null then.
    """
    rows = [_of_due_month(kpis, age) for age in RECOVERED_DAYS]
    return pd.concat(rows, axis=1, sort=True).rename_axis(index="due_month_on").reset_index()


def _of_due_month(kpis: pd.DataFrame, age: int) -> pd.Series:
    rows = whole(kpis)
    known = rows[rows["kpi"].eq(f"recovered_{age}")].dropna(subset="value")
    months = pd.DatetimeIndex([_fell_due(day, age) for day in known["as_of"]])
    return pd.Series(known["value"].to_numpy(), months, name=f"recovered_{age}").groupby(level=0).last()


def _fell_due(day: pd.Timestamp, age: int) -> pd.Timestamp:
    """The first day of the latest month whose last day is `age` days old."""
    return ((day - pd.Timedelta(days=age - 1)).to_period("M") - 1).to_timestamp()


def _recovery_said(recovery: pd.DataFrame) -> str:
    ages = {age: recovery[f"recovered_{age}"].dropna() for age in RECOVERED_DAYS}
    said = [f"{percent(known.iloc[-1])} within {days(age)}" for age, known in ages.items() if len(known)]
    return f"Recovered of what falls overdue: {', '.join(said)}"


def vintage(schedule: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The share of a month's billing collected by the end of each month after; null while it is not over."""
    return Exhibit(
        question="How fast is a month's billing collected?",
        numbers=cut(schedule, _triangle),
        units={"age": "share"},
        says=_vintage_said,
        chart=partial(charts.heat, over="issue_month_on", cells="age:", label="Months after issue; collected, percent"),
        file="vintage",
        currency=stamp["currency"],
        call='today.schedule("vintage")',
        why=why(stamp, "vintage"),
        nothing="Nothing was billed in the last 24 months.",
    )


def _triangle(schedule: pd.DataFrame) -> pd.DataFrame:
    keys = ["issue_month_on", "issued_amount"]
    wide = schedule.pivot(index=keys, columns="age_months", values="collected_share")
    return wide.add_prefix("age:").rename_axis(columns=None).reset_index()


def _vintage_said(vintage: pd.DataFrame) -> str:
    ages = [column for column in vintage if str(column).startswith("age:") and vintage[column].notna().any()]
    if not ages:
        return "No month of billing is over yet"
    age = min(len(ages) - 1, 3)
    known = vintage.dropna(subset=f"age:{age}")
    last, first = known.iloc[-1], known.iloc[0]
    when = f"{many(age, 'month')} later" if age else "by its end"
    was = f" ({month(first['issue_month_on'])}: {percent(first[f'age:{age}'])})" if len(known) > 1 else ""
    billed = f"Of what was billed in {month(last['issue_month_on'])}"
    return f"{billed} {percent(last[f'age:{age}'])} had come in {when}{was}"


def roll_rates(schedule: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """Where what stood in a bucket at a month end of the last year was a month later.

    Buckets and states stand in their order; what was never left from or arrived at is left out.
    """
    return Exhibit(
        question="Where do balances roll within a month?",
        numbers=cut(schedule, matrix),
        units={"to": "share"},
        says=_roll_rates_said,
        chart=partial(charts.heat, over="from_bucket", cells="to:", label="A month later, percent of the bucket"),
        file="roll_rates",
        call='today.schedule("roll_rates")',
        why=why(stamp, "roll_rates"),
        nothing="Nothing was open at the beginning of a month of the last year.",
    )


def matrix(schedule: pd.DataFrame) -> pd.DataFrame:
    """from_bucket, and to:<state> for the share in that state a month later."""
    states = schedule["to_state"].unique()
    wide = schedule.pivot(index="from_bucket", columns="to_state", values="moved_share")
    rows = wide.reindex(index=schedule["from_bucket"].unique(), columns=states).dropna(how="all")
    reached = rows.loc[:, rows.gt(0).any()]
    return reached.add_prefix("to:").rename_axis(columns=None).reset_index()


def _roll_rates_said(matrix: pd.DataFrame) -> str:
    late = matrix[matrix["from_bucket"].ne("current")]
    if late.empty:
        return "Nothing was overdue at the beginning of a month of the last year"
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


def resolved(kpis: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """Days from the due date until overdue invoices were settled, of the 90 days to each month end."""
    said = {"days_to_resolve_mean": "mean", "days_to_resolve_median": "median"}
    chart = partial(charts.lines, over="as_of", named=said, label="Days past due")
    options = {"chart": chart, "file": "resolved", "nothing": "No overdue invoice was settled in these months."}
    return in_time("How long do overdue invoices take?", kpis, stamp, *said, says=_resolved_said, **options)


def _resolved_said(trend: pd.DataFrame) -> str:
    known = trend.dropna()
    if known.empty:
        return "No overdue invoice was settled in these months"
    last = known.iloc[-1]
    half, mean = days(last["days_to_resolve_median"]), days(last["days_to_resolve_mean"])
    when = f"In the 90{NBSP}days to {date(last['as_of'])}"
    return f"{when} half of the overdue invoices settled took up to {half} past the due date; the mean is {mean}"


def promises(kpis: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The share of promises that were kept, by amount and by number, of those for the 90 days to each month end."""
    said = {"promise_kept_share": "by amount", "promise_kept_count_share": "by number"}
    chart = partial(charts.lines, over="as_of", named=said, label="Kept, percent")
    options = {"chart": chart, "file": "promises", "nothing": "No promise can be judged yet."}
    reason = why(stamp, "promise_kept_share", "promises")
    return in_time("Are promises kept?", kpis, stamp, *said, says=_promises_said, why=reason, **options)


def _promises_said(trend: pd.DataFrame) -> str:
    known = trend.dropna()
    if known.empty:
        return "No promise can be judged yet"
    last = known.iloc[-1]
    kept = f"{percent(last['promise_kept_count_share'])} of the promises for the 90{NBSP}days to {date(last['as_of'])}"
    return f"{kept} were kept, {percent(last['promise_kept_share'])} of the money promised"


# ------------------------------------------------------------------ disputes, contacts, payment


def disputes(rows: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What was disputed in a year by reason, and how long it took until a dispute was closed."""
    return Exhibit(
        question="What do customers dispute?",
        numbers=rows,
        units={"reason": "name"},
        says=_disputes_said,
        chart=partial(charts.bars, over="reason", stack=["disputed_amount"], note="resolved_days",
                      label="Disputed (and mean days to close)"),
        file="disputes",
        call='today.schedule("disputes_by_reason")',
        why=why(stamp, "disputes_by_reason", "disputes"),
        nothing="No dispute was opened in the last 365 days.",
        currency=stamp["currency"],
    )  # fmt: skip


def _disputes_said(rows: pd.DataFrame) -> str:
    disputed, closed = rows["disputed_amount"].sum(), rows["disputes"] - rows["open_count"]
    lasted = days((rows["resolved_days"] * closed).sum() / closed.sum() if closed.sum() else math.nan)
    how_long = f"; disputes closed after {lasted} on average" if closed.sum() else "; none is closed yet"
    known = rows[rows["reason"].ne(NOT_RECORDED)]
    if known.empty:
        return f"{money(disputed)} was disputed, for reasons not recorded{how_long}"
    first = known.iloc[0]
    share = percent(first["disputed_amount"] / disputed if disputed else math.nan)
    return f"{name(str(first['reason']))} is the reason for {share} of the {money(disputed)} disputed{how_long}"


def contacts(rows: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """By which channel contacts are made and when, with what the table does not prove."""
    return Exhibit(
        question="How are customers contacted, and when?",
        numbers=rows,
        says=_contacts_said,
        file="contacts",
        call='today.schedule("contacts_by_channel")',
        why=why(stamp, "contacts_by_channel", "contacts"),
        nothing="Nobody was contacted in the last 365 days.",
        table={"totals": ["contacts", "minutes"], "missing": "not recorded, or less than 14 days ago"},
    )


def _contacts_said(rows: pd.DataFrame) -> str:
    made = rows["contacts"].sum()
    channels = rows.groupby("channel")["contacts"].sum()
    early = rows.loc[rows["timing"].eq("before due"), "contacts"].sum()
    most = f"{percent(channels.max() / made)} were by {name(str(channels.idxmax())).lower()}"
    said = f"Of {many(made, 'contact')} {most}, {percent(early / made)} came before the due date"
    return f"{said}; what was paid after a contact is not its effect, since those contacted differ from the others"


def methods(rows: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The share of a year's cash by payment method, with how many days after the due date it came."""
    return Exhibit(
        question="How do customers pay, and how fast?",
        numbers=rows,
        says=_methods_said,
        chart=partial(charts.bars, over="method", stack=["cash_share"], note="days_beyond_terms",
                      label="Share of cash (and how late), percent"),
        file="methods",
        currency=stamp["currency"],
        call='today.schedule("method_mix")',
        why=why(stamp, "method_mix", "receipts"),
        nothing="No cash came in the last 365 days.",
    )  # fmt: skip


def _methods_said(rows: pd.DataFrame) -> str:
    known = rows[rows["method"].ne(NOT_RECORDED)].dropna(subset="days_beyond_terms")
    if known.empty:
        return "How customers pay is not recorded"
    most, slowest = known.iloc[0], known.iloc[known["days_beyond_terms"].argmax()]
    said = f"{name(most['method'])} brings {percent(most['cash_share'])} of cash, {lateness(most['days_beyond_terms'])}"
    if len(known) == 1:
        return said
    return f"{said}; {name(slowest['method']).lower()} is the slowest, {lateness(slowest['days_beyond_terms'])}"


def terms(rows: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The terms of billing, and what the discounts for early payment cost."""
    return Exhibit(
        question="What terms are given, and what do discounts cost?",
        numbers=rows,
        says=_terms_said,
        file="terms",
        currency=stamp["currency"],
        call='today.schedule("terms")',
        why=why(stamp, "terms"),
        nothing="Nothing was billed in the last 365 days.",
        table={"totals": ["invoices", "billed_amount", "discount_offered_amount", "discount_taken_amount"],
               "missing": "no discount offered, or nothing paid yet"},
    )  # fmt: skip


def _terms_said(rows: pd.DataFrame) -> str:
    most = rows.iloc[rows["billed_amount"].argmax()]
    said = f"{percent(most['billed_share'])} of billing has terms of {bucket(str(most['terms']))}"
    priced = rows.dropna(subset="discount_yearly_cost_share")
    offered, taken = rows["discount_offered_amount"].sum(), rows["discount_taken_amount"].sum()
    if not offered > 0:
        return f"{said}; no discount was offered for early payment"
    yearly = priced.assign(cost=priced["discount_yearly_cost_share"] * priced["discount_offered_amount"])
    rate = percent(known_share(yearly, "cost", "discount_offered_amount"))
    price = f", at the price of {rate} interest a year" if rate != NULL else ""
    return f"{said}; {money(taken)} of {money(offered)} offered as discounts was taken{price}"


def known_share(frame: pd.DataFrame, part: str, whole: str) -> float:
    """The sum of `part` / the sum of `whole`, over the rows in which both are known; null where there are none."""
    rows = frame.dropna(subset=[part, whole])
    return rows[part].sum() / rows[whole].sum() if rows[whole].sum() else np.nan


def late_fees(rows: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What became of the late fees billed."""
    sums = ["billed_amount", "collected_amount", "waived_amount", "open_balance"]
    return Exhibit(
        question="What becomes of late fees?",
        numbers=rows,
        says=_late_fees_said,
        file="late_fees",
        currency=stamp["currency"],
        call='today.schedule("late_fees")',
        why=why(stamp, "late_fees"),
        nothing="No late fee was billed in twelve months.",
        table={"totals": ["fees", *sums]},
    )


def _late_fees_said(rows: pd.DataFrame) -> str:
    billed, collected, waived = (rows[f"{what}_amount"].sum() for what in ("billed", "collected", "waived"))
    fate = f"{money(collected)} was collected and {money(waived)} waived"
    return f"Of {money(billed)} billed as late fees in twelve months {fate}"


def plans(rows: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The share of the instalments due in a month that was paid in time, and the share that is still overdue."""
    said = {"paid_on_time_share": "paid in time", "missed_share": "still overdue"}
    return Exhibit(
        question="Are payment plans kept?",
        numbers=rows,
        says=_plans_said,
        chart=partial(charts.lines, over="month_on", named=said, label="Of instalments due, percent"),
        file="payment_plans",
        currency=stamp["currency"],
        call='today.schedule("payment_plans")',
        why=why(stamp, "payment_plans"),
        nothing="No instalment of a payment plan fell due in twelve months.",
    )


def _plans_said(rows: pd.DataFrame) -> str:
    in_time = known_share(rows.assign(part=rows["paid_on_time_share"] * rows["due_amount"]), "part", "due_amount")
    overdue, last = rows["overdue_balance"].sum() / rows["due_amount"].sum(), rows.iloc[-1]
    said = f"{percent(in_time)} of the money due in instalments was paid in time, {percent(overdue)} is overdue"
    broken = f"{count(last['broken_plans'])} of {many(last['plans'], 'plan')} due in {month(last['month_on'])}"
    return f"{said}; {broken} {'is' if last['broken_plans'] == 1 else 'are'} broken"


def agency(rows: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What the agency recovers of what is handed to it, and at what cost."""
    return Exhibit(
        question="What does the agency recover?",
        numbers=rows,
        says=_agency_said,
        file="agency",
        currency=stamp["currency"],
        call='today.schedule("agency")',
        why=why(stamp, "agency", "contacts"),
        nothing="Nothing was handed to an agency in the last eight quarters.",
        table={"missing": "the quarter is not 90 days old, or no cost was booked"},
    )


def _agency_said(rows: pd.DataFrame) -> str:
    old = rows.dropna(subset="recovered_90_amount")
    if old.empty:
        handed = f"{many(rows['handed_invoices'].sum(), 'invoice')} of {money(rows['handed_balance'].sum())}"
        return f"{handed} went to an agency; no quarter of them is 90{NBSP}days old yet"
    share = known_share(old, "recovered_90_amount", "handed_balance")
    cost = known_share(old, "agency_cost_amount", "recovered_90_amount")
    price = "" if pd.isna(cost) else f"; every 100 recovered cost {count(100 * cost)}"
    handed = money(old["handed_balance"].sum())
    return f"Of {handed} handed to an agency {percent(share)} was recovered within 90{NBSP}days{price}"


# ------------------------------------------------------------------ cost, return and loss


def costs(rows: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What billing and collecting cost in twelve months, by category."""
    return Exhibit(
        question="What does collecting cost?",
        numbers=rows,
        says=_costs_said,
        chart=partial(charts.bars, over="category", stack=["cost_amount"], note="cost_share"),
        file="costs",
        call='today.schedule("costs_by_category")',
        why=why(stamp, "costs_by_category", "costs"),
        nothing="No cost was booked in the last twelve months.",
        currency=stamp["currency"],
    )


def _costs_said(rows: pd.DataFrame) -> str:
    first, spent = rows.iloc[0], money(rows["cost_amount"].sum())
    return f"{name(first['category'])} is {percent(first['cost_share'])} of the {spent} spent in twelve months"


def cost_to_collect(kpis: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The cost of billing and collecting for 100 of the month's cash."""
    chart = partial(charts.lines, over="as_of", named={"cost_to_collect": "cost"}, label="Cost of one unit of cash")
    options = {"chart": chart, "file": "cost_to_collect", "nothing": "No month has both a cost and cash."}
    reason = why(stamp, "cost_to_collect", "costs")
    question = "What does it cost to collect 100?"
    return in_time(question, kpis, stamp, "cost_to_collect", says=_cost_to_collect_said, why=reason, **options)


def _cost_to_collect_said(trend: pd.DataFrame) -> str:
    known = trend.dropna()
    if known.empty:
        return "Nothing was collected that a cost could be set against"
    first, last = known.iloc[0], known.iloc[-1]
    was = f", {brief(100 * first['cost_to_collect'])} in {month(first['as_of'])}" if len(known) > 1 else ""
    return f"Collecting 100 cost {brief(100 * last['cost_to_collect'])} in {_so_far(last['as_of'])}{was}"


def returns(kpis: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What collecting brought beyond its cost for each unit of that cost, gross and net."""
    said = {"collections_roi": "gross", "collections_roi_net": "net\n(estimate)"}
    chart = partial(charts.lines, over="as_of", named=said, label="Return on each 1 spent")
    options = {"chart": chart, "file": "returns", "nothing": "No month has both a cost and cash."}
    reason = why(stamp, "collections_roi", "costs")
    return in_time("What does collecting return?", kpis, stamp, *said, says=_returns_said, why=reason, **options)


def _returns_said(trend: pd.DataFrame) -> str:
    known = trend.dropna(subset="collections_roi")
    if known.empty:
        return "The return on collecting is not known"
    last = known.iloc[-1]
    return " ".join(_returned(last, f"In {_so_far(last['as_of'])} the return")).removesuffix(".")


def credit_loss(rows: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """How much of the open balance is expected to be lost, and how that moves with the forward factor."""
    sums = ("expected_loss_amount", "expected_loss_low_amount", "expected_loss_high_amount")
    return Exhibit(
        question="How much of what is open will be lost?",
        numbers=rows,
        says=_credit_loss_said,
        file="expected_credit_loss",
        currency=stamp["currency"],
        call='today.schedule("expected_credit_loss")',
        why=why(stamp, "expected_credit_loss"),
        nothing="Nothing is open.",
        table={"totals": ["open_balance", *sums], "missing": "nothing stood in this bucket a year ago"},
    )


def _credit_loss_said(rows: pd.DataFrame) -> str:
    known = rows.dropna(subset="expected_loss_amount")
    if known.empty:
        return "Expected losses are not defined: no balance is a year old yet"
    owed, told = rows["open_balance"].sum(), known["open_balance"].sum()
    if not told:
        gap = f"Expected losses are not defined: a year ago nothing was as late as the {money(owed)} that is open"
        return gap if owed else "Nothing is open"
    where = "" if len(known) == len(rows) else " in the buckets with a history"
    lost, low, high = (known[f"expected_loss{what}_amount"].sum() for what in ("", "_low", "_high"))
    opening = f"Of {money(told)} open{where} {money(lost)} is expected to be lost"
    return f"{opening}; {money(low)} to {money(high)} with 0.8 to 1.2 of the forward factor"


def credit_limits(rows: pd.DataFrame, customers: pd.DataFrame, stamp: Stamp, shown: int = 10) -> Exhibit:
    """Who is over the credit limit or near it, and by how much."""
    return Exhibit(
        question="Who is near the credit limit?",
        numbers=cut(rows, _limited, customers),
        says=_credit_limits_said,
        file="credit_limits",
        currency=stamp["currency"],
        call='today.schedule("credit_limit_use")',
        why=why(stamp, "credit_limit_use", "customers"),
        nothing="No customer has a credit limit.",
        table={"columns": ["customer", "open_balance", "credit_limit_amount", "used_share", "over_limit_amount"],
               "limit": shown, "missing": "no limit to divide by",
               "links": SHEET},
    )  # fmt: skip


def _limited(rows: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    return with_names(rows, customers).drop(columns="name")


def _credit_limits_said(rows: pd.DataFrame) -> str:
    over = rows[rows["over_limit_amount"].gt(0)]
    if len(over):
        who = f"{count(len(over))} of {many(len(rows), 'customer')} {'is' if len(over) == 1 else 'are'}"
        return f"{who} over the credit limit, by {money(over['over_limit_amount'].sum())} in all"
    first = rows.iloc[0]
    nearest = f"the nearest, {first['customer']}, uses {percent(first['used_share'])} of it"
    return f"Nobody is over the credit limit; {nearest}"
