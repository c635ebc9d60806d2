"""Words: what a text can say of an account, each amount and each day as its language writes it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list

from arforecast.actions.reminders import Reminders
from arforecast.currencies import decimals
from arforecast.delivery.message import plain
from arforecast.errors import UsageError
from arforecast.settings import Settings
from arforecast.snapshot import in_own_currency


def locale_of(language: str, country: str | None) -> Locale:
    """How a language is written in a country, or at all where it is not known there. Raises UsageError for what is
    none."""
    try:
        return Locale.parse(f"{language}_{country}")
    except (UnknownLocaleError, ValueError):
        pass
    try:
        return Locale.parse(language)
    except UnknownLocaleError as fault:
        raise UsageError(
            f"How {language} writes amounts and days is not known. Name the file of its texts, {language}.j2, by a "
            "language of ISO 639, such as it or nl."
        ) from fault


def words(account: dict[Any, Any], own: Reminders, settings: Settings, as_of: date, locale: Locale) -> dict[str, Any]:
    """Everything that a template can use; docs/credit.md lists it."""
    return _sender(settings) | _asked(account, own, as_of, locale) | _statement(own, locale)


def _sender(settings: Settings) -> dict[str, str]:
    rules = settings.reminders
    lines = (line for line in map(plain, rules.pay_to.splitlines()) if line)
    return {"company": plain(rules.company), "contact": plain(rules.contact), "pay_to": "\n".join(lines)}


def _asked(account: dict[Any, Any], own: Reminders, as_of: date, locale: Locale) -> dict[str, Any]:
    """What the account is asked for, or offered."""
    asked, broken = own.items[own.items.asked], pd.notna(account["promised_on"])
    promised = account["promised_amount"], account["promised_currency"]
    parts: Iterator[Any] = own.instalments.itertuples()
    return {
        "stage": account["stage"],
        "name": plain(account["name"]),
        "customer": plain(account["customer_id"]),
        "today": _day(as_of, locale),
        "first_due": _day(account["first_due_on"], locale),
        "pay_by": _day(account["pay_by_on"], locale),
        "promised_on": _day(account["promised_on"], locale) if broken else "",
        "promised": _money(_exact(*promised), promised[1], locale) if broken else "",
        "one_day": asked.due_on.nunique() == 1,
        "total": _total(asked, locale),
        "asked": [_item(row, locale) for row in asked.itertuples()],
        "instalments": [
            {"due": _day(part.due_on, locale), "amount": _money(Decimal(str(part.amount)), part.currency, locale)}
            for part in parts
        ],
    }


def _statement(own: Reminders, locale: Locale) -> dict[str, Any]:
    """Where the account stands: all open items, the disputed ones too, by age, and the last payments."""
    payments: Iterator[Any] = own.payments.itertuples()
    ages = own.items.groupby("bucket", sort=False)
    return {
        "balance": _total(own.items, locale),
        "items": [_item(row, locale) for row in own.items.itertuples()],
        "ageing": [{"bucket": bucket, "open": _total(rows, locale)} for bucket, rows in ages],
        "payments": [
            {
                "paid": _day(row.paid_on, locale),
                "amount": _money(_exact(row.amount, row.currency), row.currency, locale),
            }
            for row in payments
        ],
        "credit": _listed(own.credits.groupby("currency").amount.sum(), locale),
    }


def _item(row: Any, locale: Locale) -> dict[str, Any]:
    return {
        "invoice": plain(row.invoice_id),
        "issued": _day(row.issued_on, locale),
        "due": _day(row.due_on, locale),
        "amount": _money(_exact(row.amount, row.currency), row.currency, locale),
        "open": _money(_exact(row.open_balance, row.currency), row.currency, locale),
        "disputed": row.disputed,
    }


def _total(items: pd.DataFrame, locale: Locale) -> str:
    """What is open in each currency."""
    return _listed(items.groupby("currency").open_balance.sum(), locale)


def _listed(sums: pd.Series, locale: Locale) -> str:
    """An amount of each currency, in minor units of it, as one text."""
    amounts = [_money(_exact(minor, str(code)), str(code), locale) for code, minor in sums.items()]
    return format_list(amounts, locale=locale)


def _exact(minor: float, currency: str) -> Decimal:
    return Decimal(int(minor)).scaleb(-decimals(currency))


def major(rows: pd.DataFrame, *money: str) -> pd.DataFrame:
    """The rows with amounts in major units of their own currency."""
    return rows.assign(**{name: in_own_currency(rows[name], rows.currency) for name in money})


def _money(amount: Decimal, currency: str, locale: Locale) -> str:
    """With the decimals that amounts are booked with, whatever the language usually shows of the currency."""
    pattern = copy.copy(locale.currency_formats["standard"])
    pattern.frac_prec = (decimals(currency),) * 2
    return pattern.apply(amount, locale, currency=currency, currency_digits=False)


def _day(on: date, locale: Locale) -> str:
    return format_date(on, "long", locale=locale)
