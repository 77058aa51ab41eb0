"""What shrinking saves, by hand."""

import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.elasticity.elastic import elastic
from hwnas.elasticity.table import choice_rows, left_out_rows, sub_network_rows
from tests.plugged import tiny_space


def test_parameters_and_multiply_adds_are_those_of_two_layers_around_the_width() -> None:
    torch.manual_seed(0)
    space = elastic(nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2)).eval(), torch.randn(2, 4)).space
    ((_, options, fewer_parameters, fewer_macs),) = choice_rows(space)
    widths = [int(width) for width in options.split(", ")]
    least, most = widths[0], widths[-1]
    assert most == 16
    assert least < most
    assert fewer_parameters == f"{1 - (7 * least + 2) / (7 * most + 2):.1%}"  # 4 w + w, and 2 w + 2
    assert fewer_macs == f"{1 - least / most:.1%}"  # 4 w + 2 w
    smallest, _, largest = sub_network_rows(space)
    assert smallest == ("smallest", f"{7 * least + 2}", f"{6 * least / 1e6:.3g} M")
    assert largest == ("largest", "114", "9.6e-05 M")
    assert all(int(size) > 0 and why for _, size, why in left_out_rows(space))


def test_a_space_that_does_not_know_its_costs_has_no_such_table() -> None:
    space = tiny_space()
    space.costs = None
    with pytest.raises(InputError, match="does not know its costs"):
        sub_network_rows(space)
