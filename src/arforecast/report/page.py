"""Pages: the sections of a notebook, definitions and sheets as markup, and the self-contained page around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import pandas as pd
from markupsafe import escape

from arforecast.errors import inert
from arforecast.report import Fragment, style_sheet, tables, templates
from arforecast.report.exhibit import missing, why
from arforecast.report.exhibits import accounts as sheet
from arforecast.report.exhibits.brief import outcome
from arforecast.report.formats import count, date, exact, many, name, quoted, spoken

if TYPE_CHECKING:
    from arforecast.actions.accounts import Sheet

ROWS = ("read", "used", "quarantined", "quarantined_amount")
MANY = 6  # questions from which a page begins with their list
# A link to another page; attributes stand in the order of their names, as nbconvert leaves them.
LINK = re.compile(r' ?<a (?P<row>class="row" )?href="(?P<file>[\w-]+\.html)(?:#(?P<id>[^"]*))?">(?P<text>.*?)</a>')


class Entry(NamedTuple):
    """What the first page of a run says of another: its file, its title, its sentence and its cards."""

    file: str
    title: str
    headline: str
    cards: Fragment


@cache
def _macros() -> Any:
    return templates().get_template("page.html").module


def definitions(glossary: pd.DataFrame, ids: Iterable[str]) -> Fragment:
    """What each of the measures `ids` means, in that order."""
    known = glossary.drop_duplicates("kpi").set_index("kpi")["meaning"]
    terms = [{"kpi": kpi, "name": name(kpi), "meaning": known[kpi]} for kpi in dict.fromkeys(ids) if kpi in known.index]
    return Fragment(_macros().definitions(terms))


def document(title: str, body: str, stamp: Mapping[str, Any], beside: Sequence[Entry] = ()) -> str:
    """A whole page: one file that needs nothing else. `body` is markup; `stamp` is what the ledger says of itself;
    `beside` are the pages of the run, to which it leads. No mark in it turns the words around it."""
    return inert(str(_macros().document(title, Fragment(body), _stamp(stamp), Fragment(style_sheet()), beside)))


def index(first: Entry, others: Sequence[Entry], stamp: Mapping[str, Any], brief: str = "") -> str:
    """The first page of a run: the brief, where the run has one, and every other page with its sentence; without a
    brief with its cards too."""
    shown = [entry._replace(cards=Fragment()) for entry in others] if brief else others
    own = f'<div class="brief">\n{brief}</div>\n' if brief else f"<h1>{escape(first.title)}</h1>\n"
    body = own + str(_macros().entries(shown, bool(brief)))
    return document(first.title, body, stamp, [first, *others] if brief else ())


def _stamp(stamp: Mapping[str, Any]) -> dict[str, Any]:
    gates = [gate | {"name": name(gate["gate"]), "outcome": spoken(_outcome(gate))} for gate in stamp["gates"]]
    rows = pd.DataFrame(stamp["rows"])
    return {
        "day": date(stamp["as_of"]),
        "where": ", ".join(stamp.get("where", ())),
        "currency": stamp["currency"],
        "fingerprint": stamp["fingerprint"],
        "version": stamp["version"],
        "settings": stamp["settings"],
        "loosened": stamp["loosened"],
        "gates": gates,
        "waived": [spoken(gate["message"]) for gate in gates if gate["waived"]],
        "absent": f"{many(len(stamp['missing_tables']), 'table')} of the dictionary not in this ledger",
        "missing": [missing(table, feeds) for table, feeds in stamp["missing_tables"]],
        "used": _used(rows, stamp["currency"]),
        "rows": tables.show(rows, "Rows of each table", totals=ROWS, currency=stamp["currency"]),
    }


def _used(rows: pd.DataFrame, currency: str) -> str:
    out = rows["quarantined"].sum()
    left = (
        f"{count(out)} left out, worth {exact(rows['quarantined_amount'].sum(), currency)}" if out else "none left out"
    )
    return f"{count(rows['used'].sum())} rows of the ledger used, {left}"


def _outcome(gate: Mapping[str, Any]) -> str:
    came = "waived" if gate["waived"] else outcome(gate)
    return came if came == "passed" else f"{came}. {gate['message']}".rstrip(".")


SHEET = {
    "open_items": ("What is open", "no product, no open dispute, or no day promised for this invoice"),
    "ageing": ("How old it is", ""),
    "payments": ("The last payments", "no receipt says how"),
    "promises": ("Promises of the last 365 days and to come", "for the account as a whole"),
    "contacts": ("The last contacts", "not recorded"),
}
"""The tables of an account's sheet: what each says, and what an empty cell in it means."""


def account_sheets(accounts: pd.DataFrame, sheets: Sheet, stamp: Mapping[str, Any]) -> Fragment:
    """The sheet of each of `accounts`, folded under its name; `sheets` holds theirs."""
    if accounts.empty:
        return Fragment('<p class="empty">There is no account to look at.</p>')
    absent = {table: missing(table, feeds) for table, feeds in stamp["missing_tables"] if table in SHEET}
    unpaid = why(stamp, "history")
    absent |= {"payments": unpaid} if unpaid else {}
    told = {kind: frame for kind, frame in sheets._asdict().items() if kind not in absent}
    drawn = [
        {
            "id": quote(row["customer_id"], safe=""),
            "name": row["customer"],
            "said": sheet.said(row, stamp["currency"]),
            "facts": sheet.facts(row, stamp["currency"], unpaid),
            "call": f"today.account({quoted(row['customer_id'])})",
            "tables": [_sheet_table(kind, _of(frame, row), stamp["currency"]) for kind, frame in told.items()],
        }
        for _, row in accounts.iterrows()
    ]
    return Fragment(_macros().account_sheets(drawn, absent.values()))


def _of(frame: pd.DataFrame, account: pd.Series) -> pd.DataFrame:
    return frame[frame["customer_id"].eq(account["customer_id"])].drop(columns="customer_id")


def _sheet_table(kind: str, rows: pd.DataFrame, currency: str) -> Fragment:
    caption, null = SHEET[kind]
    totals = [column for column in ("open_balance",) if column in rows]
    return tables.show(rows, caption, totals=totals, missing="" if rows.empty else null, currency=currency)


# ------------------------------------------------------------------ of the pieces of a page


def contents(body: str) -> str:
    """The page with the list of its questions before the first, where there are many; each can be led to."""
    asked = [(_anchor(text), text) for text in re.findall(r"<h2>(.*?)</h2>", body)]
    for anchor, text in asked:
        body = body.replace(f"<h2>{text}</h2>", f'<h2 id="{anchor}">{text}</h2>', 1)
    before, first, rest = body.partition("<h2 id=")
    return f"{before}{_macros().contents(asked)}{first}{rest}" if len(asked) >= MANY else body


def _anchor(text: str) -> str:
    return "-".join(re.findall(r"\w+", re.sub("<.*?>|&\\w+;", "", text).lower()))


def folded(silent: Sequence[tuple[str, str]]) -> str:
    """What has no answer in this ledger, each question with the reason, in one line that opens."""
    return str(_macros().folded(silent)) if silent else ""


def live(body: str, pages: Mapping[str, str]) -> str:
    """The page without the links that lead nowhere in this run: `pages` are the bodies of all, by their files."""
    targets = {file: set(re.findall(r' id="([^"]+)"', text)) for file, text in pages.items()}

    def kept(link: re.Match[str]) -> str:
        there = link["file"] in targets and (not link["id"] or link["id"] in targets[link["file"]])
        return link[0] if there else link["text"] if link["row"] else ""

    return LINK.sub(kept, body)
