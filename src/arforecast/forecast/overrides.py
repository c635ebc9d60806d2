"""What a person knows of an invoice and the ledger does not: the day on which payment is expected, and how surely.

From the day on which it was said until the day expected, the invoice is paid on that day, or the next on which payments
are booked, with the chance that the person gives it, and else as the model has it:

    chance of being settled by a day = confidence x (1 from the day expected on) + (1 - confidence) x the model's

Of what is said of one invoice the latest holds, and on one day what is said of it rather than of its customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from arforecast.forecast.calendar import Floats, Ints, OpenDays
from arforecast.forecast.exposure import Lives, days
from arforecast.forecast.payment_time import Model


@dataclass(frozen=True)
class Overruled:
    """A model, and the days that people expect of some invoices: by invoice_id expected_on, booked_on, confidence,
    note and known_on."""

    model: Model
    told: pd.DataFrame

    @property
    def name(self) -> str:
        return self.model.name

    def hazards(self, invoices: pd.DataFrame, first: date, days_ahead: int) -> Floats:
        """The probability that an invoice still open is settled on each of `days_ahead` days from `first`: invoices x
        days."""
        chance = self.model.hazards(invoices, first, days_ahead)
        if "invoice_id" not in invoices:
            return chance
        place = self.told.index.get_indexer(pd.Index(invoices.invoice_id))
        rows = np.flatnonzero(place >= 0)
        told = self.told.iloc[place[rows]]
        ahead = (days(told.booked_on) - np.datetime64(first)).astype(np.int64)
        chance = chance.copy()
        chance[rows] = mixed(chance[rows], ahead, told.confidence.to_numpy(float))
        return chance


def mixed(chance: Floats, ahead: Ints, confidence: Floats) -> Floats:
    """Hazards of invoices that are settled `ahead` days after the first with a confidence, else as `chance` has it."""
    surviving = np.ones((chance.shape[0], chance.shape[1] + 1))
    np.cumprod(1 - chance, axis=1, out=surviving[:, 1:])
    unpaid = np.arange(chance.shape[1] + 1) <= ahead[:, None]
    left = confidence[:, None] * unpaid + (1 - confidence[:, None]) * surviving
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left[:, :-1] > 1e-9, 1 - left[:, 1:] / left[:, :-1], chance)


def overruled(model: Model, known: Lives, day: date, booking: OpenDays) -> Model:
    """The model with what was known at the close of `day` to be expected by people; itself where that is nothing."""
    told = pending(known, day)
    return Overruled(model, told.assign(booked_on=booking.since(days(told.expected_on)))) if len(told) else model


def pending(known: Lives, day: date) -> pd.DataFrame:
    """What is expected by people after `day`: by invoice_id expected_on, confidence, note, known_on."""
    said = known.overrides[days(known.overrides.since) <= np.datetime64(day)]
    latest = said.drop_duplicates("invoice", keep="last")
    told = latest[days(latest.until) > np.datetime64(day)].rename(columns={"until": "expected_on", "since": "known_on"})
    return told.set_axis(known.invoice_id[told.invoice]).drop(columns="invoice")
