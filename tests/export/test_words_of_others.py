"""Names, types and code of other people's networks: a right file or one sentence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.answer import answer_of
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.export import writer
from hwnas.export.parity import prove
from hwnas.export.writer import quick_bytes, write_onnx
from tests.elasticity.structures import STRUCTURES
from tests.export.by_table import written_by_table

X = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
ONE = (InputSpec("x", (6,)),)


class Two(nn.Module):
    """In words of the table."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(6, 3), nn.Linear(6, 3)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.a(x) + self.b(y)  # type: ignore[no-any-return]


class Strange(Two):
    """In words that only PyTorch's exporter has, with a parameter called as that calls a transposed one."""

    def __init__(self) -> None:
        super().__init__()
        self.t = nn.Parameter(torch.randn(3, 3))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.erf(super().forward(x, y)) @ self.t.t()


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (Two, ("a.weight", "b.bias")),
        (Two, ("add", "constant.0")),
        (Strange, ("t", "a.weight")),
        (Strange, ("add", "erf")),
    ],
)
def test_inputs_and_parameters_called_like_anything_else_do_not_clash(
    make: Callable[[], nn.Module], names: tuple[str, str], tmp_path: Path
) -> None:
    network = make().eval()
    path = write_onnx(network, [InputSpec(name, (6,)) for name in names], tmp_path / "m.onnx", dynamic_batch=True)
    assert prove(network, path, [X, X + 1]).examples == 4


@pytest.mark.parametrize("names", [("x", "x"), ("x", "logits"), ("", "y")])
def test_inputs_without_a_name_of_their_own_are_refused(names: tuple[str, str], tmp_path: Path) -> None:
    specs = [InputSpec(name, (6,)) for name in names]
    for write in (lambda: write_onnx(Two(), specs, tmp_path / "m.onnx"), lambda: quick_bytes(Two(), specs)):
        with pytest.raises(InputError, match="Inputs need names of their own, other than 'logits' and none, got"):
            write()


class Inside(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(6, 3).bfloat16()

    def forward(self, x: Tensor) -> Tensor:
        return self.a(x.bfloat16()).float()  # type: ignore[no-any-return]


class Several(nn.Module):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"logits": x, "features": x}


class Open(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x[x.sum(1) > 1e9]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: nn.Linear(6, 3).bfloat16(), "ONNX Runtime does not run bfloat16 on processors, and weight is"),
        (Inside, r"a\.weight is; call \.float\(\) on it"),
        (lambda: nn.Linear(6, 3).double(), r"it holds torch\.float64: call \.float\(\) on it"),
        (Several, "should return one float32 tensor, batch first, got dict; wrap it"),
        (Open, r"should return one float32 tensor, batch first, got torch\.float32 \(0, 6\)"),
    ],
)
def test_types_and_outputs_that_no_file_holds_are_one_sentence(
    make: Callable[[], nn.Module], says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=says):
        write_onnx(make(), ONE, tmp_path / "m.onnx")


def test_more_weights_than_a_model_file_holds_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_BYTES", 83)
    with pytest.raises(InputError, match="A model file holds at most 83 bytes, got 84 in weights"):
        write_onnx(nn.Linear(6, 3), ONE, tmp_path / "m.onnx")


class Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else x + 1


def test_a_branch_on_the_data_is_refused_with_its_line(tmp_path: Path) -> None:
    said = (
        r"refuses the network at .*test_words_of_others\.py, line \d+ \(return x if x\.sum\(\) > 0 else x \+ 1\): what"
    )
    with pytest.raises(InputError, match=said):
        write_onnx(Branching(), ONE, tmp_path / "m.onnx")


@pytest.mark.parametrize("name", ["gpt2", "llama", "t5", "whisper"])
def test_language_models_are_written_by_the_table_and_answer_alike(name: str) -> None:
    class Answers(nn.Module):
        def __init__(self, network: nn.Module) -> None:
            super().__init__()
            self.network = network

        def forward(self, *x: Tensor) -> Tensor:
            return answer_of(self.network(*x))

    torch.manual_seed(0)
    network, inputs = STRUCTURES[name]()
    specs = [
        InputSpec(f"input_{i}", tuple(x.shape[1:]), "int64" if x.dtype == torch.int64 else "float32")
        for i, x in enumerate(inputs)
    ]
    written_by_table(Answers(network), specs)
