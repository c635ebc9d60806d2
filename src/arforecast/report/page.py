"""Pages: figures, cards and definitions as markup, and the self-contained page around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from markupsafe import escape

from arforecast.report import Fragment, style_sheet, tables, templates, words
from arforecast.report.formats import count, date, exact, name

if TYPE_CHECKING:
    from arforecast.actions.accounts import Sheet
    from arforecast.report.plots import Plot
    from arforecast.report.words import Card


class Entry(NamedTuple):
    """What the first page of a run says of another: its file, its title, its sentence and its cards."""

    file: str
    title: str
    headline: str
    cards: Fragment


@cache
def _macros() -> Any:
    return templates().get_template("page.html").module


def figure(
    plot: Plot, numbers: pd.DataFrame, *, empty: str = "", columns: Sequence[str] = (), **options: str
) -> Fragment:
    """`plot` of `numbers` as a figure: its answer, the drawing for a desk and for a phone, and the numbers under it.

    Where there are no numbers it is the sentence `empty`. `columns` are those of the numbers that stand under it, all
    unless named. `options` go to the plot: any function of the numbers and `ax`, a matplotlib axes, that draws on it,
    gives it a title (the answer) and returns it.
    """
    from arforecast.report.plots import NARROW, WIDE, svg

    if numbers.empty:
        return _empty(empty or "Nothing can be shown here yet: there are no numbers for it.")
    wide, narrow = svg(plot, numbers, WIDE, **options), svg(plot, numbers, NARROW, **options)
    table = tables.show(numbers[list(columns)] if columns else numbers, wide.title, limit=60)
    return Fragment(_macros().figure(wide.title, Fragment(wide.svg), Fragment(narrow.svg), table))


def table(says: Callable[[pd.DataFrame], str], numbers: pd.DataFrame, *, empty: str, **options: Any) -> Fragment:
    """`numbers` as a table under the sentence that `says` makes of them; where there are none, the sentence `empty`.

    `options` go to `tables.show`.
    """
    return _empty(empty) if numbers.empty else tables.show(numbers, says(numbers), **options)


def cards(all_of_them: Sequence[Card]) -> Fragment:
    """The figures to be seen first."""
    return Fragment(_macros().cards(all_of_them))


def definitions(glossary: pd.DataFrame, ids: Iterable[str]) -> Fragment:
    """What each of the measures `ids` means, in that order."""
    known = glossary.drop_duplicates("kpi").set_index("kpi")["meaning"]
    terms = [{"kpi": kpi, "name": name(kpi), "meaning": known[kpi]} for kpi in dict.fromkeys(ids) if kpi in known.index]
    return Fragment(_macros().definitions(terms))


def document(title: str, body: str, stamp: Mapping[str, Any], beside: Sequence[Entry] = ()) -> str:
    """A whole page: one file that needs nothing else. `body` is markup; `stamp` is what the ledger says of itself;
    `beside` are the pages of the run, to which it leads."""
    return str(_macros().document(title, Fragment(body), _stamp(stamp), Fragment(style_sheet()), beside))


def index(entries: Sequence[Entry], stamp: Mapping[str, Any], brief: str = "") -> str:
    """The first page of a run: the brief, where the run has one, and every other page with its sentence; without a
    brief with its cards too."""
    heading = brief or "<h1>Receivables</h1>\n"
    shown = [entry._replace(cards=Fragment()) for entry in entries] if brief else entries
    return document("Receivables", heading + str(_macros().entries(shown)), stamp)


def _stamp(stamp: Mapping[str, Any]) -> dict[str, Any]:
    gates = [gate | {"name": name(gate["gate"]), "outcome": _outcome(gate)} for gate in stamp["gates"]]
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
        "waived": [gate for gate in gates if gate["waived"]],
        "missing": [missing(table, feeds) for table, feeds in stamp["missing_tables"]],
        "rows": tables.show(rows, _used(rows), totals=["read", "used", "quarantined", "quarantined_amount"]),
    }


def _used(rows: pd.DataFrame) -> str:
    out = rows["quarantined"].sum()
    left = f"{count(out)} left out, worth {exact(rows['quarantined_amount'].sum())}" if out else "none left out"
    return f"{count(rows['used'].sum())} rows of the ledger used, {left}"


def _outcome(gate: Mapping[str, Any]) -> str:
    came = "waived" if gate["waived"] else words.outcome(gate)
    return came if came == "passed" else f"{came}. {gate['message']}".rstrip(".")


def why_empty(stamp: Mapping[str, Any], table: str, otherwise: str, figure: str = "") -> str:
    """Why nothing can be shown of `table`: the ledger that `stamp` tells of has no such table, or does not know the
    `figure` made of it, or else `otherwise`."""
    if table in stamp.get("of_the_whole", ()):
        return f"Of a part of the ledger no {table} are known: they are those of all of it."
    feeds = dict(stamp["missing_tables"])
    return missing(table, feeds[table]) if table in feeds else why(stamp, figure, otherwise)


def why(stamp: Mapping[str, Any], figure: str, otherwise: str) -> str:
    """Why the ledger that `stamp` tells of does not know the KPI or schedule `figure`, or else `otherwise`."""
    return stamp.get("unknown", {}).get(figure) or otherwise


def whys(stamp: Mapping[str, Any], otherwise: str) -> str:
    """All that the ledger does not know, each reason once, and `otherwise`: what an empty cell among many means."""
    return "; ".join(dict.fromkeys([*filter(None, stamp.get("unknown", {}).values()), otherwise]))


def missing(table: str, feeds: str) -> str:
    """What a ledger without `table` cannot tell, and what to do about it."""
    return f"No {table} table in this ledger: add {table}.csv to see {feeds}."


SHEET = {
    "open_items": ("What is open", "no product, no open dispute, or no day promised for this invoice"),
    "ageing": ("How old it is", ""),
    "payments": ("The last payments", "no receipt says how"),
    "promises": ("Promises of the last 365 days and to come", "for the account as a whole"),
    "contacts": ("The last contacts", "not recorded"),
}
"""The tables of an account's sheet: what each says, and what an empty cell in it means."""


def _empty(sentence: str) -> Fragment:
    sentence = f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."
    return Fragment(f'<p class="empty">{escape(sentence)}</p>')


def account_sheets(accounts: pd.DataFrame, sheets: Sheet, stamp: Mapping[str, Any], file: str = "") -> Fragment:
    """The sheet of each of `accounts`, folded under its name; `sheets` holds theirs, `file` all of their open items."""
    if accounts.empty:
        return _empty("There is no account to look at.")
    absent = {table: missing(table, feeds) for table, feeds in stamp["missing_tables"]}
    unpaid = why(stamp, "history", "")
    absent |= {"payments": unpaid} if unpaid else {}
    drawn = [
        {
            "name": row["name"],
            "said": words.account(row),
            "facts": words.account_facts(row, unpaid),
            "tables": [_sheet_table(kind, _of(frame, row), absent, file) for kind, frame in sheets._asdict().items()],
        }
        for _, row in accounts.iterrows()
    ]
    return Fragment(_macros().account_sheets(drawn))


def _of(frame: pd.DataFrame, account: pd.Series) -> pd.DataFrame:
    return frame[frame["customer_id"].eq(account["customer_id"])].drop(columns="customer_id")


def _sheet_table(kind: str, rows: pd.DataFrame, absent: Mapping[str, str], file: str) -> Fragment:
    caption, null = SHEET[kind]
    if rows.empty:
        return tables.show(rows, caption, missing=absent.get(kind, ""))
    totals = [column for column in ("open_balance",) if column in rows]
    return tables.show(rows, caption, file=file, totals=totals, missing=null)
