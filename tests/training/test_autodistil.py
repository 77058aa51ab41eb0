from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Examples, Split
from hwnas.contracts.training_events import Split as SplitEvent
from hwnas.contracts.training_step import Job
from hwnas.sharing.members import MembersSharing
from hwnas.spaces.micro_widths import micro_widths
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training._size import parts_of
from hwnas.training.autodistil import autodistil
from tests.steps import step_of

SPACE = own_space()
RECIPE = Recipe(epochs=3, batch_size=12, learning_rate=0.02)


class Relabelled(TinyTask):
    """The same inputs under other labels."""

    def examples(self, split: Split) -> Examples:
        given = super().examples(split)
        return Examples(given.inputs, given.labels[::-1].copy())


def trained(folder: Path, task: TinyTask, **settings: object) -> tuple[Supernet, dict[str, Tensor], dict[str, Tensor]]:
    """The supernet, what it began as, and the teacher's tensors."""
    method = autodistil(SPACE, **settings)  # type: ignore[arg-type]
    supernet = Supernet(SPACE, method.sharing, seed=0)
    began = {name: tensor.detach().clone() for name, tensor in supernet.parameters.items()}
    Trainer(supernet, task, method, RECIPE, folder).run()
    state = method.state()
    return supernet, began, {n.partition("/")[2]: t for n, t in state.items() if isinstance(t, Tensor)}


def test_no_label_is_looked_at_and_the_teacher_stays_what_the_supernet_began_as(tmp_path: Path) -> None:
    spec = SPACE.inputs[0]
    one, began, teacher = trained(tmp_path / "one", TinyTask(spec))
    other, _, _ = trained(tmp_path / "other", Relabelled(spec))
    assert one.shared.keys() == other.shared.keys()
    assert all(torch.equal(tensor, other.shared[name]) for name, tensor in one.shared.items())
    assert all(torch.equal(teacher[name], tensor) for name, tensor in began.items())
    assert any(not torch.equal(one.shared[name], tensor) for name, tensor in began.items())


def test_every_part_has_weights_of_its_own(tmp_path: Path) -> None:
    supernet, *_ = trained(tmp_path, TinyTask(SPACE.inputs[0]))
    assert isinstance(supernet.sharing, MembersSharing)
    options = [dict(part.options) for part in supernet.sharing.sub_spaces]
    (name,) = options[0]
    assert [set(part[name]) for part in options] == [{o} for c in SPACE.choices if c.name == name for o in c.options]
    assert any(name.startswith("member.1/") for name in supernet.shared)


def test_relations_are_learnt_beside_answers(tmp_path: Path) -> None:
    task = TinyTask(SPACE.inputs[0])
    shared = [trained(tmp_path / str(w), task, relations=w)[0].shared for w in (0.0, 1.0)]
    assert any(not torch.equal(shared[0][name], tensor) for name, tensor in shared[1].items())


def test_a_step_trains_a_sandwich_of_one_part_taught_by_the_largest_of_all() -> None:
    method = autodistil(SPACE, parts=2, choice="width", randoms=2)
    method.architectures.on_event(SplitEvent(0, []))
    for index in range(4):
        teacher, *jobs = method.architectures.plan(step_of(SPACE, index), np.random.default_rng(index))
        assert teacher == Job(SPACE.largest, "teacher")
        assert {(job.member, job.architecture["width"]) for job in jobs} == {(index % 2, (4, 6)[index % 2])}
        assert len(jobs) == 4


def test_parts_follow_the_choice_that_changes_sizes_most() -> None:
    space = micro_widths()
    parts = parts_of(space, 3, "autodistil")
    assert parts is not None
    options = [{"stage2.width": (8, 16)}, {"stage2.width": (24,)}, {"stage2.width": (32,)}]
    assert [dict(part.options) for part in parts] == options
    assert space.costs is not None
    halves = {}
    for number in (1, 2, 3):
        width = next(c for c in space.choices if c.name == f"stage{number}.width")
        small = space.architecture({**space.largest, width.name: width.options[0]})
        halves[width.name] = space.costs(space.encode_many([small]))["macs"][0]
    assert min(halves, key=halves.__getitem__) == "stage2.width"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"parts": 3}, "divides the options of one of its choices of space 'custom' into 3"),
        ({"choice": "pool"}, "divides the options of choice 'pool'"),
        ({"relations": -1.0}, "relations and randoms of at least 0"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        autodistil(SPACE, **wrong)  # type: ignore[arg-type]
