"""A pack: a finished run as it lies in its folder, and what its brief says, question by question."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder

from pydantic import AfterValidator, BaseModel, ValidationError

from arforecast import settings
from arforecast.errors import UsageError, shown
from arforecast.ledger import GROUP
from arforecast.report import bare
from arforecast.report.formats import NULL

BRIEF = "brief"
EXHIBIT = "application/vnd.arforecast.exhibit+json"
# In what order leadership reads: how it moved, cash, what changed, whom to call; then the rest, as the notebook has it.
FIRST = ("Why did", "What cash will come", "What moved more", "Whom to call")
# Which figures of other pages the mail shows, by the page and the call: after the cards, and beside the cash.
FIGURES = {"owed": ("kpis", "ageing"), "cash": ("cash_forecast", r"cash[._]weeks")}
NUMBER = re.compile(r"[−-]?[\d,]+(\.\d+)?")
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}


class Outcome(BaseModel, strict=True):
    """What became of a gate of the run."""

    gate: str
    checked: bool
    passed: bool
    waived: bool
    message: str


class Account(BaseModel, strict=True):
    """What a mail needs of a run's run.json; whoever changes that by hand may write anything."""

    as_of: Annotated[str, AfterValidator(date.fromisoformat)]
    fingerprint: str
    version: str
    gates: list[Outcome]
    parameters: dict[str, Any]
    pages: dict[str, str]


class Card(NamedTuple):
    """A figure to be seen first: what it is, how much, what to know beside it, whether that is good or bad."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


class Table(NamedTuple):
    """A table as people read it: the heads and the rows."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def numbers(self) -> list[bool]:
        """Which columns are numbers alone."""
        return [
            all(NUMBER.fullmatch(cell) or cell == NULL for cell in column) for column in zip(*self.rows, strict=True)
        ]


class Answer(NamedTuple):
    """A question of the brief, the sentence that answers it, and the table under it where it has one."""

    question: str
    sentence: str
    table: Table | None = None


class Figure(NamedTuple):
    """A drawing of a page: its answer, what it shows in words, and the drawing for a phone as SVG."""

    title: str
    alt: str
    svg: str


class Pack(NamedTuple):
    """What a run says: its sentence, its cards, the answers in the order they are read, and its figures."""

    folder: Path
    account: Mapping[str, Any]
    headline: str
    cards: tuple[Card, ...]
    answers: tuple[Answer, ...]
    figures: Mapping[str, Figure]

    @property
    def as_of(self) -> str:
        return str(self.account["as_of"])

    @property
    def pages(self) -> list[Path]:
        """The pages that the run accounts for."""
        return [self.folder / name for name in sorted(self.account["pages"])]

    @property
    def part(self) -> str:
        """The part of the ledger that the run is of, as it was asked for; empty: all of it."""
        return str(self.account["parameters"].get("where", ""))

    @property
    def fingerprint(self) -> str:
        """The same for every run of the same day, ledger and parameters, wherever and however often it was made."""
        asked = {name: value for name, value in self.account["parameters"].items() if name != "ledger"}
        said = [self.as_of, self.account["fingerprint"], asked]
        return sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def read(folder: Path) -> Pack:
    """The pack that lies in `folder`. Raises UsageError where none does, or one without a brief."""
    account = _account(folder)
    brief = folder / f"{BRIEF}.ipynb"
    if not brief.is_file():
        raise UsageError(f"{folder} has no brief, which is what is mailed. Run it with the notebook {BRIEF}.")
    of_brief = cells(brief)
    answers = [answer for question, cell in _asked(of_brief) for answer in _answers(question, cell)]
    return Pack(
        folder.resolve(),
        account,
        " ".join(answer.sentence for cell in _tagged(of_brief, "headline") for answer in _answers("", cell)),
        tuple(card for cell in _tagged(of_brief, "cards") for card in _cards(cell)),
        tuple(sorted(answers, key=_place)),
        dict(_figures(folder)),
    )


def entity(pack: Pack, names: Mapping[str, str]) -> str:
    """The entity of the settings whose pack it is, or the group of all of them; empty where it is none."""
    ledger = str(pack.account["parameters"].get("ledger", ""))
    return ledger if names and ledger in (*names, GROUP) else ""


def settings_of(folder: Path) -> settings.Settings:
    """The settings that hold for a run: those beside its ledger, where that is a path, those beside it, or here."""
    ledger = Path(str(_account(folder)["parameters"].get("ledger", "")))
    return settings.load(*([ledger] if ledger.exists() else []), folder, Path())


def _account(folder: Path) -> dict[str, Any]:
    try:
        account = json.loads((folder / "run.json").read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise UsageError(
            f"{folder} is no run: it holds no run.json that can be read. Name the folder of one."
        ) from fault
    try:
        Account.model_validate(account)
    except ValidationError as fault:
        place = ".".join(map(str, fault.errors()[0]["loc"])) or "all"
        raise UsageError(
            f"{folder} is no run that can be sent: its run.json does not say {shown(place)} as a run does. Run the "
            "report again."
        ) from fault
    return dict(account)


def _place(answer: Answer) -> int:
    return next((at for at, words in enumerate(FIRST) if answer.question.startswith(words)), len(FIRST))


# ------------------------------------------------------------------ from an executed notebook


def cells(notebook: Path) -> list[dict[str, Any]]:
    """The cells of an executed notebook. Raises UsageError for a file that is none."""
    try:
        return list(json.loads(notebook.read_text("utf-8"))["cells"])
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise UsageError(f"{notebook} is no notebook that can be read. Run the report again.") from fault


def _tagged(notebook: list[dict[str, Any]], tag: str) -> list[dict[str, Any]]:
    return [cell for cell in notebook if tag in cell["metadata"].get("tags", [])]


def _asked(notebook: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each cell of code that answers a question, with the one in words above it; an exhibit asks its own."""
    question = ""
    for cell in notebook:
        asked = re.search(r"^## (.+)$", source(cell), re.MULTILINE) if cell["cell_type"] == "markdown" else None
        question = asked[1].strip() if asked else question
        opens = any(cell in _tagged(notebook, tag) for tag in ("headline", "cards"))
        if not opens and (question or any(EXHIBIT in data for data in _data(cell))):
            yield question, cell


def source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])


def _printed(cell: Mapping[str, Any]) -> str:
    outputs = cell.get("outputs", [])
    return "".join("".join(output["text"]) for output in outputs if output.get("name") == "stdout")


def _data(cell: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a cell shows, in the forms it is kept in."""
    return [output["data"] for output in cell.get("outputs", []) if "data" in output]


def _answers(question: str, cell: Mapping[str, Any]) -> Iterator[Answer]:
    """What is said under a question: as an exhibit tells it, or else as it is printed or shown."""
    printed = " ".join(_printed(cell).split())
    if printed:
        yield Answer(question, printed)
    for data in _data(cell):
        if EXHIBIT in data:
            yield _told(data[EXHIBIT])
        elif "text/html" in data:
            yield from _marked_up(question, _markup(data))


def _told(exhibit: Mapping[str, Any]) -> Answer:
    shown = None if exhibit["at"] else exhibit["table"]  # what another page takes apart is only said
    rows = tuple(tuple(map(str, row)) for row in shown["rows"]) if shown else ()
    # A table whose every row stands in the sentence already says nothing to who reads both.
    said = all(max(row, key=len) in exhibit["sentence"] for row in rows)
    table = Table(tuple(shown["columns"]), rows) if shown and not said else None
    return Answer(exhibit["question"], _sentence(exhibit["sentence"]), table)


def _marked_up(question: str, markup: Element) -> Iterator[Answer]:
    table = markup.find(".//table")
    said = markup.find(".//caption") if table is not None else markup.find(".//p[@class='empty']")
    if said is not None:
        yield Answer(question, _sentence(_text(said)), _table(table) if table is not None else None)


def _markup(data: Mapping[str, Any]) -> Element:
    """The markup without the style that a notebook adds."""
    return tree(bare("".join(data["text/html"])))


def _sentence(words: str) -> str:
    return f"{words.rstrip('.')}."


def _table(table: Element) -> Table:
    heads, *rows = ([cell for cell in row if cell.tag in ("th", "td")] for row in table.iter("tr"))
    return Table(tuple(map(_text, heads)), tuple(tuple(map(_text, row)) for row in rows))


def _cards(cell: Mapping[str, Any]) -> Iterator[Card]:
    for data in _data(cell):
        if EXHIBIT in data:
            yield from (Card(*(card[name] for name in Card._fields)) for card in data[EXHIBIT]["cards"])
        elif "text/html" in data:
            yield from map(_card, _markup(data).iter("li"))


def _card(card: Element) -> Card:
    parts = [card.find(place) for place in ("span[@class='label']", "strong", "span[@class='note']")]
    label, value, note = ("" if part is None else _text(part) for part in parts)
    return Card(label, value, note, card.get("class", "").removeprefix("card").strip())


def _figures(folder: Path) -> Iterator[tuple[str, Figure]]:
    for place, (name, call) in FIGURES.items():
        page = folder / f"{name}.ipynb"
        drawn = [cell for cell in (cells(page) if page.is_file() else []) if re.search(call, source(cell))]
        first = next((figure for cell in drawn for data in _data(cell) for figure in _drawings(data)), None)
        if first:
            yield place, first


def _drawings(data: Mapping[str, Any]) -> Iterator[Figure]:
    """What is drawn for a phone, where there is such a drawing, else what is drawn."""
    markup = "".join(data.get("text/html", ""))
    drawings = re.findall(r"<svg\b.*?</svg>", markup, re.DOTALL)
    if drawings:
        title = tree(markup).find(".//figcaption")
        alt = re.search(r'aria-label="([^"]*)"', drawings[-1])
        yield Figure("" if title is None else _text(title), tree(alt[1] if alt else "").text or "", drawings[-1])


# ------------------------------------------------------------------ markup


class _Reader(HTMLParser):
    """What an own page or cell holds, as a tree; what is not closed ends with what is around it."""

    def __init__(self) -> None:
        super().__init__()
        self.built = TreeBuilder()
        self.open = ["body"]
        self.built.start("body", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.built.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.built.end(tag)
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while tag in self.open[1:]:
            last = self.open.pop()
            self.built.end(last)
            if last == tag:
                break

    def handle_data(self, data: str) -> None:
        self.built.data(data)


def tree(markup: str) -> Element:
    """Markup as a tree whose root is what is around it."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    while reader.open:
        reader.built.end(reader.open.pop())
    return reader.built.close()


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()
