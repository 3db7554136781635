"""The names of the return models, and which one is taken where none is named; imports nothing."""

from __future__ import annotations

from typing import Literal, get_args

ModelName = Literal["lognormal", "student_t", "bootstrap", "regime", "filtered_historical"]
MODEL_NAMES: tuple[ModelName, ...] = get_args(ModelName)
DEFAULT_MODEL: ModelName = "student_t"  # chosen on origins before 2016, see docs/calibration.md
