"""What stands before the routes: the key, and the size of a body."""

import asyncio
import secrets
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import problem
from .settings import ServiceSettings

OPEN_PATHS = frozenset({"/healthz", "/openapi.json", "/docs"})


class Gatekeeper:
    """ASGI middleware that answers 401, 408 and 413 before a byte of the body is looked at.

    A body without a stated length is counted while it comes in, and all of it must come in as soon as work is done.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if scope["path"] not in OPEN_PATHS and not self._key_fits(headers.get(b"x-api-key", b"")):
            await problem(401, "The header X-API-Key is missing or wrong.")(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._settings.timeout):
                body = await self._body(headers, receive)
        except TimeoutError:
            await problem(408, f"The body was not there after {self._settings.timeout:g} s; send it whole.")(
                scope, receive, send
            )
            return
        if body is None:
            limit = self._settings.max_body
            await problem(413, f"The body is larger than the {limit} bytes taken here.")(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _key_fits(self, given: bytes) -> bool:
        key = self._settings.api_key
        return key is None or secrets.compare_digest(given, key.encode())

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes | None:
        stated = headers.get(b"content-length", b"0")
        if not stated.isdigit() or int(stated[:20]) > self._settings.max_body:
            return None
        body = b""
        while True:
            message = await receive()
            body += bytes(message.get("body", b""))
            if len(body) > self._settings.max_body:
                return None
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body again, as one message; then whatever else comes in."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        whole: dict[str, Any] = {"type": "http.request", "body": body, "more_body": False}
        return whole

    return again
