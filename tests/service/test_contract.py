"""The running service against its own OpenAPI document: schemathesis, every check, thousands of requests."""

import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

HERE = Path(__file__).parent
REQUESTS = 5_000


@pytest.mark.verify
def test_no_generated_request_breaks_the_contract(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([sys.executable, "-m", "goalplan", "serve", "--port", str(port)])
    try:
        _wait(server, address)
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run",
             f"{address}/openapi.json", "--max-examples", "1200", "--checks", "all", "--seed", "0",
             "--request-timeout", "120"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        found = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
        assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
        assert found
        assert int(found[1]) == int(found[2]) >= REQUESTS
        assert server.poll() is None
    finally:
        server.terminate()
        assert server.wait(60) in (0, -15)


def _wait(server: "subprocess.Popen[bytes]", address: str) -> None:
    while server.poll() is None:
        try:
            with urlopen(f"{address}/healthz", timeout=5):
                return
        except URLError:
            time.sleep(0.5)
    pytest.fail("the service ended before it was ready")
