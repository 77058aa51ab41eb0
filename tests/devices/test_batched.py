"""Any device for several examples per run."""

from pathlib import Path

import onnx
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.device import TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.devices import open_device, open_stored
from hwnas.devices._facts import OutputWatcher
from hwnas.export.batched import batch_of
from hwnas.export.writer import write_onnx

BRIEF = TimingPlan(rounds=1, min_runs=1, min_seconds=0.0, warmup_runs=1)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "batched"


class Mixing(nn.Module):
    """Its answer to one example depends on the others of its batch."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) - x.flatten(1).mean(0, keepdim=True) + 1


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5)).eval()


def written(network: nn.Module, path: Path) -> Path:
    return write_onnx(network, [InputSpec("x", (1, 6, 6))], path)


def test_models_are_timed_for_a_whole_batch_and_the_card_says_so(tmp_path: Path, own_cache: Path) -> None:
    model = written(small(), tmp_path / "m.onnx")
    device = open_device("cpu:threads=1,batch=4")
    assert len(list(device.measure([model], model, BRIEF))) == 1
    (copy,) = own_cache.rglob("*.onnx")
    assert [batch_of(onnx.load(path)) for path in (copy, model)] == [4, 1]
    assert (device.card().device, device.card().batch) == ("cpu:threads=1,batch=4", 4)
    assert device.card().id != open_device("cpu").card().id


def test_eight_bits_and_a_batch_go_together(tmp_path: Path) -> None:
    device = open_device("cpu:batch=3,precision=int8")
    model = written(small(), tmp_path / "m.onnx")
    assert isinstance(device, OutputWatcher)
    assert device.not_finite(model) == []
    assert (device.card().precision, device.card().batch) == ("int8", 3)


def test_a_network_that_mixes_examples_is_refused(tmp_path: Path, own_cache: Path) -> None:
    model = written(Mixing().eval(), tmp_path / "m.onnx")
    with pytest.raises(DeviceError, match=r"answers otherwise for 4 examples at once, by .*: it mixes examples"):
        list(open_device("cpu:batch=4").measure([model], model, BRIEF))
    assert not list(own_cache.rglob("*.onnx"))


@pytest.mark.parametrize("batch", ["0", "-1", "1025", "many"])
def test_a_batch_that_is_none_is_refused(batch: str) -> None:
    with pytest.raises(InputError, match="Option 'batch' of device 'cpu' is"):
        open_device(f"cpu:batch={batch}")


def test_a_batch_of_one_is_the_device_itself_and_a_file_may_name_one() -> None:
    assert open_device("cpu:batch=1").card() == open_device("cpu").card()
    assert open_stored("cpu:threads=1,batch=2", "front.json").card().batch == 2
