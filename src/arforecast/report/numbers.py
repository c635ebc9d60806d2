"""The numbers behind each picture, table and sentence: small frames cut out of what an analyst's calls return.

Every function takes a frame of the interface contract and returns one as small as what it is for, so that a figure
and the table under it hold the same numbers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from arforecast.report.formats import date

SAID = {"model": "p_late", "baseline": "p_late_baseline"}
# Parts of a movement that seldom stand there: neither cash nor given up.
WITHOUT_CASH = ["set_offs", "withheld_tax", "bank_charges", "differences"]
RECOVERED_DAYS = (30, 60, 90)
P_LATE_EDGES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


def whole(kpis: pd.DataFrame) -> pd.DataFrame:
    """The rows of the whole ledger, in the order of their days."""
    rows = kpis[kpis["by"].eq("")]
    return rows.assign(as_of=pd.to_datetime(rows["as_of"])).sort_values("as_of", kind="stable")


def trend(kpis: pd.DataFrame, *ids: str) -> pd.DataFrame:
    """One row a month end: `as_of` and the value of each of the measures `ids`, from the first month that has one."""
    wide = whole(kpis).pivot(index="as_of", columns="kpi", values="value").reindex(columns=list(ids))
    begun = wide.fillna(0).ne(0).any(axis=1).cummax()
    return wide[begun].rename_axis(columns=None).reset_index()


def latest(kpis: pd.DataFrame) -> pd.Series:
    """The value of each measure of the whole ledger on the last day, by id."""
    rows = whole(kpis)
    return rows[rows["as_of"].eq(rows["as_of"].max())].set_index("kpi")["value"]


def ageing(kpis: pd.DataFrame) -> pd.DataFrame:
    """Open balance by days past due on the last day: `days_past_due`, `open_balance`, `open_share`, youngest first."""
    values = latest(kpis)
    buckets = values[values.index.str.startswith("aging:")]
    labels = buckets.index.str.removeprefix("aging:")
    frame = pd.DataFrame({"days_past_due": labels, "open_balance": buckets.to_numpy()})
    first_day = frame["days_past_due"].str.extract(r"(\d+)", expand=False).astype(float).fillna(0)
    frame = frame.iloc[first_day.argsort(kind="stable")].reset_index(drop=True)
    return frame.assign(open_share=frame["open_balance"] / frame["open_balance"].sum())


def compare(kpis: pd.DataFrame, glossary: pd.DataFrame) -> pd.DataFrame:
    """Each measure of the whole ledger now, at the month end before, and a year before.

    Columns: kpi, now, month_before, year_before, unit, better, before_on (the day of month_before). A day the frame
    does not hold gives null.
    """
    rows = whole(kpis)
    days = rows["as_of"].drop_duplicates().sort_values(ascending=False).reset_index(drop=True)
    columns = {0: "now", 1: "month_before", 12: "year_before"}
    wide = rows.pivot(index="kpi", columns="as_of", values="value").reindex(rows["kpi"].unique())
    frame = pd.DataFrame(
        {name: wide.get(days.get(back)) for back, name in columns.items()}, index=wide.index, dtype="float64"
    )
    units = rows.drop_duplicates("kpi").set_index("kpi")["unit"]
    better = glossary.set_index("kpi")["better"].reindex(wide.index).fillna("")
    return frame.assign(unit=units, better=better, before_on=days.get(1, pd.NaT)).reset_index()


def groups(kpis: pd.DataFrame, *ids: str) -> pd.DataFrame:
    """One row a group on the last day, most open first: `group` and the value of each of the measures `ids`."""
    rows = kpis[kpis["by"].ne("")]
    rows = rows[rows["as_of"].eq(rows["as_of"].max())]
    wide = rows.pivot(index="group", columns="kpi", values="value").reindex(columns=list(ids))
    return wide.sort_values(ids[0], ascending=False).rename_axis(columns=None).reset_index()


def moved(bridge: pd.DataFrame, what: str) -> pd.DataFrame:
    """The parts of a movement in `what`, days or amount, and last all of them together: `part`, and `what`.

    What is settled without cash has its parts where there is some. Empty where the movement is not defined.
    """
    parts = bridge[["part", what]].dropna()
    parts = parts[~parts["part"].isin(WITHOUT_CASH) | parts[what].ne(0)]
    since = [f"since {date(day)}" for day in bridge.loc[parts.index, "since"].unique()]
    together = pd.DataFrame({"part": since, what: [parts[what].sum()] * len(since)})
    return pd.concat([parts, together], ignore_index=True)


def targets(judged: pd.DataFrame, glossary: pd.DataFrame) -> pd.DataFrame:
    """Every target on the last day: kpi, group, actual, target, distance, verdict, trend, unit.

    The whole ledger first, then groups; what misses its target by the largest share of it comes first.
    """
    rows = judged[judged["as_of"].eq(judged["as_of"].max())]
    group = (rows["by"] + ": " + rows["group"]).where(rows["by"].ne(""), "whole ledger")
    unit = rows["kpi"].map(glossary.set_index("kpi")["unit"])
    short, part = rows["distance"] / rows["target"].abs(), rows["by"].ne("")
    named = rows.assign(group=group, unit=unit, actual=rows["value"], part=part, short=short)
    order = named.sort_values(["part", "short"], kind="stable", ignore_index=True)
    return order[["kpi", "group", "actual", "target", "distance", "verdict", "trend", "unit"]]


def forms(compared: pd.DataFrame, families: pd.DataFrame) -> pd.DataFrame:
    """The measures that answer one question by other definitions: kpi, now, month_before, unit, question."""
    return families.merge(compared, on="kpi")[["kpi", "now", "month_before", "unit", "question"]]


def overdue(late: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Open invoices past their due date at `as_of`, in the reporting currency."""
    return _worth(late[pd.to_datetime(late["due_on"]).lt(pd.Timestamp(as_of))])


def not_due(late: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Open invoices not past due at `as_of`, in the reporting currency, with `at_risk_amount`: open balance x
    probability of being late."""
    rows = _worth(late[pd.to_datetime(late["due_on"]).ge(pd.Timestamp(as_of))])
    return rows.assign(at_risk_amount=rows["open_balance"] * rows["p_late"])


def _worth(late: pd.DataFrame) -> pd.DataFrame:
    """Balances of several currencies add up in the reporting one alone."""
    return late.assign(open_balance=late["worth_amount"])


def late_bands(ahead: pd.DataFrame) -> pd.DataFrame:
    """Invoices not yet due by their probability of being late: p_from, p_to, invoices, open_balance, at_risk_amount."""
    band = np.digitize(ahead["p_late"], P_LATE_EDGES[1:-1])  # certainty, an invoice due today, is in the last band
    sums = ahead.groupby(band).agg(
        invoices=("invoice_id", "size"),
        open_balance=("open_balance", "sum"),
        at_risk_amount=("at_risk_amount", "sum"),
    )
    edges = pd.DataFrame({"p_from": P_LATE_EDGES[:-1], "p_to": P_LATE_EDGES[1:]})
    return edges.join(sums).fillna(0).astype({"invoices": int})


def told_apart(customers: pd.DataFrame) -> pd.Series:
    """The name of each customer, with the identifier where two customers have that name, and where there is none."""
    names = customers["name"].fillna(customers["customer_id"])
    each = customers.assign(name=names).drop_duplicates("customer_id")
    shared = each.loc[each["name"].duplicated(), "name"]
    alone = ~names.isin(shared) | names.eq(customers["customer_id"])
    return names.where(alone, names + " (" + customers["customer_id"] + ")")


def _named(rows: pd.DataFrame, customers: pd.DataFrame) -> pd.Series:
    """The names of the customers of `rows`."""
    names = pd.Series(told_apart(customers).to_numpy(), customers["customer_id"])
    return rows["customer_id"].map(names).fillna(rows["customer_id"])


def at_risk(ahead: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Invoices that can still be paid on time, the most money at risk first, with the customer's name and the first
    reason. One due today is not paid when the day is over: it is late for certain."""
    rows = ahead[ahead["p_late"].lt(1)].reset_index(drop=True)
    rows = rows.assign(customer=_named(rows, customers), reason=rows["reason_1"])
    order = rows.sort_values(["at_risk_amount", "invoice_id"], ascending=[False, True], ignore_index=True)
    return order[
        ["customer", "invoice_id", "due_on", "open_balance", "p_late", "at_risk_amount", "paid_on_p50", "reason"]
    ]


def overdue_customers(overdue: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Customers with overdue money, the most first: invoices, oldest due date, cash expected within 14 and 30 days."""
    rows = overdue.assign(
        expected_14_amount=overdue["open_balance"] * overdue["p_paid_14"],
        expected_30_amount=overdue["open_balance"] * overdue["p_paid_30"],
    )
    sums = rows.groupby("customer_id", as_index=False).agg(
        invoices=("invoice_id", "size"),
        oldest_due_on=("due_on", "min"),
        overdue_balance=("open_balance", "sum"),
        expected_14_amount=("expected_14_amount", "sum"),
        expected_30_amount=("expected_30_amount", "sum"),
    )
    sums.insert(0, "customer", _named(sums, customers))
    order = sums.sort_values(["overdue_balance", "customer_id"], ascending=[False, True], ignore_index=True)
    return order.drop(columns="customer_id")


def reliability(record: pd.DataFrame, bins: int = 10) -> pd.DataFrame:
    """What was said and what came, in `bins` of equally many past invoices: method, p_late, late_share, invoices."""
    binned = [_binned(record[said], record["late"], bins).assign(method=method) for method, said in SAID.items()]
    return pd.concat(binned, ignore_index=True)[["method", "p_late", "late_share", "invoices"]]


def _binned(said: pd.Series, came: pd.Series, bins: int) -> pd.DataFrame:
    rank = said.rank(method="first")  # so that equal probabilities cannot empty a bin
    bin_of = ((rank - 1) * bins // max(len(said), 1)).astype(int)
    pairs = pd.DataFrame({"p_late": said, "late_share": came}, dtype=float)
    grouped = pairs.groupby(bin_of)
    return grouped.mean().assign(invoices=grouped.size()).reset_index(drop=True)


def cash_weeks(cash: pd.DataFrame) -> pd.DataFrame:
    """All cash by week: week_start, week_end, mean and quantiles."""
    total = cash[cash["component"].eq("total")].drop(columns="component")
    return total.assign(week_start=pd.to_datetime(total["week_start"])).reset_index(drop=True)


def cash_split(cash: pd.DataFrame) -> pd.DataFrame:
    """Expected cash by week and where it comes from: week_start, open_book, unbilled."""
    wide = cash.pivot(index="week_start", columns="component", values="mean")
    wide.index = pd.to_datetime(wide.index)
    return wide.reindex(columns=["open_book", "unbilled"]).rename_axis(columns=None).reset_index()


def cash_past(record: pd.DataFrame, horizon_week: int) -> pd.DataFrame:
    """What was forecast `horizon_week` weeks ahead and what came.

    Columns: horizon_week, week_start, forecast, p10, p90, actual.
    """
    is_row = record["component"].eq("total") & record["method"].eq("model") & record["horizon_week"].eq(horizon_week)
    rows = record[is_row].dropna(subset="actual")
    week_start = pd.to_datetime(rows["origin"]) + pd.Timedelta(days=7 * horizon_week - 6)
    columns = ["horizon_week", "week_start", "forecast", "p10", "p90", "actual"]
    return rows.assign(week_start=week_start).sort_values("week_start", ignore_index=True)[columns]


def late_skill(record: pd.DataFrame) -> pd.DataFrame:
    """One row: the Brier score of the model and of the customer's own late rate on past invoices, and their ratio.

    Brier = mean of (probability of being late - what came)^2. Columns: invoices, origins, brier, brier_baseline, ratio,
    low, high; the range is the 90 % block bootstrap's.
    """
    misses = {method: record[said] - record["late"] for method, said in SAID.items()}
    losses = pd.DataFrame(misses, dtype=float) ** 2
    by_origin = losses.groupby(record["origin"]).sum()
    ratio, low, high = _ratio(by_origin["model"].to_numpy(), by_origin["baseline"].to_numpy())
    brier, brier_baseline = losses.mean()
    scores = {"brier": brier, "brier_baseline": brier_baseline, "ratio": ratio, "low": low, "high": high}
    row = {"invoices": len(record), "origins": len(by_origin)} | scores
    return pd.DataFrame([row] if len(record) else [])


def cash_skill(record: pd.DataFrame) -> pd.DataFrame:
    """One row a horizon: the model's error on past weeks beside that of the best simple rule.

    Error = sum of |forecast - actual| / sum of actuals (WAPE). Columns: horizon_week, weeks, error_share, baseline (its
    name), baseline_error_share, ratio, low, high (90 % block bootstrap), inside_80_share (how often the actual fell
    between p10 and p90).
    """
    rows = record[record["component"].eq("total")].dropna(subset="actual")
    rows = rows.assign(miss=(rows["forecast"] - rows["actual"]).abs())
    return pd.DataFrame([_horizon_skill(week, of_week) for week, of_week in rows.groupby("horizon_week")])


def _horizon_skill(week: object, rows: pd.DataFrame) -> dict[str, object]:
    misses = rows.pivot(index="origin", columns="method", values="miss").dropna(axis=1, how="all").dropna()
    actual = rows[rows["method"].eq("model")].set_index("origin")["actual"].reindex(misses.index)
    errors = misses.sum() / actual.sum()
    baseline = str(misses.sum().drop("model").idxmin())
    ratio, low, high = _ratio(misses["model"].to_numpy(), misses[baseline].to_numpy())
    model = rows[rows["method"].eq("model")]
    return {
        "horizon_week": week,
        "weeks": len(misses),
        "error_share": errors["model"],
        "baseline": baseline,
        "baseline_error_share": errors[baseline],
        "ratio": ratio,
        "low": low,
        "high": high,
        "inside_80_share": model["actual"].between(model["p10"], model["p90"]).mean(),
    }


def _ratio(model: np.ndarray, baseline: np.ndarray) -> tuple[float, float, float]:
    """Sum of the model's losses over the baseline's, and its 90 % range; the range is null below two blocks.

    Weeks next to each other share their weather, so whole blocks of four origins are drawn, not single ones.
    """
    count, block = len(model), 4
    ratio = model.sum() / baseline.sum() if baseline.sum() else np.nan
    if count < 2 * block or np.isnan(ratio):
        return ratio, np.nan, np.nan
    starts = np.random.default_rng(1).integers(0, count, (1000, -(-count // block)))
    drawn = ((starts[:, :, None] + np.arange(block)) % count).reshape(1000, -1)[:, :count]
    ratios = model[drawn].sum(axis=1) / np.maximum(baseline[drawn].sum(axis=1), np.finfo(float).tiny)
    low, high = np.quantile(ratios, [0.05, 0.95])
    return ratio, low, high


def to_look_at(accounts: pd.DataFrame) -> pd.DataFrame:
    """The accounts that have a reason to be looked at, in their order."""
    named = accounts.assign(name=told_apart(accounts))
    return named[named["problems"].gt(0)].reset_index(drop=True)


def account_list(accounts: pd.DataFrame) -> pd.DataFrame:
    """What a list of accounts shows of each."""
    money = ["overdue_balance", "overdue_change_amount", "oldest_days_past_due", "open_balance"]
    return accounts.rename(columns={"name": "customer"})[["customer", *money, "last_paid_on", "promised_on", "reasons"]]


def account_reasons(accounts: pd.DataFrame) -> pd.DataFrame:
    """Why accounts are to be looked at, the most frequent reason first: reason, accounts, overdue_balance of these."""
    each = to_look_at(accounts).assign(reason=lambda rows: rows["reasons"].str.split("; ")).explode("reason")
    sums = each.groupby("reason", as_index=False).agg(
        accounts=("customer_id", "size"), overdue_balance=("overdue_balance", "sum")
    )
    return sums.sort_values(["accounts", "reason"], ascending=[False, True], ignore_index=True)


def largest_overdue(accounts: pd.DataFrame, count: int = 10) -> pd.DataFrame:
    """The accounts with the most overdue money: customer, overdue_balance, of_overdue_share (of all overdue money)."""
    return _leaders(accounts, "overdue_balance", "of_overdue_share", count)


def overdue_growth(accounts: pd.DataFrame, count: int = 10) -> pd.DataFrame:
    """The accounts whose overdue money grew most in the month: customer, overdue_change_amount, of_growth_share (of the
    growth of all accounts that grew)."""
    return _leaders(accounts, "overdue_change_amount", "of_growth_share", count)


def _leaders(accounts: pd.DataFrame, money: str, share: str, count: int) -> pd.DataFrame:
    named = accounts.assign(customer=told_apart(accounts))
    rows = named[named[money].gt(0)].sort_values([money, "customer_id"], ascending=[False, True])
    shared = rows.assign(**{share: rows[money] / rows[money].sum()})
    return shared[["customer", money, share]].head(count).reset_index(drop=True)


def recovery(kpis: pd.DataFrame) -> pd.DataFrame:
    """What was recovered of the money that fell due in a month and was late.

    Columns: due_month_on, recovered_30, recovered_60, recovered_90. A measure of N days stands, at a month end, for the
    latest month whose last day is N days old; so a month can be passed over, and is null then.
    """
    lines = [_by_due_month(kpis, age) for age in RECOVERED_DAYS]
    return pd.concat(lines, axis=1, sort=True).rename_axis(index="due_month_on").reset_index()


def _by_due_month(kpis: pd.DataFrame, age: int) -> pd.Series:
    rows = whole(kpis)
    known = rows[rows["kpi"].eq(f"recovered_{age}")].dropna(subset="value")
    old_enough = pd.DatetimeIndex(known["as_of"]) - pd.Timedelta(days=age - 1)
    months = (old_enough.to_period("M") - 1).to_timestamp()
    return pd.Series(known["value"].to_numpy(), months, name=f"recovered_{age}").groupby(level=0).last()


def vintage(schedule: pd.DataFrame) -> pd.DataFrame:
    """The schedule `vintage` with one row a month of issue: issue_month_on, issued_amount, and age:0, age:1 ... for the
    share collected by the end of that month after; null while it is not over."""
    keys = ["issue_month_on", "issued_amount"]
    wide = schedule.pivot(index=keys, columns="age_months", values="collected_share")
    return wide.add_prefix("age:").rename_axis(columns=None).reset_index()


def roll_rates(schedule: pd.DataFrame) -> pd.DataFrame:
    """The schedule `roll_rates` as a matrix: from_bucket, and to:<state> for the share in that state a month later.

    Buckets and states stand in their order; what was never left from or arrived at is left out.
    """
    states = schedule["to_state"].unique()
    wide = schedule.pivot(index="from_bucket", columns="to_state", values="moved_share")
    matrix = wide.reindex(index=schedule["from_bucket"].unique(), columns=states).dropna(how="all")
    reached = matrix.loc[:, matrix.gt(0).any()]
    return reached.add_prefix("to:").rename_axis(columns=None).reset_index()


def known_share(frame: pd.DataFrame, part: str, whole: str) -> float:
    """The sum of `part` / the sum of `whole`, over the rows in which both are known; null where there are none."""
    rows = frame.dropna(subset=[part, whole])
    return rows[part].sum() / rows[whole].sum() if rows[whole].sum() else np.nan
