"""Cells become values: dates as ISO, amounts as plain decimals, exactly as declared or not at all."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import product
from typing import Any, Literal

import pandas as pd
from babel.dates import get_month_names

from arforecast import currencies
from arforecast.ledger.imports.mapping import Format
from arforecast.ledger.imports.origins import (
    SERIAL,
    DatePlusDays,
    First,
    Joined,
    Less,
    Negated,
    Numbered,
    Origin,
    Placed,
    Single,
    Titled,
    Written,
    YearOf,
    foreign,
    plain,
)

FIRST_YEAR, LAST_YEAR = 1900, 9999
# What is written for the same sign: blanks that do not break a line, the apostrophe of typesetters, the true minus.
ALIKE, MINUS = dict.fromkeys("\u00a0\u2009\u202f", " ") | dict.fromkeys("\u2019\u02bc", "'"), "\u2212"
Width = Literal["wide", "abbreviated"]
WIDTHS: tuple[Width, ...] = ("wide", "abbreviated")
CONTEXTS: tuple[Literal["format", "stand-alone"], ...] = ("format", "stand-alone")
Text = pd.Series
Titles = dict[int, list[str]]
"""The lines above the header, by their number."""


@dataclass(frozen=True)
class Rows:
    """The rows of an export as text, how they are written, each one's currency, and whether its amounts are below
    zero; the lines above the header; how days are written beside the declared form."""

    cells: pd.DataFrame
    form: Format
    currency: pd.Series
    minus: pd.Series
    titles: Titles
    days: tuple[str, ...] = ()

    def of(self, rows: pd.Series) -> Rows:
        return replace(self, cells=self.cells[rows], currency=self.currency[rows], minus=self.minus[rows])

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
    return READERS[type(origin)](rows, type_, origin)


def _of_number(rows: Rows, _: str, origin: Numbered) -> Reading:
    numbers = origin.row + rows.cells.index.astype("str").to_series(rows.cells.index)
    return Reading("row", numbers, numbers)


def _of_title(rows: Rows, _: str, origin: Titled) -> Reading:
    said = pd.Series(_title(rows.titles, *origin.title), index=rows.cells.index, dtype="str")
    return Reading("line {}, cell {}".format(*origin.title), said, said)


def _of_place(rows: Rows, _: str, origin: Placed) -> Reading:
    nothing = pd.Series("", index=rows.cells.index, dtype="str")
    said = rows.cells.iloc[:, origin.cell - 1] if origin.cell <= rows.cells.shape[1] else nothing
    return Reading(f"cell {origin.cell}", said, said)


def _of_negated(rows: Rows, type_: str, origin: Negated) -> Reading:
    there = _single(rows, type_, origin.minus)
    return replace(there, value=_negated(there.value))


def _of_joined(rows: Rows, type_: str, origin: Joined) -> Reading:
    return _plain(rows, type_, origin, _joined(rows.cells, list(origin.join)))


def _written(rows: Rows, type_: str, origin: Written) -> Reading:
    own = origin.model_dump(include={"dates", "decimal", "thousands", "minor_units"}, exclude_none=True)
    text = rows.cells[origin.column]
    if origin.matches is not None:
        text = text.where(text.str.fullmatch(origin.matches), "")
    if origin.in_year_of is None:
        return _plain(replace(rows, form=rows.form.model_copy(update=own)), type_, origin.column, text)
    moments = _in_year(text, str(origin.dates), _begins(rows, origin.in_year_of))
    return Reading(origin.column, text, _iso(moments).mask(text == "", ""))


def _title(titles: Titles, row: int, cell: int) -> str:
    """What stands there, empty where nothing does."""
    there = titles.get(row, [])
    return there[cell - 1].strip() if cell <= len(there) else ""


def made(cells: pd.DataFrame, titles: Titles, form: Format, origins: dict[str, Origin]) -> pd.DataFrame:
    """The cells with the columns that are made of others, one after the other; what is there stays as it is."""
    none = pd.Series("", index=cells.index, dtype="str")
    lacking = {name: origin for name, origin in origins.items() if name not in cells}
    for name, origin in lacking.items():
        rows = Rows(cells, form, none, none != "", titles)
        cells = cells.assign(**{name: reading(rows, "text", origin).value})
    return cells


def _plain(rows: Rows, type_: str, origin: Origin, text: Text) -> Reading:
    return Reading(" + ".join(foreign(origin)), text, _value(rows, type_, text))


def _value(rows: Rows, type_: str, text: Text) -> Text:
    match type_:
        case "date":
            return dates(text, rows.form, rows.days)
        case "money":
            return money(rows, text)
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


def _less(rows: Rows, type_: str, origin: Less) -> Reading:
    """The one less the other, exactly; empty where both are, null where one cannot be read."""
    amount, less = (_single(rows, type_, name) for name in origin.foreign)
    empty, unread = (amount.text == "") & (less.text == ""), amount.value.isna() | less.value.isna()
    first, second = (each.value.mask(unread | (each.text == ""), "0").map(Decimal) for each in (amount, less))
    value = (first - second).map("{:f}".format).astype("str").mask(unread).mask(empty, "")
    text = amount.text.mask(less.text != "", amount.text + " less " + less.text)
    return Reading(f"{amount.column} less {less.column}", text.mask(empty, ""), value)


def _negated(value: Text) -> Text:
    """The same amount with the other sign; nothing stays nothing."""
    turned = ("-" + value).str.removeprefix("--")
    return turned.mask(~value.str.contains("[1-9]", na=True), value)


# Dates


def _days_after(rows: Rows, _: str, origin: DatePlusDays) -> Reading:
    """Empty where the number of days is: an open invoice has none until it is paid."""
    cells = rows.cells
    fixed = pd.Series(str(origin.plus_days), index=cells.index, dtype="str")
    days = cells[origin.plus_days] if isinstance(origin.plus_days, str) else fixed
    whole = pd.to_numeric(days.where(days.str.fullmatch("-?[0-9]{1,5}"))).astype("float64")
    first = _moments(cells[origin.date], rows.form, rows.days)
    begins = pd.Series(first + pd.offsets.MonthEnd(0)) if origin.end_of_month else first
    later = begins + pd.to_timedelta(whole, unit="D")
    text = (cells[origin.date] + " + " + days).mask(days == "", "")
    return Reading(f"{origin.date} + {origin.plus_days}", text, _iso(later).mask(days == "", ""))


def dates(text: Text, form: Format, beside: tuple[str, ...] = ()) -> Text:
    """ISO dates; empty stays empty, null where the cell is no date as declared, nor in a form beside."""
    return _iso(_moments(text, form, beside)).mask(text == "", "")


def _moments(text: Text, form: Format, beside: tuple[str, ...]) -> pd.Series:
    """The moments as the forms have them; what several of them read as several is none."""
    forms = dict.fromkeys((*form.date_forms, *beside))
    read = [_in_zone(_as_written(text, each, form.months_in), form.times_in) for each in forms]
    moments = read[0] if len(read) == 1 else _agreed(pd.concat(read, axis=1))
    return _in_the_books(moments, form) if form.times_in else moments


def _in_zone(moments: pd.Series, zone: str) -> pd.Series:
    """Times that say their own zone, as the clocks of this one show them; others are of it."""
    return moments if moments.dt.tz is None else moments.dt.tz_convert(zone).dt.tz_localize(None)


def _agreed(read: pd.DataFrame) -> pd.Series:
    first = read.min(axis=1)
    return first.where(first == read.max(axis=1))


def _as_written(text: Text, form: str, months_in: str = "en") -> pd.Series:
    if form == SERIAL:
        return _serial(text)
    # pandas takes the words "now" and "today" for dates; a date has a digit.
    written = text.where(text.str.contains("[0-9]"))
    if plain(form) != form:
        written = written.str.zfill(len(date(2026, 12, 31).strftime(plain(form))))
    written = in_english(written, form, months_in)
    moments = pd.to_datetime(written, format=plain(form), errors="coerce", utc="%z" in form)
    if re.search("%-?[A-Za-z]%(?!z)", form):
        # With nothing between day and month 1112026 is two days; with every zero written it is none.
        moments = moments.where(moments.dt.strftime(plain(form)) == written)
    return moments


def _serial(text: Text) -> pd.Series:
    """Days as spreadsheets number them: whole ones are a day, a fraction is a time."""
    number = pd.to_numeric(text.where(text.str.fullmatch("[0-9]{1,7}([.,][0-9]+)?"))).astype("float64")
    return pd.Timestamp("1899-12-30") + pd.to_timedelta(number.where(number < 2_958_466).floordiv(1), unit="D")


def in_english(text: Text, form: str, months_in: str) -> Text:
    """The names of months, short or long, as English has them in this form; whatever their capitals, with or without a
    point."""
    if months_in == "en" or not re.search("%[bB]", form):
        return text
    names = _months(months_in, "wide" if "%B" in form else "abbreviated")
    words = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return text.str.replace(rf"(?i)\b({words})\b\.?", lambda found: names[found[1].casefold()], regex=True)


@lru_cache
def _months(language: str, english_width: Width) -> dict[str, str]:
    """Each name of a month, and the one of this width in English."""
    ours: dict[str, str] = {}
    english = get_month_names(english_width, locale="en")
    for width, context in product(WIDTHS, CONTEXTS):
        told = get_month_names(width, context, language)
        ours |= {str(told[month]).removesuffix(".").casefold(): str(english[month]) for month in english}
    return ours


def _begins(rows: Rows, year: YearOf) -> pd.Series:
    return _as_written(rows.cells[year.column], year.dates)


def _in_year(text: Text, form: str, begins: pd.Series) -> pd.Series:
    """Days without a year, in the twelve months that begin on that day."""
    years = [(begins.dt.year + later).map("/{:.0f}".format).astype("str") for later in (0, 1)]
    this, next_ = (_as_written((text + year).where(text != ""), f"{form}/%Y") for year in years)
    return this.where(this >= begins, next_)


def _in_the_books(moments: pd.Series, form: Format) -> pd.Series:
    """Times of one zone as the clocks of the books show them; an hour that a clock shows twice is the later one."""
    there = moments.dt.tz_localize(form.times_in, ambiguous=False, nonexistent="shift_forward")
    return there.dt.tz_convert(form.days_in).dt.tz_localize(None)


def _iso(moments: pd.Series) -> Text:
    plausible = moments.dt.year.between(FIRST_YEAR, LAST_YEAR)
    return moments.where(plausible).dt.strftime("%Y-%m-%d").astype("str")


# Amounts


def money(rows: Rows, text: Text) -> Text:
    """The amounts of rows, with the sign that their row gives them."""
    value = amounts(text, rows.form, rows.decimals)
    return value.mask(rows.minus, _negated(value)) if rows.minus.any() else value


def amounts(text: Text, form: Format, decimals: pd.Series) -> Text:
    """Decimal numbers, digit for digit; empty stays empty, null where the cell is no amount as declared.

    decimals: how many those of each row's currency have: zeros beyond them are none of the amount, and so many make
    one of it where it is written in minor units.
    """
    bare = _with_minus_in_front(_alike(text, form), form)
    read = _minor(bare, decimals) if form.minor_units else _without_zeros(_major(bare, form), decimals)
    return read.mask(text == "", "")


def _alike(text: Text, form: Format) -> Text:
    """Signs that are written for the same as the declared one, as it is declared."""
    same = {MINUS: "-"} | {sign: plain for sign, plain in ALIKE.items() if plain == _thousands(form)}
    for sign, told in same.items():
        text = text.str.replace(sign, told, regex=False)
    return text


def _thousands(form: Format) -> str:
    """The declared sign between thousands, as all of its kind are written here."""
    return ALIKE.get(form.thousands, form.thousands)


def _with_minus_in_front(text: Text, form: Format) -> Text:
    bare = _without_sign(text, form.currency_sign)
    if "brackets" in form.negatives:
        bare = bare.str.replace(r"^(?:\(([^()-]+)\)|<([^<>-]+)>)$", r"-\1\2", regex=True)
        bare = _without_sign(bare, form.currency_sign)
    if "credit_behind" in form.negatives:
        bare = bare.str.replace(r"(?i)^(.*[0-9])\s*(?:CR\.?|H)$", r"-\1", regex=True)
        bare = bare.str.replace(r"(?i)(?<=[0-9])\s*(?:DR\.?|S)$", "", regex=True)
    if "minus_behind" in form.negatives:
        bare = bare.str.replace(r"^([^-]*[0-9])\s*-$", r"-\1", regex=True)
    return bare


def _without_sign(text: Text, sign: str) -> Text:
    literal = re.escape(sign)
    return text.str.replace(rf"^(-?){literal}\s*|\s*{literal}$", r"\1", regex=True) if sign else text


def _major(bare: Text, form: Format) -> Text:
    thousands, point = re.escape(_thousands(form)), re.escape(form.decimal)
    # A sign between thousands stands before every three digits, or as in India before the last three and every two in
    # front of them, or nowhere: 1.23 is not 123.
    whole = rf"[0-9]+|[0-9]{{1,3}}({thousands}[0-9]{{3}})+|[0-9]{{1,2}}({thousands}[0-9]{{2}})+{thousands}[0-9]{{3}}"
    found = bare.where(bare.str.fullmatch(rf"-?({whole})({point}[0-9]+)?"))
    if form.thousands:
        found = found.str.replace(_thousands(form), "", regex=False)
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
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    of = list(zip(*keys, strict=True))
    for key, each in zip(of, amount, strict=True):
        sums[key] += Decimal(each)
    return pd.Series([str(sums[key]) for key in of], index=amount.index, dtype="str")


READERS: dict[type, Callable[[Rows, str, Any], Reading]] = {
    DatePlusDays: _days_after,
    Joined: _of_joined,
    Negated: _of_negated,
    Less: _less,
    Numbered: _of_number,
    Placed: _of_place,
    Titled: _of_title,
    Written: _written,
}
"""How each kind of origin is read."""
