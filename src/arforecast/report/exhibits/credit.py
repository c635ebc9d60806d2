"""Whom to trust, and on what terms: grades and what past ones came to, the policy today and what it would have done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from arforecast.report import charts
from arforecast.report.exhibit import Card, Exhibit, Stamp, cut, named, why
from arforecast.report.exhibits.accounts import SHEET, with_names
from arforecast.report.formats import NBSP, brief, count, decimal, does, exact, many, money, percent, spoken

GRADES, NEW = ("A", "B", "C", "D", "E"), "new"
STEPS = {grade: step for step, grade in enumerate(GRADES)}
WORSE, FIRST, BETTER = "worse", "first grade", "better"
HELD, PREPAID, KEEP = "hold orders", "prepayment", "keep"


def standing(ratings: pd.DataFrame, policy: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """How many customers are rated, whose grade moved, what is expected to be lost, and what the policy comes to."""
    return Exhibit(
        question="Whom to trust, and on what terms?",
        numbers=cut(ratings, _sums, policy),
        says=_standing_said,
        cards=_cards,
        file="credit_standing",
        currency=stamp["currency"],
        call="today.ratings()",
        why=named("Whom to trust", why(stamp, "ratings")),
        nothing="No customer was billed in two years.",
    )


def _sums(ratings: pd.DataFrame, policy: pd.DataFrame) -> pd.DataFrame:
    if ratings.empty:
        return pd.DataFrame()
    way, held, over = _ways(ratings), policy["proposal"].eq(HELD), policy["over_limit_amount"]
    row = {
        "customers": len(ratings),
        "new_accounts": ratings["grade"].eq(NEW).sum(),
        "worse_accounts": way.eq(WORSE).sum(),
        "better_accounts": way.eq(BETTER).sum(),
        "buying_amount": ratings["buying_amount"].sum(),
        "expected_loss_amount": ratings["expected_loss_amount"].sum(min_count=1),
        "held_accounts": held.sum(),
        "held_balance": policy.loc[held, "open_balance"].sum(),
        "prepaid_accounts": policy["proposal"].eq(PREPAID).sum(),
        "over_limit_accounts": over.gt(0).sum(),
        "over_limit_amount": over.sum(),
    }
    return pd.DataFrame([row])


def _ways(ratings: pd.DataFrame) -> pd.Series:
    """Whether each grade is worse or better than a month before, or the first; empty where it is the same."""
    now, before = (ratings[column].map(STEPS) for column in ("grade", "grade_before"))
    ways = np.select([now > before, now < before, now.notna() & before.isna()], [WORSE, BETTER, FIRST], "")
    return pd.Series(ways, ratings.index)


def _standing_said(numbers: pd.DataFrame) -> str:
    row = numbers.iloc[0]
    asks = f"hold the orders of {count(row['held_accounts'])} and ask {count(row['prepaid_accounts'])} to prepay"
    moved = f"{many(row['worse_accounts'], 'grade')} became worse in the month, {count(row['better_accounts'])} better"
    return f"Of {many(row['customers'], 'customer')} the policy would {asks}; {moved}."


def _cards(numbers: pd.DataFrame) -> list[Card]:
    row, rated, asked = numbers.iloc[0], "today.ratings()", "today.policy()"
    lost, bought = row["expected_loss_amount"], money(row["buying_amount"])
    of = "write-offs are not known" if pd.isna(lost) else f"of {bought}, the buying of the last one"
    return [
        Card("Customers", count(row["customers"]), f"{count(row['new_accounts'])} of them new", "", rated),
        Card("Worse grades", count(row["worse_accounts"]), f"{count(row['better_accounts'])} better", "", rated),
        Card("Expected loss of a year", money(lost), of, "", rated),
        Card("Orders to hold", count(row["held_accounts"]), f"{money(row['held_balance'])} open", "", asked),
        Card("To pay before delivery", count(row["prepaid_accounts"]), "by their grade", "", asked),
        Card(
            "Over the policy's limit",
            money(row["over_limit_amount"]),
            f"at {many(row['over_limit_accounts'], 'customer')}",
            "",
            asked,
        ),
    ]


# ------------------------------------------------------------------ grades


def grades(ratings: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What the customers of each grade buy, and what is expected to be lost of another year of it."""
    return Exhibit(
        question="How good are the customers?",
        numbers=cut(ratings, _by_grade),
        says=_grades_said,
        chart=partial(charts.bars, over="grade", stack=["buying_amount"], note="expected_loss_amount",
                      colours=charts.AGES, label="Bought in a year (behind it: the expected loss of another)"),
        file="grades",
        call="today.ratings()",
        why=why(stamp, "ratings"),
        nothing="No customer was billed in two years.",
        currency=stamp["currency"],
    )  # fmt: skip


def _by_grade(ratings: pd.DataFrame) -> pd.DataFrame:
    of = ratings.groupby("grade")
    rows = of[["buying_amount", "expected_loss_amount"]].sum(min_count=1)
    rows.insert(0, "customers", of.size())
    return rows.reindex([grade for grade in (*GRADES, NEW) if grade in rows.index]).reset_index()


def _grades_said(rows: pd.DataFrame) -> str:
    bad = rows[rows["grade"].isin(GRADES[3:])]
    bought, lost = (rows[column].sum() for column in ("buying_amount", "expected_loss_amount"))
    told = f"{many(bad['customers'].sum(), 'customer')} of grade D or E bought {money(bad['buying_amount'].sum())}"
    said = f"{told}, {percent(bad['buying_amount'].sum() / bought)} of all" if bought else told
    theirs = bad["expected_loss_amount"].sum()
    return f"{said}, and {percent(theirs / lost)} of the expected loss is theirs" if lost else said


def moves(ratings: pd.DataFrame, customers: pd.DataFrame, stamp: Stamp, rows: int = 10) -> Exhibit:
    """Whose grade is another than a month before, those that became worse first, and what moved it."""
    columns = ["customer", "grade_before", "grade", "buying_amount", "expected_loss_amount", "what_moved"]
    return Exhibit(
        question="Whose grade moved in the month, and why?",
        numbers=cut(ratings, _moved, customers),
        says=_moves_said,
        file="grade_moves",
        currency=stamp["currency"],
        call="today.ratings()",
        why=why(stamp, "ratings"),
        nothing="No grade moved in the month.",
        table={"columns": columns, "limit": rows, "links": SHEET, "act": True, "missing": "write-offs are not known"},
    )


def _moved(ratings: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    told = with_names(ratings, customers).assign(way=_ways(ratings), what_moved=ratings["moved"].map(spoken))
    order = told["way"].map({way: nth for nth, way in enumerate((WORSE, FIRST, BETTER))})
    listed = told.assign(order=order)[order.notna()].sort_values(
        ["order", "buying_amount", "customer_id"], ascending=[True, False, True], ignore_index=True
    )
    columns = ["way", "grade_before", "grade", "buying_amount", "expected_loss_amount", "what_moved"]
    return listed[["customer_id", "customer", *columns]]


def _moves_said(rows: pd.DataFrame) -> str:
    first, ways = rows.iloc[0], rows["way"].value_counts()
    worse, new, better = (ways.get(way, 0) for way in (WORSE, FIRST, BETTER))
    counted = (
        f"{many(worse, 'grade')} became worse, {count(better)} better, and {many(new, 'customer')} had a first one"
    )
    return f"{counted}. First {first['customer']}: from {first['grade_before']} to {first['grade']}"


# ------------------------------------------------------------------ the policy


def proposals(policy: pd.DataFrame, customers: pd.DataFrame, stamp: Stamp, rows: int = 10) -> Exhibit:
    """Who meets a rule of the credit policy, with what numbers, and what it proposes."""
    columns = ["customer", "proposal", "open_balance", "proposed_limit_amount", "proposed_terms_days", "rules_met"]
    return Exhibit(
        question="Who meets which rule of the policy, and what does it propose?",
        numbers=cut(policy, _proposed, customers),
        says=_proposals_said,
        file="policy",
        currency=stamp["currency"],
        call="today.policy()",
        why=why(stamp, "policy"),
        nothing="No customer meets a rule of the policy.",
        table={"columns": columns, "limit": rows, "links": SHEET, "act": True, "totals": ["open_balance"]}
        | {"missing": "nothing bought in the year"},
    )


def _proposed(policy: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    told = with_names(policy, customers).assign(rules_met=policy["rules"].map(spoken))
    met = told[told["proposal"].ne(KEEP)].reset_index(drop=True)
    return met[
        [
            "customer_id", "customer", "grade", "proposal", "open_balance", "credit_limit_amount",
            "proposed_limit_amount", "over_limit_amount", "terms_days", "proposed_terms_days", "rules_met",
        ]
    ]  # fmt: skip


def _proposals_said(rows: pd.DataFrame) -> str:
    first, each = rows.iloc[0], rows["proposal"].value_counts(sort=False)
    of = ", ".join(f"{count(number)} {proposal}" for proposal, number in each.items())
    meet = f"{many(len(rows), 'customer')} {does(len(rows), 'meet')} a rule"
    return f"{meet}: {of}. First {first['customer']}: {first['proposal']}"


def past_policy(months: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What the policy would have refused month by month, with the cash that came of it and what was lost of it."""
    lines = {
        "refused_amount": "refused",
        "cash_forgone_amount": "paid so far",
        "loss_avoided_high_amount": "lost or\nstill open",
    }
    lost = ["loss_avoided_amount", "loss_avoided_high_amount"]
    columns = ["month_on", "sales_amount", "refused_amount", "cash_forgone_amount", *lost, "days_late"]
    return Exhibit(
        question="What would the policy have done in the last 24 months?",
        numbers=months,
        says=_past_policy_said,
        chart=partial(charts.lines, over="month_on", named=lines, label="Sales of the month"),
        file="policy_months",
        call="today.policy_months()",
        why=why(stamp, "policy_months"),
        nothing="Nothing was sold in 24 months.",
        table={"columns": [*columns, "kept_days_late"], "missing": "nothing sold or kept, or write-offs are not known"},
        currency=stamp["currency"],
    )


def _past_policy_said(months: pd.DataFrame) -> str:
    sums = months.sum(numeric_only=True, min_count=1)
    share = f"{money(sums['refused_amount'])} of the {money(sums['sales_amount'])} sold"
    paid = _span(sums["cash_forgone_low_amount"], sums["cash_forgone_amount"])
    refused = f"In {many(len(months), 'month')} the policy would have refused {share}, and with it {paid} that was paid"
    return f"{refused}. {_avoided(sums)}; {_sooner(months)}."


def _avoided(sums: pd.Series) -> str:
    low, high = sums["loss_avoided_amount"], sums["loss_avoided_high_amount"]
    if pd.isna(high):
        return "What losses it would have avoided is not known"
    return f"It would have avoided losses of {_span(low, high)}"


def _span(low: float, high: float) -> str:
    ends = dict.fromkeys((money(low), money(high)))
    return " to ".join(ends)


def _sooner(months: pd.DataFrame) -> str:
    """The days late of what was sold, and of what would have been kept, by amount."""
    late, kept = (
        (months[days] * months[of]).sum() / months[of].sum() if months[of].sum() else np.nan
        for days, of in (("days_late", "sales_amount"), ("kept_days_late", "kept_amount"))
    )
    return f"what it keeps was paid, or is open, {brief(kept)} days late, all of it {brief(late)}"


# ------------------------------------------------------------------ terms


def terms(pricing: pd.DataFrame, customers: pd.DataFrame, stamp: Stamp, rows: int = 10) -> Exhibit:
    """Whose discount does not pay, to whom one could be offered, whose terms are too long; and the terms that follow,
    the dearest discount first."""
    columns = ["customer", "verdict", "discount_share", "break_even_share", "net_gain_amount", "terms_days"]
    return Exhibit(
        question="On what terms to sell, and which discounts pay?",
        numbers=cut(pricing, _changed_terms, customers),
        says=_terms_said,
        file="proposed_terms",
        currency=stamp["currency"],
        call="today.pricing()",
        why=why(stamp, "pricing"),
        nothing="Nobody's terms are to be changed, and no discount pays.",
        table={"columns": [*columns, "proposed_terms"], "limit": rows, "links": SHEET, "act": True}
        | {"totals": ["net_gain_amount"], "missing": "nothing offered, or nothing paid that could tell"},
    )


def _changed_terms(pricing: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    rows = with_names(pricing, customers)
    changed = rows["verdict"].ne("") | rows["proposed_terms_days"].lt(rows["terms_days"])
    told = ["uptake_share", "discount_share", "break_even_share", "net_gain_amount", "terms_days", "proposed_terms"]
    return rows.loc[changed, ["customer_id", "customer", "verdict", *told]].reset_index(drop=True)


def _terms_said(rows: pd.DataFrame) -> str:
    each = rows["verdict"].value_counts()
    costs, pays, could = (each.get(verdict, 0) for verdict in ("costs more than it brings", "pays", "could be offered"))
    offered = f"The discount offered to {many(costs, 'customer')} costs more than it brings, to {count(pays)} it pays"
    return f"{offered}; to {count(could)} half a percent could be offered"


# ------------------------------------------------------------------ payment plans


def plans(plans: pd.DataFrame, customers: pd.DataFrame, stamp: Stamp, rows: int = 10) -> Exhibit:
    """The payment plans that accounts can carry by their own record, each in the currency of the debt."""
    return Exhibit(
        question="Which payment plans can accounts carry?",
        numbers=cut(plans, _named_plans, customers),
        units={"currency": "text", "plan": "text", "debt_balance": "own money", "instalment_amount": "own money"},
        says=_plans_said,
        file="proposed_plans",
        currency=stamp["currency"],
        call="today.plans()",
        why=why(stamp, "plans"),
        nothing="No account with old debt can carry a plan by its record.",
        table={"columns": ["customer", "debt_balance", "plan", "p_kept"], "limit": rows, "links": SHEET, "act": True}
        | {"missing": "neither promises nor plans in this ledger"},
    )


def _named_plans(plans: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    rows = with_names(plans, customers).assign(plan=plans["plan"].map(spoken))
    return rows[
        ["customer_id", "customer", "debt_balance", "currency", "instalments", "instalment_amount", "plan", "p_kept"]
    ]


def _plans_said(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    debt, code = exact(first["debt_balance"], first["currency"]), first["currency"]
    owed = f"{debt} {code} in {count(first['instalments'])} instalments"
    chance = "" if pd.isna(first["p_kept"]) else f", kept with a chance of {percent(first['p_kept'])}"
    return f"{many(len(rows), 'plan')} can be offered. First {first['customer']}: {owed}{chance}"


def plan_results(results: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """Whether past plans were kept, beside the chance that was said, by whether the rule would have allowed them."""
    return Exhibit(
        question="Were past plans kept, and was that said?",
        numbers=results,
        says=_plan_results_said,
        file="plan_results",
        call="today.plan_results()",
        why=why(stamp, "plan_results"),
        nothing="No payment plan of the last 24 months is over.",
        table={"act": True, "missing": "too few customers, or neither promises nor plans before"},
    )


def _plan_results_said(rows: pd.DataFrame) -> str:
    said, kept = ((rows[of] * rows["plans"]).sum(min_count=1) / rows["plans"].sum() for of in ("p_kept", "kept_share"))
    told = "" if rows["p_kept"].isna().any() else f"; {percent(said)} was said"
    plans = rows["plans"].sum()
    return f"{percent(kept)} of {many(plans, 'past plan')} {'was' if plans == 1 else 'were'} kept{told}"


# ------------------------------------------------------------------ how right grades were


RANGES = {"late_share": "late_range", "days_late": "days_late_range", "written_off_share": "written_off_range"}
WRITTEN: dict[str, Callable[[float], str]] = {"days_late": brief}


def results(results: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What past grades came to within six months, with the 90 % ranges."""
    return Exhibit(
        question="What did past grades come to?",
        numbers=cut(results, _ranged),
        says=_results_said,
        file="grade_results",
        call="today.rating_results()",
        why=why(stamp, "rating_results"),
        nothing="No past grade can be judged yet.",
        table={"columns": ["grade", "past_ratings", *RANGES.values()], "act": True}
        | {"missing": "write-offs are not known"},
    )


def _ranged(results: pd.DataFrame) -> pd.DataFrame:
    """With each figure and its range in words."""
    told = {text: _ranges(results, of, WRITTEN.get(of, percent)) for of, text in RANGES.items()}
    return results.rename(columns={"ratings": "past_ratings"}).assign(**told)


def _ranges(results: pd.DataFrame, of: str, written: Callable[[Any], str]) -> pd.Series:
    ends = zip(results[of], results[f"{of}_low"], results[f"{of}_high"], strict=True)
    told = [_range(middle, low, high, written) for middle, low, high in ends]
    return pd.Series(told, results.index, dtype="str")


def _range(middle: Any, low: Any, high: Any, written: Callable[[Any], str]) -> str | None:
    if pd.isna(middle):
        return None
    return written(middle) if pd.isna(low) else f"{written(middle)} ({written(low)} to {written(high)})"


def _results_said(rows: pd.DataFrame) -> str:
    graded = rows[rows["grade"].ne(NEW)]
    ends = (graded if len(graded) else rows).iloc[[0, -1]].drop_duplicates("grade")
    told = (f"{percent(row['late_share'])} was late at grade {row['grade']}" for row in ends.to_dict("records"))
    return f"Of what fell due in the six months after, {', '.join(told)}"


def skill(skill: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """How well past ratings ordered customers by what came, beside the share of late invoices."""
    return Exhibit(
        question="Do ratings order customers better than a simple rule?",
        numbers=cut(skill, _named_outcomes),
        units=dict.fromkeys(("rating", "rule", *GAIN), "ratio") | {"what": "text"},
        says=_skill_said,
        file="grade_skill",
        call="today.rating_skill()",
        why=why(stamp, "rating_skill"),
        nothing="No past grade can be judged yet.",
        table={"act": True, "missing": "too few customers"},
    )


OUTCOMES = {"came_days_late": "days late", "came_written_off_amount": "what is written off"}
GAIN = ("better", "better_low", "better_high")


def _named_outcomes(skill: pd.DataFrame) -> pd.DataFrame:
    return skill.assign(what=skill["what"].map(OUTCOMES)).rename(columns={"ratings": "past_ratings"})


def _skill_said(rows: pd.DataFrame) -> str:
    return ". ".join(f"By {row['what']} {_judged(*(row[end] for end in GAIN))}" for row in rows.to_dict("records"))


def _judged(better: Any, low: Any, high: Any) -> str:
    """A win is claimed only where chance cannot explain it, and a loss is said as plainly."""
    if pd.isna(low):
        return "too few customers can be judged to say which is better"
    reach = f"({decimal(better)}, 90{NBSP}% range {decimal(low)} to {decimal(high)})"
    if low > 0:
        return f"the rating orders customers better than their share of late invoices {reach}"
    if high < 0:
        return f"the simple rule is better: the share of late invoices orders customers better than the rating {reach}"
    return f"the rating and the share of late invoices cannot be told apart {reach}"
