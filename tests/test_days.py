"""Days in words: which day is over depends on where one asks, and is settled once, at the start of a run."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from arforecast.cli import main, reports
from arforecast.delivery.days import WORDS, Day, meant
from arforecast.errors import UsageError
from test_runner import kernels_import_this_package, ledger, notebook  # noqa: F401 - fixtures

ZONES = ["UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago"]


@pytest.mark.parametrize(
    ("now", "zone", "yesterday", "friday", "month_end"),
    [
        # Half an hour before midnight; Zurich is in the second hour of a Wednesday and of a month.
        ("2026-06-30T23:30", "UTC", "2026-06-29", "2026-06-26", "2026-05-31"),
        ("2026-06-30T23:30", "Europe/Zurich", "2026-06-30", "2026-06-26", "2026-06-30"),
        ("2026-06-30T23:30", "America/New_York", "2026-06-29", "2026-06-26", "2026-05-31"),
        # One moment is three days: 14 hours before and 11 behind.
        ("2026-05-01T10:30", "Pacific/Kiritimati", "2026-05-01", "2026-05-01", "2026-04-30"),
        ("2026-05-01T10:30", "UTC", "2026-04-30", "2026-04-24", "2026-04-30"),  # a Friday that is not over
        ("2026-05-01T10:30", "Pacific/Pago_Pago", "2026-04-29", "2026-04-24", "2026-03-31"),
        # The clocks go back at 01:00 UTC on 25 October: the same hour twice, and 23:30 is not the next day any more.
        ("2026-10-24T22:30", "Europe/Zurich", "2026-10-24", "2026-10-23", "2026-09-30"),
        ("2026-10-25T22:30", "Europe/Zurich", "2026-10-24", "2026-10-23", "2026-09-30"),
        ("2026-10-25T23:00", "Europe/Zurich", "2026-10-25", "2026-10-23", "2026-09-30"),
        # The end of a year, and of a February.
        ("2025-12-31T23:00", "Europe/Zurich", "2025-12-31", "2025-12-26", "2025-12-31"),
        ("2028-03-01T04:59", "America/New_York", "2028-02-28", "2028-02-25", "2028-01-31"),
        ("2028-03-01T05:00", "America/New_York", "2028-02-29", "2028-02-25", "2028-02-29"),
    ],
)
def test_a_word_means_the_day_that_is_over_where_it_is_asked(
    now: str, zone: str, yesterday: str, friday: str, month_end: str
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = [meant(word, zone, moment).as_of for word in ("yesterday", "last-friday", "last-month-end")]
    assert found == [yesterday, friday, month_end]


@given(st.integers(631_152_000, 4_102_444_800), st.sampled_from(ZONES))  # from 1990 to 2100
def test_each_word_is_the_latest_such_day_before_today(seconds: int, zone: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    yesterday, friday, month_end = (date.fromisoformat(meant(word, zone, now).as_of) for word in WORDS)
    today = yesterday + timedelta(days=1)
    assert f"at {today}" in meant("yesterday", zone, now).said
    days = [today - timedelta(days=back) for back in range(1, 32)]
    assert friday == next(day for day in days if day.isoweekday() == 5)
    assert month_end == next(day for day in days if (day + timedelta(days=1)).day == 1)


def test_a_date_means_itself_and_what_is_asked_for_is_kept() -> None:
    now = datetime(2026, 6, 30, 23, 30, 5, tzinfo=UTC)
    assert meant("2026-06-30", None, now) == Day("2026-06-30", "")
    said = "yesterday, at 2026-07-01T01:30:05+02:00 in Europe/Zurich"
    assert meant("yesterday", "Europe/Zurich", now) == Day("2026-06-30", said)


@pytest.mark.parametrize("zone", ["Europe/Zürich", "CEST", "Europe", "../UTC", "/etc/localtime", "a\nb", "x" * 300])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(UsageError, match="is no time zone"):
        meant("yesterday", zone, datetime.now(UTC))


# ------------------------------------------------------------------ the commands


def typed(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    class Frozen(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Frozen:
            return cls(2026, 6, 30, 23, 30, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(reports, "datetime", Frozen)


@pytest.mark.usefixtures("clock")
def test_a_run_stands_on_the_day_that_is_over_there_says_so_and_is_the_one_that_is_sent(
    ledger: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    notebook(tmp_path / "notebooks", "brief", ["# The brief", "print('headline of', as_of)"])
    folders = ["--out", str(tmp_path / "out"), "--notebooks", str(tmp_path / "notebooks")]
    zurich = ["--as-of", "last-month-end", "--time-zone", "Europe/Zurich"]
    told = typed("report", str(ledger), *zurich, *folders)
    assert str(tmp_path / "out" / "2026-06-30" / "index.html") in told
    account = json.loads((tmp_path / "out" / "2026-06-30" / "run.json").read_text("utf-8"))
    assert account["as_of"] == "2026-06-30"
    assert account["as_of_said"] == "last-month-end, at 2026-07-01T01:30:00+02:00 in Europe/Zurich"
    (ledger / "arforecast.toml").write_text("[mail]\nage_limit_days = 3660\n", "utf-8")
    rehearsed = typed("send", str(tmp_path / "out"), *zurich, "--dry-run")
    assert str(tmp_path / "out" / "2026-06-30.leadership.eml") in rehearsed
    utc = ["--as-of", "last-month-end", "--time-zone", "UTC"]
    assert "2026-05-31 is no run" in typed("send", str(tmp_path / "out"), *utc, code=2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["kpis", "l", "--as-of", "yesterday"],
         "Write it as YYYY-MM-DD; only report and send, which a timer runs, know yesterday."),
        (["check", "l", "--as-of", "last-friday"], "know last-friday."),
        (["backtest", "l", "--from", "2026-01-01", "--to", "yesterday"], "know yesterday."),
        (["cash", "l", "--as-of", "2026-06-30", "--time-zone", "UTC"], "No such option '--time-zone'"),
        (["report", "l", "--as-of", "today"],
         "today is not a date. Write it as YYYY-MM-DD, or as yesterday, last-friday, last-month-end."),
        (["report", "l", "--as-of", "2026-6-30"], "2026-6-30 is not a date."),
        (["report", "l"], "Missing option '--as-of'"),
        (["report", "l", "--as-of", "yesterday"], "yesterday is another day elsewhere: say where with --time-zone"),
        (["report", "l", "--as-of", "2026-06-30", "--time-zone", "UTC"], "goes with yesterday, last-friday, last-"),
        (["send", ".", "--time-zone", "UTC"], "--time-zone UTC goes with yesterday, last-friday, last-month-end"),
    ],
)  # fmt: skip
def test_who_knows_words_and_who_does_not_say_so(words: list[str], told: str) -> None:
    # An older click writes the option behind a colon.
    assert told in typed(*words, code=2).replace("option: --time-zone", "option '--time-zone'")
