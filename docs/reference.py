"""Write docs/api.md: every public name with its signature and its docstring.

Run as ``python docs/reference.py``; a test keeps the page current. Signatures are the text of the source, so that an
annotation reads as its author wrote it; what a field of a request allows comes from its JSON Schema.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, get_args

import pydantic_core
from pydantic import BaseModel

PAGE = Path(__file__).with_name("api.md")
MODULES = (
    "goalplan",
    "goalplan.engine.policy",
    "goalplan.engine.risk",
    "goalplan.scenarios",
    "goalplan.goals",
    "goalplan.backtests",
    "goalplan.reports",
)
HEAD = """# API reference

Every public name, written from the docstrings by `python docs/reference.py` (`make verify`); a test keeps it current.
[Quickstart](quickstart.md) shows how the names are used together. Models that are read from or written to JSON are
also in [schema/](schema/), with every nested model. Rates are decimals a year, months are counted from the start,
shapes are in brackets: (N,) is one number an asset.

"""
PARTS = """What the tables above are made of: values to read, or tables of a request or a configuration. None needs to
be imported."""
SECTION = re.compile(
    r"^(Parameters|Attributes|Returns|Yields|Raises|Notes|References|Examples)\n-+\n", re.MULTILINE
)
WIDTH = 100


def rendered() -> str:
    """Return the page."""
    places: dict[int, str] = {}
    models: dict[Any, str] = {}
    parts = [HEAD]
    for name in MODULES:
        module = importlib.import_module(name)
        new = [public for public in module.__all__ if id(getattr(module, public)) not in places]
        places |= {id(getattr(module, public)): f"{name}.{public}" for public in new}
        links = [f"[`{n}`](#{slug(places[id(getattr(module, n))])})" for n in module.__all__]
        opening = SECTION.split(inspect.getdoc(module) or "")[0]
        parts.append(f"## {name}\n\n{told(opening)}\n\n{filled(', '.join(links) + '.')}\n\n")
        parts += [f"### {name}.{public}\n\n{entry(public, getattr(module, public))}\n" for public in new]
        models |= {value: "" for value in (getattr(module, n) for n in new) if is_model(value)}
    inner = [part for model in models for part in parts_of(model) if part not in models]
    parts += [f"## Parts of the models\n\n{PARTS}\n\n"]
    parts += [
        f"### {part.__name__} ({part.__module__})\n\n{model_entry(part)}\n" for part in dict.fromkeys(inner)
    ]
    return "".join(parts).rstrip() + "\n"


def is_model(value: Any) -> bool:
    """Whether a value is a model of JSON."""
    return inspect.isclass(value) and issubclass(value, BaseModel)


def parts_of(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield the models that a model is made of, and theirs."""
    waiting = [field.annotation for field in model.model_fields.values()]
    while waiting:
        found = waiting.pop(0)
        if is_model(found):
            yield found
            yield from parts_of(found)
        waiting += get_args(found)


def slug(heading: str) -> str:
    """Return the anchor that a heading gets."""
    return re.sub(r"[^\w-]", "", heading.lower())


def entry(name: str, value: Any) -> str:
    """Return what there is to say of one public name."""
    if inspect.isclass(value):
        return model_entry(value) if is_model(value) else class_entry(value)
    if inspect.isfunction(inspect.unwrap(value)):
        return code(signature(value)) + described(inspect.getdoc(value) or "")
    if isinstance(value, str | tuple):
        return "The release.\n" if name == "__version__" else f"`{value!r}`\n"
    members = [
        getattr(member, "__name__", repr(member))
        for member in get_args(get_args(value)[0]) or get_args(value)
    ]
    return f"One of {', '.join(f'`{member}`' for member in members)}.\n"


def class_entry(value: type) -> str:
    """Return a plain class: what it is made of, its docstring, its methods."""
    given = getattr(value, "__dataclass_fields__", {})
    lines = {name: line for name, line in annotated(value).items() if name in given and given[name].init}
    fields = [(n, f"{n}: {ast.unparse(line.annotation)}", line.value) for n, line in lines.items()]
    if fields:
        made = call(value.__name__, [text + default_text(default) for _, text, default in fields])
    else:
        bases = [base.__name__ for base in value.__bases__ if base not in (object, Generic)]
        made = f"class {value.__name__}" + (f"({', '.join(bases)})" if bases else "")
    return code(made) + described(inspect.getdoc(value) or "") + methods(value)


def default_text(default: ast.expr | None) -> str:
    """Return the default of a dataclass's field as a call would have it."""
    if isinstance(default, ast.Call) and ast.unparse(default.func) == "field":
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in default.keywords}
        made = f"{given['default_factory']}()" if "default_factory" in given else given.get("default", "")
        return f" = {made}" if made else ""
    return f" = {ast.unparse(default)}" if default else ""


def model_entry(model: type[BaseModel]) -> str:
    """Return a model of JSON: its docstring, a row a field, its methods."""
    text = inspect.getdoc(model) or ""
    documented = dict(attributes(text))
    properties = model.model_json_schema()["properties"]
    rows = ["| field | is | default | what |", "| --- | --- | --- | --- |"]
    for name, field in model.model_fields.items():
        what = documented.get(name) or field.description or ""
        default = "" if field.is_required() else default_of(field)
        rows.append(f"| `{name}` | {allowed(properties[name])} | {default} | {cell(what)} |")
    before, *_ = SECTION.split(text)
    rest = "".join(section for section in sections(text) if not section.startswith("**Attributes**"))
    return f"{told(before)}\n\n" + "\n".join(rows) + f"\n\n{rest}" + methods(model)


def default_of(field: Any) -> str:
    """Return a default as JSON has it, as far as it is short."""
    if isinstance(field.get_default(call_default_factory=True), BaseModel):
        return "its own defaults"
    default = field.get_default(call_default_factory=True)
    written = json.dumps(pydantic_core.to_jsonable_python(default, fallback=lambda _: None))
    return "none" if written == "null" else f"`{written}`"


def allowed(schema: dict[str, Any]) -> str:
    """Return type and range of a JSON Schema in words."""
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2].rpartition('__')[2]}`"
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if "discriminator" in schema:
        chosen = schema["discriminator"]
        return f"table, by its `{chosen['propertyName']}`: {', '.join(f'`{each}`' for each in chosen['mapping'])}"
    several = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if several:
        kinds = [allowed(each) for each in several if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    kind = schema.get("type", "value")
    if kind == "array":
        items = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
        return f"list of {allowed(items)}"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"table of {allowed(inner)}" if isinstance(inner, dict) else "table"
    if kind == "string":
        return schema.get("format", "text")
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    ends = [(low, "from {:g}"), (above, "above {:g}"), (high, "to {:g}"), (below, "below {:g}")]
    return " ".join([str(kind), *(words.format(end) for end, words in ends if end is not None)])


def methods(value: type) -> str:
    """Return the public methods and properties that a class itself defines."""
    return "".join(method(name, member) for name, member in vars(value).items() if not name.startswith("_"))


def method(name: str, member: Any) -> str:
    """Return one of them, or nothing for what is neither."""
    function = (
        getattr(member, "__func__", None) or getattr(member, "fget", None) or getattr(member, "func", member)
    )
    if not inspect.isfunction(function):
        return ""
    made = name if not isinstance(member, classmethod | staticmethod) and function is not member else ""
    made = made or re.sub(r"\((self|cls)(, )?", "(", signature(function))
    return (
        f"- **`.{made}`** "
        + textwrap.indent(described(inspect.getdoc(function) or ""), "  ").strip()
        + "\n\n"
    )


def signature(function: Any) -> str:
    """Return a function's head as its source has it, an argument a line where it is long."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return call(node.name, list(arguments(node.args)), returns.replace("'", ""))


def arguments(given: ast.arguments) -> Iterator[str]:
    """Yield the arguments of a function, with annotations and defaults."""
    placed = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(placed) - len(given.defaults)) + list(given.defaults)
    for argument, default in zip(placed, defaults, strict=True):
        yield ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")
    if given.kwonlyargs:
        yield "*"
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")


def call(name: str, parts: list[str], after: str = "") -> str:
    """Return `name(parts)` on one line, or a part a line."""
    line = f"{name}({', '.join(parts)}){after}"
    if len(line) <= WIDTH or not parts:
        return line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts).replace("*,", "*,") + f"){after}"


@functools.cache
def annotated(value: type) -> dict[str, ast.AnnAssign]:
    """Return the annotated names of a class body, as parsed."""
    node = ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]
    assert isinstance(node, ast.ClassDef)
    found = [
        line for line in node.body if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    ]
    return {line.target.id: line for line in found if not line.target.id.startswith("_")}


def described(text: str) -> str:
    """Return a docstring as Markdown: paragraphs, then its sections."""
    before, *_ = SECTION.split(text)
    return f"{told(before)}\n\n" + "".join(sections(text))


def sections(text: str) -> Iterator[str]:
    """Yield each section of a docstring."""
    _, *rest = SECTION.split(text)
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        if title == "Examples":
            yield f"```pycon\n{body.strip()}\n```\n\n"
        elif title in ("Notes", "References"):
            yield f"**{title}** {told(body)}\n\n"
        else:
            lines = [
                f"- `{name}`{kind}" + (f": {cell(what)}" if what else "") for name, kind, what in items(body)
            ]
            yield f"**{title}**\n\n" + "\n".join(lines) + "\n\n"


def items(body: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, type in brackets and text of the entries of a section."""
    for name, what in re.findall(r"^(\S.*)\n((?:^[ \t]+.*\n?|^\n)*)", body.strip() + "\n", re.MULTILINE):
        title, _, kind = name.partition(" : ")
        yield title, f" ({kind.replace('``', '`')})" if kind else "", " ".join(what.split())


def attributes(text: str) -> Iterator[tuple[str, str]]:
    """Yield the attributes that a docstring documents, one name at a time."""
    _, *rest = SECTION.split(text)
    body = dict(zip(rest[::2], rest[1::2], strict=True)).get("Attributes", "")
    for names, _, what in items(body):
        yield from ((name.strip(), what) for name in names.split(","))


def told(text: str) -> str:
    """Return paragraphs with Markdown's code marks."""
    return re.sub(r"``(.+?)``", r"`\1`", text.strip(), flags=re.DOTALL)


def cell(text: str) -> str:
    """Return text on one line that a table can hold."""
    return told(" ".join(text.split())).replace("|", "\\|")


def filled(text: str) -> str:
    """Return a long line broken between words."""
    return textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False)


def code(text: str) -> str:
    """Return a fenced block."""
    return f"```python\n{text}\n```\n\n"


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8", newline="\n")
