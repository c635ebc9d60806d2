"""What an analyst types: open a ledger, stand on a day, ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from html import escape
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

import arforecast.ledger as ledgers
from arforecast import kernel, kpis, reconciliation, schedules, snapshot
from arforecast.actions import (
    accounts,
    effect,
    plan_record,
    plans,
    policy,
    policy_record,
    pricing,
    rating,
    rating_record,
    reminders,
    trial,
    worklist,
)
from arforecast.actions.accounts import Sheet
from arforecast.actions.reminders import Reminders
from arforecast.errors import UnknownError, UsageError
from arforecast.forecast import (
    accuracy,
    backtest,
    book,
    cash,
    dates,
    exposure,
    late,
    opinions,
    position,
    scale,
    scenarios,
    scorecard,
    spans,
    variance,
)
from arforecast.forecast.backtest import Past
from arforecast.forecast.scorecard import Backtest
from arforecast.forecast.variance import Compared
from arforecast.kpis import bridge, families, known, rows, targets
from arforecast.ledger import Books, part
from arforecast.ledger.answers import once
from arforecast.ledger.groups import WHOLE, By, columns, groupings
from arforecast.ledger.part import Wanted
from arforecast.ledger.tables import TABLES
from arforecast.settings import Scenario, Settings, load, scenario
from arforecast.snapshot import regrouped

RECORD_WEEKS = 13
CALLS = (
    "history", "bridge", "late_payers", "worklist", "cash_forecast", "cash_within", "cash_assumptions", "scenarios",
    "ratings", "policy", "plans", "pricing",
)  # fmt: skip
RECORDS = (
    "late_record", "date_record", "cash_record", "rating_results", "rating_skill", "policy_months", "plan_results",
)  # fmt: skip
MOST_MONTHS, MOST_WEEKS = 600, 156
MEND_SNAPSHOT = " Add what was billed and paid before, and remove the snapshot from ledger.toml."
FIRST_YEAR, LAST_YEAR = 1900, 2999


@dataclass(frozen=True)
class Ledger:
    """A ledger whose rows are checked and ready to be asked."""

    books: Books

    def __repr__(self) -> str:
        return f"Ledger of {self.books!r}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.books.rows.to_html(index=False, border=0)}"

    @property
    def problems(self) -> pd.DataFrame:
        """What is wrong with single rows: table, file, row, column, value, rule, severity, amount, message."""
        return self.books.problems

    @property
    def quarantine(self) -> pd.DataFrame:
        """The rows that were set aside, as they stand in their file, and why; `quarantine.csv` holds them."""
        return self.books.quarantine

    def where(self, text: str = "", /, **columns: Wanted) -> Ledger:
        """The same ledger with fewer rows: the invoices and customers that meet every condition, and what is theirs.

        By column of invoices or customers: where(country="CA"), several values where(country=["CA", "US"]), a span of
        days where(issued_on=("2026-01-01", "2026-03-31")), both included and None where it is open. `text` says the
        same as a page's parameter does: "country=CA, country=US, issued_on=2026-01-01..2026-03-31". Rows without a
        value have "(none)". Costs belong to no customer and are not known of a part, unless it is one by entity;
        control totals are not checked. Raises UsageError for an unknown column, or a value that no row has.
        """
        return Ledger(part.part(self.books, part.conditions(text, columns)))

    def as_of(self, day: str | date) -> Snapshot:
        """The ledger as it was known at the close of `day`. Raises UsageError for what is not a date, and for a day of
        which the ledger knows nothing: before its first fact, or any other than that of its open items."""
        return Snapshot(self.books, self._known(_date(day)))

    def _known(self, day: date) -> date:
        notes = self.books.notes
        if notes.snapshot_on and day != notes.snapshot_on:
            raise UsageError(
                f"This ledger holds the open items of {notes.snapshot_on}, without history: nothing is known of {day}. "
                f"Stand on {notes.snapshot_on}."
            )
        first, last = self._entries
        if notes.snapshot and last and day < last:
            raise UsageError(f"The open items of this ledger go up to {last}: they are not those of {day}.")
        begins = max(filter(None, (first, notes.complete_from)), default=day)
        if day < begins:
            raise UsageError(f"The ledger begins on {begins}: nothing is known of {day}. Stand on a later day.")
        return day

    @cached_property
    def _entries(self) -> tuple[date | None, date | None]:
        """The days on which the first and the last fact entered the books."""
        tables = self.books.entire.tables
        facts = [tables[name].select("entered_on") for name in ("invoices", "applications", "receipts")]
        ends = ibis.union(*facts).aggregate(first=ibis._.entered_on.min(), last=ibis._.entered_on.max()).execute()
        return _day(ends["first"].iloc[0]), _day(ends["last"].iloc[0])


@dataclass(frozen=True)
class Snapshot:
    """A ledger as it was known at the close of one day."""

    books: Books
    day: date

    def __repr__(self) -> str:
        return f"Snapshot of {self.day}: {self.books!r}"

    def _repr_html_(self) -> str:
        asks = ", ".join(f"<code>{name}()</code>" for name in ("kpis", "accounts", "late_payers", "cash_forecast"))
        return f"<p>{escape(repr(self))}</p><p>Ask it for {asks}.</p>"

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
        return rows.rows(facts, self.day, kpi, group or WHOLE)

    def _days(self, months: int) -> list[date]:
        """The day and the month-ends before it, or the one day that open items alone are of."""
        _refuse_beyond("months", months, MOST_MONTHS)
        return [self.day] if self.books.notes.without_history else snapshot.month_ends(self.day, months)

    def _history(self, asked: str) -> None:
        """Raises UnknownError where the ledger does not know what was paid."""
        if why := known.not_in_ledger(self.books):
            raise UnknownError(f"{asked} needs history and is {why}.{MEND_SNAPSHOT if why == known.NO_HISTORY else ''}")

    def _record(self) -> None:
        self._history("The record of forecasts")
        if not self._billed:
            raise UnknownError(f"The record of forecasts is {known.NO_INVOICES}.")

    def where_known(self, ask: str, **options: Any) -> pd.DataFrame:
        """What the method `ask` answers, today.where_known("cash_within", weeks=4); where the ledger does not know it,
        a frame without columns, and `unknown()` says why."""
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
        of_records = dict.fromkeys(RECORDS, history or ("" if self._billed else known.NO_INVOICES))
        return of_kpis | of_schedules | of_calls | of_records

    @cached_property
    def _billed(self) -> bool:
        """Whether an invoice is known."""
        invoices = self.books.tables["invoices"]
        return bool(invoices.filter(invoices.entered_on <= self.day).count().execute())

    @once
    def bridge(self, since: str | date | None = None) -> pd.DataFrame:
        """Why open_ar and DSO moved since the close of `since`, the month-end before unless given, or the day the
        ledger opened with where that is later, in parts; see `arforecast.kpis.bridge.parts`."""
        self._history("The bridge")
        opening, opened_on = snapshot.opening(self.day), self.books.notes.opened_on
        before = max(opening, opened_on or opening) if since is None else _date(since)
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
        figures = kpis.measured_by_each(self.books, self._days(months), asked)
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

    @kernel.telling("Looking at accounts")
    @once
    def accounts(self) -> pd.DataFrame:
        """Every customer who owes, those most worth a look first; see `arforecast.actions.accounts.owing`.

        Money in the reporting currency, lengths in days, shares 0-1.

        >>> today.accounts()[["customer_id", "overdue_balance", "reasons"]].columns.tolist()
        ['customer_id', 'overdue_balance', 'reasons']
        """
        return accounts.owing(self._facts, self.day)

    def account(self, customer_id: str) -> Sheet:
        """What is open, paid, promised and said of one customer; see `arforecast.actions.accounts.Sheet`."""
        return accounts.sheet(self._facts, self.day, customer_id)

    def account_sheets(self, customer_ids: Sequence[str]) -> Sheet:
        """The sheets of several customers in one; see `arforecast.actions.accounts.sheets`."""
        return accounts.sheets(self._facts, self.day, customer_ids)

    @kernel.telling("Rating customers")
    def ratings(self) -> pd.DataFrame:
        """Every customer billed in two years with its grade, A to E or new, the worst first; see
        `arforecast.actions.rating`.

        Money in the reporting currency, shares and chances 0-1; `expected_loss_share` is null where the ledger tells of
        no write-offs.

        >>> today.ratings()[["customer_id", "grade", "expected_days_late"]].columns.tolist()
        ['customer_id', 'grade', 'expected_days_late']
        """
        self._history("The rating of customers")
        return rating.ratings(self._facts, self._conduct, self.day)

    @kernel.telling("Rating customers on past days")
    @once
    def rating_record(self) -> pd.DataFrame:
        """Past ratings beside the six months that followed; see `arforecast.actions.rating_record.record`."""
        self._record()
        return rating_record.record(self._facts, self._conduct, self.day)

    def rating_results(self) -> pd.DataFrame:
        """What past grades came to, with ranges; see `arforecast.actions.rating_record.by_grade`."""
        return rating_record.by_grade(self.rating_record())

    def rating_skill(self) -> pd.DataFrame:
        """How well past ratings ordered what came, beside the simplest rule; see
        `arforecast.actions.rating_record.skill`."""
        return rating_record.skill(self.rating_record())

    def rating_glossary(self) -> pd.DataFrame:
        """What the columns of `ratings` mean: kpi, meaning."""
        return rating.glossary()

    @kernel.telling("Applying the credit policy")
    def policy(self) -> pd.DataFrame:
        """Which rule of the credit policy each customer meets, and the limit and terms it proposes, those on hold
        first; see `arforecast.actions.policy`. Money in the reporting currency.

        >>> today.policy()[["customer_id", "proposal", "rules"]].columns.tolist()
        ['customer_id', 'proposal', 'rules']
        """
        self._history("The credit policy")
        return policy.policy(self._facts, self._conduct, self.day)

    @kernel.telling("Applying the credit policy to past sales")
    def policy_sales(self) -> pd.DataFrame:
        """Each sale of 24 months, what the policy would have done with it and what became of it; see
        `arforecast.actions.policy_record.sales`."""
        self._record()
        return policy_record.sales(self._facts, self._conduct, self.day)

    def policy_months(self) -> pd.DataFrame:
        """What the policy would have done by month: sales refused and kept, cash forgone, losses avoided; see
        `arforecast.actions.policy_record.by_month`, and `arforecast.actions.policy_record.UNSEEN` for what no ledger
        tells."""
        return policy_record.by_month(self.policy_sales())

    def policy_glossary(self) -> pd.DataFrame:
        """What the columns of `policy` and of `policy_months` mean: kpi, meaning."""
        return policy_record.glossary()

    @kernel.telling("Drawing up payment plans")
    def plans(self) -> pd.DataFrame:
        """The payment plans that accounts with overdue debt can carry by their record, the largest debt first; see
        `arforecast.actions.plans`. Money in the currency of its row; `p_kept` is a probability of 0-1.

        >>> today.plans()[["customer_id", "instalments", "plan"]].columns.tolist()
        ['customer_id', 'instalments', 'plan']
        """
        self._history("A payment plan")
        return plans.plans(self._facts, self._lives, self.day)

    def plan_instalments(self) -> pd.DataFrame:
        """The instalments of these plans, which add up to the debt; see `arforecast.actions.plans.instalments`."""
        self._history("A payment plan")
        return plans.instalments(self._facts, self._lives, self.day)

    @kernel.telling("Looking at past payment plans")
    def plan_record(self) -> pd.DataFrame:
        """Past payment plans that are over, each with what was said of it and what the rule would have allowed; see
        `arforecast.actions.plan_record.record`."""
        self._record()
        return plan_record.record(self._facts, self._lives, self.day)

    def plan_results(self) -> pd.DataFrame:
        """What past plans came to, beside what was said of them; see `arforecast.actions.plan_record.by_fit`."""
        return plan_record.by_fit(self.plan_record())

    def plan_glossary(self) -> pd.DataFrame:
        """What the columns of `plans` and of `plan_record` mean: kpi, meaning."""
        return plan_record.glossary()

    @kernel.telling("Pricing terms")
    def pricing(self) -> pd.DataFrame:
        """What early payment is worth by customer, the discounts that pay at the cost of capital, what late fees bring,
        and the terms that follow; see `arforecast.actions.pricing`. Money in the reporting currency.

        >>> today.pricing()[["customer_id", "verdict", "break_even_share"]].columns.tolist()
        ['customer_id', 'verdict', 'break_even_share']
        """
        self._history("What early payment is worth")
        return pricing.pricing(self._facts, self._conduct, self.day)

    def pricing_glossary(self) -> pd.DataFrame:
        """What the columns of `pricing` mean: kpi, meaning."""
        return pricing.glossary()

    @kernel.telling("Looking whom to remind")
    def reminders(self) -> Reminders:
        """Who is to be reminded, at which stage and of what; see `arforecast.actions.reminders.Reminders`.

        Amounts are whole minor units of the currency of their row. `arforecast.letters.write` makes letters of it.
        """
        self._history("A reminder")
        return reminders.reminders(self._facts, self._lives, self.day)

    def account_glossary(self) -> pd.DataFrame:
        """What the reasons to look at an account mean, and its figures: kpi, meaning."""
        return accounts.glossary()

    @kernel.telling("Weighing what to do")
    @once
    def worklist(
        self, capacity: int | None = None, collector: str | None = None, minutes: float | None = None
    ) -> pd.DataFrame:
        """Whom to contact on the next working day, how and why, the most valuable first, as many as there is time for:
        `capacity` accounts, or `minutes` of work; see `arforecast.actions.worklist.worklist`.

        Money in the reporting currency, lengths in days, shares 0-1. Without a limit all who owe are there, those to be
        left alone last.

        >>> today.worklist(capacity=5)[["rank", "action"]].columns.tolist()
        ['rank', 'action']
        """
        self._history("The worklist")
        for name, limit in (("capacity", capacity), ("minutes", minutes)):
            if limit is not None and not limit > 0:
                raise UsageError(f"{name} is {limit}. Ask for more than 0.")
        return worklist.worklist(self._facts, self._today, worklist.Limits(capacity, minutes, collector))

    @kernel.telling("Making the lists of past weeks")
    def effect(self, weeks: int = 26, capacity: int | None = None) -> pd.DataFrame:
        """What contacting brought in the last `weeks` weeks, by the accounts that the lot left alone; see
        `arforecast.actions.effect.effect` and `arforecast.actions.trial`.

        capacity: for how many accounts a week there was time. Money in the reporting currency. Raises UnknownError
        where the settings reserve nobody: who was called is no sample of who might have been.
        """
        _refuse_beyond("weeks", weeks, MOST_WEEKS)
        self._history("What contacting brings")
        if why := self._unreserved:
            raise UnknownError(f"What contacting brings is {why}.")
        since = self.books.settings.actions.holdout_since or self.day
        eves = trial.eves(self.day, weeks, max(since, self._first_learnt + timedelta(days=1)))
        return effect.effect(trial.trials(self._facts, self._past(eves), self.day, capacity))

    @property
    def _unreserved(self) -> str:
        """Why nothing causal can be said of contacts; empty where it can."""
        return "" if self.books.settings.actions.holdout_share else known.NO_RESERVE

    @property
    def _first_learnt(self) -> date:
        """The first day on which there was enough to learn from."""
        return backtest.first_origin(self._facts, self.day) or self.day

    def worklist_glossary(self) -> pd.DataFrame:
        """What the columns of the worklist and of `effect` mean, and the actions: kpi, meaning."""
        return pd.concat([worklist.glossary(), effect.glossary()], ignore_index=True)

    def schedule_glossary(self) -> pd.DataFrame:
        """What each schedule means: kpi, meaning."""
        return schedules.glossary().rename(columns={"schedule": "kpi"})

    @kernel.telling("Predicting payment dates")
    @once
    def late_payers(self) -> pd.DataFrame:
        """Every open invoice with its payment distribution; see `arforecast.forecast.late.late_payers`.

        `open_balance` is money in `currency`, `worth_amount` in the reporting currency; what begins with `p_` is a
        probability of 0-1 (of being settled after `due_on`, or within that many days), `paid_on_p50` the day until
        which it is settled with even odds, empty beyond the horizon; `expected_days_late` is days.

        >>> late = today.late_payers()
        >>> late.columns[:5].tolist()
        ['invoice_id', 'customer_id', 'due_on', 'currency', 'open_balance']
        >>> bool(late.p_late.between(0, 1).all())
        True
        """
        self._history("The list of who will pay late")
        return late.late_payers(self._facts, self._today)

    @kernel.telling("Predicting payment dates on past days")
    @once
    def late_record(self) -> pd.DataFrame:
        """Past chances of being late beside what became of them; see `arforecast.forecast.backtest.late_record`."""
        self._record()
        return self._of_past_dues[0]

    @kernel.telling("Predicting payment dates on past days")
    @once
    def date_record(self) -> pd.DataFrame:
        """Past payment dates and their ranges beside the days that came; see `arforecast.forecast.dates.record`."""
        self._record()
        return self._of_past_dues[1]

    @kernel.telling("Forecasting cash, past weeks first")
    def cash_forecast(self, weeks: int = 13) -> pd.DataFrame:
        """Cash by week and component with ranges that past forecasts have stretched; see
        `arforecast.forecast.cash.by_week`.

        Money in the reporting currency. Week 1 starts on the day after; `component` is open_book (invoices issued),
        unbilled (those to come) or total; `p10` to `p90` is the range of eight weeks in ten.

        >>> today.cash_forecast(weeks=1).columns.tolist()
        ['week_start', 'week_end', 'component', 'mean', 'p2_5', 'p10', 'p25', 'p50', 'p75', 'p90', 'p97_5']
        """
        return cash.by_week(self._cash(spans.WEEK, weeks), self._decimals)

    def cash_days(self, weeks: int = 13) -> pd.DataFrame:
        """The first three weeks of the forecast of so many day by day, each day with its own range and what such ranges
        held; see `arforecast.forecast.cash.by_span`. Days add up to the weeks of `cash_forecast`.

        >>> today.cash_days(weeks=1).columns.tolist()[:4]
        ['from_on', 'until_on', 'component', 'mean']
        """
        return self._cash_by(spans.DAY, weeks)

    def cash_months(self, weeks: int = 13) -> pd.DataFrame:
        """The months of the forecast of so many weeks that end within them, the first from the day after; each with its
        own range and what such ranges held; see `arforecast.forecast.cash.by_span`."""
        return self._cash_by(spans.MONTH, weeks)

    @kernel.telling("Forecasting cash, past weeks first")
    def _cash_by(self, span: str, weeks: int) -> pd.DataFrame:
        return cash.by_span(self._cash(span, weeks), self._published(span), self._decimals)

    @kernel.telling("Looking at billing")
    def cash_assumptions(self, weeks: int = 13) -> pd.DataFrame:
        """What the forecast of cash takes for granted of the weeks to come: their billing, and which of them the ledger
        has never lived through; see `arforecast.forecast.cash.assumptions`."""
        _refuse_beyond("weeks", weeks, MOST_WEEKS)
        self._history("What the forecast of cash rests on")
        return cash.assumptions(self._flows, self._today, weeks, self._decimals)

    @kernel.telling("Forecasting cash, past weeks first")
    def cash_within(self, weeks: int = 13) -> pd.DataFrame:
        """Cash of the first week, the first two, ..., each with its range and what such ranges held; see
        `arforecast.forecast.cash.within`."""
        return cash.within(self._cash(spans.WEEK, weeks), self._published(spans.WEEK), self._decimals)

    @kernel.telling("Forecasting cash, past weeks first")
    def cash_position(self, weeks: int = 13) -> pd.DataFrame:
        """What is left of the cash at the end of each week when all that is due has been paid, with its range and the
        chance of falling below the floor of the settings; see `arforecast.forecast.position.position`.

        Raises UnknownError where the ledger has no outflows.
        """
        if "outflows" not in self.books.present:
            raise UnknownError("What is to be paid out is not in this ledger. Add outflows.csv.")
        return position.position(self._facts, self.cash_within(weeks), self.day)

    @kernel.telling("Supposing")
    def scenarios(self, weeks: int = 13) -> pd.DataFrame:
        """Each scenario of the settings beside the forecast of cash, by week; see
        `arforecast.forecast.scenarios.compared`. Empty where the settings have none."""
        return self._supposed(self.books.settings.scenario, weeks)

    @kernel.telling("Supposing")
    def what_if(self, weeks: int = 13, **assumption: Any) -> pd.DataFrame:
        """The cash of each week under an assumption, as `[scenario.NAME]` of the settings has them, beside the forecast
        as it is; see `arforecast.forecast.scenarios.compared`.

        >>> sooner = today.what_if(weeks=4, days=-5)
        >>> bool(sooner.so_far.iloc[0] > 0)
        True

        Raises UsageError for an assumption that is none.
        """
        return self._supposed({"what if": scenario(**assumption)}, weeks)

    def _supposed(self, named: Mapping[str, Scenario], weeks: int) -> pd.DataFrame:
        _refuse_beyond("weeks", weeks, MOST_WEEKS)
        self._history("The forecast of cash")
        return scenarios.compared(self._facts, self._flows, self._today, weeks, named)

    @kernel.telling("Predicting payment dates")
    def overrides(self) -> pd.DataFrame:
        """What people expect of open invoices, and what that changes; see `arforecast.forecast.opinions.changes`.

        Raises UnknownError where the ledger has no overrides.
        """
        self._overruled()
        return opinions.changes(self._today, self.books.settings.forecast.horizon_days, self._decimals)

    @kernel.telling("Predicting payment dates on past days")
    def overrides_record(self) -> pd.DataFrame:
        """What people expected before, beside the model that they overruled and what came; see
        `arforecast.forecast.opinions.record`. Raises UnknownError where the ledger has no overrides."""
        self._overruled()
        past = self._past(opinions.origins(self._lives, self.day))
        return opinions.record(past, self.books.settings.forecast.horizon_days, self.day)

    def _overruled(self) -> None:
        self._history("What people expect of payments")
        if "overrides" not in self.books.present:
            raise UnknownError("What people expect of payments is not in this ledger. Add overrides.csv.")

    @kernel.telling("Forecasting cash on past days")
    def cash_record(self) -> pd.DataFrame:
        """Past forecasts of cash and of its baselines beside what came; see `arforecast.forecast.cash.comparison`."""
        self._record()
        return self._cash_beside.copy()

    def accuracy(self) -> pd.DataFrame:
        """What `cash_record` is worth by every measure that people quote, beside simple rules; see
        `arforecast.forecast.accuracy.decoded`."""
        return accuracy.decoded(self.cash_record())

    @kernel.telling("Forecasting cash, past weeks first")
    def keep_forecast(self, folder: str | Path, weeks: int = 13) -> Path:
        """Keep today's forecast of cash in the book in `folder`, and say in which file; the same one is kept once. See
        `arforecast.forecast.book`."""
        said = book.entry(
            self._head(),
            self.cash_forecast(weeks),
            self.cash_within(weeks),
            variance.expectations(self._flows, self._today, weeks),
        )
        return book.add(Path(folder), said)

    @kernel.telling("Comparing forecasts with what came")
    def book(self, folder: str | Path) -> Compared:
        """The forecasts in the book in `folder` beside what came until today: the error of each week that is over, in
        parts that add up to it, and how right they were over time; see `arforecast.forecast.variance.Compared`.

        Raises UsageError where there is no book, SourceError where a file of it was changed.
        """
        self._history("The book of forecasts")
        said = book.counted(book.read(Path(folder)), self._head())
        errors = variance.explained(self._facts, said)
        return Compared(errors, accuracy.by_month(accuracy.beside_rules(self._facts, errors)))

    def published(self, folder: str | Path, weeks: int = 13) -> pd.DataFrame:
        """Keep today's forecast, as `keep_forecast` does, and tell what those before it said of weeks now over: the
        errors of `book`. Raises UnknownError where no folder is named: nobody keeps a book then."""
        if not folder:
            raise UnknownError(
                "No book of forecasts is kept here. Name its folder; a report keeps one beside its runs."
            )
        self.keep_forecast(folder, weeks)
        return self.book(folder).errors

    def _head(self) -> dict[str, Any]:
        """Of which ledger, and by what, a forecast is made."""
        from arforecast import __version__

        return {
            "as_of": self.day.isoformat(),
            "fingerprint": self.books.fingerprint,
            "version": __version__,
            "where": ", ".join(self.books.where),
            "currency": self.books.settings.ledger.currency,
            "decimals": self._decimals,
            "settings": self.books.settings.forecast.model_dump_json(),
        }

    @kernel.telling("Forecasting on past days")
    def backtest(self, since: str | date, every: str = "1w") -> Backtest:
        """How right forecasts made from `since` on would have been, one every `every` (1w, 2w, 10d) before this day:
        their scores, and the rows these are made of; see `arforecast.forecast.scorecard.Backtest`.

        Each forecast knows what was known on its own day; what came is read as it is known at the close of this one.
        Its ranges of cash are stretched to what those of the earlier ones missed, so a longer past has better ranges.
        Raises UsageError for a first day on which there is nothing to learn from, or that is not past.

        >>> tested = today.backtest("2026-05-04", every="4w")
        >>> tested.scores[["what", "score"]].iloc[0].tolist()
        ['p_late', 'brier']
        """
        self._record()
        origins = backtest.origins(self._first_origin(_date(since)), self.day, _days(every))
        late_rows, date_rows, cash_rows = zip(*map(self._said, self._past(origins)), strict=True)
        ranges = cash.published(pd.concat(cash_rows, ignore_index=True))
        beside = cash.comparison(self._facts, self._past(origins), ranges)
        chances, said = (
            backtest.depth(self._lives, pd.concat(rows, ignore_index=True)) for rows in (late_rows, date_rows)
        )
        return Backtest(scorecard.scored(chances, said, beside, self._major(ranges)), beside, chances, said)

    def _said(self, then: Past) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """What an origin said of chances, of dates and of cash: it is asked for all at once, for its model is dear."""
        flows = cash.flows(self._facts, [then.origin])
        weeks = cash.of_span(cash.record(self._facts, flows, [then], RECORD_WEEKS), spans.WEEK)
        return *self._of_dues(then), weeks

    def _of_dues(self, *past: Past) -> tuple[pd.DataFrame, pd.DataFrame]:
        """What origins said of invoices not due: chances of being late, and dates."""
        horizon = self.books.settings.forecast.horizon_days
        return backtest.late_record(self._facts, past, self.day), dates.record(past, horizon, self.day)

    @cached_property
    def _of_past_dues(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The same of the weekly origins, one after another, for none is kept and its model is dear."""
        parts = [self._of_dues(then) for then in self._past(self._origins)] or [self._of_dues()]
        chances, said = (pd.concat(rows, ignore_index=True) for rows in zip(*parts, strict=True))
        return chances, said

    def _first_origin(self, since: date) -> date:
        first = backtest.first_origin(self._facts, self.day)
        if first is None or not first <= since < self.day:
            raise UsageError(
                f"{since} is no day to forecast from: the first with eight weeks of invoices behind it is {first}, and "
                f"what came is read as of {self.day}. Begin between them."
            )
        return since

    def _major(self, money: pd.DataFrame) -> pd.DataFrame:
        names = ["mean", *cash.QUANTILES, "actual"]
        return money.assign(**{name: money[name].astype(float) / 10**self._decimals for name in names})

    def _cash(self, span: str, weeks: int) -> pd.DataFrame:
        """The days, the weeks or the months of the forecast of so many weeks."""
        return scale.stretched(cash.of_span(self._forecast(weeks), span), self._cash_past(span))

    @cached_property
    def _forecast(self) -> Callable[[int], pd.DataFrame]:
        """The forecast of so many weeks, made once: all spans, their sums and the book are of the same one."""
        return cache(self._drawn)

    @once
    def _drawn(self, weeks: int) -> pd.DataFrame:
        _refuse_beyond("weeks", weeks, MOST_WEEKS)
        self._history("The forecast of cash")
        return cash.raw_forecast(self._flows, self._today, weeks)

    @cached_property
    def _facts(self) -> snapshot.Facts:
        return snapshot.stand(self.books, [self.day]).cached()

    @cached_property
    def _lives(self) -> exposure.Lives:
        return exposure.lives(self._facts)

    @cached_property
    def _conduct(self) -> rating.Conduct:
        return rating.conduct(self._facts, self._lives)

    @cached_property
    def _origins(self) -> list[date]:
        return backtest.weekly_origins(self._facts, self.day)

    def _past(self, origins: Sequence[date]) -> Iterator[Past]:
        return backtest.past(self._facts, self._lives, origins)

    @cached_property
    def _today(self) -> Past:
        return next(self._past([self.day]))

    @cached_property
    def _flows(self) -> cash.Flows:
        return cash.flows(self._facts, [*self._origins, self.day])

    def _cash_past(self, span: str) -> pd.DataFrame:
        return cash.of_span(self._cash_spans, span)

    @cached_property
    def _published(self) -> Callable[[str], pd.DataFrame]:
        """The record of days, of weeks, or of months as it would have been published, made once."""
        return cache(lambda span: cash.published(self._cash_past(span)))

    @cached_property
    @once
    def _cash_spans(self) -> pd.DataFrame:
        return cash.record(self._facts, self._flows, self._past(self._origins), RECORD_WEEKS)

    @cached_property
    @once
    def _cash_beside(self) -> pd.DataFrame:
        return cash.comparison(self._facts, self._past(self._origins), self._published(spans.WEEK))

    @property
    def _currency(self) -> str:
        """The reporting currency; nothing where neither the ledger nor its settings name one."""
        rules, books = self.books.settings.ledger, self.books
        return rules.currency if "currency" in rules.model_fields_set or books.foreign else ""

    @property
    def _decimals(self) -> int:
        return self.books.settings.ledger.decimals

    def glossary(self) -> pd.DataFrame:
        """What each KPI means: kpi, meaning, unit, better."""
        return kpis.glossary(self.books.settings)

    def customers(self) -> pd.DataFrame:
        """The customers' names: customer_id, name (the identifier where there is none)."""
        invoiced = self.books.tables["invoices"].select("customer_id").distinct()
        customers = invoiced.order_by("customer_id").to_pandas()
        return customers.assign(name=accounts.names(self.books, customers.customer_id))

    @once
    def _gates(self) -> pd.DataFrame:
        return pd.DataFrame(map(asdict, reconciliation.gates(self.books, self.day)))

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


@kernel.telling("Reading and checking the ledger")
def open_ledger(url: Any, settings: Settings | None = None) -> Ledger:
    """Open the ledger at `url` and check every row.

    `url` is a folder of CSV or Parquet files, a .duckdb file, a database URL (`postgres://...`), or a Spark session; or
    the name of an entity of the settings, or `group` for all of them together.

    Settings come from `arforecast.toml` in the ledger's folder, or else in the working folder, unless given.
    Raises SourceError when there is no ledger or one of its files cannot be read.
    """
    settings, url = settings or load(*ledgers.source.places(url)), ledgers.source.whole(url)
    return Ledger(ledgers.checked.find(url, settings) or _read(url, settings))


def _read(url: Any, settings: Settings) -> Books:
    if url == ledgers.GROUP and settings.entities:
        return ledgers.open_group(settings)
    return ledgers.open_books(settings.entities.get(url, url) if isinstance(url, str) else url, settings)


def _day(entered: Any) -> date | None:
    return None if pd.isna(entered) else pd.Timestamp(entered).date()


def _date(day: str | date) -> date:
    try:
        if isinstance(day, datetime):
            return _plausible(day.date())
        return _plausible(day if isinstance(day, date) else date.fromisoformat(day))
    except (ValueError, TypeError) as fault:
        raise UsageError(f"{day} is not a date. Write it as YYYY-MM-DD.") from fault


def _plausible(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise UsageError(f"{day} is a day of no books. Choose one from {FIRST_YEAR} to {LAST_YEAR}.")
    return day


def _days(every: str) -> int:
    """The days of a span such as 1w or 10d."""
    if not (span := re.fullmatch(r"([1-9]\d{0,2})([dw])", every)):
        raise UsageError(f"{every} is no span between forecasts. Write it as 1w, 2w or 10d.")
    return int(span[1]) * {"d": 1, "w": 7}[span[2]]


def _refuse_beyond(name: str, number: int, most: int) -> None:
    if not 1 <= number <= most:
        raise UsageError(f"{name} is {number}. Ask for 1 to {most}.")
