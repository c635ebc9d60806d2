"""What the sample company books: the money side of every invoice's life. Money is in cents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from arforecast.sample import calendar
from arforecast.sample.billing import Cents
from arforecast.sample.calendar import DAY, dates, days
from arforecast.sample.truth import Floats, State

GOODWILL_SHARE, OVERPAID_SHARE, ON_ACCOUNT_SHARE = 0.02, 0.003, 0.012
OVERPAYMENT = 2_000
LATE_RECEIPT_SHARE, LATE_APPLICATION_SHARE, LATE_CREDIT_SHARE = 0.012, 0.01, 0.15
REFERRAL_SHARE, REFERRAL_CREDITS = 0.02, (2_500, 5_000, 7_500)
DISPUTE_REASONS = ("service", "price", "duplicate", "cancelled", "missing reference")

Tables = dict[str, pd.DataFrame]


def _goodwill(
    invoices: pd.DataFrame, moved: pd.DataFrame, last_on: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """Small credit notes on invoices to which nothing else has happened yet."""
    size = len(invoices)
    on = calendar.on_or_after(days(invoices["issued_on"]) + rng.integers(2, 15, size))
    first = moved.groupby("row")["since_on"].min().reindex(range(size), fill_value=pd.Timestamp(last_on + DAY))
    row = np.flatnonzero((rng.random(size) < GOODWILL_SHARE) & (on < days(first)))
    credit = invoices["amount"].to_numpy()[row] * rng.choice([5, 10], len(row)) // 100
    same = int(State.OPEN)
    return pd.DataFrame({"row": row, "since_on": dates(on[row]), "was": same, "state": same, "part": credit})


def _parts(invoices: pd.DataFrame, moved: pd.DataFrame, rng: np.random.Generator) -> Cents:
    """What an event takes off an invoice that stays open: a part payment, or a credit that ends a dispute."""
    amount = invoices["amount"].to_numpy()[moved["row"]]
    rejoined = (moved["was"] == State.DISPUTED) & (moved["state"] == State.OPEN)
    again = moved["row"].where(rejoined).duplicated()
    credited = rejoined & ~again & (rng.random(len(moved)) < 0.4)
    percent = np.select(
        [moved["state"] == State.PARTLY, credited],
        [rng.choice([25, 40, 50], len(moved)), rng.choice([10, 20], len(moved))],
    )
    return np.asarray(amount * percent // 100)


def events(
    invoices: pd.DataFrame, spells: pd.DataFrame, last_on: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """Everything that happened to an invoice after its issue, in order.

    Columns: row of the invoice, since_on, the state it was in and the state it came to, the part taken off an
    invoice that stays open, and the balance owed just before.
    """
    after_issue = spells["row"].duplicated()
    moved = spells.assign(was=spells["state"].shift(fill_value=State.OPEN))[after_issue]
    moved = moved.assign(part=_parts(invoices, moved, rng))
    story = pd.concat([_goodwill(invoices, moved, last_on, rng), moved])
    story = story.sort_values(["row", "since_on"], kind="stable", ignore_index=True)
    taken = story.groupby("row")["part"].cumsum() - story["part"]
    return story.assign(balance=invoices["amount"].to_numpy()[story["row"]] - taken)


def disputes(story: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Every dispute: row of the invoice, opened_on, closed_on (empty: open), reason, amount and outcome."""
    opened = story["state"] == State.DISPUTED
    found = story[opened]
    # Nothing happens to a disputed invoice but the end of the dispute: the next event of its row.
    end = story.shift(-1).where(story["row"].shift(-1) == story["row"])[opened]
    ways = [end["state"].isna(), end["state"] == State.CREDITED, end["part"] > 0]
    refused = rng.choice(["rejected", "withdrawn"], len(found), p=[0.7, 0.3])
    return pd.DataFrame(
        {
            "row": found["row"],
            "opened_on": found["since_on"],
            "closed_on": end["since_on"],
            "reason": rng.choice(DISPUTE_REASONS, len(found)),
            "amount": found["balance"],
            "outcome": np.select(ways, ["", "upheld", "partly upheld"], refused),
        }
    ).reset_index(drop=True)


def _entries(story: pd.DataFrame) -> pd.DataFrame:
    """The events that move a balance, each with its kind and its signed amount."""
    state, part, balance = story["state"], story["part"], story["balance"]
    returned = (story["was"] == State.BOUNCING) & (state == State.OPEN)
    paid = returned | state.isin([State.PAID, State.BOUNCING, State.PARTLY])
    credited = (state == State.CREDITED) | (part > 0)
    closes = state.isin([State.PAID, State.BOUNCING, State.CREDITED, State.WRITTEN_OFF])
    entries = story.assign(
        kind=np.select([paid, credited, state == State.WRITTEN_OFF], ["cash", "credit_note", "write_off"], ""),
        amount=np.select([returned, closes], [-balance, balance], part),
        bounced=returned | (state == State.BOUNCING),
    )
    return entries[entries["kind"] != ""]


def _discounts(invoices: pd.DataFrame, entries: pd.DataFrame) -> pd.Series:
    """What each entry leaves unpaid because it settles its invoice whole by the discount day."""
    terms = invoices.loc[entries["row"], ["amount", "discount_until", "discount_amount"]].set_axis(entries.index)
    whole = (entries["state"] == State.PAID) & (entries["amount"] == terms["amount"])
    in_time = entries["since_on"] <= terms["discount_until"]
    return terms["discount_amount"].where(whole & in_time, 0).astype(np.int64)


def _booked_on(
    entries: pd.DataFrame, share: float | Floats, last_on: np.datetime64, rng: np.random.Generator
) -> calendar.Days:
    """The day each is booked: its own, or for a `share` some days later; never so where a payment bounces."""
    late = (rng.random(len(entries)) < share) & ~entries["bounced"].to_numpy()
    return np.asarray(np.minimum(days(entries["since_on"]) + late * rng.integers(1, 7, len(entries)), last_on))


def _receipts(cash: pd.DataFrame, last_on: np.datetime64, rng: np.random.Generator) -> pd.DataFrame:
    """One receipt for what a customer paid on a day; payments that bounce, and their return, stand alone."""
    firsts = {name: (name, "first") for name in ("customer", "since_on", "bounced")}
    receipts = cash.groupby("receipt").agg(amount=("amount", "sum"), **firsts)
    on_account = (rng.random(len(receipts)) < ON_ACCOUNT_SHARE) & ~receipts["bounced"]
    receipts["amount"] += on_account * rng.choice([2_500, 5_000, 10_000], len(receipts))
    return receipts.assign(known_on=dates(_booked_on(receipts, LATE_RECEIPT_SHARE, last_on, rng)))


def _settle(invoices: pd.DataFrame, story: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The entries in the order of the days, less the discounts taken, plus what a few customers overpay."""
    entries = _entries(story)
    entries["customer"] = invoices["customer"].to_numpy()[entries["row"]]
    entries = entries.sort_values(["since_on", "customer", "row"], kind="stable", ignore_index=True)
    overpaid = (entries["state"] == State.PAID) & (rng.random(len(entries)) < OVERPAID_SHARE)
    discount = _discounts(invoices, entries)
    return entries.assign(discount=discount, amount=entries["amount"] - discount + OVERPAYMENT * overpaid)


def postings(
    invoices: pd.DataFrame, story: pd.DataFrame, last_on: np.datetime64, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The applications and the receipts of the `story`, in order, each with the day it was booked (known_on)."""
    entries = _settle(invoices, story, rng)
    cash = entries[entries["kind"] == "cash"]
    numbers = cash.groupby(["since_on", "customer", "bounced", cash["amount"] < 0]).ngroup()
    receipts = _receipts(cash.assign(receipt=numbers), last_on, rng)
    entries["receipt"] = numbers.reindex(entries.index)
    late_share = np.where(entries["kind"] == "credit_note", LATE_CREDIT_SHARE, LATE_APPLICATION_SHARE)
    booked = pd.Series(dates(_booked_on(entries, late_share, last_on, rng)))
    received = receipts["known_on"].reindex(entries["receipt"]).set_axis(entries.index)
    entries["known_on"] = pd.concat([booked, received], axis=1).max(axis=1)
    taken = entries[entries["discount"] > 0]
    taken = taken.assign(kind="discount", amount=taken["discount"], receipt=None)
    applications = pd.concat([entries, taken]).sort_values("since_on", kind="stable", ignore_index=True)
    return applications, receipts


def referral_credits(customers: pd.DataFrame, last_on: np.datetime64, rng: np.random.Generator) -> pd.DataFrame:
    """Credits for who brought a friend, which stand alone until there is something to apply them to."""
    friends = customers[rng.random(len(customers)) < REFERRAL_SHARE]
    since = days(friends["since_on"])
    member = rng.random(len(friends)) * (last_on - since).astype(np.int64)
    return pd.DataFrame(
        {
            "credit_id": [f"CR-{number:05}" for number in range(1, len(friends) + 1)],
            "customer_id": friends["customer_id"],
            "issued_on": dates(calendar.on_or_before(since + member.astype(np.int64))),
            "amount": rng.choice(REFERRAL_CREDITS, len(friends)),
            "reason": "referral",
        }
    )


def entered_on(rows: pd.DataFrame, event: str) -> pd.Series:
    """The day each fact enters the books: the later of its `event` and the day it was known."""
    known = rows["known_on"] if "known_on" in rows else rows[event]
    return pd.concat([rows[event], known], axis=1).max(axis=1)


def reduced_on(invoices: pd.DataFrame, applications: pd.DataFrame) -> pd.Series:
    """The day each application enters the books, not before its invoice has."""
    billed = entered_on(invoices, "issued_on").loc[applications["row"]].set_axis(applications.index)
    return pd.concat([entered_on(applications, "since_on"), billed], axis=1).max(axis=1)


def closing_balances(invoices: pd.DataFrame, applications: pd.DataFrame, ends: calendar.Days) -> Cents:
    """The signed sum of open balances at the close of each day of `ends`, by the day each fact enters the books."""
    billed, reduced = entered_on(invoices, "issued_on"), reduced_on(invoices, applications)
    return _closing([(invoices["amount"], billed), (-applications["amount"], reduced)], ends)


def on_account(tables: Tables, ends: calendar.Days) -> Cents:
    """What customers have on account at the close of each day of `ends`: receipts and credits less what was applied."""
    receipts, credit_notes, applied = (tables[name] for name in ("receipts", "credits", "applications"))
    drawn = applied[applied["receipt_id"].notna() | applied["credit_id"].notna()]
    came = [
        (receipts["amount"], entered_on(receipts, "received_on")),
        (credit_notes["amount"], entered_on(credit_notes, "issued_on")),
    ]
    return _closing([*came, (-drawn["amount"], reduced_on(tables["invoices"], drawn))], ends)


def _closing(flows: list[tuple[pd.Series, pd.Series]], ends: calendar.Days) -> Cents:
    """The sum of all amounts whose day has come, at the close of each day of `ends`."""
    amounts, on = pd.concat([amount for amount, _ in flows]), pd.concat([on for _, on in flows])
    moves = amounts.groupby(on.to_numpy("datetime64[D]")).sum()
    balances = np.append(0, moves.cumsum())
    return np.asarray(balances[np.searchsorted(moves.index, ends, side="right")], np.int64)
