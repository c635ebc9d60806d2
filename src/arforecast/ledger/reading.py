"""Reading: from a ledger as it stands in its source to the books, row by row, with nothing lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import ibis
import pandas as pd
from ibis import _

from arforecast.ledger import cells, checks, rates, source
from arforecast.ledger.books import Books
from arforecast.ledger.database import kept, picked
from arforecast.ledger.source import Raw
from arforecast.ledger.tables import APPLICATIONS, BY_NAME, INVOICES, TABLES, Table, Tables
from arforecast.settings import Settings

# A column that no export has: whether nothing is wrong with the row alone.
SOUND = "the row is sound"
# What other tables are held against, rows or no rows.
HELD = ("invoices", "applications", "rates")
# What stands beside an application of its invoice.
OF_INVOICE = {"billed": "amount", "billed_in": "currency", "billed_on": "issued_on", "bill_entered_on": "entered_on"}


def open_books(url: Any, settings: Settings | None = None, con: ibis.BaseBackend | None = None) -> Books:
    """Read and check the ledger at `url`: a path, a database URL, a Spark session or an Ibis connection.

    `con` is the DuckDB that reads files; one of its own unless given.
    Raises SourceError when it cannot be read at all; what is wrong with single rows is in `problems`.
    """
    settings = settings or Settings()
    raw = source.read(url, con or source.connect(settings.engine), partial(_typed, settings=settings))
    sizes = _sizes(raw.typed, settings)
    in_use, found = _sift(raw, sizes, settings)
    found = pd.concat([_unreadable(raw.unreadable), found], ignore_index=True)
    # Applications that stand for paid days have their rows in the invoices.
    names = {"applications": raw.names.get("invoices", "invoices")} | raw.names
    problems = _worded(found, names, settings)
    tables = _complete(in_use, raw.typed, settings)
    return Books(
        tables=tables,
        present=frozenset(raw.tables),
        problems=problems,
        rows=_counted(raw, sizes, in_use, problems),
        quarantine=_quarantine(raw.tables, problems),
        fingerprint=raw.fingerprint,
        settings=settings,
        foreign=_foreign(tables, settings.ledger.currency) if sizes.foreign.any() else frozenset(),
    )


def _typed(rows: ibis.Table, table: Table, settings: Settings) -> ibis.Table:
    """The rows of a file as values, each with the day it enters the books and whether it is sound: in one reading."""
    values = cells.values(rows, table, settings.ledger.decimals)
    sound = {SOUND: checks.sound(rows, values, table, settings)}
    known = _defaulted(values, table, settings) | {"row": rows.row}
    return rows.select(**(known | cells.beside(rows, table) | _entry(values, table) | sound))


def _defaulted(values: checks.Values, table: Table, settings: Settings) -> checks.Values:
    defaults = {"currency": settings.ledger.currency}
    if table is INVOICES:
        defaults["kind"] = "invoice"
    # A control total without a currency is that of the whole ledger; a rate cannot go without.
    own = {} if table.name in ("control_totals", "rates") else defaults
    return values | {name: values[name].fill_null(default) for name, default in own.items() if name in values}


def _entry(values: checks.Values, table: Table) -> checks.Values:
    """The day each fact enters the books: the later of its own day and the day it was known."""
    if not table.dated_by or "known_on" not in values:
        return {}
    day = values[table.dated_by]
    return {"entered_on": ibis.greatest(day, values["known_on"].fill_null(day))}


def _sizes(typed: Tables, settings: Settings) -> pd.DataFrame:
    """Of each table the rows read, how many of them are not sound, and how many are in foreign money."""
    sizes = ibis.union(*(_size(name, rows, settings) for name, rows in typed.items()))
    return sizes.to_pandas().set_index("table")


def _size(name: str, rows: ibis.Table, settings: Settings) -> ibis.Table:
    billed = name in ("invoices", "receipts")
    foreign = rows.currency != settings.ledger.currency if billed else ibis.literal(False)
    sound = rows[SOUND]
    counted = rows.aggregate(rows=sound.count(), unsound=sound.count(where=~sound), foreign=sound.count(where=foreign))
    return counted.mutate(table=ibis.literal(name))


def _sift(raw: Raw, sizes: pd.DataFrame, settings: Settings) -> tuple[Tables, pd.DataFrame]:
    """The rows in use, and the problems of all rows: what leaves at one step is not there at the next."""
    unsound = list(sizes.index[sizes.unsound > 0])
    find = partial(_find, sizes=sizes, settings=settings)
    broken = {name: kept(checks.broken(raw.tables[name], BY_NAME[name], settings)) for name in unsound}
    alone = checks.run((checks.alone,), broken, settings)
    typed = _absent(raw.typed) | raw.typed
    substance = find(checks.SUBSTANCE, typed)
    sound = _without(typed, substance, unsound)
    if "applications" not in raw.typed:
        sound["applications"] = _paid_in_full(sound["invoices"])
    sound["applications"] = kept(_linked(sound["applications"], sound["invoices"]))
    reference = find(checks.REFERENCE, sound)
    in_use = _without(sound, reference)
    return in_use, _together([alone, substance, reference, find(checks.WARNINGS, in_use)])


def _find(stage: tuple[checks.Check, ...], tables: Tables, sizes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """What the checks find in the tables that have rows; nobody asks for rates where all money is the ledger's own."""
    there = {name: _lean(name, rows) for name, rows in tables.items() if name in HELD or sizes.rows.get(name, 0)}
    skipped = () if sizes.foreign.any() else checks.OF_FOREIGN_MONEY
    return checks.run(tuple(check for check in stage if check not in skipped), there, settings)


def _lean(name: str, rows: ibis.Table) -> ibis.Table:
    """The table without columns beside the contract, of which there can be a thousand."""
    known = {*(column.name for column in BY_NAME[name].columns), "row", "entered_on", SOUND, *OF_INVOICE}
    return rows if known.issuperset(rows.columns) else rows.select(*(name for name in rows.columns if name in known))


def _together(found: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)


def _without(tables: Tables, found: pd.DataFrame, unsound: Sequence[str] = ()) -> Tables:
    """The tables less the rows that an error takes out; `unsound` are those with rows that are wrong alone."""
    errors = found[found.rule.map(_severity) == "error"]
    out = {name: errors.row[errors.table == name] for name in errors.table.unique()}
    left: Tables = {}
    for name in {*unsound, *out}:
        rows = tables[name].filter(_[SOUND]) if name in unsound else tables[name]
        left[name] = kept(rows.filter(~picked(rows, out[name])) if name in out else rows)
    return tables | left


def _paid_in_full(invoices: ibis.Table) -> ibis.Table:
    """The shortcut: each invoice with a paid day is one cash application."""
    paid = invoices.filter(_.paid_on.notnull())
    values = {
        "row": paid.row,
        "invoice_id": paid.invoice_id,
        "applied_on": paid.paid_on,
        "amount": ibis.coalesce(paid.paid_amount, paid.amount),
        "kind": ibis.literal("cash"),
        "entered_on": paid.paid_on,
    }
    return cells.filled(paid, APPLICATIONS, values)


def _linked(applications: ibis.Table, invoices: ibis.Table) -> ibis.Table:
    """Each application beside its invoice, before which it cannot enter the books. Columns beside the contract wait
    until the applications in use are known."""
    own = applications.select(*(column.name for column in APPLICATIONS.columns), "row", "entered_on")
    both = own.left_join(invoices.select("invoice_id", **OF_INVOICE), "invoice_id").drop("invoice_id_right")
    return both.mutate(entered_on=ibis.greatest(both.entered_on, both.bill_entered_on))


def _complete(in_use: Tables, typed: Tables, settings: Settings) -> Tables:
    """The tables in use with the columns beside the contract and without what only the checks ask for. A rate stands
    there for every day it holds."""
    tables = {name: rows.drop(SOUND) if SOUND in rows.columns else rows for name, rows in in_use.items()}
    tables["applications"] = _whole(in_use["applications"].drop(*OF_INVOICE), typed)
    return tables | {"rates": kept(rates.daily(tables["rates"], settings))}


def _whole(applications: ibis.Table, typed: Tables) -> ibis.Table:
    """The applications with the columns beside the contract that theirs have."""
    if "applications" not in typed:
        return applications
    beside = [name for name in typed["applications"].columns if name not in {*applications.columns, SOUND}]
    whole = applications.join(typed["applications"].select("row", *beside), "row")
    return kept(whole) if beside else applications


def _absent(there: Tables) -> Tables:
    """The tables that a ledger lacks, without a row, as they would be made of a file."""
    empty = {table: cells.empty(there["invoices"], table) for table in TABLES if table.name not in there}
    return {
        table.name: kept(none.mutate(_entry({name: none[name] for name in none.columns}, table)))
        for table, none in empty.items()
    }


def _severity(rule: str) -> str:
    return checks.RULES[rule].severity


def _unreadable(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines the reader had to set aside, as problems."""
    return lines.assign(column="", rule="unreadable", amount=None)


def _worded(found: pd.DataFrame, files: dict[str, str], settings: Settings) -> pd.DataFrame:
    """Problems in the order of their rows, each with its file, its severity, and the sentence that says what to do."""
    if found.empty:
        return pd.DataFrame(
            columns=["table", "file", "row", "column", "value", "rule", "severity", "amount", "message"]
        )
    order = {table.name: nth for nth, table in enumerate(TABLES)}
    found = found.sort_values(
        ["table", "row", "rule", "column"], key=lambda c: c.map(order) if c.name == "table" else c
    )
    file = found.table.map(lambda name: files.get(name, name))
    said = zip(found.table, found.rule, found.column, found.value, strict=True)
    text = [_sentence(*problem) for problem in said]
    where = [f"{name} row {row:.0f}" if pd.notna(row) else name for name, row in zip(file, found.row, strict=True)]
    return pd.DataFrame(
        {
            "table": found.table,
            "file": file,
            "row": found.row.astype("Int64"),
            "column": found.column,
            "value": found.value,
            "rule": found.rule,
            "severity": found.rule.map(_severity),
            "amount": found.amount.astype("float64") / 10**settings.ledger.decimals,
            "message": [f"{place}: {what}" for place, what in zip(where, text, strict=True)],
        }
    ).reset_index(drop=True)


def _sentence(table: str, rule: str, column: str, value: str) -> str:
    known = BY_NAME[table].column(column)
    choices = ", ".join(known.choices) if known else ""
    return checks.RULES[rule].wording.format(column=column, value=value, choices=choices)


def _counted(raw: Raw, sizes: pd.DataFrame, in_use: Tables, problems: pd.DataFrame) -> pd.DataFrame:
    """Rows by table. Read and used are counted each by itself, so that a row lost between them would show."""
    errors = problems[problems.severity == "error"].drop_duplicates(["table", "row"])
    used = _used({name: in_use[name] for name in raw.tables})
    lines = [
        {
            "table": name,
            "read": int(sizes.rows[name]) + int((raw.unreadable.table == name).sum()),
            "used": int(used[name]),
            "quarantined": int((errors.table == name).sum()),
            "quarantined_amount": float(errors.amount[errors.table == name].sum()),
        }
        for name in raw.tables
    ]
    return pd.DataFrame(lines)


def _used(tables: Tables) -> pd.Series:
    counts = (rows.aggregate(rows=_.count()).mutate(table=ibis.literal(name)) for name, rows in tables.items())
    return ibis.union(*counts).to_pandas().set_index("table").rows


def _foreign(tables: Tables, reporting: str) -> frozenset[str]:
    used = ibis.union(*(tables[name].select("currency") for name in ("invoices", "receipts"))).distinct()
    return frozenset(used.to_pandas().currency) - {reporting}


def _quarantine(raw: Tables, problems: pd.DataFrame) -> pd.DataFrame:
    """The problems of severity error, each with its row's cells as they stand in the file."""
    errors = problems[problems.severity == "error"].drop(columns="severity")
    names = errors.table.unique()
    lines = [_lines(raw[name], errors.row[errors.table == name]).assign(table=name) for name in names]
    if not lines:
        return errors.assign(line="")
    kept = errors.merge(pd.concat(lines), on=["table", "row"], how="left")
    return kept.assign(line=kept.line.fillna(kept.value))


def _lines(raw: ibis.Table, rows: pd.Series) -> pd.DataFrame:
    """The cells of some rows as one text each: row, line."""
    cells = raw.filter(picked(raw, rows)).to_pandas().astype({"row": "Int64"}).set_index("row")
    texts = [
        "; ".join(f"{name}={cell}" for name, cell in zip(cells.columns, line, strict=True) if pd.notna(cell))
        for line in cells.itertuples(index=False, name=None)
    ]
    return pd.DataFrame({"row": cells.index, "line": pd.Series(texts, dtype="str")})
