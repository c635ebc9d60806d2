"""The kernel of a notebook: whether there is one, what it was started for, and what its cells say meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import psutil

QUIET_SECONDS = 2.0


def shell() -> Any:
    """The shell of the kernel this runs in; none in a script and in a terminal."""
    ipython = sys.modules.get("IPython") if "ipykernel" in sys.modules else None
    return ipython.get_ipython() if ipython else None


def folders() -> list[Path]:
    """The folders of the notebooks that this kernel was started for, as the command that started it names them.

    Nothing else tells: a kernel that plain papermill starts knows its working folder alone.
    """
    if not shell():
        return []
    try:
        starter = psutil.Process().parent()
        words, here = (starter.cmdline(), Path(starter.cwd())) if starter else ([], Path())
    except psutil.Error:
        return []
    return [(here / word).parent.resolve() for word in words if word.endswith(".ipynb")]


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Tell in the cell of a notebook what is being done and for how long, once it takes longer than two seconds.

    It goes where warnings go, which no page shows.
    """
    if not shell():
        yield
        return
    done = Event()
    teller = Thread(target=_tell, args=(what, done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _tell(what: str, done: Event) -> None:
    began, wait = perf_counter(), QUIET_SECONDS
    while not done.wait(wait):
        print(f"\r{what}: {perf_counter() - began:.0f} s", end="", file=sys.stderr, flush=True)
        wait = 1.0
    if wait < QUIET_SECONDS:
        print(file=sys.stderr, flush=True)
