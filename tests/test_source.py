"""Reading a ledger: three kinds of file, one content; and what is said where there is none."""

from __future__ import annotations

import gzip
import os
import re
import sqlite3
import subprocess
import sys
import traceback
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pandas as pd
import pytest

from arforecast.desk import open_ledger
from arforecast.errors import SourceError, UsageError, address
from arforecast.ledger import Books, open_books, source
from arforecast.ledger.files import find, fingerprint
from arforecast.ledger.tables import BY_NAME
from arforecast.settings import Engine, Settings
from doors import HEADER, SOUND, counted, problems, write

INVOICES = f"""{HEADER},product,known_on
007,C1,2026-01-05,2026-02-04,100.00,"tea, green",2026-01-06
A2,Café,2026-01-12,2026-02-11,0.10,,
"A""3",C1,2026-02-02,2026-03-04,999999999999.99,"two
lines",
"""
APPLICATIONS = """invoice_id,applied_on,amount,kind
007,2026-02-01,60.00,cash
A2,2026-02-03,0.10,credit_note
007,2026-02-20,-60.00,cash
"""
CONTACTS = """contact_id,customer_id,contacted_on,channel,right_party,minutes
1,C1,2026-02-10,call,true,2.5
2,C1,2026-02-11,email,,
"""
TYPED = {
    "invoices": "SELECT * REPLACE (issued_on::DATE AS issued_on, due_on::DATE AS due_on, known_on::DATE AS known_on, "
    "amount::DECIMAL(18, 2) AS amount)",
    "applications": "SELECT * REPLACE (applied_on::DATE AS applied_on, amount::DECIMAL(18, 2) AS amount)",
    "contacts": "SELECT * REPLACE (contacted_on::DATE AS contacted_on, right_party::BOOLEAN AS right_party, "
    "minutes::DOUBLE AS minutes)",
}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files: dict[str, str | bytes] = {
        "invoices.csv": INVOICES,
        "applications.csv": APPLICATIONS,
        "contacts.csv": CONTACTS,
    }
    return write(tmp_path_factory.mktemp("texts"), files)


@pytest.fixture(scope="module")
def parquet(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parquet")
    for name, typed in TYPED.items():
        rows = f"{typed} FROM read_csv('{texts / name}.csv', all_varchar = true)"
        duckdb.sql(f"COPY ({rows}) TO '{folder / name}.parquet'")
    return folder


@pytest.fixture(scope="module")
def database(parquet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "ledger.duckdb"
    with duckdb.connect(str(path)) as con:
        for name in TYPED:
            con.sql(f"CREATE TABLE {name} AS SELECT * FROM '{parquet / name}.parquet'")
        con.sql("CREATE TABLE notes AS SELECT 'no table of a ledger' AS text")
    return path


def raw(folder: Path, content: str | bytes, name: str = "invoices.csv") -> source.Raw:
    """A folder that holds one file, as it is read."""
    return source.read(write(folder, {name: content}), source.connect(Engine()), lambda rows, _table: rows)


def lines(read: source.Raw) -> list[tuple[int, str]]:
    """Row number and first cell of every invoice that could be read."""
    rows = read.tables["invoices"].select("row", "invoice_id").to_pandas().sort_values("row")
    return list(rows.itertuples(index=False, name=None))


# Kinds of file


def test_every_kind_of_file_gives_the_same_books(texts: Path, parquet: Path, database: Path) -> None:
    first, *others = (open_books(url) for url in (texts, parquet, database))
    assert counted(first) == {"invoices": (3, 3, 0), "applications": (3, 3, 0), "contacts": (2, 2, 0)}
    for books in others:
        assert books.present == first.present
        pd.testing.assert_frame_equal(books.rows, first.rows)
        for name in first.tables:
            assert sorted_cells(books, name) == sorted_cells(first, name)


def sorted_cells(books: Books, name: str) -> list[str]:
    """The rows of a table as text, their numbers left out: a CSV file counts its header, a database has none."""
    table = books.tables[name].select([column for column in books.tables[name].columns if column != "row"])
    return sorted(str(sorted(row.items())) for row in table.to_pyarrow().to_pylist())


def test_cells_arrive_as_they_stand(texts: Path) -> None:
    rows = open_books(texts).tables["invoices"].order_by("row").to_pandas()
    assert rows.invoice_id.tolist() == ["007", "A2", 'A"3']
    assert rows.customer_id.tolist() == ["C1", "Café", "C1"]
    assert rows.amount.tolist() == [100_00, 10, 999_999_999_999_99]
    assert rows["product"].fillna("").tolist() == ["tea, green", "", "two\nlines"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"{HEADER}\n{SOUND}\n", id="plain"),
        pytest.param(f"{HEADER}\n{SOUND}", id="no last line end"),
        pytest.param(f"\ufeff{HEADER}\n{SOUND}\n", id="byte order mark"),
        pytest.param(f"{HEADER}\r\n{SOUND}\r\n", id="CRLF"),
        pytest.param(f"\ufeff{HEADER}\r\n{SOUND}\r\n\r\n", id="byte order mark, CRLF and a blank last line"),
        pytest.param('"' + HEADER.replace(",", '","') + f'"\n{SOUND}\n', id="quoted header"),
        pytest.param(f"{HEADER}\n" + '"' + SOUND.replace(",", '","') + '"\n', id="quoted cells"),
        pytest.param(f"{HEADER.replace(',', ' , ')}\n{SOUND}\n", id="spaces in the header"),
    ],
)
def test_one_csv_however_it_is_written(tmp_path: Path, content: str) -> None:
    for name, bytes_of in {"plain": content.encode(), "packed": gzip.compress(content.encode())}.items():
        suffix = ".gz" if name == "packed" else ""
        read = raw(tmp_path / name, bytes_of, f"invoices.csv{suffix}")
        (row,) = read.tables["invoices"].to_pandas().to_dict("records")
        assert row == dict(zip(HEADER.split(","), SOUND.split(","), strict=True)) | {"row": 2}
        assert read.unreadable.empty


# Lines


def test_a_line_that_cannot_be_read_is_a_problem_and_the_others_keep_their_number(tmp_path: Path) -> None:
    content = (
        f"{HEADER}\n"
        "A2,C1,2026-01-05\n"
        "A3,C1,2026-01-05,2026-02-04,3\n"
        "A4,C1,2026-01-05,2026-02-04,4,4\n"
        "A5,C1,1,000.00,2026-01-05,2026-02-04\n"
        "A6,C1,2026-01-05,2026-02-30,6\n"
        'A7,"C1"x,2026-01-05,2026-02-04,7\n'
        "A8,C1,2026-01-05,2026-02-04,8\n"
    )
    books = open_books(write(tmp_path, {"invoices.csv": content}))
    told = {problem.row: (problem.rule, problem.value) for problem in problems(books)}
    texts = content.splitlines()
    assert told == {
        2: ("unreadable", texts[1]),
        4: ("unreadable", texts[3]),
        5: ("unreadable", texts[4]),
        6: ("not_a_date", "2026-02-30"),
        7: ("unreadable", texts[6]),
    }
    used = books.tables["invoices"].to_pandas()
    assert dict(zip(used.row, used.invoice_id, strict=True)) == {3: "A3", 8: "A8"}
    assert counted(books) == {"invoices": (7, 2, 5)}
    assert set(texts) >= set(books.quarantine.line[books.quarantine.rule == "unreadable"])


def test_a_line_break_inside_quotes_does_not_start_a_row(tmp_path: Path) -> None:
    """Rows are numbered as a spreadsheet numbers them."""
    content = f'{HEADER}\n"A\n2",C1,2026-01-05,2026-02-04,2\nA3,C1\nA4,C1,2026-01-05,2026-02-04,4\n'
    read = raw(tmp_path, content)
    assert lines(read) == [(2, "A\n2"), (4, "A4")]
    assert read.unreadable[["row", "value"]].to_numpy().tolist() == [[3, "A3,C1"]]


def test_rows_behind_a_blank_line_keep_their_number(tmp_path: Path) -> None:
    read = raw(tmp_path, f"{HEADER}\n{SOUND}\n\nA4,C1,2026-01-05,2026-02-04,4\n\n\nA7,C1,2026-01-05,2026-02-04,7\n")
    assert lines(read) == [(2, "A1"), (4, "A4"), (7, "A7")]


def test_rows_behind_a_blank_line_keep_their_number_whatever_their_columns_are_called(tmp_path: Path) -> None:
    text = f"{HEADER},start,end,shift\n{SOUND},a,b,c\n\nA2,C1,2026-01-05,2026-02-04,1.00,d,e,f\n"
    rows = open_books(write(tmp_path, {"invoices.csv": text})).tables["invoices"].order_by("row").to_pandas()
    assert rows[["row", "start", "end", "shift"]].to_numpy().tolist() == [[2, "a", "b", "c"], [4, "d", "e", "f"]]


def test_a_blank_line_is_no_row_of_a_single_column_either(tmp_path: Path) -> None:
    customers = 'customer_id\nC1\n\nC2,x\n\n""\nC3\n\n'
    books = open_books(write(tmp_path, {"invoices.csv": f"{HEADER}\n{SOUND}\n", "customers.csv": customers}))
    assert books.tables["customers"].order_by("row").to_pandas()[["customer_id", "row"]].to_numpy().tolist() == [
        ["C1", 2], ["C3", 7],
    ]  # fmt: skip
    assert [(problem.rule, problem.row) for problem in problems(books)] == [("unreadable", 4), ("empty", 6)]
    assert counted(books)["customers"] == (4, 2, 2)


def test_a_blank_line_within_quotes_is_no_row(tmp_path: Path) -> None:
    read = raw(tmp_path, f'{HEADER}\n"A\n\n2",C1,2026-01-05,2026-02-04,2\n\n{SOUND}\nA5,"C1\n'.replace("\n", "\r\n"))
    assert [row for row, _name in lines(read)] == [2, 4]
    assert read.unreadable.row.tolist() == [5]


def test_an_open_quote_loses_no_text(tmp_path: Path) -> None:
    swallowed = 'A3,"C1,2026-01-05,2026-02-04,3\nA4,C1,2026-01-05,2026-02-04,4\n'
    read = raw(tmp_path, f"{HEADER}\n{SOUND}\n{swallowed}")
    assert lines(read) == [(2, "A1")]
    assert read.unreadable[["row", "value"]].to_numpy().tolist() == [[3, swallowed]]


def test_rows_are_numbered_in_order_in_a_long_file(tmp_path: Path) -> None:
    """The engine reads in parallel; its rows still come in the order of the file."""
    broken = {1_000, 30_000, 59_999}
    body = "".join(f"{n},C1\n" if n in broken else f"{n},C1,2026-01-05,2026-02-04,1\n" for n in range(2, 60_002))
    read = raw(tmp_path, f"{HEADER}\n{body}")
    assert lines(read) == [(n, str(n)) for n in range(2, 60_002) if n not in broken]
    assert set(read.unreadable.row) == broken


def test_a_file_with_a_header_only_is_an_empty_table(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"invoices.csv": f"{HEADER}\n", "disputes.csv": "dispute_id,invoice_id,opened_on"}
    books = open_books(write(tmp_path, files))
    assert counted(books) == {"invoices": (0, 0, 0), "disputes": (0, 0, 0)}
    assert books.present == {"invoices", "disputes"}
    assert problems(books) == []


# What is no ledger


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param({}, "{at}: there is no invoices table. Only invoices.csv .*required", id="empty folder"),
        pytest.param({"customers.csv": "customer_id\nC1\n"}, "there is no invoices table", id="no invoices"),
        pytest.param({"invoices.csv": ""}, r"invoices\.csv is empty\. Write its header", id="empty file"),
        pytest.param({"invoices.csv": "\ufeff"}, r"invoices\.csv is empty\. Write its header", id="a mark only"),
        pytest.param(
            {"invoices.csv": "invoice_id,customer_id,amount\nA1,C1,5\n"},
            "{at}: invoices has no column issued_on, due_on; its columns are invoice_id, customer_id, amount. Rename",
            id="missing columns",
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER}\n", "receipts.csv": "receipt_id,customer_id,amount\n"},
            "receipts has no column received_on",
            id="missing column of an optional table",
        ),
        pytest.param(
            {"invoices.csv": HEADER.upper()},
            "invoices has no column invoice_id.*its columns are INVOICE_ID.*Rename",
            id="capitals",
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER},amount\n{SOUND},5\n"},
            r"invoices\.csv: the column amount stands there twice\. Keep one",
            id="column twice",
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER},Amount\n{SOUND},5\n"},
            r"invoices\.csv: the column .*mount.* twice\. Keep one",
            id="column twice but for a capital",
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER},Product\n{SOUND},tea\n"},
            "invoices has a column Product. Write its name in small letters",
            id="optional column in capitals",
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER},Row\n{SOUND},1\n"},
            r"invoices\.csv has a column Row, a name kept by arforecast",
            id="reserved name in capitals",
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER},\n{SOUND},\n"},
            r"invoices\.csv.*: .*column.*name",
            id="column without a name",
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER}\n{SOUND}\n".replace("C1", "Café").encode("latin-1")},
            r"invoices\.csv is not UTF-8\. Save it as UTF-8, or import it with a preset",
            id="latin-1",
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER},größe\n{SOUND},1\n".encode("latin-1")},
            r"invoices\.csv is not UTF-8",
            id="latin-1 header",
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER}\n{SOUND}\n".encode("utf-16")}, r"invoices\.csv is not UTF-8", id="utf-16"
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER}\n{SOUND}\n".replace(",", ";")},
            "not separated by commas: its header is invoice_id;customer_id;.*import the file with a preset",
            id="semicolons",
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER}\n{SOUND}\r\n{SOUND}\n"},
            r"invoices\.csv.* line (ends?|breaks?)\b",
            id="two kinds of line end",
        ),
        pytest.param(
            {"invoices.csv": f"{HEADER}\n", "invoices.csv.gz": gzip.compress(b"")},
            r"the table invoices stands there twice: invoices\.csv and invoices\.csv\.gz\. Keep one",
            id="table twice",
        ),
        pytest.param({"invoices.csv.gz": f"{HEADER}\n"}, r"invoices\.csv\.gz .*gzip", id="not compressed"),
        pytest.param({"invoices.parquet": "not Parquet"}, r"invoices\.parquet .*Parquet", id="not Parquet"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, files: dict[str, str | bytes], told: str) -> None:
    with pytest.raises(SourceError, match=told.replace("{at}", re.escape(str(tmp_path)))):
        open_books(write(tmp_path, files))


def test_another_encoding_is_found_however_late_in_the_file(tmp_path: Path) -> None:
    rows = "".join(f"A{n},C1,2026-01-05,2026-02-04,1.00\n" for n in range(2_000))
    with pytest.raises(SourceError, match="is not UTF-8"):
        raw(tmp_path, f"{HEADER}\n{rows}A,Café,2026-01-05,2026-02-04,1.00\n".encode("latin-1"))


@pytest.mark.parametrize("url", ["nowhere", "nowhere.duckdb", "nowhere.csv"])
def test_a_ledger_that_is_not_there_is_said(url: str) -> None:
    with pytest.raises(SourceError, match=rf"^{url}: no ledger here\. Name a folder of CSV or Parquet files"):
        open_books(url)


# A database that was handed over


def handed(path: Path, *statements: str) -> Path:
    """A `.duckdb` file with one invoice, and what else its maker wrote into it."""
    values = ", ".join(f"'{cell}' AS {name}" for name, cell in zip(HEADER.split(","), SOUND.split(","), strict=True))
    with duckdb.connect(str(path)) as con:
        con.execute(f"CREATE TABLE invoices AS SELECT {values}")
        for statement in statements:
            con.execute(statement)
    return path


def test_a_table_of_a_database_that_looks_like_one_is_named_where_that_is_not_there(tmp_path: Path) -> None:
    """Without it every invoice would quietly be open; what else a database holds is for others."""
    row = "'A1' AS invoice_id, 'C1' AS customer_id, '2026-01-05' AS issued_on, '2026-02-04' AS due_on, 5 AS amount"
    for file, name in (("capitals", "Invoices"), ("books", "invoices")):
        with duckdb.connect(str(tmp_path / f"{file}.duckdb")) as con:
            for table in (name, "Application", "invoices_of_old", "orders"):
                con.execute(f'CREATE TABLE "{table}" AS SELECT {row}')
    with pytest.raises(SourceError, match="no invoices table, but Invoices, invoices_of_old"):
        open_books(tmp_path / "capitals.duckdb")
    assert open_books(tmp_path / "books.duckdb").problems.message.tolist() == [
        "not read: Application. If it is the table applications, name it applications, as it is written."
    ]


@pytest.mark.parametrize(
    "reader",
    [
        "read_text('{file}')",
        "read_csv('{file}', header = false, columns = {{'content': 'VARCHAR'}})",
        "(SELECT file AS content FROM glob('{file}'))",
        "sneaked('{file}')",
    ],
)
def test_a_database_puts_no_file_of_this_machine_into_figures(tmp_path: Path, reader: str) -> None:
    write(tmp_path, {"private.txt": "WORDS-OF-ANOTHER-FILE"})
    sneak = "CREATE MACRO sneaked(f) AS TABLE SELECT content FROM read_text(f)"
    view = f"CREATE VIEW customers AS SELECT 'C1' AS customer_id, content AS name FROM {reader}"
    path = handed(tmp_path / "books.duckdb", sneak, view.format(file=tmp_path / "private.txt"))
    told = r"books\.duckdb: the table customers cannot be read: it reads what lies outside the file\. Write"
    with pytest.raises(SourceError, match=told):
        open_books(path)


def test_a_database_reaches_no_variable_of_the_program_that_opens_it(tmp_path: Path) -> None:
    path = handed(tmp_path / "books.duckdb")
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE limits AS SELECT 'C1' AS customer_id")
        con.execute("CREATE VIEW customers AS SELECT * FROM limits")
        con.execute("DROP TABLE limits")
    with pytest.raises(
        SourceError, match=r"the table customers cannot be read: Catalog Error: .*limits does not exist"
    ):
        open_books(path)


def test_views_of_the_rows_of_the_file_itself_are_read(tmp_path: Path) -> None:
    """Whole, and by the name that the file had when they were made."""
    path = handed(
        tmp_path / "books.duckdb",
        "CREATE SCHEMA stored",
        "CREATE TABLE stored.people AS SELECT 'C' || i AS customer_id FROM range(50_000) AS numbers(i)",
        "CREATE VIEW customers AS SELECT * FROM books.stored.people ORDER BY customer_id DESC",
    )
    books = open_books(path, Settings(engine=Engine(memory_limit="100MB", threads=1)))
    assert counted(books) == {"invoices": (1, 1, 0), "customers": (50_000, 50_000, 0)}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["books.duckdb"]


@pytest.mark.parametrize("view", ["SELECT * FROM gone", "SELECT 'C1' AS customer_id, error('no\nway') AS name"])
def test_a_table_of_a_database_that_cannot_be_read_is_named(tmp_path: Path, view: str) -> None:
    path = handed(tmp_path / "books.duckdb", "CREATE TABLE gone (customer_id VARCHAR)")
    with duckdb.connect(str(path)) as con:
        con.execute(f"CREATE VIEW customers AS {view}")
        con.execute("DROP TABLE gone")
    with pytest.raises(SourceError, match=r"^[^\n]*books\.duckdb: the table customers cannot be read: [^\n]*$"):
        open_books(path)


@pytest.mark.parametrize(
    "name", ["it's.duckdb", "a;b.duckdb", "led?er.duckdb", "ledger[1].duckdb", 'q"uote.duckdb', "memory.duckdb"]
)
def test_a_database_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    handed(tmp_path / "plain.duckdb").rename(tmp_path / name)
    for url in (tmp_path / name, f"duckdb://{tmp_path / name}"):
        assert counted(open_books(url)) == {"invoices": (1, 1, 0)}
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_database_is_known_by_what_it_is_not_by_its_name_alone(tmp_path: Path) -> None:
    handed(tmp_path / "books.db")
    assert counted(open_books(tmp_path / "books.db")) == {"invoices": (1, 1, 0)}


def test_what_was_written_last_is_read_and_changes_the_fingerprint(tmp_path: Path) -> None:
    """A program that was killed leaves it beside the file."""
    path = handed(tmp_path / "books.duckdb")
    before = open_books(path).fingerprint
    writes = (
        "import duckdb, os, sys; con = duckdb.connect(sys.argv[1]);"
        "con.execute(\"CREATE TABLE customers AS SELECT 'C1' AS customer_id\"); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", writes, str(path)], check=False)
    books = open_books(path)
    assert counted(books) == {"invoices": (1, 1, 0), "customers": (1, 1, 0)}
    assert books.fingerprint != before


def test_a_database_that_another_program_writes_to_is_said(tmp_path: Path) -> None:
    path = handed(tmp_path / "books.duckdb")
    holds = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print(flush=True); input()"
    command = [sys.executable, "-c", holds, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin and other.stdout
        other.stdout.readline()
        with pytest.raises(SourceError, match=r"another program writes to it\. Close it there, or name a copy\."):
            open_books(path)
        other.stdin.close()


def test_a_database_that_is_none_is_said(tmp_path: Path) -> None:
    """Text, nothing, an SQLite file, a half, one with a hole in it, and one of a version to come."""
    whole = handed(tmp_path / "whole.duckdb", "CREATE TABLE customers AS SELECT 'C1' AS customer_id").read_bytes()
    sqlite3.connect(tmp_path / "lite.duckdb").execute("CREATE TABLE invoices (invoice_id)").connection.close()
    files: dict[str, str | bytes] = {
        "text.duckdb": "not a database" * 1_000,
        "none.duckdb": b"",
        "half.duckdb": whole[: len(whole) // 2],
        "hole.duckdb": whole[:20_000] + bytes(len(whole) - 20_000),
    }
    write(tmp_path, files)
    for name in (*files, "lite.duckdb"):
        with pytest.raises(SourceError, match=rf"^[^\n]*{name}(:| cannot be opened by DuckDB:)[^\n]*\.$"):
            open_books(tmp_path / name)


def test_a_url_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("duckdb://made.duckdb", "sqlite://made.db", "duckdb://", "file://made.duckdb", "polars://made"):
        with pytest.raises(SourceError, match=r"no ledger here|no address of a database|no invoices table"):
            open_books(url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["mysql", "postgre", "sqlite", "spark"])
def test_what_is_no_engine_is_told_which_there_are(scheme: str) -> None:
    told = rf"^{scheme}://\*\*\*@host/db is no address of a database\. .*\.duckdb.* postgres, .*bigquery"
    with pytest.raises(SourceError, match=told):
        open_books(f"{scheme}://bob:S3cretWord@host/db")


@pytest.mark.parametrize(
    "url",
    [
        "postgres:/bob:S3cretWord@127.0.0.1/db",
        "postgres:bob:S3cretWord@127.0.0.1/db",
        "postgre://bob:S3cretWord@127.0.0.1/db",
        "postgres//bob:S3cretWord@127.0.0.1/db",
        "//bob:S3cretWord@127.0.0.1/db",
        "bob:S3cretWord@127.0.0.1/db",
        "bob:one@two/S3cretWord@127.0.0.1/db",
        "mysql://bob:S3cretWord@127.0.0.1/db",
        "postgres://bob:S3cretWord",
        "postgres://bob:S3cretWord%40127.0.0.1/db",
        "postgres://bob:1/S3cretWord@127.0.0.1:1/db",
        "postgres://bob:S3cretWord@127.0.0.1:1/db",
        "postgres://bob:S3cretWord@127.0.0.1:port/db",
        "postgres://127.0.0.1:1/db?password=S3cretWord",
        "postgres://127.0.0.1:1/db?sslpassword=S3cretWord&sslmode=S3cretWord",
        "postgres://127.0.0.1:1/db?S3cretWord",
        "postgres://127.0.0.1:1/db?options=S3cret%57ord",
        "host=127.0.0.1 password=S3cretWord dbname=db",
        "jdbc:postgresql://127.0.0.1/db?user=bob&token=S3cretWord",
    ],
)
def test_a_password_is_never_printed(url: str) -> None:
    """Neither as it stands nor as the driver understood it, in the message or in what it came from."""
    with pytest.raises(SourceError) as caught:
        open_books(url)
    assert "S3cretWord" not in unquote("".join(traceback.format_exception(caught.value)[-1:]))
    assert caught.value.__cause__ is None
    assert "\n" not in str(caught.value)


def test_an_address_keeps_what_is_no_secret() -> None:
    same = ["/srv/bob@corp/ledger", "data/sample", "led?er", "ledger[1]", "postgres://host:5432/db", "group"]
    assert [address(url) for url in same] == same
    assert address("postgres://bob:word@host:5432/db?schema=books") == "postgres://***@host:5432/db?***"


# What is no ledger for another reason


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("invoices.csv", r" is a file\. Name the folder it lies in"),
        ("Export.XLSX", r" cannot be read as a workbook: .* Save it anew as \.xlsx"),
        ("ledger.zip", r" is a file\. Unpack it, and name the folder\."),
        ("books.sqlite", r" is a file\. Write its tables to a \.duckdb file"),
        ("notes.txt", r" is a file\. Name a folder of CSV or Parquet files, or a \.duckdb file\."),
        ("x" * 300, " cannot be read: File name too long"),
        ("a\0b", " is no path"),
        ("a\nb", r"a\\nb: no ledger here\."),
    ],
)
def test_what_is_handed_over_for_a_ledger_is_told_what_to_do(tmp_path: Path, name: str, told: str) -> None:
    if name.isprintable() and "." in name:
        write(tmp_path, {name: "anything"})
    with pytest.raises(SourceError, match=rf"^[^\n]*{told}[^\n]*$"):
        open_books(tmp_path / name)


def test_a_link_that_leads_to_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SourceError, match=r"loop cannot be read: Too many levels of symbolic links\."):
        open_books(tmp_path / "loop")


def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("arforecast.ledger.files.find", refuse)
    with pytest.raises(SourceError, match=rf"^{re.escape(str(tmp_path))} cannot be read: Permission denied\.$"):
        open_books(tmp_path)


def test_a_home_is_found_by_its_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "ledger", {"invoices.csv": f"{HEADER}\n{SOUND}\n"})
    monkeypatch.setenv("HOME", str(tmp_path))
    assert counted(open_books("~/ledger")) == {"invoices": (1, 1, 0)}


# The fingerprint


def test_the_fingerprint_is_of_bytes_and_names_not_of_times_and_places(tmp_path: Path) -> None:
    content = f"{HEADER}\n{SOUND}\n"
    files: dict[str, str | bytes] = {"invoices.csv": content, "customers.csv": "customer_id\nC1\n"}
    here = write(tmp_path / "here", files)
    first = fingerprint(find(here))
    os.utime(here / "invoices.csv", (0, 0))
    there = write(tmp_path / "there", files | {"truth.parquet": "anything", "notes.txt": "anything"})
    assert first == fingerprint(find(here)) == fingerprint(find(there))
    changed = {content.replace("C1", "C2"), content.replace("\n", "\r\n"), f"{content} ", content[:-1]}
    prints = {fingerprint(find(write(there, {"invoices.csv": other}))) for other in changed}
    elsewhere = write(tmp_path / "moved", {"invoices.csv": content, "receipts.csv": files["customers.csv"]})
    moved = fingerprint(find(elsewhere))
    assert len(prints | {first, moved}) == len(changed) + 2


def test_the_fingerprint_of_a_database_changes_with_its_rows(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / database.name
    copy.write_bytes(database.read_bytes())
    assert fingerprint({"ledger": copy}) == fingerprint({"ledger": database})
    with duckdb.connect(str(copy)) as con:
        con.sql("UPDATE invoices SET amount = 1 WHERE invoice_id = 'A2'")
    assert fingerprint({"ledger": copy}) != fingerprint({"ledger": database})


def test_files_that_are_no_table_are_not_read_and_named(tmp_path: Path) -> None:
    """Ours and what lies in any folder is no worry; a name near that of a table is one of its own."""
    ours = ["truth.parquet", "quarantine.csv", "import.json", "run.json", "README.md", ".gitignore"]
    near = ["Invoices.csv", "application.csv", "Receipts.CSV", "customers.tsv", "invoices.csv.bak", "contacts (1).csv"]
    files: dict[str, str | bytes] = dict.fromkeys([*ours, *near, "notes.txt", "a\nb.pdf"], b"\xff\xfe")
    files |= {"ledger.toml": "", "invoices.csv": f"{HEADER}\n{SOUND}\n"}
    books = open_books(write(tmp_path, files))
    assert books.present == {"invoices"}
    assert counted(books) == {"invoices": (1, 1, 0)}
    told = {problem.value: (problem.rule, problem.table) for problem in problems(books)}
    assert told == {
        "Invoices.csv": ("misnamed_file", "invoices"),
        "application.csv": ("misnamed_file", "applications"),
        "Receipts.CSV": ("misnamed_file", "receipts"),
        "customers.tsv": ("misnamed_file", "customers"),
        "invoices.csv.bak": ("misnamed_file", "invoices"),
        "contacts (1).csv": ("misnamed_file", "contacts"),
        "a\nb.pdf, notes.txt": ("unknown_file", ""),
    }
    said = books.problems.message.tolist()
    assert said[1] == (
        "not read: Receipts.CSV. If it is the table receipts, name it receipts.csv, receipts.csv.gz or "
        "receipts.parquet, as it is written."
    )
    assert said[-1] == r"not read: a\nb.pdf, notes.txt"


@pytest.mark.parametrize("name", ["ledger[1]", "led?er", "*", "[", "a]b", "k=1", "é ü", "a'b", "[!x]", "**"])
def test_a_path_is_no_pattern(tmp_path: Path, name: str) -> None:
    """Whatever lies beside the folder that was named is not read in its place or with it."""
    for beside in ("ledger1", "ledger", "x", "k", name):
        row = SOUND if beside == name else f"{SOUND}\n{SOUND.replace('A1', 'A2')}"
        write(tmp_path / beside, {"invoices.csv": f"{HEADER}\n{row}\n"})
    ledger = tmp_path / name
    assert counted(open_books(ledger)) == {"invoices": (1, 1, 0)}
    duckdb.from_csv_auto(str(tmp_path / "x" / "invoices.csv")).write_parquet(str(ledger / "invoices.parquet"))
    (ledger / "invoices.csv").unlink()
    assert counted(open_books(ledger)) == {"invoices": (2, 2, 0)}


def test_what_is_no_file_is_refused_unopened(tmp_path: Path) -> None:
    ledger = write(tmp_path / "ledger", {"invoices.csv": f"{HEADER}\n{SOUND}\n"})
    table = ledger / "customers.csv"
    table.symlink_to("gone.csv")
    with pytest.raises(SourceError, match=r"customers\.csv is a link to nothing"):
        open_books(ledger)
    table.unlink()
    os.mkfifo(table)
    with pytest.raises(SourceError, match=r"customers\.csv is a pipe or a device, not a file"):
        open_books(ledger)
    table.unlink()
    table.mkdir()
    with pytest.raises(SourceError, match=r"customers\.csv is a folder, not a file"):
        open_books(ledger)


def test_invoices_under_another_name_are_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no invoices table, but Invoices\.CSV\. Its name has to be invoices\.csv"):
        open_books(write(tmp_path, {"Invoices.CSV": f"{HEADER}\n{SOUND}\n"}))


def test_one_header_rule_for_every_kind_of_file(tmp_path: Path) -> None:
    """DuckDB would call the second one Amount_1 and read on."""
    import pyarrow as pa
    from pyarrow import parquet

    cells = dict(zip(HEADER.split(","), SOUND.split(","), strict=True))
    columns = [pa.array([cell]) for cell in [*cells.values(), "5"]]
    parquet.write_table(pa.Table.from_arrays(columns, [*cells, "Amount"]), tmp_path / "invoices.parquet")
    with pytest.raises(SourceError, match=r"invoices\.parquet: the column .*Amount.* twice\. Keep one"):
        open_books(tmp_path)


def test_a_decimal_wider_than_the_engine_holds_is_refused(tmp_path: Path) -> None:
    """DuckDB reads 1.00 of 39 digits as 72,057,594,037,927,940."""
    import pyarrow as pa
    from pyarrow import parquet

    cells = dict(zip(HEADER.split(","), SOUND.split(","), strict=True))
    wide = {"amount": pa.array([Decimal("1.00")], pa.decimal256(39, 2))}
    parquet.write_table(pa.table({name: [cell] for name, cell in cells.items()} | wide), tmp_path / "invoices.parquet")
    with pytest.raises(SourceError, match=r"invoices\.parquet: the column amount is a decimal of more digits"):
        open_books(tmp_path)


def test_what_is_no_number_in_parquet_is_none(tmp_path: Path) -> None:
    ledger = write(tmp_path, {"invoices.csv": f"{HEADER}\n{SOUND}\n"})
    values = "(1, 'NaN'::DOUBLE), (2, 'inf'::DOUBLE), (3, 1e300), (4, 1.5)"
    rows = f"SELECT '2026-01-05'::DATE + day AS rate_on, 'EUR' AS currency, rate FROM (VALUES {values}) t(day, rate)"
    duckdb.sql(f"COPY ({rows}) TO '{ledger}/rates.parquet'")
    books = open_books(ledger)
    assert [(problem.rule, problem.row) for problem in problems(books)] == [
        ("not_a_number", 1), ("too_large", 2), ("too_large", 3),
    ]  # fmt: skip
    assert counted(books)["rates"] == (4, 1, 3)


@pytest.mark.parametrize("column", ["invoices.amount", "receipts.amount", "rates.rate"])
def test_a_float_too_short_for_cents_is_refused(tmp_path: Path, column: str) -> None:
    table, _dot, name = column.partition(".")
    ledger = write(tmp_path, {"invoices.csv": f"{HEADER}\n{SOUND}\n"})
    (ledger / f"{table}.csv").unlink(missing_ok=True)
    cells = {needed.name: "'x'" for needed in BY_NAME[table].required} | {name: "1234567.89::REAL"}
    row = ", ".join(f"{cell} AS {of}" for of, cell in cells.items())
    duckdb.sql(f"COPY (SELECT {row}) TO '{ledger}/{table}.parquet'")
    with pytest.raises(SourceError, match=rf"{table}: {name} holds floats of less than 64 bits.*Write decimals"):
        open_books(ledger)


def test_a_time_stamp_with_a_zone_is_no_day(tmp_path: Path) -> None:
    typed = "SELECT * REPLACE (due_on::TIMESTAMP AT TIME ZONE 'America/New_York' AS due_on)"
    text = write(tmp_path / "text", {"invoices.csv": f"{HEADER}\n{SOUND}\n"}) / "invoices.csv"
    ledger = tmp_path / "ledger"
    ledger.mkdir()
    duckdb.sql(f"COPY ({typed} FROM read_csv('{text}', all_varchar = true)) TO '{ledger}/invoices.parquet'")
    with pytest.raises(SourceError, match=r"invoices: due_on holds time stamps with a time zone.*Write dates"):
        open_books(ledger)


@pytest.mark.parametrize(
    "given",
    [
        "TRUE",
        "'2026-01-01'::DATE",
        "[1]",
        "{'a': 1}",
        "'x'::BLOB",
        "'1:00'::TIME",
        "NULL",
        "'infinity'::DATE",
        "'290000-01-01'::DATE",
        "'-infinity'::TIMESTAMP",
    ],
)
def test_a_column_of_another_type_is_told_row_by_row(tmp_path: Path, given: str) -> None:
    """No type that Parquet has ends the reading, in whatever column it stands: every second one, then the others."""
    cells = {name: f"'{cell}'" for name, cell in zip(HEADER.split(","), SOUND.split(","), strict=True)}
    columns = [*cells, "currency", "discount_amount", "known_on", "region"]
    for nth in range(2):
        ledger = tmp_path / str(nth)
        ledger.mkdir()
        rows = ", ".join(f"{cell} AS {name}" for name, cell in (cells | dict.fromkeys(columns[nth::2], given)).items())
        duckdb.sql(f"COPY (SELECT {rows}) TO '{ledger}/invoices.parquet'")
        read, used, out = counted(open_books(ledger))["invoices"]
        assert read == used + out == 1


@pytest.mark.parametrize(
    ("name", "fault", "said"),
    [
        (None, UsageError, "NoneType is no ledger"),
        (pd.DataFrame(), UsageError, "DataFrame is no ledger.*to_csv"),
        ("", UsageError, "The ledger has no name"),
        ("x" * 5000, SourceError, "cannot be read: File name too long"),
    ],
)
def test_a_name_that_none_can_have_is_told(name: str, fault: type[Exception], said: str) -> None:
    with pytest.raises(fault, match=said):
        open_ledger(name)
