"""Updates that leave earlier sub-networks alone (Niu et al., "Disturbance-immune Weight Sharing for Neural Architecture
Search", Neural Networks 2021).

Training one sub-network disturbs the others that share its weights. So a layer may only be changed in directions that
the inputs it had in earlier sub-networks do not see: with such inputs as the columns of A, every update is multiplied
by the projector P = I - A (A'A + eps I)^-1 A', on the side of the inputs. P begins as I, and an input x of length 1
takes its direction out of it: P <- P - P x x'P / (eps + x'P x), which gives the same P.

The paper's abstract says that updates are orthogonal; this projector is the usual one for that purpose (recursive least
squares), and the rest is ours: x is the mean input over a batch, and over the places of a convolution; the optimizer's
whole update is projected, with momentum and weight decay; sub-networks are drawn uniformly and trained for `inner`
steps each; P forgets at the end of an epoch, or nothing could be learnt any more. Biases, norms, grouped convolutions
and layers of more than 1,024 inputs are not protected. A `control` protects random directions in place of inputs, which
tells immunity from smaller steps.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import ArchitectureSampler, Method, TrainingObjective, UpdateRule
from hwnas.contracts.training_step import Context, Job, State, Statistics, Step
from hwnas.training._projecting import Window, mean_input, projected, protected_layers, without

_MOST_INPUTS = 1024


class _Projectors(ArchitectureSampler, TrainingObjective, UpdateRule):
    def __init__(self, space: SearchSpace, *, inner: int, eps: float, keep: float, control: bool) -> None:
        assert space.build is not None  # noqa: S101  a supernet's space
        self._build, self._inner, self._eps, self._keep, self._control = space.build, inner, eps, keep, control
        self.features = sorted(self._windows(space.largest))
        self._projectors: dict[str, Tensor] = {}
        self._before: dict[str, Tensor] = {}
        self._current: Architecture | None = None

    @lru_cache(maxsize=512)  # noqa: B019  as long as the training
    def _windows(self, architecture: Architecture) -> dict[str, Window | None]:
        """The layers that are protected, with the window of a convolution."""
        return dict(protected_layers(self._build(architecture)))

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        if step.index % self._inner and self._current is not None and step.stage.space.holds(self._current):
            return [Job(self._current, "random")]
        return super().plan(step, rng)

    def before_step(self, context: Context, optimizer: Optimizer) -> None:  # noqa: ARG002
        moved = {f"{name}.weight": context.parameters.get(f"{name}.weight") for name in self._projectors}
        self._before = {name: w.detach().clone() for name, w in moved.items() if w is not None and w.grad is not None}

    def after_step(self, context: Context, optimizer: Optimizer) -> None:  # noqa: ARG002
        with torch.no_grad():
            for name, before in self._before.items():
                weight, projector = context.parameters[name], self._projectors[name.removesuffix(".weight")]
                weight.copy_(before + projected(weight - before, projector.to(weight)))
            if (context.step.index + 1) % self._inner == 0:
                self._protect(context)

    def _protect(self, context: Context) -> None:
        rng = torch.Generator().manual_seed(context.step.index)
        for job, output in context.outputs:
            windows = self._windows(job.architecture)
            for name, feature in output.features.items():
                weight = context.parameters.get(f"{name}.weight")
                if weight is None or name not in windows or weight[0].numel() > _MOST_INPUTS:
                    continue
                x = mean_input(feature.input.float().cpu(), windows[name], weight.shape[1:])
                if self._control:
                    x = torch.randn(x.shape, generator=rng)
                start = self._projectors.get(name)
                self._projectors[name] = without(torch.eye(len(x)) if start is None else start, x, self._eps)
        if not self._projectors:
            raise InputError(
                "Method 'disturbance_immune' finds no layer to protect: it takes linear layers and plain convolutions "
                f"of at most {_MOST_INPUTS} inputs whose shared weights have their names; train by 'uniform'."
            )

    def on_step(self, statistics: Statistics) -> None:
        self._current = statistics.context.outputs[0][0].architecture if statistics.context.outputs else None
        if statistics.ends_epoch:
            self._projectors = {
                name: self._keep * p + (1 - self._keep) * torch.eye(len(p)) for name, p in self._projectors.items()
            }

    def state(self) -> State:
        current = None if self._current is None else dict(self._current)
        return {"current": current, **{f"projector/{name}": p for name, p in self._projectors.items()}}

    def restore(self, state: State) -> None:
        self._current = None if state["current"] is None else Architecture(state["current"])
        start = "projector/"
        self._projectors = {n.removeprefix(start): p for n, p in state.items() if n.startswith(start)}


def disturbance_immune(
    space: SearchSpace, *, inner: int = 10, eps: float = 0.01, keep: float = 0.0, control: bool = False
) -> Method:
    """One uniformly drawn sub-network for `inner` steps, in directions that earlier ones do not see.

    Args:
        space: what is searched.
        inner: steps until another sub-network is drawn.
        eps: what a protected direction may still move, relative to a free one.
        keep: what a projector remembers at the end of an epoch, from 0 to 1.
        control: protect random directions.

    Raises:
        InputError: an argument is out of its range, or the space cannot build networks.
    """
    if inner < 1 or eps <= 0 or not 0 <= keep <= 1:
        raise InputError(
            "Method 'disturbance_immune' needs inner of at least 1, eps above 0 and keep from 0 to 1, got "
            f"{inner}, {eps} and {keep}."
        )
    if space.build is None:
        raise InputError("Method 'disturbance_immune' looks at the layers of networks, and the space builds none.")
    seam = _Projectors(space, inner=inner, eps=eps, keep=keep, control=control)
    settings = {"inner": inner, "eps": eps, "keep": keep, "control": control}
    return Method("disturbance_immune", settings, architectures=seam, objective=seam, update=seam)
