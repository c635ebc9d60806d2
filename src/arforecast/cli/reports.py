"""The commands that make pages and send them: init, new-page, report, send, alert, timer."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from arforecast.cli.answers import part
from arforecast.cli.options import MANY, TIME_ZONE, WHERE, as_day_or_word
from arforecast.delivery.days import meant
from arforecast.errors import UsageError, address

if TYPE_CHECKING:
    from arforecast.delivery.dispatch import Told


@click.command()
@click.argument("ledger")
@click.argument("names", nargs=-1)
@click.option(
    "--as-of",
    required=True,
    metavar="DATE",
    callback=as_day_or_word,
    help="The day to stand on, YYYY-MM-DD; for a timer also yesterday, last-friday, last-month-end.",
)
@TIME_ZONE
@click.option("--out", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
@click.option("--workers", type=MANY, default=2, show_default=True, help="How many notebooks run side by side.")
@click.option("--allow", multiple=True, metavar="GATE", help="Waive a gate: quarantine, control or staleness.")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A notebook's parameter.")
@click.option("--notebooks", type=click.Path(path_type=Path), default=Path("notebooks"), show_default=True)
@WHERE
@click.option("--resume", is_flag=True, help="Execute only what an interrupted or failed run of the day has not.")
@click.option("--keep", type=MANY, metavar="N", help="Afterwards remove the runs of all but the latest N days.")
@click.option("--on-failure", metavar="COMMAND", help="Run this when the report fails; ARFORECAST_FAULT says why.")
def report(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ledger: str, names: tuple[str, ...], as_of: str, time_zone: str | None, out: Path, workers: int,
    allow: tuple[str, ...], parameters: tuple[str, ...], notebooks: Path, where: tuple[str, ...], resume: bool,
    keep: int | None, on_failure: str | None,
) -> None:  # fmt: skip
    """Run the notebooks NAMES (all when none is named) on LEDGER and write their pages; LEDGER group is every entity
    of the settings and then all of them together, each in a folder of its own. Pages that are not named stay where they
    are of the same books."""
    from arforecast import alarm
    from arforecast.runs import jobs, record, runner

    day = meant(as_of, time_zone, datetime.now(UTC))
    with alarm.stopping(), alarm.raised(on_failure, address(ledger), str(out / day.as_of)):
        given = [*map(_pair, parameters), *([("where", part(where))] if where else [])]
        asked = runner.Asked(day.as_of, names, allow, _once(given), notebooks, resume, day.said)
        for folder in runner.run_all(jobs.ledgers(ledger, out), asked, workers):
            click.echo(folder / "index.html")
            for old in record.prune(folder.parent, keep) if keep else []:
                click.echo(f"removed {old}", err=True)


@click.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="RUN_DIR")
@click.option(
    "--to", "role", default="", metavar="ROLE", help="Only to recipients of this role; everybody unless named."
)
@click.option(
    "--dry-run", is_flag=True, help="Send nothing: show gates and recipients, write the mails beside the run."
)
@click.option("--again", is_flag=True, help="Send also what was sent before, or may have been.")
@click.option(
    "--as-of",
    metavar="DATE",
    callback=as_day_or_word,
    help="The run of this day, a date or a word as report takes it, of all those in RUN_DIR.",
)
@TIME_ZONE
def send(run: Path, role: str, dry_run: bool, again: bool, as_of: str | None, time_zone: str | None) -> None:
    """Mail the brief of the finished run in RUN_DIR to the recipients in the settings, once to each. Where a gate
    refuses it, the analysts are mailed the reasons and nobody else anything."""
    from arforecast import alarm
    from arforecast.delivery import dispatch

    folder = run / meant(as_of or "", time_zone, datetime.now(UTC)).as_of
    with alarm.stopping():
        _tell(dispatch.rehearse(folder, role) if dry_run else dispatch.send(folder, role, again=again))


@click.command()
def alert() -> None:
    """Mail the analysts in the settings what a report failed of, once. For report --on-failure "arforecast alert",
    which tells it by ARFORECAST_LEDGER, ARFORECAST_RUN and ARFORECAST_FAULT."""
    from arforecast import alarm
    from arforecast.delivery import dispatch

    told = [os.environ.get(name, "") for name in (alarm.LEDGER, alarm.RUN, alarm.FAULT)]
    if not all(told):
        raise UsageError("Nothing says what failed: this is for report --on-failure, which tells it.")
    with alarm.stopping():
        _tell(dispatch.alert(*told))


def _tell(lines: Iterable[Told]) -> NoReturn:
    """Print what became of each mail; the exit code is 0 where all is as it was wanted."""
    good = True
    for told in lines:
        click.echo(told.line, err=not told.good)
        good &= told.good
    sys.exit(0 if good else 1)


@click.command()
@click.argument("command", nargs=-1, required=True, metavar="-- COMMAND ...")
@click.option(
    "--every",
    type=click.Choice(["day", "workday", "week", "month"]),
    default="day",
    show_default=True,
    help="On which days: a week begins on Monday, a month on its first.",
)
@click.option(
    "--at",
    type=click.DateTime(["%H:%M"]),
    default="06:30",
    show_default=True,
    metavar="HH:MM",
    help="When, by the clock of this machine.",
)
@click.option("--name", default="arforecast", show_default=True, help="What the systemd units are called.")
@click.option(
    "--on-failure",
    metavar="COMMAND",
    default="logger -p user.err -t arforecast a timer failed",
    show_default=True,
    help="What is run when COMMAND fails.",
)
def timer(command: tuple[str, ...], every: str, at: datetime, name: str, on_failure: str) -> None:
    """Print a cron line and systemd units that run COMMAND in this folder: arforecast report ..., and after a '&&' in
    quotes the next one."""
    from arforecast.delivery.timer import written

    click.echo(written(command, every, at, name, on_failure))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make FOLDER a company's own: the notebooks of the pages, every setting, and a README of how to go on."""
    from arforecast import workplace

    click.echo(workplace.begin(folder))


@click.command("new-page")
@click.argument("name")
@click.option("--notebooks", type=click.Path(path_type=Path), default=Path("notebooks"), show_default=True)
def new_page(name: str, notebooks: Path) -> None:
    """Write the notebook NAME, a page of your own to begin from, which the report takes into its pack."""
    from arforecast.report import notebook

    click.echo(notebook.write(name, notebooks))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"-p {text} is not NAME=VALUE.")
    return name, value


def _once(given: list[tuple[str, str]]) -> dict[str, str]:
    """The parameters by name: of one that is given twice, nothing tells which value is meant."""
    names = [name for name, _ in given]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"{', '.join(twice)} is given twice. Give each parameter once; --where is where.")
    return dict(given)


COMMANDS = (report, send, alert, timer, init, new_page)
