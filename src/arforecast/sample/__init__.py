"""The sample company: a real-estate mentorship programme whose ledger, and the truth behind it, are drawn from a seed.

`company` draws the customers and their habits, `billing` what they are billed, `truth` when and how each invoice is
settled, `postings` and `dunning` what the books then hold. `write_sample` writes every table of the ledger, and beside
them `truth.parquet`, which no reader of ledgers opens: `truth` says what it holds, and its `oracle` reads it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from arforecast import folders
from arforecast.errors import UsageError
from arforecast.sample import calendar, sheets

LAST_ON = np.datetime64("2026-06-30")
MOST_MONTHS = 120


def write_sample(folder: Path, customers: int = 400, months: int = 36, seed: int = 1) -> None:
    """Write the sample company's ledger, every table as CSV, and `truth.parquet` into a new or empty `folder`.

    `customers` enrol over `months` months that end on 2026-06-30, the ledger's last day. The same arguments give the
    same bytes. Raises UsageError when a number is out of range, or when `folder` already holds something.
    """
    if customers < 1 or not 1 <= months <= MOST_MONTHS or seed < 0:
        asked = f"customers={customers}, months={months}, seed={seed}"
        raise UsageError(f"No sample with {asked}: at least 1 customer, 1 to {MOST_MONTHS} months, seed 0 or more.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder. Name a new one for the sample.")
    with folders.complete(folder) as draft:
        _write(draft, customers, months, seed)


def _write(folder: Path, customers: int, months: int, seed: int) -> None:
    starts = calendar.first_of_month(LAST_ON, np.arange(1 - months, 1))
    lives, books = np.random.Generator(np.random.PCG64(seed)).spawn(2)
    drawn = sheets.draw(customers, starts, lives)
    for name, table in sheets.ledger(drawn, starts, books).items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", date_format="%Y-%m-%d")
    sheets.truth_rows(drawn).to_parquet(folder / "truth.parquet", index=False)
