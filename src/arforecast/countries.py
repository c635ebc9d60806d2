"""Countries: the codes of ISO 3166, in which public holidays are known."""

from __future__ import annotations


def known(code: str) -> bool:
    """Whether it is the code of a country."""
    from holidays import list_supported_countries  # it takes a tenth of a second to import

    return code in list_supported_countries()
