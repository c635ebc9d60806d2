"""A checked copy of the books answers as the ledger it is of, and passes for no other."""

from __future__ import annotations

import shutil
import weakref
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from arforecast import open_ledger
from arforecast.ledger import Books, checked
from arforecast.runs import runner
from arforecast.settings import LedgerRules, Settings
from test_runner import kernels_import_this_package, ledger, notebook  # noqa: F401 - fixtures


@pytest.fixture
def copied(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    """The copy of the ledger, named in the environment."""
    books = open_ledger(ledger, Settings()).books
    checked.write(books, str(ledger), tmp_path / "copy")
    monkeypatch.setenv(checked.VARIABLE, str(tmp_path / "copy"))
    return tmp_path / "copy"


def test_it_answers_as_the_ledger_does(ledger: Path, copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """The third of four invoices falls due late, the fourth is quarantined: nothing of this is lost in the copy."""
    monkeypatch.delenv(checked.VARIABLE)
    read = open_ledger(ledger, Settings())
    monkeypatch.setenv(checked.VARIABLE, str(copied))
    shutil.rmtree(ledger)
    copy = open_ledger(str(ledger), Settings())
    for frame in ("problems", "rows", "quarantine"):
        pd.testing.assert_frame_equal(getattr(copy.books, frame), getattr(read.books, frame))
    pd.testing.assert_frame_equal(copy.as_of("2026-06-30").kpis(), read.as_of("2026-06-30").kpis())
    assert copy.as_of("2026-06-30").stamp() == read.as_of("2026-06-30").stamp()


def test_what_one_notebook_asked_the_others_read(ledger: Path, copied: Path) -> None:  # noqa: F811
    """As it was computed, types and all."""
    asked, read = (open_ledger(str(ledger), Settings()).as_of("2026-06-30") for _ in range(2))
    for name in ("kpis", "targets", "bridge", "accounts", "late_payers", "worklist", "late_record", "date_record"):
        pd.testing.assert_frame_equal(getattr(asked, name)(), getattr(read, name)(), check_exact=True)
    for file in copied.glob("*.feather"):
        pd.read_feather(file).head(0).to_feather(file)
    assert read.accounts().empty


def test_another_day_argument_or_part_is_another_question(ledger: Path, copied: Path) -> None:  # noqa: F811
    opened = open_ledger(str(ledger), Settings())
    today, part = opened.as_of("2026-06-30"), opened.where(customer_id="A").as_of("2026-06-30")
    days = (today, part, opened.as_of("2026-05-31"))
    assert [day.accounts().open_balance.sum() for day in days] == [500.5, 200, 100]
    assert not today.bridge("2026-06-10").equals(today.bridge("2026-06-20"))


def test_an_answer_there_is_no_room_for_is_given_all_the_same(ledger: Path, copied: Path) -> None:  # noqa: F811
    """As on a disk that is full: the file that would hold it cannot be written."""
    today = open_ledger(str(ledger), Settings()).as_of("2026-06-30")
    answer = today.accounts()
    (file,) = copied.glob("*.feather")
    file.unlink()
    file.with_name(f".{file.name}.part").mkdir()
    pd.testing.assert_frame_equal(today.accounts(), answer)
    assert not file.exists()


def test_another_ledger_is_read_as_ever(copied: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "invoices.csv").write_text(
        "invoice_id,customer_id,issued_on,due_on,amount,paid_on\n9,Z,2026-05-01,2026-05-31,1.00,\n"
    )
    assert open_ledger(other, Settings()).as_of("2026-06-30").accounts().customer_id.tolist() == ["Z"]


def test_other_settings_read_the_ledger_anew(ledger: Path, copied: Path) -> None:  # noqa: F811
    """Amounts of two decimals are no amounts in a currency of none: the copy would hide that."""
    whole = Settings(ledger=LedgerRules(currency="JPY"))
    assert len(open_ledger(ledger, whole).quarantine) > len(open_ledger(ledger, Settings()).quarantine)


def test_it_lies_wherever_a_run_does(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    folder = tmp_path / 'it\'s; a [run] "1"'
    folder.mkdir()
    checked.write(open_ledger(ledger, Settings()).books, str(ledger), folder / "copy")
    monkeypatch.setenv(checked.VARIABLE, str(folder / "copy"))
    shutil.rmtree(ledger)
    assert len(open_ledger(str(ledger), Settings()).as_of("2026-06-30").accounts()) == 2


def test_it_holds_no_password_of_another_ledger(ledger: Path, tmp_path: Path) -> None:  # noqa: F811
    settings = Settings(entities={"north": "postgres://bob:S3cretWord@host/db"})
    checked.write(open_ledger(ledger, settings).books, str(ledger), tmp_path / "copy")
    assert all(b"S3cretWord" not in file.read_bytes() for file in (tmp_path / "copy").iterdir())


def test_the_notebooks_of_a_run_read_nothing_twice(ledger: Path, tmp_path: Path) -> None:  # noqa: F811
    """A notebook that moves the ledger away before it opens it has it all the same; the copy is no part of the run."""
    notebook(
        tmp_path / "notebooks",
        "alone",
        [
            "# Alone",
            "from pathlib import Path; Path(ledger).rename(f'{ledger}-away')",
            "import arforecast as ar; print('headline', len(ar.open_ledger(ledger).as_of(as_of).accounts()))",
        ],
    )
    folder = runner.run(ledger, "2026-06-30", out=tmp_path / "reports", notebooks=tmp_path / "notebooks")
    assert "headline 2" in (folder / "index.html").read_text("utf-8")
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_while_notebooks_run_the_memory_is_theirs(
    ledger: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The runner holds no books once they are copied."""
    held, write = [], checked.write

    def noted(books: Books, *rest: Any) -> None:
        held.append(weakref.ref(books))
        write(books, *rest)

    monkeypatch.setattr(checked, "write", noted)
    notebook(tmp_path / "notebooks", "owed", ["# Owed", "print('headline')"])
    asked = runner.Asked("2026-06-30", notebooks=tmp_path / "notebooks")
    with (
        ExitStack() as passing,
        closing(runner._pack(ledger, tmp_path / "out", asked, runner.Copies({}, passing))) as run,
    ):
        (task,) = run.send(None)
        assert [books() for books in held] == [None]
        assert Path(task.environment[checked.VARIABLE], checked.TABLES).is_file()
