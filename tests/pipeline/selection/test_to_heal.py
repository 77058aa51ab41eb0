"""Which sub-networks are fine-tuned, of those that were timed within a budget."""

import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.pipeline.selection.evenly import narrowed_alike
from hwnas.pipeline.selection.fitting import Fitting
from hwnas.pipeline.selection.keeping import LIKELY, WITH_ROOM
from hwnas.pipeline.selection.to_heal import ToHeal
from tests.pipeline.selection.macs_as_ms import OWN, ms, predicted

LIMIT = 0.5 * ms(OWN.largest)


def shares(architectures: list[Architecture]) -> dict[Architecture, float]:
    """All of a limit that each takes, of those that keep it."""
    taken = predicted(OWN.encode_many(architectures)).mean / LIMIT
    return {a: float(share) for a, share in zip(architectures, taken, strict=True) if share <= 1}


def inside() -> dict[Architecture, float]:
    """Evaluated ones that keep the limit, some of them barely."""
    drawn = map(OWN.decode, OWN.sample(2000, np.random.default_rng(0)))
    near = {a: share for a, share in shares(list(dict.fromkeys(drawn))).items() if share > 0.85}
    barely, others = ([a for a, share in near.items() if (share > LIKELY) is more] for more in (True, False))
    return {a: near[a] for a in (*barely[:3], *others[:3])}


INSIDE = inside()


def to_heal(count: int, *, alone: bool = True) -> list[Architecture]:
    return ToHeal(OWN, predicted, LIMIT, shares, alone)(INSIDE, count)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_there_are_as_many_as_asked_one_with_room_and_all_likely_to_keep_the_limit_again(count: int) -> None:
    found = shares(to_heal(count))
    assert len(found) == count
    assert min(found.values()) <= WITH_ROOM
    assert max(found.values()) <= LIKELY


def test_more_of_them_use_the_limit_up_than_did_before() -> None:
    def near(taken: dict[Architecture, float]) -> int:
        return sum(WITH_ROOM < share <= LIKELY for share in taken.values())

    assert near(shares(to_heal(5))) > near(INSIDE)


def test_of_several_one_is_made_of_the_largest_whose_layers_are_narrowed_alike() -> None:
    def within(some: list[Architecture]) -> list[Architecture]:
        return [a for a, share in shares(some).items() if share <= LIKELY]

    alike = narrowed_alike(OWN, predicted, LIMIT, within)
    assert alike is not None
    assert to_heal(2)[1] == Fitting(OWN, predicted, LIKELY * LIMIT, within).widened(alike)


def test_beside_other_limits_those_that_were_evaluated_stay_as_they_are() -> None:
    found = to_heal(4, alone=False)
    assert set(found) <= INSIDE.keys()
    assert INSIDE[found[0]] <= WITH_ROOM
    assert found[1:] == [a for a in INSIDE if a != found[0]][:3]
