"""The sample company: a real-estate mentorship programme whose ledger, and the truth behind it, are drawn from a seed.

`company` draws the customers and their habits, `billing` what they are billed, `truth` when and how each invoice is
settled, `postings`, `deductions` and `dunning` what the books then hold, `treasury` what is to be paid out, and
`opening` what of it new books begin with. `write_sample` writes every table of the ledger and its `ledger.toml`, and
beside them `truth.parquet`, which no reader of ledgers opens: `truth` says what it holds, and its `oracle` reads it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from arforecast import folders
from arforecast.errors import UsageError
from arforecast.sample import calendar, opening, sheets
from arforecast.sample.postings import Tables

LAST_ON = np.datetime64("2026-06-30")
MOST_MONTHS = 120


def write_sample(
    folder: Path, customers: int = 400, months: int = 36, seed: int = 1, go_live: date | None = None
) -> None:
    """Write the sample company's ledger, every table as CSV, and `truth.parquet` into a new or empty `folder`.

    `customers` enrol over `months` months that end on 2026-06-30, the ledger's last day. With `go_live` the company
    changed its books on that day: the ledger begins then, with the open items of before. The same arguments give the
    same bytes. Raises UsageError when a number is out of range, when the books would not begin within the months, or
    when `folder` already holds something.
    """
    if customers < 1 or not 1 <= months <= MOST_MONTHS or seed < 0:
        asked = f"customers={customers}, months={months}, seed={seed}"
        raise UsageError(f"No sample with {asked}: at least 1 customer, 1 to {MOST_MONTHS} months, seed 0 or more.")
    starts = calendar.first_of_month(LAST_ON, np.arange(1 - months, 1))
    if go_live and not starts[0] < np.datetime64(go_live) <= LAST_ON:
        raise UsageError(f"No books to change on {go_live}: choose a day after {starts[0]} and up to {LAST_ON}.")
    with folders.new(folder) as draft:
        _write(draft, *_drawn(customers, starts, seed), starts, go_live)


def _drawn(customers: int, starts: calendar.Days, seed: int) -> tuple[sheets.Drawn, Tables]:
    lives, books, sundries = np.random.Generator(np.random.PCG64(seed)).spawn(3)
    drawn = sheets.draw(customers, starts, lives)
    return drawn, sheets.booked(drawn, starts, books, sundries)


def _write(folder: Path, drawn: sheets.Drawn, tables: Tables, starts: calendar.Days, go_live: date | None) -> None:
    ends, notes = calendar.month_end(starts), f'currency = "{sheets.CURRENCY}"\ncountry = "US"\n'
    if go_live:
        begins = np.datetime64(go_live)
        tables, ends = opening.carried_over(tables, begins), ends[ends >= begins - calendar.DAY]
        notes += f"complete_from = {go_live}\n"
    for name, table in sheets.ledger(tables, ends).items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", date_format="%Y-%m-%d")
    (folder / "ledger.toml").write_text(notes, "utf-8")
    truth = sheets.truth_rows(drawn)
    there = truth["invoice_id"].isin(tables["invoices"]["invoice_id"])
    truth[there].reset_index(drop=True).to_parquet(folder / "truth.parquet", index=False)
