"""What a terminal shows: tables that fit it, no character that would steer it, and no word lost where it has few."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Collection, Iterator, Mapping
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Any, TextIO

from arforecast.errors import shown

if TYPE_CHECKING:
    import pandas as pd

UNBOUNDED = 500
SPACE = 1
PLAIN = str.maketrans({"–": "-", "−": "-", "\u00a0": " ", "…": "...", "×": "x"})


def _plain(fault: UnicodeError) -> tuple[str, int]:
    """What a screen of few characters shows instead: the nearest sign, else a question mark."""
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    nearest = fault.object[fault.start : fault.end].translate(PLAIN)
    return nearest.encode("ascii", "replace").decode("ascii"), fault.end


def prepare(*streams: TextIO) -> None:
    """No sign that a screen lacks ends a command."""
    codecs.register_error("plain", _plain)
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="plain")


def table(frame: pd.DataFrame) -> None:
    """Print a frame as columns; one wider than the terminal in parts, each beginning with the first column.

    What is the same in every row then stands in a line above. Of no rows it says so.
    """
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else UNBOUNDED)
    texts = {str(name): [str(name), *map(_cell, frame[name])] for name in frame}
    wide = {name: max(map(_places, cells)) for name, cells in texts.items()}
    parts = [list(texts)]
    if _taken(wide) > console.width:
        same = [name for name, (_, *cells) in texts.items() if len(cells) > 1 and len(set(cells)) == 1]
        if said := "; ".join(f"{name} {texts[name][1]}" for name in same if texts[name][1]):
            print(said)
        parts = _parts([name for name in texts if name not in same] or [*texts][:1], wide, console.width)
    right = {str(name) for name in frame if frame[name].dtype.kind in "if"}
    for part in parts:
        room = _room({name: wide[name] for name in part}, console.width)
        for line in _lines({name: texts[name] for name in part}, room, right):
            print(line)
    if frame.empty:
        print("no rows")


def _parts(names: list[str], wide: dict[str, int], width: int) -> list[list[str]]:
    """The columns that fit side by side, the first of all of them leading each part."""
    first, *others = names
    parts = [[first]]
    for name in others:
        taken = _taken({each: wide[each] for each in (*parts[-1], name)})
        if taken > width and len(parts[-1]) > 1:
            parts.append([first])
        parts[-1].append(name)
    return parts


def _taken(wide: Mapping[str, int]) -> int:
    return sum(wide.values()) + SPACE * (len(wide) - 1)


def _room(wide: Mapping[str, int], width: int) -> dict[str, int]:
    """How wide each column may be, where they are not to take more than `width`: what others leave, or an even part."""
    beyond = max(_taken(wide) - width, 0)
    even = max(width // len(wide) - SPACE, 1)
    return {name: min(own, max(own - beyond, even)) for name, own in wide.items()}


def _lines(texts: Mapping[str, list[str]], room: Mapping[str, int], right: Collection[str]) -> Iterator[str]:
    """The rows, of as many lines as their longest cell needs; numbers stand on the right."""
    places = [(room[name], name in right) for name in texts]
    for row in zip(*texts.values(), strict=True):
        folded = [_folded(cell, wide) for cell, (wide, _) in zip(row, places, strict=True)]
        for cells in zip_longest(*folded, fillvalue=""):
            filled = (_filled(cell, *place) for cell, place in zip(cells, places, strict=True))
            yield (" " * SPACE).join(filled).rstrip()


def _places(text: str) -> int:
    """How many places of a line it takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _folded(cell: str, wide: int) -> list[str]:
    return [cell] if _places(cell) <= wide else wrap(cell, wide)


def _filled(cell: str, wide: int, right: bool) -> str:
    space = " " * (wide - _places(cell))
    return space + cell if right else cell + space


def _cell(value: Any) -> str:
    import pandas as pd

    if pd.isna(value):
        return "–"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return str(value.date()) if hasattr(value, "date") else shown(str(value))
