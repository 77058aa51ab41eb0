"""Networks built for what they are made of: parameters without values, everything else as the constructor made it.

A parameter goes to PyTorch's meta device the moment a module takes it, so its memory is never touched and its
initialisation costs nothing, while buffers, index tables and plain tensor attributes keep the constructor's values.
Constructors that look at their own parameters cannot be run so; they are run whole.
"""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.nn.parameter import is_lazy

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.raised import in_one_line, where_raised
from hwnas.contracts.search_space import Build, InputSpec, SearchSpace


class Builder:
    """Builds the networks of a space.

    Raises:
        InputError: the space has no builder.
    """

    def __init__(self, space: SearchSpace) -> None:
        if space.build is None:
            raise InputError(f"Space {space.name!r} cannot build networks; give it a build function.")
        self.space = space
        self._build: Build = space.build
        self._must_be_whole = False

    def hollow(self, architecture: Architecture, seed: int = 0) -> nn.Module:
        """The network of `architecture` with its constants and without values of its parameters.

        `seed` is of what its constructor draws; the random state outside is left alone.

        Raises:
            InputError: the constructor fails; the message says where.
        """
        refuse_other(architecture)  # also where the constructor would take it: what it makes is looked up by it
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            if not self._must_be_whole:
                with suppress(Exception), _without_values():
                    network = self._build(architecture)
                    if isinstance(network, nn.Module) and not any(t.is_meta for t in _constants(network)):
                        return network
                self._must_be_whole = True
            return _replaced(self.whole(architecture), _hollow)

    def blank(self, architecture: Architecture) -> nn.Module:
        """The network of `architecture` with its constants, and parameters of zeros, which cost nothing to draw.

        Raises:
            InputError: the constructor fails; the message says where.
        """
        return _replaced(self.hollow(architecture), lambda p: nn.Parameter(torch.zeros_like(p, device="cpu")))

    def whole(self, architecture: Architecture) -> nn.Module:
        """The network of `architecture`, initialised by its constructor; lazy layers know their shapes.

        Raises:
            InputError: the constructor fails; the message says where.
        """
        refuse_other(architecture)
        try:
            network = self._build(architecture)
        except Exception as error:
            raise InputError(
                f"The builder of space {self.space.name!r} fails for {architecture.to_json()}{where_raised(error)}: "
                f"{type(error).__name__}: {in_one_line(error)}; correct it."
            ) from error
        if not isinstance(network, nn.Module):
            raise InputError(
                f"The builder of space {self.space.name!r} should give an nn.Module, got {type(network).__name__}."
            )
        lazy = [name for name, parameter in network.named_parameters() if is_lazy(parameter)]
        if lazy and not self.space.inputs:
            raise InputError(f"Parameter {lazy[0]!r} is of a lazy layer; give the inputs of the space to size it.")
        if lazy:
            with torch.no_grad():
                run(network.eval(), example(self.space.inputs, 2))
            network.train()
        return network


def refuse_other(architecture: object) -> None:
    """Is it an architecture?

    Raises:
        InputError: it is another thing, such as a plain dict or a genome.
    """
    if not isinstance(architecture, Architecture):
        raise InputError(
            f"Networks are built of an Architecture of their space, got {quoted(architecture)}; make it by "
            "space.architecture(...) of options by name, or by space.decode(...) of a genome."
        )


def run(network: nn.Module, inputs: tuple[Tensor, ...]) -> object:
    """What the network gives.

    Raises:
        InputError: its forward fails; the message says where.
    """
    try:
        return network(*inputs)
    except Exception as error:
        shapes = ", ".join(str(tuple(x.shape)) for x in inputs)
        raise InputError(
            f"The network fails on inputs of {shapes}{where_raised(error)}: {type(error).__name__}: "
            f"{in_one_line(error)}; {_advice(network, inputs)}."
        ) from error


def _advice(network: nn.Module, inputs: tuple[Tensor, ...]) -> str:
    looks_up = any(isinstance(module, nn.Embedding | nn.EmbeddingBag) for module in network.modules())
    if looks_up and all(x.is_floating_point() for x in inputs):
        return "it looks entries up by number, so give whole numbers (int64), in a command as FILE.py:NAME of them"
    return "correct it, or its inputs"


def example(inputs: tuple[InputSpec, ...], n: int, device: str = "cpu") -> tuple[Tensor, ...]:
    """Random inputs for the networks of a space, `n` of each."""
    return tuple(
        torch.randn(n, *spec.shape, device=device)
        if spec.dtype == "float32"
        else torch.randint(0, spec.high, (n, *spec.shape), device=device).to(getattr(torch, spec.dtype))
        for spec in inputs
    )


@contextmanager
def _without_values() -> Iterator[None]:
    """Within it, in this thread, parameters that modules take have no values."""
    thread = threading.get_ident()
    taken: dict[int, tuple[nn.Parameter, nn.Parameter]] = {}  # the first is held, for its id to stay its own

    def take(module: nn.Module, name: str, parameter: nn.Parameter | None) -> nn.Parameter | None:  # noqa: ARG001
        if parameter is None or parameter.is_meta or threading.get_ident() != thread:
            return None
        if id(parameter) not in taken:
            taken[id(parameter)] = (parameter, _hollow(parameter))
        return taken[id(parameter)][1]

    handle = register_module_parameter_registration_hook(take)  # type: ignore[arg-type]
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message=".*for a meta parameter.*|.*meta parameter in the current model.*"
            )
            yield
    finally:
        handle.remove()


def _hollow(parameter: nn.Parameter) -> nn.Parameter:
    return nn.Parameter(torch.empty_like(parameter, device="meta"), parameter.requires_grad)


def _replaced(network: nn.Module, by: Callable[[nn.Parameter], nn.Parameter]) -> nn.Module:
    """The network with other parameters; tied ones stay tied."""
    others = {parameter: by(parameter) for parameter in network.parameters()}
    for module in network.modules():
        module._parameters.update({n: others[p] for n, p in module._parameters.items() if p is not None})
    return network


def _constants(network: nn.Module) -> Iterator[Tensor]:
    """Buffers and plain tensor attributes."""
    for module in network.modules():
        for value in (*module._buffers.values(), *vars(module).values()):
            if isinstance(value, Tensor):
                yield value
