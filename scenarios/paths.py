"""Simulated paths: one call for every model, three independent streams, the same path whatever the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from ._table import FloatArray

Stream = Literal["design", "validation", "judge"]
_STREAM_NUMBER = {name: number for number, name in enumerate(get_args(Stream), start=1)}
_PURPOSES = ("month", "step", "mean", "block", "state", "spread")
_MOST_PATHS = 2**32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReturnPaths:
    """Simulated paths, read-only.

    Attributes
    ----------
    assets : (P, months steps_per_month, N) float64
        Gross returns per step: 1.01 is one per cent.
    indices : (P, months, J) float64
        Gross monthly growth of the indices.
    steps_per_month, stream, seed, first
        As asked for; row p is path number first + p.
    """

    assets: FloatArray
    indices: FloatArray
    steps_per_month: int
    stream: Stream
    seed: int
    first: int


class Model(Protocol):
    """A law of future returns, a frozen value: equal models give equal paths."""

    def __hash__(self) -> int:
        """Equal models hash alike: simulated paths are kept by model."""
        return object.__hash__(self)

    @property
    def name(self) -> str:
        """Short name for the record."""

    @property
    def asset_ids(self) -> tuple[str, ...]:
        """Columns of `ReturnPaths.assets`."""

    @property
    def index_ids(self) -> tuple[str, ...]:
        """Columns of `ReturnPaths.indices`."""

    def draw(self, request: Draw) -> tuple[FloatArray, FloatArray]:
        """Return the arrays `assets` and `indices` of `ReturnPaths` for `request`."""

    def simulate(
        self, months: int, paths: int, seed: int, stream: Stream, *, steps_per_month: int = 1, first: int = 0
    ) -> ReturnPaths:
        """Return simulated paths: `simulate` of this module."""
        return simulate(self, months, paths, seed, stream, steps_per_month=steps_per_month, first=first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What to simulate, checked: the arguments of `simulate`."""

    months: int
    paths: int
    seed: int
    stream: Stream
    steps_per_month: int
    first: int

    def __post_init__(self) -> None:
        if self.stream not in _STREAM_NUMBER:
            raise ValueError(f"stream is {self.stream!r}; allowed are {', '.join(_STREAM_NUMBER)}.")
        for name, low, high in (
            ("months", 1, 1200),
            ("paths", 1, _MOST_PATHS),
            ("seed", 0, 2**64 - 1),
            ("steps_per_month", 1, 31),
            ("first", 0, _MOST_PATHS - self.paths),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; allowed are whole numbers from {low} to {high}.")

    @property
    def key(self) -> tuple[int, int]:
        """Low and high half of the seed: the key of the random numbers."""
        return self.seed & 0xFFFFFFFF, self.seed >> 32

    def uses(self, *purposes: str) -> NDArray[np.int64]:
        """Return the counter words of this stream for `purposes`, each its own set of random numbers."""
        stream = _STREAM_NUMBER[self.stream]
        return np.array([256 * stream + _PURPOSES.index(purpose) for purpose in purposes], dtype=np.int64)


def simulate(
    model: Model,
    months: int,
    paths: int,
    seed: int,
    stream: Stream,
    *,
    steps_per_month: int = 1,
    first: int = 0,
) -> ReturnPaths:
    """Draw `paths` paths of `months` months from `model`.

    Path number `first` + p depends on the model, the seed, the stream and its number alone: not on how many
    paths or months are drawn, in which chunks or on which thread.

    Parameters
    ----------
    model : Model
    months, paths : int
    seed : int
        0 to 2^64 - 1.
    stream : {"design", "validation", "judge"}
        Independent sets: a policy is made on the first, tuned on the second, judged on the third.
    steps_per_month : int
        1, or 21 for days: their monthly product has the monthly law.
    first : int
        Number of the first path.

    Raises
    ------
    ValueError
        Naming the argument out of its range.
    """
    request = Draw(
        months=months, paths=paths, seed=seed, stream=stream, steps_per_month=steps_per_month, first=first
    )
    assets, indices = model.draw(request)
    assets.flags.writeable = False
    indices.flags.writeable = False
    return ReturnPaths(
        assets=assets, indices=indices, steps_per_month=steps_per_month, stream=stream, seed=seed, first=first
    )


def canonical(ids: Sequence[str]) -> NDArray[np.int64]:
    """Return the columns of `ids` in the order of their names.

    Models draw in this order, so that a series has the same path in whatever order it is asked for.
    """
    return np.array(sorted(range(len(ids)), key=lambda column: ids[column]), dtype=np.int64)
