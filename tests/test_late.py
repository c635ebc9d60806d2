"""Who will pay late: the contract's columns, what they say of the one distribution, and why."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from arforecast import open_ledger
from arforecast.forecast import late
from arforecast.forecast.baselines import late_rates
from arforecast.forecast.payment_time import Distribution
from arforecast.settings import Settings
from forecasts import AS_OF, facts, opened, sample_distribution, sample_facts, sample_today, then
from ledgers import told, write


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return late.late_payers(sample_facts(), sample_today())


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
    ]
    assert (
        table.notna()
        .all()[[name for name in table if not name.startswith(("paid_on_", "paid_from_", "paid_until_"))]]
        .all()
    )


def test_every_open_invoice_stands_there_once_with_its_balance(table: pd.DataFrame) -> None:
    owed = sample_today().invoices
    assert len(table) == len(owed) > 20
    found = (table.set_index("invoice_id").open_balance * 100).round().astype("int64")
    assert found.to_dict() == dict(zip(owed.invoice_id, owed.balance, strict=True))


def test_a_balance_is_in_the_currency_of_its_invoice_and_due_today_is_not_late(tmp_path: Path) -> None:
    """150,000 yen and 1,000 dollars are due today; a yen is worth 0.0066 then. Nobody was late yet.

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
    text = test_a_balance_is_in_the_currency_of_its_invoice_and_due_today_is_not_late.__doc__ or ""
    ledger = open_ledger(write(told(text), tmp_path / "ledger"), Settings())
    rows = ledger.as_of("2026-03-31").late_payers()
    found = rows.set_index("invoice_id").loc[["C1", "C2"]]
    assert found.currency.to_list() == ["JPY", "USD"]
    assert found.open_balance.to_list() == [150_000, 1_000]
    assert found.worth_amount.to_list() == pytest.approx([990, 1_000])
    said = found[["reason_1", "reason_2", "reason_3"]].agg("; ".join, axis=1).to_list()
    assert "0 of 1 invoices of this customer were late" in said[0]
    assert "no invoice of this customer was due before" in said[1]


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
        assert pd.Series([row.paid_on_p10, row.paid_on_p50, row.paid_on_p90]).equals(pd.Series(list(reached.values())))
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


# Reasons


REASONS = ["reason_1", "reason_2", "reason_3"]
REASONED = """
    invoices
    invoice_id     customer_id  issued_on   due_on      amount  paid_on
    A1             anna         2026-01-01  2026-01-15  100     2026-01-14
    A2             anna         2026-01-10  2026-01-24  100     2026-02-20
    due_in         anna         2026-03-08  2026-03-22  120     -
    due_tomorrow   zoe          2026-03-01  2026-03-11  500     -
    due_today      bert         2026-03-01  2026-03-10  100     -
    due_yesterday  anna         2026-03-01  2026-03-09  110     -
    overdue        bert         2026-02-01  2026-03-01  100     -
    B1             bert         2026-01-12  2026-01-26  100     2026-01-13
    B2             bert         2026-02-12  2026-02-26  100     2026-02-13
"""
"""On 10 March; what is open at the close of its due day is late."""


@pytest.fixture(scope="module")
def reasons(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    day = date(2026, 3, 10)
    known = facts(opened(told(REASONED), tmp_path_factory.mktemp("reasons")), day)
    return late.late_payers(known, then(known, day)).set_index("invoice_id")[REASONS]


@pytest.mark.parametrize(
    ("invoice_id", "age", "customer"),
    [
        ("due_in", "due in 12 days", "2 of 3 invoices of this customer were late"),
        ("due_tomorrow", "due in 1 day", "no invoice of this customer was due before"),
        ("due_today", "due today", "1 of 3 invoices of this customer were late"),
        ("due_yesterday", "1 day past due", "2 of 3 invoices of this customer were late"),
        ("overdue", "9 days past due", "1 of 3 invoices of this customer were late"),
    ],
)
def test_reasons_are_said_in_words(reasons: pd.DataFrame, invoice_id: str, age: str, customer: str) -> None:
    said = set(reasons.loc[invoice_id])
    assert {age, customer} < said
    assert len(said) == 3
    assert (said - {age, customer}).pop().startswith("amounts of this size are paid ")


def test_that_a_bill_is_not_due_yet_explains_least(reasons: pd.DataFrame) -> None:
    assert reasons.reason_3[["due_in", "due_tomorrow", "due_today"]].str.startswith("due ").all()


def explained(table: pd.DataFrame) -> pd.DataFrame:
    """The open invoices of the sample with their reasons, chances and the speed that each trait gives them."""
    today = sample_today()
    speed = today.closed.effects(today.invoices, AS_OF + timedelta(days=1)).set_axis(today.invoices.invoice_id)
    rows = table.set_index("invoice_id").join(speed)
    late_already = rows.due_on <= pd.Timestamp(AS_OF)
    staying = rows.p_late.where(~late_already, 1 - rows.p_paid_30)
    return rows.assign(late=late_already, staying=staying, average=staying.groupby(late_already).transform("mean"))


def test_the_first_reason_moves_the_chance_the_way_it_lies(table: pd.DataFrame) -> None:
    """With the book's usual in its place, u / e times as fast, the chance of staying open is that to the power u / e:
    nearer to the average than it was, wherever a trait that may be named at all does so."""
    rows, seen = explained(table), set()
    usual = np.exp(np.log(rows[["customer", "age", "size"]]).mean())
    for row in rows.to_dict("records"):
        first = trait(row["reason_1"])
        moved = row["staying"] ** (usual[first] / row[first])
        agrees = (moved - row["staying"]) * (row["average"] - row["staying"]) >= 0
        others = {name for name in usual.index if (row["staying"] ** (usual[name] / row[name]) - row["staying"])
                  * (row["average"] - row["staying"]) > 0}  # fmt: skip
        unsaid = {"customer"} if not row["late"] else set()
        assert agrees or others <= unsaid | ({"age"} if row["due_on"] >= pd.Timestamp(AS_OF) else set())
        seen.add((first, agrees))
    assert seen >= {("customer", True), ("age", True), ("size", True)}


def test_no_record_that_says_the_opposite_comes_first(table: pd.DataFrame) -> None:
    """Of invoices not yet due: never "1 of 60 were late" before all else where the chance is above the average."""
    _rates, overall = late_rates(sample_today().known, AS_OF)
    for row in explained(table).query("not late").to_dict("records"):
        if (record := re.match(r"(\d+) of (\d+) ", row["reason_1"])) and row["staying"] != row["average"]:
            late_share = int(record[1]) / int(record[2])
            assert (late_share >= overall) == (row["staying"] > row["average"]) or late_share == overall


def test_size_is_a_reason_only_where_it_matters(table: pd.DataFrame) -> None:
    """Within a tenth of the usual speed it is like others; else the words say which way, the number by how much."""
    for row in explained(table).to_dict("records"):
        said = next(row[name] for name in REASONS if trait(row[name]) == "size")
        words = "like" if 0.9 <= row["size"] <= 1.1 else "slower" if row["size"] < 1 else "faster"
        assert f"are paid {words}" in said
        assert words == "like" or f"({row['size']:.2g} times as fast)" in said


def trait(said: str) -> str:
    return "size" if said.startswith("amounts") else "customer" if "this customer" in said else "age"
