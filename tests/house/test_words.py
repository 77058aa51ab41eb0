"""A word that chooses something is refused when it is none of those there are, wherever a caller can spell it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "hwnas").rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in FILES}


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


ALIASES = {".".join(path.relative_to(ROOT).with_suffix("").parts): aliases(tree) for path, tree in TREES.items()}


def words_in(tree: ast.Module) -> set[str]:
    """Such names, own ones and those taken from other modules of the package."""
    taken = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return aliases(tree) | {a.name for n in taken for a in n.names if a.name in ALIASES.get(n.module or "", ())}


def takes_words(annotation: ast.expr | None, words: set[str]) -> bool:
    parts = [p for p in ast.walk(annotation) if isinstance(p, ast.expr)] if annotation is not None else []
    return any(is_literal(p) or (isinstance(p, ast.Name) and p.id in words) for p in parts)


def spelt(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """What callers can spell: parameters of public functions, and fields of dataclasses that pydantic does not check;
    each with the function or class that should check it.
    """
    words = words_in(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and (not node.name.startswith("_") or node.name == "__init__"):
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


def checked(place: ast.AST, name: str, tree: ast.Module) -> bool:
    """Whether `place` hands the word to `one_of`, or on to a function of the same file that does."""
    checking = {"one_of"} | {
        f.name
        for f in ast.walk(tree)
        if isinstance(f, ast.FunctionDef) and f is not place and "one_of(" in ast.unparse(f)
    }
    calls = [c for c in ast.walk(place) if isinstance(c, ast.Call) and ast.unparse(c.func).split(".")[-1] in checking]
    return any(ast.unparse(a) in {name, f"self.{name}"} for c in calls for a in c.args)


def offences(tree: ast.Module) -> list[str]:
    return [f"{getattr(place, 'name', '')}.{name}" for place, name in spelt(tree) if not checked(place, name, tree)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_word_a_caller_can_spell_is_checked(path: Path) -> None:
    assert offences(TREES[path]) == [], f"{path}: hand them to hwnas.contracts.words.one_of"


def test_a_word_that_nothing_checks_is_found() -> None:
    assert offences(ast.parse("def f(way: Literal['a', 'b']): return 1 if way == 'a' else 2")) == ["f.way"]
    assert offences(
        ast.parse("from hwnas.contracts.task import Split\n@dataclass\nclass C:\n    split: Split | None = None")
    ) == ["C.split"]
    assert offences(ast.parse("def f(way: Literal['a', 'b']): one_of('way', way, ('a', 'b'))")) == []
