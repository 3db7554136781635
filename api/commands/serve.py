"""``goalplan serve``: the HTTP service on this machine."""

import errno
import os
import socket
from pathlib import Path

import click

from ..firm_options import firm_options

_EPILOG = """\b
Worked example:
  goalplan serve &
  goalplan example home > home.toml
  python examples/service_client.py home.toml
  GOALPLAN_API_KEY=$(openssl rand -hex 16) goalplan serve --host 0.0.0.0 --workers 8

\b
Needs the extra: pip install 'goalplan[service]'. Listens when its workers are warm; a first start compiles for a
minute or two. Without GOALPLAN_API_KEY it listens on the loopback only.
"""


@click.command(epilog=_EPILOG)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=8000, show_default=True, help="Port to listen on."
)
@click.option(
    "--market", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of market data; the embedded market when left out.",
)  # fmt: skip
@firm_options
@click.option(
    "--workers", type=click.IntRange(1, 1024), default=2, show_default=True, help="Requests solved at once."
)
@click.option(
    "--waiting", type=click.IntRange(0), default=32, show_default=True, help="Requests that may wait."
)
@click.option(
    "--timeout", type=click.FloatRange(0.1), default=30.0, show_default=True,
    help="Seconds after which the work on a request is stopped.",
)  # fmt: skip
@click.option(
    "--max-paths", type=click.IntRange(100), default=50_000, show_default=True, help="Most paths asked for."
)
@click.option("--max-months", type=click.IntRange(1), default=720, show_default=True, help="Longest horizon.")
@click.option(
    "--max-body",
    type=click.IntRange(1_000),
    default=1_048_576,
    show_default=True,
    help="Largest body, bytes.",
)
def command(
    host: str,
    port: int,
    market: Path | None,
    shelf_file: Path | None,
    rules_file: Path | None,
    table_file: Path | None,
    assumptions_file: Path | None,
    workers: int,
    waiting: int,
    timeout: float,
    max_paths: int,
    max_months: int,
    max_body: int,
) -> None:
    """Answer requests for plans, diagnoses and reviews over HTTP.

    POST /plans, /diagnose and /review; GET /schema/NAME, /healthz and /openapi.json.
    """
    from ..engine.errors import RequestError

    try:
        import uvicorn

        from ..service.app import create_app
    except ModuleNotFoundError as error:
        raise RequestError(f"{error.name} is not installed; run: pip install 'goalplan[service]'.") from error
    from ..service.settings import ServiceSettings
    from ..service.work import Sources

    settings = ServiceSettings(
        host=host,
        port=port,
        sources=Sources(market, shelf_file, rules_file, table_file, assumptions_file, max_months),
        workers=workers,
        waiting=waiting,
        timeout=timeout,
        max_body=max_body,
        max_paths=max_paths,
        api_key=os.environ.get("GOALPLAN_API_KEY") or None,
    )
    lines = _bound(host, port)
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings), access_log=False, log_level="warning",
                       timeout_graceful_shutdown=int(timeout) + 1)
    )  # fmt: skip
    server.run(sockets=lines)
    if not server.started:
        raise RuntimeError("the workers did not start")


def _bound(host: str, port: int) -> list[socket.socket]:
    """Sockets of the address, before anything is warmed up; they listen once the workers are ready."""
    from ..engine.errors import RequestError

    lines: list[socket.socket] = []
    reason: str | None = "no such address"
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, address in places:
            line = socket.socket(family, kind, protocol)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                line.bind(address)
                lines.append(line)
            except OSError as error:
                line.close()
                if error.errno != errno.EADDRNOTAVAIL:  # localhost may name IPv6 where there is none
                    raise
                reason = error.strerror
    except OSError as error:
        lines.clear()
        reason = error.strerror
    if not lines:
        raise RequestError(
            f"--host {host} --port {port} cannot be listened on ({reason}); give another address or port."
        )
    return lines
