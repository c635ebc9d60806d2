"""The layouts that presets know, each in another country: a table of what a large export of it needs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from arforecast.ledger.imports.mapping import Format, load

EXPORTS = Path(__file__).resolve().parents[1] / "tests" / "exports"
# The first cells of lines that close an export.
CLOSING = r"Total|TOTAL|Gesamtsumme|\w+day, .*"


class Country(NamedTuple):
    """Its currency and the sign of that, what stands between cells, before decimals and between thousands, its days."""

    currency: str
    sign: str
    separator: str
    decimal: str
    thousands: str
    days: str


BRAZIL = Country("BRL", "R$", ";", ",", ".", "%d/%m/%Y")
BRITAIN = Country("GBP", "£", ",", ".", ",", "%d/%m/%Y")
FRANCE = Country("EUR", "€", ";", ",", "\u202f", "%d/%m/%Y")
INDIA = Country("INR", "₹", ",", ".", ",", "%d-%m-%Y")
LIECHTENSTEIN = Country("CHF", "CHF", ";", ",", ".", "%d.%m.%Y")
POLAND = Country("PLN", "zł", ";", ",", "\u00a0", "%d.%m.%Y")
SWEDEN = Country("SEK", "kr", ";", ",", " ", "%Y-%m-%d")
SWITZERLAND = Country("CHF", "CHF", ";", ".", "’", "%d.%m.%Y")


class Layout(NamedTuple):
    """A layout in another country: the columns that name something, the line of its header, and the first cells of the
    lines under it that stand there once."""

    preset: str
    country: Country
    named: tuple[str, ...]
    header: int = 1
    once: str = CLOSING

    @property
    def source(self) -> Path:
        return next(EXPORTS.glob(f"{self.preset}.*"))

    @property
    def form(self) -> Format:
        return load(self.preset).format


ERPNEXT = ("Party", "Voucher No", "Against Voucher No")
STRIPE = ("balance_transaction_id", "source_id", "charge_id", "invoice_id", "dispute_id", "refund_id")
LAYOUTS = (
    Layout("datev_open_items", LIECHTENSTEIN, ("Konto", "Rechnungsnummer"), 3),
    Layout("datev_open_items_signed", FRANCE, ("Konto", "Rechnungs-Nr.")),
    Layout("datev_postings", LIECHTENSTEIN, ("Belegfeld 1",), 2),
    Layout("erpnext_payment_ledger", FRANCE, ERPNEXT),
    Layout("erpnext_payment_ledger_entries", BRAZIL, ERPNEXT),
    Layout("erpnext_receivables", POLAND, ("Customer", "Voucher No")),
    Layout("fivetran_netsuite", FRANCE, ("id",)),
    Layout("fivetran_quickbooks", INDIA, ("id",)),
    Layout("fivetran_stripe", SWITZERLAND, STRIPE),
    Layout("fivetran_stripe_invoices", BRAZIL, ("invoice_id",)),
    Layout("flat", FRANCE, ("invoice_id",)),
    Layout("freshbooks_invoices", BRITAIN, ("Invoice #",)),
    Layout("ibm", FRANCE, ("invoiceNumber",)),
    Layout("netsuite_applications", SWITZERLAND, ("Document Number", "Applying Transaction Number")),
    Layout("netsuite_open_invoices", SWEDEN, ("Document Number",)),
    Layout("odoo_invoices", FRANCE, ("Number",)),
    Layout("odoo_journal_items", POLAND, ("Journal Entry", "Matching #")),
    Layout("quickbooks_ageing", BRITAIN, ("Num",), 5, rf"{CLOSING}|Total for .*|.* past due|Current"),
    Layout("quickbooks_balances", FRANCE, ("", "Num"), 5),
    Layout("quickbooks_payments", BRAZIL, ("", "Transaction number"), 5),
    Layout("quickbooks_transactions", INDIA, ("", "Num"), 5),
    Layout("sap_cleared_items", SWITZERLAND, ("Konto", "Belegnummer", "Ausgleichsbeleg"), once=""),
    Layout("sap_line_items", FRANCE, ("Account", "Document Number"), once=""),
    Layout("sap_open_items", POLAND, ("doc_id",)),
    Layout("stripe_charges", FRANCE, ("id", "Invoice ID")),
    Layout("stripe_dashboard_invoices", SWEDEN, ("id", "Number")),
    Layout("stripe_invoices", SWITZERLAND, ("id", "number")),
    Layout("xero", BRAZIL, ("invoice_id",)),
    Layout("xero_ageing", FRANCE, ("Invoice Date", "Invoice Number"), 5),
    Layout("xero_sales_invoices", FRANCE, ("InvoiceNumber",)),
    Layout("zoho_invoices", INDIA, ("Invoice ID", "Invoice Number")),
)
