import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.supernet import Supernet
from hwnas.training._checkpoint import FILE
from hwnas.training._loop import Recipe, Trainer
from hwnas.training.fixed import fixed
from hwnas.training.sandwich import sandwich
from hwnas.training.uniform import uniform
from tests.families import own_cnn
from tests.tiny_task import TinyTask

RECIPE = Recipe(epochs=4, batch_size=12, learning_rate=0.05, warmup_steps=3)
STEPS = 8


class KilledError(Exception):
    """What interrupts a training in these tests."""


def trainer(folder: Path, recipe: Recipe = RECIPE, seed: int = 0, n: int = 24) -> Trainer:
    supernet = own_cnn(seed)
    space = supernet.space
    return Trainer(supernet, TinyTask(space.inputs[0], n=n), sandwich(space, randoms=1), recipe, folder)


def killed_at(step: int, folder: Path, save_seconds: float) -> None:
    def progress(done: int, *_: object) -> None:
        if done == step:
            raise KilledError

    with pytest.raises(KilledError):
        trainer(folder).run(progress, save_seconds)


def values(supernet: Supernet) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in supernet.shared.items()}


def assert_same(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    assert a.keys() == b.keys()
    assert [name for name in a if not torch.equal(a[name], b[name])] == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trainer, Path]:
    folder = tmp_path_factory.mktemp("whole")
    done = trainer(folder)
    done.run(save_seconds=1e9)
    return done, folder


@given(st.lists(st.integers(1, STEPS), max_size=3), st.sampled_from([-1.0, 1e9]))
@settings(max_examples=6)
def test_a_training_killed_at_any_steps_ends_with_the_same_tensors(
    whole: tuple[Trainer, Path], tmp_path_factory: pytest.TempPathFactory, steps: list[int], save_seconds: float
) -> None:
    folder = tmp_path_factory.mktemp("killed")
    reached = 0
    for step in steps:
        if step > reached:
            killed_at(step, folder, save_seconds)
            reached = step - 1 if save_seconds < 0 else 0  # killed before the save of its last step
    again = trainer(folder, seed=99)  # what it starts from must not matter once there is a checkpoint
    if not (folder / FILE).exists():
        again = trainer(folder)
    again.run(save_seconds=1e9)
    done, whole_folder = whole
    assert_same(values(again.supernet), values(done.supernet))
    assert_same(load_file(folder / FILE), load_file(whole_folder / FILE))
    assert again.supernet.record["curve"] == done.supernet.record["curve"]
    assert again.supernet.record["steps"] == STEPS


_KILLED_WHILE_SAVING = """
import os, signal, sys
from pathlib import Path
from tests.training.test_loop import trainer
saves = 0
fsync = os.fsync
def kill(handle):
    global saves
    saves += 1
    if saves == 5:  # the first is before any step
        os.kill(os.getpid(), signal.SIGKILL)
    fsync(handle)
os.fsync = kill
trainer(Path(sys.argv[1])).run(save_seconds=-1.0)
"""


def test_a_process_killed_while_it_saves_loses_one_step_and_ends_the_same(
    whole: tuple[Trainer, Path], tmp_path: Path
) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED_WHILE_SAVING, str(tmp_path)], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    seen: list[int] = []
    again = trainer(tmp_path)
    again.run(lambda step, *_: seen.append(step), save_seconds=1e9)
    assert seen == [4, 5, 6, 7, 8]
    assert_same(values(again.supernet), values(whole[0].supernet))


def test_a_finished_training_is_not_trained_further(whole: tuple[Trainer, Path]) -> None:
    done, folder = whole
    seen: list[int] = []
    again = trainer(folder)
    again.run(lambda step, *_: seen.append(step))
    assert seen == []
    assert_same(values(again.supernet), values(done.supernet))
    assert again.supernet.record == done.supernet.record


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda f: trainer(f, Recipe(epochs=5, batch_size=12)), "recipe"),
        (lambda f: _other(f, "method"), "method"),
        (lambda f: _other(f, "settings"), "method"),
        (lambda f: _other(f, "task"), "task"),
    ],
)
def test_other_settings_do_not_continue_a_training(whole: tuple[Trainer, Path], make, named: str) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    with pytest.raises(InputError, match=rf"holds a training with {named} = .*; use another folder"):
        make(whole[1]).run()


def _other(folder: Path, what: str) -> Trainer:
    like = trainer(folder)
    task = like.task
    if what == "task":
        task = TinyTask(like.supernet.space.inputs[0])
        task.name = "other"
    method = like.method
    if what == "method":
        method = uniform(like.supernet.space)
    elif what == "settings":
        method = sandwich(like.supernet.space, randoms=7)
    return Trainer(like.supernet, task, method, RECIPE, folder)


def test_a_training_of_another_network_is_refused_by_the_tensor_that_differs(
    whole: tuple[Trainer, Path], tmp_path: Path
) -> None:
    like = trainer(tmp_path)
    shrunk = Supernet(like.supernet.space, None, like.supernet.shared, like.supernet.buffers)
    shrunk.shared["head.bias"] = torch.zeros(2, requires_grad=True)
    with pytest.raises(InputError, match=r"another network: head\.bias should be \(2,\), got \(3,\)"):
        Trainer(shrunk, like.task, like.method, RECIPE, whole[1]).run()


@given(st.floats(0, 1, exclude_max=True))
@settings(max_examples=20)
def test_a_checkpoint_cut_anywhere_is_refused_in_one_sentence(
    whole: tuple[Trainer, Path], tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    data = (whole[1] / FILE).read_bytes()
    folder = tmp_path_factory.mktemp("cut")
    (folder / FILE).write_bytes(data[: int(share * len(data))])
    again = trainer(folder)
    before = values(again.supernet)
    with pytest.raises(InputError, match="not a whole training checkpoint") as caught:
        again.run()
    assert "\n" not in str(caught.value)
    assert_same(values(again.supernet), before)


def test_uniform_training_is_the_loop_one_would_write_by_hand(tmp_path: Path) -> None:
    ours, theirs = own_cnn(), own_cnn()
    task = TinyTask(ours.space.inputs[0])
    done = Trainer(ours, task, uniform(ours.space), RECIPE, tmp_path)
    done.run(save_seconds=1e9)

    examples, space = task.examples("train"), theirs.space
    decayed = [p for p in theirs.parameters.values() if p.ndim > 1]
    others = [p for p in theirs.parameters.values() if p.ndim <= 1]
    optimizer = torch.optim.SGD(
        [{"params": decayed, "weight_decay": RECIPE.weight_decay}, {"params": others}],
        0.05,
        momentum=0.9,
        nesterov=True,
    )
    for step in range(STEPS):
        order = np.random.default_rng((0, 1, step // 2)).permutation(24)
        rows = order[:12] if step % 2 == 0 else order[12:]
        architecture = space.decode(space.sample(1, np.random.default_rng((0, 2, step)))[0])
        for group in optimizer.param_groups:
            group["lr"] = RECIPE.rate(step, STEPS)
        optimizer.zero_grad()
        x = torch.from_numpy(examples.inputs[0][rows]).contiguous(memory_format=torch.channels_last)
        logits = theirs(x, architecture, training=True)
        F.cross_entropy(logits, torch.from_numpy(examples.labels[rows])).backward()
        optimizer.step()
    assert done.steps == STEPS
    assert_same(values(ours), values(theirs))


def test_training_alone_is_training_the_plain_network(tmp_path: Path) -> None:
    supernet = own_cnn()
    architecture = supernet.space.middle
    network = supernet.extract(architecture).requires_grad_().train()
    task = TinyTask(supernet.space.inputs[0])
    recipe = Recipe(epochs=3, batch_size=24, learning_rate=0.05, weight_decay=0.0)
    done = Trainer(supernet, task, fixed(supernet.space, architecture=architecture), recipe, tmp_path)
    done.run(save_seconds=1e9)
    optimizer = torch.optim.SGD(network.parameters(), 0.05, momentum=0.9, nesterov=True)
    examples = task.examples("train")
    for step in range(done.steps):
        order = np.random.default_rng((0, 1, step)).permutation(24)
        optimizer.param_groups[0]["lr"] = recipe.rate(step, done.steps)
        optimizer.zero_grad()
        F.cross_entropy(
            network(torch.from_numpy(examples.inputs[0][order])), torch.from_numpy(examples.labels[order])
        ).backward()
        optimizer.step()
    trained = supernet.extract(architecture).state_dict()
    for name, expected in network.state_dict().items():
        torch.testing.assert_close(trained[name], expected, rtol=1e-4, atol=1e-5)


def test_every_example_is_seen_once_per_epoch_and_in_another_order_in_the_next(tmp_path: Path) -> None:
    like = trainer(tmp_path)
    epochs: Sequence[list[Tensor]] = [[like._batch(2 * e + i).batch.inputs[0] for i in range(2)] for e in range(2)]
    seen = [torch.cat(batches).flatten(1) for batches in epochs]
    everything = torch.from_numpy(like.examples.inputs[0]).flatten(1)
    for rows in seen:
        assert torch.equal(rows.unique(dim=0), everything.unique(dim=0))
    assert not torch.equal(seen[0], seen[1])


def test_the_rate_warms_up_then_falls_to_almost_nothing() -> None:
    rates = [Recipe(warmup_steps=10).rate(step, 100) for step in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 1e-3 * max(rates)
    assert max(rates) <= 0.1


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"epochs": float("nan")},
        {"epochs": float("inf")},
        {"batch_size": 0},
        {"learning_rate": -1.0},
        {"learning_rate": float("inf")},
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="positive epochs, batch size and learning rate"):
        Recipe(**wrong)  # type: ignore[arg-type]


def test_fewer_examples_than_a_batch_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="use a smaller batch"):
        trainer(tmp_path, n=11)
