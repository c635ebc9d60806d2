"""What stands elsewhere in the project, as pages of the site: nothing is written twice. What stands elsewhere in the
world is led to, and never loaded."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PAGES = {
    "index.md": "README.md",
    "ledger.md": "data/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}
CALLED = {path: page for page, path in PAGES.items()}
LOADED = re.compile(r"<(?:script|link|img|iframe|source|object|embed)\b[^>]*=[\"']?(?:https?:)?//[^>]*")
LINK = re.compile(r"(?<=\]\()[^)#:\s]+")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages of docs/, and those from elsewhere."""
    for page, path in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(Path(config.config_file_path).parent / path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """A page whose links lead to pages, where they led from file to file."""
    folder = posixpath.dirname(PAGES.get(page.file.src_uri, f"docs/{page.file.src_uri}"))

    def leads_to(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, link[0]))
        return CALLED.get(path, path.removeprefix("docs/"))

    return LINK.sub(leads_to, markdown)


def on_post_page(output: str, page: Page, **_: object) -> str:
    """A page that loads nothing from elsewhere."""
    if found := LOADED.search(output):
        raise PluginError(f"{page.file.src_uri} loads {found[0]}>: the site has to work with no line to the world.")
    return output
