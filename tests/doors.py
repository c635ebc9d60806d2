"""Small ledgers written down in a test's docstring, and what became of them."""

from __future__ import annotations

from inspect import getdoc
from pathlib import Path
from typing import NamedTuple

from arforecast.ledger import Books

HEADER = "invoice_id,customer_id,issued_on,due_on,amount"
SOUND = "A1,C1,2026-01-05,2026-02-04,100.00"


class Problem(NamedTuple):
    """A row of `Books.problems`, all but its message, in plain values; an empty value is an empty cell."""

    rule: str
    severity: str
    table: str
    row: int | None
    column: str
    value: str
    amount: float | None


def problems(books: Books) -> list[Problem]:
    columns = list(Problem._fields)
    plain = books.problems[columns].astype(object)
    plain = plain.where(plain.notna(), None).fillna({"value": ""})
    return [Problem(*line) for line in plain.itertuples(index=False, name=None)]


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """A ledger of `files`, byte for byte."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def write_docstring(documented: object, folder: Path) -> Path:
    """The ledger in the docstring of a test or a module: paragraphs that begin with the name of a file."""
    paragraphs = (paragraph.partition("\n") for paragraph in (getdoc(documented) or "").split("\n\n"))
    return write(folder, {name: f"{cells}\n" for name, _, cells in paragraphs if name.endswith((".csv", ".toml"))})


def counted(books: Books) -> dict[str, tuple[int, int, int]]:
    """Table -> rows read, used, quarantined."""
    return {line.table: (line.read, line.used, line.quarantined) for line in books.rows.itertuples()}
