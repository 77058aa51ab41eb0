"""What every device that times must do; it is named by its string, such as ``mine:10.0.0.1,threads=1``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hwnas.contracts.device import Device, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.finding import find
from hwnas.devices import open_device
from hwnas.testing._models import write_chain, write_failing, write_lookup
from hwnas.testing._subject import Found

BRIEF = TimingPlan(rounds=2, min_runs=3, min_seconds=0.0, warmup_runs=1)


@dataclass(frozen=True, eq=False)
class Subject(Found):
    """A device; settings are options of its string."""

    def find(self) -> Any:
        """What makes devices of that name."""
        return find(self.kind, self.name.partition(":")[0])

    @property
    def string(self) -> str:
        """The device string."""
        options = [f"{name}={value}" for name, value in self.settings.items()]
        join = "," if ":" in self.name else ":"
        return join.join([self.name, ",".join(options)]) if options else self.name


class Contract:
    """The tests."""

    @pytest.fixture
    def device(self, subject: Subject) -> Device:
        """The device."""
        device = open_device(subject.string)
        assert isinstance(device, Device), f"{subject} should give a Device, got {type(device).__name__}"
        return device

    @pytest.fixture
    def models(self, tmp_path: Path) -> list[Path]:
        """A short one and one that takes much longer."""
        return [write_chain(tmp_path / "short.onnx", 1), write_chain(tmp_path / "long.onnx", 40)]

    def test_every_model_is_timed_once_per_round(self, device: Device, models: list[Path]) -> None:
        timings = list(device.measure(models, models[0], BRIEF))
        assert sorted((t.round, t.model) for t in timings) == [(0, 0), (0, 1), (1, 0), (1, 1)]
        assert all(isinstance(t, Timing) and t.runs >= 3 and t.wall_ms > 0 and t.reference_wall_ms > 0 for t in timings)

    def test_a_later_plan_goes_on_with_the_round_numbers(self, device: Device, models: list[Path]) -> None:
        plan = TimingPlan(rounds=2, min_runs=1, min_seconds=0.0, warmup_runs=1, first_round=7)
        assert {t.round for t in device.measure(models, models[0], plan)} == {7, 8}

    def test_processor_time_is_given_for_model_and_reference_or_for_neither(
        self, device: Device, models: list[Path]
    ) -> None:
        for timing in device.measure(models, models[0], BRIEF):
            assert (timing.cpu_ms is None) == (timing.reference_cpu_ms is None)

    def test_the_longer_model_takes_longer(self, device: Device, models: list[Path]) -> None:
        plan = TimingPlan(rounds=3, min_runs=20, min_seconds=0.0)
        timings = list(device.measure(models, models[0], plan))
        times = [sorted(t.wall_ms for t in timings if t.model == m)[1] for m in (0, 1)]
        assert times[1] > 2 * times[0], f"40 matrix products take {times[1]:g} ms, one {times[0]:g} ms"

    def test_inputs_are_made_from_what_the_model_says_of_them(self, device: Device, tmp_path: Path) -> None:
        model = write_lookup(tmp_path / "lookup.onnx")
        assert len(list(device.measure([model], model, BRIEF))) == 2

    @pytest.mark.parametrize("fault", ["missing", "truncated", "fails when run"])
    def test_a_broken_model_is_refused_by_name(
        self, device: Device, models: list[Path], tmp_path: Path, fault: str
    ) -> None:
        broken = tmp_path / "broken.onnx"
        if fault == "truncated":
            broken.write_bytes(models[1].read_bytes()[:100])
        elif fault == "fails when run":
            if device.card().provider == "OpenVINOExecutionProvider":
                pytest.skip("OpenVINO looks up rows beyond the end of a table without complaint")
            write_failing(broken)
        with pytest.raises(DeviceError, match=r"broken\.onnx") as caught:
            list(device.measure([models[0], broken], models[0], BRIEF))
        assert "\n" not in str(caught.value)

    def test_it_can_be_used_again_after_a_refusal(self, device: Device, models: list[Path], tmp_path: Path) -> None:
        with pytest.raises(DeviceError):
            list(device.measure([tmp_path / "none.onnx"], models[0], BRIEF))
        assert len(list(device.measure(models, models[0], BRIEF))) == 4

    def test_a_measurement_left_halfway_does_not_block_the_next(self, device: Device, models: list[Path]) -> None:
        timings = device.measure(models, models[0], BRIEF)
        next(timings)
        del timings
        assert len(list(device.measure(models, models[0], BRIEF))) == 4

    def test_a_model_written_anew_under_its_old_name_is_timed_anew(self, device: Device, models: list[Path]) -> None:
        list(device.measure([models[0]], models[0], BRIEF))
        models[0].write_bytes(b"no model any more")
        with pytest.raises(DeviceError, match=r"short\.onnx"):
            list(device.measure([models[0]], models[1], BRIEF))

    def test_its_card_is_complete_and_json(self, device: Device) -> None:
        card = device.card()
        text = [card.device, card.processor, card.system, card.runtime, card.provider, card.precision]
        assert all(text), f"something is empty in {card}"
        assert card.cores >= 1
        assert card.threads >= 1
        assert card.memory_bytes > 0
        assert all(isinstance(value, str) for value in card.settings.values())
        assert json.loads(json.dumps(card.to_dict())) == card.to_dict()

    def test_its_card_stays_the_same_after_measuring(self, device: Device, models: list[Path]) -> None:
        before = device.card()
        list(device.measure(models, models[0], BRIEF))
        assert device.card() == before, "what changes while it measures is no part of who it is"
        assert device.card().id == before.id

    def test_its_canonical_string_opens_the_same_device(self, device: Device) -> None:
        name = device.card().device
        assert open_device(name).card() == device.card()

    def test_an_unknown_option_is_answered_with_those_there_are(self, device: Device) -> None:
        name = device.card().device
        with pytest.raises(InputError, match="no option 'colour'"):
            open_device(f"{name}{',' if ':' in name else ':'}colour=red").card()
