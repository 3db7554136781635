"""Types shared by the modules of the room."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Dates = NDArray[np.datetime64]

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class EdgeModel(BaseModel):
    """What every model read from a configuration has in common: frozen, no unknown keys, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def read_only(values: FloatArray) -> FloatArray:
    """Return `values` as a float64 array that cannot be written."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    array.flags.writeable = False
    return array
