from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.pipeline.initial_weights import begin_as
from hwnas.pipeline.train import train
from hwnas.sharing._named import named_sharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_cnn, own_space, randomise
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._recipe import Recipe

SPACE = own_space()
TASK = TinyTask(SPACE.inputs[0])


def trained() -> dict[str, Tensor]:
    """The state of a largest network with values of its own."""
    supernet = own_cnn(7)
    randomise(supernet)
    return {name: tensor.contiguous() for name, tensor in supernet.extract(SPACE.largest).state_dict().items()}


@pytest.mark.parametrize("scheme", ["prefix", "kernel_transform", "masked", "members"])
def test_the_largest_sub_network_is_the_given_network_to_the_bit(scheme: str, tmp_path: Path) -> None:
    state = trained()
    save_file(state, tmp_path / "weights.safetensors")
    supernet = Supernet(SPACE, named_sharing(scheme, SPACE, {}))
    assert begin_as(supernet, tmp_path / "weights.safetensors") == begin_as(supernet, state)
    network = supernet.extract(SPACE.largest)
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
    plain = SPACE.build(SPACE.largest)  # type: ignore[misc]
    plain.load_state_dict(state)
    x = example(supernet, 3)
    with torch.no_grad():
        assert torch.equal(supernet(x, SPACE.largest), plain.eval().to(memory_format=torch.channels_last)(x))


@pytest.mark.parametrize("scheme", ["hypernetwork", "mixture"])
def test_a_scheme_that_computes_the_largest_from_others_is_refused(scheme: str) -> None:
    supernet = Supernet(SPACE, named_sharing(scheme, SPACE, {}))
    with pytest.raises(InputError, match=f"'{scheme}' computes the largest network's weights from others"):
        begin_as(supernet, trained())


def test_everything_that_does_not_fit_is_named_in_one_sentence() -> None:
    state = trained()
    before = {name: tensor.detach().clone() for name, tensor in own_cnn().shared.items()}
    del state["stem.weight"], state["norms.0.bias"]
    state |= {"fc.weight": torch.ones(2), "head.bias": torch.ones(5)}
    supernet = own_cnn()
    with pytest.raises(InputError) as caught:
        begin_as(supernet, state)
    said = str(caught.value)
    for words in ("missing: stem.weight, norms.0.bias;", "unexpected: fc.weight;", "head.bias (5,) for (3,)"):
        assert words in said
    assert "\n" not in said
    assert all(torch.equal(tensor, before[name]) for name, tensor in supernet.shared.items())
    with pytest.raises(InputError, match="no finite numbers"):
        begin_as(supernet, trained() | {"head.bias": torch.full((3,), torch.nan)})


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("weights.pt", b"x", r"a \.safetensors file, got .*; write one by safetensors"),
        ("weights.safetensors", None, "No file of initial weights at"),
        ("weights.safetensors", b"not one", "not a whole file of weights"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(name: str, content: bytes | None, said: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        begin_as(own_cnn(), tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_training_goes_on_only_from_what_it_began_as(tmp_path: Path) -> None:
    def trained_from(init: dict[str, Tensor] | None, folder: str = "run") -> Supernet:
        return train(SPACE, TASK, folder=tmp_path / folder, recipe=Recipe(passes=4, batch_size=24), init=init)

    state = trained()
    done = trained_from(state)
    assert done.record["init"] == begin_as(own_cnn(), state)
    assert torch.equal(trained_from(state).shared["stem.weight"], done.shared["stem.weight"])
    assert not torch.equal(trained_from(None, "other").shared["stem.weight"], done.shared["stem.weight"])
    for init in (None, own_cnn(3).extract(SPACE.largest).state_dict()):
        with pytest.raises(InputError, match="holds a training with init = "):
            trained_from(init)
