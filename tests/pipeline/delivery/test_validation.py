"""The timing of what a search found is judged as that of the latency table is."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from torch import nn

from hwnas.contracts.device import Timing, TimingPlan
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.search_space import InputSpec
from hwnas.evaluation.interval import wilson_interval
from hwnas.export import manifest as manifests
from hwnas.export.parity import Parity
from hwnas.export.writer import write_onnx
from hwnas.pipeline.delivery import validation
from tests.pipeline.conftest import reopened
from tests.plugged import Simulated


@dataclass
class Later(Simulated):
    """Another device, which changes once the search is over: so many times slower, beside so much other work."""

    name: str = "later"
    times: float = 1.0
    busy: float = 0.0

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        for t in super().measure(models, reference, plan):
            if reference.parent.name != "subnets":
                yield t
            else:
                own, beside = t.wall_ms * self.times, t.reference_wall_ms * self.times
                yield replace(
                    t, wall_ms=own, cpu_ms=own, reference_wall_ms=beside, reference_cpu_ms=beside, others_busy=self.busy
                )


def test_what_was_timed_beside_too_much_other_work_is_refused_and_timed_anew_next_time(searched: Path) -> None:
    before = (searched / "front.json").read_bytes()
    device = Later(busy=3.0)
    with pytest.raises(DeviceError, match=r"cannot be timed well enough now: Other work.*goes on from here"):
        reopened(searched, device).search(16, samples=24)
    assert (searched / "front.json").read_bytes() == before
    device.timed.clear()
    device.busy = 0.0
    front = reopened(searched, device).search(16, samples=24)
    assert set(device.timed) - {"probe"} == {member.key for member in front.members}
    assert "timing of what was found" not in front.verdict


def test_a_front_says_that_its_timing_is_worse_than_that_of_the_table(searched: Path) -> None:
    front = reopened(searched, Later(times=1.5)).search(16, samples=24)
    assert front.verdict.startswith("stable.")
    assert "The timing of what was found is noisy. The machine was 1.5 times slower" in front.verdict


def test_the_accuracy_of_a_member_is_that_of_the_file_that_is_shipped(
    searched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were another network written and taken for equal, its own accuracy would be stated, not the network's."""
    shutil.rmtree(searched / "subnets")
    study = reopened(searched, Later())
    constant = study.supernet.extract(study.space.smallest)
    for tensor in constant.state_dict().values():
        tensor.zero_()

    def other(_: nn.Module, inputs: Sequence[InputSpec], path: Path) -> Path:
        return write_onnx(constant, inputs, path)

    monkeypatch.setattr(validation, "write_onnx", other)
    monkeypatch.setattr(validation, "prove", lambda *_, **__: Parity(0.0, 1.0, 1, 0.0, 0.0, 0.0))
    front = study.search(16, samples=24)
    first_class = (study.task.examples("report").labels == 0).mean()
    for member in front.members:
        assert member.score == pytest.approx(first_class)
        assert manifests.verify(searched / member.file).score == member.score
        assert member.score_interval == pytest.approx(wilson_interval(first_class, front.report_images))
