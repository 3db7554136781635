"""The letterhead: what a firm may put on a plan, and what is refused."""

import struct
import zlib

import pytest
from goalplan.reports.errors import ReportError
from goalplan.reports.letterhead import Letterhead

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="12"><rect width="40" height="12"/></svg>'


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" + b"\x11\x22\x33" * 2 + b"\0" + b"\x44\x55\x66" * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_letterhead_is_read_and_its_logo_found_beside_it(tmp_path):
    (tmp_path / "logo.svg").write_bytes(SVG)
    file = tmp_path / "firm.toml"
    file.write_text(
        'firm = "示例基金销售有限公司"\nadviser = "张三"\nlicence = "A20260001"\n'
        'disclaimer = "基金有风险，投资须谨慎。"\nlogo = "logo.svg"\n',
        encoding="utf-8",
    )
    head = Letterhead.from_toml(file)
    assert (head.firm, head.adviser, head.licence) == ("示例基金销售有限公司", "张三", "A20260001")
    assert head.picture() == ("svg", SVG)
    assert Letterhead().picture() is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('firma = "x"', "did you mean firm?"),
        ("firm = 3", "firm = 3 is not text"),
        ('adviser = "' + "长" * 61 + '"', "is too long; give the adviser's name, at most 60 characters"),
        ("firm = ", "is not a TOML file"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, text, said):
    file = tmp_path / "firm.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        Letterhead.from_toml(file)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ReportError, match=r"none\.toml cannot be read"):
        Letterhead.from_toml(tmp_path / "none.toml")
    with pytest.raises(ReportError, match=r"logo = .*none\.png cannot be read"):
        Letterhead(logo=tmp_path / "none.png").picture()


def test_a_logo_has_a_known_kind_and_a_bound(tmp_path):
    (tmp_path / "logo.gif").write_bytes(b"GIF89a")
    with pytest.raises(ReportError, match="not an SVG, PNG or JPEG"):
        Letterhead(logo=tmp_path / "logo.gif").picture()
    (tmp_path / "logo.png").write_bytes(png() + b"\0" * 262_144)
    with pytest.raises(ReportError, match="at most 262144"):
        Letterhead(logo=tmp_path / "logo.png").picture()
