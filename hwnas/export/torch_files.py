"""A network for those who run it with PyTorch: its tensors, and a program that needs neither its class nor hwnas."""

import io
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from hwnas.contracts.answer import answer_of
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.quiet import quiet
from hwnas.contracts.search_space import InputSpec
from hwnas.export._evaluating import evaluating
from hwnas.export.writer import example

_BATCHES = (2, 3)  # the program is traced with the first


def torch_paths(model: Path) -> tuple[Path, Path]:
    """Where the two lie beside a model file: ``model.safetensors`` and ``model.pt2``."""
    return model.with_suffix(".safetensors"), model.with_suffix(".pt2")


def write_torch(network: nn.Module, specs: Sequence[InputSpec], model: Path) -> tuple[Path, Path]:
    """Write the tensors of a network, as `load_state_dict` takes them, and its `torch.export` program, which is for any
    batch where the network can be traced so, beside `model`; both paths.

    The program is loaded again, and must answer as the network does, bit for bit. ``torch.export.load(path).module()``
    runs it. PyTorch's own format holds the example input beside it as PyTorch saves tensors.

    Raises:
        InputError: PyTorch cannot export the network.
        PromiseError: the program answers otherwise.
    """
    weights, program = torch_paths(model)
    with evaluating(network), torch.no_grad():
        written = _program(network, specs)
        _prove(network, specs, written)
    distinct = {id(tensor): (name, tensor) for name, tensor in network.state_dict(keep_vars=True).items()}
    write_atomic(weights, save({name: tensor.detach().cpu().contiguous() for name, tensor in distinct.values()}))
    write_atomic(program, written)
    return weights, program


def _program(network: nn.Module, specs: Sequence[InputSpec]) -> bytes:
    try:
        program = _exported(network, _examples(specs, _BATCHES[0]), torch.export.Dim("batch"))
    except InputError:  # a network may hold its batch
        program = _exported(network, _examples(specs, 1), None)
    file = io.BytesIO()
    torch.export.save(program, file)
    return file.getvalue()


def _exported(
    network: nn.Module, inputs: tuple[Tensor, ...], batch: "torch.export.Dim | None"
) -> torch.export.ExportedProgram:
    shapes = None if batch is None else tuple({0: batch} for _ in inputs)
    try:
        with quiet():
            return torch.export.export(network, inputs, dynamic_shapes=shapes)
    except Exception as error:  # the exporter has errors of its own
        reason = str(error).splitlines()[0][:200]
        raise InputError(f"PyTorch cannot export the network: {reason}; take the ONNX file alone.") from error


def _prove(network: nn.Module, specs: Sequence[InputSpec], program: bytes) -> None:
    loaded = torch.export.load(io.BytesIO(program))
    opens = bool(loaded.range_constraints)
    for rows in _BATCHES if opens else (1,):
        inputs = _examples(specs, rows)
        wanted, got = answer_of(network(*inputs)), answer_of(loaded.module()(*inputs))
        if not torch.equal(wanted, got):
            raise PromiseError(
                f"The program differs from the network by {float((wanted - got).abs().max()):.3g}; take the ONNX file."
            )


def _examples(specs: Sequence[InputSpec], rows: int) -> tuple[Tensor, ...]:
    return tuple(example(spec, rows) for spec in specs)
