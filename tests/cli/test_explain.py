import json
import re
from pathlib import Path

import pytest

from hwnas.cli.explain import print_widths
from hwnas.contracts.space_record import SpaceRecord
from hwnas.export import manifest
from hwnas.export.architecture import network_of, write_architecture
from hwnas.pipeline.reports.explain import Explanation, Width, neighbours
from hwnas.pipeline.tables import cliffs
from hwnas.testing._models import write_chain
from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused
from tests.export.test_manifest import PROMISE
from tests.plugged import Simulated, Stepped, tiny_space


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
    (other,) = found["others"]
    assert other["ratio"] > 3
    assert other["saves_ms_interval"][0] < other["saves_ms"] < other["saves_ms_interval"][1]
    assert other["saves_ms"] < 0


def test_the_space_of_an_architecture_tells_what_one_change_saves(command: Command) -> None:
    space = tiny_space()
    write_architecture(space, space.middle, Path("m.onnx"))
    refused(command("explain", "m.onnx", "--device", "cpu:threads=1", "--space", "tiny"), "has no manifest")
    manifest.write(manifest.make(Path("m.onnx"), **PROMISE | {"architecture": dict(space.middle)}), Path("m.onnx"))
    ended = command("explain", "m.onnx", "--device", "cpu:threads=1", "--space", "tiny")
    assert ended.code == 0, ended.errors
    for words in ("By kind of operation", "Conv", "What one change would save", "->", "the largest sub-network", " ± "):
        assert words in ended.output


def test_a_manifest_that_tells_the_space_does_without_its_name(command: Command) -> None:
    space = tiny_space()
    model = write_architecture(space, space.smallest, Path("m.onnx"))
    promise = PROMISE | {"architecture": dict(space.smallest), "space": SpaceRecord.of(space).model_dump()}
    manifest.write(manifest.make(model, **promise), model)
    ended = command("explain", model, "--device", "cpu:threads=1", "--json")
    assert ended.code == 0, ended.errors
    assert json.loads(ended.output)["changes"] == []  # the smallest one has none
    assert json.loads(ended.output)["others"][0]["name"] == "the largest sub-network"


def test_bad_input_is_refused(command: Command) -> None:
    refused(command("explain", "none.onnx"), "No model at none.onnx")
    write_chain(Path("m.onnx"), 3)
    refused(command("explain", "m.onnx", "--against", "none.onnx"), "No model at none.onnx")
    refused(command("explain", "m.onnx", "--device", "simulated"), "cannot tell what a run consists of", code=3)
    Path("text.onnx").write_text("no model")
    refused(command("explain", "text.onnx"), "text.onnx is not an ONNX model")
    refused(command("explain", "m.onnx", "--against", "text.onnx"), "text.onnx is not an ONNX model")


def test_cliffs_are_drawn_without_a_space_and_a_profile_needs_one(command: Command) -> None:
    ended = command("profile", "cpu:threads=1", "--cliffs", "--preset", "rapid", "--out", "c.svg", "--even-unusable")
    assert ended.code == 0, ended.errors
    assert re.search("The timing is (stable|noisy|unusable)", ended.output)
    assert Path("c.svg").read_text().startswith("<svg")
    refused(command("profile", "cpu:threads=1"), "got none; name it with --space")
    refused(command("profile", "cpu:threads=1", "--cliffs", "--out", "."), ". is a folder")


@pytest.mark.parametrize(
    ("device", "words", "not_said"),
    [
        (Stepped(), "prefers widths that are multiples of ", "no width is faster"),
        (Simulated(), "no width is faster than its neighbours", "prefers"),
    ],
)
def test_a_device_with_steps_likes_widths_and_one_without_does_not(
    command: Command, monkeypatch: pytest.MonkeyPatch, device: Simulated, words: str, not_said: str
) -> None:
    monkeypatch.setattr(cliffs, "WIDTHS", range(46, 50))
    monkeypatch.setattr("tests.plugged.simulated", lambda _: device)
    ended = command("profile", "simulated", "--cliffs", "--preset", "rapid", "--out", "c.svg")
    assert ended.code == 0, ended.errors
    assert words in ended.output
    assert not_said not in ended.output
    assert "The timing is stable" in ended.output


def test_widths_that_are_not_known_are_not_said_to_be_good(capsys: pytest.CaptureFixture[str]) -> None:
    def told(multiple: int | None, layers: int, *widths: Width) -> str:
        """What is said of widths."""
        noisy, stable = "noisy. Wait.", "stable."
        print_widths(Explanation("m", "d", 1.0, (1.0, 1.0), (), (), (), (), multiple, noisy, layers, widths, stable), 8)
        return " ".join(capsys.readouterr().out.split())

    assert "All 3 widths are multiples of 16, which this device prefers." in told(16, 3)
    assert "No multiples of 16: 1 of 3" in told(16, 3, Width("conv", 33, 48))
    for unknown in (told(None, 3), told(1, 3), told(16, 0)):
        assert "All" not in unknown
    assert "is not known" in told(None, 3)
    assert "is not known: its file shows no layer" in told(16, 0)
    assert all("The timing of widths is noisy. Wait." in words for words in (told(None, 3), told(16, 3)))
