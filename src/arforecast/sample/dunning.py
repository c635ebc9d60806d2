"""How the sample company collects: reminders, calls, letters, an agency, promises, and what it costs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from arforecast.sample import calendar
from arforecast.sample.billing import Cents
from arforecast.sample.calendar import DAY, dates, days
from arforecast.sample.truth import CALL_DAYS, P_PROMISE, State, state_on

# Days from the due date; accounts that are pulled by card or debit need no reminder.
STEPS = (
    ("reminder", -3),
    ("email", 2),
    *(("call", late_days) for late_days in CALL_DAYS),
    ("letter", 60),
    ("agency", 100),
    ("agency", 130),
    ("agency", 160),
)
REMINDED = ("bank_transfer", "check")
P_REACHED = 0.25  # the person who decides was reached and promised nothing
REPLIES = ["refused", "asked for a copy", "says it is paid"]
MISSES = ["no answer", "voicemail", "wrong number"]
ASKED_AFTER, HALF_A_YEAR = 14, 190  # days
MINUTE_COST, AGENCY_COST = 90, 1_500  # cents
CARD_FEE, BANK_FEE = 29, 4  # per thousand


def _step(
    invoices: pd.DataFrame, spells: pd.DataFrame, last_on: np.datetime64, channel: str, late_days: int
) -> pd.DataFrame:
    """The invoices that come to one step of dunning: those owed, undisputed and not promised, the evening before."""
    on = calendar.on_or_after(days(invoices["due_on"]) + late_days * DAY)
    due = (on <= last_on) & (on > days(invoices["issued_on"]))
    if channel == "reminder":
        due &= invoices["method"].isin(REMINDED).to_numpy()
    rows = np.flatnonzero(due)
    rows = rows[np.isin(state_on(spells, rows, on[rows] - DAY), [State.OPEN, State.PARTLY])]
    return pd.DataFrame({"row": rows, "contacted_on": dates(on[rows]), "channel": channel})


def _talks(calls: pd.DataFrame, story: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """What came of each call: the promise it brought, or something else."""
    size = len(calls)
    promises = story.loc[story["state"] == State.PROMISED, ["row", "since_on"]]
    made = pd.MultiIndex.from_frame(calls[["row", "contacted_on"]])
    promised = made.isin(pd.MultiIndex.from_frame(promises))
    reached = promised | (rng.random(size) < P_REACHED / (1 - P_PROMISE))
    words = [np.full(size, "promise"), rng.choice(REPLIES, size)]
    return pd.DataFrame(
        {
            "outcome": np.select([promised, reached], words, rng.choice(MISSES, size)),
            "right_party": np.where(reached, "true", "false"),
            "minutes": np.where(reached, rng.integers(4, 16, size), rng.integers(1, 4, size)),
        },
        index=calls.index,
    )


def contacts(
    invoices: pd.DataFrame,
    spells: pd.DataFrame,
    story: pd.DataFrame,
    last_on: np.datetime64,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Every contact about an invoice, in order; a call that brought a promise says so."""
    steps = [_step(invoices, spells, last_on, channel, late_days) for channel, late_days in STEPS]
    made = pd.concat(steps).sort_values(["contacted_on", "row"], kind="stable", ignore_index=True)
    talks = _talks(made[made["channel"] == "call"], story, rng)
    collector = invoices["collector"].reindex(made["row"]).set_axis(made.index)
    by_hand = made["channel"].isin(["call", "letter"])
    return made.join(talks).astype({"minutes": "Int64"}).assign(collector=collector.where(by_hand))


def promises(story: pd.DataFrame) -> pd.DataFrame:
    """Every promise: row of the invoice, made_on, promised_on (the next payday) and the balance promised."""
    made = story[story["state"] == State.PROMISED]
    promised = calendar.payday(days(made["since_on"]))
    return made.assign(made_on=made["since_on"], promised_on=dates(promised), amount=made["balance"])


def monthly(amounts: pd.Series, on: pd.Series, months: calendar.Days) -> Cents:
    """The sums of `amounts` by month, for each of `months`."""
    sums = amounts.groupby(dates(calendar.first_of_month(days(on)))).sum()
    return np.asarray(sums.reindex(dates(months), fill_value=0), np.int64)


def costs(
    invoices: pd.DataFrame, applications: pd.DataFrame, made: pd.DataFrame, months: calendar.Days
) -> pd.DataFrame:
    """What billing and collecting cost in each of `months`, by category: driven by the work and the money moved."""
    cash = applications[applications["kind"] == "cash"]
    by_card = (invoices["method"] == "card").to_numpy()[cash["row"]]
    lost = applications[applications["kind"] == "write_off"]
    billed = monthly(invoices["amount"], invoices["issued_on"], months)
    minutes = monthly(made["minutes"], made["contacted_on"], months)
    handed = monthly((made["channel"] == "agency").astype(int), made["contacted_on"], months)
    moved = monthly(cash["amount"] * np.where(by_card, CARD_FEE, BANK_FEE), cash["since_on"], months)
    by_category = {
        "staff": 40_000 + billed // 100 + minutes * MINUTE_COST,
        "technology": np.full(len(months), 39_000),
        "agency": handed * AGENCY_COST,
        "legal": monthly(lost["amount"], lost["since_on"], months) // 20,
        "payment_fees": moved // 1000,
        "other": billed // 500,
    }
    table = pd.DataFrame(by_category).assign(month=dates(months))
    return table.melt("month", var_name="category", value_name="amount").sort_values("month", kind="stable")


def overrides(invoices: pd.DataFrame, applications: pd.DataFrame, last_on: calendar.Day) -> pd.DataFrame:
    """What collectors expected of some invoices two weeks past due: days about that of the last payment, more often too
    early than too late. They were asked until half a year before the end, so that today's forecasts rest on none."""
    cash = applications[applications["kind"] == "cash"]
    paid = days(cash.groupby("row")["since_on"].max().reindex(invoices.index))
    known, nth = days(invoices["due_on"]) + ASKED_AFTER * DAY, np.arange(len(invoices))
    expected = paid + (nth * 7 % 19 - 12)
    kept = (nth % 9 == 0) & (known < expected) & (np.maximum(paid, expected) < last_on - HALF_A_YEAR * DAY)
    rows = {"expected_on": dates(expected), "confidence": 0.6 + 0.1 * (nth % 4), "note": "told on the phone"}
    told = pd.DataFrame({"invoice_id": invoices["invoice_id"], **rows, "known_on": dates(known)})[kept]
    return told.sort_values("known_on", kind="stable", ignore_index=True)
