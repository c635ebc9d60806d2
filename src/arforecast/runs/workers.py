"""Workers: notebooks executed side by side, each in a kernel of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

from arforecast.runs.execution import Job, Outcome, execute


class Task(NamedTuple):
    """A job, the folder that its executed notebook goes to, and the environment of its kernel."""

    job: Job
    folder: Path
    environment: Mapping[str, str]


def executed(
    tasks: Iterable[Task], count: int, notebooks: Sequence[Path]
) -> Generator[tuple[Task, Outcome], None, None]:
    """Execute `tasks`, whose notebooks are among `notebooks`, `count` at a time, and tell of each as it ends.

    One worker does one thing at a time: a task is asked for when the one before has ended. Of several none is to wait
    while the next ledger is opened or pages are made: some tasks are asked for ahead.

    A kernel that was killed fails its own task alone. When this ends, or is closed, no kernel is left.
    """
    from arforecast.runs import kernels  # what looks after kernels takes a while to import

    kernels.prepare(kernels.imported(notebooks))
    waiting, running = iter(tasks), dict[Future[Outcome], Task]()
    with ThreadPoolExecutor(count) as workers:
        try:
            while True:
                while len(running) < 3 * count - 2 and (task := next(waiting, None)):
                    running[workers.submit(execute, *task)] = task
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for outcome in done:
                    yield running.pop(outcome), outcome.result()
        finally:
            if running:
                workers.shutdown(wait=False, cancel_futures=True)
                kernels.end()
