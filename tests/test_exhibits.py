"""Every exhibit of every notebook, on ledgers that know much, little and nothing.

The notebooks run in this process, cell by cell, without a kernel: what a page says, its cards and its tables must be
what its CSV gives, and of what a ledger does not know there is no figure. The environment variable LEDGERS names others
to look at, each as folder@day, parted by spaces.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest

import arforecast
import exhibited
import ledgers
from arforecast.errors import UsageError
from arforecast.report import exhibit, tables
from arforecast.report.exhibit import KIND, Card, Exhibit
from arforecast.report.formats import NULL, bucket
from arforecast.sample import write_sample
from arforecast.settings import Settings

mpl.use("agg")
ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DATES = ("date", "month", "quarter")
DAY = "2026-06-30"
TEXTS = ("text", "name", "bucket")
MONEY = {"money", "own money", "money per invoice", "unit", "change"}
BOOKS = """
invoices
invoice_id  customer_id  issued_on   due_on      amount  product  paid_on
A1          anna         2025-01-01  2025-02-10  100.00  tea      2025-03-01
A2          anna         2026-01-05  2026-02-10  200.00  tea      2026-03-01
A3          anna         2026-05-01  2026-06-10  15000.00  tea    -
B1          bert         2025-12-01  2025-12-31  400.00  cups     2026-02-03
B2          bert         2026-02-01  2026-03-01  30000.00  cups   -
B3          bert         2026-06-20  2026-07-20   50.00  tea      -
C1          cleo         2026-06-25  2026-07-25   70.00  tea      -
"""


BY_HAND = ("snapshot", "empty")
KINDS = ["sample", *BY_HAND, *os.environ.get("LEDGERS", "").split()]


def written(kind: str, folder: Path) -> Path:
    """A ledger of a kind: with all tables, the open items of a day, or empty; or one that is there."""
    if kind == "sample":
        # An eighth of the sample company in a quarter of the time says as much of an exhibit.
        write_sample(folder, customers=50, months=9)
        return folder
    if "@" in kind:
        return Path(kind.partition("@")[0]).resolve()
    books = ledgers.told(BOOKS)
    if kind == "empty":
        return ledgers.write({"invoices": []}, folder)
    if kind == "snapshot":
        open_ = [row | {"paid_on": ""} for row in books["invoices"] if not row["paid_on"]]
        ledgers.write({"invoices": open_}, folder)
        (folder / "ledger.toml").write_text(f"snapshot_on = {DAY}\n", "utf-8")
        return folder
    return ledgers.write(books, folder)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: Path(kind.partition("@")[0]).name)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of one ledger all exhibits, what they show and where their CSV files are."""
    folder = tmp_path_factory.mktemp("seen")
    ledger, data = written(request.param, folder / "ledger"), folder / "data"
    day = request.param.partition("@")[2] or DAY
    if not ledger.exists():
        pytest.skip(f"{ledger} is not there: make it with arforecast sample")
    today = exhibited.Once(ledger, day)
    found = exhibited.found_in(NOTEBOOKS, today, data)
    return {"kind": request.param, "data": data, "found": found, "today": today}


def read(each: Exhibit, folder: Path) -> pd.DataFrame:
    """The numbers of an exhibit as they stand in its CSV."""
    path = folder / f"{each.file}.csv"
    header = pd.read_csv(path, nrows=0).columns
    texts = {column: "str" for column in header if each.units[column] in TEXTS}
    days = [column for column in header if each.units[column] in DATES]
    kept = pd.read_csv(
        path, dtype=texts, parse_dates=days, keep_default_na=False, na_values={column: [""] for column in header}
    )
    for column in texts:
        kept[column] = kept[column].str.replace("^'(?=[=+@-])", "", regex=True)  # a spreadsheet takes it for text
    blank = {column: "" for column in texts if not each.numbers[column].isna().any()}
    return kept.fillna(blank)


def test_what_is_said_and_shown_is_what_the_csv_gives(seen: dict[str, Any]) -> None:
    checked, other = 0, []
    for page, _, each, bundle in seen["found"]:
        told = bundle[KIND]
        assert told["sentence"] == bundle["text/plain"] == each.sentence
        if each.state != "known" or each.at:
            assert not told["file"]
            continue
        assert told["file"] == f"data/{each.file}.csv"
        again = replace(each, numbers=read(each, seen["data"])).told()
        other += [(page, each.file, part) for part in ("sentence", "cards", "table") if again[part] != told[part]]
        checked += 1
    assert other == []
    assert checked > (0 if seen["kind"] == "empty" else 10)


def test_of_what_is_not_known_there_is_no_figure(seen: dict[str, Any]) -> None:
    for _, _, each, bundle in seen["found"]:
        if each.state == "known":
            continue
        told, markup = bundle[KIND], exhibit_markup(bundle)
        assert told["cards"] == []
        assert told["table"] is None
        assert "<svg" not in markup
        assert "<table" not in markup
        assert each.sentence in markup.replace("&#39;", "'")


def exhibit_markup(bundle: dict[str, Any]) -> str:
    return str(bundle["text/html"]).partition("</style>")[2]


def test_each_ledger_knows_what_it_can(seen: dict[str, Any]) -> None:
    states = {(page, each.file): each.state for page, _, each, _ in seen["found"]}
    history = [("brief", "brief_cash"), ("cash_forecast", "cash_within"), ("late_payers", "late_standing")]
    if seen["kind"] == "sample":
        assert {states[which] for which in history} == {"known"}
        assert states["brief", "calls"] == "known"
    if seen["kind"] == "snapshot":
        unknown = [*history, ("cash_forecast", "cash_assumptions"), ("cash_forecast", "cash_scenarios")]
        assert {states[which] for which in unknown} == {"unknown"}
        assert {states["brief", each] for each in ("standing", "calls")} == {"known"}
    if seen["kind"] in ("sample", *BY_HAND):
        assert states["collections", "promises"] == ("known" if seen["kind"] == "sample" else "unknown")


def test_a_question_stands_above_the_exhibit_that_answers_it(seen: dict[str, Any]) -> None:
    asked = [asked for _, asked, each, _ in seen["found"] if each.cards is None]
    assert all(question.endswith("?") for question in asked)


def test_where_nobody_named_a_currency_no_page_names_one(seen: dict[str, Any]) -> None:
    if seen["kind"] in BY_HAND:
        assert {each.currency for _, _, each, _ in seen["found"]} == {""}


def test_whatever_holds_money_says_in_which_currency(seen: dict[str, Any]) -> None:
    """Its decimals are those of the currency."""
    if seen["kind"] == "sample":
        known = [(page, each) for page, _, each, _ in seen["found"] if each.state == "known"]
        money = [(page, each) for page, each in known if MONEY & {each.units[str(column)] for column in each.numbers}]
        assert [(page, each.file) for page, each in money if each.currency != "USD"] == []
        assert len(money) > 20


def test_each_call_that_a_page_names_can_be_made(seen: dict[str, Any]) -> None:
    known = [(each, bundle[KIND]["cards"]) for _, _, each, bundle in seen["found"] if each.state == "known"]
    calls = {each.call for each, _ in known}
    calls |= {card["call"] for _, cards in known for card in cards if card["value"] != NULL}
    for call in calls if seen["kind"] == "sample" else ():
        assert eval(call, {"today": seen["today"]}) is not None, call
    assert "" not in calls


def test_ageing_opens_into_the_rows_of_the_bucket_that_its_sentence_names(seen: dict[str, Any]) -> None:
    if seen["kind"] in ("empty", "snapshot"):
        pytest.skip("one ledger is enough")
    (ageing,) = (each for _, _, each, _ in seen["found"] if each.file == "ageing")
    opened = ageing.call.partition("aging:")[2].partition('"')[0]
    assert f"{bucket(opened)} late" in ageing.sentence


def test_every_known_chart_can_be_drawn_on_ones_own_axes(seen: dict[str, Any]) -> None:
    if seen["kind"] != "sample":
        pytest.skip("one ledger is enough")
    for _, _, each, bundle in seen["found"]:
        if each.state != "known" or each.chart is None:
            with pytest.raises(UsageError, match="has no picture"):
                each.plot()
            continue
        ax = mpl.figure.Figure().add_subplot()
        assert each.plot(ax) is ax
        assert ax.get_title(loc="left") or ax.get_title()
        assert each.at or bundle["text/html"].count("<svg") == 2


# ------------------------------------------------------------------ one of one's own


ROWS = pd.DataFrame({"who": ["a", "<b>"], "open_balance": [30.0, 10.0]})


def own(**options: Any) -> Exhibit:
    asked = {"question": "Who owes?", "numbers": ROWS, "units": {"who": "text"}}
    return Exhibit(**asked | {"says": lambda rows: f"{len(rows)} <owe>", "file": "who"} | options)


def test_a_column_without_a_unit_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Who owes\? declares no unit of who"):
        own(units={"open_balance": "ratio"})


def test_a_plain_word_takes_no_unit_unasked_and_a_family_has_one() -> None:
    plain = ROWS.assign(value=1.0, mean=2.0, ratio=3.0)
    with pytest.raises(UsageError, match=r"declares no unit of value, mean, ratio"):
        own(numbers=plain)
    kept = own(numbers=ROWS.assign(**{"age:0": 0.5, "age:1": 1.0}), units={"who": "text", "age": "share"})
    assert kept.told()["table"]["rows"][0][2:] == ["50\u00a0%", "100\u00a0%"]


def test_an_exhibit_keeps_its_numbers_in_a_run_and_links_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "who.csv" not in own().html()
    monkeypatch.setitem(exhibit.RUN, "data", str(tmp_path / "data"))
    markup = own(call="today.accounts()").html()
    assert '<a href="data/who.csv">' in markup
    assert "<code>today.accounts()</code>" in markup
    assert "<b>" not in markup
    assert "2 &lt;owe&gt;" in markup
    assert (tmp_path / "data" / "who.csv").read_text() == "who,open_balance\na,30.0\n<b>,10.0\n"


def test_what_is_not_known_says_why_and_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(exhibit.RUN, "data", str(tmp_path / "data"))
    each = own(why="not in this ledger: <x>")
    assert (each.state, each.sentence) == ("unknown", "Not in this ledger: <x>.")
    assert own(why="not defined before May").state == "not defined"
    assert own(numbers=ROWS.head(0), nothing="nobody owes").sentence == "Nobody owes."
    assert each.html().strip() == '<p class="empty" id="who">Not in this ledger: &lt;x&gt;.</p>'
    assert not (tmp_path / "data").exists()


def test_in_short_it_leads_to_where_it_is_taken_apart() -> None:
    assert '<a href="kpis.html#who">' in own().short("kpis").html()


def test_cards_show_their_meaning_and_the_call_that_opens_them() -> None:
    each = own(cards=lambda rows: [Card("<Open>", "30", "better", "good", 'today.rows("open_ar")')])
    markup = each.html()
    assert '<li class="card good"><span class="label">&lt;Open&gt;</span>' in markup
    assert "today.rows(&#34;open_ar&#34;)" in markup


def test_a_list_to_work_through_leads_to_the_sheets_and_says_on_each_cell_what_it_is() -> None:
    markup = tables.show(ROWS, "Who", links={"who": "accounts.html#account-{who}"}, act=True)
    assert '<a class="row" href="accounts.html#account-%3Cb%3E">&lt;b&gt;</a>' in markup
    assert 'data-label="Open balance"' in markup


def test_the_currency_of_a_ledger_is_named_where_it_names_one(tmp_path: Path) -> None:
    folder = written("alone", tmp_path / "ledger")
    (folder / "ledger.toml").write_text('currency = "EUR"\n', "utf-8")
    assert arforecast.open_ledger(folder, Settings()).as_of(DAY).stamp()["currency"] == "EUR"
