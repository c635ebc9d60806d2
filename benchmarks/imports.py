"""How long an export of 50,000 rows takes to become a ledger, and whether all of it does: every preset.

    python benchmarks/imports.py [PRESET ...] [--rows 50000]

`large` writes the exports, of each of the `layouts` in another country, and says what has to come of them. Each is
imported in a process of its own, with its total told beside it. What takes longer than the bound, does not tie, is set
aside or loses a row is named, and the end is a failure. The bound is of the processor: what the clock says changes with
other work on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from large import Large, facts, large
from layouts import LAYOUTS, Layout

BOUND = 10


class Run(NamedTuple):
    """What an import took, of the clock and of the processor, what it wrote of itself and what it complained of."""

    clock: float
    spent: float
    record: dict[str, Any]
    complaint: str


def run(export: Large, folder: Path) -> Run:
    words = ["--preset-file", str(export.mapping), "--total", str(export.total), str(export.export), str(folder)]
    started, before = time.perf_counter(), os.times()
    done = subprocess.run(
        [sys.executable, "-m", "arforecast.cli", "import", *words], capture_output=True, text=True, check=False
    )
    clock, after = time.perf_counter() - started, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    record = json.loads((folder / "import.json").read_text("utf-8")) if done.returncode == 0 else {}
    return Run(clock, spent, record, (done.stderr or done.stdout).strip())


def faults(done: Run, export: Large, folder: Path) -> list[str]:
    """What is wrong with it, in words."""
    if not done.record:
        return [done.complaint]
    found = {
        f"over {BOUND} s": done.spent > BOUND,
        "does not tie": "and so is the sum of its rows" not in done.record["total"],
        f"{export.lines:,} lines were written": done.record["read"] != export.lines,
        "rows are set aside": done.record["quarantined"] > 0,
        "other facts than those of the export": facts(folder) != export.facts,
    }
    return [words for words, holds in found.items() if holds]


def line(layout: Layout, done: Run, wrong: list[str]) -> str:
    counts = {name: done.record.get(name, 0) for name in ("read", "imported", "quarantined")}
    counts["skipped"] = sum(done.record.get("skipped", {}).values())
    rows = "{read:>10,}{imported:>10,}{skipped:>10,}{quarantined:>12,}".format(**counts)
    seconds = f"{layout.country.currency}{done.clock:8.1f}{done.spent:11.1f}"
    return f"{layout.preset:<31}{seconds}{rows}  {'; '.join(wrong) or 'ties'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", nargs="*")
    parser.add_argument("--rows", type=int, default=50_000)
    told = parser.parse_args()
    print(f"{'preset':<31}in   seconds  processor      read  imported   skipped quarantined  total")
    failed = False
    for layout in LAYOUTS:
        if told.preset and layout.preset not in told.preset:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            export = large(layout, folder, told.rows)
            done = run(export, folder / "ledger")
            wrong = faults(done, export, folder / "ledger")
            print(line(layout, done, wrong), flush=True)
            failed = failed or bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
