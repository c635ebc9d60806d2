"""The order of the files: what takes longest starts first, so that no worker ends alone with it."""

from __future__ import annotations

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
