"""Every plot, over each of its widths: an answer for a title, units on its axes, and an SVG fit for a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import frames
from arforecast.report import charts
from arforecast.report.exhibit import Exhibit
from arforecast.report.exhibits import accounts, cash, collections, late, receivables

mpl.use("agg")
SVG = "{http://www.w3.org/2000/svg}"
CSS = (Path(charts.__file__).parent / "page.css").read_text("utf-8")
STAMP = frames.stamp()
SHOWN: dict[str, Callable[[], Exhibit]] = {
    "ageing": lambda: receivables.ageing(frames.kpis(), STAMP),
    "sales_days": lambda: receivables.sales_days(frames.kpis(), STAMP),
    "days_moved": lambda: receivables.days_moved(frames.bridge(), frames.kpis(), STAMP),
    "moved": lambda: receivables.moved(frames.bridge(), frames.kpis(), STAMP),
    "late_bands": lambda: late.bands(frames.late(), STAMP | {"as_of": "2026-06-30"}),
    "reliability": lambda: late.reliability(frames.late_record(), STAMP),
    "cash_weeks": lambda: cash.weeks(frames.cash(), frames.cash_record(), STAMP),
    "cash_days": lambda: cash.days(frames.cash_days(), STAMP),
    "cash_past": lambda: cash.judged_weeks(frames.cash_record(), 1, STAMP),
    "cash_position": lambda: cash.position(frames.position(), STAMP),
    "cash_kept": lambda: cash.kept(frames.errors(), STAMP),
    "cash_together": lambda: cash.together(frames.within(), STAMP),
    "largest": lambda: accounts.largest(ranked(), STAMP),
    "recovery": lambda: collections.recovery(frames.collecting(), STAMP),
    "vintage": lambda: collections.vintage(frames.vintage(), STAMP),
    "roll_rates": lambda: collections.roll_rates(frames.roll_rates(), STAMP),
    "disputes": lambda: collections.disputes(frames.disputes_by_reason(), STAMP),
    "methods": lambda: collections.methods(frames.method_mix(), STAMP),
    "returns": lambda: collections.returns(frames.collecting(), STAMP),
}


def ranked() -> pd.DataFrame:
    return accounts.ranked(
        frames.accounts().assign(credit_balance=0.0), frames.accounts(), pd.DataFrame(), "2026-06-30"
    )


def drawn(name: str, size: charts.Size = charts.WIDE) -> str:
    """A chart as SVG."""
    each = SHOWN[name]()
    assert each.chart
    return charts.svg(each.chart, each._declared(), each.sentence, size)


def axes(each: Exhibit) -> charts.Axes:
    return each.plot(mpl.figure.Figure().add_subplot())


everything = pytest.mark.parametrize("name", SHOWN)
every_size = pytest.mark.parametrize("size", [charts.WIDE, charts.NARROW], ids=["wide", "narrow"])


def test_an_analysts_own_style_leaves_the_pictures_of_the_pages_alone() -> None:
    before = drawn("ageing")
    with mpl.rc_context():
        charts.style()
        assert drawn("ageing") == before


def test_a_figure_of_ones_own_looks_like_ours_and_says_what_it_shows() -> None:
    """Its colours are variables of the style sheet, so that it can be seen in the dark; its title is its alt text."""
    with mpl.rc_context():
        charts.style()
        figure, ax = plt.subplots()
        ax.bar(["a", "b"], [1, 2], label="open")
        ax.set(title="B owes <twice> as much", xlabel="Customer", ylabel="Open balance, USD")
        markup = charts.shown(figure)
        plt.close(figure)
    assert 'aria-label="B owes &lt;twice&gt; as much. Open balance, USD by Customer"' in markup
    assert "var(--expected" in markup
    assert not ax.spines["top"].get_visible()
    assert "B owes" in markup.partition("</style>")[2].partition("aria-label")[2].partition(">")[2]


def test_a_figure_that_says_nothing_says_so() -> None:
    assert 'aria-label="A figure without a title"' in charts.shown(mpl.figure.Figure())


@everything
@every_size
def test_the_picture_is_well_formed_named_self_contained_and_fits(name: str, size: charts.Size) -> None:
    """What it shows is said; no text leaves it or is too small; each colour is one of the style sheet."""
    picture = drawn(name, size)
    root = ElementTree.fromstring(picture)
    sentence = SHOWN[name]().sentence.rstrip(".")
    assert root.get("role") == "img"
    assert str(root.get("aria-label")).startswith(sentence)
    assert len(str(root.get("aria-label"))) > len(sentence) + 20
    assert "`" not in str(root.get("aria-label"))  # it is read aloud, and is no place for the names of columns
    assert not {element.tag for element in root.iter()} & {f"{SVG}style", f"{SVG}metadata", f"{SVG}title"}
    assert "font-family" not in picture
    assert set(re.findall(r"var\(--([\w-]+)", picture)) <= set(re.findall(r"--([\w-]+):", CSS))
    assert re.findall(r"#[0-9a-f]{6}\b", re.sub(r"href=\"[^\"]*\"", "", picture)) == []
    ids = re.findall(r' id="([^"]+)"', picture)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(#|href="#)([\w-]+)', picture)) <= set(ids)
    _, _, width, height = map(float, str(root.get("viewBox")).split())
    assert (width, height) == size
    texts = list(root.iter(f"{SVG}text"))
    assert texts
    for text in texts:
        assert "font" not in str(text.get("style"))  # all are of the size that the picture names
        length = 6.5 * max(len(text.text or ""), 1)  # a system font is about this wide
        anchor = re.findall(r"anchor: (\w+)|$", str(text.get("style")))[0]
        left = float(text.get("x", 0)) - {"middle": length / 2, "end": length}.get(anchor, 0)
        if "rotate(-90" not in str(text.get("transform")):
            assert left >= -10, text.text
            assert left + length <= width + 10, text.text


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert drawn("vintage") == drawn("vintage")


def test_the_ramp_of_ages_is_ordered_from_calm_to_warm() -> None:
    bars = axes(SHOWN["ageing"]()).patches
    assert [charts.AGES.index(mpl.colors.to_hex(bar.get_facecolor())) for bar in bars] == [0, 1, 2, 3, 4, 5]


def test_a_waterfall_stands_on_what_was_and_ends_at_what_is() -> None:
    """52 days now, 3 more than before: the bridge of `frames`, in which nothing came of timing."""
    ax = axes(SHOWN["days_moved"]())
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    parts = [(46.5, 49), (46.5, 46.9), (46.9, 52.1), (52.1, 52.3), (52, 52.3)]
    assert np.array(spans) == pytest.approx(np.array([(0, 49), *parts, (0, 52)]))
    told = [label.get_text().replace("\u00a0", " ") for label in ax.get_yticklabels()]
    assert (told[0], told[-1]) == ("31 May 2026", "30 Jun 2026")
    assert [text.get_text() for text in ax.texts] == ["49", "−2.5", "+0.4", "+5.2", "+0.2", "−0.3", "52"]


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_colours_can_be_told_from_the_paper(mode: int) -> None:
    shades = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[mode]))
    for paper in ("paper", "panel"):
        for text in ("ink", "muted", "expected", "overdue", "good", "bad", "link"):
            assert contrast(shades[text], shades[paper]) >= 4.5, (text, paper)
    for mark in [name for name in shades if name.startswith("age-")]:
        assert contrast(shades[mark], shades["paper"]) >= 2.95, mark
    ages = [contrast(shades[f"age-{step}"], shades["paper"]) for step in range(1, 6)]
    assert ages == sorted(ages)  # the later, the more it stands out


def test_the_style_sheet_holds_the_light_shades_that_plots_draw_with() -> None:
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[0]))
    assert {variable: colour for colour, variable in charts.VARIABLES.items()}.items() <= light.items()


def labels(ax: charts.Axes) -> dict[str, tuple[float, float]]:
    return {text.get_text().replace("\u00a0", " "): text.xy for text in ax.texts}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("size", "ages"), [(charts.WIDE, 12), (charts.NARROW, 7)], ids=["wide", "narrow"])
def test_a_vintage_has_a_cell_for_every_month_that_is_over_the_darker_the_more_came(
    size: charts.Size, ages: int
) -> None:
    figure = mpl.figure.Figure(figsize=(size.width / 72, size.height / 72), dpi=72)
    ax = SHOWN["vintage"]().plot(figure.add_subplot())
    assert len(ax.patches) == len(ax.texts) == sum(min(ages, 12 - month) for month in range(12))
    first = [
        (float(text.get_text()), patch.get_facecolor()[3])
        for text, patch in zip(ax.texts, ax.patches, strict=True)
        if text.get_position()[1] == 0
    ]
    assert [share for share, _ in first][:4] == [60, 90, 91, 92]
    depths = [depth for _, depth in first]
    assert depths == sorted(depths)
    assert depths[-1] <= 0.5


def test_marks_say_their_figures_as_tables_and_cards_do() -> None:
    """A picture is drawn to a tenth of a pixel; its words keep all their digits."""
    numbers = pd.DataFrame({"who": ["A", "B"], "share": [5412.0, 1.25]})
    numbers.attrs = {"units": {"share": "money"}}
    picture = charts.svg(lambda rows, ax: charts.bars(rows, ax, over="who", stack=["share"]), numbers, "")
    assert ">5.41\u00a0k<" in picture
    assert not [mark for mark in re.findall(r"<[^>]+>", picture) if re.search(r"\d\.\d\d", mark)]


def test_columns_stand_in_the_colours_that_are_asked_for() -> None:
    bars = axes(SHOWN["cash_past"]()).patches
    assert {mpl.colors.to_hex(bar.get_facecolor()) for bar in bars} == {charts.CALM}


def test_words_of_the_ledger_are_drawn_as_they_stand() -> None:
    """A dollar sign opens a formula in matplotlib; two bars of one name do not lie on each other."""
    assert "<img" not in drawn("disputes")
    assert [drawn("largest").count(f"&lt;img src=x o… ({each})") for each in ("C1", "C2")] == [1, 1]
