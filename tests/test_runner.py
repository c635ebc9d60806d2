"""Runs of real notebooks over a real ledger: complete or not there, and no failure passes for a success."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pytest

import arforecast
import frames
from arforecast.errors import GateError, RunError, UsageError
from arforecast.runs import runner
from arforecast.settings import SECRETS

DECLARED = """
ledger: str = "nowhere"  # a ledger
as_of: str = "2000-01-01"  # a day
data: str = ""  # a folder
weeks: int = 13  # a number
share: float = 0.5
code: str = "1"
deep: bool = False
"""
FIGURES = """
from arforecast.report import Fragment, tables
import pandas as pd
numbers = pd.DataFrame({"customer": ["<b>A & B</b>", "=C"], "open_balance": [weeks, 2.5]})
file = tables.save(numbers, data, "numbers")
"""
INVOICES = """invoice_id,customer_id,issued_on,due_on,amount,paid_on
1,A,2026-05-01,2026-05-31,100.00,2026-06-10
2,A,2026-06-01,2026-07-01,200.00,
3,B,2026-06-20,2026-07-20,300.50,
4,B,2026-06-20,2026-02-30,1.50,
"""


@pytest.fixture(autouse=True)
def kernels_import_this_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(arforecast.__file__).resolve().parents[1]))


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    folder = tmp_path / "ledger"
    folder.mkdir()
    (folder / "invoices.csv").write_text(INVOICES)
    return folder


def notebook(folder: Path, name: str, cells: Sequence[str], declared: str = DECLARED, tag: str = "parameters") -> Path:
    """A notebook whose cells are code, or words where they start with a heading."""
    folder.mkdir(exist_ok=True)
    made = [nbformat.v4.new_code_cell(declared.strip(), metadata={"tags": [tag]})]
    for source in cells:
        if source.startswith("#"):
            made.append(nbformat.v4.new_markdown_cell(source))
            continue
        tags = [tag for tag in ("headline", "cards") if tag in source]
        made.append(nbformat.v4.new_code_cell(source.strip(), metadata={"tags": tags}))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}),
        folder / f"{name}.ipynb",
    )
    return folder / f"{name}.ipynb"


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    folder = tmp_path / "notebooks"
    notebook(
        folder,
        "first",
        [
            "# What is <owed>",
            FIGURES,
            'print("the headline says", weeks, "& <more>")',
            'Fragment("<p>the cards</p>")',
            "numbers",
            "tables.show(numbers, 'Open')",
            'import sys; print("only for the log", file=sys.stderr)',
        ],
    )
    notebook(
        folder,
        "second",
        ["# Second", 'print("the headline of", code, as_of, deep)', "import pathlib; pathlib.Path.cwd().name"],
    )
    return folder


GIVEN = {"weeks": "26", "code": "00123", "deep": "true"}


def run(ledger: Path, notebooks: Path, tmp_path: Path, **options: object) -> Path:
    asked = {"out": tmp_path / "reports", "notebooks": notebooks} | options
    return runner.run(ledger, "2026-06-30", **asked)  # type: ignore[arg-type]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_who_only_runs_notebooks_waits_for_nothing_they_do_not_need() -> None:
    """No chart is drawn here, and the grammar of web addresses takes 1.5 s to build."""
    imports = "import sys, arforecast.runs.runner, arforecast.runs.workers, nbformat"
    code = f"{imports}; print(*filter(sys.modules.get, sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"matplotlib", "lark", "papermill"} & set(told)
    assert {"nbformat", "pandas"} <= set(told)


def test_a_run_of_a_part_says_so_on_every_page(ledger: Path, tmp_path: Path) -> None:
    declared = f'{DECLARED}\nwhere: str = ""'
    notebook(tmp_path / "parts", "first", ["# First", 'print("the headline:", where)'], declared)
    folder = run(ledger, tmp_path / "parts", tmp_path, parameters={"where": "customer_id=A"})
    for page in ("index.html", "first.html"):
        assert "A part of the ledger: customer_id=A." in (folder / page).read_text("utf-8")
    assert json.loads((folder / "run.json").read_text("utf-8"))["gates"][1]["checked"] is False
    notebook(tmp_path / "parts", "whole", ["# Whole"])
    with pytest.raises(UsageError, match="whole cannot show a part of the ledger: it declares no parameter where"):
        run(ledger, tmp_path / "parts", tmp_path, parameters={"where": "customer_id=C1"})
    with pytest.raises(UsageError, match="No invoice and no customer has customer_id nobody"):
        run(ledger, tmp_path / "parts", tmp_path, names=["first"], parameters={"where": "customer_id=nobody"})


def test_a_run_is_complete_and_accounts_for_itself(
    ledger: Path,
    notebooks: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The secrets of the mail are in the environment of the run, and in nothing that it leaves."""
    for name in SECRETS.values():
        monkeypatch.setenv(name, "S3cretWord")
    cells = ["# Second", 'print("the headline of", code, as_of, deep)', "import os; sorted(os.environ.items())"]
    notebook(notebooks, "second", cells)
    folder = run(ledger, notebooks, tmp_path, workers=2, parameters=GIVEN)
    assert folder == tmp_path / "reports" / "2026-06-30"
    assert files(folder) == [
        "data/numbers.csv",
        "first.html",
        "first.ipynb",
        "index.html",
        "quarantine.csv",
        "run.json",
        "second.html",
        "second.ipynb",
    ]
    assert [path.name for path in folder.parent.iterdir()] == ["2026-06-30"]
    assert (folder / "data/numbers.csv").read_text() == "customer,open_balance\n<b>A & B</b>,26.0\n'=C,2.5\n"
    assert "2026-02-30" in (folder / "quarantine.csv").read_text()

    account = json.loads((folder / "run.json").read_text())
    assert account["as_of"] == "2026-06-30"
    assert account["parameters"] == {"ledger": str(ledger)} | GIVEN
    assert {"fingerprint", "version", "rows", "gates"} <= set(account)
    assert set(account["seconds"]) == {"first", "second"}
    pages = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.html")}
    assert account["pages"] == pages
    assert len(pages) == 3
    assert "ARFORECAST_MAIL_PASSWORD" in (folder / "second.ipynb").read_text("utf-8")
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"S3cretWord" in path.read_bytes()] == []

    told = capsys.readouterr().err.splitlines()  # plain lines where there is no terminal
    assert sorted(line.split(":")[0] for line in told) == ["first", "second"]


def test_the_pages_show_words_and_results_and_no_code(ledger: Path, notebooks: Path, tmp_path: Path) -> None:
    folder = run(ledger, notebooks, tmp_path, parameters=GIVEN)
    first, second = (folder / "first.html").read_text(), (folder / "second.html").read_text()
    assert '<p class="headline">the headline says 26 &amp; &lt;more&gt;</p>' in first
    assert first.count("&lt;b&gt;A &amp; B&lt;/b&gt;") == 2  # a frame as it is, and a table
    assert "the headline of 00123 2026-06-30 True" in second
    assert "<pre>'notebooks'</pre>" in second  # a notebook works in its own folder
    index = (folder / "index.html").read_text()
    assert '<a href="first.html">What is &lt;owed&gt;</a>' in index
    assert "the headline says 26 &amp; &lt;more&gt;" in index
    assert "<p>the cards</p>" in index
    for page in (first, second, index):
        assert "import" not in page
        assert "only for the log" not in page
        assert "<script" not in page
        assert str(tmp_path) not in page


def test_the_same_ledger_and_day_give_the_same_bytes(ledger: Path, notebooks: Path, tmp_path: Path) -> None:
    one = run(ledger, notebooks, tmp_path, out=tmp_path / "one")
    other = run(ledger, notebooks, tmp_path, out=tmp_path / "other")
    for name in ("data/numbers.csv", "first.html", "second.html", "index.html", "quarantine.csv"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_the_executed_notebook_names_the_place_where_its_data_is(ledger: Path, notebooks: Path, tmp_path: Path) -> None:
    folder = run(ledger, notebooks, tmp_path, names=["first"])
    executed = nbformat.read(folder / "first.ipynb", as_version=4)
    assert f'data = "{folder.resolve() / "data"}"' in executed.cells[1].source
    assert not (folder / "second.html").exists()


def test_failures_are_told_in_one_line_each_and_leave_the_earlier_run(
    ledger: Path, notebooks: Path, tmp_path: Path
) -> None:
    before = run(ledger, notebooks, tmp_path, names=["first"])
    known = {name: (before / name).read_bytes() for name in files(before)}
    notebook(notebooks, "breaks", ["# Title", "1", "x = 1\nraise ValueError('two\\nlines')"])
    notebook(notebooks, "leaves", ["import sys; sys.exit(0)", "2"])
    notebook(notebooks, "dies", ["import os; os._exit(3)"])
    with pytest.raises(RunError) as raised:
        run(ledger, notebooks, tmp_path, names=["second", "breaks", "leaves", "dies"], workers=2)
    failed = before.parent / ".failed" / before.name
    assert str(raised.value).splitlines() == [
        f"breaks, cell 4 (`x = 1`): ValueError: two (see {failed}/breaks.ipynb)",
        f"dies: DeadKernelError: Kernel died (see {failed}/dies.ipynb)",
        "leaves, cell 2 (`import sys; sys.exit(0)`): the cell ended the notebook before its last cell "
        f"(see {failed}/leaves.ipynb)",
    ]
    assert "ValueError" in (failed / "breaks.ipynb").read_text("utf-8")
    assert {name: (before / name).read_bytes() for name in files(before)} == known
    assert {path.name for path in before.parent.iterdir()} == {"2026-06-30", ".failed"}


def test_a_run_goes_by_the_settings_beside_its_ledger_and_names_them(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run, its notebooks and its pages have one currency, from whatever folder they are asked for."""
    (ledger / "arforecast.toml").write_text("[ledger]\ncurrency = 'CHF'\nquarantine_limit_share = 0.9\n", "utf-8")
    asks = "import arforecast as ar; print('in', ar.open_ledger(ledger).as_of(as_of).stamp()['currency'])"
    notebook(tmp_path / "notebooks", "first", ["# Title", f"{asks}  # headline"])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    folder = run(ledger, tmp_path / "notebooks", tmp_path)
    page = (folder / "first.html").read_text("utf-8")
    assert "Amounts in CHF." in page
    assert '<p class="headline">in CHF</p>' in page
    assert "ledger.quarantine_limit_share is 0.9, and 0.01 by default" in page
    assert json.loads((folder / "run.json").read_text())["settings"] == str(ledger / "arforecast.toml")


def test_a_notebook_that_is_named_joins_the_pages_of_the_same_books(
    ledger: Path, notebooks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its page leads to the others and theirs to it; of a ledger that has changed since, none of them stays."""
    run(ledger, notebooks, tmp_path, names=["first"])
    folder = run(ledger, notebooks, tmp_path, names=["second"])
    account = json.loads((folder / "run.json").read_text("utf-8"))
    assert set(account["notebooks"]) == set(account["seconds"]) == {"first", "second"}
    assert set(account["pages"]) == {"first.html", "second.html", "index.html"}
    assert 'href="second.html"' in (folder / "first.html").read_text("utf-8")
    assert 'href="first.html"' in (folder / "index.html").read_text("utf-8")
    assert (folder / "data" / "numbers.csv").is_file()
    (ledger / "invoices.csv").write_text(f"{INVOICES}5,B,2026-06-20,2026-07-20,1.00,\n", "utf-8")
    capsys.readouterr()
    run(ledger, notebooks, tmp_path, names=["second"])
    assert "the pages first were of other books or parameters" in capsys.readouterr().err
    assert files(folder) == ["index.html", "quarantine.csv", "run.json", "second.html", "second.ipynb"]
    assert [path.name for path in folder.parent.iterdir()] == ["2026-06-30"]


def test_a_folder_that_is_not_a_run_is_left_alone(ledger: Path, notebooks: Path, tmp_path: Path) -> None:
    mine = tmp_path / "reports" / "2026-06-30" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(UsageError, match="is not a run"):
        run(ledger, notebooks, tmp_path)
    assert mine.read_text() == "mine"


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"week": "26"}, "No notebook of this run (first, second) declares the parameter week."),
        ({"weeks": "26.5"}, "weeks=26.5 does not fit: first.ipynb declares weeks: int."),
        ({"weeks": 26.5}, "weeks=26.5 does not fit: first.ipynb declares weeks: int."),
        ({"weeks": True}, "weeks=True does not fit: first.ipynb declares weeks: int."),
        ({"code": 123}, "code=123 does not fit: first.ipynb declares code: str."),
        ({"share": "half"}, "share=half does not fit: first.ipynb declares share: float."),
        ({"deep": "perhaps"}, "deep=perhaps does not fit: first.ipynb declares deep: bool."),
        ({"as_of": "2026-01-01"}, "as_of cannot be given as a parameter: the run sets it."),
        ({"data": "x"}, "data cannot be given as a parameter: the run sets it."),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_starts(
    ledger: Path, notebooks: Path, tmp_path: Path, parameters: dict[str, object], told: str
) -> None:
    with pytest.raises(UsageError) as raised:
        run(ledger, notebooks, tmp_path, parameters=parameters)
    assert str(raised.value) == told
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("declared", "tag", "told"),
    [
        (DECLARED, "other", "bad.ipynb has no cell tagged `parameters`"),
        ('ledger: str = ""', "parameters", "bad.ipynb does not declare as_of among its parameters."),
        ("x: int = 1", "parameters", "bad.ipynb does not declare ledger and as_of among its parameters."),
        (
            DECLARED + "weeks: list = []",
            "parameters",
            "bad.ipynb declares weeks: list. Use one of str, int, float, bool.",
        ),
    ],
)
def test_a_notebook_that_does_not_declare_its_parameters_is_refused(
    ledger: Path, tmp_path: Path, declared: str, tag: str, told: str
) -> None:
    notebook(tmp_path / "notebooks", "bad", ["1"], declared, tag)
    with pytest.raises(UsageError) as raised:
        run(ledger, tmp_path / "notebooks", tmp_path, parameters={"weeks": "2"} if "list" in declared else {})
    assert told in str(raised.value)


def test_an_unknown_notebook_is_refused_with_the_names_there_are(ledger: Path, notebooks: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no notebook third\. There are: first, second\."):
        run(ledger, notebooks, tmp_path, names=["first", "third"])
    with pytest.raises(UsageError, match=r"There is no notebook in .*arforecast init FOLDER"):
        run(ledger, tmp_path / "nowhere", tmp_path)


def test_gates_refuse_before_any_notebook_runs(ledger: Path, tmp_path: Path) -> None:
    (ledger / "control_totals.csv").write_text("as_of,open_ar\n2026-06-30,999999.00\n")
    touched = tmp_path / "touched"
    notebook(tmp_path / "notebooks", "first", [f"open({str(touched)!r}, 'w')"])
    with pytest.raises(GateError, match=r"1 of 1 control totals do not tie.*--allow control waives this"):
        run(ledger, tmp_path / "notebooks", tmp_path)
    assert not touched.exists()
    assert not (tmp_path / "reports").exists()
    folder = run(ledger, tmp_path / "notebooks", tmp_path, allow=["control", "quarantine"])
    assert "Read with care" in (folder / "index.html").read_text()
    assert "Read with care" in (folder / "first.html").read_text()
    gates = json.loads((folder / "run.json").read_text())["gates"]
    assert {gate["gate"] for gate in gates if gate["waived"]} == {"control"}


def test_each_closed_gate_says_how_to_waive_it() -> None:
    told = r"1,234\.50 is quarantined & <odd> on 2026-06-30\. \(--allow quarantine waives this\.\)"
    with pytest.raises(GateError, match=told):
        runner.pass_gates(frames.stamp(waived=True), [])
    waived = runner.pass_gates(frames.stamp(waived=True), ["quarantine"])["gates"]
    assert [(gate["gate"], gate["waived"]) for gate in waived] == [("control", False), ("quarantine", True)]


def test_a_gate_that_passed_is_not_waived_and_an_unknown_one_is_refused() -> None:
    gates = runner.pass_gates(frames.stamp(), ["quarantine"])["gates"]
    assert [gate["waived"] for gate in gates] == [False, False]
    with pytest.raises(UsageError, match=r"There is no gate quarantene\. There are: control, quarantine\."):
        runner.pass_gates(frames.stamp(), ["quarantene"])


@pytest.mark.parametrize("text", ["", "{}", "not json", "[1, 2]", '{"cells": 3, "nbformat": 4, "nbformat_minor": 5}'])
def test_what_is_no_notebook_is_said_to_be_none(ledger: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "one.ipynb").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r"one\.ipynb is no notebook"):
        run(ledger, tmp_path / "notebooks", tmp_path)


@pytest.mark.parametrize("told", [{}, {"language_info": {"name": "python"}}, {"kernelspec": {"name": "python3"}}])
def test_a_notebook_that_names_no_kernel_says_where_to_choose_one(
    ledger: Path, tmp_path: Path, told: dict[str, dict[str, str]]
) -> None:
    place = notebook(tmp_path / "notebooks", "one", ["# One"])
    made = nbformat.read(place, as_version=4)
    made.metadata = nbformat.from_dict({name: {"display_name": "Python 3"} | about for name, about in told.items()})
    nbformat.write(made, place)
    with pytest.raises(UsageError, match=r"one\.ipynb does not say which kernel runs it\. Open it in JupyterLab"):
        run(ledger, place.parent, tmp_path)


def test_a_notebook_cannot_take_the_place_of_the_first_page(ledger: Path, tmp_path: Path) -> None:
    notebook(tmp_path / "notebooks", "index", ["# Index"])
    with pytest.raises(UsageError, match=r"index\.ipynb would lose its page"):
        run(ledger, tmp_path / "notebooks", tmp_path)


def test_a_place_that_is_no_folder_is_said_to_be_none(ledger: Path, notebooks: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match=r"taken.* cannot be written: File exists"):
        run(ledger, notebooks, tmp_path, out=tmp_path / "taken")
    assert (tmp_path / "taken").read_text("utf-8") == "mine"


def test_any_name_of_a_folder_is_a_name(ledger: Path, notebooks: Path, tmp_path: Path) -> None:
    """Of the ledger, of its notebooks and of what is written: none is a pattern, a statement or a field to fill in."""
    name = "odd?name st*ar [1] quo'te dou\"ble ha#sh per%20cent {x}"
    odd, own = ledger.rename(tmp_path / name), notebooks.rename(tmp_path / f"notebooks {name}")
    folder = run(odd, own, tmp_path, names=["second"], out=tmp_path / "out" / name, allow=["quarantine"])
    assert folder == tmp_path / "out" / name / "2026-06-30"
    assert (folder / "second.html").is_file()
    assert files(tmp_path / "out") == sorted(f"{name}/2026-06-30/{file}" for file in files(folder))
