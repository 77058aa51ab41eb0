"""The network that training and evaluation are tested with offers two options of everything."""

from hwnas.testing._own_cnn import example, own_cnn, own_space, randomise


def test_its_space_has_two_options_of_each_of_four_choices() -> None:
    assert own_space().count() == 2**4
    assert dict(own_space().largest) == {"depth": 2, "width": 6, "kernel": 5, "pool": "learnt"}


def test_no_value_of_a_supernet_is_left_at_nought() -> None:
    supernet = own_cnn()
    randomise(supernet)
    floats = {name: tensor for name, tensor in supernet.shared.items() if tensor.is_floating_point()}
    assert not [name for name, tensor in floats.items() if (tensor == 0).any()]
    assert all(bool((tensor > 0).all()) for name, tensor in floats.items() if name.endswith("running_var"))
    assert example(supernet, 3).shape == (3, 1, 8, 8)
