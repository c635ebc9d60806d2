"""What early payment is worth and late payment brings, by customer: discounts at the cost of capital, late fees, and
the terms that follow.

A discount of the share d for paying g days sooner costs d / (1 - d) of what is paid, once; the capital it frees earns
r x g / 365. It pays up to the share at which the two are equal:

    break_even_share = r x g / (365 + r x g)

g are the days that the customer takes without a discount, less those within which one is given. Who takes it may have
paid soon anyway: what an offer changed is not in the data, so g is the most that was gained.

Terms are proposed as the trade writes them, 2/10 net 30: a discount of 2 % within 10 days, else all within 30. The days
are those of the credit policy, the discount is the one offered where it pays, else the least that anybody pays sooner
for, where that pays.
"""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis import _

from arforecast.actions.accounts import names
from arforecast.actions.policy import judge
from arforecast.actions.rating import Conduct
from arforecast.kpis import known
from arforecast.schedules.sheet import YEAR_DAYS, known_at_issue, share
from arforecast.snapshot import Facts, fetched, pays, read, total

DISCOUNT_DAYS = 10
# Less than this nobody would pay sooner for.
LEAST = 0.005
COLUMNS = [
    "customer_id", "name", "verdict", "net_gain_amount", "billed_amount", "offered_amount", "taken_amount",
    "uptake_share", "discount_share", "break_even_share", "usual_days", "gained_days", "fees_amount",
    "fees_collected_amount", "fees_collected_share", "terms_days", "proposed_terms_days", "proposed_discount_share",
    "proposed_terms",
]  # fmt: skip
MEANINGS = {
    "verdict": "Whether the discount that is offered pays: pays, or costs more than it brings; could be offered where "
    "none is, and one of half a percent would pay; else empty.",
    "net_gain_amount": "What the discounts taken brought at the cost of capital, less what they were: the amounts paid "
    "by them x r x gained_days / 365 - taken_amount. Not known where a ledger tells of no discounts taken.",
    "billed_amount": "What was billed in the last 365 days, fees left out.",
    "offered_amount": "The discounts offered on it whose last day is over.",
    "taken_amount": "Those taken of them.",
    "uptake_share": "taken_amount / offered_amount.",
    "discount_share": "offered_amount / the amounts it was offered on.",
    "break_even_share": "The discount at which nothing is won or lost: r x gained_days / (365 + r x gained_days); r is "
    "cost_of_capital_share of the settings.",
    "usual_days": "The days from issue to payment of what was due and had no discount taken, by amount, part by part, "
    "so far where it is open.",
    "gained_days": "usual_days less the days within which the ledger's discounts are given, by amount; 10 where it has "
    "none.",
    "fees_amount": "Late fees charged in the last 365 days.",
    "fees_collected_amount": "What was paid of them.",
    "fees_collected_share": "fees_collected_amount / fees_amount.",
    "terms_days": "Its usual terms: the median of issue to due of the last 365 days.",
    "proposed_terms_days": "The same, but no longer than the credit policy gives its grade; 0 where it pays before "
    "delivery.",
    "proposed_discount_share": "discount_share where that pays; else half a percent where break_even_share is no less; "
    "else 0, as where the terms are no longer than the days within which a discount is given.",
    "proposed_terms": "Both, as the trade writes them: prepayment, of who pays before delivery; due on receipt; net "
    "30; 0.5/10 net 30 for half a percent within 10 days, else all within 30.",
}


def pricing(facts: Facts, own: Conduct, as_of: date) -> pd.DataFrame:
    """One row a customer billed in the last 365 days, who costs most by its discounts first; see MEANINGS. Money is in
    major units."""
    bills = _bills(facts, as_of)
    discount_days = _discount_days(bills)
    sums = _summed(bills, discount_days)
    rate = facts.books.settings.actions.cost_of_capital_share
    earned = rate * sums.gained_days / YEAR_DAYS
    rows = sums.assign(
        name=names(facts.books, sums.customer_id),
        uptake_share=share(sums.taken_amount, sums.offered_amount),
        discount_share=share(sums.offered_amount, sums.offered_on),
        break_even_share=earned / (1 + earned),
        net_gain_amount=(sums.taken_on * earned - sums.taken_amount).where(sums.taken_amount > 0, 0),
        fees_collected_share=share(sums.fees_collected_amount, sums.fees_amount),
    )
    if known.not_in_ledger(facts.books, needs="applications"):
        rows = rows.assign(**dict.fromkeys(("taken_amount", "uptake_share", "net_gain_amount"), np.nan))
    graded = judge(facts, own, [as_of])[["customer_id", "prepay", "terms_days", "proposed_terms_days"]]
    told = _with_terms(rows.assign(verdict=_verdicts(rows)).merge(graded, "left", "customer_id"), discount_days)
    return read(told.sort_values(["net_gain_amount", "customer_id"], ignore_index=True), facts)[COLUMNS]


def glossary() -> pd.DataFrame:
    """What the columns of `pricing` mean: kpi, meaning."""
    return pd.DataFrame(MEANINGS.items(), columns=["kpi", "meaning"])


def _bills(facts: Facts, as_of: date) -> pd.DataFrame:
    """What was billed in the year and became of it, money in minor units: customer_id, fee, issued_on, due_on,
    discount_until, billed, offered (once its last day is over), taken, paid, owed (what was settled or is open), and
    owed_days, each part of it times the days it took, so far where it is open."""
    since = as_of - timedelta(days=YEAR_DAYS)
    issued = facts.invoices.filter((_.entered_on <= as_of) & (_.issued_on > since) & (_.issued_on <= as_of))
    booked = known_at_issue(facts, as_of)
    settles, days = booked.kind != "billed", booked.happened_on.delta(booked.issued_on, unit="day")
    sums = booked.group_by("invoice_id").aggregate(
        billed=total(booked.amount, ~settles),
        taken=total(booked.amount, booked.kind == "discount"),
        paid=total(booked.amount, pays(booked)),
        settled=total(booked.amount, settles),
        settled_days=total(booked.amount * ibis.greatest(days, 0), settles),
    )
    of = ("invoice_id", "customer_id", "kind", "issued_on", "due_on", "discount_until", "discount_amount")
    rows = fetched(issued.select(*of).join(sums, "invoice_id").order_by("invoice_id"))
    dated = {name: pd.to_datetime(rows[name]) for name in ("issued_on", "due_on", "discount_until")}
    over = dated["discount_until"] < pd.Timestamp(as_of)
    open_ = (rows.billed - rows.settled).clip(lower=0)
    return rows.assign(
        **dated,
        fee=rows.kind == "fee",
        offered=rows.discount_amount.fillna(0).where(over, 0).astype(float),
        owed=rows.settled + open_,
        owed_days=rows.settled_days + open_ * (pd.Timestamp(as_of) - dated["issued_on"]).dt.days,
        due=dated["due_on"] < pd.Timestamp(as_of),
    )


def _discount_days(bills: pd.DataFrame) -> float:
    """Within how many days the ledger's discounts are given, by amount."""
    offers = bills[bills.offered > 0]
    days = (offers.discount_until - offers.issued_on).dt.days
    return float(np.average(days, weights=offers.billed)) if len(offers) else DISCOUNT_DAYS


def _summed(bills: pd.DataFrame, discount_days: float) -> pd.DataFrame:
    """The sums of each customer."""
    sold, fees = bills[~bills.fee], bills[bills.fee]
    slow = sold[(sold.taken == 0) & sold.due]
    parts = {
        "billed_amount": sold.groupby("customer_id").billed.sum(),
        "offered_amount": sold.groupby("customer_id").offered.sum(),
        "offered_on": sold[sold.offered > 0].groupby("customer_id").billed.sum(),
        "taken_amount": sold[sold.offered > 0].groupby("customer_id").taken.sum(),
        "taken_on": sold[(sold.offered > 0) & (sold.taken > 0)].groupby("customer_id").paid.sum(),
        "fees_amount": fees.groupby("customer_id").billed.sum(),
        "fees_collected_amount": fees.groupby("customer_id").paid.sum(),
        "usual_days": share(slow.groupby("customer_id").owed_days.sum(), slow.groupby("customer_id").owed.sum()),
    }
    rows = pd.DataFrame(parts).rename_axis("customer_id").reset_index()
    sums = rows.fillna(dict.fromkeys([name for name in parts if name != "usual_days"], 0))
    return sums.assign(gained_days=(sums.usual_days - discount_days).clip(lower=0))


def _verdicts(rows: pd.DataFrame) -> list[str]:
    """In a word, what becomes of the discount."""
    offered, told = rows.offered_amount > 0, rows.break_even_share.notna()
    pays_off = rows.discount_share <= rows.break_even_share
    words = np.select(
        [offered & told & pays_off, offered & told, ~offered & (rows.break_even_share >= LEAST)],
        ["pays", "costs more than it brings", "could be offered"],
        "",
    )
    return [str(word) for word in words]


def _with_terms(rows: pd.DataFrame, discount_days: float) -> pd.DataFrame:
    """The rows with the terms that follow from their figures."""
    least = np.where(rows.break_even_share >= LEAST, LEAST, 0.0)
    discount = rows.discount_share.round(3).where(rows.verdict == "pays", least)
    proposed = discount.where(rows.proposed_terms_days > discount_days, 0.0)
    words = pd.Series(
        [_terms(*row, discount_days) for row in zip(proposed, rows.proposed_terms_days, strict=True)], rows.index, "str"
    )
    return rows.assign(proposed_discount_share=proposed, proposed_terms=words.mask(rows.prepay, "prepayment"))


def _terms(discount: float, days: float, discount_days: float) -> str:
    if days == 0:
        return "due on receipt"
    return (f"{100 * discount:.3g}/{discount_days:.0f} " if discount else "") + f"net {days:.0f}"
