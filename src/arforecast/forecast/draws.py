"""Draws of cash: how payments scatter, step by step, where the invoices of a customer move together.

The normal score of an invoice, which says when it is paid, is made of three: sqrt(.40) of its customer and due day,
for a payment run takes what fell due together; sqrt(.35) of its customer; and sqrt(.25) of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from arforecast.forecast.calendar import Floats, Ints
from arforecast.forecast.hazard import sums_by

SAME_RUN, SAME_CUSTOMER = 0.40, 0.35
CHUNK = 50
# So many invoices are drawn one by one, those of the customers who move the sum most; beyond, nothing stands out.
MANY = 10_000
# So many terms of the series tell the covariance of two payments to within a hundredth.
TERMS = 12


@dataclass(frozen=True)
class Expected:
    """Cash expected of some invoices: invoices x steps of money and of probability, one step after the other; whose
    they are, and of which payment run: a customer's invoices of one due day. daily: the money of all, by day."""

    customers: pd.Series
    due_on: pd.Series
    amount: Floats
    p_step: Floats
    daily: Floats


@dataclass(frozen=True)
class Scores:
    """The invoices as they are drawn: whose and of which run by number, up to which normal score each is paid by the
    end of each step, and what it then pays."""

    customer: Ints
    run: Ints
    ends: Floats
    money: Floats

    def of(self, rows: NDArray[np.bool_]) -> Scores:
        """Some of the invoices, customers and runs numbered anew."""
        customer, run = (np.unique(owner[rows], return_inverse=True)[1] for owner in (self.customer, self.run))
        return Scores(customer, run, self.ends[rows], self.money[rows])


def simulated(paid: Expected, random: np.random.Generator, runs: int, most: int = MANY) -> Floats:
    """Draws of the cash by step: runs x steps.

    Each invoice is settled in the step that its own score falls into. Of more than `most` invoices, only those of the
    customers who move the sum most are drawn one by one; the others' sum is drawn from its mean and covariance.
    """
    if paid.customers.empty:
        return np.zeros((runs, paid.amount.shape[1]))
    scores = _scores(paid)
    alone = _heaviest(scores.customer, paid.amount * scores.money, most)
    drawn = _drawn(scores.of(alone), random, runs)
    if alone.all():
        return drawn
    mean, covariance = paid.amount[~alone].sum(axis=0), _covariance(scores.of(~alone), paid.p_step[~alone])
    others = random.multivariate_normal(mean, covariance, runs, check_valid="ignore", method="eigh")
    return drawn + np.maximum(others, 0)


def _scores(paid: Expected) -> Scores:
    from scipy.special import ndtri  # it takes a tenth of a second to import

    customer, _customers = pd.factorize(paid.customers, sort=True)
    due = pd.DataFrame({"customer": customer, "due_on": paid.due_on.to_numpy()})
    run = due.groupby(["customer", "due_on"]).ngroup().to_numpy(np.int64)
    money = np.divide(paid.amount, paid.p_step, out=np.zeros_like(paid.amount), where=paid.p_step > 0)
    ends = ndtri(np.clip(np.cumsum(paid.p_step, axis=1), 0, 1))
    return Scores(customer, np.asarray(run, np.int64), ends, money)


def _heaviest(owner: Ints, moved: Floats, most: int) -> NDArray[np.bool_]:
    """The invoices of the customers who move the sum most, at most `most` of them."""
    if len(owner) <= most:
        return np.ones(len(owner), dtype=bool)
    order = np.argsort(-np.bincount(owner, moved.sum(axis=1)), kind="stable")
    heavy = order[np.cumsum(np.bincount(owner)[order]) <= most]
    return np.isin(owner, heavy)


def _drawn(scores: Scores, random: np.random.Generator, runs: int) -> Floats:
    """The sums of invoices that are drawn one by one: runs x steps."""
    if not len(scores.customer):
        return np.zeros((runs, scores.ends.shape[1]))
    # A step after the other is asked of all invoices.
    ends, money = np.ascontiguousarray(scores.ends.T, np.float32), np.ascontiguousarray(scores.money.T)
    sizes = np.diff(np.append(np.arange(0, runs, CHUNK), runs))
    return np.concatenate([_steps(_normal(scores, random, size), ends, money) for size in sizes])


def _normal(scores: Scores, random: np.random.Generator, runs: int) -> NDArray[np.float32]:
    """Normal scores of the invoices that move together: runs x invoices. Half the digits are twice as fast, and do."""

    def normal(share: float, count: int) -> NDArray[np.float32]:
        return np.sqrt(np.float32(share)) * random.standard_normal((runs, count), dtype=np.float32)

    drawn = normal(1 - SAME_RUN - SAME_CUSTOMER, len(scores.customer))
    drawn += normal(SAME_RUN, scores.run.max() + 1)[:, scores.run]
    drawn += normal(SAME_CUSTOMER, scores.customer.max() + 1)[:, scores.customer]
    return drawn


def _steps(draws: NDArray[np.float32], ends: NDArray[np.float32], money: Floats) -> Floats:
    """The money of the invoices whose draw lies between the ends of the step before and of the step."""
    before = np.zeros(draws.shape, dtype=bool)
    steps = np.empty((len(draws), len(ends)))
    for nth, (end, worth) in enumerate(zip(ends, money, strict=True)):
        by_now = draws <= end
        steps[:, nth] = np.einsum("ri,i->r", by_now ^ before, worth)
        before = by_now
    return steps


def _covariance(scores: Scores, p_step: Floats) -> Floats:
    """The covariance of the sums of invoices: steps x steps.

    Two normal scores of correlation r fall into two steps with a covariance of sum r^k a_k b_k over k = 1, 2, ...,
    where a_k = (He_{k-1}(start) phi(start) - He_{k-1}(end) phi(end)) / sqrt(k!) of an invoice's step (Mehler's
    formula). So each term is a sum of products of sums, over a customer's invoices and over those of a run; an invoice
    with itself is as uncertain as its chances say, and one that is its customer's only one moves with no other.
    """
    covariance, scores = _own(scores.money, p_step), scores.of(_shared(scores.customer))
    customer, run, in_runs = scores.customer, scores.run, _shared(scores.run)
    for k, term in enumerate(_terms(scores.ends), start=1):
        hoped = term * scores.money
        together, alike = (SAME_RUN + SAME_CUSTOMER) ** k, SAME_CUSTOMER**k
        covariance += alike * _between(hoped, customer)
        covariance += (together - alike) * _between(hoped[in_runs], run[in_runs])
    return covariance


def _shared(owner: Ints) -> NDArray[np.bool_]:
    """Whether an invoice has the same owner as another one."""
    return np.asarray(np.bincount(owner)[owner] > 1)


def _terms(ends: Floats) -> Iterator[Floats]:
    """a_1, a_2, ... of the steps of each invoice: invoices x steps. The first begins at minus infinity."""
    at = np.nan_to_num(ends, posinf=0, neginf=0)
    before, now = np.zeros_like(at), np.where(np.isfinite(ends), np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi), 0.0)
    for k in range(1, TERMS + 1):
        yield -np.diff(now, axis=1, prepend=0)
        # He_k(x) = x He_{k-1}(x) - (k-1) He_{k-2}(x), times phi / sqrt((k+1)!).
        before, now = now, (at * now - (k - 1) / np.sqrt(k) * before) / np.sqrt(k + 1)


def _between(hoped: Floats, owner: Ints) -> Floats:
    """The sum of products of the invoices of each owner, but those of an invoice with itself: steps x steps."""
    sums = sums_by(hoped, owner, owner.max(initial=-1) + 1)
    return np.asarray(sums.T @ sums - hoped.T @ hoped)


def _own(money: Floats, p_step: Floats) -> Floats:
    """The covariance of the steps of invoices that are settled each by itself."""
    hoped = money * p_step
    return np.asarray(np.diag((money * hoped).sum(axis=0)) - hoped.T @ hoped)
