"""What can be wrong with a ledger: every rule a function in a list, every problem a row of data.

A check takes tables and gives the rows that break its rule, as (table, row, column, value, rule, amount): amount is
the money at stake in minor units. What a row shows alone is tested where its cells become values; checks of substance
read the typed tables; checks of reference and warnings read what is left in use, each application beside its invoice.
A table without rows breaks no rule and is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from arforecast import currencies
from arforecast.ledger import alone, cells, companies, database, rates
from arforecast.ledger.median import medians
from arforecast.ledger.tables import BY_NAME, INVOICE, INVOICES, TABLES, Column, Table, Tables

if TYPE_CHECKING:
    from arforecast.settings import Settings

Check = Callable[[Tables, "Settings"], Iterator["ibis.Table"]]
# Of an application: whether it, and its invoice, are of the time before the ledger begins.
OLD = "before the beginning"
COLUMNS = ["table", "row", "column", "value", "rule", "amount"]
# The tables whose money is worth what its rate says on the day it enters the books.
OF_MONEY = ("invoices", "receipts", "credits")
MILLIARD = 10**9
# The tables whose rows name their currency.
IN_CURRENCY = tuple(table.name for table in TABLES if table.column("currency"))


def _found(rows: ibis.Table, table: str, rule: str, column: str, value: ibis.Value) -> ibis.Table:
    """The rows as problems; `row` and, where there is one, `amount` come from them (null: it cannot be read)."""
    amount = rows.amount.abs() if "amount" in rows.columns else ibis.literal(0)
    return rows.select(
        table=ibis.literal(table),
        row=rows.row.cast("int64"),
        column=ibis.literal(column),
        value=value.cast("string"),
        rule=ibis.literal(rule),
        amount=amount.cast("int64"),
    )


def _at_stake(rows: ibis.Table, *columns: str) -> ibis.Table:
    """No more of the rows than a check needs."""
    return rows.select("row", *columns, *({"amount"} & set(rows.columns)))


def _of(tables: Tables, *names: str) -> Iterator[tuple[str, ibis.Table]]:
    return ((name, tables[name]) for name in names if name in tables)


# Alone: what a row shows by itself, in its cells as they stand in the file and in the values made of them.


def broken(rows: ibis.Table, table: Table, settings: Settings) -> ibis.Table:
    """The rows as they stand in the file that are not sound, or odd."""
    values = cells.values(rows, table, settings.ledger.currency)
    return rows.filter(~alone.sound(rows, values, table, settings) | alone.odd(rows, values, table, settings))


def by_themselves(raw: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """The problems that rows as they stand in the file have by themselves."""
    for name, rows in raw.items():
        table = BY_NAME[name]
        values, money = cells.values(rows, table, settings.ledger.currency), alone.money(rows, table, settings)
        for test in alone.tests(rows, values, table, settings):
            shown = rows.select("row", amount=money, shown=test.shown, broken=test.broken)
            hit = shown.filter(_.broken)
            yield _found(hit, name, test.rule, test.column, hit.shown)


# Substance: typed tables, one table at a time.


def unknown_currencies(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A code that no currency has."""
    for name, rows in _of(tables, *IN_CURRENCY):
        strange = _at_stake(rows, "currency").filter(~_.currency.isin(currencies.known()))
        yield _found(strange, name, "unknown_currency", "currency", strange.currency)


def missing_rates(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Foreign money without a rate on the day it enters the books is worth nothing that anybody knows."""
    for name, rows in _of(tables, *OF_MONEY):
        yield _unrated(rows.filter(_.currency.isin(currencies.known())), name, tables, settings)


def own_rates(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A rate of the reporting currency itself that is not one: all its money would be worth something else."""
    for name, rows in _of(tables, "rates"):
        own = rows.filter((_.currency == settings.ledger.currency) & (_.rate != 1))
        yield _found(own, name, "own_rate", "currency", own.currency)


def _unrated(rows: ibis.Table, name: str, tables: Tables, settings: Settings) -> ibis.Table:
    dated = _at_stake(rows, "currency", "entered_on")
    bare = rates.unrated(dated, "entered_on", rates.daily(tables["rates"], settings), settings)
    return _found(bare, name, "missing_rate", "currency", bare.currency + " on " + bare.entered_on.cast("string"))


def duplicates(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Rows that share what identifies one: all of them are out, none can be trusted."""
    for table in TABLES:
        if table.identifier and table.name in tables:
            yield _duplicates(tables[table.name], table)


def _duplicates(rows: ibis.Table, table: Table) -> ibis.Table:
    first = table.identifier[0]
    known = _at_stake(rows, *table.identifier).filter(_[first].notnull())
    twice = known.mutate(times=_.count().over(group_by=table.identifier)).filter(_.times > 1)
    return _found(twice, table.name, table.twice, first, twice[first])


def absurd_amounts(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A milliard and more, from a customer whose invoices usually are over less than a millionth of it."""
    invoices = _at_stake(tables["invoices"], "invoice_id", "customer_id", "currency")
    milliard = cells.by_currency(
        invoices.currency, settings.ledger.currency, lambda more: ibis.literal(MILLIARD * 10**more)
    )
    huge = invoices.filter(_.amount >= milliard)
    peers = invoices.semi_join(huge, "customer_id")
    usual = medians(peers, ["customer_id"], "amount")
    rows = huge.join(usual, "customer_id").filter(_.amount > 10**6 * _.median)
    yield _found(rows, "invoices", "absurd", "invoice_id", rows.invoice_id)


# Reference: between tables, after errors of form and substance went out.


def unknown_invoices(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A row about an invoice that is not there, or was itself set aside."""
    strangers = tables["applications"].filter(_.billed_on.isnull() & ~_[OLD])
    yield _found(strangers, "applications", "unknown_invoice", "invoice_id", strangers.invoice_id)
    for table, column in _referring(tables):
        if column.references == INVOICE and table.name != "applications":
            yield _strangers(tables, table, column)


def _referring(tables: Tables) -> Iterator[tuple[Table, Column]]:
    """The columns that name rows of another table, where both tables are there."""
    for table in TABLES:
        for column in table.columns:
            if table.name in tables and column.references.partition(".")[0] in tables:
                yield table, column


def _strangers(tables: Tables, table: Table, column: Column) -> ibis.Table:
    """The rows that name one which is not there; none where the other table has no row in use."""
    referred, _dot, key = column.references.partition(".")
    known = tables[referred].select(known=key)
    rows = _at_stake(tables[table.name], column.name).filter(_[column.name].notnull())
    strangers = rows.anti_join(known, [(column.name, "known")]).filter(known.count().as_scalar() > 0)
    return _found(strangers, table.name, f"unknown_{key.removesuffix('_id')}", column.name, strangers[column.name])


def applications_without_rate(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An application is in the currency of its invoice, and counts at the rate of the day it enters the books."""
    yield _unrated(tables["applications"].rename(currency="billed_in"), "applications", tables, settings)


def applications_before_issue(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Cash before the invoice is a prepayment; a credit note, discount or write-off before it is a mistake."""
    rows = tables["applications"].filter(_.applied_on < _.billed_on)
    for rule, early in (
        ("prepayment", rows.filter(_.kind == "cash")),
        ("before_invoice", rows.filter(_.kind != "cash")),
    ):
        yield _found(early, "applications", rule, "applied_on", early.applied_on)


# Warnings: rows that are used and reported.


def before_the_beginning(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """What was applied, before the ledger begins, to an invoice that was settled by then: it uses up its receipt."""
    old = tables["applications"].filter(_[OLD])
    yield _found(old, "applications", "before_the_beginning", "invoice_id", old.invoice_id)


def over_applied_invoices(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """More was applied to an invoice than it bills."""
    reduced = tables["applications"].group_by("invoice_id")
    applied = reduced.aggregate(applied=_.amount.sum().cast("int64"), billed=_.billed.max())
    over = applied.filter(_.applied > _.billed).select("invoice_id", amount=_.applied - _.billed)
    rows = tables["invoices"].select("row", "invoice_id").join(over, "invoice_id")
    yield _found(rows, "invoices", "over_applied", "invoice_id", rows.invoice_id)


def unknown_others(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A row that names a customer, a receipt, a credit or an application which is not there."""
    for table, column in _referring(tables):
        if column.references != INVOICE:
            yield _strangers(tables, table, column)


def long_terms(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """Terms of more than a year are rarer than a wrong year in a date."""
    rows = tables["invoices"].filter(_.due_on > _.issued_on + ibis.interval(days=365))
    yield _found(rows, "invoices", "long_terms", "due_on", rows.due_on)


def outliers(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An amount beyond 100 times the customer's median: a misplaced decimal point looks like this."""
    invoices = _at_stake(tables["invoices"], "invoice_id", "customer_id")
    ranges = invoices.group_by("customer_id").aggregate(least=_.amount.min(), most=_.amount.max())
    # The median is no less than the least: few customers are worth the sorting.
    wide = invoices.semi_join(ranges.filter(_.most > 100.0 * _.least), "customer_id")
    rows = wide.join(medians(wide, ["customer_id"], "amount"), "customer_id").filter(_.amount > 100 * _.median)
    yield _found(rows, "invoices", "outlier", "invoice_id", rows.invoice_id)


def booking_gaps(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A ledger that books daily and then books nothing for a week: weekends explain two days, not seven."""
    days = tables["invoices"].select(day="issued_on").union(tables["applications"].select(day="applied_on"))
    booked = days.distinct()
    gaps = booked.mutate(gap=booked.day.delta(booked.day.lag().over(order_by=booked.day), unit="day"))
    long = (
        gaps.cross_join(medians(gaps, [], "gap"))
        .filter((_.median <= 1) & (_.gap > 7))
        .mutate(row=ibis.literal(None, "int64"))
    )
    yield _found(long, "invoices", "booking_gap", "issued_on", long.day)


def duplicate_rows(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """The same invoice booked under two numbers, the same payment or agreed invoice under none."""
    for table in TABLES:
        if table.alike and table.name in tables:
            yield _repeated(tables[table.name], table, "duplicate_row" if table is INVOICES else "repeated_row")


def _repeated(rows: ibis.Table, table: Table, rule: str) -> ibis.Table:
    """Those behind the first of rows that are alike; one that has an identifier and need not is told from others."""
    shown, few = table.required[0].name, list(table.alike[:4])
    own = [name for name in table.identifier if name != shown]
    plain = rows.filter(ibis.literal(True), *(_[name].isnull() for name in own))
    twice = plain.group_by(few).aggregate(times=_.count()).filter(_.times > 1)
    nth = ibis.row_number().over(group_by=list(table.alike), order_by="row")
    later = plain.semi_join(twice, few).select("row", shown, "amount", nth=nth).filter(_.nth > 0)
    return _found(later, table.name, rule, shown, later[shown])


def misapplied(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A receipt or a credit that is applied beyond its amount, before it came, or to another customer."""
    heads = companies.heads(tables["customers"]) if "customers" in tables else {}
    for name, money in _of(tables, "receipts", "credits"):
        (key,) = BY_NAME[name].identifier
        drawn = tables["applications"].filter(_[key].notnull())
        links = _links(drawn, money, BY_NAME[name])
        early = links.filter(_.applied_on < _.came_on)
        yield _found(early, "applications", "applied_too_early", "applied_on", early.applied_on)
        elsewhere = _elsewhere(links.filter(_.billed_to != _.payer), heads)
        yield _found(elsewhere, "applications", "applied_elsewhere", key, elsewhere[key])
        yield _beyond(drawn.filter(_.kind == "cash") if name == "receipts" else drawn, money, BY_NAME[name])


def _links(drawn: ibis.Table, money: ibis.Table, table: Table) -> ibis.Table:
    """The applications beside what they were taken from."""
    (key,) = table.identifier
    came = money.select(known=key, payer="customer_id", came_on=table.dated_by)
    own = drawn.select("row", "applied_on", "amount", "billed_to", key)
    return own.join(came, [(key, "known")])


def _elsewhere(links: ibis.Table, heads: Mapping[str, str]) -> ibis.Table:
    """Those between customers who do not belong together: a company may pay for those below it, and for itself under
    another number."""
    for column in ("payer", "billed_to") if heads else ():
        links = companies.renamed(links, column, heads)
    return links.filter(links.payer != links.billed_to)


def _beyond(drawn: ibis.Table, money: ibis.Table, table: Table) -> ibis.Table:
    """Of which more is applied, in its own currency, than it is over; the surplus is at stake."""
    (key,) = table.identifier
    sums = drawn.group_by(known=key, currency="billed_in").aggregate(applied=_.amount.sum().cast("int64"))
    both = money.select("row", "currency", key, held="amount").join(sums, [(key, "known"), "currency"])
    over = both.mutate(amount=both.applied - both.held)
    # Money that was returned is below zero, and so is what is taken back with it.
    wrong = over.filter(((over.held >= 0) & (over.amount > 0)) | ((over.held < 0) & (over.amount < 0)))
    return _found(wrong, table.name, "applied_beyond", key, wrong[key])


def undone_nothing(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """An application below zero that takes back more than there was: of its kind by then or, where it names one, of
    that."""
    yield _taken_too_often(tables["applications"])
    all_, alike = tables["applications"], ["invoice_id", "kind"]
    back = all_.filter((_.amount < 0) & _.undoes.isnull())
    in_order = {"group_by": alike, "order_by": ["applied_on", ibis.desc("amount"), "row"]}
    by_then = ibis.cumulative_window(**in_order)
    sums = all_.semi_join(back, alike).mutate(applied=_.amount.sum().over(by_then))
    lows = sums.mutate(low=_.applied.min().over(by_then)).mutate(before=_.low.lag().over(ibis.window(**in_order)))
    # What one row took too much, the rows after it did not.
    floor = ibis.least(ibis.coalesce(lows.before, 0), 0)
    rows = lows.filter((lows.amount < 0) & lows.undoes.isnull() & (lows.applied < floor))
    yield _found(rows, "applications", "undoes_nothing", "amount", alone.major(rows.amount, rows.billed_in, settings))


def _taken_too_often(all_: ibis.Table) -> ibis.Table:
    """Those that name an application of another invoice, or one of which those before them left less."""
    there = all_.filter(_.application_id.notnull()).select("application_id", of="invoice_id", held="amount")
    back = all_.filter(_.amount < 0).select("row", "invoice_id", "amount", "undoes")
    named = back.join(there, [("undoes", "application_id")])
    so_far = ibis.cumulative_window(group_by="undoes", order_by="row")
    left = named.mutate(left=named.held + named.amount.sum().over(so_far))
    rows = left.filter((left.invoice_id != left.of) | (left.left < 0))
    return _found(rows, "applications", "undoes_too_much", "undoes", rows.undoes)


def circles(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A customer that is above itself, or merged into itself, over however many others."""
    for _name, customers in _of(tables, "customers"):
        links = customers.select("row", "customer_id", "merged_into", above=ibis.coalesce(_.merged_into, _.parent_id))
        below = links.filter(_.above.notnull())
        # On a circle each is below another and above one: few of a ledger are both.
        between = below.semi_join(below.select(known="above"), [("customer_id", "known")])
        between = between.semi_join(below.select(known="customer_id"), [("above", "known")])
        rows = between.filter(database.among(between.customer_id, _round(dict(_pairs(between)))))
        column = rows.merged_into.isnull()
        for name, those in (("parent_id", rows.filter(column)), ("merged_into", rows.filter(~column))):
            yield _found(those, "customers", "circle", name, those.above)


def _pairs(between: ibis.Table) -> Iterator[tuple[str, str]]:
    return between.select("customer_id", "above").to_pandas().itertuples(index=False, name=None)


def _round(above: Mapping[str, str]) -> list[str]:
    """Those that a walk upwards from them meets again."""
    met: set[str] = set()
    circles: list[str] = []
    for start in above:
        walk: dict[str, int] = {}
        at = start
        while at in above and at not in met:
            met.add(at)
            walk[at] = len(walk)
            at = above[at]
        if at in walk:
            circles += list(walk)[walk[at] :]
    return circles


AHEAD_YEARS = 10


def dates_far_ahead(tables: Tables, settings: Settings) -> Iterator[ibis.Table]:
    """A day long after the last year in which invoices were issued year by year."""
    last = _last_year(tables["invoices"])
    if last is None:
        return
    for name, rows in tables.items():
        for column in BY_NAME[name].columns:
            if column.type == "date":
                late = rows.filter(_[column.name] > ibis.literal(date(last + AHEAD_YEARS, 12, 31)))
                yield _found(late, name, "far_ahead", column.name, late[column.name])


def _last_year(invoices: ibis.Table) -> int | None:
    """The year of most invoices, or the last one after it that no gap of ten years parts from it."""
    counts = invoices.group_by(year=_.issued_on.year()).aggregate(rows=_.count()).to_pandas().set_index("year").rows
    if counts.empty:
        return None
    last = int(counts.idxmax())
    for year in sorted(map(int, counts.index)):
        last = year if last < year <= last + AHEAD_YEARS else last
    return last


OF_RATES: tuple[Check, ...] = (own_rates, duplicates)
SUBSTANCE: tuple[Check, ...] = (unknown_currencies, missing_rates, duplicates, absurd_amounts)
REFERENCE: tuple[Check, ...] = (unknown_invoices, applications_without_rate, applications_before_issue)
WARNINGS: tuple[Check, ...] = (
    before_the_beginning,
    over_applied_invoices,
    misapplied,
    undone_nothing,
    long_terms,
    dates_far_ahead,
    outliers,
    booking_gaps,
    duplicate_rows,
    unknown_others,
    circles,
)
# No use to a ledger that has but one currency.
OF_FOREIGN_MONEY: tuple[Check, ...] = (unknown_currencies, missing_rates, applications_without_rate)


def needless(sizes: pd.DataFrame) -> set[Check]:
    """The checks that cannot find anything, by what the tables hold in all: by table foreign, negative, latest; of
    invoices first, least, most."""
    billed = sizes[["least", "most"]].astype("float64").loc["invoices"]
    years = pd.to_datetime(sizes["first"]).dt.year + AHEAD_YEARS
    idle = {
        dates_far_ahead: pd.to_datetime(sizes.latest).dt.year.max() <= years["invoices"],
        absurd_amounts: billed.most < MILLIARD,
        outliers: billed.least > 0 and billed.most <= 100 * billed.least,
        undone_nothing: "applications" in sizes.index and not sizes.negative["applications"],
    } | dict.fromkeys(OF_FOREIGN_MONEY, not sizes.foreign.any())
    return {check for check, nothing in idle.items() if nothing}


def run(checks: tuple[Check, ...], tables: Tables, settings: Settings) -> pd.DataFrame:
    """All problems the checks find: table, row, column, value, rule, amount (minor units)."""
    found = [problems for check in checks for problems in check(tables, settings)]
    if found and not database.ours(found[0]):
        found = _some(found)
    return ibis.union(*found).to_pandas() if found else pd.DataFrame(columns=COLUMNS)


def _some(found: list[ibis.Table]) -> list[ibis.Table]:
    """Those that hold a problem: another engine numbers rows by sorting them, and need not where none is named."""
    counts = ibis.union(*(each.aggregate(rows=_.count()).mutate(nth=nth) for nth, each in enumerate(found)))
    counted = counts.to_pandas().set_index("nth").rows
    return [each for nth, each in enumerate(found) if counted[nth]]
