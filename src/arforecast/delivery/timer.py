"""Timer: the cron line and the systemd units that run a command, as text for whoever may install them.

A timer starts its command with next to no PATH and in no folder of the user's: so every program stands there with its
whole path, and the working folder is named.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from getpass import getuser
from itertools import groupby
from pathlib import Path

from arforecast import alarm
from arforecast.errors import UsageError, shown

AND = "&&"
EVERY = {  # for cron the day of the month, the month and the day of the week; for systemd all of them in one
    "day": ("* * *", "*-*-*"),
    "workday": ("* * 1-5", "Mon..Fri *-*-*"),
    "week": ("* * 1", "Mon *-*-*"),
    "month": ("1 * *", "*-*-01"),
}


def written(words: Sequence[str], every: str, at: datetime, name: str, on_failure: str) -> str:
    """The cron line and the units `name`.service, .timer and -failed.service that run the command `words` in today's
    working folder; of several commands with && in between each runs where the one before succeeded.

    `on_failure` runs where one fails. Raises UsageError for a program that cannot be found, and for what no line can
    hold.
    """
    if AND in (words[0], words[-1]):
        raise UsageError(f"{AND} stands between two commands.")
    if not re.fullmatch(r"[A-Za-z][\w-]*", name, re.ASCII):
        raise UsageError(f"{shown(name)} cannot be the name of a timer. Use letters, digits, - and _.")
    commands = [_found(list(each)) for is_and, each in groupby(words, lambda word: word == AND) if not is_and]
    failed, folder = _found(alarm.words(on_failure)), _line(str(Path.cwd()))
    days, calendar = EVERY[every]
    parts = {
        "crontab -e": f"{at.minute} {at.hour} {days} {_for_cron(commands, failed, folder)}",
        f"/etc/systemd/system/{name}.service": _service(name, commands, folder, f"OnFailure={name}-failed.service\n"),
        f"/etc/systemd/system/{name}-failed.service": _service(f"{name} failed", [failed], folder),
        f"/etc/systemd/system/{name}.timer": _timer(name, f"{calendar} {at:%H:%M}:00"),
        f"systemctl daemon-reload && systemctl enable --now {name}.timer": "",
    }
    return "\n\n".join(f"# {place}\n{text}".rstrip() for place, text in parts.items())


def _found(words: list[str]) -> list[str]:
    """The command with the whole path of its program, looked for beside this one first: a virtual environment need not
    be the one that PATH leads to."""
    own = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    program = shutil.which(words[0], path=own) if words else None
    if program is None:
        raise UsageError(f"{shown(' '.join(words[:1]))} is no program that can be found. Name it by its path.")
    path = str(Path(program).absolute())
    if re.search(r"[\"'\\]", path):
        raise UsageError(f"{shown(path)}: systemd runs no program whose path has quotes or backslashes. Move it.")
    return [_line(word) for word in (path, *words[1:])]


def _line(word: str) -> str:
    if not word.isprintable():
        raise UsageError(f"{shown(word)} has a sign that no line of a crontab or a unit can hold. Take it out.")
    return word


# ------------------------------------------------------------------ cron


def _for_cron(commands: Sequence[Sequence[str]], failed: Sequence[str], folder: str) -> str:
    """One line for /bin/sh, of which cron takes a % for its end."""
    started = f" {AND} ".join(_shell(words) for words in (["cd", folder], *commands))
    return f"{started} || {_shell(failed)}"


def _shell(words: Sequence[str]) -> str:
    r"""Words for the shell behind cron, to which a backslash before a % or another one is its own. One that is meant
    stands within quotes: these are closed and opened again behind it."""
    return shlex.join(words).replace("\\", "\\''").replace("%", "\\%")


# ------------------------------------------------------------------ systemd


def _service(about: str, commands: Sequence[Sequence[str]], folder: str, also: str = "") -> str:
    """A service that runs one command after the other, until one fails."""
    runs = "\n".join(f"ExecStart={_exec(words)}" for words in commands)
    place = folder.replace("%", "%%")
    return (
        f"[Unit]\nDescription={about}\n{also}\n[Service]\nType=oneshot\nUser={getuser()}\n"
        f"WorkingDirectory={place}\n{runs}\n"
    )


def _timer(name: str, calendar: str) -> str:
    """A timer that makes up for the time the machine was off."""
    return (
        f"[Unit]\nDescription={name}\n\n[Timer]\nOnCalendar={calendar}\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _exec(words: Sequence[str]) -> str:
    """Words for systemd, which fills in what stands behind % and, but for the program itself, behind $."""
    return " ".join([_quoted(words[0]), *(_quoted(word.replace("$", "$$")) for word in words[1:])])


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return escaped if re.fullmatch(r"[\w$%+,./:=@-]+", escaped) else f'"{escaped}"'
