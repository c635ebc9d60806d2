"""Where balances go and what of them will be lost: roll rates, vintages, expected credit losses, credit limits."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import ibis
import numpy as np
import pandas as pd
from ibis import _

from arforecast.kpis.balances import aged, bucket_names, companies
from arforecast.ledger import valued
from arforecast.schedules.sheet import YEAR_DAYS, days, first_day, known_at_issue, ordered, owed, share
from arforecast.snapshot import Facts, fetched, month_ends, pays, read, total

ENDS = ("paid", "credited", "written_off")
COHORTS, OLDEST = 24, 12
HISTORY_MONTHS = 36
LOWER, HIGHER = 0.8, 1.2


def roll_rates(facts: Facts, as_of: date) -> pd.DataFrame:
    """What becomes of open balances within a month: of the balance in an ageing bucket at a month-end, the share in
    each state at the next, over the twelve steps that end with as_of's month. paid: cash, bounced payments taken off,
    set-offs, withheld tax, bank charges and differences, less what was applied beyond the balance; credited: credit
    notes and discounts. The shares of a bucket add up to 1."""
    buckets = bucket_names(facts.books.settings.kpis.aging_edges)
    steps = fetched(_steps(facts, as_of)).sort_values(["from_bucket", "to_bucket"])
    left = steps.pivot(index="from_bucket", columns="to_bucket", values="left")
    gone = steps.groupby("from_bucket")[[*ENDS]].sum()
    wide = left.join(gone).reindex(index=buckets, columns=[*buckets, *ENDS]).fillna(0)
    cells = wide.T.rename_axis(index="to_state", columns="from_bucket").melt(ignore_index=False).reset_index()
    moved = cells.rename(columns={"value": "moved_amount"})[["from_bucket", "to_state", "moved_amount"]]
    whole = moved.groupby("from_bucket").moved_amount.transform("sum")
    return read(moved.assign(moved_share=share(moved.moved_amount, whole)), facts)


def _steps(facts: Facts, as_of: date) -> ibis.Table:
    """What became of the balances of a month-end by the next, at the rates of the first: from_bucket, to_bucket (empty
    where nothing is left), left, paid, credited, written_off."""
    steps = days(({"on": day, "next_on": after} for day, after in pairwise(month_ends(as_of, 13))), "on", "next_on")
    standing = steps.join(owed(facts, steps.select("on")), "on")
    taken = _taken(facts, standing, "next_on")
    by_invoice = taken.group_by("on", "invoice_id").aggregate(
        taken=total(taken.amount),
        credited=total(taken.amount, taken.kind.isin(["credit_note", "discount"])),
        written_off=total(taken.amount, taken.kind == "write_off"),
    )
    rows = standing.left_join(by_invoice, ["on", "invoice_id"]).drop("on_right", "invoice_id_right")
    left = ibis.greatest(rows.balance - rows.taken.fill_null(0), 0)
    bucket = aged(facts, rows.next_on.delta(rows.due_on, unit="day"))
    moved = rows.mutate(left=left, to_bucket=(left > 0).ifelse(bucket, ""))
    gone = moved.credited.fill_null(0) + moved.written_off.fill_null(0)
    paid = moved.mutate(paid=moved.balance - moved.left - gone)
    sums = {name: total(paid[name]) for name in ("left", *ENDS)}
    return paid.group_by("to_bucket", from_bucket="bucket").aggregate(**sums)


def _taken(facts: Facts, standing: ibis.Table, until: str) -> ibis.Table:
    """What reduced the balances of `standing` after their day `on`, up to the day `until`, at the rates of `on`: on,
    invoice_id, kind, amount."""
    reductions = facts.entries.filter(_.kind != "billed").select("invoice_id", "kind", "entered_on", amount=-_.change)
    within = (standing.on < reductions.entered_on) & (reductions.entered_on <= standing[until])
    rows = standing.join(reductions, (standing.invoice_id == reductions.invoice_id) & within)
    return valued(facts.books, rows.select("on", "invoice_id", "kind", "amount"), "on", "amount")


def vintage(facts: Facts, as_of: date) -> pd.DataFrame:
    """How fast a month's billing is collected: by month of issue, for the last 24 months that billed, what was paid by
    the end of the k-th month after (cash, set-offs, withheld tax) / amount issued; age 0 is the month of issue. Not
    defined while the k-th month is not over."""
    booked = known_at_issue(facts, as_of)
    first = 12 * as_of.year + as_of.month - COHORTS
    age = ibis.greatest(_month(booked.happened_on) - _month(booked.issued_on), 0)
    entries = booked.mutate(age_months=age.cast("int64")).filter(_month(booked.issued_on) > first)
    sums = entries.group_by("age_months", issue_month_on=first_day(entries.issued_on, "M")).aggregate(
        issued_amount=total(entries.amount, entries.kind == "billed"),
        cash_amount=total(entries.amount, pays(entries)),
    )
    return read(_triangle(fetched(sums), as_of), facts)


def _month(day: ibis.Value) -> ibis.Value:
    """Months counted through, so that a difference of two is a number of months."""
    return day.year() * 12 + day.month()


def _triangle(sums: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Every month of issue at every age, cash added up from age to age, empty where the month of that age lasts."""
    sums = sums.assign(issue_month_on=pd.to_datetime(sums.issue_month_on))
    issued = sums.groupby("issue_month_on").issued_amount.sum()
    cells = sums.pivot(index="issue_month_on", columns="age_months", values="cash_amount")
    collected = cells.reindex(columns=range(OLDEST + 1)).fillna(0).cumsum(axis=1)
    long = collected.T.rename_axis("age_months").melt(value_name="cash_amount", ignore_index=False).reset_index()
    ends = (long.issue_month_on.dt.to_period("M") + long.age_months).dt.end_time.dt.normalize()
    cash = long.cash_amount.where(ends <= pd.Timestamp(as_of))
    long = long.assign(issued_amount=long.issue_month_on.map(issued), cash_amount=cash)
    columns = ["issue_month_on", "issued_amount", "age_months", "cash_amount"]
    return long[columns].assign(collected_share=share(cash, long.issued_amount))


def expected_credit_loss(facts: Facts, as_of: date) -> pd.DataFrame:
    """What of the open balance will not be collected, by provision matrix: open balance of the ageing bucket x its
    loss rate x the forward factor of the settings, and the same with 0.8 and 1.2 times the factor. Loss rate: of the
    balances that stood in the bucket at the month-ends of the last 36 months that are 365 days old, the share written
    off within the 365 days after each. Not defined for a bucket in which nothing stood then; never more than the
    balance. Source: IFRS 9 B5.5.35."""
    factor = facts.books.settings.kpis.forward_factor
    buckets = pd.Index(bucket_names(facts.books.settings.kpis.aging_edges), name="bucket")
    standing = owed(facts, days([{"on": as_of}], "on"))
    now = read(standing.group_by("bucket").aggregate(open_balance=total(standing.balance)), facts).set_index("bucket")
    balances, rates = now.open_balance.reindex(buckets, fill_value=0.0), _loss_rates(facts, as_of).reindex(buckets)
    losses = {
        "expected_loss_amount": provision(balances, rates, factor),
        "expected_loss_low_amount": provision(balances, rates, LOWER * factor),
        "expected_loss_high_amount": provision(balances, rates, HIGHER * factor),
    }
    matrix = pd.DataFrame({"open_balance": balances, "loss_rate_share": rates, "forward_factor": factor, **losses})
    return matrix.reset_index()


def provision(balances: pd.Series, loss_rates: pd.Series, factor: float) -> pd.Series:
    """The expected loss of each bucket: balance x loss rate x factor, and never more than the balance.

    loss_rates: shares of 0-1 on the index of `balances`, null where there is no history; the loss is null then.
    """
    return balances * (loss_rates * factor).clip(upper=1)


def _loss_rates(facts: Facts, as_of: date) -> pd.Series:
    """The share of past balances that was written off within a year, by bucket; what is paid after all counts back."""
    year = timedelta(days=YEAR_DAYS)
    old = [day for day in month_ends(as_of, HISTORY_MONTHS + 1) if day + year <= as_of]
    ends = [day for day in old if not facts.books.notes.lacks(day)]
    spans = days(({"on": day, "until_on": day + year} for day in ends), "on", "until_on")
    standing = spans.join(owed(facts, spans.select("on")), "on")
    given_up = _taken(facts, standing, "until_on").filter(_.kind == "write_off")
    lost = given_up.group_by("on", "invoice_id").aggregate(lost=total(given_up.amount))
    rows = standing.left_join(lost, ["on", "invoice_id"])
    capped = ibis.greatest(ibis.least(rows.lost.fill_null(0), rows.balance), 0)
    sums = fetched(rows.group_by("bucket").aggregate(balance=total(rows.balance), lost=total(capped)))
    return share(sums.lost, sums.balance).set_axis(sums.bucket)


def credit_limit_use(facts: Facts, as_of: date) -> pd.DataFrame:
    """How much of its credit limit a customer uses: open balance / credit limit, and the balance over the limit; the
    customers that have a limit, the one that uses most first."""
    return _used(facts, owed(facts, days([{"on": as_of}], "on")), facts.books.tables["customers"])


def credit_limit_use_by_group(facts: Facts, as_of: date) -> pd.DataFrame:
    """As credit_limit_use, of groups of companies: the top parent and all below it, the parent included; who stands
    alone is a group of its own. The limit of a group is that of its parent, which is given for all of them, where the
    parent has one; else the sum of its members' limits, to which a member without one adds nothing. group_id and name
    are the parent's."""
    standing = owed(facts, days([{"on": as_of}], "on")).left_join(companies(facts), "customer_id")
    by_group = standing.mutate(customer_id=standing.company.fill_null(standing.customer_id))
    return _used(facts, by_group, _heads(facts)).rename(columns={"customer_id": "group_id"})


def _heads(facts: Facts) -> ibis.Table:
    """The top parent of each group of companies, with the limit of the group: customer_id, name, credit_limit."""
    customers = facts.books.tables["customers"].select("customer_id", "name", "credit_limit")
    members = customers.join(companies(facts), "customer_id")
    limits = members.group_by("company").aggregate(together=_.credit_limit.sum().cast("int64"))
    both = limits.left_join(customers, limits.company == customers.customer_id)
    return both.select("name", customer_id="company", credit_limit=both.credit_limit.fill_null(both.together))


def _used(facts: Facts, standing: ibis.Table, payers: ibis.Table) -> pd.DataFrame:
    """The use of their limits by those of `payers` that have one; of whom `standing` are the balances."""
    balances = standing.group_by("customer_id").aggregate(open_balance=total(standing.balance))
    rows = payers.filter(_.credit_limit.notnull()).left_join(balances, "customer_id")
    used = read(
        rows.select(
            "customer_id",
            name=rows.name.fill_null(rows.customer_id),
            open_balance=rows.open_balance.fill_null(0),
            credit_limit_amount=rows.credit_limit,
        ),
        facts,
    )
    over = (used.open_balance - used.credit_limit_amount).clip(lower=0)
    # A balance without any credit is beyond every share: it comes first, and its share is not defined.
    part = (used.open_balance / used.credit_limit_amount).fillna(0)
    first = ordered(used.assign(used_share=part, over_limit_amount=over), "used_share", "customer_id")
    return first.assign(used_share=first.used_share.replace(np.inf, np.nan))
