"""One definition, whatever the engine: PostgreSQL and Spark give the figures that DuckDB gives, and keep the rows.

Where a server, Java or a driver is missing these tests say so and are skipped; `.ci/run` installs them.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import quote

import ibis
import pandas as pd
import pytest
from click.testing import CliRunner

import arforecast
import ledgers
from arforecast import Ledger, kpis
from arforecast.cli import main
from arforecast.errors import SourceError
from arforecast.forecast import billing
from arforecast.ledger import Books, open_books
from arforecast.ledger.tables import BY_NAME
from arforecast.runs import runner
from arforecast.sample import write_sample
from arforecast.schedules import SCHEDULES
from arforecast.snapshot import computed, stand
from test_runner import notebook

DAYS = [date(2026, 3, 31), date(2026, 5, 15), date(2026, 6, 30)]
DECIMALS = 2


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """A ledger in DuckDB: the sample company, small, some bad rows, some customers billed in a foreign currency."""
    made, folder = tmp_path_factory.mktemp("made") / "sample", tmp_path_factory.mktemp("engines") / "ledger"
    write_sample(made, customers=40, months=14)
    tables = ledgers.read(made)
    for row in tables["invoices"] + tables["receipts"]:
        row["currency"] = "CAD" if row["customer_id"].endswith(("3", "7")) else "USD"
    tables["invoices"] += [tables["invoices"][5], tables["invoices"][9]]
    return open_books(ledgers.write(tables | {"control_totals": []}, folder))


def typed(books: Books, folder: Path) -> dict[str, Path]:
    """The ledger's rows, the bad ones too, as a database holds them: dates and decimals, one Parquet file a table."""
    source = open_books_raw(folder)
    files = {}
    for name, table in source.items():
        columns = [column for column in BY_NAME[name].columns if column.name in table.columns]
        values = {column.name: _stored(table[column.name], column.type) for column in columns}
        files[name] = folder / f"{name}.typed.parquet"
        table.select(**values).to_parquet(files[name])
    return files


def open_books_raw(folder: Path) -> dict[str, ibis.Table]:
    con = ibis.duckdb.connect()
    return {name: con.read_csv(folder / f"{name}.csv", all_varchar=True) for name in BY_NAME}


def _stored(cell: ibis.Column, kind: str) -> ibis.Value:
    cell = cell.nullif("")
    types = {"date": "date", "money": f"decimal(18,{DECIMALS})", "number": "float64", "flag": "boolean"}
    return cell.cast(types.get(kind, "string"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, here: Books) -> dict[str, Path]:
    folder = next(Path(tmp_path_factory.getbasetemp()).glob("engines*")) / "ledger"
    return typed(here, folder)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory, files: dict[str, Path]) -> Iterator[str]:
    """The URL of a PostgreSQL on loopback that holds the ledger; it is stopped by its own pg_ctl."""
    pytest.importorskip("psycopg", reason="the postgres extra is not installed")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("there is no PostgreSQL server on this machine: install the package postgresql")
    folder = Path("/tmp") / f"arforecast-postgres-{os.getpid()}"  # a short path: sockets have no long ones
    owner = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    folder.mkdir()
    if owner:
        shutil.chown(folder, owner)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    control = [f"{programs[-1]}/pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-w"]
    # Compiling a plan costs more than running it on so few rows; of a question more is remembered than its first line.
    tuned = "-c jit=off -c fsync=off -c track_activity_query_size=100000"
    options = f"-p {port} -c listen_addresses=127.0.0.1 {tuned} -k {folder}"
    try:
        _run([f"{programs[-1]}/initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "owner"], owner)
        access = folder / "data" / "pg_hba.conf"
        access.write_text(f"host all bob 127.0.0.1/32 scram-sha-256\n{access.read_text()}")
        _run([*control, "-o", options, "start"], owner)
        url = f"postgres://owner@127.0.0.1:{port}/postgres"
        con = ibis.connect(url)
        for name, file in files.items():
            con.create_table(name, ibis.read_parquet(file).to_pyarrow())
        yield url
    finally:
        _run([*control, "-m", "immediate", "stop"], owner)
        shutil.rmtree(folder)


def _run(command: list[str], owner: str | None) -> None:
    subprocess.run(command, check=True, user=owner, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory, files: dict[str, Path]) -> Iterator[Any]:
    """A local Spark session whose catalog holds the ledger as views."""
    sql = pytest.importorskip("pyspark.sql", reason="the spark extra is not installed")
    if not shutil.which("java"):
        pytest.skip("there is no Java on this machine: Spark needs it")
    settings = {
        "spark.pyspark.python": sys.executable,
        "spark.ui.enabled": "false",
        # A small ledger is asked many long questions: compiling each costs more than running it.
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.constraintPropagation.enabled": "false",
        # The rows that a question brings along go to Java as they are, and not one by one through a process of Python.
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Nor is a question asked often enough to be worth the best machine code.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.maxPlanStringLength": "2000",  # the text of a long plan outgrows the heap of a small driver
    }
    session = sql.SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    for name, file in files.items():
        session.read.parquet(str(file)).createOrReplaceTempView(name)
    yield session
    session.stop()


# Reading a ledger is the dearest thing there is on Spark: once for all tests.


@pytest.fixture(scope="module")
def fetched() -> Iterator[list[int]]:
    """How many rows each question to PostgreSQL brought."""
    postgres = pytest.importorskip("ibis.backends.postgres", reason="the postgres extra is not installed")
    brought, execute = [], postgres.Backend.execute

    def counted(self: Any, expr: ibis.Expr, *args: Any, **kwargs: Any) -> Any:
        result = execute(self, expr, *args, **kwargs)
        brought.append(len(result) if isinstance(result, pd.DataFrame) else 1)
        return result

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(postgres.Backend, "execute", counted)
        yield brought


@pytest.fixture(scope="module")
def in_postgres(postgres: str, fetched: list[int]) -> Books:
    return open_books(postgres)


@pytest.fixture(scope="module")
def on_spark(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """What Spark made of the ledger, written once: asked anew with every question, the checks take most of the time."""
    books, folder = open_books(spark), tmp_path_factory.mktemp("spark")
    kept = {}
    for name, table in books.tables.items():
        con = table.get_backend()
        con.to_parquet(table, folder / name)
        kept[name] = con.read_parquet(folder / name)
    return replace(books, tables=kept)


def agree(there: Books, here: Books, by: str | None = None) -> None:
    """The same problems, the same counts, and every value of the catalogue: money exactly, ratios to 1e-9."""
    assert (there.problems.rule.value_counts() == here.problems.rule.value_counts()).all()
    pd.testing.assert_frame_equal(there.rows, here.rows)
    keys = ["as_of", "by", "group", "kpi"]
    theirs, ours = (kpis.measured(books, DAYS, by).set_index(keys).sort_index() for books in (there, here))
    assert theirs.index.equals(ours.index)
    assert theirs.value.notna().equals(ours.value.notna())
    for column in ("value", "numerator", "denominator"):
        pd.testing.assert_series_equal(theirs[column], ours[column], rtol=1e-9, atol=0)
    money = ours.unit == "money"
    assert theirs.value[money].equals(ours.value[money])


def test_postgres_agrees_and_keeps_its_rows(fetched: list[int], in_postgres: Books, here: Books) -> None:
    """What leaves for the books and the whole catalogue is the bad rows and sums by day and group, never a table."""
    agree(in_postgres, here, by="segment")
    smallest = here.rows.read[here.rows.table.isin(["invoices", "applications"])].min()
    assert fetched
    assert max(fetched) < smallest / 5


def test_spark_agrees(on_spark: Books, here: Books) -> None:
    agree(on_spark, here)


def schedules_agree(there: Books, here: Books) -> None:
    """Every schedule on the last day: money exactly but for the losses that are a product, the rest to 1e-9."""
    theirs, ours = (computed(books, DAYS[-1:]) for books in (there, here))
    for name, schedule in SCHEDULES.items():
        one, other = schedule(theirs, DAYS[-1]), schedule(ours, DAYS[-1])
        pd.testing.assert_frame_equal(one, other, rtol=1e-9, atol=0, check_dtype=False, obj=name)
        sums = [column for column in other.filter(regex="_amount$|_balance$") if "expected" not in column]
        assert one[sums].astype("float64").equals(other[sums].astype("float64")), name


def test_postgres_agrees_on_the_schedules(in_postgres: Books, here: Books) -> None:
    schedules_agree(in_postgres, here)


def test_spark_agrees_on_the_schedules(on_spark: Books, here: Books) -> None:
    schedules_agree(on_spark, here)


def accounts_agree(there: Books, here: Books) -> None:
    """The accounts of the last day and their sheets, row by row."""
    theirs, ours = (Ledger(books).as_of(DAYS[-1]) for books in (there, here))
    customers = ours.accounts().customer_id.tolist()
    one = (theirs.accounts(), *theirs.account_sheets(customers))
    for found, expected in zip(one, (ours.accounts(), *ours.account_sheets(customers)), strict=True):
        assert not expected.empty
        pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=0, check_dtype=False)


def test_postgres_agrees_on_the_accounts(in_postgres: Books, here: Books) -> None:
    accounts_agree(in_postgres, here)


def test_spark_agrees_on_the_accounts(on_spark: Books, here: Books) -> None:
    accounts_agree(on_spark, here)


def billing_agrees(there: Books, here: Books) -> None:
    """What cash goes by of what is not issued yet, on each of the days."""
    theirs, ours = (computed(books, DAYS) for books in (there, here))
    one, other = (billing.recent(facts, DAYS) for facts in (theirs, ours))
    for found, expected in (
        (billing.begun(one), billing.begun(other)),
        (billing.scheduled(theirs, DAYS), billing.scheduled(ours, DAYS)),
    ):
        assert not expected.empty
        pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=0, check_dtype=False)
    assert billing.levels(theirs, one, DAYS) == billing.levels(ours, other, DAYS)


def test_postgres_agrees_on_the_billing(in_postgres: Books, here: Books) -> None:
    billing_agrees(in_postgres, here)


def test_spark_agrees_on_the_billing(on_spark: Books, here: Books) -> None:
    billing_agrees(on_spark, here)


def test_a_role_that_may_only_read_opens_a_ledger(postgres: str, here: Books) -> None:
    """Nothing is copied, and rows are numbered the same way however often they are asked for."""
    owner = ibis.connect(postgres)
    owner.raw_sql("""
        CREATE ROLE reader LOGIN;
        GRANT USAGE ON SCHEMA public TO reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC;
    """)
    owner.con.commit()
    there = open_books(postgres.replace("owner@", "reader@"))
    pd.testing.assert_frame_equal(there.rows, here.rows)
    assert there.problems.groupby("rule").size().equals(here.problems.groupby("rule").size())
    assert sorted(there.quarantine.value) == sorted(here.quarantine.value)
    assert there.tables["invoices"].amount.sum().execute() == here.tables["invoices"].amount.sum().execute()


def test_a_ledger_is_read_and_never_written(postgres: str) -> None:
    """The role owns every table. A view of the first ledger writes when it is read; one of the second asks that later
    statements may write."""
    owner = ibis.connect(postgres)
    for schema, does in {
        "writes": "INSERT INTO kept VALUES (1)",
        "opens": "SET default_transaction_read_only = off",
    }.items():
        owner.raw_sql(f"""
            CREATE SCHEMA {schema};
            SET search_path = {schema};
            CREATE TABLE kept (a int);
            CREATE FUNCTION does() RETURNS text LANGUAGE plpgsql AS $$ BEGIN {does}; RETURN 'tea'; END $$;
            CREATE TABLE rows AS
                SELECT 'A1' invoice_id, 'C1' customer_id, date '2026-01-05' issued_on, date '2026-02-04' due_on,
                10 amount;
            CREATE VIEW invoices AS SELECT rows.*, does() AS product FROM rows;
        """)
    owner.raw_sql("SET search_path = public")
    owner.con.commit()

    refused = CliRunner().invoke(main, ["check", f"{postgres}?schema=writes"])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("The database writes when the ledger is read, and it is only read here.")

    books = open_books(f"{postgres}?schema=opens")
    con = books.tables["invoices"].get_backend()
    assert computed(books, [date(2026, 2, 28)]).invoices.amount.sum().execute() == 1000
    for write in (
        lambda: con.insert("kept", [{"a": 1}]),
        lambda: con.create_table("more", con.table("rows")),
        lambda: con.truncate_table("rows"),
        lambda: con.drop_view("invoices"),
    ):
        with pytest.raises(Exception, match="in a read-only transaction"):
            write()
    with pytest.raises(Exception, match='table "rows" does not exist'):
        con.drop_table("rows")
    counts = [
        owner.table(name, database=schema).count().execute()
        for name in ("kept", "rows")
        for schema in ("writes", "opens")
    ]
    assert counts == [0, 0, 1, 1]


def test_a_database_that_breaks_off_is_told(postgres: str) -> None:
    """The first question about the rows is ended by the server."""
    owner = ibis.connect(postgres).con
    ends = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> %s AND query LIKE '%%receipts%%'"
    told = Event()

    def end() -> None:
        while not (told.is_set() or owner.execute(ends, [owner.info.backend_pid]).fetchone()[0]):
            time.sleep(0.001)

    server = Thread(target=end)
    server.start()
    refused = CliRunner().invoke(main, ["check", postgres])
    told.set()
    server.join()
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("The database ended the connection. Nothing was written to it;")


def test_a_table_that_may_not_be_read_is_no_absent_one(postgres: str) -> None:
    owner = ibis.connect(postgres)
    owner.raw_sql("""
        CREATE ROLE barred LOGIN;
        GRANT SELECT ON invoices, customers TO barred;
        GRANT SELECT (applied_on) ON applications TO barred;
    """)
    with pytest.raises(SourceError, match=r"holds billing_schedule, .*receipts, which this role may not read\. GRANT"):
        open_books(postgres.replace("owner@", "barred@"))


WORD = "S3cret/W?rd@"


@pytest.fixture(scope="module")
def guarded(postgres: str) -> str:
    """The URL of a user with a password, who may read a ledger of one invoice and, for the days of figures, make
    temporary tables."""
    owner = ibis.connect(postgres)
    owner.raw_sql(f"""
        CREATE SCHEMA guarded;
        CREATE TABLE guarded.invoices (invoice_id text, customer_id text, issued_on date, due_on date, amount text);
        INSERT INTO guarded.invoices VALUES ('A1', 'anna', '2026-06-01', '2026-06-15', '100.00');
        CREATE ROLE bob LOGIN PASSWORD '{WORD}';
        GRANT USAGE ON SCHEMA guarded TO bob;
        GRANT SELECT ON guarded.invoices TO bob;
        GRANT TEMPORARY ON DATABASE postgres TO bob;
    """)
    owner.con.commit()
    return postgres.replace("owner@", f"bob:{quote(WORD, safe='')}@") + "?schema=guarded"


def test_a_run_keeps_the_address_and_no_password(
    guarded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The notebook opens the database by what its parameter says; nothing that the run leaves holds the password."""
    monkeypatch.setenv("PYTHONPATH", str(Path(arforecast.__file__).resolve().parents[1]))
    cells = ["# Guarded", "import arforecast as ar; print('headline', ledger, len(ar.open_ledger(ledger).books.rows))"]
    notebook(tmp_path / "notebooks", "guarded", cells)
    folder = runner.run(guarded, "2026-06-30", out=tmp_path / "reports", notebooks=tmp_path / "notebooks")
    address = guarded.replace(guarded.partition("://")[2].rpartition("@")[0], "***").replace("schema=guarded", "***")
    assert f"headline {address} " in (folder / "index.html").read_text("utf-8")
    assert json.loads((folder / "run.json").read_text("utf-8"))["parameters"] == {"ledger": address}
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for word in (WORD, quote(WORD, safe=""), "S3cret", "W%3Frd"):
        assert word.encode() not in left
        assert word not in "".join(capfd.readouterr())


def test_postgres_agrees_on_decimals(postgres: str, tmp_path: Path) -> None:
    """
    invoices
    invoice_id customer_id issued_on  due_on     amount       currency
    K1         C1          2026-06-01 2026-06-15 12.345       KWD
    K2         C1          2026-06-01 2026-06-15 12.3456      KWD
    J1         C2          2026-06-01 2026-06-15 150000       JPY
    J2         C2          2026-06-01 2026-06-15 999999999999 JPY
    U1         C3          2026-06-01 2026-06-15 10.00        -
    X1         C3          2026-06-01 2026-06-15 10.00        XXQ

    applications
    invoice_id applied_on amount  kind
    K1         2026-06-05 2.345   cash
    J1         2026-06-05 50000   cash
    J1         2026-06-05 0.5     cash
    U1         2026-06-05 1.01    cash

    rates
    rate_on    currency rate
    2026-06-01 KWD      3.25
    2026-06-01 JPY      0.0066
    """
    tables = ledgers.told(test_postgres_agrees_on_decimals.__doc__ or "")
    folder = ledgers.write(tables, tmp_path / "ledger")
    con = ibis.connect(postgres)
    con.create_database("small")
    for name in tables:
        rows = pd.read_csv(folder / f"{name}.csv", dtype="str")
        con.create_table(name, rows, database="small")
    one, other = (open_books(url) for url in (f"{postgres}?schema=small", folder))
    assert one.problems.rule.tolist() == other.problems.rule.tolist() == ["not_money", "unknown_currency", "not_money"]
    theirs, ours = (stand(books, [date(2026, 6, 30)]) for books in (one, other))
    for rows, key in (("invoices", ()), ("entries", ("happened_on",))):
        found, expected = (getattr(facts, rows).select("invoice_id", *key, "amount") for facts in (theirs, ours))
        assert sorted(found.execute().itertuples(index=False)) == sorted(expected.execute().itertuples(index=False))


def test_a_wrong_password_is_told_without_it(guarded: str) -> None:
    told = r"^postgres://\*\*\*@127.*cannot be opened: .*authentication failed"
    with pytest.raises(SourceError, match=told) as caught:
        open_books(guarded.replace("S3cret", "Wr0ng"))
    assert "Wr0ng" not in str(caught.value)


def test_a_database_without_a_ledger_says_so(postgres: str) -> None:
    nowhere = postgres.replace("/postgres", "/nowhere")
    with pytest.raises(SourceError, match="cannot be opened"):
        open_books(nowhere)
