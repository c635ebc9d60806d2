"""Origins: where a ledger column comes from in an export, and how days are written there."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, Self

import pandas as pd
from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from arforecast.settings import Section

Words = Annotated[tuple[str, ...], Field(min_length=1)]

SERIAL = "serial"


def plain(dates: str) -> str:
    """The form with every zero written."""
    return dates.replace("%-", "%")


def tells_a_day(dates: str) -> str:
    """A form in which a day can be told, in the codes of strftime: %-d is a day that has lost the zero in front.
    `serial`: the number of the day, as spreadsheets count."""
    local = plain(dates).replace("%z", "")
    try:
        told = str(pd.to_datetime(date(2024, 2, 29).strftime(local), format=local))
    except ValueError:
        told = "nothing"
    if dates != SERIAL and told != "2024-02-29 00:00:00":
        raise ValueError(f"{dates!r} does not tell year, month and day in the codes of strftime")
    return dates


Form = Annotated[str, AfterValidator(tells_a_day)]


class Told(Section):
    """Where a ledger column comes from when it is no single column as it stands.

    tells: the types that can come from there; none named: any.
    """

    word: ClassVar[str]
    tells: ClassVar[tuple[str, ...]] = ()

    @property
    def foreign(self) -> list[str]:
        """The columns of the export that it is made of: none, where it does not say."""
        return []


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


class Less(Told):
    """An amount that the export shows in two columns, debit and credit: the first less the second; empty is nothing."""

    word, tells = "less", ("money",)
    amount: str
    less: str

    @property
    def foreign(self) -> list[str]:
        return [self.amount, self.less]


class Numbered(Told):
    """An identifier that the export does not have: these words and the row's number."""

    word, tells = "row", ("id", "text")
    row: str


class Titled(Told):
    """What a line above the header says of every row: the number of the line, and of the cell in it."""

    word, tells = "title", ("id", "text")
    title: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class Placed(Told):
    """What stands at one place of each row, whatever the column there is called: the number of the cell. Reports write
    the words of their totals into the first one."""

    word, tells = "cell", ("id", "text")
    cell: Annotated[int, Field(ge=1)]


class YearOf(Section):
    """The column that holds the first of the twelve months in which a day without a year lies."""

    column: str
    dates: Form


class Written(Told):
    """A column that is written in another way than the rest of the export.

    matches: a cell that is not as this regular expression has it counts as empty. in_year_of: its days name no year.
    """

    word = "column"
    column: str
    dates: str | None = None
    in_year_of: YearOf | None = None
    decimal: Literal[".", ","] | None = None
    thousands: str | None = None
    minor_units: bool | None = None
    matches: str | None = None

    @property
    def foreign(self) -> list[str]:
        return [self.column, *([self.in_year_of.column] if self.in_year_of else [])]

    @model_validator(mode="after")
    def _tells_a_day(self) -> Self:
        if self.in_year_of and self.dates is None:
            raise ValueError("in_year_of needs dates: how the days without a year are written")
        if self.dates is not None and "%z" in self.dates:
            raise ValueError("%z is for all days of the export: write it in dates under [format]")
        if self.dates is not None:
            tells_a_day(f"{self.dates}/%Y" if self.in_year_of else self.dates)
        return self


def _kind(told: object) -> str:
    """Which origin is meant, by the word that only it has: so one fault is told, and not one of each kind."""
    if isinstance(told, dict):
        return next((word for word in KINDS if word in told), "column")
    return told.word if isinstance(told, Told) else ""


KINDS = ("plus_days", "join", "minus", "less", "row", "title", "cell", "first", "column", "values")
Single = (
    Annotated[str, Tag("")]
    | Annotated[DatePlusDays, Tag("plus_days")]
    | Annotated[Joined, Tag("join")]
    | Annotated[Negated, Tag("minus")]
    | Annotated[Less, Tag("less")]
    | Annotated[Numbered, Tag("row")]
    | Annotated[Titled, Tag("title")]
    | Annotated[Placed, Tag("cell")]
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
