"""Calibration: a line on the whole distribution, learnt on what was said of late.

    logit F' = a + b logit F

F is the chance of being settled by a day. A line is used only where it would have done better than none on the latest
past origins; a = 0, b = 1 leaves things as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from arforecast.forecast import boosted
from arforecast.forecast.boosted import Boosted
from arforecast.forecast.calendar import Bools, Floats, Ints
from arforecast.forecast.exposure import Lives, drawn
from arforecast.forecast.hazard import Hazard

# So many past origins are looked at, of which the latest judge; a line is learnt of no fewer chances.
ORIGINS, JUDGES, FEWEST = 6, 2, 500
# How many chances the belief in no line is worth, each at its most uncertain.
STRENGTH = 50


class Line(NamedTuple):
    """The line: logit F' = shift + slope x logit F."""

    shift: float = 0.0
    slope: float = 1.0

    def of(self, settled_by: Floats) -> Floats:
        """The calibrated chances of being settled by a day."""
        odds = np.exp(self.shift) * settled_by**self.slope
        return np.asarray(odds / (odds + (1 - settled_by) ** self.slope))


@dataclass(frozen=True)
class Calibrated:
    """A model whose distributions follow a line."""

    model: Hazard | Boosted
    line: Line

    @property
    def name(self) -> str:
        return f"{self.model.name}, calibrated"

    def hazards(self, invoices: pd.DataFrame, first: date, days: int) -> Floats:
        """The probability that an invoice still open is settled on each of `days` days from `first`: invoices x
        days."""
        return hazards(self.model.hazards(invoices, first, days), self.line)


@dataclass(frozen=True)
class Said:
    """What was said of invoices not due on past origins, and what came.

    on_time: the chance of being settled by the due day. kept: whether it was. origin: the number of its origin, the
    latest last.
    """

    on_time: Floats
    kept: Bools
    origin: Ints


def hazards(chance: Floats, line: Line) -> Floats:
    """Hazards from a day on, invoices x days, made those of the calibrated distribution."""
    surviving = np.ones((chance.shape[0], chance.shape[1] + 1))
    np.cumprod(1 - chance, axis=1, out=surviving[:, 1:])
    left = 1 - line.of(1 - surviving)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left[:, :-1] > 1e-9, 1 - left[:, 1:] / left[:, :-1], chance)


def calibrated(model: Hazard | Boosted, known: Lives, day: date) -> Hazard | Boosted | Calibrated:
    """The model of a day, along a line where one helps."""
    asked = line(drawn(known, day), day, isinstance(model, Boosted))
    return model if asked == Line() else Calibrated(model, asked)


@lru_cache(maxsize=64)
def line(known: Lives, day: date, grown: bool) -> Line:
    """The line that what was said by `day` asks for; none where it is short of examples or did not help on the latest
    origins."""
    said = record(known, day, grown)
    latest = said.origin > said.origin.max(initial=0) - JUDGES
    if min((~latest).sum(), latest.sum()) < FEWEST:
        return Line()
    tried = fitted(said.on_time[~latest], said.kept[~latest])
    plain, better = (_loss(each.of(said.on_time[latest]), said.kept[latest]) for each in (Line(), tried))
    return fitted(said.on_time, said.kept) if better < plain else Line()


def record(known: Lives, day: date, grown: bool) -> Said:
    """What the trees of past origins, or their closed forms, said of invoices that are due by `day`."""
    origins = boosted.origins(known, day, ORIGINS)
    parts = [boosted.in_time(known, origin, day, grown) for origin in origins]
    if not parts:
        return Said(np.empty(0), np.empty(0, dtype=bool), np.empty(0, dtype=np.int64))
    origin = np.repeat(np.arange(len(parts)), [len(chance) for chance, _ in parts])
    on_time, kept = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Said(on_time, kept, origin)


def fitted(chance: Floats, happened: Bools) -> Line:
    """The line of a ridge logistic regression towards no line, by Newton's method."""
    clipped = np.clip(chance, 1e-6, 1 - 1e-6)
    rows = np.stack([np.ones(len(chance)), np.log(clipped) - np.log1p(-clipped)], axis=1)
    prior, line = np.array([0.0, 1.0]), np.array([0.0, 1.0])
    for _ in range(20):
        now = 1 / (1 + np.exp(-rows @ line))
        slope = rows.T @ (happened - now) - STRENGTH / 4 * (line - prior)
        bend = (rows * (now * (1 - now))[:, None]).T @ rows + STRENGTH / 4 * np.eye(2)
        line = line + np.linalg.solve(bend, slope)
    return Line(float(line[0]), max(float(line[1]), 0.25))


def _loss(chance: Floats, happened: Bools) -> float:
    clipped = np.clip(chance, 1e-6, 1 - 1e-6)
    return float(-np.log(np.where(happened, clipped, 1 - clipped)).mean())
