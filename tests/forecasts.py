"""What tests of the forecasts share: a ledger whose money moves in every way, a plain reading of it, and a sample."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from arforecast import snapshot
from arforecast.desk import Ledger, open_ledger
from arforecast.forecast import backtest, cash, exposure
from arforecast.forecast.backtest import Past
from arforecast.forecast.calendar import EVERY_DAY
from arforecast.forecast.exposure import Exposure, Lives, Runs
from arforecast.forecast.payment_time import Distribution, predict
from arforecast.sample import write_sample
from arforecast.snapshot import Facts
from ledgers import Row, Tables, taken_back, told, write

AS_OF = date(2026, 5, 31)
HORIZON_DAYS = 180

EVENTFUL = """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  known_on
    A1          anna         2026-01-05  2026-01-19  100.00  -
    A2          anna         2026-01-07  2026-01-21  250.00  -
    B1          bert         2026-01-12  2026-01-26   80.50  -
    B2          bert         2026-01-14  2026-01-28   60.00  -
    C1          cora         2026-01-20  2026-02-03  300.00  2026-02-12
    C2          cora         2026-01-21  2026-02-04  500.00  -
    C3          cora         2026-01-22  2026-02-05   75.00  -
    D1          dora         2026-02-16  2026-03-02   90.00  -

    applications
    invoice_id  applied_on  amount   kind         known_on
    A1          2026-01-15    40.00  cash         -
    A1          2026-01-22    60.00  cash         -
    A2          2026-01-20   250.00  cash         -
    A2          2026-01-23  -250.00  cash         2026-01-26
    A2          2026-02-06   250.00  cash         -
    B1          2026-01-08    80.50  cash         -
    B2          2026-01-30    60.00  cash         2026-02-10
    C1          2026-02-05   300.00  cash         -
    C2          2026-02-02   100.00  credit_note  -
    C3          2026-02-11    25.00  discount     -
    C3          2026-02-11    50.00  cash         -
"""
"""Anna pays in parts, then with a cheque that bounces; Bert pays before the bill, then a payment of his is booked late;
Cora's first bill is booked after its payment, her second is credited in part and never paid."""

EVENTFUL_DAYS = [date(2026, 1, 11), date(2026, 1, 24), date(2026, 1, 31), date(2026, 2, 11), date(2026, 2, 28)]


def facts(ledger: Ledger, day: date) -> Facts:
    return snapshot.computed(ledger.books, [day])


def opened(tables: Tables, folder: Path) -> Ledger:
    return open_ledger(write(tables, folder / "ledger"))


@cache
def eventful() -> Ledger:
    with TemporaryDirectory() as scratch:
        return opened(told(EVENTFUL), Path(scratch))


@cache
def sample() -> Ledger:
    """A year and a half of 80 customers; its books are in memory, so its files need not stay."""
    with TemporaryDirectory() as scratch:
        write_sample(Path(scratch) / "ledger", customers=80, months=18)
        return open_ledger(Path(scratch) / "ledger")


@cache
def sample_facts() -> Facts:
    return facts(sample(), AS_OF)


@cache
def sample_lives() -> Lives:
    return exposure.lives(sample_facts())


@cache
def sample_flows() -> cash.Flows:
    """What is known on the day and on each of its origins."""
    return cash.flows(sample_facts(), [*backtest.weekly_origins(sample_facts(), AS_OF), AS_OF])


@cache
def sample_today() -> Past:
    return then(sample_facts(), AS_OF)


@cache
def sample_distribution() -> Distribution:
    return distribution(sample_today(), HORIZON_DAYS)


def then(known: Facts, day: date) -> Past:
    """What can be said on a day."""
    return next(backtest.past(known, exposure.lives(known), [day]))


def past(known: Facts, origins: Iterable[date]) -> list[Past]:
    return list(backtest.past(known, exposure.lives(known), list(origins)))


def exposed(*lines: tuple[str, int, int, int, int, int]) -> Exposure:
    """What lines of customer, band, age, weekday, days, settled tell: each day a run of its own, of one day."""
    rows = [(line, nth < line[5]) for line in sorted(lines) for nth in range(line[4])]
    customers = sorted({line[0] for line in lines})
    age = np.array([line[2] for line, _ in rows], dtype=np.int64)
    runs = Runs(
        customer=np.array([customers.index(line[0]) for line, _ in rows], dtype=np.int64),
        band=np.array([line[1] for line, _ in rows], dtype=np.int64),
        due_weekday=np.array([(line[3] - line[2]) % 7 for line, _ in rows], dtype=np.int64),
        youngest=age,
        oldest=age,
        settled=np.array([settled for _, settled in rows], dtype=bool),
        weight=np.ones(len(rows)),
        block=np.arange(len(rows)),
    )
    edges = np.array([100.0, 200.0, 300.0, 400.0])
    return Exposure(runs, pd.Index(customers), edges, EVERY_DAY)


def rows_of(runs: Runs) -> pd.DataFrame:
    return pd.DataFrame(vars(runs))


def paid(*lines: tuple[str, str, str, str | None], amount: float = 100.0) -> Lives:
    """The lives of lines of customer, issued_on, due_on, settled_on (None: open), each known at once; invoices are
    named by their customer and number."""
    rows = pd.DataFrame(lines, columns=["customer", "issued_on", "due_on", "settled_on"]).assign(amount=amount)
    rows = rows.sort_values("customer", kind="stable", ignore_index=True)
    dates = {name: rows[name].to_numpy("datetime64[D]") for name in ("issued_on", "due_on", "settled_on")}
    names = sorted(set(rows.customer))
    done = np.flatnonzero(~np.isnat(dates["settled_on"]))
    spells = {"since": pd.to_datetime(dates["settled_on"][done]), "until": pd.Timestamp("2200-01-01")}
    return Lives(
        pd.Index(names),
        pd.Index(rows.customer + rows.groupby("customer").cumcount().astype(str)),
        rows.customer.map(names.index).to_numpy("int64"),
        dates["issued_on"],
        dates["due_on"],
        dates["issued_on"],
        rows.amount.to_numpy(float),
        pd.DataFrame(spells | {"settled_on": spells["since"], "invoice": done}),
        pd.Series(dtype=object, index=pd.DatetimeIndex([])),
        nothing_told(),
        nothing_told(),
        nothing_told().assign(confidence=pd.Series(dtype=float), note=pd.Series(dtype=str)),
    )


def nothing_told() -> pd.DataFrame:
    """No disputes, or no promises."""
    return pd.DataFrame({"invoice": np.array([], "int64"), **dict.fromkeys(("since", "until"), pd.to_datetime([]))})


def distribution(said: Past, days: int) -> Distribution:
    """Of every invoice open on an origin, whole."""
    return predict(said.model, said.invoices, said.origin, days)


# A plain reading of a ledger's text, one invoice at a time.


@dataclass(frozen=True)
class Change:
    """A reduction of an invoice's balance, or a negative one that undoes it, in minor units."""

    kind: str
    amount: int
    happened_on: date
    entered_on: date


@dataclass(frozen=True)
class Invoice:
    """An invoice in minor units, with all that ever reduced it."""

    invoice_id: str
    customer_id: str
    issued_on: date
    due_on: date
    amount: int
    entered_on: date
    changes: tuple[Change, ...]


def invoices(tables: Tables) -> list[Invoice]:
    reductions: dict[str, list[tuple[Row, Row | None]]] = defaultdict(list)
    backs = taken_back(tables["invoices"], tables["applications"])
    for line, back in zip(tables["applications"], backs, strict=True):
        reductions[line["invoice_id"]].append((line, back))
    return [_invoice(row, reductions[row["invoice_id"]]) for row in tables["invoices"]]


def _invoice(row: Row, reductions: list[tuple[Row, Row | None]]) -> Invoice:
    """The invoice; of each of its reductions, what it takes back is beside it."""
    entered_on = _entered(row, "issued_on")
    changes = tuple(
        Change(
            line["kind"],
            minor(line["amount"]),
            day((back or line)["applied_on"]),
            max(_entered(line, "applied_on"), entered_on),
        )
        for line, back in reductions
    )
    dates = day(row["issued_on"]), day(row["due_on"])
    return Invoice(row["invoice_id"], row["customer_id"], *dates, minor(row["amount"]), entered_on, changes)


def _entered(row: Row, event: str) -> date:
    return max(day(row[event]), day(row.get("known_on") or row[event]))


def balance(invoice: Invoice, on: date) -> int:
    return invoice.amount - sum(change.amount for change in invoice.changes if change.entered_on <= on)


def settled_on(invoice: Invoice, known_on: date) -> date | None:
    """The first day from which the balance stayed at zero or below, by what was known on a day; None while open."""
    if balance(invoice, known_on) > 0:
        return None
    known = [change for change in invoice.changes if change.entered_on <= known_on]
    days = sorted({change.happened_on for change in known})
    open_on = [on for on in days if invoice.amount > sum(change.amount for change in known if change.happened_on <= on)]
    return min(on for on in days if not open_on or on > open_on[-1])


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    return (first + timedelta(days=nth) for nth in range((last - first).days + 1))


def day(text: str) -> date:
    return date.fromisoformat(text)


def minor(amount: str) -> int:
    return int(Decimal(amount) * 100)
