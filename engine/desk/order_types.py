"""What orders look like: integers of fen, so that they reconcile exactly."""

from dataclasses import dataclass
from typing import Literal

from ...goals.edge import Day, EdgeModel
from ..findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How closely orders follow the target.

    Attributes
    ----------
    band
        A class within this share of wealth of its target is not traded for its own sake.
    cash_buffer
        Money that stays in cash; it counts as part of the target's cash class.
    tracking_error
        Bound on the tracking error a year against the target.
    patience
        Sales with a redemption fee above this rate wait until it falls.
    """

    band: float = 0.005
    cash_buffer: float = 0.0
    tracking_error: float = 0.01
    patience: float = 0.005


class Order(EdgeModel):
    """One order, in fen.

    Attributes
    ----------
    amount
        Gross: paid for the product, or received for it before charges.
    cost, redemption_fee
        Trading cost, and the fee for redeeming early.
    units
        Where the product is dealt in units, or the units sold are known.
    closes
        Whether everything in the holding is sold.
    """

    side: Literal["buy", "sell"]
    product: str | None = None
    asset: str
    account: str | None = None
    amount: int
    cost: int
    redemption_fee: int = 0
    units: float | None = None
    closes: bool = False

    @property
    def signed(self) -> int:
        """What the order adds to the holdings."""
        return self.amount if self.side == "buy" else -self.amount

    @property
    def charges(self) -> int:
        """Trading cost and redemption fee."""
        return self.cost + self.redemption_fee


class Waiting(EdgeModel):
    """A holding to be sold later: tied up until then, or its redemption fee falls from `rate` to `later`."""

    product: str
    account: str | None = None
    amount: int
    until: Day
    rate: float
    later: float


class Orders(EdgeModel):
    """Orders that reconcile to the last fen.

    ``cash_after = cash_before + sales - purchases - charges`` and, for each asset, ``after = before - sold +
    bought``, exactly.

    Attributes
    ----------
    before, after, target
        Fen by asset id.
    cash_before, cash_after, cash_needed
        Fen; needed is the buffer and what is due today.
    charges
        Trading costs and redemption fees together, in fen.
    tracking_error_before, tracking_error, bound
        Against the target, a year.
    """

    on: Day
    orders: tuple[Order, ...]
    waiting: tuple[Waiting, ...]
    before: dict[str, int]
    after: dict[str, int]
    target: dict[str, int]
    cash_before: int
    cash_after: int
    cash_needed: int
    charges: int
    tracking_error_before: float
    tracking_error: float
    bound: float
    findings: tuple[Finding, ...]
