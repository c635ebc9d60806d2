"""Every plot, over each of its widths: an answer for a title, units on its axes, and an SVG fit for a page."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import frames
from arforecast.report import numbers, plots

mpl.use("agg")
SVG = "{http://www.w3.org/2000/svg}"
CSS = (Path(plots.__file__).parent / "page.css").read_text("utf-8")
NUMBERS: dict[str, Callable[[], pd.DataFrame]] = {
    "plot_ageing": lambda: numbers.ageing(frames.kpis()),
    "plot_sales_days": lambda: numbers.trend(frames.kpis(), "dso", "dso_best_possible"),
    "plot_effectiveness": lambda: numbers.trend(frames.kpis(), "cei", "collection_rate_period"),
    "plot_flows": lambda: numbers.trend(frames.kpis(), "billed", "cash"),
    "plot_dso_moved": lambda: numbers.moved(frames.bridge(), "days"),
    "plot_receivables_moved": lambda: numbers.moved(frames.bridge(), "amount"),
    "plot_late_bands": lambda: numbers.late_bands(numbers.not_due(frames.late(), "2026-06-30")),
    "plot_reliability": lambda: numbers.reliability(frames.late_record()),
    "plot_cash_weeks": lambda: numbers.cash_weeks(frames.cash()),
    "plot_cash_split": lambda: numbers.cash_split(frames.cash()),
    "plot_cash_past": lambda: numbers.cash_past(frames.cash_record(), 1),
    "plot_largest_overdue": lambda: numbers.largest_overdue(frames.accounts()),
    "plot_overdue_growth": lambda: numbers.overdue_growth(frames.accounts()),
    "plot_recovery": lambda: numbers.recovery(frames.collecting()),
    "plot_vintage": lambda: numbers.vintage(frames.vintage()),
    "plot_resolved": lambda: numbers.trend(frames.collecting(), "days_to_resolve_mean", "days_to_resolve_median"),
    "plot_promises": lambda: numbers.trend(frames.collecting(), "promise_kept_share", "promise_kept_count_share"),
    "plot_disputes": frames.disputes_by_reason,
    "plot_methods": frames.method_mix,
    "plot_plans": frames.payment_plans,
    "plot_costs": frames.costs_by_category,
    "plot_cost_to_collect": lambda: numbers.trend(frames.collecting(), "cost_to_collect"),
    "plot_returns": lambda: numbers.trend(frames.collecting(), "collections_roi", "collections_roi_net"),
}
everything = pytest.mark.parametrize("name", NUMBERS)
every_size = pytest.mark.parametrize("size", [plots.WIDE, plots.NARROW], ids=["wide", "narrow"])


def test_no_plot_is_forgotten_here() -> None:
    assert {name for name in vars(plots) if name.startswith("plot_")} == set(NUMBERS)


def test_an_analysts_own_style_leaves_the_pictures_of_the_pages_alone() -> None:
    before = {name: plots.svg(getattr(plots, name), NUMBERS[name]()).svg for name in NUMBERS}
    with mpl.rc_context():
        plots.style()
        assert {name: plots.svg(getattr(plots, name), NUMBERS[name]()).svg for name in NUMBERS} == before


def test_a_figure_of_ones_own_looks_like_ours_and_says_what_it_shows() -> None:
    """Its colours are variables of the style sheet, so that it can be seen in the dark; its title is its alt text."""
    with mpl.rc_context():
        plots.style()
        figure, ax = mpl.pyplot.subplots()
        ax.bar(["a", "b"], [1, 2], label="open")
        ax.set(title="B owes <twice> as much", xlabel="Customer", ylabel="Open balance, USD")
        markup = plots.shown(figure)
        mpl.pyplot.close(figure)
    assert 'aria-label="B owes &lt;twice&gt; as much. Open balance, USD by Customer"' in markup
    assert "var(--expected" in markup
    assert not ax.spines["top"].get_visible()
    assert "B owes" in markup.partition("</style>")[2].partition("aria-label")[2].partition(">")[2]


def test_a_figure_that_says_nothing_says_so() -> None:
    assert 'aria-label="A figure without a title"' in plots.shown(mpl.figure.Figure())


@everything
def test_a_plot_draws_on_the_axes_it_is_given_and_returns_them(name: str) -> None:
    ax = mpl.figure.Figure().add_subplot()
    assert getattr(plots, name)(NUMBERS[name](), ax) is ax
    assert ax.get_title(loc="left") or ax.get_title()
    assert ax.get_legend() is None


@everything
def test_a_plot_makes_its_own_axes_for_an_analyst(name: str) -> None:
    from matplotlib import pyplot

    assert getattr(plots, name)(NUMBERS[name]()).has_data()
    pyplot.close("all")


@everything
@every_size
def test_the_picture_is_well_formed_named_and_self_contained(name: str, size: plots.Size) -> None:
    picture = plots.svg(getattr(plots, name), NUMBERS[name](), size)
    root = ElementTree.fromstring(picture.svg)
    assert root.get("role") == "img"
    assert str(root.get("aria-label")).startswith(picture.title)
    assert len(str(root.get("aria-label"))) > len(picture.title) + 20
    assert [
        element.tag for element in root.iter() if element.tag in (f"{SVG}style", f"{SVG}metadata", f"{SVG}title")
    ] == []
    assert "font-family" not in picture.svg


@everything
@every_size
def test_no_text_leaves_the_picture_or_is_too_small_to_read(name: str, size: plots.Size) -> None:
    root = ElementTree.fromstring(plots.svg(getattr(plots, name), NUMBERS[name](), size).svg)
    _, _, width, height = map(float, str(root.get("viewBox")).split())
    assert (width, height) == size
    texts = list(root.iter(f"{SVG}text"))
    assert texts
    for text in texts:
        style = str(text.get("style"))
        font = float(re.findall(r"font(?:-size)?: ([\d.]+)px", style)[0])
        length = 0.5 * font * max(len(text.text or ""), 1)  # a system font is about this wide
        left = float(text.get("x", 0)) - {"middle": length / 2, "end": length}.get(
            re.findall(r"anchor: (\w+)|$", style)[0], 0
        )
        assert font >= 11
        if "rotate(-90" not in str(text.get("transform")):
            assert left >= -4, text.text
            assert left + length <= width + 4, text.text


@everything
def test_every_colour_follows_the_style_sheet(name: str) -> None:
    drawn = plots.svg(getattr(plots, name), NUMBERS[name]()).svg
    used = set(re.findall(r"var\(--([\w-]+)", drawn))
    assert used <= set(re.findall(r"--([\w-]+):", CSS))
    bare = re.sub(r"var\([^)]*\)|url\([^)]*\)|href=\"[^\"]*\"", "", drawn)
    assert re.findall(r"#[0-9a-f]{6}\b", bare) == []


@everything
def test_the_axes_name_their_units(name: str) -> None:
    options = {"currency": "USD"} if "currency" in getattr(plots, name).__annotations__ else {}
    drawn = plots.svg(getattr(plots, name), NUMBERS[name](), **options).svg
    assert re.search("USD</text>|>Days</text>|[Pp]ercent</text>", drawn)


def test_ids_are_unique_on_a_page_and_every_reference_is_met() -> None:
    drawn = "".join(
        plots.svg(getattr(plots, each), NUMBERS[each](), size).svg
        for each in NUMBERS
        for size in (plots.WIDE, plots.NARROW)
    )
    ids = re.findall(r' id="([^"]+)"', drawn)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(#|href="#)([\w-]+)', drawn)) == set(ids)


def test_names_from_outside_are_escaped() -> None:
    def plot_names(names: pd.DataFrame, ax: plots.Axes | None = None) -> plots.Axes:
        """Names & <such>."""
        assert ax is not None
        ax.barh(names["name"], [1.0])
        ax.set_title('<b>Bold</b> & "quoted"')
        return ax

    picture = plots.svg(plot_names, pd.DataFrame({"name": ["<script>alert(1)</script> & #1a1a1a"]}))
    root = ElementTree.fromstring(picture.svg)
    assert root.get("aria-label") == '<b>Bold</b> & "quoted". Names & <such>.'
    assert "<script" not in picture.svg


def test_the_same_numbers_give_the_same_bytes_in_another_process() -> None:
    drawing = (
        "import frames; from arforecast.report import numbers, plots;"
        "print(plots.svg(plots.plot_ageing, numbers.ageing(frames.kpis())).svg)"
    )
    paths = [str(Path(__file__).parent), str(Path(plots.__file__).parents[2])]
    outputs = [
        subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}; {drawing}"],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 1000


def test_the_ramp_of_ages_is_ordered_from_calm_to_warm_whatever_the_number_of_buckets() -> None:
    for count in (1, 2, 4, 6, 9):
        buckets = pd.DataFrame(
            {
                "days_past_due": ["current", *(f"{n}-{n}" for n in range(1, count))],
                "open_balance": 1.0,
                "open_share": 1 / count,
            }
        )
        ax = plots.plot_ageing(buckets, mpl.figure.Figure().add_subplot())
        steps = [plots.AGES.index(mpl.colors.to_hex(bar.get_facecolor())) for bar in ax.patches]
        assert steps == sorted(steps)
        assert steps[0] == 0


def test_gaps_in_a_trend_do_not_stop_the_drawing() -> None:
    trend = NUMBERS["plot_sales_days"]()
    trend.loc[trend.index[-1], ["dso", "dso_best_possible"]] = np.nan
    assert "<svg" in plots.svg(plots.plot_sales_days, trend).svg
    nothing = trend.assign(dso=np.nan, dso_best_possible=np.nan)
    assert plots.svg(plots.plot_sales_days, nothing).title == "The ledger is too short for days sales outstanding"


def test_each_change_begins_where_the_one_before_ended_and_the_last_bar_is_their_sum() -> None:
    ax = plots.plot_dso_moved(NUMBERS["plot_dso_moved"](), mpl.figure.Figure().add_subplot())
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    expected = [(-2.5, 0), (-2.5, -2.1), (-2.1, 3.1), (3.1, 3.3), (3.0, 3.3), (0, 3.0)]  # nothing came of timing
    assert np.array(spans) == pytest.approx(np.array(expected))
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        *("Billing volume", "Agreed terms", "Late payment", "Disputes", "Write-offs", "Since 31\u00a0May\u00a02026"),
    ]
    assert [text.get_text() for text in ax.texts] == ["−2.5", "+0.4", "+5.2", "+0.2", "−0.3", "+3"]


def test_a_month_in_which_nothing_moved_is_drawn() -> None:
    still = NUMBERS["plot_receivables_moved"]().assign(amount=0.0)
    title = plots.svg(plots.plot_receivables_moved, still).title.replace("\u00a0", " ")
    assert title == "Open receivables did not move since 31 May 2026: 0 was billed, 0 came in"


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
    assert {variable: colour for colour, variable in plots.VARIABLES.items()}.items() <= light.items()


def labels(ax: plots.Axes) -> dict[str, tuple[float, float]]:
    return {text.get_text().replace("\u00a0", " "): text.xy for text in ax.texts}  # type: ignore[attr-defined]


@pytest.mark.parametrize("near", [0.5, 1.0], ids=["in the middle", "at the top"])
def test_lines_are_named_beyond_their_ends_and_names_that_would_touch_stand_apart(near: float) -> None:
    recovery = NUMBERS["plot_recovery"]().assign(recovered_30=near - 0.2, recovered_60=near - 0.01, recovered_90=near)
    recovery.loc[recovery.index[0], "recovered_30"] = 1.0
    recovery.loc[recovery.index[-2:], "recovered_90"] = np.nan
    ax = plots.plot_recovery(recovery, mpl.figure.Figure().add_subplot())
    named, (_, top) = labels(ax), ax.get_ylim()
    assert {at for at, _ in named.values()} == {len(recovery) - 0.7}
    assert named["within 30 days"][1] == pytest.approx(100 * near - 20)
    assert named["within 90 days"][1] - named["within 60 days"][1] == pytest.approx(0.07 * top)
    assert 100 * near - 10 < named["within 60 days"][1] < named["within 90 days"][1] <= top  # above it none is drawn


def test_a_line_that_ends_long_before_the_others_is_named_where_it_ends() -> None:
    returns = NUMBERS["plot_returns"]()
    returns.loc[8:, "collections_roi_net"] = np.nan
    named = labels(plots.plot_returns(returns, mpl.figure.Figure().add_subplot()))
    assert (named["net (estimate)"][0], named["gross"][0]) == (7.3, 12.3)


def test_a_line_below_nothing_is_drawn_and_one_that_is_not_known_is_not_named() -> None:
    returns = NUMBERS["plot_returns"]()
    ax = plots.plot_returns(returns, mpl.figure.Figure().add_subplot())
    assert ax.get_ylim()[0] < -0.5
    gross = plots.plot_returns(returns.assign(collections_roi_net=np.nan), mpl.figure.Figure().add_subplot())
    assert set(labels(gross)) == {"gross"}
    assert gross.get_ylim()[0] == 0


@pytest.mark.parametrize(("size", "ages"), [(plots.WIDE, 12), (plots.NARROW, 7)], ids=["wide", "narrow"])
def test_a_vintage_has_a_cell_for_every_month_that_is_over_the_darker_the_more_came(
    size: plots.Size, ages: int
) -> None:
    figure = mpl.figure.Figure(figsize=(size.width / 72, size.height / 72), dpi=72)
    ax = plots.plot_vintage(NUMBERS["plot_vintage"](), figure.add_subplot())
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


@pytest.mark.parametrize("plot", [plots.plot_disputes, plots.plot_methods])
def test_words_of_the_ledger_are_drawn_as_they_stand(plot: plots.Plot) -> None:
    """A dollar sign opens a formula in matplotlib."""
    rows = {plots.plot_disputes: frames.disputes_by_reason(), plots.plot_methods: frames.method_mix()}[plot]
    hostile = rows.assign(**{rows.columns[0]: frames.HOSTILE})
    figure = mpl.figure.Figure()
    plot(hostile, figure.add_subplot())
    figure.draw_without_rendering()
    assert "<img" not in plots.svg(plot, hostile).svg
