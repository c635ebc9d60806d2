"""One notebook and what becomes of it when it is executed: all that is known of papermill."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from arforecast.errors import UnknownError, UsageError, shown
from arforecast.ipynb import nbformat

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


def declared(notebook: Path) -> dict[str, str]:
    """The parameters a notebook declares and their types, from its cell tagged `parameters`."""
    import papermill

    try:
        nbformat.validate(nbformat.read(notebook, as_version=4))
    except Exception as fault:  # a file can fail to be a notebook in many ways
        raise UsageError(
            f"{notebook.name} is no notebook: {shown(_line(str(fault)))}. Mend it or move it away."
        ) from fault
    try:
        told = papermill.inspect_notebook(_literal(notebook))
    except ValueError as fault:  # papermill goes by what the notebook says of that, and it says nothing
        raise UsageError(
            f"{notebook.name} does not say which kernel runs it. Open it in JupyterLab, choose Python 3, and save it."
        ) from fault
    if not told:
        raise UsageError(f"{notebook.name} has no cell tagged `parameters` that declares `name: type = value`.")
    return {name: about["inferred_type_name"] for name, about in told.items()}


def execute(job: Job, folder: Path, environment: Mapping[str, str]) -> Outcome:
    """Execute one notebook, its kernel in `environment`, and keep it with its outputs in `folder`; a fault comes back
    as text, from any process."""
    import papermill
    from traitlets.config import Config

    from arforecast.runs.kernels import Manager

    # papermill would go to the folder itself, and all that this process does beside it.
    copied = {"folder": str(job.notebook.parent.resolve()), "environment": dict(environment)}
    # No other user of the machine listens in.
    config = {"KernelManager": {"transport_encryption": "required"}, "Copied": copied}
    started = perf_counter()
    try:
        done = papermill.execute_notebook(
            _literal(job.notebook),
            _literal(folder / job.notebook.name),
            parameters=job.parameters | {name: str(folder / "data") for name in job.parameters if name == "data"},
            kernel_name="python3",
            progress_bar=False,
            extra_arguments=["--log-level=CRITICAL"],  # faults come back through the cells
            kernel_manager_class=Manager,
            config=Config(config),
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
