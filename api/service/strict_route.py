"""Routes that take nothing silently: no undeclared body, no key or parameter that is unknown or stands twice."""

import json
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from ..engine.handed_in import RepeatedKeyError, once


class StrictRoute(APIRoute):
    """A route whose body is declared as JSON and names each key once, and whose parameters are known and stand once."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the framework's handler with the stricter reading before it."""
        handle = super().get_route_handler()
        known = {parameter.alias for parameter in self.dependant.query_params}

        async def handler(request: Request) -> Response:
            if request.method == "POST":
                _check_kind(request.headers.get("content-type", ""))
                _check_parameters(request.query_params.multi_items(), known)
            return await handle(_StrictRequest(request.scope, request.receive))

        return handler


class _StrictRequest(Request):
    async def json(self) -> Any:
        try:
            return json.loads(await self.body(), object_pairs_hook=once)
        except RepeatedKeyError as error:
            raise HTTPException(400, f"The body has {error}; keep one of them") from error
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, "The body is not JSON; correct it and send it again") from error


def _check_kind(declared: str) -> None:
    if declared.split(";")[0].strip().lower() != "application/json":
        raise HTTPException(
            415, "The body is not declared as JSON; send it with Content-Type: application/json"
        )


def _check_parameters(given: Sequence[tuple[str, str]], known: set[str]) -> None:
    names = [name for name, _ in given]
    for name in names:
        if name not in known:
            allowed = f"give some of {', '.join(sorted(known))}" if known else "give none"
            raise HTTPException(422, f"{name[:60]!r} is not a parameter here; {allowed}")
        if names.count(name) > 1:
            raise HTTPException(422, f"The parameter {name} stands {names.count(name)} times; give it once")
