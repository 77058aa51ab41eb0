"""The contract suites as the author of a package uses them."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.testing import _suite, contract

ROOT = Path(__file__).parents[2]
ENTRY_POINTS = """\
[hwnas.strategies]
right_strategy = stranger:right_strategy
wrong_strategy = stranger:wrong_strategy
[hwnas.scores]
right_score = stranger:right_score
wrong_score = stranger:wrong_score
[hwnas.problems]
right_problem = stranger:RightProblem
wrong_problem = stranger:WrongProblem
"""
THINGS = '''
import torch
from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.problem import Problem
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import Strategy
from hwnas.contracts.trial import Trial
from hwnas.strategies.random import random as right_strategy


class Stubborn(Strategy):
    """Proposes the smallest architecture, always."""

    def __init__(self, space, objectives, seed):
        self.space = space

    def ask(self, n):
        return [Trial(self.space.smallest)] * n

    def tell(self, results):
        pass


def wrong_strategy(space, objectives, seed):
    return Stubborn(space, objectives, seed)


def right_score(network, inputs, labels):
    return float(sum(p.numel() for p in network.parameters()))


def wrong_score(network, inputs, labels):
    return float(torch.rand(()))


class RightProblem(Problem):
    title = "squares"
    space = SearchSpace([Choice("x", (1, 2, 3, 4, 5, 6, 7))])
    objectives = [Objective("far"), Objective("near", "max")]

    def evaluate(self, architectures, trials=None):
        for a in architectures if trials is None else [t.architecture for t in trials]:
            yield {"far": a["x"] ** 2.0, "near": 1.0 / a["x"]}


class WrongProblem(RightProblem):
    def evaluate(self, architectures, trials=None):
        for answer in super().evaluate(architectures, trials):
            yield answer | {"near": float("nan")}
'''
TESTS = """
from hwnas.testing import contract

TestRightStrategy = contract("strategies", "right_strategy")
TestWrongStrategy = contract("strategies", "wrong_strategy")
TestRightScore = contract("scores", "right_score")
TestWrongScore = contract("scores", "wrong_score")
TestRightProblem = contract("problems", "right_problem")
TestWrongProblem = contract("problems", "wrong_problem")
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of a package with right things and wrong ones, run as its author runs it."""
    folder = tmp_path_factory.mktemp("package")
    card = folder / "stranger-1.0.dist-info"
    card.mkdir()
    (card / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (card / "entry_points.txt").write_text(ENTRY_POINTS)
    (folder / "stranger.py").write_text(THINGS)
    (folder / "test_contract.py").write_text(TESTS)
    kept = "not (killed or interrupted or new_process)"  # which take long, and are run on strategies of our own
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "--tb=line", "-p", "no:cacheprovider", "-k", kept],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]), "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def lines(said: str, outcome: str, test: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith(f"{outcome} test_contract.py::{test}::")]


@pytest.mark.parametrize("kind", ["Strategy", "Score", "Problem"])
def test_the_right_one_passes_all_tests(said: str, kind: str) -> None:
    assert len(lines(said, "PASSED", f"TestRight{kind}")) >= 4
    assert lines(said, "FAILED", f"TestRight{kind}") == []
    assert "ERROR" not in said


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("TestWrongStrategy", "wrong_strategy proposed Architecture({"),
        ("TestWrongStrategy", "wrong_strategy does not look at its seed"),
        ("TestWrongStrategy", "Strategy 'wrong_strategy' should never ask for a trial twice"),
        ("TestWrongScore", "wrong_score draws from the global random state"),
        ("TestWrongProblem", "wrong_problem answers near with {'far': 1.0, 'near': nan}"),
    ],
)
def test_the_wrong_one_fails_in_words_that_tell_why(said: str, test: str, words: str) -> None:
    assert any(words in line for line in lines(said, "FAILED", test)), "\n".join(lines(said, "FAILED", test))


def test_a_kind_or_a_thing_that_there_is_not_is_answered_with_those_there_are() -> None:
    with pytest.raises(InputError, match="no contract of 'strategy', but of: strategies, "):
        contract("strategy", "random")
    with pytest.raises(InputError, match="No 'randm' among strategies; there are, nearest first: random, "):
        contract("strategies", "randm")


def test_without_what_it_needs_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_suite, "find_spec", lambda name: None if name == "hypothesis" else find_spec(name))
    with pytest.raises(InputError, match=r"hypothesis is not installed; pip install 'hwnas\[testing\]'"):
        contract("strategies", "random")
