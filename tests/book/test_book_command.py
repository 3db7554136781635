"""``goalplan book``: no row is lost, a killed run ends with the same bytes, and a change is split by its cause."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import goalplan
import pyarrow.parquet as pq
import pytest
from goalplan.cli import main

from .conftest import request_of

QUICK = ("--workers", "1", "--paths", "200")


def book(clients: Path, folder: Path, *options: str) -> int:
    return main(["book", str(clients), "-o", str(folder), *QUICK, *options])


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished run over twenty good rows and five bad ones."""
    home = tmp_path_factory.mktemp("book")
    rows = [json.dumps(request_of(number)) for number in range(20)]
    bad = [request_of(3), request_of(20, id=None), request_of(21, cash=-1.0)]
    clients = home / "clients.jsonl"
    clients.write_text("\n".join([*rows, *map(json.dumps, bad), "{", "[1]"]) + "\n", encoding="utf-8")
    assert book(clients, home / "out", "--plans") == 2
    return clients, home / "out"


def test_rows_in_are_rows_out_and_rows_in_error(done: tuple[Path, Path]) -> None:
    made = json.loads((done[1] / "summary.json").read_text(encoding="utf-8"))
    assert (made["rows"], made["clients_with_a_plan"], made["rows_in_error"]) == (25, 19, 6)
    assert sum(made["clients_by_status"].values()) == 19
    errors = (done[1] / "errors.csv").read_text(encoding="utf-8")
    assert errors.count("stands in more than one row, first in 4") == 2
    assert "22,,client.id,client.id is missing" in errors
    assert "23,A21,client.cash" in errors
    lines = (done[1] / "results.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == [f"A{n}" for n in range(20) if n != 3]


def test_a_plan_of_the_book_is_the_plan_made_alone(done: tuple[Path, Path]) -> None:
    plans = (done[1] / "plans.jsonl").read_text(encoding="utf-8").splitlines()
    request = goalplan.PlanRequest.model_validate(request_of(7))
    alone = goalplan.solve_plan(request, paths=200, detail="core")
    assert goalplan.Plan.from_json(plans[6]) == alone
    assert json.loads(plans[6]) == json.loads(alone.to_json())


def test_the_same_run_again_changes_no_byte_and_another_run_is_refused(
    done: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    clients, folder = done
    before = content(folder)
    assert book(clients, folder, "--plans") == 2
    assert content(folder) == before
    assert book(clients, folder, "--plans", "--seed", "1") == 2
    assert "holds a run with another seed" in capsys.readouterr().err
    assert content(folder) == before


def test_what_is_left_of_a_stopped_run_is_used(done: tuple[Path, Path], tmp_path: Path) -> None:
    clients, folder = done
    out = tmp_path / "out"
    (out / "chunks" / "00000").mkdir(parents=True)
    (out / "windows").mkdir()
    (out / "run.json").write_bytes((folder / "run.json").read_bytes())
    (out / "chunks" / "00000" / ".00000.jsonl.9.part").write_text("half a li", encoding="utf-8")
    assert book(clients, out, "--plans") == 2
    assert content(out) == content(folder)


def test_results_in_other_forms_are_the_same(done: tuple[Path, Path], tmp_path: Path) -> None:
    clients, folder = done
    assert book(clients, folder, "--plans", "--format", "parquet") == 2
    assert book(clients, folder, "--plans", "--format", "jsonl") == 2
    table = pq.read_table(folder / "results.parquet").to_pylist()
    lines = [json.loads(line) for line in (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert table == lines
    for name in ("results.parquet", "results.jsonl"):
        (folder / name).unlink()


def test_a_change_is_split_by_its_cause(done: tuple[Path, Path], tmp_path: Path) -> None:
    other = [request_of(n, cash=200_000.0) if n == 0 else request_of(n) for n in (0, 1, 2, 30)]
    clients = tmp_path / "clients.jsonl"
    clients.write_text("".join(json.dumps(row) + "\n" for row in other), encoding="utf-8")
    assert book(clients, tmp_path / "out", "--seed", "1", "--compare", str(done[1])) == 0
    made = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["comparison"]
    assert made["differs"] == ["seed"]
    assert (made["clients_new"], made["clients_gone"], made["clients_with_other_facts"]) == (
        1,
        16,
        1,
    )  # 19 before, 3 of them still there
    change = next(c for c in made["largest_changes"] if c["client_id"] == "A0")

    def chance(number: int, seed: int, **client: float) -> float:
        request = goalplan.PlanRequest.model_validate(request_of(number, **client))
        return goalplan.solve_plan(request, paths=200, seed=seed, detail="core").goals[0].probability.value

    assert change["before"] == chance(0, 0)
    assert change["market_and_code"] == pytest.approx(chance(0, 1) - chance(0, 0), abs=1e-12)
    assert change["client_facts"] == pytest.approx(chance(0, 1, cash=200_000.0) - chance(0, 1), abs=1e-12)


def test_folders_that_are_no_runs_are_bad_input(
    done: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert book(done[0], tmp_path) == 2
    assert "not empty" in capsys.readouterr().err
    assert book(done[0], tmp_path / "new", "--compare", str(tmp_path)) == 2
    assert "holds no finished run" in capsys.readouterr().err


@pytest.mark.verify
def test_a_run_killed_at_any_moment_ends_with_the_same_bytes(tmp_path: Path) -> None:
    clients = tmp_path / "clients.jsonl"
    clients.write_text("".join(json.dumps(request_of(n)) + "\n" for n in range(120)), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "goalplan",
        "book",
        str(clients),
        "--workers",
        "2",
        "--paths",
        "500",
        "-o",
    ]
    began = time.monotonic()
    subprocess.run([*command, str(tmp_path / "whole")], check=True)
    took, wanted = time.monotonic() - began, content(tmp_path / "whole")
    moments = random.Random(0)
    for trial in range(20):
        folder = tmp_path / f"killed{trial}"
        process = subprocess.Popen([*command, str(folder)], start_new_session=True)
        time.sleep(moments.uniform(0.05, 0.95) * took)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        subprocess.run([*command, str(folder)], check=True)
        assert content(folder) == wanted, trial
