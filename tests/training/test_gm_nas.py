from pathlib import Path

import numpy as np
import pytest
from torch import Tensor, nn

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.sharing.members import MembersSharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.gm_nas import gm_nas
from tests.steps import step_of


class Signs(nn.Module):
    """Three ways to use the same layer: as it is, almost so, and with its sign turned."""

    def __init__(self, way: str, width: int) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(4, width), nn.Linear(width, 3)
        self.sign = {"plain": 1.0, "near": 0.9, "turned": -1.0}[way]

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.last(self.sign * self.first(x))
        return out


SIGNS = SearchSpace(
    [Choice("way", ("plain", "near", "turned"), ordered=False), Choice("width", (4, 5, 6))],
    build=lambda a: Signs(**a),  # type: ignore[arg-type]
    inputs=[InputSpec("x", (4,))],
)
OWN = own_space()


def test_steps_that_compare_take_each_option_of_one_choice_and_stand_before_a_split() -> None:
    method = gm_nas(SIGNS, splits=(0.5,), comparing=0.2)
    stages = method.schedule.stages(SIGNS, 20, lambda index, steps: index / steps)
    assert [(stage.name, stage.steps) for stage in stages] == [
        ("train", 6), ("compare 3 options, then split", 4), ("train", 10),
    ]  # fmt: skip
    assert stages[1].rate(0) == 6 / 20
    for index, name in ((6, "way"), (7, "width")):
        step = step_of(SIGNS, index)
        object.__setattr__(step, "stage", stages[1])
        jobs = method.architectures.plan(step, np.random.default_rng(index))
        assert {job.architecture[name] for job in jobs} == set(SIGNS.choices[SIGNS.names.index(name)].options)
        (other,) = {"way", "width"} - {name}
        assert len({job.architecture[other] for job in jobs}) == 1
        assert sum(job.weight for job in jobs) == pytest.approx(1)


def test_options_that_pull_the_other_way_become_a_member_of_their_own(tmp_path: Path) -> None:
    method = gm_nas(SIGNS, splits=(0.5,), comparing=0.4)
    task = TinyTask(SIGNS.inputs[0])
    supernet = Supernet(SIGNS, method.sharing)
    Trainer(supernet, task, method, Recipe(epochs=10, batch_size=12, learning_rate=0.01), tmp_path).run()
    assert isinstance(supernet.sharing, MembersSharing)
    parts = [dict(member.options) for member in supernet.sharing.sub_spaces]
    assert [list(part["way"]) for part in parts] == [["plain", "near"], ["turned"]]
    assert method.architectures.state()["members"] == [{"way": ["plain", "near"]}, {"way": ["turned"]}]


def test_members_take_turns_on_their_own_parts(tmp_path: Path) -> None:
    method = gm_nas(OWN, splits=(0.3, 0.6), comparing=0.2)
    supernet = Supernet(OWN, method.sharing)
    recipe = Recipe(epochs=10, batch_size=12, learning_rate=0.01)
    Trainer(supernet, TinyTask(OWN.inputs[0]), method, recipe, tmp_path).run()
    assert isinstance(supernet.sharing, MembersSharing)
    members = supernet.sharing.sub_spaces
    assert len(members) == 4
    for index in range(8):
        (job,) = method.architectures.plan(step_of(SubSpace(OWN), index), np.random.default_rng(index))
        assert job.member == index % 4
        assert members[index % 4].holds(job.architecture)


def test_an_option_that_switches_another_choice_on_is_compared_with_one_option_of_that() -> None:
    inner = Choice("inner", (1, 2), active_if={"deep": (True,)})
    space = SearchSpace([Choice("deep", (False, True)), inner], build=OWN.build, inputs=OWN.inputs)
    method = gm_nas(space, splits=(0.5,), comparing=0.4)
    stage = method.schedule.stages(space, 20, lambda *_: 0.1)[1]
    step = step_of(space, 3)
    object.__setattr__(step, "stage", stage)
    planned = [method.architectures.plan(step, np.random.default_rng(seed)) for seed in range(20)]
    assert {tuple(job.architecture["deep"] for job in jobs) for jobs in planned} == {(False, True)}
    assert {jobs[1].architecture["inner"] for jobs in planned} == {1, 2}


def test_a_choice_whose_options_were_never_compared_is_said_and_a_member_without_any_stays_whole(
    tmp_path: Path,
) -> None:
    method = gm_nas(OWN, splits=(0.2, 0.4), comparing=0.1)
    supernet = Supernet(OWN, method.sharing)
    with pytest.warns(UserWarning) as said:
        Trainer(supernet, TinyTask(OWN.inputs[0]), method, Recipe(passes=12, batch_size=12), tmp_path).run()
    assert isinstance(supernet.sharing, MembersSharing)
    assert len(supernet.sharing.sub_spaces) == 3
    words = [str(warning.message) for warning in said]
    assert "compared the options of 1 of 4 choices in member 0 before its split; train longer" in words[0]
    (whole,) = [sentence for sentence in words if "so it stays whole" in sentence]
    assert "compared the options of 0 of 3 choices" in whole


@pytest.mark.parametrize(("wrong", "words"), [
    ({"splits": ()}, "needs splits between 0 and 1"),
    ({"splits": (0.5, 0.5)}, "needs splits between 0 and 1"),
    ({"splits": (0.02,)}, "further apart than the share comparing"),
    ({"comparing": 0.0}, "needs splits"),
])  # fmt: skip
def test_what_is_out_of_range_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        gm_nas(OWN, **wrong)  # type: ignore[arg-type]


def test_a_space_without_a_choice_to_split_is_refused() -> None:
    space = SearchSpace([Choice("width", (4,))], build=OWN.build, inputs=OWN.inputs)
    with pytest.raises(InputError, match="train by 'uniform'"):
        gm_nas(space)
