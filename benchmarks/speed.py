"""How fast the catalogue is, and how much memory it takes, beside pandas and hand-written SQL.

    python benchmarks/speed.py [--invoices 10m]

writes a ledger of that many invoices, then measures, each in a process of its own: reading and checking it; the whole
catalogue at 36 month-ends, whole and by segment; ageing, DSO and CEI alone, at the same days, as the catalogue has
them, as a hand would write them in SQL for DuckDB, and as most would write them in pandas.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

AS_OF, MONTHS = date(2024, 12, 31), 36


def write_ledger(folder: Path, count: int) -> None:
    """Four years of invoices on terms of 15 to 45 days; a seventh paid in two parts, three in a hundred never."""
    random = np.random.default_rng(1)
    issued = np.sort(random.integers(0, 4 * 365, count))
    terms = random.choice([15, 30, 45], count)
    paid = issued + np.maximum(terms + random.normal(2, 12, count).astype(int), 0)
    cents = np.exp(random.normal(11, 1, count)).astype(np.int64) + 2
    names = np.char.add("I", np.arange(count).astype(str))
    start = np.datetime64("2021-01-01")
    invoices = pd.DataFrame(
        {
            "invoice_id": names,
            "customer_id": np.char.add("C", random.integers(0, count // 50 + 1, count).astype(str)),
            "issued_on": start + issued,
            "due_on": start + issued + terms,
            "amount": cents / 100,
            "segment": random.choice(["a", "b", "c", "d", "e"], count),
        }
    )
    first = np.where(random.random(count) < 1 / 7, cents // 2, cents)
    parts = [(paid, first), (paid + 20, cents - first)]
    applications = pd.concat(
        pd.DataFrame({"invoice_id": names, "applied_on": start + on, "amount": part / 100, "kind": "cash"})
        for on, part in parts
    )
    kept = (applications.amount > 0) & np.tile(random.random(count) < 0.97, 2)
    known = applications[kept & (applications.applied_on <= pd.Timestamp(AS_OF))]
    invoices.to_parquet(folder / "invoices.parquet", index=False)
    known.to_parquet(folder / "applications.parquet", index=False)


def month_ends() -> list[date]:
    from arforecast.snapshot import month_ends

    return month_ends(AS_OF, MONTHS)


def opening(folder: Path) -> Callable[[], object]:
    from arforecast.ledger import open_books

    return lambda: open_books(folder)


def catalogue(folder: Path) -> Callable[[], object]:
    from arforecast import kpis
    from arforecast.ledger import open_books

    books = open_books(folder)
    return lambda: kpis.measured(books, month_ends(), by="segment")


def three_of_ours(folder: Path) -> Callable[[], object]:
    from arforecast.kpis import balances
    from arforecast.ledger import open_books
    from arforecast.snapshot import stand

    books = open_books(folder)

    def measure() -> list[pd.DataFrame]:
        facts = stand(books, month_ends())
        return [balances.standing(facts).to_pandas(), balances.flows(facts).to_pandas()]

    return measure


SQL = """
WITH days AS (SELECT unnest(?::DATE[]) AS as_of),
     marks AS (SELECT as_of, as_of FROM days UNION SELECT as_of, date_trunc('month', as_of)::DATE - 1 FROM days),
     entries AS (
         SELECT invoice_id, issued_on AS entered_on, cents AS change FROM i UNION ALL
         SELECT a.invoice_id, greatest(a.applied_on, i.issued_on), -a.cents FROM a JOIN i USING (invoice_id)),
     daily AS (SELECT invoice_id, entered_on, sum(change) AS change FROM entries GROUP BY ALL),
     spells AS (
         SELECT invoice_id, entered_on AS since,
                coalesce(lead(entered_on) OVER w, DATE '9999-12-31') AS until, sum(change) OVER w AS balance
         FROM daily WINDOW w AS (PARTITION BY invoice_id ORDER BY entered_on)),
     stood AS (
         SELECT as_of_1 AS day, i.due_on, s.balance
         FROM (SELECT DISTINCT as_of_1 FROM marks m(as_of, as_of_1))
         JOIN spells s ON since <= as_of_1 AND until > as_of_1
         JOIN i USING (invoice_id) WHERE s.balance > 0),
     aged AS (
         SELECT day, sum(balance) AS open, sum(balance) FILTER (day <= due_on) AS current,
                sum(balance) FILTER (day - due_on BETWEEN 1 AND 30) AS d30,
                sum(balance) FILTER (day - due_on BETWEEN 31 AND 60) AS d60,
                sum(balance) FILTER (day - due_on BETWEEN 61 AND 90) AS d90,
                sum(balance) FILTER (day - due_on BETWEEN 91 AND 120) AS d120,
                sum(balance) FILTER (day - due_on > 120) AS older
         FROM stood GROUP BY day),
     billing AS (SELECT issued_on AS day, sum(cents) AS billed FROM i GROUP BY ALL),
     flows AS (
         SELECT as_of, sum(billed) FILTER (day > as_of - 90) AS billed_90,
                sum(billed) FILTER (day > date_trunc('month', as_of)::DATE - 1) AS billed_month
         FROM days JOIN billing ON day <= as_of AND day > as_of - 90 GROUP BY as_of)
SELECT f.as_of, a.*, a.open / billed_90 * 90 AS dso,
       (o.open + billed_month - a.open) / (o.open + billed_month - a.current) * 100 AS cei
FROM flows f JOIN aged a ON a.day = f.as_of LEFT JOIN aged o ON o.day = date_trunc('month', f.as_of)::DATE - 1
ORDER BY f.as_of
"""


def three_in_sql(folder: Path) -> Callable[[], object]:
    import duckdb

    con = duckdb.connect()
    for name, file, days in (("i", "invoices", ("issued_on", "due_on")), ("a", "applications", ("applied_on",))):
        dates = ", ".join(f"{day}::DATE AS {day}" for day in days)
        cents = "round(amount * 100)::BIGINT AS cents"
        rows = f"SELECT invoice_id, {dates}, {cents} FROM '{folder / file}.parquet'"
        con.execute(f"CREATE TABLE {name} AS {rows}")
    return lambda: con.execute(SQL, [month_ends()]).df()


def three_in_pandas(folder: Path) -> Callable[[], object]:
    invoices, applications = (pd.read_parquet(folder / f"{name}.parquet") for name in ("invoices", "applications"))

    def open_at(day: pd.Timestamp) -> pd.DataFrame:
        issued = invoices[invoices.issued_on <= day]
        paid = applications[applications.applied_on <= day].groupby("invoice_id").amount.sum()
        balance = issued.amount - issued.invoice_id.map(paid).fillna(0)
        return issued.assign(balance=balance)[balance > 0.005]

    def at(day: pd.Timestamp) -> dict[str, float]:
        owed, before = open_at(day), open_at(day - pd.offsets.MonthEnd(1))
        late = (day - owed.due_on).dt.days
        ages = owed.balance.groupby(pd.cut(late, [-np.inf, 0, 30, 60, 90, 120, np.inf])).sum()
        billed = invoices[invoices.issued_on <= day].set_index("issued_on").amount
        dso = owed.balance.sum() / billed[billed.index > day - pd.Timedelta(days=90)].sum() * 90
        due = before.balance.sum() + billed[billed.index > day - pd.offsets.MonthEnd(1)].sum()
        cei = (due - owed.balance.sum()) / (due - ages.iloc[0]) * 100
        return {"dso": dso, "cei": cei, **dict(zip(map(str, ages.index), ages, strict=True))}

    return lambda: pd.DataFrame([at(pd.Timestamp(day)) for day in month_ends()])


PARTS = {
    "open": ("read and check the ledger", opening),
    "catalogue": ("the whole catalogue, whole and by segment", catalogue),
    "ours": ("ageing, DSO, CEI of ours", three_of_ours),
    "sql": ("the same three in SQL by hand", three_in_sql),
    "pandas": ("the same three in pandas", three_in_pandas),
}


def measured(part: str, folder: Path) -> tuple[float, float]:
    """Seconds of the work and peak MB of a process that does nothing else; reading comes before the clock."""
    command = [sys.executable, __file__, "--part", part, "--folder", str(folder)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, megabytes = json.loads(told)
    return seconds, megabytes


def work(part: str, folder: Path) -> None:
    run = PARTS[part][1](folder)
    started = perf_counter()
    run()
    seconds = perf_counter() - started
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def size(text: str) -> int:
    """1000000, or 1m."""
    return int(text.lower().removesuffix("m")) * (1_000_000 if text.lower().endswith("m") else 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", type=size, default=1_000_000, help="a number, or one of millions such as 10m")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part:
        return work(asked.part, asked.folder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_ledger(folder, asked.invoices)
        print(f"{asked.invoices:,} invoices, {MONTHS} month-ends")
        found = {}
        for part, (words, _start) in PARTS.items():
            found[part], megabytes = measured(part, folder)
            print(f"{words:<46} {found[part]:8.2f} s {megabytes:8.0f} MB", flush=True)
    print(f"{'catalogue / the three in pandas':<46} {found['catalogue'] / found['pandas']:8.2f}")
    print(f"{'the three of ours / in SQL by hand':<46} {found['ours'] / found['sql']:8.2f}")
    return None


if __name__ == "__main__":
    main()
