"""A company's own folder, from the wheel that others install: what its README says works there, far from here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from arforecast import __version__, workplace
from arforecast.cli import main
from arforecast.settings import ANALYSTS, Settings, read

ROOT = Path(__file__).parents[1]
DAY = "2026-06-30"
# A small company, the notebook that is mailed and no other, however long ago the sample's last day is.
SMALL = {"sample": ["--customers", "30", "--months", "3"], "report": ["brief"]}
LENT = {"JUPYTER_PATH": str(Path(sys.prefix, "share", "jupyter")), "ARFORECAST_MAIL_AGE_LIMIT_DAYS": "3660"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with the wheel of the source archive in it; what it needs is lent by the
    present one."""
    place = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE", "notebooks"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (place / "project").mkdir(exist_ok=True)
        copy(ROOT / name, place / "project" / name)
    made = shutil.ignore_patterns("*.egg-info", "__pycache__")
    shutil.copytree(ROOT / "src", place / "project" / "src", symlinks=True, ignore=made)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    offline = ["--quiet", "--no-index", "--no-deps"]
    archive = "from setuptools.build_meta import build_sdist; print(build_sdist('..'))"
    name = run([sys.executable, "-c", archive], place / "project").splitlines()[-1]
    run([*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", str(place), str(place / name)])
    run([sys.executable, "-m", "venv", "--without-pip", str(place / "venv")])
    python = place / "venv" / "bin" / "python"
    (wheel,) = place.glob("arforecast-*.whl")
    run([*pip, "--python", str(python), "install", *offline, str(wheel)])
    (site,) = (place / "venv" / "lib").glob("python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    shutil.rmtree(place / "project")
    return python.parent


def run(command: list[str], folder: Path | None = None, **also: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | also
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env=env)
    assert (done.returncode, "Fatal" in done.stderr) == (0, False), (command, done.stdout, done.stderr)
    return done.stdout


def commands(text: str) -> list[list[str]]:
    return [line.split() for line in re.findall(r"^    (arforecast .*?)(?: {2,}#.*)?$", text, re.M)]


def test_what_the_readme_of_a_new_folder_says_works_where_the_wheel_is_installed(
    installed: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    assert run([str(installed / "arforecast"), "init", "own"], tmp_path) == "own\n"
    from_wheel = run([str(installed / "python"), "-c", "import arforecast; print(arforecast.__file__)"], own)
    assert from_wheel.startswith(str(installed.parent))
    assert run([str(installed / "arforecast"), "--version"], own).strip().endswith(f" {__version__}")
    assert list(installed.parent.glob(f"lib/*/site-packages/arforecast-{__version__}.dist-info"))
    text = (own / "README.md").read_text("utf-8")
    asked = commands(text)
    assert [words[1] for words in asked] == ["sample", "check", "report", "send", "timer"]
    told = {}
    for program, verb, *words in asked:
        told[verb] = run([str(installed / program), verb, *words, *SMALL.get(verb, [])], own, **LENT)
    assert told["report"] == f"reports/{DAY}/index.html\n"
    assert told["send"].splitlines()[-1] == f"reports/{DAY}.leadership.eml"
    assert f"&& {installed / 'arforecast'} report data/sample --as-of yesterday --time-zone UTC ||" in told["timer"]
    guess = ["import", "--guess", str(own / "data" / "sample" / "invoices.csv")]
    assert "invoice_id = " in run([str(installed / "arforecast"), *guess], own)
    assert "is owed on 30\u00a0Jun\u00a02026" in (own / "reports" / DAY / "index.html").read_text("utf-8")


def test_all_of_a_folder_is_written_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine").write_text("mine", "utf-8")
    monkeypatch.chdir(tmp_path)
    for folder, told in (("taken", "taken is not an empty folder. Name a new one."), (".", "the folder you are in.")):
        done = CliRunner().invoke(main, ["init", folder])
        assert (done.exit_code, told in done.output) == (2, True), done.output
    written = shutil.copyfile

    def full(source: Path, target: Path) -> None:
        written(source, target)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    done = CliRunner().invoke(main, ["init", "new"])
    assert (done.exit_code, "new cannot be written: No space left on device" in done.output) == (1, True), done.output
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == ["taken", "taken/mine"]


def test_it_holds_the_notebooks_of_the_project_without_what_they_say_of_the_sample(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    own = workplace.begin(tmp_path / "own")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        there, here = (nbformat.read(folder / path.name, as_version=4) for folder in (own / "notebooks", path.parent))
        assert [cell.source for cell in there.cells] == [cell.source for cell in here.cells]
        assert [cell.metadata for cell in there.cells] == [cell.metadata for cell in here.cells]
        assert [cell.get("outputs") for cell in there.cells if cell.cell_type == "code" and cell.outputs] == []
    ignored = (own / ".gitignore").read_text("utf-8").splitlines()
    assert {"/data/", "/reports/", "quarantine.csv"} <= set(ignored)
    assert len((own / "README.md").read_text("utf-8").splitlines()) <= 10


def test_its_settings_change_nothing_and_show_every_one_there_is(tmp_path: Path) -> None:
    file = workplace.begin(tmp_path / "own") / "arforecast.toml"
    assert read(file).model_dump() == Settings().model_dump()
    assert read(file).mail == Settings().mail
    file.write_text(re.sub(r"^#(?! )", "", file.read_text("utf-8"), flags=re.M), "utf-8")
    shown, told = read(file), tomllib.loads(file.read_text("utf-8"))
    assert set(told) == {field.alias or name for name, field in Settings.model_fields.items()}
    own = ("actions", "rating", "policy", "plans", "reminders")
    for section in ("ledger", "engine", "kpis", "forecast", *own, "mail"):
        fields = type(getattr(shown, section)).model_fields
        assert set(told[section]) == set(fields), section
        examples = {"threads", "spill_directory", "country", "host", "sender", "user", "token_command", "base_url"}
        examples |= {"billing_by_week", "holdout_share", "holdout_since", "company", "pay_to", "contact", "templates"}
        for name in set(fields) - examples - {"mask_names", "recipients"}:
            assert getattr(getattr(shown, section), name) == fields[name].default, name
    assert ANALYSTS in {who.role for who in shown.mail.recipients}
