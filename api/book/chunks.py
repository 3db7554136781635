"""A chunk of clients: what a worker is sent, what it sends back, and nothing else between processes."""

import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from .lines import record_of

if TYPE_CHECKING:
    from ..engine.plan import Plan
    from ..engine.suitability.firm import Firm
    from ..scenarios.market import Market

Chunk = tuple[tuple[int, str], ...]  # number and request as JSON of each row
Detail = Literal["core", "full"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all plans of a book share; `market` and `firm` pickled, so that each worker opens them once."""

    market: bytes
    firm: bytes
    seed: int
    paths: int
    detail: Detail


def terms_of(market: "Market", firm: "Firm", seed: int, paths: int, detail: Detail) -> Terms:
    """Pack what all plans share."""
    return Terms(market=pickle.dumps(market), firm=pickle.dumps(firm), seed=seed, paths=paths, detail=detail)


@lru_cache(maxsize=2)
def _opened(market: bytes, firm: bytes) -> "tuple[Market, Firm]":
    return pickle.loads(market), pickle.loads(firm)  # noqa: S301 - made by `terms_of`


def plans_of(terms: Terms, chunk: Chunk) -> list[tuple[int, str | None, tuple[str, ...]]]:
    """Solve a chunk, each request exactly as `solve_plan` would alone: number, plan as JSON, else why there is none."""
    return [
        (number, found.to_json(), ()) if not isinstance(found, tuple) else (number, None, found)
        for number, _, found in _solved(terms, chunk)
    ]


def records_of(terms: Terms, keep_plans: bool, chunk: Chunk) -> str:
    """Solve a chunk; JSON lines with the results of each row, or what is wrong with it."""
    lines = []
    for number, request, found in _solved(terms, chunk):
        if isinstance(found, tuple):
            client = json.loads(request)["client"].get("id")
            record: dict[str, Any] = {"row": number, "client_id": client, "errors": found}
        else:
            record = record_of(number, request, found, keep_plan=keep_plans)
        lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    return "".join(lines)


def _solved(terms: Terms, chunk: Chunk) -> "Iterator[tuple[int, str, Plan | tuple[str, ...]]]":
    from ..engine.request import PlanRequest
    from ..engine.solve import solve_plan
    from ..failures import describe

    market, firm = _opened(terms.market, terms.firm)
    for number, text in chunk:
        try:
            yield (
                number,
                text,
                solve_plan(
                    PlanRequest.model_validate_json(text),
                    market,
                    seed=terms.seed,
                    paths=terms.paths,
                    detail=terms.detail,
                    firm=firm,
                ),
            )
        except Exception as error:  # one bad row never stops the others
            yield number, text, describe(error)[1]
