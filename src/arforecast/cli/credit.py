"""The commands on credit: ratings, policy, plans, pricing, reminders."""

from __future__ import annotations

from pathlib import Path

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


@click.command()
@click.argument("ledger")
@AS_OF
@click.option(
    "--past", type=click.Choice(["months", "sales"]),
    help="In place of today what the policy would have done with 24 months of sales: by month, or with each of them.",
)  # fmt: skip
@WHERE
@FORMAT
def policy(ledger: str, as_of: str, past: str | None, where: tuple[str, ...], form: str) -> None:
    """Print which rule of the credit policy each customer of LEDGER meets, and the limit and terms it proposes."""
    from arforecast.actions.policy_record import UNSEEN

    with waiting("Applying the credit policy"):
        today = opened(ledger, where).as_of(as_of)
        table = getattr(today, f"policy_{past}")() if past else today.policy()
    print_table(table, form)
    if past:
        click.echo(UNSEEN, err=True)


@click.command()
@click.argument("ledger")
@AS_OF
@click.option("--instalments", is_flag=True, help="Each instalment of each plan, in place of a row a plan.")
@click.option(
    "--past", type=click.Choice(["results", "record"]),
    help="In place of today what past plans came to, beside what was said of them: in sum, or each of them.",
)  # fmt: skip
@WHERE
@FORMAT
def plans(ledger: str, as_of: str, instalments: bool, past: str | None, where: tuple[str, ...], form: str) -> None:
    """Print the payment plans that the accounts of LEDGER with overdue debt can carry, and the chance of each."""
    with waiting("Drawing up payment plans"):
        today = opened(ledger, where).as_of(as_of)
        asked = f"plan_{past}" if past else "plan_instalments" if instalments else "plans"
        table = getattr(today, asked)()
    print_table(table, form)


@click.command()
@click.argument("ledger")
@AS_OF
@WHERE
@FORMAT
def pricing(ledger: str, as_of: str, where: tuple[str, ...], form: str) -> None:
    """Print what early payment is worth by customer of LEDGER, which discounts pay, and what late fees bring."""
    with waiting("Pricing terms"):
        table = opened(ledger, where).as_of(as_of).pricing()
    print_table(table, form)


@click.command()
@click.argument("ledger")
@AS_OF
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="A new folder for them.")
@WHERE
def reminders(ledger: str, as_of: str, out: Path, where: tuple[str, ...]) -> None:
    """Write a letter with a statement for each account of LEDGER that is to be reminded, and merge.csv with mails and
    scripts for calls, into DIR. Nothing is sent."""
    from arforecast import letters

    with waiting("Writing reminders"):
        today = opened(ledger, where).as_of(as_of)
        merged = letters.write(today.reminders(), today.books.settings, today.day, out)
    for stage, accounts in merged.groupby("stage", sort=False).size().items():
        click.echo(f"{stage}: {accounts:,}")
    click.echo(out / letters.MERGE)


COMMANDS = (ratings, policy, plans, pricing, reminders)
