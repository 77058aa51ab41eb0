from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.errors import DeviceError, InputError
from hwnas.devices import open_device
from hwnas.devices._recorded import RecordedDevice
from hwnas.pipeline.latencies.recorded import recorded_table, table_latencies
from hwnas.pipeline.open import space_of
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.study import Study
from hwnas.pipeline.tables.import_table import Importing, import_table
from hwnas.profiling.table import LatencyTable
from tests.formats.published import write
from tests.plugged import tiny_space, tiny_task
from tests.runs import tiny_supernet


@pytest.fixture
def recorded(finished: Path, tmp_path: Path) -> Path:
    """The table of a simulated device, under another name."""
    (table,) = (finished / "latency_tables").glob("*.json")
    path = tmp_path / "phone.json"
    path.write_bytes(table.read_bytes())
    return path


def opened(path: Path) -> RecordedDevice:
    device = open_device(f"table:{path}")
    assert isinstance(device, RecordedDevice)
    return device


def test_measured_architectures_have_their_own_figure_and_others_a_guess_with_its_interval(recorded: Path) -> None:
    table, space = recorded_table(opened(recorded), tiny_space()), tiny_space()
    row = table.rows[5]
    measured = space.architecture(row.architecture)
    known = {space.architecture(r.architecture) for r in table.rows}
    genomes = space.sample(400, np.random.default_rng(1))
    other = next(a for a in map(space.decode, genomes) if a not in known)
    first, second = table_latencies(table, space, [measured, other], seed=0)
    assert (first.latency_ms, (first.low_ms, first.high_ms)) == (row.latency_ms, row.latency_ms_interval)
    assert first.runs == second.runs == second.rounds == 0
    assert second.low_ms < second.latency_ms < second.high_ms


def test_tables_of_operators_are_summed_exactly(tmp_path: Path) -> None:
    table = import_table(Importing(write(tmp_path)["once_for_all"], samples=5), tmp_path / "out.json")
    space = space_of(table.space.name, table.space.parameters)
    known = {space.architecture(r.architecture) for r in table.rows}
    other = next(a for a in map(space.decode, space.sample(50, np.random.default_rng(1))) if a not in known)
    (found,) = table_latencies(table, space, [other], seed=0)
    assert found.latency_ms == found.low_ms == found.high_ms == table.summed(other)


def test_a_search_without_the_device_says_so_everywhere_and_times_nothing(
    searched: Path, recorded: Path, tmp_path: Path
) -> None:
    study = Study(searched, tiny_supernet(), tiny_task(), f"table:{recorded}", preset="rapid")
    front = study.search(16, samples=24, finalists=2)
    assert "from a table, not timed" in front.verdict
    assert front.device["settings"]["latencies"] == "from a table, not timed"
    table = LatencyTable.read(recorded)
    known = {tiny_space().architecture(row.architecture).key: row.latency_ms for row in table.rows}
    assert all(known.get(m.key, m.latency_ms) == m.latency_ms for m in front.members)
    budget = front.members[-1].latency_ms_interval[1]
    manifest = front.pick(max_latency_ms=budget).export(tmp_path / "m.onnx")
    assert manifest.device is not None
    assert manifest.device["device"] == "table"  # where it lies is told by --full-device only
    assert manifest.device["settings"]["latencies"] == "from a table, not timed"  # type: ignore[index,call-overload]
    with pytest.raises(DeviceError, match="cannot time"):
        study.device.measure([tmp_path / "m.onnx"], tmp_path / "m.onnx", None)  # type: ignore[arg-type]


def test_a_table_of_another_space_is_refused(tmp_path: Path) -> None:
    import_table(Importing(write(tmp_path)["hat"]), tmp_path / "hat.json")
    study = Study(tmp_path / "run", tiny_supernet(), tiny_task(), f"table:{tmp_path / 'hat.json'}")
    with pytest.raises(InputError, match="is a table of space 'tabular'"):
        study.profile(24)


def test_a_column_of_the_table_is_limited_up_to_the_model_that_is_handed_out(
    searched: Path, recorded: Path, tmp_path: Path
) -> None:
    table = LatencyTable.read(recorded)
    rows = [row.model_copy(update={"energy_mj": 2 * row.latency_ms}) for row in table.rows]
    table.model_copy(update={"rows": rows}).write(recorded)
    known = {tiny_space().architecture(row.architecture).key: row.energy_mj for row in rows}
    limit = float(np.median([*known.values()]))
    study = Study(searched, tiny_supernet(), tiny_task(), f"table:{recorded}", preset="rapid")
    with pytest.raises(InputError, match=r"does not tell load_ms \(time to load the model\); it tells energy_mj, so"):
        study.search(16, Limits.of(max_load_ms=1.0), samples=24)
    front = study.search(16, Limits.of(max_energy_mj=limit), samples=24, finalists=3)
    told = {m.key: m.energy_mj for m in front.members}
    assert all(0 < energy_mj <= limit for energy_mj in told.values())
    kept = {key: energy_mj for key, energy_mj in known.items() if key in told}
    assert kept == pytest.approx({key: told[key] for key in kept}, rel=1e-12)
    manifest = front.pick(max_energy_mj=limit).export(tmp_path / "m.onnx")
    # A guess alone and the same among others may differ in the last digit.
    assert manifest.energy_mj == pytest.approx(front.pick(max_energy_mj=limit).member.energy_mj, rel=1e-12)
