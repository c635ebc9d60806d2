"""The pages in a real browser: anybody can read them, at any width, in the light, in the dark and on paper."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from arforecast.report import style_sheet, tables

driver = pytest.importorskip("playwright.sync_api", reason="nothing here drives a browser: make engines")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: make engines")

CHROMIUM = shutil.which("chromium") or ""
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine to show pages in")
SHEETS = 25
SHEET = re.compile(rb"/Type\s*/Page\b")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with driver.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def told(fault: dict[str, Any]) -> str:
    """What axe found: the rule, what it asks for, and where that is missing."""
    return f"{fault['id']}: {fault['help']}: {[node['html'][:120] for node in fault['nodes'][:3]]}"


@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (768, "light"), (1280, "light"), (390, "dark"), (1280, "dark")]
)
def test_anybody_can_read_every_page(browser: Any, reported: Path, width: int, scheme: str) -> None:
    """axe finds nothing, nothing has to be scrolled to the side, and the browser complains of nothing. In the dark only
    the contrast is another."""
    rules = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    found, asked = [], {"resultTypes": ["violations"]} | rules  # what is right is not described: a third of the time
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page.on("console", lambda said: found.append(said.text))
    page.on("pageerror", lambda fault: found.append(str(fault)))
    for path in sorted(reported.glob("*.html")):
        page.goto(path.as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{path.name} is {wide} px wide"] if wide > width else []
        found += [f"{path.name}: {told(fault)}" for fault in axe.Axe().run(page, options=asked).response["violations"]]
    page.close()
    assert found == []


def test_the_brief_is_a_screen_and_a_half_of_a_phone(browser: Any, reported: Path) -> None:
    """With five to call; fonts differ from machine to machine, and so does where lines break: some is left for that."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((reported / "index.html").as_uri())
    ends = page.evaluate("document.querySelector('.brief').getBoundingClientRect().bottom")
    called = page.locator(".act tbody tr").count()
    page.close()
    assert called == 5
    assert ends <= 1.6 * 844


@pytest.mark.parametrize(
    ("amount", "layout"), [(118_286.39, ""), (118_286_386.66, "broad"), (11_828_638_666.5, "broad")]
)
def test_the_briefs_cash_is_seen_whole_on_a_phone(browser: Any, amount: float, layout: str) -> None:
    """Amounts that are too long to stand side by side stand one above the other."""
    span = {"span": "next 13 weeks", "amount": amount, "p10": amount, "p90": amount, "held_share": 0.78}
    markup = tables.show(pd.DataFrame([span]), "Cash", units=dict.fromkeys(("amount", "p10", "p90"), "money"))
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content(f'<style>{style_sheet()}</style><main class="brief">{markup}</main>')
    seen = page.evaluate("[...document.querySelectorAll('.table')].map(each => [each.scrollWidth, each.clientWidth])")
    page.close()
    assert f'class="{" ".join(["table", layout]).strip()}"' in markup
    assert all(needed <= there for needed, there in seen)
    assert len(seen) == 1


def test_the_pack_is_printed_on_25_sheets_and_the_brief_on_one(browser: Any, reported: Path) -> None:
    page, sheets = browser.new_page(), {}
    for path in sorted(reported.glob("*.html")):
        page.goto(path.as_uri())
        sheets[path.name] = len(SHEET.findall(page.pdf(prefer_css_page_size=True)))
    page.close()
    assert sheets["index.html"] == 1  # the brief
    assert sum(sheets.values()) <= SHEETS, sheets
