"""Reminders: who has come to which stage, texts that add up in each language, and nothing from a ledger that acts."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from arforecast import letters
from arforecast.actions.reminders import CHANNELS, LETTER, STAGES, Reminders
from arforecast.desk import Ledger
from arforecast.errors import UsageError
from arforecast.letters.layouts import OWN, Layouts
from arforecast.settings import Reminders as Rules
from arforecast.settings import Settings, load
from forecasts import opened
from ledgers import Row, Tables, told

DAY = "2026-06-30"
LANGUAGES = sorted(path.stem for path in OWN.glob("*.j2"))
HOSTILE = {
    "../../etc/passwd": "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0": '=HYPERLINK("http://evil.example")',
    "C:\\evil\n": "Dear all,\nplease pay to XX99\u202e{{ 7 * 7 }}",
    "..": "{% raw %}",
}
# What stands open of each customer: the days past due of its invoices, a week before it is due below zero.
AGES = {
    "before": [-3, -20], "today": [0, -1], "week": [7, 6], "month": [30], "months": [60, 3], "broke": [40],
    "far": [-6], "contested": [50, -2], "credited": [20], "planned": [45], "yen": [10], "two": [10, 8],
}  # fmt: skip


def invoice(customer: str, nth: int, past_due_days: int, amount: str = "100.10", currency: str = "USD") -> Row:
    due = pd.Timestamp(DAY) - pd.Timedelta(days=past_due_days)
    issued = min(due - pd.Timedelta(days=14), pd.Timestamp(DAY))
    return {
        "invoice_id": f"{customer[:20]}-{nth}", "customer_id": customer, "issued_on": f"{issued:%Y-%m-%d}",
        "due_on": f"{due:%Y-%m-%d}", "amount": amount, "currency": currency,
    }  # fmt: skip


def books() -> Tables:
    rows = [invoice(customer, nth, age) for customer, ages in AGES.items() for nth, age in enumerate(ages)]
    rows = [row for row in rows if row["customer_id"] not in {"yen", "planned"}]
    rows += [invoice("yen", 0, 10, "5000", "JPY"), invoice("two", 9, 9, "1234.56", "EUR"), invoice("planned", 0, 45)]
    paid = [invoice("planned", nth, 30 * nth, "40.00") for nth in range(3, 10)]
    rows += paid + [invoice(customer, 0, 12) for customer in HOSTILE]
    names = {"two": "Zwei & Söhne", **HOSTILE}
    languages = {"two": "de-CH", "week": "fr", "month": "xx"}
    return {
        "invoices": rows,
        "applications": [
            {"invoice_id": row["invoice_id"], "applied_on": row["due_on"], "amount": row["amount"], "kind": "cash"}
            for row in paid
        ],
        "customers": [
            {"customer_id": name, "name": names.get(name, ""), "language": languages.get(name, ""),
             "country": "CH" if name == "two" else ""}
            for name in [*AGES, *HOSTILE]
        ],
        "rates": [
            {"rate_on": f"{on:%Y-%m-%d}", "currency": code, "rate": rate}
            for on in pd.date_range("2025-07-01", DAY, freq="14D") for code, rate in (("JPY", "0.01"), ("EUR", "1.1"))
        ],
        **told("""
            disputes
            dispute_id  invoice_id   opened_on
            D1          contested-0  2026-06-01

            promises
            promise_id  customer_id  made_on     promised_on  amount
            P1          broke        2026-06-01  2026-06-20   55.00
            P2          before       2026-06-01  2026-06-20   55.00

            receipts
            receipt_id  customer_id  received_on  amount
            R1          credited     2026-06-25   500.00
            R2          month        2026-06-25   20.00
        """),
    }  # fmt: skip


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return opened(books(), tmp_path_factory.mktemp("reminders"))


@pytest.fixture(scope="module")
def said(ledger: Ledger) -> Reminders:
    return ledger.as_of(DAY).reminders()


@pytest.fixture(scope="module")
def written(said: Reminders, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("letters") / "out"
    rules = Rules(company="Example & Co", pay_to="Bank <b>\nIBAN CH00", contact="ar@example.com")
    letters.write(said, Settings(reminders=rules), pd.Timestamp(DAY).date(), folder)
    return folder


def merged(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / letters.MERGE).open(encoding="utf-8", newline="") as stream:
        return {row["customer_id"].removeprefix("'"): row for row in csv.DictReader(stream)}


def page(folder: Path, row: dict[str, str]) -> str:
    return (folder / row["letter"]).read_text("utf-8")


def test_what_is_held_for_an_account_is_said_wherever_it_is_asked(written: Path) -> None:
    row = merged(written)["month"]
    for text in (row["mail"], row["call"], page(written, row)):
        assert "Credit on your account: $20.00" in text
    assert "Credit" not in merged(written)["months"]["mail"]


def test_what_is_held_for_an_account_is_in_the_currency_in_which_it_came(tmp_path: Path) -> None:
    """At 1.1 a euro it was 127.70 dollars on account, in a letter about euros."""
    tables = books()
    own = {"customer_id": "two", "received_on": "2026-06-25"}
    held = [{"receipt_id": "R3", "amount": "107.00", "currency": "EUR"}, {"receipt_id": "R4", "amount": "10.00"}]
    tables["receipts"] = [row | {"currency": row.get("currency", "")} for row in tables["receipts"]]
    tables["receipts"] += [{"currency": "USD"} | own | row for row in held]
    letters.write(opened(tables, tmp_path / "ledger").as_of(DAY).reminders(), Settings(), pd.Timestamp(DAY).date(),
                  tmp_path / "out")  # fmt: skip
    rows = merged(tmp_path / "out")
    assert "Ihr Guthaben: EUR 107.00 und $ 10.00" in rows["two"]["mail"].replace("\xa0", " ")
    assert "Credit on your account: $20.00" in rows["month"]["mail"]


def test_a_promise_that_was_kept_in_part_is_not_called_unpaid(written: Path) -> None:
    assert "We have not recorded all of that payment" in merged(written)["broke"]["mail"]


PAYMENTS = """
    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-05-01  2026-05-15  300.00

    applications
    invoice_id  applied_on  amount  kind         known_on
    A1          2026-06-01   40.00  cash         -
    A1          2026-06-01   10.00  cash         -
    A1          2026-06-10   30.00  credit_note  -
    A1          2026-06-20   70.00  cash         2026-07-02
"""


def test_a_plan_is_offered_for_what_its_instalments_settle(tmp_path: Path) -> None:
    """What the same account owes in a currency without a plan stands on the statement alone."""
    tables = books()
    tables["invoices"].append(invoice("planned", 20, 20, "70.00", "EUR"))
    said = opened(tables, tmp_path / "ledger").as_of(DAY).reminders()
    items = said.items[said.items.customer_id == "planned"].set_index("currency")
    assert items.asked.to_dict() == {"USD": True, "EUR": False}
    letters.write(said, Settings(), pd.Timestamp(DAY).date(), tmp_path / "out")
    row = merged(tmp_path / "out")["planned"]
    assert (row["subject"], row["asked"]) == ("A payment plan for $100.10", "$100.10")
    assert "€70.00" not in row["mail"] + row["call"]
    assert "€70.00" in page(tmp_path / "out", row)


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_what_fell_due_on_several_days_the_first_is_not_said_of_all(language: str) -> None:
    say = Layouts.of(Settings())._filled
    asked = [{"invoice": name, "due": due, "open": "O"} for name, due in (("A1", "FF"), ("A2", "LL"))]
    words = {"stage": "due", "total": "TT", "first_due": "FF", "promised": "", "promised_on": "", "name": "Anna",
             "pay_by": "PP", "credit": "", "instalments": [], "asked": asked}  # fmt: skip
    for name in ("subject.txt", "call.txt"):
        alone, several = (say(name, language, words | {"one_day": one_day}) for one_day in (True, False))
        assert alone != several
        assert "FF" in several


def test_a_statement_names_the_cash_that_was_known_by_day_and_nothing_else(tmp_path: Path) -> None:
    paid = opened(told(PAYMENTS), tmp_path).as_of(DAY).reminders().payments
    assert paid.customer_id.tolist() == ["anna"]
    assert (paid.paid_on.tolist(), paid.amount.tolist()) == ([pd.Timestamp("2026-06-01")], [50_00])


def test_nobody_is_reminded_of_what_is_due_in_a_month(tmp_path: Path) -> None:
    today = opened(told(PAYMENTS.replace("2026-05-15", "2026-07-30")), tmp_path / "books").as_of(DAY)
    said = today.reminders()
    assert (len(said.accounts), len(said.items)) == (0, 0)
    letters.write(said, Settings(), pd.Timestamp(DAY).date(), tmp_path / "letters")
    assert merged(tmp_path / "letters") == {}


def test_each_account_has_come_to_its_furthest_stage(said: Reminders) -> None:
    stages = said.accounts.set_index("customer_id").stage.drop(index=[*HOSTILE], errors="ignore").to_dict()
    known = {name: stage for name, stage in stages.items() if name in AGES}
    assert known == {
        "before": "before_due", "today": "due", "week": "overdue_7", "month": "overdue_30", "months": "overdue_60",
        "broke": "broken_promise", "contested": "before_due", "planned": "plan", "yen": "overdue_7", "two": "overdue_7",
    }  # fmt: skip
    assert set(said.accounts.stage) == {"before_due", *STAGES, "broken_promise", "plan"}
    channels = said.accounts.set_index("customer_id").channel
    assert channels[["today", "month", "broke"]].tolist() == ["mail", LETTER, "call"]
    assert set(CHANNELS) < {"before_due", *STAGES, "broken_promise", "plan"}


def test_what_is_asked_for_is_due_and_not_disputed(said: Reminders) -> None:
    asked = said.items[said.items.asked].invoice_id.tolist()
    assert [name for name in asked if name.split("-")[0] in AGES] == [
        "before-0", "broke-0", "contested-1", "month-0", "months-0", "months-1", "planned-0", "today-0", "two-0",
        "two-9", "two-1", "week-0", "week-1", "yen-0",
    ]  # fmt: skip
    assert said.items[said.items.disputed].invoice_id.tolist() == ["contested-0"]
    assert said.accounts.pay_by_on.dt.strftime("%a %Y-%m-%d").unique().tolist() == ["Tue 2026-07-07"]
    broke = said.accounts.set_index("customer_id").loc["broke"]
    assert (broke.promised_amount, broke.promised_currency, f"{broke.promised_on:%Y-%m-%d}") == (
        5500,
        "USD",
        "2026-06-20",
    )


def test_amounts_add_up_in_their_currencies(written: Path, said: Reminders) -> None:
    rows = merged(written)
    assert rows["months"]["asked"] == "$200.20"
    assert rows["yen"]["asked"] == "¥5,000"
    assert rows["two"]["asked"].replace("\xa0", " ") == "EUR 1’234.56 und $ 200.20"
    items = pd.read_csv(written / letters.ITEMS)
    assert items[items.customer_id == "months"].open_balance.tolist() == [100.1, 100.1]
    assert items[items.customer_id == "yen"].open_balance.tolist() == [5000]
    parts = said.instalments
    assert parts.amount.sum() == 100.1
    assert all(f"{part.due_on.day}, {part.due_on.year}: $" in rows["planned"]["mail"] for part in parts.itertuples())


def test_a_letter_is_in_the_customers_language_or_the_usual_one(written: Path) -> None:
    rows = merged(written)
    assert {name: rows[name]["language"] for name in ("two", "week", "month", "today")} == {
        "two": "de", "week": "fr", "month": "en", "today": "en",
    }  # fmt: skip
    assert rows["two"]["mail"].startswith("Guten Tag Zwei & Söhne,\n")
    assert "23. Juni" not in rows["two"]["mail"]
    assert "20. Juni 2026" in rows["two"]["mail"]
    assert "23 juin 2026" in rows["week"]["mail"]
    letter = page(written, rows["two"])
    assert "Zwei &amp; Söhne" in letter
    assert '<html lang="de">' in letter
    assert "Bank &lt;b&gt;\nIBAN CH00" in letter
    assert rows["two"]["mail"].endswith("Mit freundlichen Grüßen\nExample & Co\nar@example.com\n")


def test_a_page_is_a_letter_and_the_statement_of_all_that_is_open(written: Path) -> None:
    rows = merged(written)
    assert len(list((written / letters.PAGES).iterdir())) == len(rows)
    letter, statement = page(written, rows["contested"]).split("<section>")
    lines = re.findall(r"<tr><td>.*?</tr>", statement)
    cells = [" ".join(re.sub("<.*?>", " ", line).split()) for line in lines]
    assert cells[0].startswith("contested-0 (under dispute)")
    assert [cell.split()[0] for cell in cells[:2]] == ["contested-0", "contested-1"]
    assert "contested-0" not in letter
    assert "contested-1" in letter
    assert "not past due $100.10" in cells


def test_hostile_names_are_inert_in_each_format(written: Path) -> None:
    rows = merged(written)
    files = sorted(path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file())
    assert sorted([*(row["letter"] for row in rows.values()), letters.MERGE, letters.ITEMS, letters.PAYMENTS]) == files
    assert all(set(file) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.") for file in files)
    assert [path.name for path in written.parent.iterdir()] == ["out"]
    for row in rows.values():
        assert re.findall(r"<(?:script|img|a|iframe|svg|form|link)\b|<[^>]* on\w+=", page(written, row)) == []
    script = rows["../../etc/passwd"]
    assert "&lt;script&gt;alert(1)" in page(written, script)
    lines = next(row for row in rows.values() if "please pay to XX99" in row["mail"])
    assert lines["mail"].splitlines()[0] == "Dear Dear all, please pay to XX99{{ 7 * 7 }},"
    assert "\u202e" not in lines["mail"] + lines["call"]
    raw = (written / letters.MERGE).read_text("utf-8")
    assert "'=HYPERLINK" in raw
    assert '"=HYPERLINK' not in raw


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_of_every_stage(language: str) -> None:
    layouts = Layouts.of(Settings())
    seen: dict[str, Any] = {"mail": set(), "call": set(), "subject": set()}
    item = {"invoice": "A1", "issued": "I", "due": "D", "amount": "M", "open": "O", "disputed": True}
    words = {
        "name": "Anna", "customer": "C1", "company": "Co", "contact": "", "pay_to": "", "today": "T", "total": "TT",
        "first_due": "FF", "pay_by": "PP", "promised_on": "QQ", "promised": "RR", "balance": "BB", "asked": [item],
        "items": [item], "ageing": [{"bucket": "current", "open": "O"}], "payments": [{"paid": "P", "amount": "M"}],
        "credit": "CC",
    }  # fmt: skip
    for stage in ("before_due", *STAGES, "broken_promise", "plan"):
        offered = [{"due": "II", "amount": "AA"}] if stage == "plan" else []
        for one_day in (True, False):
            all_words = words | {"stage": stage, "instalments": offered, "one_day": one_day}
            told_by = {name: getattr(layouts, name)(language, all_words) for name in seen}
            letter = layouts.letter(language, all_words)
            assert "TT" in told_by["mail"]
            assert ("QQ" in told_by["mail"]) == (stage == "broken_promise")
            assert ("II: AA" in told_by["mail"]) == (stage == "plan")
            assert "PP" in told_by["call"]
            assert all(part not in text for part in ("  ", "{{", "None", " .", "..") for text in told_by.values())
            assert "<title>" in letter
        for name, text in told_by.items():
            seen[name].add(text)
    assert {name: len(texts) for name, texts in seen.items()} == {"mail": 7, "call": 7, "subject": 7}


def test_texts_of_the_companys_own_come_first(said: Reminders, tmp_path: Path) -> None:
    own = tmp_path / "texts"
    own.mkdir()
    (own / "en.j2").write_text((OWN / "en.j2").read_text("utf-8").replace("Kind regards", "Yours ever"), "utf-8")
    (own / "it.j2").write_text((OWN / "en.j2").read_text("utf-8").replace("Kind regards", "Cordiali saluti"), "utf-8")
    (tmp_path / "arforecast.toml").write_text('[reminders]\ntemplates = "texts"\nlanguage = "it"\n', "utf-8")
    settings = load(tmp_path)
    out = letters.write(said, settings, pd.Timestamp(DAY).date(), tmp_path / "out")
    assert set(out.language) == {"it", "de", "fr"}
    assert "Cordiali saluti" in out.mail[0]
    with pytest.raises(UsageError, match="not an empty folder"):
        letters.write(said, settings, pd.Timestamp(DAY).date(), tmp_path / "out")
    with pytest.raises(UsageError, match=r"How xx writes amounts and days is not known\. Name the file of its texts"):
        letters.locale_of("xx", "IT")
    (own / "it.j2").write_text("{% macro subject() %}{{ nothing }}{% endmacro %}", "utf-8")
    with pytest.raises(UsageError, match=r"text in it or .* does not work: .*'nothing' is undefined"):
        letters.write(said, settings, pd.Timestamp(DAY).date(), tmp_path / "next")
    (tmp_path / "secret.txt").write_text("kept", "utf-8")
    for text in ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "{% include '../secret.txt' %}"):
        (own / "it.j2").write_text(f"{{% macro subject() %}}{text}{{% endmacro %}}", "utf-8")
        with pytest.raises(UsageError, match=r"text in it or .* does not work: (SecurityError|TemplateNotFound)"):
            letters.write(said, settings, pd.Timestamp(DAY).date(), tmp_path / "next")
    assert not (tmp_path / "next").exists()
    with pytest.raises(UsageError, match="is no folder"):
        Layouts.of(Settings(reminders=Rules(templates=tmp_path / "nowhere")))
    with pytest.raises(UsageError, match=r"reminders\.language is xx, which has no texts. Name one of de, en,"):
        Layouts.of(Settings(reminders=Rules(language="xx")))


def test_the_docs_name_what_a_template_can_use(said: Reminders) -> None:
    account, own = next(iter(letters._accounts(said)))
    told_by = letters.words(account, own, Settings(), pd.Timestamp(DAY).date(), letters.locale_of("en", None))
    text = (Path(__file__).parents[1] / "docs" / "credit.md").read_text("utf-8").partition("which can use")[2]
    assert [name for name in told_by if f"`{name}`" not in text] == []
