"""The data dictionary as code: every table and column of a ledger, once. `data/README.md` is printed from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import ibis

Type = Literal["id", "text", "date", "money", "number", "flag"]
Sign = Literal["", "above zero", "zero or more", "not zero"]
Tables = dict[str, "ibis.Table"]
"""The tables of one ledger by name."""


@dataclass(frozen=True)
class Column:
    """A column of a ledger table: its name, its type, its meaning, and what its cells have to keep.

    choices: of a closed list. references: the `table.column` in which its value stands. sign: which numbers make sense.
    monthly: only the first day of a month does.
    """

    name: str
    type: Type
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()
    references: str = ""
    sign: Sign = ""
    monthly: bool = False


@dataclass(frozen=True)
class Order:
    """Two dates of a row: the second lies no more than some days before the first, or `rule` is broken."""

    first: str
    second: str
    rule: str = "out_of_order"
    slack_days: int = 0


@dataclass(frozen=True)
class Table:
    """A table of the ledger: what one row is, its columns, and the date its facts happened on.

    identifier: the columns that no two rows share, and `twice` the rule that those break which do. order: which date
    comes first. alike: the columns in which two rows that are the same are equal; the first four tell most apart.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    dated_by: str | None = None
    feeds: str = ""
    identifier: tuple[str, ...] = ()
    twice: str = "duplicate_id"
    order: tuple[Order, ...] = ()
    alike: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.required)

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)


Make = Callable[["ibis.Table", Table], "ibis.Table"]
"""Makes a typed table of one as it stands in its source."""


def _must(name: str, type: Type, meaning: str, references: str = "", sign: Sign = "") -> Column:
    return Column(name, type, meaning, required=True, references=references, sign=sign)


INVOICE, CUSTOMER, RECEIPT = "invoices.invoice_id", "customers.customer_id", "receipts.receipt_id"
_KNOWN_ON = Column("known_on", "date", "the day the row was booked; empty: the day it happened")
_CURRENCY = Column("currency", "text", "ISO 4217 code of its amounts; empty: the reporting currency")

# What settles an invoice as a payment does, and all that reduces what is owed on it.
PAYMENTS = ("cash", "set_off", "tax_withheld")
KINDS = (*PAYMENTS, "credit_note", "discount", "write_off", "bank_charge", "difference")

INVOICES = Table(
    "invoices",
    "an invoice, or one instalment of it",
    (
        _must("invoice_id", "id", "identifies the invoice"),
        _must("customer_id", "id", "who owes it", CUSTOMER),
        _must("issued_on", "date", "the day it was issued"),
        _must("due_on", "date", "the last day on which payment is on time"),
        _must("amount", "money", "what was billed, tax included", sign="zero or more"),
        _CURRENCY,
        Column("kind", "text", "a sale or a late fee; empty: invoice", choices=("invoice", "fee")),
        Column("product", "text", "what was sold"),
        Column("segment", "text", "the part of the business"),
        Column("collector", "text", "who follows it up"),
        Column("delivered_on", "date", "the day the goods or the service were delivered"),
        Column("discount_until", "date", "the last day of the early-payment discount"),
        Column("discount_amount", "money", "the early-payment discount offered", sign="zero or more"),
        Column("plan_id", "id", "the payment plan it is an instalment of"),
        _KNOWN_ON,
        Column("paid_on", "date", "the day it was paid, in a ledger without applications; empty: open"),
        Column("paid_amount", "money", "what was paid on that day; empty: all of it", sign="zero or more"),
    ),
    dated_by="issued_on",
    feeds="every figure",
    identifier=("invoice_id",),
    order=(
        # A day earlier is what time zones do.
        Order("issued_on", "due_on", "due_before_issued", slack_days=1),
        Order("issued_on", "discount_until", "discount_out_of_time"),
        Order("discount_until", "due_on", "discount_out_of_time"),
    ),
    alike=("customer_id", "issued_on", "due_on", "amount", "currency", "kind", "product", "plan_id", "paid_on"),
)

APPLICATIONS = Table(
    "applications",
    "a reduction of one invoice's open balance; a negative amount undoes an earlier one (bounced payment, chargeback)",
    (
        _must("invoice_id", "id", "the invoice it reduces", INVOICE),
        _must("applied_on", "date", "the day it happened"),
        _must("amount", "money", "the reduction, in the currency of the invoice", sign="not zero"),
        Column("kind", "text", "what reduced it", required=True, choices=KINDS),
        Column("application_id", "id", "identifies the application"),
        Column("receipt_id", "id", "the receipt it was taken from", references=RECEIPT),
        Column("credit_id", "id", "the credit it was taken from", references="credits.credit_id"),
        Column(
            "undoes",
            "id",
            "the application it takes back; empty: the latest of its kind with that amount",
            references="applications.application_id",
        ),
        _KNOWN_ON,
    ),
    dated_by="applied_on",
    feeds="part payments, credit notes, discounts and write-offs",
    identifier=("application_id",),
    alike=("invoice_id", "applied_on", "amount", "kind", "receipt_id", "credit_id", "undoes", "known_on"),
)

RECEIPTS = Table(
    "receipts",
    "money received",
    (
        _must("receipt_id", "id", "identifies the receipt"),
        _must("customer_id", "id", "who paid", CUSTOMER),
        _must("received_on", "date", "the day it arrived"),
        _must("amount", "money", "how much arrived; negative when it was returned"),
        _CURRENCY,
        Column("method", "text", "card, direct_debit, bank_transfer, check, ..."),
        _KNOWN_ON,
    ),
    dated_by="received_on",
    feeds="unapplied cash and the payment methods",
    identifier=("receipt_id",),
)

CREDITS = Table(
    "credits",
    "a credit note, applied or not",
    (
        _must("credit_id", "id", "identifies the credit"),
        _must("customer_id", "id", "whom it is owed to", CUSTOMER),
        _must("issued_on", "date", "the day it was issued"),
        _must("amount", "money", "how much was credited", sign="above zero"),
        _CURRENCY,
        Column("reason", "text", "why"),
        _KNOWN_ON,
    ),
    dated_by="issued_on",
    feeds="credits that stand alone, not applied to an invoice yet",
    identifier=("credit_id",),
)

CUSTOMERS = Table(
    "customers",
    "a customer",
    (
        _must("customer_id", "id", "identifies the customer"),
        Column("name", "text", "as it stands on the pages"),
        Column("segment", "text", "the part of the business"),
        Column("country", "text", "ISO 3166 code"),
        Column("language", "text", "ISO 639 code"),
        Column("phone", "text", "the number on which to ask for what it owes"),
        Column("parent_id", "id", "the customer it belongs to", references=CUSTOMER),
        Column(
            "merged_into", "id", "the customer it is the same as, under whose number it counts", references=CUSTOMER
        ),
        Column("credit_limit", "money", "the most it may owe, in the reporting currency", sign="zero or more"),
        Column("terms_days", "number", "agreed days from issue to due", sign="zero or more"),
        Column("since_on", "date", "customer since"),
    ),
    feeds="names, groups of customers and credit limits",
    identifier=("customer_id",),
)

DISPUTES = Table(
    "disputes",
    "a dispute on an invoice; one over several invoices is several rows",
    (
        _must("dispute_id", "id", "identifies the dispute"),
        _must("invoice_id", "id", "the disputed invoice", INVOICE),
        _must("opened_on", "date", "the day it was raised"),
        Column("closed_on", "date", "the day it was closed; empty: open"),
        Column("reason", "text", "why"),
        Column(
            "amount",
            "money",
            "the disputed part, in the currency of the invoice; empty: the whole invoice",
            sign="zero or more",
        ),
        Column("outcome", "text", "how it ended"),
        _KNOWN_ON,
    ),
    dated_by="opened_on",
    feeds="disputed balances and how long disputes last",
    identifier=("dispute_id",),
    order=(Order("opened_on", "closed_on"),),
)

PROMISES = Table(
    "promises",
    "a promise to pay",
    (
        _must("promise_id", "id", "identifies the promise"),
        _must("customer_id", "id", "who promised", CUSTOMER),
        _must("made_on", "date", "the day it was given"),
        _must("promised_on", "date", "the day payment was promised for"),
        _must(
            "amount",
            "money",
            "how much was promised, in the currency of the invoice it is about or else the reporting one",
            sign="above zero",
        ),
        Column("invoice_id", "id", "the invoice it is about; empty: the account", references=INVOICE),
        _KNOWN_ON,
    ),
    dated_by="made_on",
    feeds="whether promises are kept",
    identifier=("promise_id",),
    order=(Order("made_on", "promised_on"),),
)

CONTACTS = Table(
    "contacts",
    "a reminder, call, e-mail, letter or visit",
    (
        _must("contact_id", "id", "identifies the contact"),
        _must("customer_id", "id", "who was contacted", CUSTOMER),
        _must("contacted_on", "date", "the day of the contact"),
        _must("channel", "text", "reminder, call, email, letter, visit, agency, ..."),
        Column("invoice_id", "id", "the invoice it was about; empty: the account", references=INVOICE),
        Column("outcome", "text", "what came of it"),
        Column("right_party", "flag", "whether the person who decides was reached: true or false"),
        Column("collector", "text", "who made it"),
        Column("minutes", "number", "how long it took", sign="zero or more"),
        _KNOWN_ON,
    ),
    dated_by="contacted_on",
    feeds="contact rates and what collecting achieves",
    identifier=("contact_id",),
)

COSTS = Table(
    "costs",
    "a month's cost of billing and collections in one category",
    (
        Column("month", "date", "the first day of the month", required=True, monthly=True),
        Column(
            "category",
            "text",
            "what it was spent on",
            required=True,
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
        _must("customer_id", "id", "who will be billed", CUSTOMER),
        _must("issue_on", "date", "the day it will be issued"),
        _must("due_on", "date", "the day it will be due"),
        _must("amount", "money", "how much will be billed, in the reporting currency", sign="above zero"),
        Column("product", "text", "what is sold"),
        Column("plan_id", "id", "the payment plan it belongs to"),
        Column("known_on", "date", "the day it was agreed; empty: known from the start"),
    ),
    feeds="cash from invoices that are not issued yet",
    order=(Order("issue_on", "due_on"),),
    alike=("customer_id", "issue_on", "due_on", "amount", "product", "plan_id", "known_on"),
)

OUTFLOWS = Table(
    "outflows",
    "an obligation: what is to be paid out",
    (
        _must("due_on", "date", "the day it will be paid"),
        _must("amount", "money", "how much will be paid, in the reporting currency", sign="above zero"),
        Column("category", "text", "payroll, rent, taxes, suppliers, loans, ..."),
        Column("known_on", "date", "the day it was known; empty: known from the start"),
    ),
    feeds="what is left of the cash when all is paid",
)

OVERRIDES = Table(
    "overrides",
    "what a person expects of an invoice, or of all that a customer owes",
    (
        _must("expected_on", "date", "the day on which payment is expected"),
        Column("invoice_id", "id", "the invoice; this or customer_id stands there", references=INVOICE),
        Column("customer_id", "id", "the customer, for all invoices known by known_on", references=CUSTOMER),
        Column("confidence", "number", "the chance given to that day, above 0 and up to 1; empty: 0.8"),
        Column("note", "text", "why"),
        Column("known_on", "date", "the day it was said, from which on it counts; empty: it moves nothing"),
    ),
    feeds="what people know of payments to come, and how right they were",
)

CONTROL_TOTALS = Table(
    "control_totals",
    "the general ledger's receivables balance at the close of a day",
    (
        _must("as_of", "date", "the day"),
        Column("open_ar", "money", "the signed balances of all invoices; this or net_ar stands there"),
        Column("net_ar", "money", "the same less unapplied receipts and unapplied credits"),
        Column(
            "currency", "text", "the currency whose invoices it is of; empty: all of them, in the reporting currency"
        ),
    ),
    dated_by="as_of",
    feeds="the proof that the ledger ties to the books",
    identifier=("as_of", "currency"),
    twice="duplicate_total",
)

RATES = Table(
    "rates",
    "one unit of a currency in the reporting currency",
    (
        _must("rate_on", "date", "the day from which it holds, until the next one and 31 days at most"),
        _must("currency", "text", "ISO 4217 code"),
        _must("rate", "number", "what one unit is worth", sign="above zero"),
    ),
    dated_by="rate_on",
    feeds="ledgers in several currencies",
    identifier=("currency", "rate_on"),
    twice="duplicate_rate",
)

TABLES = (
    INVOICES,
    APPLICATIONS,
    RECEIPTS,
    CREDITS,
    CUSTOMERS,
    DISPUTES,
    PROMISES,
    CONTACTS,
    COSTS,
    BILLING_SCHEDULE,
    OUTFLOWS,
    OVERRIDES,
    CONTROL_TOTALS,
    RATES,
)

BY_NAME = {table.name: table for table in TABLES}
