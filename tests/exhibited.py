"""What the notebooks show of a ledger, without a run: their cells in this process, one after the other."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

import arforecast
from arforecast.report import exhibit
from arforecast.report.exhibit import Exhibit


class Once:
    """A snapshot that is asked each question once, however many notebooks ask it."""

    def __init__(self, ledger: Path, day: str) -> None:
        self.ledger, self.day = ledger, day
        with pytest.MonkeyPatch.context() as patched:
            patched.chdir(ledger)  # the settings of the working folder are those of the ledger, or none
            self.today, self.answers = arforecast.open_ledger(ledger).as_of(day), {}
        self.books = self.today.books

    def where(self, _: str) -> Once:
        return self

    def as_of(self, _: str) -> Once:
        return self

    def __getattr__(self, name: str) -> Any:
        def ask(*args: Any, **options: Any) -> Any:
            key = repr((name, args, options))
            if key not in self.answers:
                self.answers[key] = getattr(self.today, name)(*args, **options)
            return self.answers[key]

        return ask


def shown(notebook: Path, today: Once, data: Path) -> Iterator[tuple[str, Exhibit]]:
    """The exhibits that a notebook shows, each with its question in words."""
    names: dict[str, Any] = {"In": []}
    asked = ""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "markdown":
            asked = cell.source.splitlines()[0].lstrip("# ")
            continue
        given = f"\nledger, as_of, data = {str(today.ledger)!r}, {today.day!r}, {str(data)!r}\n"
        source = cell.source + (given if "parameters" in cell.metadata.get("tags", []) else "")
        *before, last = ast.parse(source).body
        exec(compile(ast.Module(before, []), notebook.stem, "exec"), names)
        if not isinstance(last, ast.Expr):
            exec(compile(ast.Module([last], []), notebook.stem, "exec"), names)
            continue
        value = eval(compile(ast.Expression(last.value), notebook.stem, "eval"), names)
        if isinstance(value, Exhibit):
            yield asked, value


def found_in(notebooks: Iterable[Path], today: Once, data: Path) -> list[tuple[str, str, Exhibit, dict[str, Any]]]:
    """All exhibits of the notebooks: the page, the question in words, the exhibit and what it is in a cell."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(exhibit.RUN, "data", "")
        patched.chdir(data.parent)
        patched.setattr(arforecast, "open_ledger", lambda _: today, raising=False)
        return [
            (notebook.stem, asked, each, each._repr_mimebundle_())
            for notebook in notebooks
            for asked, each in shown(notebook, today, data)
        ]
