"""A task that is no classification, from search to a model handed out: its own figure, unit and direction."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor

import hwnas
from hwnas.cli._front_table import print_front
from hwnas.contracts.objective import Objective
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.task import Batch, Examples, Split
from hwnas.export import manifest as manifests
from hwnas.pipeline.bundle import write_bundle
from hwnas.pipeline.selection.limits import Limits
from hwnas.testing._tiny_task import TinyTask
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
