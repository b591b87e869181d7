"""The layers of docs/architecture.md, held by reading the imports of every module."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "cyclegan")

TORCH = (
    "cyclegan.device",
    "cyclegan.engines",
    "cyclegan.evaluate",
    "cyclegan.models",
    "cyclegan.networks",
    "cyclegan.train",
)
FLASK = (
    "app.access",
    "app.api",
    "app.application",
    "app.auditing",
    "app.csrf",
    "app.current",
    "app.errors",
    "app.guard",
    "app.identity",
    "app.observation",
    "app.pages",
    "app.request",
    "app.requestid",
    "app.security",
    "app.visitors",
    "app.wsgi",
)


@cache
def modules() -> dict[str, ast.Module]:
    """Dotted name -> syntax tree of every module of ours."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" not in path.parts:
                parts = path.relative_to(ROOT).with_suffix("").parts
                name = ".".join(part for part in parts if part != "__init__")
                found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def nodes(prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """(module, node) of every node of the modules in a package."""
    for name, tree in modules().items():
        if is_in(name, prefix):
            yield from ((name, node) for node in ast.walk(tree))


def imports(tree: ast.Module, *, lazy: bool = True) -> set[str]:
    """Dotted names of modules imported; without `lazy`, only those that loading it imports."""
    found: set[str] = set()
    for node in ast.walk(tree) if lazy else loaded(tree.body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & modules().keys()) or {node.module}
    return found


def loaded(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is loaded."""
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            continue
        yield statement
        for block in ("body", "orelse", "finalbody"):
            if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield from loaded(getattr(statement, block, []))


def importers(package: str) -> set[str]:
    """Modules of ours that import a package or something in it, anywhere."""
    return {
        name
        for name, tree in modules().items()
        if any(is_in(imported, package) for imported in imports(tree))
    }


def is_in(name: str, *packages: str) -> bool:
    return any(not p or name == p or name.startswith(f"{p}.") for p in packages)


def needs(name: str) -> set[str]:
    """All names that loading a module of ours imports, directly and through others of ours."""
    seen: set[str] = set()
    todo = [name]
    while todo:
        found = imports(modules()[todo.pop()], lazy=False) - seen
        seen |= found
        todo += found & modules().keys()
    return seen


@pytest.mark.parametrize("package", ["app", "flask", "werkzeug", "google", "sqlalchemy", "psycopg"])
def test_the_library_knows_nothing_of(package: str) -> None:
    assert not [name for name in importers(package) if is_in(name, "cyclegan")]


def test_the_library_never_reads_the_environment() -> None:
    readers = {"environ", "environb", "getenv", "getenvb"}
    assert not [
        name
        for name, node in nodes("cyclegan")
        if (isinstance(node, ast.Attribute) and node.attr in readers)
        or (isinstance(node, ast.alias) and node.name in readers)
    ]


@pytest.mark.parametrize("package", ["torch", "torchvision"])
def test_torch_stays_where_the_networks_are(package: str) -> None:
    assert not [name for name in importers(package) if not is_in(name, *TORCH)]


def test_flask_stays_in_the_web_layer() -> None:
    assert not [name for name in importers("flask") - {"app"} if not is_in(name, *FLASK)]


@pytest.mark.parametrize("module", ["app.worker", "app.serve"])
@pytest.mark.parametrize("package", ["flask", "werkzeug"])
def test_processes_without_pages_load_no_web_framework(module: str, package: str) -> None:
    assert not [name for name in needs(module) if is_in(name, package)]


def test_a_worker_starts_without_what_only_evaluation_needs() -> None:
    # It would bring scipy.stats and scipy.signal, which take longer to load than all the rest.
    assert not [name for name in needs("app.worker") if is_in(name, "cyclegan.evaluate")]


def test_the_cloud_is_known_to_one_store() -> None:
    assert {name for name in importers("google") if not name.startswith("app.stores.gcs")} == set()


def test_no_module_imports_itself_in_a_circle() -> None:
    TopologicalSorter(
        {name: imports(tree) & modules().keys() - {name} for name, tree in modules().items()}
    ).prepare()


def test_one_broad_except_is_the_workers() -> None:
    assert [name for name, node in nodes() if swallows_everything(node)] == ["app.worker"]


def swallows_everything(node: ast.AST) -> bool:
    """An `except` of everything that does not end in a bare `raise`."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    last = node.body[-1]
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    broad = any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"})
        for kind in kinds
    )
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


def test_only_scripts_and_benchmarks_print() -> None:
    assert not [
        name
        for name, node in nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]


def test_the_web_process_runs_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from app import create_app;"
        "from app.settings import load_settings;"
        f"create_app(load_settings({{'COLORMAPPER_DATA_DIR': {str(tmp_path)!r}}}, mode='local'));"
        "sys.exit(' '.join({'torch', 'torchvision'} & sys.modules.keys()) or 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
