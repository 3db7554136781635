"""The policy table as it stands in a plan: small enough for JSON, exact to the byte."""

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..goals.edge import EdgeModel
from .policy.table import PolicyTable


class PackedArray(EdgeModel):
    """An array as zlib-compressed little-endian bytes in base64."""

    dtype: str
    shape: tuple[int, ...]
    data: str


def pack(array: NDArray[Any]) -> PackedArray:
    """Pack an array; `unpack` gives it back bit for bit."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    text = base64.b64encode(zlib.compress(little.tobytes(), 9)).decode("ascii")
    return PackedArray(dtype=little.dtype.str, shape=array.shape, data=text)


def unpack(packed: PackedArray) -> NDArray[Any]:
    """Array of a `PackedArray`."""
    raw = zlib.decompress(base64.b64decode(packed.data))
    return np.frombuffer(raw, dtype=np.dtype(packed.dtype)).reshape(packed.shape).copy()


class PolicyRecord(EdgeModel):
    """What to hold and pay, by month, wealth and drawdown; see `PolicyTable` for the axes."""

    assets: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    expected_returns: tuple[float, ...]
    volatilities: tuple[float, ...]
    spacing: float
    drawdown_spacing: float | None = None
    limit: float | None = None
    reset_every: int
    age: int = 0
    origin: PackedArray
    hold_index: PackedArray
    broken: PackedArray
    pay: PackedArray
    fractions: PackedArray
    payment_month: PackedArray

    @property
    def months(self) -> int:
        """The horizon T."""
        return self.origin.shape[0] - 1

    def table(self) -> PolicyTable:
        """The table that the judge and a review follow."""
        return PolicyTable(
            origin=unpack(self.origin),
            spacing=self.spacing,
            hold=unpack(self.hold_index),
            drawdown_spacing=float("inf") if self.drawdown_spacing is None else self.drawdown_spacing,
            limit=float("inf") if self.limit is None else self.limit,
            broken=unpack(self.broken),
            reset_every=self.reset_every,
            age=self.age,
            pay=unpack(self.pay),
            fractions=unpack(self.fractions),
            payment_month=unpack(self.payment_month),
        )

    def hold(self, month: int, wealth: float, drawdown: float, broken: bool) -> dict[str, float]:
        """Weights by asset id; see `Plan.hold`."""
        if not 0 <= month < self.months:
            raise ValueError(f"month is {month}; the plan has months 0 to {self.months - 1}")
        if not (np.isfinite(wealth) and wealth >= 0.0):
            raise ValueError(f"wealth is {wealth}; give an amount of 0 or more")
        if not 0.0 <= drawdown < 1.0:
            raise ValueError(f"drawdown is {drawdown}; give a fraction from 0 to below 1, such as 0.05")
        table = self.table()
        k = table.holding(month, wealth, drawdown, broken)
        return {a: w for a, w in zip(self.assets, self.weights[k], strict=True) if w > 0.0}


def record(
    table: PolicyTable,
    assets: tuple[str, ...],
    weights: NDArray[np.float64],
    expected_returns: NDArray[np.float64],
    volatilities: NDArray[np.float64],
) -> PolicyRecord:
    """Record of a table over a menu of `weights` (K, N) of `assets`."""
    return PolicyRecord(
        assets=assets,
        weights=tuple(tuple(float(w) for w in row) for row in weights),
        expected_returns=tuple(float(r) for r in expected_returns),
        volatilities=tuple(float(v) for v in volatilities),
        spacing=table.spacing,
        drawdown_spacing=table.drawdown_spacing if np.isfinite(table.drawdown_spacing) else None,
        limit=table.limit if np.isfinite(table.limit) else None,
        reset_every=table.reset_every,
        age=table.age,
        origin=pack(table.origin),
        hold_index=pack(table.hold),
        broken=pack(table.broken),
        pay=pack(table.pay),
        fractions=pack(table.fractions),
        payment_month=pack(table.payment_month),
    )
