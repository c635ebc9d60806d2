"""What is left of the cash: what comes in less what is to be paid out, and the chance of having too little.

Obligations are taken as certain, so the range of the position is that of the cash that comes in, moved. One that was
due by the day is taken as paid: give it a new day if it is not.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from ibis import _

from arforecast.forecast.calendar import Floats
from arforecast.forecast.cash import QUANTILES
from arforecast.settings import Treasury
from arforecast.snapshot import BEGINNING, Facts, fetched, total


def position(facts: Facts, within: pd.DataFrame, day: date) -> pd.DataFrame:
    """The cash position at the end of each week, in major units: weeks, until_on, receipts_amount and outflows_amount
    of the week, net_amount, their difference, opening_balance, mean and quantiles of the position, floor_amount, and
    p_below_floor, the chance of lying below it.

    Position = opening cash + receipts - outflows, both since `day`. Where the settings hold no opening cash of that
    day, opening_balance, floor_amount and p_below_floor are null, and mean and quantiles are of what is added to it.
    within: see `arforecast.forecast.cash.within`.
    """
    opening, floor = _known(facts.books.settings.treasury, day)
    decimals, names = facts.books.settings.ledger.decimals, ["mean", *QUANTILES]
    paid = np.array(_outflows(facts, day, len(within))) / 10**decimals
    receipts = within["mean"].diff().fillna(within["mean"])
    weekly = {"receipts_amount": receipts, "outflows_amount": paid, "net_amount": receipts - paid}
    moved = within[names].add(np.nan_to_num(opening) - np.cumsum(paid), axis=0)
    money = pd.concat([pd.DataFrame(weekly), moved], axis=1).round(decimals)
    chance = np.nan if np.isnan(floor) else below(moved, floor)
    told = within[["weeks", "until_on"]].join(money.assign(floor_amount=floor, p_below_floor=chance))
    told.insert(5, "opening_balance", opening)
    return told


def _known(choices: Treasury, day: date) -> tuple[float, float]:
    """The cash at the close of the day, and its floor; not a number where they are not known."""
    if choices.opening_cash_amount is None or choices.opening_cash_on != day:
        return np.nan, np.nan
    floor = choices.floor_amount
    return float(choices.opening_cash_amount), np.nan if floor is None else float(floor)


def _outflows(facts: Facts, day: date, weeks: int) -> list[int]:
    """What is to be paid in each week after `day`, of what was known then, in minor units."""
    last = day + timedelta(weeks=weeks)
    known = facts.books.tables["outflows"].filter(
        (_.known_on.fill_null(BEGINNING) <= day) & (_.due_on > day) & (_.due_on <= last)
    )
    daily = fetched(known.group_by("due_on").aggregate(amount=total(known.amount)))
    nth = [(pd.Timestamp(on).date() - day).days - 1 for on in daily.due_on]
    sums = [0] * weeks
    for ahead, amount in zip(nth, daily.amount, strict=True):
        sums[ahead // 7] += int(amount)
    return sums


def below(levels: pd.DataFrame, floor: float) -> Floats:
    """The chance of lying below `floor`, of what has these quantiles: between two of them, and beyond the outermost, by
    the straight line through them on normal scores."""
    from scipy.special import ndtr, ndtri  # it takes a tenth of a second to import

    scores = ndtri(np.array(list(QUANTILES.values())))
    found = [_score(row, scores, floor) for row in levels[list(QUANTILES)].to_numpy(float)]
    return np.asarray(ndtr(np.array(found)))


def _score(row: Floats, scores: Floats, floor: float) -> float:
    nth = int(np.clip(np.searchsorted(row, floor), 1, len(row) - 1))
    width = row[nth] - row[nth - 1]
    if width <= 0:  # there is nothing between the two: it lies on one side of both
        return float(np.where(floor > row[nth], np.inf, -np.inf))
    return float(scores[nth - 1] + (floor - row[nth - 1]) * (scores[nth] - scores[nth - 1]) / width)
