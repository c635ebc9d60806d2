"""How right we were: origins, what was said and what came, by hand and against plain Python."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings

import forecasts
from arforecast.forecast import backtest
from arforecast.forecast.backtest import (
    cash_came,
    cash_history,
    daily_cash,
    late_record,
    weekly_origins,
)
from arforecast.forecast.spans import calendar
from forecasts import EVENTFUL, Invoice, distribution, eventful, facts, opened, past
from ledgers import Tables, ledgers, told

AS_OF = date(2026, 3, 9)
WEEK = timedelta(weeks=1)


# Origins


def test_origins_are_a_week_apart_and_begin_eight_weeks_after_the_first_invoice() -> None:
    """The first invoice is of 5 January, so no origin lies before 2 March."""
    origins = weekly_origins(facts(eventful(), AS_OF), date(2026, 6, 30))
    assert origins[0] == date(2026, 3, 3)
    assert origins[-1] == date(2026, 6, 23)
    assert {later - earlier for earlier, later in pairwise(origins)} == {WEEK}


def test_an_origin_on_the_last_of_the_eight_weeks_counts() -> None:
    assert weekly_origins(facts(eventful(), AS_OF), AS_OF) == [date(2026, 3, 2)]
    assert weekly_origins(facts(eventful(), AS_OF), AS_OF - timedelta(days=1)) == []


def test_as_many_origins_as_asked_the_latest_ones() -> None:
    origins = weekly_origins(facts(eventful(), AS_OF), date(2026, 6, 30), count=2)
    assert origins == [date(2026, 6, 16), date(2026, 6, 23)]


def test_an_invoice_not_yet_known_makes_no_history(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  known_on
    A1          anna         2025-01-05  2025-01-19  100.00  2026-07-01
    A2          anna         2026-05-01  2026-05-31  100.00  -
    """
    ledger = opened(told(test_an_invoice_not_yet_known_makes_no_history.__doc__ or ""), tmp_path)
    assert weekly_origins(facts(ledger, date(2026, 6, 25)), date(2026, 6, 25)) == []
    assert len(weekly_origins(facts(ledger, date(2026, 7, 3)), date(2026, 7, 3))) == backtest.ORIGINS


# What came


def plain_cash(book: list[Invoice], origin: date, week: int, as_of: date) -> tuple[int, int]:
    """The cash of a week after an origin, on invoices known by then and on later ones: one payment at a time."""
    after, until = origin + (week - 1) * WEEK, origin + week * WEEK
    sums = {True: 0, False: 0}
    for invoice in book:
        for change in invoice.changes:
            if change.kind == "cash" and after < change.entered_on <= until and change.entered_on <= as_of:
                sums[invoice.entered_on <= origin] += change.amount
    return sums[True], sums[False]


def plain_weeks(book: list[Invoice], origins: list[date], weeks: int, as_of: date) -> list[tuple[object, ...]]:
    whole = [(on, week) for on in origins for week in range(1, weeks + 1) if on + week * WEEK <= as_of]
    sums = [plain_cash(book, origin, week, as_of) for origin, week in whole]
    return [(*where, known, later, known + later) for where, (known, later) in zip(whole, sums, strict=True)]


def lines(table: pd.DataFrame) -> list[tuple[object, ...]]:
    dated = table.assign(origin=pd.to_datetime(table.origin).dt.date)
    return list(dated.itertuples(index=False, name=None))


def test_cash_by_week_by_hand() -> None:
    """From 19 January, in minor units. Week 1 to the 26th: A1's second part 60, and the cheque of 20 January 250 that
    comes back, booked on the 26th. Week 2: nothing (B2's 60 is not booked). Week 3 to 9 February: A2 again 250.
    Week 4 to the 16th: B2's 60, booked on the 10th; C3's 50, unbilled on the 19th, without its discount; C1's 300,
    booked with its invoice on the 12th. Week 5 ends after 22 February and is not whole."""
    came = cash_came(facts(eventful(), AS_OF), calendar("week", [date(2026, 1, 19)], 13), date(2026, 2, 22))
    assert came[["horizon_week", "open_book", "unbilled", "total"]].to_numpy().tolist() == [
        [1, 6_000, 0, 6_000],
        [2, 0, 0, 0],
        [3, 25_000, 0, 25_000],
        [4, 6_000, 35_000, 41_000],
    ]


def test_a_week_in_which_a_payment_comes_back_can_be_negative() -> None:
    came = cash_came(facts(eventful(), AS_OF), calendar("week", [date(2026, 1, 23)], 1), AS_OF)
    assert came.open_book.tolist() == [-25_000]


def test_cash_by_week_without_a_whole_week_is_empty() -> None:
    came = cash_came(facts(eventful(), AS_OF), calendar("week", [AS_OF - timedelta(days=6)], 13), AS_OF)
    assert list(came.columns) == ["origin", "horizon_week", "open_book", "unbilled", "total"]
    assert came.empty


def test_cash_by_week_of_the_eventful_ledger_is_what_plain_python_sums() -> None:
    origins = [date(2026, 1, 5) + timedelta(days=nth) for nth in range(50)]
    book = forecasts.invoices(told(EVENTFUL))
    found = cash_came(facts(eventful(), AS_OF), calendar("week", origins, 6), AS_OF)
    assert lines(found) == plain_weeks(book, origins, 6, AS_OF)
    assert (found.unbilled > 0).any()


@settings(max_examples=4, derandomize=True, deadline=None)
@given(ledgers())
def test_cash_of_any_ledger_is_what_plain_python_sums(tables: Tables) -> None:
    book, as_of = forecasts.invoices(tables), date(2025, 3, 1)
    with TemporaryDirectory() as scratch:
        known = facts(opened(tables, Path(scratch)), as_of)
    origins = [as_of - 5 * nth * WEEK for nth in range(1, 9)]
    found = cash_came(known, calendar("week", sorted(origins), 13), as_of)
    assert lines(found) == plain_weeks(book, sorted(origins), 13, as_of)


def test_history_is_the_cash_of_each_whole_week() -> None:
    """Weeks that end on Monday, up to 23 February, in minor units. 19 January: A1's first part. 26: its second, and
    A2's cheque, which came back. 9 February: A2 again. 16: B2 and C3, and C1 with its bill. The first payment, B1's,
    entered with its bill on 12 January: its week began before it and is left out."""
    history = cash_history(daily_cash(facts(eventful(), AS_OF)), date(2026, 2, 23))
    assert history.tolist() == [4_000, 6_000, 0, 25_000, 41_000, 0]


def test_history_is_what_plain_python_sums() -> None:
    book, day = forecasts.invoices(told(EVENTFUL)), date(2026, 2, 18)
    cash = [change for invoice in book for change in invoice.changes if change.kind == "cash"]
    first = min(change.entered_on for change in cash)
    ends = [day - nth * WEEK for nth in range(20) if day - (nth + 1) * WEEK >= first]
    weeks = [sum(c.amount for c in cash if end - WEEK < c.entered_on <= end) for end in reversed(ends)]
    assert cash_history(daily_cash(facts(eventful(), AS_OF)), day).tolist() == weeks


def test_no_cash_yet_is_a_history_of_nothing() -> None:
    assert cash_history(daily_cash(facts(eventful(), AS_OF)), date(2026, 1, 11)).tolist() == [0]


# What was said


def test_late_record_by_hand() -> None:
    """Asked on 15 and 22 January, judged on 3 February. On the 15th A1, A2 and B2 were open, not due and now are: A1
    was settled three days late, A2's cheque came back, B2 is known to be open. On the 22nd A1 and A2 were due; B2
    is left. C1 was not known; C2 and C3 are not due by 3 February."""
    known, as_of = facts(eventful(), AS_OF), date(2026, 2, 3)
    then = past(known, [date(2026, 1, 15), date(2026, 1, 22)])
    record = late_record(known, then, as_of)
    assert list(record.columns) == [
        "origin",
        "invoice_id",
        "customer_id",
        "amount",
        "p_late",
        "p_late_baseline",
        "late",
        "settled_on",
    ]
    assert record.settled_on.fillna(pd.Timestamp(0)).dt.day_of_year.to_list() == [22, 1, 1, 1]
    assert record.invoice_id.tolist() == ["A1", "A2", "B2", "B2"]
    assert record.late.tolist() == [1, 1, 1, 1]
    assert record.amount.tolist() == [100, 250, 60, 60]
    assert pd.to_datetime(record.origin).dt.day.tolist() == [15, 15, 15, 22]
    settled = [distribution(origin, 30) for origin in then]
    said = [dict(zip(each.invoices.invoice_id, each.p_late, strict=True)) for each in settled]
    assert record.p_late.tolist() == [said[0]["A1"], said[0]["A2"], said[0]["B2"], said[1]["B2"]]
    # Nothing was due on the 15th; on the 22nd anna's A1 was settled late and her A2 seemed settled on time.
    assert record.p_late_baseline.tolist() == pytest.approx([0, 0, 0, 0.5])


def test_what_was_settled_by_its_due_day_was_not_late(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  paid_on
    A1          anna         2026-01-05  2026-01-19  100.00  2026-01-19
    A2          anna         2026-01-05  2026-01-19  100.00  2026-01-20
    A3          anna         2026-01-05  2026-01-25  100.00  -
    A4          anna         2026-01-05  2026-01-26  100.00  2026-01-25
    """
    ledger = opened(told(test_what_was_settled_by_its_due_day_was_not_late.__doc__ or ""), tmp_path)
    known, as_of = facts(ledger, date(2026, 1, 25)), date(2026, 1, 25)
    record = late_record(known, past(known, [date(2026, 1, 10)]), as_of)
    assert dict(zip(record.invoice_id, record.late, strict=True)) == {"A1": 0, "A2": 1, "A3": 1}


def test_the_record_holds_numbers_and_dates_as_such() -> None:
    known = facts(eventful(), AS_OF)
    record = late_record(known, past(known, [date(2026, 1, 15)]), AS_OF)
    kinds = {name: record[name].dtype.kind for name in ("origin", "amount", "p_late", "p_late_baseline", "late")}
    assert kinds == {"origin": "M", "amount": "f", "p_late": "f", "p_late_baseline": "f", "late": "i"}


def test_without_origins_the_record_has_its_columns() -> None:
    record = late_record(facts(eventful(), AS_OF), [], AS_OF)
    assert record.empty
    assert {"origin", "invoice_id", "p_late", "late"} <= set(record.columns)


def test_the_past_is_asked_as_it_was_known() -> None:
    """On 31 January C1 was not in the books and B2's payment was not booked."""
    known, origin = facts(eventful(), AS_OF), date(2026, 1, 31)
    [then] = past(known, [origin])
    assert then.origin == origin
    assert then.invoices.invoice_id.tolist() == ["A2", "B2", "C2", "C3"]
    assert len({*then.closed.exposed.runs.block}) == 5  # A1, A2, B2, C2 and C3; B1 was paid before its bill
