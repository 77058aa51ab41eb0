"""Sub-networks whose layers are all narrowed alike."""

import numpy as np
import pytest
import torch

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.predictor import Prediction
from hwnas.contracts.search_space import SearchSpace
from hwnas.elasticity.elastic import elastic
from hwnas.pipeline.selection.evenly import evenly_narrowed, largest_within, narrowed_alike, wholes
from tests.elasticity.networks import Cnn


def space() -> SearchSpace:
    torch.manual_seed(0)
    return elastic(Cnn().eval(), torch.randn(2, 1, 8, 8)).space


def test_every_width_has_about_the_same_share_and_all_else_stays_as_it_was() -> None:
    own = space()
    first, *others = evenly_narrowed(own, own.largest)
    assert first == own.largest
    widths = {c.name: c.options for c in own.choices if c.name.endswith(".width")}
    assert widths
    for architecture in others:
        assert all(architecture[name] == own.largest[name] for name in own.names if name not in widths)
        lows, highs = [], []  # the shares of its largest that a width stands for
        for name, options in widths.items():
            sizes, whole = sorted(map(int, options)), max(map(int, options))
            at = sizes.index(int(architecture[name]))
            lows.append((sizes[at - 1] + sizes[at]) / 2 / whole if at else 0.0)
            highs.append((sizes[at] + sizes[at + 1]) / 2 / whole if at + 1 < len(sizes) else 1.0)
        assert max(lows) <= min(highs)
    params = [own.costs(own.encode_many([a]))["params"][0] for a in (first, *others)]  # type: ignore[misc]
    assert params == sorted(params, reverse=True)
    assert all(others[-1][name] == min(options) for name, options in widths.items())


def test_a_space_that_does_not_tell_its_widths_has_none_of_them() -> None:
    own = SearchSpace([Choice("depth", (1, 2))])
    assert evenly_narrowed(own, own.largest) == [own.largest]


def test_with_bits_they_are_in_int8_and_in_float32() -> None:
    torch.manual_seed(0)
    own = elastic(Cnn().eval(), torch.randn(2, 1, 8, 8)).with_bits("block").space
    int8, float32 = wholes(own)
    assert float32 == own.largest
    bits = [name for name in own.names if name.startswith("bits.")]
    assert {int8[name] for name in bits} == {8}
    assert {a[name] for a in evenly_narrowed(own, int8) for name in bits} == {8}


@pytest.mark.parametrize(("keeping_bits", "bits_of_one"), [((8, 32), 8), ((32,), 32)])
def test_with_bits_one_in_float32_is_taken_where_none_in_int8_keeps_the_limit(
    keeping_bits: tuple[int, ...], bits_of_one: int
) -> None:
    torch.manual_seed(0)
    own = elastic(Cnn().eval(), torch.randn(2, 1, 8, 8)).with_bits("block").space
    bits = [name for name in own.names if name.startswith("bits.")]

    def predicted(genomes: IntArray) -> Prediction:
        assert own.costs is not None
        return Prediction(*[own.costs(genomes)["params"]] * 3)

    def keeping(architectures: list[Architecture]) -> list[Architecture]:
        return [a for a in architectures if a[bits[0]] in keeping_bits]

    limit = float(predicted(own.encode_many([own.largest])).mean[0]) / 2
    found = narrowed_alike(own, predicted, limit, keeping)
    assert found is not None
    assert found != own.largest
    assert {found[name] for name in bits} == {bits_of_one}


@pytest.mark.parametrize("off", [0.6, 0.9, 1.0, 1.3])
@pytest.mark.parametrize("limit_ms", [1.3, 2.0, 3.1])
def test_the_largest_within_the_limit_is_found_by_timing_few_although_predictions_err(
    off: float, limit_ms: float
) -> None:
    own = space()
    narrowed = evenly_narrowed(own, own.largest)
    predicted_ms = np.linspace(4, 1, len(narrowed))
    real_ms = dict(zip(narrowed, off * predicted_ms, strict=True))
    timed: list[list[Architecture]] = []

    def keeping(architectures: list[Architecture]) -> list[Architecture]:
        timed.append(architectures)
        return [a for a in architectures if real_ms[a] <= limit_ms]

    found = largest_within(narrowed, predicted_ms, limit_ms, keeping)
    assert found == next((a for a in narrowed if real_ms[a] <= limit_ms), None)
    assert max(map(len, timed)) <= 5
    assert len({a for some in timed for a in some}) == sum(map(len, timed)) <= 15


def test_where_none_keeps_the_limit_there_is_none() -> None:
    own = space()
    narrowed = evenly_narrowed(own, own.largest)
    assert largest_within(narrowed, np.linspace(4, 1, len(narrowed)), 2.0, lambda _: []) is None


def test_where_predictions_say_that_none_is_near_the_limit_all_are_tried() -> None:
    own = space()
    narrowed = evenly_narrowed(own, own.largest)
    found = largest_within(narrowed, np.linspace(4, 1, len(narrowed)), 0.1, lambda some: some[-2:])
    assert found in narrowed
