"""What is slow, full, dying or going down: the work is stopped, everyone is answered, and the next is served."""

import asyncio
import json
import multiprocessing as mp
import os
import signal
import socket
import threading
import time
from typing import Any

import pytest
from goalplan.service import workers as workers_module
from goalplan.service.settings import ServiceSettings
from goalplan.service.work import Sources
from goalplan.service.workers import Busy, Crashed, Overrun, Worker, Workers

from .serving import REQUEST, Answer, problem, served

SLOW = {"request": json.dumps(REQUEST), "seed": 0, "paths": 5_000_000, "detail": "core"}
QUICK = {"request": json.dumps(REQUEST), "seed": 0, "paths": 200, "detail": "core"}


def test_work_is_stopped_when_it_takes_too_long_and_the_next_is_served() -> None:
    async def story() -> None:
        workers = Workers(1, 1, Sources())
        await workers.start()
        try:
            pid = workers._all[0]._process.pid  # type: ignore[union-attr]
            slow = asyncio.create_task(workers.run("plan", SLOW, 0.5))
            await asyncio.sleep(0.05)
            waiting = asyncio.create_task(workers.run("plan", QUICK, 60.0))
            await asyncio.sleep(0.05)
            with pytest.raises(Busy):
                await workers.run("plan", QUICK, 60.0)
            began = time.monotonic()
            with pytest.raises(Overrun):
                await slow
            assert time.monotonic() - began < 30.0  # a hang would otherwise wait for minutes of work
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
            assert (await waiting)[0] == "done"
            again = asyncio.create_task(workers.run("plan", SLOW, 60.0))
            await asyncio.sleep(0.2)
            os.kill(workers._all[0]._process.pid, signal.SIGKILL)  # type: ignore[union-attr]
            with pytest.raises(Crashed):
                await again
            assert (await workers.run("plan", QUICK, 60.0))[0] == "done"
        finally:
            await workers.stop()

    asyncio.run(story())


def test_what_is_slow_full_or_going_down_is_answered() -> None:
    """Over HTTP: 504 stops the work, 503 where all are busy, 408 for half a body; the last answer is still given."""
    settings = ServiceSettings(workers=1, waiting=0, timeout=3.0, max_paths=5_000_000)
    answers: dict[str, Answer] = {}

    def ask(name: str, paths: int) -> threading.Thread:
        thread = threading.Thread(
            target=lambda: answers.update({name: client.post("/plans", REQUEST, paths=paths, detail="core")})
        )
        thread.start()
        return thread

    before = {child.pid for child in mp.active_children()}
    with served(settings) as (client, server):
        workers = {child.pid for child in mp.active_children()} - before
        slow = ask("slow", 5_000_000)
        time.sleep(0.3)
        busy = client.post("/plans", REQUEST, paths=200)
        problem(busy, 503)
        slow.join()
        problem(answers["slow"], 504)
        with socket.create_connection(("127.0.0.1", client.port)) as line:
            line.sendall(b"POST /plans HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                         b"Content-Length: 100\r\n\r\n{")  # fmt: skip
            assert line.recv(100).startswith(b"HTTP/1.1 408 ")
        while client.post("/plans", REQUEST, paths=200, detail="core").status == 503:  # a new worker warms up
            time.sleep(0.2)
        workers |= {child.pid for child in mp.active_children()} - before
        last = ask("last", 20_000)
        time.sleep(0.1)
        server.should_exit = True
        last.join()
    assert answers["last"].status == 200
    assert len(workers) == 2
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)  # type: ignore[arg-type]


def test_a_worker_that_does_not_start_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "_AGAIN_SECONDS", 0.01)
    tries: list[int] = []

    def start(worker: Worker) -> None:
        tries.append(1)
        if len(tries) in (2, 3):
            raise Crashed

    def work(worker: Worker, job: str, arguments: dict[str, Any], seconds: float) -> str:
        if job == "dies":
            raise Crashed
        return job

    monkeypatch.setattr(Worker, "start", start)
    monkeypatch.setattr(Worker, "work", work)

    async def story() -> None:
        workers = Workers(1, 1, Sources())
        await workers.start()
        with pytest.raises(Crashed):
            await workers.run("dies", {}, 1.0)
        assert await workers.run("lives", {}, 30.0) == "lives"
        await workers.stop()

    asyncio.run(story())
    assert len(tries) == 4


def test_nobody_waits_for_a_worker_longer_than_it_may_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worker, "start", lambda worker: None)
    monkeypatch.setattr(Worker, "work", lambda worker, job, arguments, seconds: time.sleep(1.0))

    async def story() -> None:
        workers = Workers(1, 5, Sources())
        await workers.start()
        first = asyncio.create_task(workers.run("plan", {}, 1.0))
        await asyncio.sleep(0.01)
        with pytest.raises(Busy):
            await workers.run("plan", {}, 0.05)
        await first
        await workers.run("plan", {}, 1.0)
        await workers.stop()

    asyncio.run(story())
