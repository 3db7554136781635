import sys

from goalplan.progress import working


def test_nobody_watching_sees_nothing(capsys):
    with working("solving"):
        pass
    assert capsys.readouterr() == ("", "")


def test_a_terminal_sees_it_on_stderr(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with working("solving"):
        pass
    out, err = capsys.readouterr()
    assert out == ""
    assert "solving" in err
