"""A smaller convolution kernel is the centre of the next larger one, times a matrix that is learnt.

The kernel transform of Once-for-All (Cai et al., "Once-for-All: Train One Network and Specialize it for Efficient
Deployment", ICLR 2020): a 3x3 kernel is the centre of the 5x5 one, flattened, times a 9x9 matrix, and the 5x5 one comes
so from the 7x7 one. Every place has matrices of its own, which all its channels share and which begin as the identity;
so an untrained supernet shares as `prefix` does. In all other dimensions tensors are prefix slices.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import Draw, Extent, SharingScheme, Slot
from hwnas.sharing._memory_format import dense
from hwnas.sharing.prefix import PrefixSharing

_START = "kernel_transform/"
Sizes = tuple[int, ...]


class KernelTransformSharing(SharingScheme):
    """Prefix slices, and for kernels below the largest a matrix ``kernel_transform/NAME/3x3`` for every size seen."""

    name = "kernel_transform"

    def __init__(self, space: SearchSpace) -> None:
        super().__init__(space)
        self._prefix = PrefixSharing(space)

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> Mapping[str, Tensor]:
        """The largest tensors, and identities for every smaller kernel."""
        shared = dict(draw())
        for name, extent in extents.items():
            largest, seen = extent.slot, {_kernel(shape, extent.slot) for shape in extent.shapes}
            for kernel in sorted(seen - {_kernel(largest.shape, largest)}):
                shared[_matrix(name, kernel)] = nn.Parameter(torch.eye(_area(kernel)))
        return shared

    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,
        member: int | None = None,
    ) -> Mapping[str, Tensor]:
        """Prefix slices, with smaller kernels transformed step by step from the largest.

        Raises:
            InputError: the shared tensors do not reach.
        """
        whole = {name: _with_kernel_of(shared.get(name), slot) for name, slot in slots.items()}
        bound = dict(self._prefix.bind(shared, whole, architecture, member))
        matrices: dict[str, dict[Sizes, Tensor]] = {}
        for key, matrix in shared.items():
            if key.startswith(_START):
                name, _, sizes = key.removeprefix(_START).rpartition("/")
                matrices.setdefault(name, {})[tuple(map(int, sizes.split("x")))] = matrix
        for name, slot in slots.items():
            if whole[name].shape != slot.shape:
                bound[name] = dense(_transformed(bound[name], _kernel(slot.shape, slot), matrices.get(name, {})))
        return bound


def _transformed(weight: Tensor, kernel: Sizes, matrices: Mapping[Sizes, Tensor]) -> Tensor:
    """`weight` with its trailing dimensions brought down to `kernel`, through every size between that has a matrix."""
    between = [sizes for sizes in matrices if all(map(int.__le__, kernel, sizes))]
    for sizes in sorted(between, key=_area, reverse=True):
        centre = _centre(weight, sizes)
        weight = F.linear(centre.flatten(-len(sizes)), matrices[sizes]).view(*centre.shape)
    return _centre(weight, kernel)


def _centre(weight: Tensor, sizes: Sizes) -> Tensor:
    for dim, size in enumerate(sizes, start=weight.ndim - len(sizes)):
        weight = weight.narrow(dim, (weight.shape[dim] - size) // 2, size)
    return weight


def _with_kernel_of(tensor: Tensor | None, slot: Slot) -> Slot:
    """`slot` with the spatial sizes of the shared tensor."""
    if not slot.spatial or tensor is None or tensor.ndim != len(slot.shape):
        return slot
    return replace(slot, shape=(*slot.shape[: -slot.spatial], *tensor.shape[-slot.spatial :]))


def _kernel(shape: Sizes, slot: Slot) -> Sizes:
    return shape[len(shape) - slot.spatial :]


def _area(kernel: Sizes) -> int:
    return torch.Size(kernel).numel()


def _matrix(name: str, kernel: Sizes) -> str:
    return f"{_START}{name}/{'x'.join(map(str, kernel))}"


def kernel_transform(space: SearchSpace) -> KernelTransformSharing:
    """The scheme, as it is found by name."""
    return KernelTransformSharing(space)
