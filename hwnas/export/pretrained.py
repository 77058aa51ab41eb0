"""A network of Hugging Face's as a folder that ``from_pretrained`` loads: where a configuration can say what it is.

A configuration says one width for all layers, and how many layers. Which of its numbers says what is not listed here,
as each model has names of its own: it is found by trying which numbers make the tensors that are there. What it says
is then loaded as users will, and must answer as the network does, bit for bit.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hwnas.contracts.answer import answer_of
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.outputs import outputs
from hwnas.contracts.places import expanded
from hwnas.contracts.quiet import quiet
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.temporary import temporary_folder
from hwnas.export._evaluating import evaluating
from hwnas.export.writer import example

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

Shapes = dict[str, tuple[int, ...]]
_MOST_TRIED = 60  # configurations
_EXAMPLES = 2


def save_pretrained(
    network: nn.Module, example_inputs: Tensor | tuple[Tensor, ...], folder: Path | str, *, force: bool = False
) -> Path:
    """Write a sub-network of a Hugging Face model as ``config.json`` and ``model.safetensors``, and return the folder.

    A model that generates, such as a language model, also has a ``generation_config.json`` there.

    Args:
        network: as ``found.module`` or ``pick.module()`` gives it.
        example_inputs: as its forward takes them, to compare answers on.
        folder: made where missing.
        force: replace files there that hwnas did not write.

    Raises:
        InputError: it is no model of Hugging Face, or no configuration of its class says what it is, as where its
            layers have different widths.
    """
    folder = expanded(folder)
    inputs = example_inputs if isinstance(example_inputs, tuple) else (example_inputs,)
    with outputs(_files(folder), force=force):
        return _written(_model(network), inputs, folder)


def pretrained_paths(model: Path) -> tuple[Path, ...]:
    """What may lie in a folder beside a model file, which is called as that is, without ``.onnx``."""
    return _files(model.with_suffix(""))


def write_pretrained(network: nn.Module, specs: Sequence[InputSpec], model: Path) -> Path:
    """Write that folder. Raises as `save_pretrained`."""
    return _written(_model(network), tuple(example(spec, _EXAMPLES) for spec in specs), model.with_suffix(""))


def _files(folder: Path) -> tuple[Path, ...]:
    """The last one is of models that generate."""
    return folder / "config.json", folder / "model.safetensors", folder / "generation_config.json"


def _written(model: PreTrainedModel, inputs: tuple[Tensor, ...], folder: Path) -> Path:
    same, sized = _said(model, inputs)
    if same is not None:
        with temporary_folder() as place:
            with quiet():  # both show how far they are
                same.save_pretrained(place, max_shard_size="1TB")
                loaded = type(model).from_pretrained(place, attn_implementation=model.config._attn_implementation)
            if _equal(model, loaded, inputs):
                for path in sorted(place.iterdir()):
                    write_atomic(folder / path.name, path.read_bytes())
                return folder
    raise InputError(_why_not(model, sized))


def is_pretrained(network: nn.Module) -> bool:
    """Whether it is a model of Hugging Face, where their library is there."""
    from transformers import PreTrainedModel

    return isinstance(network, PreTrainedModel)


def can_be_said(network: nn.Module, example_inputs: tuple[Tensor, ...]) -> bool:
    """Whether a configuration of its class says what it is, see `save_pretrained`."""
    return _said(_model(network), example_inputs)[0] is not None


def _said(model: PreTrainedModel, inputs: tuple[Tensor, ...]) -> tuple[PreTrainedModel | None, int]:
    """The same network made by a configuration, if there is one, and how many that were tried have its sizes."""
    tensors, sized = _numbered(dict(model.state_dict())), 0
    for config in _configurations(model, copy.deepcopy(model.config), _sizes(tensors), set()):
        sized += 1
        same = type(model)(config)
        same.load_state_dict(tensors)
        if _equal(model, same, inputs):
            return same, sized
    return None, sized


def _equal(model: PreTrainedModel, other: PreTrainedModel, inputs: tuple[Tensor, ...]) -> bool:
    with evaluating(model), evaluating(other), torch.no_grad():
        return torch.equal(answer_of(model(*inputs)), answer_of(other(*inputs)))


def _sizes(tensors: Mapping[str, Tensor]) -> Shapes:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


_INSTEAD = "take model.onnx, or model.pt2 of `hwnas export --torch`"


def _model(network: nn.Module) -> PreTrainedModel:
    try:
        from transformers import PreTrainedModel
    except ImportError as error:
        raise InputError(
            "Only models of Hugging Face are written for from_pretrained, and transformers is not there; "
            "pip install transformers."
        ) from error
    if not isinstance(network, PreTrainedModel):
        raise InputError(
            f"Only models of Hugging Face are written for from_pretrained, got {type(network).__name__}; {_INSTEAD}."
        )
    return network


def _numbered(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """With the numbers of layers that are still there: 0, 2, 3 become 0, 1, 2."""
    numbers: dict[str, set[int]] = {}
    for name in tensors:
        for match in re.finditer(r"(?<=\.)\d+(?=\.)", name):
            numbers.setdefault(name[: match.start()], set()).add(int(match[0]))

    def renamed(name: str) -> str:
        parts = name.split(".")
        return ".".join(
            str(sorted(numbers[".".join([*parts[:i], ""])]).index(int(part)))
            if part.isdigit() and ".".join([*parts[:i], ""]) in numbers
            else part
            for i, part in enumerate(parts)
        )

    return {renamed(name): tensor for name, tensor in tensors.items()}


def _configurations(
    model: PreTrainedModel, config: PretrainedConfig, wanted: Shapes, seen: set[str]
) -> Iterator[PretrainedConfig]:
    """Those whose networks have tensors of the `wanted` shapes, number by number, as long as fewer are wrong; two
    numbers may come to the same sizes, such as how many heads there are and how wide they are.
    """
    shapes = _shapes(model, config)
    if shapes == wanted:
        yield config
        return
    wrong = _wrong(shapes, wanted)
    nearer = [(w, other) for other, found in _others(model, config, wanted) if (w := _wrong(found, wanted)) < wrong]
    for _, other in sorted(nearer, key=lambda pair: pair[0]):
        said = other.to_json_string(use_diff=False)
        if said not in seen and len(seen) < _MOST_TRIED:
            seen.add(said)
            yield from _configurations(model, other, wanted, seen)


def _why_not(model: PreTrainedModel, sized: int) -> str:
    """In a sentence.

    Args:
        model: that is to be said.
        sized: how many configurations had its sizes.
    """
    kind = type(model).__name__
    if sized:
        return f"A {kind} of the same sizes answers otherwise, so its configuration cannot say this one; {_INSTEAD}."
    shapes, wanted = _shapes(model, model.config), _sizes(_numbered(dict(model.state_dict())))
    other = next((name for name in wanted if shapes.get(name) != wanted[name]), None)
    where = f": {other} of {wanted[other]} is {shapes.get(other)} in the whole one, and others differ" if other else ""
    return f"No configuration of {kind} says this network, as it says one size for all layers{where}; {_INSTEAD}."


def _others(
    model: PreTrainedModel, config: PretrainedConfig, wanted: Shapes
) -> Iterator[tuple[PretrainedConfig, Shapes]]:
    """Configurations in which one number is another one, which sizes of the tensors suggest, and what they build.

    Where none was said, which stands for a number that the model works out, it may be any of the sizes.
    """
    shapes = _shapes(model, config)
    pairs = Counter(
        (old, new)
        for name, shape in wanted.items()
        if name in shapes and len(shapes[name]) == len(shape)
        for old, new in zip(shapes[name], shape, strict=True)
        if old != new
    )
    layers: set[int] = set()
    if shapes.keys() != wanted.keys():
        layers = {0, *(int(n) + 1 for name in wanted for n in re.findall(r"\.(\d+)\.", name))}
    for attribute, value in config.to_dict().items():
        if isinstance(value, bool) or not (value is None or (isinstance(value, int) and value > 0)):
            continue
        if attribute.endswith("_id"):  # of a token, not a size
            continue
        if value is None:
            numbers = {new for _, new in pairs}
        else:
            numbers = layers | {value * new // old for old, new in pairs if value * new % old == 0}
        for number in sorted({n for n in numbers if value is None or n < value}, reverse=True):
            other = copy.deepcopy(config)
            with suppress(Exception):  # a class may refuse it in ways of its own
                setattr(other, attribute, number)
                yield other, _shapes(model, other)


def _shapes(model: PreTrainedModel, config: PretrainedConfig) -> Shapes:
    """Of the tensors that a configuration builds; none where it builds no network."""
    try:
        with torch.device("meta"), quiet():  # of layers without entries, of tokens beyond the last
            config.validate()  # as saving does
            built = type(model)(config)
    except Exception:  # noqa: BLE001  sizes that do not go together are refused in many ways
        return {}
    return _sizes(built.state_dict())


def _wrong(shapes: Shapes, wanted: Shapes) -> int:
    return sum(shapes.get(name) != wanted.get(name) for name in {*shapes, *wanted})
