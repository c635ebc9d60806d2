"""The pictures of the documentation: pages of a report in Chromium, as wide as a desk's screen or a phone's."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image  # matplotlib brings it
from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).parent
DESK, PHONE = (1280, 1000), (390, 844)
SHOTS = {
    "screenshots/index_1280.png": ("index", DESK),
    "screenshots/index_390.png": ("index", PHONE),
    "screenshots/kpis_1280.png": ("kpis", DESK),
    "screenshots/collections_1280.png": ("collections", DESK),
    "screenshots/accounts_1280.png": ("accounts", DESK),
    "screenshots/late_payers_1280.png": ("late_payers", DESK),
    "screenshots/worklist_1280.png": ("worklist", DESK),
    "screenshots/worklist_390.png": ("worklist", PHONE),
    "screenshots/credit_1280.png": ("credit", DESK),
    "cash_forecast.png": ("cash_forecast", (1280, 1240)),
}
# Pages have few colours, and a picture of few is a third as large.
COLOURS = 64


def take(browser: Browser, page: Path, size: tuple[int, int], picture: Path) -> None:
    """The top of a page, as light as paper."""
    shown = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme="light")
    shown.goto(page.resolve().as_uri())
    seen = Image.open(io.BytesIO(shown.screenshot())).convert("RGB")
    shown.close()
    picture.parent.mkdir(exist_ok=True)
    seen.quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)


def main(run: Path) -> None:
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (page, size) in SHOTS.items():
            take(browser, run / f"{page}.html", size, DOCS / name)
            print(DOCS / name)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
