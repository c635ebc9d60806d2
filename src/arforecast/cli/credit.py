"""The commands on credit: whom to trust."""

from __future__ import annotations

import click

from arforecast.cli.answers import opened, print_table, waiting
from arforecast.cli.options import AS_OF, FORMAT, WHERE


@click.command()
@click.argument("ledger")
@AS_OF
@click.option(
    "--past", type=click.Choice(["results", "skill", "record"]),
    help="In place of the ratings what past ones came to: by grade, how well they ordered it, or each of them.",
)  # fmt: skip
@WHERE
@FORMAT
def ratings(ledger: str, as_of: str, past: str | None, where: tuple[str, ...], form: str) -> None:
    """Print the grade of every customer of LEDGER, what it is made of, and what moved it."""
    with waiting("Rating customers"):
        today = opened(ledger, where).as_of(as_of)
        table = getattr(today, f"rating_{past}")() if past else today.ratings()
    print_table(table, form)


COMMANDS = (ratings,)
