"""Plans and reviews read back from the files that `goalplan plan -o` and `goalplan review -o` wrote."""

from pathlib import Path

from pydantic import ValidationError

from .engine.errors import RequestError
from .engine.plan import Plan
from .engine.review.types import Review


def read_plan(path: Path) -> Plan:
    """Plan of a JSON file; RequestError where it is not one of this version."""
    try:
        return Plan.from_json(path.read_bytes())
    except ValidationError as error:
        made = "goalplan plan REQUEST.toml -o PLAN.json"
        raise _not_one(path, "plan", error, made) from error


def read_review(path: Path) -> Review:
    """Review of a JSON file; RequestError where it is not one of this version."""
    try:
        return Review.from_json(path.read_bytes())
    except ValidationError as error:
        made = "goalplan review PLAN.json HOLDINGS.csv --as-of DAY -o REVIEW.json"
        raise _not_one(path, "review", error, made) from error


def read_either(path: Path) -> Plan | Review:
    """Plan or review of a JSON file, whichever it is."""
    try:
        return Review.from_json(path.read_bytes())
    except ValidationError:
        return read_plan(path)


def _not_one(path: Path, what: str, error: ValidationError, made: str) -> RequestError:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "the text"
    return RequestError(
        f"{path.name} is not a {what} of this version of goalplan ({field}: {first['msg']}); make it with {made}."
    )
