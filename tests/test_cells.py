"""Cells: strict, exact, and null where they are not what their column asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st

from arforecast.ledger import cells, open_books, source
from arforecast.ledger.tables import Column, Type
from arforecast.settings import Engine, LedgerRules, Settings
from doors import HEADER, problems, write

Read = Callable[..., list[Any]]
DIGITS = 17  # of minor units
CAREFUL = run(max_examples=15, deadline=None)


@pytest.fixture(scope="module")
def read() -> Read:
    """Cells as values of a type, in one query; texts unless an Arrow type is given."""
    con = source.connect(Engine())

    def values(of: Type, given: list[Any], arrow: pa.DataType | None = None, decimals: int = 2) -> list[Any]:
        columns = {"nth": pa.array(range(len(given)), pa.int64()), "cell": pa.array(given, arrow or pa.string())}
        table = ibis.memtable(pa.table(columns))
        value = cells.value(table.cell, Column("cell", of, ""), decimals)
        asked = table.select("nth", value=value).order_by("nth")
        return list(con.to_pyarrow(asked)["value"].to_pylist())

    return values


def minor(amount: str, decimals: int) -> int | None:
    """Money in plain Python: a number without an exponent, exact in minor units, or nothing."""
    if not set(amount) <= set("0123456789.+-"):
        return None
    units = Decimal(amount).scaleb(decimals)
    return int(units) if units == int(units) else None


# Dates


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-02-28", dt.date(2026, 2, 28)),
        ("  2026-02-28\t", dt.date(2026, 2, 28)),
        ("2024-02-29", dt.date(2024, 2, 29)),
        ("2025-02-29", None),
        ("2025-02-30", None),
        ("2025-13-01", None),
        ("2025-00-10", None),
        ("0000-01-01", None),
        ("2025-1-5", None),
        ("25-01-05", None),
        ("01/02/2025", None),
        ("2025/01/02", None),
        ("20250102", None),
        ("2025-01-02T00:00", None),
        ("2025-01-02 00:00:00", None),
        ("2025-01-02\n2025-01-03", None),
        ("-2025-01-02", None),
        ("2025-01-02 (BC)", None),
        ("today", None),
        ("infinity", None),
        ("٢٠٢٥-٠١-٠٢", None),
        ("45678", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_an_iso_day_that_exists(read: Read, cell: str | None, day: dt.date | None) -> None:
    assert read("date", [cell]) == [day]


@CAREFUL
@given(st.lists(st.dates(dt.date(1000, 1, 1), dt.date(2999, 12, 31)), min_size=20, max_size=60))
def test_every_day_is_read_as_itself(read: Read, days: list[dt.date]) -> None:
    assert read("date", [day.isoformat() for day in days]) == days


def test_a_typed_date_stays_the_day_it_is(read: Read) -> None:
    day = dt.date(2026, 1, 5)
    assert read("date", [day, None], pa.date32()) == [day, None]
    stamps = [dt.datetime.fromisoformat(f"2026-01-05 {time}") for time in ("00:00", "23:59", "00:00:00.000001")]
    assert read("date", stamps, pa.timestamp("us")) == [day, None, None]


def test_a_typed_day_beyond_those_that_can_be_written_is_none(read: Read) -> None:
    first, last = dt.date(1000, 1, 1), dt.date(2999, 12, 31)
    beyond = [dt.date(999, 12, 31), dt.date(3000, 1, 1), dt.date(9999, 12, 31)]
    assert read("date", [first, last, *beyond], pa.date32()) == [first, last, None, None, None]


@pytest.mark.parametrize("of", ["date", "money", "number"])
@pytest.mark.parametrize(
    ("cell", "arrow"),
    [(True, pa.bool_()), (dt.time(1, 2), pa.time64("us")), ([1], pa.list_(pa.int64())), (b"1", pa.binary())],
)
def test_a_cell_of_another_type_is_no_value(read: Read, of: Type, cell: object, arrow: pa.DataType) -> None:
    assert read(of, [cell], arrow) == [None]


@pytest.mark.parametrize(
    ("cell", "units"),
    [
        ("12.50", 12_50), ("1,000,000.00", 1_000_000_00), ("1.234,50", 1_234_50), ("1 234.50", 1_234_50),
        ("$5", 5_00), ("5 EUR", 5_00), ("(5.00)", 5_00), ("12,5", 12_50), ("1.005", 1_005_00), (".50", 50),
        ("1e5", None), ("NaN", None), ("", None), ("2026-02-30", None), ("0x10", None), ("5\n6", 56_00),
        ("33.333333", 33_33), ("0,30000000000000004", 30), ("1,234.5678", 12_345_678_00),
    ],
)  # fmt: skip
def test_what_digits_say_is_at_stake(cell: str, units: int | None) -> None:
    table = ibis.memtable({"cell": [cell]}, schema={"cell": "string"})
    stake = cells.at_stake(table.cell, Column("cell", "money", ""), 2)
    assert source.connect(Engine()).to_pyarrow(table.select(stake=stake))["stake"].to_pylist() == [units]


def test_a_typed_number_is_no_date(read: Read) -> None:
    assert read("date", [20260105], pa.int64()) == [None]


# Money


@pytest.mark.parametrize("decimals", [0, 2, 3])
@CAREFUL
@given(data=st.data())
def test_money_is_exact(read: Read, decimals: int, data: st.DataObject) -> None:
    units = data.draw(st.lists(st.integers(1 - 10**DIGITS, 10**DIGITS - 1), min_size=20, max_size=60))
    texts = [f"{Decimal(unit).scaleb(-decimals):f}" for unit in units]
    assert read("money", texts, decimals=decimals) == units
    assert [minor(text, decimals) for text in texts] == units


@pytest.mark.parametrize("decimals", [0, 2, 3])
@CAREFUL
@given(data=st.data())
def test_what_is_not_exactly_money_is_null(read: Read, decimals: int, data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.from_regex(r"[+-]?[0-9]{1,12}(\.[0-9]{1,5})?", fullmatch=True), min_size=20))
    assert read("money", texts, decimals=decimals) == [minor(text, decimals) for text in texts]


@pytest.mark.parametrize(
    ("cell", "units"),
    [
        (" 12.50 ", 12_50),
        ("+12.5", 12_50),
        ("-0.01", -1),
        ("007", 7_00),
        ("1.100", 1_10),
        ("0", 0),
        ("999999999999.99", 999_999_999_999_99),
        ("1000000000000", 10**14),
        ("999999999999999.99", 99_999_999_999_999_999),
        ("1000000000000000", None),
        ("1.005", None),
        ("1,234.50", None),
        ("1.234,50", None),
        ("1 234.50", None),
        ("12,50", None),
        ("$5", None),
        ("5 EUR", None),
        ("(5.00)", None),
        ("5-", None),
        ("--5", None),
        (".50", None),
        ("5.", None),
        ("1e5", None),
        ("0x10", None),
        ("1_000", None),
        ("NaN", None),
        ("inf", None),
        ("-Infinity", None),
        ("null", None),
        ("٥", None),
        ("5\n6", None),
        ("", None),
        (None, None),
    ],
)
def test_money_is_written_in_one_way(read: Read, cell: str | None, units: int | None) -> None:
    assert read("money", [cell]) == [units]


def test_a_float_is_the_nearest_minor_unit(read: Read) -> None:
    given = [0.1 + 0.2, 19.99, 1.1 * 3, -0.29, 5.0, float("nan"), float("inf"), -float("inf"), None]
    assert read("money", given, pa.float64()) == [30, 19_99, 3_30, -29, 5_00, None, None, None, None]


def test_whole_numbers_are_major_units(read: Read) -> None:
    assert read("money", [5, -7, None], pa.int64()) == [5_00, -7_00, None]
    assert read("money", [5], pa.int64(), decimals=0) == [5]
    assert read("money", [5], pa.int64(), decimals=3) == [5_000]


def test_a_decimal_is_taken_exactly_or_not_at_all(read: Read) -> None:
    given = [Decimal("1.100"), Decimal("1.234"), Decimal("-2.000"), None]
    assert read("money", given, pa.decimal128(18, 3)) == [1_10, None, -2_00, None]
    assert read("money", given, pa.decimal128(18, 3), decimals=3) == [1_100, 1_234, -2_000, None]


def test_the_least_and_the_narrowest_are_numbers_as_others(read: Read) -> None:
    assert read("money", [-128, 127], pa.int8()) == [-128_00, 127_00]
    assert read("money", [Decimal("1.5"), Decimal("-9.25")], pa.decimal128(38, 37)) == [1_50, -9_25]
    assert read("money", [45_000_000_000_000.01], pa.float64()) == [45_000_000_000_000_01]


def test_a_decimal_of_more_places_than_six_is_not_rounded(read: Read) -> None:
    assert read("money", [Decimal("1.00000001"), Decimal("1.10000000")], pa.decimal128(18, 8)) == [None, 1_10]


@pytest.mark.parametrize(
    ("cell", "arrow"),
    [
        pytest.param(1e300, pa.float64(), id="float"),
        pytest.param(9 * 10**18, pa.int64(), id="whole number"),
        pytest.param(-(2**63), pa.int64(), id="the least whole number, which has no absolute one"),
        pytest.param(123456789012345.67, pa.float64(), id="a float that has no bit left for the cents"),
        pytest.param(Decimal("1" * 34 + ".25"), pa.decimal128(38, 2), id="decimal"),
    ],
)
def test_money_beyond_all_measure_is_null(read: Read, cell: object, arrow: pa.DataType) -> None:
    assert read("money", [cell], arrow) == [None]


@pytest.mark.parametrize(
    ("currency", "fine", "units", "refused"),
    [
        ("JPY", "1200", 1200, "1200.5"),
        ("EUR", "1200.50", 120050, "1.005"),
        ("KWD", "1200.5", 1200500, "0.0001"),
        ("IQD", "0.001", 1, "0.0001"),  # three of ISO 4217, though none is printed
        ("CLF", "1200.0001", 12000001, "0.00001"),
    ],
)
def test_decimals_are_those_of_the_reporting_currency(
    tmp_path: Path, currency: str, fine: str, units: int, refused: str
) -> None:
    rows = "".join(f"{name},C1,2026-01-05,2026-02-04,{cell}\n" for name, cell in (("A1", fine), ("A2", refused)))
    settings = Settings(ledger=LedgerRules(currency=currency))
    books = open_books(write(tmp_path, {"invoices.csv": f"{HEADER}\n{rows}"}), settings)
    assert books.tables["invoices"].to_pandas().amount.tolist() == [units]
    assert [(problem.rule, problem.row, problem.value) for problem in problems(books)] == [("not_money", 3, refused)]


# Numbers, flags, text


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("30", 30.0),
        (" -1.25 ", -1.25),
        ("+0", 0.0),
        ("1e3", None),
        ("1,5", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_is_plain(read: Read, cell: str | None, number: float | None) -> None:
    assert read("number", [cell]) == [number]


def test_a_typed_number_stays(read: Read) -> None:
    assert read("number", [30, None], pa.int32()) == [30.0, None]


@pytest.mark.parametrize(
    ("cell", "flag"),
    [
        ("true", True), (" TRUE ", True), ("Yes", True), ("1", True),
        ("false", False), ("No", False), ("0", False),
        ("maybe", None), ("t", None), ("2", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_flag_is_true_or_false(read: Read, cell: str | None, flag: bool | None) -> None:
    assert read("flag", [cell]) == [flag]


def test_a_typed_flag_stays(read: Read) -> None:
    assert read("flag", [True, False, None], pa.bool_()) == [True, False, None]


@pytest.mark.parametrize(
    ("given", "arrow"),
    [([71.0, 1.5], pa.float64()), ([Decimal("71.00"), Decimal("1.50")], pa.decimal128(38, 2))],
)
def test_a_whole_number_is_one_identifier_whatever_its_type(read: Read, given: list[Any], arrow: pa.DataType) -> None:
    """Of an empty cell beside them pandas makes 71.0 of 71."""
    assert read("id", given, arrow) == ["71", str(given[1])]
    assert read("flag", [1.0, 0.0, None], pa.float64()) == [True, False, None]


def test_an_identifier_keeps_its_zeros_and_loses_its_margins(read: Read) -> None:
    assert read("id", ["007", " 7 ", "0", "", "  ", "é'\"", None]) == ["007", "7", "0", None, None, "é'\"", None]
    assert read("id", [7, None], pa.int64()) == ["7", None]
