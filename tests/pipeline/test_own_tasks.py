"""A task that is no classification, from search to a model handed out: its own figure, unit and direction."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

import hwnas
from hwnas.cli._front_table import print_front
from hwnas.contracts.objective import Objective
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.task import Batch, Examples, Split
from hwnas.export import manifest as manifests
from hwnas.pipeline.bundle import write_bundle
from hwnas.pipeline.selection.limits import Limits
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.sandwich import sandwich
from tests.plugged import Simulated, tiny_space
from tests.runs import tiny_supernet


class Distance(TinyTask):
    """How far the first output is from a figure, in millimetres: less is better. No provenance, figures per channel."""

    name = "distance"
    figure = Objective("distance", "min", "mm")
    preprocessing = Preprocessing(1 / 255, (0.4, 0.5), (0.2, 0.3))  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(tiny_space().inputs[0], n=48)
        del self.provenance

    def examples(self, split: Split) -> Examples:
        found = super().examples(split)
        return Examples(found.inputs, found.labels.astype(np.float64) * 3)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        return (output[:, 0] - batch.labels).square().mean()

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        return (output[:, 0] - batch.labels).abs()


def test_a_figure_of_which_less_is_better_is_searched_promised_and_shown_as_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = Distance()
    study = hwnas.Study(tmp_path / "run", tiny_supernet(), task, Simulated(), preset="rapid")
    front = study.search(12, samples=24, finalists=3)
    assert front.figure.model_dump() == {"name": "distance", "unit": "mm", "direction": "min"}
    best = min(front.members, key=lambda m: m.expected_score)
    first = front.candidates(Limits())[0]
    assert first.equals(best)
    assert first.latency_ms <= best.latency_ms
    assert max(m.expected_score for m in front.members) <= max(front.smallest.score, front.largest.score) + 0.5

    with pytest.raises(hwnas.PromiseError, match=r"the best distance to expect is [\d.]+ mm, not 0.01 mm"):
        front.pick(worst_score=0.01)
    pick = front.pick(worst_score=best.expected_score * 1.001)
    manifest = pick.export(tmp_path / "model.onnx")
    report = task.examples("report")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    outputs = np.concatenate([session.run(None, {"images": x[None]})[0] for x in report.inputs[0]])
    with torch.no_grad():
        plain = pick.module()(torch.from_numpy(report.inputs[0])).numpy()
    np.testing.assert_allclose(plain, outputs, atol=1e-4)
    assert manifest.score == pytest.approx(np.abs(outputs[:, 0] - report.labels).mean(), rel=1e-5)
    assert manifest.score_interval[0] < manifest.score < manifest.score_interval[1]
    stored = json.loads((tmp_path / "model.json").read_text())
    assert stored["figure"] == {"name": "distance", "unit": "mm", "direction": "min"}
    assert stored["preprocessing"] == {"scale": 1 / 255, "mean": [0.4, 0.5], "std": [0.2, 0.3]}
    assert manifests.verify(tmp_path / "model.onnx") == manifest
    assert manifest.parity_top1_agreement is None

    print_front(front)
    assert "distance (95 %)" in capsys.readouterr().out
    page = study.report(front).read_text()
    assert "best distance" in page
    assert "Distance (mm)" in page
    assert "ccuracy" not in page
    assert "Distance (mm)" in study.run.picture_file.read_text()

    bundle = write_bundle(study, tmp_path / "bundle", Limits())
    assert "its distance is" in bundle.sentence
    assert "most likely class" not in bundle.sentence


RNG = np.random.default_rng(5)
SAME = RNG.random(180) < 0.5
TEXT = RNG.integers(0, 6, (180, 7))
TEXT[:, 1:] = np.where(RNG.random((180, 6)) < 0.7, (TEXT[:, :-1] + 1) % 6, TEXT[:, 1:])  # mostly counts up
NEXT = np.where(RNG.random((180, 6)) < 0.2, -100, TEXT[:, 1:])  # some are not asked for
KINDS = {
    "equal_error_rate": ((RNG.normal(size=(180, 6)) + 0.8 * SAME[:, None]).astype(np.float32), SAME.astype(int)),
    "perplexity": (np.eye(6, dtype=np.float32)[TEXT[:, :-1]], NEXT),
}
NETWORKS = {
    "equal_error_rate": lambda a: nn.Sequential(nn.Linear(6, a["width"]), nn.ReLU(), nn.Linear(a["width"], 1)),
    "perplexity": lambda a: nn.Sequential(nn.Linear(6, a["width"]), nn.ReLU(), nn.Linear(a["width"], 6)),
}


def by_definition(figure: str, outputs: np.ndarray, labels: np.ndarray) -> float:
    if figure == "perplexity":
        there = labels != -100
        chances = np.exp(outputs) / np.exp(outputs).sum(-1, keepdims=True)
        return float(np.exp(-np.log(np.take_along_axis(chances, labels.clip(0)[..., None], -1)[..., 0][there]).mean()))
    outputs, refused, accepted = outputs[:, 0], [], []
    for level in [*np.unique(outputs), np.inf]:
        refused.append((outputs[labels == 1] < level).mean())
        accepted.append((outputs[labels == 0] >= level).mean())
    at = np.linspace(0, 1, 200_001)  # both errors along the same walk from threshold to threshold
    walk = np.linspace(0, 1, len(refused))
    apart = np.abs(np.interp(at, walk, refused) - np.interp(at, walk, accepted))
    return float(np.interp(at[apart.argmin()], walk, refused))


@pytest.mark.parametrize("figure", sorted(KINDS))
def test_a_figure_that_is_no_mean_and_is_to_be_small_is_one_from_training_to_the_page(
    figure: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, labels = KINDS[figure]
    parts = [(inputs[i : i + 60], labels[i : i + 60]) for i in (0, 60, 120)]
    task = hwnas.task(parts[0], search=parts[1], report=parts[2], figure=figure)
    spec = replace(task.inputs[0], name="features")  # the file's word for it, which need not be the task's
    supernet = hwnas.Supernet.from_builder(NETWORKS[figure], [hwnas.Choice("width", tuple(range(1, 9)))], [spec])
    recipe = Recipe(epochs=25, batch_size=30, learning_rate=0.2, warmup_steps=1)
    Trainer(supernet, task, sandwich(supernet.space), recipe, tmp_path / "run").run()
    study = hwnas.Study(tmp_path / "run", supernet, task, Simulated(), preset="rapid")
    front = study.search(8, samples=8, finalists=4)
    assert front.figure.direction == "min"
    slow, fast = front.members[-1], front.members[0]
    assert slow.expected_score < fast.expected_score or len(front.members) == 1
    outputs = np.concatenate([session(tmp_path / "run" / slow.file, x[None]) for x in parts[2][0]])
    assert slow.score == pytest.approx(by_definition(figure, outputs, parts[2][1]), rel=1e-3, abs=1e-4)
    assert slow.score_interval[0] <= slow.score <= slow.score_interval[1]
    assert slow.score_interval[0] < slow.score_interval[1]

    worst = slow.expected_score * 1.001
    pick = front.pick(worst_score=worst)
    assert pick.member.expected_score <= worst
    with pytest.raises(hwnas.PromiseError, match=f"the best {figure} to expect is"):
        front.pick(worst_score=0.5 * min(m.expected_score for m in front.members))
    manifest = pick.export(tmp_path / "model.onnx")
    assert (manifest.figure.name, manifest.figure.direction) == (figure, "min")
    assert [given.name for given in manifest.inputs] == ["features"]
    print_front(front)
    words = figure.replace("_", " ")
    assert words in capsys.readouterr().out.replace("_", " ")
    assert words in study.report(front).read_text().replace("_", " ").lower()
    healed = study.heal(front, best=1, recipe=Recipe(epochs=1, batch_size=30, learning_rate=0.01))
    assert healed.original is not None


def session(path: Path, x: np.ndarray) -> np.ndarray:
    found = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    output: np.ndarray = found.run(None, {found.get_inputs()[0].name: x})[0]
    return output


class Doubled(Distance):
    def score(self, output: Tensor, batch: Batch) -> Tensor:
        return 2000 + super().score(output, batch)


def test_what_was_scored_by_another_rule_in_the_same_folder_is_not_chosen_from(tmp_path: Path) -> None:
    """Its scores were mixed with the new ones, and the better ones of the old rule were promised."""
    for task in (Distance(), Doubled()):
        study = hwnas.Study(tmp_path / "run", tiny_supernet(), task, Simulated(), preset="rapid")
        front = study.search(12, samples=24, finalists=3)
        scores = [score for m in front.members for score in (m.search_score, m.expected_score, m.score)]
        assert all((score > 1900) == isinstance(task, Doubled) for score in scores)
        study.report(front)
    for name, number in front.hypervolume.items():
        assert 0 <= number <= 1, name
