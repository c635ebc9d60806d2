"""A ledger whose every text cell tries something: to run, to steer, to break out of where it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pandas as pd

from arforecast.ledger.tables import BY_NAME
from ledgers import Row, Tables

DAY = date(2026, 6, 30)
TRIES = (
    '=HYPERLINK("http://evil.example","pay")<script>alert(1)</script>',
    "+1+cmd|' /C calc'!A0<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
    '-1+1<img src=x onerror="alert(1)">![x](http://evil.example/x.png)',
    "@SUM(1)</td></tr></table></details><style>*{display:none}</style>",
    '\t=1+1"><iframe src="//evil.example"></iframe>',
    "\r=1+1</title></head></script><base href=//evil.example>",
    "<a href=javascript:alert(1)>pay</a>[pay](http://evil.example)nul\x00nul",
    r"$\frac{1}{0}$ \(x\) $$\input{/etc/passwd}$$ {{ 7 * 7 }}{% raw %}{# gone #} %s %(name)s {0} {customer_id}",
    "\x1b[31mred\x1b]0;owned\x07\x9b2J\u202egnp.exe\u2066\u200f",
    "two\r\nBcc: thief@evil.example\n\n# head\u2028line\x85expression(alert(1));url(//evil.example/x.css)",
    f"../../../etc/passwd C:\\evil\\..\\ {'W' * 300}",
    "'; DROP TABLE invoices; -- &lt;b&gt;&amp;#60; a, b\\, (none)",
)


TEXTS = {
    name: [column.name for column in table.columns if column.type in ("id", "text") and not column.choices]
    for name, table in BY_NAME.items()
}
FREE = {"currency"}  # a code of a closed list, whatever its type says


def hostile() -> Tables:
    """A customer a try, whose invoices were paid or are open, with a row in every other table; the cells of text of
    each row are tries, in another order in every column, each told from all others by the mark at its end. And invoices
    that are due on a try."""
    numbers = count(1)

    def tried(nth: int, table: str, **known: str) -> Row:
        columns = [name for name in TEXTS[table] if name not in FREE and name not in known]
        tries = {name: TRIES[(nth + at) % len(TRIES)] for at, name in enumerate(columns)}
        return {name: f"{each} {mark(next(numbers))}" for name, each in tries.items()} | known

    tables: Tables = {name: [] for name in BY_NAME if name not in ("control_totals", "rates")}
    for nth in range(len(TRIES)):
        for name, row in _of_customer(nth, tried):
            tables[name].append(row)
    bad = tried(0, "invoices") | {"issued_on": "2026-06-01", "amount": "1.00"}
    tables["invoices"] += [bad | {"invoice_id": f"bad {nth}", "due_on": each} for nth, each in enumerate(TRIES)]
    return tables


def mark(number: int) -> str:
    return f"q{number:05d}z"


def marks(text: str) -> set[str]:
    """Which of all tries stand there."""
    return set(re.findall(r"q\d{5}z", text))


def write(folder: Path) -> Path:
    """The ledger as Parquet, which holds every sign."""
    folder.mkdir(parents=True)
    for name, rows in hostile().items():
        pd.DataFrame(rows).to_parquet(folder / f"{name}.parquet")
    return folder


def _of_customer(nth: int, tried: Callable[..., Row]) -> Iterator[tuple[str, Row]]:
    """The rows of a customer: three invoices that were paid, one that is overdue and disputed, one not due yet."""
    customer = tried(nth, "customers", country="US", language="", parent_id="", merged_into="")
    yield "customers", customer | {"credit_limit": "500", "terms_days": "30"}
    who = customer["customer_id"]
    method = tried(nth, "receipts", receipt_id="", customer_id="")["method"]
    for age in (200, 150, 100, 45, 10):
        issued, due = DAY - timedelta(days=age + nth % 7), DAY - timedelta(days=age + nth % 7 - 30)
        invoice = tried(nth + age, "invoices", customer_id=who)
        number = invoice["invoice_id"]
        yield "invoices", invoice | {"issued_on": str(issued), "due_on": str(due), "amount": f"{100 + nth}.50"}
        if age >= 100:
            paid = str(due + timedelta(days=nth % 9))
            receipt = tried(nth + age, "receipts", customer_id=who, method=method)
            yield "receipts", receipt | {"received_on": paid, "amount": f"{100 + nth}.50"}
            bound = {"invoice_id": number, "receipt_id": receipt["receipt_id"], "credit_id": "", "undoes": ""}
            yield "applications", tried(nth, "applications", **bound) | {
                "applied_on": paid, "amount": f"{100 + nth}.50", "kind": "cash",
            }  # fmt: skip
    about = {"customer_id": who, "invoice_id": number}
    yield "credits", tried(nth, "credits", customer_id=who) | {"issued_on": "2026-06-01", "amount": "1.00"}
    yield "disputes", tried(nth, "disputes", invoice_id=number) | {"opened_on": "2026-06-25"}
    promised = {"made_on": "2026-06-01", "promised_on": "2026-06-15", "amount": "50.00"}
    yield "promises", tried(nth, "promises", **about) | promised
    yield "contacts", tried(nth, "contacts", **about) | {"contacted_on": "2026-06-20", "minutes": "5"}
    planned = {"issue_on": "2026-07-10", "due_on": "2026-08-10", "amount": "70.00"}
    yield "billing_schedule", tried(nth, "billing_schedule", customer_id=who) | planned
    yield "outflows", tried(nth, "outflows") | {"due_on": "2026-07-10", "amount": "10.00"}
    yield "overrides", tried(nth, "overrides", **about) | {"expected_on": "2026-07-20", "known_on": "2026-06-20"}
    yield "costs", tried(nth, "costs") | {"month": f"2026-{1 + nth % 5:02d}-01", "category": "staff", "amount": "1.00"}
