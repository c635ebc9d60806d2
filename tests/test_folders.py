"""Whatever lies in a folder is read or named: any file names, columns and cells; and nothing is written beside,
nor anything of the environment printed."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st

import arforecast
from arforecast import open_ledger
from arforecast.cli import main
from arforecast.errors import SourceError
from arforecast.ledger import files
from arforecast.ledger.tables import BY_NAME, TABLES
from doors import counted

Sheet = list[list[str]]
SHEETS: dict[str, Sheet] = {
    "invoices": [
        ["invoice_id", "customer_id", "issued_on", "due_on", "amount"],
        ["A1", "C1", "2026-01-05", "2026-02-04", "100.00"],
        ["A2", "C2", "2026-02-05", "2026-03-04", "50.00"],
    ],
    "applications": [["invoice_id", "applied_on", "amount", "kind"], ["A1", "2026-02-10", "40.00", "cash"]],
    "customers": [["customer_id", "name"], ["C1", "x"], ["C2", "y"]],
    "receipts": [["receipt_id", "customer_id", "received_on", "amount"], ["R1", "C1", "2026-02-10", "40.00"]],
    "disputes": [["dispute_id", "invoice_id", "opened_on"], ["D1", "A2", "2026-03-10"]],
    "contacts": [["contact_id", "customer_id", "contacted_on", "channel"], ["K1", "C1", "2026-02-05", "call"]],
    "credits": [["credit_id", "customer_id", "issued_on", "amount"], ["G1", "C1", "2026-02-05", "4"]],
}


def write(sheet: Sheet, file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(sheet)


# Columns beside the contract


def _used() -> Iterator[str]:
    """Every name in the source, also those that stand in text: one of them could be a column of ours."""
    for file in Path(arforecast.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            parts = (getattr(node, name, None) for name in ("id", "attr", "arg", "name", "value"))
            yield from (part for part in parts if isinstance(part, str) and part.isidentifier())


KEPT = {"row", "file_row_number", "entered_on", "group"}
NAMES = st.deferred(lambda: st.sampled_from(sorted({name.lower() for name in _used()} - KEPT)))


@run(max_examples=2, deadline=None)
@given(st.lists(NAMES, min_size=80, max_size=80, unique=True), st.booleans())
def test_a_column_beside_the_contract_may_have_any_name(names: list[str], capital: bool) -> None:
    with TemporaryDirectory() as folder:
        for table, (header, *body) in SHEETS.items():
            contract = {column.name for column in BY_NAME[table].columns}
            beside = [name.upper() if capital else name for name in names if name not in contract]
            write([header + beside, *(row + ["v"] * len(beside) for row in body)], Path(folder) / f"{table}.csv")
        today = open_ledger(folder).as_of("2026-03-31")
        assert today.stamp()["rows"][0]["used"] == len(SHEETS["invoices"]) - 1
        kpis = today.kpis(months=2).set_index(["as_of", "kpi"]).value
        assert kpis["2026-03-31", "open_ar"] == 110.0
        assert len(today.late_payers()) == 2


@pytest.mark.parametrize(
    ("table", "name"),
    [("invoices", name) for name in (*sorted(KEPT), "ROW", "Group")] + [(table, "row") for table in SHEETS][1:],
)
def test_the_names_kept_for_the_suite_are_refused_in_words(tmp_path: Path, table: str, name: str) -> None:
    for each, (header, *body) in SHEETS.items():
        beside = [name] if each == table else []
        write([header + beside, *(row + ["v"] * len(beside) for row in body)], tmp_path / f"{each}.csv")
    with pytest.raises(SourceError, match=rf"{table}.* has a column {name}, a name kept by arforecast\. Rename it"):
        open_ledger(tmp_path)


# Folders of anything

WORD = "S3cretWord"
STEMS = [*BY_NAME, "Invoices", "application", "receit", "notes", "invoices (1)", "~$invoices", "q[1]", "*", "truth"]
ENDINGS = [".csv", ".CSV", ".csv.gz", ".parquet", ".tsv", ".csv.bak", "", ".txt"]
CELLS = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "1e12",
        "NaN",
        "1,000.00",
        "2026-02-30",
        "1900-01-01",
        "2999-01-01",
        "A1",
        "C1",
        "cash",
        "\x1b[1m",
        "a\nb",
        "=1+1",
        "getenv('A_TOKEN')",
        "${A_TOKEN}",
        "x" * 500,
    ]
)


@st.composite
def folders(draw: st.DrawFn) -> tuple[dict[str, Sheet], dict[str, bytes]]:
    """Tables with cells and columns of any kind, and files of any name beside them."""
    sheets = {name: draw(_mangled(SHEETS[name])) for name in draw(st.sets(st.sampled_from(sorted(SHEETS))))}
    names = draw(st.lists(st.tuples(st.sampled_from(STEMS), st.sampled_from(ENDINGS)), max_size=5))
    loose = {f"{stem}{ending}": draw(st.binary(max_size=40)) for stem, ending in names}
    return {"invoices": draw(_mangled(SHEETS["invoices"]))} | sheets, loose


@st.composite
def _mangled(draw: st.DrawFn, sheet: Sheet) -> Sheet:
    header, *body = sheet
    beside = draw(st.lists(st.sampled_from(["applied", "Balance", "median", "größe", "a b", "row"]), max_size=1))
    rows = [[draw(CELLS) if draw(st.integers(0, 5)) == 0 else cell for cell in row] for row in body]
    return [header + beside, *(row + [draw(CELLS)] * len(beside) for row in rows)]


@run(max_examples=6, deadline=None)
@given(folders())
def test_a_folder_is_read_or_named_and_nothing_is_written_beside(
    drawn: tuple[dict[str, Sheet], dict[str, bytes]],
) -> None:
    sheets, loose = drawn
    with TemporaryDirectory() as place:
        ledger, out = Path(place) / "ledger", Path(place) / "out"
        ledger.mkdir()
        out.mkdir()
        for name, content in loose.items():
            (ledger / name).write_bytes(content)
        for name, sheet in sheets.items():
            write(sheet, ledger / f"{name}.csv")
        before = {path: path.read_bytes() for path in ledger.iterdir()}
        said = CliRunner(env={"A_TOKEN": WORD}).invoke(
            main, ["check", str(ledger), "--quarantine", str(out / "quarantine.csv")]
        )
        assert said.exit_code in (0, 1, 2), said.output
        assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
        assert "This should not happen" not in said.output
        assert "\x1b" not in said.output
        assert WORD not in said.output + "".join(path.read_text("utf-8") for path in out.iterdir())
        assert {path: path.read_bytes() for path in ledger.iterdir()} == before
        assert {path.name for path in out.iterdir()} <= {"quarantine.csv"}
        _counted_and_named(ledger, sheets, set(before))


def _counted_and_named(ledger: Path, sheets: dict[str, Sheet], there: set[Path]) -> None:
    try:
        books = open_ledger(ledger).books
    except SourceError:
        return  # one file cannot be read at all, and its message has said so
    for name, (read, used, out) in counted(books).items():
        assert read == used + out
        assert name not in sheets or read == len(sheets[name]) - 1
    tables = {f"{table.name}{suffix}" for table in TABLES for suffix in files.SUFFIXES}
    named = set(", ".join(books.problems.value[books.problems.table.isin([""])]).split(", "))
    misnamed: pd.DataFrame = books.problems[books.problems.rule == "misnamed_file"]
    assert {path.name for path in there} <= tables | named | set(misnamed.value) | files.OURS
