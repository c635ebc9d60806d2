"""Whether a wrong line of code fails a test: a sample of small mistakes, each put into a copy of the source alone.

    python benchmarks/mutants.py [--sample 100] [--seed 1] [--rooms ledger kpis ...]

draws them from `ROOMS` without replacement, runs the tests that stand for the module (`TESTS`, else the file of its
name) until one fails, and prints every mistake that none found, then the share found. A mistake is a comparison, an
operator, a number or a truth turned into its neighbour, the two sides of a choice swapped, a least taken for a most. A
mistake that changes nothing counts as not found; none is made in a decorator, which says how long something is kept or
that it is frozen. What runs elsewhere alone, in a server or a kernel, is left out.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "arforecast"
ROOMS = ("ledger", "snapshot.py", "kpis", "forecast", "actions")
ELSEWHERE = {"checked", "database", "postgres"}
CPU_SECONDS = 200  # a mistake may run for ever
# Loaded once for all; none of it is ours.
LOADED = ["pytest", "hypothesis", "ibis.backends.duckdb", "pandas", "sklearn.ensemble", "matplotlib.figure"]
TESTS = {
    "alone": "checks battery undoing",
    "books": "checks desk",
    "cells": "cells battery",
    "checks": "checks battery",
    "dictionary": "docs",
    "duckdb_file": "source",
    "entities": "entities companies",
    "files": "source battery",
    "groups": "groups kpis",
    "median": "kpis",
    "rates": "currencies",
    "reading": "battery checks source currencies",
    "rules": "checks battery",
    "source": "source settings",
    "tables": "docs cells checks",
    "imports": "exports guess presets",
    "snapshot": "kpis numbers twins",
    "balances": "kpis rows twins",
    "catalogue": "kpis definitions",
    "collections": "kpis twins",
    "cost": "kpis twins",
    "families": "targets definitions",
    "known": "notes kpis",
    "losses": "kpis twins",
    "service": "kpis twins",
    "speed": "kpis twins",
    "kpis": "kpis rows twins",
    "dates": "late payment_time",
    "exposure": "payment_time backtest late",
    "features": "boosted payment_time",
    "hazard": "payment_time pending baselines site",
    "opinions": "overrides",
    "precedents": "reasons",
    "ranges": "calibration cash site",
    "scores": "scores rating",
    "cash": "cash unlived",
    "draws": "draws cash site",
    "backtest": "backtest site",
    "billing": "billing site",
    "boosted": "boosted site",
    "calendar": "calendar site",
    "calibration": "calibration site",
    "pending": "pending site",
    "scale": "scale site",
    "dunning": "worklist effect",
    "reserve": "worklist effect",
    "trial": "effect",
    "value": "worklist",
    "plans": "payment_plans",
    "policy_record": "policy",
    "rating_record": "rating",
}
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NEIGHBOURS = {"min": "max", "max": "min", "any": "all", "all": "any", "first": "last", "last": "first"}
NEIGHBOURS |= {"isnull": "notnull", "notnull": "isnull", "isna": "notna", "notna": "isna"}


class Mutant(NamedTuple):
    """The `nth` mistake that can be made in a module."""

    path: Path
    nth: int

    @property
    def tests(self) -> list[str]:
        name = self.path.parent.name if self.path.stem == "__init__" else self.path.stem
        name = "imports" if "imports" in self.path.parts else name
        return [f"tests/test_{test}.py" for test in TESTS.get(name, name).split()]


def mistakes(tree: ast.AST) -> list[tuple[ast.AST, Callable[[], None]]]:
    """The nodes in which one can be made, each with what makes it."""
    spared = {id(part) for node in ast.walk(tree) for kind in _spared(node) for part in ast.walk(kind)}
    return [(node, change) for node in ast.walk(tree) if id(node) not in spared for change in _changes(node)]


def _spared(node: ast.AST) -> Iterator[ast.AST]:
    """The types of a node, and its decorators."""
    yield from (kind for name in ("annotation", "returns") if (kind := getattr(node, name, None)))
    yield from getattr(node, "decorator_list", [])


def _changes(node: ast.AST) -> Iterator[Callable[[], None]]:
    match node:
        case ast.Compare(ops=[kind, *others]) if type(kind) in SWAPS:
            yield lambda: setattr(node, "ops", [SWAPS[type(kind)](), *others])
        case ast.BinOp(op=kind) | ast.BoolOp(op=kind) if type(kind) in SWAPS:
            yield lambda: setattr(node, "op", SWAPS[type(kind)]())
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub(), operand=operand):
            yield lambda: setattr(node, "operand", ast.UnaryOp(node.op, operand))
        case ast.IfExp(body=body, orelse=other):
            yield lambda: vars(node).update(body=other, orelse=body)
        case ast.Constant(value=bool(value)):
            yield lambda: setattr(node, "value", not value)
        case ast.Constant(value=int(value) | float(value)):
            yield lambda: setattr(node, "value", value + 1)
        case ast.Attribute(attr=name) | ast.Name(id=name) if name in NEIGHBOURS:
            field = "attr" if isinstance(node, ast.Attribute) else "id"
            yield lambda: setattr(node, field, NEIGHBOURS[name])


def made(mutant: Mutant) -> tuple[str, str]:
    """The module with the mistake in it, and the mistake in words."""
    tree = ast.parse(mutant.path.read_text("utf-8"))
    node, change = mistakes(tree)[mutant.nth]
    before = ast.unparse(node)
    change()
    where = f"{mutant.path.relative_to(SOURCE)}:{node.lineno}"  # type: ignore[attr-defined]
    return ast.unparse(tree), f"{where}: {before}  ->  {ast.unparse(node)}"


def drawn(rooms: list[str], size: int, seed: int) -> tuple[list[Mutant], int]:
    """A sample of the mutants of `rooms`, and how many there are."""
    paths = [path for room in rooms for path in ([SOURCE / room] if room.endswith(".py") else _modules(SOURCE / room))]
    every = [Mutant(path, nth) for path in paths for nth in range(len(mistakes(ast.parse(path.read_text("utf-8")))))]
    return random.Random(seed).sample(every, min(size, len(every))), len(every)


def _modules(room: Path) -> list[Path]:
    return [path for path in sorted(room.rglob("*.py")) if path.stem not in ELSEWHERE]


def passed(source: Path, tests: list[str]) -> bool:
    """Whether the tests pass on `source`."""
    child = get_context("forkserver").Process(target=_test, args=(str(source), tests))
    child.start()
    child.join()
    return child.exitcode == 0


def _test(source: str, tests: list[str]) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    os.environ |= {"PYTHONPATH": source, "HYPOTHESIS_STORAGE_DIRECTORY": f"{source}/../examples"}
    sys.path[:] = [source, *(path for path in sys.path if Path(path) != Path(__file__).parent)]  # no benchmark's name
    import pytest

    quiet = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--basetemp={source}/../tests"]
    os._exit(pytest.main([*quiet, "--hypothesis-seed=0", *tests]))


def found(mutant: Mutant, source: Path) -> tuple[bool, str]:
    """Whether a test fails with the mistake in the copy `source`, and the mistake in words."""
    text, words = made(mutant)
    copy = source / "arforecast" / mutant.path.relative_to(SOURCE)
    copy.write_text(text, "utf-8")
    try:
        return not passed(source, mutant.tests), words
    finally:
        shutil.copy2(mutant.path, copy)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--sample", type=int, default=100)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--rooms", nargs="+", default=list(ROOMS))
    options = asked.parse_args()
    os.chdir(ROOT)
    get_context("forkserver").set_forkserver_preload(LOADED)
    sample, every = drawn(options.rooms, options.sample, options.seed)
    alive: list[Mutant] = []
    with TemporaryDirectory() as folder:
        source = Path(shutil.copytree(ROOT / "src", f"{folder}/src"))
        for nth, mutant in enumerate(sample, 1):
            began = perf_counter()
            dead, words = found(mutant, source)
            alive += [] if dead else [mutant]
            print(
                f"{nth:4} {'found    ' if dead else 'NOT FOUND'} {perf_counter() - began:4.0f} s  {words}", flush=True
            )
        sound = {tuple(mutant.tests) for mutant in alive}
        unproven = sorted({tuple(mutant.tests) for mutant in sample} - sound)
        broken = [tests for tests in unproven if not passed(source, list(tests))]
    if broken:
        these = ", ".join(sorted({test for tests in broken for test in tests}))
        sys.exit(f"Without any mistake these fail too, or take too long, so that nothing is said: {these}.")
    dead = len(sample) - len(alive)
    print(f"{dead} of {len(sample)} mistakes found, {dead / len(sample):.0%}, of {every:,}; seed {options.seed}.")


if __name__ == "__main__":
    main()
