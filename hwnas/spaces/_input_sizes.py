"""Any space, with the resolution of images or the length of sequences as a choice.

What a network takes does not change: it makes its inputs smaller itself, and so does its file, whose latency has that
in it. So a front, a manifest and whoever feeds the file need to know nothing of it. A network runs at a size as it was
trained at another; its normalisation statistics, and its fine-tuning, are of its own size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.numbers import whole
from hwnas.contracts.search_space import Calibration, InputSpec, SearchSpace

if TYPE_CHECKING:
    from torch import nn

    from hwnas.spaces._smaller_inputs import Size

RESOLUTION, LENGTH = "resolution", "length"
SIZES = (RESOLUTION, LENGTH)


def with_input_sizes(space: SearchSpace, *, resolution: Sequence[int] = (), length: Sequence[int] = ()) -> SearchSpace:
    """`space` with the size of its inputs as a choice; the size that it has is always among the options.

    Args:
        space: must be able to build networks, whose answers have one shape at all sizes.
        resolution: heights of its images ``(channels, height, width)``, in pixels; widths go with them. Images are made
            smaller bilinearly.
        length: how many places of its sequences ``(length, ...)`` are kept, from the first on.

    Raises:
        InputError: there is no such input, a size is not below its own, or a network does not run at one of them.
    """
    if space.build is None or not space.inputs:
        raise InputError(f"Space {quoted(space.name)} cannot build networks that take inputs; give it both.")
    if set(SIZES) & set(space.names):
        raise InputError(f"Space {quoted(space.name)} has a choice of input sizes already; use it as it is.")
    asked = {name: sizes for name, sizes in ((RESOLUTION, resolution), (LENGTH, length)) if len(sizes)}
    if not asked:
        raise InputError("Nothing says which input sizes there are; give resolution=(96, 128) or length=(32, 64).")
    choices = [Choice(name, _options(space, name, sizes)) for name, sizes in asked.items()]
    build = space.build

    def sizes_of(architecture: Mapping[str, object]) -> dict[str, Size]:
        return {spec.name: _size(space, spec, architecture) for spec in space.inputs}

    def built(architecture: Architecture) -> nn.Module:
        from hwnas.spaces._smaller_inputs import with_smaller_inputs

        network, sizes = build(space.inherited(architecture)), sizes_of(architecture)
        return with_smaller_inputs(network, sizes) if any(sizes.values()) else network

    def lower(architecture: Architecture, network: nn.Module, calibration: Calibration) -> nn.Module:
        from hwnas.spaces._smaller_inputs import for_a_file, without_hook

        sizes = sizes_of(architecture)
        lowered = space.lower(space.inherited(architecture), without_hook(network), calibration)
        return for_a_file(lowered, sizes) if any(sizes.values()) else lowered

    sized = SearchSpace(
        [*space.choices, *choices],
        name=space.name,
        parameters={**space.parameters, **{name: list(sizes) for name, sizes in asked.items()}},
        build=built,
        inputs=space.inputs,
        lower=lower,
        for_files=space.for_files,
        base=space,
        axes=space.axes,
        tied=space.tied,
    )
    _refuse_what_does_not_run(sized, choices)
    return sized


def with_input_sizes_again(space: SearchSpace, settings: Mapping[str, object]) -> SearchSpace:
    """The space, with sizes of inputs where settings say so and it has none yet. Raises as `with_input_sizes`."""
    sizes = {name: settings[name] for name in SIZES if name in settings}
    return with_input_sizes(space, **sizes) if sizes and not set(SIZES) & set(space.names) else space  # type: ignore[arg-type]


def _options(space: SearchSpace, name: str, sizes: Sequence[int]) -> tuple[int, ...]:
    """Those asked for, ascending, and the whole size."""
    own = _whole(space, name)
    options = sorted({whole(f"a {name}", size, least=1) for size in sizes} - {own})
    if not options or options[-1] > own:
        raise InputError(
            f"Each {name} should be below {own}, which the space has, got {list(sizes)}; give smaller ones."
        )
    return (*options, own)


def _whole(space: SearchSpace, name: str) -> int:
    """The size that the inputs have, of the first that has one."""
    own = [spec.shape[1] if name == RESOLUTION else spec.shape[0] for spec in space.inputs if _has(spec, name)]
    if not own:
        kind = "images (channels, height, width)" if name == RESOLUTION else "sequences (length, ...)"
        raise InputError(
            f"Space {quoted(space.name)} takes {[spec.shape for spec in space.inputs]}, no {kind}; leave {name} out."
        )
    return own[0]


def _has(spec: InputSpec, name: str) -> bool:
    is_image = spec.dtype == "float32" and len(spec.shape) == 3
    return is_image if name == RESOLUTION else bool(spec.shape) and not is_image


def _size(space: SearchSpace, spec: InputSpec, architecture: Mapping[str, object]) -> Size:
    """What an input is made to; None where it stays."""
    name = next((name for name in SIZES if name in architecture and _has(spec, name)), None)
    if name is None:
        return None
    size, own = int(str(architecture[name])), _whole(space, name)
    if size == own:
        return None
    if name == LENGTH:
        return size if spec.shape[0] == own else None
    height, width = spec.shape[1:]
    return max(1, round(height * size / own)), max(1, round(width * size / own))


def _refuse_what_does_not_run(space: SearchSpace, choices: Sequence[Choice]) -> None:
    import torch

    from hwnas.contracts.answer import answer_of

    inputs = [torch.zeros((2, *spec.shape), dtype=getattr(torch, spec.dtype)) for spec in space.inputs]
    shapes: dict[tuple[int, ...], str] = {}
    for choice in choices:
        for option in reversed(choice.options):
            network = space.build(space.architecture({**space.largest, choice.name: option})).eval()  # type: ignore[misc]
            try:
                with torch.no_grad():
                    shape = tuple(answer_of(network(*inputs)).shape)
            except Exception as error:
                reason = " ".join(str(error).split())[:200]
                raise InputError(
                    f"The network does not run at {choice.name} {option} ({type(error).__name__}: {reason}), so it is "
                    f"made for one size; leave {choice.name} out."
                ) from error
            shapes.setdefault(shape, f"{choice.name} {option}")
            if len(shapes) > 1:
                raise InputError(
                    f"The network gives answers of another shape at {choice.name} {option} ({shape}) than at its own "
                    f"({next(iter(shapes))}), which no label fits; leave {choice.name} out."
                )
