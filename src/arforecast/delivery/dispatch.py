"""Dispatch: a finished run is mailed, once to each, or its analysts are told why it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from arforecast.delivery import addressees, mail, message, register
from arforecast.delivery import gates as gatekeeper
from arforecast.delivery import pack as packs
from arforecast.delivery.gates import Gate
from arforecast.delivery.message import Content
from arforecast.delivery.pack import Pack
from arforecast.delivery.register import Letter
from arforecast.errors import ArforecastError, UsageError
from arforecast.settings import ANALYSTS, Mail, Recipient, load, mailing

BRIEF, LEADERSHIP = "brief", "leadership"


class Told(NamedTuple):
    """A line for whoever watches, and whether it is what was wanted."""

    line: str
    good: bool = True


class Post(NamedTuple):
    """What is to go out: of which pack, its gates, how it is mailed, to whom, and what each role gets."""

    fingerprint: str
    checked: list[Gate]
    mail: Mail
    recipients: list[Recipient]
    kind: str
    contents: dict[str, Content]

    def letter(self, who: Recipient) -> Letter:
        return Letter(self.fingerprint, self.kind, who.role, who.address)


def prepare(folder: Path, role: str = "") -> Post:
    """What of the run in `folder` goes to whom: the brief, to `role` alone where one is named, or where a gate refuses
    it the reasons, to the analysts.

    Raises UsageError for a folder that is no run and for a role that nobody has.
    """
    pack, settings = packs.read(folder), packs.settings_of(folder)
    posted, entity = mailing(settings, folder), packs.entity(pack, settings.entities)
    checked = gatekeeper.gates(pack, datetime.now().astimezone().date(), posted.age_limit_days)
    chosen = addressees.of(posted, role, entity) if role or posted.recipients else []
    against = gatekeeper.refused(checked)
    if against:
        analysts = [who for who in addressees.of(posted, "", entity) if who.role == ANALYSTS]
        # By the names of the gates: what a gate says, such as how old a run is, changes from day to day.
        kind = f"refused by {', '.join(gate.gate for gate in against)}"
        return Post(
            pack.fingerprint, checked, posted, analysts, kind, {ANALYSTS: message.refusal(pack, entity, checked)}
        )
    roles = list(dict.fromkeys(who.role for who in chosen)) or [LEADERSHIP]
    contents = {each: _brief(pack, entity, posted, checked, each) for each in roles}
    return Post(pack.fingerprint, checked, posted, chosen, BRIEF, contents)


def _brief(pack: Pack, entity: str, posted: Mail, checked: list[Gate], role: str) -> Content:
    hidden = role in posted.mask_names
    return message.brief(addressees.masked(pack) if hidden else pack, entity, posted, checked, named=not hidden)


def rehearse(folder: Path, role: str = "") -> Iterator[Told]:
    """Write what would be sent beside the run, one file a role, and say what the gates say and who would get it."""
    post = prepare(folder, role)
    yield from _gates(post.checked)
    known = register.place(folder)
    for who in post.recipients:
        line = register.known(known, post.letter(who))
        yield Told(f"{who.address} ({who.role}): {_state(line) if line else 'would be sent'}")
    if not post.recipients:
        yield Told("Nobody would be mailed: see mail.recipients in arforecast.toml.")
    for each, content in post.contents.items():
        letter = next((post.letter(who) for who in post.recipients if who.role == each), Letter("", "", each, ""))
        yield Told(str(_written(folder, each, bytes(message.message(content, post.mail, letter, 0)))))
    if gatekeeper.refused(post.checked):
        yield Told("A gate refuses this run: leadership would get nothing.", good=False)
    if post.recipients:
        yield from _lacking(post.mail)


def _lacking(posted: Mail) -> Iterator[Told]:
    """What the settings lack for a mail to leave; the command that prints a token is not tried."""
    try:
        _can_send(posted)
        if not posted.token_command:
            mail.secret(posted)
    except ArforecastError as fault:
        yield Told(f"Nothing can be sent yet. {fault}", good=False)


def _written(folder: Path, role: str, mailed: bytes) -> Path:
    file = folder.with_name(f"{folder.resolve().name}.{role}.eml")
    try:
        file.write_bytes(mailed)
    except OSError as fault:
        raise UsageError(f"{file} cannot be written: {fault.strerror}.") from fault
    return file


def send(folder: Path, role: str = "", *, again: bool = False) -> Iterator[Told]:
    """Mail the run in `folder`, once to each recipient, and tell what became of each; `again` sends what was sent, or
    may have been.

    Where a gate refuses the run, its analysts are mailed the reasons and nobody else anything.
    """
    post = prepare(folder, role)
    against = gatekeeper.refused(post.checked)
    yield from _gates(against)
    if not post.recipients and not against:
        raise UsageError("Nobody was mailed: see mail.recipients in arforecast.toml.")
    if not post.recipients:
        yield Told("Nobody was told: no recipient of this pack has the role analysts.", good=False)
    yield from _mailed(folder, post, again=again)


def alert(ledger: str, run: str, fault: str) -> Iterator[Told]:
    """Mail the analysts what the run of `ledger` that was to lie in the folder `run` failed of, once. The settings are
    looked for where the ledger lies, in the folder of the runs, and here.

    Raises UsageError where no analyst is in them.
    """
    folder = Path(run)
    posted = mailing(load(*([Path(ledger)] if Path(ledger).exists() else []), folder.parent, Path()), folder)
    analysts = [who for who in posted.recipients if who.role == ANALYSTS]
    if not analysts:
        raise UsageError(f"Nobody was told: no recipient in the settings has the role {ANALYSTS}.")
    key = sha256(f"{folder.resolve()}\n{fault}".encode()).hexdigest()
    post = Post(key, [], posted, analysts, "failed", {ANALYSTS: message.failure(run, fault)})
    yield from _mailed(folder, post, again=False)


def _mailed(folder: Path, post: Post, *, again: bool) -> Iterator[Told]:
    """What is not known to have been sent is; of the rest it is told when it was."""
    due = [who for who in post.recipients if again or not register.known(register.place(folder), post.letter(who))]
    yield from (_before(folder, post, who) for who in post.recipients if who not in due)
    if due:
        _can_send(post.mail)
        yield from _all(folder, post, due, again=again)


def _gates(checked: Sequence[Gate]) -> Iterator[Told]:
    for gate in checked:
        yield Told(f"{gate.gate}: {gate.outcome}. {gate.message}", good=gate.outcome != gatekeeper.REFUSED)


def _can_send(posted: Mail) -> None:
    needed = ("host", "sender") if posted.auth == "none" else ("host", "sender", "user")
    missing = [f"mail.{name}" for name in needed if not getattr(posted, name)]
    if missing:
        raise UsageError(f"{' and '.join(missing)} must be set in arforecast.toml before anything can be sent.")


def _all(folder: Path, post: Post, due: list[Recipient], *, again: bool) -> Iterator[Told]:
    secret = mail.secret(post.mail)
    for nth, who in enumerate(due):
        try:
            yield _one(folder, post, who, secret, again=again)
        except mail.MailError as fault:
            rest = ", ".join(each.address for each in due[nth:])
            raise ArforecastError(f"{fault} Not sent: {rest}.") from fault


def _one(folder: Path, post: Post, who: Recipient, secret: str, *, again: bool) -> Told:
    """One mail, with a line in the register before it and one after it."""
    file, letter = register.place(folder), post.letter(who)
    earlier = register.open_letter(file, letter, again=again)
    if earlier is None:
        return _before(folder, post, who)
    mailed = bytes(message.message(post.contents[who.role], post.mail, letter, earlier))
    try:
        mail.deliver(post.mail, secret, who.address, mailed)
    except mail.UncertainError as fault:
        return Told(f"{fault} Ask for it, or send --again.", good=False)
    except mail.MailError as fault:
        register.close_letter(file, letter, register.FAILED, str(fault))
        if isinstance(fault, mail.RejectedError):
            return Told(str(fault), good=False)
        raise
    return _noted(file, letter)


def _noted(file: Path, letter: Letter) -> Told:
    try:
        register.close_letter(file, letter, register.SENT, "")
    except ArforecastError as fault:
        return Told(f"{letter.recipient}: sent, but that could not be noted. {fault}", good=False)
    return Told(f"{letter.recipient}: sent.")


def _before(folder: Path, post: Post, who: Recipient) -> Told:
    line = register.known(register.place(folder), post.letter(who))
    sent = line is not None and line.event == register.SENT
    return Told(f"{who.address}: {_state(line) if line else 'being sent by another run of this command'}.", good=sent)


def _state(line: register.Line) -> str:
    if line.event == register.SENT:
        return f"sent on {line.said_at}; --again sends it once more"
    return f"may have been sent on {line.said_at}: nothing tells whether it arrived. Ask for it, or send --again"
