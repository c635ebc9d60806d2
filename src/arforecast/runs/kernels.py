"""The kernels of a run: copies of a nursery, looked after as Jupyter looks after any other."""

from __future__ import annotations

import atexit
import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired
from threading import Lock
from typing import Any

import psutil
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict, Unicode

# What this package imports where it is first asked for.
IMPORTED = (
    "arforecast.desk",
    "arforecast.report.notebook",
    "arforecast.report.exhibits.cash",
    "holidays.countries",
    "ibis.backends.duckdb",
    "jinja2",
    "matplotlib.pyplot",
    "pyarrow.dataset",
    "scipy.sparse",
    "sklearn.ensemble",
)
# Where a kernel shows figures is asked when matplotlib is imported.
INLINE = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
# What is imported is none of the folder that a run is started in. And DuckDB takes what is run without a file for
# somebody at a keyboard, to whom it shows how far it is: among what a notebook shows.
BEGIN = """
import sys
if "" in sys.path:
    sys.path.remove("")
from arforecast.runs import nursery
__file__ = nursery.__file__
nursery.tend(sys.argv[1:])
"""
ENDS_SECONDS = 2.0

_asking = Lock()
_nurseries: dict[tuple[str, ...], Popen[str]] = {}  # by what each imports: one at most


class Kernel(psutil.Process):  # type: ignore[misc]  # it has no types
    """The process of a kernel: a child of the nursery, and not of the one that looks after it."""

    stdin = stdout = stderr = None

    def poll(self) -> int | None:
        """None while it lives."""
        return None if self.is_running() else 0


class Copied(LocalProvisioner):
    """Starts a kernel as a copy of the nursery, in `folder` and with `environment` beside its own."""

    folder, environment = Unicode(config=True), Dict(config=True)

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Start the kernel that `cmd` would start."""
        words = cmd[cmd.index("-f") :]
        self.pid = self.pgid = _begun([words, self.folder, options["env"] | self.environment])
        self.process = Kernel(self.pid)
        return self.connection_info


class Manager(AsyncKernelManager):
    """Looks after a kernel that is a copy of the nursery."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.provisioner = Copied(kernel_id="", kernel_spec=self.kernel_spec, parent=self)


def imported(notebooks: Iterable[Path]) -> tuple[str, ...]:
    """What notebooks find imported: what this package needs, if one of them names it."""
    return IMPORTED if any(map(_names_this_package, notebooks)) else ()


def _names_this_package(notebook: Path) -> bool:
    with suppress(OSError):  # who declares its parameters will say what is wrong with it
        return b"arforecast" in notebook.read_bytes()
    return False


def prepare(modules: tuple[str, ...]) -> None:
    """Let a nursery of this process begin to import `modules`, if there is none that does."""
    if any({*modules} <= {*imports} and nursery.poll() is None for imports, nursery in _nurseries.items()):
        return
    end()
    command, own = [sys.executable, "-c", BEGIN, *modules], os.environ | INLINE
    # In a session of its own: what ends a run from the keyboard reaches it through the run alone.
    _nurseries[modules] = Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=own, start_new_session=True)  # noqa: S603


@atexit.register
def end() -> None:
    """End the nursery, and all kernels with it."""
    while _nurseries:
        _, nursery = _nurseries.popitem()
        assert nursery.stdin and nursery.stdout  # noqa: S101 - it was started with both
        with suppress(BrokenPipeError):
            nursery.stdin.close()
        try:
            nursery.wait(ENDS_SECONDS)
        except TimeoutExpired:  # it is still importing, and has no kernel yet
            nursery.kill()
            nursery.wait()
        nursery.stdout.close()


def _begun(asked: list[Any]) -> int:
    """The process of a kernel that was asked for; who has killed the nursery does not keep the next kernel from one.

    Raises OSError where none could begin.
    """
    with _asking:
        (modules,) = _nurseries
        prepare(modules)
        nursery = _nurseries[modules]
        with suppress(BrokenPipeError):
            print(json.dumps(asked), file=nursery.stdin, flush=True)
        assert nursery.stdout  # noqa: S101
        process = nursery.stdout.readline()
    if not process:
        raise OSError("no kernel could begin, maybe for want of memory or of leave to start processes")
    return int(process)
