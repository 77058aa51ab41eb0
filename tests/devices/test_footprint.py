from pathlib import Path

import pytest

from hwnas.devices import _footprint
from hwnas.devices._footprint import STATUS, footprints
from hwnas.devices._session import ModelRefusedError, Sessions
from tests.devices.models import write_chain, write_failing

pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="memory is read from /proc")


def test_a_model_with_more_weights_takes_more_memory_and_about_as_much_again(tmp_path: Path) -> None:
    models = [str(write_chain(tmp_path / f"{width}.onnx", 1, width)) for width in (16, 2048)]
    small, large = footprints(Sessions(), models)
    weights = 4 * (2048**2 - 16**2)
    grown = large["peak_memory_bytes"] - small["peak_memory_bytes"]
    assert weights <= grown < 4 * weights
    assert 0 < small["load_ms"] < 60_000
    again = next(iter(footprints(Sessions(), models[1:])))
    assert again["peak_memory_bytes"] == pytest.approx(large["peak_memory_bytes"], rel=0.15)


def test_a_model_that_cannot_be_loaded_or_run_is_refused_by_name(tmp_path: Path) -> None:
    good = str(write_chain(tmp_path / "good.onnx", 1))
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(ModelRefusedError, match=r"broken\.onnx"):
        list(footprints(Sessions(), [good, str(broken)]))
    with pytest.raises(ModelRefusedError):
        list(footprints(Sessions(), [str(write_failing(tmp_path / "failing.onnx"))]))


def test_a_model_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_footprint, "PATIENCE_SECONDS", 0.01)
    with pytest.raises(ModelRefusedError, match="took longer"):
        list(footprints(Sessions(), [str(write_chain(tmp_path / "m.onnx", 1))]))
