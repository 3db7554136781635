"""Chunks over an executor: a bounded number in flight, each result as it comes."""

import multiprocessing as mp
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from .chunks import Chunk, single_threaded

Result = TypeVar("Result")
_IN_FLIGHT = 64  # chunks handed out and not yet back: bounds memory, keeps a cluster busy


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes(workers: int) -> Executor:
    """A pool of worker processes, none of them a fork: threads of numba and BLAS do not survive one."""
    method = "forkserver" if "forkserver" in mp.get_all_start_methods() else "spawn"
    return ProcessPoolExecutor(workers, mp.get_context(method), single_threaded)


def executor_or(executor: Executor | None, workers: int) -> AbstractContextManager[Executor]:
    """The caller's executor, left open, or a pool of processes that is closed at the end."""
    return processes(workers) if executor is None else nullcontext(executor)


def done(
    executor: Executor, work: Callable[[Chunk], Result], chunks: Iterable[tuple[str, Chunk]]
) -> Iterator[tuple[str, Result]]:
    """Work through named chunks; yields (name, result) in the order in which they are done."""
    waiting: dict[Future[Result], str] = {}
    for name, chunk in chunks:
        waiting[executor.submit(work, chunk)] = name
        if len(waiting) >= _IN_FLIGHT:
            yield from _finished(waiting)
    while waiting:
        yield from _finished(waiting)


def _finished(waiting: dict[Future[Result], str]) -> Iterator[tuple[str, Result]]:
    finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in finished:
        yield waiting.pop(future), future.result()
