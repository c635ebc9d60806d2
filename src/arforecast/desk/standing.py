"""A ledger on a day: what all questions rest on, and which of them it can answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from arforecast import kpis, reconciliation, schedules, snapshot
from arforecast.errors import UnknownError
from arforecast.forecast import exposure
from arforecast.kpis import known
from arforecast.ledger import Books
from arforecast.ledger.answers import once
from arforecast.ledger.tables import TABLES

CALLS = (
    "history", "bridge", "late_payers", "worklist", "cash_forecast", "cash_within", "cash_assumptions", "scenarios",
    "ratings", "policy", "plans", "pricing",
)  # fmt: skip
# Those of them that say when something is paid.
OF_PAYMENTS = ("late_payers", "worklist", "cash_forecast", "cash_within", "scenarios")
RECORDS = (
    "late_record", "date_record", "cash_record", "rating_results", "rating_skill", "policy_months", "plan_results",
)  # fmt: skip
MEND_SNAPSHOT = " Add what was billed and paid before, and remove the snapshot from ledger.toml."


@dataclass(frozen=True)
class Standing:
    """The books, and the day at whose close they are read."""

    books: Books
    day: date

    def _history(self, asked: str) -> None:
        """Raises UnknownError where the ledger does not know what was paid."""
        if why := known.not_in_ledger(self.books):
            raise UnknownError(f"{asked} needs history and is {why}.{MEND_SNAPSHOT if why == known.NO_HISTORY else ''}")

    def _payments(self, asked: str) -> None:
        """Raises UnknownError where the ledger does not know what was paid, or nothing was yet: what is forecast from
        that is that nothing ever will be, for certain."""
        self._history(asked)
        if self._unpaid:
            raise UnknownError(f"{asked} is {known.NOTHING_PAID}.")

    def _record(self) -> None:
        self._history("The record of forecasts")
        if not self._billed:
            raise UnknownError(f"The record of forecasts is {known.NO_INVOICES}.")

    def where_known(self, ask: str, **options: Any) -> pd.DataFrame:
        """What the method `ask` answers, today.where_known("cash_within", weeks=4); where the ledger does not know it,
        a frame without columns, and `unknown()` says why."""
        if ask in OF_PAYMENTS and self._unpaid:
            return pd.DataFrame()
        try:
            return getattr(self, ask)(**options)
        except UnknownError:
            return pd.DataFrame()

    def unknown(self) -> dict[str, str]:
        """Why a figure is not known on this day, by its name, and empty where it is: every KPI, every schedule, as
        `history` what is learnt from payments, and the calls that need it. See `arforecast.kpis.known`."""
        begun = snapshot.first_issued(self.books, snapshot.calendar([self.day])).first_issued_on.to_list()
        of_kpis = known.unknown(kpis.catalogue(self.books.settings), self.books, self.day, next(iter(begun), None))
        of_schedules = {name: schedules.unknown(name, self.books, self.day) for name in schedules.SCHEDULES}
        history = known.not_in_ledger(self.books)
        of_calls = dict.fromkeys(CALLS, history) | {"effect": history or self._unreserved}
        of_payments = dict.fromkeys(OF_PAYMENTS, history or (known.NOTHING_PAID if self._unpaid else ""))
        of_records = dict.fromkeys(RECORDS, history or ("" if self._billed else known.NO_INVOICES))
        return of_kpis | of_schedules | of_calls | of_payments | of_records

    @property
    def _unreserved(self) -> str:
        """Why nothing causal can be said of contacts; empty where it can."""
        return "" if self.books.settings.actions.holdout_share else known.NO_RESERVE

    @cached_property
    def _billed(self) -> bool:
        """Whether an invoice is known."""
        invoices = self.books.tables["invoices"]
        return bool(invoices.filter(invoices.entered_on <= self.day).count().execute())

    @cached_property
    def _unpaid(self) -> bool:
        """Whether invoices are known, and nothing that reduces one."""
        reduced = self.books.tables["applications"]
        known_by = (reduced.entered_on <= self.day) & (reduced.amount > 0)
        return self._billed and not reduced.filter(known_by).count().execute()

    def stamp(self) -> dict[str, Any]:
        """What a figure rests on: as_of, where (the conditions of a part), currency (empty where none is named),
        fingerprint, version, settings (the file that held), loosened (the bounds of gates set wider than by default),
        rows, gates, missing_tables, unknown, of_the_whole (the tables that a part knows nothing of)."""
        from arforecast import __version__

        whole = self.books.entire.present
        missing = [(table.name, table.feeds) for table in TABLES if table.name not in whole]
        return {
            "as_of": self.day.isoformat(),
            "where": list(self.books.where),
            "currency": self._currency,
            "fingerprint": self.books.fingerprint,
            "version": __version__,
            "settings": self.books.settings.file,
            "loosened": self.books.settings.ledger.loosened,
            "rows": self.books.rows.to_dict("records"),
            "gates": self._gates().to_dict("records"),
            "missing_tables": missing,
            "unknown": self.unknown(),
            "of_the_whole": sorted(whole & self.books.beyond),
        }

    @once
    def _gates(self) -> pd.DataFrame:
        return pd.DataFrame(map(asdict, reconciliation.gates(self.books, self.day)))

    @cached_property
    def _facts(self) -> snapshot.Facts:
        return snapshot.computed(self.books, [self.day])

    @cached_property
    def _lives(self) -> exposure.Lives:
        return exposure.lives(self._facts)

    @property
    def _currency(self) -> str:
        """The reporting currency; nothing where neither the ledger nor its settings name one."""
        rules, books = self.books.settings.ledger, self.books
        return rules.currency if "currency" in rules.model_fields_set or books.foreign else ""

    @property
    def _decimals(self) -> int:
        return self.books.settings.ledger.decimals
