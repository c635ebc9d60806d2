"""The book of forecasts: what is in it stays as it was said, whoever writes beside it, and whatever is tried."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from arforecast.errors import SourceError, UsageError, WriteError
from arforecast.forecast import book

HEAD = {
    "as_of": "2026-03-01",
    "fingerprint": "f00d",
    "version": "1",
    "where": "",
    "currency": "EUR",
    "decimals": 2,
    "settings": "{}",
}


def said(mean: float = 100.0, **head: object) -> pd.DataFrame:
    """A forecast of one week."""
    levels = dict.fromkeys(book.MONEY, mean)
    starts, ends = pd.Timestamp("2026-03-02"), pd.Timestamp("2026-03-08")
    weekly = pd.DataFrame(
        [{"week_start": starts, "week_end": ends, "component": name} | levels for name in book.COMPONENTS]
    )
    within = pd.DataFrame([{"weeks": 1, "until_on": ends} | levels])
    expected = pd.DataFrame({"week": [1], "component": ["open_book"], "open_balance": [5_000], "settled": [900]})
    return book.entry(HEAD | head, weekly, within, expected.astype({"open_balance": "Int64", "settled": "Int64"}))


def stands(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file: its bytes, and when it was last written."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_the_same_forecast_is_kept_once_and_another_stands_beside_it(tmp_path: Path) -> None:
    file = book.add(tmp_path / "book", said())
    first = stands(file.parent)
    assert list(first) == [file.name]
    assert book.add(tmp_path / "book", said()) == file
    assert stands(file.parent) == first
    others = {book.add(tmp_path / "book", other) for other in (said(101), said(version="2"), said(fingerprint="beef"))}
    assert len(others) == 3
    assert stands(file.parent).items() > first.items()
    assert len(book.read(tmp_path / "book")) == 4 * 4


def test_what_is_read_is_what_was_said_in_whole_minor_units(tmp_path: Path) -> None:
    book.add(tmp_path, said(100.1))
    rows = book.read(tmp_path)
    pd.testing.assert_frame_equal(rows.drop(columns=[book.WRITTEN, book.ENTRY]), said(100.1), check_exact=True)
    assert rows.component.tolist() == ["open_book", "unbilled", "total", "so_far"]
    assert rows["mean"].tolist() == [10_010] * 4
    assert rows.settled.fillna(0).tolist() == [900, 0, 0, 0]


def test_no_file_is_written_again_or_believed_when_it_was(tmp_path: Path) -> None:
    file = book.add(tmp_path, said())
    assert file.stat().st_mode & 0o222 == 0
    file.chmod(0o644)
    pd.read_parquet(file).assign(mean=9_999_999).to_parquet(file)
    with pytest.raises(SourceError, match="no longer says what was forecast"):
        book.read(tmp_path)
    file.write_bytes(b"PAR1")
    with pytest.raises(SourceError, match="cannot be read"):
        book.read(tmp_path)


def test_a_forecast_is_in_the_book_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_rows: pd.DataFrame, file: Path, **_options: object) -> None:
        file.write_bytes(b"PAR1 and then the disk was full")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(WriteError, match="No space left on device"):
        book.add(tmp_path / "book", said())
    assert list((tmp_path / "book").iterdir()) == []
    with pytest.raises(UsageError, match="none is in it"):
        book.read(tmp_path / "book")


def test_who_writes_at_once_loses_nothing(tmp_path: Path) -> None:
    forecasts = [said(float(nth % 6)) for nth in range(12)]
    with ThreadPoolExecutor(4) as writers:
        files = set(writers.map(lambda rows: book.add(tmp_path / "book", rows), forecasts))
    assert set((tmp_path / "book").iterdir()) == files
    assert sorted(book.read(tmp_path / "book")["mean"].unique()) == [100 * nth for nth in range(6)]


def test_of_a_day_what_was_said_first_counts_and_nothing_of_another_part(tmp_path: Path) -> None:
    for rows in (said(1), said(2), said(3, where="country=CA"), said(4, currency="USD"), said(5, as_of="2026-03-09")):
        book.add(tmp_path, rows)
    today = HEAD | {"as_of": "2026-03-09"}
    assert book.counted(book.read(tmp_path), today)["mean"].unique().tolist() == [100]
    assert book.counted(book.read(tmp_path), today | {"where": "country=CA"})["mean"].unique().tolist() == [300]
    assert book.counted(book.read(tmp_path), HEAD).empty


def test_a_folder_without_forecasts_is_no_book(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="arforecast cash --book"):
        book.read(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="Name another folder"):
        book.add(tmp_path / "file", said())


def test_a_report_keeps_its_forecast_beside_its_runs(reported: Path) -> None:
    kept = book.read(reported.parent / "book")
    assert kept[["as_of", "where"]].drop_duplicates().to_numpy().tolist() == [[pd.Timestamp(reported.name), ""]]
    assert kept.week.max() == 13
    page = (reported / "cash_forecast.html").read_text("utf-8")
    assert "No earlier report has said anything of a week that is over" in page
