"""What the rows of an export are over, and whether they add up to the total that it states."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from arforecast import currencies
from arforecast.errors import SourceError
from arforecast.ledger import workbook
from arforecast.ledger.imports.export import Export
from arforecast.ledger.imports.mapping import Mapping, Part
from arforecast.ledger.imports.membership import totals
from arforecast.ledger.imports.origins import Origin
from arforecast.ledger.imports.values import Reading, Rows, reading

IMPORTED, QUARANTINED = "imported", "quarantined"
NOT_WORKED_OUT = (
    "The total of {} is 0, a formula that nobody has worked out yet: nothing proves that it is whole. Save it once in "
    "a spreadsheet program and import it again."
)
Money = dict[str, Decimal]
"""Amounts by the currency they are in; of none where the export names none."""


def currency(cells: pd.DataFrame, mapping: Mapping) -> pd.Series:
    """The currency of each row in the capitals of ISO, empty where the export names none."""
    named = (_currency_column(part) for _, part in mapping.parts)
    column = next((name for name in named if name and name in cells), None)
    constant = next((part.constants["currency"] for _, part in mapping.parts if "currency" in part.constants), "")
    plain = pd.Series(constant or mapping.ledger.currency or "", index=cells.index, dtype="str")
    return plain if column is None else codes(cells[column])


def codes(told: pd.Series) -> pd.Series:
    """The codes of currencies that are told by them or by their names."""
    return told.map({each: currencies.code(each) for each in told.unique()}).astype("str")


def _currency_column(part: Part) -> str:
    told = (part.columns | part.optional).get("currency")
    return told if isinstance(told, str) else ""


def repeated(readings: list[dict[str, Reading]], mapping: Mapping) -> set[int]:
    """The rows that say again what the first row of their invoice has said: their money counts once."""
    again: set[int] = set()
    for columns, (table, part) in zip(readings, mapping.parts, strict=True):
        if part.lines and part.lines.rows != "sum":
            keys = pd.DataFrame({name: columns[name].value for name in table.identifier})
            again.update(keys.index[keys.duplicated()])
    return again


def money(rows: Rows, fates: pd.Series, again: set[int], mapping: Mapping) -> pd.DataFrame:
    """The money of each row as the export writes it: fate, currency, amount (null where it is empty or no amount), and
    unread, whether nobody knows what it is over: what is imported with an empty cell there has its amount elsewhere."""
    origin = _origin(mapping)
    told = fates.mask(fates != "") if origin is None else reading(rows, "money", origin).value
    exact = told.where(told != "").map(Decimal, na_action="ignore").mask(told.index.isin(again), Decimal())
    unread = told.isna() | ((told == "") & (fates == QUARANTINED))
    return pd.DataFrame({"fate": fates, "currency": rows.currency, "amount": exact, "unread": unread})


def _origin(mapping: Mapping) -> Origin | None:
    """The column whose sum the export states, or else the one of the invoices' amounts."""
    return mapping.total.column if mapping.total else mapping.columns.get("amount")


def _named(mapping: Mapping) -> str:
    origin = _origin(mapping)
    return origin if isinstance(origin, str) else " less ".join(origin.foreign) if origin else ""


def by_fate(money: pd.DataFrame) -> dict[str, Money]:
    """The sums of what was imported, quarantined, and skipped by each rule."""
    found: dict[str, Money] = {}
    for (fate, code), amount in money.dropna().groupby(["fate", "currency"], sort=True)["amount"]:
        found.setdefault(str(fate), {})[str(code)] = sum(amount, Decimal())
    return found


def totals_told(money: pd.DataFrame, rows: Rows, mapping: Mapping, stated: Decimal | None) -> dict[str, Decimal]:
    """What the export must come to, by whose word: as it is said to, and as its last line of totals has it, or all
    together."""
    lines = money["amount"][totals(rows, mapping)].dropna()
    together = mapping.total is not None and mapping.total.subtotals and len(lines) > 0
    own = sum(lines, Decimal()) if together else next(iter(lines.tail(1)), None)
    totals_by = {"The total that was told": stated, "The export's own total": own}
    return {whose: total for whose, total in totals_by.items() if total is not None}


def tied(export: Export, money: pd.DataFrame, told: dict[str, Decimal], mapping: Mapping) -> str:
    """What is said of the export's total; raises SourceError where its rows do not add up to it."""
    if not told:
        return "The export states no total: nothing proves that it is whole." if mapping.total else ""
    counted = money[money["fate"].isin((IMPORTED, QUARANTINED))]
    unread = int(counted["unread"].sum()) + len(export.records) - len(money)
    if unread:
        rows = "1 row that is" if unread == 1 else f"{unread:,} rows that are"
        return f"The total of {_named(mapping)} is not checked: the amount of {rows} quarantined cannot be read."
    found = sum(counted["amount"].dropna(), Decimal())
    for total in told.values():
        if total == 0 != found and workbook.is_workbook(export.file):
            return NOT_WORKED_OUT.format(_named(mapping))
        if total != found:
            raise SourceError(
                f"{export.file}: its total of {_named(mapping)} is {total:,}, but its rows that count add up to "
                f"{found:,}. The export is cut, or the mapping skips rows that belong to it. Nothing was written."
            )
    *_, (whose, total) = told.items()
    return f"{whose} of {_named(mapping)} is {total:,}, and so is the sum of its rows."
