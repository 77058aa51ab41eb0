"""Members that are fine-tuned alone: validated again like any other, beside the original; nothing is done twice."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import hwnas
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import InputSpec
from hwnas.evaluation.examples import examples_of
from hwnas.export import manifest as manifests
from hwnas.pipeline.delivery.front import Front
from hwnas.pipeline.delivery.healing import HEALING, best_within, can_distil, said_of_better, undominated
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.study import Study
from hwnas.testing._own_cnn import OwnCnn
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._healing import _Taught
from hwnas.training._recipe import Recipe
from hwnas.training._record import lessons_digest
from tests.plugged import Simulated

SPEC = InputSpec("images", (1, 8, 8))
RECIPE = Recipe(epochs=6, batch_size=8, learning_rate=0.05)


class Steps:
    def __init__(self) -> None:
        self.trained = 0

    def __call__(self, step: str, done: int, total: int) -> None:
        self.trained += step == HEALING and 0 < done <= total


def study(folder: Path, progress: Steps) -> Study:
    """Of a space of 6: small enough that everything is timed and evaluated."""
    supernet = hwnas.Supernet.from_builder(
        lambda a: OwnCnn(depth=2, pool="max", **a),
        [hwnas.Choice("width", (4, 6, 8)), hwnas.Choice("kernel", (3, 5))],
        [SPEC],
    )
    return Study(folder, supernet, TinyTask(SPEC), Simulated(), preset="rapid", progress=progress)


@pytest.fixture(scope="module")
def healed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Front, Front]:
    """A run, its front, and that after healing."""
    folder = tmp_path_factory.mktemp("healed")
    of = study(folder, Steps())
    front = of.search(6)
    return folder, front, of.heal(front, RECIPE, best=2)


def test_members_learn_are_validated_and_stand_beside_the_original(healed: tuple[Path, Front, Front]) -> None:
    folder, front, after = healed
    assert after.healing is not None
    assert len(after.healing.before) == min(2, len(front.members))
    assert after.healing.distilled
    assert after.original is not None
    assert after.original.architecture == {"width": 8, "kernel": 5}
    assert after.original.search_score == front.largest.score
    for member in after.members:
        if member.key in after.healing.before:
            assert member.search_score > after.healing.before[member.key]
        manifest = manifests.verify(folder / member.file)
        assert manifest.score == member.score
    assert Front.read(folder / "front.json").healing == after.healing


def test_what_fine_tuning_makes_worse_keeps_the_weights_that_it_had(
    healed: tuple[Path, Front, Front], tmp_path: Path
) -> None:
    folder, front = shutil.copytree(healed[0], tmp_path / "run"), healed[1]
    steps = Steps()
    of = study(folder, steps)
    with pytest.warns(UserWarning, match=r"^Fine-tuning left 1 of 1 sub-networks worse than they were"):
        after = of.heal(front, replace(RECIPE, epochs=1, learning_rate=5.0, clip_norm=1.0, seed=1), best=1)
    assert steps.trained
    assert after.healing is not None
    assert after.healing.before == {}
    (member,) = (m for m in after.members if m.key in after.healing.harmed)
    assert after.weights_of(member) == "inherited"
    assert (member.search_score, member.score) == next(
        (m.search_score, m.score) for m in front.members if m.key == member.key
    )
    assert after.said_of_harm in after.said_of_weights
    study(folder, Steps()).front().only(member.key).pick().export(tmp_path / "model.onnx")
    weights = manifests.verify(tmp_path / "model.onnx").weights
    assert weights is not None
    assert (weights.how, weights.recipe) == ("inherited", None)


def test_by_an_optimizer_given_in_python_members_are_healed_and_handed_out_where_it_is_given_again(
    healed: tuple[Path, Front, Front], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(healed[0], folder)
    recipe = replace(RECIPE, epochs=1, optimizer=torch.optim.Adagrad)
    front = study(folder, Steps()).heal(healed[1], recipe, best=1)
    assert front.healing is not None
    member = next(m for m in front.members if m.key in front.healing.before)
    x = torch.ones(2, 1, 8, 8)
    with torch.no_grad():
        healed_output = front.pick().network(member.architecture)(x)
        again, steps = study(folder, Steps()), Steps()
        with pytest.raises(hwnas.InputError, match=r"optimizer was given in Python .*; give the same recipe again"):
            again.front().pick().network(member.architecture)
        again = study(folder, steps)
        assert torch.equal(again.heal(healed[1], recipe, best=1).pick().network(member.architecture)(x), healed_output)
    assert steps.trained == 0


def test_the_model_handed_out_is_the_healed_one(healed: tuple[Path, Front, Front], tmp_path: Path) -> None:
    folder, _, _ = healed
    of = study(folder, Steps())
    front = of.front()
    assert front.healing is not None
    pick = front.pick()
    manifest = pick.export(tmp_path / "model.onnx")
    assert manifest.training["method"]["name"] == "healing"  # type: ignore[index,call-overload]
    report = of.task.examples("report")
    with torch.no_grad():
        right = pick.module()(torch.from_numpy(report.inputs[0])).argmax(dim=1).numpy() == report.labels
    assert right.mean() == pytest.approx(manifest.score)


def test_healing_again_trains_nothing_and_ends_the_same(healed: tuple[Path, Front, Front]) -> None:
    folder, _, after = healed
    progress = Steps()
    of = study(folder, progress)
    again = of.heal(of.search(6), RECIPE, best=2)
    assert progress.trained == 0
    assert [m.model_dump(exclude={"latency_ms_interval"}) for m in again.members] == [
        m.model_dump(exclude={"latency_ms_interval"}) for m in after.members
    ]


def test_what_is_expected_of_fine_tuned_ones_is_said_to_be_measured_alone(
    healed: tuple[Path, Front, Front], tmp_path: Path
) -> None:
    folder, front, _ = healed
    shutil.copytree(folder, tmp_path / "run")
    partly = front.model_copy(update={"search": front.search.model_copy(update={"measured_share": 0.25})})
    of = study(tmp_path / "run", Steps())
    after = of.heal(partly, RECIPE, best=2)
    assert all(member.expected_score == member.search_score for member in after.members)
    selection = after.pick().export(tmp_path / "model.onnx").selection
    assert selection is not None
    assert selection.measured_share == 1
    page = of.report(after).read_text(encoding="utf-8")
    assert "Expected scores are of the validation set: measured there." in page
    assert "25% measurement" not in page
    assert "25% measurement, the rest a cross-validated prediction" in of.report(partly).read_text(encoding="utf-8")


def test_the_original_is_asked_once_of_each_example_unless_examples_are_augmented(
    healed: tuple[Path, Front, Front], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(_Taught, "teacher", lambda *_: asked.append(None))
    shutil.copytree(healed[0], tmp_path / "run")
    recipe = replace(RECIPE, epochs=1)
    study(tmp_path / "run", Steps()).heal(healed[1], recipe, best=1)
    assert not asked
    monkeypatch.setattr(TinyTask, "augment", lambda _, inputs, **__: inputs)
    study(tmp_path / "run", Steps()).heal(healed[1], recipe, best=1)
    assert asked


def test_a_task_that_cannot_distil_is_learnt_by_its_labels() -> None:
    x, y = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32), np.arange(60) % 3
    own = {"figure": hwnas.Objective("own", "max"), "loss": lambda o, _: o.mean(), "score": lambda o, _: o[:, 0]}
    parts = {"search": (x + 1, y), "report": (x + 2, y)}
    network = torch.nn.Linear(3, 3).eval()
    assert can_distil(hwnas.task((x, y), **parts), network)  # type: ignore[arg-type]
    assert can_distil(hwnas.task((x, y), figure="mean_squared_error", **parts), network)  # type: ignore[arg-type]
    assert not can_distil(hwnas.task((x, y), **parts, **own), network)  # type: ignore[arg-type]


def test_what_is_slower_and_no_better_leaves_the_front(healed: tuple[Path, Front, Front]) -> None:
    member = healed[2].members[0]
    slower = member.model_copy(update={"latency_ms": 2 * member.latency_ms})
    assert undominated([member, slower.model_copy(update={"expected_score": member.expected_score - 0.1})], -1) == [
        member
    ]
    better = slower.model_copy(update={"expected_score": member.expected_score + 0.1})
    assert undominated([member, better], -1) == [member, better]


def test_what_misses_a_limit_stands_for_none_that_keeps_it(healed: tuple[Path, Front, Front]) -> None:
    front, small = healed[2], healed[2].members[0]
    better = {"key": "0" * 12, "expected_score": small.expected_score + 0.1, "latency_ms": small.latency_ms / 2}
    large = small.model_copy(update={**better, "size_bytes": 2 * small.size_bytes})
    slow = small.model_copy(update={**better, "latency_ms_at_slowest": 2 * small.limited_ms})
    for other, limits in (
        (large, Limits.of(max_size_bytes=small.size_bytes)),
        (slow, Limits.of(max_latency_ms=small.limited_ms)),
    ):
        both = front.model_copy(update={"members": [other, small]})
        assert best_within(both, limits, -1).members == [small]
        assert best_within(both, Limits(), -1).members == [other]
    assert undominated([large, small], -1, Limits(extra_objectives=("size_bytes",)).sought) == [large, small]


def test_a_loss_a_change_of_inputs_and_the_examples_say_what_was_learnt() -> None:
    x, y = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32), np.arange(60) % 3
    parts = {"search": (x + 1, y), "report": (x + 2, y)}

    def told(train: np.ndarray = x, **more: object) -> str:
        task = hwnas.task((train, y), **parts, **more)  # type: ignore[arg-type]
        return lessons_digest(task, examples_of(task, "train"))

    same = told()
    assert told() == same
    others = [
        told(x * 2),
        told(loss=lambda o, labels: 3 * torch.nn.functional.cross_entropy(o, labels)),
        told(loss=lambda o, labels: 2 * torch.nn.functional.cross_entropy(o, labels)),
        told(augment=lambda inputs, _: inputs),
        told(figure="mean_squared_error"),
    ]
    assert len({same, *others}) == 6


def test_a_better_one_that_misses_a_limit_is_told_of(healed: tuple[Path, Front, Front]) -> None:
    after = healed[2]
    assert after.healing is not None
    assert after.healing.beyond == ""
    member = next(m for m in after.members if m.key in after.healing.before)
    better = member.model_copy(update={"expected_score": member.expected_score + 0.5})
    alike = member.model_copy(update={"expected_score": member.expected_score + 1e-9})
    figure = Objective("accuracy", "max", "share")
    for other, told in ((better, True), (alike, False), (member, False)):
        fronts = (after.model_copy(update={"members": members}) for members in ([other, member], [member]))
        said = said_of_better(*fronts, figure)
        assert (f"The best, {member.key}, has accuracy" in said) is told
        assert (f"{member.limited_ms:.4g} ms at the most; a looser limit hands it out." in said) is told


def test_healing_warns_of_a_better_one_that_misses_a_limit_and_keeps_what_it_said(
    healed: tuple[Path, Front, Front], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(healed[0], tmp_path / "run")
    monkeypatch.setattr("hwnas.pipeline.study.said_of_better", lambda *_: "One is better, and misses a limit.")
    with pytest.warns(UserWarning, match=r"^One is better, and misses a limit\.$"):
        after = study(folder, Steps()).heal(healed[1], RECIPE, best=2)
    assert "One is better, and misses a limit." in after.said_of_weights
    assert Front.read(folder / "front.json").healing == after.healing
