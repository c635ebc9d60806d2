"""Days, weeks and months of the time to come: where they end, and how steps make them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from arforecast.forecast import spans


def test_spans_that_end_within_the_weeks() -> None:
    """From Tuesday 30 June on: 31 days of July and 31 of August are 62 of 91 days; September ends a day too late."""
    day = date(2026, 6, 30)
    assert spans.ends("day", day, 13).tolist() == list(range(1, 22))
    assert spans.ends("day", day, 2).tolist() == list(range(1, 15))
    assert spans.ends("week", day, 3).tolist() == [7, 14, 21]
    assert spans.ends("month", day, 13).tolist() == [31, 62]
    assert spans.ends("month", date(2026, 6, 29), 1).tolist() == [1]
    assert not len(spans.ends("month", day, 1))


def test_the_first_month_begins_on_the_day_after() -> None:
    table = spans.calendar("month", [date(2026, 6, 20), date(2026, 1, 31)], 6)
    told = [(str(row.from_on)[:10], str(row.until_on)[:10]) for row in table.itertuples()]
    assert told == [("2026-06-21", "2026-06-30"), ("2026-07-01", "2026-07-31"), ("2026-02-01", "2026-02-28")]
    assert table.horizon_week.tolist() == [10 / 7, 41 / 7, 28 / 7]
    assert spans.calendar("week", [], 6).empty


def test_steps_are_days_and_then_weeks() -> None:
    """Five weeks of a unit a day: 21 days and two weeks; as weeks they are sevens."""
    steps = spans.in_steps(np.ones((2, 35)))
    assert steps.tolist() == [[1] * 21 + [7, 7]] * 2
    assert spans.in_weeks(steps, 5).tolist() == [[7] * 5] * 2
    assert spans.weeks_of(5).tolist() == [0] * 7 + [1] * 7 + [2] * 7 + [3, 4]


def test_a_week_that_is_cut_is_shared_as_its_mean() -> None:
    """Days 22 to 28 bring 1 each up to the cut after day 24, and 3 each after it: 3 of 15. In the fifth week nothing is
    expected: by days, of which none lies before the cut."""
    daily = np.r_[np.ones(24), np.full(4, 3.0), np.zeros(7)]
    shares = spans.shares(daily, np.array([24, 30]))
    assert shares[20].tolist() == [1, 0]
    assert shares[21] == pytest.approx([3 / 15, 12 / 15])
    assert shares[22] == pytest.approx([0, 2 / 7])
    assert (spans.shares(daily, np.array([7, 14, 21, 28, 35])).sum(axis=1) == 1).all()
    assert spans.sums(daily, np.array([24, 30])).tolist() == [24, 12]
