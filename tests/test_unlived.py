"""Weeks without a precedent: which they are, how much wider they are, and what one may say of them instead."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from arforecast.desk import Ledger, open_ledger
from arforecast.forecast import cash, unlived
from arforecast.forecast.exposure import lives
from arforecast.forecast.spans import WEEK
from arforecast.report.exhibits import cash as exhibits
from arforecast.settings import Forecast
from arforecast.snapshot import Facts
from forecasts import facts, then
from ledgers import write

DAY, WEEKS = date(2025, 11, 30), 13


def written(folder: Path, first: date, rules: str = "") -> Ledger:
    """700 billed every Monday from `first` on, paid after three days; of Japan, where May has a week of holidays."""
    mondays = [first + timedelta(weeks=nth) for nth in range((DAY - first).days // 7 + 1)]
    rows = [
        {
            "invoice_id": f"I{nth:03}", "customer_id": "anna", "amount": "700.00", "issued_on": str(on),
            "due_on": str(on + timedelta(days=14)), "paid_on": str(on + timedelta(days=3)),
        }
        for nth, on in enumerate(mondays)
    ]  # fmt: skip
    made = write({"invoices": rows}, folder / "ledger")
    (made / "arforecast.toml").write_text('[forecast]\ncountry = "JP"\n' + rules)
    return open_ledger(made)


def ledger(folder: Path, first: date, rules: str = "") -> Facts:
    return facts(written(folder, first, rules), DAY)


def forecast(known: Facts, weeks: int = 8) -> pd.DataFrame:
    said = cash.of_span(cash.raw_forecast(cash.flows(known, [DAY]), then(known, DAY), weeks), WEEK)
    return said[said.component == "total"].set_index("horizon_week")


def width(said: pd.DataFrame) -> pd.Series:
    return said.p90 - said.p10


def test_a_ledger_that_lived_through_a_year_end_knows_the_next(tmp_path: Path) -> None:
    """From 30 November on the fourth week ends on 28 December, the fifth on 4 January, whose first is New Year's."""
    young, old = (lives(ledger(tmp_path / str(first.year), first)) for first in (date(2025, 3, 3), date(2024, 9, 2)))
    told = unlived.names(young, DAY, WEEKS)
    assert [nth + 1 for nth, name in enumerate(told) if name] == [4, 5]
    assert told[3].startswith("year-end")
    assert unlived.names(old, DAY, WEEKS) == [""] * WEEKS


def test_a_ledger_of_two_weeks_has_lived_through_nothing(tmp_path: Path) -> None:
    told = unlived.names(lives(ledger(tmp_path, date(2025, 11, 17))), DAY, WEEKS)
    assert [nth + 1 for nth, name in enumerate(told) if name.startswith("year-end")] == [4, 5]


def test_a_week_of_holidays_is_strange_to_who_never_saw_it(tmp_path: Path) -> None:
    """Golden Week of 2026: 4, 5 and 6 May are holidays, Monday to Wednesday. 11 February alone is a closed day."""
    known = lives(ledger(tmp_path, date(2025, 5, 12)))
    told = unlived.names(known, date(2026, 2, 8), WEEKS)
    assert [nth + 1 for nth, name in enumerate(told) if name] == [13]
    assert "Children's Day" in told[12]
    assert unlived.names(known, date(2026, 6, 28), WEEKS)[0] == ""


def test_a_strange_week_is_wider_and_its_mean_stays(tmp_path: Path) -> None:
    strange, usual = (
        forecast(ledger(tmp_path / str(first.year), first)) for first in (date(2025, 3, 3), date(2024, 9, 2))
    )
    assert (width(strange).loc[4:5] > 1.5 * width(usual).loc[4:5] + 100).all()
    assert width(strange).loc[1:3].to_numpy() == pytest.approx(width(usual).loc[1:3].to_numpy(), abs=5_000)
    assert strange["mean"].to_numpy() == pytest.approx(usual["mean"].to_numpy(), rel=0.02)


def test_what_is_moved_is_moved_into_or_out_of_the_next_week() -> None:
    drawn = np.random.default_rng(1).uniform(50, 150, (500, 4))
    moved = unlived.moved(drawn, ["", "year-end", "", "Obon"], np.arange(4), np.random.default_rng(2))
    assert moved.sum(axis=1) == pytest.approx(drawn.sum(axis=1))
    assert (moved[:, [0, 3]] == drawn[:, [0, 3]]).all()
    share = moved[:, 1] / drawn[:, 1] - 1
    assert (np.abs(share) <= unlived.MOVED).all()
    assert np.abs(share).mean() == pytest.approx(unlived.MOVED / 2, abs=0.02)


def test_what_a_week_will_bill_can_be_said(tmp_path: Path) -> None:
    """1,400 in place of 700 in the week of Wednesday 10 December, the second; of a week that is over nothing."""
    rules = "billing_by_week = { 2025-12-10 = 1400.00, 2025-11-26 = 9999.00 }\n"
    said, unsaid = (
        forecast(ledger(tmp_path / name, date(2024, 9, 2), asked)) for name, asked in (("said", rules), ("unsaid", ""))
    )
    more = (said["mean"] - unsaid["mean"]) / 100
    assert more.loc[2] == pytest.approx(700, rel=0.05)
    assert more.drop(index=2).abs().max() < 40
    assert more.sum() == pytest.approx(700, rel=0.02)


def test_what_is_taken_for_granted_is_said(tmp_path: Path) -> None:
    """700 a week beside nothing agreed, 1,400 in the second week, and a year-end nobody has seen."""
    today = written(tmp_path, date(2025, 3, 3), "billing_by_week = { 2025-12-10 = 1400.00 }\n").as_of(DAY)
    weeks = today.cash_assumptions(8)
    assert weeks.billing_amount.tolist() == [700, 1400] + [700] * 6
    assert weeks.source.tolist() == ["level", "settings"] + ["level"] * 6
    assert weeks.level_change_share.isna().all()
    assert exhibits.assumed(weeks, today.stamp()).sentence.replace("\N{NO-BREAK SPACE}", " ") == (
        "Beside what is agreed, each week is taken to bill 700. The settings say what 1 week will bill, the first from "
        "8 Dec 2025. The ledger has lived through no such week as that from 22 Dec 2025 (year-end) and that from "
        "29 Dec 2025 (year-end and New Year's Day): its range is wider by rule, not by experience."
    )


def test_what_a_week_will_bill_is_left_out_where_nothing_says_when_it_is_paid(tmp_path: Path) -> None:
    """The last invoice is a year old."""
    today = written(tmp_path, date(2025, 3, 3), "billing_by_week = { 2026-12-10 = 1400.00 }\n").as_of("2026-12-01")
    weeks = today.cash_assumptions(4)
    assert weeks.billing_amount.tolist() == [0, 0, 0, 0]
    assert weeks.source.tolist() == ["level", "settings, left out", "level", "level"]
    assert exhibits.assumed(weeks, today.stamp()).sentence.replace("\N{NO-BREAK SPACE}", " ") == (
        "Nothing is taken to be billed beside what the billing schedule says. The settings say what 1 week will bill, "
        "the first from 9 Dec 2026; it is left out, for the last eight weeks billed nothing that says when it would be "
        "paid."
    )


def test_no_week_is_said_to_bring_the_most_of_nothing(tmp_path: Path) -> None:
    """All is paid, and the last invoice is a year old."""
    today = written(tmp_path, date(2025, 3, 3)).as_of("2026-12-01")
    weeks = exhibits.weeks(today.cash_forecast(2), today.cash_record(), today.stamp())
    assert weeks.sentence == "Nothing is expected in any of 2 weeks; the last 4 weeks brought 0 each"


def test_one_week_is_not_said_to_bill_two_amounts() -> None:
    with pytest.raises(ValidationError, match="2026-12-21 and 2026-12-24 can be of one week"):
        Forecast(billing_by_week={"2026-12-24": 1.0, "2026-12-21": 2.0, "2026-12-31": 1.0})


def test_a_change_of_level_is_said(tmp_path: Path) -> None:
    today = written(tmp_path, date(2024, 9, 2)).as_of(DAY)
    weeks = today.cash_assumptions().assign(level_change_share=-0.3, billing_amount=0.0)
    assert exhibits.assumed(weeks, today.stamp()).sentence.replace("\N{NO-BREAK SPACE}", " ") == (
        "Nothing is taken to be billed beside what the billing schedule says. Billing of the last eight weeks lay "
        "30 % below that of the eight before: the forecast follows the last eight."
    )
