from pathlib import Path

import pytest
import torch

from hwnas.contracts.training import Events, Method
from hwnas.contracts.training_events import Event, Probe, Prune
from hwnas.contracts.training_step import Statistics
from hwnas.sharing.masked import MaskedSharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_cnn, own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe

SPACE = own_space()
HALF = torch.ones(3, 6)
HALF[:, ::2] = 0


def test_unpruned_it_shares_as_the_scheme_within_to_the_bit() -> None:
    plain, ours = own_cnn(), Supernet(SPACE, MaskedSharing(SPACE))
    x = example(plain, 2)
    with torch.no_grad():
        for architecture in (SPACE.smallest, SPACE.largest):
            assert torch.equal(ours(x, architecture), plain(x, architecture))
            assert torch.equal(ours.extract(architecture)(x), plain(x, architecture))
    masks = {name for name in ours.shared if name.startswith("mask/")}
    assert masks == {f"mask/{name}" for name, tensor in plain.parameters.items() if tensor.ndim > 1}
    assert masks <= ours.buffers


def test_pruned_values_count_for_nothing_learn_nothing_and_can_come_back() -> None:
    supernet = Supernet(SPACE, MaskedSharing(SPACE))
    weight = supernet.shared["head.weight"]
    before = weight.detach().clone()
    supernet.shared["mask/head.weight"].copy_(HALF)
    assert torch.equal(supernet.extract(SPACE.largest).head.weight, before * HALF)  # type: ignore[arg-type,union-attr]
    supernet(example(supernet, 2), SPACE.largest).square().sum().backward()
    assert weight.grad is not None
    assert torch.equal(weight.grad != 0, HALF.bool())
    supernet.shared["mask/head.weight"].fill_(1)
    assert torch.equal(supernet.weights(SPACE.largest)["head.weight"], before)


class PruneOnce(Events):
    """Prunes half of the head after the second step."""

    def edits(self, statistics: Statistics, probe: Probe) -> list[Event]:  # noqa: ARG002
        return [Prune({"head.weight": HALF})] if statistics.step.index == 1 else []


@pytest.mark.parametrize("of", ["prefix", "kernel_transform"])
def test_a_training_prunes_and_what_it_saves_is_pruned(of: str, tmp_path: Path) -> None:
    scheme = MaskedSharing(SPACE, of=of)
    method = Method("custom", events=PruneOnce(), sharing=scheme)
    supernet = Supernet(SPACE, scheme)
    recipe = Recipe(epochs=3, batch_size=12, learning_rate=0.02)
    Trainer(supernet, TinyTask(SPACE.inputs[0]), method, recipe, tmp_path).run()
    supernet.save(tmp_path)
    again = Supernet.load(tmp_path, SPACE)
    head = again.extract(SPACE.largest).head.weight
    assert isinstance(head, torch.Tensor)
    assert torch.equal(head != 0, HALF.bool())
    assert again.shared["head.weight"].all()
