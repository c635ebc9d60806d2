"""What is measured on a day: KPIs, what they are made of and why they moved, targets, schedules."""

from __future__ import annotations

from datetime import date

import pandas as pd

from arforecast import kernel, kpis, schedules, snapshot
from arforecast.desk.days import MOST_MONTHS, dated, whole
from arforecast.desk.standing import Standing
from arforecast.errors import UsageError
from arforecast.kpis import bridge, families, rows, targets
from arforecast.ledger.answers import once
from arforecast.ledger.groups import WHOLE, By, columns, groupings
from arforecast.snapshot import regrouped


class Measured(Standing):
    """The figures of the day, and of days before it."""

    @kernel.telling("Measuring")
    @once
    def kpis(self, by: By = None, months: int = 1) -> pd.DataFrame:
        """Every KPI today and at the month-ends before, `months` days in all, also by group: of a column of invoices
        or customers, or of each combination of several, by=("segment", "country"); see `arforecast.kpis.measured`.

        `value` is numerator / denominator in `unit`: money in the reporting currency, share of 0-1, percent, days;
        null where it is not known. `by` and `group` are empty for the whole ledger.

        >>> figures = today.kpis()
        >>> figures.columns.tolist()
        ['as_of', 'by', 'group', 'kpi', 'value', 'numerator', 'denominator', 'unit']
        >>> figures.set_index("kpi").unit[["open_ar", "dso", "overdue_share"]].tolist()
        ['money', 'days', 'share']
        """
        return kpis.measured(self.books, self._days(months), by)

    def rows(self, kpi: str, group: str | None = None, by: By = None) -> pd.DataFrame:
        """The rows that a KPI is made of: today.rows("aging:31-60"), or of a group: group="CA", by="country".

        Columns: sum, what tells the row (invoice_id, customer_id, kind, dates ...), and numerator, which adds up to
        that of the KPI; see `arforecast.kpis.rows.rows`. Money in the reporting currency. Raises UsageError for a KPI
        that is no sum, such as a median.

        >>> made_of = today.rows("open_ar")
        >>> open_ar = today.kpis().set_index("kpi").numerator["open_ar"]
        >>> bool(abs(made_of.numerator.sum() - open_ar) < 0.005)
        True
        """
        if (group is None) != (not columns(by)):
            raise UsageError("Name a group and the column it is a group of, or neither.")
        facts = regrouped(self._facts, by) if columns(by) else self._facts
        return rows.rows(facts, self.day, kpi, WHOLE if group is None else str(group))

    def _days(self, months: int) -> list[date]:
        """The day and the month-ends before it, or the one day that open items alone are of."""
        months = whole("months", months, MOST_MONTHS)
        return [self.day] if self.books.notes.without_history else snapshot.month_ends(self.day, months)

    @once
    def bridge(self, since: str | date | None = None) -> pd.DataFrame:
        """Why open_ar and DSO moved since the close of `since`, the month-end before unless given, or the day the
        ledger opened with where that is later, in parts; see `arforecast.kpis.bridge.parts`."""
        self._history("The bridge")
        opening, opened_on = snapshot.opening(self.day), self.books.notes.opened_on
        before = max(opening, opened_on or opening) if since is None else dated(since)
        return bridge.parts(self.books, before, self.day)

    @once
    def targets(self, months: int = 2) -> pd.DataFrame:
        """How far the KPIs are from their targets, `months` days in all; see `arforecast.kpis.targets.distances`.

        `value`, `target` and `distance` in the unit of the KPI; a distance above zero is better than asked.

        >>> today.targets().columns.tolist()
        ['as_of', 'by', 'group', 'kpi', 'value', 'target', 'distance', 'verdict', 'trend']

        Raises UsageError for a target of what is no KPI, or of a column that the ledger does not have.
        """
        wanted = self.books.settings.kpi_targets
        asked = [(column,) for column in targets.columns(wanted, groupings(self.books))]
        judged = targets.judged(wanted, kpis.catalogue(self.books.settings))
        figures = kpis.measured_by_each(self.books, self._days(months), asked, judged)
        return targets.distances(figures, wanted, self.glossary())

    def families(self) -> pd.DataFrame:
        """The KPIs that answer one question by other definitions: question, kpi, why their answers differ."""
        return families.members()

    @kernel.telling("Measuring")
    def schedule(self, name: str) -> pd.DataFrame:
        """A supporting table beside the KPIs, such as roll_rates or vintage; see `arforecast.schedules.schedule`.

        Money in the reporting currency ends in `_amount` or `_balance`, a share of 0-1 in `_share`, a date in `_on`, a
        length of time in `_days`; what is not defined is null.

        >>> today.schedule("roll_rates").columns.tolist()
        ['from_bucket', 'to_state', 'moved_amount', 'moved_share']
        """
        return schedules.schedule(self._facts, self.day, name)

    def glossary(self) -> pd.DataFrame:
        """What each KPI means: kpi, meaning, unit, better."""
        return kpis.glossary(self.books.settings)

    def schedule_glossary(self) -> pd.DataFrame:
        """What each schedule means: kpi, meaning."""
        return schedules.glossary().rename(columns={"schedule": "kpi"})
