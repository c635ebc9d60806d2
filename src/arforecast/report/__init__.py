"""From numbers to pages: numbers become pictures, tables and words; these become a page.

Each knows only the one before, and none of them knows the ledger; only the runner does.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from jinja2 import Environment


class Fragment(Markup):
    """A piece of a page: a notebook shows it, a template takes it as it is."""

    def _repr_html_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return "<a piece of the page>"  # a notebook keeps this beside the markup, which it need not hold twice


@cache
def templates() -> Environment:
    """The markup of the pages; whatever is put into it is escaped unless it is a fragment."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
