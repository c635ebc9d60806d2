"""The definitions read the same on other engines as they did when they were reviewed there."""

from __future__ import annotations

import golden_sql


def test_the_sql_of_every_measure_is_the_reviewed_one():
    """A change here is a change of a definition or of Ibis: look at it, then run `python tests/golden_sql.py`."""
    changed = [
        path.name for path, sql in golden_sql.statements() if not path.exists() or path.read_text("utf-8") != sql
    ]
    assert not changed


def test_no_statement_stands_there_that_nothing_makes():
    made = {path for path, _sql in golden_sql.statements()}
    assert set(golden_sql.FOLDER.rglob("*.sql")) == made
