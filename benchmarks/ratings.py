"""Whether ratings order what comes better than the share of late invoices does.

    python benchmarks/ratings.py LEDGER --as-of 2026-06-30

Of the ratings at past month-ends: Spearman's rank correlation, within each of them, with the days late and the
write-offs of the six months that followed, beside that of the simplest rule, and the 90 % range of the difference by a
bootstrap that draws customers. A win is claimed only where the range lies above 0. Then what each grade came to.
"""

from __future__ import annotations

import argparse

from arforecast import open_ledger
from arforecast.actions import rating_record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger")
    parser.add_argument("--as-of", required=True)
    asked = parser.parse_args()
    record = open_ledger(asked.ledger).as_of(asked.as_of).rating_record()
    print(f"{record.origin.nunique()} month-ends, {record.customer_id.nunique()} customers")
    print(rating_record.skill(record).round(4).to_string(index=False))
    print(rating_record.by_grade(record).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
