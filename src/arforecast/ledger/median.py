"""The median by group in plain counting: not every engine has one."""

from __future__ import annotations

import ibis
from ibis import _


def medians(rows: ibis.Table, by: list[str], column: str) -> ibis.Table:
    """The middle value of `column` in each group of `by`, the mean of two where two stand there: by, median."""
    known = rows.filter(_[column].notnull())
    ranked = known.select(
        *by,
        value=column,
        nth=ibis.row_number().over(group_by=by, order_by=column),
        size=_.count().over(group_by=by),
    )
    middle = ranked.filter((2 * _.nth >= _.size - 2) & (2 * _.nth <= _.size))
    return middle.aggregate(by=by, median=_.value.mean())
