"""From numbers to pages: numbers become pictures, tables and words; these become a page.

Each knows only the one before, and none of them knows the ledger; only a run does.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from jinja2 import Environment


class Fragment(Markup):
    """A piece of a page: a notebook shows it, a template takes it as it is."""

    def _repr_html_(self) -> str:
        """In a notebook it brings the style of the pages along, for itself alone."""
        return f"{_opening()}{self}{CLOSING}"

    def __repr__(self) -> str:
        return "<a piece of the page>"  # a notebook keeps this beside the markup, which it need not hold twice


CLOSING = "</div>"


def bare(markup: str) -> Fragment:
    """A piece as it was before a notebook showed it: a page has the style already."""
    own = markup.startswith(_opening()) and markup.endswith(CLOSING)
    return Fragment(markup.removeprefix(_opening()).removesuffix(CLOSING) if own else markup)


@cache
def _opening() -> str:
    return f'<style>{notebook_style()}</style><div class="arforecast">'


def style_sheet() -> str:
    """The style of a page."""
    return (Path(__file__).parent / "page.css").read_text("utf-8")


NO_PAGE = (
    "& { margin: 0; padding: 0; background: none; }\ntable { table-layout: auto; margin: 0; }\ntr { background: none; }"
)
"""In a notebook a piece has no margins of a page, and none of the stripes of JupyterLab's tables."""


@cache
def notebook_style() -> str:
    """The style of a page for the pieces that a notebook shows, and for nothing else there.

    JupyterLab says itself whether it is light or dark; elsewhere the reader's system does. What is said twice outweighs
    the rules of JupyterLab for any table.
    """
    light, dark = re.findall(r":root \{(.*?)\}", style_sheet(), re.DOTALL)
    on_screen = style_sheet().partition("@media print")[0]
    own = re.sub(r"^( *)(?::root|body) \{", r"\1& {", on_screen, flags=re.MULTILINE)
    shades = f"[data-jp-theme-light=true] & {{{light}}}\n[data-jp-theme-light=false] & {{{dark}}}"
    return f".arforecast.arforecast.arforecast {{\n{own}{NO_PAGE}\n{shades}\n}}"


@cache
def templates() -> Environment:
    """The markup of the pages; whatever is put into it is escaped unless it is a fragment."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["led"] = led
    return environment


def led(said: str) -> Markup:
    """An answer whose first sentence leads."""
    first, space, rest = re.match(r"(.*?[.?!](?=\s)|.*)(\s?)(.*)", said, re.DOTALL).groups()  # type: ignore[union-attr]
    return Markup("<strong>{}</strong>{}{}").format(first, space, rest)
