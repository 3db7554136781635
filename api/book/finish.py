"""The end of a run: outputs, summary and the comparison with an earlier run."""

import json
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

from ..engine.plan import Plan
from ..engine.processes import done, executor_or
from ..engine.whole_file import write_whole
from .chunks import Terms, plans_of
from .output import Form, write_outputs
from .solve import CHUNK
from .summary import Before, Key, changed_facts, comparison, summary


def finish(
    folder: Path,
    windows: Sequence[Path],
    terms: Terms,
    form: Form,
    before: Before | None,
    *,
    workers: int,
    executor: Executor | None,
) -> dict[str, Any]:
    """Write what a finished run leaves behind; return its summary."""
    rows = sum(path.read_bytes().count(b"\n") for path in windows)
    keep_plans = json.loads((folder / "run.json").read_text(encoding="utf-8"))["keep_plans"]
    write_outputs(folder, windows, form, keep_plans=keep_plans)
    made = summary(folder, windows, rows)
    if before is not None:
        asked = changed_facts(before, windows)
        with executor_or(executor, workers) as pool:
            old_now = _again(asked, terms, pool)
        made["comparison"] = comparison(before, folder, windows, old_now)
    write_whole(folder / "summary.json", json.dumps(made, ensure_ascii=False, indent=2) + "\n")
    return made


def _again(asked: dict[str, str], terms: Terms, pool: Executor) -> dict[Key, float]:
    """Probabilities of earlier requests under today's terms, by client and goal."""
    ids = list(asked)
    rows = list(enumerate(asked.values()))
    chunks = [(str(i), tuple(rows[i : i + CHUNK])) for i in range(0, len(rows), CHUNK)]
    found: dict[Key, float] = {}
    for _, answers in done(pool, partial(plans_of, terms), chunks):
        for number, text, _problems in answers:
            if text is not None:
                for goal in Plan.from_json(text).goals:
                    found[ids[number], goal.name] = goal.probability.value
    return found
