"""The resolution of images and the length of sequences as choices."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import hwnas
from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.export.writer import write_onnx
from hwnas.predictors._counting import count
from hwnas.spaces._named import named_space
from hwnas.supernet import Supernet
from hwnas.testing import suite
from hwnas.testing.spaces import Subject

X = torch.randn(3, 1, 12, 8, generator=torch.Generator().manual_seed(0))
IDS = torch.arange(12).reshape(2, 6)


def cnn() -> nn.Sequential:
    torch.manual_seed(0)
    pooled = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))
    return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), *pooled).eval()


class Words(nn.Module):
    """Takes words and which of them are there."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.head = nn.Embedding(12, 8), nn.Linear(8, 2)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        out: Tensor = self.head((self.table(ids) * mask[..., None]).sum(1))
        return out


class _Sized(Subject):
    """A space that is not found by name, for it needs a network."""

    def find(self) -> object:
        return lambda **settings: named_space("elastic", settings)


TestSpacesWithInputSizes = suite("spaces")


@pytest.fixture(scope="module")
def subject() -> Subject:
    networks = Path(__file__).parents[1] / "elasticity" / "networks.py"
    sized = hwnas.elastic(f"{networks}:Cnn", torch.zeros(2, 1, 8, 8), resolution=(6,), only=("hidden",))
    return _Sized("spaces", "elastic", sized.space.parameters)


@pytest.fixture(scope="module")
def supernet() -> Supernet:
    return hwnas.elastic(cnn(), X, resolution=(9, 6))


def test_a_sub_network_looks_at_smaller_images_and_takes_them_of_either_size(supernet: Supernet) -> None:
    space, whole = supernet.space, cnn()
    assert space.choices[-1] == Choice("resolution", (6, 9, 12))
    with torch.no_grad():
        assert torch.equal(supernet(X, space.largest), whole(X))
        for pixels, size in ((6, (6, 4)), (9, (9, 6))):
            architecture = space.architecture({**space.largest, "resolution": pixels})
            smaller = F.interpolate(X, size=size, mode="bilinear", align_corners=False)
            network = supernet.extract(architecture)
            assert type(network) is nn.Sequential
            for answer in (network(X), network(smaller), supernet(X, architecture)):
                assert torch.equal(answer, whole(smaller))


def test_its_file_takes_images_of_the_whole_size_and_has_less_to_do(supernet: Supernet, tmp_path: Path) -> None:
    space = supernet.space
    architecture = space.architecture({**space.largest, "resolution": 6})
    network = supernet.extract(architecture)
    path = write_onnx(space.lower(architecture, network), space.inputs, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape == [1, 1, 12, 8]
    with torch.no_grad():
        for row in X:
            (got,) = session.run(None, {"input": row[None].numpy()})
            np.testing.assert_allclose(got, network(row[None]).numpy(), atol=1e-5)
    macs = [
        sum(n for (_, kind), n in count(space, a).items() if kind == "conv3_macs")
        for a in (architecture, space.largest)
    ]
    assert macs[0] * 4 == macs[1]


def test_statistics_of_normalisation_are_those_of_its_own_size(supernet: Supernet) -> None:
    space = supernet.space
    images = np.random.default_rng(0).normal(size=(64, 1, 12, 8)).astype("float32")
    examples = hwnas.Examples((images,), np.zeros(64, dtype=np.int64))
    own = []
    for pixels in (6, 12):
        network = hwnas.calibrated(supernet, space.architecture({**space.largest, "resolution": pixels}), examples)
        own.append(network.get_submodule("1").running_var)
    assert own[0].mean() < 0.8 * own[1].mean()  # what is made smaller is smoother


def test_sequences_are_cut_from_the_first_place_on_all_inputs_alike(tmp_path: Path) -> None:
    torch.manual_seed(0)
    words, mask = Words().eval(), torch.ones(2, 6, dtype=torch.int64)
    supernet = hwnas.elastic(words, {"ids": IDS, "mask": mask}, length=[4])
    space = supernet.space
    architecture = space.architecture({**space.largest, "length": 4})
    network = supernet.extract(architecture)
    with torch.no_grad():
        assert torch.equal(supernet((IDS, mask), architecture), words(IDS[:, :4], mask[:, :4]))
        assert torch.equal(network(ids=IDS, mask=mask), words(IDS[:, :4], mask[:, :4]))
        assert not torch.equal(supernet((IDS, mask), architecture), words(IDS, mask))
    supernet.save(tmp_path)
    again = hwnas.load_supernet(tmp_path, model=Words())
    assert again.space.choices == space.choices
    assert torch.equal(again((IDS, mask), architecture), supernet((IDS, mask), architecture))


def test_bits_are_chosen_beside_it(supernet: Supernet, tmp_path: Path) -> None:
    both = supernet.with_bits("layer")
    space = both.space
    architecture = space.architecture({**space.smallest, "resolution": 6})
    network = both.extract(architecture)
    lowered = space.lower(architecture, network, [X.repeat(3, 1, 1, 1).numpy()])
    path = write_onnx(lowered, space.inputs, tmp_path / "model.onnx")
    (got,) = onnxruntime.InferenceSession(path).run(None, {"input": X[:1].numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(got, network(X[:1]).numpy(), atol=0.05)
    both.save(tmp_path)
    assert hwnas.load_supernet(tmp_path, model=cnn()).space.choices == space.choices


def flat() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.Flatten(), nn.Linear(768, 3)).eval()


@pytest.mark.parametrize(
    ("network", "sizes", "said"),
    [
        (flat, {"resolution": (6,)}, "does not run at resolution 6 .*so it is made for one size; leave resolution out"),
        (lambda: cnn()[:3], {"resolution": (6,)}, "gives answers of another shape at resolution 6"),
        (cnn, {"resolution": (12, 16)}, r"Each resolution should be below 12, .* got \[12, 16\]"),
        (cnn, {"resolution": (0,)}, "whole number of at least 1"),
        (cnn, {"length": (4,)}, "no sequences .*; leave length out"),
        (cnn, {}, "Nothing says which input sizes"),
    ],
)
def test_what_has_no_other_size_is_refused_in_one_sentence(
    network: object, sizes: dict[str, tuple[int]], said: str
) -> None:
    inputs = [InputSpec("x", (1, 12, 8))]
    space = SearchSpace([Choice("any", (1,))], build=lambda _: network(), inputs=inputs)  # type: ignore[operator]
    with pytest.raises(hwnas.InputError, match=said):
        hwnas.with_input_sizes(space, **sizes)


def test_sizes_are_chosen_once(supernet: Supernet) -> None:
    with pytest.raises(hwnas.InputError, match="has a choice of input sizes already"):
        supernet.with_input_sizes(resolution=(6,))
