"""Presets: a foreign export becomes a ledger folder, as its mapping declares.

Nothing is guessed: a cell that is not written as declared is a problem of its row, never another number or day.
A row with a problem is quarantined, and no row is lost: read = imported + skipped + quarantined. Where the export
states its own total, the rows must add up to it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from arforecast import folders
from arforecast.errors import SourceError, UsageError
from arforecast.ledger.imports import export as exports
from arforecast.ledger.imports import matching, problems, tie, values
from arforecast.ledger.imports.export import Export
from arforecast.ledger.imports.fitting import advice
from arforecast.ledger.imports.mapping import Mapping, Part, Said, load, names, type_of
from arforecast.ledger.imports.membership import below_zero, members, skipped
from arforecast.ledger.imports.origins import Origin, Written, foreign
from arforecast.ledger.imports.tie import IMPORTED, QUARANTINED, Money
from arforecast.ledger.imports.values import Reading, Rows, added, reading
from arforecast.ledger.tables import BY_NAME, INVOICES, Table

__all__ = ["ImportReport", "import_export", "names"]

QUARANTINE_FILE, RECORD_FILE, NOTES_FILE = "quarantine.csv", "import.json", "ledger.toml"


@dataclass(frozen=True)
class ImportReport:
    """What became of every row of an export: read = imported + sum of skipped + quarantined.

    skipped: rows by rule, the rule in words.
    problems: file, row (as a spreadsheet numbers it), column, value, rule, message, line (the whole row as the export
    has it); a row may have several.
    left_out: columns of the export that the mapping does not speak of.
    made: the rows of each table of the ledger. due_at_once: its invoices that are due on the day of issue, as where
    the export names no due day. money: of each fate (imported, a rule that skips, quarantined) the
    amounts of its rows, as the export writes them. total: what is said of the export's own total, empty where it
    states none.
    """

    read: int
    imported: int
    skipped: dict[str, int]
    problems: pd.DataFrame = field(repr=False)
    left_out: tuple[str, ...]
    made: dict[str, int] = field(default_factory=dict)
    due_at_once: int = 0
    money: dict[str, Money] = field(default_factory=dict, repr=False)
    total: str = ""

    def __post_init__(self) -> None:
        accounted = self.imported + sum(self.skipped.values()) + self.quarantined
        if self.read != accounted:
            raise SourceError(f"{self.read} rows were read but {accounted} accounted for; nothing was written.")

    @property
    def quarantined(self) -> int:
        return int(self.problems["row"].nunique())


@dataclass(frozen=True)
class Stated:
    """What whoever imports an export knows of it: its total in the column of amounts, the day it is of."""

    total: Decimal | None = None
    as_of: date | None = None


def import_export(preset: str | Path, source: Path, folder: Path, stated: Stated = Stated()) -> ImportReport:
    """Turn the export at `source` into a ledger in `folder`, by a built-in preset or a mapping file's Path.

    Writes a file for each table, quarantine.csv (every row that could not be read, and why), import.json (what was
    imported, from which file), and ledger.toml where there is something to say of the whole; `folder` appears when all
    are complete.

    Raises UsageError for an unknown preset, a mapping that makes no sense, or a folder that holds anything but
    an earlier import; SourceError for an export that cannot be read at all, or whose rows do not add up to its total.
    """
    mapping = _mapping(preset, source)
    _refuse_other_files(folder, source)
    export = _export(source, mapping, preset)
    mapping = mapping.of(export.header)
    rows = _rows(export, mapping)
    days = _days(export, rows, mapping.ledger, stated.as_of)
    ledger, report = _translate(export, rows, mapping, stated.total)
    notes = _notes(mapping.ledger, _currency(ledger), days)
    with folders.complete(folder.resolve()) as part:
        for name, table in ledger.items():
            # This line end makes the writer quote a cell that holds a carriage return.
            table.to_csv(part / f"{name}.csv", index=False, lineterminator="\r\n")
        _inert(report.problems).to_csv(part / QUARANTINE_FILE, index=False, lineterminator="\r\n")
        if notes:
            (part / NOTES_FILE).write_text(notes, "utf-8")
        (part / RECORD_FILE).write_text(_record(report, source, preset), "utf-8")
    return report


def _mapping(preset: str | Path, source: Path) -> Mapping:
    """The mapping that was asked for; a name that is no preset's names the one that fits."""
    try:
        return load(preset)
    except UsageError as fault:
        fits = advice(source, preset) if isinstance(preset, str) else ""
        raise UsageError(f"{fault} {fits}".rstrip()) from fault


def _export(source: Path, mapping: Mapping, preset: str | Path) -> Export:
    """The export as its mapping reads it; what it cannot read names the preset that may."""
    try:
        return exports.read(source, mapping)
    except SourceError as fault:
        raise SourceError(f"{fault} {advice(source, preset)}".rstrip()) from fault


def _translate(
    export: Export, rows: Rows, mapping: Mapping, stated: Decimal | None
) -> tuple[dict[str, pd.DataFrame], ImportReport]:
    """The tables, and what became of the other rows."""
    belonging = members(rows, mapping)
    some = pd.concat(belonging, axis=1).any(axis=1)
    unsure = problems.without_table(rows, mapping, some)
    undecided = rows.cells.index.isin(unsure.row)
    rules = skipped(rows, mapping, some | undecided)
    rules = rules.mask((rules == "") & rules.index.isin(export.words), "words alone")
    unsure = unsure[unsure.row.isin(rules.index[rules == ""])]
    taken = [rows.of((rules == "") & of & ~undecided) for of in belonging]
    readings = [_readings(of, *part) for of, part in zip(taken, mapping.parts, strict=True)]
    found = pd.concat([problems.ragged(export), unsure, *problems.of_tables(taken, readings, mapping)])
    broken = set(found.row)
    fates = rules.mask(rules == "", IMPORTED).mask(rules.index.isin(broken), QUARANTINED)
    tables = _tables(rows, readings, mapping, broken)
    money = tie.money(rows, fates, tie.repeated(readings, mapping), mapping)
    report = ImportReport(
        read=export.read,
        imported=int((fates == IMPORTED).sum()),
        skipped=_skipped(export, fates),
        problems=problems.worded(found, export, mapping.format),
        left_out=tuple(name for name in export.header if name not in _spoken(mapping)),
        made={name: len(table) for name, table in tables.items()},
        due_at_once=int((tables["invoices"]["due_on"] == tables["invoices"]["issued_on"]).sum()),
        money=tie.by_fate(money),
        total=tie.tied(export, money, tie.totals_told(money, rows, mapping, stated), mapping),
    )
    return tables, report


def _spoken(mapping: Mapping) -> set[str]:
    return mapping.foreign_columns | {mapping.format.headings}


def _rows(export: Export, mapping: Mapping) -> Rows:
    cells = values.made(exports.table(export, mapping.format), export.titles, mapping.format, mapping.made)
    above, days = pd.Series(False, index=cells.index), exports.days(export, mapping.format)
    rows = Rows(cells, mapping.format, tie.currency(cells, mapping), above, export.titles, days)
    return replace(rows, minus=below_zero(rows, mapping))


def _readings(rows: Rows, table: Table, part: Part) -> dict[str, Reading]:
    at_hand = {name: origin for name, origin in part.optional.items() if _is_there(origin, rows)}
    found = {name: reading(rows, type_of(table, name), origin) for name, origin in (part.columns | at_hand).items()}
    if "currency" in found:
        told = found["currency"]
        found["currency"] = Reading(told.column, told.text, tie.codes(told.value))
    return found


def _is_there(origin: Origin, rows: Rows) -> bool:
    return set(rows.cells.columns).issuperset(foreign(origin))


def _tables(
    rows: Rows, readings: list[dict[str, Reading]], mapping: Mapping, broken: set[int]
) -> dict[str, pd.DataFrame]:
    """The tables of the ledger, each from all that makes its rows."""
    made: dict[str, list[pd.DataFrame]] = {}
    for columns, (table, part) in zip(readings, mapping.parts, strict=True):
        made.setdefault(table.name, []).append(_table(columns, part, table, broken))
    tables = {name: pd.concat(parts).fillna("") for name, parts in made.items()}
    if mapping.matched and "applications" in tables:
        key = rows.cells[mapping.matched]
        tables["applications"] = matching.settled(tables["applications"], tables["invoices"], key)
    return tables


def _table(readings: dict[str, Reading], part: Part, table: Table, broken: set[int]) -> pd.DataFrame:
    """The rows of a ledger's table, columns of the contract first."""
    made = pd.DataFrame({name: reading.value for name, reading in readings.items()}).assign(**part.constants)
    made = made[~made.index.isin(broken)]
    if "paid_amount" in made:
        # Zero paid on no day is an open invoice, not a payment.
        made["paid_amount"] = made["paid_amount"].mask(made["paid_on"] == "", "")
    contract = [column.name for column in table.columns if column.name in made]
    ordered = made[[*contract, *made.columns.difference(contract, sort=False)]]
    return _whole(ordered, part, table) if part.lines else ordered


def _whole(rows: pd.DataFrame, part: Part, table: Table) -> pd.DataFrame:
    """One row of what stands in several: the first, with the sum of the amounts where each is a line."""
    key = list(table.identifier)
    whole = rows.drop_duplicates(key)
    if part.lines and part.lines.rows == "sum":
        whole = whole.assign(amount=added(rows["amount"], [rows[name] for name in key])[whole.index])
    return whole


# What became of the rows


def _skipped(export: Export, fates: pd.Series) -> dict[str, int]:
    rules = fates[~fates.isin((IMPORTED, QUARANTINED))].value_counts()
    around = {
        "above the header": len(export.titles),
        "the header again": len(export.again),
        "headings": len(export.heading_rows),
    }
    return {words: rows for words, rows in around.items() if rows} | {str(r): int(rows) for r, rows in rules.items()}


# The folder


def _notes(said: Said, currency: str | None, days: list[str]) -> str:
    """What the ledger says of itself, as TOML."""
    own = said.model_dump(include={"currency", "country", "time_zone", "source"}, exclude_none=True)
    words = ({"currency": currency} if currency else {}) | own
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in words.items()]
    return "".join(f"{line}\n" for line in (*lines, *days))


def _currency(ledger: dict[str, pd.DataFrame]) -> str | None:
    """The one currency that all amounts are in."""
    named = {code for table in ledger.values() if "currency" in table for code in table["currency"].unique()}
    return named.pop() if len(named) == 1 else None


def _days(export: Export, rows: Rows, said: Said, as_of: date | None) -> list[str]:
    """Of which day the ledger is, or from which on it is complete, as lines of TOML."""
    named = exports.named_day(export, said.as_of_lines, rows.form.months_in)
    if as_of and named and as_of != named:
        raise UsageError(f"{export.file} says that it is of {named}, not of {as_of}. Name that day, or none.")
    if as_of and not said.snapshot:
        raise UsageError("A day belongs to open items of one day alone; this export has a history. Leave it out.")
    if said.snapshot:
        return [f"snapshot_on = {day}" if (day := as_of or named) else "snapshot = true"]
    begins = _first_day(rows, said.complete_from) if said.complete_from else ""
    return [f"complete_from = {begins}"] if begins else []


def _first_day(rows: Rows, origin: Written) -> str:
    """The first of the days that stand there; empty where none can be read."""
    days = reading(rows, "date", origin).value
    return str(min(days[days.notna() & (days != "")], default=""))


def _refuse_other_files(folder: Path, source: Path) -> None:
    """Only an earlier import may be replaced, and never the export itself."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder.")
    if source.resolve().parent == folder.resolve():
        raise UsageError(f"{source} lies in {folder}, which would be replaced. Name another folder.")
    there = {entry.name for entry in folder.iterdir()} if folder.exists() else set()
    strange = there - _written(folder)
    if strange:
        raise UsageError(
            f"{folder} holds {', '.join(sorted(strange))}: no import wrote that. Name another folder, "
            "and copy into it the tables that are yours."
        )


def _written(folder: Path) -> set[str]:
    """The files of an earlier import, as its record has them; none where there was no such."""
    try:
        tables = json.loads((folder / RECORD_FILE).read_text("utf-8")).get("tables", {INVOICES.name: 0})
    except (OSError, ValueError, AttributeError):
        return set()
    return {f"{name}.csv" for name in tables if name in BY_NAME} | {QUARANTINE_FILE, RECORD_FILE, NOTES_FILE}


def _inert(found: pd.DataFrame) -> pd.DataFrame:
    """Foreign cells behind an apostrophe where a spreadsheet would take them for a formula."""
    inert = {name: found[name].str.replace(r"^([=+@\t\r-])", r"'\1", regex=True) for name in ("value", "line")}
    return found.assign(**inert)


def _record(report: ImportReport, source: Path, preset: str | Path) -> str:
    """What was imported, for whoever asks later where the ledger came from."""
    with source.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    origin = {"preset": Path(preset).name, "source": source.name, "sha256": sha256}
    counts = {"read": report.read, "imported": report.imported, "quarantined": report.quarantined}
    money = {fate: {code: str(amount) for code, amount in by.items()} for fate, by in report.money.items()}
    told = {"skipped": report.skipped, "tables": report.made, "money": money, "total": report.total}
    record = origin | counts | told | {"left_out": report.left_out}
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"
