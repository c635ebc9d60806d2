"""Layouts: the texts of each language and the layout of each channel, a company's own first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arforecast.errors import UsageError, shown
from arforecast.settings import Settings

if TYPE_CHECKING:
    from jinja2 import Environment

OWN = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Layouts:
    """pages, texts: what is filled in, as HTML and as plain text; a page escapes what the texts of a language put into
    it, which Jinja decides by where they are compiled, not by where they are used. languages: those that have texts.
    usual: the one of who has none of these."""

    pages: Environment
    texts: Environment
    languages: frozenset[str]
    usual: str

    @classmethod
    def of(cls, settings: Settings) -> Layouts:
        """Those of the company's own folder, and those that come along. Raises UsageError where there is no folder of
        that name, or no text in the language that the settings name."""
        own = settings.beside(settings.reminders.templates) if settings.reminders.templates else None
        if own and not own.is_dir():
            raise UsageError(f"{own} is no folder. Make it, or correct reminders.templates.")
        pages, texts = (_environment([*([own] if own else []), OWN], escaped) for escaped in (True, False))
        languages = frozenset(name.removesuffix(".j2") for name in texts.list_templates(extensions=["j2"]))
        usual = settings.reminders.language
        if usual not in languages:
            known = ", ".join(sorted(languages))
            raise UsageError(
                f"reminders.language is {usual}, which has no texts. Name one of {known}, or add {usual}.j2."
            )
        return cls(pages, texts, languages, usual)

    def language(self, code: Any) -> str:
        """The language of a customer, by its code: de, de-CH, DE_CH; the usual one where it has no texts."""
        first = re.match(r"[a-z]{2}(?![a-z])", code.lower()) if isinstance(code, str) else None
        return first[0] if first and first[0] in self.languages else self.usual

    def letter(self, language: str, words: dict[str, Any]) -> str:
        return self._filled("letter.html", language, words)

    def mail(self, language: str, words: dict[str, Any]) -> str:
        return self._filled("mail.txt", language, words)

    def call(self, language: str, words: dict[str, Any]) -> str:
        return self._filled("call.txt", language, words)

    def subject(self, language: str, words: dict[str, Any]) -> str:
        return self._filled("subject.txt", language, words)

    def _filled(self, name: str, language: str, words: dict[str, Any]) -> str:
        from jinja2 import TemplateError

        templates = self.pages if name.endswith(".html") else self.texts
        try:
            text = templates.get_template(name).render(words, language=language)
        except TemplateError as fault:
            told = f"{type(fault).__name__}: {fault}"
            raise UsageError(f"A text in {language} or {name} does not work: {shown(told)}. Correct it.") from fault
        return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n" if name != "subject.txt" else text.strip()


def _environment(places: list[Path], escaped: bool) -> Environment:
    """A folder of texts can come with a ledger: in the sandbox they fill in words, and run nothing."""
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(places),
        autoescape=escaped,  # what is no page is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
