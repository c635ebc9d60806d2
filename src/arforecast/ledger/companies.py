"""Who is one customer, and who belongs to one group of companies."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
from ibis import _

from arforecast.ledger.database import among, kept, ours
from arforecast.ledger.tables import Tables

OF_CUSTOMERS = ("invoices", "receipts", "credits", "promises", "contacts", "billing_schedule", "overrides")


def joined(tables: Tables) -> Tables:
    """The tables with every customer under the number it was merged into, and of each customer as parent_id the top
    parent of its group; the top parent has itself. Who stands alone has none."""
    merged = _ends(tables["customers"], "merged_into")
    for name in OF_CUSTOMERS if merged else ():
        tables = tables | {name: kept(renamed(tables[name], "customer_id", merged))}
    customers = tables["customers"]
    if merged:
        left = customers.filter(~among(customers.customer_id, merged))
        customers = kept(renamed(left, "parent_id", merged))
    parents = _ends(customers, "parent_id")
    tops = parents | {top: top for top in parents.values()}
    if parents:
        customers = kept(renamed(customers.mutate(parent_id=_.customer_id), "parent_id", tops, other=None))
    return tables | {"customers": customers}


def heads(customers: ibis.Table) -> dict[str, str]:
    """The head of each customer that has one: the top parent of the one it was merged into."""
    return _ends(customers.mutate(above=ibis.coalesce(_.merged_into, _.parent_id)), "above")


def _ends(customers: ibis.Table, to: str) -> dict[str, str]:
    """Where each customer ends that names another: the last of the chain, in a circle the first by name."""
    named = customers.filter(customers[to].notnull()).select("customer_id", to).to_pandas()
    steps = dict(zip(named.customer_id, named[to], strict=True))
    return {name: end for name in steps if (end := _end(name, steps)) != name}


def _end(name: str, steps: Mapping[str, str]) -> str:
    seen = [name]
    while (then := steps.get(seen[-1])) is not None:
        if then in seen:
            return min(seen[seen.index(then) :])
        seen.append(then)
    return seen[-1]


def renamed(rows: ibis.Table, column: str, ends: Mapping[str, str], other: str | None = "own") -> ibis.Table:
    """The rows with the ends of the names in a column; another name stays, or is none."""
    old = rows[column]
    rest = ibis.null("string") if other is None else old
    if not ours(rows):
        # The names stand in the question itself: who may read there may not write.
        of_end: dict[str, list[str]] = {}
        for name, end in ends.items():
            of_end.setdefault(end, []).append(name)
        return rows.mutate(**{column: ibis.cases(*((old.isin(of_end[end]), end) for end in of_end), else_=rest)})
    names = {"old_name": list(ends), "new_name": list(ends.values())}
    known = ibis.memtable(names, schema=dict.fromkeys(names, "string"))
    both = rows.left_join(known, old == known.old_name)
    return both.mutate(**{column: ibis.coalesce(both.new_name, rest)}).select(rows.columns)
