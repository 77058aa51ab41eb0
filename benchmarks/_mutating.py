"""Random one-token mutants of the package: where tokens are, and what cosmic-ray replaces them by."""

import ast
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

TOKENS = re.compile(r"core/(Replace|Number)")  # the operators that replace a token; others add or remove whole parts

Place = tuple[int, int]  # line and column


@dataclass
class Mutant:
    """One token replaced, and what test files said of it."""

    module: str
    operator: str
    occurrence: int
    line: int
    before: str
    after: str
    passed: dict[str, str] = field(default_factory=dict)  # digest of each test file that did not notice
    killed_by: str = ""
    tests: str = ""  # commit of the tests that killed it
    equivalent: str = ""

    def source(self, original: str) -> str:
        """The module with the token replaced."""
        return mutated(original, self.operator, self.occurrence)


def mutated(source: str, operator: str, occurrence: int) -> str:
    """The source with one place changed by an operator."""
    changed: str = mutate_code(source, get_operator(f"core/{operator}")(), occurrence)
    return changed


def not_run(source: str) -> list[tuple[Place, Place]]:
    """Start and end of each annotation and import: nothing there changes what a program computes."""
    spans: list[tuple[Place, Place]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            parts: list[ast.stmt | ast.expr | None] = [node]
        elif isinstance(node, ast.arg | ast.AnnAssign):
            parts = [node.annotation]
        else:
            parts = [node.returns] if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
        spans += [
            ((part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0)) for part in parts if part
        ]
    return spans


def places(module: Path) -> Iterator[tuple[Place, str, int]]:
    """Line and column, operator and occurrence of every mutation of a module."""
    source = module.read_text()
    tree, left_out = get_ast(source), not_run(source)
    nodes = list(ast_nodes(tree))
    for name in filter(TOKENS.match, operator_names()):
        operator = get_operator(name)()
        starts = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        for i, start in enumerate(starts):
            if not any(first <= start < end for first, end in left_out):
                yield start, name.removeprefix("core/"), i


def draw(package: Path, n: int, seed: int) -> list[Mutant]:
    """So many mutants, each at a place of its own: places are drawn evenly, then one of the ways to mutate each."""
    ways: dict[tuple[Path, Place], list[tuple[str, int]]] = {}
    for module in sorted(package.rglob("*.py")):
        for start, operator, occurrence in places(module):
            ways.setdefault((module, start), []).append((operator, occurrence))
    chance = random.Random(seed)
    drawn: list[Mutant] = []
    for module, start in chance.sample(sorted(ways), len(ways)):
        operator, occurrence = chance.choice(ways[module, start])
        source = module.read_text()
        after = mutated(source, operator, occurrence)
        if is_python(after):  # `{**a}` is no power
            lines = [text.splitlines()[start[0] - 1].strip() for text in (source, after)]
            path = str(module.relative_to(package.parent))
            drawn.append(Mutant(path, operator, occurrence, start[0], *lines))
        if len(drawn) == n:
            break
    return drawn


def is_python(source: str) -> bool:
    """Whether it can be parsed."""
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True
