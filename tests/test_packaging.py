"""What is installed is what is in the repository, and it declares what it needs."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from configparser import ConfigParser
from importlib.metadata import entry_points
from pathlib import Path

import goalplan
import pytest

ROOT = Path(__file__).parents[1]
CONFIG = ConfigParser()
CONFIG.read(ROOT / "setup.cfg", encoding="utf-8")


def listed(section, key):
    return [line.strip() for line in CONFIG[section][key].split("\n") if line.strip()]


ROOMS = dict(re.split(r"\s*=\s*", line) for line in listed("options", "package_dir"))


def files_of(folder):
    skipped = {"__pycache__"}
    return sorted(
        path
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not skipped & set(path.parts) and path.suffix != ".pyc"
    )


def installed_name(path):
    """Path inside a wheel of a file of a room."""
    inside = path.relative_to(ROOT)
    package = next(name for name, folder in ROOMS.items() if folder == inside.parts[0])
    return "/".join([*package.split("."), *inside.parts[1:]])


def test_every_package_is_listed():
    packages = {
        installed_name(path).removesuffix("/__init__.py").replace("/", ".")
        for folder in ROOMS.values()
        for path in files_of(folder)
        if path.name == "__init__.py"
    }
    assert set(listed("options", "packages")) == packages


def test_every_python_file_is_in_a_package():
    loose = [
        path
        for folder in ROOMS.values()
        for path in files_of(folder)
        if path.suffix == ".py" and not (path.parent / "__init__.py").exists()
    ]
    assert not loose


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return the names in a wheel built, without the network, from a copy of the sources."""
    place = tmp_path_factory.mktemp("source")
    for folder in ROOMS.values():
        for path in files_of(folder):
            target = place / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, place / name)
    build = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    [path] = (place / "dist").glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_every_file_of_the_rooms_and_no_other(wheel):
    ours = {installed_name(path) for folder in ROOMS.values() for path in files_of(folder)}
    assert {name for name in wheel if ".dist-info/" not in name} == ours


def test_the_wheel_says_what_it_is(wheel):
    [metadata] = [text.decode() for name, text in wheel.items() if name.endswith("/METADATA")]
    assert f"Version: {goalplan.__version__}\n" in metadata
    assert re.search(r"^License(-Expression)?: Apache-2.0$", metadata, flags=re.MULTILINE)
    assert any(name.endswith("/LICENSE") for name in wheel)
    assert "goalplan/py.typed" in wheel


def requirements(lines):
    found = {}
    for line in lines:
        name, bounds = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?(.*)", line).groups()
        found[name.lower()] = bounds
    return found


def declared():
    extras = [line for extra in CONFIG["options.extras_require"] for line in _extra(extra)]
    return requirements(listed("options", "install_requires")), requirements(extras)


def _extra(name):
    return listed("options.extras_require", name)


def oldest():
    text = (ROOT / "tests" / "oldest.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.lower().split("==") for line in lines)


def numbers(version):
    parts = [int(part) for part in re.findall(r"\d+", version)]
    while parts and parts[-1] == 0:
        parts.pop()
    return parts


@pytest.mark.parametrize("extra", ["", "parquet", "test"])
def test_declared_lower_bounds_are_the_versions_tested_as_oldest(extra):
    wanted = requirements(_extra(extra)) if extra else declared()[0]
    pins = oldest()
    for name, bounds in wanted.items():
        if name == "goalplan":
            continue
        lowest = re.search(r"(?:>=|==)([\w.]+)", bounds)
        assert lowest, f"{name} has no lower bound"
        given, tested = numbers(lowest.group(1)), numbers(pins[name])
        assert tested[: len(given)] == given, f"{name}: declared {bounds}, tested with {pins[name]}"


def test_riskfolio_stays_below_the_version_that_pulls_in_the_commons_clause():
    assert declared()[0]["riskfolio-lib"] == ">=7.0.1,<7.1"


def test_the_command_is_installed():
    [script] = entry_points(group="console_scripts", name="goalplan")
    assert script.value == "goalplan.cli:main"
    done = subprocess.run(
        [sys.executable, "-m", "goalplan", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"goalplan {goalplan.__version__}\n")


def test_the_changelog_begins_with_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\S+)", text, flags=re.MULTILINE).group(1) == goalplan.__version__


def test_pyproject_holds_only_what_setup_cfg_cannot():
    with (ROOT / "pyproject.toml").open("rb") as file:
        content = tomllib.load(file)
    assert set(content) == {"build-system", "tool"}
