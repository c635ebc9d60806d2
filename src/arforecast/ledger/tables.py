"""The data dictionary as code: every table and column of a ledger, once. `data/README.md` is printed from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import ibis

Type = Literal["id", "text", "date", "money", "number", "flag"]
Tables = dict[str, "ibis.Table"]
"""The tables of one ledger by name."""


@dataclass(frozen=True)
class Column:
    """A column of a ledger table: its name, its type, its meaning, and for a closed list its choices."""

    name: str
    type: Type
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table of the ledger: what one row is, its columns, and the date its facts happened on."""

    name: str
    row: str
    columns: tuple[Column, ...]
    dated_by: str | None = None
    feeds: str = ""

    @property
    def required(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.required)

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)


Make = Callable[["ibis.Table", Table], "ibis.Table"]
"""Makes a typed table of one as it stands in its source."""


def _must(name: str, type: Type, meaning: str, choices: tuple[str, ...] = ()) -> Column:
    return Column(name, type, meaning, required=True, choices=choices)


_KNOWN_ON = Column("known_on", "date", "the day the row was booked; empty: the day it happened")
_CURRENCY = Column("currency", "text", "ISO 4217 code of its amounts; empty: the reporting currency")

INVOICES = Table(
    "invoices",
    "an invoice, or one instalment of it",
    (
        _must("invoice_id", "id", "identifies the invoice"),
        _must("customer_id", "id", "who owes it"),
        _must("issued_on", "date", "the day it was issued"),
        _must("due_on", "date", "the last day on which payment is on time"),
        _must("amount", "money", "what was billed, tax included; above zero"),
        _CURRENCY,
        Column("kind", "text", "a sale or a late fee; empty: invoice", choices=("invoice", "fee")),
        Column("product", "text", "what was sold"),
        Column("segment", "text", "the part of the business"),
        Column("collector", "text", "who follows it up"),
        Column("delivered_on", "date", "the day the goods or the service were delivered"),
        Column("discount_until", "date", "the last day of the early-payment discount"),
        Column("discount_amount", "money", "the early-payment discount offered"),
        Column("plan_id", "id", "the payment plan it is an instalment of"),
        _KNOWN_ON,
        Column("paid_on", "date", "the day it was paid, in a ledger without applications; empty: open"),
        Column("paid_amount", "money", "what was paid on that day; empty: all of it"),
    ),
    dated_by="issued_on",
    feeds="every figure",
)

APPLICATIONS = Table(
    "applications",
    "a reduction of one invoice's open balance; a negative amount undoes an earlier one (bounced payment, chargeback)",
    (
        _must("invoice_id", "id", "the invoice it reduces"),
        _must("applied_on", "date", "the day it happened"),
        _must("amount", "money", "the reduction, in the currency of the invoice; never zero"),
        _must("kind", "text", "what reduced it", choices=("cash", "credit_note", "discount", "write_off")),
        Column("application_id", "id", "identifies the application"),
        Column("receipt_id", "id", "the receipt it was taken from"),
        _KNOWN_ON,
    ),
    dated_by="applied_on",
    feeds="part payments, credit notes, discounts and write-offs",
)

RECEIPTS = Table(
    "receipts",
    "money received",
    (
        _must("receipt_id", "id", "identifies the receipt"),
        _must("customer_id", "id", "who paid"),
        _must("received_on", "date", "the day it arrived"),
        _must("amount", "money", "how much arrived; negative when it was returned"),
        _CURRENCY,
        Column("method", "text", "card, direct_debit, bank_transfer, check, ..."),
        _KNOWN_ON,
    ),
    dated_by="received_on",
    feeds="unapplied cash and the payment methods",
)

CUSTOMERS = Table(
    "customers",
    "a customer",
    (
        _must("customer_id", "id", "identifies the customer"),
        Column("name", "text", "as it stands on the pages"),
        Column("segment", "text", "the part of the business"),
        Column("country", "text", "ISO 3166 code"),
        Column("parent_id", "id", "the customer it belongs to"),
        Column("credit_limit", "money", "the most it may owe, in the reporting currency"),
        Column("terms_days", "number", "agreed days from issue to due"),
        Column("since_on", "date", "customer since"),
    ),
    feeds="names, groups of customers and credit limits",
)

DISPUTES = Table(
    "disputes",
    "a dispute on an invoice; one over several invoices is several rows",
    (
        _must("dispute_id", "id", "identifies the dispute"),
        _must("invoice_id", "id", "the disputed invoice"),
        _must("opened_on", "date", "the day it was raised"),
        Column("closed_on", "date", "the day it was closed; empty: open"),
        Column("reason", "text", "why"),
        Column("amount", "money", "the disputed part, in the currency of the invoice; empty: the whole invoice"),
        Column("outcome", "text", "how it ended"),
        _KNOWN_ON,
    ),
    dated_by="opened_on",
    feeds="disputed balances and how long disputes last",
)

PROMISES = Table(
    "promises",
    "a promise to pay",
    (
        _must("promise_id", "id", "identifies the promise"),
        _must("customer_id", "id", "who promised"),
        _must("made_on", "date", "the day it was given"),
        _must("promised_on", "date", "the day payment was promised for"),
        _must(
            "amount",
            "money",
            "how much was promised, in the currency of the invoice it is about or else the reporting one",
        ),
        Column("invoice_id", "id", "the invoice it is about; empty: the account"),
        _KNOWN_ON,
    ),
    dated_by="made_on",
    feeds="whether promises are kept",
)

CONTACTS = Table(
    "contacts",
    "a reminder, call, e-mail, letter or visit",
    (
        _must("contact_id", "id", "identifies the contact"),
        _must("customer_id", "id", "who was contacted"),
        _must("contacted_on", "date", "the day of the contact"),
        _must("channel", "text", "reminder, call, email, letter, visit, agency, ..."),
        Column("invoice_id", "id", "the invoice it was about; empty: the account"),
        Column("outcome", "text", "what came of it"),
        Column("right_party", "flag", "whether the person who decides was reached: true or false"),
        Column("collector", "text", "who made it"),
        Column("minutes", "number", "how long it took"),
        _KNOWN_ON,
    ),
    dated_by="contacted_on",
    feeds="contact rates and what collecting achieves",
)

COSTS = Table(
    "costs",
    "a month's cost of billing and collections in one category",
    (
        _must("month", "date", "the first day of the month"),
        _must(
            "category",
            "text",
            "what it was spent on",
            choices=("staff", "technology", "agency", "legal", "payment_fees", "other"),
        ),
        _must("amount", "money", "what it cost, in the reporting currency"),
        Column("entity", "text", "the legal entity that bears it"),
    ),
    dated_by="month",
    feeds="the cost of collecting",
)

BILLING_SCHEDULE = Table(
    "billing_schedule",
    "an agreed invoice that is not issued yet",
    (
        _must("customer_id", "id", "who will be billed"),
        _must("issue_on", "date", "the day it will be issued"),
        _must("due_on", "date", "the day it will be due"),
        _must("amount", "money", "how much will be billed, in the reporting currency"),
        Column("product", "text", "what is sold"),
        Column("plan_id", "id", "the payment plan it belongs to"),
        Column("known_on", "date", "the day it was agreed; empty: known from the start"),
    ),
    feeds="cash from invoices that are not issued yet",
)

CONTROL_TOTALS = Table(
    "control_totals",
    "the general ledger's receivables balance at the close of a day",
    (
        _must("as_of", "date", "the day"),
        _must("open_ar", "money", "the balance, credit balances netted"),
        Column(
            "currency", "text", "the currency whose invoices it is of; empty: all of them, in the reporting currency"
        ),
    ),
    dated_by="as_of",
    feeds="the proof that the ledger ties to the books",
)

RATES = Table(
    "rates",
    "one unit of a currency in the reporting currency",
    (
        _must("rate_on", "date", "the day from which it holds, until the next one and 31 days at most"),
        _must("currency", "text", "ISO 4217 code"),
        _must("rate", "number", "what one unit is worth"),
    ),
    dated_by="rate_on",
    feeds="ledgers in several currencies",
)

TABLES = (
    INVOICES,
    APPLICATIONS,
    RECEIPTS,
    CUSTOMERS,
    DISPUTES,
    PROMISES,
    CONTACTS,
    COSTS,
    BILLING_SCHEDULE,
    CONTROL_TOTALS,
    RATES,
)

BY_NAME = {table.name: table for table in TABLES}
