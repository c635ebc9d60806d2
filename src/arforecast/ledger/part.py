"""A part of the books: the invoices and customers that a condition keeps, and what belongs to them.

The part of a column's value is what the group of that value is made of: the two give the same figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

import ibis
import numpy as np
import pandas as pd
from ibis import _

from arforecast.errors import UsageError, shown
from arforecast.ledger import groups
from arforecast.ledger.books import Books
from arforecast.ledger.database import among, kept
from arforecast.ledger.groups import NONE, grouped, groupings, of_customers, parted, together
from arforecast.ledger.tables import Tables

Wanted = object
"""A value, a list of them, or of a column of dates the tuple (first, last), None where it is open."""
OF_INVOICES = ("applications", "disputes")
# A customer holds one balance of each, so it stands in one part with all of them.
ON_ACCOUNT = ("receipts", "credits")
# What belongs to no customer, but to a company.
OF_ENTITIES = ("costs", "outflows")
OF_CUSTOMERS = ("promises", "contacts", "billing_schedule")
OPEN, FIRST, LAST, MOST_NAMED = "..", "0000-01-01", "9999-12-31", 12


class Condition(NamedTuple):
    """What a column has to hold: one of some values or, where these are the ends of a span of dates, a day in it."""

    column: str
    values: tuple[str, ...]
    span: bool = False

    def keeps(self, label: ibis.Value) -> ibis.BooleanValue:
        if not self.span:
            return among(label, self.values)
        first, last = self.values
        return (label >= (first or FIRST)) & (label <= (last or LAST)) & (label != NONE)

    def __str__(self) -> str:
        if self.span:
            return f"{self.column}={OPEN.join(self.values)}"
        return together(f"{self.column}={value}" for value in self.values)


def conditions(text: str, wanted: Mapping[str, Wanted]) -> list[Condition]:
    """Those of a text such as `country=CA, country=US, issued_on=2026-01-01..2026-03-31`, and those by column.

    Several values of one column are any of them, several columns all of them. Raises UsageError for what is none.
    """
    named: dict[str, list[str]] = {}
    for each in parted(text):
        column, equals, value = (word.strip() for word in each.partition("="))
        if not equals:
            raise UsageError(f"{shown(each)} is not COLUMN=VALUE.")
        named.setdefault(column, []).append(value)
    read = (_condition(column, _spanned(column, values)) for column, values in named.items())
    spans = {column: _spanned(column, [value]) if isinstance(value, str) else value for column, value in wanted.items()}
    return [*read, *(_condition(column, value) for column, value in spans.items())]


def _spanned(column: str, values: list[str]) -> Wanted:
    """A span of dates as a text writes it, 2026-01-01..2026-03-31, or the values as they are."""
    first, dots, last = values[0].partition(OPEN)
    return (first, last) if len(values) == 1 and dots and column.endswith("_on") else values


def _condition(column: str, wanted: Wanted) -> Condition:
    if column.endswith("_on") and isinstance(wanted, tuple):
        return Condition(column, _span(column, wanted), span=True)
    values = wanted if isinstance(wanted, Iterable) and not isinstance(wanted, str) else [wanted]
    texts = tuple(dict.fromkeys(map(_text, values)))
    if not texts:
        raise UsageError(f"{column} is asked for no value. Name those to keep.")
    return Condition(column, texts)


def _span(column: str, wanted: tuple[object, ...]) -> tuple[str, ...]:
    ends = tuple("" if (text := _text(end)) == NONE else text for end in wanted)
    try:
        if len(ends) == 2 and all(date.fromisoformat(end).isoformat() == end for end in ends if end):
            return ends
    except ValueError:
        pass
    raise UsageError(
        f"{column}={shown(OPEN.join(ends))} is no span of days. Give the first and the last, as YYYY-MM-DD; an empty "
        "one is open."
    )


def _text(value: Any) -> str:
    """A value as the label of its group."""
    if pd.isna(value) is True:
        return NONE
    if isinstance(value, datetime | np.datetime64):
        return pd.Timestamp(value).date().isoformat()
    return str(value)


def part(books: Books, wanted: list[Condition]) -> Books:
    """The books of what meets every condition: the invoices by their column, else their customer's; what belongs to an
    invoice with it, what belongs to a customer by its own column, else the customer's.

    Costs and outflows are of no customer: only a part by entity knows them. Control totals are of the whole. Raises
    UsageError for a column that neither invoices nor customers have, or a value that none of their rows has.
    """
    _refuse_unknown(books, [condition.column for condition in wanted])
    for condition in wanted:
        books = _part(books, _read(books, condition))
    if wanted and not _some(books.tables["invoices"]) and not _some(books.tables["customers"]):
        raise UsageError(f"No invoice and no customer has {', '.join(map(str, wanted))}. Ask for less at once.")
    return books


def _part(books: Books, condition: Condition) -> Books:
    _refuse_nothing(books, condition)
    by, tables = (condition.column,), dict(books.tables)
    labelled = grouped(books, by)
    invoices = labelled.filter(condition.keeps(labelled.group)).select("invoice_id")
    for name in ("invoices", *OF_INVOICES):
        tables[name] = kept(tables[name].semi_join(invoices, "invoice_id"))
    for name in ON_ACCOUNT:
        owners = of_customers(books, name, by).group_by("customer_id").aggregate(group=_.group.min())
        tables[name] = kept(tables[name].semi_join(owners.filter(condition.keeps(owners.group)), "customer_id"))
    for name in OF_CUSTOMERS:
        rows = of_customers(books, name, by)
        tables[name] = kept(rows.filter(condition.keeps(rows.group)).drop("group"))
    tables["customers"] = kept(tables["customers"].semi_join(_named(tables, condition), "customer_id"))
    lost = {name for name in OF_ENTITIES if by != ("entity",) or name not in books.present}
    for name in OF_ENTITIES:
        rows = tables[name]
        tables[name] = rows.filter(ibis.literal(False) if name in lost else condition.keeps(rows.entity))
    tables["control_totals"] = tables["control_totals"].filter(ibis.literal(False))
    return replace(
        books,
        tables=tables,
        present=books.present - lost,
        whole=books.entire,
        where=(*books.where, str(condition)),
        beyond=books.beyond | _untold(books, condition.column) | lost,
    )


def _untold(books: Books, column: str) -> set[str]:
    """The tables of customers that say nothing of a column: it is one of invoices alone."""
    tables = books.tables
    names = () if column in tables["customers"].columns else (*ON_ACCOUNT, *OF_CUSTOMERS)
    return {name for name in names if column not in tables[name].columns}


def _named(tables: Tables, condition: Condition) -> ibis.Table:
    """The customers that a condition on a column of theirs keeps, and those of whom something is kept."""
    names = ("invoices", *ON_ACCOUNT, *OF_CUSTOMERS)
    found = [tables[name].select("customer_id") for name in names]
    customers = tables["customers"]
    if condition.column in customers.columns:
        label = groups.text(customers[condition.column]).fill_null(NONE)
        found.append(customers.filter(condition.keeps(label)).select("customer_id"))
    return ibis.union(*found).distinct()


def _read(books: Books, condition: Condition) -> Condition:
    """The values of a column of numbers as their groups are called."""
    tables = (books.tables["invoices"], books.tables["customers"])
    numeric = any(table[condition.column].type().is_floating() for table in tables if condition.column in table.columns)
    if not numeric:
        return condition
    try:
        read = (each if each == NONE else str(float(each)).removesuffix(".0") for each in condition.values)
        return condition._replace(values=tuple(read))
    except ValueError as fault:
        raise UsageError(f"{condition.column} is a number: {condition} asks for what is none.") from fault


def _refuse_unknown(books: Books, columns: Iterable[str]) -> None:
    there = ["invoice_id", *groupings(books)]
    unknown = [name for name in columns if name not in there]
    if unknown:
        raise UsageError(
            f"There is no column {shown(', '.join(unknown))} to choose by. Name one of {', '.join(there)}."
        )


def _refuse_nothing(books: Books, condition: Condition) -> None:
    """A value that nothing has is a slip of the pen, and no part of nothing; no value at all is one that a receipt or a
    contact can have alone."""
    labels = _labels(books, condition.column)
    found = {*labels.filter(condition.keeps(labels.group)).to_pandas().group, NONE}
    missing = [] if condition.span else [value for value in condition.values if value not in found]
    if missing or (condition.span and len(found) == 1):
        what = shown(", ".join(missing) or OPEN.join(condition.values))
        raise UsageError(f"No invoice and no customer has {condition.column} {what}. {_there(labels, condition)}")


def _labels(books: Books, column: str) -> ibis.Table:
    """What stands in a column of invoices and customers, each once."""
    customers = books.tables["customers"]
    found = [grouped(books, (column,)).select("group")]
    if column in customers.columns:
        found.append(customers.select(group=groups.text(customers[column]).fill_null(NONE)))
    return ibis.union(*found).distinct() if len(found) > 1 else found[0].distinct()


def _there(labels: ibis.Table, condition: Condition) -> str:
    if condition.span:
        days = labels.filter(_.group != NONE).aggregate(first=_.group.min(), last=_.group.max()).to_pandas()
        return f"There are days from {days['first'][0]} to {days['last'][0]}."
    known = labels.order_by("group").limit(MOST_NAMED + 1).to_pandas().group.tolist()
    return f"There is {shown(', '.join(known[:MOST_NAMED]))}{', ...' if len(known) > MOST_NAMED else '.'}"


def _some(rows: ibis.Table) -> bool:
    return bool(rows.limit(1).count().execute())
