"""Which modules of a space's networks run, in which order, and what they give: found with networks without values."""

import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import SearchSpace
from hwnas.sharing._building import Builder

_EXAMPLES = 2
_TYPES = {"float32": torch.float32, "int64": torch.int64}


def outputs_by_module(builder: Builder, architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Shapes that modules give for two examples, by name, in the order in which they end, of all that give a tensor."""
    return _run(builder.space, builder.hollow(architecture))


def _run(space: SearchSpace, network: nn.Module) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}

    def note(name: str, output: object) -> None:
        shapes.pop(name, None)
        if isinstance(output, Tensor):
            shapes[name] = tuple(output.shape)

    for name, module in network.to("meta").eval().named_modules():
        if name:
            module.register_forward_hook(lambda _, __, output, name=name: note(name, output))
    with torch.no_grad():
        network(*(torch.zeros(_EXAMPLES, *i.shape, dtype=_TYPES[i.dtype], device="meta") for i in space.inputs))
    return shapes


def searched_modules(space: SearchSpace, drawn: list[Architecture]) -> list[str]:
    """The outermost modules that every network runs, that choices change, and that give maps or sequences of one size
    but for their width; in the order in which they end.

    Args:
        space: of the networks.
        drawn: architectures that stand for all, the smallest and the largest among them.
    """
    builder = Builder(space)
    networks = [builder.hollow(architecture) for architecture in drawn]
    made = [dict(network.named_modules()) for network in networks]
    ran = [_run(space, network) for network in networks]
    common = [
        name
        for name, shape in ran[0].items()
        if len(shape) > 2
        and all(name in shapes and shapes[name][2:] == shape[2:] for shapes in ran)
        and len({structure_of(modules[name]) for modules in made}) > 1
    ]
    return [name for name in common if not any(name.startswith(f"{other}.") for other in common)]


def structure_of(module: nn.Module) -> str:
    """What it is made of, as far as choices may change it."""
    shapes = {name: tuple(tensor.shape) for name, tensor in module.named_parameters()}
    kinds = {name: repr(part) for name, part in module.named_modules() if not list(part.children())}
    return f"{shapes}{kinds}"
