"""Sentences of demands and repairs, from the templates of `findings.toml`."""

from ..findings import Text, templates
from .demands import Ladder
from .types import Wish


def shown(ladder: Ladder, wish: Wish) -> str:
    """A figure as it stands in a sentence."""
    if isinstance(wish, str):
        return wish
    if ladder.lever in ("contribution", "amount"):
        return f"{wish:,.0f}"
    return f"{wish:g}" if ladder.key.endswith("min_esg") else f"{100.0 * wish:.4g} %"


def _filled(code: str, **params: str) -> Text:
    template = templates()[code]
    return Text(zh=template.zh.format(**params), en=template.en.format(**params))


def demand_text(ladder: Ladder, attainable: Wish | None, *, alone: bool) -> Text:
    """What is demanded, and what is attainable if the others stand; `alone`: there are no others."""
    first = _filled(ladder.code, name=ladder.name, asked=shown(ladder, ladder.now))
    if attainable is None or attainable == "":
        code = "attainable_without"
    else:
        up = isinstance(attainable, str) or attainable > float(ladder.now)
        code = "attainable_least" if up else "attainable_most"
    figure = "" if attainable is None else shown(ladder, attainable)
    rest = _filled(f"{code}_alone" if alone else code, attainable=figure)
    return Text(zh=f"{first.zh}{rest.zh}", en=f"{first.en} {rest.en}")


def repair_text(ladder: Ladder, value: Wish | None, end: Wish) -> Text:
    """What to change, from what to what."""
    names = {"name": ladder.name, "key": ladder.key, "now": shown(ladder, ladder.now)}
    if value is None:
        return _filled("repair_none", **names, end=shown(ladder, end) or "-")
    if value == "":
        return _filled("repair_drop", **names)
    return _filled(f"repair_{ladder.lever}", **names, value=shown(ladder, value))
