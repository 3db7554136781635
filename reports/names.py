"""Names of the embedded market's assets, read without its prices."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from ..scenarios.market import EMBEDDED, Asset


@cache
def asset_names() -> Mapping[str, Asset]:
    """Assets of the embedded market by id, optional ones too."""
    rows = tomllib.loads((EMBEDDED / "assets.toml").read_text(encoding="utf-8"))["assets"]
    assets = [Asset(**{"esg": None, **{k: v for k, v in row.items() if k != "optional"}}) for row in rows]
    return {asset.id: asset for asset in assets}
