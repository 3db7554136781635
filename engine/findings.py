"""Findings: what a plan has to say in words, as code, parameters and text in Chinese and English."""

from typing import Literal

from ..goals.edge import EdgeModel

Value = str | float | int | bool


class Text(EdgeModel):
    """The same sentence in both languages."""

    zh: str
    en: str


class Finding(EdgeModel):
    """One thing a reader must know.

    Attributes
    ----------
    code
        Stable word for programs, a key of `TEMPLATES`.
    severity
        ``"info"``, ``"warning"``, or ``"conflict"`` for what stands in the way of a plan.
    params
        What the sentence speaks of.
    text
        The sentence.

    """

    code: str
    severity: Literal["info", "warning", "conflict"]
    params: dict[str, Value]
    text: Text


TEMPLATES: dict[str, tuple[Literal["info", "warning", "conflict"], str, str]] = {
    "goal_on_target": (
        "info",
        "“{goal}”的达成概率为 {probability:.1%}，不低于所要的 {wanted:.0%}。",
        "“{goal}” is reached with probability {probability:.1%}, at least the {wanted:.0%} asked for.",
    ),
    "goal_at_risk": (
        "warning",
        "“{goal}”的达成概率为 {probability:.1%}，低于所要的 {wanted:.0%}。",
        "“{goal}” is reached with probability {probability:.1%}, short of the {wanted:.0%} asked for.",
    ),
    "goal_off_target": (
        "warning",
        "“{goal}”的达成概率只有 {probability:.1%}，远低于所要的 {wanted:.0%}。",
        "“{goal}” is reached with probability {probability:.1%} only, far from the {wanted:.0%} asked for.",
    ),
    "stale_market": (
        "warning",
        "行情数据截至 {as_of}，早于计划开始日 {start} 超过 {days} 天；请更新行情。",
        "The market data end on {as_of}, more than {days} days before the plan starts on {start}; update them.",
    ),
    "asset_closed": (
        "info",
        "“{asset}”的风险等级为 R{risk}，高于客户的 {client}，未被使用。",
        "“{asset}” is rated R{risk}, above what a {client} client may hold, and is not used.",
    ),
    "required_goal_missed": (
        "conflict",
        "必须达成的目标“{goal}”最多只能以 {probability:.1%} 的概率达成，低于所要的 {wanted:.0%}。",
        "The required goal “{goal}” can be reached with probability {probability:.1%} at most; {wanted:.0%} is asked.",
    ),
    "drawdown_limit_unattainable": (
        "conflict",
        "任何组合都无法在 {confidence:.0%} 的把握下把回撤控制在 {limit:.1%} 以内；最低的突破概率为 {least:.1%}。",
        "No policy keeps the drawdown within {limit:.1%} at {confidence:.0%} confidence; the least attainable "
        "probability of breaking it is {least:.1%}.",
    ),
    "policy_uses_lowest_risk_after_breach": (
        "info",
        "一旦回撤突破 {limit:.1%}，在下一个检视日之前只持有风险最低的组合。",
        "Once the drawdown has exceeded {limit:.1%}, only the lowest-risk portfolio is held until the next reset.",
    ),
    "breach_above_allowance": (
        "warning",
        "检验样本中突破回撤上限的比例为 {share:.1%}，高于允许的 {allowance:.1%}。",
        "On the judge sample {share:.1%} of the paths break the drawdown limit, above the {allowance:.1%} allowed.",
    ),
    "model_breach_high": (
        "warning",
        "在模型“{model}”下，突破回撤上限的比例为 {share:.1%}，超过允许值的两倍。",
        "Under the model “{model}” {share:.1%} of the paths break the drawdown limit, more than twice the allowance.",
    ),
}


def finding(code: str, **params: Value) -> Finding:
    """Build the finding `code` with its sentence filled in both languages."""
    severity, zh, en = TEMPLATES[code]
    return Finding(
        code=code, severity=severity, params=params, text=Text(zh=zh.format(**params), en=en.format(**params))
    )
