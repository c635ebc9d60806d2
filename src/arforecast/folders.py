"""A folder is there whole or not at all: written beside its name, and named when it is complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arforecast.errors import UsageError


@contextmanager
def complete(folder: Path) -> Iterator[Path]:
    """A place to write into that becomes `folder` when all is written, in the place of an earlier one, or vanishes.

    What a killed process left of `folder` is removed. Raises UsageError where it cannot be written.
    """
    work = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        work.mkdir(parents=True)
        yield work
        _replace(folder, work)
        _clear(folder)
    except OSError as fault:
        raise UsageError(f"{folder} cannot be written: {fault.strerror or fault}.") from fault
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _replace(folder: Path, work: Path) -> None:
    """The earlier folder stands aside until the new one is in its place."""
    before = work.with_name(f"{work.name}.before")
    if folder.exists():
        folder.rename(before)
    work.rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def _clear(folder: Path) -> None:
    beside = [entry for entry in folder.parent.iterdir() if entry.name.startswith(f".{folder.name}.")]
    for entry in beside:
        writer = entry.name.removeprefix(f".{folder.name}.").removesuffix(".before")
        if writer.isdecimal() and not _alive(int(writer)):
            shutil.rmtree(entry, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is there, and another user's
    return True
