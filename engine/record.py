"""The policy table as it stands in a plan: small enough for JSON, exact to the byte."""

import base64
import binascii
import math
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..goals.edge import EdgeModel
from .errors import RequestError
from .policy.table import PolicyTable

_LARGEST = (
    1 << 26
)  # bytes of an array; a policy has 800 kB at most (see `tabulate`), a hostile file any number
_SUM = 1e-6  # by which the weights of a stored portfolio may miss 1
_LONGEST_WINDOW = 720  # months between resets, as in `Limits.reset_every`
_DTYPES = {
    "origin": "<f8", "hold_index": "<i2", "broken": "<i2", "pay": "|i1", "fractions": "<f8", "payment_month": "<i8",
}  # fmt: skip


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
    """Array of a `PackedArray`; ValueError where its bytes are not those of its type and shape."""
    dtype = np.dtype(packed.dtype)
    size = dtype.itemsize * math.prod(packed.shape)
    if min(packed.shape, default=0) < 0 or size > _LARGEST:
        raise ValueError(f"shape {packed.shape} is not that of a policy")
    try:
        stream = zlib.decompressobj()
        raw = stream.decompress(base64.b64decode(packed.data, validate=True), size + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"data are not compressed bytes in base64 ({error})") from error
    if len(raw) != size:
        raise ValueError(f"data do not hold the {size} bytes of shape {packed.shape}")
    return np.frombuffer(raw, dtype=dtype).reshape(packed.shape).copy()


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
        """Return the table that the judge and a review follow.

        Raises
        ------
        RequestError
            The record is not one that goalplan wrote: kernels follow a table without looking, so what it names
            must be there.

        """
        table = PolicyTable(
            **self._arrays(),
            spacing=self.spacing,
            drawdown_spacing=math.inf if self.drawdown_spacing is None else self.drawdown_spacing,
            limit=math.inf if self.limit is None else self.limit,
            reset_every=self.reset_every,
            age=self.age,
        )
        wrong = next((name for name, fits in self._fits(table) if not fits), None)
        if wrong is not None:
            raise _damaged(f"{wrong} does not fit the rest of it")
        return table

    def _arrays(self) -> dict[str, NDArray[Any]]:
        found = {}
        for name, dtype in _DTYPES.items():
            packed: PackedArray = getattr(self, name)
            try:
                array = unpack(packed) if packed.dtype == dtype else None
            except ValueError as error:
                raise _damaged(f"{name}: {error}") from error
            if array is None:
                raise _damaged(f"{name} is of type {packed.dtype!r:.20} and not {dtype!r}")
            found["hold" if name == "hold_index" else name] = array
        return found

    def _fits(self, table: PolicyTable) -> Iterator[tuple[str, bool]]:
        """Names of the fields in turn, and whether each fits; one that does not makes the next ones meaningless."""
        portfolios, (assets, columns) = len(self.weights), (len(self.assets), {len(w) for w in self.weights})
        yield "weights", portfolios > 0 and columns == {assets}
        weights = np.array(self.weights)
        yield "weights", bool((weights >= 0.0).all() and (abs(weights.sum(axis=1) - 1.0) <= _SUM).all())
        yield "expected_returns", len(self.expected_returns) == portfolios
        yield "volatilities", len(self.volatilities) == portfolios
        yield (
            "origin",
            table.origin.ndim == 1 and len(table.origin) > 1 and bool(np.isfinite(table.origin).all()),
        )
        months = len(table.origin)
        yield "hold_index", table.hold.ndim == 3 and len(table.hold) == months and table.hold.size > 0
        yield "hold_index", _within(table.hold, portfolios)
        states, nodes = table.hold.shape[1:]
        yield "broken", table.broken.shape == (months, 0 if self.limit is None else nodes)
        yield "broken", _within(table.broken, portfolios)
        yield "fractions", table.fractions.ndim == 2 and table.fractions.shape[1] > 0
        yield "fractions", bool(((table.fractions >= 0.0) & (table.fractions <= 1.0)).all())
        payments, options = table.fractions.shape
        yield "pay", table.pay.shape in ((payments, states, nodes), (payments, 1, nodes))
        yield "pay", _within(table.pay, options)
        yield (
            "payment_month",
            table.payment_month.shape == (payments,) and _within(table.payment_month, months),
        )
        yield "spacing", self.spacing > 0.0
        yield "drawdown_spacing", table.drawdown_spacing > 0.0
        yield "limit", table.limit > 0.0
        yield "reset_every", 0 <= self.reset_every <= _LONGEST_WINDOW
        yield "age", 0 <= self.age < max(self.reset_every, 1)

    def hold(self, month: int, wealth: float, drawdown: float, broken: bool) -> dict[str, float]:
        """Weights by asset id; see `Plan.hold`."""
        table = self.table()
        if not 0 <= month < table.months:
            raise ValueError(f"month is {month}; the plan has months 0 to {table.months - 1}")
        if not (np.isfinite(wealth) and wealth >= 0.0):
            raise ValueError(f"wealth is {wealth}; give an amount of 0 or more")
        if not 0.0 <= drawdown < 1.0:
            raise ValueError(f"drawdown is {drawdown}; give a fraction from 0 to below 1, such as 0.05")
        k = table.holding(month, wealth, drawdown, broken)
        return {a: w for a, w in zip(self.assets, self.weights[k], strict=True) if w > 0.0}


def _within(indices: NDArray[Any], count: int) -> bool:
    return indices.size == 0 or (int(indices.min()) >= 0 and int(indices.max()) < count)


def _damaged(what: str) -> RequestError:
    return RequestError(f"the plan's policy is damaged ({what}); give the plan as goalplan wrote it.")


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
