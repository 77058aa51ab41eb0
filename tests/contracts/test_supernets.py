"""What every supernet must keep, run over a built-in space, an own CNN and a Hugging Face model."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.evaluation.calibration import calibrated
from hwnas.export.scoring import outputs
from hwnas.supernet import Supernet
from hwnas.testing._drawn import architectures
from hwnas.testing._own_cnn import example, randomise
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.fixed import fixed
from hwnas.training.sandwich import sandwich
from tests.families import FAMILIES

HEAD_SIZE = 4  # of the largest network of family bert
every_family = pytest.mark.parametrize("family", FAMILIES)


@cache
def supernet_of(family: str) -> Supernet:
    """One for all tests that only read it."""
    supernet = FAMILIES[family]()
    randomise(supernet)
    return supernet


def own(family: str) -> Supernet:
    """A copy to train or break, without the cost of initialising anew."""
    shared = supernet_of(family)
    return Supernet(
        shared.space, None, {n: t.detach() for n, t in shared.shared.items()}, shared.buffers, shared.layout
    )


def snapshot(supernet: Supernet) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in supernet.shared.items()}


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def part(full: Tensor, network: nn.Module, name: str, architecture: Architecture) -> tuple[Tensor, ...]:
    """Where the tensor `name` of `network` lies in the shared one, as indices that span it.

    First rows and columns; the centre of kernels; of the rows and columns of attention, the first of each head.
    """
    shape = network.get_parameter(name).shape
    owner = network.get_submodule(name.rpartition(".")[0])
    centred = 2 if isinstance(owner, nn.Conv2d) and name.endswith("weight") else 0
    places = [
        list(range(start := (f - s) // 2 if i >= len(shape) - centred else 0, start + s))
        for i, (f, s) in enumerate(zip(full.shape, shape, strict=True))
    ]
    of_heads = 0 if ".attention.self." in name else 1 if name.endswith("attention.output.dense.weight") else None
    if of_heads is not None:
        heads, size, largest = int(architecture["heads"]), int(architecture["head_size"]), HEAD_SIZE
        places[of_heads] = [head * largest + i for head in range(heads) for i in range(size)]
    return torch.meshgrid(*map(torch.tensor, places), indexing="ij")


@every_family
@given(data=st.data())
@settings(max_examples=8)
def test_the_extracted_network_answers_bit_for_bit_like_the_supernet(family: str, data: st.DataObject) -> None:
    supernet = supernet_of(family)
    architecture = data.draw(architectures(supernet.space))
    x = example(supernet, data.draw(st.integers(1, 3)))
    if x.ndim == 4 and data.draw(st.booleans()):
        x = x.contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        assert torch.equal(supernet.extract(architecture)(x), supernet(x, architecture))


@every_family
def test_different_architectures_answer_differently(family: str) -> None:
    supernet = supernet_of(family)
    x = example(supernet, 2)
    with torch.no_grad():
        outs = [supernet(x, a) for a in (supernet.space.smallest, supernet.space.middle, supernet.space.largest)]
    assert not torch.equal(outs[0], outs[2])


@every_family
def test_the_extracted_network_owns_its_weights_and_is_an_ordinary_one(family: str) -> None:
    supernet = own(family)
    before = snapshot(supernet)
    assert supernet.space.build is not None
    network = supernet.extract(supernet.space.middle)
    assert network.state_dict().keys() == supernet.space.build(supernet.space.middle).state_dict().keys()
    with torch.no_grad():
        for parameter in network.parameters():
            assert parameter.untyped_storage().nbytes() == parameter.nbytes, "a view keeps the whole supernet alive"
            parameter.add_(1)
    assert same(snapshot(supernet), before)


@every_family
@given(data=st.data())
@settings(max_examples=4)
def test_gradients_reach_exactly_the_active_slices_and_equal_those_of_the_plain_network(
    family: str, data: st.DataObject
) -> None:
    supernet = own(family)
    architecture = data.draw(architectures(supernet.space))
    x, labels = example(supernet, 6), torch.arange(6) % 3
    network = supernet.extract(architecture).requires_grad_().train()  # before the pass moves running statistics
    F.cross_entropy(network(x), labels).backward()
    F.cross_entropy(supernet(x, architecture, training=True), labels).backward()
    plain = dict(network.named_parameters())
    reached = 0
    for name, parameter in supernet.parameters.items():
        if name not in plain:
            assert parameter.grad is None
            continue
        assert parameter.grad is not None
        inside = part(parameter, network, name, architecture)
        torch.testing.assert_close(parameter.grad[inside], plain[name].grad, rtol=1e-4, atol=1e-5)
        reached += int(parameter.grad[inside].count_nonzero())
        outside = parameter.grad.clone()
        outside[inside] = 0
        assert not outside.any()
    assert reached > 0


@every_family
def test_what_is_saved_is_loaded_to_the_bit(family: str, tmp_path: Path) -> None:
    supernet = supernet_of(family)
    Supernet(supernet.space, None, supernet.shared, supernet.buffers, supernet.layout, record={"steps": 3}).save(
        tmp_path
    )
    known = None if supernet.space.name != "custom" else supernet.space
    again = Supernet.load(tmp_path, known)
    assert same(snapshot(again), snapshot(supernet))
    assert again.parameters.keys() == supernet.parameters.keys()
    assert again.record == {"steps": 3}
    x = example(supernet, 2)
    with torch.no_grad():
        assert torch.equal(again(x, supernet.space.middle), supernet(x, supernet.space.middle))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["supernet.json", "supernet.safetensors"]


@every_family
def test_sandwich_training_lowers_the_loss_of_all(family: str, tmp_path: Path) -> None:
    supernet = FAMILIES[family]()
    space = supernet.space
    task = TinyTask(space.inputs[0])
    examples = task.examples("train")

    def losses() -> list[float]:
        x, labels = torch.from_numpy(examples.inputs[0]), torch.from_numpy(examples.labels)
        with torch.no_grad():
            return [
                float(F.cross_entropy(supernet(x, a, training=True), labels)) for a in (space.largest, space.smallest)
            ]

    before = losses()
    recipe = Recipe(epochs=30, batch_size=24, learning_rate=0.1)
    Trainer(supernet, task, sandwich(space, randoms=1), recipe, tmp_path).run(save_seconds=1e9)
    assert [new < old for new, old in zip(losses(), before, strict=True)] == [True, True]


@every_family
def test_training_one_architecture_leaves_what_it_lacks_but_for_weight_decay(family: str, tmp_path: Path) -> None:
    supernet = own(family)
    space = supernet.space
    before = snapshot(supernet)
    recipe = Recipe(epochs=3, batch_size=24, learning_rate=0.01, momentum=0.0, weight_decay=0.1)
    trainer = Trainer(supernet, TinyTask(space.inputs[0]), fixed(space, architecture=space.smallest), recipe, tmp_path)
    trainer.run(save_seconds=1e9)
    network = supernet.extract(space.smallest)
    names_ = dict(network.named_parameters())
    decay = float(
        np.prod([1 - recipe.rate(step, trainer.steps) * recipe.weight_decay for step in range(trainer.steps)])
    )
    for name, after in supernet.parameters.items():
        if name not in names_:
            assert torch.equal(after, before[name]), name
            continue
        inside = part(after, network, name, space.smallest)
        untouched = torch.ones_like(after, dtype=torch.bool)
        untouched[inside] = False
        factor = decay if after.ndim > 1 else 1.0
        torch.testing.assert_close(after[untouched], before[name][untouched] * factor, rtol=1e-5, atol=0)
    assert any(not torch.equal(supernet.shared[name], before[name]) for name in names_)


@every_family
def test_calibration_changes_running_statistics_only_and_the_supernet_not_at_all(family: str) -> None:
    supernet = supernet_of(family)
    before = snapshot(supernet)
    examples = TinyTask(supernet.space.inputs[0]).examples("train")
    for architecture in (supernet.space.smallest, supernet.space.largest):
        plain, fitted = supernet.extract(architecture), calibrated(supernet, architecture, examples)
        assert not any(module.training for module in fitted.modules())
        statistics = {
            f"{prefix}.{kind}"
            for prefix, module in plain.named_modules()
            if isinstance(module, _BatchNorm)
            for kind in ("running_mean", "running_var", "num_batches_tracked")
        }
        old, new = plain.state_dict(), fitted.state_dict()
        assert {name for name in old if not torch.equal(old[name], new[name])} == statistics
    assert same(snapshot(supernet), before)


@every_family
def test_calibrated_networks_are_judged_the_same_every_time(family: str) -> None:
    supernet = supernet_of(family)
    task = TinyTask(supernet.space.inputs[0])
    networks = [calibrated(supernet, supernet.space.middle, task.examples("train")) for _ in range(2)]
    inputs = task.examples("search").inputs
    answers = [
        np.concatenate([*outputs(network, supernet.space.inputs, inputs)]) for network in (*networks, networks[0])
    ]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])


@every_family
def test_a_checkpoint_cut_anywhere_is_refused_in_one_sentence(family: str, tmp_path: Path) -> None:
    supernet = supernet_of(family)
    supernet.save(tmp_path)
    path = tmp_path / "supernet.safetensors"
    whole = path.read_bytes()
    for length in {*range(12), *np.linspace(12, len(whole) - 1, 25).astype(int).tolist()}:
        path.write_bytes(whole[:length])
        refused(tmp_path, supernet, "not a whole supernet")


def refused(folder: Path, supernet: Supernet, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Supernet.load(folder, supernet.space)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@every_family
def test_a_missing_checkpoint_is_refused_with_what_to_do(family: str, tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", supernet_of(family), "train one with")


@every_family
@pytest.mark.parametrize(
    "metadata", [{}, {"supernet": "{"}, {"supernet": "[]"}, {"supernet": json.dumps({"schema_version": 1})}]
)
def test_a_checkpoint_of_another_schema_is_refused(family: str, metadata: dict[str, str], tmp_path: Path) -> None:
    supernet = supernet_of(family)
    save_file(
        {n: t.detach().contiguous() for n, t in supernet.shared.items()}, tmp_path / "supernet.safetensors", metadata
    )
    refused(tmp_path, supernet, "not a whole supernet")


@every_family
def test_a_checkpoint_of_another_space_is_refused(family: str, tmp_path: Path) -> None:
    for other in FAMILIES:
        supernet_of(other).save(tmp_path)
        if other != family:
            with pytest.raises(InputError, match="space"):
                Supernet.load(tmp_path, supernet_of(family).space)


@every_family
def test_a_checkpoint_that_lacks_a_tensor_is_refused(family: str, tmp_path: Path) -> None:
    supernet = supernet_of(family)
    supernet.save(tmp_path)
    path = tmp_path / "supernet.safetensors"
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    for name in (next(iter(supernet.shared)), next(reversed(supernet.shared))):
        fewer = {n: t.detach() for n, t in supernet.shared.items() if n != name}
        with pytest.raises(InputError, match=f"belong to space.*{name!r} should reach"):
            Supernet(supernet.space, None, fewer, supernet.buffers, supernet.layout)
        save_file({n: t.contiguous() for n, t in fewer.items()}, path, metadata)
        refused(tmp_path, supernet, "its digest is not that of its content")


@every_family
def test_the_same_seed_gives_the_same_supernet_and_leaves_the_random_state_alone(family: str) -> None:
    state = torch.get_rng_state()
    first, second = FAMILIES[family](seed=5), FAMILIES[family](seed=5)
    assert torch.equal(torch.get_rng_state(), state)
    assert same(snapshot(first), snapshot(second))


def test_a_checkpoint_of_a_space_with_other_options_is_refused_though_its_tensors_would_fit(tmp_path: Path) -> None:
    def build(architecture: Architecture) -> torch.nn.Module:
        return torch.nn.Linear(4, int(architecture["width"]))

    wide = Supernet.from_builder(build, [Choice("width", (4, 8))])
    wide.save(tmp_path)
    narrow = Supernet.from_builder(build, [Choice("width", (2, 8))])
    refused(tmp_path, narrow, "other parameters or choices")
