"""From a run to the inbox: what a real mail server on this machine received, from whom, and how often.

Every server listens on loopback; the run is made once, of real notebooks, and its bytes are looked at as received.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from click.testing import CliRunner, Result

import arforecast
from arforecast.cli import main
from arforecast.delivery import addressees, dispatch, gates, mail, message, pack, register
from arforecast.delivery.register import Letter
from arforecast.errors import ArforecastError, UsageError
from arforecast.runs import runner
from arforecast.settings import Mail, Recipient, Settings, load, mailing, read

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
DAY = date(2026, 7, 1)
EVIL = 'Evil <img src=x onerror="1">\r\nBcc: thief@example.com'
TURNED = "Turned \u202eyenoM & Söhne"
DECLARED = """
ledger: str = ""
as_of: str = ""
data: str = ""
"""
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 358 320" role="img" aria-label="Bars &amp; what they say">'
    '<path d="M 0 0 L 9 9" style="fill: none; stroke: var(--grid, #dedede)"/>'
    '<rect x="9" y="9" width="99" height="99" style="fill: var(--expected)"/></svg>'
)
DRAWN = f"<figure><figcaption>Bars</figcaption>{SVG}</figure>"
CARDS = """<ul class="cards"><li class="card good"><span class="label">Open receivables</span> <strong>300.50</strong>
<span class="note">better</span></li></ul>"""
EXHIBIT = {
    "question": "What cash will come?",
    "sentence": "112 is expected by 28 Jul 2026",
    "state": "known",
    "cards": [],
    "table": {"columns": ["Cash of the", "Expected"], "rows": [["next week", "38.00"], ["next 4 weeks", "112.40"]]},
    "file": "",
    "call": "",
    "at": "",
}
BRIEF = [
    "# The brief",
    'print("300.50 is owed on 30 Jun 2026, 37 % of it overdue (45 % on 31 May 2026). That is 21 days.")  # headline',
    f'from arforecast.report import Fragment, tables\nFragment("""{CARDS}""")  # cards',
    "## Does the ledger tie?",
    'print("It ties.")',
    "## Whom to call?",
    f"""import pandas as pd
rows = pd.DataFrame({{"customer": [{EVIL!r}, {TURNED!r}], "overdue_balance": [1234.5, 2.0], "p_paid_14": [0.05, 0.5],
"broken_promises": [3, None], "reasons": ["over 90 days past due", "disputed"]}})
tables.show(rows, {f"Call {TURNED} first"!r})""",
    f"""from IPython.display import display
display({{"application/vnd.arforecast.exhibit+json": {EXHIBIT!r}, "text/html": "<p>the page's</p>"}}, raw=True)""",
    "## Why did it move?",
    'print("Open receivables fell.")',
]
KPIS = [
    "# KPIs",
    f"from arforecast.report import Fragment\nageing = Fragment({DRAWN!r})",
    'print("the headline")  # headline',
    "ageing",
]
RECORD = "as_of,by,group,kpi,value\n"
MONTHS = [f"{year}-{month:02}-{day}" for year, month, day in
          [(2025, 9, 30), (2025, 10, 31), (2025, 11, 30), (2025, 12, 31), (2026, 1, 31), (2026, 2, 28), (2026, 3, 31),
           (2026, 4, 30), (2026, 5, 31), (2026, 6, 30)]]  # fmt: skip
TEAM = {"cfo@example.com": "leadership", "anna@example.com": "analysts"}


def notebook(path: Path, cells: list[str]) -> None:
    made = [nbformat.v4.new_code_cell(DECLARED.strip(), metadata={"tags": ["parameters"]})]
    for source in cells:
        tags = [tag for tag in ("headline", "cards") if f"# {tag}" in source]
        code = nbformat.v4.new_code_cell(source, metadata={"tags": tags})
        made.append(nbformat.v4.new_markdown_cell(source) if source.startswith("#") else code)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one run of all tests here; who changes it takes a copy."""
    place = tmp_path_factory.mktemp("made")
    for folder in ("ledger", "notebooks"):
        (place / folder).mkdir()
    (place / "ledger" / "invoices.csv").write_text(
        "invoice_id,customer_id,issued_on,due_on,amount\n1,A,2026-06-20,2026-07-20,300.50\n"
    )
    notebook(place / "notebooks" / "brief.ipynb", BRIEF)
    notebook(place / "notebooks" / "kpis.ipynb", KPIS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(Path(arforecast.__file__).resolve().parents[1]))
        return runner.run(place / "ledger", "2026-06-30", out=place / "reports", notebooks=place / "notebooks")


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the run in a place of its own, with a register of its own."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ARFORECAST_")]:
        monkeypatch.delenv(name)
    return Path(shutil.copytree(made, tmp_path / "reports" / made.name))


# ------------------------------------------------------------------ a server of one's own


class Inbox:
    """What a server took; `does` is what it does instead."""

    def __init__(self, does: str = "") -> None:
        self.does = does
        self.taken: list[Envelope] = []
        self.tries = 0
        self.came = threading.Event()

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if self.does == "knows no sender":
            return "550 who are you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if self.does == "rejects" and address.startswith("cfo"):
            return "550 no such user here"
        if self.does == "asks to wait" and not self.tries:
            self.tries += 1
            return "451 greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str | None:
        self.tries += 1
        if self.does in ("452 mailbox full", "552 mailbox full"):
            return self.does
        self.taken.append(envelope)
        self.came.set()
        if self.does == "drops":
            server.transport.abort()
        if self.does == "fills the disk":
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        if self.does == "waits":
            await asyncio.sleep(30)
        return "250 OK"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """A server says no to a token by a challenge, which is answered with nothing."""
        from base64 import b64decode

        good = b64decode(args[1]) == b"user=ar@example.com\1auth=Bearer fresh\1\1"
        if not good:
            await server.challenge_auth("eyJzdGF0dXMiOiI0MDEifQ==", encode_to_b64=False)
            await server.push("535 5.7.8 expired")
        return AuthResult(success=good, handled=not good)

    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(each.content, policy=policy.default) for each in self.taken]  # type: ignore[arg-type, misc]

    def to(self) -> list[str]:
        return [address for each in self.taken for address in each.rcpt_tos]


class HalfWay(SMTP):
    """A server that goes when a message comes, before it says that it takes one, or after."""

    async def smtp_DATA(self, arg: str) -> None:
        self.event_handler.tries += 1
        if self.event_handler.does == "begins":
            await self.push("354 go ahead")
        self.transport.abort()


class GoesHalfWay(Controller):
    def factory(self) -> SMTP:
        return HalfWay(self.handler)


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


class Served:
    """A server while a test runs, and the settings that lead to it."""

    def __init__(self, run: Path, does: str = "", *, kind: type[Controller] = Controller, **options: Any) -> None:
        self.inbox, self.run = Inbox(does), run
        self.port = free_port()
        self.server = kind(self.inbox, hostname="127.0.0.1", port=self.port, **options)

    def __enter__(self) -> Served:
        self.server.start()
        settle(self.run, self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()


def settle(run: Path, port: int = 0, people: dict[str, str] = TEAM, **also: object) -> None:
    said = {"host": "127.0.0.1", "port": port or free_port(), "security": "none", "pause_seconds": 0} | also
    said |= {"sender": "Receivables <ar@example.com>", "age_limit_days": 3660}
    lines = [f"{name} = {json.dumps(value)}" for name, value in said.items()]
    people_ = [f'[[mail.recipients]]\naddress = "{who}"\nrole = "{role}"' for who, role in people.items()]
    (run.parents[1] / "arforecast.toml").write_text("\n".join(["[mail]", *lines, *people_]) + "\n", "utf-8")


def send(run: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["send", str(run), *options])


def said(result: Result, code: int) -> list[str]:
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output.splitlines()


def part(mailed: EmailMessage, kind: str) -> Any:
    return next(each for each in mailed.walk() if each.get_content_type() == kind)


def body(mailed: EmailMessage, kind: str) -> str:
    return str(part(mailed, f"text/{kind}").get_content()).replace("\r\n", "\n")


# ------------------------------------------------------------------ what is received


def test_what_is_received_is_the_brief_in_two_forms_with_its_pictures_and_pages(run: Path) -> None:
    with Served(run) as served:
        assert said(send(run), 0) == ["cfo@example.com: sent.", "anna@example.com: sent."]
    raw = served.inbox.taken[0].content
    assert isinstance(raw, bytes)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mailed = served.inbox.mails()[0]
    assert [each.get_content_type() for each in mailed.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/zip",
    ]
    assert mailed["subject"] == "Receivables, 30 Jun 2026: 300.50 is owed, 37 % of it overdue"
    assert (mailed["from"], mailed["to"]) == ("Receivables <ar@example.com>", "cfo@example.com")
    assert mailed["auto-submitted"] == "auto-generated"
    assert mailed["date"]
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.com>", mailed["message-id"])
    assert {each["content-transfer-encoding"] for each in mailed.walk() if each.get_content_maintype() == "text"} == {
        "quoted-printable"
    }
    html = body(mailed, "html")
    assert len(html.encode()) <= 60_000
    assert html.isascii()
    assert set(re.findall(r"cid:([\w-]+)", html)) == {"owed"}
    assert part(mailed, "image/png")["content-id"] == "<owed>"
    assert re.search(r'<img [^>]*src="cid:owed" width="420" alt="Bars &amp; what they say"', html)
    wide, high = (int.from_bytes(part(mailed, "image/png").get_content()[at : at + 4]) for at in (16, 20))
    assert (wide, high) == (840, round(840 * 340 / 378))  # twice the 420 of the layout, with the margin around it
    for absent in ("<svg", "var(", "<script", "<link", "@import", "url("):
        assert absent not in html
    assert all(re.search(r'\bwidth="', table) for table in re.findall(r"<table[^>]*>", html))
    sheets = [(Path(message.__file__).parent / name).read_text("utf-8") for name in ("mail.css", "frame.html")]
    assert set(" ".join(re.findall(r' class="([^"]*)"', html)).split()) <= set(
        re.findall(r"\.([a-z]+)", "".join(sheets))
    )
    with zipfile.ZipFile(io.BytesIO(part(mailed, "application/zip").get_content())) as pages:
        assert pages.namelist() == ["index.html", "kpis.html"]
        assert pages.read("index.html") == (run / "index.html").read_bytes()
    assert part(mailed, "application/zip").get_filename() == "receivables-2026-06-30.zip"


def test_the_text_reads_as_a_text_in_the_order_that_leadership_reads(run: Path) -> None:
    with Served(run) as served:
        send(run, "--to", "leadership")
    text = body(served.inbox.mails()[0], "plain")
    assert text.startswith("Receivables, 30\u00a0Jun\u00a02026\n\n300.50 is owed on 30 Jun 2026, 37 % of it overdue")
    asked = re.findall(r"^[A-Z ?]+\?$", text, re.MULTILINE)
    assert asked == [
        "WHY DID IT MOVE?",
        "WHAT CASH WILL COME?",
        "WHOM TO CALL?",
        "DOES THE LEDGER TIE?",
        "WHERE IS THE REST?",
    ]
    assert "\n112 is expected by 28 Jul 2026.\n- next week: 38.00\n- next 4 weeks: 112.40\n" in text
    assert "the page's" not in text  # an exhibit says itself what it says
    assert "expected in 14 days: 5\u00a0%; broken promises: 3" in text
    assert "reasons: over 90 days past due" in " ".join(text.split())
    assert "\n\n- " not in text  # a row follows the one before
    assert "&amp;" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_names_from_data_are_words_and_nothing_else(run: Path) -> None:
    with Served(run) as served:
        send(run)
    for mailed in served.inbox.mails():
        assert mailed["bcc"] is None
        html, text = (body(mailed, kind) for kind in ("html", "plain"))
        assert 'Evil &lt;img src=x onerror="1"&gt; Bcc: thief@example.com' in html
        assert "<img src=x" not in html
        assert 'Evil <img src=x onerror="1"> Bcc: thief@example.com' in text
        assert "Turned yenoM & Söhne" in text
        assert "Turned yenoM &amp; S&#246;hne" in html
        assert "\u202e" not in html + text
        assert "&#8238;" not in html
    assert served.inbox.to() == list(TEAM)


def test_a_headline_cannot_add_a_header(run: Path, made: Path) -> None:
    read_pack = pack.read(made)._replace(headline="1 is owed\r\nBcc: thief@example.com\u2028\u202e now")
    content = message.brief(read_pack, "", Mail(sender="ar@example.com"), [], named=True)
    mailed = bytes(message.message(content, Mail(sender="ar@example.com"), Letter("p", "brief", "r", "a@b.cd"), 0))
    parsed: Any = message_from_bytes(mailed, policy=policy.default)
    assert parsed["bcc"] is None
    assert parsed["subject"] == "Receivables, 30 Jun 2026: 1 is owed Bcc: thief@example.com now"


def test_a_role_that_must_not_see_names_sees_numbers_and_no_pages(run: Path) -> None:
    with Served(run) as served:
        settle(run, served.port, TEAM | {"board@example.com": "board"}, mask_names=["board"])
        send(run, "--to", "board")
    (mailed,) = served.inbox.mails()
    assert served.inbox.to() == ["board@example.com"]
    html, text = (body(mailed, kind) for kind in ("html", "plain"))
    for hidden in ("Evil", "yenoM", "hne"):
        assert hidden not in html + text
    assert "Call Customer 2 first" in text
    assert "- Customer 1: overdue 1,234.50" in text
    assert "application/zip" not in [each.get_content_type() for each in mailed.walk()]
    assert "Customers are numbered here" in text


def test_pages_are_linked_where_they_are_served(run: Path) -> None:
    with Served(run) as served:
        settle(run, served.port, attach=False, base_url="https://ar.example.com/packs/")
        send(run)
    mailed = served.inbox.mails()[0]
    assert mailed.get_content_type() == "multipart/alternative"
    link = "https://ar.example.com/packs/2026-06-30/index.html"
    assert f'<a href="{link}"' in body(mailed, "html")
    assert f"The pages: {link}\n" in body(mailed, "plain")


def test_an_exhibit_is_taken_as_it_tells_itself(run: Path) -> None:
    """Its cards, its sentence, its table; what another page takes apart is said and no more."""
    brief = json.loads((run / "brief.ipynb").read_text("utf-8"))
    (told,) = [data for cell in brief["cells"] for data in pack._data(cell) if pack.EXHIBIT in data]
    told[pack.EXHIBIT]["at"] = "cash_forecast.html#weeks"
    ties = {"question": "Does it tie?", "sentence": "Control: passed. It ties to 72 totals."}
    rows = {"columns": ["Gate", "Message"], "rows": [["Control", "It ties to 72 totals."]]}
    brief["cells"][-1]["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": {pack.EXHIBIT: EXHIBIT | ties | {"table": rows}}}
    ]
    (cell,) = [cell for cell in brief["cells"] if "cards" in cell["metadata"].get("tags", [])]
    card = {"label": "Cash", "value": "140 k", "note": "better", "tone": "good", "call": "x"}
    cell["outputs"][0]["data"][pack.EXHIBIT] = EXHIBIT | {"cards": [card], "table": None}
    (run / "brief.ipynb").write_text(json.dumps(brief))
    found = pack.read(run)
    assert found.cards == (("Cash", "140 k", "better", "good"),)
    (cash,) = [answer for answer in found.answers if answer.question == "What cash will come?"]
    assert found.answers[-1] == pack.Answer("Does it tie?", "Control: passed. It ties to 72 totals.")  # said once
    assert (cash.sentence, cash.table) == ("112 is expected by 28 Jul 2026.", None)


def test_the_zip_is_the_same_for_the_same_pages(made: Path) -> None:
    assert message.zipped_pages(pack.read(made)) == message.zipped_pages(pack.read(made))


def test_an_entity_is_named_and_gets_its_own_people(run: Path) -> None:
    account = json.loads((run / "run.json").read_text())
    account["parameters"]["ledger"] = "north"
    (run / "run.json").write_text(json.dumps(account))
    with Served(run) as served:
        file = run.parents[1] / "arforecast.toml"
        entities = "entities = ['south']\n[entities]\nnorth = 'n'\nsouth = 's'\n"
        file.write_text(file.read_text() + entities)
        assert said(send(run), 0) == ["cfo@example.com: sent."]
    assert served.inbox.mails()[0]["subject"].startswith("Receivables north, 30 Jun 2026: ")


# ------------------------------------------------------------------ once


def test_a_second_send_says_so_and_a_new_run_of_the_same_day_changes_nothing(run: Path, made: Path) -> None:
    with Served(run) as served:
        send(run)
        shutil.rmtree(run)
        shutil.copytree(made, run)
        for line in said(send(run), 0):
            assert re.search(r"example\.com: sent on 20\d\d-\S+; --again sends it once more\.$", line)
        assert len(served.inbox.taken) == 2
        assert said(send(run, "--again", "--to", "analysts"), 0) == ["anna@example.com: sent."]
    ids = [mailed["message-id"] for mailed in served.inbox.mails()]
    assert len(set(ids)) == 3  # what is asked for again is no double that a mailbox would drop


def test_of_many_who_send_at_once_one_sends(tmp_path: Path) -> None:
    letter, file = Letter("pack", "brief", "leadership", "a@example.com"), tmp_path / ".sent" / "register.sqlite"
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: register.open_letter(file, letter, again=False), range(8)))
    assert [each for each in opened if each is not None] == [0]
    register.close_letter(file, letter, register.FAILED, "refused")
    assert register.known(file, letter) is None
    assert register.open_letter(file, letter, again=False) == 0
    register.close_letter(file, letter, register.SENT, "")
    assert register.open_letter(file, letter, again=False) is None
    assert register.open_letter(file, letter, again=True) == 1


def test_a_line_that_drops_after_the_message_is_never_tried_again_by_itself(run: Path) -> None:
    with Served(run, "drops") as served:
        first, second = said(send(run), 1)
        assert first.startswith("cfo@example.com: may have been sent. 127.0.0.1, port")
        assert first.endswith("Ask for it, or send --again.")
        assert second.startswith("anna@example.com: may have been sent.")
        assert served.inbox.to() == list(TEAM)
        assert all(": may have been sent on 20" in line for line in said(send(run), 1))
        assert served.inbox.to() == list(TEAM)
        served.inbox.does = ""
        said(send(run, "--again"), 0)
    ids = [mailed["message-id"] for mailed in served.inbox.mails()]
    assert ids[:2] == ids[2:]  # should the first have arrived, a mailbox knows the second for the same


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_killed_while_sending_nobody_is_mailed_twice(run: Path, number: int, code: int) -> None:
    with Served(run, "waits") as served:
        command = [sys.executable, "-m", "arforecast.cli", "send", str(run)]
        source = str(Path(arforecast.__file__).resolve().parents[1])
        sending = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": source})
        assert served.inbox.came.wait(60)
        sending.send_signal(number)
        assert sending.wait(30) == code
        served.inbox.does = ""
        first, second = said(send(run), 1)
        assert first.startswith("cfo@example.com: may have been sent on 20")
        assert second == "anna@example.com: sent."
    assert served.inbox.to() == list(TEAM)


# ------------------------------------------------------------------ what can go wrong


def test_one_who_is_rejected_does_not_stop_the_others(run: Path) -> None:
    with Served(run, "rejects") as served:
        told = ["cfo@example.com: not sent, the server says 550 no such user here.", "anna@example.com: sent."]
        assert sorted(said(send(run), 1)) == sorted(told)
        served.inbox.does = ""
        assert "cfo@example.com: sent." in said(send(run), 0)
    assert served.inbox.to() == ["anna@example.com", "cfo@example.com"]


@pytest.mark.parametrize(("does", "tries"), [("452 mailbox full", 3), ("552 mailbox full", 1)])
def test_a_full_mailbox_is_said_and_asked_again_only_where_that_may_help(run: Path, does: str, tries: int) -> None:
    with Served(run, does) as served:
        told = said(send(run, "--to", "leadership"), 1)
    assert told == [f"cfo@example.com: not sent, the server says {does}."]
    assert (served.inbox.tries, served.inbox.taken) == (tries, [])


def test_a_server_that_asks_to_wait_is_asked_again(run: Path) -> None:
    with Served(run, "asks to wait") as served:
        assert said(send(run), 0) == ["cfo@example.com: sent.", "anna@example.com: sent."]
    assert served.inbox.to() == list(TEAM)


def test_a_server_that_goes_before_the_message_has_taken_nothing_and_is_asked_again(run: Path) -> None:
    with Served(run, kind=GoesHalfWay) as served:
        (line,) = said(send(run), 1)
        assert "broke off: the line went down. Nothing was sent. Not sent: cfo@example.com, anna@example.com." in line
        assert served.inbox.tries == 3
    with Served(run) as served:
        said(send(run), 0)
    assert served.inbox.to() == list(TEAM)


def test_a_server_that_goes_half_way_is_never_asked_again_once_the_dot_has_left(run: Path) -> None:
    """Whether the dot had left when the line went down is a matter of the network's moment; nobody is mailed twice."""
    with Served(run, "begins", kind=GoesHalfWay) as served:
        told = said(send(run), 1)
        assert all("broke off" in line or "may have been sent" in line for line in told)
        assert served.inbox.taken == []
    with Served(run) as served:
        said(send(run, "--again"), 0)
    assert served.inbox.to() == list(TEAM)


def test_a_refused_connection_and_a_slow_server_are_told_apart(run: Path) -> None:
    settle(run, attempts=1)
    (line,) = said(send(run), 1)
    assert "cannot be reached: Connection refused. Nothing was sent. Not sent: cfo@example.com, anna" in line
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settle(run, silent.getsockname()[1], timeout_seconds=0.2, attempts=2)
        (line,) = said(send(run), 1)
    assert "it did not answer in time (mail.timeout_seconds). Nothing was sent." in line


def test_a_server_that_takes_the_message_and_is_slow_to_say_so_is_not_asked_again(run: Path) -> None:
    with Served(run, "waits") as served:
        settle(run, served.port, timeout_seconds=0.5)
        (line,) = said(send(run, "--to", "leadership"), 1)
        assert line.startswith("cfo@example.com: may have been sent.")
        assert "gave no answer: it did not answer in time (mail.timeout_seconds). Ask for it, or send --again." in line
        assert "may have been sent on" in said(send(run, "--to", "leadership"), 1)[0]
    assert served.inbox.to() == ["cfo@example.com"]


def test_a_sender_whom_the_server_does_not_know_is_told_once(run: Path) -> None:
    with Served(run, "knows no sender") as served:
        (line,) = said(send(run), 1)
        assert (
            "takes no mail from Receivables <ar@example.com>: 550 who are you. Not sent: cfo@example.com, anna" in line
        )
        served.inbox.does = ""
        said(send(run), 0)
    assert served.inbox.to() == list(TEAM)


def test_a_disk_that_is_full_before_sends_nothing(run: Path) -> None:
    with Served(run) as served, limited(4096):
        (line,) = said(send(run), 1)
    assert re.search(r"\.sent/register\.sqlite cannot be written: .*\. Make room, or make it writable\.$", line)
    assert served.inbox.taken == []


def test_a_disk_that_is_full_after_loses_nothing_and_doubles_nothing(run: Path) -> None:
    with limited(resource.RLIM_INFINITY), Served(run, "fills the disk") as served:
        (line,) = said(send(run, "--to", "leadership"), 1)
    assert line.startswith("cfo@example.com: sent, but that could not be noted.")
    with Served(run) as again:
        assert "may have been sent on" in said(send(run, "--to", "leadership"), 1)[0]
    assert (len(served.inbox.taken), again.inbox.taken) == (1, [])


class limited:  # noqa: N801 - read as a word: while files are limited
    """While files may have so many bytes."""

    def __init__(self, size: int) -> None:
        self.size, self.before = size, resource.getrlimit(resource.RLIMIT_FSIZE)

    def __enter__(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.before[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


# ------------------------------------------------------------------ encryption and login


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    return folder


def encrypted(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_what_is_sent_is_encrypted_and_the_certificate_is_checked(
    run: Path, certificate: Path, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = encrypted(certificate)
    options: dict[str, Any] = {"ssl_context": context} if security == "tls" else {}
    if security == "starttls":
        options = {"tls_context": context, "require_starttls": True}
    with Served(run, **options) as served:
        settle(run, served.port, host="localhost", security=security, attempts=1)
        (line,) = said(send(run), 1)
        assert "shows a certificate that is not trusted: self-signed certificate" in line
        assert "SSL_CERT_FILE" in line
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        assert said(send(run), 0) == ["cfo@example.com: sent.", "anna@example.com: sent."]
        assert served.inbox.to() == list(TEAM)


def test_without_encryption_nothing_is_sent(run: Path) -> None:
    with Served(run) as served:
        for security, told in [("starttls", "offers no STARTTLS, and nothing is sent unencrypted"),
                               ("tls", "does not speak TLS there")]:  # fmt: skip
            settle(run, served.port, security=security)
            assert told in said(send(run), 1)[0]
    assert (served.inbox.taken, served.inbox.tries) == ([], 0)


def by_password(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
    good = isinstance(given, LoginPassword) and given == LoginPassword(b"ar@example.com", b"right & secret")
    return AuthResult(success=good, handled=False)


@pytest.mark.parametrize("excluded", [[], ["PLAIN"]])
def test_a_password_logs_in_and_is_printed_nowhere(
    run: Path, excluded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"authenticator": by_password, "auth_required": True, "auth_require_tls": False}
    with Served(run, auth_exclude_mechanism=excluded, **options) as served:
        settle(run, served.port, auth="password", user="ar@example.com")
        assert said(send(run), 2) == ["mail.auth is password: set ARFORECAST_MAIL_PASSWORD."]
        monkeypatch.setenv("ARFORECAST_MAIL_PASSWORD", "wrong & secret")
        (line,) = said(send(run), 1)
        assert "refuses the user or the password: 535 5.7.8 Authentication credentials invalid" in line
        assert "secret" not in line
        monkeypatch.setenv("ARFORECAST_MAIL_PASSWORD", "right & secret")
        said(send(run), 0)
    assert served.inbox.to() == list(TEAM)
    assert b"secret" not in register.place(run).read_bytes()


def test_a_ledger_that_was_handed_over_names_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its settings hold for its figures; what is run when a mail is sent is said where one works."""
    handed, own, mark = tmp_path / "handed", tmp_path / "own", tmp_path / "was run"
    for folder in (handed, own / "reports" / "2026-06-30"):
        folder.mkdir(parents=True)
    text = f'[mail]\nauth = "xoauth2"\nuser = "u"\ntoken_command = ["touch", "{mark}"]\n'
    (handed / "arforecast.toml").write_text(text, "utf-8")
    monkeypatch.chdir(own)
    with pytest.raises(UsageError, match="a program is named only by the settings of the working folder"):
        mailing(load(handed), own / "reports" / "2026-06-30")
    assert not mark.exists()
    (own / "arforecast.toml").write_text(text, "utf-8")
    assert mailing(load(own / "reports"), own / "reports" / "2026-06-30").token_command
    monkeypatch.chdir(tmp_path)
    assert mailing(load(own / "reports"), own / "reports" / "2026-06-30").token_command
    monkeypatch.setenv("ARFORECAST_SETTINGS", str(handed / "arforecast.toml"))
    assert mailing(load(), own).token_command


def test_a_token_comes_from_a_command_and_an_expired_one_is_told(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"auth_required": True, "auth_require_tls": False}
    says = [sys.executable, "-c", "import sys; print(sys.argv[1])"]
    with Served(run, **options) as served:
        settle(run, served.port, auth="xoauth2", user="ar@example.com", token_command=[*says, "stale"])
        (line,) = said(send(run), 1)
        assert "refuses the user or the token (it may have expired): 535 5.7.8 expired" in line
        settle(run, served.port, auth="xoauth2", user="ar@example.com", token_command=[*says, "fresh"])
        said(send(run, "--to", "leadership"), 0)
        monkeypatch.setenv("ARFORECAST_MAIL_TOKEN", "fresh")  # outweighs a command
        settle(run, served.port, auth="xoauth2", user="ar@example.com", token_command=["no-such-command"])
        said(send(run), 0)
    assert served.inbox.to() == list(TEAM)


def test_the_pack_of_the_sample_arrives_by_password_and_by_token_as_it_lies_in_its_folder(
    reported: Path, tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Path(shutil.copytree(reported, tmp_path / "reports" / reported.name))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    monkeypatch.setenv("ARFORECAST_MAIL_PASSWORD", "right & secret")
    monkeypatch.setenv("ARFORECAST_MAIL_TOKEN", "fresh")
    # The settings beside the ledger hold before those beside the run, and the sample's name nobody.
    monkeypatch.setenv("ARFORECAST_SETTINGS", str(tmp_path / "arforecast.toml"))
    options = {"tls_context": encrypted(certificate), "require_starttls": True, "auth_required": True}
    with Served(run, authenticator=by_password, **options) as served:
        for role, auth in (("leadership", "password"), ("analysts", "xoauth2")):
            settle(run, served.port, host="localhost", security="starttls", auth=auth, user="ar@example.com")
            assert said(send(run, "--to", role), 0) == [f"{served.inbox.to()[-1]}: sent."]
    assert served.inbox.to() == list(TEAM)
    for taken, mailed in zip(served.inbox.taken, served.inbox.mails(), strict=True):
        assert isinstance(taken.content, bytes)
        assert (taken.content.isascii(), max(map(len, taken.content.split(b"\r\n"))) <= 998) == (True, True)
        html, text = (body(mailed, kind) for kind in ("html", "plain"))
        assert len(html.encode()) <= 60_000
        pictures = [each for each in mailed.walk() if each.get_content_type() == "image/png"]
        assert sorted(re.findall(r"cid:([\w-]+)", html)) == sorted(each["content-id"][1:-1] for each in pictures)
        assert len(pictures) == len(pack.FIGURES)
        assert re.findall(r"<svg|<script|var\(|\bnan\b|None", html) == []
        assert text.startswith("Receivables, 30\u00a0Jun\u00a02026\n\n")
        with zipfile.ZipFile(io.BytesIO(part(mailed, "application/zip").get_content())) as pages:
            assert {name: pages.read(name) for name in pages.namelist()} == {
                page.name: page.read_bytes() for page in run.glob("*.html")
            }


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["no-such-command"], "cannot be run: No such file or directory"),
        (["sh", "-c", "echo secret >&2; exit 3"], "ended with code 3"),
        (["sleep", "9"], "took longer than 0.2 s"),
        (["echo"], "set mail.token_command"),
        (["printf", "a\\nb"], "gives no line of ASCII"),
    ],
)
def test_a_command_without_a_token_is_told_in_a_line(command: list[str], told: str) -> None:
    asked = Mail(auth="xoauth2", user="u", token_command=tuple(command), timeout_seconds=0.2)
    with pytest.raises(ArforecastError, match=re.escape(told)) as raised:
        mail.secret(asked)
    assert "secret" not in str(raised.value)


# ------------------------------------------------------------------ gates


def changed(run: Path, name: str, text: str) -> None:
    """A file of the run with another text, of which the run knows."""
    (run / name).write_text(text, "utf-8")
    account = json.loads((run / "run.json").read_text("utf-8"))
    if name in account["pages"]:
        account["pages"][name] = sha256((run / name).read_bytes()).hexdigest()
    (run / "run.json").write_text(json.dumps(account), "utf-8")


def outcomes(run: Path, day: date = DAY, limit: int = 31) -> dict[str, gates.Gate]:
    return {gate.gate: gate for gate in gates.gates(pack.read(run), day, limit)}


def record(**values: list[float | str]) -> str:
    rows = [
        f"{day},,,{kpi},{value}" for kpi, all_of in values.items() for day, value in zip(MONTHS, all_of, strict=True)
    ]
    return RECORD + "\n".join([*rows, "2026-06-30,segment,a,open_ar,5"]) + "\n"


def test_a_sound_run_passes_and_what_was_not_looked_at_has_not_passed(run: Path) -> None:
    found = {name: gate.outcome for name, gate in outcomes(run).items()}
    assert found == {
        "quarantine": "passed",
        "control": "not checked",
        "staleness": "passed",
        "age": "passed",
        "pages": "passed",
        "notebooks": "passed",
        "tracebacks": "passed",
        "figures": "passed",
        "plausible": "not checked",
    }


FAILED = nbformat.v4.new_output("error", ename="ValueError", evalue="x", traceback=[])


@pytest.mark.parametrize(
    ("name", "text", "gate", "told"),
    [
        ("kpis.html", "<pre>Traceback (most recent call last):\n</pre>", "tracebacks", "kpis.html holds a traceback"),
        ("kpis.html", SVG.replace("var(--expected)", "none"), "figures", "kpis.html has 1 of 1 drawings"),
        (
            "kpis.ipynb",
            json.dumps({"cells": [{"cell_type": "code", "source": "", "metadata": {}, "outputs": [FAILED]}]}),
            "notebooks",
            "kpis.ipynb failed: ValueError",
        ),
    ],
)
def test_what_is_wrong_with_a_page_is_found(run: Path, name: str, text: str, gate: str, told: str) -> None:
    changed(run, name, text)
    found = outcomes(run)
    assert [each for each, said in found.items() if said.outcome == "refused"] == [gate]
    assert told in found[gate].message


def test_pages_are_those_that_the_run_wrote(run: Path) -> None:
    (run / "kpis.html").write_text("mine")
    (run / "index.html").unlink()
    (run / "other.html").write_text("a guest")
    assert outcomes(run)["pages"].message.startswith("index.html, kpis.html, other.html: not as the run wrote it.")


def test_a_run_is_neither_old_nor_of_a_day_to_come(run: Path) -> None:
    assert outcomes(run, date(2026, 7, 31))["age"].outcome == "passed"  # 31 days
    assert outcomes(run, date(2026, 8, 1))["age"].outcome == "refused"
    assert outcomes(run, date(2026, 6, 29))["age"].outcome == "refused"


@pytest.mark.parametrize(
    ("values", "outcome", "told"),
    [
        # The largest move of the months before is 2, from 101 to 103; three times that is 6.
        (
            [100, 101, 100, 101, 103, 102, 101, 100, 100, 106],
            "passed",
            "Open receivables: moved as in the months before.",
        ),
        (
            [100, 101, 100, 101, 103, 102, 101, 100, 100, 106.5],
            "refused",
            "Open receivables went from 100.00 to 106.50, more than 3 times the largest move of the months before",
        ),
        (
            [100, 101, 100, 101, 103, 102, 101, 100, 100, ""],
            "refused",
            "Open receivables is not known any more; it was 100.00.",
        ),
        (["", "", "", 101, 103, 102, 101, 100, 100, 900], "not checked", "fewer than 6 earlier months"),
        # Before its first fact a ledger has 0, which is no month to judge by.
        ([0, 0, 0, 0, 0, 0, 0, 0, 800, 300], "not checked", "fewer than 6 earlier months"),
    ],
)
def test_a_headline_moves_as_it_does_in_this_ledger(run: Path, values: Any, outcome: str, told: str) -> None:
    (run / "data").mkdir()
    (run / "data" / "kpis.csv").write_text(record(open_ar=values))
    found = outcomes(run)["plausible"]
    assert (found.outcome, told in found.message) == (outcome, True), found.message


def waived(run: Path) -> None:
    account = json.loads((run / "run.json").read_text("utf-8"))
    account["gates"][1] |= {"passed": False, "checked": True, "waived": True, "message": "1 of 1 totals is <off>."}
    (run / "run.json").write_text(json.dumps(account), "utf-8")


def test_a_refusal_is_mailed_to_the_analysts_alone_once_and_what_is_mended_is_sent(run: Path, made: Path) -> None:
    waived(run)
    with Served(run) as served:
        told = said(send(run, "--to", "leadership"), 1)
        refused = "control: refused. 1 of 1 totals is <off>. It was waived for this run."
        assert sorted(told) == sorted([refused, "anna@example.com: sent."])
        said(send(run), 1)
        assert served.inbox.to() == ["anna@example.com"]
        (mailed,) = served.inbox.mails()
        assert mailed["subject"] == "Not sent: Receivables, 30 Jun 2026: refused by Control totals"
        html, text = (body(mailed, kind) for kind in ("html", "plain"))
        assert "1 of 1 totals is &lt;off&gt;." in html
        assert "Control totals: 1 of 1 totals is <off>." in text
        assert str(run) in text.replace("\n", "")
        shutil.copy(made / "run.json", run / "run.json")
        said(send(run), 0)
    assert served.inbox.to() == ["anna@example.com", *TEAM]


def test_an_old_run_is_refused_once_and_not_once_a_day(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARFORECAST_MAIL_AGE_LIMIT_DAYS", "0")
    with Served(run) as served:
        assert said(send(run), 1)[0].startswith("age: refused. The run stands on 2026-06-30, ")
        monkeypatch.setenv("ARFORECAST_MAIL_AGE_LIMIT_DAYS", "1")  # and so another message of the same gate
        said(send(run), 1)
    assert served.inbox.to() == ["anna@example.com"]
    (mailed,) = served.inbox.mails()
    for kind in ("html", "plain"):
        assert "The run stands on 30 Jun 2026, " in unescape(body(mailed, kind)).replace("\u00a0", " ")


def test_what_a_report_failed_of_is_mailed_to_the_analysts_alone_and_once(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command of --on-failure, as a report starts it."""
    for name, value in {"LEDGER": tmp_path / "ledger", "RUN": run, "FAULT": f"control: it is <off>.\n{EVIL}"}.items():
        monkeypatch.setenv(f"ARFORECAST_{name}", str(value))
    with Served(run) as served:
        assert said(CliRunner().invoke(main, ["alert"]), 0) == ["anna@example.com: sent."]
        assert "sent on" in said(CliRunner().invoke(main, ["alert"]), 0)[0]
        monkeypatch.setenv("ARFORECAST_FAULT", "kpis: another fault")
        said(CliRunner().invoke(main, ["alert"]), 0)
    assert served.inbox.to() == ["anna@example.com"] * 2
    first = served.inbox.mails()[0]
    assert (first["subject"], first["bcc"]) == ("Failed: receivables, 2026-06-30", None)
    assert "control: it is &lt;off&gt;." in body(first, "html")
    assert "<img" not in body(first, "html")
    assert "control: it is <off>.\nEvil" in body(first, "plain")
    settle(run, people={"cfo@example.com": "leadership"})
    assert "Nobody was told" in said(CliRunner().invoke(main, ["alert"]), 2)[0]
    monkeypatch.delenv("ARFORECAST_FAULT")
    assert "Nothing says what failed" in said(CliRunner().invoke(main, ["alert"]), 2)[0]


def test_a_refusal_that_nobody_is_told_of_says_so(run: Path) -> None:
    waived(run)
    settle(run, people={"cfo@example.com": "leadership"})
    assert said(send(run), 1)[-1] == "Nobody was told: no recipient of this pack has the role analysts."


# ------------------------------------------------------------------ the command


def test_a_rehearsal_writes_the_mails_and_sends_nothing(run: Path) -> None:
    with Served(run) as served:
        told = said(send(run, "--dry-run"), 0)
    assert served.inbox.taken == []
    assert not register.place(run).exists()
    assert told[0].startswith("quarantine: passed. ")
    assert "cfo@example.com (leadership): would be sent" in told
    written = [run.parent / f"2026-06-30.{role}.eml" for role in ("leadership", "analysts")]
    assert told[-2:] == [str(path) for path in written]
    parsed: Any = message_from_bytes(written[0].read_bytes(), policy=policy.default)
    assert parsed["to"] == "cfo@example.com"


def test_a_rehearsal_says_what_keeps_a_mail_from_being_sent(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipient = '[[mail.recipients]]\naddress = "cfo@example.com"\nrole = "leadership"\n'
    mail = '[mail]\nage_limit_days = 3660\nauth = "password"\nuser = "us"\n'
    host = 'host = "mx.example.com"\nsender = "us@example.com"\n'
    monkeypatch.delenv("ARFORECAST_MAIL_PASSWORD", raising=False)
    file = run.parents[1] / "arforecast.toml"
    file.write_text(mail + recipient)
    assert said(send(run, "--dry-run"), 1)[-1].startswith(
        "Nothing can be sent yet. mail.host and mail.sender must be set"
    )
    file.write_text(mail + host + recipient)
    assert said(send(run, "--dry-run"), 1)[-1].endswith("mail.auth is password: set ARFORECAST_MAIL_PASSWORD.")
    monkeypatch.setenv("ARFORECAST_MAIL_PASSWORD", "secret")
    assert said(send(run, "--dry-run"), 0)[-1].endswith(".eml")


def test_a_rehearsal_needs_no_settings_at_all(run: Path) -> None:
    told = said(send(run, "--dry-run"), 1)  # the run is older than the limit
    assert "Nobody would be mailed: see mail.recipients in arforecast.toml." in told
    (run.parents[1] / "arforecast.toml").write_text("[mail]\nage_limit_days = 3660\n")
    assert said(send(run, "--dry-run"), 0)[-1].endswith("2026-06-30.leadership.eml")


@pytest.mark.parametrize(
    ("settings", "options", "told"),
    [
        ("", [], "Nobody was mailed: see mail.recipients in arforecast.toml."),
        ("", ["--to", "board"], "No recipient has the role board. There are none: see mail.recipients in"),
        ("[[mail.recipients]]\naddress='a@b.cd'\nrole='boss'", [], "mail.host and mail.sender must be set"),
        (
            "host='h'\nsender='a@b.cd'\nauth='xoauth2'\n[[mail.recipients]]\naddress='a@b.cd'\nrole='boss'",
            [],
            "mail.user must be set",
        ),
        ("[[mail.recipients]]\naddress='a@b.cd'\nrole='boss'", ["--to", "bos"], "has the role bos. There are: boss."),
    ],
)
def test_what_is_not_set_is_said(run: Path, settings: str, options: list[str], told: str) -> None:
    (run.parents[1] / "arforecast.toml").write_text(f"[mail]\nage_limit_days = 3660\n{settings}\n")
    assert told in said(send(run, *options), 2)[-1]


def test_what_is_no_run_or_has_no_brief_is_refused(run: Path, tmp_path: Path) -> None:
    assert "is no run: it holds no run.json that can be read" in said(send(tmp_path), 2)[0]
    (run / "brief.ipynb").unlink()
    assert "has no brief, which is what is mailed. Run it with the notebook brief." in said(send(run), 2)[0]
    written = json.loads((run / "run.json").read_text("utf-8"))
    for account, place in (
        ({}, "as_of"),
        ([], "all"),
        (written | {"as_of": "2026-13-45"}, "as_of"),
        (written | {"gates": [{}]}, "gates.0.gate"),
        (written | {"pages": ["index.html"]}, "pages"),
    ):
        (run / "run.json").write_text(json.dumps(account))
        assert f"its run.json does not say {place} as a run does." in said(send(run), 2)[0]


# ------------------------------------------------------------------ settings


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("security = 'none'\nhost = 'mail.example.com'", "only to this machine itself it may be"),
        ("security = 'ssl'", "mail.security: Input should be 'starttls', 'tls' or 'none'"),
        ("recipients = [{address = 'a@b.cd', role = 'x', entities = ['nort']}]", "names nort, which is no entity of"),
        ("password = 'hunter2'", "mail.password: a secret stands in no file. Give it as ARFORECAST_MAIL_PASSWORD in"),
        ("sender = 'a b'", "mail.sender: 'a' is no address like name@example.com"),
        ('sender = "a\\nb <a@b.cd>"', "it is like Receivables <receivables@example.com>"),
        ("base_url = 'javascript:1'", "mail.base_url: String should match pattern"),
        ("mask_names = ['board']", "mask_names has board, a role that no recipient has"),
        ('recipients = [{address = "a@b.cd\\nBcc: x", role = "boss"}]', "is no address like name@example.com"),
        ("recipients = [{address = 'a@b.cd', role = 'x'}, {address = 'A@b.cd', role = 'y'}]", "a@b.cd stands twice"),
    ],
)
def test_a_bad_setting_is_one_clear_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "arforecast.toml"
    file.write_text(f"[mail]\n{text}\n")
    with pytest.raises(UsageError, match=re.escape(told)) as raised:
        read(file)
    assert len(str(raised.value).splitlines()) == 1
    assert "hunter2" not in str(raised.value)


def test_what_the_docs_show_is_read_and_is_all_there_is(tmp_path: Path) -> None:
    root, file = Path(__file__).parents[1], tmp_path / "arforecast.toml"
    (shown,) = re.findall(r"```toml\n(.*?)```", (root / "docs" / "mail.md").read_text("utf-8"), re.DOTALL)
    file.write_text(f"{shown}\n[entities]\nnorth = 'north'\n", "utf-8")
    assert read(file).mail.model_fields_set == set(Mail.model_fields)
    sample = (root / "arforecast.toml").read_text("utf-8")
    mailed = sample[sample.index("# [mail]") :].replace("# ", "", 1).replace("\n# ", "\n").replace("\n#\n", "\n\n")
    file.write_text(mailed, "utf-8")
    assert [who.role for who in read(file).mail.recipients] == ["leadership", "analysts"]


def test_the_environment_outweighs_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARFORECAST_MAIL_PORT", "2525")
    monkeypatch.setenv("ARFORECAST_MAIL_HOST", "mail.example.com")
    asked = mailing(Settings())
    assert (asked.host, asked.port, asked.security) == ("mail.example.com", 2525, "starttls")
    monkeypatch.setenv("ARFORECAST_MAIL_PORT", "many")
    with pytest.raises(UsageError, match=r"^ARFORECAST_MAIL_PORT: Input should be a valid integer"):
        mailing(Settings())


def test_who_is_mailed_is_no_part_of_what_a_run_keeps_of_its_settings() -> None:
    people = Mail(recipients=(Recipient(address="a@b.cd", role="boss"),))
    assert "a@b.cd" not in json.dumps(Settings(mail=people).model_dump(mode="json"))


def test_a_name_is_masked_wherever_it_stands_the_longer_one_first(made: Path) -> None:
    rows = (("Rossi", "1.00"), ("Rossi Brothers (C2)", "2.00"), ("–", "3.00"))
    answer = pack.Answer(
        "Whom to call?", "Call Rossi Brothers first, then Rossi.", pack.Table(("Customer", "Open"), rows)
    )
    (hidden,) = addressees.masked(pack.read(made)._replace(answers=(answer,))).answers
    assert hidden.sentence == "Call Customer 2 first, then Customer 1."
    assert hidden.table is not None
    assert [row[0] for row in hidden.table.rows] == ["Customer 1", "Customer 2", "–"]
    assert dispatch.BRIEF == "brief"
