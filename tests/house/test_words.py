"""A word that chooses something is refused when it is none of those there are, wherever a caller can spell it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "hwnas").rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def is_literal(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and ast.unparse(node.value) == "Literal"
        and any(isinstance(c, ast.Constant) and isinstance(c.value, str) for c in ast.walk(node.slice))
    )


def aliases(tree: ast.Module) -> set[str]:
    """Names that stand for a `Literal` of words in a module, such as ``Split``."""
    return {
        node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and is_literal(node.value)
    }


@cache
def aliases_everywhere() -> dict[str, set[str]]:
    """Those of every module, by its name."""
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): aliases(tree_of(path)) for path in FILES}


def words_in(tree: ast.Module) -> set[str]:
    """Such names, own ones and those taken from other modules of the package."""
    taken = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    known = aliases_everywhere()
    return aliases(tree) | {a.name for n in taken for a in n.names if a.name in known.get(n.module or "", ())}


def takes_words(annotation: ast.expr | None, words: set[str]) -> bool:
    parts = [p for p in ast.walk(annotation) if isinstance(p, ast.expr)] if annotation is not None else []
    return any(is_literal(p) or (isinstance(p, ast.Name) and p.id in words) for p in parts)


def spelt(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """What callers can spell: parameters of public functions, and fields of dataclasses that pydantic does not check;
    each with the function or class that should check it.
    """
    words = words_in(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and (not node.name.startswith(("_", "test_")) or node.name == "__init__"):
            if any("abstract" in ast.unparse(d) for d in node.decorator_list):
                continue
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield from (
                (node, a.arg) for a in arguments if takes_words(a.annotation, words) and not mapping(a.annotation)
            )
        if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(d) for d in node.decorator_list):
            fields = [f for f in node.body if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)]
            yield from ((node, f.target.id) for f in fields if takes_words(f.annotation, words))  # type: ignore[union-attr]


def mapping(annotation: ast.expr | None) -> bool:
    return annotation is not None and ast.unparse(annotation).startswith(("Mapping", "Callable"))


def calls(place: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """Of each call in `place` what is called, and what is handed to it."""
    for call in ast.walk(place):
        if isinstance(call, ast.Call):
            arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
            yield ast.unparse(call.func).split(".")[-1], {ast.unparse(argument) for argument in arguments}


def checkers(tree: ast.Module) -> set[str]:
    """Functions, and classes by their constructor, that hand some word to `one_of` themselves."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and "one_of(" in ast.unparse(node):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            made = [f for f in node.body if isinstance(f, ast.FunctionDef) and f.name in {"__init__", "__post_init__"}]
            found |= {node.name for f in made if "one_of(" in ast.unparse(f)}
    return found


@cache
def checkers_everywhere() -> set[str]:
    return set().union(*(checkers(tree_of(path)) for path in FILES if "one_of(" in path.read_text()))


def checked(place: ast.AST, name: str, tree: ast.Module) -> bool:
    """Whether `place` hands the word to `one_of`, or on to a function or class that uses it."""
    own = getattr(place, "name", "")
    checking = {"one_of"} | (checkers_everywhere() | checkers(tree)) - {own}
    return any(called in checking and handed & {name, f"self.{name}"} for called, handed in calls(place))


def offences(tree: ast.Module) -> list[str]:
    return [f"{getattr(place, 'name', '')}.{name}" for place, name in spelt(tree) if not checked(place, name, tree)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_word_a_caller_can_spell_is_checked(path: Path) -> None:
    assert offences(tree_of(path)) == [], f"{path}: hand them to hwnas.contracts.words.one_of"


def test_a_word_that_nothing_checks_is_found() -> None:
    assert offences(ast.parse("def f(way: Literal['a', 'b']): return 1 if way == 'a' else 2")) == ["f.way"]
    assert offences(
        ast.parse("from hwnas.contracts.task import Split\n@dataclass\nclass C:\n    split: Split | None = None")
    ) == ["C.split"]
    assert offences(ast.parse("def f(way: Literal['a', 'b']): one_of('way', way, ('a', 'b'))")) == []
