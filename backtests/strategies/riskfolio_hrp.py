"""Hierarchical risk parity by riskfolio-lib, imported when the first decision is made."""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
from pydantic import Field

from .._types import FloatArray
from ..past import NoDecisionError, Study, Targets
from ._rule import MarketRule


class HierarchicalRiskParity(MarketRule):
    """Cluster the assets, then divide the money down the tree by inverse risk.

    Lopez de Prado 2016, Building diversified portfolios that outperform out of sample; computed by
    riskfolio-lib's ``HCPortfolio(model="HRP")`` on the window's returns.
    """

    kind: Literal["hrp"] = "hrp"
    risk: Literal["MV", "MAD", "CVaR", "CDaR", "MDD"] = Field(
        default="MV", description="Risk measure that divides the money; MV is the variance."
    )
    linkage: Literal["single", "complete", "average", "ward"] = Field(
        default="single", description="How clusters are joined."
    )

    @property
    def estimates(self) -> bool:
        """True: it needs a window of returns."""
        return True

    def targets(self, study: Study) -> Targets:
        """Return the portfolio of the tree at each decision."""
        return study.decided(lambda k: self._weights(study.window(k)))

    def _weights(self, returns: FloatArray) -> FloatArray:
        if returns.shape[1] == 1:
            return np.ones(1)
        if (returns == returns[0]).all(axis=0).any():
            raise NoDecisionError("an asset has no variance over the window")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pandas as pd
            import riskfolio

            try:
                tree = riskfolio.HCPortfolio(returns=pd.DataFrame(returns))
                found = tree.optimization(
                    model="HRP", codependence="pearson", rm=self.risk, linkage=self.linkage, leaf_order=True
                )
            except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
                raise NoDecisionError(f"riskfolio-lib failed: {error}") from error
        if found is None or not np.isfinite(found.to_numpy()).all():
            raise NoDecisionError("riskfolio-lib found no weights")
        return np.asarray(found.to_numpy(), dtype=np.float64)[:, 0]
