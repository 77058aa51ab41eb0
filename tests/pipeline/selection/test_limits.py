from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.device import Timing, TimingPlan
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.objective import Objective
from hwnas.contracts.shipped import data_folder
from hwnas.devices._facts import Examiner, Facts
from hwnas.pipeline.predictions.genome_predictor import extra_predictors
from hwnas.pipeline.selection.limits import Limits
from hwnas.profiling.table import LatencyTable
from hwnas.spaces.micro_cell import micro_cell
from tests.pipeline.conftest import reopened
from tests.plugged import Simulated

SILENT = r"does not tell p95_ms \(95th percentile of single runs\); it tells latencies only"


@dataclass
class Telling(Simulated, Examiner):
    """Memory is thrice the file, a kilobyte loads in 1 ms, the 95th percentile is one and a half times the latency and
    the 99th twice.
    """

    def tells(self) -> frozenset[str]:
        return frozenset(told(0))

    def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
        return (Facts(m.stat().st_size, told(m.stat().st_size)) for m in models)


def told(size_bytes: int) -> dict[str, float]:
    return {"p95_ms": 1.5, "p99_ms": 2.0, "peak_memory_bytes": 3 * size_bytes, "load_ms": size_bytes / 1e3}


def test_memory_and_tails_can_be_limited_and_are_measured_again_on_the_front(searched: Path) -> None:
    run = reopened(searched, Telling(name="telling"))
    table = run.profile(24, extra=["p95_ms"])
    memory = float(np.median([row.peak_memory_bytes or 0 for row in table.rows]))
    tail_ms = float(np.median([row.p95_ms or 0 for row in table.rows]))
    front = run.search(16, Limits.of(max_memory_bytes=memory, max_p95_ms=tail_ms), samples=24)
    assert front.members
    for member in front.members:
        assert member.peak_memory_bytes == 3 * member.size_bytes <= memory
        assert member.p95_ms == pytest.approx(1.5 * member.latency_ms)
        assert member.p95_ms <= tail_ms
    with pytest.raises(PromiseError, match=r"the lowest peak memory that the model adds is [\d.]+ [kM]B, not 1 B"):
        front.candidates(Limits.of(max_memory_bytes=1.0))


def test_a_table_without_these_figures_gets_them_without_timing_again(tmp_path: Path) -> None:
    device = Telling()
    reopened(tmp_path, device).profile(24)
    timed = len(device.timed)
    table = reopened(tmp_path, device).profile(24, extra=["peak_memory_bytes"])
    assert all(row.peak_memory_bytes for row in table.rows)
    assert len(device.timed) == timed


def test_networks_that_add_no_memory_at_all_are_learnt_from_too() -> None:
    """Half of a shipped table's sub-networks are said to need none."""
    table, space = (
        LatencyTable.read(data_folder() / "latency_tables" / "micro_cell" / "cpu-threads=1.json"),
        micro_cell(),
    )
    macs = np.array([row.macs or 0.0 for row in table.rows])
    memory = 3 * np.maximum(0, macs - np.median(macs))
    less = [
        row.model_copy(update={"peak_memory_bytes": own}) for row, own in zip(table.rows, memory.tolist(), strict=True)
    ]
    table = table.model_copy(update={"rows": less})
    found = extra_predictors(space, table, ["peak_memory_bytes"], seed=0)["peak_memory_bytes"]
    assert np.corrcoef(found(table.arrays(space)[0]).mean, memory)[0, 1] > 0.9


def test_a_device_that_cannot_tell_is_named(tmp_path: Path) -> None:
    device = Simulated()
    with pytest.raises(InputError, match=SILENT):
        reopened(tmp_path, device).search(16, Limits.of(max_p95_ms=1.0), samples=24)
    assert device.timed == []


def test_loading_time_and_the_last_percent_of_runs_can_be_limited_too(searched: Path, tmp_path: Path) -> None:
    run = reopened(searched, Telling(name="telling"))
    table = run.profile(24, extra=["load_ms"])
    loading_ms = float(np.median([row.load_ms or 0 for row in table.rows]))
    tail_ms = float(np.median([row.p99_ms or 0 for row in table.rows]))
    front = run.search(16, Limits.of(max_load_ms=loading_ms, max_p99_ms=tail_ms), samples=24)
    assert front.members
    for member in front.members:
        assert member.load_ms == member.size_bytes / 1e3 <= loading_ms
        assert member.p99_ms == pytest.approx(2 * member.latency_ms)
        assert member.p99_ms <= tail_ms
    manifest = front.pick(max_load_ms=loading_ms).export(tmp_path / "model.onnx")
    assert manifest.load_ms == manifest.size_bytes / 1e3
    with pytest.raises(PromiseError, match=r"the lowest time to load the model is [\d.]+ ms, not 1e-06 ms"):
        front.candidates(Limits.of(max_load_ms=1e-6))


def test_memory_and_the_like_can_be_objectives_without_a_limit(searched: Path) -> None:
    class Even(Telling):
        """All models take equally long, so only by memory there is more to choose than the most accurate one."""

        def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
            for t in super().measure(models, reference, plan):
                yield replace(t, wall_ms=t.reference_wall_ms, cpu_ms=t.reference_wall_ms)

    limits = Limits.of(extra_objectives=("peak_memory_bytes", "size_bytes"), max_memory_bytes=1e9)
    names = [(objective.name, objective.limit) for objective in limits.objectives()]
    assert names[2:] == [("params", None), ("peak_memory_bytes", 1e9)]
    front = reopened(searched, Even(name="even")).search(
        16, Limits(extra_objectives=("peak_memory_bytes",)), samples=24
    )
    assert all(member.peak_memory_bytes == 3 * member.size_bytes for member in front.members)
    assert len(front.members) > 1
    with pytest.raises(InputError, match="one of size_bytes, p95_ms"):
        Limits(extra_objectives=("peak_memory",))


@pytest.mark.parametrize("limit", [{"max_p95_ms": 0.0}, {"max_memory_bytes": -1.0}, {"max_load_ms": 0.0}])
def test_limits_that_make_no_sense_are_refused(limit: dict[str, float]) -> None:
    with pytest.raises(InputError, match="lies between"):
        Limits.of(**limit)


@pytest.mark.parametrize("value", ["2ms", True, float("nan"), [1]])
def test_a_limit_that_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="The limit max_latency_ms is a finite number"):
        Limits.of(max_latency_ms=value)  # type: ignore[arg-type]


def test_a_limit_of_numpy_becomes_pythons_own() -> None:
    assert type(Limits.of(max_latency_ms=np.float32(2)).latency_ms) is float


def test_they_are_measured_again_when_a_model_is_handed_out(searched: Path, tmp_path: Path) -> None:
    front = reopened(searched).front()
    sizes = sorted(member.size_bytes for member in front.members)
    limit = 3.0 * sizes[len(sizes) // 2]
    limits = Limits.of(max_memory_bytes=limit, max_p95_ms=1e3)
    told = reopened(searched, Telling())
    manifest = told.deliver(told.front(), tmp_path / "model.onnx", limits)
    within = [member for member in front.members if 3 * member.size_bytes <= limit]
    assert manifest.architecture == max(within, key=lambda m: m.expected_score).architecture
    assert manifest.peak_memory_bytes == 3 * manifest.size_bytes <= limit
    assert manifest.p95_ms == pytest.approx(1.5 * (manifest.latency_ms or 0))
    picked = told.front().pick(max_memory_bytes=limit).export(tmp_path / "picked.onnx")
    assert picked.architecture == manifest.architecture
    slow = r"none of \d+ sub-networks stays within 1e-06 ms \(95th percentile of single runs\)"
    with pytest.raises(PromiseError, match=slow):
        told.deliver(told.front(), tmp_path / "none.onnx", Limits.of(max_p95_ms=1e-6))
    assert not (tmp_path / "none.onnx").exists()
    silent = reopened(searched)
    with pytest.raises(InputError, match=SILENT):
        silent.deliver(silent.front(), tmp_path / "none.onnx", Limits.of(max_p95_ms=1.0))


@pytest.mark.parametrize("score", [92.0, 1.0, 0.0, -0.5])
def test_the_worst_accuracy_is_a_fraction_and_any_other_figure_has_its_own_unit(score: float) -> None:
    with pytest.raises(InputError, match="limit of the accuracy is a fraction between 0 and 1, got"):
        Limits(worst_score=score).objectives()
    error = Objective("error", "min", "mm")
    assert Limits(worst_score=score).objectives(error)[0] == replace(error, limit=score)
