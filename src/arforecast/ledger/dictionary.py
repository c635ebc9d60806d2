"""The data dictionary for readers: `python -m arforecast.ledger.dictionary > data/README.md`."""

from __future__ import annotations

from collections.abc import Iterator

from arforecast.ledger.tables import TABLES, Column, Table

TYPES = {"id": "identifier", "text": "text", "date": "date", "money": "money", "number": "number", "flag": "flag"}

INTRODUCTION = """\
# The ledger

A ledger is what happened in billing and collections, one dated fact a row. It is a folder of CSV or Parquet files
named after the tables below (`invoices.csv`, `applications.parquet`, ...), or one `.duckdb` file that holds tables of
these names. Only `invoices` is required. Whatever another table feeds is left out of a report that lacks it, and the
report says so.

`arforecast sample data/sample` writes a small ledger with every table, `arforecast check LEDGER` names every row of
yours that breaks what stands here, and `arforecast import` turns another program's export into a ledger.
"""

CONVENTIONS = """\
## How cells are written

- **Files** are UTF-8, with or without a byte order mark. CSV has a header line and commas; a cell that holds a comma,
  a quote or a line break stands in double quotes. A CSV file may be compressed (`.csv.gz`). Each table stands there
  once.
- **Columns** have exactly the names below, in any order. An optional column may be missing, and its cells may be
  empty. Further columns are kept; those of `invoices` and `customers` can be grouped by (`--by`).
- **Dates** are written `2026-06-30`, without a time or a time zone.
- **Money** is written `1234.50`: a point, no thousands separators, no currency sign, and no more decimals than the
  currency has. It is exact, so sums agree to the last minor unit; 17 digits can be held.
- **Numbers** are written `1234.5`, **flags** `true` or `false`.
- **Identifiers** are text: `007` is not `7`. No two rows of a table share one, and what names a row of another table
  names one that is there.

Every file of the folder is read or named: `Applications.csv`, `receipt.csv` and `customers.tsv` are no tables, and
`arforecast check` says so.

Nothing is guessed. A row with a cell that is not written so is set aside whole, with its reason, and no figure
includes it.

## When a fact counts

A fact counts from the day it enters the books: the later of the day it happened and `known_on`, the day it was
booked. Without `known_on` that is the day it happened. An application never enters before its invoice has.

So a payment that was back-dated changes balances from the day somebody knew of it, and last month's report, made
again today, shows last month's figures. How long a payment took is still counted to the day it happened.

## The shortcut: one file

Where an export knows only whether an invoice is paid, `invoices` with `paid_on` is a ledger, and `applications` is
left out. An empty `paid_on` is an open invoice; a filled one is a cash application of `paid_amount`, or of the whole
amount where that is empty. Several payments of one invoice, credit notes and write-offs cannot be told this way. With
an `applications` table the two columns are not read.
"""


def markdown() -> str:
    """The data dictionary as a page of Markdown: what a ledger is, its conventions, then every table and column."""
    return "\n".join([INTRODUCTION, *_overview(), CONVENTIONS, *(line for table in TABLES for line in _section(table))])


def _overview() -> Iterator[str]:
    yield "| table | one row is | it feeds |\n|---|---|---|"
    yield from (f"| [{table.name}](#{table.name}) | {table.row} | {table.feeds} |" for table in TABLES)
    yield ""


def _section(table: Table) -> Iterator[str]:
    yield f"## {table.name}\n\nOne row is {table.row}. It feeds {table.feeds}.\n"
    yield "| column | type | | meaning |\n|---|---|---|---|"
    yield from map(_line, table.columns)
    yield ""


def _line(column: Column) -> str:
    needed = "required" if column.required else "optional"
    choices = f" (one of {', '.join(f'`{choice}`' for choice in column.choices)})" if column.choices else ""
    sign = f"; {column.sign}" if column.sign and column.sign not in column.meaning else ""
    return f"| {column.name} | {TYPES[column.type]} | {needed} | {column.meaning}{sign}{choices} |"


if __name__ == "__main__":
    print(markdown(), end="")
