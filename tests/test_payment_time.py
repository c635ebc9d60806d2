"""The one distribution: by hand, against plain Python, against the law the sample was drawn from, against chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import parallel_config

import forecasts
from arforecast.desk import open_ledger
from arforecast.forecast import backtest, exposure, hazard, payment_time, scores
from arforecast.forecast.baselines import late_rates, roll_rate_curve
from arforecast.forecast.calendar import EVERY_DAY, open_days
from arforecast.forecast.exposure import BANDS, Exposure, Lives, open_invoices
from arforecast.forecast.hazard import (
    AGE_EDGES,
    CUSTOMER,
    CUSTOMER_AGE,
    CUSTOMER_DAY,
    CUSTOMER_RANGE,
    CUSTOMER_WEEKDAY,
    HIGHEST,
    OLDEST,
    PHASE_EDGES,
    SHARED,
    SIZE,
    YOUNGEST,
    Hazard,
    estimate,
)
from arforecast.forecast.payment_time import hazards, predict, readings
from arforecast.sample import write_sample
from arforecast.sample.truth import SETTLED, oracle
from arforecast.snapshot import Facts
from forecasts import (
    AS_OF,
    EVENTFUL,
    EVENTFUL_DAYS,
    Invoice,
    days_between,
    eventful,
    exposed,
    facts,
    opened,
    paid,
    past,
    rows_of,
    sample_facts,
    sample_lives,
)
from ledgers import SAMPLE, Tables, ledgers, read, told

Counts = dict[tuple[str, int, int, int], tuple[float, float]]
DAY = timedelta(days=1)
FACTORS = (
    *SHARED,
    (("customer",), CUSTOMER),
    (("customer", "age_range"), CUSTOMER_RANGE),
    (("band", "age_range"), SIZE),
    (("customer", "weekday"), CUSTOMER_WEEKDAY),
    (("customer", "age"), CUSTOMER_AGE),
    (("customer", "age", "weekday"), CUSTOMER_DAY),
)


def bills(*lines: tuple[str, str, str, int]) -> pd.DataFrame:
    """Lines of customer, issued_on, due_on, amount; each with its whole amount open."""
    rows = pd.DataFrame(lines, columns=["customer_id", "issued_on", "due_on", "amount"])
    dates = {name: pd.to_datetime(rows[name]) for name in ("issued_on", "due_on")}
    return rows.assign(**dates, invoice_id=[f"N{nth}" for nth in range(len(rows))], balance=rows.amount)


@pytest.fixture(scope="module")
def seen() -> Exposure:
    return exposure.exposure(sample_lives(), AS_OF)


@pytest.fixture(scope="module")
def fitted(seen: Exposure) -> Hazard:
    return estimate(seen)


@pytest.fixture(scope="module")
def mixed(fitted: Hazard) -> pd.DataFrame:
    """The sample's open invoices, and some to be issued, one of them to a customer nobody knows."""
    to_come = bills(
        (fitted.exposed.customers[3], "2026-06-05", "2026-06-20", 19_900),
        (fitted.exposed.customers[5], "2026-06-01", "2026-06-01", 79_500),
        ("nobody knows", "2026-07-01", "2026-09-29", 5_000_000),
        ("nobody knows", "2026-05-30", "2026-06-13", 1),
    )
    return pd.concat([open_invoices(sample_facts(), [AS_OF])[AS_OF], to_come], ignore_index=True)


# Estimation


def test_one_factor_by_hand() -> None:
    """6 settlements in 20 invoice days: 0.3 a day. Expected at ages 0, 1, 2: 3, 1.5, 1.5; seen 2, 1, 3; strength 1."""
    lines = (("c", 0, 2, 0, 5, 3), ("a", 0, 0, 0, 10, 2), ("b", 0, 1, 0, 5, 1))
    mean, ratios = hazard.everybody(exposed(*lines).runs, ((("age",), 1),))
    assert mean == pytest.approx(0.3)
    assert (ratios == ratios[:, :1]).all()
    assert ratios[-YOUNGEST : 3 - YOUNGEST, 0] == pytest.approx([3 / 4, 2 / 2.5, 4 / 2.5])
    assert (np.delete(ratios[:, 0], range(-YOUNGEST, 3 - YOUNGEST)) == 1).all()


def test_a_second_factor_explains_what_the_first_left() -> None:
    """0.3 a day again. By age (strength 1): 3/4 at 0, 5/4 at 1 -> expected 2.25 and 3.75.
    By weekday (strength 2): Monday saw 2 of 2.25, Tuesday 4 of 3.75."""
    lines = (("a", 0, 0, 0, 10, 2), ("b", 0, 1, 1, 5, 1), ("b", 3, 1, 1, 5, 3))
    _mean, ratios = hazard.everybody(exposed(*lines).runs, ((("age",), 1), (("weekday",), 2)))
    monday, tuesday = 4 / 4.25, 6 / 5.75
    assert ratios[-YOUNGEST, :2] == pytest.approx([0.75 * monday, 0.75 * tuesday])
    assert ratios[1 - YOUNGEST, :2] == pytest.approx([5 / 4 * monday, 5 / 4 * tuesday])


def test_what_a_customer_and_a_size_bring_by_hand() -> None:
    """0.3 a day, and nothing shared. Anna: 2 seen of 3 expected, 3/4; then at her only range of ages 2 of 2.25.
    Bert: 4 of 3, 5/4; then 4 of 3.75. What is left of both, by band: 2 of 2.25 x 3.5 / 3.75, 4 of 3.75 x 5.5 / 5.25."""
    found = estimate(exposed(("a", 0, 0, 0, 10, 2), ("b", 3, 0, 0, 10, 4)), shared=())
    anna, bert = 3 / 4 * 3.5 / 3.75, 5 / 4 * 5.5 / 5.25
    place = int(hazard.age_range(np.array(0)))
    assert found.lean[:, place] == pytest.approx([anna, bert])
    assert found.lean[:, 0] == pytest.approx([3 / 4, 5 / 4])
    assert found.size[[0, 3], place] == pytest.approx([12 / (3 * anna + 10), 14 / (3 * bert + 10)])
    assert (found.size[[1, 2, 4]] == 1).all()


def test_a_ledger_without_a_day_at_risk_says_that_nothing_is_ever_settled() -> None:
    settled = predict(estimate(exposed()), bills(("a", "2026-05-01", "2026-06-20", 100)), AS_OF, 30)
    assert not settled.p_settled.any()
    assert settled.p_late == pytest.approx([1])


# Exposure


def plain_exposure(book: list[Invoice], day: date, edges: np.ndarray) -> Counts:
    """Customer, band, age, weekday -> days at risk, settlements: one invoice and one day at a time."""
    at_risk: Counter[tuple[str, int, int, int]] = Counter()
    settled: Counter[tuple[str, int, int, int]] = Counter()
    for invoice in book:
        if invoice.entered_on > day:
            continue
        paid_on = forecasts.settled_on(invoice, day)
        band = sum(invoice.amount > edge for edge in edges)
        for on in days_between(invoice.issued_on, paid_on or day):
            age = min(max((on - invoice.due_on).days, YOUNGEST), OLDEST)
            key = (invoice.customer_id, band, age, on.weekday())
            at_risk[key] += 1
            settled[key] += on == paid_on
    return {key: (days, settled[key]) for key, days in at_risk.items()}


def counted(found: Exposure) -> Counts:
    """The runs day by day."""
    counts: dict[tuple[str, int, int, int], list[float]] = defaultdict(lambda: [0, 0])
    for run in rows_of(found.runs).itertuples():
        for age in range(run.youngest, run.oldest + 1):
            clipped = min(max(age, YOUNGEST), OLDEST)
            cell = counts[found.customers[run.customer], run.band, clipped, (run.due_weekday + age) % 7]
            cell[0] += run.weight
            cell[1] += run.weight * (run.settled and age == run.oldest)
    return {key: (days, settled) for key, (days, settled) in counts.items()}


def plain_edges(book: list[Invoice], day: date) -> np.ndarray:
    amounts = [invoice.amount for invoice in book if invoice.entered_on <= day]
    return np.quantile(amounts, np.arange(1, BANDS) / BANDS)


@pytest.mark.parametrize("day", EVENTFUL_DAYS, ids=str)
def test_exposure_is_what_plain_python_counts(day: date) -> None:
    book = forecasts.invoices(told(EVENTFUL))
    found = exposure.exposure(exposure.lives(facts(eventful(), day)), day)
    assert found.edges == pytest.approx(plain_edges(book, day))
    assert counted(found) == plain_exposure(book, day, found.edges)


def test_exposure_of_each_kind_of_payment_by_hand() -> None:
    """On 11 February. A1 was paid on 22 January, in its second part: 18 days. A2's cheque bounced: 7 January to
    6 February, 31 days. B1 was paid before its bill: none. B2's late booking is known: 14 to 30 January, 17 days.
    C1 is not known. C2 is open since 21 January, 22 days; C3 was settled on 11 February, its 21st day."""
    found = exposure.exposure(exposure.lives(facts(eventful(), date(2026, 2, 11))), date(2026, 2, 11))
    runs = rows_of(found.runs).assign(
        days=found.runs.oldest - found.runs.youngest + 1, name=found.customers[found.runs.customer]
    )
    totals = runs.groupby("name")[["days", "settled"]].sum()
    assert totals.T.to_dict("list") == {"anna": [18 + 31, 2], "bert": [17, 1], "cora": [22 + 21, 1]}


@settings(max_examples=4, derandomize=True, deadline=None)
@given(ledgers())
def test_exposure_of_any_ledger_is_what_plain_python_counts(tables: Tables) -> None:
    book = forecasts.invoices(tables)
    with TemporaryDirectory() as scratch:
        known = exposure.lives(facts(opened(tables, Path(scratch)), date(2025, 6, 30)))
    for day in (date(2024, 6, 30), date(2025, 1, 19), date(2025, 6, 30)):
        if any(invoice.entered_on <= day for invoice in book):
            found = exposure.exposure(known, day)
            assert counted(found) == plain_exposure(book, day, found.edges), day


LATEST = date(2026, 6, 30)


@dataclass(frozen=True)
class Life:
    """Days are counted back from LATEST."""

    customer_id: str
    issued: int
    terms: int
    amount: int
    entered: int
    settlements: list[tuple[int, int, int]]


@st.composite
def lives(draw: st.DrawFn) -> list[Life]:
    """Invoices of any terms, some known late, some open for years, some settled before their issue, some again open."""
    book = []
    for _ in range(draw(st.integers(1, 12))):
        issued = draw(st.integers(0, 900))
        entered = max(issued - draw(st.sampled_from([0, 0, 3, 50])), 0)
        settlements, free = [], entered
        for _ in range(draw(st.integers(0, 2))):
            since = max(free - draw(st.integers(0, 200)), 0)
            until = max(since - draw(st.integers(1, 300)), -1)
            settlements.append((since, until, since + draw(st.sampled_from([0, 0, 2, 100]))))
            free = until
            if until < 0:
                break
        terms = draw(st.sampled_from([-400, -3, 0, 14, 30, 90, 700]))
        book.append(Life(draw(st.sampled_from("abc")), issued, terms, draw(st.integers(1, 9)), entered, settlements))
    return sorted(book, key=lambda life: life.customer_id)


def back(days: Iterable[int]) -> np.ndarray:
    return np.datetime64(LATEST) - np.array(list(days), dtype="timedelta64[D]")


def read_once(book: list[Life]) -> Lives:
    customers = sorted({life.customer_id for life in book})
    rows = [(nth, *spell) for nth, life in enumerate(book) for spell in life.settlements]
    settlements = pd.DataFrame(rows, columns=["invoice", "since", "until", "settled_on"], dtype="int64")
    dated = {name: pd.to_datetime(back(settlements[name])) for name in ("since", "until", "settled_on")}
    return Lives(
        pd.Index(customers),
        pd.Index([f"I{nth}" for nth in range(len(book))]),
        np.array([customers.index(life.customer_id) for life in book], dtype="int64"),
        back(life.issued for life in book),
        back(life.issued - life.terms for life in book),
        back(life.entered for life in book),
        np.array([life.amount for life in book], dtype=float),
        settlements.assign(**dated),
        pd.Series(dtype=object, index=pd.DatetimeIndex([])),
        forecasts.nothing_told(),
        forecasts.nothing_told(),
        forecasts.nothing_told(),
    )


def plain_counts(book: list[Life], day: int, edges: np.ndarray) -> Counts:
    """As `plain_exposure`, of drawn lives."""
    counts: dict[tuple[str, int, int, int], list[int]] = defaultdict(lambda: [0, 0])
    for life in (life for life in book if life.entered >= day):
        paid = [on for since, until, on in life.settlements if since >= day > until]
        band = sum(life.amount > edge for edge in edges)
        for on in range(life.issued, (paid[0] if paid else day) - 1, -1):
            age = min(max(life.issued - life.terms - on, YOUNGEST), OLDEST)
            cell = counts[life.customer_id, band, age, (LATEST - on * DAY).weekday()]
            cell[0] += 1
            cell[1] += bool(paid) and on == paid[0]
    return {key: (days, settled) for key, (days, settled) in counts.items()}


@settings(max_examples=60, derandomize=True, deadline=None)
@given(lives(), st.integers(0, 500))
def test_runs_of_ages_are_the_days_of_drawn_lives(book: list[Life], day: int) -> None:
    found = exposure.exposure(read_once(book), LATEST - day * DAY)
    assert counted(found) == plain_counts(book, day, found.edges)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(lives(), st.integers(0, 500))
def test_hazards_of_drawn_lives_are_what_plain_python_says(book: list[Life], day: int) -> None:
    """Asked of invoices not due for years, about due and overdue for years, of each customer and of a stranger."""
    found, first = exposure.exposure(read_once(book), LATEST - day * DAY), LATEST - (day - 1) * DAY
    asked = [(name, first + due * DAY) for name in "abcd" for due in (900, 65, 4, -238, -900)]
    invoices = pd.DataFrame(asked, columns=["customer_id", "due_on"]).assign(amount=3, issued_on=LATEST - 5000 * DAY)
    invoices["due_on"] = pd.to_datetime(invoices.due_on)
    said, chance = estimate(found).hazards(invoices, first, 10), plain_estimate(found)
    band = sum(edge < 3 for edge in found.edges)
    for row, (name, due_on) in zip(said, asked, strict=True):
        ages = [min(max((first - due_on).days + nth, YOUNGEST), OLDEST) for nth in range(10)]
        days = [(first + nth * DAY).weekday() for nth in range(10)]
        plain = [chance(plain_traits(name, band, age, on)) for age, on in zip(ages, days, strict=True)]
        assert row == pytest.approx(plain, abs=1e-12)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(lives(), st.integers(1, 500))
def test_what_is_known_later_moves_no_run(book: list[Life], day: int) -> None:
    """Without what entered after the day, and with settlements ended by what entered after it going on for ever."""
    known = [
        replace(life, settlements=[(since, -1, on) for since, until, on in life.settlements if since >= day > until])
        for life in book
        if life.entered >= day
    ]
    whole, cut = (exposure.exposure(read_once(part), LATEST - day * DAY) for part in (book, known))
    assert counted(whole) == counted(cut)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(lives(), st.integers(1, 500))
def test_what_is_known_later_moves_no_bit_of_a_chance(book: list[Life], day: int) -> None:
    """Calendar, days of settlements after closed ones and factors: without what entered after the day."""
    known = [
        replace(life, settlements=[(since, -1, on) for since, until, on in life.settlements if since >= day > until])
        for life in book
        if life.entered >= day
    ]
    on = LATEST - day * DAY
    asked = bills(*((name, str(on - 9 * DAY), str(on + due * DAY), 3) for name in "abcd" for due in (-20, 2, 30)))
    whole, cut = (hazard.fit(read_once(part), on).hazards(asked, on + DAY, 60) for part in (book, known))
    assert np.array_equal(whole, cut)


# Closed days

MONDAY_TO_FRIDAY = open_days(np.array([], dtype="datetime64[D]"), pd.Series(dtype=object, index=pd.DatetimeIndex([])))


def test_what_is_booked_after_a_weekend_may_have_happened_on_each_of_its_days() -> None:
    """Settled on Monday 8 June: from Saturday on, or from its issue on Sunday. On Tuesday: then. On Saturday: then.
    Open on Sunday the 28th: at risk up to Friday; one issued on Saturday never was."""
    known = paid(
        ("a", "2026-06-01", "2026-06-08", "2026-06-08"),
        ("b", "2026-06-07", "2026-06-08", "2026-06-08"),
        ("c", "2026-06-01", "2026-06-09", "2026-06-09"),
        ("d", "2026-06-01", "2026-06-06", "2026-06-06"),
        ("e", "2026-06-20", "2026-06-28", None),
        ("f", "2026-06-27", "2026-06-28", None),
    )
    runs = exposure.exposure(known, date(2026, 6, 28), MONDAY_TO_FRIDAY).runs
    found = rows_of(runs).groupby("block")[["oldest", "weight", "settled"]].agg(list)
    assert found.oldest.tolist() == [[-2, -1, 0], [-1, 0], [0], [0], [-2]]
    assert found.weight.tolist() == [pytest.approx([1 / 3] * 3), [1 / 2] * 2, [1], [1], [1]]
    assert [row[0] for row in found.settled] == [True, True, True, True, False]


def test_nothing_is_booked_on_closed_days_and_all_of_it_on_the_next_open_one() -> None:
    """Ten a day, every day; booked on Mondays to Fridays. Of what is open the chance of a Monday is that of three days
    in a row; asked on a Sunday, that of the Saturday and the Sunday gone is among it."""
    every = pd.date_range("2026-01-05", "2026-03-27")
    booked = [str((on + pd.offsets.BDay(0)).date()) for on in every]
    known = paid(*(("a", "2026-01-01", str(on.date()), to) for on, to in zip(every, booked, strict=True)))
    model = estimate(exposure.exposure(known, date(2026, 3, 27), MONDAY_TO_FRIDAY), shared=())
    asked = bills(("stranger", "2026-01-01", "2026-03-30", 100), ("stranger", "2026-03-29", "2026-03-30", 100))
    friday, sunday = model.hazards(asked, date(2026, 3, 28), 7), model.hazards(asked, date(2026, 3, 30), 5)
    assert not friday[:, :2].any()
    assert np.array_equal(friday[:, 2:], sunday)
    each = replace(model, exposed=replace(model.exposed, calendar=EVERY_DAY)).hazards(asked, date(2026, 3, 28), 7)
    assert (each[0] > 0.01).all()
    assert sunday[:, 1:] == pytest.approx(each[:, 3:])
    assert sunday[:, 0] == pytest.approx(1 - np.prod(1 - each[:, :3], axis=1))
    assert each[1, 0] == 0


@settings(max_examples=20, derandomize=True, deadline=None)
@given(lives(), st.integers(0, 500))
def test_days_dealt_and_factors_are_what_plain_python_says(book: list[Life], day: int) -> None:
    """Expectation and maximisation in turns, one block of days at a time."""
    found = exposure.exposure(read_once(book), LATEST - day * DAY, MONDAY_TO_FRIDAY)
    runs = estimate(found).exposed.runs
    plain = found
    for _ in range(hazard.ROUNDS):
        plain = replace(plain, runs=replace(plain.runs, weight=np.array(plain_dealt(plain))))
    assert runs.weight == pytest.approx(plain.runs.weight, abs=1e-9)
    assert counted(replace(found, runs=runs)).keys() == counted(plain).keys()


def plain_dealt(found: Exposure) -> list[float]:
    """The chance of each day of a block: that it happened on it, and on none before."""
    chance, weights = plain_estimate(found), []
    for _block, rows in rows_of(found.runs).groupby("block"):
        stayed, happened = 1.0, []
        for run in rows.itertuples():
            age = min(max(run.oldest, YOUNGEST), OLDEST)
            traits = plain_traits(found.customers[run.customer], run.band, age, (run.due_weekday + run.oldest) % 7)
            happened.append(stayed * chance(traits))
            stayed *= 1 - chance(traits)
        weights += [each / sum(happened) for each in happened] if len(happened) > 1 else [1.0]
    return weights


def test_open_invoices_are_those_with_a_balance_known_on_the_day() -> None:
    book = forecasts.invoices(told(EVENTFUL))
    asked = open_invoices(facts(eventful(), max(EVENTFUL_DAYS)), EVENTFUL_DAYS)
    assert list(asked) == list(EVENTFUL_DAYS)
    for day, found in asked.items():
        owed = {i.invoice_id: forecasts.balance(i, day) for i in book if i.entered_on <= day}
        assert dict(zip(found.invoice_id, found.balance, strict=True)) == {k: v for k, v in owed.items() if v > 0}
        assert list(found.invoice_id) == sorted(found.invoice_id)


# Prediction


def plain_traits(name: str, band: int, age: int, weekday: int) -> dict[str, object]:
    return {
        "customer": name,
        "band": band,
        "age": age,
        "age_range": sum(edge <= age for edge in AGE_EDGES),
        "phase": sum(edge <= age for edge in PHASE_EDGES),
        "weekday": weekday,
    }


def plain_estimate(found: Exposure) -> Callable[[dict[str, object]], float]:
    """The hazard as a function of traits: sums in dicts, one line of counts at a time."""
    cells = sorted(counted(found).items())
    traits = [plain_traits(*cell) for cell, _ in cells]
    mean = sum(settled for _, (_, settled) in cells) / max(sum(days for _, (days, _) in cells), 1)
    expected = [days * mean for _, (days, _) in cells]
    factors: list[tuple[tuple[str, ...], dict[tuple[object, ...], float]]] = []
    for names, strength in FACTORS:
        keys = [tuple(trait[name] for name in names) for trait in traits]
        came, due = defaultdict(float), defaultdict(float)
        for key, (_, (_, settled)), hoped in zip(keys, cells, expected, strict=True):
            came[key] += settled
            due[key] += hoped
        ratios = {key: (came[key] + strength) / (due[key] + strength) for key in came}
        expected = [hoped * ratios[key] for hoped, key in zip(expected, keys, strict=True)]
        factors.append((names, ratios))

    def chance(trait: dict[str, object]) -> float:
        product = mean
        for names, ratios in factors:
            product *= ratios.get(tuple(trait[name] for name in names), 1.0)
        return min(product, HIGHEST)

    return chance


def plain_prediction(
    chance: Callable[[dict[str, object]], float], invoice: pd.Series, edges: np.ndarray, days: int
) -> tuple[list[float], float]:
    """The chance of being settled on each day, and of being open at the close of the due day: one day at a time."""
    due_on, issued_on = invoice.due_on.date(), invoice.issued_on.date()
    band = sum(invoice.amount > edge for edge in edges)
    surviving, settled, late = 1.0, [], 1.0
    for on in days_between(AS_OF + DAY, max(AS_OF + days * DAY, due_on)):
        age = min(max((on - due_on).days, YOUNGEST), OLDEST)
        pays = chance(plain_traits(invoice.customer_id, band, age, on.weekday())) if on >= issued_on else 0.0
        settled.append(surviving * pays)
        surviving *= 1 - pays
        late = surviving if on <= due_on else late
    return settled[:days], late


def test_estimate_and_predict_are_what_plain_python_says(seen: Exposure, fitted: Hazard, mixed: pd.DataFrame) -> None:
    invoices = mixed.assign(**{name: pd.to_datetime(mixed[name]) for name in ("issued_on", "due_on")})
    settled, chance = predict(fitted, invoices, AS_OF, 60), plain_estimate(seen)
    for row, (_, invoice) in enumerate(invoices.iterrows()):
        p_settled, p_late = plain_prediction(chance, invoice, seen.edges, 60)
        assert settled.p_settled[row] == pytest.approx(p_settled, abs=1e-12), invoice.invoice_id
        assert settled.p_late[row] == pytest.approx(p_late, abs=1e-12), invoice.invoice_id


def test_parts_of_the_runs_give_the_factors_of_all(
    seen: Exposure, fitted: Hazard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of about fifty runs end where a customer does; sums of parts differ from sums of all by rounding alone."""
    monkeypatch.setattr(hazard, "PART", 50)
    again = hazard.estimate(seen)
    for name in ("mean", "shared", "lean", "size"):
        assert getattr(again, name) == pytest.approx(getattr(fitted, name), rel=1e-12)


def test_a_customer_with_many_runs_is_told_of_as_any_other(
    seen: Exposure, fitted: Hazard, mixed: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its factors are made once for all ages: asked of few days, of many, or of few again, nothing changes."""
    monkeypatch.setattr(hazard, "MANY", 3)
    monkeypatch.setattr(hazard, "PART", 50)
    again = hazard.estimate(seen)
    assert 0 < (again.counts > 3).sum() < len(seen.customers)
    for days in (1, 60, 1):
        whole, once = (predict(each, mixed, AS_OF, days) for each in (fitted, again))
        assert once.p_settled == pytest.approx(whole.p_settled, rel=1e-12, abs=1e-15)
        assert once.p_late == pytest.approx(whole.p_late, rel=1e-12)


def test_every_row_is_a_distribution(fitted: Hazard, mixed: pd.DataFrame) -> None:
    settled = predict(fitted, mixed, AS_OF, 500)
    assert (settled.p_settled >= 0).all()
    assert (settled.p_settled.sum(axis=1) <= 1 + 1e-12).all()
    assert ((settled.p_late >= 0) & (settled.p_late <= 1)).all()
    assert len(settled.invoices) == len(mixed) == len(settled.p_settled)


def test_late_is_whatever_is_not_settled_by_the_due_day(fitted: Hazard, mixed: pd.DataFrame) -> None:
    settled = predict(fitted, mixed, AS_OF, 150)
    to_due = (pd.to_datetime(mixed.due_on) - pd.Timestamp(AS_OF)).dt.days
    by_due = [row[: max(days, 0)].sum() for row, days in zip(settled.p_settled, to_due, strict=True)]
    assert settled.p_late + by_due == pytest.approx(np.ones(len(mixed)), abs=1e-12)
    assert (settled.p_late[to_due <= 0] == 1).all()
    assert (settled.p_late[to_due > 0] < 1).all()
    assert (to_due <= 0).any(), "the sample has nothing overdue"


def test_a_due_day_beyond_the_horizon_is_reached_all_the_same(fitted: Hazard, mixed: pd.DataFrame) -> None:
    near, far = predict(fitted, mixed, AS_OF, 1), predict(fitted, mixed, AS_OF, 150)
    assert near.p_settled.shape == (len(mixed), 1)
    assert np.array_equal(near.p_late, far.p_late)


def test_a_day_on_the_open_ones_have_the_rest_of_their_distribution(fitted: Hazard, mixed: pd.DataFrame) -> None:
    today = predict(fitted, mixed, AS_OF, 90)
    tomorrow = predict(fitted, mixed, AS_OF + DAY, 89)
    stayed_open = 1 - today.p_settled[:, :1]
    assert tomorrow.p_settled == pytest.approx(today.p_settled[:, 1:] / stayed_open, abs=1e-12)
    not_due = pd.to_datetime(mixed.due_on) > pd.Timestamp(AS_OF)
    assert tomorrow.p_late[not_due] == pytest.approx((today.p_late / stayed_open[:, 0])[not_due], abs=1e-12)


def test_an_invoice_is_not_settled_before_its_issue(fitted: Hazard, mixed: pd.DataFrame) -> None:
    later = mixed[pd.to_datetime(mixed.issued_on) > pd.Timestamp(AS_OF)]
    settled = predict(fitted, later, AS_OF, 120).p_settled
    wait = (pd.to_datetime(later.issued_on) - pd.Timestamp(AS_OF)).dt.days
    assert len(later) == 3
    for row, days in zip(settled, wait, strict=True):
        assert not row[: days - 1].any()
        assert row[days - 1] > 0


def test_a_stranger_is_treated_like_everybody(fitted: Hazard, mixed: pd.DataFrame) -> None:
    found = hazards(fitted, mixed.assign(customer_id="nobody knows"), AS_OF, 60)
    nobody = replace(fitted, exposed=replace(fitted.exposed, customers=pd.Index([], dtype=object)))
    assert np.array_equal(found, hazards(nobody, mixed, AS_OF, 60))
    assert not np.array_equal(found, hazards(fitted, mixed, AS_OF, 60))


def test_blocks_change_nothing(fitted: Hazard, mixed: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invoices in blocks, and the days of their customers in parts."""
    whole = predict(fitted, mixed, AS_OF, 90)
    monkeypatch.setattr(payment_time, "BLOCK", 7)
    monkeypatch.setattr(hazard, "CELLS", 50)
    assert len(mixed) > 3 * 7
    assert readings(fitted, mixed, AS_OF, 90, lambda part: part.p_settled) == pytest.approx(whole.p_settled, abs=1e-14)
    assert readings(fitted, mixed, AS_OF, 90, lambda part: part.p_late) == pytest.approx(whole.p_late, abs=1e-14)


def test_blocks_side_by_side_change_no_bit(
    fitted: Hazard, mixed: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_time, "BLOCK", 7)
    alone = readings(fitted, mixed, AS_OF, 90, lambda part: part.p_settled)
    with parallel_config(backend="threading", n_jobs=2):
        together = readings(fitted, mixed, AS_OF, 90, lambda part: part.p_settled)
    assert np.array_equal(alone, together)


def test_no_invoices_have_no_rows(fitted: Hazard, mixed: pd.DataFrame) -> None:
    settled = predict(fitted, mixed.iloc[:0], AS_OF, 90)
    assert settled.p_settled.shape == (0, 90)
    assert settled.p_late.shape == (0,)


def test_the_order_of_rows_changes_no_bit(fitted: Hazard, mixed: pd.DataFrame) -> None:
    shuffled = np.random.default_rng(7).permutation(len(mixed))
    whole, parts = predict(fitted, mixed, AS_OF, 90), predict(fitted, mixed.iloc[shuffled], AS_OF, 90)
    assert np.array_equal(parts.p_settled, whole.p_settled[shuffled])
    assert np.array_equal(parts.p_late, whole.p_late[shuffled])


# The door


class Careless:
    """A model that thinks every invoice as likely to be settled on any day, issued or not."""

    def hazards(self, invoices: pd.DataFrame, first: date, days: int) -> np.ndarray:
        return np.full((len(invoices), days), 0.5)


def test_no_model_settles_an_invoice_before_its_issue_or_an_overdue_one_in_time() -> None:
    """On 31 May: overdue, due today, due in three days, and to be issued on 3 June and due on the 4th, and the 1st."""
    invoices = bills(
        ("a", "2026-05-01", "2026-05-20", 100),
        ("a", "2026-05-01", "2026-05-31", 100),
        ("a", "2026-05-01", "2026-06-03", 100),
        ("a", "2026-06-03", "2026-06-04", 100),
        ("a", "2026-06-03", "2026-06-01", 100),
    )
    settled = predict(Careless(), invoices, AS_OF, 4)
    assert settled.p_late.tolist() == [1, 1, 1 / 8, 1 / 4, 1]
    assert settled.p_settled[:3].tolist() == [[1 / 2, 1 / 4, 1 / 8, 1 / 16]] * 3
    assert settled.p_settled[3:].tolist() == [[0, 0, 1 / 2, 1 / 4]] * 2


def test_what_holds_for_one_model_holds_for_all(fitted: Hazard, mixed: pd.DataFrame) -> None:
    on = np.datetime64(AS_OF) + np.arange(1, 91)
    issued = on >= mixed.issued_on.to_numpy("datetime64[D]")[:, None]
    overdue = pd.to_datetime(mixed.due_on) <= pd.Timestamp(AS_OF)
    for model in (fitted, roll_rate_curve(sample_lives(), AS_OF), Careless()):
        settled = predict(model, mixed, AS_OF, 90)
        assert not settled.p_settled[~issued].any()
        assert (settled.p_late[overdue] == 1).all()


# Customers


def test_a_slow_customer_is_seen_as_slow() -> None:
    """Both were at risk for 300 days on every weekday near the due day; one settled 3 invoices, the other 60."""
    lines = [(name, 1, 2, weekday, 300, times) for name, times in (("slow", 3), ("fast", 60)) for weekday in range(7)]
    found = estimate(exposed(*lines))
    issued, due = "2026-05-15", "2026-05-30"
    invoices = bills(("slow", issued, due, 150), ("fast", issued, due, 150), ("nobody", issued, due, 150))
    slow, fast, nobody = found.hazards(invoices, AS_OF + DAY, 14).mean(axis=1)
    assert slow < 0.5 * nobody
    assert fast > 1.5 * nobody


# Leaks and skill


def shortcut(tables: Tables, deal: Callable[[list[int]], Iterable[int]]) -> Tables:
    """The ledger as invoices with the day each was paid, the delays of the paid ones dealt out anew by `deal`."""
    last_on = date(2026, 6, 30)
    book = forecasts.invoices(tables)
    paid = [(invoice, forecasts.settled_on(invoice, last_on)) for invoice in book]
    dealt = iter(deal([(on - invoice.due_on).days for invoice, on in paid if on]))
    rows = [
        {
            "invoice_id": invoice.invoice_id,
            "customer_id": invoice.customer_id,
            "issued_on": str(invoice.issued_on),
            "due_on": str(invoice.due_on),
            "amount": f"{invoice.amount / 100:.2f}",
            "paid_on": str(max(invoice.issued_on, invoice.due_on + timedelta(days=int(next(dealt))))) if on else "",
        }
        for invoice, on in paid
    ]
    return {"invoices": rows}


def against_the_global_rate(known: Facts, day: date) -> float:
    """The Brier score of the model's chances of being late / that of the whole ledger's late rate on the origin."""
    origins = backtest.weekly_origins(known, day)[::4]
    lives = exposure.lives(known)
    record = backtest.late_record(known, past(known, origins), day)
    rate = record.origin.map({pd.Timestamp(origin): late_rates(lives, origin)[1] for origin in origins})
    assert len(record) > 150
    return scores.brier(record.p_late, record.late) / scores.brier(rate, record.late)


def test_skill_vanishes_with_the_labels(tmp_path: Path) -> None:
    """With delays dealt out anew, which tell nothing of their customers."""
    write_sample(tmp_path / "sample", customers=80, months=14)
    tables, day = read(tmp_path / "sample"), date(2026, 6, 30)
    told_true = opened(shortcut(tables, list), tmp_path / "true")
    told_wrong = opened(shortcut(tables, np.random.default_rng(1).permutation), tmp_path / "wrong")
    assert against_the_global_rate(facts(told_true, day), day) < 0.7
    assert 0.97 < against_the_global_rate(facts(told_wrong, day), day) < 1.3


def test_most_of_what_can_be_known_of_the_sample_is_known() -> None:
    """Five origins, 14 days; the oracle knows the law itself."""
    truth = pd.read_parquet(SAMPLE / "truth.parquet")
    known = facts(open_ledger(SAMPLE), date(2026, 6, 30))
    origins = [date(2026, 5, 26) - timedelta(weeks=7 * nth) for nth in range(5)]
    record = pd.concat([said(then, truth, 14) for then in past(known, origins)])
    baseline, model, best = (scores.brier(record[name], record.happened) for name in ("baseline", "model", "oracle"))
    assert len(record) > 1_000
    assert best < model < baseline
    assert (baseline - model) / (baseline - best) > 0.6


def said(then: backtest.Past, truth: pd.DataFrame, days: int) -> pd.DataFrame:
    """Chances of being settled within `days`, by baseline, model and oracle, beside what happened."""
    ended = truth[truth.state.isin([state.name.lower() for state in SETTLED])].set_index("invoice_id").since_on
    models = {"baseline": roll_rate_curve(then.known, then.origin), "model": then.model}
    chances = {
        name: predict(model, then.invoices, then.origin, days).p_settled.sum(axis=1) for name, model in models.items()
    }
    record = pd.DataFrame(chances, index=then.invoices.invoice_id)
    record = record.join(oracle(truth, then.origin, days, SETTLED).sum(axis=1).rename("oracle"), how="inner")
    return record.assign(happened=ended.reindex(record.index) <= pd.Timestamp(then.origin) + days * DAY)
