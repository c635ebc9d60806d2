"""The line on a distribution, and ranges that hold their share: by hand, and without a future."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arforecast.forecast import calibration, hazard, payment_time, ranges
from arforecast.forecast.calibration import Line, fitted
from arforecast.forecast.exposure import open_at
from arforecast.forecast.payment_time import Distribution
from arforecast.forecast.ranges import LEANING, SHARE, grown, least_masses, scores
from forecasts import sample_lives
from test_boosted import made, without_the_future

DAY = date(2026, 3, 16)


def test_a_line_by_hand() -> None:
    """logit 0.2 = log 1/4. Twice that: 1/16 of odds; and shifted by log 4: 1/4 again."""
    assert Line(0, 2).of(np.array([0.2, 0.5])) == pytest.approx([1 / 17, 1 / 2])
    assert Line(np.log(4), 2).of(np.array([0.2, 0, 1])) == pytest.approx([0.2, 0, 1])


def test_hazards_along_a_line_are_those_of_the_line_on_the_distribution() -> None:
    random = np.random.default_rng(1)
    chance, line = random.random((50, 30)) / 4, Line(0.3, 1.4)
    settled_by = [1 - np.cumprod(1 - each, axis=1) for each in (chance, calibration.hazards(chance, line))]
    assert settled_by[1] == pytest.approx(line.of(settled_by[0]))
    assert calibration.hazards(chance, Line()) == pytest.approx(chance)


def test_a_line_finds_what_bent_the_chances() -> None:
    """Of 40,000 chances whose logits were halved."""
    random = np.random.default_rng(2)
    truth = random.random(40_000)
    said = 1 / (1 + np.sqrt((1 - truth) / truth))
    assert fitted(said, random.random(40_000) < truth) == pytest.approx((0, 2), abs=0.1)


def test_few_chances_leave_things_as_they_are() -> None:
    assert fitted(np.array([0.1, 0.2]), np.array([True, True])) == pytest.approx((0, 1), abs=0.25)
    known = made()
    assert len(calibration.record(known, date(2025, 5, 30), False).kept) < calibration.FEWEST
    assert calibration.line(known, date(2025, 5, 30), False) == Line()


def test_a_line_speaks_only_where_the_latest_origins_say_so() -> None:
    """As the record has it: fitted on all but the two latest origins, it is better on these."""
    known = sample_lives()
    for day in (date(2026, 5, 31), date(2026, 2, 14), date(2025, 12, 1)):
        said = calibration.record(known, day, False)
        latest = said.origin > said.origin.max() - calibration.JUDGES
        line = fitted(said.on_time[~latest], said.kept[~latest])
        plain, better = (
            -np.log(np.where(said.kept, chance, 1 - chance)[latest]).mean()
            for chance in (np.clip(said.on_time, 1e-6, 1 - 1e-6), np.clip(line.of(said.on_time), 1e-6, 1 - 1e-6))
        )
        enough = min(latest.sum(), (~latest).sum()) >= calibration.FEWEST
        found = calibration.line(known, day, False)
        assert found == (fitted(said.on_time, said.kept) if enough and better < plain else Line())


def test_a_line_that_helps_bends_the_whole_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if past origins had said half of each logit: what a model says now is then said twice as loud."""
    known, day = sample_lives(), date(2026, 4, 30)
    random = np.random.default_rng(3)
    truth, origin = random.random(40_000), np.repeat(np.arange(4), 10_000)
    said = calibration.Said(1 / (1 + np.sqrt((1 - truth) / truth)), random.random(40_000) < truth, origin)
    monkeypatch.setattr(calibration, "record", lambda *_asked: said)
    monkeypatch.setattr(calibration, "line", calibration.line.__wrapped__)  # and nobody else is to find it
    model = hazard.fit(known, day)
    bent = calibration.calibrated(model, known, day)
    assert bent.name == f"{model.name}, calibrated"
    _, owed = open_at(known, day)
    before, after = (
        1 - np.cumprod(1 - each.hazards(owed, day + timedelta(days=1), 30), axis=1) for each in (model, bent)
    )
    loud = before**2 / (before**2 + (1 - before) ** 2)
    assert after == pytest.approx(loud, abs=0.03)
    assert np.abs(after - before).max() > 0.1


def test_no_future_reaches_a_line_or_a_threshold() -> None:
    day = date(2025, 12, 10)
    known = made()
    cut = without_the_future(known, day)
    whole, part = (payment_time.fit(each, day, hazard.fit(each, day)) for each in (known, cut))
    _, owed = open_at(cut, day)
    assert np.array_equal(
        whole.hazards(owed, day + timedelta(days=1), 90), part.hazards(owed, day + timedelta(days=1), 90)
    )
    assert ranges.learnt(whole, known, day).equals(ranges.learnt(part, cut, day))
    assert len(ranges.learnt(part, cut, day)) == 30


# Ranges


def test_a_range_grows_from_the_median_to_the_nearest_mass_by_hand() -> None:
    """0.1, 0.2, 0.3, 0.25, 0.1: from the third day, 0.3; with the fourth 0.55; with the second 0.75; the last, 0.85."""
    p_day = np.array([[0.1, 0.2, 0.3, 0.25, 0.1]])
    found = {tau: tuple(int(end[0]) for end in grown(p_day, np.array([tau]))) for tau in (0.2, 0.5, 0.7, 0.81, 1)}
    assert found == {0.2: (2, 2), 0.5: (2, 3), 0.7: (1, 3), 0.81: (1, 4), 1: (0, 4)}
    assert [scores(p_day, np.array([came]))[0] for came in range(6)] == pytest.approx([0.9, 0.65, 0, 0.425, 0.8, 1])


# A day of no chance is inside or outside a range alike.
days = st.lists(st.floats(0.01, 1), min_size=1, max_size=12)


@settings(derandomize=True, deadline=None)
@given(days, st.integers(0, 12), st.floats(0, 1))
def test_a_score_is_the_least_mass_whose_range_holds_the_day(weights: list[float], came: int, tau: float) -> None:
    p_day = np.array([weights]) / max(sum(weights), 1)
    low, high = grown(p_day, np.array([tau]))
    score = scores(p_day, np.array([came]))[0]
    if abs(score - tau) > 1e-9 and score < 1:
        assert bool(low[0] <= came <= high[0]) == (score <= tau)


def test_thresholds_by_hand() -> None:
    """Scores of 0.01, 0.02, ..., 0.4 and one of 1: 41 in all. Of a customer with the 40 and a weight of 20, 48 are
    asked for: up to 0.33 lie 33 of its own and 20 x 33 / 41 = 16.1, up to 0.32 only 32 + 15.6. Of one with the last,
    16.8: 20 x 35 / 41 = 17.1 lie up to 0.35. Without a past 32.8 of the 41 are up to 0.33."""
    past = pd.DataFrame({"customer": [0] * 40 + [1], "score": [*np.arange(1, 41) / 100, 1.0]})
    assert (SHARE, LEANING) == (0.8, 20)
    least, usual = least_masses(past)
    assert least.to_dict() == pytest.approx({0: 0.33, 1: 0.35})
    assert usual == pytest.approx(0.33)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.lists(st.floats(0, 1), max_size=40))
def test_a_threshold_is_the_least_that_is_enough(own: list[float], others: list[float]) -> None:
    def enough(mass: float) -> bool:
        share = sum(score <= mass for score in pooled) / len(pooled)
        return sum(score <= mass for score in own) + LEANING * share >= SHARE * (len(own) + LEANING) - 1e-9

    pooled = own + others
    least, _usual = least_masses(pd.DataFrame({"customer": [0] * len(own) + [1] * len(others), "score": pooled}))
    assert enough(least[0]) or least[0] == 1
    assert not any(enough(mass) for mass in np.linspace(0, least[0], 50) if mass < least[0])


def test_a_range_ends_in_days_and_is_open_beyond_the_last() -> None:
    """Days 3 and 5 are open: settled on them with 0.6 and 0.1, then with 0.2 and 0.1; and hardly ever."""
    p_settled = np.zeros((3, 6))
    p_settled[:, [2, 4]] = [[0.6, 0.35], [0.6, 0.1], [0.2, 0.1]]
    settled = Distribution(DAY, pd.DataFrame(index=range(3)), p_settled, np.ones(3))
    low, high = ranges.days_around(settled, np.full(3, 0.8))
    assert low.tolist()[:2] == [3, 3]
    assert high[0] == 5
    assert np.isnan([high[1], low[2], high[2]]).all()
