"""What a service allows: one frozen value, checked when it is made."""

from dataclasses import dataclass, field

from ..engine.errors import RequestError
from ..scenarios.market import Market
from .work import Sources

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Limits and address of a service.

    Attributes
    ----------
    host, port
        Where it listens; anything but the loopback needs an `api_key`.
    sources
        Market, shelf, rules and questionnaire, and the longest horizon.
    workers
        Processes, each of which solves one request at a time.
    waiting
        Requests that may wait for a worker; one more is answered 503 at once.
    timeout
        Seconds of work on one request, after which its process is killed.
    max_body
        Bytes of a request body.
    max_paths, max_assets
        Largest number of simulated paths of a request, and of assets of the market.
    api_key
        What ``X-API-Key`` must say; None for a service without a key.

    Raises
    ------
    RequestError
        A value out of range, or an address beyond the loopback without a key.

    """

    host: str = "127.0.0.1"
    port: int = 8000
    sources: Sources = field(default_factory=Sources)
    workers: int = 2
    waiting: int = 32
    timeout: float = 30.0
    max_body: int = 1_048_576
    max_paths: int = 50_000
    max_assets: int = 200
    api_key: str | None = None

    def __post_init__(self) -> None:
        wrong = [
            f"{name} = {getattr(self, name)} is out of range; give at least {least}."
            for name, least in (
                ("workers", 1), ("waiting", 0), ("timeout", 0.1), ("max_body", 1_000), ("max_paths", 100),
                ("max_assets", 1),
            )
            if not getattr(self, name) >= least
        ]  # fmt: skip
        if self.api_key is not None and len(self.api_key) < 16:
            wrong.append("the API key is shorter than 16 characters; give a longer one.")
        if self.api_key is None and self.host not in LOOPBACK:
            wrong.append(
                f"host = {self.host} can be reached from other machines; set GOALPLAN_API_KEY, or listen on 127.0.0.1."
            )
        if wrong:
            raise RequestError(wrong)

    def check_market(self, market: Market) -> None:
        """Raise RequestError if the market is larger than this service takes."""
        if len(market.assets) > self.max_assets:
            raise RequestError(
                f"the market has {len(market.assets)} assets and this service takes {self.max_assets} at most; "
                "raise max_assets or give a smaller market."
            )
