"""Runs nobody watches: killed, failed, resumed, pruned, two at once; nothing half, nothing lost, nothing left alive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

import arforecast
from arforecast import alarm, folders
from arforecast.cli import main
from arforecast.errors import BusyError, UsageError
from arforecast.runs import kernels, record
from arforecast.settings import Policy, Settings
from test_runner import kernels_import_this_package, ledger, notebook  # noqa: F401 - fixtures

DAY = "2026-06-30"
KILLS = int(os.environ.get("KILLS", "2"))


def asked(ledger: Path, out: Path, *words: str) -> list[str]:  # noqa: F811
    named = [str(ledger), "--as-of", DAY, "--out", str(out), "--notebooks", str(out.parent / "notebooks")]
    return ["report", *named, *words]


def command(ledger: Path, out: Path, *words: str) -> list[str]:  # noqa: F811
    return [sys.executable, "-P", "-m", "arforecast.cli", *asked(ledger, out, *words)]


@pytest.mark.parametrize("nth", range(KILLS))
def test_whatever_kills_a_run_nothing_half_is_seen_and_nothing_lives_on(
    ledger: Path,  # noqa: F811
    tmp_path: Path,
    nth: int,
) -> None:
    """KILLS=30 kills as often, each at another moment."""
    notebook(tmp_path / "notebooks", "first", ["# First", "print('headline 1')"])
    notebook(tmp_path / "notebooks", "second", ["# Second", "import time; time.sleep(60)"])
    number = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)[nth % 3]
    run = subprocess.Popen(command(ledger, tmp_path / "out"), stderr=subprocess.DEVNULL)
    _until_executing(run, tmp_path, 0.4 * (nth // 3))
    mine = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(number)
    code = run.wait(5)
    assert code in (-number, 128 + number)
    _, alive = psutil.wait_procs(mine, 5)
    assert alive == []
    assert not (tmp_path / "out" / DAY).exists()

    (tmp_path / "notebooks" / "second.ipynb").unlink()
    done = subprocess.run(command(ledger, tmp_path / "out", "--resume"), check=True, capture_output=True, text=True)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [DAY]
    assert "headline 1" in (tmp_path / "out" / DAY / "index.html").read_text("utf-8")
    assert done.returncode == 0


def test_a_notebook_imports_from_its_own_folder_and_a_run_from_no_other(ledger: Path, tmp_path: Path) -> None:  # noqa: F811
    """Neither what a run imports nor what it imports for its kernels is found in the folder that it is started in."""
    calls = "import rates, subprocess; told = subprocess.run(['false']).returncode"
    notebook(tmp_path / "notebooks", "first", [calls, "print('headline', rates.CAD, told)"])
    (tmp_path / "notebooks" / "rates.py").write_text("CAD = 1.37", "utf-8")
    for name in ("ipykernel", "psutil", "json", "rates"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('mine')", "utf-8")
    subprocess.run(command(ledger, tmp_path / "out"), check=True, capture_output=True, cwd=tmp_path)
    assert "headline 1.37 1" in (tmp_path / "out" / DAY / "index.html").read_text("utf-8")


def test_who_kills_the_process_that_kernels_are_copies_of_fails_one_notebook_alone(
    ledger: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    notebook(tmp_path / "notebooks", "first", ["import os, time; os.kill(os.getppid(), 9); time.sleep(60)"])
    notebook(tmp_path / "notebooks", "second", ["print('headline 2')"])
    failed = CliRunner().invoke(main, asked(ledger, tmp_path / "out", "--workers", "1"))
    assert failed.exit_code == 1
    assert "first: DeadKernelError: Kernel died" in failed.stderr
    assert "headline 2" in (tmp_path / "out" / ".failed" / DAY / "second.ipynb").read_text("utf-8")


def test_where_no_process_can_be_copied_kernels_begin_by_themselves(
    ledger: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin = kernels.BEGIN.replace("nursery.tend", "nursery.COPIES = False\nnursery.tend")
    monkeypatch.setattr(kernels, "BEGIN", begin)
    kernels.end()
    notebook(tmp_path / "notebooks", "first", ["import psutil; print('headline', *psutil.Process().cmdline()[1:3])"])
    notebook(tmp_path / "notebooks", "second", ["import os; os._exit(3)"])
    failed = CliRunner().invoke(main, asked(ledger, tmp_path / "out", "--workers", "1"))
    (nursery,) = kernels._nurseries.values()
    assert "headline -m ipykernel_launcher" in (tmp_path / "out" / ".failed" / DAY / "first.ipynb").read_text("utf-8")
    assert "second: DeadKernelError: Kernel died" in failed.stderr
    kernels.end()
    assert nursery.returncode == 0


def test_where_no_kernel_can_begin_it_is_said(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(kernels, "BEGIN", "raise SystemExit")
    kernels.end()
    notebook(tmp_path / "notebooks", "first", ["print('headline')"])
    failed = CliRunner().invoke(main, asked(ledger, tmp_path / "out", "--workers", "1"))
    assert failed.exit_code == 1
    assert "first: OSError: no kernel could begin" in failed.stderr


def _until_executing(run: subprocess.Popen[bytes], place: Path, later: float) -> None:
    """Wait until a kernel lives, a child of a child, and then a while."""
    until = time.monotonic() + 90
    while time.monotonic() < until and run.poll() is None:
        if any(_kernels(child) for child in psutil.Process(run.pid).children()):
            break
        time.sleep(0.05)
    assert run.poll() is None
    time.sleep(later)


def _kernels(nursery: psutil.Process) -> list[psutil.Process]:
    try:
        return nursery.children()
    except psutil.Error:
        return []


def test_what_failed_is_told_to_a_command_and_resumed_without_what_was_done(
    ledger: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    """`first` leaves a mark each time it is executed; once is enough."""
    mark, heard, gate = tmp_path / "mark", tmp_path / "heard", tmp_path / "gate"
    notebook(tmp_path / "notebooks", "first", [f"open({str(mark)!r}, 'a').write('x')", "print('headline 1')"])
    notebook(tmp_path / "notebooks", "second", [f"open({str(gate)!r}).read()", "print('headline 2')"])
    tells = f"{sys.executable} -c \"import os; open({str(heard)!r}, 'w').write(os.environ['ARFORECAST_FAULT'])\""
    words = asked(ledger, tmp_path / "out")
    failed = CliRunner().invoke(main, [*words, "--on-failure", tells])
    assert failed.exit_code == 1, failed.output
    assert "second, cell 2" in heard.read_text("utf-8")
    assert str(tmp_path / "out" / ".failed" / DAY / "second.ipynb") in failed.stderr
    gate.write_text("open", "utf-8")
    done = CliRunner().invoke(main, [*words, "--resume"])
    assert done.exit_code == 0, done.output
    assert mark.read_text("utf-8") == "x"
    account = json.loads((tmp_path / "out" / DAY / "run.json").read_text("utf-8"))
    assert {name: told["fault"] for name, told in account["notebooks"].items()} == {"first": "", "second": ""}
    assert account["versions"]["python"]
    assert account["settings_held"]["ledger"]["currency"] == "USD"
    assert [path.name for path in (tmp_path / "out").iterdir()] == [DAY]


@pytest.mark.parametrize(
    ("command", "told"),
    [("/nowhere/it", "/nowhere/it cannot be run: No such file"), ("false", "false failed itself, with exit code 1.")],
)
def test_a_command_that_cannot_hear_is_said_and_the_fault_stays(
    command: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyError), alarm.raised(command, "ledger", "run"):
        raise KeyError
    assert told in capsys.readouterr().err


def test_the_second_of_two_waits_and_a_killed_one_holds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "day"
    holds = "import sys, time; from pathlib import Path; from arforecast import folders\n"
    holds += "with folders.locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    env = os.environ | {"PYTHONPATH": str(Path(arforecast.__file__).resolve().parents[1])}
    other = subprocess.Popen([sys.executable, "-c", holds, str(folder)], stdout=subprocess.PIPE, env=env)
    assert other.stdout
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(BusyError, match="is being written by another process"), folders.locked(folder, 0.2):
        pass
    assert "waiting for 0 s at most" in capsys.readouterr().err
    other.kill()
    other.wait()
    other.stdout.close()
    with folders.locked(folder, 0):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_nothing_can_be_made_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that a timer stands in was removed: nobody else writes there."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(UsageError, match="out cannot be written: No such file"), folders.complete(Path("out")):
        pass


def test_a_run_holds_the_settings_of_all_that_its_pages_show(tmp_path: Path) -> None:
    about = dict.fromkeys(("as_of", "fingerprint", "version", "settings", "rows", "gates"))
    ours, theirs = (record.begun(about, Settings(policy=Policy(hold_past_due_days=days)), {}, "") for days in (60, 90))
    assert set(Settings.model_fields) - set(ours["settings_held"]) == {"entities", "mail", "reminders"}
    (tmp_path / "credit.ipynb").touch()
    record.write(ours | {"notebooks": {"credit": {"fault": ""}}}, tmp_path)
    assert record.good(ours, tmp_path) == ["credit"]
    assert record.good(theirs, tmp_path) == []


def test_only_runs_are_pruned_and_the_latest_days_stay(tmp_path: Path) -> None:
    for name in ("2026-01-31", "2026-02-28", "2026-03-31", "2026-02-30", "notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps({"as_of": name}), "utf-8")
    (tmp_path / "2025-12-31").mkdir()
    assert [path.name for path in record.prune(tmp_path, 2)] == ["2026-01-31"]
    left = {"2026-02-28", "2026-03-31", "2026-02-30", "notes", "2025-12-31"}
    assert {path.name for path in tmp_path.iterdir()} == left


def test_what_a_process_killed_while_it_replaced_a_folder_had_moved_aside_comes_back(tmp_path: Path) -> None:
    (tmp_path / ".day.before").mkdir()
    (tmp_path / ".day.before" / "page").write_text("mine", "utf-8")
    with pytest.raises(KeyError), folders.complete(tmp_path / "day"):
        raise KeyError
    assert (tmp_path / "day" / "page").read_text("utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["day"]


def test_kernels_are_encrypted_and_show_nobody_how_far_the_engine_is(ledger: Path, tmp_path: Path) -> None:  # noqa: F811
    """A bar of progress would stand on the page."""
    asks = "import json; from ipykernel.connect import get_connection_info; told = json.loads(get_connection_info())"
    opens = "import arforecast as ar; con = ar.open_ledger(ledger).books.tables['invoices'].get_backend()"
    bars = "(bar,) = con.raw_sql(\"select current_setting('enable_progress_bar')\").fetchone()"
    notebook(tmp_path / "notebooks", "first", [asks, opens, bars, "print('headline', 'curve_publickey' in told, bar)"])
    done = CliRunner().invoke(main, asked(ledger, tmp_path / "out"))
    assert done.exit_code == 0, done.output
    assert "headline True False" in (tmp_path / "out" / DAY / "index.html").read_text("utf-8")


def test_of_two_runs_of_one_day_at_once_one_waits_and_no_page_is_lost(ledger: Path, tmp_path: Path) -> None:  # noqa: F811
    for name in ("first", "second"):
        notebook(tmp_path / "notebooks", name, [f"# {name}", f"import time; time.sleep(3); print('headline {name}')"])
    both = [
        subprocess.Popen(command(ledger, tmp_path / "out", name), stderr=subprocess.PIPE, text=True)
        for name in ("first", "second")
    ]
    told = [run.communicate(timeout=120)[1] for run in both]
    assert [run.returncode for run in both] == [0, 0], told
    assert sum("is being written by another process: waiting for 600 s at most." in each for each in told) == 1
    index = (tmp_path / "out" / DAY / "index.html").read_text("utf-8")
    assert [f"headline {name}" in index for name in ("first", "second")] == [True, True]
    assert [path.name for path in (tmp_path / "out").iterdir()] == [DAY]
