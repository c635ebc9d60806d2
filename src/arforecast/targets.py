"""How far each KPI is from the target that the settings give it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from arforecast.errors import UsageError
from arforecast.settings import Target

KEYS = ["by", "group", "kpi"]
VERDICTS = {1.0: "better", 0.0: "on target", -1.0: "worse"}


def table(kpis: pd.DataFrame, targets: Mapping[str, Target], glossary: pd.DataFrame) -> pd.DataFrame:
    """The rows of `kpis` that have a target, beside it: as_of, by, group, kpi, value, target, distance, verdict, trend.

    kpis: as of `arforecast.kpis.table`; glossary: as of `arforecast.kpis.glossary`.
    distance: value - target where higher is better, target - value where lower is: above zero is better than asked.
    verdict: better, worse or on target; empty where the value is not defined. trend: how far the value moved the good
    way since the as_of before it in `kpis`; null on the first. A group has the target that names it, never that of the
    whole ledger. Raises UsageError for a target of what is no KPI, or of one of which neither more nor less is better.
    """
    better = glossary.set_index("kpi").better
    _refuse_unjudged(targets, [kpi for kpi in better.index if better[kpi]])
    rows = kpis.merge(_wanted(targets), on=KEYS).sort_values("as_of", kind="stable", ignore_index=True)
    way = np.where(rows.kpi.map(better) == "higher", 1.0, -1.0)
    distance = way * (rows.value - rows.target)
    verdict = np.sign(distance).map(VERDICTS).fillna("")
    trend = way * rows.groupby(KEYS).value.diff()
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


def _refuse_unjudged(targets: Mapping[str, Target], judged: list[str]) -> None:
    unknown = [kpi for kpi in targets if kpi not in judged]
    if unknown:
        names = ", ".join(f"targets.{kpi}" for kpi in unknown)
        raise UsageError(f"The settings have {names}. Give targets to what can be better: {', '.join(judged)}.")
