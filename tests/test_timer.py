"""What a timer is given: cron's line is run by /bin/sh as cron runs it, and the units are read by systemd itself."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from arforecast.cli import main

SAYS = f"#!{sys.executable}\nimport json, os, sys\nprint(json.dumps([sys.argv[1:], os.getcwd(), sorted(os.environ)]))\n"
ODD = ["a $b ${c} $(d) `e`", "50% off", r"\%", r"\\%", "x\\\\y", "it's", 'a "b"', "", ";", "&", "|", "*", "~", "#", "ü"]
VERIFY = shutil.which("systemd-analyze")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of a user, with a program in it whose names are as odd as systemd allows."""
    place = tmp_path / "50% of $b"
    place.mkdir()
    (place / "say it").write_text(SAYS, "utf-8")
    (place / "say it").chmod(0o755)
    monkeypatch.chdir(place)
    return place


def timer(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, ["timer", *words])
    assert done.exit_code == code, done.output
    return done.output


def parts(printed: str) -> dict[str, str]:
    """What is to be put where: the text behind each line that says so."""
    return dict(re.findall(r"^# (.*)\n((?:(?!# ).*\n?)*)", printed, re.M))


def as_cron_does(line: str, *, keeps_pairs: bool) -> str:
    r"""The command as cron hands it to the shell: up to the first %, unless a backslash is before it, which goes. Of
    the crons some take a \\ for one backslash as well."""
    fields = line.split(" ", 5)
    assert [bool(re.fullmatch(r"[\d*,/-]+", field)) for field in fields[:5]] == [True] * 5
    pairs = r"\\(%)" if keeps_pairs else r"\\([%\\])"
    return re.sub(rf"{pairs}|\\.|%.*", lambda found: found[1] or (found[0] if found[0][0] == "\\" else ""), fields[5])


def by_cron(line: str, *, keeps_pairs: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line as cron does, from / and with next to no environment but the variables of the crontab."""
    poor = {"HOME": "/", "LOGNAME": "nobody", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"} | variables
    command = as_cron_does(line, keeps_pairs=keeps_pairs)
    return subprocess.run(["/bin/sh", "-c", command], env=poor, cwd="/", capture_output=True, text=True, check=False)


@pytest.mark.parametrize("keeps_pairs", [True, False])
def test_cron_runs_the_command_in_its_folder_with_every_word_as_it_was(folder: Path, keeps_pairs: bool) -> None:
    line = parts(timer("--at", "05:09", "--every", "workday", "--", "./say it", *ODD))["crontab -e"].strip()
    assert line.startswith("9 5 * * 1-5 cd ")
    words, place, variables = json.loads(by_cron(line, keeps_pairs=keeps_pairs).stdout)
    assert (words, place) == (ODD, str(folder))
    assert set(variables) <= {"HOME", "LC_CTYPE", "LOGNAME", "PATH", "PWD", "SHELL", "OLDPWD", "_", "SHLVL"}


def test_the_second_command_runs_where_the_first_succeeded_and_the_alarm_where_one_failed(folder: Path) -> None:
    good = parts(timer("--on-failure", "'./say it' alarm", "--", "./say it", "1", "&&", "./say it", "2"))
    assert [json.loads(said)[0] for said in by_cron(good["crontab -e"].strip()).stdout.splitlines()] == [["1"], ["2"]]
    bad = parts(timer("--on-failure", "'./say it' alarm", "--", "false", "&&", "./say it", "2"))
    assert [json.loads(said)[0] for said in by_cron(bad["crontab -e"].strip()).stdout.splitlines()] == [["alarm"]]


def test_this_programme_is_found_where_no_path_leads_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path(sys.executable).with_name("arforecast").exists():
        pytest.skip("arforecast is not installed beside this Python")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    line = parts(timer("--", "arforecast", "--version"))["crontab -e"].strip()
    assert f"&& {Path(sys.executable).with_name('arforecast')} --version ||" in line
    assert by_cron(line).stdout.startswith("arforecast, version ")


@pytest.mark.skipif(not VERIFY, reason="systemd-analyze is not there to read the units")
@pytest.mark.parametrize(
    ("every", "calendar"),
    [("day", "*-*-*"), ("workday", "Mon..Fri *-*-*"), ("week", "Mon *-*-*"), ("month", "*-*-01")],
)
def test_systemd_finds_nothing_wrong_with_the_units_and_reads_every_word(
    folder: Path, tmp_path: Path, every: str, calendar: str
) -> None:
    given = ["--name", "cash", "--every", every, "--on-failure", "'./say it' 'it failed'"]
    printed = parts(timer(*given, "--", "./say it", *ODD, "&&", "./say it", "2"))
    files = {Path(name).name: text for name, text in printed.items() if name.startswith("/etc/systemd/system/")}
    assert list(files) == ["cash.service", "cash-failed.service", "cash.timer"]
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    units = [str(tmp_path / name) for name in files]
    checked = subprocess.run([VERIFY or "", "verify", *units], capture_output=True, text=True, check=False)
    assert (checked.returncode, [line for line in checked.stderr.splitlines() if "cash" in line]) == (0, [])
    loud = os.environ | {"SYSTEMD_LOG_LEVEL": "debug"}
    told = subprocess.run([VERIFY or "", "verify", *units], capture_output=True, text=True, check=False, env=loud)
    assert re.findall(r"OnCalendar: (.*)", told.stdout) == [f"{calendar} 06:30:00"]
    assert set(re.findall(r"WorkingDirectory: (.*)", told.stdout)) == {str(folder)}
    read = [_as_systemd_does(line) for line in re.findall(r"Command Line: (.*)", told.stdout)]
    program = str(folder / "say it")
    assert sorted(read) == sorted([[program, *ODD], [program, "2"], [program, "it failed"]])
    assert re.search(r"OnFailure: cash-failed\.service", told.stdout)


def _as_systemd_does(line: str) -> list[str]:
    """The words of a command, which systemd shows with escapes, after it has filled in its variables."""
    program, *words = shlex.split(line.replace("\\$", "$").replace("\\`", "`"))
    return [program, *(word.replace("$$", "$") for word in words)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--", "no-such-program"], "no-such-program is no program that can be found. Name it by its path."),
        (["--on-failure", "nobody", "--", "true"], "nobody is no program that can be found."),
        (["--on-failure", "", "--", "true"], "is no program that can be found."),
        (["--on-failure", "'", "--", "true"], "--on-failure ' cannot be read: No closing quotation."),
        (["--", "true", "a\nb"], r"a\nb has a sign that no line of a crontab or a unit can hold."),
        (["--", "true", "&&"], "&& stands between two commands."),
        (["--name", "../x", "--", "true"], "../x cannot be the name of a timer."),
        (["--at", "25:00", "--", "true"], "'25:00' does not match the format '%H:%M'"),
        ([], "Missing argument '-- COMMAND ...'"),
    ],
)
def test_what_no_timer_can_run_is_refused(words: list[str], told: str) -> None:
    assert told in timer(*words, code=2)


def test_a_program_that_systemd_cannot_name_is_refused(folder: Path) -> None:
    shutil.copy(folder / "say it", folder / 'say "it"')
    assert "systemd runs no program whose path has quotes" in timer("--", './say "it"', code=2)
