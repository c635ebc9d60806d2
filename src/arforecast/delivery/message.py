"""Messages: a pack as a mail, for eyes and for programs that show no HTML; and the mail that says why there is none."""

from __future__ import annotations

import io
import re
import textwrap
import unicodedata
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from arforecast.delivery import gates
from arforecast.delivery.gates import Gate
from arforecast.delivery.pack import Answer, Pack, Table
from arforecast.delivery.pictures import WIDTH, png
from arforecast.delivery.register import Letter
from arforecast.report.formats import NBSP, NULL, date, name, spoken
from arforecast.settings import Mail

if TYPE_CHECKING:
    from jinja2 import Environment

COLUMNS = 4  # a table of more of them is no table on a phone: each row becomes two lines
ROWS = 10
LARGEST_ATTACHMENT = 15_000_000  # bytes of a zip; coded for mail it is a third more, and many servers refuse 25 MB
SUBJECT = 120
TEXT = 72
EPOCH = (1980, 1, 1, 0, 0, 0)
# Marks that turn the words around them, and whatever is no letter of any script; joiners belong to words.
JOINERS = "\u200c\u200d"


class Content(NamedTuple):
    """What every recipient of a role gets: subject, both bodies, and by their names the pictures and files."""

    subject: str
    text: str
    html: str
    pictures: dict[str, bytes]
    files: dict[str, bytes]


class Row(NamedTuple):
    """A row of a table in two lines: what it is of and its figure, then all else with its head."""

    label: str
    head: str
    figure: str
    rest: list[str]


def brief(pack: Pack, entity: str, mail: Mail, checked: Iterable[Gate], *, named: bool) -> Content:
    """The brief of a pack; its pages go along, or a link, unless its customers are not to be `named`."""
    pictures = {place: png(figure.svg) for place, figure in pack.figures.items()}
    zipped = zipped_pages(pack) if mail.attach and named else b""
    large = len(zipped) > LARGEST_ATTACHMENT
    file = f"receivables-{_slug(entity)}{pack.as_of}.zip"
    said = {
        "pack": pack,
        "headline": plain(pack.headline),
        "answers": [(answer, _stacked(answer)) for answer in pack.answers],
        "unchecked": [gate for gate in checked if gate.outcome == gates.NOT_CHECKED],
        "file": file if zipped and not large else "",
        "large": large,
        "named": named,
        "link": f"{mail.base_url.rstrip('/')}/{_path(entity)}{pack.as_of}/index.html" if mail.base_url else "",
        "width": WIDTH,
    }
    subject = f"{_title(entity)}, {date(pd.Timestamp(pack.as_of))}: {_short(pack.headline)}"
    return _content("brief", subject, pack, entity, said)._replace(
        pictures=pictures, files={file: zipped} if zipped and not large else {}
    )


def refusal(pack: Pack, entity: str, checked: Iterable[Gate]) -> Content:
    """What the analysts read where a gate is against it: which one, where and why; what else was looked at."""
    against = gates.refused(checked)
    which = ", ".join(name(gate.gate) for gate in against)
    subject = f"Not sent: {_title(entity)}, {date(pd.Timestamp(pack.as_of))}: refused by {which}"
    said = {"against": against, "others": [gate for gate in checked if gate not in against], "folder": str(pack.folder)}
    return _content("refusal", subject, pack, entity, said)


def failure(run: str, fault: str) -> Content:
    """What the analysts read where there is no run at all: what it failed of, line by line, and where."""
    subject = plain(f"Failed: receivables, {Path(run).name}")[:SUBJECT]
    lines = [line for line in fault.splitlines() if line.strip()]
    said = {"subject": subject, "title": "The pages were not made", "day": Path(run).name, "part": "", "run": run}
    html, text = (_templates().get_template(f"failure.{kind}").render(said, lines=lines) for kind in ("html", "txt"))
    return Content(subject, f"{text.strip()}\n", _inlined(html), {}, {})


def message(content: Content, mail: Mail, letter: Letter, earlier: int) -> EmailMessage:
    """The mail to one recipient, whose identifier is the same however often it is tried, and another one once it was
    sent `earlier`: where a mail that may have arrived arrives, the second is known for the same."""
    mailed = EmailMessage(policy=SMTP)
    key = sha256("\n".join([*letter, str(earlier)]).encode()).hexdigest()[:32]
    mailed["From"], mailed["To"], mailed["Subject"] = mail.sender, letter.recipient, content.subject
    mailed["Date"] = format_datetime(datetime.now(UTC))
    mailed["Message-ID"] = f"<{key}@{parseaddr(mail.sender)[1].partition('@')[2] or 'localhost'}>"
    mailed["Auto-Submitted"] = "auto-generated"
    mailed.set_content(content.text, cte="quoted-printable")
    mailed.add_alternative(content.html, subtype="html", cte="quoted-printable")
    html: Any = list(mailed.iter_parts())[1]
    for place, picture in content.pictures.items():
        html.add_related(picture, "image", "png", cid=f"<{place}>", filename=f"{place}.png", disposition="inline")
    for file, data in content.files.items():
        mailed.add_attachment(data, "application", "zip", filename=file)
    return mailed


def zipped_pages(pack: Pack) -> bytes:
    """The pages as one file, the same bytes for the same pages."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pages:
        for page in pack.pages:
            about = zipfile.ZipInfo(page.name, EPOCH)
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            pages.writestr(about, page.read_bytes())
    return target.getvalue()


# ------------------------------------------------------------------ words


def plain(words: str) -> str:
    """Words from data as a mail can hold them: on one line, and with no sign that turns or hides what is around."""
    spaced = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in words)
    kept = (sign for sign in spaced if sign in JOINERS or unicodedata.category(sign) not in ("Cf", "Cs", "Co", "Cn"))
    return re.sub(" +", " ", "".join(kept)).strip()


def _title(entity: str) -> str:
    return f"Receivables {entity}".strip()


def _short(headline: str) -> str:
    """The first sentence without the day, which the subject has already, and without what stands in brackets."""
    first = re.split(r"(?<=[.!?]) ", plain(headline))[0].rstrip(".")
    return re.sub(r" on \d{1,2}\W[A-Z]\w+\W\d{4}| \([^()]*\)", "", first)


def _slug(entity: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", entity.lower()).strip("-")
    return f"{slug}-" if slug else ""


def _path(entity: str) -> str:
    from urllib.parse import quote

    return f"{quote(entity)}/" if entity else ""


def _stacked(answer: Answer) -> list[Row]:
    """The rows of a table that is too wide for a phone, each in two lines; none where the table fits."""
    return _lined(answer.table) if answer.table and len(answer.table.heads) > COLUMNS else []


def _lined(table: Table) -> list[Row]:
    """The rows of a table, each in two lines; the figure is that of its first column of numbers."""
    at = table.numbers.index(True) if True in table.numbers else 0
    head = _inner(table.heads[at]) if at and len(table.heads) > 2 else ""
    return [Row(row[0], head, row[at] if at else "", _rest(table.heads, row, at)) for row in table.rows[:ROWS]]


def _rest(heads: tuple[str, ...], row: tuple[str, ...], at: int) -> list[str]:
    others = [nth for nth in range(1, len(row)) if nth != at and row[nth] not in ("", NULL)]
    return [f"{_inner(heads[nth])}: {row[nth]}" for nth in others]


def _inner(head: str) -> str:
    """A head within a sentence."""
    return f"{head[:1].lower()}{head[1:]}"


# ------------------------------------------------------------------ bodies


def _content(kind: str, subject: str, pack: Pack, entity: str, said: dict[str, Any]) -> Content:
    about: dict[str, Any] = {
        "subject": plain(subject).replace(NBSP, " ")[:SUBJECT],
        "title": plain(_title(entity)),
        "day": date(pd.Timestamp(pack.as_of)),
        "part": plain(pack.part),
        "account": pack.account,
        "rows_shown": ROWS,
    }
    html = _templates().get_template(f"{kind}.html").render(about | said)
    text = _templates().get_template(f"{kind}.txt").render(about | said)
    return Content(about["subject"], f"{text.strip()}\n", _inlined(html), {}, {})


def _inlined(html: str) -> str:
    """Every rule beside the element it is for, since mail programs drop sheets; no sign beyond ASCII."""
    import css_inline

    sheet = (Path(__file__).parent / "mail.css").read_text("utf-8")
    inliner = css_inline.CSSInliner(extra_css=sheet, load_remote_stylesheets=False, keep_at_rules=True, minify_css=True)
    return inliner.inline(html).encode("ascii", "xmlcharrefreplace").decode("ascii")


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: plain(value) if type(value) is str else value,
    )
    made.filters |= {"wrapped": _wrapped, "called": name, "spoken": spoken, "lined": _lined}
    return made


def _wrapped(words: str, indent: str = "") -> Lines:
    return Lines(textwrap.fill(plain(words), TEXT, initial_indent=indent, subsequent_indent=indent))


class Lines(str):
    """Words of several lines that are meant."""

    __slots__ = ()
