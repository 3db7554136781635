"""What the adviser's desk adds to a plan, made by hand: labels, orders, the gate and a diagnosis."""

import datetime as dt

from goalplan.engine.base_model import TITLES
from goalplan.engine.changes.types import Curve, CurvePoint
from goalplan.engine.desk.diagnosis import ClassLine, Diagnosis, EventLoss, GoalChance, HoldingLine
from goalplan.engine.desk.holdings import Unmapped
from goalplan.engine.desk.labels import EpisodeLoss, Label, ReturnRange
from goalplan.engine.desk.order_types import Order, Orders, Waiting
from goalplan.engine.findings import Finding, Text
from goalplan.engine.infeasible.types import Repair
from goalplan.engine.plan import Estimate, ModelOutlook, Plan, StressLoss
from goalplan.engine.suitability.gate import Gate, Refusal
from goalplan.engine.suitability.ruleset import Tier

START = dt.date(2026, 5, 1)
FALLS = {
    "levels": (0.05, 0.25, 0.5, 0.75, 0.95, 0.99),
    "quantiles": (0.021, 0.041, 0.062, 0.083, 0.118, 0.151),
}
DESK = ("suitability", "label", "labels", "orders", "diagnosis", "models")
STRESS = tuple(
    StressLoss(id=name, name=Text(zh=zh, en=en), loss=loss, limit=limit, proxy=proxy)
    for name, zh, en, loss, limit, proxy in (
        ("2008", "全球金融危机", "Global financial crisis", 0.142, 0.15, True),
        ("2015", "A股异常波动", "A-share crash", 0.118, 0.15, False),
        ("2018", "贸易摩擦", "Trade conflict", 0.061, None, False),
        ("2020", "新冠疫情冲击", "Covid-19", 0.057, None, False),
    )
)


def both(zh, en):
    return Text(zh=zh, en=en)


def label_of(**given):
    return Label(
        **{
            "name": both("计划整体", "The plan as a whole"),
            "level": 3,
            "level_name": both("中风险", "medium risk"),
            "ranges": (
                ReturnRange(years=1.0, low=-0.081, high=0.163),
                ReturnRange(years=3.0, low=-0.1, high=0.33),
            ),
            "range_note": both("历史测算，不构成收益承诺", "Estimated from history; not a promise of return"),
            "volatility": 0.083,
            "max_drawdown": 0.152,
            "drawdown_from": dt.date(2005, 1, 4),
            "drawdown_to": dt.date(2026, 4, 30),
            "worst_episode": EpisodeLoss(
                id="2008", name=both("全球金融危机", "Global financial crisis"), loss=0.142, proxy=True
            ),
            "audience": both("适合 C3 至 C5 的投资者", "for investors of levels C3 to C5"),
            "cautions": (both("资产以外币计价。", "Assets are in a foreign currency."),),
            "disclosure": both("概率不是承诺。", "A probability is no promise."),
            **given,
        }
    )


def with_desk(plan):
    """Return the plan with its label, two product labels and orders."""
    funds = [
        ("001001", "cn_equity_large", "某某沪深300指数", "CSI 300 index fund"),
        ("001002", "gold", "某某黄金", "Gold"),
    ]
    labels = tuple(label_of(product=p, asset=a, name=both(zh, en)) for p, a, zh, en in funds)
    orders = Orders(
        on=START,
        orders=(
            Order(side="buy", product="001001", asset="cn_equity_large", amount=10_000_000, cost=5_000),
            Order(side="sell", product=None, asset="cn_cash", amount=1_000, cost=0),
            Order(
                side="sell",
                product="001002",
                asset="gold",
                account="某某银行",
                amount=2_345_678,
                cost=1_172,
                redemption_fee=11_728,
                closes=True,
            ),
        ),
        waiting=(
            Waiting(
                product="001002",
                account=None,
                amount=500_000,
                until=dt.date(2026, 6, 1),
                rate=0.005,
                later=0.0,
            ),
        ),
        before={},
        after={},
        target={},
        cash_before=25_000_000,
        cash_after=17_327_778,
        cash_needed=0,
        charges=17_900,
        tracking_error_before=0.05,
        tracking_error=0.0031,
        bound=0.01,
        findings=(),
    )
    goal = plan.goals[0]
    share = goal.probability
    points = tuple(
        CurvePoint(
            value=8_000.0 + 200.0 * n, probability=Estimate(value=0.78 + 0.03 * n, standard_error=0.004)
        )
        for n in range(7)
    )
    later = tuple(
        CurvePoint(value=p.value, probability=Estimate(value=0.97 + 0.001 * n, standard_error=0.002))
        for n, p in enumerate(points)
    )
    chances = (share,) * len(plan.goals)
    desk = Plan(
        **{name: value for name, value in plan if name not in DESK},
        label=label_of(),
        labels=labels,
        orders=orders,
        suitability=gate_of(),
        diagnosis=diagnosis_of(),
        models=tuple(
            ModelOutlook(
                model=model,
                title=TITLES[model],
                name=model,
                paths=2_000,
                probabilities=chances,
                drawdown_high=0.12,
                breach=Estimate(value=breach, standard_error=0.005),
            )
            for model, breach in (("student_t", 0.04), ("lognormal", 0.03), ("regime", 0.06))
        ),
    )
    return desk.model_copy(
        update={
            "curves": (
                Curve(goal=goal.name, delay=0, delayed=(goal.name,), due=goal.due, points=points),
                Curve(
                    goal=goal.name,
                    delay=12,
                    delayed=(goal.name,),
                    due=goal.due.replace(year=goal.due.year + 1),
                    points=later,
                ),
            ),
            "drawdown": plan.drawdown.model_copy(update=FALLS),
        }
    )


def gate_of():
    refusals = tuple(
        Refusal(
            product=product,
            asset="cn_equity_small",
            rule=rule,
            source="《证券期货投资者适当性管理办法》第十八条至第二十二条",
            date=dt.date(2017, 7, 1),
            overridable=overridable,
            evidence=(both("客户主动要求的书面记录", "the client's own written request"),)
            if overridable
            else (),
            signatures=(both("客户", "client"), both("合规人员", "compliance")),
            text=both(
                "“某某进取混合”的风险等级为 R5，高于客户的 C4。", "“X” is rated R5, above the client's C4."
            ),
        )
        for product, rule, overridable in (("005001", "matching", True), ("005002", "lowest_class", False))
    )
    return Gate(
        rules="cn",
        rules_digest="0" * 64,
        shelf="demo",
        shelf_digest="0" * 64,
        level="C4",
        lowest_class=False,
        highest_level=4,
        tier=Tier(
            id="private", name=both("财富", "Wealth"), from_wealth=0.0, review_months=6, report="short"
        ),
        products={},
        caps={},
        esg={},
        refused=refusals,
        needs_review=True,
        findings=(),
    )


def diagnosis_of():
    name = both("沪深300", "China large-cap equity")
    line = {"account": "某某银行", "product": "001001", "asset": "cn_equity_large", "name": name, "level": 3}
    return Diagnosis(
        as_of=dt.date(2026, 4, 30),
        wealth=300_000.0,
        cash=100_000.0,
        accounts={"某某银行": 200_000.0},
        holdings=(
            HoldingLine(
                **line, value=150_000.0, weight=0.5, cost=140_000.0, gain=10_000.0, fee=0.005, suitable=True
            ),
            HoldingLine(
                **{**line, "account": None, "level": 5}, value=50_000.0, weight=1 / 6, suitable=False
            ),
        ),
        classes=(
            ClassLine(
                asset="cn_equity_large",
                name=name,
                value=200_000.0,
                weight=2 / 3,
                risk_share=1.0,
                target=0.3,
                drift=2 / 3 - 0.3,
            ),
            ClassLine(asset="gold", name=both("黄金", "Gold"), value=0.0, weight=0.0, risk_share=0.0),
        ),
        unmapped=(Unmapped(product="X99", account=None, value=1_000.0),),
        largest=0.5,
        effective_number=2.6,
        volatility=0.151,
        level=4,
        events=tuple(
            EventLoss(
                id=e.id,
                name=e.name,
                kind="episode",
                loss=2 * e.loss,
                money=6e5 * e.loss,
                proxy=e.proxy,
                target_loss=e.loss,
            )
            for e in STRESS
        ),
        currencies={"CNY": 1.0},
        fees=750.0,
        fees_known=0.75,
        drift=0.37,
        goals=(
            GoalChance(name="首套房首付", unchanged=0.41, standard_error=0.005, planned=0.971),
            GoalChance(name="其他", unchanged=None, standard_error=None),
        ),
        findings=(
            Finding(
                code="concentrated",
                severity="warning",
                params={},
                text=both("“沪深300”占比过高。", "Too much."),
            ),
        ),
    )


REPAIRS = (
    ("limit", "limits.max_drawdown", 0.12, 0.185),
    ("limit", "limits.stress.2008", 0.15, 0.22),
    ("limit", "limits.stress_floor", 0.2, None),
    ("limit", "limits.cvar", 0.1, 0.12),
    ("limit", "limits.max_weight", 0.35, 0.5),
    ("limit", "limits.min_esg", 60.0, 55.0),
    ("limit", "limits.bounds.gold.lowest", 0.2, 0.1),
    ("limit", "limits.groups.equity.highest", 0.2, 0.3),
    ("limit", "limits.exclude.0", "gold", ""),
    ("probability", "goals.0", 0.85, 0.7),
    ("amount", "goals.0.amount", 6e5, None),
    ("date", "goals.0.due", "2029-05-01", "2031-02-01"),
    ("contribution", "contributions.monthly", 8e3, 9.5e3),
    ("risk_level", "client.risk_level", "C2", "C3"),
)


def with_repairs(plan):
    """Return an infeasible plan with a repair of every kind."""
    request = plan.request
    limits = request.limits.model_copy(update={"exclude": ("gold",)})
    repairs = tuple(
        Repair(
            lever=lever,
            key=key,
            now=now,
            value=value,
            step=1.0,
            searched_to=2.0 * now if isinstance(now, float) else now,
            text=both("改。", "Change."),
        )
        for lever, key, now, value in REPAIRS
    )
    return plan.model_copy(
        update={
            "repairs": repairs,
            "request": request.model_copy(update={"limits": limits}),
            "stress": STRESS,
        }
    )
