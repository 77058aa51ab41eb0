"""Networks that give their answer under a name, beside others, as Hugging Face's models do."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import hwnas
from hwnas.evaluation.evaluator import Evaluator
from hwnas.evaluation.scores import scores_of_file
from hwnas.export.architecture import write_architecture
from hwnas.export.parity import allowed_elsewhere, prove
from hwnas.pipeline.delivery.healing import can_distil
from hwnas.testing._tiny_task import TinyTask
from tests.elasticity.networks import Cnn

SPEC = hwnas.InputSpec("x", (1, 8, 8))


class Named(Cnn):
    """Gives a mapping."""

    def forward(self, x: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
        logits = super().forward(x)
        return {"logits": logits, "probabilities": logits.softmax(1)}


def pair() -> tuple[hwnas.Supernet, hwnas.Supernet]:
    """Of a network that gives a tensor, and of one that gives a mapping with the same."""
    example, made = torch.from_numpy(TinyTask(SPEC).examples("search").inputs[0][:2]), []
    for kind in (Cnn, Named):
        torch.manual_seed(0)
        made.append(hwnas.elastic(kind().eval(), example))
    return made[0], made[1]


def test_they_are_judged_proved_and_written_by_their_logits_and_stay_of_their_class(tmp_path: Path) -> None:
    plain, named = pair()
    task = TinyTask(SPEC)
    evaluators = [Evaluator(s, task, hwnas.Archive(tmp_path / f"{i}.db")) for i, s in enumerate((plain, named))]
    for architecture in (named.space.largest, named.space.smallest):
        scores = [evaluator.scores(architecture) for evaluator in evaluators]
        np.testing.assert_array_equal(*scores)
        network = evaluators[1].network(architecture)
        assert type(network) is Named
        path = write_architecture(named.space, architecture, tmp_path / "m.onnx", network)
        report = task.examples("report")
        proof = prove(network, path, report.inputs)
        assert proof.top1_agreement == 1
        bare = write_architecture(plain.space, architecture, tmp_path / "p.onnx", evaluators[0].network(architecture))
        np.testing.assert_array_equal(scores_of_file(task, path, report), scores_of_file(task, bare, report))
        assert can_distil(task, network)
        few = [x[:4] for x in report.inputs]
        same = [allowed_elsewhere(each.network(architecture), few) for each in evaluators]
        np.testing.assert_array_equal(*same)


def test_a_study_takes_them_and_another_mapping_is_refused(tmp_path: Path) -> None:
    _, named = pair()
    hwnas.Study(tmp_path / "run", named, TinyTask(SPEC))

    class Other(Named):
        def forward(self, x: Tensor) -> dict[str, Tensor]:
            found = super().forward(x)
            return {"a": found["logits"], "b": found["probabilities"]}

    supernet = hwnas.elastic(Other().eval(), torch.randn(2, 1, 8, 8))
    with pytest.raises(hwnas.InputError, match="one named 'logits', got dict of a, b"):
        hwnas.Study(tmp_path / "other", supernet, TinyTask(SPEC))
