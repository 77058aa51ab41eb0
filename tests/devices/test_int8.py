"""Any device for the INT8 versions of models."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest

from hwnas.contracts.device import Timing, TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.devices import _converting, open_device
from hwnas.devices._facts import Examiner, Facts, Opener
from hwnas.devices._int8 import Int8Device
from hwnas.devices._session import Operation
from hwnas.export.quantised import is_quantised
from hwnas.testing._models import write_chain, write_lookup
from tests.devices.remotes import shared_sshd as shared_sshd  # noqa: PLC0414  fixtures
from tests.devices.remotes import ssh_there as ssh_there  # noqa: PLC0414
from tests.devices.sshd import Sshd
from tests.plugged import Simulated

BRIEF = TimingPlan(rounds=1, min_runs=1, min_seconds=0.0, warmup_runs=1)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "int8"


def kept(cache: Path) -> list[Path]:
    return sorted(cache.rglob("*.onnx"))


def test_what_is_timed_is_quantised_and_the_card_says_how(tmp_path: Path, own_cache: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 3)
    device = open_device("cpu:precision=int8,threads=1")
    assert [type(found) for found in device.measure([model], model, BRIEF)] == [Timing]
    (quantised,) = kept(own_cache)
    operators = {node.op_type for node in onnx.load(quantised).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear", "MatMul"} <= operators
    plain, card = open_device("cpu").card(), device.card()
    assert card.device == "cpu:threads=1,precision=int8"
    assert (card.precision, plain.precision) == ("int8", "float32")
    assert "static QDQ" in card.settings["quantisation"]
    assert "4 made-up inputs" in card.settings["calibration"]
    assert card.id != plain.id


def test_the_runtime_computes_it_in_integers(tmp_path: Path) -> None:
    device = open_device("cpu:precision=int8")
    assert isinstance(device, Opener)
    kinds = {operation["kind"] for operation in device.operations(write_chain(tmp_path / "m.onnx", 3))}
    assert kinds & {"QLinearMatMul", "MatMulIntegerToFloat", "MatMulInteger", "QGemm"}
    assert "MatMul" not in kinds


def test_a_model_is_quantised_once_and_another_content_again(tmp_path: Path, own_cache: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 2)
    for _ in range(2):
        list(open_device("cpu:precision=int8").measure([model], model, BRIEF))
        (before,) = kept(own_cache)
        written = before.stat().st_ino
    list(open_device("cpu:precision=int8").measure([model], model, BRIEF))
    assert before.stat().st_ino == written
    write_chain(model, 3)
    list(open_device("cpu:precision=int8").measure([model], model, BRIEF))
    assert len(kept(own_cache)) == 2


@pytest.mark.parametrize("spoilt", [b"", b"other"])
def test_a_kept_version_that_was_spoilt_is_made_again(tmp_path: Path, own_cache: Path, spoilt: bytes) -> None:
    model = write_chain(tmp_path / "m.onnx", 3)
    list(open_device("cpu:precision=int8").measure([model], model, BRIEF))
    (quantised,) = kept(own_cache)
    whole = quantised.read_bytes()
    quantised.write_bytes(spoilt)
    assert len(list(open_device("cpu:precision=int8").measure([model], model, BRIEF))) == 1
    assert quantised.read_bytes() == whole


def test_a_quantised_model_is_timed_as_it_is(tmp_path: Path, own_cache: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 2)
    device = open_device("cpu:precision=int8")
    list(device.measure([model], model, BRIEF))
    (quantised,) = kept(own_cache)
    again = tmp_path / "again.onnx"
    again.write_bytes(quantised.read_bytes())
    assert is_quantised(again)
    assert not is_quantised(model)
    assert len(list(device.measure([again], again, BRIEF))) == 1
    assert kept(own_cache) == [quantised]


def test_it_is_quantised_here_for_a_machine_that_has_only_a_runtime(ssh_there: str, shared_sshd: Sshd) -> None:
    folder = shared_sshd.folder / "m"
    folder.mkdir(exist_ok=True)
    model = write_chain(folder / "m.onnx", 4)
    device = open_device(f"{ssh_there},precision=int8")
    assert len(list(device.measure([model], model, BRIEF))) == 1
    assert device.card().precision == "int8"
    assert open_device(device.card().device).card() == device.card()
    assert any(is_quantised(path) for path in shared_sshd.models)


def test_another_python_of_this_machine_is_a_device_like_any_other(tmp_path: Path) -> None:
    model = write_lookup(tmp_path / "m.onnx")
    device = open_device(f"cpu:python={sys.executable},precision=int8")
    assert isinstance(device, Examiner)
    (facts,) = device.examine([model])
    assert facts.extra["load_ms"] > 0


def test_the_cache_is_kept_small(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        model = write_chain(tmp_path / f"{name}.onnx", 2, width=64 if name == "a" else 32)
        list(open_device("cpu:precision=int8").measure([model], model, BRIEF))
    monkeypatch.setattr(_converting, "MAX_CACHE_BYTES", 0)
    list(open_device("cpu:precision=int8").measure([model], model, BRIEF))
    assert len(kept(own_cache)) == 1


def test_bad_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'precision' of device 'cpu' takes float32\|int8, got 'int4'"):
        open_device("cpu:precision=int4")
    with pytest.raises(DeviceError, match=r"none\.onnx cannot be read"):
        list(open_device("cpu:precision=int8").measure([tmp_path / "none.onnx"], tmp_path / "none.onnx", BRIEF))
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(np.random.default_rng(0).bytes(100))
    with pytest.raises(DeviceError, match=r"^cpu:threads=1 refuses a model: .*broken\.onnx"):
        list(open_device("cpu:precision=int8").measure([broken], broken, BRIEF))


def test_float32_may_be_asked_for_by_name() -> None:
    assert open_device("cpu:precision=float32").card() == open_device("cpu").card()


def test_errors_name_the_model_that_was_given(tmp_path: Path) -> None:
    class Refusing(Simulated, Examiner, Opener):
        def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:  # noqa: ARG002
            raise DeviceError(f"{models[0]} has operators that are not known beside {reference}.")

        def tells(self) -> frozenset[str]:
            return frozenset()

        def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
            raise DeviceError(f"{models[0]} is too large.")

        def operations(self, model: Path) -> list[Operation]:
            raise DeviceError(f"{model} cannot be opened.")

    model, reference = write_chain(tmp_path / "m.onnx", 2), write_chain(tmp_path / "r.onnx", 1)
    device = Int8Device(Refusing())
    with pytest.raises(DeviceError, match=f"^{model} has operators that are not known beside {reference}"):
        list(device.measure([model], reference, BRIEF))
    with pytest.raises(DeviceError, match=f"^{model} is too large"):
        list(device.examine([model]))
    with pytest.raises(DeviceError, match=f"^{model} cannot be opened"):
        device.operations(model)
