"""In which forms a network is handed out beside its ONNX file: who asks for one names it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.words import one_of
from hwnas.export.float16 import float16_paths, write_float16
from hwnas.export.open_batch import open_batch_paths, write_open_batch
from hwnas.export.openvino_files import openvino_paths, runtime, write_openvino
from hwnas.export.opset import OPSETS, opset_paths, write_opset
from hwnas.export.pretrained import pretrained_paths, write_pretrained
from hwnas.export.torch_files import torch_paths, write_torch


@dataclass(frozen=True)
class Form:
    """Files beside a model file.

    Args:
        paths: of the model file.
        write: them, of a network, what it takes, and the model file.
        lowered: whether the network is written as its space lowers it, rather than as it is.
        needed: fails where what it needs is not there.
    """

    paths: Callable[[Path], tuple[Path, ...]]
    write: Callable[[nn.Module, Sequence[InputSpec], Path], object]
    lowered: bool = False
    needed: Callable[[], object] = lambda: None


FORMS: Mapping[str, Form] = {
    "torch": Form(torch_paths, write_torch),
    "pretrained": Form(pretrained_paths, write_pretrained),
    "open_batch": Form(open_batch_paths, write_open_batch, lowered=True),
    "openvino": Form(openvino_paths, write_openvino, lowered=True, needed=runtime),
    "float16": Form(float16_paths, write_float16, lowered=True),
} | {f"opset{opset}": Form(partial(opset_paths, opset), partial(write_opset, opset), lowered=True) for opset in OPSETS}


def forms_of(also: Collection[str]) -> list[Form]:
    """By name.

    Raises:
        InputError: there is none of that name, or what it needs is not there.
    """
    names = [also] if isinstance(also, str) else also
    forms = [FORMS[one_of("the form of a model", name, FORMS)] for name in names]
    for form in forms:
        form.needed()
    return forms


def write_form(form: Form, space: SearchSpace, architecture: Architecture, network: nn.Module, model: Path) -> None:
    """Write it. Raises as its `write`."""
    form.write(space.lower(architecture, network) if form.lowered else network, space.inputs, model)
