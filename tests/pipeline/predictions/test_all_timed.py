"""Spaces that are too small to learn from."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.space_record import SpaceRecord
from hwnas.pipeline.predictions.all_timed import AllTimed, extra_figures, figures_of, has_all, to_time
from hwnas.pipeline.selection.feasibility import refuse_too_few, refuse_too_sure
from hwnas.pipeline.selection.limits import Limits
from hwnas.profiling.table import LatencyTable, Row
from tests.profiling.test_table import make

SPACE = SearchSpace([Choice("width", (4, 6, 8)), Choice("kernel", (3, 5))], name="six")


@pytest.fixture
def table() -> LatencyTable:
    """Of all six, of 1 to 6 ms."""
    rows = [
        Row(architecture=dict(SPACE.decode(np.array([i % 3, i // 3]))), latency_ms=i + 1.0,
            latency_ms_interval=(i + 0.9, i + 1.2), rounds=5, p95_ms=i + 2.0)
        for i in range(6)
    ]  # fmt: skip
    return make().model_copy(update={"space": SpaceRecord.of(SPACE), "rows": rows})


def test_every_figure_is_the_one_that_was_timed(table: LatencyTable) -> None:
    genomes = np.array([[2, 1], [0, 0]])
    found = figures_of(SPACE, table, seed=0)
    assert isinstance(found, AllTimed)
    assert found(genomes).mean.tolist() == [6.0, 1.0]
    assert found(genomes).low.tolist() == [5.9, 0.9]
    assert found.planned(genomes).tolist() == [6.0, 1.0]
    assert figures_of(SPACE, table, seed=0, confidence=0.95).planned(genomes).tolist() == [6.2, 1.2]
    assert extra_figures(SPACE, table, ["p95_ms"], 0)["p95_ms"].planned(genomes).tolist() == [7.0, 2.0]


def test_a_table_that_lacks_one_architecture_of_a_small_space_is_too_few(table: LatencyTable) -> None:
    short = table.model_copy(update={"rows": table.rows[:5]})
    assert has_all(table, SPACE)
    assert not has_all(short, SPACE)
    with pytest.raises(InputError, match="got 5"):
        figures_of(SPACE, short, seed=0)


def test_all_of_a_small_space_are_timed_whatever_was_asked_for() -> None:
    assert to_time(SPACE, 2, with_transfer=False) == to_time(SPACE, 6, with_transfer=True) == 6
    assert to_time(SPACE, 60, with_transfer=False) == 60


def test_a_small_space_that_is_timed_whole_is_enough_for_any_confidence() -> None:
    refuse_too_few(SPACE, 6, 22)
    refuse_too_sure(SPACE, Limits(confidence=0.99), 6)
    with pytest.raises(InputError, match="at least 22"):
        refuse_too_few(SPACE, 5, 22)
