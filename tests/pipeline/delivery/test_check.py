"""A check on a machine that is slower than it has been: no silent pass, and no model blamed for the machine."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from hwnas.contracts.device import DeviceCard, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.pipeline.delivery.check import check_model, junit_xml
from hwnas.testing._models import OPSET, write_chain
from tests.moody import Moody
from tests.plugged import BYTES_PER_MS


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Checked once already, on the idle machine."""
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path / "cache"))
    path = write_chain(tmp_path / "model.onnx", 20)
    assert check_model(path, Moody(), 1.02 * true_ms(path), "rapid").kept
    return path


def true_ms(model: Path) -> float:
    return model.stat().st_size / BYTES_PER_MS


def test_over_the_budget_only_because_the_machine_is_slow_is_the_machines_trouble(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Moody(moods=[1.4]).rest(monkeypatch)
    said = r"model\.onnx takes .* ms now, but the device is 1\.\d\d times slower than at its baseline.* check again\."
    with pytest.raises(DeviceError, match=said):
        check_model(model, device, 1.1 * true_ms(model), "rapid")
    assert device.pauses > 0


def test_a_calm_moment_is_waited_for(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = check_model(model, Moody(moods=[1.4, 1.0]).rest(monkeypatch), 1.1 * true_ms(model), "rapid")
    assert found.kept
    assert found.slower < 1.02


def test_a_budget_kept_even_on_the_slow_machine_is_kept(model: Path) -> None:
    found = check_model(model, Moody(moods=[1.4]), 1.5 * true_ms(model), "rapid")
    assert found.kept
    assert found.slower == pytest.approx(1.4, rel=0.02)
    assert found.latency_ms == pytest.approx(true_ms(model), rel=0.02)


def test_a_slow_machine_is_no_excuse_for_a_model_too_slow_for_the_idle_one(model: Path) -> None:
    found = check_model(model, Moody(moods=[1.4]), 0.9 * true_ms(model), "rapid")
    assert not found.kept
    assert "over its budget" in found.broken[0]


def test_far_slower_than_a_baseline_is_believed_on_a_busy_machine(model: Path, tmp_path: Path) -> None:
    fast = write_chain(tmp_path / "fast.onnx", 1)
    slow = write_chain(tmp_path / "slow.onnx", 3000)
    found = check_model(slow, Moody(others_busy=1.0), 1e6, "rapid", baseline=fast)
    assert found.verdict == "unusable"
    assert "times as long as" in found.broken[0]
    twin = fast.rename(tmp_path / "twin.onnx")
    with pytest.raises(DeviceError, match="may be the machine's doing"):
        check_model(model, Moody(others_busy=1.0), true_ms(model) * 0.9, "rapid", baseline=twin)


def test_what_an_unusable_timing_says_is_never_kept(model: Path) -> None:
    with pytest.raises(DeviceError, match=r"Whether .*model\.onnx keeps its budget cannot be told"):
        check_model(model, Moody(others_busy=1.0), 1e6, "rapid")


def test_less_processor_time_than_the_threads_use_is_no_place_to_check(model: Path) -> None:
    class Limited(Moody):
        def card(self) -> DeviceCard:
            return replace(super().card(), threads=2, settings={"cpu_quota": self.granted})

        granted = "1.5"

    device = Limited()
    with pytest.raises(DeviceError, match=r"grants .* 1\.5 processors' time, less than the 2 that it runs on"):
        check_model(model, device, 1e6, "rapid")
    device.granted = "2"
    assert check_model(model, device, 1e6, "rapid").kept


def test_time_by_the_clock_is_stated_where_it_differs_from_processor_time(model: Path) -> None:
    class Waiting(Moody):
        def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
            for t in super().measure(models, reference, plan):
                cpu = {"cpu_ms": t.wall_ms, "reference_cpu_ms": t.reference_wall_ms}
                yield replace(t, wall_ms=1.5 * t.wall_ms, reference_wall_ms=1.5 * t.reference_wall_ms, **cpu)

    found = check_model(model, Waiting(), 1e6, "rapid")
    assert found.wall_ms == pytest.approx(1.5 * found.latency_ms, rel=0.05)
    assert "wall_ms=" in junit_xml([found])
    assert check_model(model, Moody(), 1e6, "rapid").wall_ms is None


def test_an_open_size_is_asked_for_and_then_stated(tmp_path: Path) -> None:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3, "h", "w"]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
    path = tmp_path / "open.onnx"
    onnx.save(helper.make_model(graph, opset_imports=OPSET, ir_version=9), path)
    with pytest.raises(InputError, match="--shape x=1x3x224x224"):
        check_model(path, Moody(), 1e6, "rapid")
    found = check_model(path, Moody(), 1e6, "rapid", shapes={"": (1, 3, 32, 48)})
    assert found.to_dict()["shapes"] == {"x": (1, 3, 32, 48)}
    assert "shapes: x 1x3x32x48" in junit_xml([found])
    assert found.model == str(path)
