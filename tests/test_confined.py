"""What is named in a ledger, a notebook's parameters or the settings is a name: no code, no path, no program."""

from __future__ import annotations

import ast
from pathlib import Path

import duckdb
import nbformat
import pytest
from papermill.parameterize import parameterize_notebook

import hostile
from arforecast.desk import open_ledger
from arforecast.errors import UsageError
from arforecast.ledger import open_books
from arforecast.runs import jobs
from arforecast.settings import Settings
from arforecast.snapshot import fetched

SOURCES = Path(__file__).parents[1] / "src" / "arforecast"
CODE = (
    '"; import os; os._exit(7) #',
    "\n__import__('os')._exit(7)\n",
    "'''\n\\",
    "{ledger} $(id) `id`",
    *hostile.TRIES,
)
RUNS = {"eval", "exec", "compile", "read_pickle", "system", "popen", "unsafe_load"}
UNPICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal"}
# Who starts a program: the settings' own command for a token, the one that hears of a failure, the kernels of a run.
START = {"delivery/mail.py", "alarm.py", "runs/kernels.py", "runs/nursery.py"}


def test_a_parameter_is_a_literal_whatever_it_holds() -> None:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    declared = nbformat.v4.new_code_cell('where: str = ""', metadata={"tags": ["parameters"]})
    for value in CODE:
        notebook = nbformat.v4.new_notebook(cells=[declared], metadata={"kernelspec": kernel, "papermill": {}})
        cells = parameterize_notebook(notebook, {"where": value}).cells
        (injected,) = (cell for cell in cells if "injected-parameters" in cell.metadata.tags)
        (line,) = ast.parse(injected.source).body
        assert isinstance(line, ast.Assign)
        assert ast.literal_eval(line.value) == value


def test_a_notebook_is_named_and_not_led_to(tmp_path: Path) -> None:
    inside = tmp_path / "notebooks"
    inside.mkdir()
    for folder in (inside, tmp_path):
        nbformat.write(nbformat.v4.new_notebook(), folder / "own.ipynb")
    assert jobs.find(inside, ["own"]) == [inside / "own.ipynb"]
    for name in ("../own", str(tmp_path / "own"), "own.ipynb", "*", ""):
        with pytest.raises(UsageError, match="There is no notebook"):
            jobs.find(inside, [name])


def test_a_column_is_a_name_in_every_question(tmp_path: Path) -> None:
    """Its name, and what stands in it, would end a question and begin another if they stood there as they are."""
    name, value = 'seg"; DROP TABLE invoices; --', "y'; DROP TABLE invoices; --"
    quoted = name.replace('"', '""')
    rows = [
        f'invoice_id,customer_id,issued_on,due_on,amount,"{quoted}"',
        "A1,C1,2026-01-05,2026-02-04,1.00,x",
        f"A2,C1,2026-01-05,2026-02-04,2.00,{value}",
    ]
    (tmp_path / "invoices.csv").write_text("\n".join([*rows, ""]), "utf-8")
    ledger = open_ledger(tmp_path, Settings())
    kpis = ledger.as_of("2026-06-30").kpis(by=(name,))
    owed = kpis[kpis.kpi == "open_ar"].set_index("group").value
    assert owed.to_dict() == {"": 3.0, "x": 1.0, value: 2.0}
    part = ledger.where(**{name: value})
    assert fetched(part.books.tables["invoices"]).invoice_id.tolist() == ["A2"]
    with pytest.raises(UsageError, match="There is no column"):
        ledger.as_of("2026-06-30").kpis(by=('segment"; DROP TABLE invoices; --',))


def test_a_duckdb_file_is_opened_for_reading(tmp_path: Path) -> None:
    """Not a byte of it changes, nothing is left beside it, and what was read of it is a copy."""
    file = tmp_path / "books.duckdb"
    columns = "'A1' invoice_id, 'C1' customer_id, DATE '2026-01-05' issued_on, DATE '2026-02-04' due_on, 100.00 amount"
    with duckdb.connect(str(file)) as made:
        made.execute(f"CREATE TABLE invoices AS SELECT {columns}")
    before = file.read_bytes()
    file.chmod(0o444)
    con = open_books(file).tables["invoices"].get_backend().con
    places = [place for (place,) in con.execute("SELECT path FROM duckdb_databases()").fetchall()]
    assert str(file) not in places
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["books.duckdb"]


def test_nothing_is_unpickled_and_no_shell_is_asked() -> None:
    for file in sorted(SOURCES.rglob("*.py")):
        place = file.relative_to(SOURCES).as_posix()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
                assert not names & UNPICKLES, place
                assert "subprocess" not in names or place in START, place
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called.rpartition(".")[2] not in RUNS or called == "re.compile", (place, called)
                given = {keyword.arg for keyword in node.keywords}
                assert given.isdisjoint({"shell", "allow_pickle"}), (place, called)
