"""How right the forecasts are on a ledger, by the protocol: weekly origins, each asked as the ledger was known then.

    python benchmarks/accuracy.py LEDGER --as-of 2019-10-31 --from 2019-06-01

prints each figure with its baseline's, and their ratio (below 1 the model is better) with the 90 % interval of a
bootstrap over blocks of four origins: a win is claimed only where the interval lies below 1. Of the sample, whose truth
is known, also how much of the attainable skill is reached, see `benchmarks/attainable.py`.
"""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from attainable import lines as attainable_lines

from arforecast.forecast import backtest, cash, late, scale, scores, spans
from arforecast.forecast.backtest import Past
from arforecast.forecast.baselines import median_delays
from arforecast.forecast.calendar import Floats
from arforecast.forecast.exposure import lives, settled_on
from arforecast.forecast.payment_time import Distribution, readings
from arforecast.ledger import open_books
from arforecast.snapshot import Facts, computed

# The CRPS adds up over so many days; a customer's coverage is looked at from so many forecasts on.
REACH_DAYS, ENOUGH = 90, 30
WEEKS, BIAS_WEEKS = 13, 4
# A weekly roll rate by weeks from due, as far as this, over so many past weeks.
WEEKLY_RATE, ROLL_WEEKS, ROLL_PAST = "weekly roll rate by amount", 26, 26


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

    error = scores.calibration_error(record.p_late, record.late)
    together = scores.runs(record.customer_id, record.settled_on, record.invoice_id)
    floors = {"of independent invoices": np.arange(len(record)), "of payment runs": together}
    return [
        brier("P(late) Brier / shrunk customer rate", record.p_late_baseline),
        brier("P(late) Brier / late rate of the origin (hindsight)", record.groupby("origin").late.transform("mean")),
        f"{'P(late) AUC':<52} {scores.auc(record.p_late, record.late):9.4f}",
        *(
            f"{f'P(late) calibration error / its floor {of}':<52} {error:9.4f} {floor:9.4f} {error / floor:7.3f}"
            for of, run in floors.items()
            if (floor := scores.calibration_floor(record.p_late, run))
        ),
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
        row["invoice_id"] = said.invoice_id
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
    held = pd.Series(scores.held(record.low, record.high, record.came), record.index)
    customers = held.groupby(record.customer_id).agg(["mean", "size"])
    many = customers["size"] >= ENOUGH
    share = customers["mean"][many]
    settled_on = pd.to_datetime(record.origin) + pd.to_timedelta(record.came, unit="D")
    judged = record.assign(run=scores.runs(record.customer_id, settled_on, record.invoice_id))
    judged = judged[judged.customer_id.isin(share.index)]
    could = scores.within_by_chance(judged.customer_id, judged.run, 0.8, (0.7, 0.9)) / max(len(share), 1)
    return [
        line("days, MAE of the median / due date", losses(record, miss["median"], miss.due), len(record)),
        line(
            "days, MAE of the median / customer's median delay",
            losses(record, miss["median"], miss.rule),
            len(record),
        ),
        f"{'days, CRPS':<52} {record.crps.mean():9.4f}",
        f"{'days, 80 % ranges hold':<52} {held.mean():9.4f}",
        f"{f'days, of {len(share)} customers 70-90 % of ranges hold; could':<52} "
        f"{share.between(0.7, 0.9).mean():9.4f} {could:9.4f}",
    ]


def cash_lines(table: pd.DataFrame) -> list[str]:
    wide = table.pivot_table(
        index=["origin", "horizon_week", "component", "actual"], columns="method", values="forecast"
    ).reset_index()

    def wape(name: str, part: pd.DataFrame, rule: str) -> str:
        miss = part[["model", rule]].sub(part.actual, axis=0).abs()
        return line(f"{name} / {rule}", losses(part, miss["model"], miss[rule]), part.actual.sum())

    book = wide[(wide.component == "open_book") & (wide.horizon_week <= 2)]
    total = wide[wide.component == "total"]
    near, far = total[total.horizon_week <= 4], total[total.horizon_week > 4]
    rules = ("8-week mean", "additive ETS", "last week")
    return [
        wape("open-book cash WAPE, weeks 1-2", book, "global roll-rate"),
        wape("open-book cash WAPE, weeks 1-2", book, WEEKLY_RATE),
        *(wape("total cash WAPE, weeks 1-4", near, rule) for rule in rules),
        *(wape("total cash WAPE, weeks 5-13", far, rule) for rule in rules[:2]),
    ]


def range_lines(said: pd.DataFrame, ets: pd.DataFrame) -> list[str]:
    """said: the published record; ets: origin, horizon_week, p10, p90 of the additive ETS's own ranges."""
    total, so_far = said[said.component == "total"], said[said.component == cash.SO_FAR]
    four = so_far[so_far.horizon_week == BIAS_WEEKS]
    both = total.merge(ets, on=["origin", "horizon_week"], suffixes=("", "_ets"))
    near = both[both.horizon_week <= BIAS_WEEKS]
    loss = pd.Series(scores.interval_losses(near.p10, near.p90, near.actual))
    rule = pd.Series(scores.interval_losses(near.p10_ets, near.p90_ets, near.actual))
    return [
        f"{'total cash, bias of the sum of four weeks':<52} {four['mean'].sum() / four.actual.sum() - 1:9.4f}",
        line(
            "total cash, 80 % interval score, weeks 1-4 / ETS",
            losses(near.reset_index(), loss, rule),
            near.actual.sum(),
        ),
        *(
            f"{f'{name}, 50/80/95 % ranges hold, weeks {first}-{last}':<52} {held(rows, first, last)}"
            for name, rows in (("weekly cash", total), ("cumulative cash", so_far))
            for first, last in ((1, 4), (5, WEEKS))
        ),
    ]


def span_lines(record: pd.DataFrame, since: pd.Timestamp) -> list[str]:
    """What ranges of days and of months held, by how far ahead they end, and of days on which nothing could come, as it
    was drawn."""
    lines = []
    for span, parts in ((spans.DAY, ((1, 7), (8, 14), (15, 21))), (spans.MONTH, ((1, 35), (36, 7 * WEEKS)))):
        drawn = cash.of_span(record, span)
        said = cash.published(drawn).assign(closed=scale.closed(drawn))
        said = said[(said.component == "total") & (said.origin >= since)]
        rows = said.assign(horizon_week=7 * said.horizon_week)
        for first, last in parts:
            lines.append(_span_line(f"{span}s", rows[~rows.closed], first, last))
        if span == spans.DAY:
            lines.append(_span_line("closed days", rows[rows.closed], 1, spans.DAYS))
    return lines


def _span_line(name: str, rows: pd.DataFrame, first: int, last: int) -> str:
    count = rows.horizon_week.between(first - 0.5, last + 0.5).sum()
    named = f"cash of {count} {name}, 50/80/95 % hold, days {first}-{last}"
    return f"{named:<52} {held(rows, first - 0.5, last + 0.5)}"


def held(said: pd.DataFrame, first: float, last: float) -> str:
    rows = said[said.horizon_week.between(first, last)]
    shares = [scores.coverage(rows[low], rows[high], rows.actual) for low, high in backtest.RANGES.values()]
    return " / ".join(f"{share:.3f}" for share in shares)


def weekly_rates(facts: Facts, past: list[Past]) -> pd.DataFrame:
    """The amount-weighted weekly roll rate: of what lay so many weeks from due at the close of a week, the share that
    came in as cash in the next, over all that is known; open_book of each origin by week, in major units."""
    money = 10**facts.books.settings.ledger.decimals
    known = facts.invoices.select("invoice_id", "due_on", billed_on="entered_on")
    entries = facts.entries.join(known, "invoice_id")
    columns = ["invoice_id", "due_on", "billed_on", "entered_on", "kind", "amount"]
    moves = entries.select(*columns).to_pandas()
    return pd.concat([_weekly_rate(moves, then, money) for then in past], ignore_index=True)


def _weekly_rate(moves: pd.DataFrame, then: Past, money: int) -> pd.DataFrame:
    day = pd.Timestamp(then.origin)
    known = moves[pd.to_datetime(moves.entered_on) <= day]
    stood, came = (np.zeros(2 * ROLL_WEEKS + 1) for _both in range(2))
    for back in range(1, ROLL_PAST + 1):
        close = day - pd.Timedelta(weeks=back)
        before = known[pd.to_datetime(known.entered_on) <= close]
        sign = np.where(before.kind == "billed", 1.0, -1.0)
        open_balance = (before.amount.astype(float) * sign).groupby(before.invoice_id).sum()
        due_on = pd.to_datetime(before.groupby("invoice_id").due_on.first())
        age = _weeks_past_due(due_on, close)
        cash_in = known[(known.kind == "cash") & (pd.to_datetime(known.entered_on) > close)]
        cash_in = cash_in[pd.to_datetime(cash_in.entered_on) <= close + pd.Timedelta(weeks=1)]
        paid = cash_in.amount.astype(float).groupby(cash_in.invoice_id).sum().reindex(open_balance.index, fill_value=0)
        stood += np.bincount(age, open_balance.clip(lower=0), len(stood))
        came += np.bincount(age, paid, len(came))
    rate = np.divide(came, stood, out=np.zeros_like(came), where=stood > 0).clip(0, 1)
    balance, age = then.invoices.balance.to_numpy(float), _weeks_past_due(pd.to_datetime(then.invoices.due_on), day)
    forecast = []
    for _week in range(2):
        forecast.append((balance * rate[age]).sum() / money)
        balance, age = balance * (1 - rate[age]), np.minimum(age + 1, 2 * ROLL_WEEKS)
    return pd.DataFrame({"origin": day, "horizon_week": [1, 2], "forecast": forecast})


def _weeks_past_due(due_on: pd.Series, day: pd.Timestamp) -> np.ndarray:
    """Weeks from due, numbered from 0: those farther than ROLL_WEEKS are one."""
    weeks = ((day - due_on).dt.days // 7).clip(-ROLL_WEEKS, ROLL_WEEKS)
    return (weeks + ROLL_WEEKS).to_numpy(int)


def ets_ranges(facts: Facts, origins: list[date]) -> pd.DataFrame:
    """The 80 % ranges of statsmodels' additive ETS with a damped trend, in minor units."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    rows, daily = [], backtest.daily_cash(facts)
    for origin in origins:
        weekly = pd.Series(backtest.cash_history(daily, origin))
        fitted = ETSModel(weekly, error="add", trend="add", damped_trend=True).fit(disp=False)
        ends = fitted.get_prediction(len(weekly), len(weekly) + WEEKS - 1).pred_int(alpha=0.2).to_numpy()
        ahead = {"origin": pd.Timestamp(origin), "horizon_week": range(1, WEEKS + 1)}
        rows.append(pd.DataFrame(ahead | {"p10": ends[:, 0], "p90": ends[:, 1]}))
    return pd.concat(rows, ignore_index=True)


def cash_parts(facts: Facts, past: list[Past], stops: list[date]) -> list[str]:
    """Ranges learn from the origins of half a year before the first that is judged."""
    first = backtest.first_origin(facts, stops[0]) or stops[0]
    before = [stop for nth in range(26, 0, -1) if (stop := stops[0] - timedelta(weeks=nth)) >= first]
    asked = [*backtest.past(facts, lives(facts), before), *past]
    record, since = cash.record(facts, cash.flows(facts, [*before, *stops]), asked, WEEKS), pd.Timestamp(stops[0])
    published = cash.published(cash.of_span(record, spans.WEEK))
    said = published[published.origin >= since]
    table = cash.comparison(facts, past, said)
    book = table[(table.component == "open_book") & (table.method == "model")]
    rate = book[["origin", "horizon_week", "component", "actual"]].merge(weekly_rates(facts, past))
    return [
        *cash_lines(pd.concat([table, rate.assign(method=WEEKLY_RATE)], ignore_index=True)),
        *range_lines(said, ets_ranges(facts, stops)),
        *span_lines(record, since),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
    parser.add_argument("--weekday", type=int, default=6, help="of the origins, Monday 0; Sunday unless given")
    asked = parser.parse_args()
    facts = computed(open_books(asked.ledger), [asked.as_of])
    stops = origins(asked.first, asked.as_of, asked.weekday)
    past = list(backtest.past(facts, lives(facts), stops))
    print(f"{len(stops)} weekly origins, {stops[0]} to {stops[-1]}; {Counter(then.model.name for then in past)}")
    print(f"{'':<52} {'model':>9} {'baseline':>9} {'ratio':>7}  90 % interval")
    for text in [
        *late_lines(backtest.late_record(facts, past, asked.as_of)),
        *date_lines(date_record(facts, past, asked.as_of)),
        *cash_parts(facts, past, stops),
    ]:
        print(text)
    truth = Path(asked.ledger) / "truth.parquet"
    if truth.exists():
        print(f"{'':<52} {'model':>9} {'truth':>9} {'share':>7}  90 % interval")
        print(*attainable_lines(past, pd.read_parquet(truth), asked.as_of), sep="\n")


if __name__ == "__main__":
    main()
