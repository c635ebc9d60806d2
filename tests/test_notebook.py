"""What a notebook does first: it refuses what it does not declare, and looks like the pages, whoever runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert.preprocessors import ExecutePreprocessor

import arforecast
import ledgers
from arforecast.errors import UsageError
from arforecast.report import notebook
from arforecast.runs import runner

DECLARED = """
ledger: str = "../ledger"  # a ledger
as_of: str = "2026-06-30"  # a day
weeks: int = 13  # a number
share: float = -0.5
data: str = ""
"""
BEGIN = "import arforecast as ar\nfrom arforecast.report import notebook, tables\n\nnotebook.begin(globals())"
LEDGER = """
invoices
invoice_id  customer_id  issued_on   due_on      amount  paid_on
A1          anna         2026-05-01  2026-05-31  100.00  2026-06-10
A2          <b>          2026-06-01  2026-06-20  200.00  -
"""


def namespace(*cells: str) -> dict[str, Any]:
    """What a kernel holds after it has run these cells."""
    names: dict[str, Any] = {"In": ["", *cells]}
    for cell in cells:
        exec(cell, names)
    return names


def test_what_is_declared_and_fits_is_taken() -> None:
    notebook.begin(namespace(DECLARED))
    notebook.begin(namespace(DECLARED, "# Parameters\nweeks = 4\nshare = 1\n"))
    notebook.begin(namespace(DECLARED, "# Parameters\nPAPERMILL_INPUT_PATH = 'a.ipynb'\n"))
    notebook.begin({"weeks": "in a script nothing is declared"})


def test_names_of_an_analyst_are_no_parameters() -> None:
    """The first cell can be run again after the others."""
    notebook.begin(namespace(DECLARED, "# Parameters\nweeks = 4\n", "asof = 'mine'", "x = [1]"))
    notebook.begin(namespace(DECLARED, "import math\nx = 1", "asof = 'mine'", DECLARED, "x = [1]"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            "asof = '2026-01-31'",
            "This notebook declares no parameter asof. There are: ledger, as_of, weeks, share, data.",
        ),
        ("weeks = 4\nrow = 1\nby = ''", "This notebook declares no parameter row, by. There are:"),
        ("weeks = 'four'", "weeks=four does not fit: this notebook declares weeks: int."),
        ("weeks = True", "weeks=True does not fit: this notebook declares weeks: int."),
        ("as_of = 20260630", "as_of=20260630 does not fit: this notebook declares as_of: str."),
        ("share = None", "share=None does not fit: this notebook declares share: float."),
    ],
)
def test_what_is_not_declared_or_does_not_fit_is_refused(given: str, told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)):
        notebook.begin(namespace(DECLARED, f"# Parameters\n{given}\n"))
    with pytest.raises(UsageError, match=re.escape(told)):  # as Jupyter Scheduler gives it
        notebook.begin(namespace(DECLARED, given))


def test_a_type_that_is_none_of_a_parameter_is_refused() -> None:
    with pytest.raises(UsageError, match=r"this notebook declares weeks: list\. Use one of str, int, float, bool\."):
        notebook.begin(namespace("weeks: list = None"))


# In a kernel


@pytest.fixture(autouse=True)
def kernels_import_this_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(arforecast.__file__).resolve().parents[1]))


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A ledger, and a notebook in a folder beside it that saves, draws and ends a cell with a frame."""
    ledgers.write(ledgers.told(LEDGER), tmp_path / "ledger")
    cells = [
        f"{BEGIN}\nkpis = ar.open_ledger(ledger).as_of(as_of).kpis()\nfile = tables.save(kpis, data, 'kpis')",
        "print('said')",
        "kpis[kpis.kpi.eq('open_ar')].set_index('kpi')[['value', 'unit']]",
        "import matplotlib.pyplot as plt\nplt.bar(['a'], [1])\nplt.title('One bar');",
    ]
    made = [nbformat.v4.new_code_cell(DECLARED.strip(), metadata={"tags": ["parameters"]})]
    made += [nbformat.v4.new_markdown_cell("# Own"), *map(nbformat.v4.new_code_cell, cells)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (tmp_path / "notebooks").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=kernel), tmp_path / "notebooks" / "own.ipynb")
    (tmp_path / "elsewhere").mkdir()
    return tmp_path


def papermill(pack: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Plain papermill, from another folder."""
    named = ["../notebooks/own.ipynb", "out.ipynb", "--no-progress-bar", *words]
    command = [sys.executable, "-m", "papermill", *named]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=pack / "elsewhere")


def test_plain_papermill_refuses_a_parameter_that_nobody_declared(pack: Path) -> None:
    done = papermill(pack, "-p", "asof", "2026-01-31")
    assert done.returncode != 0
    assert "This notebook declares no parameter asof." in done.stderr


def test_a_job_of_jupyter_scheduler_refuses_a_parameter_that_nobody_declared(pack: Path) -> None:
    """It puts what it was given, unmarked, behind the cell tagged `parameters`, and runs that by nbconvert."""
    job = nbformat.read(pack / "notebooks/own.ipynb", as_version=4)
    job.cells = [job.cells[0], nbformat.v4.new_code_cell('asof = "2026-01-31"'), *job.cells[1:]]
    with pytest.raises(CellExecutionError, match=r"This notebook declares no parameter asof\."):
        ExecutePreprocessor().preprocess(job, {"metadata": {"path": str(pack / "elsewhere")}})


def test_frames_and_figures_of_ones_own_stand_on_the_page_as_ours_do(pack: Path) -> None:
    folder = runner.run(pack / "ledger", "2026-06-30", out=pack / "out", notebooks=pack / "notebooks")
    page = (folder / "own.html").read_text("utf-8")
    assert page.count("<style>") == 1
    assert 'class="dataframe"' not in page
    assert '<th scope="row">Open receivables</th>' in page.replace(' class="whole"', "")
    assert '<td class="number">200.00</td>' in page
    assert '<svg aria-label="One bar" font-size="13" role="img"' in page
    assert "<img" not in page
    assert "<pre>" not in page


def test_a_cell_says_what_takes_longer_than_two_seconds_and_nothing_of_the_rest() -> None:
    cells = [
        "import time\nfrom arforecast import kernel",
        "with kernel.telling('At once'):\n    pass",
        "with kernel.telling('Counting'):\n    time.sleep(3.4)",
    ]
    made = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    done = NotebookClient(made).execute()
    assert not done.cells[1].outputs
    said = done.cells[2].outputs
    assert {output.name for output in said} == {"stderr"}
    assert re.fullmatch(r"\rCounting: 2 s(\rCounting: \d s)+\n", "".join(output.text for output in said))
