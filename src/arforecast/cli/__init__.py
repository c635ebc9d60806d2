"""The command line: one light command per verb. Heavy libraries load inside the commands, so that --help is instant.

Exit codes: 0 done; 1 the data or a gate refused; 2 wrong usage. One line a problem; --debug shows the traceback.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any

import click

from arforecast import __version__, screen
from arforecast.cli import actions, credit, figures, forecasts, ledgers, reports
from arforecast.errors import ArforecastError, UsageError, address, inert, lacking, shown

# The commands in the order of the road, as --help lists them.
ROOMS = {
    "A ledger": ledgers.COMMANDS,
    "What is owed, and how it is collected": figures.COMMANDS,
    "What will come": forecasts.COMMANDS,
    "What to do": (*actions.COMMANDS, *credit.COMMANDS),
    "Pages and mail": reports.COMMANDS,
}


class Commands(click.Group):
    """The group of commands; it turns errors into one line each and an exit code."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands under what they are about."""
        width = max(map(len, self.commands))
        for title, room in ROOMS.items():
            with formatter.section(title):
                limit = formatter.width - 6 - width
                formatter.write_dl([(f"{each.name:<{width}}", each.get_short_help_str(limit)) for each in room])

    def invoke(self, context: click.Context) -> Any:
        screen.prepare(sys.stdout, sys.stderr)
        try:
            done = super().invoke(context)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read this has read enough
            _say_no_more()
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
            try:
                sys.stdout.flush()
            except OSError:  # no room for what is left of it; tried again at the end, it would hide the exit code
                _say_no_more()
            sys.exit(2 if isinstance(fault, UsageError) else 1)
        return done


def _say_no_more() -> None:
    """Let whatever is still to be printed vanish."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(fault: Exception) -> str:
    """A fault in words; one that nobody foresaw in a line that says so."""
    if isinstance(fault, ArforecastError):
        return str(fault)
    first = next(iter(str(fault).splitlines()), "")
    unforeseen = f"This should not happen: {type(fault).__name__}: {shown(first)}. arforecast --debug ... shows where."
    return lacking(fault) or unforeseen


def _discreet(message: str) -> str:
    """A message without the passwords of URLs that stand where none belongs, and with no sign that steers a screen."""
    return inert(re.sub(r"\S*[@?]\S*", lambda word: address(word[0]), message))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Receivables from the ledger: what is owed, how fast it is collected, what cash will come and when."""


for room in ROOMS.values():
    for command in room:
        main.add_command(command)
