"""One's own network, from training to a model, in the public words: a CNN by `from_builder`, a Hugging Face BERT."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import hwnas
from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import InputSpec
from hwnas.testing._own_cnn import OwnCnn
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.sandwich import sandwich
from tests.families import VOCABULARY, _bert
from tests.plugged import Simulated
from tests.runs import tiny_run

OWN = {
    "own_cnn": (
        lambda a: OwnCnn(**a),
        [
            Choice("depth", (1, 2, 3)),
            Choice("width", (4, 6, 8)),
            Choice("kernel", (3, 5)),
            Choice("pool", ("max", "learnt")),
        ],
        InputSpec("images", (1, 8, 8)),
    ),
    "bert": (
        lambda a: _bert({**a, "head_size": 4, "intermediate": 5}),
        [
            Choice("layers", (1, 2)),
            Choice("heads", (1, 2)),
        ],
        InputSpec("ids", (6,), "int64", VOCABULARY),
    ),
}


@pytest.mark.parametrize("name", sorted(OWN))
def test_an_own_network_trains_is_searched_and_exported_with_proof(name: str, tmp_path: Path) -> None:
    build, choices, spec = OWN[name]
    supernet = hwnas.Supernet.from_builder(build, choices, [spec])
    task = TinyTask(spec)
    Trainer(supernet, task, sandwich(supernet.space), Recipe(epochs=3, batch_size=8), tmp_path / "run").run()

    study = hwnas.Study(tmp_path / "run", supernet, task, Simulated(), preset="rapid")
    front = study.search(12, samples=24, finalists=2)
    manifest = front.pick(max_latency_ms=front.members[-1].latency_ms * 1.1).export(tmp_path / "model.onnx")

    for member in front.members:
        assert member.params == sum(p.numel() for p in study.network(member.architecture).parameters())
    assert manifest.parity_max_abs_diff < 1e-4
    assert manifest.parity_top1_agreement == 1.0
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    report = task.examples("report")
    logits = [session.run(None, {spec.name: x[None]})[0] for x in report.inputs[0]]
    share = float((np.concatenate(logits).argmax(axis=1) == report.labels).mean())
    assert manifest.score_interval[0] <= share <= manifest.score_interval[1]
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("samples", [60, 1])
def test_a_space_too_small_to_learn_from_is_timed_whole_and_nothing_is_predicted(tmp_path: Path, samples: int) -> None:
    spec = InputSpec("images", (1, 8, 8))
    supernet = hwnas.Supernet.from_builder(
        lambda a: OwnCnn(depth=1, kernel=3, pool="max", **a), [Choice("width", (4, 6))], [spec]
    )
    study = hwnas.Study(tmp_path, supernet, TinyTask(spec), Simulated(), preset="rapid")
    front = study.search(24, samples=samples)
    table = study.profile(samples)
    assert len(table.rows) == 2
    timed = {supernet.space.architecture(row.architecture).key: row.latency_ms for row in table.rows}
    assert all(member.predicted_latency_ms == timed[member.key] for member in front.members)
    assert study.report(front).is_file()


def test_a_shipped_supernet_is_found_beside_a_folder_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fashion_mnist").mkdir()
    assert hwnas.load_supernet("fashion_mnist").space.name == "mobilenetv3"
    assert hwnas.load_supernet(tiny_run(tmp_path / "fashion_mnist").name).space.inputs[0].shape == (2, 8, 8)


def test_an_unknown_supernet_is_answered_with_the_shipped_ones() -> None:
    with pytest.raises(hwnas.InputError, match=r"nearest first: .*fashion_mnist"):
        hwnas.load_supernet("fashion")
