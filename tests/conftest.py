"""What the files share: their order, a run of the sample that all read and none changes, and no time for garbage that
is none."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from filelock import FileLock

import compiled
from arforecast.runs import runner
from ledgers import SAMPLE

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".pytest_cache" / "compiled"
DAY = "2026-06-30"
# What takes longest starts first, so that no worker ends alone with it.
LONGEST = (
    "engines",
    "invariants",
    "notebooks",
    "accounts",
    "currencies",
    "schedules",
    "exhibits",
    "runs",
    "cli",
    "kpis",
    "entities",
    "browser",
    "schedule",
    "part",
    "source",
    "exports",
    "checks",
    "sample",
    "runner",
    "rows",
    "notes",
    "bridge",
    "desk",
    "guess",
    "workplace",
    "presets",
    "payment_time",
    "plans",
)
ORDER = {f"test_{name}": nth for nth, name in enumerate(LONGEST)}


def pytest_configure() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        compiled.bounded(CACHE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: ORDER.get(item.path.stem, len(ORDER)))
    compiled.once(CACHE)
    # Modules stay for good, and an expression is a hundred thousand small objects: looked through again and again, they
    # cost a third of an opening.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_unconfigure() -> None:
    gc.unfreeze()  # or Python 3.14 takes DuckDB apart too late, and aborts


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All notebooks on the sample: what `make report` writes. The first worker to ask makes it, the others wait."""
    if not SAMPLE.exists():
        pytest.skip("data/sample is not there: make it with arforecast sample")
    own = tmp_path_factory.getbasetemp()
    out = own.parent / "reports" if "PYTEST_XDIST_WORKER" in os.environ else own / "reports"
    with FileLock(f"{out}.lock"):
        if not (out / DAY).exists():
            made(out)
    return out / DAY


def made(out: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(ROOT / "src"))
        runner.run(SAMPLE, DAY, out=out, notebooks=ROOT / "notebooks")
