"""Why cash came otherwise than forecast: two weeks by hand, and parts that add up to the minor unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from arforecast.forecast import accuracy, book, variance
from arforecast.forecast.variance import PARTS
from arforecast.report.exhibits import cash as exhibit
from arforecast.snapshot import Facts
from forecasts import eventful, facts, opened
from ledgers import Row, Tables, told, until

DAY = pd.Timestamp("2026-03-01")
MOVED = ["error", *PARTS]


def ledger() -> Tables:
    """On 1 March 300 is open. In the first week 100 of it is settled, by 90 in cash, and Bert is billed 40; in the
    second the other 200 and the 40 are paid, he is billed 80, and Cora, who is new, pays 60.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-02-10  2026-03-05  100.00
    A2          anna         2026-02-12  2026-03-06  200.00
    B1          bert         2026-01-05  2026-01-20   50.00
    B2          bert         2026-03-03  2026-03-10   40.00
    B3          bert         2026-03-11  2026-03-18   80.00
    C1          cora         2026-03-04  2026-03-11   60.00

    applications
    invoice_id  applied_on  amount  kind
    B1          2026-01-20   50.00  cash
    A1          2026-03-04   90.00  cash
    A1          2026-03-04   10.00  discount
    B2          2026-03-10   40.00  cash
    A2          2026-03-12  200.00  cash
    C1          2026-03-13   60.00  cash
    """
    return told(ledger.__doc__ or "")


def said(open_balance: int = 300_00) -> pd.DataFrame:
    """240 and 38 of what is open, of which 250 and 40 settled; a billing of 100 a week, 20 of it to new customers, of
    which a tenth comes in the week itself and a half in the next, and two thirds is settled."""
    rows = pd.DataFrame(
        {
            "week": [1, 2] * 3,
            "component": ["open_book"] * 2 + ["unbilled"] * 2 + ["total"] * 2,
            "mean": [240_00, 38_00, 10_00, 60_00, 250_00, 98_00],
            "open_balance": [open_balance] * 2 + [pd.NA] * 4,
            "settled": [250_00, 40_00] + [pd.NA] * 4,
            "billed": [pd.NA] * 2 + [100_00] * 2 + [pd.NA] * 2,
            "billed_new": [pd.NA] * 2 + [20_00] * 2 + [pd.NA] * 2,
            "collected_share": [np.nan] * 2 + [0.1, 0.5] + [np.nan] * 2,
            "settled_share": [np.nan] * 2 + [0.1, 0.65] + [np.nan] * 2,
        }
    ).astype(dict.fromkeys(("mean", "open_balance", "settled", "billed", "billed_new"), "Int64"))
    until = DAY + pd.to_timedelta(7 * rows.week, unit="D")
    written = pd.Timestamp("2026-03-02 06:30", tz="UTC")
    return rows.assign(as_of=DAY, written_at=written, until_on=until, p10=rows["mean"] - 100, p90=rows["mean"] + 100)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The ledger two weeks later."""
    return facts(opened(ledger(), tmp_path_factory.mktemp("variance")), date(2026, 3, 15))


def test_the_parts_of_an_error_by_hand(known: Facts) -> None:
    """First week. Of 250 to be settled 100 were, each worth 240 / 250 in cash: 144 for the timing; 96 should have come
    for that 100, and 90 did: 6. Known customers were to be billed 80 and to bring 8: at half of it they bring 4, and
    brought nothing: 4 for the level, 4 for the timing. New ones were to bring 2.
    Second. Of 40 to be settled 200 were: .95 x -160 = -152, and 190 - 200 = -10. Known customers were to bring
    80 x (.5 + .1) = 48; billed 120 for 160, they bring 36: 12 for the level; billed 40 and then 80, they bring
    40 x .5 + 80 x .1 = 28: 8 for when. 40 were settled, worth 60 / 75 each, that is 32: -4 for the timing, and
    -8, since 40 came. New ones were to bring 20 x .6 = 12 and brought 60.
    """
    table = variance.explained(known, said())
    assert table[["forecast", "actual"]].to_numpy().tolist() == [[250, 90], [98, 300]]
    assert table[MOVED].to_numpy().tolist() == [
        [160, 4, 0, 144 + 4, 6, 2, 0],
        [-202, 12, 8, -152 - 4, -10 - 8, 12 - 60, 0],
    ]
    assert table.kept_on.tolist() == [pd.Timestamp("2026-03-02")] * 2
    assert table.week_end.tolist() == [pd.Timestamp("2026-03-08"), pd.Timestamp("2026-03-15")]


def test_what_the_ledger_tells_otherwise_by_now_is_no_fault_of_who_pays(known: Facts) -> None:
    """Of the 400 that the forecast knew as open the ledger has 300 left: a quarter of the 240 rested on nothing."""
    table = variance.explained(known, said(400_00))
    assert table.rest.tolist() == [60, 9.5]
    assert table.payment_timing.tolist() == [pytest.approx(0.96 * (187.5 - 100) + 4), 0.95 * (30 - 200) - 4]
    assert table[PARTS[0]].tolist() == [4, 12]


def test_only_weeks_that_are_over_are_compared_and_nothing_known_later_counts(known: Facts, tmp_path: Path) -> None:
    earlier = facts(opened(until(ledger(), date(2026, 3, 8)), tmp_path), date(2026, 3, 8))
    before, after = (variance.explained(then, said()) for then in (earlier, known))
    pd.testing.assert_frame_equal(before, after.iloc[:1], check_exact=True)
    assert variance.explained(replace(known, days=(date(2026, 3, 7),)), said()).empty


def test_where_no_billing_was_expected_all_that_came_is_its_level(known: Facts) -> None:
    forecast = said()
    unbilled = forecast.component == "unbilled"
    forecast.loc[unbilled, ["mean", "billed", "billed_new", "collected_share", "settled_share"]] = 0
    forecast.loc[forecast.component == "total", "mean"] -= [10_00, 60_00]
    table = variance.explained(known, forecast)
    assert table[["billing_level", "billing_timing", "new_customers"]].to_numpy().tolist() == [[0, 0, 0], [-40, 0, -60]]
    # What is left is of the open book alone.
    assert table[["payment_timing", "amount"]].to_numpy().tolist() == [[144, 6], [-152, -10]]
    assert (table[list(PARTS)].sum(axis=1) == table.error).all()


def test_an_over_payment_is_one_of_the_amount(tmp_path: Path) -> None:
    """Anna pays 30 more than the 200 she owes: 40 were to be settled, 200 were, and 230 came."""
    paid: list[Row] = [
        row | ({"amount": "230.00"} if row["invoice_id"] == "A2" else {}) for row in ledger()["applications"]
    ]
    more = opened(ledger() | {"applications": paid}, tmp_path)
    table = variance.explained(facts(more, date(2026, 3, 15)), said())
    assert table.payment_timing.tolist() == [148, -156]
    assert table.amount.tolist() == [6, -48]


def test_what_is_kept_is_what_was_said_and_adds_up_to_what_came(tmp_path: Path) -> None:
    today, folder = eventful().as_of("2026-02-11"), tmp_path / "book"
    eventful().as_of("2026-01-31").keep_forecast(folder, weeks=3)
    today.keep_forecast(folder, weeks=3)
    rows, cash = book.read(folder), today.cash_forecast(weeks=3)
    kept = rows[rows.as_of == "2026-02-11"]
    assert (kept[kept.component != "so_far"]["mean"] / 100).tolist() == cash["mean"].tolist()
    assert (kept[kept.component == "so_far"].p90 / 100).tolist() == today.cash_within(weeks=3).p90.tolist()
    assert kept[kept.component == "open_book"].open_balance.tolist() == [400_00] * 3
    errors = eventful().as_of("2026-02-28").book(folder).errors
    assert errors.horizon_week.tolist() == [1, 2, 3, 1, 2]
    cents = (errors[["forecast", "actual", *MOVED]] * 100).round()
    assert (cents / 100 == errors[cents.columns]).all(axis=None)
    assert (cents.error == cents.forecast - cents.actual).all()
    assert (cents[list(PARTS)].sum(axis=1) == cents.error).all()
    assert (errors[errors.horizon_week == 1].billing_timing == 0).all()


def test_the_page_and_the_docs_know_every_part_and_measure() -> None:
    assert PARTS == exhibit.PARTS == tuple(exhibit.REASONS)
    text = (Path(__file__).parents[1] / "docs" / "cash.md").read_text("utf-8")
    assert [name for name in (*PARTS, *accuracy.MEASURES) if f"| `{name}` |" not in text] == []
