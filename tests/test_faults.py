"""Broken machines: each fault made for real, what is said of it, with which exit code, and what is still there.

`pytest -s tests/test_faults.py` prints the table. `ELSEWHERE` names the tests of those that need a server, a kernel or
a mail.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from arforecast import open_ledger
from arforecast.cli import main
from arforecast.errors import ArforecastError, SourceError, WriteError
from arforecast.forecast import book
from arforecast.ledger import checked, open_books
from arforecast.settings import Settings
from test_book import HEAD, said
from test_runner import INVOICES, kernels_import_this_package, notebook  # noqa: F401 - a fixture

DAY = "2026-06-30"
FULL = "No space left on device"
# Fault, what the run was doing, and the test that makes it.
ELSEWHERE = [
    ("PostgreSQL ends the connection", "reading", "engines", "a_database_that_breaks_off_is_told"),
    ("a view of PostgreSQL writes", "reading", "engines", "a_ledger_is_read_and_never_written"),
    ("the kernel dies", "executing", "runner", "failures_are_told_in_one_line_each_and_leave_the_earlier_run"),
    ("the run is killed", "executing", "runs", "whatever_kills_a_run_nothing_half_is_seen_and_nothing_lives_on"),
    ("the run is killed", "naming its folder", "runs",
     "what_a_process_killed_while_it_replaced_a_folder_had_moved_aside_comes_back"),
    ("two runs of one day", "writing", "runs", "of_two_runs_of_one_day_at_once_one_waits_and_no_page_is_lost"),
    ("the disk is full", "before a mail", "delivery", "a_disk_that_is_full_before_sends_nothing"),
    ("the disk is full", "after a mail", "delivery", "a_disk_that_is_full_after_loses_nothing_and_doubles_nothing"),
    ("the clock is behind", "sending", "delivery", "a_run_is_neither_old_nor_of_a_day_to_come"),
    ("a forecast was changed", "reading the book", "book", "no_file_is_written_again_or_believed_when_it_was"),
]  # fmt: skip


@pytest.fixture(scope="module")
def row() -> Iterator[Callable[..., None]]:
    """Notes a line of the table, which is printed at the end."""
    rows = [("fault", "while", "said", "exit", "what is left")]
    yield lambda *cells: rows.append(tuple(map(str, cells)))
    rows += [(fault, doing, f"tests/test_{file}.py", "", test) for fault, doing, file, test in ELSEWHERE]
    print("\n", *(" | ".join(cells) for cells in rows), sep="\n")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "invoices.csv").write_text(INVOICES)
    return tmp_path / "ledger"


def asked(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def told(result: Result, code: int, words: str) -> str:
    """The one line in which it was said."""
    assert result.exit_code == code, result.output
    line = result.stderr.splitlines()[-1]
    assert re.search(words, line), result.stderr
    assert "Traceback" not in result.output
    assert "should not happen" not in result.output
    return line


def writes(ledger: Path, place: Path) -> dict[str, tuple[object, ...]]:
    """What is asked to write a file, and a folder, into a place."""
    return {"check": ("check", ledger, "--quarantine", place / "quarantine.csv"), "init": ("init", place / "own")}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_tests_of_the_other_faults_are_there() -> None:
    for _fault, _doing, file, test in ELSEWHERE:
        tree = ast.parse((Path(__file__).parent / f"test_{file}.py").read_text("utf-8"))
        assert f"test_{test}" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


# ------------------------------------------------------------------ a full disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 128 kB of one's own."""
    (tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(tmp_path / "disk")]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only who may mount can fill a disk of their own")
    yield tmp_path / "disk"
    subprocess.run(["umount", "--lazy", str(tmp_path / "disk")], check=True)


def fill(disk: Path, leave: int = 0) -> None:
    """Leave so many free bytes, and no more."""
    (disk / "ballast").write_bytes(b"")
    free = shutil.disk_usage(disk).free
    (disk / "ballast").write_bytes(bytes(free - leave))


def test_a_full_disk_leaves_what_was_there_and_nothing_half(disk: Path, ledger: Path, row: Callable[..., None]) -> None:
    assert asked("check", ledger, "--quarantine", disk / "quarantine.csv").exit_code == 1
    book.add(disk / "book", said(1))
    before = contents(disk)
    fill(disk)
    for doing, words in writes(ledger, disk).items():
        row("the disk is full", doing, told(asked(*words), 1, f"cannot be written: {FULL}"), 1, "all, nothing half")
    with pytest.raises(WriteError, match="No space left on device") as fault:
        book.add(disk / "book", said(2))
    row("the disk is full", "keeping a forecast", fault.value, 1, "the book")
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "arforecast.cli", "import", "--list"]
        printed = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (printed.returncode, printed.stderr[:22]) == (1, "The disk is full. Make"), printed.stderr
    row("the disk is full", "printing", printed.stderr.strip(), 1, "")
    (disk / "ballast").unlink()
    assert contents(disk) == before


def test_a_disk_that_fills_at_any_step_of_a_report_leaves_the_earlier_one(
    disk: Path, ledger: Path, tmp_path: Path, row: Callable[..., None]
) -> None:
    """What was executed is not executed again: every later step finds the disk full once."""
    notebook(tmp_path / "notebooks", "first", ["# First", "print('headline 1')"])
    words = ("report", ledger, "--as-of", DAY, "--out", disk / "reports", "--notebooks", tmp_path / "notebooks")
    words = (*words, "--allow", "quarantine", "--resume")
    assert asked(*words).exit_code == 0
    executed, failed = disk / "reports" / DAY, disk / "reports" / ".failed" / DAY
    before = contents(executed)
    for leave in (4_000, 0):
        shutil.rmtree(failed, ignore_errors=True)
        shutil.copytree(executed, failed)
        fill(disk, leave)
        line = told(asked(*words), 1, f"cannot be written: {FULL}")
        assert contents(executed) == before
        assert {path.name for path in (disk / "reports").iterdir()} <= {DAY, ".failed"}
    row("the disk is full", "writing the pages", line, 1, "the earlier run")


# ------------------------------------------------------------------ memory, clock


def test_what_memory_does_not_hold_is_told(ledger: Path, row: Callable[..., None]) -> None:
    (ledger / "arforecast.toml").write_text("[engine]\nmemory_limit = '1MB'\nthreads = 1\n")
    line = told(asked("kpis", ledger, "--as-of", DAY), 1, r"^The memory that engine\.memory_limit allows is used up\.")
    row("memory_limit is used up", "reading", line, 1, "")


def test_a_clock_that_was_set_back_makes_no_second_word_the_first(tmp_path: Path, row: Callable[..., None]) -> None:
    """The first of two forecasts of one day was written when the clock was a day ahead."""
    first = book.add(tmp_path, said(1))
    first.chmod(0o644)
    rows = pd.read_parquet(first)
    rows.assign(written_at=rows.written_at + pd.Timedelta(days=1)).to_parquet(first)
    book.add(tmp_path, said(2))
    counted = book.counted(book.read(tmp_path), HEAD | {"as_of": "2026-03-09"})
    assert counted["mean"].unique().tolist() == [100]
    row("the clock is set back", "keeping a forecast", "", 0, "the order of the book")


# ------------------------------------------------------------------ files that change


def test_a_ledger_that_changes_while_it_is_read_is_refused(ledger: Path, row: Callable[..., None]) -> None:
    ended = Event()

    def appends() -> None:
        nth = 5
        while not ended.wait(0.002):
            with (ledger / "invoices.csv").open("a") as file:
                file.write(f"{nth},B,2026-06-20,2026-07-20,1.00,\n")
            nth += 1

    writer = Thread(target=appends)
    writer.start()
    line = told(
        asked("check", ledger, "--quarantine", ledger.parent / "q.csv"), 1, r"invoices\.csv changed while it was"
    )
    ended.set()
    writer.join()
    assert not (ledger.parent / "q.csv").exists()
    row("a file of the ledger changes", "reading", line, 1, "")


@pytest.mark.parametrize("after", [0.01, 0.05, 0.1])
def test_a_ledger_that_goes_while_it_is_read_is_told_or_whole(
    ledger: Path, after: float, row: Callable[..., None]
) -> None:
    """Whenever it goes: either all was read before, or it is said."""
    gone = Thread(target=lambda: Event().wait(after) or (ledger / "invoices.csv").unlink())
    gone.start()
    try:
        assert open_books(ledger).rows.used.tolist() == [3]
        outcome = "all was read"
    except ArforecastError as fault:
        outcome = str(fault)
        assert re.search(r"invoices\.csv changed while it was read|there is no invoices table", outcome)
    gone.join()
    row("a file of the ledger goes", f"reading, after {after} s", outcome, 1, "")


def test_a_damaged_copy_of_the_books_is_told(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: Callable[..., None]
) -> None:
    copy = tmp_path / "copy"
    checked.write(open_ledger(ledger, Settings()).books, str(ledger), copy)
    monkeypatch.setenv(checked.VARIABLE, str(copy))
    for name in ("about.json", "books.duckdb", "problems.parquet", "rows.parquet"):
        whole = (copy / name).read_bytes()
        (copy / name).write_bytes(whole[:100])
        with pytest.raises(
            SourceError, match=r"^The copy of the books .* is damaged\. Make the report again\.$"
        ) as fault:
            open_ledger(ledger, Settings())
        (copy / name).write_bytes(whole)
    row("the copy of the books is damaged", "executing", fault.value, 1, "the ledger")


# ------------------------------------------------------------------ two users, and files where folders should be


def test_what_may_not_be_written_is_told_and_left(ledger: Path, tmp_path: Path, row: Callable[..., None]) -> None:
    """A file where a folder is wanted; then a folder of another user, where what is asked has been asked before: who is
    no longer root finds no library that was not loaded."""
    (tmp_path / "file").write_text("mine")
    for doing, words in writes(ledger, tmp_path / "file").items():
        row("a file stands there", doing, told(asked(*words), 2, "cannot be written: Not a dir|File exists"), 2, "it")
    assert (tmp_path / "file").read_text() == "mine"
    with tempfile.TemporaryDirectory() as shared:
        theirs = Path(shared)
        shutil.copytree(ledger, theirs / "ledger")
        every = writes(theirs / "ledger", theirs)
        theirs.chmod(0o555)
        before = contents(theirs)
        with another_user():
            results = {doing: asked(*words) for doing, words in every.items()}
        for doing, result in results.items():
            line = told(result, 1, "cannot be written: Permission denied")
            row("another user's folder", doing, line, 1, "the folder")
        assert contents(theirs) == before
        theirs.chmod(0o755)


class another_user:  # noqa: N801 - read as a word
    """While one is not root, whom nothing is forbidden."""

    def __enter__(self) -> None:
        self.root = os.geteuid() == 0
        if self.root:
            os.seteuid(65534)

    def __exit__(self, *_: object) -> None:
        if self.root:
            os.seteuid(0)
