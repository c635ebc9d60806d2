"""A part of a ledger: what is left in it, what it says, and that parts add up to the whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from arforecast import Ledger, kpis
from arforecast.desk import Snapshot
from arforecast.errors import UsageError
from arforecast.reconciliation import Gate, gates
from forecasts import AS_OF, opened, sample
from ledgers import told

LEDGER = """
invoices
invoice_id  customer_id  issued_on   due_on      amount  product  segment
A1          anna         2026-04-20  2026-05-04  100.00  course   team
A2          anna         2026-05-25  2026-06-09   30.00  book     -
B1          bert         2026-05-05  2026-05-19   20.00  course   -
C1          carl         2026-05-05  2026-05-19    7.00  book     -

applications
invoice_id  applied_on  amount  kind
A1          2026-05-10  100.00  cash
A2          2026-06-01   10.00  cash
C1          2026-06-02    2.00  cash

receipts
receipt_id  customer_id  received_on  amount
R1          anna         2026-05-10   112.00
R2          carl         2026-06-02    5.00

customers
customer_id  segment  country  since_on    terms_days
anna         solo     CA       2026-01-01  14
bert         solo     US       2026-02-01  14
carl         team     US       2026-03-01  -

promises
promise_id  customer_id  made_on     promised_on  amount
P1          anna         2026-05-08  2026-05-11   100.00

contacts
contact_id  customer_id  contacted_on  channel  invoice_id
K1          anna         2026-06-10    call     A2
K2          bert         2026-06-11    call     -

costs
month       category  amount
2026-06-01  staff     5.00

control_totals
as_of       open_ar
2026-05-31  1.00
"""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return opened(told(LEDGER), tmp_path_factory.mktemp("part"))


def values(today: Snapshot) -> pd.Series:
    return today.kpis().set_index("kpi").value


def invoices(ledger: Ledger) -> set[str]:
    return set(ledger.books.tables["invoices"].invoice_id.to_pandas())


# What is left


def test_a_part_holds_what_is_of_its_invoices_and_customers(ledger: Ledger) -> None:
    part = ledger.where(country="CA")
    assert invoices(part) == {"A1", "A2"}
    names = ("applications", "receipts", "promises", "contacts", "customers", "costs", "control_totals")
    counts = {name: part.books.tables[name].count().execute() for name in names}
    assert counts == dict(zip(names, (2, 1, 1, 1, 1, 0, 0), strict=True))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", "A1 A2 B1 C1"),
        ("country=CA", "A1 A2"),
        ("country=CA, country=US", "A1 A2 B1 C1"),
        ("country=US, product=course", "B1"),
        ("segment=team", "A1 C1"),
        ("segment=solo", "A2 B1"),
        ("invoice_id=A2", "A2"),
        ("terms_days=14", "A1 A2 B1"),
        ("terms_days=(none)", "C1"),
        ("issued_on=2026-05-05..2026-05-25", "A2 B1 C1"),
        ("issued_on=2026-05-06..", "A2"),
        ("issued_on=..2026-05-05", "A1 B1 C1"),
        ("since_on=2026-02-01..", "B1 C1"),
        ("issued_on=2026-05-05", "B1 C1"),
    ],
)
def test_a_text_says_which_rows_are_kept(ledger: Ledger, text: str, left: str) -> None:
    assert invoices(ledger.where(text)) == set(left.split())


def test_columns_say_the_same_as_a_text(ledger: Ledger) -> None:
    assert invoices(ledger.where(country=["CA", "US"], product="book")) == {"A2", "C1"}
    assert invoices(ledger.where(issued_on=("2026-05-05", date(2026, 5, 24)))) == {"B1", "C1"}
    assert invoices(ledger.where(issued_on=(None, "2026-05-04"))) == {"A1"}
    assert invoices(ledger.where(issued_on=[date(2026, 4, 20), "2026-05-25"])) == {"A1", "A2"}
    assert invoices(ledger.where(issued_on="2026-05-06..")) == {"A2"}
    assert invoices(ledger.where(terms_days=None)) == {"C1"}
    assert invoices(ledger.where(issued_on=np.datetime64("2026-05-25T00:00"))) == {"A2"}
    assert invoices(ledger.where(issued_on=(pd.NaT, pd.Timestamp("2026-05-04")))) == {"A1"}
    for missing in (float("nan"), pd.NA, pd.NaT):
        assert invoices(ledger.where(terms_days=missing)) == {"C1"}
    assert invoices(ledger.where(country="US").where(product="book")) == {"C1"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour=red", r"There is no column colour to choose by\. Name one of invoice_id, customer_id"),
        ("amount=100", "There is no column amount to choose by"),
        ("country=CA, country=XX", r"No invoice and no customer has country XX\. There is CA, US\."),
        ("country", "country is not COLUMN=VALUE"),
        ("issued_on=2027-01-01..", r"has issued_on 2027-01-01\.\.\. There are days from 2026-04-20 to 2026-05-25\."),
        ("issued_on=May..", r"issued_on=May\.\. is no span of days"),
        ("terms_days=soon", "terms_days is a number"),
        ("country=CA, segment=team, product=book", "Ask for less at once|has product book"),
    ],
)
def test_what_cannot_be_meant_is_refused(ledger: Ledger, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ledger.where(text)


# What it says


def test_money_of_a_customer_settles_invoices_beyond_the_part(ledger: Ledger) -> None:
    """anna paid 112.00, 100.00 of it on A1, which is not solo: she has 2.00 on account, not 102.00. She kept her
    promise by it too, and was called."""
    solo = values(ledger.where(segment="solo").as_of("2026-06-30"))
    assert solo["open_ar"] == 40
    assert solo["credit_balance"] == -2
    assert solo["promise_kept_share"] == 1
    assert solo["contact_rate"] == 1


def test_costs_are_not_known_of_a_part_and_never_nothing(ledger: Ledger) -> None:
    part = ledger.where(country="CA").as_of("2026-06-30")
    costs = part.kpis().set_index("kpi").loc[["cost_to_collect", "cost_per_invoice", "collections_roi"]]
    assert costs.value.isna().all()
    assert part.schedule("costs_by_category").empty
    assert part.stamp()["of_the_whole"] == ["costs"]
    assert values(ledger.as_of("2026-06-30")).notna()["cost_to_collect"]


def test_costs_of_an_entity_are_known(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  entity
    A1          anna         2026-06-01  2026-06-15  100.00  north
    B1          bert         2026-06-02  2026-06-16   50.00  south

    costs
    month       category  amount  entity
    2026-06-01  staff     5.00    north
    2026-06-01  staff     9.00    south
    """
    ledger = opened(told(test_costs_of_an_entity_are_known.__doc__ or ""), tmp_path)
    assert values(ledger.where(entity="north").as_of("2026-06-30"))["cost_per_invoice"] == 5


def test_promises_are_not_known_of_a_part_by_a_column_of_invoices(ledger: Ledger) -> None:
    part = ledger.where(product="course").as_of("2026-06-30")
    assert part.accounts().broken_promises.isna().all()
    assert part.stamp()["of_the_whole"] == ["contacts", "costs", "promises", "receipts"]
    assert ledger.where(country="US").as_of("2026-06-30").accounts().broken_promises.tolist() == [0, 0]


def test_control_totals_are_those_of_the_whole(ledger: Ledger) -> None:
    whole, part = ledger, ledger.where(country="CA")
    day = date(2026, 6, 30)
    assert not gates(whole.books, day)[1].passed
    said = "Control totals are those of the whole ledger, and this is a part of it."
    assert gates(part.books, day)[1] == Gate("control", True, said, checked=False)
    assert gates(part.books, day)[::2] == gates(whole.books, day)[::2]


def test_a_part_says_of_what_it_is_one(ledger: Ledger) -> None:
    told_of = "; of these the part country=CA, product=book"
    part = ledger.where(country="CA").where(product="book")
    assert repr(part).endswith(told_of)
    assert told_of in part._repr_html_()
    assert repr(part.as_of("2026-06-10")).endswith(told_of)
    assert "part" not in repr(ledger)


def test_the_stamp_names_the_part(ledger: Ledger) -> None:
    part = ledger.where(country=["CA", "US"]).where("issued_on=2026-05-01..")
    assert part.as_of("2026-06-30").stamp()["where"] == ["country=CA, country=US", "issued_on=2026-05-01.."]
    assert invoices(part.where(", ".join(part.books.where))) == invoices(part)


def test_a_part_may_stand_on_every_day_of_the_ledger(ledger: Ledger) -> None:
    assert values(ledger.where(product="book").as_of("2026-04-30"))["open_ar"] == 0


def test_history_begins_with_the_ledger(tmp_path: Path) -> None:
    """The ledger is a year old, bert a month: his billing of 90 days is known.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount  paid_on
    A1          anna         2025-06-01  2025-06-15  100.00  -
    B1          bert         2026-06-01  2026-06-15   50.00  -
    """
    bert = opened(told(test_history_begins_with_the_ledger.__doc__ or ""), tmp_path).where(customer_id="bert")
    assert values(bert.as_of("2026-06-30"))["dso"] == 90
    assert bert.as_of("2026-06-30").unknown()["dso"] == ""
    assert bert.as_of("2026-06-30").bridge("2026-06-15").days.notna().any()


# Parts and the whole


# Each column, and which of its groups to look at: the first, or the last, whose rows may have no value.
COLUMNS = {"segment": 0, "product": -1, "currency": 0}


@pytest.fixture(scope="module")
def by_column() -> pd.DataFrame:
    books = sample().books
    every = kpis.catalogue(books.settings)
    return kpis.measured_by_each(books, [AS_OF], list(COLUMNS), every).set_index(["by", "group", "kpi"])


@pytest.mark.parametrize("by", COLUMNS)
def test_the_part_of_a_value_is_its_group(by: str, by_column: pd.DataFrame) -> None:
    """In every figure, so that parts add up as groups do; but those of costs, of which a part knows nothing."""
    groups = by_column.loc[by, ["value", "numerator", "denominator"]]
    label = groups.index.unique("group")[COLUMNS[by]]
    group = groups.loc[label]
    part = sample().where(**{by: [label]}).as_of(AS_OF).kpis().set_index("kpi")[group.columns]
    of_costs = group.index.str.contains("cost_to|cost_per|collections_roi")
    pd.testing.assert_frame_equal(part[~of_costs], group[~of_costs], rtol=1e-12)


def test_a_group_of_a_whole_number_is_called_by_it(ledger: Ledger) -> None:
    """So a target of it, a part and its rows are written as in the file, on any engine."""
    today = ledger.as_of("2026-06-10")
    assert set(today.kpis(by="terms_days").group) == {"", "14", "(none)"}
    assert set(today.rows("open_ar", group="14", by="terms_days").invoice_id) == {"A2", "B1"}
    assert ledger.where(terms_days="14.0").books.where == ("terms_days=14",)


def test_a_part_by_two_columns_is_the_group_of_their_cross() -> None:
    table = sample().as_of(AS_OF).kpis(by=("segment", "country"))
    crossed = table[table.by != ""].set_index(["group", "kpi"]).numerator
    part = sample().where(segment="individual", country="US").as_of(AS_OF).kpis(by="country").set_index(["by", "kpi"])
    for kpi in ("open_ar", "credit_balance", "overdue_ar", "cash", "recovered_30", "promise_kept_share"):
        assert part.numerator["", kpi] == pytest.approx(crossed["individual, US", kpi])
        assert part.numerator["country", kpi] == pytest.approx(crossed["individual, US", kpi])


def test_a_part_is_forecast_and_looked_at() -> None:
    part = sample().where(segment="individual").as_of(AS_OF)
    late, whole = part.late_payers(), sample().as_of(AS_OF).kpis(by="segment").set_index(["group", "kpi"]).value
    assert late.open_balance.sum() == pytest.approx(whole["individual", "open_ar"])
    assert part.accounts().open_balance.sum() == pytest.approx(whole["individual", "open_ar"])
    assert part.accounts().credit_balance.sum() >= whole["individual", "credit_balance"]
    assert len(part.cash_forecast(1)) == 3
    assert part.bridge().amount.notna().any()
