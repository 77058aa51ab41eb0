"""A network that teaches and does not learn."""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training_step import Output, State
from hwnas.sharing._memory_format import dense
from hwnas.training._features import capturing


class FrozenTeacher:
    """A sub-network as it was at some step, kept as a plain network; batch-norm takes the batch's own statistics.

    Args:
        space: builds it.
        architecture: which one.
    """

    def __init__(self, space: SearchSpace, architecture: Architecture) -> None:
        self._space, self._architecture = space, architecture
        self._network: nn.Module | None = None

    def take(self, network: nn.Module) -> None:
        """Be `network` from now on."""
        self._network = network.train()

    def take_parameters(self, parameters: Mapping[str, Tensor]) -> None:
        """Be the network of copies of these from now on, with buffers as its constructor makes them.

        Raises:
            InputError: another sub-network has larger ones.
        """
        own = _tensors(self._built())
        for name, tensor in own.items():
            if name in parameters and parameters[name].shape != tensor.shape:
                raise InputError(
                    f"The largest network of space {self._space.name!r} should have the largest tensors, and its "
                    f"{name} has {tuple(tensor.shape)} of {tuple(parameters[name].shape)}; reorder the options."
                )
        self.restore({name: parameters.get(name, tensor).detach().clone() for name, tensor in own.items()})

    def output(self, batch: Batch, features: Sequence[str] = ()) -> Output | None:
        """What it says of `batch`, with features of modules that match a pattern; None before it was taken."""
        if self._network is None:
            return None
        with capturing(self._network.to(batch.labels.device), features) as found:
            value = self._network(*batch.inputs)
        return Output(value, found)

    def state(self) -> State:
        """Its tensors."""
        return {} if self._network is None else _tensors(self._network)

    def restore(self, state: State) -> None:
        """Be the network of these tensors."""
        network = self._built().requires_grad_(requires_grad=False)
        for name, tensor in _tensors(network).items():
            tensor.data = dense(state[name])
        self.take(network)

    def _built(self) -> nn.Module:
        assert self._space.build is not None  # noqa: S101  a supernet's space
        return self._space.build(self._architecture)


def _tensors(network: nn.Module) -> dict[str, Tensor]:
    return dict([*network.named_parameters(), *network.named_buffers()])
