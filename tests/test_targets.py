"""How far each KPI is from its target: worked by hand on frames and on a ledger whose answer is known."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import frames
import ledgers
from arforecast import kpis, open_ledger
from arforecast.desk import Snapshot
from arforecast.errors import UsageError
from arforecast.kpis import families, targets
from arforecast.report import tables
from arforecast.report.exhibits import receivables
from arforecast.report.formats import NBSP
from arforecast.settings import Settings, read

GROUP = "B & <b>C</b>"
ROOT = Path(__file__).parents[1]


def judged(months: int = 2, **said: object) -> pd.DataFrame:
    """DSO is 52 on 30 June after 53, CEI 79.6 after 78.6; the overdue share of the group is 0.40 on 30 June."""
    settings = Settings.model_validate({"targets": said})
    return targets.distances(frames.kpis(months), settings.kpi_targets, frames.glossary())


def test_less_is_better_of_one_and_more_of_the_other() -> None:
    table = judged(dso=52.5, cei=80)
    assert table.columns.tolist() == [
        "as_of", "by", "group", "kpi", "value", "target", "distance", "verdict", "trend",
    ]  # fmt: skip
    before, now = table[table.as_of < frames.AS_OF], table[table.as_of == frames.AS_OF]
    assert now.set_index("kpi").distance.to_dict() == pytest.approx({"dso": 0.5, "cei": -0.4})
    assert now.set_index("kpi").verdict.to_dict() == {"dso": "better", "cei": "worse"}
    assert now.set_index("kpi").trend.to_dict() == pytest.approx({"dso": 1.0, "cei": 1.0})
    assert before.set_index("kpi").distance.to_dict() == pytest.approx({"dso": -0.5, "cei": -1.4})
    assert before.trend.isna().all()


def test_what_moves_the_wrong_way_has_a_trend_below_zero() -> None:
    rising = frames.kpis(2).assign(value=lambda rows: rows["value"].mask(rows["as_of"] < frames.AS_OF, 50.0))
    table = targets.distances(rising, Settings(targets={"dso": 52}).kpi_targets, frames.glossary())
    assert table.trend.tolist()[1:] == [-2.0]
    assert table.verdict.tolist() == ["better", "on target"]
    assert str(table.distance.tolist()[1]) == "0.0", "nothing is not below zero"


def test_days_out_of_order_have_the_same_trend() -> None:
    wanted = Settings(targets={"dso": 50}).kpi_targets
    backwards = targets.distances(frames.kpis(3).iloc[::-1], wanted, frames.glossary())
    pd.testing.assert_frame_equal(backwards, targets.distances(frames.kpis(3), wanted, frames.glossary()))


def test_a_group_has_the_target_that_names_it_and_no_other() -> None:
    table = judged(dso={"value": 60, "segment": {GROUP: 50}}, cei=70)
    rows = table[table.as_of == frames.AS_OF][["by", "group", "kpi", "target", "verdict"]]
    assert sorted(rows.itertuples(index=False, name=None)) == [
        ("", "", "cei", 70, "better"),
        ("", "", "dso", 60, "better"),
        ("segment", GROUP, "dso", 50, "worse"),
    ]
    assert table[table.by == "segment"].trend.isna().all()  # its first day, whatever the whole ledger had before


def test_a_target_of_a_group_of_which_nothing_is_known_keeps_its_row() -> None:
    table = judged(dso={"segment": {"trade": 10}}, months=3)
    assert table[["group", "target", "verdict"]].drop_duplicates().to_numpy().tolist() == [["trade", 10, ""]]
    assert len(table) == 3
    assert table[["value", "distance", "trend"]].isna().all(axis=None)


def test_targets_of_groups_alone_leave_the_whole_ledger_without() -> None:
    assert judged(dso={"segment": {GROUP: 50}}).by.unique().tolist() == ["segment"]


@pytest.mark.parametrize("percent", [7, 29, 55, 57])
def test_a_target_that_is_met_to_the_cent_is_met(percent: int, tmp_path: Path) -> None:
    """Of 1.00 that was overdue so many cents came in February: what floats make of 0.29 x 100 is no miss."""
    text = f"""
        invoices
        invoice_id  customer_id  issued_on   due_on      amount
        A           a            2026-01-01  2026-01-31  1.00

        applications
        invoice_id  applied_on  amount          kind
        A           2026-02-10  0.{percent:02}  cash
    """
    settings = Settings.model_validate({"targets": {"cei": percent}})
    ledger = open_ledger(ledgers.write(ledgers.told(text), tmp_path / "ledger"), settings)
    assert ledger.as_of("2026-02-28").targets(months=1).verdict.tolist() == ["on target"]


def test_what_is_not_defined_is_not_judged() -> None:
    undefined = frames.kpis(1).assign(value=float("nan"))
    (row,) = targets.distances(undefined, Settings(targets={"dso": 50}).kpi_targets, frames.glossary()).itertuples()
    assert row.verdict == ""
    assert pd.isna(row.distance)


def test_without_targets_there_is_nothing_to_judge() -> None:
    assert judged().empty


@pytest.mark.parametrize("kpi", ["dsoo", "open_ar"])
def test_a_target_of_what_cannot_be_judged_is_named(kpi: str) -> None:
    """`dsoo` is no KPI; of open_ar neither more nor less is better."""
    wanted = Settings.model_validate({"targets": {kpi: 1, "dso": 45}}).kpi_targets
    with pytest.raises(UsageError, match=rf"have targets\.{kpi}\. Give targets to .*: .*overdue_share, .*dso, .*cei"):
        targets.judged(wanted, kpis.catalogue(Settings()))


def test_the_cards_read_the_targets_of_the_whole_ledger() -> None:
    settings = Settings.model_validate({"targets": {"dso": {"value": 45, "segment": {GROUP: 60}}, "cei": 75}})
    measures = receivables.measured(frames.kpis(), frames.glossary(), settings.targets, frames.stamp())
    dso, cei = receivables.kpi_cards(measures, ["dso", "cei"])
    assert "off target" in dso.note
    assert "on target" in cei.note


# On a ledger


def april(folder: Path, **said: object) -> Snapshot:
    """Of 300 billed in 90 days 250 is owed, DSO 75: 50 of the 100 of north, DSO 45, and all of the 200 of south and of
    bob, DSO 90.

    invoices
    invoice_id customer_id issued_on  due_on     amount segment collector
    Z          c           2026-01-05 2026-01-20 100.00 south   ann
    A          c           2026-02-10 2026-03-12 100.00 north   ann
    B          d           2026-03-01 2026-05-01 100.00 south   bob
    C          d           2026-03-02 2026-03-31 100.00 south   bob

    applications
    invoice_id applied_on amount kind
    Z          2026-01-20 100.00 cash
    A          2026-04-01  50.00 cash
    """
    tables = ledgers.told(april.__doc__ or "")
    settings = Settings.model_validate({"targets": said})
    return open_ledger(ledgers.write(tables, folder / "ledger"), settings).as_of("2026-04-30")


def test_every_column_that_a_target_names_is_measured_and_the_whole_ledger_once(tmp_path: Path) -> None:
    """Of ann's invoices A fell due in 90 days, and nothing of it came by then."""
    dso = {"value": 80, "segment": {"north": 60, "south": 70}, "collector": {"bob": 95}}
    table = april(tmp_path, dso=dso, paid_on_time_share={"collector": {"ann": 0.5}}).targets(months=1)
    rows = table[["by", "group", "kpi", "value", "target", "verdict"]]
    assert list(rows.itertuples(index=False, name=None)) == [
        ("", "", "dso", 75, 80, "better"),
        ("segment", "north", "dso", 45, 60, "better"),
        ("segment", "south", "dso", 90, 70, "worse"),
        ("collector", "bob", "dso", 90, 95, "better"),
        ("collector", "ann", "paid_on_time_share", 0, 0.5, "worse"),
    ]


def test_without_targets_nothing_is_measured_and_the_table_is_the_same(tmp_path: Path) -> None:
    none, one = april(tmp_path / "none").targets(), april(tmp_path / "one", dso=30).targets()
    assert (len(none), len(one)) == (0, 2)
    pd.testing.assert_frame_equal(none, one.iloc[:0], check_index_type=False)


def test_a_trend_is_that_since_the_month_end_before(tmp_path: Path) -> None:
    """A was overdue on 31 March. In April half of it came, and C became overdue; B is not yet due."""
    table = april(tmp_path, overdue_ar=100).targets()
    assert table.value.tolist() == [100, 150]
    assert table.trend.tolist()[1:] == [-50]


def test_targets_of_columns_that_the_ledger_does_not_have_are_named_together(tmp_path: Path) -> None:
    then = april(tmp_path, dso={"segmnt": {"north": 60}}, cei={"colector": {"bob": 80}, "segment": {"north": 80}})
    with pytest.raises(UsageError, match=r"have targets\.cei\.colector, targets\.dso\.segmnt\. .* segment, collector"):
        then.targets()


def test_the_targets_of_the_sample_company_are_of_what_is_measured() -> None:
    settings = read(ROOT / "arforecast.toml")
    glossary = kpis.glossary(settings)
    assert not settings.kpi_targets.keys() - set(glossary.kpi[glossary.better != ""])
    assert targets.columns(settings.kpi_targets, ["segment", "collector"]) == ["collector", "segment"]


def test_what_moved_is_told_since_the_month_end_before_unless_a_day_is_given(tmp_path: Path) -> None:
    then = april(tmp_path)
    pd.testing.assert_frame_equal(then.bridge(), then.bridge("2026-03-31"))


def test_the_forms_of_one_question_are_measures(tmp_path: Path) -> None:
    told = april(tmp_path).families()
    assert set(told.kpi) <= set(kpis.glossary(Settings()).kpi)
    assert not told.kpi.duplicated().any()
    assert told.groupby("question").why.nunique().tolist() == [1] * len(families.FAMILIES)


# On the page


def shown(months: int = 2, **said: object) -> pd.DataFrame:
    return receivables.targets(judged(months, **said), frames.glossary(), frames.stamp()).numbers


def test_the_whole_ledger_comes_first_and_in_it_what_is_farthest_off() -> None:
    """CEI misses 100 by a fifth, DSO 50 by a twenty-fifth of it; the group misses DSO 10 by four times."""
    rows = shown(dso={"value": 50, "segment": {GROUP: 10, "trade": 10}}, cei=100, overdue_share=0.5)
    assert rows[["kpi", "group"]].to_numpy().tolist() == [
        ["cei", "whole ledger"],
        ["dso", "whole ledger"],
        ["overdue_share", "whole ledger"],
        ["dso", f"segment: {GROUP}"],
        ["dso", "segment: trade"],
    ]
    assert rows.unit.tolist() == ["percent", "days", "share", "days", "days"]
    assert rows.actual.tolist()[:4] == pytest.approx([79.6, 52, 0.40, 52])


def test_names_of_groups_are_escaped_and_what_is_not_known_is_a_dash() -> None:
    rows = shown(dso={"segment": {GROUP: 40, "trade": 40}})
    markup = tables.show(rows, receivables._targets_said(rows))
    assert "<b>" not in markup
    assert "segment: B &amp; &lt;b&gt;C&lt;/b&gt;" in markup
    assert '<td>segment: trade</td><td class="number">–</td><td class="number">40\u00a0days</td>' in markup


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"dso": 60}, "Of 1 target none is missed"),
        ({"dso": 60, "cei": 80}, "Of 2 targets none is missed"),  # 79.6 % is written 80 %
        ({"dso": 60, "cei": 85}, "1 of 2 targets is missed, first of all Collection effectiveness (whole ledger): "),
        ({"dso": 40, "cei": 100}, "2 of 2 targets are missed, first of all Days sales outstanding (whole ledger): "),
        (
            {"dso": {"value": 60, "segment": {"trade": 10}}},
            "Of 1 target none is missed; 1 target cannot be judged: not defined, or nothing known of the group",
        ),
        (
            {"dso": {"segment": {GROUP: 4}}},
            f"1 of 1 target is missed, first of all Days sales outstanding (segment: {GROUP}): 52 days instead of 4",
        ),
    ],
)
def test_the_answer_says_how_many_are_missed(said: dict[str, object], sentence: str) -> None:
    assert receivables._targets_said(shown(**said)).replace(NBSP, " ").startswith(sentence)
