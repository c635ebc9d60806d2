"""The large exports of the benchmark: they come to what the small ones say, in another country."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from arforecast import open_ledger
from arforecast.ledger.imports.presets import Stated, import_export, names

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))
from large import facts, large
from layouts import LAYOUTS, Layout


def test_every_preset_has_a_large_export() -> None:
    assert sorted(layout.preset for layout in LAYOUTS) == sorted(names())


@pytest.mark.parametrize("preset", ["erpnext_payment_ledger", "quickbooks_ageing", "sap_cleared_items", "xero_ageing"])
def test_a_large_export_ties_and_loses_nothing(preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups with totals of their own, headings, payments that share a word with invoices, a workbook."""
    monkeypatch.chdir(tmp_path)  # settings that name another currency hold before what the ledger says
    layout: Layout = next(layout for layout in LAYOUTS if layout.preset == preset)
    export = large(layout, tmp_path, 200)
    report = import_export(export.mapping, export.export, tmp_path / "ledger", Stated(total=export.total))
    assert "and so is the sum of its rows" in report.total
    assert (report.read, report.quarantined) == (export.lines, 0)
    assert facts(tmp_path / "ledger") == export.facts
    rows = open_ledger(tmp_path / "ledger").books.rows
    assert rows.used.tolist() == rows.read.tolist()


def test_a_row_that_is_missing_is_missed(tmp_path: Path) -> None:
    layout = next(layout for layout in LAYOUTS if layout.preset == "zoho_invoices")
    export = large(layout, tmp_path, 200)
    export.export.write_text("".join(export.export.read_text("utf-8-sig").splitlines(keepends=True)[:-5]), "utf-8")
    report = import_export(export.mapping, export.export, tmp_path / "ledger")
    assert report.read < export.lines
    assert facts(tmp_path / "ledger") != export.facts
