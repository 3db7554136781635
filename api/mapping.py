"""Products that a shelf does not have, counted as assets of the market: ``--map CODE=ASSET``."""

from __future__ import annotations

from collections.abc import Iterable

import click


def mapping_of(pairs: Iterable[str]) -> dict[str, str]:
    """Return asset by code; a usage error for anything that is not a pair."""
    mapping = {}
    for pair in pairs:
        code, equals, asset = (part.strip() for part in pair.partition("="))
        if not (code and equals and asset):
            raise click.BadParameter(f"{pair!r} is not CODE=ASSET, such as 000001=gold.", param_hint="--map")
        mapping[code] = asset
    return mapping
