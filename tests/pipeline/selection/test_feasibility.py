"""What cannot end well is refused before anything is evaluated, with figures and what to do."""

import numpy as np
import pytest
from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.devices import open_device
from hwnas.pipeline.selection.feasibility import (
    refuse_int8,
    refuse_too_few,
    refuse_too_large,
    refuse_too_sure,
)
from hwnas.pipeline.selection.limits import Limits
from hwnas.spaces._bits import with_bits
from tests.plugged import Simulated


def costs(genomes: IntArray) -> dict[str, FloatArray]:
    """1,000 parameters and 500 more for each step of a choice."""
    return {"params": 1000.0 + 500.0 * genomes.sum(axis=1)}


SPACE = SearchSpace([Choice(f"c{i}", (1, 2, 3)) for i in range(4)], name="counted", costs=costs)
TINY = SearchSpace([Choice("c", (1, 2, 3))], name="three")


def test_too_few_samples_are_refused_unless_they_are_all_there_are() -> None:
    refuse_too_few(SPACE, 24, 24)
    refuse_too_few(TINY, 3, 24)
    with pytest.raises(InputError, match=r"at least 24 timed sub-networks.*, got 23 samples of a space of 81;"):
        refuse_too_few(SPACE, 23, 24)
    with pytest.raises(InputError, match="with --transfer-from"):
        refuse_too_few(SPACE, 2, 24)


def test_a_high_confidence_needs_as_many_rows_as_can_show_it() -> None:
    refuse_too_sure(SPACE, Limits(), 24)
    refuse_too_sure(TINY, Limits(confidence=0.99), 3)
    with pytest.raises(InputError, match=r"a confidence of 0.99 .* got 24; .* --samples, or be less sure"):
        refuse_too_sure(SPACE, Limits(confidence=0.99), 24)


def test_a_size_below_the_parameters_of_the_smallest_sub_network_cannot_be_kept() -> None:
    refuse_too_large(SPACE, Limits.of(max_size_bytes=4000), 0)
    refuse_too_large(SPACE, Limits(), 0)
    refuse_too_large(TINY, Limits.of(max_size_bytes=1), 0)  # which does not count its parameters
    with pytest.raises(PromiseError, match=r"keeps max_size_bytes = 3,999: .* nearest has 4,000, 1 too many"):
        refuse_too_large(SPACE, Limits.of(max_size_bytes=3999), 0)


def _built(architecture: Architecture) -> nn.Module:
    width = int(str(architecture["width"]))
    return nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 3))


def test_a_size_in_integers_that_nothing_tells_is_refused() -> None:
    space = SearchSpace([Choice("width", (8, 16))], build=_built, inputs=[InputSpec("x", (4,))])
    with_integers = with_bits(space, "layer")
    refuse_too_large(with_integers, Limits.of(max_latency_ms=1.0), 0)
    for limits in (Limits.of(max_size_bytes=4000), Limits.of(extra_objectives=("size_bytes",))):
        with pytest.raises(InputError, match="How large files with layers in INT8 are is known only of a space that"):
            refuse_too_large(with_integers, limits, 0)


def test_a_device_that_times_int8_is_refused() -> None:
    refuse_int8(Simulated())
    with pytest.raises(InputError, match="A search hands out float32 models"):
        refuse_int8(open_device("cpu:threads=1,precision=int8"))


def test_the_smallest_of_many_drawn_sub_networks_counts_too() -> None:
    """A space whose smallest network is not the one with the fewest parameters."""

    def upside_down(genomes: IntArray) -> dict[str, FloatArray]:
        return {"params": 3000.0 - 250.0 * genomes.sum(axis=1)}  # 1,000 for the largest

    space = SearchSpace(SPACE.choices, name="upside down", costs=upside_down)
    refuse_too_large(space, Limits.of(max_size_bytes=4000), 0)
    assert float(np.min(upside_down(space.encode(space.smallest)[None])["params"])) == 3000.0
