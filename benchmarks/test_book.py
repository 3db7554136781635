"""The book of clients for real: plans a second a core, memory, one worker beside two, processes beside Dask.

Aims (CPU, one core, 3-year plans, 2,000 judge paths, required contribution included): 100 plans a second without a
drawdown limit, 8 with; below 2 GB; twice the workers 1.8 times as fast; Dask within 15 % of the processes. The clients
are those of examples/clients.py; GOALPLAN_BOOK_CLIENTS is how many (the limited ones are a twentieth).
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

MAKE = Path(__file__).parents[1] / "examples" / "clients.py"
CLIENTS = int(os.environ.get("GOALPLAN_BOOK_CLIENTS", "400"))
FEW = 16  # clients where nothing is timed
LIMIT = ("--max-drawdown", "0.12")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts the CPU of workers as Linux does")

# A small process between: what is started inherits the peak of what started it. It waits for the workers that outlive
# their starter (Linux: it becomes their parent then), or they would not be counted.
MEASURED = """
import ctypes, json, os, resource, subprocess, sys
PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
subprocess.run(sys.argv[1:], check=True, capture_output=True)
try:
    while os.wait():
        pass
except ChildProcessError:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
"""


class Cost(NamedTuple):
    """What a run took: plans, seconds by the clock, CPU seconds of all its processes, peak bytes of the largest."""

    plans: int
    wall: float
    cpu: float
    peak: int


def book(folder: Path, clients: int, workers: int, *limit: str, dask: str | None = None) -> Cost:
    """Run `goalplan book` in processes of its own."""
    folder.mkdir()
    text = subprocess.run([sys.executable, str(MAKE), str(clients), *limit], check=True, capture_output=True)
    (folder / "clients.csv").write_bytes(text.stdout)
    began = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "goalplan",
        "book",
        str(folder / "clients.csv"),
        "-o",
        str(folder / "out"),
    ]
    at = ["--workers", str(workers)] if dask is None else ["--dask", dask]
    done = subprocess.run([sys.executable, "-c", MEASURED, *command, *at], check=True, capture_output=True)
    wall = time.monotonic() - began
    cpu, peak = json.loads(done.stdout)
    made = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert (made["rows"], made["rows_in_error"]) == (clients, 0)
    return Cost(
        plans=made["clients_with_a_plan"],
        wall=wall,
        cpu=cpu,
        peak=peak,
    )


def marginal(folder: Path, clients: int, workers: int, *limit: str) -> tuple[float, float, int]:
    """CPU and clock seconds of one more plan (two runs of different lengths: starting is left out), peak bytes."""
    if clients > FEW:  # else nothing is timed
        book(folder / f"warm-{workers}", FEW, workers, *limit)  # compiles what was not
    few, many = (book(folder / f"{n}-{workers}", n, workers, *limit) for n in (max(clients // 4, 8), clients))
    more = many.plans - few.plans
    return (many.cpu - few.cpu) / more, (many.wall - few.wall) / more, many.peak


@pytest.mark.benchmark(group="book, a plan")
@pytest.mark.parametrize(
    ("share", "limit", "target"), [(1.0, (), 0.010), (0.05, LIMIT, 0.125)], ids=["without a limit", "with a limit"]
)  # fmt: skip
def test_one_more_plan(
    benchmark: Any, promise: Any, tmp_path: Path, share: float, limit: tuple[str, ...], target: float
) -> None:
    clients = max(int(share * CLIENTS), FEW) if benchmark.enabled else FEW
    cpu, _, peak = benchmark.pedantic(marginal, args=(tmp_path, clients, 1, *limit), rounds=1)
    if benchmark.enabled:
        told = f"{clients:,} clients, {'12 % limit' if limit else 'no limit'}"
        promise(f"plans a second a core, {told}", 1.0 / cpu, at_least=1.0 / target)
        promise(f"peak memory, {told}", peak / 1e9, at_most=2.0, unit="GB")
    assert peak < 2e9


@pytest.mark.benchmark(group="book, scaling")
def test_two_workers(benchmark: Any, promise: Any, tmp_path: Path) -> None:
    clients = CLIENTS if benchmark.enabled else FEW
    one, two = benchmark.pedantic(
        lambda: [marginal(tmp_path, clients, workers)[1] for workers in (1, 2)], rounds=1
    )
    if benchmark.enabled:
        promise(f"two workers beside one, {clients:,} clients, wall", one / two, at_least=1.8, unit="x")


@pytest.mark.benchmark(group="book, scaling")
def test_dask_beside_processes(benchmark: Any, promise: Any, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
    clients = CLIENTS if benchmark.enabled else FEW
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        book(tmp_path / "warm", FEW, 2, dask=cluster.scheduler_address)
        processes, dask = benchmark.pedantic(
            lambda: (
                book(tmp_path / "processes", clients, 2).wall,
                book(tmp_path / "dask", clients, 2, dask=cluster.scheduler_address).wall,
            ),
            rounds=1,
        )
    if benchmark.enabled:
        promise(f"Dask beside processes, {clients:,} clients, wall", dask / processes, at_most=1.15, unit="x")
