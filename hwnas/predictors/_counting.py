"""What hardware has to do for a network, counted while it runs once, with weights of any values.

Per place of the network (a block) and kind of operation: multiply-adds, as PyTorch's own counter has them, halved, for
it counts an addition and a multiplication apart; per place also the bytes that operations read and write, how many
operations there are, and parameters. (Running on tensors without values was tried, and is five times slower: PyTorch
then takes activations apart in Python.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hwnas.contracts.errors import InputError
from hwnas.contracts.stages import block_of, convolution_kind

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch._ops import OpOverload

    from hwnas.contracts.architecture import Architecture
    from hwnas.contracts.search_space import SearchSpace

Figures = dict[tuple[str, str], float]
"""Value per place and figure, such as ``("stages.2.blocks.1", "pointwise_macs")``."""


def count(space: SearchSpace, architecture: Architecture) -> Figures:
    """The figures of one network, for one example.

    Raises:
        InputError: the space cannot build networks, or they do not take its inputs.
    """
    import torch

    from hwnas.sharing._building import Builder

    if space.build is None or not space.inputs:
        raise InputError(f"Space {space.name!r} cannot be traced without a builder and inputs; give it both.")
    try:
        network = Builder(space).blank(architecture).eval()
        with torch.no_grad():
            return _count(network, [torch.zeros((1, *i.shape), dtype=getattr(torch, i.dtype)) for i in space.inputs])
    except (RuntimeError, NotImplementedError, TypeError, ValueError, IndexError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"The networks of space {space.name!r} cannot be traced with inputs of zeros: {reason}; check its inputs."
        ) from error


def _count(network: nn.Module, inputs: Sequence[Tensor]) -> Figures:
    figures: Figures = defaultdict(float)
    for name, parameter in network.named_parameters():
        figures[block_of(name.rpartition(".")[0]), "params"] += parameter.numel()
    with _places(network) as inside, _recorder(figures, inside):
        network(*inputs)
    return dict(figures)


@contextmanager
def _places(network: nn.Module) -> Iterator[list[str]]:
    """The modules that are running, outermost first, while the network runs."""
    inside = [""]
    handles = []

    def leave(*_: object) -> None:  # what a hook returns replaces the output, unless it is None
        inside.pop()

    for name, module in network.named_modules():
        place = block_of(name)
        handles.append(module.register_forward_pre_hook(lambda *_, place=place: inside.append(place)))
        handles.append(module.register_forward_hook(leave, always_call=True))
    try:
        yield inside
    finally:
        for handle in handles:
            handle.remove()


def _recorder(figures: Figures, inside: Sequence[str]) -> Any:  # noqa: ANN401 - a class made late, as torch is heavy
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves
    from torch.utils.flop_counter import flop_registry

    class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
        def __torch_dispatch__(
            self, func: OpOverload, types: object, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
        ) -> Any:  # noqa: ANN401
            result = func(*args, **(kwargs or {}))
            if any(returned.alias_info and not returned.alias_info.is_write for returned in func._schema.returns):
                return result  # a view moves nothing
            place = inside[-1]
            tensors = [x for x in tree_leaves((args, kwargs, result)) if isinstance(x, torch.Tensor)]
            figures[place, "bytes"] += sum(x.numel() * x.element_size() for x in tensors)
            figures[place, "operations"] += 1
            flops = flop_registry.get(func._overloadpacket)
            if flops is not None:
                figures[place, f"{_kind(args)}_macs"] += flops(*args, **(kwargs or {}), out_val=result) / 2
            return result

    return Recorder()  # type: ignore[no-untyped-call]


def _kind(args: Sequence[Any]) -> str:
    """That of a convolution, all else is a matrix product."""
    if len(args) < 9:  # the ninth is the number of groups; matrix products have fewer
        return "matmul"
    return convolution_kind(args[1].shape, args[8])
