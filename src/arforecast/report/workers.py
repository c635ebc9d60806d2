"""Workers: notebooks executed side by side, each worker a process that ends with whoever started it.

A worker lives as long as its standard input is open. That is closed when the run is over, and by the system when the
run was killed, however it was: then a thread of the worker ends its kernel and the worker itself.
"""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from queue import SimpleQueue
from subprocess import PIPE, Popen, TimeoutExpired
from threading import Thread
from typing import NamedTuple

import psutil

from arforecast.report.execution import Job, Outcome, execute

ENDS_SECONDS = 2.0


class Task(NamedTuple):
    """A job, the folder that its executed notebook goes to, and the environment of its kernel."""

    job: Job
    folder: Path
    environment: Mapping[str, str]


def executed(tasks: Iterable[Task], count: int) -> Generator[tuple[Task, Outcome], None, None]:
    """Execute `tasks`, `count` at a time, and tell of each as it ends; a task is asked for when a worker is free.

    A worker that was killed fails its own task alone. When this ends, or is closed, no worker and no kernel is left.
    """
    waiting, idle, started = iter(tasks), deque[Popen[str]](), list[Popen[str]]()
    busy: dict[object, tuple[Popen[str], Task]] = {}
    try:
        while True:
            while len(busy) < count and (task := next(waiting, None)):
                worker = idle.popleft() if idle else _start(started)
                _ask(worker, task)
                busy[worker.stdout] = worker, task
            if not busy:
                return
            for stream in wait(list(busy)):  # type: ignore[arg-type]  # a pipe is waited for as a connection is
                worker, task = busy.pop(stream)
                outcome = _answer(worker, task)
                idle.extend([worker] if worker.poll() is None else [])
                yield task, outcome
    finally:
        _end(started)


def _start(started: list[Popen[str]]) -> Popen[str]:
    """A worker in a session of its own: what ends the run from the keyboard reaches it through the run alone."""
    command = [sys.executable, "-P", "-m", "arforecast.report.workers"]
    worker = Popen(command, stdin=PIPE, stdout=PIPE, text=True, encoding="utf-8", start_new_session=True)  # noqa: S603
    started.append(worker)
    return worker


def _ask(worker: Popen[str], task: Task) -> None:
    assert worker.stdin  # noqa: S101 - it was started with one
    asked = {
        "notebook": str(task.job.notebook),
        "parameters": task.job.parameters,
        "folder": str(task.folder),
        "environment": dict(task.environment),
    }
    with suppress(BrokenPipeError):  # it was killed while it had nothing to do: its answer will say so
        print(json.dumps(asked), file=worker.stdin, flush=True)


def _answer(worker: Popen[str], task: Task) -> Outcome:
    assert worker.stdout  # noqa: S101
    line = worker.stdout.readline()
    if line:
        return Outcome(*json.loads(line))
    return Outcome(task.job.name, 0.0, f"{task.job.name}: the process that executed it was killed ({worker.wait()})")


def _end(started: Iterable[Popen[str]]) -> None:
    for worker in started:
        if worker.stdin:
            with suppress(BrokenPipeError):
                worker.stdin.close()
    for worker in started:
        try:
            worker.wait(ENDS_SECONDS)
        except TimeoutExpired:
            worker.kill()
            worker.wait()
        if worker.stdout:
            worker.stdout.close()


# ------------------------------------------------------------------ inside a worker


def work() -> None:
    """Execute what is asked for on standard input, a line a task, and answer on what was standard output: whatever
    else is printed goes where faults go."""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asked: SimpleQueue[str] = SimpleQueue()
    Thread(target=_listen, args=(asked,), daemon=True).start()
    while True:
        task = json.loads(asked.get())
        job = Job(Path(task["notebook"]), task["parameters"])
        print(json.dumps(execute(job, Path(task["folder"]), task["environment"])), file=said, flush=True)


def _listen(asked: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        asked.put(line)
    for kernel in psutil.Process().children(recursive=True):
        kernel.kill()
    os._exit(0)


if __name__ == "__main__":
    work()
