"""Benchmarks take hours and are seldom run whole: what they import from one another and from hwnas is there."""

import ast
import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
FILES = {path.stem: ast.parse(path.read_text()) for path in sorted(FOLDER.glob("*.py"))}


def defined(module: ast.Module) -> set[str]:
    """Names that a module binds outside functions and classes, also in an ``if`` or a ``with``."""
    names: set[str] = set()
    rest: list[ast.AST] = [module]
    while rest:
        node = rest.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        else:
            rest += ast.iter_child_nodes(node)
    return names


def there(module: str, name: str) -> bool:
    if module in FILES:
        return name in defined(FILES[module])
    home = importlib.import_module(module)
    return hasattr(home, name) or importlib.util.find_spec(f"{module}.{name}") is not None


@pytest.mark.parametrize("name", FILES)
def test_what_a_benchmark_imports_is_there(name: str) -> None:
    of_ours = [
        (node.module, alias.name)
        for node in ast.walk(FILES[name])
        if isinstance(node, ast.ImportFrom) and node.module and (node.module in FILES or node.module[:5] == "hwnas")
        for alias in node.names
    ]
    assert [f"{module}.{imported}" for module, imported in of_ours if not there(module, imported)] == []
