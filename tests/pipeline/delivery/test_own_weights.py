"""Networks with tensors of their own in a study: the original beside all others, and what was tuned outside."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import hwnas
from hwnas.contracts.task import Examples, Split
from hwnas.pipeline.delivery.front import Front
from hwnas.pipeline.delivery.own_weights import tensors_of
from hwnas.pipeline.selection.limits import Limits
from hwnas.testing._tiny_task import TinyTask
from tests.elasticity.networks import Cnn
from tests.plugged import Simulated

SPEC = hwnas.InputSpec("x", (1, 8, 8))


class Doubles(TinyTask):
    """Gives its inputs in double precision, as numpy makes them."""

    def examples(self, split: Split) -> Examples:
        found = super().examples(split)
        return Examples(tuple(x.astype(np.float64) for x in found.inputs), found.labels)


def original() -> Cnn:
    torch.manual_seed(0)
    return Cnn().eval()


def elastic() -> hwnas.Supernet:
    return hwnas.elastic(original(), torch.from_numpy(TinyTask(SPEC).examples("search").inputs[0][:2]))


def study(folder: Path, baseline: nn.Module | None = None) -> hwnas.Study:
    return hwnas.Study(folder, elastic(), Doubles(SPEC), Simulated(), preset="rapid", baseline=baseline)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[hwnas.Study, Front]:
    opened = study(tmp_path_factory.mktemp("searched") / "run")
    return opened, opened.search(8, Limits(speedup=1.2), samples=24)


def test_a_search_shows_the_network_that_was_given_and_keeps_a_speedup_beside_it(
    searched: tuple[hwnas.Study, Front],
) -> None:
    opened, front = searched
    assert front.original is not None
    assert front.original.architecture == dict(opened.space.largest)
    assert all(front.original.limited_ms / m.limited_ms >= 1.2 for m in front.members)
    fastest = front.original.limited_ms / front.members[0].limited_ms
    assert front.pick(speedup=fastest * 0.999).member.key == front.members[0].key
    with pytest.raises(hwnas.PromiseError, match="the fastest takes"):
        front.pick(speedup=fastest * 1.01)


def test_what_was_tuned_outside_is_proved_evaluated_and_takes_its_place(searched: tuple[hwnas.Study, Front]) -> None:
    opened, front = searched
    pick = front.pick()
    network = pick.module().train()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.01)
    after = opened.adopt(pick, network)
    assert network.training
    (member,) = (m for m in after.members if m.key == pick.member.key)
    assert len(after.members) == len(front.members)
    assert member.sha256 != pick.member.sha256
    assert after.adopted.keys() == {member.key}
    reread = opened.front()
    tuned = tensors_of(reread.pick(max_latency_ms=member.limited_ms * 1.0001).network(member.architecture))
    assert all(torch.equal(tensor, tuned[name]) for name, tensor in tensors_of(network).items())


def test_a_network_that_is_not_the_sub_network_is_refused(searched: tuple[hwnas.Study, Front]) -> None:
    opened, front = searched
    pick = front.pick()
    with pytest.raises(hwnas.InputError, match="should have tensor"):
        opened.adopt(pick, original())
    broken = pick.module()
    with torch.no_grad():
        next(broken.parameters()).fill_(torch.nan)
    with pytest.raises(hwnas.InputError, match="no finite numbers"):
        opened.adopt(pick, broken)
    other = pick.module()
    other.register_forward_hook(lambda _, __, out: out + 1)
    with pytest.raises(hwnas.InputError, match="computes another thing"):
        opened.adopt(pick, other)
    with pytest.raises(hwnas.InputError, match=r"is a network, as pick\.module\(\) gave it, got 'mine\.pt'"):
        opened.adopt(pick, "mine.pt")  # type: ignore[arg-type]


def test_what_is_worse_than_the_one_that_it_replaces_is_warned_of(searched: tuple[hwnas.Study, Front]) -> None:
    opened, front = searched
    pick = front.pick()
    as_it_was, spoilt = pick.module(), pick.module()
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in spoilt.parameters():
            parameter.normal_()
    scores, said = [], []
    for network in (as_it_was, spoilt, as_it_was):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            (member,) = opened.adopt(pick, network).only(pick.member.key).members
        scores.append(member.search_score)
        said.append(any("is worse than the one that it replaces" in str(warning.message) for warning in caught))
    assert scores[0] != scores[1]
    assert said[1:] == [scores[1] < scores[0], scores[0] < scores[1]]


def test_a_baseline_is_what_the_largest_is_compared_as(tmp_path: Path) -> None:
    supernet = elastic()
    supernet.record = {"trained": True}
    plain = hwnas.Study(tmp_path / "plain", supernet, TinyTask(SPEC), Simulated(), preset="rapid")
    assert plain.original is None
    with pytest.raises(hwnas.InputError, match="A speedup is beside an original network"):
        plain.search(8, Limits(speedup=2), samples=24)
    baseline = original()
    with torch.no_grad():
        next(baseline.parameters()).mul_(1.5)
    beside = study(tmp_path / "beside", baseline)
    assert beside.original is not None
    kept = tensors_of(beside.original.network(beside.space.largest))
    assert all(torch.equal(tensor, kept[name]) for name, tensor in tensors_of(baseline).items())
    with pytest.raises(hwnas.InputError, match="should have tensor"):
        study(tmp_path / "other", nn.Linear(2, 2))


@pytest.mark.parametrize("speedup", [1.0, 0.5, float("inf"), float("nan")])
def test_a_speedup_that_is_none_is_refused(speedup: float) -> None:
    with pytest.raises(hwnas.InputError, match="speedup"):
        Limits(speedup=speedup)
