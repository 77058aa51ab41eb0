import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hwnas.archive import Archive
from hwnas.contracts.device import Timing, TimingPlan
from hwnas.pipeline._measuring import profile_space
from hwnas.pipeline._reusing import known_table
from hwnas.pipeline.study import silent
from hwnas.profiling.presets import find_preset
from hwnas.profiling.table import LatencyTable
from tests.plugged import Simulated, tiny_space

SAMPLES = 6


@dataclass
class Changed(Simulated):
    """A device that runs everything, the reference too, so many times as long."""

    speed: float = 1.0

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        for t in super().measure(models, reference, plan):
            own, beside = t.wall_ms * self.speed, t.reference_wall_ms * self.speed
            yield replace(t, wall_ms=own, cpu_ms=own, reference_wall_ms=beside, reference_cpu_ms=beside)


def profiled(archive: Archive, device: Simulated, *, anew: bool = False) -> LatencyTable:
    return profile_space(
        tiny_space(), device, archive, samples=SAMPLES, preset=find_preset("rapid"), seed=0, progress=silent, anew=anew
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A table of last year."""
    with Archive(":memory:") as archive:
        table = profiled(archive, Simulated())
    file = tmp_path / "table.json"
    table.model_copy(update={"created": "2025-01-01T00:00:00+00:00"}).write(file)
    return file


def known(path: Path, device: Simulated, samples: int = SAMPLES) -> tuple[LatencyTable | None, bool]:
    return known_table(path, tiny_space(), device, samples, silent)


def test_an_old_table_whose_canaries_agree_is_used_as_it_is(path: Path) -> None:
    before, device = path.read_text(), Simulated()
    table, refused = known(path, device)
    assert table == LatencyTable.read(path)
    assert path.read_text() == before
    assert not refused
    assert len(set(device.timed)) == 3


def test_a_young_table_is_not_checked(path: Path) -> None:
    with Archive(":memory:") as archive:
        profiled(archive, Simulated()).write(path)
    device = Simulated()
    assert known(path, device)[0] == LatencyTable.read(path)
    assert device.timed == []


def test_a_table_of_a_device_that_changed_its_speed_is_rescaled_and_kept_so(path: Path) -> None:
    before = LatencyTable.read(path)
    table, _ = known(path, Changed(speed=1.2))
    assert table is not None
    assert table.rows[3].latency_ms == pytest.approx(1.2 * before.rows[3].latency_ms, rel=0.02)
    assert "Rescaled by 1.2" in table.verdict.advice
    assert LatencyTable.read(path) == table


def test_a_table_that_no_longer_holds_is_refused_and_its_session_not_used_again(path: Path) -> None:
    slow = json.loads(path.read_text())["canaries"][1]["architecture"]
    other = Simulated(slower={tiny_space().architecture(slow).key: 1.5})
    assert known(path, other) == (None, True)
    assert not path.exists()
    with Archive(":memory:") as archive:
        profiled(archive, Simulated())
        other.timed.clear()
        profiled(archive, other, anew=True)
        assert other.timed
        other.timed.clear()
        profiled(archive, other)
        assert other.timed == []


def test_a_table_with_too_few_rows_is_not_enough(path: Path) -> None:
    assert known(path, Simulated(), SAMPLES + 1) == (None, False)
