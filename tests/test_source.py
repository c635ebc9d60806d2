"""Reading a ledger: three kinds of file, one content; and what is said where there is none."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from arforecast.errors import SourceError
from arforecast.ledger import Books, open_books, source
from arforecast.ledger.files import find, fingerprint
from arforecast.settings import Engine
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
            "invoices has no column .*its columns are invoice_id;customer_id;.*import the file with a preset",
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


def test_a_database_that_is_none_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"ledger.duckdb": "not a database" * 1_000})
    with pytest.raises(SourceError, match=r"ledger\.duckdb.*DuckDB"):
        open_books(tmp_path / "ledger.duckdb")


# The fingerprint


def test_the_fingerprint_is_of_bytes_and_names_not_of_times_and_places(tmp_path: Path) -> None:
    content = f"{HEADER}\n{SOUND}\n"
    files: dict[str, str | bytes] = {"invoices.csv": content, "customers.csv": "customer_id\nC1\n"}
    here = write(tmp_path / "here", files)
    first = fingerprint(dict(find(here)))
    os.utime(here / "invoices.csv", (0, 0))
    there = write(tmp_path / "there", files | {"truth.parquet": "anything", "notes.txt": "anything"})
    assert first == fingerprint(dict(find(here))) == fingerprint(dict(find(there)))
    changed = {content.replace("C1", "C2"), content.replace("\n", "\r\n"), f"{content} ", content[:-1]}
    prints = {fingerprint(dict(find(write(there, {"invoices.csv": other})))) for other in changed}
    elsewhere = write(tmp_path / "moved", {"invoices.csv": content, "receipts.csv": files["customers.csv"]})
    moved = fingerprint(dict(find(elsewhere)))
    assert len(prints | {first, moved}) == len(changed) + 2


def test_the_fingerprint_of_a_database_changes_with_its_rows(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / database.name
    copy.write_bytes(database.read_bytes())
    assert fingerprint({"ledger": copy}) == fingerprint({"ledger": database})
    with duckdb.connect(str(copy)) as con:
        con.sql("UPDATE invoices SET amount = 1 WHERE invoice_id = 'A2'")
    assert fingerprint({"ledger": copy}) != fingerprint({"ledger": database})


def test_files_that_are_no_table_are_not_read(tmp_path: Path) -> None:
    strangers = {"truth.parquet": "not Parquet", "quarantine.csv": b"\xff\xfe", "notes.txt": "", "Invoices.csv": ""}
    books = open_books(write(tmp_path, {"invoices.csv": f"{HEADER}\n{SOUND}\n", **strangers}))
    assert books.present == {"invoices"}
    assert counted(books) == {"invoices": (1, 1, 0)}
