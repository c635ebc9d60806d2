"""The order of the files: what takes longest starts first, so that no worker ends alone with it. And no time for
garbage that is none."""

from __future__ import annotations

import gc

import pytest

LONGEST = (
    "engines",
    "invariants",
    "notebooks",
    "kpis",
    "bridge",
    "currencies",
    "twins",
    "schedules",
    "accounts",
    "runner",
)
ORDER = {f"test_{name}": nth for nth, name in enumerate(LONGEST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: ORDER.get(item.path.stem, len(ORDER)))
    # Modules stay for good, and an expression is a hundred thousand small objects: looked through again and again, they
    # cost a third of an opening.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
