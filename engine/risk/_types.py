"""Array aliases of the room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def frozen(array: FloatArray) -> FloatArray:
    """Mark `array` read-only and return it."""
    array.flags.writeable = False
    return array
