"""What must hold for every figure on every ledger: a made one and two real ones, dirty ones and empty ones."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import ledgers
from arforecast import Ledger, Snapshot, kpis, open_ledger
from arforecast.ledger.imports.presets import import_export
from arforecast.ledger.tables import BY_NAME
from arforecast.reconciliation import roll_forward
from arforecast.report.tables import write_csv
from arforecast.sample import write_sample
from arforecast.settings import Settings
from arforecast.snapshot import month_ends
from ledgers import SHARED, Tables

CENT = 100
# Of these the groups do not add up: a median, a count-back, what ranks or squares customers, what counts customers (one
# can stand in two groups), and costs, which have no group.
NOT_ADDITIVE = {
    "top10_share",
    "hhi",
    "top10_group_share",
    "hhi_group",
    "dso_countback",
    "days_to_pay_median_km",
    "days_to_resolve_median",
    "dispute_days",
    "reminder_lead",
    "contact_rate",
    "cost_to_collect",
    "cost_per_invoice",
    "collections_roi",
    "collections_roi_net",
}


@dataclass(frozen=True)
class Company:
    """A ledger, three days to stand on, and those of them to forecast on: weeks of past forecasts cost seconds."""

    tables: Tables
    days: list[date]
    forecast_days: list[date]
    folder: Path

    @cached_property
    def ledger(self) -> Ledger:
        return opened(self.tables, self.folder / "whole")


def opened(tables: Tables, folder: Path) -> Ledger:
    return open_ledger(ledgers.write(tables, folder), Settings())


def days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


def sample(folder: Path) -> Company:
    write_sample(folder / "sample", customers=60, months=18)
    stand = days("2025-03-31", "2025-05-31", "2026-05-20")
    return Company(ledgers.read(folder / "sample"), stand, stand[1:2], folder)


def payment_dates(folder: Path) -> Company:
    """Eighty customers of a food wholesaler, 2019; the ledger has paid_on instead of applications."""
    invoices = ledgers.read(_real("payment_dates").parent)["invoices"]
    customers = sorted({row["customer_id"] for row in invoices})[:80]
    rows = [row for row in invoices if row["customer_id"] in customers]
    stand = days("2019-02-28", "2019-06-15", "2019-09-30")
    return Company({"invoices": rows}, stand, stand[:1], folder)


def ibm_receivables(folder: Path) -> Company:
    """A hundred customers, 2012 and 2013, through the import of a foreign export."""
    import_export("ibm", _real("ibm_receivables", "accounts_receivable.csv"), folder / "imported")
    stand = days("2012-03-20", "2012-12-31", "2013-09-15")
    return Company(ledgers.read(folder / "imported"), stand, stand[:1], folder)


def _real(name: str, file: str = "invoices.csv") -> Path:
    path = SHARED / "data" / name / file
    if not path.exists():
        pytest.skip(f"There is no ../shared/data/{name}/{file} beside the project.")
    return path


@pytest.fixture(scope="module", params=[sample, payment_dates, ibm_receivables], ids=lambda made: made.__name__)
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Company:
    return request.param(tmp_path_factory.mktemp(request.param.__name__))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The sample company, where one ledger is enough."""
    return sample(tmp_path_factory.mktemp("made"))


def measured(ledger: Ledger, days: Iterable[date], by: str | None = None) -> pd.DataFrame:
    return kpis.measured(ledger.books, days, by).set_index(["as_of", "group", "kpi"])


def cents(amounts: pd.Series) -> pd.Series:
    return (amounts * CENT).round().astype("int64")


def csv(frame: pd.DataFrame) -> str:
    """The frame as the command line writes it."""
    stream = io.StringIO()
    write_csv(frame, stream)
    return stream.getvalue()


def forecasts(today: Snapshot) -> dict[str, str]:
    asked = {"late": today.late_payers(), "cash": today.cash_forecast(), "worklist": today.worklist()}
    return {name: csv(frame) for name, frame in asked.items()}


# Nothing looks past its day, and no order of rows matters.


def test_the_future_changes_nothing(company: Company, tmp_path: Path) -> None:
    for day in company.days:
        then, cut = company.ledger.as_of(day), _cut(company, day, tmp_path / str(day))
        assert csv(then.kpis()) == csv(cut.kpis()), f"kpis on {day}"
        if day in company.forecast_days:
            now, known = forecasts(then), forecasts(cut)
            assert [name for name in now if now[name] != known[name]] == [], f"on {day}"
            assert all(text.count("\n") > 5 for text in now.values()), f"nothing to compare on {day}"


def _cut(company: Company, day: date, folder: Path) -> Snapshot:
    """The ledger as its files stood that evening."""
    rows = ledgers.until(company.tables, day)
    assert sum(map(len, rows.values())) < sum(map(len, company.tables.values())), f"nothing to cut off after {day}"
    return opened(rows, folder).as_of(day)


def test_the_order_of_rows_changes_nothing(made: Company, tmp_path: Path) -> None:
    deck, day = random.Random(1), made.days[0]
    shuffled = {name: deck.sample(rows, len(rows)) for name, rows in made.tables.items()}
    one, other = (ledger.as_of(day) for ledger in (made.ledger, opened(shuffled, tmp_path / "shuffled")))
    assert csv(one.kpis(by="segment", months=2)) == csv(other.kpis(by="segment", months=2))
    assert forecasts(one) == forecasts(other)


# Sums are exact.


def test_the_ageing_buckets_add_up_to_what_is_owed(company: Company) -> None:
    # What was given up is not known where no applications tell; balances are.
    values = cents(measured(company.ledger, company.days).query("unit == 'money'").value.dropna()).unstack("kpi")
    buckets = values.filter(like="aging:")
    assert (values.open_ar > 0).all()
    assert (buckets.sum(axis=1) == values.open_ar).all()
    assert (buckets.drop(columns="aging:current").sum(axis=1) == values.overdue_ar).all()
    assert (values.open_ar + values.credit_balance == values.net_ar).all()


def test_the_books_roll_forward_to_the_cent(company: Company) -> None:
    months = month_ends(company.days[-1].replace(day=1), 6)
    rolled = roll_forward(company.ledger.books, [*company.days, *months]).drop_duplicates("as_of").set_index("as_of")
    assert (rolled.difference == 0).all()
    assert (rolled.billed > 0).any()
    assert (rolled.cash > 0).any()
    ends = rolled.loc[months[:-1]]
    assert ends.opening.to_list()[1:] == ends.closing.to_list()[:-1]


@pytest.fixture(scope="module")
def alone(made: Company) -> pd.DataFrame:
    """The whole of the sample company, asked for by itself."""
    return kpis.measured(made.ledger.books, made.days)


@pytest.mark.parametrize("by", ["segment", "customer_id", "currency", "collector,country,product"])
def test_groups_add_up_to_the_whole(made: Company, alone: pd.DataFrame, by: str) -> None:
    """Beside groups the whole is made of them, and has to be the same as by itself."""
    table = kpis.measured(made.ledger.books, made.days, by)
    beside = table[table.by == ""].reset_index(drop=True)
    pd.testing.assert_frame_equal(beside, alone.reset_index(drop=True), rtol=1e-12)
    groups = table[(table.by == by) & ~table.kpi.isin(NOT_ADDITIVE)].groupby(["as_of", "kpi"])
    whole = alone[~alone.kpi.isin(NOT_ADDITIVE)].set_index(["as_of", "kpi"]).sort_index()
    ratio = whole.unit != "money"
    pd.testing.assert_series_equal(groups.numerator.sum(), whole.numerator, rtol=1e-12, check_names=False)
    below = groups.denominator.sum(min_count=1)
    pd.testing.assert_series_equal(below[ratio], whole.denominator[ratio], rtol=1e-12, check_names=False)
    money = whole[~ratio]
    assert (cents(groups.numerator.sum()[~ratio]) == cents(money.value)).all()


def test_three_times_the_money_is_three_times_the_money_and_the_same_days_and_shares(
    made: Company, alone: pd.DataFrame, tmp_path: Path
) -> None:
    once = alone.set_index(["as_of", "group", "kpi"])
    thrice = measured(opened(_times(made.tables, 3), tmp_path / "thrice"), made.days)
    money = once.unit == "money"
    assert (cents(thrice.value[money]) == 3 * cents(once.value[money])).all()
    factor = once.unit[~money].map({"money per invoice": 3}).fillna(1)
    pd.testing.assert_series_equal(thrice.value[~money], once.value[~money] * factor, rtol=1e-9, check_names=False)


def _times(tables: Tables, factor: int) -> Tables:
    money = {name: [c.name for c in BY_NAME[name].columns if c.type == "money"] for name in tables}
    return {
        name: [row | {cell: str(Decimal(row[cell]) * factor) for cell in money[name] if row.get(cell)} for row in rows]
        for name, rows in tables.items()
    }


# The same on drawn ledgers: every kind of application, what was undone, receipts, credits, mergers, parents.

DRAWN_DAYS = days("2024-12-31", "2025-04-17")
STANDING = ["open_ar", "overdue_ar", "aging:current", "aging:1-30", "aging:121+", "hhi_group", "top10_share"]
MOVED = ["billed", "cash", "credit_notes", "discounts", "write_offs", "set_offs", "withheld_tax", "differences"]


@settings(
    derandomize=True,
    deadline=None,
    max_examples=3,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(ledgers.groups(), st.sampled_from(DRAWN_DAYS))
def test_drawn_ledgers_close_exactly_and_know_no_future(tables: Tables, day: date) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        ledger = opened(tables, folder / "whole")
        assert ledger.quarantine.empty
        _assert_closed(ledger)
        figures = measured(ledger, [day])
        _assert_added_up(figures)
        then = opened(ledgers.until(tables, day), folder / "then")
        assert csv(measured(then, [day])) == csv(figures)
        begun = measured(_begun(tables, date(2024, 10, 1), folder / "begun"), [day])
        same = [(pd.Timestamp(day), "", kpi) for kpi in STANDING + MOVED]
        pd.testing.assert_series_equal(begun.value[same], figures.value[same])


def _assert_closed(ledger: Ledger) -> None:
    """From before the first booking to after the last, month after month."""
    rolled = roll_forward(ledger.books, month_ends(date(2026, 6, 30), 31)).set_index("as_of")
    assert (rolled.difference == 0).all()
    assert rolled.opening.to_list()[1:] == rolled.closing.to_list()[:-1]
    assert rolled.opening.iloc[0] == 0
    assert rolled.billed.sum() == ledger.books.tables["invoices"].amount.sum().execute()


def _assert_added_up(figures: pd.DataFrame) -> None:
    values = cents(figures.query("unit == 'money'").value).unstack("kpi")
    assert (values.filter(like="aging:").sum(axis=1) == values.open_ar).all()
    assert (values.filter(like="aging:").sum(axis=1) + values.credit_balance == values.net_ar).all()


def _begun(tables: Tables, begins: date, folder: Path) -> Ledger:
    """The ledger as one that begins on a day: without the invoices that were over by then, whose payments are left."""
    entered = {row["invoice_id"]: [ledgers.entered(row, "issued_on")] for row in tables["invoices"]}
    owed = {row["invoice_id"]: ledgers.minor(row["amount"]) for row in tables["invoices"]}
    for row in tables["applications"]:
        entered[row["invoice_id"]].append(ledgers.entered(row, "applied_on"))
        owed[row["invoice_id"]] -= ledgers.minor(row["amount"])
    over = {name for name in owed if owed[name] == 0 and max(entered[name]) < begins}
    left = [row for row in tables["invoices"] if row["invoice_id"] not in over]
    disputes = [row for row in tables.get("disputes", []) if row["invoice_id"] not in over]
    ledgers.write(tables | {"invoices": left} | ({"disputes": disputes} if "disputes" in tables else {}), folder)
    (folder / "ledger.toml").write_text(f"complete_from = {begins}\n", "utf-8")
    ledger = open_ledger(folder, Settings())
    old = [row for row in tables["applications"] if row["invoice_id"] in over]
    assert ledger.quarantine.empty
    assert (ledger.problems.rule == "before_the_beginning").sum() == len(old)
    return ledger


# Nothing is lost, and nothing is made up.

JUNK = ["", " ", "x", "2025-02-30", "01/02/2025", "NaN", "inf", "1e5", "-1", "0", "1,50", "1.005", "0000", "é;'\""]


@settings(
    derandomize=True,
    deadline=None,
    max_examples=3,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(ledgers.ledgers(), st.randoms(use_true_random=False))
def test_every_row_is_used_or_quarantined(tables: Tables, deck: random.Random) -> None:
    """Cells turned to junk, rows that stand twice, and a line that is no row."""
    dirty = {name: [_spoilt(row, deck) for row in rows] + rows[:2] for name, rows in tables.items()}
    with TemporaryDirectory() as name:
        folder = ledgers.write(dirty, Path(name) / "ledger")
        with (folder / "invoices.csv").open("a", encoding="utf-8") as stream:
            stream.write("a line,that is no row\n")
        books = open_ledger(folder, Settings()).books
    rows = books.rows.set_index("table")
    written = {name: len(part) + (name == "invoices") for name, part in dirty.items()}
    assert rows.read.to_dict() == written
    assert (rows.read == rows.used + rows.quarantined).all()
    out = books.quarantine.groupby("table").row.nunique()
    assert rows.quarantined.to_dict() == {name: out.get(name, 0) for name in written}
    assert books.quarantine.message.str.len().gt(20).all()
    assert (roll_forward(books, days("2024-06-30", "2025-06-30")).difference == 0).all()


def _spoilt(row: dict[str, str], deck: random.Random) -> dict[str, str]:
    return row | ({deck.choice(list(row)): deck.choice(JUNK)} if deck.random() < 0.1 else {})


EMPTY: dict[str, Tables] = {
    "invoices alone": {"invoices": []},
    "every table": {name: [] for name in BY_NAME},
}
empty = pytest.mark.parametrize("tables", EMPTY.values(), ids=EMPTY)


@empty
def test_an_empty_ledger_owes_nothing_and_has_no_ratio(tables: Tables, tmp_path: Path) -> None:
    _assert_nothing(opened(tables, tmp_path / "ledger"), date(2026, 6, 30))


@empty
def test_an_empty_ledger_has_nobody_to_pay_late_and_expects_no_cash(tables: Tables, tmp_path: Path) -> None:
    today = opened(tables, tmp_path / "ledger").as_of("2026-06-30")
    assert today.late_payers().empty
    assert (today.cash_forecast()["mean"] == 0).all()


def test_before_its_first_invoice_a_ledger_is_empty(made: Company) -> None:
    _assert_nothing(made.ledger, date(2020, 1, 1))


def _is_told_of(kpi: kpis.Kpi, ledger: Ledger) -> bool:
    """Whether nothing but a table that the ledger lacks would tell it."""
    return kpi.needs == "applications" and kpi.needs not in ledger.books.present


def _assert_nothing(ledger: Ledger, day: date) -> None:
    table = measured(ledger, [day], by="segment").droplevel(["as_of", "group"])
    assert table.index.is_unique  # the whole ledger alone: nothing has a group yet
    unknown = table.index.isin(
        [each.name for each in kpis.catalogue(ledger.books.settings) if _is_told_of(each, ledger)]
    )
    zero = ((table.unit == "money") & ~unknown) | (table.index == "dso_countback")
    assert (table.value[zero] == 0).all()
    assert table.value[~zero].isna().all()
    assert (roll_forward(ledger.books, [day]).difference == 0).all()
