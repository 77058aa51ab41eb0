import json
from pathlib import Path

import pytest

from hwnas.export import manifest
from hwnas.export.writer import write_onnx
from hwnas.pipeline import cliffs
from hwnas.pipeline._measuring import network_of
from hwnas.pipeline.explaining import neighbours
from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused
from tests.devices.models import write_chain
from tests.export.test_manifest import PROMISE
from tests.plugged import tiny_space


@pytest.fixture(autouse=True)
def few_widths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough to go through, too few to learn from."""
    monkeypatch.setattr(cliffs, "WIDTHS", range(40, 44))


def test_neighbours_are_one_step_smaller_in_one_active_choice() -> None:
    space = tiny_space()
    found = neighbours(space, space.middle)
    assert "stage1.depth: 3 -> 2" in found
    for words, architecture in found.items():
        name = words.partition(":")[0]
        assert architecture.get(name) != space.middle[name]
        assert space.architecture(architecture) == architecture
        assert network_of(space, architecture) is not None
    assert neighbours(space, space.smallest) == {}


def test_time_is_told_per_operation_and_against_others(command: Command) -> None:
    write_chain(Path("m.onnx"), 30)
    write_chain(Path("long.onnx"), 300)
    ended = command("explain", "m.onnx", "--device", "cpu:threads=1", "--against", "long.onnx", "--json")
    assert ended.code == 0, ended.errors
    found = json.loads(ended.output)
    assert sum(part["share"] for part in found["operations"]) == pytest.approx(1)
    assert sum(part["latency_ms"] for part in found["operations"]) == pytest.approx(found["latency_ms"])
    assert len(found["operations"]) == 30
    (kind,) = found["kinds"]
    assert "MatMul" in kind["name"]
    assert found["others"][0]["name"] == "long.onnx"
    assert found["others"][0]["ratio"] > 3
    assert found["others"][0]["saves_ms"] < 0


def test_the_space_of_an_architecture_tells_what_one_change_saves(command: Command) -> None:
    space = tiny_space()
    write_onnx(network_of(space, space.middle), space.inputs, Path("m.onnx"))
    refused(command("explain", "m.onnx", "--device", "cpu:threads=1", "--space", "tiny"), "has no manifest")
    manifest.write(manifest.make(Path("m.onnx"), **PROMISE | {"architecture": dict(space.middle)}), Path("m.onnx"))
    ended = command("explain", "m.onnx", "--device", "cpu:threads=1", "--space", "tiny")
    assert ended.code == 0, ended.errors
    for words in ("By kind of operation", "Conv", "What one change would save", "->", "the largest sub-network"):
        assert words in ended.output


def test_bad_input_is_refused(command: Command) -> None:
    refused(command("explain", "none.onnx"), "No model at none.onnx")
    write_chain(Path("m.onnx"), 3)
    refused(command("explain", "m.onnx", "--against", "none.onnx"), "No model at none.onnx")
    refused(command("explain", "m.onnx", "--device", "simulated"), "cannot tell what a run consists of", code=3)
    Path("text.onnx").write_text("no model")
    refused(command("explain", "text.onnx"), "text.onnx cannot be loaded", code=3)
    refused(command("explain", "text.onnx", "--device", "cpu:precision=int8"), "text.onnx is not an ONNX", code=3)


def test_cliffs_are_drawn_without_a_space_and_a_profile_needs_one(command: Command) -> None:
    ended = command("profile", "cpu:threads=1", "--cliffs", "--preset", "rapid", "--out", "c.svg")
    assert ended.code == 0, ended.errors
    assert "likes" in ended.output
    assert Path("c.svg").read_text().startswith("<svg")
    refused(command("profile", "cpu:threads=1"), "got none; name it with --space")
