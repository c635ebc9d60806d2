"""What contacting brings: trials with a known effect, who is in a trial, and that nothing is said without a lot."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import frames
from arforecast import Ledger
from arforecast.actions import dunning, effect, reserve, trial
from arforecast.actions.effect import COLUMNS, FEWEST, adjusted, weeks_needed
from arforecast.errors import UnknownError
from arforecast.report.exhibits.worklist import brought
from arforecast.report.formats import NULL, exact
from arforecast.settings import Settings
from arforecast.snapshot import Facts
from forecasts import AS_OF, past, sample, sample_facts

TRIALS = 500
EVE = date(2026, 3, 29)


def drawn(random: np.random.Generator, brings: float) -> pd.DataFrame:
    """A trial of eight weeks: few large accounts and many small ones, paid whole, in half, or not; a contact brings
    something at every second account."""
    size = random.lognormal(5.5, 1, 150)
    week, customer = np.nonzero(random.random((8, 150)) < 0.4)
    share = random.uniform(0.2, 0.8, len(week))
    alone = random.random(len(week)) < 0.2
    paid = (random.random(len(week)) < share) * random.choice([1, 1, 0.5], len(week))
    moved = 2 * brings * (~alone & (random.random(len(week)) < 0.5))
    return pd.DataFrame(
        {
            "origin": pd.Timestamp("2026-01-04") + pd.to_timedelta(7 * week, unit="D"),
            "customer_id": customer,
            "reserved": alone,
            "contacted": pd.array(~alone, dtype="boolean"),
            "expected_cash_14": size[customer] * share,
            "more_14": 25.0,
            "cash_14": size[customer] * paid + moved,
            "cash_30": np.nan,
        }
    )


# The interval


@pytest.mark.parametrize("brings", [0.0, 30.0])
def test_the_interval_holds_a_known_effect_nine_times_in_ten(brings: float) -> None:
    random = np.random.default_rng(1)
    said = pd.concat([effect.effect(drawn(random, brings)).head(1) for _ in range(TRIALS)])
    held = said.low_amount.le(brings) & said.high_amount.ge(brings)
    assert held.mean() == pytest.approx(0.90, abs=0.03)
    assert said.difference_amount.mean() == pytest.approx(brings, abs=4)
    none = said.verdict.eq("no difference found").mean()
    assert (none > 0.87) if brings == 0 else (none < 0.8)
    assert said.verdict.eq("contacts bring less cash").mean() < 0.08


def test_without_anything_to_adjust_for_it_is_the_difference_of_the_means() -> None:
    """Four contacted bring 10, 20, 30, 40; two left alone 5 and 15. Leaving out one after another moves 15 by as much
    as the mean of its part: 5, 5/3, 5/3, 5 and 5, 5; (5/6) x (2 x 25 + 2 x 25/9 + 2 x 25) = 87.96 squared."""
    rows = pd.DataFrame(
        {
            "customer_id": list("abcdef"),
            "reserved": [False] * 4 + [True] * 2,
            "expected_cash_14": 7.0,
            "cash_14": [10.0, 20, 30, 40, 5, 15],
        }
    )
    difference, error, critical = adjusted(rows, 14)
    assert (difference, error**2) == pytest.approx((15, 87.963), abs=1e-3)
    assert critical == pytest.approx(2.015, abs=1e-3)


def test_how_many_weeks_are_still_needed() -> None:
    """An error of 10 after 8 weeks; 25 declared: 2.486 errors of 10 are enough at 24.9. 12.5: four times the weeks."""
    assert weeks_needed(8, 10, 25) == 0
    assert weeks_needed(8, 10, 12.5) == 24
    assert np.isnan(weeks_needed(8, 10, 0))


# What is said


def test_few_accounts_say_nothing_and_a_reserve_that_was_called_neither() -> None:
    random = np.random.default_rng(2)
    rows = drawn(random, 500)
    first, later = effect.effect(rows).to_dict("records")
    assert list(first) == COLUMNS
    assert first["verdict"] == "contacts bring more cash"
    assert (first["contacted_share"], first["reserved_contacted_share"]) == (1, 0)
    assert (later["weeks"], later["verdict"]) == (0, "too few yet")
    few = effect.effect(
        rows[~rows.reserved | rows.customer_id.isin(rows.customer_id[rows.reserved].unique()[: FEWEST - 1])]
    )
    assert few.verdict.tolist() == ["too few yet"] * 2
    assert few.difference_amount.isna().all()
    called = effect.effect(rows.assign(contacted=pd.array([True] * len(rows), dtype="boolean")))
    assert called.verdict[0] == "the reserve was not left alone"
    unknown = effect.effect(rows.assign(contacted=pd.array([pd.NA] * len(rows), dtype="boolean"))).iloc[0]
    assert np.isnan(unknown.contacted_share)
    assert unknown.verdict == "contacts bring more cash"


def test_the_page_says_what_a_contact_brought_or_that_there_are_too_few() -> None:
    """Of 500 that a contact brings; the rows of 30 days have no cash yet."""
    found = effect.effect(drawn(np.random.default_rng(2), 500))
    shown = brought(found, frames.stamp())
    first = found.iloc[0]
    assert shown.sentence == (
        f"A week's contact brought an account {exact(first.difference_amount)} within 14 days "
        f"({exact(first.low_amount)} to {exact(first.high_amount)}): contacts bring more cash"
    )
    assert first.low_amount < 500 < first.high_amount
    assert shown.told()["table"]["rows"][1].count(NULL) > 0
    few = brought(found.tail(1).reset_index(drop=True), frames.stamp())
    assert few.sentence == "Nothing can be said of 0 weeks: too few yet"


# Who is in a trial, and what came


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Two weeks of the sample, half of it left alone."""
    return trial.trials(with_lot(), past(with_lot(), [EVE, EVE + timedelta(weeks=7)]), AS_OF)


def with_lot() -> Facts:
    settings = Settings(actions={"holdout_share": 0.5, "holdout_since": EVE})
    return replace(sample_facts(), books=replace(sample_facts().books, settings=settings))


def test_whom_the_list_of_the_day_names_is_in_the_trial(rows: pd.DataFrame) -> None:
    """The list as it was made on that eve, from a ledger that stood there."""
    books = replace(sample().books, settings=Settings())
    named = Ledger(books).as_of(EVE).worklist()
    none = [dunning.WAIT, dunning.WORDS["dispute"], dunning.WORDS["write_off"]]
    asked = named[~named.action.isin(none)].set_index("customer_id")
    week = rows[rows.origin == pd.Timestamp(EVE)].set_index("customer_id")
    assert len(asked) >= 4
    assert week.index.tolist() == asked.index.tolist()
    assert week.expected_cash_30.to_numpy() == pytest.approx(asked.expected_cash_30.to_numpy())
    choices = with_lot().books.settings.actions
    assert (
        week.reserved.tolist()
        == reserve.reserved(week.index.to_series(), asked.contact_on.iloc[0].date(), choices).tolist()
    )


def test_cash_and_contacts_are_those_of_its_days(rows: pd.DataFrame) -> None:
    """Again from the tables, row by row; the later week is not over for 30 days."""
    tables = sample().books.tables
    bills = tables["invoices"].to_pandas().set_index("invoice_id")
    paid = tables["applications"].to_pandas().query("kind == 'cash'")
    paid = paid.assign(
        customer_id=paid.invoice_id.map(bills.customer_id), billed_on=paid.invoice_id.map(bills.entered_on)
    )
    contacts = tables["contacts"].to_pandas()
    for row in rows.itertuples():
        eve = row.origin.date()
        own = paid[(paid.customer_id == row.customer_id) & (pd.to_datetime(paid.billed_on) <= row.origin)]
        known = own[pd.to_datetime(own.entered_on) <= pd.Timestamp(AS_OF)]
        on = pd.to_datetime(known.counted_on).dt.date
        cash = [known.amount[(on > eve) & (on <= eve + timedelta(days=days))].sum() / 100 for days in (14, 30)]
        assert row.cash_14 == pytest.approx(cash[0])
        assert row.cash_30 == pytest.approx(cash[1]) if eve == EVE else np.isnan(row.cash_30)
        on = pd.to_datetime(contacts[contacts.customer_id == row.customer_id].contacted_on).dt.date
        assert row.contacted == bool(((on > eve) & (on <= eve + timedelta(days=7))).any())
    assert rows.cash_14.gt(0).any()
    assert rows.contacted.any()
    assert rows.origin.nunique() == 2


def test_the_weeks_of_a_trial_are_over_and_begin_with_the_reserve() -> None:
    """14 days from Sunday 2026-06-14 are over on June 28, not on June 27."""
    since = date(2026, 6, 1)
    assert trial.eves(date(2026, 6, 28), 26, since) == [date(2026, 5, 31), date(2026, 6, 7), date(2026, 6, 14)]
    assert trial.eves(date(2026, 6, 27), 26, since) == [date(2026, 5, 31), date(2026, 6, 7)]
    assert trial.eves(date(2026, 6, 28), 1, since) == [date(2026, 6, 14)]
    assert trial.eves(date(2026, 6, 28), 26, date(2026, 6, 2))[0] == date(2026, 6, 7)
    assert trial.eves(date(2026, 6, 10), 26, since) == []


def test_without_a_reserve_nothing_causal_is_said() -> None:
    today = sample().as_of(AS_OF)
    with pytest.raises(UnknownError, match="What contacting brings is not known: nobody is left alone by lot; holdout"):
        today.effect()
    assert today.unknown()["effect"].startswith("not known: ")
    lot = Ledger(with_lot().books).as_of(EVE + timedelta(days=7))
    assert lot.effect().verdict.tolist() == ["too few yet"] * 2
