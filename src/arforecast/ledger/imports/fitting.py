"""Which presets an export fits: whoever has a file often does not know which system's names its columns bear."""

from __future__ import annotations

from pathlib import Path

from arforecast.errors import SourceError
from arforecast.ledger.imports import export as exports
from arforecast.ledger.imports.export import Records
from arforecast.ledger.imports.mapping import Format, load, names

READ_BY = ("encoding", "separator", "decimal", "times_in", "sheet")


def fitting(source: Path) -> list[str]:
    """The preset all of whose columns the export has; of several those that speak of the most of them."""
    heads: dict[tuple[object, ...], Records] = {}
    known: dict[str, int] = {}
    for name in names():
        mapping = load(name)
        for form in mapping.format.ways:
            way = tuple(getattr(form, word) for word in READ_BY)
            if way not in heads:
                heads[way] = _head(source, form)
            _, header = exports.find_header(heads[way], mapping)
            if mapping.needed_columns.issubset(header):
                known[name] = len(mapping.foreign_columns.intersection(header))
    return [name for name, columns in known.items() if columns == max(known.values())]


def _head(source: Path, form: Format) -> Records:
    """The rows among which the header stands, read in this way; one without a cell where it cannot be."""
    try:
        return exports.head(source, form) or {1: []}
    except SourceError:
        return {1: []}


def advice(source: Path, preset: str | Path) -> str:
    """The preset whose columns an export has where it is another than the one that was asked; else empty."""
    there = fitting(source)
    return "" if preset in there or not there else f"Its columns are those of the preset {' or '.join(there)}."
