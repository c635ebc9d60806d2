"""What figures are grouped by: a column of the invoice, else of its customer; several columns are a cross of them.

The label of a group is what stands in its column. Of a cross it is the labels of its columns, parted by a comma and a
space: `A, CA`. A comma or a backslash within one of them has a backslash before it there, and wherever a text names
several things.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import ibis

from arforecast.errors import UsageError, shown
from arforecast.ledger.books import Books
from arforecast.ledger.tables import CUSTOMERS, INVOICES

By = str | Sequence[str] | None
"""A column or several, by name; a text names several parted by commas."""
WHOLE, NONE = "", "(none)"
MONEY = {column.name for table in (INVOICES, CUSTOMERS) for column in table.columns if column.type == "money"}
# What can be asked for, and hardly ever is.
SINGLE = {"row", "invoice_id", "entered_on"}


def columns(by: By) -> tuple[str, ...]:
    """The columns that are asked for, each once."""
    return tuple(dict.fromkeys(parted(by) if isinstance(by, str) else by or ()))


def parted(text: str) -> list[str]:
    """The parts of a text between its commas; one behind a backslash parts nothing."""
    found = re.findall(r"(?:\\.|[^,\\]|\\$)+", text, re.DOTALL)
    return [re.sub(r"\\(.)", r"\1", part.strip(), flags=re.DOTALL) for part in found if part.strip()]


def together(parts: Iterable[str], comma: str = ", ") -> str:
    """One text of several parts, which `parted` takes apart again."""
    return comma.join(re.sub(r"([\\,])", r"\\\1", part) for part in parts)


def named(by: tuple[str, ...]) -> str:
    """The columns of a grouping as the column `by` of a table holds them: segment, or segment,country."""
    return together(by, ",") if len(by) > 1 else "".join(by)


def grouped(books: Books, by: tuple[str, ...]) -> ibis.Table:
    """The invoices with their group: by columns of theirs, else those of their customer.

    Of the columns those of the contract: a ledger can have hundreds more, and each step would carry them along. Raises
    UsageError when neither invoices nor customers have such a column.
    """
    invoices, customers = books.tables["invoices"], books.tables["customers"]
    known = [column.name for column in INVOICES.columns] + ["entered_on"]
    refuse_unknown(books, by)
    theirs = [name for name in by if name in customers.columns and name != "customer_id"]
    mine = {f"mine_{nth}": _own(invoices, name) for nth, name in enumerate(by)}
    rows = invoices.select(*known, **mine)
    if theirs:
        rows = rows.left_join(_of(customers, theirs), "customer_id")
    labels = [
        ibis.coalesce(rows[f"mine_{nth}"], rows[f"theirs_{theirs.index(name)}"]) if name in theirs else rows[mine_nth]
        for nth, (name, mine_nth) in enumerate(zip(by, mine, strict=True))
    ]
    return rows.select(*known, group=_label(labels))


def of_customers(books: Books, name: str, by: tuple[str, ...]) -> ibis.Table:
    """The rows of a table that belong to customers (receipts, promises, contacts), with their group: by columns of
    theirs, else those of the customer; a column of invoices alone says nothing of them."""
    rows, customers = books.tables[name], books.tables["customers"]
    theirs = [column for column in by if column in customers.columns and column not in rows.columns]
    wide = rows.left_join(_of(customers, theirs), "customer_id") if theirs else rows
    labels = [wide[f"theirs_{theirs.index(column)}"] if column in theirs else _own(wide, column) for column in by]
    return wide.select(*rows.columns, group=_label(labels))


def groupings(books: Books) -> list[str]:
    """The columns of invoices and customers that figures can be grouped by."""
    return [name for name in _labelling(books) if name not in SINGLE]


def _labelling(books: Books) -> list[str]:
    """Their columns but those of money: an amount is measured and names nothing."""
    names = [*books.tables["invoices"].columns, *books.tables["customers"].columns]
    return [name for name in dict.fromkeys(names) if name not in MONEY]


def refuse_unknown(books: Books, by: Iterable[str]) -> None:
    there = _labelling(books)
    unknown = [name for name in by if name not in there]
    if unknown:
        known = ", ".join(groupings(books))
        raise UsageError(f"There is no column {shown(', '.join(unknown))}. Group by one of {known}.")


def _of(customers: ibis.Table, names: Sequence[str]) -> ibis.Table:
    """The customers with the labels they give to what is theirs."""
    return customers.select("customer_id", **{f"theirs_{nth}": _own(customers, name) for nth, name in enumerate(names)})


def _own(rows: ibis.Table, name: str) -> ibis.Value:
    return text(rows[name]) if name in rows.columns else ibis.null("string")


def text(value: ibis.Value) -> ibis.Value:
    """A value as the label of its group; behind a whole number some engines write a zero, and nobody else does."""
    said = value.cast("string")
    return said.re_replace(r"\.0$", "") if value.type().is_floating() else said


def _label(labels: Sequence[ibis.Value]) -> ibis.Value:
    """Rows without a group are one: left out, the groups would not add up to the whole."""
    if not labels:
        return ibis.literal(WHOLE)
    first, *more = (label.fill_null(NONE) for label in labels)
    if not more:
        return first
    whole = _written(first)
    for label in more:
        whole = whole + ", " + _written(label)
    return whole


def _written(label: ibis.Value) -> ibis.Value:
    """As a part of `together`."""
    return label.replace("\\", "\\\\").replace(",", "\\,")
