"""How numbers are written."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arforecast.report import formats, units


def plain(text: str) -> str:
    """A no-break space is a matter of setting, not of meaning."""
    return text.replace(formats.NBSP, " ")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (2_940_123.45, "2.94 M"),
        (29_400_000, "29.4 M"),
        (294_000_000, "294 M"),
        (1_234_567_890, "1.23 bn"),
        (312_499, "312 k"),
        (999_499, "999 k"),
        (999_600, "1.00 M"),
        (999.6, "1.00 k"),
        (940, "940"),
        (0.4, "0"),
        (0, "0"),
        (-0.4, "0"),
        (-1_500_000, "−1.50 M"),
        (math.nan, "–"),
    ],
)
def test_money_in_short(value: float, said: str) -> None:
    assert plain(formats.money(value)) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.226, "23 points"),
        (0.0213, "2.1 points"),
        (-0.01, "−1 point"),
        (0.01, "1 point"),
        (0, "0 points"),
        (None, "–"),
    ],
)
def test_a_difference_of_shares_is_in_points(value: float | None, said: str) -> None:
    assert plain(formats.points(value)) == said


@pytest.mark.parametrize(
    ("value", "said"), [(2.84, "2.8"), (3.0, "3"), (9.96, "10"), (-12.4, "−12"), (-0.04, "0"), (math.nan, "–")]
)
def test_below_ten_a_decimal_decides(value: float, said: str) -> None:
    assert formats.brief(value) == said


@given(st.floats(1, 1e12))
def test_money_in_short_is_right_to_three_digits(value: float) -> None:
    number, _, unit = formats.money(value).partition(formats.NBSP)
    size = {"": 1, "k": 1e3, "M": 1e6, "bn": 1e9}[unit]
    assert float(number) * size == pytest.approx(value, rel=0.0051 if value >= 100 else 0.51)
    assert float(number) < 1000 or unit == "bn"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (920_000, 1_310_000, "0.9–1.3 M"),
        (25_100, 31_400, "25–31 k"),
        (4_200, 9_960, "4–10 k"),
        (120, 640, "120–640"),
        (0, 0, "0–0"),
    ],
)
def test_a_range_of_money_shares_the_unit_of_its_greater_end(low: float, high: float, said: str) -> None:
    assert plain(formats.money_range(low, high)) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.719, "72 %"),
        (0.0142, "1.4 %"),
        (0.04, "4 %"),
        (0.0995, "10 %"),
        (0, "0 %"),
        (-0.031, "−3.1 %"),
        (1, "100 %"),
        (1 + 2e-15, "100 %"),  # a sum of cents over another
        (0.0004, "< 0.1 %"),
        (-0.0004, "> −0.1 %"),
        (0.9967, "99.7 %"),
        (0.99999, "> 99.9 %"),
        (1.0003, "> 100 %"),
        (1.004, "100.4 %"),
    ],
)
def test_a_share_is_whole_percent_unless_a_decimal_decides(share: float, said: str) -> None:
    assert plain(formats.percent(share)) == said


def test_money_in_full_is_grouped_to_the_cent() -> None:
    assert formats.exact(2_940_123.45) == "2,940,123.45"
    assert formats.exact(-1234.5) == "−1,234.50"
    assert formats.exact(-0.001) == "0.00"
    assert [formats.exact(0.001, code) for code in ("JPY", "EUR", "KWD")] == ["0", "0.00", "0.001"]
    assert [formats.exact(-1234.5678, code) for code in ("JPY", "EUR", "KWD")] == ["−1,235", "−1,234.57", "−1,234.568"]


def test_days_are_whole_and_know_one_from_many() -> None:
    assert [plain(formats.days(value)) for value in (52.4, 1, -1, -3.2, 0)] == [
        "52 days",
        "1 day",
        "−1 day",
        "−3 days",
        "0 days",
    ]


def test_a_date_has_its_month_in_letters() -> None:
    assert plain(formats.date("2026-06-30")) == "30 Jun 2026"
    assert plain(formats.date(pd.Timestamp("2026-01-01"))) == "1 Jan 2026"


def test_a_sentence_of_a_terminal_has_its_days_as_people_read_them_and_leaves_files_alone() -> None:
    said = formats.spoken("Of 2026-06-30, up to 2026-07-01: the limit is 1 %. See run/2026-06-30 and 2026-06-30.html.")
    assert said.replace("\u00a0", "~") == (
        "Of 30~Jun~2026, up to 1~Jul~2026: the limit is 1~%. See run/2026-06-30 and 2026-06-30.html."
    )


@pytest.mark.parametrize("unit", [unit for unit in formats.FORMATS if unit not in ("bucket", "name")])
@pytest.mark.parametrize("null", [math.nan, None, pd.NaT, pd.NA])
def test_null_is_an_en_dash_in_every_unit(unit: str, null: object) -> None:
    assert formats.FORMATS[unit](null) == "–"
    assert formats.SHORT[unit](null) == "–"


def test_each_column_is_declared_once_in_a_unit_that_can_be_written() -> None:
    columns = " ".join(units.DECLARED.values()).split()
    assert len(columns) == len(set(columns)) > 100
    assert units.DECLARED.keys() <= formats.FORMATS.keys() | formats.OF_THE_ROW.keys()


def test_measures_have_names_people_use() -> None:
    assert formats.name("dso") == "Days sales outstanding"
    assert formats.name("aging:1-30") == "Ageing: 1–30 days"
    assert formats.name("aging:current") == "Ageing: not due yet"
    assert formats.name("bad_debt_share") == "Bad debt share"


def test_a_balance_is_somewhere_a_month_later_and_a_cohort_of_some_age() -> None:
    assert formats.name("to:31-60") == "31–60 days"
    assert formats.name("to:current") == "Not due yet"
    assert formats.name("to:written_off") == "Written off"
    assert formats.name("age:3") == "Month 3"
    assert formats.name("other:3") == "Other:3"


def test_months_and_quarters_go_without_their_day() -> None:
    assert plain(formats.month(pd.Timestamp("2026-06-01"))) == "Jun 2026"
    assert plain(formats.quarter(pd.Timestamp("2026-04-01"))) == "Q2 2026"


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(6.834, "6.83"), (0.1, "0.10"), (0.0999, "0.10"), (0.0419, "0.042"), (-0.0419, "−0.042"), (0, "0.000")],
)
def test_a_third_decimal_decides_below_a_tenth(ratio: float, said: str) -> None:
    assert formats.decimal(ratio) == said


def test_numbers_have_as_many_digits_as_squares_of_large_receivables() -> None:
    """200,000,000,000.00 rupiah are 2e13 sen, and their square, of which concentration is made, 4e26."""
    assert formats.decimal(4e26) == f"{4e26:,.2f}"
    assert formats.exact(1e300) == f"{1e300:,.2f}"
