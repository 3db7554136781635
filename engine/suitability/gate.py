"""What the suitability gate decides for one client, as it stands in the plan's record."""

from dataclasses import replace

from ...goals.edge import Day, EdgeModel
from ...scenarios.assumptions import Assumptions
from ...scenarios.market import Asset, Market
from ..client import Override, RiskLevel
from ..findings import Finding, Text
from ..request import Limits
from .ruleset import RuleId, Tier


class Refusal(EdgeModel):
    """Something asked for that the client may not hold, and what a review of it needs.

    Attributes
    ----------
    product, asset
        What was asked for; no product where a limit asks for a whole class.
    rule, source, date
        Which rule refused it.
    overridable
        Whether a signed special written warning lifts the rule for this client.
    evidence, signatures
        The papers that a review needs, and who signs.
    text
        The refusal as a sentence.
    """

    product: str | None = None
    asset: str
    rule: RuleId
    source: str
    date: Day
    overridable: bool
    evidence: tuple[Text, ...]
    signatures: tuple[Text, ...]
    text: Text


class Gate(EdgeModel):
    """What the gate let through; part of the plan's record.

    Attributes
    ----------
    rules, rules_digest, shelf, shelf_digest
        What was applied.
    level, lowest_class, score
        The client's, and the questionnaire's score where there is one.
    highest_level
        Highest product level, 1 to 5, inside the client's own level.
    max_volatility
        Highest volatility a year of a portfolio as a whole; None for no bound.
    tier
        The client's service.
    products
        Product by asset id, in the market's order: the classes open to the client.
    caps
        Highest weight by asset id where the product is a single fund that is not exempt.
    esg
        Score by asset id where the product has one.
    refused
        Products and classes asked for and not let through.
    overridden
        Written warnings on record that were used.
    needs_review
        Whether a person must look at the plan before anything is ordered.
    findings
        All that the record must hold.
    """

    rules: str
    rules_digest: str
    shelf: str
    shelf_digest: str
    level: RiskLevel
    lowest_class: bool
    score: int | None = None
    highest_level: int
    max_volatility: float | None = None
    tier: Tier
    products: dict[str, str]
    caps: dict[str, float]
    esg: dict[str, float]
    refused: tuple[Refusal, ...] = ()
    overridden: tuple[Override, ...] = ()
    needs_review: bool
    findings: tuple[Finding, ...]

    @property
    def allowed(self) -> tuple[str, ...]:
        """Ids of the assets open to the client, in the market's order."""
        return tuple(self.products)


def narrowed(limits: Limits, gate: Gate, market: Market, assumptions: Assumptions) -> Limits:
    """Limits inside the gate: closed classes left out, single funds capped.

    Bounds of closed assets and of classes that are closed altogether fall away (the gate has put what they
    ask for before a reviewer); an asset with a cap gets a bound of its own, no wider than it had.
    """
    assets = {asset.id: asset for asset in market.assets}
    own = dict(zip(assumptions.asset_ids, map(float, assumptions.max_weight), strict=True))
    bounds = {a: bound for a, bound in limits.bounds.items() if a in gate.products}
    for a, cap in gate.caps.items():
        usual = 1.0 if assets[a].asset_class == "cash" else min(limits.max_weight, own[a])
        low, high = bounds.get(a, (0.0, usual))
        bounds[a] = (min(low, cap), min(high, cap))
    open_classes = {assets[a].asset_class for a in gate.products}
    groups = {name: bound for name, bound in limits.groups.items() if name in open_classes}
    return limits.model_copy(update={"bounds": dict(sorted(bounds.items())), "groups": groups})


def open_assets(gate: Gate, market: Market) -> tuple[Asset, ...]:
    """Assets open to the client, in the market's order, each with the ESG score of the product chosen for it."""
    return tuple(
        replace(asset, esg=gate.esg.get(asset.id)) for asset in market.assets if asset.id in gate.products
    )
