"""The rules of a ledger: how grave it is to break one, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Rule:
    """How grave a broken rule is, and its wording: what is wrong and what to do."""

    severity: Literal["error", "warning"]
    wording: str


_ORDER = "{column} {value} lies before {other}. Correct one of the two dates."
_STRANGER = (
    "{column} {value} is not among the {referred} in use: its row is missing or was left out. Add or mend that row, or "
    "correct the identifier."
)

RULES = {
    "unreadable": Rule(
        "error",
        "the line {value} cannot be read. Give it as many cells as the header has, and quote cells that hold commas.",
    ),
    "empty": Rule("error", "{column} is empty. Fill it in."),
    "not_a_date": Rule("error", "{column} {value} is not a date. Write dates as YYYY-MM-DD."),
    "not_money": Rule(
        "error",
        "{column} {value} is not an amount. Write amounts as 1234.50, with no more decimals than the currency has.",
    ),
    "not_a_number": Rule("error", "{column} {value} is not a number. Write numbers as 1234.5."),
    "too_large": Rule("error", "{column} {value} is too large to be held. Correct it."),
    "too_small": Rule("error", "{column} {value} is too small to be told from nothing. Correct it."),
    "not_a_flag": Rule("error", "{column} {value} is neither true nor false. Write one of the two."),
    "control_sign": Rule(
        "warning", "{column} {value} holds a sign that cannot be seen, such as a line break. Remove the sign."
    ),
    "unknown_kind": Rule("error", "{column} {value} is not known. Use one of {choices}."),
    "no_paid_day": Rule("error", "{column} is empty, yet paid_amount is {value}. Add the day or clear the amount."),
    "credit_as_invoice": Rule(
        "error", "{column} {value} is below zero. A credit note belongs to credits or, once applied, to applications."
    ),
    "below_zero": Rule("error", "{column} {value} is below zero. Correct its sign."),
    "not_positive": Rule("error", "{column} {value} is not above zero. Correct it or remove the row."),
    "zero": Rule("error", "{column} is zero. Remove the row or correct the amount."),
    "nothing_billed": Rule("warning", "{column} is zero: nothing is owed on it. Check that it is complete."),
    "long_ago": Rule("error", "{column} {value} is too long ago to be true. Correct the year."),
    "far_ahead": Rule("warning", "{column} {value} lies more than ten years after all other bookings. Check the year."),
    "not_first_of_month": Rule("error", "{column} {value} is not the first day of a month. Write that day."),
    "due_before_issued": Rule(
        "error",
        "{column} {value} lies before the day of issue. Correct one of the two dates.",
    ),
    "out_of_order": Rule("error", _ORDER),
    "discount_out_of_time": Rule("warning", _ORDER),
    "discount_above_invoice": Rule(
        "warning", "{column} {value} is more than the invoice is over. Correct one of the two amounts."
    ),
    "no_balance": Rule("error", "neither open_ar nor net_ar is filled in. Fill in one of the two."),
    "nobody_named": Rule("error", "neither invoice_id nor customer_id is filled in. Fill in one of the two."),
    "no_chance": Rule("error", "{column} {value} is no chance. Write one above 0 and up to 1."),
    "never_known": Rule(
        "warning", "{column} is empty, so that it moves no forecast. Write the day on which it was said."
    ),
    "duplicate_total": Rule(
        "error",
        "there is more than one control total for {column} {value} in one currency, so none can be trusted. "
        "Keep the right one.",
    ),
    "unknown_currency": Rule(
        "error", "{column} {value} is no currency. Write its code of ISO 4217 in capitals: USD, EUR, JPY."
    ),
    "missing_rate": Rule("error", "{column} {value} has no rate. Add it to rates, or correct the currency."),
    "own_rate": Rule(
        "error",
        "{column} {value} is the reporting currency, of which one is worth one. Remove the row, or name another "
        "reporting currency in the settings.",
    ),
    "duplicate_rate": Rule(
        "error", "{column} {value} has more than one rate on that day, so none can be trusted. Keep the right one."
    ),
    "duplicate_id": Rule(
        "error",
        "{column} {value} stands there more than once, so no row of it can be trusted. Keep the right one, "
        "or give each a number of its own.",
    ),
    "absurd": Rule(
        "error",
        "{column} {value} is too large to be true: over a million times what this customer's invoices usually are. "
        "Correct the amount.",
    ),
    "unknown_invoice": Rule("error", _STRANGER),
    "before_the_beginning": Rule(
        "warning",
        "{column} {value} was settled before the ledger begins: the row uses up its receipt or credit, and no balance "
        "or flow counts it. Add the invoice if it should.",
    ),
    "before_invoice": Rule("error", "{column} {value} lies before the invoice was issued. Correct the date."),
    "prepayment": Rule("warning", "{column} {value} lies before the invoice was issued: taken as a prepayment."),
    "over_applied": Rule(
        "warning",
        "{column} {value} is over-applied: its reductions exceed its amount. Move the surplus to another invoice, "
        "or leave it on its receipt or credit.",
    ),
    "unknown_customer": Rule("warning", _STRANGER),
    "unknown_receipt": Rule("warning", _STRANGER),
    "unknown_credit": Rule("warning", _STRANGER),
    "unknown_application": Rule("warning", _STRANGER),
    "circle": Rule(
        "warning",
        "{column} {value} leads back to the customer itself, so none is at the top. Clear one of the links.",
    ),
    "applied_beyond": Rule(
        "warning", "{column} {value}: more of it is applied than its amount. Correct the applications or its amount."
    ),
    "applied_elsewhere": Rule(
        "warning", "{column} {value} is of another customer than the invoice. Check which of the two is meant."
    ),
    "applied_too_early": Rule(
        "warning", "{column} {value} lies before the day of what was applied. Correct one of the two dates."
    ),
    "undoes_nothing": Rule(
        "warning", "{column} {value} takes back what was never applied to its invoice. Check its sign and its invoice."
    ),
    "undoes_too_much": Rule(
        "warning",
        "{column} {value} was applied to another invoice, or is taken back for more than it was over. Check what is "
        "taken back, and how often.",
    ),
    "paid_on_unused": Rule(
        "warning",
        "{column} is not used, since there is an applications table. Remove that table, or put the payments there.",
    ),
    "long_terms": Rule("warning", "{column} {value} lies more than 365 days after the day of issue. Check the date."),
    "outlier": Rule(
        "warning",
        "{column} {value} is over 100 times what this customer's invoices usually are. Check the amount.",
    ),
    "booking_gap": Rule(
        "warning",
        "no booking at all in the week before {value}. Check that every export was loaded.",
    ),
    "duplicate_row": Rule(
        "warning",
        "{column} {value} repeats another row in all but its identifier. Check that it was not booked twice.",
    ),
    "repeated_row": Rule(
        "warning",
        "the same row of {column} {value} stands there before. Check that it was not booked twice.",
    ),
    "misnamed_file": Rule(
        "warning",
        "not read: {value}. If it is the table {table}, name it {called}, as it is written.",
    ),
    "misnamed_column": Rule(
        "warning", "the column {value} is kept as one of your own. If it is {column}, name it so: that one is empty."
    ),
    "unknown_file": Rule("warning", "not read: {value}"),
}
