"""A new device from ten timings and other devices' tables: as a table, in predictions, and in a search."""

import re
from pathlib import Path

import numpy as np
import pytest

from hwnas.archive import Archive
from hwnas.contracts.errors import InputError
from hwnas.genomes.sampling import bounds, draw
from hwnas.pipeline.predictions.genome_predictor import GenomePredictor
from hwnas.pipeline.predictions.transfer_sources import read_transfer_sources
from hwnas.pipeline.study import Study, silent
from hwnas.pipeline.tables.time_architectures import profile_space
from hwnas.pipeline.tables.which_to_time import informative_genomes
from hwnas.profiling.presets import find_preset
from hwnas.profiling.table import LatencyTable, TransferSource
from tests.plugged import Simulated, tiny_space, tiny_task
from tests.runs import tiny_supernet


def profiled(device: Simulated, samples: int, others: list[TransferSource] | None = None) -> LatencyTable:
    with Archive(":memory:") as archive:
        return profile_space(
            tiny_space(), device, archive, samples=samples, preset=find_preset("rapid"), seed=0, progress=silent,
            sources=others or (),
        )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of two devices, and something else."""
    found = tmp_path_factory.mktemp("tables")
    for name, factor in (("one", 1.0), ("two", 3.0)):
        profiled(Simulated(name=name, slower={"*": factor}), 30).write(found / f"{name}.json")
    (found / "notes.json").write_text("{}")
    return found


def test_ten_timings_beside_others_predict_and_say_how_sure_they_are(folder: Path, tmp_path: Path) -> None:
    space, new = tiny_space(), Simulated(name="new", slower={"*": 7.0})
    others = read_transfer_sources([folder], space, new.card())
    assert [other.device for other in others] == [
        device for _, device in sorted((Simulated(name=n).card().id, n) for n in ("one", "two"))
    ]
    table = profiled(new, 10, others)
    table.write(tmp_path / "new.json")
    assert LatencyTable.read(tmp_path / "new.json") == table
    predictor = GenomePredictor.of_table(space, table, seed=0)
    assert predictor.card.model == "transfer"
    assert (predictor.card.held_out, predictor.card.interval_confidence) == (10, 0.9)
    truth = profiled(Simulated(name="new", slower={"*": 7.0}, noise=0.0), 24)
    genomes, latencies = truth.arrays(space)
    assert np.abs(predictor(genomes).mean / latencies - 1).mean() < 0.02
    with pytest.raises(InputError, match="at least"):
        GenomePredictor.of_table(space, table.model_copy(update={"transfer_sources": []}), seed=0)


def test_timed_are_the_landmarks_and_what_tells_most_each_once_and_the_same_for_a_seed(folder: Path) -> None:
    space = tiny_space()
    others = read_transfer_sources([folder], space, Simulated().card())
    ten = informative_genomes(space, others, 10, seed=0)
    np.testing.assert_array_equal(ten, informative_genomes(space, others, 10, seed=0))
    np.testing.assert_array_equal(ten[:3], bounds(space))
    assert len(np.unique(ten, axis=0)) == 10
    assert not np.array_equal(ten, draw(space, 10, 0))
    assert len(np.unique(informative_genomes(space, others, 40, seed=0), axis=0)) == 40
    assert len(informative_genomes(space, others, 2, seed=0)) == 2


def test_enough_rows_of_its_own_are_predicted_by_whatever_does_best(folder: Path) -> None:
    space, new = tiny_space(), Simulated(name="new")
    table = profiled(new, 30, read_transfer_sources([folder], space, new.card()))
    assert GenomePredictor.of_table(space, table, seed=0).card.interval_confidence == 0.95


def test_a_devices_own_table_is_no_other_and_nothing_to_start_from_is_said(folder: Path, tmp_path: Path) -> None:
    space = tiny_space()
    assert [other.device for other in read_transfer_sources([folder], space, Simulated(name="one").card())] == ["two"]
    with pytest.raises(InputError, match=r"one\.json holds no usable latency table .* on another device"):
        read_transfer_sources([folder / "one.json"], space, Simulated(name="one").card())
    with pytest.raises(InputError, match=r"notes\.json is not a latency table"):
        read_transfer_sources([folder / "notes.json"], space, Simulated().card())
    with pytest.raises(InputError, match=re.escape(f"{tmp_path} holds no usable latency table")):
        read_transfer_sources([tmp_path], space, Simulated().card())


def test_a_search_starts_from_ten_timings_and_ends_the_same_when_it_is_run_again(folder: Path, searched: Path) -> None:
    def study(transfer_from: tuple[Path, ...]) -> Study:
        return Study(
            searched, tiny_supernet(), tiny_task(), Simulated(name="new"), preset="rapid",
            transfer_from=transfer_from,
        )  # fmt: skip

    with pytest.raises(InputError, match="or 10 with --transfer-from"):
        study(()).search(16, samples=10)
    front = study((folder,)).search(16, samples=10)
    assert front.members
    assert len(study(()).profile(10).rows) == 10
    again = study((folder,)).search(16, samples=10)
    assert again.model_dump_json() == front.model_dump_json()
