"""The definitions read the same on other engines as they did when they were reviewed there."""

from __future__ import annotations

import golden_sql
from arforecast import kpis


def test_the_sql_of_every_measure_is_the_reviewed_one_and_no_other_stands_there():
    """A change here is a change of a definition or of Ibis: look at it, then run `python tests/golden_sql.py`."""
    made = dict(golden_sql.statements())
    assert [path.name for path, sql in made.items() if not path.exists() or path.read_text("utf-8") != sql] == []
    assert set(golden_sql.FOLDER.rglob("*.sql")) == set(made)


def test_a_measure_makes_the_sums_that_it_says():
    facts = golden_sql.facts()
    made = {measure.__name__: {*measure(facts).columns} for measure in kpis.MEASURES}
    assert made == {measure.__name__: {*kpis.KEYS, *sums.names} for measure, sums in kpis.MEASURES.items()}
