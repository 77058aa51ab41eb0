import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Batch, Examples, Split
from hwnas.contracts.training import (
    ArchitectureSampler,
    DataSampler,
    Events,
    Method,
    Schedule,
    TrainingObjective,
    UpdateRule,
)
from hwnas.contracts.training_events import Event, Probe
from hwnas.contracts.training_events import Split as SplitEvent
from hwnas.contracts.training_step import Context, Curve, Job, Output, Stage, State, Statistics, Step
from hwnas.sharing.members import MembersSharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_cnn, own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._checkpoint import FILE
from hwnas.training._curve import CURVE, StepDone
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training._samplers import Sandwich
from hwnas.training.fixed import fixed
from hwnas.training.sandwich import sandwich
from hwnas.training.uniform import uniform

RECIPE = Recipe(epochs=4, batch_size=12, learning_rate=0.05, warmup_steps=3)
STEPS = 8


class KilledError(Exception):
    """What interrupts a training in these tests."""


def trainer(folder: Path, recipe: Recipe = RECIPE, seed: int = 0, n: int = 24) -> Trainer:
    supernet = own_cnn(seed)
    space = supernet.space
    return Trainer(supernet, TinyTask(space.inputs[0], n=n), sandwich(space, randoms=1), recipe, folder)


def killed_at(step: int, folder: Path, save_seconds: float) -> None:
    def progress(done: StepDone) -> None:
        if done.step == step:
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


class Counting(torch.optim.SGD):
    """Keeps what it counts in its groups, as optimizers do that need no learning rate."""

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            group["taken"] = group.get("taken", 0) + 1
            group["lr"] /= group["taken"]
        return super().step(closure)


@pytest.mark.parametrize(
    "more",
    [
        {"optimizer": Counting},
        {"optimizer": "adamw", "schedule": "linear", "accumulate": 2, "clip_norm": 0.5},
        {"optimizer": torch.optim.Adagrad, "average": 0.9, "label_smoothing": 0.1, "validate_every": 2},
        {"precision": "bfloat16", "average": 0.5, "patience": 1},
        {"precision": "float16", "optimizer": partial(torch.optim.SGD, momentum=0.5)},
    ],
)
def test_whatever_the_recipe_says_a_killed_training_ends_the_same(more: dict[str, Any], tmp_path: Path) -> None:
    recipe = replace(RECIPE, batch_size=6, learning_rate=0.01, **more)

    def kill(done: StepDone) -> None:
        if done.step >= begun + 3:
            raise KilledError

    whole = trainer(tmp_path / "whole", recipe)
    whole.run()
    for begun in (0, 2, 4):
        with suppress(KilledError):  # early stopping may come first
            trainer(tmp_path / "killed", recipe, seed=begun).run(kill, save_seconds=-1.0)
    again = trainer(tmp_path / "killed", recipe, seed=99)
    again.run()
    assert_same(values(again.supernet), values(whole.supernet))
    assert_same(load_file(tmp_path / "killed" / FILE), load_file(tmp_path / "whole" / FILE))
    assert {**again.supernet.record, "seconds": 0} == {**whole.supernet.record, "seconds": 0}
    assert (tmp_path / "killed" / CURVE).read_text() == (tmp_path / "whole" / CURVE).read_text()


def test_a_schedule_whose_text_has_changed_does_not_continue_a_training(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    recipe = replace(RECIPE, schedule=f"{file}:share")
    for share in (0.5, 0.5, 0.25):
        file.write_text(f"def share(step, steps):\n    return {share}\n")
        for name in [name for name in sys.modules if name.startswith("hwnas_own_mine")]:
            del sys.modules[name]  # as another process begins
        if share == 0.25:
            with pytest.raises(InputError, match="holds a training with text of the recipe's schedule = "):
                trainer(tmp_path / "run", recipe).run()
        else:
            trainer(tmp_path / "run", recipe).run()


def test_the_average_is_handed_out_and_the_training_goes_on_from_the_weights_themselves(tmp_path: Path) -> None:
    plain, averaged = trainer(tmp_path / "plain"), trainer(tmp_path / "average", replace(RECIPE, average=0.9))
    plain.run()
    averaged.run()
    stored = load_file(tmp_path / "average" / FILE)
    assert_same({n: stored[f"shared/{n}"] for n in plain.supernet.shared}, values(plain.supernet))
    handed = {n: stored[f"average/{n}/value"] for n in plain.supernet.parameters}
    assert_same({n: averaged.supernet.shared[n].detach() for n in handed}, handed)
    assert not torch.equal(handed["head.weight"], stored["shared/head.weight"])


_KILLED_WHILE_SAVING = """
import os, signal, sys
from pathlib import Path
from tests.training.test_loop import trainer
saves = 0
fsync = os.fsync
def kill(handle):
    global saves
    saves += 1
    if saves == 8:  # the first is before any step, then each step saves its checkpoint and the curve
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
    again.run(lambda done: seen.append(done.step), save_seconds=1e9)
    assert seen == [4, 5, 6, 7, 8]
    assert_same(values(again.supernet), values(whole[0].supernet))


def test_a_training_that_made_no_step_gives_way_to_other_settings(tmp_path: Path) -> None:
    broken = replace(RECIPE, schedule=lambda step, _: 1 / step)
    with pytest.raises(InputError, match="schedule fails for step 0"):
        trainer(tmp_path, broken).run()
    assert (tmp_path / FILE).is_file()
    mended = trainer(tmp_path)
    mended.run()
    assert mended.supernet.record["steps"] == mended.steps


def test_a_finished_training_is_not_trained_further(whole: tuple[Trainer, Path]) -> None:
    done, folder = whole
    seen: list[int] = []
    again = trainer(folder)
    again.run(lambda done: seen.append(done.step))
    assert seen == []
    assert_same(values(again.supernet), values(done.supernet))
    assert again.supernet.record == done.supernet.record


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda f: trainer(f, Recipe(epochs=5, batch_size=12)), "recipe epochs"),
        (lambda f: _other(f, "method"), "method name"),
        (lambda f: _other(f, "settings"), "method randoms"),
        (lambda f: _other(f, "task"), "task"),
        (lambda f: _other(f, "data"), "training_examples"),
        (lambda f: _other(f, "loss"), "loss"),
        (lambda f: _other(f, "augment"), "augmentation"),
    ],
)
def test_other_settings_do_not_continue_a_training(whole: tuple[Trainer, Path], make, named: str) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    with pytest.raises(InputError, match=rf"holds a training with {named} = .*; use another folder"):
        make(whole[1]).run()


class _OtherData(TinyTask):
    """The same but for the label of one example."""

    def examples(self, split: Split) -> Examples:
        found = super().examples(split)
        found.labels[0] = 1
        return found


class _OtherLoss(TinyTask):
    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        return 2 * super().loss(output, batch)


class _OtherAugment(TinyTask):
    def augment(self, inputs: tuple[Tensor, ...], seed: int) -> tuple[Tensor, ...]:
        return tuple(x + seed for x in inputs)


def _other(folder: Path, what: str) -> Trainer:
    like = trainer(folder)
    task = like.task
    if what == "task":
        task = TinyTask(like.supernet.space.inputs[0])
        task.name = "other"
    elif what == "data":
        task = _OtherData(like.supernet.space.inputs[0])
    elif what == "loss":
        task = _OtherLoss(like.supernet.space.inputs[0])
    elif what == "augment":
        task = _OtherAugment(like.supernet.space.inputs[0])
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
    grown = Supernet(like.supernet.space, None, like.supernet.shared, like.supernet.buffers)
    grown.shared["head.bias"] = torch.zeros(4, requires_grad=True)
    with pytest.raises(InputError, match=r"another network: head\.bias should be \(4,\), got \(3,\)"):
        Trainer(grown, like.task, like.method, RECIPE, whole[1]).run()


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


def test_fewer_examples_than_a_batch_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="use a smaller batch"):
        trainer(tmp_path, n=11)


class Poisoned(TinyTask):
    """Makes, in the second step, something of the inputs that is no number."""

    def augment(self, inputs: tuple[Tensor, ...], seed: int) -> tuple[Tensor, ...]:
        return tuple(x.log() if seed == 1 else x for x in inputs)


@pytest.mark.parametrize("more", [{}, {"precision": "float16"}, {"accumulate": 2, "batch_size": 6, "average": 0.9}])
def test_a_loss_that_is_no_number_stops_with_the_step_and_keeps_the_checkpoint_of_before(
    more: dict[str, Any], tmp_path: Path
) -> None:
    supernet = own_cnn()
    space = supernet.space
    kept: list[dict[str, Tensor]] = []

    def remember(_: object) -> None:
        kept.append(values(supernet))

    with pytest.raises(
        InputError, match=r"diverged at step [12] of 8: the loss of the random sub-network is nan; "
    ) as c:
        Trainer(supernet, Poisoned(space.inputs[0]), uniform(space), replace(RECIPE, **more), tmp_path).run(
            remember, save_seconds=-1.0
        )
    assert "\n" not in str(c.value)
    stored = load_file(tmp_path / FILE)
    assert all(stored[f"shared/{n}"].isfinite().all() for n in supernet.shared)
    assert len(kept) < 2


class HugeUpdate(UpdateRule):
    """Leaves the first weight infinite after the third step."""

    def after_step(self, context: Context, optimizer: torch.optim.Optimizer) -> None:  # noqa: ARG002
        if context.step.index == 2:
            with torch.no_grad():
                next(iter(context.parameters.values())).view(-1)[0] = torch.inf


def test_weights_that_are_no_numbers_stop_at_once_and_are_not_saved(tmp_path: Path) -> None:
    supernet = own_cnn()
    method = Method("custom", update=HugeUpdate())
    training = Trainer(supernet, TinyTask(supernet.space.inputs[0]), method, RECIPE, tmp_path)
    seen: list[int] = []
    with pytest.raises(InputError, match=r"diverged at step 3 of 8: the update left weights that are not finite"):
        training.run(lambda done: seen.append(done.step), save_seconds=-1.0)
    assert seen == [1, 2]
    assert all(t.isfinite().all() for t in load_file(tmp_path / FILE).values() if t.is_floating_point())


def test_a_learning_rate_that_trains_to_no_numbers_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"with a learning rate below 1e\+30\. "):
        trainer(tmp_path, Recipe(epochs=40, batch_size=12, learning_rate=1e30, warmup_steps=0)).run()


def test_what_is_not_trainable_in_a_stage_neither_learns_nor_decays(tmp_path: Path) -> None:
    class HeadOnly(Schedule):
        def stages(self, space: SearchSpace, steps: int, curve: Curve) -> list[Stage]:
            first = steps // 2
            only = Stage(SubSpace(space), first, lambda i: curve(i, steps), lambda name: name.startswith("head."))
            return [only, Stage(SubSpace(space), steps - first, lambda i: curve(first + i, steps))]

    supernet = own_cnn()
    before, at_the_half = values(supernet), {}

    def remember(done: StepDone) -> None:
        if done.step == STEPS // 2:
            at_the_half.update(values(supernet))

    method = Method("custom", schedule=HeadOnly())
    Trainer(supernet, TinyTask(supernet.space.inputs[0]), method, RECIPE, tmp_path).run(remember)
    learnt = {n for n in supernet.parameters if not torch.equal(before[n], at_the_half[n])}
    assert learnt == {"head.weight", "head.bias"}
    assert not torch.equal(before["stem.weight"], supernet.shared["stem.weight"])
    assert all(supernet.shared[n].requires_grad for n in supernet.parameters)


def test_sandwich_with_weight_on_the_largest_alone_trains_the_largest_alone(tmp_path: Path) -> None:
    class LargestOnly(Sandwich):
        def plan(self, step: Step, rng: np.random.Generator) -> list[Job]:
            return [replace(job, weight=float(job.role == "largest")) for job in super().plan(step, rng)]

    ours, theirs = own_cnn(), own_cnn()
    task = TinyTask(ours.space.inputs[0])
    weighted = Method("custom", architectures=LargestOnly(1))
    recipe = replace(RECIPE, weight_decay=0.0)  # which a tensor takes once it has a gradient, be it zero
    Trainer(ours, task, weighted, recipe, tmp_path / "ours").run()
    Trainer(theirs, task, fixed(theirs.space), recipe, tmp_path / "theirs").run()
    largest = theirs.space.largest
    for (name, ours_), theirs_ in zip(ours.weights(largest).items(), theirs.weights(largest).values(), strict=True):
        if "running" not in name and "tracked" not in name:
            assert torch.equal(ours_, theirs_), name


def test_groups_of_rows_add_up_to_the_whole_batch_and_count_as_one_pass(tmp_path: Path) -> None:
    class Halves(ArchitectureSampler):
        def plan(self, step: Step, rng: np.random.Generator) -> list[Job]:  # noqa: ARG002
            only = step.stage.space.largest
            return [Job(only, "fixed", weight=0.5, rows=rows) for rows in ((0, 6), (6, 12))]

    ours, theirs = plain_cnn(), plain_cnn()
    task = TinyTask(ours.space.inputs[0])
    Trainer(ours, task, Method("custom", architectures=Halves()), RECIPE, tmp_path / "ours").run()
    Trainer(theirs, task, fixed(theirs.space), RECIPE, tmp_path / "theirs").run()
    assert ours.record["passes"] == theirs.record["passes"] == STEPS
    for name, tensor in theirs.parameters.items():
        torch.testing.assert_close(ours.shared[name], tensor, rtol=1e-4, atol=1e-5)


def plain_cnn() -> Supernet:
    """Without batch-norm, so that an example's output does not hang on the batch."""
    build = nn.Sequential
    choices = [Choice("width", (2, 4))]
    return Supernet.from_builder(
        lambda a: build(nn.Flatten(), nn.Linear(64, int(a["width"])), nn.ReLU(), nn.Linear(int(a["width"]), 3)),
        choices,
        [InputSpec("images", (1, 8, 8))],
    )


def test_an_objective_gets_the_features_it_names_of_modules_that_are_there(tmp_path: Path) -> None:
    seen: list[set[str]] = []

    class Watching(TrainingObjective):
        features = ("blocks.*", "head")

        def loss(self, job: Job, output: Output, context: Context) -> Tensor:
            seen.append(set(output.features))
            assert torch.equal(output.features["head"].output, output.value)
            assert output.features["blocks.0"].input.shape[1] == job.architecture["width"]
            return super().loss(job, output, context) + output.features["blocks.0"].output.square().mean()

    supernet = own_cnn()
    smallest = fixed(supernet.space, architecture=supernet.space.smallest)
    method = replace(smallest, objective=Watching())
    Trainer(supernet, TinyTask(supernet.space.inputs[0]), method, RECIPE, tmp_path).run()
    assert seen == [{"blocks.0", "head"}] * STEPS


class Seen(DataSampler):
    """Takes the examples first that it saw most seldom; remembers how often."""

    def __init__(self, n: int) -> None:
        self.counts = np.zeros(n, dtype=np.int64)

    def order(self, examples: Examples, epoch: int, rng: np.random.Generator) -> IntArray:  # noqa: ARG002
        return np.argsort(self.counts + rng.random(len(self.counts)))[:15]

    def on_step(self, statistics: Statistics) -> None:
        np.add.at(self.counts, statistics.step.rows, 1)

    def state(self) -> State:
        return {"counts": torch.from_numpy(self.counts.copy())}

    def restore(self, state: State) -> None:
        self.counts = state["counts"].numpy().copy()


def test_a_data_sampler_that_learns_from_the_steps_goes_on_where_it_stood(tmp_path: Path) -> None:
    def training(folder: str) -> tuple[Seen, Trainer]:
        supernet, data = own_cnn(), Seen(24)
        task = TinyTask(supernet.space.inputs[0])
        recipe = replace(RECIPE, batch_size=5, epochs=2)  # 15 examples are three steps
        return data, Trainer(supernet, task, Method("custom", data=data), recipe, tmp_path / folder)

    counts, whole = training("whole")
    whole.run()

    def kill(done: StepDone) -> None:
        if done.step == 5:
            raise KilledError

    with pytest.raises(KilledError):
        training("killed")[1].run(kill, save_seconds=-1.0)
    again_counts, again = training("killed")
    again.run()
    assert_same(values(again.supernet), values(whole.supernet))
    assert again_counts.counts.tolist() == counts.counts.tolist()
    assert counts.counts.sum() == 5 * whole.steps


class SplitTwice(ArchitectureSampler, Events):
    """Splits by width after the second step, and the second member by depth after the fourth; trains them in turn."""

    def __init__(self, space: SearchSpace) -> None:
        self.space, self.count = space, 1

    def plan(self, step: Step, rng: np.random.Generator) -> list[Job]:  # noqa: ARG002
        return [Job(self.space.largest, "random", member=step.index % self.count)]

    def edits(self, statistics: Statistics, probe: Probe) -> list[Event]:  # noqa: ARG002
        wide = SubSpace(self.space, {"width": (6,)})
        events: dict[int, Event] = {
            1: SplitEvent(0, [SubSpace(self.space, {"width": (4,)}), wide]),
            3: SplitEvent(1, [wide.narrowed({"depth": (depth,)}) for depth in (1, 2)]),
        }
        return [events[statistics.step.index]] if statistics.step.index in events else []

    def on_event(self, event: Event) -> None:  # noqa: ARG002
        self.count += 1

    def state(self) -> State:
        return {"count": self.count}

    def restore(self, state: State) -> None:
        self.count = state["count"]


@pytest.mark.parametrize("kill", [2, 3, 4, 5, 7])
def test_members_split_twice_and_all_the_optimizer_remembers_outlive_a_kill(kill: int, tmp_path: Path) -> None:
    space = own_space()

    def training(folder: str) -> Trainer:
        split = SplitTwice(space)
        method = Method("custom", architectures=split, events=split, sharing=MembersSharing(space))
        adam = partial(torch.optim.AdamW, amsgrad=True)  # it remembers three things of every tensor
        recipe = Recipe(epochs=4, batch_size=12, learning_rate=0.01, optimizer=adam, average=0.9, patience=2)
        return Trainer(Supernet(space, method.sharing), TinyTask(space.inputs[0]), method, recipe, tmp_path / folder)

    whole, killed = training("whole"), training("killed")
    whole.run()

    def progress(done: StepDone) -> None:
        if done.step == kill:
            raise KilledError

    with pytest.raises(KilledError):
        killed.run(progress, save_seconds=-1.0)
    again = training("killed")
    again.run()
    assert_same(values(again.supernet), values(whole.supernet))
    stored = load_file(tmp_path / "killed" / FILE)
    assert_same(stored, load_file(tmp_path / "whole" / FILE))
    kept = {name.rpartition("/")[2] for name in stored if name.startswith("optimizer/member.2/")}
    assert kept == {"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"}
    assert again.supernet.sharing.state() == whole.supernet.sharing.state()
