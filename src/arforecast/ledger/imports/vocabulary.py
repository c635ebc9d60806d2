"""What the exports of other systems call things: in English, German, French, Spanish, Italian and Dutch, without
capitals, accents and the words that only join others."""

from __future__ import annotations

import re
import unicodedata

# What the columns of a ledger are called, the plainest words first.
WORDS = {
    "invoice_id": (
        "invoice number|invoice no|invoice id|inv no|inv|document number|document no|doc no|num|invoice|"
        "voucher no|doc id|id|number|rechnungsnummer|rechnungs nr|rechnung nr|belegnummer|beleg nr|"
        "rechnung|numero facture|no facture|n facture|facture|numero factura|num factura|n factura|"
        "factura|bill no|re nr|n piece|n documento|no factura|nro factura|id factura|numero documento|"
        "num documento|nro comprobante|numero comprobante|serie y numero|numero|folio|comprobante|"
        "documento|rechnungsnr|belegnr|ref facture|piece|factura n|num doc|facture n|n document|"
        "numero document|invoice code|document code|nummer|numero piece|"
        "numero fattura|n fattura|fattura|nr fattura|num fattura|fattura n|fattura nr|numero doc|nr documento|"
        "numero protocollo|"
        "factuurnummer|factuurnr|factuur nr|factuur|factuur nummer|boekstuknummer|boekstuknr|boekstuk|documentnummer|"
        "faktuurnummer|faktuurnr|"
        "notanummer|nota|riferimento|n doc|num documento"
    ),
    "customer_id": (
        "cust number|customer id|customer number|customer no|customer code|customer|customer name|client|client name|"
        "contact name|contact|account|invoice partner display name|kundennummer|kunden nr|kundennr|kunde|"
        "kundenname|debitor|debitorennr|debitorennummer|debitorenname|code client|n client|numero client|nom client|"
        "codigo cliente|cliente|nombre cliente|debtor|tiers|"
        "raison sociale|razon social|deudor|cod cliente|n cliente|id cliente|numero cliente|cuenta cliente|"
        "geschaftspartner|firma|compte client|societe|nombre|bill to customer|sell to customer|partner|"
        "anzeigename rechnungspartners|nom affichage du partenaire|nom du client|nombre mostrado asociado|"
        "debitor code|debitor name|tercero|"
        "ragione sociale|denominazione|nome cliente|cod cli|intestatario|debitore|codice cliente|cessionario|"
        "committente|"
        "klantnummer|klantnr|klant nr|klantnaam|naam klant|klant|klantcode|debiteur|debiteurnummer|debiteurnr|"
        "debiteurennummer|debiteurnaam|naam debiteur|relatie|relatiecode|bedrijfsnaam|naam|opdrachtgever"
    ),
    "issued_on": (
        "invoice date|invoice bill date|issue date|date issued|issued|posting date|document date|"
        "transaction date|date|created|created at|created on|rechnungsdatum|belegdatum|datum|date facture|"
        "date emission|"
        "fecha factura|fecha emision|fecha|billed on|buchungsdatum|ausgestellt am|date piece|date document|"
        "fecha expedicion|fecha documento|fecha contable|f factura|f emision|emision|fecha doc|"
        "fecha creacion|erstellt am|erstelldatum|date facturation|emise|date comptabilisation|fecha registro|"
        "fecha elaboracion|"
        "data fattura|data emissione|data documento|data doc|data registrazione|emessa|emissione|"
        "factuurdatum|boekdatum|boekingsdatum|documentdatum|datum factuur|uitgiftedatum|faktuurdatum|"
        "notadatum|data"
    ),
    "due_on": (
        "due date|date due|due|net due date|due on|due in date|falligkeitsdatum|fallig am|falligkeit|"
        "fallig|date echeance|echeance|fecha vencimiento|vencimiento|vence|payable by|maturity|"
        "zahlbar bis|nettofalligkeit|a payer avant|fecha vto|f vencimiento|f vto|vto|fecha limite pago|"
        "fecha limite|zahlungsziel|date limite paiement|date limite reglement|a regler avant|echeance nette|"
        "vencimiento neto|"
        "data scadenza|scadenza|scad|scade|data scad|scadenza pagamento|termine pagamento|prossima scadenza|"
        "vervaldatum|vervaldag|verval|uiterste betaaldatum|betalen voor|te betalen voor|vervalt op"
    ),
    "amount": (
        "invoice amount|gross amount|total amount|amount|total|rechnungsbetrag|bruttobetrag|gesamtbetrag|"
        "betrag|amount in local currency|line total|montant ttc|total ttc|montant|importe total|importe|"
        "monto|gross|brutto|montant facture|importe factura|betrag in hauswahrung|monto total|"
        "total factura|importe con iva|total con iva|importe bruto|betrag brutto|rechnungssumme|endbetrag|"
        "summe|montant total|original amount|importe original|montant initial|ursprungsbetrag|valor total|"
        "montant en devise interne|importe en moneda local|gesamt|total signed|total signe|total con signo|"
        "gesamtbetrag mit vorzeichen|"
        "importo totale|importo fattura|totale fattura|totale documento|importo|totale|importo lordo|lordo|"
        "tot fattura|tot documento|tot doc|totale doc|"
        "factuurbedrag|totaalbedrag|bedrag|totaal|bedrag incl btw|totaal incl btw|bedrag inclusief btw|"
        "totaal inclusief btw|bruto|brutobedrag|bedrag eur"
    ),
    "open": (
        "total open amount|open balance|balance due|amount due|invoice amount due|amount due signed|"
        "amount remaining|remaining amount|outstanding amount|outstanding|open amount|balance|offener betrag|"
        "restbetrag|"
        "offen|saldo|reste a payer|montant du|solde|saldo pendiente|pendiente|importe pendiente|"
        "monto pendiente|pendiente cobro|por cobrar|remaining balance|amount open|amount outstanding|ausstehend|"
        "ausstehender betrag|offener posten|op betrag|rest op|restant du|reste du|solde du|montant restant|"
        "reste a regler|restant a encaisser|reste a encaisser|montant ouvert|importe restante|"
        "montant du signe|importe adeudado con signo|falliger betrag mit vorzeichen|importe adeudado|"
        "importo residuo|residuo|da incassare|da pagare|scoperto|importo aperto|saldo residuo|residuo da incassare|"
        "importo da incassare|"
        "openstaand bedrag|openstaand|openstaand saldo|open bedrag|openstaande bedrag|restbedrag|nog te betalen|"
        "nog te ontvangen|saldo openstaand|te betalen"
    ),
    "paid_on": (
        "paid date|date paid|payment date|paid on|paid at|settled date|settlement date|date settled|settled on|settled|"
        "clearing date|clear date|cleared date|date cleared|cleared on|received date|date received|received on|"
        "receipt date|collection date|collected on|bezahlt am|zahlungsdatum|zahldatum|ausgleichsdatum|ausgeglichen am|"
        "beglichen am|zahlungseingang|date paiement|paye|paye le|date encaissement|encaisse le|regle le|"
        "fecha pago|pagado|fecha cobro|cobrado|date reglement|fecha liquidacion|fecha compensacion|"
        "data pagamento|data incasso|pagato|pagata|incassato|saldato|data saldo|"
        "betaaldatum|betaald op|datum betaald|betaald|datum betaling|betalingsdatum|datum voldaan|voldaan op"
    ),
    "paid_amount": (
        "amount paid|paid amount|paid|bezahlt|gezahlt|montant paye|importe pagado|pagado|cobrado|"
        "importe cobrado|monto pagado|importo pagato|pagato|importo incassato|incassato|"
        "betaald bedrag|betaald|ontvangen|ontvangen bedrag|reeds betaald"
    ),
    "currency": (
        "currency|currency code|wahrung|wahrungscode|devise|moneda|divisa|hauswahrung|codigo moneda|wrg|monnaie|"
        "code devise|devise interne|cod divisa|moneda local|valuta|valutacode|codice valuta|muntsoort|munt"
    ),
}
# Names that another system gives to something else: an account may be the customer or the general ledger's, a balance
# what is open of the row or of all rows so far.
DOUBTFUL = {
    *("account", "konto", "saldo", "balance", "solde", "cuenta", "compte", "id", "number", "num", "reference"),
    *("numero", "comprobante", "documento", "folio", "piece", "summe", "firma", "societe", "nombre", "nummer"),
    *("partner", "tercero", "original amount", "importe original", "montant initial", "ursprungsbetrag"),
    *("op betrag", "offener posten", "created", "created at", "created on"),
    *("settled", "clearing date", "clear date", "cleared date", "date cleared", "cleared on", "ausgleichsdatum"),
    *("fecha compensacion", "numero protocollo", "riferimento", "da pagare", "relatie", "naam", "nota", "boekstuk"),
    "te betalen",
}  # fmt: skip
# Words that make a column worth a look where no name is known. None of them is a reason to be sure; but what is called
# a currency and holds the codes of currencies is one.
HINTS = {
    "due_on": r"due|fallig|echeance|venc|vto|zahlbar|zahlungsziel|regl|payer|pagar|matur|scad|verval",
    "issued_on": r"date|datum|fecha|issu|creat|emi|emess|erstell|gebucht|posted|\bdata\b",
    "paid_on": r"pay|paid|settl|clear|collect|receiv|bezahl|zahl|ausgl|pag|cobr|incass|betaal|regl|encaiss",
    "open": (
        r"open|offen|rest|ausstehend|outstanding|remain|unpaid|due|du$|solde|saldo|pendient|cobrar|adeud|balance|fallig|"
        r"resid|incassare|scopert|openst"
    ),
    "amount": (
        r"amount|betrag|montant|importe|monto|total|gross|brutto|ttc|value|valor|net a payer|importo|bedrag|totaal"
    ),
    "invoice_id": (
        r"inv|bill|doc|voucher|rechnung|beleg|fact|piece|comprobante|folio|fatt|boekst|num|\bno$|\bnr$|^n |\bref"
    ),
    "currency": r"curr|\bcur\b|ccy|wahr|wrg|devis|monn|\bmon|divis|valut|munt|moed",
    "customer_id": (
        r"cust|client|debt|debitor|kunde|partner|tiers|deudor|tercero|partenaire|name|nom|nombre|konto|compte|"
        r"cuenta|account|party|contact|intitule|identificacion|compan|"
        r"klant|ragione|denominaz|relatie|bedrijf"
    ),
}
# Words in the names of amounts that are no part of what is owed, or a part of which the rest is no payment.
NEUTRAL = (
    r"\b(net|netto|neto|ht|tax|taxes|tva|vat|gst|iva|mwst|ust|steuer|impuesto|base|sub|subtotal|discount|rabatt|skonto|"
    r"remise|descuento|shipping|versand|fee|rate|price|preis|prix|precio|quantity|qty|menge|cantidad|quantite|line|item|"
    r"unit|kurs|excl|exclusief|before|ohne|sin|hors|imponibile|imposta|sconto|spese|prezzo|btw|korting|prijs|aantal|"
    r"kosten|quantita|zonder|senza|current)\b|[0-9]"
)
# Words that join others and mean nothing: date de la facture, date facture.
JOINING = {"d", "de", "del", "della", "des", "di", "el", "het", "il", "l", "la", "le", "of", "the", "van"}
PAIRED = ("debit credit", "soll haben", "sollbetrag habenbetrag", "debe haber")
STATUS = {
    *("status", "state", "invoice status", "payment status", "financial status", "rechnungsstatus", "zahlungsstatus"),
    *("zustand", "statut", "etat", "statut paiement", "statut du paiement", "statut facture"),
    *("estado", "estado pago", "estado factura", "situacion", "stato", "stato pagamento", "stato fattura"),
    *("betaalstatus", "betalingsstatus", "factuurstatus"),
}  # fmt: skip
# States in which nothing was ever owed, and those in which nothing is owed any more.
VOID = {
    *("draft", "void", "voided", "deleted", "cancelled", "canceled", "entwurf", "storniert", "storno", "geloscht"),
    *("brouillon", "annule", "annulee", "borrador", "anulado", "anulada", "cancelado", "cancelada"),
    *("bozza", "annullato", "annullata", "concept", "geannuleerd"),
}  # fmt: skip
SETTLED = {
    *("paid", "closed", "settled", "written off", "uncollectible", "refunded", "reversed"),
    *("bezahlt", "beglichen", "erledigt", "ausgeglichen"),
    *("paye", "payee", "regle", "reglee", "solde", "soldee", "encaisse", "encaissee"),
    *("pagado", "pagada", "cobrado", "cobrada", "liquidado", "liquidada"),
    *("pagato", "pagata", "saldato", "saldata", "incassato", "incassata", "betaald", "voldaan"),
}  # fmt: skip
# What columns are called that say whether a row is settled, and the words by which they do.
SETTLING = {
    *("paid", "is paid", "fully paid", "open", "is open", "closed", "is closed", "settled", "cleared", "outstanding"),
    *("bezahlt", "offen", "erledigt", "ausgeglichen", "paye", "payee", "regle", "solde", "pagado", "pagada", "cobrado"),
    *("pendiente", "pagato", "pagata", "saldato", "incassato", "betaald", "voldaan", "openstaand"),
}  # fmt: skip
FLAGS = {
    *("yes", "no", "y", "n", "true", "false", "1", "0", "x", "paid", "unpaid", "open", "closed"),
    *("ja", "nein", "j", "oui", "non", "o", "si", "s", "nee", "offen", "bezahlt"),
}  # fmt: skip
# What columns are called that say what a row is, what an invoice is called there, and what is none.
KINDS = {
    *("type", "doc type", "document type", "transaction type", "txn type", "trans type", "voucher type", "kind"),
    *("invoice type", "record type", "entry type", "belegart", "art", "dokumentart", "vorgangsart", "typ"),
    *("type piece", "type document", "nature", "tipo", "tipo documento", "tipo doc", "tipo comprobante"),
    *("clase documento", "soort", "documentsoort", "soort document", "documenttype"),
}  # fmt: skip
CREDITS = {
    *("credit note", "credit memo", "creditnote", "credit invoice", "payment", "receipt", "refund", "unapplied"),
    *("unapplied cash", "unapplied payment", "customer payment", "customer credit note", "sales credit note"),
    *("prepayment", "advance", "gutschrift", "zahlung", "zahlungseingang", "anzahlung", "avoir", "paiement"),
    *("reglement", "acompte", "nota credito", "abono", "pago", "cobro", "anticipo", "nota accredito", "pagamento"),
    *("incasso", "creditnota", "creditfactuur", "betaling"),
}
INVOICED = r"^(?!.*\b(credit|korrektur|rectif)).*(invoice|rechnung|factur|fattur|faktur|debit note|debit memo|journal)"
# Debit and credit beside amounts that are all above zero.
SIDES = (
    *(("s", "h"), ("d", "c"), ("dr", "cr"), ("debit", "credit"), ("soll", "haben"), ("debe", "haber")),
    *(("dare", "avere"), ("d", "a"), ("d", "h"), ("+", "-")),
)
TAXES = r"\b(tax|taxes|vat|gst|hst|tva|iva|mwst|ust|btw|umsatzsteuer|steuer|impuesto|imposta)\b"
# In the name of an amount: it is not in whole units of its currency.
SCALED = r"(?i)\b(000s?|thousands?|tsd|tausend|mio|milli\w+|milliers|miles|migliaia|cents?|[kt] ?(eur\b|usd\b|[€$£]))"
# States in which all of it is owed still.
OPEN = {
    *("open", "unpaid", "not paid", "sent", "overdue", "past due", "due", "outstanding", "pending", "issued", "posted"),
    *("approved", "authorised", "authorized", "awaiting payment", "submitted", "viewed", "disputed", "in dispute"),
    *("late", "offen", "unbezahlt", "uberfallig", "fallig", "versendet", "gesendet", "gemahnt", "gebucht", "impaye"),
    *("impayee", "ouvert", "ouverte", "envoyee", "en retard", "echue", "pendiente", "vencida", "vencido", "enviada"),
    *("emitida", "aperta", "aperto", "non pagata", "scaduta", "inviata", "emessa", "openstaand", "verzonden"),
    *("vervallen", "onbetaald"),
}  # fmt: skip
# A word in the name of an amount that is with tax.
GROSS = r"\b(incl\w*|gross|brutto|bruto|ttc|lordo|con iva|mit mwst|with tax|with vat)\b"
# How the words of a line begin that adds up others.
ADDED_UP = (
    *("total", "grand total", "overall total", "subtotal", "sub total", "sum ", "summe", "zwischensumme", "gesamt"),
    *("endsumme", "somme", "sous total", "suma", "totaux", "totales", "totale", "totali"),
    *("subtotale", "somma", "totaal", "subtotaal", "eindtotaal"),
)  # fmt: skip


def plain(words: str) -> str:
    """Without capitals, accents, signs, what stands in brackets, and the words that only join others."""
    apart = re.sub("(?<=[a-z])(?=[A-Z])", " ", re.sub(r"(?<=.)\(.*?\)", "", words))  # InvoiceDate is the invoice date
    bare = "".join(sign for sign in unicodedata.normalize("NFD", apart) if not unicodedata.combining(sign))
    return " ".join(word for word in re.findall(r"[a-z0-9]+", bare.casefold()) if word not in JOINING)
