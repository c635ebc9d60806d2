"""What is forecast on a day: when each invoice is paid, what cash comes, and how right past forecasts were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from arforecast import kernel
from arforecast.desk.days import MOST_WEEKS, dated, days_of, whole
from arforecast.desk.measured import Measured
from arforecast.errors import UnknownError, UsageError
from arforecast.forecast import (
    accuracy,
    backtest,
    book,
    cash,
    dates,
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
from arforecast.ledger.answers import once
from arforecast.settings import Scenario, scenario

RECORD_WEEKS = 13


class Forecast(Measured):
    """The forecasts of the day, and the record of those before it."""

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
        rows = late.late_payers(self._facts, self._today)
        return late.untold(rows, self.day) if self._unpaid else rows

    @kernel.telling("Predicting payment dates on past days")
    @once
    def late_record(self) -> pd.DataFrame:
        """Past chances of being late beside what became of them; see `arforecast.forecast.backtest.late_record`."""
        self._record()
        return self._of_past_dues[0].copy()

    @kernel.telling("Predicting payment dates on past days")
    @once
    def date_record(self) -> pd.DataFrame:
        """Past payment dates and their ranges beside the days that came; see `arforecast.forecast.dates.record`."""
        self._record()
        return self._of_past_dues[1].copy()

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
        weeks = whole("weeks", weeks, MOST_WEEKS)
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

    @kernel.telling("Forecasting cash on past days")
    def cash_record(self) -> pd.DataFrame:
        """Past forecasts of cash and of its baselines beside what came; see `arforecast.forecast.cash.comparison`."""
        self._record()
        return self._cash_beside.copy()

    def accuracy(self) -> pd.DataFrame:
        """What `cash_record` is worth by every measure that people quote, beside simple rules; see
        `arforecast.forecast.accuracy.decoded`."""
        return accuracy.decoded(self.cash_record())

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
        weeks = whole("weeks", weeks, MOST_WEEKS)
        self._payments("The forecast of cash")
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
        self._payments("What people expect of payments")
        if "overrides" not in self.books.present:
            raise UnknownError("What people expect of payments is not in this ledger. Add overrides.csv.")

    @kernel.telling("Forecasting cash, past weeks first")
    def keep_forecast(self, folder: str | Path, weeks: int = 13) -> Path:
        """Keep today's forecast of cash in the book in `folder`, and say in which file; the same one is kept once. See
        `arforecast.forecast.book`."""
        weeks = whole("weeks", weeks, MOST_WEEKS)
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
        origins = backtest.origins(self._first_origin(dated(since)), self.day, days_of(every))
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
        weeks = whole("weeks", weeks, MOST_WEEKS)
        self._payments("The forecast of cash")
        return cash.raw_forecast(self._flows, self._today, weeks)

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
