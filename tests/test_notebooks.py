"""The notebooks hold no logic, declare what they take, are committed clean, and say what their ledger says."""

from __future__ import annotations

import ast
import itertools
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import nbformat
import pandas as pd
import pytest

import arforecast
import ledgers
from arforecast.delivery import gates, message, pack
from arforecast.report import notebook as notebooks
from arforecast.report.exhibits import late as lateness
from arforecast.report.exhibits import receivables
from arforecast.runs import executed, execution, runner
from arforecast.settings import Mail
from ledgers import SAMPLE

ROOT = Path(__file__).resolve().parents[1]
DAY = "2026-06-30"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LOGIC = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.If,
    ast.Try,
    ast.With,
    ast.comprehension,
)
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
with_sample = pytest.mark.skipif(not SAMPLE.exists(), reason="data/sample is not there: make it with arforecast sample")


def code(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def tagged(path: Path, tag: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in code(path) if tag in cell.metadata.get("tags", [])]


def test_there_are_notebooks() -> None:
    names = {"brief", "kpis", "accounts", "collections", "late_payers", "cash_forecast", "worklist"}
    assert {path.stem for path in NOTEBOOKS} >= names


@each
def test_the_first_code_cell_declares_literals_with_types_and_help(path: Path) -> None:
    first = code(path)[0]
    assert first.metadata["tags"] == ["parameters"]
    lines = first.source.splitlines()
    for line, statement in zip(lines, ast.parse(first.source).body, strict=True):
        assert isinstance(statement, ast.AnnAssign)
        assert isinstance(statement.annotation, ast.Name)
        assert statement.annotation.id in notebooks.TYPES
        assert isinstance(statement.value, ast.Constant)
        assert type(statement.value.value) is notebooks.TYPES[statement.annotation.id]
        assert "  # " in line
    assert {"ledger", "as_of", "data"} <= set(execution.declared(path))


@each
def test_no_cell_holds_logic_or_more_than_eight_lines(path: Path) -> None:
    for cell in code(path):
        assert len(cell.source.splitlines()) <= 8
    lines = [len(cell.source.splitlines()) for cell in code(path)[3:]]
    assert sorted(lines)[len(lines) // 2] <= 2
    for cell in code(path):
        found = [type(node).__name__ for node in ast.walk(ast.parse(cell.source)) if isinstance(node, LOGIC)]
        assert found == [], cell.source


@each
def test_questions_are_asked_in_words(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    words = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert words[0].startswith("# ")
    assert all(text.startswith("## ") and "?" in text.splitlines()[0] for text in words[1:])
    kinds = [cell.cell_type for cell in notebook.cells]
    assert ("markdown", "markdown") not in set(itertools.pairwise(kinds))
    assert kinds[-1] == "code"


@each
def test_it_is_committed_clean_but_for_its_headline(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "papermill" not in notebook.metadata
    headline = tagged(path, "headline")
    assert len(headline) == 1
    assert {"nbval-check-output", "keep_output"} <= set(headline[0].metadata.tags)
    assert len(tagged(path, "cards")) == 1
    assert headline[0].execution_count  # nbval compares only a cell that was run
    assert len(headline[0].outputs) == 1
    for cell in code(path):
        assert cell.source == headline[0].source or not cell.outputs


@with_sample
@each
def test_it_runs_on_the_sample_and_says_what_is_committed(path: Path, reported: Path) -> None:
    page = (reported / (runner.INDEX if path.stem == runner.BRIEF else f"{path.stem}.html")).read_text("utf-8")
    assert page.count("<figure") + page.count("<table>") >= 3
    assert "Traceback" not in page
    assert len(page.encode()) < 250_000
    linked = set(re.findall(r'href="(data/[^"]+|\w+\.html)', page))
    assert any(file.startswith("data/") for file in linked)
    assert [file for file in linked if not (reported / file).exists()] == []
    shown = nbformat.read(reported / f"{path.stem}.ipynb", as_version=4)
    assert executed.headline(shown) == executed.headline(nbformat.read(path, as_version=4))


def test_what_a_cell_tells_meanwhile_is_no_headline() -> None:
    meanwhile, said = (nbformat.v4.new_output("stream", name=name, text=f"{name}\n") for name in ("stderr", "stdout"))
    cell = nbformat.v4.new_code_cell(metadata={"tags": ["headline"]}, outputs=[meanwhile, said])
    assert executed.headline(nbformat.v4.new_notebook(cells=[cell])) == "stdout"


def test_each_section_whose_table_is_missing_says_so_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """invoices
    invoice_id  customer_id  issued_on   due_on      amount  paid_on
    A1          anna         2026-01-01  2026-02-10  100.00  2026-03-01
    A2          anna         2026-05-01  2026-06-10  100.00  -
    A3          bert         2026-06-20  2026-06-30   50.00  -
    """
    monkeypatch.setenv("PYTHONPATH", str(Path(arforecast.__file__).resolve().parents[1]))
    told = ledgers.told(test_each_section_whose_table_is_missing_says_so_in_a_sentence.__doc__ or "")
    ledger = ledgers.write(told, tmp_path / "ledger")
    folder = runner.run(ledger, DAY, ["collections"], out=tmp_path / "out", notebooks=ROOT / "notebooks")
    page = (folder / "collections.html").read_text("utf-8")
    body = re.sub("<svg.*?</svg>|<[^>]+>", "", page[page.index("<main>") : page.index("<footer>")], flags=re.DOTALL)
    said = re.findall(r"No (\w+) table in this ledger", body)
    assert said == [*("promises", "disputes", "contacts", "receipts", "contacts"), *["costs"] * 3, "customers"]
    assert "No late fee was billed in twelve months." in body
    assert "No instalment of a payment plan fell due in twelve months." in body
    assert re.findall(r"\bnan\b|None|Error", body) == []


@with_sample
def test_the_brief_is_a_mail_in_the_order_of_its_readers(reported: Path) -> None:
    """A question, a page or a call of another name would lose its place in the mail, and a figure would be missing."""
    sent = pack.read(reported)
    assert {gate.outcome for gate in gates.gates(sent, date.fromisoformat(DAY), 0)} == {gates.PASSED}
    assert [answer.question.startswith(first) for answer, first in zip(sent.answers, pack.FIRST, strict=False)] == [
        True
    ] * 4
    assert len(sent.cards) == 6
    content = message.brief(sent, "", Mail(), [], named=True)
    assert content.subject.startswith("Receivables, 30 Jun 2026: ")
    assert set(content.pictures) == set(pack.FIGURES)
    assert len(content.html.encode()) <= 60_000
    assert re.findall(r"<svg|<script|var\(|\bnan\b|None", content.html) == []
    assert all(answer.sentence in " ".join(content.text.split(" ")).replace("\n", " ") for answer in sent.answers)


@with_sample
def test_plain_papermill_from_another_folder_saves_what_our_runner_saves(reported: Path, tmp_path: Path) -> None:
    """Byte for byte, and with no word of where the ledger and its settings lie."""
    path = ROOT / "notebooks" / "accounts.ipynb"
    env = os.environ | {"PYTHONPATH": str(Path(arforecast.__file__).resolve().parents[1])}
    command = [sys.executable, "-m", "papermill", str(path), "out.ipynb", "-p", "data", "data", "--no-progress-bar"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    saved = sorted((tmp_path / "data").iterdir())
    assert saved
    for file in saved:
        assert file.read_bytes() == (reported / "data" / file.name).read_bytes(), file.name


@with_sample
def test_a_customer_bears_one_name_on_every_page_and_shares_it_with_nobody(reported: Path) -> None:
    lists = ("accounts", "calls", "overdue_accounts", "at_risk", "credit_limits", "worklist")
    rows = pd.concat([pd.read_csv(reported / "data" / f"{name}.csv", dtype=str) for name in lists])
    each = rows[["customer_id", "customer"]].drop_duplicates()
    assert len(each) > 100
    assert each["customer_id"].is_unique
    assert each["customer"].is_unique
    assert each["customer"].str.contains(" (C0", regex=False).any()


@with_sample
def test_every_row_of_a_list_to_work_through_leads_to_the_sheet_of_its_account(reported: Path) -> None:
    pages = ("accounts", "worklist")
    ids = {page: re.findall(r'id="(account-[^"]+)"', (reported / f"{page}.html").read_text("utf-8")) for page in pages}
    sheets = {(f"{page}.html", sheet) for page, there in ids.items() for sheet in there}
    for page in ("index", "accounts", "late_payers", "worklist"):
        lists = re.findall(r'<div[^>]*class="table act".*?</tbody>', (reported / f"{page}.html").read_text(), re.DOTALL)
        rows = [
            row for each in lists for row in re.findall(r"<tr><th.*?</tr>", each.partition("<tbody>")[2], re.DOTALL)
        ]
        assert len(rows) >= 3, page
        assert [row for row in rows if not sheets & set(re.findall(r'href="(\w+\.html)#([^"]+)"', row))] == []


@with_sample
def test_the_pages_cannot_contradict_each_other() -> None:
    today = arforecast.open_ledger(SAMPLE).as_of(DAY)
    owed, late = receivables.latest(today.kpis()), today.late_payers()
    assert lateness.overdue(late, DAY)["open_balance"].sum() == pytest.approx(owed["overdue_ar"], abs=0.005)
    assert lateness.not_due(late, DAY)["open_balance"].sum() == pytest.approx(owed["aging:current"], abs=0.005)
