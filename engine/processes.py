"""Work over processes or any executor: a bounded number of pieces in flight, each result as it comes."""

import multiprocessing as mp
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")
_THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_IN_FLIGHT = 64  # pieces handed out and not yet back: bounds memory, keeps a cluster busy


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_allowed() -> int:
    """Threads this process may keep busy: what ``NUMBA_NUM_THREADS`` says, one in a worker, else its processors."""
    return int(os.environ.get(_THREADS[0]) or cores())


def single_threaded() -> None:
    """Make this process a worker: one thread, since there is a process for each core."""
    for name in _THREADS:
        os.environ[name] = "1"


def processes(workers: int) -> Executor:
    """A pool of worker processes, none of them a fork: threads of numba and BLAS do not survive one."""
    method = "forkserver" if "forkserver" in mp.get_all_start_methods() else "spawn"
    return ProcessPoolExecutor(workers, mp.get_context(method), single_threaded)


def executor_or(executor: Executor | None, workers: int) -> AbstractContextManager[Executor]:
    """The caller's executor, left open, or a pool of processes that is closed at the end."""
    return processes(workers) if executor is None else nullcontext(executor)


def done(
    executor: Executor, work: Callable[[Piece], Result], pieces: Iterable[tuple[str, Piece]]
) -> Iterator[tuple[str, Result]]:
    """Work through named pieces; yields (name, result) in the order in which they are done."""
    waiting: dict[Future[Result], str] = {}
    for name, piece in pieces:
        waiting[executor.submit(work, piece)] = name
        if len(waiting) >= _IN_FLIGHT:
            yield from _finished(waiting)
    while waiting:
        yield from _finished(waiting)


def _finished(waiting: dict[Future[Result], str]) -> Iterator[tuple[str, Result]]:
    finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in finished:
        yield waiting.pop(future), future.result()
