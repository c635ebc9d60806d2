"""Which rows of an export belong to which table, which are skipped and by which rule."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

import pandas as pd

from arforecast.ledger.imports.mapping import Conditions, Mapping, Values
from arforecast.ledger.imports.origins import Words
from arforecast.ledger.imports.values import Rows, money

SIGNS = {"plus": "[^-].*[1-9].*|[1-9].*", "minus": "-.*[1-9].*", "zero": "-?[0.]+"}


def holds(rows: Rows, column: str, wanted: Words | Values) -> pd.Series:
    """Whether each row's cell meets a condition; an amount that cannot be read has no sign."""
    cells = rows.cells[column]
    if not isinstance(wanted, Values):
        return cells.isin(wanted)
    if wanted.begins is not None:
        return cells.str.startswith(wanted.begins)
    if wanted.matches is not None:
        return cells.str.fullmatch(wanted.matches)
    if wanted.sign is not None:
        return money(rows, cells).str.fullmatch(SIGNS[wanted.sign], na=False)
    if wanted.empty is not None:
        return (cells == "") == wanted.empty
    return (cells == rows.cells[wanted.same_as or wanted.differs_from]) == (wanted.same_as is not None)


def met(rows: Rows, conditions: Conditions) -> pd.Series:
    """Whether each row meets all of them."""
    whole = pd.Series(True, index=rows.cells.index)
    return reduce(lambda so_far, item: so_far & holds(rows, *item), conditions.items(), whole)


def below_zero(rows: Rows, mapping: Mapping) -> pd.Series:
    """The rows whose amounts are below zero, in one way or another."""
    none = pd.Series(False, index=rows.cells.index)
    return reduce(lambda so_far, way: so_far | met(rows, way), mapping.below_zero, none)


def totals(rows: Rows, mapping: Mapping) -> pd.Series:
    """The rows that state the export's own total."""
    line = mapping.total.line if mapping.total else {}
    return met(rows, line) if line else pd.Series(False, index=rows.cells.index)


def skipped(rows: Rows, mapping: Mapping, taken: pd.Series) -> pd.Series:
    """The rule in words that skips each row: it states the total, no table takes it, or it is dropped; empty where it
    stays. taken: whether a table takes it, or nobody can say."""
    rules = pd.Series("", index=rows.cells.index, dtype="str").mask(totals(rows, mapping), "the export's own total")
    rules = rules.mask((rules == "") & ~taken, not_kept(rows, mapping))
    for column, wanted in mapping.drop.items():
        for words, drops in _each(rows, column, wanted):
            rules = rules.mask((rules == "") & drops, words)
    return rules


def _each(rows: Rows, column: str, wanted: Words | Values) -> list[tuple[str, pd.Series]]:
    named = column or "the column without a name"
    if isinstance(wanted, Values):
        return [(f"{named} {told(wanted)}", holds(rows, column, wanted))]
    return [(f"{named} is {value or 'empty'}", rows.cells[column] == value) for value in wanted]


def members(rows: Rows, mapping: Mapping) -> list[pd.Series]:
    """Of each part of the mapping whether the rows belong to it."""
    return [met(rows, part.keep) for _, part in mapping.parts]


def not_kept(rows: Rows, mapping: Mapping) -> pd.Series:
    """Why no table takes a row, in words, for rows that none does."""
    if len(mapping.parts) > 1:
        return _of_no_table(rows, mapping)
    rules = pd.Series("", index=rows.cells.index, dtype="str")
    for column, wanted in mapping.keep.items():
        rules = rules.mask((rules == "") & ~holds(rows, column, wanted), f"{column} {told(wanted, 'is not')}")
    return rules


def _of_no_table(rows: Rows, mapping: Mapping) -> pd.Series:
    """The words that stand in the columns by which the tables tell their rows."""
    kept = [item for _, part in mapping.parts for item in part.keep.items()]
    named = list(dict.fromkeys(column for column, wanted in kept if not isinstance(wanted, Values)))
    signed = list(dict.fromkeys(column for column, wanted in kept if isinstance(wanted, Values) and wanted.sign))
    words = pd.Series("no table takes it", index=rows.cells.index, dtype="str")
    for column in named[:1]:
        words = words + ": " + column + " is " + rows.cells[column].mask(rows.cells[column] == "", "empty")
    for column in signed[:1]:
        words = words.mask(holds(rows, column, Values(sign="zero")), f"{column} is zero")
    for column, wanted in _common(mapping):
        words = words.mask(~holds(rows, column, wanted), f"{column} {told(wanted, 'is not')}")
    return words


def _common(mapping: Mapping) -> list[tuple[str, Words | Values]]:
    """The conditions that every table has: what fails one of them is of none for that reason."""
    first, *others = (part.keep for _, part in mapping.parts)
    return [(column, wanted) for column, wanted in first.items() if all(keep.get(column) == wanted for keep in others)]


def told(wanted: Words | Values, verb: str = "is") -> str:
    """A condition in words."""
    if not isinstance(wanted, Values):
        return f"{verb} {' or '.join(wanted)}"
    negation = " not" if verb == "is not" else ""
    if wanted.begins is not None:
        return f"{'does not begin' if negation else 'begins'} with {' or '.join(map(str.strip, wanted.begins))}"
    if wanted.matches is not None:
        return f"is{negation} like {wanted.matches}"
    if wanted.sign is not None:
        names = {"plus": "above zero", "minus": "below zero", "zero": "zero"}
        return f"is{negation} {names[wanted.sign]}"
    if wanted.empty is not None:
        return f"is{negation} {'empty' if wanted.empty else 'filled in'}"
    return f"is{negation} {'as' if wanted.same_as else 'other than'} {wanted.same_as or wanted.differs_from}"


def signs_asked(rows: Rows, mapping: Mapping) -> Iterator[tuple[str, pd.Series]]:
    """The columns whose sign decides, each with the rows of which it does: those that meet all other conditions."""
    for _, part in mapping.parts:
        for column, wanted in part.keep.items():
            if isinstance(wanted, Values) and wanted.sign:
                yield column, met(rows, {name: other for name, other in part.keep.items() if name != column})


def of_both_signs(mapping: Mapping) -> set[str]:
    """The columns of amounts of which tables take those above zero, and those below."""
    kept = [item for _, part in mapping.parts for item in part.keep.items()]
    asked = {(column, wanted.sign) for column, wanted in kept if isinstance(wanted, Values)}
    return {column for column, _ in asked if {(column, "plus"), (column, "minus")} <= asked}
