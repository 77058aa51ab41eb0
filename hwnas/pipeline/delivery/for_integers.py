"""A sub-network trained as its integers compute it (quantization-aware training), with the weights of its supernet."""

from copy import deepcopy

from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.mixed import Mixed
from hwnas.evaluation.evaluator import Evaluator
from hwnas.export.rounded import rounded
from hwnas.supernet import Supernet


def for_integers(supernet: Supernet, architecture: Architecture, evaluator: Evaluator) -> Supernet:
    """A supernet of the same tensors whose `architecture` is rounded as its file is; itself where nothing is.

    The ranges of its integers are those before the training; the file's are found again after it.

    Args:
        supernet: to be trained.
        architecture: the only one to be trained.
        evaluator: of sub-networks before.

    Raises:
        InputError: nothing tells how the file of that network is rounded.
    """
    mixed = evaluator.lowered(architecture, evaluator.network(architecture))
    if not isinstance(mixed, Mixed):
        return supernet
    assert mixed.calibration is not None  # noqa: S101  the evaluator's
    template = rounded(mixed, supernet.space.inputs, mixed.calibration)
    if template is None:
        raise InputError(
            "The network cannot be trained for its integers: PyTorch's exporter writes its file, so nothing tells "
            "hwnas which operation is rounded where; leave recover=qat out."
        )
    before = supernet.space.build

    def build(asked: Architecture) -> nn.Module:
        assert before is not None  # noqa: S101  a supernet's space builds
        return deepcopy(template) if asked == architecture else before(asked)

    return supernet.in_space(supernet.space.built_by(build))
