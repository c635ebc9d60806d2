"""Payment plans that an account's own record can carry.

For who is past due for long enough and pays in many months: as many equal monthly instalments as it takes when each is
no more than what three in four of its paying months have brought, within a longest term; on the day of the month on
which it mostly pays, or the next working day. In the currency of the invoices, each currency a plan of its own. What is
under an open dispute is left out.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from ibis import _

from arforecast.actions.accounts import names
from arforecast.actions.rating import DEFAULT_DAYS
from arforecast.currencies import decimals, written
from arforecast.forecast.calendar import DAY, MONTH, Days, Ints, OpenDays, working_days
from arforecast.forecast.exposure import Lives, ended_on, unrolled
from arforecast.kpis.balances import under_dispute
from arforecast.kpis.service import answered
from arforecast.ledger import valued_at_close
from arforecast.snapshot import Facts, fetched, in_own_currency, month_ends, own_positions, total

COLUMNS = [
    "customer_id", "name", "currency", "debt_balance", "instalments", "instalment_amount", "first_on", "last_on",
    "paying_months", "agreements", "agreements_kept", "p_kept", "plan",
]  # fmt: skip
MEANINGS = {
    "debt_balance": "What is past due and not disputed, in the currency of its invoices.",
    "instalment_amount": "Each instalment but the last, which is the rest: the debt in equal parts, none above what "
    "was paid in three of four paying months.",
    "paying_months": "In how many of the last 24 months it paid something in that currency.",
    "agreements": "What it agreed to pay: promises due in the last 365 days, and plans of which an instalment fell "
    "due.",
    "agreements_kept": "Of these, promises kept, and plans of which no instalment was 90 days past due.",
    "p_kept": "The chance that the plan is kept: the share of its agreements kept, drawn to that of all as if it had "
    "three more. Not known where the ledger holds neither promises nor plans.",
    "plan": "The plan in words.",
}
MONTHS, QUANTILE, NOTICE_DAYS = 24, 0.25, 7
# How many agreements the share of all is worth.
STRENGTH = 3


def plans(facts: Facts, known: Lives, as_of: date) -> pd.DataFrame:
    """One row a customer and currency to whom a plan is proposed, first whose debt is worth most; see MEANINGS."""
    proposed, dated = _proposed(facts, as_of), working_days(known.holidays)
    parts = _parts(proposed, as_of, dated).groupby("plan")
    kept = past_plans(planned(facts, as_of), known, as_of)
    told = proposed.join(agreements(answers(facts), kept, proposed.customer_id)).assign(
        name=names(facts.books, proposed.customer_id),
        debt_balance=in_own_currency(proposed.debt, proposed.currency),
        instalment_amount=in_own_currency(parts.amount.first(), proposed.currency),
        last_amount=in_own_currency(parts.amount.last(), proposed.currency),
        first_on=parts.due_on.first(),
        last_on=parts.due_on.last(),
    )
    rows = told.assign(plan=[_said(row) for row in told.itertuples()])
    return rows.sort_values(["worth", "customer_id"], ascending=[False, True], ignore_index=True)[COLUMNS]


def instalments(facts: Facts, known: Lives, as_of: date) -> pd.DataFrame:
    """The instalments of the plans that are proposed: customer_id, currency, instalment (1, 2, ...), due_on, amount in
    that currency; they add up to the debt."""
    proposed = _proposed(facts, as_of)
    parts = _parts(proposed, as_of, working_days(known.holidays))
    rows = parts.join(proposed[["customer_id", "currency"]], on="plan")
    rows = rows.assign(
        amount=in_own_currency(rows.amount, rows.currency), instalment=parts.groupby("plan").cumcount() + 1
    )
    return rows[["customer_id", "currency", "instalment", "due_on", "amount"]].reset_index(drop=True)


def _said(plan: Any) -> str:
    """The plan in words."""
    each, last = (written(amount, plan.currency) for amount in (plan.instalment_amount, plan.last_amount))
    rest = "" if last == each else f", the last of {last}"
    return (
        f"{plan.instalments} monthly instalments of {each} {plan.currency}{rest}, from "
        f"{plan.first_on:%Y-%m-%d} to {plan.last_on:%Y-%m-%d}"
    )


# Who can carry how much


def _proposed(facts: Facts, as_of: date) -> pd.DataFrame:
    """The debts that need more than one instalment and no more than are allowed: customer_id, currency, debt (minor
    units), worth, instalments, payday, paying_months."""
    rules = facts.books.settings.plans
    debts = _debts(facts, as_of).merge(
        carried(paid(facts, carried_since(as_of), as_of), as_of), on=["customer_id", "currency"]
    )
    able = debts[(debts.oldest >= rules.from_past_due_days) & (debts.paying_months >= rules.paying_months)]
    count = np.ceil(able.debt / able.carries).astype("int64")
    long = able.assign(instalments=count)[(count > 1) & (count <= rules.longest_months)]
    return long.sort_values(["customer_id", "currency"], ignore_index=True)


def _debts(facts: Facts, as_of: date) -> pd.DataFrame:
    """What is past due and not disputed: customer_id, currency, debt, worth (in the reporting currency, by which debts
    in several are compared), oldest (days past due)."""
    day = facts.calendar.select(on="as_of")
    contested = under_dispute(facts, day).select("invoice_id")
    late = own_positions(facts, day).filter((_.balance > 0) & (_.days_past_due > 0)).anti_join(contested, "invoice_id")
    priced = valued_at_close(facts.books, late.mutate(worth=late.balance), "on", "worth")
    sums = priced.group_by("customer_id", "currency").aggregate(
        debt=total(priced.balance), worth=total(priced.worth), oldest=_.days_past_due.max()
    )
    return fetched(sums)


def paid(facts: Facts, since: date, as_of: date) -> pd.DataFrame:
    """What each customer paid by day from `since` on, known at as_of: customer_id, currency, happened_on, entered_on,
    paid."""
    cash = facts.entries.filter((_.kind == "cash") & (_.entered_on <= as_of) & (_.happened_on >= since))
    by = ("customer_id", "currency", "happened_on", "entered_on")
    rows = fetched(cash.group_by(*by).aggregate(paid=total(-cash.change)))
    return rows.assign(happened_on=pd.to_datetime(rows.happened_on), entered_on=pd.to_datetime(rows.entered_on))


def carried(paid: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What each customer can carry by the months in which it was known at as_of to have paid: customer_id, currency,
    carries (what three in four of them brought), payday (the day of the month on which it paid most often),
    paying_months."""
    lately = paid[(paid.entered_on <= pd.Timestamp(as_of)) & (paid.happened_on >= pd.Timestamp(carried_since(as_of)))]
    of = ["customer_id", "currency"]
    daily = lately.groupby([*of, "happened_on"], as_index=False).paid.sum()
    months = daily.groupby([*of, daily.happened_on.dt.to_period("M").rename("month")]).paid.sum()
    paying = months[months > 0].groupby(of)
    paydays = daily[daily.paid > 0].assign(payday=daily.happened_on.dt.day).groupby([*of, "payday"]).size()
    often = (
        paydays.rename("times").reset_index().sort_values([*of, "times", "payday"], ascending=[True, True, False, True])
    )
    carries = paying.quantile(QUANTILE, interpolation="lower").rename("carries")
    first = often.drop_duplicates(of).set_index(of).payday
    return pd.concat([carries, paying.size().rename("paying_months"), first], axis=1, join="inner").reset_index()


def carried_since(as_of: date) -> date:
    """The first day of the months that say what is carried."""
    return month_ends(as_of, MONTHS)[0].replace(day=1)


# The instalments


def _parts(proposed: pd.DataFrame, as_of: date, working: OpenDays) -> pd.DataFrame:
    """The instalments of each plan, in whole units of its currency but for the last: plan (its row), due_on, amount in
    minor units."""
    count = proposed.instalments.to_numpy(np.int64)
    plan, nth = unrolled(np.zeros(len(count), dtype=np.int64), count)
    unit = 10 ** proposed.currency.map(decimals).to_numpy(np.int64)
    debt = proposed.debt.to_numpy(np.int64)
    # Whole units only where that leaves something for the last one.
    equal = -(-debt // count)
    round_up = -(-equal // unit) * unit
    each = np.where((round_up * (count - 1) < debt) & (round_up <= proposed.carries.to_numpy()), round_up, equal)
    amount = np.where(nth < count[plan] - 1, each[plan], (debt - each * (count - 1))[plan])
    on = _paying_dates(as_of, proposed.payday.to_numpy(np.int64)[plan], nth, working)
    return pd.DataFrame({"plan": plan, "due_on": pd.to_datetime(on), "amount": amount})


def _paying_dates(as_of: date, payday: Ints, nth: Ints, working: OpenDays) -> Days:
    """The nth paying day from a week after as_of on, on working days."""
    notice = np.datetime64(as_of + timedelta(days=NOTICE_DAYS))
    month = notice.astype("datetime64[M]")
    first = np.where(_day_of(month, payday) >= notice, 0, 1)
    return working.since(_day_of(month + first + nth, payday))


def _day_of(month: Any, payday: Ints) -> Days:
    """The day of a month, or its last."""
    last = (month + MONTH).astype("datetime64[D]") - DAY
    return np.minimum(month.astype("datetime64[D]") + (payday - 1), last)


# Whether it will be kept


def agreements(promises: pd.DataFrame, plans: pd.DataFrame, of: pd.Series) -> pd.DataFrame:
    """What each of some customers agreed to, and kept: agreements, agreements_kept, p_kept. `promises` and `plans` are
    what was agreed so far by all: customer_id, kept (1 or 0)."""
    every = pd.concat([promises, plans], ignore_index=True)
    sums = every.groupby("customer_id").kept.agg(["size", "sum"]).reindex(of, fill_value=0).set_axis(of.index)
    overall = every.kept.mean() if len(every) else np.nan
    chance = (sums["sum"] + STRENGTH * overall) / (sums["size"] + STRENGTH)
    return pd.DataFrame({"agreements": sums["size"], "agreements_kept": sums["sum"], "p_kept": chance})


def answers(facts: Facts) -> pd.DataFrame:
    """The promises of a year whose days of grace are over, on each day of the facts: as_of, customer_id, kept."""
    over = answered(facts, "before_365_on").filter(_.over)
    rows = fetched(over.select("as_of", "customer_id", kept=_.kept.cast("int64")))
    return rows.assign(as_of=pd.to_datetime(rows.as_of))


def planned(facts: Facts, as_of: date) -> pd.DataFrame:
    """The instalments of plans that are known at as_of: invoice_id, customer_id, plan_id, currency, issued_on, due_on,
    entered_on, amount (minor units of that currency)."""
    rows = facts.invoices.filter(_.plan_id.notnull() & (_.entered_on <= as_of))
    of, dated = ("invoice_id", "customer_id", "plan_id", "currency"), ("issued_on", "due_on", "entered_on")
    own = facts.books.tables["invoices"].select("invoice_id", "amount")
    parts = fetched(rows.select(*of, *dated).join(own, "invoice_id"))
    return parts.assign(**{name: pd.to_datetime(parts[name]) for name in dated})


def past_plans(planned: pd.DataFrame, known: Lives, as_of: date) -> pd.DataFrame:
    """The plans of which an instalment was known at as_of to have fallen due: customer_id, plan_id, kept (1 or 0)."""
    now = pd.Timestamp(as_of)
    parts = planned[(planned.entered_on <= now) & (planned.due_on < now)]
    place, ended = ended_on(known, parts.invoice_id, as_of)
    late = (ended - known.due_on[place]).astype(np.int64)
    kept = parts.assign(kept=(late < DEFAULT_DAYS).astype(np.int64))
    return kept.groupby(["customer_id", "plan_id"])[["kept"]].min().reset_index()
