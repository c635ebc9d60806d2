"""The runner: notebooks become the pages of a run.

Everything that can be refused is refused before the first notebook starts: a parameter nobody declared, a value of the
wrong type, a ledger that fails a gate. The folder of the run gets its name when it is complete and not before.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

import nbformat

from arforecast import folders, settings
from arforecast.errors import GateError, RunError, UnknownError, UsageError, address, shown
from arforecast.ledger import GROUP, Books, checked, source
from arforecast.report import Fragment, bare, page
from arforecast.report.exhibit import KIND
from arforecast.report.notebook import fitting
from arforecast.report.tables import write_csv

CHECKED = "checked"
BRIEF = "brief"  # the notebook that a run opens with
ERROR = "papermill-error-cell-tag"


class Job(NamedTuple):
    """A notebook and the parameters it is run with."""

    notebook: Path
    parameters: dict[str, Any]

    @property
    def name(self) -> str:
        return self.notebook.stem


class Outcome(NamedTuple):
    """What became of a job: how long it took and, if it failed, the fault in one line."""

    name: str
    seconds: float
    fault: str = ""


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
    return {"by": "entity"} if grouped and any("by" in declared(notebook) for notebook in chosen) else {}


def declared(notebook: Path) -> dict[str, str]:
    """The parameters a notebook declares and their types, from its cell tagged `parameters`."""
    import papermill

    try:
        nbformat.validate(nbformat.read(notebook, as_version=4))
    except Exception as fault:  # a file can fail to be a notebook in many ways
        raise UsageError(
            f"{notebook.name} is no notebook: {shown(_line(str(fault)))}. Mend it or move it away."
        ) from fault
    cells = {
        name: about["inferred_type_name"] for name, about in papermill.inspect_notebook(_literal(notebook)).items()
    }
    if not cells:
        raise UsageError(f"{notebook.name} has no cell tagged `parameters` that declares `name: type = value`.")
    return cells


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
    types = declared(notebook)
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
        delayed(execute)(job, folder, environment) for job in jobs
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


def execute(job: Job, folder: Path, environment: Mapping[str, str]) -> Outcome:
    """Execute one notebook, its kernel in `environment`, and keep it with its outputs in `folder`; a fault comes back
    as text, from any process."""
    import papermill
    from traitlets.config import Config

    private = Config({"KernelManager": {"transport_encryption": "auto"}})  # no other user of the machine listens in
    started = perf_counter()
    try:
        with _environment(environment):
            done = papermill.execute_notebook(
                _literal(job.notebook),
                _literal(folder / job.notebook.name),
                parameters=job.parameters | {name: str(folder / "data") for name in job.parameters if name == "data"},
                cwd=str(job.notebook.parent),
                kernel_name="python3",
                progress_bar=False,
                extra_arguments=["--log-level=CRITICAL"],  # faults come back through the cells
                config=private,
            )
        fault = _silent_fault(job.name, done)
    except papermill.PapermillExecutionError as raised:
        fault = _fault(job.name, raised.cell_index, raised.source, f"{raised.ename}: {raised.evalue}")
        if raised.ename == UnknownError.__name__:
            fault = _say(folder / job.notebook.name, raised.evalue)
    except Exception as raised:  # a dead kernel or a time-out fails this notebook, not the others
        fault = f"{job.name}: {_line(f'{type(raised).__name__}: {raised}')}"
    return Outcome(job.name, perf_counter() - started, fault)


def _literal(path: Path) -> str:
    """The path as papermill takes it for itself: it fills in what stands between braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


@contextmanager
def _environment(added: Mapping[str, str]) -> Iterator[None]:
    """A kernel starts with the environment of the process that starts it."""
    before = {name: os.environ[name] for name in added if name in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name)
        os.environ.update(before)


@contextmanager
def _checked(books: Books, ledger: str) -> Iterator[Path]:
    """What this run has read and checked stands there for its notebooks, beside what the engine spills: DuckDB takes a
    `?` in the path of a database for the end of it, and the folder of a run may have any name."""
    with TemporaryDirectory(prefix="arforecast-", dir=books.settings.engine.spill_directory) as folder:
        copy = Path(folder) / CHECKED
        checked.write(books, ledger, copy)
        yield copy


def _say(path: Path, why: str) -> str:
    """What a ledger cannot tell is no fault: the page ends with the sentence that says so, where the notebook asked."""
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if ERROR not in cell.metadata.get("tags", [])]
    at = next(nth for nth, cell in enumerate(cells) if _failed(cell))
    cells[at].outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"{why}\n")]
    cells[at].metadata.tags = ["headline"]
    notebook.cells = cells[: at + 1]
    nbformat.write(notebook, path)
    return ""


def _failed(cell: nbformat.NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def _silent_fault(name: str, done: nbformat.NotebookNode) -> str:
    """`sys.exit(0)` in a cell ends a notebook early without an error: papermill notes it and says nothing."""
    if not done.metadata.papermill.exception:
        return ""
    at = next(at for at, cell in enumerate(done.cells) if cell.metadata.papermill.exception)
    return _fault(name, at, done.cells[at].source, "the cell ended the notebook before its last cell")


def _fault(name: str, index: int, source: str, why: str) -> str:
    """One line. The index counts the injected cell of parameters, and from zero: so it is the cell's own number."""
    return f"{name}, cell {index} (`{_line(source)}`): {_line(why)}"


def _line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


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


# ------------------------------------------------------------------ from a notebook to its page


def title(notebook: nbformat.NotebookNode) -> str:
    """The first heading."""
    words = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    heading = re.search(r"^# (.+)$", words, re.MULTILINE)
    return heading[1].strip() if heading else ""


def headline(notebook: nbformat.NotebookNode) -> str:
    """What the cell tagged `headline` prints."""
    return " ".join(output.text.strip() for output in _outputs(notebook, "headline") if "text" in output)


def cards(notebook: nbformat.NotebookNode) -> Fragment:
    """The markup that the cell tagged `cards` shows."""
    shown = (output.data.get("text/html", "") for output in _outputs(notebook, "cards") if "data" in output)
    return Fragment("".join(map(bare, shown)))


def _outputs(notebook: nbformat.NotebookNode, tag: str) -> list[nbformat.NotebookNode]:
    tagged = [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]
    return [output for cell in tagged for output in cell.get("outputs", [])]


def body(notebook: nbformat.NotebookNode) -> str:
    """The notebook as a reader sees it: words, figures and tables, no code; at the end in a line what has no answer."""
    sections = _sections(notebook.cells)
    silent = [question for question in map(_unanswered, sections) if question]
    kept = [cell for cells in sections if not _unanswered(cells) for cell in cells]
    told = str(_exporter().from_notebook_node(nbformat.NotebookNode(notebook | {"cells": kept}))[0])
    return page.contents(told) + page.folded(silent)


def _sections(cells: Sequence[nbformat.NotebookNode]) -> list[list[nbformat.NotebookNode]]:
    """What stands before the first question, and each question with what answers it."""
    sections: list[list[nbformat.NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    return sections


def _unanswered(cells: Sequence[nbformat.NotebookNode]) -> tuple[str, str] | None:
    """The question of a section of which no exhibit knows the answer, and why; of any other nothing."""
    outputs = [output for cell in cells for output in cell.get("outputs", []) if output.get("name") != "stderr"]
    told = [output.get("data", {}).get(KIND) for output in outputs]
    if not cells or cells[0].cell_type != "markdown" or not told:
        return None
    if any(each is None or each["state"] == "known" for each in told) or not cells[0].source.startswith("## "):
        return None
    return cells[0].source.splitlines()[0].removeprefix("## "), " ".join(
        dict.fromkeys(each["sentence"] for each in told)
    )


@cache
def _exporter() -> Any:
    from nbconvert import HTMLExporter

    here = Path(__file__).parent
    exporter = HTMLExporter(
        template_file=str(here / "body.html"), exclude_input=True, exclude_anchor_links=True, exclude_output_prompt=True
    )
    exporter.register_filter("bare", bare)
    return exporter
