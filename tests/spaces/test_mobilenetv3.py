import numpy as np
import pytest
import torch

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces._depthwise import DepthwiseConv2d
from hwnas.spaces.mobilenetv3 import mobilenetv3
from hwnas.testing.spaces import traced_costs
from tests.small_spaces import SMALL


def traced(space: SearchSpace, architecture: Architecture) -> dict[str, int]:
    """Costs counted while the network runs without values."""
    assert space.build is not None
    with torch.device("meta"):
        network = space.build(architecture)
    return traced_costs(network, (torch.empty(1, *spec.shape, device="meta") for spec in space.inputs))


def test_the_full_size_space_has_as_many_architectures_as_its_depths_allow() -> None:
    per_stage = sum(9**depth for depth in (2, 3, 4))
    assert mobilenetv3().count() == per_stage**5 == 7371**5


def test_the_full_size_network_builds_and_costs_what_its_ledger_says() -> None:
    space = mobilenetv3()
    assert space.costs is not None
    for architecture in (space.smallest, space.largest):
        ledger = space.costs(space.encode(architecture)[None])
        assert {k: v[0] for k, v in ledger.items()} == traced(space, architecture)


def test_costs_hold_for_odd_sizes_strides_and_a_stem_as_wide_as_its_input() -> None:
    space = mobilenetv3(
        **{**SMALL["mobilenetv3"], "input_shape": (4, 9, 7), "stage_strides": (3, 2), "first_block": False}
    )
    assert space.costs is not None
    genomes = space.sample(4, np.random.default_rng(0))
    ledger = space.costs(genomes)
    for i, genome in enumerate(genomes):
        assert {k: v[i] for k, v in ledger.items()} == traced(space, space.decode(genome))


def test_the_chosen_depth_kernels_and_expansions_are_those_of_the_network() -> None:
    space = mobilenetv3(**SMALL["mobilenetv3"])
    assert space.build is not None
    architecture = space.architecture({**space.smallest, "stage2.block2.kernel": 7, "stage2.block1.expansion": 6})
    with torch.device("meta"):
        network = space.build(architecture)
    layers = {n.rpartition(".conv")[0]: m for n, m in network.named_modules() if isinstance(m, DepthwiseConv2d)}
    assert layers["stages.1.blocks.1.depthwise"].kernel_size == (7, 7)
    assert layers["stages.1.blocks.0.depthwise"].in_channels == 6 * 4
    assert [sum(n.startswith(f"stages.{s}.") for n in layers) for s in range(2)] == [2, 2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"stage_widths": (8, 0)},
        {"stage_widths": "wide"},
        {"stage_strides": (1, 2, 2)},
        {"stage_activations": ("relu", "softmax")},
        {"input_shape": (28, 28)},
        {"classes": -1},
        {"classes": 2.5},
        {"first_block": 1},
        {"stage_widths": (), "stage_strides": (), "stage_activations": (), "squeeze_excite": ()},
    ],
)
def test_settings_that_make_no_network_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"^Space 'mobilenetv3' .* got "):
        mobilenetv3(**{**SMALL["mobilenetv3"], **wrong})


def test_features_are_the_costs_stage_by_stage_and_by_kernel_and_the_depths() -> None:
    space = mobilenetv3(**SMALL["mobilenetv3"])
    assert space.features is not None
    assert space.costs is not None
    genomes = space.sample(6, np.random.default_rng(0))
    columns = dict(zip(space.feature_names or (), space.features(genomes).T, strict=True))
    assert [columns[f"stage{s}.depth"].tolist() for s in (1, 2)] == [
        [space.decode(genome)[f"stage{s}.depth"] for genome in genomes] for s in (1, 2)
    ]
    for s in (1, 2):
        of_kernels = sum(columns[f"stage{s}.depthwise{kernel}_macs"] for kernel in (3, 5, 7))
        np.testing.assert_allclose(of_kernels, columns[f"stage{s}.depthwise_macs"])
    figures = ("expand_macs", "depthwise_macs", "project_macs", "excite_macs")
    blocks = sum(columns[f"stage{s}.{figure}"] for s in (1, 2) for figure in figures)
    around = space.costs(genomes)["macs"] - blocks
    np.testing.assert_allclose(around, around[0])  # stem and head, whatever stands between
