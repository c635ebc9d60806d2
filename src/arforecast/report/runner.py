"""The runner: notebooks become the pages of a run.

Everything that can be refused is refused before the first notebook starts: a parameter nobody declared, a value of the
wrong type, a ledger that fails a gate. The folder of the run gets its name when it is complete and not before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat

from arforecast import folders, settings
from arforecast.errors import GateError, RunError, UsageError, address
from arforecast.ledger import GROUP, Books, checked, source
from arforecast.report import execution, page
from arforecast.report.executed import body, cards, headline, title
from arforecast.report.execution import Job
from arforecast.report.notebook import fitting
from arforecast.report.tables import write_csv

CHECKED = "checked"
BRIEF = "brief"  # the notebook that a run opens with


def run(  # noqa: PLR0913, PLR0917 - what a run depends on is named where it is asked for
    ledger: str | Path,
    as_of: str,
    names: Sequence[str] = (),
    out: Path = Path("reports"),
    workers: int = 1,
    allow: Collection[str] = (),
    parameters: Mapping[str, object] | None = None,
    notebooks: Path = Path("notebooks"),
) -> Path:
    """Run the notebooks `names` (all of the folder `notebooks` when empty) and write the run folder `out`/`as_of`.

    `workers` notebooks run side by side. `allow` names the gates to waive. `parameters` go to the notebooks that
    declare them; text is turned into the declared type. Returns the folder: index.html, a page and the executed
    notebook for each name, data/*.csv, quarantine.csv and run.json.

    Raises UsageError or GateError before any notebook starts, RunError when one fails; then nothing is written, and an
    earlier run of the day stays as it was.
    """
    from arforecast import open_ledger

    chosen = find(notebooks, names)
    given = _usual(ledger, chosen) | dict(parameters or {})
    place = _located(ledger)
    jobs = _jobs(chosen, {"ledger": place, "as_of": as_of, "data": ""}, given)
    opened = open_ledger(ledger)
    stamp = pass_gates(opened.where(_where(jobs, given)).as_of(as_of).stamp(), allow)
    final = out.resolve() / stamp["as_of"]
    _refuse_what_is_no_run(final)
    with folders.complete(final) as folder:
        with _checked(opened.books, place) as copy:
            seconds = _execute_all(jobs, folder, workers, _environment_of(opened.books, copy, ledger))
        write_csv(opened.problems[opened.problems["severity"].eq("error")], folder / "quarantine.csv")
        _write_pages([job.name for job in jobs], folder, final, stamp)
        _write_account(folder, stamp, {"ledger": _named(ledger)} | given, seconds)
    return out / final.name


def packs(ledger: str, out: Path) -> list[tuple[str, Path]]:
    """The ledgers to run for what was asked for, and where: of `group`, every entity of the settings and the group."""
    names = _names() if ledger == GROUP else []
    return [(name, out / name) for name in names] or [(ledger, out)]


def _names() -> list[str]:
    """The names that ledgers have in the settings: the entities and, where there are any, the group."""
    entities = settings.load().entities
    return [*entities, GROUP] if entities else []


# ------------------------------------------------------------------ what is asked for


def find(notebooks: Path, names: Sequence[str]) -> list[Path]:
    """The notebooks `names` in the folder `notebooks`, in that order; all of them when no name is given."""
    there = {path.stem: path.resolve() for path in sorted(notebooks.glob("*.ipynb"))}
    if not there:
        raise UsageError(f"There is no notebook in {notebooks}. Name the folder that holds them with --notebooks.")
    if "index" in there:
        raise UsageError(f"{there['index'].name} would lose its page to the first page of the run. Rename it.")
    unknown = [name for name in names if name not in there]
    if unknown:
        raise UsageError(f"There is no notebook {', '.join(unknown)}. There are: {', '.join(there)}.")
    return [there[name] for name in dict.fromkeys(names or there)]


def _usual(ledger: str | Path, chosen: Sequence[Path]) -> dict[str, object]:
    """The group is shown by entity, where a notebook shows groups at all."""
    grouped = ledger == GROUP and _names()
    return {"by": "entity"} if grouped and any("by" in execution.declared(notebook) for notebook in chosen) else {}


def _jobs(chosen: Sequence[Path], set_by_run: Mapping[str, str], given: Mapping[str, object]) -> list[Job]:
    fixed = [name for name in given if name in set_by_run]
    if fixed:
        raise UsageError(f"{', '.join(fixed)} cannot be given as a parameter: the run sets it.")
    jobs = [Job(notebook, typed(notebook, {**set_by_run, **given})) for notebook in chosen]
    unknown = [name for name in given if not any(name in job.parameters for job in jobs)]
    if unknown:
        asked = ", ".join(job.name for job in jobs)
        raise UsageError(f"No notebook of this run ({asked}) declares the parameter {', '.join(unknown)}.")
    return jobs


def _where(jobs: Sequence[Job], given: Mapping[str, object]) -> str:
    """The part of the ledger that a run is of: all of its notebooks or none."""
    whole = [job.name for job in jobs if given.get("where") and "where" not in job.parameters]
    if whole:
        raise UsageError(f"{', '.join(whole)} cannot show a part of the ledger: it declares no parameter where.")
    return str(given.get("where", ""))


def typed(notebook: Path, given: Mapping[str, object]) -> dict[str, Any]:
    """Those of the values `given` that `notebook` declares, in their declared types."""
    types = execution.declared(notebook)
    missing = [name for name in ("ledger", "as_of") if name not in types]
    if missing:
        raise UsageError(f"{notebook.name} does not declare {' and '.join(missing)} among its parameters.")
    return {
        name: fitting(notebook.name, name, types[name], value, strict=not isinstance(value, str))
        for name, value in given.items()
        if name in types
    }


def _located(ledger: str | Path) -> str:
    """A path holds from the notebooks' folder too; the name of an entity stays as it is."""
    return str(source.path(ledger).resolve()) if _is_path(ledger) else address(ledger)


def _named(ledger: str | Path) -> str:
    """The ledger as it was asked for, and no password: a run is handed on."""
    return str(ledger) if _is_path(ledger) else address(ledger)


def _is_path(ledger: str | Path) -> bool:
    return str(ledger) not in _names() and source.path(ledger).exists()


def pass_gates(stamp: Mapping[str, Any], allow: Collection[str]) -> dict[str, Any]:
    """The stamp with every gate passed or waived. Raises GateError naming the gates that are neither."""
    gates = [dict(gate) | {"waived": not gate["passed"] and gate["gate"] in allow} for gate in stamp["gates"]]
    unknown = set(allow) - {gate["gate"] for gate in gates}
    if unknown:
        known = ", ".join(gate["gate"] for gate in gates)
        raise UsageError(f"There is no gate {', '.join(sorted(unknown))}. There are: {known}.")
    closed = [gate for gate in gates if not gate["passed"] and not gate["waived"]]
    if closed:
        raise GateError("\n".join(f"{gate['message']} (--allow {gate['gate']} waives this.)" for gate in closed))
    return {**stamp, "gates": gates}


# ------------------------------------------------------------------ running


def _environment_of(books: Books, copy: Path, ledger: str | Path) -> dict[str, str]:
    """What a kernel is told: notebooks run in their own folder, by the settings of the run, or by none."""
    return {
        settings.VARIABLE: str(Path(books.settings.file or os.devnull).absolute()),
        checked.VARIABLE: str(copy),
        source.VARIABLE: str(ledger),
    }


def _execute_all(jobs: Sequence[Job], folder: Path, workers: int, environment: Mapping[str, str]) -> dict[str, float]:
    """Execute the jobs side by side and tell of each as it ends; raise RunError with a line for each that failed."""
    from joblib import Parallel, delayed
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True, highlight=False)
    running = Parallel(n_jobs=max(min(workers, len(jobs)), 1), return_as="generator_unordered")(
        delayed(execution.execute)(job, folder, environment) for job in jobs
    )
    bar = track(running, "Notebooks", total=len(jobs), console=console, disable=not console.is_terminal)
    outcomes = []
    for outcome in bar:
        console.print(f"{outcome.name}: {'failed' if outcome.fault else f'{outcome.seconds:.1f} s'}", markup=False)
        outcomes.append(outcome)
    faults = sorted(outcome.fault for outcome in outcomes if outcome.fault)
    if faults:
        raise RunError("\n".join(faults))
    return {outcome.name: round(outcome.seconds, 1) for outcome in sorted(outcomes)}


@contextmanager
def _checked(books: Books, ledger: str) -> Iterator[Path]:
    """What this run has read and checked stands there for its notebooks, beside what the engine spills: DuckDB takes a
    `?` in the path of a database for the end of it, and the folder of a run may have any name."""
    with TemporaryDirectory(prefix="arforecast-", dir=books.settings.engine.spill_directory) as folder:
        copy = Path(folder) / CHECKED
        checked.write(books, ledger, copy)
        yield copy


# ------------------------------------------------------------------ writing


def _refuse_what_is_no_run(final: Path) -> None:
    if final.exists() and not (final / "run.json").exists():
        raise UsageError(f"{final} is there and is not a run. Move it away or write to another folder.")


def _write_pages(names: Sequence[str], folder: Path, final: Path, stamp: Mapping[str, Any]) -> None:
    executed = {name: _executed(folder / f"{name}.ipynb", folder, final) for name in names}
    entries = {name: _entry(name, notebook) for name, notebook in executed.items()}
    bodies = {entries[name].file: body(notebook) for name, notebook in executed.items()}
    bodies = {file: page.live(text, bodies) for file, text in bodies.items()}
    beside = list(entries.values())
    for entry in beside:
        _write(folder / entry.file, page.document(entry.title, bodies[entry.file], stamp, beside))
    others = [entries[name] for name in names if name != BRIEF]
    _write(folder / "index.html", page.index(others, stamp, bodies.get(f"{BRIEF}.html", "")))


def _executed(path: Path, folder: Path, final: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs, which names the place where its data will be found."""
    text = path.read_text("utf-8").replace(str(folder), str(final))
    path.write_text(text, "utf-8")
    return nbformat.reads(text, as_version=4)


def _entry(name: str, notebook: nbformat.NotebookNode) -> page.Entry:
    return page.Entry(f"{name}.html", title(notebook) or name, headline(notebook), cards(notebook))


def _write_account(
    folder: Path, stamp: Mapping[str, Any], parameters: Mapping[str, Any], seconds: Mapping[str, float]
) -> None:
    """run.json: what the run stands on and what it made."""
    pages = {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.html"))}
    about = {name: stamp[name] for name in ("as_of", "fingerprint", "version", "settings", "rows", "gates")}
    account = about | {"parameters": dict(parameters), "seconds": dict(seconds), "pages": pages}
    _write(folder / "run.json", json.dumps(account, indent=2, sort_keys=True, ensure_ascii=False, default=str) + "\n")


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")
