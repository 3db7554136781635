"""Errors as RFC 9457 problem details: one media type, one shape, every entry a sentence that says what to do."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ..engine.explain import sentence
from ..engine.request import PlanRequest
from ..goals.edge import EdgeModel
from .review_request import ReviewRequest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MEDIA_TYPE = "application/problem+json"


class Fault(EdgeModel):
    """One thing wrong; `pointer` is the JSON pointer of the field in the body where it is known."""

    detail: str
    pointer: str | None = None


class Problem(EdgeModel):
    """Problem details of RFC 9457; ``about:blank`` says that the status says it all."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()


def problem(
    status: int, detail: str, errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """Return the response for one problem."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=tuple(errors))
    return Response(
        body.model_dump_json(exclude_none=True),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


async def on_invalid(request: Request, error: Exception) -> Response:
    """Answer a body or parameters that do not fit the schema."""
    assert isinstance(error, RequestValidationError)
    model = ReviewRequest if request.scope["route"].path == "/review" else PlanRequest
    faults = []
    for details in error.errors():
        place, *rest = details["loc"]
        if place == "body":
            pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in rest)
            faults.append(
                Fault(
                    detail=sentence(cast("ErrorDetails", {**details, "loc": tuple(rest)}), model),
                    pointer=pointer,
                )
            )
        else:
            faults.append(Fault(detail=f"{'.'.join(map(str, rest))}: {details['msg']}."))
    return problem(422, "The request does not fit; see errors.", faults)


async def on_http(_: Request, error: Exception) -> Response:
    """Answer what the framework refuses: no such path, no such method, a broken body."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, f"{error.detail}.", headers=error.headers)
