"""Reading: from a ledger as it stands in its source to the books, row by row, with nothing lost on the way."""

from __future__ import annotations

from typing import Any

import ibis
import pandas as pd
from ibis import _

from arforecast.ledger import cells, checks, rates, source
from arforecast.ledger.books import Books
from arforecast.ledger.source import Raw
from arforecast.ledger.tables import BY_NAME, TABLES, Table, Tables
from arforecast.settings import Settings


def open_books(url: Any, settings: Settings | None = None, con: ibis.BaseBackend | None = None) -> Books:
    """Read and check the ledger at `url`: a path, a database URL, a Spark session or an Ibis connection.

    `con` is the DuckDB that reads files; one of its own unless given.
    Raises SourceError when it cannot be read at all; what is wrong with single rows is in `problems`.
    """
    settings = settings or Settings()
    raw = source.read(url, con or source.connect(settings.engine))
    tables, found = _sift(raw.tables, settings)
    found = pd.concat([_unreadable(raw.unreadable), found], ignore_index=True)
    # Applications that stand for paid days have their rows in the invoices.
    names = {"applications": raw.names.get("invoices", "invoices")} | raw.names
    problems = _worded(found, names, settings)
    entered = {name: table.cache() for name, table in _entered(tables, settings).items()}
    return Books(
        tables=entered,
        present=frozenset(raw.tables),
        problems=problems,
        rows=_counted(raw, tables, problems),
        quarantine=_quarantine(raw.tables, problems),
        fingerprint=raw.fingerprint,
        settings=settings,
        foreign=_foreign(entered, settings.ledger.currency),
    )


def _foreign(tables: Tables, reporting: str) -> frozenset[str]:
    used = ibis.union(*(tables[name].select("currency") for name in ("invoices", "receipts"))).distinct()
    return frozenset(used.to_pandas().currency) - {reporting}


def _sift(raw: Tables, settings: Settings) -> tuple[Tables, pd.DataFrame]:
    """The rows in use, and the problems of all rows: what leaves at one step is not there at the next."""
    typed = {table.name: _typed(raw, table, settings) for table in TABLES}
    form = checks.run(checks.FORM, raw, settings)
    substance = checks.run(checks.SUBSTANCE, typed, settings)
    sound = _without(_without(typed, form), substance)
    if "applications" not in raw:
        sound["applications"] = _paid_in_full(sound["invoices"])
    for name in ("invoices", "applications"):  # every check from here on asks for these
        sound[name] = sound[name].cache()
    reference = checks.run(checks.REFERENCE, sound, settings)
    in_use = _without(sound, reference)
    warnings = checks.run(checks.WARNINGS, in_use, settings)
    found = [part.to_pandas() for part in (form, substance, reference, warnings) if part is not None]
    return in_use, pd.concat(found, ignore_index=True)


def _typed(raw: Tables, table: Table, settings: Settings) -> ibis.Table:
    if table.name not in raw:
        return cells.empty(raw["invoices"], table)
    typed = cells.typed(raw[table.name], table, settings.ledger.decimals)
    defaults = {"currency": settings.ledger.currency}
    if table.name == "invoices":
        defaults["kind"] = "invoice"
    # A control total without a currency is that of the whole ledger; a rate cannot go without.
    own = {} if table.name in ("control_totals", "rates") else defaults
    return typed.fill_null({name: default for name, default in own.items() if table.column(name)})


def _without(tables: Tables, problems: ibis.Table | None) -> Tables:
    """The tables less the rows that an error takes out."""
    if problems is None:
        return tables
    fatal = problems.filter(_.rule.isin([rule for rule in checks.RULES if _severity(rule) == "error"]))
    hit = fatal.table.value_counts().to_pandas().table
    out = {name: fatal.filter(_.table == name).select("row").distinct() for name in hit}
    return {name: table.anti_join(out[name], "row") if name in out else table for name, table in tables.items()}


def _paid_in_full(invoices: ibis.Table) -> ibis.Table:
    """The shortcut: each invoice with a paid day is one cash application."""
    paid = invoices.filter(_.paid_on.notnull())
    values = {
        "row": paid.row,
        "invoice_id": paid.invoice_id,
        "applied_on": paid.paid_on,
        "amount": ibis.coalesce(paid.paid_amount, paid.amount),
        "kind": ibis.literal("cash"),
    }
    return cells.filled(paid, BY_NAME["applications"], values)


def _entered(tables: Tables, settings: Settings) -> Tables:
    """Every dated table with the day each fact enters the books: the later of its own day and the day it was known.

    An application cannot enter before its invoice has. A rate stands there for every day it holds.
    """
    dated = {table.name: table.dated_by for table in TABLES if table.dated_by and table.column("known_on")}
    entered = tables | {name: _dated(tables[name], day) for name, day in dated.items()}
    invoices = entered["invoices"].select("invoice_id", invoice_entered_on="entered_on")
    applications = entered["applications"].join(invoices, "invoice_id")
    later = ibis.greatest(applications.entered_on, applications.invoice_entered_on)
    entered["applications"] = applications.mutate(entered_on=later).drop("invoice_entered_on")
    return entered | {"rates": rates.daily(tables["rates"], settings)}


def _dated(table: ibis.Table, day: str) -> ibis.Table:
    return table.mutate(entered_on=checks.entered(table, day))


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


def _counted(raw: Raw, in_use: Tables, problems: pd.DataFrame) -> pd.DataFrame:
    """Rows by table. Read and used are counted each by itself, so that a row lost between them would show."""
    errors = problems[problems.severity == "error"].drop_duplicates(["table", "row"])
    lines = [
        {
            "table": name,
            "read": int(table.count().execute()) + int((raw.unreadable.table == name).sum()),
            "used": int(in_use[name].count().execute()),
            "quarantined": int((errors.table == name).sum()),
            "quarantined_amount": float(errors.amount[errors.table == name].sum()),
        }
        for name, table in raw.tables.items()
    ]
    return pd.DataFrame(lines)


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
    wanted = ibis.memtable({"row": rows.drop_duplicates().astype("int64")})
    cells = raw.semi_join(wanted, "row").to_pandas().astype({"row": "Int64"}).set_index("row")
    texts = [
        "; ".join(f"{name}={cell}" for name, cell in zip(cells.columns, line, strict=True) if pd.notna(cell))
        for line in cells.itertuples(index=False, name=None)
    ]
    return pd.DataFrame({"row": cells.index, "line": pd.Series(texts, dtype="str")})
