"""What a run leaves behind: results, errors and, where kept, plans; written whole from the finished windows."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from ..engine.errors import RequestError
from ..engine.whole_file import whole_file
from .lines import COLUMNS

Form = Literal["csv", "jsonl", "parquet"]
_ERRORS = ("row", "client_id", "field", "reason")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def records(windows: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Records of finished windows, in the order of the rows."""
    for window in windows:
        with window.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)


def write_outputs(folder: Path, windows: Sequence[Path], form: Form, *, keep_plans: bool) -> None:
    """Write ``results``, ``errors.csv`` and, if plans are kept, ``plans.jsonl``."""
    lines = (line for record in records(windows) for line in record.get("lines", ()))
    if form == "parquet":
        _parquet(folder / "results.parquet", lines)
    elif form == "jsonl":
        _text(folder / "results.jsonl", (json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    else:
        _text(folder / "results.csv", _csv(COLUMNS, lines))
    _text(folder / "errors.csv", _csv(_ERRORS, _errors(windows)))
    if keep_plans:
        plans = (record["plan"] for record in records(windows) if "plan" in record)
        _text(folder / "plans.jsonl", (json.dumps(plan, ensure_ascii=False) + "\n" for plan in plans))


def _errors(windows: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for record in records(windows):
        for sentence in record.get("errors", ()):
            first = sentence.split(" ", 1)[0]
            yield {**record, "field": first if "." in first.rstrip(".") else None, "reason": sentence}


def _csv(columns: Sequence[str], lines: Iterable[dict[str, Any]]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for line in lines:
        writer.writerow({name: _cell(line.get(name)) for name in columns})
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


def _cell(value: Any) -> Any:
    """A name that a spreadsheet would run as a formula is quoted with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _text(path: Path, parts: Iterable[str]) -> None:
    with whole_file(path) as file:
        for part in parts:
            file.write(part.encode())


def _parquet(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    except ModuleNotFoundError as error:
        raise RequestError("writing Parquet needs pyarrow; run: pip install 'goalplan[parquet]'.") from error
    whole = {"row", "months"}
    text = {"client_id", "status", "reason", "goal", "kind", "priority", "due", "goal_status", "today",
            "request_digest", "plan_digest"}  # fmt: skip
    kinds = {
        name: pa.int64() if name in whole else pa.string() if name in text else pa.float64()
        for name in COLUMNS
    }
    schema = pa.schema(list(kinds.items()))
    with whole_file(path) as file, ParquetWriter(file, schema) as writer:
        batch: list[dict[str, Any]] = []
        for line in lines:
            batch.append(line)
            if len(batch) == 65_536:
                writer.write_table(pa.Table.from_pylist(batch, schema))
                batch = []
        writer.write_table(pa.Table.from_pylist(batch, schema))
