import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.device import DeviceCard
from hwnas.contracts.direction import Direction
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.export import manifest

PROMISE = {
    "architecture": {"depth": 3, "width": 1.5, "operation": "conv", "excite": True},
    "score": 0.93,
    "score_interval": (0.925, 0.935),
    "score_provenance": {"task": "fashion_mnist", "split": "report", "images": 10_000, "confidence": 0.95},
    "latency_ms": 1.2,
    "latency_ms_interval": (1.1, 1.3),
    "predicted_latency_ms": 1.25,
    "budget_ms": 1.4,
    "parity_max_abs_diff": 2e-6,
    "parity_top1_agreement": 1.0,
    "parity_examples": 256,
    "device": DeviceCard(
        "cpu:threads=1", "p", 2, 1, "s", "r", "CPUExecutionProvider", 1, settings={"governor": "none"}
    ).to_dict(),
    "preprocessing": {"scale": 1 / 255, "mean": 0.286, "std": 0.353},
    "inputs": [{"name": "image", "shape": [1, 28, 28], "dtype": "float32", "batch": 1}],
    "training": {"epochs": 30, "seeds": [0, 1], "loss": 0.5},
    "code_version": "0.1.0",
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"any bytes")
    return path


def test_what_is_written_is_read_and_verified_unchanged(model: Path) -> None:
    made = manifest.make(model, **PROMISE)
    path = manifest.write(made, model)
    assert path == model.with_suffix(".json")
    assert manifest.read(path) == made == manifest.verify(model)
    assert made.size_bytes == 9


@given(architecture=st.dictionaries(st.text(), st.booleans() | st.integers() | st.text() | st.floats(-1e9, 1e9)))
def test_options_keep_their_type_through_the_file(architecture: dict[str, object]) -> None:
    fields = {**PROMISE, "architecture": architecture, "sha256": "0" * 64, "size_bytes": 1}
    read = manifest.Manifest.parse(manifest.Manifest.parse(json.dumps(fields)).model_dump_json())
    assert read.architecture == architecture
    assert {k: type(v) for k, v in read.architecture.items()} == {k: type(v) for k, v in architecture.items()}


def test_a_model_changed_after_the_promise_is_noticed(model: Path) -> None:
    manifest.write(manifest.make(model, **PROMISE), model)
    model.write_bytes(b"many bytes")
    with pytest.raises(InputError, match="is not the file its manifest speaks of"):
        manifest.verify(model)


def test_what_was_not_measured_is_null_but_never_left_out(model: Path) -> None:
    untimed = dict.fromkeys(("latency_ms", "latency_ms_interval", "predicted_latency_ms", "budget_ms", "device"))
    path = manifest.write(manifest.make(model, **{**PROMISE, **untimed}), model)
    assert json.loads(path.read_text())["latency_ms"] is None
    with pytest.raises(InputError, match="latency_ms: Field required"):
        manifest.make(model, **{k: v for k, v in PROMISE.items() if k != "latency_ms"})


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("score", 93.0, "the file"),
        ("score_interval", (0.925, 1.2), "the file: score should be a share from 0 to 1"),
        ("score_interval", (-0.1, 0.935), "the file: score should be a share from 0 to 1"),
        ("score_interval", (0.9, 0.8), "the file"),
        ("latency_ms", -1.0, "latency_ms"),
        ("latency_ms", float("nan"), "the file: NaN is no number"),
        ("device", None, "the file"),
        ("surprise", 1, "the file: there is no field 'surprise'"),
        ("schema_version", 2, "its schema_version is 2"),
    ],
)
def test_an_impossible_promise_is_refused_by_name(model: Path, field: str, value: object, place: str) -> None:
    with pytest.raises(InputError, match=f"is not valid: {place}"):
        manifest.make(model, **{**PROMISE, field: value})


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"schema_version": 1}'])
def test_a_broken_file_is_an_input_error(model: Path, content: bytes) -> None:
    manifest.manifest_path(model).write_bytes(content)
    with pytest.raises(InputError, match="is not a manifest"):
        manifest.verify(model)


def test_a_missing_manifest_or_model_is_an_input_error(model: Path) -> None:
    with pytest.raises(InputError, match="Cannot read the manifest"):
        manifest.verify(model)
    manifest.write(manifest.make(model, **PROMISE), model)
    model.unlink()
    with pytest.raises(InputError, match="Cannot read the model"):
        manifest.verify(model)


def test_a_failed_write_leaves_the_old_manifest(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = manifest.make(model, **PROMISE)
    manifest.write(made, model)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        manifest.write(made.model_copy(update={"score": 0.5}), model)
    assert manifest.verify(model) == made
    assert sorted(p.name for p in model.parent.iterdir()) == ["m.json", "m.onnx"]


@pytest.mark.parametrize("direction", ["min", "max"])
def test_a_figure_is_the_same_on_disk(direction: Direction) -> None:
    figure = Objective("perplexity", direction, "nats")
    card = manifest.FigureCard.of(figure)
    assert (card.name, card.unit, card.direction) == ("perplexity", "nats", direction)
    assert card.objective == figure


def test_a_figure_that_is_no_share_may_be_above_one(model: Path) -> None:
    figure = manifest.FigureCard(name="perplexity", unit="", direction="min")
    made = manifest.make(model, **{**PROMISE, "figure": figure, "score": 31.0, "score_interval": (30.0, 32.0)})
    assert made.score == 31.0


def test_by_default_no_member_was_passed_over() -> None:
    selection = manifest.Selection(
        images=10, measured_score=0.5, expected_score=0.6, expected_score_error=0.1, measured_share=0.5
    )
    assert selection.slower_equals == 0
