"""Which tables of other devices a new one starts from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.device import DeviceCard
from hwnas.contracts.errors import InputError
from hwnas.pipeline.predictions.transfer_sources import read_transfer_sources, tables_of
from hwnas.predictors import features
from hwnas.profiling.table import LatencyTable, TransferSource
from tests.profiling.simulated import CARD
from tests.profiling.test_table import make, make_space

SPACE = make_space()
OTHER, THIRD = (replace(CARD, device=name) for name in ("other", "third"))


def written(path: Path, card: DeviceCard, **changes: object) -> LatencyTable:
    made = make().model_copy(update={"device": card, **changes})
    made.write(path, even_unusable=True)
    return made


def test_tables_of_other_devices_are_taken_once_each_and_that_of_the_own_is_not(tmp_path: Path) -> None:
    written(tmp_path / "own.json", CARD)
    table = written(tmp_path / "in" / "other.json", OTHER)
    written(tmp_path / "in" / "deep" / "again.json", OTHER)
    written(tmp_path / "third.json", THIRD)
    (tmp_path / "in" / "strange.json").write_text("{}")
    found = read_transfer_sources([tmp_path / "in", tmp_path / "third.json"], SPACE, CARD)
    assert {known.device for known in found} == {"other", "third"}
    assert [known.id for known in found] == sorted(known.id for known in found)
    assert next(known for known in found if known.device == "other").rows == table.rows


def test_a_place_that_tells_of_no_other_device_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "own.json", CARD)
    unusable = make().verdict.model_copy(update={"state": "unusable"})
    written(tmp_path / "noisy.json", OTHER, verdict=unusable)
    for path in (tmp_path / "own.json", tmp_path / "noisy.json", tmp_path):
        with pytest.raises(InputError, match="holds no usable latency table of space 'small'"):
            read_transfer_sources([path], SPACE, CARD)
    with pytest.raises(InputError, match="holds no usable latency table"):
        read_transfer_sources([tmp_path / "own.json"], make_space(width=9), OTHER)


def test_a_device_tells_a_column_only_where_every_row_has_it() -> None:
    rows = make().rows
    whole = TransferSource(device="a", id="a", rows=rows)
    partly = TransferSource(device="b", id="b", rows=[rows[0].model_copy(update={"p95_ms": 3.0}), *rows[1:]])
    every = TransferSource(device="c", id="c", rows=[row.model_copy(update={"p95_ms": 3.0}) for row in rows])
    assert len(tables_of([whole, partly, every], SPACE)) == 3
    ((shown, figures),) = tables_of([whole, partly, every], SPACE, "p95_ms")
    assert figures.tolist() == [3.0] * len(rows)
    np.testing.assert_array_equal(shown, features(SPACE, SPACE.encode_many(row.architecture for row in rows)))
