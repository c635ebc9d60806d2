"""What commands share of asking a ledger and of answering: how it is opened, and tables and problems are printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from arforecast import screen
from arforecast.errors import address, shown

if TYPE_CHECKING:
    import pandas as pd

FIRST_PROBLEMS = 20
LONGEST_CELL = 32_767  # of a workbook


def part(conditions: tuple[str, ...]) -> str:
    """The conditions as one text, as a page's parameter holds them."""
    from arforecast.ledger.groups import together

    return together(conditions)


def opened(ledger: str, where: tuple[str, ...] = ()) -> Any:
    """The part `where` of LEDGER; what of it could not be read is told beside it."""
    from arforecast import open_ledger

    found = open_ledger(ledger)
    misnamed = found.problems[found.problems.rule.str.startswith("misnamed_")]
    if len(misnamed):
        click.echo(f"not read: {shown(', '.join(misnamed.value))}: see arforecast check {shown(ledger)}", err=True)
    errors = found.problems[found.problems.severity == "error"]
    if len(errors):
        rows = len(errors.drop_duplicates(["table", "row"]))
        left_out = "1 row is" if rows == 1 else f"{rows:,} rows are"
        click.echo(f"{left_out} left out: see arforecast check {address(ledger)}", err=True)
    return found.where(part(where))


def print_problems(problems: pd.DataFrame) -> None:
    """The first twenty in full, then how many break each rule."""
    for message in problems.message.head(FIRST_PROBLEMS):
        click.echo(message)
    rest = problems.iloc[FIRST_PROBLEMS:]
    for rule, count in rest.groupby("rule").size().items():
        click.echo(f"and {count:,} more of the rule {rule}")


def print_table(table: pd.DataFrame, form: str) -> None:
    writers: dict[str, Callable[[pd.DataFrame], None]] = {
        "table": screen.table,
        "csv": _print_csv,
        "json": _print_json,
        "parquet": lambda frame: frame.to_parquet(sys.stdout.buffer),
        "xlsx": _print_workbook,
    }
    writers[form](table)


def _print_csv(table: pd.DataFrame) -> None:
    from arforecast.report.tables import write_csv

    write_csv(table, sys.stdout)


def _print_json(table: pd.DataFrame) -> None:
    """Every digit of a float, dates as in the CSV, null for what is not defined."""
    import json

    plain = table.copy()
    for name in table.select_dtypes("datetime"):
        plain[name] = table[name].dt.strftime("%Y-%m-%d")
    rows = plain.astype(object).where(plain.notna(), None).to_dict("records")
    click.echo(json.dumps(rows, ensure_ascii=False, allow_nan=False))


def _print_workbook(table: pd.DataFrame) -> None:
    """One sheet: a frozen header, dates as ISO, and no text that a spreadsheet would take for a formula or a link; one
    that is too long for a cell is cut, which would else be empty."""
    from io import BytesIO

    import pandas as pd

    inert = {"options": {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}}
    written = BytesIO()
    with pd.ExcelWriter(written, "xlsxwriter", datetime_format="yyyy-mm-dd", engine_kwargs=inert) as workbook:
        table.map(_cut).to_excel(workbook, sheet_name="arforecast", index=False, freeze_panes=(1, 0), autofilter=True)
    sys.stdout.buffer.write(written.getvalue())


def _cut(cell: Any) -> Any:
    return f"{cell[: LONGEST_CELL - 1]}…" if isinstance(cell, str) and len(cell) > LONGEST_CELL else cell


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A spinner on a terminal, one plain line in a log."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        click.echo(what, err=True)
        yield
        return
    with console.status(what):
        yield
