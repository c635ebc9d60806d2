"""Entities: the ledgers of several companies, and the group they add up to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import ibis
import pandas as pd
from ibis import _

from arforecast.errors import SourceError
from arforecast.ledger import checked, notes, source
from arforecast.ledger.books import Books
from arforecast.ledger.reading import open_books
from arforecast.ledger.tables import BY_NAME, CONTROL_TOTALS, RATES, Table
from arforecast.settings import Settings

GROUP = "group"


def open_group(settings: Settings, copies: Mapping[str, Path] | None = None) -> Books:
    """The books of all entities of the settings as one, with a column `entity` to group by.

    `copies` are checked copies of entities by their names: what stands there is not read and checked again.

    Identifiers carry the name of their entity, so that an invoice or a customer 1001 of two entities stays two. What
    one entity's problems are is told under `entity/file`. Control totals are each entity's own and do not tie here.
    Raises SourceError when an entity's ledger cannot be read, or lives in a database of its own.
    """
    con = source.connect(settings.engine)
    copied = {name: checked.opened(folder, name, settings, con) for name, folder in (copies or {}).items()}
    books = {name: copied.get(name) or open_books(url, settings, con) for name, url in settings.entities.items()}
    _refuse_elsewhere(books, con)
    _refuse_own_rates(books)
    present = frozenset().union(*(each.present for each in books.values())) - {CONTROL_TOTALS.name}
    return Books(
        tables={name: _together(books, table).cache() for name, table in BY_NAME.items()},
        present=present,
        problems=pd.concat([_told(name, each.problems) for name, each in books.items()], ignore_index=True),
        rows=pd.concat([each.rows for each in books.values()]).groupby("table", sort=False).sum().reset_index(),
        quarantine=pd.concat([_told(name, each.quarantine) for name, each in books.items()], ignore_index=True),
        fingerprint=_fingerprint(books),
        settings=settings,
        foreign=frozenset().union(*(each.foreign for each in books.values())),
        notes=notes.together([each.notes for each in books.values()]),
        tells_paid=all(each.tells_paid for each in books.values()),
    )


def _refuse_elsewhere(books: Mapping[str, Books], con: ibis.BaseBackend) -> None:
    elsewhere = [name for name, each in books.items() if each.tables["invoices"].get_backend() is not con]
    if elsewhere:
        raise SourceError(
            f"The entity {', '.join(elsewhere)} lives in a database of its own, so it cannot be added to the others. "
            "Export it to a folder of Parquet files."
        )


def _refuse_own_rates(books: Mapping[str, Books]) -> None:
    """One currency is worth the same to all, or the parts of the group would not add up to it."""
    rates = ibis.union(*(each.tables["rates"].mutate(entity=ibis.literal(name)) for name, each in books.items()))
    owners = rates.group_by("currency").aggregate(owners=_.entity.nunique())
    told = rates.group_by("currency", "rate_on", "rate").aggregate(entities=_.entity.nunique())
    apart = told.join(owners, "currency").filter(_.entities < _.owners).order_by("currency", "rate_on").limit(1)
    for currency, day in apart.select("currency", "rate_on").to_pandas().itertuples(index=False):
        of_all = rates.filter(_.currency == currency).group_by("entity")
        of_day = of_all.aggregate(rate=_.rate.max(where=_.rate_on == day))
        said = of_day.order_by("entity").to_pandas().set_index("entity").rate.map(_written)
        other = said[said != said.iloc[0]]
        raise SourceError(
            f"The rates of {currency} differ: on {day:%Y-%m-%d} {said.index[0]} has {said.iloc[0]} and "
            f"{other.index[0]} {other.iloc[0]}. Give every entity that has this currency the same rates."
        )


def _written(rate: Decimal | None) -> str:
    return "none" if rate is None else f"{rate.normalize():f}"


def _together(books: Mapping[str, Books], table: Table) -> ibis.Table:
    """The rows of all entities under the columns that any of them has; a rate that several of them have is one."""
    if table is RATES:
        return ibis.union(*(each.tables["rates"] for each in books.values()), distinct=True)
    parts = [_of_entity(name, each.tables[table.name], table) for name, each in books.items()]
    if table is CONTROL_TOTALS:
        parts = [part.filter(ibis.literal(False)) for part in parts]
    columns = {name: dtype for part in parts for name, dtype in part.schema().items()}
    filled = [
        part.select(**{name: part[name] if name in part.columns else ibis.null(columns[name]) for name in columns})
        for part in parts
    ]
    return ibis.union(*filled)


def _of_entity(entity: str, rows: ibis.Table, table: Table) -> ibis.Table:
    ids = {column.name: entity + ":" + rows[column.name] for column in table.columns if column.type == "id"}
    borne_by = rows["entity"].fill_null(entity) if "entity" in rows.columns else ibis.literal(entity)
    return rows.mutate(**ids, entity=borne_by)


def _told(entity: str, problems: pd.DataFrame) -> pd.DataFrame:
    return problems.assign(file=entity + "/" + problems.file, message=entity + "/" + problems.message)


def _fingerprint(books: Mapping[str, Books]) -> str:
    whole = "".join(f"{name} {each.fingerprint}\n" for name, each in books.items())
    return hashlib.sha256(whole.encode()).hexdigest()
