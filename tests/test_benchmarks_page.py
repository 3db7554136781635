"""The table of promises says what was measured, and a run of some benchmarks leaves the rows of the others."""

import re
import runpy
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
WRITER = runpy.run_path(str(BENCHMARKS / "conftest.py"))
row_of, table, rows_in, merged = (WRITER[name] for name in ("row_of", "table", "rows_in", "merged"))


@pytest.mark.parametrize(
    ("obtained", "bounds", "shown"),
    [
        (0.015, {"at_most": 0.020, "at_least": None, "unit": "s"}, ("at most 20 ms", "15 ms", "1.3", "yes")),
        (2.5, {"at_most": 2.0, "at_least": None, "unit": "s"}, ("at most 2 s", "2.5 s", "0.8", "no")),
        (150.0, {"at_most": None, "at_least": 100.0, "unit": "x"}, ("at least 100 x", "150 x", "1.5", "yes")),
        (20_000.0, {"at_most": None, "at_least": 8.0, "unit": ""}, ("at least 8", "20,000", "2500", "yes")),
        (0.5, {"at_most": None, "at_least": None, "unit": "s"}, ("-", "500 ms", "-", "-")),
    ],
)
def test_a_figure_is_measured_against_its_target(obtained, bounds, shown):
    assert row_of("plan: one", "core", obtained, **bounds)[2:6] == shown


def test_rows_are_read_back_and_only_those_that_ran_are_replaced():
    old = [
        row_of(name, "a", 1.0, at_most=2.0, at_least=None, unit="s") for name in ("plan: one", "risk: two")
    ]
    new = [row_of("risk: two", what, 3.0, at_most=2.0, at_least=None, unit="s") for what in ("a", "b")]
    assert rows_in("# Head\n\ntext\n\n" + table(old)) == old
    assert merged(old, new) == [old[0], *new]


def test_the_machine_is_named_by_its_processor_alone():
    assert re.fullmatch(r".+, \d+ CPUs, load \d+", WRITER["machine"]())
    assert "/" not in WRITER["machine"]().replace("(R)/", "")


def test_the_page_is_one_that_the_writer_wrote():
    text = WRITER["PAGE"].read_text(encoding="utf-8")
    assert text == WRITER["HEAD"] + table(rows_in(text))


def test_every_file_of_benchmarks_says_what_it_promises():
    for path in sorted(BENCHMARKS.glob("test_*.py")):
        assert "promise(" in path.read_text(encoding="utf-8"), f"{path.name} has no row in the table"
