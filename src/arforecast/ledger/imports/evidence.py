"""What the cells of an export show of how they are written, as lines of a mapping with what speaks for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import product

import pandas as pd

from arforecast import currencies
from arforecast.ledger.imports.mapping import Format
from arforecast.ledger.imports.origins import SERIAL
from arforecast.ledger.imports.values import amounts, dates
from arforecast.ledger.imports.vocabulary import SPOKEN

ORDERS = (
    *("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d"),
    *("%Y.%m.%d", "%Y.%m.%d.", "%Y. %m. %d.", "%Y年%m月%d日"),
)  # fmt: skip
NAMED = (
    *("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y", "%d. %b %Y", "%d. %B %Y"),
    *("%d de %b de %Y", "%d de %B de %Y", "%d %b %y", "%d/%b/%Y"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y"),
)  # fmt: skip
TIMES = (
    *("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M:%SZ", "T%H:%M:%S.%fZ", " %I:%M:%S %p", " %I:%M %p"),
    *(" %H:%M:%S UTC", "T%H:%M:%S+00:00", " %H:%M:%S+00:00"),
)  # fmt: skip
FORMS = tuple(order + time for order, time in product((*ORDERS, *NAMED), TIMES))
# All languages but English write the day first.
OTHERS = [code for code in SPOKEN if code != "en"]
DAY_FIRST = re.compile(r"[0-9]{1,2}\.?[ -](?:de )?[^\W\d_]{3,}\.?[ -](?:de )?[0-9]{2,4}")
# A currency before or behind an amount: neither a figure nor what parts figures.
SIGNS = re.compile(r"(?:[^\W\d_]|[^\w\s.,'()<>\u2019\u02bc\u2212-])+")
CREDITED = re.compile(r"(?i)[0-9]\s*(?:cr|dr|h|s)\.?$")
BELOW = {"brackets": r"^\W*[(<]", "minus_behind": r"[0-9]\s*-$", "credit_behind": CREDITED.pattern}
SIGNED = {"€": "EUR", "zł": "PLN", "R$": "BRL"}  # no other sign is of one currency alone
WAYS = ((".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", "'"), (".", " "))


@dataclass(frozen=True)
class Line:
    """A line of the proposed mapping: its section, key and value, whether it is sure, and from what it is taken."""

    section: str
    key: str
    value: object
    sure: bool
    why: str


# Days


def day_forms(filled: pd.Series) -> list[tuple[str, str]]:
    """The forms in which all of these cells are days, each with the language of its months."""
    if filled.empty:
        return []
    timed = ":" in filled.iloc[0]
    english = [(form, "en") for form in FORMS if ("%M" in form) == timed and _may_be(filled.iloc[0], form)]
    named = [form for form in NAMED if "%b" in form.lower()] if DAY_FIRST.fullmatch(filled.iloc[0]) else []
    others = [(form, language) for form, language in product(named, OTHERS)]
    fits = [each for each in english if _are_days(filled, *each)]
    return fits or [each for each in others if _are_days(filled, *each)]


def are_serial(filled: pd.Series) -> bool:
    """Whether all of these may be days of 1982 to 2064 as spreadsheets number them."""
    return len(filled) > 0 and bool(filled.str.fullmatch(r"[3-5][0-9]{4}([.,][0-9]+)?").all())


def _are_days(filled: pd.Series, form: str, language: str) -> bool:
    return bool(dates(filled, Format(dates=form, months_in=language)).notna().all())


def _may_be(cell: str, form: str) -> bool:
    """Whether a cell is a day of this form, by a rule that is quick and no stricter: it says no to most."""
    if not {*re.sub("%[A-Za-z]", "", form)} <= {*cell}:
        return False
    try:
        return bool(datetime.strptime(cell, form))  # noqa: DTZ007 - a day, whatever the zone
    except ValueError:
        return False


def of_days(cells: pd.DataFrame) -> list[Line]:
    """How the days of these columns are written."""
    filled = _filled(cells)
    if filled.empty:
        return []
    forms = day_forms(filled)
    if are_serial(filled):
        return [Line("format", "dates", SERIAL, True, f"{len(filled):,} numbers of days such as {filled.iloc[0]}")]
    if not forms:
        return [Line("format", "dates", "?", False, f"its days are not written alike, such as {filled.iloc[0]}")]
    (form, language), *others = forms
    rivals = list(dict.fromkeys(other for other, _ in others if other.lower() != form.lower()))
    doubt = f"; {' and '.join(rivals)} fit as well" if rivals else ""
    lines = [Line("format", "dates", form, not rivals, f"{len(filled):,} cells such as {filled.iloc[0]}{doubt}")]
    months = Line("format", "months_in", language, True, "the names of its months")
    return lines if language == "en" else [*lines, months]


# Amounts


def of_amounts(cells: pd.DataFrame) -> list[Line]:
    """How the amounts of these columns are written."""
    filled = _filled(cells)
    if filled.empty:
        return []
    signs, below = _signs(filled), [name for name, form in BELOW.items() if filled.str.contains(form).any()]
    sign = signs[0] if len(signs) == 1 else ""
    read = _readings(filled, sign, below)
    fits = {way: values.astype("float64").tolist() for way, values in read.items() if values.notna().all()}
    why = f"{len(filled):,} cells such as {max(filled, key=len)}"
    if not fits:
        odd = filled[min((values.isna() for values in read.values()), key=sum)].iloc[0]
        mixed = f"; in them stand {' and '.join(signs)}" if len(signs) > 1 else ""
        return [Line("format", "decimal", "?", False, f"its amounts are not written alike: {why}, and {odd}{mixed}")]
    if filled.str.fullmatch("-?[0-9]+").all():
        return [Line("format", "minor_units", True, False, f"{why}: whole ones, which may be cents")]
    (decimal, thousands), sure = next(iter(fits)), len({tuple(values) for values in fits.values()}) == 1
    told = {"thousands": (thousands, ""), "currency_sign": (sign, ""), "negatives": (below, [])}
    bare = bool(sign) and filled[~filled.str.contains(sign, regex=False)].str.contains("[1-9]").any()
    doubts = {"currency_sign": f"; {sign} does not stand in all of them"} if bare else {}
    lines = [
        Line("format", key, value, sure and key not in doubts, why + doubts.get(key, ""))
        for key, (value, usual) in told.items()
        if value != usual
    ]
    if decimal == "." and sure:
        return lines
    doubt = "" if sure else "; it may part thousands"
    return [Line("format", "decimal", decimal, sure, why + doubt), *lines]


def of_currency(lines: list[Line]) -> Iterator[Line]:
    """The currency that all amounts are written with, if it is one for certain."""
    sign = next((str(line.value) for line in lines if line.key == "currency_sign" and line.sure), "")
    code = SIGNED.get(sign, sign)
    if code in currencies.known():
        yield Line("ledger", "currency", code, True, f"its amounts are written with {sign}")


def exact(text: pd.Series, lines: list[Line]) -> pd.Series:
    """These cells as amounts, written as the lines say; null where they are none."""
    told = {line.key: line.value for line in lines if line.section == "format" and line.sure and line.value != "?"}
    form = Format.model_validate({key: told[key] for key in FORM if key in told})
    return amounts(text, form, pd.Series(2, index=text.index)).mask(text == "").map(Decimal, na_action="ignore")


FORM = ("decimal", "thousands", "currency_sign", "negatives")


def are_amounts(filled: pd.Series) -> bool:
    """Whether all of these cells may be amounts, and none a day."""
    if filled.empty or not filled.str.contains("[0-9]").all():
        return False
    return {form for form, _ in day_forms(filled)} <= {"%Y%m%d"}  # days with signs between the numbers are no amounts


def _signs(filled: pd.Series) -> list[str]:
    """The signs of currencies that stand in these cells."""
    bare = filled.str.replace(CREDITED, "", regex=True)
    return sorted({sign for cell in bare for sign in SIGNS.findall(cell)})


def _filled(cells: pd.DataFrame) -> pd.Series:
    """The cells of all columns that hold something."""
    return pd.Series(cells.to_numpy().ravel(), dtype="str").replace("", None).dropna()


def _readings(filled: pd.Series, sign: str, below: list[str]) -> dict[tuple[str, str], pd.Series]:
    """What the amounts come to by each way to write them, the plainest first; null where they are none in this way."""
    read = {}
    for decimal, thousands in WAYS:
        form = Format(decimal=decimal, thousands=thousands, currency_sign=sign, negatives=tuple(below))
        read[decimal, thousands] = amounts(filled, form, pd.Series(2, index=filled.index))
    return read
