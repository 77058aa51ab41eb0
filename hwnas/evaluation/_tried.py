"""The smallest and the largest sub-network, tried on a few examples before anything else is done with them."""

import numpy as np
import torch
from torch import Tensor, nn

from hwnas.contracts.answer import answer_of
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import HwnasError, InputError, quoted
from hwnas.contracts.raised import in_one_line, where_raised
from hwnas.contracts.task import Batch, Rows, Task
from hwnas.evaluation.calibration import calibrated, drawn
from hwnas.evaluation.figure import summed
from hwnas.evaluation.scores import score
from hwnas.export._rounding import MORE_THAN_ROUNDING
from hwnas.supernet import Supernet

_FEW = 4  # examples a network is tried on
_CALIBRATING = 32


def tried_networks(supernet: Supernet, task: Task, train: Rows) -> list[tuple[Tensor, Batch]]:
    """The smallest and the largest sub-network tried on a few examples; what they gave, with the examples."""
    for name, tensor in supernet.shared.items():
        if tensor.is_floating_point() and (tensor.isnan().any() or (tensor.requires_grad and tensor.isinf().any())):
            raise InputError(f"The supernet's tensor {name!r} has values that are no finite numbers; train it again.")
    few, tried = drawn(train, _FEW), []
    batch = Batch(tuple(torch.from_numpy(x) for x in few.inputs), torch.from_numpy(few.labels))
    for architecture in dict.fromkeys((supernet.space.smallest, supernet.space.largest)):
        try:
            output = _tried(supernet, architecture, train, batch.inputs)
            together = score(task, output, batch)
            summed(task, together)
            _refuse_mixed_scores(task, together, output, batch)
        except HwnasError:
            raise
        except Exception as error:  # whatever a network or a score of the user's raises
            raise InputError(
                f"A sub-network, or the score, fails on {len(few)} examples of task {quoted(task.name)} with inputs "
                f"{[x.shape for x in few.inputs]}: {type(error).__name__}: {in_one_line(error)}{where_raised(error)}; "
                "correct it."
            ) from error
        tried.append((output, batch))
    return tried


def _refuse_mixed_scores(task: Task, together: np.ndarray, output: Tensor, batch: Batch) -> None:
    """Scores of examples must not depend on which others are beside them: outputs ``(n, 1)`` less labels ``(n,)`` are
    ``(n, n)``, of which each row has a mean that looks like a score.
    """
    alone = np.concatenate([score(task, output[i : i + 1], only(batch, i)) for i in range(len(output))])
    if together.shape != alone.shape or not np.allclose(together, alone, rtol=1e-4, atol=1e-6):
        raise InputError(
            f"`score` of task {quoted(task.name)} gives an example another score when others are beside it, with "
            f"outputs {tuple(output.shape)} and labels {tuple(batch.labels.shape)}; give both the same shape where "
            "they are compared, or let it give figures of each example alone and a `summary` of all."
        )


def only(batch: Batch, i: int) -> Batch:
    """One example of a batch, as a batch."""
    return Batch(tuple(x[i : i + 1] for x in batch.inputs), batch.labels[i : i + 1])


def _tried(supernet: Supernet, architecture: Architecture, train: Rows, inputs: tuple[Tensor, ...]) -> Tensor:
    network = calibrated(supernet, architecture, train, count=_CALIBRATING).cpu()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        output = answer_of(network(*inputs))
        if output.shape[:1] != inputs[0].shape[:1]:
            raise InputError(f"A network gives {tuple(output.shape)} for {len(inputs[0])} examples; expected one each.")
        again = answer_of(network(*inputs))
        _refuse_other(output, again, "gives other outputs every time, as with dropout that is always on")
        alone = _alone(network, inputs)
    _refuse_other(output[:1], alone, "gives an example another output when others are beside it, as with batch-norm "
                  "without running statistics")  # fmt: skip
    return output


def _alone(network: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor | None:
    """The first example's output where it is the only one; None where that fails."""
    try:
        return answer_of(network(*(x[:1] for x in inputs)))
    except (RuntimeError, ValueError):
        return None


def _refuse_other(wanted: Tensor, got: Tensor | None, fault: str) -> None:
    if got is not None and got.shape == wanted.shape:
        scale = float(wanted.abs().max())
        # Outputs that are no numbers are the score's to refuse.
        if not (wanted - got).abs().max() > MORE_THAN_ROUNDING * scale:
            return
    raise InputError(
        f"A sub-network in evaluation mode {fault}; no file can equal it. Mend the network, such as with "
        "nn.Dropout in place of a function, or track_running_stats=True."
    )
