"""What can go wrong, said as what, where, and what to do."""

import re
import unicodedata

LONGEST = 120
# What nobody but who opens a database may read: who that is, a port that is no number, and what it is asked with.
_SECRETS = (
    (re.compile(r"^([a-z][\w+.-]*:/+).*@", re.IGNORECASE | re.DOTALL), r"\1***@"),
    (re.compile(r"^(?![a-z][\w+.-]*:/)[^@]*:.*@", re.IGNORECASE | re.DOTALL), "***@"),
    (re.compile(r"(://[^/?#:@]*:)(?!\d{1,5}(?:[/?#]|$)).*", re.DOTALL), r"\1***"),
    (re.compile(r"(://[^?]*\?|\?(?=.*=)).+", re.DOTALL), r"\1***"),
    (re.compile(r"(\w*(?:passw|pwd|token|secret)\w*\s*=).*", re.IGNORECASE | re.DOTALL), r"\1***"),
)


def shown(value: str) -> str:
    """A value from outside as a message can hold it: control and direction marks visible, a long one cut.

    So it neither breaks a line, nor steers a terminal, nor turns the words around it.
    """
    cut = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    return "".join(ascii(sign)[1:-1] if unicodedata.category(sign)[0] in "CZ" and sign != " " else sign for sign in cut)


# Control and direction marks and what has no width, but for tabs, ends of lines and the joiners of words.
_STEERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def inert(words: str) -> str:
    """Words of whatever length in which the marks that steer a screen, or turn the words around them, are written out:
    the words of a page, a message of several lines."""
    return _STEERS.sub(lambda sign: ascii(sign[0])[1:-1], words)


def address(url: object) -> str:
    """A path or a URL as a message or a run can hold it: no user, no password and no parameter is in it.

    A slip of the pen in a URL is no reason to print what it holds.
    """
    text = str(url)
    for secret, mark in _SECRETS:
        text = secret.sub(mark, text)
    return shown(text)


_BROKE = "The database ended the connection. Nothing was written to it; ask again when it is there."
# What the machine, the settings or the database give no more of, by what the engine says of it.
_LACKING = (
    ("failed to offload", "The disk is full where engine.spill_directory stands. Make room, or name another folder."),
    (
        "No space left",
        "The disk is full. Make room, or name another place for the output, or as engine.spill_directory.",
    ),
    ("Failed to create directory", "engine.spill_directory is no folder that can be written to. Name another one."),
    (
        "Out of Memory",
        "The memory that engine.memory_limit allows is used up. Raise it in arforecast.toml, or ask for less.",
    ),
    (
        "Resource temporarily unavailable",
        "This machine starts no more threads. Lower engine.threads.",
    ),
    ("start new thread", "This machine starts no more threads. Lower engine.threads."),
    ("terminating connection", _BROKE),
    ("server closed the connection", _BROKE),
    ("connection is lost", _BROKE),
    ("connection is closed", _BROKE),
    ("statement timeout", "The database grants less time than this takes. Raise its statement_timeout, or ask less."),
    ("create temporary tables", "Figures need temporary tables. GRANT TEMPORARY ON DATABASE ... to this role."),
    ("during recovery", "This server is a standby, where no temporary table can be made. Ask the primary."),
    (
        "read-only transaction",
        "The database writes when the ledger is read, and it is only read here. Look for a view that calls a function, "
        "and make a table of its rows.",
    ),
    ("MemoryError", "The memory of this machine is used up. Lower engine.memory_limit, or ask for less."),
)


def lacking(fault: Exception) -> str:
    """What the machine, the settings or the database lack where that is the fault, and no word where it is another."""
    said = f"{type(fault).__name__}: {fault}"
    return next((words for sign, words in _LACKING if sign in said), "")


class ArforecastError(Exception):
    """A fault whose message is written for the person at the keyboard; the command line prints it alone."""


class SourceError(ArforecastError):
    """A ledger or an export that cannot be read at all: no folder, no table, no column, another encoding."""


class UsageError(ArforecastError):
    """A request that makes no sense: an unknown column to group by, a date that is not one, a wrong parameter."""


class UnknownError(UsageError):
    """A question that the ledger cannot answer, since it does not hold what would tell; a page says so instead."""


class RateError(ArforecastError):
    """Foreign money that cannot be valued on a day; the message names the currency and the day."""


class GateError(ArforecastError):
    """A report refused because its ledger cannot be trusted; the message names the gate that waives it."""


class RunError(ArforecastError):
    """A notebook that failed; the message names the cell and the reason."""


class WriteError(ArforecastError):
    """A folder that cannot be written, though it was well chosen: the disk is full, or it belongs to another user."""


class BusyError(ArforecastError):
    """A folder that another process is writing."""
