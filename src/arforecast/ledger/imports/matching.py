"""Which invoices are settled by what shares a word with them: a matching number, a reference, a clearing document."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from decimal import Decimal

import pandas as pd

Row = dict[str, str]
Owed = dict[str, deque[tuple[str, Decimal]]]
"""By the word the invoices that have it, each with what is left of it."""


def settled(applications: pd.DataFrame, invoices: pd.DataFrame, words: pd.Series) -> pd.DataFrame:
    """The applications, those that name no invoice taken by the invoices of the same word: in the order of their days,
    the invoice that is due first before the others. What is more than all of these are over is applied to none.

    words: of each row of the export, whose numbers are the index of both tables.
    """
    whole = applications if "invoice_id" in applications else applications.assign(invoice_id="")
    nameless = whole[whole["invoice_id"] == ""].sort_values("applied_on", kind="stable")
    owed = _owed(invoices.sort_values("due_on", kind="stable"), words)
    found = [part for word, row in _rows(nameless, words) for part in _shared(row, owed[word])]
    return pd.concat([whole[whole["invoice_id"] != ""], pd.DataFrame(found, columns=whole.columns, dtype="str")])


def _rows(table: pd.DataFrame, words: pd.Series) -> Iterator[tuple[str, Row]]:
    """The rows, each with its word."""
    names = [str(name) for name in table]
    for word, *cells in zip(words.loc[table.index], *(table[name] for name in names), strict=True):
        yield word, dict(zip(names, cells, strict=True))


def _owed(invoices: pd.DataFrame, words: pd.Series) -> Owed:
    owed: Owed = defaultdict(deque)
    for word, row in _rows(invoices, words):
        if word and Decimal(row["amount"]) > 0:
            owed[word].append((row["invoice_id"], Decimal(row["amount"])))
    return owed


def _shared(row: Row, owed: deque[tuple[str, Decimal]]) -> Iterator[Row]:
    """A row for each invoice that takes a part of it."""
    left = Decimal(row["amount"])
    while left > 0 and owed:
        invoice, open_ = owed.popleft()
        taken = min(left, open_)
        yield row | {"invoice_id": invoice, "amount": str(taken)}
        left -= taken
        if taken < open_:
            owed.appendleft((invoice, open_ - taken))
