"""The books of a company that changed them on a day: what was open was carried over, what came before is gone.

Tables are those of `sheets.booked`, money in cents.
"""

from __future__ import annotations

import pandas as pd

from arforecast.sample import calendar, postings
from arforecast.sample.postings import Tables

ITEMS = {"invoices": "invoice_id", "receipts": "receipt_id", "credits": "credit_id"}
# A row that ends before the new books begin has no place in them.
ENDS = {
    "disputes": "closed_on",
    "promises": "promised_on",
    "contacts": "contacted_on",
    "costs": "month",
    "billing_schedule": "issue_on",
    "outflows": "due_on",
    "overrides": "expected_on",
}


def carried_over(tables: Tables, go_live: calendar.Day) -> Tables:
    """The ledger of books that begin on `go_live`: the opening items, and what was booked from then on.

    An invoice, a receipt or a credit comes over with what was left of it, under its own number and dates; an invoice
    that was paid too much comes as a credit. A payment that is returned later was in transit: it comes with its
    invoice.
    """
    applied = tables["applications"]
    later = postings.reduced_on(tables["invoices"], applied) >= go_live
    kept = later | applied["application_id"].isin(applied.loc[later, "undoes"])
    items = {name: _left(tables[name], key, applied[~kept]) for name, key in ITEMS.items()}
    owed, overpaid = items["invoices"]["amount"] > 0, items["invoices"]["amount"] < 0
    given = pd.concat([_as_credits(items["invoices"][overpaid], go_live), items["credits"]], ignore_index=True)
    opened = items | {"applications": applied[kept], "invoices": items["invoices"][owed], "credits": given}
    return tables | opened | {name: _going_on(tables[name], name, opened, go_live) for name in ENDS}


def _left(items: pd.DataFrame, key: str, gone: pd.DataFrame) -> pd.DataFrame:
    """The items that the applications which are `gone` did not use up, with what they left of each."""
    used = items[key].map(gone.groupby(key)["amount"].sum()).fillna(0)
    left = items.assign(amount=(items["amount"] - used).astype("int64"))
    return left[left["amount"] != 0]


def _as_credits(overpaid: pd.DataFrame, go_live: calendar.Day) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "credit_id": "CO-" + overpaid["invoice_id"],
            "customer_id": overpaid["customer_id"],
            "issued_on": pd.Timestamp(go_live - calendar.DAY),
            "amount": -overpaid["amount"],
            "currency": overpaid["currency"],
            "reason": "overpaid",
        }
    )


def _going_on(rows: pd.DataFrame, name: str, opened: Tables, go_live: calendar.Day) -> pd.DataFrame:
    """The rows that are of the new books, and about invoices that are there."""
    ends = rows[ENDS[name]]
    live = ends.isna() | (ends >= go_live)
    about = rows["invoice_id"].isin(opened["invoices"]["invoice_id"]) if "invoice_id" in rows else True
    return rows[live & about]
