"""What if: the forecast of cash under assumptions that are declared, beside the forecast as it is.

A scenario changes what is asked, never what happened: the days on which its customers pay, the billing and the terms of
invoices to come. Both forecasts are drawn with the same random numbers, so that of their difference only what the
scenario moves is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis
import numpy as np
import pandas as pd

from arforecast.errors import UsageError, shown
from arforecast.forecast import spans
from arforecast.forecast.backtest import Past
from arforecast.forecast.calendar import Bools, Floats, Ints
from arforecast.forecast.cash import SO_FAR, Ahead, Flows, ahead
from arforecast.forecast.contacts import Capacity, share_of
from arforecast.forecast.exposure import days
from arforecast.forecast.payment_time import Model
from arforecast.forecast.payment_time import hazards as since_issue
from arforecast.forecast.ranges import p_settled
from arforecast.ledger.groups import NONE
from arforecast.settings import Scenario
from arforecast.snapshot import Facts, fetched

COLUMNS = [
    "scenario", "week", "until_on", "base", "mean", "difference", "p10", "p90", "so_far", "so_far_p10", "so_far_p90",
]  # fmt: skip
# Marks the invoices that are not issued yet: only to them new terms and discounts apply.
TO_COME = "to_come"


@dataclass(frozen=True)
class Supposed:
    """A model whose customers pay as a scenario has it. concerned: whose payments it moves."""

    model: Model
    scenario: Scenario
    concerned: frozenset[str]
    capacity: Capacity

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.model.name}, supposed"

    def hazards(self, invoices: pd.DataFrame, first: date, days_ahead: int) -> Floats:
        """The chances of each day under the scenario; see `arforecast.forecast.payment_time.Model`."""
        later = self._later(invoices)
        sooner = max(-later.min(initial=0), 0)
        chance = p_settled(since_issue(self.model, invoices, first, days_ahead + sooner))
        earliest = np.maximum((days(invoices.issued_on) - np.datetime64(first)).astype(np.int64), 0)
        for by_days in np.unique(later[later != 0]):
            rows = later == by_days
            chance[rows] = _moved(chance[rows], int(by_days), earliest[rows])
        chance = self._discounted(chance, self._new(invoices), earliest)
        chance[invoices.customer_id.isin(self.scenario.stops).to_numpy()] = 0
        return self._contacted(_hazards(chance[:, :days_ahead]), invoices, first)

    def _contacted(self, hazards: Floats, invoices: pd.DataFrame, first: date) -> Floats:
        if self.capacity.share:
            rows = invoices.customer_id.isin(self.concerned).to_numpy()
            on = np.datetime64(first) + np.arange(hazards.shape[1])
            ages = (on[None, :] - days(invoices.due_on)[rows, None]).astype(np.int64)
            hazards[rows] = self.capacity.hazards(hazards[rows], ages)
        return hazards

    def _new(self, invoices: pd.DataFrame) -> Bools:
        """Which of them are not issued yet and of the customers it is about."""
        to_come = invoices[TO_COME].eq(True) if TO_COME in invoices else pd.Series(False, invoices.index)
        return np.asarray(to_come & invoices.customer_id.isin(self.concerned), dtype=bool)

    def _later(self, invoices: pd.DataFrame) -> Ints:
        """By how many days each is paid later: on other terms, as long after its due day as ever."""
        later = np.where(invoices.customer_id.isin(self.concerned), self.scenario.days, 0)
        if self.scenario.terms_days is None:
            return later
        usual = (days(invoices.due_on) - days(invoices.issued_on)).astype(np.int64)
        return np.asarray(later + np.where(self._new(invoices), self.scenario.terms_days - usual, 0))

    def _discounted(self, chance: Floats, new: Bools, earliest: Ints) -> Floats:
        """Those who take the discount pay on its last day."""
        share = self.scenario.discount_uptake_share
        if not self.scenario.discount_share or not share:
            return chance
        chance[new] *= 1 - share
        on = earliest + self.scenario.discount_days
        here = np.flatnonzero(new & (on < chance.shape[1]))
        chance[here, on[here]] += share
        return chance


def _moved(chance: Floats, by_days: int, earliest: Ints) -> Floats:
    """The chances so many days later, or sooner: then nothing before the earliest day of each invoice."""
    moved = np.zeros_like(chance)
    if by_days >= 0:
        moved[:, by_days:] = chance[:, : max(chance.shape[1] - by_days, 0)]
        return moved
    moved[:, :by_days] = chance[:, -by_days:]
    too_soon = np.arange(chance.shape[1])[None, :] < earliest[:, None]
    at_once = chance[:, :-by_days].sum(axis=1) + (moved * too_soon).sum(axis=1)
    moved[too_soon] = 0
    here = np.flatnonzero(earliest < chance.shape[1])
    moved[here, earliest[here]] += at_once[here]
    return moved


def _hazards(chance: Floats) -> Floats:
    """The hazards from the probabilities of each day."""
    before = 1 - np.cumsum(chance, axis=1) + chance
    return np.clip(np.divide(chance, before, out=np.zeros_like(chance), where=before > 1e-12), 0, 1)


def compared(facts: Facts, known: Flows, then: Past, weeks: int, named: Mapping[str, Scenario]) -> pd.DataFrame:
    """Each scenario beside the forecast as it is, one row a scenario and week, in major units: scenario (its name, and
    whom it means that is not here), week, until_on, base and mean, the cash expected in the week without and with it;
    difference, with p10 and p90 of it; so_far, so_far_p10 and so_far_p90, the difference of all weeks up to this
    one."""
    if not named:
        return pd.DataFrame({name: [] for name in COLUMNS})
    base = ahead(known, then, then.model, weeks)
    ends = spans.ends(spans.WEEK, then.origin, weeks)
    here = {*then.known.customers, *known.scheduled.customer_id}
    parts = [
        _beside(f"{name}{_absent(facts, then, each, here)}", base, _ahead(facts, known, then, weeks, each), ends)
        for name, each in named.items()
    ]
    table, minor = pd.concat(parts, ignore_index=True), 10**facts.books.settings.ledger.decimals
    until = pd.Timestamp(then.origin) + pd.to_timedelta(7 * table.week, unit="D")
    return table.assign(until_on=until, **{name: table[name].round() / minor for name in COLUMNS[3:]})[COLUMNS]


def _beside(name: str, base: Ahead, supposed: Sequence[Ahead], ends: Ints) -> pd.DataFrame:
    """supposed: with the least and with the greatest uptake of a discount and effect of contacts, or once where these
    are certain."""
    mean = base.of("total", ends)[0]
    columns = {"scenario": name, "week": range(1, len(ends) + 1), "base": mean}
    table = pd.DataFrame(columns).assign(mean=np.mean([each.of("total", ends)[0] for each in supposed], axis=0))
    for component, prefix in (("total", ""), (SO_FAR, "so_far_")):
        off = [each.of(component, ends)[1] - base.of(component, ends)[1] for each in supposed]
        table[prefix + "p10"] = np.min([np.quantile(drawn, 0.1, axis=0) for drawn in off], axis=0)
        table[prefix + "p90"] = np.max([np.quantile(drawn, 0.9, axis=0) for drawn in off], axis=0)
    difference = table["mean"] - table.base
    return table.assign(difference=difference, so_far=difference.cumsum())


def _ahead(facts: Facts, known: Flows, then: Past, weeks: int, scenario: Scenario) -> list[Ahead]:
    """The forecast under a scenario, with the least and with the greatest uptake of its discount and effect of its
    contacts."""
    concerned, call = _concerned(facts, then, scenario), facts.books.settings.actions.call
    owed = then.invoices[then.invoices.customer_id.isin(concerned)]
    share = share_of(owed, then.origin, scenario.contacts_a_week, call)
    both = [
        Supposed(then.model, scenario.with_uptake(uptake), concerned, Capacity(call, share, end))
        for end, uptake in enumerate(scenario.discount_uptake)
    ]
    ends = both if share or len(set(scenario.discount_uptake)) > 1 else both[:1]
    return [ahead(_flows(known, each.scenario, concerned), then, each, weeks) for each in ends]


def _concerned(facts: Facts, then: Past, scenario: Scenario) -> frozenset[str]:
    """The customers a scenario is about: those of its segments, or all."""
    if not scenario.where:
        return frozenset(then.known.customers)
    customers = _having(facts.books.tables["customers"], scenario.where)
    return frozenset(fetched(customers.select("customer_id")).customer_id)


def _having(customers: ibis.Table, wanted: Mapping[str, str]) -> ibis.Table:
    for column, value in wanted.items():
        if column not in customers.columns:
            raise UsageError(f"The scenario asks for {shown(column)}, which is no column of customers.")
        customers = customers.filter(_says(customers[column], value))
    return customers


def _says(column: ibis.Column, value: str) -> ibis.BooleanValue:
    """Whether it holds the value, a number whichever way it is written."""
    if not column.type().is_floating():
        return column.cast("string").fill_null(NONE) == value
    try:
        return column == float(value)
    except ValueError:
        return ibis.literal(value == NONE) & column.isnull()


def _absent(facts: Facts, then: Past, scenario: Scenario, here: set[str]) -> str:
    """Whom a scenario means and nobody here is: that it moves nothing is no finding, and may be a slip of the pen."""
    unknown = [shown(name) for name in scenario.stops if name not in here]
    if scenario.where and not _concerned(facts, then, scenario) & here:
        unknown += [f"with {shown(f'{column} {value}')}" for column, value in scenario.where.items()]
    return f" (no customer {', '.join(unknown)})" if unknown else ""


def _flows(known: Flows, scenario: Scenario, concerned: frozenset[str]) -> Flows:
    """What is not issued yet, as the scenario has it billed."""
    begun, scheduled = (_billed(rows, scenario, concerned) for rows in (known.begun, known.scheduled))
    levels = {day: replace(level, multiple=level.multiple * scenario.billing) for day, level in known.levels.items()}
    return replace(known, begun=begun, scheduled=scheduled, levels=levels)


def _billed(rows: pd.DataFrame, scenario: Scenario, concerned: frozenset[str]) -> pd.DataFrame:
    """The invoices to come; of one that takes the discount, what is left to pay."""
    given = scenario.discount_share * scenario.discount_uptake_share
    balance = rows.balance * np.where(rows.customer_id.isin(concerned), 1 - given, 1.0)
    return rows.assign(balance=balance, **{TO_COME: True})
