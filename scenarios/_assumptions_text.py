"""The TOML text of a set of assumptions, see `assumptions_toml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text(entries: Mapping[str, Any]) -> str:
    """Return the TOML text of the entries of `Assumptions`, every number to its last digit."""
    asset_ids, index_ids = entries["asset_ids"], entries["index_ids"]
    lines = ["schema_version = 1"]
    lines += [f"{key} = {_quoted(entries[key])}" for key in ("name", "source", "rationale")]
    lines += [f"as_of = {entries['as_of'].isoformat()}"]
    lines += [f"{key} = {float(entries[key])!r}" for key in ("cash", "years")]
    for i, name in enumerate(asset_ids):
        lines += ["", f"[assets.{_quoted(name)}]"]
        lines += [f"{key} = {float(entries[key][i])!r}" for key in ("mean", "volatility", "max_weight")]
    for j, name in enumerate(index_ids):
        lines += ["", f"[indices.{_quoted(name)}]"]
        lines += [f"{key} = {float(entries[f'index_{key}'][j])!r}" for key in ("mean", "volatility")]
    ids = ", ".join(_quoted(name) for name in asset_ids + index_ids)
    lines += ["", "[correlation]", f"ids = [{ids}]", "matrix = ["]
    lines += ["    [" + ", ".join(repr(float(c)) for c in row) + "]," for row in entries["correlation"]]
    return "\n".join([*lines, "]", ""])


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
