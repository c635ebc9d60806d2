"""Settings: every value has a default, and a typing mistake is an error that names its key."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from arforecast import kpis
from arforecast.desk import open_ledger
from arforecast.errors import SourceError, UsageError, lacking
from arforecast.ledger import open_books
from arforecast.ledger.source import connect
from arforecast.settings import Engine, Kpis, LedgerRules, Settings, load, read
from doors import HEADER, write

LATE = """A1,C1,2026-01-01,2026-03-01,1.00
A2,C1,2026-01-01,2026-02-28,10.00
A3,C1,2026-01-01,2026-02-21,100.00
A4,C1,2026-01-01,2026-02-20,1000.00
"""


def loaded(folder: Path, text: str) -> Settings:
    path = folder / "arforecast.toml"
    path.write_text(text, "utf-8")
    return load(path)


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    settings = load(tmp_path / "arforecast.toml")
    assert settings == Settings()
    assert settings.ledger.quarantine_limit_share == 0.01
    assert settings.ledger.control_tolerance_amount == Decimal("0.00")
    assert (settings.ledger.currency, settings.ledger.decimals) == ("USD", 2)
    assert settings.kpis.aging_edges == (0, 30, 60, 90, 120)


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, "").model_dump() == Settings().model_dump()


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        """
        [ledger]
        currency = "JPY"
        control_tolerance_amount = "0.05"
        [kpis]
        aging_edges = [0, 15, 45]
        [targets]
        dso = 45
        """,
    )
    assert (settings.ledger.currency, settings.ledger.decimals) == ("JPY", 0)
    assert settings.ledger.control_tolerance_amount == Decimal("0.05")
    assert settings.ledger.staleness_limit_days == Settings().ledger.staleness_limit_days
    assert settings.kpis.aging_edges == (0, 15, 45)
    assert settings.targets == {"dso": 45.0}
    assert settings.engine == Engine()


def test_a_target_is_a_number_or_a_table_with_groups(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        """
        [targets]
        cei = 80
        [targets.dso]
        value = 30
        [targets.dso.segment]
        trade = 45
        [targets.overdue_share.country]
        DE = 0.1
        """,
    )
    assert settings.targets == {"cei": 80.0, "dso": 30.0}
    groups = {kpi: target.groups for kpi, target in settings.kpi_targets.items()}
    assert groups == {"cei": {}, "dso": {"segment": {"trade": 45.0}}, "overdue_share": {"country": {"DE": 0.1}}}


def test_who_changes_one_figure_of_an_action_keeps_the_others(tmp_path: Path) -> None:
    actions = loaded(tmp_path, "[actions]\ncall = { minutes = 9 }\nplan = { effects = [[1, 1.5, 1.5]] }").actions
    assert (actions.call.minutes, actions.call.effects) == (9, Settings().actions.call.effects)
    assert (actions.plan.minutes, actions.plan.effects) == (15, ((1, 1.5, 1.5),))
    assert actions.letter == Settings().actions.letter


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[ledger]\ncurency = 'EUR'", r"ledger\.curency: "),
        ("[books]\ncurrency = 'EUR'", "books: "),
        ("currency = 'EUR'", "currency: "),
        ("[ledger]\ndecimals = 3", r"ledger\.decimals: there is no such setting"),
        (
            "[ledger]\ncurrency = 'XXQ'",
            r"ledger\.currency: .*'XXQ' is no code of ISO 4217, which are like USD, EUR or JPY",
        ),
        ("[ledger]\ncurrency = 'usd'", r"ledger\.currency: .*'usd' is no code of ISO 4217"),
        ("[ledger]\ncurrency = ''", r"ledger\.currency: .*'' is no code of ISO 4217"),
        ("[forecast]\ncountry = 'EN'", r"forecast\.country: 'EN' is no code of ISO 3166, which are like US, DE or JP"),
        ("[ledger]\ncurrency = 3", r"ledger\.currency: .*string"),
        ("[ledger]\nquarantine_limit_share = -0.1", r"ledger\.quarantine_limit_share: .*greater than or equal to 0"),
        ("[ledger]\ncontrol_tolerance_amount = 'little'", r"ledger\.control_tolerance_amount: "),
        ("[kpis]\naging_edges = [0, 'month']", r"kpis\.aging_edges\.1: "),
        ("[kpis]\naging_edges = 30", r"kpis\.aging_edges: "),
        ("[engine]\nthreads = 0", r"engine\.threads: "),
        ("[engine]\nthreads = 1000000000000", r"engine\.threads: .*less than or equal to 1024"),
        ("[engine]\nmemory_limit = 'a lot'", r"engine\.memory_limit: .*it is a size like 500MB, 4GB"),
        ("[engine]\nmemory_limit = '0GB'", r"engine\.memory_limit: .*it is a size like 500MB, 4GB"),
        ("[engine]\nmemory_limit = '4'", r"engine\.memory_limit: .*it is a size like 500MB, 4GB"),
        ("[engine]\nmemory_limit = '99999999TB'", r"engine\.memory_limit: .*it is a size like 500MB, 4GB"),
        ("[actions]\ncall = { effects = [[31, 1.2, 2.0], [1, 1.1, 1.5]] }", r"actions\.call\.effects: .*rising days"),
        ("[actions]\ncall = { effects = [[1, 2.0, 1.2]] }", r"actions\.call\.effects: .*1 <= low <= high"),
        ("[actions]\nvisit = { minutes = 60 }", r"actions\.visit: there is no such setting"),
        ("[actions]\nlost_share = [0.5, 1.5]", r"actions\.lost_share: .*the least and the most"),
        ("[actions]\nholdout_share = 0.1", r"actions: .*holdout_share, above 0, and holdout_since, .*go together"),
        ("[actions]\nhold_from_days = 20", r"actions: .*agency_from_days and write_off_from_days rise"),
        ("[targets]\ndso = 'low'", r"targets\.dso\.value: .*number"),
        ("[targets]\ndso = true", r"targets\.dso\.value: .*neither true nor false"),
        ("[targets]\ndso = nan", r"targets\.dso\.value: .*finite"),
        ("[targets.dso]\nvlaue = 30", r"targets\.dso\.vlaue: .*dictionary"),
        ("[targets.dso.segment]\ntrade = 'low'", r"targets\.dso\.segment\.trade: .*number"),
        ("[kpi_targets]\ndso = 30", "kpi_targets: "),
        ("[ledger]\nstaleness_limit_days = true", r"ledger\.staleness_limit_days: it is neither true nor false"),
        ("[kpis]\naging_edges = [false, true]", r"kpis\.aging_edges: it is neither true nor false"),
        (f"[kpis]\naging_edges = [0, {10**30}]", r"kpis\.aging_edges\.1: .*less than"),
        ("[forecast]\nseed = -1", r"forecast\.seed: .*greater than or equal to 0"),
        ("[forecast]\nsimulations = 1000000000", r"forecast\.simulations: .*less than"),
        ("ledger = 5", r"ledger: it is a section"),
        ("[[ledger]]\ncurrency = 'EUR'", r"ledger: it is a section"),
        ("[ledger\n", "is not valid TOML"),
        (f"a = {'[' * 3000}{']' * 3000}", "is not valid TOML"),
        (f"a = {'9' * 5000}", "is not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_key(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(UsageError, match=rf"arforecast\.toml:? {key}"):
        loaded(tmp_path, text)


def test_every_mistake_of_a_file_is_named_on_a_line_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, "[ledger]\nstaleness_limit_days = 'two'\ncurency = 'EUR'\n[forecast]\nseed = 'one'\n")
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize("edges", ["[]", "[30, 0]", "[0, 30, 30]"])
def test_edges_that_make_no_buckets_are_refused(tmp_path: Path, edges: str) -> None:
    with pytest.raises(UsageError, match=r"kpis\.aging_edges"):
        loaded(tmp_path, f"[kpis]\naging_edges = {edges}")


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "arforecast.toml").write_bytes("[ledger]\ncurrency = 'é'".encode("latin-1"))
    with pytest.raises(UsageError, match=r"arforecast\.toml"):
        load(tmp_path / "arforecast.toml")


def test_settings_do_not_change_under_way() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().ledger.currency = "EUR"


def test_aging_edges_make_the_buckets(tmp_path: Path) -> None:
    """On 2 March A1 to A4 are 1, 2, 9 and 10 days past due."""
    books = open_books(write(tmp_path, {"invoices.csv": f"{HEADER}\n{LATE}"}))
    books = replace(books, settings=Settings(kpis=Kpis(aging_edges=(0, 1, 9))))
    table = kpis.measured(books, [date(2026, 3, 2)])
    aged = table[table.kpi.str.startswith("aging:")].set_index("kpi").value
    assert aged.to_dict() == {"aging:current": 0.0, "aging:1-1": 1.0, "aging:2-9": 110.0, "aging:10+": 1000.0}


def test_the_engine_keeps_to_its_limits(tmp_path: Path) -> None:
    con = connect(Engine(memory_limit="1GB", threads=1, spill_directory=tmp_path))
    names = ("threads", "memory_limit", "temp_directory")
    (said,) = con.con.sql(f"SELECT {', '.join(f'current_setting({name!r})' for name in names)}").fetchall()
    assert said[0] == 1
    assert said[1].startswith("953")  # a decimal gigabyte, told in binary megabytes
    assert said[2] == str(tmp_path)


def test_memory_that_does_not_suffice_is_told_as_that(tmp_path: Path) -> None:
    ledger = write(tmp_path, {"invoices.csv": f"{HEADER}\n{LATE}"})
    with pytest.raises(SourceError, match=r"^The memory that engine\.memory_limit allows is used up\. Raise it"):
        open_books(ledger, Settings(engine=Engine(memory_limit="1MB")))


@pytest.mark.parametrize(
    ("name", "why"), [("file", "File exists"), ("file/below", "Not a directory"), ("a\0b", "null")]
)
def test_a_place_that_nothing_can_be_kept_in_is_told(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=rf"^engine\.spill_directory .* cannot be written to: .*{why}.*\.$"):
        connect(Engine(spill_directory=tmp_path / name))


def test_a_place_of_another_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UsageError, match=r"cannot be written to: Permission denied\.$"):
        connect(Engine(spill_directory=tmp_path))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("failed to offload data block of size 256.0 KiB", "The disk is full where engine.spill_directory stands."),
        ("IO Error: No space left on device", "The disk is full."),
        ('IO Error: Failed to create directory "/x": Not a directory', "engine.spill_directory is no folder"),
        ("Invalid Input Error: CSV Error on Line: 3", ""),
    ],
)
def test_what_the_machine_lacks_is_no_fault_of_the_ledger(said: str, words: str) -> None:
    found = lacking(duckdb.Error(said))
    assert found.startswith(words) if words else not found


def test_a_ledger_is_opened_with_the_settings_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = write(tmp_path / "ledger", {"invoices.csv": f"{HEADER}\nA1,C1,2026-01-05,2026-02-04,1.2345\n"})
    loaded(tmp_path, "[ledger]\ncurrency = 'CLF'\n")
    monkeypatch.chdir(tmp_path)
    assert open_ledger(ledger).books.tables["invoices"].amount.to_pandas().tolist() == [12345]
    assert open_ledger(ledger, Settings()).problems.rule.tolist() == ["not_money"]


def test_the_settings_beside_a_ledger_hold_before_those_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The books of the north have settings of their own, those of the south have none."""
    for place in ("books/north", "books/south", "desk/below"):
        (tmp_path / place).mkdir(parents=True)
    for place in ("north", "south"):
        write(tmp_path / "books" / place, {"invoices.csv": f"{HEADER}\n{LATE}"})
    (tmp_path / "desk" / "arforecast.toml").write_text("[targets]\ndso = 30\n", "utf-8")
    (tmp_path / "books" / "north" / "arforecast.toml").write_text("[targets]\ndso = 20\n", "utf-8")
    monkeypatch.chdir(tmp_path / "desk" / "below")
    held = {place: open_ledger(tmp_path / "books" / place).books.settings for place in ("north", "south")}
    assert {place: settings.targets for place, settings in held.items()} == {"north": {"dso": 20}, "south": {"dso": 30}}
    assert held["south"].file == str(tmp_path / "desk" / "arforecast.toml")
    monkeypatch.chdir(tmp_path)
    assert open_ledger("books/north").as_of("2026-03-02").stamp()["settings"] == "books/north/arforecast.toml"
    assert open_ledger("books/north", Settings()).as_of("2026-03-02").stamp()["settings"] == ""


def test_a_bound_wider_than_the_default_is_told() -> None:
    assert Settings().ledger.loosened == []
    assert LedgerRules(quarantine_limit_share=0.001, staleness_limit_days=7).loosened == []
    assert LedgerRules(quarantine_limit_share=1, control_tolerance_amount=Decimal("5.00")).loosened == [
        "ledger.quarantine_limit_share is 1.0, and 0.01 by default",
        "ledger.control_tolerance_amount is 5.00, and 0.00 by default",
    ]


# Entities, and settings named from outside


def test_entities_are_found_from_the_folder_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "arforecast.toml"
    file.write_text('[entities]\nnorth = "books/north"\nsouth = "postgres://host/south"\n', "utf-8")
    assert read(file).entities == {"north": str(tmp_path / "books" / "north"), "south": "postgres://host/south"}


def test_no_entity_has_the_name_of_them_all(tmp_path: Path) -> None:
    file = tmp_path / "arforecast.toml"
    file.write_text('[entities]\ngroup = "books"\n', "utf-8")
    with pytest.raises(UsageError, match=r"entities: .*group is all entities together; give this one another name"):
        read(file)


def test_the_environment_names_a_file_before_any_folder_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, currency in (("arforecast.toml", "EUR"), ("other.toml", "GBP")):
        (tmp_path / name).write_text(f'[ledger]\ncurrency = "{currency}"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    assert load().ledger.currency == "EUR"
    monkeypatch.setenv("ARFORECAST_SETTINGS", "other.toml")
    assert load().ledger.currency == "GBP"
    monkeypatch.setenv("ARFORECAST_SETTINGS", "nowhere.toml")
    with pytest.raises(
        UsageError, match=r"nowhere.toml cannot be read: No such file or directory. Correct ARFORECAST_SETTINGS"
    ):
        load()


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("[ledger]\nquarantine_limit_share = inf", "ledger.quarantine_limit_share"),
        ("[ledger]\nquarantine_limit_share = 1.5", "ledger.quarantine_limit_share"),
        ("[ledger]\ncontrol_tolerance_amount = '-1'", "ledger.control_tolerance_amount"),
        ("[ledger]\ncontrol_tolerance_amount = 'Infinity'", "ledger.control_tolerance_amount"),
        ("[ledger]\nstaleness_limit_days = 1000000", "ledger.staleness_limit_days"),
        ("[ledger]\ncurrency = ''", "ledger.currency"),
        ("[ledger]\ncurrency = 'usd '", "ledger.currency"),
        ("[engine]\nmemory_limit = 'banana'", "engine.memory_limit"),
        ("[engine]\nmemory_limit = ''", "engine.memory_limit"),
    ],
)
def test_no_setting_switches_a_gate_off_or_means_nothing(tmp_path: Path, said: str, key: str) -> None:
    with pytest.raises(UsageError, match=key):
        loaded(tmp_path, said)


@pytest.mark.parametrize("name", ["../../x", "a/b", "..", ".hidden", "", "Group", "a\nb", "C:"])
def test_an_entity_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="entities"):
        loaded(tmp_path, f"[entities]\n{json.dumps(name)} = 'ledger'\n")


def test_two_entities_never_share_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="entities"):
        loaded(tmp_path, "[entities]\nNorth = 'one'\nnorth = 'two'\n")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "arforecast.toml").write_bytes(b"\xef\xbb\xbf[ledger]\ncurrency = 'EUR'\n")
    assert load(tmp_path).ledger.currency == "EUR"


def test_a_pipe_is_not_waited_for_and_the_place_of_nothing_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "arforecast.toml")
    with pytest.raises(UsageError, match=r"is a pipe or a device, not a file\. Make it a readable file"):
        load(tmp_path)
    monkeypatch.setenv("ARFORECAST_SETTINGS", os.devnull)
    assert load(tmp_path).model_dump() == Settings().model_dump()


def test_a_link_that_leads_nowhere_is_no_lack_of_settings(tmp_path: Path) -> None:
    (tmp_path / "arforecast.toml").symlink_to("nowhere.toml")
    with pytest.raises(UsageError, match=r"arforecast\.toml cannot be read: No such file"):
        load(tmp_path)


def test_a_folder_of_the_name_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "arforecast.toml").mkdir()
    with pytest.raises(UsageError, match=r"cannot be read: Is a directory\. Make it a readable file"):
        load(tmp_path)
