"""Charts: six ways to draw a small frame on matplotlib axes; an exhibit chooses one and names its columns.

Bars, columns with sticks for their ranges, lines with a band, a waterfall, dots against the diagonal, a heat table. A
frame says in `attrs` in which `units` its columns are, and in which `currency` its money. `svg` turns a chart into a
picture for a page: text as text, colours as CSS variables (so that dark mode is a matter of the style sheet), the same
bytes for the same numbers.
"""

from __future__ import annotations

import hashlib
import io
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import escape

from arforecast.errors import inert
from arforecast.report import Fragment
from arforecast.report.formats import NBSP, brief, count, currency_of, date, money, name, short

if TYPE_CHECKING:  # who only writes pages draws nothing, and need not wait for what draws
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Chart = Callable[[pd.DataFrame, "Axes"], "Axes"]

# What a colour means. A page's style sheet gives each its light and its dark shade.
INK, MUTED, GRID = "#1a1a1a", "#5c5c5c", "#dedede"
EXPECTED, OVERDUE, CALM = "#0072b2", "#b54800", "#5f93b4"
AGES = (CALM, "#c88a1e", "#be6f10", "#a8540c", "#8a3b08", "#5f2305")
VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", EXPECTED: "expected", OVERDUE: "overdue"} | {
    colour: f"age-{step}" for step, colour in enumerate(AGES)
}

# What is there, what is expected and issued, what is expected and not issued yet: its colour inside and at its edge.
FILLS = ((INK, INK), (CALM, CALM), ("none", CALM))

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
    "figure.constrained_layout.use": True,
    "figure.figsize": (800 / 72, 360 / 72),
    "figure.dpi": 72,
}
"""What an analyst's own axes have in addition, which say neither their size nor their colours."""
CYCLE = (EXPECTED, OVERDUE, *AGES[1::2], CALM)


class Size(NamedTuple):
    """A drawing's width and height in CSS pixels."""

    width: int
    height: int


WIDE = Size(800, 360)
NARROW = Size(358, 320)  # for a phone: the wide one would shrink its text below 11 px
NARROW_BELOW = 600


def style() -> None:
    """From here on axes look like those of the pages."""
    import matplotlib as mpl

    mpl.rcParams.update(OWN | {"axes.prop_cycle": mpl.rcsetup.cycler("color", CYCLE)})


def shown(figure: Figure) -> str:
    """A figure of one's own as the pages show one, in the light and in the dark; its titles and labels are its text."""
    import matplotlib as mpl

    drawn = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    picture = _inline(drawn.getvalue(), _means(figure) or "A figure without a title")
    return Fragment(f"<figure>{picture}</figure>")._repr_html_()


def _means(figure: Figure) -> str:
    """What a figure says of itself in words, for who does not see it."""
    titles = [ax.get_title(loc=loc) for ax in figure.axes for loc in ("left", "center", "right")]
    labels = [f"{ax.get_ylabel()} by {ax.get_xlabel()}" for ax in figure.axes if ax.get_xlabel() and ax.get_ylabel()]
    said = [figure.get_suptitle(), *titles, *labels]
    return ". ".join(dict.fromkeys(filter(None, said)))


def draw(chart: Chart, numbers: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """`chart` of `numbers`, on axes of its own unless it is given some."""
    from matplotlib import pyplot as plt

    return chart(numbers, ax or plt.figure(layout="constrained").add_subplot())


def svg(chart: Chart, numbers: pd.DataFrame, sentence: str, size: Size = WIDE) -> str:
    """`chart` of `numbers` as inline SVG whose ids no other picture shares.

    What is read aloud is the sentence and what is drawn: the kind of chart, and the labels of its axes.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(size.width / 72, size.height / 72), dpi=72, layout="constrained")
        chart(numbers, figure.add_subplot())
        own = _means(figure)
        for ax in figure.axes:
            ax.set_title("", loc="left")
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    kind = (getattr(chart, "func", chart).__doc__ or "").strip().partition("\n")[0]
    return _inline(drawn.getvalue(), ". ".join(part.strip(". ") for part in (sentence, kind, own) if part))


def _inline(drawn: str, alt: str) -> str:
    """Drop what only a file of its own needs, name colours by their meaning, make ids unique and add the alt text."""
    key = "f" + hashlib.sha256(drawn.encode()).hexdigest()[:8]
    box = re.search(r'viewBox="[^"]+"', drawn)
    body = drawn[drawn.index("<g ") :]
    body = re.sub("|".join(VARIABLES), lambda found: _named(found[0]), body)
    body = re.sub(r" font-family: [^;\"]+;?", "", body)
    used = set(re.findall(r"#(\w+)", body))
    called = {id: f"{key}{nth}" for nth, id in enumerate(sorted(used))}
    body = re.sub(r' id="([^"]+)"', lambda id: f' id="{called[id[1]]}"' if id[1] in used else "", body)
    body = re.sub(r'(url\(|xlink:href=")#(\w+)', lambda to: f"{to[1]}#{called[to[2]]}", body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{box[0] if box else ""} font-size="13" role="img" aria-label="{escape(alt)}">{_light(body)}'
    )


def _light(body: str) -> str:
    """The same drawing in fewer signs: a tenth of a pixel is enough, and a page says the size of its text once."""
    body = re.sub(
        r' transform="rotate\(-0 [^"]*"|font-size: 13px; | clip-path="[^"]*"|; stroke-linecap: square', "", body
    )
    body = re.sub(r"<clipPath.*?</clipPath>", "", body, flags=re.DOTALL)
    body = re.sub(r"<[^>]+>", lambda mark: re.sub(r"\d+\.\d\d+", _tenths, mark[0]), body)
    body = re.sub(r'<path d="[^"]*" style="fill: none"/>', "", body)
    body = re.sub(r'<g>\s*(<use [^>]*style="([^"]*)"/>(?:\s*<use [^>]*style="\2"/>)*)', _alike, body)
    body = re.sub(r" *\n *", " ", body)
    while (empty := re.sub(r"<(g|defs)>\s*(</\1>)|<g/>", "", body)) != body:
        body = empty
    return re.sub(r"> <", "><", body)


def _alike(marks: re.Match[str]) -> str:
    """Marks of one style, which their group can say for all."""
    style = f' style="{marks[2]}"'
    return f"<g{style}>{marks[1].replace(style, '')}"


def _tenths(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")


def _named(colour: str) -> str:
    """A colour by its meaning, which the style sheet knows, on a page and in a notebook."""
    return f"var(--{VARIABLES[colour]})"


# ------------------------------------------------------------------ units


def _unit(numbers: pd.DataFrame, column: str) -> str:
    return str(numbers.attrs.get("units", {}).get(column, "text"))


def _texts(numbers: pd.DataFrame, column: str) -> list[str]:
    """The values of a column as marks say them."""
    return [inert(short(value, _unit(numbers, column), currency_of(numbers))) for value in numbers[column]]


def _drawn(numbers: pd.DataFrame, column: str) -> pd.Series:
    """The values of a column as an axis counts them: a share in percent."""
    values = numbers[column].astype("float64")
    return 100 * values if _unit(numbers, column) == "share" else values


def _label(numbers: pd.DataFrame, column: str, said: str) -> str:
    """What an axis counts, and in what."""
    unit, currency = _unit(numbers, column), currency_of(numbers)
    of = {"money": currency, "share": "percent", "percent": "percent", "days": "days"}.get(unit, "")
    return f"{said}, {of}" if of and of.lower() not in said.lower() else said


def _counted(axis: Any, unit: str, ticks: int = 5) -> None:
    """Values along an axis, money without the zeros that say nothing: 1.5 M rather than 1.50 M."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(ticks))
    if unit == "money":
        axis.set_major_formatter(FuncFormatter(_tick))


def _tick(value: float, _: object = None) -> str:
    figure, space, unit = money(value).partition(NBSP)
    return (figure.rstrip("0").rstrip(".") if "." in figure else figure) + space + unit


def wrapped(said: str, ax: Axes, sign: float = 7.5) -> str:
    """Words in lines as wide as the figure they stand on."""
    return textwrap.fill(said, max(int(ax.figure.bbox.width / ax.figure.dpi * 72 / sign), 30))


def _read(ax: Axes, label: str, key: str) -> None:
    """What the axis at the foot counts, and under it how to read the marks."""
    ax.set_xlabel("\n".join(filter(None, [label, wrapped(key, ax)])))


def _dates(ax: Axes, numbers: pd.DataFrame, column: str) -> None:
    """Write as many dates under the marks as there is room for, the last one always."""
    days = numbers[column]
    room = max(int(ax.figure.bbox.width // 72), 2)
    shown = np.arange(len(days) - 1, -1, -len(days) // room)[::-1]
    written = "%b\n%Y" if _unit(numbers, column) == "month" else "%-d %b"
    ax.set_xticks(shown, [days.iloc[at].strftime(written) for at in shown])
    ax.set_xlim(-0.5, len(days) - 0.5)
    ax.grid(visible=False, axis="x")
    ax.tick_params(axis="x", length=0)


def _standing(ax: Axes, numbers: pd.DataFrame, column: str, label: str) -> None:
    """Values that rise from nothing, unless some lie below it."""
    ax.set_ylim(bottom=None if ax.dataLim.y0 < 0 else 0)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    _counted(ax.yaxis, _unit(numbers, column))
    ax.set_ylabel(_label(numbers, column, label))


def _lying(ax: Axes, numbers: pd.DataFrame, column: str, label: str) -> None:
    """Bars that lie: their names stand in ink, values run along the foot, and there is room for what they say."""
    ax.margins(x=0.3)
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    _counted(ax.xaxis, _unit(numbers, column), ticks=4)
    ax.set_xlabel(wrapped(_label(numbers, column, label), ax))


def _short(label: str, most: int = 18) -> str:
    """A name cut to what there is room for; the identifier that tells two of one name apart is kept."""
    if len(label) <= most:
        return label
    apart = "".join(label.rpartition(" (")[1:])
    kept = apart if len(apart) < most - 4 else ""
    return f"{label[: most - 1 - len(kept)].rstrip()}…{kept}"


# ------------------------------------------------------------------ the six charts


def bars(  # noqa: PLR0913, PLR0917 - what a chart is of, and how it is said
    numbers: pd.DataFrame,
    ax: Axes,
    over: str,
    stack: Sequence[str],
    note: str = "",
    colours: Sequence[str] = (CALM,),
    says: str = "",
    label: str = "",
) -> Axes:
    """Bars, one a row, each with its sum beside it.

    A bar holds the columns `stack` one after the other; the column `note` stands behind the sum. More colours than
    columns are those of the rows, from the first to the last. Two bars may bear one name, and a name may hold what
    matplotlib would take for a formula.
    """
    at, left = np.arange(len(numbers)), np.zeros(len(numbers))
    by_row = len(colours) > len(stack)
    ramp = [colours[round(step * (len(colours) - 1) / max(len(numbers) - 1, 1))] for step in at]
    for column, colour in zip(stack, [ramp] if by_row else colours, strict=False):
        bar = ax.barh(at, _drawn(numbers, column), left=left, color=colour)
        left = left + _drawn(numbers, column).fillna(0).to_numpy()
    told = _texts(numbers, says or stack[0])
    ax.bar_label(bar, [", ".join(each) for each in zip(told, *([_texts(numbers, note)] if note else []), strict=True)],
                 padding=6)  # fmt: skip
    ax.set_yticks(at, [_short(text) for text in _texts(numbers, over)], parse_math=False)
    _lying(ax, numbers, stack[0], label or " and ".join(name(column) for column in stack))
    return ax


def columns(  # noqa: PLR0913, PLR0917 - what a chart is of, and how to read it
    numbers: pd.DataFrame,
    ax: Axes,
    over: str,
    stack: Sequence[str],
    sticks: tuple[str, str, str],
    key: str,
    fills: Sequence[tuple[str, str]] = FILLS,
    label: str = "Cash in the week",
) -> Axes:
    """Columns that stand in the order of time, one on the other, with sticks for their ranges.

    `stack` is drawn in the `fills`, the inside and the edge of each; `sticks` are the lower end, the middle
    and the upper end of the range.
    """
    foot = np.zeros(len(numbers))
    for column, (fill, edge) in zip(stack, fills, strict=False):
        ax.bar(
            numbers.index, _drawn(numbers, column), bottom=foot, color=fill, edgecolor=edge, linewidth=1.5, width=0.7
        )
        foot = foot + _drawn(numbers, column).fillna(0).to_numpy()
    low, middle, high = (_drawn(numbers, column) for column in sticks)
    ax.vlines(numbers.index, low, high, color=INK, linewidth=2)
    for end, width in ((low, 7), (middle, 12), (high, 7)):
        ax.plot(numbers.index, end, color=INK, marker="_", markersize=width, markeredgewidth=2, linewidth=0)
    _dates(ax, numbers, over)
    _standing(ax, numbers, stack[0], label)
    _read(ax, name(over), key)
    return ax


def lines(  # noqa: PLR0913, PLR0917 - what a chart is of, and how to read it
    numbers: pd.DataFrame,
    ax: Axes,
    over: str,
    named: Mapping[str, str],
    label: str,
    band: tuple[str, str] | None = None,
    key: str = "",
) -> Axes:
    """Lines through the points that are known, each named at its end; a band for the range around the first."""
    if band:
        low, high = (_drawn(numbers, column) for column in band)
        ax.fill_between(numbers.index, low, high, color=EXPECTED, alpha=0.15, linewidth=0)
        for edge in (low, high):
            ax.plot(numbers.index, edge, color=EXPECTED, linewidth=1)
    known = {said: _drawn(numbers, column).dropna() for column, said in named.items() if numbers[column].notna().any()}
    colours = dict(zip(known, (INK, EXPECTED, MUTED), strict=False))
    for said, values in known.items():
        ax.plot(values.index, values, color=colours[said], marker="o", markersize=4)
    _dates(ax, numbers, over)
    _standing(ax, numbers, next(iter(named)), label)
    ends = pd.Series({said: values.iloc[-1] for said, values in known.items()})
    heights = _apart(ends, 0.07 * np.ptp(ax.get_ylim()), ax.get_ylim()[1])
    for said, values in known.items():
        # One that ends a little before the others is named beyond them, lest its name lie on their lines.
        end = values.index[-1] if values.index[-1] < len(numbers) - 4 else len(numbers) - 1
        ax.annotate(said, (end + 0.3, heights[said]), color=colours[said], va="center", annotation_clip=False)
    _read(ax, "" if _unit(numbers, over) == "month" and over == "as_of" else name(over), key)
    return ax


def _apart(heights: pd.Series, least: float, top: float) -> pd.Series:
    """The heights, moved where two are nearer to each other than `least`; none is above `top`."""
    rising = heights.sort_values()
    steps = least * np.arange(len(rising))
    return np.minimum((rising - steps).cummax() + steps, top - steps[::-1])


def waterfall(numbers: pd.DataFrame, ax: Axes, part: str, change: str, on: str, label: str) -> Axes:
    """What stood, what stands, and between them each change as a bar that begins where the one before ended.

    A row with a day `on` is a total; what did not change anything is left out.
    """
    total = numbers[on].notna()
    shown = numbers[total | numbers[change].ne(0)].reset_index(drop=True)
    total, values = shown[on].notna(), shown[change].astype("float64")
    ends = values.where(~total, 0).cumsum() + float(values[total].iloc[0])
    lefts = np.where(total, 0, np.minimum(ends, ends - values))
    colours = np.where(total, INK, np.where(values > 0, OVERDUE, EXPECTED))
    at = np.arange(len(shown))
    bar = ax.barh(at, values.abs(), left=lefts, color=list(colours), height=0.6)
    written = money if _unit(numbers, change) == "money" else brief
    told = [
        f"{'+' if value > 0 and not whole else ''}{written(value)}" for value, whole in zip(values, total, strict=True)
    ]
    ax.bar_label(bar, told, padding=6)
    ax.set_yticks(at, [date(day) if whole else name(said) for said, day, whole in
                       zip(shown[part], shown[on], total, strict=True)])  # fmt: skip
    _lying(ax, numbers, change, label)
    return ax


def dots(  # noqa: PLR0913, PLR0917 - what a chart is of, and how to read it
    numbers: pd.DataFrame, ax: Axes, said: str, came: str, by: str, named: Mapping[str, str], key: str
) -> Axes:
    """Dots of what was said and what came, one colour a way of saying it; on the diagonal both agree."""
    ax.plot([0, 100], [0, 100], color=MUTED, linewidth=1)
    curves = {which: pd.DataFrame({"x": _drawn(rows, said), "y": _drawn(rows, came)})
              for which, rows in numbers.groupby(by)}  # fmt: skip
    other = dict(zip(curves, reversed(curves.values()), strict=True))
    for (which, curve), colour in zip(curves.items(), (MUTED, EXPECTED), strict=False):
        ax.plot(curve.x, curve.y, color=colour, linewidth=1, marker="o", markersize=6)
        # Named where it is farthest from the other one, on the side away from it.
        apart = curve.y.to_numpy() - np.interp(curve.x, other[which].x, other[which].y)
        at = int(np.abs(apart).argmax())
        side, away = ("right", 8) if apart[at] >= 0 else ("left", -8)
        point = (curve.x.iloc[at], curve.y.iloc[at])
        ax.annotate(
            named[str(which)], point, (-away, away), textcoords="offset points", color=colour, ha=side, va="center"
        )
    ax.set_ylabel(_label(numbers, came, name(came)))
    _read(ax, _label(numbers, said, name(said)), key)
    return ax


def heat(numbers: pd.DataFrame, ax: Axes, over: str, cells: str, label: str, last: int = 12) -> Axes:
    """A table of shares in percent, the deeper the colour the greater the share.

    Its columns are those whose names begin with `cells`, its rows the last ones.
    """
    from matplotlib.colors import to_rgba

    narrow = ax.figure.bbox.width < NARROW_BELOW
    rows = numbers.tail(last).reset_index(drop=True)
    shares = rows.filter(regex=f"^{cells}").iloc[:, : 7 if narrow else 12]
    at_row, at_column = np.nonzero(shares.notna().to_numpy())
    known = shares.to_numpy(dtype=float)[at_row, at_column]
    # By rank: where all shares are near to each other they would be one to the eye.
    colours = [to_rgba(EXPECTED, 0.5 * rank) for rank in pd.Series(known).rank(pct=True)]
    ax.barh(at_row, 1, left=at_column - 0.5, height=1, color=colours)
    for row, column, share in zip(at_row, at_column, known, strict=True):
        ax.text(float(column), float(row), count(100 * share), ha="center", va="center")
    ax.set_yticks(range(len(rows)), _texts(rows.pipe(_like, numbers), over), parse_math=False)
    ax.set_xticks(range(shares.shape[1]), [_head(str(column), cells) for column in shares], rotation=90 if narrow and
                  not cells.startswith("age") else 0)  # fmt: skip
    ax.margins(0)
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)
    ax.tick_params(length=0, labelcolor=INK)
    ax.invert_yaxis()
    ax.set_xlabel(label)
    return ax


def _like(rows: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    rows.attrs = numbers.attrs
    return rows


def _head(column: str, cells: str) -> str:
    said = column.removeprefix(cells)
    return said if said.isdigit() else name(column)
