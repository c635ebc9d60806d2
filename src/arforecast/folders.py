"""A folder is there whole or not at all: written beside its name, and named when it is complete."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING

from arforecast.errors import BusyError, UsageError, WriteError

if TYPE_CHECKING:
    from filelock import BaseFileLock

WAIT_SECONDS = 600.0
PASSING = "arforecast"


@contextmanager
def complete(folder: Path, failed: Path | None = None) -> Iterator[Path]:
    """A place to write into that becomes `folder` when all is written, in the place of an earlier one.

    If it does not come to that, now or because a process was killed before, what was written is moved to `failed`, or
    vanishes where there is no such place; the next complete folder clears it. One process at a time writes `folder`:
    raises BusyError when another takes too long, UsageError or WriteError where it cannot be written.
    """
    work, before = _beside(folder, "part"), _beside(folder, "before")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            _mend(folder, before)
            _set_aside(work, failed)
            work.mkdir()
            try:
                yield work
                _replace(folder, work, before)
            finally:
                _set_aside(work, failed)
            _forget(failed)
    except OSError as fault:
        raise told(folder, fault) from fault


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """A place to write into that becomes `file` when all is written, in the place of an earlier one, and vanishes where
    it does not come to that. Raises UsageError or WriteError where it cannot be written."""
    if not file.name or (file.exists() and not (file.is_file() or file.is_dir())):
        raise UsageError(f"{file} is no file that can be written. Name one.")
    draft = file.with_name(f".{file.name}.part")
    try:
        yield draft
        draft.replace(file)
    except OSError as fault:
        raise told(file, fault) from fault
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def new(folder: Path) -> Iterator[Path]:
    """A place to write into that becomes `folder`, which is not there yet or is empty, when all is written.

    Raises UsageError for a folder that holds something, and for the working folder, which would be another one then.
    """
    if folder.resolve() == Path.cwd():
        raise UsageError(f"{folder} is the folder you are in. Name it from the one above.")
    with complete(folder.resolve()) as work:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} is not an empty folder. Name a new one.")
        yield work


@contextmanager
def locked(folder: Path, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold `folder` against every other process; wait for one that holds it, and say so. The lock of a killed process
    is none. Raises BusyError after `wait_seconds`."""
    from filelock import FileLock, Timeout

    lock = FileLock(_beside(folder, "lock"))
    Path(lock.lock_file).touch()  # of a place where nothing can be made it would say that another one holds it
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _wait(lock, folder, wait_seconds)
    try:
        yield
    finally:
        Path(lock.lock_file).unlink(missing_ok=True)  # while it is held: who waits for it sees that it is gone
        lock.release()


def _wait(lock: BaseFileLock, folder: Path, wait_seconds: float) -> None:
    from filelock import Timeout
    from rich.console import Console

    if wait_seconds:
        words = f"{folder} is being written by another process: waiting for {wait_seconds:.0f} s at most."
        Console(stderr=True, highlight=False, soft_wrap=True).print(words, markup=False)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout as fault:
        raise BusyError(f"{folder} is being written by another process. Try again when that has ended.") from fault


@contextmanager
def passing(parent: Path | None = None) -> Iterator[Path]:
    """A private folder that is there as long as this process needs it; what killed processes left of such is removed.

    It lies in `parent`, or where the system keeps what is temporary.
    """
    _clear(parent or Path(gettempdir()))
    with TemporaryDirectory(prefix=f"{PASSING}-{os.getpid()}-", dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _clear(parent: Path) -> None:
    import psutil

    for entry in parent.glob(f"{PASSING}-*-*"):
        writer = re.fullmatch(rf"{PASSING}-(\d+)-\w+", entry.name)
        if writer and not psutil.pid_exists(int(writer[1])):
            shutil.rmtree(entry, ignore_errors=True)


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.{what}")


def _mend(folder: Path, before: Path) -> None:
    """A process that was killed while it replaced the earlier folder had moved that aside."""
    if before.exists() and not folder.exists():
        before.rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def _replace(folder: Path, work: Path, before: Path) -> None:
    """The earlier folder stands aside until the new one is in its place."""
    if folder.exists():
        folder.rename(before)
    work.rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def _set_aside(work: Path, failed: Path | None) -> None:
    """What was not completed is kept for whoever looks for the fault, instead of what failed before."""
    if failed and work.exists():
        shutil.rmtree(failed, ignore_errors=True)
        failed.parent.mkdir(exist_ok=True)
        work.rename(failed)
    shutil.rmtree(work, ignore_errors=True)


def _forget(failed: Path | None) -> None:
    if failed and failed.parent.exists():
        shutil.rmtree(failed, ignore_errors=True)
        if not any(failed.parent.iterdir()):
            failed.parent.rmdir()


def told(folder: Path, fault: OSError) -> UsageError | WriteError:
    """Why a folder or a file cannot be written: a place of another kind, or of none, was named in error, a full disk or
    a folder of another user is nobody's mistake."""
    mistaken = fault.errno in (errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR)
    kind = UsageError if mistaken else WriteError
    return kind(f"{folder} cannot be written: {fault.strerror or fault}. Name another folder, or mend that.")
