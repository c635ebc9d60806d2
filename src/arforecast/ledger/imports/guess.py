"""A mapping proposed for an export that no preset knows: from what its columns are called and how their cells are
written, with the evidence beside each line.

It is a proposal and no more: nothing is imported by it. What can be read in two ways (03/04/2026, two columns that may
be the customer) is unsure, and its line stands behind a mark: the file is of no use before somebody has decided.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pandas as pd

from arforecast.errors import SourceError
from arforecast.ledger.imports import doubts, evidence, listing, sieve
from arforecast.ledger.imports import export as exports
from arforecast.ledger.imports.evidence import Line
from arforecast.ledger.imports.fitting import fitting
from arforecast.ledger.imports.mapping import load
from arforecast.ledger.imports.sieve import Seen
from arforecast.ledger.imports.vocabulary import DOUBTFUL, HINTS, SIDES, WORDS, plain

REQUIRED = ("invoice_id", "customer_id", "issued_on", "due_on", "amount")
DAYS, MONEY = ("issued_on", "due_on", "paid_on"), ("amount", "open", "paid_amount")
SECTIONS = (
    *("format", "made", "below_zero", "columns", "keep", "credits.columns", "credits.keep", "drop"),
    *("total", "total.line", "ledger"),
)  # fmt: skip
Found = dict[str, list[str]]
"""By column of a ledger those of the export that may be it, the plainest first."""


def proposal(source: Path) -> str:
    """The preset whose columns the export at `source` has, if one does, and a mapping proposed for it.

    Raises SourceError where no preset has them and no line of it looks like the names of columns.
    """
    there = fitting(source)
    try:
        lines = propose(source)
    except SourceError:
        if not there:
            raise
        return "".join(_fits(name, []) for name in there)
    return "".join([*(_fits(name, lines) for name in there), text(lines, source)])


def _fits(name: str, lines: list[Line]) -> str:
    """That its columns are those of a preset, and what its days say against that, whose columns are called alike in
    every country."""
    days, known = next((line for line in lines if line.key == "dates"), None), load(name).format
    begin = f"# Its columns are those of the preset {name}"
    if days is None or (days.sure and days.value in (*known.date_forms, *exports.ISO)):
        return f"{begin}: arforecast import {name} EXPORT FOLDER\n"
    return (
        f"{begin}, which reads days like {known.sample_date}. Where these are others, begin a mapping with "
        f'like = "{name}", and say under [format] how they are written: {days.why}\n'
    )


def propose(source: Path) -> list[Line]:
    """The lines of a mapping for the export at `source`.

    Raises SourceError where no line of it looks like the names of columns.
    """
    seen, read_with = listing.read(source)
    seen, blanks = sieve.without_blanks(seen)
    found = {role: _candidates(seen.cells, role) for role in WORDS}
    found["open"] = [name for name in found["open"] if not _is_running(seen.cells, name, found["amount"])]
    columns = _headed(_columns(found, seen.cells), [*sieve.of_headings(seen)])
    columns += [*_hinted(seen.cells, columns), *_coded(seen.cells, columns)]
    named = _named(columns)
    written = _written_as(seen.cells, named)
    sorted_ = _of_rows(seen, found, columns, written)
    told = [*sieve.of_places(sorted_), *sorted_, *_unread(seen, named)]
    return [*read_with, *written, *blanks, *told, *_of_history(found, sorted_), *evidence.of_currency(written)]


def _headed(columns: list[Line], headings: list[Line]) -> list[Line]:
    """The columns with the customer from the headings, where no column is it, or none as sure as they are."""
    chosen = next((line for line in columns if line.key == "customer_id"), None)
    if not headings or (chosen and chosen.sure >= headings[0].sure):
        return columns
    return [*(line for line in columns if line is not chosen), *headings]


def _of_history(found: Found, lines: list[Line]) -> Iterator[Line]:
    """Whether it is of one day: what is open stands there, or nothing says what is paid."""
    if found["paid_on"] or any(line.key == "snapshot" for line in lines):
        return
    doubt = "" if found["open"] else ", or what is open: are these open items of a day? If not, take this line away"
    yield Line("ledger", "snapshot", True, not doubt, f"no column says when anything was paid{doubt}")


def _stands(line: Line) -> bool:
    """Whether a line counts before anybody has decided: what is sure, and that there is no history, without which
    figures were wrong that are unknown with it."""
    return line.sure or line.key == "snapshot"


def _written_as(cells: pd.DataFrame, named: dict[str, str]) -> list[Line]:
    """How the days and the amounts of the chosen columns are written."""
    days = [named[role] for role in DAYS if role in named]
    money = [named[role] for role in ("amount", "paid_amount") if role in named]
    return [*evidence.of_days(cells[days]), *evidence.of_amounts(cells[money])]


def _of_rows(seen: Seen, found: Found, columns: list[Line], written: list[Line]) -> list[Line]:
    """The columns, and which rows are no invoices; an amount of which the rows say more is unsure."""
    named = _named(columns)
    if "amount" not in named:
        return columns
    amount = evidence.exact(seen.cells[named["amount"]], written)
    unpaid = seen.cells[named["paid_on"]] == "" if "paid_on" in named else pd.Series(True, index=amount.index)
    states = list(sieve.of_states(seen, unpaid & (amount != 0)))
    sides = list(sieve.of_sides(seen.cells, amount, bool(found["open"])))
    amount = amount.mask(sieve.meeting(seen.cells, sides), -amount)
    other = list(doubts.of_currency(seen.cells, named))
    against = [line.why for line in (*states, *sides) if not line.sure]
    against += [*doubts.of_amount(seen.cells, named), *doubts.of_titles(seen.titles)]
    if named["amount"] not in found["open"]:
        against += doubts.of_tax(seen.cells, named, amount, written)
    if "paid_on" not in named and not found["open"]:
        against += doubts.of_payment(seen.cells, named, found["paid_amount"], written)
    if "paid_on" in named and "paid_amount" not in named:
        against += doubts.of_parts(seen.cells, named, amount, written)
        against += [] if found["open"] else doubts.of_states(seen.cells[unpaid & (amount > 0)])
    against += [line.why for line in written if line.key == "decimal" and not line.sure]
    unsure = (line for line in columns if line.key in ("paid_on", "paid_amount") and not line.sure)
    against += [f"without {line.value} nothing says what is paid" for line in unsure]
    kinds = list(doubts.of_kinds(seen.cells[amount > 0]))
    if "invoice_id" in named:
        kinds += doubts.of_numbers(seen.cells[named["invoice_id"]][amount > 0])
    told = {"invoice_id": kinds, "amount": [*against, *other], "currency": other}
    owed = amount[~sieve.meeting(seen.cells, states)]
    whole = sum(owed.dropna(), Decimal())
    told["amount"] += doubts.of_sum(whole, named["amount"])
    told["amount"] += sieve.of_another_sum(seen, named["amount"], amount, whole, written)
    lines = [_in_doubt(line, told.get(line.key, [])) for line in columns]
    totals = sieve.of_totals(seen, named, whole, written)
    return [*lines, *states, *sides, *sieve.of_signs(named, owed, bool(found["open"])), *totals]


def _named(columns: list[Line]) -> dict[str, str]:
    """The columns of the export by those of the ledger."""
    return {line.key: str(line.value) for line in columns if line.section == "columns"}


def _in_doubt(line: Line, against: list[str]) -> Line:
    return Line(line.section, line.key, line.value, line.sure and not against, "; ".join([line.why, *against]))


def text(lines: list[Line], source: Path) -> str:
    """The proposal as a mapping file; what is unsure, and what is missing, stands behind a mark."""
    named = _named(lines)
    missing = [_missing(role, named) for role in REQUIRED if role not in named]
    told = [f"# A proposal for {json.dumps(source.name)}. Read each line; take away the mark before what you decide."]
    for section in SECTIONS:
        here = [line for line in (*lines, *missing) if line.section == section]
        mark = "" if any(map(_stands, here)) or section in ("format", "columns") else "# "
        told += [f"\n{mark}[{section}]", *map(_written, here)] if here else []
    return "\n".join(told) + "\n"


def _missing(role: str, named: dict[str, str]) -> Line:
    if role == "due_on" and "issued_on" in named:
        terms = {"date": named["issued_on"], "plus_days": 30}
        return Line("columns", role, terms, False, "no column is called so: how many days do customers have to pay?")
    return Line("columns", role, "?", False, "no column is called so")


def _written(line: Line) -> str:
    mark = "" if _stands(line) else "# "
    key = line.key if re.fullmatch(r"[\w-]+", line.key, re.ASCII) else json.dumps(line.key, ensure_ascii=False)
    return f"{mark}{key} = {_toml(line.value)}  # {'sure' if line.sure else 'UNSURE'}: {' '.join(line.why.split())}"


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


# Which column is which


def _candidates(cells: pd.DataFrame, role: str) -> list[str]:
    """The columns that are called as this one of a ledger, the plainest first, if their cells can be it."""
    words = WORDS[role]
    called = {str(column): plain(str(column)) for column in cells}
    named = sorted((words.index(said), column) for column, said in called.items() if said in words)
    return [column for _, column in named if _can_be(cells[column], role)]


def _can_be(cells: pd.Series, role: str) -> bool:
    filled = cells[cells != ""]
    if role in DAYS:
        return bool(evidence.day_forms(filled)) or evidence.are_serial(filled)
    return evidence.are_amounts(filled) if role in MONEY else len(filled) > 0


def _columns(found: Found, cells: pd.DataFrame) -> list[Line]:
    """Each column of the ledger from the first that may be it; sure where no other may."""
    lines, taken = [], set()
    roles = {role: columns for role, columns in found.items() if role != "open"}
    if not found["paid_on"]:
        roles |= {"amount": found["open"] or found["amount"], "paid_amount": []}  # what was paid counts on a day
    for role, columns in roles.items():
        free = [column for column in columns if column not in taken]
        if free:
            taken.add(free[0])
            lines.append(_column(role, free, cells, found))
    return lines


def _column(role: str, free: list[str], cells: pd.DataFrame, found: Found) -> Line:
    against = "".join(f"; {doubt}" for doubt in _doubts(role, free, cells, found))
    return Line("columns", role, free[0], not against, f"its name, and {_example(cells[free[0]])}{against}")


def _example(cells: pd.Series) -> str:
    return f"cells such as {next((cell for cell in cells if cell), 'nothing')}"


def _doubts(role: str, free: list[str], cells: pd.DataFrame, found: Found) -> Iterator[str]:
    """What speaks against taking the first of these columns for this one of the ledger."""
    chosen, filled = cells[free[0]], cells[free[0]][cells[free[0]] != ""]
    rivals = [column for column in free[1:] if role != "customer_id" or not _are_the_same(chosen, cells[column])]
    if rivals:
        yield f"{', '.join(rivals)} may be it as well"
    if plain(free[0]) in DOUBTFUL and not (free[0] in found["open"] and _is_left(cells, free[0], found["amount"])):
        yield "other systems call something else so"
    if role == "invoice_id" and filled.duplicated().any():
        yield "it stands in several rows: say what they are under [lines], or what makes them unique: { join = [ , ] }"
    if role == "invoice_id" and (
        sums := [cell for cell in filled if sieve.adds_up(cell) or plain(cell) in WORDS["open"]]
    ):
        yield f"{sums[0]} may be no invoice: drop it"
    if role in REQUIRED[:3] and len(filled) < len(chosen):
        yield f"empty in {len(chosen) - len(filled):,} of its rows"
    if role == "amount":
        yield from _doubts_of_amount(free[0], cells, found)


def _is_left(cells: pd.DataFrame, rest: str, amounts: list[str]) -> bool:
    """Whether this is what is left of amounts beside it: never more, as what is open of all rows so far soon is."""
    return len(cells) > 1 and any((left.abs() <= whole.abs()).all() for whole, left in _pairs(cells, rest, amounts))


def _is_running(cells: pd.DataFrame, rest: str, amounts: list[str]) -> bool:
    """Whether this is what is open of all rows so far, of the whole list or of a customer, and not of the row."""
    for whole, left in _pairs(cells, rest, amounts):
        begins, goes_on = left == whole, left == pd.Series([Decimal(), *left[:-1]], left.index) + whole
        if (begins | goes_on).all() and not begins.all():
            return True
    return False


def _pairs(cells: pd.DataFrame, rest: str, amounts: list[str]) -> Iterator[tuple[pd.Series, pd.Series]]:
    """The amounts of each of these columns, and the rest beside them, where all can be read."""
    for name in amounts:
        written = evidence.of_amounts(cells[[name, rest]])
        pair = evidence.exact(cells[name], written), evidence.exact(cells[rest], written)
        if name != rest and all(told.notna().all() for told in pair):
            yield pair


def _are_the_same(one: pd.Series, other: pd.Series) -> bool:
    """Whether each number has a name and each name a number, and not because every row has its own."""
    pairs = pd.concat([one, other], axis=1).drop_duplicates()
    return len(pairs) == one.nunique() == other.nunique() < len(one)


def _doubts_of_amount(chosen: str, cells: pd.DataFrame, found: Found) -> Iterator[str]:
    """Whether it is what is owed, or what was billed of which something is paid already."""
    if any({*pair} <= {plain(str(column)) for column in cells} for pair in SIDES):
        yield "amounts stand in two columns, debit and credit: { amount = , less = }"
    rests = found["open"] or _hinting("open", cells, {name for names in found.values() for name in names})
    if chosen not in rests and rests and not found["paid_on"]:
        yield f"{', '.join(rests)} may be what is left of it"
    elif chosen not in rests and rests and _differ(cells, chosen, rests[0], found["paid_on"][0]):
        yield f"{rests[0]} is another in rows that no day of payment stands in: they are paid in part"


def _differ(cells: pd.DataFrame, amount: str, rest: str, paid_on: str) -> bool:
    unpaid = cells[cells[paid_on] == ""]
    return bool((unpaid[amount] != unpaid[rest]).any())


def _unread(seen: Seen, named: dict[str, str]) -> Iterator[Line]:
    """Why a column that is called as an invoice needs it is not taken, or what two of them are together."""
    called = {plain(str(name)): str(name) for name in seen.cells}
    for role in (role for role in REQUIRED if role not in named):
        pair = next((pair for pair in SIDES if {*pair} <= {*called}), None) if role == "amount" else None
        name = next((name for words, name in called.items() if words in WORDS[role]), None)
        twice = next((name for name in seen.twice if plain(name) in WORDS[role]), None)
        if pair:
            both = {"amount": called[pair[0]], "less": called[pair[1]]}
            yield Line("columns", role, both, False, "amounts stand in two columns, debit and credit")
        elif twice:
            yield Line("columns", role, twice, False, f"{twice} stands there twice: keep one of them")
        elif name:
            odd = _odd(seen.cells[name].unique().tolist(), role)
            kind = "days" if role in DAYS else "amounts"
            yield Line("columns", role, name, False, f"its name, but its cells{_such(odd)} are not all {kind}")


def _odd(cells: list[str], role: str) -> str:
    """A cell that cannot be it, or else is written in another way than the first."""
    filled = [*filter(None, cells)]
    alone = (cell for cell in filled if not _can_be(pd.Series([cell]), role))
    unlike = (cell for cell in filled if not _can_be(pd.Series([filled[0], cell]), role))
    return next(alone, "") or next(unlike, "")


def _such(odd: str) -> str:
    return f", such as {odd}," if odd else ""


def _hinting(role: str, cells: pd.DataFrame, taken: set[str]) -> list[str]:
    """The columns whose names hint at this one of a ledger, if their cells can be it."""
    hints = [str(column) for column in cells if re.search(HINTS[role], plain(str(column))) and column not in taken]
    return [column for column in hints if _can_be(cells[column], role)]


def _hinted(cells: pd.DataFrame, lines: list[Line]) -> Iterator[Line]:
    """What is called by no known name, from a word in one: never sure."""
    named = _named(lines)
    for role in ("due_on", "issued_on", "open", "amount", "invoice_id", "customer_id"):
        key = "amount" if role == "open" else role
        if key not in named and (hints := _hinting(role, cells, {*named.values()})):
            named[key] = hints[0]
            others = f"; {', '.join(hints[1:])} may be it as well" if hints[1:] else ""
            yield Line("columns", key, hints[0], False, f"a word of its name, and {_example(cells[hints[0]])}{others}")


def _coded(cells: pd.DataFrame, lines: list[Line]) -> Iterator[Line]:
    """The currency, from the one column that holds codes of currencies, where a word of its name says so too."""
    codes = doubts.currencies_told(cells)
    if "currency" not in _named(lines) and len(codes) == 1 and re.search(HINTS["currency"], plain(codes[0])):
        yield Line("columns", "currency", codes[0], True, f"a word of its name, and {_example(cells[codes[0]])}")
