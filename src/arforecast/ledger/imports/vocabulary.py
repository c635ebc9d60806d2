"""What the exports of other systems call things, in every language that has a file in `languages/`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from importlib.resources import files
from operator import attrgetter

from arforecast.settings import Section

Words = tuple[str, ...]
# Letters whose mark is a part of them, so that nothing takes it away.
MARKED = str.maketrans("łø", "lo")


class Columns(Section):
    """What the columns of a ledger are called, the plainest words first; open: what is left of the amount."""

    invoice_id: Words
    customer_id: Words
    issued_on: Words
    due_on: Words
    amount: Words
    open: Words
    paid_on: Words
    paid_amount: Words
    currency: Words


class Hints(Section):
    """Regular expressions that make a column worth a look where no name is known. None of them is a reason to be sure;
    but what is called a currency and holds the codes of currencies is one."""

    invoice_id: str
    customer_id: str
    issued_on: str
    due_on: str
    amount: str
    open: str
    paid_on: str
    currency: str


class Amounts(Section):
    """Words in the names of amounts, as regular expressions.

    neutral: no part of what is owed, or a part of which the rest is no payment. tax, gross: it is one, or with one.
    scaled: it is not in whole units of its currency; of names as they are written. local: it is in the currency of the
    books, whatever that of the document is.
    """

    neutral: str = ""
    tax: str = ""
    gross: str = ""
    scaled: str = ""
    local: str


class States(Section):
    """The columns of states, and states in which nothing was ever owed, nothing is any more, and all of it is still."""

    columns: Words
    void: Words
    settled: Words
    open: Words


class Flags(Section):
    """The columns that say whether a row is settled, and the words by which they do."""

    columns: Words
    words: Words


class Kinds(Section):
    """The columns that say what a row is, and what is none of an invoice: a credit, a payment, or an offer.

    invoiced, corrected: regular expressions of what an invoice is called, and of what it is called that corrects one,
    or comes before it.
    numbered: letters with which the numbers of credit notes begin.
    """

    columns: Words
    credits: Words
    invoiced: str
    corrected: str = ""
    numbered: str


class Language(Section):
    """The words of a language as `plain` leaves them; of sides alone as cells have them.

    joining: words that join others and mean nothing: date de la facture, date facture.
    doubtful: names that another system gives to something else: an account may be the customer or the general
    ledger's, a balance what is open of the row or of all rows so far.
    added_up: how the words of a line begin that adds up others.
    sides: debit and credit, as two columns of amounts are called or as stands beside amounts that are all above zero.
    """

    name: str
    joining: Words = ()
    doubtful: Words
    added_up: Words
    sides: tuple[tuple[str, str], ...]
    columns: Columns
    hints: Hints
    amounts: Amounts
    states: States
    flags: Flags
    kinds: Kinds


def _spoken() -> dict[str, Language]:
    """The languages by their codes, English first."""
    there = {file.name.removesuffix(".toml"): file for file in (files(__package__) / "languages").iterdir()}
    codes = sorted(there, key=lambda code: (code != "en", code))
    return {code: Language.model_validate(tomllib.loads(there[code].read_text("utf-8"))) for code in codes}


SPOKEN = _spoken()


def _all(place: str) -> Words:
    """What all languages have there, English first."""
    return tuple(dict.fromkeys(word for language in SPOKEN.values() for word in attrgetter(place)(language)))


def _any(place: str) -> str:
    """The regular expressions that all languages have there, as one."""
    return "|".join(filter(None, map(attrgetter(place), SPOKEN.values())))


WORDS = {role: _all(f"columns.{role}") for role in Columns.model_fields}
HINTS = {role: _any(f"hints.{role}") for role in Hints.model_fields}
DOUBTFUL, JOINING, ADDED_UP = {*_all("doubtful")}, {*_all("joining")}, _all("added_up")
NUMBERED = rf"(?i)({_any('kinds.numbered')})(?![^\W\d_]).*"
SIDES = [pair for language in SPOKEN.values() for pair in language.sides]
NEUTRAL = rf"\b({_any('amounts.neutral')})\b|[0-9]"
TAXES, GROSS = rf"\b({_any('amounts.tax')})\b", rf"\b({_any('amounts.gross')})\b"
SCALED = rf"(?i)(?<![0-9][.,])\b({_any('amounts.scaled')})"
LOCAL = rf"\b({_any('amounts.local')})\b"
STATUS = {*_all("states.columns")}
VOID, SETTLED, OPEN = {*_all("states.void")}, {*_all("states.settled")}, {*_all("states.open")}
SETTLING, FLAGS = {*_all("flags.columns")}, {*_all("flags.words")}
KINDS, CREDITS = {*_all("kinds.columns")}, {*_all("kinds.credits")}
INVOICED = rf"^(?!.*({_any('kinds.corrected')})).*({_any('kinds.invoiced')})"


def plain(words: str) -> str:
    """Without capitals, accents, signs, what stands in brackets, and the words that only join others."""
    apart = re.sub("(?<=[a-z])(?=[A-Z])", " ", re.sub(r"(?<=.)\(.*?\)", "", words))  # InvoiceDate is the invoice date
    bare = "".join(sign for sign in unicodedata.normalize("NFD", apart) if not unicodedata.combining(sign))
    return " ".join(word for word in re.findall(r"[a-z0-9]+", bare.casefold().translate(MARKED)) if word not in JOINING)
