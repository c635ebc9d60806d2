"""A proposed mapping is right, or says that it is not sure: never wrong and sure."""

from __future__ import annotations

import csv
import random
import re
import tomllib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import ledgers
from arforecast.cli import main
from arforecast.errors import SourceError, UsageError
from arforecast.ledger.imports import doubts
from arforecast.ledger.imports.fitting import fitting
from arforecast.ledger.imports.guess import Line, proposal, propose, text
from arforecast.ledger.imports.mapping import load, names
from arforecast.ledger.imports.origins import First, foreign
from arforecast.ledger.imports.presets import import_export
from arforecast.ledger.imports.vocabulary import SPOKEN, plain

EXPORTS = Path(__file__).parent / "exports"
LAYOUTS = {path.stem: path for path in sorted(EXPORTS.iterdir()) if path.stem in names()}

# The same list in every language, with the numbers of each.
LANGUAGES = {
    "en": ("Invoice No.,Customer,Invoice Date,Due Date,Amount,Paid Date,Currency", "%m/%d/%Y", ".", ","),
    "de": ("Rechnungs-Nr.,Kunde,Rechnungsdatum,Fällig am,Betrag,Bezahlt am,Währung", "%d.%m.%Y", ",", "."),
    "fr": (
        "N° facture,Client,Date de facture,Date d'échéance,Montant TTC,Date de paiement,Devise",
        "%d/%m/%Y",
        ",",
        " ",
    ),
    "es": (
        "Nº factura,Cliente,Fecha de emisión,Fecha de vencimiento,Importe,Fecha de pago,Moneda",
        "%d/%m/%Y",
        ",",
        ".",
    ),
    "it": (
        "N. fattura,Cliente,Data emissione,Data di scadenza,Importo totale,Data di pagamento,Valuta",
        "%d/%m/%Y",
        ",",
        ".",
    ),
    "nl": ("Factuurnr.,Debiteur,Factuurdatum,Vervaldatum,Bedrag,Betaald op,Valuta", "%d-%m-%Y", ",", "."),
    "pl": (
        "Nr faktury,Kontrahent,Data wystawienia,Termin płatności,Kwota brutto,Data zapłaty,Waluta",
        "%d.%m.%Y",
        ",",
        " ",
    ),
    "pt": (
        "N.º da fatura,Cliente,Data de emissão,Data de vencimento,Valor total,Data de pagamento,Moeda",
        "%d/%m/%Y",
        ",",
        ".",
    ),
    "sv": ("Fakturanr,Kund,Fakturadatum,Förfallodatum,Belopp,Betaldatum,Valuta", "%Y-%m-%d", ",", " "),
}
ROLES = ("invoice_id", "customer_id", "issued_on", "due_on", "amount", "paid_on", "currency")

# What lists call these columns, in the order of the roles.
HEADERS = {
    "de": (
        "Rechnungsnummer;Kundennummer;Rechnungsdatum;Fälligkeitsdatum;Bruttobetrag;Währung",
        "Rechnungs-Nr;Kunde;Datum;Fällig;Betrag;Währung",
        "Belegnummer;Debitor;Belegdatum;Nettofälligkeit;Betrag in Hauswährung;Hauswährung",
        "Beleg-Nr.;Kundenname;Buchungsdatum;Fällig am;Gesamtbetrag;Währung",
        "RE-Nr.;Kunden-Nr.;Ausgestellt am;Zahlbar bis;Brutto;Währung",
        "Rechnung;Debitor;Datum;Fälligkeit;Offener Betrag;Währung",
        "Rechnungsnr.;Kundenname;Rechnungsdatum;Fällig;Summe;Währung",
        "Belegnr.;Geschäftspartner;Belegdatum;Fälligkeitsdatum;Betrag brutto;Wrg.",
        "Vorgangsnummer;Kunde;Datum;Zahlungsziel;Endbetrag;Währung",
        "Rechnungs-Nr.;Firma;Erstellt am;Zahlbar bis;Rechnungssumme;Währung",
        "Rechnungsnr.;Kunde;Rechnungs-/Belegdatum;Fälligkeitsdatum;Offener Betrag;Währung",
    ),
    "fr": (
        "Numéro de facture;Code client;Date de facture;Date d'échéance;Montant TTC;Devise",
        "N° facture;Client;Date facture;Échéance;Total TTC;Devise",
        "Facture;Nom du client;Date d'émission;Date échéance;Montant;Devise",
        "N° de pièce;Tiers;Date de pièce;À payer avant le;Montant de la facture;Devise",
        "No facture;Raison sociale;Date de la facture;Échéance;Reste à payer;Devise",
        "Numéro;Client;Date;Échéance;Solde;Devise",
        "Pièce;Compte client;Date;Échéance;Montant TTC;Devise",
        "N° de facture;Client;Date de facturation;Date limite de paiement;Montant total;Monnaie",
        "Réf. facture;Nom client;Émise le;Échéance le;Total TTC (€);Devise",
        "Numéro facture;Société;Date pièce;Date d'échéance;Montant;Devise",
        "N° facture;Client;Date;Date d'échéance;Solde à payer;Devise",
    ),
    "es": (
        "Número de factura;Código de cliente;Fecha de factura;Fecha de vencimiento;Importe total;Moneda",
        "Nº factura;Cliente;Fecha factura;Vencimiento;Importe;Moneda",
        "Factura;Nombre del cliente;Fecha de emisión;Fecha vencimiento;Total;Divisa",
        "N.º de documento;Razón social;Fecha de expedición;Vence;Importe factura;Moneda",
        "Num. factura;Cliente;Fecha;Fecha de vto.;Monto;Moneda",
        "Folio;Cliente;Fecha de emisión;Vto.;Saldo pendiente;Moneda",
        "Nro. de comprobante;Deudor;Fecha del documento;Vence el;Monto total;Moneda",
        "No. Factura;Nombre cliente;Fecha contable;Fecha límite de pago;Total factura;Divisa",
        "Serie y número;Cuenta cliente;Fecha emisión;F. vencimiento;Importe con IVA;Divisa",
        "Nº de factura;Cliente;Fecha;Fecha de vencimiento;Importe;Divisa",
        "Número;Razón social;Fecha de emisión;Vencimiento;Total;Moneda",
        "Factura nº;Código cliente;F. emisión;F. vto.;Importe total (€);Divisa",
        "Num. Doc.;Nombre;Fecha doc.;Fecha vto.;Importe;Mon.",
        "Documento;Cliente;Emisión;Vencimiento;Saldo;Moneda",
        "Id factura;Id cliente;Fecha creación;Fecha vencimiento;Total (IVA incluido);Divisa",
    ),
    "it": (
        "Numero;Cliente;Data;Prossima scadenza;Lordo;Valuta",
        "Num. doc.;Cliente;Data;Data scadenza;Tot. doc.;Valuta",
        "Numero documento;Ragione sociale;Data documento;Data scadenza;Importo;Divisa",
        "N. fattura;Codice cliente;Data fattura;Scadenza;Importo totale;Valuta",
        "Fattura;Denominazione;Emissione;Scadenza;Totale;Valuta",
        "Numero fattura;Nome cliente;Data emissione;Data di scadenza;Totale fattura;Valuta",
        "Nr.;Cliente;Data;Scad.;Importo residuo;Valuta",
        "N° doc.;Intestatario;Data doc.;Data scad.;Totale documento;Valuta",
        "Riferimento;Debitore;Data registrazione;Termine di pagamento;Da incassare;Divisa",
        "Fattura n.;Cliente;Data della fattura;Scadenza il;Importo lordo;Valuta",
        "N. fattura;Cliente;Data;Prossima scadenza;Da saldare;Valuta",
    ),
    "nl": (
        "Factuurnummer;Debiteur;Factuurdatum;Vervaldatum;Bedrag;Valuta",
        "Factuurnr.;Debiteurnaam;Datum;Vervaldatum;Openstaand bedrag;Valuta",
        "Factuur;Contact;Factuurdatum;Vervaldatum;Totaal incl. btw;Valuta",
        "Boekstuknr;Relatie;Datum;Vervalt op;Saldo;Valuta",
        "Factuur nr.;Klant;Datum factuur;Uiterste betaaldatum;Factuurbedrag;Munt",
        "Nummer;Klantnaam;Datum;Vervaldag;Totaal;Valuta",
        "Documentnummer;Klantnr.;Documentdatum;Te betalen voor;Nog te betalen;Valuta",
        "Faktuurnr;Naam;Faktuurdatum;Vervaldatum;Bruto;Valuta",
        "Nota;Opdrachtgever;Notadatum;Betalen vóór;Openstaand;Valutacode",
        "Factuurnummer;Bedrijfsnaam;Boekdatum;Verval;Bedrag incl. BTW;Muntsoort",
    ),
    "pl": (
        "Numer faktury;Kontrahent;Data wystawienia;Termin płatności;Kwota brutto;Waluta",
        "Nr dokumentu;Nabywca;Data wystawienia;Termin zapłaty;Wartość brutto;Waluta",
        "Numer;Klient;Data wystawienia;Termin płatności;Razem brutto;Waluta",
        "Dokument;Podmiot;Data dokumentu;Termin;Pozostaje;Waluta",
        "Nr faktury;Odbiorca;Data faktury;Termin płatn.;Kwota;Waluta",
        "Numer dokumentu;Nazwa kontrahenta;Data dok.;Termin płatności;Pozostało do zapłaty;Waluta",
        "Nr dok.;Kod kontrahenta;Data sprzedaży;Data wymagalności;Należność;Waluta",
        "Faktura nr;Dłużnik;Data wyst.;Data zapadalności;Saldo;Waluta",
        "Nr dokumentu;Odbiorca;Data dokumentu;Wymagalność netto;Kwota w walucie krajowej;Waluta krajowa",
        "Numer FV;Nazwa firmy;Wystawiono;Płatne do;Do zapłaty;Waluta",
    ),
    "pt": (
        "Número da fatura;Cliente;Data de emissão;Data de vencimento;Valor total;Moeda",
        "N.º Documento;Cliente;Data Doc.;Data Venc.;Valor Pendente;Moeda",
        "Fatura;Entidade;Data;Vencimento;Total;Moeda",
        "Nº Doc.;Nome;Data documento;Dt. Vencimento;Por regularizar;Moeda",
        "Nota fiscal;Razão social;Emissão;Vencimento;Valor;Moeda",
        "No. Titulo;Cliente;DT Emissao;Vencimento real;Saldo;Moeda",
        "Número do documento;Nome do cliente;Data de emissão;Data de vencimento;Valor original;Moeda",
        "NF-e;Sacado;Data emissão;Vence em;Valor em aberto;Moeda",
        "Factura n.º;Código do cliente;Data da factura;Data limite de pagamento;Montante;Divisa",
        "Documento;Devedor;Emitida em;A pagar até;Total com IVA;Moeda",
    ),
    "da": (
        "Fakturanummer;Kundenummer;Fakturadato;Forfaldsdato;Beløb;Valuta",
        "Fakturanr.;Kunde;Dato;Forfald;Restbeløb;Valuta",
        "Bilagsnr.;Debitornr.;Bogføringsdato;Forfaldsdato;Restbeløb;Valutakode",
        "Faktura;Kundenavn;Fakturadato;Betalingsfrist;Total;Valuta",
        "Nummer;Kunde;Udstedt;Forfalder;Total inkl. moms;Valuta",
        "Faktura nr.;Kundenr.;Dato;Forfaldsdag;Saldo;Valuta",
        "Dokumentnr.;Kontakt;Dokumentdato;Sidste betalingsdag;Udestående;Valuta",
        "Fakturanr;Firma;Fakturadato;Forfaldsdato;Beløb inkl. moms;Valuta",
        "Fakturanr;Debitornavn;Faktureringsdato;Nettoforfaldsdato;Beløb i lokal valuta;Valuta",
        "Faktura;Navn;Oprettet;Sidste rettidige betalingsdag;I alt;Valuta",
    ),
    "nb": (
        "Fakturanummer;Kundenummer;Fakturadato;Forfallsdato;Beløp;Valuta",
        "Fakturanr;Kundenr;Fakturadato;Forfallsdato;Restbeløp;Valuta",
        "Faktura;Kunde;Dato;Forfall;Gjenstående;Valuta",
        "Bilagsnr;Kundenavn;Bilagsdato;Forfallsdato;Saldo;Valuta",
        "Fakturanr.;Kunde;Fakturadato;Forfaller;Totalbeløp;Valuta",
        "Nummer;Navn;Utstedt;Forfall;Sum;Valuta",
        "Dokumentnr;Kontakt;Dokumentdato;Betalingsfrist;Åpent beløp;Valutakode",
        "Fakturanr;Firma;Bokføringsdato;Forfallsdato;Utestående;Valuta",
        "Faktura nr;Kundenavn;Fakturadato;Forfallsdag;Å betale;Valuta",
        "Faktura;Kunde;Fakturadato;Forfallsdato;Beløp inkl. mva;Valuta",
    ),
    "fi": (
        "Laskunumero;Asiakasnumero;Laskun päivä;Eräpäivä;Summa;Valuutta",
        "Laskun numero;Asiakas;Laskupäivä;Eräpäivä;Avoinna;Valuutta",
        "Lasku nro;Asiakkaan nimi;Laskun pvm;Eräpvm;Loppusumma;Valuutta",
        "Laskunro;Asiakasnro;Päivämäärä;Eräpäivä;Yhteensä;Valuutta",
        "Lasku;Asiakas;Pvm;Eräpäivä;Avoin summa;Valuutta",
        "Tositenro;Asiakas;Tositepäivä;Eräpäivä;Avoin saldo;Valuutta",
        "Laskun nro;Ostaja;Päiväys;Eräpäivä;Laskun summa;Valuutta",
        "Numero;Nimi;Päivä;Eräpäivä;Maksamatta;Valuuttakoodi",
        "Laskunumero;Yritys;Laskutuspäivä;Maksettava viimeistään;Jäljellä;Valuutta",
        "Laskunro;Asiakas;Laskun päiväys;Eräpäivä;Verollinen summa;Valuutta",
    ),
    "cs": (
        "Číslo faktury;Odběratel;Datum vystavení;Datum splatnosti;Celkem;Měna",
        "Číslo;Firma;Datum;Splatno;K likvidaci;Měna",
        "Číslo dokladu;Zákazník;Vystaveno;Splatnost;Zbývá uhradit;Měna",
        "Doklad;Odběratel;Datum dokladu;Splatnost;Částka;Měna",
        "Faktura č.;Partner;Datum vystavení;Splatné;Celkem s DPH;Měna",
        "Variabilní symbol;Odběratel;Vystaveno dne;Splatné dne;Zbývá;Měna",
        "Č. faktury;Název odběratele;Datum faktury;Datum splatnosti;K úhradě;Měna",
        "Číslo faktury;Klient;Vystaveno;Splatnost;Neuhrazeno;Měna",
        "Evidenční číslo;Adresát;Datum vystavení;Datum splatnosti;Saldo;Měna",
        "Číslo faktury;Kód zákazníka;Datum zaúčtování;Datum splatnosti;Celková částka;Kód měny",
    ),
    "sv": (
        "Fakturanummer;Kundnummer;Fakturadatum;Förfallodatum;Belopp;Valuta",
        "Fakturanr;Kundnamn;Fakturadatum;Förfallodatum;Saldo;Valuta",
        "Fakturanr;Kund;Datum;Förfaller;Totalt;Valuta",
        "Faktura nr;Kundnr;Fakt.datum;Förf.datum;Restbelopp;Valuta",
        "Dokumentnr;Kund;Bokföringsdatum;Förfallodag;Kvar att betala;Valuta",
        "Löpnr;Kontakt;Utställd;Betalas senast;Summa;Valuta",
        "Faktura;Företag;Fakturadatum;Förfallodatum;Totalbelopp;Valuta",
        "Nummer;Kundnamn;Datum;Förfallodatum;Belopp inkl. moms;Valuta",
        "Verifikatnr;Motpart;Dokumentdatum;Nettoförfallodatum;Belopp i lokal valuta;Lokal valuta",
        "Fakturanr.;Gäldenär;Utskriftsdatum;Sista betalningsdag;Obetalt belopp;Valutakod",
    ),
}
HEADED = ("invoice_id", "customer_id", "issued_on", "due_on", "amount", "currency")


def written(folder: Path, language: str, seed: int = 0, days: tuple[int, ...] = (5, 17, 28)) -> Path:
    """The list in a language, its columns in a drawn order among others that mean nothing."""
    header, form, decimal, thousands = LANGUAGES[language]
    swap = str.maketrans({",": thousands, ".": decimal})
    rows = []
    for nth, day in enumerate(days):
        issued = date(2026, 2, day)
        dates = [when.strftime(form) for when in (issued, issued + timedelta(30), issued + timedelta(41))]
        rows.append(
            [f"R{nth:04}", f"C{nth}", *dates[:2], f"{1234.5 * (nth + 1):,.2f}".translate(swap), dates[2], "EUR"]
        )
    columns = [
        *zip(header.split(","), *rows, strict=True),
        ("Mood", *["good"] * len(rows)),
        ("Page", *"123"[: len(rows)]),
    ]
    random.Random(seed).shuffle(columns)
    with (folder / f"{language}.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(zip(*columns, strict=True))
    return folder / f"{language}.csv"


def wrong(lines: list[Line], preset: str) -> list[str]:
    """The lines that are sure and not what the preset says."""
    mapping = load(preset)
    known = mapping.columns | mapping.optional
    found = []
    for line in lines:
        if line.section == "columns" and line.key in known:
            origin = known[line.key]
            names = foreign(origin.first[0] if isinstance(origin, First) else origin)
            right = {*names, *(other for name in names for other in mapping.called.get(name, ()))}
            right |= {"Customer"} if mapping.format.headings in names else set()  # what a heading names has no name
        elif line.section == "format" and LAYOUTS[preset].suffix != ".xlsx":  # its days are written in any form
            told = getattr(mapping.format, line.key)
            right = {
                str(told),
                str([*told]) if isinstance(told, tuple) else "",
                *(told if isinstance(told, tuple) else ()),
            }
        else:
            continue
        if line.sure and str(line.value) not in right:
            found.append(f"{line.key} = {line.value}, not {right}")
    return found


def proposed(source: Path) -> list[Line]:
    """What is proposed; nothing where no names of columns are known."""
    try:
        return propose(source)
    except SourceError:
        return []


@pytest.mark.parametrize("preset", LAYOUTS)
def test_of_a_known_layout_nothing_is_wrong_and_sure(preset: str) -> None:
    assert wrong(proposed(LAYOUTS[preset]), preset) == []


def test_most_of_what_is_asked_of_a_layout_is_found() -> None:
    """Of the five columns that an invoice needs, over all layouts."""
    lines = [
        line
        for path in LAYOUTS.values()
        for line in proposed(path)
        if line.section == "columns" and line.key in ROLES[:5]
    ]
    sure = [line for line in lines if line.sure]
    assert len(lines) >= 0.9 * 5 * len(LAYOUTS)
    assert len(sure) >= 0.52 * 5 * len(LAYOUTS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", range(3))
def test_a_list_in_each_language_is_read_by_its_proposal(language: str, seed: int, tmp_path: Path) -> None:
    source = written(tmp_path, language, seed)
    lines = propose(source)
    header = LANGUAGES[language][0].split(",")
    assert {line.key: line.value for line in lines if line.section == "columns"} == dict(
        zip(ROLES, header, strict=True)
    )
    (tmp_path / "my.toml").write_text(text(lines, source), "utf-8")
    report = import_export(tmp_path / "my.toml", source, tmp_path / "ledger")
    rows = [
        (row["invoice_id"], row["issued_on"], row["amount"]) for row in ledgers.read(tmp_path / "ledger")["invoices"]
    ]
    assert rows == [
        ("R0000", "2026-02-05", "1234.50"),
        ("R0001", "2026-02-17", "2469.00"),
        ("R0002", "2026-02-28", "3703.50"),
    ]
    assert report.quarantined == 0


@pytest.mark.parametrize(
    ("language", "sure"),
    [
        *(("de", 0.95), ("fr", 0.91), ("es", 0.93), ("it", 0.91), ("nl", 0.91)),
        *(("pl", 0.88), ("pt", 0.91), ("sv", 0.85), ("da", 0.86), ("nb", 0.86), ("fi", 0.88), ("cs", 0.85)),
    ],
)
def test_what_columns_are_called_elsewhere_is_found(language: str, sure: float, tmp_path: Path) -> None:
    """Of ten to fifteen lists of two rows: hardly a column is missed, most are sure, and none is wrong."""
    rows = "R1;C1;05/01/2026;17/02/2026;1.234,50;EUR\nR2;C2;25/01/2026;28/02/2026;99,00;EUR\n"
    found = []
    for header in HEADERS[language]:
        (tmp_path / "list.csv").write_text(f"{header}\n{rows}", "utf-8")
        lines = {line.key: line for line in proposed(tmp_path / "list.csv") if line.section == "columns"}
        told = dict(zip(HEADED, header.split(";"), strict=True))
        assert {key: line.value for key, line in lines.items()}.items() <= told.items()
        found += [line.sure for line in lines.values()]
    asked = len(HEADED) * len(HEADERS[language])
    assert (len(found) >= 0.98 * asked, sum(found) >= sure * asked) == (True, True), (len(found), sum(found), asked)


@pytest.mark.parametrize(
    "header",
    [
        "Customer Name,Invoice Number,Invoice Date,Due Date,Total Due",
        "Party's Name,Ref. No.,Date,Due on,Pending Amount",
        "Customer full name,Invoice No,Billing Date,Payment due date,Outstanding Balance",
        "Contact,Reference,Dated On,Due On,Due Value",
    ],
)
def test_what_is_open_has_many_names(header: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"{header}\nElm,R1,2026-01-05,2026-02-04,5.00\n", "utf-8")
    lines = {line.key: line for line in proposed(tmp_path / "list.csv") if line.section == "columns"}
    roles = ("customer_id", "invoice_id", "issued_on", "due_on", "amount")
    told = dict(zip(roles, header.split(","), strict=True))
    assert {key: line.value for key, line in lines.items()}.items() <= told.items()
    assert all(lines[key].sure for key in ("customer_id", "issued_on", "due_on", "amount"))


@pytest.mark.parametrize("language", SPOKEN)
def test_the_words_of_a_language_are_written_as_they_are_compared(language: str) -> None:
    """A capital, an accent or a word that only joins others in one of them, and it would never be met."""
    words = SPOKEN[language]
    sections = (words.columns, words.states, words.flags, words.kinds)
    lists = [words.doubtful, *(told for section in sections for _, told in section if isinstance(told, tuple))]
    assert [word for told in lists for word in told if plain(word) != word] == []
    assert words.name in (Path(__file__).parents[1] / "docs" / "imports.md").read_text("utf-8")


@pytest.mark.parametrize(("name", "sure"), [("SettledDate", True), ("Clearing Date", False), ("Date received", True)])
def test_the_day_of_payment_has_many_names(name: str, sure: bool, tmp_path: Path) -> None:
    """A list of paid invoices is not taken for the open items of a day; what is cleared may be so by a credit note."""
    head, rows = "Invoice No,Customer,Invoice Date,Due Date,Amount", "A,C,2026-01-05,2026-02-04,5.00,2026-02-20\n"
    (tmp_path / "list.csv").write_text(f"{head},{name}\n{rows}", "utf-8")
    lines = {line.key: line for line in propose(tmp_path / "list.csv")}
    assert (lines["paid_on"].value, lines["paid_on"].sure, "snapshot" in lines) == (name, sure, False)
    assert lines["amount"].sure == sure  # without that day all of it would be open


def test_where_nothing_says_what_is_paid_figures_of_a_history_are_unknown_until_somebody_decides(
    tmp_path: Path,
) -> None:
    rows = "A,C,2026-01-05,2026-02-04,5.00\n"
    (tmp_path / "list.csv").write_text(f"Invoice No,Customer,Invoice Date,Due Date,Amount\n{rows}", "utf-8")
    (tmp_path / "my.toml").write_text(proposal(tmp_path / "list.csv"), "utf-8")
    assert "snapshot = true  # UNSURE" in (tmp_path / "my.toml").read_text("utf-8")
    import_export(tmp_path / "my.toml", tmp_path / "list.csv", tmp_path / "ledger")
    assert (tmp_path / "ledger" / "ledger.toml").read_text("utf-8") == "snapshot = true\n"


def test_a_day_that_may_be_a_month_is_not_decided(tmp_path: Path) -> None:
    """No day is after the twelfth of its month, and three digits behind a point may be thousands."""
    rows = "A,C,03/04/2026,05/06/2026,1.234\nB,D,01/02/2026,07/08/2026,2.345\n"
    (tmp_path / "unsure.csv").write_text(f"Invoice No,Customer,Invoice Date,Due Date,Amount\n{rows}", "utf-8")
    unsure = {line.key: line for line in propose(tmp_path / "unsure.csv") if not line.sure}
    assert (unsure["dates"].value, "%m/%d/%Y fit as well" in unsure["dates"].why) == ("%d/%m/%Y", True)
    assert "it may part thousands" in unsure["decimal"].why
    assert "amount" in unsure  # which would be read with the point that is the default
    told = text(propose(tmp_path / "unsure.csv"), tmp_path / "unsure.csv")
    assert "dates" not in tomllib.loads(told).get("format", {})


def test_whole_amounts_may_be_cents() -> None:
    cents = next(line for line in propose(LAYOUTS["stripe_invoices"]) if line.key == "minor_units")
    assert not cents.sure


def test_two_columns_that_may_be_the_customer_are_not_decided(tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text(
        "Invoice No,Customer,Client,Invoice Date,Due Date,Amount\nA,C,X,2026-01-05,2026-02-04,5\n", "utf-8"
    )
    customer = next(line for line in propose(tmp_path / "two.csv") if line.key == "customer_id")
    assert (customer.sure, "Client may be it as well" in customer.why) == (False, True)


def test_what_is_missing_is_said_and_keeps_the_file_from_being_used(tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("Invoice No,Amount,Who,When\nA,5,x,y\n", "utf-8")
    done = CliRunner().invoke(main, ["import", "--guess", str(tmp_path / "few.csv")])
    assert '# due_on = "?"  # UNSURE: no column is called so' in done.stdout
    (tmp_path / "my.toml").write_text(done.stdout, "utf-8")
    with pytest.raises(UsageError, match="does not say where customer_id, due_on, issued_on comes from"):
        load(tmp_path / "my.toml")


def test_what_names_no_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "poem.txt").write_text("Shall I compare thee\nto a summer's day?\n", "utf-8")
    with pytest.raises(SourceError, match=r"no line names columns of invoices .* or write a mapping"):
        propose(tmp_path / "poem.txt")


# The preset that fits


def test_of_each_layout_its_own_preset_is_named_first() -> None:
    assert {name: fitting(path) for name, path in LAYOUTS.items()} == {name: [name] for name in LAYOUTS}


@pytest.mark.parametrize("begin", ["<html><body>", "\n<?xml version='1.0'?><Workbook>", "<TABLE border=1>"])
def test_a_page_that_is_called_a_workbook_is_told_as_such(begin: str, tmp_path: Path) -> None:
    (tmp_path / "list.xls").write_text(f"{begin}<tr><td>Invoice No</td></tr>", "utf-8-sig")
    for words in (["--guess", str(tmp_path / "list.xls")], ["flat", str(tmp_path / "list.xls"), str(tmp_path / "led")]):
        assert "is a web page, whatever it is called" in CliRunner().invoke(main, ["import", *words]).output


def test_a_preset_that_does_not_fit_names_the_one_that_does(tmp_path: Path) -> None:
    """Another header, another encoding, a header that fits with days that do not, a list of ours, no such preset."""
    told = {
        ("quickbooks_ageing", LAYOUTS["stripe_charges"]): "the preset stripe_charges.",
        ("zoho_invoices", LAYOUTS["datev_postings"]): "the preset datev_postings.",
        ("xero_ageing", LAYOUTS["zoho_invoices"]): "the preset zoho_invoices.",
        ("zoho_invoices", written(tmp_path, "de")): "what import --guess says of it.",
        ("quickbooks", LAYOUTS["quickbooks_ageing"]): "the preset quickbooks_ageing.",
    }
    for (preset, source), words in told.items():
        done = CliRunner().invoke(main, ["import", preset, str(source), str(tmp_path / "ledger")])
        expected = 1 if preset in names() else 2
        assert (done.exit_code, done.stderr.splitlines()[-1].endswith(words)) == (expected, True), done.output


def test_a_header_is_looked_for_among_the_first_lines(tmp_path: Path) -> None:
    """A long file of another system is refused before it is read: here its last line could not be."""
    rows = "A,5\n" * 40_000 + 'A,"5\n'
    (tmp_path / "long.csv").write_text(f"No,Amount\n{rows}", "utf-8")
    with pytest.raises(SourceError, match="has no column Due Date"):
        import_export("xero_ageing", tmp_path / "long.csv", tmp_path / "ledger")


@pytest.mark.parametrize(("told", "doubt"), [("24.00", ["Gross is more: is this without tax?"]), ("see note", [])])
def test_a_column_is_asked_for_a_tax_where_all_of_it_are_amounts(told: str, doubt: list[str]) -> None:
    cells = pd.DataFrame({"Amount": ["10.00", "20.00"], "Gross": ["12.00", told]})
    amount = pd.Series([Decimal(10), Decimal(20)])
    assert list(doubts.of_tax(cells, {"amount": "Amount"}, amount, [])) == doubt


def test_a_proposal_begins_with_the_preset_that_fits() -> None:
    first = "# Its columns are those of the preset {}: arforecast import {} EXPORT FOLDER"
    zoho, datev = (proposal(LAYOUTS[name]).splitlines() for name in ("zoho_invoices", "datev_postings"))
    assert (zoho[0], zoho[1][:12]) == (first.format(*["zoho_invoices"] * 2), "# A proposal")
    assert datev == [first.format(*["datev_postings"] * 2)]


def test_a_preset_whose_days_may_be_others_says_so(tmp_path: Path) -> None:
    """The columns are called alike in every country."""
    rows = LAYOUTS["quickbooks_ageing"].read_text("utf-8")
    doubts = {"03/20/2026": "", "20/03/2026": "reads days like 12/31/2026", "05/03/2026": "fit as well"}
    for days, doubt in doubts.items():
        (tmp_path / "list.csv").write_text(re.sub("[0-9]{2}/[0-9]{2}/[0-9]{4}", days, rows), "utf-8")
        first = proposal(tmp_path / "list.csv").splitlines()[0]
        assert doubt in first and first.endswith("EXPORT FOLDER") == (not doubt)


def test_the_terms_stand_in_for_a_due_day_that_no_column_names(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Invoice No,Customer,Date,Amount Due\n1,Elm,2026-01-05,5.00\n", "utf-8")
    (tmp_path / "my.toml").write_text(decided(tmp_path / "list.csv"), "utf-8")
    import_export(tmp_path / "my.toml", tmp_path / "list.csv", tmp_path / "ledger")
    assert ledgers.read(tmp_path / "ledger")["invoices"][0]["due_on"] == "2026-02-04"


def test_rows_that_come_to_less_than_nothing_may_be_invoices_below_zero(tmp_path: Path) -> None:
    header = "Invoice No;Customer;Date;Due Date;Amount Due"
    rows = "{0};A;2026-01-05;2026-02-17;{1}{0}.00"
    doubts = [in_doubt(tmp_path / "list.csv", header, [rows.format(5, a), rows.format(4, b)]) for a, b in ("- ", " -")]
    assert doubts == [{"amount"}, set()]


# What the rows are that are no invoices


def decided(source: Path) -> str:
    """The proposal with the marks taken away from all that is unsure."""
    lines = proposal(source).splitlines()
    marked = [line for line in lines if line.startswith("# [") or "# UNSURE: " in line]
    return "\n".join(line.removeprefix("# ") if line in marked else line for line in lines)


# The list, how many lines of its proposal are unsure, and what it comes to when they are decided as proposed: what is
# open of its invoices, of its credits, and its own total.
SORTED: dict[str, tuple[str, int, str, str, str]] = {
    "a heading a customer": (
        "Open invoices,,,,\nInvoice No,Invoice Date,Due Date,Total,Amount Due\nOsprey Ltd,,,,\n"
        "1,31/01/2026,02/03/2026,10.00,10.00\nTotal Osprey Ltd,,,10.00,10.00\nKite,,,,\n"
        "2,15/02/2026,15/03/2026,20.00,15.00\nCN3,28/02/2026,,-4.00,-4.00\nTotal Kite,,,16.00,11.00\n"
        "Grand total,,,26.00,21.00\n",
        0, "25.00", "4.00", "21.00",
    ),
    "headings of which the first column has the name, and an indent without one": (
        "Customer,,,Document Number,Date,Due Date,Amount Due\n1001 Elm,,,,,,\n,,,1,2026-01-15,2026-02-14,10.00\n"
        "Total - 1001 Elm,,,,,,10.00\n1002 Oak,,,,,,\n,,,2,2026-02-15,2026-03-15,5.00\nTotal - 1002 Oak,,,,,,5.00\n"
        "Total,,,,,,15.00\n",
        0, "15.00", "0", "15.00",
    ),
    "headings in a column without a name beside a column that may be the customer": (
        ",,Date,Num,Due Date,Account,Amount Due\nElm,,,,,,\n,,2026-01-15,1,2026-02-14,Receivables,10.00\n"
        "Total Elm,,,,,,10.00\nTOTAL,,,,,,10.00\n",
        1, "10.00", "0", "10.00",
    ),
    "months, a currency and apostrophes": (
        "Rechnungsnr.;Debitor;Datum;Fällig am;Offen\n07;Alp;15. Januar 2026;14. Februar 2026;CHF 12’500.50\n"
        "08;See;3. März 2026;2. April 2026;CHF 0.00\n09;See;3. März 2026;2. April 2026;CHF 1.00\n"
        "Summe;;;;CHF 12’501.50\n",
        0, "12501.50", "0", "12,501.50",
    ),
    "states, and totals by their end": (
        "Invoice Number,Customer,Date,Due Date,Amount,Status\n1,Alpha,2026-01-15,2026-02-14,$1.50,Paid\n"
        "2,Beta,2026-02-20,2026-03-22,$300.00,Overdue\n3,Beta,2026-03-28,2026-04-27,$80.00,Draft\n"
        "4,Beta,2026-03-28,2026-04-27,$8.00,Sent\nBeta Total,,,,$388.00,\nAlpha Total,,,,$1.50,\n",
        3, "308.00", "0", "",
    ),
    "debit and credit behind the amounts": (
        "Ref,Customer,Date,Due Date,Outstanding\n12,Alpha,1/31/2026 12:00:00 AM,3/2/2026 12:00:00 AM,\"1,200.00 DR\"\n"
        "13,Alpha,2/28/2026 12:00:00 AM,3/30/2026 12:00:00 AM,200.00 CR\n",
        1, "1200.00", "200.00", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("told", SORTED)
def test_rows_that_are_no_invoices_are_sorted_out(told: str, tmp_path: Path) -> None:
    rows, unsure, open_, credited, total = SORTED[told]
    source = tmp_path / "list.csv"
    source.write_text(rows, "utf-16" if "months" in told else "utf-8")
    assert proposal(source).count("# UNSURE: ") == unsure
    (tmp_path / "my.toml").write_text(decided(source), "utf-8")
    report = import_export(tmp_path / "my.toml", source, tmp_path / "ledger")
    assert report.problems.message.tolist() == []
    tables = ledgers.read(tmp_path / "ledger")
    sums = {name: sum(Decimal(row["amount"]) for row in rows) for name, rows in tables.items()}
    assert (sums["invoices"], sums.get("credits", 0)) == (Decimal(open_), Decimal(credited))
    assert f"is {total}, and so is" in report.total if total else not report.total
    assert "snapshot" in (tmp_path / "ledger" / "ledger.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "Rechnungsnummer;Kunde;Datum;Fälligkeit;Betrag;Ausgeglichen",
            "R{};Alp;05.01.2026;17.02.2026;1.190,00;{}90,00",
        ),
        ("Documento;Cliente;Fecha;Vto.;Importe;Pte. cobro", "F{};Sol;05/01/2026;17/02/2026;1.210,00;{}10,00"),
        ("N° facture;Client;Date;Échéance;Total TTC;Acompte", "F{};Durand;05/01/2026;17/02/2026;1200,00;{}00,00"),
        ("Invoice No;Customer;Date;Due Date;Amount;Left", "{};A;2026-01-05;2026-02-17;1200.00;{}00.00"),
        ("Invoice No;Customer;Date;Due Date;Amount;Status", "{};A;2026-01-05;2026-02-17;120{}.00;Paid"),
    ],
)
def test_what_was_billed_is_not_taken_for_what_is_open(header: str, row: str, tmp_path: Path) -> None:
    """A column that may be the rest, or says that the row is paid, in words that nobody knows."""
    assert in_doubt(tmp_path / "list.csv", header, [row.format(nth, nth) for nth in (1, 2, 3)]) == {"amount"}


def in_doubt(source: Path, header: str, rows: list[str]) -> set[str]:
    source.write_text("\n".join([header, *rows]), "utf-8")
    sure = {line.key: line.sure for line in propose(source) if line.section == "columns"}
    return {key for key, told in sure.items() if not told} - {"invoice_id"}


def test_what_is_paid_in_part_is_no_matter_of_a_day(tmp_path: Path) -> None:
    """Of the second invoice 5 are left, and no day says so."""
    header = "Invoice No;Customer;Date;Due Date;Amount;Amount Due;Paid On"
    rows = ["1;A;2026-01-05;2026-02-17;9.00;0.00;2026-02-01", "2;A;2026-01-05;2026-02-17;9.00;{}.00;"]
    doubts = [in_doubt(tmp_path / "list.csv", header, [rows[0], rows[1].format(left)]) for left in (5, 9)]
    assert doubts == [{"amount"}, set()]


def test_a_number_and_a_name_of_the_customer_are_one(tmp_path: Path) -> None:
    header = "Invoice No,Customer No,Customer Name,Invoice Date,Due Date,Amount\n"
    rows = "A,7,Ann,2026-01-05,2026-02-04,5\nB,7,Ann,2026-01-05,2026-02-04,6\nC,8,Bob,2026-01-05,2026-02-04,6\n"
    for told, sure in ((rows, True), (rows.replace("B,7,Ann", "B,7,Bob"), False)):
        (tmp_path / "list.csv").write_text(header + told, "utf-8")
        customer = next(line for line in propose(tmp_path / "list.csv") if line.key == "customer_id")
        assert (customer.value, customer.sure) == ("Customer No", sure)


@pytest.mark.parametrize(
    ("language", "month"),
    [("it", "maggio"), ("nl", "mei"), ("es", "mayo"), ("pl", "maja"), ("pt", "de maio de")],
)
def test_the_language_of_months_is_known_by_their_names(language: str, month: str, tmp_path: Path) -> None:
    rows = f"A;C;5 {month} 2026;20 {month} 2026;5.00\n"
    (tmp_path / "list.csv").write_text(f"Invoice No;Customer;Invoice Date;Due Date;Amount\n{rows}", "utf-8")
    lines = propose(tmp_path / "list.csv")
    assert [(line.value, line.sure) for line in lines if line.key == "months_in"] == [(language, True)]
    (tmp_path / "my.toml").write_text(text(lines, tmp_path / "list.csv"), "utf-8")
    import_export(tmp_path / "my.toml", tmp_path / "list.csv", tmp_path / "ledger")
    assert ledgers.read(tmp_path / "ledger")["invoices"][0]["due_on"] == "2026-05-20"


def test_headings_that_may_say_how_old_things_are_are_no_customers_for_certain(tmp_path: Path) -> None:
    header, row = "Invoice No,Sold to,Date,Due Date,Amount Due", "1,Elm,2026-01-05,2026-02-04,5.00"
    for heading, sure in (("31 - 60 days past due", False), ("Elm 7", True)):
        rows = f"{heading},,,,\n{row}\nTotal for {heading},,,,5.00\n"
        (tmp_path / "list.csv").write_text(f"{header}\n{rows}", "utf-8")
        customer = next(line for line in propose(tmp_path / "list.csv") if line.key == "customer_id")
        assert (customer.value, customer.sure) == ("Customer", sure)


def test_the_totals_of_customers_that_begin_alike_are_dropped_by_what_all_have(tmp_path: Path) -> None:
    rows = "".join(f"{name},1,2026-01-05,2026-02-04,5.00\nTotal {name},,,,5.00\n" for name in ("Alder", "Alp"))
    (tmp_path / "list.csv").write_text(f"Customer,Invoice No,Date,Due Date,Amount Due\n{rows}", "utf-8")
    drop = next(line for line in propose(tmp_path / "list.csv") if line.section == "drop")
    assert drop.value == {"begins": ["Total "]}


@pytest.mark.parametrize(("total", "sure"), [("11.00", True), ("12.00", False)])
@pytest.mark.parametrize("between", ["Carried forward", "Page total", "À reporter", "Übertrag"])
def test_a_total_to_which_the_rows_do_not_come_is_told(between: str, total: str, sure: bool, tmp_path: Path) -> None:
    """Page by page: what is carried over is no invoice, and the last line has to be the sum of all."""
    rows = "Elm,1,2026-01-05,2026-02-04,5.00\n{0},,,,5.00\nElm,2,2026-01-05,2026-02-04,6.00\nTotal,,,,{1}\n"
    header = "Customer,Invoice No,Date,Due Date,Amount Due\n"
    (tmp_path / "list.csv").write_text(header + rows.format(between, total), "utf-8")
    amount = next(line for line in propose(tmp_path / "list.csv") if line.key == "amount")
    assert (amount.sure, "Total is 12.00, but its rows come to 11.00" in amount.why) == (sure, not sure)


def test_a_customer_called_total_is_no_total(tmp_path: Path) -> None:
    header = "Customer,Invoice No,Invoice Date,Due Date,Amount\n"
    row = "{},2026-01-05,2026-02-04,{}.00\n"
    rows = "".join(row.format(*told) for told in (("Total Oil,1", 5), ("Total Oil,2", 6), ("Elm,3", 7)))
    (tmp_path / "list.csv").write_text(
        f"{header}{rows}Total Elm,,,,7.00\nTotal Total Oil,,,,11.00\nTotal,,,,18.00\n", "utf-8"
    )
    (tmp_path / "my.toml").write_text(decided(tmp_path / "list.csv"), "utf-8")
    report = import_export(tmp_path / "my.toml", tmp_path / "list.csv", tmp_path / "ledger")
    assert (report.imported, report.quarantined) == (3, 0)
    assert "18.00, and so is the sum" in report.total


@pytest.mark.parametrize(
    ("page", "header", "name"),
    [
        ("cp1250", "Nr faktury;Kontrahent;Data wystawienia;Termin płatności;Kwota", "Źródło"),
        ("cp1250", "Invoice No;Customer;Invoice Date;Due Date;Amount", "Wesołych"),
        ("cp1252", "Facture;Client;Date d'émission;Échéance;Montant", "Crèmerie"),
        ("cp1252", "Invoice No;Customer;Invoice Date;Due Date;Amount", "Señor O’Neil £5"),
        ("cp850", "Rechnung;Kunde;Datum;Fällig;Betrag", "Köln"),
    ],
)
def test_what_is_no_utf_8_is_read_by_the_page_in_which_it_makes_sense(
    page: str, header: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_bytes(f"{header}\nA;{name};05.01.2026;17.02.2026;1,50\n".encode(page))
    lines = {line.key: line for line in propose(tmp_path / "list.csv")}
    assert (lines["encoding"].value, name in lines["customer_id"].why) == (page, True)


@pytest.mark.parametrize(
    "nothing", ["-", "N/A", "null", "0000-00-00", "00.00.0000", "1900-01-01", "1/1/1900 12:00:00 AM", "31.12.9999"]
)
def test_what_is_written_for_no_day_is_none(nothing: str, tmp_path: Path) -> None:
    """The second invoice is open: one word among the days of payment is no reason to take all of them for open."""
    rows = f"1;A;2026-01-05;2026-02-17;9.00;2026-02-20\n2;A;2026-01-05;2026-02-17;8.00;{nothing}\n"
    (tmp_path / "list.csv").write_text(f"Invoice No;Customer;Invoice Date;Due Date;Amount;Paid Date\n{rows}", "utf-8")
    (tmp_path / "my.toml").write_text(proposal(tmp_path / "list.csv"), "utf-8")
    import_export(tmp_path / "my.toml", tmp_path / "list.csv", tmp_path / "ledger")
    assert [row["paid_on"] for row in ledgers.read(tmp_path / "ledger")["invoices"]] == ["2026-02-20", ""]


def test_what_is_open_of_all_rows_so_far_is_not_what_is_open_of_a_row(tmp_path: Path) -> None:
    rows = "1;A;2026-01-05;2026-02-17;9.00;{}\n2;A;2026-01-05;2026-02-17;8.00;{}\n3;B;2026-01-05;2026-02-17;7.00;{}\n"
    found = {}
    for told, balances in {"list": (9, 17, 24), "customer": (9, 17, 7), "row": (0, 5, 7)}.items():
        written = rows.format(*(f"{each}.00" for each in balances))
        (tmp_path / "list.csv").write_text(f"Invoice No;Customer;Date;Due Date;Amount;Balance\n{written}", "utf-8")
        line = next(line for line in propose(tmp_path / "list.csv") if line.key == "amount")
        found[told] = (line.value, line.sure)
    assert found == {"list": ("Amount", False), "customer": ("Amount", False), "row": ("Balance", True)}


@pytest.mark.parametrize(
    ("title", "sure"),
    [
        ("Open items (in thousands of EUR)", False),
        ("Stan na 31.03.2026, w tys. zł", False),
        ("Amounts in EUR '000", False),
        ("Centre for Milestones, client 000123, limit 10,000", True),
    ],
)
def test_a_line_above_the_header_may_say_that_amounts_are_in_thousands(title: str, sure: bool, tmp_path: Path) -> None:
    rows = "1;Elm;2026-01-05;2026-02-04;5.00\n"
    (tmp_path / "list.csv").write_text(f"{title};;;;\nInvoice No;Customer;Date;Due Date;Amount\n{rows}", "utf-8")
    assert next(line.sure for line in propose(tmp_path / "list.csv") if line.key == "amount") == sure


@pytest.mark.parametrize(
    ("numbers", "sure"),
    [
        (("INV-1", "CN-2"), False),
        (("1", "GS 2"), False),
        (("F1", "NC2"), False),
        (("CN1", "CN2"), True),
        (("F1", "Crown"), True),
    ],
)
def test_a_number_may_be_that_of_a_credit_note(numbers: tuple[str, str], sure: bool, tmp_path: Path) -> None:
    rows = "".join(f"{number};Elm;2026-01-05;2026-02-04;5.00\n" for number in numbers)
    (tmp_path / "list.csv").write_text(f"Invoice No;Customer;Date;Due Date;Outstanding\n{rows}", "utf-8")
    assert next(line.sure for line in propose(tmp_path / "list.csv") if line.key == "invoice_id") == sure


@pytest.mark.parametrize(
    ("names", "cells", "proposed", "why"),
    [
        ("Due Date;Amount", ("30;9.00", "45;8.00"), 'due_on = "Due Date"', "its cells, such as 30, are not all days"),
        ("Due Date;Amount", ("2026-02-17;9.00", "17/02/2026;8.00"), 'due_on = "Due Date"', "17/02/2026, are not all"),
        ("Due Date;Amount", (";9.00", ";8.00"), 'due_on = "Due Date"', "its name, but its cells are not all days"),
        ("Due Date;Amount", ("2026-02-17;9.00", "2026-02-17;VOID"), 'amount = "Amount"', "such as VOID, are not all"),
        ("Due Date;Amount;Amount", ("2026-02-17;9.00;8.00",), 'amount = "Amount"', "Amount stands there twice"),
        (
            "Due Date;Debit;Credit",
            ("2026-02-17;9.00;", "2026-02-17;;8.00"),
            'amount = { amount = "Debit", less = "Credit" }',
            "amounts stand in two columns",
        ),
    ],
)
def test_why_a_column_is_not_taken_is_said(
    names: str, cells: tuple[str, ...], proposed: str, why: str, tmp_path: Path
) -> None:
    rows = "".join(f"{nth};A;2026-01-05;{cell}\n" for nth, cell in enumerate(cells))
    (tmp_path / "list.csv").write_text(f"Invoice No;Customer;Invoice Date;{names}\n{rows}", "utf-8")
    (line,) = (line for line in proposal(tmp_path / "list.csv").splitlines() if line.startswith(f"# {proposed}"))
    assert why in line


def test_days_may_be_the_numbers_of_spreadsheets(tmp_path: Path) -> None:
    rows = "1,Elm,46037,46067,100.00\n2,Oak,46042,46072,50.00\n"
    (tmp_path / "list.csv").write_text(f"Invoice No,Customer,Invoice Date,Due Date,Amount\n{rows}", "utf-8")
    (tmp_path / "my.toml").write_text(proposal(tmp_path / "list.csv"), "utf-8")
    import_export(tmp_path / "my.toml", tmp_path / "list.csv", tmp_path / "ledger")
    assert ledgers.read(tmp_path / "ledger")["invoices"][0]["issued_on"] == "2026-01-15"


@pytest.mark.parametrize(
    "day", ["2026.01.15", "2026.01.15.", "2026年1月15日", "15 Jan 26", "15/Jan/2026", "2026-01-15 10:00:00 UTC"]
)
def test_days_are_written_in_many_ways(day: str, tmp_path: Path) -> None:
    rows = f"1,A,{day},{day},5.00\n"
    (tmp_path / "list.csv").write_text(f"Invoice No,Customer,Invoice Date,Due Date,Amount Due\n{rows}", "utf-8")
    (tmp_path / "my.toml").write_text(proposal(tmp_path / "list.csv"), "utf-8")
    import_export(tmp_path / "my.toml", tmp_path / "list.csv", tmp_path / "ledger")
    assert ledgers.read(tmp_path / "ledger")["invoices"][0]["due_on"] == "2026-01-15"


@pytest.mark.parametrize("below", ["<4.00>", "$<4.00>", "(4.00)", "-4.00"])
def test_what_is_below_zero_may_stand_in_any_brackets(below: str, tmp_path: Path) -> None:
    rows = f"1,A,2026-01-05,2026-02-04,{'$' * ('$' in below)}9.00\n2,A,2026-01-05,2026-02-04,{below}\n"
    (tmp_path / "list.csv").write_text(f"Invoice No,Customer,Invoice Date,Due Date,Amount Due\n{rows}", "utf-8")
    (tmp_path / "my.toml").write_text(proposal(tmp_path / "list.csv"), "utf-8")
    import_export(tmp_path / "my.toml", tmp_path / "list.csv", tmp_path / "ledger")
    assert ledgers.read(tmp_path / "ledger")["credits"][0]["amount"] == "4.00"


@pytest.mark.parametrize(("odd", "why"), [("$ 4.0.0", ", and $ 4.0.0"), ("€ 4.00", "; in them stand $ and €")])
def test_the_amount_that_is_written_in_another_way_is_named(odd: str, why: str, tmp_path: Path) -> None:
    cells = ["$ 9.00", "$ 1,234.00", odd]
    rows = "".join(f'{nth},A,2026-01-05,2026-02-04,"{cell}"\n' for nth, cell in enumerate(cells))
    (tmp_path / "list.csv").write_text(f"Invoice No,Customer,Invoice Date,Due Date,Amount Due\n{rows}", "utf-8")
    assert next(line.why for line in propose(tmp_path / "list.csv") if "alike" in line.why).endswith(why)


@pytest.mark.parametrize("number", ["Subtotal Elm", "Balance", "Saldo"])
def test_a_line_with_days_that_adds_up_others_is_no_invoice_for_certain(number: str, tmp_path: Path) -> None:
    rows = f"1,Elm,2026-01-05,2026-02-04,5.00\n{number},Elm,2026-03-31,2026-03-31,5.00\n"
    (tmp_path / "list.csv").write_text(f"Invoice No,Customer,Invoice Date,Due Date,Amount\n{rows}", "utf-8")
    line = next(line for line in propose(tmp_path / "list.csv") if line.key == "invoice_id")
    assert (line.sure, f"{number} may be no invoice" in line.why) == (False, True)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way_and_each_page_repeats_the_header(end: str, tmp_path: Path) -> None:
    header, row = "Invoice No,Customer,Invoice Date,Due Date,Amount", "{},Elm,2026-01-05,2026-02-04,5.00"
    lines = [header, row.format(1), header, row.format(2) + end + row.format(3)]
    (tmp_path / "list.csv").write_bytes("\n".join(lines).encode())
    assert "# UNSURE: no column" not in proposal(tmp_path / "list.csv").split("[ledger]")[0]


@pytest.mark.parametrize(
    ("name", "cells", "unsure"),
    [
        ("Type", ("Invoice", "Credit Note"), {"invoice_id"}),
        ("Remark", ("", "Payment"), {"invoice_id"}),
        ("Type", ("Invoice", "Tax invoice"), set()),
        ("Type", ("Invoice", "Proforma invoice"), {"invoice_id"}),
        ("Art", ("Rechnung", "Rechnungskorrektur"), {"invoice_id"}),
        ("Art", ("Rechnung", "Stornorechnung"), {"invoice_id"}),
        ("Type", ("Facture", "Facture d'avoir"), {"invoice_id"}),
        ("Document", ("Quote", "Invoice"), {"invoice_id"}),
        ("D/C", ("D", "C"), {"amount"}),
        ("Paid?", ("Yes", "No"), {"amount"}),
        ("Paid", ("4.00", ""), {"amount"}),
        ("Ccy", ("EUR", "GBP"), set()),
        ("In", ("EUR", "GBP"), {"amount"}),
        ("Cancelled", ("Y", "N"), {"amount"}),
        ("Cancelled On", ("2026-02-20", ""), {"amount"}),
        ("Storno-Datum", ("2026-02-20", ""), {"amount"}),
        ("Concepto", ("Servicios", "Obras"), set()),
        ("Status", ("Partially paid", "Open"), {"amount"}),
        ("Status", ("Sent", "Overdue"), set()),
        ("Last payment", ("2026-02-20", ""), {"amount"}),
        ("Estado", ("Pago", "Pendente"), {"amount"}),
        ("Incl. tax", ("10.80", "10.80"), {"amount"}),
        ("VAT", ("1.50", "1.50"), {"amount"}),
        ("Tax", ("1.50", ""), {"amount"}),
        ("Net;VAT", ("7.50;1.50", "7.50;1.50"), set()),
        ("VAT", ("0.00", "0.00"), set()),
        ("VAT No", ("GB123456789", "GB987654321"), set()),
        ("Tax No", ("123456789", "987654321"), set()),
        ("Outstanding;Incl. tax;VAT", ("9.00;10.80;1.50", "0.00;10.80;1.50"), set()),
        ("Paid On;Received", ("2026-02-20;4.00", ";"), {"amount"}),
        ("Paid On;Received", ("2026-02-20;9.00", ";"), set()),
        ("Paid On;Received", ("2026-02-20;9.00", ";4.00"), {"amount"}),
        ("Paid On;Status", ("2026-02-20;Paid", ";Partially paid"), {"amount"}),
        ("Paid On;Status", ("2026-02-20;Paid", ";Sent"), set()),
    ],
)
def test_a_column_beside_the_amounts_may_say_more_of_them(
    name: str, cells: tuple[str, str], unsure: set[str], tmp_path: Path
) -> None:
    rows = [f"{nth};A;2026-01-05;2026-02-17;9.00;{cell}" for nth, cell in enumerate(cells)]
    source, header = tmp_path / "list.csv", f"Invoice No;Customer;Date;Due Date;Amount;{name}"
    assert in_doubt(source, header, rows) == unsure - {"invoice_id"}
    assert ("invoice_id" in unsure) == any(line.key == "invoice_id" and not line.sure for line in propose(source))


@pytest.mark.parametrize(
    ("names", "cells"),
    [
        ("Amount;VAT;Incl. VAT", "9.00;{}.00;1{}.00"),
        ("Amount (000s)", "9.0{}"),
        ("Amount;Currency;Account currency", "9.00;EUR;US{}"),
        ("Amount in local currency;Document currency", "9.00;US{}"),
        ("Amount (EUR);Currency", "9.00;US{}"),
    ],
)
def test_amounts_without_tax_in_thousands_or_in_another_currency_are_in_doubt(
    names: str, cells: str, tmp_path: Path
) -> None:
    header = f"Invoice No;Customer;Date;Due Date;{names}"
    rows = [f"{nth};A;2026-01-05;2026-02-17;{cells}".replace("US{}", "USD").format(nth, nth - 1) for nth in (1, 2)]
    assert in_doubt(tmp_path / "list.csv", header, rows) >= {"amount"}


def test_whole_parts_beside_whole_amounts_are_parts_and_days_are_none(tmp_path: Path) -> None:
    """As workbooks have them, which write no pence."""
    header = "Invoice No;Customer;Date;Due Date;Amount;Paid On;"
    rows = ["1;A;2026-01-05;2026-02-17;9;2026-02-20;9", "2;A;2026-01-05;2026-02-17;9.5;;4"]
    doubts = [in_doubt(tmp_path / "list.csv", header + name, rows) for name in ("Received", "Days late")]
    assert doubts == [{"amount"}, set()]


def test_open_items_with_debit_and_credit_beside_them_are_invoices_and_credits(tmp_path: Path) -> None:
    rows = "1;A;2026-01-05;2026-02-17;9.00;S\n2;A;2026-01-05;2026-02-17;4.00;H\nTotal;;;;5.00;S\n"
    rows = f"0;A;2026-01-05;2026-02-17;0.00;-\n{rows}"  # nothing is on no side
    (tmp_path / "list.csv").write_text(f"Invoice No;Customer;Date;Due Date;Open Amount;S/H\n{rows}", "utf-8")
    (tmp_path / "my.toml").write_text(text(propose(tmp_path / "list.csv"), tmp_path / "list.csv"), "utf-8")
    report = import_export(tmp_path / "my.toml", tmp_path / "list.csv", tmp_path / "ledger")
    assert (report.made, report.quarantined) == ({"invoices": 1, "credits": 1}, 0)
    assert "5.00, and so is the sum" in report.total


def test_a_sign_that_stands_before_some_amounts_alone_may_mean_something(tmp_path: Path) -> None:
    rows = "1;A;2026-01-05;2026-02-17;9.00\n2;A;2026-01-05;2026-02-17;{} 4.00\n"
    for sign in ("CR", "€"):
        source = tmp_path / "list.csv"
        source.write_text(f"Invoice No;Customer;Date;Due Date;Amount\n{rows.format(sign)}", "utf-8")
        assert [line.sure for line in propose(source) if line.key in ("currency_sign", "currency")] == [False]


def test_of_several_sheets_the_one_with_the_columns_is_read_and_none_is_lost(tmp_path: Path) -> None:
    import xlsxwriter

    header, row = ["Invoice No", "Customer", "Invoice Date", "Due Date", "Amount"], "{} A 2026-01-05 2026-02-04 5.00"
    notes, list_ = [["Read me"]], [header, row.format(1).split()]
    for name, sheets in {"one": (notes, list_), "two": (list_, list_)}.items():
        with xlsxwriter.Workbook(tmp_path / f"{name}.xlsx") as book:
            for rows in sheets:
                sheet = book.add_worksheet()
                for nth, cells in enumerate(rows):
                    sheet.write_row(nth, 0, cells)
        (tmp_path / f"{name}.toml").write_text(proposal(tmp_path / f"{name}.xlsx"), "utf-8")
    unnamed = (tmp_path / "one.toml").read_text("utf-8").replace('sheet = "Sheet2"', "")
    (tmp_path / "unnamed.toml").write_text(unnamed, "utf-8")
    for mapping in ("one", "unnamed"):
        assert import_export(tmp_path / f"{mapping}.toml", tmp_path / "one.xlsx", tmp_path / "ledger").imported == 1
    with pytest.raises(SourceError, match="several sheets: Sheet1, Sheet2"):
        import_export(tmp_path / "two.toml", tmp_path / "two.xlsx", tmp_path / "ledger")
