"""Presets: a foreign export becomes a ledger folder, as its mapping declares.

Nothing is guessed: a cell that is not written as declared is a problem of its row, never another number or day.
A row with a problem is quarantined, and no row is lost: read = imported + skipped + quarantined.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from arforecast import folders
from arforecast.errors import SourceError, UsageError
from arforecast.ledger.imports.mapping import (
    REQUIRED,
    TYPES,
    DatePlusDays,
    Format,
    Joined,
    Mapping,
    Origin,
    load,
    names,
    parts,
)
from arforecast.ledger.tables import INVOICES

__all__ = ["ImportReport", "import_export", "names"]

INVOICES_FILE, QUARANTINE_FILE, RECORD_FILE = "invoices.csv", "quarantine.csv", "import.json"
FIRST_YEAR, LAST_YEAR = 1900, 9999
WORDINGS = {
    "unreadable": "the row has {value} cells, not as many as the header. Quote cells that hold a separator.",
    "unexpected": "{column} {value} is not a value the mapping expects. Keep, drop or expect it there.",
    "empty": "{column} is empty. Fill it in.",
    "not_a_date": "{column} {value} is not a date like {format.sample_date}. Correct it or the mapping.",
    "not_money": "{column} {value} is not an amount like {format.sample_amount}. Correct it or the mapping.",
    "credit_as_invoice": "{column} {value} is below zero. A credit note belongs to credits or, once applied, to "
    "applications.",
    "no_paid_day": "{column} {value} was paid, but the day is empty. Fill it in.",
}


@dataclass(frozen=True)
class ImportReport:
    """What became of every row of an export: read = imported + sum of skipped + quarantined.

    skipped: rows by rule, the rule in words.
    problems: file, row (as a spreadsheet numbers it, the header is row 1), column, value, rule, message, line (the
    whole row as the export has it); a row may have several.
    left_out: columns of the export that the mapping does not speak of.
    """

    read: int
    imported: int
    skipped: dict[str, int]
    problems: pd.DataFrame = field(repr=False)
    left_out: tuple[str, ...]

    def __post_init__(self) -> None:
        accounted = self.imported + sum(self.skipped.values()) + self.quarantined
        if self.read != accounted:
            raise SourceError(f"{self.read} rows were read but {accounted} accounted for; nothing was written.")

    @property
    def quarantined(self) -> int:
        return int(self.problems["row"].nunique())


@dataclass(frozen=True)
class _Export:
    """The export as text: its header, and the cells of every row that is not blank, by row number."""

    file: Path
    header: list[str]
    records: dict[int, list[str]]


@dataclass(frozen=True)
class _Reading:
    """One ledger column: the foreign column, its cells, and their values (null: not written as declared)."""

    column: str
    text: pd.Series[str]
    value: pd.Series[str]


def import_export(preset: str | Path, source: Path, folder: Path) -> ImportReport:
    """Turn the export at `source` into a ledger in `folder`, by a built-in preset or a mapping file's Path.

    Writes invoices.csv, quarantine.csv (every row that could not be read, and why) and import.json (what was
    imported, from which file); `folder` appears when all three are complete.

    Raises UsageError for an unknown preset, a mapping that makes no sense, or a folder that holds anything but
    an earlier import; SourceError for an export that cannot be read at all: no file, another encoding, a missing
    column, a quote that does not end.
    """
    mapping = load(preset)
    _refuse_other_files(folder, source)
    export = _export(source, mapping.format)
    ledger, report = _translate(export, mapping)
    with folders.complete(folder.resolve()) as part:
        # This line end makes the writer quote a cell that holds a carriage return.
        ledger.to_csv(part / INVOICES_FILE, index=False, lineterminator="\r\n")
        _inert(report.problems).to_csv(part / QUARANTINE_FILE, index=False, lineterminator="\r\n")
        (part / RECORD_FILE).write_text(_record(report, source, preset), "utf-8")
    return report


def _translate(export: _Export, mapping: Mapping) -> tuple[pd.DataFrame, ImportReport]:
    """The invoices, and what became of the other rows."""
    origins = _origins(mapping, export)
    rows = _table(export, mapping.format)
    rules = _skipping_rules(rows, mapping)
    staying = rows[rules == ""]
    readings = {name: _reading(staying, name, origin, mapping.format) for name, origin in origins.items()}
    found = pd.concat([_ragged(export), *_unexpected(staying, mapping), *_unreadable(readings)])
    ledger = _ledger(readings, mapping.constants)
    ledger = ledger[~ledger.index.isin(found["row"])]
    report = ImportReport(
        read=len(export.records),
        imported=len(ledger),
        skipped={str(rule): int(count) for rule, count in rules[rules != ""].value_counts().items()},
        problems=_worded(found, export, mapping.format),
        left_out=tuple(name for name in export.header if name not in mapping.foreign_columns),
    )
    return ledger, report


# The export


def _export(source: Path, form: Format) -> _Export:
    try:
        with source.open(encoding=form.codec, newline="") as stream:
            records = _records(stream, source, form.separator)
    except OSError as fault:
        raise SourceError(f"{source} cannot be opened: {fault.strerror}.") from fault
    except UnicodeError as fault:
        raise SourceError(f"{source} is not {form.encoding}: {fault}. Declare its encoding in a mapping.") from fault
    if not records:
        raise SourceError(f"{source} is empty: not even a header stands there.")
    header = [name.strip() for name in records.pop(min(records))]
    return _Export(source, header, records)


def _records(stream: io.TextIOBase, source: Path, separator: str) -> dict[int, list[str]]:
    """Row number as a spreadsheet shows it -> cells; a row without a filled cell is blank and left out."""
    # Strict: otherwise a quote that does not end swallows the rows behind it without a word.
    reader = csv.reader(stream, delimiter=separator, strict=True)
    try:
        return {row: cells for row, cells in enumerate(reader, start=1) if any(map(str.strip, cells))}
    except csv.Error as fault:
        raise SourceError(f"{source} line {reader.line_num}: {fault}. Correct the quotes there.") from fault


def _origins(mapping: Mapping, export: _Export) -> dict[str, Origin]:
    """Ledger column -> where it comes from in this export; what the mapping needs must be there, once."""
    there = set(export.header)
    at_hand = {name: origin for name, origin in mapping.optional.items() if there.issuperset(parts(origin))}
    needed = mapping.model_copy(update={"optional": at_hand}).foreign_columns
    missing = ", ".join(sorted(needed - there))
    if missing:
        found = ", ".join(export.header)
        raise SourceError(f"{export.file} has no column {missing}; it has {found}. Correct the export or the mapping.")
    twice = ", ".join(sorted(name for name in needed if export.header.count(name) > 1))
    if twice:
        raise SourceError(f"{export.file}: the column {twice} stands there twice. Keep one of them.")
    return mapping.columns | at_hand


def _table(export: _Export, form: Format) -> pd.DataFrame:
    """The rows that are as long as the header, by row number; cells trimmed, declared blanks empty."""
    even = {row: cells for row, cells in export.records.items() if len(cells) == len(export.header)}
    index = pd.Index(list(even), dtype="int64")
    table = pd.DataFrame(list(even.values()), index=index, columns=export.header, dtype="str")
    trimmed: pd.DataFrame = table.apply(lambda cells: cells.str.strip())
    return trimmed.replace(list(form.blanks), "")


def _skipping_rules(rows: pd.DataFrame, mapping: Mapping) -> pd.Series[str]:
    """The first rule that skips each row, in words; empty where the row stays."""
    kept = [(f"{name} is not {' or '.join(v)}", ~rows[name].isin(v)) for name, v in mapping.keep.items()]
    dropped = [(f"{name} is {value}", rows[name] == value) for name, v in mapping.drop.items() for value in v]
    rules = pd.Series("", index=rows.index, dtype="str")
    for words, skips in kept + dropped:
        rules = rules.mask((rules == "") & skips, words)
    return rules


# Cells become values


def _reading(rows: pd.DataFrame, name: str, origin: Origin, form: Format) -> _Reading:
    match origin:
        case DatePlusDays():
            return _days_after(rows, origin, form)
        case Joined():
            text = _joined(rows, list(origin.join))
        case _:
            text = rows[origin]
    values = {"date": _dates, "money": _amounts}.get(TYPES.get(name, "text"), lambda text, _: text)
    return _Reading(" + ".join(parts(origin)), text, values(text, form))


def _joined(rows: pd.DataFrame, columns: list[str]) -> pd.Series[str]:
    """The parts with a dash between; empty where one of them is."""
    joined = rows[columns[0]].str.cat(rows[columns[1:]], sep="-")
    return joined.mask((rows[columns] == "").any(axis=1), "")


def _days_after(rows: pd.DataFrame, origin: DatePlusDays, form: Format) -> _Reading:
    """Empty where the number of days is: an open invoice has none until it is paid."""
    fixed = pd.Series(str(origin.plus_days), index=rows.index, dtype="str")
    days = rows[origin.plus_days] if isinstance(origin.plus_days, str) else fixed
    whole = pd.to_numeric(days.where(days.str.fullmatch("-?[0-9]{1,5}"))).astype("float64")
    later = _moments(rows[origin.date], form) + pd.to_timedelta(whole, unit="D")
    text = (rows[origin.date] + " + " + days).mask(days == "", "")
    return _Reading(f"{origin.date} + {origin.plus_days}", text, _iso(later).mask(days == "", ""))


def _dates(text: pd.Series[str], form: Format) -> pd.Series[str]:
    """ISO dates; empty stays empty, null where the cell is no date as declared."""
    return _iso(_moments(text, form)).mask(text == "", "")


def _moments(text: pd.Series[str], form: Format) -> pd.Series[pd.Timestamp]:
    # pandas takes the words "now" and "today" for dates; a date has a digit.
    written = text.where(text.str.contains("[0-9]"))
    moments = pd.to_datetime(written, format=form.dates, errors="coerce")
    if re.search("%[A-Za-z]%[A-Za-z]", form.dates):
        # With nothing between day and month 1112026 is two days; with every zero written it is none.
        moments = moments.where(moments.dt.strftime(form.dates) == written)
    return moments


def _iso(moments: pd.Series[pd.Timestamp]) -> pd.Series[str]:
    plausible = moments.dt.year.between(FIRST_YEAR, LAST_YEAR)
    return moments.where(plausible).dt.strftime("%Y-%m-%d").astype("str")


def _amounts(text: pd.Series[str], form: Format) -> pd.Series[str]:
    """Decimal numbers, digit for digit; empty stays empty, null where the cell is no amount as declared."""
    thousands, point, sign = map(re.escape, (form.thousands, form.decimal, form.currency_sign))
    bare = text.str.replace(rf"^(-?){sign}\s*|\s*{sign}$", r"\1", regex=True) if sign else text
    # A sign between thousands stands before every three digits or nowhere: 1.23 is not 123.
    written = rf"-?([0-9]+|[0-9]{{1,3}}({thousands}[0-9]{{3}})+)({point}[0-9]+)?"
    amounts = bare.where(bare.str.fullmatch(written))
    if form.thousands:
        amounts = amounts.str.replace(form.thousands, "", regex=False)
    return amounts.str.replace(form.decimal, ".", regex=False).mask(text == "", "")


def _ledger(readings: dict[str, _Reading], constants: dict[str, str]) -> pd.DataFrame:
    """The invoices, columns of the contract first."""
    ledger = pd.DataFrame({name: reading.value for name, reading in readings.items()}).assign(**constants)
    if "paid_amount" in readings:
        # Zero paid on no day is an open invoice, not a payment.
        ledger["paid_amount"] = ledger["paid_amount"].mask(ledger["paid_on"] == "", "")
    contract = [column.name for column in INVOICES.columns if column.name in ledger]
    return ledger[[*contract, *ledger.columns.difference(contract, sort=False)]]


# What is wrong with a row


def _found(broken: pd.Series[bool], rule: str, column: str, text: pd.Series[str]) -> pd.DataFrame:
    values = text[broken]
    return pd.DataFrame({"row": values.index, "column": column, "value": values.array, "rule": rule})


def _ragged(export: _Export) -> pd.DataFrame:
    """Rows shorter or longer than the header: no telling which cell belongs to which column."""
    cells = pd.Series({row: len(cells) for row, cells in export.records.items()}, dtype="int64")
    return _found(cells != len(export.header), "unreadable", "", cells.astype("str"))


def _unexpected(rows: pd.DataFrame, mapping: Mapping) -> Iterator[pd.DataFrame]:
    for name, values in mapping.expect.items():
        yield _found(~rows[name].isin(values), "unexpected", name, rows[name])


def _unreadable(readings: dict[str, _Reading]) -> Iterator[pd.DataFrame]:
    malformed = {"date": "not_a_date", "money": "not_money"}
    for name, reading in readings.items():
        if rule := malformed.get(TYPES.get(name, "text")):
            yield _found(reading.value.isna(), rule, reading.column, reading.text)
        if name in REQUIRED:
            yield _found(reading.text == "", "empty", reading.column, reading.text)
    yield from _below_zero(readings)
    yield from _paid_on_no_day(readings)


def _below_zero(readings: dict[str, _Reading]) -> Iterator[pd.DataFrame]:
    if amount := readings.get("amount"):
        broken = amount.value.str.fullmatch("-.*[1-9].*", na=False)
        yield _found(broken, "credit_as_invoice", amount.column, amount.text)


def _paid_on_no_day(readings: dict[str, _Reading]) -> Iterator[pd.DataFrame]:
    if amount := readings.get("paid_amount"):
        paid = amount.value.str.contains("[1-9]", na=False)
        yield _found(paid & (readings["paid_on"].text == ""), "no_paid_day", amount.column, amount.text)


def _worded(found: pd.DataFrame, export: _Export, form: Format) -> pd.DataFrame:
    """The problems in the order of the rows, each with its file, its sentence, and the row it stands in."""
    found = found.sort_values("row", kind="stable", ignore_index=True)
    found.insert(0, "file", export.file.name)
    columns = [found[name] for name in ("file", "row", "column", "value", "rule")]
    messages = [
        f"{file} row {row}: {WORDINGS[rule].format(column=column, value=_short(value), format=form)}"
        for file, row, column, value, rule in zip(*columns, strict=True)
    ]
    lines = [_line(export.records[row], form.separator) for row in found["row"]]
    return found.assign(message=pd.Series(messages, dtype="str"), line=pd.Series(lines, dtype="str"))


def _short(value: str) -> str:
    """On one line: a quoted cell may hold several."""
    return " ".join(value.split())


def _line(cells: list[str], separator: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="").writerow(cells)
    return text.getvalue()


# The folder


def _refuse_other_files(folder: Path, source: Path) -> None:
    """Only an earlier import may be replaced, and never the export itself."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder.")
    if source.resolve().parent == folder.resolve():
        raise UsageError(f"{source} lies in {folder}, which would be replaced. Name another folder.")
    there = {entry.name for entry in folder.iterdir()} if folder.exists() else set()
    foreign = there - {INVOICES_FILE, QUARANTINE_FILE, RECORD_FILE} if RECORD_FILE in there else there
    if foreign:
        raise UsageError(f"{folder} holds {', '.join(sorted(foreign))}: no import wrote that. Name another folder.")


def _inert(problems: pd.DataFrame) -> pd.DataFrame:
    """Foreign cells behind an apostrophe where a spreadsheet would take them for a formula."""
    foreign = {name: problems[name].str.replace(r"^([=+@\t\r-])", r"'\1", regex=True) for name in ("value", "line")}
    return problems.assign(**foreign)


def _record(report: ImportReport, source: Path, preset: str | Path) -> str:
    """What was imported, for whoever asks later where the ledger came from."""
    with source.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    origin = {"preset": Path(preset).name, "source": source.name, "sha256": sha256}
    counts = {"read": report.read, "imported": report.imported, "quarantined": report.quarantined}
    record = origin | counts | {"skipped": report.skipped, "left_out": report.left_out}
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"
