"""How much of what can be known of the sample the forecasts know: its truth has the chance of every invoice.

    skill      = 1 - Brier(model) / Brier(rule)
    attainable = 1 - Brier(truth) / Brier(rule)
    share      = skill / attainable

of the chance that an invoice open on an origin is settled within 7, 14 and 30 days, beside two simple rules: the
roll-rate curve of all, and each customer's own share, drawn to it. The data are self-made: this says how much of their
law is found, and nothing of a real ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from arforecast.forecast import scores
from arforecast.forecast.backtest import Past
from arforecast.forecast.baselines import SHRINKAGE, roll_rate_curve
from arforecast.forecast.calendar import Floats
from arforecast.forecast.exposure import settled_on
from arforecast.forecast.payment_time import Distribution, readings
from arforecast.sample.truth import SETTLED, oracle

WITHIN_DAYS = (7, 14, 30)
RULES = {"roll": "roll-rate curve", "own": "own share"}


def lines(past: list[Past], truth: pd.DataFrame, as_of: date) -> Iterator[str]:
    """The skill of the model, that of the truth, and the share of it with the 90 % interval of the block bootstrap."""
    said = judged(pd.concat([chances(then, truth) for then in past], ignore_index=True), truth, as_of)
    for within, rows in said.groupby("within"):
        missed = (rows[["model", "truth", *RULES]].sub(rows.settled, axis=0) ** 2).groupby(rows.origin).sum()
        for rule, named in RULES.items():
            gained = missed[[rule]].to_numpy() - missed[["model", "truth"]]
            skill, attainable = gained.sum() / missed[rule].sum()
            share, low, high = scores.ratio(gained["model"], gained["truth"])
            name = f"P(paid within {within} days) skill / {named}"
            yield f"{name:<52} {skill:9.4f} {attainable:9.4f} {share:7.3f}  [{low:.3f}, {high:.3f}]"


def judged(said: pd.DataFrame, truth: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What is known by `as_of` of what was said: settled, whether it came within its days."""
    ended = truth[truth.state.isin([state.name.lower() for state in SETTLED])].set_index("invoice_id").since_on
    until = said.origin + pd.to_timedelta(said.within, unit="D")
    settled = ended.reindex(said.invoice_id).to_numpy() <= until
    return said.assign(settled=settled)[until <= pd.Timestamp(as_of)]


def chances(then: Past, truth: pd.DataFrame) -> pd.DataFrame:
    """One row an open invoice and length of WITHIN_DAYS: origin, invoice_id, within, and the chance by model, roll, own
    and truth. What is paid already, and not yet booked, is nobody's to foretell."""
    by_truth = oracle(truth, then.origin, WITHIN_DAYS[-1], SETTLED).cumsum(axis=1)
    owed = then.invoices[then.invoices.invoice_id.isin(by_truth.index)].reset_index(drop=True)
    model, roll = (
        readings(each, owed, then.origin, WITHIN_DAYS[-1], _within)
        for each in (then.model, roll_rate_curve(then.known, then.origin))
    )
    known = by_truth.loc[owed.invoice_id, list(WITHIN_DAYS)].to_numpy()
    parts = [
        pd.DataFrame({"within": within, "model": model[:, nth], "roll": roll[:, nth], "truth": known[:, nth]}).assign(
            origin=pd.Timestamp(then.origin),
            invoice_id=owed.invoice_id,
            own=own_share(then, owed, within, roll[:, nth]),
        )
        for nth, within in enumerate(WITHIN_DAYS)
    ]
    return pd.concat(parts, ignore_index=True)


def _within(settled: Distribution) -> Floats:
    return np.cumsum(settled.p_settled, axis=1)[:, np.array(WITHIN_DAYS) - 1]


def own_share(then: Past, owed: pd.DataFrame, within: int, of_all: Floats) -> Floats:
    """Of the customer's invoices that were open at the same number of days from due, so long ago that it is known, the
    share that was settled within so many days, drawn to that of all."""
    known, now = then.known, np.datetime64(then.origin)
    place = known.invoice_id.get_indexer(pd.Index(owed.invoice_id))
    age = (now - known.due_on[place]).astype(np.int64)
    asked = pd.DataFrame({"customer": known.customer[place], "age": age, "row": np.arange(len(place))})
    delay = (settled_on(known, then.origin) - known.due_on).astype(float)
    before = pd.DataFrame(
        {
            "customer": known.customer,
            "youngest": (known.issued_on - known.due_on).astype(np.int64),
            "seen": (now - known.due_on).astype(np.int64),
            "delay": np.where(np.isnat(settled_on(known, then.origin)), np.inf, delay),
        }
    )[known.entered_on <= now]
    pairs = asked.merge(before, on="customer")
    like = pairs[(pairs.youngest <= pairs.age) & (pairs.delay > pairs.age) & (pairs.age + within <= pairs.seen)]
    came = (like.delay <= like.age + within).groupby(like.row).agg(["sum", "size"]).reindex(asked.row, fill_value=0)
    return ((came["sum"] + SHRINKAGE * of_all) / (came["size"] + SHRINKAGE)).to_numpy(float)
