"""A plan read back from the file that `goalplan plan -o` wrote."""

from pathlib import Path

from pydantic import ValidationError

from .engine.errors import RequestError
from .engine.plan import Plan


def read_plan(path: Path) -> Plan:
    """Plan of a JSON file; RequestError where it is not one of this version."""
    try:
        return Plan.from_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the text"
        raise RequestError(
            f"{path.name} is not a plan of this version of goalplan ({field}: {first['msg']}); make it with "
            "goalplan plan REQUEST.toml -o PLAN.json."
        ) from error
