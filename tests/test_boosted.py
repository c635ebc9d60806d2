"""The boosted correction: its features by hand, what it learns from, when it speaks, and that no future reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from arforecast.forecast import boosted, exposure, features, hazard, ranges
from arforecast.forecast.boosted import Boosted, Examples, examples, origins, outcome, season
from arforecast.forecast.exposure import Lives, drawn, open_at
from arforecast.forecast.payment_time import predict
from forecasts import paid

DAY = date(2026, 3, 16)


def month_end(on: date) -> date:
    """The last day from Monday to Friday of a month."""
    last = pd.Timestamp(on) + pd.offsets.MonthEnd(0)
    return (last - pd.offsets.BDay(0) if last.day_of_week < 5 else last - pd.offsets.BDay(1)).date()


def made(seed: int = 1) -> Lives:
    """Fifteen months of 30 customers; all pay on the last working day of the month in which the invoice is due, which
    nobody can tell from its age."""
    random, lines = np.random.default_rng(seed), []
    for on in pd.bdate_range("2025-01-01", DAY).date:
        for nth in random.integers(0, 30, 6):
            due = on + timedelta(days=int(random.choice([14, 21, 30])))
            settled = month_end(due)
            lines.append((f"C{nth:02}", str(on), str(due), str(settled) if settled <= DAY else None))
    return paid(*lines)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Trees are grown of few examples."""
    monkeypatch.setattr(boosted, "FEWEST", 2_000)
    monkeypatch.setitem(boosted.TREES, "min_samples_leaf", 50)
    for cached in (boosted.trees, boosted.chosen):
        cached.cache_clear()
    yield
    for cached in (boosted.trees, boosted.chosen):
        cached.cache_clear()


# Features


def test_features_by_hand() -> None:
    """Anna settled on the Mondays 2 and 9 March, two on the 9th, and on Tuesday the 3rd; that of the 17th is not known.
    Mondays: (2 + 0.4) / (3 + 2.8). Her five amounts are 100, as all are. From 30 March two days are left, from 2 April
    28."""
    lines = [("2026-03-02", "02"), ("2026-03-02", "03"), ("2026-03-04", "09"), ("2026-03-05", "09")]
    known = paid(
        *(("anna", on, "2026-03-20", f"2026-03-{to}") for on, to in lines),
        ("anna", "2026-03-06", "2026-03-30", "2026-03-17"),
        ("bert", "2026-03-01", "2026-03-10", None),
    )
    _, owed = open_at(known, DAY)
    assert owed.customer_id.tolist() == ["anna", "bert"]
    on = np.array(["2026-03-30", "2026-04-02"], dtype="datetime64[D]")
    found = features.habits(known, DAY).of(owed.assign(amount=[271.8281828, 100]), on, np.full((2, 2), 0.2))
    rows = dict(zip(features.NAMES, np.moveaxis(found, 2, 0), strict=True))
    assert rows["closed_form"] == pytest.approx(np.full((2, 2), np.log(0.2 / 0.8)))
    assert rows["month_end_days"].tolist() == [[1, 28]] * 2
    assert rows["terms_days"].tolist() == [[24, 24], [9, 9]]
    assert rows["payday_share"] == pytest.approx(np.array([[2.4 / 5.8, 0.4 / 5.8], [1 / 7, 1 / 7]]), rel=1e-6)
    assert rows["age_days"].tolist() == [[0, 3], [20, 23]]
    assert rows["size"] == pytest.approx(np.array([[1, 1], [0, 0]]), abs=1e-6)


def test_a_stranger_has_the_size_of_all_and_no_payday() -> None:
    known = paid(("anna", "2026-03-01", "2026-03-10", "2026-03-09"), amount=50.0)
    stranger = pd.DataFrame({"customer_id": ["zoe"], "issued_on": DAY, "due_on": DAY, "amount": 50.0})
    found = features.habits(known, DAY).of(stranger, np.array([DAY], dtype="datetime64[D]"), np.full((1, 1), 0.5))
    assert found[0, 0, [0, 3, 5]] == pytest.approx([0, 1 / 7, 0], abs=1e-6)


# What it learns from


def test_origins_and_seasons_stand_in_the_calendar() -> None:
    """Days whose number since 1 January of the year 1 is a multiple of 20; twelve weeks after the first invoice."""
    known = paid(("a", "2025-12-01", "2025-12-20", None))
    every = [day for nth in range(400) if (day := date(2025, 12, 1) + timedelta(days=nth)).toordinal() % 20 == 0]
    for day in (DAY, date(2026, 7, 1), every[12], every[12] + timedelta(days=1)):
        before = [origin for origin in every if date(2026, 2, 23) <= origin < day]
        assert origins(known, day) == before[-boosted.ORIGINS :]
        assert season(day) == max(origin for origin in every if origin <= day)
    assert origins(known, date(2026, 2, 23)) == []


def test_outcome_by_hand() -> None:
    """Seen on 16 March, on four working days: settled on Wednesday; on Saturday, so on Monday; open; after the days."""
    known = paid(
        ("a", "2026-03-01", "2026-03-10", "2026-03-18"),
        ("b", "2026-03-01", "2026-03-10", "2026-03-21"),
        ("c", "2026-03-01", "2026-03-10", None),
        ("d", "2026-03-01", "2026-03-10", "2026-03-27"),
    )
    on = np.array(["2026-03-17", "2026-03-18", "2026-03-20", "2026-03-23"], dtype="datetime64[D]")
    seen = Examples(np.arange(4), on, np.zeros((4, 4, 6)), np.ones((4, 4), dtype=bool))
    at_risk, came = outcome(known, seen, date(2026, 3, 31))
    assert at_risk.astype(int).tolist() == [[1, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]
    assert came.astype(int).tolist() == [[0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    at_risk, came = outcome(known, seen, date(2026, 3, 18))
    assert at_risk.astype(int).tolist() == [[1, 1, 0, 0]] * 4
    assert came.sum() == came[0, 1] == 1


def test_trees_give_back_what_was_left_out() -> None:
    """Three in four of what trees saw were settled; each other example stood for six: 3 to 6 are odds of 1 to 2."""

    class Seen:
        def predict_proba(self, features: np.ndarray) -> np.ndarray:
            return np.repeat([[0.25, 0.75]], len(features), axis=0)

    assert boosted.Trees(Seen(), 6).of(np.zeros((2, 6))) == pytest.approx([1 / 3, 1 / 3])


def test_of_what_was_not_settled_every_third_day_is_learnt_of() -> None:
    """Forty invoices over nine days, of which one was settled on the fifth: its row, and three days of each."""
    known = paid(*((f"c{nth:02}", "2026-03-01", "2026-03-10", None) for nth in range(40)))
    on = np.arange("2026-03-17", "2026-03-26", dtype="datetime64[D]")
    features = np.broadcast_to(np.arange(9)[None, :, None], (40, 9, 6))
    came = np.zeros((40, 9), dtype=bool)
    came[0, 4] = True
    at_risk = np.ones((40, 9), dtype=bool)
    at_risk[0, 5:] = False
    seen = Examples(np.arange(40), on, features, at_risk)
    learnt, settled = boosted._learnt(known, seen, (at_risk, came), 3)
    assert settled.sum() == 1 and learnt[settled][0, 0] == 4
    assert 39 * 3 + 1 <= (~settled).sum() <= 39 * 3 + 2
    assert len(np.unique(learnt[~settled][:, 0])) == 9


def test_trees_look_at_no_invoice_long_past_due() -> None:
    """90 days past due they still do; on the next day no more."""
    last = DAY - timedelta(days=90)
    due = [last, last - timedelta(days=1)]
    old = paid(*(("a", "2025-01-01", str(on), None) for on in due), ("b", "2025-01-01", "2025-02-01", "2025-02-03"))
    assert old.due_on[examples(old, DAY).invoice].tolist() == [last]


# When it speaks


def test_trees_see_what_no_age_tells(few: None) -> None:
    """Everybody pays at the end of the month in which the invoice is due: on 31 March, of what is due by then."""
    known = made()
    closed = hazard.fit(known, DAY)
    model = boosted.fit(known, DAY, closed)
    assert isinstance(model, Boosted)
    _, owed = open_at(known, DAY)
    due = owed[owed.due_on.between(pd.Timestamp(DAY), pd.Timestamp("2026-03-31"))]
    said, before = (predict(each, due, DAY, 60).p_settled for each in (model, closed))
    place = (date(2026, 3, 31) - DAY).days - 1
    assert said[:, place].mean() > 0.6 > 2 * before[:, place].mean()


def test_beyond_45_days_the_closed_form_speaks(few: None) -> None:
    known = made()
    closed = hazard.fit(known, DAY)
    _, owed = open_at(known, DAY)
    model = boosted.fit(known, DAY, closed)
    said, before = (each.hazards(owed, DAY + timedelta(days=1), 80) for each in (model, closed))
    assert not np.array_equal(said[:, :45], before[:, :45])
    assert np.array_equal(said[:, 45:], before[:, 45:])
    assert ((said == 0) == (before == 0)).all()


def test_the_closed_form_stands_where_the_ledger_is_small() -> None:
    known = made()
    closed = hazard.fit(known, DAY)
    assert boosted.fit(known, DAY, closed) is closed


def test_the_closed_form_stands_where_past_trees_did_worse(few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays dealt at random leave nothing to learn, and trees of single examples learn it by heart."""
    known = made()
    random = np.random.default_rng(3)
    lines = []
    for owner, issued, due in zip(known.customer, known.issued_on, known.due_on, strict=True):
        settled = due.item() + timedelta(days=int(random.integers(-9, 20)))
        lines.append(
            (f"C{owner:02}", str(issued), str(due), str(max(settled, issued.item())) if settled <= DAY else None)
        )
    monkeypatch.setitem(boosted.TREES, "min_samples_leaf", 1)
    monkeypatch.setitem(boosted.TREES, "max_iter", 400)
    blind = paid(*lines)
    closed = hazard.fit(blind, DAY)
    assert boosted.trees(blind, season(DAY)) is not None
    assert boosted.fit(blind, DAY, closed) is closed


# Many invoices


def lives_of(known: Lives, customers: pd.Index) -> set[tuple[str, ...]]:
    """What is known of each invoice of some customers, by names alone."""
    of = known.customers[known.customer]
    settled = known.settlements.assign(invoice_id=known.invoice_id[known.settlements.invoice]).set_index("invoice_id")
    ends = settled.settled_on.astype(str).reindex(known.invoice_id).fillna("")
    columns = (known.invoice_id, of, known.issued_on.astype(str), known.due_on.astype(str), ends)
    return {row for row in zip(*columns, strict=True) if row[1] in customers}


def test_of_many_invoices_a_part_of_the_customers_says_what_all_do(few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of half of them all is known, of the others nothing; the trees grown of them speak of every customer, and every
    customer has a range."""
    known = made()
    monkeypatch.setattr(exposure, "MOST", len(known.invoice_id) * 2 // 3)
    part = drawn(known, DAY)
    assert 5 < len(part.customers) < 25
    assert lives_of(part, part.customers) == lives_of(known, part.customers)
    assert len(lives_of(part, part.customers)) == len(part.invoice_id)
    assert (np.diff(part.customer) >= 0).all()
    said = boosted.fit(known, DAY, hazard.fit(known, DAY))
    assert isinstance(said, Boosted)
    assert len(said.habits.customers) == 30
    learnt = ranges.learnt(said, known, DAY)
    assert learnt.index.equals(known.customers)
    assert learnt.notna().all()
    assert learnt[~known.customers.isin(part.customers)].nunique() == 1


def test_how_many_customers_are_drawn_is_known_on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """All while there are few invoices, then a half and a quarter, each of whom was drawn before; not by what comes."""
    known, days = made(), [date(2025, 2, 28), date(2025, 6, 30), date(2026, 2, 10)]
    entered = [np.count_nonzero(known.entered_on <= np.datetime64(day)) for day in days]
    monkeypatch.setattr(exposure, "MOST", entered[0])
    assert [np.ceil(np.log2(count / entered[0])) for count in entered] == [0, 2, 3]
    all_, quarter, eighth = (drawn(known, day) for day in days)
    assert all_ is known
    assert set(eighth.customers) < set(quarter.customers) < set(known.customers)
    assert drawn(without_the_future(known, days[1]), days[1]).customers.equals(quarter.customers)


# Leaks


def without_the_future(known: Lives, day: date) -> Lives:
    """What entered later deleted, and what was settled later settled on other days."""
    now = np.datetime64(day)
    kept = known.entered_on <= now
    place = np.cumsum(kept) - 1
    spells = known.settlements[kept[known.settlements.invoice]]
    spells = spells[spells.since <= pd.Timestamp(day)]
    columns = {
        name: getattr(known, name)[kept]
        for name in ("invoice_id", "customer", "issued_on", "due_on", "entered_on", "amount")
    }
    return replace(known, **columns, settlements=spells.assign(invoice=place[spells.invoice]))


@pytest.mark.parametrize("most", [1_000_000, 1_000])
def test_no_future_reaches_a_bit(most: int, few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weeks before the end: features, trees and chances; learnt from all customers, and from a half of them."""
    day = date(2026, 2, 10)
    known = made()
    monkeypatch.setattr(exposure, "MOST", most)
    assert len(drawn(known, day).customers) < 30 or most > len(known.invoice_id)
    cut = without_the_future(known, day)
    assert len(cut.invoice_id) < len(known.invoice_id)
    _, owed = open_at(cut, day)
    said = [boosted.fit(each, day, hazard.fit(each, day)) for each in (known, cut)]
    assert all(isinstance(each, Boosted) for each in said)
    whole, part = (each.hazards(owed, day + timedelta(days=1), 60) for each in said)
    assert np.array_equal(whole, part)


def test_examples_hold_nothing_of_what_came_after() -> None:
    origin = date(2025, 12, 10)
    known = made()
    seen, again = examples(known, origin), examples(without_the_future(known, origin), origin)
    assert np.array_equal(seen.features, again.features)
    assert len(seen.invoice) > 50
