"""A plain network that runs with other tensors in the places of its own."""

from collections.abc import Iterable, MutableMapping
from typing import Any

from torch import Tensor, nn

Place = tuple[dict[str, Any], str]  # what a module keeps its tensors in, and the name there


class Borrower:
    """What `torch.func.functional_call` does, with the places looked up once for many runs; that takes a twentieth of a
    training step of a small network each time.

    Args:
        network: of which nothing but values of buffers changes between runs; what is tied in it stays tied.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self._modules = list(network.modules())
        self._places: dict[str, Place] = {}
        self._tied: dict[str, tuple[Tensor, list[Place]]] = {}
        of_tensor: dict[int, list[Place]] = {}
        for prefix, module in network.named_modules(remove_duplicate=False):
            for kept in (module._parameters, module._buffers):
                for key, tensor in kept.items():
                    if tensor is not None:
                        name, places = f"{prefix}.{key}" if prefix else key, of_tensor.setdefault(id(tensor), [])
                        places.append((kept, key))
                        self._places[name], self._tied[name] = (kept, key), (tensor, places)

    @property
    def size(self) -> int:
        """How many modules the network has."""
        return len(self._modules)

    def train(self, training: bool) -> None:  # noqa: FBT001  as PyTorch has it
        """Be in training or in evaluation mode."""
        if any(module.training is not training for module in self._modules):
            self.network.train(training)

    def run(self, lent: MutableMapping[str, Tensor], inputs: Iterable[Tensor]) -> object:
        """What the network gives with these tensors; a buffer that it replaces is replaced in `lent`."""
        for name, tensor in lent.items():
            for kept, key in self._tied[name][1]:
                kept[key] = tensor
        try:
            return self.network(*inputs)
        finally:
            for name in lent:
                kept, key = self._places[name]
                lent[name] = kept[key]
            for name in lent:
                own, places = self._tied[name]
                for kept, key in places:
                    kept[key] = own
