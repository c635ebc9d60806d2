"""The runner: notebooks become the pages of a run.

Everything that can be refused is refused before the first notebook starts: a parameter nobody declared, a value of the
wrong type, a ledger that fails a gate. The folder of the run gets its name when it is complete and not before.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from arforecast import folders, settings
from arforecast.errors import ArforecastError, GateError, RunError, UsageError
from arforecast.ipynb import nbformat
from arforecast.ledger import Books, checked, source
from arforecast.report import Fragment, page
from arforecast.report.tables import write_csv
from arforecast.runs import jobs, record
from arforecast.runs.executed import body, cards, headline, title
from arforecast.runs.execution import Outcome
from arforecast.runs.workers import Task, executed

if TYPE_CHECKING:
    from rich.console import Console

CHECKED = "checked"
BOOK = "book"  # of forecasts, beside the runs: it outlives them
BRIEF, INDEX = "brief", "index.html"  # the notebook that a run opens with, and its page

Pack = Generator[list[Task], list[Outcome] | None, Path]
"""A run of one ledger, as it goes on: it asks for tasks, is sent their outcomes, and ends with its folder."""


class Asked(NamedTuple):
    """What is asked of every ledger of a run: the day, the notebooks, the gates to waive and the parameters.

    `allow` names the gates to waive. `parameters` go to the notebooks that declare them; text is turned into the
    declared type. With `resume` a notebook that an interrupted or failed run of the same books has executed is not
    executed again. `said` is the day as it was asked for, where that was in words.
    """

    as_of: str
    names: Sequence[str] = ()
    allow: Collection[str] = ()
    parameters: Mapping[str, object] = {}
    notebooks: Path = Path("notebooks")
    resume: bool = False
    said: str = ""


class Copies(NamedTuple):
    """The checked copies of the books, by their ledgers, and what removes them when all are done: the group is made of
    those of its entities."""

    of: dict[str, Path]
    passing: ExitStack


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

    `workers` notebooks run side by side; `Asked` tells of the rest. Returns the folder: index.html, a page and the
    executed notebook for each name, data/*.csv, quarantine.csv and run.json. Where notebooks are named, the other pages
    of an earlier run of the same books stay.

    Raises UsageError or GateError before any notebook starts, RunError when one fails; then an earlier run of the day
    stays as it was, and what was executed is kept in `out`/.failed/`as_of`.
    """
    asked = Asked(as_of, names, allow, parameters or {}, notebooks)
    (folder,) = run_all([(ledger, out)], asked, workers)
    return folder


def run_all(ledgers: Sequence[tuple[str | Path, Path]], asked: Asked, count: int) -> Iterator[Path]:
    """Run each of the `ledgers` into the folder beside it, `count` notebooks side by side, whichever ledger they are
    of; tell of each run as it is complete.

    A ledger that is refused, or of which a notebook fails, keeps none of the others from its pages: what is wrong is
    raised after the last of them.
    """
    ended: list[Path | ArforecastError] = []
    waiting: dict[Path, tuple[Pack, int, list[Outcome]]] = {}

    def tasks(copies: Copies) -> Iterator[Task]:
        for ledger, out in ledgers:
            pack = _pack(ledger, out, asked, copies)
            begun = _go_on(pack, None, ended)
            waiting.update({begun[0].folder: (pack, len(begun), [])} if begun else {})
            yield from begun

    chosen = jobs.find(asked.notebooks, asked.names)
    with ExitStack() as passing, ExitStack() as stack:
        stack.callback(_close, waiting)
        outcomes = stack.enter_context(closing(executed(tasks(Copies({}, passing)), count, chosen)))
        for task, outcome in _telling(outcomes, len(chosen) * len(ledgers)):
            pack, number, so_far = waiting[task.folder]
            so_far.append(outcome)
            if len(so_far) == number:
                waiting.pop(task.folder)
                _go_on(pack, so_far, ended)
            yield from _complete(ended)
    yield from _complete(ended)
    _raise([fault for fault in ended if isinstance(fault, ArforecastError)])


def _go_on(pack: Pack, outcomes: list[Outcome] | None, ended: list[Path | ArforecastError]) -> list[Task]:
    """What a pack asks to be executed next; where that is nothing, it is brought to its end."""
    try:
        tasks = pack.send(outcomes)
    except StopIteration as end:
        ended.append(end.value)
        return []
    except ArforecastError as fault:
        ended.append(fault)
        return []
    return tasks or _go_on(pack, [], ended)


def _close(waiting: Mapping[Path, tuple[Pack, int, list[Outcome]]]) -> None:
    for pack, _, _ in waiting.values():
        pack.close()


def _complete(ended: list[Path | ArforecastError]) -> list[Path]:
    done = [end for end in ended if isinstance(end, Path)]
    ended[:] = [end for end in ended if not isinstance(end, Path)]
    return done


def _raise(faults: Sequence[ArforecastError]) -> None:
    if len(faults) > 1:
        raise RunError("\n".join(map(str, faults)))
    for fault in faults:
        raise fault


def _telling(outcomes: Iterable[tuple[Task, Outcome]], total: int) -> Iterator[tuple[Task, Outcome]]:
    """The outcomes; each is noted in the account of its run, and told of in a line."""
    from rich.progress import track

    console = _console()
    for task, outcome in track(outcomes, "Notebooks", total, console=console, disable=not console.is_terminal):
        record.note(task.folder, outcome.name, {"seconds": round(outcome.seconds, 1), "fault": outcome.fault})
        console.print(f"{outcome.name}: {'failed' if outcome.fault else f'{outcome.seconds:.1f} s'}", markup=False)
        yield task, outcome


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


# ------------------------------------------------------------------ one ledger


def _pack(ledger: str | Path, out: Path, asked: Asked, copies: Copies) -> Pack:
    """A run of one ledger: it opens the ledger, asks for notebooks to be executed, and of what came of them makes the
    pages."""
    from arforecast.desk import Ledger, books_of

    chosen = jobs.find(asked.notebooks, asked.names)
    given = jobs.usual(ledger, chosen) | dict(asked.parameters)
    fixed = {"ledger": jobs.located(ledger), "as_of": asked.as_of, "data": "", "book": str(out.resolve() / BOOK)}
    fitted = jobs.fitted(chosen, fixed, given)
    opened = Ledger(books_of(ledger, copies=copies.of))
    stamp = pass_gates(opened.where(jobs.part(fitted, given)).as_of(asked.as_of).stamp(), asked.allow)
    problems = opened.problems
    final, failed = out.resolve() / stamp["as_of"], out.resolve() / record.FAILED / stamp["as_of"]
    record.refuse_what_is_none(final)
    account = record.begun(stamp, opened.books.settings, {"ledger": jobs.named(ledger)} | given, asked.said)
    with folders.complete(final, failed) as folder:
        account["notebooks"] = _good(account, asked, [job.name for job in fitted], (final, failed), folder)
        record.write(account, folder)
        if missing := [job for job in fitted if job.name not in account["notebooks"]]:
            environment = _handed_over(opened.books, ledger, copies)
            del opened  # what it takes of the memory is the kernels' now
            # Most of what the brief asks, others have asked by then: it waits for none of them.
            missing.sort(key=lambda job: job.name == BRIEF)
            _refuse_faults((yield [Task(job, folder, environment) for job in missing]) or [], failed)
        write_csv(problems[problems["severity"].eq("error")], folder / "quarantine.csv")
        account = record.read(folder)
        _write_pages(list(account["notebooks"]), folder, final, stamp)
        record.write(record.complete(account, folder), folder)
    return out / final.name


def _handed_over(books: Books, ledger: str | Path, copies: Copies) -> dict[str, str]:
    """What a kernel is told: where the checked copy is, and by which settings the run goes. Notebooks run in their own
    folder, by these or by none."""
    own = copies.passing.enter_context(folders.passing(books.settings.engine.spill_directory))
    checked.write(books, jobs.located(ledger), own / CHECKED)
    copies.of[str(ledger)] = own / CHECKED
    return {
        settings.VARIABLE: str(Path(books.settings.file or os.devnull).absolute()),
        checked.VARIABLE: str(own / CHECKED),
        source.VARIABLE: str(ledger),
        "IPYTHONDIR": str(own),  # what a user does at the start of every kernel is no part of a run
        "JUPYTER_RUNTIME_DIR": str(own),  # and the keys of its connection go with the run
        **dict.fromkeys(settings.SECRETS.values(), ""),  # nor is it a notebook's business who may send mail
    }


def _good(
    account: Mapping[str, Any], asked: Asked, names: Sequence[str], places: tuple[Path, Path], folder: Path
) -> dict[str, Any]:
    """What need not be executed: pages beside those that are named, and what a run that is resumed had done."""
    final, failed = places
    there = record.good(account, final) if asked.names else []
    beside = [name for name in there if name not in names]
    done = [name for name in record.good(account, failed) if name in names] if asked.resume else []
    lost = [name for name in record.read(final).get("notebooks", {}) if name not in names and not there]
    if asked.names and lost:
        words = f"{final}: the pages {', '.join(lost)} were of other books or parameters, and go with the earlier run."
        _console().print(words, markup=False)
    return record.carry(beside, final, folder) | record.carry(done, failed, folder)


def _refuse_faults(outcomes: Iterable[Outcome], failed: Path) -> None:
    faults = sorted(f"{outcome.fault} (see {failed / outcome.name}.ipynb)" for outcome in outcomes if outcome.fault)
    if faults:
        raise RunError("\n".join(faults))


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


# ------------------------------------------------------------------ writing


def _write_pages(names: Sequence[str], folder: Path, final: Path, stamp: Mapping[str, Any]) -> None:
    executed = {name: _executed(folder / f"{name}.ipynb", folder, final) for name in names}
    entries = {name: _entry(name, notebook) for name, notebook in executed.items()}
    bodies = {entries[name].file: body(notebook) for name, notebook in executed.items()}
    bodies = {file: page.live(text, bodies) for file, text in bodies.items()}
    others = [entries[name] for name in names if name != BRIEF]
    first = entries.get(BRIEF, page.Entry(INDEX, "Receivables", "", Fragment()))
    for entry in others:
        _write(folder / entry.file, page.document(entry.title, bodies[entry.file], stamp, [first, *others]))
    _write(folder / INDEX, page.index(first, others, stamp, bodies.get(INDEX, "")))


def _executed(path: Path, folder: Path, final: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs, which names the place where its data will be found."""
    text = path.read_text("utf-8").replace(str(folder), str(final))
    path.write_text(text, "utf-8")
    return nbformat.reads(text, as_version=4)


def _entry(name: str, notebook: nbformat.NotebookNode) -> page.Entry:
    file = INDEX if name == BRIEF else f"{name}.html"
    return page.Entry(file, title(notebook) or name, headline(notebook), cards(notebook))


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")
