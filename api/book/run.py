"""A run over a file of clients: chunks kept as they are done, so that a killed run goes on where it was.

Rows are taken in windows. In a window every row becomes part of a chunk or an error; a chunk that is done is written
whole to ``chunks/``, and a window that is done to ``windows/``, which frees its chunks. A run that finds files
of the same run keeps them, so its end has the same bytes whenever it was stopped.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .._version import __version__
from ..engine.errors import RequestError
from ..engine.explain import explain
from ..engine.processes import done, executor_or
from ..engine.request import PlanRequest
from ..engine.whole_file import whole_file, write_whole
from .chunks import Terms, records_of
from .rows import Row, read_rows
from .solve import WINDOW, chunked

Advance = Callable[[int], None]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What makes two runs the same run."""

    clients: str
    market_digest: str
    firm: str
    seed: int
    paths: int
    detail: str
    keep_plans: bool
    version: str


def fingerprint(
    clients: Path, market_digest: str, firm: Sequence[Path | None], terms: Terms, *, keep_plans: bool
) -> Fingerprint:
    """Fingerprint of a run over the file `clients`; `firm` are the firm's files, None or a name where there is none."""
    return Fingerprint(
        clients=_digest(clients),
        market_digest=market_digest,
        firm=" ".join(_digest(path)[:16] if path and path.exists() else str(path) for path in firm),
        seed=terms.seed,
        paths=terms.paths,
        detail=terms.detail,
        keep_plans=keep_plans,
        version=__version__,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run_book(
    clients: Path,
    folder: Path,
    terms: Terms,
    same: Fingerprint,
    *,
    workers: int,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Iterator[Path]:
    """Solve every row of `clients` and keep the results in `folder`; go on where an earlier run was stopped.

    `progress` is called with (done, total) rows.

    Yields
    ------
    Path
        A finished window, in order: JSON lines, each an error or a plan with its lines of results.

    Raises
    ------
    RequestError
        The folder holds another run.
    """
    _claim(folder, same)
    total, repeated = _repeated(clients)
    rows, finished = read_rows(clients), 0

    def advance(count: int) -> None:
        nonlocal finished
        finished += count
        if progress is not None:
            progress(finished, total)

    with executor_or(executor, workers) as pool:
        number = 0
        while window := list(islice(rows, WINDOW)):
            whole = folder / "windows" / f"{number:05d}.jsonl"
            if whole.exists():
                advance(len(window))
            else:
                chunks = folder / "chunks" / whole.stem
                _window(window, repeated, chunks, whole, terms, same.keep_plans, pool, advance)
            yield whole
            number += 1


def _claim(folder: Path, same: Fingerprint) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    mark, text = folder / "run.json", json.dumps(asdict(same), indent=2) + "\n"
    if not mark.exists():
        if any(folder.iterdir()):
            raise RequestError(f"{folder} is not empty and holds no run; give an empty or a new folder.")
        for name in ("chunks", "windows"):
            (folder / name).mkdir(exist_ok=True)
        write_whole(mark, text)
    elif mark.read_text(encoding="utf-8") != text:
        before = json.loads(mark.read_text(encoding="utf-8"))
        other = [name for name, value in asdict(same).items() if before.get(name) != value]
        raise RequestError(
            f"{folder} holds a run with another {', '.join(other)}; give a new folder, and that one to --compare."
        )


def _repeated(clients: Path) -> tuple[int, dict[str, int]]:
    """Count the rows and find the ids that stand in more than one, with the first of them.

    Which of such rows is right cannot be known, so none is solved.
    """
    rows = 0
    first: dict[str, int] = {}
    again: dict[str, int] = {}
    for row in read_rows(clients):
        rows += 1
        client = (row.table or {}).get("client")
        name = client.get("id") if isinstance(client, dict) else None
        if isinstance(name, str) and first.setdefault(name.strip(), row.number) != row.number:
            again.setdefault(name.strip(), first[name.strip()])
    return rows, again


def _window(
    window: list[Row],
    repeated: dict[str, int],
    chunks: Path,
    whole: Path,
    terms: Terms,
    keep_plans: bool,
    pool: Executor,
    advance: Advance,
) -> None:
    chunks.mkdir(parents=True, exist_ok=True)
    requests: list[tuple[int, PlanRequest]] = []
    records: dict[int, dict[str, Any]] = {}
    for row in window:
        request, faults = _checked(row, repeated)
        if request is None:
            client = (row.table or {}).get("client")
            name = client.get("id") if isinstance(client, dict) else None
            records[row.number] = {"row": row.number, "client_id": name, "errors": faults}
            advance(1)
        else:
            requests.append((row.number, request))
    named = [(f"{i:05d}.jsonl", chunk) for i, chunk in enumerate(chunked(requests))]
    missing = [(name, chunk) for name, chunk in named if not (chunks / name).exists()]
    for name, text in done(pool, partial(records_of, terms, keep_plans), missing):
        write_whole(chunks / name, text)
        advance(text.count("\n"))
    for name, chunk in named:
        for line in (chunks / name).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            records[record["row"]] = record
        advance(len(chunk) * (name not in {each for each, _ in missing}))
    with whole_file(whole) as file:
        for row in window:
            file.write((json.dumps(records[row.number], ensure_ascii=False) + "\n").encode())
    shutil.rmtree(chunks)


def _checked(row: Row, repeated: dict[str, int]) -> tuple[PlanRequest | None, list[str]]:
    if row.table is None:
        return None, [f"the row {row.problem}."]
    try:
        request = PlanRequest.model_validate(row.table)
    except ValidationError as error:
        return None, list(explain(error, PlanRequest))
    if request.client.id is None:
        return None, ["client.id is missing; in a book each client needs one."]
    if request.client.id in repeated:
        first = repeated[request.client.id]
        return None, [
            f"client.id = {request.client.id!r} stands in more than one row, first in {first}; keep one."
        ]
    return request, []
