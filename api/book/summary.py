"""The summary of a run, and what changed since another one."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engine.errors import RequestError
from .output import records

Key = tuple[str, str]  # client id and goal
_COMMON = ("market_digest", "version", "firm", "paths", "seed")


def summary(folder: Path, windows: Sequence[Path], rows: int) -> dict[str, Any]:
    """Count what became of every row: rows in = clients with a plan + rows in error.

    Raises
    ------
    RuntimeError
        A row was lost or is there twice; nothing is then written.
    """
    clients: Counter[str] = Counter()
    goals: Counter[str] = Counter()
    reached = [0] * 10
    breaches, review, seen, errors = 0, [], 0, 0
    for record in records(windows):
        seen += 1
        if "errors" in record:
            errors += 1
            continue
        lines = record["lines"]
        clients[lines[0]["status"]] += 1
        if lines[0]["status"] == "needs_review":
            review.append(record["client_id"])
        breach, limit = lines[0]["breach"], lines[0]["drawdown_limit"]
        allowed = 1.0 - record["request"]["limits"].get("confidence", 0.95)
        breaches += limit is not None and breach is not None and breach > allowed
        for line in lines:
            if line["goal"] is not None:
                goals[line["goal_status"]] += 1
                reached[min(9, math.floor(10.0 * line["probability"]))] += 1
    if seen != rows:
        raise RuntimeError(f"{rows} rows went in and {seen} came out")
    return {
        "run": json.loads((folder / "run.json").read_text(encoding="utf-8")),
        "rows": rows,
        "clients_with_a_plan": rows - errors,
        "rows_in_error": errors,
        "clients_by_status": dict(sorted(clients.items())),
        "goals_by_status": dict(sorted(goals.items())),
        "goals_by_probability": {f"{i / 10:.1f}-{(i + 1) / 10:.1f}": n for i, n in enumerate(reached)},
        "clients_above_their_breach_allowance": breaches,
        "needs_review": review,
    }


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier run: its fingerprint, its requests by client and its probabilities by client and goal."""

    run: dict[str, Any]
    requests: dict[str, str]
    probabilities: dict[Key, float]


def read_before(folder: Path) -> Before:
    """Read an earlier run's folder; RequestError where there is none."""
    mark, windows = folder / "run.json", sorted((folder / "windows").glob("*.jsonl"))
    if not mark.exists() or not (folder / "summary.json").exists():
        raise RequestError(f"{folder} holds no finished run; give the folder of an earlier goalplan book.")
    requests: dict[str, str] = {}
    probabilities: dict[Key, float] = {}
    for record in records(windows):
        if "lines" in record:
            requests[record["client_id"]] = json.dumps(record["request"], ensure_ascii=False)
            for line in record["lines"]:
                if line["goal"] is not None:
                    probabilities[record["client_id"], line["goal"]] = line["probability"]
    return Before(json.loads(mark.read_text(encoding="utf-8")), requests, probabilities)


def changed_facts(before: Before, windows: Sequence[Path]) -> dict[str, str]:
    """Earlier requests of the clients whose facts are not the same any more, by id."""
    found = {}
    for record in records(windows):
        old = before.requests.get(record["client_id"])
        if "lines" in record and old is not None and json.loads(old) != record["request"]:
            found[record["client_id"]] = old
    return found


def comparison(
    before: Before, folder: Path, windows: Sequence[Path], old_now: dict[Key, float]
) -> dict[str, Any]:
    """Split the change of every goal's probability.

    With p0 the earlier probability, p1 that of the earlier request on today's market, assumptions and code, and p2
    today's: ``p1 - p0`` is common to all clients and due to whatever of market data, firm, settings and code differs;
    ``p2 - p1`` is due to the client's own facts.

    Parameters
    ----------
    old_now
        p1 of the clients whose facts changed; elsewhere it is p2.
    """
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    causes = [name for name in _COMMON if run.get(name) != before.run.get(name)]
    common, facts, seen = [], [], set()
    changes = []
    new = 0
    for record in records(windows):
        if "lines" not in record:
            continue
        seen.add(record["client_id"])
        new += record["client_id"] not in before.requests
        for line in record["lines"]:
            key = (record["client_id"], line["goal"])
            p0 = before.probabilities.get(key)
            if p0 is None or line["probability"] is None:
                continue
            p2 = line["probability"]
            p1 = old_now.get(key, p2)
            common.append(p1 - p0)
            if key in old_now:
                facts.append(p2 - p1)
            changes.append((abs(p2 - p0), *key, p0, p2, p1 - p0, p2 - p1))
    changes.sort(key=lambda change: (-change[0], *change[1:3]))
    names = ("client_id", "goal", "before", "now", "market_and_code", "client_facts")
    return {
        "before": before.run,
        "differs": causes,
        "clients_new": new,
        "clients_gone": len(before.requests.keys() - seen),
        "clients_with_other_facts": len({client for client, _ in old_now}),
        "goals_compared": len(common),
        "mean_change_market_and_code": _mean(common),
        "mean_change_client_facts": _mean(facts),
        "largest_changes": [dict(zip(names, change[1:], strict=True)) for change in changes[:20]],
    }


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
