"""A trained network of one's own, from one call to a model: elastic, searched without training, exported, loaded."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import hwnas
from hwnas.testing._tiny_task import TinyTask
from tests.plugged import Simulated

NETWORKS = Path(__file__).parents[1] / "elasticity" / "networks.py"


@pytest.mark.parametrize("name", ["Cnn", "Blocks"])
def test_a_trained_network_is_searched_and_exported_with_proof(name: str, tmp_path: Path) -> None:
    supernet = hwnas.elastic(f"{NETWORKS}:{name}", torch.zeros(2, 1, 8, 8))
    (spec,) = supernet.space.inputs
    task = TinyTask(spec)

    study = hwnas.Study(tmp_path / "run", supernet, task, Simulated(), preset="rapid")
    front = study.search(8, samples=24, finalists=3)
    pick = front.pick(max_latency_ms=front.members[-1].latency_ms * 1.1)
    manifest = pick.export(tmp_path / "model.onnx")

    assert manifest.parity_max_abs_diff < 1e-4
    assert manifest.parity_top1_agreement == 1.0
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    x = task.examples("report").inputs[0]
    logits = np.concatenate([session.run(None, {spec.name: each[None]})[0] for each in x])
    with torch.no_grad():
        np.testing.assert_allclose(logits, pick.module()(torch.from_numpy(x)).numpy(), atol=1e-4)
    assert type(pick.module()).__name__ == name

    again = hwnas.load_supernet(tmp_path / "run")
    assert again.digest() == supernet.digest()
