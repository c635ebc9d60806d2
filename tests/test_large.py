"""The large exports of the benchmark: they come to what the small ones say, in another country."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from arforecast.ledger.imports.presets import Stated, import_export, names

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))
from large import facts, large
from layouts import LAYOUTS, Layout


def test_every_preset_has_a_large_export() -> None:
    assert sorted(layout.preset for layout in LAYOUTS) == sorted(names())


@pytest.mark.parametrize("preset", ["erpnext_payment_ledger", "quickbooks_ageing", "sap_cleared_items", "xero_ageing"])
def test_a_large_export_ties_and_loses_nothing(preset: str, tmp_path: Path) -> None:
    """Groups with totals of their own, headings, payments that share a word with invoices, a workbook."""
    layout: Layout = next(layout for layout in LAYOUTS if layout.preset == preset)
    export = large(layout, tmp_path, 200)
    report = import_export(export.mapping, export.export, tmp_path / "ledger", Stated(total=export.total))
    assert "and so is the sum of its rows" in report.total
    assert (report.read, report.quarantined) == (export.lines, 0)
    assert facts(tmp_path / "ledger") == export.facts


def test_a_row_that_is_missing_is_missed(tmp_path: Path) -> None:
    layout = next(layout for layout in LAYOUTS if layout.preset == "zoho_invoices")
    export = large(layout, tmp_path, 200)
    export.export.write_text("".join(export.export.read_text("utf-8-sig").splitlines(keepends=True)[:-5]), "utf-8")
    report = import_export(export.mapping, export.export, tmp_path / "ledger")
    assert report.read < export.lines
    assert facts(tmp_path / "ledger") != export.facts
