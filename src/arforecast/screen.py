"""What a terminal shows: tables that fit it, no character that would steer it, and no word lost where it has few."""

from __future__ import annotations

import codecs
import sys
from typing import TYPE_CHECKING, Any, TextIO

from arforecast.errors import shown

if TYPE_CHECKING:
    import pandas as pd

UNBOUNDED = 400
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
    texts = {str(name): [_cell(value) for value in frame[name]] for name in frame}
    wide = {name: max(map(len, [name, *cells])) for name, cells in texts.items()}
    parts = [list(texts)]
    if sum(wide.values()) + SPACE * len(wide) > console.width:
        same = [name for name, cells in texts.items() if len(cells) > 1 and len(set(cells)) == 1]
        console.print("; ".join(f"{name} {texts[name][0]}" for name in same if texts[name][0]), markup=False)
        parts = _parts([name for name in texts if name not in same], wide, console.width)
    for part in parts:
        console.print(_columns({name: texts[name] for name in part}, frame))
    if frame.empty:
        console.print("no rows", markup=False)


def _parts(names: list[str], wide: dict[str, int], width: int) -> list[list[str]]:
    """The columns that fit side by side, the first of all of them leading each part."""
    first, *others = names
    parts = [[first]]
    for name in others:
        taken = sum(wide[each] + SPACE for each in (*parts[-1], name))
        if taken > width and len(parts[-1]) > 1:
            parts.append([first])
        parts[-1].append(name)
    return parts


def _columns(texts: dict[str, list[str]], frame: pd.DataFrame) -> Any:
    from rich.table import Table
    from rich.text import Text

    columns = Table(box=None, pad_edge=False, padding=(0, SPACE, 0, 0), header_style="none")
    for name in texts:
        columns.add_column(name, justify="right" if frame[name].dtype.kind in "if" else "left", overflow="fold")
    for row in zip(*texts.values(), strict=True):
        columns.add_row(*map(Text, row))
    return columns


def _cell(value: Any) -> str:
    import pandas as pd

    if pd.isna(value):
        return "–"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return str(value.date()) if hasattr(value, "date") else shown(str(value))
