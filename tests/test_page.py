"""The page around the pieces: self-contained, escaped, honest about what it stands on."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from matplotlib.axes import Axes

import frames
from arforecast.report import Fragment, bare, notebook_style, numbers, page, plots, tables, words

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
    overdue, ahead = (take(frames.late(), "2026-06-30") for take in (numbers.overdue, numbers.not_due))
    return "\n".join(
        [
            "<h1>Receivables</h1>",
            page.cards(words.late_cards(overdue, ahead)),
            page.figure(plots.plot_ageing, numbers.ageing(frames.kpis()), currency="USD"),
            tables.show(numbers.at_risk(ahead, frames.customers()), "Not yet due"),
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
    text = document(waived=True).text
    assert text.index("Read with care") < text.index("Overdue")
    assert text.index("1,234.50 is quarantined & <odd>.") < text.index("Overdue")
    assert "Quarantined money: waived. 1,234.50 is quarantined & <odd>." in text
    assert "Read with care" not in document().text


def test_gates_that_a_settings_file_widens_are_said_at_the_head() -> None:
    stamp = frames.stamp() | {"loosened": ["ledger.staleness_limit_days is 366, and 31 by default"]}
    head, _, foot = Outline(page.document("T", "<h1>Body</h1>", stamp)).text.partition("Body")
    assert "wider than usual by arforecast.toml: ledger.staleness_limit_days is 366, and 31 by default." in head
    assert "ledger.staleness_limit_days is 366" in foot
    assert "usual" not in document().text


def test_a_figure_holds_both_drawings_its_answer_and_its_numbers() -> None:
    ageing = numbers.ageing(frames.kpis())
    outline = Outline(page.figure(plots.plot_ageing, ageing, currency="USD"))
    assert outline.tags.count("svg") == 2
    assert "Most overdue money is 1–30 days late" in outline.text
    assert "240,000.00" in outline.text
    assert ("hidden", "") in outline.attributes  # without the page's style sheet one drawing is enough


def test_a_figure_of_a_plot_of_ones_own_shows_the_columns_that_are_named() -> None:
    """Neither a docstring nor a currency is asked of it."""

    def plot(numbers: pd.DataFrame, ax: Axes) -> Axes:
        ax.bar(numbers.customer, numbers.open_balance)
        ax.set_title("A owes most", loc="left")
        return ax

    rows = pd.DataFrame({"customer": ["A", "B"], "open_balance": [2.0, 1.0], "segment": ["north", "south"]})
    outline = Outline(page.figure(plot, rows, columns=["customer", "open_balance"]))
    assert ("aria-label", "A owes most.") in outline.attributes
    assert "Open balance" in outline.text
    assert "south" not in outline.text


def test_a_figure_without_numbers_is_a_sentence() -> None:
    markup = page.figure(plots.plot_reliability, numbers.reliability(frames.late_record().head(0)), empty="None < yet.")
    assert markup == '<p class="empty">None &lt; yet.</p>'


def test_a_table_says_its_answer_or_why_there_is_none() -> None:
    rows = frames.costs_by_category()
    outline = Outline(page.table(words.costs, rows, empty="No costs.", totals=["cost_amount"]))
    assert "Staff is 75\u00a0% of the 40.0\u00a0k spent in twelve months" in outline.text
    assert "40,000.00" in outline.text
    assert page.table(words.costs, rows.head(0), empty="No < costs.") == '<p class="empty">No &lt; costs.</p>'


def test_a_section_without_rows_names_the_table_that_is_missing_or_another_reason() -> None:
    said = "No promises table in this ledger: add promises.csv to see whether promises are kept."
    assert page.why_empty(frames.stamp(), "promises", "None is due.") == said
    assert page.why_empty(frames.stamp(), "receipts", "No cash came.") == "No cash came."


def test_cards_carry_their_meaning_in_words_and_in_tone() -> None:
    markup = page.cards([words.Card("Days <sales>", "52 days", "1 day below: better", "good")])
    assert '<li class="card good">' in markup
    assert "Days &lt;sales&gt;" in markup


def test_definitions_stand_once_each_in_the_order_asked_for() -> None:
    text = Outline(page.definitions(frames.glossary(), ["cei", "dso", "cei", "unheard_of"])).text
    assert re.findall(r"Meaning of (\w+)", text) == ["cei", "dso"]


def test_the_index_leads_to_every_page_with_its_sentence_and_cards() -> None:
    cards = page.cards([words.Card("Overdue", "50 k")])
    entries = [
        page.Entry("kpis.html", "Where & how", "1 M <is> owed.", cards),
        page.Entry("b.html", "B", "", Fragment()),
    ]
    outline = Outline(page.index(entries, frames.stamp(waived=True)))
    assert [value for name, value in outline.attributes if name == "href"] == ["kpis.html", "b.html"]
    assert "1 M <is> owed." in outline.text
    assert "Where & how" in outline.text
    assert "50 k" in outline.text
    assert "Read with care" in outline.text


def test_a_fragment_shows_itself_in_a_notebook_and_is_kept_once() -> None:
    fragment = page.cards([])
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
