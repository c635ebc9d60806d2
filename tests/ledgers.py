"""Ledgers for tests: told in a docstring, drawn by hypothesis, cut off on a day; and written to files."""

from __future__ import annotations

import csv
import inspect
from datetime import date, timedelta
from pathlib import Path

from hypothesis import strategies as st

from arforecast.ledger.tables import BY_NAME

Row = dict[str, str]
Tables = dict[str, list[Row]]

# Real data, and a ledger with its answers, that are no part of the project; tests that ask for them skip without.
SHARED = Path(__file__).parents[2] / "shared"
# The sample company, which `make test` writes first.
SAMPLE = Path(__file__).parents[1] / "data" / "sample"


def told(text: str) -> Tables:
    """The tables in a docstring: a paragraph of a table's name, its header, and a row a line; `-` is an empty cell."""
    paragraphs = [part.splitlines() for part in inspect.cleandoc(text).split("\n\n")]
    tables = {
        first.strip(): [line.split() for line in lines] for first, *lines in paragraphs if first.strip() in BY_NAME
    }
    return {
        name: [dict(zip(header, map(_cell, row), strict=True)) for row in rows]
        for name, (header, *rows) in tables.items()
    }


def _cell(word: str) -> str:
    return "" if word == "-" else word


def read(folder: Path) -> Tables:
    """The tables of a ledger of CSV files, as text."""
    files = {name: folder / f"{name}.csv" for name in BY_NAME}
    return {name: _rows(file) for name, file in files.items() if file.exists()}


def _rows(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(tables: Tables, folder: Path) -> Path:
    """The tables as CSV files in a new folder; one without rows is its header alone."""
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        header = list(rows[0]) if rows else [column.name for column in BY_NAME[name].required]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, header, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def until(tables: Tables, day: date) -> Tables:
    """What was known of a ledger at the close of `day`: as if its files had been written that evening."""
    known = {name: [row for row in rows if _known(name, row, day)] for name, rows in tables.items()}
    invoices = {row["invoice_id"] for row in known["invoices"]}
    for name in ("applications", "disputes"):
        if name in known:
            known[name] = [row for row in known[name] if row["invoice_id"] in invoices]
    return {name: [_unfinished(row, day) for row in rows] for name, rows in known.items()}


def _known(table: str, row: Row, day: date) -> bool:
    cells = [row.get(name or "") for name in (BY_NAME[table].dated_by, "known_on")]
    return all(date.fromisoformat(cell) <= day for cell in cells if cell)


def _unfinished(row: Row, day: date) -> Row:
    """The row before what is written into it later: the end of a dispute, the payment of an invoice."""
    later = {name for name in ("closed_on", "paid_on") if row.get(name) and date.fromisoformat(row[name]) > day}
    blanks = later | ({"paid_amount"} & row.keys() if "paid_on" in later else set())
    return row | dict.fromkeys(blanks, "")


def taken_back(invoices: list[Row], applications: list[Row]) -> list[Row | None]:
    """Of each application the one it takes back, in the order they became known: a return takes the payment it names,
    else the latest still open with its amount, else the latest still open, of its day too; of its invoice and kind."""
    billed = {row["invoice_id"]: entered(row, "issued_on") for row in invoices}
    nths = range(len(applications))
    known = {
        nth: max(entered(applications[nth], "applied_on"), billed[applications[nth]["invoice_id"]]) for nth in nths
    }
    back: list[Row | None] = [None] * len(applications)
    still: list[int] = []
    names: dict[tuple[str, str], int] = {}
    order = {nth: (known[nth], applications[nth]["applied_on"]) for nth in nths}
    for nth in sorted(nths, key=order.__getitem__):
        row = applications[nth]
        if minor(row["amount"]) > 0:
            still.append(nth)
            names[row["invoice_id"], row.get("application_id", "")] = nth
            continue
        open_ = [one for one in still if all(applications[one][key] == row[key] for key in ("invoice_id", "kind"))]
        alike = [one for one in open_ if minor(applications[one]["amount"]) == -minor(row["amount"])]
        said = names.get((row["invoice_id"], row.get("undoes", ""))) if row.get("undoes") else None
        of_day = [
            one for one in nths if one > nth and order[one] == order[nth] and minor(applications[one]["amount"]) > 0
        ]
        rest = open_ + [
            one for one in of_day if all(applications[one][key] == row[key] for key in ("invoice_id", "kind"))
        ]
        also = [one for one in rest if minor(applications[one]["amount"]) == -minor(row["amount"])]
        found = next(reversed(alike or also or rest), None) if said is None else said
        if found is not None:
            back[nth] = applications[found]
            still = [one for one in still if one != found or one not in alike]
    return back


OF_CUSTOMERS = ("invoices", "receipts", "credits", "promises", "contacts", "billing_schedule")


def merged(tables: Tables) -> Tables:
    """The tables with each customer under the number it was merged into; no links run in a circle."""
    customers = tables.get("customers", [])
    into = {row["customer_id"]: row["merged_into"] for row in customers if row.get("merged_into")}
    renamed = {
        name: [row | {"customer_id": last(row["customer_id"], into)} for row in tables[name]]
        for name in OF_CUSTOMERS
        if name in tables
    }
    left = [
        row | {"parent_id": last(row.get("parent_id", ""), into)} for row in customers if row["customer_id"] not in into
    ]
    return tables | renamed | ({"customers": left} if "customers" in tables else {})


def companies(tables: Tables) -> dict[str, str]:
    """The top parent of each customer who is not one itself."""
    customers = tables.get("customers", [])
    above = {row["customer_id"]: row["parent_id"] for row in customers if row.get("parent_id")}
    return {name: last(name, above) for name in above}


def last(name: str, links: dict[str, str]) -> str:
    """The end of the chain that a name begins."""
    while name in links:
        name = links[name]
    return name


def entered(row: Row, dated: str) -> date:
    return max(date.fromisoformat(row[dated]), date.fromisoformat(row.get("known_on") or row[dated]))


# Drawn ledgers: sound ones, so that every row counts; their dates lie so that windows and cohorts are seldom empty.

FIRST_ON = date(2024, 1, 1)
SPAN_DAYS = 500
CUSTOMERS = [f"{nth:03}" for nth in range(14)]
SEGMENTS = ["", "north", "south"]

days = st.integers(60, SPAN_DAYS + 90).map(lambda nth: FIRST_ON + timedelta(days=nth))
_delays = st.sampled_from([None, None, None, None, -9, 0, 1, 6, 45])
_money = st.one_of(st.sampled_from([1, 2, 10_000]), st.integers(1, 900_000))
# The steps that take something back: all of it, the last, the first, a part.
BACK = ("bounce", "return", "first", "refund")
_stories = st.sampled_from(
    [
        "",
        "cash",
        "cash",
        "cash cash",
        "cash bounce",
        "cash bounce cash",
        "part",
        "part cash",
        "part part write_off",
        "discount cash",
        "cash discount",
        "discount part",
        "credit_note",
        "part credit_note over",
        "over",
        "over bounce",
        "write_off",
        "write_off bounce cash",
        "part part return cash",
        "part return part return cash",
        "part part first return",
        "cash refund",
        "part return return",
        "set_off",
        "part set_off return cash",
        "part tax_withheld",
        "part bank_charge cash",
        "over difference",
    ]
)


@st.composite
def ledgers(draw: st.DrawFn) -> Tables:
    """A ledger of up to 60 invoices whose payments part, bounce, come twice, early, late, and are booked late."""
    customers = CUSTOMERS[: draw(st.sampled_from([14, 14, 3, 14, 1]))]
    count = draw(st.sampled_from([60, 45, 60, 1, 60, 30]))
    invoices = [draw(_invoices(nth, customers)) for nth in range(count)]
    applications = [row for invoice in invoices for row in draw(_applications(invoice))]
    tables = {"invoices": invoices, "applications": applications}
    if draw(st.integers(0, 3)):
        tables["customers"] = [{"customer_id": name, "segment": draw(st.sampled_from(SEGMENTS))} for name in customers]
    if draw(st.integers(0, 3)):
        tables["receipts"] = draw(_receipts(applications, invoices))
    if draw(st.integers(0, 3)):
        tables["credits"] = draw(_credits(tables["applications"], invoices))
    if draw(st.integers(0, 3)):
        tables["disputes"] = [draw(_disputes(nth, invoice)) for nth, invoice in enumerate(invoices[::3])]
    return tables


@st.composite
def groups(draw: st.DrawFn) -> Tables:
    """As `ledgers`, where customers have parents, and some were merged into another."""
    tables = draw(ledgers())
    customers = tables.get("customers", [])
    links = {row["customer_id"]: draw(_links(customers[:nth])) for nth, row in enumerate(customers)}
    linked = [row | links[row["customer_id"]] for row in customers]
    return tables | ({"customers": linked} if customers else {})


def _links(others: list[Row]) -> st.SearchStrategy[Row]:
    """What a customer says of those before it, so that nothing runs in a circle: a parent, a merger, both, neither."""
    name = st.sampled_from(["", *(row["customer_id"] for row in others)])
    merger = name if len(others) > 1 else st.just("")
    return st.fixed_dictionaries({"parent_id": name, "merged_into": st.one_of(st.just(""), st.just(""), merger)})


@st.composite
def _invoices(draw: st.DrawFn, nth: int, customers: list[str]) -> Row:
    issued_on = FIRST_ON + timedelta(days=draw(st.integers(0, SPAN_DAYS)))
    terms = draw(st.sampled_from([-1, 0, 1, 14, 30, 30, 45, 60]))
    return {
        "invoice_id": f"{nth:04}",
        "customer_id": draw(st.sampled_from(customers)),
        "issued_on": str(issued_on),
        "due_on": str(issued_on + timedelta(days=terms)),
        "amount": _major(draw(_money)),
        "kind": draw(st.sampled_from(["", "invoice", "fee"])),
        "segment": draw(st.sampled_from(["", "", "north", "west"])),
        "known_on": _known_on(issued_on, draw(_delays)),
    }


@st.composite
def _applications(draw: st.DrawFn, invoice: Row) -> list[Row]:
    """What became of an invoice: the steps of a story, each some days after the one before."""
    issued_on, amount = date.fromisoformat(invoice["issued_on"]), minor(invoice["amount"])
    day = date.fromisoformat(invoice["due_on"]) + timedelta(days=draw(st.sampled_from([-35, -20, 0, 0, 1, 5, 30, 60])))
    rows: list[Row] = []
    rest = amount
    for nth, step in enumerate(draw(_stories).split()):
        back = rows[0 if step == "first" else -1] if rows else {}
        change = {"part": rest // 3, "discount": amount // 50, "over": rest + 777, "bounce": rest - amount}
        change |= {"return": -minor(back.get("amount", "1")), "first": -minor(back.get("amount", "1"))}
        reduction = change.get(step, -amount // 4 if step == "refund" else rest) or 1
        kind = {"part": "cash", "over": "cash"}.get(step, back["kind"] if step in BACK else step)
        day = day if kind == "cash" else max(day, issued_on)
        rows.append(
            {
                "application_id": f"{invoice['invoice_id']}-{nth}",
                "invoice_id": invoice["invoice_id"],
                "applied_on": str(day),
                "amount": _major(reduction),
                "kind": kind,
                "undoes": back["application_id"] if step in BACK and (step == "first" or draw(st.booleans())) else "",
                "known_on": _known_on(day, draw(_delays)),
            }
        )
        rest -= reduction
        day += timedelta(days=draw(st.sampled_from([0, 1, 12, 30, 60, 90])))
    return rows


@st.composite
def _receipts(draw: st.DrawFn, applications: list[Row], invoices: list[Row]) -> list[Row]:
    """The money behind most of the cash, now and then more than was applied, and some from who was never billed."""
    customer = {row["invoice_id"]: row["customer_id"] for row in invoices}
    cash = [row for row in applications if row["kind"] == "cash"]
    rows = [
        {
            "receipt_id": row["application_id"],
            "customer_id": customer[row["invoice_id"]],
            "received_on": row["applied_on"],
            "amount": _major(minor(row["amount"]) + draw(st.sampled_from([0, 0, 0, 5_000]))),
            "known_on": row["known_on"],
        }
        for row in cash
        if draw(st.integers(0, 9))
    ]
    strangers = draw(st.lists(st.tuples(st.sampled_from([*CUSTOMERS, "999"]), days, _money), max_size=3))
    return rows + [
        {
            "receipt_id": f"R{nth}",
            "customer_id": name,
            "received_on": str(day),
            "amount": _major(money),
            "known_on": "",
        }
        for nth, (name, day, money) in enumerate(strangers)
    ]


@st.composite
def _credits(draw: st.DrawFn, applications: list[Row], invoices: list[Row]) -> list[Row]:
    """The credits behind half of the credit notes, now and then of more than was applied; and some that stand alone."""
    customer = {row["invoice_id"]: row["customer_id"] for row in invoices}
    rows = []
    for row in applications:
        row["credit_id"] = ""
        if row["kind"] == "credit_note" and draw(st.booleans()):
            row["credit_id"] = f"C{row['application_id']}"
            amount = _major(minor(row["amount"]) + draw(st.sampled_from([0, 0, 5_000])))
            rows.append((row["credit_id"], customer[row["invoice_id"]], row["applied_on"], amount, row["known_on"]))
    alone = draw(st.lists(st.tuples(st.sampled_from([*CUSTOMERS, "998"]), days, _money), max_size=3))
    rows += [(f"S{nth}", name, str(day), _major(money), "") for nth, (name, day, money) in enumerate(alone)]
    header = ("credit_id", "customer_id", "issued_on", "amount", "known_on")
    return [dict(zip(header, row, strict=True)) for row in rows]


@st.composite
def _disputes(draw: st.DrawFn, nth: int, invoice: Row) -> Row:
    opened_on = date.fromisoformat(invoice["issued_on"]) + timedelta(days=draw(st.integers(0, 60)))
    closed_after = draw(st.sampled_from([None, 0, 30, 100]))
    return {
        "dispute_id": f"D{nth}",
        "invoice_id": invoice["invoice_id"],
        "opened_on": str(opened_on),
        "closed_on": "" if closed_after is None else str(opened_on + timedelta(days=closed_after)),
        "known_on": _known_on(opened_on, draw(_delays)),
    }


def _known_on(day: date, delay: int | None) -> str:
    return "" if delay is None else str(day + timedelta(days=delay))


def minor(amount: str) -> int:
    return round(float(amount) * 100)


def _major(minor: int) -> str:
    sign, units = "-" * (minor < 0), abs(minor)
    return f"{sign}{units // 100}.{units % 100:02}"
