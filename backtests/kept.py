"""A run of many pieces: side by side where there is an executor, kept as they are done, never computed twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from ..engine.errors import RequestError
from ..engine.whole_file import write_whole
from ..scenarios.market import Market
from ._types import EdgeModel

Row = TypeVar("Row")
Progress = Callable[[int, int], None]
_FORM = 1  # of the kept files; a new number makes old folders another run


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Generic[Row]):
    """Where the rows of a run lie, one file a piece; nothing is kept without a `place`."""

    place: Path | None
    form: TypeAdapter[Row]

    def read(self, name: str) -> Row | None:
        """The row of a piece that is done, else None."""
        if self.place is None or not (file := self.place / f"{name}.json").exists():
            return None
        return self.form.validate_json(file.read_bytes())

    def write(self, name: str, row: Row) -> None:
        """Keep the row of a piece."""
        if self.place is not None:
            write_whole(self.place / f"{name}.json", self.form.dump_json(row))


def claimed(folder: Path, what: str, config: EdgeModel, chooses: set[str], market: Market) -> Path:
    """Make `folder` the place of this run's `what`, or go on in it; RequestError where it holds another's.

    The fields named in `chooses` only choose which pieces there are.
    """
    asked = config.model_dump(mode="json", exclude=chooses)
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
    same = {
        "form": _FORM,
        "config": hashlib.sha256(text.encode()).hexdigest(),
        "market_digest": market.digest,
    }
    mark, place = folder / "run.json", folder / what
    folder.mkdir(parents=True, exist_ok=True)
    if mark.exists():
        before = json.loads(mark.read_text(encoding="utf-8"))
        other = [name for name in same if before.get(name) != same[name]]
        if other:
            raise RequestError(f"{folder} holds {what} of another {', '.join(other)}; give a new folder.")
    elif any(folder.iterdir()):
        raise RequestError(f"{folder} is not empty and holds no {what}; give an empty or a new folder.")
    else:
        write_whole(mark, json.dumps(same, indent=2) + "\n")
    place.mkdir(exist_ok=True)
    return place


def run_pieces(
    pieces: Mapping[str, tuple[Any, ...]],
    work: Callable[..., Row],
    kept: Kept[Row],
    executor: Executor | None,
    progress: Progress | None,
) -> list[Row]:
    """Return ``work(*arguments)`` of every piece, by name, in their order; what is kept is read.

    The executor must not fork. `progress` is called with pieces done and in all.
    """
    rows = {name: row for name in pieces if (row := kept.read(name)) is not None}
    left = [name for name in pieces if name not in rows]
    if progress is not None:
        progress(len(rows), len(pieces))

    def done(name: str, row: Row) -> None:
        rows[name] = row
        kept.write(name, row)
        if progress is not None:
            progress(len(rows), len(pieces))

    if executor is None:
        for name in left:
            done(name, work(*pieces[name]))
    else:
        waiting = {executor.submit(work, *pieces[name]): name for name in left}
        for future in as_completed(waiting):
            done(waiting[future], future.result())
    return [rows[name] for name in pieces]
