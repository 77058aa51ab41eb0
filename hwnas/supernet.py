"""A supernet is a function from an architecture to the weights of a plain network.

The space builds an ordinary network for any architecture, the sharing scheme turns the shared tensors into that
network's named tensors, and the forward pass is the plain network called with them. So gradients reach exactly the
shared values in use, and `Supernet.extract` hands out the very network that was trained.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import torch
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.conv import _ConvNd

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.finding import find
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.sharing import SharingScheme, Slot
from hwnas.sharing.prefix import PrefixSharing
from hwnas.spaces._multiples import largest_with, named_space

_CACHED_PLANS = 16
D = TypeVar("D", bound=BaseModel)


@dataclass(frozen=True)
class _Plan:
    """The plain network of one architecture, without values, and the slots of its tensors."""

    network: nn.Module
    slots: Mapping[str, Slot]


def _slots(network: nn.Module) -> dict[str, Slot]:
    spatial = {
        f"{prefix}.weight" if prefix else "weight": len(module.kernel_size)
        for prefix, module in network.named_modules()
        if isinstance(module, _ConvNd)
    }
    tensors = [*network.named_parameters(), *network.named_buffers()]
    return {name: Slot(tuple(tensor.shape), spatial.get(name, 0)) for name, tensor in tensors}


class Supernet:
    """Space + sharing scheme + shared tensors.

    Args:
        space: must be able to build networks.
        sharing: the weight-sharing scheme; prefix slices by default.
        shared: shared tensors by name, parameters and buffers; None: initialised from the largest network that
            each tensor appears in, with the random state of `seed`.
        buffers: names among `shared` that are not trained.
        seed: of the initialisation.
        record: how it was trained; JSON only.

    Raises:
        InputError: the space cannot build, or `shared` does not fit it.
    """

    def __init__(
        self,
        space: SearchSpace,
        sharing: SharingScheme | None = None,
        shared: Mapping[str, Tensor] | None = None,
        buffers: Iterable[str] = (),
        *,
        seed: int = 0,
        record: Mapping[str, object] | None = None,
    ) -> None:
        if space.build is None:
            raise InputError(f"Space {space.name!r} cannot build networks; give it a build function.")
        self.space = space
        self._build = space.build
        self.sharing = sharing or PrefixSharing()
        self.record = dict(record or {})
        self._plans: OrderedDict[Architecture, _Plan] = OrderedDict()
        self.buffers = set(buffers)
        if shared is None:
            self.shared = self._initialise(seed)
        else:
            self.shared = dict(shared)
            self._check_fits()
        for name, tensor in self.shared.items():
            self.shared[name] = _dense(tensor.detach())
        for name in set(self.shared) - self.buffers:
            self.shared[name].requires_grad_()

    @classmethod
    def from_builder(
        cls,
        build: Callable[[Architecture], nn.Module],
        choices: Iterable[Choice],
        inputs: Iterable[InputSpec] = (),
        *,
        seed: int = 0,
    ) -> "Supernet":
        """A supernet of one's own constructor: `build` makes an ordinary network from an architecture."""
        return cls(SearchSpace(choices, build=build, inputs=inputs), seed=seed)

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The shared tensors that are trained, by name."""
        return {name: tensor for name, tensor in self.shared.items() if tensor.requires_grad}

    def _plan(self, architecture: Architecture) -> _Plan:
        plan = self._plans.get(architecture)
        if plan is None:
            with torch.device("meta"):
                network = self._build(architecture)
            plan = _Plan(network, _slots(network))
            self._plans[architecture] = plan
            if len(self._plans) > _CACHED_PLANS:
                self._plans.popitem(last=False)
        self._plans.move_to_end(architecture)
        return plan

    def _variants(self) -> Iterable[Architecture]:
        """The largest architecture, then for every option of every choice the largest one that has it."""
        seen = {self.space.largest}
        yield self.space.largest
        for choice in self.space.choices:
            for option in choice.options:
                variant = largest_with(self.space, choice, option)
                if variant not in seen:
                    seen.add(variant)
                    yield variant

    def _initialise(self, seed: int) -> dict[str, Tensor]:
        union: dict[str, Slot] = {}
        source: dict[str, Architecture] = {}
        for architecture in self._variants():
            plan = self._plan(architecture)
            self.buffers.update(name for name, _ in plan.network.named_buffers())
            for name, slot in plan.slots.items():
                source.setdefault(name, architecture)
                try:
                    union[name] = union[name].union(slot) if name in union else slot
                except ValueError as error:
                    raise InputError(
                        f"Tensor {name!r} has shape {union[name].shape} in one architecture and {slot.shape} in "
                        f"another; give tensors with a different number of dimensions different names."
                    ) from error
        shared: dict[str, Tensor] = {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            built = {a: self._build(a) for a in dict.fromkeys(source.values())}
            tensors = {a: dict([*n.named_parameters(), *n.named_buffers()]) for a, n in built.items()}
            for name, slot in self.sharing.shared_slots(union).items():
                shared[name] = _grown(tensors[source[name]][name].detach(), slot.shape)
        return shared

    def _check_fits(self) -> None:
        slots = self.sharing.shared_slots(self._plan(self.space.largest).slots)
        for name, slot in slots.items():
            found = tuple(self.shared[name].shape) if name in self.shared else None
            if (
                found is None
                or len(found) != len(slot.shape)
                or any(a < b for a, b in zip(found, slot.shape, strict=True))
            ):
                raise InputError(
                    f"The tensors do not belong to space {self.space.name!r}: {name} should be at least "
                    f"{slot.shape}, got {found or 'none'}; use the checkpoint of this space."
                )

    def weights(self, architecture: Architecture) -> dict[str, Tensor]:
        """The named tensors of the plain network of `architecture`, differentiable in the shared ones."""
        return self.sharing.weights(self.shared, self._plan(architecture).slots, architecture)

    def __call__(self, x: Tensor | tuple[Tensor, ...], architecture: Architecture, *, training: bool = False) -> Tensor:
        """The plain network's output for `x` (one tensor per network input).

        In evaluation mode equal to ``extract(architecture)(x)`` bit for bit. With `training`, batch-norm uses the
        batch's own statistics and dropout is on.
        """
        network = self._plan(architecture).network.train(training)
        inputs = x if isinstance(x, tuple) else (x,)
        out: Tensor = functional_call(network, self.weights(architecture), inputs)
        return out

    def extract(self, architecture: Architecture) -> nn.Module:
        """The plain network with its own copy of the weights, in evaluation mode."""
        with torch.device("meta"):
            network = self._build(architecture)
        own = {name: _dense(tensor.detach()) for name, tensor in self.weights(architecture).items()}
        _assign(network, own)
        return network.eval()

    def digest(self) -> str:
        """Twelve hexadecimal digits of the shared tensors: two supernets with the same ones are the same."""
        state = hashlib.sha256()
        for name in sorted(self.shared):
            state.update(name.encode())
            state.update(self.shared[name].detach().contiguous().numpy().tobytes())
        return state.hexdigest()[:12]

    def save(self, folder: Path) -> None:
        """Write ``supernet.safetensors`` and ``supernet.json`` into `folder`, each atomically."""
        document = _Document(
            space=_SpaceDocument(name=self.space.name, parameters=self.space.parameters, choices=self.space.digest),
            sharing=type(self.sharing).__module__.rpartition(".")[2],
            buffers=sorted(self.buffers),
            record=self.record,
        )
        tensors = {name: tensor.detach().contiguous() for name, tensor in self.shared.items()}
        text = document.model_dump_json(indent=1)
        write_atomic(folder / "supernet.safetensors", save(tensors, metadata={"supernet": text}))
        write_atomic(folder / "supernet.json", text + "\n")

    @classmethod
    def load(cls, folder: Path, space: SearchSpace | None = None) -> "Supernet":
        """Read what `save` wrote; `space` is needed for spaces that cannot be found by name.

        Raises:
            InputError: a file is missing, truncated, or of another space.
        """
        path = folder / "supernet.safetensors"
        if not path.is_file():
            raise InputError(
                f"No supernet at {path}: expected that file; train one with `hwnas train` or name its folder."
            )
        shared, document = read_tensors(
            path, "supernet", _Document, what="supernet", remedy="copy it again or train again"
        )
        if space is None:
            space = cast("SearchSpace", named_space(document.space.name, document.space.parameters))
        elif space.name != document.space.name:
            raise InputError(f"{path} is of space {document.space.name!r}, expected {space.name!r}; use its own.")
        if document.space.choices != space.digest or _as_json(space.parameters) != _as_json(document.space.parameters):
            raise InputError(
                f"{path} is of space {space.name!r} with other parameters or choices; use the space it was made with."
            )
        sharing = find("sharing", document.sharing)()  # type: ignore[operator]
        return cls(space, sharing, shared, document.buffers, record=document.record)


class _SpaceDocument(BaseModel):
    name: str
    parameters: dict[str, Any]
    choices: str


class _Document(BaseModel):
    """What ``supernet.json`` holds."""

    schema_version: Literal[1] = 1
    space: _SpaceDocument
    sharing: str
    buffers: list[str]
    record: dict[str, Any]


def _as_json(parameters: Mapping[str, object]) -> str:
    return json.dumps(parameters, sort_keys=True)


def read_tensors(path: Path, entry: str, document: type[D], *, what: str, remedy: str) -> tuple[dict[str, Tensor], D]:
    """The tensors of a safetensors file by name, and the document its metadata hold under `entry`.

    Raises:
        InputError: the file is not whole or holds no such document; it is called `what`, and `remedy` is advised.
    """
    try:
        with safe_open(path, framework="pt") as file:
            found = document.model_validate_json((file.metadata() or {})[entry])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
    except (SafetensorError, OSError, KeyError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} is not a whole {what} ({reason}); {remedy}.") from error
    return tensors, found


def _dense(tensor: Tensor) -> Tensor:
    """A copy in the layout that all shared tensors and extracted weights have.

    Channels-last convolution weights train 1.4 times faster on CPUs; and a convolution's last bits depend on the
    layout of its weights, so the extracted network must have the supernet's.
    """
    return tensor.clone(memory_format=torch.channels_last if tensor.ndim == 4 else torch.contiguous_format)


def _grown(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`tensor` where it reaches, and values of the same mean and spread beyond."""
    if tuple(tensor.shape) == shape:
        return tensor.clone()
    if tensor.is_floating_point():
        spread = tensor.std(correction=0).nan_to_num()
        grown = torch.randn(shape, dtype=tensor.dtype) * spread + tensor.mean()
    else:
        grown = torch.zeros(shape, dtype=tensor.dtype)
        if tensor.ndim == 1 and torch.equal(tensor, torch.arange(len(tensor))):
            grown = torch.arange(shape[0], dtype=tensor.dtype)
    grown[tuple(slice(0, size) for size in tensor.shape)] = tensor
    return grown


def _assign(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Give every parameter and buffer its values, untrained.

    Not `load_state_dict`: that leaves out buffers that are not saved, and all but the first name of tied weights.
    """
    parameters = {old: nn.Parameter(tensors[name], requires_grad=False) for name, old in network.named_parameters()}
    buffers = {old: tensors[name] for name, old in network.named_buffers()}
    for module in network.modules():
        module._parameters.update({n: parameters[old] for n, old in module._parameters.items() if old is not None})
        module._buffers.update({n: buffers[old] for n, old in module._buffers.items() if old is not None})
