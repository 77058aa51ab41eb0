from hwnas.pipeline.tables.extremes import time_extremes
from tests.plugged import Simulated, tiny_space


def test_the_three_networks_are_told_from_small_to_large_with_what_they_cost() -> None:
    space = tiny_space()
    found = time_extremes(space, Simulated(), lambda *_: None)
    assert [network.name for network in found] == ["smallest", "middle", "largest"]
    for figures in ([n.params for n in found], [n.latency_ms for n in found]):
        assert figures == sorted(figures)
        assert len(set(figures)) == 3
    if space.costs is None:
        assert [network.macs for network in found] == [None] * 3
