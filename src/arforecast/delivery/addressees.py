"""Addressees: who gets a pack, by role and entity, and what of it they may see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from arforecast.delivery.pack import Answer, Pack
from arforecast.errors import UsageError, shown
from arforecast.report.formats import NULL
from arforecast.settings import Mail, Recipient

NAMES = ("Customer", "Account", "Name")  # the heads of the columns that name customers


def of(mail: Mail, role: str, entity: str) -> list[Recipient]:
    """The recipients of an entity's pack, those of `role` where one is named. Raises UsageError for one of nobody."""
    roles = sorted({recipient.role for recipient in mail.recipients})
    if role and role not in roles:
        there = (
            f"There are: {', '.join(roles)}." if roles else "There are none: see mail.recipients in arforecast.toml."
        )
        raise UsageError(f"No recipient has the role {shown(role)}. {there}")
    return [who for who in mail.recipients if role in ("", who.role) and (not who.entities or entity in who.entities)]


def masked(pack: Pack) -> Pack:
    """The pack without a name of a customer: in its words they are numbered, in the order in which they stand."""
    names = list(dict.fromkeys(name for answer in pack.answers for name in _named(answer)))
    numbered = {form: f"Customer {at}" for at, name in enumerate(names, 1) for form in (name, _alone(name))}
    # A name may be a part of another one.
    longest_first = dict(sorted(numbered.items(), key=lambda pair: -len(pair[0])))
    return Pack(*(_without(longest_first, part) for part in pack)) if names else pack


def _alone(name: str) -> str:
    """A name without the identifier that tells it from another of the same name."""
    return re.sub(r" \([^()]*\)$", "", name)


def _named(answer: Answer) -> list[str]:
    if answer.table is None:
        return []
    columns = [at for at, head in enumerate(answer.table.heads) if head in NAMES]
    return [row[at] for row in answer.table.rows for at in columns if row[at] not in ("", NULL)]


def _without(numbered: dict[str, str], part: Any) -> Any:
    """What a pack holds, at any depth, with every name replaced; what is no text stays."""
    if isinstance(part, str):
        return re.sub("|".join(map(re.escape, numbered)), lambda name: numbered[name[0]], part)
    if isinstance(part, Sequence) and not hasattr(part, "_fields"):
        return tuple(_without(numbered, each) for each in part)
    return type(part)(*(_without(numbered, each) for each in part)) if isinstance(part, tuple) else part
