"""The options that commands share, and how what is typed is read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

import click

from arforecast.delivery.days import WORDS


def as_day(_context: click.Context, _parameter: click.Parameter, day: str | None) -> str | None:
    """Refuse what is not a date before a ledger is opened for it."""
    if day is None or _is_date(day):
        return day
    only = f"; only report and send, which a timer runs, know {day}" if day in WORDS else ""
    raise click.BadParameter(f"{day} is not a date. Write it as YYYY-MM-DD{only}.")


def as_day_or_word(context: click.Context, parameter: click.Parameter, day: str | None) -> str | None:
    """A date, or the word for one that a timer asks for."""
    if day is None or day in WORDS or _is_date(day):
        return day
    raise click.BadParameter(f"{day} is not a date. Write it as YYYY-MM-DD, or as {', '.join(WORDS)}.")


def _is_date(day: str) -> bool:
    try:
        return date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False


def as_amount(_context: click.Context, _parameter: click.Parameter, amount: str | None) -> Decimal | None:
    try:
        known = None if amount is None else Decimal(amount)
    except InvalidOperation:
        raise click.BadParameter(f"{amount} is not an amount. Write it as 1234.50.") from None
    if known is not None and not known.is_finite():
        raise click.BadParameter(f"{amount} is not an amount. Write it as 1234.50.")
    return known


AS_OF = click.option("--as-of", required=True, metavar="DATE", callback=as_day, help="The day to stand on, YYYY-MM-DD.")
TIME_ZONE = click.option("--time-zone", metavar="ZONE", help="Where it is yesterday: Europe/Zurich, UTC.")
MANY = click.IntRange(min=1)
WEEKS = click.option("--weeks", type=MANY, default=13, show_default=True, help="How many weeks ahead.")
BY = click.option(
    "--by",
    metavar="COLUMN[,COLUMN]",
    help="Also by group: a column of invoices or customers, or each combination of several.",
)
WHERE = click.option(
    "--where",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="A part of the ledger, by a column of invoices or customers: repeated, any of the values of one column, and "
    "all of several columns. issued_on=2026-01-01..2026-03-31 is a span of days.",
)
FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "parquet", "xlsx"]),
    default="table",
    show_default=True,
    help="How the table is written to standard output.",
)
