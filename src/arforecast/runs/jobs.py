"""What is asked of a run: which notebooks, of which ledger, with which parameters; refused before anything starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arforecast import settings
from arforecast.errors import UsageError, address
from arforecast.ledger import GROUP, source
from arforecast.report.notebook import fitting
from arforecast.runs.execution import Job, declared


def ledgers(ledger: str, out: Path) -> list[tuple[str, Path]]:
    """The ledgers to run for what was asked for, and where: of `group`, every entity of the settings and the group."""
    names = _names() if ledger == GROUP else []
    return [(name, out / name) for name in names] or [(ledger, out)]


def find(notebooks: Path, names: Sequence[str]) -> list[Path]:
    """The notebooks `names` in the folder `notebooks`, in that order; all of them when no name is given."""
    there = {path.stem: path.resolve() for path in sorted(notebooks.glob("*.ipynb"))}
    if not there:
        raise UsageError(
            f"There is no notebook in {notebooks}, and pages are made of them. Get them by arforecast init FOLDER and "
            "run in that folder, or name theirs by --notebooks."
        )
    if "index" in there:
        raise UsageError(f"{there['index'].name} would lose its page to the first page of the run. Rename it.")
    unknown = [name for name in names if name not in there]
    if unknown:
        raise UsageError(f"There is no notebook {', '.join(unknown)}. There are: {', '.join(there)}.")
    return [there[name] for name in dict.fromkeys(names or there)]


def usual(ledger: str | Path, chosen: Sequence[Path]) -> dict[str, object]:
    """The group is shown by entity, where a notebook shows groups at all."""
    grouped = ledger == GROUP and _names()
    return {"by": "entity"} if grouped and any("by" in declared(notebook) for notebook in chosen) else {}


def fitted(chosen: Sequence[Path], set_by_run: Mapping[str, str], given: Mapping[str, object]) -> list[Job]:
    fixed = [name for name in given if name in set_by_run]
    if fixed:
        raise UsageError(f"{', '.join(fixed)} cannot be given as a parameter: the run sets it.")
    jobs = [Job(notebook, typed(notebook, {**set_by_run, **given})) for notebook in chosen]
    unknown = [name for name in given if not any(name in job.parameters for job in jobs)]
    if unknown:
        asked = ", ".join(job.name for job in jobs)
        raise UsageError(f"No notebook of this run ({asked}) declares the parameter {', '.join(unknown)}.")
    return jobs


def part(jobs: Sequence[Job], given: Mapping[str, object]) -> str:
    """The part of the ledger that a run is of: all of its notebooks or none."""
    whole = [job.name for job in jobs if given.get("where") and "where" not in job.parameters]
    if whole:
        raise UsageError(f"{', '.join(whole)} cannot show a part of the ledger: it declares no parameter where.")
    return str(given.get("where", ""))


def typed(notebook: Path, given: Mapping[str, object]) -> dict[str, Any]:
    """Those of the values `given` that `notebook` declares, in their declared types."""
    types = declared(notebook)
    missing = [name for name in ("ledger", "as_of") if name not in types]
    if missing:
        raise UsageError(f"{notebook.name} does not declare {' and '.join(missing)} among its parameters.")
    return {
        name: fitting(notebook.name, name, types[name], value, strict=not isinstance(value, str))
        for name, value in given.items()
        if name in types
    }


def located(ledger: str | Path) -> str:
    """A path holds from the notebooks' folder too; the name of an entity stays as it is."""
    return str(source.path(ledger).resolve()) if _is_path(ledger) else address(ledger)


def named(ledger: str | Path) -> str:
    """The ledger as it was asked for, and no password: a run is handed on."""
    return str(ledger) if _is_path(ledger) else address(ledger)


def _is_path(ledger: str | Path) -> bool:
    return str(ledger) not in _names() and source.path(ledger).exists()


def _names() -> list[str]:
    """The names that ledgers have in the settings: the entities and, where there are any, the group."""
    entities = settings.load().entities
    return [*entities, GROUP] if entities else []
