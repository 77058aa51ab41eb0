"""Claim: at least 90 of 100 random one-token mutants of the package are killed by the tests of their room.

cosmic-ray makes the mutants: an operator, a comparison, a constant or a keyword replaced by another, at places drawn
evenly over `hwnas/` (annotations left out, for they are not run). A copy of the repository in FOLDER holds the mutant;
its test files run one by one, until one fails: the mirror of the module, those that import it, its folder, its room,
and the contract suite of its kind (the README's table). A file that hangs counts as failed. What a file
said is stored in FOLDER/mutants.json as soon as it is known: stopped, the same command continues. With --new-tests
the tests of the last commit are taken, and those that are new or changed run on the survivors; the package stays that
of the commit at which FOLDER was begun.

A survivor that no test can kill counts for neither side once its record in FOLDER/mutants.json has the reason, as
`"equivalent": "..."`.

Run:  make mutants, or python benchmarks/mutants.py FOLDER [--mutants 100] [--seed 0] [--minutes M] [--new-tests]
"""

import argparse
import ast
import contextlib
import hashlib
import importlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path

import pytest
from _saving import save
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from hwnas.contracts.files import write_atomic

REPOSITORY = Path(__file__).parents[1]
TOKENS = re.compile(r"core/(Replace|Number)")  # the operators that replace a token; others add or remove whole parts
LIMIT_S, SLOWER = 240, 3  # a test file that runs so long hangs, if it takes a third of it without the mutant
PATIENCE_S = 1800  # without a mutant
LIBRARIES = [
    "numpy",
    "torch",
    "scipy.stats",
    "onnx",
    "onnxruntime",
    "pydantic",
    "hypothesis",
    "typer",
    "rich.progress",
    "safetensors",
]


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
    equivalent: str = ""


@dataclass
class Sample:
    """All that FOLDER/mutants.json holds."""

    commit: str
    seed: int
    mutants: list[Mutant]
    seconds: dict[str, float] = field(default_factory=dict)  # of each test file without a mutant, by path and digest


def annotations(source: str) -> set[int]:
    """Lines that are nothing but signatures, annotations or imports."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            lines.update(range(node.lineno, node.body[0].lineno))
        if isinstance(node, ast.Import | ast.ImportFrom):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, ast.AnnAssign):
            lines.update(range(node.annotation.lineno, (node.annotation.end_lineno or 0) + (node.value is None)))
    return lines


def places(module: Path) -> Iterator[tuple[tuple[int, int], str, int]]:
    """Line and column, operator and occurrence of every mutation of a module."""
    source = module.read_text()
    tree, left_out = get_ast(source), annotations(source)
    nodes = list(ast_nodes(tree))
    for name in filter(TOKENS.match, operator_names()):
        operator = get_operator(name)()
        starts = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        yield from ((start, name, i) for i, start in enumerate(starts) if start[0] not in left_out)


def draw(package: Path, n: int, seed: int) -> list[Mutant]:
    """So many mutants, each at a place of its own: places are drawn evenly, then one of the ways to mutate each."""
    ways: dict[tuple[Path, tuple[int, int]], list[tuple[str, int]]] = {}
    for module in sorted(package.rglob("*.py")):
        for start, operator, occurrence in places(module):
            ways.setdefault((module, start), []).append((operator, occurrence))
    chance = random.Random(seed)
    drawn: list[Mutant] = []
    for module, start in chance.sample(sorted(ways), len(ways)):
        operator, occurrence = chance.choice(ways[module, start])
        source = module.read_text()
        mutated = mutate_code(source, get_operator(operator)(), occurrence)
        if is_python(mutated):  # `{**a}` is no power
            lines = [text.splitlines()[start[0] - 1].strip() for text in (source, mutated)]
            path = str(module.relative_to(package.parent))
            drawn.append(Mutant(path, operator.removeprefix("core/"), occurrence, start[0], *lines))
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


def suites(copy: Path) -> dict[str, str]:
    """The contract suite of each room, as the README tells it."""
    rows = re.findall(r"^\| .*`hwnas/(\w+)/`.*`(tests/[\w/]+\.py)` \|$", (copy / "README.md").read_text(), re.MULTILINE)
    return dict(rows)


def test_files(module: str, copy: Path) -> list[str]:
    """Those that ought to notice a mutant of this module, the nearest first."""
    path = Path("tests", *Path(module).parts[1:])
    mirror = copy / path.with_name(f"test_{path.stem.strip('_')}.py")
    room = path.parts[1]
    order = [mirror, *sorted(mirror.parent.glob("test_*.py"))] if mirror.parent.name != "tests" else [mirror]
    if (copy / "tests" / room).is_dir():
        order += sorted((copy / "tests" / room).rglob("test_*.py"))
    if room in (found := suites(copy)):
        order.append(copy / found[room])
    files = list(dict.fromkeys(str(file.relative_to(copy)) for file in order if file.is_file()))
    name = module.removesuffix(".py").replace("/", ".")
    nearest = [file for file in files if file == files[0] or name in (copy / file).read_text()]
    return list(dict.fromkeys([*(nearest if mirror.is_file() else nearest[1:]), *files]))


def passes(copy: Path, file: str, limit_s: float) -> bool | None:
    """Whether all its tests pass; none, if they take too long. They run in a fork that has the libraries loaded."""
    process = get_context("fork").Process(target=_run, args=(copy, file))
    process.start()
    process.join(limit_s)
    code = process.exitcode
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid or 0, signal.SIGKILL)  # with whatever the tests have started
    process.join()
    return None if code is None else code == 0


def _run(copy: Path, file: str) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    for name in [name for name in sys.modules if name.partition(".")[0] == "hwnas"]:
        del sys.modules[name]  # the package of the copy is the one to import
    os.chdir(copy)
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(copy))
    code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", file])
    os._exit(int(code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)))


def git(folder: Path, *words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True, text=True).stdout.strip()


def begin(folder: Path, n: int, seed: int, *, new_tests: bool) -> Sample:
    """A copy of the last commit and a sample of its mutants, or the ones that are there."""
    copy, stored = folder / "copy", folder / "mutants.json"
    if stored.exists():
        held = json.loads(stored.read_text())
        sample = Sample(**{**held, "mutants": [Mutant(**mutant) for mutant in held["mutants"]]})
        git(copy, "checkout", "--quiet", sample.commit, "--", "hwnas")  # stopped by force, a mutant was left
        if new_tests:
            git(copy, "fetch", "--quiet", "origin", "HEAD")
            git(copy, "checkout", "--quiet", "FETCH_HEAD", "--", "tests")
        return sample
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", REPOSITORY, copy], check=True)
    sample = Sample(git(copy, "rev-parse", "--short=12", "HEAD"), seed, draw(copy / "hwnas", n, seed))
    keep(folder, sample)
    return sample


def keep(folder: Path, sample: Sample) -> None:
    """Store what is known so far."""
    write_atomic(folder / "mutants.json", json.dumps(asdict(sample), indent=1) + "\n")


def seconds_of(file: str, digest: str, copy: Path, sample: Sample) -> float:
    """How long a test file takes without a mutant; infinite where it fails even so, and so can say nothing."""
    told = f"{file} {digest}"
    if told not in sample.seconds:
        before = time.monotonic()
        sample.seconds[told] = time.monotonic() - before if passes(copy, file, PATIENCE_S) else float("inf")
    return sample.seconds[told]


def notices(mutant: Mutant, file: str, digest: str, copy: Path, sample: Sample) -> bool:
    """Whether a test file that passes without the mutant fails with it, or takes several times as long."""
    module = copy / mutant.module
    source = module.read_text()
    module.write_text(mutate_code(source, get_operator(f"core/{mutant.operator}")(), mutant.occurrence))
    try:
        passed = passes(copy, file, LIMIT_S)
    finally:
        module.write_text(source)
    if passed:
        return False
    seconds = seconds_of(file, digest, copy, sample)
    return seconds < (LIMIT_S / SLOWER if passed is None else float("inf"))


def try_one(mutant: Mutant, files: list[str], folder: Path, sample: Sample, until: float) -> None:
    """Run the test files that have not seen it, until one notices it or the time is up."""
    copy = folder / "copy"
    for file in files:
        digest = hashlib.sha256((copy / file).read_bytes()).hexdigest()[:12]
        if mutant.killed_by or mutant.passed.get(file) == digest or time.monotonic() > until:
            continue
        if notices(mutant, file, digest, copy, sample):
            mutant.killed_by = file
        else:
            mutant.passed[file] = digest
        keep(folder, sample)


def try_all(folder: Path, sample: Sample, until: float) -> bool:
    """Run the nearest test file on every mutant, then the others on those left; whether all ran in time."""
    files = {mutant.module: test_files(mutant.module, folder / "copy") for mutant in sample.mutants}
    for first in (True, False):
        for mutant in sample.mutants:
            if not mutant.killed_by and not mutant.equivalent:
                try_one(mutant, files[mutant.module][: 1 if first else None], folder, sample, until)
    return time.monotonic() <= until


def main() -> None:
    """Go on with the sample in a folder; once every mutant was tried, keep the result."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--mutants", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--minutes", type=float, default=float("inf"), help="Stop after these, to go on later.")
    arguments.add_argument("--new-tests", action="store_true", help="Run the tests of the last commit on survivors.")
    given = arguments.parse_args()
    folder = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    for library in LIBRARIES:
        importlib.import_module(library)
    sample = begin(folder, given.mutants, given.seed, new_tests=given.new_tests)
    until = time.monotonic() + 60 * given.minutes
    if not try_all(folder, sample, until):
        killed = sum(bool(mutant.killed_by) for mutant in sample.mutants)
        print(f"{killed} of {len(sample.mutants)} mutants killed so far; the same command goes on")
        return
    survivors = [mutant for mutant in sample.mutants if not mutant.killed_by]
    equivalent = [mutant for mutant in survivors if mutant.equivalent]
    killed = len(sample.mutants) - len(survivors)
    share = killed / (len(sample.mutants) - len(equivalent))
    told = [
        {key: asdict(mutant)[key] for key in ("module", "line", "before", "after", "equivalent")}
        for mutant in survivors
    ]
    figures = {"sample": sample.commit, "seed": sample.seed, "mutants": len(sample.mutants), "killed": killed}
    silent = sorted({name.split()[0] for name, seconds in sample.seconds.items() if seconds == float("inf")})
    save(
        "mutants",
        __doc__ or "",
        {
            **figures,
            "equivalent": len(equivalent),
            "killed_share": share,
            "test_files_that_fail_without_a_mutant": silent,
            "survivors": told,
        },
    )


if __name__ == "__main__":
    main()
