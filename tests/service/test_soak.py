"""Ten minutes of eight clients at once: the memory of the workers stays flat; the times of answers are printed."""

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest

SECONDS = float(os.environ.get("GOALPLAN_SOAK_SECONDS", "600"))
CLIENTS = 8
FLAT = 0.05


@pytest.mark.verify
def test_memory_is_flat_under_eight_clients(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "goalplan", "serve", "--port", str(port), "--timeout", "600"]
    )
    times: list[float] = []
    faults: list[tuple[int, str]] = []
    try:
        wait(server, port)
        ends = time.monotonic() + SECONDS
        clients = [threading.Thread(target=ask, args=(port, n, ends, times, faults)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(SECONDS / 3.0)  # caches fill
        early, memory = resident(server.pid), []
        while time.monotonic() < ends:
            memory.append(resident(server.pid))
            time.sleep(1.0)
        for client in clients:
            client.join()
    finally:
        server.terminate()
        server.wait(60)
    late = float(np.median(memory[-len(memory) // 10 :]))
    with capsys.disabled():
        p50, p99 = np.percentile(times, (50.0, 99.0)) * 1e3
        sys.stdout.write(
            f"\n{len(times)} answers in {SECONDS:g} s to {CLIENTS} clients: median {p50:.0f} ms, p99 {p99:.0f} ms; "
            f"resident {early / 2**20:.0f} MiB after a third, {late / 2**20:.0f} MiB at the end\n"
        )
    assert not faults, faults[:3]
    assert late <= (1.0 + FLAT) * early


def ask(port: int, number: int, ends: float, times: list[float], faults: list[tuple[int, str]]) -> None:
    """One client after another, no two alike, on a connection that is kept."""
    draw = random.Random(number)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    while time.monotonic() < ends:
        request = {
            "client": {"risk_level": f"C{draw.randint(2, 5)}", "cash": round(draw.uniform(5e4, 5e5), 2)},
            "goals": [{"kind": "purchase", "name": "Home", "due": f"2029-{draw.randint(1, 12):02d}-01",
                       "amount": round(draw.uniform(2e5, 9e5), 2)}],
            "contributions": {"monthly": round(draw.uniform(0.0, 1e4), 2)},
        }  # fmt: skip
        began = time.monotonic()
        line.request("POST", "/plans?detail=core&paths=10000", json.dumps(request),
                     {"Content-Type": "application/json"})  # fmt: skip
        answer = line.getresponse()
        text = answer.read()
        times.append(time.monotonic() - began)
        if answer.status != 200:
            faults.append((answer.status, text.decode()))
    line.close()


def resident(root: int) -> int:
    """Bytes that the process `root` and all its descendants keep in memory."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    total, left = 0, [root]
    while left:
        process = left.pop()
        left += parents.get(process, [])
        pages = Path(f"/proc/{process}/statm")
        if pages.exists():
            total += int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return total


def wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    while server.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except URLError:
            time.sleep(0.5)
    pytest.fail("the service ended before it was ready")
