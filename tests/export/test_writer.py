from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor, nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find, names
from hwnas.contracts.search_space import InputSpec
from hwnas.export import writer
from hwnas.export._stock import stock_export
from hwnas.export.architecture import write_architecture
from hwnas.export.writer import write_onnx
from tests.export.networks import IMAGE, TEXT, EveryLayer, Transformer, inverted_residual, networks, randomise


def operators(model: onnx.ModelProto) -> Counter[str]:
    return Counter(node.op_type for node in model.graph.node)


def images(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, *IMAGE[0].shape)).astype(np.float32)


def run(path: Path, *inputs: np.ndarray) -> np.ndarray:
    session = ort.InferenceSession(path)
    names = [x.name for x in session.get_inputs()]
    return session.run(["logits"], dict(zip(names, inputs, strict=True)))[0]  # type: ignore[no-any-return]


def expected(module: nn.Module, *inputs: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module(*(torch.from_numpy(x) for x in inputs)).numpy()  # type: ignore[no-any-return]


def assert_close(got: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(got, wanted, atol=1e-5 * max(1.0, float(np.abs(wanted).max())), rtol=0)


@pytest.fixture
def no_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the stock exporter was asked")

    monkeypatch.setattr(writer, "stock_export", refuse)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(network=networks)
@pytest.mark.usefixtures("no_fallback")
def test_random_networks_are_written_by_the_table_and_compute_the_same(network: nn.Module, tmp_path: Path) -> None:
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx", batch=2)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert "BatchNormalization" not in operators(model)
    assert_close(run(path, images(2)), expected(network, images(2)))


@pytest.mark.parametrize(
    ("make", "dynamic_batch"),
    [
        (EveryLayer, False),
        (EveryLayer, True),
        (lambda: inverted_residual([(8, 3, 3, 1, nn.ReLU, False), (12, 7, 1, 2, nn.Hardswish, True)]), False),
    ],
    ids=["every layer", "every layer, open batch", "inverted residuals"],
)
@pytest.mark.usefixtures("no_fallback")
def test_the_operators_are_those_of_the_stock_exporter(
    make: Callable[[], nn.Module], *, dynamic_batch: bool, tmp_path: Path
) -> None:
    network = randomise(make())
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx", dynamic_batch=dynamic_batch)
    example = torch.zeros(3 if dynamic_batch else 1, *IMAGE[0].shape)
    stock = stock_export(network, [example], ["image"], dynamic_batch=dynamic_batch)
    ours, theirs = operators(onnx.load(path)), operators(stock)
    assert ours <= theirs if dynamic_batch else ours == theirs  # before torch 2.13 it also worked sizes out there
    onnx.save(stock, tmp_path / "stock.onnx")
    x = images(5 if dynamic_batch else 1)
    assert_close(run(path, x), run(tmp_path / "stock.onnx", x))
    assert_close(run(path, x), expected(network, x))


def texts(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of words, and which of them are no padding: of one text nothing is there."""
    rng = np.random.default_rng(0)
    mask = rng.integers(0, 2, (n, 8))
    mask[-1] = 0
    return rng.integers(0, 50, (n, 8)), mask


@pytest.mark.usefixtures("no_fallback")
def test_the_operators_of_a_transformer_are_those_of_the_stock_exporter(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Transformer().eval()
    path = write_onnx(network, TEXT, tmp_path / "m.onnx")
    x = texts(1)
    stock = stock_export(network, [torch.from_numpy(t) for t in x], ["ids", "mask"], dynamic_batch=False)
    ours, theirs = operators(onnx.load(path)), operators(stock)
    assert theirs - ours == {"GatherND": 1}  # which looks up all places of the mask, and is a reshape here
    assert ours - theirs == {"Reshape": 1, "Gather": 2}  # look-ups of constant places, which it does if they are small
    onnx.save(stock, tmp_path / "stock.onnx")
    assert_close(run(path, *x), run(tmp_path / "stock.onnx", *x))


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("dynamic_batch", [False, True])
@pytest.mark.usefixtures("no_fallback")
def test_a_transformer_is_written_by_the_table_for_any_batch(
    *, fused: bool, dynamic_batch: bool, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = Transformer(fused=fused).eval()
    path = write_onnx(network, TEXT, tmp_path / "m.onnx", dynamic_batch=dynamic_batch, batch=4)
    for n in (1, 2, 7) if dynamic_batch else (4,):
        assert_close(run(path, *texts(n)), expected(network, *texts(n)))


def hugging_face(name: str, attention: str) -> nn.Module:
    import transformers

    settings = {
        "Bert": {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32},
        "DistilBert": {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 32},
    }[name]
    config = getattr(transformers, f"{name}Config")(
        vocab_size=50, max_position_embeddings=16, num_labels=3, attn_implementation=attention, **settings
    )
    return getattr(transformers, f"{name}ForSequenceClassification")(config)  # type: ignore[no-any-return]


class Tokens(nn.Module):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.net(input_ids=ids, attention_mask=mask).logits  # type: ignore[no-any-return]


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("name", ["Bert", "DistilBert"])
@pytest.mark.usefixtures("no_fallback")
def test_hugging_face_models_are_written_by_the_table(name: str, attention: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Tokens(hugging_face(name, attention)).eval()
    path = write_onnx(network, TEXT, tmp_path / "m.onnx", dynamic_batch=True)
    assert_close(run(path, *texts(7)), expected(network, *texts(7)))


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.usefixtures("no_fallback")
def test_a_hugging_face_vision_transformer_is_written_by_the_table(attention: str, tmp_path: Path) -> None:
    from transformers import ViTConfig, ViTForImageClassification

    class Images(Tokens):
        def forward(self, images: Tensor) -> Tensor:  # type: ignore[override]
            return self.net(images).logits  # type: ignore[no-any-return]

    torch.manual_seed(0)
    config = ViTConfig(
        image_size=16, patch_size=4, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        num_labels=3, attn_implementation=attention,
    )  # fmt: skip
    network = Images(ViTForImageClassification(config)).eval()
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx", dynamic_batch=True)
    assert_close(run(path, images(7)), expected(network, images(7)))


class Scaled(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * super().forward(x)


class Standardised(nn.Conv2d):
    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return super()._conv_forward(x, weight - weight.mean(), bias)


class InPlace(nn.Module):
    """Reads a tensor again after changing it in place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu = nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return (self.relu(y) + y).mean((2, 3))  # type: ignore[no-any-return]


def hooked() -> nn.Module:
    network = small(nn.Conv2d(3, 4, 3))
    network[0].register_forward_hook(lambda _m, _x, y: y + 1)
    return network


def parametrized() -> nn.Module:
    return small(nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)))


def small(first: nn.Module) -> nn.Sequential:
    return nn.Sequential(first, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Padded(nn.Conv2d):
    """Has a forward of its own, all of whose words are in the table."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x + 1, self.weight, self.bias, self.stride, (1, 0), self.dilation, self.groups)


@pytest.mark.usefixtures("no_fallback")
@pytest.mark.parametrize("padding", [0, 1, "same"])
@pytest.mark.parametrize("kind", [Scaled, Padded])
def test_a_convolution_with_a_forward_of_its_own_is_written_as_what_it_says_and_folded(
    kind: type[nn.Conv2d], padding: int | str, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = randomise(
        nn.Sequential(kind(3, 4, 3, padding=padding), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    )
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx")
    assert operators(onnx.load(path))["BatchNormalization"] == (1 if kind is Scaled else 0)
    assert_close(run(path, images(1)), expected(network, images(1)))


@pytest.mark.usefixtures("no_fallback")
@pytest.mark.parametrize(
    ("before", "left"),
    [
        (nn.ZeroPad2d((0, 1, 2, 0)), 0),
        (nn.Sequential(nn.ZeroPad2d(1), nn.ZeroPad2d((1, 0, 0, 0))), 0),
        (nn.ConstantPad2d(1, 0.5), 1),
        (nn.ZeroPad2d((-1, 1, 0, 0)), 1),
        (nn.Sequential(nn.ZeroPad2d(1), nn.ReLU()), 1),
    ],
    ids=["one side", "twice", "other values", "cropping", "something between"],
)
def test_zeros_around_what_a_convolution_reads_are_part_of_it(before: nn.Module, left: int, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = small(nn.Sequential(before, nn.Conv2d(3, 4, 3, 2, 1))).eval()
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx")
    assert operators(onnx.load(path))["Pad"] == left
    assert_close(run(path, images(1)), expected(network, images(1)))


@pytest.mark.usefixtures("no_fallback")
def test_the_layers_of_our_own_spaces_are_in_the_table(tmp_path: Path) -> None:
    for name in names("spaces"):
        space = find("spaces", name)()  # type: ignore[operator]  # found by name
        write_architecture(space, space.smallest, tmp_path / "m.onnx")


@pytest.mark.parametrize(
    "make", [lambda: small(Scaled(3, 4, 3)), lambda: small(Standardised(3, 4, 3)), InPlace, hooked, parametrized],
    ids=["scaled subclass", "standardised subclass", "in place", "hooked", "parametrized"],
)  # fmt: skip
def test_what_the_table_would_get_wrong_is_left_to_the_stock_exporter(
    make: Callable[[], nn.Module], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = make().eval()
    assert_close(run(write_onnx(network, IMAGE, tmp_path / "m.onnx"), images(1)), expected(network, images(1)))


@pytest.mark.usefixtures("no_fallback")
def test_a_convolution_read_twice_keeps_its_batch_norm_apart(tmp_path: Path) -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            return (self.norm(y) + y).mean((2, 3))  # type: ignore[no-any-return]

    network = randomise(Twice())
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx")
    assert operators(onnx.load(path)) == {"Conv": 1, "BatchNormalization": 1, "Add": 1, "ReduceMean": 1}
    assert_close(run(path, images(1)), expected(network, images(1)))


@pytest.mark.usefixtures("no_fallback")
def test_a_shared_convolution_is_folded_into_each_batch_norm_separately(tmp_path: Path) -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.a, self.b = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.BatchNorm2d(4)

        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([self.a(self.conv(x)), self.b(self.conv(x))], 1).mean((2, 3))

    network = randomise(Shared())
    assert_close(run(write_onnx(network, IMAGE, tmp_path / "m.onnx"), images(1)), expected(network, images(1)))


@pytest.mark.usefixtures("no_fallback")
def test_one_kernel_with_two_biases_is_folded_into_one_batch_norm_with_each(tmp_path: Path) -> None:
    class TwoBiases(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel, self.norm = nn.Parameter(torch.rand(4, 3, 1, 1)), nn.BatchNorm2d(4)
            self.biases = nn.ParameterList(torch.rand(4) for _ in range(2))

        def forward(self, x: Tensor) -> Tensor:
            a, b = (self.norm(nn.functional.conv2d(x, self.kernel, bias)) for bias in self.biases)
            return (a * b).mean((2, 3))  # type: ignore[no-any-return]

    network = randomise(TwoBiases())
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx")
    assert operators(onnx.load(path))["BatchNormalization"] == 0
    assert_close(run(path, images(1)), expected(network, images(1)))


@pytest.mark.usefixtures("no_fallback")
def test_layers_called_like_the_input_and_the_output_do_not_clash(tmp_path: Path) -> None:
    class Names(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.image, self.logits, self.tail = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Sigmoid()

        def forward(self, x: Tensor) -> Tensor:
            return self.tail(self.logits(self.image(x)).mean((2, 3)))  # type: ignore[no-any-return]

    network = Names().eval()
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx")
    onnx.checker.check_model(onnx.load(path), full_check=True)
    assert_close(run(path, images(1)), expected(network, images(1)))


def test_writing_twice_gives_the_same_bytes_and_leaves_the_network_as_it_was(tmp_path: Path) -> None:
    network = inverted_residual([(8, 3, 3, 1, nn.ReLU, True)]).train()
    network[0].eval()
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    first = write_onnx(network, IMAGE, tmp_path / "a.onnx").read_bytes()
    assert write_onnx(network, IMAGE, tmp_path / "b.onnx").read_bytes() == first
    assert network.training
    assert not network[0].training
    assert all(torch.equal(tensor, before[key]) for key, tensor in network.state_dict().items())


@pytest.mark.parametrize("dynamic_batch", [False, True])
def test_the_declared_shapes_and_names_are_those_asked_for(*, dynamic_batch: bool, tmp_path: Path) -> None:
    network = inverted_residual([])
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx", dynamic_batch=dynamic_batch, batch=4)
    session = ort.InferenceSession(path)
    batch = "batch" if dynamic_batch else 4
    assert [(x.name, x.shape) for x in session.get_inputs()] == [("image", [batch, 3, 16, 16])]
    assert [(x.name, x.shape) for x in session.get_outputs()] == [("logits", [batch, 10])]


@pytest.mark.parametrize(
    ("network", "specs", "says"),
    [
        (nn.Conv2d(1, 2, 3), IMAGE, r"should take inputs of shapes \(1, 3, 16, 16\)"),
        (nn.LSTM(16, 2), (InputSpec("x", (4, 16)),), "should return one float32 tensor"),
    ],
)
def test_a_network_that_does_not_fit_its_inputs_is_refused_in_one_sentence(
    network: nn.Module, specs: tuple[InputSpec, ...], says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=says):
        write_onnx(network, specs, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="Cannot write"):
        write_onnx(inverted_residual([]), IMAGE, tmp_path / "file" / "m.onnx")
