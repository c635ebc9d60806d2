"""No figure without its definition, its place in the catalogue, its test and its line in the docs."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import test_schedules
import test_twins
from arforecast import kpis, schedules
from arforecast.kpis import balances, collections, cost, families, losses, service, speed
from arforecast.kpis.catalogue import Kpi
from arforecast.report import definitions
from arforecast.report.formats import NAMES
from arforecast.settings import Settings

ROOT = Path(__file__).parents[1]
CATALOGUE = [kpi.name for kpi in kpis.catalogue(Settings())]
# Every measure the trade was promised, those with a number as a KPI and those with a table as a schedule.
PROMISED = """
open_ar credit_balance net_ar overdue_ar overdue_share over_90_share disputed_share top10_share hhi
top10_group_share hhi_group billed cash
set_offs withheld_tax bank_charges differences
credit_notes discounts write_offs dso dso_12m dso_countback dso_best_possible add days_beyond_terms days_to_pay
days_to_pay_median_km paid_on_time_share paid_on_time_count_share cei cei_3m ar_turnover collection_rate
collection_rate_period collection_rate_outstanding recovery_rate recovered_30 recovered_60 recovered_90
recovered_to_outstanding days_to_resolve_mean days_to_resolve_median bad_debt_share dispute_rate dispute_days
promise_kept_share promise_kept_count_share contact_rate right_party_share reminder_lead invoicing_lag cost_to_collect
cost_per_invoice collections_roi collections_roi_net discount_uptake discount_cost
roll_rates vintage expected_credit_loss method_mix credit_limit_use credit_limit_use_by_group
""".split()  # noqa: SIM905 - a list of words is read as one


def test_every_promised_measure_is_there() -> None:
    assert set(PROMISED) - {*CATALOGUE, *schedules.SCHEDULES} == set()


def test_every_kpi_that_is_defined_is_in_the_catalogue_once() -> None:
    rooms = (balances, collections, cost, losses, service, speed)
    defined = {name for room in rooms for name, kpi in vars(room).items() if isinstance(kpi, Kpi)}
    assert {name for name in CATALOGUE if not name.startswith("aging:")} == defined
    assert len(CATALOGUE) == len(set(CATALOGUE))


def test_every_schedule_that_is_defined_is_in_the_registry() -> None:
    rooms = [import_module(f"arforecast.schedules.{room}") for room in ("collecting", "risk", "terms")]
    defined = {
        name
        for room in rooms
        for name, made in inspect.getmembers(room, inspect.isfunction)
        if made.__module__ == room.__name__ and list(inspect.signature(made).parameters) == ["facts", "as_of"]
    }
    assert {name for name in defined if not name.startswith("_")} == set(schedules.SCHEDULES)


def test_every_kpi_has_its_twin() -> None:
    assert {kpi for kpi in CATALOGUE if not kpi.startswith("aging:")} <= set(test_twins.TWINS)


def test_every_schedule_has_its_worked_example() -> None:
    tests = " ".join(name for name in vars(test_schedules) if name.startswith("test_"))
    assert [name for name in schedules.SCHEDULES if name not in tests] == []


@pytest.mark.parametrize("name", [*CATALOGUE, *schedules.SCHEDULES])
def test_every_definition_says_what_it_means_and_how_it_is_computed(name: str) -> None:
    meanings = kpis.glossary(Settings()).set_index("kpi").meaning.to_dict()
    meanings |= schedules.glossary().set_index("schedule").meaning.to_dict()
    assert re.match(r"[A-Zo].{15,}\.$", meanings[name])


def test_every_kpi_of_a_family_is_in_the_catalogue() -> None:
    assert {kpi for family in families.FAMILIES for kpi in family.kpis} <= set(CATALOGUE)


def test_the_docs_are_printed_from_the_definitions() -> None:
    assert (ROOT / "docs" / "definitions.md").read_text("utf-8") == f"{definitions.markdown()}\n"


def test_names_of_the_pages_belong_to_something() -> None:
    """An abbreviation is spelled out where it is shown."""
    short = {"dso", "dso_12m", "dso_countback", "dso_best_possible", "add", "cei", "cei_3m", "hhi", "hhi_group"}
    assert short <= set(NAMES)
