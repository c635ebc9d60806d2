"""The commands that say what to do, and what it brought: worklist, effect."""

from __future__ import annotations

import click

from arforecast.cli.answers import opened, print_table, waiting
from arforecast.cli.options import AS_OF, FORMAT, MANY, WHERE

CAPACITY = click.option("--capacity", type=MANY, metavar="N", help="For how many accounts there is time.")


@click.command()
@click.argument("ledger")
@AS_OF
@CAPACITY
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), metavar="M", help="For how many minutes.")
@click.option("--collector", metavar="NAME", help="The accounts of one collector.")
@WHERE
@FORMAT
def worklist(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ledger: str,
    as_of: str,
    capacity: int | None,
    minutes: float | None,
    collector: str | None,
    where: tuple[str, ...],
    form: str,
) -> None:
    """Print whom of LEDGER to contact on the next working day, how and why, the most valuable first."""
    with waiting("Weighing what to do"):
        table = opened(ledger, where).as_of(as_of).worklist(capacity, collector, minutes)
    print_table(table, form)


@click.command()
@click.argument("ledger")
@AS_OF
@click.option("--weeks", type=MANY, default=26, show_default=True, help="How many past weeks.")
@CAPACITY
@WHERE
@FORMAT
def effect(ledger: str, as_of: str, weeks: int, capacity: int | None, where: tuple[str, ...], form: str) -> None:
    """Print what contacting brought LEDGER, by the accounts that a lot left alone."""
    with waiting("Making the lists of past weeks"):
        table = opened(ledger, where).as_of(as_of).effect(weeks, capacity)
    print_table(table, form)


COMMANDS = (worklist, effect)
