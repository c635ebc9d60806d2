"""What stands beside the code says what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arforecast.ledger.dictionary import markdown
from arforecast.ledger.tables import BY_NAME, TABLES

ROOT = Path(__file__).parents[1]
TEXTS = {".cfg", ".css", ".csv", ".html", ".ipynb", ".json", ".lock", ".md", ".py", ".sql", ".toml", ".txt", ".yml", ""}
PARTS = ("src", "tests", "notebooks", "benchmarks", "data", "docs", ".ci")
# Put together here, so that this file does not hold what it looks for.
MACHINE_PATH = re.compile("|".join(rf"(?<![\w.])/{place}\b" for place in ("work", "tmp/" + "lab", "home", "Users")))
LOCKS = ("requirements.lock", "engines.lock", "docs.lock", "installer.lock", "audit.lock")
INDEX_HOST = re.compile(r"://|--(extra-)?index-url|--find-links|--trusted-host")


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def project() -> dict[str, Any]:
    return tomllib.loads(read("pyproject.toml"))["project"]


def requirements() -> list[str]:
    """What the package and its developers need, as pyproject.toml says it."""
    return [*project()["dependencies"], *project()["optional-dependencies"]["dev"]]


def files() -> Iterator[Path]:
    """The project's own text files: what runs and caches made is left out."""
    here = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]  # a worktree's names its clone
    below = [path for part in PARTS for path in (ROOT / part).rglob("*") if path.is_file()]
    made = {"__pycache__", ".ipynb_checkpoints", ".hypothesis"}
    return (path for path in here + below if path.suffix in TEXTS and not made & set(path.parts))


# The data dictionary


def test_the_data_dictionary_is_printed_from_the_tables() -> None:
    assert read("data/README.md") == markdown()


def test_the_data_dictionary_can_be_printed_by_anyone() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "arforecast.ledger.dictionary"], capture_output=True, text=True, check=True
    )
    assert printed.stdout == markdown()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_data_dictionary_has_every_column_of_a_table(table: Any) -> None:
    _, _, section = markdown().partition(f"\n## {table.name}\n")
    lines = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    for column, line in zip(table.columns, lines[1:], strict=True):
        name, _, needed, meaning = (cell.strip() for cell in line.strip("|").split("|"))
        assert (name, needed) == (column.name, "required" if column.required else "optional")
        assert meaning.startswith(column.meaning)
        assert all(f"`{choice}`" in meaning for choice in column.choices)
    assert table.row in section
    assert table.feeds in section


def test_the_data_dictionary_names_every_table_and_column_once() -> None:
    assert len(BY_NAME) == len(TABLES)
    for table in TABLES:
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names))
        assert table.dated_by is None or table.column(table.dated_by) in table.required


# What is installed


def test_conda_installs_what_pyproject_asks_for() -> None:
    text = read("environment.yml")
    assert re.findall(r'^ +- "(.+)"$', text, flags=re.MULTILINE) == requirements()
    assert f"- python{project()['requires-python']}\n" in text
    assert text.endswith("- --editable .\n")


def test_the_locks_name_no_host() -> None:
    for name in LOCKS:
        assert INDEX_HOST.findall(read(name)) == []


def test_the_lock_pins_every_direct_requirement() -> None:
    pinned = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", read("requirements.lock"), flags=re.MULTILINE))
    named = {match[0] for requirement in requirements() if (match := re.match(r"[A-Za-z0-9-]+", requirement))}
    assert named - pinned == set()


def test_every_pin_of_the_locks_has_a_hash() -> None:
    for name in LOCKS:
        pins = re.split(r"\n(?=\S)", read(name).strip())
        assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


# The project speaks of itself alone


def test_no_file_holds_the_path_of_a_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)} line {number}: {line.strip()[:80]}"
        for path in files()
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []
