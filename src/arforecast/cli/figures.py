"""The commands that measure the past: kpis, rows, schedule, targets, bridge, accounts."""

from __future__ import annotations

import click

from arforecast.cli.answers import opened, print_table, waiting
from arforecast.cli.options import AS_OF, BY, FORMAT, MANY, WHERE, as_day


@click.command()
@click.argument("ledger")
@AS_OF
@BY
@click.option("--months", type=MANY, default=1, show_default=True, help="This day and the month-ends before it.")
@WHERE
@FORMAT
def kpis(ledger: str, as_of: str, where: tuple[str, ...], by: str | None, months: int, form: str) -> None:
    """Print every KPI of LEDGER."""
    with waiting("Measuring"):
        table = opened(ledger, where).as_of(as_of).kpis(by, months)
    print_table(table, form)


@click.command()
@click.argument("ledger")
@click.argument("kpi")
@AS_OF
@BY
@click.option("--group", metavar="GROUP", help="The group of --by whose rows they are, as kpis names it.")
@WHERE
@FORMAT
def rows(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ledger: str, kpi: str, as_of: str, by: str | None, group: str | None, where: tuple[str, ...], form: str
) -> None:
    """Print the rows of LEDGER that a KPI is made of; their numerator adds up to that of the KPI."""
    with waiting("Looking up"):
        table = opened(ledger, where).as_of(as_of).rows(kpi, group, by)
    print_table(table, form)


@click.command()
@click.argument("ledger")
@click.argument("name")
@AS_OF
@WHERE
@FORMAT
def schedule(ledger: str, name: str, as_of: str, where: tuple[str, ...], form: str) -> None:
    """Print the schedule NAME of LEDGER: roll_rates, vintage, terms, ...; for a name that is none, those there are."""
    with waiting("Measuring"):
        table = opened(ledger, where).as_of(as_of).schedule(name)
    print_table(table, form)


@click.command()
@click.argument("ledger")
@AS_OF
@click.option("--months", type=MANY, default=2, show_default=True, help="This day and the month-ends before it.")
@WHERE
@FORMAT
def targets(ledger: str, as_of: str, where: tuple[str, ...], months: int, form: str) -> None:
    """Print how far the KPIs of LEDGER are from their targets in the settings."""
    with waiting("Measuring"):
        today = opened(ledger, where).as_of(as_of)
        table = today.targets(months)
    if not today.books.settings.kpi_targets:
        click.echo("The settings name no target. Add some to [targets], such as overdue_share = 0.35.", err=True)
    print_table(table, form)


@click.command()
@click.argument("ledger")
@AS_OF
@click.option(
    "--since", metavar="DATE", callback=as_day, help="The close to compare with; the month-end before unless given."
)
@WHERE
@FORMAT
def bridge(ledger: str, as_of: str, since: str | None, where: tuple[str, ...], form: str) -> None:
    """Print why the receivables and the DSO of LEDGER moved, in parts that add up."""
    with waiting("Measuring"):
        table = opened(ledger, where).as_of(as_of).bridge(since)
    print_table(table, form)


@click.command()
@click.argument("ledger")
@AS_OF
@click.option("--customer", metavar="ID", help="In place of all accounts the sheet of one.")
@click.option(
    "--part", type=click.Choice(["open_items", "ageing", "payments", "promises", "contacts"]), default="open_items",
    show_default=True, help="Which table of the sheet.",
)  # fmt: skip
@WHERE
@FORMAT
def accounts(ledger: str, as_of: str, customer: str | None, part: str, where: tuple[str, ...], form: str) -> None:
    """Print the accounts of LEDGER to look at, those most worth a look first, or the sheet of one."""
    with waiting("Looking at accounts"):
        today = opened(ledger, where).as_of(as_of)
        table = today.accounts() if customer is None else getattr(today.account(customer), part)
    print_table(table, form)


COMMANDS = (kpis, rows, schedule, targets, bridge, accounts)
