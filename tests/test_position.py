"""What is left of the cash: obligations by week, ranges that move with them, and the chance of too little."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from arforecast.errors import UnknownError
from arforecast.forecast import position
from arforecast.forecast.cash import QUANTILES
from arforecast.settings import Settings, Treasury
from arforecast.snapshot import Facts
from forecasts import facts, opened
from ledgers import told

DAY = date(2026, 3, 1)
# A normal distribution about 100 with a deviation of 20.
LEVELS = dict(zip(QUANTILES, (60.8, 74.4, 86.5, 100.0, 113.5, 125.6, 139.2), strict=True))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """Rent is due in the first week and the second; taxes are not known of yet, wages have been paid, and what is due
    after three weeks is out of sight.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount  paid_on
    A1          anna         2026-01-10  2026-02-09  100.00  2026-02-09

    outflows
    due_on      amount  category  known_on
    2026-03-01   10.00  wages     -
    2026-03-02   20.00  rent      -
    2026-03-08   40.00  rent      2026-03-01
    2026-03-09   80.50  rent      -
    2026-03-10  160.00  taxes     2026-03-02
    2026-03-23  320.00  loans     -
    """
    ledger = opened(told(known.__doc__ or ""), tmp_path_factory.mktemp("position"))
    assert ledger.problems.empty
    return facts(ledger, DAY)


def within() -> pd.DataFrame:
    """100 is expected in the first week, 50 and 25 more in those after it."""
    more = np.array([0, 50, 75])
    until = pd.to_datetime(["2026-03-08", "2026-03-15", "2026-03-22"])
    levels = {name: level + more for name, level in {"mean": 100.0, **LEVELS}.items()}
    return pd.DataFrame({"weeks": [1, 2, 3], "until_on": until, **levels})


def stands(known: Facts, **treasury: object) -> pd.DataFrame:
    settings = Settings(treasury=Treasury.model_validate(treasury))
    return position.position(replace(known, books=replace(known.books, settings=settings)), within(), DAY)


def test_what_is_known_to_be_due_is_paid_from_what_there_was(known: Facts) -> None:
    """Opening cash of 10; of the second week, 10 + 150 - 60 - 80.50."""
    table = stands(known, opening_cash_amount="10.00", opening_cash_on=DAY)
    assert table.outflows_amount.tolist() == [60, 80.5, 0]
    assert table.receipts_amount.tolist() == [100, 50, 25]
    assert table.net_amount.tolist() == [40, -30.5, 25]
    assert table["mean"].tolist() == [50, 19.5, 44.5]
    assert table.p90.tolist() == pytest.approx([75.6, 45.1, 70.1])
    assert table[["floor_amount", "p_below_floor"]].isna().all(axis=None)


def test_the_chance_of_lying_below_the_floor(known: Facts) -> None:
    """A floor of 19.50 lies at the mean of the second week, 30.50 below that of the first."""
    table = stands(known, opening_cash_amount="10.00", opening_cash_on=DAY, floor_amount="19.50")
    assert table.p_below_floor.tolist() == pytest.approx([0.0636, 0.5, 0.1056], abs=1e-3)
    assert table.floor_amount.tolist() == [19.5] * 3


@pytest.mark.parametrize("cash", [{}, {"opening_cash_amount": 10, "opening_cash_on": date(2026, 2, 28)}])
def test_without_opening_cash_of_the_day_it_says_what_is_added_to_it(known: Facts, cash: dict[str, object]) -> None:
    table = stands(known, floor_amount=5, **cash)
    assert table["mean"].tolist() == [40, 9.5, 34.5]
    assert table[["opening_balance", "floor_amount", "p_below_floor"]].isna().all(axis=None)


def test_chances_between_quantiles_beyond_them_and_of_what_is_certain() -> None:
    levels = pd.DataFrame([LEVELS] * 5)
    chances = [position.below(levels.iloc[[nth]], floor)[0] for nth, floor in enumerate((40, 74.4, 100, 125.6, 160))]
    assert chances == pytest.approx([0.0013, 0.1, 0.5, 0.9, 0.9987], abs=2e-4)
    certain = pd.DataFrame([dict.fromkeys(QUANTILES, 100.0)])
    assert [position.below(certain, floor)[0] for floor in (99, 100, 101)] == [0, 0, 1]


def test_cash_without_its_day_and_a_ledger_without_outflows_are_refused(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-01-10  2026-02-09  100.00
    """
    with pytest.raises(ValidationError, match="go together"):
        Treasury(opening_cash_amount=1)
    ledger = opened(told(test_cash_without_its_day_and_a_ledger_without_outflows_are_refused.__doc__ or ""), tmp_path)
    with pytest.raises(UnknownError, match=r"Add outflows\.csv"):
        ledger.as_of("2026-03-01").cash_position()
