"""Which node of the policy's lattice a wealth stands at: one path, or many side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import inner

FloatArray = NDArray[np.float64]

_LN2, _TWO52, _EXPONENT = 0.6931471805599453, 4503599627370496.0, np.uint64(52)
_ROOT_HALF, _BIAS, _EXP52 = np.uint64(0x3FE6A09E << 32), np.uint64(1 << 62), np.uint64(0x433 << 52)


@inner
def nearest(x: float, last: int) -> int:
    """Nearest node of a lattice coordinate, clipped to 0..last; a coordinate on a cell boundary goes up."""
    return int(min(max(x + (0.5 + 1e-9), 0.0), float(last)))


@inner
def nearest_lanes(x: FloatArray, origin: float, spacing: float, last: int, out: FloatArray) -> None:
    """`nearest` of ``(log x - origin) / spacing``, as a float to be cut, in every lane; x is 0 or more.

    The logarithm, to 2e-15: exponent and mantissa split, then the atanh series.
    """
    for lane in range(len(x)):
        b = np.float64(x[lane]).view(np.uint64)
        e = (b - _ROOT_HALF + _BIAS) >> _EXPONENT
        m = np.uint64(b - (e << _EXPONENT) + _BIAS).view(np.float64)
        f = (m - 1.0) / (m + 1.0)
        s = f * f
        p = 1.0 / 13.0 + s * (1.0 / 15.0 + s * (1.0 / 17.0 + s / 19.0))
        p = 1.0 / 3.0 + s * (1.0 / 5.0 + s * (1.0 / 7.0 + s * (1.0 / 9.0 + s * (1.0 / 11.0 + s * p))))
        exponent = np.uint64(e | _EXP52).view(np.float64) - (_TWO52 + 1024.0)
        log = exponent * _LN2 + 2.0 * (f + f * s * p)
        out[lane] = min(max((log - origin) / spacing + (0.5 + 1e-9), 0.0), float(last))
