"""Imports point downstairs only, and each heavy library has its rooms."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.floors import FLOORS, table, written

ROOT = Path(__file__).parents[2]
ROOMS_OF = {
    "pymoo": {"strategies", "surrogates"},
    "sklearn": {"predictors"},
    "skl2onnx": {"predictors"},
    "onnxruntime": {"devices", "export"},
    "yaml": {"formats"},
    "transformers": {"export"},
    "typer": {"cli"},
    "rich": {"cli"},
    "click": {"cli"},
    "pytest": {"testing"},
    "hypothesis": {"testing"},
}
FILES = sorted((ROOT / "hwnas").rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str, module: str, *, package: bool, things: bool = False) -> Iterator[tuple[int, str]]:
    """Line and absolute name of everything imported, late and for types too; relative imports made absolute.

    With `things` also the names of what is imported from a module, some of which are modules.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = module.split(".") if package else module.split(".")[:-1]
            base = home[: len(home) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            if start == "hwnas":
                yield from ((node.lineno, f"hwnas.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, start
                yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names if things)


MODULES = {module_of(path) for path in FILES}


def room(module: str) -> str:
    return [*module.split("."), ""][1]


def offence(importer: str, name: str) -> str | None:
    """What is wrong with `importer` importing `name`, or None."""
    top, here = name.partition(".")[0], room(importer)
    if top != "hwnas":
        if here not in ROOMS_OF.get(top, {here}):
            return f"{top} belongs in {sorted(ROOMS_OF[top]) or 'no room'}"
        known = {*sys.stdlib_module_names, "numpy", "torch"}
        if here == "contracts" and top not in known | (
            {"pydantic", "pydantic_core"} if importer == "hwnas.contracts.document" else set()
        ):
            return "contracts know the standard library and numpy only, and their documents pydantic"
        return None
    there = room(name)
    if there not in FLOORS:
        return f"{there} is no room with a floor: give it one"
    if there != here and FLOORS[there] >= FLOORS[here]:
        return f"floor {FLOORS[here]} must not import floor {FLOORS[there]}"
    return None


def test_contributing_shows_the_floors_as_they_are() -> None:
    assert written() == table(), "run `python -m tests.house.floors`"


def test_every_room_has_a_floor() -> None:
    assert {room(module_of(path)) for path in FILES} <= FLOORS.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_downstairs(path: Path) -> None:
    module = module_of(path)
    found = imported(path.read_text(), module, package=path.name == "__init__.py")
    offenders = [
        f"{path.relative_to(ROOT)}:{line} imports {name}: {wrong}"
        for line, name in found
        if (wrong := offence(module, name)) is not None
    ]
    assert offenders == []


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("from hwnas.strategies import nsga2", True),
        ("import hwnas.pipeline.study", True),
        ("def f():\n    from ..predictors import ridge", True),
        ("from .. import cli", True),
        ("from hwnas import searches", True),
        ("import sklearn.svm", True),
        ("from pymoo.core import problem", True),
        ("from hwnas.shed import spade", True),
        ("from . import _loop", False),
        ("from hwnas.training._loop import Trainer", False),
        ("from hwnas.supernet import Supernet", False),
        ("from ..contracts.errors import InputError", False),
        ("import torch", False),
    ],
)
def test_the_rules_name_offenders_and_no_others(source: str, wrong: bool) -> None:  # noqa: FBT001
    names = imported(source, "hwnas.training.sandwich", package=False)
    assert any(offence("hwnas.training.sandwich", name) for _, name in names) == wrong


def test_no_module_imports_itself_by_a_detour() -> None:
    """Late imports and those for types count too: what needs one another is one thing, or has a third in common."""
    arrows = {module_of(path): set(neighbours(path)) for path in FILES}
    while free := [module for module, needed in arrows.items() if not needed & arrows.keys()]:
        for module in free:
            del arrows[module]
    assert arrows == {}, "each of these is on a circle, or needs one that is"


def neighbours(path: Path) -> Iterator[str]:
    """Other modules of hwnas that a file imports, by any name; packages around it aside."""
    module, package = module_of(path), path.name == "__init__.py"
    for _, name in imported(path.read_text(), module, package=package, things=True):
        if name in MODULES and name != module and not f"{module}.".startswith(f"{name}."):
            yield name


def test_contracts_import_torch_for_types_only_and_pydantic_for_documents_only() -> None:
    code = "import sys, pkgutil, importlib, hwnas.contracts as c\n"
    code += "names = [m.name for m in pkgutil.iter_modules(c.__path__) if m.name not in ('document', 'space_record')]\n"
    code += "[importlib.import_module('hwnas.contracts.' + name) for name in names]\n"
    assert loaded_after(code) & {"torch", "pydantic"} == set()


def test_the_contract_suites_load_pytest_only_when_asked_for_one() -> None:
    assert loaded_after("import sys, hwnas.testing\n") & {"pytest", "_pytest", "hypothesis", "torch"} == set()


def test_importing_hwnas_loads_nothing_heavy() -> None:
    heavy = {"torch", "onnx", "onnxruntime", "sklearn", "pymoo", "plotly", "scipy", "transformers", "skl2onnx", "typer"}
    assert loaded_after("import sys, hwnas\n") & heavy == set()


def loaded_after(code: str) -> set[str]:
    """Top-level modules that a new process has loaded."""
    code += "print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "hwnas" in done.stdout
    return set(done.stdout.split())
