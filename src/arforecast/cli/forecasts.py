"""The commands that look ahead, and back at what was said: late, overrides, cash, scenarios, position, book, and
backtest."""

from __future__ import annotations

from pathlib import Path

import click

from arforecast.cli.answers import opened, print_table, waiting
from arforecast.cli.options import AS_OF, FORMAT, WEEKS, WHERE, as_day
from arforecast.errors import UsageError


@click.command()
@click.argument("ledger")
@AS_OF
@WHERE
@FORMAT
def late(ledger: str, as_of: str, where: tuple[str, ...], form: str) -> None:
    """Print every open invoice of LEDGER with the days it will be paid on, and why."""
    with waiting("Predicting payment dates"):
        today = opened(ledger, where).as_of(as_of)
        table = today.late_payers()
    print_table(table, form)
    if why := today.unknown()["late_payers"]:
        click.echo(f"When these are paid is {why}.", err=True)


@click.command()
@click.argument("ledger")
@AS_OF
@WEEKS
@click.option(
    "--by",
    type=click.Choice(["day", "week", "month"]),
    default="week",
    show_default=True,
    help="By day for the first three weeks, by week, or by month, as far as it ends within the weeks ahead.",
)
@click.option(
    "--book", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
    help="Keep it in this book of forecasts too, where nothing is ever written again.",
)  # fmt: skip
@WHERE
@FORMAT
def cash(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ledger: str, as_of: str, where: tuple[str, ...], weeks: int, by: str, book: Path | None, form: str
) -> None:
    """Print the cash that LEDGER will bring by week, or by day or month, with ranges."""
    with waiting("Forecasting cash, past weeks first"):
        today = opened(ledger, where).as_of(as_of)
        asked = {"day": today.cash_days, "week": today.cash_forecast, "month": today.cash_months}
        table = asked[by](weeks)
        kept = today.keep_forecast(book, weeks) if book else None
    print_table(table, form)
    if kept:
        click.echo(f"kept in {kept}", err=True)


@click.command()
@click.argument("ledger")
@AS_OF
@WEEKS
@WHERE
@FORMAT
def scenarios(ledger: str, as_of: str, where: tuple[str, ...], weeks: int, form: str) -> None:
    """Print the cash of LEDGER by week under each [scenario.NAME] of the settings, beside the forecast as it is."""
    with waiting("Supposing"):
        today = opened(ledger, where).as_of(as_of)
        if not today.books.settings.scenario:
            raise UsageError("The settings have no scenario. Add a section [scenario.NAME] to arforecast.toml.")
        table = today.scenarios(weeks)
    print_table(table, form)


@click.command()
@click.argument("ledger")
@AS_OF
@WEEKS
@WHERE
@FORMAT
def position(ledger: str, as_of: str, where: tuple[str, ...], weeks: int, form: str) -> None:
    """Print what is left of the cash by week when the outflows of LEDGER are paid, and the chance of too little."""
    with waiting("Forecasting cash, past weeks first"):
        table = opened(ledger, where).as_of(as_of).cash_position(weeks)
    print_table(table, form)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="BOOK")
@click.argument("ledger")
@AS_OF
@click.option("--accuracy", is_flag=True, help="In place of the errors how right the forecasts of each month were.")
@WHERE
@FORMAT
def book(folder: Path, ledger: str, as_of: str, accuracy: bool, where: tuple[str, ...], form: str) -> None:
    """Print what the forecasts in BOOK said of weeks now over beside what came, and by what cause it came otherwise."""
    with waiting("Comparing forecasts with what came"):
        compared = opened(ledger, where).as_of(as_of).book(folder)
    print_table(compared.accuracy if accuracy else compared.errors, form)


@click.command()
@click.argument("ledger")
@AS_OF
@click.option(
    "--record", is_flag=True, help="In their place those of the past, and whether they or the model were right."
)
@WHERE
@FORMAT
def overrides(ledger: str, as_of: str, where: tuple[str, ...], record: bool, form: str) -> None:
    """Print what people expect of open invoices of LEDGER beside what the model expects."""
    with waiting("Predicting payment dates"):
        today = opened(ledger, where).as_of(as_of)
        table = today.overrides_record() if record else today.overrides()
    print_table(table, form)


@click.command()
@click.argument("ledger")
@click.option("--from", "since", required=True, metavar="DATE", callback=as_day, help="The first day to forecast from.")
@click.option(
    "--to", "until", required=True, metavar="DATE", callback=as_day,
    help="The day to stand on: forecasts are made before it, and what came is read as it is known then.",
)  # fmt: skip
@click.option("--every", default="1w", show_default=True, metavar="SPAN", help="How far apart: 1w, 2w, 10d.")
@click.option(
    "--rows", type=click.Choice(["cash", "late", "dates"]),
    help="In place of the scores each forecast beside what came: of cash by week, of chances to be late, of dates.",
)  # fmt: skip
@WHERE
@FORMAT
def backtest(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ledger: str, since: str, until: str, every: str, rows: str | None, where: tuple[str, ...], form: str
) -> None:
    """Print how right the predictions on LEDGER would have been, beside the best simple rules."""
    with waiting("Forecasting on past days"):
        tested = opened(ledger, where).as_of(until).backtest(since, every)
    print_table(getattr(tested, rows or "scores"), form)


COMMANDS = (late, overrides, cash, scenarios, position, book, backtest)
