"""Simulated paths as files: numpy archives, and tables for whoever reads Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .scenarios.errors import DataError

if TYPE_CHECKING:
    from .scenarios.paths import ReturnPaths

SUFFIXES = (".npz", ".parquet")


def write_paths(
    path: Path,
    drawn: ReturnPaths,
    asset_ids: tuple[str, ...],
    index_ids: tuple[str, ...],
    model: str,
    digest: str,
) -> None:
    """Write `drawn` under a temporary name, then rename it.

    ``.npz`` holds the arrays `assets` and `indices`, their ids, model, seed and market digest. ``.parquet`` holds a row
    a path and month (columns path, month, then one a series, gross growth), and the rest as metadata of the file.

    Raises
    ------
    DataError
        If Parquet is asked for without pyarrow.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        if path.suffix == ".npz":
            _npz(part, drawn, asset_ids, index_ids, model, digest)
        else:
            _parquet(part, drawn, asset_ids, index_ids, model, digest)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _npz(
    path: Path,
    drawn: ReturnPaths,
    asset_ids: tuple[str, ...],
    index_ids: tuple[str, ...],
    model: str,
    digest: str,
) -> None:
    import numpy as np

    content: dict[str, Any] = {
        "assets": drawn.assets,
        "indices": drawn.indices,
        "asset_ids": np.array(asset_ids),
        "index_ids": np.array(index_ids, dtype=str),
        "model": np.array(model),
        "seed": np.array(drawn.seed, dtype=np.uint64),
        "market_digest": np.array(digest),
    }
    with path.open("wb") as file:
        np.savez_compressed(file, **content)


def _parquet(
    path: Path,
    drawn: ReturnPaths,
    asset_ids: tuple[str, ...],
    index_ids: tuple[str, ...],
    model: str,
    digest: str,
) -> None:
    import numpy as np

    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise DataError(
            f"{path.name.strip('.')}: Parquet needs the package pyarrow; install goalplan[parquet] or write .npz."
        ) from None
    P, T = drawn.assets.shape[:2]
    columns: dict[str, Any] = {
        "path": np.repeat(np.arange(P, dtype=np.int32), T),
        "month": np.tile(np.arange(1, T + 1, dtype=np.int16), P),
    }
    columns |= {name: drawn.assets[:, :, n].ravel() for n, name in enumerate(asset_ids)}
    columns |= {name: drawn.indices[:, :, n].ravel() for n, name in enumerate(index_ids)}
    said = {"model": model, "seed": str(drawn.seed), "market_digest": digest}
    pq.write_table(pa.table(columns).replace_schema_metadata(said), path)
