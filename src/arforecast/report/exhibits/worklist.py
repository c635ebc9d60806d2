"""Whom to contact next, how and why; what that is worth, and who is left alone."""

from __future__ import annotations

import pandas as pd

from arforecast.report.exhibit import Card, Exhibit, Stamp, cut, named, why
from arforecast.report.exhibits.accounts import LEFT_ALONE, LISTED_SHEET, RESERVED, WAIT, with_names
from arforecast.report.formats import count, currency_of, date, exact, many, money


def standing(everyone: pd.DataFrame, first: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """How many accounts are worth an action, what those there is time for ask for, take and are worth, and who is left
    alone. everyone: the list without a limit; first: those there is time for."""
    return Exhibit(
        question="Whom to contact next?",
        numbers=cut(everyone, _sums, first),
        units={"value": "money"},
        says=_standing_said,
        cards=_cards,
        file="worklist_standing",
        currency=stamp["currency"],
        call="today.worklist()",
        why=named("Whom to contact", why(stamp, "worklist")),
        nothing="Nobody owes anything that is overdue or falls due soon.",
    )


def _sums(everyone: pd.DataFrame, first: pd.DataFrame) -> pd.DataFrame:
    if everyone.empty:
        return pd.DataFrame()
    left, acts = everyone[everyone["action"].eq(WAIT)], first[first["action"].ne(RESERVED)]
    row = {
        "accounts": len(everyone),
        "worth_it": len(everyone) - len(left) - everyone["action"].eq(RESERVED).sum(),
        "placed": len(acts),
        "asked_balance": acts["asked_balance"].sum(),
        "minutes": acts["minutes"].sum(),
        "value": acts["value_of_action"].sum(),
        "value_low": acts["value_low_amount"].sum(),
        "value_high": acts["value_high_amount"].sum(),
        "reserved": len(first) - len(acts),
        "left": left["overdue_balance"].gt(0).sum(),
        "left_balance": left["overdue_balance"].sum(),
        "contact_on": everyone["contact_on"].iloc[0],
        "customer": next(iter(acts["customer"]), ""),
        "action": next(iter(acts["action"]), ""),
    }
    return pd.DataFrame([row])


def _standing_said(numbers: pd.DataFrame) -> str:
    row = numbers.iloc[0]
    of = f"{many(row['accounts'], 'account')} with money overdue or due soon"
    first = f" {row['customer']} comes first: {row['action']}." if row["placed"] else ""
    return f"Worth an action on {date(row['contact_on'])}: {count(row['worth_it'])} of {of}.{first}"


def _cards(numbers: pd.DataFrame) -> list[Card]:
    row, call = numbers.iloc[0], "today.worklist()"
    worth = f"{money(row['value_low'])} to {money(row['value_high'])}, by the effects the settings declare"
    reserve = [Card("Reserve", count(row["reserved"]), "left alone by lot", "", "today.effect()")]
    return [
        Card("To act on", count(row["placed"]), f"of {count(row['worth_it'])} worth it", "", call),
        Card("To ask for", money(row["asked_balance"]), "at these accounts", "", call),
        Card("Minutes", count(row["minutes"]), "for all of them", "", call),
        Card("Worth", money(row["value"]), worth, "", call),
        Card("Overdue, left alone", money(row["left_balance"]), f"at {many(row['left'], 'account')}", "", call),
        *(reserve if row["reserved"] else []),
    ]


def listed(first: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """Those there is time for: whom to ask, for how much, how, and why."""
    return Exhibit(
        question="Whom to contact, how and why?",
        numbers=first,
        units={"phone": "text"},
        says=_listed_said,
        file="worklist",
        currency=stamp["currency"],
        call="today.worklist(capacity=20)",
        why=why(stamp, "worklist"),
        nothing="Nobody is worth an action.",
        table={
            "columns": [
                "customer",
                *(["phone"] if len(first) and first["phone"].notna().any() else []),
                "asked_balance",
                "action",
                "value_of_action",
                "collector",
                "contacted_on",
                "reason",
            ],
            "limit": len(first),
            "links": LISTED_SHEET,
            "act": True,
            "missing": "no number, no collector, or no contact yet",
        },
    )


def _listed_said(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    asked = exact(first["asked_balance"], currency_of(rows))
    return f"First {first['customer']}: {first['action']}, {asked} to ask for"


def by_action(everyone: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What is worth doing, by action: at how many accounts, for how much, in how many minutes."""
    return Exhibit(
        question="What is there to do, and what is it worth?",
        numbers=cut(everyone, _by_action),
        says=_by_action_said,
        file="worklist_actions",
        currency=stamp["currency"],
        call="today.worklist()",
        why=why(stamp, "worklist"),
        nothing="Nothing is worth an action.",
        table={"totals": ["accounts", "asked_balance", "minutes", "cost_amount", "value_of_action"]},
    )


def _by_action(everyone: pd.DataFrame) -> pd.DataFrame:
    acts = everyone[~everyone["action"].isin(LEFT_ALONE)]
    money_of = ["asked_balance", "minutes", "cost_amount", "value_of_action", "value_low_amount", "value_high_amount"]
    sums = acts.groupby("action")[money_of].sum()
    sums.insert(0, "accounts", acts.groupby("action").size())
    return sums.reset_index().sort_values(["value_of_action", "action"], ascending=[False, True], ignore_index=True)


def _by_action_said(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    return f"Worth most: {first['action']}, at {many(first['accounts'], 'account')}"


def left_alone(everyone: pd.DataFrame, stamp: Stamp, rows: int = 10) -> Exhibit:
    """Who is overdue and is not contacted, and why."""
    return Exhibit(
        question="Who is overdue and left alone, and why?",
        numbers=cut(everyone, _left_alone),
        says=_left_said,
        file="left_alone",
        currency=stamp["currency"],
        call="today.worklist()",
        why=why(stamp, "worklist"),
        nothing="Nobody who is overdue is left alone.",
        table={"columns": ["customer", "overdue_balance", "oldest_days_past_due", "reason"], "limit": rows}
        | {"totals": ["overdue_balance"]},
    )


def _left_alone(everyone: pd.DataFrame) -> pd.DataFrame:
    left = everyone[everyone["action"].isin(LEFT_ALONE) & everyone["overdue_balance"].gt(0)]
    told = ["customer_id", "customer", "overdue_balance", "oldest_days_past_due", "action", "reason"]
    return left.sort_values(["overdue_balance", "customer_id"], ascending=[False, True], ignore_index=True)[told]


def _left_said(rows: pd.DataFrame) -> str:
    accounts = f"{many(len(rows), 'account')} with {money(rows['overdue_balance'].sum())} overdue"
    return f"{accounts} {'is' if len(rows) == 1 else 'are'} left alone for now"


def brought(effect: pd.DataFrame, stamp: Stamp) -> Exhibit:
    """What contacting brought, by the accounts that the lot left alone."""
    return Exhibit(
        question="What did contacting bring?",
        numbers=effect,
        says=_brought_said,
        file="effect",
        currency=stamp["currency"],
        call="today.effect()",
        why=why(stamp, "effect"),
        table={"missing": "too few accounts yet"},
    )


def _brought_said(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    if pd.isna(first["difference_amount"]):
        return f"Nothing can be said of {many(first['weeks'], 'week')}: {first['verdict']}"
    brought, low, high = (exact(first[f"{of}_amount"], currency_of(rows)) for of in ("difference", "low", "high"))
    found = f"A week's contact brought an account {brought} within 14 days ({low} to {high})"
    return f"{found}: {first['verdict']}"


def with_sheet(first: pd.DataFrame, accounts: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """The accounts of the list in its order, for their sheets."""
    rows = with_names(accounts, customers).set_index("customer_id")
    return rows.loc[first["customer_id"].tolist() if len(first) else []].reset_index()
