"""Networks that a sub-network is replaced by: the original that a study begins with, or one that was tuned outside.

Only tensors are taken over. They are put into the plain network of the architecture, which must then answer as the
given one does, so that nothing of it is lost.
"""

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from hwnas.archive import Archive
from hwnas.contracts.answer import answer_of
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.files import write_atomic
from hwnas.contracts.task import Task
from hwnas.evaluation.evaluator import Evaluator
from hwnas.evaluation.examples import examples_of
from hwnas.pipeline.run_folder import Run
from hwnas.sharing._stored import digest, read_weights
from hwnas.supernet import Supernet

_CLOSE = 1e-4  # of the largest output, between two networks of the same tensors


class OwnWeights(Evaluator):
    """Evaluates one sub-network with tensors of its own in place of the shared ones.

    Args:
        run: of the study.
        supernet: it is one of.
        task: what it is for.
        architecture: which one.
        network: the plain network with its tensors.
    """

    def __init__(
        self, run: Run, supernet: Supernet, task: Task, architecture: Architecture, network: nn.Module
    ) -> None:
        weights = digest(tensors_of(network), {})[:12]
        super().__init__(supernet, task, Archive(_folder(run, weights) / "study.db"), weights)
        self._architecture, self._network = architecture, network

    def network(self, architecture: Architecture) -> nn.Module:
        """A copy of it, in evaluation mode."""
        assert architecture == self._architecture, architecture  # noqa: S101  it is of one
        return copy.deepcopy(self._network)


def adopt(run: Run, supernet: Supernet, task: Task, architecture: Architecture, network: nn.Module) -> OwnWeights:
    """Take up the tensors of `network` as those of a sub-network, and keep them in the run's folder.

    Raises:
        InputError: it is none, its tensors are not those of the architecture, are no finite numbers, or it computes
            another thing.
    """
    if not isinstance(network, nn.Module):
        raise InputError(f"What was tuned is a network, as pick.module() gave it, got {quoted(network)}.")
    plain = filled(supernet, architecture, tensors_of(network))
    _refuse_another_network(plain, network, task)
    evaluator = OwnWeights(run, supernet, task, architecture, plain)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors_of(plain).items()}
    write_atomic(_file(run, evaluator.weights), save(tensors))
    return evaluator


def adopted(run: Run, supernet: Supernet, task: Task, architecture: Architecture, weights: str) -> OwnWeights:
    """The same again, from the run's folder, by the digest of the tensors.

    Raises:
        InputError: they are missing or damaged.
    """
    path = _file(run, weights)
    tensors = read_weights(path, remedy="adopt the network again")
    own = OwnWeights(run, supernet, task, architecture, filled(supernet, architecture, tensors))
    if own.weights != weights:
        raise InputError(f"{path} does not hold the tensors that the front speaks of; adopt the network again.")
    return own


def tensors_of(network: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers by name, tied ones under each of their names."""
    return {
        **dict(network.named_parameters(remove_duplicate=False)),
        **dict(network.named_buffers(remove_duplicate=False)),
    }


def _folder(run: Run, weights: str) -> Path:
    return run.folder / "adopted" / weights


def _file(run: Run, weights: str) -> Path:
    return _folder(run, weights) / "model.safetensors"


def filled(supernet: Supernet, architecture: Architecture, tensors: Mapping[str, Tensor]) -> nn.Module:
    """The plain network of an architecture with these tensors, such as those of its `state_dict`.

    Of tied tensors one name will do, and buffers that are not saved keep their values.

    Raises:
        InputError: they are not those of the architecture, or no finite numbers.
    """
    plain = supernet.extract(architecture).cpu()
    own, saved = tensors_of(plain), plain.state_dict(keep_vars=True)
    told = {id(own[name]) for name in tensors if name in own}
    missing = [name for name, tensor in saved.items() if id(tensor) not in told]
    for name in (*missing, *tensors):
        wanted, got = (None if x is None else tuple(x.shape) for x in (own.get(name), tensors.get(name)))
        if wanted != got:
            raise InputError(
                f"The network should have tensor {quoted(name)} of shape {wanted or 'none'}, as sub-network "
                f"{architecture.key} has, got {got or 'none'}; give the network that was handed out, tuned further."
            )
        if tensors[name].is_floating_point() and not tensors[name].isfinite().all():
            raise InputError(f"Tensor {quoted(name)} of the network has values that are no finite numbers; tune again.")
    with torch.no_grad():
        for name, tensor in tensors.items():
            own[name].copy_(tensor)
    return plain


def filled_one_of(
    supernet: Supernet, architectures: Iterable[Architecture], tensors: Mapping[str, Tensor]
) -> tuple[Architecture, nn.Module]:
    """The same of the one of some architectures that has tensors of these names and sizes.

    Raises:
        InputError: none has, or several have.
    """
    fitting, refused = {}, []
    for architecture in architectures:
        try:
            fitting[architecture] = filled(supernet, architecture, tensors)
        except InputError as error:
            refused.append(error)
    if not fitting:
        raise refused[-1]
    if len(fitting) > 1:
        keys = ", ".join(architecture.key for architecture in fitting)
        raise InputError(f"The tensors fit several sub-networks, {keys}; tell which with --sub-network.")
    return fitting.popitem()


def _refuse_another_network(plain: nn.Module, network: nn.Module, task: Task) -> None:
    few = examples_of(task, "search").take(slice(0, 8))
    training = network.training
    try:
        with torch.no_grad():
            wanted, got = (answer_of(net.eval()(*map(torch.from_numpy, few.inputs))) for net in (network, plain))
    finally:
        network.train(training)
    if wanted.shape != got.shape or not (wanted - got).abs().max() <= _CLOSE * wanted.abs().max():
        raise InputError(
            "The network has the tensors of the sub-network, and computes another thing with them; give one of the "
            "class that was handed out."
        )
