"""The commands that look ahead: late, cash, backtest."""

from __future__ import annotations

import click

from arforecast.cli.answers import opened, print_table, waiting
from arforecast.cli.options import AS_OF, FORMAT, MANY, WHERE, as_day


@click.command()
@click.argument("ledger")
@AS_OF
@WHERE
@FORMAT
def late(ledger: str, as_of: str, where: tuple[str, ...], form: str) -> None:
    """Print every open invoice of LEDGER with the days it will be paid on, and why."""
    with waiting("Predicting payment dates"):
        table = opened(ledger, where).as_of(as_of).late_payers()
    print_table(table, form)


@click.command()
@click.argument("ledger")
@AS_OF
@click.option("--weeks", type=MANY, default=13, show_default=True, help="How many weeks ahead.")
@WHERE
@FORMAT
def cash(ledger: str, as_of: str, where: tuple[str, ...], weeks: int, form: str) -> None:
    """Print the cash that LEDGER will bring by week, with ranges."""
    with waiting("Forecasting cash, past weeks first"):
        table = opened(ledger, where).as_of(as_of).cash_forecast(weeks)
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


COMMANDS = (late, cash, backtest)
