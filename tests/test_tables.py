"""Tables are complete, accessible and escaped; CSV files read back to what was written."""

from __future__ import annotations

import csv
import io
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import frames
from arforecast.errors import UsageError
from arforecast.report import tables
from arforecast.report.exhibits import receivables


class Reader(HTMLParser):
    """What a screen reader would meet: cells by row with their scope, and every tag."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[str] = []
        self.scopes: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        self.scopes += [str(value) for name, value in attrs if name == "scope"]

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1] and data.strip():
            self.rows[-1][-1] += data


def accounts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": ["Müller & Co, Ltd", "<b>Bold</b>", "Ö"],
            "due_on": pd.to_datetime(["2026-06-30", "2026-07-01", None]),
            "open_balance": [1234.5, -0.25, math.nan],
            "p_late": [0.123, 0.05, 1.0],
            "invoices": [1, 2, 3],
        }
    )


def test_every_cell_is_written_as_its_column_says_and_escaped() -> None:
    reader = Reader(tables.show(accounts(), "Accounts").replace("\u00a0", " "))
    assert reader.rows == [
        ["Customer", "Due on", "Open balance", "Chance late", "Invoices"],
        ["Müller & Co, Ltd", "30 Jun 2026", "1,234.50", "12 %", "1"],
        ["<b>Bold</b>", "1 Jul 2026", "−0.25", "5 %", "2"],
        ["Ö", "–", "–", "100 %", "3"],
    ]
    assert "b" not in reader.tags
    assert reader.scopes == ["col"] * 5 + ["row"] * 3
    assert "caption" in reader.tags


def test_numbers_stand_on_the_right_and_words_on_the_left() -> None:
    markup = tables.show(accounts(), "Accounts")
    assert '<th scope="col" class="number">Open balance</th>' in markup
    assert '<th scope="col">Customer</th>' in markup
    assert '<td class="number">1,234.50</td>' in markup


def test_a_long_table_says_where_it_was_cut_and_its_totals_are_of_all_rows() -> None:
    rows = pd.DataFrame({"customer": [f"C{n}" for n in range(1000)], "open_balance": 1.25})
    markup = tables.show(rows, "Accounts", limit=10, file="data/accounts.csv", totals=["open_balance"])
    cells = Reader(markup).rows
    assert len(cells) == 1 + 10 + 1
    assert "The first 10 of 1,000 rows." in markup
    assert '<a href="data/accounts.csv">' in markup
    assert cells[-1][0].strip() == "Total of all rows"
    assert '<td class="number">1,250.00</td>' in markup


def test_a_table_that_is_whole_does_not_speak_of_a_cut() -> None:
    assert "The first" not in tables.show(accounts(), "Accounts", limit=3, file="data/accounts.csv")


def test_a_dash_tells_its_reason_on_hover_and_below_but_only_where_there_is_one() -> None:
    reason = 'beyond "the" horizon'
    markup = tables.show(accounts(), "Accounts", missing=reason)
    assert markup.count('title="beyond &#34;the&#34; horizon"') == 2
    assert '<p class="note">– beyond &#34;the&#34; horizon.</p>' in markup
    assert "horizon" not in tables.show(accounts().head(2), "Accounts", missing=reason)


def test_an_empty_table_is_a_sentence() -> None:
    markup = tables.show(accounts().head(0), "Accounts <x>", missing="none & nothing")
    assert markup == '<p class="empty">Accounts &lt;x&gt;: none &amp; nothing</p>'


def test_a_column_of_units_rules_the_numbers_of_its_row() -> None:
    measures = receivables.measured(frames.kpis(), frames.glossary(), {}, frames.stamp())[["kpi", "now", "unit"]]
    rows = {row[0]: row[1] for row in Reader(tables.show(measures, "Measures", limit=99)).rows}
    assert rows["Open receivables"] == "1,000,000.00"
    assert rows["Overdue share"] == "40\u00a0%"
    assert rows["Days sales outstanding"] == "52\u00a0days"
    assert rows["Collection effectiveness"] == "80\u00a0%"
    assert rows["Bad debt share"] == "–"


def test_a_distance_between_shares_is_in_points_and_one_of_days_has_a_decimal() -> None:
    frame = pd.DataFrame(
        {
            "kpi": ["dso", "cei", "cash"],
            "actual": [21.2, 82, 5],
            "distance": [-0.3, 2.5, -4],
            "unit": ["days", "percent", "money"],
        }
    )
    far = tables.show(frame, "Far", units={"distance": "change"})
    rows = [[cell.replace("\u00a0", " ") for cell in row[1:3]] for row in Reader(far).rows[1:]]
    assert rows == [["21 days", "−0.3 days"], ["82 %", "2.5 points"], ["5.00", "−4.00"]]


def test_a_total_of_nothing_known_is_not_known() -> None:
    frame = pd.DataFrame({"bucket": ["current", "1-30"], "open_balance": [1.0, 2.0], "loss_amount": [math.nan] * 2})
    rows = Reader(tables.show(frame, "Losses", totals=["open_balance", "loss_amount"])).rows
    assert rows[-1] == ["Total of all rows", "3.00", "–"]


def test_the_type_of_a_column_decides_where_its_name_would_mislead() -> None:
    """A name that means a bucket, a day or money elsewhere may be a number of days or a word here."""
    frame = pd.DataFrame({"days_past_due": [3, 40], "as_of": ["now", "then"], "method": [1.5, None], "open_ar": "much"})
    assert Reader(tables.show(frame, "Odd")).rows[1:] == [["3", "now", "1.50", "much"], ["40", "then", "–", "much"]]


def test_a_unit_is_declared_where_the_name_says_none() -> None:
    frame = pd.DataFrame({"customer": ["a", "b"], "score": [0.25, 0.5], "days_past_due": [3, 4000]})
    markup = tables.show(frame, "Scores", units={"score": "share", "days_past_due": "days"}, totals=["score"])
    rows = [[cell.replace("\u00a0", " ") for cell in row] for row in Reader(markup).rows]
    assert rows[1:] == [["a", "25 %", "3"], ["b", "50 %", "4,000"], ["Total of all rows", "75 %", ""]]


@pytest.mark.parametrize("units", [{"score": "shares"}, {"skore": "share"}])
def test_a_unit_that_is_none_or_of_no_column_is_refused(units: dict[str, str]) -> None:
    with pytest.raises(
        UsageError, match=f"units has {'.*'.join(*units.items())}. Name columns of the table, and one of"
    ):
        tables.show(pd.DataFrame({"score": [0.5]}), "Scores", units=units)


def test_months_quarters_and_shares_are_known_by_the_names_of_their_columns() -> None:
    day = pd.Timestamp("2026-04-01")
    frame = pd.DataFrame({"month_on": [day], "quarter_on": [day], "kept_share": [0.5]})
    rows = Reader(tables.show(frame, "Shares").replace("\u00a0", " ")).rows
    assert rows[1] == ["Apr 2026", "Q2 2026", "50 %"]


def test_csv_keeps_full_precision_iso_dates_and_empty_cells() -> None:
    written = io.StringIO()
    tables.write_csv(accounts().assign(third=1 / 3), written)
    assert written.getvalue().splitlines()[1:] == [
        '"Müller & Co, Ltd",2026-06-30,1234.5,0.123,1,0.3333333333333333',
        "<b>Bold</b>,2026-07-01,-0.25,0.05,2,0.3333333333333333",
        "Ö,,,1.0,3,0.3333333333333333",
    ]


def test_csv_defuses_what_a_spreadsheet_would_run_and_leaves_numbers_alone() -> None:
    frame = pd.DataFrame({"=head": ["=1+1", "+1", "-1", "@x", "\tx", "a=b", None], "amount": [-1.5] * 7})
    written = io.StringIO()
    tables.write_csv(frame, written)
    rows = list(csv.reader(io.StringIO(written.getvalue())))
    assert [row[0] for row in rows] == ["'=head", "'=1+1", "'+1", "'-1", "'@x", "'\tx", "a=b", ""]
    assert {row[1] for row in rows[1:]} == {"-1.5"}


anything = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)


@given(st.lists(st.tuples(anything, st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=5))
def test_csv_reads_back_to_the_same_values(rows: list[tuple[str, float]]) -> None:
    written = io.StringIO(newline="")
    tables.write_csv(pd.DataFrame(rows, columns=["name", "value"]), written)
    back = list(csv.reader(io.StringIO(written.getvalue(), newline="")))[1:]
    defused = [("'" if name[0] in "=+-@\t\r\n＝＋－＠" else "") + re.sub("\r\n?", "\n", name) for name, _ in rows]
    assert back == [[name, repr(value)] for name, (_, value) in zip(defused, rows, strict=True)]


def test_csv_of_the_same_frame_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        tables.write_csv(frames.late(), tmp_path / name)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert b"\r" not in (tmp_path / "a.csv").read_bytes()


def test_saving_to_a_folder_names_the_file_from_beside_it_and_to_none_does_nothing(tmp_path: Path) -> None:
    assert tables.save(accounts(), str(tmp_path / "run" / "data"), "accounts") == "data/accounts.csv"
    assert (tmp_path / "run" / "data" / "accounts.csv").exists()
    assert tables.save(accounts(), "", "accounts") == ""
