"""What the credit policy would have done in the past: each month's sales under its rules as of the close before.

A sale is an invoice that is no fee. It is refused while orders are held, asked to be prepaid below the grade, refused
where what was open at the close before, and was billed since with it, is beyond the limit; else it is kept. What became
of it is known: what a refused customer would have done elsewhere, whether it would have prepaid, and what it would have
bought or paid had it been refused before, no ledger tells.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from arforecast.actions import policy
from arforecast.actions.policy import judge
from arforecast.actions.rating import Conduct
from arforecast.forecast.calendar import Ints
from arforecast.forecast.exposure import ended_on
from arforecast.schedules.sheet import share
from arforecast.snapshot import Facts, at_issue, fetched, month_ends, opening, pays, read, total

MONTHS = 24
UNSEEN = (
    "Not in the data: what a refused customer would have done elsewhere, whether it would have prepaid, and what it "
    "would have bought or paid had it been refused before."
)
MONEY = ("sales_amount", "cash_amount", "written_off_amount", "open_balance")
DECISIONS = ("hold", "prepayment", "over limit", "keep")
SALES = [
    "month_on", "customer_id", "invoice_id", "issued_on", "grade", "decision", "sales_amount", "cash_amount",
    "written_off_amount", "open_balance", "days_late", "terms_days", "proposed_terms_days",
]  # fmt: skip
MEANINGS = {
    "sales_amount": "The invoices issued in the month, fees left out, each rounded to the cent where it is converted: "
    "refused_amount + kept_amount.",
    "hold_amount": "Of these what was sold while orders would have been held.",
    "prepayment_amount": "What would have had to be prepaid.",
    "over_limit_amount": "What would have been beyond the limit.",
    "refused_amount": "hold_amount + prepayment_amount + over_limit_amount: not sold on credit.",
    "kept_amount": "What would have been sold as it was.",
    "cash_amount": "What was paid on the sales so far, set-offs and withheld tax included: cash_forgone_amount + "
    "cash_kept_amount.",
    "cash_forgone_low_amount": "The cash of refused sales, but for prepayment: nothing of that is lost if all prepay.",
    "cash_forgone_amount": "The cash of all refused sales: what is lost at most.",
    "cash_kept_amount": "The cash of the sales kept.",
    "written_off_amount": "What was written off of the sales so far. Not known where a ledger tells of no write-offs, "
    "nor are the losses.",
    "loss_avoided_amount": "The part of it on refused sales.",
    "loss_avoided_high_amount": "The same, and what is open of them: the loss if nothing more comes.",
    "days_late": "The days late of the sales, by amount, so far where they are open.",
    "kept_days_late": "The same of the sales kept.",
    "shortened_amount": "Kept sales whose terms would have been shorter.",
    "shortened_days": "By how many days, by amount.",
}


def sales(facts: Facts, own: Conduct, as_of: date) -> pd.DataFrame:
    """One row a sale of the last 24 months: SALES, with its decision (hold, prepayment, over limit, keep), what became
    of it by as_of (cash_amount with set-offs and withheld tax, written_off_amount, open_balance), and days_late, so far
    where it is open. Money is in major units."""
    judged = judge(facts, own, _closes(facts, as_of)).rename(columns={"open_balance": "open_before"})
    rows = _sold(facts, own, as_of).merge(judged.drop(columns="terms_days"), on=["as_of", "customer_id"])
    told = rows.assign(decision=_decisions(rows), month_on=rows.issued_on.dt.to_period("M").dt.to_timestamp())
    known_losses = told if own.losses is not None else told.assign(written_off_amount=np.nan)
    return read(known_losses, facts)[SALES].sort_values(["month_on", "invoice_id"], ignore_index=True)


def _closes(facts: Facts, as_of: date) -> list[date]:
    """The closes before the months, where the ledger knows them."""
    return [day for day in map(opening, month_ends(as_of, MONTHS)) if not facts.books.notes.lacks(day)]


def _sold(facts: Facts, own: Conduct, as_of: date) -> pd.DataFrame:
    """What was sold, and what became of it, in whole minor units; as_of is the close before."""
    fees = facts.invoices.filter(_.kind == "fee").select("invoice_id")
    booked = at_issue(facts).filter(_.entered_on <= as_of).anti_join(fees, "invoice_id")
    sums = booked.group_by("invoice_id", "customer_id", "issued_on", "due_on").aggregate(
        sales_amount=total(booked.amount, booked.kind == "billed"),
        cash_amount=total(booked.amount, pays(booked)),
        written_off_amount=total(booked.amount, booked.kind == "write_off"),
        open_balance=total((booked.kind == "billed").ifelse(booked.amount, -booked.amount)),
    )
    rows = fetched(sums.order_by("customer_id", "issued_on", "invoice_id"))
    # Sums are exact from here on, in every currency.
    whole = {name: rows[name].round() for name in MONEY}
    dated = {name: pd.to_datetime(rows[name]) for name in ("issued_on", "due_on")}
    close = (dated["issued_on"].dt.to_period("M").dt.to_timestamp() - pd.Timedelta(days=1)).dt.date
    terms = (dated["due_on"] - dated["issued_on"]).dt.days
    return rows.assign(**whole, **dated, as_of=close, terms_days=terms, days_late=_days_late(own, rows, as_of))


def _days_late(own: Conduct, rows: pd.DataFrame, as_of: date) -> Ints:
    place, ended = ended_on(own.known, rows.invoice_id, as_of)
    return (ended - own.known.due_on[place]).astype(np.int64).clip(min=0)


def _decisions(rows: pd.DataFrame) -> NDArray[np.str_]:
    """What the rules come to; rows are in the order in which they were issued."""
    since = rows.groupby(["as_of", "customer_id"]).sales_amount.cumsum()
    over = rows.open_before + since > rows.proposed_limit_amount
    return np.select([rows.hold, rows.prepay, over], DECISIONS[:-1], DECISIONS[-1])


def by_month(sales: pd.DataFrame) -> pd.DataFrame:
    """What the policy would have done, a row a month: month_on, and see MEANINGS. Money is in major units."""
    sums = _parts(sales).groupby("month_on").sum(min_count=1).round(4)
    sums["days_late"] = share(sums.late_days, sums.sales_amount)
    sums["kept_days_late"] = share(sums.kept_late_days, sums.kept_amount)
    sums["shortened_days"] = share(sums.shorter_days, sums.shortened_amount)
    return sums.reset_index()[["month_on", *MEANINGS]]


def _parts(sales: pd.DataFrame) -> pd.DataFrame:
    """What each sale adds to its month."""
    sold, cash, lost = sales.sales_amount, sales.cash_amount, sales.written_off_amount
    hold, prepayment, over, kept = (sales.decision == decision for decision in DECISIONS)
    shorter = (sales.terms_days - sales.proposed_terms_days).clip(lower=0).where(kept, 0)
    added = {
        "hold_amount": sold.where(hold, 0),
        "prepayment_amount": sold.where(prepayment, 0),
        "over_limit_amount": sold.where(over, 0),
        "refused_amount": sold.where(~kept, 0),
        "kept_amount": sold.where(kept, 0),
        "cash_forgone_low_amount": cash.where(hold | over, 0),
        "cash_forgone_amount": cash.where(~kept, 0),
        "cash_kept_amount": cash.where(kept, 0),
        "loss_avoided_amount": lost.where(~kept | lost.isna(), 0),
        "loss_avoided_high_amount": (lost + sales.open_balance).where(~kept | lost.isna(), 0),
        "shortened_amount": sold.where(shorter > 0, 0),
        "late_days": sold * sales.days_late,
        "kept_late_days": (sold * sales.days_late).where(kept, 0),
        "shorter_days": sold * shorter,
    }
    return sales[["month_on", "sales_amount", "cash_amount", "written_off_amount"]].assign(**added)


def glossary() -> pd.DataFrame:
    """What the columns of the policy, today and by month, mean: kpi, meaning."""
    return pd.DataFrame((policy.MEANINGS | MEANINGS).items(), columns=["kpi", "meaning"])
