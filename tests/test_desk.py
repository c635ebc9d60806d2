"""What an analyst types, and that all figures of one day agree with each other."""

from __future__ import annotations

import doctest
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

import arforecast as ar
from arforecast.desk import Snapshot, acting, forecast, measured
from arforecast.errors import SourceError, UnknownError, UsageError
from arforecast.kpis import known
from arforecast.ledger.tables import BY_NAME
from arforecast.report import notebook, tables
from arforecast.settings import Forecast, Settings
from forecasts import AS_OF, HORIZON_DAYS, eventful, opened, sample
from ledgers import told


@pytest.fixture(scope="module")
def today() -> Snapshot:
    return sample().as_of(AS_OF)


# The road


def test_what_the_contract_says_an_analyst_types(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  segment  paid_on
    A1          anna         2026-04-20  2026-05-04  100.00  north    2026-05-04
    A2          anna         2026-04-25  2026-05-09  100.00  north    2026-05-20
    B1          bert         2026-05-05  2026-05-19  100.00  south    2026-06-01
    B2          bert         2026-06-05  2026-07-05  100.00  south    -
    """
    opened(told(test_what_the_contract_says_an_analyst_types.__doc__ or ""), tmp_path)
    ledger = ar.open_ledger(str(tmp_path / "ledger"))
    day = ledger.as_of("2026-06-30")
    assert set(day.kpis(by="segment").group) >= {"north", "south"}
    assert day.late_payers().invoice_id.tolist() == ["B2"]
    assert len(day.cash_forecast(weeks=13)) == 3 * 13
    assert ledger.problems.empty
    assert ledger.quarantine.empty


def test_the_package_offers_its_names_and_no_others() -> None:
    assert all(hasattr(ar, name) for name in ar.__all__)
    with pytest.raises(AttributeError, match="no attribute 'open_leger'"):
        ar.open_leger  # noqa: B018


def test_importing_the_package_loads_no_engine() -> None:
    code = "import sys, arforecast; sys.exit(bool({'pandas', 'ibis', 'duckdb'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_desk_loads_no_statistics_until_it_is_asked() -> None:
    code = (
        "import sys, arforecast.desk; sys.exit(bool({'scipy', 'statsmodels', 'sklearn', 'joblib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_ledger_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        ar.open_ledger(tmp_path / "nowhere")


# The day


@pytest.mark.parametrize("day", ["2026-02-30", "30.06.2026", "06/30/2026", "yesterday", ""])
def test_what_is_not_a_date_is_refused(day: str) -> None:
    with pytest.raises(UsageError, match=r"is not a date\. Write it as YYYY-MM-DD"):
        eventful().as_of(day)


def test_nothing_is_not_a_date() -> None:
    with pytest.raises(UsageError, match="is not a date"):
        eventful().as_of(None)  # type: ignore[arg-type]


def test_a_day_is_the_same_day_as_text_and_as_a_date() -> None:
    assert eventful().as_of("2026-02-11") == eventful().as_of(date(2026, 2, 11))


@pytest.mark.parametrize("moment", [pd.Timestamp("2026-02-11 17:30"), pd.Timestamp("2026-02-11").to_pydatetime()])
def test_a_moment_of_a_day_is_its_day(moment: datetime) -> None:
    then, day = eventful().as_of(moment), eventful().as_of("2026-02-11")
    assert then.stamp()["as_of"] == "2026-02-11"
    pd.testing.assert_frame_equal(then.late_payers(), day.late_payers())


@pytest.mark.parametrize("unit", ["D", "ns"])
def test_a_day_of_numpy_is_its_day(unit: str) -> None:
    assert eventful().as_of(np.datetime64("2026-02-11").astype(f"datetime64[{unit}]")).day == date(2026, 2, 11)


def test_a_number_of_numpy_is_the_same_number(tmp_path: Path) -> None:
    today = eventful().as_of("2026-02-28")
    pd.testing.assert_frame_equal(today.cash_forecast(np.int64(2)), today.cash_forecast(2))  # type: ignore[arg-type]
    assert today.keep_forecast(tmp_path, np.int64(2)) == today.keep_forecast(tmp_path, 2)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [2.5, "2", None])
def test_what_is_no_whole_number_is_refused(number: int) -> None:
    today = eventful().as_of("2026-02-28")
    with pytest.raises(UsageError, match=r"months is .* Ask for 1 to 600"):
        today.kpis(months=number)
    with pytest.raises(UsageError, match=r"weeks is .* Ask for 1 to 156"):
        today.cash_forecast(number)


@pytest.mark.parametrize("weeks", [0, -1])
def test_no_weeks_are_a_wrong_request(weeks: int) -> None:
    with pytest.raises(UsageError, match="week"):
        eventful().as_of("2026-02-28").cash_forecast(weeks=weeks)


def test_on_the_day_of_the_first_invoice_nothing_is_known_yet() -> None:
    """Nothing was ever paid: nothing is not what will be."""
    then = eventful().as_of("2026-01-05")
    asked = ("cash_forecast", "cash_within", "scenarios", "worklist")
    for ask in (*asked, "overrides"):
        with pytest.raises(UnknownError, match="not known yet: nothing was paid or credited so far"):
            getattr(then, ask)()
    assert {name for name, why in then.unknown().items() if why == known.NOTHING_PAID} == {"late_payers", *asked}
    (late,) = then.late_payers().itertuples()
    told = {name: value for name, value in late._asdict().items() if not pd.isna(value)}
    assert list(told) == ["Index", "invoice_id", "customer_id", "due_on", "currency", "open_balance", "worth_amount"]
    assert then.where_known("late_payers").empty
    assert then.accounts().open_balance.sum() > 0
    assert then.late_record().empty


def test_before_the_first_invoice_there_are_no_figures() -> None:
    with pytest.raises(UsageError, match="The ledger begins on 2026-01-05"):
        eventful().as_of("2025-12-31")


def test_an_empty_ledger_has_nothing_to_forecast(tmp_path: Path) -> None:
    then = opened({"invoices": []}, tmp_path).as_of("2026-06-30")
    assert then.customers().empty
    assert then.late_payers().empty
    assert not then.cash_forecast()["mean"].any()


def test_where_all_is_paid_nobody_pays_late(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  paid_on
    A1          anna         2026-05-01  2026-05-15  100.00  2026-05-14
    A2          anna         2026-06-01  2026-06-15  100.00  2026-06-20
    """
    tables = told(test_where_all_is_paid_nobody_pays_late.__doc__ or "")
    then = opened(tables, tmp_path).as_of("2026-06-30")
    cash = then.cash_forecast().groupby("component")["mean"].sum()
    assert cash.open_book == 0 < cash.unbilled
    assert then.late_payers().empty
    assert "reason_1" in then.late_payers().columns


# Settings


def test_the_horizon_moves_no_chance_within_it() -> None:
    """The shortest horizon the settings allow still knows what is paid in 30 days and in 13 weeks."""
    shortest, usual = (with_horizon(days).as_of("2026-02-28") for days in (bound("minimum"), HORIZON_DAYS))
    columns = ["invoice_id", "p_late", "p_paid_7", "p_paid_14", "p_paid_30"]
    pd.testing.assert_frame_equal(shortest.late_payers()[columns], usual.late_payers()[columns])
    pd.testing.assert_frame_equal(shortest.cash_forecast(), usual.cash_forecast())


def test_a_horizon_is_refused_or_reached() -> None:
    try:
        then = with_horizon(3_650).as_of("2026-02-28")
    except ValidationError:
        return
    assert len(then.late_payers()) == 2


def with_horizon(days: int) -> ar.Ledger:
    books = eventful().books
    return ar.Ledger(replace(books, settings=Settings(forecast={"horizon_days": days})))


def bound(name: str) -> int:
    return int(Forecast.model_json_schema()["properties"]["horizon_days"][name])


# The stamp and the names


def test_the_stamp_says_what_a_figure_rests_on(today: Snapshot) -> None:
    stamp = today.stamp()
    of_the_run = {"as_of", "currency", "fingerprint", "version", "settings", "loosened"}
    assert set(stamp) == of_the_run | {"rows", "gates", "missing_tables", "unknown", "where", "of_the_whole"}
    assert (stamp["as_of"], stamp["currency"], stamp["version"]) == (str(AS_OF), "USD", ar.__version__)
    assert stamp["fingerprint"] == sample().books.fingerprint
    assert {line["table"] for line in stamp["rows"]} == set(BY_NAME)
    assert all(line["read"] == line["used"] + line["quarantined"] for line in stamp["rows"])
    assert [gate["gate"] for gate in stamp["gates"]] == ["quarantine", "control", "staleness"]
    assert all(gate["passed"] for gate in stamp["gates"])
    assert stamp["missing_tables"] == []
    assert [name for name, why in stamp["unknown"].items() if why] == ["effect"]  # nobody is left alone by lot


def test_the_stamp_names_missing_tables_and_what_they_feed() -> None:
    missing = dict(eventful().as_of("2026-02-28").stamp()["missing_tables"])
    assert set(missing) == set(BY_NAME) - {"invoices", "applications"}
    assert missing["billing_schedule"] == "cash from invoices that are not issued yet"


def test_customers_have_their_names_or_their_identifiers(tmp_path: Path) -> None:
    tables = {
        "invoices": [
            {
                "invoice_id": f"I{nth}",
                "customer_id": customer,
                "issued_on": "2026-01-01",
                "due_on": "2026-01-31",
                "amount": "1",
            }
            for nth, customer in enumerate(["007", "009", "007", "008"])
        ],
        "customers": [
            {"customer_id": "007", "name": "O'Malley & <b>Daughters</b>"},
            {"customer_id": "008", "name": ""},
            {"customer_id": "100", "name": "Never billed"},
        ],
    }
    customers = opened(tables, tmp_path).as_of("2026-02-01").customers()
    assert customers.to_dict("list") == {
        "customer_id": ["007", "008", "009"],
        "name": ["O'Malley & <b>Daughters</b>", "008", "009"],
    }


def test_every_kpi_of_the_day_is_in_the_glossary(today: Snapshot) -> None:
    glossary = today.glossary()
    assert list(glossary.columns) == ["kpi", "meaning", "unit", "better"]
    assert set(today.kpis().kpi) <= set(glossary.kpi)


def test_a_cell_shows_in_a_line_what_it_holds(today: Snapshot) -> None:
    ledger, sheet = ar.Ledger(today.books), today.account(today.accounts().customer_id[0])
    for thing in (ledger, today, sheet, today.books):
        assert len(repr(thing)) < 200
        assert "\n" not in repr(thing)
    used = today.books.rows.set_index("table").used
    invoices, more = used["invoices"], len(used.drop(["invoices", "applications"]))
    assert f"{used['applications']:,} applications and {more} tables more in USD; " in repr(ledger)
    assert repr(ledger).startswith(f"Ledger of {invoices:,} invoices, ")
    assert repr(today).startswith(f"Snapshot of {AS_OF}: {invoices:,} invoices, ")
    assert repr(sheet).startswith(f"Sheet of {len(sheet.open_items)} open_items, ")
    assert "<td>invoices</td>" in ledger._repr_html_()
    assert "<code>kpis()</code>" in today._repr_html_()
    assert sheet._repr_html_().count("<table") == 5


def test_what_a_cell_shows_is_no_markup_of_a_customer(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    <b>A1</b>   <i>anna</i>  2026-04-20  2026-05-04  100.00
    """
    told_of = told(test_what_a_cell_shows_is_no_markup_of_a_customer.__doc__ or "")
    shown = opened(told_of, tmp_path).as_of("2026-06-30").account("<i>anna</i>")._repr_html_()
    assert "&lt;b&gt;A1&lt;/b&gt;" in shown
    assert "<b>" not in shown


@pytest.mark.parametrize("ask", ["late_record", "date_record", "cash_record"])
def test_what_an_answer_is_changed_to_changes_no_later_one(ask: str) -> None:
    today = eventful().as_of("2026-02-28")
    before = getattr(today, ask)().copy()
    getattr(today, ask)().insert(0, "mine", 1)
    pd.testing.assert_frame_equal(getattr(today, ask)(), before)


def test_the_problems_of_a_ledger_stay_its_own(tmp_path: Path) -> None:
    ledger = opened({"invoices": []}, tmp_path)
    for name in ("problems", "quarantine"):
        getattr(ledger, name).insert(0, "mine", 1)
        assert "mine" not in getattr(ledger, name)


def test_identifiers_of_digits_may_be_given_as_numbers(tmp_path: Path) -> None:
    """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount  branch
    A1          1001         2026-04-20  2026-05-04  100.00  7
    """
    told_of = told(test_identifiers_of_digits_may_be_given_as_numbers.__doc__ or "")
    today = opened(told_of, tmp_path).as_of("2026-06-30")
    for sheet in (today.account(1001), today.account_sheets([1001]), today.account_sheets("1001")):  # type: ignore[arg-type]
        assert sheet.open_items.invoice_id.tolist() == ["A1"]
    assert today.rows("open_ar", group=7, by="branch").numerator.tolist() == [100]  # type: ignore[arg-type]


def test_tab_offers_what_to_begin_with() -> None:
    assert dir(ar)[:2] == ["Ledger", "Snapshot"]
    assert {"open_ledger", "style"} <= set(dir(ar))


@pytest.mark.parametrize("module", [measured, forecast, acting, tables, notebook])
def test_the_examples_say_what_they_give(module: ModuleType, today: Snapshot) -> None:
    with mpl.rc_context():
        tried = doctest.testmod(module, extraglobs={"today": today})
    assert tried.attempted
    assert not tried.failed


# Figures of one day


def test_what_late_payers_owe_is_the_open_ar(today: Snapshot) -> None:
    kpis = today.kpis().set_index("kpi").value
    late = today.late_payers()
    assert round(late.open_balance.sum(), 2) == round(kpis["open_ar"], 2)
    overdue = late.open_balance[late.due_on < pd.Timestamp(AS_OF)].sum()
    assert round(overdue, 2) == round(kpis["overdue_ar"], 2)


def test_no_more_cash_is_expected_of_the_open_book_than_is_owed(today: Snapshot) -> None:
    late, cash = today.late_payers(), today.cash_forecast(weeks=25)
    book = cash[cash.component == "open_book"]["mean"]
    assert late.open_balance.sum() / 2 < book.sum() <= late.open_balance.sum()


def test_cash_of_two_weeks_is_at_most_what_the_chances_of_two_weeks_bring(today: Snapshot) -> None:
    """Settled in 14 days counts credit notes too, so cash is a little less: what is expected of the invoices."""
    late, cash = today.late_payers(), today.cash_forecast(weeks=2)
    settled = (late.open_balance * late.p_paid_14).sum()
    book = cash[cash.component == "open_book"]["mean"].sum()
    assert 0.8 * settled < book <= settled
    assert late.expected_cash_14.sum() == pytest.approx(book, abs=0.02)


def test_weeks_asked_together_are_the_weeks_asked_alone(today: Snapshot) -> None:
    """Means do not depend on how far is asked."""
    few, many = (today.cash_forecast(weeks=weeks).set_index(["week_start", "component"])["mean"] for weeks in (3, 13))
    assert few.to_numpy() == pytest.approx(many[: len(few)].to_numpy(), abs=0.011)


def test_a_chance_is_the_same_today_and_in_tomorrows_record(today: Snapshot) -> None:
    """What the late record says of an origin is what late_payers said on that day."""
    record = today.late_record()
    origin = pd.Timestamp(AS_OF - timedelta(weeks=3))
    then = sample().as_of(origin.date()).late_payers().set_index("invoice_id").p_late
    said = record[record.origin == origin].set_index("invoice_id").p_late.astype(float)
    assert len(said) > 3
    assert np.array_equal(said.to_numpy(), then[said.index].to_numpy())


def test_a_day_asked_twice_says_the_same(today: Snapshot) -> None:
    again = sample().as_of(AS_OF)
    pd.testing.assert_frame_equal(again.late_payers(), today.late_payers(), check_exact=True)
