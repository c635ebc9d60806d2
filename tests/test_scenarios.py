"""What if: scenarios by hand, on a company that bills the same each week, and what none of them may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

from arforecast.desk import Snapshot, open_ledger
from arforecast.errors import UsageError
from arforecast.forecast.contacts import Capacity, share_of
from arforecast.forecast.scenarios import Supposed, _hazards, _moved, compared
from arforecast.report.exhibits import cash as exhibits
from arforecast.settings import Action, Effect, Forecast, Scenario
from forecasts import sample_facts, sample_flows, sample_today
from ledgers import write

DAY = date(2026, 6, 28)
RULES = """
[scenario.sooner]
days = -7

[scenario.half]
billing = 0.5
"""


@cache
def today() -> Snapshot:
    """Anna and Bert are billed 700 each every Monday of a year and a half, and pay after 17 days."""
    mondays = [date(2025, 1, 6) + timedelta(weeks=nth) for nth in range(77)]
    invoices = [
        {
            "invoice_id": f"{name}{nth:02}",
            "customer_id": name,
            "amount": "700.00",
            "issued_on": str(on),
            "due_on": str(on + timedelta(days=14)),
            "paid_on": str(on + timedelta(days=17)) if on + timedelta(days=17) <= DAY else "",
        }
        for nth, on in enumerate(mondays)
        for name in ("anna", "bert")
    ]
    customers = [
        {"customer_id": "anna", "segment": "trade", "terms_days": "14"},
        {"customer_id": "bert", "segment": "retail"},
    ]
    with TemporaryDirectory() as scratch:
        folder = write({"invoices": invoices, "customers": customers}, Path(scratch) / "ledger")
        (folder / "arforecast.toml").write_text(RULES)
        return open_ledger(folder).as_of(DAY)


def brought(weeks: int = 8, **assumption: object) -> list[float]:
    """What the assumption adds to each week."""
    return today().what_if(weeks, **assumption).difference.tolist()


def test_nothing_supposed_changes_nothing() -> None:
    table = today().what_if(8)
    assert table[["difference", "p10", "p90", "so_far", "so_far_p10", "so_far_p90"]].abs().max(axis=None) == 0
    total = today().cash_forecast(8)
    assert table.base.tolist() == pytest.approx(total[total.component == "total"]["mean"].tolist(), abs=0.011)


def test_a_week_sooner_brings_a_week_of_cash_once() -> None:
    """1,400 a week, all of it a week earlier: the first week brings 1,400 more, and every other as much as before."""
    first, *others = brought(days=-7)
    assert first == pytest.approx(1_400, rel=0.03)
    assert np.abs(others).max() < 60


def test_two_weeks_later_two_weeks_are_missing() -> None:
    assert brought(days=14) == pytest.approx([-1_400, -1_400, 0, 0, 0, 0, 0, 0], abs=60)


def test_only_the_segment_is_moved() -> None:
    assert brought(days=-7, where={"segment": "trade"})[0] == pytest.approx(700, rel=0.03)
    assert brought(days=-7, where={"terms_days": "14"})[0] == pytest.approx(700, rel=0.03)
    assert brought(days=-7, where={"terms_days": "(none)"})[0] == pytest.approx(700, rel=0.03)


def test_a_customer_who_stops_brings_nothing() -> None:
    assert brought(stops=["bert"]) == pytest.approx([-700] * 8, rel=0.03)


def test_half_the_billing_is_half_of_what_it_would_bring() -> None:
    """What is billed from Monday on is paid from the third week on."""
    assert brought(billing=0.5) == pytest.approx([0, 0, *[-700] * 6], abs=30)


def test_new_terms_are_those_of_invoices_to_come() -> None:
    """Paid three days after due on terms of 14: on terms of 28 from the fifth week on. What is open stays."""
    assert brought(terms_days=28) == pytest.approx([0, 0, -1_400, -1_400, 0, 0, 0, 0], abs=100)


def test_a_discount_brings_cash_sooner_and_costs_its_share() -> None:
    """Half take 10 % for paying on the third day: of each week's billing 1,400 x .5 x .9 comes in its first week."""
    weekly = brought(discount_share=0.1, discount_days=3, discount_uptake=[0.5, 0.5])
    assert weekly[0] == pytest.approx(630, rel=0.06)
    assert weekly[-1] == pytest.approx(-70, abs=30)


def test_an_uncertain_uptake_is_a_wide_range() -> None:
    table = today().what_if(4, discount_share=0.1, discount_days=3, discount_uptake=[0.0, 0.5])
    assert table.p10[0] == pytest.approx(0, abs=5)
    assert table.p90[0] > 600
    assert table.difference[0] == pytest.approx(315, rel=0.05)


def test_the_scenarios_of_the_settings_stand_beside_each_other() -> None:
    table = today().scenarios(4)
    assert table.groupby("scenario", sort=False).size().to_dict() == {"sooner": 4, "half": 4}
    assert table.index.tolist() == list(range(8))
    assert (table.difference - (table["mean"] - table.base)).abs().max() < 0.011
    assert table.so_far.round(2).tolist() == pytest.approx(
        table.groupby("scenario").difference.cumsum().tolist(), abs=0.05
    )
    said = exhibits.supposed(table, today().stamp()).sentence.replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("By 26 Jul 2026, sooner brings 1.39 k (80 %: 1.4–1.5 k), half costs 1.41 k")


def test_a_scenario_of_nobody_here_says_so_beside_its_name() -> None:
    """It moves nothing, which is no finding; who is here is not named."""
    for assumption, said in (
        ({"stops": ["anna", "dora"]}, "what if (no customer dora)"),
        ({"where": {"segment": "trad"}, "days": 5}, "what if (no customer with segment trad)"),
        ({"where": {"segment": "trade"}, "stops": ["bert"]}, "what if"),
    ):
        assert set(today().what_if(4, **assumption).scenario) == {said}


def test_who_asks_for_what_is_none_is_told() -> None:
    with pytest.raises(UsageError, match="there is no such setting"):
        today().what_if(dayz=3)
    with pytest.raises(UsageError, match="range of shares"):
        today().what_if(discount_uptake=[0.5, 0.2])
    with pytest.raises(UsageError, match="no column of customers"):
        today().what_if(where={"segmnt": "trade"}, days=1)
    with pytest.raises(UsageError, match="how many take it, go together"):
        today().what_if(discount_share=0.1)


def test_chances_are_moved_day_by_day() -> None:
    """Two days sooner, for one that cannot be paid before the second day: what would have come earlier comes then."""
    chance = np.array([[0.1, 0.2, 0.3, 0.2]])
    assert _moved(chance, 0, np.array([0])).tolist() == chance.tolist()
    assert _moved(chance, 1, np.array([0])).tolist() == [[0, 0.1, 0.2, 0.3]]
    assert _moved(chance, -2, np.array([0])) == pytest.approx(np.array([[0.6, 0.2, 0, 0]]))
    assert _moved(chance, -2, np.array([1])) == pytest.approx(np.array([[0, 0.8, 0, 0]]))


def test_hazards_give_their_chances_back() -> None:
    chance = np.random.default_rng(1).dirichlet(np.ones(9), 50)[:, :8]
    hazard = _hazards(chance)
    surviving = np.concatenate([np.ones((50, 1)), np.cumprod(1 - hazard, axis=1)[:, :-1]], axis=1)
    assert surviving * hazard == pytest.approx(chance)
    assert _hazards(np.array([[1.0, 0.0]])).tolist() == [[1, 0]]


def test_one_contact_more_or_less_by_hand() -> None:
    """Four of ten are under a contact that makes payment twice as likely from the first day past due on: a chance of
    .5 is .75 for them, .6 in all; without it 1 - sqrt(.5), and .417 in all. Before that nothing changes."""
    call = Action(minutes=6, days=14, effects=(Effect(1, 1.0, 2.0),))
    ages, chance = np.array([[0, 1]]), np.array([[0.5, 0.5]])
    assert Capacity(call, 0.4, end=0).hazards(chance, ages).tolist() == chance.tolist()
    assert Capacity(call, 0.4, end=1).hazards(chance, ages) == pytest.approx(np.array([[0.5, 0.6]]))
    fewer = 0.6 * 0.5 + 0.4 * (1 - 0.5**0.5)
    assert Capacity(call, -0.4, end=1).hazards(chance, ages) == pytest.approx(np.array([[0.5, fewer]]))


class Even:
    """A model by which each invoice is settled with a chance of one half on each day."""

    name = "even"

    def hazards(self, invoices: pd.DataFrame, first: date, days: int) -> np.ndarray:
        return np.full((len(invoices), days), 0.5)


def test_contacts_act_from_the_day_on_which_an_invoice_is_past_due() -> None:
    """Asked from Monday the 29th: due on that Monday, twice as likely from Tuesday on, all of them being called."""
    call = Action(minutes=6, days=14, effects=(Effect(1, 1.0, 2.0),))
    owed = pd.DataFrame({"customer_id": ["anna"], "issued_on": [pd.Timestamp("2026-06-01")]})
    owed = owed.assign(due_on=pd.Timestamp("2026-06-29"))
    supposed = Supposed(Even(), Scenario(contacts_a_week=5), frozenset({"anna"}), Capacity(call, 1.0, end=1))
    assert supposed.hazards(owed, DAY + timedelta(days=1), 3) == pytest.approx(np.array([[0.5, 0.75, 0.75]]))


def test_contacts_a_week_reach_a_share_of_the_overdue_accounts() -> None:
    """Of three who owe two are overdue on the 28th, one of them twice: a call a fortnight reaches half of them."""
    due_on = pd.to_datetime(["2026-06-27", "2026-06-01", "2026-05-01", "2026-06-28"])
    owed = pd.DataFrame({"customer_id": ["anna", "bert", "bert", "cora"], "due_on": due_on})
    call = Action(minutes=6, days=14)
    assert [share_of(owed, DAY, a_week, call) for a_week in (0.5, -0.5, 40)] == [0.5, -0.5, 1]
    assert share_of(owed[3:], DAY, 40, call) == 0


def test_more_contacts_bring_cash_sooner_and_fewer_later() -> None:
    named = {"more": Scenario(contacts_a_week=5), "fewer": Scenario(contacts_a_week=-5)}
    few = replace(sample_flows(), choices=Forecast(simulations=100))
    table = compared(sample_facts(), few, sample_today(), 4, named).set_index("scenario")
    more, fewer = table.loc["more"], table.loc["fewer"]
    assert (more.so_far > 0).all()
    assert (fewer.so_far < 0).all()
    assert (more.so_far_p10 < more.so_far_p90).all()
    assert more.base.tolist() == fewer.base.tolist()


def test_a_table_of_no_scenario_is_empty() -> None:
    assert isinstance(today()._supposed({}, 4), pd.DataFrame)
    assert today()._supposed({}, 4).empty
