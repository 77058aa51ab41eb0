"""The last step of a study: a member of its front is timed in this very moment and copied, with its manifest."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwnas.contracts.device import DeviceCard
from hwnas.contracts.errors import PromiseError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.space_record import SpaceRecord
from hwnas.contracts.task import Task
from hwnas.export import manifest as manifests
from hwnas.export.forms import FORMS
from hwnas.export.manifest import Manifest, OriginalCard, WeightsCard
from hwnas.pipeline.delivery.anonymous import anonymous
from hwnas.pipeline.delivery.front import Front, Member, file_of
from hwnas.pipeline.delivery.promise import promise_of
from hwnas.pipeline.latencies.source import LatencySource, Now
from hwnas.pipeline.selection.limits import Limits


def put_in_place(made: Path, model: Path) -> None:
    """All that was made aside, in the folder of the model file `made` and those in it, to the folder of `model`; what
    claims to be of that model, its manifest, comes last. Forms of another model that was there are warned of.

    Raises:
        InputError: a file cannot be written.
    """
    files = [path for path in made.parent.rglob("*") if path.is_file()]
    is_other = model.is_file() and model.read_bytes() != made.read_bytes()
    beside = [path.relative_to(model.parent) for form in FORMS.values() for path in form.paths(model) if path.exists()]
    older = [str(path) for path in beside if is_other and not (made.parent / path).exists()]
    for path in sorted(files, key=lambda path: (path == manifests.manifest_path(made), path)):
        write_atomic(model.parent / path.relative_to(made.parent), path.read_bytes())
    if older:
        said = f"{', '.join(older)} beside {model.name} {'is' if len(older) == 1 else 'are'} of the model before"
        warnings.warn(f"{said}; export in that form again, or delete what is old.", UserWarning, stacklevel=2)


@dataclass(frozen=True)
class Delivery:
    """A front whose members can be handed out.

    Args:
        folder: of the run, where their files lie.
        latencies: where the latency of this moment comes from.
        card: of the device that is of.
    """

    front: Front
    folder: Path
    space: SearchSpace
    task: Task
    latencies: LatencySource
    card: DeviceCard

    def first_of(self, candidates: Sequence[Member], path: Path, limits: Limits, *, full_device: bool) -> Manifest:
        """Write the first that keeps `limits` now to `path`, with its manifest; with `full_device` that tells all of
        the machine.

        Raises:
            PromiseError: none does.
            DeviceError: the device fails.
            InputError: a member's file is another one than the front says.
        """
        for i, member in enumerate(candidates):
            source = file_of(member, self.folder)
            architecture = self.space.architecture(member.architecture)
            now = self.latencies.now(architecture, source, self.front.timed_beside, limits)
            if now.keeps(limits):
                write_atomic(path, source.read_bytes())
                promise = self._promise(member, source, now, limits, slower=candidates[i + 1 :])
                if not full_device:
                    promise |= {name: anonymous(promise[name]) for name in ("device", "training")}  # type: ignore[arg-type]
                manifest = manifests.make(path, **promise, space=SpaceRecord.of(self.space).model_dump())
                manifests.write(manifest, path)
                return manifest
        raise PromiseError(
            f"Measured again, none of {len(candidates)} sub-networks stays within {limits.words()} on "
            f"{self.front.device['device']}; if the machine is slower than when it was profiled: stop other work, or "
            "profile again."
        )

    def _promise(
        self, member: Member, source: Path, now: Now, limits: Limits, slower: Sequence[Member]
    ) -> dict[str, object]:
        sign = self.front.figure.objective.sign
        fields = promise_of(
            member, self.card, self.task, self.front.search, self.front.report_images,
            manifests.verify(source).training,
            space=self.space, level=self.front.level, now=now, budget_ms=limits.latency_ms,
            passed_over=sum(sign * m.expected_score < sign * member.expected_score for m in slower),
        )  # fmt: skip
        return {**fields, "original": self._original(member), "weights": self._weights(member)}

    def _original(self, member: Member) -> OriginalCard | None:
        if (original := self.front.original) is None:
            return None
        return OriginalCard(
            score=original.score, score_interval=original.score_interval, latency_ms=original.latency_ms,
            latency_ms_interval=original.latency_ms_interval, size_bytes=original.size_bytes,
            speedup=original.latency_ms / member.latency_ms,
        )  # fmt: skip

    def _weights(self, member: Member) -> WeightsCard:
        healing, how = self.front.healing, self.front.weights_of(member)
        before = None if healing is None else healing.before.get(member.key)
        recipe = healing.recipe if healing is not None and how == "healed" else None
        return WeightsCard(how=how, recipe=recipe, measured_score_before=before)
