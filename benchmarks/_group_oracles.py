"""What other libraries leave out of a network together with some entries of one axis."""

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvTransposeNd

from hwnas.contracts.answer import answer_of

PACKAGES = ("torch-pruning==1.6.1", "torch-kirigami==0.2.1")
Place = tuple[str, int]
"""A parameter and one of its axes."""

Removed = Mapping[Place, frozenset[int]]
"""Which entries of axes go."""


@dataclass(frozen=True)
class Answer:
    """What goes along with some entries of an axis, and the network without them, if the library made it."""

    removed: Removed
    network: nn.Module | None = None


Oracle = Callable[[Place, Sequence[int]], Answer | None]
"""Of a place and entries there; None: the library has no answer."""


def torch_pruning(network: nn.Module, inputs: tuple[Tensor, ...]) -> Oracle:
    """Torch-Pruning 1.6.1: what is missing of a copy that it pruned, whose weights told where they had been."""
    import torch_pruning as tp

    def answer(place: Place, entries: Sequence[int]) -> Answer | None:
        numbered = copy.deepcopy(network)
        shapes = {name: parameter.shape for name, parameter in numbered.named_parameters()}
        module = numbered.get_submodule(place[0].rpartition(".")[0])
        with torch.enable_grad(), redirect_stdout(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph = tp.DependencyGraph().build_dependency(
                numbered, inputs, output_transform=lambda output: answer_of(output).sum()
            )
            pruner = graph.get_pruner_of_module(module)
            is_out = place[1] == int(isinstance(module, _ConvTransposeNd))
            group = graph.get_pruning_group(
                module, pruner.prune_out_channels if is_out else pruner.prune_in_channels, list(entries)
            )
            with torch.no_grad():
                for parameter in numbered.parameters():
                    parameter.copy_(torch.arange(parameter.numel()).view_as(parameter))
            group.prune()
        removed: dict[Place, frozenset[int]] = {}
        for name, parameter in numbered.named_parameters():
            numbers = parameter.detach().long()
            missing = enumerate(_missing(numbers, shapes[name]))
            removed |= {(name, axis): entries for axis, entries in missing if entries}
            parameter.data = network.get_parameter(name).detach().flatten()[numbers]
        return Answer(removed, numbered)

    return answer


def kirigami(network: nn.Module, inputs: tuple[Tensor, ...]) -> Oracle:
    """torch-kirigami 0.2.1, which reads what `torch.fx` can trace."""
    import torch_kirigami

    try:
        graph = torch_kirigami.DependencyGraph.build(network, args=inputs)
    except torch_kirigami.CaptureError:
        return lambda *_: None

    def answer(place: Place, entries: Sequence[int]) -> Answer | None:
        impact = graph.propagate(remove=[graph.parameter(place[0]).axis(place[1]).select(entries)])
        if impact.status != "resolved":
            return None
        gone: dict[Place, frozenset[int]] = {}
        for selection in impact.selections.values():
            marked = torch.zeros(selection.tensor.shape, dtype=torch.bool)
            for region in selection.regions:
                marked[torch.meshgrid(*(torch.tensor(list(axis)) for axis in region.axes), indexing="ij")] = True
            for path in selection.tensor.paths if selection.tensor.kind == "parameter" else ():
                gone |= {(path, axis): whole for axis, whole in enumerate(_whole(marked)) if whole}
        return Answer(gone)

    return answer


def answered(oracle: Oracle, place: Place, entries: Sequence[int]) -> Answer | None:
    """The answer; none where it fails."""
    with suppress(Exception):  # of a library that does not take this network, however it says so
        return oracle(place, entries)
    return None


def off_by(network: nn.Module, inputs: tuple[Tensor, ...], answer: Answer) -> float | None:
    """How far the outputs of the network that a library made are from those of the whole one with zeros in all places
    that went, relative to their spread; None: it does not run.
    """
    assert answer.network is not None
    zeroed = copy.deepcopy(network)
    with torch.no_grad():
        for (name, axis), entries in answer.removed.items():
            zeroed.get_parameter(name).index_fill_(axis, torch.tensor(sorted(entries)), 0)
        expected = answer_of(zeroed(*inputs))
        with suppress(RuntimeError):
            return float((answer_of(answer.network(*inputs)) - expected).abs().max() / expected.std())
    return None


def _missing(left: Tensor, shape: Sequence[int]) -> list[frozenset[int]]:
    """Entries of every axis of a tensor of that shape, filled with 0, 1, 2, ..., that are in nothing that is left."""
    places = torch.unravel_index(left.flatten(), tuple(shape))
    return [frozenset(range(size)) - frozenset(place.tolist()) for size, place in zip(shape, places, strict=True)]


def _whole(marked: Tensor) -> list[frozenset[int]]:
    """Entries of every axis of which all is marked."""
    others = ([other for other in range(marked.dim()) if other != axis] for axis in range(marked.dim()))
    full = (marked.all(dim=axes) if axes else marked for axes in others)
    return [frozenset(each.nonzero().flatten().tolist()) for each in full]
