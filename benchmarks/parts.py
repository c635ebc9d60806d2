"""What speed.py measures that is no command: one part, in a process of its own, beside pandas and SQL by hand.

    python benchmarks/parts.py PART LEDGER

prints the seconds of the work, of the clock and of the processors; what it needs is imported and read before.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

import duckdb
import ibis  # noqa: F401 - every part begins from the same libraries
import numpy as np
import pandas as pd

AS_OF, MONTHS = date(2024, 12, 31), 36


def month_ends() -> list[date]:
    from arforecast.snapshot import month_ends

    return month_ends(AS_OF, MONTHS)


def as_text(folder: Path) -> Callable[[], object]:
    """What any program must do at least: take every cell of the ledger up once."""
    con = duckdb.connect()

    def read() -> None:
        for file in folder.glob("*.parquet"):
            con.execute(f"CREATE TABLE {file.stem} AS SELECT COLUMNS(*)::VARCHAR FROM '{file}'")

    return read


def opening(folder: Path) -> Callable[[], object]:
    from arforecast import open_ledger

    return lambda: open_ledger(folder)


def one_day(folder: Path) -> Callable[[], object]:
    from arforecast import open_ledger

    return lambda: open_ledger(folder).as_of(AS_OF).kpis()


def catalogue(folder: Path) -> Callable[[], object]:
    from arforecast import open_ledger

    today = open_ledger(folder).as_of(AS_OF)
    return lambda: today.kpis(by="segment", months=MONTHS)


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
    "as_text": as_text,
    "opening": opening,
    "one_day": one_day,
    "catalogue": catalogue,
    "three_of_ours": three_of_ours,
    "three_in_sql": three_in_sql,
    "three_in_pandas": three_in_pandas,
}


def main() -> None:
    part, folder = sys.argv[1:]
    run = PARTS[part](Path(folder))
    clock, processors = perf_counter(), process_time()
    run()
    print(json.dumps([perf_counter() - clock, process_time() - processors]))


if __name__ == "__main__":
    main()
