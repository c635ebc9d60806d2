"""Cells become values: dates as ISO, amounts as plain decimals, exactly as declared or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd

from arforecast import currencies
from arforecast.ledger.imports.mapping import (
    DatePlusDays,
    First,
    Format,
    Negated,
    Numbered,
    Origin,
    Single,
    Written,
    foreign,
)

FIRST_YEAR, LAST_YEAR = 1900, 9999
Text = pd.Series


@dataclass(frozen=True)
class Rows:
    """The rows of an export as text, how they are written, and each one's currency."""

    cells: pd.DataFrame
    form: Format
    currency: pd.Series

    def of(self, rows: pd.Series) -> Rows:
        return replace(self, cells=self.cells[rows], currency=self.currency[rows])

    @property
    def decimals(self) -> pd.Series:
        """How many decimals the amounts of each row have; of a currency that is not named, as most have."""
        known = {code: currencies.decimals(code) for code in self.currency.unique()}
        return self.currency.map(known).astype("int64")


@dataclass(frozen=True)
class Reading:
    """One ledger column: the foreign column, its cells, and their values (null: not written as declared)."""

    column: str
    text: pd.Series
    value: pd.Series


def reading(rows: Rows, type_: str, origin: Origin) -> Reading:
    """A ledger column of this type, from where its mapping has it."""
    if isinstance(origin, First):
        return _first([_single(rows, type_, single) for single in origin.first])
    return _single(rows, type_, origin)


def _single(rows: Rows, type_: str, origin: Single) -> Reading:
    if isinstance(origin, str):
        return _plain(rows, type_, origin, rows.cells[origin])
    match origin:
        case DatePlusDays():
            return _days_after(rows, origin)
        case Numbered():
            numbers = origin.row + rows.cells.index.astype("str").to_series(rows.cells.index)
            return Reading("row", numbers, numbers)
        case Negated():
            there = _single(rows, type_, origin.minus)
            return replace(there, value=_negated(there.value))
        case Written():
            own = rows.form.model_copy(update=origin.model_dump(exclude={"column"}, exclude_none=True))
            return _single(replace(rows, form=own), type_, origin.column)
    return _plain(rows, type_, origin, _joined(rows.cells, list(origin.join)))


def _plain(rows: Rows, type_: str, origin: Origin, text: Text) -> Reading:
    return Reading(" + ".join(foreign(origin)), text, _value(rows, type_, text))


def _value(rows: Rows, type_: str, text: Text) -> Text:
    match type_:
        case "date":
            return dates(text, rows.form)
        case "money":
            return amounts(text, rows.form, rows.decimals)
        case _:
            return text


def _first(readings: list[Reading]) -> Reading:
    """The first that is not empty: what cannot be read there is no reason to look further."""
    text, value = readings[0].text, readings[0].value
    for other in readings[1:]:
        empty = text == ""
        text, value = text.mask(empty, other.text), value.mask(empty, other.value)
    return Reading(" or ".join(each.column for each in readings), text, value)


def _joined(cells: pd.DataFrame, columns: list[str]) -> Text:
    """The parts with a dash between; empty where one of them is."""
    joined = cells[columns[0]].str.cat(cells[columns[1:]], sep="-")
    return joined.mask((cells[columns] == "").any(axis=1), "")


def _negated(value: Text) -> Text:
    """The same amount with the other sign; nothing stays nothing."""
    turned = ("-" + value).str.removeprefix("--")
    return turned.mask(~value.str.contains("[1-9]", na=True), value)


# Dates


def _days_after(rows: Rows, origin: DatePlusDays) -> Reading:
    """Empty where the number of days is: an open invoice has none until it is paid."""
    cells = rows.cells
    fixed = pd.Series(str(origin.plus_days), index=cells.index, dtype="str")
    days = cells[origin.plus_days] if isinstance(origin.plus_days, str) else fixed
    whole = pd.to_numeric(days.where(days.str.fullmatch("-?[0-9]{1,5}"))).astype("float64")
    first = _moments(cells[origin.date], rows.form)
    begins = pd.Series(first + pd.offsets.MonthEnd(0)) if origin.end_of_month else first
    later = begins + pd.to_timedelta(whole, unit="D")
    text = (cells[origin.date] + " + " + days).mask(days == "", "")
    return Reading(f"{origin.date} + {origin.plus_days}", text, _iso(later).mask(days == "", ""))


def dates(text: Text, form: Format) -> Text:
    """ISO dates; empty stays empty, null where the cell is no date as declared."""
    return _iso(_moments(text, form)).mask(text == "", "")


def _moments(text: Text, form: Format) -> pd.Series:
    # pandas takes the words "now" and "today" for dates; a date has a digit.
    written = text.where(text.str.contains("[0-9]"))
    moments = pd.to_datetime(written, format=form.dates, errors="coerce")
    if re.search("%[A-Za-z]%[A-Za-z]", form.dates):
        # With nothing between day and month 1112026 is two days; with every zero written it is none.
        moments = moments.where(moments.dt.strftime(form.dates) == written)
    return _in_the_books(moments, form) if form.times_in else moments


def _in_the_books(moments: pd.Series, form: Format) -> pd.Series:
    """Times of one zone as the clocks of the books show them; an hour that a clock shows twice is the later one."""
    there = moments.dt.tz_localize(form.times_in, ambiguous=False, nonexistent="shift_forward")
    return there.dt.tz_convert(form.days_in).dt.tz_localize(None)


def _iso(moments: pd.Series) -> Text:
    plausible = moments.dt.year.between(FIRST_YEAR, LAST_YEAR)
    return moments.where(plausible).dt.strftime("%Y-%m-%d").astype("str")


# Amounts


def amounts(text: Text, form: Format, decimals: pd.Series) -> Text:
    """Decimal numbers, digit for digit; empty stays empty, null where the cell is no amount as declared.

    decimals: how many those of each row's currency have: zeros beyond them are none of the amount, and so many make
    one of it where it is written in minor units.
    """
    bare = _with_minus_in_front(text, form)
    read = _minor(bare, decimals) if form.minor_units else _without_zeros(_major(bare, form), decimals)
    return read.mask(text == "", "")


def _with_minus_in_front(text: Text, form: Format) -> Text:
    bare = _without_sign(text, form.currency_sign)
    if "brackets" in form.negatives:
        bare = _without_sign(bare.str.replace(r"^\(([^()-]+)\)$", r"-\1", regex=True), form.currency_sign)
    if "minus_behind" in form.negatives:
        bare = bare.str.replace(r"^([^-]*[0-9])\s*-$", r"-\1", regex=True)
    return bare


def _without_sign(text: Text, sign: str) -> Text:
    literal = re.escape(sign)
    return text.str.replace(rf"^(-?){literal}\s*|\s*{literal}$", r"\1", regex=True) if sign else text


def _major(bare: Text, form: Format) -> Text:
    thousands, point = re.escape(form.thousands), re.escape(form.decimal)
    # A sign between thousands stands before every three digits or nowhere: 1.23 is not 123.
    written = rf"-?([0-9]+|[0-9]{{1,3}}({thousands}[0-9]{{3}})+)({point}[0-9]+)?"
    found = bare.where(bare.str.fullmatch(written))
    if form.thousands:
        found = found.str.replace(form.thousands, "", regex=False)
    return found.str.replace(form.decimal, ".", regex=False)


def _without_zeros(found: Text, decimals: pd.Series) -> Text:
    """Four decimals, of which the last two are zeros, are two."""
    for places in decimals.unique():
        of = decimals == places
        kept = rf"(\.[0-9]{{{places}}})0+$" if places else r"()\.0+$"
        found = found.mask(of, found[of].str.replace(kept, r"\1", regex=True))
    return found


def _minor(bare: Text, decimals: pd.Series) -> Text:
    whole = bare.where(bare.str.fullmatch("-?[0-9]+"))
    for places in decimals[decimals > 0].unique():
        of = decimals == places
        digits = whole[of].str.removeprefix("-").str.zfill(places + 1)
        sign = whole[of].str.extract("^(-?)", expand=False)
        whole = whole.mask(of, sign + digits.str[:-places] + "." + digits.str[-places:])
    return whole


def added(amount: Text, keys: list[Text]) -> Text:
    """Beside each amount the exact sum of those whose keys are the same."""
    return amount.map(Decimal).groupby(keys, sort=False).transform(lambda of: sum(of, Decimal())).astype("str")
