"""What customers are written: a letter with a statement of account for each, as a page; mails and scripts for calls in
one CSV for a mail merge. Nothing is sent from here.

A language is a file of texts, `en.j2`, and a channel a layout, `mail.txt`, `call.txt`, `letter.html`; a company's own
folder of such files comes first, file by file. What a ledger holds is text and nothing else, in every one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from arforecast import folders
from arforecast.actions.reminders import Reminders
from arforecast.letters.layouts import Layouts
from arforecast.letters.words import locale_of, major, words
from arforecast.report.tables import write_csv
from arforecast.settings import Settings

MERGE, ITEMS, PAYMENTS, PAGES = "merge.csv", "open_items.csv", "payments.csv", "letters"
COLUMNS = [
    "customer_id", "name", "language", "stage", "channel", "collector", "asked", "first_due_on", "pay_by_on", "subject",
    "mail", "call", "letter",
]  # fmt: skip


def write(said: Reminders, settings: Settings, as_of: date, folder: Path) -> pd.DataFrame:
    """Write a page an account into `letters`, `merge.csv`, and what the statements hold as `open_items.csv` and
    `payments.csv`, into a new folder, all of it or nothing; returns what is in merge.csv.

    Raises UsageError where the folder is in use, or a text or layout of the company's own does not work.
    """
    layouts = Layouts.of(settings)
    with folders.new(folder) as work:
        (work / PAGES).mkdir()
        merged = pd.DataFrame(list(_written(said, settings, as_of, layouts, work)), columns=COLUMNS)
        write_csv(merged, work / MERGE)
        write_csv(major(said.items, "amount", "open_balance"), work / ITEMS)
        write_csv(major(said.payments, "amount"), work / PAYMENTS)
    return merged


def _written(
    said: Reminders, settings: Settings, as_of: date, layouts: Layouts, work: Path
) -> Iterator[dict[Any, Any]]:
    """Each account as a row of merge.csv, its letter written."""
    for nth, (account, own) in enumerate(_accounts(said), start=1):
        language = layouts.language(account["language"])
        told = words(account, own, settings, as_of, locale_of(language, account["country"]))
        file = f"{PAGES}/{nth:04}-{_slug(account['customer_id'])}.html"
        (work / file).write_text(layouts.letter(language, told), "utf-8")
        texts = {name: getattr(layouts, name)(language, told) for name in ("subject", "mail", "call")}
        yield account | texts | {"language": language, "asked": told["total"], "letter": file}


def _accounts(said: Reminders) -> Iterator[tuple[dict[Any, Any], Reminders]]:
    """Each account, with what is its own of the rest."""
    parts = {name: dict(iter(rows.groupby("customer_id"))) for name, rows in said._asdict().items()}
    for account in said.accounts.to_dict("records"):
        own = {name: rows.get(account["customer_id"], getattr(said, name).iloc[:0]) for name, rows in parts.items()}
        yield account, Reminders(**own)


def _slug(customer_id: str) -> str:
    """What of an identifier can be part of a file's name on every system; the number before it tells them apart."""
    return re.sub(r"[^A-Za-z0-9]+", "-", customer_id).strip("-")[:40]
