import itertools

import pytest

from hwnas.contracts.errors import InputError
from hwnas.profiling.presets import PRESETS, find_preset


def test_each_preset_measures_more_than_the_one_before() -> None:
    sizes = [(p.rounds * p.min_runs, p.rounds * p.min_seconds, p.max_rounds, -p.half_width) for p in PRESETS.values()]
    assert list(PRESETS) == ["rapid", "normal", "thorough"]
    assert all(all(a < b for a, b in zip(x, y, strict=True)) for x, y in itertools.pairwise(sizes))
    assert all(p.rounds <= p.max_rounds for p in PRESETS.values())


def test_a_wrong_name_is_answered_with_the_nearest_first() -> None:
    assert find_preset("rapid").name == "rapid"
    with pytest.raises(InputError, match="nearest first: normal"):
        find_preset("normale")
