"""What CONTRIBUTING.md tells a newcomer to write works as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import arforecast
import ledgers

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
PLACE = re.compile(r"# (?P<file>\S+), (?P<where>at the end|after|in place of)(?: `(?P<line>.+)`)?\n")
DAY = "2026-06-30"
LEDGER = """
invoices
invoice_id  customer_id  issued_on   due_on      amount  product
A1          anna         2025-06-30  2025-07-30  100.00  tea
A2          anna         2026-02-01  2026-03-01  100.00  tea
A3          bert         2026-03-01  2026-03-31   60.00  cups

applications
invoice_id  applied_on  amount  kind
A2          2026-06-01  40.00   credit_note
"""


def section(title: str) -> str:
    return TEXT.partition(f"\n### {title}\n")[2].partition("\n### ")[0]


def blocks(title: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", section(title), flags=re.DOTALL)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return ledgers.write(ledgers.told(LEDGER), tmp_path / "ledger")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, to write to."""
    ours = Path(arforecast.__file__).parent
    shutil.copytree(ours, tmp_path / "src" / "arforecast", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def written(block: str, root: Path) -> None:
    """Do what the first line of a block says with the rest of it."""
    place = PLACE.match(block)
    assert place, block
    file, code = root / place["file"], block[place.end() :]
    old = file.read_text("utf-8")
    lines = [line for line in old.splitlines(keepends=True) if line.strip() == place["line"]]
    assert place["where"] == "at the end" or len(lines) == 1, f"{place['line']} is not once in {place['file']}"
    new = {
        "at the end": lambda: f"{old}\n\n{code}",
        "after": lambda: old.replace(lines[0], lines[0] + code),
        "in place of": lambda: old.replace(lines[0], code),
    }
    file.write_text(new[place["where"]](), "utf-8")


def said(root: Path, *command: object) -> str:
    """What the command line of the package in `root` prints."""
    env = os.environ | {"PYTHONPATH": str(root / "src")}
    words = [sys.executable, "-m", "arforecast.cli", *map(str, command), "--as-of", DAY]
    done = subprocess.run(words, check=False, env=env, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_kpi_is_added_as_it_says(copy: Path, ledger: Path) -> None:
    for block in blocks("A KPI"):
        written(block, copy)
    values = dict(line.split(",")[3:5] for line in said(copy, "kpis", ledger, "--format", "csv").splitlines())
    assert float(values["dilution_share"]) == 0.25
    assert list(values).index("dilution_share") == list(values).index("bad_debt_share") + 1
    (_header, row) = said(copy, "rows", ledger, "dilution_share", "--format", "csv").splitlines()
    assert row.startswith("credit_notes_365,A2,")
    assert row.endswith(",40.0")


def test_a_schedule_is_added_as_it_says(copy: Path, ledger: Path) -> None:
    for block in blocks("A schedule"):
        written(block, copy)
    printed = said(copy, "schedule", ledger, "billed_by_product", "--format", "csv")
    assert printed.splitlines() == ["product,billed_amount", "cups,60.0", "tea,100.0"]


def test_a_page_is_added_as_it_says(tmp_path: Path, ledger: Path) -> None:
    (block,) = blocks("A page")
    (tmp_path / "notebooks").mkdir()
    nbformat.write(notebook(block), tmp_path / "notebooks" / "agreed.ipynb")
    (tmp_path / "src").symlink_to(Path(arforecast.__file__).parents[1])
    said(tmp_path, "report", ledger, "agreed", "--out", tmp_path / "out")
    page = (tmp_path / "out" / DAY / "agreed.html").read_text("utf-8")
    assert "<h1" in page
    assert "Terms of payment" in page
    assert "1 bands of terms are in use." in (tmp_path / "out" / DAY / "index.html").read_text("utf-8")
    assert (tmp_path / "out" / DAY / "data" / "terms.csv").exists()


def notebook(text: str) -> nbformat.NotebookNode:
    """The notebook that cells marked by `# %% [tag]` make."""
    cells = re.findall(r"# %%(?: \[(\w+)\])?\n(.*?)(?=# %%|\Z)", text, flags=re.DOTALL)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=[_cell(tag, source.strip()) for tag, source in cells], metadata=kernel)


def _cell(tag: str, source: str) -> nbformat.NotebookNode:
    if tag == "markdown":
        return nbformat.v4.new_markdown_cell(re.sub("^# ", "", source, flags=re.MULTILINE))
    return nbformat.v4.new_code_cell(source, metadata={"tags": [tag] if tag else []})


def test_each_change_of_the_table_has_its_few_lines() -> None:
    named = re.findall(r"^\| \[(.+?)\]\(#(.+?)\) \|", TEXT, flags=re.MULTILINE)
    assert len(named) == 11
    for words, anchor in named:
        assert anchor == words.lower().replace(" ", "-")
        text = re.sub(r"```.*?```", "", section(words[0].upper() + words[1:]), flags=re.DOTALL)
        assert 1 <= len([line for line in text.splitlines() if line]) <= 10


def test_the_lists_it_names_are_there() -> None:
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").glob("*.py")]
    code = "\n".join(file.read_text("utf-8") for file in files)
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", TEXT)) - {"NAME"}
    assert [name for name in sorted(named) if not re.search(rf"^{name}\b", code, re.MULTILINE)] == []


def test_what_the_table_names_is_there() -> None:
    rows = re.findall(r"^\| \[.+?\]\(.+?\) \| (.+) \| (.+) \|$", TEXT, flags=re.MULTILINE)
    paths = {path for row in rows for cell in row for path in re.findall(r"`([\w./]+)`", cell)}
    folders = ("tests", "docs", "data", "notebooks", "benchmarks")
    below = [path if path.split("/")[0] in folders or path.endswith((".md", ".toml")) else f"src/arforecast/{path}"
             for path in paths if "NAME" not in path]  # fmt: skip
    assert [path for path in below if not (ROOT / path).exists()] == []
