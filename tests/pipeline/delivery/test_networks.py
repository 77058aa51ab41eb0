"""Every sub-network of a front is the network that its file was written from, whichever weights it has."""

import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import hwnas
from hwnas.contracts.task import Batch
from hwnas.export import manifest as manifests
from hwnas.export.parity import allowed_elsewhere
from hwnas.pipeline.bundle import write_bundle
from hwnas.pipeline.delivery.front import Front
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.study import Study
from hwnas.testing._own_cnn import OwnCnn
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._recipe import Recipe
from tests.plugged import Simulated

SPEC = hwnas.InputSpec("images", (1, 8, 8))
RECIPE = Recipe(epochs=1, batch_size=8, learning_rate=0.05)
Run = tuple[Path, Front, Front]


def study(folder: Path, baseline: nn.Module | None = None, task: TinyTask | None = None) -> Study:
    """Of a space of 4: all are timed and evaluated."""
    supernet = hwnas.Supernet.from_builder(
        lambda a: OwnCnn(depth=1, pool="max", **a),
        [hwnas.Choice("width", (4, 6)), hwnas.Choice("kernel", (3, 5))],
        [SPEC],
    )
    return Study(folder, supernet, task or TinyTask(SPEC), Simulated(), preset="rapid", baseline=baseline)


@pytest.fixture(scope="module")
def healed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run beside a baseline, its front, and that after healing by a study that was not told of the baseline."""
    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("networks") / "run"
    front = study(folder, OwnCnn(1, 6, 5, "max").eval()).search(4)
    return folder, front, study(folder).heal(front, RECIPE, best=2)


def copied(healed: Run, tmp_path: Path) -> Study:
    return study(Path(shutil.copytree(healed[0], tmp_path / "run")))


def test_a_front_is_healed_beside_the_baseline_it_was_searched_beside(healed: Run) -> None:
    folder, front, after = healed
    assert front.original is not None
    assert after.original is not None
    assert (after.original.file, after.original.score) == (front.original.file, front.original.score)
    assert after.adopted == front.adopted
    own = study(folder).network(after.original.architecture).state_dict()
    torch.manual_seed(3)
    assert all(torch.equal(tensor, own[name]) for name, tensor in OwnCnn(1, 6, 5, "max").state_dict().items())


def test_what_a_member_had_before_healing_is_what_it_inherits_however_often_it_is_healed(
    healed: Run, tmp_path: Path
) -> None:
    _, front, after = healed
    assert after.healing is not None
    inherited = {member.key: member.search_score for member in front.members}
    assert all(inherited[key] == score for key, score in after.healing.before.items())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = copied(healed, tmp_path).heal(after, RECIPE, best=1)
    assert again.healing is not None
    assert again.healing.before.items() <= after.healing.before.items()


def test_healing_another_way_says_that_it_begins_again(healed: Run, tmp_path: Path) -> None:
    opened, (_, front, _) = copied(healed, tmp_path), healed
    with pytest.warns(UserWarning, match="the new healing replaces that and begins with inherited weights again"):
        opened.heal(front, replace(RECIPE, epochs=RECIPE.epochs / 2), best=1)


def test_a_member_is_the_network_of_its_file_and_its_bundle_is_compared_by_it(healed: Run, tmp_path: Path) -> None:
    opened = copied(healed, tmp_path)
    pick = opened.front().pick()
    network = pick.module()
    with torch.no_grad():
        for parameter in network.head.parameters():  # type: ignore[union-attr,operator]
            parameter.mul_(1000)
    tuned = opened.adopt(pick, network)
    alone = tuned.only(pick.member.key).members[0]
    x = opened.task.examples("report").inputs[0]
    with torch.no_grad():
        right = opened.network(alone.architecture)(torch.from_numpy(x)).argmax(1).numpy()
    assert (right == opened.task.examples("report").labels).mean() == pytest.approx(alone.score)
    made = write_bundle(opened, tmp_path / "bundle", Limits.of(max_latency_ms=alone.limited_ms * 1.001))
    assert made.float32.architecture == alone.architecture
    kept = np.load(tmp_path / "bundle" / "outputs.npz")
    allowed = allowed_elsewhere(network.eval(), [kept["input:images"]])
    assert kept["model.onnx:allowed"] == pytest.approx(allowed)
    assert manifests.verify(tmp_path / "bundle" / "model.onnx").score == alone.score


def test_what_is_handed_out_can_be_trained_on_as_it_is(healed: Run, tmp_path: Path) -> None:
    opened = copied(healed, tmp_path)
    network = opened.front().pick().module()
    network(torch.from_numpy(opened.task.examples("train").inputs[0])).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_what_its_owner_froze_stays_frozen(tmp_path: Path) -> None:
    def frozen_head(architecture: hwnas.Architecture) -> nn.Module:
        network = OwnCnn(depth=1, kernel=3, pool="max", **architecture)
        network.head.requires_grad_(requires_grad=False)
        return network

    supernet = hwnas.Supernet.from_builder(frozen_head, [hwnas.Choice("width", (4, 6))], [SPEC])
    network = Study(tmp_path, supernet, TinyTask(SPEC), Simulated()).network(supernet.space.smallest)
    assert {n: p.requires_grad for n, p in network.named_parameters()} == {
        n: not n.startswith("head.") for n, _ in network.named_parameters()
    }


class Reweighted(TinyTask):
    """The same with another loss."""

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        return 2 * super().loss(output, batch)

    def distil(self, output: Tensor, teacher: Tensor) -> Tensor:
        return self.loss(output, Batch((), teacher.argmax(dim=1)))


@pytest.mark.parametrize("task", [TinyTask(SPEC, n=36), Reweighted(SPEC)], ids=["examples", "loss"])
def test_what_was_healed_from_other_examples_or_by_another_loss_is_healed_again(
    healed: Run, task: TinyTask, tmp_path: Path
) -> None:
    folder, front, after = healed
    opened = study(Path(shutil.copytree(folder, tmp_path / "run")), task=task)
    assert after.healing is not None
    healed_key = next(iter(after.healing.before))
    member = next(member for member in after.members if member.key == healed_key)
    with pytest.raises(hwnas.InputError, match="learnt by another loss or from other examples than task 'tiny' has"):
        opened.network(member.architecture)
    again = opened.heal(front, RECIPE, best=2)
    assert again.healing is not None
    assert again.healing.weights != after.healing.weights
    assert not {m.sha256 for m in again.members if m.key == healed_key} & {member.sha256}


def test_the_seed_of_a_study_is_that_of_healing_unless_a_recipe_says_another(tmp_path: Path) -> None:
    supernet, task = study(tmp_path / "other").supernet, TinyTask(SPEC, n=64)
    opened = Study(tmp_path / "run", supernet, task, Simulated(), preset="rapid", seed=5)
    healing = opened.heal(opened.search(4), best=1).healing
    assert healing is not None
    assert healing.recipe["seed"] == 5


def test_healing_loses_nothing_that_was_tuned_outside_and_the_original_stays(healed: Run, tmp_path: Path) -> None:
    opened, (_, _, after) = copied(healed, tmp_path), healed
    assert after.original is not None
    small = next(member for member in after.members if member.key != after.original.key)
    tuned = opened.adopt(small.architecture, opened.network(small.architecture))
    with pytest.raises(hwnas.InputError, match=f"{small.key} of this front was tuned outside"):
        opened.heal(tuned, RECIPE)
    with pytest.raises(hwnas.InputError, match="is the original that all others are compared with"):
        opened.adopt(after.original.architecture, opened.network(after.original.architecture))
