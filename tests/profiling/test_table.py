import json
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.sampling import draw
from hwnas.profiling.presets import find_preset
from hwnas.profiling.record import make_table
from hwnas.profiling.stopwatch import time_models
from hwnas.profiling.table import LatencyTable
from tests.profiling.simulated import CARD, REFERENCE, Simulated, truths


def make_space(width: int = 8) -> SearchSpace:
    return SearchSpace(
        [Choice("depth", (1, 2, 3)), Choice("act", ("relu", "swish"), ordered=False), Choice("se", (False, True))],
        name="small",
        parameters={"width": width, "sizes": (1, 2)},
        costs=lambda genomes: {"macs": 10.0 + genomes.sum(axis=1), "params": 5.0 + genomes[:, 0]},
    )


def make(noise: float = 0.004) -> LatencyTable:
    space, preset = make_space(), find_preset("rapid")
    genomes = draw(space, 8, 0)
    models, truth = truths(len(genomes))
    profile = time_models(Simulated(truth, noise=noise), models, REFERENCE, preset, canaries=[0, 1])
    return make_table(space, genomes, profile, CARD, reference=space.middle, preset=preset, seed=0)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    table = make()
    path = tmp_path / "new" / "t.json"
    table.write(path)
    assert LatencyTable.read(path) == table
    text = json.loads(path.read_text())
    assert {"architecture", "latency_ms", "latency_ms_interval", "macs", "params"} <= set(text["rows"][0])
    assert {"schema_version", "space", "device", "protocol", "canaries", "verdict", "created"} <= set(text)
    assert LatencyTable.read(path).device.id == CARD.id


def test_arrays_are_what_was_timed_with_option_kinds_kept(tmp_path: Path) -> None:
    make().write(tmp_path / "t.json")
    genomes, latencies = LatencyTable.read(tmp_path / "t.json").arrays(make_space())
    assert (genomes == draw(make_space(), 8, 0)).all()
    assert np.abs(latencies / truths(8)[1] - 1).max() < 0.02


def test_a_table_of_another_space_is_refused() -> None:
    with pytest.raises(InputError, match="not of space 'small'"):
        make().arrays(make_space(width=9))


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda text: text[: len(text) // 2], "the file"),
        (lambda _: "", "the file"),
        (lambda _: "[]", "the file"),
        (lambda text: text.replace('"schema_version": 1', '"schema_version": 2'), "schema_version"),
        (lambda text: text.replace('"rounds"', '"rundes"', 1), "rounds"),
        (lambda text: text.replace('"latency_ms": ', '"latency_ms": -', 1), "latency_ms"),
        (lambda text: text.replace('"latency_ms": ', '"latency_ms": 9', 1), "should have an interval"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(tmp_path: Path, spoil: object, word: str) -> None:
    path = tmp_path / "t.json"
    assert callable(spoil)
    path.write_text(spoil(make().model_dump_json(indent=1)))
    with pytest.raises(InputError, match="is not a latency table") as caught:
        LatencyTable.read(path)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot read"):
        LatencyTable.read(tmp_path / "none.json")


def test_an_unusable_table_is_written_only_when_asked_for_explicitly(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    table = make(noise=0.4)
    assert table.verdict.state == "unusable"
    with pytest.raises(DeviceError, match="unusable"):
        table.write(path)
    assert not path.exists()
    table.write(path, even_unusable=True)
    assert LatencyTable.read(path).verdict.state == "unusable"
