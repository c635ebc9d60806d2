"""What foreign money is worth: flows at the rate of their day, balances at the closing rate, and nothing rounded."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import ibis
from ibis import _

from arforecast import currencies
from arforecast.errors import RateError

if TYPE_CHECKING:
    from arforecast.ledger.books import Books
    from arforecast.settings import Settings

# Together 38 digits, which every engine has: an amount times a rate is exact, and so is the sum of many.
AMOUNT, RATE, CONVERTED = "decimal(17,0)", "decimal(20,12)", "decimal(38,12)"
# From which rate on, and below which one, the digits above hold none.
TOO_LARGE, LEAST = 1e8, 1e-12
CENTURY = 36_525


def daily(rates: ibis.Table, settings: Settings) -> ibis.Table:
    """The rate of each currency on each day that has one: rate_on, currency, rate.

    A rate holds until the next one of its currency, and no longer than `rate_age_limit_days`, a century at most:
    weekends and month-ends need no row of their own, and a table that has ended is noticed.
    """
    then = _.rate_on.lead().over(group_by="currency", order_by="rate_on")
    known = rates.select("currency", "rate_on", rate=_.rate.cast(RATE), then=then)
    longest = min(settings.ledger.rate_age_limit_days, CENTURY) + 1
    ages = ibis.least(known.then.delta(known.rate_on, unit="day").fill_null(longest), longest)
    aged = known.mutate(age=ibis.range(0, ages).unnest())
    return aged.select("currency", rate_on=(aged.rate_on + aged.age.as_interval("D")).cast("date"), rate="rate")


def unrated(rows: ibis.Table, on: str, rates: ibis.Table, settings: Settings) -> ibis.Table:
    """Those of `rows` (with a column currency) in a foreign currency that has no rate on the day `on`."""
    foreign = rows.filter(_.currency != settings.ledger.currency)
    return foreign.anti_join(rates, [(on, "rate_on"), "currency"])


def valued(books: Books, rows: ibis.Table, on: str, *money: str) -> ibis.Table:
    """`rows` with the columns `money` in the reporting currency, at the rates of the day in the column `on`.

    They are in the currency of the row or, where it has none, of its invoice. For days on which something was booked:
    without a rate it would have been quarantined. A ledger of one currency comes back as it is.
    """
    if not books.foreign:
        return rows
    own = _with_currency(books, rows)
    priced = own.left_join(
        books.tables["rates"].rename(rate_currency="currency"), [(on, "rate_on"), ("currency", "rate_currency")]
    )
    # A domestic row is worth itself: it finds no rate.
    rate = priced.rate.fill_null(ibis.literal(1).cast(RATE))
    worth = {name: _worth(priced[name], priced.currency, rate, books) for name in money}
    return priced.mutate(**worth).select(*rows.columns)


def _worth(amount: ibis.Value, currency: ibis.Value, rate: ibis.Value, books: Books) -> ibis.Value:
    """Minor units of `currency` in those of the reporting one, which can be hundredths where the others are
    thousandths or whole."""
    ours = books.settings.ledger.decimals
    moves = {code: ours - currencies.decimals(code) for code in books.foreign}
    others = (
        (currency.isin([code for code in moves if moves[code] == by]), (_moved(amount, by) * rate).cast(CONVERTED))
        for by in sorted({*moves.values()} - {0})
    )
    same = (amount.cast(AMOUNT) * rate).cast(CONVERTED)
    return ibis.cases(*others, else_=same) if any(moves.values()) else same


def _moved(amount: ibis.Value, by: int) -> ibis.Value:
    """The amount with its point moved to the right, or to the left where `by` is negative: no digit is lost."""
    if by > 0:
        return (amount.cast(AMOUNT) * 10**by).cast(AMOUNT)
    return (amount.cast(AMOUNT) * ibis.literal(Decimal(1).scaleb(by), RATE)).cast(f"decimal(17,{-by})")


def devalued(books: Books, rows: ibis.Table, on: str, into: str, money: str) -> ibis.Table:
    """`rows` with the column `money`, in the reporting currency, in whole minor units of the currency in the column
    `into`, at the rates of the day in the column `on`: the way back from `valued`."""
    rates = books.tables["rates"].rename(rate_currency="currency")
    priced = rows.left_join(rates, [(on, "rate_on"), (into, "rate_currency")])
    minor = ((priced[into] == code, 10.0 ** currencies.decimals(code)) for code in sorted(books.foreign))
    ours = 10.0**books.settings.ledger.decimals
    worth = priced[money].cast("float64") / ours / priced.rate.cast("float64").fill_null(1)
    return priced.mutate(**{money: (worth * ibis.cases(*minor, else_=ours)).round().cast("int64")}).select(rows.columns)


def valued_at_close(books: Books, rows: ibis.Table, on: str, *money: str) -> ibis.Table:
    """As `valued`, for balances at the close of any day. Raises RateError with the currency and the day that has no
    rate."""
    if books.foreign:
        wanted = _with_currency(books, rows).select("currency", on=on).distinct()
        missing = unrated(wanted, "on", books.tables["rates"], books.settings).order_by("on", "currency").limit(1)
        for first in missing.to_pandas().itertuples():
            raise RateError(
                f"There is no rate of {first.currency} on {str(first.on)[:10]}. Add it to rates: the latest one up to "
                f"that day counts, if it is at most {books.settings.ledger.rate_age_limit_days} days old."
            )
    return valued(books, rows, on, *money)


def _with_currency(books: Books, rows: ibis.Table) -> ibis.Table:
    if "currency" in rows.columns:
        return rows
    invoices = books.tables["invoices"].select("currency", abroad_id="invoice_id")
    abroad = invoices.filter(_.currency != books.settings.ledger.currency)
    return rows.left_join(abroad, rows.invoice_id == abroad.abroad_id).drop("abroad_id")
