"""A page of one's own: the notebook that `new-page` writes runs as it is, and what docs/own_page.md tells works."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result

import arforecast
import ledgers
from arforecast.cli import main
from arforecast.errors import UsageError
from arforecast.report import notebook

TEXT = (Path(__file__).parents[1] / "docs" / "own_page.md").read_text("utf-8")
DAY = "2026-06-30"
LEDGER = """
invoices
invoice_id  customer_id  issued_on   due_on      amount  segment  paid_on
A1          anna         2026-05-01  2026-05-31  100.00  north    2026-06-10
A2          anna         2026-06-01  2026-06-20  200.00  north    -
B1          bert         2026-06-01  2026-07-20  300.00  south    -
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a ledger where the sample's would be, and no notebooks yet."""
    monkeypatch.setenv("PYTHONPATH", str(Path(arforecast.__file__).resolve().parents[1]))
    monkeypatch.chdir(tmp_path)
    ledgers.write(ledgers.told(LEDGER), tmp_path / "data" / "sample")
    return tmp_path


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def typed(command: str) -> Result:
    """What the command line prints for a command of the tutorial."""
    result = CliRunner().invoke(main, command.removeprefix("$ arforecast ").split())
    assert result.exit_code == 0, result.output
    return result


def follow(path: Path) -> None:
    """Do with the notebook what the sections 2 to 4 say."""
    written = nbformat.read(path, as_version=4)
    (question,), (table, figure, headline) = blocks("markdown"), blocks("python")
    written.cells += [nbformat.v4.new_markdown_cell(question.strip())]
    written.cells += [nbformat.v4.new_code_cell(source.strip()) for source in (table, figure)]
    (first,) = (cell for cell in written.cells if "headline" in cell.metadata.get("tags", []))
    first.metadata.tags.remove("headline")
    written.cells += [nbformat.v4.new_code_cell(headline.strip(), metadata={"tags": ["headline"]})]
    nbformat.write(written, path)


def test_the_tutorial_ends_with_a_page_of_ones_own_in_the_pack(desk: Path) -> None:
    commands = [line.split("\n")[0] for block in blocks("console") for line in re.findall(r"^\$ .*$", block, re.M)]
    new, alone, together = commands
    assert typed(new).stdout == "notebooks/largest_debtors.ipynb\n"
    assert "reports/2026-06-30/index.html" in typed(alone).stdout
    assert "2 accounts owe 500, of which 200 is overdue." in (desk / "reports" / DAY / "index.html").read_text("utf-8")
    follow(desk / "notebooks" / "largest_debtors.ipynb")
    typed("new-page another")
    typed(together)
    run = desk / "reports" / DAY
    index, page, other = ((run / f"{name}.html").read_text("utf-8") for name in ("index", "largest_debtors", "another"))
    assert "2 accounts owe 500; 2 segments are among them." in index
    assert '<a href="largest_debtors.html">Largest debtors</a>' in index
    assert '<a href="largest_debtors.html">Largest debtors</a>' in other
    assert '<a href="largest_debtors.html" aria-current="page">Largest debtors</a>' in page
    assert '<a href="index.html">Receivables</a>' in page
    assert re.findall(r'aria-label="([^"]*)" font-size="13" role="img"', page) == [
        "Overdue at those who owe most. Customer by Overdue balance",
        "Open receivables by segment. Segment by Open balance",
    ]
    assert '<td class="number">500.00</td>' in page[page.index("Open receivables by segment") :]
    assert (run / "data" / "largest_debtors.csv").read_text("utf-8").count("\n") == 3


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", "..", ".hidden", "", "index", "a.b", "-x", "a b", "x\n", "/x"])
def test_a_name_that_is_a_path_or_taken_by_the_first_page_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a page"):
        notebook.write(name, tmp_path / "notebooks")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.ipynb").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match=r"mine\.ipynb is there already\. Choose another name\."):
        notebook.write("mine", tmp_path)
    assert (tmp_path / "mine.ipynb").read_text("utf-8") == "mine"


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(UsageError, match="cannot be written"):
        notebook.write("mine", tmp_path / "file" / "below")
