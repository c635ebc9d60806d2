"""Two big ledgers to measure on, in Parquet, the same at every run.

    python benchmarks/ledgers.py FOLDER [--kind full|fines] [--invoices 1m]

`full` has every table of the dictionary but rates: four years of a business with a few large customers and many small
ones, ten invoices a customer. `fines` is a city's traffic fines since 2000: paid within weeks, or after letters and a
fee, or never.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

START = {"full": date(2021, 1, 1), "fines": date(2000, 1, 1)}
AS_OF = {"full": date(2024, 12, 31), "fines": date(2013, 6, 30)}
SIZE = {"full": 1_000_000, "fines": 330_000}
MONEY = ("amount", "discount_amount", "credit_limit", "open_ar")
COLLECTORS = np.array(["Ada", "Ben", "Chi", "Dov", "Eve"])

Frames = dict[str, pd.DataFrame]
"""Tables with days counted from the first one and money in cents, both whole numbers, until they are written."""


def write(kind: str, folder: Path, count: int) -> None:
    """The ledger, there once it is complete."""
    tables = {"full": full, "fines": fines}[kind](np.random.default_rng(1), count, (AS_OF[kind] - START[kind]).days)
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True)
    for table, rows in tables.items():
        _written(rows, START[kind]).to_parquet(part / f"{table}.parquet", index=False)
    part.rename(folder)


def _written(rows: pd.DataFrame, start: date) -> pd.DataFrame:
    days = [name for name in rows if name.endswith("_on") or name in ("as_of", "month", "discount_until")]
    first = pd.Timestamp(start)
    written = {name: first + pd.to_timedelta(rows[name], unit="D") for name in days}
    return rows.assign(**written, **{name: rows[name] / 100 for name in MONEY if name in rows})


def _named(letter: str, numbers: np.ndarray) -> pd.Series:
    return letter + pd.Series(numbers).astype("str")


def _some(random: np.random.Generator, share: float, values: np.ndarray | pd.Series) -> pd.Series:
    """The values, all but a share of them empty."""
    return pd.Series(values).where(random.random(len(values)) < share)


# A business with everything a ledger can hold.


def full(random: np.random.Generator, count: int, last: int) -> Frames:
    customers = _customers(random, count // 10)
    invoices = _invoices(random, customers, count, last)
    reductions = _reductions(random, invoices)
    applications, receipts = _with_receipts(random, reductions[reductions.applied_on <= last], invoices)
    contract = [name for name in invoices if name not in ("nth_customer", "pays_on", "fate")]
    return {
        "invoices": invoices[contract],
        "applications": applications,
        "receipts": receipts,
        "customers": customers.drop(columns=["weight", "lateness"]),
        "disputes": _disputes(random, invoices, last),
        "promises": _promises(random, invoices, customers, last),
        "contacts": _contacts(random, invoices, customers, last),
        "costs": _costs(random, last),
        "billing_schedule": _billing_schedule(random, count // 50, customers, last),
        "control_totals": _control_totals(invoices, applications, last),
    }


def _customers(random: np.random.Generator, count: int) -> pd.DataFrame:
    """A customer buys, and is late, after its own kind."""
    names, weight = _named("C", np.arange(count)), random.pareto(1.2, count) + 0.2
    return pd.DataFrame(
        {
            "customer_id": names,
            "name": _named("Customer ", np.arange(count)),
            "segment": random.choice(["retail", "trade", "industry", "public", "export"], count),
            "country": random.choice(["US", "CA", "GB", "DE"], count, p=[0.7, 0.1, 0.1, 0.1]),
            "parent_id": _some(random, 0.1, names.to_numpy()[random.integers(0, count // 100 + 1, count)]),
            "credit_limit": (weight * 5_000_000).astype(np.int64),
            "terms_days": random.choice([15, 30, 45, 60], count),
            "since_on": random.integers(-2000, 1, count),
            "weight": weight,
            "lateness": random.normal(5, 10, count),
        }
    )


def _drawn(random: np.random.Generator, customers: pd.DataFrame, count: int) -> np.ndarray:
    """Customers by their number, the large ones more often."""
    return np.searchsorted(customers.weight.cumsum() / customers.weight.sum(), random.random(count))


FATES = {"paid": 0.75, "in parts": 0.14, "discount": 0.05, "credited": 0.02, "bounced": 0.01, "never": 0.03}


def _invoices(random: np.random.Generator, customers: pd.DataFrame, count: int, last: int) -> pd.DataFrame:
    nth, issued = _drawn(random, customers, count), np.sort(random.integers(0, last + 1, count))
    whose = customers.take(nth).reset_index(drop=True)
    cents, due = np.exp(random.normal(11, 1, count)).astype(np.int64) + 100, issued + whose.terms_days.to_numpy()
    fate = random.choice(list(FATES), count, p=list(FATES.values()))
    offered = (fate == "discount") | (random.random(count) < 0.1)
    late = np.where(fate == "discount", -random.integers(5, 11, count) - whose.terms_days, random.normal(0, 12, count))
    return pd.DataFrame(
        {
            "invoice_id": _named("I", np.arange(count)),
            "customer_id": whose.customer_id,
            "issued_on": issued,
            "due_on": due,
            "amount": cents,
            "kind": np.where(random.random(count) < 0.02, "fee", "invoice"),
            "product": random.choice(["licence", "service", "hardware", "training"], count),
            "segment": whose.segment,
            "collector": COLLECTORS[nth % len(COLLECTORS)],
            "delivered_on": issued - random.integers(0, 5, count),
            "discount_until": pd.Series(issued + 10).where(offered),
            "discount_amount": pd.Series(cents // 50).where(offered),
            "plan_id": _some(random, 0.05, _named("P", nth)),
            "known_on": _some(random, 0.01, issued + random.integers(1, 6, count)),
            "nth_customer": nth,
            "pays_on": np.maximum(due + late.astype(int), issued)
            + np.where(fate == "discount", 0, np.maximum(whose.lateness, 0)).astype(int),
            "fate": fate,
        }
    )


def _reductions(random: np.random.Generator, invoices: pd.DataFrame) -> pd.DataFrame:
    """What reduces each invoice, to the end of time: nth_invoice, applied_on, amount, kind."""
    of = dict(iter(invoices.groupby("fate")))
    parts, taken, credited, bounced = of["in parts"], of["discount"], of["credited"], of["bounced"]
    written_off = of["never"].sample(frac=0.4, random_state=1)
    return pd.concat(
        [
            _reduction(of["paid"], 0, of["paid"].amount),
            _reduction(parts, 0, parts.amount // 2),
            _reduction(parts, random.integers(5, 40, len(parts)), parts.amount - parts.amount // 2),
            _reduction(taken, 0, taken.amount - taken.discount_amount.astype("int64")),
            _reduction(taken, 0, taken.discount_amount.astype("int64"), "discount"),
            _reduction(credited, 0, credited.amount // 3, "credit_note"),
            _reduction(credited, random.integers(0, 30, len(credited)), credited.amount - credited.amount // 3),
            _reduction(bounced, 0, bounced.amount),
            _reduction(bounced, 4, -bounced.amount),
            _reduction(bounced, random.integers(10, 60, len(bounced)), bounced.amount),
            _reduction(written_off, 270, written_off.amount, "write_off"),
        ]
    )


def _reduction(rows: pd.DataFrame, after: np.ndarray | int, amount: pd.Series, kind: str = "cash") -> pd.DataFrame:
    applied = rows.pays_on + after
    return pd.DataFrame({"nth_invoice": rows.index, "applied_on": applied, "amount": amount, "kind": kind})


def _with_receipts(
    random: np.random.Generator, reductions: pd.DataFrame, invoices: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A customer pays all of a day at once; one receipt in a hundred is more than was applied of it."""
    rows = reductions.sort_values("applied_on", kind="stable").reset_index(drop=True)
    cash = rows.kind == "cash"
    payer = invoices.nth_customer.to_numpy()[rows.nth_invoice]
    payments = rows.assign(payer=payer, returned=rows.amount < 0)[cash].groupby(["applied_on", "payer", "returned"])
    rows["receipt_id"] = _named("R", payments.ngroup()).reindex(rows.index)
    receipts = payments.amount.sum().reset_index()
    surplus = np.where(random.random(len(receipts)) < 0.01, random.integers(100, 50_000, len(receipts)), 0)
    applications = pd.DataFrame(
        {
            "invoice_id": invoices.invoice_id.to_numpy()[rows.nth_invoice],
            **rows[["applied_on", "amount", "kind"]],
            "application_id": _named("A", np.arange(len(rows))),
            "receipt_id": rows.receipt_id,
            "known_on": _some(random, 0.01, rows.applied_on + random.integers(1, 6, len(rows))),
        }
    )
    return applications, pd.DataFrame(
        {
            "receipt_id": _named("R", np.arange(len(receipts))),
            "customer_id": _named("C", receipts.payer),
            "received_on": receipts.applied_on,
            "amount": receipts.amount + np.where(receipts.returned, 0, surplus),
            "method": random.choice(["bank_transfer", "direct_debit", "card", "check"], len(receipts)),
        }
    )


def _disputes(random: np.random.Generator, invoices: pd.DataFrame, last: int) -> pd.DataFrame:
    rows = invoices.sample(frac=0.03, random_state=2)
    count, opened = len(rows), rows.issued_on + random.integers(1, 40, len(rows))
    closed = opened + random.integers(2, 90, count)
    found = pd.DataFrame(
        {
            "dispute_id": _named("D", np.arange(count)).to_numpy(),
            "invoice_id": rows.invoice_id,
            "opened_on": opened,
            "closed_on": closed.where((closed <= last) & (random.random(count) < 0.95)),
            "reason": random.choice(["price", "quality", "delivery", "duplicate"], count),
            "amount": (rows.amount // 2).where(random.random(count) < 0.5),
            "outcome": random.choice(["upheld", "partly upheld", "withdrawn"], count),
        }
    )
    known = found[found.opened_on <= last]
    return known.assign(outcome=known.outcome.where(known.closed_on.notna()))


def _about(random: np.random.Generator, invoices: pd.DataFrame, customers: pd.DataFrame, share: float) -> pd.DataFrame:
    """Half of them on an overdue invoice, half on an account: customer_id, invoice_id, amount, day."""
    count, last = int(len(invoices) * share / 2), invoices.issued_on.max()
    overdue = invoices[(invoices.pays_on > invoices.due_on) | (invoices.fate == "never")]
    one = overdue.take(random.integers(0, len(overdue), count))
    whole = customers.take(_drawn(random, customers, count))
    on_invoice = one[["customer_id", "invoice_id", "amount"]].assign(day=one.due_on + random.integers(1, 40, count))
    on_account = pd.DataFrame(
        {
            "customer_id": whole.customer_id,
            "amount": random.integers(10_000, 500_000, count),
            "day": random.integers(30, last + 1, count),
        }
    )
    both = pd.concat([on_invoice, on_account])
    return both[both.day <= last].sort_values("day", kind="stable").reset_index(drop=True)


def _promises(random: np.random.Generator, invoices: pd.DataFrame, customers: pd.DataFrame, last: int) -> pd.DataFrame:
    rows = _about(random, invoices, customers, 0.1)
    return pd.DataFrame(
        {
            "promise_id": _named("PR", np.arange(len(rows))),
            "customer_id": rows.customer_id,
            "made_on": rows.day,
            "promised_on": rows.day + random.integers(2, 31, len(rows)),
            "amount": rows.amount,
            "invoice_id": rows.invoice_id,
        }
    )


def _contacts(random: np.random.Generator, invoices: pd.DataFrame, customers: pd.DataFrame, last: int) -> pd.DataFrame:
    rows = _about(random, invoices, customers, 0.6)
    count, channel = len(rows), random.choice(["email", "call", "letter", "reminder"], len(rows))
    spoke = channel == "call"
    return pd.DataFrame(
        {
            "contact_id": _named("K", np.arange(count)),
            "customer_id": rows.customer_id,
            "contacted_on": rows.day,
            "channel": channel,
            "invoice_id": rows.invoice_id,
            "outcome": pd.Series(random.choice(["no answer", "promise", "dispute", "paid"], count)).where(spoke),
            "right_party": pd.Series(random.random(count) < 0.4).where(spoke).astype("boolean"),
            "collector": random.choice(COLLECTORS, count),
            "minutes": pd.Series(random.integers(1, 20, count)).where(spoke),
        }
    )


def _months(last: int) -> pd.DatetimeIndex:
    first = pd.Timestamp(START["full"])
    return pd.date_range(first, first + pd.Timedelta(days=last), freq="MS")


def _costs(random: np.random.Generator, last: int) -> pd.DataFrame:
    categories = ["staff", "technology", "agency", "legal", "payment_fees", "other"]
    rows = pd.MultiIndex.from_product([(_months(last) - pd.Timestamp(START["full"])).days, categories])
    amounts = random.integers(10_000, 5_000_000, len(rows))
    return pd.DataFrame({"month": rows.get_level_values(0), "category": rows.get_level_values(1), "amount": amounts})


def _billing_schedule(random: np.random.Generator, count: int, customers: pd.DataFrame, last: int) -> pd.DataFrame:
    nth, issue = _drawn(random, customers, count), last + random.integers(1, 366, count)
    return pd.DataFrame(
        {
            "customer_id": customers.customer_id.to_numpy()[nth],
            "issue_on": issue,
            "due_on": issue + customers.terms_days.to_numpy()[nth],
            "amount": np.exp(random.normal(11, 1, count)).astype(np.int64) + 100,
            "product": "service",
            "plan_id": _named("P", nth),
            "known_on": last - random.integers(0, 300, count),
        }
    )


def _control_totals(invoices: pd.DataFrame, applications: pd.DataFrame, last: int) -> pd.DataFrame:
    """What both tables have entered by the close of each month."""
    billed_on = invoices[["issued_on", "known_on"]].max(axis=1)
    applied_on = applications[["applied_on", "known_on"]].max(axis=1)
    applied_on = np.maximum(applied_on, applications.invoice_id.map(billed_on.set_axis(invoices.invoice_id)))
    changes = pd.concat([invoices.amount.set_axis(billed_on), -applications.amount.set_axis(applied_on)])
    daily = changes.groupby(level=0).sum().cumsum()
    ends = (_months(last) + pd.offsets.MonthEnd(1) - pd.Timestamp(START["full"])).days
    return pd.DataFrame({"as_of": ends, "open_ar": daily.reindex(ends, method="ffill").to_numpy()})


# A city's traffic fines.


def fines(random: np.random.Generator, count: int, last: int) -> Frames:
    """Three items in four are fines, one is a fee on a fine that was not paid in time."""
    number = count * 25 // 33
    issued = np.sort(random.integers(0, last - 14, number))
    fate = random.choice(["early", "late", "never"], number, p=[0.4, 0.27, 0.33])
    after = np.where(fate == "early", random.exponential(15, number).clip(1, 59), 90 + random.exponential(400, number))
    fined = pd.DataFrame(
        {
            "customer_id": _named(
                "C", np.where(random.random(number) < 0.05, random.permutation(number), range(number))
            ),
            "issued_on": issued,
            "due_on": issued + 60,
            "amount": random.choice([2_200, 3_500, 3_600, 7_400, 14_300], number),
            "kind": "invoice",
            "segment": random.choice(["parking", "speed", "lights"], number, p=[0.6, 0.3, 0.1]),
            "pays_on": pd.Series(issued + after.astype(int)).where(fate != "never"),
        }
    )
    unpaid = fined[(fate != "early") & (fined.due_on + 30 <= last)]
    fees = unpaid.sample(min(count - number, len(unpaid)), random_state=1)
    billed = fees.due_on + 30
    fees = fees.assign(issued_on=billed, due_on=billed + 30, amount=fees.amount // 2, kind="fee")
    fees["pays_on"] = np.maximum(fees.pays_on.where(random.random(len(fees)) < 0.9), billed)
    invoices = pd.concat([fined, fees], ignore_index=True)
    invoices.insert(0, "invoice_id", _named("F", np.arange(len(invoices))))
    return {
        "invoices": invoices.drop(columns="pays_on"),
        "applications": _paid_and_written_off(random, invoices, last),
        "contacts": _letters(random, invoices[invoices.kind == "invoice"], last),
    }


def _paid_and_written_off(random: np.random.Generator, invoices: pd.DataFrame, last: int) -> pd.DataFrame:
    given_up = invoices[invoices.pays_on.isna() & (random.random(len(invoices)) < 0.02)]
    paid = invoices[invoices.pays_on.notna()].assign(kind="cash").rename(columns={"pays_on": "applied_on"})
    lost = given_up.assign(kind="write_off", applied_on=given_up.due_on + 1825)
    rows = pd.concat([paid, lost]).sort_values("applied_on", kind="stable")
    return rows[rows.applied_on <= last][["invoice_id", "applied_on", "amount", "kind"]]


def _letters(random: np.random.Generator, invoices: pd.DataFrame, last: int) -> pd.DataFrame:
    """A reminder a month after the due day, and a letter at half a year to two thirds of those that still owe."""
    rows = pd.concat(
        [
            invoices.assign(contacted_on=invoices.due_on + 30, channel="reminder"),
            invoices[random.random(len(invoices)) < 0.75].assign(
                contacted_on=lambda i: i.due_on + 120, channel="letter"
            ),
        ]
    )
    sent = rows[(rows.pays_on.isna() | (rows.contacted_on < rows.pays_on)) & (rows.contacted_on <= last)]
    sent = sent.sort_values("contacted_on", kind="stable").reset_index(drop=True)
    return pd.DataFrame(
        {
            "contact_id": _named("K", np.arange(len(sent))),
            **sent[["customer_id", "contacted_on", "channel"]],
            "invoice_id": _some(random, 0.9, sent.invoice_id),
        }
    )


def size(text: str) -> int:
    """1000000, or 1m."""
    return int(text.lower().removesuffix("m")) * (1_000_000 if text.lower().endswith("m") else 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where to write it; must not exist")
    parser.add_argument("--kind", choices=SIZE, default="full")
    parser.add_argument("--invoices", type=size, help="a number, or one of millions such as 10m")
    asked = parser.parse_args()
    write(asked.kind, asked.folder, asked.invoices or SIZE[asked.kind])


if __name__ == "__main__":
    main()
