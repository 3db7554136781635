"""Processes that solve one request at a time and can be stopped in the middle of it.

A thread cannot be stopped, so a time limit on a thread only stops the waiting. A process that overruns is killed
and another one takes its place.
"""

import asyncio
import logging
import multiprocessing as mp
from multiprocessing.connection import Connection
from typing import Any

from ..engine.processes import single_threaded
from .work import Sources

STARTUP_SECONDS = 600.0  # the first start on a machine compiles every kernel
_AGAIN_SECONDS = 5.0  # until a worker that did not start is tried again
_LOG = logging.getLogger("goalplan.service")


class Overrun(Exception):  # noqa: N818 - an outcome of work
    """The work took longer than allowed; its process was killed."""


class Crashed(Exception):  # noqa: N818
    """The process died under the work."""


class Busy(Exception):  # noqa: N818
    """Every worker is at work and the queue is full, or did not move for too long."""


class Worker:
    """One process and the pipe to it."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._process: mp.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self.kept: dict[str, int] = {}  # entries of each cache after the last job

    def start(self) -> None:
        """Start the process and wait until it is warm.

        Raises
        ------
        Crashed
            It ended instead.
        """
        way = "forkserver" if "forkserver" in mp.get_all_start_methods() else "spawn"
        context: Any = mp.get_context(way)  # typeshed's base class has no Process
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._sources), daemon=True)
        self._process.start()
        theirs.close()
        try:
            if not self._pipe.poll(STARTUP_SECONDS) or self._pipe.recv() != "warm":
                raise Crashed
        except (EOFError, OSError, Crashed) as error:
            self.stop()
            raise Crashed from error

    def stop(self) -> None:
        """Kill the process, whatever it is doing."""
        if self._process is not None and self._pipe is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()

    def work(self, job: str, arguments: dict[str, Any], seconds: float) -> Any:
        """Do one job; blocks.

        Raises
        ------
        Overrun, Crashed
            The process is then stopped and must be started anew.
        """
        assert self._pipe is not None
        try:
            self._pipe.send((job, arguments))
            if self._pipe.poll(seconds):
                found, self.kept = self._pipe.recv()
                return found
        except (EOFError, OSError) as error:
            self.stop()
            raise Crashed from error
        self.stop()
        raise Overrun


def _serve(pipe: Connection, sources: Sources) -> None:
    """Life of a worker process: warm up, then one job after the other until the pipe closes."""
    single_threaded()  # one request, one core: others wait for theirs
    from ..engine.caches import cache_sizes
    from .work import answer, warm_up

    warm_up(sources)
    pipe.send("warm")
    while True:
        try:
            job, arguments = pipe.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        pipe.send(
            (answer(sources, job, arguments), {name: size.entries for name, size in cache_sizes().items()})
        )


class Workers:
    """A fixed number of workers, and a queue of a fixed length before them."""

    def __init__(self, count: int, waiting: int, sources: Sources) -> None:
        self._all = [Worker(sources) for _ in range(count)]
        self._idle: asyncio.Queue[Worker] = asyncio.Queue()
        self._room = count + waiting
        self._inside = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Start all; the first compiles alone, so that the others find its kernels in the cache."""
        first, *others = self._all
        await asyncio.to_thread(first.start)
        await asyncio.gather(*(asyncio.to_thread(worker.start) for worker in others))
        for worker in self._all:
            self._idle.put_nowait(worker)

    async def stop(self) -> None:
        """Stop all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(asyncio.to_thread(worker.stop) for worker in self._all))

    @property
    def kept(self) -> tuple[dict[str, int], ...]:
        """Entries of each cache after the last job, by worker."""
        return tuple(worker.kept for worker in self._all)

    async def run(self, job: str, arguments: dict[str, Any], seconds: float) -> Any:
        """Do one job on the next free worker; it waits for one no longer than it may then work.

        Raises
        ------
        Busy, Overrun, Crashed
        """
        if self._inside >= self._room:
            raise Busy
        self._inside += 1
        # A caller who hangs up cancels the waiting, not the work: the worker finds its way back to the others.
        return await asyncio.shield(self._keep(asyncio.create_task(self._work(job, arguments, seconds))))

    async def _work(self, job: str, arguments: dict[str, Any], seconds: float) -> Any:
        try:
            try:
                worker = await asyncio.wait_for(self._idle.get(), seconds)
            except TimeoutError as error:
                raise Busy from error
            try:
                found = await asyncio.to_thread(worker.work, job, arguments, seconds)
            except (Overrun, Crashed):
                self._keep(asyncio.create_task(self._revive(worker)))
                raise
            self._idle.put_nowait(worker)
            return found
        finally:
            self._inside -= 1

    def _keep(self, task: asyncio.Task[Any]) -> asyncio.Task[Any]:
        """The event loop holds its tasks weakly."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _revive(self, worker: Worker) -> None:
        """Start a worker anew, again and again where the machine has no room for it just now."""
        while True:
            try:
                await asyncio.to_thread(worker.start)
                break
            except (Crashed, OSError):
                _LOG.error("a worker did not start; it is tried again in %g s", _AGAIN_SECONDS)
                await asyncio.sleep(_AGAIN_SECONDS)
        self._idle.put_nowait(worker)
