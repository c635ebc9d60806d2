"""What else an export says of its amounts: that some are credits, paid, without tax, of another currency or in
thousands. None of it is decided here; each is a reason not to be sure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import product

import pandas as pd

from arforecast import currencies
from arforecast.ledger.imports import evidence
from arforecast.ledger.imports.evidence import Line
from arforecast.ledger.imports.vocabulary import (
    CREDITS,
    FLAGS,
    INVOICED,
    KINDS,
    NEUTRAL,
    SCALED,
    SETTLING,
    TAXES,
    plain,
)

PENCE = r"[.,][0-9]{2}\b"


def of_amount(cells: pd.DataFrame, named: dict[str, str], amount: pd.Series, written: list[Line]) -> Iterator[str]:
    """What speaks against taking these amounts as they stand for what was billed, or is open."""
    if scale := re.search(SCALED, named["amount"]):
        yield f"its name says {scale[0]}: amounts may be in them"
    yield from _taxed(cells[cells.columns.difference([*named.values()], sort=False)], amount, written)


def of_kinds(cells: pd.DataFrame) -> Iterator[str]:
    """Columns that say of some of these rows, all over more than nothing, that they are no invoices."""
    for name, told in cells.items():
        words = [cell for cell in told.unique() if cell]
        strange = [cell for cell in words if not re.search(INVOICED, plain(cell))]
        of_kind = plain(str(name)) in KINDS and len(words) > 1
        said = strange if of_kind else [word for word in strange if plain(word) in CREDITS]
        if said:
            yield f"{name} says {', '.join(said[:4])}: drop such rows, or make them credits under [[below_zero]]"


def _taxed(others: pd.DataFrame, amount: pd.Series, written: list[Line]) -> Iterator[str]:
    """Whether another column is this one and a tax."""
    read = {
        str(name): evidence.exact(cells, written) for name, cells in others.items() if cells.str.contains("[0-9]").any()
    }
    taxes = [name for name, told in read.items() if re.search(TAXES, plain(name)) and told.notna().all()]
    for tax, whole in product(taxes, read):
        if (read[tax] != 0).any() and (amount + read[tax] == read[whole]).all():
            yield f"{whole} is it and {tax} together"


def of_payment(cells: pd.DataFrame, named: dict[str, str], paid: list[str], written: list[Line]) -> Iterator[str]:
    """Where neither a day of payment nor what is open stands: what may say which rows are paid, or in part. paid: the
    columns that are called so."""
    amount, pence = evidence.exact(cells[named["amount"]], written), cells[named["amount"]].str.contains(PENCE).any()
    for column in cells.columns.difference([*named.values()], sort=False):
        told = cells[column]
        if plain(str(column)) in SETTLING and {plain(cell) for cell in told.unique()} - {""} <= FLAGS:
            yield f"{column} may say which are paid"
        elif column in paid or (not re.search(NEUTRAL, plain(str(column))) and told.str.contains(PENCE).any() == pence):
            part = evidence.exact(told, written).mask(told == "", Decimal())
            if (told != "").any() and part.notna().all() and (part <= amount).all() and (part != amount).any():
                yield f"{column} may be what is left of it, or what is paid"


def currencies_told(cells: pd.DataFrame, chosen: str | None = None) -> list[str]:
    """The columns of codes of currencies that say another one than the chosen column, somewhere."""
    said = cells[chosen] if chosen else pd.Series("", index=cells.index)
    known = {"", *currencies.known()}
    codes = [name for name, told in cells.items() if known.issuperset(told.unique())]
    return [str(name) for name in codes if ((cells[name] != "") & (cells[name] != said)).any()]
