import warnings
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.supernet import Supernet

INPUTS = [InputSpec("x", (6,))]
DEPTH = Choice("depth", (1, 2, 3))


def blocks(n: int) -> list[nn.Module]:
    return [nn.Linear(6, 6) for _ in range(n)]


def test_a_list_that_loses_its_last_elements_is_fine() -> None:
    def build(a: Mapping[str, object]) -> nn.Module:
        return nn.Sequential(nn.Sequential(*blocks(3)[: int(str(a["depth"]))]), nn.Linear(6, 2))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Supernet.from_builder(build, [DEPTH], INPUTS)


def test_a_flat_list_in_which_what_stands_behind_the_blocks_moves_up_is_refused() -> None:
    def build(a: Mapping[str, object]) -> nn.Module:
        return nn.Sequential(*blocks(3)[: int(str(a["depth"]))], nn.Linear(6, 2))

    with pytest.raises(InputError, match="removes other elements than its last ones"):
        Supernet.from_builder(build, [DEPTH], INPUTS)


def test_two_choices_that_shorten_one_list_are_warned_of() -> None:
    def build(a: Mapping[str, object]) -> nn.Module:
        return nn.Sequential(*blocks(int(str(a["first"]))), *blocks(int(str(a["second"]))))

    with pytest.warns(UserWarning, match="so does choice 'first'"):
        Supernet.from_builder(build, [Choice("first", (1, 2)), Choice("second", (1, 2))], INPUTS)


def test_options_from_the_largest_to_the_smallest_are_refused_unless_they_have_no_order() -> None:
    def build(a: Mapping[str, object]) -> nn.Module:
        return nn.Linear(6, int(str(a["width"])))

    with pytest.raises(InputError, match="'width' lists its options from the largest network to the smallest"):
        Supernet.from_builder(build, [Choice("width", (16, 8, 4))], INPUTS)
    Supernet.from_builder(build, [Choice("width", (16, 8, 4), ordered=False)], INPUTS)


def test_a_choice_that_changes_nothing_is_warned_of() -> None:
    def build(_: Mapping[str, object]) -> nn.Module:
        return nn.Linear(6, 2)

    with pytest.warns(UserWarning, match="Choice 'resolution' changes nothing"):
        Supernet.from_builder(build, [Choice("resolution", (20, 28))], INPUTS)


class Scaled(nn.Linear):
    """Its factor is nowhere to be seen but in what it answers."""

    def __init__(self, factor: float) -> None:
        super().__init__(6, 2)
        self.hidden = [factor]

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * self.hidden[0]


def test_a_choice_that_shows_only_in_the_answers_is_none_that_changes_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        supernet = Supernet.from_builder(lambda a: Scaled(float(a["factor"])), [Choice("factor", (1, 2))], INPUTS)
    x = torch.ones(1, 6)
    outs = [supernet(x, a) for a in (supernet.space.smallest, supernet.space.largest)]
    assert torch.equal(2 * outs[0], outs[1])


class Named(Scaled):
    """It answers under a name, as models of Hugging Face do."""

    def forward(self, x: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
        return {"logits": super().forward(x), "hidden": x}


def test_networks_that_answer_under_a_name_are_compared_by_that_answer() -> None:
    with pytest.warns(UserWarning, match="Choice 'resolution' changes nothing"):
        Supernet.from_builder(lambda _: Named(1), [Choice("resolution", (20, 28))], INPUTS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Supernet.from_builder(lambda a: Named(float(a["factor"])), [Choice("factor", (1, 2))], INPUTS)
