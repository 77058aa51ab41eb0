import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.predictors import feature_names, features, with_traced_features
from hwnas.predictors._counting import count
from hwnas.predictors._lookup import Lookup
from hwnas.predictors._traced import _Tracing
from hwnas.spaces.micro_cell import micro_cell


class Small(nn.Module):
    """One or two convolutions of some width, then a classifier: neighbours depend on one another's widths."""

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        width = int(a["width"])
        self.blocks = nn.Sequential(nn.Conv2d(3, width, 3, padding=1))
        if "kernel" in a:
            kernel = int(a["kernel"])
            self.blocks.append(nn.Conv2d(width, width, kernel, padding=kernel // 2, groups=width))
        self.head = nn.Linear(width, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.head(torch.relu(self.blocks(x)).mean(dim=(2, 3)))
        return out


def small_space() -> SearchSpace:
    choices = [Choice("width", (4, 8, 12)), Choice("depth", (1, 2)), Choice("kernel", (1, 5), {"depth": (2,)})]
    return SearchSpace(choices, build=Small, inputs=[InputSpec("x", (3, 6, 6))])


def test_one_network_is_counted_as_by_hand() -> None:
    found = count(small_space(), Architecture({"width": 8, "depth": 2, "kernel": 5}))
    assert found["blocks.0", "conv3_macs"] == 36 * 8 * 3 * 9
    assert found["blocks.1", "depthwise5_macs"] == 36 * 8 * 25
    assert found["head", "matmul_macs"] == 8 * 4
    assert found["blocks.0", "params"] == 8 * 3 * 9 + 8
    assert found["blocks.1", "bytes"] == 4 * (36 * 8 * 2 + 8 * 25 + 8)
    assert found["blocks.1", "operations"] == 1


def test_traced_figures_are_exact_for_architectures_never_traced() -> None:
    space, found = with_traced_features(micro_cell())
    assert found.error == 0
    assert found.traces < 60
    genomes = space.sample(200, np.random.default_rng(1))
    costs, columns = micro_cell().costs(genomes), np.array(found.names)
    macs = found(genomes)[:, np.char.endswith(columns, "_macs")].sum(axis=1)
    params = found(genomes)[:, np.char.endswith(columns, ".params")].sum(axis=1)
    np.testing.assert_array_equal(macs, costs["macs"])
    np.testing.assert_array_equal(params, costs["params"])


def test_what_micro_cell_says_tells_all_that_tracing_would() -> None:
    """Multiply-adds, bytes and parameters per stage and kind are sums of what its features count."""
    space, found = with_traced_features(micro_cell())
    genomes = space.sample(200, np.random.default_rng(1))
    assert micro_cell().features is not None
    own = np.column_stack([np.ones(len(genomes)), micro_cell().features(genomes)])  # type: ignore[misc]
    traced = found(genomes)
    solution = np.linalg.lstsq(own, traced, rcond=None)[0]
    np.testing.assert_allclose(own @ solution, traced, rtol=1e-6, atol=1e-6)


def test_a_space_that_says_nothing_is_traced_for_its_features() -> None:
    space = small_space()
    genomes = space.sample(10, np.random.default_rng(0))
    shown = features(space, genomes)
    names = feature_names(space)
    assert shown.shape == (10, len(names))
    width = np.array([4, 8, 12])[genomes[:, 0]]
    np.testing.assert_array_equal(shown[:, names.index("head.matmul_macs")], 4 * width)
    kernel = np.where(genomes[:, 1] == 1, np.array([1, 5])[genomes[:, 2]], 0)
    deep = shown[:, names.index("blocks.1.depthwise5_macs")]
    np.testing.assert_array_equal(deep, np.where(kernel == 5, 36 * width * 25, 0))


def test_combinations_too_many_to_see_are_estimated_and_the_error_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six widths of one matrix product: 729 combinations, 40 traces."""
    monkeypatch.setattr("hwnas.predictors._traced._TRACES", 40)
    choices = [Choice(f"width{i}", (1, 2, 3)) for i in range(6)]

    def build(a: Architecture) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(5, sum(int(a[c.name]) for c in choices)))

    _, found = with_traced_features(SearchSpace(choices, build=build, inputs=[InputSpec("x", (5,))]))
    assert found.error < 1e-9  # params and multiply-adds add up here, so least squares is right

    def product(a: Architecture) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(5, int(np.prod([int(a[c.name]) for c in choices]))))

    _, found = with_traced_features(SearchSpace(choices, build=product, inputs=[InputSpec("x", (5,))]))
    assert found.error > 0.05


def test_a_block_with_more_combinations_than_memory_holds_is_a_sum_over_its_choices() -> None:
    """A head that sees all of 40 layers: 2 to the power of 80 combinations."""
    choices = [Choice(f"layer{i}", (1, 2, 4, 8)) for i in range(40)]

    def build(a: Architecture) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(5, sum(int(a[c.name]) for c in choices)))

    space = SearchSpace(choices, build=build, inputs=[InputSpec("x", (5,))])
    space, found = with_traced_features(space)
    assert found.error < 1e-9
    genomes = space.sample(50, np.random.default_rng(1))
    shown, names = features(space, genomes), feature_names(space)
    widths = np.array([1, 2, 4, 8])[genomes].sum(axis=1)
    np.testing.assert_allclose(shown[:, names.index("1.matmul_macs")], 5 * widths)


def test_a_figure_that_no_trace_showed_counts_as_an_error() -> None:
    def build(_: Architecture) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(5, 4))

    space = SearchSpace([Choice("w", (4, 5))], build=build, inputs=[InputSpec("x", (5,))])
    tracing = _Tracing(space, np.random.default_rng(0))
    assert tracing._error(Lookup(np.array([24.0]), ()), ["1.params"], np.array([[0], [1]])) == 1


def test_networks_that_do_not_take_their_inputs_are_named() -> None:
    space = SearchSpace([Choice("w", (2, 3))], build=lambda a: nn.Linear(4, int(a["w"])), inputs=[InputSpec("x", (5,))])
    with pytest.raises(InputError, match="inputs"):
        with_traced_features(space)
    assert features(space, np.array([[0], [1]])).shape == (2, 2)  # its genes have to do


def test_every_combination_of_a_block_is_traced_while_the_budget_lasts() -> None:
    space = small_space()
    for budget, combinations in ((100, 6), (3, 3)):
        tracing = _Tracing(space, np.random.default_rng(0))
        tracing.trace(space.canonical(np.zeros((1, 3), dtype=np.int64))[0])
        tracing._cover({"block": np.array([0, 1])}, {"block": 6}, budget)
        assert len({tuple(genome[:2]) for genome in tracing.genomes}) == combinations
