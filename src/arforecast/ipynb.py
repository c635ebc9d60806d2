"""The files of notebooks: nbformat, imported in a tenth of its time."""

from __future__ import annotations

import sys

# jsonschema, which nbformat checks a notebook with, would build a grammar of web addresses as it is imported: 1.5 s of
# every process, for a format that no notebook has. Where there is none, it goes without.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import nbformat  # noqa: E402

__all__ = ["nbformat"]
