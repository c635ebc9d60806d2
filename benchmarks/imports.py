"""How long an export of 50,000 rows takes to become a ledger: layouts that presets know, written in another locale.

    python benchmarks/imports.py [--rows 50000]

The rows of each layout in tests/exports are said again, with identifiers of their own, until there are as many; dates,
decimals, separators and currencies are then written as in another country, and the preset is told so by a mapping that
is like it. Each is imported in a process of its own; the bound is of the clock.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
EXPORTS, BOUND = ROOT / "tests" / "exports", 10
Rows = list[list[str]]


class Layout(NamedTuple):
    """A layout in another locale: the rows above its first item, the columns that name one, the preset with what
    differs, how a cell is written there, and the separator that the export has and gets."""

    preset: str
    top: int
    named: tuple[int, ...]
    differs: str
    written: Callable[[str], str]
    separator: str = ","
    other: str = ","


def comma(cell: str) -> str:
    """An amount with a decimal comma; nothing else has a point and digits alone."""
    number = cell.replace(".", "", 1).removeprefix("-")
    return cell.replace(".", ",") if number.isdecimal() and "." in cell else cell


def euros(cell: str) -> str:
    return "EUR" if cell in ("USD", "usd") else comma(cell)


def pounds(cell: str) -> str:
    """A day as day/month/year, an amount in pounds."""
    parts = cell.split("/")
    return "/".join((parts[1], parts[0], parts[2])) if len(parts) == 3 else cell.replace("$", "£")


def francs(cell: str) -> str:
    """Cents of Swiss francs, a time as Switzerland writes it."""
    day, _, clock = cell.partition(" ")
    return f"{'.'.join(reversed(day.split('-')))} {clock}" if ":" in clock else cell.replace("usd", "chf")


EUROPE = '[format]\nseparator = ";"\ndecimal = ","\n'
LAYOUTS = (
    Layout("xero_sales_invoices", 1, (5,), EUROPE, euros, other=";"),
    Layout("odoo_journal_items", 1, (1, 9), EUROPE, euros, other=";"),
    Layout("quickbooks_ageing", 5, (2, 3), '[format]\ncurrency_sign = "£"\ndates = "%d/%m/%Y"\n', pounds),
    Layout("stripe_invoices", 1, (0,), '[format]\ndates = "%d.%m.%Y %H:%M:%S"\n', francs),
    Layout("datev_postings", 2, (10,), "", str, ";", ";"),
)


def many(rows: Rows, layout: Layout, wanted: int) -> Rows:
    """The items of the export again and again, the names of each time their own; without lines of totals."""
    items = [row for row in rows[layout.top :] if sum(map(bool, row)) > 3 and "otal" not in row[0]]
    again = [_renamed(row, layout.named, nth) for nth in range(-(-wanted // len(items))) for row in items]
    return [*rows[: layout.top], *again[:wanted]]


def _renamed(row: list[str], named: tuple[int, ...], nth: int) -> list[str]:
    return [f"{cell}{nth}" if cell and at in named else cell for at, cell in enumerate(row)]


def write(layout: Layout, folder: Path, wanted: int) -> tuple[Path, Path]:
    """The export and its mapping."""
    text = (EXPORTS / f"{layout.preset}.csv").read_bytes().decode("cp1252")
    rows = many(list(csv.reader(io.StringIO(text), delimiter=layout.separator)), layout, wanted)
    export, mapping = folder / f"{layout.preset}.csv", folder / f"{layout.preset}.toml"
    with export.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=layout.other)
        writer.writerows([layout.written(cell) for cell in row] for row in rows)
    mapping.write_text(f'like = "{layout.preset}"\n{layout.differs}', "utf-8")
    return export, mapping


def seconds(layout: Layout, folder: Path, wanted: int) -> tuple[float, float, str]:
    """Of the clock and of the processor, and what the import said last but one: its counts."""
    export, mapping = write(layout, folder, wanted)
    words = ["-m", "arforecast.cli", "import", "--preset-file", str(mapping), str(export), str(folder / layout.preset)]
    started, before = time.perf_counter(), os.times()
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    told = done.stdout.splitlines()[-2] if done.returncode == 0 else (done.stderr or done.stdout).splitlines()[-1]
    return time.perf_counter() - started, spent, told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    wanted = parser.parse_args().rows
    slow = 0
    with tempfile.TemporaryDirectory() as name:
        for layout in LAYOUTS:
            clock, spent, told = seconds(layout, Path(name), wanted)
            slow += spent > BOUND or "0 quarantined" not in told
            print(f"{layout.preset:<22}{clock:6.1f} s{spent:7.1f} s of a processor  {told}", flush=True)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
