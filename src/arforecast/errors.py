"""What can go wrong, said as what, where, and what to do."""

import unicodedata

LONGEST = 120


def shown(value: str) -> str:
    """A value from outside as a message can hold it: control and direction marks visible, a long one cut.

    So it neither breaks a line, nor steers a terminal, nor turns the words around it.
    """
    cut = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    return "".join(ascii(sign)[1:-1] if unicodedata.category(sign)[0] in "CZ" and sign != " " else sign for sign in cut)


class ArforecastError(Exception):
    """A fault whose message is written for the person at the keyboard; the command line prints it alone."""


class SourceError(ArforecastError):
    """A ledger or an export that cannot be read at all: no folder, no table, no column, another encoding."""


class UsageError(ArforecastError):
    """A request that makes no sense: an unknown column to group by, a date that is not one, a wrong parameter."""


class RateError(ArforecastError):
    """Foreign money that cannot be valued on a day; the message names the currency and the day."""


class GateError(ArforecastError):
    """A report refused because its ledger cannot be trusted; the message names the gate that waives it."""


class RunError(ArforecastError):
    """A notebook that failed; the message names the cell and the reason."""
