"""What goes into modules of a plain network and comes out of them, while it runs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import partial

from torch import Tensor, nn

from hwnas.contracts.training_step import Feature

Leaving = Callable[[str, Tensor], Tensor]


@contextmanager
def capturing(
    network: nn.Module, patterns: Sequence[str], leaving: Leaving = lambda _, output: output
) -> Iterator[dict[str, Feature]]:
    """Within it a run of `network` leaves the features of modules whose names match one of `patterns`.

    Args:
        network: that runs.
        patterns: such as ``blocks.*``.
        leaving: what goes on in place of a module's output, by its name; the feature stays what came out.
    """
    features: dict[str, Feature] = {}

    def keep(name: str, _: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        features[name] = Feature(inputs[0], output)
        return leaving(name, output)

    wanted = {
        name: module
        for name, module in network.named_modules()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    }
    hooks = [module.register_forward_hook(partial(keep, name)) for name, module in wanted.items()]
    try:
        yield features
    finally:
        for hook in hooks:
            hook.remove()
