"""The command line: what goes in, what comes out, and the exit code: 0 done, 1 the data refused, 2 wrong usage."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from arforecast import __version__
from arforecast.cli import main
from arforecast.cli.answers import FIRST_PROBLEMS
from arforecast.desk import open_ledger
from arforecast.errors import SourceError
from arforecast.forecast import variance
from arforecast.ledger import checked
from arforecast.ledger.imports.presets import names
from doors import HEADER, SOUND, write

AS_OF = "2026-03-06"
INVOICES = f"""{HEADER},segment
A1,C1,2026-01-05,2026-02-04,100.00,=retail
A2,C2,2026-01-12,2026-02-11,250.50,trade
A3,C1,2026-02-02,2026-03-04,80.00,=retail
A4,C2,2026-02-09,2026-03-11,120.00,trade
"""
APPLICATIONS = """invoice_id,applied_on,amount,kind
A1,2026-02-01,100.00,cash
A2,2026-02-20,200.50,cash
"""
LATE = [
    *(
        "invoice_id",
        "customer_id",
        "due_on",
        "currency",
        "open_balance",
        "p_late",
        "p_paid_7",
        "p_paid_14",
        "p_paid_30",
    ),
    *("paid_on_p10", "paid_on_p50", "paid_on_p90", "paid_from_80", "paid_until_80", "expected_days_late"),
    *("reason_1", "reason_2", "reason_3", "model"),
    *("worth_amount", "expected_cash_14", "expected_cash_30"),
    *("moved_by_customer", "moved_by_pending", "moved_by_age", "moved_by_weekday", "moved_by_size", "moved_by_terms"),
]
HEAVY = {"babel", "pandas", "numpy", "ibis", "duckdb", "matplotlib", "sklearn", "statsmodels", "papermill", "nbconvert"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> str:
    files: dict[str, str | bytes] = {"invoices.csv": INVOICES, "applications.csv": APPLICATIONS}
    return str(write(tmp_path_factory.mktemp("ledger"), files))


@pytest.fixture(scope="module")
def copy(ledger: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "copy"
    checked.write(open_ledger(ledger).books, ledger, folder)
    return folder


@pytest.fixture(autouse=True)
def read_once(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger of most tests is opened as the notebooks of a run do; other ledgers, and other settings, as ever."""
    monkeypatch.setenv(checked.VARIABLE, str(copy))


@pytest.fixture(scope="module")
def late_payers(ledger: str) -> pd.DataFrame:
    return open_ledger(ledger).as_of(AS_OF).late_payers()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def entry() -> list[str]:
    """The installed script, or what it calls where the package is not installed."""
    installed = shutil.which("arforecast", path=str(Path(sys.executable).parent))
    return [installed] if installed else [sys.executable, "-m", "arforecast.cli"]


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*entry(), *arguments], capture_output=True, text=True, check=False)


def refused(result: Result, code: int, told: str) -> None:
    """The command ended with `code`, said `told` on its last line and printed no table and no traceback."""
    assert (result.exit_code, result.stdout) == (code, "")
    assert told in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


# Help


def test_help_is_instant() -> None:
    def seconds() -> float:
        began = time.perf_counter()
        assert program("--help").returncode == 0
        return time.perf_counter() - began

    assert min(seconds() for _ in range(3)) < 0.5


def test_help_loads_no_heavy_library() -> None:
    asked = "import sys; from arforecast.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert HEAVY & set(said.splitlines()[-1].split()) == set()


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_and_option_says_what_it_does(command: str) -> None:
    for help_option in ("-h", "--help"):
        result = run(command, help_option)
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: main {command}")
    assert (main.commands[command].help or "").endswith(".")


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_has_its_test(command: str) -> None:
    assert any(name.startswith(f"test_{command.replace('-', '_')}_") for name in globals())


@pytest.mark.parametrize("command", sorted(main.commands))
def test_an_unknown_option_is_wrong_usage(command: str) -> None:
    refused(run(command, "--nonsense"), 2, "No such option")


def test_the_version_is_said() -> None:
    assert run("--version").stdout.strip().endswith(f" {__version__}")


# Sample


def test_sample_writes_the_same_ledger_twice(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        result = run("sample", folder, "--customers", 4, "--months", 3, "--seed", 7)
        assert (result.exit_code, result.stdout) == (0, f"{folder}\n")
    one, two = ({file.name: file.read_bytes() for file in folder.iterdir()} for folder in folders)
    assert one == two
    assert {"invoices.csv", "applications.csv", "control_totals.csv", "truth.parquet"} <= set(one)


def test_sample_refuses_a_folder_in_use_and_numbers_that_make_none(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    refused(run("sample", tmp_path), 2, f"{tmp_path} is not an empty folder. Name a new one")
    refused(run("sample", tmp_path / "new", "--customers", 0), 2, "at least 1 customer")
    refused(run("sample", tmp_path / "new", "--months", "three"), 2, "'three' is not a valid integer")
    refused(run("sample", tmp_path / "new", "--go-live", "soon"), 2, "soon is not a date")
    refused(run("sample", tmp_path / "new", "--go-live", "2026-07-01"), 2, "No books to change on 2026-07-01")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_sample_with_new_books_begins_on_their_first_day(tmp_path: Path) -> None:
    result = run("sample", tmp_path / "new", "--customers", 4, "--months", 3, "--go-live", "2026-06-10")
    assert result.exit_code == 0
    assert "complete_from = 2026-06-10" in (tmp_path / "new" / "ledger.toml").read_text("utf-8")


# Import


MAPPING = """
[format]
dates = "%d/%m/%Y"
[columns]
invoice_id = "No"
customer_id = "Who"
issued_on = "Issued"
due_on = "Due"
amount = "Amount"
"""
EXPORT = "No,Who,Issued,Due,Amount\nA1,C1,05/01/2026,04/02/2026,100.00\nA2,C1,05/01/2026,soon,7.00\n"


def test_import_by_an_own_mapping_makes_a_ledger(tmp_path: Path) -> None:
    write(tmp_path, {"export.csv": EXPORT, "mapping.toml": MAPPING})
    result = run("import", "--preset-file", tmp_path / "mapping.toml", tmp_path / "export.csv", tmp_path / "ledger")
    assert result.exit_code == 0, result.output
    assert "export.csv row 3: Due soon is not a date" in result.stdout
    assert "2 rows read = 1 imported + 0 skipped + 1 quarantined" in result.stdout
    assert open_ledger(tmp_path / "ledger").books.tables["invoices"].invoice_id.to_pandas().tolist() == ["A1"]


@pytest.mark.parametrize("preset", names())
def test_import_by_a_preset_names_the_columns_that_are_missing(tmp_path: Path, preset: str) -> None:
    export = write(tmp_path, {"export.csv": "foreign\n1\n"}) / "export.csv"
    result = run("import", preset, export, tmp_path / "ledger")
    refused(result, 1, f"{export} has no column ")
    assert not (tmp_path / "ledger").exists()


def test_import_wants_one_known_preset_and_an_export_that_is_there(tmp_path: Path) -> None:
    write(tmp_path, {"export.csv": EXPORT, "mapping.toml": MAPPING})
    export, mapping, folder = (tmp_path / name for name in ("export.csv", "mapping.toml", "ledger"))
    refused(run("import", "sapp", export, folder), 2, "sapp")
    refused(run("import", "flat", export, folder, "--preset-file", mapping), 2, "preset")
    refused(run("import", export, folder), 2, "preset")
    refused(run("import", "flat", tmp_path / "nowhere.csv", folder), 2, "does not exist")
    assert not folder.exists()


# Check


def test_check_of_a_sound_ledger_is_done(ledger: str, tmp_path: Path) -> None:
    quarantine = tmp_path / "quarantine.csv"
    result = run("check", ledger, "--as-of", AS_OF, "--quarantine", quarantine)
    assert result.exit_code == 0, result.output
    for gate, outcome in (("quarantine", "passed"), ("control", "not checked"), ("staleness", "passed")):
        assert f"{gate}: {outcome}. " in result.stdout
    assert len(pd.read_csv(quarantine)) == 0


@pytest.mark.parametrize(
    ("column", "notes", "said"),
    [
        (",paid_on", "", "There is no applications table: an invoice counts as paid on its paid_on"),
        ("", "", "Nothing says what was paid: every invoice counts as open."),
        ("", "snapshot_on = 2026-03-31\n", ""),
    ],
)
def test_check_says_what_a_ledger_without_applications_leaves_unsaid(
    tmp_path: Path, column: str, notes: str, said: str
) -> None:
    header = f"invoice_id,customer_id,issued_on,due_on,amount{column}\n"
    row = f"A,a,2026-03-01,2026-03-31,100.00{',' if column else ''}\n"
    (tmp_path / "invoices.csv").write_text(header + row, "utf-8")
    (tmp_path / "ledger.toml").write_text(notes, "utf-8")
    told = run("check", tmp_path, "--quarantine", tmp_path / "q.csv").stdout
    assert said in told
    assert said or "paid" not in told


def test_check_prints_twenty_problems_then_counts_the_rest_by_rule(tmp_path: Path) -> None:
    """23 rows have no day, 2 no amount: the first twenty are told, then three and two are counted."""
    bad = [f"B{n},C1,2026-01-05,soon,1.00" for n in range(23)]
    bad += [f"B{n},=C1,2026-01-05,2026-02-04,-" for n in (23, 24)]
    folder = write(tmp_path / "ledger", {"invoices.csv": "\n".join([HEADER, SOUND, *bad, ""])})
    quarantine = tmp_path / "quarantine.csv"
    result = run("check", folder, "--quarantine", quarantine)
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert lines[: FIRST_PROBLEMS + 2] == [
        *(f"invoices.csv row {n}: due_on soon is not a date. Write dates as YYYY-MM-DD." for n in range(3, 23)),
        "and 3 more of the rule not_a_date",
        "and 2 more of the rule not_money",
    ]
    kept = pd.read_csv(quarantine, dtype=str)
    assert kept.row.tolist() == [str(n) for n in range(3, 28)]
    assert kept.line[0] == "invoice_id=B0; customer_id=C1; issued_on=2026-01-05; due_on=soon; amount=1.00"
    assert not kept.map(lambda cell: str(cell).startswith(("=", "+", "-", "@"))).to_numpy().any()


@pytest.mark.parametrize("file", ["", "/dev/full"])
def test_check_writes_the_quarantine_into_a_file_alone(ledger: str, file: str) -> None:
    result = run("check", ledger, "--quarantine", file)
    assert (result.exit_code, "is no file that can be written" in result.stderr) == (2, True), result.output


def test_check_writes_the_quarantine_into_the_working_folder_and_says_which_gate_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals = "as_of,open_ar\n2026-02-28,99.99\n"
    write(tmp_path / "ledger", {"invoices.csv": f"{HEADER}\n{SOUND}\n", "control_totals.csv": totals})
    monkeypatch.chdir(tmp_path)
    result = run("check", "ledger", "--as-of", "2026-03-01")
    assert result.exit_code == 1
    assert "control: refused. 1 of 1 control totals do not tie; on 2026-02-28" in result.stdout
    assert "staleness: refused. The newest fact is 55 days older than 2026-03-01" in result.stdout
    assert (tmp_path / "quarantine.csv").exists()


# Tables


def test_kpis_are_those_of_the_snapshot_as_csv(ledger: str) -> None:
    result = run("kpis", ledger, "--as-of", AS_OF, "--by", "segment", "--months", 2, "--format", "csv")
    assert result.exit_code == 0, result.output
    expected = open_ledger(ledger).as_of(AS_OF).kpis("segment", 2)
    figures = ["value", "numerator", "denominator"]
    nulls = {figure: [""] for figure in figures}
    read = pd.read_csv(io.StringIO(result.stdout), keep_default_na=False, na_values=nulls, float_precision="round_trip")
    assert list(read.columns) == ["as_of", "by", "group", "kpi", "value", "numerator", "denominator", "unit"]
    assert read.as_of.drop_duplicates().tolist() == ["2026-02-28", AS_OF]
    assert set(read.group) == {"", "'=retail", "trade"}
    for column in figures:
        pd.testing.assert_series_equal(read[column], expected[column], check_exact=True)
    assert read[read.group == ""].by.drop_duplicates().tolist() == [""]


def test_the_rows_of_a_figure_add_up_in_a_shell(ledger: str) -> None:
    asked = ("rows", ledger, "open_ar", "--as-of", AS_OF, "--format", "json")
    assert sum(row["numerator"] for row in json.loads(run(*asked).stdout)) == 250
    retail = run(*asked, "--by", "segment", "--group", "=retail")
    assert [row["invoice_id"] for row in json.loads(retail.stdout)] == ["A3"]
    trade = run(*asked, "--where", "segment=trade")
    assert sum(row["numerator"] for row in json.loads(trade.stdout)) == 170
    refused(
        run("rows", ledger, "hhi", "--as-of", AS_OF), 2, "hhi is not made of rows that add up: it adds up the squares"
    )


def test_a_part_of_the_ledger_is_asked_for_in_a_shell(ledger: str) -> None:
    """A value with a sign that a spreadsheet would run is a value like any other."""
    for command in ("kpis", "late", "cash", "targets"):
        whole, part = (
            run(command, ledger, "--as-of", AS_OF, "--format", "csv", *where)
            for where in ((), ("--where", "segment==retail", "--where", "issued_on=2026-01-01.."))
        )
        assert part.exit_code == 0, part.output
        assert part.stdout != whole.stdout or command == "targets"
    both = ("--where", "segment=trade", "--where", "segment==retail")
    assert run("late", ledger, "--as-of", AS_OF, *both).stdout == run("late", ledger, "--as-of", AS_OF).stdout
    trade = run("kpis", ledger, "--as-of", AS_OF, "--where", "segment=trade", "--format", "json")
    assert next(row["value"] for row in json.loads(trade.stdout) if row["kpi"] == "open_ar") == 170
    refused(run("kpis", ledger, "--as-of", AS_OF, "--where", "segment=a,b"), 2, "There is =retail, trade.")
    refused(run("schedule", ledger, "terms", "--as-of", AS_OF, "--where", "colour=red"), 2, "There is no column colour")


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--by", "colour"), "There is no column colour. Group by one of "),
        (("--as-of", "06/03/2026"), "06/03/2026 is not a date. Write it as YYYY-MM-DD."),
        (("--as-of", "2026-02-30"), "2026-02-30 is not a date. Write it as YYYY-MM-DD."),
        (("--months", "0"), "months"),
    ],
)
def test_kpis_of_what_makes_no_sense_are_wrong_usage(ledger: str, option: tuple[str, str], told: str) -> None:
    refused(run("kpis", ledger, "--as-of", AS_OF, *option), 2, told)


TARGETS = """[targets]
overdue_share = 0.2
[targets.dso]
segment = { "=retail" = 30, "nobody" = 1 }
collector = { "(none)" = 30 }
"""


def test_targets_are_those_of_the_snapshot_by_every_column_they_name(
    ledger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 250.00 A3 and the rest of A2 are overdue, 130.00. DSO is not defined two months after the first invoice."""
    write(tmp_path, {"arforecast.toml": TARGETS})
    monkeypatch.chdir(tmp_path)
    result = run("targets", ledger, "--as-of", AS_OF, "--months", 1, "--format", "csv")
    assert result.exit_code == 0, result.output
    rows = pd.read_csv(io.StringIO(result.stdout), keep_default_na=False, na_values={"value": [""]})
    assert list(rows.columns) == [
        "as_of", "by", "group", "kpi", "value", "target", "distance", "verdict", "trend",
    ]  # fmt: skip
    assert rows.group.tolist() == ["", "'=retail", "nobody", "(none)"]
    assert rows.value.notna().tolist() == [True, False, False, False]
    assert rows.value[0] == pytest.approx(130 / 250)
    assert rows.verdict.tolist() == ["worse", "", "", ""]


def test_no_targets_are_said_to_be_none(ledger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("targets", ledger, "--as-of", AS_OF)
    assert result.exit_code == 0 and result.stdout.endswith("no rows\n")
    assert result.stderr.endswith("Add some to [targets], such as overdue_share = 0.35.\n")


def test_targets_of_a_column_that_is_not_there_are_wrong_usage(
    ledger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"arforecast.toml": "[targets.dso]\nsegmnt = { trade = 30 }\n"})
    monkeypatch.chdir(tmp_path)
    refused(run("targets", ledger, "--as-of", AS_OF), 2, "The settings have targets.dso.segmnt.")


def test_schedule_prints_a_schedule_of_the_snapshot(ledger: str) -> None:
    result = run("schedule", ledger, "credit_limit_use", "--as-of", AS_OF, "--format", "csv")
    assert result.exit_code == 0, result.output
    columns = open_ledger(ledger).as_of(AS_OF).schedule("credit_limit_use").columns
    assert result.stdout.splitlines()[0] == ",".join(columns)


def test_schedule_names_those_there_are(ledger: str) -> None:
    refused(run("schedule", ledger, "vintages", "--as-of", AS_OF), 2, "Ask for one of roll_rates, vintage,")


def test_bridge_prints_the_parts_since_the_close_that_is_named(ledger: str) -> None:
    result = run("bridge", ledger, "--as-of", AS_OF, "--since", "2026-01-31", "--format", "csv")
    assert result.exit_code == 0, result.output
    printed = pd.read_csv(io.StringIO(result.stdout))
    parts = open_ledger(ledger).as_of(AS_OF).bridge("2026-01-31")
    assert printed.part.tolist() == parts.part.tolist()
    assert printed.amount.sum() == pytest.approx(float(parts.amount.sum()))
    assert set(printed.since) == {"2026-01-31"}


def test_accounts_prints_those_who_owe_and_of_one_the_sheet(ledger: str) -> None:
    today = open_ledger(ledger).as_of(AS_OF)
    owing = run("accounts", ledger, "--as-of", AS_OF, "--format", "csv")
    assert pd.read_csv(io.StringIO(owing.stdout)).customer_id.tolist() == today.accounts().customer_id.tolist() != []
    one = today.accounts().customer_id[0]
    for part in ("open_items", "contacts"):
        rows = getattr(today.account(one), part)
        printed = run("accounts", ledger, "--as-of", AS_OF, "--customer", one, "--part", part, "--format", "csv")
        assert printed.stdout.splitlines()[0] == ",".join(rows.columns)
        assert len(printed.stdout.splitlines()) == len(rows) + 1


def test_scenarios_prints_those_of_the_settings(ledger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused(run("scenarios", ledger, "--as-of", AS_OF), 2, "Add a section [scenario.NAME] to arforecast.toml.")
    write(tmp_path, {"arforecast.toml": "[scenario.later]\ndays = 7\n"})
    result = run("scenarios", ledger, "--as-of", AS_OF, "--weeks", 3, "--format", "csv")
    assert result.exit_code == 0, result.output
    rows = pd.read_csv(io.StringIO(result.stdout))
    assert rows.scenario.tolist() == ["later"] * 3
    assert rows.so_far[0] < 0


def test_ratings_prints_the_grades_and_what_past_ones_came_to(ledger: str) -> None:
    today = open_ledger(ledger).as_of(AS_OF)
    now = run("ratings", ledger, "--as-of", AS_OF, "--format", "csv")
    assert pd.read_csv(io.StringIO(now.stdout)).customer_id.tolist() == today.ratings().customer_id.tolist() != []
    for past in ("results", "skill", "record"):
        printed = run("ratings", ledger, "--as-of", AS_OF, "--past", past, "--format", "csv")
        assert printed.stdout.splitlines()[0] == ",".join(getattr(today, f"rating_{past}")().columns)


def test_policy_prints_who_meets_a_rule_and_what_it_would_have_done(ledger: str) -> None:
    today = open_ledger(ledger).as_of(AS_OF)
    now = run("policy", ledger, "--as-of", AS_OF, "--format", "csv")
    assert pd.read_csv(io.StringIO(now.stdout)).customer_id.tolist() == today.policy().customer_id.tolist() != []
    for past in ("months", "sales"):
        printed = run("policy", ledger, "--as-of", AS_OF, "--past", past, "--format", "csv")
        assert printed.stdout.splitlines()[0] == ",".join(getattr(today, f"policy_{past}")().columns)
        assert "Not in the data: what a refused customer would have done elsewhere" in printed.stderr


def test_plans_prints_a_row_a_plan_or_an_instalment(ledger: str) -> None:
    today = open_ledger(ledger).as_of(AS_OF)
    for options, rows in (((), today.plans()), (("--instalments",), today.plan_instalments())):
        printed = run("plans", ledger, "--as-of", AS_OF, *options, "--format", "csv")
        assert printed.stdout.splitlines() == [",".join(rows.columns)]


def test_pricing_prints_a_row_a_customer(ledger: str) -> None:
    printed = run("pricing", ledger, "--as-of", AS_OF, "--format", "csv")
    assert printed.exit_code == 0, printed.output
    rows = open_ledger(ledger).as_of(AS_OF).pricing()
    assert printed.stdout.splitlines()[0] == ",".join(rows.columns)
    assert pd.read_csv(io.StringIO(printed.stdout)).customer_id.tolist() == rows.customer_id.tolist() == ["C1", "C2"]


def test_reminders_writes_a_letter_an_account_and_sends_nothing(ledger: str, tmp_path: Path) -> None:
    result = run("reminders", ledger, "--as-of", AS_OF, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == str(tmp_path / "out" / "merge.csv")
    merged = pd.read_csv(tmp_path / "out" / "merge.csv")
    assert merged.customer_id.tolist() == ["C1", "C2"]
    assert result.stdout.splitlines()[:-1] == [f"{stage}: 1" for stage in merged.stage]
    refused(run("reminders", ledger, "--as-of", AS_OF, "--out", tmp_path / "out"), 2, "not an empty folder")


def test_worklist_prints_whom_to_contact(ledger: str) -> None:
    result = run("worklist", ledger, "--as-of", AS_OF, "--format", "csv")
    assert result.exit_code == 0, result.output
    printed = pd.read_csv(io.StringIO(result.stdout))
    rows = open_ledger(ledger).as_of(AS_OF).worklist()
    assert printed.customer_id.tolist() == rows.customer_id.tolist() == ["C1", "C2"]
    assert printed.reason[1].startswith("50.00 overdue, the oldest by 23 days; ")
    limited = run("worklist", ledger, "--as-of", AS_OF, "--capacity", "1", "--minutes", "60", "--format", "csv")
    assert len(limited.stdout.splitlines()) <= 2
    refused(run("worklist", ledger, "--as-of", AS_OF, "--collector", "Kim"), 2, "is Kim's. They are those of nobody.")
    refused(run("worklist", ledger, "--as-of", AS_OF, "--capacity", "0"), 2, "is not in the range x>=1")


def test_effect_says_nothing_without_a_reserve(ledger: str, tmp_path: Path) -> None:
    refused(run("effect", ledger, "--as-of", AS_OF), 2, "not known: nobody is left alone by lot; holdout_share")
    own = shutil.copytree(ledger, tmp_path / "own")
    (own / "arforecast.toml").write_text("[actions]\nholdout_share = 0.2\nholdout_since = 2026-02-02\n", "utf-8")
    result = run("effect", own, "--as-of", AS_OF, "--weeks", "2", "--capacity", "5", "--format", "json")
    assert [(row["within_days"], row["verdict"]) for row in json.loads(result.stdout)] == [
        (14, "too few yet"),
        (30, "too few yet"),
    ]


DATED = [name for name, command in main.commands.items() if any(option.name == "as_of" for option in command.params)]


@pytest.mark.parametrize(
    "command", sorted({*DATED} - {"check", "import", "send", "book", "rows", "schedule", "reminders"})
)
def test_no_day_is_ever_assumed(ledger: str, command: str) -> None:
    """Those that are left out take more than a ledger, or say of a day what they do without one."""
    refused(run(command, ledger), 2, "Missing option '--as-of'")


def test_late_is_the_same_bytes_every_time_as_csv(
    ledger: str, late_payers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(checked.VARIABLE)
    first, second = (run("late", ledger, "--as-of", AS_OF, "--format", "csv") for _ in range(2))
    assert first.exit_code == 0, first.output
    assert first.stdout_bytes == second.stdout_bytes
    read = pd.read_csv(io.StringIO(first.stdout), float_precision="round_trip")
    assert list(read.columns) == LATE
    days = [column for column in LATE if "_on" in column or column.endswith("_80")]
    plain = late_payers.assign(**{day: late_payers[day].dt.strftime("%Y-%m-%d") for day in days})
    pd.testing.assert_frame_equal(read, plain, check_exact=True, check_dtype=False)


def test_late_as_json_is_one_record_a_row(ledger: str, late_payers: pd.DataFrame) -> None:
    records = json.loads(run("late", ledger, "--as-of", AS_OF, "--format", "json").stdout)
    assert [list(record) for record in records] == [LATE] * len(late_payers)
    for record, row in zip(records, late_payers.to_dict("records"), strict=True):
        for column, value in row.items():
            if isinstance(value, pd.Timestamp):
                assert pd.Timestamp(record[column]) == value
            else:
                assert record[column] == (None if pd.isna(value) else value), column


def test_late_as_parquet_is_the_frame_itself(ledger: str, late_payers: pd.DataFrame) -> None:
    result = run("late", ledger, "--as-of", AS_OF, "--format", "parquet")
    # Parquet has no days in seconds.
    read = pd.read_parquet(io.BytesIO(result.stdout_bytes)).astype(late_payers.dtypes)
    pd.testing.assert_frame_equal(read, late_payers)


def test_late_as_a_table_is_a_line_a_row(ledger: str, late_payers: pd.DataFrame) -> None:
    header, *lines = run("late", ledger, "--as-of", AS_OF).stdout.splitlines()
    assert header.split() == LATE
    assert [line.split()[:5] for line in lines] == [
        [row.invoice_id, row.customer_id, str(row.due_on.date()), row.currency, f"{row.open_balance:g}"]
        for row in late_payers.itertuples()
    ]
    assert all(row.reason_1 in line for row, line in zip(late_payers.itertuples(), lines, strict=True))


def test_cash_has_a_row_a_week_and_component(ledger: str) -> None:
    result = run("cash", ledger, "--as-of", AS_OF, "--weeks", 2, "--format", "csv")
    assert result.exit_code == 0, result.output
    table = pd.read_csv(io.StringIO(result.stdout))
    assert list(table.columns) == [
        "week_start",
        "week_end",
        "component",
        "mean",
        "p2_5",
        "p10",
        "p25",
        "p50",
        "p75",
        "p90",
        "p97_5",
    ]
    assert table.component.tolist() == ["open_book", "unbilled", "total"] * 2
    assert table.week_start.tolist() == ["2026-03-07"] * 3 + ["2026-03-14"] * 3


def test_cash_by_day_adds_up_to_the_weeks(ledger: str) -> None:
    daily, weekly = (
        pd.read_csv(io.StringIO(run("cash", ledger, "--as-of", AS_OF, "--weeks", 1, "--format", "csv", *by).stdout))
        for by in (("--by", "day"), ())
    )
    assert list(daily.columns)[:4] == ["from_on", "until_on", "component", "mean"]
    assert daily.from_on.tolist()[::3] == [f"2026-03-{day:02}" for day in range(7, 14)]
    sums = daily.groupby("component")["mean"].sum().round(2)
    assert sums.to_dict() == weekly.set_index("component")["mean"].to_dict()


def test_cash_of_no_week_is_wrong_usage(ledger: str) -> None:
    refused(run("cash", ledger, "--as-of", AS_OF, "--weeks", 0), 2, "weeks")


def test_book_is_what_cash_kept_beside_what_came(ledger: str, tmp_path: Path) -> None:
    """Of the week to 27 February A2 brought nothing; of that to 6 March nothing either."""
    kept = run("cash", ledger, "--as-of", "2026-02-20", "--weeks", 2, "--book", tmp_path / "book", "--format", "csv")
    (file,) = (tmp_path / "book").iterdir()
    assert kept.stderr.splitlines()[-1] == f"kept in {file}"
    said = pd.read_csv(io.StringIO(kept.stdout)).query("component == 'total'")["mean"].tolist()
    errors, accuracy = (
        run("book", tmp_path / "book", ledger, "--as-of", AS_OF, "--format", "csv", *more)
        for more in ((), ("--accuracy",))
    )
    rows = pd.read_csv(io.StringIO(errors.stdout))
    assert rows.columns[8:].tolist() == ["error", *variance.PARTS]
    assert rows[["forecast", "actual"]].to_numpy().tolist() == [[said[0], 0], [said[1], 0]]
    assert rows[list(variance.PARTS)].sum(axis=1).tolist() == pytest.approx(said)
    header = "month_on,weeks,method,forecasts,net_accuracy,wape,bias,mase,interval_share_80,coverage_80"
    assert accuracy.stdout.splitlines()[0] == header
    refused(run("book", tmp_path, ledger, "--as-of", AS_OF), 2, "is no book of forecasts")


def test_position_takes_what_is_to_be_paid_from_what_comes_in(ledger: str, tmp_path: Path) -> None:
    due = "due_on,amount,category\n2026-03-10,70.00,rent\n"
    files = {"invoices.csv": INVOICES, "applications.csv": APPLICATIONS, "outflows.csv": due}
    result = run("position", write(tmp_path / "due", files), "--as-of", AS_OF, "--weeks", 2, "--format", "csv")
    table = pd.read_csv(io.StringIO(result.stdout))
    assert table.outflows_amount.tolist() == [70, 0]
    assert (table.receipts_amount - table.net_amount).tolist() == pytest.approx([70, 0])
    refused(run("position", ledger, "--as-of", AS_OF), 2, "Add outflows.csv.")


def test_overrides_are_those_to_come_or_those_that_are_over(ledger: str, tmp_path: Path) -> None:
    said = "invoice_id,expected_on,known_on\nA2,2026-02-19,2026-02-15\nA4,2026-03-20,2026-03-02\n"
    files = {"invoices.csv": INVOICES, "applications.csv": APPLICATIONS, "overrides.csv": said}
    known = write(tmp_path / "said", files)
    now, past = (run("overrides", known, "--as-of", AS_OF, "--format", "csv", *more) for more in ((), ("--record",)))
    assert pd.read_csv(io.StringIO(now.stdout))[["invoice_id", "paid_on_p50"]].to_numpy().tolist() == [
        ["A4", "2026-03-20"]
    ]
    assert pd.read_csv(io.StringIO(past.stdout))[["invoice_id", "expected_on"]].to_numpy().tolist() == [
        ["A2", "2026-02-19"]
    ]
    refused(run("overrides", ledger, "--as-of", AS_OF), 2, "Add overrides.csv.")


BACKTEST = ("--from", "2026-03-02", "--to", "2026-03-20", "--format", "csv")


def test_backtest_prints_scores_and_the_rows_behind_them(ledger: str) -> None:
    """Origins on 2, 9 and 16 March; A3 and A4 are due on the 4th and 11th, and both are open still."""
    scores, cash, late = (
        run("backtest", ledger, *BACKTEST, *more) for more in ((), ("--rows", "cash"), ("--rows", "late"))
    )
    assert scores.exit_code == 0, scores.output
    assert {"p_late", "total", "open_book"} == set(pd.read_csv(io.StringIO(scores.stdout)).what)
    header = "origin,horizon_week,component,method,forecast,p10,p90,actual"
    assert cash.stdout.splitlines()[0] == header
    said = pd.read_csv(io.StringIO(late.stdout))
    assert list(zip(said.origin, said.invoice_id, said.late, said.settled_before, strict=True)) == [
        ("2026-03-02", "A3", 1, 1),
        ("2026-03-02", "A4", 1, 0),
        ("2026-03-09", "A4", 1, 0),
    ]


def test_backtest_is_the_same_bytes_whatever_came_after(ledger: str, tmp_path: Path) -> None:
    """The same ledger, and in it what was billed and paid after the day that it stands on."""
    later = "A5,C1,2026-03-21,2026-04-20,900.00,trade\n"
    paid = "A3,2026-03-21,80.00,cash\nA4,2026-03-25,120.00,cash\n"
    files: dict[str, str | bytes] = {"invoices.csv": INVOICES + later, "applications.csv": APPLICATIONS + paid}
    mutated = write(tmp_path / "later", files)
    for more in ((), ("--rows", "cash"), ("--rows", "dates")):
        one, two = (run("backtest", each, *BACKTEST, *more) for each in (ledger, mutated))
        assert one.exit_code == 0
        assert one.stdout_bytes == two.stdout_bytes


def test_backtest_refuses_a_first_day_without_a_past(ledger: str) -> None:
    days = ("--from", "2026-02-02", "--to", "2026-03-20")
    refused(run("backtest", ledger, *days), 2, "the first with eight weeks of invoices behind it is 2026-03-02")


def test_report_says_what_is_no_parameter(ledger: str) -> None:
    refused(run("report", ledger, "--as-of", AS_OF, "-p", "weeks"), 2, "-p weeks is not NAME=VALUE.")
    both = ("-p", "where=country=CA", "--where", "country=US")
    refused(run("report", ledger, "--as-of", AS_OF, *both), 2, "where is given twice.")


# Errors


def test_a_ledger_that_is_not_there_is_one_line_and_exit_code_1() -> None:
    said = program("late", "nowhere", "--as-of", AS_OF)
    assert (said.returncode, said.stdout) == (1, "")
    told = [line for line in said.stderr.splitlines() if "nowhere" in line]
    assert told == [
        "nowhere: no ledger here. Name a folder of CSV or Parquet files, a .duckdb file, or a database URL."
    ]
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "{}"),
        ("kpis", "{}", "--as-of", AS_OF),
        ("kpis", "nowhere", "{}", "--as-of", AS_OF),
        ("kpis", "nowhere", "--as-of", "{}"),
        ("report", "nowhere", "{}", "--as-of", AS_OF),
        ("import", "{}", "export.csv", "ledger"),
        ("import", "flat", "{}", "ledger"),
        ("schedule", "{}", "vintage", "--as-of", AS_OF),
        ("{}",),
    ],
)
def test_a_password_is_printed_nowhere(arguments: tuple[str, ...]) -> None:
    for url in ("postgres:/bob:S3cretWord@127.0.0.1:1/db", "mysql://bob:S3cretWord@127.0.0.1/db?token=S3cretWord"):
        result = run(*(word.format(url) for word in arguments))
        assert result.exit_code in {1, 2}
        assert "S3cretWord" not in result.output


def test_debug_shows_the_traceback() -> None:
    said = program("--debug", "late", "nowhere", "--as-of", AS_OF)
    assert said.returncode == 1
    assert "Traceback" in said.stderr
    assert isinstance(run("--debug", "late", "nowhere", "--as-of", AS_OF).exception, SourceError)


def test_settings_with_a_mistake_are_wrong_usage(ledger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"arforecast.toml": "[ledger]\ncurency = 'EUR'\n"})
    monkeypatch.chdir(tmp_path)
    refused(run("late", ledger, "--as-of", AS_OF), 2, "arforecast.toml: ledger.curency")


def test_rows_left_out_are_told_beside_the_table_not_in_it(tmp_path: Path) -> None:
    rows = f"{HEADER},paid_on\n{SOUND},\nA2,C1,2026-01-05,soon,7.00,\n"
    folder = write(tmp_path, {"invoices.csv": rows})
    result = run("late", folder, "--as-of", AS_OF, "--format", "csv")
    assert pd.read_csv(io.StringIO(result.stdout)).invoice_id.tolist() == ["A1"]
    assert f"1 row is left out: see arforecast check {folder}" in result.stderr
    assert "When these are paid is not known yet: nothing was paid or credited so far" in result.stderr


@pytest.mark.parametrize("arguments", [("nonsense",), ("kpis",), ("kpis", "x", "--as-of", AS_OF, "--format", "xml")])
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


# What nobody foresaw, and who stops listening


def test_what_nobody_foresaw_is_one_line(ledger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("first line\x1b[31m\nsecond line")

    monkeypatch.setattr("arforecast.desk.Ledger.as_of", fail)
    result = run("kpis", ledger, "--as-of", AS_OF)
    refused(result, 1, r"This should not happen: RuntimeError: first line\x1b[31m. arforecast --debug ... shows where.")
    assert isinstance(run("--debug", "kpis", ledger, "--as-of", AS_OF).exception, RuntimeError)


def test_a_reader_who_has_read_enough_hears_no_complaint(ledger: str) -> None:
    command = [*entry(), "kpis", ledger, "--as-of", AS_OF, "--months", "60", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout and running.stderr
        running.stdout.close()
        said = running.stderr.read().decode()
        assert running.wait() == 1
    assert "Traceback" not in said
    assert "Broken" not in said


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31"])
def test_a_day_of_no_books_is_wrong_usage(ledger: str, day: str) -> None:
    refused(run("kpis", ledger, "--as-of", day), 2, f"{day} is a day of no books. Choose one from 1900 to 2999.")


@pytest.mark.parametrize(("command", "option"), [("kpis", "months"), ("targets", "months"), ("cash", "weeks")])
def test_more_than_anybody_can_use_is_wrong_usage(ledger: str, command: str, option: str) -> None:
    refused(run(command, ledger, "--as-of", AS_OF, f"--{option}", 100_000), 2, f"{option} is 100000. Ask for 1 to")


def test_check_replaces_a_quarantine_and_nothing_else(ledger: str, tmp_path: Path) -> None:
    own = write(tmp_path / "mine", {"receipts.csv": "receipt_id,amount\n1,2.00\n"}) / "receipts.csv"
    before = own.read_bytes()
    refused_here = run("check", ledger, "--quarantine", own)
    assert (refused_here.exit_code, own.read_bytes()) == (2, before)
    assert f"{own} is there and is no quarantine. Name another file with --quarantine." in refused_here.stderr
    assert run("check", ledger, "--quarantine", tmp_path / "quarantine.csv").exit_code == 0
    assert run("check", ledger, "--quarantine", tmp_path / "quarantine.csv").exit_code == 0
    nowhere = run("check", ledger, "--quarantine", tmp_path / "nowhere" / "q.csv")
    assert (nowhere.exit_code, "q.csv cannot be written: No such file" in nowhere.stderr) == (2, True)


def test_rows_with_several_faults_are_left_out_once(tmp_path: Path) -> None:
    folder = write(tmp_path, {"invoices.csv": f"{HEADER}\n{SOUND}\nTotal,,,,1775.00\n"})
    assert "1 row is left out" in run("kpis", folder, "--as-of", AS_OF).stderr


def test_an_import_that_kept_nothing_is_no_success(tmp_path: Path) -> None:
    write(tmp_path, {"export.csv": EXPORT.replace("05/01/2026", "then"), "mapping.toml": MAPPING})
    result = run("import", tmp_path / "export.csv", tmp_path / "ledger", "--preset-file", tmp_path / "mapping.toml")
    assert (result.exit_code, "0 imported" in result.stdout) == (1, True)


# A page of one's own


def test_new_page_says_where_it_is_or_what_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert run("new-page", "own", "--notebooks", str(folder)).stdout == f"{folder / 'own.ipynb'}\n"
    refused(run("new-page", "own", "--notebooks", str(folder)), 2, "is there already. Choose another name.")
    refused(run("new-page", "../own", "--notebooks", str(folder)), 2, "../own cannot be the name of a page.")


def test_send_takes_a_run_and_nothing_else(tmp_path: Path) -> None:
    """What it sends of one is told by the tests of the delivery."""
    refused(run("send", tmp_path), 2, "is no run: it holds no run.json that can be read. Name the folder of one.")
    refused(run("send", tmp_path / "nowhere"), 2, "does not exist")


def test_init_makes_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """What lies in it, and that it works, is told by the tests of the workplace."""
    assert run("init", tmp_path / "own").stdout == f"{tmp_path / 'own'}\n"
    refused(run("init", tmp_path), 2, f"{tmp_path} is not an empty folder. Name a new one.")


def test_alert_is_for_a_report_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom it mails, and that it does so once, is told by the tests of the delivery."""
    monkeypatch.delenv("ARFORECAST_FAULT", raising=False)
    refused(run("alert"), 2, "Nothing says what failed: this is for report --on-failure, which tells it.")


def test_timer_prints_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it prints is read by cron's rules and by systemd in the tests of the timer."""
    monkeypatch.chdir(tmp_path)
    assert run("timer", "--", "true").stdout.startswith(f"# crontab -e\n30 6 * * * cd {tmp_path} && ")
    assert list(tmp_path.iterdir()) == []
    refused(run("timer", "--", "no-such-program"), 2, "no-such-program is no program that can be found.")
