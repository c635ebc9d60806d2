"""Mappings: how a foreign export is written, where its ledger columns stand, which rows are receivables.

A mapping is a TOML file. Those in `mappings/` are built in; a user's own has the same sections:

    [format]     encoding, separator, decimal, thousands, currency_sign, dates, blanks
    [columns]    ledger column = "Foreign column"
                             or { date = "Foreign date", plus_days = "Foreign days" }, or plus_days = 30
                             or { join = ["Foreign column", "another"] }: the parts with a dash between
    [optional]   the same, for columns that only some of these exports have
    [constants]  ledger column = "value of every row"
    [keep]       "Foreign column" = ["value"]: rows with another value are skipped, and counted
    [drop]       "Foreign column" = ["value"]: rows with one of these are skipped, and counted
    [expect]     "Foreign column" = ["value"]: rows with another value cannot be told truly: quarantined
"""

from __future__ import annotations

import tomllib
from codecs import lookup
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal, Self

import pandas as pd
from pydantic import Field, ValidationError, field_validator, model_validator

from arforecast.errors import UsageError
from arforecast.ledger.tables import INVOICES
from arforecast.settings import Section

TYPES = {column.name: column.type for column in INVOICES.columns}
REQUIRED = frozenset(column.name for column in INVOICES.required)


class Format(Section):
    """How the export is written: declared, never guessed."""

    encoding: str = "utf-8"
    separator: Annotated[str, Field(pattern=r'^[^"\r\n]$')] = ","
    decimal: Literal[".", ","] = "."
    thousands: Annotated[str, Field(pattern="^[^0-9-]?$")] = ""
    currency_sign: str = ""
    dates: str = "%Y-%m-%d"
    blanks: tuple[str, ...] = ()

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

    @model_validator(mode="after")
    def _tells_decimals_from_thousands(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError("thousands and decimal are the same sign")
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
        return f"1{self.thousands}234{self.decimal}50"


class DatePlusDays(Section):
    """A day told as a number of days after another: in a column, or the same for every row."""

    date: str
    plus_days: str | int


class Joined(Section):
    """An identifier that only several columns together make unique."""

    join: Annotated[tuple[str, ...], Field(min_length=2)]


Origin = str | DatePlusDays | Joined
Values = Annotated[tuple[str, ...], Field(min_length=1)]


class Mapping(Section):
    """The sections of a mapping file."""

    format: Format = Format()
    columns: dict[str, Origin]
    optional: dict[str, Origin] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    keep: dict[str, Values] = Field(default_factory=dict)
    drop: dict[str, Values] = Field(default_factory=dict)
    expect: dict[str, Values] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _makes_an_invoice(self) -> Self:
        told = [*self.columns, *self.optional, *self.constants]
        missing = sorted(REQUIRED - {*self.columns, *self.constants})
        if missing:
            raise ValueError(f"[columns] does not say where {', '.join(missing)} comes from")
        if len(set(told)) < len(told):
            raise ValueError("a ledger column stands in two of [columns], [optional] and [constants]")
        return self

    @model_validator(mode="after")
    def _fits_the_types(self) -> Self:
        for name, origin in (self.columns | self.optional).items():
            if isinstance(origin, DatePlusDays) and TYPES.get(name) != "date":
                raise ValueError(f"{name} is not a date, so plus_days cannot tell it")
            if isinstance(origin, Joined) and TYPES.get(name) in ("date", "money"):
                raise ValueError(f"{name} is a {TYPES[name]}, so join cannot tell it")
        return self

    @model_validator(mode="after")
    def _dates_its_payments(self) -> Self:
        if "paid_amount" in self.columns | self.optional and "paid_on" not in self.columns:
            raise ValueError("paid_amount needs paid_on under [columns]")
        return self

    @property
    def foreign_columns(self) -> set[str]:
        """Every column of the export that the mapping speaks of."""
        origins = [*self.columns.values(), *self.optional.values()]
        translated = {name for origin in origins for name in parts(origin)}
        return translated | {*self.keep, *self.drop, *self.expect}


def parts(origin: Origin) -> list[str]:
    """The foreign columns that a ledger column is made of."""
    match origin:
        case Joined():
            return list(origin.join)
        case DatePlusDays():
            return [name for name in (origin.date, origin.plus_days) if isinstance(name, str)]
        case _:
            return [origin]


def names() -> list[str]:
    """The built-in presets."""
    there = [entry.name for entry in _built_in().iterdir()]
    return sorted(name.removesuffix(".toml") for name in there if name.endswith(".toml"))


def load(preset: str | Path) -> Mapping:
    """The built-in mapping of this name, or the one in the file at this Path.

    Raises UsageError with the section, the key and what was expected.
    """
    try:
        return Mapping.model_validate(tomllib.loads(_text(preset)))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise UsageError(f"{preset} is not valid TOML: {fault}.") from fault
    except ValidationError as fault:
        lines = [": ".join([str(preset), *map(str, e["loc"]), f"{e['msg']}."]) for e in fault.errors()]
        raise UsageError("\n".join(lines)) from fault


def _text(preset: str | Path) -> str:
    if isinstance(preset, str):
        if preset not in names():
            raise UsageError(f"{preset} is not a preset. Choose one of {', '.join(names())}, or name a mapping file.")
        return (_built_in() / f"{preset}.toml").read_text("utf-8")
    try:
        return preset.read_text("utf-8")
    except OSError as fault:
        raise UsageError(f"{preset} cannot be opened: {fault.strerror}.") from fault


def _built_in() -> Traversable:
    return files("arforecast.ledger.imports") / "mappings"
