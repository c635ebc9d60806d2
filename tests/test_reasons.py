"""Why a chance differs from the average: each reason pulls the way the chance lies, by numbers of the ledger."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from arforecast import open_ledger
from arforecast.forecast import boosted, reasons
from arforecast.forecast.backtest import Past
from arforecast.forecast.exposure import Lives, open_at, settled_on
from arforecast.forecast.payment_time import predict
from arforecast.forecast.precedents import precedents
from arforecast.forecast.reasons import FACTS, MOVED, REASONS
from forecasts import AS_OF, facts, opened, paid, past, sample_facts, sample_lives, then
from ledgers import SHARED, told

ISO = r"\d{4}-\d\d-\d\d"
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
# Months of the sample, by whose ends some two hundred invoices are open.
ORIGINS = [date(2026, month, 25) for month in (1, 2, 3, 4)] + [AS_OF]


@dataclass(frozen=True)
class Told:
    """The open invoices of a day with their reasons, the chance of each and the average: of being late, or of late ones
    that of being open in 30 days."""

    then: Past
    rows: pd.DataFrame


def explained(known: Past) -> Told:
    chances = predict(known.model, known.invoices, known.origin, 30)
    said = pd.DataFrame({"p_late": chances.p_late, "p_paid_30": chances.p_settled.sum(axis=1)})
    rows = known.invoices.join(reasons.reasons(known, said, 2))
    late = pd.to_datetime(rows.due_on) <= pd.Timestamp(known.origin)
    rows = rows.assign(late=late, chance=said.p_late.where(~late, 1 - said.p_paid_30))
    return Told(known, rows.assign(average=rows.groupby("late").chance.transform("mean")))


@cache
def of_sample() -> list[Told]:
    return [explained(known) for known in past(sample_facts(), ORIGINS)]


@pytest.fixture
def trees(monkeypatch: pytest.MonkeyPatch) -> list[Told]:
    """What trees say of invoices of 40 customers, three in four of whom pay at the end of the month and one when it
    likes to."""
    monkeypatch.setattr(boosted, "FEWEST", 2_000)
    monkeypatch.setitem(boosted.TREES, "min_samples_leaf", 50)
    random, day, lines = np.random.default_rng(3), date(2026, 3, 16), []
    for on in pd.bdate_range("2025-01-01", day).date:
        for nth in random.integers(0, 40, 6).tolist():
            due = on + timedelta(days=int(random.choice([14, 30])))
            month_end = (due + pd.offsets.BMonthEnd(0)).date()
            likes = due + timedelta(days=int(random.exponential(3 + nth)) - 4)
            settled = max(month_end if nth % 4 else likes, on)
            lines.append((f"C{nth:02}", str(on), str(due), str(settled) if settled <= day else None))
    made = paid(*lines)
    known = replace(made, amount=np.exp(random.normal(8, 1, len(made.amount))))
    then_ = Past(day, known, open_at(known, day)[1])
    assert "boosted" in then_.model.name
    return [explained(then_)]


def of_file(folder: Path, day: date) -> list[Told]:
    if not folder.exists():
        pytest.skip(f"There is no ledger ../shared/{folder.relative_to(SHARED)} beside the project.")
    return [explained(then(facts(open_ledger(folder), day), day))]


def fact(said: str) -> str:
    """Which fact a reason names."""
    parts = {
        "of this customer": "customer",
        "due on a": "weekday",
        "on terms of": "terms",
        "of those": "age",
        "such": "pending",
    }
    return next((name for part, name in parts.items() if part in said), "size")


def is_reason(said: object) -> bool:
    return isinstance(said, str) and not said.startswith("no one fact")


# The model is asked again, invoice by invoice


def usual(found: Told, row: pd.Series, name: str) -> dict[str, object]:
    """An invoice as if one fact were the book's usual."""
    known, today = found.then.known, pd.Timestamp(found.then.origin)
    entered = known.entered_on <= np.datetime64(today, "D")
    if name == "customer":
        return {"customer_id": "nobody"}
    if name == "pending":
        return {"invoice_id": ""}
    if name == "size":
        return {"amount": float(np.median(known.amount[entered]))}
    if name == "terms":
        terms = np.median((known.due_on - known.issued_on)[entered].astype(int))
        return {"issued_on": min(row.due_on - pd.Timedelta(days=int(terms)), today)}
    alike = found.rows.due_on[found.rows.late == row.late]
    mean = today - pd.Timedelta(days=round(float((today - pd.to_datetime(alike)).dt.days.mean())))
    most = pd.DatetimeIndex(known.due_on[entered]).day_of_week.value_counts().sort_index().idxmax()
    weeks = round((mean - row.due_on).days / 7)
    asked = {
        "age": [row.due_on + pd.Timedelta(weeks=weeks + nth) for nth in (-1, 0, 1)],
        "weekday": [row.due_on + pd.Timedelta(days=nth) for nth in range(-10, 11)],
    }[name]
    near = mean if name == "age" else row.due_on
    right = [on for on in asked if (on <= today) == row.late and (name == "age" or on.weekday() == most)]
    due_on = min(right, key=lambda on: (abs((on - near).days), on))
    return {"due_on": due_on, "issued_on": min(row.issued_on + (due_on - row.due_on), today)}


def again(found: Told) -> pd.DataFrame:
    """Each reason of each invoice, with the chance it would have without."""
    said = found.rows.reset_index().melt(
        [name for name in ("index", *found.rows) if name not in REASONS], REASONS, value_name="reason"
    )
    said = said[said.reason.map(is_reason)].assign(fact=lambda rows: rows.reason.map(fact)).reset_index(drop=True)
    dated = said.assign(**{name: pd.to_datetime(said[name]) for name in ("due_on", "issued_on")})
    changed = pd.DataFrame([row.to_dict() | usual(found, row, row.fact) for _, row in dated.iterrows()])
    chances = predict(found.then.model, changed, found.then.origin, 30)
    return said.assign(usual=np.where(said.late, 1 - chances.p_settled.sum(axis=1), chances.p_late))


def pull(found: list[Told]) -> None:
    """The usual in the place of the fact moves the chance towards the average, by what the table says."""
    seen = 0
    for each in found:
        for row in again(each).to_dict("records"):
            assert (row["usual"] - row["chance"]) * (row["average"] - row["chance"]) > 0, row
            assert row[f"moved_by_{row['fact']}"] == pytest.approx(row["chance"] - row["usual"], abs=1e-9)
        seen += len(each.rows)
    assert seen >= 40


def test_each_reason_pulls_the_way_the_chance_lies() -> None:
    pull(of_sample())
    assert sum(len(each.rows) for each in of_sample()) >= 200


def test_each_reason_pulls_where_trees_speak(trees: list[Told]) -> None:
    pull(trees)
    named = {fact(said) for said in trees[0].rows[REASONS].to_numpy().ravel() if is_reason(said)}
    assert named >= {"customer", "weekday", "age"}


def test_each_reason_pulls_on_a_ledger_of_others() -> None:
    pull(of_file(SHARED / "golden" / "ledger", date(2025, 9, 30)))


# Their order


def test_the_strongest_stands_first_and_what_pulls_the_other_way_nowhere() -> None:
    for each in of_sample():
        rows = each.rows
        pulls = {
            name: (logit(rows.chance) - logit(rows.chance - rows[f"moved_by_{name}"]))
            * np.sign(rows.chance - rows.average)
            for name in FACTS
        }
        for nth, said in zip(rows.index, rows[REASONS].to_numpy(), strict=True):
            named = [fact(words) for words in said if is_reason(words)]
            steps = [round(np.log2(pulls[name][nth])) for name in named]
            assert steps == sorted(steps, reverse=True)
            for before, after in pairwise(named):
                equal = steps[named.index(before)] == steps[named.index(after)]
                assert not equal or FACTS.index(before) < FACTS.index(after)
            assert len(set(named)) == len(named)
            assert [pd.isna(words) for words in said] == sorted(pd.isna(words) for words in said)


def logit(chance: pd.Series) -> pd.Series:
    return np.log(chance.clip(1e-6, 1 - 1e-6) / (1 - chance.clip(1e-6, 1 - 1e-6)))


def test_where_no_fact_pulls_the_average_is_said() -> None:
    """All is alike, and nothing was due yet."""
    known = paid(*(("anna", "2026-03-01", "2026-03-20", None) for _ in range(3)))
    rows = explained(Past(date(2026, 3, 10), known, open_at(known, date(2026, 3, 10))[1])).rows
    assert rows.reason_1.str.startswith("no one fact parts it from the average of ").all()
    assert rows.reason_1.str.endswith((" for being late", " for being open in 30 days")).all()
    assert rows[["reason_2", "reason_3"]].isna().all(axis=None)
    assert (rows[MOVED] == 0).all(axis=None)


def test_reasons_stay_until_something_changes() -> None:
    """The day after, of customers of whom nothing was booked, nearly all are what they were; of the same day, all."""
    first, again_, after = (explained(known) for known in past(sample_facts(), [ORIGINS[0], ORIGINS[0], next_day()]))
    pd.testing.assert_frame_equal(first.rows, again_.rows)
    kept = first.rows.merge(after.rows, on=["invoice_id", "late"], suffixes=("", "_after"))
    kept = kept[~kept.customer_id.isin(booked(ORIGINS[0], next_day()))]
    same = kept.reason_1.map(fact) == kept.reason_1_after.map(fact)
    assert len(kept) > 20
    assert same.mean() >= 0.9


def next_day() -> date:
    return ORIGINS[0] + timedelta(days=1)


def booked(since: date, until: date) -> set[str]:
    """The customers of whom something was settled or billed in between."""
    known = sample_lives()
    moved = settled_on(known, until) > np.datetime64(since)
    moved |= (known.entered_on > np.datetime64(since)) & (known.entered_on <= np.datetime64(until))
    return set(known.customers[known.customer[moved]])


# The numbers behind


@pytest.mark.parametrize("late", [False, True])
def test_what_became_of_past_invoices_one_at_a_time(late: bool) -> None:
    """Of all, of each value of a fact, and of those that were open at an age."""
    known, day = sample_lives(), date(2026, 4, 25)
    found = precedents(known, day, late)
    lived = [life for nth in range(len(known.due_on)) if (life := lived_until(known, nth, day, late))]
    assert found.share == pytest.approx(np.mean([life["happened"] for life in lived]))
    for name in ("customer", "size", "terms", "weekday"):
        values = np.array(sorted({life[name] for life in lived})[:6])
        alike = [[life for life in lived if life[name] == value] for value in values]
        assert_counts(found.counts(name, values), [[life["happened"] for life in part] for part in alike])
        for age in (-9, -1) if not late else (0, 3, 40):
            then_ = [[life["at"](age) for life in part if life["at"](age) is not None] for part in alike]
            assert_counts(found.counts_at(np.full(len(values), age), name, values), then_)
            of_all = [life["at"](age) for life in lived if life["at"](age) is not None]
            assert_counts(found.counts_at(np.array([age])), [of_all])


def assert_counts(found: tuple[np.ndarray, np.ndarray], came: list[list[bool]]) -> None:
    assert [part.tolist() for part in found] == [[sum(part) for part in came], [len(part) for part in came]]


def lived_until(known: Lives, nth: int, day: date, late: bool) -> dict[str, Any]:
    """An invoice that fell due before a day, or a late one 30 days later: whether it was late, or open then; and the
    same of it at an age, None where it was not open or nobody knows."""
    due, settled = known.due_on[nth].item(), settled_on(known, day)[nth].item()
    wait = 30 if late else 0
    paid_after = (settled - due).days if settled else 10**6
    if known.entered_on[nth].item() > day or due + timedelta(days=wait) >= day or (late and paid_after <= 0):
        return {}

    def at(age: int) -> bool | None:
        young = not late and due + timedelta(days=age) < known.issued_on[nth].item()
        unknown = late and due + timedelta(days=age + 30) >= day
        return None if young or unknown or paid_after <= age else paid_after > (age + 30 if late else 0)

    edges = np.quantile(known.amount[known.entered_on <= np.datetime64(day)], [0.2, 0.4, 0.6, 0.8])
    return {
        "customer": known.customer[nth],
        "size": int((known.amount[nth] > edges).sum()),
        "terms": (due - known.issued_on[nth].item()).days,
        "weekday": due.weekday(),
        "happened": paid_after > wait,
        "at": at,
    }


def test_reasons_in_words(tmp_path: Path) -> None:
    """On Tuesday 31 March. Anna was late with 2 of 3, Bert with none of 4; 2 of 7 are 29 %.

    invoices
    invoice_id customer_id issued_on  due_on     amount paid_on
    A1         anna        2026-01-05 2026-01-19 100    2026-02-20
    A2         anna        2026-01-12 2026-01-26 200    2026-02-10
    A3         anna        2026-02-03 2026-02-17 100    2026-02-16
    B1         bert        2026-01-05 2026-01-19 300    2026-01-12
    B2         bert        2026-01-13 2026-01-27 100    2026-01-20
    B3         bert        2026-01-20 2026-02-03 200    2026-01-27
    B4         bert        2026-02-03 2026-02-17 100    2026-02-10
    open_anna  anna        2026-03-24 2026-04-07 100    -
    open_bert  bert        2026-03-24 2026-04-07 100    -
    """
    text, day = test_reasons_in_words.__doc__ or "", date(2026, 3, 31)
    known = facts(opened(told(text), tmp_path), day)
    rows = explained(then(known, day)).rows.set_index("invoice_id")
    assert rows.loc["open_anna", "reason_1"] == "2 of 3 invoices of this customer were late; 29 % of all"
    assert rows.loc["open_bert", "reason_1"] == "0 of 4 invoices of this customer were late; 29 % of all"


def test_each_fact_has_its_words() -> None:
    number, days = r"(\d+|< 1|> 99) %", r"(1 day|[\d,]+ days)"
    when = rf"( open {days} before due| open on the due day| {days} past due)"
    came = r"(were late|were open 30 days (past due|later))"
    of = rf"(late )?invoices{{}}{when}? {came}; {number} of all"
    forms = {
        "customer": r"[\d,]+ of [\d,]+ " + of.format(" of this customer"),
        "weekday": f"{number} of " + of.format(f" due on a ({'|'.join(WEEKDAYS)})"),
        "size": f"{number} of " + of.format(r"( over [\d,.]+)?( up to [\d,.]+)?"),
        "terms": f"{number} of " + of.format(f" on terms of {days}"),
        "age": rf"{number} of invoices{when} {came}; {number} of those{when}",
        "pending": rf"(under dispute|promised for {ISO}): [\d,]+ such were settled (within a week|by then), "
        r"[\d,]+ were expected",
    }
    said = {words for each in of_sample() for words in each.rows[REASONS].to_numpy().ravel() if is_reason(words)}
    assert {fact(words) for words in said} >= {"customer", "pending", "weekday", "size", "age"}
    for words in said:
        assert re.fullmatch(forms[fact(words)], words), words
