"""A terminal shows what is there: no sign that steers it, no row torn apart where it is narrow."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arforecast import screen
from arforecast.errors import LONGEST, shown


def printed(frame: pd.DataFrame, width: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a terminal of that width shows."""
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    screen.table(frame)
    return terminal.getvalue().splitlines()


FRAME = pd.DataFrame(
    {
        "as_of": pd.Timestamp("2026-06-30"),
        "invoice_id": ["A1", "A2"],
        "open_balance": [1234567.5, 2.0],
        "reason": ["the customer is late as a rule", None],
    }
)


def test_a_wide_terminal_shows_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(FRAME, 100, monkeypatch)
    assert [line.split()[0] for line in lines] == ["as_of", "2026-06-30", "2026-06-30"]
    assert lines[1].split(maxsplit=3) == ["2026-06-30", "A1", "1,234,567.5", "the customer is late as a rule"]


def test_a_narrow_one_shows_it_in_parts_that_begin_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """80 columns are as few as people have: here 40. What is the same in all rows is said once."""
    lines = [line.rstrip() for line in printed(FRAME, 40, monkeypatch)]
    assert lines == [
        "as_of 2026-06-30",
        "invoice_id open_balance",
        "A1          1,234,567.5",
        "A2                    2",
        "invoice_id reason",
        *("A1         the customer is late as a", "           rule", "A2         –"),
    ]


def test_rows_that_are_all_alike_are_still_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"customer": ["Ann", "Ann"], "reason": ["it is late as a rule"] * 2})
    assert printed(frame, 20, monkeypatch) == ["customer Ann; reason it is late as a rule", "customer", "Ann", "Ann"]


def test_of_two_long_columns_each_has_half(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"customer": ["Baker and Sons of Leith"], "reason": ["it is late as a rule"]})
    assert printed(frame, 24, monkeypatch) == [
        "customer    reason",
        "Baker and   it is late",
        "Sons of     as a rule",
        "Leith",
    ]


def test_signs_of_two_places_stand_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"customer": ["北京", "Ann"], "days": [1, 22]})
    assert printed(frame, 40, monkeypatch) == ["customer days", "北京        1", "Ann        22"]


def test_no_rows_are_said_to_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [line.split() for line in printed(FRAME.head(0), 100, monkeypatch)] == [list(FRAME), ["no", "rows"]]


@given(st.text())
def test_no_value_steers_a_terminal_or_turns_the_words_around_it(value: str) -> None:
    told = shown(value)
    assert all(unicodedata.category(sign)[0] not in "CZ" or sign == " " for sign in told)
    assert len(told) <= 10 * (LONGEST + 1)


def test_what_is_shown_of_a_value() -> None:
    assert shown("Łódź & Söhne 北京") == "Łódź & Söhne 北京"
    assert shown("a\x1b[31mred\u202etxt.exe\nb") == r"a\x1b[31mred\u202etxt.exe\nb"
    assert shown("x" * 5_000_000) == "x" * LONGEST + "…"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_screen_of_few_characters_shows_the_nearest(encoding: str) -> None:
    code = "import sys; from arforecast import screen; screen.prepare(sys.stdout); print('1–2 −3 4\\u00a0% …')"
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment).stdout
    shown_there = {"ascii": "1-2 -3 4 % ...", "latin-1": "1-2 -3 4\u00a0% ...", "utf-8": "1–2 −3 4\u00a0% …"}
    assert said.decode(encoding).rstrip("\n") == shown_there[encoding]
