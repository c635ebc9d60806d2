"""The commands that make a ledger and check it: sample, import, check."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from arforecast.cli.answers import opened, print_problems, print_table, waiting
from arforecast.cli.options import as_amount, as_day
from arforecast.errors import UsageError, shown

if TYPE_CHECKING:
    import pandas as pd

    from arforecast.ledger import Books
    from arforecast.ledger.imports.presets import ImportReport
    from arforecast.ledger.notes import Notes


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--customers", default=400, show_default=True, help="How many customers enrol in all.")
@click.option("--months", default=36, show_default=True, help="How many months of history.")
@click.option("--seed", default=1, show_default=True, help="The same seed writes the same bytes.")
@click.option("--go-live", metavar="DATE", callback=as_day, help="New books from that day, with opening items alone.")
def sample(folder: Path, customers: int, months: int, seed: int, go_live: str | None) -> None:
    """Write the sample company's ledger to FOLDER."""
    from arforecast.sample import write_sample

    with waiting("Writing the sample ledger"):
        write_sample(folder, customers, months, seed, date.fromisoformat(go_live) if go_live else None)
    click.echo(folder)


def _list_presets(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    from arforecast.ledger.imports import mapping

    if asked:
        names = mapping.names()
        for name in names:
            click.echo(f"{name:<{max(map(len, names))}}  {mapping.about(name)}")
        context.exit()


def _show_preset(context: click.Context, _parameter: click.Parameter, preset: str | None) -> None:
    """The mapping of a preset, to begin one's own with."""
    from arforecast.ledger.imports import mapping

    if preset:
        click.echo(mapping.text(preset), nl=False)
        context.exit()


def _guess_mapping(context: click.Context, _parameter: click.Parameter, source: Path | None) -> None:
    """The preset that an export fits, and a mapping proposed for it; nothing is imported by it."""
    from arforecast.ledger.imports import guess

    if source:
        click.echo(guess.proposal(source), nl=False)
        context.exit()


@click.command("import")
@click.argument("words", nargs=-1, metavar="[PRESET] SOURCE FOLDER")
@click.option("--preset-file", type=click.Path(exists=True, path_type=Path), help="Your own mapping, a TOML file.")
@click.option("--as-of", metavar="DATE", callback=as_day, help="The day that open items of one day are of.")
@click.option(
    "--total", type=click.UNPROCESSED, callback=as_amount, help="What the amounts of the export must add up to."
)
@click.option("--list", is_flag=True, expose_value=False, is_eager=True, callback=_list_presets, help="The presets.")
@click.option("--show", metavar="PRESET", expose_value=False, is_eager=True, callback=_show_preset, help="Its mapping.")
@click.option(
    "--guess", metavar="SOURCE", type=click.Path(exists=True, dir_okay=False, path_type=Path), expose_value=False,
    is_eager=True, callback=_guess_mapping, help="The preset that an export fits, and a mapping proposed.",
)  # fmt: skip
def import_(words: tuple[str, ...], preset_file: Path | None, as_of: str | None, total: Decimal | None) -> None:
    """Turn the export SOURCE, text or a workbook, into a ledger in FOLDER, by a PRESET (see --list) or by a
    --preset-file of your own."""
    from arforecast.ledger.imports.fitting import advice
    from arforecast.ledger.imports.presets import Stated, import_export
    from arforecast.ledger.notes import read

    *presets, source, folder = words if len(words) > 1 else ("", "")
    if len(presets) + bool(preset_file) != 1 or not source:
        raise UsageError("Name a preset, the export and the folder; or the export, the folder and --preset-file.")
    if not Path(source).is_file():
        raise UsageError(f"{source} does not exist, or is no file.")
    stated = Stated(total, date.fromisoformat(as_of) if as_of else None)
    report = import_export(preset_file or presets[0], Path(source), Path(folder), stated)
    _print_import(report)
    _print_day(read(Path(folder)))
    if not report.imported and (fits := advice(Path(source), preset_file or presets[0])):
        click.echo(fits, err=True)
    click.echo(folder)
    # A ledger of nothing is no ledger: whoever runs this by night must hear of it.
    sys.exit(0 if report.imported else 1)


def _print_import(report: ImportReport) -> None:
    for rule, rows in report.skipped.items():
        click.echo(f"{_rows(rows)} skipped: {shown(rule)}{_money(report.money.get(rule, {}))}")
    print_problems(report.problems)
    for name, rows in report.made.items():
        click.echo(f"{name}: {_rows(rows)}")
    if report.due_at_once:
        click.echo(
            f"Due on the day of issue, as where the export names no due day: {report.due_at_once:,} of "
            f"{report.made['invoices']:,}. What is overdue is counted from it."
        )
    if report.total:
        click.echo(report.total)
    used, held = (_money(report.money.get(fate, {})) for fate in ("imported", "quarantined"))
    click.echo(f"amounts: imported{used or ' (none)'}, quarantined{held or ' (none)'}")
    counts = f"{_rows(report.read)} read = {report.imported:,} imported + {sum(report.skipped.values()):,} skipped"
    click.echo(f"{counts} + {report.quarantined:,} quarantined")


def _print_day(notes: Notes) -> None:
    """Of which day a ledger without history is."""
    if notes.snapshot_on:
        click.echo(f"These are the open items of {notes.snapshot_on}, without history.")
    elif notes.snapshot:
        click.echo(
            "These are the open items of a day that is not named, without history: whichever day is asked is taken for "
            "it. Name it by import --as-of."
        )


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def _money(amounts: dict[str, Decimal]) -> str:
    told = [f"{amount:,} {shown(currency)}".strip() for currency, amount in amounts.items()]
    return f" ({' and '.join(told)})" if told else ""


@click.command()
@click.argument("ledger")
@click.option("--as-of", metavar="DATE", callback=as_day, help="Tie the ledger to the books on this day, YYYY-MM-DD.")
@click.option(
    "--quarantine", type=click.Path(path_type=Path), default=Path("quarantine.csv"), show_default=True,
    help="Where the quarantined rows are written.",
)  # fmt: skip
def check(ledger: str, as_of: str | None, quarantine: Path) -> None:
    """Print every problem of LEDGER with its row and the money at stake, and whether the ledger ties."""
    books = opened(ledger)
    print_problems(books.problems)
    _keep(books.quarantine, quarantine)
    print_table(books.books.rows, "table")
    _print_day(books.books.notes)
    if unsaid := _of_payments(books.books):
        click.echo(unsaid)
    gates = books.as_of(as_of).stamp()["gates"] if as_of else []
    for gate in gates:
        outcome = "passed" if gate["passed"] else "refused"
        click.echo(f"{gate['gate']}: {outcome if gate['checked'] else 'not checked'}. {gate['message']}")
    broken = len(books.quarantine) or any(not gate["passed"] for gate in gates)
    click.echo(f"{len(books.quarantine):,} quarantine problems written to {quarantine}")
    sys.exit(1 if broken else 0)


def _of_payments(books: Books) -> str:
    """What a ledger without applications leaves unsaid; open items of a day say of each what is left of it."""
    if "applications" in books.present or books.notes.without_history:
        return ""
    if books.tells_paid:
        return "There is no applications table: an invoice counts as paid on its paid_on, part payments do not show."
    return "Nothing says what was paid: every invoice counts as open. Add applications, or paid_on to the invoices."


def _keep(rows: pd.DataFrame, file: Path) -> None:
    """Write the rows that were set aside; only an earlier quarantine may be replaced."""
    from arforecast import folders
    from arforecast.report.tables import write_csv

    with folders.whole(file) as draft:
        if file.exists() and not file.read_bytes().startswith(",".join(rows.columns).encode()):
            raise UsageError(f"{file} is there and is no quarantine. Name another file with --quarantine.")
        with draft.open("w", encoding="utf-8", newline="") as stream:
            write_csv(rows, stream)


COMMANDS = (sample, import_, check)
