"""The nursery: a process that has imported what notebooks ask for, and is copied for each kernel.

Importing takes longer than most notebooks compute. The nursery imports once and does nothing else; each notebook has
its copy for itself. It lives as long as its standard input is open: that is closed when the process that started it
ends, however it does, and then it ends its kernels and itself.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from subprocess import DEVNULL, Popen
from threading import Thread
from typing import NoReturn

import psutil

# Elsewhere what was imported may not outlive a copy.
COPIES = sys.platform == "linux"
# Whoever a kernel ends with.
PARENT = "--IPKernelApp.parent_handle"


def tend(modules: Sequence[str]) -> None:
    """Import `modules`, begin a kernel for each line of standard input, and answer on what was standard output in which
    process: whatever else is printed goes where faults go."""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for module in ("ipykernel.kernelapp", *modules) if COPIES else ():
        import_module(module)
    gc.freeze()  # no kernel looks through what all have in common, nor copies it for that
    begin = _copied if COPIES else _started
    for line in sys.stdin:
        print(begin(os.getpid(), *json.loads(line)), file=said, flush=True)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    gc.unfreeze()  # or Python 3.14 takes DuckDB apart too late, and aborts


def _started(nursery: int, words: list[str], folder: str, environment: dict[str, str]) -> int:
    """A kernel of its own from the start: its process."""
    command = [sys.executable, "-m", "ipykernel_launcher", *words, f"{PARENT}={nursery}"]
    kernel = Popen(command, cwd=folder, env=environment, stdin=DEVNULL, start_new_session=True)  # noqa: S603
    Thread(target=kernel.wait, daemon=True).start()
    return kernel.pid


def _copied(nursery: int, words: list[str], folder: str, environment: dict[str, str]) -> int:
    """A kernel that is a copy: its process."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits here for a kernel that has ended
    return os.fork() or _become(nursery, words, folder, environment)


def _become(nursery: int, words: list[str], folder: str, environment: dict[str, str]) -> NoReturn:
    """The kernel that `_started` would start."""
    from ipykernel.kernelapp import launch_new_instance

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(environment | {"JPY_PARENT_PID": str(nursery)})
    os.chdir(folder)
    sys.argv = ["ipykernel_launcher", *words]
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # it was drawn as NumPy was imported, once for all of them
    launch_new_instance([*words, f"{PARENT}={nursery}"])
    # What ends with a process is ended; taking apart what was imported would take as long as a short notebook.
    atexit._run_exitfuncs()
    os._exit(0)
