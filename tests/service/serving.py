"""A service in this process, on a free port, and a client of it."""

import http.client
import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import uvicorn
from goalplan.service.app import create_app
from goalplan.service.settings import ServiceSettings

KEY = "a key of 16 or more"
REQUEST: dict[str, Any] = {
    "client": {"name": "Zhang San", "risk_level": "C4", "cash": 250_000.0},
    "goals": [{"kind": "home", "name": "Flat by the lake", "due": "2029-05-01", "amount": 600_000.0}],
    "contributions": {"monthly": 8_000.0},
}


@dataclass(frozen=True)
class Answer:
    status: int
    kind: str
    text: str

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass(frozen=True)
class Client:
    port: int

    def get(self, path: str, headers: Mapping[str, str] = {}) -> Answer:
        return self.send("GET", path, None, headers)

    def post(
        self,
        path: str,
        document: object = None,
        *,
        content: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] | None = None,
        **parameters: object,
    ) -> Answer:
        body = content if document is None else json.dumps(document).encode()
        kind = {"Content-Type": "application/json"} if headers is None else headers
        return self.send("POST", f"{path}?{urlencode(parameters)}", body, kind)

    def send(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None, headers: Mapping[str, str]
    ) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        line.request(method, path, body, {"X-API-Key": KEY, **headers})
        answer = line.getresponse()
        found = Answer(answer.status, answer.headers["content-type"], answer.read().decode())
        line.close()
        return found


@contextmanager
def served(settings: ServiceSettings) -> Iterator[tuple[Client, uvicorn.Server]]:
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server ended before it started"
        time.sleep(0.05)
    yield Client(server.servers[0].sockets[0].getsockname()[1]), server
    server.should_exit = True
    thread.join()


def problem(response: Answer, status: int) -> dict[str, Any]:
    assert response.status == status, response.text
    assert response.kind == "application/problem+json"
    found = response.json()
    assert found["status"] == status
    assert found["title"]
    assert found["detail"].endswith(".")
    return found
