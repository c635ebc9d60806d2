"""What the worklist is worth on the sample, whose truth knows what a contact does, beside simpler orders.

    python benchmarks/worklist.py [LEDGER] [--as-of 2026-06-30] [--origins 12] [--capacity 3 5 10 20]

prints what a contact of the first accounts of each order brings by the oracle, before its cost: cash sooner at the cost
of capital, and loss avoided; and the worklist's over each other's, with the 90 % interval of a bootstrap over blocks of
four origins. An order stands for all accounts with something overdue or due soon, and for those alone whom the rules of
the list let contact. The contacts of the books are left out: in the truth they bring nothing, and the list would wait
for what they bring. The data are self-made, and so is what a contact does in them: this says nothing of a real ledger.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from arforecast import snapshot
from arforecast.actions import worklist
from arforecast.actions.dunning import NO_CONTACT, WAIT, WORDS
from arforecast.actions.value import YEAR_DAYS
from arforecast.forecast import backtest, scores
from arforecast.forecast.backtest import Past
from arforecast.forecast.exposure import lives
from arforecast.ledger import Books, open_books
from arforecast.sample.truth import oracle
from arforecast.snapshot import Facts, computed

RULES = {
    "amount": ["overdue_balance"],
    "age": ["oldest_days_past_due", "overdue_balance"],
    "P(late)": ["p_late", "asked_balance"],
    "amount not expected in 14 days": ["slow_balance"],
}
OWN, BEST = "worklist", "oracle"


def brought(then: Past, truth: pd.DataFrame, books: Books) -> pd.Series:
    """What a contact on the day after brings of each customer's open invoices, by the truth."""
    choices, horizon = books.settings.actions, books.settings.forecast.horizon_days
    alone, reached = (
        1 - oracle(truth, then.origin, horizon, contacted=contacted).cumsum(axis=1) for contacted in (False, True)
    )
    gained = alone - reached
    sooner = gained.iloc[:, :-1].sum(axis=1) * choices.cost_of_capital_share / YEAR_DAYS
    share = sooner + gained.iloc[:, -1] * np.mean(choices.lost_share)
    owed = then.invoices.set_index("invoice_id")
    balance = owed.balance / 10**books.settings.ledger.decimals
    return (balance * share.reindex(owed.index).fillna(0)).groupby(owed.customer_id).sum()


def orders(rows: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """The customers in each order; of the list, its contacts alone."""
    rows = rows.assign(slow_balance=rows.asked_balance * (1 - rows.p_paid_14))
    let = rows[~rows.step.fillna(WAIT).isin([WAIT, *NO_CONTACT])]
    yield OWN, rows.customer_id[~rows.action.isin([WAIT, *(WORDS[name] for name in NO_CONTACT)])]
    for name, by in RULES.items():
        for which, of in ((name, rows), (f"{name}, those let contact", let)):
            yield which, of.sort_values(by, ascending=False, kind="stable").customer_id


def gained(facts: Facts, then: Past, truth: pd.DataFrame, capacities: list[int]) -> Iterator[dict[str, object]]:
    """What the first accounts of each order bring on an origin."""
    there = replace(facts, days=(then.origin,), calendar=snapshot.calendar([then.origin]))
    worth = brought(then, truth, facts.books)
    best = pd.Series(worth.sort_values(ascending=False).index)
    for name, ids in (*orders(worklist.listed(there, then)), (BEST, best)):
        for capacity in capacities:
            yield {"order": name, "capacity": capacity, "brings": worth.reindex(ids.head(capacity)).fillna(0).sum()}


def without_contacts(books: Books) -> Books:
    contacts = books.tables["contacts"]
    return replace(books, tables=books.tables | {"contacts": contacts.filter(contacts.contact_id.isnull())})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger", nargs="?", default="data/sample")
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 6, 30))
    parser.add_argument("--origins", type=int, default=12)
    parser.add_argument("--every", type=int, default=14, help="days")
    parser.add_argument("--capacity", type=int, nargs="+", default=[3, 5, 10, 20])
    asked = parser.parse_args()
    facts = computed(without_contacts(open_books(asked.ledger)), [asked.as_of])
    truth = pd.read_parquet(Path(asked.ledger) / "truth.parquet")
    days = [asked.as_of - timedelta(days=asked.every * nth) for nth in range(asked.origins)][::-1]
    past = backtest.past(facts, lives(facts), days)
    rows = pd.DataFrame([row for then in past for row in gained(facts, then, truth, asked.capacity)])
    print(f"{len(days)} origins, {days[0]} to {days[-1]}; self-made data")
    for capacity, part in rows.groupby("capacity"):
        print(f"\n{f'{capacity} contacts an origin':<52} {'brings':>9} {'worklist / it':>14}  90 % interval")
        for name, gains in part.groupby("order", sort=False).brings:
            ratio, low, high = scores.ratio(part.brings[part.order == OWN], gains)
            most = f"{high:.2f}" if high < 100 else "more"  # an order that brings nothing in a draw
            print(f"{name:<52} {gains.sum():9.2f} {ratio:14.2f}  [{low:.2f}, {most}]")


if __name__ == "__main__":
    main()
