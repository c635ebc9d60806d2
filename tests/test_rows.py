"""The rows of every figure that is a sum add up to its numerator, and what is none is refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from arforecast import Snapshot, kpis
from arforecast.errors import UsageError
from arforecast.kpis.catalogue import Kpi
from arforecast.ledger.groups import By
from arforecast.settings import Settings
from forecasts import AS_OF, opened, sample
from ledgers import told

NO_SUMS = {
    "hhi", "hhi_group", "dso_countback", "days_to_pay_median_km", "days_to_resolve_median", "dispute_days",
    "reminder_lead", "collections_roi_net",
}  # fmt: skip
OF_COSTS = {"cost_to_collect", "cost_per_invoice", "collections_roi"}
CATALOGUE = kpis.catalogue(Settings())
SUMS = [kpi for kpi in CATALOGUE if kpi.name not in NO_SUMS]
each = pytest.mark.parametrize("kpi", SUMS, ids=lambda kpi: kpi.name)

GROUPS: list[tuple[By, str]] = [(("segment", "country"), "individual, US"), ("product", "(none)")]


@cache
def today() -> Snapshot:
    return sample().as_of(AS_OF)


def numerators(by: By = None) -> pd.Series:
    table = today().kpis(by)
    return table[(table.by != "") == bool(by)].set_index(["group", "kpi"]).numerator


@pytest.fixture(scope="module")
def whole() -> pd.Series:
    return numerators()


@pytest.fixture(scope="module")
def groups() -> dict[By, pd.Series]:
    return {by: numerators(by) for by, _ in GROUPS}


def assert_adds_up(rows: pd.DataFrame, kpi: Kpi, numerator: float) -> None:
    """To the minor unit; a mean of months and the price of discounts are no whole ones."""
    assert rows.numerator.sum() == pytest.approx(numerator, abs=0.001, rel=1e-12)
    if kpi.unit == "money":
        assert round(rows.numerator.sum() * 100) == round(numerator * 100)
    assert rows.numerator.ne(0).all()


@each
def test_rows_add_up_to_the_numerator(kpi: Kpi, whole: pd.Series) -> None:
    rows = today().rows(kpi.name)
    assert_adds_up(rows, kpi, whole["", kpi.name])
    assert rows.columns[0] == "sum"
    assert len(rows) == 0 or rows.columns[1] in {"invoice_id", "customer_id", "company", "contact_id", "category"}


@pytest.mark.parametrize(("by", "group"), GROUPS)
def test_rows_of_a_group_add_up_to_its_numerator(by: By, group: str, groups: dict[By, pd.Series]) -> None:
    for kpi in SUMS:
        if kpi.name not in OF_COSTS:
            assert_adds_up(today().rows(kpi.name, group, by), kpi, groups[by][group, kpi.name])


def test_the_sample_has_rows_of_nearly_everything() -> None:
    """Or nothing would have been tried."""
    empty = {kpi.name for kpi in SUMS if today().rows(kpi.name).empty}
    assert len(empty) <= 10
    assert not empty & {"open_ar", "credit_balance", "disputed_share", "cash", "recovered_30", "promise_kept_share"}


@pytest.mark.parametrize("kpi", sorted(NO_SUMS))
def test_what_is_no_sum_says_why(kpi: str) -> None:
    with pytest.raises(UsageError, match=f"{kpi} is not made of rows that add up: (a median|it )"):
        today().rows(kpi)


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    for asked, said in (
        (("dsso",), "There is no KPI dsso. Ask for one of open_ar"),
        (("open_ar", "XX", "country"), "There is no group XX. There is"),
        (("open_ar", "US"), "Name a group and the column"),
        (("open_ar", None, "country"), "Name a group and the column"),
        (("cost_per_invoice", "US", "country"), "cost_per_invoice is not known here: there is no cost_month"),
    ):
        with pytest.raises(UsageError, match=said):
            today().rows(*asked)
    with pytest.raises(UsageError, match="not known of a part of the ledger"):
        sample().where(country="US").as_of(AS_OF).rows("cost_to_collect")


def test_the_rows_are_the_invoices_and_entries(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  segment
    A1          anna         2026-04-20  2026-05-04  100.00  team
    A2          anna         2026-05-25  2026-06-09   30.00  solo
    B1          bert         2026-05-05  2026-05-19   20.00  team

    applications
    invoice_id  applied_on  amount  kind
    A1          2026-06-10   40.00  cash
    A1          2026-06-12  -40.00  cash
    B1          2026-06-11    5.00  cash

    receipts
    receipt_id  customer_id  received_on  amount
    R1          bert         2026-06-11   7.50
    """
    ledger = opened(told(test_the_rows_are_the_invoices_and_entries.__doc__ or ""), tmp_path)
    today = ledger.as_of("2026-06-30")
    overdue = today.rows("overdue_ar")
    assert overdue[["invoice_id", "days_past_due", "numerator"]].values.tolist() == [
        ["A1", 57, 100], ["A2", 21, 30], ["B1", 42, 15],
    ]  # fmt: skip
    assert today.rows("aging:31-60", "team", by="segment").invoice_id.tolist() == ["A1", "B1"]
    assert today.rows("cash").numerator.tolist() == [40, -40, 5]
    credit = today.rows("credit_balance")
    assert credit[["sum", "customer_id", "numerator"]].values.tolist() == [["unapplied", "bert", -2.5]]
    effective = today.rows("cei").groupby("sum").numerator.sum()
    assert effective.to_dict() == {"open_opening": 150, "open": -145}
    assert ledger.where(segment="solo").as_of("2026-06-30").rows("open_ar").invoice_id.tolist() == ["A2"]
