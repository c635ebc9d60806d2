"""The law under which the sample company's invoices are settled, and the oracle that knows it.

An invoice is a Markov chain in days. At the close of each day it is in one `State`; `chances` gives, from its
habits and the day alone, the probability of every next state. The generator draws from `chances`, and `oracle`
carries the same `chances` forward, so what it says is exactly what was drawn from.

Payment has a daily rate, and P(payment today | still open) = 1 - exp(-rate) on bank days, 0 on others:

    rate = pace x ready x fade x rhythm + pull + discount
    ready  = 1 / (1 + exp(-(days late - typical_days) / spread_days))   the customer's usual day draws near
    fade   = exp(-max(days late - typical_days, 0) / fade_days)         what is long overdue is seldom paid
    rhythm   a transfer leaves in the weekly payment run; everyone pays a little more at month end
    pull     a card is charged, an account debited on the due date, and again some days later
    discount the last bank days of the early-payment discount
    (and, where payment was promised, the payday it was promised for)

A contact makes those who forget pay sooner, and nobody else: on CONTACT_DAYS after it their pace is CONTACT_FACTORS
times what it is. The ledger is drawn without: a call moves nothing but a promise. `oracle` says what one would bring.

A payment may cover a part, or bounce. An open invoice may be disputed; a call may bring a promise for the next
payday, and moves nothing else; long overdue, an invoice is written off at a month end. Invoices of one customer
share part of their luck on a day, as one payment run settles several: that moves them together and leaves each
one's probability as stated.

`truth.parquet` has one row per invoice and state it came to, in order: the invoice's identity and habits, the
`state` in lower case, and `since_on`. Days are those of the events, so a payment booked late is in the truth
before it is in the books. To ask it:

    oracle(pandas.read_parquet("truth.parquet"), as_of).cumsum(axis=1)  # P(paid within h days)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from arforecast.sample import calendar
from arforecast.sample.calendar import DAY, Days

Floats = npt.NDArray[np.float64]
Records = npt.NDArray[np.void]


class State(IntEnum):
    """Where an invoice stands at the close of a day. Payment comes first so that shared luck pays together."""

    PAID = 0
    BOUNCING = 1  # paid in the books, by a payment that will come back
    PARTLY = 2
    PROMISED = 3
    DISPUTED = 4
    CREDITED = 5
    WRITTEN_OFF = 6
    OPEN = 7


OWED = (State.OPEN, State.PARTLY, State.PROMISED, State.DISPUTED)
SETTLED = (State.PAID, State.CREDITED, State.WRITTEN_OFF)
CLEARED = (*SETTLED, State.BOUNCING)

Moves = dict[State, Floats | float]

HABITS = [
    "method",
    "issued_on",
    "due_on",
    "typical_days",
    "spread_days",
    "pace",
    "fade_days",
    "pull",
    "run_weekday",
    "discount_until",
    "discount_pull",
    "p_bounce",
]

CALL_DAYS = (6, 15, 30, 50, 75)
CARD_CHARGE_DAYS, DEBIT_DAYS = (0, 3, 7), (0, 10)
P_PARTLY, P_PROMISE, P_RETURN, P_WRITE_OFF = 0.035, 0.25, 0.35, 0.5
P_DISPUTE, P_CLOSE, P_UPHELD = 0.0022, 0.06, 0.3
DISPUTE_DAYS = 30
WRITE_OFF_DAYS = 180
PROMISE_LEAD_DAYS = 3
SHARED_LUCK = 0.6
# By habit: the punctual need no contact, the lapsing cannot pay.
CONTACT_FACTORS = {"punctual": 1.0, "slow": 1.8, "erratic": 2.2, "lapsing": 1.0}
CONTACT_DAYS = 14


def records(invoices: pd.DataFrame) -> Records:
    """The habits of `invoices` as one record each, with dates as whole days."""
    days = {name: "datetime64[D]" for name in HABITS if name.endswith(("_on", "_until"))}
    columns = [invoices[name].to_numpy(days.get(name)) for name in HABITS]
    kinds = [(name, column.dtype) for name, column in zip(HABITS, columns, strict=True)]
    return np.rec.fromarrays(columns, dtype=np.dtype(kinds))


def _days_late(invoices: Records, day: np.datetime64) -> Floats:
    return np.asarray((day - invoices["due_on"]).astype(np.float64))


def _falls_on(invoices: Records, late_days: int, day: np.datetime64) -> npt.NDArray[np.bool_]:
    return np.asarray(calendar.on_or_after(_past_due(invoices, late_days)) == day)


def _past_due(invoices: Records, late_days: int) -> Days:
    return np.asarray(invoices["due_on"] + late_days * DAY)


def _rhythm(invoices: Records, day: np.datetime64) -> Floats:
    transfer = invoices["method"] == "bank_transfer"
    weekday = (day.astype(np.int64) + 3) % 7
    run = np.where(invoices["run_weekday"] == weekday, 4.2, 0.12)
    month_end = day >= calendar.on_or_before(calendar.month_end(day)) - DAY
    return np.where(transfer, run, 1.0) * (1.35 if month_end else 1.0)


def _pull(invoices: Records, day: np.datetime64) -> Floats:
    charged = [calendar.on_or_before(_past_due(invoices, late_days)) == day for late_days in CARD_CHARGE_DAYS]
    debited = [_falls_on(invoices, late_days, day) for late_days in DEBIT_DAYS]
    by_card, by_debit = invoices["method"] == "card", invoices["method"] == "direct_debit"
    pulled = (by_card & np.any(charged, axis=0)) | (by_debit & np.any(debited, axis=0))
    return np.asarray(pulled * invoices["pull"])


def _discount(invoices: Records, day: np.datetime64) -> Floats:
    left = invoices["discount_until"] - day
    return np.asarray(invoices["discount_pull"] * ((left >= 0 * DAY) & (left <= 3 * DAY)))


def _rate(invoices: Records, day: np.datetime64) -> Floats:
    beyond = _days_late(invoices, day) - invoices["typical_days"]
    # The most a float holds is e to the 709: whoever is so early is not ready by any chance that counts.
    ready = 1 / (1 + np.exp(np.minimum(-beyond / invoices["spread_days"], 709)))
    fade = np.exp(-np.maximum(beyond, 0) / invoices["fade_days"])
    usual = invoices["pace"] * ready * fade * _rhythm(invoices, day)
    return np.asarray(usual + _pull(invoices, day) + _discount(invoices, day))


def _promise_rate(day: np.datetime64) -> float:
    days_left = (calendar.payday(day) - day).astype(int)
    return {0: 0.5, 1: 0.1}.get(int(days_left), 0.0)


def _p_dispute(invoices: Records, day: np.datetime64) -> Floats:
    young = (invoices["issued_on"] < day) & (_days_late(invoices, day) <= DISPUTE_DAYS)
    return np.asarray(P_DISPUTE * young)


def _p_promise(invoices: Records, day: np.datetime64) -> Floats:
    if calendar.payday(day) < day + PROMISE_LEAD_DAYS * DAY:
        return np.zeros(len(invoices))
    return np.asarray(P_PROMISE * np.any([_falls_on(invoices, late, day) for late in CALL_DAYS], axis=0))


def _p_write_off(invoices: Records, day: np.datetime64) -> Floats:
    if day != calendar.on_or_before(calendar.month_end(day)):
        return np.zeros(len(invoices))
    return np.asarray(P_WRITE_OFF * (_days_late(invoices, day) > WRITE_OFF_DAYS))


def _from_open(invoices: Records, day: np.datetime64, p_pay: Floats) -> Moves:
    p_dispute = (1 - p_pay) * _p_dispute(invoices, day)
    rest = 1 - p_pay - p_dispute
    return {
        State.PAID: p_pay * (1 - invoices["p_bounce"] - P_PARTLY),
        State.BOUNCING: p_pay * invoices["p_bounce"],
        State.PARTLY: p_pay * P_PARTLY,
        State.DISPUTED: p_dispute,
        # Calls end months before write-offs begin: the two never compete for the rest.
        State.PROMISED: rest * _p_promise(invoices, day),
        State.WRITTEN_OFF: rest * _p_write_off(invoices, day),
    }


def _from_promised(day: np.datetime64, rate: Floats) -> Moves:
    p_pay = 1 - np.exp(-rate - _promise_rate(day))
    return {State.PAID: p_pay, State.OPEN: (1 - p_pay) * (day == calendar.payday(day))}


def _moves(invoices: Records, day: np.datetime64) -> dict[State, Moves]:
    rate = _rate(invoices, day)
    p_pay = 1 - np.exp(-rate)
    return {
        State.OPEN: _from_open(invoices, day, p_pay),
        State.PARTLY: {State.PAID: p_pay, State.WRITTEN_OFF: (1 - p_pay) * _p_write_off(invoices, day)},
        State.PROMISED: _from_promised(day, rate),
        State.DISPUTED: {State.CREDITED: P_CLOSE * P_UPHELD, State.OPEN: P_CLOSE * (1 - P_UPHELD)},
        State.BOUNCING: {State.OPEN: P_RETURN},
    }


def chances(invoices: Records, day: np.datetime64) -> Floats:
    """P(state at the close of `day` | state the day before): invoices x State x State, each row summing to 1."""
    law = np.zeros((len(invoices), len(State), len(State)))
    if calendar.is_bank_day(day):
        for before, moves in _moves(invoices, day).items():
            for after, p in moves.items():
                law[:, before, after] = p
    for state in State:
        law[:, state, state] = 1 - law[:, state].sum(axis=1)
    return law


def _luck(customers: npt.NDArray[np.int64], rng: np.random.Generator) -> Floats:
    shared = rng.random(customers.max() + 1)[customers]
    own = rng.random(len(customers))
    return np.where(rng.random(len(customers)) < SHARED_LUCK, shared, own)


def _next(law: Floats, luck: Floats) -> npt.NDArray[np.int64]:
    # Rounding can leave a row's sum a hair under 1; the last state takes the hair.
    return np.asarray(np.minimum((luck[:, None] >= law.cumsum(axis=1)).sum(axis=1), len(State) - 1))


def draw_spells(invoices: pd.DataFrame, last_on: np.datetime64, rng: np.random.Generator) -> pd.DataFrame:
    """Draw every invoice's life to the close of `last_on`: row, since_on and state, in order, issue first."""
    habits, customers = records(invoices), invoices["customer"].to_numpy()
    state = np.full(len(invoices), State.OPEN)
    entered = [(np.arange(len(invoices)), habits["issued_on"], state.copy())]
    first_on = np.append(habits["issued_on"], last_on).min()
    for day in np.arange(first_on, last_on + DAY):
        alive = np.flatnonzero((habits["issued_on"] <= day) & ~np.isin(state, SETTLED))
        if len(alive):
            law = chances(habits[alive], day)[np.arange(len(alive)), state[alive]]
            after = _next(law, _luck(customers[alive], rng))
            moved = after != state[alive]
            state[alive] = after
            entered.append((alive[moved], np.full(moved.sum(), day), after[moved]))
    rows, days, states = (np.concatenate(parts) for parts in zip(*entered, strict=True))
    spells = pd.DataFrame({"row": rows, "since_on": calendar.dates(days), "state": states})
    return spells.sort_values(["row", "since_on"], kind="stable", ignore_index=True)


def state_on(spells: pd.DataFrame, rows: npt.NDArray[np.int64], days: calendar.Days) -> npt.NDArray[np.int64]:
    """The state of each of `rows` at the close of the day beside it, which must not lie before its issue."""
    stride = 1_000_000
    since = spells["row"] * stride + calendar.days(spells["since_on"]).astype(np.int64)
    at = np.searchsorted(since, rows * stride + days.astype(np.int64), side="right") - 1
    return spells["state"].to_numpy()[at]


def oracle(
    truth: pd.DataFrame,
    as_of: date,
    horizon_days: int = 91,
    ends: Sequence[State] = (State.PAID,),
    *,
    contacted: bool = False,
) -> pd.DataFrame:
    """P(the invoice first comes to one of `ends` on as_of + h), for every invoice owed at the close of `as_of`.

    `truth` is the content of `truth.parquet`. The index is invoice_id, the columns are h = 1..horizon_days. It uses
    each invoice's habits and its state at `as_of`, and nothing that happened later. By default the end is the payment
    that stays; `SETTLED` adds credit notes and write-offs; `CLEARED` is the first day the open balance is zero,
    be it by a payment that will bounce. contacted: as if every customer were contacted after the close of `as_of`.
    """
    day, ended = np.datetime64(as_of, "D"), list(ends)
    now = truth[truth["since_on"] <= day].drop_duplicates("invoice_id", keep="last")
    now = now[now["state"].isin([state.name.lower() for state in OWED])]
    habits = records(now)
    reached = _reached(now) if contacted else habits
    mass = np.eye(len(State))[[State[name.upper()] for name in now["state"]]]
    p = np.empty((len(now), horizon_days))
    for h in range(horizon_days):
        mass = np.einsum("ns,nst->nt", mass, chances(reached if h < CONTACT_DAYS else habits, day + (h + 1) * DAY))
        p[:, h] = mass[:, ended].sum(axis=1)
        mass[:, ended] = 0
    return pd.DataFrame(p, index=pd.Index(now["invoice_id"]), columns=range(1, horizon_days + 1))


def _reached(rows: pd.DataFrame) -> Records:
    """The habits of invoices on the days after a contact."""
    return records(rows.assign(pace=rows["pace"] * rows["habit"].map(CONTACT_FACTORS)))
