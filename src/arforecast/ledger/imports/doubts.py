"""What else an export says of its amounts: that some are credits, paid, without tax, of another currency or in
thousands. None of it is decided here; each is a reason not to be sure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pandas as pd

from arforecast import currencies
from arforecast.ledger.imports import evidence
from arforecast.ledger.imports.evidence import Line
from arforecast.ledger.imports.vocabulary import (
    CREDITS,
    FLAGS,
    GROSS,
    HINTS,
    INVOICED,
    KINDS,
    LOCAL,
    NEUTRAL,
    NUMBERED,
    OPEN,
    SCALED,
    SETTLED,
    SETTLING,
    STATUS,
    TAXES,
    VOID,
    plain,
)

PENCE = r"[.,][0-9]{2}\b"
STATES = {"", *OPEN, *SETTLED, *VOID}


def of_amount(cells: pd.DataFrame, named: dict[str, str]) -> Iterator[str]:
    """What speaks against taking these amounts as they stand for what was billed, or is open."""
    others = _beside(cells, named)
    if scale := re.search(SCALED, named["amount"]):
        yield f"its name says {scale[0]}: amounts may be in them"
    codes = {*re.findall(r"\b[A-Z]{3}\b", named["amount"])}.intersection(currencies.known())
    if codes and "currency" in named and {*cells[named["currency"]].unique()} != codes:
        yield f"its name says {' and '.join(codes)}, and {named['currency']} another currency"
    for name, told in others.items():
        flagged = _are_flags(told) and told.nunique() > 1
        if _tells_void(str(name)) and (flagged or evidence.day_forms(told[told != ""])):
            yield f"{name} may say which are void"


def of_sum(whole: Decimal, name: str) -> Iterator[str]:
    """Rows that come to less than nothing: their invoices may be what is below zero."""
    if whole < 0:
        yield f'they come to less than nothing: are invoices below zero here? Then {{ minus = "{name}" }}'


def of_currency(cells: pd.DataFrame, named: dict[str, str]) -> Iterator[str]:
    """What else may be the currency of these amounts than what is called so, or than none."""
    currency = named.get("currency")
    yield from (f"{name} may be its currency" for name in currencies_told(cells, currency))
    if currency and re.search(LOCAL, plain(named["amount"])) and not re.search(LOCAL, plain(currency)):
        yield f"{named['amount']} may be in the currency of the books, and {currency} another"


def of_titles(titles: list[str]) -> Iterator[str]:
    """Lines above the header that say of what size the amounts are."""
    for title in titles:
        if scale := re.search(SCALED, title):
            yield f"above the header stands {scale[0]}: amounts may be in them"


def _beside(cells: pd.DataFrame, named: dict[str, str]) -> pd.DataFrame:
    """The columns that are nothing of the ledger's."""
    return cells[cells.columns.difference([*named.values()], sort=False)]


def _tells_void(name: str) -> bool:
    """Whether a word of a name begins as one for void does: cancelled on, day of cancellation."""
    begins = {word[:5] for state in VOID for word in state.split()}
    return any(word[:5] in begins for word in plain(name).split())


def _are_flags(told: pd.Series) -> bool:
    return {plain(cell) for cell in told.unique()} - {""} <= FLAGS


def of_kinds(cells: pd.DataFrame) -> Iterator[str]:
    """Columns that say of some of these rows, all over more than nothing, that they are no invoices."""
    for name, told in cells.items():
        words = [cell for cell in told.unique() if cell]
        strange = [cell for cell in words if not re.search(INVOICED, plain(cell))]
        of_kind = plain(str(name)) in KINDS and len(words) > 1
        state = plain(str(name)) in STATUS  # where a word for a payment is a word for paid
        said = strange if of_kind else [word for word in strange if plain(word) in CREDITS and not state]
        if said:
            yield f"{name} says {', '.join(said[:4])}: drop such rows, or make them credits under [[below_zero]]"


def of_tax(cells: pd.DataFrame, named: dict[str, str], amount: pd.Series, written: list[Line]) -> Iterator[str]:
    """What speaks for a tax that is not in these amounts: another column is this one and a tax, or there is a tax and
    none proves that it is in them."""
    others, amount = _beside(cells, named)[amount.notna()], amount.dropna()
    exact = {str(name): evidence.exact(cells, written).mask(cells == "", Decimal()) for name, cells in others.items()}
    read = {name: told for name, told in exact.items() if told.notna().all()}
    for whole, told in read.items():
        if re.search(GROSS, plain(whole)) and (told > amount).any():
            yield f"{whole} is more: is this without tax?"
    for tax in [name for name, told in read.items() if re.search(TAXES, plain(name)) and _is_a_part(told, amount)]:
        wholes = [name for name, told in read.items() if (amount + read[tax] == told).all()]
        yield from (f"{whole} is it and {tax} together" for whole in wholes)
        proved = any((told + read[tax] == amount).all() for told in read.values())
        if not wholes and not proved and not re.search(GROSS, plain(named["amount"])):
            yield f"is it with {tax}, or without? Compare a row with its invoice"


def _is_a_part(told: pd.Series, amount: pd.Series) -> bool:
    """Whether these may be taxes on these amounts."""
    return bool((told != 0).any() and (told.abs() <= amount.abs()).all())


def of_payment(cells: pd.DataFrame, named: dict[str, str], paid: list[str], written: list[Line]) -> Iterator[str]:
    """Where neither a day of payment nor what is open stands: what may say which rows are paid, or in part. paid: the
    columns that are called so."""
    amount, pence = evidence.exact(cells[named["amount"]], written), cells[named["amount"]].str.contains(PENCE).any()
    yield from of_states(_beside(cells, named))
    for column, told in _beside(cells, named).items():
        if plain(str(column)) in SETTLING and _are_flags(told):
            yield f"{column} may say which are paid"
        elif re.search(HINTS["paid_on"], plain(str(column))) and evidence.day_forms(told[told != ""]):
            yield f"{column} may say when they were paid"
        elif column in paid or (not re.search(NEUTRAL, plain(str(column))) and told.str.contains(PENCE).any() == pence):
            part = evidence.exact(told, written).mask(told == "", Decimal())
            if (told != "").any() and part.notna().all() and (part <= amount).all() and (part != amount).any():
                yield f"{column} may be what is left of it, or what is paid"


def of_states(cells: pd.DataFrame) -> Iterator[str]:
    """States of these rows that nobody knows."""
    for column, told in cells.items():
        said = [cell for cell in told.unique() if plain(cell) not in STATES]
        if plain(str(column)) in STATUS and said:
            yield f"{column} says {', '.join(said[:4])}: are these paid, or in part?"


def of_numbers(numbers: pd.Series) -> Iterator[str]:
    """Some of these invoices, all over more than nothing, whose numbers begin as those of credit notes do."""
    credits = numbers[numbers.str.fullmatch(NUMBERED)]
    if 0 < len(credits) < len(numbers):
        yield f"{credits.iloc[0]} may be a credit note: drop such rows, or make them credits under [[below_zero]]"


def currencies_told(cells: pd.DataFrame, chosen: str | None = None) -> list[str]:
    """The columns of codes of currencies that say another one than the chosen column, somewhere."""
    said = cells[chosen] if chosen else pd.Series("", index=cells.index)
    known = {"", *currencies.known()}
    codes = [name for name, told in cells.items() if known.issuperset(told.unique())]
    return [str(name) for name in codes if ((cells[name] != "") & (cells[name] != said)).any()]


def of_parts(cells: pd.DataFrame, named: dict[str, str], amount: pd.Series, written: list[Line]) -> Iterator[str]:
    """What stands beside the amounts of rows with a day of payment, or of those without one, and is less: what came
    by then, or is still open."""
    paid, pence = cells[named["paid_on"]] != "", cells[named["amount"]].str.contains(PENCE).any()
    for column, told in _beside(cells, named).items():
        if not re.search(NEUTRAL, plain(str(column))) and told.str.contains(PENCE).any() == pence:
            for rows, words in ((paid, "have a"), (~paid, "have no")):
                if _is_less(evidence.exact(told[rows], written).dropna(), amount):
                    yield f"{column} is less in rows that {words} day of payment: they may be paid in part"


def _is_less(part: pd.Series, amount: pd.Series) -> bool:
    """Whether these may be parts of the amounts of their rows, and some are no more than that."""
    whole = amount[part.index]
    return bool((part <= whole).all() and ((part > 0) & (part < whole)).any())
