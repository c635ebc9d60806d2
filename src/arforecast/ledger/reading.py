"""Reading: from a ledger as it stands in its source to the books, row by row, with nothing lost on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
from ibis import _

from arforecast import currencies
from arforecast.errors import shown
from arforecast.ledger import alone, cells, checks, companies, database, notes, rates, source, undoing
from arforecast.ledger.books import Books
from arforecast.ledger.database import kept, picked
from arforecast.ledger.notes import Notes
from arforecast.ledger.rules import RULES
from arforecast.ledger.source import Raw
from arforecast.ledger.tables import APPLICATIONS, BY_NAME, INVOICES, TABLES, Table, Tables
from arforecast.settings import Settings

# Columns that no export has: whether nothing is wrong with the row alone, and whether it is worth a look.
SOUND, ODD = "the row is sound", "the row is odd"
PROBLEMS = ["table", "file", "row", "column", "value", "rule", "severity", "amount", "message"]
# How alike the name of a column is to one that it is likely meant to be.
ALIKE = 0.85
# What other tables are held against, rows or no rows.
HELD = ("invoices", "applications", "rates")
BEGINNING = ibis.literal(date.min)
# What is in the currency of the invoice it is about.
IN_ITS_CURRENCY = ("applications", "disputes", "promises")
# What stands beside an application of its invoice.
OF_INVOICE = {
    "billed": "amount",
    "billed_in": "currency",
    "billed_on": "issued_on",
    "billed_to": "customer_id",
    "bill_entered_on": "entered_on",
}


def open_books(url: Any, settings: Settings | None = None, con: ibis.BaseBackend | None = None) -> Books:
    """Read and check the ledger at `url`: a path, a database URL, a Spark session or an Ibis connection.

    `con` is the DuckDB that reads files; one of its own unless given.
    Raises SourceError when it cannot be read at all, or changes meanwhile; what is wrong with single rows is in
    `problems`.
    """
    with source.held(url):
        return _books(url, settings, con)


def _books(url: Any, settings: Settings | None, con: ibis.BaseBackend | None) -> Books:
    said = notes.read(source.path(url)) if isinstance(url, str | Path) else notes.Notes()
    settings = notes.told(settings or Settings(), said)
    raw = source.read(url, con or source.connect(settings.engine), partial(_typed, settings=settings))
    sizes = _sizes(raw.typed, settings)
    own = _with_decimals(raw, settings) if sizes.foreign.any() else raw
    if own is not raw:
        sizes = _sizes(own.typed, settings)
    in_use, found = _sift(own, sizes, settings, said)
    found = found if own is raw or found.empty else _at_face(found, own.tables, settings)
    found = pd.concat([_unreadable(raw.unreadable), found], ignore_index=True)
    # Applications that stand for paid days have their rows in the invoices.
    names = {"applications": raw.names.get("invoices", "invoices")} | raw.names
    problems = _together([_not_read(raw), _worded(found, names, settings)])
    tables = _complete(in_use, own, bool(sizes.negative.sum()), settings)
    return Books(
        tables=tables,
        present=frozenset(raw.tables),
        problems=problems,
        rows=_counted(raw, sizes, in_use, problems),
        quarantine=_quarantine(raw.tables, problems),
        fingerprint=raw.fingerprint,
        settings=settings,
        foreign=_foreign(tables, settings.ledger.currency) if sizes.foreign.any() else frozenset(),
        notes=said,
        tells_paid=_tells_paid(raw, sizes),
    )


def _typed(rows: ibis.Table, table: Table, settings: Settings) -> ibis.Table:
    """The rows of a file as values, each with the day it enters the books and whether it is sound: in one reading."""
    cells.refuse_zones(rows, table)
    cells.refuse_narrow(rows, table)
    values = cells.values(rows, table, settings.ledger.currency)
    tests = {SOUND: alone.sound, ODD: alone.odd}
    sound = {name: test(rows, values, table, settings) for name, test in tests.items()}
    known = _defaulted(values, table, settings) | {"row": rows.row}
    made = known | cells.beside(rows, table) | _entry(values, table) | sound
    # Positional: a column of any name may stand in the file.
    return rows.select(*(value.name(name) for name, value in made.items()))


def _defaulted(values: alone.Values, table: Table, settings: Settings) -> alone.Values:
    defaults = {"currency": settings.ledger.currency}
    if table is INVOICES:
        defaults["kind"] = "invoice"
    # A control total without a currency is that of the whole ledger; a rate cannot go without.
    own = {} if table.name in ("control_totals", "rates") else defaults
    return values | {name: values[name].fill_null(default) for name, default in own.items() if name in values}


def _entry(values: alone.Values, table: Table) -> alone.Values:
    """The day each fact enters the books: the later of its own day and the day it was known."""
    if not table.dated_by or "known_on" not in values:
        return {}
    day = values[table.dated_by]
    return {"entered_on": ibis.greatest(day, values["known_on"].fill_null(day))}


def _sizes(typed: Tables, settings: Settings) -> pd.DataFrame:
    """Of each table the rows read, how many of them are not sound or odd, in foreign money, and below zero; its latest
    day, and of invoices the first one and the least and the most money."""
    sizes = ibis.union(*(_size(name, rows, settings) for name, rows in typed.items()))
    return sizes.to_pandas().set_index("table")


def _size(name: str, rows: ibis.Table, settings: Settings) -> ibis.Table:
    priced = name in checks.IN_CURRENCY and name != "rates"
    foreign = rows.currency != settings.ledger.currency if priced else ibis.literal(False)
    negative = rows.amount < 0 if name == "applications" else ibis.literal(False)
    sound = rows[SOUND]
    kinds = {"unsound": ~sound | rows[ODD], "foreign": foreign, "negative": negative}
    counts = {"rows": sound.count()} | {kind: sound.count(where=of) for kind, of in kinds.items()}
    return rows.aggregate(**counts, **_ends(name, rows)).mutate(table=ibis.literal(name))


def _ends(name: str, rows: ibis.Table) -> dict[str, ibis.Value]:
    days = [rows[column.name].max() for column in BY_NAME[name].columns if column.type == "date"]
    latest = ibis.greatest(*(day.fill_null(BEGINNING) for day in days), BEGINNING)
    if name == "invoices":
        return {"latest": latest, "first": rows.issued_on.min(), "least": rows.amount.min(), "most": rows.amount.max()}
    return {"latest": latest, "first": ibis.null("date"), "least": ibis.null("int64"), "most": ibis.null("int64")}


def _with_decimals(raw: Raw, settings: Settings) -> Raw:
    """The ledger where money has other decimals than the reporting currency: what is in the currency of an invoice is
    read anew, beside that currency."""
    invoices = raw.typed["invoices"]
    codes = invoices.select("currency").distinct().to_pandas().currency
    others = [code for code in codes if currencies.decimals(code) != settings.ledger.decimals]
    if not others:
        return raw
    theirs = invoices.filter(_.currency.isin(others)).group_by("invoice_id")
    abroad = theirs.aggregate(**{cells.BILLED_IN: _.currency.max()})
    about = [name for name in IN_ITS_CURRENCY if name in raw.tables and "invoice_id" in raw.tables[name].columns]
    beside = {name: _beside(raw.tables[name], abroad) for name in about}
    typed = {name: kept(_typed(rows, BY_NAME[name], settings)) for name, rows in beside.items()}
    return replace(raw, tables=raw.tables | beside, typed=raw.typed | typed)


def _beside(rows: ibis.Table, abroad: ibis.Table) -> ibis.Table:
    return rows.left_join(abroad, cells.text(rows.invoice_id) == abroad.invoice_id).drop("invoice_id_right")


def _at_face(found: pd.DataFrame, raw: Tables, settings: Settings) -> pd.DataFrame:
    """The problems, with the money at stake as it is written: in minor units of the reporting currency, whatever those
    of the row are."""
    # Applications that stand for paid days have their rows in the invoices.
    source = {"applications": "invoices"} if "applications" not in raw else {}
    of = {name: source.get(name, name) for name in found.table.unique()}
    named = [_named(raw[of[name]], BY_NAME[of[name]], found.row[found.table == name]).assign(table=name) for name in of]
    with_currency = found.astype({"row": "Int64"}).merge(pd.concat(named), on=["table", "row"], how="left")
    more = with_currency.currency.map(currencies.decimals, na_action="ignore").fillna(settings.ledger.decimals)
    face = with_currency.amount.astype("float64") * 10.0 ** (settings.ledger.decimals - more.astype("float64"))
    return with_currency.assign(amount=face).drop(columns="currency")


def _named(raw: ibis.Table, table: Table, rows: pd.Series) -> pd.DataFrame:
    """The currency of some rows: row, currency."""
    own = cells.currency(raw, table)
    code = ibis.null("string") if own is None else own
    return raw.filter(picked(raw, rows)).select("row", currency=code).to_pandas().astype({"row": "Int64"})


def _sift(raw: Raw, sizes: pd.DataFrame, settings: Settings, said: Notes) -> tuple[Tables, pd.DataFrame]:
    """The rows in use, and the problems of all rows: what leaves at one step is not there at the next."""
    unsound = list(sizes.index[sizes.unsound > 0])
    find = partial(_find, sizes=sizes, needless=checks.needless(sizes), settings=settings)
    broken = {name: kept(checks.broken(raw.tables[name], BY_NAME[name], settings)) for name in unsound}
    by_themselves = checks.run((checks.by_themselves,), broken, settings)
    # A rate that leaves is worth nothing to the money of its day.
    of_rates = find(checks.OF_RATES, {name: raw.typed[name] for name in raw.typed if name == "rates"})
    typed = _absent(raw.typed) | _without(raw.typed, of_rates, [name for name in unsound if name == "rates"])
    substance = find(checks.SUBSTANCE, typed)
    sound = _without(typed, substance, unsound)
    if "applications" not in raw.typed:
        sound["applications"] = _paid_in_full(sound["invoices"])
    linked = _linked(sound["applications"], sound["invoices"])
    sound["applications"] = kept(_told_apart(linked, raw.typed["invoices"], said))
    reference = find(checks.REFERENCE, sound)
    in_use = _without(sound, reference)
    warnings = find(checks.WARNINGS, in_use)
    of_columns = [_unused_shortcut(raw), _misnamed_columns(raw)]
    return in_use, _together([by_themselves, of_rates, substance, reference, warnings, *of_columns])


def _find(
    stage: tuple[checks.Check, ...],
    tables: Tables,
    sizes: pd.DataFrame,
    needless: set[checks.Check],
    settings: Settings,
) -> pd.DataFrame:
    """What the checks find in the tables that have rows; those that cannot find anything are not asked."""
    there = {name: _lean(name, rows) for name, rows in tables.items() if name in HELD or sizes.rows.get(name, 0)}
    return checks.run(tuple(check for check in stage if check not in needless), there, settings)


def _lean(name: str, rows: ibis.Table) -> ibis.Table:
    """The table without columns beside the contract, of which there can be a thousand."""
    known = {*(column.name for column in BY_NAME[name].columns), "row", "entered_on", SOUND, checks.OLD, *OF_INVOICE}
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


def _unused_shortcut(raw: Raw) -> pd.DataFrame:
    """The shortcut's columns, where they are filled in and an applications table, even an empty one, goes before."""
    invoices = raw.tables["invoices"]
    columns = [name for name in ("paid_on", "paid_amount") if name in invoices.columns and "applications" in raw.tables]
    filled = {name: raw.typed["invoices"][name].notnull().any() for name in columns}
    there = raw.typed["invoices"].aggregate(**filled).to_pandas().iloc[0] if filled else {}
    unused = [name for name in filled if there[name] is not None and there[name]]
    problem = {"table": "invoices", "value": "", "rule": "paid_on_unused", "amount": 0}
    return pd.DataFrame([problem | {"column": name, "row": None} for name in unused], columns=checks.COLUMNS)


def _misnamed_columns(raw: Raw) -> pd.DataFrame:
    """The columns of a user's own that are likely meant to be one which their table lacks: its cells count as empty."""
    problem = {"rule": "misnamed_column", "row": None, "amount": 0}
    near = [
        problem | {"table": name, "column": meant, "value": column}
        for name, rows in raw.tables.items()
        for column, meant in _nearly(rows.columns, [column.name for column in BY_NAME[name].columns])
    ]
    return pd.DataFrame(near, columns=checks.COLUMNS)


def _nearly(columns: Sequence[str], known: Sequence[str]) -> Iterator[tuple[str, str]]:
    absent = [name for name in known if name not in columns]
    for column in (name for name in columns if name not in known):
        for meant in get_close_matches(column.lower(), absent, 1, ALIKE):
            yield column, meant


def _tells_paid(raw: Raw, sizes: pd.DataFrame) -> bool:
    """Whether anything says what was paid, or there is nothing to pay."""
    told = "applications" in raw.tables or "paid_on" in raw.tables["invoices"].columns
    return told or not sizes.rows["invoices"]


def _linked(applications: ibis.Table, invoices: ibis.Table) -> ibis.Table:
    """Each application beside its invoice, before which it cannot enter the books. Columns beside the contract wait
    until the applications in use are known."""
    own = applications.select(*(column.name for column in APPLICATIONS.columns), "row", "entered_on")
    both = own.left_join(invoices.select("invoice_id", **OF_INVOICE), "invoice_id").drop("invoice_id_right")
    since = both.bill_entered_on.fill_null(both.entered_on)
    return both.mutate(entered_on=ibis.greatest(both.entered_on, since))


def _told_apart(linked: ibis.Table, invoices: ibis.Table, said: Notes) -> ibis.Table:
    """The applications, each with whether it is of the time before the ledger begins, and so is its invoice: that one
    is not even among those that were set aside."""
    if said.complete_from is None:
        return linked.mutate(**{checks.OLD: ibis.literal(False)})
    ids = invoices.select(read_id="invoice_id").distinct()
    both = linked.left_join(ids, linked.invoice_id == ids.read_id)
    old = both.read_id.isnull() & (both.applied_on < said.complete_from)
    return both.mutate(**{checks.OLD: old}).drop("read_id")


def _complete(in_use: Tables, raw: Raw, undone: bool, settings: Settings) -> Tables:
    """The tables in use with the columns beside the contract and without what only the checks ask for. A rate stands
    there for every day it holds, an application on the days it counts on, a customer under its last number."""
    tables = {name: rows.drop(SOUND, ODD) if SOUND in rows.columns else rows for name, rows in in_use.items()}
    applications = undoing.dated(in_use["applications"].drop(checks.OLD, *OF_INVOICE), undone)
    tables["applications"] = _whole(applications, raw.typed)
    if "customers" in raw.tables and {"parent_id", "merged_into"}.intersection(raw.tables["customers"].columns):
        tables = companies.joined(tables)
    return tables | {"rates": kept(rates.daily(tables["rates"], settings))}


def _whole(applications: ibis.Table, typed: Tables) -> ibis.Table:
    """The applications with the columns beside the contract that theirs have."""
    if "applications" not in typed:
        return applications
    beside = [name for name in typed["applications"].columns if name not in {*applications.columns, SOUND, ODD}]
    whole = applications.join(typed["applications"].select("row", *beside), "row")
    return kept(whole) if beside else applications


def _absent(there: Tables) -> Tables:
    """The tables that a ledger lacks, without a row, as they would be made of a file."""
    lacking = [table for table in TABLES if table.name not in there]
    return {table.name: database.empty(cells.types(table), there["invoices"]) for table in lacking}


def _severity(rule: str) -> str:
    return RULES[rule].severity


def _unreadable(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines the reader had to set aside, as problems."""
    return lines.assign(column="", rule="unreadable", amount=None)


def _not_read(raw: Raw) -> pd.DataFrame:
    """What lies in the folder or workbook and was not read: what looks like a table, and all others in one."""
    near = {file: ("misnamed_file", table) for file, table in raw.misnamed.items()}
    others = {", ".join(raw.foreign): ("unknown_file", "")} if raw.foreign else {}
    lines = [
        {
            "table": table,
            "file": shown(file),
            "row": None,
            "column": "",
            "value": file,
            "rule": rule,
            "severity": _severity(rule),
            "amount": 0.0,
            "message": RULES[rule].wording.format(
                value=shown(file), table=table, called=raw.called.format(table=table)
            ),
        }
        for file, (rule, table) in (near | others).items()
    ]
    return pd.DataFrame(lines, columns=PROBLEMS).astype({"row": "Int64"})


def _worded(found: pd.DataFrame, files: dict[str, str], settings: Settings) -> pd.DataFrame:
    """Problems in the order of their rows, each with its file, its severity, and the sentence that says what to do."""
    if found.empty:
        return pd.DataFrame(columns=PROBLEMS)
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
    words = {"column": column, "value": shown(str(value))} | _of_column(BY_NAME[table], column, rule)
    return RULES[rule].wording.format(**words)


def _of_column(table: Table, name: str, rule: str) -> dict[str, str]:
    """What the dictionary knows of a column, for the wording of a rule."""
    column = table.column(name)
    others = (order.first for order in table.order if (order.second, order.rule) == (name, rule))
    return {
        "choices": ", ".join(column.choices) if column else "",
        "referred": column.references.partition(".")[0] if column else "",
        "other": next(others, ""),
    }


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
    used = ibis.union(*(tables[name].select("currency") for name in checks.OF_MONEY)).distinct()
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
    cells = _plain(raw.filter(picked(raw, rows))).to_pandas().astype({"row": "Int64"}).set_index("row")
    texts = [
        "; ".join(f"{name}={cell}" for name, cell in zip(cells.columns, line, strict=True) if pd.notna(cell))
        for line in cells.itertuples(index=False, name=None)
    ]
    return pd.DataFrame({"row": cells.index, "line": pd.Series(texts, dtype="str")})


def _plain(rows: ibis.Table) -> ibis.Table:
    """The rows with days and decimals as text: an engine can hold such as Python has no value for."""
    kinds = rows.schema().items()
    wide = [name for name, kind in kinds if kind.is_date() or kind.is_timestamp() or kind.is_decimal()]
    return rows.mutate(**{name: rows[name].cast("string") for name in wide}) if wide else rows
