"""The house rules, proved from the source text by `ast`: nothing of goalplan is imported here."""

import ast
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "scenarios": set(),
    "goals": set(),
    "engine": {"goals", "scenarios"},
    "backtests": {"engine", "goals", "scenarios"},
    "reports": {"backtests", "engine", "goals", "scenarios"},
    "api": {"reports", "backtests", "engine", "goals", "scenarios"},
}
LEAF = "api/_version.py"  # the version goes into every plan; the file imports nothing
NOT_ROOMS = ("tests", "benchmarks", "docs")


class Import(NamedTuple):
    module: str  # absolute dotted name
    names: tuple[str, ...]
    line: int
    in_function: bool
    for_types: bool
    level: int


@cache
def packages() -> dict[str, str]:
    """Folder of each room's import name, from the mapping in setup.cfg."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = config["options"]["package_dir"].split("\n")
    return {folder.strip(): name.strip() for name, folder in (line.split("=") for line in lines if line)}


@cache
def sources() -> dict[str, str]:
    """Every Python file of the rooms, as path from the root, with its dotted module name."""
    found = {}
    for folder, package in packages().items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            found[path.relative_to(ROOT).as_posix()] = ".".join([package, *parts])
    return found


@cache
def tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def imports(path: str) -> tuple[Import, ...]:
    module = sources()[path]
    package = module if path.endswith("__init__.py") else module.rpartition(".")[0]
    return tuple(_imports(tree(path), package, in_function=False, for_types=False))


def _imports(node: ast.AST, package: str, *, in_function: bool, for_types: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, (), child.lineno, in_function, for_types, 0)
        elif isinstance(child, ast.ImportFrom):
            base = child.module or ""
            if child.level:
                anchor = package.split(".")[: len(package.split(".")) - child.level + 1]
                base = ".".join([*anchor, *([base] if base else [])])
            names = tuple(alias.name for alias in child.names)
            yield Import(base, names, child.lineno, in_function, for_types, child.level)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            yield from _imports(
                child, package, in_function=in_function or function, for_types=for_types or types
            )


def room_of(path: str) -> str:
    return path.split("/")[0]


def importers(library: str) -> list[tuple[str, Import]]:
    """Return every import of a library or of a module inside it."""
    found = []
    for path in sources():
        for each in imports(path):
            targets = (each.module, *(f"{each.module}.{name}" for name in each.names))
            if any(t == library or t.startswith(f"{library}.") for t in targets):
                found.append((path, each))
    return found


@cache
def by_module() -> dict[str, str]:
    return {module: file for file, module in sources().items()}


@cache
def targets_of(path: str) -> frozenset[str]:
    """Return the files of the rooms that a file imports, submodules named in ``from . import`` included."""
    found = set()
    for each in imports(path):
        inside = [f"{each.module}.{name}" for name in each.names]
        modules = [m for m in inside if m in by_module()]
        if len(modules) < len(inside) or not inside:
            modules.append(each.module)
        found |= {by_module()[m] for m in modules if m in by_module()}
    return frozenset(found)


def python_files() -> list[str]:
    others = (p for folder in NOT_ROOMS for p in sorted((ROOT / folder).rglob("*.py")))
    return [*sources(), *(p.relative_to(ROOT).as_posix() for p in others)]


def test_every_room_is_known():
    assert set(packages()) == set(MAY_IMPORT)
    assert all(sources().values())


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_between_rooms_go_up_only(room):
    wrong = [
        f"{path} imports {target}"
        for path in sources()
        if room_of(path) == room
        for target in targets_of(path)
        if room_of(target) not in MAY_IMPORT[room] | {room} and target != LEAF
    ]
    assert not wrong


def test_the_leaf_that_all_may_import_imports_nothing():
    assert not imports(LEAF)


def test_modules_have_no_cycle():
    graph = {path: targets_of(path) - {path} for path in sources()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other: {' -> '.join(error.args[1])}")


def test_our_own_modules_are_imported_relatively():
    rooms = {"goalplan", *packages()}
    wrong = [
        f"{path}:{each.line} imports {each.module}"
        for path in sources()
        for each in imports(path)
        if each.level == 0 and each.module.split(".")[0] in rooms
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("cvxpy", lambda path: path == "engine/risk/oracle.py"),
        ("riskfolio", lambda path: "riskfolio" in path.rpartition("/")[2]),
        ("numba", lambda path: path.endswith("/_kernels.py")),
        ("matplotlib", lambda path: path.startswith("reports/")),
        ("typst", lambda path: path.startswith("reports/")),
        ("click", lambda path: path.startswith("api/")),
        ("rich", lambda path: path.startswith("api/")),
    ],
)
def test_a_library_stays_in_its_place(library, allowed):
    assert not [f"{path}:{each.line}" for path, each in importers(library) if not allowed(path)]


@pytest.mark.parametrize("library", ["pandas", "rich", "scipy.stats", "riskfolio", "matplotlib", "typst"])
def test_a_slow_library_loads_on_first_use_only(library):
    assert not [
        f"{path}:{each.line} imports {library} when the module loads"
        for path, each in importers(library)
        if not (each.in_function or each.for_types)
    ]


@pytest.mark.parametrize("path", python_files())
def test_a_file_is_one_idea(path):
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines < 400, f"{path} has {lines} lines; split it along its ideas"


def test_no_forbidden_names():
    names = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py", "base.py"}
    assert not [path for path in python_files() if path.rpartition("/")[2] in names]
    assert not (ROOT / "goalplan").exists(), "a folder goalplan/ at the root shadows the installed package"


def test_no_star_imports_and_no_keyword_plumbing():
    """Keywords of any name are for filling in a text; to pass arguments through, a signature names them."""
    stars = [f"{path}:{each.line}" for path in sources() for each in imports(path) if "*" in each.names]
    plumbing = [
        f"{path}:{node.lineno} {node.name}(**{node.args.kwarg.arg})"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.args.kwarg
        and node.args.kwarg.arg in {"kwargs", "kw", "kwds", "options", "args"}
    ]
    assert not stars + plumbing


def test_kernels_are_compiled_by_our_wrapper_serial_and_strict():
    """A parallel kernel is not thread-safe under every threading layer; fastmath changes published bits."""
    wrong = []
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.keyword) and node.arg in {"parallel", "fastmath"}:
                wrong.append(f"{path}:{node.value.lineno} {node.arg}=")
            if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).endswith("prange"):
                wrong.append(f"{path}:{node.lineno} prange")
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {"numba.njit", "numba.jit"}:
                wrong += [f"{path}:{node.lineno} bare {node.attr}"] * (path != "scenarios/_kernels.py")
    assert not wrong


def test_randomness_is_an_argument():
    """The global generator of numpy or of the standard library would tie results to the order of calls."""
    legacy = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and ast.unparse(node.value) in {"np.random", "numpy.random"}
        and node.attr not in {"Generator", "Philox", "PCG64", "SeedSequence", "default_rng", "BitGenerator"}
    ]
    assert not legacy + [f"{path}:{each.line}" for path, each in importers("random")]
