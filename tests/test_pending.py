"""What is pending on invoices: what past disputes and promises did, by hand, and what they do to chances."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from arforecast.forecast import hazard
from arforecast.forecast.calendar import Days, Floats, Ints
from arforecast.forecast.exposure import Lives, open_at
from arforecast.forecast.pending import Effect, Pending, pending
from forecasts import paid

DAY = date(2026, 3, 22)


def told(*lines: tuple[int, str, str | None]) -> pd.DataFrame:
    """Lines of an invoice's place, since and until."""
    rows = pd.DataFrame(lines, columns=["invoice", "since", "until"])
    return rows.assign(since=pd.to_datetime(rows.since), until=pd.to_datetime(rows.until))


def book() -> Lives:
    """Three invoices of March: one was under dispute until the 20th, on one a promise was kept, on one given anew."""
    lines = [("a", "2026-02-01", "2026-03-01", on) for on in ("2026-03-22", "2026-03-16", None)]
    promises = told((1, "2026-03-10", "2026-03-16"), (2, "2026-03-10", "2026-03-12"), (2, "2026-03-13", "2026-03-20"))
    return replace(paid(*lines), disputes=told((0, "2026-03-01", "2026-03-20")), promises=promises)


def tenth(place: Ints, _on: Days) -> Floats:
    return np.full(len(place), 0.1)


def test_what_past_ones_did_by_hand() -> None:
    """The dispute is seen from the 1st, the 8th and the 15th: to the settlement on the 22nd lie 21, 14 and 7 days, that
    is three times 7 of the first week ahead, twice 7 of the second, once 7 of the third. One promise held for 5 days
    before its day and on it; another from the 11th, on the 12th and a day more, until it was given anew: 6 days, one,
    and 2 of grace."""
    found = pending(book(), DAY, tenth)
    assert found is not None
    assert found.dispute.settled.tolist() == [1, 1, 1, 0, 0]
    assert found.dispute.expected == pytest.approx([2.1, 1.4, 0.7, 0, 0])
    assert found.promise.settled.tolist() == [0, 1, 0, 0]
    assert found.promise.expected == pytest.approx([1.2, 0.3, 0.3, 0])
    assert [found.dispute.days.tolist(), found.promise.days.tolist()] == [[21, 14, 7, 0, 0], [12, 3, 3, 0]]
    assert found.dispute.factors == pytest.approx([6 / 7.1, 6 / 6.4, 6 / 5.7, 1, 1])
    assert found.promise.kept == pytest.approx([0, 0.7 / (2.7 + 5), 0, 0])
    assert (found.disputed.tolist(), found.promised.to_dict()) == ([], {"a2": pd.Timestamp("2026-03-20")})


def test_what_is_pending_is_what_was_known() -> None:
    """On the 9th the dispute is open and nothing is promised; on the 24th the days of grace are over."""
    early = pending(book(), date(2026, 3, 9), tenth)
    assert early is not None
    assert early.disputed.tolist() == ["a0"]
    assert early.promised.empty
    assert early.dispute.expected == pytest.approx([0.8, 0.1, 0, 0, 0])
    late = pending(book(), date(2026, 3, 24), tenth)
    assert late is not None
    assert late.promised.empty
    assert pending(book(), date(2026, 2, 28), tenth) is None


def test_of_many_some_say_what_all_do_but_each_is_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two disputes the first is looked at, from the 1st and from the 8th; both are open."""
    monkeypatch.setattr("arforecast.forecast.pending.DISPUTES", 1)
    disputes = told((1, "2026-03-01", None), (2, "2026-03-02", None))
    found = pending(replace(book(), disputes=disputes), date(2026, 3, 10), tenth)
    assert found is not None
    assert found.disputed.tolist() == ["a1", "a2"]
    assert found.dispute.expected == pytest.approx([0.7 + 0.2, 0.2, 0, 0, 0])


def test_chances_by_the_day() -> None:
    """On the day itself and before nothing; a dispute doubles and trebles by the days ahead; a promise halves until its
    day, and is kept on it with 20 of 40 days and on the three after it with 5 of 50."""
    dispute = Effect(np.array([5, 10, 0, 0, 0]), np.zeros(5), np.zeros(5, dtype=np.int64))
    promise = Effect(np.array([0, 20, 5, 0]), np.array([5.0, 0, 0, 0]), np.array([9, 35, 45, 0]))
    found = Pending(DAY, pd.Index(["x"]), pd.Series(pd.to_datetime(["2026-03-24"]), ["y"]), dispute, promise)
    invoices = pd.DataFrame({"invoice_id": ["x", "y", "z"]})
    on = np.datetime64(DAY) + np.arange(10)
    chance = np.full((3, 10), 0.1)
    assert found.moved(chance, invoices, on) == pytest.approx(
        np.array(
            [
                [0.1, *[0.2] * 7, *[0.3] * 2],
                [0.1, 0.05, 0.55, 0.19, 0.19, 0.19, *[0.1] * 4],
                [0.1] * 10,
            ]
        )
    )
    assert found.moved(chance, invoices.drop(columns="invoice_id"), on) is chance
    assert found.on(invoices).tolist() == [True, True, False]


def months() -> Lives:
    """Two years of 20 customers: every sixth invoice is disputed on its due day, for two months, and paid after it; of
    every sixth other the payment is promised for the tenth day after."""
    random, rows, disputes, promises = np.random.default_rng(1), [], [], []
    for nth, on in enumerate(pd.bdate_range("2024-03-01", "2026-03-20").date):
        due = on + timedelta(days=14)
        late = {0: 61, 1: 24}.get(nth % 6, int(random.integers(-5, 30)))
        settled = due + timedelta(days=late)
        rows.append((f"C{nth % 20:02}", str(on), str(due), str(settled) if settled <= DAY else None))
        if nth % 6 < 2 and due <= DAY:
            kind = (disputes, promises)[nth % 6]
            kind.append((nth, str(due), str(due + timedelta(days=(60, 24)[nth % 6]))))
    known = paid(*rows)
    # Lines stand by customer in the lives.
    place = np.argsort(np.argsort([row[0] for row in rows], kind="stable"))
    return replace(known, **{
        name: told(*((int(place[nth]), since, until) for nth, since, until in lines))
        for name, lines in (("disputes", disputes), ("promises", promises))
    })  # fmt: skip


def test_a_dispute_slows_and_a_promise_draws_to_its_day() -> None:
    known = months()
    _, owed = open_at(known, DAY)
    first, on = DAY + timedelta(days=1), np.datetime64(DAY) + np.arange(1, 31)
    fitted = hazard.fit(known, DAY)
    without = hazard.fit(replace(known, disputes=told(), promises=told()), DAY)
    assert fitted.pending is not None
    assert without.pending is None
    said, before = (model.hazards(owed, first, 30) for model in (fitted, without))
    disputed, promised = owed.invoice_id.isin(fitted.pending.disputed), fitted.pending.promised
    assert disputed.sum() > 5
    assert len(promised) == 3
    assert (said[disputed, :7].sum(axis=1) < 0.5 * before[disputed, :7].sum(axis=1)).all()
    assert np.array_equal(said[~fitted.pending.on(owed)], before[~fitted.pending.on(owed)])
    for name, promised_on in promised[promised.dt.day_of_week < 5].items():
        row, day = owed.invoice_id == name, on == promised_on.to_numpy().astype("datetime64[D]")
        chance, plain = said[row][:, day], before[row][:, day]
        assert (chance / (1 - chance) > 2 * plain / (1 - plain)).all()
        assert day.any()
