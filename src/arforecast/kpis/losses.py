"""What was never collected."""

from __future__ import annotations

import pandas as pd

from arforecast.kpis.catalogue import Parts, kpi


@kpi("share", better="lower", after="before_365_on", needs="applications")
def bad_debt_share(m: pd.DataFrame) -> Parts:
    """What billing loses: write-offs of the last 365 days / billed in the last 365 days."""
    return m.write_offs_365, m.billed_365, 1
