"""A newcomer's first minutes: python benchmarks/newcomer.py, or make newcomer.

Clones the project into an empty folder, types the first command of the README and follows docs/own_data.md from its
first line to its last: each file is written, each command typed, and no step is added. Fails where a command does, and
where no pages are there at the end.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```(?:console|sh|csv)(?: title=\"(.+?)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = Path("reports") / "2026-06-30" / "index.html"
# What the gate refuses ends with 1, and the page says so.
EXPECTED = (0, 1)


def steps(page: Path) -> Iterator[tuple[str, str]]:
    """What a page has one write, as a file and its text, or type, as an empty name and a command."""
    for title, block in BLOCK.findall(page.read_text("utf-8")):
        yield from [(title, block)] if title else [("", command) for command in re.findall(r"^\$ (.*)$", block, re.M)]


def typed(command: str, here: Path, programs: Path) -> Path:
    """Type a command in a folder, and say in which one that leaves us."""
    with tempfile.NamedTemporaryFile("r") as left:
        began = perf_counter()
        line = f'PATH="{programs}:$PATH"\n{command}\ncode=$?\npwd >{left.name}\nexit $code'
        done = subprocess.run(["bash", "-c", line], cwd=here, check=False, capture_output=True, text=True)
        print(f"{perf_counter() - began:6.1f} s  {done.returncode}  {command}", flush=True)
        if done.returncode not in EXPECTED:
            sys.exit(done.stdout + done.stderr)
        return Path(left.read().strip())


def follow(page: Path, here: Path, programs: Path) -> Path:
    """Do what a page says, and say where it ends."""
    for title, words in steps(page):
        if title:
            (here / title).parent.mkdir(exist_ok=True)
            (here / title).write_text(words, "utf-8")
        else:
            here = typed(words, here, programs)
    return here


def main() -> None:
    began = perf_counter()
    with tempfile.TemporaryDirectory() as empty:
        clone = Path(empty) / "arforecast"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        programs = clone / ".venv" / "bin"
        _, first = next(steps(clone / "README.md"))
        end = follow(clone / "docs" / "own_data.md", typed(first, clone, programs), programs)
        spent = perf_counter() - began
        missing = [str(folder / PAGES) for folder in (clone, end) if not (folder / PAGES).is_file()]
    if missing:
        sys.exit(f"There is no {' and no '.join(missing)}.")
    print(f"{spent:6.1f} s  from an empty folder to the pages of one's own")


if __name__ == "__main__":
    main()
