"""docs/schedule.md: its line, as cron starts it, ends in the inbox; its task, as Airflow executes it, in a notebook."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import papermill
import pytest
from click.testing import CliRunner

import arforecast
import test_runner as runner_tests
import test_timer as timers
from arforecast import workplace
from arforecast.cli import main
from test_delivery import BRIEF, TEAM, Served, body, by_password, certificate, encrypted, notebook, settle  # noqa: F401

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "schedule.md").read_text("utf-8")
SOURCE = str(Path(arforecast.__file__).resolve().parents[1])


def typed() -> list[str]:
    return re.findall(r"^\$ (arforecast .*)$", TEXT, re.M)


def ledger(folder: Path, last: datetime) -> None:
    """Two invoices, of which the newest is of the day `last`."""
    issued = [last - timedelta(days=days) for days in (40, 0)]
    rows = [f"{nth},A,{day:%F},{day + timedelta(days=30):%F},100.00" for nth, day in enumerate(issued)]
    folder.mkdir()
    (folder / "invoices.csv").write_text("\n".join(["invoice_id,customer_id,issued_on,due_on,amount", *rows]), "utf-8")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_the_line_of_the_docs_as_cron_starts_it_ends_in_the_inbox_and_a_fault_does_not(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    certificate: Path,  # noqa: F811
) -> None:
    own, yesterday = tmp_path / "own", datetime.now(UTC) - timedelta(days=1)
    (own / "notebooks").mkdir(parents=True)
    notebook(own / "notebooks" / "brief.ipynb", BRIEF)
    ledger(own / "my-ledger", yesterday)
    monkeypatch.chdir(own)
    by_hand, by_timer = (shlex.split(command)[1:] for command in typed())
    assert by_timer[by_timer.index("--") + 1 :] == ["arforecast", *by_hand]
    alarm = shlex.join(["touch", str(tmp_path / "alarm")])
    printed = CliRunner().invoke(main, [by_timer[0], "--on-failure", alarm, *by_timer[1:]])
    line = timers.parts(printed.stdout)["crontab -e"].strip()
    variables = {"SSL_CERT_FILE": str(certificate / "cert.pem"), "ARFORECAST_MAIL_PASSWORD": "right & secret"}
    options = {"tls_context": encrypted(certificate), "require_starttls": True, "auth_required": True}
    with Served(own / "reports" / "day", authenticator=by_password, **options) as served:
        settle(own / "reports" / "day", served.port, host="localhost", security="starttls", auth="password",
               user="ar@example.com")  # fmt: skip
        done = timers.by_cron(line, **variables, PYTHONPATH=SOURCE)
        assert done.returncode == 0, done.stderr
        assert served.inbox.to() == list(TEAM)
        assert "300.50 is owed" in body(served.inbox.mails()[0], "plain")
        assert not (tmp_path / "alarm").exists()
        assert f"reports/{yesterday:%F}/index.html\n" in done.stdout
        (own / "my-ledger" / "control_totals.csv").write_text(f"as_of,open_ar\n{yesterday:%F},1.00\n", "utf-8")
        failed = timers.by_cron(line, **variables, PYTHONPATH=SOURCE)
        assert "1 of 1 control totals do not tie" in failed.stderr
        assert (tmp_path / "alarm").exists()
        assert len(served.inbox.taken) == len(TEAM)


# ------------------------------------------------------------------ Airflow


class Named:
    """What an example names and does not look at: a workflow, its timetable."""

    def __init__(self, *_: object, **_also: object) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def tasks(example: str, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The arguments of the tasks of an example; Airflow itself is not here."""
    asked: list[dict[str, Any]] = []
    there = {
        "airflow": {"DAG": Named},
        "airflow.providers.papermill.operators.papermill": {"PapermillOperator": lambda **task: asked.append(task)},
        "airflow.timetables.interval": {"CronDataIntervalTimetable": Named},
    }
    for name, members in there.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    exec(example, {})
    return asked


def rendered(said: Any, day: str) -> Any:
    """What a template of Airflow becomes on a day."""
    if isinstance(said, dict):
        return {name: rendered(value, day) for name, value in said.items()}
    return said.replace("{{ ds }}", day)


def test_the_task_of_the_docs_as_airflow_executes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = workplace.begin(tmp_path / "receivables")
    ledger(own / "my-ledger", datetime(2026, 6, 30, tzinfo=UTC))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("PYTHONPATH", SOURCE)
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    (task,) = tasks(example.replace("/srv/receivables", str(own)), monkeypatch)
    source, target, given = (rendered(task[name], "2026-06-30") for name in ("input_nb", "output_nb", "parameters"))
    by_operator = {"progress_bar": False, "report_mode": True, "kernel_name": None, "language": None}
    papermill.execute_notebook(source, target, parameters=given, **by_operator)
    executed = nbformat.read(own / "kpis-2026-06-30.ipynb", as_version=4)
    (headline,) = (cell for cell in executed.cells if "headline" in cell.metadata.get("tags", []))
    assert "200 is owed on 30\u00a0Jun\u00a02026" in "".join(output.text for output in headline.outputs)
    assert "\nopen_ar,200.0,100.0," in (own / "data-2026-06-30" / "measures.csv").read_text("utf-8")
    assert list((tmp_path / "elsewhere").iterdir()) == []


# ------------------------------------------------------------------ from anywhere


PAGE = [
    "# Terms",
    """import matplotlib.pyplot as plt

import arforecast as ar
from arforecast.report import notebook, tables

notebook.begin(globals())
terms = ar.open_ledger(ledger).as_of(as_of).schedule("terms")""",
    "print(len(terms), 'terms are in use.')  # headline",
    "tables.show(terms, 'Terms', file=tables.save(terms, data, 'terms'))",
    "_, ax = plt.subplots()\nax.bar(['a', 'b'], [1, 2])\nax.set(title='Terms', xlabel='Term', ylabel='Count');",
]


def test_from_anywhere_and_with_no_home_a_run_has_the_same_bytes(tmp_path: Path) -> None:
    """From its folder; from / with the little that systemd gives; and with the home of another, which is no folder."""
    own = tmp_path / "own"
    own.mkdir()
    ledger(own / "my-ledger", datetime(2026, 6, 30, tzinfo=UTC))
    runner_tests.notebook(own / "notebooks", "terms", PAGE)
    path = {"PATH": "/usr/bin:/bin", "PYTHONPATH": SOURCE}
    by_systemd = {"LANG": "C", "USER": "nobody", "INVOCATION_ID": "1", "TZ": "Pacific/Auckland"}
    places = {
        "own": (own, Path(), dict(os.environ) | path),
        "root": (Path("/"), own, by_systemd | path),
        "other": (tmp_path, own, {"HOME": "/dev/null", "LC_ALL": "POSIX"} | path),
    }
    runs = {name: started(tmp_path / name, *place) for name, place in places.items()}
    assert set(runs["own"]) == {"data/terms.csv", "quarantine.csv", "terms.html", "index.html"}
    assert b"<svg" in runs["own"]["terms.html"]
    assert runs["root"] == runs["own"]
    assert runs["other"] == runs["own"]


def started(out: Path, here: Path, base: Path, environment: dict[str, str]) -> dict[str, bytes]:
    """The data and the pages of a run that is started `here`, without the place of its settings, seen from there."""
    words = ["report", str(base / "my-ledger"), "--as-of", "2026-06-30", "--out", str(out)]
    command = [sys.executable, "-m", "arforecast.cli", *words, "--notebooks", str(base / "notebooks")]
    done = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    run = out / "2026-06-30"
    files = [file for file in run.rglob("*") if file.suffix in (".csv", ".html")]
    return {str(file.relative_to(run)): re.sub(rb"settings: [^;]*;", b"", file.read_bytes()) for file in files}
