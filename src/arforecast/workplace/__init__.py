"""A company's own folder to begin with: the notebooks of the pages, every setting with its default, and how to go on.

`notebooks` here is a link to those of the project; the installed package holds the files themselves.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from arforecast import folders
from arforecast.ipynb import nbformat

HERE = Path(__file__).parent
FILES = {"README.md": "README.md", "arforecast.toml": "arforecast.toml", "gitignore": ".gitignore"}


def begin(folder: Path) -> Path:
    """Write a company's own folder, all of it or nothing, and say where.

    Raises UsageError where `folder` holds something already.
    """
    with folders.new(folder) as draft:
        for name, called in FILES.items():
            shutil.copyfile(HERE / name, draft / called)
        (draft / "notebooks").mkdir()
        for notebook in sorted((HERE / "notebooks").glob("*.ipynb")):
            _without_outputs(notebook, draft / "notebooks" / notebook.name)
    return folder


def _without_outputs(notebook: Path, copy: Path) -> None:
    """What a notebook of the project shows is the sample's, and nobody else's."""
    read = nbformat.read(notebook, as_version=4)
    for cell in read.cells:
        cell.update({"outputs": [], "execution_count": None} if cell.cell_type == "code" else {})
    nbformat.write(read, copy)
