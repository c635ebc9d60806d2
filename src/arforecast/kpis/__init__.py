"""The catalogue of KPIs, and the table of their values.

Measures are sums that the engine makes from the facts, one row a day and group; a KPI divides one by another. So
groups add up through numerator and denominator, and a denominator of nothing, or of less, is "not defined", never 0 or
infinity: where payments bounced beyond all that came, there was nothing to be a share of.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date

import ibis
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from arforecast.kpis import balances, collections, cost, known, losses, service, speed
from arforecast.kpis.catalogue import Kpi, Sums
from arforecast.kpis.known import Bools
from arforecast.ledger import Books
from arforecast.ledger.groups import WHOLE, By, columns, named, of_customers
from arforecast.settings import Settings
from arforecast.snapshot import Facts, computed, fetched, first_issued, regrouped

Measure = Callable[[Facts], ibis.Table]

Floats = NDArray[np.float64]

KEYS = ["as_of", "group"]
PARTS = ("value", "numerator", "denominator")
# What the KPIs are made of, beside the balances. Where the table that a measure needs is not there, nobody asks it.
MEASURES: dict[Measure, Sums] = (
    balances.MEASURES | speed.MEASURES | service.MEASURES | cost.MEASURES | collections.MEASURES
)
# What does not add up over groups: ranks and squares, medians, customers who stand in two groups, and costs.
ALONE = frozenset(
    {
        balances.customers,
        speed.countback,
        speed.days_to_settle,
        speed.resolved,
        service.days_in_dispute,
        service.first_contacts,
        cost.spent,
        cost.unasked,
    }
)
# A missing sum is nothing; a missing length of time, a cost that nobody booked or what nobody learnt, is not known.
UNKNOWN = [
    "countback_days",
    "km_median_days",
    "resolved_median_days",
    "dispute_median_days",
    "reminder_median_days",
    "cost_month",
    "unasked_month",
]


def catalogue(settings: Settings) -> tuple[Kpi, ...]:
    """Every KPI in the order of the report; the ageing buckets follow the edges of the settings."""
    return (
        balances.open_ar,
        balances.credit_balance,
        balances.net_ar,
        balances.overdue_ar,
        balances.overdue_share,
        *balances.aging(settings.kpis.aging_edges),
        balances.over_90_share,
        balances.disputed_share,
        balances.top10_share,
        balances.hhi,
        balances.top10_group_share,
        balances.hhi_group,
        balances.billed,
        balances.cash,
        balances.credit_notes,
        balances.discounts,
        balances.write_offs,
        balances.set_offs,
        balances.withheld_tax,
        balances.bank_charges,
        balances.differences,
        speed.dso,
        speed.dso_12m,
        speed.dso_countback,
        speed.dso_best_possible,
        speed.add,
        speed.ar_turnover,
        speed.days_beyond_terms,
        speed.days_to_pay,
        speed.days_to_pay_median_km,
        speed.paid_on_time_share,
        speed.paid_on_time_count_share,
        speed.days_to_resolve_mean,
        speed.days_to_resolve_median,
        collections.cei,
        collections.cei_3m,
        collections.collection_rate,
        collections.collection_rate_period,
        collections.collection_rate_outstanding,
        collections.recovery_rate,
        collections.recovered_30,
        collections.recovered_60,
        collections.recovered_90,
        collections.recovered_to_outstanding,
        losses.bad_debt_share,
        service.dispute_rate,
        service.dispute_days,
        service.promise_kept_share,
        service.promise_kept_count_share,
        service.contact_rate,
        service.right_party_share,
        service.reminder_lead,
        service.invoicing_lag,
        cost.cost_to_collect,
        cost.cost_per_invoice,
        cost.collections_roi,
        cost.collections_roi_net,
        cost.discount_uptake,
        cost.discount_cost,
    )


def glossary(settings: Settings) -> pd.DataFrame:
    """The definitions: kpi, meaning, unit, better."""
    rows = [(k.name, k.meaning, k.unit, k.better) for k in catalogue(settings)]
    return pd.DataFrame(rows, columns=["kpi", "meaning", "unit", "better"])


def measured(books: Books, days: Iterable[date], by: By = None) -> pd.DataFrame:
    """The value of every KPI on each day: for the whole ledger and, with `by`, each group of that column, or each
    combination of several.

    Columns: as_of, by, group (both empty for the whole ledger), kpi, value, numerator, denominator, unit; money in
    major units, NaN where a KPI is not defined. by and group of a combination: `segment,country` and `A, CA`, see
    `arforecast.ledger.groups`. Raises UsageError for an unknown column.
    """
    return measured_by_each(books, days, [of] if (of := columns(by)) else [], catalogue(books.settings))


def measured_by_each(books: Books, days: Iterable[date], groupings: Sequence[By], kpis: Sequence[Kpi]) -> pd.DataFrame:
    """As `measured`, of some KPIs, for the whole ledger and by each of several groupings, one after the other."""
    days, asked = list(days), [columns(by) for by in groupings]
    whole, wanted = computed(books, days), taken(kpis, books.settings)
    groups = [measures(regrouped(whole, by), wanted) for by in asked]
    of_all = added_up(groups[0], whole, wanted) if groups else measures(whole, wanted)
    tables = zip([(), *asked], [of_all, *groups], strict=True)
    parts = [_values(wide, books, kpis).assign(by=named(by)) for by, wide in tables]
    contract = ["as_of", "by", "group", "kpi", "value", "numerator", "denominator", "unit"]
    return pd.concat(parts, ignore_index=True)[contract]


def taken(kpis: Iterable[Kpi], settings: Settings) -> set[Measure]:
    """The measures that make a sum which one of the KPIs takes: where that is not known, neither is a part of it."""
    names = [*balances.standing_sums(settings), *(name for sums in MEASURES.values() for name in sums.names)]
    unknown = pd.DataFrame(np.where(np.eye(len(names)), np.nan, 1.0), columns=names)
    parts = (kpi.parts(unknown) for kpi in kpis)
    of_kpis = {names[nth] for above, below, _scale in parts for nth in np.flatnonzero(np.isnan(above + below))}
    return {measure for measure, sums in MEASURES.items() if of_kpis.intersection(sums.names)}


def measures(facts: Facts, wanted: Collection[Measure] = MEASURES) -> pd.DataFrame:
    """The balances and every sum that the KPIs divide, or those of the measures that are wanted: one row a day and
    group, money in minor units (whole ones in one currency)."""
    wide, balance = _asked(wanted, facts), fetched(balances.standing(facts)).set_index(["on", "group"])
    there = (_at(wide[[day, "group"]], balance.add_suffix(suffix)) for suffix, day in balances.DAYS.items())
    return pd.concat([wide, *there], axis=1)


def added_up(groups: pd.DataFrame, facts: Facts, wanted: Collection[Measure]) -> pd.DataFrame:
    """The measures of the whole ledger from those of its groups: only what does not add up is asked for again."""
    wide = _asked(ALONE.intersection(wanted), facts)
    sums = groups.drop(columns=[name for name in wide if name != "as_of"]).groupby("as_of", as_index=False).sum()
    return pd.concat([wide, _at(wide[["as_of"]], sums.set_index(["as_of"]))], axis=1)


def _asked(wanted: Collection[Measure], facts: Facts) -> pd.DataFrame:
    """The days and groups, with those of the measures that are wanted."""
    rows, parts = _rows(facts), []
    for measure, sums in MEASURES.items():
        if measure in wanted:
            there = sums.table in {"", *facts.books.present}
            parts.append(_at(rows[KEYS], fetched(measure(facts)).set_index(KEYS)) if there else _nothing(sums, rows))
    return pd.concat([rows, *parts], axis=1)


def _nothing(sums: Sums, rows: pd.DataFrame) -> pd.DataFrame:
    """What a measure says of a table that is not there."""
    return pd.DataFrame({name: np.nan if name in UNKNOWN else 0 for name in sums.names}, index=rows.index)


def _at(rows: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """The measures, indexed by the columns of `rows`, beside each of these; 0 where there are none, if they add up."""
    at = pd.MultiIndex.from_frame(rows) if len(rows.columns) > 1 else pd.Index(rows.iloc[:, 0])
    names = [name for name in UNKNOWN if name in measured]
    unknown = measured[names].reindex(at)
    known = measured.drop(columns=names).reindex(at, fill_value=0)
    return pd.concat([known, unknown], axis=1).set_axis(rows.index)


def _rows(facts: Facts) -> pd.DataFrame:
    """The days, each with the groups known by then, and the first day of billing known by then."""
    days = facts.calendar
    known = known_groups(facts).to_pandas() if facts.by else days.to_pandas().assign(group=WHOLE)
    rows = known.merge(first_issued(facts.books, days).to_pandas(), on="as_of", how="left")
    return rows.sort_values(KEYS, ignore_index=True)


def known_groups(facts: Facts) -> ibis.Table:
    """The days, each with the groups of which a fact had entered the books by then."""
    served = (of_customers(facts.books, name, facts.by) for name in ("promises", "contacts", "credits"))
    seen = (table.select("group", "entered_on") for table in (facts.entries, facts.receipts, *served))
    groups = ibis.union(*seen).group_by("group").aggregate(since=_.entered_on.min())
    return facts.calendar.join(groups, groups.since <= facts.calendar.as_of).drop("since")


def _values(wide: pd.DataFrame, books: Books, kpis: Sequence[Kpi]) -> pd.DataFrame:
    """One row a day, group and KPI, in the order of these."""
    parts = [_parts(kpi, wide, books) for kpi in kpis]
    figures = {name: np.concatenate([[], *(part[at] for part in parts)]) for at, name in enumerate(PARTS)}
    nth = np.repeat(np.arange(len(kpis)), len(wide))
    of = {
        "as_of": np.tile(pd.to_datetime(wide.as_of), len(kpis)),
        "group": np.tile(wide.group, len(kpis)),
        "kpi": np.array([kpi.name for kpi in kpis], dtype=object)[nth],
        "unit": np.array([kpi.unit for kpi in kpis], dtype=object)[nth],
    }
    values = pd.DataFrame(figures | of | {"nth": nth}).astype(dict.fromkeys(("group", "kpi", "unit"), "str"))
    return values.sort_values([*KEYS, "nth"], ignore_index=True)


def value(kpi: Kpi, wide: pd.DataFrame, books: Books) -> pd.DataFrame:
    """A KPI of measures, one row a day and group as theirs are: value, numerator, denominator."""
    return pd.DataFrame(dict(zip(PARTS, _parts(kpi, wide, books), strict=True)), index=wide.index)


def _parts(kpi: Kpi, wide: pd.DataFrame, books: Books) -> tuple[Floats, Floats, Floats]:
    """The value of each day and group, and the two that it is made of."""
    numerator, denominator, scale = kpi.parts(wide)
    minor = 10**books.settings.ledger.decimals
    fixed = not isinstance(denominator, pd.Series)
    above_unit, below_unit = 1 if kpi.counted else minor, 1 if kpi.counted or kpi.each or fixed else minor
    untold = known.not_in_ledger(books, kpi.name, looks_back=bool(kpi.begins_after))
    absent = known.kpi_not_in_ledger(kpi, books)
    above = _unless(known.before_complete(kpi, wide, books) | bool(untold), numerator)
    below = _unless(known.too_early(kpi, wide, books) | bool(absent), denominator)
    # Whole numbers are rounded once: 29 of 100 are 29 %, and a target of 29 is met.
    value = above * (scale * below_unit) / (np.where(below > 0, below, np.nan) * above_unit)
    return value, above / above_unit, below / below_unit


def _unless(unknown: Bools, measure: pd.Series | float) -> Floats:
    """A part of a KPI, NaN where it is not known."""
    return np.where(unknown, np.nan, np.asarray(measure, dtype=float))
