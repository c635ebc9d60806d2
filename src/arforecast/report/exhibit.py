"""An exhibit: one question and its answer, for who reads a page and for who takes it apart.

The page, the mail and a notebook show the same one; its words are a function of its numbers, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from arforecast.errors import UsageError
from arforecast.report import Fragment, tables, templates
from arforecast.report.formats import name, spoken
from arforecast.report.units import declared

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND = "application/vnd.arforecast.exhibit+json"
Stamp = Mapping[str, Any]
"""What a ledger says of itself on a day, see `desk.Snapshot.stamp`."""
RUN = {"data": ""}
"""Where the notebook that runs keeps its data, as `notebook.begin` found it; empty: nowhere."""


class Card(NamedTuple):
    """A figure to be seen first: what it is, how much, what to know beside it, whether that is good or bad, and the
    call that opens it."""

    label: str
    value: str
    note: str = ""
    tone: str = ""  # good, bad or nothing
    call: str = ""


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One question and its answer.

    numbers: a small frame; units: how each of its columns is written, where `arforecast.report.units` does not say
    it; a family of columns, such as `age:3`, by what stands before the colon. says: the answer, a sentence made of
    the numbers alone. It is shown as `cards`, or drawn by `chart`, a function of the numbers and the axes, or else
    as a table. file: what its CSV is called. call: what opens it. why: the reason for which nothing can be said,
    and nothing: what is said where there are no numbers. defines: the terms it uses. table: options of
    `tables.show`. at: where a page takes it apart; then it is only said here.

    In a notebook it shows itself as the page does (text/html), as its sentence (text/plain), and under the type KIND
    as JSON: `question`, `sentence`, `state` (known, nothing, not defined, unknown), `cards` (each label, value, note,
    tone, call), `table` (`columns`, and `rows` of the texts that are shown; null where it is cards), `file` (its CSV,
    seen from the page; empty where none is written), `call` and `at`. Only what is known has cards or a table.

    >>> rows = pd.DataFrame({"segment": ["north", "south"], "open_balance": [300.0, 100.0]})
    >>> owed = Exhibit(question="Who owes?", numbers=rows, units={"segment": "text"}, file="segments",
    ...                says=lambda rows: f"{len(rows)} segments owe")
    >>> owed.sentence, owed.state
    ('2 segments owe', 'known')
    """

    question: str
    numbers: pd.DataFrame
    says: Callable[[pd.DataFrame], str]
    file: str
    units: Mapping[str, str] = field(default_factory=dict)
    call: str = ""
    chart: Callable[[pd.DataFrame, Axes], Axes] | None = None
    cards: Callable[[pd.DataFrame], Sequence[Card]] | None = None
    why: str = ""
    nothing: str = "There is nothing to show here yet."
    defines: Sequence[str] = ()
    table: Mapping[str, Any] = field(default_factory=dict)
    currency: str = ""
    at: str = ""

    def __post_init__(self) -> None:
        """Raises UsageError for a column without a unit, which would be guessed."""
        units = dict(self.units) | {str(column): self._unit(str(column)) for column in self.numbers}
        undeclared = [column for column, unit in units.items() if not unit]
        if undeclared:
            raise UsageError(f"{self.question} declares no unit of {', '.join(undeclared)}. Name one in units.")
        object.__setattr__(self, "units", units)

    def _unit(self, column: str) -> str:
        return self.units.get(column) or self.units.get(column.partition(":")[0]) or declared(column)

    @property
    def state(self) -> str:
        """known; nothing, where there are no numbers; not defined or unknown, where the sentence says why."""
        if self.why:
            return "not defined" if "not defined" in self.why else "unknown"
        return "nothing" if self.numbers.empty else "known"

    @property
    def sentence(self) -> str:
        """The answer, or why there is none."""
        return self.says(self._declared()) if self.state == "known" else _sentence(self.why or self.nothing)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The picture, on one's own axes. Raises UsageError for what has none, and where nothing is known."""
        from arforecast.report import charts

        if self.chart is None or self.state != "known":
            raise UsageError(f"{self.question} has no picture: {self.sentence}")
        drawn = charts.draw(self.chart, self._declared(), ax)
        drawn.set_title(charts.wrapped(self.sentence, drawn), parse_math=False)
        return drawn

    def short(self, page: str) -> Exhibit:
        """The same as its sentence alone, which leads to where a page takes it apart."""
        return replace(self, at=f"{page}.html#{self.file}")

    def told(self) -> dict[str, Any]:
        """The JSON of the type KIND."""
        known = self.state == "known"
        as_table = known and not self.cards
        table = tables.texts(self.numbers, self._shown(), self.table, self.currency) if as_table else None
        return {
            "question": self.question,
            "sentence": self.sentence,
            "state": self.state,
            "cards": [card._asdict() for card in self.cards(self._declared())] if known and self.cards else [],
            "table": table,
            "file": self._saved(),
            "call": self.call,
            "at": self.at,
        }

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/html": self.html()._repr_html_(), "text/plain": self.sentence, KIND: self.told()}

    def html(self) -> Fragment:
        """What stands on a page."""
        if self.state != "known" or self.at:
            return Fragment(_macros().said(self))
        if self.cards:
            return Fragment(_macros().cards(self.cards(self._declared()), self.file, self._saved()))
        if self.chart is None:
            return Fragment(_macros().table(self, self._rows(self.sentence, **self.table), _terms(self.defines)))
        from arforecast.report import charts

        wide, narrow = (
            Fragment(charts.svg(self.chart, self._declared(), self.sentence, size))
            for size in (charts.WIDE, charts.NARROW)
        )
        numbers = self._rows(self.sentence, limit=24, **self.table)
        return Fragment(_macros().figure(self, wide, narrow, numbers, _terms(self.defines)))

    def _rows(self, caption: str, **options: Any) -> Fragment:
        shown, file = self._shown(), self._saved()
        return tables.show(self.numbers, caption, units=shown, file=file, currency=self.currency, **options)

    def _shown(self) -> dict[str, str]:
        return {column: unit for column, unit in self.units.items() if column in self.numbers}

    def _declared(self) -> pd.DataFrame:
        """The numbers, with what words and pictures are to know of them."""
        numbers = self.numbers.copy(deep=False)
        numbers.attrs = {"units": self.units, "currency": self.currency}
        return numbers

    def _saved(self) -> str:
        """In a run the numbers are kept as CSV beside the page; what is only said here is kept where it is shown."""
        if self.state != "known" or self.at:
            return ""
        return tables.save(self.numbers, RUN["data"], self.file)


def cards(all_of_them: Sequence[Card]) -> Fragment:
    """The figures to be seen first, of a page of one's own.

    >>> "2.94 M" in cards([Card("Open", "2.94 M")])
    True
    """
    return Fragment(_macros().cards(all_of_them, "", ""))


def cut(frame: pd.DataFrame, how: Callable[..., pd.DataFrame], *options: Any) -> pd.DataFrame:
    """`how` of a frame and the options; of what the ledger does not know, an empty frame, nothing."""
    return how(frame, *options) if len(frame.columns) else pd.DataFrame()


def why(stamp: Stamp, figure: str, table: str = "") -> str:
    """Why the ledger that `stamp` tells of does not know the KPI, the schedule or the call `figure`, which is made of
    `table`; empty where it does."""
    if table in stamp.get("of_the_whole", ()):
        return f"Of a part of the ledger no {table} are known: they are those of all of it."
    feeds = dict(stamp["missing_tables"])
    return missing(table, feeds[table]) if table in feeds else spoken(stamp["unknown"].get(figure, ""))


def missing(table: str, feeds: str) -> str:
    """What a ledger without `table` cannot tell, and what to do about it."""
    return f"No {table} table in this ledger: add {table}.csv to see {feeds}."


def named(says: str, reason: str) -> str:
    """What is not known, and the reason; nothing where there is none."""
    return f"{says} is {reason}" if reason else ""


def _sentence(said: str) -> str:
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."


def _terms(ids: Iterable[str]) -> list[dict[str, str]]:
    return [{"id": kpi, "name": name(kpi)} for kpi in ids]


def _macros() -> Any:
    return templates().get_template("exhibit.html").module
