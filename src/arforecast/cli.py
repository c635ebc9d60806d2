"""The command line: one light command per verb. Heavy libraries load inside the commands, so that --help is instant.

Exit codes: 0 done; 1 the data or a gate refused; 2 wrong usage. One line a problem; --debug shows the traceback.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from arforecast import __version__, screen
from arforecast.delivery.days import WORDS, meant
from arforecast.errors import ArforecastError, UsageError, address, lacking, shown

if TYPE_CHECKING:
    import pandas as pd

    from arforecast.delivery.dispatch import Told
    from arforecast.ledger.imports.presets import ImportReport

FIRST_PROBLEMS = 20


def _date(_context: click.Context, _parameter: click.Parameter, day: str | None) -> str | None:
    """Refuse what is not a date before a ledger is opened for it."""
    if day is None or _is_date(day):
        return day
    only = f"; only report and send, which a timer runs, know {day}" if day in WORDS else ""
    raise click.BadParameter(f"{day} is not a date. Write it as YYYY-MM-DD{only}.")


def _date_or_word(context: click.Context, parameter: click.Parameter, day: str | None) -> str | None:
    """A date, or the word for one that a timer asks for."""
    if day is None or day in WORDS or _is_date(day):
        return day
    raise click.BadParameter(f"{day} is not a date. Write it as YYYY-MM-DD, or as {', '.join(WORDS)}.")


def _is_date(day: str) -> bool:
    try:
        return date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False


def _amount(_context: click.Context, _parameter: click.Parameter, amount: str | None) -> Decimal | None:
    try:
        known = None if amount is None else Decimal(amount)
    except InvalidOperation:
        raise click.BadParameter(f"{amount} is not an amount. Write it as 1234.50.") from None
    if known is not None and not known.is_finite():
        raise click.BadParameter(f"{amount} is not an amount. Write it as 1234.50.")
    return known


AS_OF = click.option("--as-of", required=True, metavar="DATE", callback=_date, help="The day to stand on, YYYY-MM-DD.")
TIME_ZONE = click.option("--time-zone", metavar="ZONE", help="Where it is yesterday: Europe/Zurich, UTC.")
MANY = click.IntRange(min=1)
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


class Commands(click.Group):
    """The group of commands; it turns errors into one line each and an exit code."""

    def invoke(self, context: click.Context) -> Any:
        screen.prepare(sys.stdout, sys.stderr)
        try:
            done = super().invoke(context)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read this has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except click.UsageError as fault:
            if (said := _discreet(fault.message)) != fault.message:
                raise click.UsageError(said, fault.ctx) from None
            raise
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as fault:
            if context.params.get("debug"):
                raise
            click.echo(_discreet(_told(fault)), err=True)
            sys.exit(2 if isinstance(fault, UsageError) else 1)
        return done


def _told(fault: Exception) -> str:
    """A fault in words; one that nobody foresaw in a line that says so."""
    if isinstance(fault, ArforecastError):
        return str(fault)
    first = next(iter(str(fault).splitlines()), "")
    unforeseen = f"This should not happen: {type(fault).__name__}: {shown(first)}. arforecast --debug ... shows where."
    return lacking(fault) or unforeseen


def _discreet(message: str) -> str:
    """A message without the passwords of URLs that stand where none belongs."""
    return re.sub(r"\S*[@?]\S*", lambda word: address(word[0]), message)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Receivables from the ledger: what is owed, how fast it is collected, what cash will come and when."""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--customers", default=400, show_default=True, help="How many customers enrol in all.")
@click.option("--months", default=36, show_default=True, help="How many months of history.")
@click.option("--seed", default=1, show_default=True, help="The same seed writes the same bytes.")
@click.option("--go-live", metavar="DATE", callback=_date, help="New books from that day, with opening items alone.")
def sample(folder: Path, customers: int, months: int, seed: int, go_live: str | None) -> None:
    """Write the sample company's ledger to FOLDER."""
    from arforecast.sample import write_sample

    with _waiting("Writing the sample ledger"):
        write_sample(folder, customers, months, seed, date.fromisoformat(go_live) if go_live else None)
    click.echo(folder)


def _list_presets(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    from arforecast.ledger.imports import mapping

    if asked:
        for name in mapping.names():
            click.echo(f"{name:<24}{mapping.about(name)}")
        context.exit()


def _show_preset(context: click.Context, _parameter: click.Parameter, preset: str | None) -> None:
    """The mapping of a preset, to begin one's own with."""
    from arforecast.ledger.imports import mapping

    if preset:
        click.echo(mapping.text(preset), nl=False)
        context.exit()


def _guess_mapping(context: click.Context, _parameter: click.Parameter, source: Path | None) -> None:
    """A mapping proposed for an export; nothing is imported by it."""
    from arforecast.ledger.imports import guess

    if source:
        click.echo(guess.text(guess.propose(source), source), nl=False)
        context.exit()


@main.command("import")
@click.argument("words", nargs=-1, metavar="[PRESET] SOURCE FOLDER")
@click.option("--preset-file", type=click.Path(exists=True, path_type=Path), help="Your own mapping, a TOML file.")
@click.option("--as-of", metavar="DATE", callback=_date, help="The day that open items of one day are of.")
@click.option(
    "--total", type=click.UNPROCESSED, callback=_amount, help="What the amounts of the export must add up to."
)
@click.option("--list", is_flag=True, expose_value=False, is_eager=True, callback=_list_presets, help="The presets.")
@click.option("--show", metavar="PRESET", expose_value=False, is_eager=True, callback=_show_preset, help="Its mapping.")
@click.option(
    "--guess", metavar="SOURCE", type=click.Path(exists=True, dir_okay=False, path_type=Path), expose_value=False,
    is_eager=True, callback=_guess_mapping, help="A mapping proposed for an export that no preset knows.",
)  # fmt: skip
def import_(words: tuple[str, ...], preset_file: Path | None, as_of: str | None, total: Decimal | None) -> None:
    """Turn the export SOURCE, text or a workbook, into a ledger in FOLDER, by a PRESET (see --list) or by a
    --preset-file of your own."""
    from arforecast.ledger.imports.presets import Stated, import_export

    *presets, source, folder = words if len(words) > 1 else ("", "")
    if len(presets) + bool(preset_file) != 1 or not source:
        raise UsageError("Name a preset, the export and the folder; or the export, the folder and --preset-file.")
    if not Path(source).is_file():
        raise UsageError(f"{source} does not exist, or is no file.")
    stated = Stated(total, date.fromisoformat(as_of) if as_of else None)
    report = import_export(preset_file or presets[0], Path(source), Path(folder), stated)
    _print_import(report)
    click.echo(folder)
    # A ledger of nothing is no ledger: whoever runs this by night must hear of it.
    sys.exit(0 if report.imported else 1)


def _print_import(report: ImportReport) -> None:
    for rule, rows in report.skipped.items():
        click.echo(f"{_rows(rows)} skipped: {shown(rule)}{_money(report.money.get(rule, {}))}")
    _print_problems(report.problems)
    for name, rows in report.made.items():
        click.echo(f"{name}: {_rows(rows)}")
    if report.total:
        click.echo(report.total)
    used, held = (_money(report.money.get(fate, {})) for fate in ("imported", "quarantined"))
    click.echo(f"amounts: imported{used or ' (none)'}, quarantined{held or ' (none)'}")
    counts = f"{_rows(report.read)} read = {report.imported:,} imported + {sum(report.skipped.values()):,} skipped"
    click.echo(f"{counts} + {report.quarantined:,} quarantined")


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def _money(amounts: dict[str, Decimal]) -> str:
    told = [f"{amount:,} {shown(currency)}".strip() for currency, amount in amounts.items()]
    return f" ({' and '.join(told)})" if told else ""


@main.command()
@click.argument("ledger")
@click.option("--as-of", metavar="DATE", callback=_date, help="Tie the ledger to the books on this day, YYYY-MM-DD.")
@click.option(
    "--quarantine", type=click.Path(path_type=Path), default=Path("quarantine.csv"), show_default=True,
    help="Where the quarantined rows are written.",
)  # fmt: skip
def check(ledger: str, as_of: str | None, quarantine: Path) -> None:
    """Print every problem of LEDGER with its row and the money at stake, and whether the ledger ties."""
    books = _open(ledger)
    _print_problems(books.problems)
    _keep(books.quarantine, quarantine)
    _print(books.books.rows, "table")
    if "applications" not in books.books.present:
        click.echo(
            "There is no applications table: an invoice counts as paid on its paid_on, part payments do not show."
        )
    gates = books.as_of(as_of).stamp()["gates"] if as_of else []
    for gate in gates:
        outcome = "passed" if gate["passed"] else "refused"
        click.echo(f"{gate['gate']}: {outcome if gate['checked'] else 'not checked'}. {gate['message']}")
    broken = len(books.quarantine) or any(not gate["passed"] for gate in gates)
    click.echo(f"{len(books.quarantine):,} quarantine problems written to {quarantine}")
    sys.exit(1 if broken else 0)


def _keep(rows: pd.DataFrame, file: Path) -> None:
    """Write the rows that were set aside; only an earlier quarantine may be replaced."""
    from arforecast.report.tables import write_csv

    try:
        if file.exists() and not file.read_bytes().startswith(",".join(rows.columns).encode()):
            raise UsageError(f"{file} is there and is no quarantine. Name another file with --quarantine.")
        write_csv(rows, file)
    except OSError as fault:
        why = fault.strerror or fault
        raise UsageError(f"{file} cannot be written: {why}. Name another file with --quarantine.") from fault


@main.command()
@click.argument("ledger")
@AS_OF
@BY
@click.option("--months", type=MANY, default=1, show_default=True, help="This day and the month-ends before it.")
@WHERE
@FORMAT
def kpis(ledger: str, as_of: str, where: tuple[str, ...], by: str | None, months: int, form: str) -> None:
    """Print every KPI of LEDGER."""
    with _waiting("Measuring"):
        table = _open(ledger, where).as_of(as_of).kpis(by, months)
    _print(table, form)


@main.command()
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
    with _waiting("Looking up"):
        table = _open(ledger, where).as_of(as_of).rows(kpi, group, by)
    _print(table, form)


@main.command()
@click.argument("ledger")
@click.argument("name")
@AS_OF
@WHERE
@FORMAT
def schedule(ledger: str, name: str, as_of: str, where: tuple[str, ...], form: str) -> None:
    """Print the schedule NAME of LEDGER: roll_rates, vintage, terms, ...; for a name that is none, those there are."""
    with _waiting("Measuring"):
        table = _open(ledger, where).as_of(as_of).schedule(name)
    _print(table, form)


@main.command()
@click.argument("ledger")
@AS_OF
@click.option("--months", type=MANY, default=2, show_default=True, help="This day and the month-ends before it.")
@WHERE
@FORMAT
def targets(ledger: str, as_of: str, where: tuple[str, ...], months: int, form: str) -> None:
    """Print how far the KPIs of LEDGER are from their targets in the settings."""
    with _waiting("Measuring"):
        table = _open(ledger, where).as_of(as_of).targets(months)
    _print(table, form)


@main.command()
@click.argument("ledger")
@AS_OF
@WHERE
@FORMAT
def late(ledger: str, as_of: str, where: tuple[str, ...], form: str) -> None:
    """Print every open invoice of LEDGER with the days it will be paid on, and why."""
    with _waiting("Predicting payment dates"):
        table = _open(ledger, where).as_of(as_of).late_payers()
    _print(table, form)


@main.command()
@click.argument("ledger")
@AS_OF
@click.option("--weeks", type=MANY, default=13, show_default=True, help="How many weeks ahead.")
@WHERE
@FORMAT
def cash(ledger: str, as_of: str, where: tuple[str, ...], weeks: int, form: str) -> None:
    """Print the cash that LEDGER will bring by week, with ranges."""
    with _waiting("Forecasting cash, past weeks first"):
        table = _open(ledger, where).as_of(as_of).cash_forecast(weeks)
    _print(table, form)


@main.command()
@click.argument("ledger")
@click.option("--from", "since", required=True, metavar="DATE", callback=_date, help="The first day to forecast from.")
@click.option(
    "--to", "until", required=True, metavar="DATE", callback=_date,
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
    with _waiting("Forecasting on past days"):
        tested = _open(ledger, where).as_of(until).backtest(since, every)
    _print(getattr(tested, rows or "scores"), form)


@main.command()
@click.argument("ledger")
@click.argument("names", nargs=-1)
@click.option(
    "--as-of",
    required=True,
    metavar="DATE",
    callback=_date_or_word,
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
    from arforecast.report import jobs, runner, runs

    day = meant(as_of, time_zone, datetime.now(UTC))
    with alarm.stopping(), alarm.raised(on_failure, address(ledger), str(out / day.as_of)):
        given = dict(map(_pair, parameters)) | ({"where": _part(where)} if where else {})
        asked = runner.Asked(day.as_of, names, allow, given, notebooks, resume, day.said)
        for folder in runner.run_all(jobs.ledgers(ledger, out), asked, workers):
            click.echo(folder / "index.html")
            for old in runs.prune(folder.parent, keep) if keep else []:
                click.echo(f"removed {old}", err=True)


@main.command()
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
    callback=_date_or_word,
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


@main.command()
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


@main.command()
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


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make FOLDER a company's own: the notebooks of the pages, every setting, and a README of how to go on."""
    from arforecast import workplace

    click.echo(workplace.begin(folder))


@main.command("new-page")
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


def _part(conditions: tuple[str, ...]) -> str:
    """The conditions as one text, as a page's parameter holds them."""
    from arforecast.ledger.groups import together

    return together(conditions)


def _open(ledger: str, where: tuple[str, ...] = ()) -> Any:
    from arforecast import open_ledger

    opened = open_ledger(ledger)
    misnamed = opened.problems[opened.problems.rule == "misnamed_file"]
    if len(misnamed):
        click.echo(f"not read: {shown(', '.join(misnamed.value))}: see arforecast check {shown(ledger)}", err=True)
    errors = opened.problems[opened.problems.severity == "error"]
    if len(errors):
        rows = len(errors.drop_duplicates(["table", "row"]))
        left_out = "1 row is" if rows == 1 else f"{rows:,} rows are"
        click.echo(f"{left_out} left out: see arforecast check {address(ledger)}", err=True)
    return opened.where(_part(where))


def _print_problems(problems: pd.DataFrame) -> None:
    """The first twenty in full, then how many break each rule."""
    for message in problems.message.head(FIRST_PROBLEMS):
        click.echo(message)
    rest = problems.iloc[FIRST_PROBLEMS:]
    for rule, count in rest.groupby("rule").size().items():
        click.echo(f"and {count:,} more of the rule {rule}")


def _print(table: pd.DataFrame, form: str) -> None:
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
    """One sheet: a frozen header, dates as ISO, and no text that a spreadsheet would take for a formula or a link."""
    from io import BytesIO

    import pandas as pd

    inert = {"options": {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}}
    written = BytesIO()
    with pd.ExcelWriter(written, "xlsxwriter", datetime_format="yyyy-mm-dd", engine_kwargs=inert) as workbook:
        table.to_excel(workbook, sheet_name="arforecast", index=False, freeze_panes=(1, 0), autofilter=True)
    sys.stdout.buffer.write(written.getvalue())


@contextmanager
def _waiting(what: str) -> Iterator[None]:
    """A spinner on a terminal, one plain line in a log."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        click.echo(what, err=True)
        yield
        return
    with console.status(what):
        yield


if __name__ == "__main__":
    main()
