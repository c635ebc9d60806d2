"""What a KPI is: a ratio carried as its two parts, and a docstring that is its definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

Parts = tuple[pd.Series, pd.Series | float, float]
"""Numerator, denominator, scale: value = numerator / denominator x scale."""


class Sums(NamedTuple):
    """The sums that a measure makes, and the table without which it says nothing of them."""

    names: tuple[str, ...]
    table: str = ""


@dataclass(frozen=True)
class Kpi:
    """A measure of receivables.

    parts: from the measures (one row a day and group, money in minor units) to numerator, denominator and scale.
    after: the column of the calendar that names the day before the billing the definition looks back on; where that
    billing begins before the ledger does, the KPI is not defined.
    better: the direction that is good, or empty. counted: the parts are numbers of things, not money.
    needs: the table without which the KPI is not defined. back: the column of the calendar that names
    the day before the span it looks back on; a KPI with one, or with `after`, needs history.
    """

    name: str
    meaning: str
    unit: str
    better: str
    after: str
    parts: Callable[[pd.DataFrame], Parts]
    counted: bool = False
    needs: str = ""
    back: str = ""

    @property
    def each(self) -> bool:
        """Whether it is money for each thing of a number of them: only the denominator is a number."""
        return self.unit.startswith("money per")

    @property
    def begins_after(self) -> str:
        """The column of the calendar before which it needs no history; empty where it is of one day alone."""
        return self.after or self.back


def kpi(
    unit: str, better: str = "", after: str = "", counted: bool = False, needs: str = "", back: str = ""
) -> Callable[[Callable[[pd.DataFrame], Parts]], Kpi]:
    """Turn a function from measures to parts into a KPI; its docstring is the definition printed beside the figure."""

    def define(parts: Callable[[pd.DataFrame], Parts]) -> Kpi:
        meaning = " ".join((parts.__doc__ or "").split())
        return Kpi(parts.__name__, meaning, unit, better, after, parts, counted, needs, back)

    return define
