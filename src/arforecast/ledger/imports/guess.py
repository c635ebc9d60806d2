"""A mapping proposed for an export that no preset knows: from what its columns are called and how their cells are
written, with the evidence beside each line.

It is a proposal and no more: nothing is imported by it. What can be read in two ways (03/04/2026, two columns that may
be the customer) is unsure, and its line stands behind a mark: the file is of no use before somebody has decided.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path

import pandas as pd

from arforecast.errors import SourceError
from arforecast.ledger import workbook
from arforecast.ledger.imports.fitting import fitting
from arforecast.ledger.imports.mapping import Format
from arforecast.ledger.imports.values import amounts, dates

# What the columns of a ledger are called, the plainest words first: English, German, French, Spanish; without the words
# that only join others.
WORDS = {
    "invoice_id": (
        "invoice number|invoice no|invoice id|inv no|inv|document number|document no|doc no|num|invoice|"
        "voucher no|doc id|id|number|rechnungsnummer|rechnungs nr|rechnung nr|belegnummer|beleg nr|"
        "rechnung|numero facture|no facture|n facture|facture|numero factura|num factura|n factura|"
        "factura|bill no|re nr|n piece|n documento|no factura|nro factura|id factura|numero documento|"
        "num documento|nro comprobante|numero comprobante|serie y numero|numero|folio|comprobante|"
        "documento|rechnungsnr|belegnr|ref facture|piece|factura n|num doc"
    ),
    "customer_id": (
        "cust number|customer id|customer number|customer no|customer|customer name|client|client name|"
        "contact name|contact|account|invoice partner display name|kundennummer|kunden nr|kunde|"
        "kundenname|debitor|code client|nom client|codigo cliente|cliente|nombre cliente|debtor|tiers|"
        "raison sociale|razon social|deudor|cod cliente|id cliente|numero cliente|cuenta cliente|"
        "geschaftspartner|firma|compte client|societe|nombre"
    ),
    "issued_on": (
        "invoice date|invoice bill date|issue date|date issued|issued|posting date|document date|"
        "transaction date|date|created|rechnungsdatum|belegdatum|datum|date facture|date emission|"
        "fecha factura|fecha emision|fecha|billed on|buchungsdatum|ausgestellt am|date piece|"
        "fecha expedicion|fecha documento|fecha contable|f factura|f emision|emision|fecha doc|"
        "fecha creacion|erstellt am|date facturation|emise"
    ),
    "due_on": (
        "due date|date due|due|net due date|due on|due in date|falligkeitsdatum|fallig am|falligkeit|"
        "fallig|date echeance|echeance|fecha vencimiento|vencimiento|vence|payable by|maturity|"
        "zahlbar bis|nettofalligkeit|a payer avant|fecha vto|f vencimiento|f vto|vto|fecha limite pago|"
        "fecha limite|zahlungsziel|date limite paiement"
    ),
    "amount": (
        "invoice amount|gross amount|total amount|amount|total|rechnungsbetrag|bruttobetrag|gesamtbetrag|"
        "betrag|amount in local currency|line total|montant ttc|total ttc|montant|importe total|importe|"
        "monto|gross|brutto|montant facture|importe factura|betrag in hauswahrung|monto total|"
        "total factura|importe con iva|total con iva|importe bruto|betrag brutto|rechnungssumme|endbetrag|"
        "summe|montant total"
    ),
    "open": (
        "total open amount|open balance|balance due|amount due|invoice amount due|amount due signed|"
        "amount remaining|outstanding amount|outstanding|open amount|balance|offener betrag|restbetrag|"
        "offen|saldo|reste a payer|montant du|solde|saldo pendiente|pendiente|importe pendiente|"
        "monto pendiente|pendiente cobro|por cobrar"
    ),
    "paid_on": (
        "paid date|date paid|payment date|paid on|paid at|bezahlt am|zahlungsdatum|zahldatum|date paiement|paye|"
        "fecha pago|pagado|fecha cobro|cobrado"
    ),
    "paid_amount": (
        "amount paid|paid amount|paid|bezahlt|gezahlt|montant paye|importe pagado|pagado|cobrado|"
        "importe cobrado|monto pagado"
    ),
    "currency": "currency|currency code|wahrung|devise|moneda|divisa|hauswahrung|codigo moneda|wrg|monnaie",
}
# Names that another system gives to something else: an account may be the customer or the general ledger's, a balance
# what is open of the row or of all rows so far.
DOUBTFUL = {
    *("account", "konto", "saldo", "balance", "solde", "cuenta", "compte", "id", "number", "num", "reference"),
    *("numero", "comprobante", "documento", "folio", "piece", "summe", "firma", "societe", "nombre"),
}  # fmt: skip
# Words that a name has or has not: date de la facture, date facture.
JOINING = {"d", "de", "del", "el", "l", "la", "le", "of", "the"}
PAIRED = ("debit credit", "soll haben", "sollbetrag habenbetrag", "debe haber")
REQUIRED = ("invoice_id", "customer_id", "issued_on", "due_on", "amount")
DAYS, MONEY = ("issued_on", "due_on", "paid_on"), ("amount", "open", "paid_amount")
ENCODINGS, SEPARATORS = ("utf-8-sig", "cp1252"), (",", ";", "\t", "|")
ORDERS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d")
NAMED = ("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y")
TIMES = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M:%SZ")
SIGNS = re.compile(r"[$€£¥]|\b[A-Z]{3}\b")
BELOW = {"brackets": r"^\W*\(", "minus_behind": r"[0-9]\s*-$"}
FEWEST, MOST_ROWS = 4, 5000


@dataclass(frozen=True)
class Line:
    """A line of the proposed mapping: its section, key and value, whether it is sure, and from what it is taken."""

    section: str
    key: str
    value: object
    sure: bool
    why: str


@dataclass(frozen=True)
class _Seen:
    """The header of the export, and the cells of the rows under it that are filled as invoices are."""

    lines: tuple[Line, ...]
    cells: pd.DataFrame


def proposal(source: Path) -> str:
    """The preset whose columns the export at `source` has, if one does, and a mapping proposed for it.

    Raises SourceError where no preset has them and no line of it looks like the names of columns.
    """
    there = fitting(source)
    told = [f"# Its columns are those of the preset {name}: arforecast import {name} EXPORT FOLDER\n" for name in there]
    try:
        return "".join([*told, text(propose(source), source)])
    except SourceError:
        if not there:
            raise
        return "".join(told)


def propose(source: Path) -> list[Line]:
    """The lines of a mapping for the export at `source`.

    Raises SourceError where no line of it looks like the names of columns.
    """
    seen = _seen(source)
    found = {role: _candidates(seen.cells, role) for role in WORDS}
    columns = _columns(found, seen.cells)
    named = {line.key: str(line.value) for line in columns}
    days = [named[role] for role in DAYS if role in named]
    money = [named[role] for role in ("amount", "paid_amount") if role in named]
    written = [*_dates(seen.cells[days]), *_amounts(seen.cells[money])]
    snapshot = "paid_on" not in named and bool(found["open"])
    told = (
        [Line("ledger", "snapshot", True, True, "what is open stands there, and no day of payment")] if snapshot else []
    )
    return [*seen.lines, *written, *columns, *told]


def text(lines: list[Line], source: Path) -> str:
    """The proposal as a mapping file; what is unsure, and what is missing, stands behind a mark."""
    named = {line.key for line in lines}
    missing = [Line("columns", role, "?", False, "no column is called so") for role in REQUIRED if role not in named]
    told = [f"# A proposal for {json.dumps(source.name)}. Read each line; take away the mark before what you decide."]
    for section in ("format", "columns", "ledger"):
        here = [line for line in (*lines, *missing) if line.section == section]
        told += [f"\n[{section}]", *map(_written, here)] if here else []
    return "\n".join(told) + "\n"


def _written(line: Line) -> str:
    value = json.dumps(line.value, ensure_ascii=False)
    mark = "" if line.sure else "# "
    return f"{mark}{line.key} = {value}  # {'sure' if line.sure else 'UNSURE'}: {' '.join(line.why.split())}"


# The file


def _seen(source: Path) -> _Seen:
    if workbook.is_workbook(source):
        first = next(iter(workbook.sheets(source).values()))
        return _under_header([[workbook.written(cell) for cell in row] for row in first], source, ())
    content, encoding = _decoded(source)
    separator = max(SEPARATORS, key=lambda sign: _evenness(content, sign))
    plain = {"encoding": (encoding, "utf-8-sig"), "separator": (separator, ",")}
    lines = [
        Line("format", key, value, True, "what it is read with")
        for key, (value, usual) in plain.items()
        if value != usual
    ]
    rows = list(csv.reader(io.StringIO(content), delimiter=separator))
    return _under_header(rows, source, tuple(lines))


def _decoded(source: Path) -> tuple[str, str]:
    content = source.read_bytes()
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise SourceError(f"{source} is neither UTF-8 nor Windows-1252. Save it as UTF-8.")


def _evenness(content: str, separator: str) -> int:
    """How many lines have as many cells as most have, and how many that is."""
    widths = pd.Series([len(row) for row in csv.reader(io.StringIO(content[:100_000]), delimiter=separator)])
    common = widths[widths >= FEWEST].mode()
    return int((widths == common.iloc[0]).sum() * common.iloc[0]) if len(common) else 0


def _under_header(rows: list[list[str]], source: Path, lines: tuple[Line, ...]) -> _Seen:
    """The header is the row that names the most columns of a ledger."""
    known = {words for role in WORDS.values() for words in role.split("|")}
    hits = [sum(_plain(cell) in known for cell in row) for row in rows[:50]]
    if max(hits, default=0) < 2:
        raise SourceError(f"{source}: no line names columns of invoices in English, German, French or Spanish.")
    top = hits.index(max(hits))
    header = [cell.strip() for cell in rows[top]]
    even = [[cell.strip() for cell in row] for row in rows[top + 1 : top + MOST_ROWS] if len(row) == len(header)]
    filled = [row for row in even if sum(map(bool, row)) >= min(FEWEST, len(header))]
    cells = pd.DataFrame(filled, columns=header, dtype="str")
    return _Seen(lines, cells.loc[:, ~cells.columns.duplicated(keep=False)])


# Which column is which


def _plain(words: str) -> str:
    """Without capitals, accents, signs, what stands in brackets, and the words that only join others."""
    apart = re.sub("(?<=[a-z])(?=[A-Z])", " ", re.sub(r"(?<=.)\(.*?\)", "", words))  # InvoiceDate is the invoice date
    bare = "".join(sign for sign in unicodedata.normalize("NFD", apart) if not unicodedata.combining(sign))
    return " ".join(word for word in re.findall(r"[a-z0-9]+", bare.casefold()) if word not in JOINING)


def _candidates(cells: pd.DataFrame, role: str) -> list[str]:
    """The columns that are called as this one of a ledger, the plainest first, if their cells can be it."""
    words = WORDS[role].split("|")
    called = {str(column): _plain(str(column)) for column in cells}
    named = sorted((words.index(said), column) for column, said in called.items() if said in words)
    return [column for _, column in named if _can_be(cells[column], role)]


def _can_be(cells: pd.Series, role: str) -> bool:
    filled = cells[cells != ""]
    if role in DAYS:
        return bool(_orders(filled))
    if role in MONEY:
        # Days with signs between the numbers are no amounts.
        return bool(filled.str.contains("[0-9]").all()) and {*_orders(filled)} <= {"%Y%m%d"}
    return len(filled) > 0


def _columns(found: dict[str, list[str]], cells: pd.DataFrame) -> list[Line]:
    """Each column of the ledger from the first that may be it; sure where no other may."""
    lines, taken = [], set()
    roles = {role: columns for role, columns in found.items() if role != "open"}
    if found["open"] and not found["paid_on"]:
        roles["amount"] = found["open"]
    for role, columns in roles.items():
        free = [column for column in columns if column not in taken]
        if free:
            taken.add(free[0])
            lines.append(_column(role, free, cells))
    return lines


def _column(role: str, free: list[str], cells: pd.DataFrame) -> Line:
    chosen = cells[free[0]]
    example = next((cell for cell in chosen if cell), "nothing")
    doubts = "".join(f"; {doubt}" for doubt in _doubts(role, free, cells))
    return Line("columns", role, free[0], not doubts, f"its name, and cells such as {example}{doubts}")


def _doubts(role: str, free: list[str], cells: pd.DataFrame) -> Iterator[str]:
    """What speaks against taking the first of these columns for this one of the ledger."""
    chosen, filled = cells[free[0]], cells[free[0]][cells[free[0]] != ""]
    if len(free) > 1:
        yield f"{', '.join(free[1:])} may be it as well"
    if _plain(free[0]) in DOUBTFUL:
        yield "other systems call something else so"
    if role == "invoice_id" and filled.duplicated().any():
        yield "it stands in several rows: say what they are under [lines]"
    if role in REQUIRED[:3] and len(filled) < len(chosen):
        yield f"{len(chosen) - len(filled):,} rows have none"
    if role == "amount" and any({*pair.split()} <= {_plain(str(column)) for column in cells} for pair in PAIRED):
        yield "amounts stand in two columns, debit and credit: { amount = , less = }"


# How cells are written


def _orders(filled: pd.Series) -> list[str]:
    """The forms in which all of these cells are days."""
    forms = [order + time for order, time in product((*ORDERS, *NAMED), TIMES)]
    near = [form for form in forms if _may_be(filled.iloc[0], form)] if len(filled) else []
    return [form for form in near if bool(dates(filled, Format(dates=form)).notna().all())]


def _may_be(cell: str, form: str) -> bool:
    """Whether a cell is a day of this form, by a rule that is quick and no stricter: it says no to most."""
    try:
        return bool(datetime.strptime(cell, form))  # noqa: DTZ007 - a day, whatever the zone
    except ValueError:
        return False


def _filled(cells: pd.DataFrame) -> pd.Series:
    """The cells of all columns that hold something."""
    return pd.Series(cells.to_numpy().ravel(), dtype="str").replace("", None).dropna()


def _dates(cells: pd.DataFrame) -> list[Line]:
    filled = _filled(cells)
    if filled.empty:
        return []
    forms = _orders(filled)
    if not forms:
        return [Line("format", "dates", "?", False, f"its days are not written alike, such as {filled.iloc[0]}")]
    others = f"; {' and '.join(forms[1:])} fit as well" if len(forms) > 1 else ""
    return [Line("format", "dates", forms[0], not others, f"{len(filled):,} cells such as {filled.iloc[0]}{others}")]


def _amounts(cells: pd.DataFrame) -> list[Line]:
    filled = _filled(cells)
    if filled.empty:
        return []
    sign, below = _sign(filled), [name for name, form in BELOW.items() if filled.str.contains(form).any()]
    fits = _readings(filled, sign, below)
    why = f"{len(filled):,} cells such as {max(filled, key=len)}"
    if not fits:
        return [Line("format", "decimal", "?", False, f"its amounts are not written alike: {why}")]
    if filled.str.fullmatch("-?[0-9]+").all():
        return [Line("format", "minor_units", True, False, f"{why}: whole ones, which may be cents")]
    (decimal, thousands), sure = next(iter(fits)), len({tuple(values) for values in fits.values()}) == 1
    told = {"thousands": (thousands, ""), "currency_sign": (sign, ""), "negatives": (below, [])}
    lines = [Line("format", key, value, sure, why) for key, (value, usual) in told.items() if value != usual]
    if decimal == "." and sure:
        return lines
    doubt = "" if sure else "; it may part thousands"
    return [Line("format", "decimal", decimal, sure, why + doubt), *lines]


def _sign(filled: pd.Series) -> str:
    """The one sign of a currency that stands in these cells."""
    signs = {sign for cell in filled for sign in SIGNS.findall(cell)}
    return signs.pop() if len(signs) == 1 else ""


def _readings(filled: pd.Series, sign: str, below: list[str]) -> dict[tuple[str, str], list[float]]:
    """What the amounts come to by each way to write them in which all of them are amounts, the plainest first."""
    ways = (
        (".", ""),
        (",", ""),
        (".", ","),
        (",", "."),
        (",", " "),
        (",", "\u00a0"),
        (",", "\u202f"),
        (".", "'"),
        (".", " "),
    )
    read = {}
    for decimal, thousands in ways:
        form = Format(decimal=decimal, thousands=thousands, currency_sign=sign, negatives=tuple(below))
        values = amounts(filled, form, pd.Series(2, index=filled.index))
        if values.notna().all():
            read[decimal, thousands] = values.astype("float64").tolist()
    return read
