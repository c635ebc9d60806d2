"""Each score on a few numbers worked by hand."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from arforecast.forecast.scores import (
    auc,
    bias,
    brier,
    calibration_error,
    calibration_floor,
    coverage,
    drawn_share,
    gaps_by_chance,
    held,
    interval_score,
    log_loss,
    ratio,
    runs,
    wape,
    within_by_chance,
)


def test_brier() -> None:
    """0.1^2, 0.4^2 and 0.7^2 off: 0.66 / 3."""
    assert brier([0.1, 0.6, 0.7], [0, 1, 0]) == pytest.approx(0.22)
    assert brier([0, 1], [0, 1]) == 0
    assert brier([0.5, 0.5], [0, 1]) == 0.25


def test_log_loss() -> None:
    """What happened had been given 0.9, 0.6 and 0.3."""
    assert log_loss([0.1, 0.6, 0.7], [0, 1, 0]) == pytest.approx(-math.log(0.9 * 0.6 * 0.3) / 3)


def test_log_loss_of_a_certain_error_is_large_and_finite() -> None:
    assert log_loss([0.0], [1]) == pytest.approx(-math.log(1e-6))
    assert log_loss([1.0], [1]) == pytest.approx(0, abs=1e-5)


def test_auc() -> None:
    """Late had 0.8 and 0.4, on time 0.1, 0.4 and 0.6: of six pairs four are in order, one is a tie."""
    assert auc([0.8, 0.1, 0.4, 0.4, 0.6], [1, 0, 1, 0, 0]) == pytest.approx(4.5 / 6)


@pytest.mark.parametrize("happened", [[1, 1, 1], [0, 0, 0]], ids=["all late", "none late"])
def test_auc_of_one_kind_is_not_defined(happened: list[int]) -> None:
    with warnings.catch_warnings(action="error"):
        assert math.isnan(auc([0.2, 0.5, 0.9], happened))


def test_calibration_error() -> None:
    """Two bins of equal numbers: 0.1, 0.3 said 0.2, half happened; 0.6, 0.8 said 0.7, all happened: (0.3 + 0.3) / 2."""
    assert calibration_error([0.8, 0.1, 0.6, 0.3], [1, 0, 1, 1], bins=2) == pytest.approx(0.3)


def test_errors_inside_a_bin_cancel_and_between_bins_do_not() -> None:
    assert calibration_error([0.4, 0.6], [0, 1], bins=1) == pytest.approx(0)
    assert calibration_error([0.4, 0.6], [0, 1], bins=2) == pytest.approx(0.4)


def test_bins_are_weighted_by_their_numbers() -> None:
    """Three in two bins: 0.1 and 0.2 together, 0.15 off; 0.9 alone, 0.1 off."""
    assert calibration_error([0.1, 0.2, 0.9], [0, 0, 1], bins=2) == pytest.approx((2 * 0.15 + 0.1) / 3)


def test_more_bins_than_numbers_are_bins_of_one() -> None:
    assert calibration_error([0.1, 0.2], [0, 1], bins=15) == pytest.approx((0.1 + 0.8) / 2)


def test_the_floor_is_what_a_calibrated_forecast_shows() -> None:
    random = np.random.default_rng(5)
    chance = random.beta(1, 3, 3_000)
    shown = [calibration_error(chance, random.random(len(chance)) < chance) for _ in range(50)]
    floor = calibration_floor(chance, np.arange(len(chance)))
    assert floor == pytest.approx(np.mean(shown), rel=0.1)
    assert calibration_error(chance, random.random(len(chance)) < chance**2) > 3 * floor


def test_the_floor_sinks_with_the_numbers_and_is_the_same_each_time() -> None:
    few, many = (calibration_floor(np.full(size, 0.3), np.arange(size)) for size in (100, 10_000))
    assert many < few / 5
    assert few == calibration_floor(np.full(100, 0.3), np.arange(100))


def test_one_payment_run_decides_many_at_once() -> None:
    """All late with 0.3, else none: 0.7 or 0.3 off, 2 x 0.3 x 0.7 on average; in tens as if a tenth were said."""
    chance = np.full(1_000, 0.3)
    assert calibration_floor(chance, np.zeros(1_000), bins=1) == pytest.approx(0.42, abs=0.03)
    by_tens = calibration_floor(chance, np.arange(1_000) // 10, bins=1)
    assert by_tens == pytest.approx(calibration_floor(chance[:100], np.arange(100), bins=1), rel=0.1)
    assert gaps_by_chance(np.repeat([0.0, 0.5], 4), np.arange(8), bins=2)[0] == 0


def test_certainties_have_no_floor() -> None:
    assert calibration_floor([0.0, 1.0, 1.0], [0, 1, 2]) == 0
    assert calibration_floor([], []) == 0


def test_how_many_customers_right_ranges_leave_about_right() -> None:
    """Five ranges, each of its own run: four of them hold with 5 x 0.8^4 x 0.2; all of one run: none, or all."""
    alone, together = np.arange(10), np.repeat([0, 1], 5)
    assert within_by_chance(together, alone, 0.8, (0.7, 0.9)) == pytest.approx(2 * 0.41, abs=0.1)
    assert within_by_chance(together, together, 0.8, (0.7, 0.9)) == 0


def test_a_payment_run_is_what_a_customer_settles_on_a_day() -> None:
    """A1 and A2, asked about twice; B1 on the same day by another; of what is open each invoice alone."""
    rows = pd.DataFrame(
        [("a", "2026-03-01", "A1"), ("a", "2026-03-01", "A2"), ("a", "2026-03-01", "A1"), ("b", "2026-03-01", "B1"),
         ("a", None, "A3"), ("a", None, "A3"), ("a", None, "A4")],
        columns=["customer_id", "settled_on", "invoice_id"],
    )  # fmt: skip
    run = runs(rows.customer_id, pd.to_datetime(rows.settled_on), rows.invoice_id)
    assert [run[0], run[4]] * 2 == [run[1], run[5], run[2], run[5]]
    assert len(set(run)) == 4


def test_wape_adds_errors_and_bias_lets_them_cancel() -> None:
    """10 too much, 20 too little, of 100."""
    assert wape([40, 30, 20], [30, 50, 20]) == pytest.approx(0.30)
    assert bias([40, 30, 20], [30, 50, 20]) == pytest.approx(-0.10)


def test_too_much_is_a_positive_bias() -> None:
    assert bias([12, 12], [10, 10]) == pytest.approx(0.2)


@pytest.mark.parametrize("score", [wape, bias])
@pytest.mark.parametrize("actual", [[], [0.0, 0.0], [5.0, -5.0]], ids=["nothing", "zeros", "undone"])
def test_shares_of_nothing_are_not_defined(
    score: Callable[[list[float], list[float]], float], actual: list[float]
) -> None:
    assert math.isnan(score([1.0] * len(actual), actual))


def test_coverage_counts_the_ends_in() -> None:
    """2 and 5 lie on an end, 9 outside."""
    assert coverage([2, 1, 3, 0], [4, 5, 8, 7], [2, 5, 9, 3]) == pytest.approx(3 / 4)
    assert held([2, 2], [np.nan, np.nan], [1, 99]).tolist() == [False, True]


def test_interval_score_pays_for_width_and_ten_times_for_a_miss() -> None:
    """Ranges 2 wide of 80 %: one holds; 3 above and 1 below the others are 2 / 0.2 times as dear: (2 + 32 + 12) / 3."""
    assert interval_score([1, 1, 1], [3, 3, 3], [2, 6, 0]) == pytest.approx(46 / 3)
    assert interval_score([1], [3], [4], share=0.5) == pytest.approx(2 + 4)


def test_a_ratio_is_of_sums_and_its_range_is_that_of_drawn_blocks() -> None:
    """Eight origins, two blocks of four a draw. A loss of 1 beside one of 2 is a half in any. Of 0 in the first four
    and 1 in the last, blocks from the 1st, 2nd, ... on hold 0, 1, 2, 3, 4, 3, 2, 1: none in a draw has 1 / 64, at most
    one 5 / 64, so that 1 / 8 is where 5 % lie below; and 7 / 8 where 5 % lie above."""
    assert ratio([1.0] * 8, [2.0] * 8) == pytest.approx((0.5, 0.5, 0.5))
    value, low, high = ratio([0.0] * 4 + [1.0] * 4, [1.0] * 8)
    assert (value, low, high) == pytest.approx((0.5, 0.125, 0.875))
    assert ratio([0.0] * 4 + [1.0] * 4, [1.0] * 8) == (value, low, high)


def test_a_ratio_of_few_origins_has_no_range_and_one_to_nothing_is_none() -> None:
    value, low, high = ratio([1.0] * 7, [2.0] * 7)
    assert value == pytest.approx(0.5)
    assert math.isnan(low) and math.isnan(high)
    assert all(math.isnan(part) for part in ratio([1.0] * 9, [0.0] * 9))


def test_a_range_without_an_end_is_none() -> None:
    """What stands under the line is not nothing in one of nine origins alone: many draws of blocks miss it."""
    for value, low, high in (
        ratio([1.0] * 9, [0.0] * 8 + [3.0]),
        drawn_share([1.0] * 9, [0.0] * 8 + [3.0]),
    ):
        assert value == 3
        assert math.isnan(low) and math.isnan(high)
