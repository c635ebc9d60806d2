"""Whatever stands in a ledger is text in every output: nothing of it runs, breaks out, steers, or is lost."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from python_calamine import load_workbook

import hostile
from arforecast import letters
from arforecast.cli import answers
from arforecast.desk import Ledger, Snapshot, open_ledger
from arforecast.errors import UsageError, inert
from arforecast.report import page
from arforecast.report.exhibit import Exhibit
from arforecast.report.exhibits import accounts, collections, late, overrides, receivables, worklist
from arforecast.runs.executed import body
from arforecast.runs.runner import pass_gates
from arforecast.settings import Reminders, Settings

FRAMES: dict[str, Callable[[Snapshot], pd.DataFrame]] = {
    "kpis": lambda today: today.kpis(by="segment"),
    "late": Snapshot.late_payers,
    "worklist": Snapshot.worklist,
    "accounts": Snapshot.accounts,
    "ratings": Snapshot.ratings,
    "policy": Snapshot.policy,
    "plans": Snapshot.plans,
    "pricing": Snapshot.pricing,
    "overrides": Snapshot.overrides,
    "disputes": lambda today: today.schedule("disputes_by_reason"),
    "contacts": lambda today: today.schedule("contacts_by_channel"),
    "methods": lambda today: today.schedule("method_mix"),
    "limits": lambda today: today.schedule("credit_limit_use"),
    "problems": lambda today: today.books.problems,
    "quarantine": lambda today: today.books.quarantine,
}


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The day of a ledger of tries."""
    return open_ledger(hostile.write(tmp_path_factory.mktemp("hostile") / "ledger"), Settings()).as_of("2026-06-30")


@pytest.fixture(scope="module")
def asked(today: Snapshot) -> dict[str, pd.DataFrame]:
    return {name: ask(today) for name, ask in FRAMES.items()}


def printed(frame: pd.DataFrame, form: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What a command writes to standard output."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, "utf-8", newline="", write_through=True)
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", stream)
        answers.print_table(frame, form)
        return written.getvalue()


def held(frame: pd.DataFrame) -> set[str]:
    return hostile.marks("\n".join(str(cell) for name in frame for cell in frame[name]))


def test_every_table_shows_each_try_as_text_in_every_form(
    asked: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control and direction marks stay in CSV and JSON, which are data; on a screen they are written out."""
    for name, frame in asked.items():
        short = frame.iloc[:: len(frame) // 60 + 1]
        told = held(short)
        assert len(told) > 4 or name == "plans", name
        rows = list(csv.reader(io.StringIO(printed(short, "csv", monkeypatch).decode(), newline="")))
        assert {len(row) for row in rows} == {len(frame.columns)}, name
        assert [cell for row in rows for cell in row if runs_in_a_spreadsheet(cell)] == [], name
        assert held(pd.DataFrame(rows)) == told, name
        plain = json.loads(printed(short, "json", monkeypatch))
        assert held(pd.DataFrame(plain)) == told, name
        terminal = printed(short, "table", monkeypatch).decode()
        assert terminal == inert(terminal), name
        cells = load_workbook(io.BytesIO(printed(short, "xlsx", monkeypatch))).get_sheet_by_index(0).to_python()
        assert held(pd.DataFrame(cells)) == told, name
        print(f"{name} | CSV, JSON, screen, workbook | {len(told)} tries, each as text")


def runs_in_a_spreadsheet(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell[:1] in tuple("=+-@\t\r\n")
    return False


def test_a_cell_too_long_for_a_workbook_is_cut_and_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    written = printed(pd.DataFrame({"name": ["=" + "W" * 40_000], "on": [pd.NaT]}), "xlsx", monkeypatch)
    cell = load_workbook(io.BytesIO(written)).get_sheet_by_index(0).to_python()[1][0]
    assert cell == "=" + "W" * 32_765 + "…"


def test_questions_about_a_name_with_a_nul_are_answered(today: Snapshot, asked: dict[str, pd.DataFrame]) -> None:
    """No engine takes the sign in a question."""
    groups, whole = asked["kpis"], today.kpis().set_index("kpi").value["open_ar"]
    owed = groups[(groups.kpi == "open_ar") & (groups.value > 0) & groups.group.str.contains("\x00")]
    group, value = owed.group.iloc[0], owed.value.iloc[0]
    assert 0 < value < whole
    assert today.rows("open_ar", group, "segment").numerator.sum() == pytest.approx(value)
    part = Ledger(today.books).where(segment=group)
    assert part.as_of("2026-06-30").kpis().set_index("kpi").value["open_ar"] == value
    customer = next(name for name in asked["accounts"].customer_id if "\x00" in name)
    assert len(today.account(customer).open_items) == 2
    with pytest.raises(UsageError) as told:
        today.account("\x1b[31mnobody")
    assert "\x1b" not in inert(str(told.value))


class Markup(HTMLParser):
    """The tags, the attributes and the words of a page."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attributes]

    def handle_data(self, data: str) -> None:
        self.text += data


RUN = {"script", "iframe", "object", "embed", "base", "link", "form", "img", "animate"}


def breaks_out(markup: str) -> list[str]:
    """What of a page would run, load or steer."""
    read = Markup(markup)
    links = [value for name, value in read.attributes if name in ("href", "src", "xlink:href")]
    away = [link for link in links if not re.match(r"#|data/\w+\.csv$|\w+\.html(#[\w%.~-]*)?$", link)]
    acts = [name for name, value in read.attributes if name.startswith("on") or (name == "style" and "evil" in value)]
    styles = re.findall(r"<style>.*?</style>", markup, re.DOTALL)
    steers = [] if markup == inert(markup) else ["a mark that steers"]
    return [*sorted(RUN & read.tags), *away, *acts, *steers, *styles[1:]]


def page_of(cells: list[Any]) -> str:
    """The page of a notebook whose cells show these things, each under a question."""
    notebook = nbformat.v4.new_notebook()
    for nth, shown in enumerate(cells):
        both = {"text/html": shown._repr_html_()} if not isinstance(shown, Exhibit) else shown._repr_mimebundle_()
        stream = nbformat.v4.new_output("stream", name="stdout", text=getattr(shown, "sentence", ""))
        outputs = [stream, nbformat.v4.new_output("display_data", data=both)]
        notebook.cells.append(nbformat.v4.new_markdown_cell(f"## Question {nth}?"))
        notebook.cells.append(nbformat.v4.new_code_cell("", outputs=outputs))
    return body(notebook)


def test_nothing_of_a_ledger_breaks_out_of_a_page(today: Snapshot, asked: dict[str, pd.DataFrame]) -> None:
    stamp, customers, day = pass_gates(today.stamp(), ()), today.customers(), "2026-06-30"
    order = accounts.ranked(asked["accounts"], customers, asked["late"], day)
    listed = accounts.with_names(asked["worklist"], customers)
    sheets = today.account_sheets(order.customer_id)
    shown = [
        accounts.standing(order, stamp),
        accounts.listed(order, stamp, rows=12),
        accounts.largest(order, stamp),
        accounts.overdue(order, asked["late"], stamp, rows=12),
        accounts.calls(order, asked["worklist"], stamp, rows=12),
        page.account_sheets(order, sheets, stamp),
        late.at_risk(asked["late"], customers, stamp, rows=12),
        worklist.listed(listed, stamp),
        receivables.groups(asked["kpis"], "segment", stamp),
        collections.disputes(asked["disputes"], stamp),
        collections.contacts(asked["contacts"], stamp),
        collections.methods(asked["methods"], stamp),
        collections.credit_limits(asked["limits"], customers, stamp, 12),
        overrides.changes(asked["overrides"], stamp),
    ]
    document = page.document("Tries", page_of(shown), stamp)
    assert breaks_out(document) == []
    text = Markup(document).text
    names = set(customers.name) | set(sheets.open_items.invoice_id)
    assert names
    lost = [name for name in names if inert(name).replace("\n", " ") not in text.replace("\n", " ")]
    assert lost == []


def test_reminders_hold_tries_as_text(today: Snapshot, tmp_path: Path) -> None:
    own = Reminders(company=hostile.TRIES[0], contact=hostile.TRIES[8], pay_to=hostile.TRIES[9])
    said = today.reminders()
    merged = letters.write(said, Settings(reminders=own), hostile.DAY, tmp_path / "out")
    assert len(merged) == len(said.accounts) > 3
    for row in merged.itertuples():
        letter = (tmp_path / "out" / row.letter).read_text("utf-8")
        assert breaks_out(letter) == []
        (mark,) = hostile.marks(said.accounts.set_index("customer_id").name[row.customer_id])
        assert all(mark in text for text in (letter, row.mail, row.call))
        assert inert(row.mail + row.call + row.subject) == row.mail + row.call + row.subject
        assert "\n" not in row.subject
    for file in (tmp_path / "out").glob("*.csv"):
        rows = list(csv.reader(file.open(encoding="utf-8", newline="")))
        assert [cell for row in rows for cell in row if runs_in_a_spreadsheet(cell)] == []
        assert {len(row) for row in rows} == {len(rows[0])}


def test_problems_are_told_on_a_line_each(today: Snapshot) -> None:
    for message in today.books.problems.message:
        assert "\n" not in message
        assert message == inert(message)
