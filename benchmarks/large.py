"""Large exports: as many rows as a company has, in another country, and what must come of them.

What stands in an export of tests/exports is said again and again, each time with identifiers of its own; lines of
totals stand there once and are as many times as large. Days, amounts, signs, separators and currencies are written as
in another country, and the preset is told so by a mapping that is like it. So it is known what must come of it: each
fact of the small export, as many times.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter
from layouts import Country, Layout

from arforecast.ledger import workbook
from arforecast.ledger.imports.export import decoded
from arforecast.ledger.imports.mapping import Format
from arforecast.ledger.imports.presets import import_export

# What stands among identifiers and is none, and the currencies of the small exports.
NO_NAME, CODES = "Outstanding:", ("EUR", "USD")
DAY = re.compile("%[dmY]([-/.])%[dmY][-/.]%[dmY]")
Row = list[Any]
Facts = Counter[tuple[str, ...]]


class Large(NamedTuple):
    """An export of many rows and its mapping; how many lines under the header are filled, what it has to come to, and
    which facts."""

    export: Path
    mapping: Path
    lines: int
    total: Decimal
    facts: Facts


def large(layout: Layout, folder: Path, wanted: int) -> Large:
    """Written into the folder, with at least as many rows."""
    rows = _rows(layout)
    times = -(-wanted // sum(not _stands_once(layout, row) for row in rows[layout.header :]))
    many = list(_many(layout, rows, times))
    export, mapping = folder / layout.source.name, folder / f"{layout.preset}.toml"
    (_to_workbook if workbook.is_workbook(layout.source) else _to_text)(export, many, layout.country)
    mapping.write_text(_mapping(layout), "utf-8")
    small = import_export(layout.preset, layout.source, folder / "small")
    total = sum(small.money["imported"].values(), Decimal()) * times
    return Large(export, mapping, sum(map(any, many)) - 1, total, _expected(layout, folder / "small", times))


def _expected(layout: Layout, small: Path, times: int) -> Facts:
    """The facts of the small export so many times, in the currency of the country."""
    told: Facts = Counter()
    for fact, rows in facts(small).items():
        told[tuple(layout.country.currency if cell in CODES else cell for cell in fact)] += rows * times
    return told


def facts(folder: Path) -> Facts:
    """What a ledger says without the names of anything: the days, amounts and kinds of each row, and what is left of
    each invoice."""
    there = {path.stem: _table(path) for path in folder.glob("*.csv") if path.stem != "quarantine"}
    told = [(name, *_unnamed(row)) for name, rows in there.items() for row in rows]
    return Counter([*told, *_left(there["invoices"], there.get("applications", []))])


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _unnamed(row: dict[str, str]) -> list[str]:
    return [cell for name, cell in row.items() if name.endswith(("_on", "amount")) or name in ("kind", "currency")]


def _left(invoices: list[dict[str, str]], applications: list[dict[str, str]]) -> Iterator[tuple[str, ...]]:
    applied: dict[str, Decimal] = defaultdict(Decimal)
    for row in applications:
        applied[row["invoice_id"]] += Decimal(row["amount"])
    return (("left", str(Decimal(row["amount"]) - applied[row["invoice_id"]])) for row in invoices)


# The export


def _rows(layout: Layout) -> list[Row]:
    if workbook.is_workbook(layout.source):
        return next(iter(workbook.sheets(layout.source).values()))
    text, _ = decoded(layout.source, layout.form)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=str(layout.form.ways[0].separator)))


def _stands_once(layout: Layout, row: Row) -> bool:
    return not any(row) or bool(re.fullmatch(layout.once, str(row[0])))


def _many(layout: Layout, rows: list[Row], times: int) -> Iterator[Row]:
    """The rows of the large export: what stands between two lines that stand once, again and again."""
    top, under = rows[: layout.header], rows[layout.header :]
    named = [at for at, name in enumerate(top[-1]) if name in layout.named]
    yield from (_written(layout, row) for row in top)
    for once, group in groupby(under, partial(_stands_once, layout)):
        block = [_written(layout, _times(layout, row, times) if once else row) for row in group]
        yield from block if once else (_named(row, named, nth) for nth in range(times) for row in block)


def _named(row: Row, named: list[int], nth: int) -> Row:
    """With names of its own."""
    own = {at: f"{row[at]}{nth:05}" for at in named if isinstance(row[at], str) and row[at] not in ("", NO_NAME)}
    return [own.get(at, cell) for at, cell in enumerate(row)]


def _times(layout: Layout, row: Row, times: int) -> Row:
    """With amounts so many times as large."""
    return [_larger(cell, layout.form, times) for cell in row]


def _larger(cell: Any, form: Format, times: int) -> Any:
    if isinstance(cell, float):
        return round(cell * times, 2)
    if not _is_amount(cell, form):
        return cell
    return re.sub(r"[0-9].*[0-9]", lambda found: _product(found[0], form, times), cell)


def _product(number: str, form: Format, times: int) -> str:
    exact = Decimal(number.replace(form.thousands, "").replace(form.decimal, "."))
    return "".join({",": form.thousands, ".": form.decimal}.get(each, each) for each in f"{exact * times:,}")


def _is_amount(cell: Any, form: Format) -> bool:
    """Whether it is one with decimals: what has none may be a number of something."""
    number = rf"[0-9][0-9{re.escape(form.thousands)}]*{re.escape(form.decimal)}[0-9]+"
    return isinstance(cell, str) and bool(
        re.fullmatch(rf"[-(]?(?:{re.escape(form.currency_sign)})?{number}[-)]?", cell)
    )


# As the country writes


def _written(layout: Layout, row: Row) -> Row:
    return [_cell(layout, cell) if isinstance(cell, str) else cell for cell in row]


def _cell(layout: Layout, cell: str) -> str:
    form, country = layout.form, layout.country
    if cell.upper() in CODES:
        return country.currency if cell.isupper() else country.currency.lower()
    if _is_amount(cell, form):
        ours = {form.thousands: country.thousands, form.decimal: country.decimal, form.currency_sign: country.sign}
        return "".join(ours.get(each, each) for each in cell)
    for dates in form.date_forms:
        with suppress(ValueError):
            told = datetime.strptime(cell, dates)  # noqa: DTZ007 - as it stands there, whatever the zone
            return told.strftime(DAY.sub(country.days, dates))
    return cell


def _mapping(layout: Layout) -> str:
    form, country = layout.form, layout.country
    told = {
        "separator": country.separator, "decimal": country.decimal, "thousands": country.thousands,
        "currency_sign": country.sign, "dates": [DAY.sub(country.days, dates) for dates in form.date_forms],
    }  # fmt: skip
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in told.items()]
    return "\n".join([f'like = "{layout.preset}"', "[format]", *lines])


def _to_text(path: Path, rows: list[Row], country: Country) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, delimiter=country.separator).writerows(rows)


def _to_workbook(path: Path, rows: list[Row], _: Country) -> None:
    """Which writes days and amounts for no country."""
    with xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet()
        for nth, row in enumerate(rows):
            sheet.write_row(nth, 0, row)
