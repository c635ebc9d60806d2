"""Notebooks: a new one, and what each does first, so that it refuses and looks the same whoever runs it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from arforecast import kernel
from arforecast.errors import UsageError, shown
from arforecast.report import exhibit, tables

TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
NEW = Path(__file__).parent / "new_page.ipynb"
INJECTED = "# Parameters"  # how papermill, and so whoever schedules by it, begins the cell of what it was given
OF_PAPERMILL = "PAPERMILL_"  # what it adds of its own accord


def write(name: str, folder: Path) -> Path:
    """Write a notebook of one's own to `folder`, which `arforecast report` makes a page of as it is, and say where.

    Raises UsageError for a name that is a path or that of the first page, and for a notebook that is there already.
    """
    if not re.fullmatch(r"[^\W_][\w-]*", name) or name == "index":
        raise UsageError(f"{shown(name)} cannot be the name of a page. Use letters, digits, - and _, but not index.")
    path, text = folder / f"{name}.ipynb", NEW.read_text("utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text.replace("TITLE", re.sub("[-_]+", " ", name).capitalize()).replace("NAME", name))
    except FileExistsError as fault:
        raise UsageError(f"{path} is there already. Choose another name.") from fault
    except OSError as fault:
        raise UsageError(f"{path} cannot be written: {fault.strerror}.") from fault
    return path


def begin(names: Mapping[str, Any]) -> None:
    """Check the parameters, take on the style of the pages, and let exhibits keep their numbers in the folder that the
    parameter `data` names: the first call of a notebook, `begin(globals())`.

    Raises UsageError for a parameter that the notebook does not declare in its first cell, as `name: type = value`, and
    for a value that is not of the declared type: plain papermill and Jupyter Scheduler would make a page of
    the defaults.
    """
    cells = names.get("In", [])
    declared = dict(_declared([statement for cell in cells for statement in _statements(cell)]))
    _refuse_unknown([name for name in _given(cells) if name not in declared], declared)
    for name, type_name in declared.items():
        fitting("this notebook", name, type_name, names[name])
    exhibit.RUN["data"] = str(names.get("data", ""))
    style()


def style() -> None:
    """From here on axes of matplotlib look like those of the pages, and so do figures and frames that a cell shows.

    >>> import arforecast as ar
    >>> ar.style()
    """
    from arforecast.report import charts

    shell = kernel.shell()
    if shell:
        shell.run_line_magic("matplotlib", "inline")  # it forgets, when it starts, who else shows figures
        formatter = shell.display_formatter.formatters["text/html"]
        formatter.for_type(pd.DataFrame, _frame)
        formatter.for_type_by_name("matplotlib.figure", "Figure", charts.shown)
    charts.style()


def fitting(where: str, name: str, type_name: str, value: object, *, strict: bool = True) -> Any:
    """`value` as the type that `where` declares; unless `strict`, text is read as that type. Raises UsageError."""
    if type_name not in TYPES:
        raise UsageError(f"{where} declares {name}: {type_name}. Use one of {', '.join(TYPES)}.")
    try:
        return TypeAdapter(TYPES[type_name]).validate_python(value, strict=strict)
    except ValidationError as fault:
        told = f"{where} declares {name}: {type_name}"
        raise UsageError(f"{name}={shown(str(value))} does not fit: {told}.") from fault


def _statements(cell: str) -> list[ast.stmt]:
    """The statements of a cell; none where it is no plain Python."""
    try:
        return ast.parse(cell).body
    except SyntaxError:
        return []


def _declared(statements: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Names and types of what is declared as `name: type = literal`."""
    for line in statements:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and _is_literal(line.value):
            yield line.target.id, ast.unparse(line.annotation)


def _is_literal(value: ast.expr | None) -> bool:
    return isinstance(value.operand if isinstance(value, ast.UnaryOp) else value, ast.Constant)


def _given(cells: Sequence[str]) -> list[str]:
    """The names that are set from outside: in a cell that papermill marks, or in one of assignments alone right behind
    the declarations, where Jupyter Scheduler puts it unmarked."""
    first = next((nth for nth, cell in enumerate(cells) if any(_declared(_statements(cell)))), len(cells))
    plain = [cell for cell in cells[first + 1 : first + 2] if _assigns_only(cell)]
    marked = [cell for cell in cells if cell.startswith(INJECTED)]
    return list(dict.fromkeys(name for cell in marked + plain for name in _assigned(cell)))


def _assigns_only(cell: str) -> bool:
    return all(isinstance(statement, ast.Assign) for statement in _statements(cell))


def _assigned(cell: str) -> list[str]:
    """The names that a cell of parameters sets."""
    targets = [line.targets[0] for line in _statements(cell) if isinstance(line, ast.Assign)]
    return [name.id for name in targets if isinstance(name, ast.Name) and not name.id.startswith(OF_PAPERMILL)]


def _refuse_unknown(unknown: list[str], declared: Mapping[str, str]) -> None:
    if unknown:
        there = ", ".join(declared) or "none"
        raise UsageError(f"This notebook declares no parameter {', '.join(unknown)}. There are: {there}.")


def _frame(frame: pd.DataFrame) -> str | None:
    """A frame as the pages show it; as pandas does where two columns have one name."""
    if not frame.columns.is_unique:
        return None
    plain = frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()
    return tables.show(plain, "")._repr_html_()
