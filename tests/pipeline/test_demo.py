"""The demo leaves what it says, and a stranger who has only ONNX Runtime and the IDX files can check it."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.shipped import data_folder
from hwnas.contracts.task import Examples, Split
from hwnas.pipeline import demo
from hwnas.pipeline.demo import run_demo, write_summary
from hwnas.tasks.fashion_mnist_slice import FashionMnistSlice
from tests.plugged import Simulated

IMAGES = 400
SHIPPED = data_folder() / "supernets" / "fashion_mnist" / "images"
PROMISED = {
    "architecture", "figure", "score", "score_interval", "latency_ms", "predicted_latency_ms", "budget_ms",
    "parity_max_abs_diff", "sha256", "device", "preprocessing",
}  # fmt: skip


class FewImages(FashionMnistSlice):
    """The first of them."""

    def examples(self, split: Split) -> Examples:
        whole = super().examples(split)
        return Examples(tuple(x[:IMAGES] for x in whole.inputs), whole.labels[:IMAGES])


@pytest.fixture(autouse=True, scope="module")
def _brief() -> Iterator[None]:
    """Fewer timings, evaluations and images than for people."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "SAMPLES", 24)
        patch.setattr(demo, "EVALUATIONS", 12)
        patch.setattr(demo, "FINALISTS", 3)
        patch.setattr(demo, "open_task", lambda _name: FewImages(SHIPPED))
        yield


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder the demo has left, on a calm simulated device."""
    folder = tmp_path_factory.mktemp("demo")
    found = run_demo(folder, Simulated(), lambda *_: None)
    write_summary(folder, "simulated", {"all": 1.0}, found.delivered)
    return folder


def test_the_summary_lists_every_model_and_each_is_within_its_budget(left: Path) -> None:
    summary = json.loads((left / "summary.json").read_text())
    listed = {left / model["file"] for model in summary["models"]}
    assert listed == set((left / "models").glob("*.onnx")) != set()
    assert all(model["latency_ms"] <= model["budget_ms"] for model in summary["models"])
    assert (left / summary["report"]).is_file()
    assert (left / summary["model"]).read_bytes() in {path.read_bytes() for path in listed}


def test_every_model_has_a_manifest_with_its_promise(left: Path) -> None:
    for model in [left / "model.onnx", *(left / "models").glob("*.onnx")]:
        manifest = json.loads(model.with_suffix(".json").read_text())
        assert set(manifest) >= PROMISED
        assert manifest["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
        low, high = manifest["score_interval"]
        assert 0 < low <= manifest["score"] <= high < 1
        assert manifest["latency_ms"] <= manifest["budget_ms"]


def test_a_stranger_measures_the_accuracy_the_manifest_states(left: Path) -> None:
    pixels, labels = (
        np.frombuffer(gzip.decompress((SHIPPED / f"report-{name}-ubyte.gz").read_bytes()), np.uint8, offset=offset)
        for name, offset in (("images-idx3", 16), ("labels-idx1", 8))
    )
    pixels, labels = pixels.reshape(-1, 1, 28, 28)[:IMAGES], labels[:IMAGES]
    manifest = json.loads((left / "model.json").read_text())
    recipe = manifest["preprocessing"]
    x = ((pixels * recipe["scale"] - recipe["mean"]) / recipe["std"]).astype(np.float32)
    session = onnxruntime.InferenceSession(left / "model.onnx", providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    right = [session.run(None, {name: x[i : i + 1]})[0].argmax() == labels[i] for i in range(len(labels))]
    assert np.mean(right) == pytest.approx(manifest["score"], abs=2 / len(labels))  # a tie or two may fall otherwise


def test_a_second_demo_in_the_same_folder_evaluates_nothing_anew_and_leaves_no_model_of_before(left: Path) -> None:
    front = (left / "front.json").read_text()
    first = json.loads((left / "summary.json").read_text())["models"]
    for suffix in (".onnx", ".json"):  # what a demo on another machine would have left
        shutil.copy((left / first[0]["file"]).with_suffix(suffix), left / "models" / f"9ms{suffix}")
    (left / "models" / "own.onnx").write_bytes(b"a stranger's")
    device = Simulated()
    with pytest.raises(InputError, match="not what hwnas wrote there"):
        run_demo(left, device, lambda *_: None)
    run_demo(left, device, lambda *_: None, force=True)
    assert (left / "front.json").read_text() == front
    handed_out = {Path(model["file"]).stem for model in first}
    assert {path.stem for path in (left / "models").iterdir()} == {*handed_out, "own"}
    (left / "models" / "own.onnx").unlink()
    written = {path.stem for path in (left / "subnets").glob("*.onnx")}
    assert set(device.timed) <= {*written, "pace", "probe"}  # no sample again
