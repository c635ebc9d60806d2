"""Which accounts to look at and to call: in which order, and why."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from arforecast.report import charts
from arforecast.report.exhibit import Card, Exhibit, Stamp, cut, why
from arforecast.report.formats import (
    NULL,
    count,
    currency_of,
    date,
    days,
    does,
    exact,
    many,
    money,
    name,
    percent,
    text,
)

LARGEST = 10
LEFT_ALONE = WAIT, RESERVED = "wait", "not contacted: reserve"
SHEET = {"customer": "accounts.html#account-{customer_id}"}
LISTED_SHEET = {"customer": "worklist.html#account-{customer_id}"}  # of those whom the worklist names


def called(ids: pd.Series, customers: pd.DataFrame) -> pd.Series:
    """The name of each customer of `ids`: with its identifier where two of `customers` have that name, and the
    identifier alone where there is no name."""
    given = customers.drop_duplicates("customer_id").set_index("customer_id")["name"]
    own = given.index.to_series().astype("str")
    names = given.astype("str").fillna(own)
    shared = names.duplicated(keep=False) & names.ne(own)
    return ids.map(names.mask(shared, names + " (" + own + ")")).fillna(ids)


def with_names(rows: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """The rows with the name that tells each customer apart among all `customers`; of what is not known, nothing."""
    return cut(rows, lambda known: known.assign(customer=called(known["customer_id"], customers)))


def ranked(accounts: pd.DataFrame, customers: pd.DataFrame, late: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """The accounts in the order in which to call them: what is overdue and not expected to come within 14 days by
    itself, once more for each broken promise.

    customer is the name that tells it apart among all `customers`; p_paid_14 and p_paid_30 are the shares of its
    overdue money expected within that many days, null where `late`, the chances of its invoices, is empty. Who is in
    credit, or paid that day, is not asked and comes last.
    """
    rows = with_names(accounts, customers)
    for within in (14, 30):
        cash = f"expected_cash_{within}"
        rows[f"p_paid_{within}"] = rows["customer_id"].map(_expected(late, cash, as_of)) if len(late) else math.nan
    asked = rows["open_balance"].add(rows["credit_balance"]).gt(0) & rows["last_paid_on"].ne(pd.Timestamp(as_of))
    broken = rows["broken_promises"].fillna(0).astype("float64")
    value = rows["overdue_balance"] * (1 - rows["p_paid_14"].fillna(0)) * (1 + broken)
    return rows.assign(value=value.where(asked, 0), asked=asked & rows["overdue_balance"].gt(0)).sort_values(
        ["value", "overdue_balance", "customer_id"], ascending=[False, False, True], ignore_index=True
    )


def _expected(late: pd.DataFrame, cash: str, as_of: str) -> pd.Series:
    """Of each customer the share of overdue money that is expected as `cash`."""
    overdue = late[pd.to_datetime(late["due_on"]).lt(pd.Timestamp(as_of))]
    sums = overdue.groupby("customer_id")[[cash, "worth_amount"]].sum()
    return sums[cash] / sums["worth_amount"]


def calls(ranked: pd.DataFrame, worklist: pd.DataFrame, stamp: Stamp, rows: int = LARGEST) -> Exhibit:
    """The overdue accounts that the worklist names, in its order, each with what is to be done and what of it is
    expected to come by itself; where `worklist` is not known, all that may be called, by what will not come."""
    told = ["customer", "overdue_balance", "p_paid_14", "action", "reasons"]
    # The brief is one sheet: what is expected to come by itself is said of the first, and is in the CSV of all.
    shown = [column for column in told if column != "p_paid_14"]
    named, known = _named(ranked[ranked["overdue_balance"].gt(0)], worklist), len(worklist.columns) > 0
    return Exhibit(
        question="Whom to call?",
        numbers=named[["customer_id", *told, "oldest_days_past_due", "broken_promises"]].reset_index(drop=True),
        says=_calls_said,
        file="calls",
        currency=stamp["currency"],
        call="today.worklist()" if known else "today.accounts()",
        nothing="Nobody who is overdue is worth a call.",
        table={"columns": shown, "limit": rows, "links": LISTED_SHEET if known else SHEET, "act": True}
        | {"missing": "no promises in this ledger"},
    )


def _named(ranked: pd.DataFrame, worklist: pd.DataFrame) -> pd.DataFrame:
    if not len(worklist.columns):
        return ranked[ranked["asked"]].assign(action="call")
    acts = worklist.loc[~worklist["action"].isin(LEFT_ALONE), ["customer_id", "action"]]
    return acts.merge(ranked, on="customer_id")


def _calls_said(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    expected = "" if pd.isna(first["p_paid_14"]) else f", {percent(first['p_paid_14'])} of it expected within 14 days"
    owed = exact(first["overdue_balance"], currency_of(rows))
    return f"First {first['customer']}: {first['action']}, {owed} overdue{expected}"


def overdue(ranked: pd.DataFrame, late: pd.DataFrame, stamp: Stamp, rows: int = LARGEST) -> Exhibit:
    """Who is overdue, and how much of it is expected to come soon."""
    owing = ranked[ranked["overdue_balance"].gt(0)]
    numbers = owing.assign(
        expected_14_amount=owing["overdue_balance"] * owing["p_paid_14"],
        expected_30_amount=owing["overdue_balance"] * owing["p_paid_30"],
    )
    columns = ["customer", "overdue_balance", "oldest_days_past_due", "expected_14_amount", "expected_30_amount"]
    return Exhibit(
        question="Who is overdue, and how much of it will come soon?",
        numbers=numbers[["customer_id", *columns, "broken_promises"]].reset_index(drop=True),
        says=_overdue_said,
        file="overdue_accounts",
        currency=stamp["currency"],
        call="today.late_payers()",
        why=why(stamp, "late_payers"),
        nothing="Nobody is overdue.",
        table={"columns": columns, "limit": rows, "links": SHEET, "act": True}
        | {"totals": ["overdue_balance", "expected_14_amount", "expected_30_amount"]},
    )


def _overdue_said(rows: pd.DataFrame) -> str:
    owed, soon = rows["overdue_balance"].sum(), rows["expected_14_amount"].sum()
    return f"{money(soon)} of the {money(owed)} overdue at {many(len(rows), 'account')} is expected within 14 days"


# ------------------------------------------------------------------ what is wrong with accounts


def standing(ranked: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """How many accounts to look at and what they hold; how much is old, over its limit, promised in vain, disputed."""
    look, absent = ranked[ranked["problems"].gt(0)], dict(stamp["missing_tables"])
    numbers = pd.DataFrame(
        [
            ("accounts", len(ranked), len(ranked), "", ""),
            ("open", ranked["open_balance"].sum(), len(ranked), "", ""),
            ("overdue", ranked["overdue_balance"].sum(), ranked["overdue_balance"].gt(0).sum(), "", ""),
            ("looked_at", look["overdue_balance"].sum(), len(look), "", ""),
            *(("first", row["overdue_balance"], 1, row["customer"], row["reasons"])
              for row in look.head(1).to_dict("records")),
            *((column, *_affected(ranked[column], MADE_OF.get(column) in absent), "", "") for column in AFFECTED),
        ],
        columns=["figure", "value", "accounts", "customer", "reasons"],
    )  # fmt: skip
    return Exhibit(
        question="Which accounts need a look?",
        numbers=numbers.astype({"value": "float64", "accounts": "Int64"}),
        units={"value": "money"},
        says=_standing_said,
        cards=partial(_cards, unpaid=why(stamp, "history")),
        file="accounts_standing",
        currency=stamp["currency"],
        call="today.accounts()",
    )


AFFECTED: dict[str, tuple[str, Callable[[Any], str], str]] = {
    "over_90_balance": ("Over 90 days past due", money, ""),
    "over_limit_amount": ("Over the credit limit", money, "no credit limits in this ledger"),
    "broken_promises": ("Broken promises", count, "no promises table in this ledger"),
    "disputed_balance": ("Disputed", money, "no disputes table in this ledger"),
}


# Without the table nothing is known of it, of no account too.
MADE_OF = {"over_limit_amount": "customers", "broken_promises": "promises", "disputed_balance": "disputes"}


def _affected(column: pd.Series, absent: bool) -> tuple[float, int | None]:
    """What a column of accounts adds up to, and at how many of them; null where it is not known of any."""
    unknown = column.isna().all() if len(column) else absent
    return (math.nan, None) if unknown else (float(column.sum()), int(column.gt(0).sum()))


def _standing_said(numbers: pd.DataFrame) -> str:
    figures = numbers.set_index("figure")
    value, at = figures["value"], figures["accounts"]
    accounts, look, owed = at["accounts"], at["looked_at"], value["overdue"]
    if not accounts:
        return "No customer owes anything."
    if not look:
        owe = f"{many(accounts, 'account')} {does(accounts, 'owe')} {money(value['open'])}"
        return f"{owe}, {money(owed)} of it overdue; none has a reason to be looked at."
    first = figures.loc["first"]
    held = "it holds" if look == 1 else "they hold"
    share = f"{held} {percent(value['looked_at'] / owed)} of the {money(owed)} overdue" if owed else ""
    owing = f"{many(accounts, 'account')} that {does(accounts, 'owe')}"
    return (
        f"{count(look)} of {owing} {does(look, 'need')} a look; {share or 'nothing is overdue'}. "
        f"First comes {first['customer']} with {money(first['value'])} overdue: {first['reasons'].replace(';', ',')}."
    )


def _cards(numbers: pd.DataFrame, unpaid: str) -> list[Card]:
    figures, call = numbers.set_index("figure"), "today.accounts()"
    value, at = figures["value"], figures["accounts"]
    share = percent(value["looked_at"] / value["overdue"] if value["overdue"] else math.nan)
    absent = {"broken_promises": unpaid}
    return [
        Card("Accounts to look at", count(at["looked_at"]), f"of {count(at['accounts'])} that owe", "", call),
        Card("Their overdue money", money(value["looked_at"]), f"{share} of all that is overdue", "", call),
        *(
            Card(label, NULL, absent.get(column) or unknown)
            if pd.isna(value[column])
            else Card(label, written(value[column]), f"at {many(at[column], 'account')}", "", call)
            for column, (label, written, unknown) in AFFECTED.items()
        ),
    ]


def listed(ranked: pd.DataFrame, stamp: Stamp, rows: int = LARGEST) -> Exhibit:
    """The accounts that have a reason to be looked at, in the order in which to call them."""
    columns = ["customer", "overdue_balance", "overdue_change_amount", "oldest_days_past_due", "p_paid_14"]
    look = ranked[ranked["problems"].gt(0)].reset_index(drop=True)
    told = ["last_paid_on", "promised_on", "reasons"]
    return Exhibit(
        question="Which accounts need a look, and why?",
        numbers=look[["customer_id", *columns, "open_balance", *told]],
        says=_listed_said,
        file="accounts",
        currency=stamp["currency"],
        call="today.accounts()",
        nothing="No account has a reason to be looked at.",
        table={
            "columns": [*columns, *told],
            "limit": rows,
            "links": SHEET,
            "act": True,
            "totals": ["overdue_balance", "overdue_change_amount"],
            "missing": "; ".join(filter(None, [why(stamp, "history") or "nothing paid yet", "or no promise pending"])),
        },
    )


def _listed_said(rows: pd.DataFrame) -> str:
    return f"{many(len(rows), 'account')}, by what is overdue and will not come by itself, and by broken promises"


def reasons(ranked: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """Why accounts are to be looked at, the most frequent reason first."""
    look = ranked[ranked["problems"].gt(0)]
    each = look.assign(reason=look["reasons"].str.split("; ")).explode("reason")
    sums = each.groupby("reason", as_index=False).agg(
        accounts=("customer_id", "size"), all_overdue_balance=("overdue_balance", "sum")
    )
    return Exhibit(
        question="Which reasons are the most frequent?",
        numbers=sums.sort_values(["accounts", "reason"], ascending=[False, True], ignore_index=True),
        says=_reasons_said,
        file="account_reasons",
        currency=stamp["currency"],
        call="today.accounts()",
        nothing="No account has a reason to be looked at.",
    )


def _reasons_said(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    return f"The most frequent reason, at {many(first['accounts'], 'account')}: {first['reason']}"


def largest(ranked: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The accounts with the most overdue money, and their share of all of it."""
    return Exhibit(
        question="How much of the overdue money do few accounts hold?",
        numbers=leaders(ranked, "overdue_balance", "of_overdue_share"),
        says=_largest_said,
        chart=partial(charts.bars, over="customer", stack=["overdue_balance"], note="of_overdue_share",
                      colours=[charts.OVERDUE]),
        file="largest_overdue",
        call="today.rows(\"overdue_ar\")",
        nothing="Nothing is overdue.",
        currency=stamp["currency"],
    )  # fmt: skip


def _largest_said(largest: pd.DataFrame) -> str:
    shares = largest["of_overdue_share"]
    if len(shares) == 1:
        return "One account holds all overdue money"
    few = f"the {count(len(shares))} largest {percent(shares.sum())}"
    return f"The largest account holds {percent(shares.iloc[0])} of all overdue money, {few}"


def growth(ranked: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """The accounts whose overdue money grew most in the month, and their share of the growth of all that grew."""
    return Exhibit(
        question="Where did overdue money grow in the month?",
        numbers=leaders(ranked, "overdue_change_amount", "of_growth_share"),
        says=_growth_said,
        chart=partial(charts.bars, over="customer", stack=["overdue_change_amount"], note="of_growth_share",
                      colours=[charts.OVERDUE], label="Growth of the overdue balance"),
        file="overdue_growth",
        call="today.accounts()",
        why=why(stamp, "history"),
        nothing="Overdue money grew at no account.",
        currency=stamp["currency"],
    )  # fmt: skip


def _growth_said(growth: pd.DataFrame) -> str:
    grown, share = growth["overdue_change_amount"].sum(), growth["of_growth_share"].sum()
    at = f"At {many(len(growth), 'account')} overdue money grew by {money(grown)} in the month"
    return f"{at}, {percent(share)} of all growth"


def leaders(ranked: pd.DataFrame, money_of: str, share_of: str) -> pd.DataFrame:
    """The accounts with the most of a kind of money, and their share of all of it above nothing."""
    rows = ranked[ranked[money_of].gt(0)].sort_values([money_of, "customer_id"], ascending=[False, True])
    shared = rows.assign(**{share_of: rows[money_of] / rows[money_of].sum()})
    return shared[["customer", money_of, share_of]].head(LARGEST).reset_index(drop=True)


# ------------------------------------------------------------------ the sheet of one


def with_sheet(ranked: pd.DataFrame, at_risk: pd.DataFrame, number: int) -> pd.DataFrame:
    """The accounts whose sheets are shown: the first, and those of the first invoices that may be paid late."""
    asked = [*ranked["customer_id"].head(number), *(at_risk["customer_id"].head(number) if len(at_risk) else ())]
    return ranked[ranked["customer_id"].isin(asked)].reset_index(drop=True)


def said(row: pd.Series, currency: str) -> str:
    """An account in one line: what is overdue, how old, and why to look at it."""
    oldest = f"overdue, the oldest by {days(row['oldest_days_past_due'])}"
    how = f"{exact(row['overdue_balance'], currency)} {oldest}" if row["overdue_balance"] > 0 else _open(row, currency)
    return f"{how}. {_sentence(row['reasons'])}".rstrip()


def _open(row: pd.Series, currency: str) -> str:
    return f"{exact(row['open_balance'], currency)} open, nothing overdue"


def _sentence(reasons: str) -> str:
    return f"{reasons[:1].upper()}{reasons[1:]}." if reasons else ""


def facts(row: pd.Series, currency: str, unpaid: str = "") -> list[Card]:
    """What to know of an account before its tables; `unpaid` says why it is not known what was paid."""
    written = partial(exact, currency=currency)
    over = f"{written(row['over_limit_amount'])} over" if row["over_limit_amount"] > 0 else ""
    method = NULL if pd.isna(row["usual_method"]) else name(row["usual_method"])
    return [
        Card("Open", written(row["open_balance"]), f"{percent(row['open_share'])} of receivables"),
        Card("Overdue", written(row["overdue_balance"]), _in_the_month(row["overdue_change_amount"], currency)),
        Card("Last payment", written(row["last_paid_amount"]), _on(row["last_paid_on"], unpaid or "none in the books")),
        Card("Next due", written(row["next_due_amount"]), _on(row["next_due_on"], "nothing falls due later")),
        Card("Agreed", written(row["promised_amount"]), _on(row["promised_on"], "no promise is pending", "for")),
        Card("Credit limit", written(row["credit_limit_amount"]), over),
        Card("Usual method", method),
        Card("Products", _some(row["products"])),
        Card("Collector", text(row["collector"])),
    ]


def _in_the_month(change: float, currency: str) -> str:
    return "" if pd.isna(change) else f"{'+' if change > 0 else ''}{exact(change, currency)} in the month"


def _on(day: Any, never: str, on: str = "on") -> str:
    return never if pd.isna(day) else f"{on} {date(day)}"


def _some(products: Any) -> str:
    """The first three of a list, and how many more there are."""
    if pd.isna(products):
        return NULL
    listed = products.split(", ")
    more = f" and {count(len(listed) - 3)} more" if len(listed) > 3 else ""
    return ", ".join(listed[:3]) + more
