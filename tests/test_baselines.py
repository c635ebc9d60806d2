"""The rules a model must beat, by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from arforecast.forecast.baselines import (
    additive_ets,
    eight_week_mean,
    last_week,
    late_counts,
    late_rates,
    median_delays,
    p_late_by_customer,
    roll_rates,
    settled_counts,
)
from arforecast.forecast.exposure import Lives, lives
from arforecast.forecast.hazard import estimate
from forecasts import eventful, exposed, facts, opened
from ledgers import told

DAY = date(2026, 3, 10)
FATES = """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  paid_on
    A1          anna         2026-01-01  2026-01-31  10      2026-01-15
    A2          anna         2026-01-02  2026-02-01  10      2026-02-01
    A3          anna         2026-02-03  2026-02-20  10      2026-02-21
    A4          anna         2026-03-01  2026-03-31  10      2026-03-05
    B1          bert         2026-02-08  2026-03-10  10      -
    B2          bert         2026-01-09  2026-02-08  10      2026-03-20
    C1          cora         2026-03-02  2026-03-11  10      -
"""
"""On 10 March anna was late with one of three: paid on the due day is on time, and A4 is too young to count though it
is paid. Bert is late with both: open at the close of the due day is late. Cora has nothing due."""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Lives:
    return lives(facts(opened(told(FATES), tmp_path_factory.mktemp("fates")), DAY))


def test_late_counts(known: Lives) -> None:
    counts = late_counts(known, DAY)
    assert counts.T.to_dict("list") == {"anna": [3, 1], "bert": [2, 2]}
    assert list(counts.columns) == ["due", "late"]


def test_late_rates_are_shrunk_to_the_ledgers_own(known: Lives) -> None:
    """3 of 5 were late. anna: (1 + 5 x 0.6) / (3 + 5); bert: (2 + 5 x 0.6) / (2 + 5)."""
    rates, overall = late_rates(known, DAY)
    assert overall == pytest.approx(0.6)
    assert rates.to_dict() == pytest.approx({"anna": 4 / 8, "bert": 5 / 7})


def test_a_day_earlier_what_was_due_that_day_does_not_count(known: Lives) -> None:
    assert late_counts(known, date(2026, 3, 9)).T.to_dict("list") == {"anna": [3, 1], "bert": [1, 1]}


def test_median_delays_and_how_many_are_settled(known: Lives) -> None:
    """anna's were -16, 0, 1 and -26 days from due: -8; nothing of bert's or cora's is settled yet: the same.
    On the 20th bert's second was, 40 days late: of all five the median is 0."""
    assert median_delays(known, DAY).tolist() == [-8, -8, -8]
    assert median_delays(known, date(2026, 3, 20)).tolist() == [-8, 40, 0]
    assert median_delays(known, date(2026, 1, 1)).tolist() == [0, 0, 0]
    assert settled_counts(known, date(2026, 3, 20)).to_dict() == {"anna": 4, "bert": 1, "cora": 0}


def test_before_anything_was_due_there_are_no_rates(known: Lives) -> None:
    rates, overall = late_rates(known, date(2026, 1, 30))
    assert rates.empty
    assert overall == 0


def test_a_payment_that_bounced_and_one_booked_late_are_judged_as_known() -> None:
    """A2's cheque of 20 January, a day before its due day, came back on the 23rd, as the books of the 26th know.
    B2 was paid two days late on the 30th, booked on 10 February; the day it is known changes nothing: it is late."""
    ever = lives(facts(eventful(), date(2026, 1, 31)))
    assert late_counts(ever, date(2026, 1, 24)).late.to_dict() == {"anna": 1}
    assert late_counts(ever, date(2026, 1, 31)).late.to_dict() == {"anna": 2, "bert": 1}


def test_p_late_is_the_customers_rate_or_everybodys_and_1_once_due(known: Lives) -> None:
    lines = [("anna", "2026-03-31"), ("cora", "2026-03-11"), ("bert", "2026-03-10"), ("bert", "2026-03-11")]
    invoices = pd.DataFrame(lines, columns=["customer_id", "due_on"])
    assert p_late_by_customer(known, DAY, invoices) == pytest.approx([4 / 8, 0.6, 1, 5 / 7])


def test_the_roll_rate_curve_is_the_share_settled_at_each_age() -> None:
    """Counts by days from due, whoever the customer and whatever the weekday: 30 of 300, 80 of 160, 0 of 80."""
    lines = [
        ("anna", 0, -1, 4, 200, 10),
        ("bert", 1, -1, 6, 100, 20),
        ("anna", 0, 0, 5, 160, 80),
        ("bert", 2, 1, 6, 80, 0),
    ]
    curve = roll_rates(exposed(*lines))
    invoice = pd.DataFrame(
        {
            "customer_id": ["anna", "nobody knows"],
            "issued_on": pd.Timestamp("2026-01-01"),
            "due_on": pd.Timestamp("2026-03-10"),
            "amount": [1, 9],
        }
    )
    everybody = [30 / 300, 80 / 160, 0]
    found = curve.hazards(invoice, date(2026, 3, 9), 3)
    assert found[0] == pytest.approx(everybody, abs=1e-4)
    assert np.array_equal(found[0], found[1])


def test_the_curve_and_the_model_start_from_the_same_mean() -> None:
    seen = exposed(("a", 0, 0, 0, 50, 5))
    assert estimate(seen).mean == pytest.approx(0.1)
    assert roll_rates(seen).share[0] == pytest.approx(0.1)


def test_last_week_is_repeated() -> None:
    assert last_week(np.array([5.0, 7.0]), 3).tolist() == [7, 7, 7]


def test_the_mean_is_of_the_last_eight_weeks() -> None:
    assert eight_week_mean(np.array([100.0, *range(1, 9)]), 2).tolist() == [4.5, 4.5]
    assert eight_week_mean(np.array([1.0, 3.0]), 2).tolist() == [2, 2]


def test_smoothing_of_a_short_history_falls_back_to_the_mean() -> None:
    history = np.arange(9.0)
    assert np.array_equal(additive_ets(history, 4), eight_week_mean(history, 4))


def test_smoothing_follows_a_trend_and_damps_it() -> None:
    forecast = additive_ets(10.0 * np.arange(1, 31), 13)
    steps = np.diff(np.concatenate([[300.0], forecast]))
    assert forecast.shape == (13,)
    assert ((steps > 0) & (steps < 10.5)).all()
    assert (np.diff(steps) <= 1e-6).all()


@pytest.mark.parametrize("level", [0.0, 70_000.0])
def test_smoothing_of_a_level_stays_on_it(level: float) -> None:
    assert additive_ets(np.full(20, level), 5) == pytest.approx(np.full(5, level), rel=1e-3)
