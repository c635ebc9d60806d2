"""Who will pay late: the contract's columns, what they say of the one distribution, and why."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from arforecast import open_ledger
from arforecast.forecast import late
from arforecast.forecast.payment_time import Distribution
from arforecast.report.exhibits import late as exhibits
from arforecast.settings import Settings
from forecasts import AS_OF, sample_distribution, sample_facts, sample_today
from ledgers import told, write


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return late.late_payers(sample_facts(), sample_today())


def test_where_nothing_was_ever_paid_only_what_is_overdue_is_known_to_be_late(table: pd.DataFrame) -> None:
    untold = late.untold(table, AS_OF)
    due = untold.due_on <= pd.Timestamp(AS_OF)
    assert untold.p_late[due].eq(1).all()
    assert untold.p_late[~due].isna().all()
    assert 0 < due.sum() < len(due)
    assert untold.drop(columns="p_late").dropna(axis=1, how="all").columns.tolist() == [
        "invoice_id", "customer_id", "due_on", "currency", "open_balance", "worth_amount",
    ]  # fmt: skip
    assert untold.dtypes.equals(table.dtypes)


def distribution(*rows: tuple[str, list[float]]) -> Distribution:
    """On 10 March, invoices as their due_on and their chances of being settled on the 11th, the 12th, ..."""
    invoices = pd.DataFrame({"due_on": pd.to_datetime([due_on for due_on, _ in rows])})
    p_settled = np.array([chances for _, chances in rows])
    return Distribution(date(2026, 3, 10), invoices, p_settled, np.ones(len(rows)))


def test_the_columns_are_the_contracts(table: pd.DataFrame) -> None:
    assert list(table.columns) == [
        "invoice_id",
        "customer_id",
        "due_on",
        "currency",
        "open_balance",
        "p_late",
        "p_paid_7",
        "p_paid_14",
        "p_paid_30",
        "paid_on_p10",
        "paid_on_p50",
        "paid_on_p90",
        "paid_from_80",
        "paid_until_80",
        "expected_days_late",
        "reason_1",
        "reason_2",
        "reason_3",
        "model",
        "worth_amount",
        "expected_cash_14",
        "expected_cash_30",
        "moved_by_customer",
        "moved_by_pending",
        "moved_by_age",
        "moved_by_weekday",
        "moved_by_size",
        "moved_by_terms",
    ]
    assert (
        table.notna()
        .all()[
            [
                name
                for name in table
                if not name.startswith(("paid_on_", "paid_from_", "paid_until_", "reason_2", "reason_3"))
            ]
        ]
        .all()
    )


def test_every_open_invoice_stands_there_once_with_its_balance(table: pd.DataFrame) -> None:
    owed = sample_today().invoices
    assert len(table) == len(owed) > 20
    found = (table.set_index("invoice_id").open_balance * 100).round().astype("int64")
    assert found.to_dict() == dict(zip(owed.invoice_id, owed.balance, strict=True))


def test_a_balance_is_in_the_currency_of_its_invoice(tmp_path: Path) -> None:
    """150,000 yen and 1,000 dollars are due today; a yen is worth 0.0066 then.

    invoices
    invoice_id customer_id issued_on  due_on     amount    currency
    C1         mika        2026-03-01 2026-03-31 150000.00 JPY
    C2         nora        2026-03-01 2026-03-31 1000.00   USD
    C3         mika        2026-02-01 2026-03-03 2000.00   USD

    applications
    invoice_id applied_on amount  kind
    C3         2026-03-01 2000.00 cash

    rates
    rate_on    currency rate
    2026-03-01 JPY      0.0065
    2026-03-31 JPY      0.0066
    """
    text = test_a_balance_is_in_the_currency_of_its_invoice.__doc__ or ""
    ledger = open_ledger(write(told(text), tmp_path / "ledger"), Settings())
    rows = ledger.as_of("2026-03-31").late_payers()
    found = rows.set_index("invoice_id").loc[["C1", "C2"]]
    assert found.currency.to_list() == ["JPY", "USD"]
    assert found.open_balance.to_list() == [150_000, 1_000]
    assert found.worth_amount.to_list() == pytest.approx([990, 1_000])


def test_the_most_money_at_risk_comes_first(table: pd.DataFrame) -> None:
    risk = table.p_late * table.open_balance
    assert (risk.diff().dropna() <= 1e-9).all()


def test_p_late_is_1_once_the_due_day_has_closed(table: pd.DataFrame) -> None:
    due = table.due_on <= pd.Timestamp(AS_OF)
    assert (table.p_late[due] == 1).all()
    assert (table.p_late[~due] < 1).all()
    assert due.any()
    assert (~due).any()


def test_more_is_paid_in_more_days(table: pd.DataFrame) -> None:
    assert ((table.p_paid_7 > 0) & (table.p_paid_30 <= 1)).all()
    assert (table.p_paid_7 <= table.p_paid_14).all()
    assert (table.p_paid_14 <= table.p_paid_30).all()


def test_rows_say_what_their_invoices_distribution_says(table: pd.DataFrame) -> None:
    """A cumulative sum a day at a time, for the day each share is reached and for what is paid by 7, 14 and 30 days."""
    settled = sample_distribution()
    chances = dict(zip(settled.invoices.invoice_id, settled.p_settled, strict=True))
    for row in table.itertuples():
        by, paid, reached = 0.0, {}, dict.fromkeys((0.10, 0.50, 0.90), pd.NaT)
        for nth, chance in enumerate(chances[row.invoice_id], start=1):
            by += chance
            paid[nth] = by
            for share, on in reached.items():
                if pd.isna(on) and by >= share:
                    reached[share] = pd.Timestamp(AS_OF) + timedelta(days=nth)
        said = pd.Series([row.paid_on_p10, row.paid_on_p50, row.paid_on_p90])
        assert said.equals(pd.Series(list(reached.values()), dtype=said.dtype))
        assert [row.p_paid_7, row.p_paid_14, row.p_paid_30] == pytest.approx([paid[7], paid[14], paid[30]])


def test_days_beyond_the_horizon_are_empty(table: pd.DataFrame) -> None:
    beyond = sample_distribution().p_settled.sum(axis=1) < 0.9
    assert table.paid_on_p90.isna().sum() == beyond.sum() > 0


def test_days_until_by_hand() -> None:
    """Settled by the 11th with 0.25, the 12th 0.5, the 13th 0.75; the second never within the horizon."""
    settled = distribution(("2026-03-12", [0.25, 0.25, 0.25]), ("2026-03-12", [0.0, 0.125, 0.0]))
    days = {share: pd.Series(late.days_until(settled, share)) for share in (0.10, 0.25, 0.50, 0.51, 0.90)}
    on = {share: late.dated(ahead, settled.as_of) for share, ahead in days.items()}
    assert [on[share][0] for share in (0.10, 0.25, 0.50, 0.51)] == list(
        pd.to_datetime(["2026-03-11", "2026-03-11", "2026-03-12", "2026-03-13"])
    )
    assert pd.isna(on[0.90][0])
    assert on[0.10][1] == pd.Timestamp("2026-03-12")
    assert pd.isna(on[0.25][1])


def test_expected_days_late_by_hand() -> None:
    """Settled on the 11th 0.1, 12th 0.2, 13th 0.3, 14th 0.1, later 0.3, which is late up to the horizon, the 14th.
    Due on the 12th: 0.3 x 1 + 0.1 x 2 + 0.3 x 2. Due on the 5th: 0.1 x 6 + 0.2 x 7 + 0.3 x 8 + 0.4 x 9.
    Due on the 10th: the same less five days. Due after the horizon: none."""
    chances = [0.1, 0.2, 0.3, 0.1]
    due = ["2026-03-12", "2026-03-05", "2026-03-10", "2026-03-20"]
    settled = distribution(*((due_on, chances) for due_on in due))
    assert late.days_late(settled) == pytest.approx([1.1, 8.0, 3.0, 0.0])


def test_of_a_ledger_too_young_for_past_forecasts_the_page_says_that_none_can_be_judged(tmp_path: Path) -> None:
    invoices = """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  paid_on
    A1          anna         2026-02-01  2026-03-03  100.00  2026-03-02
    A2          anna         2026-03-01  2026-03-31  200.00  -
    """
    today = open_ledger(write(told(invoices), tmp_path / "ledger")).as_of("2026-03-31")
    shown = exhibits.ranges(today.date_record(), today.stamp())
    assert (shown.state, shown.sentence) == ("nothing", shown.nothing)
    assert str(today.late_record()["settled_on"].dtype) == str(today.date_record()["origin"].dtype) == "datetime64[s]"
