"""What sub-networks of the small U-Net cost, by hand, and that they look at the time."""

import torch

from hwnas.spaces.micro_unet import micro_unet

SPACE = micro_unet()


def test_a_unit_costs_two_convolutions_and_a_map_of_the_time() -> None:
    largest = dict(SPACE.largest)
    assert SPACE.costs is not None
    costs = SPACE.costs(SPACE.encode_many([largest, {**largest, "middle.depth": 1}, {**largest, "up1.width": 0.25}]))
    whole, shallower, narrower = costs["macs"]
    assert whole - shallower == 2 * 9 * 32 * 32 * 4 * 4 + 32 * 32
    assert whole - narrower == 2 * (2 * 9 * 16 * 12 * 8 * 8 + 32 * 12)


def test_depths_and_widths_of_five_blocks_are_free_of_each_other() -> None:
    assert SPACE.count() == (2 * 4) ** 5


def test_what_is_noise_depends_on_the_time() -> None:
    assert SPACE.build is not None
    network, images = SPACE.build(SPACE.smallest), torch.randn(1, 1, 8, 8).expand(2, -1, -1, -1)
    with torch.no_grad():
        early, late = network(images, torch.tensor([[0.1], [0.9]]))
    assert early.shape == (1, 8, 8)
    assert not torch.allclose(early, late)
