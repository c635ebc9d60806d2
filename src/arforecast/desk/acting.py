"""What to do on a day: whom to contact, whom to trust, what to propose, and what that is worth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property

import pandas as pd

from arforecast import kernel
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
from arforecast.desk.days import MOST_WEEKS, whole
from arforecast.desk.forecast import Forecast
from arforecast.errors import UnknownError, UsageError
from arforecast.forecast import backtest
from arforecast.ledger.answers import once


class Acting(Forecast):
    """The actions of the day."""

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
        return accounts.sheet(self._facts, self.day, str(customer_id))

    def account_sheets(self, customer_ids: Sequence[str]) -> Sheet:
        """The sheets of several customers in one; see `arforecast.actions.accounts.sheets`."""
        named = [customer_ids] if isinstance(customer_ids, str) else map(str, customer_ids)
        return accounts.sheets(self._facts, self.day, list(named))

    def account_glossary(self) -> pd.DataFrame:
        """What the reasons to look at an account mean, and its figures: kpi, meaning."""
        return accounts.glossary()

    def customers(self) -> pd.DataFrame:
        """The customers' names: customer_id, name (the identifier where there is none)."""
        invoiced = self.books.tables["invoices"].select("customer_id").distinct()
        customers = invoiced.order_by("customer_id").to_pandas()
        return customers.assign(name=accounts.names(self.books, customers.customer_id))

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

    @cached_property
    def _conduct(self) -> rating.Conduct:
        return rating.conduct(self._facts, self._lives)

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
        """The payment plans that accounts with overdue debt can carry by their record, first whose debt is worth most;
        see `arforecast.actions.plans`. Money in the currency of its row; `p_kept` is a probability of 0-1.

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
        self._payments("The worklist")
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
        weeks = whole("weeks", weeks, MOST_WEEKS)
        self._history("What contacting brings")
        if why := self._unreserved:
            raise UnknownError(f"What contacting brings is {why}.")
        since = self.books.settings.actions.holdout_since or self.day
        eves = trial.eves(self.day, weeks, max(since, self._first_learnt + timedelta(days=1)))
        return effect.effect(trial.trials(self._facts, self._past(eves), self.day, capacity))

    @property
    def _first_learnt(self) -> date:
        """The first day on which there was enough to learn from."""
        return backtest.first_origin(self._facts, self.day) or self.day

    def worklist_glossary(self) -> pd.DataFrame:
        """What the columns of the worklist and of `effect` mean, and the actions: kpi, meaning."""
        return pd.concat([worklist.glossary(), effect.glossary()], ignore_index=True)
