"""Networks of the same choices are told apart by what they compute, and not by what says nothing of it."""

from pathlib import Path
from typing import Any

import pytest
from torch import nn

from hwnas import Choice, InputSpec, SearchSpace
from hwnas.contracts.objects import object_at
from hwnas.export.network_code import networks_digest

CODE = '''
import torch
from torch import nn

SCALE, UNUSED = 2.0, 1

def smooth(x):
    return x.relu()

class Base(nn.Module):
    def scaled(self, x):
        return x * SCALE

class Net(Base):
    """Words."""

    slope = 0.1

    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(3, width)
        self.last = nn.Linear(width, 2)
        self.steps = [1, 2]
        self.act = smooth

    def forward(self, x):
        if "a" in {"a", "b", "c"}:
            x = self.act(self.first(x))
        return self.last(self.scaled(x)) * self.slope
'''
EDITS = {
    "a line of forward": ("self.scaled(x))", "self.scaled(x).relu())"),
    "a function that is called": ("x.relu()", "x.sigmoid()"),
    "a constant of the file": ("= 2.0, 1", "= 3.0, 1"),
    "a constant of the class": ("slope = 0.1", "slope = 0.2"),
    "a value of the module": ("[1, 2]", "[1, 3]"),
    "a method of a base": ("x * SCALE", "x / SCALE"),
    "a layer": ("nn.Linear(width, 2)", "nn.Sequential(nn.Linear(width, 2), nn.Tanh())"),
    "a size": ("nn.Linear(width, 2)", "nn.Linear(width, 3)"),
}
IDLE = {
    "nothing": ("", ""),
    "a comment": ("class Net", "# new\n\nclass Net"),
    "a docstring of the class": ("Words", "Other words"),
    "a constant that is not read": ("2.0, 1", "2.0, 5"),
}


def space_of(net: Any) -> SearchSpace:
    return SearchSpace([Choice("width", (2, 4))], build=lambda a: net(a["width"]), inputs=[InputSpec("x", (3,))])


def digest_of(code: str) -> str | None:
    names: dict[str, Any] = {"__name__": "typed_in"}
    exec(code, names)  # noqa: S102  as a notebook does
    return networks_digest(space_of(names["Net"]))


@pytest.mark.parametrize("what", EDITS)
def test_what_changes_the_networks_changes_their_digest(what: str) -> None:
    assert digest_of(CODE.replace(*EDITS[what])) != digest_of(CODE)


@pytest.mark.parametrize("what", IDLE)
def test_what_changes_nothing_does_not(what: str, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(CODE.replace(*IDLE[what]))
    in_a_file = networks_digest(space_of(object_at(f"{tmp_path}/own.py:Net", "network")))
    assert in_a_file == digest_of(CODE)


def test_weights_do_not_count_and_a_space_without_networks_has_none() -> None:
    drawn = [space_of(lambda width: nn.Linear(3, width)) for _ in range(2)]
    assert networks_digest(drawn[0]) == networks_digest(drawn[1]) is not None
    assert networks_digest(SearchSpace([Choice("width", (2, 4))])) is None


def test_a_network_of_a_middle_option_counts_too() -> None:
    def space(middle: type[nn.Module]) -> SearchSpace:
        kinds = {"a": nn.ReLU, "b": middle, "c": nn.GELU}
        return SearchSpace(
            [Choice("width", (2, 4)), Choice("kind", ("a", "b", "c"), ordered=False)],
            build=lambda a: nn.Sequential(nn.Linear(3, a["width"]), kinds[a["kind"]]()),  # type: ignore[arg-type, index]
            inputs=[InputSpec("x", (3,))],
        )

    assert networks_digest(space(nn.SiLU)) == networks_digest(space(nn.SiLU))
    assert networks_digest(space(nn.SiLU)) != networks_digest(space(nn.ELU))
