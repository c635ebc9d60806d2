"""What the forecast of cash makes of shocks that no history holds, on a company whose truth is known.

    python benchmarks/shocks.py

Sixty customers are billed every week on terms of 14 days and pay in their own time. Then something happens. Printed
are, of the forecasts of the thirteen weeks after it: how often the 80 % ranges of single weeks and of four weeks
together held, after how many weeks the level of billing was right again within a twentieth, and what the page said
first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from arforecast.desk import open_ledger
from arforecast.forecast import backtest, billing, cash, scores, spans, unlived
from arforecast.forecast.calendar import Floats
from arforecast.forecast.exposure import lives
from arforecast.snapshot import stand

FIRST, WEEKS, AFTER, CUSTOMERS = date(2024, 6, 3), 104, 13, 60
SHOCK, HORIZON, NEAR = WEEKS - 2 * AFTER, 4, 0.05
# In the first year the largest customer buys a tenth of everything.
LARGE = 6.0


def usual(week: int) -> Floats:
    return np.r_[LARGE, np.ones(CUSTOMERS - 1)]


def fall(week: int) -> Floats:
    return usual(week) * (0.7 if week >= SHOCK else 1)


def lost(week: int) -> Floats:
    return usual(week) * np.r_[0.0 if week >= SHOCK else 1.0, np.ones(CUSTOMERS - 1)]


def doubled(week: int) -> Floats:
    return usual(week) * np.r_[2.0 if week >= SHOCK else 1.0, np.ones(CUSTOMERS - 1)]


def strike(week: int) -> Floats:
    return usual(week) * (0.0 if SHOCK <= week < SHOCK + 3 else 1.0)


SHOCKS: dict[str, tuple[date, Callable[[int], Floats]]] = {
    "none": (FIRST, usual),
    "billing falls by 30 %": (FIRST, fall),
    "the largest customer is lost": (FIRST, lost),
    "the largest customer doubles": (FIRST, doubled),
    "a strike of three weeks": (FIRST, strike),
    # The ledger is half a year old, and its last day before is the Sunday before Christmas.
    "a first Christmas": (date(2025, 6, 2) - timedelta(weeks=SHOCK - 28), usual),
}


def invoices(first: date, size: Callable[[int], Floats], christmas: bool = False, seed: int = 11) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    delay = random.integers(-4, 12, CUSTOMERS)
    rows = []
    for week in range(WEEKS):
        on = first + timedelta(weeks=week)
        quiet = christmas and (on.month, on.day) >= (12, 20)
        amounts = size(week) * random.lognormal(5, 0.35, CUSTOMERS) * (0.33 if quiet else 1)
        for nth in np.flatnonzero(amounts):
            paid_on = on + timedelta(days=int(14 + delay[nth] + random.integers(0, 4)) + (7 if quiet else 0))
            while paid_on.weekday() > 4:
                paid_on += timedelta(days=1)
            rows.append(
                (f"{week:03}-{nth:02}", f"C{nth:02}", on, on + timedelta(days=14), round(amounts[nth], 2), paid_on)
            )
    columns = ["invoice_id", "customer_id", "issued_on", "due_on", "amount", "paid_on"]
    return pd.DataFrame(rows, columns=columns)


def judged(name: str, first: date, size: Callable[[int], Floats], folder: Path) -> str:
    christmas = name == "a first Christmas"
    rows = invoices(first, size, christmas)
    shocked = date(2025, 12, 21) if christmas else first + timedelta(weeks=SHOCK, days=-1)
    rows = rows[rows.issued_on >= (date(2025, 6, 2) if christmas else first)]
    last = shocked + timedelta(weeks=2 * AFTER)
    rows = rows[rows.issued_on <= last].assign(paid_on=rows.paid_on.where(rows.paid_on <= last))
    folder.mkdir()
    rows.to_csv(folder / "invoices.csv", index=False)
    facts = stand(open_ledger(folder).books, [last]).cached()
    known = lives(facts)
    stops = [shocked + timedelta(weeks=nth) for nth in range(-26, AFTER)]
    stops = [stop for stop in stops if stop >= (backtest.first_origin(facts, last) or stop)]
    record = cash.record(facts, cash.flows(facts, stops), backtest.past(facts, known, stops), AFTER)
    said = cash.published(cash.of_span(record, spans.WEEK))
    after = said[said.origin >= pd.Timestamp(shocked)]
    return f"{name:<32}" + " ".join([_held(after), _right_again(facts, shocked, size), _words(facts, known, shocked)])


def _held(after: pd.DataFrame) -> str:
    single = after[(after.component == "total") & (after.horizon_week <= HORIZON)]
    four = after[(after.component == cash.SO_FAR) & (after.horizon_week == HORIZON)]
    return "".join(f"{scores.coverage(part.p10, part.p90, part.actual):11.2f}" for part in (single, four))


def _right_again(facts: object, shocked: date, size: Callable[[int], Floats]) -> str:
    """The first week from which on the level of billing stays near what is billed."""
    days = [shocked + timedelta(weeks=nth) for nth in range(AFTER + 13)]
    rows = billing.recent(facts, days)
    levels = billing.levels(facts, rows, days)
    begun = billing.begun(rows).groupby("on").amount.sum() / billing.TEMPLATE_WEEKS
    told = np.array([levels[day].multiple * begun.loc[pd.Timestamp(day)] for day in days])
    truth = size(WEEKS - 1).sum() * np.exp(5 + 0.35**2 / 2) * 100
    off = np.flatnonzero(np.abs(told / truth - 1) > NEAR)
    return f"{0 if not len(off) else off[-1] + 1:>14}"


def _words(facts: object, known: object, shocked: date) -> str:
    """What the page said first of it, and when."""
    for nth in range(-1, AFTER):
        day = shocked + timedelta(weeks=nth)
        level = billing.levels(facts, billing.recent(facts, [day]), [day])[day]
        strange = [name for name in unlived.names(known, day, AFTER) if name]
        if level.change_share or strange:
            told = f"billing lies {level.change_share:+.0%}" if level.change_share else strange[0]
            return f"   {told}, {'the week before' if nth < 0 else f'after {nth} weeks'}"
    return "   nothing"


def main() -> None:
    print(f"{'':<32}{'weeks 1-4':>11}{'four weeks':>11}{'level right':>15}   what the page said")
    with TemporaryDirectory() as scratch:
        for name, (first, size) in SHOCKS.items():
            print(judged(name, first, size, Path(scratch) / name.replace(" ", "_")), flush=True)


if __name__ == "__main__":
    main()
