import pytest

from hwnas.contracts.errors import InputError
from hwnas.sharing.hypernetwork import HypernetworkSharing
from hwnas.testing._own_cnn import own_space
from hwnas.training.smash import smash

SPACE = own_space()


def test_weights_are_made_by_a_hypernetwork_of_so_many_units() -> None:
    sharing = smash(SPACE, units=3).sharing
    assert isinstance(sharing, HypernetworkSharing)
    assert sharing.settings["units"] == 3


def test_no_units_are_refused() -> None:
    with pytest.raises(InputError, match="units of at least 1"):
        smash(SPACE, units=0)
