"""How right the forecasts are on a ledger, by the protocol: weekly origins, each asked as the ledger was known then.

    python benchmarks/accuracy.py LEDGER --as-of 2019-10-31 --from 2019-06-01

prints each figure with its baseline's, and their ratio (below 1 the model is better) with the 90 % interval of a
bootstrap over blocks of four origins: a win is claimed only where the interval lies below 1.
"""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pandas as pd

from arforecast.forecast import backtest, cash, late, scores
from arforecast.forecast.backtest import Past
from arforecast.forecast.baselines import median_delays
from arforecast.forecast.calendar import Floats
from arforecast.forecast.exposure import lives, settled_on
from arforecast.forecast.payment_time import Distribution, readings
from arforecast.ledger import open_books
from arforecast.snapshot import Facts, stand

# The CRPS adds up over so many days; a customer's coverage is looked at from so many forecasts on.
REACH_DAYS, ENOUGH = 90, 30


def origins(first: date, as_of: date, weekday: int) -> list[date]:
    """Every such weekday from `first` on that has two whole weeks before `as_of`."""
    day = first + timedelta(days=(weekday - first.weekday()) % 7)
    days = []
    while day + timedelta(weeks=2) <= as_of:
        days.append(day)
        day += timedelta(weeks=1)
    return days


def line(name: str, losses: pd.DataFrame, per: float) -> str:
    """losses: origin, model, rule; what is printed are their sums / `per`."""
    sums = losses.groupby("origin").sum()
    ratio, low, high = scores.ratio(sums["model"], sums["rule"])
    ours, theirs = sums["model"].sum() / per, sums["rule"].sum() / per
    return f"{name:<52} {ours:9.4f} {theirs:9.4f} {ratio:7.3f}  [{low:.3f}, {high:.3f}]"


def losses(table: pd.DataFrame, model: pd.Series, rule: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"origin": table.origin, "model": model, "rule": rule})


def late_lines(record: pd.DataFrame) -> list[str]:
    def brier(name: str, rule: pd.Series) -> str:
        return line(name, losses(record, (record.p_late - record.late) ** 2, (rule - record.late) ** 2), len(record))

    error, floor = scores.calibration_error(record.p_late, record.late), scores.calibration_floor(record.p_late)
    return [
        brier("P(late) Brier / shrunk customer rate", record.p_late_baseline),
        brier("P(late) Brier / late rate of the origin (hindsight)", record.groupby("origin").late.transform("mean")),
        f"{'P(late) AUC':<52} {scores.auc(record.p_late, record.late):9.4f}",
        f"{'P(late) calibration error / its sampling floor':<52} {error:9.4f} {floor:9.4f} {error / floor:7.3f}",
    ]


def date_record(facts: Facts, forecasts: list[Past], as_of: date) -> pd.DataFrame:
    """What was said of invoices not due on an origin and settled since, and on which day they were: days from the
    origin; crps, of the distribution."""
    rows = []
    for then in forecasts:
        said = late.late_payers(facts, then).set_index("invoice_id").loc[then.invoices.invoice_id].reset_index()
        place = then.known.invoice_id.get_indexer(pd.Index(said.invoice_id))
        came = pd.Series(settled_on(then.known, as_of)[place]).astype("datetime64[s]")
        rule = said.due_on + pd.to_timedelta(
            median_delays(then.known, then.origin)[then.known.customer[place]], unit="D"
        )
        dates = {"median": said.paid_on_p50, "low": said.paid_from_80, "high": said.paid_until_80, "came": came}
        ahead = {
            name: (on - pd.Timestamp(then.origin)).dt.days
            for name, on in (dates | {"due": said.due_on, "rule": rule}).items()
        }
        asked = then.invoices.assign(came=ahead["came"].to_numpy(float))
        crps = readings(then.model, asked, then.origin, REACH_DAYS, _crps)
        row = pd.DataFrame(ahead).assign(origin=then.origin, customer_id=said.customer_id, crps=crps)
        rows.append(row[(row.due > 0) & row.came.notna()])
    return pd.concat(rows, ignore_index=True)


def _crps(settled: Distribution) -> Floats:
    by = np.cumsum(settled.p_settled, axis=1)
    done = settled.invoices.came.to_numpy()[:, None] <= np.arange(1, by.shape[1] + 1)
    return ((by - done) ** 2).sum(axis=1)


def date_lines(record: pd.DataFrame) -> list[str]:
    # A median beyond the horizon is taken to be the horizon's last day; nothing is paid on or before its origin.
    said = record[["median", "due", "rule"]].fillna(record["median"].max()).clip(lower=1)
    miss = said.sub(record.came, axis=0).abs()
    held = (record.low <= record.came) & (record.came <= record.high.fillna(np.inf))
    customers = held.groupby(record.customer_id).agg(["mean", "size"])
    share = customers[customers["size"] >= ENOUGH]["mean"]
    return [
        line("days, MAE of the median / due date", losses(record, miss["median"], miss.due), len(record)),
        line(
            "days, MAE of the median / customer's median delay",
            losses(record, miss["median"], miss.rule),
            len(record),
        ),
        f"{'days, CRPS':<52} {record.crps.mean():9.4f}",
        f"{'days, 80 % ranges hold':<52} {held.mean():9.4f}",
        f"{f'days, of {len(share)} customers ranges of 70-90 % hold':<52} {share.between(0.7, 0.9).mean():9.4f}",
    ]


def cash_lines(table: pd.DataFrame) -> list[str]:
    wide = table.pivot_table(
        index=["origin", "horizon_week", "component", "actual"], columns="method", values="forecast"
    ).reset_index()

    def wape(name: str, part: pd.DataFrame, rule: str) -> str:
        miss = part[["model", rule]].sub(part.actual, axis=0).abs()
        return line(f"{name} / {rule}", losses(part, miss["model"], miss[rule]), part.actual.sum())

    book = wide[(wide.component == "open_book") & (wide.horizon_week <= 2)]
    total = wide[(wide.component == "total") & (wide.horizon_week <= 4)]
    rules = ("8-week mean", "additive ETS", "last week")
    model = table[(table.method == "model") & (table.component == "total")]
    return [
        wape("open-book cash WAPE, weeks 1-2", book, "global roll-rate"),
        *(wape("total cash WAPE, weeks 1-4", total, rule) for rule in rules),
        f"{'total cash, 80 % ranges cover':<52} {scores.coverage(model.p10, model.p90, model.actual):9.4f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
    parser.add_argument("--weekday", type=int, default=6, help="of the origins, Monday 0; Sunday unless given")
    asked = parser.parse_args()
    facts = stand(open_books(asked.ledger), [asked.as_of]).cached()
    stops = origins(asked.first, asked.as_of, asked.weekday)
    past = list(backtest.past(facts, lives(facts), stops))
    print(f"{len(stops)} weekly origins, {stops[0]} to {stops[-1]}; {Counter(then.model.name for then in past)}")
    print(f"{'':<52} {'model':>9} {'baseline':>9} {'ratio':>7}  90 % interval")
    record = cash.published(cash.record(facts, cash.flows(facts, stops), past, 4))
    for text in [
        *late_lines(backtest.late_record(facts, past, asked.as_of)),
        *date_lines(date_record(facts, past, asked.as_of)),
        *cash_lines(cash.comparison(facts, past, record)),
    ]:
        print(text)


if __name__ == "__main__":
    main()
