"""Why cash came otherwise than forecast: the error of each week, split into parts that add up to it.

Error = forecast - actual: above zero, less came than was said. A budget is explained so: what was billed is valued at
the rates at which it was expected to be paid, and what is left is how it was paid.

    billing level    expected billing of known customers, were it as high in all as theirs was, would have brought so
                     much more or less
    billing timing   ... and in the weeks in which it was billed
    payment timing   what was to be settled in the week, of what was open and what was billed, less what was; as cash
    amount           of what was settled, what was to come as cash less what came: credited, written off, paid over
    new customers    what those first billed after the day were to bring, at their share in the eight weeks up to it,
                     less what they brought
    rest             what rested on balances that the ledger has since come to tell otherwise, and nothing else
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis import _

from arforecast.forecast import cash
from arforecast.forecast.backtest import Past, none
from arforecast.forecast.billing import TEMPLATE_WEEKS, of_day, weeks_since
from arforecast.forecast.calendar import DAY, Floats
from arforecast.forecast.hazard import RANGES
from arforecast.forecast.payment_time import Distribution, readings
from arforecast.snapshot import Facts, fetched, positions, total

PARTS = ("billing_level", "billing_timing", "payment_timing", "amount", "new_customers", "rest")
MONEY = ("forecast", "p10", "p90", "actual", "error", *PARTS)
RECENT_DAYS = 7 * TEMPLATE_WEEKS


@dataclass(frozen=True)
class Compared:
    """The forecasts of a book beside what came.

    errors: see `explained`. accuracy: see `arforecast.forecast.accuracy.by_month`.
    """

    errors: pd.DataFrame
    accuracy: pd.DataFrame

    def _repr_html_(self) -> str:
        return str(self.errors.to_html(index=False, border=0))


# ------------------------------------------------------------------ what was expected


def expectations(known: cash.Flows, then: Past, weeks: int) -> pd.DataFrame:
    """What the errors of a forecast will be explained by, in minor units: week, component and

    of open_book: open_balance, what is owed on the day; settled, what of it is expected to be settled in the week, as
    cash or otherwise. Of unbilled: billed, the billing expected in the week; billed_new, how much of it to customers
    who have no invoice yet; collected_share and settled_share, what of a bill comes as cash, and is settled at all, in
    the week-th week from its issue.
    """
    billed, recent = _billing(known, then.origin, weeks), _recent(then)
    owed = {"open_balance": np.full(weeks, then.invoices.balance.sum()), "settled": _settled(then, weeks)}
    new = {"billed": billed, "billed_new": billed * _new(recent, weeks)}
    every, cash_alone = np.ones(RANGES), cash.cash_shares(known.reductions, then.origin)
    share = {
        "collected_share": _paid(then, recent, cash_alone, weeks),
        "settled_share": _paid(then, recent, every, weeks),
    }
    nth = pd.RangeIndex(1, weeks + 1, name="week")
    parts = [_whole(owed, nth).assign(component="open_book"), _whole(new, nth).assign(component="unbilled", **share)]
    return pd.concat(parts).reset_index()


def _whole(money: Mapping[str, Floats], nth: pd.Index) -> pd.DataFrame:
    """Whole minor units."""
    return pd.DataFrame(money, nth).astype(float).round().astype("Int64")


def _settled(then: Past, weeks: int) -> Floats:
    """The balances expected to be settled by week."""

    def read(settled: Distribution) -> Floats:
        return settled.p_settled.reshape(len(settled.p_settled), weeks, 7).sum(axis=2)

    chance = readings(then.model, then.invoices, then.origin, 7 * weeks, read)
    return np.asarray(then.invoices.balance.to_numpy(float) @ chance)


def _billing(known: cash.Flows, day: date, weeks: int) -> Floats:
    """The billing expected by week: what is agreed, and what each week begins to bill as the last eight did."""
    agreed, begun = of_day(known.scheduled, day), of_day(known.begun, day)
    start = day - timedelta(days=RECENT_DAYS)
    waits = weeks_since(begun.issued_on, start) - weeks_since(begun.begun_on, start)
    ahead = weeks_since(agreed.issued_on, day)
    near, soon = ahead < weeks, (waits >= 0) & (waits < weeks)
    of_a_week = np.bincount(waits[soon], begun.amount.to_numpy(float)[soon], weeks) / TEMPLATE_WEEKS
    scheduled = np.bincount(ahead[near], agreed.amount.to_numpy(float)[near], weeks)
    return np.asarray(scheduled + cash.billing_multiples(known, day, weeks) @ cash.spread(of_a_week), dtype=float)


def _recent(then: Past) -> pd.DataFrame:
    """The invoices issued in the eight weeks up to the day, with age_days, how long their customer was one then."""
    known, now = then.known, np.datetime64(then.origin)
    first = np.full(len(known.customers), np.datetime64("9999-12-31", "D"))
    np.minimum.at(first, known.customer, known.issued_on)
    place = np.flatnonzero(
        (known.issued_on > now - RECENT_DAYS * DAY) & (known.issued_on <= now) & (known.entered_on <= now)
    )
    rows = {
        "customer_id": known.customers[known.customer[place]],
        "issued_on": known.issued_on[place],
        "due_on": known.due_on[place],
        "amount": known.amount[place],
        "balance": known.amount[place],
        "begun_on": known.issued_on[place],
        "age_days": (known.issued_on[place] - first[known.customer[place]]).astype(np.int64),
    }
    return pd.DataFrame(rows)


def _new(recent: pd.DataFrame, weeks: int) -> Floats:
    """Of what is billed in the 1st, 2nd, ... week, the share of customers first billed after the day: as much as those
    had in the last eight weeks who were customers for no longer than to the middle of that week."""
    amount = recent.amount.to_numpy(float)
    youngest = recent.age_days.to_numpy()[:, None] < 7 * np.arange(1, weeks + 1)[None, :] - 3
    return np.asarray((amount @ youngest) / max(amount.sum(), 1))


def _paid(then: Past, recent: pd.DataFrame, shares: Floats, weeks: int) -> Floats:
    """Of a bill the part that is paid in the 1st, 2nd, ... week from issue; shares: what counts of it, by age."""
    daily = cash.profile(cash.repeated(then.model, recent, shares, then.origin, weeks))
    return daily.reshape(-1, 7).sum(axis=1) / max(recent.amount.sum() / TEMPLATE_WEEKS, 1)


# ------------------------------------------------------------------ what came, and why otherwise


def explained(facts: Facts, said: pd.DataFrame) -> pd.DataFrame:
    """The weeks that are over of forecasts in the book, one row an origin and week: origin, kept_on (the day it was put
    into the book, which is later where it was made again), horizon_week, week_end, and in major units forecast, p10,
    p90, actual, error and PARTS. The parts add up to the error to the minor unit.

    said: see `arforecast.forecast.book.counted`.
    """
    columns = ["origin", "kept_on", "horizon_week", "week_end", *MONEY]
    said = said[said.until_on <= pd.Timestamp(facts.days[-1])]
    if said.empty:
        return none(columns)
    happened = came(facts, [on.date() for on in said.as_of.unique()], int(said.week.max()))
    rows = [_explained(part, happened[happened.origin == on]) for on, part in said.groupby("as_of")]
    table, minor = pd.concat(rows, ignore_index=True), 10**facts.books.settings.ledger.decimals
    return table.assign(**{name: table[name] / minor for name in MONEY})[columns]


def came(facts: Facts, origins: Sequence[date], weeks: int) -> pd.DataFrame:
    """What happened in each whole week after each origin, as known on the last day of `facts`, in minor units.

    origin, week (0 for the origin itself), open_balance of the invoices known by the origin, and later_balance of the
    later ones of customers who had one by then; of the week billed, to these customers, and the cash: open_cash,
    later_cash and new_cash, on invoices known by the origin, on later ones of these customers, and of other customers.
    """
    ends = [(on, week, on + timedelta(weeks=week)) for on in origins for week in range(weeks + 1)]
    over = [(on, week, end - timedelta(days=7), end) for on, week, end in ends if end <= facts.days[-1]]
    names = {"origin": "date", "week": "int64", "after": "date", "on": "date"}
    calendar = ibis.memtable(pd.DataFrame(over, columns=list(names)), schema=names)
    first = facts.invoices.group_by("customer_id").aggregate(first_on=_.entered_on.min())
    keys = ["origin", "week"]
    rows = calendar.select(*keys).to_pandas()
    for part in (_held(facts, calendar, first), _moved(facts, calendar, first)):
        rows = rows.merge(fetched(part), "left", keys)
    return rows.fillna(0).assign(origin=pd.to_datetime(rows.origin)).sort_values(keys, ignore_index=True)


def _held(facts: Facts, calendar: ibis.Table, first: ibis.Table) -> ibis.Table:
    """What is owed at the end of each week."""
    owed = positions(facts, calendar).filter(_.balance > 0).join(first, "customer_id")
    before, later = owed.entered_on <= owed.origin, (owed.entered_on > owed.origin) & (owed.first_on <= owed.origin)
    return owed.group_by("origin", "week").aggregate(
        open_balance=total(owed.balance, before), later_balance=total(owed.balance, later)
    )


def _moved(facts: Facts, calendar: ibis.Table, first: ibis.Table) -> ibis.Table:
    """What is billed and paid in each week."""
    booked = facts.entries.filter(_.kind.isin(["cash", "billed"])).join(first, "customer_id")
    moved = calendar.join(booked, (booked.entered_on > calendar.after) & (booked.entered_on <= calendar.on))
    paid, old, known = moved.kind == "cash", moved.billed_on <= moved.origin, moved.first_on <= moved.origin
    return moved.group_by("origin", "week").aggregate(
        billed=total(moved.amount, ~paid & known),
        open_cash=total(moved.amount, paid & old),
        later_cash=total(moved.amount, paid & ~old & known),
        new_cash=total(moved.amount, paid & ~known),
    )


def _explained(said: pd.DataFrame, happened: pd.DataFrame) -> pd.DataFrame:
    """One forecast beside what came, by week that is over, in minor units."""
    of = {name: rows.set_index("week") for name, rows in said.groupby("component")}
    weeks = len(of["total"])
    came = happened.set_index("week").loc[:weeks]
    paid = came[["open_cash", "later_cash", "new_cash"]].sum(axis=1).round().loc[1:]
    total = of["total"][["mean", "p10", "p90", "until_on"]].rename(columns={"mean": "forecast", "until_on": "week_end"})
    error = (total.forecast - paid).to_numpy(float)
    owed, new = _of_open(of["open_book"], came), _of_later(of["unbilled"], came)
    parts = {name: owed.get(name, 0) + new.get(name, np.zeros(weeks)) for name in PARTS}
    kept_on = said.written_at.iloc[0].tz_localize(None).normalize()
    rows = total.assign(
        origin=said.as_of.iloc[0], kept_on=kept_on, actual=paid, error=error, **_adding_up(parts, error)
    )
    return rows.rename_axis("horizon_week").reset_index()


def _of_open(said: pd.DataFrame, came: pd.DataFrame) -> dict[str, Floats]:
    """Of the invoices that were open. What they owed then by the ledger of now is what they are judged by."""
    forecast, settled = _floats(said["mean"]), _floats(said.settled)
    then, now = float(said.open_balance.iloc[0]), float(came.open_balance.iloc[0])
    still, reduced = now / then if then else 1.0, -np.diff(_floats(came.open_balance))
    as_cash = _over(forecast, settled, 1.0)
    return {
        "payment_timing": as_cash * (settled * still - reduced),
        "amount": as_cash * reduced - _floats(came.open_cash)[1:],
        "rest": forecast - as_cash * settled * still,
    }


def _of_later(said: pd.DataFrame, came: pd.DataFrame) -> dict[str, Floats]:
    """Of the invoices that were not issued yet. Where no billing was expected, all that came is billing level."""
    forecast, expected, new = (_floats(said[name]) for name in ("mean", "billed", "billed_new"))
    billed, paid = _floats(came.billed)[1:], _floats(came.later_cash)[1:]
    usual, settled = _by_lag(said.collected_share), _by_lag(said.settled_share)
    # So that what was to be billed brings what was forecast.
    rates = usual * _over(forecast, expected @ usual, 0.0)
    known, valued = (expected - new) @ rates, billed @ rates
    at_level = _over(np.cumsum(billed) * known, np.cumsum(expected - new), valued)
    reduced = billed - np.diff(_floats(came.later_balance))
    as_cash = _over(expected @ usual, expected @ settled, 1.0) * reduced
    none = expected @ rates <= 0
    return {
        "billing_level": np.where(none, forecast - paid, known - at_level),
        "billing_timing": np.where(none, 0, at_level - valued),
        "payment_timing": np.where(none, 0, valued - as_cash),
        "amount": np.where(none, 0, as_cash - paid),
        "new_customers": new @ rates - _floats(came.new_cash)[1:],
    }


def _by_lag(share: pd.Series) -> Floats:
    """weeks billed x weeks paid: a share by the weeks between them."""
    lag = np.arange(len(share))[None, :] - np.arange(len(share))[:, None]
    return np.where(lag >= 0, _floats(share)[np.maximum(lag, 0)], 0.0)


def _over(above: Floats, below: Floats, nothing: Floats | float) -> Floats:
    """above / below, and `nothing` where there is nothing below."""
    return np.divide(above, below, out=np.broadcast_to(nothing, above.shape).copy(), where=below > 0)


def _floats(column: pd.Series) -> Floats:
    return column.to_numpy(float)


def _adding_up(parts: Mapping[str, Floats], error: Floats) -> dict[str, Floats]:
    """The parts in whole minor units: each is the step of their rounded sum, the last of which is the error."""
    sums = np.cumsum([parts[name] for name in PARTS], axis=0).round()
    sums[-1] = error
    return dict(zip(PARTS, np.diff(sums, axis=0, prepend=0), strict=True))
