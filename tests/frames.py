"""Small frames shaped like what an analyst's calls return, for the tests of the report."""

from __future__ import annotations

import numpy as np
import pandas as pd

AS_OF = pd.Timestamp("2026-06-30")
HOSTILE = '<img src=x onerror="1"> $\\frac{$ & Söhne'
BUCKETS = {
    "current": 600_000.0,
    "1-30": 240_000.0,
    "31-60": 90_000.0,
    "61-90": 40_000.0,
    "91-120": 20_000.0,
    "121+": 10_000.0,
}
UNITS = {
    "open_ar": "money",
    "overdue_share": "share",
    "dso": "days",
    "dso_best_possible": "days",
    "cei": "percent",
    "collection_rate_period": "share",
    "billed": "money",
    "cash": "money",
    "bad_debt_share": "share",
} | {f"aging:{bucket}": "money" for bucket in BUCKETS}
BETTER = {"overdue_share": "lower", "dso": "lower", "cei": "higher", "collection_rate_period": "higher"}


def _month(step: int) -> dict[str, float]:
    share = 1 + step / 100
    return {
        "open_ar": 1_000_000.0 * share,
        "overdue_share": 0.40 + step / 100,
        "dso": 52.0 + step,
        "dso_best_possible": 31.0,
        "cei": 79.6 - step,
        "collection_rate_period": 0.41,
        "billed": 500_000.0,
        "cash": 450_000.0,
        "bad_debt_share": np.nan,
    } | {f"aging:{bucket}": amount * share for bucket, amount in BUCKETS.items()}


def kpis(months: int = 13) -> pd.DataFrame:
    """`step` counts back from the last day: the month before has the share of step 1, and so on."""
    days = pd.date_range(end=AS_OF, periods=months, freq="ME")
    rows = [
        {"as_of": day, "by": "", "group": "", "kpi": kpi, "value": value, "unit": UNITS[kpi]}
        for step, day in zip(range(months - 1, -1, -1), days, strict=True)
        for kpi, value in _month(step).items()
    ]
    rows += [row | {"by": "segment", "group": "B & <b>C</b>"} for row in rows if row["as_of"] == AS_OF]
    return pd.DataFrame(rows).assign(numerator=1.0, denominator=1.0)


def bridge() -> pd.DataFrame:
    """DSO rose by 3 days: 5.2 from late payment, -2.5 from volume; open receivables fell by 20,000."""
    amounts = {"billed": 500e3, "cash": -510e3, "credit_notes": 0.0, "discounts": -1e3}
    days = {"volume": -2.5, "terms_mix": 0.4, "billing_timing": 0.0, "delinquency": 5.2, "disputes": 0.2}
    rows = [
        *((part, amount, np.nan) for part, amount in amounts.items()),
        *((part, np.nan, length) for part, length in days.items()),
        ("write_offs", -9.5e3, -0.3),
        ("currency", 0.0, 0.0),
        ("over_applied", 500.0, np.nan),
    ]
    parts = pd.DataFrame(rows, columns=["part", "amount", "days"])
    return parts.assign(since=pd.Timestamp("2026-05-31"), as_of=AS_OF)


def glossary() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"kpi": kpi, "meaning": f"Meaning of {kpi}.", "unit": u, "better": BETTER.get(kpi, "")}
            for kpi, u in UNITS.items()
        ]
    )


def late(count: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    due_on = AS_OF + pd.to_timedelta(rng.integers(-60, 40, count), unit="D")
    p_late = np.where(due_on < AS_OF, 1.0, rng.uniform(0.02, 0.95, count))
    p_paid_14 = rng.uniform(0.1, 0.8, count)
    rows = pd.DataFrame(
        {
            "invoice_id": [f"{number:05d}" for number in range(count)],
            "customer_id": [f"C{number % 7}" for number in range(count)],
            "due_on": due_on,
            "open_balance": rng.integers(100, 90_000, count) / 4,
            "p_late": p_late,
            "p_paid_7": p_paid_14 * 0.6,
            "p_paid_14": p_paid_14,
            "p_paid_30": p_paid_14 + 0.1,
            "paid_on_p10": due_on + pd.Timedelta(days=2),
            "paid_on_p50": (due_on + pd.Timedelta(days=9)).where(p_late < 0.9),
            "paid_on_p90": pd.NaT,
            "paid_from_80": due_on + pd.Timedelta(days=1),
            "paid_until_80": due_on + pd.Timedelta(days=30),
            "currency": "USD",
            "expected_days_late": rng.uniform(0, 30, count),
            "reason_1": "paid late 7 of 10 times",
            "reason_2": "",
            "reason_3": None,
            "model": "model",
            **{
                f"moved_by_{fact}": rng.normal(0, 0.1, count)
                for fact in ("customer", "pending", "age", "weekday", "size", "terms")
            },
        }
    )
    expected = {f"expected_cash_{within}": rows["open_balance"] * rows[f"p_paid_{within}"] for within in (14, 30)}
    return rows.assign(worth_amount=rows["open_balance"], **expected)


def customers() -> pd.DataFrame:
    names = ["Müller & Co, Ltd", "<b>Bold</b>", "O'Hara", '=HYPERLINK("x")', "E", "F", "G"]
    return pd.DataFrame({"customer_id": [f"C{number}" for number in range(7)], "name": names})


def late_record(weeks: int = 26, each: int = 40, skill: float = 0.8) -> pd.DataFrame:
    """The truth is known here; the model sees it with `skill`, the baseline says 0.4 always."""
    rng = np.random.default_rng(5)
    truth = rng.beta(1, 1.5, weeks * each)
    return pd.DataFrame(
        {
            "origin": np.repeat(pd.date_range("2025-12-07", periods=weeks, freq="7D"), each),
            "invoice_id": np.arange(weeks * each).astype(str),
            "customer_id": "C1",
            "amount": 100.0,
            "p_late": skill * truth + (1 - skill) * (1 - truth),
            "p_late_baseline": 0.4,
            "late": (rng.uniform(size=weeks * each) < truth).astype(int),
            "settled_on": np.repeat(pd.date_range("2026-01-07", periods=weeks * each // 5, freq="D"), 5)[
                : weeks * each
            ],
        }
    )


def date_record(customers: int = 6, each: int = 40) -> pd.DataFrame:
    """Ranges of the days 3 to 7, of which a customer's first 32 of 40 hold; four invoices are settled on one day."""
    nth = np.tile(np.arange(each), customers)
    return pd.DataFrame(
        {
            "origin": pd.Timestamp("2026-01-04") + pd.to_timedelta(nth // 4 * 20, unit="D"),
            "invoice_id": np.arange(len(nth)).astype(str),
            "customer_id": [f"C{number}" for number in np.repeat(np.arange(customers), each)],
            "from_days": 3.0,
            "until_days": 7.0,
            "came_days": np.where(nth < 0.8 * each, 5.0, 9.0),
        }
    )


def cash(weeks: int = 13) -> pd.DataFrame:
    start = AS_OF + pd.to_timedelta(7 * np.arange(weeks) + 1, unit="D")
    means = {"open_book": 90_000.0 * 0.7 ** np.arange(weeks), "unbilled": 80_000.0 * (1 - 0.7 ** np.arange(weeks))}
    means["total"] = means["open_book"] + means["unbilled"]
    shape = {"mean": 1.0, "p2_5": 0.6, "p10": 0.8, "p25": 0.9, "p50": 1.0, "p75": 1.1, "p90": 1.2, "p97_5": 1.4}
    return pd.concat(
        pd.DataFrame({"week_start": start, "week_end": start + pd.Timedelta(days=6), "component": component}).assign(
            **{column: factor * mean for column, factor in shape.items()}
        )
        for component, mean in means.items()
    ).reset_index(drop=True)


def cash_days(days: int = 21) -> pd.DataFrame:
    """Cash by day: the weeks of `cash`, a day each."""
    table = cash(days).assign(until_on=AS_OF + pd.to_timedelta(np.tile(np.arange(days) + 1, 3), unit="D"))
    return table.assign(from_on=table["until_on"], origins=20, held_share=0.75).drop(columns=["week_start", "week_end"])


def within(weeks: int = 13) -> pd.DataFrame:
    """The cash of the first weeks together."""
    total = cash(weeks).query("component == 'total'").reset_index(drop=True)
    sums = total.drop(columns=["week_start", "week_end", "component"]).cumsum()
    told = {"origins": 20, "held_share": 0.75, "bias_share": -0.05}
    return sums.assign(weeks=range(1, weeks + 1), until_on=total["week_end"], **told)


def cash_record(origins: int = 26, noise: float = 0.1, baseline_noise: float = 0.3) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    days = pd.date_range("2025-10-05", periods=origins, freq="7D")
    frames = []
    for week in (1, 2, 3, 4):
        actual = rng.uniform(50_000, 120_000, origins)
        for method, spread in (("model", noise), ("last_week", baseline_noise), ("mean_8", 2 * baseline_noise)):
            forecast = actual * (1 + spread * rng.standard_normal(origins))
            said = {"forecast": forecast, "p10": forecast * 0.87, "p90": forecast * 1.13, "actual": actual}
            frames.append(
                pd.DataFrame({"origin": days, "horizon_week": week, "component": "total", "method": method} | said)
            )
    return pd.concat(frames, ignore_index=True)


def overrides() -> pd.DataFrame:
    """Of 300 open, 240 is expected within 30 days and 90 by the model alone."""
    on = pd.Timestamp("2026-07-20")
    rows = {"invoice_id": ["A1", "A2"], "customer_id": "C1", "worth_amount": [200e3, 100e3], "note": ["called", None]}
    dates = {"expected_on": on, "known_on": AS_OF, "paid_on_p50": on, "model_paid_on_p50": on + pd.Timedelta(days=40)}
    sums = {"expected_30_amount": [160e3, 80e3], "model_expected_30_amount": [60e3, 30e3]}
    return pd.DataFrame({**rows, **dates, "confidence": 0.8, **sums})


def overrides_record() -> pd.DataFrame:
    """Of four two were settled by the day, one 8 days late, and one is open; the model was nearer once."""
    rows = pd.DataFrame({"invoice_id": ["A1", "A2", "A3", "A4"], "customer_id": "C1", "confidence": 0.8})
    late = pd.Series([0, -1, 8, np.nan])
    expected = pd.Timestamp("2026-06-01")
    dates = {"known_on": expected - pd.Timedelta(days=9), "expected_on": expected, "model_on": expected}
    came = expected + pd.to_timedelta(late, unit="D")
    return rows.assign(**dates, came_on=came, miss_days=late.abs(), model_miss_days=[5.0, 6.0, 4.0, np.nan])


def position(opening: float = 100e3, floor: float = 60e3) -> pd.DataFrame:
    """50 comes in and 70 goes out in each of four weeks; the range lies 10 to both sides."""
    left = np.nan_to_num(opening) - 20e3 * np.arange(1, 5)
    until = AS_OF + pd.to_timedelta(7 * np.arange(1, 5), unit="D")
    levels = dict(zip(("p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5"), (-15, -10, -5, 0, 5, 10, 15), strict=True))
    flows = {"receipts_amount": 50e3, "outflows_amount": 70e3, "net_amount": -20e3, "opening_balance": opening}
    ranges = {"mean": left} | {name: left + 1e3 * off for name, off in levels.items()}
    chance = np.nan if np.isnan(floor) else [0.01, 0.5, 0.99, 1.0]
    told = pd.DataFrame({"weeks": range(1, 5), "until_on": until, **flows, **ranges})
    return told.assign(floor_amount=floor, p_below_floor=chance)


def errors(said: int = 5) -> pd.DataFrame:
    """Forecasts of a book, each a week younger than the one before: 100 was said for each week that is over, and 90
    came, since customers paid later and new ones brought more."""
    rows = [(origin, week) for origin in range(said) for week in range(1, said - origin + 1)]
    frame = pd.DataFrame(rows, columns=["nth", "horizon_week"])
    origin = AS_OF - pd.to_timedelta(7 * (said - frame["nth"]), unit="D")
    week_end = origin + pd.to_timedelta(7 * frame["horizon_week"], unit="D")
    money = {"forecast": 100e3, "p10": 80e3, "p90": 120e3, "actual": 90e3, "error": 10e3}
    parts = dict.fromkeys(("billing_level", "billing_timing", "amount", "rest"), 0.0)
    parts |= {"payment_timing": 12e3, "new_customers": -2e3}
    return frame.assign(origin=origin, kept_on=origin, week_end=week_end, **money, **parts).drop(columns="nth")


def accuracy() -> pd.DataFrame:
    """The model level with the last week by net accuracy, and far better week for week."""
    rows = [("1", "model", 0.97, 0.12, 0.03), ("1", "last week", 0.99, 0.3, -0.01), ("1", "8-week mean", 0.9, 0.2, 0.1)]
    table = pd.DataFrame(rows, columns=["weeks", "method", "net_accuracy", "wape", "bias"])
    ranged = {"interval_share_80": [0.4, np.nan, np.nan], "coverage_80": [0.8, np.nan, np.nan]}
    return table.assign(forecasts=26, mase=table["wape"] / 0.3, **ranged)


def stamp(*, waived: bool = False) -> dict[str, object]:
    return {
        "as_of": AS_OF,
        "currency": "USD",
        "fingerprint": "0123abcd",
        "version": "0.1.0",
        "settings": "arforecast.toml",
        "loosened": [],
        "rows": [
            {"table": "invoices", "read": 100, "used": 98, "quarantined": 2, "quarantined_amount": 1234.5},
            {"table": "applications", "read": 50, "used": 50, "quarantined": 0, "quarantined_amount": 0.0},
        ],
        "gates": [
            {"gate": "control", "passed": True, "waived": False, "message": "", "checked": True},
            {
                "gate": "quarantine",
                "checked": True,
                "passed": not waived,
                "waived": waived,
                "message": "1,234.50 is quarantined & <odd> on 2026-06-30.",
            },
        ],
        "missing_tables": [("promises", "whether promises are kept")],
        "unknown": {},
    }


def accounts() -> pd.DataFrame:
    """Three accounts, the last without a problem."""
    frame = pd.DataFrame(
        {
            "customer_id": ["C1", "C2", "C3"],
            "name": [HOSTILE, HOSTILE, "Müller"],
            "open_balance": [1000.0, 500.0, 100.0],
            "open_share": [0.625, 0.3125, 0.0625],
            "overdue_balance": [600.0, 300.0, 100.0],
            "overdue_change_amount": [100.0, -50.0, 0.0],
            "oldest_days_past_due": [120, 31, 1],
            "over_90_balance": [200.0, 0.0, 0.0],
            "credit_limit_amount": [900.0, None, None],
            "over_limit_amount": [100.0, None, None],
            "broken_promises": pd.Series([2, 1, 0], dtype="Int64"),
            "disputed_balance": [0.0, 0.0, 0.0],
            "last_paid_on": pd.to_datetime(["2026-06-02", None, None]),
            "last_paid_amount": [25.0, None, None],
            "next_due_on": pd.to_datetime(["2026-07-05", None, None]),
            "next_due_amount": [40.0, None, None],
            "promised_on": pd.to_datetime(["2026-07-01", None, None]),
            "promised_amount": [30.0, None, None],
            "usual_method": ["bank_transfer", None, None],
            "products": ["A, B, C, D, E", "A, B", None],
            "collector": ["Kim", None, None],
            "problems": [3, 1, 0],
            "reasons": ["over 90 days past due; over its credit limit; broken promises", "broken promises", ""],
        }
    )
    return frame.assign(overdue_share=frame.overdue_balance / frame.open_balance)


COLLECTING = {
    "recovered_30": 0.70,
    "recovered_60": 0.80,
    "recovered_90": 0.90,
    "days_to_resolve_mean": 30.0,
    "days_to_resolve_median": 11.0,
    "promise_kept_share": 0.75,
    "promise_kept_count_share": 0.60,
    "cost_to_collect": 0.04,
    "collections_roi": 6.0,
    "collections_roi_net": -0.5,
}


def collecting(months: int = 13) -> pd.DataFrame:
    """The same in every month: 4,000 spent, 100,000 collected, 28,000 of it past its due date."""
    days = pd.date_range(end=AS_OF, periods=months, freq="ME")
    parts = {"cost_to_collect": 4_000.0, "collections_roi": 24_000.0}
    rows = [
        {"as_of": day, "by": "", "group": "", "kpi": kpi, "value": value, "numerator": parts.get(kpi, 1.0)}
        for day in days
        for kpi, value in COLLECTING.items()
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(unit=frame.kpi.map(_unit))


def _unit(kpi: str) -> str:
    return "share" if kpi.startswith(("recovered", "promise")) else "days" if kpi.startswith("days") else "ratio"


def _months(count: int) -> pd.DatetimeIndex:
    return pd.date_range(end="2026-06-01", periods=count, freq="MS")


def vintage() -> pd.DataFrame:
    """24 months: 60 % is collected in the month of issue, 90 % a month later, then 1 % a month; June is over."""
    issued = pd.MultiIndex.from_product([_months(24), range(13)], names=["issue_month_on", "age_months"])
    frame = issued.to_frame(index=False)
    behind = 12 * (2026 - frame.issue_month_on.dt.year) + 6 - frame.issue_month_on.dt.month
    share = np.where(frame.age_months == 0, 0.6, 0.89 + frame.age_months / 100)
    share = np.where(frame.age_months <= behind, share, np.nan)
    order = ["issue_month_on", "issued_amount", "age_months", "cash_amount", "collected_share"]
    return frame.assign(issued_amount=1000.0, cash_amount=1000 * share, collected_share=share)[order]


def roll_rates() -> pd.DataFrame:
    """Of what is 1-30 days late 50 % is paid, 30 % is 31-60 and 10 % is 61+ days late a month after; nothing was ever
    61+ days late at the beginning of a month."""
    shares = {
        "current": (0.0, 0.2, 0.0, 0.0, 0.8, 0.0, 0.0),
        "1-30": (0.0, 0.0, 0.3, 0.1, 0.5, 0.1, 0.0),
        "31-60": (0.0, 0.0, 0.0, 0.5, 0.3, 0.0, 0.2),
        "61+": (np.nan,) * 7,
    }
    states = ["current", "1-30", "31-60", "61+", "paid", "credited", "written_off"]
    rows = [
        {"from_bucket": source, "to_state": state, "moved_amount": 100 * share, "moved_share": share}
        for source, row in shares.items()
        for state, share in zip(states, row, strict=True)
    ]
    return pd.DataFrame(rows)


def expected_credit_loss() -> pd.DataFrame:
    loss = np.array([10.0, 50.0, 40.0])
    return pd.DataFrame(
        {
            "bucket": ["current", "1-30", "31+"],
            "open_balance": [1000.0, 200.0, 50.0],
            "loss_rate_share": [0.01, 0.25, 0.8],
            "forward_factor": 1.0,
            "expected_loss_amount": loss,
            "expected_loss_low_amount": 0.8 * loss,
            "expected_loss_high_amount": 1.2 * loss,
        }
    )


def credit_limit_use() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["C1", "C2", "C3"],
            "name": [HOSTILE, "B", "C"],
            "open_balance": [10.0, 150.0, 10.0],
            "credit_limit_amount": [0.0, 100.0, 100.0],
            "used_share": [np.nan, 1.5, 0.1],
            "over_limit_amount": [10.0, 50.0, 0.0],
        }
    )


def credit_limit_use_by_group() -> pd.DataFrame:
    return credit_limit_use().rename(columns={"customer_id": "group_id"})


def terms() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "terms": ["0", "16-30", "31-60"],
            "invoices": [1, 8, 1],
            "billed_amount": [100.0, 800.0, 100.0],
            "billed_share": [0.1, 0.8, 0.1],
            "days_beyond_terms": [2.0, -1.0, np.nan],
            "discount_offered_amount": [0.0, 30.0, 10.0],
            "discount_taken_amount": [0.0, 15.0, 5.0],
            "discount_yearly_cost_share": [np.nan, 0.4, 0.2],
        }
    )


def method_mix() -> pd.DataFrame:
    """Cash without a method comes first, and latest."""
    return pd.DataFrame(
        {
            "method": ["(none)", "card", "check"],
            "cash_amount": [500.0, 300.0, 200.0],
            "cash_share": [0.5, 0.3, 0.2],
            "days_beyond_terms": [9.0, -1.0, 5.84],
            "payments": [5, 3, 2],
        }
    )


def late_fees() -> pd.DataFrame:
    months = _months(3)
    return pd.DataFrame(
        {
            "month_on": months,
            "fees": [2, 1, 1],
            "billed_amount": [30.0, 15.0, 15.0],
            "collected_amount": [20.0, 15.0, 0.0],
            "waived_amount": [10.0, 0.0, 0.0],
            "open_balance": [0.0, 0.0, 15.0],
        }
    )


def payment_plans() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "month_on": _months(3),
            "plans": [4, 5, 6],
            "instalments": [4, 5, 6],
            "due_amount": [400.0, 500.0, 100.0],
            "paid_on_time_share": [0.75, 0.8, 0.5],
            "collected_amount": [400.0, 450.0, 60.0],
            "overdue_balance": [0.0, 30.0, 40.0],
            "missed_share": [0.0, 0.06, 0.4],
            "broken_plans": [0, 1, 2],
        }
    )


def disputes_by_reason() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "reason": [HOSTILE, "(none)", "missing reference"],
            "disputes": [4, 1, 2],
            "disputed_amount": [600.0, 300.0, 100.0],
            "open_count": [1, 1, 1],
            "resolved_days": [20.0, np.nan, 40.0],
            "credited_amount": [50.0, 0.0, 0.0],
        }
    )


def contacts_by_channel() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "channel": ["call", "call", "email"],
            "timing": ["account", "after due", "before due"],
            "contacts": [10, 50, 40],
            "right_party_share": [0.5, 0.4, np.nan],
            "minutes": [50.0, 250.0, np.nan],
            "paid_14_share": [0.1, 0.3, 0.6],
        }
    )


def agency() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "quarter_on": pd.to_datetime(["2025-10-01", "2026-01-01", "2026-04-01"]),
            "handed_invoices": [2, 3, 4],
            "handed_balance": [1000.0, 3000.0, 5000.0],
            "recovered_90_amount": [100.0, 500.0, np.nan],
            "recovered_90_share": [0.1, 1 / 6, np.nan],
            "agency_cost_amount": [60.0, 90.0, 100.0],
            "cost_to_recovered_share": [0.6, 0.18, np.nan],
        }
    )


def costs_by_category() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "category": ["staff", "payment_fees"],
            "cost_amount": [30_000.0, 10_000.0],
            "cost_share": [0.75, 0.25],
            "cost_to_cash_share": [0.03, 0.01],
        }
    )


SCHEDULES = (
    roll_rates,
    vintage,
    expected_credit_loss,
    credit_limit_use,
    credit_limit_use_by_group,
    terms,
    method_mix,
    late_fees,
    payment_plans,
    disputes_by_reason,
    contacts_by_channel,
    agency,
    costs_by_category,
)
