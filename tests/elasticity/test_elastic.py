"""Any trained network as a supernet: what comes out of it is that network, or a smaller one of its class."""

import json
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.contracts.stages import stage_of
from hwnas.contracts.task import Examples
from hwnas.elasticity._importance import Importance
from hwnas.elasticity.elastic import elastic
from hwnas.evaluation.calibration import calibrated
from hwnas.pipeline.open import load_supernet
from hwnas.predictors._counting import count
from hwnas.spaces._elastic import elastic_space
from hwnas.supernet import Supernet
from tests.elasticity.networks import Attention, Blocks, Cnn, Dense, Depthwise
from tests.elasticity.traps import Bare
from tests.elasticity.zeroing import zeroed

IMAGES = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
WORDS = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(0))
NETWORKS: dict[str, tuple[Callable[[], nn.Module], Tensor, dict[str, int]]] = {
    "cnn": (Cnn, IMAGES, {"stem.width": 8, "block.first.width": 12, "down.width": 16, "hidden.width": 24}),
    "attention": (Attention, WORDS, {"query.heads": 3}),
    "depthwise": (Depthwise, IMAGES, {"expand.width": 16, "reduce.width": 4, "project.groups": 3}),
    "blocks": (
        Blocks,
        IMAGES,
        {
            "body.0.kept": True,
            "body.1.kept": True,
            "stem.width": 6,
            "body.0.expand.width": 8,
            "body.1.expand.width": 9,
            "body.0.depthwise.kernel": 5,
            "body.1.depthwise.kernel": 7,
            "body.2.width": 6,
        },
    ),
    "dense": (Dense, IMAGES, {"first.width": 6, "second.width": 5, "up.width": 4, "third.width": 8}),
}


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


every_network = pytest.mark.parametrize("name", NETWORKS)


def partly_frozen() -> Cnn:
    network = Cnn().eval()
    network.stem.requires_grad_(requires_grad=False)
    return network


def test_a_network_of_which_a_part_is_frozen_still_is_the_original(tmp_path: Path) -> None:
    supernet = elastic(partly_frozen(), IMAGES)
    supernet.save(tmp_path)
    for one in (supernet, load_supernet(tmp_path, model=partly_frozen())):
        assert one.untouched
        assert not one.extract(one.space.smallest).stem.weight.requires_grad  # type: ignore[union-attr]
        assert one.extract(one.space.smallest).head.weight.requires_grad  # type: ignore[union-attr]
    with torch.no_grad():
        supernet.shared["stem.weight"][0] = 0
    assert not supernet.untouched


@cache
def network_of(name: str) -> nn.Module:
    torch.manual_seed(0)
    network = NETWORKS[name][0]().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean, module.running_var = (
                torch.randn(module.num_features),
                torch.rand(module.num_features) + 0.5,
            )
    return network


@cache
def supernet_of(name: str) -> Supernet:
    return elastic(network_of(name), NETWORKS[name][1])


@every_network
def test_all_that_can_shrink_is_offered(name: str) -> None:
    assert {c.name: c.options[-1] for c in supernet_of(name).space.choices} == NETWORKS[name][2]


@every_network
def test_the_largest_sub_network_is_the_users_network_bit_for_bit(name: str) -> None:
    supernet, x = supernet_of(name), NETWORKS[name][1]
    with torch.no_grad():
        expected = network_of(name)(x)
        assert torch.equal(supernet(x, supernet.space.largest), expected)
        assert torch.equal(supernet.extract(supernet.space.largest)(x), expected)


@every_network
def test_a_smaller_sub_network_is_what_zeros_leave_of_the_users(name: str) -> None:
    """Of the entries and blocks that go, every weight is made 0 in a copy of the whole network."""
    supernet, x = supernet_of(name), NETWORKS[name][1]
    space, rng = supernet.space, np.random.default_rng(0)
    for architecture in (space.smallest, space.middle, *map(space.decode, space.sample(6, rng))):
        with torch.no_grad():
            expected = zeroed(supernet, architecture)(x)
            torch.testing.assert_close(supernet.extract(architecture)(x), expected, rtol=1e-4, atol=1e-5)


@every_network
def test_sub_networks_are_of_the_users_class_and_say_their_own_sizes(name: str) -> None:
    supernet = supernet_of(name)
    smaller = supernet.extract(supernet.space.smallest)
    assert type(smaller) is type(network_of(name))
    assert {type(m) for m in smaller.modules()} <= {type(m) for m in network_of(name).modules()}
    assert sum(p.numel() for p in smaller.parameters()) < sum(p.numel() for p in network_of(name).parameters())
    for module in smaller.modules():
        if isinstance(module, nn.Linear):
            assert tuple(module.weight.shape) == (module.out_features, module.in_features)
        if isinstance(module, nn.Conv2d):
            assert tuple(module.weight.shape[:2]) == (module.out_channels, module.in_channels // module.groups)


@every_network
def test_a_supernet_of_a_network_given_in_python_is_loaded_with_it(name: str, tmp_path: Path) -> None:
    supernet, x = supernet_of(name), NETWORKS[name][1]
    supernet.save(tmp_path)
    again = Supernet.load(tmp_path, model=NETWORKS[name][0]().eval())
    with torch.no_grad():
        for architecture in (supernet.space.largest, supernet.space.smallest):
            assert torch.equal(again(x, architecture), supernet(x, architecture))
    assert again.digest() == supernet.digest()
    with pytest.raises(InputError, match="given in Python; pass it again"):
        Supernet.load(tmp_path)
    with pytest.raises(InputError, match="another one than was made elastic"):
        Supernet.load(tmp_path, model=nn.Linear(2, 2))


@every_network
def test_costs_are_those_of_the_networks(name: str) -> None:
    """Counted while one runs, by module; of the attention also its two products without weights."""
    space = supernet_of(name).space
    assert space.costs is not None
    for architecture in (space.smallest, space.middle, space.largest):
        costs = {figure: int(values[0]) for figure, values in space.costs(space.encode(architecture)[None]).items()}
        expected = counted(supernet_of(name).extract(architecture), NETWORKS[name][1][:1])
        if name == "attention":
            expected["macs"] += 2 * 5 * 5 * 3 * 2 * int(architecture["query.heads"])
        assert costs == expected


@every_network
def test_features_are_what_a_network_does_in_every_stage(name: str) -> None:
    """As counted while one runs; kinds of convolutions are those of the whole kernels."""
    space = supernet_of(name).space
    assert space.features is not None
    for architecture in (space.smallest, space.middle, space.largest):
        told = dict(zip(space.feature_names, space.features(space.encode(architecture)[None])[0], strict=True))
        told_in_stages = in_stages({tuple(figure.rpartition(".")[::2]): value for figure, value in told.items()})
        expected = in_stages(count(space, architecture))
        if name == "attention":  # PyTorch counts products of heads when they are computed one by one
            for each in (told_in_stages, expected):
                each.pop(("", "bytes"))
        assert told_in_stages == expected


def in_stages(figures: Mapping[tuple[str, ...], float]) -> dict[tuple[str, str], float]:
    """Sums over all kinds of multiply-adds of a stage; without the number of operations, of which an exported graph has
    others.
    """
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for (place, figure), value in figures.items():
        sums[stage_of(place), "macs" if figure.endswith("_macs") else figure] += value
    return {key: value for key, value in sums.items() if value and key[1] != "operations"}


def counted(network: nn.Module, x: Tensor) -> dict[str, int]:
    macs = 0

    def count(module: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> None:
        nonlocal macs
        if isinstance(module, nn.ConvTranspose2d):
            macs += module.weight[0].numel() * given[0].numel()
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            macs += module.weight[0].numel() * out.numel()

    for module in network.modules():
        module.register_forward_hook(count)
    with torch.no_grad():
        network(x)
    return {"macs": macs, "params": sum(p.numel() for p in network.parameters())}


def test_a_structure_of_an_earlier_version_keeps_its_costs_and_has_no_features() -> None:
    space = supernet_of("cnn").space
    structure = dict(cast("Mapping[str, object]", space.parameters["structure"]))
    work = cast("list[list[object]]", structure.pop("work"))
    structure["macs"] = [term for figure, *term in work if str(figure).endswith("_macs")]
    earlier, genomes = elastic_space(Cnn(), structure=structure), space.sample(5, np.random.default_rng(0))
    assert space.costs is not None
    assert earlier.costs is not None
    np.testing.assert_equal(earlier.costs(genomes), space.costs(genomes))
    assert earlier.features is None


def test_a_structure_that_does_not_say_what_the_network_does_is_refused() -> None:
    structure = dict(cast("Mapping[str, object]", supernet_of("cnn").space.parameters["structure"]))
    del structure["work"]
    with pytest.raises(InputError, match="Expected a structure as"):
        elastic_space(Cnn(), structure=structure)


class Scaled(nn.Module):
    """Looks up words and scales what it finds, without a multiply-add."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.norm = nn.Embedding(9, 8), nn.BatchNorm1d(8)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.words(x).mean(1)).relu().sum(1, keepdim=True)


def test_a_network_without_multiply_adds_has_none() -> None:
    space = elastic(Scaled().eval(), torch.arange(6).view(2, 3)).space
    assert space.costs is not None
    costs = space.costs(space.encode_many([space.smallest, space.largest]))
    assert costs["macs"].tolist() == [0, 0]
    assert costs["params"].tolist() == [2 * (9 + 2), 8 * (9 + 2)]


class Pooled(nn.Module):
    """Sums bags of words, which is done over all of them at once, sorts what it has, takes an entry of each example by
    its number, and multiplies by einsum.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words, self.inner = nn.EmbeddingBag(9, 4), nn.Linear(4, 8)
        self.last = nn.Parameter(torch.randn(8, 2, 3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.inner(self.words(x).sort(1)[0]).unsqueeze(1)
        return torch.einsum("nc,cho->no", x[torch.arange(len(x)), torch.zeros(len(x), dtype=torch.int64)], self.last)


def test_multiply_adds_are_those_of_one_example_behind_whatever_is_done() -> None:
    space = elastic(Pooled().eval(), torch.arange(6).view(2, 3)).space
    assert space.costs is not None
    costs = space.costs(space.encode_many([space.smallest, space.largest]))
    assert costs["macs"].tolist() == [2 * (4 + 3), 8 * (4 + 3)]


def test_a_space_tells_what_was_found_and_what_was_left_and_why() -> None:
    told = str(supernet_of("cnn").space)
    assert "stem.width: 2, 3, 4, 5, 6, 7, 8" in told
    params = sum(p.numel() for p in network_of("cnn").parameters())
    assert f"largest: {params:,} parameters" in told
    assert "left: head.width: it is an output of the network" in told


def test_a_space_made_of_an_elastic_one_tells_of_that_and_of_its_own_choices() -> None:
    supernet = supernet_of("cnn")
    told = str(supernet.with_bits("block").with_input_sizes(resolution=[6]).space).splitlines()
    assert told[0].endswith("architectures), made of")
    assert [line for line in told if line in str(supernet.space).splitlines()] == str(supernet.space).splitlines()
    assert told[-1].startswith("and resolution: 6, ")
    assert any(line.startswith("and bits.") for line in told)


def test_what_is_handed_on_names_no_folder_of_this_machine() -> None:
    class Sorted(Cnn):
        """With an operation that is not known."""

        def forward(self, x: Tensor) -> Tensor:
            return torch.sort(super().forward(x), 1)[0]

    told = json.dumps(elastic(Sorted().eval(), IMAGES).space.parameters)
    assert "operation sort is not known (tests/elasticity/test_elastic.py, line" in told
    assert str(Path.home()) not in told
    assert str(Path(__file__).parents[2]) not in told


def test_it_is_explained_that_the_best_entries_are_kept() -> None:
    told = {row.name: row.cuts for row in supernet_of("blocks").explain().rows}
    assert told["body.0.expand.weight"] == ("best", "best", "all", "all")
    assert told["body.0.depthwise.weight"] == ("best", "all", "centre", "centre")


def test_a_supernet_of_a_file_is_loaded_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from tests.elasticity.networks import Cnn\n\ndef net():\n    return Cnn()\n")
    supernet = elastic(f"{file}:net", IMAGES)
    supernet.save(tmp_path / "saved")
    again = Supernet.load(tmp_path / "saved")
    with torch.no_grad():
        assert torch.equal(again(IMAGES, again.space.largest), supernet(IMAGES, supernet.space.largest))


def test_the_users_network_is_left_as_it_was() -> None:
    network = Cnn().eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    supernet = elastic(network, IMAGES)
    with torch.no_grad():
        for parameter in supernet.parameters.values():
            parameter.zero_()
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert network.stem.out_channels == 8


def test_the_most_important_entries_are_kept() -> None:
    network = Cnn().eval()
    strong = [1, 4, 7, 8, 20, 23]
    with torch.no_grad():
        network.hidden.weight[strong] *= 100
    supernet = elastic(network, IMAGES)
    architecture = supernet.space.architecture({**supernet.space.largest, "hidden.width": 6})
    kept = supernet.extract(architecture).hidden.weight
    assert torch.equal(kept, network.hidden.weight[strong])


@pytest.mark.parametrize("importance", ["taylor", "activation"])
def test_importance_is_learnt_from_data(importance: str) -> None:
    """Entries that nothing reads have no importance, however large their weights."""
    network = Cnn().eval()
    unread = list(range(0, 24, 2))
    with torch.no_grad():
        network.hidden.weight[unread] *= 100
        network.hidden.bias[:] = 1
        network.hidden.bias[unread] = -1e6
    supernet = elastic(
        network,
        IMAGES,
        importance=importance,  # type: ignore[arg-type]
        batches=[(IMAGES, torch.tensor([0, 1]))],
        only=["hidden", "head"],
    )
    kept = supernet.extract(supernet.space.smallest).head.weight
    order = supernet.sharing.state()["orders"]["hidden.width"]  # type: ignore[index]
    assert kept.shape == (3, 6)
    assert not set(order[:6]) & set(unread)
    with pytest.raises(InputError, match="needs data"):
        elastic(network, IMAGES, importance=importance)  # type: ignore[arg-type]


def test_entries_that_no_layer_reads_are_ranked_by_their_weights() -> None:
    network, x = Bare().eval(), torch.randn(3, 5, 4)

    def orders(importance: Importance) -> object:
        return elastic(network, x, importance=importance, batches=[(x, x)]).sharing.state()["orders"]

    assert orders("activation") == orders("l2")


def test_what_is_kept_or_not_among_only_is_not_offered() -> None:
    def offered(**patterns: list[str]) -> set[str]:
        return set(elastic(Cnn().eval(), IMAGES, **patterns).space.names)  # type: ignore[arg-type]

    assert offered(keep=["block.*"]) == {"down.width", "hidden.width"}
    assert offered(only=["block.*"]) == {"stem.width", "block.first.width"}
    for patterns in ({"keep": ["block"]}, {"only": ["block"]}):  # with all that is within it
        assert offered(**patterns) == offered(**{name: ["block.*"] for name in patterns})


@pytest.mark.parametrize("name", ["keep", "only"])
def test_a_pattern_that_names_no_module_is_refused(name: str) -> None:
    said = {name: ["head", "blocks.*"]}
    with pytest.raises(InputError, match=rf"named 'blocks\.\*', as `{name}` says; there are, nearest first: block"):
        elastic(Cnn().eval(), IMAGES, **said)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=rf"`{name}` is a list of patterns, got 'head'"):
        elastic(Cnn().eval(), IMAGES, **{name: "head"})  # type: ignore[arg-type]


def test_widths_are_multiples_of_what_the_device_likes() -> None:
    for choice in elastic(Cnn().eval(), IMAGES, multiple_of=4).space.choices:
        assert all(int(option) % 4 == 0 for option in choice.options)
    with pytest.raises(InputError, match=r"can shrink: .* x no smaller width is a multiple of 1000"):
        elastic(Cnn().eval(), IMAGES, multiple_of=1000)


def test_gradients_reach_the_entries_in_use_and_no_others() -> None:
    supernet = elastic(Cnn().eval(), IMAGES)
    supernet(IMAGES, supernet.space.smallest).square().sum().backward()
    gradient = supernet.parameters["hidden.weight"].grad
    assert gradient is not None
    assert int(gradient.abs().sum(1).count_nonzero()) <= int(supernet.space.smallest["hidden.width"])
    assert gradient.abs().sum() > 0


class Fixed(nn.Module):
    """Nothing lies between its input and its output."""

    def __init__(self) -> None:
        super().__init__()
        self.only = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.only(x)
        return out


class Random(Fixed):
    """It answers otherwise each time."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + torch.rand(())


class Branching(Fixed):
    """It looks at values."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if x.sum() > 0 else -x)


class Picky(Fixed):
    """It takes one type of numbers."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype != torch.float32:
            raise TypeError(x.dtype)
        return super().forward(x)


class Undefined(Fixed):
    """It divides by nothing."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * 0 / 0


@dataclass
class Answer:
    """PyTorch was not told of it."""

    logits: Tensor


class Answering(Fixed):
    """It gives an object of its own."""

    def forward(self, x: Tensor) -> Answer:  # type: ignore[override]
        return Answer(super().forward(x))


def without_values() -> nn.Module:
    with torch.device("meta"):
        return Fixed().eval()


@torch.inference_mode()
def of_inference() -> nn.Module:
    return Fixed().eval()


def in_integers() -> nn.Module:
    with warnings.catch_warnings(action="ignore"):  # PyTorch is about to drop what many have stored
        return nn.Sequential(Fixed(), torch.ao.nn.quantized.Linear(3, 3)).eval()


def exported() -> nn.Module:
    return torch.export.export(Fixed().eval(), (torch.randn(2, 4),)).module()


class Autocast(Fixed):
    """It chooses its precision itself."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return super().forward(x)


@pytest.mark.parametrize(
    ("network", "inputs", "said"),
    [
        (Cnn().train(), IMAGES, "evaluation mode"),
        (Fixed().eval(), torch.randn(2, 4), "Nothing of the network Fixed can shrink.*an output of the network"),
        (Random().eval(), torch.randn(2, 4), "other outputs each time"),
        (Undefined().eval(), torch.randn(2, 4), "outputs for the example inputs are not finite"),
        (Branching().eval(), torch.randn(2, 4), r"cannot be exported.*elastic\(model.backbone"),
        (Cnn().eval(), torch.randn(2, 3, 8, 8), "fails on inputs of"),
        (Cnn().eval(), torch.randn(2, 1, 8, 8).double(), "float32 or int64, got torch.float64; convert it\\.$"),
        (Fixed().half().eval(), torch.randn(2, 4).half(), "convert it, and the network by its float"),
        (Picky().eval(), torch.randn(2, 4), r"does not run in double precision, .* at .*TypeError: torch.float64"),
        (Autocast().eval(), torch.randn(2, 4), "computes a part of itself by autocast"),
        (nn.DataParallel(Fixed()).eval(), torch.randn(2, 4), "pass the one in its `module`"),
        (torch.jit.ScriptModule().eval(), torch.randn(2, 4), "compiled from"),
        (exported(), torch.randn(2, 4), "torch.export gave"),
        (in_integers(), torch.randn(2, 4), "holds integers.*--bits"),
        (Answering().eval(), torch.randn(2, 4), "gives 'Answer', in which PyTorch sees no tensor"),
        (without_values(), torch.randn(2, 4), "on the meta device.*load its weights first"),
        (of_inference(), torch.randn(2, 4), "was made in inference mode"),
        (Fixed().bfloat16().eval(), torch.randn(2, 4), r"should be float32, got torch.bfloat16; .* float\(\)"),
        (Cnn().eval(), [], "Example inputs are tensors"),
        (Cnn().eval(), {"y": IMAGES}, "forward takes just these"),
        (nn.Flatten().eval(), IMAGES, "no parameters"),
        (lambda x: x, IMAGES, "A network is an nn.Module"),
        (
            Cnn().eval().requires_grad_(requires_grad=False),
            IMAGES,
            r"All parameters of the network Cnn are frozen.*requires_grad_\(True",
        ),
    ],
)
def test_a_network_that_cannot_be_made_elastic_is_refused_in_one_sentence(
    network: nn.Module, inputs: Tensor, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        elastic(network, inputs)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")  # PyTorch's exporter would log whole graphs


def test_what_cannot_be_proved_is_not_offered() -> None:
    class Sorted(Cnn):
        """Channels of the hidden layer are told apart by their place."""

        def forward(self, x: Tensor) -> Tensor:
            x = self.down(self.block(self.stem(x))).mean((2, 3))
            out: Tensor = self.head(F.relu(self.hidden(x)).cumsum(1))
            return out

    assert "hidden.width" not in elastic(Sorted().eval(), IMAGES).space.names


def test_the_network_that_was_given_keeps_its_statistics_until_something_learns() -> None:
    torch.manual_seed(0)
    network = Cnn()
    network(torch.randn(8, 1, 8, 8) + 2)  # in training: statistics move
    network.eval()
    x = torch.randn(4, 1, 8, 8)
    supernet = elastic(network, x)
    largest = supernet.space.largest
    examples = Examples((np.random.default_rng(0).normal(size=(50, 1, 8, 8)).astype(np.float32),), np.zeros(50))
    with torch.no_grad():
        assert torch.equal(calibrated(supernet, largest, examples)(x), network(x))
        supernet(x, largest, training=True)
        assert not torch.equal(calibrated(supernet, largest, examples)(x), network(x))
