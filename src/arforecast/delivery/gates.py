"""Gates: what must hold before leadership is mailed. Each has passed, is refused, or was not checked, and says why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from arforecast.currencies import written
from arforecast.delivery import pack as packs
from arforecast.delivery.pack import Pack
from arforecast.errors import shown
from arforecast.report.exhibits.brief import begun
from arforecast.report.formats import name as called

if TYPE_CHECKING:
    import pandas as pd

PASSED, REFUSED, NOT_CHECKED = "passed", "refused", "not checked"
# The figures of the headline: balances on any day, what flows in a month only when the month is over.
BALANCES, FLOWS = ("open_ar", "overdue_ar"), ("cash",)
USUAL_MONTHS = 6
BEYOND = 3  # times the largest move of the months before
TRACEBACK = re.compile(r"Traceback \(most recent call last\)|papermill-error-cell")
SHAPE = re.compile(r"<(?:path|use|rect|circle|ellipse|polygon|polyline|line)\b[^>]*>")
# What a drawing has without data too: the frame, the grid, the ticks, and what is not seen.
BARE = re.compile(r"(?:fill|stroke)\s*[:=]\s*\"?\s*(?:none|var\(--(?:grid|muted|paper|line)\b)")
COLOUR = re.compile(r"\b(?:fill|stroke)\s*[:=]\s*\"?\s*[\w#(-]+")


class Gate(NamedTuple):
    """A condition on which a mail rests: what it is, how it came out, and why."""

    gate: str
    outcome: str
    message: str


def gates(pack: Pack, today: date, age_limit_days: int) -> list[Gate]:
    """Every gate of `pack` on the day `today`, those of its ledger first."""
    return [
        *map(_of_the_run, pack.account["gates"]),
        _age(pack, today, age_limit_days),
        _pages(pack),
        _each_page(pack, "notebooks", _failed_notebooks, "Every notebook ran to its end."),
        _each_page(pack, "tracebacks", _tracebacks, "No page holds a traceback."),
        _each_page(pack, "figures", _without_marks, "Every figure shows something."),
        _plausible(pack),
    ]


def refused(all_of_them: Iterable[Gate]) -> list[Gate]:
    """Those that are against it."""
    return [gate for gate in all_of_them if gate.outcome == REFUSED]


def _of_the_run(gate: Mapping[str, Any]) -> Gate:
    """A gate that was waived holds for the pages, which say so at their head, and not for who is mailed."""
    if not gate["passed"]:
        return Gate(gate["gate"], REFUSED, gate["message"] + (" It was waived for this run." if gate["waived"] else ""))
    return Gate(gate["gate"], PASSED if gate["checked"] else NOT_CHECKED, gate["message"])


def _age(pack: Pack, today: date, limit: int) -> Gate:
    age = (today - date.fromisoformat(pack.as_of)).days
    if age < 0:
        return Gate(
            "age", REFUSED, f"The run stands on {pack.as_of}, a day to come. Run the report of a day that is over."
        )
    what = f"The run stands on {pack.as_of}, {age} days ago; the limit is {limit} days"
    mend = " Run the report of a later day, or raise mail.age_limit_days."
    return Gate("age", PASSED if age <= limit else REFUSED, what + ("." if age <= limit else f".{mend}"))


def _pages(pack: Pack) -> Gate:
    """Whether the pages are those that the run has written: none changed, none gone, none beside them."""
    there = {page.name: sha256(page.read_bytes()).hexdigest() for page in pack.folder.glob("*.html")}
    noted = pack.account["pages"]
    other = sorted(name for name in {*there, *noted} if there.get(name) != noted.get(name))
    if other:
        return Gate("pages", REFUSED, f"{', '.join(map(shown, other))}: not as the run wrote it. Run the report again.")
    return Gate("pages", PASSED, f"All {len(noted)} pages are as the run wrote them.")


def _each_page(pack: Pack, name: str, faults: Callable[[Pack], Iterator[str]], good: str) -> Gate:
    found = list(faults(pack))
    return Gate(name, REFUSED, " ".join(found)) if found else Gate(name, PASSED, good)


def _failed_notebooks(pack: Pack) -> Iterator[str]:
    """A notebook that failed, or that a page of the run is without."""
    for page in pack.pages:
        notebook = page.with_suffix(".ipynb")
        if page.name != "index.html" and not notebook.is_file():
            yield f"{shown(notebook.name)} is not there."
    for notebook in sorted(pack.folder.glob("*.ipynb")):
        errors = [output for cell in packs.cells(notebook) for output in cell.get("outputs", []) if _is_error(output)]
        if errors:
            yield f"{shown(notebook.name)} failed: {shown(str(errors[0].get('ename')))}. Correct it and run it again."


def _is_error(output: Mapping[str, Any]) -> bool:
    return output.get("output_type") == "error"


def _tracebacks(pack: Pack) -> Iterator[str]:
    for page in _there(pack):
        if TRACEBACK.search(unescape(page.read_text("utf-8", "replace"))):
            yield f"{shown(page.name)} holds a traceback. Correct its notebook and run it again."


def _without_marks(pack: Pack) -> Iterator[str]:
    for page in _there(pack):
        drawings = re.findall(r"<svg\b.*?</svg>", page.read_text("utf-8", "replace"), re.DOTALL)
        empty = sum(not any(map(_is_mark, SHAPE.findall(drawing))) for drawing in drawings)
        if empty:
            yield f"{shown(page.name)} has {empty} of {len(drawings)} drawings that show no data. Look at its numbers."


def _is_mark(shape: str) -> bool:
    """Whether a shape has a colour that a frame, a grid or a tick has not."""
    return len(COLOUR.findall(shape)) > len(BARE.findall(shape))


def _there(pack: Pack) -> list[Path]:
    return [page for page in pack.pages if page.is_file()]


def _plausible(pack: Pack) -> Gate:
    """Whether the headline figures moved since the month-end before as figures of this ledger do.

    Refused is a move of more than three times the largest one of the months before, of which there must be six, and a
    figure that was known and is not any more: both happen, and more often an export was cut or doubled.
    """
    record = pack.folder / "data" / "kpis.csv"
    if not record.is_file():
        return Gate(
            "plausible", NOT_CHECKED, "The run has no data/kpis.csv to judge by: run it with the notebook kpis."
        )
    currency = pack.account["settings_held"]["ledger"]["currency"]
    trends = _trends(record, date.fromisoformat(pack.as_of))
    judged = {kpi: _judged(kpi, values, currency) for kpi, values in trends.items() if len(values) > USUAL_MONTHS + 1}
    odd = [said for said in judged.values() if said]
    if odd:
        return Gate("plausible", REFUSED, " ".join(odd) + " See whether the export is whole before anybody reads this.")
    if not judged:
        return Gate("plausible", NOT_CHECKED, f"There are fewer than {USUAL_MONTHS} earlier months to judge by.")
    return Gate("plausible", PASSED, f"{', '.join(map(called, judged))}: moved as in the months before.")


def _trends(record: Path, day: date) -> dict[str, pd.Series]:
    """The record of each figure of the headline that can be compared, from the first value that is known."""
    import pandas as pd

    rows = pd.read_csv(record, parse_dates=["as_of"], keep_default_na=False, na_values={"value": [""]})
    whole = rows[rows["by"].eq("")].pivot(index="as_of", columns="kpi", values="value")
    names = BALANCES + (FLOWS if pd.Timestamp(day).is_month_end else ())
    known = begun(whole[[name for name in names if name in whole]])
    trends = {str(name): values.loc[values.first_valid_index() :] for name, values in known.items()}
    return {name: values for name, values in trends.items() if values.notna().any()}


def _judged(kpi: str, values: pd.Series, currency: str) -> str:
    """What is odd about the last value of a figure; nothing where nothing is."""
    now, before, moves = values.iloc[-1], values.iloc[-2], values.diff().abs()
    lost, unknown = values.isna().iloc[-1], values.isna().iloc[-2:].all()
    if lost:
        return "" if unknown else f"{called(kpi)} is not known any more; it was {written(before, currency)}."
    largest = moves.iloc[:-1].max()
    if moves.iloc[-1] > BEYOND * largest:
        what = f"{called(kpi)} went from {written(before, currency)} to {written(now, currency)}"
        return f"{what}, more than {BEYOND} times the largest move of the months before, {written(largest, currency)}."
    return ""
