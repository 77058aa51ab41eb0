"""A network that teaches and does not learn."""

from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training_step import Output, State
from hwnas.sharing._memory_format import dense


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

    def output(self, batch: Batch) -> Output | None:
        """What it says of `batch`; None before it was taken."""
        return None if self._network is None else Output(self._network.to(batch.labels.device)(*batch.inputs))

    def state(self) -> State:
        """Its tensors."""
        return {} if self._network is None else _tensors(self._network)

    def restore(self, state: State) -> None:
        """Be the network of these tensors."""
        assert self._space.build is not None  # noqa: S101  a supernet's space
        network = self._space.build(self._architecture).requires_grad_(requires_grad=False)
        for name, tensor in _tensors(network).items():
            tensor.data = dense(state[name])
        self.take(network)


def _tensors(network: nn.Module) -> dict[str, Tensor]:
    return dict([*network.named_parameters(), *network.named_buffers()])
