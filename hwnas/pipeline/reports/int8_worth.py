"""What INT8 buys on a device: a network as float32, with one kind of layer in INT8, and with all, timed in turns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import Field

from hwnas.contracts.device import Device, DeviceCard
from hwnas.contracts.document import Document, Positive
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.temporary import temporary_folder
from hwnas.devices._session import Operation
from hwnas.devices._wrapped import operations_of
from hwnas.export.architecture import network_of
from hwnas.export.writer import write_onnx
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.profiling.presets import Preset
from hwnas.profiling.stopwatch import time_models
from hwnas.spaces._bits import has_bits, in_int8, kinds_of_layers

TIMING = "timing INT8 by kind of layer"
_CONVERTING = {"QuantizeLinear", "DequantizeLinear"}
_INTEGERS = ("QLinear", "QGemm", "MatMulInteger", "ConvInteger")
WIDE = {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm"}  # that add four products of bytes or more at once


class KindWorth(Document):
    """A network with layers of one kind in INT8, or all of them, beside the same in float32.

    `times` as long, with a 95 % interval: below 1 is faster.
    """

    kind: str
    layers: Annotated[int, Field(ge=1)]
    times: Positive
    times_interval: tuple[Positive, Positive]

    @property
    def words(self) -> str:
        """Whether it is faster, and by how much."""
        low, high = self.times_interval
        verdict = "faster" if high < 1 else "slower" if low > 1 else "no different"
        return f"{self.times:.2f} times as long ({low:.2f} to {high:.2f}), {verdict}"


class Int8Worth(Document):
    """Of the middle network of a space: by kind of layer, the whole network last; and that in words."""

    float32_ms: Positive
    kinds: tuple[KindWorth, ...]
    sentences: tuple[str, ...]


def int8_worth(space: SearchSpace, device: Device, preset: Preset, seed: int, progress: Progress) -> Int8Worth:
    """Time the middle network of a space with bits.

    Raises:
        DeviceError: the device fails.
        InputError: the network cannot be written.
    """
    kinds = kinds_of_layers(space)
    network = network_of(space, space.middle)
    without_bits = next(of for of in space.lineage() if not has_bits(of))
    written = without_bits.lower(without_bits.inherited(space.middle), network)
    there = {name for name, _ in network.named_modules()}
    groups = {kind: [n for n, k in kinds.items() if k == kind and n in there] for kind in dict.fromkeys(kinds.values())}
    groups = {kind: names for kind, names in groups.items() if names}
    everything = [name for names in groups.values() for name in names]
    if len(groups) > 1:
        groups["all layers"] = everything
    with temporary_folder() as folder:
        plain = write_onnx(written, space.inputs, folder / "float32.onnx")
        paths = [
            write_onnx(in_int8(written, network, names), space.inputs, folder / f"{i}.onnx")
            for i, names in enumerate(groups.values())
        ]
        profile = time_models(
            device, [plain, *paths], plain, preset, seed=seed, progress=lambda done, all_: progress(TIMING, done, all_)
        )
        operations = _operations(device, paths[-1])
    before_ms = profile.latencies[0].latency_ms
    worth = tuple(
        KindWorth(
            kind=kind, layers=len(names), times=latency.latency_ms / before_ms,
            times_interval=(latency.low_ms / before_ms, latency.high_ms / before_ms),
        )
        for (kind, names), latency in zip(groups.items(), profile.latencies[1:], strict=True)
    )  # fmt: skip
    return Int8Worth(float32_ms=before_ms, kinds=worth, sentences=tuple(_sentences(device, worth, operations)))


def _instructions(card: DeviceCard) -> str:
    """Those for products of bytes; nothing where the card does not tell its instructions."""
    if (instructions := card.settings.get("instructions", "unknown")) == "unknown":
        return ""
    wide = sorted(WIDE & set(instructions.split()))
    return f", which has {', '.join(wide) or 'no instructions for products of bytes'}"


def _operations(device: Device, model: Path) -> list[Operation]:
    """Of a run; none where the device cannot tell."""
    with suppress(DeviceError):
        return operations_of(device, model)
    return []


def _sentences(device: Device, worth: Sequence[KindWorth], operations: Sequence[Operation]) -> list[str]:
    card, whole = device.card(), worth[-1]
    said = [
        f"What INT8 buys on {card.device} ({card.processor}{_instructions(card)}), for the middle network of the "
        f"space: {'; '.join(f'{row.kind} ({row.layers}) {row.words}' for row in worth)}."
    ]
    if whole.times_interval[0] > 1 and operations:
        total = sum(o["time_ms"] for o in operations)
        spent: dict[str, float] = defaultdict(float)
        for operation in operations:
            spent[operation["kind"]] += operation["time_ms"]
        converting = sum(spent[kind] for kind in _CONVERTING) / total
        left = [
            (k, ms)
            for k, ms in sorted(spent.items(), key=lambda pair: -pair[1])
            if k not in _CONVERTING and not k.startswith(_INTEGERS)
        ]
        others = f", and {left[0][1] / total:.0%} to {left[0][0]}" if left else ""
        said.append(
            f"INT8 is slower here, because {converting:.0%} of its time goes to conversions from and to "
            f"integers{others}."
        )
    return said
