"""A supernet is a function from an architecture to the weights of a plain network.

The space builds an ordinary network for any architecture, the sharing scheme turns the shared tensors into that
network's named tensors, and the forward pass is the plain network called with them. So gradients reach exactly the
shared values in use, and `Supernet.extract` hands out the very network that was trained.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from hwnas.contracts.answer import answer_of
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.files import write_atomic
from hwnas.contracts.limits import MOST_SHARED_VALUES
from hwnas.contracts.places import expanded
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.sharing import Extent, SharingScheme, Slot
from hwnas.contracts.space_record import SpaceRecord
from hwnas.sharing._building import Builder, refuse_other
from hwnas.sharing._checks import check_order, check_places, warn_of_ignored
from hwnas.sharing._constants import constant_buffers
from hwnas.sharing._explaining import Explanation, explain
from hwnas.sharing._layout import Layout
from hwnas.sharing._lending import Borrower
from hwnas.sharing._memory_format import dense
from hwnas.sharing._module import SupernetModule
from hwnas.sharing._named import made_sharing, named_sharing
from hwnas.sharing._stored import SharingDocument, SupernetDocument, digest, read_tensors
from hwnas.sharing.prefix import PrefixSharing
from hwnas.spaces._bits import with_bits
from hwnas.spaces._elastic import ELASTIC
from hwnas.spaces._input_sizes import with_input_sizes
from hwnas.spaces._multiples import largest_with
from hwnas.spaces._named import as_it_was, is_named, named_space
from hwnas.spaces._narrowed import narrowed

_CACHED_MODULES = 10_000  # of networks without values that are kept, some 5 KB each
_COMBINATIONS = 4  # of options, drawn to see what no option reaches alone


@dataclass(frozen=True)
class _Plan:
    """The plain network of one architecture, with its constants, and the slots of the tensors it is given."""

    architecture: Architecture
    """As the sharing scheme knows it."""
    network: Borrower
    slots: Mapping[str, Slot]
    constants: Sequence[tuple[nn.Module, str, str, Tensor, int]]
    """Module, name in it, full name, value, version."""

    def check_constants(self) -> None:
        """Refuse what a forward pass has written into a constant: it would be lost."""
        for module, key, name, tensor, version in self.constants:
            if module._buffers[key] is not tensor or tensor._version != version:
                raise InputError(
                    f"Buffer {name!r} was taken for a constant, but training writes it; give the space inputs on which "
                    f"its networks run in training, so that it is seen."
                )


def _constants(network: nn.Module, constants: Collection[str]) -> Iterator[tuple[nn.Module, str, str, Tensor, int]]:
    for prefix, module in network.named_modules():
        for key, tensor in module._buffers.items():
            name = f"{prefix}.{key}" if prefix else key
            if tensor is not None and name in constants:
                yield module, key, name, tensor, tensor._version


class Supernet:
    """Space + sharing scheme + shared tensors.

    Args:
        space: must be able to build networks.
        sharing: the weight-sharing scheme of the space, or of one that it is made of; prefix slices by default.
        shared: shared tensors by name, the scheme's own among them; None: initialised from the largest network that
            each tensor appears in, with the random state of `seed`.
        buffers: names among `shared` that are not trained.
        layout: where `shared` is given, how the tensors of networks are cut out of it.
        seed: of the initialisation.
        record: how it was trained; JSON only.

    Raises:
        InputError: the space cannot build, `sharing` is of another space, or `shared` does not fit.
    """

    def __init__(
        self,
        space: SearchSpace,
        sharing: SharingScheme | None = None,
        shared: Mapping[str, Tensor] | None = None,
        buffers: Iterable[str] = (),
        layout: Layout | None = None,
        *,
        seed: int = 0,
        record: Mapping[str, object] | None = None,
    ) -> None:
        self.space = space
        self._builder = Builder(space)
        self.sharing = PrefixSharing(space) if sharing is None else sharing
        if all(self.sharing.space is not of for of in space.lineage()):
            raise InputError(
                f"Sharing scheme {self.sharing.name!r} was made for {self.sharing.space!r}, not for {space!r}; make it "
                f"with the supernet's space."
            )
        self.record = dict(record or {})
        self._plans: OrderedDict[tuple[Architecture, torch.device], _Plan] = OrderedDict()
        self.layout = layout or Layout(space.inputs)
        if shared is None:
            self.adopt(self._initial(seed))
        else:
            fixed = set(buffers)
            self.adopt(
                {n: nn.Parameter(t.detach(), n not in fixed and t.is_floating_point()) for n, t in shared.items()}
            )
        self._check_fits()

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

    @property
    def buffers(self) -> set[str]:
        """Names of the shared tensors that are not trained."""
        return {name for name, tensor in self.shared.items() if not tensor.requires_grad}

    @property
    def untouched(self) -> bool:
        """Whether its largest sub-network still is the trained network that it was made from."""
        return not self.record and self.fits(self.space.largest)

    def fits(self, architecture: Architecture) -> bool:
        """Whether the shared buffers are this sub-network's own, see `SharingScheme.fits`; of smaller inputs they never
        are.
        """
        further = [name for name in architecture if name not in self.sharing.space.names]
        if any(architecture[name] != self.space.largest.get(name) for name in further):
            return False
        own = {name: self.shared[name] for name in self.buffers}
        return self.sharing.fits(own, self.sharing.space.inherited(architecture))

    def adopt(self, tensors: Mapping[str, Tensor]) -> None:
        """Share copies of `tensors` from now on: at the start, and when training has split, shrunk or added some.

        An `nn.Parameter` is trained unless it is frozen, any other tensor is not.
        """
        self.shared: dict[str, Tensor] = {}
        for name, tensor in tensors.items():
            copied, is_trained = self._dense(tensor.detach()), isinstance(tensor, nn.Parameter) and tensor.requires_grad
            self.shared[name] = nn.Parameter(copied) if is_trained else copied

    @property
    def device(self) -> torch.device:
        """Where the shared tensors lie."""
        return next((tensor.device for tensor in self.shared.values()), torch.device("cpu"))

    def to(self, device: torch.device | str) -> "Supernet":
        """Move the shared tensors, which stay the same objects, so that optimizers keep them."""
        for tensor in self.shared.values():
            tensor.data = tensor.data.to(device)
            tensor.grad = None if tensor.grad is None else tensor.grad.to(device)
        return self

    def as_module(self) -> SupernetModule:
        """An `nn.Module` whose parameters and buffers are the shared tensors, for training loops of one's own, with
        `DistributedDataParallel` (``find_unused_parameters=True``, as smaller sub-networks leave some out), Lightning,
        Accelerate and the like.
        """
        return SupernetModule(self)

    def _dense(self, tensor: Tensor) -> Tensor:
        return tensor.clone() if self.sharing.keeps_memory_layout else dense(tensor)

    def network(self, architecture: Architecture) -> nn.Module:
        """The plain network that a run of `architecture` goes through: all its parameters are lent to it."""
        return self._plan(architecture).network.network

    def _plan(self, architecture: Architecture) -> _Plan:
        refuse_other(architecture)
        key = architecture, self.device
        plan = self._plans.get(key)
        if plan is None:
            network = _constants_on(self._builder.hollow(architecture), self.device)
            constants = list(_constants(network, self.layout.constants))
            shared_as = self.sharing.space.inherited(architecture)
            plan = _Plan(shared_as, Borrower(network), self.layout.slots(network, architecture), constants)
            self._plans[key] = plan
            while len(self._plans) > 1 and sum(p.network.size for p in self._plans.values()) > _CACHED_MODULES:
                self._plans.popitem(last=False)
        self._plans.move_to_end(key)
        return plan

    def _variants(self) -> dict[tuple[str, int], Architecture]:
        """The largest architecture with every option, by the names of choices and the indices of options."""
        space = self.space
        return {(c.name, i): largest_with(space, c, o) for c in space.for_networks for i, o in enumerate(c.options)}

    def _networks(self) -> dict[Architecture, nn.Module]:
        """Networks of the largest architecture, of all variants, and of some others, which combine options."""
        drawn = map(self.space.decode, self.space.sample(_COMBINATIONS, np.random.default_rng(0)))
        some = (self.space.largest, *self._variants().values(), self.space.smallest, self.space.middle, *drawn)
        return {architecture: self._builder.hollow(architecture) for architecture in dict.fromkeys(some)}

    def _initial(self, seed: int) -> dict[str, Tensor]:
        """The scheme's tensors at the start, from the largest network that each tensor appears in."""
        union: dict[str, Slot] = {}
        shapes: dict[str, set[tuple[int, ...]]] = {}
        source: dict[str, Architecture] = {}
        networks = self._networks()
        self._check_builder(networks)
        for architecture, network in networks.items():
            for name, slot in self.layout.plain_slots(network).items():
                source.setdefault(name, architecture)
                shapes.setdefault(name, set()).add(slot.shape)
                try:
                    union[name] = union[name].union(slot) if name in union else slot
                except ValueError as error:
                    raise InputError(
                        f"Tensor {quoted(name)} has shape {union[name].shape} in one architecture and {slot.shape} in "
                        f"another; give tensors with a different number of dimensions different names."
                    ) from error

        sources = list(dict.fromkeys(source.values()))
        self.layout.constants = constant_buffers(self._builder, sources)
        for name in self.layout.constants:
            del union[name]
        sizes = {name: math.prod(slot.shape) for name, slot in union.items()}
        if sum(sizes.values()) > MOST_SHARED_VALUES:
            name = max(sizes, key=sizes.__getitem__)
            raise InputError(
                f"Space {quoted(self.space.name)} should share at most {MOST_SHARED_VALUES} values, got "
                f"{sum(sizes.values())}, {sizes[name]} of them in {quoted(name)}; give smaller options."
            )
        self.layout.learn(self._builder, networks, sources)
        self.layout.warn(self.space.name)
        self._plans.clear()

        def draw() -> dict[str, Tensor]:
            built = {a: self._builder.whole(a) for a in sources}
            tensors = {a: dict([*n.named_parameters(), *n.named_buffers()]) for a, n in built.items()}
            return {name: _grown(tensors[source[name]][name], slot.shape) for name, slot in union.items()}

        extents = {name: Extent(slot, tuple(sorted(shapes[name]))) for name, slot in union.items()}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return dict(self.sharing.initial(extents, draw))

    def _check_builder(self, networks: Mapping[Architecture, nn.Module]) -> None:
        variants = self._variants()
        check_order(self.space, variants, networks)
        check_places(self.space, variants, networks)
        warn_of_ignored(self._builder, variants, networks)

    def _check_fits(self) -> None:
        slots = self._plan(self.space.largest).slots
        try:
            bound = self.weights(self.space.largest)
        except (InputError, KeyError) as error:
            reason = f"tensor {error} is missing" if isinstance(error, KeyError) else str(error).rstrip(".")
            raise InputError(
                f"The tensors do not belong to space {self.space.name!r} with sharing {self.sharing.name!r}: {reason}; "
                f"use the checkpoint of this space."
            ) from error
        for name in {**slots, **bound}:
            expected = slots[name].shape if name in slots else "none"
            shape = tuple(bound[name].shape) if name in bound else "none"
            if shape != expected:
                raise InputError(
                    f"Sharing scheme {quoted(self.sharing.name)} should give {name} of shape {expected}, got {shape}; "
                    f"correct its `bind`."
                )

    def weights(self, architecture: Architecture, member: int | None = None) -> dict[str, Tensor]:
        """The named tensors of the plain network of `architecture`, differentiable in the shared ones.

        `member` picks one of several sets of weights, where the sharing scheme has them; None: its own pick.
        """
        plan = self._plan(architecture)
        return dict(self.sharing.bind(self.shared, plan.slots, plan.architecture, member))

    def __call__(
        self,
        x: Tensor | Sequence[Tensor],
        architecture: Architecture,
        *,
        member: int | None = None,
        training: bool = False,
    ) -> Tensor:
        """The plain network's output for `x` (one tensor per network input); `member` as for `weights`.

        In evaluation mode equal to ``extract(architecture)(x)`` bit for bit. With `training`, batch-norm uses the
        batch's own statistics and dropout is on.
        """
        plan = self._plan(architecture)
        plan.network.train(training)
        inputs = (x,) if isinstance(x, Tensor) else tuple(x)
        weights = self.weights(architecture, member)
        self._check_device(inputs)
        lent = dict(weights)
        out = answer_of(plan.network.run(lent, inputs))
        if training:
            plan.check_constants()
            _keep_written(weights, lent)
        return out

    def _check_device(self, inputs: tuple[Tensor, ...]) -> None:
        own = self.device
        for x in inputs:
            if x.device != own:
                raise InputError(f"The weights are on {own}, got an input on {x.device}; move one of them there.")

    def extract(self, architecture: Architecture, member: int | None = None) -> nn.Module:
        """The plain network with its own copy of the weights, in evaluation mode; `member` as for `weights`.

        It can be trained on as it is: what is frozen in it is what the space's own networks freeze.
        """
        network = _constants_on(self._builder.hollow(architecture), self.device)
        own = {name: self._dense(tensor.detach()) for name, tensor in self.weights(architecture, member).items()}
        _assign(network, own)
        return network.eval()

    def explain(self) -> Explanation:
        """Every tensor of the space's networks: whether it is trained, its shapes, and how smaller ones are cut."""
        return explain(self.layout, self._networks().values(), self.sharing.takes)

    def with_bits(self, by: str = "layer", *, ranges: str = "minmax", recover: str = "none") -> "Supernet":
        """The same shared tensors, with the bits of layers as further choices, see `hwnas.with_bits`.

        Raises:
            InputError: as that.
        """
        return self.in_space(with_bits(self.space, by, ranges=ranges, recover=recover))

    def with_input_sizes(self, *, resolution: Sequence[int] = (), length: Sequence[int] = ()) -> "Supernet":
        """The same shared tensors, with the size of inputs as a choice, see `hwnas.with_input_sizes`.

        Raises:
            InputError: as that.
        """
        return self.in_space(with_input_sizes(self.space, resolution=resolution, length=length))

    def narrowed(self, options: Mapping[str, Sequence[Option]]) -> "Supernet":
        """The same shared tensors, for those sub-networks alone whose choices keep to these options.

        Raises:
            InputError: a choice or an option is unknown, or nothing is left of a choice.
        """
        return self.in_space(narrowed(self.space, options))

    def in_space(self, space: SearchSpace) -> "Supernet":
        """The same shared tensors in a space that is made of this one's, shared as they are here."""
        return Supernet(space, self.sharing.copied(), self.shared, self.buffers, self.layout, record=self.record)

    def digest(self) -> str:
        """Twelve hexadecimal digits of the shared tensors and how they are shared: alike for supernets that are."""
        return digest(self.shared, SharingDocument.of(self.sharing).model_dump())[:12]

    def save(self, folder: Path | str) -> None:
        """Write ``supernet.safetensors`` and ``supernet.json`` into `folder`, each atomically."""
        folder = expanded(folder)
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in self.shared.items()}
        document = SupernetDocument(
            space=SpaceRecord.of(self.space),
            sharing=SharingDocument.of(self.sharing),
            shared_in="" if self.sharing.space is self.space else self.sharing.space.digest,
            buffers=sorted(self.buffers),
            constants=sorted(self.layout.constants),
            parts=self.layout.parts,
            spatial=self.layout.spatial,
            record=self.record,
        ).signed(tensors)
        text = document.model_dump_json(indent=1)
        write_atomic(folder / "supernet.safetensors", save(tensors, metadata={"supernet": text}))
        write_atomic(folder / "supernet.json", text + "\n")

    @classmethod
    def load(
        cls,
        folder: Path,
        space: SearchSpace | None = None,
        sharing: Callable[..., SharingScheme] | None = None,
        *,
        model: nn.Module | None = None,
    ) -> "Supernet":
        """Read what `save` wrote.

        Args:
            folder: where it lies.
            space: needed for spaces that cannot be found by name.
            sharing: makes the scheme from the space and its settings; needed for schemes that cannot be found by name.
            model: the network of an elastic supernet, where that was given in Python; its weights do not matter.

        Raises:
            InputError: a file is missing, damaged, or of another space.
        """
        path = folder / "supernet.safetensors"
        if not path.is_file():
            raise InputError(
                f"No supernet at {path}: expected that file; train one with `hwnas train` or name its folder."
            )
        remedy = "copy it again or train again"
        shared, document = read_tensors(path, "supernet", SupernetDocument, kind="supernet", remedy=remedy)
        if document.signed(shared).digest != document.digest:
            raise InputError(f"{path} is not a whole supernet (its digest is not that of its content); {remedy}.")
        if model is not None and document.space.name != ELASTIC:
            raise InputError(
                f"{path} is of the space {quoted(document.space.name)}, and was not made of a network; load it without."
            )
        if space is None and model is not None:
            space = cast("SearchSpace", named_space(ELASTIC, document.space.parameters, model))
        if space is None and not is_named(document.space.name):
            raise InputError(
                f"{path} is of the space {quoted(document.space.name)}, which is not hwnas's: tell it with --space "
                "FILE.py:NAME (in Python: Supernet.load(folder, space))."
            )
        if space is None:
            space = cast("SearchSpace", named_space(document.space.name, document.space.parameters))
        else:
            space = as_it_was(space, document.space.parameters)
        if space.name != document.space.name:
            raise InputError(
                f"{path} is of space {quoted(document.space.name)}, expected {quoted(space.name)}; use its own."
            )
        if document.space != SpaceRecord.of(space):
            raise InputError(
                f"{path} is of space {quoted(space.name)} with other parameters or choices; use the space it was made "
                "with."
            )
        said = document.sharing
        home = next((of for of in space.lineage() if of.digest == document.shared_in), space)
        scheme = (
            named_sharing(said.name, home, said.settings, stored=True)
            if sharing is None
            else made_sharing(sharing, said.name, home, said.settings)
        )
        scheme.restore(said.state)
        layout = Layout(space.inputs, set(document.constants), document.parts, document.spatial)
        return cls(space, scheme, shared, document.buffers, layout, record=document.record)


def _constants_on(network: nn.Module, device: torch.device) -> nn.Module:
    """The network with its buffers on a device, where they have values."""
    if device.type != "cpu":
        for module in network.modules():
            module._buffers.update(
                {n: b.to(device) for n, b in module._buffers.items() if b is not None and not b.is_meta}
            )
    return network


def _keep_written(weights: Mapping[str, Tensor], lent: Mapping[str, Tensor]) -> None:
    """Keep what a forward pass put in the place of a buffer, rather than into it."""
    with torch.no_grad():
        for name, tensor in weights.items():
            if lent[name] is not tensor and not tensor.requires_grad:
                tensor.copy_(lent[name])


def _grown(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`tensor` where it reaches, and values of the same mean and spread beyond; a parameter stays one."""
    values = tensor.detach()
    if tuple(values.shape) == shape:
        grown = values.clone()
    elif values.is_floating_point():
        spread = values.std(correction=0).nan_to_num()
        grown = torch.randn(shape, dtype=values.dtype) * spread + values.mean()
    else:
        grown = torch.zeros(shape, dtype=values.dtype)
    grown[tuple(slice(0, size) for size in values.shape)] = values
    return nn.Parameter(grown, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else grown


def _assign(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Give every parameter, and every buffer that is no constant, its values; what its constructor froze stays so.

    Not `load_state_dict`: that leaves out buffers that are not saved, and all but the first name of tied weights.
    """
    parameters = {old: nn.Parameter(tensors[name], old.requires_grad) for name, old in network.named_parameters()}
    buffers = {old: tensors.get(name, old) for name, old in network.named_buffers()}
    for module in network.modules():
        module._parameters.update({n: parameters[old] for n, old in module._parameters.items() if old is not None})
        module._buffers.update({n: buffers[old] for n, old in module._buffers.items() if old is not None})
