"""How often ranges of cash hold on companies whose truth is known, and where nothing out of the ordinary happens.

    python benchmarks/coverage.py --ledgers 200

Each is a company of `benchmarks/shocks.py` with its own customers, of a year and a half; the forecasts of its last half
year are judged, by weeks ahead, for single weeks and for all weeks up to one, and for days and months by the week in
which they end. Closed days are those on which nothing could come, as it was drawn.
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from shocks import FIRST, invoices, usual

from arforecast.desk import open_ledger
from arforecast.forecast import backtest, cash, scale, scores, spans
from arforecast.forecast.exposure import lives
from arforecast.snapshot import computed

LAST = FIRST + timedelta(weeks=78, days=-1)
WEEKS, CLOSED = 13, "closed day"
KINDS = {
    "single weeks": (spans.WEEK, "total"),
    "all weeks up to it": (spans.WEEK, cash.SO_FAR),
    "days": (spans.DAY, "total"),
    "closed days": (CLOSED, "total"),
    "months": (spans.MONTH, "total"),
}


def said(seed: int, folder: Path) -> pd.DataFrame:
    """What the forecasts of half a year said beside what came, their ranges learnt from the half year before."""
    rows = invoices(FIRST, usual, seed=seed)
    rows = rows[rows.issued_on <= LAST].assign(paid_on=rows.paid_on.where(rows.paid_on <= LAST))
    folder.mkdir()
    rows.to_csv(folder / "invoices.csv", index=False)
    facts = computed(open_ledger(folder).books, [LAST])
    stops = [LAST - timedelta(weeks=nth) for nth in range(52, 0, -1)]
    past = backtest.past(facts, lives(facts), stops)
    record = cash.record(facts, cash.flows(facts, stops), past, WEEKS)
    told = pd.concat([_published(record, span) for span in spans.SPANS])
    return told[told.origin >= pd.Timestamp(stops[26])]


def _published(record: pd.DataFrame, span: str) -> pd.DataFrame:
    drawn = cash.of_span(record, span)
    closed = scale.closed(drawn) & (span == spans.DAY)
    return cash.published(drawn).assign(span=closed.map({True: CLOSED, False: span}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledgers", type=int, default=200)
    asked = parser.parse_args()
    with TemporaryDirectory() as scratch:
        judged = pd.concat([said(seed, Path(scratch) / str(seed)) for seed in range(asked.ledgers)])
    print(f"{asked.ledgers} ledgers; the share of ranges of 50, 80 and 95 % that held, by weeks ahead")
    for name, (span, component) in KINDS.items():
        of_kind = judged[(judged["span"] == span) & (judged.component == component)]
        for week, rows in of_kind.groupby(np.ceil(of_kind.horizon_week).astype(int)):
            held = [scores.coverage(rows[low], rows[high], rows.actual) for low, high in backtest.RANGES.values()]
            print(f"{name:<20}{week:>3}{len(rows):>8}" + "".join(f"{share:8.3f}" for share in held))


if __name__ == "__main__":
    main()
