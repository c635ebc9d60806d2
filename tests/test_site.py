"""The documentation: what it tells to type can be typed, what it shows comes, and no link of it leads nowhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import nbformat
import pytest
import yaml
from click.testing import CliRunner

from arforecast import desk
from arforecast.cli import main
from arforecast.forecast import backtest, billing, boosted, calendar, calibration, draws, hazard, pending, ranges, scale

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
# The pages of the site that stand elsewhere in the project, as docs/elsewhere.py has them.
ELSEWHERE = dict(re.findall(r'"(\w+\.md)": "(\S+\.md)"', (DOCS / "elsewhere.py").read_text("utf-8")))
PAGES = {page.name: page for page in DOCS.glob("*.md")} | {name: ROOT / path for name, path in ELSEWHERE.items()}
FENCE = re.compile(r"^```(\w*)(?: title=\"(.+?)\")?[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!\!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
# The pages that are followed from their first line to their last, and show what comes. What takes long, and is typed
# but not followed, stands in a block of sh.
FOLLOWED = ("own_data.md", "worked_example.md")
MOST_BYTES = 150_000


def text(page: str) -> str:
    return PAGES[page].read_text("utf-8")


def prose(page: str) -> str:
    return FENCE.sub("", text(page))


# What is typed


def typed() -> Iterator[tuple[str, list[str]]]:
    """Each command of a page that begins with arforecast, in words."""
    for page in PAGES:
        for line in re.findall(r"^(?:\$|\s+- run:) (.*)$", text(page), re.MULTILINE):
            for part in re.split(r" (?:&&|\||>) ", line):
                words = shlex.split(part, comments=True)
                if words[:1] == ["arforecast"]:
                    yield f"{page}: {part}", words[1:]


def fault(words: list[str]) -> str:
    """Why click would refuse a command; nothing is run, and no file is looked for."""
    command = main.commands.get(words[0])
    if command is None:
        return f"{words[0]} is no command"
    context = click.Context(command, info_name=words[0])
    try:
        given, rest, _order = command.make_parser(context).parse_args(words[1:])
        for parameter in command.params:
            value = given.get(parameter.name or "")
            if isinstance(parameter.type, (click.Choice, click.IntRange, click.DateTime)) and isinstance(value, str):
                parameter.type.convert(value, parameter, context)
            if parameter.required and not isinstance(value, (str, list, tuple)):
                return f"{parameter.name} is missing"
    except click.UsageError as refused:
        return refused.message
    return f"{rest[0]} is one word too many" if rest else ""


def test_what_is_to_be_typed_can_be_typed() -> None:
    commands = list(typed())
    assert len(commands) > 60
    assert [f"{where}: {why}" for where, words in commands if (why := fault(words))] == []


def test_a_command_that_cannot_be_typed_is_found() -> None:
    assert fault(["kpis", "my-ledger", "--as-of", "2026-06-30", "--by", "segment"]) == ""
    assert fault(["kpi", "my-ledger"]) == "kpi is no command"
    assert "--asof" in fault(["kpis", "my-ledger", "--asof", "2026-06-30"])
    assert fault(["kpis", "my-ledger"]) == "as_of is missing"
    assert fault(["kpis", "--as-of", "2026-06-30"]) == "ledger is missing"
    assert "'xml' is not one of" in fault(["kpis", "my-ledger", "--as-of", "2026-06-30", "--format", "xml"])
    assert fault(["late", "my-ledger", "more", "--as-of", "2026-06-30"]) == "more is one word too many"


def test_every_command_is_shown_in_use() -> None:
    assert {words[0] for _, words in typed()} >= set(main.commands) - {"alert"}
    assert "arforecast alert" in text("schedule.md")


def unknown(name: str, rest: str) -> list[str]:
    """What of a command named within a sentence is not there: itself, or options."""
    if name not in main.commands:
        return [f"arforecast {name}"]
    flags = {flag for parameter in main.commands[name].params for flag in parameter.opts}
    named = re.findall(r"(?<!\S)--[a-z-]+", rest.partition(" -- ")[0])
    return [f"arforecast {name} {flag}" for flag in named if flag not in flags]


def test_what_is_named_in_passing_is_there() -> None:
    """Commands and their options in code within a sentence, and what `today` is asked."""
    named = [(page, *each) for page in PAGES for each in re.findall(r"`arforecast ([a-z][a-z-]*)([^`]*)`", prose(page))]
    asked = {(page, name) for page in PAGES for name in re.findall(r"\btoday\.(\w+)\(", text(page))}
    assert len(named) > 30
    assert len(asked) > 20
    assert [f"{page}: {fault}" for page, name, rest in named for fault in unknown(name, rest)] == []
    assert [f"{page}: today.{name}()" for page, name in asked if not hasattr(desk.Snapshot, name)] == []


# Where links lead


def slug(heading: str) -> str:
    plain = re.sub(r"[`*]|\[|\]\(.*?\)", "", heading).strip().lower()
    return re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", plain))


def anchors(path: Path) -> set[str]:
    return {slug(line) for line in re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)}


def lost(path: Path, target: str) -> bool:
    """Whether a link of a file leads to no file, or to no heading of it."""
    name, _, anchor = target.partition("#")
    file = (path.parent / name).resolve() if name else path
    return not file.is_file() or bool(anchor and anchor not in anchors(file))


def test_every_link_leads_somewhere() -> None:
    links = [(path, target) for path in PAGES.values() for pair in LINK.findall(FENCE.sub("", path.read_text("utf-8")))
             for target in pair if target and ":" not in target]  # fmt: skip
    assert len(links) > 60
    assert [f"{path.name}: {target}" for path, target in links if lost(path, target)] == []


def test_every_page_has_its_place_in_the_navigation() -> None:
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    named = [page for entry in settings["nav"] for pages in entry.values() for page in flat(pages)]
    assert sorted(named) == sorted(PAGES)


def flat(pages: str | list[dict[str, str]]) -> list[str]:
    return [pages] if isinstance(pages, str) else [name for entry in pages for name in entry.values()]


def test_every_picture_is_small_and_shown() -> None:
    assert [picture.name for picture in DOCS.rglob("*.png") if picture.stat().st_size > MOST_BYTES] == []
    shown = {Path(target).name for page in PAGES for pair in LINK.findall(text(page)) for target in pair}
    assert {picture.name for picture in DOCS.rglob("*.png")} <= shown


# What is explained


def test_every_question_of_the_notebooks_is_explained() -> None:
    """All but those that lead to definitions, which explain themselves."""
    asked = [
        question
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        for question in re.findall(r"^## (.+)$", cell.source, re.MULTILINE)
        if cell.cell_type == "markdown"
        and not re.fullmatch("What do the (words|measures|tables)( of [\\w ]+)? (mean|hold)\\?", question)
    ]
    assert len(asked) > 60
    assert [question for question in asked if question not in text("pages.md")] == []


def test_forecasts_are_explained_with_the_numbers_of_the_code() -> None:
    page = " ".join(text("forecasts.md").split())
    strengths = [strength for _, strength in hazard.SHARED]
    strengths += [hazard.CUSTOMER, hazard.CUSTOMER_RANGE, hazard.SIZE]
    strengths += [hazard.CUSTOMER_WEEKDAY, hazard.CUSTOMER_AGE, hazard.CUSTOMER_DAY]
    (table,) = re.findall(r"\| factor \| of \| strength \|\n\|[-|]+\n((?:\|.*\n)+)", text("forecasts.md"))
    assert [float(row.split("|")[3]) for row in table.splitlines()] == strengths
    said = [
        f"{hazard.HIGHEST} at most",
        f"in {hazard.RANGES} ranges",
        f"from {-hazard.YOUNGEST} days before due to {hazard.OLDEST} after",
        f"less than {calendar.HARDLY:.0%}".replace("%", " %"),
        f"a strength of {pending.STRENGTH}",
        f"the next {boosted.NEAR_DAYS} days, of invoices no more than {boosted.PAST_DUE_DAYS} days past due",
        f"past origins, {boosted.EVERY_DAYS} days apart",
        f"fewer than {boosted.FEWEST:,} examples",
        f"a prior worth {calibration.STRENGTH} chances",
        f"{ranges.LEANING} x (share of all scores <= g) >= {ranges.SHARE:.2f} x (own scores + {ranges.LEANING})",
        f"at least {ranges.OLD_DAYS} days old, and of no fewer than {ranges.FEWEST} invoices",
        f"> {billing.BROKEN} x sqrt",
        f"sqrt({draws.SAME_RUN:.2f}) x its customer and due day + sqrt({draws.SAME_CUSTOMER:.2f}) x its customer",
        f"more than {draws.MANY:,} invoices",
        f"scale^2 = ({scale.PRIOR} + sum w z^2) / ({scale.PRIOR} + sum w)",
        f"{backtest.ORIGINS} origins",
    ]
    assert [phrase for phrase in said if phrase not in page] == []


# What is shown


@pytest.mark.parametrize("page", FOLLOWED)
def test_what_a_page_shows_is_what_comes(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file of the page is written, each command typed, in the order in which they stand there."""
    monkeypatch.chdir(tmp_path)
    steps = 0
    for language, title, block in FENCE.findall(text(page)):
        if title:
            (tmp_path / title).parent.mkdir(exist_ok=True)
            (tmp_path / title).write_text(block, "utf-8")
        elif language == "console":
            for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
                assert like(shown, said(command)), f"{command}\n{said(command)}"
                steps += 1
    assert steps > 1


def said(command: str) -> str:
    done = CliRunner().invoke(main, shlex.split(command, comments=True)[1:])
    assert done.exit_code in (0, 1), done.output
    assert not isinstance(done.exception, Exception), done.exception
    return done.stdout


def like(shown: str, came: str) -> bool:
    """Whether a text is as it is shown, where a line of three dots stands for any lines."""
    lines = [line.rstrip() for line in shown.splitlines()]
    wanted = "\n".join(".*" if line == "..." else re.escape(line) for line in lines)
    return re.fullmatch(wanted, "\n".join(line.rstrip() for line in came.splitlines()), re.DOTALL) is not None
