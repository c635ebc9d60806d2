"""How far each KPI is from its target: worked by hand on frames whose answer is known."""

from __future__ import annotations

import pandas as pd
import pytest

import frames
from arforecast import targets
from arforecast.errors import UsageError
from arforecast.report import numbers, words
from arforecast.settings import Settings

GROUP = "B & <b>C</b>"


def judged(months: int = 2, **said: object) -> pd.DataFrame:
    """DSO is 52 on 30 June after 53, CEI 79.6 after 78.6; the overdue share of the group is 0.40 on 30 June."""
    settings = Settings.model_validate({"targets": said})
    return targets.table(frames.kpis(months), settings.kpi_targets, frames.glossary())


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
    table = targets.table(rising, Settings(targets={"dso": 52}).kpi_targets, frames.glossary())
    assert table.trend.tolist()[1:] == [-2.0]
    assert table.verdict.tolist() == ["better", "on target"]


def test_days_out_of_order_have_the_same_trend() -> None:
    wanted = Settings(targets={"dso": 50}).kpi_targets
    backwards = targets.table(frames.kpis(3).iloc[::-1], wanted, frames.glossary())
    pd.testing.assert_frame_equal(backwards, targets.table(frames.kpis(3), wanted, frames.glossary()))


def test_a_group_has_the_target_that_names_it_and_no_other() -> None:
    table = judged(dso={"value": 60, "segment": {GROUP: 50, "trade": 10}, "country": {GROUP: 1}}, cei=70)
    rows = table[table.as_of == frames.AS_OF][["by", "group", "kpi", "target", "verdict"]]
    assert sorted(rows.itertuples(index=False, name=None)) == [
        ("", "", "cei", 70, "better"),
        ("", "", "dso", 60, "better"),
        ("segment", GROUP, "dso", 50, "worse"),
    ]
    assert table[table.by == "segment"].trend.isna().all()  # its first day, whatever the whole ledger had before


def test_targets_of_groups_alone_leave_the_whole_ledger_without() -> None:
    assert judged(dso={"segment": {GROUP: 50}}).by.tolist() == ["segment"]


def test_what_is_not_defined_is_not_judged() -> None:
    undefined = frames.kpis(1).assign(value=float("nan"))
    (row,) = targets.table(undefined, Settings(targets={"dso": 50}).kpi_targets, frames.glossary()).itertuples()
    assert row.verdict == ""
    assert pd.isna(row.distance)


def test_without_targets_there_is_nothing_to_judge() -> None:
    assert judged().empty


@pytest.mark.parametrize("kpi", ["dsoo", "open_ar"])
def test_a_target_of_what_cannot_be_judged_is_named(kpi: str) -> None:
    """`dsoo` is no KPI; of open_ar neither more nor less is better."""
    with pytest.raises(UsageError, match=rf"have targets\.{kpi}\. Give targets to .*: overdue_share, dso, cei"):
        judged(**{kpi: 1, "dso": 45})


def test_the_cards_read_the_targets_of_the_whole_ledger() -> None:
    settings = Settings.model_validate({"targets": {"dso": {"value": 45, "segment": {GROUP: 60}}, "cei": 75}})
    measures = numbers.compare(frames.kpis(), frames.glossary())
    dso, cei = words.kpi_cards(measures, ["dso", "cei"], settings.targets)
    assert "off target" in dso.note
    assert "on target" in cei.note
