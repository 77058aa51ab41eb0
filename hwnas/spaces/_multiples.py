"""Any space, kept to widths a device likes: ``NAME:multiple_of=16``, or `keep_to_multiples` for one's own.

Which choices are about widths is not declared but seen: with everything else at its largest, the network is built for
every option of a choice, without values, and layers whose number of outputs differs between options are the choice's
own. An option stays if all of those it gives are multiples. What is left is a space like any other, of fewer options;
its architectures are architectures of the whole space too. `hwnas profile DEVICE --cliffs` tells the multiple.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace

SETTING = "multiple_of"


def keep_to_multiples(space: SearchSpace, multiple: object) -> SearchSpace:
    """`space` without the options that give layers whose numbers of outputs are no multiples of `multiple`.

    Raises:
        InputError: the space cannot be built, `multiple` is no whole number above 0, or a choice has no such option.
    """
    if not isinstance(multiple, int) or isinstance(multiple, bool) or multiple < 1:
        raise InputError(f"Setting {SETTING!r} is a whole number above 0, got {quoted(multiple)}; give for example 8.")
    restricted = {choice.name: _kept(space, choice, multiple) for choice in space.choices}
    choices = list(_restricted(space.choices, restricted))
    whole = _whole(space, choices)
    costs, features = space.costs, space.features
    return SearchSpace(
        choices,
        name=space.name,
        parameters={**space.parameters, SETTING: multiple},
        build=space.build,
        inputs=space.inputs,
        costs=None if costs is None else lambda genomes: costs(whole(genomes)),
        features=None if features is None else lambda genomes: features(whole(genomes)),
        feature_names=space.feature_names,
    )


def largest_with(space: SearchSpace, choice: Choice, option: Option) -> Architecture:
    """Every choice at its last option, but `choice` at `option`, and its parents so that it has an effect."""
    by_name = {c.name: c for c in space.choices}
    values = {name: c.options[-1] for name, c in by_name.items()}
    pending = [choice]
    while pending:
        for parent, wanted in pending.pop().active_if.items():
            if wanted and values[parent] not in wanted:
                values[parent] = max(wanted, key=by_name[parent].options.index)
            pending.append(by_name[parent])
    values[choice.name] = option
    return space.architecture(values)


def _kept(space: SearchSpace, choice: Choice, multiple: int) -> tuple[Option, ...]:
    """The options of a choice that give multiples only."""
    outputs = [_outputs(space, largest_with(space, choice, option)) for option in choice.options]
    layers = {layer for channels in outputs for layer in channels}
    own = {layer for layer in layers if len({channels[layer] for channels in outputs if layer in channels}) > 1}
    off = [
        sorted({channels[layer] for layer in own & channels.keys() if channels[layer] % multiple})
        for channels in outputs
    ]
    fitting = tuple(option for option, widths in zip(choice.options, off, strict=True) if not widths)
    if not fitting:
        given = ", ".join(f"{option!r} gives {widths[0]}" for option, widths in zip(choice.options, off, strict=True))
        raise InputError(
            f"Choice {choice.name!r} of space {space.name!r} has no option that keeps to multiples of {multiple}: "
            f"{given}; take a smaller multiple."
        )
    return fitting


def _outputs(space: SearchSpace, architecture: Architecture) -> dict[str, int]:
    """How many outputs each layer with weights has, by name."""
    import torch

    if space.build is None:
        raise InputError(f"Space {space.name!r} cannot build networks, so their widths are not known; give a builder.")
    try:
        with torch.device("meta"):
            network = space.build(architecture)
    except Exception:  # noqa: BLE001  a constructor that looks at its own values
        network = space.build(architecture)
    return {name: int(weights.shape[0]) for name, weights in network.named_parameters() if weights.dim() > 1}


def _restricted(choices: Sequence[Choice], allowed: Mapping[str, tuple[Option, ...]]) -> Iterator[Choice]:
    """The choices with the options that are kept; without those that only options that are gone would switch on."""
    gone: set[str] = set()
    for choice in choices:
        wanted = {parent: tuple(o for o in some if o in allowed[parent]) for parent, some in choice.active_if.items()}
        if not all(wanted.values()) or gone & wanted.keys():
            gone.add(choice.name)
        else:
            yield replace(choice, options=allowed[choice.name], active_if=wanted)


def _whole(space: SearchSpace, choices: Sequence[Choice]) -> Callable[[IntArray], IntArray]:
    """From genomes of the restricted choices ``(n, h)`` to genomes of the whole space ``(n, g)``."""
    place = {name: i for i, name in enumerate(space.names)}
    genes = [place[choice.name] for choice in choices]
    indices = [
        np.array([space.choices[i].options.index(o) for o in c.options]) for i, c in zip(genes, choices, strict=True)
    ]

    def whole(genomes: IntArray) -> IntArray:
        nearest = np.zeros((len(genomes), len(space.choices)), dtype=np.int64)
        for gene, index, column in zip(genes, indices, genomes.T, strict=True):
            nearest[:, gene] = index[column]
        return space.canonical(nearest)

    return whole
