"""The alarm: a command that hears of what failed while nobody watched, and the signals that stop a run."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from arforecast.errors import UsageError, shown

WAIT_SECONDS = 60
LEDGER, RUN, FAULT = "ARFORECAST_LEDGER", "ARFORECAST_RUN", "ARFORECAST_FAULT"
STDERR = 2


@contextmanager
def stopping() -> Iterator[None]:
    """SIGTERM ends what runs here as SIGINT does, in order: exit code 143, and 130 for SIGINT."""
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


@contextmanager
def raised(command: str | None, ledger: str, run: str) -> Iterator[None]:
    """Call `command` when what runs here fails, with the ledger, the folder in which the run was to lie and the fault
    in its environment: ARFORECAST_LEDGER, ARFORECAST_RUN and ARFORECAST_FAULT.

    It is started as it is written, by no shell. What is wrong with it is said, and changes nothing else.
    """
    started = words(command) if command else []
    try:
        yield
    except Exception as fault:
        if started:
            _call(started, {LEDGER: ledger, RUN: run, FAULT: str(fault)})
        raise


def words(command: str) -> list[str]:
    """The program and its arguments, as a shell would split them. Raises UsageError for what cannot be split."""
    try:
        return shlex.split(command)
    except ValueError as fault:
        raise UsageError(f"--on-failure {shown(command)} cannot be read: {fault}.") from fault


def _call(words: list[str], told: dict[str, str]) -> None:
    try:
        subprocess.run(words, check=True, timeout=WAIT_SECONDS, env=os.environ | told, stdout=STDERR)  # noqa: S603
    except subprocess.CalledProcessError as fault:
        print(f"--on-failure: {words[0]} failed itself, with exit code {fault.returncode}.", file=sys.stderr)
    except subprocess.TimeoutExpired:
        print(f"--on-failure: {words[0]} did not end within {WAIT_SECONDS} s.", file=sys.stderr)
    except OSError as fault:
        print(f"--on-failure: {words[0]} cannot be run: {fault.strerror}.", file=sys.stderr)
