"""The record of a run: what it says of itself in run.json, what of it is still good, and which runs are kept."""

from __future__ import annotations

import json
import platform
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from arforecast import folders
from arforecast.errors import BusyError, UsageError
from arforecast.settings import Settings

ACCOUNT = "run.json"
FAILED = ".failed"
LIBRARIES = ("duckdb", "ibis-framework", "matplotlib", "numpy", "pandas", "papermill", "scikit-learn")
# What figures go by: no address, no password, no letter.
HELD = (
    *("ledger", "engine", "kpis", "forecast", "treasury", "scenario", "actions", "rating", "policy", "plans"),
    "kpi_targets",
)
SAME = ("as_of", "fingerprint", "version", "settings_held", "parameters")


def begun(stamp: Mapping[str, Any], settings: Settings, parameters: Mapping[str, Any], said: str) -> dict[str, Any]:
    """What a run can say of itself before a notebook has been executed; `said` is the day as it was asked for."""
    about = {name: stamp[name] for name in ("as_of", "fingerprint", "version", "settings", "rows", "gates")}
    held = settings.model_dump(mode="json", include=set(HELD))
    versions = {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}
    account = about | {
        "as_of_said": said,
        "parameters": dict(parameters),
        "settings_held": held,
        "versions": versions,
        "notebooks": {},
    }
    return json.loads(json.dumps(account, default=str))  # as it will be read again


def read(folder: Path) -> dict[str, Any]:
    """What the run in `folder` says of itself; nothing where there is none."""
    try:
        said = json.loads((folder / ACCOUNT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def write(account: Mapping[str, Any], folder: Path) -> None:
    """Write run.json, whole or not at all: a run that is killed can be taken up again by what it says."""
    text = json.dumps(account, indent=2, sort_keys=True, ensure_ascii=False)
    with folders.whole(folder / ACCOUNT) as draft:
        draft.write_text(f"{text}\n", "utf-8", newline="\n")


def note(folder: Path, name: str, told: Mapping[str, Any]) -> None:
    """Note what became of a notebook of the run that is being made in `folder`."""
    account = read(folder)
    write({**account, "notebooks": account["notebooks"] | {name: dict(told)}}, folder)


def complete(account: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The account of a run whose pages are written: seconds of each notebook, and the hash of each page."""
    pages = {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.html"))}
    return {
        **account,
        "seconds": {name: told["seconds"] for name, told in account["notebooks"].items()},
        "pages": pages,
    }


def refuse_what_is_none(folder: Path) -> None:
    """Raises UsageError for a folder that is there and is no run: it would be lost."""
    if folder.exists() and not (folder / ACCOUNT).exists():
        raise UsageError(f"{folder} is there and is not a run. Move it away or write to another folder.")


# ------------------------------------------------------------------ what is still good


def good(account: Mapping[str, Any], place: Path) -> list[str]:
    """The notebooks that the run at `place` executed to their end, of the same books as the run of `account`: the same
    day, ledger, version, settings and parameters."""
    there = read(place)
    if any(there.get(name) != account[name] for name in SAME):
        return []
    done = [name for name, told in there["notebooks"].items() if not told["fault"]]
    return [name for name in done if (place / f"{name}.ipynb").is_file()]


def carry(names: Sequence[str], place: Path, folder: Path) -> dict[str, Any]:
    """Bring the executed notebooks `names` of the run at `place`, and its data, into `folder`; say what is told of
    them."""
    if not names:
        return {}
    for name in names:
        shutil.copy2(place / f"{name}.ipynb", folder)
    if (place / "data").is_dir():
        shutil.copytree(place / "data", folder / "data", dirs_exist_ok=True)
    there = read(place)["notebooks"]
    return {name: there[name] for name in names}


# ------------------------------------------------------------------ which are kept


def prune(out: Path, keep: int) -> list[Path]:
    """Remove the runs in `out` but those of the `keep` latest days, and say which; nothing that is not a run, and none
    that is being written."""
    return [run for run in sorted(_runs(out), reverse=True)[keep:] if _removed(run)]


def _runs(out: Path) -> Iterator[Path]:
    for folder in out.iterdir():
        if not folder.is_symlink() and _is_day(folder.name) and read(folder).get("as_of") == folder.name:
            yield folder


def _is_day(name: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", name) and date.fromisoformat(name))
    except ValueError:
        return False


def _removed(run: Path) -> bool:
    try:
        with folders.locked(run, wait_seconds=0):
            shutil.rmtree(run)
    except BusyError:
        return False
    return True
