"""Mappings: how a foreign export is written, where its ledger columns stand, which rows belong to which table.

A mapping is a TOML file. Those in `mappings/` are built in; a user's own has the same sections, all but [columns]
optional:

    like         the preset that it is but for what stands here; before the first section, as is
    matched      the column whose words applications without an invoice share with those that they settle
    [format]     encoding, separator, decimal, thousands, currency_sign, negatives, minor_units, dates, months_in,
                 times_in, days_in, blanks, sheet, header_rows, headings, closings, see `Format`
    [called]     "Foreign column" = other names that it has in some of these exports
    [made]       "Foreign column" = what it is made of where the export has none, see `Origin`
    [below_zero] "Foreign column" = which values: the amounts of rows with them are below zero; several of them, each
                 after a line [[below_zero]], are as many ways
    [columns]    ledger column of the invoices = where it comes from, see `Origin`
    [optional]   the same, for columns that only some of these exports have
    [constants]  ledger column = "value of every row"
    [keep]       "Foreign column" = which values: rows with another one are not of this table
    [drop]       "Foreign column" = which values: rows with one of them are skipped
    [expect]     "Foreign column" = which values: rows with another one cannot be told truly: quarantined
    [lines]      what to do with several rows of one invoice: rows = "sum" | "same" | "first", see `Part`
    [credits.columns], [receipts.keep], [customers.lines] ... the same of another table, or several times of one, each
                 after a line [[applications]]; [drop] holds for all of them
    [total]      column = "Foreign column", and under [total.line] which row states its sum, see `Total`
    [ledger]     what the ledger says of itself: currency, country, time_zone, source, snapshot, as_of_line,
                 complete_from

Which values: a list of them, or { begins = ["Total for"] }, { matches = "[1-6][0-9]{4}" }, { sign = "minus" } ("plus",
"zero"), { empty = true }, { same_as = "Another column" }, { differs_from = "Another column" }.
"""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.dates import get_month_names
from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationError, field_validator, model_validator

from arforecast.errors import UsageError
from arforecast.ledger.imports.origins import (
    KINDS,
    SERIAL,
    First,
    Form,
    Less,
    Origin,
    Told,
    Words,
    Written,
    foreign,
    plain,
)
from arforecast.ledger.tables import BY_NAME, INVOICES, Table
from arforecast.settings import Section, reason, toml

SEVERAL = "several"


Sign = Annotated[str, Field(pattern=r'^[^"\r\n]$')]


def _is_several(told: object) -> str:
    return "" if isinstance(told, str) else SEVERAL


def _each(told: str | Words) -> Words:
    """What is told as one word or as several."""
    return (told,) if isinstance(told, str) else told


class Format(Section):
    """How the export is written: declared, never guessed.

    encoding: or several, of which the first counts in which the file can be read; what begins with a byte order mark
    says its own. separator: or several, of which the first counts with which the header is found. negatives: how
    amounts below zero are written beside a minus in front. minor_units: amounts are whole numbers of cents, or what the
    smallest unit of their currency is. dates: a form, or several, beside year-month-day; what two of them read as two
    days is none. months_in: the language of names of months. times_in and days_in: the zone of the export's times, and
    the one in which the books count their days; with %z in dates each time says its own. sheet: of a workbook, the
    one that has the columns where it is empty.
    header_rows: how many lines the names of the columns fill. headings: a column that the export does not have: lines
    with a single filled cell name what the rows under them belong to. closings: the words before a heading in the line
    that ends it.
    """

    encoding: str | Words = "utf-8"
    separator: Sign | Annotated[tuple[Sign, ...], Field(min_length=1)] = ","
    decimal: Literal[".", ","] = "."
    thousands: Annotated[str, Field(pattern="^[^0-9-]?$")] = ""
    currency_sign: str = ""
    negatives: tuple[Literal["minus_behind", "brackets", "credit_behind"], ...] = ()
    minor_units: bool = False
    dates: Annotated[
        Annotated[Form, Tag("")] | Annotated[tuple[Form, ...], Field(min_length=1), Tag(SEVERAL)],
        Discriminator(_is_several),
    ] = "%Y-%m-%d"
    months_in: str = "en"
    times_in: str = ""
    days_in: str = ""
    blanks: tuple[str, ...] = ()
    sheet: str = ""
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    headings: str = ""
    closings: Words = ("Total for ",)

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for name in _each(encoding):
            try:
                "".encode(name)
            except LookupError as fault:
                raise ValueError(f"{name} is not an encoding") from fault
        return encoding

    @field_validator("months_in")
    @classmethod
    def _is_a_language(cls, language: str) -> str:
        try:
            Locale.parse(language)
        except (UnknownLocaleError, ValueError) as fault:
            raise ValueError(f"{language} is not a language; write one such as de") from fault
        return language

    @field_validator("times_in", "days_in")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        if zone and zone not in available_timezones():
            raise ValueError(f"{zone} is not a time zone; write one such as Europe/Berlin")
        return zone

    @model_validator(mode="after")
    def _tells_decimals_from_thousands(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError("thousands and decimal are the same sign")
        if bool(self.times_in) != bool(self.days_in):
            raise ValueError("times_in and days_in belong together: a time is moved from one zone to the other")
        if not self.times_in and any("%z" in form for form in self.date_forms):
            raise ValueError('%z needs times_in = "UTC", and days_in: the zone in which the books count their days')
        return self

    @property
    def encodings(self) -> tuple[str, ...]:
        return _each(self.encoding)

    @property
    def ways(self) -> list[Format]:
        """The same with each of its separators alone."""
        return [self.model_copy(update={"separator": sign}) for sign in _each(self.separator)]

    @property
    def date_forms(self) -> tuple[str, ...]:
        return _each(self.dates)

    @property
    def sample_date(self) -> str:
        last = date(2026, 12, 31)
        english = " or ".join("46387" if form == SERIAL else last.strftime(plain(form)) for form in self.date_forms)
        ours = {width: get_month_names(width, locale=self.months_in)[12] for width in ("wide", "abbreviated")}
        return re.sub("Dec(ember)?", lambda found: ours["wide" if found[1] else "abbreviated"], english)

    @property
    def sample_amount(self) -> str:
        return "123450" if self.minor_units else f"1{self.thousands}234{self.decimal}50"


class Values(Section):
    """Cells that meet a condition: they begin with one of some words, are as a regular expression has them, have a sign
    as amounts, are empty or are not, are the same as those of another column or differ from them."""

    begins: Words | None = None
    matches: str | None = None
    sign: Literal["plus", "minus", "zero"] | None = None
    empty: bool | None = None
    same_as: str | None = None
    differs_from: str | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("name one of begins, matches, sign, empty, same_as and differs_from")
        return self

    @field_validator("matches")
    @classmethod
    def _is_an_expression(cls, matches: str | None) -> str | None:
        try:
            re.compile(matches or "")
        except re.error as fault:
            raise ValueError(f"{matches!r} is not a regular expression: {fault}") from fault
        return matches


def _is_values(told: object) -> str:
    return "values" if isinstance(told, (dict, Values)) else ""


Condition = Annotated[Annotated[Words, Tag("")] | Annotated[Values, Tag("values")], Discriminator(_is_values)]
Conditions = dict[str, Condition]


class Lines(Section):
    """What to do with several rows of one identifier; what is not added up has to be the same on all of them.

    sum: each is a line, the amount is their sum. same: each repeats the amount of the whole. first: the first tells
    it all, whatever stands in the others.
    """

    rows: Literal["sum", "same", "first"]


class Part(Section):
    """Which rows of the export make rows of one table, and how.

    where_there: some of these exports lack its columns; then nothing is made of it.
    """

    columns: dict[str, Origin]
    optional: dict[str, Origin] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    keep: Conditions = Field(default_factory=dict)
    expect: Conditions = Field(default_factory=dict)
    lines: Lines | None = None
    where_there: bool = False

    @property
    def needed(self) -> set[str]:
        """The columns that the export must have."""
        return _foreign(self.columns) | _compared(self.keep) | _compared(self.expect)


class Total(Section):
    """The sum that the export states of itself: the column it adds up, or one less another, and the row that states it;
    in subtotals where it is the sum of several such rows."""

    column: str | Less
    line: Conditions = Field(default_factory=dict)
    subtotals: bool = False


class Said(Section):
    """What the ledger says of itself in ledger.toml.

    snapshot: the export holds the open items of one day, without history. as_of_line: how a line above the header
    names that day, in the codes of strftime, or several ways. complete_from: the column that holds the day from which
    on it is complete.
    """

    currency: str | None = None
    country: str | None = None
    time_zone: str | None = None
    source: str | None = None
    snapshot: bool = False
    as_of_line: str | Words = ""
    complete_from: Written | None = None

    @property
    def as_of_lines(self) -> tuple[str, ...]:
        return _each(self.as_of_line)


def _several(told: object) -> object:
    return [told] if isinstance(told, dict) else told


Parts = Annotated[tuple[Part, ...], BeforeValidator(_several)]
Ways = Annotated[tuple[Conditions, ...], BeforeValidator(_several)]
OTHERS = tuple(BY_NAME[name] for name in ("applications", "receipts", "credits", "customers", "disputes"))


class Mapping(Part):
    """The sections of a mapping file: those of the invoices, of other tables, and of the export as a whole.

    matched: the column whose words applications that name no invoice share with those that they settle, see `matching`.
    """

    matched: str = ""
    format: Format = Format()
    called: dict[str, Words] = Field(default_factory=dict)
    made: dict[str, Origin] = Field(default_factory=dict)
    below_zero: Ways = ()
    drop: Conditions = Field(default_factory=dict)
    total: Total | None = None
    ledger: Said = Said()
    applications: Parts = ()
    receipts: Parts = ()
    credits: Parts = ()
    customers: Parts = ()
    disputes: Parts = ()

    @property
    def parts(self) -> list[tuple[Table, Part]]:
        """What makes the rows of each table, the invoices first."""
        others = [(table, part) for table in OTHERS for part in getattr(self, table.name)]
        return [(INVOICES, self), *others]

    def of(self, header: list[str]) -> Mapping:
        """The mapping without the parts whose columns an export with this header lacks."""
        there = {*header, *self.made, self.format.headings}
        kept = {
            table.name: tuple(part for part in getattr(self, table.name) if _is_there(part, there)) for table in OTHERS
        }
        return self.model_copy(update=kept)

    @property
    def needed_columns(self) -> set[str]:
        """Every column that the export must have; the one its headings give is none of them."""
        told = _compared(self.drop).union(*map(_compared, self.below_zero)) | self._of_the_whole
        always = (part.needed for _, part in self.parts if not part.where_there)
        return self._in_the_export(told.union(*always))

    @property
    def _of_the_whole(self) -> set[str]:
        """The columns of the export's total, of the day from which on it is complete, and of what matches."""
        total = {*foreign(self.total.column), *_compared(self.total.line)} if self.total else set()
        begins = set(self.ledger.complete_from.foreign) if self.ledger.complete_from else set()
        return total | begins | ({self.matched} if self.matched else set())

    @property
    def foreign_columns(self) -> set[str]:
        """Every column of the export that the mapping speaks of."""
        told = (part.needed | _foreign(part.optional) for _, part in self.parts)
        return self.needed_columns | self._in_the_export(set().union(*told))

    def _in_the_export(self, columns: set[str]) -> set[str]:
        """The columns with those that a made one is made of in its place."""
        sources = _foreign({name: origin for name, origin in self.made.items() if name in columns})
        return (columns | sources) - {*self.made, self.format.headings}

    @model_validator(mode="after")
    def _makes_its_tables(self) -> Self:
        for table, part in self.parts:
            _check_columns("" if part is self else f"{table.name}.", part, table, self.matched)
            _check_types(part, table)
        return self

    @model_validator(mode="after")
    def _dates_its_payments(self) -> Self:
        if "paid_amount" in self.columns | self.optional and "paid_on" not in self.columns:
            raise ValueError("paid_amount needs paid_on under [columns]")
        if self.applications and "paid_on" in self.columns | self.optional:
            raise ValueError("paid_on and [applications] both tell payments. Keep one of them")
        return self


def _is_there(part: Part, columns: set[str]) -> bool:
    return not part.where_there or part.needed <= columns


def _check_columns(where: str, part: Part, table: Table, matched: str) -> None:
    told = [*part.columns, *part.optional, *part.constants]
    found = {"invoice_id"} if matched and table.name == "applications" else set()
    missing = sorted({column.name for column in table.required} - {*part.columns, *part.constants} - found)
    if missing:
        raise ValueError(f"[{where}columns] does not say where {', '.join(missing)} comes from")
    if len(set(told)) < len(told):
        raise ValueError(f"a ledger column stands in two of [{where}columns], [{where}optional] and [{where}constants]")


def _check_types(part: Part, table: Table) -> None:
    for name, origin in (part.columns | part.optional).items():
        type_ = type_of(table, name)
        for single in origin.first if isinstance(origin, First) else (origin,):
            if isinstance(single, Told) and single.tells and type_ not in single.tells:
                raise ValueError(f"{name} is {_of(type_)}, so {single.word} cannot tell it")


def _of(type_: str) -> str:
    return {"id": "an identifier", "money": "an amount", "text": "text"}.get(type_, f"a {type_}")


def type_of(table: Table, name: str) -> str:
    """The type of a column; one that the contract does not know is text."""
    column = table.column(name)
    return column.type if column else "text"


def _foreign(origins: dict[str, Origin]) -> set[str]:
    return {name for origin in origins.values() for name in foreign(origin)}


def _compared(conditions: Conditions) -> set[str]:
    """The columns that conditions look at."""
    others = (wanted for wanted in conditions.values() if isinstance(wanted, Values))
    beside = {name for wanted in others for name in (wanted.same_as, wanted.differs_from)}
    return {*conditions} | {name for name in beside if name is not None}


def names() -> list[str]:
    """The built-in presets."""
    there = [entry.name for entry in _built_in().iterdir()]
    return sorted(name.removesuffix(".toml") for name in there if name.endswith(".toml"))


def load(preset: str | Path) -> Mapping:
    """The built-in mapping of this name, or the one in the file at this Path.

    Raises UsageError with the section, the key and what was expected.
    """
    try:
        return Mapping.model_validate(_whole(toml(text(preset))))
    except ValidationError as fault:
        lines = [": ".join([str(preset), *_place(e["loc"]), f"{_why(e)}."]) for e in fault.errors()]
        raise UsageError("\n".join(lines)) from fault
    except ValueError as fault:
        raise UsageError(f"{preset} is not valid TOML: {fault}.") from fault


def _why(error: Any) -> str:
    words = {"extra_forbidden": "a mapping has no such key. Correct its name or remove it", "missing": "it is missing"}
    return words.get(error["type"]) or reason(error)


def _whole(own: dict[str, Any]) -> dict[str, Any]:
    """The mapping with what it says itself in place of what the preset says that it is like."""
    like = own.pop("like", None)
    return own if like is None else _merged(_whole(toml(text(str(like)))), own)


def _merged(preset: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    both = {key: _merged(preset[key], own[key]) for key in own if _sections(preset.get(key), own[key])}
    return preset | own | both


def _sections(*values: object) -> bool:
    return all(isinstance(value, dict) for value in values)


def _place(keys: tuple[int | str, ...]) -> list[str]:
    """Where in the file a fault is: the kinds of what may stand there are no places."""
    return [str(key) for key in keys if key not in ("", SEVERAL, *KINDS)]


def text(preset: str | Path) -> str:
    """The file of a built-in preset, or the one at this Path. Raises UsageError where there is none."""
    if isinstance(preset, str):
        if preset not in names():
            raise UsageError(f"{preset} is not a preset. Choose one of {', '.join(names())}, or name a mapping file.")
        return (_built_in() / f"{preset}.toml").read_text("utf-8")
    try:
        return preset.read_text("utf-8")
    except OSError as fault:
        raise UsageError(f"{preset} cannot be opened: {fault.strerror}.") from fault


def about(preset: str) -> str:
    """What a built-in preset reads, in a line: the first one of its file."""
    return text(preset).splitlines()[0].removeprefix("#").strip()


def _built_in() -> Traversable:
    return files("arforecast.ledger.imports") / "mappings"
