"""Formats: how the pages write money, shares, days and dates, and what they call a measure.

A value is a cell of a frame, null included, and is written as an en dash then.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import partial
from typing import Any

import pandas as pd
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from arforecast.currencies import decimals

LOCALE = Locale("en")
NULL = "–"
GROUPED = "#,##0"
NBSP = "\u00a0"  # a number and its unit stay on one line
ISO_DAY = re.compile(r"(?<![\w/-])\d{4}-\d\d-\d\d(?![\w/-]|\.\w)")  # not in the name of a file
DIGITS = 320  # of the largest float, with its decimals
SIZES = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))

NAMES = {
    "open_ar": "Open receivables",
    "net_ar": "Net receivables",
    "overdue_ar": "Overdue receivables",
    "dso": "Days sales outstanding",
    "dso_12m": "Days sales outstanding, 12 months",
    "dso_countback": "Days sales outstanding, count-back",
    "dso_best_possible": "Best possible days sales outstanding",
    "add": "Average days delinquent",
    "cei": "Collection effectiveness",
    "cei_3m": "Collection effectiveness, 3 months",
    "hhi": "Concentration (Herfindahl index)",
    "hhi_group": "Concentration by group of companies (Herfindahl index)",
    "top10_share": "Ten largest customers' share",
    "top10_group_share": "Ten largest groups of companies' share",
    "days_to_pay_median_km": "Median days to pay, open invoices included",
    "paid_on_time_share": "Paid on time, by amount",
    "paid_on_time_count_share": "Paid on time, by number",
    "ar_turnover": "Receivables turnover",
    "over_90_share": "More than 90 days past due",
    "write_offs": "Write-offs",
    "set_offs": "Set-offs",
    "withheld_tax": "Tax withheld by customers",
    "collection_rate": "Collection rate within 90 days of issue",
    "collection_rate_period": "Collection rate of the month",
    "collection_rate_outstanding": "Cash of the month to opening receivables",
    "recovery_rate": "Recovery rate of overdue money",
    "recovered_30": "Recovered within 30 days past due",
    "recovered_60": "Recovered within 60 days past due",
    "recovered_90": "Recovered within 90 days past due",
    "recovered_to_outstanding": "Late cash of 12 months to receivables",
    "days_to_resolve_mean": "Mean days overdue until settled",
    "days_to_resolve_median": "Median days overdue until settled",
    "dispute_rate": "Disputed share of billing",
    "dispute_days": "Median days in dispute, open ones included",
    "promise_kept_share": "Promises kept, by amount",
    "promise_kept_count_share": "Promises kept, by number",
    "contact_rate": "Overdue customers contacted",
    "right_party_share": "Contacts that reached who decides",
    "reminder_lead": "Median days from due date to first contact",
    "invoicing_lag": "Mean days from delivery to invoice",
    "cost_to_collect": "Cost to collect one unit of cash",
    "collections_roi": "Return on collecting, gross",
    "collections_roi_net": "Return on contacting, net (an estimate)",
    "discount_uptake": "Early-payment discounts taken",
    "discount_cost": "Yearly cost of early-payment discounts",
    "over_applied": "Overpayments",
    "volume": "Billing volume",
    "currency": "Exchange rates",
    "terms_mix": "Agreed terms",
    "billing_timing": "Timing of billing",
    "delinquency": "Late payment",
    "as_of": "Day",
    "invoice_id": "Invoice",
    "horizon_week": "Weeks ahead",
    "weeks": "Weeks judged",
    "low": "90 % range, from",
    "high": "To",
    "quarantined_amount": "Quarantined money",
    "kpi": "Measure",
    "month_before": "Month end before",
    "year_before": "Twelve month ends before",
    "control": "Control totals",
    "quarantine": "Quarantined money",
    "staleness": "Newest fact",
    "p_late": "Chance late",
    "asked_balance": "To ask for",
    "value_of_action": "Worth",
    "value_low_amount": "Worth at least",
    "value_high_amount": "Worth at most",
    "contacted_on": "Last contact",
    "p_from": "Chance of being late, from",
    "p_to": "To below",
    "paid_on_p50": "Paid by (even odds)",
    "at_risk_amount": "At risk",
    "expected_14_amount": "Expected in 14 days",
    "expected_30_amount": "Expected in 30 days",
    "late_share": "Were late",
    "p2_5": "One in 40 below",
    "p10": "One in ten below",
    "p25": "One in four below",
    "p50": "Half below",
    "p75": "One in four above",
    "p90": "One in ten above",
    "p97_5": "One in 40 above",
    "mean": "Expected",
    "open_book": "From invoices issued",
    "unbilled": "From invoices to come",
    "error_share": "Error",
    "baseline_error_share": "Its error",
    "baseline": "Best simple rule",
    "ratio": "Error ratio",
    "inside_80_share": "Inside the 80 % range",
    "held_share": "Such ranges held",
    "within_customers": "Customers of whom 70–90 % held",
    "by_chance_customers": "So many would be, were every range right",
    "by_chance_share": "Off by luck if right",
    "origins": "Of past forecasts",
    "origin": "Said on",
    "known_on": "Said on",
    "expected_on": "Expected by a person on",
    "worth_amount": "Open",
    "model_paid_on_p50": "Even odds, by the model alone",
    "model_expected_30_amount": "By the model alone",
    "model_on": "Expected by the model on",
    "came_on": "Settled on",
    "miss_days": "Person off by, days",
    "model_miss_days": "Model off by, days",
    "receipts_amount": "Comes in",
    "outflows_amount": "Is paid out",
    "net_amount": "Net",
    "opening_balance": "Opening cash",
    "floor_amount": "Floor",
    "p_below_floor": "Chance below the floor",
    "wape": "Error by week (WAPE)",
    "mase": "MASE",
    "interval_share_80": "Interval score",
    "coverage_80": "Inside the 80 % range",
    "error": "Said less came",
    "span": "Cash of the",
    "from_on": "From",
    "until_on": "Until",
    "chance": "Chance of being late",
    "rest_amount": "Expected on time",
    "overdue_balance": "Overdue",
    "all_overdue_balance": "All that they have overdue",
    "brier": "Squared error",
    "brier_baseline": "Of the customer's own late rate",
    "week_start": "Week starting on",
    "opening": "Stood",
    "closing": "Stands",
    "p_paid_14": "Expected in 14 days",
    "before": "A month before",
    "times": "Times a usual move",
    "verdict": "That is",
    "overdue_change_amount": "Overdue, change in the month",
    "oldest_days_past_due": "Oldest, days past due",
    "past_due_days": "Days past due",
    "over_90_balance": "Over 90 days past due",
    "of_overdue_share": "Share of all overdue money",
    "of_growth_share": "Share of all growth",
    "last_paid_on": "Last payment",
    "next_due_on": "Next due",
    "from_bucket": "Days past due",
    "bucket": "Days past due",
    "to_state": "A month later",
    "moved_amount": "Balance",
    "moved_share": "Share of the bucket",
    "issue_month_on": "Month of issue",
    "issued_amount": "Issued",
    "age_months": "Months after",
    "cash_amount": "Cash",
    "collected_share": "Collected",
    "loss_rate_share": "Loss rate",
    "expected_loss_amount": "Expected loss",
    "expected_loss_low_amount": "With 0.8 of the factor",
    "expected_loss_high_amount": "With 1.2 of the factor",
    "credit_limit_amount": "Credit limit",
    "used_share": "Used",
    "over_limit_amount": "Over the limit",
    "cash_share": "Share of cash",
    "billed_amount": "Billed",
    "billed_share": "Share of billing",
    "discount_offered_amount": "Discounts offered",
    "discount_taken_amount": "Discounts taken",
    "discount_yearly_cost_share": "Their yearly cost",
    "month_on": "Month",
    "fees": "Late fees",
    "collected_amount": "Collected",
    "waived_amount": "Waived",
    "due_amount": "Due",
    "missed_share": "Overdue share",
    "broken_plans": "Plans broken",
    "disputed_amount": "Disputed",
    "open_count": "Still open",
    "resolved_days": "Mean days to close",
    "credited_amount": "Credited since",
    "timing": "When",
    "paid_14_share": "Paid within 14 days",
    "quarter_on": "Quarter",
    "handed_invoices": "Invoices handed over",
    "handed_balance": "Balance handed over",
    "recovered_90_amount": "Recovered in 90 days",
    "recovered_90_share": "Recovered share",
    "agency_cost_amount": "Cost of the agency",
    "cost_to_recovered_share": "Cost to recovered cash",
    "cost_amount": "Cost",
    "cost_share": "Share of costs",
    "cost_to_cash_share": "Cost to cash",
    "due_month_on": "Fell due in",
    "break_even_share": "Pays up to",
    "discount_share": "Discount offered",
    "net_gain_amount": "Gained in a year",
    "terms_days": "Usual terms, days",
    "debt_balance": "Debt",
    "p_kept": "Chance that it is kept",
    "kept_share": "Were kept",
    "kept_share_low": "90 % range, from",
    "kept_share_high": "To",
    "grade_before": "Grade before",
    "buying_amount": "Bought in a year",
    "late_range": "Was late, of what fell due",
    "days_late_range": "Days late",
    "written_off_range": "Written off, of what was open or fell due",
    "proposed_limit_amount": "Limit proposed",
    "proposed_terms_days": "Terms proposed, days",
    "sales_amount": "Sold",
    "refused_amount": "Refused",
    "kept_amount": "Kept",
    "cash_forgone_amount": "Cash of what is refused",
    "loss_avoided_amount": "Losses avoided, at least",
    "loss_avoided_high_amount": "At most",
    "days_late": "Days late of what was sold",
    "kept_days_late": "Of what is kept",
    "(none)": "Not recorded",
}


def _number(value: float, decimals: int = 0, whole: str = "0", digit: str = "0") -> str:
    """A number by Babel's patterns, with a true minus, and never a minus before nothing.

    Python rounds it: Babel would round the shortest text of a float, not the float.
    """
    rounded = Decimal(f"{value:.{decimals}f}")
    pattern = f"{whole}.{digit * decimals}" if decimals else whole
    # Squares of minor units have more digits than the 28 that decimals are reckoned with by themselves.
    with localcontext(prec=DIGITS):
        return format_decimal(rounded or Decimal(0), pattern, LOCALE).replace("-", "−")


def money(value: Any) -> str:
    """Money in short, three digits of it: 2.94 M, 312 k, 940."""
    if pd.isna(value):
        return NULL
    rounded = float(f"{value:.3g}")  # rounded before the unit is chosen, so that 999,999 reads 1.00 M
    for size, unit in SIZES:
        if abs(rounded) >= size:
            decimals = max(2 - math.floor(math.log10(abs(rounded) / size)), 0)
            return f"{_number(rounded / size, decimals)}{NBSP}{unit}"
    return _number(value)


def came_in(cash: float) -> str:
    """What cash did in all: 312 k came in, 750 more was returned than came in."""
    return f"{money(cash)} came in" if cash >= 0 else f"{money(-cash)} more was returned than came in"


def money_range(low: float, high: float) -> str:
    """Two amounts in the unit of the greater one, two digits of it: 0.9–1.3 M."""
    size, unit = next(((s, NBSP + u) for s, u in SIZES if abs(high) >= s), (1.0, ""))
    decimals = 1 if abs(high) / size < 9.95 and size > 1 else 0
    return f"{_number(low / size, decimals)}–{_number(high / size, decimals)}{unit}"


def exact(value: Any, currency: str = "") -> str:
    """Money to the smallest unit of its currency, thousands grouped: 2,940,123.45; in yen 2,940,123."""
    return NULL if pd.isna(value) else _number(value, decimals(currency), GROUPED)


def percent(share: Any) -> str:
    """A share of 0-1 as whole percent; below ten percent a decimal decides: 72 %, 1.4 %.

    What is not quite nothing, or not quite all, is not written as that: < 0.1 %, 99.7 %, > 99.9 %.
    """
    if pd.isna(share):
        return NULL
    share = round(share, 12)  # sums of cents are a little off
    text = brief(100 * share)
    if text == "0" and share:
        text = "< 0.1" if share > 0 else "> −0.1"
    if text == "100" and share != 1:
        tenths = _number(100 * share, 1)
        text = tenths if tenths != "100.0" else "> 99.9" if share < 1 else "> 100"
    return f"{text}{NBSP}%"


def points(share: Any) -> str:
    """A difference of shares, since per cent of per cent would mislead: 8 points, 0.2 points."""
    if pd.isna(share):
        return NULL
    text = brief(100 * share)
    return f"{text}{NBSP}{'point' if text in ('1', '−1') else 'points'}"


def brief(value: Any) -> str:
    """A whole number; below ten a decimal decides: 12, 2.8."""
    if pd.isna(value):
        return NULL
    return _number(value, 1, digit="#") if abs(value) < 9.95 else _number(value)


def count(value: Any) -> str:
    """A whole number, thousands grouped: 12,345."""
    return NULL if pd.isna(value) else _number(value, whole=GROUPED)


def many(number: float, what: str) -> str:
    """So many things: 1 invoice, 2 invoices."""
    return f"{count(number)} {what}{'' if number == 1 else 's'}"


def does(number: float, verb: str) -> str:
    """What so many things do: 1 account owes, 2 accounts owe."""
    return f"{verb}s" if number == 1 else verb


def days(value: Any) -> str:
    """A length of time in whole days: 52 days."""
    whole = count(value)
    return whole if whole == NULL else f"{whole}{NBSP}{'day' if whole in ('1', '−1') else 'days'}"


def lateness(value: Any) -> str:
    """How far from the due date: 2.8 days late, 3 days early, on the due date."""
    if pd.isna(value):
        return NULL
    far, how = brief(abs(value)), "late" if value > 0 else "early"
    return "on the due date" if far == "0" else f"{far}{NBSP}{'day' if far == '1' else 'days'} {how}"


def decimal(value: Any) -> str:
    """A ratio with two decimals; below a tenth a third decides: 6.83, 0.042."""
    return NULL if pd.isna(value) else _number(value, 3 if abs(value) < 0.0995 else 2, GROUPED)


def date(value: Any) -> str:
    """A day: 30 Jun 2026."""
    day = pd.Timestamp(value)
    return NULL if pd.isna(day) else format_date(day, f"d{NBSP}MMM{NBSP}y", LOCALE)


def month(value: Any) -> str:
    """A month: Jun 2026."""
    day = pd.Timestamp(value)
    return NULL if pd.isna(day) else format_date(day, f"MMM{NBSP}y", LOCALE)


def quarter(value: Any) -> str:
    """A quarter: Q2 2026."""
    day = pd.Timestamp(value)
    return NULL if pd.isna(day) else format_date(day, f"QQQ{NBSP}y", LOCALE)


def text(value: Any) -> str:
    """Anything else as it stands; nothing as an en dash."""
    return NULL if pd.isna(value) or value == "" else str(value)


def quoted(words: str) -> str:
    """Words of a ledger or a settings file as they stand in a call that can be pasted: "A1"."""
    return json.dumps(words, ensure_ascii=False)


def spoken(said: str) -> str:
    """A sentence made for a terminal as a page says it: its days and its shares as people read them."""
    return ISO_DAY.sub(lambda day: date(day[0]), said).replace(" %", f"{NBSP}%")


def name(kpi: str) -> str:
    """The measure as people say it: dso -> Days sales outstanding, aging:1-30 -> Ageing: 1–30 days."""
    kind, colon, which = kpi.partition(":")
    if colon and kind in KINDS:
        return _capital(KINDS[kind](which))
    return _capital(NAMES.get(kpi, kpi.replace("_", " ")))


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


def state(label: str) -> str:
    """What became of a balance: a bucket, or paid, credited, written off."""
    return bucket(label) if label == "current" or label[:1].isdigit() else label.replace("_", " ")


def bucket(label: str) -> str:
    """An ageing bucket as people say it: current -> not due yet, 1-30 -> 1–30 days."""
    return "not due yet" if label == "current" else label.replace("-", "–") + " days"


KINDS: dict[str, Callable[[str], str]] = {
    "aging": lambda label: f"ageing: {bucket(label)}",
    "to": state,
    "age": lambda months: f"month {months}",
}
FORMATS: dict[str, Callable[..., str]] = {
    "money": exact,
    "money per invoice": exact,
    "share": percent,
    "percent": lambda value: percent(value if pd.isna(value) else value / 100),
    "days": count,
    "index": count,
    "count": count,
    "lateness": lateness,
    "ratio": decimal,
    "times a year": decimal,
    "times": brief,
    "date": date,
    "month": month,
    "quarter": quarter,
    "text": text,
    "said": lambda value: spoken(text(value)),
    "bucket": bucket,
    "name": lambda value: NULL if pd.isna(value) else name(value),
}
SHORT: dict[str, Callable[..., str]] = FORMATS | {"money": money, "days": days}
DIFFERENCES: dict[str, Callable[..., str]] = FORMATS | {
    "share": points,
    "percent": lambda value: points(value if pd.isna(value) else value / 100),
    "days": lambda value: (
        NULL if pd.isna(value) else f"{brief(value)}{NBSP}{'day' if brief(abs(value)) == '1' else 'days'}"
    ),
}
OF_THE_ROW = {"unit": FORMATS | {"days": days}, "change": DIFFERENCES}
"""How a column is written whose unit is the one that the column `unit` of its row names."""

OF_ITS_CURRENCY = "own money"
"""The unit of money that is in the currency which the column `currency` of its row names."""


def currency_of(numbers: pd.DataFrame) -> str:
    """The currency that a frame says its money is in; nothing where none is named."""
    return str(numbers.attrs.get("currency", ""))


def in_currency(how: Callable[..., str], currency: str) -> Callable[..., str]:
    """The format, which writes exact money with the decimals of a currency."""
    return partial(exact, currency=currency) if how is exact else how


def short(value: Any, unit: str, currency: str = "") -> str:
    """A value of a unit as cards and sentences write it: 2.94 M, 52 days, 72 %."""
    return in_currency(SHORT[unit], currency)(value)


def size(difference: float, unit: str, currency: str = "") -> str:
    """How far a measure of a unit moved: 3 points, 12 days, 1.2 k."""
    formats = DIFFERENCES if unit in ("share", "percent") else SHORT
    return in_currency(formats[unit], currency)(difference)
