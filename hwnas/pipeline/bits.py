"""Architecture and bits searched together, beside the same with all layers in float32 and with all in INT8.

Three studies of one supernet, each with as many evaluations: the float32 one in the run's folder, the others in folders
of their own in it. The joint search begins with what the other two found, and with what the float32 one found in INT8:
so what either found, it has. In the end all their members are timed in
turns, in one session, so that the fronts compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from torch import nn

from hwnas.contracts.choice import Option
from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.temporary import temporary_folder
from hwnas.devices._wrapped import operations_of
from hwnas.evaluation.examples import examples_of
from hwnas.export.writer import write_onnx
from hwnas.pipeline.delivery.front import Front, Member, file_of
from hwnas.pipeline.reports.int8_worth import Int8Worth, int8_worth
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.study import Study
from hwnas.profiling.stopwatch import time_models
from hwnas.searches.indicators import hypervolume
from hwnas.spaces._bits import FLOAT32, INT8, in_bits
from hwnas.spaces._mixed import MixedPrecision, refuse_few

_IN_FLOAT32 = {"Conv", "FusedConv"}
TIMING = "timing all fronts in turns"
NONE, ALL, JOINT = "float32", "all INT8", "architecture and bits"


@dataclass(frozen=True)
class Arm:
    """One of the searches.

    Args:
        name: of it.
        study: in its folder.
        front: what it found.
        latencies_ms: of the front's members, timed beside those of the others.
        hypervolume: of score, latency and size, as a share of the box that spans all members.
    """

    name: str
    study: Study
    front: Front
    latencies_ms: tuple[float, ...]
    hypervolume: float


@dataclass(frozen=True)
class WithBits:
    """What came of all of them; the one that was asked for last."""

    arms: tuple[Arm, ...]
    worth: Int8Worth

    @property
    def joint(self) -> Arm:
        """The search of architecture and bits together, or of all in INT8 where that was asked for."""
        return self.arms[-1]


def search_with_bits(
    study: Study,
    by: str = "block",
    evaluations: int | None = None,
    limits: Limits | None = None,
    *,
    ranges: str = "minmax",
    recover: str = "none",
    samples: int = 60,
    finalists: int = 8,
    force: bool = False,
) -> WithBits:
    """Search a study's supernet in float32, in INT8, and with the bits of each layer or block as choices.

    Args:
        study: of the supernet without bits.
        by: what bits are chosen for: each ``layer`` or each ``block``; with ``all`` only float32 and INT8 are compared.
        ranges, recover: see `hwnas.with_bits`; what is trained for its integers (``qat``) is healed, not searched.
        evaluations: of each search, see `Study.search`, as are the others.

    Raises:
        PromiseError: a search finds nothing within the limits.
        InputError: as `hwnas.with_bits` and `Study.search`.
        DeviceError: the device fails, or is too busy for usable figures.
    """
    if recover == "qat":
        raise InputError(
            "A search hands out inherited weights, and recover=qat trains them for their integers; shrink a trained "
            "network with it (`hwnas shrink --bits --recover qat`), or `Study.heal` what was found."
        )
    refuse_few(len(examples_of(study.task, "train")))
    refuse_without_int8(study.device)

    def searched(one: Study, within: Limits | None, start: Sequence[dict[str, Option]] = ()) -> Front:
        return one.search(evaluations, within, samples=samples, finalists=finalists, start=start, force=force)

    studies = {NONE: study, ALL: study.with_bits("all", ranges=ranges, recover=recover)}
    if by != "all":
        studies[JOINT] = study.with_bits(by, ranges=ranges, recover=recover)
    fronts = [searched(study, limits)]
    # Beside the network as it came, in float32; the others would compare with their own.
    limits = replace(fronts[0].resolved(limits or Limits()), speedup=None)
    fronts.append(searched(studies[ALL], limits))
    if by != "all":
        joint = studies[JOINT]
        begun = ((fronts[0], FLOAT32), (fronts[1], INT8), (fronts[0], INT8))
        start = [architecture for front, bits in begun for architecture in _begin(joint, front, bits)]
        fronts.append(searched(joint, limits, start))
    last = studies[next(reversed(studies))]
    worth = int8_worth(last.space, last.device, last.preset, last.seed, last.progress)
    *beside, arm = _compared(studies, fronts)
    noted = last.noted(arm.front, [*worth.sentences, _in_words([*beside, arm])])
    return WithBits((*beside, replace(arm, front=noted)), worth)


def _in_words(arms: Sequence[Arm]) -> str:
    evaluations = arms[-1].front.evaluations
    told = (f"{arm.name} {arm.hypervolume:.3f}, at best {min(arm.latencies_ms):.3g} ms" for arm in arms)
    return (
        f"Searched with {evaluations} evaluations each and timed in turns, the fronts dominate these shares of the box "
        f"of score, latency and size that spans them all: {'; '.join(told)}."
    )


def refuse_without_int8(device: Device) -> None:
    """Does a device compute a layer in float32 that is to be computed in INT8, as far as it can tell?

    Raises:
        InputError: it does.
    """
    with temporary_folder() as folder, suppress(DeviceError):
        layer = nn.Conv2d(8, 8, 3, padding=1).eval()
        mixed = MixedPrecision(nn.Sequential(layer), ("0",), None, "minmax")
        model = write_onnx(mixed, [InputSpec("x", (8, 8, 8))], folder / "int8.onnx")
        done = [operation for operation in operations_of(device, model) if operation["kind"] in _IN_FLOAT32]
        if done:
            raise InputError(
                f"{done[0]['provider']} on {device.card().device} computes layers in float32 that are to be computed "
                "in INT8, so bits make nothing faster there; search without them, or on another provider."
            )


def _begin(joint: Study, front: Front, bits: int) -> list[dict[str, Option]]:
    """The members of another front, with those bits everywhere."""
    return [dict(in_bits(joint.space, member.architecture, bits)) for member in front.members]


def _compared(studies: Mapping[str, Study], fronts: Sequence[Front]) -> tuple[Arm, ...]:
    pairs = list(zip(studies.values(), fronts, strict=True))
    paths = [[file_of(member, s.run.folder) for member in front.members] for s, front in pairs]
    everyone = [path for some in paths for path in some]
    first = studies[NONE]
    profile = time_models(
        first.device, everyone, everyone[0], first.preset, seed=first.seed,
        progress=lambda done, total: first.progress(TIMING, done, total),
    )  # fmt: skip
    latencies = iter([latency.latency_ms for latency in profile.latencies])
    timed = [tuple(next(latencies) for _ in some) for some in paths]
    costs = [_costs(front.members, ms, front.figure.objective.sign) for front, ms in zip(fronts, timed, strict=True)]
    together = np.concatenate(costs)
    ideal, nadir = together.min(axis=0), together.max(axis=0)
    nadir = np.where(nadir > ideal, nadir, ideal + 1.0)
    return tuple(
        Arm(name, study, front, ms, hypervolume(cost, ideal, nadir, margin=0.1))
        for (name, study), front, ms, cost in zip(studies.items(), fronts, timed, costs, strict=True)
    )


def _costs(members: Sequence[Member], latencies_ms: Sequence[float], sign: float) -> np.ndarray:
    """Score, latency and size, less being better, ``(n, 3)``."""
    rows = [(sign * m.score, ms, m.size_bytes) for m, ms in zip(members, latencies_ms, strict=True)]
    return np.array(rows, dtype=np.float64)
