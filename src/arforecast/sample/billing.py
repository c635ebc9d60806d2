"""What the sample company bills: enrolment fees, instalments of plans, workshops and late fees. Money is in cents."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from arforecast.sample import calendar
from arforecast.sample.calendar import DAY, dates, days
from arforecast.sample.truth import OWED, State, state_on

PLANS = pd.DataFrame(
    {"share": [0.55, 0.30, 0.15], "price": [240_000, 420_000, 690_000]},
    index=["Foundations plan", "Investor plan", "Broker plan"],
)
ENROLMENT_FEES = (29_500, 49_500, 79_500)
ISSUED_BEFORE_DUE_DAYS = 14
MOST_PLANS = 20
# The mean days, beyond a month, from one plan of a customer to the next: a brokerage keeps sending people.
PLAN_GAP_DAYS = {"individual": 700, "team": 320, "brokerage": 150}
WORKSHOPS_A_YEAR = {"individual": 0.6, "team": 2.5, "brokerage": 7.0}
SEATS = {"individual": 1, "team": 3, "brokerage": 6}
SEAT_PRICE, SALES_TAX = 24_900, 0.0625
DISCOUNT_DAYS, DISCOUNT_SHARE, OFFERED_SHARE = 10, 0.02, 0.5
BOOKED_LATE_SHARE = 0.05
FEE_AFTER_DAYS, FEE_DUE_DAYS, FEE_SHARE = 31, 15, 0.3
# Most invoices have none.
NO_DAY = np.datetime64("NaT", "D")

Cents = npt.NDArray[np.int64]


def plans(customers: pd.DataFrame, last_on: np.datetime64, rng: np.random.Generator) -> pd.DataFrame:
    """The payment plans agreed by `last_on`: who, when, what, at which price, over how many months."""
    gaps = (
        rng.exponential(1, (len(customers), MOST_PLANS)) * customers["segment"].map(PLAN_GAP_DAYS).to_numpy()[:, None]
        + 30
    )
    gaps[:, 0] = 0
    after = gaps.cumsum(axis=1).astype(np.int64)
    agreed = calendar.on_or_after(np.minimum(days(customers["since_on"])[:, None] + after, last_on + DAY))
    customer, number = np.nonzero(agreed <= last_on)
    product = rng.choice(PLANS.index.to_numpy(object), len(customer), p=PLANS["share"])
    return pd.DataFrame(
        {
            "customer": customer,
            "plan_id": [f"P{at:05}" for at in range(1, len(customer) + 1)],
            "agreed_on": dates(agreed[customer, number]),
            "product": product,
            "price": PLANS.loc[product, "price"].to_numpy(),
            "months": rng.integers(6, 13, len(customer)),
            "due_day": rng.choice([1, 15], len(customer)),
        }
    )


def schedule(agreed: pd.DataFrame) -> pd.DataFrame:
    """Every instalment of the `agreed` plans, monthly, to the cent: the last one carries the remainder."""
    rows = agreed.loc[agreed.index.repeat(agreed["months"])]
    number = rows.groupby(level=0).cumcount().to_numpy()
    due = calendar.first_of_month(days(rows["agreed_on"]) + 20 * DAY, number + 1) + (rows["due_day"].to_numpy() - 1)
    share, remainder = rows["price"] // rows["months"], rows["price"] % rows["months"]
    return rows.assign(
        issued_on=dates(due - ISSUED_BEFORE_DUE_DAYS * DAY),
        due_on=dates(due),
        amount=share + remainder * (number == rows["months"] - 1),
    ).reset_index(drop=True)


def _enrolments(customers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    size = len(customers)
    since = days(customers["since_on"])
    at_once = customers["method"].isin(["card", "direct_debit"]).to_numpy()
    return pd.DataFrame(
        {
            "customer": np.arange(size),
            "issued_on": dates(since),
            "due_on": dates(since + np.where(at_once, 0, 7)),
            "amount": rng.choice(ENROLMENT_FEES, size, p=[0.5, 0.35, 0.15]),
            "product": "Enrolment",
            "delivered_on": dates(since),
        }
    )


def _workshop_days(
    customers: pd.DataFrame, last_on: np.datetime64, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], calendar.Days]:
    member_days = (last_on - days(customers["since_on"])).astype(np.int64)
    yearly = customers["segment"].map(WORKSHOPS_A_YEAR).to_numpy()
    customer = np.repeat(np.arange(len(customers)), rng.poisson(yearly * member_days / 365))
    after = (rng.random(len(customer)) * member_days[customer]).astype(np.int64)
    return customer, calendar.on_or_after(days(customers["since_on"])[customer] + after)


def _workshops(customers: pd.DataFrame, last_on: np.datetime64, rng: np.random.Generator) -> pd.DataFrame:
    customer, held = _workshop_days(customers, last_on, rng)
    payer = customers.loc[customer]
    issued = calendar.on_or_after(held + rng.geometric(0.4, len(customer)) - DAY)
    seats = rng.integers(1, payer["segment"].map(SEATS).to_numpy() + 1)
    amount = np.rint(seats * SEAT_PRICE * (1 + SALES_TAX)).astype(np.int64)
    offered = (payer["terms_days"] == 30).to_numpy() & (rng.random(len(customer)) < OFFERED_SHARE)
    booked = np.minimum(issued + rng.integers(1, 15, len(customer)), last_on)
    workshops = pd.DataFrame(
        {
            "customer": customer,
            "issued_on": dates(issued),
            "due_on": dates(issued + payer["terms_days"].to_numpy()),
            "amount": amount,
            "product": "Workshop",
            "delivered_on": dates(held),
            "discount_until": dates(np.where(offered, issued + DISCOUNT_DAYS * DAY, NO_DAY)),
            "discount_amount": np.where(offered, np.rint(amount * DISCOUNT_SHARE), np.nan),
            "known_on": dates(np.where(rng.random(len(customer)) < BOOKED_LATE_SHARE, booked, NO_DAY)),
        }
    )
    return workshops[issued <= last_on]


def _by_day(invoices: pd.DataFrame, prefix: str) -> pd.DataFrame:
    ordered = invoices.sort_values(["issued_on", "customer", "due_on"], kind="stable", ignore_index=True)
    ordered.insert(0, "invoice_id", [f"{prefix}-{number:05}" for number in range(1, len(ordered) + 1)])
    return ordered


def invoices(
    customers: pd.DataFrame, agreed: pd.DataFrame, last_on: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """Every invoice issued by `last_on` save late fees, in the order of issue."""
    instalments = schedule(agreed).drop(columns=["agreed_on", "price", "months", "due_day"])
    issued = instalments[days(instalments["issued_on"]) <= last_on]
    billed = [_enrolments(customers, rng), issued, _workshops(customers, last_on, rng)]
    return _by_day(pd.concat(billed).assign(kind="invoice"), "INV")


def late_fees(
    invoices: pd.DataFrame, spells: pd.DataFrame, last_on: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """A fee on some invoices still owed, undisputed, a month after they were due."""
    charged = calendar.on_or_after(days(invoices["due_on"]) + FEE_AFTER_DAYS * DAY)
    rows = np.flatnonzero((charged <= last_on) & (rng.random(len(invoices)) < FEE_SHARE))
    owed = np.isin(state_on(spells, rows, charged[rows] - DAY), [s for s in OWED if s != State.DISPUTED])
    rows = rows[owed]
    fees = pd.DataFrame(
        {
            "customer": invoices["customer"].to_numpy()[rows],
            "issued_on": dates(charged[rows]),
            "due_on": dates(charged[rows] + FEE_DUE_DAYS * DAY),
            "amount": np.maximum(1_500, invoices["amount"].to_numpy()[rows] * 3 // 100),
            "product": "Late fee",
            "kind": "fee",
            "discount_until": pd.NaT,
        }
    )
    return _by_day(fees, "FEE")
