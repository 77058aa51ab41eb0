import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from torch import nn

from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.devices import _footprint, open_device
from hwnas.devices._facts import Examiner, Facts
from hwnas.export.architecture import write_architecture
from hwnas.pipeline.study import silent
from hwnas.pipeline.tables import time_architectures
from hwnas.pipeline.tables.time_architectures import profile_space
from hwnas.profiling.presets import Preset
from hwnas.profiling.table import LatencyTable
from tests.devices.models import write_endless
from tests.plugged import Simulated, tiny_space

BRIEF = Preset("brief", rounds=3, min_runs=3, min_seconds=0.0, half_width=1.0, max_rounds=3)


TOLD = {"load_ms": 3.0, "peak_memory_bytes": 1000, "p95_ms": 1.5, "p99_ms": 2.0}


@dataclass
class Telling(Simulated, Examiner):
    """Knows its facts, and how often it was asked."""

    asked: int = 0

    def tells(self) -> frozenset[str]:
        return frozenset(TOLD)

    def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
        self.asked += 1
        return (Facts(model.stat().st_size, TOLD) for model in models)


def profiled(device: Device, archive: Archive) -> LatencyTable:
    return profile_space(tiny_space(), device, archive, samples=3, preset=BRIEF, seed=0, progress=silent, extra=True)


def test_the_processor_tells_percentiles_memory_loading_time_and_size_of_every_row(tmp_path: Path) -> None:
    with Archive(":memory:") as archive:
        table = profiled(open_device("cpu:threads=1"), archive)
    for row in table.rows:
        assert row.p50_ms == row.latency_ms
        assert row.p50_ms <= (row.p95_ms or 0) <= (row.p99_ms or 0)
        assert (row.load_ms or 0) > 0
        assert (row.peak_memory_bytes or 0) > 0
        assert (row.file_bytes or 0) > 4 * (row.params or 0)
    table.write(tmp_path / "t.json", even_unusable=True)
    assert LatencyTable.read(tmp_path / "t.json") == table


def test_percentiles_are_on_the_scale_of_the_latency_and_are_not_taken_twice() -> None:
    device = Telling()
    with Archive(":memory:") as archive:
        table = profiled(device, archive)
        assert profiled(device, archive).rows == table.rows
    assert device.asked == 1
    assert all(row.p95_ms == row.latency_ms * 1.5 and row.p99_ms == row.latency_ms * 2 for row in table.rows)


def test_rows_of_a_device_that_cannot_tell_say_nothing_of_them() -> None:
    with Archive(":memory:") as archive:
        table = profiled(Simulated(), archive)
    assert all(row.p95_ms is None and row.peak_memory_bytes is None for row in table.rows)


def test_the_processor_of_a_system_that_does_not_tell_memory_is_profiled_without_these_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_footprint, "STATUS", tmp_path / "none")
    with Archive(":memory:") as archive:
        table = profiled(open_device("cpu:threads=1"), archive)
    assert all(row.latency_ms > 0 and row.peak_memory_bytes is None for row in table.rows)


def test_a_model_that_never_returns_ends_a_profile_in_words_and_what_was_timed_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = tiny_space().largest.key

    def write(space: SearchSpace, architecture: Architecture, path: Path) -> Path:
        return write_endless(path) if path.stem == endless else write_architecture(space, architecture, path)

    monkeypatch.setattr(time_architectures, "write_architecture", write)
    with Archive(tmp_path / "timings.db") as archive:
        with pytest.raises(DeviceError, match=rf"{endless}\.onnx has not returned for 0\.5 s"):
            profiled(open_device("cpu:threads=1,timeout=0.5"), archive)
        kept = stored(tmp_path / "timings.db")
        assert kept
        assert all(key != endless for _, key in kept)
        monkeypatch.undo()
        table = profiled(open_device("cpu:threads=1"), archive)
        assert stored(tmp_path / "timings.db")[: len(kept)] == kept
    assert len(table.rows) == 3


def stored(database: Path) -> list[tuple[int, str]]:
    """Row number and model of every timing in the order they were taken."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT rowid, model FROM timings ORDER BY rowid").fetchall()


def test_networks_whose_code_was_changed_are_timed_anew_and_their_old_table_is_none_of_theirs(tmp_path: Path) -> None:
    """The choices and the archive are the same, the networks have one more layer: old timings came back as new."""

    def of_layers(count: int) -> SearchSpace:
        def build(a: Architecture) -> nn.Module:
            return nn.Sequential(*(nn.Linear(8, 8) for _ in range(count)), nn.Linear(8, int(a["width"])))

        return SearchSpace([Choice("width", (2, 4, 6))], build=build, inputs=[InputSpec("x", (8,))])

    with Archive(tmp_path / "a.db") as archive:
        small, again, large = (
            profile_space(space, Simulated(), archive, samples=3, preset=BRIEF, seed=0, progress=silent)
            for space in (of_layers(1), of_layers(1), of_layers(9))
        )
    assert [row.latency_ms for row in small.rows] == [row.latency_ms for row in again.rows]
    assert min(row.latency_ms for row in large.rows) > max(row.latency_ms for row in small.rows)
    assert small.is_of(of_layers(1))
    assert not small.is_of(of_layers(9))
    with pytest.raises(InputError, match=r"is of other networks than space 'custom' .*; profile this space"):
        small.arrays(of_layers(9))
    assert small.model_copy(update={"networks": None}).is_of(of_layers(9))  # as tables of before, and imported ones
