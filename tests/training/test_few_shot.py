from pathlib import Path

import numpy as np
import pytest
import torch

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training_events import Split
from hwnas.contracts.training_step import Job
from hwnas.sharing.members import MembersSharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_cnn, own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.few_shot import few_shot
from hwnas.training.uniform import uniform
from tests.steps import statistics_of, step_of

SPACE = own_space()
RECIPE = Recipe(epochs=6, batch_size=12, learning_rate=0.02)  # twelve steps
TASK = TinyTask(SPACE.inputs[0])


def trained(folder: Path, **settings: object) -> Supernet:
    method = few_shot(SPACE, **settings)  # type: ignore[arg-type]
    supernet = Supernet(SPACE, method.sharing)
    Trainer(supernet, TASK, method, RECIPE, folder).run()
    return supernet


def jobs_of(method: object, index: int) -> list[Job]:
    return list(method.architectures.plan(step_of(SPACE, index), np.random.default_rng(index)))  # type: ignore[attr-defined]


def test_it_splits_once_after_the_share_of_the_steps_into_one_member_per_option() -> None:
    method = few_shot(SPACE, choice="pool", split_after=0.3)
    events = [method.events.edits(statistics_of(step_of(SPACE, i)), None) for i in range(3)]  # type: ignore[arg-type]
    assert [len(e) for e in events] == [0, 0, 1]
    (split,) = events[2]
    assert isinstance(split, Split)
    assert [dict(s.options) for s in split.into] == [{"pool": ("max",)}, {"pool": ("learnt",)}]
    method.events.on_event(split)
    assert method.events.edits(statistics_of(step_of(SPACE, 3)), None) == ()  # type: ignore[arg-type]


def test_members_take_turns_and_each_trains_its_own_part() -> None:
    method = few_shot(SPACE, choice="pool")
    assert {job.member for i in range(4) for job in jobs_of(method, i)} == {None}
    method.events.on_event(Split(0, []))
    for index in range(8):
        (job,) = jobs_of(method, index)
        assert job.member == index % 2
        assert job.architecture["pool"] == ("max", "learnt")[index % 2]


def test_a_sub_network_is_evaluated_with_the_member_that_holds_it(tmp_path: Path) -> None:
    supernet = trained(tmp_path, choice="pool", split_after=0.5)
    x = example(supernet, 2)
    values = dict(SPACE.largest)
    for member, option in enumerate(("max", "learnt")):
        architecture = SPACE.architecture({**values, "pool": option})
        with torch.no_grad():
            own, other = (supernet(x, architecture, member=m) for m in (member, 1 - member))
            assert torch.equal(supernet(x, architecture), own)
            assert not torch.equal(other, own)


def test_until_the_split_it_is_uniform_training_to_the_bit(tmp_path: Path) -> None:
    few, one = trained(tmp_path / "few", split_after=0.99), own_cnn()  # splits after the last step
    Trainer(one, TASK, uniform(SPACE), RECIPE, tmp_path / "one").run()
    assert isinstance(few.sharing, MembersSharing)
    assert len(few.sharing.sub_spaces) == 2
    for name, tensor in one.shared.items():
        assert torch.equal(few.shared[name], tensor), name
        assert torch.equal(few.shared[f"member.1/{name}"], tensor), name


def test_by_default_it_splits_the_first_choice_that_all_architectures_have() -> None:
    assert few_shot(SPACE).settings["choice"] == "depth"
    first = Choice("kernel", (3, 5), {"kind": ("conv",)})
    space = SearchSpace([first, Choice("only", (1,)), Choice("kind", ("conv", "pool"), ordered=False)])
    assert few_shot(space).settings["choice"] == "kind"


def test_a_choice_that_cannot_be_split_is_refused() -> None:
    with pytest.raises(InputError, match="got 'pol'; there are: pool, depth"):
        few_shot(SPACE, choice="pol")
    with pytest.raises(InputError, match="there are: none"):
        few_shot(SearchSpace([Choice("only", (1,))]))


@pytest.mark.parametrize("share", [0.0, 1.0, float("nan")])
def test_a_share_outside_of_the_training_is_refused(share: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        few_shot(SPACE, split_after=share)


def test_a_supernet_of_another_sharing_scheme_than_the_methods_is_refused(tmp_path: Path) -> None:
    supernet = own_cnn()
    with pytest.raises(InputError, match="sharing scheme 'members', the supernet has 'prefix'"):
        Trainer(supernet, TASK, few_shot(supernet.space), RECIPE, tmp_path)
