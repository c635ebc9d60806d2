"""Settings: one file, `arforecast.toml`, with the ledger or where one works; every value has a default."""

from __future__ import annotations

import os
import re
import tomllib
from datetime import date
from decimal import Decimal
from email.utils import parseaddr
from ipaddress import ip_address
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from arforecast import countries, currencies
from arforecast.errors import UsageError, shown

FILE = "arforecast.toml"
VARIABLE = "ARFORECAST_SETTINGS"
OF_MAIL = "ARFORECAST_MAIL_"  # what begins so is a setting of [mail], from the environment
SECRETS = {"password": f"{OF_MAIL}PASSWORD", "token": f"{OF_MAIL}TOKEN"}
ANALYSTS = "analysts"


class Section(BaseModel):
    """A section of the file: frozen, and an unknown key in it is an error rather than a silent typing mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, said: Any, field: ValidationInfo) -> Any:
        """Where a number is asked, true would be taken for 1: a limit of a day, or one that lets everything pass."""
        asked = str(cls.model_fields[str(field.field_name)].annotation)
        if "bool" not in asked and any(isinstance(each, bool) for each in (said if isinstance(said, list) else [said])):
            raise ValueError("it is neither true nor false")
        return said


def _is_a_currency(code: str) -> str:
    if code not in currencies.known():
        raise ValueError(f"{shown(code)!r} is no code of ISO 4217, which are like USD, EUR or JPY")
    return code


Code = Annotated[str, AfterValidator(_is_a_currency)]


def _is_a_country(code: str) -> str:
    if not countries.known(code):
        raise ValueError(f"{shown(code)!r} is no code of ISO 3166, which are like US, DE or JP")
    return code


Country = Annotated[str, Field(max_length=2), AfterValidator(_is_a_country)]


class LedgerRules(Section):
    """How the ledger is written and when it is refused."""

    currency: Code = "USD"
    # A limit that nothing can exceed would be a gate switched off where nobody sees it; --allow says so on the page.
    quarantine_limit_share: float = Field(default=0.01, ge=0, le=1, allow_inf_nan=False)
    control_tolerance_amount: Decimal = Field(default=Decimal("0.00"), ge=0, allow_inf_nan=False)
    staleness_limit_days: int = Field(default=31, ge=0, le=366)
    rate_age_limit_days: int = Field(default=31, ge=0)

    @property
    def loosened(self) -> list[str]:
        """What the gates of a report let pass beyond the defaults, in words: a file is no switch in silence."""
        usual, bounds = LedgerRules(), ("quarantine_limit_share", "control_tolerance_amount", "staleness_limit_days")
        looser = [name for name in bounds if getattr(self, name) > getattr(usual, name)]
        return [f"ledger.{name} is {getattr(self, name)}, and {getattr(usual, name)} by default" for name in looser]

    @property
    def decimals(self) -> int:
        """How many decimals the amounts of the reporting currency have."""
        return currencies.decimals(self.currency)


class Engine(Section):
    """What the query engine may take from the machine."""

    memory_limit: str = "4GB"
    threads: int | None = Field(default=None, ge=1, le=1024)
    spill_directory: Path | None = None

    @field_validator("memory_limit")
    @classmethod
    def _has_a_unit(cls, limit: str) -> str:
        if not re.fullmatch(r"(?!0+(\.0*)? ?\w*$)\d{1,6}(\.\d{1,3})? ?[KMGT]i?B", limit):
            raise ValueError("it is a size like 500MB, 4GB or 1.5TB")
        return limit


class Kpis(Section):
    """Choices inside the definitions of the measures."""

    aging_edges: tuple[Annotated[int, Field(le=36_525)], ...] = (0, 30, 60, 90, 120)
    # What is expected of losses to come, against those of the past: the forward-looking part of a provision.
    forward_factor: float = Field(default=1.0, gt=0, allow_inf_nan=False)

    @field_validator("aging_edges")
    @classmethod
    def _rise_from_zero(cls, edges: tuple[int, ...]) -> tuple[int, ...]:
        """What is due today is current, and no bucket is empty or stands twice."""
        if not edges or edges[0] != 0 or sorted(set(edges)) != list(edges):
            raise ValueError("the edges begin with 0 and rise, like [0, 30, 60, 90, 120]")
        return edges


class Forecast(Section):
    """Choices inside the forecasts."""

    horizon_days: int = Field(default=180, ge=91, le=1100)
    simulations: int = Field(default=1000, ge=100, le=100_000)
    # Whose public holidays nothing is booked on; unset: the ledger's country, its customers', that of its currency.
    country: Country | None = None
    seed: int = Field(default=20260630, ge=0)
    # What the week of a day will bill beside the billing schedule, where one knows better than the weeks before it: the
    # week after a plant holiday, a price rise. In major units of the reporting currency.
    billing_by_week: dict[date, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}

    @field_validator("billing_by_week")
    @classmethod
    def _say_one_thing_of_a_week(cls, said: dict[date, float]) -> dict[date, float]:
        """Weeks follow the day of the forecast: two days that are less than one apart are of one week on some day."""
        near = [(one, other) for one, other in pairwise(sorted(said)) if (other - one).days < 7]
        if near:
            one, other = near[0]
            raise ValueError(f"{one} and {other} can be of one week, which bills one amount; leave a week between them")
        return said


class Treasury(Section):
    """What the cash that comes in stands beside: what there is at the close of a day, and what must not be fallen
    below."""

    opening_cash_amount: Decimal | None = Field(default=None, allow_inf_nan=False)
    opening_cash_on: date | None = None
    floor_amount: Decimal | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _cash_has_its_day(self) -> Treasury:
        if (self.opening_cash_amount is None) != (self.opening_cash_on is None):
            raise ValueError("opening_cash_amount and opening_cash_on go together: the cash at the close of that day")
        return self


class Scenario(Section):
    """An assumption about the weeks to come, shown beside the forecast of cash: `[scenario.NAME]`."""

    # Whom it is about, by columns of customers: { segment = "trade" }; unset: everybody.
    where: dict[str, str] = {}
    # They pay so many days later; below zero, sooner.
    days: int = Field(default=0, ge=-90, le=365)
    # Customers who pay nothing any more.
    stops: tuple[str, ...] = ()
    # The terms, the billing and a discount for early payment of invoices to come.
    terms_days: int | None = Field(default=None, ge=0, le=365)
    billing: float = Field(default=1.0, ge=0, le=100)
    # So many more accounts are contacted a week; below zero, fewer. What that does stands in [actions.call].
    contacts_a_week: float = Field(default=0, ge=-1_000_000, le=1_000_000)
    discount_share: float = Field(default=0.0, ge=0, lt=1)
    discount_days: int = Field(default=0, ge=0, le=365)
    # From how few to how many of them take it.
    discount_uptake: tuple[float, float] = (0.0, 0.0)

    @field_validator("discount_uptake")
    @classmethod
    def _is_a_range(cls, uptake: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= uptake[0] <= uptake[1] <= 1:
            raise ValueError("it is a range of shares, like [0.2, 0.4]")
        return uptake

    @model_validator(mode="after")
    def _discount_is_taken(self) -> Scenario:
        if bool(self.discount_share) != bool(self.discount_uptake[1]):
            raise ValueError("discount_share, above 0, and discount_uptake, how many take it, go together")
        return self

    @property
    def discount_uptake_share(self) -> float:
        """How many take the discount, where that is settled."""
        return sum(self.discount_uptake) / 2

    def with_uptake(self, share: float) -> Scenario:
        """The same with so many of them taking the discount."""
        return self.model_copy(update={"discount_uptake": (share, share)})


class Effect(NamedTuple):
    """What an action is assumed to do from an age on, in days past due: payment becomes `low` to `high` times as
    likely, see `arforecast.actions.value` and `arforecast.forecast.contacts`."""

    from_days: int
    low: float
    high: float


class Action(Section):
    """What an action takes, and what it is assumed to do on so many days; at an age before its first effect nothing."""

    minutes: float = Field(ge=0, le=600)
    cost_amount: float = Field(default=0, ge=0, allow_inf_nan=False)  # beside the minutes
    days: int = Field(default=14, ge=1, le=90)
    effects: tuple[Effect, ...] = ()

    @field_validator("effects")
    @classmethod
    def _are_ranges_of_rising_ages(cls, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        ages = [effect.from_days for effect in effects]
        if sorted(set(ages)) != ages or not all(1 <= effect.low <= effect.high <= 100 for effect in effects):
            raise ValueError(
                "effects are [from_days, low, high] of rising days, with 1 <= low <= high, like [1, 1.2, 2.0]"
            )
        return effects


class Actions(Section):
    """What contacting customers is assumed to do and to cost, and when it is done. Nothing of it is learnt from the log
    of who was called: those who are called are not chosen by lot."""

    cost_of_capital_share: float = Field(default=0.08, ge=0, le=1)  # a year
    # What of the money still open beyond the forecast's horizon is lost in the end, at least and at most.
    lost_share: tuple[float, float] = (0.25, 0.75)
    minute_cost_amount: float = Field(default=0.75, ge=0, allow_inf_nan=False)
    gap_days: int = Field(default=7, ge=0, le=90)  # between two contacts
    soon_days: int = Field(default=7, ge=0, le=30)  # how early what falls due is looked at
    # Left alone by lot from a day on, to measure what contacts bring. A new share is a new trial, and needs a new day.
    holdout_share: float = Field(default=0, ge=0, le=0.5)
    holdout_since: date | None = None
    # The age of the oldest invoice, in days past due, from which an action takes the place of the one before.
    letter_from_days: int = Field(default=31, ge=1)
    hold_from_days: int = Field(default=61, ge=1)
    agency_from_days: int = Field(default=91, ge=1)
    write_off_from_days: int = Field(default=181, ge=1)

    dispute: Action = Action(minutes=20, days=30, effects=(Effect(-1100, 1.5, 3.0),))
    promise: Action = Action(minutes=6, effects=(Effect(1, 1.2, 2.0), Effect(31, 1.1, 1.7), Effect(91, 1.0, 1.3)))
    reminder: Action = Action(minutes=0.5, effects=(Effect(-1100, 1.05, 1.4),))
    call: Action = Action(minutes=6, effects=(Effect(1, 1.2, 2.0), Effect(31, 1.1, 1.7), Effect(91, 1.0, 1.3)))
    plan: Action = Action(minutes=15, days=60, effects=(Effect(1, 1.2, 1.8), Effect(91, 1.1, 1.5)))
    letter: Action = Action(minutes=2, cost_amount=1.5, effects=(Effect(1, 1.05, 1.5),))
    hold: Action = Action(minutes=6, days=30, effects=(Effect(1, 1.1, 1.8),))
    agency: Action = Action(minutes=5, cost_amount=20, days=90, effects=(Effect(1, 1.1, 1.6),))
    write_off: Action = Action(minutes=5)

    @field_validator("*", mode="before")
    @classmethod
    def _keep_what_is_not_said(cls, said: Any, field: ValidationInfo) -> Any:
        """Who changes the minutes of an action does not mean to take its effects away."""
        usual = cls.model_fields[str(field.field_name)].default
        return usual.model_dump() | said if isinstance(usual, Action) and isinstance(said, dict) else said

    @field_validator("lost_share")
    @classmethod
    def _is_a_range_of_shares(cls, shares: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= shares[0] <= shares[1] <= 1:
            raise ValueError("it is the least and the most, each of 0 to 1, like [0.25, 0.75]")
        return shares

    @model_validator(mode="after")
    def _hold_out_from_a_day_on(self) -> Actions:
        if bool(self.holdout_share) != bool(self.holdout_since):
            raise ValueError("holdout_share, above 0, and holdout_since, the first day of the reserve, go together")
        return self

    @model_validator(mode="after")
    def _grow_sterner(self) -> Actions:
        ages = [self.letter_from_days, self.hold_from_days, self.agency_from_days, self.write_off_from_days]
        if sorted(ages) != ages:
            raise ValueError("letter_from_days, hold_from_days, agency_from_days and write_off_from_days rise")
        return self


Grade = Literal["A", "B", "C", "D", "E"]
Months = Annotated[float, Field(ge=0, le=120)]
Terms = Annotated[int, Field(ge=0, le=366)]


class Rating(Section):
    """Up to which expected loss, a share of sales, and to how many expected days late a customer is A, B, C, D; the
    worse of the two is its grade, and E what lies beyond."""

    loss_share: tuple[float, float, float, float] = (0.005, 0.015, 0.04, 0.1)
    days_late: tuple[float, float, float, float] = (3, 8, 20, 45)
    # With fewer that fell due a customer is new.
    fewest_invoices: int = Field(default=3, ge=1)

    @field_validator("loss_share", "days_late")
    @classmethod
    def _rise(cls, edges: tuple[float, ...]) -> tuple[float, ...]:
        if not all(low < high for low, high in pairwise((0, *edges))) or not isfinite(edges[-1]):
            raise ValueError("the cut-offs are above zero and rise, from A to D")
        return edges


class Policy(Section):
    """The credit policy: limits and terms by grade, A to E, who pays before delivery, whose orders are held."""

    # The most a customer may owe, in months of its usual buying, and the longest terms.
    limit_months: tuple[Months, Months, Months, Months, Months] = (6, 4, 3, 2, 0)
    terms_days: tuple[Terms, Terms, Terms, Terms, Terms] = (60, 45, 30, 15, 0)
    # Who has a worse grade than this one pays before delivery; who is new is treated as of a grade.
    prepay_below: Grade = "D"
    new_as: Grade = "C"
    # Orders are held beyond so many days past due, and from so many promises broken in a year on.
    hold_past_due_days: int = Field(default=60, ge=0)
    hold_broken_promises: int = Field(default=3, ge=1)


class Plans(Section):
    """To whom a payment plan is proposed, and how long it may last."""

    from_past_due_days: int = Field(default=31, ge=1, le=3660)
    longest_months: int = Field(default=12, ge=2, le=60)
    # In so many of the last 24 months it must have paid something.
    paying_months: int = Field(default=6, ge=1, le=24)


class Reminders(Section):
    """What customers are written, and in whose name; `templates` is a folder, seen from that of this file."""

    company: str = ""
    # How to pay, in words, such as the bank and its IBAN.
    pay_to: str = ""
    contact: str = ""
    # Of who has no language, or one that has no texts.
    language: str = Field(default="en", pattern="^[a-z]{2}$")
    before_due_days: int = Field(default=5, ge=1, le=60)
    pay_within_days: int = Field(default=7, ge=0, le=60)
    templates: Path | None = None


Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Target(Section):
    """What a KPI should be: a number for the whole ledger, and for groups of a column.

    In the file `dso = 30` under `[targets]`, or `[targets.dso]` with `value = 30`; and for groups of the column segment
    `[targets.dso.segment]` with `trade = 45`. In the unit of the KPI: a share is 0-1.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, dict[str, Number]]

    value: Number | None = None

    @model_validator(mode="before")
    @classmethod
    def _number_alone(cls, said: Any) -> Any:
        return said if isinstance(said, dict) else {"value": said}

    @property
    def groups(self) -> dict[str, dict[str, float]]:
        """The targets of groups: column, then group."""
        return self.__pydantic_extra__


Role = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class Recipient(Section):
    """Who is mailed: the address, the role, and the entities whose packs are meant, all where none is named."""

    address: str
    role: Role
    entities: tuple[str, ...] = ()

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, address: str) -> str:
        return _mailbox(address)


class Mail(Section):
    """How a finished run is mailed, and to whom; passwords and tokens are never among settings."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = ""
    auth: Literal["none", "password", "xoauth2"] = "none"
    user: str = ""
    # Prints the token of xoauth2; run as it stands, by no shell.
    token_command: tuple[str, ...] = ()
    timeout_seconds: float = Field(default=30, gt=0, le=600)
    # What may pass by itself, a line that is down or a mailbox that asks to wait, is tried so often, each pause longer.
    attempts: int = Field(default=3, ge=1, le=10)
    pause_seconds: float = Field(default=5, ge=0, le=600)
    attach: bool = True
    base_url: str = Field(default="", pattern=r"^(https?://[!-~]+)?$")
    age_limit_days: int = Field(default=31, ge=0, le=3660)
    mask_names: tuple[Role, ...] = ()
    recipients: tuple[Recipient, ...] = ()

    @field_validator("host", "user")
    @classmethod
    def _is_a_word(cls, word: str) -> str:
        if not re.fullmatch(r"[!-~]*", word):
            raise ValueError("it has no spaces and no letters beyond ASCII")
        return word

    @field_validator("sender")
    @classmethod
    def _is_a_sender(cls, sender: str) -> str:
        if sender and (not sender.isprintable() or not _mailbox(parseaddr(sender)[1])):
            raise ValueError("it is like Receivables <receivables@example.com>")
        return sender

    @model_validator(mode="after")
    def _is_sound(self) -> Mail:
        if self.security == "none" and not _loopback(self.host):
            raise ValueError("security none sends what all on the way can read; only to this machine itself it may be")
        _named_once([recipient.address.casefold() for recipient in self.recipients])
        unknown = sorted(set(self.mask_names) - {recipient.role for recipient in self.recipients})
        if unknown:
            raise ValueError(f"mask_names has {', '.join(unknown)}, a role that no recipient has")
        return self


def _mailbox(address: str) -> str:
    if not re.fullmatch(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*", address, re.ASCII):
        raise ValueError(f"{shown(address)!r} is no address like name@example.com")
    return address


def _named_once(addresses: list[str]) -> None:
    twice = sorted({address for address in addresses if addresses.count(address) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} stands twice, and nobody is mailed twice: give it one role")


def _loopback(host: str) -> bool:
    """Whether what is sent there leaves this machine: not where the host is none yet."""
    try:
        return host in ("", "localhost") or ip_address(host).is_loopback
    except ValueError:
        return False


class Settings(Section):
    """All sections of `arforecast.toml`."""

    ledger: LedgerRules = LedgerRules()
    engine: Engine = Engine()
    kpis: Kpis = Kpis()
    forecast: Forecast = Forecast()
    treasury: Treasury = Treasury()
    scenario: dict[str, Scenario] = {}
    actions: Actions = Actions()
    rating: Rating = Rating()
    policy: Policy = Policy()
    plans: Plans = Plans()
    reminders: Reminders = Reminders()
    kpi_targets: dict[str, Target] = Field(default={}, alias="targets")
    entities: dict[str, str] = {}
    mail: Mail = Field(default=Mail(), exclude=True)  # who is mailed is no business of a run
    _file: Path | None = PrivateAttr(default=None)

    @field_validator("entities")
    @classmethod
    def _no_entity_is_a_path(cls, entities: dict[str, str]) -> dict[str, str]:
        """The pages of an entity lie in a folder of its name, and in no other."""
        for name in entities:
            if not re.fullmatch(r"\w[\w .&+-]*", name):
                raise ValueError(f"{name!r} is no name of a folder; use letters, digits, spaces and . & + -")
        folded = [name.strip(" .").casefold() for name in entities]
        if len(set(folded)) < len(folded):
            raise ValueError("two names differ in nothing that every file system tells apart; rename one")
        if "group" in folded:
            raise ValueError("group is all entities together; give this one another name")
        return entities

    @model_validator(mode="after")
    def _mails_packs_that_are_made(self) -> Settings:
        """Who is to get the pack of a name that no entity has would get nothing, and nobody would notice."""
        meant = {name for recipient in self.mail.recipients for name in recipient.entities}
        unknown = sorted(meant - {*self.entities, "group"})
        if unknown:
            raise ValueError(f"mail.recipients names {shown(', '.join(unknown))}, which is no entity of [entities]")
        return self

    @property
    def file(self) -> str:
        """The file that held, seen from the working folder where it lies below it; empty where none did."""
        if self._file is None:
            return ""
        here = Path().resolve()
        return str(self._file.relative_to(here) if self._file.is_relative_to(here) else self._file)

    def beside(self, path: Path) -> Path:
        """A path of the file, seen from the folder it lies in."""
        return (self._file.parent if self._file else Path()) / path.expanduser()

    @property
    def targets(self) -> dict[str, float]:
        """The target of each KPI for the whole ledger, where it has one; `kpi_targets` holds those of groups too."""
        return {kpi: target.value for kpi, target in self.kpi_targets.items() if target.value is not None}


def load(*folders: Path) -> Settings:
    """Read the settings that hold in the first of `folders`, the working folder unless given, that has some: the
    defaults where none has.

    The file is looked for there and in the folders above, so that a notebook in a sub-folder has the same settings as
    the command line; the environment variable ARFORECAST_SETTINGS names another one. Raises UsageError with the key,
    the value and what was expected.
    """
    named = os.environ.get(VARIABLE)
    found = Path(named) if named else find(*folders)
    return read(found) if found else Settings()


def find(*folders: Path) -> Path | None:
    """The settings file of the first of `folders`, the working folder unless given, or of the nearest above it."""
    places = (folder.resolve() for folder in folders or (Path(),))
    above = (each / FILE for place in places for each in (place, *place.parents))
    # What may not be looked into is told by those who read the ledger there, a link that leads nowhere by who reads it.
    return next((file for file in above if os.path.lexists(file)), None)


def scenario(**assumption: Any) -> Scenario:
    """One scenario, as `[scenario.NAME]` would have it. Raises UsageError with what does not hold."""
    try:
        return Scenario.model_validate(assumption)
    except ValidationError as fault:
        lines = [f"{shown('.'.join(map(str, e['loc'])))}: {_why(e)}." for e in fault.errors()]
        raise UsageError("\n".join(lines)) from fault


def mailing(settings: Settings, run: Path = Path()) -> Mail:
    """The section on mail as the environment overrides it: ARFORECAST_MAIL_HOST its host, and so on; of what is sent of
    `run`.

    Raises UsageError with the variable or the setting that does not hold, and for a program that is named beside a
    ledger: one that was handed over must not say what is run.
    """
    kinds = {name: field.annotation for name, field in Mail.model_fields.items()}
    plain = [name for name, kind in kinds.items() if "tuple" not in str(kind)]
    given = {name: os.environ[OF_MAIL + name.upper()] for name in plain if OF_MAIL + name.upper() in os.environ}
    if settings.mail.token_command and not _is_ours(settings, run):
        raise UsageError(
            f"{settings.file}: mail.token_command: a program is named only by the settings of the working folder, of "
            f"the run's, or of one above them, or by those that {VARIABLE} names. Move the section there."
        )
    try:
        return Mail.model_validate(settings.mail.model_dump() | given)
    except ValidationError as fault:
        lines = [f"{_place_of_mail(e['loc'], given)}: {_why(e)}." for e in fault.errors()]
        raise UsageError("\n".join(lines)) from fault


def _is_ours(settings: Settings, run: Path) -> bool:
    """Whether the settings are those of who works here, and not a ledger's."""
    places = [place.resolve() for place in (Path(), run)]
    above = {each for place in places for each in (place, *place.parents)}
    return settings._file is None or VARIABLE in os.environ or settings._file.parent in above


def _place_of_mail(location: tuple[int | str, ...], given: dict[str, str]) -> str:
    """Which variable it is; where several settings do not go together, all of those that the environment gives."""
    names = [name for name in given if not location or name == location[0]]
    return ", ".join(OF_MAIL + name.upper() for name in names) or shown(".".join(map(str, ("mail", *location))))


def read(path: Path) -> Settings:
    """The settings of one file; the ledgers of its entities are found from the folder it lies in."""
    if path.is_fifo() or (path.is_char_device() and not path.samefile(os.devnull)):  # it may never end
        raise UsageError(f"{path} is a pipe or a device, not a file. {_whence(path)}")
    try:
        said = Settings.model_validate(toml(path.read_text("utf-8-sig")))
        said._file = path.resolve()
        return said.model_copy(update={"entities": {name: _found(path, url) for name, url in said.entities.items()}})
    except UnicodeDecodeError as fault:
        raise UsageError(f"{path} is not UTF-8. Save it as UTF-8.") from fault
    except OSError as fault:
        raise UsageError(f"{path} cannot be read: {fault.strerror}. {_whence(path)}") from fault
    except ValidationError as fault:
        lines = [f"{path}: {shown('.'.join(map(str, e['loc'])))}: {_why(e)}." for e in fault.errors()]
        raise UsageError("\n".join(lines)) from fault
    except ValueError as fault:
        raise UsageError(f"{path} is not valid TOML: {fault}.") from fault


def toml(text: str) -> dict[str, Any]:
    """What a file of TOML says. Raises ValueError also for brackets within brackets and digits without end."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except (RecursionError, ValueError) as fault:
        raise ValueError(f"it cannot be read to its end: {fault}") from fault


def _why(error: Any) -> str:
    """What is wrong with a setting, in words of the file."""
    if error["loc"][:1] == ("mail",) and error["loc"][-1] in SECRETS:
        return f"a secret stands in no file. Give it as {SECRETS[error['loc'][-1]]} in the environment"
    return _WORDS.get(error["type"]) or reason(error)


def reason(error: Any) -> str:
    """What a check says of a value, without the words of who called it."""
    return shown(error["msg"].removeprefix("Value error, "))


_WORDS = {
    "extra_forbidden": "there is no such setting. Correct its name or remove it",
    "model_type": "it is a section, whose settings stand below its name in single brackets",
}


def _whence(path: Path) -> str:
    named = os.environ.get(VARIABLE) == str(path)
    return f"Correct {VARIABLE}, which names it." if named else "Make it a readable file, or move it away."


def _found(path: Path, url: str) -> str:
    """The ledger of an entity: a URL, or a path from the folder of the settings or from a home."""
    return url if "://" in url else str(path.parent / os.path.expanduser(url))  # noqa: PTH111 - no home is no fault
