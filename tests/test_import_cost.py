"""``import goalplan`` costs next to nothing and works where nothing can be written."""

import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = (
    "cvxpy",
    "riskfolio",
    "matplotlib",
    "typst",
    "pandas",
    "scipy.stats",
    "numba",
    "numpy",
    "pydantic",
    "rich",
)


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def loaded_by(statement, names=HEAVY):
    return run(f"import sys; {statement}; print(*(n for n in {names!r} if n in sys.modules))")


def test_import_loads_nothing_heavy():
    assert loaded_by("import goalplan") == []


@pytest.mark.parametrize("arguments", [["--help"], ["example", "home"]])
def test_the_command_line_loads_nothing_heavy(arguments):
    call = f"from goalplan.cli import main; sys.stdout = sys.stderr; main({arguments!r})"
    assert loaded_by(f"{call}; sys.stdout = sys.__stdout__") == []


def test_a_request_is_read_without_a_solver():
    names = ("cvxpy", "riskfolio", "matplotlib", "typst", "pandas", "scipy.stats", "numba")
    assert loaded_by("from goalplan import PlanRequest", names) == []


def test_import_is_quick():
    code = "import time; t = time.perf_counter(); import goalplan; print(time.perf_counter() - t)"
    assert min(float(run(code)[0]) for _ in range(3)) < 0.15


@pytest.fixture
def read_only_copy(tmp_path):
    """Return a copy of the installed packages beside whose files no cache can be written.

    A plain file stands where each ``__pycache__`` would be, which stops even the superuser.
    """
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = config["options"]["package_dir"].strip().split("\n")
    for name, folder in sorted(line.split(" = ") for line in lines):
        target = tmp_path.joinpath(*name.split("."))
        shutil.copytree(ROOT / folder, target, ignore=shutil.ignore_patterns("__pycache__"))
    for initial in [*tmp_path.rglob("__init__.py")]:
        (initial.parent / "__pycache__").touch()
    return tmp_path


def test_every_kernel_loads_where_nothing_can_be_written(read_only_copy):
    kernels = [
        ".".join(path.relative_to(read_only_copy).with_suffix("").parts)
        for path in read_only_copy.rglob("_kernels.py")
    ]
    assert kernels
    code = (
        f"import importlib, goalplan; [importlib.import_module(n) for n in {kernels!r}];"
        "from goalplan.scenarios._kernels import njit\n"
        "print(goalplan.__file__, njit(lambda x: x + 1.0)(2.0))"
    )
    nowhere = {"HOME": os.devnull, "XDG_CACHE_HOME": os.devnull, "NUMBA_CACHE_DIR": ""}
    file, three = run(code, PYTHONPATH=str(read_only_copy), **nowhere)
    assert Path(file).is_relative_to(read_only_copy)
    assert float(three) == 3.0
