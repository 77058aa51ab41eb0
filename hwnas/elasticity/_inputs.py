"""Example inputs: as a user gives them, as a space describes them, and as a proof needs them."""

import inspect
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import InputSpec

Given = Tensor | Sequence[Tensor] | Mapping[str, Tensor]
_DTYPES = {torch.float32: "float32", torch.int64: "int64"}


def as_tuple(network: nn.Module, given: Given) -> dict[str, Tensor]:
    """The inputs by their names, in the order of the network's forward.

    Raises:
        InputError: they are no tensors with a batch of equal size in front, or do not fit its forward.
    """
    names = [
        n
        for n, p in inspect.signature(network.forward).parameters.items()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if isinstance(given, Mapping):
        wanted = names[: len(given)]
        if set(given) != set(wanted):
            raise InputError(
                f"Example inputs {sorted(given)} should be the first of its forward ({', '.join(names[:8])}); "
                f"wrap the network in a module whose forward takes just these, in this order."
            )
        inputs = {name: given[name] for name in wanted}
    else:
        each = (given,) if isinstance(given, Tensor) else tuple(given)
        names += [f"input{i}" for i in range(len(names), len(each))]
        inputs = dict(zip(names, each, strict=False))
    if not inputs or not all(isinstance(x, Tensor) for x in inputs.values()):
        raise InputError(f"Example inputs are tensors with a batch in front, got {quoted(given)}; give such.")
    sizes = {name: x.shape[0] if x.ndim else 0 for name, x in inputs.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        raise InputError(f"Example inputs need the same number of examples in front, got {sizes}; give equally many.")
    other = {t.dtype for t in network.parameters() if t.is_floating_point()} - {torch.float32}
    for name, x in inputs.items():
        if x.dtype not in _DTYPES:
            both = "it, and the network by its float()" if x.is_floating_point() and other else "it"
            raise InputError(f"Example input {quoted(name)} should be float32 or int64, got {x.dtype}; convert {both}.")
    _refuse_unusable(network)
    devices = {t.device.type for t in (*network.parameters(), *inputs.values())}
    if devices != {"cpu"}:
        raise InputError(f"The network and its example inputs should be on the CPU, got {sorted(devices)}; move them.")
    return inputs


def _refuse_unusable(network: nn.Module) -> None:
    """Parameters without values, or with values that nothing may be done with here."""
    named = dict(network.named_parameters())
    for what, of_that, remedy in (
        ("is on the meta device, where it has no values", lambda t: t.is_meta, "load its weights first"),
        ("was made in inference mode, so nothing can be learnt of it", Tensor.is_inference, "load it outside of that"),
    ):
        if name := next((name for name, t in named.items() if of_that(t)), None):
            raise InputError(f"Parameter {quoted(name)} of the network {what}; {remedy}.")
    dtypes = sorted({str(t.dtype) for t in named.values() if t.is_floating_point() or t.is_complex()})
    if dtypes and str(torch.float32) not in dtypes:
        raise InputError(
            f"The network's parameters should be float32, got {' and '.join(dtypes)}; convert it by its float()."
        )


def specs(inputs: Mapping[str, Tensor], vocabulary: Mapping[int, int]) -> list[InputSpec]:
    """What a space says of them; of integers, the size of the table in which they are looked up."""
    return [
        InputSpec(
            name,
            tuple(x.shape[1:]),
            _DTYPES[x.dtype],  # type: ignore[arg-type]
            vocabulary.get(i, int(x.max()) + 1 if x.numel() and not x.is_floating_point() else 2) or 2,
        )
        for i, (name, x) in enumerate(inputs.items())
    ]


def two_of(inputs: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
    """Two examples of each: with one, an axis of size 1 could be any."""
    return tuple(x[:2] if len(x) > 1 else torch.cat([x, x]) for x in inputs.values())


def varied(inputs: Sequence[Tensor], described: Sequence[InputSpec]) -> tuple[Tensor, ...]:
    """Examples in which everything differs: of zeros, a proof would see nothing."""
    generator = torch.Generator().manual_seed(1)
    changed = []
    for x, spec in zip(inputs, described, strict=True):
        if x.is_floating_point():
            spread = float(x.std(correction=0)) or 1.0
            changed.append(x + 0.5 * spread * torch.randn(x.shape, generator=generator))
        else:
            changed.append(
                torch.randint(0, max(2, spec.high), x.shape, generator=generator).to(x.dtype) if spec.high > 2 else x
            )
    return tuple(changed)
