"""Draws of cash: what one invoice can pay, how a customer's move together, and the moments of many."""

from __future__ import annotations

from math import asin, pi

import numpy as np
import pandas as pd
import pytest

from arforecast.forecast import draws
from arforecast.forecast.calendar import Floats
from arforecast.forecast.cash import QUANTILES
from arforecast.forecast.draws import SAME_CUSTOMER, SAME_RUN, Expected

DUE_ON = pd.Timestamp("2026-06-30")


def expected(customers: list[object], due_days: list[int], amount: Floats, p_week: Floats) -> Expected:
    due_on = pd.Series([DUE_ON + pd.Timedelta(days=nth) for nth in due_days])
    return Expected(pd.Series(customers), due_on, amount, p_week, np.array([]))


def simulated(paid: Expected, runs: int, seed: int = 1) -> Floats:
    return draws.simulated(paid, np.random.default_rng(seed), runs)


def test_nothing_owed_brings_nothing() -> None:
    assert not simulated(expected([], [], np.zeros((0, 3)), np.zeros((0, 3))), 7).any()


def test_an_invoice_is_paid_once() -> None:
    """100 either in the first week, in the second or later: never more than 100 in all."""
    drawn = simulated(expected(["anna"], [0], np.array([[30.0, 50.0]]), np.array([[0.3, 0.5]])), 2_000)
    assert set(drawn.round(9).ravel()) == {0, 100}
    assert set(drawn.sum(axis=1).round(9)) == {0, 100}
    assert (drawn > 0).mean(axis=0) == pytest.approx([0.3, 0.5], abs=0.05)


@pytest.mark.parametrize(
    ("customers", "due_days", "correlation"),
    [
        (list(range(50)), [0] * 50, 0.0),
        (["anna"] * 50, list(range(50)), SAME_CUSTOMER),
        (["anna"] * 50, [0] * 50, SAME_CUSTOMER + SAME_RUN),
    ],
    ids=["of many customers", "of one customer", "of one payment run"],
)
def test_invoices_move_together(customers: list[object], due_days: list[int], correlation: float) -> None:
    """Fifty invoices, each paid in the week with a chance of a half, of variance 1/4. Two whose scores correlate by r
    are both paid with 1/4 + asin(r) / 2 pi."""
    half = np.full((50, 1), 0.5)
    paid = expected(customers, due_days, half, half)
    variance = 50 / 4 + 50 * 49 * asin(correlation) / (2 * pi)
    assert simulated(paid, 4_000).var() == pytest.approx(variance, rel=0.1)
    assert simulated(paid, 4_000).mean() == pytest.approx(25, abs=1)
    assert draws._covariance(draws._scores(paid), half).item() == pytest.approx(variance, rel=0.01)


def crowd(large: int, small: int) -> Expected:
    """Three invoices a customer, two of them of one due day, of any money and any chances in four weeks; those of the
    first customers are large."""
    random = np.random.default_rng(3)
    count = large + small
    p_week = random.dirichlet([1, 1, 1, 1, 4], count)[:, :4]
    money = random.lognormal(3, 1, count) * np.where(np.arange(count) < large, 40, 1)
    return expected(
        [nth // 3 for nth in range(count)], [nth % 3 // 2 for nth in range(count)], money[:, None] * p_week, p_week
    )


def test_of_many_invoices_the_heavy_are_drawn_and_the_rest_together() -> None:
    """Each quantile of each week lies within a twentieth of that of the full simulation."""
    paid, runs, levels = crowd(300, 1_200), 6_000, list(QUANTILES.values())
    full = np.quantile(simulated(paid, runs), levels, axis=0)
    few = np.quantile(draws.simulated(paid, np.random.default_rng(1), runs, 300), levels, axis=0)
    assert few == pytest.approx(full, rel=0.05)


def test_the_rest_has_the_covariance_of_its_draws() -> None:
    """Nobody is heavy: weeks are drawn from moments alone, which those of 20,000 draws one by one come near."""
    paid, runs = crowd(0, 600), 20_000
    full = simulated(paid, runs)
    spread = np.outer(full.std(axis=0), full.std(axis=0))
    covariance = draws._covariance(draws._scores(paid), paid.p_step)
    assert np.abs(covariance - np.cov(full.T)).max(axis=None) < 0.04 * spread.max(axis=None)
    moments = draws.simulated(paid, np.random.default_rng(1), runs, 0)
    assert moments.mean(axis=0) == pytest.approx(full.mean(axis=0), rel=0.005)


def test_what_is_certain_has_no_spread() -> None:
    sure = expected(["anna", "anna"], [0, 0], np.array([[100.0, 0.0], [0.0, 50.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert np.unique(simulated(sure, 50), axis=0).tolist() == [[100.0, 50.0]]
    assert draws._covariance(draws._scores(sure), sure.p_step) == pytest.approx(np.zeros((2, 2)), abs=1e-6)
