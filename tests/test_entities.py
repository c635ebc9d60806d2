"""Several companies in the settings: each by its name, and the group they add up to."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from click.testing import CliRunner

import ledgers
from arforecast import Ledger, open_ledger
from arforecast.cli import main
from arforecast.errors import SourceError
from arforecast.ledger import checked, open_group
from arforecast.sample import write_sample
from arforecast.settings import Settings, read
from doors import HEADER, SOUND, write
from test_runner import kernels_import_this_package, notebook  # noqa: F401 - a fixture

AS_OF = "2026-05-31"
PARAMETERS = """
ledger: str = ""
as_of: str = ""
by: str = ""
data: str = ""
"""
OWED = """
import arforecast as ar
from arforecast.report import notebook, tables
from arforecast.report.exhibits import receivables
notebook.begin(globals())
today = ar.open_ledger(ledger).as_of(as_of)
kpis = today.kpis(by=by or None)
tables.save(kpis, data, "kpis")
receivables.groups(kpis, by, today.stamp())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two companies whose identifiers are the same, and the settings that name them."""
    folder = tmp_path_factory.mktemp("entities")
    write_sample(folder / "books" / "north", customers=30, months=14, seed=1)
    write_sample(folder / "books" / "south", customers=20, months=14, seed=2)
    south = ledgers.read(folder / "books" / "south")
    for row in south["invoices"]:
        row["currency"] = "CAD" if row["customer_id"].endswith("1") else ""
    bad = south["invoices"][3] | {"invoice_id": "INV-BAD", "due_on": "2026-02-30"}
    rates = ledgers.read(folder / "books" / "north")["rates"]
    ledgers.write(
        south | {"invoices": [*south["invoices"], bad], "rates": rates, "control_totals": []}, folder / "south"
    )
    text = '[entities]\nnorth = "books/north"\nsouth = "south"\n\n[ledger]\nquarantine_limit_share = 0.5\n'
    (folder / "arforecast.toml").write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def settings(home: Path) -> Settings:
    return read(home / "arforecast.toml")


@pytest.fixture(scope="module")
def opened(settings: Settings) -> dict[str, Ledger]:
    """Each company and the group, opened once for all that ask them."""
    return {name: open_ledger(name, settings) for name in ("north", "south", "group")}


def numerators(table: pd.DataFrame) -> pd.Series:
    return table.set_index(["as_of", "kpi"]).numerator


def test_the_parts_of_the_group_add_up(opened: dict[str, Ledger]) -> None:
    """Money of the whole group is that of its entities, by themselves or as groups of the whole."""
    money = ["open_ar", "overdue_ar", "billed", "cash", "credit_notes", "write_offs", "credit_balance", "net_ar"]
    costs = ["cost_to_collect", "cost_per_invoice"]
    north, south, group = (
        ledger.as_of(AS_OF).kpis("entity" if name == "group" else None, 3) for name, ledger in opened.items()
    )
    of_group = {name: rows[rows.kpi.isin(money + costs)] for name, rows in group.groupby("group")}
    assert set(of_group) == {"", "north", "south"}
    for name, alone in (("north", north), ("south", south)):
        pd.testing.assert_series_equal(
            numerators(of_group[name]), numerators(alone[alone.kpi.isin(money + costs)]), rtol=1e-12
        )
    parts = numerators(of_group["north"]) + numerators(of_group["south"])
    pd.testing.assert_series_equal(numerators(of_group[""]), parts, rtol=1e-12)
    assert (parts.xs("cash", level="kpi") > 0).all()


def test_the_same_identifier_of_two_entities_stays_two(opened: dict[str, Ledger]) -> None:
    group = opened["group"].books.tables["invoices"].to_pandas()
    assert group.invoice_id.is_unique
    assert {"north:INV-00002", "south:INV-00002"} <= set(group.invoice_id)


def test_what_is_wrong_is_told_with_its_entity(opened: dict[str, Ledger]) -> None:
    group = opened["group"]
    told = group.quarantine[group.quarantine.rule == "not_a_date"].message.item()
    assert told.startswith("south/invoices.csv row ")
    alone = [opened[name].books.rows.set_index("table") for name in ("north", "south")]
    rows = group.books.rows.set_index("table")
    pd.testing.assert_frame_equal(rows, sum(alone)[rows.columns].loc[rows.index])
    assert (rows.read == rows.used + rows.quarantined).all()


def test_a_currency_is_worth_the_same_to_all(home: Path) -> None:
    """The samples were drawn apart, and so were their rates: what one is worth here would not add up to the group."""
    apart = Settings(entities={name: str(home / "books" / name) for name in ("north", "south")})
    of = {name: ledgers.read(home / "books" / name)["rates"][0] for name in ("north", "south")}
    assert of["north"]["rate_on"] == of["south"]["rate_on"]
    said = " and ".join(f"{name} has {row['rate']}" for name, row in of.items()).replace("south has", "south")
    with pytest.raises(SourceError, match=f"CAD differ: on {of['north']['rate_on']} {said}. .* the same rates"):
        open_ledger("group", apart)


def test_a_ledger_of_a_database_is_not_added_up(
    home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another engine stands for the database: its rows would have to leave it, all of them."""
    from arforecast.ledger import entities, open_books

    monkeypatch.setattr(entities, "open_books", lambda url, settings, con: open_books(url, settings))
    with pytest.raises(SourceError, match=r"north, south lives in a database .* Export it"):
        open_ledger("group", settings)


def test_entities_differ_in_their_currencies_and_in_where_they_live(tmp_path: Path) -> None:
    """One is billed in dinars and lives in a folder, one in yen and lives in a `.duckdb` file; the group adds up."""
    rates = [
        {"rate_on": "2026-05-01", "currency": code, "rate": rate} for code, rate in (("KWD", "3.25"), ("JPY", "0.0066"))
    ]
    for name, currency, amount, paid in (("north", "KWD", "12.345", "2.345"), ("south", "JPY", "150000", "50000")):
        days = {"issued_on": "2026-05-01", "due_on": "2026-05-15"}
        invoice = {"invoice_id": "1", "customer_id": "C", **days, "amount": amount, "currency": currency}
        cash = {"invoice_id": "1", "applied_on": "2026-05-20", "amount": paid, "kind": "cash"}
        ledgers.write({"invoices": [invoice], "applications": [cash], "rates": rates}, tmp_path / name)
    with duckdb.connect(str(tmp_path / "south.duckdb")) as con:
        for table in ("invoices", "applications", "rates"):
            file = tmp_path / "south" / f"{table}.csv"
            con.read_csv(str(file), all_varchar=True).create(table)
    urls = {"north": str(tmp_path / "north"), "south": f"duckdb://{tmp_path}/south.duckdb"}
    settings = Settings(entities=urls)
    owed = {
        name: open_ledger(name, settings).as_of(AS_OF).kpis().set_index("kpi").value["open_ar"]
        for name in ("north", "south", "group")
    }
    assert owed == pytest.approx({"north": 32.5, "south": 660.0, "group": 692.5}, abs=1e-9)


def test_an_entity_that_cannot_be_opened_is_told_without_its_password(tmp_path: Path) -> None:
    settings = Settings(entities={"north": "mysql://bob:S3cretWord@host/db", "south": str(tmp_path)})
    for name in ("north", "group"):
        with pytest.raises(SourceError, match=r"^mysql://\*\*\*@host/db is no address of a database"):
            open_ledger(name, settings)


@pytest.mark.parametrize("name", ["group", "Group", "GROUP", "group ", "group."])
def test_no_entity_is_called_as_all_of_them(name: str) -> None:
    with pytest.raises(ValueError, match="group is all entities together"):
        Settings(entities={name: "books"})


def test_a_pack_for_each_entity_and_one_for_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notebooks lie elsewhere, and go by the settings of the folder they are asked for in.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-05-01  2026-05-15  100.00
    B1          bert         2026-05-20  2026-06-20   50.00
    """
    home = tmp_path
    invoices = ledgers.told(test_a_pack_for_each_entity_and_one_for_the_group.__doc__ or "")["invoices"]
    for name, own in (("north", invoices), ("south", invoices[:1])):
        ledgers.write({"invoices": own}, home / name)
    (home / "arforecast.toml").write_text('[entities]\nnorth = "north"\nsouth = "south"\n', "utf-8")
    monkeypatch.chdir(home)
    notebooks = str(notebook(home / "elsewhere", "owed", ["# Owed", OWED], PARAMETERS).parent)
    result = CliRunner().invoke(main, ["report", "group", "--as-of", AS_OF, "--notebooks", notebooks])
    assert result.exit_code == 0, result.output
    packs = {name: home / "reports" / name / AS_OF for name in ("north", "south", "group")}
    found = {name: pd.read_csv(pack / "data" / "kpis.csv", keep_default_na=False) for name, pack in packs.items()}
    owed = {name: rows[(rows.kpi == "open_ar") & (rows.as_of == AS_OF)] for name, rows in found.items()}
    by_entity = owed["group"].set_index("group").value.astype(float)
    for name in ("north", "south"):
        assert by_entity[name] == pytest.approx(float(owed[name].value.iloc[0]), abs=1e-9)
    assert (by_entity[""], by_entity["north"]) == (250, 150)
    assert json.loads((packs["group"] / "run.json").read_text("utf-8"))["parameters"]["by"] == "entity"
    assert 'today.kpis(by="entity")' in (packs["group"] / "owed.html").read_text("utf-8")


def test_the_group_of_a_run_reads_no_entity_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entity's notebook moves its ledger away, and the group has it all the same.

    invoices
    invoice_id  customer_id  issued_on   due_on      amount
    A1          anna         2026-05-01  2026-05-15  100.00
    """
    invoices = ledgers.told(test_the_group_of_a_run_reads_no_entity_again.__doc__ or "")["invoices"]
    for name in ("north", "south"):
        ledgers.write({"invoices": invoices}, tmp_path / name)
    (tmp_path / "arforecast.toml").write_text('[entities]\nnorth = "north"\nsouth = "south"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    away = "from pathlib import Path; ledger == 'group' or Path('..', ledger).rename(f'../{ledger}-away')"
    notebook(tmp_path / "notebooks", "owed", ["# Owed", OWED, away], PARAMETERS)
    result = CliRunner().invoke(main, ["report", "group", "--as-of", AS_OF])
    assert result.exit_code == 0, result.output
    found = pd.read_csv(tmp_path / "reports" / "group" / AS_OF / "data" / "kpis.csv", keep_default_na=False)
    owed = found[(found.kpi == "open_ar") & (found.as_of == AS_OF)].set_index("group").value.astype(float)
    assert owed.to_dict() == {"": 200, "north": 100, "south": 100}
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [
        "north-away",
        "notebooks",
        "reports",
        "south-away",
    ]


def test_a_group_of_checked_copies_is_the_group(opened: dict[str, Ledger], settings: Settings, tmp_path: Path) -> None:
    """With what is wrong in the south, its currencies, and the columns that only one of them has."""
    copies = {name: tmp_path / name for name in ("north", "south")}
    for name, folder in copies.items():
        checked.write(opened[name].books, name, folder)
    of_copies, read = open_group(settings, copies), opened["group"].books
    for name in ("problems", "rows", "quarantine"):
        pd.testing.assert_frame_equal(getattr(of_copies, name), getattr(read, name))
    for name in ("present", "foreign", "fingerprint", "notes", "tells_paid"):
        assert getattr(of_copies, name) == getattr(read, name)
    for name, table in read.tables.items():
        pd.testing.assert_frame_equal(of_copies.tables[name].to_pandas(), table.to_pandas())


def test_later_facts_of_an_entity_change_nothing(opened: dict[str, Ledger], settings: Settings, tmp_path: Path) -> None:
    day = date(2026, 3, 31)
    cut = {
        name: str(ledgers.write(ledgers.until(ledgers.read(Path(url)), day), tmp_path / name))
        for name, url in settings.entities.items()
    }
    known = settings.model_copy(update={"entities": cut})
    pd.testing.assert_frame_equal(
        opened["group"].as_of(day).kpis("entity"), open_ledger("group", known).as_of(day).kpis("entity")
    )


def test_a_line_that_cannot_be_read_is_told_of_its_own_entity(tmp_path: Path) -> None:
    sound = f"{HEADER}\n{SOUND}\n"
    write(tmp_path / "north", {"invoices.csv": f"{sound}A2,C1\n"})
    write(tmp_path / "south", {"invoices.csv": sound})
    entities = {name: str(tmp_path / name) for name in ("north", "south")}
    problems = open_ledger("group", Settings(entities=entities)).problems
    assert problems[["file", "row", "rule"]].to_numpy().tolist() == [["north/invoices.csv", 3, "unreadable"]]
