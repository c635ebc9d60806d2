"""Mail: one message to one person by SMTP. It has been taken, it has not, or nobody can know, and each is told apart.

A server owns a message when it answers the dot at its end. What fails before the dot was not sent, and is tried again
where it may pass by itself; what fails after the dot may have been sent, and is never tried again by itself.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import parseaddr
from typing import Any

from arforecast.errors import ArforecastError, UsageError, shown
from arforecast.settings import SECRETS, Mail

LONGEST_PAUSE = 300
LONGEST_TOKEN = 16_384


class MailError(ArforecastError):
    """The server takes no mail at all, from nobody to nobody; `passing` where that may end by itself."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class RejectedError(MailError):
    """The server takes no mail for this recipient."""


class UncertainError(ArforecastError):
    """The message was handed over and nothing came back: it may have been taken."""


def secret(mail: Mail) -> str:
    """The password or the token, from the environment or from `token_command`; empty where nobody logs in.

    Raises UsageError where there is none, and ArforecastError for a command that gives none.
    """
    if mail.auth == "none":
        return ""
    variable = SECRETS["password" if mail.auth == "password" else "token"]
    given = os.environ.get(variable, "")
    if not given and mail.auth == "xoauth2" and mail.token_command:
        given, variable = _printed(mail), "mail.token_command"
    if not given:
        also = " or name a mail.token_command" if mail.auth == "xoauth2" else ""
        raise UsageError(f"mail.auth is {mail.auth}: set {variable}{also}.")
    if not re.fullmatch(rf"[ -~]{{1,{LONGEST_TOKEN}}}", given):
        raise ArforecastError(f"{variable} gives no line of ASCII: no server would take it.")
    return given


def _printed(mail: Mail) -> str:
    """What the command prints; what it says of a fault is not shown, since it may hold a secret."""
    name = f"mail.token_command ({shown(mail.token_command[0])})"
    try:
        done = subprocess.run(  # noqa: S603 - the settings' own command, by no shell
            mail.token_command, stdin=subprocess.DEVNULL, capture_output=True, timeout=mail.timeout_seconds, check=True
        )
    except subprocess.TimeoutExpired as fault:
        raise ArforecastError(f"{name} took longer than {mail.timeout_seconds:g} s. Nothing was sent.") from fault
    except subprocess.CalledProcessError as fault:
        code = fault.returncode
        raise ArforecastError(f"{name} ended with code {code}. Run it by hand; nothing was sent.") from fault
    except OSError as fault:
        raise ArforecastError(f"{name} cannot be run: {fault.strerror}. Nothing was sent.") from fault
    return done.stdout.decode("ascii", "replace").strip()


def deliver(mail: Mail, secret: str, recipient: str, message: bytes) -> None:
    """Hand `message` over to the server for `recipient`; when this returns, the server owns it.

    Raises MailError where the server takes no mail, RejectedError where it takes none for this recipient (neither sent
    it), and UncertainError where the message may have been taken.
    """
    from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

    tries = Retrying(
        retry=retry_if_exception(lambda fault: isinstance(fault, MailError) and fault.passing),
        stop=stop_after_attempt(mail.attempts),
        wait=wait_exponential(multiplier=mail.pause_seconds, max=LONGEST_PAUSE),
        reraise=True,
    )
    tries(_once, mail, secret, recipient, message)


def _once(mail: Mail, secret: str, recipient: str, message: bytes) -> None:
    with _line(mail, secret) as line:
        try:
            _offer(line, mail, recipient, message)
        except (smtplib.SMTPException, OSError) as fault:
            raise MailError(f"{_where(mail)} broke off: {_why(fault)}. Nothing was sent.", passing=True) from fault
        _end(line, mail, recipient)


@contextmanager
def _line(mail: Mail, secret: str) -> Iterator[smtplib.SMTP]:
    """A line to the server, encrypted and logged in."""
    try:
        line = _connected(mail)
    except (smtplib.SMTPException, OSError) as fault:
        raise _no_line(mail, fault) from fault
    try:
        _log_in(line, mail, secret)
        yield line
        with suppress(smtplib.SMTPException, OSError):
            line.quit()
    finally:
        line.close()


def _connected(mail: Mail) -> smtplib.SMTP:
    safe = ssl.create_default_context()
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout_seconds, context=safe)
    line = smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout_seconds)
    try:
        if mail.security == "starttls":
            line.starttls(context=safe)
    except BaseException:
        line.close()
        raise
    return line


def _no_line(mail: Mail, fault: Exception) -> MailError:
    """Why there is no line, and what to do."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        mend = "If the certificate is your own company's, name its authority in SSL_CERT_FILE"
        return MailError(f"{_where(mail)} shows a certificate that is not trusted: {fault.verify_message}. {mend}.")
    if isinstance(fault, ssl.SSLError):
        return MailError(f"{_where(mail)} does not speak TLS there: tls is for port 465 as a rule, starttls for 587.")
    if isinstance(fault, smtplib.SMTPNotSupportedError):
        return MailError(f"{_where(mail)} offers no STARTTLS, and nothing is sent unencrypted. Try mail.security tls.")
    lasting = isinstance(fault, smtplib.SMTPResponseException) and fault.smtp_code >= 500
    return MailError(f"{_where(mail)} cannot be reached: {_why(fault)}. Nothing was sent.", passing=not lasting)


def _log_in(line: smtplib.SMTP, mail: Mail, secret: str) -> None:
    try:
        line.ehlo_or_helo_if_needed()
        if mail.auth == "password":
            line.login(mail.user, secret)
        elif mail.auth == "xoauth2":
            _by_token(line, mail.user, secret)
    except smtplib.SMTPAuthenticationError as fault:
        what = "password" if mail.auth == "password" else "token (it may have expired)"
        said = f"{_where(mail)} refuses the user or the {what}: {_safe(_why(fault), secret)}. Nothing was sent."
        raise MailError(said, passing=fault.smtp_code < 500) from fault
    except smtplib.SMTPNotSupportedError as fault:
        raise MailError(f"{_where(mail)} offers no login by mail.auth {mail.auth}. Choose another one.") from fault
    except (smtplib.SMTPException, OSError) as fault:
        said = f"{_where(mail)} broke off at the login: {_safe(_why(fault), secret)}. Nothing was sent."
        raise MailError(said, passing=True) from fault


def _by_token(line: smtplib.SMTP, user: str, token: str) -> None:
    """XOAUTH2; a server that says no tells why in a challenge, which an empty answer ends."""
    if "XOAUTH2" not in line.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError
    line.auth("XOAUTH2", lambda asked=None: "" if asked else f"user={user}\1auth=Bearer {token}\1\1")


def _offer(line: smtplib.SMTP, mail: Mail, recipient: str, message: bytes) -> None:
    """All but the dot: until then the server has taken nothing."""
    size = [f"size={len(message)}"] if line.has_extn("size") else []
    code, reply = line.mail(parseaddr(mail.sender)[1], size)
    if code != 250:
        raise MailError(f"{_where(mail)} takes no mail from {mail.sender}: {_said(code, reply)}.", passing=code < 500)
    _expect(recipient, (250, 251), line.rcpt(recipient))
    _expect(recipient, (354,), line.docmd("DATA"))
    line.send(re.sub(rb"(?m)^\.", b"..", message))


def _end(line: smtplib.SMTP, mail: Mail, recipient: str) -> None:
    try:
        line.send(b".\r\n")
        answer = line.getreply()
    except (smtplib.SMTPException, OSError) as fault:
        said = f"{recipient}: may have been sent. {_where(mail)} took the message and gave no answer: {_why(fault)}."
        raise UncertainError(said) from fault
    _expect(recipient, (250,), answer)


def _expect(recipient: str, good: tuple[int, ...], answer: tuple[int, bytes]) -> None:
    if answer[0] not in good:
        raise RejectedError(f"{recipient}: not sent, the server says {_said(*answer)}.", passing=answer[0] < 500)


# ------------------------------------------------------------------ words


def _where(mail: Mail) -> str:
    return f"{mail.host}, port {mail.port},"


def _said(code: int, reply: bytes) -> str:
    """What a server says is from outside, as any text of others."""
    return shown(f"{code} {' '.join(reply.decode('utf-8', 'replace').split())}".strip()).rstrip(".")


def _why(fault: Exception) -> str:
    if isinstance(fault, smtplib.SMTPResponseException):
        reply: Any = fault.smtp_error
        return _said(fault.smtp_code, reply if isinstance(reply, bytes) else str(reply).encode())
    if isinstance(fault, TimeoutError) or "timed out" in str(fault):
        return "it did not answer in time (mail.timeout_seconds)"
    if isinstance(fault, smtplib.SMTPServerDisconnected):
        return "the line went down"
    why = (fault.strerror if isinstance(fault, OSError) else str(fault)) or type(fault).__name__
    return shown(why).rstrip(".")


def _safe(said: str, secret: str) -> str:
    """What a server says, unless it repeats what nobody else may read."""
    hidden = [secret, b64encode(secret.encode()).decode().rstrip("=")]
    long_word = re.search(r"\S{61,}", said)
    return "it gives a reason that may hold a secret" if long_word or any(map(said.__contains__, hidden)) else said
