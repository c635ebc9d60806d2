"""How fast it is and how much memory it takes: every part in a process of its own, beside what it is compared with.

    python benchmarks/speed.py [--invoices 10m] [--beside CHECKOUT]

What is compared with what, and its bound, stands in PARTS. Most are multiples of a base: a process that imports
pandas, ibis and duckdb and reads the same files as text. Ratios are of processor seconds, which what else a machine
does changes little; bounds in seconds are of the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
BOUND_MB, SHORT, TIMES = 4096, 5, 3


class Spent(NamedTuple):
    """Seconds of the processors and of the clock, and the peak of memory; `fault` says why there is none."""

    cpu: float = float("nan")
    wall: float = float("nan")
    megabytes: float = float("nan")
    fault: str = ""


@dataclass(frozen=True)
class Part:
    """What is run; where it has a bound, that of its ratio to the part `to`, or of its seconds beyond it."""

    words: str
    command: tuple[str, ...]
    bound: float | None = None
    to: str = ""
    beyond: bool = False


def python(*words: str) -> tuple[str, ...]:
    return (sys.executable, *words)


def ours(*words: str) -> tuple[str, ...]:
    return python("-m", "arforecast.cli", *words)


def work(part: str, ledger: str) -> tuple[str, ...]:
    """A part that tells its own seconds, those of its work alone."""
    return python(str(ROOT / "benchmarks" / "parts.py"), part, ledger)


def on_fines(command: str) -> tuple[str, ...]:
    return ours(command, "{fines}", "--as-of", "2013-06-30", "--format", "csv")


IMPORTS = "import pandas, ibis, duckdb"
AS_TEXT = f"""{IMPORTS}, pathlib
for file in pathlib.Path(r"{{fines}}").glob("*.parquet"):
    duckdb.sql(f"CREATE TABLE {{{{file.stem}}}} AS SELECT COLUMNS(*)::VARCHAR FROM '{{{{file}}}}'")"""
ON_SAMPLE = ("{sample}", "--as-of", "2026-06-30")

PARTS = {
    "python": Part("Python alone", python("-c", "")),
    "imports": Part("importing pandas, ibis and duckdb", python("-c", IMPORTS)),
    "help": Part("arforecast --help / seconds beyond Python", ours("--help"), 0.2, "python", beyond=True),
    "sample": Part("kpis of the sample / imports", ours("kpis", *ON_SAMPLE), 2.5, "imports"),
    "report": Part("report of the sample / seconds", ours("report", *ON_SAMPLE, "--out", "{out}"), 20, beyond=True),
    "fines": Part("fines: base, imports and a read as text", python("-c", AS_TEXT)),
    "kpis": Part("fines: kpis / base", on_fines("kpis"), 12, "fines"),
    "late": Part("fines: late / base", on_fines("late"), 20, "fines"),
    "cash": Part("fines: cash with its origins / base", on_fines("cash"), 100, "fines"),
    "worklist": Part("fines: worklist of 80 k who owe / seconds", on_fines("worklist"), 30, beyond=True),
    "text": Part("full: a read as text", work("as_text", "{full}")),
    "open": Part("full: read and check", work("opening", "{full}"), None, "text"),
    "day": Part("full: read, check, catalogue of a day / read", work("one_day", "{full}"), 30, "text"),
    "pandas": Part("full: ageing, DSO, CEI in pandas, 36 months", work("three_in_pandas", "{full}")),
    "sql": Part("full: ... in SQL by hand", work("three_in_sql", "{full}")),
    "three": Part("full: ... of ours / SQL by hand", work("three_of_ours", "{full}"), None, "sql"),
    "catalogue": Part("full: catalogue by segment / pandas", work("catalogue", "{full}"), 0.2, "pandas"),
}


def spent(command: list[str], checkout: Path, limit: float) -> Spent:
    """What the command spends with the code of a checkout; a short one is run again, and the least counts."""
    runs = [_run(command, checkout, limit)]
    while runs[0].wall < SHORT and len(runs) < TIMES:
        runs.append(_run(command, checkout, limit))
    return min(runs)


def _run(command: list[str], checkout: Path, limit: float) -> Spent:
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        process = _started(command, checkout, said, complained)
        timer = Timer(limit, _end, [process.pid])
        timer.start()
        started = os.times().elapsed
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            timer.cancel()
            _end(process.pid)
        wall = os.times().elapsed - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            return Spent(fault=f"over {limit:.0f} s" if wall >= limit else _last_line(complained))
        own = json.loads(_last_line(said)) if command[1].endswith("parts.py") else None
    wall, cpu = own or (wall, usage.ru_utime + usage.ru_stime)
    return Spent(cpu, wall, usage.ru_maxrss / 1024)


def _started(command: list[str], checkout: Path, said: IO[str], complained: IO[str]) -> subprocess.Popen[str]:
    """In a group of its own, so that the limit ends its children too. Without bytecode nothing starts as it would."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env = inherited | {"PYTHONPATH": str(checkout / "src")}
    return subprocess.Popen(
        command, cwd=checkout, env=env, stdout=said, stderr=complained, text=True, start_new_session=True
    )


def _end(group: int) -> None:
    """End what is left of a process and its children, however this one ends."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _last_line(stream: IO[str]) -> str:
    stream.seek(0)
    return (stream.read().strip().splitlines() or [""])[-1]


def line(part: Part, of: Spent, other: Spent) -> str:
    """Words, seconds of the processors and of the clock, MB, ratio, bound, verdict."""
    if of.fault:
        return f"{part.words:<46} {of.fault}"
    ratio = of.wall - (other.wall if part.to else 0) if part.beyond else of.cpu / other.cpu
    shown = f"{ratio:9.2f}" if part.to or part.beyond else " " * 9
    bound = f"{part.bound:7g}" if part.bound else " " * 7
    over = [
        *(["over its bound"] if part.bound and not ratio <= part.bound else []),
        *([f"over {BOUND_MB} MB"] if of.megabytes > BOUND_MB else []),
    ]
    verdict = " and ".join(over) or ("holds" if part.bound else "")
    return f"{part.words:<46} {of.cpu:8.2f} {of.wall:8.2f} {of.megabytes:7.0f} {shown} {bound}  {verdict}".rstrip()


def written(folder: Path, asked: argparse.Namespace) -> dict[str, str]:
    """The ledgers, and where a report goes."""
    for kind in ("full", "fines"):
        size = ["--kind", kind, "--invoices", getattr(asked, kind)]
        subprocess.run(python(str(ROOT / "benchmarks" / "ledgers.py"), str(folder / kind), *size), check=True)
    return {name: str(folder / name) for name in ("full", "fines", "out")} | {"sample": str(ROOT / "data" / "sample")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", dest="full", default="1m", help="of the ledger full: a number, or such as 10m")
    parser.add_argument("--fines", default="330000", help="items of the ledger of fines")
    parser.add_argument("--beside", type=Path, help="another checkout, such as the commit before, measured as well")
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a part is ended")
    parser.add_argument("--parts", nargs="*", choices=PARTS, help="these alone, with what they are compared to")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    checkouts = [ROOT, *([asked.beside.resolve()] if asked.beside else [])]
    wanted = {name for part in asked.parts or PARTS for name in (part, PARTS[part].to)}
    print(f"{'part':<46} {'CPU s':>8} {'wall s':>8} {'MB':>7} {'ratio':>9} {'bound':>7}  verdict")
    found: dict[tuple[str, Path], Spent] = {}
    with tempfile.TemporaryDirectory() as name:
        places = written(Path(name), asked)
        for key, part in PARTS.items():
            for checkout in checkouts if key in wanted else []:
                command = [word.format(**places) for word in part.command]
                of = found[key, checkout] = spent(command, checkout, asked.limit)
                print(line(part, of, found.get((part.to, checkout), Spent())), end="", flush=True)
                print("" if checkout == ROOT else f"  {checkout.name}", flush=True)


if __name__ == "__main__":
    main()
