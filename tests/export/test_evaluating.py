"""Every layer gets its own mode again, also after an error."""

import pytest
from torch import nn

from hwnas.export._evaluating import evaluating


def test_modes_come_back_each_as_it_was() -> None:
    network = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout()).train()
    network[0].eval()
    with pytest.raises(ValueError, match="on the way"), evaluating(network):
        assert not any(layer.training for layer in network.modules())
        raise ValueError("on the way")
    assert [layer.training for layer in network.modules()] == [True, False, True]
