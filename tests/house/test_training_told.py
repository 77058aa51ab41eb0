"""What the comparison of training methods makes of runs that are done, and of those published before."""

import importlib
import json
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.house.test_results import BENCHMARKS


@pytest.fixture(scope="module")
def methods() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield importlib.import_module("training_methods")


def run(seed: int, answers: range) -> str:
    """A line of `micro_widths`, with right answers of its 64 networks."""
    took = {"seconds": 5.0, "passes": 500.0, "steps": 500, "commit": "0" * 12, "processor": "one"}
    right = " ".join(map(str, answers))
    return json.dumps({"space": "micro_widths", "arm": "uniform", "seed": seed, **took, "right": right})


def test_published_runs_count_as_those_that_are_done(methods: ModuleType) -> None:
    lines = [run(0, range(700, 764)), run(1, range(764, 700, -1))]
    at_once = methods.told({}, lines)
    later = methods.told(methods.told({}, lines[:1])["spaces"], lines[1:])
    assert later == at_once
    found = at_once["spaces"]["micro_widths"]["arms"]["uniform"]
    assert found["0"]["inherited"] == pytest.approx(0.7315)
    assert found["0"]["tau"] > 0 > found["1"]["tau"]  # networks stand there by rising multiply-adds
