"""Schedules a second time, in slow plain Python: loops over rows, whole cents and fractions, and no engine.

The twins are written from the definitions, not from the code. Both sides are asked of the same ledgers on the same
days: money has to agree to the cent, everything else to a billionth.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import ledgers
from arforecast import schedules
from arforecast.ledger import open_books
from arforecast.sample import write_sample
from arforecast.settings import Settings
from arforecast.snapshot import Facts, computed, month_ends
from ledgers import Row, Tables

DAYS = [date(2026, 5, 20), date(2026, 6, 30)]
DRAWN_DAYS = [date(2025, 2, 28), date(2025, 5, 10), date(2026, 1, 31)]
BUCKETS = ["current", "1-30", "31-60", "61-90", "91-120", "121+"]
Rows = list[dict[str, object]]


# What is known

PAYMENTS = ("cash", "set_off", "tax_withheld")


@dataclass
class Invoice:
    row: Row
    entered_on: date
    applications: list[Application] = field(default_factory=list)

    @property
    def amount(self) -> int:
        return cents(self.row["amount"])

    @property
    def issued_on(self) -> date:
        return day(self.row["issued_on"])

    @property
    def due_on(self) -> date:
        return day(self.row["due_on"])

    def balance(self, on: date) -> int:
        """What it owes at the close of a day, by what had entered the books."""
        if self.entered_on > on:
            return 0
        return self.amount - sum(a.amount for a in self.applications if a.entered_on <= on)

    def taken(self, after: date, until: date, *kinds: str) -> int:
        return sum(a.amount for a in self.applications if a.kind in kinds and after < a.entered_on <= until)

    def stayed(self, after: date, until: date) -> int:
        """The payments of a time; what was returned since is none of it."""
        return sum(a.amount for a in self.applications if a.kind in PAYMENTS and after < a.counted_on <= until)


@dataclass
class Application:
    """What reduced an invoice; one that takes another back has the days and the receipt of that one."""

    row: Row
    kind: str
    amount: int
    applied_on: date
    entered_on: date
    counted_on: date


def day(text: str) -> date:
    return date.fromisoformat(text)


def cents(text: str) -> int:
    return round(Fraction(text) * 100)


def entered(row: Row, dated: str) -> date:
    return max(day(row[dated]), day(row.get("known_on") or row[dated]))


def invoices(tables: Tables, as_of: date) -> dict[str, Invoice]:
    """The invoices known by `as_of`, with their applications known by then."""
    known = {row["invoice_id"]: Invoice(row, entered(row, "issued_on")) for row in tables["invoices"]}
    backs = ledgers.taken_back(tables["invoices"], tables["applications"])
    for row, back in zip(tables["applications"], backs, strict=True):
        invoice, of = known[row["invoice_id"]], back or row
        entered_on, counted_on = (max(entered(each, "applied_on"), invoice.entered_on) for each in (row, of))
        if entered_on <= as_of:
            amount = cents(row["amount"])
            entry = Application(of, row["kind"], amount, day(of["applied_on"]), entered_on, counted_on)
            invoice.applications.append(entry)
    return {name: invoice for name, invoice in known.items() if invoice.entered_on <= as_of}


def rows_known(tables: Tables, name: str, dated: str, as_of: date) -> list[Row]:
    """The rows of a table dated in the last 365 days and known by `as_of`."""
    first = as_of - timedelta(days=365)
    return [row for row in tables[name] if day(row[dated]) > first and entered(row, dated) <= as_of]


def bucket(days_past_due: int) -> str:
    return BUCKETS[min(max((days_past_due + 29) // 30, 0), 5)]


def months(day: date) -> int:
    return 12 * day.year + day.month - 1


def month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


# The twins


def roll_rates(tables: Tables, as_of: date) -> Rows:
    states = [*BUCKETS, "paid", "credited", "written_off"]
    moved: Counter[tuple[str, str]] = Counter()
    ends = month_ends(as_of, 13)
    for invoice in invoices(tables, as_of).values():
        for before, after in pairwise(ends):
            if (balance := invoice.balance(before)) <= 0:
                continue
            left = invoice.balance(after)
            start = bucket((before - invoice.due_on).days)
            # What was applied beyond the balance is a negative rest, and counts as paid.
            ends_as = bucket((after - invoice.due_on).days) if left > 0 else "paid"
            parts = {
                "paid": invoice.taken(before, after, *PAYMENTS, "bank_charge", "difference"),
                "credited": invoice.taken(before, after, "credit_note", "discount"),
                "written_off": invoice.taken(before, after, "write_off"),
            }
            assert balance == left + sum(parts.values())
            moved.update({(start, state): part for state, part in parts.items()})
            moved[start, ends_as] += left
    whole = {start: sum(moved[start, state] for state in states) for start in BUCKETS}
    return [
        {
            "from_bucket": start,
            "to_state": state,
            "moved_amount": moved[start, state] / 100,
            "moved_share": ratio(moved[start, state], whole[start]),
        }
        for start in BUCKETS
        for state in states
    ]


def vintage(tables: Tables, as_of: date) -> Rows:
    cohorts = defaultdict(list)
    for invoice in invoices(tables, as_of).values():
        if months(as_of) - months(invoice.issued_on) < 24:
            cohorts[months(invoice.issued_on)].append(invoice)
    rows: Rows = []
    for number, members in sorted(cohorts.items()):
        issued = sum(invoice.amount for invoice in members)
        for age in range(13):
            end = month(number + age + 1) - timedelta(days=1)
            paid = [a for invoice in members for a in invoice.applications if a.kind in PAYMENTS]
            cash = sum(a.amount for a in paid if a.applied_on <= end) if end <= as_of else None
            row = {"issue_month_on": pd.Timestamp(month(number)), "issued_amount": issued / 100, "age_months": age}
            money = {"cash_amount": None, "collected_share": None}
            if cash is not None:
                money = {"cash_amount": cash / 100, "collected_share": ratio(cash, issued)}
            rows.append(row | money)
    return rows


def expected_credit_loss(tables: Tables, as_of: date) -> Rows:
    known = invoices(tables, as_of).values()
    stood: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for end in month_ends(as_of, 37):
        later = end + timedelta(days=365)
        for invoice in known:
            balance = invoice.balance(end)
            if later <= as_of and balance > 0:
                name = bucket((end - invoice.due_on).days)
                stood[name] += balance
                lost[name] += min(max(invoice.taken(end, later, "write_off"), 0), balance)
    owed: Counter[str] = Counter()
    for invoice in known:
        owed[bucket((as_of - invoice.due_on).days)] += max(invoice.balance(as_of), 0)
    rows: Rows = []
    for name in BUCKETS:
        rate = ratio(lost[name], stood[name])
        losses = {
            f"expected_loss{which}_amount": None if rate is None else owed[name] / 100 * min(rate * factor, 1)
            for which, factor in {"": 1.0, "_low": 0.8, "_high": 1.2}.items()
        }
        row = {"bucket": name, "open_balance": owed[name] / 100, "loss_rate_share": rate, "forward_factor": 1.0}
        rows.append(row | losses)
    return rows


def terms(tables: Tables, as_of: date) -> Rows:
    bands = defaultdict(list)
    for invoice in invoices(tables, as_of).values():
        if invoice.issued_on > as_of - timedelta(days=365):
            agreed = (invoice.due_on - invoice.issued_on).days
            edges = {"0": 0, "1-15": 15, "16-30": 30, "31-60": 60, "61+": 10_000}
            bands[next(name for name, edge in edges.items() if agreed <= edge)].append(invoice)
    billed = sum(invoice.amount for members in bands.values() for invoice in members)
    return [_terms(name, bands[name], billed) for name in ("0", "1-15", "16-30", "31-60", "61+") if name in bands]


def _terms(name: str, members: list[Invoice], billed: int) -> dict[str, object]:
    cash = [(a.amount, (a.applied_on - i.due_on).days) for i in members for a in i.applications if a.kind in PAYMENTS]
    offers = [
        (Fraction(cents(i.row["discount_amount"])), i.amount, (i.due_on - day(i.row["discount_until"])).days)
        for i in members
        if i.row.get("discount_amount")
    ]
    costs = [(d, d * d / (amount - d) * 365 / sooner) for d, amount, sooner in offers if sooner > 0 and amount > d]
    return {
        "terms": name,
        "invoices": len(members),
        "billed_amount": sum(i.amount for i in members) / 100,
        "billed_share": ratio(sum(i.amount for i in members), billed),
        "days_beyond_terms": ratio(sum(amount * late for amount, late in cash), sum(amount for amount, _ in cash)),
        "discount_offered_amount": float(sum(d for d, *_ in offers)) / 100,
        "discount_taken_amount": sum(a.amount for i in members for a in i.applications if a.kind == "discount") / 100,
        "discount_yearly_cost_share": ratio(float(sum(cost for _, cost in costs)), float(sum(d for d, _ in costs))),
    }


def method_mix(tables: Tables, as_of: date) -> Rows:
    receipts = {r["receipt_id"]: r["method"] for r in tables["receipts"] if entered(r, "received_on") <= as_of}
    methods, payments = defaultdict(list), Counter()
    for invoice in invoices(tables, as_of).values():
        days = defaultdict(list)
        for a in invoice.applications:
            if a.kind == "cash" and a.counted_on > as_of - timedelta(days=365):
                method = receipts.get(a.row.get("receipt_id", ""), "") or "(none)"
                methods[method].append((a.amount, (a.applied_on - invoice.due_on).days))
                days[method, a.applied_on, a.counted_on].append(a.amount)
        for (method, *_), amounts in days.items():
            payments[method] += sum(amount > 0 for amount in amounts) if sum(amounts) > 0 else 0
    cash = {method: sum(amount for amount, _ in paid) for method, paid in methods.items()}
    return [
        {
            "method": method,
            "cash_amount": cash[method] / 100,
            "cash_share": ratio(cash[method], sum(cash.values())),
            "days_beyond_terms": ratio(sum(amount * late for amount, late in methods[method]), cash[method]),
            "payments": payments[method],
        }
        for method in sorted(methods, key=lambda method: (-cash[method], method))
        if payments[method] or cash[method]
    ]


def payment_plans(tables: Tables, as_of: date) -> Rows:
    planned = [invoice for invoice in invoices(tables, as_of).values() if invoice.row.get("plan_id")]
    overdue = [i for i in planned if i.due_on < as_of and i.balance(as_of) > 0]
    missed = Counter(plan(invoice) for invoice in overdue)
    by_month = defaultdict(list)
    for invoice in planned:
        if invoice.due_on <= as_of and months(as_of) - months(invoice.due_on) < 12:
            by_month[months(invoice.due_on)].append(invoice)
    rows: Rows = []
    for number, due in sorted(by_month.items()):
        amount = sum(i.amount for i in due)
        on_time = sum(a.amount for i in due for a in i.applications if a.applied_on <= i.due_on)
        late = sum(i.balance(as_of) for i in due if i in overdue)
        plans = {plan(i) for i in due}
        rows.append(
            {
                "month_on": pd.Timestamp(month(number)),
                "plans": len(plans),
                "instalments": len(due),
                "due_amount": amount / 100,
                "paid_on_time_share": ratio(on_time, amount),
                "collected_amount": sum(a.amount for i in due for a in i.applications if a.kind in PAYMENTS) / 100,
                "overdue_balance": late / 100,
                "missed_share": ratio(late, amount),
                "broken_plans": sum(missed[of] >= 2 for of in plans),
            }
        )
    return rows


def plan(invoice: Invoice) -> tuple[str, str]:
    return invoice.row["customer_id"], invoice.row["plan_id"]


def contacts_by_channel(tables: Tables, as_of: date) -> Rows:
    known = invoices(tables, as_of)
    groups = defaultdict(list)
    for contact in rows_known(tables, "contacts", "contacted_on", as_of):
        about = known.get(contact["invoice_id"])
        on = day(contact["contacted_on"])
        timing = "account" if about is None else "before due" if on <= about.due_on else "after due"
        theirs = [i for i in known.values() if i.row["customer_id"] == contact["customer_id"]]
        groups[contact["channel"], timing].append((contact, on, theirs if about is None else [about]))
    return [_contacts(*key, groups[key], as_of) for key in sorted(groups)]


def _contacts(channel: str, timing: str, made: list[tuple[Row, date, list[Invoice]]], as_of: date) -> dict[str, object]:
    reached = [contact["right_party"] for contact, *_ in made if contact["right_party"]]
    minutes = [int(contact["minutes"]) for contact, *_ in made if contact["minutes"]]
    owed = paid = 0
    for _, on, about in made:
        until = on + timedelta(days=14)
        for invoice in about:
            if until <= as_of and (balance := invoice.balance(on)) > 0:
                owed += balance
                paid += min(max(invoice.stayed(on, until), 0), balance)
    return {
        "channel": channel,
        "timing": timing,
        "contacts": len(made),
        "right_party_share": ratio(reached.count("true"), len(reached)),
        "minutes": sum(minutes) if minutes else None,
        "paid_14_share": ratio(paid, owed),
    }


def agency(tables: Tables, as_of: date) -> Rows:
    quarters = defaultdict(list)
    for invoice, on in handed_over(tables, as_of):
        if invoice.balance(on) > 0 and months(as_of) // 3 - months(on) // 3 < 8:
            quarters[months(on) // 3].append((invoice, on))
    costs: Counter[int] = Counter()
    for row in tables["costs"]:
        if row["category"] == "agency" and day(row["month"]) <= as_of:
            costs[months(day(row["month"])) // 3] += cents(row["amount"])
    return [_agency(number, handed, costs[number], as_of) for number, handed in sorted(quarters.items())]


def handed_over(tables: Tables, as_of: date) -> list[tuple[Invoice, date]]:
    known, first = invoices(tables, as_of), dict[str, date]()
    for contact in sorted(tables["contacts"], key=lambda row: row["contacted_on"]):
        if contact["channel"] == "agency" and entered(contact, "contacted_on") <= as_of:
            first.setdefault(contact["invoice_id"], day(contact["contacted_on"]))
    return [(known[name], on) for name, on in first.items()]


def _agency(number: int, handed: list[tuple[Invoice, date]], cost: int, as_of: date) -> dict[str, object]:
    balance = sum(invoice.balance(on) for invoice, on in handed)
    old = month(3 * number + 3) + timedelta(days=89) <= as_of
    within = [(i.stayed(on, on + timedelta(days=90)), i.balance(on)) for i, on in handed]
    recovered = sum(min(max(cash, 0), most) for cash, most in within)
    return {
        "quarter_on": pd.Timestamp(month(3 * number)),
        "handed_invoices": len(handed),
        "handed_balance": balance / 100,
        "recovered_90_amount": recovered / 100 if old else None,
        "recovered_90_share": ratio(recovered, balance) if old else None,
        "agency_cost_amount": cost / 100,
        "cost_to_recovered_share": ratio(cost, recovered) if old else None,
    }


def disputes_by_reason(tables: Tables, as_of: date) -> Rows:
    known = invoices(tables, as_of)
    reasons = defaultdict(list)
    for dispute in rows_known(tables, "disputes", "opened_on", as_of):
        if dispute["invoice_id"] in known:
            reasons[dispute["reason"] or "(none)"].append(dispute)
    rows = [_disputes(reason, found, known, as_of) for reason, found in reasons.items()]
    return sorted(rows, key=lambda row: (-row["disputed_amount"], row["reason"]))  # type: ignore[operator]


def _disputes(reason: str, found: list[Row], known: dict[str, Invoice], as_of: date) -> dict[str, object]:
    amounts = [(known[d["invoice_id"]].amount, d["amount"]) for d in found]
    lasted = [(day(d["closed_on"]) - day(d["opened_on"])).days for d in found if closed_by(d, as_of)]
    opened: dict[str, date] = {}
    for d in sorted(found, key=lambda row: row["opened_on"]):
        opened.setdefault(d["invoice_id"], day(d["opened_on"]))
    notes = sum(known[name].taken(on - timedelta(days=1), as_of, "credit_note") for name, on in opened.items())
    return {
        "reason": reason,
        "disputes": len(found),
        "disputed_amount": sum(min(cents(part), amount) if part else amount for amount, part in amounts) / 100,
        "open_count": len(found) - len(lasted),
        "resolved_days": ratio(sum(lasted), len(lasted)),
        "credited_amount": notes / 100,
    }


def closed_by(dispute: Row, as_of: date) -> bool:
    return bool(dispute["closed_on"]) and day(dispute["closed_on"]) <= as_of


TWINS: dict[str, Callable[[Tables, date], Rows]] = {
    twin.__name__: twin
    for twin in (
        roll_rates,
        vintage,
        expected_credit_loss,
        terms,
        method_mix,
        payment_plans,
        contacts_by_channel,
        agency,
        disputes_by_reason,
    )
}


# Side by side


def agree(name: str, tables: Tables, facts: Facts) -> pd.DataFrame:
    (as_of,) = facts.days
    ours = schedules.schedule(facts, as_of, name)
    rows = TWINS[name](tables, as_of)
    theirs = pd.DataFrame(rows, columns=ours.columns).astype(ours.dtypes.to_dict())
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-9, atol=1e-9, obj=f"{name} on {as_of}")
    return ours


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, dict[date, Facts]]:
    """The sample company, with some contacts about the account and a payment without a receipt."""
    folder = tmp_path_factory.mktemp("twins")
    write_sample(folder / "sample", customers=60, months=24)
    tables = ledgers.read(folder / "sample")
    for contact in tables["contacts"][::5]:
        if contact["channel"] != "agency":
            contact["invoice_id"] = ""
    for application in tables["applications"][::17]:
        application["receipt_id"] = ""
    books = open_books(ledgers.write(tables, folder / "ledger"), Settings())
    return ledgers.merged(tables), {day: computed(books, [day]) for day in DAYS}


@pytest.mark.parametrize("as_of", DAYS, ids=str)
@pytest.mark.parametrize("name", TWINS)
def test_the_sample_company_agrees(name: str, as_of: date, company: tuple[Tables, dict[date, Facts]]) -> None:
    tables, facts = company
    assert len(agree(name, tables, facts[as_of])) > 1


@settings(
    derandomize=True,
    deadline=None,
    max_examples=6,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(ledgers.ledgers())
def test_drawn_ledgers_agree(tables: Tables) -> None:
    """Payments that part, bounce, come twice, early, late, and are booked late."""
    with TemporaryDirectory() as folder:
        books = open_books(ledgers.write(tables, Path(folder) / "ledger"), Settings())
        for as_of in DRAWN_DAYS:
            facts = computed(books, [as_of])
            for name in ("roll_rates", "vintage", "expected_credit_loss", "terms"):
                agree(name, tables, facts)
