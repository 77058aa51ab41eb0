"""Any space, kept to widths a device likes: ``NAME:multiple_of=16``, or `keep_to_multiples` for one's own.

Which choices are about widths is not declared but seen: with everything else at its largest, the network is built for
every option of a choice, without values, and layers whose number of outputs differs between options are the choice's
own. An option stays if all of those it gives are multiples. What is left is a space like any other, of fewer options;
its architectures are architectures of the whole space too. `hwnas profile DEVICE --cliffs` tells the multiple.
"""

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces._narrowed import restricted

SETTING = "multiple_of"


def keep_to_multiples(space: SearchSpace, multiple: object) -> SearchSpace:
    """`space` without the options that give layers whose numbers of outputs are no multiples of `multiple`.

    Raises:
        InputError: the space cannot be built, `multiple` is no whole number above 0, or a choice has no such option.
    """
    if not isinstance(multiple, int) or isinstance(multiple, bool) or multiple < 1:
        raise InputError(f"Setting {SETTING!r} is a whole number above 0, got {quoted(multiple)}; give for example 8.")
    fitting = {choice.name: _fitting(space, choice, multiple) for choice in space.choices}
    return restricted(space, fitting, {SETTING: multiple})


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


def _fitting(space: SearchSpace, choice: Choice, multiple: int) -> tuple[Option, ...]:
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
