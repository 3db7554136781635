"""What a document says: its sections in order, the plan's own figures, nothing where nothing is known."""

import pytest
from goalplan.engine.desk.buckets import pots_of
from goalplan.engine.findings import finding
from goalplan.engine.plan import LimitPrice
from goalplan.reports.content import plan_document
from goalplan.reports.letter import letter_document
from goalplan.reports.letterhead import Letterhead
from goalplan.reports.names import asset_names
from goalplan.reports.render import strings
from goalplan.reports.words import Words, texts

from .desk_parts import with_repairs
from .review_parts import make_review

ORDER = ["disclosures", "answer", "standing", "path", "outlook", "extremes", "actions", "method"]


def document_of(plan, lang="zh", note=""):
    return plan_document(plan, lang, Letterhead(), asset_names(), note)


def ids(document):
    return [section.id for section in document.sections]


def blocks(document, section, kind):
    [found] = [s for s in document.sections if s.id == section]
    return [b for b in found.blocks if b.kind == kind]


def test_the_sections_stand_in_the_published_order(plan):
    assert ids(document_of(plan)) == [*ORDER, "provenance", "signing"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_figures_are_the_plans(plan, lang):
    document = document_of(plan, lang)
    [goal] = plan.goals
    words = Words(lang=lang, currency="CNY")
    [table] = blocks(document, "answer", "table")
    assert words.chance(goal.probability.value, goal.probability.standard_error) in table.rows[0]
    assert "600,000" in table.rows[0]
    [bars] = blocks(document, "answer", "bars")
    assert [v.bar for v in bars.panels[0].values] == sorted(plan.today.weights.values(), reverse=True)
    fan, environments = blocks(document, "outlook", "lines")
    row = plan.wealth.nominal.levels.index(0.5)
    assert fan.lines[0].y == plan.wealth.nominal.values[row][:-1]
    assert [line.y for line in environments.lines[:3]] == [
        plan.wealth.nominal.values[plan.wealth.nominal.levels.index(level)][:-1]
        for level in (0.95, 0.5, 0.05)
    ]
    [episodes] = blocks(document, "extremes", "bars")
    assert [v.bar for v in episodes.panels[0].values] == sorted((e.loss for e in plan.stress), reverse=True)
    [falls] = blocks(document, "extremes", "facts")
    assert any(value.startswith(words.percent(plan.drawdown.high)) for _, value in falls.rows)


def test_the_path_is_what_the_plan_would_hold(plan):
    [chart] = blocks(document_of(plan), "path", "stacks")
    assert [stack.title for stack in chart.stacks] == ["落后", "如期", "领先"]
    classes = [layer.fill for layer in chart.layers]
    for stack, level in zip(chart.stacks, (0.05, 0.5, 0.95), strict=True):
        band = plan.wealth.nominal.values[plan.wealth.nominal.levels.index(level)]
        for j, month in enumerate(map(int, chart.x)):
            weights = plan.hold(month, band[month])
            equity = weights.get("cn_equity_large", 0.0) + weights.get("cn_dividend", 0.0)
            assert stack.shares[classes.index("equity")][j] == pytest.approx(equity, abs=1e-5)
            assert sum(shares[j] for shares in stack.shares) == pytest.approx(1.0, abs=1e-4)


def test_a_policy_that_follows_the_date_alone_has_one_path(make_plan):
    [chart] = blocks(document_of(make_plan(policy="glide_path")), "path", "stacks")
    assert len(chart.stacks) == 1


def test_an_infeasible_plan_prints_the_conflict_and_the_repairs(make_plan):
    plan = make_plan(status="infeasible")
    document = document_of(plan)
    assert ids(document) == ["disclosures", "conflict", "standing", "method", "provenance", "signing"]
    conflict, repairs = blocks(document, "conflict", "notice")
    assert plan.reason.text.zh in conflict.items
    assert any("8,460" in item for item in repairs.items)


def test_repairs_are_named_as_a_client_knows_them(make_plan):
    [_, table] = blocks(document_of(with_repairs(make_plan(status="infeasible"))), "conflict", "table")
    assert table.rows[0] == ("回撤上限", "12.0%", "18.5%")
    assert ("“全球金融危机”情景的亏损上限", "15.0%", "22.0%") in table.rows
    assert ("不持有“黄金”", "—", "取消") in table.rows
    assert ("“首套房首付”的用款日", "2029年5月1日", "2031年2月1日") in table.rows
    assert ("每月投入（元）", "8,000", "9,500") in table.rows
    assert ("ESG 评分下限", "60", "55") in table.rows
    assert table.rows[-2:] == (
        ("回撤与最差情景合计的底线", "20.0%", "到 40.0% 仍不够"),
        ("“首套房首付”的金额", "600,000", "到 1,200,000 仍不够"),
    )


def test_a_plan_that_needs_review_prints_the_form_and_no_actions(make_plan, with_desk):
    document = document_of(with_desk(make_plan(status="needs_review")), "en")
    assert ids(document)[:3] == ["disclosures", "label", "review"]
    assert "actions" not in ids(document)
    [form] = blocks(document, "review", "signatures")
    assert form.roles == ("Client", "Compliance")  # those whom the rules of the refusals name
    [alone] = blocks(document_of(make_plan(status="needs_review"), "en"), "review", "signatures")
    assert list(alone.roles) == texts("en")["review"]["roles"]
    [refused] = blocks(document, "review", "table")
    assert [row[-1] for row in refused.rows] == ["after warning", "never"]
    assert "from 1 Jul 2017" in refused.rows[0][1]


def test_the_diagnosis_stands_where_the_client_stands(plan, with_desk):
    desk = with_desk(plan)
    document = document_of(desk)
    holdings, classes, goals = blocks(document, "standing", "table")
    assert [row[-1] for row in holdings.rows] == ["匹配", "超出等级", "未识别", "", ""]
    assert holdings.rows[0][3:7] == ("150,000", "50.0%", "10,000", "0.50%")
    assert [row[0] for row in classes.rows] == ["沪深300"]
    assert goals.rows[0][1:] == ("41.0%\xa0±\xa00.5%", "97.1%")
    [losses] = blocks(document, "standing", "bars")
    assert [v.bar for v in losses.panels[0].values] == [2 * e.loss for e in desk.stress]
    [notice] = blocks(document, "standing", "notice")
    assert notice.items == ("“沪深300”占比过高。",)


def test_curve_distribution_and_models_are_drawn_where_the_plan_has_them(plan, with_desk):
    desk = with_desk(plan)
    document = document_of(desk)
    [curve] = blocks(document, "actions", "lines")
    for line, told in zip(curve.lines, desk.curves, strict=False):
        assert line.x == tuple(point.value for point in told.points)
        assert line.y == tuple(point.probability.value for point in told.points)
    assert [line.label for line in curve.lines] == ["2029年5月", "2030年5月", "期望概率"]
    assert [(mark.x, mark.shape) for mark in curve.marks] == [(8_000.0, "dot"), (8_460.0, "diamond")]
    [falls] = blocks(document, "extremes", "lines")
    assert falls.lines[0].x == desk.drawdown.quantiles
    assert falls.lines[0].y == pytest.approx((0.95, 0.75, 0.5, 0.25, 0.05, 0.01))
    assert "超过 11.8% 的概率为 5%、超过 15.1% 的概率为 1%" in falls.alt
    [spread] = [t for t in blocks(document, "outlook", "table") if t.title == "不同收益模型下的结果"]
    assert [row[0] for row in spread.rows] == ["学生 t（厚尾）", "对数正态", "状态转换"]
    assert [row[-2:] for row in spread.rows] == [("12.0%", "4.0%"), ("12.0%", "3.0%"), ("12.0%", "6.0%")]


def test_the_service_sets_the_rhythm_of_review_and_the_depth_of_the_report(plan, with_desk):
    desk = document_of(with_desk(plan), "en")
    assert "Review every 6 months" in blocks(desk, "answer", "bullets")[0].items[-1]
    assert "Review every 3 months" in blocks(document_of(plan, "en"), "answer", "bullets")[0].items[-1]
    titles = [[t.title for t in blocks(each, "outlook", "table")] for each in (desk, document_of(plan, "en"))]
    assert "What each way comes to" not in titles[0]
    assert "What each way comes to" in titles[1]
    assert len(blocks(desk, "outlook", "bars")) == len(blocks(document_of(plan), "outlook", "bars"))


def test_the_four_kinds_of_money_are_shown_when_asked_for(make_plan):
    goals = [
        {"kind": "reserve", "name": "备用金", "amount": 50_000.0},
        {"kind": "purchase", "name": "车", "due": "2028-05-01", "amount": 100_000.0},
        {"kind": "purchase", "name": "房", "due": "2032-05-01", "amount": 900_000.0},
    ]
    plan = make_plan(goals=goals, monthly=1_000.0)
    document = plan_document(plan, "zh", Letterhead(), asset_names(), pots=pots_of(plan.request))
    [table] = [b for b in blocks(document, "standing", "table") if b.title == "四笔钱"]
    assert [row[0] for row in table.rows] == ["活钱", "稳钱", "长钱", "保险"]
    assert [row[2] for row in table.rows] == ["备用金", "车", "房", "—"]
    today = [float(row[-1].replace(",", "")) for row in table.rows[:3]]
    assert today == [50_000.0, 76_000.0, 124_000.0]
    assert sum(today) == plan.request.client.wealth
    assert not [b for b in blocks(document_of(plan), "standing", "table") if b.title == "四笔钱"]


def test_what_is_not_known_is_left_out(plan):
    bare = plan.model_copy(
        update={"stress": (), "alternatives": (), "levers": (), "price_of_limits": (), "findings": ()}
    )
    document = document_of(bare)
    assert "actions" not in ids(document)
    assert blocks(document, "extremes", "bars") == []
    nothing = bare.model_copy(update={"wealth": None, "drawdown": None, "policy": None, "today": None})
    assert {"outlook", "extremes", "path"}.isdisjoint(ids(document_of(nothing)))


def test_no_contributions_and_no_holdings_are_said_in_words(make_plan):
    printed = strings_of(document_of(make_plan(monthly=0.0), "en"))
    assert any("Nothing is paid in later" in text for text in printed)
    assert any("all of it in cash" in text for text in printed)
    assert not any("Pay in CNY 0" in text.replace("\xa0", " ") for text in printed)


def strings_of(document):
    from dataclasses import asdict

    return strings(asdict(document))


def test_findings_and_the_adviser_are_heard(make_plan):
    found = [
        finding("asset_closed", asset="X", risk=5, client="C4"),
        finding("stale_market", as_of="2026-01-01", start="2026-05-01", days=92),
    ]
    notices = blocks(document_of(make_plan(findings=found), note="下次见面再谈。"), "actions", "notice")
    assert [n.tone for n in notices] == ["info", "warning", "info"]
    assert notices[0].items == ("下次见面再谈。",)
    assert notices[1].items == (found[1].text.zh,)


def test_the_desk_adds_labels_and_orders_that_add_up(plan, with_desk):
    desk = with_desk(plan)
    document = document_of(desk)
    assert ids(document)[:3] == ["disclosures", "label", "answer"]
    [scale] = blocks(document, "label", "scale")
    assert (scale.level, scale.levels[2]) == (3, "R3")
    assert [figure.value for figure in scale.figures] == [
        "−8.1% 至 16.3%",
        "−10.0% 至 33.0%",
        "8.3%",
        "15.2%",
    ]
    assert scale.figures[1].note == "5%–95%，折合每年 −3.5% 至 10.0%"  # .9 and 1.33 to the power of a third
    assert scale.rows[0][1].startswith("历史测算，不构成收益承诺")
    orders, waiting, labels, _ = blocks(document, "actions", "table")
    assert [row[0] for row in orders.rows] == ["卖出", "全部卖出", "买入", ""]
    assert orders.rows[1][1:] == ("001002 某某黄金", "某某银行", "23,456.78", "11.72", "117.28")
    assert orders.rows[-1][3:] == ("76,533.22", "61.72", "117.28")
    assert len(waiting.rows) == 1
    assert [row[:2] for row in labels.rows] == [("001001 某某沪深300指数", "R3"), ("001002 某某黄金", "R3")]


def test_the_price_of_every_limit_is_shown(make_plan):
    prices = [
        LimitPrice(limit="max_drawdown", probabilities=(0.98,), required_monthly=7_900.0),
        LimitPrice(limit="stress", probabilities=(0.975,)),
    ]
    [table] = blocks(document_of(make_plan(prices=prices)), "extremes", "table")
    assert [row[0] for row in table.rows] == ["本方案", "去掉回撤上限", "去掉全部情景上限"]
    assert [row[-1] for row in table.rows] == ["8,460", "7,900", "—"]


def test_an_asset_that_the_market_does_not_know_is_shown_by_its_id(make_plan):
    [bars] = blocks(document_of(make_plan(assets=("cn_cash", "house_fund", "gold"))), "answer", "bars")
    assert set(bars.rows) <= {"货币基金", "house_fund", "黄金"}
    assert "house_fund" in bars.rows


def test_many_assets_leave_room_for_many_goals(make_plan, ten_goals):
    forty = tuple(f"a{i}" for i in range(40))
    plan = make_plan(goals=ten_goals, assets=forty)
    [bars] = blocks(document_of(plan), "answer", "bars")
    assert len(bars.rows) <= 7
    assert sum(v.bar for v in bars.panels[0].values) == pytest.approx(1.0, abs=0.01)
    [table] = blocks(document_of(plan), "path", "table")[:1]
    assert len(table.rows) == sum(w >= 0.0005 for w in plan.today.weights.values()) + 1


def test_every_text_is_used_by_some_document(make_plan, with_desk, ten_goals, monkeypatch):
    """A text that nothing prints is dead, and a mistake in its name would be seen by nobody."""
    used = set()
    call, listed, pairs = Words.__call__, Words.all, Words.pairs

    def note(method):
        def noted(self, key, **values):
            used.add(key)
            return method(self, key, **values)

        return noted

    monkeypatch.setattr(Words, "__call__", note(call))
    monkeypatch.setattr(Words, "all", note(listed))
    monkeypatch.setattr(Words, "pairs", note(pairs))
    for plan in every_kind(make_plan, with_desk, ten_goals):
        for lang in ("zh", "en"):
            plan_document(
                plan,
                lang,
                Letterhead(adviser="A", licence="L"),
                asset_names(),
                "note",
                pots=pots_of(plan.request),
            )
    for review in every_letter(make_plan()):
        letter_document(review, "zh", Letterhead(adviser="A", licence="L"), asset_names(), "note")
    known = {f"{table}.{key}" for table, entries in texts("zh").items() for key in entries}
    by_value = ("classes.", "kind.", "status.", "priority.")  # one for each value of a field
    unused = {key for key in known - used if not key.startswith(by_value)}
    assert sorted(unused) == ["fixed.sentences"]


def every_letter(plan):
    paid_out = make_review(plan).wealth.model_copy(update={"paid_out": 1e4})
    yield make_review(plan, changes=(0.01,) * 5, orders=20, limits=4, wealth=paid_out)
    yield make_review(plan, advice="do_nothing", changes=(0.0,))
    yield make_review(plan, advice="person", followed="new_plan", changes=None)


def every_kind(make_plan, with_desk, ten_goals):
    from goalplan.engine.plan import Estimate, Lever

    share = Estimate(value=0.04, standard_error=0.002)
    limit = {
        "limit": 0.12,
        "confidence": 0.95,
        "window_breach": share,
        "breach": share,
        "all_time_breach": share,
        "given_breach_mean": 0.135,
        "given_breach_high": 0.17,
    }
    prices = [LimitPrice(limit=name, probabilities=(0.9,)) for name in ("max_drawdown", "stress", "esg")]
    held = [
        {"asset": "gold", "value": 1e4, "product": "G", "account": "A", "cost": 9e3},
        {"asset": "us_equity", "value": 1e4},
    ]
    findings = [
        finding("stale_market", as_of="a", start="b", days=92),
        finding("asset_closed", asset="X", risk=5, client="C4"),
    ]
    lumps = [{"date": f"2027-{m:02d}-01", "amount": 1e4} for m in range(1, 9)]
    money_in = {"monthly": 8e3, "growth": 0.03, "dated": lumps}
    yield make_plan(
        limit=limit, prices=prices, holdings=held, findings=findings, contributions=money_in, fee=0.005
    )
    for monthly, lump in ((7e3, 1e5), (None, 1e5), (0.0, 0.0)):
        levers = [
            Lever(
                kind=kind,
                now=now,
                value=value,
                probability=share,
                reaches=value is not None,
                searched_to=1e6,
            )
            for kind, now, value in (("monthly_contribution", 8e3, monthly), ("lump_sum", 0.0, lump))
        ]
        yield make_plan(levers=tuple(levers), limit=limit)
    others = [
        Lever(kind=kind, goals=("Flat",), now=0.0, value=value, reaches=value is not None, searched_to=1.0)
        for kind, value in (
            ("contribution_growth", 0.02), ("delay", 3.0), ("amount", 0.9), ("amount", None), ("drop_goal", 0.0),
            ("risk_level_down", 2.0), ("risk_level_up", 4.0),
        )
    ]  # fmt: skip
    yield make_plan(levers=tuple(others))
    tuition = {"kind": "education", "years": 1, "name": "E", "due": "2030-09-01", "amount": 1e4}
    yield make_plan(
        goals=[
            {**tuition, "index": "education"},
            {**tuition, "name": "F", "index": "home:beijing"},
            {**tuition, "name": "G", "index": "fx:usd"},
        ]
    )
    plain = make_plan()
    desk = with_desk(plain)
    yield desk
    yield desk.model_copy(
        update={"orders": desk.orders.model_copy(update={"orders": desk.orders.orders[:2], "waiting": ()})}
    )
    yield desk.model_copy(update={"orders": desk.orders.model_copy(update={"orders": (), "waiting": ()})})
    monthly = plain.drawdown.model_copy(update={"daily": False})
    client = plain.request.client.model_copy(update={"id": "1"})
    request = plain.request.model_copy(update={"client": client})
    yield plain.model_copy(update={"drawdown": monthly, "request": request})
    yield make_plan(status="infeasible")
    yield with_repairs(make_plan(status="infeasible"))
    yield make_plan(limit={**limit, "measured_from": "paid_in", "paid_in_breach": share})
    yield with_desk(make_plan(status="needs_review", findings=findings))
    yield make_plan(status="infeasible").model_copy(update={"levers": ()})
    yield make_plan(status="needs_review", policy="fixed_mix", monthly=0.0, name=None)
    forty = tuple(f"a{i}" for i in range(40))
    yield make_plan(goals=ten_goals, policy="glide_path", assets=forty)
