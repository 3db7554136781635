"""The ASGI application: routes, and nothing that computes."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from .._version import __version__
from ..engine.desk.diagnosis import Diagnosis
from ..engine.plan import Plan
from ..engine.request import PlanRequest
from ..engine.review.types import Review
from ..goals.edge import EdgeModel
from ..scenarios.market import load_market
from .gatekeeper import Gatekeeper
from .problems import MEDIA_TYPE, Fault, Problem, on_http, on_invalid, problem
from .review_request import ReviewRequest
from .settings import ServiceSettings
from .strict_route import StrictRoute
from .workers import Busy, Crashed, Overrun, Workers

_LOG = logging.getLogger("goalplan.service")  # statuses and kinds of faults; never what a client sent
_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body is not JSON"},
    401: {"model": Problem, "description": "The key is missing or wrong"},
    408: {"model": Problem, "description": "The body took too long to come in"},
    413: {"model": Problem, "description": "The body is too large"},
    415: {"model": Problem, "description": "The body is not declared as JSON"},
    422: {"model": Problem, "description": "The request does not fit; every error says what to do"},
    500: {"model": Problem, "description": "A solver failed, or a fault of goalplan"},
    503: {"model": Problem, "description": "Every worker is busy; try again after Retry-After seconds"},
    504: {"model": Problem, "description": "The work took too long and was stopped"},
}


class Health(EdgeModel):
    """What runs here; `cached` counts the entries of each cache after the last job, by worker."""

    status: Literal["ok"]
    version: str
    market: str
    market_digest: str
    cached: tuple[dict[str, int], ...] = ()


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    """Make the application; its workers start with the server and stop with it.

    Raises
    ------
    RequestError, DataError
        The settings, or a market that cannot be read or is larger than they allow.

    """
    settings = settings or ServiceSettings()
    market = load_market(settings.sources.market)
    settings.check_market(market)
    workers = Workers(settings.workers, settings.waiting, settings.sources)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            await workers.start()
            yield
        finally:
            await workers.stop()

    app = FastAPI(
        title="goalplan",
        version=__version__,
        lifespan=lifespan,
        separate_input_output_schemas=False,
        redoc_url=None,
        docs_url=None,
    )
    app.router.route_class = StrictRoute
    app.add_middleware(Gatekeeper, settings=settings)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.openapi = lambda: _openapi(app, keyed=settings.api_key is not None)  # type: ignore[method-assign]

    seeds = Annotated[int, Query(ge=0, le=2**63 - 1, description="same seed, same bytes")]
    paths_of = Annotated[int, Query(ge=100, le=settings.max_paths, description="simulated paths")]

    async def run(job: str, request: PlanRequest | ReviewRequest, **arguments: Any) -> Response:
        return await _run(workers, settings, job, {"request": request.model_dump_json(), **arguments})

    @app.post("/plans", response_model=Plan, responses=_REFUSALS)
    async def make_plan(
        request: PlanRequest,
        seed: seeds = 0,
        paths: paths_of = 10_000,
        detail: Literal["core", "full"] = "full",
    ) -> Response:
        """Solve a plan. Infeasible and needs-review plans are answers too: see `status` in the plan."""
        return await run("plan", request, seed=seed, paths=paths, detail=detail)

    @app.post("/diagnose", response_model=Diagnosis, responses=_REFUSALS)
    async def diagnose(request: PlanRequest, seed: seeds = 0, paths: paths_of = 10_000) -> Response:
        """Diagnose what the client holds today: `client.holdings` and `client.cash` of the request."""
        return await run("diagnose", request, seed=seed, paths=paths)

    @app.post("/review", response_model=Review, responses=_REFUSALS)
    async def review(request: ReviewRequest) -> Response:
        """Review a plan under way: what happened, what it will reach now and why, and what to do."""
        return await run("review", request, max_paths=settings.max_paths)

    @app.get(
        "/schema/{name}",
        responses={
            200: {"content": {"application/schema+json": {}}},
            401: _REFUSALS[401],
            422: _REFUSALS[422],
        },
        response_class=Response,
    )
    async def schema(name: Literal["request", "plan", "review"]) -> Response:
        """JSON Schema of the request that goes in, of the plan that comes out, or of the review of one."""
        from ..commands.schema import schema_text

        return Response(schema_text(name), media_type="application/schema+json")

    @app.get("/healthz")
    async def health() -> Health:
        """Say that the service answers, and on what market."""
        return Health(status="ok", version=__version__, market=market.name, market_digest=market.digest,
                      cached=workers.kept)  # fmt: skip

    return app


async def _run(workers: Workers, settings: ServiceSettings, job: str, arguments: dict[str, Any]) -> Response:
    try:
        found = await workers.run(job, arguments, settings.timeout)
    except Busy:
        return problem(503, "Every worker is busy; try again in a moment.", headers={"Retry-After": "1"})
    except Overrun:
        _LOG.warning("%s stopped after %s s", job, settings.timeout)
        return problem(504, f"The work took more than {settings.timeout:g} s and was stopped; ask for fewer paths, "
                            'detail "core" or a nearer goal.')  # fmt: skip
    except Crashed:
        _LOG.error("a worker died under %s", job)
        return problem(500, "The process that worked on this died; please report it with the request.")
    if found[0] == "done":
        return Response(found[1], media_type="application/json")
    if found[0] == "refused":
        _, status, sentences = found
        text = "The request does not fit; see errors." if status == 422 else "A solver failed numerically."
        return problem(status, text, [Fault(detail=each) for each in sentences])
    _LOG.error("%s failed: %s", job, found[1])
    return problem(500, "A fault of goalplan, not of the input; please report it with the request.")


def _openapi(app: FastAPI, *, keyed: bool) -> dict[str, Any]:
    """The document FastAPI makes, with problems under their own media type and the key where one is needed."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            routes=app.routes,
            separate_input_output_schemas=False,
        )
        for path in document["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400 and "application/json" in response.get("content", {}):
                        response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
        if keyed:
            key = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
            document["components"]["securitySchemes"] = {"key": key}
            document["security"] = [{"key": []}]
        app.openapi_schema = document
    return app.openapi_schema
