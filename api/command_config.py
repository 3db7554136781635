"""What `goalplan backtest` and `goalplan cohorts` share: a TOML file, ``--set``, and how results are written."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pandas import DataFrame
    from pydantic import BaseModel

Config = TypeVar("Config", bound="BaseModel")
Advance = Callable[[int, int], None]


def read_config(
    path: Path, model: type[Config], overrides: Sequence[str], options: Mapping[str, Any]
) -> Config:
    """Read a configuration; what the command line says goes before what the file says.

    Raises
    ------
    RequestError
        The file is not TOML, an assignment does not fit, or a key is wrong: a sentence for each.
    """
    from pydantic import ValidationError

    from .engine.errors import RequestError
    from .engine.explain import explain
    from .engine.handed_in import read_toml
    from .engine.overrides import override

    table = read_toml(path)
    for assignment in overrides:
        override(table, assignment)
    table |= {key: value for key, value in options.items() if value is not None}
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise RequestError(explain(error, model)) from error


def plain(value: Any) -> Any:
    """Return a document with NaN and infinity as null, which JSON knows."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_json(document: Any) -> str:
    """JSON text of a document."""
    return json.dumps(plain(document), ensure_ascii=False, indent=2, default=str)


def write_frame(place: Path, frame: DataFrame, form: str, *, index: bool) -> None:
    """Write a table as `place`.csv, or as .parquet where `form` says so; whole or not at all."""
    from .engine.whole_file import whole_file, write_whole

    if form == "parquet":
        with whole_file(place.with_name(f"{place.name}.parquet")) as file:
            frame.to_parquet(file, index=index)
    else:
        write_whole(place.with_name(f"{place.name}.csv"), frame.to_csv(index=index))


@contextmanager
def bar(what: str) -> Iterator[Advance | None]:
    """Show a bar of runs done on stderr where somebody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
