"""An executed notebook as a page takes it: its title, its sentence, its cards, its body without code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from arforecast.ipynb import nbformat
from arforecast.report import Fragment, bare, page
from arforecast.report.exhibit import KIND


def title(notebook: nbformat.NotebookNode) -> str:
    """The first heading."""
    words = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    heading = re.search(r"^# (.+)$", words, re.MULTILINE)
    return heading[1].strip() if heading else ""


def headline(notebook: nbformat.NotebookNode) -> str:
    """What the cell tagged `headline` prints; not what it tells meanwhile, which goes where warnings go."""
    printed = [output for output in _outputs(notebook, "headline") if output.get("name") == "stdout"]
    return " ".join(output.text.strip() for output in printed)


def cards(notebook: nbformat.NotebookNode) -> Fragment:
    """The markup that the cell tagged `cards` shows."""
    shown = (output.data.get("text/html", "") for output in _outputs(notebook, "cards") if "data" in output)
    return Fragment("".join(map(bare, shown)))


def _outputs(notebook: nbformat.NotebookNode, tag: str) -> list[nbformat.NotebookNode]:
    tagged = [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]
    return [output for cell in tagged for output in cell.get("outputs", [])]


def body(notebook: nbformat.NotebookNode) -> str:
    """The notebook as a reader sees it: words, figures and tables, no code; at the end in a line what has no answer."""
    sections = _sections(notebook.cells)
    silent = [question for question in map(_unanswered, sections) if question]
    kept = [cell for cells in sections if not _unanswered(cells) for cell in cells]
    told = str(_exporter().from_notebook_node(nbformat.NotebookNode(notebook | {"cells": kept}))[0])
    return page.contents(told) + page.folded(silent)


def _sections(cells: Sequence[nbformat.NotebookNode]) -> list[list[nbformat.NotebookNode]]:
    """What stands before the first question, and each question with what answers it."""
    sections: list[list[nbformat.NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    return sections


def _unanswered(cells: Sequence[nbformat.NotebookNode]) -> tuple[str, str] | None:
    """The question of a section of which no exhibit knows the answer, and why; of any other nothing."""
    outputs = [output for cell in cells for output in cell.get("outputs", []) if output.get("name") != "stderr"]
    told = [output.get("data", {}).get(KIND) for output in outputs]
    if not cells or cells[0].cell_type != "markdown" or not told:
        return None
    if any(each is None or each["state"] == "known" for each in told) or not cells[0].source.startswith("## "):
        return None
    return cells[0].source.splitlines()[0].removeprefix("## "), " ".join(
        dict.fromkeys(each["sentence"] for each in told)
    )


@cache
def _exporter() -> Any:
    from nbconvert import HTMLExporter

    here = Path(__file__).parent
    exporter = HTMLExporter(
        template_file=str(here / "body.html"), exclude_input=True, exclude_anchor_links=True, exclude_output_prompt=True
    )
    exporter.register_filter("bare", bare)
    return exporter
