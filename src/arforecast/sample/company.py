"""The sample company's customers: who they are and how they pay."""

from __future__ import annotations

import numpy as np
import pandas as pd

from arforecast.sample import calendar
from arforecast.sample.calendar import dates, days

SEGMENTS = {"individual": 0.78, "team": 0.14, "brokerage": 0.08}
COUNTRIES = {"US": 0.84, "CA": 0.08, "GB": 0.04, "MX": 0.03, "DE": 0.01}
METHODS = pd.DataFrame(
    {
        "individual": [0.42, 0.26, 0.22, 0.10],
        "team": [0.25, 0.20, 0.40, 0.15],
        "brokerage": [0.05, 0.10, 0.60, 0.25],
    },
    index=["card", "direct_debit", "bank_transfer", "check"],
)
# What a customer of each habit is on average; a customer's own figures scatter about these.
HABITS = pd.DataFrame(
    [
        ("punctual", 0.735, -6.5, 1.8, 1.1, 0.70, 220.0, 3.0),
        ("slow", 0.14, 11.0, 6.0, 4.0, 0.18, 120.0, 0.7),
        ("erratic", 0.08, 6.0, 10.0, 8.0, 0.09, 55.0, 0.6),
        ("lapsing", 0.045, 18.0, 9.0, 9.0, 0.012, 50.0, 0.13),
    ],
    columns=["habit", "share", "typical_days", "scatter_days", "spread_days", "pace", "fade_days", "pull"],
).set_index("habit")
# A check is in the mail; whoever is charged or debited leaves it to that and pays by hand only when it fails.
WAIT_DAYS = {"card": 8.0, "direct_debit": 8.0, "check": 2.0, "bank_transfer": 0.0}
DRIFT_DAYS = 3.0  # a year, either way
P_BOUNCE = {"card": 0.006, "direct_debit": 0.03, "check": 0.03, "bank_transfer": 0.0}
DISCOUNT_PULL = 0.6

TERMS = {"individual": (15,), "team": (15, 30), "brokerage": (30,)}
LIMITS = {"individual": 6_000, "team": 15_000, "brokerage": 60_000}
COLLECTORS = ("A. Diallo", "M. O'Brien", "S. Kowalska", "T. Nguyen")

FIRST_NAMES = "Ada Amir Bea Carlos Chloe Dana Eli Femi Grace Hugo Ines Jamal Kira Leo Maya Omar Priya Quinn Rosa"
LAST_NAMES = "Abbott Banerjee Castillo Drake Ellison Ferreira Grant Haddad Jensen Kaplan Mercer Novak Okafor Rossi"
FIRM_WORDS = ("Realty", "Homes", "Property Group", "Estates", "Land Partners")
# Names that have broken reports: every page, mail and file must show them as they are.
AWKWARD_NAMES = (
    "O'Malley & Daughters",
    "Vargas, Núñez and Sons",
    "<b>Bold</b> Homes",
    'The "Corner" Office, LLC',
    "Björk & Müller Immobilien",
    "Łukasz Żak",
    "D'Angelo, Smith & Wesley",
    "@Home Realty",
    "李 Estates",
)

SECOND_NUMBER_SHARE = 0.03  # of those who come back for a second plan

MONTH_WEIGHTS = np.array([1.55, 1.0, 1.0, 1.0, 0.95, 0.9, 0.8, 0.9, 1.45, 1.05, 0.9, 0.65])
MONTHLY_GROWTH = 0.012
LAUNCH = 6.0  # the first two months bring those who waited for the programme to open


def _pick(shares: dict[str, float] | pd.Series, size: int, rng: np.random.Generator) -> pd.Series:
    shares = pd.Series(shares)
    return pd.Series(rng.choice(shares.index.to_numpy(object), size, p=shares / shares.sum()))


def _since(size: int, months: calendar.Days, rng: np.random.Generator) -> calendar.Days:
    season = MONTH_WEIGHTS[months.astype("datetime64[M]").astype(np.int64) % 12]
    weights = season * (1 + MONTHLY_GROWTH) ** np.arange(len(months))
    weights[:2] *= LAUNCH
    starts = months[rng.choice(len(months), size, p=weights / weights.sum())]
    return np.sort(calendar.on_or_after(starts + rng.integers(0, 26, size)))


def _names(segments: pd.Series, rng: np.random.Generator) -> pd.Series:
    size = len(segments)
    first, last = rng.choice(FIRST_NAMES.split(), size), rng.choice(LAST_NAMES.split(), size)
    words = rng.choice(FIRM_WORDS, size)
    names = [
        f"{one} {two}" if segment == "individual" else f"{two} {word}"
        for segment, one, two, word in zip(segments, first, last, words, strict=True)
    ]
    for place, name in zip(rng.permutation(size), AWKWARD_NAMES, strict=False):
        names[place] = name
    return pd.Series(names)


def _parents(customers: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    brokerages = customers.index[customers["segment"] == "brokerage"]
    heads, rest = brokerages[:6], brokerages[6:]
    parents = pd.Series(None, index=customers.index, dtype=object)
    children = rest.union(customers.index[customers["segment"] == "team"])
    children = children[rng.random(len(children)) < 0.35]
    if len(heads):
        parents[children] = customers["customer_id"].to_numpy()[rng.choice(heads, len(children))]
    return parents


def _habits(methods: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    size = len(methods)
    # Dealt, not drawn: a company of a few hundred should not owe its character to a handful of chance lapsers.
    dealt = np.searchsorted(HABITS["share"].cumsum(), (rng.permutation(size) + 0.5) / size)
    mean = HABITS.iloc[dealt].reset_index()
    scatter = np.exp(rng.normal(0, 0.25, (4, size)))
    own_days = methods.map(WAIT_DAYS) + rng.normal(0, 1, size) * mean["scatter_days"]
    return pd.DataFrame(
        {
            "habit": mean["habit"],
            "typical_days": mean["typical_days"] + own_days,
            "drift_days": rng.normal(0, DRIFT_DAYS, size),
            "spread_days": mean["spread_days"] * scatter[0],
            "pace": mean["pace"] * scatter[1],
            "fade_days": mean["fade_days"] * scatter[2],
            "pull": mean["pull"] * scatter[3],
            "run_weekday": rng.choice([1, 2, 3, 4], size, p=[0.2, 0.2, 0.35, 0.25]),
            "discount_pull": DISCOUNT_PULL * (rng.random(size) < 0.55),
            "p_bounce": methods.map(P_BOUNCE),
        }
    )


def customers(size: int, months: calendar.Days, rng: np.random.Generator) -> pd.DataFrame:
    """`size` customers in the order they enrolled over `months`, with the habits that no ledger shows."""
    segment = _pick(SEGMENTS, size, rng)
    method = segment.groupby(segment).transform(lambda own: _pick(METHODS[own.name], len(own), rng).to_numpy())
    people = pd.DataFrame(
        {
            "customer_id": [f"C{number:04}" for number in range(1, size + 1)],
            "name": _names(segment, rng),
            "segment": segment,
            "country": _pick(COUNTRIES, size, rng),
            # 555-01xx belongs to nobody.
            "phone": [f"+1 {201 + nth // 100 % 700} 555 01{nth % 100:02}" for nth in range(size)],
            "credit_limit": segment.map(LIMITS) * 100,
            "terms_days": [rng.choice(TERMS[name]) for name in segment],
            "since_on": dates(_since(size, months, rng)),
            "method": method,
            "collector": rng.choice(COLLECTORS, size),
        }
    )
    people["parent_id"] = _parents(people, rng)
    return people.join(_habits(method, rng))


def second_numbers(people: pd.DataFrame, plans: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Customers who were entered anew with their second plan: the number that plan is billed under until somebody
    noticed, merged into their first, and beside it plan_id."""
    second = plans[plans.groupby("customer").cumcount() == 1]
    anew = second[rng.random(len(second)) < SECOND_NUMBER_SHARE]
    own = people.loc[anew["customer"]].set_axis(anew.index)
    numbers = range(len(people) + 1, len(people) + len(anew) + 1)
    return own.assign(
        merged_into=own["customer_id"],
        customer_id=[f"C{number:04}" for number in numbers],
        since_on=anew["agreed_on"],
        plan_id=anew["plan_id"],
    )


def with_habits(invoices: pd.DataFrame, customers: pd.DataFrame, opened_on: np.datetime64) -> pd.DataFrame:
    """`invoices` beside what their customers are and how they pay; the usual day drifts with the years."""
    payer = customers.loc[invoices["customer"]].reset_index(drop=True)
    years = (days(invoices["due_on"]) - opened_on).astype(np.int64) / 365
    payer["typical_days"] += payer["drift_days"] * years
    payer["discount_pull"] *= invoices["discount_until"].notna()
    return invoices.join(payer.drop(columns=payer.columns.intersection(invoices.columns)))
