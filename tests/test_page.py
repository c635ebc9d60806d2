"""The page around the pieces: self-contained, escaped, honest about what it stands on."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

import pytest

import frames
from arforecast.report import Fragment, bare, led, notebook_style, page
from arforecast.report.exhibit import Card, cards, why
from arforecast.report.exhibits import late, receivables

VOID = {"meta", "br", "img", "hr", "link", "input"}


class Outline(HTMLParser):
    """Fails on markup that is not closed as it was opened; keeps tags, text and attributes."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.attributes: list[tuple[str, str]] = []
        self.feed(markup)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style",):
            self.text += data


def body() -> str:
    stamp = frames.stamp() | {"as_of": "2026-06-30"}
    return "\n".join(
        [
            "<h1>Receivables</h1>",
            late.standing(frames.late(), stamp).html(),
            receivables.ageing(frames.kpis(), stamp).html(),
            late.at_risk(frames.late(), frames.customers(), stamp).html(),
            page.definitions(frames.glossary(), ["dso", "cei", "dso", "unheard_of"]),
        ]
    )


def document(*, waived: bool = False) -> Outline:
    return Outline(page.document("Receivables & <more>", body(), frames.stamp(waived=waived)))


def test_a_page_needs_nothing_else_and_runs_nothing() -> None:
    outline = document()
    assert {"script", "link", "iframe", "object"}.isdisjoint(outline.tags)
    assert not [name for name, _ in outline.attributes if name.startswith("on")]
    assert not [value for name, value in outline.attributes if name in ("src", "href", "xlink:href") and "//" in value]
    markup = page.document("T", body(), frames.stamp())
    assert "@import" not in markup
    assert not re.search(r"url\((?!#)", markup)
    assert "default-src 'none'" in markup


def test_names_of_customers_stay_text() -> None:
    outline = document()
    assert "<b>Bold</b>" in outline.text
    assert "Müller & Co, Ltd" in outline.text
    assert "b" not in outline.tags
    assert "Receivables & <more>, 30\u00a0Jun\u00a02026" in outline.text


def test_the_stamp_says_what_was_used_left_out_and_missing() -> None:
    text = document().text.replace("\u00a0", " ")
    assert "As of 30 Jun 2026. Amounts in USD." in text
    assert "148 rows of the ledger used, 2 left out, worth 1,234.50" in text
    assert "Ledger 0123abcd; settings: arforecast.toml; arforecast 0.1.0." in text
    assert "Control totals: passed." in text
    assert "No promises table in this ledger: add promises.csv to see whether promises are kept." in text


def test_a_waived_gate_is_said_at_the_head_and_only_then() -> None:
    text = document(waived=True).text.replace("\u00a0", " ")
    assert text.index("Read with care") < text.index("Overdue")
    assert text.index("1,234.50 is quarantined & <odd> on 30 Jun 2026.") < text.index("Overdue")
    assert "Quarantined money: waived. 1,234.50 is quarantined & <odd> on 30 Jun 2026." in text
    assert "Read with care" not in document().text


def test_gates_that_a_settings_file_widens_are_said_at_the_head() -> None:
    stamp = frames.stamp() | {"loosened": ["ledger.staleness_limit_days is 366, and 31 by default"]}
    head, _, foot = Outline(page.document("T", "<h1>Body</h1>", stamp)).text.partition("Body")
    assert "wider than usual by arforecast.toml: ledger.staleness_limit_days is 366, and 31 by default." in head
    assert "ledger.staleness_limit_days is 366" in foot
    assert "usual" not in document().text


def test_a_section_without_rows_names_the_table_that_is_missing_or_another_reason() -> None:
    said = "No promises table in this ledger: add promises.csv to see whether promises are kept."
    assert why(frames.stamp(), "promise_kept_share", "promises") == said
    assert why(frames.stamp(), "method_mix", "receipts") == ""


def test_cards_carry_their_meaning_in_words_and_in_tone() -> None:
    markup = cards([Card("Days <sales>", "52 days", "1 day below: better", "good")])
    assert '<li class="card good">' in markup
    assert "Days &lt;sales&gt;" in markup


def test_definitions_stand_once_each_in_the_order_asked_for() -> None:
    text = Outline(page.definitions(frames.glossary(), ["cei", "dso", "cei", "unheard_of"])).text
    assert re.findall(r"Meaning of (\w+)", text) == ["cei", "dso"]


def test_the_index_leads_to_every_page_with_its_sentence_and_cards() -> None:
    shown = cards([Card("Overdue", "50 k")])
    entries = [
        page.Entry("kpis.html", "Where & how", "1 M <is> owed.", shown),
        page.Entry("b.html", "B", "", Fragment()),
    ]
    first = page.Entry("index.html", "Receivables", "", Fragment())
    outline = Outline(page.index(first, entries, frames.stamp(waived=True)))
    assert [value for name, value in outline.attributes if name == "href"] == ["kpis.html", "b.html"]
    assert "1 M <is> owed." in outline.text
    assert "Where & how" in outline.text
    assert "50 k" in outline.text
    assert "Read with care" in outline.text


def test_the_brief_is_the_first_page_and_leads_to_every_other() -> None:
    entries = [page.Entry("kpis.html", "Where", "1 M is owed.", cards([Card("Overdue", "50 k")]))]
    first = page.Entry("index.html", "The brief", "", Fragment())
    outline = Outline(page.index(first, entries, frames.stamp(), "<h1>The brief</h1>"))
    leads = [value for name, value in outline.attributes if name == "href"]
    assert leads == ["index.html", "kpis.html", "kpis.html"]
    assert outline.text.count("1 M is owed.") == 1
    assert "50 k" not in outline.text
    assert outline.tags.count("h1") == 1


def test_the_rows_behind_a_page_are_folded_under_their_sum() -> None:
    markup = page.document("T", "", frames.stamp())
    assert re.search(r"<details><summary>148 rows of the ledger used, 2 left out, worth 1,234.50</summary>", markup)


def test_the_first_sentence_of_an_answer_leads() -> None:
    assert led("It is 9.9 <%. The rest.") == "<strong>It is 9.9 &lt;%.</strong> The rest."
    assert led("All of it") == "<strong>All of it</strong>"


def test_a_fragment_shows_itself_in_a_notebook_and_is_kept_once() -> None:
    fragment = cards([])
    assert bare(fragment._repr_html_()) == fragment
    assert fragment._repr_html_().endswith(f'<div class="arforecast">{fragment}</div>')
    assert "<ul" not in repr(fragment)


def test_what_is_no_piece_of_ours_stays_as_it_is() -> None:
    for markup in ("<div>theirs</div>", "<style>p { color: red }</style><p>theirs</p>", ""):
        assert bare(markup) == markup


def test_the_style_of_a_notebook_rules_our_pieces_alone() -> None:
    """Every rule stands inside the one for our pieces, and JupyterLab's own light or dark decides on the shades."""
    style = notebook_style()
    assert style.startswith(".arforecast")
    assert style.index("{") == style.index("{\n")
    depth = list(itertools.accumulate({"{": 1, "}": -1}.get(sign, 0) for sign in style))
    assert depth.index(0, style.index("{")) == len(style) - 1
    assert not re.search(r"(?m)^\s*(body|:root)\b", style)
    assert "@page" not in style
    light, dark = re.findall(r"\[data-jp-theme-light=\w+\] & \{(.*?)\}", style, re.DOTALL)
    assert "--paper: #ffffff" in light
    assert "--paper: #14171a" in dark
    assert ".card.good" in style


@pytest.mark.parametrize("rule", ["prefers-color-scheme: dark", "max-width: 759px", "@media print", "size: A4"])
def test_the_style_sheet_knows_dark_phone_and_paper(rule: str) -> None:
    assert rule in page.document("T", "", frames.stamp())


def test_the_same_numbers_give_the_same_page() -> None:
    assert page.document("T", body(), frames.stamp()) == page.document("T", body(), frames.stamp())


def test_a_gate_without_anything_to_check_has_not_passed() -> None:
    gate = {"gate": "control", "passed": True, "checked": False, "waived": False, "message": "Nothing to tie to."}
    told = page.document("A page", "", frames.stamp() | {"gates": [gate]})
    assert "<li>Control totals: not checked. Nothing to tie to.</li>" in told


def test_a_page_without_a_currency_names_none() -> None:
    assert "Amounts in the ledger&#39;s own currency." in page.document("T", "", frames.stamp() | {"currency": ""})


def test_questions_are_listed_where_there_are_many_and_what_has_no_answer_is_folded() -> None:
    body = "<h1>T</h1>" + "".join(f"<h2>What is {n}?</h2>" for n in range(6))
    listed = page.contents(body)
    assert '<h2 id="what-is-3">What is 3?</h2>' in listed
    assert '<a href="#what-is-3">' in listed.partition("<h2")[0]
    assert "Contents" not in page.contents(body[: body.index("<h2>What is 5")])
    assert "<dt>Why &lt;x&gt;?</dt><dd>Nobody knows.</dd>" in page.folded([("Why <x>?", "Nobody knows.")])
    assert page.folded([]) == ""


def test_a_link_that_leads_nowhere_in_the_run_is_none() -> None:
    body = '<a href="kpis.html#dso">See why</a> <a class="row" href="a.html#b">Ann</a> <a href="x.csv">x</a>'
    assert page.live(body, {}) == 'Ann <a href="x.csv">x</a>'
    assert page.live(body, {"kpis.html": '<p id="dso">', "a.html": '<p id="b">'}) == body
