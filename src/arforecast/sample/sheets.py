"""The sample as tables of the ledger: names, identifiers, and money in decimals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from arforecast.ledger.tables import BY_NAME
from arforecast.sample import billing, calendar, company, deductions, dunning, postings, treasury, truth
from arforecast.sample.calendar import dates
from arforecast.sample.postings import Tables

CURRENCY = "USD"


@dataclass(frozen=True)
class Drawn:
    """All that was drawn of a company: customers, plans, invoices with habits, and each invoice's spell in a state."""

    customers: pd.DataFrame
    plans: pd.DataFrame
    invoices: pd.DataFrame
    spells: pd.DataFrame


def draw(size: int, months: calendar.Days, rng: np.random.Generator) -> Drawn:
    """Draw a company of `size` customers over `months` (their first days), and the life of each of its invoices.

    Late fees are charged on invoices that went unpaid, so they are drawn after them.
    """
    opened_on, last_on = months[0], calendar.month_end(months)[-1]
    customers = company.customers(size, months, rng)
    plans = billing.plans(customers, last_on, rng)
    sales = company.with_habits(billing.invoices(customers, plans, last_on, rng), customers, opened_on)
    spells = truth.draw_spells(sales, last_on, rng)
    fees = company.with_habits(billing.late_fees(sales, spells, last_on, rng), customers, opened_on)
    fee_spells = truth.draw_spells(fees, last_on, rng)
    fee_spells["row"] += len(sales)
    invoices = pd.concat([sales, fees], ignore_index=True).assign(currency=CURRENCY)
    return Drawn(customers, plans, invoices, pd.concat([spells, fee_spells], ignore_index=True))


def _money(cents: pd.Series) -> pd.Series:
    whole = cents.abs().astype("Int64")
    sign = (cents < 0).map({True: "-", False: ""})
    return sign + (whole // 100).astype("string") + "." + (whole % 100).astype("string").str.zfill(2)


def _table(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` with the columns of the ledger's table `name`, in its order; money in decimals, no needless known_on."""
    table = BY_NAME[name]
    if table.dated_by and "known_on" in rows:
        rows = rows.assign(known_on=rows["known_on"].where(rows["known_on"] > rows[table.dated_by]))
    columns = [column for column in table.columns if column.name in rows]
    money = {column.name: _money(rows[column.name]) for column in columns if column.type == "money"}
    return rows.assign(**money)[[column.name for column in columns]]


def _numbered(rows: pd.DataFrame, by: str, column: str, prefix: str) -> pd.DataFrame:
    ordered = rows.sort_values(by, kind="stable", ignore_index=True)
    numbers = pd.array([f"{prefix}-{number:05}" for number in range(1, len(rows) + 1)], dtype="str")
    return ordered.assign(**{column: numbers})


def _rates(ends: calendar.Days, rng: np.random.Generator) -> pd.DataFrame:
    walk = np.exp(rng.normal(0, 0.008, (len(ends), 2)).cumsum(axis=0))
    rates = pd.DataFrame(np.round(walk * [0.74, 1.09], 4), columns=["CAD", "EUR"])
    return rates.assign(rate_on=dates(ends)).melt("rate_on", var_name="currency", value_name="rate")


def _billing_schedule(drawn: Drawn) -> pd.DataFrame:
    instalments = billing.schedule(drawn.plans)
    names = drawn.customers["customer_id"].to_numpy()[instalments["customer"]]
    agreed = {"issue_on": instalments["issued_on"], "known_on": instalments["agreed_on"]}
    return instalments.assign(customer_id=names, **agreed).sort_values("known_on", kind="stable")


def _receipt_id(number: float) -> str:
    return f"R-{int(number) + 1:05}"


def _applications(applications: pd.DataFrame) -> pd.DataFrame:
    receipt = applications["receipt"].map(_receipt_id, na_action="ignore")
    booked = applications.assign(applied_on=applications["since_on"], receipt_id=receipt)
    numbered = _numbered(booked, "applied_on", "application_id", "A")
    note = "CN" + numbered["application_id"].str[1:]
    # Nothing happens to an invoice between a payment and its return.
    before = numbered.groupby("row")["application_id"].shift()
    return numbered.assign(
        credit_id=note.where(numbered["kind"] == "credit_note"), undoes=before.where(numbered["amount"] < 0)
    )


def _credits(applications: pd.DataFrame, alone: pd.DataFrame) -> pd.DataFrame:
    """The credit notes behind the applications of that kind, each of its own, and those that stand alone."""
    notes = applications[applications["kind"] == "credit_note"]
    both = pd.concat([notes.assign(issued_on=notes["applied_on"]), alone])
    return both.assign(currency=CURRENCY).sort_values("issued_on", kind="stable", ignore_index=True)


def _receipts(receipts: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    payer = customers.loc[receipts["customer"], ["customer_id", "method"]].set_axis(receipts.index)
    named = receipts.join(payer).assign(received_on=receipts["since_on"], currency=CURRENCY)
    return named.assign(receipt_id=receipts.index.map(_receipt_id))


def _renumbered(rows: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """`rows` under the second number of their customer where they are of the plan that came with it."""
    own = rows["customer_id"]
    number = rows["plan_id"].map(second.set_index("plan_id")["customer_id"]).astype(own.dtype)
    return rows.assign(customer_id=number.fillna(own))


def _control_totals(tables: Tables, ends: calendar.Days) -> pd.DataFrame:
    balances = postings.closing_balances(tables["invoices"], tables["applications"], ends)
    net = balances - postings.on_account(tables, ends)
    return pd.DataFrame({"as_of": dates(ends), "open_ar": balances, "net_ar": net, "currency": CURRENCY})


def booked(drawn: Drawn, months: calendar.Days, rng: np.random.Generator, sundries: np.random.Generator) -> Tables:
    """Every table of the ledger over `months` (their first days) save the control totals, by name; money in cents.

    What is seldom, from second numbers to set-offs, is drawn of `sundries`, so that it changes nothing else.
    """
    last_on = calendar.month_end(months)[-1]
    second = company.second_numbers(drawn.customers, drawn.plans, sundries)
    invoices = _renumbered(drawn.invoices, second)
    about = invoices[["invoice_id", "customer_id"]]
    story = postings.events(invoices, drawn.spells, last_on, rng)
    applications, receipts = postings.postings(invoices, story, last_on, rng)
    contacts = dunning.contacts(invoices, drawn.spells, story, last_on, rng)
    applied, received = deductions.taken(
        _applications(applications), _receipts(receipts, drawn.customers), drawn.customers, sundries
    )
    applied = applied.join(about, on="row")
    disputes, promises = postings.disputes(story, rng), dunning.promises(story)
    return {
        "invoices": invoices.sort_values("issued_on", kind="stable"),
        "applications": applied,
        "credits": _credits(applied, postings.referral_credits(drawn.customers, last_on, sundries)),
        "receipts": received,
        "customers": pd.concat([drawn.customers, second], ignore_index=True),
        "disputes": _numbered(disputes.join(about, on="row"), "opened_on", "dispute_id", "D"),
        "promises": _numbered(promises.join(about, on="row"), "made_on", "promise_id", "PR"),
        "contacts": _numbered(contacts.join(about, on="row"), "contacted_on", "contact_id", "K"),
        "costs": dunning.costs(invoices, applied, contacts, months),
        "billing_schedule": _renumbered(_billing_schedule(drawn), second),
        "overrides": dunning.overrides(invoices, applied, last_on),
        "outflows": treasury.outflows(invoices, months),
        "rates": _rates(calendar.month_end(months), rng),
    }


def ledger(tables: Tables, ends: calendar.Days) -> Tables:
    """The tables of the ledger with their control totals at `ends`, ready to be written."""
    rows = tables | {"control_totals": _control_totals(tables, ends)}
    return {name: _table(name, rows[name]) for name in BY_NAME}


def truth_rows(drawn: Drawn) -> pd.DataFrame:
    """One row for each state an invoice came to, in order, beside the habits its chances follow from."""
    told = drawn.invoices[["invoice_id", "customer_id", "habit", *truth.HABITS]]
    names = {int(state): state.name.lower() for state in truth.State}
    spells = drawn.spells.assign(state=drawn.spells["state"].map(names))
    return told.loc[spells["row"]].reset_index(drop=True).join(spells[["state", "since_on"]])
