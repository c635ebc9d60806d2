"""What was undone: the application that a negative one takes back, so that neither counts in a length of time."""

from __future__ import annotations

import ibis
from ibis import _

from arforecast.ledger.database import kept

KEY = ["invoice_id", "row"]


def dated(applications: ibis.Table, undone: bool) -> ibis.Table:
    """The applications with happened_on, the day each counts on in lengths of time and cohorts, and counted_on, the day
    by which windows of lengths take it: its own, or those of what it takes back (`undone`: some amount is negative).

    It takes back the one that it `undoes`, else the latest of its invoice and kind with that amount that nothing took
    back before, else the latest of its invoice and kind of which that holds. What entered later is not looked at, so no
    past figure changes.
    """
    own = applications.mutate(happened_on="applied_on", counted_on="entered_on")
    if not undone:
        return own
    back = _taken_back(own).rename(back_on="happened_on", back_entered_on="counted_on")
    both = own.left_join(back, KEY)
    happened_on = ibis.coalesce(both.back_on, both.happened_on)
    counted_on = ibis.coalesce(both.back_entered_on, both.counted_on)
    return kept(both.mutate(happened_on=happened_on, counted_on=counted_on).select(own.columns))


def _taken_back(own: ibis.Table) -> ibis.Table:
    """The negative applications that take one back: invoice_id, row, happened_on, counted_on (of the one taken)."""
    rows = kept(_in_order(own))
    named = _named(rows)
    alike = _alike(rows, named)
    found = kept(named.drop("whole").union(alike))
    taken = named.filter(_.whole).drop("whole").union(alike)
    latest = _latest(rows, found, taken)
    days = rows.select("invoice_id", "happened_on", "counted_on", taken="row")
    return found.union(latest).join(days, ["invoice_id", "taken"]).select(*KEY, "happened_on", "counted_on")


def _in_order(own: ibis.Table) -> ibis.Table:
    """The applications of the invoices that have a negative one, numbered by nth as they became known."""
    some = own.filter(own.invoice_id.isin(own.filter(_.amount < 0).invoice_id))
    order = ["entered_on", "applied_on", "row"]
    columns = [
        *KEY,
        "kind",
        "amount",
        "application_id",
        "undoes",
        "applied_on",
        "entered_on",
        "happened_on",
        "counted_on",
    ]
    return some.select(
        *columns,
        size=some.amount.abs(),
        nth=ibis.row_number().over(group_by="invoice_id", order_by=order).cast("int64"),
    )


def _named(rows: ibis.Table) -> ibis.Table:
    """Those that say what they take back, if it was there before them: invoice_id, row, nth, taken, whole (it is all of
    it)."""
    there = rows.filter(_.amount > 0).select(
        "invoice_id", undoes="application_id", taken="row", taken_nth="nth", taken_kind="kind", taken_size="size"
    )
    both = rows.filter(_.amount < 0).join(there, ["invoice_id", "undoes"]).filter(_.taken_nth < _.nth)
    whole = (both.taken_kind == both.kind) & (both.taken_size == both.size)
    return both.select(*KEY, "nth", "taken", whole=whole)


def _alike(rows: ibis.Table, named: ibis.Table) -> ibis.Table:
    """The others that find their amount: as a closing bracket meets the last one open, with a running count of those
    open; invoice_id, row, nth, taken. A place that one with a name has emptied is passed over."""
    said = rows.left_join(named.select("row", "whole"), "row").drop("row_right")
    first = named.filter(_.whole).group_by(row=named.taken).aggregate(gone_nth=_.nth.min())
    known = said.left_join(first, "row").drop("row_right")
    step = ibis.cases((known.amount > 0, 1), (known.whole.isnull() | known.whole, -1), else_=0)
    alike = ["invoice_id", "kind", "size"]
    depth = known.mutate(step=step).mutate(
        depth=_.step.sum().over(ibis.cumulative_window(group_by=alike, order_by="nth"))
    )
    levels = depth.filter(_.whole.isnull()).mutate(level=(_.amount > 0).ifelse(_.depth, _.depth + 1))
    before = ibis.window(group_by=[*alike, "level"], order_by="nth")
    met = levels.mutate(
        taken=levels.row.lag().over(before),
        of=levels.amount.lag().over(before),
        gone=levels.gone_nth.lag().over(before),
    )
    closed = met.filter((_.amount < 0) & (_.of > 0) & (_.gone.isnull() | (_.gone > _.nth)))
    return closed.select(*KEY, "nth", "taken")


def _latest(rows: ibis.Table, found: ibis.Table, taken: ibis.Table) -> ibis.Table:
    """The rest, each with the latest of its invoice and kind that was not taken back by then, one of its amount first:
    invoice_id, row, nth, taken."""
    rest = rows.filter((rows.amount < 0) & ~rows.row.isin(found.row))
    gone = taken.group_by(row=taken.taken).aggregate(gone_nth=_.nth.min())
    there = rows.filter(_.amount > 0).left_join(gone, "row").select(
        "invoice_id", "kind", "gone_nth", taken="row", there_nth="nth", there_size="size", entered="entered_on",
        applied="applied_on",
    )  # fmt: skip
    both = rest.join(there, ["invoice_id", "kind"])
    # Of one day's bookings nobody knows which came first.
    early = (both.entered < both.entered_on) | ((both.entered == both.entered_on) & (both.applied <= both.applied_on))
    open_ = both.filter(early & (_.gone_nth.isnull() | (_.gone_nth > _.nth)))
    other = (open_.there_size != open_["size"]).ifelse(1, 0)
    best = ibis.row_number().over(group_by=open_.row, order_by=[other, ibis.desc("there_nth")])
    return open_.mutate(best=best).filter(_.best == 0).select(*KEY, "nth", "taken")
