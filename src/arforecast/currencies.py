"""Currencies: the codes and the decimals of ISO 4217, in which some amounts have none and some three or four."""

from __future__ import annotations

from functools import lru_cache

USUAL = 2
# By the number of their decimals; all others have two. What a language shows of a currency, as CLDR says it, is another
# matter: nobody writes fillér any more, yet invoices in forint are booked with them.
NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
UNUSUAL = {0: NONE.split(" "), 3: ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 4: ["CLF", "UYW"]}


def decimals(code: str) -> int:
    """How many decimals the amounts of a currency have."""
    return next((number for number, codes in UNUSUAL.items() if code in codes), USUAL)


def written(amount: float, code: str) -> str:
    """An amount with the decimals of its currency: 1,234.50, in yen 1,235."""
    return f"{amount:,.{decimals(code)}f}"


def code(told: str) -> str:
    """The code of a currency that is told by its code or by its English name, whatever the capitals; what is neither
    comes back in capitals."""
    return _named().get(told.casefold(), told.upper())


@lru_cache
def _named() -> dict[str, str]:
    from babel import Locale

    return {name.casefold(): code for code, name in Locale("en").currencies.items()}


def known() -> list[str]:
    """All codes, those of currencies that are gone among them: old ledgers hold them."""
    from babel.numbers import list_currencies

    return sorted(list_currencies())
