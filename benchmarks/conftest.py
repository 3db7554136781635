"""The table of all promises: printed after a timed run, and kept in docs/benchmarks.md.

A benchmark says what it promised and what it got with the fixture `promise`; one that is skipped stands in the table
with its reason. A run of some benchmarks replaces their rows and leaves the others, each with its day and machine.
"""

import datetime as dt
import os
import platform
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Every promise of speed beside what was obtained, written by `make bench`. Times are seconds of processor time on one
core, warm, medians, unless the row says wall (by the clock); peers are timed in the same run, after all agree on the
answer (`benchmarks/`, versions in `benchmarks/peers.txt`). The ratio is how many times better than promised: 1 is the
promise itself. A row keeps the day and the machine it was measured on, with its load (tasks at work or waiting: figures
taken where there are more than processors are too slow); a benchmark that has not run since the table is written by a
program is not in it.

Other pages have more of what was measured: [risk programmes](risk.md#speed), [simulated
wealth](models.md#wealth-in-one-pass), [backtests](backtests.md#speed), [books](book.md#what-it-costs),
[reports](reports.md#how-long-it-takes).

"""
COLUMNS = ("benchmark", "promise", "target", "obtained", "ratio", "met", "day", "machine")


class Row(NamedTuple):
    """A promise kept or not, as the table has it."""

    benchmark: str
    promise: str
    target: str
    obtained: str
    ratio: str
    met: str
    day: str
    machine: str


def row_of(
    benchmark: str, what: str, obtained: float, *, at_most: float | None, at_least: float | None, unit: str
) -> Row:
    """Measure a figure against its target: the largest allowed, the smallest allowed, or none."""
    target, ratio = "-", float("nan")
    if at_most is not None:
        target, ratio = f"at most {figure(at_most, unit)}", at_most / obtained if obtained else float("inf")
    elif at_least is not None:
        target, ratio = f"at least {figure(at_least, unit)}", obtained / at_least
    met = "-" if target == "-" else "yes" if ratio >= 1.0 else "no"
    told = "-" if target == "-" else f"{ratio:.2g}" if ratio < 100.0 else f"{ratio:.0f}"
    return Row(benchmark, what, target, figure(obtained, unit), told, met, str(dt.date.today()), machine())


def figure(value: float, unit: str) -> str:
    """Return three digits and the unit; seconds as milliseconds where they are few."""
    if unit == "s" and value < 1.0:
        value, unit = 1e3 * value, "ms"
    digits = f"{value:.3g}" if abs(value) < 1000.0 else f"{value:,.0f}"
    return f"{digits} {unit}".strip()


def machine() -> str:
    """Return model and number of the processors and how many tasks share them, nothing of whose machine it is."""
    info = Path("/proc/cpuinfo")
    names = re.findall(r"^model name\s*: (.+)$", info.read_text(), re.MULTILINE) if info.exists() else []
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name.replace('|', '/')}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.0f}"


def table(rows: list[Row]) -> str:
    """Return the table in Markdown."""
    return "".join(f"| {' | '.join(line)} |\n" for line in [COLUMNS, ("---",) * len(COLUMNS), *rows])


def rows_in(text: str) -> list[Row]:
    """Read the rows of a page back."""
    cells = [line.strip("| \n").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [Row(*line) for line in cells if len(line) == len(COLUMNS)][2:]


def merged(old: list[Row], new: list[Row]) -> list[Row]:
    """Return all rows, those measured again replaced, in the order of the files; a skip gives way to a figure."""
    again = {row[:2] for row in new}
    rows = [*(row for row in old if row[:2] not in again), *new]
    measured = {row.benchmark for row in rows if row.promise != "-"}
    kept = [row for row in rows if row.promise != "-" or row.benchmark not in measured]
    return sorted(kept, key=lambda row: row.benchmark)


_KEPT = pytest.StashKey[list[Row]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_KEPT] = []


@pytest.fixture
def promise(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Record ``promise(what, obtained, at_most=... or at_least=..., unit=...)`` for the table."""

    def keep(
        what: str,
        obtained: float,
        *,
        at_most: float | None = None,
        at_least: float | None = None,
        unit: str = "",
    ) -> None:
        row = row_of(name_of(request.node), what, obtained, at_most=at_most, at_least=at_least, unit=unit)
        request.config.stash[_KEPT].append(row)

    return keep


def name_of(item: pytest.Item) -> str:
    """Return file and function: the cases of one benchmark share a name."""
    return f"{item.path.stem.removeprefix('test_')}: {item.name.partition('[')[0].removeprefix('test_')}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: Any = yield
    if report.skipped and timed(item.config):
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        told = "peer not installed" if "peers" in reason else f"skipped: {reason}".replace("|", "/")
        none = Row(name_of(item), "-", "-", told, "-", "-", str(dt.date.today()), machine())
        item.config.stash[_KEPT].append(none)
    return report


def timed(config: pytest.Config) -> bool:
    """Whether times are taken, and not only parity checked."""
    return bool(config.getoption("benchmark_enable"))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    rows = list(dict.fromkeys(config.stash[_KEPT]))
    if not (rows and timed(config)):
        return
    terminalreporter.section("promises")
    terminalreporter.write(table(rows))
    old = rows_in(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else []
    PAGE.write_text(HEAD + table(merged(old, rows)), encoding="utf-8", newline="\n")
