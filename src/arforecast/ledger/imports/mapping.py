"""Mappings: how a foreign export is written, where its ledger columns stand, which rows belong to which table.

A mapping is a TOML file. Those in `mappings/` are built in; a user's own has the same sections, all but [columns]
optional:

    [format]     encoding, separator, decimal, thousands, currency_sign, negatives, minor_units, dates, times_in,
                 days_in, blanks, sheet, headings, see `Format`
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
    [ledger]     what the ledger says of itself: currency, country, time_zone, source, snapshot, as_of_line

Which values: a list of them, or { begins = ["Total for"] }, { sign = "minus" } ("plus", "zero"), { empty = true }.
"""

from __future__ import annotations

import tomllib
from codecs import lookup
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import available_timezones

import pandas as pd
from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationError, field_validator, model_validator

from arforecast.errors import UsageError
from arforecast.ledger.tables import BY_NAME, INVOICES, Table
from arforecast.settings import Section

Words = Annotated[tuple[str, ...], Field(min_length=1)]


class Format(Section):
    """How the export is written: declared, never guessed.

    negatives: how amounts below zero are written beside a minus in front. minor_units: amounts are whole numbers of
    cents, or what the smallest unit of their currency is. times_in and days_in: the zone of the export's times, and the
    one in which the books count their days. sheet: of a workbook, the first one where it is empty. headings: a column
    that the export does not have: lines with a single filled cell name what the rows under them belong to.
    """

    encoding: str = "utf-8"
    separator: Annotated[str, Field(pattern=r'^[^"\r\n]$')] = ","
    decimal: Literal[".", ","] = "."
    thousands: Annotated[str, Field(pattern="^[^0-9-]?$")] = ""
    currency_sign: str = ""
    negatives: tuple[Literal["minus_behind", "brackets"], ...] = ()
    minor_units: bool = False
    dates: str = "%Y-%m-%d"
    times_in: str = ""
    days_in: str = ""
    blanks: tuple[str, ...] = ()
    sheet: str = ""
    headings: str = ""

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except LookupError as fault:
            raise ValueError(f"{encoding} is not an encoding") from fault
        return encoding

    @field_validator("dates")
    @classmethod
    def _tells_a_day(cls, dates: str) -> str:
        leap_day = date(2024, 2, 29).strftime(dates)
        try:
            told = str(pd.to_datetime(leap_day, format=dates))
        except ValueError:
            told = "nothing"
        if told != "2024-02-29 00:00:00":
            raise ValueError(f"{dates!r} does not tell year, month and day in the codes of strftime")
        return dates

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
        return self

    @property
    def codec(self) -> str:
        # A byte order mark is no part of the first column's name.
        return "utf-8-sig" if lookup(self.encoding).name == "utf-8" else self.encoding

    @property
    def sample_date(self) -> str:
        return date(2026, 12, 31).strftime(self.dates)

    @property
    def sample_amount(self) -> str:
        return "123450" if self.minor_units else f"1{self.thousands}234{self.decimal}50"


class Told(Section):
    """Where a ledger column comes from when it is no single column as it stands.

    tells: the types that can come from there; none named: any.
    """

    word: ClassVar[str]
    tells: ClassVar[tuple[str, ...]] = ()

    @property
    def foreign(self) -> list[str]:
        """The columns of the export that it is made of."""
        raise NotImplementedError


class DatePlusDays(Told):
    """A day told as a number of days after another, or after the end of that day's month: in a column, or the same for
    every row."""

    word, tells = "plus_days", ("date",)
    date: str
    plus_days: str | int
    end_of_month: bool = False

    @property
    def foreign(self) -> list[str]:
        return [name for name in (self.date, self.plus_days) if isinstance(name, str)]


class Joined(Told):
    """An identifier that only several columns together make unique: the parts with a dash between."""

    word, tells = "join", ("id", "text")
    join: Annotated[tuple[str, ...], Field(min_length=2)]

    @property
    def foreign(self) -> list[str]:
        return list(self.join)


class Negated(Told):
    """An amount that the export shows with the other sign."""

    word, tells = "minus", ("money",)
    minus: str

    @property
    def foreign(self) -> list[str]:
        return [self.minus]


class Numbered(Told):
    """An identifier that the export does not have: these words and the row's number."""

    word, tells = "row", ("id", "text")
    row: str

    @property
    def foreign(self) -> list[str]:
        return []


class Written(Told):
    """A column that is written in another way than the rest of the export."""

    word = "column"
    column: str
    dates: str | None = None
    decimal: Literal[".", ","] | None = None
    thousands: str | None = None
    minor_units: bool | None = None

    @property
    def foreign(self) -> list[str]:
        return [self.column]


def _kind(told: object) -> str:
    """Which origin is meant, by the word that only it has: so one fault is told, and not one of each kind."""
    if isinstance(told, dict):
        return next((word for word in KINDS if word in told), "column")
    return told.word if isinstance(told, Told) else ""


KINDS = ("plus_days", "join", "minus", "row", "first", "column", "values")
Single = (
    Annotated[str, Tag("")]
    | Annotated[DatePlusDays, Tag("plus_days")]
    | Annotated[Joined, Tag("join")]
    | Annotated[Negated, Tag("minus")]
    | Annotated[Numbered, Tag("row")]
    | Annotated[Written, Tag("column")]
)


class First(Told):
    """The first of several origins that is not empty in a row."""

    word = "first"
    first: Annotated[tuple[Annotated[Single, Discriminator(_kind)], ...], Field(min_length=2)]

    @property
    def foreign(self) -> list[str]:
        return [name for single in self.first for name in foreign(single)]


Origin = Annotated[Single | Annotated[First, Tag("first")], Discriminator(_kind)]


def foreign(origin: Origin) -> list[str]:
    """The columns of the export that a ledger column is made of."""
    return [origin] if isinstance(origin, str) else origin.foreign


class Values(Section):
    """Cells that meet a condition: they begin with one of some words, have a sign as amounts, are empty or are not."""

    begins: Words | None = None
    sign: Literal["plus", "minus", "zero"] | None = None
    empty: bool | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("name one of begins, sign and empty")
        return self


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
        return _foreign(self.columns) | {*self.keep, *self.expect}


class Total(Section):
    """The sum that the export states of itself: the column it adds up, and the row that states it."""

    column: str
    line: Conditions = Field(default_factory=dict)


class Said(Section):
    """What the ledger says of itself in ledger.toml.

    snapshot: the export holds the open items of one day, without history. as_of_line: how a line above the header
    names that day, in the codes of strftime.
    """

    currency: str | None = None
    country: str | None = None
    time_zone: str | None = None
    source: str | None = None
    snapshot: bool = False
    as_of_line: str = ""


def _several(told: object) -> object:
    return [told] if isinstance(told, dict) else told


Parts = Annotated[tuple[Part, ...], BeforeValidator(_several)]
OTHERS = tuple(BY_NAME[name] for name in ("applications", "receipts", "credits", "customers"))


class Mapping(Part):
    """The sections of a mapping file: those of the invoices, of other tables, and of the export as a whole."""

    format: Format = Format()
    drop: Conditions = Field(default_factory=dict)
    total: Total | None = None
    ledger: Said = Said()
    applications: Parts = ()
    receipts: Parts = ()
    credits: Parts = ()
    customers: Parts = ()

    @property
    def parts(self) -> list[tuple[Table, Part]]:
        """What makes the rows of each table, the invoices first."""
        others = [(table, part) for table in OTHERS for part in getattr(self, table.name)]
        return [(INVOICES, self), *others]

    def of(self, header: list[str]) -> Mapping:
        """The mapping without the parts whose columns an export with this header lacks."""
        there = {*header, self.format.headings}
        kept = {
            table.name: tuple(part for part in getattr(self, table.name) if _is_there(part, there)) for table in OTHERS
        }
        return self.model_copy(update=kept)

    @property
    def needed_columns(self) -> set[str]:
        """Every column that the export must have; the one its headings give is none of them."""
        told = {*self.drop, *(() if self.total is None else (self.total.column, *self.total.line))}
        always = (part.needed for _, part in self.parts if not part.where_there)
        return told.union(*always) - {self.format.headings}

    @property
    def foreign_columns(self) -> set[str]:
        """Every column of the export that the mapping speaks of."""
        return self.needed_columns.union(*(part.needed | _foreign(part.optional) for _, part in self.parts))

    @model_validator(mode="after")
    def _makes_its_tables(self) -> Self:
        for table, part in self.parts:
            _check_columns("" if part is self else f"{table.name}.", part, table)
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


def _check_columns(where: str, part: Part, table: Table) -> None:
    told = [*part.columns, *part.optional, *part.constants]
    missing = sorted({column.name for column in table.required} - {*part.columns, *part.constants})
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


def names() -> list[str]:
    """The built-in presets."""
    there = [entry.name for entry in _built_in().iterdir()]
    return sorted(name.removesuffix(".toml") for name in there if name.endswith(".toml"))


def load(preset: str | Path) -> Mapping:
    """The built-in mapping of this name, or the one in the file at this Path.

    Raises UsageError with the section, the key and what was expected.
    """
    try:
        return Mapping.model_validate(tomllib.loads(text(preset)))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise UsageError(f"{preset} is not valid TOML: {fault}.") from fault
    except ValidationError as fault:
        lines = [": ".join([str(preset), *_place(e["loc"]), f"{e['msg']}."]) for e in fault.errors()]
        raise UsageError("\n".join(lines)) from fault


def _place(keys: tuple[int | str, ...]) -> list[str]:
    """Where in the file a fault is: the kinds of what may stand there are no places."""
    return [str(key) for key in keys if key not in ("", *KINDS)]


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
