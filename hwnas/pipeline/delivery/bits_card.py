"""What a manifest says of layers in INT8, and what such a network is not handed out as."""

from collections.abc import Iterable

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Task
from hwnas.evaluation.evaluator import RANGE_EXAMPLES
from hwnas.evaluation.examples import examples_of
from hwnas.evaluation.interval import wilson_interval
from hwnas.export._mixed import METHOD
from hwnas.spaces._bits import FLOAT32, INT8, RANGES, bits_of_layers, recovery_of


def bits_promised(
    space: SearchSpace, architecture: Architecture, task: Task, agreement: float | None, images: int
) -> dict[str, object]:
    """The manifest's fields on bits, for a network of `space` which answers so often as in float32 on some images of
    `task`; none where all layers are float32.
    """
    layers = bits_of_layers(space, architecture)
    if INT8 not in layers.values():
        return {}
    calibration = min(RANGE_EXAMPLES, len(examples_of(task, "train")))
    interval = None if agreement is None else wilson_interval(agreement, images)
    return {
        "precision": "mixed" if FLOAT32 in layers.values() else "int8",
        "bits": {
            "layers": layers, "method": METHOD, "ranges": space.parameters.get(RANGES, "minmax"),
            "recover": recovery_of(space),
            "calibration_split": "train", "calibration_images": calibration, "agreement": agreement,
            "agreement_interval": interval, "images": images,
        },
    }  # fmt: skip


def refuse_other_forms(space: SearchSpace, architectures: Iterable[Architecture]) -> None:
    """Are all layers in float32? The ONNX file alone holds integers.

    Raises:
        InputError: some are not.
    """
    if any(INT8 in bits_of_layers(space, architecture).values() for architecture in architectures):
        raise InputError(
            "A network with layers in INT8 is handed out as an ONNX file alone, which holds their integers; leave the "
            "other forms out, or export from a search without bits."
        )
