"""`goalplan report` and `goalplan plan --pdf`."""

import pytest
from goalplan.cli import main
from goalplan.reports.write import plan_pdf


def run(capsys, *arguments):
    code = main(list(map(str, arguments)))
    streams = capsys.readouterr()
    return code, streams.out, streams.err


@pytest.fixture
def saved(make_plan, tmp_path):
    """Return a folder with two plans and a letterhead."""
    for name, plan in (("lin", make_plan()), ("chen", make_plan(name="Chen", status="infeasible"))):
        (tmp_path / f"{name}.json").write_text(plan.to_json(), encoding="utf-8")
    (tmp_path / "firm.toml").write_text('firm = "示例公司"\nadviser = "张三"\n', encoding="utf-8")
    return tmp_path


def test_a_batch_is_written_and_listed(capsys, saved, make_plan):
    code, out, err = run(
        capsys, "report", saved / "lin.json", saved / "chen.json", "-o", saved / "new" / "out", "--lang", "en"
    )
    assert (code, err) == (0, "")
    assert (saved / "new" / "out" / "lin.en.pdf").read_bytes() == plan_pdf(make_plan(), lang="en")
    assert (saved / "new" / "out" / "chen.en.pdf").read_bytes().startswith(b"%PDF")
    assert all(word in out for word in ("lin.en.pdf", "chen.en.pdf", "infeasible", "97.1%"))


def test_one_bad_file_keeps_none_of_the_others(capsys, saved):
    (saved / "bad.json").write_text('{"status": "fine"}', encoding="utf-8")
    code, out, err = run(capsys, "report", saved / "bad.json", saved / "lin.json", "-o", saved)
    assert code == 2
    assert (saved / "lin.zh.pdf").exists()
    assert not (saved / "bad.zh.pdf").exists()
    assert "lin.zh.pdf" in out
    assert "bad.json: not a plan of this version of goalplan" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lin.json", "x/lin.json"], "lin.json is given more than once"),
        (["lin.json", "--note", "保证收益"], "says '保证'"),
        (["lin.json", "--note", "好" * 601], "601 characters; at most 600"),
        (["lin.json", "--letterhead", "lin.json"], "is not a TOML file"),
        (["none.json"], "does not exist"),
    ],
)
def test_bad_input_is_exit_code_2_and_a_sentence(capsys, saved, monkeypatch, arguments, said):
    monkeypatch.chdir(saved)
    (saved / "x").mkdir()
    (saved / "x" / "lin.json").write_bytes((saved / "lin.json").read_bytes())
    code, _, err = run(capsys, "report", *arguments, "-o", "out")
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_plan_writes_the_pdf_beside_the_rest(capsys, saved, monkeypatch, make_plan):
    import goalplan.engine.solve

    monkeypatch.setattr(
        goalplan.engine.solve, "solve_plan", lambda request, market, seed, paths, firm: make_plan()
    )
    monkeypatch.chdir(saved)
    assert run(capsys, "example", "home")[0] == 0
    main(["example", "home"])
    (saved / "home.toml").write_text(capsys.readouterr().out, encoding="utf-8")
    code, _, err = run(
        capsys,
        "plan",
        "home.toml",
        "--pdf",
        "a.pdf",
        "--lang",
        "zh",
        "--letterhead",
        "firm.toml",
        "--note",
        "好",
    )
    assert (code, err) == (0, "wrote a.pdf\n")
    from goalplan.reports.letterhead import Letterhead

    expected = plan_pdf(make_plan(), letterhead=Letterhead(firm="示例公司", adviser="张三"), note="好")
    assert (saved / "a.pdf").read_bytes() == expected
    code, _, err = run(capsys, "plan", "home.toml", "--pdf", "none/a.pdf")
    assert code == 2
    assert "there is no folder none" in err
