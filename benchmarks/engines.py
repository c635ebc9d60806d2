"""A large ledger in the database where it lives: what each answer takes, and what leaves the engine for it.

    python benchmarks/engines.py postgres://owner@127.0.0.1:5432/postgres [--invoices 1m]
    python benchmarks/engines.py spark [--invoices 1m]

puts the ledger `full` into an empty PostgreSQL, or before a Spark session of this process, and prints for opening it,
all KPIs by segment, who pays late and cash: seconds of the clock here and of DuckDB over the same files, the questions
asked, the rows and cells that came, and by how much any number differs, in parts of it.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
import pandas as pd

import arforecast as ar
import ledgers

AS_OF = ledgers.AS_OF["full"].isoformat()
TYPES = {"VARCHAR": "text", "DOUBLE": "double precision", "BIGINT": "bigint", "BOOLEAN": "boolean"}
ANSWERS: dict[str, Callable[[Any], Any]] = {
    "open and check": lambda ledger: ar.open_ledger(ledger).as_of(AS_OF),
    "kpis by segment": lambda today: today.kpis(by="segment"),
    "late": lambda today: today.late_payers(),
    "cash": lambda today: today.cash_forecast(),
}
KEYS = ("as_of", "by", "group", "kpi", "invoice_id", "week_start", "component")


def into_postgres(folder: Path, url: str) -> str:
    """The ledger's tables in the database, money as decimals and days as dates."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as con:
        for file in sorted(folder.glob("*.parquet")):
            columns = duckdb.sql(f"DESCRIBE SELECT * FROM '{file}'").fetchall()
            declared = ", ".join(f'"{name}" {_type(name, kind)}' for name, kind, *_ in columns)
            con.execute(f"CREATE TABLE {file.stem} ({declared})")
            text = file.with_suffix(".csv")
            duckdb.sql(f"COPY (FROM '{file}') TO '{text}' (HEADER)")
            with (
                con.cursor().copy(f"COPY {file.stem} FROM STDIN (FORMAT csv, HEADER)") as copy,
                text.open("rb") as read,
            ):
                while part := read.read(1 << 20):
                    copy.write(part)
            text.unlink()
        con.execute("ANALYZE")
    return url


def _type(name: str, kind: str) -> str:
    return "numeric(18,2)" if name in ledgers.MONEY else TYPES.get(kind, "date")


def before_spark(folder: Path, _name: str) -> Any:
    """A session that sees the ledger's files as tables."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.pyspark.python": sys.executable,
        "spark.driver.memory": "8g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.maxPlanStringLength": "2000",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    for file in folder.glob("*.parquet"):
        session.read.parquet(str(file)).createOrReplaceTempView(file.stem)
    return session


@contextmanager
def counted(engine: str) -> Iterator[list[tuple[int, int]]]:
    """The rows and columns that each question brings."""
    backend: Any = importlib.import_module(f"ibis.backends.{engine}").Backend
    brought, execute = [], backend.execute

    def execute_and_count(self: Any, expr: Any, *args: Any, **kwargs: Any) -> Any:
        result = execute(self, expr, *args, **kwargs)
        brought.append(result.shape if isinstance(result, pd.DataFrame) else (np.size(result), 1))
        return result

    backend.execute = execute_and_count
    try:
        yield brought
    finally:
        backend.execute = execute


def answered(ledger: Any) -> Iterator[tuple[str, float, Any]]:
    """Each answer with its seconds, the first being the ledger itself on the day."""
    asked = ledger
    for nth, (words, ask) in enumerate(ANSWERS.items()):
        began = perf_counter()
        answer = ask(asked)
        yield words, perf_counter() - began, answer
        asked = asked if nth else answer


def difference(there: pd.DataFrame, here: pd.DataFrame) -> float:
    """By how much any number differs, in parts of the larger of both; infinite where the rows or texts do."""
    if there.shape != here.shape:
        return float("inf")
    keys = [name for name in KEYS if name in here]
    one, other = (frame.sort_values(keys, ignore_index=True) for frame in (there, here))
    numbers = here.select_dtypes("number").columns
    same = one.drop(columns=numbers).astype("str").equals(other.drop(columns=numbers).astype("str"))
    ours, theirs = (frame[numbers].to_numpy(float) for frame in (other, one))
    size = np.maximum(np.abs(ours), np.abs(theirs))
    apart = np.divide(np.abs(ours - theirs), size, out=np.zeros_like(size), where=size > 0)
    known = bool((np.isnan(ours) == np.isnan(theirs)).all())
    return float(np.nanmax(apart, initial=0)) if same and known else float("inf")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", help="the address of an empty PostgreSQL, or spark")
    parser.add_argument("--invoices", default="1m")
    asked = parser.parse_args()
    put, engine = (before_spark, "pyspark") if asked.engine == "spark" else (into_postgres, "postgres")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "full"
        ledgers.write("full", folder, ledgers.size(asked.invoices))
        here = {words: (seconds, answer) for words, seconds, answer in answered(folder)}
        print(f"{'answer':<16} {'wall s':>8} {'DuckDB':>8} {'questions':>9} {'rows':>10} {'cells':>11}  differs")
        with counted(engine) as brought:
            for words, seconds, answer in answered(put(folder, asked.engine)):
                known, ours = here[words]
                apart = f"{difference(answer, ours):.1e}" if isinstance(answer, pd.DataFrame) else ""
                rows, cells = sum(count for count, _ in brought), sum(count * columns for count, columns in brought)
                told = f"{words:<16} {seconds:8.1f} {known:8.1f} {len(brought):9} {rows:10,} {cells:11,}  {apart}"
                print(told.rstrip(), flush=True)
                brought.clear()


if __name__ == "__main__":
    main()
