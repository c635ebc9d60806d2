"""Pictures: drawings of the pages as PNG, since no mail program shows SVG."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from arforecast.report import style_sheet

SHARP = 2  # pixels of the picture to a pixel of the layout
PAPER, INK = "#ffffff", "#1a1a1a"  # opaque, so that it can be read on a dark background as well
WIDTH = 420
MARGIN = 10  # of the drawing's own pixels: on a page it has the paper around it
FONT = "DejaVu Sans"


def png(svg: str) -> bytes:
    """The drawing as a picture on white paper, the same bytes on every machine."""
    from resvg_py import svg_to_bytes

    return bytes(
        svg_to_bytes(
            svg_string=_alone(svg),
            background=PAPER,
            width=WIDTH * SHARP,
            skip_system_fonts=True,
            font_dirs=[str(_fonts())],
            font_family=FONT,
            sans_serif_family=FONT,
        )
    )


def _alone(svg: str) -> str:
    """The drawing with the colours that the style sheet of a page gives it by the light of day."""
    framed = re.sub(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', _with_margin, svg, count=1)
    coloured = re.sub(r"var\(--([\w-]+)[^()]*\)", lambda named: _palette().get(named[1], INK), framed)
    return coloured.replace("currentColor", INK).replace("<svg ", f'<svg font-family="{FONT}" ', 1)


@cache
def _palette() -> dict[str, str]:
    light = style_sheet().partition("}")[0]
    return dict(re.findall(r"--([\w-]+): (#\w+)", light))


def _with_margin(box: re.Match[str]) -> str:
    width, height = (float(side) + 2 * MARGIN for side in box.groups())
    return f'viewBox="{-MARGIN} {-MARGIN} {width:g} {height:g}"'


@cache
def _fonts() -> Path:
    """The fonts by which the drawings were laid out come with what laid them out."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("matplotlib")
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
