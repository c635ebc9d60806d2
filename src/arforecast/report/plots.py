"""Plots: one question each, drawn on matplotlib axes from a small frame; the title is the answer.

`plot_x(numbers, ax=None) -> ax` draws; `svg` turns any of them into a picture for a page: text as text, colours as CSS
variables (so that dark mode is a matter of the style sheet), the same bytes for the same numbers.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from markupsafe import escape
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from arforecast.report import Fragment, words
from arforecast.report.formats import NBSP, brief, bucket, count, days, money, month, name, percent

Plot = Callable[..., Axes]

# What a colour means. A page's style sheet gives each its light and its dark shade.
INK, MUTED, GRID = "#1a1a1a", "#5c5c5c", "#dedede"
EXPECTED, OVERDUE, CALM = "#0072b2", "#b54800", "#5f93b4"
AGES = (CALM, "#c88a1e", "#be6f10", "#a8540c", "#8a3b08", "#5f2305")
VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", EXPECTED: "expected", OVERDUE: "overdue"} | {
    colour: f"age-{step}" for step, colour in enumerate(AGES)
}

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and set in the reader's own font
    "svg.hashsalt": "arforecast",
    "font.size": 13,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "text.color": INK,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "lines.linewidth": 2,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


OWN: dict[Any, Any] = STYLE | {
    "axes.prop_cycle": mpl.rcsetup.cycler("color", [EXPECTED, OVERDUE, *AGES[1::2], CALM]),
    "figure.constrained_layout.use": True,
    "figure.figsize": (800 / 72, 360 / 72),
    "figure.dpi": 72,
}
"""What an analyst's own axes have in addition, which say neither their size nor their colours."""


class Size(NamedTuple):
    """A drawing's width and height in CSS pixels."""

    width: int
    height: int


WIDE = Size(800, 360)
NARROW = Size(358, 320)  # for a phone: the wide one would shrink its text below 11 px
NARROW_BELOW = 600


class Picture(NamedTuple):
    """A figure ready for a page: its title in words, and the drawing as SVG markup."""

    title: str
    svg: str


def style() -> None:
    """From here on axes look like those of the pages."""
    mpl.rcParams.update(OWN)


def shown(figure: Figure) -> str:
    """A figure of one's own as the pages show one, in the light and in the dark; its titles and labels are its text."""
    drawn = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    picture = _inline(drawn.getvalue(), _means(figure))
    return Fragment(f"<figure>{picture}</figure>")._repr_html_()


def _means(figure: Figure) -> str:
    """What a figure says of itself in words, for who does not see it."""
    titles = [ax.get_title(loc=loc) for ax in figure.axes for loc in ("left", "center", "right")]
    labels = [f"{ax.get_ylabel()} by {ax.get_xlabel()}" for ax in figure.axes if ax.get_xlabel() and ax.get_ylabel()]
    said = [figure.get_suptitle(), *titles, *labels]
    return ". ".join(dict.fromkeys(filter(None, said))) or "A figure without a title"


def svg(plot: Plot, numbers: pd.DataFrame, size: Size = WIDE, **options: str) -> Picture:
    """Draw `plot` of `numbers` and take it as inline SVG whose ids no other picture shares."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(size.width / 72, size.height / 72), dpi=72, layout="constrained")
        ax = plot(numbers, figure.add_subplot(), **options)
        title = ax.get_title(loc="left")
        ax.set_title("", loc="left")
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    means = (plot.__doc__ or "").strip().partition("\n")[0]
    return Picture(title, _inline(drawn.getvalue(), f"{title}. {means}".strip()))


def _inline(drawn: str, alt: str) -> str:
    """Drop what only a file of its own needs, name colours by their meaning, make ids unique and add the alt text."""
    key = "f" + hashlib.sha256(drawn.encode()).hexdigest()[:8]
    box = re.search(r'viewBox="[^"]+"', drawn)
    body = drawn[drawn.index("<g ") :]
    body = re.sub("|".join(VARIABLES), lambda found: _named(found[0]), body)
    body = re.sub(r" font-family: [^;\"]+;?", "", body)
    used = set(re.findall(r"#(\w+)", body))
    body = re.sub(r' id="([^"]+)"', lambda id: f' id="{key}{id[1]}"' if id[1] in used else "", body)
    body = re.sub(r'(url\(|xlink:href=")#', rf"\1#{key}", body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{box[0] if box else ""} role="img" aria-label="{escape(alt)}">{body}'
    )


def _named(colour: str) -> str:
    """A colour by its meaning; where no style sheet knows it, as in a notebook, ink is the text colour around."""
    return f"var(--{VARIABLES[colour]}, {'currentColor' if colour == INK else colour})"


def _axes(ax: Axes | None) -> Axes:
    return ax or plt.figure(layout="constrained").add_subplot()


def _tick(value: float, _: object = None) -> str:
    """Money on an axis, without the zeros that say nothing: 1.5 M rather than 1.50 M."""
    figure, space, unit = money(value).partition(NBSP)
    return (figure.rstrip("0").rstrip(".") if "." in figure else figure) + space + unit


def _in(currency: str, what: str) -> str:
    return f"{what}, {currency}" if currency else what


def _dates(ax: Axes, days: pd.Series, written: Callable[[pd.Timestamp], str]) -> None:
    """Write as many dates under the marks as there is room for, the last one always."""
    room = max(int(ax.figure.bbox.width // 72), 2)
    step = -(-len(days) // room)
    shown = np.arange(len(days) - 1, -1, -step)[::-1]
    ax.set_xticks(shown, [written(days.iloc[at]) for at in shown])
    ax.grid(visible=False, axis="x")
    ax.tick_params(axis="x", length=0)


def _month(day: pd.Timestamp) -> str:
    return f"{day:%b}\n{day:%Y}"


def _week(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%b}"


def _end(ax: Axes, values: pd.Series, said: str, colour: str, *, above: bool = True) -> None:
    """Name a series at its last known point, beyond the bar that may stand there."""
    known = values.dropna()
    if len(known):
        at, side = (known.index[-1] + 0.35, known.iloc[-1]), "bottom" if above else "top"
        ax.annotate(said, at, (4, 0), textcoords="offset points", color=colour, va=side)


def _from_zero(ax: Axes) -> None:
    ax.set_ylim(bottom=0)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)


def _lying(ax: Axes, label: str, room: float) -> None:
    """Bars that lie: their names stand in ink, money runs along the foot, and there is `room` for what they say."""
    ax.margins(x=room)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.xaxis.set_major_formatter(FuncFormatter(_tick))
    ax.set_xlabel(label)


def plot_ageing(buckets: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """Open balance by days past due, one bar a bucket."""
    ax = _axes(ax)
    last = max(len(buckets) - 1, 1)
    colours = [AGES[round(step * (len(AGES) - 1) / last)] for step in range(len(buckets))]
    bars = ax.barh([bucket(label) for label in buckets["days_past_due"]], buckets["open_balance"], color=colours)
    said = [f"{money(row.open_balance)}, {percent(row.open_share)}" for row in buckets.itertuples()]
    ax.bar_label(bars, said, padding=6)
    ax.invert_yaxis()
    _lying(ax, _in(currency, "Open balance"), room=0.25)
    ax.set_title(words.ageing(buckets))
    return ax


def plot_sales_days(trend: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Days sales outstanding at each month end, and what it would be if nothing were overdue."""
    ax = _axes(ax)
    ax.plot(trend.index, trend["dso"], color=INK)
    ax.plot(trend.index, trend["dso_best_possible"], color=EXPECTED, linewidth=1.5, linestyle=(0, (4, 2)))
    _end(ax, trend["dso"], "as it is", INK)
    _end(ax, trend["dso_best_possible"], "if nothing\nwere overdue", EXPECTED, above=False)
    _dates(ax, trend["as_of"], _month)
    _from_zero(ax)
    ax.set_ylabel("Days")
    ax.set_title(words.sales_days(trend))
    return ax


def plot_effectiveness(trend: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Collection effectiveness and the share of the month's receivables that came in as cash, month by month."""
    ax = _axes(ax)
    rate = 100 * trend["collection_rate_period"]
    ax.plot(trend.index, trend["cei"], color=INK)
    ax.plot(trend.index, rate, color=EXPECTED)
    _end(ax, trend["cei"], "effectiveness\n(CEI)", INK)
    _end(ax, rate, "cash of all\nreceivables", EXPECTED, above=False)
    _dates(ax, trend["as_of"], _month)
    _from_zero(ax)
    ax.set_ylabel("Percent")
    ax.set_title(words.effectiveness(trend))
    return ax


def plot_flows(trend: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """What was billed and what came in as cash, month by month."""
    ax = _axes(ax)
    ax.bar(trend.index, trend["billed"], color=CALM, width=0.7)
    ax.plot(trend.index, trend["cash"], color=INK, marker="o", markersize=5)
    _end(ax, trend["cash"], "cash", INK, above=trend["cash"].iloc[-1] > trend["billed"].iloc[-1])
    _end(ax, trend["billed"], "billed", MUTED, above=trend["cash"].iloc[-1] <= trend["billed"].iloc[-1])
    _money_axis(ax, _in(currency, "Month's total"))
    _dates(ax, trend["as_of"], _month)
    ax.set_title(words.flows(trend))
    return ax


def _money_axis(ax: Axes, label: str) -> None:
    _from_zero(ax)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(FuncFormatter(_tick))
    ax.set_ylabel(label)


def plot_dso_moved(moved: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """What each part added to days sales outstanding, one after the other, and all of them together."""
    ax = _cascade(_axes(ax), moved["part"], moved["days"], brief, OVERDUE)
    _lying(ax, "Days", room=0.2)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda days, _: brief(days)))
    ax.set_title(words.dso_moved(moved))
    return ax


def plot_receivables_moved(moved: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """What was added to what is owed and what was taken off it, one after the other, and all of it together."""
    ax = _cascade(_axes(ax), moved["part"], moved["amount"], money, CALM)
    _lying(ax, _in(currency, "Change of open receivables"), room=0.25)
    ax.set_title(words.receivables_moved(moved))
    return ax


def _cascade(ax: Axes, parts: pd.Series, changes: pd.Series, written: Callable[[float], str], rising: str) -> Axes:
    """Each change as a bar that begins where the one before ended, and last their sum, from nothing."""
    last = changes.index[-1]
    ends = changes.cumsum().mask(changes.index == last, changes)
    shown = changes.ne(0) | (changes.index == last)
    colours = [INK if at == last else rising if changes[at] > 0 else EXPECTED for at in changes.index[shown]]
    lefts = np.minimum(ends, ends - changes)[shown]  # so that each says its change on its right, whichever way it goes
    bars = ax.barh(parts[shown].map(name), changes[shown].abs(), left=lefts, color=colours, height=0.6)
    ax.bar_label(bars, [f"{'+' if change > 0 else ''}{written(change)}" for change in changes[shown]], padding=6)
    ax.axvline(0, color=MUTED, linewidth=1, zorder=0)
    ax.invert_yaxis()
    return ax


def plot_late_bands(bands: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """Money not yet due by its chance of being late, and the part of it expected to be."""
    ax = _axes(ax)
    edges = zip(100 * bands["p_from"], 100 * bands["p_to"], strict=True)
    names = [f"{low:.0f}–{high:.0f}{NBSP}%" for low, high in edges]
    whole = ax.barh(names, bands["open_balance"], color=CALM)
    ax.barh(names, bands["at_risk_amount"], color=OVERDUE, height=0.4)
    said = [f"{money(row.at_risk_amount)} of {money(row.open_balance)}" for row in bands.itertuples()]
    ax.bar_label(whole, said, padding=6)
    _lying(ax, _in(currency, "At risk (narrow) of open balance (wide)"), room=0.3)
    ax.set_ylabel("Chance of being late")
    ax.set_title(words.late_bands(bands))
    return ax


def plot_reliability(bins: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Chance of being late as it was given and the share that was late; on the diagonal both agree."""
    ax = _axes(ax)
    curves = {method: 100 * rows[["p_late", "late_share"]] for method, rows in bins.groupby("method")}
    ax.plot([0, 100], [0, 100], color=MUTED, linewidth=1)
    _curve(ax, curves["baseline"], curves["model"], "customer's own\nlate rate", MUTED)
    _curve(ax, curves["model"], curves["baseline"], "our model", EXPECTED)
    ax.text(100, 2, f"each dot: {count(bins['invoices'].median())} past invoices", color=MUTED, ha="right")
    ax.set_xlabel("Chance of being late as given, percent")
    ax.set_ylabel("Were late, percent")
    ax.set_title(words.reliability(bins))
    return ax


def _curve(ax: Axes, curve: pd.DataFrame, other: pd.DataFrame, said: str, colour: str) -> None:
    """A curve, named where it is farthest from the other one and on the side away from it."""
    ax.plot(curve["p_late"], curve["late_share"], color=colour, linewidth=1, marker="o", markersize=6)
    apart = curve["late_share"] - np.interp(curve["p_late"], other["p_late"], other["late_share"])
    at = int(apart.abs().argmax())
    side, away = ("right", 8) if apart.iloc[at] >= 0 else ("left", -8)
    point = (curve["p_late"].iloc[at], curve["late_share"].iloc[at])
    ax.annotate(said, point, (-away, away), textcoords="offset points", color=colour, ha=side, va="center")


def plot_cash_weeks(weeks: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """Cash expected in each week, with the ranges that hold 80 and 95 of 100 outcomes."""
    ax = _axes(ax)
    ax.fill_between(weeks.index, weeks["p2_5"], weeks["p97_5"], color=EXPECTED, alpha=0.12, linewidth=0)
    ax.fill_between(weeks.index, weeks["p10"], weeks["p90"], color=EXPECTED, alpha=0.2, linewidth=0)
    ax.plot(weeks.index, weeks["mean"], color=EXPECTED, marker="o", markersize=5)
    for column, said, colour in (
        ("p97_5", f"95{NBSP}%", MUTED),
        ("p90", f"80{NBSP}%", MUTED),
        ("mean", "expected", EXPECTED),
    ):
        point = (len(weeks) - 1, weeks[column].iloc[-1])
        ax.annotate(said, point, (8, 0), textcoords="offset points", va="center", color=colour)
    _money_axis(ax, _in(currency, "Cash in the week"))
    _dates(ax, weeks["week_start"], _week)
    ax.set_xlabel("Week starting on")
    ax.set_title(words.cash_weeks(weeks))
    return ax


def plot_cash_split(split: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """Expected cash in each week by whether its invoice is issued yet."""
    ax = _axes(ax)
    ax.bar(split.index, split["open_book"], color=EXPECTED, width=0.7)
    ax.bar(split.index, split["unbilled"], bottom=split["open_book"], color=EXPECTED, alpha=0.35, width=0.7)
    total = split["open_book"] + split["unbilled"]
    last, above = len(split) - 1, 1.04 * total.max()  # the names stand above every bar, a line leads to their part
    line = {"arrowstyle": "-", "linewidth": 1}
    issued, to_come = (0, split["open_book"].iloc[0] / 2), (last, total.iloc[last] - split["unbilled"].iloc[last] / 2)
    left, right = line | {"color": EXPECTED, "relpos": (0.1, 0)}, line | {"color": MUTED, "relpos": (0.9, 0)}
    ax.annotate("invoices issued", issued, (-0.35, above), color=EXPECTED, arrowprops=left)
    ax.annotate("invoices to come", to_come, (last + 0.35, above), color=MUTED, ha="right", arrowprops=right)
    _money_axis(ax, _in(currency, "Cash in the week"))
    _dates(ax, split["week_start"], _week)
    ax.set_xlabel("Week starting on")
    ax.set_title(words.cash_split(split))
    return ax


def plot_cash_past(past: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """What had been forecast for each past week, with its 80 % range, and what came."""
    ax = _axes(ax)
    ax.vlines(past.index, past["p10"], past["p90"], color=EXPECTED, alpha=0.2, linewidth=8)
    ax.plot(past.index, past["forecast"], color=EXPECTED, marker="_", markersize=9, linewidth=0, markeredgewidth=2)
    ax.plot(past.index, past["actual"], color=INK, marker="o", markersize=5, linewidth=0)
    above = past["actual"].iloc[-1] > past["forecast"].iloc[-1]
    _end(ax, past["actual"], "came", INK, above=above)
    _end(ax, past["forecast"], "forecast", EXPECTED, above=not above)
    _money_axis(ax, _in(currency, "Cash in the week"))
    _dates(ax, past["week_start"], _week)
    ax.set_xlabel("Week starting on")
    ax.set_title(words.cash_past(past))
    return ax


def plot_largest_overdue(largest: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """The accounts with the most overdue money, one bar each."""
    ax = _account_bars(_axes(ax), largest, "overdue_balance", "of_overdue_share")
    _lying(ax, _in(currency, "Overdue balance"), room=0.25)
    ax.set_title(words.largest_overdue(largest))
    return ax


def plot_overdue_growth(growth: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """The accounts whose overdue money grew most in the month, one bar each."""
    ax = _account_bars(_axes(ax), growth, "overdue_change_amount", "of_growth_share")
    _lying(ax, _in(currency, "Growth of the overdue balance"), room=0.25)
    ax.set_title(words.overdue_growth(growth))
    return ax


def _account_bars(ax: Axes, accounts: pd.DataFrame, money_of: str, share_of: str) -> Axes:
    pairs = zip(accounts[money_of], accounts[share_of], strict=True)
    said = [f"{money(amount)}, {percent(share)}" for amount, share in pairs]
    return _bars(ax, accounts["customer"], accounts[money_of], said, OVERDUE)


def _short(label: str) -> str:
    return label if len(label) <= 18 else f"{label[:17].rstrip()}…"


def plot_recovery(recovery: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The share of what fell due in a month and was late that was recovered within 30, 60 and 90 days."""
    said = {f"recovered_{age}": f"within {days(age)}" for age in (90, 60, 30)}
    ax = _lines(_axes(ax), 100 * recovery[[*said]].rename(columns=said))
    _dates(ax, recovery["due_month_on"], _month)
    ax.set_xlabel("Month of the due date")
    ax.set_ylabel("Recovered, percent")
    ax.set_title(words.recovery(recovery))
    return ax


def _lines(ax: Axes, lines: pd.DataFrame) -> Axes:
    """Each column as a line through the points that are known, named by its column at its end.

    One that ends a little before the others is named beyond them, lest its name lie on their lines.
    """
    known = {str(said): values.dropna() for said, values in lines.items() if values.notna().any()}
    last = len(lines) - 1
    ax.set_xlim(-0.5, last + 0.5)
    colours = dict(zip(known, (INK, EXPECTED, MUTED), strict=False))
    for said, values in known.items():
        ax.plot(values.index, values, color=colours[said], marker="o", markersize=4)
    ax.set_ylim(bottom=0 if np.nanmin(lines) >= 0 else None)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ends = pd.Series({said: values.iloc[-1] for said, values in known.items()})
    heights = _apart(ends, 0.07 * np.ptp(ax.get_ylim()), ax.get_ylim()[1])
    for said, values in known.items():
        end = values.index[-1] if values.index[-1] < last - 3 else last
        ax.annotate(said, (end + 0.3, heights[said]), color=colours[said], va="center")
    return ax


def _apart(heights: pd.Series, least: float, top: float) -> pd.Series:
    """The heights, moved where two are nearer to each other than `least`; none is above `top`."""
    rising = heights.sort_values()
    steps = least * np.arange(len(rising))
    return np.minimum((rising - steps).cummax() + steps, top - steps[::-1])


def plot_vintage(vintage: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The share of a month's billing collected by the end of each month after, for the last twelve months billed."""
    ax = _axes(ax)
    ages = 7 if ax.figure.bbox.width < NARROW_BELOW else 12
    last = vintage.tail(12)
    shares = last.filter(like="age:").iloc[:, :ages].to_numpy(dtype=float)
    at_row, at_age = np.nonzero(~np.isnan(shares))
    known = shares[at_row, at_age]
    # By rank: after the first months all shares are near to each other, and to the eye would be one.
    colours = [mpl.colors.to_rgba(EXPECTED, 0.5 * rank) for rank in pd.Series(known).rank(pct=True)]
    ax.barh(at_row, 1, left=at_age - 0.5, height=1, color=colours)
    for row, age, share in zip(at_row, at_age, known, strict=True):
        ax.text(float(age), float(row), count(100 * share), ha="center", va="center")
    ax.set_yticks(range(len(last)), last["issue_month_on"].map(month))
    ax.set_xticks(range(shares.shape[1]))
    ax.margins(0)
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.invert_yaxis()
    ax.set_xlabel("Months after issue; collected, percent")
    ax.set_title(words.vintage(vintage))
    return ax


def plot_resolved(trend: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Days from the due date until overdue invoices were settled, mean and median of the 90 days to each month end."""
    said = {"days_to_resolve_mean": "mean", "days_to_resolve_median": "median"}
    ax = _lines(_axes(ax), trend[[*said]].rename(columns=said))
    _dates(ax, trend["as_of"], _month)
    ax.set_ylabel("Days")
    ax.set_title(words.resolved(trend))
    return ax


def plot_promises(trend: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The share of promises that were kept, by amount and by number, of those for the 90 days to each month end."""
    said = {"promise_kept_share": "by amount", "promise_kept_count_share": "by number"}
    ax = _lines(_axes(ax), 100 * trend[[*said]].rename(columns=said))
    _dates(ax, trend["as_of"], _month)
    ax.set_ylabel("Kept, percent")
    ax.set_title(words.promises(trend))
    return ax


def plot_disputes(rows: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """What was disputed in a year by reason, with the mean days until a dispute was closed."""
    said = [f"{money(row.disputed_amount)}, {days(row.resolved_days)}" for row in rows.itertuples()]
    ax = _bars(_axes(ax), rows["reason"].map(name), rows["disputed_amount"], said)
    _lying(ax, _in(currency, "Disputed (and mean days to close)"), room=0.25)
    ax.set_title(words.disputes(rows), parse_math=False)
    return ax


def _bars(ax: Axes, labels: pd.Series, values: pd.Series, said: list[str], colour: str = CALM) -> Axes:
    """Bars that lie, each named on its left and told on its right.

    Two may bear one name, and a name may hold what matplotlib would take for a formula.
    """
    bars = ax.barh(range(len(values)), values, color=colour)
    ax.bar_label(bars, said, padding=6)
    ax.set_yticks(range(len(values)), labels.map(_short), parse_math=False)
    ax.invert_yaxis()
    return ax


def plot_methods(rows: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The share of a year's cash by payment method, with how many days after the due date it came."""
    said = [f"{percent(row.cash_share)}, {_days(row.days_beyond_terms)}" for row in rows.itertuples()]
    ax = _bars(_axes(ax), rows["method"].map(name), 100 * rows["cash_share"], said)
    _lying(ax, "Share of cash (and days late), percent", room=0.3)
    ax.set_title(words.methods(rows), parse_math=False)
    return ax


def _days(length: Any) -> str:
    """Days with a decimal where it decides: 0.3 days."""
    return f"{brief(length)}{NBSP}days"


def plot_plans(rows: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The share of the instalments due in a month that was paid in time, and the share that is still overdue."""
    said = {"paid_on_time_share": "paid in time", "missed_share": "still overdue"}
    ax = _lines(_axes(ax), 100 * rows[[*said]].rename(columns=said))
    _dates(ax, rows["month_on"], _month)
    ax.set_ylabel("Of instalments due, percent")
    ax.set_title(words.plans(rows))
    return ax


def plot_costs(rows: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """What billing and collecting cost in twelve months, by category."""
    said = [f"{money(row.cost_amount)}, {percent(row.cost_share)}" for row in rows.itertuples()]
    ax = _bars(_axes(ax), rows["category"].map(name), rows["cost_amount"], said)
    _lying(ax, _in(currency, "Cost"), room=0.25)
    ax.set_title(words.costs(rows))
    return ax


def plot_cost_to_collect(trend: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The cost of billing and collecting as a share of the month's cash, month by month."""
    ax = _lines(_axes(ax), 100 * trend[["cost_to_collect"]].rename(columns={"cost_to_collect": "cost"}))
    _dates(ax, trend["as_of"], _month)
    ax.set_ylabel("Cost of the cash collected, percent")
    ax.set_title(words.cost_to_collect(trend))
    return ax


def plot_returns(trend: pd.DataFrame, ax: Axes | None = None, currency: str = "") -> Axes:
    """What collecting brought beyond its cost for each unit of that cost, gross and net, month by month."""
    said = {"collections_roi": "gross", "collections_roi_net": "net (estimate)"}
    ax = _lines(_axes(ax), trend[[*said]].rename(columns=said))
    _dates(ax, trend["as_of"], _month)
    ax.set_ylabel(_in(currency, "Return on each 1 spent"))
    ax.set_title(words.returns(trend))
    return ax
