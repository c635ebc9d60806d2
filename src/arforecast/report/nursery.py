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
from typing import NoReturn

import psutil


def tend(modules: Sequence[str]) -> None:
    """Import `modules`, begin a kernel for each line of standard input, and answer on what was standard output in which
    process: whatever else is printed goes where faults go."""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits here for a kernel that has ended
    for module in ("ipykernel.kernelapp", *modules):
        import_module(module)
    gc.freeze()  # no kernel looks through what all have in common, nor copies it for that
    own = os.getpid()
    for line in sys.stdin:
        if not (kernel := os.fork()):
            said.close()
            _become(own, *json.loads(line))
        print(kernel, file=said, flush=True)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _become(nursery: int, words: list[str], folder: str, environment: dict[str, str]) -> NoReturn:
    """A kernel, as `python -m ipykernel_launcher` would be with such words, in such a folder and environment."""
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
    launch_new_instance([*words, f"--IPKernelApp.parent_handle={nursery}"])
    # What ends with a process is ended; taking apart what was imported would take as long as a short notebook.
    atexit._run_exitfuncs()
    os._exit(0)
