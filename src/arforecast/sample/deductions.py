"""What the sample company's customers settle without money: set-offs, tax withheld, bank charges, a few cents.

An invoice is as much reduced as before, on the same day and by bookings of the same day; less money arrived for it.
Money is in cents.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from arforecast.sample.billing import Cents

# Companies there withhold a tenth of what they pay; brokerages have commissions of their own to set off.
WITHHOLDING, WITHHELD = ("MX", "DE"), 10
SET_OFF_SHARE = 0.03
CHARGED_SHARE, CHARGE, LEAST_CHARGED = 0.15, 1_500, 10_000
SHORT_SHARE, MOST_SHORT = 0.005, 99


def taken(
    applied: pd.DataFrame, receipts: pd.DataFrame, customers: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The applications and receipts when some payments come short, and are made up by applications of other kinds.

    Those are numbered after all others, so the rest keep their identifiers. What bounces is left as it is.
    """
    paid = applied[(applied["kind"] == "cash") & ~applied["bounced"]]
    received = receipts.set_index("receipt_id")["amount"].reindex(paid["receipt_id"]).to_numpy()
    payer = customers.loc[paid["customer"]].set_axis(paid.index)
    kind, part = _parts(paid["amount"].to_numpy(), received, payer, rng)
    short = paid.assign(kind=kind, amount=part)[part > 0]
    less = short.groupby("receipt_id")["amount"].sum()
    reduced = applied.assign(amount=applied["amount"].sub(short["amount"], fill_value=0).astype(np.int64))
    made_up = short.assign(receipt_id=None, application_id=_numbers(len(short), len(applied)))
    both = pd.concat([reduced[reduced["amount"] != 0], made_up])
    left = receipts["amount"] - receipts["receipt_id"].map(less).fillna(0).astype(np.int64)
    return both.sort_values("applied_on", kind="stable", ignore_index=True), receipts.assign(amount=left)[left != 0]


def _numbers(count: int, after: int) -> list[str]:
    return [f"A-{number:05}" for number in range(after + 1, after + count + 1)]


def _parts(amount: Cents, received: Cents, payer: pd.DataFrame, rng: np.random.Generator) -> tuple[np.ndarray, Cents]:
    """Of each payment the kind of what is missing, and how much: all of it where it is set off."""
    luck, cents = rng.random(len(amount)), rng.integers(1, MOST_SHORT + 1, len(amount))
    company, brokerage = payer["segment"] != "individual", payer["segment"] == "brokerage"
    abroad = (payer["country"] != "US") & (payer["method"] == "bank_transfer")
    ways = {
        "tax_withheld": (company & payer["country"].isin(WITHHOLDING), amount * WITHHELD // 100),
        "set_off": (brokerage & (amount == received) & (luck < SET_OFF_SHARE), amount),
        "bank_charge": (abroad & (amount > LEAST_CHARGED) & (luck < CHARGED_SHARE), np.full(len(amount), CHARGE)),
        "difference": ((payer["method"] != "card") & (amount > MOST_SHORT) & (luck > 1 - SHORT_SHARE), cents),
    }
    found, parts = zip(*ways.values(), strict=True)
    return np.select(found, list(ways), ""), np.asarray(np.select(found, parts, 0))
