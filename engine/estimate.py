"""A probability as a plan states it: measured on simulated paths, with its standard error."""

from ..goals.edge import EdgeModel


class Estimate(EdgeModel):
    """A probability measured on simulated paths, with its binomial standard error."""

    value: float
    standard_error: float
