import importlib
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hwnas.contracts import finding
from hwnas.contracts.device import Device, TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.devices import _host, open_device
from hwnas.devices._pack import ONE_LINER
from hwnas.devices._session import CPU, LEVELS, PROFILED_RUNS, Sessions, kernels
from hwnas.devices._shares import ShareWatcher, relative
from hwnas.testing._models import write_chain

BRIEF = TimingPlan(rounds=1, min_runs=3, min_seconds=0.0, warmup_runs=1)
MODULES = {name: importlib.import_module(f"hwnas.devices.{name}") for name in finding.names("devices")}
NAMED = {name: module.PROVIDER for name, module in MODULES.items() if hasattr(module, "PROVIDER")}


def missing_here(name: str) -> bool:
    import onnxruntime

    return NAMED[name].name not in onnxruntime.get_available_providers()


@pytest.mark.parametrize("name", NAMED)
def test_a_named_provider_says_who_it_is_and_what_is_missing_when_it_is_not_there(name: str, tmp_path: Path) -> None:
    device = open_device(name)
    assert device.card().provider == NAMED[name].name
    if missing_here(name):
        model = write_chain(tmp_path / "m.onnx", 1)
        with pytest.raises(DeviceError, match=rf"{NAMED[name].name}, but onnxruntime .* has .*{CPU} only; .*install"):
            list(device.measure([model], model, BRIEF))


def test_a_provider_that_runs_no_node_is_an_error_in_words(tmp_path: Path) -> None:
    import onnxruntime

    if "AzureExecutionProvider" not in onnxruntime.get_available_providers():
        pytest.skip("this build of onnxruntime has no provider that runs nothing")
    model = write_chain(tmp_path / "m.onnx", 3)
    with pytest.raises(DeviceError, match=r"m\.onnx has no node that AzureExecutionProvider can run .*takes 3"):
        list(open_device("ep:Azure").measure([model], model, BRIEF))


def test_all_nodes_and_all_time_of_the_processors_own_provider_are_its_own(tmp_path: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 3)
    device = open_device("cpu")
    assert isinstance(device, ShareWatcher)
    assert device.shares() is None
    list(device.measure([model], model, BRIEF))
    assert device.shares() == {CPU: {"nodes": 1.0, "time": 1.0}}
    counted = Sessions().shares(str(model))
    assert counted[CPU]["nodes"] == 3
    assert counted[CPU]["time_ms"] > 0


def test_time_per_provider_leaves_out_the_first_run() -> None:
    def event(index: int, provider: str, microseconds: float) -> dict[str, object]:
        return {
            "cat": "Node", "name": f"n{index}_kernel_time", "dur": microseconds,
            "args": {"provider": provider, "node_index": str(index)},
        }  # fmt: skip

    runs = [[event(0, "GPU", 900.0), event(1, CPU, 500.0)]]
    runs += [[event(0, "GPU", 300.0), event(1, CPU, 100.0)] for _ in range(PROFILED_RUNS - 1)]
    events = [{"cat": "Session", "name": "model_run", "dur": 1}, *(event for run in runs for event in run)]
    found = kernels(events)
    assert {name: share["nodes"] for name, share in found.items()} == {"GPU": 1, CPU: 1}
    assert found["GPU"]["time_ms"] == pytest.approx(0.3)
    assert found[CPU]["time_ms"] == pytest.approx(0.1)
    assert relative(found) == {"GPU": {"nodes": 0.5, "time": 0.75}, CPU: {"nodes": 0.5, "time": 0.25}}


def test_inputs_and_outputs_can_stay_in_the_devices_memory(tmp_path: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 2)
    device = open_device("ep:CPU,binding=cpu")
    assert len(list(device.measure([model], model, BRIEF))) == 1
    assert device.card().settings["binding"] == "cpu"
    assert device.card().device == "ep:CPUExecutionProvider,threads=1,binding=cpu"


def test_memory_that_is_not_there_is_refused_by_the_models_name(tmp_path: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 2)
    with pytest.raises(DeviceError, match=r"m\.onnx cannot be (loaded|run)"):
        list(open_device("ep:CPU,binding=cuda").measure([model], model, BRIEF))


def test_an_address_is_short_for_an_option() -> None:
    assert open_device("cuda:1").card() == open_device("cuda:device_id=1").card()
    assert open_device("cuda:1").card().settings["device_id"] == "1"
    assert open_device("openvino:GPU").card().settings["device_type"] == "GPU"
    with pytest.raises(InputError, match="device_id twice"):
        open_device("cuda:1,device_id=2")


def test_options_of_the_provider_are_in_the_card_and_its_string() -> None:
    card = open_device("cuda:cudnn_conv_algo_search=HEURISTIC,o.gpu_mem_limit=1000").card()
    assert card.settings["cudnn_conv_algo_search"] == "HEURISTIC"
    assert card.settings["gpu_mem_limit"] == "1000"
    assert card.device == "cuda:threads=1,cudnn_conv_algo_search=HEURISTIC,o.gpu_mem_limit=1000"
    assert open_device(card.device).card() == card


def test_threads_are_handed_to_a_provider_with_a_pool_of_its_own() -> None:
    assert open_device("openvino:threads=1").card().settings["num_of_threads"] == "1"
    assert open_device("xnnpack").card().settings["intra_op_num_threads"] == "1"


def test_a_provider_without_a_name_is_asked_for_one() -> None:
    with pytest.raises(InputError, match="needs the name of an execution provider"):
        open_device("ep")


@pytest.fixture
def elsewhere() -> Device:
    """The processor of this machine, run by a process of its own."""
    return open_device(f"cpu:python={sys.executable},timeout=60")


def test_another_python_times_in_a_process_of_its_own(elsewhere: Device, tmp_path: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 2)
    timings = list(elsewhere.measure([model], model, BRIEF))
    assert [timing.model for timing in timings] == [0]
    assert isinstance(elsewhere, ShareWatcher)
    assert elsewhere.shares() == {CPU: {"nodes": 1.0, "time": 1.0}}
    here, there = open_device("cpu").card().to_dict(), elsewhere.card().to_dict()
    assert there.pop("device") == f"{here.pop('device')},python={sys.executable}"
    assert there == here


def test_a_process_that_is_killed_is_started_again_and_repeats_nothing(elsewhere: Device, tmp_path: Path) -> None:
    models = [write_chain(tmp_path / f"{i}.onnx", 2) for i in range(3)]
    plan = TimingPlan(rounds=4, min_runs=1, min_seconds=0.02, warmup_runs=1)
    timings = []
    for timing in elsewhere.measure(models, models[0], plan):
        timings.append((timing.round, timing.model))
        if len(timings) in {2, 7}:
            for process in its_processes():
                os.kill(process, signal.SIGKILL)
    assert sorted(timings) == [(number, model) for number in range(4) for model in range(3)]


def its_processes() -> list[int]:
    """Children of this process that run the one-liner of a device's far end."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int(path.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and ONE_LINER.encode() in path.joinpath("cmdline").read_bytes():
                found.append(int(path.name))
    assert found
    return found


def test_what_is_no_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="path of a Python"):
        open_device(f"cpu:python={tmp_path / 'none'}")
    with pytest.raises(InputError, match=r"timeout.*number"):
        open_device(f"cpu:python={sys.executable},timeout=soon")
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho nothing to see >&2\nexit 4\n")
    program.chmod(0o755)
    with pytest.raises(DeviceError, match="exit code 4: nothing to see"):
        open_device(f"cpu:python={program}").card()


@dataclass
class Wishes:
    """What `onnxruntime.InferenceSession` was called with last."""

    options: Any = None
    providers: Sequence[Any] = ()

    def setting(self, name: str) -> str:
        return str(self.options.get_session_config_entry(name))


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> Wishes:
    """Every provider is there, and no session is made."""
    import onnxruntime

    kept = Wishes()

    def note(_path: str, options: object, providers: Sequence[object]) -> None:
        kept.options, kept.providers = options, providers
        raise RuntimeError("noted")

    everyone = [provider.name for provider in NAMED.values()] + [CPU]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: everyone)
    monkeypatch.setattr(onnxruntime, "InferenceSession", note)
    return kept


def ask(device: str, tmp_path: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 1)
    with pytest.raises(DeviceError, match="noted"):
        list(open_device(device).measure([model], model, BRIEF))


SPINNING = "session.intra_op.allow_spinning"


@pytest.mark.parametrize("level", LEVELS)
def test_options_reach_the_runtime(wishes: Wishes, tmp_path: Path, level: str) -> None:
    import onnxruntime

    ask(f"cpu:optimization={level},arena=off,spinning=off", tmp_path)
    assert wishes.options.graph_optimization_level == getattr(onnxruntime.GraphOptimizationLevel, LEVELS[level])
    assert wishes.options.enable_cpu_mem_arena is False
    assert wishes.setting(SPINNING) == "0"
    assert wishes.options.inter_op_num_threads == 1
    assert list(wishes.providers) == [CPU]


@pytest.mark.parametrize("threads", range(1, _host.usable_cores() + 1))
def test_threads_reach_the_runtime_and_what_is_not_said_is_its_default(
    wishes: Wishes, tmp_path: Path, threads: int
) -> None:
    ask(f"cpu:threads={threads}", tmp_path)
    assert wishes.options.intra_op_num_threads == threads
    assert wishes.options.enable_cpu_mem_arena is True
    assert wishes.setting(SPINNING) == "1"


def test_options_of_a_provider_reach_it_before_the_processor_is_offered_anything(
    wishes: Wishes, tmp_path: Path
) -> None:
    ask("cuda:1,cudnn_conv_algo_search=HEURISTIC,o.gpu_mem_limit=1000", tmp_path)
    given = {"device_id": "1", "cudnn_conv_algo_search": "HEURISTIC", "gpu_mem_limit": "1000"}
    assert list(wishes.providers) == [(NAMED["cuda"].name, given), CPU]


def test_a_provider_with_a_pool_of_its_own_has_the_threads_and_the_runtime_one_that_does_not_spin(
    wishes: Wishes, tmp_path: Path
) -> None:
    threads = _host.usable_cores()
    ask(f"xnnpack:threads={threads}", tmp_path)
    assert wishes.options.intra_op_num_threads == 1
    assert wishes.setting(SPINNING) == "0"
    assert list(wishes.providers) == [(NAMED["xnnpack"].name, {"intra_op_num_threads": str(threads)}), CPU]
    card = open_device(f"xnnpack:threads={threads}").card()
    assert (card.threads, card.settings["spinning"]) == (threads, "off")
    assert open_device(card.device).card() == card


@pytest.mark.parametrize("there", [["CUDAExecutionProvider"], []])
def test_what_tensorrt_cannot_run_is_offered_to_cuda_on_the_same_gpu_if_the_runtime_has_it(
    wishes: Wishes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: list[str]
) -> None:
    import onnxruntime

    tensorrt = NAMED["tensorrt"].name
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [tensorrt, *there, CPU])
    ask("tensorrt:1,trt_fp16_enable=1", tmp_path)
    assert wishes.providers[0] == (tensorrt, {"device_id": "1", "trt_fp16_enable": "1"})
    assert list(wishes.providers[1:]) == [*((cuda, {"device_id": "1"}) for cuda in there), CPU]
    assert open_device("tensorrt").card().settings["second_provider"] == NAMED["cuda"].name


@pytest.mark.parametrize(("device", "place"), [("cuda:1", ("cuda", 1)), ("cuda:1,binding=cpu", ("cpu", 0))])
def test_inputs_and_outputs_lie_in_the_memory_of_the_gpu_that_computes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, device: str, place: tuple[str, int]
) -> None:
    """No such GPU is at hand: what is asked of the runtime is written down."""
    import onnxruntime

    places = []
    real = onnxruntime.InferenceSession

    class OnTheGpu:
        """A session of the processor that says it is the GPU's."""

        def __init__(self, path: str, options: object, providers: Sequence[object]) -> None:
            self._real, self._provider = real(path, options, providers=[CPU]), providers[0][0]  # type: ignore[index]

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def get_providers(self) -> list[str]:
            return [self._provider]

        def io_binding(self) -> SimpleNamespace:
            return SimpleNamespace(
                bind_ortvalue_input=lambda _name, value: places.append(value),
                bind_output=lambda _name, memory, index: places.append((memory, index)),
                synchronize_outputs=lambda: None,
            )

        def run_with_iobinding(self, *_: object) -> None:
            raise RuntimeError("enough")

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [NAMED["cuda"].name, CPU])
    monkeypatch.setattr(onnxruntime, "InferenceSession", OnTheGpu)
    monkeypatch.setattr(onnxruntime.OrtValue, "ortvalue_from_numpy", lambda _value, memory, index: (memory, index))
    model = write_chain(tmp_path / "m.onnx", 1)
    with pytest.raises(DeviceError, match="enough"):
        list(open_device(device).measure([model], model, BRIEF))
    assert places == [place, place]


def test_looking_into_a_model_beats_before_each_run(tmp_path: Path) -> None:
    model, heard = str(write_chain(tmp_path / "m.onnx", 1)), list[str]()
    Sessions().operations(model, beat=heard.append)
    Sessions().shares(model, beat=heard.append)
    assert heard == [model] * 2 * PROFILED_RUNS
