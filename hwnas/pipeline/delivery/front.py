"""The validated front: sub-networks that nothing dominates, each proved, re-timed and evaluated on unseen images."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import hypot, inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import Field, PrivateAttr, model_validator

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Option
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.document import (
    CardFields,
    Count,
    Document,
    Fraction,
    NotNegative,
    Positive,
    WithFigures,
    distinct,
    inside,
)
from hwnas.contracts.errors import InputError, PromiseError, quoted
from hwnas.contracts.figures import FIGURES, LATENCY, SIZE, bounds_of
from hwnas.contracts.files import write_atomic
from hwnas.contracts.level import Level
from hwnas.contracts.objective import Objective
from hwnas.contracts.places import expanded
from hwnas.contracts.reference import Reference
from hwnas.contracts.shown import difference, told_apart
from hwnas.contracts.task import SHARE
from hwnas.export import manifest as manifests
from hwnas.export.manifest import ACCURACY_CARD, FigureCard, Manifest
from hwnas.pipeline.run_folder import is_being_shrunk
from hwnas.pipeline.selection.limits import Limits

if TYPE_CHECKING:
    from torch import nn


NO_ORIGINAL = (
    "A speedup is beside an original network, and there is none: give a latency instead, search an untrained supernet "
    "of `hwnas.elastic`, or give the original as Study(..., baseline=network)."
)

_UNFINISHED = "a `hwnas shrink` was begun in its folder and has not ended; the same command goes on where it stood"


class Member(WithFigures):
    """One sub-network of the front. Scores are in the front's `figure`, latencies milliseconds on the front's device.

    `search_score` was measured on the images the search chooses by; `expected_score` is that measurement drawn
    towards what its architecture promises, with its standard error: what members are chosen by.
    `score` was measured afterwards on images no search saw, and decides nothing.
    `latency_ms_interval` is where 95 % of another session's timings are, as far as the front's `level` tells;
    `latency_ms_at_slowest` is the upper end at the slowest speed remembered of the device, which limits are kept at.
    """

    key: str
    architecture: dict[str, Option]
    search_score: float
    expected_score: float
    expected_score_error: NotNegative
    score: float
    score_interval: tuple[float, float]
    latency_ms: Positive
    latency_ms_interval: tuple[Positive, Positive]
    latency_ms_at_slowest: Positive | None = None
    predicted_latency_ms: Positive
    predicted_latency_ms_interval: tuple[float, float]
    size_bytes: Count
    sha256: str
    macs: NotNegative | None
    params: NotNegative | None
    parity_max_abs_diff: NotNegative
    parity_top1_agreement: Fraction | None
    file: str

    @model_validator(mode="after")
    def _makes_sense(self) -> Member:
        inside("score", self.score, self.score_interval)
        inside("latency_ms", self.latency_ms, self.latency_ms_interval)
        inside("predicted_latency_ms", self.predicted_latency_ms, self.predicted_latency_ms_interval)
        if self.key != Architecture(self.architecture).key:
            raise ValueError(f"the key {self.key[:20]} is not that of its architecture")
        return self

    @property
    def limited_ms(self) -> float:
        """The latency that a limit is compared with."""
        return self.latency_ms_at_slowest or self.latency_ms_interval[1]

    @property
    def limited(self) -> dict[str, float]:
        """What limits are compared with, by the name of the figure: those that are known."""
        return {LATENCY.name: self.limited_ms, SIZE.name: self.size_bytes, **self.extra}

    def keeps(self, limits: Limits) -> bool:
        """Whether all limits on figures are kept, as far as those were measured."""
        figures = self.limited
        return all(f.keeps(figures[f.name], limits.bounds.get(f.name)) for f in FIGURES if f.name in figures)

    def equals(self, other: Member) -> bool:
        """Whether its expected score differs from the other's by no more than the standard error of the difference."""
        error = hypot(self.expected_score_error, other.expected_score_error)
        return abs(self.expected_score - other.expected_score) <= error


class HandOut(Protocol):
    """What writes a member of a front within limits to a file."""

    def __call__(
        self,
        front: Front,
        path: Path,
        limits: Limits,
        *,
        force: bool = False,
        full_device: bool = False,
        also: Collection[str] = (),
    ) -> Manifest:
        """As `Study.deliver`."""
        ...


PlainNetwork = Callable[[Mapping[str, Option]], "nn.Module"]


@dataclass(frozen=True)
class Pick:
    """The fastest member within some limits of those that cannot be told from the one with the best expected score,
    or, after healing, that one; not handed out yet.
    """

    front: Front
    limits: Limits
    member: Member
    hand_out: HandOut
    network: PlainNetwork

    def module(self) -> nn.Module:
        """Its plain PyTorch network, with batch-norm statistics of its own: what the file was written from."""
        return self.network(self.member.architecture)

    def export(
        self, path: Path | str, *, force: bool = False, full_device: bool = False, also: Collection[str] = ()
    ) -> Manifest:
        """Time it once more, and write it to `path` (ending in ``.onnx``) with its manifest beside it; `also` in
        other forms: ``torch`` (its tensors and a `torch.export` program, ending in ``.safetensors`` and ``.pt2``),
        ``openvino`` (``.xml`` and ``.bin``), ``pretrained`` (a folder), ``open_batch`` (for any number of examples per
        run, ending in ``.batch.onnx``), ``float16`` (half precision, ending in ``.float16.onnx``), ``opset13`` (or
        another from 11 to 23, ending in ``.opset13.onnx``).

        Should it be too slow now, the next one within the limits is handed out; the manifest says what it is.

        Raises:
            PromiseError: none is within the limits any more.
            DeviceError: the device fails.
            InputError: a file is in the way that hwnas did not write, and `force` does not say to replace it.
        """
        return self.hand_out(self.front, expanded(path), self.limits, force=force, full_device=full_device, also=also)


class End(Document):
    """An end of the space, to compare the front with: search score, and latency from the profile."""

    score: float
    latency_ms: float


class Searched(Document):
    """What was asked for, and the profile that was relied on; of what an expected score consists.

    `asked` is the number of evaluations the runs were begun with; a front tells how many there were time for.
    `settings` are those of the strategy that are not its defaults; `runs` name its searches, by strategy.
    """

    limits: Limits
    seed: int
    profile: str
    images: Count
    measured_share: Fraction
    asked: Count
    strategy: str = "surrogate"
    settings: dict[str, Option] = Field(default_factory=dict)
    runs: dict[str, str]


class Healing(Document):
    """How members were fine-tuned alone, equally long; search scores before it, by key.

    `weights` tells healed ones from those of another recipe, other examples or another loss; `harmed` are those that
    were worse afterwards and keep their inherited weights. `beyond` says of better ones that miss a limit.
    """

    recipe: dict[str, int | float | str | None]
    distilled: bool
    weights: str = ""
    before: dict[str, float]
    harmed: list[str] = Field(default_factory=list)
    beyond: str = ""


class Front(Document):
    """Members by rising latency, and the device they were timed on.

    `original` is the network that all was made from, where there is one, on the same images and the same clock;
    `adopted` tells which members have tensors that were tuned outside, by key; `notes` are further sentences that its
    reader should know.
    """

    schema_version: Literal[3] = 3
    space: str
    task: str
    figure: FigureCard = ACCURACY_CARD
    device: CardFields
    verdict: str
    level: Level = Level()
    reference: dict[str, Option]
    reference_ms: Positive
    report_images: Count
    evaluations: Count
    search: Searched
    hypervolume: dict[str, NotNegative]
    smallest: End
    largest: End
    members: Annotated[list[Member], Field(min_length=1)]
    healing: Healing | None = None
    original: Member | None = None
    adopted: dict[str, str] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)
    _hand_out: HandOut | None = PrivateAttr(default=None)
    _network: PlainNetwork | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _makes_sense(self) -> Front:
        distinct("its members", (member.architecture for member in self.members))
        shares = [(m.search_score, m.score, *m.score_interval) for m in self.members] + [
            (self.smallest.score, self.largest.score)
        ]
        if self.figure.unit == SHARE and not all(0 <= share <= 1 for of in shares for share in of):
            raise ValueError("scores should be shares from 0 to 1, as their unit says")
        return self

    @property
    def timed_beside(self) -> Reference:
        """The model that its latencies were timed beside."""
        return Reference(self.reference, self.reference_ms)

    @property
    def timed(self) -> bool:
        """Whether its latencies are timings; else they are from a table."""
        return DeviceCard(**self.device).timed

    def bind(self, hand_out: HandOut, network: PlainNetwork) -> Front:
        """Let `pick` hand models out through a study; a front read from a file alone cannot."""
        self._hand_out, self._network = hand_out, network
        return self

    def pick(
        self,
        *,
        worst_score: float | None = None,
        speedup: float | None = None,
        **bounds: float | None,
    ) -> Pick:
        """The member within the limits with the best expected score; `Pick.export` hands it out.

        Args:
            worst_score: of the task's figure that is accepted, in its unit.
            speedup: how many times as fast as the original network.
            bounds: limits on figures, by name: ``max_latency_ms``, ``max_size_bytes``, ``max_p95_ms``,
                ``max_memory_bytes`` and so on, see `hwnas.contracts.figures.FIGURES`.

        Raises:
            PromiseError: none keeps them.
            InputError: the front was not made or opened by a study, or there is no such limit.
        """
        if self._hand_out is None or self._network is None:
            raise InputError(
                "This front was read from a file alone; open it with Study(...).front() to hand models out."
            )
        limits = self.resolved(Limits(bounds_of(bounds), worst_score, speedup=speedup))
        return Pick(self, limits, self.candidates(limits)[0], self._hand_out, self._network)

    def beside_original(self, member: Member) -> str | None:
        """What a member is beside the original network, such as ``2.21x as fast, -0.3 points``; None without one."""
        if self.original is None:
            return None
        times = self.original.latency_ms / member.latency_ms
        return f"{times:.2f}x as fast, {difference(self.figure.objective, member.score, self.original.score)}"

    def weights_of(self, member: Member) -> Literal["inherited", "healed", "adopted"]:
        """How a member came by its weights: as the search judged it, fine-tuned by hwnas, or by others."""
        given = None if self.original is None else (self.original.key, self.original.score)
        if member.key in self.adopted and (member.key, member.score) != given:
            return "adopted"
        return "healed" if self.healing is not None and member.key in self.healing.before else "inherited"

    @property
    def said_of_weights(self) -> list[str]:
        """Which members have other weights than the search judged them with, in sentences; none where none has.

        Of a fine-tuning that made some worse, or after which better ones miss a limit, that too.
        """
        keys = {how: [m.key for m in self.members if self.weights_of(m) == how] for how in ("healed", "adopted")}
        words = {"healed": "fine-tuned by hwnas", "adopted": "tuned outside of hwnas"}
        said = [
            f"Sub-network {some[0]} was {words[how]}; the search judged it with inherited weights."
            if len(some) == 1
            else f"Sub-networks {', '.join(some)} were {words[how]}; the search judged them with inherited weights."
            for how, some in keys.items()
            if some
        ]
        return [*said, *filter(None, [self.said_of_harm, self.healing.beyond if self.healing else ""])]

    @property
    def said_of_harm(self) -> str | None:
        """Of a fine-tuning that made some worse, a sentence."""
        if self.healing is None or not (harmed := self.healing.harmed):
            return None
        return (
            f"Fine-tuning left {len(harmed)} of {len(harmed) + len(self.healing.before)} sub-networks worse than they "
            "were, by the examples that are searched by, so they keep their inherited weights; more epochs or a lower "
            "rate may do better."
        )

    @property
    def said_of_choice(self) -> str:
        """Which of those that keep the limits is handed out, in a sentence, see `candidates`."""
        if self.healing is not None:
            return (
                f"Of sub-networks that keep the limits, the one of the best expected {self.figure.name} is handed out."
            )
        return (
            f"Of sub-networks whose expected {self.figure.name} differs by no more than the standard error of the "
            "difference, the fastest is handed out."
        )

    def resolved(self, limits: Limits) -> Limits:
        """With a speedup as a limit on the latency.

        Raises:
            InputError: a speedup is asked for, and there is no original.
        """
        if self.original is not None:
            return limits.beside(self.original.limited_ms)
        if limits.speedup is not None:
            raise InputError(NO_ORIGINAL)
        return limits

    def only(self, key: str) -> Front:
        """The front of one member.

        Raises:
            InputError: no member has this key.
        """
        if members := [member for member in self.members if member.key == key]:
            return self.model_copy(update={"members": members})
        keys = ", ".join(member.key for member in self.members)
        raise InputError(f"The front has sub-networks {keys}, got {quoted(key)}; use one of them.")

    def within(self, limits: Limits) -> Front:
        """The front of those members that keep all limits, as measured.

        Raises:
            PromiseError: as `candidates`.
        """
        keys = {member.key for member in self.candidates(limits)}
        return self.model_copy(update={"members": [member for member in self.members if member.key in keys]})

    def candidates(self, limits: Limits) -> list[Member]:
        """Members that keep all limits: first those whose expected score is the best or cannot be told from it, the
        fastest of them first; then the others, by falling expectation. Healed members, which were chosen to use a
        budget, all by falling expectation: who asks for twice the speed gains nothing by more, and may lose the best.

        Two expectations cannot be told apart when they differ by no more than the standard error of their difference.
        A latency is within its limit only if it is at the slowest speed remembered of the device, with its error. A
        figure beside it that was not measured may keep its limit: it is measured when the model is handed out.

        Raises:
            PromiseError: none does; the message says by how much the nearest misses.
        """
        limits, figure = self.resolved(limits), limits.of_score(self.figure.objective)
        keeping = [m for m in self.members if not figure.violation(m.expected_score) and m.keeps(limits)]
        if not keeping:
            raise PromiseError(self._why_none(limits, figure))
        best = min(keeping, key=lambda m: figure.sign * m.expected_score)
        spread = self.healing is None
        return sorted(
            keeping,
            key=lambda m: (-inf if spread and best.equals(m) else figure.sign * m.expected_score, m.latency_ms),
        )

    def _why_none(self, limits: Limits, score: Objective) -> str:
        words = [said for name in limits.bounds if (said := self._out_of_reach(name, limits.bounds[name])) is not None]
        best = min((m.expected_score for m in self.members), key=lambda expected: score.sign * expected)
        if score.limit is not None and score.violation(best):
            expected, wanted = told_apart(score, best, score.limit)
            words.append(f"the best {score.name} to expect is {expected}, not {wanted}")
        reason = "; ".join(words) or "each limit alone can be kept, all together cannot"
        return (
            f"No sub-network of this front keeps the limits on {self.device['device']}: {reason}. "
            "A looser limit, more threads, or a search with more evaluations would help."
        )

    def _out_of_reach(self, name: str, limit: float) -> str | None:
        """Why no member keeps a limit, None where one does or it is not known of all."""
        (figure,) = (figure for figure in FIGURES if figure.name == name)
        values = [m.limited[name] for m in self.members if name in m.limited]
        if len(values) < len(self.members) or any(figure.keeps(value, limit) for value in values):
            return None
        best, word = (min(values), "lowest") if figure.direction == "min" else (max(values), "highest")
        say = figure.unit.shown
        if figure is LATENCY:
            return f"the fastest takes up to {say(best)}, {say(best - limit)} too long"
        return f"the {word} {figure.what} is {say(best)}, not {say(limit)}"

    def write(self, path: Path) -> None:
        """To ``front.json``, atomically."""
        write_atomic(path, self.model_dump_json(indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> Front:
        """From ``front.json``.

        Raises:
            InputError: the file is missing or broken.
        """
        shrinking = is_being_shrunk(path.parent)
        if not path.is_file():
            advice = f"search first with `hwnas search {path.parent}`" if not shrinking else _UNFINISHED
            raise InputError(f"No front at {path}: {advice}.")
        front = cls.from_file(path, "front", "search again with `hwnas search`")
        if shrinking and front.healing is None:
            warnings.warn(f"No member of this front is fine-tuned yet: {_UNFINISHED}.", stacklevel=1)  # said once
        return front


def file_of(member: Member, folder: Path) -> Path:
    """The model of a member in the folder of its run, once it is shown to be the one that the front speaks of.

    Raises:
        InputError: it lies outside of the run, was changed, or is another network than the front says.
    """
    path = folder / member.file
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"The front names {quoted(member.file)}, which is not in {folder}; search again.")
    manifest = manifests.verify(path)
    if (member.architecture, member.sha256) != (manifest.architecture, manifest.sha256):
        raise InputError(
            f"{path} is not the network that the front says it is: its architecture or its hash is another one; "
            "search again."
        )
    return path
