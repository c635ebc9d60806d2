"""What people expect of payments: which word holds when, what it does to chances, and who was right."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from arforecast.errors import UnknownError
from arforecast.forecast import exposure, opinions, overrides
from arforecast.forecast.backtest import Past
from arforecast.forecast.overrides import mixed
from arforecast.forecast.payment_time import predict
from arforecast.forecast.reasons import reasons
from arforecast.snapshot import Facts
from forecasts import eventful, facts, opened, past, then
from ledgers import Tables, told

DAY = date(2026, 3, 20)


def ledger() -> Tables:
    """Of A2 two days are expected, the later said later; of all that Bert owes another, of B2 one of its own on the
    same day; B3 was issued after that. What is said of C1 has no day. A1 was expected on the 10th and paid on the 12th;
    C2 is open still, though it was expected on the 19th.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-01-05  2026-02-04  100.00
    A2          anna         2026-02-02  2026-03-04  200.00
    B1          bert         2026-02-03  2026-03-05  300.00
    B2          bert         2026-02-04  2026-03-06  400.00
    B3          bert         2026-03-17  2026-04-16  500.00
    C1          cora         2026-02-05  2026-03-07  600.00
    C2          cora         2026-02-06  2026-03-08  700.00

    applications
    invoice_id  applied_on  amount  kind
    A1          2026-03-12  100.00  cash

    overrides
    invoice_id  customer_id  expected_on  confidence  note  known_on
    A1          -            2026-03-10   0.5         -     2026-03-02
    A2          -            2026-03-25   0.6         late  2026-03-10
    A2          -            2026-03-28   0.7         new   2026-03-18
    B2          -            2026-03-31   0.9         -     2026-03-16
    -           bert         2026-03-26   -           -     2026-03-16
    C1          -            2026-04-01   0.9         -     -
    C2          -            2026-03-19   1           -     2026-03-13
    """
    return told(ledger.__doc__ or "")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return facts(opened(ledger(), tmp_path_factory.mktemp("overrides")), DAY)


@pytest.fixture(scope="module")
def today(known: Facts) -> Past:
    return then(known, DAY)


def test_hazards_of_a_day_that_is_expected_by_hand() -> None:
    """A half each day; with a chance of .8 on the second: open after one day .8 + .2 / 2, after two .2 / 4."""
    chance = np.array([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
    found = mixed(chance, np.array([1, 1, 5]), np.array([0.8, 1.0, 0.8]))
    assert found[0].tolist() == pytest.approx([0.1, 1 - 0.05 / 0.9])
    assert found[1].tolist() == [0, 1]
    assert found[2].tolist() == pytest.approx([0.1, 1 - 0.85 / 0.9])


def test_the_latest_word_holds_and_that_of_an_invoice_before_that_of_a_customer(today: Past) -> None:
    held = overrides.pending(today.known, DAY)
    said = {name: (str(row.expected_on.date()), row.confidence) for name, row in held.iterrows()}
    assert said == {
        "A2": ("2026-03-28", 0.7),
        "B1": ("2026-03-26", 0.8),
        "B2": ("2026-03-31", 0.9),
    }


def test_a_word_counts_from_the_day_it_is_said_until_the_day_it_expects(today: Past) -> None:
    def names(day: date) -> list[str]:
        return sorted(overrides.pending(today.known, day).index)

    assert names(date(2026, 3, 1)) == []
    assert names(date(2026, 3, 9)) == ["A1"]
    assert names(date(2026, 3, 10)) == ["A2"]
    assert names(date(2026, 3, 18)) == ["A2", "B1", "B2", "C2"]
    assert names(date(2026, 3, 28)) == ["B2"]


def test_the_chance_of_being_settled_by_the_day(today: Past) -> None:
    """The 28th is a Saturday, so that A2 is booked on Monday the 30th, ten days ahead."""
    ours, usual = (
        predict(model, today.invoices, DAY, 40).p_settled.cumsum(axis=1) for model in (today.model, today.usual)
    )
    place = today.invoices.invoice_id.tolist().index
    for name, ahead, chance in (("A2", 10, 0.7), ("B1", 6, 0.8), ("B2", 11, 0.9)):
        mine, models = ours[place(name)], usual[place(name)]
        assert mine[: ahead - 1] == pytest.approx((1 - chance) * models[: ahead - 1])
        assert mine[ahead - 1 :] == pytest.approx(chance + (1 - chance) * models[ahead - 1 :])
    others = [place(name) for name in ("B3", "C1", "C2")]
    assert (ours[others] == usual[others]).all()


def test_where_nobody_expects_anything_the_model_speaks(known: Facts) -> None:
    before = then(known, date(2026, 3, 1))
    assert before.model is before.usual
    assert opinions.changes(before, 91, 2).empty


def test_what_people_say_changes(today: Past) -> None:
    table = opinions.changes(today, 91, 2).set_index("invoice_id")
    assert table.index.tolist() == ["B2", "B1", "A2"]
    assert table.worth_amount.tolist() == [400, 300, 200]
    assert table.paid_on_p50.tolist() == list(pd.to_datetime(["2026-03-31", "2026-03-26", "2026-03-30"]))
    assert table.note.tolist()[2] == "new"
    mixed_amount = 0.7 * 200 + 0.3 * table.model_expected_30_amount["A2"]
    assert table.expected_30_amount["A2"] == pytest.approx(mixed_amount, abs=0.01)


def test_a_reason_is_what_a_person_expects(today: Past) -> None:
    chances = predict(today.model, today.invoices, DAY, 30)
    said = pd.DataFrame({"p_late": chances.p_late, "p_paid_30": chances.p_settled.sum(axis=1)})
    told_of = reasons(today, said, 2).set_index(today.invoices.invoice_id)
    words = told_of[["reason_1", "reason_2", "reason_3"]].fillna("").agg("; ".join, axis=1)
    assert "a person expects payment on 2026-03-26, with a chance of 80 %" in words["B1"]
    assert not words[["B3", "C1", "C2"]].str.contains("a person expects").any()


def test_who_was_right_of_what_is_over(known: Facts, today: Past) -> None:
    """A1 came two days after the day expected; C2 is open still after its day. Nothing that is to come is judged."""
    days = opinions.origins(today.known, DAY)
    assert days == [date(2026, 3, 2), date(2026, 3, 13)]
    table = opinions.record(past(known, days), 91, DAY).set_index("invoice_id")
    assert table.index.tolist() == ["A1", "C2"]
    assert table.miss_days.tolist()[0] == 2
    assert table.loc["C2", ["came_on", "miss_days", "model_miss_days"]].isna().all()
    off = abs((table.model_on["A1"] - pd.Timestamp("2026-03-12")).days)
    assert table.model_miss_days["A1"] == off
    assert (table.model_on > table.known_on).all()
    assert opinions.record([], 91, DAY).columns.tolist() == opinions.RECORD


def test_a_part_of_the_ledger_has_what_is_said_of_its_invoices(tmp_path: Path) -> None:
    part = opened(ledger(), tmp_path).where(customer_id="bert")
    lives = exposure.lives(facts(part, DAY))
    assert lives.invoice_id[lives.overrides.invoice].tolist() == ["B1", "B2", "B2"]


def test_a_ledger_without_overrides_says_so() -> None:
    with pytest.raises(UnknownError, match=r"Add overrides\.csv"):
        eventful().as_of("2026-02-11").overrides()
