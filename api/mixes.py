"""The mixes of assets in a file: what a client holds (CSV), or what a plan holds (JSON)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from .engine.handed_in import read_rows, read_text
from .scenarios.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """A named mix.

    Attributes
    ----------
    name : str
        ``holdings``; of a plan ``today``, ``lowest_risk`` and ``highest_risk`` (the ends of its menu).
    weights : dict
        By asset id; they sum to 1.
    value : float or None
        Money in it, where that is known.
    """

    name: str
    weights: dict[str, float]
    value: float | None


def read_mixes(path: Path) -> tuple[Mix, ...]:
    """Mixes of a holdings file or a plan.

    Parameters
    ----------
    path
        ``.json``: a plan as `goalplan plan -o` writes it. Anything else: a CSV file with the columns `asset`
        and `value`, one row a holding; rows of one asset add up and other columns are left alone.

    Raises
    ------
    DataError
        Naming every row or entry that cannot be used.
    """
    text = read_text(path, "a CSV file, or of a plan as JSON")
    return _of_plan(path.name, text) if path.suffix.lower() == ".json" else (_of_holdings(path.name, text),)


def _of_holdings(where: str, text: str) -> Mix:
    table = read_rows(where, text)
    missing = [name for name in ("asset", "value") if name not in table.columns]
    if missing:
        raise DataError(
            [
                f"{where}: there is no column {name!r}; the first line must name asset and value."
                for name in missing
            ]
        )
    values: dict[str, float] = {}
    problems = []
    for line, row in table.rows:
        asset, value = (row["asset"] or "").strip(), _amount(row["value"])
        if not asset:
            problems.append(f"{where}: line {line} names no asset; give the id of an asset.")
        elif value is None:
            problems.append(
                f"{where}: line {line}: the value of {asset} is {row['value']!r}; give money, 0 or more."
            )
        else:
            values[asset] = values.get(asset, 0.0) + value
    total = sum(values.values())
    if not problems and total == 0.0:
        problems.append(f"{where}: nothing is held; give at least one row with a value above 0.")
    if problems:
        raise DataError(problems)
    weights = {asset: value / total for asset, value in values.items()}
    return Mix(name="holdings", weights=weights, value=total)


def _amount(cell: str | None) -> float | None:
    try:
        value = float((cell or "").strip())
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0.0 else None


def _of_plan(where: str, text: str) -> tuple[Mix, ...]:
    from pydantic import ValidationError

    from .engine.plan import Plan

    try:
        plan = Plan.from_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the text"
        raise DataError(
            f"{where}: not a plan of this version of goalplan ({field}: {first['msg']}); make it with "
            "goalplan plan REQUEST.toml -o plan.json."
        ) from error
    if plan.today is None or plan.policy is None:
        raise DataError(f"{where}: the plan is {plan.status} and holds no mix; there is nothing to stress.")
    menu = plan.policy.weights
    ends = (("lowest_risk", menu[0]), ("highest_risk", menu[-1]))
    return (
        Mix(name="today", weights=dict(plan.today.weights), value=plan.request.client.wealth),
        *(
            Mix(name=name, weights=dict(zip(plan.policy.assets, weights, strict=True)), value=None)
            for name, weights in ends
        ),
    )
