"""Which rows of an export are no invoices, as lines of a mapping: headings, totals, void or settled ones, credits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd

from arforecast.ledger.imports import evidence
from arforecast.ledger.imports.evidence import Line
from arforecast.ledger.imports.vocabulary import ADDED_UP, SETTLED, SIDES, STATUS, VOID, plain

# A row with fewer filled cells tells of no invoice.
FEWEST = 4
# What programs write for nothing among days and amounts: a dash, a word, a day of zeros, the first or the last of their
# calendar.
NOTHING = re.compile(
    r"(?i)[-–—]+|#?n\.?/?a\.?|null|none|nan|nat|nil|(?:(?:0+|0?1|30|31)[-./](?:0+|0?1|12)[-./](?:0000|0001|1899|1900|9999)"
    r"|(?:0000|0001|1899|1900|9999)[-./](?:00|01|12)[-./](?:00|01|30|31))(?:[ T].*)?"
)

# How old what stands under a heading is: 31 - 60 days, > 90.
AGES = re.compile(r"[0-9]+ *[-–] *[0-9]+|[<>] *[0-9]|[0-9] *\+")


@dataclass(frozen=True)
class Seen:
    """What stands under the header: the rows that may be invoices, those that add up others, and the lines with a
    single filled cell above the rows that they head; the lines above the header, and the columns that stand there
    twice, of which the rows have none."""

    cells: pd.DataFrame
    added_up: pd.DataFrame
    headings: list[str]
    titles: list[str]
    twice: list[str]


def sorted_out(rows: list[list[str]], header: list[str], titles: list[str]) -> Seen:
    """The rows under a header, which are as long as it, by what they are, and the lines above it."""
    whole = pd.DataFrame(rows, columns=_placed(header), dtype="str")
    again = whole.columns.duplicated(keep=False)
    frame, twice = whole.loc[:, ~again], whole.columns[again].unique().tolist()
    filled = (frame != "").sum(axis=1)
    first = pd.Series([next((cell for cell in row if cell), "") for row in rows], index=frame.index, dtype="str")
    said = first.map(adds_up).astype("bool") & (filled > 1)
    heads = (filled == 1) & (filled.shift(-1, fill_value=0) > 1)
    enough = filled >= min(FEWEST, len(header))
    sums = said & ~_has_a_day(frame, first, enough & ~said)
    return Seen(frame[enough & ~sums], frame[sums], first[heads].tolist(), titles, twice)


def _placed(header: list[str]) -> list[str]:
    """The names of the columns; of several without one each is named by its place, as reports indent their lines."""
    nameless = header.count("") > 1
    return [f"Cell {place}" if nameless and not name else name for place, name in enumerate(header, start=1)]


def of_places(lines: list[Line]) -> Iterator[Line]:
    """The columns that these lines name by their place."""
    for name in dict.fromkeys(line.key for line in lines if re.fullmatch("Cell [0-9]+", line.key)):
        yield Line("made", name, {"cell": int(name.removeprefix("Cell "))}, True, "it has no name")


def _has_a_day(frame: pd.DataFrame, first: pd.Series, others: pd.Series) -> pd.Series:
    """Whether a day stands in a row beside its first words, where days stand in the other rows: what adds up others is
    of no day, and the invoices of a customer called Total Oil are."""
    days = [name for name in frame if evidence.day_forms(frame[name][others & (frame[name] != "")])]
    there: pd.Series = ((frame[days] != "") & frame[days].ne(first, axis=0)).any(axis=1)
    return there


def without_blanks(seen: Seen) -> tuple[Seen, list[Line]]:
    """The rows without what stands for nothing among days or amounts, and what that is."""
    found: dict[str, str] = {}
    for name, told in seen.cells.items():
        nothing = told.str.fullmatch(NOTHING)
        filled = told[~nothing & (told != "")]
        if nothing.any() and (evidence.day_forms(filled) or evidence.are_amounts(filled)):
            found |= dict.fromkeys(told[nothing].unique(), str(name))
    if not found:
        return seen, []
    line = Line("format", "blanks", [*found], True, f"nothing, in {', '.join(dict.fromkeys(found.values()))}")
    return replace(seen, cells=seen.cells.replace([*found], ""), added_up=seen.added_up.replace([*found], "")), [line]


def adds_up(words: str) -> bool:
    """Whether these are the words of a line that adds up others."""
    said = plain(words)
    return f"{said} ".startswith(ADDED_UP) or said.endswith(" total")


def of_headings(seen: Seen) -> Iterator[Line]:
    """The customer from the lines above its rows; sure where the lines that add them up name it again, and none of them
    may be of an age instead."""
    if not seen.headings:
        return
    ends = _ends(seen)
    sure = bool(ends) and not any(map(AGES.search, seen.headings))
    why = f"lines of their own above the rows, such as {seen.headings[0]}"
    column = next(name for name in ("Customer", "Heading") if name not in seen.cells)
    yield Line("format", "headings", column, sure, why)
    yield Line("columns", "customer_id", column, sure, why)
    if ends not in ([], [""], ["Total for "]):
        yield Line("format", "closings", ends, sure, "the words before them in the lines that add them up")


def _ends(seen: Seen) -> list[str]:
    """What stands before a heading in the lines that add up what is under it."""
    firsts = _firsts(seen.added_up)
    return sorted({words.removesuffix(head) for words in firsts if (head := _last_of(words, seen.headings))})


def _firsts(rows: pd.DataFrame) -> list[str]:
    """The first filled cell of each row."""
    return [next((cell for cell in row if cell), "") for row in rows.to_numpy().tolist()]


def _last_of(words: str, headings: list[str]) -> str:
    """The heading with which these words end, the longest of several; empty where none is."""
    return max((heading for heading in headings if words.endswith(heading)), key=len, default="")


def of_totals(seen: Seen, named: dict[str, str], owed: Decimal, lines: list[Line]) -> Iterator[Line]:
    """What the export adds up of itself: its own total where the rows come to it, and what is in between."""
    amount, sums = named["amount"], seen.added_up
    if sums.empty or amount not in sums:
        return
    label = next(str(name) for name in sums if sums[name].map(adds_up).any())
    totals = evidence.exact(sums[amount], lines)
    whole = totals.index[totals == owed][-1:]
    for row in whole:
        words = str(sums[label][row])
        yield Line("total", "column", amount, True, f"{words} is {sums[amount][row]}, and so is the sum of the rows")
        yield Line("total.line", label, [words], True, "the row that states it")
    others = sums[label].drop(index=whole)
    if len(others):
        why = f"lines that add up others, {len(others):,} in all, such as {others.iloc[0]}"
        yield Line("drop", label, _alike(others, seen.cells[label]), True, why)


def of_another_sum(seen: Seen, name: str, amount: pd.Series, owed: Decimal, lines: list[Line]) -> Iterator[str]:
    """The total of the whole list where its rows do not come to it: neither those that are owed nor all of them."""
    *others, last = _firsts(seen.added_up) or [""]
    if last not in others and plain(last) in map(str.strip, ADDED_UP) and name in seen.added_up:
        told = seen.added_up[name].iloc[-1]
        (total,) = evidence.exact(pd.Series([told]), lines)
        if pd.notna(total) and total not in (owed, sum(amount.dropna(), Decimal())):
            yield f"{last} is {told}, but its rows come to {owed:,}: some are missing, or are no invoices"


def _alike(words: pd.Series, invoices: pd.Series) -> object:
    """A condition that these words meet, and those of no invoice: how all of them begin, or end, else themselves."""
    begin = _shared(words.tolist())
    whole = re.sub(r"\w+$", "", begin)  # customers whose names begin alike are no reason for a condition
    begin = whole if adds_up(whole) else begin
    end = _shared(words.str[::-1].tolist())[::-1]
    if adds_up(begin) and not invoices.str.startswith(begin).any():
        return {"begins": [begin]}
    return (
        {"matches": f".*{re.escape(end)}"}
        if adds_up(end) and not invoices.str.endswith(end).any()
        else sorted({*words})
    )


def _shared(words: list[str]) -> str:
    """How all of these begin."""
    first, last = min(words), max(words)
    return first[: next((place for place, sign in enumerate(first) if last[place : place + 1] != sign), len(first))]


def of_states(seen: Seen, owed: pd.Series) -> Iterator[Line]:
    """What is void was never owed; what is settled is owed no more, if nothing says so of its rows. owed: the rows that
    would be open."""
    for name in seen.cells:
        if plain(str(name)) in STATUS:
            told = seen.cells[name][owed]
            void, settled = ([word for word in told.unique() if plain(word) in known] for known in (VOID, SETTLED))
            if void or settled:
                doubt = "; no column says when these were paid, nor what is paid in part" if settled else ""
                why = f"its cells, such as {', '.join(told.unique()[:4])}{doubt}"
                yield Line("drop", str(name), [*void, *settled], not settled, why)
            if settled:
                yield Line("ledger", "snapshot", True, False, f"without what {name} says is settled, it has no history")


def meeting(cells: pd.DataFrame, lines: list[Line]) -> pd.Series:
    """The rows that the sure ones of these lines name."""
    gone = pd.Series(False, index=cells.index)
    for line in lines:
        if line.sure and isinstance(line.value, list):
            gone |= cells[line.key].isin(line.value)
    return gone


def of_sides(cells: pd.DataFrame, amount: pd.Series, is_open: bool) -> Iterator[Line]:
    """The rows that a column beside amounts without a minus puts on the side of credit."""
    for name, told in cells.items():
        sides = {cell: cell.strip(". ").casefold() for cell in told[amount != 0].unique() if cell}
        credit = next((right for left, right in SIDES if {*sides.values()} == {left, right}), None)
        if credit and (amount >= 0).all():
            words = [cell for cell, side in sides.items() if side == credit]
            why = f"beside it stand {' and '.join(sides)}, and no amount is below zero"
            yield Line("below_zero", str(name), words, is_open, why)


def of_signs(columns: dict[str, str], amount: pd.Series, is_open: bool) -> Iterator[Line]:
    """Rows over nothing and below zero: the ones are dropped, the others are credits, for certain where they tell what
    is open, be they credit notes or payments that no invoice took up."""
    name = columns["amount"]
    if (amount == 0).any():
        yield Line("drop", name, {"sign": "zero"}, True, f"nothing in {int((amount == 0).sum()):,} of its rows")
    if (amount < 0).any() and {"invoice_id", "customer_id", "issued_on"} <= columns.keys():
        why = f"below zero in {int((amount < 0).sum()):,} of its rows: credit notes, or payments"
        credit = {"first": [columns["invoice_id"], {"row": "credit of row "}]}
        ours = {"credit_id": credit, **{role: columns[role] for role in ("customer_id", "issued_on")}}
        ours |= {"amount": {"minus": name}} | {role: columns[role] for role in ("currency",) if role in columns}
        yield Line("keep", name, {"sign": "plus"}, is_open, why)
        yield from (Line("credits.columns", key, origin, is_open, why) for key, origin in ours.items())
        yield Line("credits.keep", name, {"sign": "minus"}, is_open, why)
