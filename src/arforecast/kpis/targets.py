"""How far each KPI is from the target that the settings give it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from arforecast.errors import UsageError
from arforecast.kpis.catalogue import Kpi
from arforecast.settings import Target

KEYS = ["by", "group", "kpi"]
VERDICTS = {1.0: "better", 0.0: "on target", -1.0: "worse"}


def columns(targets: Mapping[str, Target], known: Collection[str]) -> list[str]:
    """The columns of whose groups there are targets, each once. Raises UsageError for one that is not in `known`."""
    asked = {(kpi, by) for kpi, target in targets.items() for by in target.groups}
    unknown = sorted(f"targets.{kpi}.{by}" for kpi, by in asked if by not in known)
    if unknown:
        raise UsageError(
            f"The settings have {', '.join(unknown)}. Give targets to groups of a column that the ledger has: "
            f"{', '.join(known)}."
        )
    return sorted({by for _, by in asked})


def judged(targets: Mapping[str, Target], kpis: Sequence[Kpi]) -> list[Kpi]:
    """The KPIs that have a target.

    Raises UsageError for a target of what is no KPI, or of one of which neither more nor less is better.
    """
    known = [kpi.name for kpi in kpis if kpi.better]
    unknown = [name for name in targets if name not in known]
    if unknown:
        names = ", ".join(f"targets.{name}" for name in unknown)
        raise UsageError(f"The settings have {names}. Give targets to what can be better: {', '.join(known)}.")
    return [kpi for kpi in kpis if kpi.name in targets]


def distances(kpis: pd.DataFrame, targets: Mapping[str, Target], glossary: pd.DataFrame) -> pd.DataFrame:
    """Every target on every day of `kpis`: as_of, by, group, kpi, value, target, distance, verdict, trend.

    kpis: as of `arforecast.kpis.measured`, by every column in `columns`; glossary: as of `arforecast.kpis.glossary`.
    value: null where the KPI is not defined, or nothing is known of the group that the target names.
    distance: value - target where higher is better, target - value where lower is: above zero is better than asked.
    verdict: better, worse or on target; empty without a value. trend: how far the value moved the good way since the
    as_of before it in `kpis`; null on the first. A group has the target that names it, never that of the whole ledger.
    """
    better = glossary.set_index("kpi").better
    days = pd.DataFrame({"as_of": np.sort(kpis.as_of.unique())})
    rows = days.merge(_wanted(targets), how="cross").merge(kpis, how="left", on=["as_of", *KEYS])
    way = np.where(rows.kpi.map(better) == "higher", 1.0, -1.0)
    # Nothing has no minus: what is added takes it off.
    distance = (rows.value - rows.target) * way + 0.0
    verdict = np.sign(distance).map(VERDICTS).fillna("")
    trend = rows.groupby(KEYS).value.diff() * way + 0.0
    judged = rows.assign(distance=distance, verdict=verdict, trend=trend)
    return judged[["as_of", *KEYS, "value", "target", "distance", "verdict", "trend"]]


def _wanted(targets: Mapping[str, Target]) -> pd.DataFrame:
    """One row a target: by and group (both empty for the whole ledger), kpi, target."""
    whole = [("", "", kpi, target.value) for kpi, target in targets.items() if target.value is not None]
    grouped = [
        (by, group, kpi, value)
        for kpi, target in targets.items()
        for by, groups in target.groups.items()
        for group, value in groups.items()
    ]
    rows = pd.DataFrame(whole + grouped, columns=[*KEYS, "target"])
    return rows.astype(dict.fromkeys(KEYS, "str") | {"target": "float64"})
