"""The plan and its path: what is held when the plan is ahead, on track and behind."""

from __future__ import annotations

from ..blocks import NUMBER, Block, Facts, Paragraph, Section, Table
from ..case import CLASSES, RISKY, Case, held
from ..charts import Layer, Stack, StackChart
from ..timeline import time_axis

MOST_COLUMNS = 60
MOST_ROWS = 10
STATES = (("behind", 0.05), ("on_track", 0.50), ("ahead", 0.95))


def path(case: Case) -> Section | None:
    """Policy in words, today's mix, and what is held later by state."""
    words, plan = case.words, case.plan
    if plan.policy is None or plan.today is None:
        return None
    by_state = _Held(case)
    facts = (
        (words("path.facts_policy"), words(f"policy.{plan.request.policy}")),
        (words("path.facts_return"), words.percent(plan.today.expected_return)),
        (words("path.facts_volatility"), words.percent(plan.today.volatility)),
    )
    blocks: list[Block] = [Paragraph(text=words(f"path.{plan.request.policy}"))]
    blocks += [
        Facts(rows=facts, columns=2),
        _today_table(case),
        _stacks(case, by_state),
        _later(case, by_state),
    ]
    return Section(id="path", title=words("sections.path"), blocks=tuple(blocks))


class _Held:
    """Menu index by month and state, along the percentiles of wealth."""

    def __init__(self, case: Case) -> None:
        assert case.plan.policy is not None
        self.record = case.plan.policy
        self.case = case
        depends = self.record.hold_index.shape[1] * self.record.hold_index.shape[2] > 1
        bands = [(name, case.percentile(level)) for name, level in STATES]
        self.states = tuple((name, band) for name, band in bands if band is not None) if depends else ()
        if not self.states:
            self.states = (("on_track", (0.0,) * (self.record.months + 1)),)
        table = self.record.table()
        self.index = {
            name: [table.holding(t, max(band[t], 0.0)) for t in range(self.record.months)]
            for name, band in self.states
        }

    def weights(self, state: str, month: int) -> dict[str, float]:
        row = self.record.weights[self.index[state][month]]
        return dict(zip(self.record.assets, row, strict=True))


def _today_table(case: Case) -> Table:
    words, plan = case.words, case.plan
    assert plan.today is not None
    wealth = plan.request.client.wealth
    rows = [
        (
            case.name(asset),
            words(f"classes.{case.class_of(asset)}"),
            f"R{case.assets[asset].risk_level}" if asset in case.assets else "",
            words.percent(weight),
            words.number(weight * wealth),
        )
        for asset, weight in held(plan.today.weights)
    ]
    total = sum(plan.today.weights.values())
    rows.append((words("standing.total"), "", "", words.percent(total), words.number(total * wealth)))
    keys = ("asset", "class", "level", "weight", "money")
    return Table(
        title=words("path.today"),
        head=tuple(words(f"head.{key}", unit=words.unit) for key in keys),
        columns=("name", "short", "short", "number", "number"),
        rows=tuple(rows),
        note=words("answer.hold_note"),
        total=True,
    )


def _stacks(case: Case, by_state: _Held) -> StackChart:
    words, months = case.words, by_state.record.months
    step = -(-months // MOST_COLUMNS)
    columns = range(0, months, step)
    sums = {name: [case.by_class(by_state.weights(name, t)) for t in columns] for name, _ in by_state.states}
    used = [c for c in CLASSES if any(s.get(c, 0.0) > 5e-4 for column in sums.values() for s in column)]
    stacks = tuple(
        Stack(
            title=words(f"path.{name}") if len(by_state.states) > 1 else "",
            shares=tuple(tuple(round(s.get(c, 0.0), 5) for s in sums[name]) for c in used),
        )
        for name, _ in by_state.states
    )
    first = sum(sums[by_state.states[0][0]][0].get(c, 0.0) for c in RISKY)
    return StackChart(
        title=words("path.chart" if len(by_state.states) > 1 else "path.chart_one"),
        alt=words(
            "path.chart_alt", first=words.percent(first), list=words.join(words(f"classes.{c}") for c in used)
        ),
        x=tuple(float(t) for t in columns),
        axis=time_axis(case, months, 3 if len(stacks) > 1 else 6),
        layers=tuple(Layer(label=words(f"classes.{c}"), fill=c) for c in used),
        stacks=stacks,
        note=words("path.chart_note") if len(by_state.states) > 1 else "",
    )


def _later(case: Case, by_state: _Held) -> Table:
    """Wealth, share of equity and volatility by date and state."""
    words, months = case.words, by_state.record.months
    step = next(s for s in (1, 3, 6, 12, 24, 36, 60, 120) if months / s <= MOST_ROWS)
    several = len(by_state.states) > 1
    rows = []
    for t in range(0, months, step):
        cells = [words.month(case.at(t))]
        for name, band in by_state.states:
            sums = case.by_class(by_state.weights(name, t))
            volatility = by_state.record.volatilities[by_state.index[name][t]]
            cells += [words.number(band[t])] if several else []
            cells += [words.percent(sum(sums.get(c, 0.0) for c in RISKY), 0), words.percent(volatility)]
        rows.append(tuple(cells))
    keys = (("wealth",) if several else ()) + ("risky", "volatility")
    labels = tuple(words(f"path.{key}", unit=words.unit) for key in keys)
    head = (words("head.date"), *labels * len(by_state.states))
    groups = (
        (("", 1), *((words(f"path.{name}"), len(keys)) for name, _ in by_state.states)) if several else ()
    )
    return Table(
        title=words("path.hold"),
        head=head,
        groups=groups,
        columns=("name", *(NUMBER,) * (len(head) - 1)),
        rows=tuple(rows),
        note=words("path.hold_note"),
    )
