"""Widths as a device likes them, on a real one and on one whose steps are known."""

from pathlib import Path

import pytest
from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.space_record import SpaceRecord
from hwnas.export import manifest
from hwnas.export.widths import widths_of
from hwnas.export.writer import write_onnx
from hwnas.pipeline.reports.explain import Width, _asked, _told, explain_model, neighbours, off_multiples
from hwnas.pipeline.study import silent
from hwnas.pipeline.tables import cliffs
from hwnas.pipeline.tables.cliffs import picture_cliffs
from hwnas.profiling.cliffs import find_cliffs
from hwnas.spaces.micro_cell import micro_cell
from tests.export.test_manifest import PROMISE
from tests.plugged import Simulated, tiny_space
from tests.runs import tiny_run


def pointwise(path: Path, width: int) -> Path:
    return write_onnx(nn.Conv2d(64, width, 1).eval(), [InputSpec("x", (64, 14, 14))], path)


@pytest.mark.parametrize("multiple", [8, 16])
def test_a_layer_one_wider_than_a_multiple_is_named_and_what_it_is_padded_to(tmp_path: Path, multiple: int) -> None:
    steps = find_cliffs(list(cliffs.WIDTHS), [-(-width // multiple) * multiple for width in cliffs.WIDTHS])
    (layer,) = widths_of(pointwise(tmp_path / "m.onnx", 33))
    assert off_multiples(widths_of(tmp_path / "m.onnx"), steps) == [Width(layer, 33, 32 + multiple)]
    assert off_multiples(widths_of(pointwise(tmp_path / "m.onnx", 48)), steps) == []


def test_it_is_named_on_a_runtime_that_pads_its_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cliffs, "WIDTHS", (33, 48, 49, 64, 65, 80))
    path = pointwise(tmp_path / "m.onnx", 33)
    found = explain_model(path, "cpu:threads=1", against=[], space=None, preset="rapid", progress=silent)
    assert found.layers == 1
    step = found.multiple or 1  # of a busy machine nothing is known; else of this processor's vectors
    assert [(w.width, w.padded) for w in found.widths] == ([(33, -(-33 // step) * step)] if step > 1 else [])


def test_the_space_is_that_of_the_manifest_or_of_a_runs_folder(tmp_path: Path) -> None:
    space, run = tiny_space(), tiny_run(tmp_path / "run")
    path = tmp_path / "m.onnx"
    path.write_bytes(b"any")

    def promise(**told: object) -> None:
        fields = PROMISE | {"architecture": dict(space.middle)} | told
        manifest.write(manifest.make(path, **fields), path)

    def digest(found: tuple[SearchSpace, Architecture] | None) -> str | None:
        assert found is None or found[1] == space.middle
        return found and found[0].digest

    assert _told(path) is None
    promise()
    assert _told(path) is None
    assert digest(_asked(path, str(run))) == space.digest
    promise(space={"name": "somebodys_own", "parameters": {}, "choices": space.digest})
    assert _told(path) is None
    promise(space=SpaceRecord.of(space).model_dump() | {"choices": "0" * 12})
    assert _told(path) is None
    promise(space=SpaceRecord.of(space).model_dump())
    assert digest(_told(path)) == space.digest
    promise(space=SpaceRecord.of(space).model_dump(), precision="int8")
    assert _told(path) is None


def test_an_unordered_choice_has_all_its_other_options_for_neighbours() -> None:
    space = micro_cell()
    found = neighbours(space, space.smallest)
    assert len(found) == 4 * 3
    assert found["e1: skip -> conv3"] == space.architecture({**space.smallest, "e1": "conv3"})


def test_an_unusable_timing_of_widths_is_refused_and_a_noisy_one_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cliffs, "WIDTHS", (40, 41))

    def draw(noise: float, *, even_unusable: bool = False) -> str:
        monkeypatch.setattr(cliffs, "open_device", lambda _: Simulated(noise=noise))
        return picture_cliffs("any", tmp_path / "c.svg", "rapid", silent, even_unusable=even_unusable)[1].state

    assert draw(0.1) == "noisy"
    (tmp_path / "c.svg").unlink()
    with pytest.raises(DeviceError, match="The timing of widths is unusable"):
        draw(0.5)
    assert not (tmp_path / "c.svg").exists()
    assert draw(0.5, even_unusable=True) == "unusable"
