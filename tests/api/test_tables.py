from goalplan.tables import Table, draw, plain_lines

TABLE = Table(title="Mix", head=("asset", "weight"), rows=(("gold 黄金", "5 %"), ("cash", "95 %")))


def test_plain_text_counts_a_chinese_character_as_two_columns():
    assert list(plain_lines(TABLE)) == [
        "Mix",
        "asset      weight",
        "---------  ------",
        "gold 黄金     5 %",
        "cash         95 %",
    ]


def test_a_pipe_gets_plain_text(capsys):
    draw([TABLE])
    assert capsys.readouterr().out == "\n".join(plain_lines(TABLE)) + "\n\n"


def test_a_terminal_gets_a_drawn_table_with_the_same_cells(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    draw([Table(title="[red]Mix", head=("a", "b"), rows=(("[bold]x", "1"),))])
    out = capsys.readouterr().out
    assert all(cell in out for cell in ("[red]Mix", "[bold]x", "1"))
    assert "─" in out


def test_a_narrow_terminal_loses_no_figure(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "20")
    draw([Table(title="t", head=("a", "b"), rows=(("a long name", "1,234,567,890,123"),))])
    assert "1,234,567,890,123" in capsys.readouterr().out


def test_every_row_of_words_and_numbers_is_as_wide_as_the_widest():
    table = Table(title="t", head=("a", "b", "c"), rows=(("一二三", "x", "1"), ("y", "zz", "100")), left=2)
    assert list(plain_lines(table))[1:] == [
        "a       b     c",
        "------  --  ---",
        "一二三  x     1",
        "y       zz  100",
    ]
