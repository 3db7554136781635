"""`solve_plans`: many requests, each plan the one that `solve_plan` makes of it alone."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from functools import partial
from itertools import islice

from ..engine.plan import Plan
from ..engine.processes import cores, done, executor_or
from ..engine.request import PlanRequest
from ..engine.suitability.firm import Firm
from ..goals.edge import EdgeModel
from ..scenarios.market import Market, load_market
from .chunks import Chunk, Detail, plans_of, terms_of

WINDOW = 8192  # requests looked at together: what they share is computed once, and memory is bounded
CHUNK = 16


class Refusal(EdgeModel):
    """A request without a plan.

    Attributes
    ----------
    client_id
        ``client.id`` of the request; None where it has none.
    problems
        A sentence for each thing wrong: field, value, what is allowed, what to do.

    """

    client_id: str | None
    problems: tuple[str, ...]


def solve_plans(
    requests: Iterable[PlanRequest],
    market: Market | None = None,
    *,
    seed: int = 0,
    paths: int = 10_000,
    detail: Detail = "core",
    firm: Firm | None = None,
    executor: Executor | None = None,
) -> Iterator[Plan | Refusal]:
    """Solve many requests on every core, in their order.

    Each plan has the bytes of the plan that `solve_plan` makes of the same request alone, whatever the
    order, the number of workers or the executor.

    Parameters
    ----------
    requests
        Any number; they are taken in windows of 8,192, so that memory stays bounded.
    market, seed, paths, detail, firm
        As in `solve_plan`.
    executor
        Any `concurrent.futures.Executor` whose workers have goalplan installed, such as Dask's
        ``Client.get_executor()``; a process for each core by default.

    Yields
    ------
    Plan or Refusal
        One for each request; a refusal says why there is no plan and never stops the others.

    """
    terms = terms_of(load_market() if market is None else market, firm or Firm(), seed, paths, detail)
    left = iter(requests)
    with executor_or(executor, cores()) as pool:
        while window := list(islice(left, WINDOW)):
            named = [(str(i), chunk) for i, chunk in enumerate(chunked(enumerate(window)))]
            plans: dict[int, Plan | Refusal] = {}
            for _, answers in done(pool, partial(plans_of, terms), named):
                for i, text, problems in answers:
                    plans[i] = (
                        Refusal(client_id=window[i].client.id, problems=problems)
                        if text is None
                        else Plan.from_json(text)
                    )
            yield from (plans[i] for i in range(len(window)))


def chunked(requests: Iterable[tuple[int, PlanRequest]]) -> list[Chunk]:
    """Deal numbered requests into chunks, those that share a menu and a horizon next to each other."""
    alike = sorted(requests, key=lambda numbered: (_likeness(numbered[1]), numbered[0]))
    rows = [(number, request.model_dump_json()) for number, request in alike]
    return [tuple(rows[i : i + CHUNK]) for i in range(0, len(rows), CHUNK)]


def _likeness(request: PlanRequest) -> str:
    last = max(str(getattr(goal, "due", "")) for goal in request.goals)
    return f"{request.limits.model_dump_json()} {request.client.risk_level} {request.policy} {last}"
