"""What is wrong with the rows of an export: row, column, value and rule, and the sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from arforecast import currencies
from arforecast.ledger.imports import export as exports
from arforecast.ledger.imports.export import Export
from arforecast.ledger.imports.mapping import Format, Mapping, Part, type_of
from arforecast.ledger.imports.membership import holds, of_both_signs, signs_asked
from arforecast.ledger.imports.values import Reading, Rows, added, money
from arforecast.ledger.tables import Table

WORDINGS = {
    "unreadable": "the row has {value} cells, not as many as the header. Quote cells that hold a separator.",
    "unexpected": "{column} {value} is not a value the mapping expects. Keep, drop or expect it there.",
    "empty": "{column} is empty. Fill it in.",
    "not_a_date": "{column} {value} is not a date like {format.sample_date}. Correct it or the mapping.",
    "not_money": "{column} {value} is not an amount like {format.sample_amount}. Correct it or the mapping.",
    "unknown_currency": "{column} {value} is no currency of ISO 4217, such as EUR, nor the English name of one.",
    "credit_as_invoice": "{column} {value} is below zero. A credit note belongs to credits or, once applied, to "
    "applications.",
    "below_zero": "{column} {value} is below zero. Say in the mapping to which table such rows belong.",
    "zero": "{column} {value} is zero. Drop such rows in the mapping.",
    "astray": "{column} {value} is of no table: none takes an amount of this sign with what else its row says. Keep or "
    "drop such rows in the mapping.",
    "no_paid_day": "{column} {value} was paid, but the day is empty. Fill it in.",
    "twice": "{column} {value} stands in several rows. Keep one, or say in the mapping what they are (lines), or "
    "what makes them unique (join).",
    "lines_differ": "{column} {value} differs from another row of the same invoice. Correct one of them.",
    "line_of_broken": "{column} {value} has another row that cannot be read. Correct that one.",
}
BELOW, NOTHING = "-.*[1-9].*", "-?[0.]+"
# What the contract asks of an amount, and the rule that one of such a form breaks.
SIGNS = {
    "zero or more": {BELOW: "below_zero"},
    "not zero": {NOTHING: "zero"},
    "above zero": {BELOW: "below_zero", NOTHING: "zero"},
}


def _found(broken: pd.Series, rule: str, column: str, text: pd.Series) -> pd.DataFrame:
    values = text[broken]
    return pd.DataFrame({"row": values.index, "column": column, "value": values.array, "rule": rule})


def ragged(export: Export) -> pd.DataFrame:
    """Rows shorter or longer than the header: no telling which cell belongs to which column."""
    cells = pd.Series({row: len(cells) for row, cells in export.records.items()}, dtype="int64")
    own = cells - (1 if export.headings else 0)
    return _found(cells != len(export.header), "unreadable", "", own.astype("str"))


def without_table(rows: Rows, mapping: Mapping, taken: pd.Series) -> pd.DataFrame:
    """Rows of which nobody can say to which table they belong, since the amount that decides it cannot be read, or goes
    with a kind that the mapping does not know, or knows with the other sign. An empty one decides where a table takes
    the row without it; taken: whether one does."""
    found = [_found(pd.Series(False, index=rows.cells.index), "empty", "", pd.Series("", index=rows.cells.index))]
    both = of_both_signs(mapping)
    for column, elsewhere in signs_asked(rows, mapping):
        cells, amount = rows.cells[column], money(rows, rows.cells[column])
        astray = amount.str.contains("[1-9]", na=False) & (column in both)
        found.append(_found(elsewhere & (cells == "") & ~taken, "empty", column, cells))
        found.append(_found(elsewhere & amount.isna(), "not_money", column, cells))
        found.append(_found(elsewhere & astray & ~taken, "astray", column, cells))
    return pd.concat(found).drop_duplicates("row")


def of_tables(taken: list[Rows], readings: list[dict[str, Reading]], mapping: Mapping) -> Iterator[pd.DataFrame]:
    """What is wrong with the rows of each part by themselves, and with those that tell of the same thing."""
    for rows, columns, (table, part) in zip(taken, readings, mapping.parts, strict=True):
        alone = pd.concat([*_unexpected(rows, part), *_unreadable(columns, part, table)])
        yield alone
        yield from _of_several_rows(columns, part, table, alone)


def _unexpected(rows: Rows, part: Part) -> Iterator[pd.DataFrame]:
    for column, wanted in part.expect.items():
        yield _found(~holds(rows, column, wanted), "unexpected", column, rows.cells[column])


def _unreadable(readings: dict[str, Reading], part: Part, table: Table) -> Iterator[pd.DataFrame]:
    malformed = {"date": "not_a_date", "money": "not_money"}
    required = {column.name for column in table.required}
    for name, reading in readings.items():
        if rule := malformed.get(type_of(table, name)):
            yield _found(reading.value.isna(), rule, reading.column, reading.text)
        if name == "currency":
            known = reading.value.isin([*currencies.known(), ""])
            yield _found(~known, "unknown_currency", reading.column, reading.text)
        if name in required:
            yield _found(reading.text == "", "empty", reading.column, reading.text)
    if part.lines is None or part.lines.rows != "sum":
        yield from _of_wrong_sign(readings, table)
    yield from _paid_on_no_day(readings)


def _of_wrong_sign(readings: dict[str, Reading], table: Table) -> Iterator[pd.DataFrame]:
    amount, column = readings.get("amount"), table.column("amount")
    if amount is None or column is None:
        return
    for form, rule in SIGNS.get(column.sign, {}).items():
        named = "credit_as_invoice" if table.name == "invoices" else rule
        yield _found(amount.value.str.fullmatch(form, na=False), named, amount.column, amount.text)


def _paid_on_no_day(readings: dict[str, Reading]) -> Iterator[pd.DataFrame]:
    if amount := readings.get("paid_amount"):
        paid = amount.value.str.contains("[1-9]", na=False)
        yield _found(paid & (readings["paid_on"].text == ""), "no_paid_day", amount.column, amount.text)


# Rows that tell of the same thing


def _of_several_rows(
    readings: dict[str, Reading], part: Part, table: Table, alone: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    if not table.identifier or not set(table.identifier).issubset(readings):
        return
    key = pd.DataFrame({name: readings[name].value for name in table.identifier})
    known = key[(key != "").all(axis=1)]
    column = " + ".join(readings[name].column for name in table.identifier)
    first, *others = known
    words = known[first].str.cat(known[others], sep="-") if others else known[first]
    if part.lines is None:
        yield _found(known.duplicated(keep=False), "twice", column, words)
    elif part.lines.rows != "first":
        yield from _that_differ(readings, part, table, known)
    if part.lines:
        spoilt = words.isin(words[words.index.isin(alone.row)]) & ~words.index.isin(alone.row)
        yield _found(spoilt, "line_of_broken", column, words)
    if part.lines and part.lines.rows == "sum":
        yield from _of_wrong_sum(readings, table, known[~words.isin(words[words.index.isin(alone.row)])])


def _of_wrong_sum(readings: dict[str, Reading], table: Table, known: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Lines below zero are discounts; what they all add up to has to be an amount of its table."""
    line = readings["amount"]
    whole = added(line.value.loc[known.index], [known[name] for name in known]) if len(known) else line.value[:0]
    yield from _of_wrong_sign({"amount": Reading(line.column, whole, whole)}, table)


def _that_differ(readings: dict[str, Reading], part: Part, table: Table, known: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Of one invoice all lines name the same customer and days, and its amount where each repeats the whole."""
    apart = {*table.identifier, *({"amount"} if part.lines and part.lines.rows == "sum" else ())}
    keys = [known[name] for name in known]
    for name in (column.name for column in table.columns if column.name in readings and column.name not in apart):
        reading = readings[name]
        different = reading.value.loc[known.index].groupby(keys).transform("nunique") > 1
        yield _found(different, "lines_differ", reading.column, reading.text.loc[known.index])


# The sentences


def worded(found: pd.DataFrame, export: Export, form: Format) -> pd.DataFrame:
    """The problems in the order of the rows, each with its file, its sentence, and the row it stands in."""
    found = found.sort_values("row", kind="stable", ignore_index=True)
    found.insert(0, "file", export.file.name)
    columns = [found[name] for name in ("file", "row", "column", "value", "rule")]
    messages = [
        f"{file} row {row}: {WORDINGS[rule].format(column=column, value=_short(value), format=form)}"
        for file, row, column, value, rule in zip(*columns, strict=True)
    ]
    lines = [exports.line(_as_exported(export, row), export.separator) for row in found["row"]]
    return found.assign(message=pd.Series(messages, dtype="str"), line=pd.Series(lines, dtype="str"))


def _as_exported(export: Export, row: int) -> list[str]:
    """The cells of a row without the one that its heading gave."""
    cells = export.records[row]
    return cells[:-1] if export.headings else cells


def _short(value: str) -> str:
    """On one line: a quoted cell may hold several."""
    return " ".join(value.split())
